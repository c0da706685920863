//! The rule of a filter, on devices or on custom security attributes: its syntax tree, parser
//! and text.
//!
//! ```text
//! rule       = and { "-or" and }
//! and        = not { "-and" not }
//! not        = { "-not" } ( "(" rule ")" | comparison )
//! comparison = object "." attribute operator value
//! object     = "device" | "CustomSecurityAttribute"
//! value      = text | "True" | "False" | "null" | "[" [ text { "," text } ] "]"
//! text       = '"' ... '"' | "'" ... "'"
//! ```
//!
//! Names and operators are taken in any letter case, operators with or without the
//! hyphen, as in rules of dynamic groups. In a text between double quotes a backtick
//! takes the special meaning from a double quote or a backtick behind it.
//!
//! All comparisons of a rule are about one kind of object. The parser takes every attribute
//! and every pairing of attribute and operator: [`attribute`] tells which attributes of a
//! device the documentation knows; custom security attributes are the tenant's own.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use parse::{SyntaxError, parse, parse_attributes};

/// How deeply parentheses and `-not` may nest.
const MAX_DEPTH: usize = 64;

/// What the attributes of a rule belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterObject {
    /// The device of a sign-in.
    Device,
    /// An application or service principal, by its custom security attributes: the
    /// attribute's name is that of its set, `_`, and its own.
    CustomSecurityAttribute,
}

impl FilterObject {
    /// The word before the dot.
    pub fn as_str(self) -> &'static str {
        match self {
            FilterObject::Device => "device",
            FilterObject::CustomSecurityAttribute => "CustomSecurityAttribute",
        }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of them, at least two.
    And(Vec<Expr>),
    /// One of them, at least two.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// One comparison.
    Comparison(Comparison),
}

/// An attribute, an operator and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What the attribute belongs to.
    pub object: FilterObject,
    /// The attribute without its object, in the documented spelling if it is a known one.
    pub attribute: String,
    /// The operator.
    pub operator: Operator,
    /// What the attribute is compared with.
    pub value: Literal,
    /// Where the attribute stands in the rule: a character, from 1. No part of the meaning.
    pub at: Position,
}

/// A character of the rule, from 1. All positions are equal: two rules that differ in
/// blanks alone are the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Position(pub usize);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Position {}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// A text in quotes.
    Text(String),
    /// `True` or `False`.
    Bool(bool),
    /// `null`.
    Null,
    /// Several texts.
    List(Vec<String>),
}

/// An operator. Those with `Not` are true for an object without the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `-eq`
    Eq,
    /// `-ne`
    Ne,
    /// `-startsWith`
    StartsWith,
    /// `-notStartsWith`
    NotStartsWith,
    /// `-endsWith`
    EndsWith,
    /// `-notEndsWith`
    NotEndsWith,
    /// `-contains`
    Contains,
    /// `-notContains`
    NotContains,
    /// `-in`
    In,
    /// `-notIn`
    NotIn,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 10] = [
        Operator::Eq,
        Operator::Ne,
        Operator::StartsWith,
        Operator::NotStartsWith,
        Operator::EndsWith,
        Operator::NotEndsWith,
        Operator::Contains,
        Operator::NotContains,
        Operator::In,
        Operator::NotIn,
    ];

    /// The operator's text, with its hyphen.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Eq => "-eq",
            Operator::Ne => "-ne",
            Operator::StartsWith => "-startsWith",
            Operator::NotStartsWith => "-notStartsWith",
            Operator::EndsWith => "-endsWith",
            Operator::NotEndsWith => "-notEndsWith",
            Operator::Contains => "-contains",
            Operator::NotContains => "-notContains",
            Operator::In => "-in",
            Operator::NotIn => "-notIn",
        }
    }
}

/// What an attribute holds, and with it which operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// An id: `-eq`, `-ne`, `-in`, `-notIn`.
    Id,
    /// A text: every operator.
    Text,
    /// True or false: `-eq`, `-ne`.
    Bool,
    /// One of a few texts: `-eq`, `-ne`.
    OneOf(&'static [&'static str]),
    /// Several texts: `-contains`, `-notContains`, about one whole text of them.
    Texts,
}

