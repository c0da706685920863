//! `conditionalAccessPolicy` and its conditions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::enums::*;
use super::grant::GrantControls;
use super::session::SessionControls;
use super::values::{Flags, List, beta, not_null, read_only};

/// A Conditional Access policy: for these users, resources and conditions, these controls.
/// At least one application rule, one user rule and one control are needed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessPolicy", "required" = ["displayName", "state", "conditions"]))]
pub struct ConditionalAccessPolicy {
    /// Pins the live object. Without it the policy is found by its display name.
    pub id: Option<String>,
    /// The name that administrators see. Graph does not require it to be unique; gatewright does.
    #[schemars(length(min = 1))]
    pub display_name: String,
    /// A description. Graph has the property and does not use it.
    #[schemars(transform = read_only)]
    pub description: Option<String>,
    /// `enabled`, `disabled`, or `enabledForReportingButNotEnforced` (report-only).
    #[schemars(transform = not_null)]
    pub state: Option<PolicyState>,
    /// Which sign-ins the policy applies to. All conditions must match.
    pub conditions: Conditions,
    /// What is required for access, or `block`.
    pub grant_controls: Option<GrantControls>,
    /// What holds during the session.
    pub session_controls: Option<SessionControls>,
    /// The id of the template the policy was created from. Set by the service.
    #[schemars(transform = read_only)]
    pub template_id: Option<String>,
    /// When the policy was created. Set by the service.
    #[schemars(transform = read_only)]
    pub created_date_time: Option<String>,
    /// When the policy was last changed; null until then. Set by the service.
    #[schemars(transform = read_only)]
    pub modified_date_time: Option<String>,
    /// When the policy was deleted. Set by the service.
    #[schemars(transform = read_only)]
    pub deleted_date_time: Option<String>,
}

/// The conditions of a policy. A condition that is left out matches every sign-in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessConditionSet"))]
pub struct Conditions {
    /// The resources: applications, user actions or authentication contexts.
    pub applications: Option<Applications>,
    /// The users, groups, roles and guests. Needed unless `clientApplications` is given.
    pub users: Option<Users>,
    /// The workload identities, for a policy on service principals.
    pub client_applications: Option<ClientApplications>,
    /// The kinds of client. Left out: `all`. Graph refuses an explicit empty list (1064).
    pub client_app_types: Option<List<ClientApp>>,
    /// The device platforms.
    pub platforms: Option<Platforms>,
    /// The network locations.
    pub locations: Option<Locations>,
    /// The risk levels of the user. Needs Entra ID P2.
    pub user_risk_levels: List<RiskLevel>,
    /// The risk levels of the sign-in. Needs Entra ID P2. Exact levels: `high` does not include
    /// `medium`.
    pub sign_in_risk_levels: List<RiskLevel>,
    /// The risk levels of the service principal. For workload identities only.
    pub service_principal_risk_levels: List<RiskLevel>,
    /// The levels of insider risk (Purview Adaptive Protection).
    pub insider_risk_levels: Option<Flags<InsiderRiskLevel>>,
    /// The devices, by a filter rule.
    pub devices: Option<Devices>,
    /// The authentication flows: device code flow, authentication transfer.
    pub authentication_flows: Option<AuthenticationFlows>,
    /// The risk levels of the agent identity. Beta only.
    #[schemars(transform = beta)]
    pub agent_id_risk_levels: Option<Flags<AgentIdRiskLevel>>,
    /// The old device states. Beta only and deprecated: use `devices`.
    #[schemars(transform = beta)]
    pub device_states: Option<DeviceStates>,
    /// The agent users. Beta only.
    #[schemars(transform = beta)]
    pub agents: Option<Agents>,
    /// The contexts in which an agent acts. Beta only.
    #[schemars(transform = beta)]
    pub agent_context: Option<AgentContext>,
}

/// The resources a policy applies to. Applications, user actions and authentication
/// contexts cannot be combined.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessApplications"))]
pub struct Applications {
    /// Names or app ids (client ids) of applications, or `All`, `None`, `Office365`,
    /// `MicrosoftAdminPortals`.
    pub include_applications: List<String>,
    /// Names or app ids of applications to leave out, or `Office365`, `MicrosoftAdminPortals`.
    pub exclude_applications: List<String>,
    /// User actions: `urn:user:registersecurityinfo` or `urn:user:registerdevice`.
    pub include_user_actions: List<String>,
    /// Authentication contexts, by id (`c1` to `c99`) or display name.
    pub include_authentication_context_class_references: List<String>,
    /// A rule on the custom security attributes of the application.
    pub application_filter: Option<Filter>,
}

/// A filter: a rule, and whether what it matches is included or excluded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessFilter", "required" = ["mode", "rule"]))]
pub struct Filter {
    /// `include` or `exclude`.
    #[schemars(transform = not_null)]
    pub mode: Option<FilterMode>,
    /// The rule, for example `device.isCompliant -eq True`. At most 3072 characters.
    #[schemars(length(min = 1))]
    pub rule: String,
}

