//! `$filter`: what a filter is, what it asks of the service, and what it matches.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::error::ErrorAnswer;
use crate::model::facts::{Edition, Facts};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum FilterExpr {
    And(Vec<FilterExpr>),
    Or(Vec<FilterExpr>),
    Not(Box<FilterExpr>),
    Compare(Term, Op, Term),
    In(Term, Vec<Term>),
    Text(TextOp, Term, Term),
    IsOf(String),
    Any {
        list: Vec<String>,
        variable: String,
        all: bool,
        test: Option<Box<FilterExpr>>,
    },
    Truth(Term),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    /// Every flag on the right is set on the left.
    Has,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOp {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Path(Vec<String>),
    Literal(Value),
    Date(jiff::Timestamp),
    Lower(Box<Term>),
    Upper(Box<Term>),
}

/// What a filter asks for, which some services refuse.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct FilterNeeds {
    /// `ne` or `not`: the directory wants the advanced query parameters.
    pub negation: bool,
    /// `contains`: the directory has none.
    pub contains: bool,
    /// The most operands of one `or` (an `in` counts as one).
    pub widest_or: usize,
    /// Each property with the operator on it, as the table of operators names both.
    pub uses: Vec<(String, &'static str)>,
}

/// A filter that asks for nothing but some names of one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterNames {
    /// The property.
    pub property: String,
    /// The names, in lower case.
    pub values: HashSet<String>,
}

impl FilterExpr {
    /// The names, where it asks for nothing else.
    pub(crate) fn names(&self) -> Option<FilterNames> {
        let (term, values): (&Term, Vec<&Term>) = match self {
            FilterExpr::In(term, values) => (term, values.iter().collect()),
            FilterExpr::Compare(term, Op::Eq, value) => (term, vec![value]),
            _ => return None,
        };
        let Term::Path(path) = term else { return None };
        let [property] = path.as_slice() else {
            return None;
        };
        let text = |value: &Term| match value {
            Term::Literal(Value::String(text)) => Some(text.to_lowercase()),
            _ => None,
        };
        Some(FilterNames {
            property: property.clone(),
            values: values.into_iter().map(text).collect::<Option<_>>()?,
        })
    }

    pub(crate) fn needs(&self) -> FilterNeeds {
        let mut needs = FilterNeeds::default();
        self.collect(None, &mut needs);
        needs
    }

    /// `lambda` is the variable of an `any`, and the list that it stands for.
    fn collect(&self, lambda: Option<(&str, &str)>, needs: &mut FilterNeeds) {
        let mut uses = |term: &Term, operator| {
            if let Some(property) = term.property(lambda) {
                needs.uses.push((property, operator));
            }
        };
        match self {
            FilterExpr::Or(all) => {
                needs.widest_or = needs.widest_or.max(all.len());
                all.iter().for_each(|e| e.collect(lambda, needs));
            }
            FilterExpr::And(all) => all.iter().for_each(|e| e.collect(lambda, needs)),
            FilterExpr::Not(inner) => {
                needs.negation = true;
                inner.collect(lambda, needs);
            }
            FilterExpr::Compare(left, op, right) => {
                let null = |term: &Term| matches!(term, Term::Literal(Value::Null));
                let operator = match op {
                    _ if null(left) || null(right) => "null",
                    Op::Eq | Op::Ne => "eq",
                    Op::Ge | Op::Gt => "ge",
                    Op::Le | Op::Lt => "le",
                    Op::Has => "has",
                };
                uses(left, operator);
                uses(right, operator);
                needs.negation |= *op == Op::Ne;
            }
            FilterExpr::In(left, all) => {
                uses(left, "in");
                needs.widest_or = needs.widest_or.max(all.len());
            }
            FilterExpr::Text(op, subject, _) => {
                let operator = match op {
                    TextOp::StartsWith => "startsWith",
                    TextOp::EndsWith => "endsWith",
                    TextOp::Contains => "contains",
                };
                uses(subject, operator);
                needs.contains |= *op == TextOp::Contains;
            }
            FilterExpr::Any {
                list,
                variable,
                test: Some(test),
                ..
            } => test.collect(Some((variable, &list.join("/"))), needs),
            FilterExpr::Truth(term) => uses(term, "eq"),
            FilterExpr::Any { test: None, .. } | FilterExpr::IsOf(_) => {}
        }
    }

