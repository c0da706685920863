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
            group = group.element(
                Snippet::source(file.text.as_str())
                    .path(name(place))
                    .annotation(AnnotationKind::Primary.span(on_one_line(&place.range, &file.text)))
                    .annotations(
                        related
                            .iter()
                            .filter(|(_, other)| other.file.name == file.name)
                            .map(|(why, other)| {
                                AnnotationKind::Context
                                    .span(on_one_line(&other.range, &file.text))
                                    .label(why.as_str())
                            }),
                    ),
            );
        }
        for (why, other) in related.iter().filter(|(_, o)| o.file.name != file.name) {
            group = group.element(
                Snippet::source(other.file.text.as_str())
                    .path(name(other))
                    .annotation(
                        AnnotationKind::Primary
                            .span(on_one_line(&other.range, &other.file.text))
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

/// A range inside the text, on character boundaries, that does not run past its line: a
/// long list need not be shown whole.
fn on_one_line(range: &std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(range.start);
    let mut end = floor(range.end.max(range.start));
    if let Some(line) = text[start..end].find('\n') {
        end = start + line;
    }
    start..end
}
