//! Device filters that are true for every device, or for none: with `-ne` joined by `-or`
//! that is quickly written. The rule then does not filter, or the policy never applies.
//!
//! The filter is tried on every kind of device that its comparisons can tell apart. An
//! attribute is null, or one of the texts that the rule names, or another text; of another
//! text nothing is known, so each `-startsWith`, `-endsWith` and `-contains` may be true or
//! false of it. More devices are tried than can exist, never fewer: what is true for all of
//! these is true for every device. How a missing attribute compares: rule CA-R65.

use std::collections::BTreeMap;

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::filter::{
    self as device_filter, AttributeKind, Comparison, Expr, Operator, Literal,
};
use crate::model::enums::FilterMode;
use crate::model::policy::Filter;

pub(super) const RULE: Rule = Rule {
    id: LintRule::DeviceFilter,
    check,
};

/// How many kinds of device are tried before the rule gives up.
const MAX_DEVICES: usize = 20_000;

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject.policies() {
        judge(policy, report);
    }
}

fn judge(policy: Policy<'_>, report: &mut RuleFindings<'_>) {
    let devices = policy.policy.conditions.devices.as_ref();
    let Some(filter) = devices.and_then(|devices| devices.device_filter.as_ref()) else {
        return;
    };
    let Ok(rule) = device_filter::parse(&filter.rule) else {
        return; // told as an error
    };
    let Some(always) = constant(&rule) else {
        return;
    };
    let excludes = filter.mode == Some(FilterMode::Exclude);
    let truth = match always {
        true => "the filter is true for every device, even one that is not registered",
        false => "the filter is true for no device",
    };
    // Include: applies where the rule is true. Exclude: applies where it is false.
    let effect = match always == excludes {
        true => "the policy never applies",
        false => "it filters nothing",
    };
    let help = match always {
        true => {
            "of two `-ne` comparisons joined by `-or`, one is always true; join them by `-and`"
        }
        false => {
            "of two `-eq` comparisons of one attribute joined by `-and`, one is always false; join them by `-or`"
        }
    };
    report.add(
        policy.at("/conditions/devices/deviceFilter/rule"),
        format!("{truth}: {effect}"),
        help,
    );
}

/// True when a filter leaves every device covered, registered or not: it filters nothing.
pub(crate) fn filters_nothing(filter: &Filter) -> bool {
    let always = device_filter::parse(&filter.rule)
        .ok()
        .and_then(|rule| constant(&rule));
    always.is_some_and(|always| always != (filter.mode == Some(FilterMode::Exclude)))
}

/// What the rule gives for every device, when that is always the same.
fn constant(rule: &Expr) -> Option<bool> {
    let mut by_attribute: BTreeMap<String, Vec<&Comparison>> = BTreeMap::new();
    for comparison in rule.comparisons() {
        by_attribute
            .entry(comparison.attribute.to_ascii_lowercase())
            .or_default()
            .push(comparison);
    }
    let mut states: Vec<(String, Vec<AttributeState>)> = Vec::new();
    let mut devices = 1usize;
    for (attribute, comparisons) in by_attribute {
        let of_one = states_of(&attribute, &comparisons)?;
        devices = devices.checked_mul(of_one.len())?;
        if devices > MAX_DEVICES {
            return None;
        }
        states.push((attribute, of_one));
    }
    let (mut some, mut others) = (false, false);
    for number in 0..devices {
        let mut rest = number;
        let mut device = BTreeMap::new();
        for (attribute, of_one) in &states {
            device.insert(attribute.as_str(), of_one.get(rest % of_one.len())?);
            rest /= of_one.len();
        }
        match holds(rule, &device) {
            true => some = true,
            false => others = true,
        }
        if some && others {
            return None;
        }
    }
    Some(some)
}

/// What an attribute of a device may hold, as far as the rule can tell it apart.
#[derive(Debug, Clone, PartialEq)]
enum AttributeState {
    /// Nothing: the device is not registered, or has no such attribute.
    Null,
    /// This text, in lower case.
    Text(String),
    /// Another text, of which these tests (see [`test_of`]) are true.
    Other(Vec<String>),
}

fn states_of(attribute: &str, comparisons: &[&Comparison]) -> Option<Vec<AttributeState>> {
    let kind = device_filter::attribute(attribute).map(|(_, kind)| kind);
    let mut states = vec![AttributeState::Null];
    let mut add = |state: AttributeState| {
        if !states.contains(&state) {
            states.push(state);
        }
    };
    match kind {
        Some(AttributeKind::Bool) => {
            add(AttributeState::Text("true".to_owned()));
            add(AttributeState::Text("false".to_owned()));
            return Some(states);
        }
        Some(AttributeKind::OneOf(values)) => {
            values
                .iter()
                .for_each(|value| add(AttributeState::Text(value.to_ascii_lowercase())));
        }
        _ => {}
    }
    // Several texts at once: what one of them is says nothing about the others.
    let several = kind == Some(AttributeKind::Texts);
    let mut tests: Vec<String> = Vec::new();
    for comparison in comparisons {
        match test_of(comparison) {
            Some(test) => {
                if !tests.contains(&test) {
                    tests.push(test);
                }
            }
            None => texts(&comparison.value)
                .into_iter()
                .for_each(|text| add(AttributeState::Text(text))),
        }
        // The very text of a test is a text like any other.
        if !several {
            texts(&comparison.value)
                .into_iter()
                .for_each(|text| add(AttributeState::Text(text)));
        }
    }
    if tests.len() > 10 {
        return None;
    }
    for chosen in 0..1usize << tests.len() {
        let true_ones = tests
            .iter()
            .enumerate()
            .filter(|(index, _)| chosen >> index & 1 == 1)
            .map(|(_, test)| test.clone())
            .collect();
        add(AttributeState::Other(true_ones));
    }
    Some(states)
}

