//! Drift: a plan read the other way round. What the tenant has that the manifests do not say,
//! for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::human::{BOLD, DIM, GREEN, RED, YELLOW, headline, paint, tenant};
use super::json::{
    EffectOutput, FORMAT_VERSION, FindingOutput, GuardOutput, TenantOutput, VERSION, finding,
};
use super::look::state;
use super::plan::{Depth, Look, ShownAction, body, told};
use super::table::{TableCell, TableColumn, plain, table, whole, wrapping};
use super::times::{day, moment};
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::audit::LastChange;
use crate::tenant::snapshot::Live;
use crate::text::{few, shell_arguments, visible};

/// Drift, and what is told of it besides.
#[derive(Debug, Clone, Copy)]
pub struct DriftReport<'a> {
    /// The plan that would undo it.
    pub plan: &'a Plan,
    /// Live objects without a manifest and outside of the scope.
    pub strays: &'a [Stray],
    /// The last change of each object that differs, by its kind and name.
    pub changes: &'a BTreeMap<(Kind, String), LastChange>,
    /// The names that it is limited to; none: all.
    pub names: &'a [String],
    /// Whether a question for each object follows.
    pub asks: bool,
}

impl DriftReport<'_> {
    /// What can be done about what differs.
    fn ways(&self) -> String {
        let names = match self.names {
            [] => String::new(),
            names => format!(
                " {}",
                visible(&shell_arguments(names.iter().map(String::as_str)), false)
            ),
        };
        // `apply NAME` deletes nothing.
        let deletes = self.plan.actions.iter().any(|a| a.verb == Verb::Delete);
        let undo = if deletes { "" } else { names.as_str() };
        format!(
            "To keep it: `gatewright drift --adopt{names}` writes it into the manifests. To undo it: `gatewright apply{undo}`.\nTo choose for each object: `gatewright drift --interactive{names}`.\n"
        )
    }

    /// The last change of the object of an action.
    pub(super) fn change(&self, action: &Action) -> Option<&LastChange> {
        self.changes.get(&(action.kind, action.name.clone()))
    }

    /// The objects without a manifest that no notice names.
    pub(super) fn untold(&self) -> impl Iterator<Item = &Stray> {
        self.strays.iter().filter(|stray| !stray.told)
    }
}

/// A live object without a manifest and outside of the scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Stray {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The state of a policy.
    pub state: Option<String>,
    /// Its last change.
    pub change: Option<LastChange>,
    /// Whether it is listed by itself: a policy, or of a kind of which the scope holds some.
    pub listed: bool,
    /// Whether a notice names it, with the way out; it is not said twice.
    pub told: bool,
}

impl Stray {
    /// What there is to tell of a live object.
    pub fn of(live: &Live, listed: bool) -> Stray {
        Stray {
            kind: live.kind,
            id: live.id.clone(),
            name: live.name().to_owned(),
            state: state_of(&live.object),
            change: LastChange::of(&live.raw),
            listed,
            told: false,
        }
    }
}

/// The state of a policy.
pub(super) fn state_of(object: &Object) -> Option<String> {
    match object {
        Object::ConditionalAccessPolicy(_) => {
            let normal = object.normal_form();
            Some(normal.get("state")?.as_str()?.to_owned())
        }
        _ => None,
    }
}

/// How an object of the tenant differs from the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Drift {
    /// It is not as its manifest says.
    Changed,
    /// It has another name than in its manifest.
    Renamed,
    /// Its manifest is there, and it is not.
    Missing,
    /// It is in the project's scope and has no manifest.
    Unmanaged,
}

impl Drift {
    /// What the action would undo.
    pub fn of(action: &Action) -> Drift {
        match action.verb {
            Verb::Create => Drift::Missing,
            Verb::Update if renamed(action).is_some() => Drift::Renamed,
            Verb::Update => Drift::Changed,
            Verb::Delete => Drift::Unmanaged,
        }
    }
}

/// The name in the tenant, where that is not the manifest's.
pub fn renamed(action: &Action) -> Option<&str> {
    let live = action.live.as_ref()?;
    let is_called_so = action.kind == Kind::TestUser || live.name() == action.name;
    (action.verb == Verb::Update && !is_called_so).then(|| live.name())
}

