//! Realistic manifests: no rule has anything to say about them.

use super::silent;

#[test]
fn mfa_for_all_users() {
    silent(
        "
kind: ConditionalAccessPolicy
displayName: CA001 Require MFA for all users
state: enabledForReportingButNotEnforced
conditions:
  clientAppTypes: [all]
  users:
    includeUsers: [All]
    excludeGroups: [CA break glass]
    excludeRoles: [Directory Synchronization Accounts]
  applications:
    includeApplications: [all]
    excludeApplications: [Microsoft Intune Enrollment]
grantControls:
  operator: AND
  builtInControls: [mfa]
",
    );
}

#[test]
fn block_legacy_authentication() {
    silent(
        "
displayName: CA002 Block legacy authentication
state: enabled
conditions:
  clientAppTypes: [exchangeActiveSync, other]
  users: {includeUsers: [All], excludeGroups: [CA break glass, CA002 exclude]}
  applications: {includeApplications: [All]}
grantControls: {operator: OR, builtInControls: [block]}
",
    );
}

#[test]
fn risk_policies() {
    silent(
        "
displayName: CA210 MFA on risky sign-ins
conditions:
  @users
  @apps
  signInRiskLevels: [high, medium]
grantControls: {operator: OR, authenticationStrength: Multifactor authentication}
sessionControls:
  signInFrequency: {isEnabled: true, frequencyInterval: everyTime, authenticationType: primaryAndSecondaryAuthentication}
",
    );
    silent("conditions:\n  @users\n  @apps\n  userRiskLevels: [high]\n@block\n");
    silent("conditions:\n  @users\n  @apps\n  insiderRiskLevels: moderate,elevated\n@block\n");
    silent(
        "
conditions:
  @users
  @apps
  userRiskLevels: [high]
grantControls: {operator: OR, builtInControls: [riskRemediation]}
",
    );
}

#[test]
fn password_change_on_user_risk() {
    silent(
        "
displayName: CA211 Change the password of risky users
conditions:
  clientAppTypes: [all]
  @users
  @apps
  userRiskLevels: [high]
grantControls: {operator: AND, builtInControls: [mfa, passwordChange]}
sessionControls:
  signInFrequency: {isEnabled: true, frequencyInterval: everyTime}
",
    );
}

