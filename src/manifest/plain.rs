//! The values of plain YAML, taken from the walk that notes the places: then the text is read once.
//!
//! Plain is what manifests are written in: mappings, lists, and texts, numbers and words on one
//! line. Of everything else (anchors, tags, blocks of text, escapes, odd keys) nothing is told
//! here, and the file is read by serde_yaml as well. Tests hold the two against each other.

use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};
use serde_json::{Map, Value};

/// True for what a plain text does not hold: anchors, aliases, tags, blocks, directives, escapes,
/// explicit keys, tabs and other characters of control.
fn is_unusual(byte: u8) -> bool {
    let sign = matches!(byte, b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'\\' | b'?');
    sign || byte.is_ascii_control() && byte != b'\n'
}

/// The same beyond ASCII: breaks of lines, marks of byte order.
fn is_odd(c: char) -> bool {
    c.is_control() && c != '\n' || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// serde_yaml has a bound, too, and says more about it.
const DEEPEST: usize = 60;

/// The values of the documents of a file, as long as all of it is plain.
pub(super) struct PlainValues<'a> {
    text: &'a str,
    plain: bool,
    open: Vec<Open>,
    /// The outermost collection in brackets: how deep it is, and where it begins.
    flow: Option<(usize, usize)>,
    root: Option<Value>,
    documents: Vec<Value>,
}

enum Open {
    Mapping(Map<String, Value>, Option<String>),
    Sequence(Vec<Value>),
}

impl<'a> PlainValues<'a> {
    pub(super) fn of(text: &'a str) -> PlainValues<'a> {
        PlainValues {
            text,
            plain: !text.bytes().any(is_unusual) && (text.is_ascii() || !text.contains(is_odd)),
            open: Vec::new(),
            flow: None,
            root: None,
            documents: Vec::new(),
        }
    }

    /// Every document, `null` for an empty one; nothing when the file is not plain.
    pub(super) fn documents(self) -> Option<Vec<Value>> {
        self.plain.then_some(self.documents)
    }

    /// Takes the next event, which stands at `range`.
    pub(super) fn see(&mut self, event: &Event<'_>, range: &Range<usize>) {
        if !self.plain {
            return;
        }
        let seen = match event {
            Event::StreamStart | Event::StreamEnd => Some(()),
            Event::DocumentStart(_, None) => {
                self.root = None;
                Some(())
            }
            Event::DocumentEnd => {
                self.documents.push(self.root.take().unwrap_or_default());
                Some(())
            }
            Event::Scalar(text, style, 0, None) => self.scalar(text, *style, range),
            Event::MappingStart(style, 0, None) => {
                self.begin(Open::Mapping(Map::new(), None), *style, range)
            }
            Event::SequenceStart(style, 0, None) => {
                self.begin(Open::Sequence(Vec::new()), *style, range)
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(range),
            _ => None,
        };
        self.plain = seen.is_some();
    }

    fn begin(&mut self, open: Open, style: StructureStyle, range: &Range<usize>) -> Option<()> {
        // A collection that is a key.
        if let Some(Open::Mapping(_, None)) = self.open.last() {
            return None;
        }
        self.open.push(open);
        if style == StructureStyle::Flow && self.flow.is_none() {
            self.flow = Some((self.open.len(), range.start));
        }
        (self.open.len() <= DEEPEST).then_some(())
    }

    fn end(&mut self, range: &Range<usize>) -> Option<()> {
        if let Some((depth, start)) = self.flow
            && depth == self.open.len()
        {
            self.flow = None;
            // Over several lines the two readers differ in what they take.
            if self.text.get(start..range.end)?.contains('\n') {
                return None;
            }
        }
        let value = match self.open.pop()? {
            Open::Mapping(map, None) => Value::Object(map),
            Open::Mapping(_, Some(_)) => return None,
            Open::Sequence(items) => Value::Array(items),
        };
        self.put(value)
    }

    fn put(&mut self, value: Value) -> Option<()> {
        match self.open.last_mut() {
            None if self.root.is_none() => self.root = Some(value),
            None => return None,
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping(map, key)) => {
                if map.insert(key.take()?, value).is_some() {
                    return None;
                }
            }
        }
        Some(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, range: &Range<usize>) -> Option<()> {
        let source = self.text.get(range.clone())?;
        let value = match style {
            ScalarStyle::Plain if source.is_empty() && self.flow.is_none() => Value::Null,
            // What goes over several lines is folded.
            ScalarStyle::Plain if source.trim() == text && !text.is_empty() => {
                plain(text, self.flow.is_some())?
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !source.contains('\n') => {
                Value::String(text.to_owned())
            }
            _ => return None,
        };
        match self.open.last_mut() {
            Some(Open::Mapping(_, key @ None)) => match value {
                Value::String(text) if text != "<<" => {
                    *key = Some(text);
                    Some(())
                }
                _ => None,
            },
            _ => self.put(value),
        }
    }
}

/// What a word without quotes stands for; nothing when that takes a closer look.
fn plain(text: &str, in_brackets: bool) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let first = text.chars().next()?;
    let has_digit_first = first.is_ascii_digit();
    let all_digits = || text.bytes().all(|b| b.is_ascii_digit());
    if has_digit_first && text.len() < 18 && (text == "0" || first != '0') && all_digits() {
        return text.parse::<u64>().ok().map(Value::from);
    }
    let is_plain = |c: char| match c {
        ' ' | '_' | '-' | '.' | '/' | '@' | '$' | '+' | '(' | ')' | '=' | ',' | ';' | ':' | '#' => {
            true
        }
        '{' | '}' => !in_brackets,
        c => c.is_alphanumeric(),
    };
    let begins_plainly = first.is_alphanumeric() || matches!(first, '_' | '$' | '/' | '(');
    if !begins_plainly || !text.chars().all(is_plain) {
        return None;
    }
    // A colon has something right behind it.
    let mut behind = text.split(':').skip(1);
    let part_of_word = |rest: &str| {
        let next = rest.chars().next();
        next.is_none_or(|c| c.is_alphanumeric() || c == '/')
    };
    if text.ends_with(':') || !behind.all(part_of_word) {
        return None;
    }
    match has_digit_first && may_be_number(text) {
        true => None,
        false => Some(Value::String(text.to_owned())),
    }
}

/// A number has one point, and a sign within it behind an `e` alone.
fn may_be_number(text: &str) -> bool {
    let of_a_number = |c: char| c.is_ascii_hexdigit() || "+-._xobXOB".contains(c);
    let mut pairs = text.bytes().zip(text.bytes().skip(1));
    let sign_within =
        |(before, sign): (u8, u8)| matches!(sign, b'+' | b'-') && !matches!(before, b'e' | b'E');
    text.chars().all(of_a_number) && text.matches('.').count() < 2 && !pairs.any(sign_within)
}
