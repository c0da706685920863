//! In what two sides of an object differ, in few words and so that equal changes are found.

use serde_json::Value;

use crate::model::Kind;
use crate::model::enums::PolicyState;
use crate::model::values::GraphEnum;
use crate::plan::diff::changes;
use crate::text::{few, visible};

/// How many items and properties are named.
const MOST: usize = 3;

/// The longest value that is shown, in characters.
const LONGEST: usize = 40;

/// How one property differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Delta {
    /// The property, as a dotted path.
    path: String,
    /// Items that end, or the value that ends.
    minus: Vec<String>,
    /// Items that begin, or the value that begins.
    plus: Vec<String>,
    /// Whether the items are those of a list.
    listed: bool,
}

/// How two sides differ, both with names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ActionChange {
    /// The names before and after, where they differ.
    pub(super) renamed: Option<(String, String)>,
    /// The rest.
    pub(super) deltas: Vec<Delta>,
}

impl ActionChange {
    /// From `before` to `after`, which are normal forms of an object of `kind`.
    pub(super) fn of(kind: Kind, before: &Value, after: &Value) -> ActionChange {
        let mut change = ActionChange::default();
        for path in changes(before, after) {
            let pointer = format!("/{}", path.replace('.', "/"));
            let (old, new) = (before.pointer(&pointer), after.pointer(&pointer));
            if path == kind.identity_property()
                && let (Some(Value::String(old)), Some(Value::String(new))) = (old, new)
            {
                change.renamed = Some((old.clone(), new.clone()));
                continue;
            }
            let items = |side: Option<&Value>| match side {
                Some(Value::Array(items)) => Some(items.clone()),
                _ => None,
            };
            let (minus, plus, listed) = match (items(old), items(new)) {
                (Some(old), Some(new)) => (beyond(&old, &new), beyond(&new, &old), true),
                (Some(old), None) if new.is_none() => (beyond(&old, &[]), Vec::new(), true),
                (None, Some(new)) if old.is_none() => (Vec::new(), beyond(&new, &[]), true),
                _ => {
                    let one = |side: Option<&Value>| side.map(text).into_iter().collect();
                    (one(old), one(new), false)
                }
            };
            change.deltas.push(Delta {
                path,
                minus,
                plus,
                listed,
            });
        }
        change
    }

    /// In few words, for a reader who sees the object called `name`.
    pub(super) fn words(&self, name: &str) -> String {
        let renamed = self.renamed.iter().map(|(old, new)| match old == name {
            true => format!("renamed to \"{}\"", visible(new, false)),
            false => format!("renamed from \"{}\"", visible(old, false)),
        });
        few(renamed.chain(self.deltas.iter().map(Delta::words)), MOST)
    }

    /// What others have in common that are changed in the same way.
    pub(super) fn common_words(&self) -> String {
        let renamed = self.renamed.iter().map(|_| "renamed".to_owned());
        few(renamed.chain(self.deltas.iter().map(Delta::words)), MOST)
    }
}

/// The items of `some` that `others` does not have.
fn beyond(some: &[Value], others: &[Value]) -> Vec<String> {
    let all = some.iter().filter(|item| !others.contains(item));
    all.map(text).collect()
}

/// A value as a word. An object is one whose text is never short.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => match map.get("cidrAddress") {
            Some(Value::String(range)) => range.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

impl Delta {
    fn words(&self) -> String {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        let short = |items: &[String]| items.iter().all(|i| i.chars().count() <= LONGEST);
        let shown = |items: &[String]| {
            let word = |item: &String| match name {
                "state" => state(item).to_owned(),
                _ => visible(item, false),
            };
            few(items.iter().map(word), MOST)
        };
        let is_shown = |items: &[String]| short(items) && !is_object(items);
        let signed = |sign: char, items: &[String]| match is_shown(items) {
            true => format!("{sign} {name}: {}", shown(items)),
            false => format!("{sign} {name}"),
        };
        match (self.minus.as_slice(), self.plus.as_slice()) {
            ([], []) => name.to_owned(),
            (minus, []) => signed('-', minus),
            ([], plus) => signed('+', plus),
            (minus, plus) if self.listed => match is_shown(minus) || is_shown(plus) {
                true => format!("{}, {}", signed('+', plus), signed('-', minus)),
                false => format!("~ {name}"),
            },
            (minus, plus) if short(minus) && short(plus) && !is_object(&[minus, plus].concat()) => {
                format!("{name}: {} to {}", shown(minus), shown(plus))
            }
            _ => format!("another {name}"),
        }
    }
}

fn is_object(items: &[String]) -> bool {
    items.iter().any(|item| item.starts_with('{'))
}

/// A state of a policy as people call it.
pub(super) fn state(text: &str) -> &str {
    match PolicyState::parse(text) {
        PolicyState::ReportOnly => "report-only",
        PolicyState::Enabled => "enabled",
        PolicyState::Disabled => "disabled",
        PolicyState::Other(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(before: &Value, after: &Value) -> String {
        ActionChange::of(Kind::ConditionalAccessPolicy, before, after).words("")
    }

    #[test]
    fn a_change_is_told_in_few_words() {
        let before = json!({
            "displayName": "Old", "state": "enabled",
            "conditions": {"users": {"excludeGroups": ["A", "B"]}},
            "grantControls": {"operator": "OR"},
        });
        let change = |pointer: &str, value: Value| {
            let mut after = before.clone();
            *after.pointer_mut(pointer).unwrap() = value;
            words(&before, &after)
        };
        assert_eq!(change("/displayName", json!("New")), "renamed from \"Old\"");
        assert_eq!(
            change("/state", json!("enabledForReportingButNotEnforced")),
            "state: enabled to report-only"
        );
        let groups = "/conditions/users/excludeGroups";
        assert_eq!(change(groups, json!(["A", "B", "C"])), "+ excludeGroups: C");
        assert_eq!(
            change(groups, json!(["A", "C\u{1b}"])),
            "+ excludeGroups: C\\u{1b}, - excludeGroups: B"
        );
        assert_eq!(
            change(groups, json!(["A", "B", "C", "D", "E", "F", "G"])),
            "+ excludeGroups: C, D, E and 2 more"
        );
        assert_eq!(
            change("/grantControls", json!(null)),
            "another grantControls"
        );
        let mut without = before.clone();
        without
            .as_object_mut()
            .unwrap()
            .shift_remove("grantControls");
        assert_eq!(words(&before, &without), "- grantControls");
        assert_eq!(words(&without, &before), "+ grantControls");
        assert_eq!(words(&before, &before), "");
    }

    #[test]
    fn a_list_of_objects_is_named_once() {
        let strength = |id: &str| json!({"combinationConfigurations": [{"allowedAAGUIDs": [id]}]});
        assert_eq!(
            words(&strength("a"), &strength("b")),
            "~ combinationConfigurations"
        );
        let none = json!({"combinationConfigurations": []});
        assert_eq!(words(&none, &strength("b")), "+ combinationConfigurations");
    }

    #[test]
    fn equal_changes_of_unequal_objects_are_equal() {
        let policy = |name: &str, groups: Value| json!({"displayName": name, "conditions": {"users": {"excludeGroups": groups}}});
        let change =
            |before, after| ActionChange::of(Kind::ConditionalAccessPolicy, &before, &after);
        let one = change(policy("A", json!(["x"])), policy("A", json!(["p", "x"])));
        let other = change(policy("B", json!([])), policy("B", json!(["p"])));
        assert_eq!(one, other);
        let third = change(policy("C", json!(["x"])), policy("C", json!(["p"])));
        assert_ne!(one, third);
    }
}
