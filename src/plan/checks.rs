//! What the tenant or the service would refuse, seen before the first write; and the
//! edition of Graph that a write goes to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::compare::unsendable;
use super::{Action, Plan, Verb};
use crate::finding::{Code, Finding, Graph, Place};
use crate::model::cloud::ApiVersion;
use crate::model::enums::{GrantControl, StrengthPolicyType};
use crate::model::facts::{Edition, Facts};
use crate::model::location::LocationType;
use crate::model::normal::beta_members;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::model::values::{GraphEnum, SENTINEL};
use crate::model::{Kind, Object};
use crate::tenant::resolve::Resolved;
use crate::tenant::snapshot::{Live, Snapshot};

/// What only the service makes cannot be created.
pub(super) fn creatable(item: &Resolved<'_>, findings: &mut Vec<Finding>) {
    if let Object::NamedLocation(location) = &item.object
        && location.location_type() == LocationType::CompliantNetwork
    {
        findings.push(
            Finding::error(
                Code::Immutable,
                "the tenant has no compliant network location, and only the service creates one",
            )
            .rule(Graph::NlR11)
            .at(item.manifest.place())
            .help("turn on Global Secure Access signalling for Conditional Access in the tenant, or remove the manifest and the references to it"),
        );
    }
}

/// What the service does not let anybody change once the object exists.
pub(super) fn changeable(
    item: &Resolved<'_>,
    live: &Live,
    changed: &[String],
    findings: &mut Vec<Finding>,
) {
    let mut refuse = |rule: Option<Graph>, pointer: &str, message: String, help: &str| {
        let mut finding = Finding::error(Code::Immutable, message)
            .at(item.manifest.document.place(pointer))
            .help(help);
        finding.rule = rule.map(Into::into);
        findings.push(finding);
    };
    match (&item.object, &live.object) {
        (Object::NamedLocation(want), Object::NamedLocation(have))
            if want.location_type() != have.location_type() =>
        {
            findings.push(
                Finding::warning(
                    Code::Immutable,
                    format!(
                        "the live location `{}` has another type (IP ranges or countries); it is not known whether the service allows the change",
                        have.display_name
                    ),
                )
                .rule(Graph::NlR13)
                .at(item.manifest.document.place("/displayName"))
                .help("give the new location another name and delete the old one"),
            );
        }
        (Object::AuthenticationStrength(_), Object::AuthenticationStrength(have))
            if have.policy_type == Some(StrengthPolicyType::BuiltIn) =>
        {
            refuse(
                Some(Graph::AsR02),
                "/displayName",
                format!(
                    "`{}` is a built-in strength, which cannot change",
                    have.display_name
                ),
                "give your own strength another name",
            );
        }
        (Object::Group(want), Object::Group(have)) => {
            let unified = |group: &crate::model::group::Group| {
                group.group_types.iter().any(|t| t == "Unified")
            };
            let fixed = [
                (
                    "mailEnabled",
                    want.mail_enabled.unwrap_or(false) != have.mail_enabled.unwrap_or(false),
                ),
                ("groupTypes", unified(want) != unified(have)),
                (
                    "isAssignableToRole",
                    want.is_assignable_to_role.unwrap_or(false)
                        != have.is_assignable_to_role.unwrap_or(false),
                ),
            ];
            for (property, differs) in fixed {
                if differs && changed.iter().any(|c| c == property) {
                    refuse(
                        None,
                        &format!("/{property}"),
                        format!(
                            "`{property}` of the live group `{}` differs and cannot change once a group exists",
                            have.display_name
                        ),
                        "write the live value into the manifest, or use another group",
                    );
                }
            }
        }
        _ => {}
    }
}

