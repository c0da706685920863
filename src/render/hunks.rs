//! What differs between two texts of YAML: the lines that differ, some around them, and the keys
//! that they stand under.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

use super::human::{DIM, GREEN, RED, paint};

/// How many lines are shown around those that differ.
const AROUND: usize = 3;

/// What stands for lines that are left out.
const LEFT_OUT: &str = "...";

/// One line of what is shown.
enum Shown<'a> {
    /// A line that is left out, or one above a hunk by which a reader knows where it is.
    Around(&'a str),
    /// A line of a hunk.
    Own(ChangeTag, Vec<(bool, String)>),
}

/// The hunks, each below the keys that it stands under; what stands there already is not repeated.
fn hunks<'a>(before: &'a str, after: &'a str) -> Vec<Shown<'a>> {
    let diff = TextDiff::from_lines(before, after);
    let lines: Vec<&str> = before.lines().collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, hunk) in diff.grouped_ops(AROUND).iter().enumerate() {
        // What begins with new lines begins at the top.
        let start = hunk.first().map_or(0, |op| op.old_range().start);
        let parents = parents(&lines, start);
        if index > 0 {
            found.push(Shown::Around(LEFT_OUT));
        }
        let new: Vec<usize> = parents.into_iter().filter(|at| seen.insert(*at)).collect();
        let lines_of = |at: &usize| lines.get(*at).map(|line| Shown::Around(line.trim_end()));
        found.extend(new.iter().filter_map(lines_of));
        if new.last().is_some_and(|nearest| nearest + 1 < start) {
            found.push(Shown::Around(LEFT_OUT));
        }
        for op in hunk {
            let mut changes: Vec<_> = diff.iter_inline_changes(op).collect();
            if op.tag() == DiffTag::Replace && goes_on(&lines, after, op) {
                changes.sort_by_key(|change| change.tag() == ChangeTag::Delete);
            }
            for change in changes {
                seen.extend(change.old_index());
                let parts = change.iter_strings_lossy();
                let parts =
                    parts.map(|(marked, text)| (marked, text.trim_end_matches('\n').to_owned()));
                found.push(Shown::Own(change.tag(), parts.collect()));
            }
        }
    }
    found
}

/// Whether the new lines go on with what stands above, from which the old ones lead away.
fn goes_on(before: &[&str], after: &str, op: &DiffOp) -> bool {
    let old = before.get(op.old_range().start);
    let new = after.lines().nth(op.new_range().start);
    matches!((old, new), (Some(old), Some(new)) if level(new) > level(old))
}

/// The lines that the line `at` stands under, from the outermost.
fn parents(lines: &[&str], at: usize) -> Vec<usize> {
    let Some(line) = lines.get(at) else {
        return Vec::new();
    };
    let mut deepest = level(line);
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate().take(at).rev() {
        if level(line) < deepest && !line.trim().is_empty() {
            deepest = level(line);
            found.push(number);
        }
    }
    found.reverse();
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
    for shown in hunks(before, after) {
        let (tag, parts) = match shown {
            Shown::Around(line) => {
                let _ = writeln!(out, "{}", paint(DIM, &format!("    {line}")));
                continue;
            }
            Shown::Own(tag, parts) => (tag, parts),
        };
        let style = match tag {
            ChangeTag::Delete => RED,
            ChangeTag::Insert => GREEN,
            ChangeTag::Equal => DIM,
        };
        let mut line = paint(style, &format!("  {} ", sign(tag)));
        for (marked, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
            let style = if *marked {
                style.bold().underline()
            } else {
                style
            };
            line.push_str(&paint(style, text));
        }
        let _ = writeln!(out, "{line}");
    }
    out
}

/// As the lines of a diff, without colours.
pub(super) fn plain(before: &str, after: &str) -> String {
    let mut out = String::new();
    for shown in hunks(before, after) {
        let _ = match shown {
            Shown::Around(line) => writeln!(out, "  {line}"),
            Shown::Own(tag, parts) => {
                let text: String = parts.iter().map(|(_, text)| text.as_str()).collect();
                writeln!(out, "{} {text}", sign(tag))
            }
        };
    }
    out
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
        ChangeTag::Equal => ' ',
    }
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
            "  ...",
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
    fn a_key_stands_once_and_what_is_left_out_between_two_hunks_is_marked() {
        let after = BEFORE
            .replace("state: enabled", "state: disabled")
            .replace(
                "  users:\n",
                "  locations:\n    includeLocations:\n    - All\n  users:\n",
            )
            .replace("    - D\n", "");
        let shown = plain(BEFORE, &after);
        assert_eq!(shown.matches("conditions:\n").count(), 1, "{shown}");
        assert_eq!(shown.matches("users:\n").count(), 1, "{shown}");
        assert!(shown.contains("    - All\n"), "{shown}");
        assert!(shown.contains("  ...\n"), "{shown}");
    }

    #[test]
    fn an_item_stands_below_its_list_where_another_key_goes() {
        let before = "ipRanges:\n- 203.0.113.0/24\nisTrusted: true\n";
        let after = "ipRanges:\n- 203.0.113.0/24\n- 203.0.115.0/24\n";
        let shown = "  ipRanges:\n  - 203.0.113.0/24\n+ - 203.0.115.0/24\n- isTrusted: true\n";
        assert_eq!(plain(before, after), shown);
    }

    #[test]
    fn a_hunk_at_the_top_needs_no_key() {
        let after = BEFORE.replace("enabled", "disabled");
        assert!(plain(BEFORE, &after).starts_with("  displayName: P\n- state: enabled\n"));
        assert_eq!(plain("", "a:\n- b\n"), "+ a:\n+ - b\n");
        assert_eq!(plain("", ""), "");
    }
}
