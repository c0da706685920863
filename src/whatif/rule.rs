//! Rules of filters, compiled once: what they say of a device, or of custom security attributes.

use super::device::{Device, DeviceValue};
use super::fact::{Fact, Match};
use super::sign_in::{AttributeValue, Attributes};
use crate::model::filter::{self, Comparison, Expr, FilterObject, Literal, Operator};

/// A compiled rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CompiledRule {
    All(Vec<CompiledRule>),
    Any(Vec<CompiledRule>),
    Not(Box<CompiledRule>),
    Test(Test),
    /// No rule: the service would refuse it.
    Unreadable(FilterObject, String),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) object: FilterObject,
    /// The attribute, in the documented spelling if it is a known one.
    pub(crate) attribute: String,
    /// What is missing when the attribute is not known.
    fact: Option<Fact>,
    pub(crate) how: How,
    /// A negative operator is true exactly where its positive one is false.
    pub(crate) negative: bool,
    /// Compared with `null`.
    pub(crate) null: bool,
    /// The texts that are compared with, lower-case.
    pub(crate) texts: Vec<String>,
}

/// How texts are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum How {
    Equal,
    Starts,
    Ends,
    Contains,
}

/// What is known of an attribute.
enum Held<'a> {
    Unknown,
    Null,
    Text(&'a str),
    Bool(bool),
    Texts(&'a [String]),
}

impl CompiledRule {
    /// A rule on devices.
    pub(crate) fn device(text: &str) -> CompiledRule {
        match filter::parse(text) {
            Ok(expr) => CompiledRule::of(&expr),
            Err(_) => CompiledRule::Unreadable(FilterObject::Device, text.to_owned()),
        }
    }

    /// A rule on custom security attributes.
    pub(crate) fn attributes(text: &str) -> CompiledRule {
        match filter::parse_attributes(text) {
            Ok(expr) => CompiledRule::of(&expr),
            Err(_) => {
                CompiledRule::Unreadable(FilterObject::CustomSecurityAttribute, text.to_owned())
            }
        }
    }

    fn of(expr: &Expr) -> CompiledRule {
        match expr {
            Expr::And(parts) => CompiledRule::All(parts.iter().map(CompiledRule::of).collect()),
            Expr::Or(parts) => CompiledRule::Any(parts.iter().map(CompiledRule::of).collect()),
            Expr::Not(inner) => CompiledRule::Not(Box::new(CompiledRule::of(inner))),
            Expr::Comparison(comparison) => CompiledRule::Test(Test::of(comparison)),
        }
    }

    /// What the rule says of a device; `None` when nothing is known of it.
    pub(crate) fn says_of_device(&self, device: Option<&Device>) -> Match {
        self.says(&|test| {
            let held = match device {
                None => Held::Unknown,
                Some(Device::Unregistered) => Held::Null,
                Some(Device::Registered(info)) => match info.get(&test.attribute) {
                    None if test.attribute.starts_with("extensionAttribute")
                        && has_no_extensions(device) =>
                    {
                        Held::Null
                    }
                    None => Held::Unknown,
                    Some(DeviceValue::Null) => Held::Null,
                    Some(DeviceValue::Bool(flag)) => Held::Bool(*flag),
                    Some(DeviceValue::Text(text)) => Held::Text(text),
                    Some(DeviceValue::Texts(texts)) => Held::Texts(texts),
                },
            };
            let fact = test.fact.unwrap_or_else(|| Fact::condition("devices"));
            test.says(&held, fact)
        })
    }

    /// What the rule says of custom security attributes; `None` when they are not known, for
    /// want of `fact`. What a list of them does not name is not assigned.
    pub(crate) fn says_of_attributes(&self, attributes: Option<&Attributes>, fact: Fact) -> Match {
        self.says(&|test| {
            let held = match attributes {
                None => Held::Unknown,
                Some(Attributes(all)) => {
                    let named = all
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case(&test.attribute));
                    match named {
                        None => Held::Null,
                        Some((_, AttributeValue::Text(text))) => Held::Text(text),
                        Some((_, AttributeValue::Texts(texts))) => Held::Texts(texts),
                    }
                }
            };
            test.says(&held, fact)
        })
    }

    fn says(&self, test: &dyn Fn(&Test) -> Match) -> Match {
        match self {
            CompiledRule::All(parts) => Match::all(parts.iter().map(|part| part.says(test))),
            CompiledRule::Any(parts) => Match::any(parts.iter().map(|part| part.says(test))),
            CompiledRule::Not(inner) => inner.says(test).negated(),
            CompiledRule::Test(one) => test(one),
            CompiledRule::Unreadable(FilterObject::Device, _) => {
                Match::unknown(Fact::condition("devices"))
            }
            CompiledRule::Unreadable(FilterObject::CustomSecurityAttribute, _) => {
                Match::unknown(Fact::ATTRIBUTE_RULE)
            }
        }
    }
}

