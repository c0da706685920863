//! Variables: `${name}` in any text of a manifest is replaced from the tenant's `vars`;
//! `$${` stands for a plain `${`. Nothing else is read, the environment least of all.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::yaml::Document;
use crate::finding::{Code, Finding, Place, did_you_mean};
use crate::text::pointer::below;

/// A variable's value.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A boolean.
    Flag(bool),
    /// A whole number.
    Number(i64),
}

impl Scalar {
    /// The value as JSON.
    pub fn to_value(&self) -> Value {
        match self {
            Scalar::Text(text) => text.clone().into(),
            Scalar::Flag(flag) => (*flag).into(),
            Scalar::Number(number) => (*number).into(),
        }
    }

    /// The value as text.
    pub fn to_text(&self) -> String {
        match self {
            Scalar::Text(text) => text.clone(),
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Number(number) => number.to_string(),
        }
    }
}

/// Replaces every variable of the document. A text that is nothing but one variable takes
/// the variable's type.
pub fn substitute(
    document: &mut Document,
    vars: &BTreeMap<String, Scalar>,
    tenant: &str,
    findings: &mut Vec<Finding>,
) {
    let mut value = std::mem::take(&mut document.value);
    walk(
        &mut value,
        "",
        &mut |pointer, text| match expand(text, vars) {
            Ok(new) => new,
            Err(problem) => {
                let help = match &problem {
                    VariableFault::Unclosed => {
                        "close it with `}`, or write `$${` for a plain `${`".to_owned()
                    }
                    VariableFault::Unnamed => {
                        "write its name between the braces, or `$${` for a plain `${`".to_owned()
                    }
                    VariableFault::Undefined(name) => {
                        match did_you_mean(name, vars.keys().map(String::as_str)) {
                            Some(meant) => format!("did you mean `${{{meant}}}`?"),
                            None => format!(
                                "add `{name}` to the `vars` of the tenant `{tenant}`, or write `$${{` for a plain `${{`"
                            ),
                        }
                    }
                };
                let place = narrow(document.place(pointer), &problem);
                let message = match problem {
                    VariableFault::Unnamed => "a `${}` without a variable name".to_owned(),
                    VariableFault::Unclosed => "a `${` without its `}`".to_owned(),
                    VariableFault::Undefined(name) => {
                        format!("the variable `{name}` is not defined for tenant `{tenant}`")
                    }
                };
                findings.push(
                    Finding::error(Code::UndefinedVariable, message)
                        .at(place)
                        .help(help),
                );
                None
            }
        },
    );
    document.value = value;
}

fn walk(value: &mut Value, at: &str, replace: &mut dyn FnMut(&str, &str) -> Option<Value>) {
    match value {
        Value::String(text) => {
            if text.contains("${")
                && let Some(new) = replace(at, text)
            {
                *value = new;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{at}/{index}"), replace);
            }
        }
        Value::Object(map) => {
            for (name, item) in map.iter_mut() {
                walk(item, &below(at, name), replace);
            }
        }
        _ => {}
    }
}

enum VariableFault {
    Unclosed,
    Unnamed,
    Undefined(String),
}

/// The variable itself within the text at `place`, where it stands there as it is.
fn narrow(place: Place, problem: &VariableFault) -> Place {
    let Some(text) = place.file.text.get(place.range.clone()) else {
        return place;
    };
    for (at, sign) in text.match_indices("${") {
        if text.get(..at).is_some_and(|before| before.ends_with('$')) {
            continue;
        }
        let behind = text.get(at + sign.len()..).unwrap_or_default();
        let name = behind.split_once('}').map(|(name, _)| name);
        let end = name.map(|name| at + sign.len() + name.len() + 1);
        let found = match (problem, name.map(str::trim)) {
            (VariableFault::Unclosed, None) => Some(at + 2),
            (VariableFault::Unnamed, Some("")) => end,
            (VariableFault::Undefined(wanted), Some(name)) if name == wanted => end,
            _ => None,
        };
        if let Some(end) = found {
            let start = place.range.start;
            return Place::new(&place.file, start + at..start + end);
        }
    }
    place
}

fn value_of<'a>(
    name: &str,
    vars: &'a BTreeMap<String, Scalar>,
) -> Result<&'a Scalar, VariableFault> {
    match vars.get(name) {
        Some(value) => Ok(value),
        None if name.is_empty() => Err(VariableFault::Unnamed),
        None => Err(VariableFault::Undefined(name.to_owned())),
    }
}

fn expand(text: &str, vars: &BTreeMap<String, Scalar>) -> Result<Option<Value>, VariableFault> {
    if let Some(name) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'))
        && !name.contains(['$', '}'])
    {
        let value = value_of(name.trim(), vars)?;
        return Ok(Some(value.to_value()));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        if let Some(literal) = before.strip_suffix('$') {
            out.push_str(literal);
            out.push_str("${");
            rest = behind;
            continue;
        }
        out.push_str(before);
        let (name, behind) = behind.split_once('}').ok_or(VariableFault::Unclosed)?;
        out.push_str(&value_of(name.trim(), vars)?.to_text());
        rest = behind;
    }
    out.push_str(rest);
    Ok(Some(Value::String(out)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Option<Value> {
        let vars = BTreeMap::from([
            ("domain".to_owned(), Scalar::Text("contoso.com".to_owned())),
            ("trusted".to_owned(), Scalar::Flag(true)),
        ]);
        expand(text, &vars).ok().flatten()
    }

    #[test]
    fn variables_stand_anywhere_and_dollars_can_be_escaped() {
        assert_eq!(expanded("u@${domain}"), Some("u@contoso.com".into()));
        assert_eq!(
            expanded("$${domain} ${ domain }"),
            Some("${domain} contoso.com".into())
        );
        assert_eq!(expanded("${trusted}"), Some(true.into()));
        assert_eq!(expanded("is ${trusted}"), Some("is true".into()));
        assert_eq!(expanded("${nothing}"), None);
        assert_eq!(expanded("${domain"), None);
    }
}
