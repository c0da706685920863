//! From ids to names: an object as Graph gives it becomes what a person would write.

use serde_json::{Map, Value};

use crate::manifest::write::Note;
use crate::model::facts::{Facts, Property};
use crate::model::location::LocationType;
use crate::model::normal::{FoundMember, beta_members};
use crate::model::refs::RefKind;
use crate::model::tables::combinations::{built_in_by_id, built_in_by_name};
use crate::model::tables::{APPS, ROLES, special};
use crate::model::{Kind, Object};
use crate::tenant::snapshot::NameIndex;
use crate::text::is_guid;
use crate::text::pointer::dotted;

/// One object on its way to a manifest.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The kind.
    pub kind: Kind,
    /// The object's id, where it came from.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// The normal form, with names in the place of ids.
    pub normal: Value,
    /// What is written: the normal form without what a manifest may leave out, and with the
    /// id when the name alone does not tell the object.
    pub value: Value,
    /// Comments in the text.
    pub notes: Vec<Note>,
    /// Those of the comments that need a person.
    pub alerts: Vec<Note>,
}

/// Where names come from.
#[derive(Debug, Clone, Copy)]
pub struct Namer<'a> {
    /// The names and ids that are known.
    pub index: &'a NameIndex,
    /// What it means that an id has no name: for instance that the tenant has no such object.
    pub nameless: &'a str,
}

/// What an id is called.
enum Called {
    /// By a name that means this object and no other.
    Name(String),
    /// By itself; the reason is for a comment.
    Id(String),
    /// By itself, which is how people call it.
    Itself,
}

