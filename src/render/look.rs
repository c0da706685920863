//! Live objects for people and for programs: as manifests, as rows, by name.

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::human;
use super::json::{FORMAT_VERSION, TenantOutput, VERSION};
use super::plan::words::effect;
use super::table::{TableCell, TableColumn, plain, roomy, table as rows_of, whole, wrapping};
use super::times::day;
use crate::model::Kind;
use crate::plan::Plan;
use crate::tenant::audit::LastChange;
use crate::text::visible;

/// What was looked at of a tenant.
#[derive(Debug)]
pub struct LookedTenant {
    /// The tenant, as an empty plan names it.
    pub tenant: Plan,
    /// The objects, policies first.
    pub objects: Vec<LookedObject>,
}

/// One live object.
#[derive(Debug)]
pub struct LookedObject {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The name that people use.
    pub name: String,
    /// Whether a manifest describes it; `None` where the manifests could not be read.
    pub managed: Option<bool>,
    /// The file of its manifest.
    pub file: Option<String>,
    /// The run of the project that wrote it last.
    pub run: Option<String>,
    /// Its last change.
    pub change: Option<LastChange>,
    /// The text of a manifest for it.
    pub yaml: String,
    /// What the manifest says.
    pub manifest: Value,
    /// The normal form, with names.
    pub normal: Value,
}

impl LookedObject {
    fn state(&self) -> Option<&str> {
        match self.kind {
            Kind::ConditionalAccessPolicy => self.normal.get("state")?.as_str(),
            _ => None,
        }
    }
}

/// The answer of `get --format json` and `list --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright get")]
pub struct ObjectsOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant.
    pub tenant: TenantOutput,
    /// The objects, policies first, then by name.
    pub objects: Vec<ObjectOutput>,
}

/// One live object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectOutput {
    /// The kind.
    pub kind: &'static str,
    /// The name that people use.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The state of a policy; null for other kinds.
    pub state: Option<String>,
    /// Whether a manifest of the project describes it; null where the manifests cannot be read.
    pub managed: Option<bool>,
    /// The file of that manifest.
    pub file: Option<String>,
    /// The run of the project that wrote it last; null where no journal tells of one.
    pub run: Option<String>,
    /// When it was changed last, in UTC; null where it does not tell.
    pub changed_at: Option<String>,
    /// What it does, in words; empty where there is nothing to say.
    pub effect: String,
    /// What its manifest would say, with names.
    pub manifest: Value,
}

/// The objects as JSON.
pub fn json(looked: &LookedTenant) -> ObjectsOutput {
    let object = |object: &LookedObject| ObjectOutput {
        kind: object.kind.as_str(),
        name: object.name.clone(),
        id: object.id.clone(),
        state: object.state().map(str::to_owned),
        managed: object.managed,
        file: object.file.clone(),
        run: object.run.clone(),
        changed_at: object.change.as_ref().map(|change| change.at.clone()),
        effect: effect(object.kind, &object.normal),
        manifest: object.manifest.clone(),
    };
    ObjectsOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: super::json::tenant(&looked.tenant),
        objects: looked.objects.iter().map(object).collect(),
    }
}

/// The manifests, a document each.
pub fn yaml(looked: &LookedTenant) -> String {
    let texts: Vec<String> = looked
        .objects
        .iter()
        .map(|o| visible(&o.yaml, true))
        .collect();
    texts.join("---\n")
}

/// The names, one a line.
pub fn names(looked: &LookedTenant) -> String {
    let names = looked.objects.iter();
    names
        .map(|o| format!("{}\n", visible(&o.name, false)))
        .collect()
}

/// A row for each object, for a screen of this width.
pub fn table(looked: &LookedTenant, width: Option<usize>) -> String {
    let tenant = human::tenant(&looked.tenant);
    if looked.objects.is_empty() {
        return format!("No objects found in {tenant}.\n");
    }
    let kinds = looked.objects.iter().map(|object| object.kind);
    let several = kinds.clone().any(|kind| Some(kind) != kinds.clone().next());
    let rows: Vec<Vec<TableCell>> = looked
        .objects
        .iter()
        .map(|object| {
            let kind = if several { object.kind.short() } else { "-" };
            let changed = object.change.as_ref();
            vec![
                object.state().map_or_else(|| plain("-"), state),
                plain(kind),
                (visible(&object.name, false), Style::new().bold()),
                plain(manifest(object)),
                plain(changed.map_or_else(|| "-".to_owned(), |change| day(&change.at))),
                plain(effect(object.kind, &object.normal)),
            ]
        })
        .collect();
    const COLUMNS: [TableColumn; 6] = [
        whole("STATE", 0),
        whole("KIND", 1),
        wrapping("NAME", 0),
        roomy("MANIFEST", 3, 24),
        whole("LAST CHANGE", 2),
        wrapping("EFFECT", 0),
    ];
    format!(
        "{tenant}\n\n{}",
        rows_of(&COLUMNS, &rows, width).noted("`--format json` has everything.")
    )
}

/// The state of a policy, in a word.
pub(super) fn state(state: &str) -> TableCell {
    match state {
        "enabled" => ("enabled".to_owned(), AnsiColor::Green.on_default()),
        "disabled" => ("disabled".to_owned(), Style::new().dimmed()),
        "enabledForReportingButNotEnforced" => {
            ("report-only".to_owned(), AnsiColor::Yellow.on_default())
        }
        other => plain(visible(other, false)),
    }
}

/// Where the manifest is.
fn manifest(object: &LookedObject) -> String {
    match (&object.file, object.managed, &object.run) {
        (Some(file), ..) => visible(file, false),
        (None, None, _) => "not known".to_owned(),
        (None, Some(_), Some(_)) => "none any more".to_owned(),
        (None, Some(_), None) => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(name: &str, state: &str, file: Option<&str>, run: Option<&str>) -> LookedObject {
        LookedObject {
            kind: Kind::ConditionalAccessPolicy,
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
            name: name.to_owned(),
            managed: Some(file.is_some()),
            file: file.map(str::to_owned),
            run: run.map(str::to_owned),
            change: Some(LastChange {
                at: "2026-01-31T08:00:00.1234567Z".to_owned(),
                by: None,
                activity: None,
            }),
            yaml: String::new(),
            manifest: Value::Null,
            normal: json!({
                "displayName": name, "state": state,
                "conditions": {
                    "applications": {"includeApplications": ["All"]},
                    "users": {"includeUsers": ["All"], "excludeGroups": ["CA-BreakGlass"]},
                },
                "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
            }),
        }
    }

    #[test]
    fn a_table_fits_a_usual_terminal() {
        let looked = LookedTenant {
            tenant: Plan {
                tenant: "prod".to_owned(),
                ..Plan::default()
            },
            objects: vec![
                policy(
                    "CA001 - Multifactor authentication for everybody",
                    "enabled",
                    Some("policies/ca001.yaml"),
                    None,
                ),
                policy(
                    "CA002\u{1b}[31m",
                    "enabledForReportingButNotEnforced",
                    None,
                    Some("run"),
                ),
                policy("made in the portal", "disabled", None, None),
            ],
        };
        let bare = |width| anstream::adapter::strip_str(&table(&looked, width)).to_string();
        for width in [60, 80, 120, 200] {
            for line in bare(Some(width)).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
        insta::assert_snapshot!(bare(Some(80)));
    }
}
