//! What recorded sign-ins would get, and how far that can be trusted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::impact::replay::{
    AgreementCount, Calibration, DOUBTFUL_BELOW, LogDifference, LogExample, NewRequirement,
    ReplayChange, ReplayReport, ReplayVerdict, VerdictCounts, VerdictRow,
};
use crate::render::escape::shortened;
use crate::render::human::{BOLD, GREEN, RED, YELLOW, paint};
use crate::render::risk::csv;
use crate::render::whatif::words;
use crate::render::{boxes, proof};
use crate::text::{few_names, visible};
use crate::whatif::{Consequence, SignIn};

/// How many rows of each list a terminal and a comment show; JSON has all.
const MOST: usize = 10;

/// The sign-ins of `impact --logs FILE --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayOutput<'a> {
    /// How far the rest can be trusted.
    pub calibration: CalibrationOutput<'a>,
    /// How many sign-ins come to what: NO_CHANGE, GAINED, LOST, MORE, LESS, and these with MAYBE_
    /// before them where it hangs on a fact that the log does not say.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub sign_ins: IndexMap<&'static str, u64>,
    /// Who and what is behind these numbers.
    pub replay: ReplayDetails<'a>,
}

/// How far a replay can be trusted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalibrationOutput<'a> {
    /// Records of which something was compared.
    pub records: u64,
    /// Those in which everything is as the log says.
    pub agree: u64,
    /// Those that differ by known causes alone: they tell nothing.
    pub agree_but_for_known_causes: u64,
    /// The share of those that agree among the others, in per cent; null where there are none.
    pub agreement: Option<f64>,
    /// The share below which the rest is doubtful.
    pub threshold: f64,
    /// True when the rest is doubtful.
    pub doubtful: bool,
    /// Records that list no policies.
    pub without_policies: u64,
    /// Results that hang on something that the record does not say, and were not compared.
    pub open_results: u64,
    /// Results that hang on the groups of people who have no account in the directory as it was
    /// read, and were not compared.
    pub results_without_account: u64,
    /// Results that the log calls `unknownFutureValue`, and were not compared.
    pub unnamed_results: u64,
    /// Agreement by policy.
    pub policies: Vec<AgreementOutput<'a>>,
    /// Agreement by the condition that rules a policy out, or that it applies.
    pub reasons: Vec<AgreementOutput<'a>>,
    /// The differences: those of unknown causes first.
    pub differences: Vec<LogDifferenceOutput<'a>>,
}

/// Results that were compared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementOutput<'a> {
    /// The policy, or the condition.
    pub name: &'a str,
    /// How many results were compared.
    pub compared: u64,
    /// How many of them are as the log says.
    pub agree: u64,
    /// Their share, in per cent.
    pub agreement: f64,
}

/// Differences of one kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogDifferenceOutput<'a> {
    /// The cause: `unknown`, or one that docs/impact.md lists.
    pub cause: &'static str,
    /// False for an unknown cause.
    pub known: bool,
    /// The policy.
    pub policy: &'a str,
    /// The result in the log.
    pub recorded: &'a str,
    /// The result of the evaluator; empty for a policy that is not there.
    pub here: &'a str,
    /// The condition by which the evaluator rules the policy out.
    pub reason: Option<&'static str>,
    /// How often.
    pub count: u64,
    /// The first one.
    pub example: LogExampleOutput<'a>,
}

/// A record that shows something.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogExampleOutput<'a> {
    /// The id of the record.
    pub record: &'a str,
    /// When it was.
    pub created_date_time: &'a str,
    /// The sign-in, as `whatif` takes it.
    pub sign_in: &'a SignIn,
}

