//! An object as a tool wrote it -> the object in Graph's own form.
//!
//! The facts table says what each member is called and what it holds. By it, names of any
//! letter case become Graph's (`IncludeUsers`, `IPRanges`), `AdditionalProperties` is opened,
//! a list that PowerShell unwrapped is a list again, a text is a boolean or a number where
//! one belongs. What cannot be brought back is an error: a policy without one of its
//! exclusions is another policy.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::document::{Document, below};
use super::lost;
use super::noted::Noted;
use super::sort::{stated_type, text};
use crate::manifest::finding::{Code, Finding};
use crate::model::facts::{Edition, EnumFacts, Facts, Property};
use crate::model::normal::{ANSWER_ONLY, READ_ONLY, holds_something, is_annotation, is_empty};
use crate::model::tables::{is_guid, special};
use crate::model::values::SENTINEL;

/// Mends one object.
pub struct Mender<'a> {
    document: &'a Document,
    /// What has been found.
    pub findings: &'a mut Noted,
    /// True once something is lost or cannot be understood: the object is not to be used.
    pub lost: bool,
    /// Ids and names that stood where an id belongs, as whole objects.
    pub expanded: Vec<(String, String)>,
}

/// What a member holds.
struct Slot<'a> {
    name: &'a str,
    type_name: &'a str,
    at: &'a str,
}

