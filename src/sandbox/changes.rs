//! What was changed of the tenant since it was last saved: a write is as long as the change, and
//! not as the tenant.
//!
//! Changes stand in a file beside the tenant's, one a line, behind the digest of the tenant file
//! that they are changes of. Whoever replaces that file leaves them behind.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tenant::Tenant;
use crate::disk;

/// The largest file of changes that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// What one write changed: the objects by collection and id; `None`: it is gone.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Changes(Vec<(String, String, Option<Value>)>);

/// The first line: of which tenant file they are changes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct LogHead {
    of: String,
}

impl Changes {
    /// What was changed, where single objects were; `None`: anything may have been.
    pub(crate) fn of(tenant: &Tenant) -> Option<Changes> {
        let mut changes = Changes::default();
        for (name, objects) in tenant.collections() {
            for id in objects.marks()? {
                let object = objects.get(id).cloned();
                changes.0.push((name.to_owned(), id.clone(), object));
            }
        }
        Some(changes)
    }

    fn make(self, tenant: &mut Tenant) {
        for (name, id, object) in self.0 {
            let found = tenant
                .collections_mut()
                .into_iter()
                .find(|(n, _)| *n == name);
            match (found, object) {
                (Some((_, objects)), Some(object)) => {
                    objects.insert(id, object);
                }
                (Some((_, objects)), None) => {
                    objects.shift_remove(&id);
                }
                (None, _) => {}
            }
        }
    }
}

/// The file of changes. It is made with the first of them.
#[derive(Debug)]
pub(super) struct ChangeLog {
    path: PathBuf,
    head: LogHead,
    file: Option<File>,
}

/// Hidden beside the tenant file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.changes"))
}

fn digest_of(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// The changes that stand beside a tenant file of these bytes, as lines. A last line that a kill cut
/// off was not answered, and is left out.
pub(super) fn beside_file(path: &Path, bytes: &[u8]) -> Vec<u8> {
    let text = disk::read_own(&beside(path), MAX_BYTES).unwrap_or_default();
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let head = lines.next().unwrap_or_default();
    let head = serde_json::from_slice::<LogHead>(head);
    match head.is_ok_and(|head| head.of == digest_of(bytes)) {
        true => lines
            .take_while(|line| line.ends_with(b"\n"))
            .flatten()
            .copied()
            .collect(),
        false => Vec::new(),
    }
}

/// Makes changes that were written as lines.
pub(super) fn make(lines: &[u8], tenant: &mut Tenant) {
    let lines = lines.split(|byte| *byte == b'\n');
    for changes in lines.map_while(|line| serde_json::from_slice::<Changes>(line).ok()) {
        changes.make(tenant);
    }
}

/// Takes the changes away: the tenant file holds them.
pub(super) fn forget(path: &Path) {
    // What is left is of another file, and so is passed over.
    let _ = std::fs::remove_file(beside(path));
}

impl ChangeLog {
    /// The changes to come of a tenant file of these bytes.
    pub(crate) fn new(path: &Path, bytes: &[u8]) -> ChangeLog {
        ChangeLog {
            path: beside(path),
            head: LogHead {
                of: digest_of(bytes),
            },
            file: None,
        }
    }

    /// Writes what one write changed, and gives the line of it.
    pub(crate) fn put(&mut self, changes: &Changes) -> io::Result<Vec<u8>> {
        let text = line(changes)?;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = disk::create(&self.path)?;
                file.write_all(&line(&self.head)?)?;
                self.file.insert(file)
            }
        };
        // Not synced: a process that is killed loses nothing of it, and a sandbox need not outlive
        // the machine.
        file.write_all(&text)?;
        Ok(text)
    }
}

fn line(line: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::seed;

    #[test]
    fn every_collection_of_the_file_is_listed_by_its_name() {
        let tenant = seed::tenant(3);
        let value = serde_json::to_value(&tenant).unwrap();
        let named = value.as_object().unwrap().iter();
        let mut held: Vec<&str> = named
            .filter(|(_, value)| value.is_object())
            .map(|(name, _)| name.as_str())
            .chain(["audits", "signIns"]) // left out while they are empty
            .collect();
        let mut listed: Vec<&str> = tenant.collections().iter().map(|(n, _)| *n).collect();
        held.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, held);
    }

    #[test]
    fn a_change_is_noted_by_its_id_and_any_other_as_of_anything() {
        let mut tenant = seed::tenant(3);
        assert_eq!(tenant.groups.marks(), None);
        tenant.settle();
        tenant.groups.insert("a".to_owned(), json!({}));
        tenant.groups.shift_remove("b");
        let marks = tenant.groups.marks().unwrap();
        assert_eq!(Vec::from_iter(marks), ["a", "b"]);
        tenant.groups.retain(|_, _| true);
        assert_eq!(tenant.groups.marks(), None);
    }
}
