//! What is held leaves for other tools: objects become files in the form of Graph requests,
//! Terraform, a monitor of Microsoft's tenant configuration management, or Bicep. Pure: nothing
//! is read or written here.
//!
//! # Guarantees
//! - Every member that holds something is in a file, or a finding says that the format cannot
//!   hold it: a format takes members out of the body of an object, and what is left is reported
//!   (`members::Members`).
//! - A policy that a format holds only in part is left out of formats that are applied, unless
//!   that is asked for: without one of its conditions it is another policy.
//! - No password leaves, since none is held.
//! - A name of the tenant is text in every format, whatever it holds.

pub mod bicep;
pub mod graph;
mod hcl;
mod labels;
mod members;
pub mod source;
pub mod terraform;
mod terraform_rows;
pub mod utcm;

use crate::finding::Finding;
use crate::model::Kind;

/// Files in the form of another tool, and what they do not hold.
#[derive(Debug, Default)]
pub struct ExportedFiles {
    /// The files: where they lie in the folder of the export, with forward slashes, and their texts.
    pub files: Vec<(String, String)>,
    /// The objects that are in them, and where: a file, or the address of a resource.
    pub objects: Vec<HeldObject>,
    /// What the format cannot hold, and what a person must know or do.
    pub findings: Vec<Finding>,
    /// How many objects are left out.
    pub left_out: usize,
    /// How many members of the others are.
    pub lost: usize,
}

/// An object that is in the files of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldObject {
    /// Its kind.
    pub kind: Kind,
    /// The name that people use.
    pub name: String,
    /// The file, or the address of the resource.
    pub at: String,
}
