//! Builds a plan from manifests and a snapshot. Pure: no request is made here.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::pair;
use super::diff::changes;
use super::{Action, Plan, Unchanged, Verb, order};
use crate::manifest::config::{ApiVersion, Config};
use crate::manifest::finding::{self, Code, Finding};
use crate::manifest::project::Desired;
use crate::model::enums::StrengthPolicyType;
use crate::model::facts::Edition;
use crate::model::location::LocationType;
use crate::model::normal::{beta_members, is_empty};
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::tenant::resolve::{Resolved, is_pending, pending, resolve};
use crate::tenant::snapshot::{Live, Snapshot};

/// What a plan is built for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: &'a str,
    /// The project file.
    pub config: &'a Config,
    /// Which edition of Graph is used.
    pub version: ApiVersion,
}

/// Builds the plan that brings the tenant to what the manifests say.
///
/// # Errors
/// Every finding, when one of them is an error: then nothing may be written.
pub fn build(
    target: Target<'_>,
    desired: &Desired,
    snapshot: &Snapshot,
) -> Result<Plan, Vec<Finding>> {
    let mut findings = snapshot.findings.clone();
    if desired.manifests.is_empty() {
        findings.push(
            Finding::error(
                Code::EmptyProject,
                "the project has no manifest; an empty project deletes nothing",
            )
            .help("`gatewright destroy` deletes what a project's manifests name"),
        );
        return Err(findings);
    }
    let (mut resolved, found) = resolve(desired, snapshot);
    findings.extend(found);
    if finding::has_errors(&findings) {
        finding::tidy(&mut findings);
        return Err(findings);
    }
    join_memberships(&mut resolved);
    let groups = open_groups(&resolved);

    let mut plan = Plan {
        tenant: target.tenant.to_owned(),
        organization: snapshot.organization.clone(),
        ..Plan::default()
    };
    for item in &resolved {
        match item.live {
            None => {
                check_creatable(item, &mut findings);
                plan.actions.push(create(item));
            }
            Some(live) => update(item, live, &groups, &mut plan, &mut findings),
        }
    }
    deletions(target.config, &resolved, snapshot, &mut plan);
    for action in &mut plan.actions {
        choose_edition(action, target.version, &resolved, &mut findings);
    }
    check_in_use(&plan, &resolved, snapshot, &mut findings);
    order::sort(&mut plan.actions);
    plan.names = names(&plan, snapshot);
    if finding::has_errors(&findings) {
        finding::tidy(&mut findings);
        return Err(findings);
    }
    plan.notices.extend(findings);
    finding::tidy(&mut plan.notices);
    Ok(plan)
}

/// Builds the plan that deletes what the manifests name and nothing else.
///
/// # Errors
/// Every finding, when one of them is an error.
pub fn build_destroy(
    target: Target<'_>,
    desired: &Desired,
    snapshot: &Snapshot,
) -> Result<Plan, Vec<Finding>> {
    let mut findings = snapshot.findings.clone();
    let (resolved, found) = resolve(desired, snapshot);
    // References need not resolve any more when everything goes; which object a manifest
    // is about must still be sure.
    let sure = |f: &Finding| {
        !matches!(
            f.code,
            Code::UnresolvedReference | Code::AmbiguousReference | Code::WrongReferenceKind
        )
    };
    findings.extend(found.into_iter().filter(sure));
    let mut plan = Plan {
        tenant: target.tenant.to_owned(),
        organization: snapshot.organization.clone(),
        ..Plan::default()
    };
    for item in &resolved {
        if let Some(live) = item.live
            && is_deletable(live)
        {
            let mut action = delete(live, "its manifest is part of the project");
            action.place = Some(item.manifest.place());
            plan.actions.push(action);
        }
    }
    for action in &mut plan.actions {
        choose_edition(action, target.version, &resolved, &mut findings);
    }
    count_unmanaged(&resolved, snapshot, &mut plan);
    check_in_use(&plan, &resolved, snapshot, &mut findings);
    order::sort(&mut plan.actions);
    plan.names = names(&plan, snapshot);
    if finding::has_errors(&findings) {
        finding::tidy(&mut findings);
        return Err(findings);
    }
    Ok(plan)
}

