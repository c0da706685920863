//! Whether a sign-in gets through: every enforced policy that applies must be met.

use std::collections::BTreeSet;

use super::grant::{Grant, Requirement};
use super::known::{Fact, Match};
use super::{Applies, Reason, Verdict};

/// What one policy did, by the words of the sign-in log (appliedConditionalAccessPolicy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyResult {
    /// It applied and was met.
    Success,
    /// It applied and blocked, or was not met.
    Failure,
    /// It did not apply.
    NotApplied,
    /// It is off.
    NotEnabled,
    /// It depends on facts that are not given.
    Unknown,
    /// It is only reported on, and would have been met.
    ReportOnlySuccess,
    /// It is only reported on, and would have blocked, or asked for what nobody can give
    /// while signing in.
    ReportOnlyFailure,
    /// It is only reported on, and would have asked the user for something.
    ReportOnlyInterrupted,
    /// It is only reported on, and did not apply.
    ReportOnlyNotApplied,
}

impl PolicyResult {
    /// The word of the sign-in log.
    pub fn as_str(self) -> &'static str {
        match self {
            PolicyResult::Success => "success",
            PolicyResult::Failure => "failure",
            PolicyResult::NotApplied => "notApplied",
            PolicyResult::NotEnabled => "notEnabled",
            PolicyResult::Unknown => "unknown",
            PolicyResult::ReportOnlySuccess => "reportOnlySuccess",
            PolicyResult::ReportOnlyFailure => "reportOnlyFailure",
            PolicyResult::ReportOnlyInterrupted => "reportOnlyInterrupted",
            PolicyResult::ReportOnlyNotApplied => "reportOnlyNotApplied",
        }
    }
}

/// How a sign-in ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A policy blocks it.
    Blocked,
    /// These requirements are not met, in the order in which they are asked for.
    NotMet(Vec<Requirement>),
    /// It depends on these facts.
    Unknown(BTreeSet<Fact>),
    /// Nothing stands in its way. Conditional Access never grants by itself.
    Granted,
}

/// How a sign-in ends, and what each policy did to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ends.
    pub decision: Decision,
    /// For each verdict what the policy did.
    pub policies: Vec<PolicyResult>,
}

/// Decides on verdicts: `met` says whether the sign-in meets a requirement.
pub fn decide(verdicts: &[Verdict<'_>], met: &dyn Fn(&Requirement) -> Match) -> Outcome {
    let mut policies = Vec::with_capacity(verdicts.len());
    let mut blocked = false;
    let mut unmet: Vec<Requirement> = Vec::new();
    let mut missing = BTreeSet::new();
    for verdict in verdicts {
        let grant = verdict.grant();
        let is_met = grant.is_met(met);
        policies.push(result(verdict, &grant, &is_met, met));
        if verdict.is_report_only() {
            continue;
        }
        match (&verdict.applies, is_met) {
            (Applies::No(_), _) | (_, Match::Yes) => {}
            (Applies::Yes, Match::No) if grant == Grant::Block => blocked = true,
            (Applies::Yes, Match::No) => {
                for requirement in grant.unmet(met) {
                    if !unmet.contains(&requirement) {
                        unmet.push(requirement);
                    }
                }
            }
            (Applies::Yes, Match::Unknown(facts)) => missing.extend(facts),
            (Applies::Unknown(facts), _) => missing.extend(facts.iter().copied()),
        }
    }
    unmet.sort_by_key(Requirement::turn);
    let decision = match (blocked, unmet.is_empty(), missing.is_empty()) {
        (true, ..) => Decision::Blocked,
        (_, false, _) => Decision::NotMet(unmet),
        (_, _, false) => Decision::Unknown(missing),
        _ => Decision::Granted,
    };
    Outcome { decision, policies }
}

fn result(
    verdict: &Verdict<'_>,
    grant: &Grant,
    is_met: &Match,
    met: &dyn Fn(&Requirement) -> Match,
) -> PolicyResult {
    let report_only = verdict.is_report_only();
    match (&verdict.applies, is_met) {
        (Applies::No(Reason::PolicyNotEnabled), _) => PolicyResult::NotEnabled,
        (Applies::No(_), _) if report_only => PolicyResult::ReportOnlyNotApplied,
        (Applies::No(_), _) => PolicyResult::NotApplied,
        (Applies::Unknown(_), _) | (_, Match::Unknown(_)) => PolicyResult::Unknown,
        (Applies::Yes, Match::Yes) if report_only => PolicyResult::ReportOnlySuccess,
        (Applies::Yes, Match::Yes) => PolicyResult::Success,
        (Applies::Yes, Match::No) if report_only => {
            let unmet = grant.unmet(met);
            let mut ways = unmet.iter().map(Requirement::is_interactive);
            let can_be_asked = match grant {
                Grant::Nothing | Grant::Block => false,
                Grant::All(_) => ways.all(|interactive| interactive),
                Grant::Any(_) => ways.any(|interactive| interactive),
            };
            match can_be_asked {
                true => PolicyResult::ReportOnlyInterrupted,
                false => PolicyResult::ReportOnlyFailure,
            }
        }
        (Applies::Yes, Match::No) => PolicyResult::Failure,
    }
}
