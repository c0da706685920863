//! What a report is made from: who gets what under which circumstances, and every policy with all of
//! its members. Pure; `render::report` puts it on a page.

mod applications;
pub mod card;
pub mod mask;
pub mod matrix;
pub mod names;
mod personas;
pub mod sets;
pub mod situations;
#[cfg(test)]
mod tests;

pub use matrix::matrix;