/// The test that a comparison makes on a text that is not known, with `not` left out.
fn test_of(comparison: &Comparison) -> Option<String> {
    let word = match comparison.operator {
        Operator::StartsWith | Operator::NotStartsWith => "starts",
        Operator::EndsWith | Operator::NotEndsWith => "ends",
        Operator::Contains | Operator::NotContains => "contains",
        Operator::Eq | Operator::Ne | Operator::In | Operator::NotIn => return None,
    };
    let texts = texts(&comparison.value).join("\n");
    Some(format!("{word} {texts}"))
}

/// The texts of a value, in lower case.
fn texts(value: &Literal) -> Vec<String> {
    match value {
        Literal::Text(text) => vec![text.to_lowercase()],
        Literal::Bool(flag) => vec![flag.to_string()],
        Literal::Null => Vec::new(),
        Literal::List(items) => items.iter().map(|item| item.to_lowercase()).collect(),
    }
}

fn holds(rule: &Expr, device: &BTreeMap<&str, &AttributeState>) -> bool {
    match rule {
        Expr::And(parts) => parts.iter().all(|part| holds(part, device)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, device)),
        Expr::Not(inner) => !holds(inner, device),
        Expr::Comparison(comparison) => {
            let attribute = comparison.attribute.to_ascii_lowercase();
            let state = device.get(attribute.as_str()).copied();
            let negative = matches!(
                comparison.operator,
                Operator::Ne
                    | Operator::NotStartsWith
                    | Operator::NotEndsWith
                    | Operator::NotContains
                    | Operator::NotIn
            );
            // A negative operator is true exactly where its positive one is false.
            positive(comparison, state.unwrap_or(&AttributeState::Null)) != negative
        }
    }
}

fn positive(comparison: &Comparison, state: &AttributeState) -> bool {
    let wanted = texts(&comparison.value);
    match state {
        AttributeState::Null => comparison.value == Literal::Null,
        AttributeState::Other(tests) => test_of(comparison).is_some_and(|test| tests.contains(&test)),
        AttributeState::Text(text) => wanted.iter().any(|wanted| match comparison.operator {
            Operator::StartsWith | Operator::NotStartsWith => text.starts_with(wanted.as_str()),
            Operator::EndsWith | Operator::NotEndsWith => text.ends_with(wanted.as_str()),
            Operator::Contains | Operator::NotContains => text.contains(wanted.as_str()),
            Operator::Eq | Operator::Ne | Operator::In | Operator::NotIn => text == wanted,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rule: &str) -> Option<bool> {
        constant(&device_filter::parse(rule).unwrap())
    }

    #[test]
    fn what_is_true_for_every_device_or_for_none_is_found() {
        for (rule, expected) in [
            (
                r#"device.trustType -ne "AzureAD" -or device.trustType -ne "ServerAD""#,
                true,
            ),
            (
                r#"device.trustType -eq "AzureAD" -and device.trustType -eq "ServerAD""#,
                false,
            ),
            (
                "device.isCompliant -eq True -or device.isCompliant -ne True",
                true,
            ),
            (
                r#"device.model -notContains "x" -or device.model -contains "X""#,
                true,
            ),
            (
                r#"device.model -eq "abc" -and -not (device.model -startsWith "AB")"#,
                false,
            ),
            (
                r#"device.model -in ["a", "b"] -and device.model -notIn ["b", "a"]"#,
                false,
            ),
            (
                r#"device.deviceOwnership -ne "Company" -or device.isCompliant -eq True -or device.deviceOwnership -eq "company""#,
                true,
            ),
        ] {
            assert_eq!(of(rule), Some(expected), "{rule}");
        }
    }

    #[test]
    fn what_tells_devices_apart_is_left_alone() {
        for rule in [
            r#"device.isCompliant -eq True -or device.trustType -eq "ServerAD""#,
            // An unregistered device is neither.
            "device.isCompliant -eq True -or device.isCompliant -eq False",
            r#"device.trustType -ne "AzureAD" -and device.trustType -ne "ServerAD""#,
            r#"device.model -startsWith "a" -and device.model -endsWith "b""#,
            r#"-not (device.model -startsWith "a" -and device.model -endsWith "b")"#,
            r#"device.physicalIds -contains "[ZTDId]" -and device.physicalIds -contains "x""#,
            r#"device.systemLabels -notContains "a" -or device.systemLabels -notContains "b""#,
            r#"device.extensionAttribute1 -eq "SAW""#,
            r#"device.extensionAttribute1 -ne null"#,
            r#"device.deviceOwnership -eq "Company" -or device.deviceOwnership -eq "Personal""#,
        ] {
            assert_eq!(of(rule), None, "{rule}");
        }
    }

    #[test]
    fn a_rule_that_is_too_long_to_try_is_left_alone() {
        let many: Vec<String> = (1..=15)
            .map(|n| format!(r#"device.extensionAttribute{n} -eq "a""#))
            .collect();
        assert_eq!(of(&many.join(" -or ")), None);
    }
}
