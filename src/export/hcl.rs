//! The language of Terraform as text: only what the export writes, which is blocks, arguments, texts
//! and references. Lines are arranged as `terraform fmt` does.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::text::{is_unseen, visible};

/// The longest list that stands in one line.
const LINE: usize = 90;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HclValue {
    Text(String),
    /// As it is written: a number, a truth value, a reference such as `azuread_group.x.object_id`.
    Plain(String),
    /// A text and the value of a reference, joined.
    Joined(String, String),
    /// Values, each with what a comment says of it.
    List(Vec<(HclValue, Option<String>)>),
}

impl HclValue {
    pub(super) fn flag(flag: bool) -> HclValue {
        HclValue::Plain(flag.to_string())
    }

    pub(super) fn texts(items: Vec<String>) -> HclValue {
        let items = items.into_iter();
        HclValue::List(items.map(|one| (HclValue::Text(one), None)).collect())
    }
}

/// The inside of a block, or a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct HclBody {
    arguments: Vec<(String, HclValue)>,
    inner: IndexMap<String, HclBody>,
    labelled: Vec<(String, HclBody)>,
}

impl HclBody {
    pub(super) fn is_empty(&self) -> bool {
        self.arguments.is_empty() && self.inner.is_empty() && self.labelled.is_empty()
    }

    /// Writes an argument: the last step of the path is its name, the others are blocks around it.
    pub(super) fn put(&mut self, path: &str, value: HclValue) {
        match path.split_once('/') {
            None => self.arguments.push((path.to_owned(), value)),
            Some((block, rest)) => self.block(block).put(rest, value),
        }
    }

    /// Whether an argument, or a block, was written.
    pub(super) fn has(&self, path: &str) -> bool {
        match path.split_once('/') {
            None => {
                self.inner.contains_key(path) || self.arguments.iter().any(|(name, _)| name == path)
            }
            Some((block, rest)) => self.inner.get(block).is_some_and(|body| body.has(rest)),
        }
    }

    /// The block of a name; it is made where there is none.
    pub(super) fn block(&mut self, name: &str) -> &mut HclBody {
        self.inner.entry(name.to_owned()).or_default()
    }

    /// A block with labels, which are words of ours.
    pub(super) fn add(&mut self, name: &str, labels: &[&str], body: HclBody) {
        let labels: String = labels.iter().map(|label| format!(" \"{label}\"")).collect();
        self.labelled.push((format!("{name}{labels}"), body));
    }

    /// Adds what another has behind what is there.
    pub(super) fn append(&mut self, other: HclBody) {
        self.labelled.extend(other.labelled);
    }

    /// The text, with line ends.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        let shown = |value: &HclValue| shown(value, depth);
        let arguments: Vec<(&str, String)> = (self.arguments.iter())
            .map(|(name, value)| (&**name, shown(value)))
            .collect();
        // What stands in one line is aligned with its neighbours.
        for run in arguments.chunk_by(|a, b| !a.1.contains('\n') && !b.1.contains('\n')) {
            let width = run
                .iter()
                .map(|(name, _)| name.len())
                .max()
                .unwrap_or_default();
            for (name, value) in run {
                let _ = writeln!(out, "{indent}{name:width$} = {value}");
            }
        }
        let mut first = self.arguments.is_empty();
        let inner = self.inner.iter();
        for (head, body) in inner.chain(self.labelled.iter().map(|(head, body)| (head, body))) {
            if !first {
                out.push('\n');
            }
            first = false;
            if body.is_empty() {
                let _ = writeln!(out, "{indent}{head} {{}}");
                continue;
            }
            let _ = writeln!(out, "{indent}{head} {{");
            body.write(depth + 1, out);
            let _ = writeln!(out, "{indent}}}");
        }
    }
}

/// A text between quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", literal(text))
}

fn shown(value: &HclValue, depth: usize) -> String {
    match value {
        HclValue::Text(text) => quoted(text),
        HclValue::Plain(text) => text.clone(),
        // What the text ends with must not double what begins the reference.
        HclValue::Joined(text, reference) => {
            let mut text = literal(text);
            if text.ends_with('$') {
                text.pop();
                coded('$', &mut text);
            }
            format!("\"{text}${{{reference}}}\"")
        }
        HclValue::List(items) => list(items, depth),
    }
}

fn list(items: &[(HclValue, Option<String>)], depth: usize) -> String {
    let items: Vec<(String, Option<String>)> = items
        .iter()
        .map(|(value, told)| (shown(value, depth + 1), told.as_deref().map(comment)))
        .collect();
    let bare: Vec<&str> = items.iter().map(|(value, _)| &**value).collect();
    let line = format!("[{}]", bare.join(", "));
    if items.iter().all(|(_, told)| told.is_none()) && line.chars().count() <= LINE {
        return line;
    }
    let indent = "  ".repeat(depth + 1);
    let mut out = "[\n".to_owned();
    for run in items.chunk_by(|a, b| a.1.is_some() && b.1.is_some()) {
        let width = run.iter().map(|(value, _)| value.chars().count() + 1).max();
        let width = width.unwrap_or_default();
        for (value, told) in run {
            let value = format!("{value},");
            match told {
                Some(told) => {
                    let _ = writeln!(out, "{indent}{value:width$} # {told}");
                }
                None => {
                    let _ = writeln!(out, "{indent}{value}");
                }
            }
        }
    }
    let _ = write!(out, "{}]", "  ".repeat(depth));
    out
}

/// A text for a comment: it ends with its line.
fn comment(text: &str) -> String {
    visible(text, false)
}

/// The text between the quotes. It is nothing but text: neither a template nor what nobody sees.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Doubled, it begins no template. Before another of its kind that would double it as well.
            '$' | '%' => match rest.peek() {
                Some('{') => {
                    out.push(c);
                    out.push(c);
                }
                Some(next) if *next == c => coded(c, &mut out),
                _ => out.push(c),
            },
            c if is_unseen(c) => coded(c, &mut out),
            c => out.push(c),
        }
    }
    out
}

fn coded(c: char, out: &mut String) {
    let number = u32::from(c);
    let _ = match number {
        0..=0xffff => write!(out, "\\u{number:04x}"),
        _ => write!(out, "\\U{number:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a text holds, a parser reads that text, and the file stays one line.
        #[test]
        fn every_text_is_read_as_itself(
            text in prop_oneof!["[$%{}\"\\\\n\\n a]{0,12}", proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)]
        ) {
            let mut body = HclBody::default();
            body.put("x", HclValue::Text(text.clone()));
            let written = body.text();
            prop_assert_eq!(written.lines().count(), 1);
            prop_assert!(written.chars().all(|c| c == '\n' || !is_unseen(c)));
            let read = hcl::parse(&written);
            let read = read.map_err(|error| TestCaseError::fail(format!("{written}: {error}")))?;
            let value = read.attributes().next().unwrap().expr().clone();
            prop_assert_eq!(value, hcl::Expression::String(text));
        }
    }
}