/// Who and what is behind the numbers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayDetails<'a> {
    /// Records that were read.
    pub records: u64,
    /// Records that were judged.
    pub judged: u64,
    /// Records that were not judged, by the reason.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub not_judged: IndexMap<&'static str, u64>,
    /// Records that cannot be read.
    pub unreadable: u64,
    /// Records that were given again: they count once.
    pub repeated: u64,
    /// Sign-ins that the policies before the change block already.
    pub blocked_already: u64,
    /// Sign-ins of service principals, which are not people.
    pub service_principals: u64,
    /// Sign-ins of people who have no account in the directory as it was read.
    pub without_account: u64,
    /// How many people these are.
    pub people_without_account: u64,
    /// The first moment.
    pub from: Option<&'a str>,
    /// The last moment.
    pub to: Option<&'a str>,
    /// Why the log was not read to its end; null when it was.
    pub incomplete: Option<&'a str>,
    /// The policies that differ between the two sets.
    pub changed_policies: &'a [String],
    /// People, by the gravest of what becomes of their sign-ins.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub people: IndexMap<&'static str, u64>,
    /// What is asked for besides.
    pub requirements: Vec<RequirementOutput<'a>>,
    /// What changes, the gravest first.
    pub changes: Vec<ReplayChangeOutput<'a>>,
    /// People with a sign-in that changes, or may.
    pub by_person: Vec<VerdictRowOutput<'a>>,
    /// Applications with one.
    pub by_application: Vec<VerdictRowOutput<'a>>,
    /// Policies behind one.
    pub by_policy: Vec<VerdictRowOutput<'a>>,
    /// What answers with MAYBE_ hang on, with how many sign-ins.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub open: IndexMap<&'a str, u64>,
}

/// Something that people are asked for who were not.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequirementOutput<'a> {
    /// What.
    pub requires: &'a str,
    /// How many people.
    pub people: u64,
    /// Those of them who met it in each of these sign-ins anyway.
    pub people_met_anyway: u64,
    /// How many sign-ins.
    pub sign_ins: u64,
    /// Those that met it anyway.
    pub sign_ins_met_anyway: u64,
}

/// A change that sign-ins have in common.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayChangeOutput<'a> {
    /// What it is.
    pub kind: &'static str,
    /// The policies behind it.
    pub policies: &'a [String],
    /// What is asked for besides, or no more.
    pub asks: &'a [String],
    /// How many sign-ins.
    pub sign_ins: u64,
    /// Of how many people.
    pub people: u64,
    /// The first one.
    pub example: Option<LogExampleOutput<'a>>,
    /// What it gets now.
    pub before: Option<&'a Consequence>,
    /// What it would get.
    pub after: Option<&'a Consequence>,
}

/// Sign-ins of a person, to an application, or under a policy.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerdictRowOutput<'a> {
    /// Who, or which.
    pub name: &'a str,
    /// How many people, or for a person how many applications, have a sign-in that changes or may.
    pub others: u64,
    /// What the sign-ins come to.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub sign_ins: IndexMap<&'static str, u64>,
}

fn counts(counts: &VerdictCounts) -> IndexMap<&'static str, u64> {
    let all = ReplayVerdict::ALL.into_iter();
    all.map(|verdict| (verdict.as_str(), counts.of(verdict)))
        .collect()
}

/// A share with two digits behind the point, cut so that 100 is all of it.
fn cut(percent: f64) -> f64 {
    (percent * 100.0).floor() / 100.0
}

fn example(example: &LogExample) -> LogExampleOutput<'_> {
    LogExampleOutput {
        record: &example.id,
        created_date_time: &example.at,
        sign_in: &example.sign_in,
    }
}

