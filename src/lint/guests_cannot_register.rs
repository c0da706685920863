//! Rule CA-R45 (documentation): where registering security information needs MFA, guests of
//! other providers are blocked, and those with a Microsoft account must register here.

use super::view::holds;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::enums::GrantControl;
use crate::model::tables::special;

pub(super) const RULE: Rule = Rule {
    id: LintRule::GuestsCannotRegister,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject
        .policies()
        .filter(|p| p.is_on() && p.is_for_all_users())
    {
        let conditions = &policy.policy.conditions;
        let registers = conditions.applications.as_ref().is_some_and(|apps| {
            holds(
                special::user_actions(),
                &apps.include_user_actions,
                "urn:user:registersecurityinfo",
            )
        });
        let index = (policy.policy.grant_controls.as_ref()).and_then(|grant| {
            (grant.built_in_controls.iter()).position(|control| *control == GrantControl::Mfa)
        });
        let guests_out = policy.people().is_some_and(|users| {
            users.exclude_guests_or_external_users.is_some()
                || holds(special::users(), &users.exclude_users, "GuestsOrExternalUsers")
        });
        if let (true, Some(index), false) = (registers, index, guests_out) {
            report.add(
                policy.at(&format!("/grantControls/builtInControls/{index}")),
                "guests cannot register their security information: many cannot satisfy MFA here before they have registered",
                "exclude them (`excludeUsers: [GuestsOrExternalUsers]`), and cover them by the policies of their home tenant",
            );
        }
    }
}
