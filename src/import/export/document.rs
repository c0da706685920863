//! One value of a file, and where its parts stand.

use std::sync::Arc;

use serde_json::Value;

use super::json::Node;
use crate::manifest::finding::Place;
use crate::manifest::source::SourceFile;
use crate::manifest::yaml;

/// One top-level value of a file.
#[derive(Debug)]
pub struct Document {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The value.
    pub value: Value,
    /// Where its parts stand.
    pub places: Places,
}

/// Where the parts of a document stand.
#[derive(Debug)]
pub enum Places {
    /// In JSON text.
    Json(Node),
    /// In YAML text.
    Yaml(Box<yaml::Document>),
}

impl Document {
    /// The place of the value at `pointer`.
    pub fn place(&self, pointer: &str) -> Place {
        match &self.places {
            Places::Json(node) => Place::new(&self.file, node.find(&self.file.text, pointer)),
            Places::Yaml(document) => document.place(pointer),
        }
    }

    /// The place of the name at `pointer`.
    pub fn key_place(&self, pointer: &str) -> Place {
        match &self.places {
            Places::Json(node) => Place::new(&self.file, node.find_key(&self.file.text, pointer)),
            Places::Yaml(document) => document.key_place(pointer),
        }
    }
}

/// `pointer` and one step more.
pub fn below(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}
