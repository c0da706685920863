//! What a plan rests on: what was asked of the tenant, and what was found.
//!
//! A plan is stale when one of these moved: an object with a manifest, or one that the plan
//! changes or deletes; a policy of whatever owner (order and guards look at all of them);
//! what managed objects refer to; what a name stands for, or that it stands for nothing; and
//! what is in the project's scope. A new object of another owner is no reason, unless it
//! takes a name that the plan asked for, or refers to what the plan changes or deletes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::canonical::digest_of;
use crate::manifest::config::Scope;
use crate::manifest::finding::{Code, Finding};
use crate::manifest::project::Desired;
use crate::model::kind::same_name;
use crate::model::normal::is_empty;
use crate::model::refs::RefKind;
use crate::model::tables::{apps, is_guid, special};
use crate::model::{Kind, Object};
use crate::plan::build::is_deletable;
use crate::plan::{Action, Plan, Verb};
use crate::tenant::read::with_domain;
use crate::tenant::resolve::{is_context_id, is_pending};
use crate::tenant::snapshot::{Live, Snapshot};
use crate::tenant::wanted::{Own, Wanted};

/// How many hexadecimal digits a property's fingerprint has. It only tells what moved; that
/// something moved is told by the whole object's.
const PROPERTY_DIGITS: usize = 16;

/// What a plan rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ground {
    /// Which live objects the project owned.
    pub scope: Scope,
    /// What was asked of the tenant.
    pub wanted: Wanted,
    /// The objects that manifests describe.
    pub own: Own,
    /// Live objects, as they were.
    pub objects: Vec<Fingerprint>,
    /// What names and ids stood for.
    pub lookups: Vec<Lookup>,
}

/// A live object, as it was: digests, and no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fingerprint {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// How much of it counts.
    pub extent: Extent,
    /// SHA-256 of what counts: the normal form and members that gatewright does not know.
    pub sha256: String,
    /// The beginning of the SHA-256 of each property, by its dotted path.
    pub properties: BTreeMap<String, String>,
}

/// How much of an object counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// All of it.
    Whole,
    /// Of a group or user that is referred to: who it is, and who belongs to it.
    Identity,
}

/// What a name or an id stood for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lookup {
    /// Among what it was looked for.
    pub among: Among,
    /// The name, or the id.
    pub name: String,
    /// The ids that were found; none: nothing.
    pub ids: Vec<String>,
}

/// Among what a name is looked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Among {
    Users,
    Groups,
    Roles,
    Applications,
    ServicePrincipals,
    NamedLocations,
    AuthenticationStrengths,
    AuthenticationContexts,
    Agreements,
    Policies,
    /// Test users in the recycle bin.
    DeletedTestUsers,
}

impl Among {
    /// Words for one of them.
    fn words(self) -> &'static str {
        match self {
            Among::Users => "user",
            Among::Groups => "group",
            Among::Roles => "directory role",
            Among::Applications => "application",
            Among::ServicePrincipals => "service principal",
            Among::NamedLocations => "named location",
            Among::AuthenticationStrengths => "authentication strength",
            Among::AuthenticationContexts => "authentication context",
            Among::Agreements => "terms of use",
            Among::Policies => "conditional access policy",
            Among::DeletedTestUsers => "deleted test user",
        }
    }

    fn of_kind(kind: Kind) -> Among {
        match kind {
            Kind::Group => Among::Groups,
            Kind::TestUser => Among::Users,
            Kind::NamedLocation => Among::NamedLocations,
            Kind::AuthenticationStrength => Among::AuthenticationStrengths,
            Kind::AuthenticationContext => Among::AuthenticationContexts,
            Kind::ConditionalAccessPolicy => Among::Policies,
        }
    }

    fn ref_kind(self) -> Option<RefKind> {
        Some(match self {
            Among::Users => RefKind::User,
            Among::Groups => RefKind::Group,
            Among::Roles => RefKind::Role,
            Among::Applications => RefKind::Application,
            Among::ServicePrincipals => RefKind::ServicePrincipal,
            Among::NamedLocations => RefKind::Location,
            Among::AuthenticationStrengths => RefKind::Strength,
            Among::AuthenticationContexts => RefKind::Context,
            Among::Agreements => RefKind::Agreement,
            Among::Policies | Among::DeletedTestUsers => return None,
        })
    }

    /// The ids that `name` stands for.
    fn find(self, name: &str, snapshot: &Snapshot) -> Vec<String> {
        let lower = |id: &String| id.to_lowercase();
        let of_kind = |kind: Kind| -> Vec<String> {
            let mut ids: Vec<String> = snapshot
                .of(kind)
                .iter()
                .filter(|live| same_name(kind, live.name(), name))
                .map(|live| lower(&live.id))
                .collect();
            ids.sort();
            ids
        };
        match self {
            Among::Policies => of_kind(Kind::ConditionalAccessPolicy),
            Among::DeletedTestUsers => {
                let found = snapshot.deleted_user(name);
                found.map(|live| lower(&live.id)).into_iter().collect()
            }
            Among::AuthenticationContexts if is_context_id(name) => {
                of_kind(Kind::AuthenticationContext)
            }
            _ => {
                let Some(kind) = self.ref_kind() else {
                    return Vec::new();
                };
                if is_guid(name) {
                    let found = snapshot.index.by_id(kind, name);
                    return found.map(|known| lower(&known.id)).into_iter().collect();
                }
                let found = snapshot.index.by_name(kind, name);
                let mut ids: Vec<String> = found.iter().map(|known| lower(&known.id)).collect();
                ids.sort();
                ids.dedup();
                ids
            }
        }
    }
}

