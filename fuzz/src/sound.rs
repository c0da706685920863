//! What holds for everything that is told to a person, whatever the input was.

use std::sync::Arc;

use gatewright::finding::source::{SourceFile, decode};
use gatewright::finding::{Finding, Place};
use gatewright::render;
use gatewright::render::review::{About, remarks};
use gatewright::text::visible_json;
use serde_json::Value;

/// The bytes as a file; nothing where they are no text.
pub fn source(name: &str, bytes: &[u8]) -> Option<Arc<SourceFile>> {
    let text = decode(bytes).ok()?;
    Some(SourceFile::new(name, name, text))
}

/// A text for a terminal, a log or a file of ours has no character that is obeyed or not seen, but
/// for line ends and our own colours.
pub fn shown(text: &str) {
    let plain = without_colours(text);
    if let Some(c) = plain.chars().find(|c| is_dangerous(*c)) {
        panic!("{:?} is in the text {plain:?}", c);
    }
}

/// JSON as the console writes it says what it should and hides nothing.
pub fn shown_json(text: &str) -> Value {
    let text = &visible_json(text);
    if let Some(c) = text.chars().find(|c| is_dangerous(*c)) {
        panic!("{:?} is in the JSON {text:?}", c);
    }
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn is_dangerous(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    let parts = matches!(c, '\u{2028}' | '\u{2029}');
    c != '\n' && (c.is_control() || turns || unseen || parts)
}

/// Without the sequences by which a terminal changes colour.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end {
            Some(end) if part[end..].starts_with('m') => out.push_str(&part[end + 1..]),
            _ => {
                out.push('\u{1b}');
                out.push_str(part);
            }
        }
    }
    out
}

/// Findings say something, name places that are inside their files, and are shown safely.
pub fn findings(list: &[Finding]) {
    for finding in list {
        assert!(!finding.message.is_empty(), "{finding:?}");
        assert!(
            finding.help.is_some() || !finding.is_error(),
            "no way out: {finding:?}"
        );
        finding.place.as_deref().into_iter().for_each(place);
        finding.related.iter().for_each(|(at, _)| place(at));
    }
    // Each is shown alike; many of them only take time.
    let few = &list[..list.len().min(20)];
    shown(&render::findings::findings(few));
    shown(&render::findings::findings_at(few, Some(40)));
    shown_json(&render::json::text(&render::json::findings(few)));
    forges(few);
}

/// What forges read: one command a line, and regions that are in the file.
fn forges(list: &[Finding]) {
    let about = About {
        command: "validate",
        tenant: None,
        folder: String::new(),
    };
    let remarks = remarks(list);
    let commands = render::github::remarks(&remarks, &about);
    shown(&commands);
    assert_eq!(commands.lines().count(), list.len(), "{commands}");
    let begins = ["::error ", "::warning ", "::notice "];
    let is_one = |line: &str| begins.iter().any(|begin| line.starts_with(begin));
    assert!(commands.lines().all(is_one), "{commands}");
    shown(&render::junit::remarks(&remarks, &about));
    let log = serde_json::to_string(&render::sarif::remarks(&remarks, &about)).unwrap();
    for result in shown_json(&log)["runs"][0]["results"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let Some(region) = result.pointer("/locations/0/physicalLocation/region") else {
            continue;
        };
        let at = |line: &str, column: &str| {
            Some((region[line].as_u64()?, region[column].as_u64().unwrap_or(1)))
        };
        let (start, end) = (at("startLine", "startColumn"), at("endLine", "endColumn"));
        assert!(
            start.is_none_or(|(line, column)| line >= 1 && column >= 1),
            "{region}"
        );
        assert!(
            start.zip(end).is_none_or(|(start, end)| start <= end),
            "{region}"
        );
    }
}

fn place(place: &Place) {
    let text = &place.file.text;
    assert!(text.get(place.range.clone()).is_some(), "{place:?}");
    let at = place.file.line_column(place.range.start);
    assert_eq!(at, (place.line, place.column), "{place:?}");
}
