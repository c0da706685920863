//! What several rules ask of policies: who and what they are for, in one spelling.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Subject;
use crate::finding::Place;
use crate::manifest::project::Manifest;
use crate::model::Kind;
use crate::model::enums::PolicyState;
use crate::model::kind::Object;
use crate::model::policy::{ConditionalAccessPolicy, Users};
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::text::is_guid;

/// A policy and its manifest.
#[derive(Clone, Copy)]
pub(super) struct Policy<'a> {
    pub manifest: &'a Manifest,
    pub policy: &'a ConditionalAccessPolicy,
}

impl<'a> Policy<'a> {
    /// The place of the value at `pointer`.
    pub(crate) fn at(&self, pointer: &str) -> Place {
        self.manifest.document.place(pointer)
    }

    /// The display name.
    pub(crate) fn name(&self) -> &'a str {
        &self.policy.display_name
    }

    /// True unless it is disabled.
    pub(crate) fn is_on(&self) -> bool {
        self.policy.state != Some(PolicyState::Disabled)
    }

    /// True when it is enforced.
    pub(crate) fn is_enforced(&self) -> bool {
        self.policy.state == Some(PolicyState::Enabled)
    }

    /// True when it is in report-only.
    pub(crate) fn is_report_only(&self) -> bool {
        self.policy.state == Some(PolicyState::ReportOnly)
    }

    /// The users, unless the policy is for workload identities or agents.
    pub(crate) fn people(&self) -> Option<&'a Users> {
        let conditions = &self.policy.conditions;
        match (&conditions.client_applications, &conditions.agents) {
            (None, None) => conditions.users.as_ref(),
            _ => None,
        }
    }

    /// True when it is for all users, whoever is left out.
    pub(crate) fn is_for_all_users(&self) -> bool {
        self.people()
            .is_some_and(|users| holds(special::users(), &users.include_users, "All"))
    }

    /// True when it is for all resources, whatever is left out.
    pub(crate) fn is_for_all_resources(&self) -> bool {
        let apps = self.policy.conditions.applications.as_ref();
        apps.is_some_and(|apps| holds(special::applications(), &apps.include_applications, "All"))
    }
}

/// True when the special value `value` stands among `items`.
pub(super) fn holds(list: &[special::SpecialValue], items: &[String], value: &str) -> bool {
    items
        .iter()
        .any(|text| special::canonical(list, text.trim()) == Some(value))
}

/// What rules have asked already. It is worked out once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    manifests: OnceCell<ByText>,
    /// The groups that test users say they are in.
    joined: OnceCell<HashSet<String>>,
    /// The policies that are on, in one spelling.
    spelt: OnceCell<Vec<Spelt>>,
}

/// Where the first manifest of a name, and of an id in lower case, stands.
#[derive(Debug, Default)]
struct ByText {
    names: HashMap<(Kind, String), usize>,
    ids: HashMap<(Kind, String), usize>,
}

/// A policy whose references are in one spelling.
#[derive(Debug)]
pub(super) struct Spelt {
    pub policy: ConditionalAccessPolicy,
    /// What it says but for its name and state: the same number for the same.
    pub content: usize,
}

impl<'a> Subject<'a> {
    /// Every policy.
    pub(super) fn policies(&self) -> impl Iterator<Item = Policy<'a>> + use<'a> {
        let manifests: &'a [Manifest] = &self.desired.manifests;
        manifests
            .iter()
            .filter_map(|manifest| match &manifest.object {
                Object::ConditionalAccessPolicy(policy) => Some(Policy { manifest, policy }),
                _ => None,
            })
    }