/// A membership may be said from either side. The group's side rules where it lists its
/// members; a test user's `memberOf` adds to that list.
fn join_memberships(resolved: &mut [Resolved<'_>]) {
    let id_of = |item: &Resolved<'_>| match item.live {
        Some(live) => live.id.clone(),
        None => pending(item.object.kind(), item.object.name()),
    };
    let mut by_group: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in resolved.iter() {
        if let Object::TestUser(user) = &item.object {
            for group in user.member_of.iter().flat_map(|l| l.iter()) {
                let list = by_group.entry(group.clone()).or_default();
                list.push(id_of(item));
            }
        }
    }
    let mut listed = BTreeSet::new();
    for item in resolved.iter_mut() {
        let id = id_of(item);
        if let Object::Group(group) = &mut item.object
            && let Some(members) = &mut group.members
        {
            for user in by_group.get(&id).into_iter().flatten() {
                if !members.contains(user) {
                    members.push(user.clone());
                }
            }
            listed.insert(id);
        }
    }
    for item in resolved.iter_mut() {
        if let Object::TestUser(user) = &mut item.object
            && let Some(groups) = &mut user.member_of
        {
            groups.retain(|group| !listed.contains(group));
        }
    }
}

fn create(item: &Resolved<'_>) -> Action {
    let kind = item.object.kind();
    let after = item.object.normal_form();
    Action {
        verb: Verb::Create,
        kind,
        name: item.object.name().to_owned(),
        id: None,
        place: Some(item.manifest.place()),
        phase: order::phase(Verb::Create, kind, &serde_json::Value::Null, &after),
        reason: format!("no {} of this name exists", kind.words()),
        before: serde_json::Value::Null,
        changes: Vec::new(),
        after,
        desired: Some(item.object.clone()),
        live: None,
        ignored: item.manifest.ignore_changes.clone(),
        edition: Edition::V1,
    }
}

fn update(
    item: &Resolved<'_>,
    live: &Live,
    groups: &BTreeSet<String>,
    plan: &mut Plan,
    findings: &mut Vec<Finding>,
) {
    let kind = live.kind;
    let mut live_object = live.object.clone();
    restrict_memberships(item, &mut live_object, groups);
    let pair = pair(&item.object, &live_object, &item.manifest.ignore_changes);
    let (before, after) = (pair.live.normal_form(), pair.desired.normal_form());
    for member in &live.unknown {
        findings.push(
            Finding::hint(
                Code::UnmodelledMember,
                format!(
                    "the live {} `{}` has `{}`, which gatewright does not know and leaves as it is",
                    kind.words(),
                    live.name(),
                    crate::manifest::schema::dotted(&member.pointer)
                ),
            )
            .at(item.manifest.place()),
        );
    }
    let changed = changes(&before, &after);
    if changed.is_empty() {
        plan.unchanged.push(Unchanged {
            kind,
            name: live.name().to_owned(),
            id: live.id.clone(),
        });
        return;
    }
    check_changeable(item, live, &changed, findings);
    let renamed = live.name() != item.object.name() && kind != Kind::TestUser;
    let reason = if renamed {
        format!("`{}` is renamed", live.name())
    } else {
        differs_in(&changed)
    };
    plan.actions.push(Action {
        verb: Verb::Update,
        kind,
        name: item.object.name().to_owned(),
        id: Some(live.id.clone()),
        place: Some(item.manifest.place()),
        phase: order::phase(Verb::Update, kind, &before, &after),
        reason,
        before,
        after,
        changes: changed,
        desired: Some(pair.desired),
        live: Some(live.clone()),
        ignored: item.manifest.ignore_changes.clone(),
        edition: Edition::V1,
    });
}

