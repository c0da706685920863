//! Reading a file as text, with a bound; what goes wrong is a finding.

use std::path::Path;
use std::sync::Arc;

use super::source::{Encoding, Place, SourceFile, decode, stray_byte, without_mark};
use super::{Code, Finding};
use crate::disk::{self, ReadError};

/// The largest manifest file, in bytes. 240 policies fit in a tenth of it.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

impl SourceFile {
    /// Reads and decodes the file at `path`, which people call `name`, of the project in the
    /// folder `root`.
    ///
    /// # Errors
    /// A finding when the file cannot be read, lies elsewhere, is too large, or is no text.
    pub fn read(root: &Path, name: &str, path: &Path) -> Result<Arc<SourceFile>, Box<Finding>> {
        let empty = || SourceFile::new(name, path, String::new());
        let fail = |code, message: String, help: &str| {
            Box::new(
                Finding::error(code, message)
                    .at(Place::new(&empty(), 0..0))
                    .help(help),
            )
        };
        let bytes = disk::read_named(root, path, MAX_FILE_BYTES).map_err(|error| {
            let (code, help) = match &error {
                ReadError::Io(_) => (
                    Code::UnreadableFile,
                    "check that the file exists and that you may read it",
                ),
                ReadError::NotAFile(_) => (Code::UnreadableFile, "name a file here"),
                ReadError::TooLarge(_) => (
                    Code::FileTooLarge,
                    "split it, or remove it from `manifests:` in gatewright.yaml",
                ),
                ReadError::Outside => (
                    Code::UnreadableFile,
                    "put the file itself there: files outside the project are not read, because anyone who proposes a change could reveal them",
                ),
                ReadError::OtherEnding => (
                    Code::UnreadableFile,
                    "rename the file: only the YAML files of a project are read, because anyone who proposes a change could reveal others",
                ),
            };
            fail(code, format!("cannot read `{name}`: {error}"), help)
        })?;
        match decode(&bytes) {
            Ok(text) => Ok(SourceFile::encoded(name, path, text, Encoding::of(&bytes))),
            Err(problem) => {
                let finding = fail(
                    Code::Encoding,
                    format!("`{name}` {problem}"),
                    "save the file as UTF-8",
                );
                Err(match stray_byte(&bytes) {
                    Some(at) => {
                        let text = String::from_utf8_lossy(without_mark(&bytes)).into_owned();
                        let file = SourceFile::new(name, path, text);
                        Box::new(finding.at(Place::new(&file, at..at + 1)))
                    }
                    None => finding,
                })
            }
        }
    }
}
