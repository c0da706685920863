//! The files of `tenantFiles`: one tenant each, whose name is that of the file.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::files::{expand, relative};
use super::schema::{self, Compiled, Of};
use super::tenant::TenantEntry;
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{self, Code, Finding, Place};
use crate::whatif::Environment;

static SCHEMA: LazyLock<Compiled> = LazyLock::new(|| Compiled::of::<TenantEntry>(Of::Tenant));

/// The schema of a file of `tenantFiles`, as an editor wants it.
pub(super) fn tenant_schema() -> Value {
    schema::of_settings::<TenantEntry>("gatewright tenant", "vars")
}

/// One file of `tenantFiles`.
pub(super) struct TenantFile {
    /// The tenant's name.
    pub name: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// What it says, or what is wrong with it.
    pub read: Result<(TenantEntry, Document), Vec<Finding>>,
}

/// Reads every file that the entries of `tenantFiles` stand for. What is wrong with one of them
/// is its own matter: the other tenants are there all the same.
pub(super) fn read(
    root: &Path,
    entries: &[String],
    place: &dyn Fn(usize) -> Place,
    findings: &mut Vec<Finding>,
) -> Vec<TenantFile> {
    let paths = expand(root, entries, place, findings);
    let files = paths.into_iter().map(|path| TenantFile {
        name: path
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        read: entry(root, &path),
        path,
    });
    files.collect()
}

fn entry(root: &Path, path: &Path) -> Result<(TenantEntry, Document), Vec<Finding>> {
    let name = relative(root, path);
    let file = SourceFile::read(root, &name, path).map_err(|finding| vec![*finding])?;
    let mut findings = Vec::new();
    let mut documents = yaml::parse(&file, &mut findings);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    if documents.len() != 1 {
        let (message, at) = match documents.get(1) {
            Some(second) => ("the file has several documents", second.place("")),
            None => ("the file is empty", Place::new(&file, 0..0)),
        };
        return Err(vec![Finding::error(Code::Config, message).at(at).help(
            "a file of `tenantFiles` is the entry of one tenant, such as `tenantId: 11111111-2222-3333-4444-555555555555`",
        )]);
    }
    let document = documents.remove(0);
    SCHEMA.check(&document, &mut findings);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    if let Some(environment) = document.value.get("environment") {
        for fault in Environment::faults(environment) {
            findings.push(
                Finding::error(Code::Config, fault.message)
                    .at(document.place(&format!("/environment{}", fault.pointer)))
                    .help(fault.help),
            );
        }
    }
    match TenantEntry::deserialize(&document.value) {
        Ok(entry) if !finding::has_errors(&findings) => Ok((entry, document)),
        Ok(_) => Err(findings),
        Err(error) => Err(vec![
            Finding::error(Code::Config, error.to_string()).at(document.place("")),
        ]),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_sound() {
        super::SCHEMA.assert_sound();
    }
}
