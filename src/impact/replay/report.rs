//! What a replay found, in the order in which it is told: the same for the same log, whichever
//! worker counted what.

use std::collections::{BTreeMap, BTreeSet};

use super::calibration::{
    AgreementCount, DOUBTFUL_BELOW, DifferenceCause, LogDifference, LogExample,
};
use super::judge::Replay;
use super::reading::{NotJudged, PRINCIPAL};
use super::split::LogPosition;
use super::tally::{ReplayTally, RowKey};
use super::verdict::ReplayVerdict;
use crate::whatif::Consequence;

/// How many sign-ins came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts([u64; ReplayVerdict::ALL.len()]);

impl VerdictCounts {
    /// How many came to this.
    pub fn of(&self, verdict: ReplayVerdict) -> u64 {
        self.0.get(verdict as usize).copied().unwrap_or_default()
    }

    fn add(&mut self, verdict: ReplayVerdict, count: u64) {
        if let Some(slot) = self.0.get_mut(verdict as usize) {
            *slot += count;
        }
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that change, or may.
    pub fn changed(&self) -> u64 {
        self.all() - self.of(ReplayVerdict::NoChange)
    }
}

/// How far a replay can be trusted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    /// Records of which something was compared.
    pub records: u64,
    /// Those in which everything is as the log says.
    pub agree: u64,
    /// Those that differ by known causes alone.
    pub known: u64,
    /// Records that list no policies.
    pub without: u64,
    /// Records that name a policy of the set.
    pub named: u64,
    /// Results that the log does not name: `unknownFutureValue`.
    pub hidden: u64,
    /// Results that hang on something that the record does not say.
    pub open: u64,
    /// Those that hang on the groups of somebody of whom the directory has no account.
    pub of_gone: u64,
    /// By policy.
    pub policies: Vec<(String, AgreementCount)>,
    /// By reason.
    pub reasons: Vec<(&'static str, AgreementCount)>,
    /// The differences: unknown causes first, then the most frequent.
    pub differences: Vec<LogDifference>,
}

impl Calibration {
    /// The records that tell how far the evaluator agrees: one that differs by known causes alone
    /// tells nothing of it.
    pub fn telling(&self) -> u64 {
        self.records.saturating_sub(self.known)
    }

    /// The share of these that agree, in per cent.
    pub fn percent(&self) -> Option<f64> {
        let telling = self.telling();
        (telling > 0).then(|| self.agree as f64 * 100.0 / telling as f64)
    }

    /// True when less agrees than a replay needs, or nothing could be compared.
    pub fn is_doubtful(&self) -> bool {
        self.percent()
            .is_none_or(|percent| percent < DOUBTFUL_BELOW)
    }
}

/// Sign-ins of a person or to an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// Who, or which.
    pub name: String,
    /// What its sign-ins come to.
    pub counts: VerdictCounts,
    /// How many people, or applications, have a sign-in that changes or may.
    pub others: u64,
}

/// A change that sign-ins have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayChange {
    /// What it is.
    pub verdict: ReplayVerdict,
    /// The policies behind it.
    pub policies: Vec<String>,
    /// What is asked for besides, or no more.
    pub asks: Vec<String>,
    /// How many sign-ins.
    pub sign_ins: u64,
    /// Of how many people.
    pub people: u64,
    /// The first one.
    pub example: Option<LogExample>,
    /// What it gets now.
    pub before: Option<Consequence>,
    /// What it would get.
    pub after: Option<Consequence>,
}

/// Something that people are asked for who were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequirement {
    /// What: `mfa`.
    pub requires: String,
    /// How many people.
    pub people: u64,
    /// Those of them who met it in each of these sign-ins anyway.
    pub people_met: u64,
    /// How many sign-ins.
    pub sign_ins: u64,
    /// Those that met it anyway.
    pub sign_ins_met: u64,
}

/// One person's sign-ins to one application that come to the same: a row for a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayRow {
    /// Who.
    pub person: String,
    /// The application.
    pub application: String,
    /// What becomes of them.
    pub verdict: ReplayVerdict,
    /// What is asked for besides, or no more.
    pub asks: Vec<String>,
    /// The policies behind it.
    pub policies: Vec<String>,
    /// How many sign-ins.
    pub sign_ins: u64,
    /// Those that met it anyway.
    pub met: u64,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplayReport {
    /// Records that were read.
    pub records: u64,
    /// Records that were judged.
    pub judged: u64,
    /// Those that the policies that are block already.
    pub blocked: u64,
    /// Sign-ins of service principals, which are no people.
    pub principals: u64,
    /// Sign-ins of people of whom the directory has no account, and how many people.
    pub gone: (u64, u64),
    /// Records that were given again: they count once.
    pub repeated: u64,
    /// Records that say that they are of the tenant.
    pub own: u64,
    /// Why others were not.
    pub not_judged: Vec<(NotJudged, u64)>,
    /// Records that cannot be read, and the first of them.
    pub unreadable: Option<(u64, LogPosition, String)>,
    /// The first and the last moment.
    pub times: Option<(String, String)>,
    /// Why the log was not read to its end.
    pub incomplete: Option<String>,
    /// How far it can be trusted.
    pub calibration: Calibration,
    /// The policies that differ between the two sets.
    pub changed_policies: Vec<String>,
    /// Sign-ins.
    pub sign_ins: VerdictCounts,
    /// People, by the gravest of what becomes of their sign-ins.
    pub people: VerdictCounts,
    /// Everything that changes, the gravest first.
    pub changes: Vec<ReplayChange>,
    /// What is asked for besides.
    pub requirements: Vec<NewRequirement>,
    /// People with a sign-in that changes or may.
    pub by_person: Vec<VerdictRow>,
    /// Applications with one.
    pub by_application: Vec<VerdictRow>,
    /// Policies behind one.
    pub by_policy: Vec<VerdictRow>,
    /// Changes, by person and application.
    pub rows: Vec<ReplayRow>,
    /// What answers with a perhaps hang on, with how many sign-ins.
    pub open: Vec<(String, u64)>,
}