/// `gatewright drift --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright drift")]
pub struct DriftOutput {
    /// The version of this shape. It changes when a member changes its meaning or goes.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant.
    pub tenant: TenantOutput,
    /// How many objects differ.
    pub count: usize,
    /// The objects that differ, those that took protection first.
    pub objects: Vec<DriftedOutput>,
    /// The names of live objects without a manifest and outside the scope, by kind.
    pub unmanaged: BTreeMap<String, Vec<String>>,
    /// The same objects, each with what is known of it.
    pub unmanaged_objects: Vec<StrayOutput>,
    /// What the guards found in what was done to the tenant. What refuses, refuses `--adopt`.
    pub guards: Vec<GuardOutput>,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<FindingOutput>,
}

/// One object without a manifest, outside of the scope.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StrayOutput {
    /// The kind.
    pub kind: &'static str,
    /// The name that people call it by.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The state of a policy; null for other kinds.
    pub state: Option<String>,
    /// When it was changed last, in UTC; null where nothing tells.
    pub changed_at: Option<String>,
    /// Who changed it last; null where the audit log does not tell.
    pub changed_by: Option<String>,
}

/// One object that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftedOutput {
    /// How it differs.
    pub drift: Drift,
    /// The kind.
    pub kind: &'static str,
    /// The name that people call it by.
    pub name: String,
    /// Its id in the tenant; null when it is not there.
    pub id: Option<String>,
    /// The file of the manifest; null without one.
    pub file: Option<String>,
    /// The line of its name in the manifest; null without one.
    pub line: Option<usize>,
    /// Its name in the tenant, where it was renamed; null otherwise.
    pub live_name: Option<String>,
    /// When it was changed or deleted last, in UTC; null where nothing tells.
    pub changed_at: Option<String>,
    /// Who did that; null where the audit log does not tell.
    pub changed_by: Option<String>,
    /// What was done, in the words of the audit log; null where it does not tell.
    pub activity: Option<String>,
    /// The properties that differ, as dotted paths.
    pub changes: Vec<String>,
    /// What was done to protection in the tenant.
    pub effect: Option<EffectOutput>,
    /// What the manifest says, with names. Null without one.
    pub manifest: Value,
    /// What the tenant has, with names. Null when it has nothing.
    pub tenant: Value,
}

/// The actions, those first that undo what took protection.
pub fn gravest_first(plan: &Plan) -> Vec<&Action> {
    let mut actions: Vec<&Action> = plan.actions.iter().collect();
    let weakens = |action: &&Action| action.effect.as_ref().is_some_and(|e| e.class.weakens());
    actions.sort_by_key(|action| !weakens(action));
    actions
}

/// The drift as JSON.
pub fn json(report: &DriftReport<'_>) -> DriftOutput {
    let plan = report.plan;
    DriftOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: super::json::tenant(plan),
        count: plan.actions.len(),
        objects: gravest_first(plan)
            .into_iter()
            .map(|action| {
                let (live, manifest) = plan.shown(action);
                let change = report.change(action);
                DriftedOutput {
                    drift: Drift::of(action),
                    kind: action.kind.as_str(),
                    name: action.name.clone(),
                    id: action.id.clone(),
                    file: action.place.as_ref().map(|p| p.file.name.clone()),
                    line: action.place.as_ref().map(|p| p.line),
                    live_name: renamed(action).map(str::to_owned),
                    changed_at: change.map(|change| change.at.clone()),
                    changed_by: change.and_then(|change| change.by.clone()),
                    activity: change.and_then(|change| change.activity.clone()),
                    changes: action.changes.clone(),
                    effect: super::json::effect(action),
                    manifest,
                    tenant: live,
                }
            })
            .collect(),
        unmanaged: super::json::unmanaged(plan),
        unmanaged_objects: report
            .strays
            .iter()
            .map(|stray| StrayOutput {
                kind: stray.kind.as_str(),
                name: stray.name.clone(),
                id: stray.id.clone(),
                state: stray.state.clone(),
                changed_at: stray.change.as_ref().map(|change| change.at.clone()),
                changed_by: stray.change.as_ref().and_then(|change| change.by.clone()),
            })
            .collect(),
        guards: plan.guards.iter().map(super::json::guard).collect(),
        notices: plan.notices.iter().map(finding).collect(),
    }
}

