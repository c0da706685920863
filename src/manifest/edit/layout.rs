//! Where the parts of one document stand, ends of blocks and dashes of lists included:
//! what [`crate::manifest::yaml::SpanIndex`] does not need for findings and an edit does.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use super::super::write::Hand;

/// One node of a document.
#[derive(Debug)]
pub(super) struct Node {
    /// From the first to behind the last character of its content; anchor and tag do not
    /// count. A block ends where the content of its last line ends.
    pub range: Range<usize>,
    /// The number of its anchor; 0 for none.
    pub anchor: usize,
    pub form: NodeForm,
}

#[derive(Debug)]
pub(super) enum NodeForm {
    Scalar,
    /// A text of lines, behind `|` or `>`.
    BlockScalar,
    Alias(usize),
    Collection {
        flow: bool,
        list: bool,
        children: Vec<Child>,
    },
}

/// An entry of a mapping or an item of a list.
#[derive(Debug)]
pub(super) struct Child {
    /// The key; none for an item, or where a collection is the key.
    pub key: Option<String>,
    /// Where it begins: its key, its dash, or in a flow list its value.
    pub start: usize,
    /// Behind its `:` or dash; none where a key has no `:` on its line.
    pub head: Option<usize>,
    pub value: Node,
    /// Behind the last character of it.
    pub end: usize,
}

impl Node {
    /// True for a collection or text that is told from its surroundings by indentation.
    pub(crate) fn is_block(&self) -> bool {
        match &self.form {
            NodeForm::BlockScalar => true,
            NodeForm::Collection { flow, .. } => !flow,
            NodeForm::Scalar | NodeForm::Alias(_) => false,
        }
    }

    /// The children, when it is a collection.
    pub(crate) fn children(&self) -> &[Child] {
        match &self.form {
            NodeForm::Collection { children, .. } => children,
            _ => &[],
        }
    }

    /// Calls `visit` with this node and all below it.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&Node)) {
        visit(self);
        for child in self.children() {
            child.value.walk(visit);
        }
    }
}

/// Where the documents of a file begin: each slice of the text from one start to the next
/// holds one document. `None` when the text is no YAML.
pub(super) fn starts(text: &str) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    for next in parser(text) {
        let (event, span) = next.ok()?;
        if matches!(event, Event::DocumentStart(..)) {
            let at = span.byte_range()?.start;
            starts.push(if starts.is_empty() { 0 } else { at });
        }
    }
    Some(starts)
}

/// The layout of the one document of `text`.
pub(super) fn document(text: &str) -> Option<Node> {
    let mut walk = Walk {
        text,
        events: parser(text),
    };
    loop {
        let (event, _) = walk.events.next()?.ok()?;
        if matches!(event, Event::DocumentStart(..)) {
            break;
        }
    }
    let (event, span) = walk.events.next()?.ok()?;
    let root = walk.node(event, &span, None)?;
    // The rest must be sound too, and no second document.
    for next in walk.events {
        let (event, _) = next.ok()?;
        if matches!(event, Event::DocumentStart(..)) {
            return None;
        }
    }
    Some(root)
}

fn parser(text: &str) -> impl Events<'_> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// What the parser gives.
trait Events<'t>: Iterator<Item = Result<(Event<'t>, Span), granit_parser::ScanError>> {}
impl<'t, T> Events<'t> for T where
    T: Iterator<Item = Result<(Event<'t>, Span), granit_parser::ScanError>>
{
}

struct Walk<'t, E> {
    text: &'t str,
    events: E,
}

