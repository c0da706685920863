//! The evaluator's answers by the policies that are, held against what the log says that these did.

use std::collections::HashMap;

use super::calibration::{self, DifferenceCause, DifferenceKey};
use super::directory::second;
use super::judge::{JudgedRecord, Replay, Sided, prepared};
use super::policies::LogPolicy;
use super::record::{AppliedPolicy, LogRecord, LogText};
use super::tally::ReplayTally;
use crate::whatif::{Applies, Fact, MissingFacts, Reason};

/// The role of the account of directory synchronisation.
const SYNCHRONISATION: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
/// What a sign-in ends with while multifactor authentication is asked for.
const PENDING: &[i64] = &[50072, 50074, 50076, 50079, 50125, 50127, 50129, 50203];

impl Replay {
    /// The evaluator's answers by the policies that are, against the log's.
    pub(super) fn calibrate(
        &self,
        judged: &JudgedRecord<'_, '_>,
        applied: &[(Option<usize>, &AppliedPolicy<'_>)],
        before: &Sided,
        tally: &mut ReplayTally,
    ) {
        if applied.is_empty() {
            tally.calibration.without += 1;
            return;
        }
        let (mut compared, mut differs, mut unknown) = (0, false, false);
        let mut listed = 0;
        for (number, entry) in applied {
            let recorded = entry.result.said().unwrap_or_default();
            let differ = |cause: DifferenceCause, here: &str, reason, tally: &mut ReplayTally| {
                let key = DifferenceKey {
                    cause,
                    policy: match number {
                        Some(number) => self.name(*number).to_owned(),
                        None => entry
                            .display_name
                            .said()
                            .or(entry.id.said())
                            .unwrap_or_default()
                            .to_owned(),
                    },
                    recorded: recorded.to_owned(),
                    here: here.to_owned(),
                    reason,
                };
                let differences = &mut tally.calibration.differences;
                differences
                    .entry(key)
                    .or_insert_with(|| (0, judged.example()))
                    .0 += 1;
            };
            let Some(number) = *number else {
                let is_id = entry.id.said().is_some_and(crate::text::is_guid);
                let cause = match is_id {
                    true => DifferenceCause::PolicyDeleted,
                    false => DifferenceCause::NoPolicy,
                };
                differ(cause, "", None, tally);
                differs = true;
                continue;
            };
            listed += 1;
            let Some(applies) = before.judgement.applies(number) else {
                continue;
            };
            let result = self.before.result(number, &before.prepared, applies);
            let Some(agrees) = calibration::agrees(recorded, applies, result) else {
                match (calibration::applied(recorded), applies) {
                    (None, _) => tally.calibration.hidden += 1,
                    (_, Applies::Unknown(facts)) if judged.is_gone && hangs_on_groups(facts) => {
                        tally.calibration.of_gone += 1;
                    }
                    (Some(_), _) => tally.calibration.open += 1,
                }
                continue;
            };
            compared += 1;
            let policies = &mut tally.calibration.policies;
            policies.entry(number).or_default().add(agrees);
            let reason = calibration::reason(applies);
            let reasons = &mut tally.calibration.reasons;
            reasons.entry(reason).or_default().add(agrees);
            if !agrees {
                let cause = self.cause(number, entry, applies, judged);
                let cause = match cause {
                    DifferenceCause::Unknown if self.may_be_moved(number, entry, judged) => {
                        DifferenceCause::MembershipChanged
                    }
                    cause => cause,
                };
                let reason = match applies {
                    Applies::No(reason) => Some(reason.as_str()),
                    _ => None,
                };
                differ(cause, result.as_str(), reason, tally);
                differs = true;
                unknown |= !cause.is_known();
            }
        }
        let calibration = &mut tally.calibration;
        calibration.named += u64::from(listed > 0);
        calibration.not_listed += self.policies.len().saturating_sub(listed) as u64;
        if compared > 0 || differs {
            calibration.records += 1;
            calibration.agree += u64::from(!differs);
            calibration.known += u64::from(differs && !unknown);
        }
    }

    /// Why an answer may differ from the log's.
    fn cause(
        &self,
        number: usize,
        entry: &AppliedPolicy<'_>,
        applies: Applies,
        judged: &JudgedRecord<'_, '_>,
    ) -> DifferenceCause {
        let Some(policy) = self.policies.get(number) else {
            return DifferenceCause::Unknown;
        };
        let (record, read) = (judged.record, judged.read);
        let recorded = entry.result.said().unwrap_or_default();
        let was = calibration::applied(recorded);
        let user = read.sign_in.user.as_ref();
        let holds = |role: &String| role.eq_ignore_ascii_case(SYNCHRONISATION);
        let roles = user.and_then(|user| user.roles.as_ref());
        let own = self.directory.people.get(&read.who.0);
        let roles = roles.or(own.and_then(|person| person.roles.as_ref()));
        let failed = ["failure", "reportOnlyFailure", "reportOnlyInterrupted"].contains(&recorded);
        if self.is_later(policy, record) {
            DifferenceCause::ChangedSince
        } else if failed
            && policy.has_terms
            && applies == Applies::Yes
            && PENDING.contains(&record.status.error_code)
        {
            DifferenceCause::TermsOfUsePending
        } else if was == Some(false) && recorded != "notEnabled" && names_no_condition(entry) {
            DifferenceCause::EmptyConditions
        } else if was == Some(false)
            && applies == Applies::Yes
            && roles.is_some_and(|roles| roles.iter().any(holds))
        {
            DifferenceCause::SynchronisationAccount
        } else if was == Some(true) && policy.on_action {
            DifferenceCause::ActionNotNamed
        } else if was == Some(true)
            && policy.on_flow
            && record
                .original_transfer_method
                .said()
                .is_none_or(|flow| flow == "none")
        {
            DifferenceCause::FlowNotNamed
        } else {
            DifferenceCause::Unknown
        }
    }

    /// Whether a policy was made or changed after a sign-in.
    fn is_later(&self, policy: &LogPolicy, record: &LogRecord<'_>) -> bool {
        let modified = policy.modified.as_deref();
        is_after(modified.or(policy.made.as_deref()), record)
    }

    /// Whether the policy would have done what the log says if the person had been in other groups.
    fn may_be_moved(
        &self,
        number: usize,
        entry: &AppliedPolicy<'_>,
        judged: &JudgedRecord<'_, '_>,
    ) -> bool {
        let recorded = entry.result.said().unwrap_or_default();
        let why = entry.conditions_not_satisfied.as_ref();
        let why = why.and_then(|text| text.said());
        // Where the log names the condition, it names this one.
        let may_be = match calibration::applied(recorded) {
            Some(true) => true,
            Some(false) => why.is_none_or(|why| why.split(',').any(|one| one.trim() == "users")),
            None => false,
        };
        let is_known = self.directory.people.contains_key(&judged.read.who.0);
        if !may_be || !is_known {
            return false;
        }
        let mut sign_in = judged.shown.clone();
        if let Some(user) = &mut sign_in.user {
            user.member_of = None;
        }
        let open = prepared(&self.before, &mut sign_in);
        let open = open.and_then(|open| self.before.judge(&open).applies(number));
        matches!(open, Some(Applies::Unknown(facts)) if hangs_on_groups(facts))
    }

    /// Whether what the log says of a policy counts for more than what is known now: where the
    /// answer hangs on something that the record does not say; and while it is in report-only,
    /// unless the log names no condition, or other memberships explain it.
    fn counts(
        &self,
        number: usize,
        entry: &AppliedPolicy<'_>,
        now: Applies,
        was: bool,
        judged: &JudgedRecord<'_, '_>,
    ) -> bool {
        let recorded = entry.result.said().unwrap_or_default();
        let agrees = was == (now == Applies::Yes);
        let is_open = matches!(now, Applies::Unknown(_));
        let reported = recorded.starts_with("reportOnly");
        let is_named = was || !names_no_condition(entry);
        is_open || reported && (agrees || is_named && !self.may_be_moved(number, entry, judged))
    }

    /// What is known of a sign-in by the log.
    pub(super) fn pin(
        &self,
        judged: &JudgedRecord<'_, '_>,
        applied: &[(Option<usize>, &AppliedPolicy<'_>)],
        before: &mut Sided,
        after: &mut Sided,
    ) {
        let mut pinned: HashMap<usize, (Applies, &str)> = HashMap::new();
        for (number, entry) in applied {
            let Some((number, policy)) = number.and_then(|n| Some((n, self.policies.get(n)?)))
            else {
                continue;
            };
            let Some(now) = before.judgement.applies(number) else {
                continue;
            };
            let recorded = entry.result.said().unwrap_or_default();
            // A policy that the log lists was there: that it was made later cannot be.
            if let Some(was) = calibration::applied(recorded)
                && !is_after(policy.modified.as_deref(), judged.record)
                && self.counts(number, entry, now, was, judged)
            {
                let why = entry
                    .conditions_not_satisfied
                    .as_ref()
                    .and_then(|text| text.said());
                let applies = match (was, now) {
                    (true, _) => Applies::Yes,
                    (false, Applies::No(reason)) => Applies::No(reason),
                    (false, _) => {
                        Applies::No(calibration::recorded_reason(why.unwrap_or_default()))
                    }
                };
                before.judgement.put(number, applies);
                // Of a policy on a user action nothing is reported while it is in report-only.
                let told = self.before.is_enforced(number) || !policy.on_action;
                if told {
                    // While multifactor authentication is pending, terms of use are not told.
                    let is_artefact =
                        policy.has_terms && PENDING.contains(&judged.record.status.error_code);
                    let outcome = if is_artefact { "" } else { recorded };
                    pinned.insert(number, (applies, outcome));
                }
            }
        }
        if pinned.is_empty() {
            return;
        }
        for (number, (was, alike)) in self.was.iter().zip(&self.alike).enumerate() {
            let Some(was) = was.filter(|_| *alike) else {
                continue;
            };
            let Some((applies, outcome)) = pinned.get(&was) else {
                continue;
            };
            let open = matches!(after.judgement.applies(number), Some(Applies::Unknown(_)));
            let enforces = self.after.is_enforced(number) && !self.before.is_enforced(was);
            if open || enforces && outcome.starts_with("reportOnly") {
                after.judgement.put(number, *applies);
            }
            let has_session = self.policies.get(was).is_some_and(|one| one.has_session);
            match *outcome {
                // What it asks for was met, so that enforcing it asks for nothing more.
                "reportOnlySuccess" if enforces && !has_session => {
                    after
                        .judgement
                        .put(number, Applies::No(Reason::PolicyNotEnabled));
                    after.met.push(number);
                }
                "reportOnlyFailure" if enforces => after.stopped.push(number),
                _ => {}
            }
        }
    }
}

/// Whether something was after a sign-in.
fn is_after(moment: Option<&str>, record: &LogRecord<'_>) -> bool {
    let at = record.created_date_time.said().map(second);
    at.is_some() && moment.map(second) > at
}

/// Whether a record says neither which conditions of a policy were satisfied nor which were not.
fn names_no_condition(entry: &AppliedPolicy<'_>) -> bool {
    let blank = |text: &Option<LogText<'_>>| {
        text.as_ref()
            .is_some_and(|text| matches!(text.said(), None | Some("none")))
    };
    blank(&entry.conditions_satisfied) && blank(&entry.conditions_not_satisfied)
}

/// Whether an answer hangs on who is in which group.
fn hangs_on_groups(facts: MissingFacts) -> bool {
    facts.iter().any(|fact| fact == Fact::GROUPS)
}