    /// Refuses a property that the type does not have, and a literal of the wrong kind.
    pub(crate) fn check(&self, type_name: &str, edition: Edition) -> Result<(), ErrorAnswer> {
        match self {
            FilterExpr::And(all) | FilterExpr::Or(all) => {
                all.iter().try_for_each(|e| e.check(type_name, edition))
            }
            FilterExpr::Not(inner) => inner.check(type_name, edition),
            FilterExpr::Compare(left, _, right) => {
                let of = left.check(type_name, edition)?;
                let other = right.check(type_name, edition)?;
                fits(of.as_deref(), right)?;
                fits(other.as_deref(), left)
            }
            FilterExpr::In(left, all) => {
                let of = left.check(type_name, edition)?;
                all.iter().try_for_each(|t| fits(of.as_deref(), t))
            }
            FilterExpr::Text(_, subject, needle) => {
                subject.check(type_name, edition)?;
                match needle {
                    Term::Literal(Value::String(_)) => Ok(()),
                    _ => Err(ErrorAnswer::filter("A string literal was expected.")),
                }
            }
            FilterExpr::Truth(term) => match term.check(type_name, edition)? {
                Some(of) if of != "Edm.Boolean" => {
                    Err(ErrorAnswer::filter("The filter is no boolean expression."))
                }
                _ => Ok(()),
            },
            FilterExpr::Any { list, .. } => Term::Path(list.clone())
                .check(type_name, edition)
                .map(|_| ()),
            FilterExpr::IsOf(_) => Ok(()),
        }
    }

    pub(crate) fn matches(&self, item: &Value, ignore_case: bool) -> bool {
        Bindings {
            item,
            variable: None,
            ignore_case,
        }
        .test(self)
    }
}

fn fits(of: Option<&str>, term: &Term) -> Result<(), ErrorAnswer> {
    let fine = match (of, term) {
        (Some("Edm.Boolean"), Term::Literal(v)) => v.is_boolean() || v.is_null(),
        (Some("Edm.String"), Term::Literal(v)) => v.is_string() || v.is_null(),
        (Some("Edm.String" | "Edm.Boolean"), Term::Date(_)) => false,
        _ => true,
    };
    if fine {
        return Ok(());
    }
    Err(ErrorAnswer::filter(
        "A binary operator with incompatible types was detected.",
    ))
}

impl Term {
    /// What the table of operators calls the property: `proxyAddresses/any` for what an `any`
    /// looks at, without the member of its items.
    fn property(&self, lambda: Option<(&str, &str)>) -> Option<String> {
        match (self, lambda) {
            (Term::Path(path), Some((variable, list)))
                if path.first().is_some_and(|first| first == variable) =>
            {
                Some(format!("{list}/any"))
            }
            (Term::Path(path), _) => Some(path.join("/")),
            (Term::Lower(inner) | Term::Upper(inner), _) => inner.property(lambda),
            (Term::Literal(_) | Term::Date(_), _) => None,
        }
    }

    /// The schema type of a path, when the table knows it.
    fn check(&self, type_name: &str, edition: Edition) -> Result<Option<String>, ErrorAnswer> {
        let path = match self {
            Term::Path(path) => path,
            Term::Lower(inner) | Term::Upper(inner) => return inner.check(type_name, edition),
            _ => return Ok(None),
        };
        let facts = Facts::get();
        let mut at = type_name.to_owned();
        for name in path {
            if let Some(cast) = name.strip_prefix("microsoft.graph.") {
                at = cast.to_owned();
                continue;
            }
            if !facts.types.contains_key(&at) {
                return Ok(None);
            }
            if name == "id" {
                return Ok(None);
            }
            let properties = facts.properties(&at, edition);
            let navigation = facts.navigation(&at);
            match properties
                .get(name.as_str())
                .or_else(|| navigation.get(name.as_str()))
            {
                Some(property) => at.clone_from(&property.type_name),
                None => {
                    return Err(ErrorAnswer::bad(format!(
                        "Could not find a property named '{name}' on type 'microsoft.graph.{at}'."
                    )));
                }
            }
        }
        Ok(Some(at))
    }
}

struct Bindings<'a> {
    item: &'a Value,
    variable: Option<(&'a str, &'a Value)>,
    ignore_case: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Json(Value),
    Date(jiff::Timestamp),
}

