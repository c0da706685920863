//! The tenant's own log: read day by day, so that whoever is interrupted goes on where a day ended.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::disk;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::encode;
use crate::model::facts::Edition;

/// How long what is kept of a day counts.
const KEPT: Duration = Duration::from_secs(12 * 60 * 60);
/// How the names of what is kept begin.
const PREFIX: &str = "sign-ins-";
/// The kinds of sign-in that are read.
const KINDS: [&str; 2] = ["interactiveUser", "nonInteractiveUser"];

/// A part of a log: one kind of sign-in, of a day or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWindow {
    kind: &'static str,
    from: Timestamp,
    to: Timestamp,
}

/// Why a log was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LogReadError {
    /// The tenant did not answer, or refused.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// What was read cannot be kept, or read again.
    #[error("`{}`: {error}", path.display())]
    Kept {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The parts of the log of the last days, by whole days in UTC.
pub fn log_windows(last: Duration, now: Timestamp) -> Vec<LogWindow> {
    let last = SignedDuration::try_from(last).unwrap_or(SignedDuration::MAX);
    let start = now.checked_sub(last).unwrap_or(Timestamp::MIN);
    let mut found = Vec::new();
    let mut from = start;
    while from < now {
        let day = from.to_zoned(jiff::tz::TimeZone::UTC).date();
        let next = day.checked_add(1.days()).ok();
        let next = next.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
        let to = next.map_or(now, |next| next.timestamp().min(now));
        found.extend(KINDS.map(|kind| LogWindow { kind, from, to }));
        from = to;
    }
    found
}

impl LogWindow {
    /// The request for it. The two bounds are those that the page documents.
    fn path(&self) -> String {
        let second = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let filter = format!(
            "signInEventTypes/any(t:t eq '{}') and createdDateTime ge {} and createdDateTime le {}",
            self.kind,
            second(self.from),
            second(self.to)
        );
        format!("/auditLogs/signIns?$filter={}&$top=1000", encode(&filter))
    }

    /// Whether a record of the answer is of this part: what lies on the bound is of the next one.
    fn holds(&self, record: &Value) -> bool {
        let at = record.get("createdDateTime").and_then(Value::as_str);
        let at = at.and_then(|at| at.parse::<Timestamp>().ok());
        at.is_none_or(|at| at < self.to)
    }

    /// Whether it is a whole day: what begins or ends within one is another part in each run.
    fn is_whole(&self) -> bool {
        let is_midnight = |at: Timestamp| at.as_second().rem_euclid(24 * 60 * 60) == 0;
        is_midnight(self.from) && is_midnight(self.to)
    }

    fn file(&self, folder: &Path, tenant_id: &str) -> PathBuf {
        let own = tenant_id
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
        let own: String = own.collect();
        let moment = |at: Timestamp| at.strftime("%Y%m%dT%H%M%S").to_string();
        folder.join(format!(
            "{PREFIX}{own}-{}-{}-{}.jsonl",
            self.kind,
            moment(self.from),
            moment(self.to)
        ))
    }
}

/// Deletes what is past its time in a folder, of every tenant and also of runs that were interrupted.
pub fn sweep_log(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && (name.ends_with(".jsonl") || name.ends_with(".part")) {
            is_kept(&entry.path());
        }
    }
}

/// Reads a part and hands each record over as JSON. With a folder, a whole day that was read to its
/// end is kept there, and taken from there.
///
/// # Errors
/// See [`LogReadError`]. What was handed over before it is a part of the whole.
pub async fn read_window(
    reader: &Reader<'_>,
    window: &LogWindow,
    cache: Option<(&Path, &str)>,
    take: &mut dyn FnMut(&[u8]),
) -> Result<(), LogReadError> {
    let cache = cache.filter(|_| window.is_whole());
    let file = cache.map(|(folder, tenant_id)| window.file(folder, tenant_id));
    let kept = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| LogReadError::Kept { path, error }
    };
    if let Some(path) = &file
        && is_kept(path)
    {
        return lines(path, take).map_err(kept(path));
    }
    let part = file.as_ref().map(|path| path.with_extension("part"));
    let mut to: Option<File> = None;
    if let Some(part) = &part {
        // What a run left behind that was interrupted.
        drop(fs::remove_file(part));
        to = Some(disk::create(part).map_err(kept(part))?);
    }
    let mut fault = None;
    let pages = |page: Vec<Value>| {
        for record in page.iter().filter(|record| window.holds(record)) {
            let Ok(mut json) = serde_json::to_vec(record) else {
                continue;
            };
            take(&json);
            if let (Some(file), None) = (&mut to, &fault) {
                json.push(b'\n');
                fault = file.write_all(&json).err();
            }
        }
    };
    let read = reader.pages(Edition::Beta, &window.path(), pages).await;
    if let (Err(_), Some(part)) = (&read, &part) {
        drop(fs::remove_file(part));
    }
    read?;
    if let (Some(part), Some(path)) = (&part, &file) {
        match fault {
            Some(error) => return Err(kept(part)(error)),
            None => fs::rename(part, path).map_err(kept(path))?,
        }
    }
    Ok(())
}

/// Whether a part was read to its end, not long ago. One that is past its time is deleted.
fn is_kept(path: &Path) -> bool {
    let Ok(there) = fs::symlink_metadata(path) else {
        return false;
    };
    let age = there.modified().ok().and_then(|at| at.elapsed().ok());
    let fresh = there.is_file() && age.is_none_or(|age| age < KEPT);
    if !fresh {
        drop(fs::remove_file(path));
    }
    fresh
}

fn lines(path: &Path, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut from = BufReader::new(disk::open(path).map_err(io::Error::from)?);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        take(line.trim_ascii());
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_by_whole_days_and_both_kinds() {
        let now: Timestamp = "2026-03-10T06:00:00Z".parse().unwrap();
        let windows = log_windows(Duration::from_secs(30 * 60 * 60), now);
        let told: Vec<String> = (windows.iter())
            .filter(|one| one.kind == "interactiveUser")
            .map(|one| format!("{} {}", one.from, one.to))
            .collect();
        assert_eq!(
            told,
            [
                "2026-03-09T00:00:00Z 2026-03-10T00:00:00Z",
                "2026-03-10T00:00:00Z 2026-03-10T06:00:00Z"
            ]
        );
        assert_eq!(windows.len(), 4);
        let first = windows.first().unwrap();
        assert!(
            first.path().contains("signInEventTypes"),
            "{}",
            first.path()
        );
        let at = |moment: &str| serde_json::json!({ "createdDateTime": moment });
        assert!(first.holds(&at("2026-03-09T23:59:59.9Z")));
        assert!(!first.holds(&at("2026-03-10T00:00:00Z")));
    }
}
