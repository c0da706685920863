//! A sign-in, put into the numbers of a set of policies: once for all of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::device::{Device, DeviceValue};
use super::environment::Environment;
use super::fact::{Fact, Match};
use super::fault::SignInFault;
use super::grant::{self, AllowedMethods, Combination, KnownRequirement, Requirement};
use super::index::{Bits, Index, Number};
use super::place::{Ranges, Whence};
use super::sign_in::{
    AgentIdentity, Application, Attributes, Satisfied, ServicePrincipal, SignIn, User,
};
use super::vocabulary::{
    AgentRisk, ClientType, ExclusionState, InsiderRisk, OwnedBy, Platform, Risk, TransferMethod,
    UserAction, UserType,
};
use crate::finding::did_you_mean;
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::model::refs::RefKind;
use crate::model::tables::suites;
use crate::model::values::GraphEnum;
use crate::text::is_guid;

/// A sign-in that is ready to be judged by the policies that it was prepared for.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) who: Who,
    pub(super) wanted: WantedResource,
    /// For each named location whether the sign-in comes from there.
    pub(super) places: Vec<Match>,
    pub(super) trusted: Match,
    pub(super) mfa_ips: Match,
    pub(super) client: Option<ClientType>,
    pub(super) platform: Option<Platform>,
    pub(super) sign_in_risk: Option<Risk>,
    pub(super) user_risk: Option<Risk>,
    pub(super) insider_risk: Option<InsiderRisk>,
    pub(super) principal_risk: Option<Risk>,
    pub(super) agent_risk: Option<AgentRisk>,
    pub(super) flow: Option<TransferMethod>,
    /// For each rule what it says.
    pub(super) device_rules: Vec<Match>,
    /// For each requirement whether it is met; nothing when that is not judged.
    pub(super) met: Option<Vec<Match>>,
    /// For each requirement whether anybody could meet it here.
    pub(super) possible: Vec<Match>,
    /// Whether token protection is satisfied.
    pub(super) bound: Option<bool>,
    pub(super) security_defaults: bool,
    /// Defaults that the answer may rest on.
    pub(super) assumptions: Vec<Cow<'static, str>>,
}

/// Who signs in.
#[derive(Debug, Clone)]
pub(super) enum Who {
    Unknown,
    User(Person),
    ServicePrincipal(Principal),
    Agent(Agent),
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    /// The number, if a policy names the user.
    pub number: Option<Number>,
    pub groups: Bits,
    pub groups_unknown: Bits,
    pub roles: Option<Bits>,
    pub kind: Option<UserType>,
    pub tenant: HomeTenant,
    pub is_agent: bool,
}

/// The home tenant of an external user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum HomeTenant {
    Unknown,
    /// One that no policy names.
    Other,
    Named(Number),
}

#[derive(Debug, Clone)]
pub(super) struct Principal {
    pub number: Option<Number>,
    pub is_own: Match,
    pub is_managed_identity: bool,
    pub rules: Vec<Match>,
}

#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub number: Option<Number>,
    /// The blueprint's number; `None` inside when no policy names it.
    pub blueprint: Option<Option<Number>>,
    pub rules: Vec<Match>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) enum WantedResource {
    Unknown,
    Applications {
        /// Policies are matched for each audience.
        audiences: Vec<Audience>,
        /// The audiences instead, depending on a fact.
        instead: Option<(Vec<Audience>, Fact)>,
    },
    Action {
        action: UserAction,
        /// Whether policies on all resources count for it.
        all_resources: Match,
    },
    Context(Option<Number>),
}

/// One resource of a request.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    /// The numbers of the applications that it counts as.
    pub numbers: Vec<Number>,
    pub office: Match,
    pub portal: Match,
    pub agent: Match,
    pub rules: Vec<Match>,
    /// The service never evaluates a sign-in to it.
    pub never: bool,
    /// Outside policies on all resources that have exclusions, and outside all others.
    pub legacy: bool,
}

/// Microsoft Graph, through which scopes of low privilege are asked for.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// Windows Azure Active Directory, what such a request counts as.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
/// Applications for which no policy is evaluated: Windows Sign In; the exchange of agents.
const NEVER: [&str; 2] = [
    "38aa3b87-a06d-4817-b275-7a316988d93b",
    "fb60f99c-7a34-4190-8149-302f77469936",
];
const OPEN_ID: [&str; 4] = ["email", "offline_access", "openid", "profile"];
const LOW_PRIVILEGE: [&str; 7] = [
    "User.Read",
    "User.Read.All",
    "User.ReadBasic.All",
    "People.Read",
    "People.Read.All",
    "GroupMember.Read.All",
    "Member.Read.Hidden",
];