    /// The manifest that a name or id of this kind stands for.
    pub(super) fn manifest(&self, kind: Kind, text: &str) -> Option<&'a Manifest> {
        let manifests: &'a [Manifest] = &self.desired.manifests;
        let index = self.seen.manifests.get_or_init(|| {
            let mut index = ByText::default();
            for (at, manifest) in manifests.iter().enumerate() {
                let (kind, object) = (manifest.kind(), &manifest.object);
                let name = (kind, object.display_name().to_owned());
                index.names.entry(name).or_insert(at);
                if let Some(id) = object.id() {
                    index
                        .ids
                        .entry((kind, id.to_ascii_lowercase()))
                        .or_insert(at);
                }
            }
            index
        });
        let text = text.trim();
        let by_name = index.names.get(&(kind, text.to_owned()));
        let by_id = index.ids.get(&(kind, text.to_ascii_lowercase()));
        let at = by_name.into_iter().chain(by_id).min()?;
        manifests.get(*at)
    }

    /// Whether a test user says that it is in the group of this key.
    pub(super) fn is_joined(&self, group: &str) -> bool {
        let joined = self.seen.joined.get_or_init(|| {
            let users = self
                .desired
                .manifests
                .iter()
                .filter_map(|m| match &m.object {
                    Object::TestUser(user) => user.member_of.as_ref(),
                    _ => None,
                });
            let groups = users.flat_map(|groups| groups.iter());
            groups
                .map(|group| self.key(RefKind::Group, group))
                .collect()
        });
        joined.contains(group)
    }

    /// The policies that are on, each with what it says in one spelling.
    pub(super) fn spelt(&self) -> impl Iterator<Item = (Policy<'a>, &Spelt)> {
        let on = || self.policies().filter(Policy::is_on);
        let spelt = self.seen.spelt.get_or_init(|| {
            let mut contents: HashMap<String, usize> = HashMap::new();
            let spelt = on().map(|policy| {
                let policy = self.spell(policy);
                let next = contents.len();
                let text = content(&policy);
                let content = *contents.entry(text).or_insert(next);
                Spelt { policy, content }
            });
            spelt.collect()
        });
        on().zip(spelt)
    }

    /// The policy with each reference in one spelling.
    fn spell(&self, policy: Policy<'_>) -> ConditionalAccessPolicy {
        let mut object = Object::ConditionalAccessPolicy(Box::new(policy.policy.clone()));
        for reference in object.references_mut() {
            *reference.target = self.key(reference.kind, reference.target);
        }
        match object {
            Object::ConditionalAccessPolicy(policy) => *policy,
            _ => policy.policy.clone(),
        }
    }

    /// One spelling for all that stands for the same thing, as far as the manifests and the
    /// tables show it: special values, names and ids of well-known roles, applications and
    /// strengths, and of objects that a manifest pins.
    pub(super) fn key(&self, kind: RefKind, text: &str) -> String {
        let text = text.trim();
        if let Some((id, _)) = kind.well_known(text) {
            return id.to_owned();
        }
        let own = match kind {
            RefKind::Group => Some(Kind::Group),
            RefKind::Location => Some(Kind::NamedLocation),
            RefKind::Strength => Some(Kind::AuthenticationStrength),
            RefKind::Context => Some(Kind::AuthenticationContext),
            _ => None,
        };
        if let Some(manifest) = own.and_then(|own| self.manifest(own, text)) {
            return manifest.name().to_owned();
        }
        match kind {
            RefKind::User | RefKind::Context => text.to_ascii_lowercase(),
            _ if is_guid(text) => text.to_ascii_lowercase(),
            _ => text.to_owned(),
        }
    }

    /// The keys of a list.
    pub(super) fn keys(&self, kind: RefKind, items: &[String]) -> BTreeSet<String> {
        items.iter().map(|text| self.key(kind, text)).collect()
    }
}

/// Conditions and controls of a policy in normal form.
fn content(policy: &ConditionalAccessPolicy) -> String {
    let object = Object::ConditionalAccessPolicy(Box::new(policy.clone()));
    let mut value = object.normal_form();
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("displayName");
        map.shift_remove("state");
    }
    value.to_string()
}

/// A text in backticks.
pub(super) fn quote(text: &str) -> String {
    format!("`{text}`")
}
