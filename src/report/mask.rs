//! A report without a name of the tenant: the policies and all that they refer to are renamed before
//! anything is judged, so that nothing that is said of them has a name.

use std::collections::HashMap;

use serde_json::Value;

use super::card::references;
use crate::impact::people::mask::NameMask;
use crate::model::facts::Facts;
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_name;
use crate::model::tables::{APPS, ROLES, is_country_code, special};
use crate::model::{Kind, Object};
use crate::whatif::{PolicySet, World, is_built_in_strength};

/// Renames what a tenant named.
#[derive(Debug)]
pub struct ReportMask<'a> {
    numbers: &'a mut NameMask,
    /// By which key each name and id goes, so that both have one number.
    keys: HashMap<(&'static str, String), String>,
}

fn word(kind: RefKind) -> &'static str {
    match kind {
        RefKind::User => "user",
        RefKind::Group | RefKind::Member => "group",
        RefKind::Role => "role",
        RefKind::Application => "application",
        RefKind::ServicePrincipal => "service-principal",
        RefKind::Location => "location",
        RefKind::Strength => "strength",
        RefKind::Context => "context",
        RefKind::Agreement => "terms-of-use",
    }
}

fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => "policy",
        Kind::NamedLocation => "location",
        Kind::AuthenticationStrength => "strength",
        Kind::AuthenticationContext => "context",
        Kind::Group => "group",
        Kind::TestUser => "user",
    }
}

/// True for what has the same name in every tenant.
fn is_public(kind: RefKind, text: &str) -> bool {
    special::canonical(kind.special_values(), text).is_some()
        || match kind {
            RefKind::Role => ROLES.by_id(text).or_else(|| ROLES.by_name(text)).is_some(),
            RefKind::Application => APPS.by_id(text).or_else(|| APPS.by_name(text)).is_some(),
            RefKind::Strength => is_built_in_strength(text) || built_in_by_name(text).is_some(),
            _ => false,
        }
}

