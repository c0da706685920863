//! Findings as annotations of GitHub Actions: workflow commands, which the runner reads from
//! the output of a step ("Workflow commands for GitHub Actions").
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step; the rest stands in the
//! log alone. The gravest come first.

use std::fmt::Write as _;

use super::review::{About, Region, Remark};
use crate::finding::Severity;
use crate::text::visible;

/// One command a line.
pub fn remarks(list: &[Remark<'_>], about: &About) -> String {
    let mut out = String::new();
    for remark in list {
        let command = match remark.finding.severity {
            Severity::Error if remark.stops() => "error",
            Severity::Error | Severity::Warning => "warning",
            Severity::Hint => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &remark.finding.place {
            let region = Region::of(place);
            properties.push(format!("file={}", property(&about.path(&place.file.name))));
            properties.push(format!("line={}", region.line));
            properties.push(format!("endLine={}", region.end_line));
            // Columns count within one line alone.
            if region.line == region.end_line {
                properties.push(format!("col={}", region.column));
                properties.push(format!("endColumn={}", region.end_column));
            }
        }
        properties.push(format!("title={}", property(&remark.id())));
        let _ = writeln!(
            out,
            "::{command} {}::{}",
            properties.join(","),
            data(&remark.text())
        );
    }
    out
}

/// A text in the place of a command's message.
fn data(text: &str) -> String {
    visible(text, true).replace('%', "%25").replace('\n', "%0A")
}

/// A text in the place of a command's property.
fn property(text: &str) -> String {
    visible(text, false)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::source::SourceFile;
    use crate::finding::{Code, Finding, Graph, Place};
    use crate::render::review;

    #[test]
    fn each_finding_is_one_command_at_its_place() {
        let file = SourceFile::new("a, b:c.yaml", "a", "state: on\nx: 1\n".to_owned());
        let list = [
            Finding::hint(Code::ReadOnlyProperty, "no effect").at(Place::new(&file, 0..14)),
            Finding::error(Code::GraphRule, "`100%`\n::error::x ##[add-mask]y")
                .rule(Graph::CaR80)
                .at(Place::new(&file, 7..9))
                .help("do\r\nthis"),
        ];
        let about = About {
            folder: "infra".to_owned(),
            ..About::default()
        };
        insta::assert_snapshot!(remarks(&review::remarks(&list), &about), @r"
        ::error file=infra/a%2C b%3Ac.yaml,line=1,endLine=1,col=8,endColumn=10,title=graph-rule/CA-R80::`100%25`%0A::error::x ##[add-mask]y%0Ahelp: do\u{d}%0Athis
        ::notice file=infra/a%2C b%3Ac.yaml,line=1,endLine=2,title=read-only-property::no effect
        ");
    }

    #[test]
    fn what_is_let_through_is_no_error() {
        let finding = Finding::error(Code::Failed, "three policies are deleted");
        let list = [Remark {
            finding: &finding,
            guard: Some("budget"),
            allowed: Some("--allow budget"),
        }];
        assert_eq!(
            remarks(&list, &About::default()),
            "::warning title=guard/budget::three policies are deleted%0Alet through: --allow budget\n"
        );
    }

    proptest::proptest! {
        /// Read as the runner reads it: nothing but the one command, and its text comes back.
        #[test]
        fn any_text_stays_in_its_command(message: String, name: String) {
            let file = SourceFile::new(name.clone(), "a", "x: 1\n".to_owned());
            let list = [Finding::error(Code::BadValue, message.clone()).at(Place::new(&file, 0..1))];
            let text = remarks(&review::remarks(&list), &About::default());
            proptest::prop_assert_eq!(text.lines().count(), 1);
            let (head, told) = text.trim_end_matches('\n').strip_prefix("::").unwrap().split_once("::").unwrap();
            let told = told.replace("%0A", "\n").replace("%25", "%");
            proptest::prop_assert_eq!(told, visible(&message, true));
            let (command, properties) = head.split_once(' ').unwrap();
            proptest::prop_assert_eq!(command, "error");
            let names: Vec<&str> = properties.split(',').map(|p| p.split('=').next().unwrap()).collect();
            proptest::prop_assert_eq!(names, ["file", "line", "endLine", "col", "endColumn", "title"]);
        }
    }
}