/// Puts a sign-in into numbers.
struct Preparing<'a> {
    index: &'a Index,
    sign_in: &'a SignIn,
    environment: Environment,
    assumptions: BTreeSet<Cow<'static, str>>,
    faults: Vec<SignInFault>,
}

pub(super) fn prepare(
    index: &Index,
    environment: &Environment,
    sign_in: &SignIn,
) -> Result<Prepared, Vec<SignInFault>> {
    let own = sign_in.environment.clone().unwrap_or_default();
    let mut preparing = Preparing {
        index,
        sign_in,
        environment: own.over(environment),
        assumptions: BTreeSet::new(),
        faults: sign_in.faults(),
    };
    let prepared = preparing.prepared();
    match preparing.faults.is_empty() {
        true => Ok(prepared),
        false => Err(preparing.faults),
    }
}

impl Preparing<'_> {
    fn assume(&mut self, text: impl Into<Cow<'static, str>>) {
        self.assumptions.insert(text.into());
    }

    fn prepared(&mut self) -> Prepared {
        let (index, sign_in) = (self.index, self.sign_in);
        let who = self.who();
        let wanted = self.wanted();
        let whence = Whence {
            address: sign_in.ip_address,
            country: sign_in.country,
            compliant_network: sign_in.compliant_network,
        };
        let mfa_ips = self.mfa_ips();
        let network = match (index.trusted_network, sign_in.compliant_network) {
            (true, Some(true)) => Match::unknown(Fact::NAMED_LOCATION),
            (true, None) => Match::unknown(Fact::COMPLIANT_NETWORK),
            _ => Match::No,
        };
        let trusted = index
            .trusted
            .holds(sign_in.ip_address)
            .or(mfa_ips)
            .or(network);
        let device = sign_in.device_info.as_ref();
        let flow = sign_in.authentication_flow.as_ref();
        let possible = self.possible(&who);
        let (met, bound) = self.met(&possible);
        Prepared {
            who,
            wanted,
            places: index
                .places
                .iter()
                .map(|place| place.holds(&whence))
                .collect(),
            trusted,
            mfa_ips,
            client: sign_in.client_app_type,
            platform: sign_in.device_platform,
            sign_in_risk: sign_in.sign_in_risk_level,
            user_risk: sign_in.user_risk_level,
            insider_risk: sign_in.insider_risk_level,
            principal_risk: sign_in.service_principal_risk_level,
            agent_risk: sign_in.agent_id_risk_level,
            flow: flow.and_then(|flow| flow.original_transfer_method.or(flow.transfer_method)),
            device_rules: index
                .device_rules
                .iter()
                .map(|rule| rule.says_of_device(device))
                .collect(),
            met,
            possible,
            bound,
            security_defaults: self.environment.security_defaults == Some(true),
            assumptions: std::mem::take(&mut self.assumptions).into_iter().collect(),
        }
    }

    // Who.

    fn who(&mut self) -> Who {
        let sign_in = self.sign_in;
        if let Some(user) = &sign_in.user {
            return Who::User(self.person(user));
        }
        if let Some(principal) = &sign_in.service_principal {
            return Who::ServicePrincipal(self.principal(principal));
        }
        if let Some(agent) = &sign_in.agent_identity {
            return Who::Agent(self.agent(agent));
        }
        Who::Unknown
    }

    fn person(&mut self, user: &User) -> Person {
        let index = self.index;
        let name = user.name.as_deref();
        let name = name.map(|name| index.names.canonical(RefKind::User, name));
        let known = name.as_deref().and_then(|name| index.people.user(name));
        let kind = user.user_type.or(known.and_then(|user| user.user_type));
        let tenant = user
            .external_tenant_id
            .as_deref()
            .or(known.and_then(|user| user.external_tenant_id.as_deref()));
        // Without an object in the tenant there are neither groups nor roles.
        let objectless = kind == Some(UserType::B2bDirectConnectUser);
        let mut groups = Bits::default();
        let mut groups_unknown = Bits::default();
        if let Some(listed) = &user.member_of {
            let listed = listed
                .iter()
                .map(|group| index.names.canonical(RefKind::Group, group));
            let held = index.people.held(listed);
            groups = held
                .iter()
                .filter_map(|group| index.groups.get(group))
                .collect();
        } else if !objectless && !user.agent_user {
            let empty: Vec<String> = self
                .environment
                .assume_empty
                .iter()
                .map(|group| index.names.canonical(RefKind::Group, group))
                .collect();
            for (number, group) in index.groups.iter().enumerate() {
                let Ok(number) = Number::try_from(number) else {
                    continue;
                };
                match index.people.is_member(name.as_deref(), group) {
                    Match::Yes => groups.put(number),
                    Match::No => {}
                    Match::Unknown(_) if empty.iter().any(|one| one == group) => {
                        let group = index.names.shown(RefKind::Group, group);
                        self.assume(format!("nobody is in the group `{group}`"));
                    }
                    Match::Unknown(_) => groups_unknown.put(number),
                }
            }
        }
        let roles = match (&user.roles, known.and_then(|user| user.roles.as_ref())) {
            (Some(roles), _) | (None, Some(roles)) => Some(
                roles
                    .iter()
                    .map(|role| index.names.canonical(RefKind::Role, role))
                    .filter_map(|role| index.roles.get(&role))
                    .collect(),
            ),
            (None, None) if objectless || user.agent_user => Some(Bits::default()),
            (None, None) => None,
        };
        Person {
            number: name.as_deref().and_then(|name| index.users.get(name)),
            groups,
            groups_unknown,
            roles,
            kind,
            tenant: match tenant.map(|tenant| index.tenants.get(&tenant.to_ascii_lowercase())) {
                None => HomeTenant::Unknown,
                Some(None) => HomeTenant::Other,
                Some(Some(number)) => HomeTenant::Named(number),
            },
            is_agent: user.agent_user,
        }
    }

    fn principal(&mut self, principal: &ServicePrincipal) -> Principal {
        let index = self.index;
        let name = principal.name.as_deref();
        let name = name.map(|name| index.names.canonical(RefKind::ServicePrincipal, name));
        let known = name.as_deref().and_then(|name| index.owners.get(name));
        let owner = principal.owned_by.or(known.and_then(|app| app.owned_by));
        Principal {
            number: name.as_deref().and_then(|name| index.principals.get(name)),
            is_own: match owner {
                None => Match::unknown(Fact::SERVICE_PRINCIPAL_OWNER),
                Some(owner) => (owner == OwnedBy::Tenant).into(),
            },
            is_managed_identity: principal.managed_identity,
            rules: self.rules(
                principal.attributes.as_ref(),
                Fact::SERVICE_PRINCIPAL_ATTRIBUTES,
            ),
        }
    }

    fn agent(&mut self, agent: &AgentIdentity) -> Agent {
        let index = self.index;
        let number = |name: &str| {
            let name = index.names.canonical(RefKind::ServicePrincipal, name);
            index.principals.get(&name)
        };
        Agent {
            number: agent.name.as_deref().and_then(number),
            blueprint: agent.blueprint.as_deref().map(number),
            rules: self.rules(agent.attributes.as_ref(), Fact::AGENT_ATTRIBUTES),
        }
    }

    fn rules(&self, attributes: Option<&Attributes>, fact: Fact) -> Vec<Match> {
        let rules = self.index.attribute_rules.iter();
        rules
            .map(|rule| rule.says_of_attributes(attributes, fact))
            .collect()
    }

    // What for.

    fn wanted(&mut self) -> WantedResource {
        let (index, sign_in) = (self.index, self.sign_in);
        if let Some(action) = sign_in.user_action {
            return WantedResource::Action {
                action,
                all_resources: self.all_resources(action),
            };
        }
        if let Some(context) = &sign_in.authentication_context {
            let context = index.names.canonical(RefKind::Context, context);
            return WantedResource::Context(index.contexts.get(&context));
        }
        let asked = sign_in.application.iter().chain(&sign_in.applications);
        let through_graph = asked.clone().all(|app| self.is_graph(app));
        let mut audiences: Vec<Audience> = asked.map(|app| self.audience(app)).collect();
        let Some(scopes) = &sign_in.scopes else {
            return match audiences.is_empty() {
                true => WantedResource::Unknown,
                // What is asked of Microsoft Graph may be of low privilege alone.
                false if through_graph => WantedResource::Applications {
                    instead: Some((vec![self.baseline()], Fact::SCOPES)),
                    audiences,
                },
                false => WantedResource::applications(audiences),
            };
        };
        let open_id = |scope: &String| is_among(&OPEN_ID, scope);
        let low = |scope: &String| open_id(scope) || is_among(&LOW_PRIVILEGE, scope);
        let is_baseline = through_graph && !scopes.is_empty() && scopes.iter().all(low);
        if is_baseline {
            audiences = vec![self.baseline()];
            if self.environment.baseline_scopes.is_none() {
                self.assume("scopes of low privilege alone count as access to Windows Azure Active Directory");
            }
        }
        if audiences.is_empty() {
            return WantedResource::Unknown;
        }
        // A confidential client that wants an id token is an audience, too; and the only one
        // when it asks for nothing else.
        let alone = is_baseline && scopes.iter().all(open_id);
        let wants_id_token = scopes.iter().any(|scope| is_among(&["openid"], scope));
        let Some(client) = sign_in.client.as_ref().filter(|_| alone || wants_id_token) else {
            return WantedResource::applications(audiences);
        };
        let own = self.audience(&Application {
            name: client.name.clone(),
            ..Application::default()
        });
        let with_client = match alone {
            true => vec![own],
            false => audiences.iter().cloned().chain([own]).collect(),
        };
        match client.confidential {
            Some(true) => WantedResource::applications(with_client),
            Some(false) => WantedResource::applications(audiences),
            None => WantedResource::Applications {
                audiences,
                instead: Some((with_client, Fact::CLIENT)),
            },
        }
    }

    /// Whether policies on all resources count for a user action: documented for one of them.
    fn all_resources(&mut self, action: UserAction) -> Match {
        let lifted = |exclusions: &Vec<super::environment::UserActionExclusion>| {
            exclusions.iter().any(|exclusion| {
                exclusion.user_action == action && exclusion.state == ExclusionState::Enabled
            })
        };
        match &self.environment.user_action_exclusions {
            Some(exclusions) if lifted(exclusions) => return Match::No,
            None if self.index.has_all_resources => {
                self.assume("no user action is lifted out of policies on all resources");
            }
            _ => {}
        }
        match action {
            UserAction::RegisterSecurityInformation => Match::Yes,
            UserAction::RegisterOrJoinDevices | UserAction::AccountRecovery => {
                Match::unknown(Fact::ALL_RESOURCES)
            }
        }
    }

    fn application_id(&self, app: &Application) -> Option<String> {
        let name = app.name.as_deref()?;
        Some(self.index.names.canonical(RefKind::Application, name))
    }

    fn is_graph(&self, app: &Application) -> bool {
        let id = self.application_id(app);
        id.is_some_and(|id| [GRAPH, DIRECTORY].contains(&id.as_str()))
    }

    /// What a request for scopes of low privilege alone counts as.
    fn baseline(&mut self) -> Audience {
        let counts_as = match self.environment.baseline_scopes.as_deref() {
            Some("legacy") => {
                return Audience {
                    numbers: Vec::new(),
                    office: Match::No,
                    portal: Match::No,
                    agent: Match::No,
                    rules: vec![Match::No; self.index.attribute_rules.len()],
                    never: false,
                    legacy: true,
                };
            }
            None | Some("directory") => DIRECTORY.to_owned(),
            Some(placeholder) => placeholder.to_owned(),
        };
        self.audience(&Application::named(counts_as))
    }

    fn audience(&mut self, app: &Application) -> Audience {
        let index = self.index;
        let id = self.application_id(app);
        let mut numbers: Vec<Number> = Vec::new();
        if let Some(id) = &id {
            numbers.extend(index.applications.get(id));
            if suites::is_service_management(id) {
                let covering = suites::service_management();
                numbers.extend(covering.filter_map(|id| index.applications.get(id)));
            }
        }
        let environment = &self.environment;
        let listed = |list: &[String]| {
            let mut list = list.iter();
            id.as_deref().is_some_and(|id| {
                list.any(|app| index.names.canonical(RefKind::Application, app) == id)
            })
        };
        let (office, portal) = (
            listed(&environment.office_applications),
            listed(&environment.admin_portals),
        );
        // An application of the tenant's own, or of another publisher, is outside all of these.
        let known = id.as_deref().and_then(|id| index.owners.get(id));
        let owner = app.owned_by.or(known.and_then(|app| app.owned_by));
        let foreign = match owner {
            Some(OwnedBy::Tenant | OwnedBy::Other) => true,
            Some(OwnedBy::Microsoft) => false,
            None => id.as_deref().is_some_and(|id| !is_guid(id)),
        };
        let by_table = |listed: bool, table: fn(&str) -> Option<bool>, fact: Fact| match (
            listed,
            id.as_deref().and_then(table),
        ) {
            (true, _) => Match::Yes,
            (_, Some(is_in)) => is_in.into(),
            (_, None) if foreign => Match::No,
            _ => Match::unknown(fact),
        };
        let agent = match id.as_deref().and_then(suites::is_office_365) {
            // Of a well-known application of Microsoft it is known that it is no agent.
            Some(_) => Match::No,
            None => Match::unknown(Fact::AGENT_RESOURCE),
        };
        let audience = Audience {
            office: by_table(office, suites::is_office_365, Fact::OFFICE365),
            portal: by_table(portal, suites::is_admin_portal, Fact::ADMIN_PORTALS),
            agent,
            never: id.as_deref().is_some_and(|id| NEVER.contains(&id)),
            legacy: false,
            rules: self.rules(
                app.attributes
                    .as_ref()
                    .or(self.sign_in.application_attributes.as_ref()),
                Fact::APPLICATION_ATTRIBUTES,
            ),
            numbers,
        };
        if owner.is_none()
            && foreign
            && let Some(name) = &app.name
        {
            self.assume(format!("`{name}` is an application of the tenant's own"));
        }
        audience
    }

    /// Whether the address is trusted by the per-user settings, which are about IPv4 alone.
    fn mfa_ips(&mut self) -> Match {
        let address = self.sign_in.ip_address;
        if address.is_some_and(|address| address.0.is_ipv6()) {
            return Match::No;
        }
        match &self.environment.mfa_trusted_ips {
            Some(ranges) => Ranges::new(ranges.iter().map(|range| range.0)).holds(address),
            None if self.index.names_mfa_ips => Match::unknown(Fact::MFA_TRUSTED_IPS),
            None => {
                if self.index.has_all_trusted {
                    self.assume(
                        "the per-user settings of multifactor authentication trust no address",
                    );
                }
                Match::No
            }
        }
    }

    // What can be met, and what is.

    /// For each requirement whether anybody could meet it in such a sign-in.
    fn possible(&mut self, who: &Who) -> Vec<Match> {
        let here = self.here(who);
        let known = &self.index.requirements.known;
        known.iter().map(|known| here.possible(known)).collect()
    }

    fn here(&mut self, who: &Who) -> Here {
        let sign_in = self.sign_in;
        let is_client = |types: &[ClientType]| match sign_in.client_app_type {
            None => Match::unknown(Fact::CLIENT_TYPE),
            Some(client) => types.contains(&client).into(),
        };
        let is_platform = |platforms: &[Platform]| match sign_in.device_platform {
            None => Match::unknown(Fact::PLATFORM),
            Some(platform) => platforms.contains(&platform).into(),
        };
        let legacy = is_client(&[ClientType::Other]);
        let mail = is_client(&[ClientType::ExchangeActiveSync, ClientType::EasSupported]);
        let flow = sign_in.authentication_flow.as_ref();
        let flow = flow.and_then(|flow| flow.original_transfer_method.or(flow.transfer_method));
        let device_code = match flow {
            None => Match::unknown(Fact::FLOW),
            Some(flow) => (flow == TransferMethod::DeviceCodeFlow).into(),
        };
        let trust = self.environment.inbound_trust.clone().unwrap_or_default();
        // Whether a claim about the device is one of a home tenant that is not trusted.
        let untrusted = |claim: fn(&super::environment::TrustedClaims) -> bool| {
            let Who::User(person) = who else {
                return Match::unknown(Fact::USER);
            };
            let tenant = self.sign_in.user.as_ref();
            let tenant = tenant.and_then(|user| user.external_tenant_id.as_deref());
            let others = claim(&trust.of(tenant));
            let alike = trust.partners.values().all(|one| claim(one) == others);
            match person.kind {
                Some(kind) if !kind.has_other_home() => Match::No,
                _ if others && alike => Match::No,
                None => Match::unknown(Fact::USER_TYPE),
                Some(_) if tenant.is_none() && !alike => Match::unknown(Fact::HOME_TENANT),
                Some(_) => (!others).into(),
            }
        };
        let here = Here {
            automatic: matches!(who, Who::ServicePrincipal(_) | Who::Agent(_)),
            interactive: legacy.or(mail).negated(),
            device: legacy.or(device_code).negated(),
            application: legacy.negated(),
            compliant_untrusted: untrusted(|claims| claims.compliant_device),
            hybrid_untrusted: untrusted(|claims| claims.hybrid),
            windows: is_platform(&[Platform::Windows]),
            phone: is_platform(&[Platform::Ios, Platform::Android]),
            unprotected: is_platform(&[Platform::MacOs, Platform::Linux]),
            joining: sign_in.user_action == Some(UserAction::RegisterOrJoinDevices),
        };
        let external =
            matches!(who, Who::User(person) if person.kind.is_some_and(UserType::has_other_home));
        let asks_for_device = self.index.requirements.known.iter().any(|known| {
            matches!(
                known.requirement,
                Requirement::Control(
                    GrantControl::CompliantDevice | GrantControl::DomainJoinedDevice
                )
            )
        });
        if external && asks_for_device && self.environment.inbound_trust.is_none() {
            self.assume("claims of home tenants are not trusted");
        }
        here
    }

    /// For each requirement whether it is met, when that is to be judged; and whether token
    /// protection is satisfied.
    fn met(&mut self, possible: &[Match]) -> (Option<Vec<Match>>, Option<bool>) {
        let Some(list) = &self.sign_in.satisfied else {
            return (None, None);
        };
        let index = self.index;
        let mut held = Held::default();
        for (at, item) in list.iter().enumerate() {
            if let Err(fault) = held.add(item, index) {
                self.faults.push(SignInFault {
                    pointer: format!("/satisfied/{at}"),
                    ..fault
                });
            }
        }
        let device = match &self.sign_in.device_info {
            Some(Device::Registered(info)) => Some(info),
            _ => None,
        };
        let value = |name: &str| device.and_then(|info| info.get(name));
        let compliant = value("isCompliant") == Some(&DeviceValue::Bool(true));
        let hybrid = matches!(value("trustType"), Some(DeviceValue::Text(text)) if text.eq_ignore_ascii_case("ServerAD"));
        let mut met = Vec::new();
        for (known, possible) in index.requirements.known.iter().zip(possible) {
            let said = held.meets(known, index);
            if said == Match::Yes && *possible == Match::No {
                self.faults.push(SignInFault {
                    pointer: "/satisfied".to_owned(),
                    message: format!("nobody can meet `{}` in this sign-in", known.name),
                    help: "take it out of `satisfied`, or correct the client, flow, platform, kind of user or `environment.inboundTrust`; docs/whatif.md says what cannot be met where".to_owned(),
                });
            }
            let by_device = match &known.requirement {
                Requirement::Control(GrantControl::CompliantDevice) => compliant,
                Requirement::Control(GrantControl::DomainJoinedDevice) => hybrid,
                _ => false,
            };
            met.push(said.or(Match::from(by_device).and(*possible)));
        }
        (Some(met), Some(held.bound))
    }
}

