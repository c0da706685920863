//! Rule CA-R65: the device filter.

use super::{Graph, Reporter, quoted, suggest};
use crate::finding::did_you_mean;
use crate::model::filter::{self as device_filter, AttributeKind, Comparison, Literal, Operator};
use crate::model::policy::{ConditionalAccessPolicy, Devices, Filter};

const DEVICES: &str = "/conditions/devices";
const MAX_LENGTH: usize = 3072;

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(devices) = &policy.conditions.devices else {
        return;
    };
    let Some(filter) = &devices.device_filter else {
        return;
    };
    states(policy, devices, report);
    length(filter, report);
    syntax(filter, report);
}

/// Rule CA-R65: the filter and the old device states exclude each other.
fn states(policy: &ConditionalAccessPolicy, devices: &Devices, report: &mut Reporter<'_>) {
    let old = [
        (
            "devices/includeDevices",
            !devices.include_devices.is_empty(),
        ),
        (
            "devices/excludeDevices",
            !devices.exclude_devices.is_empty(),
        ),
        (
            "devices/includeDeviceStates",
            !devices.include_device_states.is_empty(),
        ),
        (
            "devices/excludeDeviceStates",
            !devices.exclude_device_states.is_empty(),
        ),
        ("deviceStates", policy.conditions.device_states.is_some()),
    ]
    .into_iter()
    .find_map(|(name, given)| given.then_some(name));
    if let Some(name) = old {
        let last = name.rsplit('/').next().unwrap_or(name);
        report.refuse(
            Graph::CaR65,
            &format!("/conditions/{name}"),
            &format!("`{last}` is combined with a device filter"),
            &format!("put it in the rule of the filter, and remove `{last}`"),
        );
    }
}

/// Rule CA-R65: at most 3072 characters.
fn length(filter: &Filter, report: &mut Reporter<'_>) {
    let length = filter.rule.chars().count();
    if length > MAX_LENGTH {
        report.refuse(
            Graph::CaR65,
            &format!("{DEVICES}/deviceFilter/rule"),
            &format!("the rule has {length} characters; {MAX_LENGTH} are allowed"),
            "use `-in` with a list, or an extension attribute that marks the devices",
        );
    }
}

/// Rule CA-R65: the syntax, the attributes and their operators. The list
/// of attributes grows, so what is not on it is a warning.
fn syntax(filter: &Filter, report: &mut Reporter<'_>) {
    let pointer = format!("{DEVICES}/deviceFilter/rule");
    match device_filter::parse(&filter.rule) {
        Err(error) => {
            let (message, at) = (error.message, error.at);
            report.refuse(
                Graph::CaR65,
                &pointer,
                &format!("{message}, at character {at} of the rule"),
                &error.help,
            );
        }
        Ok(rule) => {
            for comparison in rule.comparisons() {
                if let Some((message, help)) = doubt(comparison) {
                    let message =
                        format!("{message}, at character {} of the rule", comparison.at.0);
                    match is_in_an_example(comparison) {
                        true => report.hint(Graph::CaR65, &pointer, &message, &help),
                        false => report.warn(Graph::CaR65, &pointer, &message, &help),
                    }
                }
            }
        }
    }
}

/// `device.systemLabels -eq "CloudPC"`, which the documentation writes against its own table.
fn is_in_an_example(comparison: &Comparison) -> bool {
    comparison.attribute.eq_ignore_ascii_case("systemLabels")
        && matches!(comparison.operator, Operator::Eq | Operator::Ne)
        && matches!(&comparison.value, Literal::Text(text) if text.eq_ignore_ascii_case("CloudPC"))
}

/// What is odd about a comparison, and what to do.
fn doubt(comparison: &Comparison) -> Option<(String, String)> {
    let name = &comparison.attribute;
    let operator = comparison.operator;
    let Some((_, kind)) = device_filter::attribute(name) else {
        let names = || device_filter::ATTRIBUTES.iter().map(|(name, _)| *name);
        return Some((
            format!("`device.{name}` is not a documented device attribute"),
            match did_you_mean(name, names()) {
                Some(known) => format!("did you mean `device.{known}`?"),
                None => {
                    // The fifteen extension attributes would drown the others.
                    let few = names().filter(|name| !name.starts_with("extension"));
                    format!(
                        "the attributes are {} and `extensionAttribute1` to `extensionAttribute15`",
                        quoted(few)
                    )
                }
            },
        ));
    };
    let allowed = kind.operators();
    if !allowed.contains(&operator) {
        return Some((
            format!(
                "`device.{name}` cannot be used with `{}`",
                operator.as_str()
            ),
            format!("use {}", quoted(allowed.iter().map(|o| o.as_str()))),
        ));
    }
    let list = matches!(operator, Operator::In | Operator::NotIn);
    match (&comparison.value, kind) {
        (Literal::List(items), _) if list && !items.is_empty() => None,
        (Literal::List(_), _) if list => Some((
            format!("the list after `{}` is empty", operator.as_str()),
            "list at least one string".to_owned(),
        )),
        (Literal::List(_), _) => Some((
            format!("`{}` takes one value, not a list", operator.as_str()),
            "use `-in` or `-notIn` for a list".to_owned(),
        )),
        _ if list => Some((
            format!("`{}` takes a list", operator.as_str()),
            "write the values in brackets: [\"a\", \"b\"]".to_owned(),
        )),
        (Literal::Null, _) | (Literal::Bool(_), AttributeKind::Bool) => None,
        (Literal::Text(text), AttributeKind::Bool) => {
            let known = ["True", "False"]
                .iter()
                .any(|v| v.eq_ignore_ascii_case(text));
            (!known).then(|| {
                (
                    format!("`device.{name}` is `True` or `False`, never `{text}`"),
                    "write `True` or `False`, without quotes".to_owned(),
                )
            })
        }
        (Literal::Bool(_), _) => Some((
            format!("`device.{name}` is a string, never true or false"),
            "write a string in quotes".to_owned(),
        )),
        (Literal::Text(text), AttributeKind::OneOf(values)) => {
            let known = values.iter().any(|v| v.eq_ignore_ascii_case(text));
            (!known).then(|| {
                (
                    format!("`{text}` is not a value of `device.{name}`"),
                    suggest(text, values.iter().copied(), || {
                        format!("use {}", quoted(values.iter().copied()))
                    }),
                )
            })
        }
        (Literal::Text(_), _) => None,
    }
}
