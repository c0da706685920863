//! Where the `azuread` provider has what Graph has: for each member of a body the argument.
//!
//! From the schema of the provider, version 3.9 (`internal/services/conditionalaccess`, `groups`,
//! `users`): names, which arguments are needed, and which values its validation takes. Documented
//! and read in its source; nothing of it was tried against a tenant.

use crate::model::refs::RefKind;

/// One member, and its argument.
pub(super) struct ArgumentRow {
    /// A JSON pointer into the body.
    pub(super) from: &'static str,
    /// The blocks and the argument.
    pub(super) to: &'static str,
    pub(super) shape: ArgumentShape,
}

/// What form a value takes.
pub(super) enum ArgumentShape {
    /// As it is: a text, a number or a truth value.
    Same,
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// A list of any texts; a value of flags becomes one.
    Texts,
    /// A list of a few texts.
    Choices(&'static [&'static str]),
    /// References.
    References(RefKind),
    /// True, and said by what stands beside it.
    On,
    /// Ranges of addresses.
    Ranges,
}

const fn row(from: &'static str, to: &'static str, shape: ArgumentShape) -> ArgumentRow {
    ArgumentRow { from, to, shape }
}

use ArgumentShape::{Choice, Choices, On, Ranges, References, Same, Texts};

const CLIENTS: &[&str] = &[
    "all",
    "browser",
    "mobileAppsAndDesktopClients",
    "exchangeActiveSync",
    "easSupported",
    "other",
];
const RISKS: &[&str] = &["low", "medium", "high", "hidden", "none"];
const PLATFORMS: &[&str] = &[
    "all",
    "android",
    "iOS",
    "linux",
    "macOS",
    "windows",
    "windowsPhone",
];
const GUESTS: &[&str] = &[
    "b2bCollaborationGuest",
    "b2bCollaborationMember",
    "b2bDirectConnectUser",
    "internalGuest",
    "none",
    "otherExternalUser",
    "serviceProvider",
];
const CONTROLS: &[&str] = &[
    "block",
    "mfa",
    "approvedApplication",
    "compliantApplication",
    "compliantDevice",
    "domainJoinedDevice",
    "passwordChange",
];
const MODES: &[&str] = &["include", "exclude"];
const KINDS: &[&str] = &["all", "enumerated"];

