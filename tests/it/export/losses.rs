//! What a format cannot hold is said, whatever it is.

use gatewright::export::{ExportedFiles, bicep, graph, terraform, utcm};
use gatewright::manifest::project::Desired;
use serde_json::{Value, json};

use super::{file, lost, source};
use crate::world::parse;

/// A policy with one part more.
fn policy(part: &Value) -> Desired {
    let mut policy = json!({
        "kind": "ConditionalAccessPolicy", "displayName": "P", "state": "enabled",
        "conditions": {
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"]},
        },
        "grantControls": {"operator": "AND", "builtInControls": ["compliantDevice"]},
    });
    merge(&mut policy, part);
    let (desired, findings) = parse(&policy.to_string());
    assert_eq!(desired.manifests.len(), 1, "{findings:#?}");
    desired
}

/// A JSON merge patch (RFC 7396).
fn merge(into: &mut Value, part: &Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => {
            for (name, value) in part {
                match value {
                    Value::Null => {
                        into.shift_remove(name);
                    }
                    value => merge(into.entry(name).or_insert(Value::Null), value),
                }
            }
        }
        (into, part) => *into = part.clone(),
    }
}

/// The members that are said to be lost, as the messages name them.
fn members(files: &ExportedFiles) -> Vec<String> {
    let lost = lost(files, "P").into_iter();
    lost.filter_map(|text| text.split('`').nth(1))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_member_that_a_format_cannot_hold_is_said() {
    for (part, of_terraform, of_utcm) in [
        (json!({}), "", ""),
        (
            json!({"sessionControls": {"secureSignInSession": {"isEnabled": true}}}),
            "sessionControls.secureSignInSession.isEnabled",
            "sessionControls.secureSignInSession.isEnabled",
        ),
        (
            json!({"sessionControls": {"continuousAccessEvaluation": {"mode": "strictLocation"}}}),
            "sessionControls.continuousAccessEvaluation.mode",
            "sessionControls.continuousAccessEvaluation.mode",
        ),
        (
            json!({"sessionControls": {"globalSecureAccessFilteringProfile": {"isEnabled": true, "profileId": "11111111-2222-3333-4444-555555555555"}}}),
            "sessionControls.globalSecureAccessFilteringProfile.profileId",
            "sessionControls.globalSecureAccessFilteringProfile.profileId",
        ),
        (
            json!({"sessionControls": {"disableResilienceDefaults": true}}),
            "",
            "sessionControls.disableResilienceDefaults",
        ),
        (
            json!({"sessionControls": {"signInFrequency": {"value": 1, "type": "hours", "authenticationType": "secondaryAuthentication"}}}),
            "",
            "sessionControls.signInFrequency.authenticationType",
        ),
        (
            json!({"conditions": {"agents": {"includeAgentUsers": ["All"]}}}),
            "conditions.agents.includeAgentUsers",
            "conditions.agents.includeAgentUsers",
        ),
        (
            json!({"conditions": {"agentContext": {"includeAgentContexts": ["agentUserSessionsInitiatedFromEndpoints"]}}}),
            "conditions.agentContext.includeAgentContexts",
            "conditions.agentContext.includeAgentContexts",
        ),
        (
            json!({"conditions": {"agentIdRiskLevels": ["high"]}}),
            "conditions.agentIdRiskLevels",
            "conditions.agentIdRiskLevels",
        ),
        (
            json!({"conditions": {"deviceStates": {"includeStates": ["All"]}}}),
            "conditions.deviceStates.includeStates",
            "conditions.deviceStates.includeStates",
        ),
        (
            json!({"conditions": {"devices": {"includeDevices": ["All"]}}}),
            "conditions.devices.includeDevices",
            "conditions.devices.includeDevices",
        ),
        (
            json!({"conditions": {"insiderRiskLevels": ["minor"]}}),
            "",
            "conditions.insiderRiskLevels",
        ),
        (
            json!({"conditions": {"insiderRiskLevels": ["minor", "elevated"]}}),
            "conditions.insiderRiskLevels",
            "conditions.insiderRiskLevels",
        ),
        (
            json!({"conditions": {"applications": {"includeApplications": null, "includeAuthenticationContextClassReferences": ["c1"]}}}),
            "conditions.applications.includeAuthenticationContextClassReferences",
            "",
        ),
        (
            json!({"conditions": {"users": null, "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}}),
            "",
            "conditions.clientApplications.includeServicePrincipals",
        ),
        (
            json!({"conditions": {"users": null, "clientApplications": {"includeAgentIdServicePrincipals": ["All"]}}}),
            "conditions.clientApplications.includeAgentIdServicePrincipals",
            "conditions.clientApplications.includeAgentIdServicePrincipals",
        ),
        (
            json!({"grantControls": {"builtInControls": ["mfa", "riskRemediation"]}}),
            "grantControls.builtInControls",
            "",
        ),
        (
            json!({"grantControls": {"builtInControls": ["compliantDevice", "verifiedID"]}}),
            "grantControls.builtInControls",
            "",
        ),
        (
            json!({"grantControls": {"operator": "OR", "builtInControls": null, "customAuthenticationFactors": ["ContosoPhone"]}}),
            "grantControls",
            "",
        ),
        (
            json!({"grantControls": {"termsOfUse": ["One", "Two"]}}),
            "",
            "grantControls.termsOfUse",
        ),
        (
            json!({"conditions": {"applications": {"includeApplications": ["Payroll"]}}}),
            "",
            "conditions.applications.includeApplications",
        ),
        (
            json!({"conditions": {"users": {"includeUsers": ["alex"]}}}),
            "",
            "conditions.users.includeUsers",
        ),
        (
            json!({"conditions": {"users": {"includeUsers": null, "includeGroups": ["11111111-2222-3333-4444-555555555555"]}}}),
            "",
            "conditions.users.includeGroups",
        ),
    ] {
        let desired = policy(&part);
        let source = source(&desired);
        let said = |files: &ExportedFiles, expected: &str| {
            let members = members(files);
            match expected {
                "" => assert!(members.is_empty(), "{part}: {:#?}", files.findings),
                expected => assert!(
                    members.iter().any(|one| one == expected),
                    "{part}: {members:?}"
                ),
            }
            let quoted = files
                .findings
                .iter()
                .all(|found| found.place.is_some() || !found.message.contains(" `P`"));
            assert!(quoted, "{part}: a finding has no place");
        };
        let held = terraform::terraform(&source, false);
        said(&held, of_terraform);
        assert_eq!(held.objects.is_empty(), !of_terraform.is_empty(), "{part}");
        // Asked for, it is written without that.
        let partial = terraform::terraform(&source, true);
        said(&partial, of_terraform);
        assert_eq!(partial.objects.len(), 1);
        let held = utcm::utcm(&source);
        said(&held, of_utcm);
        assert_eq!(held.objects.len(), 1);
        // Graph itself holds everything.
        said(&graph::graph(&source), "");
        assert_eq!(bicep::bicep(&source).left_out, 1);
    }
}

#[test]
fn a_member_that_nobody_knows_is_said_in_every_format() {
    let (desired, _) = parse(&json!({"kind": "Group", "displayName": "P"}).to_string());
    let object = desired.manifests[0].object.clone();
    let one = gatewright::export::source::LeavingObject {
        object,
        id: Some("11111111-2222-3333-4444-555555555555".to_owned()),
        document: None,
        ignored: Vec::new(),
        unknown: vec!["/moonPhases".to_owned()],
    };
    let source = gatewright::export::source::ExportSource::new(vec![one], Default::default());
    for files in [
        graph::graph(&source),
        terraform::terraform(&source, false),
        utcm::utcm(&source),
        bicep::bicep(&source),
    ] {
        assert!(
            members(&files).contains(&"moonPhases".to_owned()),
            "{:#?}",
            files.findings
        );
    }
}

/// What Graph did not disclose cannot be sent, by nobody.
#[test]
fn a_value_that_was_not_disclosed_is_said() {
    let mut one = policy(&json!({})).manifests.remove(0).object;
    if let gatewright::model::Object::ConditionalAccessPolicy(policy) = &mut one {
        let value = json!({"operator": "OR", "builtInControls": ["mfa", "unknownFutureValue"]});
        policy.grant_controls = serde_json::from_value(value).unwrap();
    }
    let live = gatewright::export::source::LeavingObject {
        object: one,
        id: None,
        document: None,
        ignored: Vec::new(),
        unknown: Vec::new(),
    };
    let source = gatewright::export::source::ExportSource::new(vec![live], Default::default());
    for files in [graph::graph(&source), terraform::terraform(&source, false)] {
        assert_eq!(
            members(&files),
            ["grantControls.builtInControls"],
            "{:#?}",
            files.findings
        );
    }
}

/// Its data source finds locations of addresses and countries only.
#[test]
fn terraform_asks_for_the_id_of_the_compliant_network() {
    let part = json!({"conditions": {"locations": {
        "includeLocations": ["All"], "excludeLocations": ["All Compliant Network locations", "Branch"]}}});
    let files = terraform::terraform(&source(&policy(&part)), false);
    let policy = file(&files, "policies.tf");
    assert!(
        policy.contains("var.named_location_all_compliant_network_locations"),
        "{policy}"
    );
    assert!(
        policy.contains("data.azuread_named_location.branch.object_id"),
        "{policy}"
    );
    assert!(
        file(&files, "variables.tf")
            .contains("variable \"named_location_all_compliant_network_locations\"")
    );
}

/// Bicep has a type for groups and none for what says who gets in.
#[test]
fn bicep_holds_groups_and_says_what_stays() {
    // Without its domain it is not known who a user is, and a list without one would remove somebody.
    let (desired, _) = parse(super::ALL);
    let files = bicep::bicep(&source(&desired));
    assert!(
        lost(&files, "CA-Pilot")[0].contains("`test-one` has no domain"),
        "{:#?}",
        files.findings
    );
    assert!(!file(&files, bicep::MAIN).contains("members:"));
    let text = super::ALL.replace("test-one", "test-one@contoso.com");
    let (desired, _) = parse(&text);
    let files = bicep::bicep(&source(&desired));
    assert_eq!(files.objects.len(), 3);
    assert_eq!(files.left_out, desired.manifests.len() - 3);
    for manifest in &desired.manifests {
        let said = !lost(&files, manifest.object.name()).is_empty();
        assert_eq!(
            said,
            manifest.kind() != gatewright::model::Kind::Group,
            "{}",
            manifest.object.name()
        );
    }
    insta::assert_snapshot!(format!(
        "{}\n{}",
        file(&files, bicep::MAIN),
        file(&files, bicep::CONFIG)
    ));
}
