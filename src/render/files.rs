//! What is to happen to files, as a unified diff for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

use crate::import::folder::{Change, Proposal};
use crate::text::visible;

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The unified diff of every file that would change. Files that stay are not named.
pub fn proposals(proposals: &[Proposal]) -> String {
    let mut out = String::new();
    for proposal in proposals {
        let path = visible(&proposal.path, false);
        let (old, before, after) = match &proposal.change {
            Change::Unchanged => continue,
            Change::New { text } => ("/dev/null".to_owned(), "", text.as_str()),
            Change::Changed { before, after, .. } => {
                (format!("a/{path}"), before.as_str(), after.as_str())
            }
            Change::Clash { before, after, .. } => {
                let note = format!("! {path} already exists and would be left as it is");
                let _ = writeln!(out, "{YELLOW}{note}{YELLOW:#}");
                match before {
                    Some(before) => (format!("a/{path}"), before.as_str(), after.as_str()),
                    None => continue,
                }
            }
        };
        let diff = TextDiff::from_lines(before, after);
        let text = diff
            .unified_diff()
            .context_radius(3)
            .header(&old, &format!("b/{path}"))
            .to_string();
        for line in text.split_terminator('\n') {
            let style = match line.chars().next() {
                _ if line.starts_with("--- ") || line.starts_with("+++ ") => BOLD,
                Some('+') => GREEN,
                Some('-') => RED,
                Some('@') => DIM,
                _ => Style::new(),
            };
            // The line ends of Windows are no part of what a person has to see.
            let line = visible(line.trim_end_matches('\r'), false);
            let _ = writeln!(out, "{style}{line}{style:#}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::source::Encoding;

    #[test]
    fn new_changed_and_clashing_files_are_told_apart() {
        let proposal = |path: &str, change| Proposal {
            path: path.to_owned(),
            change,
        };
        let text = proposals(&[
            proposal(
                "policies/a.yaml",
                Change::New {
                    text: "kind: Group\ndisplayName: a\u{1b}[2J\n".to_owned(),
                },
            ),
            proposal("policies/same.yaml", Change::Unchanged),
            proposal(
                "policies/b.yaml",
                Change::Changed {
                    before: "# why\r\nstate: enabled\r\n".to_owned(),
                    after: "# why\r\nstate: disabled\r\n".to_owned(),
                    encoding: Encoding::default(),
                },
            ),
            proposal(
                "policies/c.yaml",
                Change::Clash {
                    before: None,
                    after: String::new(),
                    encoding: Encoding::default(),
                },
            ),
        ]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