impl Ground {
    /// What `plan` rests on, which was made of these manifests and this snapshot.
    pub fn of(
        plan: &Plan,
        desired: &Desired,
        wanted: Wanted,
        scope: Scope,
        snapshot: &Snapshot,
    ) -> Ground {
        Ground {
            scope,
            wanted,
            own: Own::from(desired),
            objects: objects(plan, snapshot),
            lookups: lookups(desired, snapshot),
        }
    }

    /// The fingerprint of an object.
    pub fn object(&self, kind: Kind, id: &str) -> Option<&Fingerprint> {
        self.objects
            .iter()
            .find(|o| o.kind == kind && o.id.eq_ignore_ascii_case(id))
    }

    /// What has moved since, each with what it is; empty: the plan can be carried out.
    /// `actions` are those of the plan.
    pub fn moved(&self, actions: &[Action], snapshot: &Snapshot) -> Vec<Finding> {
        let mut found: Vec<String> = Vec::new();
        let mut told = BTreeSet::new();
        for old in &self.objects {
            let words = match (old.kind, old.extent) {
                (Kind::TestUser, Extent::Identity) => "user",
                (kind, _) => kind.words(),
            };
            let what = format!("the {words} `{}` ({})", old.name, old.id);
            let Some(live) = snapshot.by_id(old.kind, &old.id) else {
                let end = match old.kind {
                    // These are read by their names.
                    Kind::Group | Kind::TestUser => "was deleted or renamed",
                    _ => "was deleted",
                };
                found.push(format!("{what} {end}"));
                told.insert(old.id.to_lowercase());
                continue;
            };
            let new = Fingerprint::of(live, old.extent);
            if new.sha256 != old.sha256 {
                let paths = different(&old.properties, &new.properties);
                found.push(format!("{what} has changed: {}", listed(&paths)));
                told.insert(old.id.to_lowercase());
            }
        }
        found.extend(self.arrived(actions, snapshot, &mut told));
        for old in &self.lookups {
            let new = old.among.find(&old.name, snapshot);
            let same = new == old.ids;
            // An object that was told of above need not be told of by its name, too.
            let known = new
                .iter()
                .chain(&old.ids)
                .filter(|id| !(new.contains(id) && old.ids.contains(id)))
                .all(|id| told.contains(id));
            if !same && !known {
                found.push(renamed(old, &new));
            }
        }
        found
            .into_iter()
            .map(|message| {
                Finding::error(Code::StalePlan, message)
                    .help("make a new plan with `gatewright plan --out FILE`, and review it")
            })
            .collect()
    }

