//! Findings as a compiler shows them: message, place, the line itself, the way out.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

use crate::finding::cause::{Cause, causes};
use crate::finding::{Confidence, Finding, Place, Severity};
use crate::text::{counted, visible};

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
    let mut group = Group::with_title(title);
    if let Some(place) = &finding.place {
        let file = &place.file;
        if file.text.is_empty() {
            group = group.element(
                Origin::path(name(place))
                    .line(place.line)
                    .char_column(place.column),
            );
        } else {
            let beside: Vec<&Place> = (related.iter().map(|(_, other)| *other))
                .filter(|other| is_near(place, other))
                .collect();
            let window = Window::around(place, &beside);
            if window.is_cut {
                // Where in the file the text stands cannot be told from a piece of its line.
                let origin = Origin::path(name(place));
                group = group.element(origin.line(place.line).char_column(place.column));
            }
            let snippet = Snippet::source(window.text).line_start(window.line);
            let snippet = match window.is_cut {
                true => snippet,
                false => snippet.path(name(place)),
            };
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
        for (why, other) in related.iter().filter(|(_, other)| !is_near(place, other)) {
            let window = Window::around(other, &[]);
            group = group.element(
                Snippet::source(window.text)
                    .line_start(window.line)
                    .path(name(other))
                    .annotation(
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
    text: &'a str,
    /// Where it begins in the file.
    start: usize,
    /// The number of its first line.
    line: usize,
    /// It is a piece of one line.
    is_cut: bool,
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
        Window {
            text: file.text.get(range.clone()).unwrap_or_default(),
            start: range.start,
            line: first,
            is_cut,
        }
    }

    /// A place in the window, not beyond its line: a long list need not be shown whole.
    fn span(&self, place: &Place) -> std::ops::Range<usize> {
        let inside = |at: usize| at.saturating_sub(self.start).min(self.text.len());
        let (start, end) = (inside(place.range.start), inside(place.range.end));
        let shown = self.text.get(start..end).unwrap_or_default();
        start..start + shown.find('\n').unwrap_or(shown.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use crate::finding::source::SourceFile;
    use crate::render::wrap::columns;

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
}
