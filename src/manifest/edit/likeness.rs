//! Which item of a list became which: what is still the same thing keeps its lines, and its comments.

use serde_json::Value;

/// For each item of `old` the one of `new` that it is now, each once: its equal, or for a mapping or
/// a list the most alike of those that no other equals, where at least half of it is the same.
pub fn successors(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut found = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    let mut take = |from: &mut Option<usize>, to: usize| {
        if let (None, Some(free @ false)) = (&from, taken.get_mut(to)) {
            (*from, *free) = (Some(to), true);
        }
    };
    for (item, from) in old.iter().zip(&mut found) {
        for (to, _) in new.iter().enumerate().filter(|(_, one)| *one == item) {
            take(from, to);
        }
    }
    let mut pairs = Vec::new();
    for (from, item) in old.iter().enumerate() {
        for (to, one) in new.iter().enumerate() {
            let (same, most) = (alike(item, one), parts(item).max(parts(one)));
            let nested = item.is_object() || item.is_array();
            if nested && same > 0 && same * 2 >= most {
                pairs.push((most - same.min(most), from, to));
            }
        }
    }
    pairs.sort_unstable();
    for (_, from, to) in pairs {
        if let Some(from) = found.get_mut(from) {
            take(from, to);
        }
    }
    found
}

/// How many values two of one form have in common. What OData adds tells nothing.
fn alike(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one
            .iter()
            .filter(|(name, _)| !name.starts_with('@'))
            .filter_map(|(name, value)| Some(alike(value, other.get(name)?)))
            .sum(),
        (Value::Array(one), Value::Array(other)) => {
            one.iter().filter(|item| other.contains(item)).count()
        }
        (one, other) => usize::from(one == other),
    }
}

/// How many values one has.
fn parts(value: &Value) -> usize {
    match value {
        Value::Object(map) => (map.iter())
            .filter(|(name, _)| !name.starts_with('@'))
            .map(|(_, value)| parts(value))
            .sum(),
        Value::Array(items) => items.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equals_come_first_and_then_what_is_most_alike() {
        let key = |of: &str, ids: &[&str]| json!({"of": [of], "ids": ids});
        let of = |old: &[Value], new: &[Value]| successors(old, new);
        let (a, b) = (key("a", &["1", "2"]), key("b", &["1", "2"]));
        let more = key("b", &["1", "2", "3"]);
        assert_eq!(of(&[a.clone(), b], &[more, a]), [Some(1), Some(0)]);
        let range = |net: &str| json!({"@odata.type": "#range", "cidrAddress": net});
        assert_eq!(of(&[range("a")], &[range("b")]), [None]);
        assert_eq!(
            of(&[json!("x"), json!("y")], &[json!("y"), json!("z")]),
            [None, Some(0)]
        );
        assert_eq!(
            of(&[json!("x"), json!("x")], &[json!("x")]),
            [Some(0), None]
        );
    }
}
