//! The text of manifests in one usual form: the keys of each mapping in the order of its schema,
//! no blanks at the ends of lines, no two empty lines in a row.
//!
//! Guarantees: every document has the value that it had, every comment is there and stands above or
//! behind what it stood at, and what is formatted is formatted to itself. What cannot be
//! formatted so, such as a mapping between braces or one with an alias of what would come later,
//! stays as it is.

use std::ops::Range;

use serde_json::Value;

use super::layout::{self, Child, Node, NodeForm, line_break, line_end, line_start};
use super::parsed;
use crate::finding::source::SourceFile;
use crate::manifest::comments::comments;
use crate::manifest::schema;
use crate::text::pointer::below;

/// The text of the file in its usual form; nothing where it is no sound YAML. Documents that are
/// no manifests have the order that they have.
pub fn formatted(file: &SourceFile) -> Option<String> {
    /// How often at most: what one step makes of the text lets another one begin.
    const ROUNDS: usize = 8;
    let mut best = Sound::of(file, file.text.clone())?;
    for _ in 0..ROUNDS {
        let before = best.text.clone();
        for step in [in_order_all as fn(&_, &_) -> _, end_of_file, blanks] {
            let next = step(file, &best.text);
            best = next.and_then(|text| best.then(file, text)).unwrap_or(best);
        }
        if best.text == before {
            break;
        }
    }
    Some(best.text)
}

/// Every document with its keys in order.
fn in_order_all(file: &SourceFile, text: &str) -> Option<String> {
    let starts = layout::starts(text)?;
    let mut out = String::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        out.push_str(&in_order(file, text.get(*start..end)?));
    }
    Some(out)
}

/// What says in which order keys stand.
struct FormattedKind {
    kind: String,
    /// The kind that a patch is for.
    target: Option<String>,
}

impl FormattedKind {
    fn of(document: &Value) -> Option<FormattedKind> {
        let text = |pointer: &str| document.pointer(pointer)?.as_str().map(str::to_owned);
        let kind = text("/kind")?;
        let target = text("/target/kind").filter(|_| kind == schema::PATCH);
        Some(FormattedKind { kind, target })
    }

    /// The properties of the mapping at `pointer`, in their usual order.
    fn properties(&self, pointer: &str) -> Vec<&'static str> {
        let sections = ["/merge", "/add", "/remove"].into_iter();
        let mut inside = sections.filter_map(|section| pointer.strip_prefix(section));
        match (&self.target, inside.next()) {
            (Some(target), Some(inside)) => schema::properties(target, inside),
            _ => schema::properties(&self.kind, pointer),
        }
    }
}

/// One document with its keys in order.
fn in_order(file: &SourceFile, slice: &str) -> String {
    let Some(mut best) = Sound::of(file, slice.to_owned()) else {
        return slice.to_owned();
    };
    let value = best.documents.first().map(|(_, value)| value);
    let kind = value.and_then(FormattedKind::of);
    let Some(kind) = kind else {
        return best.text;
    };
    // Each mapping at most once: one that cannot be put in order is passed by.
    let mut done: Vec<String> = Vec::new();
    while let Some((pointer, text)) = ordered(&best.text, &kind, &done) {
        done.push(pointer);
        if let Some(sound) = text.and_then(|text| best.then(file, text)) {
            best = sound;
        }
    }
    best.text
}

/// A text, and what must not change in it.
struct Sound {
    text: String,
    documents: Vec<(usize, Value)>,
    comments: Vec<String>,
}

impl Sound {
    fn of(file: &SourceFile, text: String) -> Option<Sound> {
        let documents = parsed(file, text.clone())?;
        let source = SourceFile::new(&file.name, &file.path, text.clone());
        let mut comments: Vec<String> = (comments(&source).into_iter())
            .map(|comment| comment.text.trim_end().to_owned())
            .collect();
        comments.sort();
        Some(Sound {
            text,
            documents,
            comments,
        })
    }

    /// The other text, if it says the same.
    fn then(&self, file: &SourceFile, text: String) -> Option<Sound> {
        let other = Sound::of(file, text)?;
        (other.documents == self.documents && other.comments == self.comments).then_some(other)
    }
}

/// The first mapping of a document whose keys are not in order, and the document with them in
/// order, where that can be done. Mappings in `done` are passed by.
fn ordered(text: &str, kind: &FormattedKind, done: &[String]) -> Option<(String, Option<String>)> {
    let root = layout::document(text)?;
    let mut found = None;
    walk(&root, "", &mut |node, pointer| {
        if found.is_some() || done.iter().any(|one| one == pointer) {
            return;
        }
        let Some(order) = order(node, kind, pointer) else {
            return;
        };
        if !order.is_sorted() {
            found = Some((
                pointer.to_owned(),
                moved(text, node, &order, pointer.is_empty()),
            ));
        }
    });
    found
}