impl Namer<'_> {
    /// The object with names in the place of ids.
    pub fn named(&self, object: &Object) -> Object {
        let mut named = object.clone();
        for reference in named.references_mut() {
            if let Called::Name(name) = self.call(reference.kind, reference.target) {
                *reference.target = name;
            }
        }
        named
    }

    /// What the id `target` is called where a `kind` is meant; the id itself when it has no
    /// name of its own.
    pub fn name(&self, kind: RefKind, target: &str) -> String {
        match self.call(kind, target) {
            Called::Name(name) => name,
            Called::Id(_) | Called::Itself => target.to_owned(),
        }
    }

    fn call(&self, kind: RefKind, target: &str) -> Called {
        let target = target.trim();
        if special::canonical(kind.special_values(), target).is_some()
            || kind == RefKind::Context
            || !is_guid(target)
        {
            return Called::Itself;
        }
        match kind {
            RefKind::Role => {
                if let Some(role) = ROLES.by_id(target) {
                    return Called::Name(role.name.to_owned());
                }
            }
            RefKind::Strength => {
                // Known by its id; what a tenant calls it differs (CA-R89).
                if let Some(known) = built_in_by_id(target) {
                    return self.sole(kind, known.display_name, target);
                }
            }
            RefKind::Application => {
                if let Some(app) = APPS.by_id(target) {
                    return self.sole(kind, app.name, target);
                }
            }
            RefKind::Member => {
                if let Some(user) = self.index.by_id(RefKind::User, target) {
                    return self.sole(RefKind::User, &user.name, target);
                }
                if let Some(group) = self.index.by_id(RefKind::Group, target) {
                    return match group.name.contains('@') {
                        // Here an `@` tells a user from a group.
                        true => Called::Id(unreadable(&group.name)),
                        false => self.sole(RefKind::Group, &group.name, target),
                    };
                }
                if let Some(known) = self.index.by_id(RefKind::ServicePrincipal, target) {
                    return Called::Id(format!("the service principal {}", known.name));
                }
            }
            _ => {}
        }
        match self.index.by_id(kind, target) {
            Some(known) => self.sole(kind, &known.name, target),
            None => Called::Id(match self.other_kind(kind, target) {
                Some((other, name)) => format!("this is the {} {name}", other.words()),
                None if self.index.is_unread(kind) => "its name could not be read".to_owned(),
                None => self.nameless.to_owned(),
            }),
        }
    }

    /// What the id is, when it is no `kind`.
    fn other_kind(&self, kind: RefKind, id: &str) -> Option<(RefKind, &str)> {
        [RefKind::User, RefKind::Group, RefKind::ServicePrincipal]
            .into_iter()
            .filter(|other| *other != kind)
            .find_map(|other| Some((other, self.index.by_id(other, id)?.name.as_str())))
    }

    /// `name`, if a plan would read it as `id` and as nothing else.
    fn sole(&self, kind: RefKind, name: &str, id: &str) -> Called {
        let others = self
            .index
            .by_name(kind, name)
            .iter()
            .filter(|known| !known.id.eq_ignore_ascii_case(id))
            .count();
        let table = match kind {
            RefKind::Application => APPS.by_name(name).map(|app| app.id),
            RefKind::Role => ROLES.by_name(name).map(|role| role.id),
            RefKind::Strength => built_in_by_name(name).map(|known| known.id),
            _ => None,
        };
        if others > 0 || table.is_some_and(|known| !known.eq_ignore_ascii_case(id)) {
            return Called::Id(format!("{name} (not the only one with this name)"));
        }
        // What means everybody among users is refused among groups and roles.
        let specials = match kind {
            RefKind::Group | RefKind::Role => special::users(),
            kind => kind.special_values(),
        };
        let readable = !name.is_empty()
            && name.trim() == name
            && !is_guid(name)
            && special::canonical(specials, name).is_none();
        match readable {
            true => Called::Name(name.to_owned()),
            false => Called::Id(unreadable(name)),
        }
    }

    /// What is to be written for `object`, which came as `raw`.
    ///
    /// `pin`: its name is not the only one of its kind, so the id tells which is meant.
    pub fn draft(&self, object: &Object, raw: &Value, unknown: &[FoundMember], pin: bool) -> Draft {
        let kind = object.kind();
        let normal = self.named(object).normal_form();
        let id = object
            .id()
            .or_else(|| raw.get("id").and_then(Value::as_str))
            .map(str::to_owned);
        let mut value = Map::new();
        let (mut notes, mut alerts) = (Vec::new(), Vec::new());
        if let Some(id) = &id
            && (pin || kind == Kind::AuthenticationContext)
        {
            value.insert("id".to_owned(), id.clone().into());
            if pin {
                alerts.push(Note {
                    pointer: "/id".to_owned(),
                    text: format!("another {} also has this name", kind.words()),
                });
            }
        }
        let mut rest = normal.clone();
        leave_out_defaults(&mut rest);
        if let (Object::Group(_), Value::Object(rest)) = (object, &mut rest) {
            // A security group's nickname is made up by whatever created it and has no use.
            rest.shift_remove("mailNickname");
        }
        if let Value::Object(rest) = rest {
            value.extend(rest);
        }
        let value = Value::Object(value);
        remark(kind, &value, raw, &mut notes);
        for (kind, pointer, target) in references(kind, &value) {
            if kind == RefKind::Location && target == special::MFA_TRUSTED_IPS {
                let text = "the trusted addresses of the multifactor authentication settings";
                notes.push(Note {
                    pointer,
                    text: text.to_owned(),
                });
            }
        }
        self.alert(kind, &value, unknown, &mut alerts);
        notes.extend(alerts.iter().cloned());
        Draft {
            kind,
            id,
            name: object.name().to_owned(),
            normal,
            value,
            notes,
            alerts,
        }
    }

    /// Comments on what needs a person.
    fn alert(&self, kind: Kind, value: &Value, unknown: &[FoundMember], alerts: &mut Vec<Note>) {
        for member in unknown {
            alerts.push(Note {
                pointer: String::new(),
                text: format!(
                    "`{}` is set to {} and unknown to gatewright, which leaves it as it is.",
                    dotted(&member.pointer),
                    member.value
                ),
            });
        }
        for (kind, pointer, target) in references(kind, value) {
            if let Called::Id(why) = self.call(kind, &target) {
                alerts.push(Note { pointer, text: why });
            }
        }
    }
}

