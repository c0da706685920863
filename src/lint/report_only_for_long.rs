//! Policies that were put into report-only and forgotten there: they protect nobody.
//!
//! A manifest says since when only if it was pasted with its dates; the tenant knows. So
//! `plan`, which has read the tenant, asks [`super::report_only`].

use jiff::{SignedDuration, Timestamp};

use super::view::{Policy};
use super::{RuleFindings, Rule, Subject};
use crate::finding::{Finding, LintRule};
use crate::model::policy::ConditionalAccessPolicy;
use crate::text::counted;

pub(super) const RULE: Rule = Rule {
    id: LintRule::ReportOnlyForLong,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject.policies() {
        judge(subject, policy, policy.policy, report);
    }
}

/// As the rule, with the live policies that the manifests are about: `live` answers the live
/// policy of a display name or id.
pub(super) fn live<'a>(
    subject: &Subject<'_>,
    live: impl Fn(&str) -> Option<&'a ConditionalAccessPolicy>,
) -> Vec<Finding> {
    let mut report = RuleFindings {
        rule: &RULE,
        findings: Vec::new(),
    };
    for policy in subject.policies() {
        let found = policy.manifest.pin().and_then(&live);
        if let Some(found) = found.or_else(|| live(policy.name()))
            && found.state == policy.policy.state
        {
            judge(subject, policy, found, &mut report);
        }
    }
    report.findings
}

fn judge(
    subject: &Subject<'_>,
    policy: Policy<'_>,
    dated: &ConditionalAccessPolicy,
    report: &mut RuleFindings<'_>,
) {
    if !policy.is_report_only() {
        return;
    }
    // A change of any kind begins the time anew: it was in report-only for this long at least.
    let Some(since) = dated
        .modified_date_time
        .as_ref()
        .or(dated.created_date_time.as_ref())
        .and_then(|text| text.parse::<Timestamp>().ok())
    else {
        return;
    };
    let limit = subject.file.config.lint.report_only_days();
    let age = subject.now.duration_since(since);
    if age < SignedDuration::from_hours(24 * i64::from(limit)) {
        return;
    }
    let days = u64::try_from(age.as_hours() / 24).unwrap_or_default();
    report.add(
        policy.at("/state"),
        format!(
            "the policy has been in report-only, unchanged, for {}: it protects nobody",
            counted(days, "day")
        ),
        format!(
            "check its results in the sign-in logs, then write `state: enabled`, or delete it; `reportOnlyDays` under `lint:` in gatewright.yaml sets the limit of {}",
            counted(limit, "day")
        ),
    );
}