/// `azuread_conditional_access_policy`.
pub(super) const POLICY: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row(
        "/state",
        "state",
        Choice(&["enabled", "disabled", "enabledForReportingButNotEnforced"]),
    ),
    row(
        "/conditions/clientAppTypes",
        "conditions/client_app_types",
        Choices(CLIENTS),
    ),
    row(
        "/conditions/userRiskLevels",
        "conditions/user_risk_levels",
        Choices(RISKS),
    ),
    row(
        "/conditions/signInRiskLevels",
        "conditions/sign_in_risk_levels",
        Choices(RISKS),
    ),
    row(
        "/conditions/servicePrincipalRiskLevels",
        "conditions/service_principal_risk_levels",
        Choices(RISKS),
    ),
    // A single text, and validated as one member.
    row(
        "/conditions/insiderRiskLevels",
        "conditions/insider_risk_levels",
        Choice(&["minor", "moderate", "elevated"]),
    ),
    row(
        "/conditions/authenticationFlows/transferMethods",
        "conditions/authentication_flow_transfer_methods",
        Choices(&["authenticationTransfer", "deviceCodeFlow"]),
    ),
    row(
        "/conditions/applications/includeApplications",
        "conditions/applications/included_applications",
        References(RefKind::Application),
    ),
    row(
        "/conditions/applications/excludeApplications",
        "conditions/applications/excluded_applications",
        References(RefKind::Application),
    ),
    row(
        "/conditions/applications/includeUserActions",
        "conditions/applications/included_user_actions",
        Texts,
    ),
    row(
        "/conditions/applications/applicationFilter/mode",
        "conditions/applications/filter/mode",
        Choice(MODES),
    ),
    row(
        "/conditions/applications/applicationFilter/rule",
        "conditions/applications/filter/rule",
        Same,
    ),
    row(
        "/conditions/users/includeUsers",
        "conditions/users/included_users",
        References(RefKind::User),
    ),
    row(
        "/conditions/users/excludeUsers",
        "conditions/users/excluded_users",
        References(RefKind::User),
    ),
    row(
        "/conditions/users/includeGroups",
        "conditions/users/included_groups",
        References(RefKind::Group),
    ),
    row(
        "/conditions/users/excludeGroups",
        "conditions/users/excluded_groups",
        References(RefKind::Group),
    ),
    row(
        "/conditions/users/includeRoles",
        "conditions/users/included_roles",
        References(RefKind::Role),
    ),
    row(
        "/conditions/users/excludeRoles",
        "conditions/users/excluded_roles",
        References(RefKind::Role),
    ),
    row(
        "/conditions/users/includeGuestsOrExternalUsers/guestOrExternalUserTypes",
        "conditions/users/included_guests_or_external_users/guest_or_external_user_types",
        Choices(GUESTS),
    ),
    row(
        "/conditions/users/includeGuestsOrExternalUsers/externalTenants/membershipKind",
        "conditions/users/included_guests_or_external_users/external_tenants/membership_kind",
        Choice(KINDS),
    ),
    row(
        "/conditions/users/includeGuestsOrExternalUsers/externalTenants/members",
        "conditions/users/included_guests_or_external_users/external_tenants/members",
        Texts,
    ),
    row(
        "/conditions/users/excludeGuestsOrExternalUsers/guestOrExternalUserTypes",
        "conditions/users/excluded_guests_or_external_users/guest_or_external_user_types",
        Choices(GUESTS),
    ),
    row(
        "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/membershipKind",
        "conditions/users/excluded_guests_or_external_users/external_tenants/membership_kind",
        Choice(KINDS),
    ),
    row(
        "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/members",
        "conditions/users/excluded_guests_or_external_users/external_tenants/members",
        Texts,
    ),
    row(
        "/conditions/clientApplications/includeServicePrincipals",
        "conditions/client_applications/included_service_principals",
        References(RefKind::ServicePrincipal),
    ),
    row(
        "/conditions/clientApplications/excludeServicePrincipals",
        "conditions/client_applications/excluded_service_principals",
        References(RefKind::ServicePrincipal),
    ),
    row(
        "/conditions/clientApplications/servicePrincipalFilter/mode",
        "conditions/client_applications/filter/mode",
        Choice(MODES),
    ),
    row(
        "/conditions/clientApplications/servicePrincipalFilter/rule",
        "conditions/client_applications/filter/rule",
        Same,
    ),
    row(
        "/conditions/platforms/includePlatforms",
        "conditions/platforms/included_platforms",
        Choices(PLATFORMS),
    ),
    row(
        "/conditions/platforms/excludePlatforms",
        "conditions/platforms/excluded_platforms",
        Choices(PLATFORMS),
    ),
    row(
        "/conditions/locations/includeLocations",
        "conditions/locations/included_locations",
        References(RefKind::Location),
    ),
    row(
        "/conditions/locations/excludeLocations",
        "conditions/locations/excluded_locations",
        References(RefKind::Location),
    ),
    row(
        "/conditions/devices/deviceFilter/mode",
        "conditions/devices/filter/mode",
        Choice(MODES),
    ),
    row(
        "/conditions/devices/deviceFilter/rule",
        "conditions/devices/filter/rule",
        Same,
    ),
    row(
        "/grantControls/operator",
        "grant_controls/operator",
        Choice(&["AND", "OR"]),
    ),
    row(
        "/grantControls/builtInControls",
        "grant_controls/built_in_controls",
        Choices(CONTROLS),
    ),
    row(
        "/grantControls/customAuthenticationFactors",
        "grant_controls/custom_authentication_factors",
        Texts,
    ),
    row(
        "/grantControls/termsOfUse",
        "grant_controls/terms_of_use",
        References(RefKind::Agreement),
    ),
    row(
        "/grantControls/authenticationStrength/id",
        "grant_controls/authentication_strength_policy_id",
        References(RefKind::Strength),
    ),
    row(
        "/sessionControls/applicationEnforcedRestrictions/isEnabled",
        "session_controls/application_enforced_restrictions_enabled",
        Same,
    ),
    row(
        "/sessionControls/cloudAppSecurity/cloudAppSecurityType",
        "session_controls/cloud_app_security_policy",
        Choice(&["blockDownloads", "mcasConfigured", "monitorOnly"]),
    ),
    row(
        "/sessionControls/cloudAppSecurity/isEnabled",
        "session_controls/cloud_app_security_policy",
        On,
    ),
    row(
        "/sessionControls/disableResilienceDefaults",
        "session_controls/disable_resilience_defaults",
        Same,
    ),
    row(
        "/sessionControls/persistentBrowser/mode",
        "session_controls/persistent_browser_mode",
        Choice(&["always", "never"]),
    ),
    row(
        "/sessionControls/persistentBrowser/isEnabled",
        "session_controls/persistent_browser_mode",
        On,
    ),
    row(
        "/sessionControls/signInFrequency/value",
        "session_controls/sign_in_frequency",
        Same,
    ),
    row(
        "/sessionControls/signInFrequency/type",
        "session_controls/sign_in_frequency_period",
        Choice(&["hours", "days"]),
    ),
    row(
        "/sessionControls/signInFrequency/authenticationType",
        "session_controls/sign_in_frequency_authentication_type",
        Choice(&[
            "primaryAndSecondaryAuthentication",
            "secondaryAuthentication",
        ]),
    ),
    row(
        "/sessionControls/signInFrequency/frequencyInterval",
        "session_controls/sign_in_frequency_interval",
        Choice(&["timeBased", "everyTime"]),
    ),
    row(
        "/sessionControls/signInFrequency/isEnabled",
        "session_controls/sign_in_frequency_interval",
        On,
    ),
];

