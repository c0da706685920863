//! Risk conditions that leave the worst out. Lists match exact levels: `medium` does not
//! include `high` (evaluation section 4).

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::{Confidence, Severity};
use crate::model::enums::RiskLevel;
use crate::model::values::{GraphEnum, List};

pub(super) const RULE: Rule = Rule {
    id: "risk-levels-gap",
    summary: "a risk condition lists a lower level, and no policy covers a higher one",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    check,
};

type Levels = fn(&crate::model::policy::Conditions) -> &List<RiskLevel>;

const CONDITIONS: [(&str, Levels); 3] = [
    ("userRiskLevels", |c| &c.user_risk_levels),
    ("signInRiskLevels", |c| &c.sign_in_risk_levels),
    ("servicePrincipalRiskLevels", |c| {
        &c.service_principal_risk_levels
    }),
];

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    for (name, levels) in CONDITIONS {
        for policy in &policies {
            let listed = levels(&policy.policy.conditions);
            let rank = |level: &RiskLevel| match level {
                RiskLevel::Low => 1,
                RiskLevel::Medium => 2,
                RiskLevel::High => 3,
                _ => 0,
            };
            let Some(lowest) = listed.iter().map(rank).filter(|r| *r > 0).min() else {
                continue;
            };
            let missing: Vec<String> = [RiskLevel::Medium, RiskLevel::High]
                .into_iter()
                .filter(|level| rank(level) > lowest)
                .filter(|level| {
                    !policies
                        .iter()
                        .any(|other| levels(&other.policy.conditions).contains(level))
                })
                .map(|level| format!("`{}`", level.as_str()))
                .collect();
            if !missing.is_empty() {
                report.add(
                    policy.at(&format!("/conditions/{name}")),
                    format!(
                        "`{name}` lists exact levels, and no policy is for {}",
                        missing.join(" and ")
                    ),
                    "add what is missing here, or to another policy",
                );
            }
        }
    }
}
