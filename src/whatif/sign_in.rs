//! A sign-in as data: one vocabulary for flags, scenarios, counterexamples, logs and answers.
//!
//! The names are those of Graph's evaluate request where it has them, flattened; names stand
//! where Graph wants ids, as in manifests (ids are taken as well). What is left out is not
//! known, except where a member says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::{Device, DeviceInfo, DeviceValue};
use super::environment::Environment;
use super::fault::SignInFault;
use super::text_or::{object_alone, or_text, text_or_object};
use super::vocabulary::{
    Address, AgentRisk, ClientType, Country, InsiderRisk, OwnedBy, Platform, Risk, TransferMethod,
    UserAction, UserType,
};

/// A sign-in, after the first factor (or after the credential of a service principal).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SignIn {
    /// Who signs in: a user principal name, display name or id, or a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The service principal that signs in, instead of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<ServicePrincipal>,
    /// The agent that signs in as itself, instead of a user. An agent that acts for a user is
    /// a sign-in of that user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_identity: Option<AgentIdentity>,
    /// The application to open: the resource that a token is requested for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    /// Several such applications (audiences of one request).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<Application>,
    /// A user action, instead of an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_action: Option<UserAction>,
    /// An authentication context, instead of an application: its id (`c1`) or display name.
    /// The application that requests it is a separate sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_context: Option<String>,
    /// The custom security attributes of the application. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_attributes: Option<Attributes>,
    /// The scopes that are asked for. They matter when there are none beyond those of OpenID
    /// Connect and of low privilege in the directory (see `environment.baselineScopes`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The application that requests the token. It only matters with `scopes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientApplication>,
    /// The kind of client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_app_type: Option<ClientType>,
    /// The platform of the device, as the client states it; `unknown` is any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_platform: Option<Platform>,
    /// The IP address, as Entra sees it. It decides locations made of IP ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<Address>,
    /// The country, two letters, or `unknown`. It decides locations made of countries; it is
    /// never derived from the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Whether the session comes through Global Secure Access of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compliant_network: Option<bool>,
    /// The risk of this sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_risk_level: Option<Risk>,
    /// The risk of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_risk_level: Option<Risk>,
    /// The insider risk of the user (Purview Adaptive Protection).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insider_risk_level: Option<InsiderRisk>,
    /// The risk of the service principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal_risk_level: Option<Risk>,
    /// The risk of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id_risk_level: Option<AgentRisk>,
    /// The device, or `unregistered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_info: Option<Device>,
    /// How the session began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_flow: Option<AuthenticationFlow>,
    /// What this sign-in can satisfy: built-in controls, strengths or combinations of methods,
    /// terms of use. The list is complete, except for the state of the device, which also follows
    /// from `deviceInfo` and is open where neither says it. If left out, the answer lists what is
    /// asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<Vec<Satisfied>>,
    /// Facts of the tenant, instead of the project's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
}

/// A user: a name, or a description. A user described without a name is nobody that a
/// policy names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct User {
    /// A user principal name, display name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The groups that the user is in, also through other groups. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_of: Option<Vec<String>>,
    /// The directory roles that are active. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Member, or which kind of guest or external user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// The id of the home tenant of an external user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_tenant_id: Option<String>,
    /// True for the user account of an agent. Left out, the user is a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub agent_user: bool,
}

/// A service principal: a name, or a description.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct ServicePrincipal {
    /// A display name, object id or app id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tags. No condition asks for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Its custom security attributes. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The owner: `tenant` for an application that is registered only in the tenant itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<OwnedBy>,
    /// True for a managed identity, to which no policy applies. Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub managed_identity: bool,
}

/// An agent that signs in as itself: a name, or a description.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct AgentIdentity {
    /// A display name or object id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The blueprint that the agent was created from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blueprint: Option<String>,
    /// Its custom security attributes. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
}

/// An application as a resource: a name, or a description.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct Application {
    /// A display name or app id. An application described without a name is none that a policy
    /// names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its custom security attributes. The list is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<OwnedBy>,
}

/// The application that asks for a token: a name, or a description.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct ClientApplication {
    /// A display name or app id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is a confidential client, which keeps a secret, such as a web application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidential: Option<bool>,
}

/// How a session began.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
pub struct AuthenticationFlow {
    /// The flow of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_method: Option<TransferMethod>,
    /// The flow that the session began with: its mark stays through refreshes. Left out, it is
    /// that of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_transfer_method: Option<TransferMethod>,
}

