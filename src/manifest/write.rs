//! A manifest as a person would write it: blocks, short lists in one line, quotes only
//! where a reader could take the text for something else, and comments where asked.
//!
//! Guarantees: what [`crate::manifest::yaml`] and [`crate::manifest::vars`] read from the
//! text is the value that went in, whatever its texts hold, and notes never change it.
//! Caveat: YAML readers take a key `<<` for a merge even in quotes, so a mapping with such
//! a key has no text; Graph has no member of that name.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::model::kind::Kind;
use crate::text::pointer::{above, below};
use crate::text::{is_guid, unseen, visible};

/// The widest line of a list in one line, in characters.
const LIST_WIDTH: usize = 80;
/// The widest line of a comment, in characters.
const COMMENT_WIDTH: usize = 90;
/// The longest key that may stand before its `:` without `?`. YAML takes 1024 characters.
const KEY_WIDTH: usize = 1000;

/// A comment for a person, at a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// JSON pointer into the value; empty for the document itself. Where it points to
    /// nothing, the note stands at the nearest value above.
    pub pointer: String,
    /// What it says, without `#`. Control characters are shown as their escapes.
    pub text: String,
}

/// The text of one manifest: `kind` first, then `id` if there, then the rest in the order
/// of `value`. Each `${` is written as a literal, so that no variable replaces it.
pub fn document(kind: Kind, value: &Value, notes: &[Note]) -> String {
    any_document(kind.as_str(), value, notes)
}

/// As [`document`], of any kind of document.
pub fn any_document(kind: &str, value: &Value, notes: &[Note]) -> String {
    let mut map = Map::new();
    map.insert("kind".to_owned(), kind.into());
    if let Value::Object(properties) = value {
        for first in [true, false] {
            for (name, property) in properties {
                if name != "kind" && (name == "id") == first {
                    map.insert(name.clone(), literal(property.clone()));
                }
            }
        }
    }
    let value = Value::Object(map);
    let notes = Notes::of(
        notes
            .iter()
            .map(|note| (existing(&value, &note.pointer), note.text.as_str())),
    );
    let mut lines = Vec::new();
    comments(&notes, "", 0, &mut lines);
    lines.extend(block(&value, 0, "", &notes, &Hand::default()));
    let mut text = String::new();
    for line in lines {
        line.push_to(&mut text);
        text.push('\n');
    }
    text
}

/// The pointer, or the nearest one above that points to something in `value`.
fn existing<'a>(value: &Value, pointer: &'a str) -> &'a str {
    let mut at = pointer;
    while value.pointer(at).is_none() {
        at = above(at);
    }
    at
}

/// How a file is indented.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand {
    /// Blanks by which a mapping stands further in than its key.
    pub step: usize,
    /// Blanks by which the `-` of a list stands further in than its key.
    pub dash: usize,
}

impl Default for Hand {
    fn default() -> Hand {
        Hand { step: 2, dash: 2 }
    }
}

/// One line of text, without its end.
pub(super) struct Line {
    /// Blanks before it.
    pub indent: usize,
    /// The rest.
    pub text: String,
    /// A line that is nothing but a comment.
    comment: bool,
}

impl Line {
    fn new(indent: usize, text: String) -> Line {
        let comment = false;
        Line {
            indent,
            text,
            comment,
        }
    }

    /// Adds the line to `out`, without a line end.
    pub(super) fn push_to(&self, out: &mut String) {
        out.extend(std::iter::repeat_n(' ', self.indent));
        out.push_str(&self.text);
    }
}

/// The lines of a mapping or list that is not empty, its keys or dashes at `indent`.
fn block(value: &Value, indent: usize, pointer: &str, notes: &Notes<'_>, hand: &Hand) -> Vec<Line> {
    let mut lines = Vec::new();
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                let here = below(pointer, name);
                comments(notes, &here, indent, &mut lines);
                lines.extend(property(name, member, indent, &here, notes, hand));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let here = format!("{pointer}/{index}");
                comments(notes, &here, indent, &mut lines);
                lines.extend(list_item(item, indent, &here, notes, hand));
            }
        }
        other => lines.push(Line::new(indent, scalar(other, false))),
    }
    lines
}

