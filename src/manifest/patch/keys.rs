//! When two values of a manifest are one: in the normal form, where the model has one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::manifest::edit::slot;
use crate::model::normal::is_empty;
use crate::model::{Kind, Object};

/// What tells an item of the list at `pointer` apart: its normal form in an object of the kind that
/// holds nothing else, and else the value itself.
pub(super) fn key(kind: Kind, pointer: &str, item: &Value) -> String {
    let normal = || {
        let mut whole = json!({
            "displayName": "x",
            "userPrincipalName": "x",
            "id": "c1",
            "state": "enabled",
            "conditions": {},
        });
        *slot(&mut whole, pointer).ok()? = Value::Array(vec![item.clone()]);
        let normal = Object::from_value(kind, &whole).ok()?.normal_form();
        normal.pointer(pointer)?.as_array()?.first().cloned()
    };
    normal().as_ref().unwrap_or(item).to_string()
}

/// Whether two values of the property at `pointer` mean the same. A list is a set.
pub(super) fn is_same(kind: Kind, pointer: &str, old: Option<&Value>, new: &Value) -> bool {
    // Where a manifest does not name them, they are not managed; an empty list says that there are
    // none.
    let is_managed_by_name = matches!(pointer, "/members" | "/memberOf");
    match (old, new) {
        (None | Some(Value::Null), new) if is_managed_by_name => new.is_null(),
        (Some(_), Value::Null) if is_managed_by_name => false,
        (None, new) => is_empty(new),
        (Some(Value::Array(old)), Value::Array(new)) => {
            let keys = |items: &[Value]| -> BTreeSet<String> {
                let items = items.iter();
                items.map(|item| key(kind, pointer, item)).collect()
            };
            keys(old) == keys(new)
        }
        (Some(old), new) => old == new || is_empty(old) && is_empty(new),
    }
}
