//! What a new policy may hold: session controls, and whom and what it names.

use serde_json::json;

use super::super::ask;
use super::policies::NOBODY;
use super::{Trial, first};

/// Global Administrator, a role that every tenant has.
const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";

pub(super) const TRIALS: &[Trial] = &[
    Trial {
        question: ask(
            "persistent-browser",
            "is `persistentBrowser` without all applications refused?",
            "`persistentBrowser` needs `All` applications, CA-R101 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"sessionControls": {"persistentBrowser": {"isEnabled": true, "mode": "never"}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "frequency-hours",
            "is a sign-in frequency of 24 hours refused?",
            "hours range from 1 to 23, CA-R102 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 24}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "frequency-days",
            "is a sign-in frequency of 366 days refused?",
            "days range from 1 to 365, CA-R102 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"sessionControls": {"signInFrequency": {"isEnabled": true, "type": "days", "value": 366}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "secondary-authentication",
            "is `secondaryAuthentication` every time refused?",
            "what `secondaryAuthentication` can be combined with is not known (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"sessionControls": {"signInFrequency": {"isEnabled": true, "authenticationType": "secondaryAuthentication", "frequencyInterval": "everyTime"}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "none-and-roles",
            "are roles together with `None` refused?",
            "`None` adds nobody, and roles still count, CA-R08 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"users": {"includeUsers": ["None"], "includeRoles": [ROLE]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "all-roles",
            "is `All` among roles refused?",
            "`All` in `includeRoles` is refused with 1102, CA-R09 (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"users": {"includeUsers": ["None"], "includeRoles": ["All"]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "exclude-all-locations",
            "is `All` among the excluded locations refused?",
            "`All` is not offered for exclusion, CA-R63 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"locations": {"includeLocations": ["All"], "excludeLocations": ["All"]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "register-device-grant",
            "is a grant control other than `mfa` refused for device registration?",
            "device registration only accepts `mfa` or a strength, CA-R44 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"applications": {"includeApplications": [], "includeUserActions": ["urn:user:registerdevice"]}}, "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "recovery-action",
            "is the action `urn:user:accountrecovery` refused on v1.0?",
            "account recovery is a preview, CA-R50 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"applications": {"includeApplications": [], "includeUserActions": ["urn:user:accountrecovery"]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-user",
            "is a user who does not exist refused?",
            "an unknown user is refused; the error number is not known (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"users": {"includeUsers": [NOBODY]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-group",
            "is a group that does not exist refused?",
            "an unknown group is refused with 1054, CA-R64b (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"users": {"includeUsers": ["None"], "excludeGroups": [NOBODY]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-location",
            "is a location that does not exist refused?",
            "an unknown location is refused with 1040, CA-R64 (seen)",
        ),
        make: |script| {
            script.policy_now(json!({"conditions": {"locations": {"includeLocations": [NOBODY]}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-application",
            "is an application without a service principal refused?",
            "an unknown application is refused with 1034, CA-R41 (seen)",
        ),
        make: |script| {
            script.policy_now(
                json!({"conditions": {"applications": {"includeApplications": [NOBODY]}}}),
            );
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-strength",
            "is a strength that does not exist refused?",
            "an unknown strength is refused, CA-R89 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"grantControls": {"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": NOBODY}}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "unknown-terms",
            "are terms of use that do not exist refused?",
            "unknown terms of use are refused, CA-R88 (unverified)",
        ),
        make: |script| {
            script.policy_now(json!({"grantControls": {"operator": "OR", "builtInControls": [], "termsOfUse": [NOBODY]}}));
        },
        judge: first,
        rests_on_plain: true,
    },
];
