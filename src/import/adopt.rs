//! From what a manifest says to what it should say: the fewest edits of its text.

use std::collections::BTreeSet;

use serde_json::Value;

use super::naming::leave_out_defaults;
use crate::manifest::edit::{Edit, successors};
use crate::manifest::project::Manifest;
use crate::plan::diff::changes;

/// The edits that bring `manifest` from `current` to `wanted`, both in the normal form with
/// names. `called` gives the name of a reference of the manifest, by its pointer, where that
/// is not the text that stands there (an id, or another spelling).
///
/// Lists are changed item by item, so that what stays keeps its line.
pub fn edits(
    manifest: &Manifest,
    current: &Value,
    wanted: &Value,
    called: &dyn Fn(&str) -> Option<String>,
) -> Vec<Edit> {
    let references: BTreeSet<String> = manifest
        .object
        .references()
        .into_iter()
        .map(|(_, pointer, _)| pointer)
        .collect();
    let mut short = wanted.clone();
    leave_out_defaults(&mut short);
    let mut edits = Vec::new();
    for path in changes(current, wanted) {
        let pointer = format!("/{}", path.replace('.', "/"));
        let here = manifest.document.value.pointer(&pointer);
        let full = wanted.pointer(&pointer);
        // A default that a manifest may leave out is written where the text has another value.
        let Some(new) = full.map(|full| short.pointer(&pointer).unwrap_or(full)) else {
            if here.is_some() {
                edits.push(Edit::Remove { pointer });
            }
            continue;
        };
        match (here, new) {
            (Some(Value::Array(have)), Value::Array(want)) if want.iter().all(is_scalar) => {
                let name = |index: usize, item: &Value| {
                    let at = format!("{pointer}/{index}");
                    match references.contains(&at) {
                        true => called(&at).map_or_else(|| exact(item), |name| exact(&name.into())),
                        false => folded(item),
                    }
                };
                let names: Vec<String> = have.iter().enumerate().map(|(i, v)| name(i, v)).collect();
                let key = |item: &Value| match references.contains(&format!("{pointer}/0")) {
                    true => exact(item),
                    false => folded(item),
                };
                let wanted: BTreeSet<String> = want.iter().map(key).collect();
                // A group that lists its members rules over a user's `memberOf`: it has taken
                // that item over, which is then no difference of the user's, and the user is a
                // member whom the group's manifest need not name.
                let own = current.pointer(&pointer).and_then(Value::as_array);
                let is_said = |name: &String| {
                    own.is_some_and(|own| own.iter().any(|item| key(item) == *name))
                };
                let items: Vec<Value> = want
                    .iter()
                    .filter(|item| !names.contains(&key(item)))
                    .filter(|item| pointer != "/members" || !is_said(&key(item)))
                    .cloned()
                    .collect();
                let is_own = |name: &String| pointer != "/memberOf" || is_said(name);
                let indices: Vec<usize> = names
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| !wanted.contains(*name) && is_own(name))
                    .map(|(index, _)| index)
                    .collect();
                if !items.is_empty() {
                    let pointer = pointer.clone();
                    edits.push(Edit::Append { pointer, items });
                }
                if !indices.is_empty() {
                    edits.push(Edit::RemoveItems { pointer, indices });
                }
            }
            _ => edits.push(Edit::Set {
                pointer,
                value: here.map_or_else(|| new.clone(), |here| in_order_of(here, new)),
            }),
        }
    }
    edits.extend(operator(manifest, wanted, &edits));
    edits
}

/// The operator of a single requirement means nothing and has no part in the comparison
/// (CA-R10); where the requirements change, what the text says begins to mean something.
fn operator(manifest: &Manifest, wanted: &Value, edits: &[Edit]) -> Option<Edit> {
    const POINTER: &str = "/grantControls/operator";
    let at = |edit: &Edit| match edit {
        Edit::Set { pointer, .. }
        | Edit::Remove { pointer }
        | Edit::RemoveItems { pointer, .. }
        | Edit::Append { pointer, .. } => pointer.clone(),
    };
    let said = manifest.document.value.pointer(POINTER)?.as_str()?;
    let meant = wanted.pointer(POINTER)?;
    let touched = |edit: &Edit| at(edit).starts_with("/grantControls/") && at(edit) != POINTER;
    let settled = |edit: &Edit| [POINTER, "/grantControls"].contains(&at(edit).as_str());
    let differs = !meant.as_str()?.eq_ignore_ascii_case(said);
    (differs && edits.iter().any(touched) && !edits.iter().any(settled)).then(|| Edit::Set {
        pointer: POINTER.to_owned(),
        value: meant.clone(),
    })
}

