//! Policies on everybody that leave nobody out: when what they require fails (an outage of
//! MFA, a lapsed enrolment, a slip in the policy), nobody can come in and mend it.

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::manifest::rules::client_types;
use crate::model::enums::{ClientApp, GrantControl};

pub(super) const RULE: Rule = Rule {
    id: LintRule::NoExclusions,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject
        .policies()
        .filter(|p| p.is_on() && p.is_for_all_users())
    {
        let Some(grant) = &policy.policy.grant_controls else {
            continue; // session controls alone let everybody in
        };
        let apps = policy.policy.conditions.applications.as_ref();
        let resources = apps.is_some_and(|apps| {
            apps.include_user_actions.is_empty()
                && apps
                    .include_authentication_context_class_references
                    .is_empty()
        });
        let excludes = policy.people().is_some_and(|users| {
            !users.exclude_users.is_empty()
                || !users.exclude_groups.is_empty()
                || !users.exclude_roles.is_empty()
        });
        // Another writer keeps them: the live ones are not known here.
        let elsewhere = (policy.manifest.ignore_changes.iter()).any(|path| {
            ["conditions", "conditions.users"].contains(&path.as_str())
                || path.starts_with("conditions.users.exclude")
        });
        // Rule CA-R49 has spoken of what plainly blocks everything. Old protocols, and
        // sign-ins by device code, are nobody's way in for an emergency.
        let conditions = &policy.policy.conditions;
        let blocks = grant.built_in_controls.contains(&GrantControl::Block);
        let narrow = conditions.authentication_flows.is_some()
            || client_types(policy.policy).is_some_and(|types| {
                !types.contains(&ClientApp::Browser)
                    && !types.contains(&ClientApp::MobileAppsAndDesktopClients)
            });
        let told = blocks
            && policy.is_enforced()
            && policy.is_for_all_resources()
            && policy.policy.conditions.narrowing().is_empty()
            && apps.is_some_and(|apps| apps.exclude_applications.is_empty());
        if grant.requirements() > 0 && resources && !excludes && !elsewhere && !narrow && !told {
            report.add(
                policy.at("/conditions/users/includeUsers"),
                "the policy is for all users and excludes nobody: it also applies to break-glass accounts",
                "exclude a group of break-glass accounts, for example `excludeGroups: [CA-BreakGlass]`",
            );
        }
    }
}
