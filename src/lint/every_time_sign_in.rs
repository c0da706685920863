//! Rule CA-R104 (documentation): a sign-in every time is meant for risk, enrolment and a few
//! sensitive resources. For everything it teaches people to approve whatever asks.

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::enums::{GrantControl, SignInFrequencyInterval};

pub(super) const RULE: Rule = Rule {
    id: LintRule::EveryTimeSignIn,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject
        .policies()
        .filter(|p| p.is_on() && p.is_for_all_resources())
    {
        let frequency = (policy.policy.session_controls.as_ref())
            .and_then(|session| session.sign_in_frequency.as_ref());
        let every_time = frequency.is_some_and(|f| {
            f.is_enabled == Some(true)
                && f.frequency_interval == Some(SignInFrequencyInterval::EveryTime)
        });
        let risk = policy.policy.conditions.stated().any(|row| row.risk);
        // The service asks for it by itself where these remediate.
        let remediates = policy.policy.grant_controls.as_ref().is_some_and(|grant| {
            (grant.built_in_controls.iter()).any(|control| {
                matches!(
                    control,
                    GrantControl::PasswordChange | GrantControl::RiskRemediation
                )
            })
        });
        if every_time && !risk && !remediates {
            report.add(
                policy.at("/sessionControls/signInFrequency/frequencyInterval"),
                "everybody signs in again at every access to any resource: people who are prompted all day approve anything",
                "limit the policy to risk (`signInRiskLevels`, `userRiskLevels`) or to sensitive applications, or use `type: hours` with a value",
            );
        }
    }
}
