//! Whether a change of a policy adds protection or takes some away, by comparing its two
//! normal forms. Used for the order of actions, so it is careful: what is not plainly one
//! or the other is both.

use serde_json::Value;

/// What a change does to protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// It adds some, or may.
    pub adds: bool,
    /// It takes some, or may.
    pub takes: bool,
}

impl Effect {
    const ADDS: Effect = Effect {
        adds: true,
        takes: false,
    };
    const TAKES: Effect = Effect {
        adds: false,
        takes: true,
    };
    const BOTH: Effect = Effect {
        adds: true,
        takes: true,
    };

    fn and(self, other: Effect) -> Effect {
        Effect {
            adds: self.adds || other.adds,
            takes: self.takes || other.takes,
        }
    }

    fn turned(self) -> Effect {
        Effect {
            adds: self.takes,
            takes: self.adds,
        }
    }
}

/// What changing a policy from `before` to `after` does.
pub fn of_policy(before: &Value, after: &Value) -> Effect {
    let (old, new) = (force(before), force(after));
    let state = match old.cmp(&new) {
        std::cmp::Ordering::Less => Effect::ADDS,
        std::cmp::Ordering::Equal => Effect::default(),
        std::cmp::Ordering::Greater => Effect::TAKES,
    };
    if old == 0 && new == 0 {
        return Effect::default(); // off before and after: nothing is protected either way
    }
    let part = |name: &str| (before.get(name), after.get(name));
    let (old_conditions, new_conditions) = part("conditions");
    state
        .and(conditions(
            old_conditions.unwrap_or(&Value::Null),
            new_conditions.unwrap_or(&Value::Null),
        ))
        .and(grant(before, after))
        .and(session(before, after))
}

/// What changing the combinations of a strength does: fewer are stronger.
pub fn of_strength(before: &Value, after: &Value) -> Effect {
    let combinations = compare_lists(
        before.get("allowedCombinations"),
        after.get("allowedCombinations"),
    )
    .turned();
    if before.get("combinationConfigurations") == after.get("combinationConfigurations") {
        combinations
    } else {
        Effect::BOTH
    }
}

/// How strongly a policy is enforced, by its state alone.
fn force(policy: &Value) -> u8 {
    match policy.get("state").and_then(Value::as_str) {
        Some("enabled") => 2,
        Some("enabledForReportingButNotEnforced") => 1,
        _ => 0,
    }
}

fn conditions(before: &Value, after: &Value) -> Effect {
    let mut effect = Effect::default();
    for name in keys(before, after) {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        effect = effect.and(match name {
            // Who and what is covered: listed is covered.
            "users" | "applications" => covered(old, new),
            // Limits: without one, everything is covered; a longer list covers more.
            "platforms" | "locations" => match (old, new) {
                (Some(_), None) => Effect::ADDS,
                (None, Some(_)) => Effect::TAKES,
                _ => covered(old, new),
            },
            "clientAppTypes"
            | "userRiskLevels"
            | "signInRiskLevels"
            | "servicePrincipalRiskLevels" => match (old, new) {
                (Some(_), None) => Effect::ADDS,
                (None, Some(_)) => Effect::TAKES,
                _ => compare_lists(old, new),
            },
            "devices" | "authenticationFlows" | "insiderRiskLevels" => match (old, new) {
                (Some(_), None) => Effect::ADDS,
                (None, Some(_)) => Effect::TAKES,
                _ => Effect::BOTH,
            },
            _ => Effect::BOTH,
        });
    }
    effect
}

/// Lists of inclusion and exclusion.
fn covered(before: Option<&Value>, after: Option<&Value>) -> Effect {
    let (before, after) = (
        before.unwrap_or(&Value::Null),
        after.unwrap_or(&Value::Null),
    );
    let mut effect = Effect::default();
    for name in keys(before, after) {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let lists = [old, new].into_iter().flatten().all(Value::is_array);
        effect = effect.and(if !lists {
            Effect::BOTH
        } else if name.starts_with("include") {
            included(old, new)
        } else if name.starts_with("exclude") {
            compare_lists(old, new).turned()
        } else {
            Effect::BOTH
        });
    }
    effect
}

/// `All` covers everything, and `None` nothing.
fn included(before: Option<&Value>, after: Option<&Value>) -> Effect {
    let has = |list: Option<&Value>, word: &str| {
        list.and_then(Value::as_array)
            .is_some_and(|l| l.iter().any(|i| i == word || i == &word.to_lowercase()))
    };
    match (has(before, "All"), has(after, "All")) {
        (true, true) => Effect::default(),
        (true, false) => Effect::TAKES,
        (false, true) => Effect::ADDS,
        (false, false) => match (has(before, "None"), has(after, "None")) {
            (true, false) => Effect::ADDS,
            (false, true) => Effect::TAKES,
            _ => compare_lists(before, after),
        },
    }
}

/// A longer list adds, a shorter one takes, another one does both.
fn compare_lists(before: Option<&Value>, after: Option<&Value>) -> Effect {
    let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (items(before), items(after));
    Effect {
        adds: new.iter().any(|item| !old.contains(item)),
        takes: old.iter().any(|item| !new.contains(item)),
    }
}

