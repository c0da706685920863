//! YAML text to JSON values, with an index from JSON pointer to the place in the text.
//!
//! The places come from the events of granit-parser: one walk notes where each key and value
//! stands and finds repeated keys. It takes the values as well where the text is plain
//! (`plain`); of all other texts they come from serde_yaml.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::overlay::Overlay;
use super::plain::PlainValues;
pub use super::spans::SpanIndex;
use super::spans::Spans;
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};
use crate::text::pointer::below;

/// One YAML document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Which document of the file it is, from 0; empty ones count.
    pub index: usize,
    /// Its content as JSON, with what patches made of it. Keys keep their order.
    pub value: Value,
    /// Where its parts stand in the file. Of a document that is patched, [`Document::place`]
    /// knows more.
    pub spans: Arc<SpanIndex>,
    /// What patches brought and took.
    pub overlay: Option<Arc<Overlay>>,
}

impl Document {
    /// The place of the value at `pointer`: in a patch, where a patch brought it.
    pub fn place(&self, pointer: &str) -> Place {
        match &self.overlay {
            Some(overlay) => overlay.place(pointer, SpanIndex::value),
            None => Place::new(&self.file, self.spans.value(pointer)),
        }
    }

    /// The place of the key at `pointer`.
    pub fn key_place(&self, pointer: &str) -> Place {
        match &self.overlay {
            Some(overlay) => overlay.place(pointer, SpanIndex::key),
            None => Place::new(&self.file, self.spans.key(pointer)),
        }
    }

    /// Whether a place lies in the document, or in a patch of it.
    pub fn holds(&self, place: &Place) -> bool {
        match &self.overlay {
            Some(overlay) => overlay.holds(place),
            None => self.spans.holds(&self.file, place),
        }
    }

    /// Every file that a part of the document comes from, its own first.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        let patches = self
            .overlay
            .iter()
            .flat_map(|overlay| overlay.patch_files());
        std::iter::once(&self.file).chain(patches)
    }

    /// The places of the property at `from` become those of the property at `to`.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        match &mut self.overlay {
            Some(overlay) => Arc::make_mut(overlay).rename(from, to),
            None => self.spans = Arc::new(self.spans.renamed(from, to)),
        }
    }
}