#[test]
fn block_workload_identities_by_place_and_risk() {
    silent(
        "
displayName: CA600 Service principals from known networks only
conditions:
  clientAppTypes: [all]
  users: {includeUsers: [None]}
  clientApplications:
    includeServicePrincipals: [ServicePrincipalsInMyTenant]
    excludeServicePrincipals: [Backup job]
  applications: {includeApplications: [All]}
  locations: {includeLocations: [All], excludeLocations: [Data centre, AllTrusted]}
grantControls: {operator: OR, builtInControls: [block]}
",
    );
    silent(
        "
conditions:
  clientApplications:
    servicePrincipalFilter: {mode: include, rule: CustomSecurityAttribute.Jobs_Tier -eq \"0\"}
  @apps
  servicePrincipalRiskLevels: [low, medium, high]
@block
",
    );
}

#[test]
fn guest_policies() {
    silent(
        "
displayName: CA400 MFA for guests
conditions:
  users:
    includeGuestsOrExternalUsers:
      guestOrExternalUserTypes: internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider
      externalTenants: {membershipKind: all}
    excludeGuestsOrExternalUsers:
      guestOrExternalUserTypes: [serviceProvider]
      externalTenants:
        membershipKind: enumerated
        members: [72f988bf-86f1-41af-91ab-2d7cd011db47]
  @apps
@mfa
",
    );
    silent(
        "
displayName: CA401 Guests see Office alone
conditions:
  users: {includeUsers: [GuestsOrExternalUsers]}
  applications: {includeApplications: [All], excludeApplications: [Office365, My Apps]}
@block
",
    );
}

#[test]
fn admins_from_secure_workstations() {
    silent(
        "
displayName: CA106 Admins from secure workstations only
conditions:
  users: {includeRoles: [Global Administrator, 194ae4cb-b126-40b2-bd5b-6091b380977d], excludeGroups: [CA break glass]}
  applications: {includeApplications: [MicrosoftAdminPortals, Windows Azure Service Management API]}
  devices:
    deviceFilter:
      mode: exclude
      rule: device.extensionAttribute1 -eq \"SAW\" -and (device.isCompliant -eq True -or device.trustType -eq \"ServerAD\")
@block
",
    );
}

#[test]
fn intune_enrolment_every_time() {
    silent(
        "
displayName: CA203 MFA at enrolment
conditions:
  @users
  applications: {includeApplications: [d4ebce55-015a-49b5-a083-c84d1797ae8c]}
@mfa
sessionControls:
  signInFrequency: {isEnabled: true, frequencyInterval: everyTime, type: null, value: null}
",
    );
}

#[test]
fn registration_of_security_information_and_devices() {
    silent(
        "
displayName: CA301 Register from trusted places
conditions:
  @users
  applications: {includeUserActions: ['urn:user:registersecurityinfo']}
  locations: {includeLocations: [All], excludeLocations: [AllTrusted]}
@mfa
sessionControls:
  signInFrequency: {isEnabled: true, frequencyInterval: everyTime}
",
    );
    silent(
        "conditions:\n  @users\n  applications: {includeUserActions: ['urn:user:registerdevice']}\n@mfa\n",
    );
}

#[test]
fn terms_of_use_and_strengths() {
    silent(
        "
displayName: CA500 Terms of use
conditions:
  @users
  @apps
grantControls: {operator: AND, builtInControls: [mfa], termsOfUse: [General terms]}
",
    );
    silent(
        "
displayName: CA105 Strong methods for admins
conditions:
  users: {includeRoles: [Global Administrator]}
  applications: {includeAuthenticationContextClassReferences: [c1, Sensitive data]}
grantControls: {operator: OR, authenticationStrength: Phishing-resistant MFA}
",
    );
}

#[test]
fn devices_and_applications() {
    silent(
        "
displayName: CA205 Managed Windows
conditions:
  @users
  @apps
  platforms: {includePlatforms: [windows]}
grantControls: {operator: OR, builtInControls: [compliantDevice, domainJoinedDevice]}
",
    );
    silent(
        "
displayName: CA206 Protected apps on phones
conditions:
  clientAppTypes: [browser, mobileAppsAndDesktopClients]
  @users
  applications: {includeApplications: [Office365]}
  platforms: {includePlatforms: [android, iOS]}
grantControls: {operator: OR, builtInControls: [approvedApplication, compliantApplication]}
",
    );
    silent(
        "
displayName: CA204 Block unknown platforms
conditions:
  @users
  @apps
  platforms: {includePlatforms: [all], excludePlatforms: [android, iOS, windows, macOS, linux]}
@block
",
    );
}

#[test]
fn sessions_on_unmanaged_devices() {
    silent(
        "
displayName: CA006 Limited web access
conditions:
  clientAppTypes: [browser]
  @users
  applications: {includeApplications: [Office 365 SharePoint Online, 00000002-0000-0ff1-ce00-000000000000]}
  devices: {deviceFilter: {mode: exclude, rule: device.isCompliant -eq True}}
sessionControls:
  applicationEnforcedRestrictions: {isEnabled: true}
",
    );
    silent(
        "
displayName: CA103 No lasting browser sessions
conditions:
  clientAppTypes: [browser]
  @users
  @apps
sessionControls:
  persistentBrowser: {isEnabled: true, mode: never}
  signInFrequency: {isEnabled: true, value: 12, type: hours}
  cloudAppSecurity: {isEnabled: true, cloudAppSecurityType: mcasConfigured}
",
    );
}

#[test]
fn authentication_flows_are_blocked() {
    silent(
        "
displayName: CA004 Block device code flow
conditions:
  @users
  @apps
  authenticationFlows: {transferMethods: [deviceCodeFlow, authenticationTransfer]}
@block
",
    );
}

#[test]
fn token_protection() {
    silent(
        "
displayName: CA700 Token protection
conditions:
  clientAppTypes: [mobileAppsAndDesktopClients]
  @users
  applications: {includeApplications: [Office 365 Exchange Online, Office 365 SharePoint Online]}
  platforms: {includePlatforms: [windows]}
sessionControls:
  secureSignInSession: {isEnabled: true}
",
    );
}

#[test]
fn agents() {
    silent(
        "
displayName: CA501 Block risky agents
conditions:
  users: {includeUsers: [None]}
  clientApplications: {includeAgentIdServicePrincipals: [All]}
  applications: {includeApplications: [AllAgentIdResources]}
  agentIdRiskLevels: high
@block
",
    );
    silent(
        "
displayName: CA503 Agent users on managed devices
conditions:
  users: {includeUsers: [None]}
  agents: {includeAgentUsers: [All]}
  agentContext: {includeAgentContexts: [agentUserSessionsInitiatedFromEndpoints]}
  @apps
grantControls: {operator: OR, builtInControls: [compliantDevice]}
",
    );
}

#[test]
fn other_kinds() {
    silent(
        "kind: NamedLocation\ndisplayName: Office\nisTrusted: true\nipRanges: [203.0.113.0/24, '2001:db8:1::/48', 198.51.100.7/32]\n",
    );
    silent(
        "kind: NamedLocation\ndisplayName: Allowed countries\ncountriesAndRegions: [BE, LU, NL, XK]\nincludeUnknownCountriesAndRegions: true\ncountryLookupMethod: authenticatorAppGps\n",
    );
    silent(
        "kind: AuthenticationStrength\ndisplayName: Keys and Hello\nallowedCombinations: [fido2, windowsHelloForBusiness, temporaryAccessPassOneTime]\n",
    );
    silent("kind: AuthenticationContext\nid: c7\ndisplayName: Sensitive data\nisAvailable: true\n");
    silent(
        "kind: Group\ndisplayName: CA break glass\nisAssignableToRole: true\nmembers: [bg1@contoso.onmicrosoft.com]\n",
    );
    silent(
        "kind: TestUser\ndisplayName: Anna Test\nuserPrincipalName: anna.test\nusageLocation: DE\nmemberOf: [Pilot]\n",
    );
}
