//! Results without a name of the tenant: groups, users, applications, policies, locations and what
//! else it named are called by numbers, the same in a whole result.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::PeopleImpact;
use super::directory::PeopleDirectory;
use super::edits::PeopleEdits;
use crate::model::tables::APPS;
use crate::whatif::{PolicySet, SignIn, World};

/// A message of a request without what it names: of each path the edition and the collection alone,
/// and no principal name.
pub fn without_paths(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut in_query = false;
    for word in text.split(' ') {
        let is_path = word.contains("/v1.0/") || word.contains("/beta/");
        // A filter has blanks, and ends where the message goes on.
        if in_query && !is_path && word != "was" {
            continue;
        }
        in_query = is_path && word.contains('?');
        let is_name = word.contains('@') || word.contains("%40");
        words.push(match (is_path, is_name) {
            (true, _) => {
                let path = word.split(['?', '(']).next().unwrap_or_default();
                let (before, rest) = match path.split_once("/v1.0/") {
                    Some((before, rest)) => (format!("{before}/v1.0"), rest),
                    None => match path.split_once("/beta/") {
                        Some((before, rest)) => (format!("{before}/beta"), rest),
                        None => (String::new(), path),
                    },
                };
                let collection = rest.split('/').next().unwrap_or_default();
                format!("{before}/{collection}")
            }
            (false, true) => "(a name)".to_owned(),
            (false, false) => word.to_owned(),
        });
    }
    words.join(" ")
}

