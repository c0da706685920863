//! The evaluator's answers by the policies that are, held against what the log says that these did.

use std::collections::HashMap;

use super::calibration::{self, DifferenceCause, DifferenceKey};
use super::directory::second;
use super::judge::{JudgedRecord, Replay, Sided};
use super::policies::LogPolicy;
use super::record::{AppliedPolicy, LogRecord};
use super::tally::ReplayTally;
use crate::whatif::Applies;

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
                match calibration::applied(recorded) {
                    None => tally.calibration.hidden += 1,
                    Some(_) => tally.calibration.open += 1,
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
        let blank = |text: &Option<super::record::LogText<'_>>| {
            text.as_ref()
                .is_some_and(|text| matches!(text.said(), None | Some("none")))
        };
        let failed = ["failure", "reportOnlyFailure", "reportOnlyInterrupted"].contains(&recorded);
        if self.is_later(policy, record) {
            DifferenceCause::ChangedSince
        } else if failed
            && policy.has_terms
            && applies == Applies::Yes
            && PENDING.contains(&record.status.error_code)
        {
            DifferenceCause::TermsOfUsePending
        } else if was == Some(false)
            && recorded != "notEnabled"
            && blank(&entry.conditions_satisfied)
            && blank(&entry.conditions_not_satisfied)
        {
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
        let at = record.created_date_time.said().map(second);
        at.is_some() && policy.modified.as_deref().map(second) > at
    }

    /// What hangs on something that the record does not say is as the log says that it was.
    pub(super) fn pin(
        &self,
        judged: &JudgedRecord<'_, '_>,
        applied: &[(Option<usize>, &AppliedPolicy<'_>)],
        before: &mut Sided,
        after: &mut Sided,
    ) {
        let mut pinned: HashMap<usize, Applies> = HashMap::new();
        for (number, entry) in applied {
            let Some((number, policy)) = number.and_then(|n| Some((n, self.policies.get(n)?)))
            else {
                continue;
            };
            let open = matches!(before.judgement.applies(number), Some(Applies::Unknown(_)));
            let was = entry.result.said().and_then(calibration::applied);
            if let (true, Some(was)) = (open, was)
                && !self.is_later(policy, judged.record)
            {
                let why = entry
                    .conditions_not_satisfied
                    .as_ref()
                    .and_then(|text| text.said());
                let applies = match was {
                    true => Applies::Yes,
                    false => Applies::No(calibration::recorded_reason(why.unwrap_or_default())),
                };
                before.judgement.put(number, applies);
                // Of a policy on a user action nothing is reported while it is in report-only.
                let told = self.before.is_enforced(number) || !policy.on_action;
                if told {
                    pinned.insert(number, applies);
                }
            }
        }
        if pinned.is_empty() {
            return;
        }
        for (number, (was, alike)) in self.was.iter().zip(&self.alike).enumerate() {
            let open = matches!(after.judgement.applies(number), Some(Applies::Unknown(_)));
            if let (true, true, Some(applies)) =
                (open, *alike, was.and_then(|was| pinned.get(&was)))
            {
                after.judgement.put(number, *applies);
            }
        }
    }
}