/// What the provider wants where something else is written: at least one of the arguments, and what
/// it is about.
pub(super) const NEEDED: &[(&str, &[&str])] = &[
    (
        "/conditions/applications",
        &[
            "conditions/applications/included_applications",
            "conditions/applications/included_user_actions",
        ],
    ),
    (
        "/conditions/users",
        &[
            "conditions/users/included_users",
            "conditions/users/included_groups",
            "conditions/users/included_roles",
            "conditions/users/included_guests_or_external_users",
        ],
    ),
    (
        "/conditions/locations",
        &["conditions/locations/included_locations"],
    ),
    (
        "/conditions/platforms",
        &["conditions/platforms/included_platforms"],
    ),
    (
        "/grantControls",
        &[
            "grant_controls/built_in_controls",
            "grant_controls/authentication_strength_policy_id",
            "grant_controls/terms_of_use",
        ],
    ),
];

/// `azuread_named_location`, made of addresses.
pub(super) const IP_LOCATION: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row("/ipRanges", "ip/ip_ranges", Ranges),
    row("/isTrusted", "ip/trusted", Same),
];

/// `azuread_named_location`, made of countries.
pub(super) const COUNTRY_LOCATION: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row(
        "/countriesAndRegions",
        "country/countries_and_regions",
        Texts,
    ),
    row(
        "/includeUnknownCountriesAndRegions",
        "country/include_unknown_countries_and_regions",
        Same,
    ),
    row(
        "/countryLookupMethod",
        "country/country_lookup_method",
        Choice(&["clientIpAddress", "authenticatorAppGps"]),
    ),
];

/// `azuread_authentication_strength_policy`.
pub(super) const STRENGTH: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row("/description", "description", Same),
    row("/allowedCombinations", "allowed_combinations", Texts),
];

/// `azuread_group`. Its nickname and members are told elsewhere.
pub(super) const GROUP: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row("/description", "description", Same),
    row("/mailEnabled", "mail_enabled", Same),
    row("/securityEnabled", "security_enabled", Same),
    row(
        "/groupTypes",
        "types",
        Choices(&["DynamicMembership", "Unified"]),
    ),
    row("/isAssignableToRole", "assignable_to_role", Same),
    row("/membershipRule", "dynamic_membership/rule", Same),
];

/// `azuread_user`. Its name and password are told elsewhere.
pub(super) const USER: &[ArgumentRow] = &[
    row("/displayName", "display_name", Same),
    row("/mailNickname", "mail_nickname", Same),
    row("/accountEnabled", "account_enabled", Same),
    row("/givenName", "given_name", Same),
    row("/surname", "surname", Same),
    row("/jobTitle", "job_title", Same),
    row("/department", "department", Same),
    row("/companyName", "company_name", Same),
    row("/officeLocation", "office_location", Same),
    row("/city", "city", Same),
    row("/country", "country", Same),
    row("/usageLocation", "usage_location", Same),
    row("/preferredLanguage", "preferred_language", Same),
    row("/mobilePhone", "mobile_phone", Same),
    row("/employeeId", "employee_id", Same),
    row("/employeeType", "employee_type", Same),
];