/// Why an id stays an id although it has a name of its own.
fn unreadable(name: &str) -> String {
    format!("{name} (as a name it would be read as something else)")
}

/// Comments on what is worth knowing.
fn remark(kind: Kind, value: &Value, raw: &Value, notes: &mut Vec<Note>) {
    let mut whole = |text: String| {
        notes.push(Note {
            pointer: String::new(),
            text,
        });
    };
    if matches!(
        Object::from_value(kind, value),
        Ok(Object::NamedLocation(location))
            if location.location_type() == LocationType::CompliantNetwork
    ) {
        whole("The service creates this location, one per tenant; only the beta edition of Graph shows it.".to_owned());
        return;
    }
    if matches!(kind, Kind::Group | Kind::TestUser) {
        return;
    }
    let beta: Vec<String> = beta_members(kind.graph_type(), raw)
        .iter()
        .filter(|member| value.pointer(&member.pointer).is_some())
        .map(|member| format!("`{}`", dotted(&member.pointer)))
        .collect();
    if !beta.is_empty() {
        let (verb, them) = match beta.len() {
            1 => ("is", "it"),
            _ => ("are", "them"),
        };
        whole(format!(
            "{} {verb} in preview: only the beta edition of Graph has {them}.",
            beta.join(", ")
        ));
    }
}

/// The references of a manifest's value.
fn references(kind: Kind, value: &Value) -> Vec<(RefKind, String, String)> {
    Object::from_value(kind, value).map_or_else(|_| Vec::new(), |object| object.references())
}

/// True for a property that Graph writes as one text of members joined by commas.
fn is_flags(name: &str) -> bool {
    let facts = Facts::get();
    let flags = |fact: &Property| {
        !fact.collection && facts.enums.get(&fact.type_name).is_some_and(|e| e.flags)
    };
    (facts.types.values()).any(|known| known.properties.get(name).is_some_and(flags))
}

/// Several members of a flags value as a list, which is what a person reads and changes.
fn list_flags(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, member) in map.iter_mut() {
                let several = member.as_str().filter(|text| text.contains(','));
                if let Some(text) = several
                    && is_flags(name)
                {
                    *member = text
                        .split(',')
                        .map(|part| Value::from(part.trim()))
                        .collect();
                }
                list_flags(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(list_flags),
        _ => {}
    }
}

/// Writes flags as lists, and takes out what a manifest may leave out: that a session control which
/// is written down is on, and the documented defaults of the sign-in frequency.
pub fn leave_out_defaults(value: &mut Value) {
    list_flags(value);
    let Some(Value::Object(controls)) = value.pointer_mut("/sessionControls") else {
        return;
    };
    for (_, control) in controls.iter_mut() {
        let Value::Object(control) = control else {
            continue;
        };
        for (name, default) in [
            ("authenticationType", "primaryAndSecondaryAuthentication"),
            ("frequencyInterval", "timeBased"),
        ] {
            if control.get(name).and_then(Value::as_str) == Some(default) {
                control.shift_remove(name);
            }
        }
        if control.len() > 1 && control.get("isEnabled") == Some(&Value::Bool(true)) {
            control.shift_remove("isEnabled");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_said_to_be_gone() {
        let id = "11111111-2222-3333-4444-555555555555";
        let policy = json!({
            "displayName": "A",
            "state": "enabled",
            "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": [id]}},
            "grantControls": {"operator": "OR", "termsOfUse": [id]},
        });
        let object = Object::from_value(Kind::ConditionalAccessPolicy, &policy).unwrap();
        let mut index = NameIndex::default();
        index.set_unread(RefKind::Agreement);
        let namer = Namer {
            index: &index,
            nameless: "gone",
        };
        let draft = namer.draft(&object, &policy, &[], false);
        let told: Vec<(&str, &str)> = draft
            .alerts
            .iter()
            .map(|note| (note.pointer.as_str(), note.text.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("/conditions/users/excludeGroups/0", "gone"),
                ("/grantControls/termsOfUse/0", "its name could not be read"),
            ]
        );
    }
}