impl<'a> ReportMask<'a> {
    /// What renames the objects of some worlds.
    pub fn new<'w>(
        numbers: &'a mut NameMask,
        worlds: impl IntoIterator<Item = &'w World>,
    ) -> ReportMask<'a> {
        let mut mask = ReportMask {
            numbers,
            keys: HashMap::new(),
        };
        for world in worlds {
            for one in &world.locations {
                mask.know("location", one.id.as_deref(), &[&one.display_name]);
            }
            for one in &world.strengths {
                mask.know("strength", one.id.as_deref(), &[&one.display_name]);
            }
            for one in &world.contexts {
                mask.know("context", one.id.as_deref(), &[&one.display_name]);
            }
            for one in &world.groups {
                mask.know("group", one.id.as_deref(), &[&one.display_name]);
            }
            for one in &world.users {
                let mut names = vec![one.user_principal_name.as_str()];
                names.extend(one.display_name.as_deref());
                mask.know("user", one.id.as_deref(), &names);
            }
            for one in &world.applications {
                mask.know("application", one.app_id.as_deref(), &[&one.display_name]);
                mask.know("service-principal", one.id.as_deref(), &[&one.display_name]);
            }
            for one in &world.names {
                mask.know(word(one.kind), Some(&one.id), &[&one.name]);
            }
        }
        mask
    }

    fn know(&mut self, kind: &'static str, id: Option<&str>, names: &[&str]) {
        let Some(key) = id.or_else(|| names.first().copied()) else {
            return;
        };
        for name in names.iter().copied().chain(id) {
            let own = (kind, name.to_ascii_lowercase());
            self.keys.entry(own).or_insert_with(|| key.to_owned());
        }
    }

    fn number(&mut self, kind: &'static str, text: &str) -> String {
        let key = self.keys.get(&(kind, text.to_ascii_lowercase()));
        let key = key.map_or(text, String::as_str);
        self.numbers.of(kind, key)
    }

    /// What stands for a name or id in the place of a reference.
    fn reference(&mut self, kind: RefKind, text: &str) -> String {
        if is_public(kind, text) {
            return text.to_owned();
        }
        let is_user = kind == RefKind::Member && self.is_user(text);
        self.number(if is_user { "user" } else { word(kind) }, text)
    }

    fn is_user(&self, text: &str) -> bool {
        let key = |kind| (kind, text.to_ascii_lowercase());
        self.keys.contains_key(&key("user"))
            || !self.keys.contains_key(&key("group")) && text.contains('@')
    }

    /// The name of an object, by its id where it has one.
    pub fn name(&mut self, kind: Kind, id: Option<&str>, name: &str) -> String {
        if kind == Kind::AuthenticationStrength && built_in_by_name(name).is_some() {
            return name.to_owned();
        }
        self.number(word_of(kind), id.unwrap_or(name))
    }

    /// A set of policies with what it refers to.
    pub fn set(&mut self, set: &PolicySet) -> PolicySet {
        let mut set = set.clone();
        for policy in &mut set.policies {
            self.policy(policy);
        }
        self.world(&mut set.world);
        set
    }

    /// Conditions, such as those of break-glass accounts.
    pub fn conditions(&mut self, conditions: &Conditions) -> Conditions {
        let mut policy = ConditionalAccessPolicy {
            conditions: conditions.clone(),
            ..ConditionalAccessPolicy::default()
        };
        self.policy(&mut policy);
        policy.conditions
    }

    fn policy(&mut self, policy: &mut ConditionalAccessPolicy) {
        let kind = Kind::ConditionalAccessPolicy;
        let name = self.name(kind, policy.id.as_deref(), &policy.display_name);
        let mut object = Object::ConditionalAccessPolicy(Box::new(policy.clone()));
        for reference in object.references_mut() {
            *reference.target = self.reference(reference.kind, reference.target);
        }
        if let Object::ConditionalAccessPolicy(masked) = object {
            *policy = *masked;
        }
        if let Some(users) = &mut policy.conditions.users {
            let guests = &mut users.include_guests_or_external_users;
            let others = &mut users.exclude_guests_or_external_users;
            for guests in guests.iter_mut().chain(others) {
                let tenants = guests.external_tenants.iter_mut();
                for id in tenants.flat_map(|one| one.members.iter_mut()) {
                    *id = self.number("tenant", id);
                }
            }
        }
        policy.display_name = name;
        policy.description = None;
        policy.id = None;
        if let Some(grant) = &mut policy.grant_controls {
            for factor in grant.custom_authentication_factors.iter_mut() {
                *factor = self.number("custom-control", factor);
            }
        }
    }

    fn world(&mut self, world: &mut World) {
        world.default_domain = None;
        for one in &mut world.locations {
            one.display_name = self.name(Kind::NamedLocation, one.id.as_deref(), &one.display_name);
            one.id = None;
        }
        for one in &mut world.strengths {
            let kind = Kind::AuthenticationStrength;
            one.display_name = self.name(kind, one.id.as_deref(), &one.display_name);
            one.id = None;
        }
        for one in &mut world.contexts {
            let kind = Kind::AuthenticationContext;
            one.display_name = self.name(kind, one.id.as_deref(), &one.display_name);
        }
        for one in &mut world.groups {
            for member in one.members.iter_mut().flatten() {
                *member = self.reference(RefKind::Member, member);
            }
            one.display_name = self.name(Kind::Group, one.id.as_deref(), &one.display_name);
            one.id = None;
        }
        for one in &mut world.users {
            for group in one.member_of.iter_mut().flatten() {
                *group = self.reference(RefKind::Group, group);
            }
            let name = one.id.as_deref().unwrap_or(&one.user_principal_name);
            one.user_principal_name = self.number("user", name);
            one.display_name = None;
            one.id = None;
        }
        world.applications.retain_mut(|one| {
            let text = one.app_id.as_deref().unwrap_or(&one.display_name);
            if is_public(RefKind::Application, text) {
                return true;
            }
            one.display_name = self.number("application", text);
            one.app_id = None;
            one.id = None;
            true
        });
        world.names.retain_mut(|one| {
            if is_public(one.kind, &one.id) {
                return true;
            }
            one.name = self.number(word(one.kind), &one.id);
            one.id.clone_from(&one.name);
            true
        });
        for group in &mut world.environment.assume_empty {
            *group = self.reference(RefKind::Group, group);
        }
        if let Some(trust) = &mut world.environment.inbound_trust {
            let partners = std::mem::take(&mut trust.partners);
            let hidden = partners
                .into_iter()
                .map(|(id, claims)| (self.number("tenant", &id), claims));
            trust.partners = hidden.collect();
        }
        let own = &mut world.environment;
        for app in own
            .office_applications
            .iter_mut()
            .chain(&mut own.admin_portals)
        {
            *app = self.reference(RefKind::Application, app);
        }
    }

    /// An object as it is shown: references and its own name are renamed, words of the service stay,
    /// and every other text is hidden.
    pub fn object(&mut self, kind: Kind, value: &Value, name: &str) -> Value {
        let refers = references(kind, value);
        let mut shown = value.clone();
        self.hide(&mut shown, "", &refers);
        if let Some(map) = shown.as_object_mut() {
            for member in ["id", "templateId", "description"] {
                map.shift_remove(member);
            }
            for member in ["displayName", kind.identity_property()] {
                if map.contains_key(member) {
                    map.insert(member.to_owned(), name.into());
                }
            }
        }
        shown
    }

    fn hide(&mut self, value: &mut Value, at: &str, refers: &HashMap<String, RefKind>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    let at = match at {
                        "" => name.clone(),
                        at => format!("{at}.{name}"),
                    };
                    self.hide(member, &at, refers);
                }
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.hide(item, at, refers)),
            Value::String(text) => *text = self.text(text, at, refers.get(at).copied()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, at: &str, refers: Option<RefKind>) -> String {
        if let Some(kind) = refers {
            return self.reference(kind, text);
        }
        if at.ends_with("authenticationStrength.displayName")
            || at.ends_with("authenticationStrength.id")
        {
            return self.reference(RefKind::Strength, text);
        }
        if at.ends_with("externalTenants.members") {
            return self.number("tenant", text);
        }
        if at.ends_with("customAuthenticationFactors") {
            return self.number("custom-control", text);
        }
        if at.ends_with("rule") || at.ends_with("Rule") {
            return self.rule(text);
        }
        match is_word(text) {
            true => text.to_owned(),
            false => self.number("value", text),
        }
    }

    /// A rule without what it compares with.
    fn rule(&mut self, rule: &str) -> String {
        let mut out = String::new();
        let mut rest = rule;
        while let Some((before, from)) = rest.split_once(['"', '\'']) {
            let quote = if rest.as_bytes().get(before.len()) == Some(&b'"') {
                '"'
            } else {
                '\''
            };
            out.push_str(&self.attributes(before));
            let (text, after) = from.split_once(quote).unwrap_or((from, ""));
            out.push(quote);
            out.push_str(&match is_word(text) {
                true => text.to_owned(),
                false => self.number("value", text),
            });
            out.push(quote);
            rest = after;
        }
        out.push_str(&self.attributes(rest));
        out
    }

    /// Part of a rule outside of quotes: sets of custom security attributes have names of their own.
    fn attributes(&mut self, part: &str) -> String {
        let words = part.split_inclusive(' ').map(|word| {
            let (bare, blank) = match word.strip_suffix(' ') {
                Some(bare) => (bare, " "),
                None => (word, ""),
            };
            match bare.split_once("CustomSecurityAttribute.") {
                Some((before, name)) => {
                    let name = self.number("attribute", name);
                    format!("{before}CustomSecurityAttribute.{name}{blank}")
                }
                None => word.to_owned(),
            }
        });
        words.collect()
    }
}

/// True for a word of the service, a code of a country or a time: nothing that a tenant named.
fn is_word(text: &str) -> bool {
    let known = |word: &str| {
        let enums = &Facts::get().enums;
        enums.values().any(|one| one.canonical(word).is_some())
            || WORDS.iter().any(|one| one.eq_ignore_ascii_case(word))
    };
    is_country_code(text)
        || text.starts_with("#microsoft.graph.")
        || text.starts_with("urn:user:")
        || text.parse::<jiff::Timestamp>().is_ok()
        || text.split(',').all(|part| known(part.trim()))
}

/// Words that policies and rules have and no enumeration of the schema.
const WORDS: &[&str] = &[
    "",
    "all",
    "none",
    "and",
    "or",
    "on",
    "true",
    "false",
    "AzureAD",
    "ServerAD",
    "Workplace",
    "Company",
    "Personal",
    "Windows",
    "iOS",
    "Android",
    "macOS",
    "Linux",
    "RegisteredDevice",
    "Unified",
    "DynamicMembership",
    "Paused",
];
