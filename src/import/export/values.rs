//! Single values as a tool wrote them -> Graph's own: objects, members of enums, booleans,
//! numbers, texts and ids.

use serde_json::{Map, Number, Value};

use super::canonical_id;
use super::lost;
use super::repair::{Mender, Slot};
use super::sort::text;
use crate::finding::{Code, Finding};
use crate::model::facts::{Edition, EnumFacts, Facts};
use crate::model::normal::{READ_ONLY, holds_something, is_annotation};
use crate::model::tables::special;
use crate::model::values::SENTINEL;

impl Mender<'_> {
    /// One value, of a list or alone.
    pub(super) fn one(&mut self, slot: &Slot<'_>, value: &Value) -> Value {
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
                    self.mended(slot, "is a string: it was read as a boolean");
                    Value::Bool(word == "true")
                }
                _ => self.wrong(slot, "is a string, but a boolean in Graph"),
            },
            ("Edm.Boolean", _) => self.wrong(slot, "is a boolean in Graph"),
            ("Edm.Int32" | "Edm.Int64", Value::Number(number)) => self.one_number(slot, number),
            ("Edm.Int32" | "Edm.Int64", Value::String(text)) => match text.trim().parse::<i64>() {
                Ok(number) => {
                    self.mended(slot, "is a string: it was read as a number");
                    number.into()
                }
                Err(_) if text.trim().is_empty() => Value::Null,
                Err(_) => self.wrong(slot, "is a string, but a number in Graph"),
            },
            ("Edm.Int32" | "Edm.Int64", _) => self.wrong(slot, "is a number in Graph"),
            ("Edm.String", _) => self.one_text(slot, value),
            // Windows PowerShell writes a date as an object; it is set by the service anyhow.
            ("Edm.DateTimeOffset", Value::String(_)) => value.clone(),
            ("Edm.DateTimeOffset", _) => Value::Null,
            _ => value.clone(),
        }
    }

    /// A whole number; other languages write 4 as `4.0`.
    fn one_number(&mut self, slot: &Slot<'_>, number: &Number) -> Value {
        let fits = |number: i64| slot.type_name != "Edm.Int32" || i32::try_from(number).is_ok();
        if let Some(number) = number.as_i64() {
            return match fits(number) {
                true => number.into(),
                false => self.wrong(slot, "is a larger number than Graph takes"),
            };
        }
        let text = number.to_string();
        let whole = text
            .split_once('.')
            .filter(|(_, rest)| rest.bytes().all(|b| b == b'0'));
        match whole.and_then(|(whole, _)| whole.parse::<i64>().ok()) {
            Some(number) if fits(number) => {
                self.mended(
                    slot,
                    "is written with a decimal point: it was read as a whole number",
                );
                number.into()
            }
            _ => self.wrong(slot, "is a whole number in Graph"),
        }
    }

    fn one_object(&mut self, slot: &Slot<'_>, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mended = self.object(slot.type_name, map, slot.at);
                if !self.lost && is_hollow(slot.type_name, &mended) {
                    return self.wrong(slot, "holds nothing that Graph knows there");
                }
                let range = mended.get("cidrAddress").is_some_and(holds_something);
                if !self.lost && slot.type_name == "ipRange" && !range && !mended.is_empty() {
                    return self.wrong(slot, "has a range without `cidrAddress`");
                }
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
                if lost::is_placeholder(text) {
                    self.placeholder(slot, text);
                }
                Value::String(canonical_id(text))
            }
            _ => self.wrong(slot, "is an object in Graph"),
        }
    }

    fn one_member(&mut self, slot: &Slot<'_>, members: &EnumFacts, value: &Value) -> Value {
        let Value::String(text) = value else {
            return self.wrong(
                slot,
                "is not a string: some tools write a number here, whose meaning is not known",
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
                        "`{}` holds `{SENTINEL}`: the service had a value that it did not disclose to the export",
                        slot.name
                    ),
                    "export again from the beta edition of Graph, or look the value up in the portal",
                )
            } else {
                (
                    format!(
                        "`{text}` is not a value of `{}` that gatewright knows; it is kept",
                        slot.name
                    ),
                    "correct it, or leave it if it is a new value of the service",
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
                    let message =
                        format!("`{text}` is not a policy state: it is read as report-only");
                    Finding::warning(Code::BadValue, message)
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
                self.mended(slot, "is a number: it was read as a string");
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
                self.mended(slot, "holds a whole object: its id was used");
                id
            }
            _ => return self.wrong(slot, "is a string in Graph"),
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
                // The id of the object itself is not used; that of its strength is a reference.
                let of_strength = "/authenticationStrength/id";
                let tail = slot.at.len().checked_sub(of_strength.len());
                let refers = slot.name != "id"
                    || (tail.and_then(|at| slot.at.get(at..)))
                        .is_some_and(|tail| tail.eq_ignore_ascii_case(of_strength));
                if lost::is_placeholder(&found) && !is_special(&found) && refers {
                    self.placeholder(slot, &found);
                }
                Value::String(canonical_id(&found))
            }
        }
    }
}

/// True for an object of which nothing stays but what the service alone sets, such as an `id` where
/// no object has one.
fn is_hollow(type_name: &str, mended: &Map<String, Value>) -> bool {
    let facts = Facts::get();
    let own = |name: &str| {
        let types = facts.concrete(type_name).into_iter().chain([type_name]);
        let mut types = types.map(|name| facts.properties(name, Edition::Beta));
        types.any(|properties| properties.contains_key(name))
    };
    let mut held = mended
        .iter()
        .filter(|(name, value)| !is_annotation(name) && holds_something(value))
        .peekable();
    held.peek().is_some()
        && held.all(|(name, _)| {
            READ_ONLY.contains(&name.as_str())
                && (!own(name) || type_name.ends_with("Configuration"))
        })
}

fn is_special(text: &str) -> bool {
    [
        special::users(),
        special::applications(),
        special::locations(),
    ]
    .iter()
    .any(|list| special::canonical(list, text).is_some())
}
