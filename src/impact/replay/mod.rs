//! Recorded sign-ins, judged again by the policies that are and by those that are to be.