/// The drift for people: the manifest's side in red, the tenant's in green.
pub fn human(report: &DriftReport<'_>, look: Look) -> String {
    let plan = report.plan;
    let mut out = String::new();
    let says = !(plan.guards.is_empty() && plan.notices.is_empty());
    if !plan.is_empty() || says || !report.strays.is_empty() {
        let heading = format!("Drift in {}", tenant(plan));
        let _ = writeln!(out, "{}", paint(BOLD, &heading));
        if !plan.is_empty() {
            let _ = writeln!(
                out,
                "{}   {}   {}",
                paint(RED, "- what the manifests say"),
                paint(GREEN, "+ what the tenant has"),
                paint(YELLOW, "~ both")
            );
        }
        out.push('\n');
    }
    if !plan.is_empty() {
        let body = |one: &ShownAction<'_>, depth: Depth| object(report, one, depth);
        out.push_str(&told(&shown(report), "DRIFT", look, body));
    }
    out.push_str(&super::sign_ins::human(plan));
    out.push_str(&super::guards::guards(&plan.guards));
    out.push_str(&super::findings::notices(&plan.notices));
    out.push_str(&unmanaged(report, look.width));
    let _ = writeln!(out, "{}", paint(BOLD, &summary(report)));
    if !plan.actions.is_empty() && !report.asks {
        out.push_str(&report.ways());
    }
    out
}

/// What differs, from the manifests to the tenant; what took protection first.
pub(super) fn shown<'a>(report: &DriftReport<'a>) -> Vec<ShownAction<'a>> {
    let actions = gravest_first(report.plan).into_iter();
    let shown = actions.map(|action| {
        let (live, manifest) = report.plan.shown(action);
        let mut shown = ShownAction::between(action, manifest, live);
        (shown.style, shown.word) = match Drift::of(action) {
            Drift::Changed => (YELLOW, "~ changed"),
            Drift::Renamed => (YELLOW, "~ renamed"),
            Drift::Missing => (RED, "- missing"),
            Drift::Unmanaged => (GREEN, "+ unmanaged"),
        };
        if let Some(change) = report.change(action) {
            let by = change.by.as_deref().unwrap_or_default();
            // Those of the tenant itself need no domain.
            let domain = format!("@{}", report.plan.organization.default_domain);
            let by = visible(by.strip_suffix(&domain).unwrap_or(by), false);
            shown.last_change = format!("{} {by}", day(&change.at)).trim_end().to_owned();
        }
        shown
    });
    shown.collect()
}

/// The last line on a tenant.
fn summary(report: &DriftReport<'_>) -> String {
    let plan = report.plan;
    let strays = report.strays.len();
    if plan.actions.is_empty() {
        let same = match plan.unchanged.len() {
            1 => format!("1 object in {} matches its manifest", tenant(plan)),
            n => format!("{n} objects in {} match their manifests", tenant(plan)),
        };
        return match strays {
            0 => format!("No drift. {same}."),
            n if plan.unchanged.is_empty() && !report.names.is_empty() => {
                format!(
                    "No drift in {}: {n} unmanaged, outside the scope.",
                    tenant(plan)
                )
            }
            n => format!("No drift in what the project manages: {same}; {n} unmanaged."),
        };
    }
    format!(
        "Drift: {}",
        counts(&plan.actions.iter().collect::<Vec<_>>(), strays)
    )
}

