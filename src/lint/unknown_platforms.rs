//! Requirements that hold on listed platforms alone. The platform is what the client says of
//! itself; one that is not known is matched by `all` and by no list.

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::enums::{DevicePlatform, GrantControl};

pub(super) const RULE: Rule = Rule {
    id: LintRule::UnknownPlatforms,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    // Any policy that reaches platforms that are not known: it is not asked for whom.
    let covered = policies.iter().any(|policy| {
        let grants = (policy.policy.grant_controls.as_ref()).is_some_and(|g| g.requirements() > 0);
        let everywhere = match &policy.policy.conditions.platforms {
            Some(platforms) => platforms.include_platforms.contains(&DevicePlatform::All),
            None => policy.is_for_all_users() && policy.is_for_all_resources(),
        };
        let risk = policy.policy.conditions.stated().any(|row| row.risk);
        grants && everywhere && !risk && policy.people().is_some()
    });
    if covered {
        return;
    }
    for policy in policies {
        let Some(platforms) = &policy.policy.conditions.platforms else {
            continue;
        };
        let requires = policy.policy.grant_controls.as_ref().is_some_and(|grant| {
            grant.requirements() > 0 && !grant.built_in_controls.contains(&GrantControl::Block)
        });
        if requires && !platforms.include_platforms.is_empty() {
            report.add(
                policy.at("/conditions/platforms/includePlatforms"),
                "a client that claims another platform is not covered: no policy is for platforms that are not listed",
                "add a policy with `includePlatforms: [all]` and the known platforms in `excludePlatforms`, which blocks the rest",
            );
            return; // once is enough: it is about the whole
        }
    }
}