impl<'a> Mender<'a> {
    /// A mender for an object of `document`.
    pub fn new(document: &'a Document, findings: &'a mut Noted) -> Mender<'a> {
        Mender {
            document,
            findings,
            lost: false,
            expanded: Vec::new(),
        }
    }

    /// The object `map`, which stands at `at`, in Graph's form of the type `type_name`.
    pub fn object(
        &mut self,
        type_name: &str,
        map: &Map<String, Value>,
        at: &str,
    ) -> Map<String, Value> {
        let facts = Facts::get();
        let known = members(facts, type_name, map);
        let open = facts.is_open(type_name);
        let mut mended = Map::new();
        for (name, value, at) in self.entries(map, at) {
            if name == "@odata.type" || name.eq_ignore_ascii_case("OdataType") {
                if let Value::String(stated) = value {
                    mended.insert("@odata.type".to_owned(), full_type(stated).into());
                }
                continue;
            }
            if is_annotation(name) {
                continue;
            }
            let found = known
                .get_key_value(name)
                .or_else(|| known.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)))
                .or_else(|| known.get_key_value(other_name(name)?));
            let (canonical, mended_value) = match found {
                Some((canonical, property)) => {
                    let slot = Slot {
                        name: canonical,
                        type_name: &property.type_name,
                        at: &at,
                    };
                    let value = self.value(&slot, property.collection, value);
                    ((*canonical).to_owned(), value)
                }
                None => (self.unknown(name, value, &at, open), value.clone()),
            };
            self.insert(&mut mended, canonical, mended_value, &at);
        }
        mended
    }

    /// The members, those of `AdditionalProperties` among them, each with its pointer.
    fn entries<'m>(
        &mut self,
        map: &'m Map<String, Value>,
        at: &str,
    ) -> Vec<(&'m str, &'m Value, String)> {
        let mut entries = Vec::with_capacity(map.len());
        for (name, value) in map {
            let at = below(at, name);
            if !name.eq_ignore_ascii_case("AdditionalProperties") {
                entries.push((name.as_str(), value, at));
                continue;
            }
            match value {
                Value::Object(more) => {
                    entries.extend(more.iter().map(|(k, v)| (k.as_str(), v, below(&at, k))));
                }
                Value::String(cut) if lost::is_cut_off(cut) => self.cut_off(name, &at),
                _ => {}
            }
        }
        entries
    }

    fn insert(&mut self, mended: &mut Map<String, Value>, name: String, value: Value, at: &str) {
        match mended.get(&name) {
            Some(before) if !is_empty(before) => {
                if !is_empty(&value) && *before != value {
                    self.lose(
                        Code::DuplicateKey,
                        at,
                        format!("`{name}` stands twice, with different values"),
                        "leave the right one",
                    );
                }
            }
            _ => {
                mended.insert(name, value);
            }
        }
    }

    /// The name of a member that the facts do not have.
    fn unknown(&mut self, name: &str, value: &Value, at: &str, open: bool) -> String {
        let answered = READ_ONLY
            .iter()
            .chain(ANSWER_ONLY)
            .find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = answered
            && (READ_ONLY.contains(known) || !holds_something(value))
        {
            return (*known).to_owned();
        }
        if let Value::String(cut) = value
            && lost::is_cut_off(cut)
        {
            self.cut_off(name, at);
        } else if !open && holds_something(value) {
            self.findings.note(|| {
                Finding::warning(
                    Code::UnmodelledMember,
                    format!("gatewright does not know the property `{name}`"),
                )
                .at(self.document.key_place(at))
                .help(
                    "it has no part in the manifest: a policy made from the manifest is without it",
                )
            });
        }
        camel(name)
    }

    /// A member's value.
    fn value(&mut self, slot: &Slot<'_>, collection: bool, value: &Value) -> Value {
        if let Value::String(cut) = value
            && lost::is_cut_off(cut)
        {
            self.cut_off(slot.name, slot.at);
            return Value::Null;
        }
        if collection {
            return Value::Array(self.list(slot, value));
        }
        match value {
            Value::Array(items) => {
                let mut held: Vec<&Value> = items.iter().filter(|i| !is_empty(i)).collect();
                match (held.len(), held.pop()) {
                    (1, Some(one)) => {
                        let lost = self.lost;
                        let value = self.one(slot, one);
                        if self.lost == lost {
                            self.mended(slot, "is a list of one: the value was taken out of it");
                        }
                        value
                    }
                    (_, None) => Value::Null,
                    _ if is_flags(slot.type_name) => {
                        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                        self.one(slot, &Value::String(texts.join(",")))
                    }
                    _ => self.wrong(slot, "is a list, and holds one value in Graph"),
                }
            }
            one => self.one(slot, one),
        }
    }

    /// A list, whatever became of it on the way.
    fn list(&mut self, slot: &Slot<'_>, value: &Value) -> Vec<Value> {
        let items: Vec<&Value> = match value {
            Value::Null => return Vec::new(),
            Value::Array(items) => items
                .iter()
                .flat_map(|item| match item {
                    Value::Array(inner) => inner.iter().collect(),
                    other => vec![other],
                })
                .collect(),
            // What Windows PowerShell makes of some lists: {"value": [...], "Count": 2}.
            Value::Object(map) if map.get("value").is_some_and(Value::is_array) => {
                map["value"].as_array().into_iter().flatten().collect()
            }
            Value::Object(map) if map.is_empty() => return Vec::new(),
            Value::String(text) if text.trim().is_empty() => return Vec::new(),
            Value::String(text) => match self.split(slot, text) {
                Some(parts) => {
                    self.mended(slot, "is one text: it was split into a list");
                    return parts
                        .iter()
                        .map(|part| self.one(slot, &Value::String((*part).to_owned())))
                        .filter(|item| !item.is_null())
                        .collect();
                }
                None => {
                    self.mended(slot, "is a single value: a list was made of it");
                    vec![value]
                }
            },
            _ => {
                self.mended(slot, "is a single value: a list was made of it");
                vec![value]
            }
        };
        if items.iter().any(|item| item.is_null()) {
            self.mended(slot, "holds `null`, which was left out");
        }
        let mut mended = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let at = format!("{}/{index}", slot.at);
            let slot = Slot { at: &at, ..*slot };
            if let Value::String(cut) = item
                && lost::is_cut_off(cut)
            {
                self.cut_off(slot.name, slot.at);
                continue;
            }
            let item = self.one(&slot, item);
            if !is_empty(&item) {
                mended.push(item);
            }
        }
        mended
    }

    /// The parts of a text that was a list of ids or of members of an enum: PowerShell joins
    /// by blanks, people by commas.
    fn split<'t>(&self, slot: &Slot<'_>, joined: &'t str) -> Option<Vec<&'t str>> {
        let parts: Vec<&str> = joined
            .split([',', ';', ' '])
            .filter(|part| !part.is_empty())
            .collect();
        let members = Facts::get().enums.get(slot.type_name).filter(|e| !e.flags);
        let whole = parts.iter().all(|part| {
            is_guid(part) || members.is_some_and(|members| members.canonical(part).is_some())
        });
        (parts.len() > 1 && whole).then_some(parts)
    }

    /// One value, of a list or alone.
    fn one(&mut self, slot: &Slot<'_>, value: &Value) -> Value {
        let facts = Facts::get();
        if value.is_null() {
            return Value::Null;
        }
        if facts.types.contains_key(slot.type_name) {
            return self.one_object(slot, value);
        }
        if let Some(members) = facts.enums.get(slot.type_name) {
            return self.one_member(slot, members, value);
        }
        match (slot.type_name, value) {
            ("Edm.Boolean", Value::Bool(_)) => value.clone(),
            ("Edm.Boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str()
            {
                "" => Value::Null,
                word @ ("true" | "false") => {
                    self.mended(slot, "is a text: it was read as true or false");
                    Value::Bool(word == "true")
                }
                _ => self.wrong(slot, "is a text, and is true or false in Graph"),
            },
            ("Edm.Boolean", _) => self.wrong(slot, "is true or false in Graph"),
            ("Edm.Int32" | "Edm.Int64", Value::Number(_)) => value.clone(),
            ("Edm.Int32" | "Edm.Int64", Value::String(text)) => match text.trim().parse::<i64>() {
                Ok(number) => {
                    self.mended(slot, "is a text: it was read as a number");
                    number.into()
                }
                Err(_) if text.trim().is_empty() => Value::Null,
                Err(_) => self.wrong(slot, "is a text, and a number in Graph"),
            },
            ("Edm.Int32" | "Edm.Int64", _) => self.wrong(slot, "is a number in Graph"),
            ("Edm.String", _) => self.one_text(slot, value),
            // Windows PowerShell writes a date as an object; it is set by the service anyhow.
            ("Edm.DateTimeOffset", Value::String(_)) => value.clone(),
            ("Edm.DateTimeOffset", _) => Value::Null,
            _ => value.clone(),
        }
    }

    fn one_object(&mut self, slot: &Slot<'_>, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mended = self.object(slot.type_name, map, slot.at);
                // The SDK writes every member of every object, and null in each.
                let mended = Value::Object(mended);
                let typed = mended.get("@odata.type").is_some()
                    && Facts::get()
                        .types
                        .get(slot.type_name)
                        .is_some_and(|t| t.is_abstract);
                if typed || holds_something(&mended) {
                    mended
                } else {
                    Value::Null
                }
            }
            Value::String(text) if text.trim().is_empty() => Value::Null,
            // A strength by its id or name, a range by its CIDR.
            Value::String(text)
                if ["authenticationStrengthPolicy", "ipRange"].contains(&slot.type_name) =>
            {
                Value::String(canonical_id(text))
            }
            _ => self.wrong(slot, "is an object in Graph"),
        }
    }

    fn one_member(&mut self, slot: &Slot<'_>, members: &EnumFacts, value: &Value) -> Value {
        let Value::String(text) = value else {
            return self.wrong(
                slot,
                "is no text: some tools write a number here, and what it stands for is not known",
            );
        };
        let text = text.trim();
        if text.is_empty() {
            return Value::Null;
        }
        if slot.type_name == "conditionalAccessPolicyState" {
            return self.state(slot, text);
        }
        let canonical = if members.flags {
            members.canonical_flags(text)
        } else {
            members
                .canonical(text)
                .map(str::to_owned)
                .ok_or_else(|| text.to_owned())
        };
        let known = canonical
            .as_ref()
            .is_ok_and(|text| !text.contains(SENTINEL));
        if !known {
            let (message, help) = if text.contains(SENTINEL) {
                (
                    format!(
                        "`{}` holds `{SENTINEL}`: the service had a value that the export was not told",
                        slot.name
                    ),
                    "export again from the beta edition of Graph, or look the value up in the portal",
                )
            } else {
                (
                    format!(
                        "`{text}` is no value of `{}` that gatewright knows; it is kept",
                        slot.name
                    ),
                    "correct it, or leave it when the service has learnt it since",
                )
            };
            self.findings.note(|| {
                Finding::warning(Code::BadValue, message)
                    .at(self.document.place(slot.at))
                    .help(help)
            });
        }
        Value::String(canonical.unwrap_or_else(|_| text.to_owned()))
    }

    /// The state of a policy, in the words that people have for it.
    fn state(&mut self, slot: &Slot<'_>, text: &str) -> Value {
        let folded: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let state = match folded.as_str() {
            "enabled" | "enable" | "on" => "enabled",
            "disabled" | "disable" | "off" => "disabled",
            "enabledforreportingbutnotenforced"
            | "enabledforreporting"
            | "reportonly"
            | "report" => "enabledForReportingButNotEnforced",
            _ => {
                self.findings.note(|| {
                    Finding::warning(Code::BadValue, format!("`{text}` is no state of a policy"))
                        .at(self.document.place(slot.at))
                        .help("write enabled, disabled or enabledForReportingButNotEnforced")
                });
                return Value::Null;
            }
        };
        if !text.eq_ignore_ascii_case(state) {
            self.mended(slot, &format!("is `{text}`: it was read as `{state}`"));
        }
        state.into()
    }

    fn one_text(&mut self, slot: &Slot<'_>, value: &Value) -> Value {
        let found = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => {
                self.mended(slot, "is a number: it was read as a text");
                number.to_string()
            }
            // A directory object in the place of its id.
            Value::Object(map) if !text(map, "id").is_empty() => {
                let id = canonical_id(text(map, "id"));
                let name = ["userPrincipalName", "displayName"]
                    .into_iter()
                    .map(|member| text(map, member))
                    .find(|name| !name.is_empty());
                if let Some(name) = name {
                    self.expanded.push((id.clone(), name.to_owned()));
                }
                self.mended(slot, "holds a whole object: its id was taken");
                id
            }
            _ => return self.wrong(slot, "is a text in Graph"),
        };
        match slot.name {
            "rule" | "description" | "membershipRule" => Value::String(found),
            "displayName" | "name" => {
                if let Some(word) = lost::placeholder_in(&found) {
                    self.placeholder(slot, word);
                }
                Value::String(found)
            }
            _ => {
                if lost::is_placeholder(&found) && !is_special(&found) {
                    self.placeholder(slot, &found);
                }
                Value::String(canonical_id(&found))
            }
        }
    }

    fn placeholder(&mut self, slot: &Slot<'_>, word: &str) {
        self.findings.note(|| {
            Finding::warning(
                Code::Placeholder,
                format!(
                    "`{word}` in `{}` is a placeholder, and neither a name nor an id; it is kept",
                    slot.name
                ),
            )
            .at(self.document.place(slot.at))
            .help("put the name of the object there")
        });
    }

    fn mended(&mut self, slot: &Slot<'_>, how: &str) {
        self.findings.note(|| {
            Finding::hint(Code::Repaired, format!("`{}` {how}", slot.name))
                .at(self.document.place(slot.at))
        });
    }

    fn wrong(&mut self, slot: &Slot<'_>, why: &str) -> Value {
        let message = format!("`{}` {why}", slot.name);
        self.lose(
            Code::WrongType,
            slot.at,
            message,
            "correct the export, or export the object again",
        );
        Value::Null
    }

    fn cut_off(&mut self, name: &str, at: &str) {
        self.lose(
            Code::LostData,
            at,
            format!("the export has lost what `{name}` held: PowerShell wrote the name of a type in its place"),
            "export again with `ConvertTo-Json -Depth 10`",
        );
    }

    /// Notes an error after which the object is not to be used.
    pub fn lose(&mut self, code: Code, at: &str, message: String, help: &str) {
        self.lost = true;
        self.findings.error(|| {
            Finding::error(code, message)
                .at(self.document.place(at))
                .help(help)
        });
    }
}

