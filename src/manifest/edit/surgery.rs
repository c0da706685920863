//! Edits of the text of one document: each finds its place in the layout, cuts there, and
//! has the layout made anew. What the text then means is checked by the caller.

use std::ops::Range;

use serde_json::{Map, Value};

use super::super::write::{
    Hand, Line, flow, flow_property, item_lines, lines_below, property_lines, rest_of_line,
};
use super::change::{Edit, EditError};
use super::layout::{self, Child, Node, NodeForm};
use super::likeness::successors;
use crate::text::pointer::{above, below, names};

/// The replacement of a part of the text.
type Cut = (Range<usize>, String);

/// One document under the knife.
pub(super) struct Surgeon {
    text: String,
    /// Its value before the edit at hand, as the text has it.
    pub value: Value,
    root: Node,
    /// The aliases: the anchor that each repeats, and where it stands.
    aliases: Vec<(usize, usize)>,
    hand: Hand,
    newline: &'static str,
}

/// A node, and the way to it.
struct Found<'a> {
    /// The collections above it, each with the child that leads on.
    path: Vec<(&'a Node, usize)>,
    node: &'a Node,
    /// The tokens of the pointer that lead to nothing.
    rest: Vec<String>,
}

impl Surgeon {
    pub(crate) fn new(
        text: String,
        value: Value,
        hand: Hand,
        newline: &'static str,
    ) -> Result<Surgeon, EditError> {
        let root = layout::document(&text).ok_or(EditError::Unsure)?;
        let mut surgeon = Surgeon {
            text,
            value,
            root,
            aliases: Vec::new(),
            hand,
            newline,
        };
        surgeon.note_aliases();
        Ok(surgeon)
    }

    /// The text and its value.
    pub(crate) fn finish(self) -> (String, Value) {
        (self.text, self.value)
    }