/// The lines of `name: value`, its key at `indent`.
fn property(
    name: &str,
    value: &Value,
    indent: usize,
    pointer: &str,
    notes: &Notes<'_>,
    hand: &Hand,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut head = quoted(name, false);
    if head.chars().count() > KEY_WIDTH {
        lines.push(Line::new(indent, format!("? {head}")));
        head.clear();
    }
    head.push(':');
    let width = indent + head.chars().count() + 1;
    match in_line(value, width, notes.below(pointer)) {
        Some(text) => lines.push(Line::new(indent, format!("{head} {text}"))),
        None => {
            lines.push(Line::new(indent, head));
            let further = if value.is_array() {
                hand.dash
            } else {
                hand.step
            };
            lines.extend(block(value, indent + further, pointer, notes, hand));
        }
    }
    lines
}

/// The lines of one item of a block list, its dash at `indent`.
fn list_item(
    value: &Value,
    indent: usize,
    pointer: &str,
    notes: &Notes<'_>,
    hand: &Hand,
) -> Vec<Line> {
    if let Some(text) = in_line(value, indent + 2, notes.below(pointer)) {
        return vec![Line::new(indent, format!("- {text}"))];
    }
    let mut lines = block(value, indent + 2, pointer, notes, hand);
    // The first line shares its line with the dash; comments on it stand above both.
    for line in &mut lines {
        line.indent = indent;
        if !line.comment {
            line.text.insert_str(0, "- ");
            break;
        }
    }
    lines
}

/// `name: value` for a place in a block mapping, written in the hand of its file.
pub(super) fn property_lines(name: &str, value: &Value, indent: usize, hand: &Hand) -> Vec<Line> {
    property(name, value, indent, "", &Notes::default(), hand)
}

/// `- value` for a place in a block list, written in the hand of its file.
pub(super) fn item_lines(value: &Value, indent: usize, hand: &Hand) -> Vec<Line> {
    list_item(value, indent, "", &Notes::default(), hand)
}

/// The value for the rest of a line of which `width` characters are taken, if it has room.
pub(super) fn rest_of_line(value: &Value, width: usize) -> Option<String> {
    in_line(value, width, false)
}

/// The lines of a value that did not fit in its line, for a key at `indent`.
pub(super) fn lines_below(value: &Value, indent: usize, hand: &Hand) -> Vec<Line> {
    let further = if value.is_array() {
        hand.dash
    } else {
        hand.step
    };
    block(value, indent + further, "", &Notes::default(), hand)
}

/// The notes, by where they stand: there may be one at each of many thousand items.
#[derive(Debug, Default)]
struct Notes<'a> {
    at: HashMap<&'a str, Vec<&'a str>>,
    /// The pointers below which notes stand.
    above: HashSet<&'a str>,
}

impl<'a> Notes<'a> {
    fn of(notes: impl Iterator<Item = (&'a str, &'a str)>) -> Notes<'a> {
        let mut known = Notes::default();
        for (pointer, text) in notes {
            known.at.entry(pointer).or_default().push(text);
            let mut at = pointer;
            while !at.is_empty() {
                at = above(at);
                if !known.above.insert(at) {
                    break;
                }
            }
        }
        known
    }

    /// True when a note stands below `pointer`, so that its value needs lines of its own.
    fn below(&self, pointer: &str) -> bool {
        self.above.contains(pointer)
    }
}

/// The value for the rest of a line, `width` characters of which are taken.
fn in_line(value: &Value, width: usize, noted: bool) -> Option<String> {
    match value {
        Value::Object(map) => map.is_empty().then(|| "{}".to_owned()),
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Array(items) => {
            let scalars = items.iter().all(|i| !i.is_array() && !i.is_object());
            if noted || !scalars {
                return None;
            }
            let text = flow(value);
            (width + text.chars().count() <= LIST_WIDTH).then_some(text)
        }
        other => Some(scalar(other, false)),
    }
}

