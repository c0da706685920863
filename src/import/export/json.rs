//! JSON text -> values, with the place of every part.
//!
//! Exports are concatenated, appended to and edited by hand, so the reader takes one value
//! after another (JSON Lines, pages behind each other), comments and trailing commas, and
//! byte order marks in between. What it cannot take is a fault at a byte of the text.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::text::pointer::names;

/// How deep a value may nest. Graph's own answers stay below ten.
pub const MAX_DEPTH: usize = 100;

/// How many values a file may hold, so that memory stays bounded whatever its size. A policy
/// with all its annotations has about 150.
pub const MAX_NODES: usize = 3_000_000;

/// Where one value stands, and the values inside it.
#[derive(Debug, Default, Clone)]
pub struct JsonNode {
    key: (u32, u32),
    value: (u32, u32),
    children: Vec<JsonNode>,
    /// True when a name stands twice in it, or in a value inside it, with different values.
    repeats: bool,
}

fn range((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}

impl JsonNode {
    /// Where the value stands that `pointer` names.
    ///
    /// The pointer may be that of the repaired value: a name matches in any letter case and
    /// inside `AdditionalProperties`, and what is not found has the place of what is around it.
    pub fn find(&self, text: &str, pointer: &str) -> Range<usize> {
        range(self.walk(text, pointer).value)
    }

    /// As [`JsonNode::find`], for the name of the member.
    pub fn find_key(&self, text: &str, pointer: &str) -> Range<usize> {
        let node = self.walk(text, pointer);
        range(match node.key {
            (0, 0) => node.value,
            key => key,
        })
    }

    /// True when the value that `pointer` names has a name twice, in itself or deeper inside.
    pub fn repeats(&self, text: &str, pointer: &str) -> bool {
        self.walk(text, pointer).repeats
    }

    fn walk(&self, text: &str, pointer: &str) -> &JsonNode {
        let mut at = self;
        for step in names(pointer) {
            match at.child(text, &step) {
                Some(child) => at = child,
                None if step.bytes().all(|b| b.is_ascii_digit()) => {}
                None => break,
            }
        }
        at
    }

    fn child(&self, text: &str, step: &str) -> Option<&JsonNode> {
        let name = |node: &JsonNode| text.get(range(node.key)).unwrap_or("").trim_matches('"');
        let is_object = self.children.first().is_some_and(|c| c.key != (0, 0));
        if !is_object {
            return self.children.get(step.parse::<usize>().ok()?);
        }
        // Of a name that stands twice the last value counts.
        let mut last_first = self.children.iter().rev();
        last_first
            .find(|c| name(c) == step)
            .or_else(|| {
                let mut children = self.children.iter();
                children.find(|c| name(c).eq_ignore_ascii_case(step))
            })
            .or_else(|| {
                let more = self
                    .children
                    .iter()
                    .find(|c| name(c).eq_ignore_ascii_case("additionalProperties"))?;
                more.children
                    .iter()
                    .find(|c| name(c).eq_ignore_ascii_case(step))
            })
    }
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// The bytes of the text.
    pub range: Range<usize>,
}

/// What a text holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The values, in their order.
    pub values: Vec<(Value, JsonNode)>,
    /// Names that an object has twice with different values, at the second place.
    pub repeated: Vec<(String, Range<usize>)>,
    /// What ended the reading; the values before it are right.
    pub fault: Option<Fault>,
}

/// Reads every value of `text`.
pub fn parse(text: &str) -> Parsed {
    let mut parser = JsonParser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: 0,
        repeated: Vec::new(),
    };
    let mut parsed = Parsed::default();
    loop {
        let next = parser.blanks().and_then(|()| {
            // Lines of an array whose brackets were cut off end with commas.
            while parser.peek() == Some(b',') && !parsed.values.is_empty() {
                parser.at += 1;
                parser.blanks()?;
            }
            match parser.peek() {
                None => Ok(None),
                Some(_) => parser.value(0, (0, 0)).map(Some),
            }
        });
        match next {
            Ok(Some(found)) => parsed.values.push(found),
            Ok(None) => break,
            Err(fault) => {
                parsed.fault = Some(fault);
                break;
            }
        }
    }
    parsed.repeated = parser.repeated;
    parsed
}