/// For programs.
pub fn json(report: &ReplayReport) -> ReplayOutput<'_> {
    ReplayOutput {
        calibration: calibration(&report.calibration),
        sign_ins: counts(&report.sign_ins),
        replay: ReplayDetails {
            records: report.records,
            judged: report.judged,
            not_judged: (report.not_judged.iter())
                .map(|(why, count)| (why.as_str(), *count))
                .collect(),
            unreadable: report.unreadable.as_ref().map_or(0, |(count, ..)| *count),
            repeated: report.repeated,
            blocked_already: report.blocked,
            service_principals: report.principals,
            without_account: report.gone.0,
            people_without_account: report.gone.1,
            from: report.times.as_ref().map(|(from, _)| from.as_str()),
            to: report.times.as_ref().map(|(_, to)| to.as_str()),
            incomplete: report.incomplete.as_deref(),
            changed_policies: &report.changed_policies,
            people: counts(&report.people),
            requirements: report.requirements.iter().map(requirement).collect(),
            changes: report.changes.iter().map(change).collect(),
            by_person: report.by_person.iter().map(row).collect(),
            by_application: report.by_application.iter().map(row).collect(),
            by_policy: report.by_policy.iter().map(row).collect(),
            open: (report.open.iter())
                .map(|(fact, count)| (fact.as_str(), *count))
                .collect(),
        },
    }
}

fn row(own: &VerdictRow) -> VerdictRowOutput<'_> {
    VerdictRowOutput {
        name: &own.name,
        others: own.others,
        sign_ins: counts(&own.counts),
    }
}

fn calibration(own: &Calibration) -> CalibrationOutput<'_> {
    CalibrationOutput {
        records: own.records,
        agree: own.agree,
        agree_but_for_known_causes: own.known,
        agreement: own.percent().map(cut),
        threshold: DOUBTFUL_BELOW,
        doubtful: own.is_doubtful(),
        without_policies: own.without,
        open_results: own.open,
        results_without_account: own.of_gone,
        unnamed_results: own.hidden,
        policies: (own.policies.iter())
            .map(|(name, count)| agreement(name, count))
            .collect(),
        reasons: (own.reasons.iter())
            .map(|(name, count)| agreement(name, count))
            .collect(),
        differences: own.differences.iter().map(difference).collect(),
    }
}

fn agreement<'a>(name: &'a str, count: &AgreementCount) -> AgreementOutput<'a> {
    AgreementOutput {
        name,
        compared: count.compared,
        agree: count.agree,
        agreement: cut(count.percent()),
    }
}

fn difference(own: &LogDifference) -> LogDifferenceOutput<'_> {
    LogDifferenceOutput {
        cause: own.cause.as_str(),
        known: own.cause.is_known(),
        policy: &own.policy,
        recorded: &own.recorded,
        here: &own.here,
        reason: own.reason,
        count: own.count,
        example: example(&own.example),
    }
}

fn requirement(own: &NewRequirement) -> RequirementOutput<'_> {
    RequirementOutput {
        requires: &own.requires,
        people: own.people,
        people_met_anyway: own.people_met,
        sign_ins: own.sign_ins,
        sign_ins_met_anyway: own.sign_ins_met,
    }
}

fn change(own: &ReplayChange) -> ReplayChangeOutput<'_> {
    ReplayChangeOutput {
        kind: own.verdict.as_str(),
        policies: &own.policies,
        asks: &own.asks,
        sign_ins: own.sign_ins,
        people: own.people,
        example: own.example.as_ref().map(example),
        before: own.before.as_ref(),
        after: own.after.as_ref(),
    }
}

/// So many of something, in words.
fn many(count: u64, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    }
}

pub(in crate::render) fn sign_ins(count: u64) -> String {
    many(count, "sign-in", "sign-ins")
}

fn people(count: u64) -> String {
    many(count, "person", "people")
}

fn applications(count: u64) -> String {
    many(count, "application", "applications")
}