/// Any value as YAML on one line, which may stand between brackets: what a message tells people to
/// write is made by this alone.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(k, v)| flow_property(k, v)).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => scalar(other, true),
    }
}

/// `name: value` for a place between braces.
pub(super) fn flow_property(name: &str, value: &Value) -> String {
    let key = quoted(name, true);
    let explicit = if key.chars().count() > KEY_WIDTH {
        "? "
    } else {
        ""
    };
    format!("{explicit}{key}: {}", flow(value))
}

/// The text of a value that is no list and no mapping.
fn scalar(value: &Value, flow: bool) -> String {
    match value {
        Value::String(text) => quoted(text, flow),
        // `1e100` is a text to a YAML 1.1 reader; `1.0e+100` is a number to all.
        Value::Number(number) => {
            let text = number.to_string();
            match text.split_once('e') {
                Some((mantissa, exponent)) => {
                    let dot = if mantissa.contains('.') { "" } else { ".0" };
                    let sign = if exponent.starts_with(['-', '+']) {
                        ""
                    } else {
                        "+"
                    };
                    format!("{mantissa}{dot}e{sign}{exponent}")
                }
                None => text,
            }
        }
        other => other.to_string(),
    }
}

/// The value with each `${` of its texts as a literal, `$${`: see [`crate::manifest::vars`].
pub(super) fn literal(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => *text = text.replace("${", "$${"),
        Value::Array(items) => {
            for item in items {
                *item = literal(item.take());
            }
        }
        Value::Object(map) => {
            for member in map.values_mut() {
                *member = literal(member.take());
            }
        }
        _ => {}
    }
    value
}

/// The text as a scalar: plain where every reader takes it for this text, else in quotes.
/// `flow` when it stands between brackets, where commas and brackets end it.
pub(super) fn quoted(text: &str, flow: bool) -> String {
    if unseen(text).any(|(_, hidden)| hidden) {
        return double_quoted(text);
    }
    if is_plain(text, flow) {
        return text.to_owned();
    }
    if text.contains('\'') && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push('"');
    for (c, hidden) in unseen(text) {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if hidden => out.push_str(&match u32::from(c) {
                code @ 0..=0xFF => format!("\\x{code:02X}"),
                code @ 0x100..=0xFFFF => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            }),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that some reader takes for a boolean or for nothing.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let begins = first.is_ascii_alphanumeric() || "_/($".contains(first) || !first.is_ascii();
    let ends = text.ends_with(char::is_whitespace) || text.ends_with(':');
    if !begins || ends || first.is_whitespace() || text.contains(": ") || text.contains(" #") {
        return false;
    }
    if flow && !fits_brackets(text) {
        return false;
    }
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return false;
    }
    // Numbers of any base, times and dates: all are made of these characters alone.
    let numeric = |c: char| c.is_ascii_hexdigit() || "xXoO_.:+- tTzZ".contains(c);
    !first.is_ascii_digit() || !text.chars().all(numeric) || is_guid(text)
}

/// True for a plain text that goes on between brackets. Older readers end it at `?`, and
/// refuse a `:` before punctuation.
fn fits_brackets(text: &str) -> bool {
    let mut behind_colons = text.split(':').skip(1);
    let takes = |c: char| c.is_alphanumeric() || c == '/';
    // An empty part is a colon behind a colon.
    !text.contains(['[', ']', '{', '}', ',', '?'])
        && !text.ends_with(':')
        && behind_colons.all(|part| part.is_empty() || part.starts_with(takes))
}

/// The comment lines of the notes at `pointer`.
fn comments(notes: &Notes<'_>, pointer: &str, indent: usize, lines: &mut Vec<Line>) {
    let width = COMMENT_WIDTH.saturating_sub(indent + 2).max(20);
    for text in notes.at.get(pointer).into_iter().flatten() {
        for part in wrapped(&visible(text, false), width) {
            lines.push(Line {
                indent,
                text: format!("# {part}").trim_end().to_owned(),
                comment: true,
            });
        }
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let taken = line.chars().count();
        if taken > 0 && taken + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if taken > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
pub(crate) mod tests;