/// Parses every document of `file`. What is wrong is told in `findings`; documents that
/// are right are returned all the same.
pub fn parse(file: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Vec<Document> {
    let before = findings.len();
    let (indexes, values) = match index(file, findings) {
        Ok(read) => read,
        Err(finding) => {
            findings.push(*finding);
            return Vec::new();
        }
    };
    if findings.len() > before {
        return Vec::new(); // repeated keys: what the document means is not known
    }
    let mut documents = Vec::new();
    if let Some(values) = values {
        let numbered = indexes.into_iter().zip(values).enumerate();
        return numbered
            .filter(|(_, (_, value))| !value.is_null())
            .map(|(index, (spans, value))| Document {
                file: Arc::clone(file),
                index,
                value,
                spans: Arc::new(spans),
                overlay: None,
            })
            .collect();
    }
    for (number, part) in serde_yaml::Deserializer::from_str(&file.text).enumerate() {
        let parsed = serde_yaml::Value::deserialize(part).and_then(|mut value| {
            value.apply_merge()?;
            Ok(value)
        });
        let spans = indexes.get(number).cloned().unwrap_or_default();
        match parsed {
            Ok(serde_yaml::Value::Null) => {} // an empty document, such as after a last `---`
            Ok(value) => {
                let document = Document {
                    file: Arc::clone(file),
                    index: number,
                    value: Value::Null,
                    spans: Arc::new(spans),
                    overlay: None,
                };
                match to_json(&value, "") {
                    Ok(json) => documents.push(Document {
                        value: json,
                        ..document
                    }),
                    Err(problem) => findings.push(
                        Finding::error(Code::YamlSyntax, problem.message)
                            .at(document.place(&problem.pointer))
                            .help(problem.help),
                    ),
                }
            }
            Err(error) => {
                findings.push(yaml_error(file, &spans, &error));
                break; // the parser cannot go on behind an error
            }
        }
    }
    documents
}

fn yaml_error(file: &Arc<SourceFile>, spans: &SpanIndex, error: &serde_yaml::Error) -> Finding {
    let text = first_line(&error.to_string());
    // The places of aliases and merge keys are known better here than to serde_yaml.
    let at = |range: Option<Range<usize>>| {
        let range = range.unwrap_or_else(|| match error.location() {
            Some(at) => {
                let offset = file.offset(at.line(), at.column());
                offset..(offset + 1).min(file.text.len())
            }
            None => spans.value(""),
        });
        Place::new(file, range)
    };
    let limit = ["repetition limit", "recursion limit"]
        .iter()
        .any(|words| text.contains(words));
    if limit {
        // Plain nesting is bounded by the walk before: only aliases lead here.
        return Finding::error(
            Code::YamlLimit,
            "aliases repeat more of the document than any manifest needs",
        )
        .at(at(spans.alias.clone()))
        .help("write out the parts instead of repeating them with aliases");
    }
    if text.contains("for merging") {
        return Finding::error(
            Code::YamlSyntax,
            "`<<` takes a mapping, or a list of mappings",
        )
        .at(at(spans.merge_key()))
        .help("name an anchor of a mapping, such as `<<: *name`, or put the key in quotes");
    }
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    Finding::error(Code::YamlSyntax, message)
        .at(at(None))
        .help("see the line above the place, too")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// What YAML can say and JSON cannot, and where.
pub(super) struct NotJson {
    pointer: String,
    pub(super) message: String,
    help: &'static str,
}

pub(super) fn to_json(value: &serde_yaml::Value, at: &str) -> Result<Value, NotJson> {
    let problem = |message: String, help: &'static str| NotJson {
        pointer: at.to_owned(),
        message,
        help,
    };
    Ok(match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(flag) => Value::Bool(*flag),
        serde_yaml::Value::Number(number) => {
            if let Some(n) = number.as_i64() {
                n.into()
            } else if let Some(n) = number.as_u64() {
                n.into()
            } else {
                number
                    .as_f64()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
                    .ok_or_else(|| {
                        problem(
                            format!("`{number}` is not a number that JSON can represent"),
                            "write a number, or put it in quotes if it is a string",
                        )
                    })?
            }
        }
        serde_yaml::Value::String(text) => Value::String(text.clone()),
        serde_yaml::Value::Sequence(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                list.push(to_json(item, &format!("{at}/{index}"))?);
            }
            Value::Array(list)
        }
        serde_yaml::Value::Mapping(entries) => {
            let mut map = Map::new();
            for (key, item) in entries {
                let key = match key {
                    serde_yaml::Value::String(text) => text.clone(),
                    serde_yaml::Value::Bool(flag) => flag.to_string(),
                    serde_yaml::Value::Number(number) => number.to_string(),
                    serde_yaml::Value::Null => "null".to_owned(),
                    _ => {
                        return Err(problem(
                            "a key of this mapping is a list or mapping itself".to_owned(),
                            "write a plain string before the `:`",
                        ));
                    }
                };
                let below = below(at, &key);
                map.insert(key, to_json(item, &below)?);
            }
            Value::Object(map)
        }
        serde_yaml::Value::Tagged(tagged) => {
            return Err(problem(
                format!("the tag `{}` has no meaning here", tagged.tag),
                "remove the tag, or put the text in quotes",
            ));
        }
    })
}

/// One open collection of the walk.
enum Open {
    Mapping {
        pointer: String,
        /// The key that waits for its value.
        key: Option<(String, Range<usize>)>,
        seen: HashMap<String, Range<usize>>,
        start: usize,
        flow: bool,
        parent_key: Option<Range<usize>>,
    },
    Sequence {
        pointer: String,
        next: usize,
        start: usize,
        parent_key: Option<Range<usize>>,
    },
    /// A collection that is a key: its content has no place of its own.
    Skipped,
}

