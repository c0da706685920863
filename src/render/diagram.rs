//! The graph of references as a picture: DOT for Graphviz, and Mermaid, which forges draw.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::escape::{dot as dot_text, mermaid as mermaid_text, shortened};
use super::uses::{UsesRun, state};
use crate::uses::{UsedKind, UsedObject};

/// The longest name that is written into a picture.
const LONGEST: usize = 80;

/// What is drawn: the objects, and between them one line for each pair with its members.
struct Drawing<'a> {
    objects: Vec<(usize, &'a UsedObject)>,
    lines: Vec<(usize, usize, Vec<String>)>,
}

impl<'a> Drawing<'a> {
    fn of(run: &'a UsesRun) -> Drawing<'a> {
        let part = run.part();
        let mut lines: Vec<(usize, usize, Vec<String>)> = Vec::new();
        for one in part
            .references
            .iter()
            .filter_map(|at| run.graph.uses.get(*at))
        {
            // In a picture the last name of a member says enough.
            let member = one.member.rsplit('.').next().unwrap_or(&one.member);
            match lines.last_mut() {
                Some((user, used, members)) if (*user, *used) == (one.user, one.used) => {
                    members.push(member.to_owned());
                }
                _ => lines.push((one.user, one.used, vec![member.to_owned()])),
            }
        }
        let objects = part.objects.iter();
        let objects = objects.filter_map(|at| Some((*at, run.graph.objects.get(*at)?)));
        Drawing {
            objects: objects.collect(),
            lines,
        }
    }
}

/// The second line of a box: what the object is.
fn what(object: &UsedObject) -> String {
    match state(object) {
        Some(state) => format!("{}, {state}", object.kind.word()),
        None => object.kind.word().to_owned(),
    }
}

fn name(object: &UsedObject) -> String {
    let name = match (&object.also, object.kind) {
        (Some(also), UsedKind::Context) => format!("{} {also}", object.name),
        _ => object.name.clone(),
    };
    shortened(&name, LONGEST)
}

/// The graph in DOT.
pub fn dot(run: &UsesRun) -> String {
    let drawing = Drawing::of(run);
    let mut out = String::from(
        "digraph references {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    let asked: BTreeSet<usize> = run.asked.iter().copied().collect();
    for (at, object) in &drawing.objects {
        let bold = match asked.contains(at) {
            true => ", penwidth=3",
            false => "",
        };
        let shape = match object.kind {
            UsedKind::Policy => ", shape=box, style=filled, fillcolor=\"#dbeafe\"",
            _ if !object.is_described => ", style=\"rounded,dashed\"",
            _ => "",
        };
        let _ = writeln!(
            out,
            "  n{at} [label=\"{}\\n{}\"{shape}{bold}];",
            dot_text(&name(object)),
            dot_text(&what(object)),
        );
    }
    for (user, used, members) in &drawing.lines {
        let label = dot_text(&members.join(", "));
        let _ = writeln!(out, "  n{user} -> n{used} [label=\"{label}\"];");
    }
    out.push_str("}\n");
    out
}

/// The graph in Mermaid.
pub fn mermaid(run: &UsesRun) -> String {
    let drawing = Drawing::of(run);
    let mut out = String::from("flowchart LR\n");
    for (at, object) in &drawing.objects {
        let (open, close) = match object.kind {
            UsedKind::Policy => ("[", "]"),
            _ => ("(", ")"),
        };
        let _ = writeln!(
            out,
            "  n{at}{open}\"{}<br>{}\"{close}",
            mermaid_text(&name(object)),
            mermaid_text(&what(object)),
        );
    }
    for (user, used, members) in &drawing.lines {
        let label = mermaid_text(&members.join(", "));
        let _ = writeln!(out, "  n{user} -->|\"{label}\"| n{used}");
    }
    for at in &run.asked {
        let _ = writeln!(out, "  style n{at} stroke-width:4px");
    }
    out
}