    /// Objects that were not there, and would have counted.
    fn arrived(
        &self,
        actions: &[Action],
        snapshot: &Snapshot,
        told: &mut BTreeSet<String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let written: BTreeSet<String> = actions
            .iter()
            .filter(|a| a.verb != Verb::Create)
            .filter_map(|a| a.id.as_ref().map(|id| id.to_lowercase()))
            .collect();
        for kind in Kind::ALL {
            for live in snapshot.of(kind) {
                if self.object(kind, &live.id).is_some() {
                    continue;
                }
                let name = match kind {
                    Kind::AuthenticationContext => live.object.display_name(),
                    _ => live.name(),
                };
                let what = format!("the {} `{}` ({})", kind.words(), live.name(), live.id);
                let refers = kind == Kind::ConditionalAccessPolicy
                    && live
                        .object
                        .references()
                        .iter()
                        .any(|(_, _, target)| written.contains(&target.to_lowercase()));
                if is_deletable(live) && self.scope.rule(kind).holds(name) {
                    found.push(format!(
                        "{what} is new in the project's scope, and the plan does not know it"
                    ));
                } else if refers {
                    found.push(format!(
                        "{what} is new, and refers to what the plan changes or deletes"
                    ));
                } else {
                    continue;
                }
                told.insert(live.id.to_lowercase());
            }
        }
        found
    }
}

fn renamed(old: &Lookup, new: &[String]) -> String {
    let what = format!("{} `{}`", old.among.words(), old.name);
    match (old.ids.as_slice(), new) {
        ([], new) => format!("a {what} exists now ({})", new.join(", ")),
        (old, []) => format!("the {what} was deleted or renamed ({})", old.join(", ")),
        (old, new) => format!(
            "the {what} was {} and is {} now",
            old.join(", "),
            new.join(", ")
        ),
    }
}

/// A list of properties that a person reads to its end.
fn listed(paths: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = paths.iter().take(MOST).map(|p| format!("`{p}`")).collect();
    match paths.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

fn different(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .cloned()
        .collect()
}

impl Fingerprint {
    /// The fingerprint of a live object.
    pub fn of(live: &Live, extent: Extent) -> Fingerprint {
        let value = what_counts(live, extent);
        let mut properties = BTreeMap::new();
        leaves(&value, "", &mut |path, leaf| {
            let mut digest = digest_of(leaf);
            digest.truncate(PROPERTY_DIGITS);
            properties.insert(path.to_owned(), digest);
        });
        Fingerprint {
            kind: live.kind,
            id: live.id.clone(),
            name: live.name().to_owned(),
            extent,
            sha256: digest_of(&value),
            properties,
        }
    }
}

/// The normal form, and what decides besides it.
fn what_counts(live: &Live, extent: Extent) -> Value {
    let normal = live.object.normal_form();
    let mut map = match normal {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if extent == Extent::Identity {
        let kept: &[&str] = match live.kind {
            Kind::TestUser => &["userPrincipalName", "accountEnabled", "memberOf"],
            _ => &[
                "displayName",
                "securityEnabled",
                "mailEnabled",
                "groupTypes",
                "membershipRule",
                "membershipRuleProcessingState",
                "isAssignableToRole",
                "members",
            ],
        };
        map.retain(|name, _| kept.contains(&name.as_str()));
    }
    if let Object::TestUser(user) = &live.object {
        map.insert("employeeType".to_owned(), user.is_marked().into());
    }
    // Read-only members that say what an object is, and so what may be done with it.
    for name in ["policyType", "templateId", "onPremisesSyncEnabled"] {
        match live.raw.get(name) {
            Some(value) if !is_empty(value) && *value != Value::Bool(false) => {
                map.insert(name.to_owned(), value.clone());
            }
            _ => {}
        }
    }
    for member in &live.unknown {
        let path = crate::manifest::schema::dotted(&member.pointer);
        map.insert(path, member.value.clone());
    }
    Value::Object(map)
}

fn leaves(value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                let path = match at {
                    "" => name.clone(),
                    at => format!("{at}.{name}"),
                };
                leaves(member, &path, visit);
            }
        }
        leaf => visit(at, leaf),
    }
}

