//! Findings as a compiler shows them: message, place, the line itself, the way out.

use std::borrow::Cow;
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

use crate::finding::cause::{Cause, causes};
use crate::finding::{Confidence, Finding, Place, Severity};
use crate::text::{counted, unseen, visible};

/// Every finding, in order; those with one cause are shown once, with their other places.
pub fn findings(list: &[Finding]) -> String {
    findings_at(list, None)
}

/// As [`findings`], with the lines of files cut for a screen of this width.
pub fn findings_at(list: &[Finding], width: Option<usize>) -> String {
    let mut out = String::new();
    for cause in causes(list) {
        out.push_str(&one(&cause, width));
        out.push_str("\n\n");
    }
    out
}

/// `2 errors at 41 places, 1 warning`: causes, and where they are more, places; empty when there
/// is none.
pub fn count(list: &[Finding]) -> String {
    let mut parts = Vec::new();
    let causes = causes(list);
    for (severity, word) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Hint, "hint"),
    ] {
        let of = causes.iter().filter(|c| c.first.severity == severity);
        let (count, places) = of.fold((0, 0), |(count, places), cause| {
            (count + 1, places + 1 + cause.others.len())
        });
        match (count, places - count) {
            (0, _) => {}
            (_, 0) => parts.push(counted(count, word)),
            _ => parts.push(format!("{} at {places} places", counted(count, word))),
        }
    }
    parts.join(", ")
}

