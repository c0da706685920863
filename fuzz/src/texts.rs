//! Small functions of texts: what is escaped is safe where it is put, and comes back.

use std::net::IpAddr;

use gatewright::render::escape;
use gatewright::text::{
    is_guid, pointer, powershell_word, shell_arguments, shell_word, visible, visible_json,
};
use gatewright::whatif::{Address, Range};
use serde_json::{Value, json};

use crate::sound;

/// Holds the laws for one text; a zero byte parts it in two.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once('\0').unwrap_or((&text, ""));
    for text in [&*text, one] {
        shown(text);
        words(text, other);
        places(text);
    }
    numbers(one, other);
}

fn shown(text: &str) {
    for lines in [false, true] {
        let seen = visible(text, lines);
        sound::shown(&seen);
        assert!(lines || !seen.contains('\n'));
        assert_eq!(visible(&seen, lines), seen);
        sound::shown(&escape::xml(text, lines));
    }
    let json = json!({ text: [text] });
    assert_eq!(sound::shown_json(&visible_json(&json.to_string())), json);
    for out in [
        escape::markdown_code(text),
        escape::markdown_sentence(text),
        escape::markdown_text(text),
        escape::html(text),
        escape::dot(text),
        escape::mermaid(text),
        escape::shortened(&visible(text, false), 10),
    ] {
        sound::shown(&out);
        assert!(!out.contains('\n'), "{out:?}");
    }
    for out in [escape::html(text), escape::xml(text, false)] {
        assert!(!out.contains(['<', '>', '"', '\'']), "{out}");
        assert_eq!(unescaped(&out), visible(text, false));
    }
    let words = escape::uri_word(text);
    assert!(
        words
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)),
        "{words}"
    );
    assert_eq!(gatewright::graph::request::decode(&words), text);
    // A sign of a workflow's command begins no line, wherever it stood.
    for notation in [
        escape::Notation::Text,
        escape::Notation::Json,
        escape::Notation::Xml,
    ] {
        let out = escape::without_commands(text, notation, false);
        assert!(
            !out.lines()
                .any(|line| line.trim_start().starts_with("::error")),
            "{out:?}"
        );
        assert!(!out.contains("##["), "{out:?}");
        assert_eq!(escape::without_commands(&out, notation, false), out);
    }
}

/// The references of HTML and XML that we write.
fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn words(text: &str, other: &str) {
    if !text.contains('\0') {
        assert_eq!(
            posix(&shell_word(text)),
            Some(vec![text.to_owned()]),
            "{text:?}"
        );
        let line = shell_arguments([text, other]);
        let mut read = posix(&line).unwrap_or_else(|| panic!("{line}"));
        if read.first().is_some_and(|first| first == "--") && read.len() == 3 {
            read.remove(0);
        }
        assert_eq!(read, [text, other]);
    }
    assert_eq!(powershell(&powershell_word(text)).as_deref(), Some(text));
}

/// A line as a POSIX shell splits it where nothing is expanded: `None` for what it would not take as
/// plain words.
fn posix(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        inside => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            // A tilde, a mark of a comment or an assignment means something where a word begins.
            '~' | '#' | '=' if word.is_none() => return None,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() && !"_-./:@%+=,~#".contains(c) => {
                return None;
            }
            c if c.is_ascii_control() => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// A literal string of PowerShell: any of its quotes closes it, and two stand for one.
fn powershell(text: &str) -> Option<String> {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let mut out = String::new();
    let mut chars = text.strip_prefix('\'')?.chars().peekable();
    loop {
        match chars.next()? {
            c if is_quote(c) => match chars.next() {
                Some(next) if is_quote(next) => out.push(c),
                Some(_) => return None,
                None => return Some(out),
            },
            c => out.push(c),
        }
    }
}

fn places(text: &str) {
    let at = pointer::below("/x", text);
    assert_eq!(pointer::names(&at).collect::<Vec<_>>(), ["x", text]);
    assert_eq!(pointer::above(&at), "/x");
    assert_eq!(json!({"x": {text: 1}}).pointer(&at), Some(&Value::from(1)));
    pointer::dotted(&at);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let plain = lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(is_guid(text), plain, "{text:?}");
}

/// Ranges of addresses by their bits.
fn numbers(range: &str, address: &str) {
    let parsed = range.parse::<Range>();
    if let Err(message) = &parsed {
        sound::shown(message);
    }
    if let (Ok(range), Ok(address)) = (parsed, address.parse::<Address>()) {
        let again: Range = serde_json::from_value(serde_json::to_value(range).unwrap()).unwrap();
        assert_eq!(again, range);
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (32, u128::from(u32::from(ip))),
            IpAddr::V6(ip) => (128, u128::from(ip)),
        };
        let ((width, base), (other, at)) = (bits(range.0.addr()), bits(address.0));
        let shift = width - u32::from(range.0.prefix_len());
        let same = width == other && (shift == 128 || base >> shift == at >> shift);
        assert_eq!(range.0.contains(&address.0), same);
    }
}