/// The users a policy applies to. Exclusion beats inclusion.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessUsers"))]
pub struct Users {
    /// User principal names or object ids, or `All`, `None`, `GuestsOrExternalUsers`.
    pub include_users: List<String>,
    /// User principal names or object ids to leave out, or `GuestsOrExternalUsers`.
    pub exclude_users: List<String>,
    /// Names or object ids of groups. Members of nested groups count.
    pub include_groups: List<String>,
    /// Names or object ids of groups to leave out.
    pub exclude_groups: List<String>,
    /// Names or template ids of built-in directory roles.
    pub include_roles: List<String>,
    /// Names or template ids of built-in directory roles to leave out.
    pub exclude_roles: List<String>,
    /// Types of guests and external users.
    pub include_guests_or_external_users: Option<GuestsOrExternalUsers>,
    /// Types of guests and external users to leave out.
    pub exclude_guests_or_external_users: Option<GuestsOrExternalUsers>,
}

/// Guests and external users, by type and home tenant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessGuestsOrExternalUsers", "required" = ["guestOrExternalUserTypes"]))]
pub struct GuestsOrExternalUsers {
    /// The types: a list, or members joined by commas.
    pub guest_or_external_user_types: Flags<GuestOrExternalUserType>,
    /// Their home tenants; all by default.
    pub external_tenants: Option<ExternalTenants>,
}

/// The home tenants of external users: all, or those listed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessExternalTenants"))]
pub struct ExternalTenants {
    /// The derived type. Implied by `membershipKind`.
    #[serde(rename = "@odata.type")]
    pub odata_type: Option<String>,
    /// `all`, or `enumerated` with `members`.
    pub membership_kind: Option<MembershipKind>,
    /// Tenant ids. Only with `enumerated`.
    #[serde(skip_serializing_if = "no_members")]
    pub members: List<String>,
}

fn no_members(members: &List<String>) -> bool {
    members.is_empty()
}

/// The workload identities a policy applies to: the tenant's own service principals.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessClientApplications"))]
pub struct ClientApplications {
    /// Names or object ids of service principals, or `ServicePrincipalsInMyTenant`.
    pub include_service_principals: List<String>,
    /// Names or object ids of service principals to leave out.
    pub exclude_service_principals: List<String>,
    /// A rule on the custom security attributes of the service principal.
    pub service_principal_filter: Option<Filter>,
    /// Object ids of agent identities, or `All`. Beta only.
    #[schemars(transform = beta)]
    pub include_agent_id_service_principals: List<String>,
    /// Object ids of agent identities to leave out. Beta only.
    #[schemars(transform = beta)]
    pub exclude_agent_id_service_principals: List<String>,
    /// A rule on the custom security attributes of the agent identity. Beta only.
    #[schemars(transform = beta)]
    pub agent_id_service_principal_filter: Option<Filter>,
}

/// The device platforms. Without `includePlatforms` there is no condition.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessPlatforms"))]
pub struct Platforms {
    /// Platforms, or `all` (which also matches platforms that are not known).
    pub include_platforms: List<DevicePlatform>,
    /// Platforms to leave out.
    pub exclude_platforms: List<DevicePlatform>,
}

/// The network locations. Without `includeLocations` there is no condition.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessLocations"))]
pub struct Locations {
    /// Names or ids of named locations, or `All`, `AllTrusted`.
    pub include_locations: List<String>,
    /// Names or ids of named locations to leave out, or `AllTrusted`.
    pub exclude_locations: List<String>,
}

/// The devices, by a filter rule.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessDevices"))]
pub struct Devices {
    /// A rule on the attributes of the device.
    pub device_filter: Option<Filter>,
    /// Old device states. Beta only and deprecated.
    #[schemars(transform = beta)]
    pub include_devices: List<String>,
    /// Old device states. Beta only and deprecated.
    #[schemars(transform = beta)]
    pub exclude_devices: List<String>,
    /// Old device states. Beta only and deprecated.
    #[schemars(transform = beta)]
    pub include_device_states: List<String>,
    /// Old device states. Beta only and deprecated.
    #[schemars(transform = beta)]
    pub exclude_device_states: List<String>,
}

/// The authentication flows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessAuthenticationFlows", "required" = ["transferMethods"]))]
pub struct AuthenticationFlows {
    /// `deviceCodeFlow`, `authenticationTransfer`: a list, or joined by commas.
    pub transfer_methods: Flags<TransferMethod>,
}

/// The old device states. Beta only and deprecated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessDeviceStates"))]
pub struct DeviceStates {
    /// States, or `All`.
    pub include_states: List<String>,
    /// `Compliant`, `DomainJoined`.
    pub exclude_states: List<String>,
}

/// The agent users. Beta only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessAgents"))]
pub struct Agents {
    /// `All`, or ids of agent users.
    pub include_agent_users: List<String>,
    /// Ids of agent users to leave out.
    pub exclude_agent_users: List<String>,
    /// A rule on the agents.
    pub agent_filter: Option<Filter>,
}

/// The contexts in which an agent acts. Beta only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessAgentContext"))]
pub struct AgentContext {
    /// For example `agentUserSessionsInitiatedFromEndpoints`.
    pub include_agent_contexts: List<String>,
    /// Contexts to leave out.
    pub exclude_agent_contexts: List<String>,
}
