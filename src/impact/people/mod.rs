//! Who is affected, in numbers of people: users fall into classes by which policies mean them, and
//! for each class the engine says what changes.