impl Bindings<'_> {
    fn test(&self, expr: &FilterExpr) -> bool {
        match expr {
            FilterExpr::And(all) => all.iter().all(|e| self.test(e)),
            FilterExpr::Or(all) => all.iter().any(|e| self.test(e)),
            FilterExpr::Not(inner) => !self.test(inner),
            FilterExpr::Compare(left, op, right) => {
                self.compare(&self.value(left), *op, &self.value(right))
            }
            FilterExpr::In(left, all) => {
                let value = self.value(left);
                all.iter()
                    .any(|t| self.compare(&value, Op::Eq, &self.value(t)))
            }
            FilterExpr::Text(op, subject, needle) => {
                let (Operand::Json(Value::String(text)), Operand::Json(Value::String(needle))) =
                    (self.value(subject), self.value(needle))
                else {
                    return false;
                };
                let (text, needle) = (self.fold(&text), self.fold(&needle));
                match op {
                    TextOp::StartsWith => text.starts_with(&needle),
                    TextOp::EndsWith => text.ends_with(&needle),
                    TextOp::Contains => text.contains(&needle),
                }
            }
            FilterExpr::IsOf(name) => {
                let bare = |t: &str| t.trim_start_matches('#').to_ascii_lowercase();
                self.item
                    .get("@odata.type")
                    .and_then(Value::as_str)
                    .is_some_and(|t| bare(t) == bare(name))
            }
            FilterExpr::Any {
                list,
                variable,
                all,
                test,
            } => {
                let Operand::Json(Value::Array(items)) = self.value(&Term::Path(list.clone()))
                else {
                    return *all;
                };
                let Some(test) = test else {
                    return !items.is_empty();
                };
                let one = |item: &Value| {
                    Bindings {
                        item: self.item,
                        variable: Some((variable, item)),
                        ignore_case: self.ignore_case,
                    }
                    .test(test)
                };
                if *all {
                    items.iter().all(one)
                } else {
                    items.iter().any(one)
                }
            }
            FilterExpr::Truth(term) => self.value(term) == Operand::Json(Value::Bool(true)),
        }
    }

    fn fold(&self, text: &str) -> String {
        if self.ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    }

    fn value(&self, term: &Term) -> Operand {
        match term {
            Term::Literal(value) => Operand::Json(value.clone()),
            Term::Date(at) => Operand::Date(*at),
            Term::Lower(inner) | Term::Upper(inner) => match self.value(inner) {
                Operand::Json(Value::String(text)) => {
                    Operand::Json(Value::String(if matches!(term, Term::Lower(_)) {
                        text.to_lowercase()
                    } else {
                        text.to_uppercase()
                    }))
                }
                other => other,
            },
            Term::Path(path) => {
                let mut rest = path.as_slice();
                let mut at = self.item;
                if let (Some((name, value)), Some((first, behind))) =
                    (self.variable, path.split_first())
                    && first == name
                {
                    at = value;
                    rest = behind;
                }
                for name in rest {
                    if name.starts_with("microsoft.graph.") {
                        let tag = at.get("@odata.type").and_then(Value::as_str);
                        if tag.is_none_or(|t| t.trim_start_matches('#') != name) {
                            return Operand::Json(Value::Null);
                        }
                        continue;
                    }
                    match at.get(name) {
                        Some(next) => at = next,
                        None => return Operand::Json(Value::Null),
                    }
                }
                Operand::Json(at.clone())
            }
        }
    }

    fn compare(&self, left: &Operand, op: Op, right: &Operand) -> bool {
        if op == Op::Has {
            let (Operand::Json(Value::String(set)), Operand::Json(Value::String(wanted))) =
                (left, right)
            else {
                return false;
            };
            let held = |flag: &str| set.split(',').any(|s| s.trim().eq_ignore_ascii_case(flag));
            return wanted.split(',').all(|flag| held(flag.trim()));
        }
        let order = self.order(left, right);
        match op {
            Op::Has => false,
            Op::Eq => order == Some(Ordering::Equal),
            Op::Ne => order != Some(Ordering::Equal),
            Op::Gt => order == Some(Ordering::Greater),
            Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Op::Lt => order == Some(Ordering::Less),
            Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }

    fn order(&self, left: &Operand, right: &Operand) -> Option<Ordering> {
        let time = |value: &Value| {
            value
                .as_str()
                .and_then(|t| t.parse::<jiff::Timestamp>().ok())
        };
        match (left, right) {
            (Operand::Date(a), Operand::Date(b)) => Some(a.cmp(b)),
            (Operand::Date(a), Operand::Json(b)) => time(b).map(|b| a.cmp(&b)),
            (Operand::Json(a), Operand::Date(b)) => time(a).map(|a| a.cmp(b)),
            (Operand::Json(a), Operand::Json(b)) => match (a, b) {
                (Value::String(a), Value::String(b)) => Some(self.fold(a).cmp(&self.fold(b))),
                (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
                (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
                (Value::Null, Value::Null) => Some(Ordering::Equal),
                _ => None,
            },
        }
    }
}
