//! One object that an export holds twice, and two that share a name.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;

use super::Exported;
use super::noted::Noted;
use crate::finding::{Code, Finding, Severity};
use crate::model::Kind;
use crate::model::normal::holds_something;

/// Each object once. Of two with one id the one that was changed last is kept, else the first, and
/// the other one is `dropped`; two of one name and different ids are both kept, and told.
pub(crate) fn once_each(
    objects: Vec<Exported>,
    findings: &mut Noted,
    dropped: &mut Vec<Kind>,
) -> Vec<Exported> {
    let mut kept: Vec<Exported> = Vec::with_capacity(objects.len());
    let mut by_id: HashMap<(Kind, String), usize> = HashMap::new();
    let mut by_name: HashMap<(Kind, String), usize> = HashMap::new();
    for object in objects {
        let id = object
            .object
            .id()
            .map(|id| (object.kind, id.to_ascii_lowercase()));
        let place = id.as_ref().and_then(|id| by_id.get(id));
        if let Some(before) = place.and_then(|at| kept.get_mut(*at)) {
            same_id(before, object, findings, dropped);
            continue;
        }
        let name = (object.kind, object.object.name().to_owned());
        if let Some(before) = by_name.get(&name).and_then(|at| kept.get(*at)) {
            let no_ids = before.object.id().is_none() || object.object.id().is_none();
            if no_ids && before.object.normal_form() == object.object.normal_form() {
                findings.note(|| twice(&object, before, "the same object is here again", true));
                continue;
            }
            let message = format!(
                "a second {} is named `{}`",
                object.kind.words(),
                object.object.name()
            );
            findings.note(|| {
                twice(&object, before, &message, false)
                    .help("gatewright identifies objects by name: rename one, or pin both by `id`")
            });
        }
        by_name.entry(name).or_insert(kept.len());
        if let Some(id) = id {
            by_id.insert(id, kept.len());
        }
        kept.push(object);
    }
    kept
}

fn same_id(before: &mut Exported, object: Exported, findings: &mut Noted, dropped: &mut Vec<Kind>) {
    // What stands beside or inside other objects may say less than the object's own file.
    if (before.companion || object.companion) && agree(before, &object) {
        if fuller(&object, before) {
            *before = object;
        }
        return;
    }
    let changed = |exported: &Exported| {
        exported
            .raw
            .get("modifiedDateTime")
            .and_then(|time| time.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    if before.object.normal_form() == object.object.normal_form() {
        findings.note(|| twice(&object, before, "the same object is here again", true));
        return;
    }
    let newer = match changed(&object).cmp(&changed(before)) {
        Ordering::Equal => before.companion && !object.companion,
        order => order.is_gt(),
    };
    let (name, other) = (object.object.name(), before.object.name());
    let words = object.kind.words();
    let message = if name == other {
        let used = if newer {
            "this one, which was changed later,"
        } else {
            "the other one"
        };
        format!("the {words} `{name}` is here twice, with different content; {used} is used")
    } else {
        let used = if newer { name } else { other };
        format!("the {words} `{name}` has the same id as `{other}`; `{used}` is used")
    };
    let help = "remove the unwanted copy from the export";
    let names = matches!(before.kind, Kind::Group | Kind::TestUser);
    if names && before.companion && object.companion {
        // Both are there for the names that policies use.
        findings.note(|| twice(&object, before, &message, false).help(help));
    } else {
        dropped.push(object.kind);
        findings.error(|| {
            let mut finding = twice(&object, before, &message, false);
            finding.severity = Severity::Error;
            finding.help(help)
        });
    }
    if newer {
        *before = object;
    }
}

/// Whether two objects say nothing against each other: what only one of them says, the other may
/// lack.
fn agree(one: &Exported, other: &Exported) -> bool {
    let (Value::Object(one), Value::Object(other)) =
        (one.object.normal_form(), other.object.normal_form())
    else {
        return false;
    };
    let said = |value: Option<&Value>| value.is_some_and(holds_something);
    one.iter().all(|(name, value)| {
        let there = other.get(name);
        there == Some(value) || !said(Some(value)) || !said(there)
    })
}

/// Whether an object says more than another: its own file does, and of two others the longer one.
fn fuller(one: &Exported, other: &Exported) -> bool {
    let members = |exported: &Exported| {
        let form = exported.object.normal_form();
        form.as_object().map_or(0, serde_json::Map::len)
    };
    (!one.companion, members(one)) > (!other.companion, members(other))
}

fn twice(object: &Exported, before: &Exported, message: &str, harmless: bool) -> Finding {
    let finding = if harmless {
        Finding::hint(Code::DuplicateObject, message)
    } else {
        Finding::warning(Code::DuplicateObject, message)
    };
    finding
        .at(object.source.place())
        .related(before.source.place(), "the other one")
}