struct JsonParser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    repeated: Vec<(String, Range<usize>)>,
}

impl JsonParser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What is not read yet. The parser stops between characters alone.
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            message: message.into(),
            range: self.at..(self.at + 1).min(self.bytes.len()),
        })
    }

    /// Passes over blanks, comments and byte order marks.
    fn blanks(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            match rest {
                [b' ' | b'\t' | b'\n' | b'\r', ..] => self.at += 1,
                [0xEF, 0xBB, 0xBF, ..] => self.at += 3,
                [b'/', b'/', ..] => {
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                [b'/', b'*', ..] => match self.rest().find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return self.fault("an unterminated comment"),
                },
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize, key: (u32, u32)) -> Result<(Value, JsonNode), Fault> {
        if depth > MAX_DEPTH {
            return self.fault(format!("values nest deeper than {MAX_DEPTH} levels"));
        }
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self.fault(format!("the file has more than {MAX_NODES} values"));
        }
        let start = self.at;
        let mut children = Vec::new();
        let told = self.repeated.len();
        let value = match self.peek() {
            Some(b'{') => self.object(depth, &mut children)?,
            Some(b'[') => self.array(depth, &mut children)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'\'') => return self.fault("JSON strings are in double quotes"),
            Some(_) => return self.fault("expected a value here"),
            None => return self.fault("the file ends in the middle of a value"),
        };
        children.shrink_to_fit();
        let node = JsonNode {
            key,
            value: (start as u32, self.at as u32),
            children,
            repeats: self.repeated.len() > told,
        };
        Ok((value, node))
    }

    fn object(&mut self, depth: usize, children: &mut Vec<JsonNode>) -> Result<Value, Fault> {
        self.at += 1;
        let mut map = Map::new();
        loop {
            self.blanks()?;
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(map));
                }
                Some(b'"') => {}
                Some(_) => return self.fault("expected a name in double quotes or `}` here"),
                None => return self.fault("the file ends inside an object"),
            }
            let key_start = self.at;
            let name = self.string()?;
            let key = (key_start as u32, self.at as u32);
            self.blanks()?;
            if self.peek() != Some(b':') {
                return self.fault("expected `:` here");
            }
            self.at += 1;
            self.blanks()?;
            let (value, node) = self.value(depth + 1, key)?;
            match map.get(&name) {
                Some(before) if *before != value => {
                    self.repeated.push((name.clone(), range(key)));
                }
                _ => {}
            }
            map.insert(name, value);
            children.push(node);
            self.blanks()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                Some(_) => return self.fault("expected `,` or `}` here"),
                None => return self.fault("the file ends inside an object"),
            }
        }
    }

    fn array(&mut self, depth: usize, children: &mut Vec<JsonNode>) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                None => return self.fault("the file ends inside a list"),
                Some(_) => {}
            }
            let (value, node) = self.value(depth + 1, (0, 0))?;
            items.push(value);
            children.push(node);
            self.blanks()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {}
                Some(_) => return self.fault("expected `,` or `]` here"),
                None => return self.fault("the file ends inside a list"),
            }
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => {
                    return self.fault("a string that does not end on its line");
                }
                Some(_) => end += 1,
            }
        }
        // Quotes and backslashes are single bytes, so both ends are character boundaries.
        let slice = self.text.get(start..=end).unwrap_or_default();
        match serde_json::from_str(slice) {
            Ok(text) => {
                self.at = end + 1;
                Ok(text)
            }
            Err(_) => Err(Fault {
                message: "a string with a control character or an invalid escape".to_owned(),
                range: start..end + 1,
            }),
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = self.rest();
        let sign = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        let number = rest.split(|c| !sign(c)).next().unwrap_or_default();
        let length = number.len();
        match serde_json::from_str(number) {
            Ok(number) => {
                self.at += length;
                Ok(Value::Number(number))
            }
            Err(_) => self.fault("a number that is not well-formed"),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            self.fault("expected a value here")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values(text: &str) -> Vec<Value> {
        let parsed = parse(text);
        assert_eq!(parsed.fault, None, "{text}");
        parsed.values.into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn one_value_after_another() {
        assert_eq!(
            values("{\"a\":1}\n{\"a\":2}\r\n\u{feff}[true, null]"),
            [json!({"a": 1}), json!({"a": 2}), json!([true, null])]
        );
        assert_eq!(values("{\"a\":1},\n{\"a\":2},\n").len(), 2);
        assert_eq!(values(" \n"), Vec::<Value>::new());
    }

    #[test]
    fn comments_and_trailing_commas_do_not_matter() {
        assert_eq!(
            values("// one\n{ /* two */ \"a\": [1, 2,], \"b\": \"// no comment\", }"),
            [json!({"a": [1, 2], "b": "// no comment"})]
        );
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, at, words) in [
            ("{\"a\": }", 6, "expected a value"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("{\"a\": 1 \"b\": 2}", 8, "`,` or `}`"),
            ("[1, 2", 5, "ends inside a list"),
            ("{'a': 1}", 1, "double quotes"),
            ("{\"a\": \"x\ny\"}", 6, "does not end on its line"),
            ("{\"a\": \"\\ud800\"}", 6, "invalid escape"),
            ("[01]", 1, "number"),
        ] {
            let fault = parse(text)
                .fault
                .unwrap_or_else(|| panic!("{text} is read"));
            assert_eq!(fault.range.start, at, "{text}");
            assert!(fault.message.contains(words), "{text}: {}", fault.message);
        }
    }

    #[test]
    fn what_stands_before_a_fault_is_kept() {
        let parsed = parse("{\"a\":1} {\"b\":");
        assert_eq!(parsed.values.len(), 1);
        assert!(parsed.fault.is_some());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(MAX_DEPTH * 20);
        assert!(
            parse(&deep)
                .fault
                .is_some_and(|f| f.message.contains("deeper"))
        );
    }

    #[test]
    fn a_name_that_stands_twice_is_told_when_the_values_differ() {
        assert!(parse(r#"{"a":1,"a":1}"#).repeated.is_empty());
        assert_eq!(
            parse(r#"{"a":1,"a":2}"#).repeated,
            [("a".to_owned(), 7..10)]
        );
    }

    #[test]
    fn what_holds_a_name_twice_is_known_however_deep_it_stands() {
        let text = r#"[{"a":{"b":1,"b":2}},{"c":1},{"d":1,"d":{"e":5}}]"#;
        let (_, node) = parse(text).values.remove(0);
        for at in ["", "/0", "/0/a", "/2"] {
            assert!(node.repeats(text, at), "{at}");
        }
        assert!(!node.repeats(text, "/1") && !node.repeats(text, "/2/d"));
        // The last value counts, and its place.
        assert_eq!(text.get(node.find(text, "/2/d/e")), Some("5"));
    }

    #[test]
    fn places_are_found_by_the_repaired_name_too() {
        let text = r#"[{"Id":"x","AdditionalProperties":{"isTrusted":true},"ÄÖ":[1,2]}]"#;
        let (_, node) = parse(text).values.remove(0);
        assert_eq!(text.get(node.find(text, "/0/id")), Some("\"x\""));
        assert_eq!(text.get(node.find_key(text, "/0/id")), Some("\"Id\""));
        assert_eq!(text.get(node.find(text, "/0/isTrusted")), Some("true"));
        assert_eq!(text.get(node.find(text, "/0/ÄÖ/1")), Some("2"));
        // A list that was a single value; a member that is not there.
        assert_eq!(text.get(node.find(text, "/0/id/0")), Some("\"x\""));
        assert_eq!(node.find(text, "/0/none"), node.find(text, "/0"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            parse(&text);
        }

        #[test]
        fn what_serde_reads_is_read_the_same(text in r#"[\[\]{}:,"a1 .eE\\-]{0,24}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(values(&text), vec![value]);
            }
        }
    }
}