/// Which properties differ, in a few words.
fn differs_in(changed: &[String]) -> String {
    let shown: Vec<String> = changed.iter().take(3).map(|c| format!("`{c}`")).collect();
    match changed.len() {
        0..=3 => format!("differs in {}", shown.join(", ")),
        n => format!("differs in {} and {} more", shown.join(", "), n - 3),
    }
}

/// Of a test user's live memberships only those count that its manifest names, or that are
/// in groups of this project: leaving those out of `memberOf` takes the user out of them.
fn restrict_memberships(item: &Resolved<'_>, live: &mut Object, groups: &BTreeSet<String>) {
    let (Object::TestUser(want), Object::TestUser(have)) = (&item.object, live) else {
        return;
    };
    if let (Some(want), Some(have)) = (&want.member_of, &mut have.member_of) {
        have.retain(|group| want.contains(group) || groups.contains(group));
    }
}

/// The live groups of the project whose manifests do not list their members.
fn open_groups(resolved: &[Resolved<'_>]) -> BTreeSet<String> {
    resolved
        .iter()
        .filter_map(|item| match (&item.object, item.live) {
            (Object::Group(group), Some(live)) if group.members.is_none() => Some(live.id.clone()),
            _ => None,
        })
        .collect()
}

fn is_deletable(live: &Live) -> bool {
    match &live.object {
        Object::TestUser(user) => user.is_marked(),
        Object::AuthenticationStrength(strength) => {
            strength.policy_type != Some(StrengthPolicyType::BuiltIn)
        }
        Object::NamedLocation(location) => matches!(
            location.location_type(),
            LocationType::Ip | LocationType::Country
        ),
        _ => true,
    }
}

fn deletions(config: &Config, resolved: &[Resolved<'_>], snapshot: &Snapshot, plan: &mut Plan) {
    let scope = config.scope.clone().unwrap_or_default();
    for kind in Kind::ALL {
        for live in snapshot.of(kind) {
            let scope_name = match kind {
                Kind::AuthenticationContext => live.object.display_name(),
                _ => live.name(),
            };
            if !is_deletable(live) || has_manifest(resolved, live) {
                continue;
            }
            if scope.rule(kind).holds(scope_name) {
                plan.actions.push(delete(
                    live,
                    "it is in the project's scope and has no manifest",
                ));
            }
        }
    }
    count_unmanaged(resolved, snapshot, plan);
}

fn has_manifest(resolved: &[Resolved<'_>], live: &Live) -> bool {
    resolved.iter().any(|r| {
        r.live
            .is_some_and(|l| l.kind == live.kind && l.id == live.id)
    })
}

/// Counts live objects that nobody's manifest describes, of the kinds that are listed
/// whole.
fn count_unmanaged(resolved: &[Resolved<'_>], snapshot: &Snapshot, plan: &mut Plan) {
    for kind in [
        Kind::ConditionalAccessPolicy,
        Kind::NamedLocation,
        Kind::AuthenticationStrength,
        Kind::AuthenticationContext,
    ] {
        let count = snapshot
            .of(kind)
            .iter()
            .filter(|live| is_deletable(live) && !has_manifest(resolved, live))
            .filter(|live| {
                !plan
                    .actions
                    .iter()
                    .any(|a| a.kind == kind && a.id.as_deref() == Some(&live.id))
            })
            .count();
        if count > 0 {
            plan.unmanaged.insert(kind, count);
        }
    }
}

fn delete(live: &Live, reason: &str) -> Action {
    let before = live.object.normal_form();
    Action {
        verb: Verb::Delete,
        kind: live.kind,
        name: live.name().to_owned(),
        id: Some(live.id.clone()),
        place: None,
        phase: order::phase(Verb::Delete, live.kind, &before, &serde_json::Value::Null),
        reason: reason.to_owned(),
        before,
        after: serde_json::Value::Null,
        changes: Vec::new(),
        desired: None,
        live: Some(live.clone()),
        ignored: Vec::new(),
        edition: Edition::V1,
    }
}

fn check_creatable(item: &Resolved<'_>, findings: &mut Vec<Finding>) {
    if let Object::NamedLocation(location) = &item.object
        && location.location_type() == LocationType::CompliantNetwork
    {
        findings.push(
            Finding::error(
                Code::Immutable,
                "the compliant network location is made by the service alone",
            )
            .rule("NL-R11")
            .at(item.manifest.place())
            .help("take the manifest out, or pin the live location with `id:`"),
        );
    }
}

/// What the service does not let anybody change once the object exists.
fn check_changeable(
    item: &Resolved<'_>,
    live: &Live,
    changed: &[String],
    findings: &mut Vec<Finding>,
) {
    let mut refuse = |rule: Option<&'static str>, pointer: &str, message: String, help: &str| {
        let mut finding = Finding::error(Code::Immutable, message)
            .at(item.manifest.document.place(pointer))
            .help(help);
        finding.rule = rule;
        findings.push(finding);
    };
    match (&item.object, &live.object) {
        (Object::NamedLocation(want), Object::NamedLocation(have))
            if want.location_type() != have.location_type() =>
        {
            refuse(
                Some("NL-R13"),
                "/displayName",
                format!(
                    "the live location `{}` is of another type (IP ranges or countries), which cannot change",
                    have.display_name
                ),
                "give the new location another name and delete the old one",
            );
        }
        (Object::AuthenticationStrength(_), Object::AuthenticationStrength(have))
            if have.policy_type == Some(StrengthPolicyType::BuiltIn) =>
        {
            refuse(
                Some("AS-R02"),
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
fn choose_edition(
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
        for (kind, pointer, target) in desired.references() {
            let special = kind.special_values().iter();
            if special.into_iter().any(|v| v.beta && v.value == target) {
                beta.push(pointer);
            }
        }
    }
    let live_beta = action.live.as_ref().is_some_and(|live| {
        !beta_members(graph_type, &live.raw).is_empty() || !live.unknown.is_empty()
    });
    action.edition = match version {
        ApiVersion::Beta => Edition::Beta,
        ApiVersion::Auto if !beta.is_empty() || live_beta => Edition::Beta,
        ApiVersion::Auto | ApiVersion::V1 => Edition::V1,
    };
    if version == ApiVersion::V1 {
        let item = resolved
            .iter()
            .find(|r| r.object.kind() == action.kind && r.object.name() == action.name);
        for pointer in beta {
            let mut finding = Finding::error(
                Code::BetaOnly,
                format!(
                    "{} exists in the beta edition of Graph alone, and this tenant uses v1.0",
                    crate::manifest::schema::path_words(&pointer)
                ),
            )
            .help("set `apiVersion: auto` for the tenant, or take the property out");
            if let Some(item) = item {
                finding = finding.at(item.manifest.document.place(&pointer));
            }
            findings.push(finding);
        }
    }
}

/// What is deleted must not be referred to by what stays: Graph refuses to delete a
/// location or strength in use, and a deleted group would leave a dangling exclusion.
fn check_in_use(
    plan: &Plan,
    resolved: &[Resolved<'_>],
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let deleted: Vec<&Action> = plan
        .actions
        .iter()
        .filter(|a| a.verb == Verb::Delete && a.kind != Kind::ConditionalAccessPolicy)
        .collect();
    if deleted.is_empty() {
        return;
    }
    let gone = |kind: Kind, id: &str| {
        plan.actions
            .iter()
            .any(|a| a.verb == Verb::Delete && a.kind == kind && a.id.as_deref() == Some(id))
    };
    let mut users: Vec<(String, Vec<(RefKind, String)>)> = Vec::new();
    let refs = |object: &Object| -> Vec<(RefKind, String)> {
        object
            .references()
            .into_iter()
            .map(|(kind, _, target)| (kind, target))
            .collect()
    };
    for live in snapshot.of(Kind::ConditionalAccessPolicy) {
        if gone(live.kind, &live.id) {
            continue;
        }
        let planned = resolved.iter().find(|r| {
            r.live
                .is_some_and(|l| l.kind == live.kind && l.id == live.id)
        });
        let object = match planned {
            Some(item)
                if plan
                    .actions
                    .iter()
                    .any(|a| a.id.as_deref() == Some(&live.id)) =>
            {
                &item.object
            }
            _ => &live.object,
        };
        users.push((live.name().to_owned(), refs(object)));
    }
    for action in plan.actions.iter().filter(|a| a.verb == Verb::Create) {
        if let Some(desired) = &action.desired
            && action.kind == Kind::ConditionalAccessPolicy
        {
            users.push((action.name.clone(), refs(desired)));
        }
    }
    for action in deleted {
        let Some(id) = action.id.as_deref() else {
            continue;
        };
        let points_here = |kind: RefKind| {
            matches!(
                (kind, action.kind),
                (RefKind::User | RefKind::Member, Kind::TestUser)
                    | (RefKind::Group | RefKind::Member, Kind::Group)
                    | (RefKind::Location, Kind::NamedLocation)
                    | (RefKind::Strength, Kind::AuthenticationStrength)
                    | (RefKind::Context, Kind::AuthenticationContext)
            )
        };
        let mut by: Vec<String> = users
            .iter()
            .filter(|(_, refs)| {
                refs.iter()
                    .any(|(kind, target)| points_here(*kind) && target.eq_ignore_ascii_case(id))
            })
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if by.is_empty() {
            continue;
        }
        by.sort();
        let mut finding = Finding::error(
            Code::InUse,
            format!(
                "the {} `{}` is to be deleted, and is still referred to by the policies {}",
                action.kind.words(),
                action.name,
                by.join(", ")
            ),
        )
        .help("take the references out first, or write a manifest for it so that it stays");
        if let Some(place) = &action.place {
            finding = finding.at(place.clone());
        }
        findings.push(finding);
    }
}

/// The names of the ids that the plan shows, as far as the snapshot has them.
fn names(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (kind, id) in shown_references(plan) {
        let kinds: &[RefKind] = match kind {
            RefKind::Member => &[RefKind::User, RefKind::Group, RefKind::ServicePrincipal],
            RefKind::Context => continue, // its id is how people call it
            _ => std::slice::from_ref(&kind),
        };
        for kind in kinds {
            if let Some(known) = snapshot.index.by_id(*kind, &id) {
                let name = match kind {
                    RefKind::Application => crate::model::tables::apps::by_app_id(&id)
                        .map_or(known.name.as_str(), |app| app.name),
                    _ => known.name.as_str(),
                };
                names.insert(id.to_lowercase(), name.to_owned());
            } else if *kind == RefKind::Application
                && let Some(app) = crate::model::tables::apps::by_app_id(&id)
            {
                names.insert(id.to_lowercase(), app.name.to_owned());
            }
        }
    }
    names
}

/// Every reference by id in what the plan shows before and after.
fn shown_references(plan: &Plan) -> Vec<(RefKind, String)> {
    let mut found = Vec::new();
    for action in &plan.actions {
        for side in [&action.before, &action.after] {
            if is_empty(side) {
                continue;
            }
            if let Ok(object) = Object::from_value(action.kind, side) {
                for (kind, _, target) in object.references() {
                    let special =
                        crate::model::tables::special::canonical(kind.special_values(), &target);
                    if is_pending(&target).is_none() && special.is_none() {
                        found.push((kind, target));
                    }
                }
            }
        }
    }
    found
}

/// Ids that the plan shows without a name: object ids, and app ids.
pub fn unnamed(plan: &Plan) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut ids, mut apps) = (BTreeSet::new(), BTreeSet::new());
    for (kind, id) in shown_references(plan) {
        if plan.names.contains_key(&id.to_lowercase()) || !crate::model::tables::is_guid(&id) {
            continue;
        }
        match kind {
            RefKind::Application => apps.insert(id.to_lowercase()),
            RefKind::User | RefKind::Group | RefKind::Member | RefKind::ServicePrincipal => {
                ids.insert(id.to_lowercase())
            }
            _ => false,
        };
    }
    (ids, apps)
}
