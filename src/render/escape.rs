//! Texts of strangers in the syntax of others: what a name, a file or a tenant says is shown,
//! and is never a link, a mention, a tag or a command.

use std::fmt::Write as _;

use crate::text::{is_unseen, visible};

/// At most `most` characters, the last of them `…` when some were left out.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    }
}

/// The longest run of `wanted` in `text`.
fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A name as code inside a line or a table cell of Markdown. In code nothing is a mention, a
/// link or an emphasis.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text, false);
    // A table reads `\` and `|` before code is read, and code cannot be empty or all blank.
    if text.trim().is_empty() || text.contains(['|', '\\']) {
        return format!("<code>{}</code>", markdown_text(&text));
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let pad = match text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        true => " ",
        false => "",
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence inside a line or a table cell of Markdown; names between backticks become code.
pub fn markdown_sentence(text: &str) -> String {
    let text = visible(text, false);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return markdown_text(&text); // a backtick without its other half
    }
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 1 {
            out.push_str(&markdown_code(part));
        } else {
            out.push_str(&markdown_text(part));
        }
    }
    out
}

/// A text as text inside a line or a table cell of Markdown. Signs with a meaning become
/// character references; after those that a forge looks for in the finished page (`@team`,
/// `#1`, `:smile:`) stands a space without width.
pub fn markdown_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = visible(text, false)
        .chars()
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while let Some(c) = rest.next() {
        let followed = rest.peek().is_some_and(|next| !next.is_whitespace());
        let plain = c.is_ascii_alphanumeric()
            || !c.is_ascii()
            || matches!(c, ' ' | '(' | ')' | ',' | '\'' | '/' | ';' | '?')
            || c == '.' && !matches!(before, 'w' | 'W')
            || matches!(c, '-' | '+' | '=' | '%') && before != ' ';
        if c == '-' && matches!(before, 'h' | 'H' | 'b' | 'B') {
            out.push_str("&#8203;-"); // GH-1, AB-1 as a reference to an issue
        } else if plain || c == ':' && !followed {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", c as u32);
            if followed && matches!(c, '@' | '#' | '!' | '$' | '%' | '&' | '~' | '^' | ':' | '.') {
                out.push_str("&#8203;");
            }
        }
        before = c;
    }
    out
}

/// A text inside an element of HTML that stands in Markdown as a block of its own.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text, false).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Lines as a block of code in Markdown, whatever stands in them.
pub fn markdown_block(language: &str, lines: &str) -> String {
    let fence = "`".repeat(longest_run(lines, '`').max(2) + 1);
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        lines.trim_end_matches('\n')
    )
}

/// A text in an element or attribute of XML 1.0, which has no way to write control
/// characters: they are shown as their escapes. Line breaks are kept where `lines` says so.
pub fn xml(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text, lines).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

/// A text in a label between double quotes in DOT, the language of Graphviz, which knows escapes and
/// the entities of HTML there.
pub fn dot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text, false).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '&' => out.push_str("&amp;"),
            // Two of them begin a command of a pipeline.
            '#' => out.push_str("&#35;"),
            c => out.push(c),
        }
    }
    out
}

/// A text in a label between double quotes in Mermaid, where every sign with a meaning is an entity:
/// that of quotes, of markup and of Markdown.
pub fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Before the first letter a sign may make a list of Markdown of the label.
    let mut begun = false;
    let text = visible(text, false);
    for (at, c) in text.char_indices() {
        begun |= c.is_alphabetic();
        let rest = text.get(at..).unwrap_or_default();
        let parted = PARTED.iter().find(|(one, other)| {
            let rest = rest.strip_prefix(*one);
            rest.is_some_and(|rest| rest.starts_with(other))
        });
        match c {
            c if c.is_alphanumeric() || c == ' ' || !c.is_ascii() => out.push(c),
            '-' | '.' | ',' | '(' | ')' | '/' if begun => out.push(c),
            c => {
                let _ = write!(out, "#{};", c as u32);
            }
        }
        if parted.is_some() {
            out.push_str("#8203;");
        }
    }
    out
}

