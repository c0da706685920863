//! Advice on manifests: what Graph takes and people came to regret. What is said about each
//! rule stands in [`crate::finding::registry::advice`].
//!
//! One rule, one file, named like its id. A rule sees all manifests of one tenant, and no
//! tenant: what it cannot know lowers its confidence, not its severity. What Graph itself
//! refuses, and what its documentation warns of in a single object, is in
//! [`crate::manifest::rules`]; what a change does is for guards in `plan`.
//!
//! A finding is taken back where it stands by a comment (see [`crate::manifest::allow`]);
//! a rule is tuned for the project under `lint:` in `gatewright.yaml`.

mod candidates;
mod covers;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::finding::{self, Code, Finding, Graph, LintRule, Place, Severity, did_you_mean};
use crate::manifest::allow::{self, Allowed, Allows};
use crate::manifest::config::ConfigFile;
use crate::manifest::lint::LintSeverity;
use crate::manifest::project::Desired;
use crate::manifest::yaml::Document;
use crate::model::policy::ConditionalAccessPolicy;
use crate::text::pointer::below;

macro_rules! rules {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+

        /// Every rule, by id.
        pub const RULES: &[Rule] = &[$($module::RULE),+];
    };
}

rules! {
    device_filter,
    duplicate_policy,
    every_time_sign_in,
    gps_location,
    guests_cannot_register,
    included_and_excluded,
    legacy_authentication,
    matches_nobody,
    naming,
    no_exclusions,
    report_only_for_long,
    risk_levels_gap,
    shadowed_policy,
    unknown_platforms,
    unused_object,
    wide_trusted_location,
}

pub(crate) use device_filter::filters_nothing;

/// The rules that compare manifests: with some of them missing they would find what is not so.
const OF_ALL: [LintRule; 5] = [
    LintRule::DuplicatePolicy,
    LintRule::LegacyAuthentication,
    LintRule::RiskLevelsGap,
    LintRule::ShadowedPolicy,
    LintRule::UnusedObject,
];

/// One rule of lint.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The id. Stable: comments and the project file name it. Severity and confidence of a
    /// finding are those of its row, unless the rule or the project says otherwise.
    pub id: LintRule,
    check: fn(&Subject<'_>, &mut RuleFindings<'_>),
}

impl Rule {
    /// How grave a finding is.
    fn severity(&self) -> Severity {
        let severities = self.id.row().severities;
        severities.first().copied().unwrap_or(Severity::Warning)
    }

    fn finding(&self, place: Place, message: String, help: String) -> Finding {
        let mut finding = Finding::warning(Code::Lint, message)
            .rule(self.id)
            .at(place)
            .help(help);
        finding.severity = self.severity();
        finding.confidence = self.id.row().confidence;
        finding
    }
}

/// What the rules look at: the manifests of a project, for one tenant.
pub struct Subject<'a> {
    /// The project file.
    pub file: &'a ConfigFile,
    /// The manifests, without an error.
    pub desired: &'a Desired,
    /// The time at which is looked.
    pub now: Timestamp,
    seen: view::Seen,
}

impl<'a> Subject<'a> {
    /// The manifests of a project, without an error, at this time.
    pub fn new(file: &'a ConfigFile, desired: &'a Desired, now: Timestamp) -> Subject<'a> {
        Subject {
            file,
            desired,
            now,
            seen: view::Seen::default(),
        }
    }
}

/// Takes the findings of one rule.
struct RuleFindings<'a> {
    rule: &'a Rule,
    findings: Vec<Finding>,
}

impl RuleFindings<'_> {
    /// Notes a finding; the rule may change its severity and confidence.
    fn add(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let finding = self.rule.finding(place, message.into(), help.into());
        self.findings.push_mut(finding)
    }
}

/// What a check gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advice {
    /// What is to be shown.
    pub findings: Vec<Finding>,
    /// What comments took back.
    pub allowed: Vec<Allowed>,
}

