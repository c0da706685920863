//! Findings as a compiler shows them: message, place, the line itself, the way out.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::finding::{Confidence, Finding, Place, Severity};
use crate::text::visible;

/// Every finding, in order, and a line that counts them.
pub fn findings(list: &[Finding]) -> String {
    let mut out = String::new();
    for finding in list {
        out.push_str(&one(finding));
        out.push_str("\n\n");
    }
    out
}

/// `2 errors, 1 warning`; empty when there is none.
pub fn count(list: &[Finding]) -> String {
    let mut parts = Vec::new();
    for (severity, word) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Hint, "hint"),
    ] {
        match list.iter().filter(|f| f.severity == severity).count() {
            0 => {}
            1 => parts.push(format!("1 {word}")),
            n => parts.push(format!("{n} {word}s")),
        }
    }
    parts.join(", ")
}

fn one(finding: &Finding) -> String {
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
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::styled().render(&[group])
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
