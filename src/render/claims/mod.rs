//! Claims and whether they hold: for people, programs, pull requests and test reports.

mod human;
mod json;
mod junit;
mod markdown;

use std::collections::BTreeSet;

use super::escape::{Notation, without_commands};
use super::whatif::words;
use super::{boxes, proof};
use crate::claims::{ClaimVerdict, Coverage, Judged, JudgedInvariant};
use crate::finding::{Code, Finding, Place};
use crate::text::{counted, few_names, shell_word, visible};
use crate::whatif::SignIn;

pub use human::human;
pub use json::{ClaimOutput, ClaimsSummary, CoverageOutput, TestOutput, json};
pub use junit::junit;
pub use markdown::markdown;

/// How many policies without a claim are named.
const MOST: usize = 10;

/// All that is shown of a run.
#[derive(Debug)]
pub struct TestRun<'a> {
    /// The scenarios.
    pub claims: Vec<Judged<'a>>,
    /// The invariants.
    pub invariants: Vec<JudgedInvariant>,
    /// Which policies they rest on.
    pub coverage: Coverage,
    /// What is worth knowing and fails nothing.
    pub notices: Vec<Finding>,
    /// The flags with which `whatif` judges by the same policies, with a blank before each.
    pub flags: String,
}

/// What every format shows of a claim.
pub(super) struct ClaimView<'a> {
    /// The name; of a pack's claim with where it comes from.
    pub title: String,
    /// True for a claim of a pack.
    pub is_of_pack: bool,
    pub verdict: ClaimVerdict,
    place: Place,
    /// What is told, each with its place where that is another.
    pub told: Vec<(Option<Place>, String)>,
    /// The code of the finding, where it does not hold.
    code: Code,
    pub replay: Option<String>,
    sign_in: Option<&'a SignIn>,
}