/// Extension attributes have values for devices alone that are managed, compliant or hybrid
/// joined: true when the device is known to be none of these.
fn has_no_extensions(device: Option<&Device>) -> bool {
    let Some(Device::Registered(info)) = device else {
        return false;
    };
    let unmanaged = info.get("mdmAppId") == Some(&DeviceValue::Null);
    let not_compliant = matches!(
        info.get("isCompliant"),
        Some(DeviceValue::Null | DeviceValue::Bool(false))
    );
    let not_hybrid = match info.get("trustType") {
        Some(DeviceValue::Text(text)) => !text.eq_ignore_ascii_case("ServerAD"),
        Some(DeviceValue::Null) => true,
        _ => false,
    };
    unmanaged && not_compliant && not_hybrid
}

impl Test {
    fn of(comparison: &Comparison) -> Test {
        let (how, negative) = match comparison.operator {
            Operator::Eq | Operator::In => (How::Equal, false),
            Operator::Ne | Operator::NotIn => (How::Equal, true),
            Operator::StartsWith => (How::Starts, false),
            Operator::NotStartsWith => (How::Starts, true),
            Operator::EndsWith => (How::Ends, false),
            Operator::NotEndsWith => (How::Ends, true),
            Operator::Contains => (How::Contains, false),
            Operator::NotContains => (How::Contains, true),
        };
        let texts = match &comparison.value {
            Literal::Text(text) => vec![text.to_lowercase()],
            Literal::Bool(flag) => vec![flag.to_string()],
            Literal::Null => Vec::new(),
            Literal::List(items) => items.iter().map(|item| item.to_lowercase()).collect(),
        };
        Test {
            object: comparison.object,
            fact: match comparison.object {
                FilterObject::Device => Fact::device(&comparison.attribute),
                FilterObject::CustomSecurityAttribute => None,
            },
            attribute: comparison.attribute.clone(),
            how,
            negative,
            null: comparison.value == Literal::Null,
            texts,
        }
    }

    fn says(&self, held: &Held<'_>, fact: Fact) -> Match {
        let positive = match held {
            Held::Unknown => return Match::unknown(fact),
            Held::Null => self.null,
            Held::Text(text) => self.holds(&text.to_lowercase(), self.how),
            Held::Bool(flag) => self.holds(if *flag { "true" } else { "false" }, self.how),
            Held::Texts([]) => self.null,
            Held::Texts(texts) => {
                // One whole member, whether it is compared or looked for.
                let how = match self.how {
                    How::Contains => How::Equal,
                    other => other,
                };
                texts
                    .iter()
                    .any(|text| self.holds(&text.to_lowercase(), how))
            }
        };
        (positive != self.negative).into()
    }

    fn holds(&self, text: &str, how: How) -> bool {
        self.texts.iter().any(|wanted| match how {
            How::Equal => text == wanted,
            How::Starts => text.starts_with(wanted.as_str()),
            How::Ends => text.ends_with(wanted.as_str()),
            How::Contains => text.contains(wanted.as_str()),
        })
    }
}