/// Writes go to v1.0 unless a beta-only member or value is involved.
pub(super) fn choose_edition(
    action: &mut Action,
    version: ApiVersion,
    resolved: &[Resolved<'_>],
    findings: &mut Vec<Finding>,
) {
    let graph_type = action.kind.graph_type();
    let mut beta: Vec<String> = Vec::new();
    if let Some(desired) = &action.desired {
        let value = desired.to_value();
        beta.extend(
            beta_members(graph_type, &value)
                .into_iter()
                .map(|m| m.pointer),
        );
        beta.extend(beta_values(desired));
    }
    let live_beta = action.live.as_ref().is_some_and(|live| {
        !beta_members(graph_type, &live.raw).is_empty()
            || !live.unknown.is_empty()
            || !beta_values(&live.object).is_empty()
    });
    action.edition = match version {
        ApiVersion::Beta => Edition::Beta,
        ApiVersion::Auto if !beta.is_empty() || live_beta => Edition::Beta,
        ApiVersion::Auto | ApiVersion::V1 => Edition::V1,
    };
    let preview = action.desired.as_ref().map(preview_actions);
    if action.edition == Edition::V1
        && version == ApiVersion::Auto
        && preview.iter().any(|p| !p.is_empty())
    {
        action.edition = Edition::Beta;
    }
    if version == ApiVersion::V1 {
        let preview = preview.filter(|found| !found.is_empty());
        let item = (preview.is_some() || !beta.is_empty())
            .then(|| {
                let is_it = |r: &&Resolved<'_>| {
                    r.object.kind() == action.kind && r.object.name() == action.name
                };
                resolved.iter().find(is_it)
            })
            .flatten();
        for pointer in preview.into_iter().flatten() {
            let mut finding = Finding::warning(
                Code::GraphRule,
                "this user action is in preview; it is not known whether v1.0 takes it",
            )
            .rule(Graph::CaR50)
            .help("set `apiVersion: auto` for the tenant, or remove it");
            if let Some(item) = item {
                finding = finding.at(item.manifest.document.place(&pointer));
            }
            findings.push(finding);
        }
        for pointer in beta {
            let mut finding = Finding::error(
                Code::BetaOnly,
                format!(
                    "{} exists only in the beta edition of Graph, and this tenant uses v1.0",
                    crate::manifest::schema::path_words(&pointer)
                ),
            )
            .help("set `apiVersion: auto` for the tenant, or remove the property");
            if let Some(item) = item {
                finding = finding.at(item.manifest.document.place(&pointer));
            }
            findings.push(finding);
        }
    }
}

/// Where an object holds a value that only beta knows.
fn beta_values(object: &Object) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, pointer, target) in object.references() {
        if kind
            .special_values()
            .iter()
            .any(|v| v.beta && v.value.eq_ignore_ascii_case(&target))
        {
            found.push(pointer);
        }
    }
    if let Object::ConditionalAccessPolicy(policy) = object
        && let Some(grant) = &policy.grant_controls
    {
        let facts = Facts::get().enums.get(GrantControl::GRAPH_TYPE);
        for (index, control) in grant.built_in_controls.iter().enumerate() {
            if facts.is_some_and(|known| known.preview.contains(control.as_str())) {
                found.push(format!("/grantControls/builtInControls/{index}"));
            }
        }
    }
    found
}

/// Where a policy names a user action that is in preview (CA-R50).
fn preview_actions(object: &Object) -> Vec<String> {
    let Object::ConditionalAccessPolicy(policy) = object else {
        return Vec::new();
    };
    let apps = policy.conditions.applications.iter();
    let actions = apps.flat_map(|apps| apps.include_user_actions.iter().enumerate());
    let preview = |action: &str| {
        special::user_actions()
            .iter()
            .any(|v| v.beta && v.value.eq_ignore_ascii_case(action))
    };
    actions
        .filter(|(_, action)| preview(action))
        .map(|(index, _)| format!("/conditions/applications/includeUserActions/{index}"))
        .collect()
}

