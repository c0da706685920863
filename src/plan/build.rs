//! Builds a plan from manifests and a snapshot. Pure: no request is made here.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::compare::pair;
use super::diff::changes;
use super::guard::is_microsoft_managed;
use super::renames::{Rename, renames};
use super::{Action, Plan, Unchanged, Verb, checks, names, order};
use crate::finding::{self, Code, Finding, Guard};
use crate::manifest::config::Config;
use crate::manifest::project::{Desired, Manifest};
use crate::model::cloud::ApiVersion;
use crate::model::enums::StrengthPolicyType;
use crate::model::facts::Edition;
use crate::model::location::LocationType;
use crate::model::{Kind, Object};
use crate::tenant::resolve::{Resolved, pending, resolve, resolve_part};
use crate::tenant::snapshot::{Live, Snapshot};
use crate::text::few_names;

/// What a plan is built for.
#[derive(Debug, Clone, Copy)]
pub struct PlanTarget<'a> {
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: &'a str,
    /// The project file.
    pub config: &'a Config,
    /// Which edition of Graph is used.
    pub version: ApiVersion,
    /// Whether a deleted test user is purged and made anew, instead of restored.
    pub purge_deleted_users: bool,
}

/// Builds the plan that brings the tenant to what the manifests say.
///
/// # Errors
/// Every finding, when one of them is an error: then nothing may be written.
pub fn build(
    target: PlanTarget<'_>,
    desired: &Desired,
    snapshot: &Snapshot,
) -> Result<Plan, Vec<Finding>> {
    build_part(target, desired, None, snapshot)
}

/// As [`build`], for a part of the manifests: what the others describe is left as it is, and
/// nothing is deleted.
///
/// # Errors
/// Every finding about the part, when one of them is an error.
pub fn build_part(
    target: PlanTarget<'_>,
    desired: &Desired,
    part: Option<&Desired>,
    snapshot: &Snapshot,
) -> Result<Plan, Vec<Finding>> {
    let mut findings = snapshot.findings.clone();
    if desired.manifests.is_empty() {
        findings.push(
            Finding::error(
                Code::EmptyProject,
                "the project has no manifest; an empty project deletes nothing",
            )
            .rule(Guard::EmptySet)
            .help("`gatewright destroy` deletes what a project's manifests name"),
        );
        return Err(findings);
    }
    let chosen = part.map(|part| part.manifests.iter().map(identity).collect::<HashSet<_>>());
    let is_chosen = |manifest: &Manifest| {
        let chosen = chosen.as_ref();
        chosen.is_none_or(|chosen| chosen.contains(&identity(manifest)))
    };
    let (mut resolved, found) = resolve_part(desired, snapshot, &is_chosen);
    findings.extend(found);
    if finding::has_errors(&findings) {
        finding::tidy(&mut findings);
        return Err(findings);
    }
    let described = Described::of(&resolved);
    resolved.retain(|item| is_chosen(item.manifest));
    checks::memberships(&resolved, snapshot, &mut findings);
    if target.version == ApiVersion::V1 {
        checks::unlisted_members(&resolved, snapshot, &mut findings);
    }
    join_memberships(&mut resolved);
    let groups = open_groups(&resolved);

    let mut plan = Plan {
        tenant: target.tenant.to_owned(),
        organization: snapshot.organization.clone(),
        read_at: snapshot.read_at,
        ..Plan::default()
    };
    for item in &resolved {
        match item.live {
            None => {
                checks::creatable(item, &mut findings);
                let mut action = create(item);
                if action.kind == Kind::TestUser
                    && let Some(deleted) = snapshot.deleted_user(&action.name)
                    && !target.purge_deleted_users
                {
                    action.id = Some(deleted.id.clone());
                    action.restore = true;
                    action.reason = "it is restored from the recycle bin with its old password; `--purge-deleted-users` creates a new user instead".to_owned();
                } else if action.kind == Kind::TestUser
                    && let Some(deleted) = snapshot.deleted_user(&action.name)
                {
                    action.purge = Some(deleted.id.clone());
                    action.reason = "a deleted user with this name is purged from the recycle bin, and a new one is created".to_owned();
                }
                plan.actions.push(action);
            }
            Some(live) => update(item, live, &groups, &mut plan, &mut findings),
        }
    }
    if part.is_none() {
        deletions(target.config, &described, snapshot, &mut plan);
        count_unmanaged(&described, snapshot, &mut plan);
    }
    let free = |kind| {
        let all = snapshot.of(kind).iter();
        all.filter(|live| !described.holds(live)).collect()
    };
    plan.renames = renames(&plan.actions, free);
    findings.extend(plan.renames.iter().map(Rename::finding));
    checks::sendable(&plan, &resolved, &mut findings);
    checks::limits(&plan, snapshot, &mut findings);
    for action in &mut plan.actions {
        checks::choose_edition(action, target.version, &resolved, &mut findings);
    }
    checks::in_use(&plan, &resolved, snapshot, &mut findings);
    plan.names = names::known(&plan, snapshot);
    findings.extend(order::around_policies(&mut plan, snapshot));
    order::sort(&mut plan.actions);
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
    target: PlanTarget<'_>,
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
        read_at: snapshot.read_at,
        destroys: true,
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
        checks::choose_edition(action, target.version, &resolved, &mut findings);
    }
    count_unmanaged(&Described::of(&resolved), snapshot, &mut plan);
    checks::in_use(&plan, &resolved, snapshot, &mut findings);
    order::sort(&mut plan.actions);
    plan.names = names::known(&plan, snapshot);
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
            let mut there: HashSet<String> = members.iter().cloned().collect();
            for user in by_group.get(&id).into_iter().flatten() {
                if there.insert(user.clone()) {
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
        reason: missing(kind),
        before: serde_json::Value::Null,
        changes: Vec::new(),
        after,
        desired: Some(item.object.clone()),
        live: None,
        links: BTreeMap::new(),
        ignored: item.manifest.ignore_changes.clone(),
        restore: false,
        purge: None,
        edition: Edition::V1,
        effect: None,
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
                    crate::text::pointer::dotted(&member.pointer)
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
    checks::changeable(item, live, &changed, findings);
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
        links: BTreeMap::new(),
        ignored: item.manifest.ignore_changes.clone(),
        restore: false,
        purge: None,
        edition: Edition::V1,
        effect: None,
    });
}

