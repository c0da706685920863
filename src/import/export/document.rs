//! One value of a file, and where its parts stand.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::ExportPlace;
use super::json::JsonNode;
use crate::finding::Place;
use crate::finding::source::SourceFile;
use crate::manifest::yaml;

/// One top-level value of a file.
#[derive(Debug)]
pub(crate) struct ExportDocument {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The value.
    pub value: Value,
    /// Where its parts stand.
    pub places: DocumentPlaces,
}

/// Where the parts of a document stand.
#[derive(Debug)]
pub(crate) enum DocumentPlaces {
    /// In JSON text.
    Json(JsonNode),
    /// In YAML text.
    Yaml(Box<yaml::Document>),
    /// In a text that is itself a text of a document: all have its place.
    Within {
        /// Where the text stands.
        range: Range<usize>,
        /// The text.
        text: String,
        /// Its parts.
        node: JsonNode,
    },
}

impl ExportDocument {
    /// Where the value at `pointer` stands.
    pub(crate) fn source(&self, pointer: &str) -> ExportPlace {
        let range = match &self.places {
            DocumentPlaces::Json(node) => node.find(&self.file.text, pointer),
            DocumentPlaces::Yaml(document) => document.spans.value(pointer),
            DocumentPlaces::Within { range, .. } => range.clone(),
        };
        ExportPlace {
            file: Arc::clone(&self.file),
            range,
        }
    }

    /// The place of the value at `pointer`.
    pub(crate) fn place(&self, pointer: &str) -> Place {
        self.source(pointer).place()
    }

    /// True when the value at `pointer` has a name twice, so that what it means is not known.
    pub(crate) fn repeats(&self, pointer: &str) -> bool {
        match &self.places {
            DocumentPlaces::Json(node) => node.repeats(&self.file.text, pointer),
            // Such a text gives no document.
            DocumentPlaces::Yaml(_) => false,
            DocumentPlaces::Within { text, node, .. } => node.repeats(text, pointer),
        }
    }

    /// The place of the name at `pointer`.
    pub(crate) fn key_place(&self, pointer: &str) -> Place {
        match &self.places {
            DocumentPlaces::Json(node) => {
                Place::new(&self.file, node.find_key(&self.file.text, pointer))
            }
            DocumentPlaces::Yaml(document) => document.key_place(pointer),
            DocumentPlaces::Within { .. } => self.place(pointer),
        }
    }
}
