//! Old protocols (POP, IMAP, SMTP, Exchange ActiveSync with a password, ...) know no second
//! factor: a stolen password is enough. A policy has to block them, or to require of all
//! clients what they cannot do (documentation: client apps).

use super::view::{Policy, holds, quote};
use super::{RuleFindings, Rule, Subject};
use crate::finding::{Confidence, LintRule, Severity};
use crate::manifest::rules::client_types;
use crate::model::Kind;
use crate::model::enums::{ClientApp, GrantControl};
use crate::model::tables::special;

pub(super) const RULE: Rule = Rule {
    id: LintRule::LegacyAuthentication,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    // A project that is about few people need not look after the whole tenant.
    let whole = !(subject.file.config.scope.as_ref())
        .is_none_or(|scope| scope.rule(Kind::ConditionalAccessPolicy).is_declared());
    let baseline = policies
        .iter()
        .any(|p| p.is_for_all_users() && p.is_for_all_resources());
    if policies.is_empty() || !(whole || baseline) {
        return;
    }
    let keeps_out: Vec<&Policy<'_>> = policies.iter().filter(|p| keeps_out(p)).collect();
    if keeps_out.iter().any(|policy| policy.is_enforced()) {
        return;
    }
    if !whole && !keeps_out.is_empty() {
        return; // on its way; how long it stays there is another rule's
    }
    let finding = match keeps_out.first() {
        Some(policy) => {
            let finding = report.add(
                policy.at("/state"),
                format!(
                    "legacy protocols are not blocked: {} only reports them",
                    quote(policy.name())
                ),
                "check the sign-in logs for clients that still use them, then write `state: enabled`",
            );
            finding.confidence = Some(Confidence::High);
            finding
        }
        None => report.add(
            subject.file.document.key_place("/manifests"),
            "no policy of the project blocks legacy protocols, which have no second factor",
            "add a policy for all users and `Office365` or all resources, with `clientAppTypes: [exchangeActiveSync, other]` and `builtInControls: [block]`, first in report-only",
        ),
    };
    if !whole {
        // Policies that are not the project's may do it.
        finding.severity = Severity::Hint;
    }
}

/// True when the policy, once enforced, leaves old protocols no way in, exclusions aside.
fn keeps_out(policy: &Policy<'_>) -> bool {
    let apps = policy.policy.conditions.applications.as_ref();
    let resources = policy.is_for_all_resources()
        || apps
            .is_some_and(|apps| holds(special::applications(), &apps.include_applications, "Office365"));
    let clients =
        client_types(policy.policy).is_none_or(|types| types.contains(&ClientApp::Legacy));
    let conditions = policy.policy.conditions.narrowing();
    let unlimited = conditions.iter().all(|name| *name == "clientAppTypes");
    // What an old client cannot do is the same as a block: everything but terms of use and
    // custom controls, of which it is not known.
    let grants = policy.policy.grant_controls.as_ref().is_some_and(|grant| {
        let block = grant.built_in_controls.contains(&GrantControl::Block);
        let impossible = grant.terms_of_use.is_empty()
            && grant.custom_authentication_factors.is_empty()
            && grant.requirements() > 0;
        block || impossible
    });
    policy.is_for_all_users() && resources && clients && unlimited && grants
}