/// The sentence on how far the rest can be trusted.
pub(in crate::render) fn trust(report: &ReplayReport) -> String {
    let own = &report.calibration;
    let Some(percent) = own.percent() else {
        let why = match (own.known, own.hidden) {
            (0, 0) => "No record lists what policies did, so nothing can be compared",
            (0, _) => {
                "The log calls what policies did `unknownFutureValue`, so nothing can be compared: read it with the header `Prefer: include-unknown-enum-members`"
            }
            _ => {
                "Every record that lists what policies did differs from the log for a known cause, so nothing is known of the policies as they are now"
            }
        };
        return format!("{why}. What follows is doubtful.");
    };
    let share = format!(
        "{} % of {} agree with the log",
        cut(percent),
        many(own.telling(), "record", "records")
    );
    let share = match own.known {
        0 => share,
        1 => format!("{share}; 1 more differs for known causes only and does not count"),
        known => {
            format!("{share}; {known} more differ for known causes only and do not count")
        }
    };
    match own.is_doubtful() {
        true => format!("{share}. That is less than {DOUBTFUL_BELOW} %: what follows is doubtful."),
        false => format!("{share}."),
    }
}

/// Notes on what was read, as sentences.
pub(in crate::render) fn notes(report: &ReplayReport) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(why) = &report.incomplete {
        notes.push(format!(
            "The log is not complete: {why}. What follows is about the {} before that.",
            many(report.records, "record", "records")
        ));
    }
    if report.repeated > 0 {
        let said = match report.repeated {
            1 => "1 record was given again and counts once.".to_owned(),
            many => format!("{many} records were given again and count once."),
        };
        notes.push(said);
    }
    if report.gone.0 > 0 {
        notes.push(format!(
            "{} of {} no account in the directory now: the groups that they were in are not known.",
            sign_ins(report.gone.0),
            many(report.gone.1, "person who has", "people who have")
        ));
    }
    if report.principals > 0 {
        notes.push(format!(
            "{} of service principals: they count as sign-ins, not as people.",
            sign_ins(report.principals)
        ));
    }
    for (why, count) in &report.not_judged {
        let records = many(*count, "record", "records");
        notes.push(format!("{records} not judged: {}.", why.words()));
    }
    if let Some((count, at, why)) = &report.unreadable {
        let records = many(*count, "record", "records");
        notes.push(format!(
            "{records} not read; the first, at line {}: {why}.",
            at.line
        ));
    }
    notes
}

/// How many sign-ins were blocked anyway, so that NO_CHANGE is not taken for passing.
pub(in crate::render) fn blocked(report: &ReplayReport) -> Option<String> {
    match report.blocked {
        0 => None,
        count => Some(format!(
            "Of these, {} blocked already by the policies before the change.",
            many(count, "sign-in is", "sign-ins are")
        )),
    }
}

/// What people are asked for besides, as sentences.
pub(in crate::render) fn requirements(report: &ReplayReport) -> Vec<String> {
    let all = report.requirements.iter();
    all.map(|one| {
        format!(
            "Of {} who must now meet `{}`, {} did so anyway in these sign-ins ({} of {}).",
            people(one.people),
            one.requires,
            one.people_met,
            one.sign_ins_met,
            sign_ins(one.sign_ins)
        )
    })
    .collect()
}

pub(in crate::render) fn told(difference: &LogDifference) -> String {
    let here = match (difference.here.as_str(), difference.reason) {
        ("", _) => "no such policy".to_owned(),
        (here, Some(reason)) => format!("`{here}` ({reason})"),
        (here, None) => format!("`{here}`"),
    };
    format!(
        "{}: the log says `{}`, the evaluator {here}; {}",
        difference.policy,
        difference.recorded,
        many(difference.count, "time", "times")
    )
}

/// What is behind a change, in a line.
pub(in crate::render) fn behind(change: &ReplayChange) -> String {
    let mut parts = Vec::new();
    if !change.asks.is_empty() {
        let word = if change.verdict.is_less() {
            "no more"
        } else {
            "new"
        };
        parts.push(format!("{word}: {}", few_names(&change.asks, 5)));
    }
    if !change.policies.is_empty() {
        parts.push(format!("by {}", few_names(&change.policies, 5)));
    }
    parts.join("; ")
}