impl TestRun<'_> {
    /// How many claims have a verdict.
    pub fn count(&self, verdict: ClaimVerdict) -> usize {
        self.verdicts().filter(|found| *found == verdict).count()
    }

    /// What became of every claim.
    pub fn verdicts(&self) -> impl Iterator<Item = ClaimVerdict> {
        let invariants = self.invariants.iter().map(|one| one.verdict);
        let scenarios = self.claims.iter().map(|one| one.verdict);
        scenarios.chain(invariants)
    }

    /// What fails, and what is worth knowing.
    pub fn findings(&self) -> Vec<Finding> {
        let claims = self.claims.iter().flat_map(Judged::findings);
        let invariants = self.invariants.iter().flat_map(|one| {
            let replay = self.replay_of(one);
            one.findings(replay.as_deref())
        });
        claims
            .chain(invariants)
            .chain(self.notices.iter().cloned())
            .collect()
    }

    /// What is worth knowing and fails nothing, accepted exceptions included.
    pub fn remarks(&self) -> Vec<Finding> {
        let exceptions = self.invariants.iter().flat_map(JudgedInvariant::exceptions);
        self.notices.iter().cloned().chain(exceptions).collect()
    }

    /// Every claim, as all formats show it.
    pub(super) fn views(&self) -> Vec<ClaimView<'_>> {
        let scenarios = self.claims.iter().map(|one| ClaimView {
            title: one.scenario.name().to_owned(),
            is_of_pack: false,
            verdict: one.verdict,
            place: one.scenario.place(),
            told: (one.misses.iter())
                .map(|miss| {
                    let place = one.scenario.document.place(&miss.pointer);
                    (Some(place), miss.message.clone())
                })
                .collect(),
            code: match one.verdict {
                ClaimVerdict::Open => Code::ScenarioOpen,
                _ => Code::ScenarioFailed,
            },
            replay: match one.misses.is_empty() {
                true => None,
                false => self.replay_of_scenario(one.scenario.name()),
            },
            sign_in: Some(&one.scenario.scenario.sign_in),
        });
        let invariants = self.invariants.iter().map(|one| ClaimView {
            title: title(one),
            is_of_pack: one.asked.pack.is_some(),
            verdict: one.verdict,
            place: one.asked.place.clone(),
            told: match self.same_as(one) {
                Some(other) => {
                    let mut lines = told(one);
                    lines.truncate(1);
                    lines.push((None, format!("by the same sign-in as `{other}`")));
                    lines
                }
                None => told(one),
            },
            code: match one.verdict {
                ClaimVerdict::Open => Code::InvariantOpen,
                ClaimVerdict::Vacuous => Code::InvariantVacuous,
                _ => Code::InvariantRefuted,
            },
            replay: match self.same_as(one) {
                Some(_) => None,
                None => self.replay_of(one),
            },
            sign_in: one.shown.as_ref().map(|shown| &shown.sign_in),
        });
        scenarios.chain(invariants).collect()
    }

    /// The name of an earlier invariant that the same sign-in breaks, in the same box.
    fn same_as(&self, one: &JudgedInvariant) -> Option<String> {
        let shown = one.shown.as_ref()?;
        let earlier = (self.invariants.iter()).take_while(|other| !std::ptr::eq(*other, one));
        let mut alike = earlier.filter(|other| {
            let own = other.shown.as_ref();
            own.is_some_and(|o| o.sign_in == shown.sign_in && o.widest == shown.widest)
        });
        alike.next().map(title)
    }

    /// The groups of which somebody is a member in a sign-in that breaks a claim.
    fn broken_by_members(&self) -> (usize, BTreeSet<&str>) {
        let broken = (self.invariants.iter()).filter(|one| one.verdict == ClaimVerdict::Refuted);
        let members = broken.filter_map(|one| {
            let user = one.shown.as_ref()?.sign_in.user.as_ref()?;
            // Who is named is in the groups that list them.
            let groups = user.member_of.as_ref().filter(|_| user.name.is_none())?;
            (!groups.is_empty()).then_some(groups)
        });
        let members: Vec<&Vec<String>> = members.collect();
        let groups = members.iter().copied().flatten().map(String::as_str);
        (members.len(), groups.collect())
    }

    /// The command that asks the same again; `None` where it would not be the same: a shell cannot
    /// be given what is not seen, and what a pipeline would obey is broken up in the output.
    fn replay_of_scenario(&self, name: &str) -> Option<String> {
        let line = format!(
            "gatewright whatif{} --scenario{}{}",
            self.flags,
            // A word that begins like a flag is taken for one.
            if name.starts_with('-') { "=" } else { " " },
            shell_word(name)
        );
        let same =
            visible(&line, false) == line && without_commands(&line, Notation::Text, false) == line;
        same.then_some(line)
    }

    /// The command that judges a counterexample again. It can be pasted, whatever names are in it:
    /// JSON has an escape for what is not seen, and for what a pipeline would obey.
    fn replay_of(&self, one: &JudgedInvariant) -> Option<String> {
        let shown = one.shown.as_ref()?;
        proof::replay(&format!("gatewright whatif{}", self.flags), &shown.sign_in)
    }

    pub(super) fn said(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |number: usize,
                       one: &str,
                       several: &str,
                       verdicts: &[ClaimVerdict],
                       of: &dyn Fn(ClaimVerdict) -> usize| {
            let word = if number == 1 { one } else { several };
            let mut counts = Vec::new();
            for verdict in verdicts {
                let count = of(*verdict);
                if count > 0 || counts.is_empty() && verdict.holds() {
                    counts.push(format!("{count} {}", verdict.as_str()));
                }
            }
            parts.push(format!("{number} {word}: {}", counts.join(", ")));
        };
        let scenarios = |verdict| self.claims.iter().filter(|c| c.verdict == verdict).count();
        let invariants = |verdict| {
            let found = self.invariants.iter();
            found.filter(|one| one.verdict == verdict).count()
        };
        if !self.claims.is_empty() || self.invariants.is_empty() {
            let verdicts = [
                ClaimVerdict::Passed,
                ClaimVerdict::Failed,
                ClaimVerdict::Open,
            ];
            add(
                self.claims.len(),
                "scenario",
                "scenarios",
                &verdicts,
                &scenarios,
            );
        }
        if !self.invariants.is_empty() {
            let verdicts = [
                ClaimVerdict::Proved,
                ClaimVerdict::Refuted,
                ClaimVerdict::Vacuous,
                ClaimVerdict::Open,
            ];
            let number = self.invariants.len();
            add(number, "invariant", "invariants", &verdicts, &invariants);
        }
        parts.join("; ")
    }

    fn covered(&self) -> String {
        let Coverage { covered, uncovered } = &self.coverage;
        let all = covered.len() + uncovered.len();
        let claim = match self.invariants.is_empty() {
            true => "scenario",
            false => "claim",
        };
        match uncovered.is_empty() {
            true => format!(
                "Coverage: a {claim} depends on each of {}",
                counted(all, "policy")
            ),
            false => format!(
                "Coverage: {} of {}; no {claim} depends on {}",
                covered.len(),
                counted(all, "policy"),
                few_names(uncovered.iter().map(|name| visible(name, false)), MOST)
            ),
        }
    }

    /// What the proofs rest on, besides the policies.
    pub(super) fn assumed(&self) -> Vec<String> {
        let mut all = BTreeSet::new();
        for one in &self.invariants {
            all.extend(one.assumptions.iter().cloned());
        }
        let spared = self.invariants.iter().filter(|one| one.spares_break_glass);
        let mut lines: Vec<String> = match spared.count() {
            0 => Vec::new(),
            n => vec![format!(
                "the break-glass accounts of the guards file are left out of {}",
                counted(n, "claim")
            )],
        };
        lines.extend(all);
        lines
    }
}

/// The name of an invariant, and the pack that it comes from.
fn title(one: &JudgedInvariant) -> String {
    match &one.asked.pack {
        None => one.asked.name().to_owned(),
        Some(from) => format!("{} ({}/{})", one.asked.name(), from.pack, from.claim),
    }
}

/// What is told of an invariant: what became of it, and of a sign-in why and how wide.
fn told(one: &JudgedInvariant) -> Vec<(Option<Place>, String)> {
    // What a pack claims stands in no file of the project.
    let placed = !one.verdict.holds() && one.asked.pack.is_none();
    let mut lines = vec![(placed.then(|| one.asked.place.clone()), one.said())];
    let Some(shown) = &one.shown else {
        return lines;
    };
    let mut line = format!("the sign-in: {}", words::sign_in(&shown.sign_in));
    let value = serde_json::to_value(&shown.sign_in).unwrap_or_default();
    let unusual: Vec<String> = (shown.unusual.iter())
        // What it can meet is told with what it gets.
        .filter(|member| **member != "satisfied")
        .filter_map(|member| {
            let pointer = format!("/{}", member.replace('.', "/"));
            let held = words::plain(value.pointer(&pointer)?);
            (!held.is_empty()).then(|| format!("{member} {held}"))
        })
        .collect();
    if !unusual.is_empty() {
        line = format!("{line}; out of the ordinary: {}", unusual.join("; "));
    }
    lines.push((None, line));
    let wide = boxes::widest(&shown.widest, "every sign-in that it is about");
    lines.push((None, format!("it is as wide as: {wide}")));
    lines
}
