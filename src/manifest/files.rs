//! The files that entries of a list in `gatewright.yaml` stand for: folders, files, globs.

use std::path::{Path, PathBuf};

use crate::disk::{self, ReadError, is_yaml};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};

/// The files that `entries` stand for, sorted by name. `place` is where the entry of a number
/// stands.
pub(super) fn expand(
    root: &Path,
    entries: &[String],
    place: &dyn Fn(usize) -> Place,
    findings: &mut Vec<Finding>,
) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = || place(index);
        let entry = entry.strip_prefix("./").unwrap_or(entry);
        let before = found.len();
        let path = root.join(entry);
        if let Err(ReadError::Outside) = disk::below(root, &path) {
            findings.push(
                Finding::error(
                    Code::MissingFolder,
                    format!("`{entry}` points outside the project"),
                )
                .at(place())
                .help("manifests must be in the folder of gatewright.yaml or below it, and not behind a link to elsewhere"),
            );
            continue;
        }
        if path.is_dir() {
            walk(&path, root, &|_| true, findings, &mut |p| {
                if is_yaml(p) {
                    found.push(p.to_path_buf());
                }
            });
            if found.len() == before {
                findings.push(
                    Finding::error(
                        Code::NoManifests,
                        format!("the folder `{entry}` has no YAML file"),
                    )
                    .at(place())
                    .help("write a manifest to it, or correct the entry"),
                );
            }
            continue;
        }
        // What is no file is told when it is read.
        if path.symlink_metadata().is_ok() {
            found.push(path);
            continue;
        }
        match globset::GlobBuilder::new(entry)
            .literal_separator(true)
            .build()
        {
            Ok(glob) if entry.contains(['*', '?', '[', '{']) => {
                let matcher = glob.compile_matcher();
                let enters = |folder: &Path| {
                    folder
                        .strip_prefix(root)
                        .is_ok_and(|inside| may_hold(entry, inside))
                };
                walk(root, root, &enters, findings, &mut |p| {
                    if let Ok(inside) = p.strip_prefix(root)
                        && matcher.is_match(inside)
                    {
                        found.push(p.to_path_buf());
                    }
                });
                if found.len() == before {
                    findings.push(
                        Finding::error(Code::NoManifests, format!("`{entry}` matches no file"))
                            .at(place())
                            .help("correct the glob: `**` matches any folders"),
                    );
                }
            }
            Ok(_) => findings.push(
                Finding::error(Code::MissingFolder, format!("`{entry}` does not exist"))
                    .at(place())
                    .help("create the folder, or correct the entry"),
            ),
            Err(error) => findings.push(
                Finding::error(
                    Code::Config,
                    format!("`{entry}` is not a valid glob: {error}"),
                )
                .at(place())
                .help("correct the glob"),
            ),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a file below `folder` can match the glob; `folder` is relative to the project.
fn may_hold(glob: &str, folder: &Path) -> bool {
    let mut patterns = glob.split('/').filter(|part| *part != ".");
    for part in folder.components() {
        match patterns.next() {
            None => return false,
            // Any folders, or alternatives that may hold a slash.
            Some(pattern) if pattern.contains("**") || pattern.contains(['{', '}', '\\']) => {
                return true;
            }
            Some(pattern) => {
                let fits = globset::Glob::new(pattern)
                    .is_ok_and(|glob| glob.compile_matcher().is_match(part));
                if !fits {
                    return false;
                }
            }
        }
    }
    true
}

/// Visits every file below `folder`, hidden ones left out, in those folders that `enters` wants.
/// A folder that is a link, or cannot be read, is a finding: with its manifests left out their
/// objects would look as if nobody wanted them any more.
fn walk(
    folder: &Path,
    root: &Path,
    enters: &dyn Fn(&Path) -> bool,
    findings: &mut Vec<Finding>,
    visit: &mut dyn FnMut(&Path),
) {
    let unread = |folder: &Path, problem: &str, help: &str| {
        let name = relative(root, folder);
        let file = SourceFile::new(name.clone(), folder, String::new());
        Finding::error(
            Code::UnreadableFile,
            format!("cannot read the folder `{name}`: {problem}"),
        )
        .at(Place::new(&file, 0..0))
        .help(help)
    };
    let entries = match disk::entries(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let problem = error.to_string();
            findings.push(unread(folder, &problem, "check that you may read it"));
            return;
        }
    };
    for (path, kind) in entries {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        let linked = kind.is_symlink() && path.is_dir();
        if !kind.is_dir() && !linked {
            visit(&path);
        } else if enters(&path) && linked {
            findings.push(unread(
                &path,
                "it is a link, and links to folders are not followed",
                "put the folder itself there, or name the intended one in `manifests:` and delete the link",
            ));
        } else if enters(&path) {
            walk(&path, root, enters, findings, visit);
        }
    }
}

/// The path from the project's folder, with `/`.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_looked_for_where_it_can_match_alone() {
        let may = |glob: &str, folder: &str| may_hold(glob, Path::new(folder));
        assert!(may("policies/*/a.yaml", "policies") && may("policies/*/a.yaml", "policies/b"));
        assert!(!may("policies/*/a.yaml", "other") && !may("policies/*.yaml", "policies/b/c"));
        assert!(may("**/*.yaml", "any/where") && may("a/**/b.yaml", "a/x/y"));
        assert!(!may("a/**/b.yaml", "b") && may("{a,b/c}/*.yaml", "b/c"));
    }
}