/// Every member that an object of `type_name` may have, by its name in Graph.
fn members<'f>(
    facts: &'f Facts,
    type_name: &'f str,
    map: &Map<String, Value>,
) -> IndexMap<&'f str, &'f Property> {
    let stated = stated_type(map).trim_start_matches("#microsoft.graph.");
    let derived = facts
        .types
        .get_key_value(stated)
        .filter(|(name, _)| facts.derives_from(name, type_name))
        .map(|(name, _)| name.as_str());
    let mut known = facts.properties(derived.unwrap_or(type_name), Edition::Beta);
    if derived.is_none() {
        for concrete in facts.concrete(type_name) {
            known.extend(facts.properties(concrete, Edition::Beta));
        }
    }
    // Of what can be expanded, only this is part of an object.
    for (name, property) in facts.navigation(derived.unwrap_or(type_name)) {
        if ["authenticationStrength", "combinationConfigurations"].contains(&name) {
            known.insert(name, property);
        }
    }
    known
}

/// Names that older modules have for a member.
fn other_name(name: &str) -> Option<&'static str> {
    match name {
        "_Operator" => Some("operator"),
        "ObjectId" => Some("id"),
        _ => None,
    }
}

fn is_flags(type_name: &str) -> bool {
    Facts::get().enums.get(type_name).is_some_and(|e| e.flags)
}

fn is_special(text: &str) -> bool {
    [
        special::USER_VALUES,
        special::APPLICATION_VALUES,
        special::LOCATION_VALUES,
    ]
    .iter()
    .any(|list| special::canonical(list, text).is_some())
}

fn full_type(stated: &str) -> String {
    let name = stated
        .trim_start_matches('#')
        .trim_start_matches("microsoft.graph.");
    format!("#microsoft.graph.{name}")
}

/// Graph's name from a .NET one: the first letter small.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// An id without braces and in small letters; any other text as it is, without blanks
/// around it.
pub fn canonical_id(text: &str) -> String {
    let trimmed = text.trim();
    let bare = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(trimmed);
    if is_guid(bare) {
        bare.to_ascii_lowercase()
    } else {
        trimmed.to_owned()
    }
}
