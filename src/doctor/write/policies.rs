//! What a new policy may hold: the shape of the body, names, and grant controls.

use serde_json::json;

use super::super::{ProbeVerdict, ask};
use super::{Heard, Trial, first, last, told};
use crate::apply::trial::Told;

/// The built-in strength that every tenant has.
const MFA_STRENGTH: &str = "00000000-0000-0000-0000-000000000002";
/// An id that nothing has.
pub(super) const NOBODY: &str = "7b1f0c52-3f0e-4c55-9c2d-0d0c7a700000";

pub(super) const TRIALS: &[Trial] = &[
    Trial {
        question: ask(
            "id-in-create",
            "is a new policy with an `id` refused?",
            "`id` in a new policy is refused with 1001 (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"id": NOBODY}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "date-in-create",
            "is a new policy with a `createdDateTime` refused?",
            "a read-only date in a new policy is refused (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"createdDateTime": "2026-01-01T00:00:00Z"}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "template-id-in-change",
            "is a change with `templateId: null` refused?",
            "`templateId` in a change is refused with 1118, null too (seen)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({}));
            script.change_only(policy, json!({"templateId": null}), true);
        },
        judge: last,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "whole-strength",
            "is a full authentication strength object in a policy refused?",
            "a strength is named only by its `id`, else 1007 (seen)",
        ),
        make: |script| {
            let strength = json!({"id": MFA_STRENGTH, "displayName": "Multifactor authentication"});
            script.policy_now(json!({"grantControls":
                {"operator": "OR", "builtInControls": [], "authenticationStrength": strength}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "error-text",
            "where is the text of a numbered error?",
            "numbered errors have their text in `message` (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"nonsense": true}));
        },
        judge: error_text,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-member",
            "is a member that is in no schema refused?",
            "an unknown member is refused with 1007 (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"nonsense": true}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "all-client-types",
            "is `all` together with other client types refused?",
            "`all` must be the only entry of `clientAppTypes`, CA-R07 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"clientAppTypes": ["all", "browser"]}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "no-client-types",
            "is an empty `clientAppTypes` refused?",
            "`clientAppTypes: []` is refused with 1064, CA-R06 (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"clientAppTypes": []}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "long-name",
            "is a name of more than 256 characters refused?",
            "a policy's name has at most 256 characters, CA-R11 (unverified)",
        ),
        make: |script| {
            let long = format!("{} {}", script.name(), "x".repeat(256));
            script.policy_now(json!({"displayName": long}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "block-alone",
            "is `block` together with another control refused?",
            "`block` must be the only control, CA-R80 (unverified)",
        ),
        make: |script| {
            script.policy_now(
                json!({"grantControls": {"operator": "OR", "builtInControls": ["block", "mfa"]}}),
            );
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "mfa-and-strength",
            "is `mfa` together with an authentication strength refused?",
            "`mfa` and a strength cannot be combined (1108), CA-R81 (seen)",
        ),
        make: |script| {
            let strength = json!({"id": MFA_STRENGTH});
            script.policy_now(json!({"grantControls":
                {"operator": "OR", "builtInControls": ["mfa"], "authenticationStrength": strength}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "session-beside-block",
            "are session controls together with `block` refused?",
            "session controls cannot be combined with `block`, CA-R111 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"grantControls": {"operator": "OR", "builtInControls": ["block"]},
                "sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "approved-application",
            "is a new policy with only `approvedApplication` refused?",
            "`approvedApplication` is retired; what happens to a new policy is not known, CA-R86 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"grantControls": {"operator": "OR", "builtInControls": ["approvedApplication"]}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "verified-id",
            "is `verifiedID` refused on v1.0?",
            "`verifiedID` is accepted only on beta, CA-R92 (unverified)",
        ),
        make: |script| {
            script.policy_now(
                json!({"grantControls": {"operator": "OR", "builtInControls": ["verifiedID"]}}),
            );
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "risk-remediation",
            "is `riskRemediation` without a strength refused?",
            "the service adds strength and frequency itself, CA-R85 (documented)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"userRiskLevels": ["high"], "applications": {"includeApplications": ["All"]}}, "grantControls": {"operator": "AND", "builtInControls": ["riskRemediation"]}}));
        },
        judge: first,
        rests_on_plain: true,
    },
];

/// Where a refusal has its numbered text.
fn error_text(heard: &[Heard]) -> ProbeVerdict {
    let Some(one) = heard.first() else {
        return ProbeVerdict::default();
    };
    match &one.told {
        Told::Refused(refused) if refused.number.is_some() => {
            let word = match refused.inner {
                true => "innerError",
                false => "message",
            };
            ProbeVerdict::of(word, told::line(one))
        }
        _ => ProbeVerdict::open(told::line(one)),
    }
}