/// Checks the manifests of a project, as they were loaded for some of its tenants, and
/// takes back what comments allow. Where a manifest is missing or wrong, the rest gets the advice
/// that concerns it alone.
///
/// `whole` is true when `loads` are those of every tenant: only then can a comment be said
/// to allow nothing.
pub fn check(
    file: &ConfigFile,
    loads: Vec<(Desired, Vec<Finding>)>,
    now: Timestamp,
    whole: bool,
) -> Advice {
    let mut findings = Vec::new();
    let mut changed = BTreeSet::new();
    let mut complete = whole;
    let mut advised = Vec::new();
    for (desired, found) in &loads {
        findings.extend(found.iter().cloned());
        complete &= !finding::has_errors(found);
        advised.push(advice(file, desired, now, &mut changed));
    }
    findings.extend(unused_by_all(&loads, advised));
    // Before comments are matched, so that one comment is enough for all tenants.
    finding::tidy(&mut findings);
    let documents = loads
        .iter()
        .flat_map(|(desired, _)| desired.documents())
        .chain([&file.document]);
    let mut allows = Allows::of(documents);
    let (mut findings, allowed) = allows.apply(findings);
    let known = allowable();
    findings.extend(allows.malformed(&known));
    if complete {
        findings.extend(allows.unused(&known, &[report_only_for_long::RULE.id.as_str()]));
    }
    findings.extend(tunings(file, complete.then_some(&changed)));
    finding::tidy(&mut findings);
    Advice { findings, allowed }
}

/// The advice of all loads, without objects that are unused in some of them alone: one tenant needs
/// what another does not.
fn unused_by_all(
    loads: &[(Desired, Vec<Finding>)],
    advised: Vec<Vec<Finding>>,
) -> impl Iterator<Item = Finding> {
    let is_unused = |found: &Finding| found.rule == Some(LintRule::UnusedObject.into());
    let used: Vec<Place> = (loads.iter().zip(&advised))
        .flat_map(|((desired, _), found)| {
            let of_load = |place: &Place| {
                let mut unused = found.iter().filter(|found| is_unused(found));
                unused.any(|found| found.place.as_deref() == Some(place))
            };
            let places = desired.manifests.iter().map(|manifest| manifest.place());
            places.filter(|place| !of_load(place)).collect::<Vec<_>>()
        })
        .collect();
    let is_kept = move |found: &Finding| {
        let place = found.place.as_deref();
        !is_unused(found) || place.is_none_or(|place| !used.contains(place))
    };
    advised.into_iter().flatten().filter(is_kept)
}

/// What the rules say of the manifests as they were loaded.
fn advice(
    file: &ConfigFile,
    desired: &Desired,
    now: Timestamp,
    changed: &mut BTreeSet<&'static str>,
) -> Vec<Finding> {
    let subject = Subject::new(file, desired, now);
    let (sound, unsound): (Vec<_>, Vec<_>) =
        (desired.manifests.iter()).partition(|manifest| manifest.unjudged.is_empty());
    let has_all = !desired.is_partial && unsound.is_empty();
    let mut findings = Vec::new();
    for rule in RULES
        .iter()
        .filter(|rule| has_all || !OF_ALL.contains(&rule.id))
    {
        let mut found = run(rule, &subject);
        if !unsound.is_empty() {
            let stands = |place: &Place| sound.iter().any(|one| one.document.holds(place));
            found.retain(|found| found.place.as_deref().is_none_or(stands));
        }
        findings.extend(tuned(rule, found, file, changed));
    }
    findings
}

/// What the rules say of some manifests of a project without an error, tuned, and without what
/// comments allow: of those that stand in the documents that `is_meant` picks.
pub fn of_documents(
    file: &ConfigFile,
    desired: &Desired,
    now: Timestamp,
    is_meant: impl Fn(&Document) -> bool,
) -> Vec<Finding> {
    let meant: Vec<&Document> = desired.documents().filter(|one| is_meant(one)).collect();
    if meant.is_empty() {
        return Vec::new();
    }
    let mut found = advice(file, desired, now, &mut BTreeSet::new());
    found.retain(|found| {
        let place = found.place.as_deref();
        place.is_some_and(|place| meant.iter().any(|document| document.holds(place)))
    });
    without_allowed(desired, found)
}

