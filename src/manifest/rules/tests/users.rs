//! Rules CA-R20 to CA-R30: workload identities, guests and agents.

use super::{refused, silent, warned};

#[test]
fn users_and_workload_identities_are_alternatives() {
    refused(
        "CA-R20",
        "
conditions:
  users: {includeUsers: [None], includeGroups: §[Pilot]}
  clientApplications: {includeServicePrincipals: [ServicePrincipalsInMyTenant]}
  @apps
@block
",
    );
    refused(
        "CA-R20",
        "
conditions:
  users: {includeUsers: [§All]}
  clientApplications: {includeServicePrincipals: [Backup job]}
  @apps
@block
",
    );
    refused(
        "CA-R29",
        "
conditions:
  users: {includeUsers: [§All]}
  clientApplications: {includeServicePrincipals: [Backup job]}
  applications: {includeAuthenticationContextClassReferences: [c1]}
@block
",
    );
}

#[test]
fn user_conditions_do_not_go_with_workload_identities() {
    for condition in [
        "userRiskLevels: §[high]",
        "signInRiskLevels: §[high]",
        "insiderRiskLevels: §[elevated]",
        "authenticationFlows: §{transferMethods: [deviceCodeFlow]}",
    ] {
        refused(
            "CA-R20",
            &format!(
                "conditions:\n  clientApplications: {{includeServicePrincipals: [Job]}}\n  @apps\n  {condition}\n@block\n"
            ),
        );
    }
}

#[test]
fn workload_identities_can_only_be_blocked() {
    for grant in [
        "builtInControls: [§mfa]",
        "authenticationStrength: §Phishing-resistant MFA",
        "termsOfUse: §[Terms]",
    ] {
        refused(
            "CA-R22",
            &format!(
                "conditions:\n  clientApplications: {{includeServicePrincipals: [Job]}}\n  @apps\ngrantControls:\n  operator: OR\n  {grant}\n"
            ),
        );
    }
    for condition in [
        "platforms: §{includePlatforms: [windows]}",
        "devices: §{deviceFilter: {mode: include, rule: device.isCompliant -eq True}}",
        "clientAppTypes: §[browser]",
    ] {
        refused(
            "CA-R22",
            &format!(
                "conditions:\n  clientApplications: {{includeServicePrincipals: [Job]}}\n  @apps\n  {condition}\n@block\n"
            ),
        );
    }
    refused(
        "CA-R22",
        "
conditions:
  clientApplications: {includeServicePrincipals: [Job]}
  applications: {includeUserActions: §['urn:user:registersecurityinfo']}
@block
",
    );
}

#[test]
fn the_risk_of_service_principals_is_not_for_users() {
    refused(
        "CA-R22",
        "conditions:\n  @users\n  @apps\n  servicePrincipalRiskLevels: §[high]\n@block\n",
    );
}

#[test]
fn service_principals_are_left_out_of_those_included() {
    warned(
        "CA-R24",
        "conditions:\n  clientApplications: {excludeServicePrincipals: §[Job]}\n  @apps\n@block\n",
    );
    warned(
        "CA-R24",
        "conditions:\n  clientApplications: {excludeAgentIdServicePrincipals: §[Agent]}\n  @apps\n@block\n",
    );
}

#[test]
fn special_values_of_service_principals_have_their_place() {
    refused(
        "CA-R21",
        "conditions:\n  clientApplications: {includeServicePrincipals: [§All]}\n  @apps\n@block\n",
    );
    refused(
        "CA-R25",
        "
conditions:
  clientApplications:
    includeServicePrincipals: [Job]
    excludeServicePrincipals: [§ServicePrincipalsInMyTenant]
  @apps
@block
",
    );
}

fn guests(text: &str) -> String {
    format!("conditions:\n  users:\n    includeGuestsOrExternalUsers:\n{text}  @apps\n@mfa\n")
}

#[test]
fn guests_have_kinds_and_tenants() {
    warned(
        "CA-R27",
        &guests(
            "      guestOrExternalUserTypes: §[]\n      externalTenants: {membershipKind: all}\n",
        ),
    );
    warned(
        "CA-R27",
        &guests(
            "      guestOrExternalUserTypes: [internalGuest, §none]\n      externalTenants: {membershipKind: all}\n",
        ),
    );
    warned(
        "CA-R27",
        &guests(
            "      §guestOrExternalUserTypes: none\n      externalTenants: {membershipKind: all}\n",
        ),
    );
    warned(
        "CA-R27",
        &guests(
            "      guestOrExternalUserTypes: internalGuest\n      externalTenants: §{membershipKind: enumerated}\n",
        ),
    );
    refused(
        "CA-R27",
        &guests(
            "      guestOrExternalUserTypes: internalGuest\n      externalTenants: {membershipKind: all, members: §[6babcaad-604b-40ac-a9d7-9fd97c0b779f]}\n",
        ),
    );
    warned(
        "CA-R27",
        &guests(
            "      guestOrExternalUserTypes: internalGuest\n      externalTenants: {members: [6babcaad-604b-40ac-a9d7-9fd97c0b779f, §fabrikam.com]}\n",
        ),
    );
}

#[test]
fn guests_stand_in_one_form() {
    refused(
        "CA-R28",
        "
conditions:
  users:
    includeUsers: [§GuestsOrExternalUsers]
    includeGuestsOrExternalUsers:
      guestOrExternalUserTypes: b2bCollaborationGuest
      externalTenants: {membershipKind: all}
  @apps
@mfa
",
    );
}

#[test]
fn agents_are_targeted_as_a_whole_and_blocked() {
    warned(
        "CA-R30",
        "conditions:\n  clientApplications: {includeAgentIdServicePrincipals: [All]}\n  @apps\ngrantControls: {operator: OR, builtInControls: [§mfa]}\n",
    );
    warned(
        "CA-R30",
        "conditions:\n  @users\n  @apps\n  agentIdRiskLevels: §high\n@block\n",
    );
    warned(
        "CA-R30",
        "conditions:\n  @users\n  @apps\n  agentIdRiskLevels: §[]\n@block\n",
    );
    warned(
        "CA-R30",
        "conditions:\n  users: {includeUsers: [None]}\n  agents: {includeAgentUsers: [§Helper]}\n  @apps\n@block\n",
    );
    warned(
        "CA-R30",
        "conditions:\n  users: {includeUsers: [§All]}\n  agents: {includeAgentUsers: [All]}\n  @apps\n@block\n",
    );
    silent(
        "conditions:\n  agents: {includeAgentUsers: [All]}\n  agentIdRiskLevels: high\n  @apps\n@block\n",
    );
}
