//! Names for ids: migration tables, and objects that are not imported themselves.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::canonical_id;
use super::sort::{member, text, what};
use crate::model::Kind;
use crate::model::refs::RefKind;
use crate::tenant::snapshot::NameIndex;
use crate::text::is_guid;

/// The names that were found.
#[derive(Debug, Default)]
pub(crate) struct ExportedNames {
    found: Vec<(RefKind, String, String)>,
    seen: BTreeSet<(RefKind, String, String)>,
}

impl ExportedNames {
    /// Notes that `id` is called `name`. An empty one says nothing.
    pub(crate) fn add(&mut self, kind: RefKind, id: &str, name: &str) {
        let entry = (kind, canonical_id(id), name.trim().to_owned());
        if !entry.1.is_empty() && !entry.2.is_empty() && self.seen.insert(entry.clone()) {
            self.found.push(entry);
        }
    }

    /// Adds what others found.
    pub(crate) fn append(&mut self, others: ExportedNames) {
        for (kind, id, name) in others.found {
            self.add(kind, &id, &name);
        }
    }

    /// The ids that others than their own objects call by two names, with both. `own` says
    /// which ids have an object.
    pub(crate) fn contested(&self, own: impl Fn(&str) -> bool) -> Vec<(&str, &str, &str)> {
        let mut first: HashMap<(RefKind, &str), &str> = HashMap::new();
        let mut contested: IndexMap<&str, (&str, &str)> = IndexMap::new();
        for (kind, id, name) in &self.found {
            let comparable = match kind {
                // A user may be told by the display name too.
                RefKind::User => name.contains('@'),
                RefKind::Group | RefKind::Location | RefKind::Strength => true,
                _ => false,
            };
            if !comparable || own(id) {
                continue;
            }
            let known = *first.entry((*kind, id)).or_insert(name);
            if !known.eq_ignore_ascii_case(name) {
                contested.entry(id).or_insert((known, name));
            }
        }
        let told = contested.into_iter();
        told.map(|(id, (one, other))| (id, one, other)).collect()
    }

    /// All names, in the order in which they were found.
    pub(crate) fn index(self) -> NameIndex {
        let mut index = NameIndex::default();
        for (kind, id, name) in self.found {
            index.add(kind, &id, &name);
        }
        index
    }

    /// Takes a row of a migration table.
    fn take_row(&mut self, row: &Map<String, Value>) {
        let (id, name) = (text(row, "Id"), text(row, "DisplayName"));
        let user = match text(row, "UserPrincipalName") {
            "" => name,
            principal => principal,
        };
        let folded = text(row, "Type").trim().to_ascii_lowercase();
        let folded = folded
            .trim_start_matches("#microsoft.graph.")
            .trim_end_matches('s');
        match folded {
            "group" => self.add(RefKind::Group, id, name),
            "user" => self.add(RefKind::User, id, user),
            "namedlocation" | "ipnamedlocation" | "countrynamedlocation" => {
                self.add(RefKind::Location, id, name);
            }
            "application" | "cloudapplication" | "app" => {
                // A policy names an application by its app id.
                match text(row, "AppId") {
                    "" => self.add(RefKind::Application, id, name),
                    app => self.add(RefKind::Application, app, name),
                }
            }
            "serviceprincipal" => {
                self.add(RefKind::ServicePrincipal, id, name);
                // A policy names an application by its app id.
                self.add(RefKind::Application, text(row, "AppId"), name);
            }
            "authenticationstrength" | "authenticationstrengthpolicie" => {
                self.add(RefKind::Strength, id, name);
            }
            "authenticationcontext" | "authenticationcontextclassreference" => {
                self.add(RefKind::Context, id, name);
            }
            "termsofuse" | "agreement" => self.add(RefKind::Agreement, id, name),
            "role" | "directoryrole" => self.add(RefKind::Role, id, name),
            _ => {}
        }
    }

    /// Takes a user, group or service principal that stands where a member is listed.
    pub(crate) fn take_directory_object(&mut self, map: &Map<String, Value>) {
        let id = text(map, "id");
        let principal = text(map, "userPrincipalName");
        let stated = text(map, "@odata.type");
        if !is_guid(&canonical_id(id)) {
            return;
        }
        if !principal.is_empty() {
            self.add(RefKind::User, id, principal);
        } else if stated.ends_with("servicePrincipal") || member(map, "appId").is_some() {
            self.add(RefKind::ServicePrincipal, id, text(map, "displayName"));
            self.add(
                RefKind::Application,
                text(map, "appId"),
                text(map, "displayName"),
            );
        } else if stated.ends_with("group") || member(map, "securityEnabled").is_some() {
            self.add(RefKind::Group, id, text(map, "displayName"));
        }
    }
}