/// For a terminal. `command` judges a sign-in before and after.
pub fn human(report: &ReplayReport, command: &str) -> String {
    let mut out = String::new();
    let time = match &report.times {
        Some((from, to)) => format!(", {from} to {to}"),
        None => String::new(),
    };
    let heading = format!("Replay of {}{time}", sign_ins(report.judged));
    let _ = writeln!(out, "{}", paint(BOLD, &visible(&heading, false)));
    for note in notes(report) {
        let _ = writeln!(out, "  {}", paint(YELLOW, &visible(&note, false)));
    }
    let style = if report.calibration.is_doubtful() {
        RED
    } else {
        GREEN
    };
    let _ = writeln!(out, "\nCalibration: {}", paint(style, &trust(report)));
    calibrated(&mut out, report);
    let _ = writeln!(
        out,
        "\n{}",
        paint(
            BOLD,
            "With the policies after the change (people under the gravest of their sign-ins)"
        )
    );
    for verdict in ReplayVerdict::ALL {
        let (count, who) = (report.sign_ins.of(verdict), report.people.of(verdict));
        if count > 0 || verdict == ReplayVerdict::NoChange {
            let _ = writeln!(
                out,
                "  {:>12}  {}{}",
                verdict.as_str(),
                sign_ins(count),
                match who {
                    0 => String::new(),
                    who => format!("; {}", people(who)),
                }
            );
        }
    }
    if let Some(line) = blocked(report) {
        let _ = writeln!(out, "  {line}");
    }
    for line in requirements(report) {
        let _ = writeln!(out, "\n{}", visible(&line, false));
    }
    changes(&mut out, report, command);
    for (title, rows, others) in [
        ("By policy", &report.by_policy, people as fn(u64) -> String),
        ("By application", &report.by_application, people),
        ("By person", &report.by_person, applications),
    ] {
        table(&mut out, title, rows, others);
    }
    if !report.open.is_empty() {
        let _ = writeln!(
            out,
            "\n{}",
            paint(BOLD, "What the answers of MAYBE depend on")
        );
        for (fact, count) in report.open.iter().take(MOST) {
            let _ = writeln!(out, "  {}: {}", visible(fact, false), sign_ins(*count));
        }
    }
    out
}

fn calibrated(out: &mut String, report: &ReplayReport) {
    let own = &report.calibration;
    if own.without > 0 {
        let _ = writeln!(
            out,
            "  {} list no policies (none was evaluated, or a permission to read policies was missing when the log was read)",
            many(own.without, "record", "records")
        );
    }
    if own.open > 0 {
        let _ = writeln!(
            out,
            "  {} not compared: what they hang on is not in the log",
            many(own.open, "result", "results")
        );
    }
    if own.of_gone > 0 {
        let _ = writeln!(
            out,
            "  {} not compared: the person is no longer in the directory, so their groups are not known",
            many(own.of_gone, "result", "results")
        );
    }
    if own.hidden > 0 {
        let _ = writeln!(
            out,
            "  {} not compared: the log calls them `unknownFutureValue`; read it with the header `Prefer: include-unknown-enum-members`",
            many(own.hidden, "result", "results")
        );
    }
    let mut cause = None;
    for difference in own.differences.iter().take(2 * MOST) {
        if cause != Some(difference.cause) {
            cause = Some(difference.cause);
            let style = if difference.cause.is_known() {
                YELLOW
            } else {
                RED
            };
            let _ = writeln!(out, "  {}", paint(style, difference.cause.words()));
        }
        let _ = writeln!(out, "    {}", visible(&told(difference), false));
        let example = &difference.example;
        let record = match example.id.as_str() {
            "" => String::new(),
            id => format!("record {id}, {}: ", example.at),
        };
        let line = format!("such as {record}{}", words::sign_in(&example.sign_in));
        let _ = writeln!(out, "      {}", visible(&shortened(&line, 400), false));
    }
    if own.differences.len() > 2 * MOST {
        let more = own.differences.len() - 2 * MOST;
        let _ = writeln!(out, "    and {more} more; `--format json` has them all");
    }
    let below: Vec<String> = (own.policies.iter())
        .filter(|(_, count)| count.agree < count.compared)
        .map(|(name, count)| format!("{name} ({} %)", cut(count.percent())))
        .collect();
    if !below.is_empty() {
        let line = format!("by policy: {}", few_names(below, MOST));
        let _ = writeln!(out, "  {}", visible(&line, false));
    }
    let below: Vec<String> = (own.reasons.iter())
        .filter(|(_, count)| count.agree < count.compared)
        .map(|(name, count)| format!("{name} ({} %)", cut(count.percent())))
        .collect();
    if !below.is_empty() {
        let _ = writeln!(out, "  by reason: {}", few_names(below, MOST));
    }
}