impl<'t, E: Events<'t>> Walk<'t, E> {
    /// The node that begins with `event`; `head` is behind the `:` or dash before it.
    fn node(&mut self, event: Event<'t>, span: &Span, head: Option<usize>) -> Option<Node> {
        let range = span.byte_range()?;
        Some(match event {
            Event::Scalar(_, style, anchor, _) => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                Node {
                    range: if block {
                        self.lines(range, head?)?
                    } else {
                        range
                    },
                    anchor,
                    form: if block {
                        NodeForm::BlockScalar
                    } else {
                        NodeForm::Scalar
                    },
                }
            }
            Event::Alias(anchor) => Node {
                range,
                anchor: 0,
                form: NodeForm::Alias(anchor),
            },
            Event::MappingStart(style, anchor, _) => {
                let flow = style == StructureStyle::Flow;
                let (children, end) = self.entries(range.end, flow)?;
                Node::collection(range.start, end, anchor, flow, false, children)
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = style == StructureStyle::Flow;
                let dash = match head {
                    _ if flow => None,
                    None => Some(range.start),
                    Some(head) => Some(self.first_dash(head)?),
                };
                let (children, end) = self.items(range.end, dash)?;
                Node::collection(range.start, end, anchor, flow, true, children)
            }
            _ => return None,
        })
    }

    fn entries(&mut self, from: usize, flow: bool) -> Option<(Vec<Child>, usize)> {
        let mut children: Vec<Child> = Vec::new();
        let mut end = from;
        loop {
            let (event, span) = self.events.next()?.ok()?;
            if matches!(event, Event::MappingEnd) {
                let end = if flow { span.byte_range()?.end } else { end };
                return Some((children, end));
            }
            let key = match &event {
                Event::Scalar(text, ..) => Some(text.to_string()),
                _ => None,
            };
            let key_node = self.node(event, &span, None)?;
            let behind = self.text.get(key_node.range.end..)?;
            let sign = behind.trim_start_matches([' ', '\t']);
            let blanks = behind.len() - sign.len();
            let head = (sign.starts_with(':')).then_some(key_node.range.end + blanks + 1);
            let (event, span) = self.events.next()?.ok()?;
            let mut value = self.node(event, &span, head)?;
            if matches!(value.form, NodeForm::Scalar) && value.range.is_empty() {
                let at = head.unwrap_or(key_node.range.end);
                value.range = at..at;
            }
            end = value.range.end.max(head.unwrap_or(key_node.range.end));
            children.push(Child {
                key,
                start: key_node.range.start,
                head,
                value,
                end,
            });
        }
    }

    fn items(&mut self, from: usize, first_dash: Option<usize>) -> Option<(Vec<Child>, usize)> {
        let mut children: Vec<Child> = Vec::new();
        let mut end = from;
        loop {
            let (event, span) = self.events.next()?.ok()?;
            if matches!(event, Event::SequenceEnd) {
                let end = if first_dash.is_none() {
                    span.byte_range()?.end
                } else {
                    end
                };
                return Some((children, end));
            }
            let dash = match first_dash {
                Some(first) if children.is_empty() => Some(first),
                Some(_) => Some(self.next_dash(end)?),
                None => None,
            };
            let mut value = self.node(event, &span, dash.map(|dash| dash + 1))?;
            if let Some(dash) = dash {
                if !self.text.get(dash..)?.starts_with('-') {
                    return None;
                }
                if matches!(value.form, NodeForm::Scalar) && value.range.is_empty() {
                    value.range = dash + 1..dash + 1;
                }
            }
            end = value.range.end.max(dash.map_or(0, |dash| dash + 1));
            children.push(Child {
                key: None,
                start: dash.unwrap_or(value.range.start),
                head: dash.map(|dash| dash + 1),
                value,
                end,
            });
        }
    }

    /// The dash of the first item of a list that stands behind `head`.
    fn first_dash(&self, head: usize) -> Option<usize> {
        let behind = self.text.get(head..)?;
        let sign = behind.trim_start_matches([' ', '\t']);
        if sign.starts_with('-') {
            return Some(head + behind.len() - sign.len());
        }
        self.next_dash(head)
    }

    /// The dash of the next item: the first line behind `end` that is no comment.
    fn next_dash(&self, end: usize) -> Option<usize> {
        let mut at = end + self.text.get(end..)?.find('\n')? + 1;
        loop {
            let line = self.text.get(at..)?;
            let line = line.split_inclusive('\n').next()?;
            let content = line.trim_start_matches(' ');
            if content.starts_with('-') {
                return Some(at + line.len() - content.len());
            }
            if !content.trim().is_empty() && !content.starts_with('#') {
                return None;
            }
            at += line.len();
        }
    }

    /// The range of a text of lines without what ends its last line; empty lines at its
    /// end belong to it only when its header says so.
    fn lines(&self, range: Range<usize>, head: usize) -> Option<Range<usize>> {
        let header = self.text.get(head..range.start)?.lines().next()?;
        let sign = header
            .find(['|', '>'])
            .and_then(|at| header.get(at + 1..))?;
        let kept = sign.starts_with('+') || sign.get(1..).is_some_and(|rest| rest.starts_with('+'));
        let text = self.text.get(range.clone())?;
        let text = if kept {
            text.strip_suffix('\n')
                .map_or(text, |t| t.strip_suffix('\r').unwrap_or(t))
        } else {
            text.trim_end_matches([' ', '\n', '\r'])
        };
        Some(range.start..range.start + text.len())
    }
}

