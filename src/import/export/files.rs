//! Paths -> files: which files of an export are read, in a stable order, within bounds.

use std::path::{Path, PathBuf};

use crate::disk::{self, ReadError};
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
    /// The folder that was named and holds it; `None` when it was named itself.
    pub below: Option<PathBuf>,
}

impl Input {
    /// The path as a person reads it, with forward slashes.
    pub fn name(&self) -> String {
        shown(&self.path)
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The files that `paths` stand for: each path that is a file, and every JSON file below
/// each that is a folder. Hidden folders are left out; links to folders are not followed.
pub fn list(paths: &[PathBuf], findings: &mut Vec<Finding>) -> Vec<Input> {
    let mut found = Vec::new();
    for path in paths {
        let name = shown(path);
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let before = found.len();
                folder(path, path, 0, &mut found, findings);
                if found.len() == before {
                    let other = disk::entries(path).unwrap_or_default();
                    let mut other = other.iter().filter_map(|(path, _)| no_export(path));
                    let (what, help) = match other.next() {
                        Some((what, help)) => (format!(", and one that is {what}"), help),
                        None => (String::new(), "name the folder with the export"),
                    };
                    findings.push(
                        Finding::error(
                            Code::NothingToImport,
                            format!("there is no JSON file below `{name}`{what}"),
                        )
                        .help(help),
                    );
                }
            }
            Ok(meta) if meta.is_file() => found.push(Input {
                path: path.clone(),
                below: None,
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
    found.sort_by(|a, b| (&a.path, a.below.is_some()).cmp(&(&b.path, b.below.is_some())));
    found.dedup_by(|b, a| a.path == b.path);
    if found.len() > MAX_FILES {
        findings.push(
            Finding::error(
                Code::NothingToImport,
                format!("there are more than {MAX_FILES} JSON files"),
            )
            .help("name the folder with the export, not one far above it"),
        );
        found.clear();
    }
    found
}

fn folder(
    root: &Path,
    path: &Path,
    depth: usize,
    found: &mut Vec<Input>,
    findings: &mut Vec<Finding>,
) {
    if found.len() > MAX_FILES {
        return;
    }
    if depth > MAX_FOLDERS {
        findings.push(
            Finding::error(
                Code::UnreadableFile,
                format!(
                    "`{}` is more than {MAX_FOLDERS} folders below the named one",
                    shown(path)
                ),
            )
            .help("also name the folder itself"),
        );
        return;
    }
    let entries = match disk::entries(path) {
        Ok(entries) => entries,
        Err(error) => {
            let name = shown(path);
            findings.push(
                Finding::error(
                    Code::UnreadableFile,
                    format!("cannot read the folder `{name}`: {error}"),
                )
                .help(
                    "a partly read export would look complete: check that you may read all of it",
                ),
            );
            return;
        }
    };
    for (below, kind) in entries {
        let name = below.file_name().unwrap_or_default().to_string_lossy();
        let linked = kind.is_symlink() && below.is_dir();
        if kind.is_dir() || linked {
            if name.starts_with('.') || OTHER_FOLDERS.contains(&name.as_ref()) {
                continue;
            }
            if !linked {
                folder(root, &below, depth + 1, found, findings);
            } else if disk::below(root, &below).is_err() {
                findings.push(
                    Finding::error(
                        Code::UnreadableFile,
                        format!(
                            "cannot read the folder `{}`: it is a link that points outside the named folder",
                            shown(&below)
                        ),
                    )
                    .help("put the folder itself there, also name it, or delete the link"),
                );
            }
        } else if is_json(&below) {
            found.push(Input {
                path: below,
                below: Some(root.to_owned()),
            });
        }
    }
}

/// What a file is that makes policies and holds none, by the end of its name; and what to do.
pub(crate) fn no_export(path: &Path) -> Option<(&'static str, &'static str)> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match end.as_str() {
        "ps1" | "psm1" | "psd1" => (
            "a script of PowerShell",
            "run it against a test tenant and import from there (`gatewright import -t TENANT`), or name the JSON that it reads",
        ),
        "tf" | "tfvars" | "hcl" => (
            "written for Terraform",
            "import what it created from the tenant (`gatewright import -t TENANT`), or export that as JSON",
        ),
        "mof" => (
            "a compiled configuration of PowerShell",
            "import from the tenant that it describes (`gatewright import -t TENANT`), or export that as JSON",
        ),
        "bicep" => (
            "written for Bicep",
            "import what it created from the tenant (`gatewright import -t TENANT`), or export that as JSON",
        ),
        _ => return None,
    })
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
    let read = match &input.below {
        Some(folder) => {
            disk::below(folder, &input.path).and_then(|real| disk::read(&real, MAX_FILE_BYTES))
        }
        None => disk::read(&input.path, MAX_FILE_BYTES),
    };
    read.map_err(|error| match error {
        ReadError::TooLarge(_) => fail(
            Code::FileTooLarge,
            format!("`{name}` is larger than {} MiB", MAX_FILE_BYTES >> 20),
            "split it, or name the files with the export",
        ),
        ReadError::Outside => fail(
            Code::UnreadableFile,
            format!("cannot read `{name}`: it is a link that points outside the named folder"),
            "also name the file itself, or delete the link",
        ),
        error => fail(
            Code::UnreadableFile,
            format!("cannot read `{name}`: {error}"),
            "check that it is a file and that you may read it",
        ),
    })
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
                (shown(below), i.below.is_none())
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
