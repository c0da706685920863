//! One record after the other, judged by the policies that are and by those that are to be.

use std::collections::{BTreeSet, HashMap};

use super::calibration::{self, DifferenceCause, DifferenceKey, LogExample};
use super::directory::LogDirectory;
use super::reading::{self, NotJudged, ReadSignIn};
use super::record::{AppliedPolicy, LogRecord};
use super::split::LogPosition;
use super::tally::{ChangeExample, ChangeKey, ReplayTally, RowKey};
use super::verdict::{self, ReplayVerdict};
use crate::analysis;
use crate::model::Object;
use crate::model::enums::GrantControl;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;
use crate::whatif::{
    Applies, CompiledPolicies, Consequence, Judgement, MissingFacts, PolicySet, Prepared,
    Satisfied, SignIn, World,
};

/// Up to so many open answers every combination of them is looked at.
const COMBINED: usize = 6;
/// The role of the account of directory synchronisation.
const SYNCHRONISATION: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
/// What a sign-in ends with while multifactor authentication is asked for.
const PENDING: &[i64] = &[50072, 50074, 50076, 50079, 50125, 50127, 50129, 50203];

/// Why a log cannot be judged at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayRefusal {
    /// It is of another tenant.
    #[error("record {} is of the tenant `{tenant}`", at.records)]
    OtherTenant {
        /// Where.
        at: LogPosition,
        /// Which.
        tenant: String,
    },
    /// It was exported by Azure Monitor or Log Analytics.
    #[error("record {} is an export of Azure Monitor or Log Analytics", at.records)]
    OtherShape {
        /// Where.
        at: LogPosition,
    },
}

/// What is known of a policy that is.
struct LogPolicy {
    name: String,
    modified: Option<String>,
    /// What is met by whoever the log says has met it.
    proves: Vec<Satisfied>,
    has_terms: bool,
    on_action: bool,
    on_flow: bool,
}

/// The policies that are and those that are to be, ready for the records of a log.
pub struct Replay {
    before: CompiledPolicies,
    after: CompiledPolicies,
    policies: Vec<LogPolicy>,
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    /// For each policy that is to be the one that it was.
    was: Vec<Option<usize>>,
    /// For each policy that is to be whether it is the same, with all that it refers to.
    same: Vec<bool>,
    /// The policies that are, and are not among those to be as they are.
    gone: Vec<usize>,
    directory: LogDirectory,
    tenant_id: Option<String>,
}

/// A sign-in in the numbers of a set, and what the set says.
struct Sided {
    prepared: Prepared,
    judgement: Judgement,
}

/// An answer that is open, in one set or in both alike.
struct Open {
    before: Option<usize>,
    after: Option<usize>,
    facts: MissingFacts,
}

/// A record that is judged.
struct Judged<'a, 'r> {
    record: &'a LogRecord<'r>,
    read: &'a ReadSignIn,
    shown: SignIn,
    index: u64,
}

impl Judged<'_, '_> {
    fn example(&self) -> LogExample {
        LogExample {
            index: self.index,
            id: self.record.id.said().unwrap_or_default().to_owned(),
            at: self
                .record
                .created_date_time
                .said()
                .unwrap_or_default()
                .to_owned(),
            sign_in: self.shown.clone(),
        }
    }
}