fn walk<'a>(node: &'a Node, pointer: &str, visit: &mut dyn FnMut(&'a Node, &str)) {
    visit(node, pointer);
    for (index, child) in node.children().iter().enumerate() {
        let here = match &child.key {
            Some(key) => below(pointer, key),
            None => format!("{pointer}/{index}"),
        };
        walk(&child.value, &here, visit);
    }
}

/// The rank of each child of a block mapping; those that the schema does not name keep their place
/// behind the others.
fn order(node: &Node, kind: &FormattedKind, pointer: &str) -> Option<Vec<usize>> {
    let NodeForm::Collection {
        flow: false,
        list: false,
        children,
    } = &node.form
    else {
        return None;
    };
    let properties = kind.properties(pointer);
    let rank = |child: &Child| {
        let key = child.key.as_deref().unwrap_or_default();
        let first = match key {
            "kind" if pointer.is_empty() => Some(0),
            "id" if pointer.is_empty() => Some(1),
            _ => None,
        };
        let known = || properties.iter().position(|name| *name == key);
        first
            .or_else(|| known().map(|at| at + 2))
            .unwrap_or(usize::MAX)
    };
    (!properties.is_empty()).then(|| children.iter().map(rank).collect())
}

/// An entry of a mapping with its comments.
struct Part<'a> {
    rank: usize,
    /// Lines above it: empty ones, and comments.
    lead: &'a str,
    /// From its key to the end of its last line, comments below it that are further in included.
    body: &'a str,
}

/// The document with the entries of one block mapping in the order of their ranks.
fn moved(text: &str, node: &Node, ranks: &[usize], is_root: bool) -> Option<String> {
    let children = node.children();
    let first = children.first()?;
    let column = first.start - line_start(text, first.start);
    let prefix = text.get(line_start(text, first.start)..first.start)?;
    let on_own_line = prefix.bytes().all(|b| b == b' ');
    if !prefix.bytes().all(|b| b == b' ' || b == b'-') {
        return None;
    }
    let mut parts: Vec<Part<'_>> = Vec::new();
    // Above the first key of a document stands what is about the document.
    let mut from = match on_own_line && !is_root {
        true => comment_lines_above(text, line_start(text, first.start)),
        false => line_start(text, first.start),
    };
    let begin = from;
    for (number, (child, rank)) in children.iter().zip(ranks).enumerate() {
        child.head?;
        child.key.as_ref()?;
        let line = line_start(text, child.start);
        let indent = text.get(line..child.start)?;
        if child.start - line != column || number > 0 && !indent.bytes().all(|b| b == b' ') {
            return None;
        }
        let end = tail(text, line_end(text, child.end), column);
        parts.push(Part {
            rank: *rank,
            lead: text.get(from..line)?,
            body: text.get(child.start..end)?,
        });
        from = (end + newline(text, end)).min(text.len());
    }
    let end = from;
    let said = |part: &Part<'_>| part.lead.contains("gatewright:");
    parts.sort_by_key(|part| part.rank);
    // A comment for one property would become one for the whole document.
    if is_root && parts.first().is_some_and(said) {
        return None;
    }
    let break_ = line_break(text);
    let mut out = text.get(..begin)?.to_owned();
    for (number, part) in parts.iter().enumerate() {
        match number {
            0 => {
                out.push_str(part.lead.trim_start_matches(['\r', '\n']));
                out.push_str(prefix);
            }
            _ => {
                out.push_str(part.lead);
                out.extend(std::iter::repeat_n(' ', column));
            }
        }
        out.push_str(part.body);
        if number + 1 < parts.len() || text.get(..end)?.ends_with('\n') {
            out.push_str(break_);
        }
    }
    out.push_str(text.get(end..)?);
    Some(out)
}

/// Where the comments and empty lines right above a line begin.
fn comment_lines_above(text: &str, line: usize) -> usize {
    let mut at = line;
    while at > 0 {
        let above = line_start(text, at - 1);
        let content = text.get(above..at).unwrap_or_default().trim();
        if !content.is_empty() && !content.starts_with('#') {
            break;
        }
        at = above;
    }
    at
}

/// The end of the comments right below that are further in than `column`, without the line break.
fn tail(text: &str, end: usize, column: usize) -> usize {
    let mut at = end;
    loop {
        let start = at + newline(text, at);
        let line_end = line_end(text, start);
        let line = text.get(start..line_end).unwrap_or_default();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if start == at || indent <= column || !line.trim_start().starts_with('#') {
            return at;
        }
        at = line_end;
    }
}

/// How long the line break at `at` is.
fn newline(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    match rest {
        _ if rest.starts_with("\r\n") => 2,
        _ if rest.starts_with('\n') => 1,
        _ => 0,
    }
}