    /// Changes the text; [`Surgeon::value`] is the caller's to bring up to date. The texts
    /// of the edit are as they stand in a file.
    pub(crate) fn perform(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::Set { pointer, value } => self.set(pointer, value),
            Edit::Remove { pointer } => match self.value.pointer(pointer) {
                Some(_) => self.remove(pointer),
                None => Ok(()),
            },
            Edit::RemoveItems { pointer, indices } => {
                let Some(Value::Array(items)) = self.value.pointer(pointer) else {
                    return Err(EditError::OtherForm {
                        pointer: pointer.clone(),
                        wanted: "list",
                    });
                };
                if let Some(index) = indices.iter().find(|index| **index >= items.len()) {
                    return Err(EditError::NoSuchItem {
                        pointer: pointer.clone(),
                        index: *index,
                    });
                }
                self.remove_items(pointer, indices)
            }
            Edit::Append { items, .. } if items.is_empty() => Ok(()),
            Edit::Append { pointer, items } => match self.value.pointer(pointer) {
                None | Some(Value::Null) => self.set(pointer, &items.as_slice().into()),
                Some(Value::Array(_)) => self.append(pointer, items),
                Some(_) => Err(EditError::OtherForm {
                    pointer: pointer.clone(),
                    wanted: "list",
                }),
            },
        }
    }

    fn set(&mut self, pointer: &str, new: &Value) -> Result<(), EditError> {
        let old = self.value.pointer(pointer).cloned();
        if old.as_ref() == Some(new) {
            return Ok(());
        }
        let found = self.find(pointer)?;
        if let Some((name, deeper)) = found.rest.split_first() {
            let wrap = |rest: &[String]| {
                rest.iter().rev().fold(new.clone(), |value, name| {
                    Value::Object(Map::from_iter([(name.clone(), value)]))
                })
            };
            let above = ancestor(pointer, found.rest.len());
            let cuts = match (&found.node.form, self.value.pointer(above)) {
                (NodeForm::Collection { list: false, .. }, Some(Value::Object(map)))
                    if !map.contains_key(name) =>
                {
                    self.add_entry(&found, name, &wrap(deeper), above)?
                }
                (NodeForm::Scalar, Some(Value::Null)) => {
                    self.replace(&found, &wrap(&found.rest), above)?
                }
                (_, Some(Value::Object(_))) => {
                    return Err(EditError::Unsupported {
                        pointer: pointer.to_owned(),
                    });
                }
                _ => {
                    return Err(EditError::OtherForm {
                        pointer: above.to_owned(),
                        wanted: "mapping",
                    });
                }
            };
            return self.cut(cuts);
        }
        let children = found.node.children();
        match (&found.node.form, old, new) {
            // Part by part, so that what stays the same keeps its lines.
            (
                NodeForm::Collection { list: false, .. },
                Some(Value::Object(old)),
                Value::Object(new),
            ) if !children.is_empty() && !new.is_empty() && !merges(found.node) => {
                for (name, value) in new {
                    self.set(&below(pointer, name), value)?;
                }
                for name in old.keys().filter(|name| !new.contains_key(*name)) {
                    self.remove(&below(pointer, name))?;
                }
                Ok(())
            }
            (
                NodeForm::Collection { list: true, .. },
                Some(Value::Array(old)),
                Value::Array(new),
            ) if !children.is_empty() => {
                let mut kept = 0;
                let (mut gone, mut stays) = (Vec::new(), Vec::new());
                let successors = successors(&old, new);
                for (index, successor) in successors.into_iter().enumerate() {
                    match new.get(kept) {
                        Some(item) if successor == Some(kept) => {
                            stays.push((index, item));
                            kept += 1;
                        }
                        _ => gone.push(index),
                    }
                }
                if kept == 0 {
                    let cuts = self.replace(&found, &new.as_slice().into(), pointer)?;
                    return self.cut(cuts);
                }
                for (index, item) in stays {
                    self.set(&format!("{pointer}/{index}"), item)?;
                }
                self.remove_items(pointer, &gone)?;
                match new.get(kept..) {
                    Some(added) if !added.is_empty() => self.append(pointer, added),
                    _ => Ok(()),
                }
            }
            _ => {
                let cuts = self.replace(&found, new, pointer)?;
                self.cut(cuts)
            }
        }
    }

    fn remove(&mut self, pointer: &str) -> Result<(), EditError> {
        let mut found = self.find(pointer)?;
        let mut at = pointer;
        if !found.rest.is_empty() {
            return Err(EditError::Unsupported {
                pointer: pointer.to_owned(),
            });
        }
        loop {
            let above = ancestor(at, 1);
            let Some((parent, index)) = found.path.pop() else {
                return Err(EditError::Unsupported {
                    pointer: pointer.to_owned(),
                });
            };
            if matches!(parent.form, NodeForm::Collection { list: true, .. }) {
                return self.remove_items(above, &[index]);
            }
            if merges(parent) {
                return Err(EditError::MergeKey {
                    pointer: above.to_owned(),
                });
            }
            found.node = parent;
            if let (Some(child), true) = (parent.children().get(index), parent.children().len() > 1)
            {
                self.alone(&child.value, at)?;
                let cuts = self.without(parent, index, at)?;
                return self.cut(cuts);
            }
            // The only entry: the mapping goes with it, unless it is an item.
            let outer = found.path.last().map(|(outer, _)| &outer.form);
            if !matches!(outer, Some(NodeForm::Collection { list: false, .. })) {
                let cuts = self.replace(&found, &Value::Object(Map::new()), above)?;
                return self.cut(cuts);
            }
            at = above;
        }
    }

    fn remove_items(&mut self, pointer: &str, indices: &[usize]) -> Result<(), EditError> {
        let mut indices = indices.to_vec();
        indices.sort_unstable_by(|a, b| b.cmp(a));
        indices.dedup();
        let found = self.list(pointer)?;
        if indices.len() == found.node.children().len() && !indices.is_empty() {
            let cuts = self.replace(&found, &Value::Array(Vec::new()), pointer)?;
            return self.cut(cuts);
        }
        for index in indices {
            let found = self.list(pointer)?;
            let here = format!("{pointer}/{index}");
            let Some(child) = found.node.children().get(index) else {
                return Err(EditError::Unsupported { pointer: here });
            };
            self.alone(&child.value, &here)?;
            let cuts = self.without(found.node, index, &here)?;
            self.cut(cuts)?;
        }
        Ok(())
    }

    fn append(&mut self, pointer: &str, items: &[Value]) -> Result<(), EditError> {
        let found = self.list(pointer)?;
        let node = found.node;
        let cuts = match &node.form {
            NodeForm::Collection { children, .. } if children.is_empty() => {
                self.replace(&found, &items.into(), pointer)?
            }
            NodeForm::Collection { flow: true, .. } => {
                self.add_between_brackets(node, items.iter().map(flow).collect())
            }
            _ => {
                let indent = self.column(node.range.start);
                let lines = items
                    .iter()
                    .flat_map(|item| item_lines(item, indent, &self.hand));
                vec![self.below_all(node.range.end, indent, lines.collect())]
            }
        };
        self.cut(cuts)
    }

    /// The list at `pointer`, safe to change.
    fn list(&self, pointer: &str) -> Result<Found<'_>, EditError> {
        let found = self.find(pointer)?;
        if found.rest.is_empty() {
            self.own(found.node, pointer)?;
            if matches!(found.node.form, NodeForm::Collection { list: true, .. }) {
                return Ok(found);
            }
        }
        Err(EditError::Unsupported {
            pointer: pointer.to_owned(),
        })
    }

    /// The node at `pointer`, or the nearest above it and what is missing.
    fn find(&self, pointer: &str) -> Result<Found<'_>, EditError> {
        let mut found = Found {
            path: Vec::new(),
            node: &self.root,
            rest: names(pointer).collect(),
        };
        while let Some(name) = found.rest.first() {
            let here = ancestor(pointer, found.rest.len());
            self.own(found.node, here)?;
            let children = found.node.children();
            let next = match &found.node.form {
                NodeForm::Collection { list: true, .. } => name.parse().ok(),
                _ => children
                    .iter()
                    .position(|child| child.key.as_ref() == Some(name)),
            };
            match next.and_then(|index| Some((index, children.get(index)?))) {
                Some((index, child)) => {
                    found.path.push((found.node, index));
                    found.node = &child.value;
                    found.rest.remove(0);
                }
                None if merges(found.node) => {
                    return Err(EditError::MergeKey {
                        pointer: here.to_owned(),
                    });
                }
                None => break,
            }
        }
        Ok(found)
    }

    /// Refuses a node whose inside cannot be changed without changing other places.
    fn own(&self, node: &Node, pointer: &str) -> Result<(), EditError> {
        let pointer = || pointer.to_owned();
        if matches!(node.form, NodeForm::Alias(_)) {
            return Err(EditError::Alias { pointer: pointer() });
        }
        let used = |id| self.aliases.iter().any(|(alias, _)| *alias == id);
        if node.anchor != 0 && used(node.anchor) {
            return Err(EditError::Anchor { pointer: pointer() });
        }
        Ok(())
    }

    /// Refuses a node that holds an anchor which is used outside of it.
    fn alone(&self, node: &Node, pointer: &str) -> Result<(), EditError> {
        let mut outside = false;
        node.walk(&mut |part| {
            outside |= part.anchor != 0
                && self
                    .aliases
                    .iter()
                    .any(|(alias, at)| *alias == part.anchor && !node.range.contains(at));
        });
        if outside {
            return Err(EditError::Anchor {
                pointer: pointer.to_owned(),
            });
        }
        Ok(())
    }

    /// Puts `new` in the place of a whole value.
    fn replace(
        &self,
        found: &Found<'_>,
        new: &Value,
        pointer: &str,
    ) -> Result<Vec<Cut>, EditError> {
        let unsupported = || EditError::Unsupported {
            pointer: pointer.to_owned(),
        };
        let (parent, index) = found.path.last().ok_or_else(unsupported)?;
        let child = parent.children().get(*index).ok_or_else(unsupported)?;
        let old = &child.value;
        self.alone(old, pointer)?;
        if !parent.is_block() {
            let text = flow(new);
            let cut = match child.head {
                _ if !old.range.is_empty() => (old.range.clone(), text),
                Some(head) => (head..head, format!(" {text}")),
                None => (child.end..child.end, format!(": {text}")),
            };
            return Ok(vec![cut]);
        }
        let head = child.head.ok_or_else(unsupported)?;
        let indent = self.column(child.start);
        let width = self.slice(self.line_start(head)..head).chars().count() + 1;
        let below = old.is_block() && self.line_start(old.range.start) != self.line_start(head);
        let is_text = matches!(old.form, NodeForm::BlockScalar);
        // The line of a key or dash up to its comment, where the value begins below it.
        let open = head..head + before_comment(self.slice(head..self.eol(head)));
        if let Some(text) = rest_of_line(new, width) {
            let text = format!(" {text}");
            return Ok(if old.range.is_empty() {
                vec![(head..head, text)]
            } else if is_text {
                vec![(head..old.range.end, text)]
            } else if below {
                vec![
                    (open, text),
                    (self.eol(head)..self.eol(old.range.end), String::new()),
                ]
            } else if old.is_block() {
                vec![(head..self.eol(old.range.end), text)]
            } else {
                vec![(old.range.clone(), text.trim_start().to_owned())]
            });
        }
        if child.key.is_none() {
            let end = if old.range.is_empty() {
                head
            } else if old.is_block() && !is_text {
                self.eol(old.range.end)
            } else {
                old.range.end
            };
            let text = self.joined(item_lines(new, indent, &self.hand));
            return Ok(vec![(child.start..end, text.trim_start().to_owned())]);
        }
        let lines = lines_below(new, indent, &self.hand);
        Ok(if is_text {
            let text = format!("{}{}", self.newline, self.joined(lines));
            vec![(head..old.range.end, text)]
        } else if below {
            let (range, text) = self.below(head, lines);
            vec![
                (open, String::new()),
                (range.start..self.eol(old.range.end), text),
            ]
        } else {
            let end = old.range.end.max(head);
            vec![(head..end, String::new()), self.below(end, lines)]
        })
    }

    /// Adds a property at the end of a mapping.
    fn add_entry(
        &self,
        found: &Found<'_>,
        name: &str,
        value: &Value,
        pointer: &str,
    ) -> Result<Vec<Cut>, EditError> {
        let node = found.node;
        if merges(node) {
            return Err(EditError::MergeKey {
                pointer: pointer.to_owned(),
            });
        }
        let block_above = found.path.last().is_some_and(|(above, _)| above.is_block());
        if node.children().is_empty() && block_above {
            let map = Map::from_iter([(name.to_owned(), value.clone())]);
            return self.replace(found, &Value::Object(map), pointer);
        }
        if !node.is_block() {
            return Ok(self.add_between_brackets(node, vec![flow_property(name, value)]));
        }
        let indent = self.column(node.range.start);
        let lines = property_lines(name, value, indent, &self.hand);
        Ok(vec![self.below_all(node.range.end, indent, lines)])
    }

    /// Adds at the end of a list or mapping in brackets, on lines of their own where the
    /// last part stands on one.
    fn add_between_brackets(&self, node: &Node, added: Vec<String>) -> Vec<Cut> {
        let Some(last) = node.children().last() else {
            let text = match &node.form {
                NodeForm::Collection { list: false, .. } => format!("{{ {} }}", added.join(", ")),
                _ => format!("[{}]", added.join(", ")),
            };
            return vec![(node.range.clone(), text)];
        };
        let start = self.line_start(last.start);
        let end = self.eol(last.end);
        let indent = self.slice(start..last.start);
        if !indent.trim().is_empty() || node.range.end <= end {
            let cuts = (last.end..last.end, format!(", {}", added.join(", ")));
            return vec![cuts];
        }
        let comma = self.comma(last.end, node.range.end).is_some();
        let mut text = String::new();
        for (number, part) in added.iter().enumerate() {
            let more = comma || number + 1 < added.len();
            text.push_str(self.newline);
            text.push_str(indent);
            text.push_str(part);
            text.push_str(if more { "," } else { "" });
        }
        if comma {
            vec![(end..end, text)]
        } else {
            vec![(last.end..last.end, ",".to_owned()), (end..end, text)]
        }
    }

    /// Takes one of several children out.
    fn without(&self, node: &Node, index: usize, pointer: &str) -> Result<Vec<Cut>, EditError> {
        let unsupported = || EditError::Unsupported {
            pointer: pointer.to_owned(),
        };
        let children = node.children();
        let child = children.get(index).ok_or_else(unsupported)?;
        let next = children.get(index + 1);
        let start = self.line_start(child.start);
        let prefix = self.slice(start..child.start);
        let alone = prefix.trim().is_empty();
        if node.is_block() {
            let end = self.behind_line(child.end);
            if alone {
                return Ok(vec![(start..end, String::new())]);
            }
            // `- a: 1` without `a`: what follows moves up to the dash, comments above it.
            let (true, Some(next)) = (prefix.trim_matches([' ', '-']).is_empty(), next) else {
                return Err(unsupported());
            };
            let between = self.slice(end..self.line_start(next.start));
            return Ok(vec![(start..next.start, format!("{between}{prefix}"))]);
        }
        let comma = self.comma(child.end, node.range.end);
        let behind = comma.map_or(child.end, |comma| comma + 1);
        let line_end = self.eol(behind);
        let rest = self.slice(behind..line_end).trim_start();
        if alone && (rest.is_empty() || rest.starts_with('#')) {
            return Ok(vec![(start..self.behind_line(behind), String::new())]);
        }
        let range = match (
            next,
            index.checked_sub(1).and_then(|before| children.get(before)),
        ) {
            (Some(next), _) if self.line_start(next.start) == self.line_start(child.end) => {
                child.start..next.start
            }
            (Some(_), _) => child.start..behind,
            (None, Some(before)) if self.line_start(before.end) == start => before.end..child.end,
            (None, _) => child.start..child.end,
        };
        Ok(vec![(range, String::new())])
    }

    /// The comma behind a part between brackets; comments may stand before it.
    fn comma(&self, from: usize, to: usize) -> Option<usize> {
        let mut comment = false;
        for (at, c) in self.text.get(from..to)?.char_indices() {
            match c {
                '\n' => comment = false,
                _ if comment => {}
                '#' => comment = true,
                ',' => return Some(from + at),
                c if c.is_whitespace() => {}
                _ => return None,
            }
        }
        None
    }

    /// New lines below the one in which `at` stands.
    fn below(&self, at: usize, lines: Vec<Line>) -> Cut {
        let end = self.eol(at);
        (end..end, format!("{}{}", self.newline, self.joined(lines)))
    }

    /// New lines below the last one of a block, and below the comments that belong to its last part:
    /// those that stand further in than `indent`.
    fn below_all(&self, at: usize, indent: usize, lines: Vec<Line>) -> Cut {
        let mut last = self.eol(at);
        let mut next = self.behind_line(last);
        while next < self.text.len() {
            let line = self.slice(next..self.eol(next));
            let content = line.trim_start_matches(' ');
            let is_inside = content.starts_with('#') && line.len() - content.len() > indent;
            if !content.is_empty() && !is_inside {
                break;
            }
            if is_inside {
                last = self.eol(next);
            }
            next = self.behind_line(next);
        }
        self.below(last, lines)
    }

    fn joined(&self, lines: Vec<Line>) -> String {
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                text.push_str(self.newline);
            }
            line.push_to(&mut text);
        }
        text
    }

    fn cut(&mut self, mut cuts: Vec<Cut>) -> Result<(), EditError> {
        cuts.sort_by_key(|(range, _)| (range.start, range.end));
        for (range, text) in cuts.into_iter().rev() {
            self.text.replace_range(range, &text);
        }
        self.root = layout::document(&self.text).ok_or(EditError::Unsure)?;
        self.note_aliases();
        Ok(())
    }

    fn note_aliases(&mut self) {
        let mut aliases = Vec::new();
        self.root.walk(&mut |node| {
            if let NodeForm::Alias(anchor) = node.form {
                aliases.push((anchor, node.range.start));
            }
        });
        self.aliases = aliases;
    }

    /// A part of the text; ranges are of nodes, or of lines that hold them.
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn line_start(&self, at: usize) -> usize {
        layout::line_start(&self.text, at)
    }

    /// The end of the line in which `at` stands, its break left out.
    fn eol(&self, at: usize) -> usize {
        layout::line_end(&self.text, at)
    }

    /// The start of the next line.
    fn behind_line(&self, at: usize) -> usize {
        let end = self.slice(at..self.text.len()).find('\n');
        end.map_or(self.text.len(), |end| at + end + 1)
    }

    fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }
}

fn merges(node: &Node) -> bool {
    let is_merge = |child: &Child| child.key.as_deref() == Some("<<");
    node.children().iter().any(is_merge)
}

/// The pointer without its last `levels` tokens.
fn ancestor(pointer: &str, levels: usize) -> &str {
    (0..levels).fold(pointer, |at, _| above(at))
}

/// The length of what stands before the comment of a line, and the blanks before that.
fn before_comment(line: &str) -> usize {
    let before = |(at, _): (usize, &str)| line.get(..at);
    let ends = |before: &&str| before.is_empty() || before.ends_with([' ', '\t']);
    let text = line.match_indices('#').filter_map(before).find(ends);
    text.unwrap_or(line).trim_end().len()
}
