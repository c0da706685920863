//! Characters of which nothing is seen. Two names that differ in one of them look the same, and
//! one such sign may hide or turn around what stands beside it.

use std::fmt::Write as _;

use icu_properties::CodePointSetData;
use icu_properties::props::{
    DefaultIgnorableCodePoint, ExtendedPictographic, NoncharacterCodePoint,
};

/// Whether nothing is seen of a character, or no more than a blank that is not the common one:
/// control characters, ends of lines, joiners and other signs without width, marks that turn the
/// direction of writing, and characters that no text has.
///
/// By the properties of Unicode; the rest are signs around annotations, which no screen shows, and
/// a blank of Braille.
pub fn is_unseen(c: char) -> bool {
    if (' '..='~').contains(&c) {
        return false;
    }
    let ideographic_space = c == '\u{3000}'; // as wide as the signs around it
    c.is_control()
        || c.is_whitespace() && !ideographic_space
        || matches!(c, '\u{FFF9}'..='\u{FFFB}' | '\u{2800}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

/// The characters of a text, each with whether it must be shown by its escape. What chooses the
/// coloured form of a pictograph is seen in the pictograph.
pub fn unseen(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut before = ' ';
    text.chars().map(move |c| {
        let form = matches!(c, '\u{FE0E}' | '\u{FE0F}')
            && CodePointSetData::new::<ExtendedPictographic>().contains(before);
        before = c;
        (c, !form && is_unseen(c))
    })
}

/// A text whose characters can all be seen, and of which a terminal obeys none: the others are
/// shown as their escapes. Line breaks are kept where `lines` says so.
pub fn visible(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, hidden) in unseen(text) {
        if hidden && !(c == '\n' && lines) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// A JSON text whose characters can all be seen: the others stand as JSON's own escapes, so that a
/// program reads what it would have read.
pub fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for (c, hidden) in unseen(json) {
        if hidden && !matches!(c, '\n' | '\r' | '\t') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_to_a_program_and_hides_nothing_from_a_person() {
        let value = serde_json::json!({"a\u{202e}": ["\u{feff}\u{e0041}\t", "⚠\u{fe0f}", "Büro"]});
        let text = visible_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(
            !text.contains(['\u{202e}', '\u{feff}', '\u{e0041}']),
            "{text}"
        );
        assert!(
            text.contains("\\udb40\\udc41") && text.contains("Büro"),
            "{text}"
        );
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, value);
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(visible("a\u{1b}[31mb\n", false), "a\\u{1b}[31mb\\u{a}");
        assert_eq!(visible("a\nb", true), "a\nb");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        for c in [
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fffb}',
            '\u{fdd0}',
            '\u{ffff}',
            '\u{e0041}',
            '\u{10ffff}',
        ] {
            let name = format!("CA-BreakGlass{c}");
            assert_eq!(
                visible(&name, false),
                format!("CA-BreakGlass{}", c.escape_unicode())
            );
        }
    }

    #[test]
    fn what_can_be_seen_stands_as_it_is() {
        for text in [
            "Zugriff für Gäste: nur mit MFA",
            "東京\u{3000}本社",
            "e\u{301}",
            "مستخدمون",
            "🔒 Block",
            "⚠\u{fe0f} Report",
            "~!@",
        ] {
            assert_eq!(visible(text, false), text);
        }
    }
}