/// One thing that a sign-in can meet: a built-in control, a strength (by name, or by one of its
/// combinations of methods), terms of use or a custom control.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
#[schemars(transform = or_text)]
pub struct Satisfied {
    /// A control (`mfa`, `compliantDevice`), the name or id of a strength or of terms of use,
    /// or a combination of methods (`fido2`, `password,sms`).
    pub name: String,
    /// The model of the security key, for `fido2`.
    #[serde(rename = "aaguid", skip_serializing_if = "Option::is_none")]
    pub aaguid: Option<String>,
    /// The subject key identifier of the certificate's issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_ski: Option<String>,
    /// The policy OIDs of the certificate. The list is complete.
    #[serde(rename = "policyOIDs", skip_serializing_if = "Option::is_none")]
    pub policy_oids: Option<Vec<String>>,
}

/// Custom security attributes: a value, or several, by the name of the set, `_`, and the name
/// of the attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Attributes(pub BTreeMap<String, AttributeValue>);

/// The value of a custom security attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Of an attribute with one value.
    Text(String),
    /// Of an attribute with several values.
    Texts(Vec<String>),
}

/// Types that a name alone describes.
macro_rules! named {
    ($($type:ident, $expecting:literal;)+) => {
        $(
            impl $type {
                /// One of which the name alone is known.
                pub fn named(name: impl Into<String>) -> $type {
                    $type { name: name.into().into(), ..$type::default() }
                }

                fn from_text(text: &str) -> Result<$type, String> {
                    Ok($type::named(text))
                }

                fn as_text(&self) -> Option<String> {
                    let named = $type { name: self.name.clone(), ..$type::default() };
                    match *self == named && named != $type::default() {
                        true => Some(self.name.clone().into_name()),
                        false => None,
                    }
                }
            }

            text_or_object!($type, $expecting);
        )+
    };
}

object_alone!(AuthenticationFlow);

/// A name that may be missing, as a text.
trait IntoName {
    fn into_name(self) -> String;
}

impl IntoName for String {
    fn into_name(self) -> String {
        self
    }
}

impl IntoName for Option<String> {
    fn into_name(self) -> String {
        self.unwrap_or_default()
    }
}

named! {
    User, "the name of a user, or a description";
    ServicePrincipal, "the name of a service principal, or a description";
    AgentIdentity, "the name of an agent, or a description";
    Application, "the name of an application, or a description";
    ClientApplication, "the name of an application, or a description";
    Satisfied, "what is satisfied, or a description";
}

