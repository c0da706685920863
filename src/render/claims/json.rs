//! For programs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::TestRun;
use crate::claims::ClaimVerdict;
use crate::render::json::FORMAT_VERSION;
use crate::whatif::{Outcome, SignIn};

/// The answer of `test --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestOutput<'a> {
    /// The version of this format.
    pub format_version: &'static str,
    /// The claims: scenarios in the order of their files, then invariants, then those of packs.
    pub claims: Vec<ClaimOutput<'a>>,
    /// The counts.
    pub summary: ClaimsSummary,
    /// Which policies the claims rest on.
    pub coverage: CoverageOutput,
}

/// One claim.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimOutput<'a> {
    /// `Scenario` or `Invariant`.
    pub kind: &'static str,
    /// The name.
    pub display_name: &'a str,
    /// The pack that brought it; null for the project's own.
    pub pack: Option<&'a str>,
    /// Its id in the pack; null for the project's own.
    pub id: Option<&'a str>,
    /// Ids of the sources of an invariant.
    pub source: &'a [String],
    /// `passed`, `failed` or `open` of a scenario; `proved`, `refuted`, `open` or `vacuous` of an
    /// invariant.
    pub verdict: &'static str,
    /// The policies that apply to its sign-in; of an invariant those that carry the proof.
    pub carried_by: Vec<String>,
    /// The facts that it depends on; for a vacuous claim, why it covers no sign-in.
    pub open_because: Vec<String>,
    /// What is not as expected, in words.
    pub misses: Vec<String>,
    /// The sign-in; of an invariant the one that breaks it, or may. Null where there is none.
    pub sign_in: Option<&'a SignIn>,
    /// What it gets; null without a sign-in, and for one that contradicts itself.
    pub got: Option<&'a Outcome>,
    /// The widest box of sign-ins of which the same is true: the values of every member of the
    /// sign-in that is not free. Null where there is no counterexample.
    pub widest: Option<&'a BTreeMap<String, Vec<String>>>,
    /// The members of the sign-in that could not be ordinary, the most telling first.
    pub unusual: &'a [&'static str],
    /// Defaults for facts of the tenant that a proof rests on, as sentences.
    pub assumptions: &'a [String],
    /// Accepted exceptions past their date, by place in the list.
    pub past_exceptions: &'a [usize],
    /// Accepted exceptions that no sign-in needs, by place in the list.
    pub idle_exceptions: &'a [usize],
    /// True when the break-glass accounts of the guards file are left out.
    pub without_break_glass: bool,
    /// The file; of a claim of a pack the project file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// How many claims there are of each verdict.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ClaimsSummary {
    /// Proved.
    pub proved: usize,
    /// Refuted.
    pub refuted: usize,
    /// Depending on what no sign-in can say.
    pub open: usize,
    /// As expected.
    pub passed: usize,
    /// Not as expected, or about no sign-in at all.
    pub failed: usize,
    /// Of those the ones that are about no sign-in at all.
    pub vacuous: usize,
}

/// Which policies the claims rest on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageOutput {
    /// Policies that some claim rests on.
    pub covered: Vec<String>,
    /// Policies that no claim rests on.
    pub uncovered: Vec<String>,
}

/// For programs.
pub fn json<'a>(run: &'a TestRun<'a>) -> TestOutput<'a> {
    let scenarios = run.claims.iter().map(|one| {
        let place = one.scenario.place();
        let applied = one.got.iter().flat_map(|got| &got.policies);
        let applied = applied.filter(|policy| policy.applies == Some(true));
        let mut open: Vec<String> = (one.misses.iter())
            .flat_map(|miss| miss.open_because.iter().map(|fact| fact.to_string()))
            .collect();
        open.sort();
        open.dedup();
        ClaimOutput {
            kind: "Scenario",
            display_name: one.scenario.name(),
            pack: None,
            id: None,
            source: &[],
            verdict: one.verdict.as_str(),
            carried_by: applied
                .map(|policy| policy.display_name.to_string())
                .collect(),
            open_because: open,
            misses: one.misses.iter().map(|miss| miss.message.clone()).collect(),
            sign_in: Some(&one.scenario.scenario.sign_in),
            got: one.got.as_ref(),
            widest: None,
            unusual: &[],
            assumptions: &[],
            past_exceptions: &[],
            idle_exceptions: &[],
            without_break_glass: false,
            file: place.file.name.clone(),
            line: place.line,
        }
    });
    let invariants = run.invariants.iter().map(|one| {
        let place = &one.asked.place;
        let pack = one.asked.pack.as_ref();
        let shown = one.shown.as_ref();
        ClaimOutput {
            kind: "Invariant",
            display_name: one.asked.name(),
            pack: pack.map(|from| from.pack.as_str()),
            id: pack.map(|from| from.claim.as_str()),
            source: &one.asked.manifest.invariant.source,
            verdict: one.verdict.as_str(),
            carried_by: one.carried_by.iter().map(|name| name.to_string()).collect(),
            open_because: one.because.clone(),
            misses: match one.verdict {
                ClaimVerdict::Proved => Vec::new(),
                _ => vec![one.said()],
            },
            sign_in: shown.map(|shown| &shown.sign_in),
            got: shown.map(|shown| &shown.got),
            widest: shown.map(|shown| &shown.widest),
            unusual: shown.map_or(&[], |shown| &shown.unusual),
            assumptions: &one.assumptions,
            past_exceptions: &one.past,
            idle_exceptions: &one.idle,
            without_break_glass: one.spares_break_glass,
            file: place.file.name.clone(),
            line: place.line,
        }
    });
    TestOutput {
        format_version: FORMAT_VERSION,
        claims: scenarios.chain(invariants).collect(),
        summary: ClaimsSummary {
            proved: run.count(ClaimVerdict::Proved),
            refuted: run.count(ClaimVerdict::Refuted),
            open: run.count(ClaimVerdict::Open),
            passed: run.count(ClaimVerdict::Passed),
            failed: run.count(ClaimVerdict::Failed) + run.count(ClaimVerdict::Vacuous),
            vacuous: run.count(ClaimVerdict::Vacuous),
        },
        coverage: CoverageOutput {
            covered: run.coverage.covered.clone(),
            uncovered: run.coverage.uncovered.clone(),
        },
    }
}
