//! What a set of policies leaves open: for people, programs, pull requests and code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::escape::{markdown_block, markdown_code, markdown_sentence};
use super::human::{BOLD, DIM, GREEN, YELLOW, paint};
use super::json::FORMAT_VERSION;
use super::markdown::{LIMIT, marker};
use super::review::About;
use super::whatif::words;
use super::{boxes, proof};
use crate::analysis::{Exclusion, Floor, Gap, Gaps, Idle};
use crate::finding::{Code, Finding, Place};
use crate::text::{few_names, visible};
use crate::whatif::{CompiledPolicies, Name, Outcome, SignIn};

/// How many names are listed in a line.
const MOST: usize = 6;

/// All that is shown of what is left open.
#[derive(Debug)]
pub struct GapsRun<'a> {
    /// Below which a sign-in is a gap.
    pub floor: Floor,
    /// What was found.
    pub found: Gaps,
    /// The policies, which judge what is shown.
    pub policies: &'a CompiledPolicies,
    /// True when the break-glass accounts of the guards file are left out.
    pub spares_break_glass: bool,
    /// Their groups, as the policies call them: they have no row in the table.
    pub break_glass_groups: Vec<String>,
    /// The command that judges a sign-in by the same policies, with its flags.
    pub command: String,
    /// Where policies stand, by their display names.
    pub places: BTreeMap<String, Place>,
}

/// The answer of `gaps --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GapsOutput<'a> {
    /// The version of this shape.
    pub format_version: &'static str,
    /// `mfa` or `any`.
    pub floor: &'static str,
    /// Sign-ins below the floor of who is in no exclusion group, one for each box.
    pub gaps: Vec<GapOutput<'a>>,
    /// True when there are more boxes than are listed.
    pub more: bool,
    /// What membership of each exclusion group opens.
    pub exclusions: Vec<ExclusionOutput<'a>>,
    /// Enforced policies that change nothing.
    pub idle: Vec<IdleOutput<'a>>,
    /// Enforced policies that apply to no sign-in.
    pub never_apply: Vec<&'a str>,
    /// Sign-ins that nobody can pass although no policy blocks them.
    pub hidden_blocks: Vec<GapOutput<'a>>,
    /// True when the break-glass accounts of the guards file are left out.
    pub break_glass_left_out: bool,
    /// What the answer takes for granted, as sentences.
    pub assumptions: &'a [String],
}

/// A box of sign-ins, by one of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GapOutput<'a> {
    /// The sign-in, complete: `whatif` says the same of it.
    pub sign_in: &'a SignIn,
    /// What it gets.
    pub got: Option<Outcome>,
    /// The widest box: the values of every member of the sign-in that is not free.
    pub widest: &'a BTreeMap<String, Vec<String>>,
    /// The facts on which it hangs, when nothing certain shows it.
    pub open_because: &'a [String],
    /// How many people it is about; null where nobody counted.
    pub people: Option<u64>,
}

/// What membership of an exclusion group opens.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExclusionOutput<'a> {
    /// The group; or the role, as policies can leave out those as well.
    pub group: &'a str,
    /// True for a role.
    pub is_role: bool,
    /// The enforced policies that leave its members out.
    pub policies: Vec<&'a str>,
    /// What its members get in with and others do not, one for each box. Empty: nothing, proved.
    pub opens: Vec<GapOutput<'a>>,
    /// True when there are more boxes than are listed.
    pub more: bool,
}

/// A policy without which nothing would be different.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdleOutput<'a> {
    /// The policy.
    pub policy: &'a str,
    /// The policies that do all that it does.
    pub carried_by: Vec<&'a str>,
}

fn names(list: &[Name]) -> Vec<&str> {
    list.iter().map(|name| &**name).collect()
}

/// Names in a sentence, safe to show.
fn named(list: &[Name]) -> String {
    few_names(list.iter().map(|name| visible(name, false)), MOST)
}

/// A group, or a role, in a line.
fn row_name(one: &Exclusion) -> String {
    let name = visible(&one.group, false);
    match one.is_role {
        true => format!("role {name}"),
        false => name,
    }
}