impl Node {
    fn collection(
        start: usize,
        end: usize,
        anchor: usize,
        flow: bool,
        list: bool,
        children: Vec<Child>,
    ) -> Node {
        let start = match children.first() {
            Some(child) if !flow => child.start,
            _ => start,
        };
        Node {
            range: start..end.max(start),
            anchor,
            form: NodeForm::Collection {
                flow,
                list,
                children,
            },
        }
    }
}

/// How the documents of a file are indented: the first of them that shows it, decides.
pub(super) fn hand<'a>(documents: impl Iterator<Item = &'a (&'a str, &'a Option<Node>)>) -> Hand {
    let (mut step, mut dash) = (None, None);
    for (text, root) in documents {
        let Some(root) = root else { continue };
        root.walk(&mut |node| {
            let NodeForm::Collection {
                flow: false,
                list: false,
                children,
            } = &node.form
            else {
                return;
            };
            for child in children {
                if let NodeForm::Collection {
                    flow: false, list, ..
                } = &child.value.form
                {
                    let column = |at: usize| at - line_start(text, at);
                    let further = column(child.value.range.start).checked_sub(column(child.start));
                    if *list {
                        dash = dash.or(further);
                    } else {
                        step = step.or(further);
                    }
                }
            }
        });
    }
    let usual = Hand::default();
    let step = step.filter(|n| *n > 0).unwrap_or(usual.step);
    Hand {
        step,
        dash: dash.unwrap_or(step),
    }
}

/// The start of the line in which `at` stands.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |end| end + 1)
}

/// The end of the line in which `at` stands, without its break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or(rest);
    at + line.strip_suffix('\r').unwrap_or(line).len()
}

/// What ends the lines of a text.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, node: &Node, depth: usize, out: &mut String) {
        out.push_str(&format!("{:?}\n", text.get(node.range.clone()).unwrap()));
        for child in node.children() {
            let head = child.head.unwrap_or(child.start);
            out.push_str(&"  ".repeat(depth + 1));
            out.push_str(&format!(
                "{:?} .. {:?} = ",
                text.get(child.start..head).unwrap(),
                child.key
            ));
            show(text, &child.value, depth + 1, out);
        }
    }

    #[test]
    fn every_part_knows_its_range() {
        let text = "a: 1 # c\nb: |+\n  x\n\nc: >2-\n   y\n\n# d\nd:\ne: &x\n  # f\n  - p\n  -\n  - - q\n    - r\n  - &y {s: t, u}\nf: 'x'\n\"g\" : [a, *x]\nh:\n- i: j\n  k: multi\n    line # z\n";
        let mut out = String::new();
        show(text, &document(text).unwrap(), 0, &mut out);
        insta::assert_snapshot!(out);
    }
}
