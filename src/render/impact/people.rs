//! Who is affected, in numbers of people.