/// What a migration table says.
#[derive(Debug, Default)]
pub(crate) struct MigrationTable {
    /// The names in its rows.
    pub(crate) names: ExportedNames,
    /// Pointers of the rows, from the table, that name nothing.
    pub(crate) odd: Vec<String>,
}

/// The rows of a migration table: `{"TenantId": ..., "Objects": [{"DisplayName": ..., "Id":
/// ..., "Type": ...}]}`, as Intune management tools write it. None when `map` is none. `repeats`
/// says of which rows, by their pointers, nobody knows what they mean.
pub(crate) fn take_table(
    map: &Map<String, Value>,
    repeats: impl Fn(&str) -> bool,
) -> Option<MigrationTable> {
    let rows = match member(map, "Objects")? {
        Value::Array(rows) => rows.as_slice(),
        // What PowerShell makes of a list of one.
        one => std::slice::from_ref(one),
    };
    if rows.iter().any(is_of_conditional_access) {
        return None;
    }
    let stated = member(map, "TenantId").is_some() && rows.iter().all(is_blank_row);
    if !stated && !rows.iter().any(|row| row_of(row).is_some()) {
        return None;
    }
    let mut table = MigrationTable::default();
    for (index, row) in rows.iter().enumerate() {
        let at = format!("Objects/{index}");
        match row_of(row) {
            // It was told where it stands.
            Some(_) if repeats(&at) => {}
            Some(row) => table.names.take_row(row),
            None => table.odd.push(at),
        }
    }
    Some(table)
}

/// A row that gives a name to an id.
fn row_of(row: &Value) -> Option<&Map<String, Value>> {
    let has = |row, name| !text(row, name).trim().is_empty();
    row.as_object().filter(|row| {
        (has(row, "Id") || has(row, "AppId"))
            && has(row, "Type")
            && (has(row, "DisplayName") || has(row, "UserPrincipalName"))
    })
}

/// True for what stands in a table and is nothing else: no object, or the columns of a row.
fn is_blank_row(row: &Value) -> bool {
    const COLUMNS: &[&str] = &["Id", "AppId", "Type", "DisplayName", "UserPrincipalName"];
    row.as_object().is_none_or(|row| {
        let known = |name: &str| COLUMNS.iter().any(|c| c.eq_ignore_ascii_case(name));
        row.keys().all(|name| known(name))
    })
}

/// True for an object that is to be imported itself, in a list that is called as the rows are.
fn is_of_conditional_access(row: &Value) -> bool {
    let kind = |row| what(row, None)?.kind();
    row_of(row).is_none()
        && (row.as_object().and_then(kind)).is_some_and(|kind| kind != Kind::Group)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_migration_table_names_every_kind() {
        let id = |n: u8| format!("00000000-0000-0000-0000-0000000000{n:02}");
        let table = json!({"TenantId": id(0), "Organization": "Contoso", "Objects": [
            {"DisplayName": "G", "Id": id(1), "Type": "Group"},
            {"DisplayName": "U", "Id": id(2), "Type": "User", "UserPrincipalName": "u@contoso.com"},
            {"DisplayName": "L", "Id": id(3).to_uppercase(), "Type": "NamedLocations"},
            {"DisplayName": "A", "Id": id(4), "Type": "Application"},
            {"DisplayName": "T", "Id": id(5), "Type": "TermsOfUse"},
            {"DisplayName": "X", "Id": id(6), "Type": "ScopeTag"},
            {"DisplayName": "S", "Id": null, "AppId": id(7), "Type": "ServicePrincipal"},
        ]});
        let table = take_table(table.as_object().unwrap(), |_| false).unwrap();
        assert!(table.odd.is_empty());
        let index = table.names.index();
        let name = |kind, n| index.by_id(kind, &id(n)).map(|k| k.name.as_str());
        assert_eq!(name(RefKind::Group, 1), Some("G"));
        assert_eq!(name(RefKind::User, 2), Some("u@contoso.com"));
        assert_eq!(name(RefKind::Location, 3), Some("L"));
        assert_eq!(name(RefKind::Application, 4), Some("A"));
        assert_eq!(name(RefKind::Agreement, 5), Some("T"));
        assert_eq!(name(RefKind::Application, 7), Some("S"));
    }

    #[test]
    fn other_objects_with_a_list_of_that_name_are_no_table() {
        let policy = json!({"Id": "x", "displayName": "P", "conditions": {"users": {}}});
        for value in [
            json!({"Objects": [1]}),
            json!({"Objects": []}),
            json!({}),
            json!({"TenantId": "x", "Objects": [policy]}),
        ] {
            assert!(
                take_table(value.as_object().unwrap(), |_| false).is_none(),
                "{value}"
            );
        }
    }
}