/// How verdicts are told: the gravest first.
fn turn(verdict: ReplayVerdict) -> usize {
    let order = [
        ReplayVerdict::Lost,
        ReplayVerdict::MaybeLost,
        ReplayVerdict::More,
        ReplayVerdict::MaybeMore,
        ReplayVerdict::Gained,
        ReplayVerdict::MaybeGained,
        ReplayVerdict::Less,
        ReplayVerdict::MaybeLess,
        ReplayVerdict::NoChange,
    ];
    order
        .iter()
        .position(|one| *one == verdict)
        .unwrap_or(order.len())
}

impl Replay {
    /// What was found.
    pub fn report(&self, tally: &ReplayTally) -> ReplayReport {
        let mut report = ReplayReport {
            records: tally.records,
            judged: tally.judged,
            blocked: tally.blocked,
            gone: (tally.gone.values().sum(), tally.gone.len() as u64),
            repeated: tally.repeated,
            own: tally.own,
            not_judged: tally
                .not_judged
                .iter()
                .map(|(why, count)| (*why, *count))
                .collect(),
            unreadable: tally.unreadable.clone(),
            times: tally.times.clone(),
            incomplete: None,
            calibration: self.calibration(tally),
            changed_policies: self.changed(),
            open: tally
                .open
                .iter()
                .map(|(fact, count)| (fact.clone(), *count))
                .collect(),
            ..ReplayReport::default()
        };
        report
            .open
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        count(tally, &mut report);
        report
    }

    fn calibration(&self, tally: &ReplayTally) -> Calibration {
        let counted = &tally.calibration;
        let differences = counted.differences.iter();
        let mut differences: Vec<LogDifference> = differences
            .map(|(key, (count, example))| LogDifference {
                cause: key.cause,
                policy: key.policy.clone(),
                recorded: key.recorded.clone(),
                here: key.here.clone(),
                reason: key.reason,
                count: *count,
                example: example.clone(),
            })
            .collect();
        // Stable: what is as frequent stays in the order of its key.
        let order = |one: &LogDifference| {
            let is_unknown = one.cause == DifferenceCause::Unknown;
            (
                one.cause.is_known(),
                !is_unknown,
                std::cmp::Reverse(one.count),
            )
        };
        differences.sort_by_key(order);
        let policies = counted.policies.iter();
        Calibration {
            records: counted.records,
            agree: counted.agree,
            known: counted.known,
            without: counted.without,
            named: counted.named,
            hidden: counted.hidden,
            open: counted.open,
            of_gone: counted.of_gone,
            policies: policies
                .map(|(number, count)| (self.name(*number).to_owned(), *count))
                .collect(),
            reasons: counted
                .reasons
                .iter()
                .map(|(reason, count)| (*reason, *count))
                .collect(),
            differences,
        }
    }
}

#[derive(Default)]
struct Group {
    counts: VerdictCounts,
    others: BTreeSet<u32>,
}

/// Whether it is a person who signed in, and no service principal.
fn is_person(tally: &ReplayTally, who: u32) -> bool {
    let known = tally.people.get(who);
    known.is_none_or(|(key, _)| !key.starts_with(PRINCIPAL))
}