fn floor_name(floor: Floor) -> &'static str {
    match floor {
        Floor::Mfa => "mfa",
        Floor::Any => "any",
    }
}

fn floor_words(floor: Floor) -> &'static str {
    match floor {
        Floor::Mfa => "get in without multifactor authentication",
        Floor::Any => "meet no enforced policy",
    }
}

/// The same of none.
fn floor_held(floor: Floor) -> &'static str {
    match floor {
        Floor::Mfa => "nobody gets in without multifactor authentication",
        Floor::Any => "every sign-in meets an enforced policy",
    }
}

impl GapsRun<'_> {
    /// The sentence over all: whether there is a gap.
    pub(super) fn said(&self) -> String {
        let certain = self
            .found
            .gaps
            .iter()
            .any(|gap| gap.open_because.is_empty());
        let number = self.found.gaps.len();
        let boxes = match (number, self.found.more) {
            (_, true) => format!("at least {} gaps", number + 1),
            (1, _) => "1 gap".to_owned(),
            (number, _) => format!("{number} gaps"),
        };
        let words = floor_words(self.floor);
        match (number, certain) {
            (0, _) => format!(
                "No gap (proved): for people in no exclusion group, {}",
                floor_held(self.floor)
            ),
            (_, true) => {
                format!("{boxes}: sign-ins that {words}, for people in no exclusion group")
            }
            (_, false) => format!("Open: whether sign-ins {words} depends on unknown facts"),
        }
    }

    /// The rows of the table.
    pub(super) fn exclusions(&self) -> impl Iterator<Item = &Exclusion> {
        let is_row = |one: &&Exclusion| !self.break_glass_groups.contains(&one.group);
        self.found.exclusions.iter().filter(is_row)
    }

    /// What is taken for granted, and left out.
    pub(super) fn assumed(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.spares_break_glass {
            lines.push("the break-glass accounts of the guards file are left out".to_owned());
        }
        lines.extend(self.found.assumptions.iter().cloned());
        lines
    }

    /// A box in three lines: how wide it is, a sign-in of it and what that gets, and the command.
    pub(super) fn lines(&self, gap: &Gap) -> (String, String, Option<String>) {
        let mut wide = boxes::widest(&gap.widest, "every sign-in");
        if !gap.open_because.is_empty() {
            let facts = words::facts(&gap.open_because);
            wide = format!("open: depends on {}", visible(&facts, false));
        }
        let example = format!(
            "{}: {}",
            boxes::example(&gap.sign_in, &gap.widest),
            visible(&boxes::got(&gap.got), false)
        );
        (wide, example, proof::replay(&self.command, &gap.sign_in))
    }

    /// What reviewers and pipelines are told.
    pub fn findings(&self) -> Vec<Finding> {
        let found = &self.found;
        let at = |finding: Finding, policies: &[Name]| {
            let place = policies.iter().find_map(|name| self.places.get(&**name));
            match place {
                Some(place) => finding.at(place.clone()),
                None => finding,
            }
        };
        let told = |message: String, gap: &Gap, code: Code, hint: bool| {
            let (wide, example, replay) = self.lines(gap);
            let message = format!("{message}: {wide}; {example}");
            let finding = match hint {
                true => Finding::hint(code, message),
                false => Finding::warning(code, message),
            };
            match replay {
                Some(replay) => finding.help(format!("judge it again: `{replay}`")),
                None => finding,
            }
        };
        let mut all = Vec::new();
        for gap in &found.gaps {
            let open = !gap.open_because.is_empty();
            let message = format!("sign-ins {}", floor_words(self.floor));
            all.push(told(message, gap, Code::Gap, open));
        }
        for one in self.exclusions() {
            for gap in &one.opens {
                let group = visible(&one.group, false);
                let message = match one.is_role {
                    true => format!("the role `{group}` opens"),
                    false => format!("membership of `{group}` opens"),
                };
                let finding = told(message, gap, Code::ExclusionOpens, true);
                all.push(at(finding, &one.policies));
            }
        }
        for Idle {
            policy, carried_by, ..
        } in &found.idle
        {
            let finding = Finding::hint(
                Code::IdlePolicy,
                format!(
                    "without `{}`, no sign-in would get a different result{}",
                    visible(policy, false),
                    carried(carried_by)
                ),
            );
            let finding = finding.help("remove it, or say in a scenario what it is for");
            all.push(at(finding, std::slice::from_ref(policy)));
        }
        for policy in &found.never_apply {
            let message = format!("`{}` applies to no sign-in", visible(policy, false));
            let finding = Finding::warning(Code::NeverApplies, message);
            let finding = finding.help("fix its conditions, or remove it");
            all.push(at(finding, std::slice::from_ref(policy)));
        }
        for gap in &found.hidden_blocks {
            let message = "nothing blocks, and yet nobody can pass".to_owned();
            all.push(told(message, gap, Code::HiddenBlock, false));
        }
        all
    }
}

