//! What recorded sign-ins would get.
