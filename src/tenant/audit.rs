//! Who changed an object last, and when, by the audit log of the directory. The log is for
//! telling: where it cannot be read, everything else goes on.

use std::collections::HashMap;

use serde_json::Value;

use super::read::{items, text};
use crate::finding::{Code, Finding};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::{encode, literal};
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::model::kind::folded_name;

const AUDITS: &str = "/auditLogs/directoryAudits";
/// How many groups and users are asked for one by one: the log answers five requests in ten
/// seconds.
const MOST: usize = 4;

/// The last change of one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastChange {
    /// When, in UTC.
    pub at: String,
    /// Who, where the log tells: a principal name, or the name of an application.
    pub by: Option<String>,
    /// What was done, in the log's words.
    pub activity: Option<String>,
}

impl LastChange {
    /// When an object says that it was changed last.
    pub fn of(raw: &Value) -> Option<LastChange> {
        let said = |name: &str| raw.get(name).and_then(Value::as_str);
        let at = said("modifiedDateTime").or_else(|| said("createdDateTime"))?;
        Some(LastChange {
            at: at.to_owned(),
            by: None,
            activity: None,
        })
    }
}

/// What the log tells, the last of each object.
#[derive(Debug, Default)]
pub struct AuditLog {
    by_id: HashMap<String, LastChange>,
    /// What was deleted, by its name.
    deleted: HashMap<String, LastChange>,
}

impl AuditLog {
    /// Reads what the log tells of objects of these kinds and ids, and why it tells nothing.
    pub async fn read(
        reader: &Reader<'_>,
        asked: &[(Kind, Option<&str>)],
    ) -> (AuditLog, Option<Finding>) {
        let is_directory = |kind: Kind| matches!(kind, Kind::Group | Kind::TestUser);
        let mut paths = Vec::new();
        if asked.iter().any(|(kind, _)| !is_directory(*kind)) {
            let filter = encode("category eq 'Policy'");
            paths.push(format!("{AUDITS}?$filter={filter}&$top=999"));
        }
        let ids = asked.iter().filter(|(kind, _)| is_directory(*kind));
        paths.extend(ids.filter_map(|(_, id)| *id).take(MOST).map(|id| {
            let filter = format!("targetResources/any(t:t/id eq {})", literal(id));
            format!("{AUDITS}?$filter={}&$top=50", encode(&filter))
        }));
        let mut log = AuditLog::default();
        for path in paths {
            match reader.ask(Edition::V1, &path).await {
                Ok(answer) => items(answer).iter().for_each(|record| log.take(record)),
                Err(error) => return (log, Some(untold(&error))),
            }
        }
        (log, None)
    }

    fn take(&mut self, record: &Value) {
        let activity = text(record, "activityDisplayName");
        let failed = record
            .get("result")
            .is_some_and(|result| result != "success");
        if failed {
            return;
        }
        let change = LastChange {
            at: text(record, "activityDateTime").to_owned(),
            by: initiator(record),
            activity: Some(activity.to_owned()).filter(|text| !text.is_empty()),
        };
        let newer = |known: Option<&LastChange>| known.is_none_or(|known| known.at < change.at);
        let targets = record.get("targetResources").and_then(Value::as_array);
        for target in targets.into_iter().flatten() {
            let id = text(target, "id").to_lowercase();
            if newer(self.by_id.get(&id)) {
                self.by_id.insert(id, change.clone());
            }
            let name = text(target, "displayName");
            if activity.starts_with("Delete") && newer(self.deleted.get(name)) {
                self.deleted.insert(name.to_owned(), change.clone());
            }
        }
    }

    /// The last change of an object, or its end.
    pub fn last(&self, kind: Kind, id: Option<&str>, name: &str) -> Option<&LastChange> {
        match id {
            Some(id) => self.by_id.get(&id.to_lowercase()),
            None => self.deleted.get(&folded_name(kind, name)),
        }
    }
}

/// Who did it: a person before an application.
fn initiator(record: &Value) -> Option<String> {
    let said = |pointer: &str| {
        let text = record.pointer(pointer).and_then(Value::as_str)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    [
        "/initiatedBy/user/userPrincipalName",
        "/initiatedBy/user/displayName",
        "/initiatedBy/user/id",
        "/initiatedBy/app/displayName",
        "/initiatedBy/app/servicePrincipalName",
        "/initiatedBy/app/appId",
    ]
    .into_iter()
    .find_map(said)
}

/// That it is not told who changed what, and why.
fn untold(error: &GraphError) -> Finding {
    let (why, help) = match error.refused() {
        Some(refused) => (refused.message, refused.help),
        None => (error.to_string(), None),
    };
    let message = format!("it is not known who changed what: {why}");
    let help = help.unwrap_or_else(|| "drift is shown anyway; try again later".to_owned());
    Finding::hint(Code::AuditLog, message).help(help)
}