fn carried(carried_by: &[Name]) -> String {
    match carried_by.is_empty() {
        true => String::new(),
        false => format!(": all that it does is done by {}", named(carried_by)),
    }
}

/// For people.
pub fn human(run: &GapsRun<'_>) -> String {
    let mut out = String::new();
    let found = &run.found;
    let style = match found.gaps.is_empty() {
        true => GREEN,
        false => YELLOW,
    };
    let _ = writeln!(out, "{}", paint(style.bold(), &run.said()));
    boxes(&mut out, run, &found.gaps, "  ");
    if found.more {
        let _ = writeln!(out, "  and at least 1 more");
    }
    let heading = |out: &mut String, text: &str| {
        let _ = writeln!(out, "\n{}", paint(BOLD, text));
    };
    if run.exclusions().next().is_some() {
        heading(
            &mut out,
            "What membership of each exclusion group (or excluded role) opens",
        );
        for one in run.exclusions() {
            let group = row_name(one);
            let left_out = paint(DIM, &format!("excluded by {}", named(&one.policies)));
            let opens = opens(one);
            let _ = writeln!(out, "  {group}: {opens}  {left_out}");
            boxes(&mut out, run, &one.opens, "    ");
        }
    }
    if !found.idle.is_empty() {
        heading(
            &mut out,
            "Policies without which nothing would be different",
        );
        for Idle {
            policy, carried_by, ..
        } in &found.idle
        {
            let _ = writeln!(out, "  {}{}", visible(policy, false), carried(carried_by));
        }
    }
    if !found.never_apply.is_empty() {
        heading(&mut out, "Policies that apply to no sign-in");
        for policy in &found.never_apply {
            let _ = writeln!(out, "  {}", visible(policy, false));
        }
    }
    if !found.hidden_blocks.is_empty() {
        heading(
            &mut out,
            "Hidden blocks: nothing blocks, and yet nobody can pass",
        );
        boxes(&mut out, run, &found.hidden_blocks, "  ");
    }
    let assumed = run.assumed();
    if !assumed.is_empty() {
        out.push('\n');
    }
    for line in assumed {
        let line = format!("Assumed: {}", visible(&line, false));
        let _ = writeln!(out, "{}", paint(DIM, &line));
    }
    out
}

fn opens(one: &Exclusion) -> String {
    let certain = one.opens.iter().any(|gap| gap.open_because.is_empty());
    match (one.opens.len(), one.more, certain) {
        (0, false, _) => "nothing (proved)".to_owned(),
        (0, true, _) => "possibly something; no example was found".to_owned(),
        (_, _, false) => "open".to_owned(),
        (number, true, _) => format!("at least {} kinds of sign-ins", number + 1),
        (1, ..) => "1 kind of sign-in".to_owned(),
        (number, ..) => format!("{number} kinds of sign-ins"),
    }
}

fn boxes(out: &mut String, run: &GapsRun<'_>, gaps: &[Gap], indent: &str) {
    for gap in gaps {
        let (wide, example, replay) = run.lines(gap);
        let _ = writeln!(out, "{indent}- {wide}\n{indent}  {example}");
        if let Some(replay) = replay {
            let _ = writeln!(out, "{indent}  {}", paint(DIM, &replay));
        }
    }
}

