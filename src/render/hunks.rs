//! What differs between two texts of YAML: the lines that differ, some around them, and the keys
//! that they stand under.

use std::fmt::Write as _;

use similar::{ChangeTag, DiffOp, TextDiff};

use super::human::{DIM, GREEN, RED, paint};

/// How many lines are shown around those that differ.
const AROUND: usize = 3;

/// What stands for lines that are left out.
const LEFT_OUT: &str = "...";

/// The lines above a hunk by which a reader knows where it is, from the outermost key.
fn above<'a>(before: &'a str, after: &'a str, hunk: &[DiffOp]) -> Vec<&'a str> {
    match hunk.first() {
        None => Vec::new(),
        Some(DiffOp::Insert { new_index, .. }) => parents(after, *new_index),
        Some(op) => parents(before, op.old_range().start),
    }
}

/// The lines that the line `at` stands under, and [`LEFT_OUT`] where the nearest is not right
/// above it.
fn parents(text: &str, at: usize) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(line) = lines.get(at) else {
        return Vec::new();
    };
    let mut deepest = level(line);
    let mut nearest = None;
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate().take(at).rev() {
        if level(line) < deepest && !line.trim().is_empty() {
            deepest = level(line);
            nearest.get_or_insert(number);
            found.push(line.trim_end());
        }
    }
    found.reverse();
    if nearest.is_some_and(|nearest| nearest + 1 < at) {
        found.push(LEFT_OUT);
    }
    found
}

/// How deep a line stands. An item of a list stands below the key of the list, whose indent it may
/// have.
fn level(line: &str) -> usize {
    let inner = line.trim_start();
    let indent = line.len() - inner.len();
    let item = inner.starts_with("- ") || inner.trim_end() == "-";
    2 * indent + usize::from(item)
}

/// For people: the changed words are marked.
pub(super) fn human(before: &str, after: &str) -> String {
    let mut out = String::new();
    let diff = TextDiff::from_lines(before, after);
    for (index, hunk) in diff.grouped_ops(AROUND).iter().enumerate() {
        let above = above(before, after, hunk);
        if index > 0 && above.is_empty() {
            let _ = writeln!(out, "{}", paint(DIM, &format!("    {LEFT_OUT}")));
        }
        for line in above {
            let _ = writeln!(out, "{}", paint(DIM, &format!("    {line}")));
        }
        for op in hunk {
            for change in diff.iter_inline_changes(op) {
                let (style, sign) = match change.tag() {
                    ChangeTag::Delete => (RED, '-'),
                    ChangeTag::Insert => (GREEN, '+'),
                    ChangeTag::Equal => (DIM, ' '),
                };
                let mut line = paint(style, &format!("  {sign} "));
                for (emphasized, text) in change.iter_strings_lossy() {
                    let text = text.trim_end_matches('\n');
                    if text.is_empty() {
                        continue;
                    }
                    let style = if emphasized {
                        style.bold().underline()
                    } else {
                        style
                    };
                    line.push_str(&paint(style, text));
                }
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// As the lines of a diff, without colours.
pub(super) fn plain(before: &str, after: &str) -> String {
    let mut out = String::new();
    let diff = TextDiff::from_lines(before, after);
    for (index, hunk) in diff.grouped_ops(AROUND).iter().enumerate() {
        let above = above(before, after, hunk);
        if index > 0 && above.is_empty() {
            let _ = writeln!(out, "  {LEFT_OUT}");
        }
        for line in above {
            let _ = writeln!(out, "  {line}");
        }
        for change in hunk.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let _ = writeln!(out, "{sign} {}", change.value().trim_end_matches('\n'));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
displayName: P
state: enabled
conditions:
  users:
    includeUsers:
    - All
    excludeGroups:
    - A
    - B
    - C
    - D
    - E
grantControls:
  operator: OR
sessionControls:
  signInFrequency:
    value: 4
    type: hours
    isEnabled: true
    interval: timeBased
    mode: a
";

    #[test]
    fn a_hunk_says_under_which_keys_it_stands() {
        let after = BEFORE
            .replace("- E\n", "- E\n    - F\n")
            .replace("mode: a", "mode: b");
        let shown = [
            "  conditions:",
            "    users:",
            "      excludeGroups:",
            "  ...",
            "      - C",
            "      - D",
            "      - E",
            "+     - F",
            "  grantControls:",
            "    operator: OR",
            "  sessionControls:",
            "  sessionControls:",
            "    signInFrequency:",
            "  ...",
            "      type: hours",
            "      isEnabled: true",
            "      interval: timeBased",
            "-     mode: a",
            "+     mode: b",
            "",
        ];
        assert_eq!(plain(BEFORE, &after), shown.join("\n"));
        let human = human(BEFORE, &after);
        let human = anstream::adapter::strip_str(&human).to_string();
        let seen: Vec<&str> = human
            .lines()
            .map(|line| line.get(2..).unwrap_or(""))
            .collect();
        assert_eq!(seen.join("\n") + "\n", plain(BEFORE, &after));
    }

    #[test]
    fn a_hunk_at_the_top_needs_no_key() {
        let after = BEFORE.replace("enabled", "disabled");
        assert!(plain(BEFORE, &after).starts_with("  displayName: P\n- state: enabled\n"));
        assert_eq!(plain("", "a:\n- b\n"), "+ a:\n+ - b\n");
        assert_eq!(plain("", ""), "");
    }
}