fn grant(before: &Value, after: &Value) -> Effect {
    let (old, new) = match (before.get("grantControls"), after.get("grantControls")) {
        (old, new) if old == new => return Effect::default(),
        (None, Some(_)) => return Effect::ADDS,
        (Some(_), None) => return Effect::TAKES,
        (Some(old), Some(new)) => (old, new),
        (None, None) => return Effect::default(),
    };
    let requirements = |grant: &Value| -> Vec<Value> {
        let mut list = Vec::new();
        for name in [
            "builtInControls",
            "customAuthenticationFactors",
            "termsOfUse",
        ] {
            if let Some(items) = grant.get(name).and_then(Value::as_array) {
                list.extend(items.iter().cloned());
            }
        }
        list.extend(grant.get("authenticationStrength").cloned());
        list
    };
    let blocks = |list: &[Value]| list.iter().any(|r| r == "block");
    let (had, has) = (requirements(old), requirements(new));
    match (blocks(&had), blocks(&has)) {
        (false, true) => return Effect::ADDS,
        (true, false) => return Effect::TAKES,
        _ => {}
    }
    let added = has.iter().any(|r| !had.contains(r));
    let removed = had.iter().any(|r| !has.contains(r));
    // A single requirement is stored with OR, and means AND as well.
    let all = |grant: &Value, list: &[Value]| {
        list.len() == 1 || grant.get("operator").is_some_and(|o| o == "AND")
    };
    let any = |grant: &Value, list: &[Value]| {
        list.len() == 1 || grant.get("operator").is_some_and(|o| o == "OR")
    };
    match (added, removed) {
        (false, false) if all(new, &has) => Effect::ADDS,
        (false, false) => Effect::TAKES,
        (true, false) if all(old, &had) && all(new, &has) => Effect::ADDS,
        (true, false) if any(old, &had) && any(new, &has) => Effect::TAKES,
        (false, true) if all(old, &had) && all(new, &has) => Effect::TAKES,
        (false, true) if any(old, &had) && any(new, &has) => Effect::ADDS,
        _ => Effect::BOTH,
    }
}

fn session(before: &Value, after: &Value) -> Effect {
    let none = Value::Null;
    let side = |policy: &'_ Value| {
        policy
            .get("sessionControls")
            .cloned()
            .unwrap_or(none.clone())
    };
    let (old, new) = (side(before), side(after));
    let mut effect = Effect::default();
    for name in keys(&old, &new) {
        effect = effect.and(match (old.get(name), new.get(name)) {
            (a, b) if a == b => Effect::default(),
            (None, Some(_)) => Effect::ADDS,
            (Some(_), None) => Effect::TAKES,
            _ => Effect::BOTH,
        });
    }
    effect
}

fn keys<'a>(before: &'a Value, after: &'a Value) -> Vec<&'a str> {
    let mut names: Vec<&str> = [before, after]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(|map| map.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Value {
        json!({
            "state": "enabled",
            "conditions": {
                "users": {"includeGroups": ["a", "b"], "excludeGroups": ["x"]},
                "applications": {"includeApplications": ["All"]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        })
    }

    fn change(pointer: &str, value: Value) -> (bool, bool) {
        let before = policy();
        let mut after = before.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let map = after.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            map.remove(name);
        } else {
            map.insert(name.to_owned(), value);
        }
        let effect = of_policy(&before, &after);
        let back = of_policy(&after, &before);
        assert_eq!(
            (effect.adds, effect.takes),
            (back.takes, back.adds),
            "{pointer}"
        );
        (effect.adds, effect.takes)
    }

    const ADDS: (bool, bool) = (true, false);
    const TAKES: (bool, bool) = (false, true);
    const BOTH: (bool, bool) = (true, true);

    #[test]
    fn each_change_is_told_by_what_it_adds_and_takes() {
        assert_eq!(change("/displayName", json!("new")), (false, false));
        assert_eq!(change("/state", json!("disabled")), TAKES);
        let groups = "/conditions/users/includeGroups";
        assert_eq!(change(groups, json!(["a", "b", "c"])), ADDS);
        assert_eq!(change(groups, json!(["a"])), TAKES);
        assert_eq!(change(groups, json!(["a", "c"])), BOTH);
        assert_eq!(
            change("/conditions/users/includeUsers", json!(["All"])),
            ADDS
        );
        assert_eq!(
            change("/conditions/users/excludeGroups", json!(["x", "y"])),
            TAKES
        );
        assert_eq!(change("/conditions/users/excludeGroups", Value::Null), ADDS);
        let apps = "/conditions/applications/includeApplications";
        assert_eq!(change(apps, json!(["Office365"])), TAKES);
        assert_eq!(
            change("/conditions/signInRiskLevels", json!(["high"])),
            TAKES
        );
        assert_eq!(
            change(
                "/conditions/platforms",
                json!({"includePlatforms": ["iOS"]})
            ),
            TAKES
        );
        let grant = |operator: &str, controls: &[&str]| json!({"operator": operator, "builtInControls": controls});
        assert_eq!(change("/grantControls", grant("OR", &["block"])), ADDS);
        assert_eq!(
            change("/grantControls", grant("AND", &["mfa", "compliantDevice"])),
            ADDS
        );
        assert_eq!(
            change("/grantControls", grant("OR", &["mfa", "compliantDevice"])),
            TAKES
        );
        assert_eq!(
            change("/grantControls", grant("OR", &["compliantDevice"])),
            BOTH
        );
        assert_eq!(
            change(
                "/sessionControls",
                json!({"persistentBrowser": {"mode": "never"}})
            ),
            ADDS
        );
    }

    #[test]
    fn a_strength_with_fewer_combinations_is_stronger() {
        let of = |list: &[&str]| json!({"allowedCombinations": list});
        assert_eq!(of_strength(&of(&["a", "b"]), &of(&["a"])), Effect::ADDS);
        assert_eq!(of_strength(&of(&["a"]), &of(&["a", "b"])), Effect::TAKES);
    }
}
