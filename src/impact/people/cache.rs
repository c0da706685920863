//! People on disk, for who asks again within hours: a file that its owner alone may read, which says
//! until when it counts.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::directory::{PeopleDirectory, PeopleWanted};
use crate::disk::{self, Put};

/// How long what was read counts, in hours.
pub const HOURS: i64 = 12;
/// The form of the file.
const VERSION: u32 = 1;
/// The largest file that is read.
const LIMIT: u64 = 512 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CacheFile {
    version: u32,
    tenant_id: String,
    /// Past it nothing of it counts.
    expires: String,
    /// Principal names are left out.
    masked: bool,
    directory: PeopleDirectory,
}

/// Where the people of a tenant are kept.
#[derive(Debug, Clone)]
pub struct PeopleCache {
    path: PathBuf,
    tenant_id: String,
    masked: bool,
}

impl PeopleCache {
    /// In this folder. With `masked` no principal name is kept.
    pub fn new(folder: &Path, tenant_id: &str, masked: bool) -> PeopleCache {
        let own = tenant_id
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
        let own: String = own.collect();
        PeopleCache {
            path: folder.join(format!("people-{own}.json")),
            tenant_id: tenant_id.to_owned(),
            masked,
        }
    }

    /// What is kept and still counts, and when it was read; empty otherwise. A file
    /// that is past its time, past any that it can have, or older than what was `written` to the
    /// tenant, is deleted.
    pub fn load(
        &self,
        wanted: &PeopleWanted,
        now: Timestamp,
        written: Option<Timestamp>,
    ) -> (PeopleDirectory, Timestamp) {
        let nothing = || (PeopleDirectory::default(), now);
        let bytes = disk::read_own(&self.path, LIMIT).unwrap_or_default();
        let Ok(file) = serde_json::from_slice::<CacheFile>(&bytes) else {
            return nothing();
        };
        let expires = file.expires.parse::<Timestamp>().unwrap_or_default();
        let left = expires.as_second() - now.as_second();
        let read = expires.checked_sub(HOURS.hours()).unwrap_or(expires);
        let is_older = written.is_some_and(|at| at > read);
        if is_older || !(1..=HOURS * 3600).contains(&left) {
            drop(std::fs::remove_file(&self.path));
            return nothing();
        }
        // Names that are not there cannot be shown, and those that are there are not wanted.
        let fits = file.version == VERSION
            && file.tenant_id == self.tenant_id
            && self.masked == file.masked;
        if !fits {
            return nothing();
        }
        let mut directory = file.directory;
        let has = |role: &String| {
            let roles = directory.roles.as_ref();
            roles.is_some_and(|roles| roles.contains_key(role))
        };
        if !wanted.roles.iter().all(has) {
            directory.roles = None;
        }
        (directory, read)
    }

    /// Keeps what was read, the oldest of it at this time.
    ///
    /// # Errors
    /// See [`std::io::Error`].
    pub fn keep(&self, directory: &PeopleDirectory, read: Timestamp) -> std::io::Result<()> {
        let mut directory = directory.clone();
        if self.masked {
            for user in &mut directory.users {
                user.name.clear();
            }
        }
        let file = CacheFile {
            version: VERSION,
            tenant_id: self.tenant_id.clone(),
            expires: read.checked_add(HOURS.hours()).unwrap_or(read).to_string(),
            masked: self.masked,
            directory,
        };
        let bytes = serde_json::to_vec(&file)?;
        disk::put(&self.path, &bytes, Put::Private)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