impl Replay {
    /// Compiles both sets. `directory` says what the log does not; `tenant_id` is known where the
    /// policies are a tenant's.
    pub fn new(
        before: &PolicySet,
        after: &PolicySet,
        directory: LogDirectory,
        tenant_id: Option<String>,
    ) -> Replay {
        let sets = analysis::unified(&[before, after]);
        let (before, after) = match sets.as_slice() {
            [one, other] => (one, other),
            _ => (before, after),
        };
        let compiled = (before.compiled(), after.compiled());
        let given = before.policies.iter().enumerate();
        let mut numbered: Vec<(usize, &ConditionalAccessPolicy)> = given
            .filter_map(|(at, policy)| Some((compiled.0.number_of(at)?, policy)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        let id = |policy: &ConditionalAccessPolicy| policy.id.as_ref().map(|id| id.to_lowercase());
        let by_id: HashMap<String, usize> = (numbered.iter())
            .filter_map(|(number, policy)| Some((id(policy)?, *number)))
            .collect();
        let by_name: HashMap<String, usize> = (numbered.iter())
            .map(|(number, policy)| (policy.display_name.clone(), *number))
            .collect();
        let mut was = vec![None; compiled.1.len()];
        let mut same = vec![false; compiled.1.len()];
        let worlds = SameWorlds::of(&before.world, &after.world);
        for (at, policy) in after.policies.iter().enumerate() {
            let Some(number) = compiled.1.number_of(at) else {
                continue;
            };
            let known = id(policy).and_then(|id| by_id.get(&id).copied());
            let known = known.or_else(|| by_name.get(&policy.display_name).copied());
            let old = known.and_then(|known| numbered.get(known));
            if let (Some(was), Some(same), Some((known, old))) =
                (was.get_mut(number), same.get_mut(number), old)
            {
                *was = Some(*known);
                *same = worlds.are_same(old, policy);
            }
        }
        let kept: BTreeSet<usize> = (was.iter().zip(&same))
            .filter_map(|(was, same)| was.filter(|_| *same))
            .collect();
        let gone = (0..compiled.0.len()).filter(|number| !kept.contains(number));
        Replay {
            gone: gone.collect(),
            policies: numbered
                .iter()
                .map(|(_, policy)| known_policy(policy))
                .collect(),
            before: compiled.0,
            after: compiled.1,
            by_id,
            by_name,
            was,
            same,
            directory,
            tenant_id,
        }
    }

    /// The name of a policy that is, by number.
    pub(super) fn name(&self, policy: usize) -> &str {
        self.policies.get(policy).map_or("", |policy| &policy.name)
    }

    /// The names of the policies that are to be other than they are, or are not there on one side.
    pub fn changed(&self) -> Vec<String> {
        let new = self.after.titles().zip(&self.same);
        let new = new
            .filter(|(_, same)| !**same)
            .map(|((name, _), _)| name.to_owned());
        let gone = self.gone.iter().map(|number| self.name(*number).to_owned());
        let all: BTreeSet<String> = new.chain(gone).collect();
        all.into_iter().collect()
    }

    /// Judges a record, given as JSON.
    ///
    /// # Errors
    /// When the log as a whole is not one that these policies can be tried on.
    pub fn judge(
        &self,
        json: &[u8],
        at: LogPosition,
        tally: &mut ReplayTally,
    ) -> Result<(), ReplayRefusal> {
        tally.records += 1;
        let record: LogRecord<'_> = match serde_json::from_slice(json) {
            Ok(record) => record,
            Err(error) => {
                tally.note_unreadable(at, error.to_string());
                return Ok(());
            }
        };
        let nobody = record.user_id.said().is_none() && record.created_date_time.said().is_none();
        if record.properties.is_some() {
            return Err(ReplayRefusal::OtherShape { at });
        }
        if nobody {
            tally.note_unreadable(at, "it is no record of a sign-in".to_owned());
            return Ok(());
        }
        if let (Some(own), Some(there)) = (&self.tenant_id, record.resource_tenant_id.said()) {
            let is_own = |tenant: &str| tenant.eq_ignore_ascii_case(own);
            if !is_own(there) && !record.home_tenant_id.said().is_some_and(is_own) {
                let tenant = there.to_owned();
                return Err(ReplayRefusal::OtherTenant { at, tenant });
            }
        }
        if let Some(moment) = record.created_date_time.said() {
            tally.note_time(moment);
        }
        match reading::read(&record, self.tenant_id.as_deref(), &self.before) {
            Ok(read) => {
                if self.judge_read(&record, read, at, tally).is_none() {
                    *tally
                        .not_judged
                        .entry(NotJudged::Contradiction)
                        .or_default() += 1;
                }
            }
            Err(why) => *tally.not_judged.entry(why).or_default() += 1,
        }
        Ok(())
    }

    /// `None`: the record contradicts itself.
    fn judge_read(
        &self,
        record: &LogRecord<'_>,
        mut read: ReadSignIn,
        at: LogPosition,
        tally: &mut ReplayTally,
    ) -> Option<()> {
        let applied: Vec<(Option<usize>, &AppliedPolicy<'_>)> =
            (record.applied_conditional_access_policies.iter())
                .map(|entry| (self.number(entry), entry))
                .collect();
        self.prove(&applied, &mut read.sign_in);
        let [mut one, mut other] = self.with_directory(&read);
        let mut before = sided(&self.before, &mut one, &read.contexts)?;
        let mut after = sided(&self.after, &mut other, &read.contexts)?;
        let mut shown = one.clone();
        if let (Some(user), Some(own)) = (&mut shown.user, &other.user)
            && user.member_of != own.member_of
        {
            // The plan changes it: whoever judges this sign-in again looks the groups up.
            user.member_of = None;
        }
        let judged = Judged {
            record,
            read: &read,
            shown,
            index: at.records,
        };
        tally.judged += 1;
        self.calibrate(&judged, &applied, &before, tally);
        self.pin(&judged, &applied, &mut before, &mut after);
        self.compare(&judged, &before, &after, tally);
        Some(())
    }

    fn number(&self, entry: &AppliedPolicy<'_>) -> Option<usize> {
        let id = entry.id.said()?;
        let known = self.by_id.get(id).copied();
        let known = known.or_else(|| self.by_id.get(&id.to_lowercase()).copied());
        // Policies of manifests have no ids.
        known.or_else(|| match self.by_id.is_empty() {
            true => self.by_name.get(entry.display_name.said()?).copied(),
            false => None,
        })
    }

    /// What the log says was met, where nothing else tells it.
    fn prove(&self, applied: &[(Option<usize>, &AppliedPolicy<'_>)], sign_in: &mut SignIn) {
        let satisfied = sign_in.satisfied.get_or_insert_default();
        for (number, entry) in applied {
            let met = matches!(entry.result.said(), Some("success" | "reportOnlySuccess"));
            let Some(policy) = number.filter(|_| met).and_then(|n| self.policies.get(n)) else {
                continue;
            };
            for proved in &policy.proves {
                let known = satisfied.contains(proved)
                    || proved.name == "mfa" && {
                        let names: Vec<&str> = satisfied.iter().map(|one| &*one.name).collect();
                        super::words::are_multifactor(&names)
                    };
                if !known {
                    satisfied.push(proved.clone());
                }
            }
        }
    }

    /// The sign-in before and after, with what the directory says of who signs in.
    fn with_directory(&self, read: &ReadSignIn) -> [SignIn; 2] {
        let mut both = [read.sign_in.clone(), read.sign_in.clone()];
        let person = self.directory.people.get(&read.who.0);
        for (at, sign_in) in both.iter_mut().enumerate() {
            let Some(user) = &mut sign_in.user else {
                continue;
            };
            user.user_type = user.user_type.or(person.and_then(|one| one.user_type));
            match person {
                Some(person) => {
                    let groups = if at == 0 {
                        &person.before
                    } else {
                        &person.after
                    };
                    user.member_of = Some(groups.clone());
                    user.roles = user.roles.take().or_else(|| person.roles.clone());
                }
                None if self.directory.groups_are_complete => user.member_of = Some(Vec::new()),
                None => {}
            }
            if self.directory.roles_are_complete {
                user.roles.get_or_insert_default();
            }
        }
        both
    }

    /// The evaluator's answers by the policies that are, against the log's.
    fn calibrate(
        &self,
        judged: &Judged<'_, '_>,
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
                tally.calibration.open += 1;
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
        judged: &Judged<'_, '_>,
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
        // Up to the second: fractions are written in different lengths.
        let second = |text: &str| text.chars().take(19).collect::<String>();
        let at = record.created_date_time.said().map(second);
        policy.modified.as_deref().map(second) > at && at.is_some()
    }

    /// What hangs on something that the record does not say is as the log says that it was.
    fn pin(
        &self,
        judged: &Judged<'_, '_>,
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
                pinned.insert(number, applies);
            }
        }
        if pinned.is_empty() {
            return;
        }
        for (number, (was, same)) in self.was.iter().zip(&self.same).enumerate() {
            let open = matches!(after.judgement.applies(number), Some(Applies::Unknown(_)));
            if let (true, true, Some(applies)) = (open, *same, was.and_then(|was| pinned.get(&was)))
            {
                after.judgement.put(number, *applies);
            }
        }
    }

    /// What the set to be means for a sign-in.
    fn compare(
        &self,
        judged: &Judged<'_, '_>,
        before: &Sided,
        after: &Sided,
        tally: &mut ReplayTally,
    ) {
        let read = judged.read;
        let (differing, open) = self.differing(before, after);
        let (verdict, example, met, asks) = match differing.is_empty() && open.is_empty() {
            true => (ReplayVerdict::NoChange, None, false, Vec::new()),
            false => self.weigh(before, after, &open),
        };
        let because = match verdict {
            ReplayVerdict::NoChange => Vec::new(),
            _ => differing.into_iter().collect(),
        };
        if verdict != ReplayVerdict::NoChange {
            let certain = [
                ReplayVerdict::Gained,
                ReplayVerdict::Lost,
                ReplayVerdict::More,
                ReplayVerdict::Less,
            ];
            if !certain.contains(&verdict) {
                let mut facts: BTreeSet<String> = (open.iter())
                    .flat_map(|one| one.facts.members())
                    .map(|fact| fact.into_owned())
                    .collect();
                if let Some((one, other)) = &example {
                    let all = one.missing.iter().chain(&other.missing);
                    facts.extend(all.map(|fact| fact.clone().into_owned()));
                }
                for fact in facts {
                    *tally.open.entry(fact).or_default() += 1;
                }
            }
        }
        let key = ChangeKey {
            verdict,
            because,
            asks,
        };
        let change = tally.changes.number(&key.clone(), || {
            let example = example.map(|(before, after)| ChangeExample {
                example: judged.example(),
                before,
                after,
            });
            (key, example)
        });
        let (who, what) = (&read.who, &read.what);
        let called = |(key, name): &(String, String)| (key.clone(), (judged.index, name.clone()));
        let key = RowKey {
            who: tally.people.number(who.0.as_str(), || called(who)),
            what: tally.applications.number(what.0.as_str(), || called(what)),
            change,
        };
        let count = tally.rows.entry(key).or_default();
        count.records += 1;
        count.met += u64::from(met);
    }

    /// The names of enforced policies that mean the sign-in differently, and the answers that are
    /// open and matter.
    fn differing(&self, before: &Sided, after: &Sided) -> (BTreeSet<String>, Vec<Open>) {
        let (mut names, mut open) = (BTreeSet::new(), Vec::new());
        let unknown = |applies: Option<Applies>| match applies {
            Some(Applies::Unknown(facts)) => Some(facts),
            _ => None,
        };
        let counts = |applies: Option<Applies>| !matches!(applies, Some(Applies::No(_)) | None);
        let mut shared = Vec::new();
        for (number, ((name, _), (was, same))) in
            (self.after.titles().zip(self.was.iter().zip(&self.same))).enumerate()
        {
            if !self.after.is_enforced(number) {
                continue;
            }
            let now = after.judgement.applies(number);
            let then = was
                .filter(|_| *same)
                .map(|was| before.judgement.applies(was));
            match (unknown(now), then) {
                // The same policy, and the same answer.
                (None, Some(then)) if counts(now) == counts(then) && unknown(then).is_none() => {}
                (Some(facts), Some(Some(Applies::Unknown(other)))) if facts == other => {
                    shared.push(Open {
                        before: *was,
                        after: Some(number),
                        facts,
                    });
                }
                (facts, then) => {
                    let then_open = then.and_then(unknown);
                    if counts(now) || then.is_some_and(counts) {
                        names.insert(name.to_owned());
                    }
                    open.extend(facts.map(|facts| Open {
                        before: None,
                        after: Some(number),
                        facts,
                    }));
                    open.extend(then_open.map(|facts| Open {
                        before: *was,
                        after: None,
                        facts,
                    }));
                }
            }
        }
        for number in &self.gone {
            if !self.before.is_enforced(*number) {
                continue;
            }
            let then = before.judgement.applies(*number);
            if counts(then) {
                names.insert(self.name(*number).to_owned());
            }
            open.extend(unknown(then).map(|facts| Open {
                before: Some(*number),
                after: None,
                facts,
            }));
        }
        // Where nothing else differs, what both hang on alike makes no difference.
        if !names.is_empty() || !open.is_empty() {
            open.append(&mut shared);
        }
        (names, open)
    }

    /// The verdict, with the consequences of what is certain, whether what is new was met anyway,
    /// and what is new.
    #[expect(
        clippy::type_complexity,
        reason = "four answers of one place, taken apart at once"
    )]
    fn weigh(
        &self,
        before: &Sided,
        after: &Sided,
        open: &[Open],
    ) -> (
        ReplayVerdict,
        Option<(Consequence, Consequence)>,
        bool,
        Vec<String>,
    ) {
        let plain = |sided: &Sided, policies: &CompiledPolicies| {
            policies.consequence(&sided.prepared, &sided.judgement, false)
        };
        let told = (plain(before, &self.before), plain(after, &self.after));
        let count = open.len();
        let all: u64 = u64::MAX
            .checked_shr(64_u32.saturating_sub(count as u32))
            .unwrap_or(0);
        let combinations: Vec<u64> = match count <= COMBINED {
            true => (0..1 << count).collect(),
            // All, none and each alone: what is between them is not certain.
            false => (0..count.min(63))
                .map(|at| 1 << at)
                .chain([0, all])
                .collect(),
        };
        let mut possible: Vec<ReplayVerdict> = Vec::new();
        for bits in combinations {
            let mut judgements = (before.judgement.clone(), after.judgement.clone());
            for (at, one) in open.iter().enumerate() {
                let applies = match bits >> at.min(63) & 1 {
                    1 => Applies::Yes,
                    _ => Applies::No(crate::whatif::Reason::Users),
                };
                for (judgement, number) in [
                    (&mut judgements.0, one.before),
                    (&mut judgements.1, one.after),
                ] {
                    if let Some(number) = number {
                        judgement.put(number, applies);
                    }
                }
            }
            let one = self
                .before
                .consequence(&before.prepared, &judgements.0, false);
            let other = self
                .after
                .consequence(&after.prepared, &judgements.1, false);
            for found in verdict::verdicts((&self.before, &one), (&self.after, &other)) {
                if !possible.contains(&found) {
                    possible.push(found);
                }
            }
        }
        let verdict = ReplayVerdict::of(&possible, count <= COMBINED);
        let (one, other) = ((&self.before, &told.0), (&self.after, &told.1));
        let less = matches!(
            verdict,
            ReplayVerdict::Less
                | ReplayVerdict::MaybeLess
                | ReplayVerdict::Gained
                | ReplayVerdict::MaybeGained
        );
        let (lists, session) = match less {
            true => verdict::added(other, one),
            false => verdict::added(one, other),
        };
        let mut asks: Vec<String> = lists
            .iter()
            .map(|list| {
                list.iter()
                    .map(|name| &**name)
                    .collect::<Vec<_>>()
                    .join(" or ")
            })
            .collect();
        asks.extend(session.into_iter().map(|name| format!("session: {name}")));
        let blocked = if less { &told.0 } else { &told.1 };
        if asks.is_empty() && blocked.outcome == crate::whatif::Ending::Blocked {
            asks.push("block".to_owned());
        }
        let met = told.1.outcome == crate::whatif::Ending::Granted;
        (verdict, Some(told), met, asks)
    }
}