/// A scope may be written with its resource before it.
fn is_among(list: &[&str], scope: &str) -> bool {
    let scope = scope.rsplit('/').next().unwrap_or(scope);
    list.iter().any(|known| known.eq_ignore_ascii_case(scope))
}

impl WantedResource {
    fn applications(audiences: Vec<Audience>) -> WantedResource {
        WantedResource::Applications {
            audiences,
            instead: None,
        }
    }
}

/// What decides in a sign-in whether a requirement can be met at all.
struct Here {
    /// Nobody is there who could be asked.
    automatic: bool,
    /// The client can ask its user for something.
    interactive: Match,
    /// The state of a device can be shown.
    device: Match,
    application: Match,
    compliant_untrusted: Match,
    hybrid_untrusted: Match,
    windows: Match,
    phone: Match,
    /// A platform without application protection.
    unprotected: Match,
    /// A device is being registered.
    joining: bool,
}

impl Here {
    fn possible(&self, known: &KnownRequirement) -> Match {
        if self.automatic {
            return Match::No;
        }
        let protected = self.application.but_not(self.unprotected);
        match &known.requirement {
            Requirement::Control(GrantControl::CompliantDevice) => {
                self.device.but_not(self.compliant_untrusted)
            }
            Requirement::Control(GrantControl::DomainJoinedDevice) => {
                self.device.but_not(self.hybrid_untrusted).and(self.windows)
            }
            Requirement::Control(GrantControl::CompliantApplication) => protected,
            // The retired control is taken to be met only together with its successor.
            Requirement::Control(GrantControl::ApprovedApplication) => protected.and(self.phone),
            // Nothing that is bound to the device can be used to join it.
            Requirement::Strength(_) if self.joining => {
                let hello = grant::method(AuthenticationMethodMode::WindowsHelloForBusiness);
                let other = |one: &Combination| one.methods.is_none_or(|bits| bits & hello == 0);
                let none_other = known.allowed.as_ref().is_some_and(|allowed| {
                    !allowed.combinations.is_empty() && !allowed.combinations.iter().any(other)
                });
                self.interactive.but_not(none_other.into())
            }
            _ => self.interactive,
        }
    }
}