impl AttributeKind {
    /// The operators that go with the attribute.
    pub fn operators(self) -> &'static [Operator] {
        match self {
            AttributeKind::Id => &[Operator::Eq, Operator::Ne, Operator::In, Operator::NotIn],
            AttributeKind::Text => &Operator::ALL,
            AttributeKind::Bool | AttributeKind::OneOf(_) => &[Operator::Eq, Operator::Ne],
            AttributeKind::Texts => &[Operator::Contains, Operator::NotContains],
        }
    }
}

/// The attributes that the documentation names, `extensionAttribute1` to `15` included.
#[rustfmt::skip] // one entry, one line
pub const ATTRIBUTES: &[(&str, AttributeKind)] = &[
    ("deviceId", AttributeKind::Id),
    ("mdmAppId", AttributeKind::Id),
    ("displayName", AttributeKind::Text),
    ("enrollmentProfileName", AttributeKind::Text),
    ("manufacturer", AttributeKind::Text),
    ("model", AttributeKind::Text),
    ("operatingSystem", AttributeKind::Text),
    ("operatingSystemVersion", AttributeKind::Text),
    ("deviceOwnership", AttributeKind::OneOf(&["Personal", "Company"])),
    ("isCompliant", AttributeKind::Bool),
    ("profileType", AttributeKind::OneOf(&["RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"])),
    ("trustType", AttributeKind::OneOf(&["AzureAD", "ServerAD", "Workplace"])),
    ("physicalIds", AttributeKind::Texts),
    ("systemLabels", AttributeKind::Texts),
    ("extensionAttribute1", AttributeKind::Text),
    ("extensionAttribute2", AttributeKind::Text),
    ("extensionAttribute3", AttributeKind::Text),
    ("extensionAttribute4", AttributeKind::Text),
    ("extensionAttribute5", AttributeKind::Text),
    ("extensionAttribute6", AttributeKind::Text),
    ("extensionAttribute7", AttributeKind::Text),
    ("extensionAttribute8", AttributeKind::Text),
    ("extensionAttribute9", AttributeKind::Text),
    ("extensionAttribute10", AttributeKind::Text),
    ("extensionAttribute11", AttributeKind::Text),
    ("extensionAttribute12", AttributeKind::Text),
    ("extensionAttribute13", AttributeKind::Text),
    ("extensionAttribute14", AttributeKind::Text),
    ("extensionAttribute15", AttributeKind::Text),
];

/// The documented spelling and kind of an attribute, found in any letter case.
pub fn attribute(name: &str) -> Option<(&'static str, AttributeKind)> {
    ATTRIBUTES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .copied()
}

impl Expr {
    /// Every comparison of the rule, from left to right.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().flat_map(Expr::comparisons).collect()
            }
            Expr::Not(inner) => inner.comparisons(),
            Expr::Comparison(comparison) => vec![comparison],
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parentheses stand where the parser needs them, and nowhere else.
        let (parts, word) = match self {
            Expr::Comparison(comparison) => return comparison.fmt(f),
            Expr::Not(inner) => {
                return match **inner {
                    Expr::And(_) | Expr::Or(_) => write!(f, "-not ({inner})"),
                    _ => write!(f, "-not {inner}"),
                };
            }
            Expr::And(parts) => (parts, " -and "),
            Expr::Or(parts) => (parts, " -or "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(word)?;
            }
            match (self, part) {
                (_, Expr::Or(_)) | (Expr::And(_), Expr::And(_)) => write!(f, "({part})")?,
                _ => part.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.operator.as_str();
        let object = self.object.as_str();
        write!(f, "{object}.{} {operator} {}", self.attribute, self.value)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text(text) => f.write_str(&quote(text)),
            Literal::Bool(true) => f.write_str("True"),
            Literal::Bool(false) => f.write_str("False"),
            Literal::Null => f.write_str("null"),
            Literal::List(items) => {
                let items: Vec<String> = items.iter().map(|item| quote(item)).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('`', "``").replace('"', "`\""))
}