/// What Mermaid looks for in a label when its entities are read already: a formula, an icon, and the
/// signs that it puts in the place of entities. A space without width parts them.
const PARTED: &[(char, &str)] = &[('$', "$"), (':', "fa-"), ('ﬂ', "°"), ('¶', "ß")];

/// A path as a relative reference of a URI (RFC 3986): all but unreserved characters and
/// slashes is percent-encoded.
pub fn uri_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

/// A text as one part of a URI: as [`uri_path`], and slashes are percent-encoded as well.
pub fn uri_word(text: &str) -> String {
    uri_path(text).replace('/', "%2F")
}

/// How a `#` that would begin a command is written in a kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Text for people: the escape that [`visible`] uses.
    Text,
    /// JSON: the same string all the same.
    Json,
    /// XML: the same text all the same.
    Xml,
}

/// Output in which a pipeline finds no command.
///
/// Azure Pipelines obeys `##vso[...]` and the GitHub runner `##[...]` wherever in a line it
/// stands, and the GitHub runner `::name::` at the beginning of one; TeamCity has
/// `##teamcity[...]`. A policy's name must not set a variable of the job that plans. Colours
/// and characters without width between the signs are looked through, because they may be
/// taken out later.
///
/// `commands` says that the text is meant to hold `::name::` commands of its own.
pub fn without_commands(text: &str, notation: Notation, commands: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // Most lines hold nothing to look for.
        let plain = |byte: u8| byte.is_ascii_graphic() || b" \t\r\n".contains(&byte);
        if !line.bytes().all(plain) || line.contains("##") || line.contains("::") {
            break_up(line, notation, commands, &mut out);
        } else {
            out.push_str(line);
        }
    }
    out
}

/// One line of [`without_commands`]: as it is read with escape sequences taken out, and as it stands.
fn break_up(line: &str, notation: Notation, commands: bool, out: &mut String) {
    let mut broken = commands_in(&signs(line), commands);
    broken.extend(commands_in(
        &line.char_indices().collect::<Vec<_>>(),
        commands,
    ));
    broken.sort_unstable();
    broken.dedup();
    let mut from = 0;
    for (at, c) in broken {
        out.push_str(line.get(from..at).unwrap_or_default());
        let code = c as u32;
        let _ = match notation {
            Notation::Text => write!(out, "\\u{{{code:x}}}"),
            Notation::Json => write!(out, "\\u{code:04x}"),
            Notation::Xml => write!(out, "&#{code};"),
        };
        from = at + c.len_utf8();
    }
    out.push_str(line.get(from..).unwrap_or_default());
}

/// The places at which what a pipeline would take for a command is to be broken.
fn commands_in(seen: &[(usize, char)], commands: bool) -> Vec<(usize, char)> {
    let mut broken: Vec<(usize, char)> = Vec::new();
    let mut begins = true;
    for (index, (at, c)) in seen.iter().enumerate() {
        let next = |ahead: usize| seen.get(index + ahead).copied();
        let sign = |ahead: usize| next(ahead).map(|(_, c)| c);
        if *c == '#' && sign(1) == Some('#') {
            let mut ahead = 2;
            while sign(ahead).is_some_and(|c| c.is_ascii_alphabetic()) {
                ahead += 1;
            }
            // The second of the two: of a longer run it is the last two that count.
            if sign(ahead) == Some('[') {
                broken.extend(next(1));
            }
        }
        let named = sign(2).is_some_and(|c| c.is_ascii_alphabetic());
        if *c == ':' && sign(1) == Some(':') && named && begins && !commands {
            broken.push((*at, ':'));
        }
        begins &= c.is_whitespace();
    }
    broken
}

/// The characters of a text that are seen, each with its place: without the escape sequences
/// of colours and without characters of no width.
fn signs(text: &str) -> Vec<(usize, char)> {
    let mut out = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\u{1b}' && rest.peek().is_some_and(|(_, c)| *c == '[') {
            rest.next();
            for (_, c) in rest.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
        } else if !is_unseen(c) || c == '\n' {
            out.push((at, c));
        }
    }
    out
}

#[cfg(test)]
mod tests;