/// One line break at the end of the file.
fn end_of_file(_: &SourceFile, text: &str) -> Option<String> {
    let break_ = line_break(text);
    let content = text.trim_end_matches([' ', '\t', '\r', '\n']);
    Some(format!("{content}{break_}")).filter(|new| new != text && !content.is_empty())
}

/// No blanks at the ends of lines, and no two empty lines in a row; lines inside of a text that
/// goes over several stay as they are.
fn blanks(_: &SourceFile, text: &str) -> Option<String> {
    let kept = texts_of_lines(text)?;
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut empty_before = true;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        // A part of a text of several lines.
        if kept
            .iter()
            .any(|text| text.start < range.end && range.start < text.end)
        {
            out.push_str(line);
            empty_before = false;
            continue;
        }
        let break_ = match line {
            _ if line.ends_with("\r\n") => "\r\n",
            _ if line.ends_with('\n') => "\n",
            _ => "",
        };
        let content = line.trim_end();
        if content.is_empty() && empty_before {
            continue;
        }
        empty_before = content.is_empty();
        out.push_str(content);
        out.push_str(break_);
    }
    (out != text).then_some(out)
}

/// The texts of several lines in any document.
fn texts_of_lines(text: &str) -> Option<Vec<Range<usize>>> {
    let starts = layout::starts(text)?;
    let mut found = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        let slice = text.get(*start..end)?;
        layout::document(slice)?.walk(&mut |node| {
            let is_text = matches!(node.form, NodeForm::Scalar | NodeForm::BlockScalar);
            let lines = slice.get(node.range.clone()).unwrap_or_default();
            if is_text && (lines.contains('\n') || matches!(node.form, NodeForm::BlockScalar)) {
                found.push(start + node.range.start..start + node.range.end);
            }
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(text: &str) -> String {
        let file = SourceFile::new("a.yaml", "a.yaml", text.to_owned());
        let once = formatted(&file).unwrap();
        let file = SourceFile::new("a.yaml", "a.yaml", once.clone());
        assert_eq!(formatted(&file).as_deref(), Some(once.as_str()), "again");
        once
    }

    #[test]
    fn keys_get_their_order_and_comments_go_with_them() {
        let text = "\
# yaml-language-server: $schema=x
# About the policy.
state: enabled  # now
displayName: A   

# Who.
conditions:
  # all
  users:
    # but these
    excludeGroups:
      - G  # why
      # deeper
    includeUsers: [All]
  applications: {includeApplications: [All]}


grantControls: { operator: OR, builtInControls: [mfa] }
kind: ConditionalAccessPolicy
# the end
---
kind: NamedLocation
ipRanges:
  - cidrAddress: 10.0.0.0/8
displayName: L
";
        insta::assert_snapshot!(format(text));
    }

    #[test]
    fn what_one_step_makes_possible_is_done_as_well() {
        let text = "conditions:\n   \n\"state\": disabled\nkind: ConditionalAccessPolicy\ndisplayName: >-\n  A folded\n  name\n";
        assert!(format(text).starts_with("kind: "));
        format("kind: Group\ndescription: |+\n  text\n\n\ndisplayName: G\n\n\n");
    }

    proptest::proptest! {
        #[test]
        fn what_is_formatted_is_formatted_to_itself(
            lines in proptest::collection::vec(
                proptest::sample::select(vec![
                    "kind: Group", "displayName: G", "description: |+", "  text", "", "   ",
                    "description: >-", "members: [a]", "members:", "  - a", "    # in", "# out",
                    "mailNickname: g  ", "\"id\": x", "---",
                ]),
                1..14,
            )
        ) {
            let text = lines.join("\n") + "\n";
            let file = SourceFile::new("a.yaml", "a.yaml", text);
            if let Some(once) = formatted(&file) {
                let again = SourceFile::new("a.yaml", "a.yaml", once.clone());
                proptest::prop_assert_eq!(formatted(&again), Some(once));
            }
        }
    }

    #[test]
    fn texts_of_several_lines_stay_as_they_are() {
        let text = "kind: Group\ndescription: |\n  a  \n\n\n  b\n\n\ndisplayName: G\n";
        assert_eq!(
            format(text),
            "kind: Group\n\ndisplayName: G\ndescription: |\n  a  \n\n\n  b\n"
        );
    }

    #[test]
    fn what_would_change_its_meaning_stays() {
        // The alias would come before its anchor.
        let text = "kind: Group\ndescription: &x G\ndisplayName: *x\n";
        assert_eq!(format(text), text);
        // The comment would be for the whole document.
        let text = "displayName: G\n# gatewright: allow naming x\nkind: Group\n";
        assert_eq!(format(text), text);
        // No manifest, and no YAML.
        assert_eq!(format("b: 1\na: 2\n"), "b: 1\na: 2\n");
        let file = SourceFile::new("a.yaml", "a.yaml", "a: [\n".to_owned());
        assert_eq!(formatted(&file), None);
    }
}