/// Prepares and judges a sign-in; what it says was met is taken back where it contradicts the rest.
fn sided(policies: &CompiledPolicies, sign_in: &mut SignIn, contexts: &[String]) -> Option<Sided> {
    let prepared = prepared(policies, sign_in)?;
    let mut judgement = policies.judge(&prepared);
    for context in contexts {
        let asked = SignIn {
            application: None,
            applications: Vec::new(),
            scopes: None,
            authentication_context: Some(context.clone()),
            ..sign_in.clone()
        };
        let Ok(prepared) = policies.prepare_as_told(&asked) else {
            continue;
        };
        // A policy is about applications or about contexts, never both.
        let other = policies.judge(&prepared);
        for (number, applies) in other.iter().enumerate() {
            let stands = matches!(applies, Applies::Yes)
                || matches!(
                    (applies, judgement.applies(number)),
                    (Applies::Unknown(_), Some(Applies::No(_)))
                );
            if stands {
                judgement.put(number, applies);
            }
        }
    }
    Some(Sided {
        prepared,
        judgement,
    })
}

fn prepared(policies: &CompiledPolicies, sign_in: &mut SignIn) -> Option<Prepared> {
    for _ in 0..3 {
        let faults = match policies.prepare_as_told(sign_in) {
            Ok(prepared) => return Some(prepared),
            Err(faults) => faults,
        };
        let satisfied = sign_in.satisfied.as_mut()?;
        let mut wrong: Vec<usize> = (faults.iter())
            .filter_map(|fault| fault.pointer.strip_prefix("/satisfied/")?.parse().ok())
            .collect();
        wrong.sort_unstable();
        match wrong.is_empty() {
            true if faults.iter().all(|fault| fault.pointer == "/satisfied") => satisfied.clear(),
            true => return None,
            false => {
                for at in wrong
                    .into_iter()
                    .rev()
                    .filter(|at| *at < satisfied.len())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .rev()
                {
                    satisfied.remove(at);
                }
            }
        }
    }
    None
}