/// What a sign-in says it can meet.
#[derive(Default)]
struct Held {
    controls: Vec<String>,
    strengths: Vec<String>,
    others: Vec<Requirement>,
    /// The methods that can be used, as bits.
    methods: u32,
    keys: BTreeSet<String>,
    issuers: BTreeSet<String>,
    oids: Option<BTreeSet<String>>,
    bound: bool,
}

impl Held {
    fn add(&mut self, item: &Satisfied, index: &Index) -> Result<(), SignInFault> {
        let text = item.name.trim();
        let is_control = |word: &&&str| word.eq_ignore_ascii_case(text) && **word != "block";
        let requirements = &index.requirements;
        let strength = |text: &str| {
            let one = index.names.canonical(RefKind::Strength, text);
            let asked = requirements.known.iter();
            let mut asked = asked.map(|known| &known.requirement);
            let known = requirements.strength(&one).is_some()
                || asked.any(|r| *r == Requirement::Strength(one.clone()));
            known.then_some(one)
        };
        let other = |text: &str| {
            let agreement = index.names.canonical(RefKind::Agreement, text);
            let asked = requirements
                .known
                .iter()
                .find(|known| match &known.requirement {
                    Requirement::TermsOfUse(one) => *one == agreement || *text == *known.name,
                    Requirement::Custom(one) => one == text || *text == *known.name,
                    Requirement::Control(control) => control.as_str() == text,
                    Requirement::Strength(_) => *text == *known.name,
                });
            let terms = || index.names.knows(RefKind::Agreement, text);
            asked
                .map(|known| known.requirement.clone())
                .or_else(|| terms().then_some(Requirement::TermsOfUse(agreement)))
        };
        if let Some(control) = GrantControl::MEMBERS.iter().find(is_control) {
            self.controls.push((*control).to_owned());
        } else if text == grant::SESSION {
            self.bound = true;
        } else if let Some(methods) = grant::combination(text) {
            self.methods |= methods;
            let lower = |text: &String| text.to_lowercase();
            self.keys.extend(item.aaguid.as_ref().map(lower));
            self.issuers.extend(item.issuer_ski.as_ref().map(lower));
            if let Some(oids) = &item.policy_oids {
                self.oids
                    .get_or_insert_default()
                    .extend(oids.iter().map(lower));
            }
        } else if let Some(one) = strength(text) {
            self.strengths.push(one);
        } else if let Some(one) = other(text) {
            match one {
                Requirement::Strength(one) => self.strengths.push(one),
                one => self.others.push(one),
            }
        } else {
            let words = GrantControl::MEMBERS.iter().copied();
            let words = words.chain(AuthenticationMethodMode::MEMBERS.iter().copied());
            let meant = did_you_mean(text, words)
                .map(str::to_owned)
                .or_else(|| index.names.proposal(RefKind::Strength, text));
            return Err(SignInFault {
                pointer: String::new(),
                message: format!("`{}` is nothing that a sign-in can meet", text.escape_debug()),
                help: match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write a control such as `mfa`, a strength, methods such as `password,sms`, or terms of use".to_owned(),
                },
            });
        }
        Ok(())
    }

    fn has(&self, control: &GrantControl) -> bool {
        self.controls.iter().any(|held| held == control.as_str())
    }

    fn meets(&self, known: &KnownRequirement, index: &Index) -> Match {
        match &known.requirement {
            Requirement::Control(GrantControl::Mfa) => self.meets_mfa(index),
            // What the retired control does on its own nobody says.
            Requirement::Control(control @ GrantControl::ApprovedApplication) => {
                match (
                    self.has(control),
                    self.has(&GrantControl::CompliantApplication),
                ) {
                    (false, _) => Match::No,
                    (true, true) => Match::Yes,
                    (true, false) => Match::unknown(Fact::RETIRED),
                }
            }
            Requirement::Control(control) if self.has(control) => Match::Yes,
            Requirement::Strength(one) => self.meets_strength(one, known.allowed.as_ref(), index),
            other => self.others.contains(other).into(),
        }
    }

    fn allowed<'a>(
        &'a self,
        index: &'a Index,
    ) -> impl Iterator<Item = Option<&'a AllowedMethods>> + 'a {
        let strengths = self.strengths.iter();
        strengths.map(|one| index.requirements.strength(one).map(|(_, allowed)| allowed))
    }

    fn meets_mfa(&self, index: &Index) -> Match {
        let by_method = grant::multifactor()
            .iter()
            .any(|bits| bits & !self.methods == 0);
        let strengths = self.allowed(index).map(|allowed| match allowed {
            None => Match::unknown(Fact::STRENGTH),
            Some(allowed) => allowed.mfa.into(),
        });
        let own = self.has(&GrantControl::Mfa) || by_method;
        Match::any([own.into()].into_iter().chain(strengths))
    }

    fn meets_strength(&self, one: &str, allowed: Option<&AllowedMethods>, index: &Index) -> Match {
        if self.strengths.iter().any(|held| held == one) {
            return Match::Yes;
        }
        let mfa = self.has(&GrantControl::Mfa);
        let Some(allowed) = allowed else {
            let nothing = !mfa && self.methods == 0 && self.strengths.is_empty();
            return match nothing {
                true => Match::No,
                false => Match::unknown(Fact::STRENGTH),
            };
        };
        let by_method = Match::any(allowed.combinations.iter().map(|one| self.uses(one)));
        // Which methods are behind a strength or mere `mfa` is not said: any that it allows.
        // For each of them: whether it may be one that is allowed, and whether it is.
        let by_any = |combinations: &mut dyn Iterator<Item = (bool, bool)>| {
            let (mut some, mut all) = (false, true);
            for (may, is) in combinations {
                some |= may;
                all &= is;
            }
            match (some, all) {
                (false, _) => Match::No,
                (true, true) => Match::Yes,
                (true, false) => Match::unknown(Fact::SATISFIED),
            }
        };
        let by_strength = self.allowed(index).map(|held| match held {
            None => Match::unknown(Fact::STRENGTH),
            Some(held) => by_any(&mut held.combinations.iter().map(|one| {
                let mut all = allowed.combinations.iter();
                let is = all.any(|other| one.is_within(other));
                let mut all = allowed.combinations.iter();
                (all.any(|other| one.methods == other.methods), is)
            })),
        });
        let by_mfa = match mfa {
            false => Match::No,
            // Any multifactor authentication is what it asks for.
            true if one == grant::MFA_STRENGTH => Match::Yes,
            true => by_any(&mut grant::multifactor().iter().map(|bits| {
                let mut all = allowed.combinations.iter();
                let found = all.find(|other| other.methods == Some(*bits));
                (found.is_some(), found.is_some_and(|one| !one.is_limited()))
            })),
        };
        Match::any([by_method, by_mfa].into_iter().chain(by_strength))
    }

    /// Whether the methods that can be used are a combination, within its limits.
    fn uses(&self, combination: &Combination) -> Match {
        if combination
            .methods
            .is_none_or(|bits| bits & !self.methods != 0)
        {
            return Match::No;
        }
        let within = |limit: &BTreeSet<String>, own: Option<&BTreeSet<String>>| match own {
            _ if limit.is_empty() => Match::Yes,
            None => Match::unknown(Fact::SATISFIED),
            Some(own) => own.iter().any(|one| limit.contains(one)).into(),
        };
        let given = |own| Some(own).filter(|own: &&BTreeSet<String>| !own.is_empty());
        Match::all([
            within(&combination.aaguids, given(&self.keys)),
            within(&combination.issuers, given(&self.issuers)),
            within(&combination.oids, self.oids.as_ref()),
        ])
    }
}