/// What stands for names.
#[derive(Debug, Default)]
pub struct NameMask {
    known: HashMap<(&'static str, String), String>,
    /// The ids of what has a name and an id.
    ids: HashMap<(&'static str, String), String>,
    many: HashMap<&'static str, usize>,
}

impl NameMask {
    /// What stands for a name.
    pub fn of(&mut self, kind: &'static str, name: &str) -> String {
        let many = &mut self.many;
        let known = self.known.entry((kind, name.to_lowercase()));
        let masked = known.or_insert_with(|| {
            let number = many.entry(kind).or_default();
            *number += 1;
            format!("{kind}-{number}")
        });
        masked.clone()
    }

    fn hide(&mut self, kind: &'static str, name: &mut String) {
        *name = self.of(kind, name);
    }

    /// Masks both sides: each object has the same mask before and after, by its id where it has one.
    pub fn sets(&mut self, sides: [&mut PolicySet; 2]) {
        for set in sides {
            for policy in &mut set.policies {
                let id = policy.id.clone();
                policy.display_name = self.by_id("policy", id.as_deref(), &policy.display_name);
                policy.description = None;
            }
            self.world(&mut set.world);
        }
    }

    fn by_id(&mut self, kind: &'static str, id: Option<&str>, name: &str) -> String {
        if let Some(id) = id {
            let known = self.ids.entry((kind, name.to_lowercase()));
            known.or_insert_with(|| id.to_owned());
        }
        self.of(kind, id.unwrap_or(name))
    }

    /// What stands for something that is named by its name or its id.
    pub fn of_either(&mut self, kind: &'static str, name: &str) -> String {
        let id = self.ids.get(&(kind, name.to_lowercase())).cloned();
        self.of(kind, id.as_deref().unwrap_or(name))
    }

    fn world(&mut self, world: &mut World) {
        world.default_domain = None;
        for one in &mut world.locations {
            one.display_name = self.by_id("location", one.id.as_deref(), &one.display_name);
        }
        for one in &mut world.strengths {
            let own = one.id.as_deref().unwrap_or(&one.display_name);
            if !crate::whatif::is_built_in_strength(own) {
                one.display_name = self.by_id("strength", one.id.as_deref(), &one.display_name);
            }
        }
        for one in &mut world.contexts {
            one.display_name = self.by_id("context", one.id.as_deref(), &one.display_name);
        }
        for one in &mut world.groups {
            one.display_name = self.by_id("group", one.id.as_deref(), &one.display_name);
            one.members = None;
            one.rule = None;
        }
        for one in &mut world.users {
            let name = self.by_id("user", one.id.as_deref(), &one.user_principal_name);
            one.user_principal_name = name;
            one.display_name = None;
        }
        for one in &mut world.applications {
            let id = one.app_id.clone();
            let is_public = id.as_deref().is_some_and(|id| APPS.by_id(id).is_some());
            one.display_name = match (is_public, id) {
                (true, Some(id)) => APPS
                    .by_id(&id)
                    .map_or(String::new(), |app| app.name.to_owned()),
                (_, id) => self.by_id("application", id.as_deref(), &one.display_name),
            };
        }
        for one in &mut world.names {
            one.name = self.of("object", &one.id);
        }
    }

    /// Masks the principal names.
    pub fn people(&mut self, directory: &mut PeopleDirectory, edits: &mut PeopleEdits) {
        for user in &mut directory.users {
            user.name = self.by_id("user", Some(&user.id), &user.name);
        }
        self.edits(edits);
    }

    /// Masks what a plan names of people and groups.
    pub fn edits(&mut self, edits: &mut PeopleEdits) {
        for (id, (name, _)) in &mut edits.made {
            *name = self.of("user", id);
        }
        for (id, name) in &mut edits.by_rule {
            *name = self.by_id("group", Some(id), name);
        }
    }

    /// Masks what rules name of devices and applications, which is a text of the tenant's.
    pub fn impact(&mut self, impact: &mut PeopleImpact) {
        for effect in impact.changes.iter_mut().flat_map(|one| &mut one.effects) {
            // Whoever has no name of it cannot judge it again.
            effect.replays = false;
            self.widest(&mut effect.widest);
            self.sign_in(&mut effect.sign_in);
        }
    }

    /// Masks what a box of sign-ins names of devices, applications and addresses.
    pub fn widest(&mut self, widest: &mut BTreeMap<String, Vec<String>>) {
        let all = std::mem::take(widest);
        for (member, mut values) in all {
            let of_attributes = member.contains("ttributes");
            let own = member.starts_with("deviceInfo.") || of_attributes || member == "ipAddress";
            if own && !PUBLIC.iter().any(|one| member.ends_with(one)) {
                for value in &mut values {
                    let (not, bare) = match value.strip_prefix("not ") {
                        Some(bare) => ("not ", bare.to_owned()),
                        None => ("", value.clone()),
                    };
                    // Locations are named already by what stands for them.
                    if !bare.contains("named location") {
                        *value = format!("{not}{}", self.of("value", &bare));
                    }
                }
            }
            let member = match member.split_once('.') {
                Some((of, name)) if of_attributes => format!("{of}.{}", self.of("attribute", name)),
                _ => member,
            };
            widest.insert(member, values);
        }
    }

    fn sign_in(&mut self, sign_in: &mut SignIn) {
        // It may be of a range of the tenant's; where it is from is said by the location.
        sign_in.ip_address = None;
        let Ok(mut value) = serde_json::to_value(&*sign_in) else {
            return;
        };
        for member in ["deviceInfo", "applicationAttributes"] {
            if let Some(Value::Object(members)) = value.get_mut(member) {
                for (name, value) in members {
                    if !PUBLIC.contains(&name.as_str()) {
                        self.texts(value);
                    }
                }
            }
        }
        // What the model does not take back is left out.
        match serde_json::from_value(value) {
            Ok(masked) => *sign_in = masked,
            Err(_) => {
                sign_in.device_info = None;
                sign_in.application = None;
            }
        }
    }

    fn texts(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide("value", text),
            Value::Array(list) => list.iter_mut().for_each(|one| self.texts(one)),
            Value::Object(members) => members.values_mut().for_each(|one| self.texts(one)),
            _ => {}
        }
    }
}

/// Attributes of devices whose values are the service's own words.
const PUBLIC: &[&str] = &[
    "isCompliant",
    "trustType",
    "profileType",
    "deviceOwnership",
    "ownership",
    "operatingSystem",
    "operatingSystemVersion",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_a_request_is_told_without_what_it_names() {
        for (told, masked) in [
            (
                "it is missing: GET /v1.0/users/AdeleV%40contoso.com was answered with 403 X: no",
                "it is missing: GET /v1.0/users was answered with 403 X: no",
            ),
            (
                "GET https://graph.microsoft.com/beta/users?$filter=displayName eq 'Ada L' was answered with 404 X: no AdeleV@contoso.com",
                "GET https://graph.microsoft.com/beta/users was answered with 404 X: no (a name)",
            ),
            ("nothing of that kind", "nothing of that kind"),
        ] {
            assert_eq!(without_paths(told), masked);
        }
    }
}