/// What the log can be asked about a policy.
fn known_policy(policy: &ConditionalAccessPolicy) -> LogPolicy {
    let grant = policy.grant_controls.as_ref();
    let mut asks: Vec<String> = Vec::new();
    if let Some(grant) = grant {
        asks.extend(
            grant
                .built_in_controls
                .iter()
                .map(|one| one.as_str().to_owned()),
        );
        asks.extend(
            grant
                .authentication_strength
                .iter()
                .map(|one| one.target.clone()),
        );
        asks.extend(grant.terms_of_use.iter().cloned());
        asks.extend(grant.custom_authentication_factors.iter().cloned());
    }
    let all = grant.is_some_and(|grant| {
        grant
            .operator
            .as_deref()
            .is_none_or(|operator| !operator.eq_ignore_ascii_case("OR"))
    });
    // What a device is, the record says by itself.
    let of_device = [
        GrantControl::CompliantDevice,
        GrantControl::DomainJoinedDevice,
        GrantControl::Block,
    ];
    let of_device = of_device.map(|one| one.as_str().to_owned());
    let proves = match all || asks.len() == 1 {
        true => asks
            .into_iter()
            .filter(|one| !of_device.contains(one))
            .map(Satisfied::named)
            .collect(),
        false => Vec::new(),
    };
    let applications = policy.conditions.applications.as_ref();
    LogPolicy {
        name: policy.display_name.clone(),
        modified: policy
            .modified_date_time
            .clone()
            .or_else(|| policy.created_date_time.clone()),
        proves,
        has_terms: grant.is_some_and(|grant| !grant.terms_of_use.is_empty()),
        on_action: applications.is_some_and(|one| !one.include_user_actions.is_empty()),
        on_flow: policy.conditions.authentication_flows.is_some(),
    }
}