/// The places of every document of a file, and the values where all of it is plain.
#[expect(clippy::type_complexity, reason = "two lists")]
pub(super) fn index(
    file: &Arc<SourceFile>,
    findings: &mut Vec<Finding>,
) -> Result<(Vec<SpanIndex>, Option<Vec<Value>>), Box<Finding>> {
    let text = file.text.as_str();
    let mut documents = Vec::new();
    let mut values = PlainValues::of(text);
    let mut current = SpanIndex::default();
    let mut stack: Vec<Open> = Vec::new();
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| Box::new(scan_error(file, &error)))?;
        let range = span.byte_range().unwrap_or(0..0);
        values.see(&event, &range);
        match event {
            Event::DocumentStart(..) => {
                current = SpanIndex::default();
                current.whole = range.end..range.end;
                stack.clear();
            }
            Event::DocumentEnd => documents.push(std::mem::take(&mut current)),
            Event::Scalar(value, ..) => {
                if let Some((pointer, key)) = step(&mut stack, Some(&value), &range, file, findings)
                {
                    let spans = Spans {
                        key,
                        value: range.clone(),
                    };
                    if pointer.is_empty() {
                        current.whole = range;
                    }
                    current.spans.insert(pointer, spans);
                }
            }
            Event::Alias(_) => {
                current.alias = Some(range.clone());
                if let Some((pointer, key)) = step(&mut stack, None, &range, file, findings) {
                    current.spans.insert(pointer, Spans { key, value: range });
                }
            }
            Event::MappingStart(style, ..) => {
                let open = match step(&mut stack, None, &range, file, findings) {
                    Some((pointer, key)) => Open::Mapping {
                        pointer,
                        key: None,
                        seen: HashMap::new(),
                        start: range.start,
                        flow: style == granit_parser::StructureStyle::Flow,
                        parent_key: key,
                    },
                    None => Open::Skipped,
                };
                stack.push(open);
            }
            Event::SequenceStart(..) => {
                let open = match step(&mut stack, None, &range, file, findings) {
                    Some((pointer, key)) => Open::Sequence {
                        pointer,
                        next: 0,
                        start: range.start,
                        parent_key: key,
                    },
                    None => Open::Skipped,
                };
                stack.push(open);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let (pointer, start, key, flow, first) = match stack.pop() {
                    Some(Open::Mapping {
                        pointer,
                        start,
                        flow,
                        parent_key,
                        seen,
                        ..
                    }) => {
                        let first = seen.into_values().min_by_key(|r| r.start);
                        (pointer, start, parent_key, flow, first)
                    }
                    Some(Open::Sequence {
                        pointer,
                        start,
                        parent_key,
                        ..
                    }) => {
                        let flow = text.get(start..).is_some_and(|text| text.starts_with('['));
                        (pointer, start, parent_key, flow, None)
                    }
                    Some(Open::Skipped) | None => continue,
                };
                // A flow collection spans its brackets. A block has no end of its own
                // worth showing: its key stands for it, or its first key.
                let value = if flow {
                    start..range.end.max(start)
                } else if key.is_some() {
                    start..start
                } else {
                    first.unwrap_or(start..(start + 1).min(text.len()))
                };
                if pointer.is_empty() {
                    current.whole = value.clone();
                }
                current.spans.insert(pointer, Spans { key, value });
            }
            _ => {}
        }
    }
    Ok((documents, values.documents()))
}

/// Notes that a node begins. Answers where it stands, or nothing when it is a key.
fn step(
    stack: &mut [Open],
    scalar: Option<&str>,
    range: &Range<usize>,
    file: &Arc<SourceFile>,
    findings: &mut Vec<Finding>,
) -> Option<(String, Option<Range<usize>>)> {
    match stack.last_mut() {
        None => Some((String::new(), None)),
        Some(Open::Skipped) => None,
        Some(Open::Sequence { pointer, next, .. }) => {
            let here = format!("{pointer}/{next}");
            *next += 1;
            Some((here, None))
        }
        Some(Open::Mapping {
            pointer, key, seen, ..
        }) => match key.take() {
            Some((name, key_range)) => Some((below(pointer, &name), Some(key_range))),
            None => {
                let name = scalar.unwrap_or_default().to_owned();
                if scalar.is_some() {
                    if let Some(first) = seen.get(&name)
                        && name != "<<"
                    {
                        findings.push(
                            Finding::error(
                                Code::DuplicateKey,
                                format!("the key `{name}` appears twice in one mapping"),
                            )
                            .at(Place::new(file, range.clone()))
                            .related(Place::new(file, first.clone()), "first here")
                            .help("keep one of them, or merge their values"),
                        );
                    } else {
                        seen.insert(name.clone(), range.clone());
                    }
                }
                *key = Some((name, range.clone()));
                None
            }
        },
    }
}

fn scan_error(file: &Arc<SourceFile>, error: &granit_parser::ScanError) -> Finding {
    let marker = error.marker();
    let offset = marker
        .byte_offset()
        .unwrap_or_else(|| file.offset(marker.line(), marker.col() + 1))
        .min(file.text.len());
    let (line, _) = file.line_column(offset);
    // The parser may stop behind the tab that it cannot take.
    let tabbed = [line, line.saturating_sub(1), line + 1]
        .into_iter()
        .filter(|l| *l > 0)
        .find(|l| {
            let mut indent = (file.line(*l).chars()).take_while(|c| c.is_whitespace());
            indent.any(|c| c == '\t')
        });
    let message = first_line(&error.info());
    if let Some(line) = tabbed {
        let start = file.offset(line, 1);
        let tab = file.line(line).find('\t').unwrap_or(0);
        return Finding::error(
            Code::YamlSyntax,
            "a tab in the indentation; YAML allows only spaces",
        )
        .at(Place::new(file, start + tab..start + tab + 1))
        .help("replace each tab by two spaces");
    }
    let offset = file.whole(offset..offset).start;
    let stray = stray_character(&message);
    // The parser may stop at the start of the text that holds the character.
    let offset = stray
        .and_then(|c| file.text.get(offset..)?.find(c))
        .map_or(offset, |further| offset + further);
    let (code, message, help) = scan_words(&message, stray);
    Finding::error(code, message)
        .at(Place::new(file, offset..(offset + 1).min(file.text.len())))
        .help(help)
}