/// How many objects differ in which way; `strays` are without a manifest and outside of the scope.
pub(super) fn counts(actions: &[&Action], strays: usize) -> String {
    let count = |wanted| actions.iter().filter(|a| Drift::of(a) == wanted).count();
    let scoped = count(Drift::Unmanaged);
    let mut parts: Vec<String> = [
        (count(Drift::Changed), "changed"),
        (count(Drift::Renamed), "renamed"),
        (count(Drift::Missing), "missing"),
        (scoped + strays, "unmanaged"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{n} {word}"))
    .collect();
    if strays > 0
        && let Some(last) = parts.last_mut()
    {
        let _ = write!(last, " ({scoped} in the scope)");
    }
    parts.join(", ")
}

/// What has no manifest and lies outside of the scope: a row each, or a line for a kind that the
/// project does not look after.
fn unmanaged(report: &DriftReport<'_>, width: Option<usize>) -> String {
    /// The most names of a kind that is not listed.
    const MOST: usize = 10;
    let mut out = String::new();
    let listed: Vec<&Stray> = report.untold().filter(|stray| stray.listed).collect();
    if !listed.is_empty() {
        let heading = "Unmanaged, outside the project's scope";
        let _ = writeln!(out, "{}", paint(BOLD, heading));
        let rows: Vec<Vec<TableCell>> = listed
            .iter()
            .map(|stray| {
                let change = stray.change.as_ref();
                let by = change
                    .and_then(|change| change.by.as_deref())
                    .unwrap_or("-");
                vec![
                    stray.state.as_deref().map_or_else(|| plain("-"), state),
                    plain(stray.kind.short()),
                    (visible(&stray.name, false), Style::new().bold()),
                    plain(change.map_or_else(|| "-".to_owned(), |change| moment(&change.at))),
                    plain(visible(by, false)),
                ]
            })
            .collect();
        const COLUMNS: [TableColumn; 5] = [
            whole("STATE", 0),
            whole("KIND", 3),
            wrapping("NAME", 0),
            whole("LAST CHANGE", 1),
            wrapping("BY", 2),
        ];
        out.push_str(&table(&COLUMNS, &rows, width).text());
    }
    let mut others: BTreeMap<Kind, Vec<&Stray>> = BTreeMap::new();
    for stray in report.untold().filter(|stray| !stray.listed) {
        others.entry(stray.kind).or_default().push(stray);
    }
    for (kind, strays) in others {
        let names = strays
            .iter()
            .map(|stray| format!("\"{}\"", visible(&stray.name, false)));
        let _ = writeln!(
            out,
            "Unmanaged: {} {kind}: {}",
            strays.len(),
            few(names, MOST)
        );
    }
    if !out.is_empty() {
        out.push_str("`gatewright drift --adopt NAME` writes a manifest for one of them.\n\n");
    }
    out
}

/// When an object was changed last, and by whom.
pub(super) fn changed(change: &LastChange) -> String {
    let mut line = format!("last changed {}", moment(&change.at));
    if let Some(by) = &change.by {
        let _ = write!(line, " by {}", visible(by, false));
    }
    if let Some(activity) = &change.activity {
        let _ = write!(line, " ({})", visible(activity, false));
    }
    line
}

/// One object: its heading, who changed it, what that does, and what differs.
fn object(report: &DriftReport<'_>, one: &ShownAction<'_>, depth: Depth) -> String {
    let action = one.action;
    let called;
    let (sign, words) = match Drift::of(action) {
        Drift::Changed => ('~', "differs from its manifest"),
        Drift::Renamed => {
            let live = visible(renamed(action).unwrap_or_default(), false);
            called = format!("is called \"{live}\" in the tenant");
            ('~', called.as_str())
        }
        Drift::Missing => ('-', "is missing in the tenant"),
        Drift::Unmanaged => ('+', "has no manifest"),
    };
    let heading = format!(
        "{sign} {} \"{}\" {words}",
        action.kind,
        visible(&action.name, false)
    );
    let mut out = headline(one.style, &heading, action);
    if let Some(change) = report.change(action) {
        let _ = writeln!(out, "{}", paint(DIM, &format!("    # {}", changed(change))));
    }
    if let Some(effect) = &action.effect {
        out.push_str(&super::guards::effect(effect));
    }
    out.push_str(&body(one, depth));
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::weakening::{Class, Effect};
    use crate::render::fixtures::action;
    use crate::render::wrap::to_width;
    use crate::tenant::snapshot::Organization;

    fn policy(name: &str, state: &str, groups: &[&str]) -> Value {
        json!({
            "displayName": name,
            "state": state,
            "conditions": {
                "applications": {"includeApplications": ["All"]},
                "users": {"includeUsers": ["All"], "excludeGroups": groups},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        })
    }

    /// Somebody left out a group everywhere, enabled one, deleted one, and made one.
    fn all_sorts() -> (Plan, BTreeMap<(Kind, String), LastChange>) {
        let effect = |class, why: &str| Effect {
            class,
            reasons: vec![why.to_owned()],
        };
        let enabled = |state| policy("CA100", state, &[]);
        let mut actions = vec![
            action(
                Verb::Create,
                "CA099: was deleted",
                Value::Null,
                policy("CA099", "disabled", &["Sales"]),
            ),
            action(
                Verb::Update,
                "CA100",
                enabled("enabled"),
                enabled("disabled"),
            ),
            action(
                Verb::Delete,
                "CA\u{1b}[2J",
                policy("CA", "enabled", &["Sales"]),
                Value::Null,
            ),
        ];
        for (action, class) in
            actions
                .iter_mut()
                .zip([Class::Neutral, Class::Stronger, Class::Stronger])
        {
            action.effect = Some(effect(class, "because"));
        }
        actions.extend((0..14).map(|n| {
            let name = format!("CA{n:03}: multifactor authentication");
            let own = format!("G{n}");
            Action {
                effect: Some(effect(
                    Class::Weaker,
                    "leaves out 1 more group: `All Employees`",
                )),
                ..action(
                    Verb::Update,
                    &name,
                    policy(&name, "enabled", &["All Employees", &own]),
                    policy(&name, "enabled", &[&own]),
                )
            }
        }));
        let changes = actions.iter().filter(|action| action.name != "CA100");
        let changes = changes.map(|action| {
            let change = LastChange {
                at: "2026-01-31T08:00:00Z".to_owned(),
                by: Some(match action.verb {
                    Verb::Delete => "megan@fabrikam.com".to_owned(),
                    _ => "MeganB@contoso.com".to_owned(),
                }),
                activity: Some("Update conditional access policy".to_owned()),
            };
            ((action.kind, action.name.clone()), change)
        });
        let changes = changes.collect();
        let plan = Plan {
            tenant: "prod".to_owned(),
            organization: Organization {
                display_name: "Contoso".to_owned(),
                default_domain: "contoso.com".to_owned(),
                ..Organization::default()
            },
            actions,
            ..Plan::default()
        };
        (plan, changes)
    }

    #[test]
    fn a_table_stands_above_what_weakens_stands_first_and_equal_changes_stand_once() {
        let (plan, changes) = all_sorts();
        let report = DriftReport {
            plan: &plan,
            strays: &[],
            changes: &changes,
            names: &[],
            asks: false,
        };
        let shown = |depth, width| {
            let text = human(&report, Look { depth, width });
            let text = width.map_or(text.clone(), |width| to_width(&text, width));
            anstream::adapter::strip_str(&text).to_string()
        };
        insta::assert_snapshot!("usual", shown(Depth::Usual, Some(80)));
        insta::assert_snapshot!("compact", shown(Depth::Compact, Some(120)));
        let full = shown(Depth::Full, None);
        assert!(!full.contains("the same change"), "{full}");
        assert_eq!(
            full.matches("  +     - All Employees\n").count(),
            14,
            "{full}"
        );
        assert!(full.contains("  - displayName: CA099\n"), "{full}");
        for width in [60, 80, 120, 200] {
            for line in shown(Depth::Usual, Some(width)).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn what_has_no_manifest_fits_a_usual_terminal() {
        let stray = |name: &str, kind, state: Option<&str>, by: Option<&str>| Stray {
            kind,
            id: "11111111-2222-3333-4444-555555555555".to_owned(),
            name: name.to_owned(),
            state: state.map(str::to_owned),
            change: Some(LastChange {
                at: "2026-01-31T08:00:00Z".to_owned(),
                by: by.map(str::to_owned),
                activity: None,
            }),
            listed: kind != Kind::NamedLocation,
            told: false,
        };
        let policy = Kind::ConditionalAccessPolicy;
        let strays = [
            stray(
                "made in the portal by somebody",
                policy,
                Some("enabled"),
                Some("MeganB@contoso.com"),
            ),
            stray(
                "CA\u{1b}[2J",
                policy,
                Some("enabledForReportingButNotEnforced"),
                None,
            ),
            stray("HQ", Kind::NamedLocation, None, None),
        ];
        let plan = Plan {
            tenant: "prod".to_owned(),
            ..Plan::default()
        };
        let report = DriftReport {
            plan: &plan,
            strays: &strays,
            changes: &BTreeMap::new(),
            names: &[],
            asks: false,
        };
        let bare = |text: &str| anstream::adapter::strip_str(text).to_string();
        for width in [70, 80, 120, 200] {
            for line in bare(&unmanaged(&report, Some(width))).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
        let look = Look {
            width: Some(80),
            ..Look::default()
        };
        insta::assert_snapshot!(bare(&human(&report, look)));
    }
}
