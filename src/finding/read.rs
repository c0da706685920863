//! Reading a file as text, with a bound; what goes wrong is a finding.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::source::{Encoding, Place, SourceFile, decode, stray_byte, without_mark};
use super::{Code, Finding};

/// The largest manifest file, in bytes. 240 policies fit in a tenth of it.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

impl SourceFile {
    /// Reads and decodes the file at `path`.
    ///
    /// # Errors
    /// A finding when the file cannot be read, is too large, or is no text.
    pub fn read(name: &str, path: &Path) -> Result<Arc<SourceFile>, Box<Finding>> {
        let empty = || SourceFile::new(name, path, String::new());
        let fail = |code, message: String, help: &str| {
            Box::new(
                Finding::error(code, message)
                    .at(Place::new(&empty(), 0..0))
                    .help(help),
            )
        };
        let unreadable = |error: &std::io::Error| {
            fail(
                Code::UnreadableFile,
                format!("cannot read `{name}`: {error}"),
                "check that the file exists and that you may read it",
            )
        };
        // Looked at before it is opened: to open a pipe is to wait for its other end.
        let metadata = std::fs::metadata(path).map_err(|e| unreadable(&e))?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() {
                "a folder"
            } else {
                "a device or pipe"
            };
            return Err(fail(
                Code::UnreadableFile,
                format!("`{name}` is {what}, not a file"),
                "name a file here",
            ));
        }
        let file = std::fs::File::open(path).map_err(|e| unreadable(&e))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| unreadable(&e))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(fail(
                Code::FileTooLarge,
                format!("`{name}` is larger than {} MiB", MAX_FILE_BYTES >> 20),
                "split it, or take it out of `manifests:` in gatewright.yaml",
            ));
        }
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