/// The character that the parser says it did not expect.
fn stray_character(message: &str) -> Option<char> {
    if message.contains("a BOM must not appear") {
        return Some('\u{feff}');
    }
    let (_, rest) = message.split_once("unexpected character: `")?;
    let shown = rest.strip_suffix('\'').unwrap_or(rest);
    let code = shown
        .strip_prefix("\\u{")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match code {
        Some(code) => char::from_u32(code),
        None => shown
            .chars()
            .next()
            .filter(|c| *c != '\\' || shown.len() == 1),
    }
}

/// What a person can do about an error of the parser.
fn scan_words(message: &str, stray: Option<char>) -> (Code, String, &'static str) {
    let syntax = |message: &str, help| (Code::YamlSyntax, message.to_owned(), help);
    if message.contains("recursion") || message.contains("nest") || message.contains("limit") {
        let message = "the lists or mappings are nested more deeply than in any manifest";
        return (Code::YamlLimit, message.to_owned(), "nest less deeply");
    }
    if message.contains("unknown anchor") {
        return syntax(
            "the alias names no anchor: nothing before it is marked with `&` and this name",
            "mark what it repeats with `&` and the name, or put the text in quotes if it is not an alias",
        );
    }
    if message.contains("mapping values are not allowed") {
        return syntax(
            "a second `:` in one line, or a line that is indented too far",
            "put text with `: ` in quotes, or indent the line like its neighbours",
        );
    }
    if let Some(c) = stray {
        if c.is_ascii_punctuation() {
            return syntax(
                &format!("plain text cannot begin with `{c}`"),
                "put the text in quotes",
            );
        }
        return syntax(
            &format!("the character `{}` is not allowed here", c.escape_unicode()),
            "remove it; an editor that shows invisible characters helps to find it",
        );
    }
    if message.contains("simple key expect") {
        return syntax(
            "a line that is neither `key: value` nor part of the text above",
            "look for a missing `:`, or indent text that continues",
        );
    }
    let help = if message.contains("unclosed quote") {
        "close it with the same quote"
    } else if message.contains("unclosed bracket") {
        "close it with its `]` or `}`"
    } else if message.contains("illegal placement of ':'") {
        "look for a list or mapping above whose `]` or `}` is missing"
    } else {
        "look for a missing `:`, quote or bracket, or a wrong indentation, here or just above"
    };
    syntax(message, help)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Document {
        let file = SourceFile::new("t.yaml", "t.yaml", text.to_owned());
        let mut findings = Vec::new();
        let mut documents = parse(&file, &mut findings);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    #[test]
    fn every_pointer_knows_its_place() {
        let text = "kind: Group\nconditions:\n  users:\n    includeUsers: [All, 'x y']\n  list:\n  - a\n  - b: 1\n";
        let document = one(text);
        let show = |pointer: &str| text.get(document.spans.value(pointer)).unwrap();
        assert_eq!(show("/kind"), "Group");
        assert_eq!(show("/conditions/users/includeUsers"), "[All, 'x y']");
        assert_eq!(show("/conditions/users/includeUsers/1"), "'x y'");
        assert_eq!(show("/conditions/list/1/b"), "1");
        assert_eq!(show("/conditions"), "conditions");
        assert_eq!(
            text.get(document.spans.key("/conditions/list/1/b")),
            Some("b")
        );
        // what is not there falls back to what is above it
        assert_eq!(show("/conditions/users/includeUsers/1/deeper"), "'x y'");
        assert_eq!(document.place("/conditions/list/1/b").line, 7);
    }

    #[test]
    fn merge_keys_and_aliases_are_applied() {
        let document = one("a: &x { p: 1 }\nb: { <<: *x, q: 2 }\nc: *x\n");
        assert_eq!(
            document.value,
            serde_json::json!({"a": {"p": 1}, "b": {"q": 2, "p": 1}, "c": {"p": 1}})
        );
    }

    /// What is read at once; nothing where it is not.
    fn once(text: &str) -> Option<Vec<Value>> {
        let file = SourceFile::new("a.yaml", "a.yaml", text.to_owned());
        let mut findings = Vec::new();
        let (_, values) = index(&file, &mut findings).ok()?;
        values.filter(|_| findings.is_empty())
    }

    /// What serde_yaml reads.
    fn twice(text: &str) -> Result<Vec<Value>, String> {
        let parts = serde_yaml::Deserializer::from_str(text);
        let value = |part: serde_yaml::Deserializer<'_>| {
            let value = serde_yaml::Value::deserialize(part).map_err(|e| e.to_string())?;
            to_json(&value, "").map_err(|problem| problem.message)
        };
        parts.map(value).collect()
    }

    fn agree(text: &str) -> bool {
        match once(text) {
            Some(values) => {
                let values: Vec<Value> = values.into_iter().filter(|v| !v.is_null()).collect();
                let others = twice(text)
                    .map(|all| all.into_iter().filter(|v| !v.is_null()).collect::<Vec<_>>());
                assert_eq!(Ok(values), others, "{text}");
                true
            }
            None => false,
        }
    }

    #[test]
    fn manifests_are_read_once() {
        for text in [
            "kind: Group\ndisplayName: CA-Pilot\nmembers: [ada@contoso.com, 'it''s', \"b\"]\n",
            "# first\n---\na: 1\n---\n\n---\nb: { c: [], d: {}, e: ~, g: true }\nf:\n\n",
            "conditions:\n  users: { includeUsers: [All] }\n  ipRanges:\n  - 203.0.113.0/24\n  - 2001:db8::/32\nid: 62e90394-69f5-4237-9190-012177145e10\nversion: 1\nname: ${domain} x # comment\n",
            "{\"a\": \"b\", \"c\": [1, 2, null]}",
            "rule: 'device.isCompliant -eq True'\nat: 12:30\nurl: https://example.com/a#b\n",
        ] {
            assert!(agree(text), "{text}");
        }
        for text in [
            "a: &x 1\nb: *x\n",
            "a: |\n  b\n",
            "a: !!str 1\n",
            "a: \"b\\n\"\n",
            "a: b\n  c\n",
            "a: 'b\n\n  c'\n",
            "1: a\n",
            "? a\n: b\n",
            "<<: { a: 1 }\n",
            "a: 1e3\nb: 0x10\nc: 007\nd: .5\ne: -1\n",
            "a: 99999999999999999999\n",
            "[a]: b\n",
            "a: 1\na: 2\n",
            "a: [1,\n  2]\n",
            "[a:]",
            "a: { b: , c: 1 }\n",
            "a: \u{1F600}\n",
        ] {
            assert!(!agree(text), "{text}");
        }
    }

    /// Words, and what stands between them.
    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z]{1,6}",
            "[-+0-9.eExob_naNiIfF]{1,7}",
            "(true|False|null|~|yes|No|on|0|12|1.5|.inf|-0|0x1f|1_000|2026-01-02|12:30|a: b|a#b|a #b|- a|\\$\\{x\\})",
            "'[^'\n]{0,6}'",
            "\"[^\"\\\\\n]{0,6}\"",
            "[ -~]{0,8}",
            "[äß\u{1F600}\u{a0}\u{85}\u{2028}]{1,3}",
        ]
    }

    fn node() -> impl Strategy<Value = String> {
        word().prop_recursive(4, 24, 4, |inner| {
            let indented = |text: &str| text.replace('\n', "\n  ");
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::vec((word(), inner.clone()), 0..4).prop_map(|all| {
                    let all: Vec<String> = all.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                    format!("{{{}}}", all.join(", "))
                }),
                prop::collection::vec(inner.clone(), 1..4).prop_map(move |items| {
                    let items = items.iter().map(|item| format!("\n- {}", indented(item)));
                    items.collect()
                }),
                prop::collection::vec((word(), inner), 1..4).prop_map(move |all| {
                    let all = all.iter();
                    let all = all.map(|(k, v)| format!("\n{k}: {}", indented(v)));
                    all.collect()
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_is_read_once_is_what_serde_yaml_reads(
            nodes in prop::collection::vec(node(), 1..3),
            odd in prop::collection::vec((any::<prop::sample::Index>(), "[-:,#\\[\\]{}'\" \n~a1.@]{1,2}"), 0..3),
        ) {
            let mut text = nodes.join("\n---\n");
            agree(&text);
            for (at, odd) in odd {
                let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if !ends.is_empty() {
                    text.insert_str(*at.get(&ends), &odd);
                    agree(&text);
                }
            }
        }
    }
}