fn changes(out: &mut String, report: &ReplayReport, command: &str) {
    let mut last = None;
    for change in report.changes.iter().take(MOST) {
        if last != Some(change.verdict) {
            last = Some(change.verdict);
            let style = match change.verdict {
                ReplayVerdict::Lost | ReplayVerdict::Gained => RED,
                ReplayVerdict::More | ReplayVerdict::Less => GREEN,
                _ => YELLOW,
            };
            let _ = writeln!(out, "\n{}", paint(style, change.verdict.as_str()));
        }
        let line = format!(
            "{}{}; {}",
            sign_ins(change.sign_ins),
            match change.people {
                0 => String::new(),
                who => format!(" of {}", people(who)),
            },
            behind(change)
        );
        let _ = writeln!(out, "  {}", visible(&line, false));
        if let (Some(before), Some(after), Some(example)) =
            (&change.before, &change.after, &change.example)
        {
            let _ = writeln!(out, "    before: {}", visible(&boxes::got(before), false));
            let _ = writeln!(out, "    after:  {}", visible(&boxes::got(after), false));
            if let Some(line) =
                proof::replay(command, &example.sign_in).filter(|_| !command.is_empty())
            {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    if report.changes.len() > MOST {
        let more = report.changes.len() - MOST;
        let _ = writeln!(out, "  and {more} more; `--format json` has them all");
    }
}

fn table(out: &mut String, title: &str, rows: &[VerdictRow], others: fn(u64) -> String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint(BOLD, title));
    for row in rows.iter().take(MOST) {
        let _ = writeln!(
            out,
            "  {}: {} ({})",
            visible(&row.name, false),
            told_counts(&row.counts),
            others(row.others)
        );
    }
    if rows.len() > MOST {
        let _ = writeln!(out, "  and {} more", rows.len() - MOST);
    }
}

/// `LOST 3, MORE 12`
pub(in crate::render) fn told_counts(counts: &VerdictCounts) -> String {
    let some = ReplayVerdict::ALL
        .into_iter()
        .filter(|verdict| counts.of(*verdict) > 0);
    let told: Vec<String> = some
        .filter(|verdict| *verdict != ReplayVerdict::NoChange)
        .map(|verdict| format!("{} {}", verdict.as_str(), counts.of(verdict)))
        .collect();
    told.join(", ")
}

/// Rows for a spreadsheet: the sign-ins of a person to an application that come to the same.
pub fn rows(report: &ReplayReport) -> String {
    let line = |fields: [&str; 7]| csv::line(fields.into_iter().map(str::to_owned));
    let mut out = line([
        "person",
        "application",
        "change",
        "signIns",
        "metAnyway",
        "asks",
        "policies",
    ]);
    for row in &report.rows {
        out.push_str(&line([
            &row.person,
            &row.application,
            row.verdict.as_str(),
            &row.sign_ins.to_string(),
            &row.met.to_string(),
            &row.asks.join("; "),
            &row.policies.join("; "),
        ]));
    }
    out
}