impl SignIn {
    /// What contradicts itself whatever the tenant: two subjects, two things that are asked for,
    /// and the like. [`crate::whatif::CompiledPolicies::prepare`] finds more.
    pub fn faults(&self) -> Vec<SignInFault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, message: String, help: &str| {
            faults.push(SignInFault {
                pointer: pointer.to_owned(),
                message,
                help: help.to_owned(),
            });
        };
        let given = |members: &[(&'static str, bool)]| -> Vec<&'static str> {
            let given = members.iter().filter(|(_, given)| *given);
            given.map(|(name, _)| *name).collect()
        };
        let subjects = given(&[
            ("user", self.user.is_some()),
            ("servicePrincipal", self.service_principal.is_some()),
            ("agentIdentity", self.agent_identity.is_some()),
        ]);
        if let [first, second, ..] = subjects.as_slice() {
            fault(
                &format!("/{second}"),
                format!("`{second}` and `{first}` cannot be combined"),
                "one of them signs in: keep that one",
            );
        }
        let resources = given(&[
            ("application", self.application.is_some()),
            ("applications", !self.applications.is_empty()),
            ("userAction", self.user_action.is_some()),
            (
                "authenticationContext",
                self.authentication_context.is_some(),
            ),
        ]);
        if let [first, second, ..] = resources.as_slice() {
            fault(
                &format!("/{second}"),
                format!("`{second}` and `{first}` cannot be combined"),
                "ask for one of them at a time; list several applications in `applications`",
            );
        }
        if self.application_attributes.is_some() {
            let described = self
                .application
                .as_ref()
                .is_some_and(|app| app.attributes.is_some());
            if self.application.is_none() || described {
                fault(
                    "/applicationAttributes",
                    "`applicationAttributes` belongs to one `application` without attributes of its own".to_owned(),
                    "put them in the application: { name: ..., attributes: ... }",
                );
            }
        }
        if self.scopes.is_some()
            && (self.user_action.is_some() || self.authentication_context.is_some())
        {
            fault(
                "/scopes",
                "scopes are asked of an application".to_owned(),
                "remove `scopes`",
            );
        }
        if let Some(user) = &self.user {
            let external = user.user_type.is_none_or(UserType::has_other_home);
            if user.external_tenant_id.is_some() && !external {
                fault(
                    "/user/externalTenantId",
                    "an account of the tenant has no other home".to_owned(),
                    "remove `externalTenantId`, or say which type of external user it is",
                );
            }
            if user.user_type == Some(UserType::B2bDirectConnectUser)
                && user.member_of.as_ref().is_some_and(|list| !list.is_empty())
            {
                fault(
                    "/user/memberOf",
                    "a B2B direct connect user has no object in the tenant and is in no group"
                        .to_owned(),
                    "remove `memberOf`",
                );
            }
            if user.user_type == Some(UserType::B2bDirectConnectUser)
                && user.roles.as_ref().is_some_and(|list| !list.is_empty())
            {
                fault(
                    "/user/roles",
                    "a B2B direct connect user has no object in the tenant and no role".to_owned(),
                    "remove `roles`",
                );
            }
        }
        let person = self.user.is_some();
        for (member, given, whose) in [
            (
                "userRiskLevel",
                self.user_risk_level.is_some() && !person,
                "a user",
            ),
            (
                "insiderRiskLevel",
                self.insider_risk_level.is_some() && !person,
                "a user",
            ),
            (
                "servicePrincipalRiskLevel",
                self.service_principal_risk_level.is_some() && self.service_principal.is_none(),
                "a service principal",
            ),
        ] {
            if given && !subjects.is_empty() {
                fault(
                    &format!("/{member}"),
                    format!("`{member}` belongs to {whose}"),
                    "remove it",
                );
            }
        }
        let blank = self.names().filter(|(.., name)| name.trim().is_empty());
        faults.extend(blank.map(|(member, at, _)| SignInFault {
            pointer: match at {
                Some(at) => format!("{member}/{at}"),
                None => member.to_owned(),
            },
            message: "a name is empty".to_owned(),
            help: "write the name, or leave the member out".to_owned(),
        }));
        faults.extend(self.contradictions());
        faults
    }

    /// Every name, with the pointer of its member and its place in a list.
    fn names(&self) -> impl Iterator<Item = (&'static str, Option<usize>, &str)> {
        type Named<'a> = (&'static str, Option<usize>, &'a str);
        fn one<'a>(member: &'static str, name: Option<&'a String>) -> Option<Named<'a>> {
            name.map(|name| (member, None, name.as_str()))
        }
        fn list<'a>(
            member: &'static str,
            names: Option<&'a Vec<String>>,
        ) -> impl Iterator<Item = Named<'a>> {
            let names = names.into_iter().flatten().enumerate();
            names.map(move |(at, name)| (member, Some(at), name.as_str()))
        }
        let (user, agent) = (self.user.as_ref(), self.agent_identity.as_ref());
        let principal = self.service_principal.as_ref();
        let app = self.application.as_ref();
        let single = [
            one("/user", user.and_then(|one| one.name.as_ref())),
            one(
                "/servicePrincipal",
                principal.and_then(|one| one.name.as_ref()),
            ),
            one("/agentIdentity", agent.and_then(|one| one.name.as_ref())),
            one(
                "/agentIdentity/blueprint",
                agent.and_then(|one| one.blueprint.as_ref()),
            ),
            one("/application", app.and_then(|one| one.name.as_ref())),
            one(
                "/client",
                self.client.as_ref().and_then(|one| one.name.as_ref()),
            ),
            one(
                "/authenticationContext",
                self.authentication_context.as_ref(),
            ),
        ];
        let applications = self.applications.iter().enumerate();
        let applications = applications
            .filter_map(|(at, app)| Some(("/applications", Some(at), app.name.as_deref()?)));
        (single.into_iter().flatten())
            .chain(applications)
            .chain(list(
                "/user/memberOf",
                user.and_then(|one| one.member_of.as_ref()),
            ))
            .chain(list("/user/roles", user.and_then(|one| one.roles.as_ref())))
            .chain(list("/scopes", self.scopes.as_ref()))
    }

    /// Facts that cannot be together, though each is well said.
    pub(super) fn contradictions(&self) -> Vec<SignInFault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, message: String, help: &str| {
            faults.push(SignInFault {
                pointer: pointer.to_owned(),
                message,
                help: help.to_owned(),
            });
        };
        if let (Some(Device::Registered(info)), Some(platform)) =
            (&self.device_info, self.device_platform)
            && info.is_hybrid_joined()
            && platform != Platform::Windows
        {
            fault(
                "/deviceInfo/trustType",
                format!(
                    "hybrid joined devices (`ServerAD`) are Windows devices, but `devicePlatform` is `{platform}`"
                ),
                "correct `devicePlatform`, or the `trustType` of the device",
            );
        }
        if let (Some(ClientType::EasSupported), Some(platform)) =
            (self.client_app_type, self.device_platform)
            && !matches!(
                platform,
                Platform::Ios | Platform::Android | Platform::Windows
            )
        {
            fault(
                "/clientAppType",
                format!(
                    "`easSupported` is Exchange ActiveSync on iOS, Android and Windows, but `devicePlatform` is `{platform}`"
                ),
                "write `exchangeActiveSync`, or correct `devicePlatform`",
            );
        }
        faults
    }

    /// The ordinary for all that is left out: a member without groups and roles, a browser on an
    /// unregistered Windows device, no risk, no flow, an address in no named location.
    #[must_use]
    pub fn with_defaults(mut self) -> SignIn {
        if self.service_principal.is_none() && self.agent_identity.is_none() {
            let user = self.user.get_or_insert_default();
            user.user_type.get_or_insert(match user.external_tenant_id {
                None => UserType::Member,
                Some(_) => UserType::B2bCollaborationGuest,
            });
            let is_agent = user.agent_user;
            if user.name.is_none() {
                user.member_of.get_or_insert_default();
            }
            user.roles.get_or_insert_default();
            self.user_risk_level.get_or_insert(Risk::None);
            self.insider_risk_level.get_or_insert(InsiderRisk::None);
            let device = self.ordinary_device();
            self.device_info.get_or_insert(device);
            self.authentication_flow
                .get_or_insert_default()
                .transfer_method
                .get_or_insert(TransferMethod::None);
            if is_agent {
                self.agent_id_risk_level.get_or_insert(AgentRisk::None);
            }
        }
        if self.service_principal.is_some() {
            self.service_principal_risk_level.get_or_insert(Risk::None);
        }
        if self.agent_identity.is_some() {
            self.agent_id_risk_level.get_or_insert(AgentRisk::None);
        }
        self.sign_in_risk_level.get_or_insert(Risk::None);
        self.client_app_type.get_or_insert(ClientType::Browser);
        let platform = self.ordinary_platform();
        self.device_platform.get_or_insert(platform);
        self.compliant_network.get_or_insert(false);
        self
    }

    /// What an application on a phone satisfies is of no Windows device.
    fn ordinary_platform(&self) -> Platform {
        match self.satisfies("approvedApplication") {
            true => Platform::Ios,
            false => Platform::Windows,
        }
    }

    /// The ordinary device of a sign-in that does not say which: one that the tenant does not
    /// know, unless what is satisfied is of a device that it does.
    fn ordinary_device(&self) -> Device {
        let of_device = [
            "compliantDevice",
            "domainJoinedDevice",
            "secureSignInSession",
            "windowsHelloForBusiness",
        ];
        match of_device.iter().any(|name| self.satisfies(name)) {
            true => self.known_device(),
            false => Device::Unregistered,
        }
    }

    /// A device that the tenant knows, as what is satisfied says of it.
    pub(super) fn known_device(&self) -> Device {
        let platform = self.device_platform;
        let is_windows = platform.unwrap_or_else(|| self.ordinary_platform()) == Platform::Windows;
        let trust = match (self.satisfies("domainJoinedDevice"), is_windows) {
            (true, _) => "ServerAD",
            (false, true) => "AzureAD",
            (false, false) => "Workplace",
        };
        let mut info = DeviceInfo::default();
        let compliant = self.satisfies("compliantDevice");
        info.put("isCompliant", DeviceValue::Bool(compliant));
        info.put("trustType", DeviceValue::Text(trust.to_owned()));
        Device::Registered(info)
    }

    fn satisfies(&self, name: &str) -> bool {
        let mut all = self.satisfied.iter().flatten();
        all.any(|held| held.name.trim().eq_ignore_ascii_case(name))
    }
}