/// Why an object is created, as a rule.
pub(crate) fn missing(kind: Kind) -> String {
    format!("no {} with this name exists", kind.words())
}

/// Why an object is changed, as a rule: which properties differ, in a few words.
pub(crate) fn differs_in(changed: &[String]) -> String {
    format!("differs in {}", few_names(changed, 3))
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

/// Whether a live object can have a manifest: it is a person's or a script's, not the
/// directory's or the service's own. The compliant network, of which a tenant has one, can:
/// policies refer to it.
pub fn is_importable(live: &Live) -> bool {
    is_deletable(live)
        || matches!(&live.object, Object::NamedLocation(location)
            if location.location_type() == LocationType::CompliantNetwork)
}

pub(super) fn is_deletable(live: &Live) -> bool {
    match &live.object {
        Object::TestUser(user) => user.is_marked(),
        Object::AuthenticationStrength(strength) => {
            strength.policy_type != Some(StrengthPolicyType::BuiltIn)
        }
        Object::NamedLocation(location) => matches!(
            location.location_type(),
            LocationType::Ip | LocationType::Country
        ),
        // Other groups belong to other tools: to Microsoft 365, or to a directory on premises.
        Object::Group(group) => {
            group.security_enabled == Some(true)
                && group.mail_enabled != Some(true)
                && !group.group_types.iter().any(|t| t == "Unified")
                && live.raw.get("onPremisesSyncEnabled") != Some(&serde_json::Value::Bool(true))
        }
        Object::ConditionalAccessPolicy(policy) => !is_microsoft_managed(&policy.display_name),
        Object::AuthenticationContext(_) => true,
    }
}

fn deletions(config: &Config, described: &Described<'_>, snapshot: &Snapshot, plan: &mut Plan) {
    let scope = config.scope.clone().unwrap_or_default();
    for kind in Kind::ALL {
        for live in snapshot.of(kind) {
            let scope_name = match kind {
                Kind::AuthenticationContext => live.object.display_name(),
                _ => live.name(),
            };
            if !is_deletable(live) || described.holds(live) {
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
}

/// What a manifest is told by among all: its file, and which of the documents there it is.
fn identity(manifest: &Manifest) -> (&str, usize) {
    let document = &manifest.document;
    (&document.file.name, document.index)
}

/// The live objects that manifests are about.
struct Described<'a>(HashSet<(Kind, &'a str)>);

impl<'a> Described<'a> {
    fn of(resolved: &[Resolved<'a>]) -> Described<'a> {
        let live = resolved.iter().filter_map(|item| item.live);
        Described(live.map(|live| (live.kind, live.id.as_str())).collect())
    }

    fn holds(&self, live: &Live) -> bool {
        self.0.contains(&(live.kind, &live.id))
    }
}

/// Counts live objects that nobody's manifest describes, of the kinds that are listed
/// whole.
fn count_unmanaged(described: &Described<'_>, snapshot: &Snapshot, plan: &mut Plan) {
    let acted_on: HashSet<(Kind, &str)> = (plan.actions.iter())
        .filter_map(|action| Some((action.kind, action.id.as_deref()?)))
        .collect();
    for kind in [
        Kind::ConditionalAccessPolicy,
        Kind::NamedLocation,
        Kind::AuthenticationStrength,
        Kind::AuthenticationContext,
    ] {
        let mut names: Vec<String> = snapshot
            .of(kind)
            .iter()
            .filter(|live| is_deletable(live) && !described.holds(live))
            .filter(|live| !acted_on.contains(&(kind, &live.id)))
            .map(|live| live.name().to_owned())
            .collect();
        names.sort();
        if !names.is_empty() {
            plan.unmanaged.insert(kind, names);
        }
    }
}

pub(super) fn delete(live: &Live, reason: &str) -> Action {
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
        links: BTreeMap::new(),
        ignored: Vec::new(),
        restore: false,
        purge: None,
        edition: Edition::V1,
        effect: None,
    }
}