/// Findings that stop nothing, a few lines for each cause, and an empty line.
pub(super) fn notices(list: &[Finding]) -> String {
    let mut out = String::new();
    for cause in causes(list) {
        let finding = cause.first;
        let (word, colour) = match finding.severity {
            Severity::Error => ("Error", Some(AnsiColor::Red)),
            Severity::Warning => ("Warning", Some(AnsiColor::Yellow)),
            Severity::Hint => ("Note", None),
        };
        let style = colour.map_or_else(Style::new, |c| c.on_default()).bold();
        let place = finding.place.as_ref();
        let place = place.map_or_else(String::new, |p| visible(&format!("{p}: "), false));
        let message = visible(&finding.message, false);
        let label = finding.label();
        let _ = writeln!(out, "{style}{word}[{label}]:{style:#} {place}{message}");
        for line in also_at(&cause).iter().flat_map(|text| text.lines()) {
            let _ = writeln!(out, "  {line}");
        }
        let help = finding.help.as_ref().map(|help| visible(help, true));
        for line in help.iter().flat_map(|help| help.lines()) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The other places of a cause, one a line.
fn also_at(cause: &Cause<'_>) -> Option<String> {
    let (shown, more) = cause.other_places();
    let mut lines: Vec<String> = vec!["also at:".to_owned()];
    lines.extend((shown.iter()).map(|place| visible(&place.to_string(), false)));
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    (lines.len() > 1).then(|| lines.join("\n"))
}

fn one(cause: &Cause<'_>, width: Option<usize>) -> String {
    let finding = cause.first;
    let also = also_at(cause);
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::INFO.with_name("hint"),
    };
    let message = visible(&finding.message, false);
    let id = finding.label();
    let title = level.primary_title(&message).id(&id);
    let help = finding.help.as_ref().map(|h| visible(h, true));
    let related: Vec<(String, &Place)> = finding
        .related
        .iter()
        .map(|(place, why)| (visible(why, false), place))
        .collect();
    // A file's name may be a stranger's too.
    let name = |place: &Place| visible(&place.file.name, false);
    let place = finding.place.as_deref();
    let near = |other: &Place| place.is_some_and(|place| is_near(place, other));
    let beside: Vec<&Place> = (related.iter().map(|(_, other)| *other))
        .filter(|other| near(other))
        .collect();
    let window = place.map(|place| Window::around(place, &beside));
    let far = related.iter().filter(|(_, other)| !near(other));
    let far: Vec<_> = far
        .map(|(why, other)| (why, *other, Window::around(other, &[])))
        .collect();
    let mut group = Group::with_title(title);
    if let Some((place, window)) = place.zip(window.as_ref()) {
        let file = &place.file;
        if file.text.is_empty() {
            group = group.element(origin(name(place), place));
        } else {
            let mut snippet = Snippet::source(&*window.text).line_start(window.line);
            match window.is_whole() {
                true => snippet = snippet.path(name(place)),
                // Where in the file the text stands cannot be told from what is shown of its line.
                false => group = group.element(origin(name(place), place)),
            }
            group = group.element(
                snippet
                    .annotation(AnnotationKind::Primary.span(window.span(place)))
                    .annotations(
                        (related.iter())
                            .filter(|(_, other)| is_near(place, other))
                            .map(|(why, other)| {
                                AnnotationKind::Context
                                    .span(window.span(other))
                                    .label(why.as_str())
                            }),
                    ),
            );
        }
        for (why, other, window) in &far {
            let mut snippet = Snippet::source(&*window.text).line_start(window.line);
            match window.is_whole() {
                true => snippet = snippet.path(name(other)),
                false => group = group.element(origin(name(other), other)),
            }
            group = group.element(
                snippet.annotation(
                    AnnotationKind::Primary
                        .span(window.span(other))
                        .label(why.as_str()),
                ),
            );
        }
    }
    let confidence = match finding.confidence {
        None | Some(Confidence::High) => None,
        Some(other) => Some(format!("confidence: {other}")),
    };
    if let Some(confidence) = &confidence {
        group = group.element(Level::NOTE.message(confidence.as_str()));
    }
    if let Some(also) = &also {
        group = group.element(Level::NOTE.message(also.as_str()));
    }
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match width {
        Some(width) => Renderer::styled().term_width(width),
        None => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn origin<'a>(name: String, place: &Place) -> Origin<'a> {
    Origin::path(name)
        .line(place.line)
        .char_column(place.column)
}

/// How far apart, in lines, two places of a file are shown in one piece.
const NEAR: usize = 100;

/// How much of one line is shown on either side of a place, in bytes.
const REACH: usize = 2_000;

fn is_near(place: &Place, other: &Place) -> bool {
    other.file.name == place.file.name && other.line.abs_diff(place.line) <= NEAR
}

/// The lines of a file that a finding shows. The whole file would be gone through for each
/// finding in it.
struct Window<'a> {
    /// What is shown of them.
    text: Cow<'a, str>,
    /// Where it begins in the file.
    start: usize,
    /// The number of its first line.
    line: usize,
    /// It is a piece of one line.
    is_cut: bool,
    /// Where characters stand that are not seen, in the lines as they are, and by how many bytes the
    /// escape of each is longer.
    escaped: Vec<(usize, usize)>,
}

impl<'a> Window<'a> {
    fn around(place: &'a Place, beside: &[&Place]) -> Window<'a> {
        let file = &*place.file;
        let lines = beside.iter().map(|other| other.line).chain([place.line]);
        let (first, last) = lines.fold((place.line, place.line), |(first, last), line| {
            (first.min(line), last.max(line))
        });
        let mut range = file.lines(first, last);
        let is_cut = first == last && range.len() > 3 * REACH;
        if is_cut {
            let from = place.range.start.saturating_sub(REACH).max(range.start);
            let to = place.range.start.saturating_add(2 * REACH).min(range.end);
            range = file.whole(from..to);
        }
        let (text, escaped) = escaped(file.text.get(range.clone()).unwrap_or_default());
        Window {
            text,
            start: range.start,
            line: first,
            is_cut,
            escaped,
        }
    }

    /// Whether the lines are shown whole and as they are, so that columns can be counted in them.
    fn is_whole(&self) -> bool {
        !self.is_cut && self.escaped.is_empty()
    }

    /// A place in the window, not beyond its line: a long list need not be shown whole.
    fn span(&self, place: &Place) -> std::ops::Range<usize> {
        let inside = |at: usize| {
            let at = at.saturating_sub(self.start);
            let before = self.escaped.iter().take_while(|(place, _)| *place < at);
            let longer: usize = before.map(|(_, more)| more).sum();
            (at + longer).min(self.text.len())
        };
        let (start, end) = (inside(place.range.start), inside(place.range.end));
        let shown = self.text.get(start..end).unwrap_or_default();
        start..start + shown.find('\n').unwrap_or(shown.len())
    }
}

/// Lines of a file with its hidden characters escaped, and where they stood. Those below a blank have
/// signs of their own in what shows the lines.
fn escaped(text: &str) -> (Cow<'_, str>, Vec<(usize, usize)>) {
    let mut found = Vec::new();
    let mut shown = String::new();
    let mut from = 0;
    for ((at, _), (c, hidden)) in text.char_indices().zip(unseen(text)) {
        if !hidden || c.is_ascii_control() {
            continue;
        }
        let escape = c.escape_unicode();
        found.push((at, escape.len().saturating_sub(c.len_utf8())));
        shown.push_str(text.get(from..at).unwrap_or_default());
        shown.extend(escape);
        from = at + c.len_utf8();
    }
    if found.is_empty() {
        return (Cow::Borrowed(text), found);
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    (Cow::Owned(shown), found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use crate::finding::source::SourceFile;
    use crate::render::wrap::columns;
    use crate::text::is_unseen;

    #[test]
    fn a_long_line_is_cut_so_that_its_mark_stands_below_it() {
        let text = format!(
            "{{{}grantControl: x{}}}\n",
            "a: 1, ".repeat(30),
            ", b: 2".repeat(30)
        );
        let file = SourceFile::new("a.yaml", "a.yaml", text.clone());
        let start = text.find("grantControl").unwrap();
        let place = Place::new(&file, start..start + 12);
        let finding = Finding::error(Code::UnknownProperty, "unknown property").at(place);
        for width in [60, 80, 120] {
            let shown = findings_at(std::slice::from_ref(&finding), Some(width));
            let shown = anstream::adapter::strip_str(&shown).to_string();
            let lines: Vec<&str> = shown.lines().collect();
            let at = lines.iter().position(|line| line.contains("^^^")).unwrap();
            assert!(
                lines.iter().all(|line| columns(line) <= width),
                "{width}: {shown}"
            );
            assert_eq!(
                lines[at - 1].find("grantControl"),
                lines[at].find('^'),
                "{shown}"
            );
        }
    }
    #[test]
    fn a_line_of_a_file_hides_nothing_and_its_mark_stays_below_it() {
        let text = "x\u{9b}31m: \u{feff}\u{202e}a\u{1b}[2J\u{200b}, bad: 1\n".to_owned();
        let start = text.find("bad").unwrap();
        let file = SourceFile::new("a.yaml", "a.yaml", text);
        let place = Place::new(&file, start..start + 3);
        let finding = Finding::error(Code::UnknownProperty, "unknown property").at(place.clone());
        let other = Finding::error(Code::UnknownProperty, "elsewhere")
            .at(Place::new(
                &SourceFile::new("b.yaml", "b.yaml", "b: 1\n".to_owned()),
                0..1,
            ))
            .related(place, "there");
        for finding in [finding, other] {
            let shown = findings(std::slice::from_ref(&finding));
            let shown = anstream::adapter::strip_str(&shown).to_string();
            assert!(
                shown.chars().all(|c| c == '\n' || !is_unseen(c)),
                "{shown:?}"
            );
            assert!(
                shown.contains("x\\u{9b}31m: \\u{feff}\\u{202e}a␛[2J\\u{200b}, bad"),
                "{shown}"
            );
            assert!(shown.contains("a.yaml:1:18"), "{shown}");
            let lines: Vec<&str> = shown.lines().collect();
            let at = lines.iter().position(|line| line.contains("^^^")).unwrap();
            let column = |line: &str, text: &str| {
                line.split_once(text)
                    .map(|(before, _)| before.chars().count())
            };
            assert_eq!(
                column(lines[at - 1], "bad"),
                column(lines[at], "^"),
                "{shown}"
            );
        }
    }
}