/// The first-level properties that differ, whole: for where finer edits do not do.
pub fn coarse_edits(manifest: &Manifest, current: &Value, wanted: &Value) -> Vec<Edit> {
    let mut short = wanted.clone();
    leave_out_defaults(&mut short);
    let mut names: Vec<String> = changes(current, wanted)
        .iter()
        .map(|path| path.split('.').next().unwrap_or_default().to_owned())
        .collect();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let pointer = format!("/{name}");
            match short.get(&name) {
                Some(value) => Some(Edit::Set {
                    value: match manifest.document.value.get(&name) {
                        Some(here) => in_order_of(here, value),
                        None => value.clone(),
                    },
                    pointer,
                }),
                None if manifest.document.value.get(&name).is_some() => {
                    Some(Edit::Remove { pointer })
                }
                None => None,
            }
        })
        .collect()
}

/// `new` with its lists in the order in which `here` has the same items: no list of a policy
/// means anything by its order, and what stays keeps its line and spelling.
fn in_order_of(here: &Value, new: &Value) -> Value {
    match (here, new) {
        (Value::Object(here), Value::Object(new)) => new
            .iter()
            .map(|(name, value)| {
                let value = match here.get(name) {
                    Some(here) => in_order_of(here, value),
                    None => value.clone(),
                };
                (name.clone(), value)
            })
            .collect(),
        (Value::Array(here), Value::Array(new)) => {
            let trimmed = |list: &[Value]| -> Vec<Value> { list.iter().map(bare).collect() };
            let successors = successors(&trimmed(here), &trimmed(new));
            let stays = here
                .iter()
                .zip(&successors)
                .filter_map(|(here, successor)| {
                    let new = new.get((*successor)?)?;
                    Some(match exact(here) == exact(new) {
                        true => here.clone(),
                        false => in_order_of(here, new),
                    })
                });
            let comes = (new.iter().enumerate())
                .filter(|(index, _)| !successors.contains(&Some(*index)))
                .map(|(_, item)| item.clone());
            stays.chain(comes).collect()
        }
        _ => new.clone(),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Without the blanks around a text.
fn bare(value: &Value) -> Value {
    match value {
        Value::String(text) => text.trim().into(),
        other => other.clone(),
    }
}

fn exact(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// Enum members and codes are compared without case, ranges by their canonical text.
fn folded(value: &Value) -> String {
    let text = match value {
        Value::Object(range) => exact(range.get("cidrAddress").unwrap_or(value)),
        other => exact(other),
    };
    match text.parse::<ipnet::IpNet>() {
        Ok(net) => net.to_string(),
        Err(_) => text.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stays_in_a_list_keeps_its_place() {
        let here = json!({"a": ["windows", "macOS", "iOS"], "b": 1, "c": {"d": ["x", "y"]}});
        let new = json!({"a": ["linux", "iOS", "macOS"], "c": {"d": ["y", "x"]}, "e": [2, 1]});
        let expected = json!({"a": ["macOS", "iOS", "linux"], "c": {"d": ["x", "y"]}, "e": [2, 1]});
        assert_eq!(in_order_of(&here, &new), expected);
        let keys = |ids: &[&str]| json!({"of": ["fido2"], "ids": ids});
        let here = json!([keys(&["b", "a"]), {"of": ["x509"]}]);
        let new = json!([{"of": ["x509"]}, keys(&["a", "b", "c"])]);
        let expected = json!([keys(&["b", "a", "c"]), {"of": ["x509"]}]);
        assert_eq!(in_order_of(&here, &new), expected);
    }
}
