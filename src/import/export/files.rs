//! Paths -> files: which files of an export are read, in a stable order, within bounds.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The most files that one import looks at.
pub const MAX_FILES: usize = 20_000;

/// How deep folders are looked into.
const MAX_FOLDERS: usize = 32;

/// Folders that hold other people's JSON.
const OTHER_FOLDERS: &[&str] = &["node_modules", "bin", "obj", "target"];

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Where it lies.
    pub path: PathBuf,
    /// True when it was named itself, and not found in a folder.
    pub named: bool,
}

impl Input {
    /// The path as a person reads it, with forward slashes.
    pub fn name(&self) -> String {
        self.path.to_string_lossy().replace('\\', "/")
    }
}

/// The files that `paths` stand for: each path that is a file, and every JSON file below
/// each that is a folder. Hidden folders are left out; links to folders are not followed.
pub fn list(paths: &[PathBuf], findings: &mut Vec<Finding>) -> Vec<Input> {
    let mut found = Vec::new();
    for path in paths {
        let name = path.to_string_lossy().replace('\\', "/");
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let before = found.len();
                folder(path, 0, &mut found, findings);
                if found.len() == before {
                    findings.push(
                        Finding::error(
                            Code::NothingToImport,
                            format!("there is no JSON file below `{name}`"),
                        )
                        .help("name the folder that holds the export"),
                    );
                }
            }
            Ok(meta) if meta.is_file() => found.push(Input {
                path: path.clone(),
                named: true,
            }),
            Ok(_) => findings.push(
                Finding::error(
                    Code::UnreadableFile,
                    format!("`{name}` is neither a file nor a folder"),
                )
                .help("name a file or a folder"),
            ),
            Err(error) => findings.push(
                Finding::error(
                    Code::UnreadableFile,
                    format!("cannot read `{name}`: {error}"),
                )
                .help("check that it exists and that you may read it"),
            ),
        }
    }
    // The same file named twice, or named and in a folder that is named.
    found.sort_by(|a, b| (&a.path, b.named).cmp(&(&b.path, a.named)));
    found.dedup_by(|b, a| a.path == b.path);
    if found.len() > MAX_FILES {
        findings.push(
            Finding::error(
                Code::NothingToImport,
                format!("there are more than {MAX_FILES} JSON files"),
            )
            .help("name the folder that holds the export, not one far above it"),
        );
        found.clear();
    }
    found
}

fn folder(path: &Path, depth: usize, found: &mut Vec<Input>, findings: &mut Vec<Finding>) {
    if depth > MAX_FOLDERS || found.len() > MAX_FILES {
        return;
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            let name = path.to_string_lossy().replace('\\', "/");
            findings.push(
                Finding::error(
                    Code::UnreadableFile,
                    format!("cannot read the folder `{name}`: {error}"),
                )
                .help("an export that is read in part would look complete: see that you may read all of it"),
            );
            return;
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let below = entry.path();
        if kind.is_dir() {
            if !name.starts_with('.') && !OTHER_FOLDERS.contains(&name.as_ref()) {
                folder(&below, depth + 1, found, findings);
            }
        } else if is_json(&below) && std::fs::metadata(&below).is_ok_and(|m| m.is_file()) {
            found.push(Input {
                path: below,
                named: false,
            });
        }
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["json", "jsonl", "ndjson"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// The bytes of a file.
///
/// # Errors
/// A finding when the file cannot be read or is too large.
pub fn bytes(input: &Input) -> Result<Vec<u8>, Box<Finding>> {
    let name = input.name();
    let fail = |code, message: String, help: &str| {
        let empty = SourceFile::new(name.as_str(), &input.path, String::new());
        Box::new(
            Finding::error(code, message)
                .at(Place::new(&empty, 0..0))
                .help(help),
        )
    };
    let mut found = Vec::new();
    let read = std::fs::File::open(&input.path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut found));
    match read {
        Err(error) => Err(fail(
            Code::UnreadableFile,
            format!("cannot read `{name}`: {error}"),
            "check that you may read the file",
        )),
        Ok(_) if found.len() as u64 > MAX_FILE_BYTES => Err(fail(
            Code::FileTooLarge,
            format!("`{name}` is larger than {} MiB", MAX_FILE_BYTES >> 20),
            "split it, or name the files that hold the export",
        )),
        Ok(_) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_in_order_without_hidden_folders_and_loops() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in [
            "b/2.JSON",
            "a/1.json",
            ".git/x.json",
            "a/readme.md",
            "c/3.jsonl",
        ] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "{}").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path(), at("a/loop")).unwrap();
        let mut findings = Vec::new();
        let inputs = list(&[root.path().to_owned(), at("a/1.json")], &mut findings);
        let found: Vec<(String, bool)> = inputs
            .iter()
            .map(|i| {
                let below = i.path.strip_prefix(root.path()).unwrap();
                (below.to_string_lossy().replace('\\', "/"), i.named)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("a/1.json".to_owned(), true),
                ("b/2.JSON".to_owned(), false),
                ("c/3.jsonl".to_owned(), false)
            ]
        );
        assert!(findings.is_empty(), "{findings:?}");
    }

    #[test]
    fn a_path_that_does_not_exist_and_an_empty_folder_are_errors() {
        let root = tempfile::tempdir().unwrap();
        let mut findings = Vec::new();
        list(
            &[root.path().to_owned(), root.path().join("none")],
            &mut findings,
        );
        let codes: Vec<Code> = findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [Code::NothingToImport, Code::UnreadableFile]);
    }
}