/// The live objects that were looked at to decide.
fn objects(plan: &Plan, snapshot: &Snapshot) -> Vec<Fingerprint> {
    let managed: BTreeSet<(Kind, String)> = plan
        .actions
        .iter()
        .filter(|a| a.verb != Verb::Create)
        .filter_map(|a| Some((a.kind, a.id.as_ref()?.to_lowercase())))
        .chain(plan.unchanged.iter().map(|u| (u.kind, u.id.to_lowercase())))
        .collect();
    let is_managed = |live: &Live| managed.contains(&(live.kind, live.id.to_lowercase()));
    let mut referred: BTreeSet<String> = BTreeSet::new();
    let mut refer = |object: &Object| {
        let targets = object.references().into_iter().map(|(_, _, target)| target);
        referred.extend(targets.map(|target| target.to_lowercase()));
    };
    for live in Kind::ALL.iter().flat_map(|kind| snapshot.of(*kind)) {
        if is_managed(live) {
            refer(&live.object);
        }
    }
    for desired in plan.actions.iter().filter_map(|a| a.desired.as_ref()) {
        refer(desired);
    }
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for live in snapshot.of(kind) {
            let person = matches!(kind, Kind::Group | Kind::TestUser);
            let links_read = match &live.object {
                Object::Group(group) => group.members.is_some(),
                Object::TestUser(user) => user.member_of.is_some(),
                _ => false,
            };
            let extent = if is_managed(live) || kind == Kind::ConditionalAccessPolicy {
                Extent::Whole
            } else if referred.contains(&live.id.to_lowercase()) || links_read {
                if person {
                    Extent::Identity
                } else {
                    Extent::Whole
                }
            } else {
                continue;
            };
            found.push(Fingerprint::of(live, extent));
        }
    }
    found.sort_by(|a, b| (a.kind, &a.name, &a.id).cmp(&(b.kind, &b.name, &b.id)));
    found
}

/// What names and ids stand for, of those that the manifests hold.
fn lookups(desired: &Desired, snapshot: &Snapshot) -> Vec<Lookup> {
    let domain = &snapshot.organization.default_domain;
    let mut asked: BTreeSet<(Among, String)> = BTreeSet::new();
    for manifest in &desired.manifests {
        let kind = manifest.kind();
        let among = Among::of_kind(kind);
        let full = |name: &str| match kind {
            Kind::TestUser => with_domain(name, domain).to_lowercase(),
            Kind::AuthenticationContext => name.to_lowercase(),
            _ => name.to_owned(),
        };
        if manifest.pin().is_none() {
            let name = full(manifest.name());
            let missing = among.find(&name, snapshot).is_empty();
            asked.insert((among, name.clone()));
            if missing {
                // Only then its former names are looked for, and the recycle bin.
                asked.extend(manifest.renamed_from.iter().map(|old| (among, full(old))));
                if kind == Kind::TestUser {
                    asked.insert((Among::DeletedTestUsers, name));
                }
            }
        }
        for (kind, _, target) in manifest.object.references() {
            let target = target.trim();
            if special::canonical(kind.special_values(), target).is_none() {
                reference(kind, target, domain, &mut asked);
            }
        }
    }
    asked
        .into_iter()
        .filter(|(_, name)| is_pending(name).is_none())
        .map(|(among, name)| Lookup {
            ids: among.find(&name, snapshot),
            among,
            name,
        })
        .collect()
}

fn reference(kind: RefKind, target: &str, domain: &str, asked: &mut BTreeSet<(Among, String)>) {
    let guid = is_guid(target);
    let id = || target.to_lowercase();
    let user = || match guid {
        true => id(),
        false => with_domain(target, domain).to_lowercase(),
    };
    let plain = || if guid { id() } else { target.to_owned() };
    let mut ask = |among: Among, name: String| {
        asked.insert((among, name));
    };
    match kind {
        RefKind::User => ask(Among::Users, user()),
        RefKind::Group => ask(Among::Groups, plain()),
        RefKind::Member if guid => {
            ask(Among::Users, id());
            ask(Among::Groups, id());
            ask(Among::ServicePrincipals, id());
        }
        RefKind::Member => {
            // A test user of the project may be meant without its domain.
            ask(Among::Users, user());
            if !target.contains('@') {
                ask(Among::Groups, target.to_owned());
            }
        }
        RefKind::Role => ask(Among::Roles, plain()),
        RefKind::Application => {
            ask(Among::Applications, plain());
            if let Some(app) = apps::by_name(target) {
                ask(Among::Applications, app.app_id.to_lowercase());
            }
        }
        RefKind::ServicePrincipal => ask(Among::ServicePrincipals, plain()),
        RefKind::Location => ask(Among::NamedLocations, plain()),
        RefKind::Strength => ask(Among::AuthenticationStrengths, plain()),
        RefKind::Context if is_context_id(target) => ask(Among::AuthenticationContexts, id()),
        RefKind::Context => ask(Among::AuthenticationContexts, target.to_owned()),
        RefKind::Agreement => ask(Among::Agreements, plain()),
    }
}