/// For a comment on a pull request.
pub fn markdown(run: &GapsRun<'_>, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let found = &run.found;
    let mut out = format!(
        "{}## Gaps\n\n**{}.**\n",
        marker("gaps", tenant),
        markdown_sentence(&run.said())
    );
    listed(&mut out, run, &found.gaps);
    if found.more {
        out.push_str("\nAnd at least 1 more.\n");
    }
    if run.exclusions().next().is_some() {
        out.push_str("\n### What membership of each exclusion group (or excluded role) opens\n\n");
        out.push_str("| group | opens | left out by |\n| --- | --- | --- |\n");
        for one in run.exclusions() {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                markdown_row(one),
                opens(one),
                markdown_sentence(&named(&one.policies))
            );
        }
        for one in run.exclusions().filter(|one| !one.opens.is_empty()) {
            let _ = write!(out, "\n#### {}\n", markdown_row(one));
            listed(&mut out, run, &one.opens);
        }
    }
    if !found.idle.is_empty() {
        out.push_str("\n### Policies without which nothing would be different\n\n");
        for Idle {
            policy, carried_by, ..
        } in &found.idle
        {
            let carried = markdown_sentence(&carried(carried_by));
            let _ = writeln!(out, "- {}{carried}", markdown_code(policy));
        }
    }
    if !found.never_apply.is_empty() {
        out.push_str("\n### Policies that apply to no sign-in\n\n");
        for policy in &found.never_apply {
            let _ = writeln!(out, "- {}", markdown_code(policy));
        }
    }
    if !found.hidden_blocks.is_empty() {
        out.push_str("\n### Hidden blocks: nothing blocks, and yet nobody can pass\n");
        listed(&mut out, run, &found.hidden_blocks);
    }
    for line in run.assumed() {
        let _ = write!(out, "\nAssumed: {}\n", markdown_sentence(&line));
    }
    out
}

fn markdown_row(one: &Exclusion) -> String {
    let name = markdown_code(&one.group);
    match one.is_role {
        true => format!("role {name}"),
        false => name,
    }
}

fn listed(out: &mut String, run: &GapsRun<'_>, gaps: &[Gap]) {
    let mut left = 0;
    for gap in gaps {
        let (wide, example, replay) = run.lines(gap);
        let mut text = format!(
            "\n- {}\n  {}\n",
            markdown_sentence(&wide),
            markdown_sentence(&example)
        );
        if let Some(replay) = replay {
            text.push('\n');
            for line in markdown_block("sh", &replay).lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        match out.len() + text.len() > LIMIT {
            true => left += 1,
            false => out.push_str(&text),
        }
    }
    if left > 0 {
        let _ = write!(out, "\n{left} more do not fit here.\n");
    }
}

/// For programs.
pub fn json<'a>(run: &'a GapsRun<'_>) -> GapsOutput<'a> {
    let found = &run.found;
    let gaps = |list: &'a [Gap]| -> Vec<GapOutput<'a>> {
        let outputs = list.iter().map(|gap| GapOutput {
            sign_in: &gap.sign_in,
            got: run.policies.outcome(&gap.sign_in).ok(),
            widest: &gap.widest,
            open_because: &gap.open_because,
            people: None,
        });
        outputs.collect()
    };
    GapsOutput {
        format_version: FORMAT_VERSION,
        floor: floor_name(run.floor),
        gaps: gaps(&found.gaps),
        more: found.more,
        exclusions: (run.exclusions())
            .map(|one| ExclusionOutput {
                group: &one.group,
                is_role: one.is_role,
                policies: names(&one.policies),
                opens: gaps(&one.opens),
                more: one.more,
            })
            .collect(),
        idle: (found.idle.iter())
            .map(|one| IdleOutput {
                policy: &one.policy,
                carried_by: names(&one.carried_by),
            })
            .collect(),
        never_apply: names(&found.never_apply),
        hidden_blocks: gaps(&found.hidden_blocks),
        break_glass_left_out: run.spares_break_glass,
        assumptions: &found.assumptions,
    }
}
