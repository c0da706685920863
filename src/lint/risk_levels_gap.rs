//! Risk conditions that leave the worst out. Lists match exact levels: `medium` does not
//! include `high`.

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::conditions::CONDITIONS;

pub(super) const RULE: Rule = Rule {
    id: LintRule::RiskLevelsGap,
    check,
};

/// The levels that come in an order; of others nothing is said.
const ORDER: [&str; 3] = ["low", "medium", "high"];

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    for row in CONDITIONS.iter().filter(|row| row.risk) {
        let name = row.name;
        let has = |policy: &Policy<'_>, level: &str| {
            (row.read)(&policy.policy.conditions).sides().0.contains(&level)
        };
        let held = |level: &&str| policies.iter().any(|policy| has(policy, level));
        let held: Vec<&str> = ORDER.into_iter().filter(held).collect();
        for policy in &policies {
            let Some(lowest) = ORDER.iter().position(|level| has(policy, level)) else {
                continue;
            };
            let missing: Vec<String> = ORDER
                .iter()
                .skip(lowest + 1)
                .filter(|level| !held.contains(level))
                .map(|level| format!("`{level}`"))
                .collect();
            if !missing.is_empty() {
                report.add(
                    policy.at(&row.pointer("")),
                    format!(
                        "`{name}` lists exact levels, and no policy covers {}",
                        missing.join(" and ")
                    ),
                    "add what is missing here, or to another policy",
                );
            }
        }
    }
}