/// Which objects that policies refer to are the same in two worlds.
struct SameWorlds {
    locations: bool,
    strengths: bool,
    contexts: bool,
    people: bool,
    environment: bool,
}

impl SameWorlds {
    fn of(one: &World, other: &World) -> SameWorlds {
        fn all(objects: impl Iterator<Item = Object>) -> Vec<String> {
            let mut forms: Vec<String> = objects.map(|one| one.normal_form().to_string()).collect();
            forms.sort();
            forms
        }
        let locations =
            |world: &World| all(world.locations.iter().cloned().map(Object::NamedLocation));
        let strengths = |world: &World| {
            all(world
                .strengths
                .iter()
                .cloned()
                .map(Object::AuthenticationStrength))
        };
        let contexts = |world: &World| {
            all(world
                .contexts
                .iter()
                .cloned()
                .map(Object::AuthenticationContext))
        };
        SameWorlds {
            locations: locations(one) == locations(other),
            strengths: strengths(one) == strengths(other),
            contexts: contexts(one) == contexts(other),
            people: one.groups == other.groups && one.users == other.users,
            environment: one.environment == other.environment,
        }
    }

    /// Whether two policies say the same, and mean the same by it.
    fn are_same(&self, one: &ConditionalAccessPolicy, other: &ConditionalAccessPolicy) -> bool {
        let form = |policy: &ConditionalAccessPolicy| {
            let mut policy = policy.clone();
            policy.id = None;
            Object::ConditionalAccessPolicy(Box::new(policy))
        };
        let (one, other) = (form(one), form(other));
        let holds = |kind: RefKind| match kind {
            RefKind::Strength => self.strengths,
            RefKind::Context => self.contexts,
            RefKind::Group | RefKind::Member => self.people,
            _ => true,
        };
        let anywhere = |object: &Object| match object {
            Object::ConditionalAccessPolicy(policy) => policy.conditions.locations.is_none(),
            _ => true,
        };
        self.environment
            && (self.locations || anywhere(&one))
            && one.normal_form() == other.normal_form()
            && one.references().into_iter().all(|(kind, ..)| holds(kind))
    }
}