/// Policies that have been in report-only for long by the dates of the live policies:
/// `live` answers the live policy of a display name or id. Tuned and allowed as ever.
pub fn report_only<'a>(
    file: &ConfigFile,
    desired: &Desired,
    now: Timestamp,
    live: impl Fn(&str) -> Option<&'a ConditionalAccessPolicy>,
) -> Vec<Finding> {
    let subject = Subject::new(file, desired, now);
    let found = report_only_for_long::live(&subject, live);
    tuned(
        &report_only_for_long::RULE,
        found,
        file,
        &mut BTreeSet::new(),
    )
}

/// Takes back what comments in the manifests allow, for a command that shows warnings on
/// its way to something else.
pub fn without_allowed(desired: &Desired, findings: Vec<Finding>) -> Vec<Finding> {
    if findings.is_empty() {
        return findings;
    }
    Allows::of(desired.documents()).apply(findings).0
}

fn run(rule: &Rule, subject: &Subject<'_>) -> Vec<Finding> {
    let mut report = RuleFindings {
        rule,
        findings: Vec::new(),
    };
    (rule.check)(subject, &mut report);
    report.findings
}

/// The findings of a rule as grave as the project says. Notes in `changed` that it did say
/// something that made a difference.
fn tuned(
    rule: &Rule,
    mut found: Vec<Finding>,
    file: &ConfigFile,
    changed: &mut BTreeSet<&'static str>,
) -> Vec<Finding> {
    let Some(tuning) = file.config.lint.rules.get(rule.id.as_str()) else {
        return found;
    };
    let severity = tuning.severity.severity();
    if found.iter().any(|f| Some(f.severity) != severity) {
        changed.insert(rule.id.as_str());
    }
    match severity {
        Some(severity) => found.iter_mut().for_each(|f| f.severity = severity),
        None => found.clear(),
    }
    found
}

/// What is wrong with the tunings of the project file: a rule that there is not, and, when
/// it is known which made a difference, one that loosens what nothing breaks.
fn tunings(file: &ConfigFile, changed: Option<&BTreeSet<&'static str>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, tuning) in &file.config.lint.rules {
        let at = below("/lint/rules", id);
        let Some(rule) = RULES.iter().find(|rule| rule.id.as_str() == id) else {
            let help = did_you_mean(id, RULES.iter().map(|rule| rule.id.as_str())).map_or_else(
                || "docs/rules/advice.md lists the rules".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            findings.push(
                Finding::error(Code::Config, format!("`{id}` is not a lint rule"))
                    .at(file.document.key_place(&at))
                    .help(help),
            );
            continue;
        };
        let looser = match tuning.severity {
            LintSeverity::Off => true,
            level => level.severity().is_some_and(|s| s > rule.severity()),
        };
        if looser
            && rule.id.as_str() != report_only_for_long::RULE.id.as_str()
            && changed.is_some_and(|changed| !changed.contains(rule.id.as_str()))
        {
            findings.push(
                Finding::hint(
                    Code::Config,
                    format!("no manifest breaks `{id}`: the tuning has no effect"),
                )
                .at(file.document.key_place(&at))
                .help("remove the entry"),
            );
        }
    }
    findings
}

/// What a comment may name: rules of advice and of Graph, and findings without a rule that are
/// no errors.
fn allowable() -> Vec<&'static str> {
    let codes = allow::CODES.map(Code::as_str);
    let graph = Graph::ALL.iter().map(|rule| rule.as_str());
    let advice = LintRule::ALL.iter().map(|rule| rule.as_str());
    advice.chain(graph).chain(codes).collect()
}