fn count(tally: &ReplayTally, report: &mut ReplayReport) {
    let mut people: BTreeMap<u32, (ReplayVerdict, Group)> = BTreeMap::new();
    let mut applications: BTreeMap<u32, Group> = BTreeMap::new();
    let mut policies: BTreeMap<&str, Group> = BTreeMap::new();
    // Sign-ins and people of each change; and of each requirement, people with those that met it.
    let mut changes: BTreeMap<u32, (u64, BTreeSet<u32>)> = BTreeMap::new();
    let mut requirements: BTreeMap<&str, BTreeMap<u32, (u64, u64)>> = BTreeMap::new();
    for (key, counted) in &tally.rows {
        let RowKey { who, what, change } = *key;
        let Some((change_key, _)) = tally.changes.get(change) else {
            continue;
        };
        let (verdict, count) = (change_key.verdict, counted.records);
        let is_person = is_person(tally, who);
        report.sign_ins.add(verdict, count);
        if !is_person {
            report.principals += count;
        }
        let person = people
            .entry(who)
            .or_insert((ReplayVerdict::NoChange, Group::default()));
        if turn(verdict) < turn(person.0) {
            person.0 = verdict;
        }
        person.1.counts.add(verdict, count);
        let application = applications.entry(what).or_default();
        application.counts.add(verdict, count);
        // What is asked for from now on, and was met as the log says, changes nothing.
        for asked in change_key.met.iter().filter(|_| is_person) {
            let own = requirements.entry(asked).or_default();
            let own = own.entry(who).or_default();
            own.0 += count;
            own.1 += count;
        }
        if verdict == ReplayVerdict::NoChange {
            continue;
        }
        person.1.others.insert(what);
        let own = changes.entry(change).or_default();
        own.0 += count;
        if is_person {
            application.others.insert(who);
            own.1.insert(who);
        }
        for policy in &change_key.because {
            let group = policies.entry(policy).or_default();
            group.counts.add(verdict, count);
            if is_person {
                group.others.insert(who);
            }
        }
        if is_person && matches!(verdict, ReplayVerdict::More | ReplayVerdict::Lost) {
            let each = counted.each.iter().copied().chain(std::iter::repeat(0));
            let asked = change_key.asks.iter().zip(each);
            for (asked, met) in asked.filter(|(one, _)| *one != "block") {
                let own = requirements
                    .entry(asked)
                    .or_default()
                    .entry(who)
                    .or_default();
                own.0 += count;
                own.1 += met;
            }
        }
        let name = |called: Option<&(String, (u64, String))>| {
            called
                .map(|(_, (_, name))| name.clone())
                .unwrap_or_default()
        };
        report.rows.push(ReplayRow {
            person: name(tally.people.get(who)),
            application: name(tally.applications.get(what)),
            verdict,
            asks: change_key.asks.clone(),
            policies: change_key.because.clone(),
            sign_ins: count,
            met: counted.met,
        });
    }
    let persons = people.iter().filter(|(who, _)| is_person(tally, **who));
    for (_, (gravest, _)) in persons {
        report.people.add(*gravest, 1);
    }
    let named = |number: u32, met: &super::tally::Numbered<String, (u64, String)>| {
        met.get(number)
            .map(|(_, (_, name))| name.clone())
            .unwrap_or_default()
    };
    let rows = |groups: Vec<(String, Group)>| {
        let mut rows: Vec<VerdictRow> = (groups.into_iter())
            .filter(|(_, group)| group.counts.changed() > 0)
            .map(|(name, group)| VerdictRow {
                name,
                others: group.others.len() as u64,
                counts: group.counts,
            })
            .collect();
        rows.sort_by(|a, b| {
            let lost = |row: &VerdictRow| row.counts.of(ReplayVerdict::Lost);
            (lost(b), b.counts.changed(), b.others)
                .cmp(&(lost(a), a.counts.changed(), a.others))
                .then_with(|| a.name.cmp(&b.name))
        });
        rows
    };
    let people = people
        .into_iter()
        .filter(|(who, _)| self::is_person(tally, *who))
        .map(|(number, (_, group))| (named(number, &tally.people), group));
    report.by_person = rows(people.collect());
    let applications = applications.into_iter();
    let applications =
        applications.map(|(number, group)| (named(number, &tally.applications), group));
    report.by_application = rows(applications.collect());
    let policies = policies
        .into_iter()
        .map(|(name, group)| (name.to_owned(), group));
    report.by_policy = rows(policies.collect());
    report.changes = (changes.into_iter())
        .filter_map(|(number, (sign_ins, people))| {
            let (key, example) = tally.changes.get(number)?;
            let example = example.as_ref();
            Some(ReplayChange {
                verdict: key.verdict,
                policies: key.because.clone(),
                asks: key.asks.clone(),
                sign_ins,
                people: people.len() as u64,
                example: example.map(|one| one.example.clone()),
                before: example.map(|one| one.before.clone()),
                after: example.map(|one| one.after.clone()),
            })
        })
        .collect();
    report.changes.sort_by(|a, b| {
        (turn(a.verdict), b.people, b.sign_ins)
            .cmp(&(turn(b.verdict), a.people, a.sign_ins))
            .then_with(|| (&a.policies, &a.asks).cmp(&(&b.policies, &b.asks)))
    });
    report.requirements = (requirements.into_iter())
        .map(|(requires, people)| NewRequirement {
            requires: requires.to_owned(),
            people: people.len() as u64,
            people_met: people.values().filter(|(all, met)| all == met).count() as u64,
            sign_ins: people.values().map(|(all, _)| all).sum(),
            sign_ins_met: people.values().map(|(_, met)| met).sum(),
        })
        .collect();
    report.requirements.sort_by(|a, b| {
        b.people
            .cmp(&a.people)
            .then_with(|| a.requires.cmp(&b.requires))
    });
    report.rows.sort_by(|a, b| {
        (
            turn(a.verdict),
            &a.person,
            &a.application,
            &a.policies,
            &a.asks,
        )
            .cmp(&(
                turn(b.verdict),
                &b.person,
                &b.application,
                &b.policies,
                &b.asks,
            ))
    });
}