/// Members that v1.0 does not list: it could not be seen whether they are there (List group
/// members).
pub(super) fn unlisted_members(
    resolved: &[Resolved<'_>],
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    for item in resolved {
        let Object::Group(group) = &item.object else {
            continue;
        };
        for (index, member) in group.members.iter().flat_map(|l| l.iter()).enumerate() {
            let Some(known) = snapshot.index.by_id(RefKind::ServicePrincipal, member) else {
                continue;
            };
            findings.push(
                Finding::error(
                    Code::BetaOnly,
                    format!(
                        "the service principal `{}` cannot be managed as a member here: Graph v1.0 does not list them",
                        known.name
                    ),
                )
                .at(item.manifest.document.place(&format!("/members/{index}")))
                .help("set `apiVersion: auto` for the tenant, which reads members on beta, or remove it from `members`"),
            );
        }
    }
}

/// Memberships that Graph would refuse: a dynamic group takes no member, and a group that
/// can be assigned to a role takes no group (Graph: Add members).
pub(super) fn memberships(
    resolved: &[Resolved<'_>],
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let live_group = |id: &str| match snapshot.by_id(Kind::Group, id).map(|l| &l.object) {
        Some(Object::Group(group)) => Some(group),
        _ => None,
    };
    for item in resolved {
        match &item.object {
            Object::TestUser(user) => {
                for (index, group) in user.member_of.iter().flat_map(|l| l.iter()).enumerate() {
                    if live_group(group).is_some_and(|g| g.is_dynamic()) {
                        findings.push(
                            Finding::error(
                                Code::Immutable,
                                "the members of this group come from its rule; nobody can be added",
                            )
                            .at(item.manifest.document.place(&format!("/memberOf/{index}")))
                            .help("remove the group from `memberOf`, or change the user so that the rule matches"),
                        );
                    }
                }
            }
            Object::Group(group) if group.is_assignable_to_role == Some(true) => {
                for (index, member) in group.members.iter().flat_map(|l| l.iter()).enumerate() {
                    let own = matches!(
                        crate::tenant::resolve::is_pending(member),
                        Some((Kind::Group, _))
                    );
                    if own || snapshot.index.by_id(RefKind::Group, member).is_some() {
                        findings.push(
                            Finding::error(
                                Code::GraphRule,
                                "a group that can be assigned to a role cannot have groups as members",
                            )
                            .at(item.manifest.document.place(&format!("/members/{index}")))
                            .help("list the users, or remove `isAssignableToRole`"),
                        );
                    }
                }
            }
            _ => {}
        }
    }
}

/// What is deleted must not be referred to by what stays: Graph refuses to delete a
/// location or strength in use, and a deleted group would leave a dangling exclusion.
pub(crate) fn in_use(
    plan: &Plan,
    resolved: &[Resolved<'_>],
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let mut stays: Vec<(Kind, &str, &Object)> = Vec::new();
    // What is written stays as it is written: that includes what `ignoreChanges` keeps.
    for action in &plan.actions {
        if let Some(desired) = &action.desired {
            stays.push((action.kind, &action.name, desired));
        }
    }
    let acted_on: HashSet<(Kind, &str)> = (plan.actions.iter())
        .filter_map(|action| Some((action.kind, action.id.as_deref()?)))
        .collect();
    let written = |kind: Kind, id: &str| acted_on.contains(&(kind, id));
    for live in snapshot.of(Kind::ConditionalAccessPolicy) {
        if !written(live.kind, &live.id) {
            stays.push((live.kind, live.name(), &live.object));
        }
    }
    // A manifest must not name what its own project deletes, or the next plan fails.
    for item in resolved {
        if let Some(live) = item.live
            && live.kind != Kind::ConditionalAccessPolicy
            && !written(live.kind, &live.id)
        {
            stays.push((live.kind, live.name(), &item.object));
        }
    }
    let deleted: HashMap<(Kind, String), &Action> = (plan.actions.iter())
        .filter(|action| action.verb == Verb::Delete)
        .filter_map(|action| Some(((action.kind, action.id.as_ref()?.to_lowercase()), action)))
        .collect();
    let pointed_at = |object: &Object| -> Vec<((Kind, String), String)> {
        let mut found = Vec::new();
        for (kind, pointer, target) in object.references() {
            let target = target.to_lowercase();
            for kind in kind.own_kinds() {
                let key = (*kind, target.clone());
                if deleted.contains_key(&key) {
                    found.push((key, pointer.clone()));
                }
            }
        }
        found
    };
    let mut users: BTreeMap<(Kind, String), BTreeSet<String>> = BTreeMap::new();
    for (kind, name, object) in stays {
        for (key, _) in pointed_at(object) {
            let by = format!("the {} `{name}`", kind.words());
            users.entry(key).or_default().insert(by);
        }
    }
    if users.is_empty() {
        return;
    }
    // The manifest that names it, at the very reference where that can be told.
    let mut named: HashMap<(Kind, String), Place> = HashMap::new();
    for item in resolved {
        for (key, pointer) in pointed_at(&item.object) {
            let place = || item.manifest.document.place(&pointer);
            named.entry(key).or_insert_with(place);
        }
    }
    for (key, by) in users {
        let Some(action) = deleted.get(&key) else {
            continue;
        };
        let by: Vec<String> = by.into_iter().collect();
        let mut finding = Finding::error(
            Code::InUse,
            format!(
                "the {} `{}` would be deleted, but is still referenced by {}",
                action.kind.words(),
                action.name,
                by.join(", ")
            ),
        )
        .help("remove the references first, or write a manifest for it so that it stays");
        let place = named.get(&key).cloned();
        if let Some(place) = place.or_else(|| action.place.clone()) {
            finding = finding.at(place);
        }
        findings.push(finding);
    }
}

/// How many IP-based named locations a tenant holds (NL-R01).
const IP_LOCATIONS: usize = 195;
/// How many strengths of its own a tenant holds, as is told (AS-R01).
const OWN_STRENGTHS: usize = 15;

/// What a tenant holds of a kind is limited: the plan must not end above that.
pub(super) fn limits(plan: &Plan, snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    let is_ip = |object: &Object| {
        matches!(object, Object::NamedLocation(location)
            if location.location_type() == LocationType::Ip)
    };
    let is_own = |object: &Object| {
        matches!(object, Object::AuthenticationStrength(strength)
            if strength.policy_type != Some(StrengthPolicyType::BuiltIn))
    };
    if let Some((place, count)) = above(plan, snapshot, &is_ip, IP_LOCATIONS) {
        let message = format!(
            "the tenant would have {count} IP-based named locations; {IP_LOCATIONS} are allowed"
        );
        let finding = Finding::error(Code::GraphRule, message)
            .rule(Graph::NlR01)
            .help("merge locations, or delete some");
        findings.push(Finding { place, ..finding });
    }
    if let Some((place, count)) = above(plan, snapshot, &is_own, OWN_STRENGTHS) {
        let message = format!(
            "the tenant would have {count} authentication strengths of its own; reportedly {OWN_STRENGTHS} are allowed"
        );
        let finding = Finding::warning(Code::GraphRule, message)
            .rule(Graph::AsR01)
            .help("merge strengths, or delete some");
        findings.push(Finding { place, ..finding });
    }
}

/// The place of the first object that a plan makes above the limit, and how many there would be.
fn above(
    plan: &Plan,
    snapshot: &Snapshot,
    counts: &dyn Fn(&Object) -> bool,
    limit: usize,
) -> Option<(Option<Box<Place>>, usize)> {
    let kinds = [Kind::NamedLocation, Kind::AuthenticationStrength];
    let live = kinds.iter().flat_map(|kind| snapshot.of(*kind));
    let live = live.filter(|live| counts(&live.object)).count();
    let made: Vec<&Action> = (plan.actions.iter())
        .filter(|action| action.verb == Verb::Create)
        .filter(|action| action.desired.as_ref().is_some_and(counts))
        .collect();
    let gone = (plan.actions.iter())
        .filter(|action| action.verb == Verb::Delete)
        .filter(|action| {
            action
                .live
                .as_ref()
                .is_some_and(|live| counts(&live.object))
        })
        .count();
    let count = (live + made.len()).saturating_sub(gone);
    let first = made.last().filter(|_| count > limit)?;
    Some((first.place.clone().map(Box::new), count))
}

/// What the service does not tell is kept as it is, and so cannot be written.
pub(super) fn sendable(plan: &Plan, resolved: &[Resolved<'_>], findings: &mut Vec<Finding>) {
    for action in &plan.actions {
        let Some(path) = unsendable(action) else {
            continue;
        };
        let manifest = resolved
            .iter()
            .map(|item| item.manifest)
            .find(|manifest| action.place.as_ref() == Some(&manifest.place()));
        let under = |entry: &String| path == *entry || path.starts_with(&format!("{entry}."));
        let entry = action.ignored.iter().position(under);
        let (why, help) = match entry {
            Some(_) => (
                ", and `ignoreChanges` keeps it",
                "remove it from `ignoreChanges` and write the value here, or make this change where the value was set",
            ),
            None => ("", "make this change where the value was set"),
        };
        let mut finding = Finding::error(
            Code::BadValue,
            format!(
                "`{path}` of the live {} `{}` is `{SENTINEL}`: the service has a value that it does not disclose{why}, so the change cannot be written without losing it",
                action.kind.words(),
                action.name
            ),
        )
        .help(help);
        if let Some(manifest) = manifest {
            finding = finding.at(match entry {
                Some(number) => manifest.document.place(&format!("/ignoreChanges/{number}")),
                None => manifest.place(),
            });
        }
        findings.push(finding);
    }
}
