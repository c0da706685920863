//! What people and programs see: plans, reports and findings, each format in its file.
//!
//! A renderer gives a text; `main` prints it. Nothing that comes from a tenant or a file
//! reaches a terminal with its control characters.

pub mod drift;
pub mod escape;
pub mod files;
pub mod findings;
pub mod github;
pub mod guards;
pub mod human;
pub mod import;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod review;
pub mod risk;
pub mod sarif;
pub mod saved;
pub mod whoami;

/// A text without control characters, which a terminal could obey: each is shown as its
/// escape. Line breaks are kept where `lines` says so.
pub fn harmless(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if c == '\n' && lines {
            out.push(c);
        } else if c.is_control() || bidi {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(
            super::harmless("a\u{1b}[31mb\n", false),
            "a\\u{1b}[31mb\\u{a}"
        );
        assert_eq!(super::harmless("a\nb", true), "a\nb");
    }
}
