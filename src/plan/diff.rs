//! The difference of two normal forms, as the properties that differ.

use serde_json::Value;

/// The properties in which `before` and `after` differ, as dotted paths in their order.
///
/// A property that only one side has is named as a whole; lists are compared whole (they
/// are sets, and both sides are sorted).
pub fn changes(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(before, after, "", &mut found);
    found
}

fn walk(before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let removed = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(removed) {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                match (old.get(name), new.get(name)) {
                    (Some(a), Some(b)) => walk(a, b, &path, found),
                    _ => found.push(path),
                }
            }
        }
        (a, b) if a == b => {}
        _ => found.push(at.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differing_properties_are_named_and_no_others() {
        let before = json!({"state": "enabled", "conditions": {"users": {"includeUsers": ["All"]}, "platforms": {"includePlatforms": ["all"]}}});
        let after = json!({"state": "enabled", "conditions": {"users": {"includeUsers": ["None"]}, "locations": {"includeLocations": ["All"]}}});
        assert_eq!(
            changes(&before, &after),
            [
                "conditions.users.includeUsers",
                "conditions.locations",
                "conditions.platforms"
            ]
        );
        assert!(changes(&before, &before).is_empty());
    }
}
