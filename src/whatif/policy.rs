//! One policy, compiled: every condition as a set of numbers, and whether it matches.

use super::fact::{Fact, Match, MissingFacts};
use super::grant::Grant;
use super::index::{Index, Number};
use super::outcome::{Name, Reason};
use super::prepared::{Audience, HomeTenant, Person, Prepared, WantedResource, Who};
use super::rule::CompiledRule;
use super::session;
use super::vocabulary::{
    AgentRisk, ClientType, InsiderRisk, Platform, Risk, TransferMethod, UserAction, UserType,
};
use crate::model::conditions::CONDITIONS;
use crate::model::enums::{ClientApp, FilterMode, MembershipKind, PolicyState};
use crate::model::policy::{
    Applications, ClientApplications, ConditionalAccessPolicy, Conditions, Filter,
    GuestsOrExternalUsers, Users,
};
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::model::tables::special::MFA_TRUSTED_IPS;
use crate::model::values::GraphEnum;

/// Whether a policy applies to a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not, because of this condition.
    No(Reason),
    /// It depends on these facts.
    Unknown(MissingFacts),
}

impl From<Applies> for Match {
    fn from(applies: Applies) -> Match {
        match applies {
            Applies::Yes => Match::Yes,
            Applies::No(_) => Match::No,
            Applies::Unknown(facts) => Match::Unknown(facts),
        }
    }
}

/// Whether what a policy asks for is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Off,
    ReportOnly,
    Enforced,
    /// Its state is not known to this version.
    Unclear,
}

/// A policy, compiled.
#[derive(Debug, Clone)]
pub(super) struct CompiledPolicy {
    pub name: Name,
    pub id: Option<Name>,
    pub state: Option<PolicyState>,
    pub mode: Mode,
    /// What cannot be judged of it, whatever the sign-in.
    unclear: MissingFacts,
    resources: Option<Resources>,
    users: Option<Sides<Subjects>>,
    workloads: Option<Workloads>,
    agents: Option<AgentUsers>,
    has_agent_context: bool,
    platforms: Option<Sides<Words>>,
    locations: Option<Sides<Places>>,
    clients: Option<Words>,
    sign_in_risk: Option<Words>,
    user_risk: Option<Words>,
    principal_risk: Option<Words>,
    insider_risk: Option<Words>,
    agent_risk: Option<Words>,
    flows: Option<Words>,
    device: Option<Filtered>,
    pub grant: Grant,
    pub session: Option<Box<SessionControls>>,
}

/// What is included, and what is left out.
#[derive(Debug, Clone)]
struct Sides<T> {
    include: T,
    exclude: T,
}

/// Values of a small vocabulary, as bits.
type Words = u16;

/// Numbers, sorted.
type Numbers = Box<[Number]>;

#[derive(Debug, Clone, Default)]
struct Subjects {
    all: bool,
    guests: bool,
    agents: bool,
    users: Numbers,
    groups: Numbers,
    roles: Numbers,
    external: Option<External>,
    /// A value that is documented and that the service refuses.
    odd: bool,
}

#[derive(Debug, Clone)]
struct External {
    kinds: Words,
    tenants: Tenants,
}

#[derive(Debug, Clone)]
enum Tenants {
    All,
    These(Numbers),
    Unclear,
}

#[derive(Debug, Clone)]
struct Workloads {
    own: bool,
    principals: Sides<Numbers>,
    filter: Option<Filtered>,
    all_agents: bool,
    agents: Sides<Numbers>,
    agent_filter: Option<Filtered>,
    /// True when it includes anything at all by principals, by agents.
    is_for: (bool, bool),
}

#[derive(Debug, Clone)]
struct AgentUsers {
    all: Sides<bool>,
    users: Sides<Numbers>,
    has_filter: bool,
}

#[derive(Debug, Clone)]
struct Resources {
    applications: Sides<Suites>,
    filter: Option<Filtered>,
    actions: Words,
    contexts: Numbers,
    has_actions: bool,
    has_contexts: bool,
    has_exclusions: bool,
}

#[derive(Debug, Clone, Default)]
struct Suites {
    all: bool,
    office: bool,
    portals: bool,
    agents: bool,
    applications: Numbers,
}

#[derive(Debug, Clone, Default)]
struct Places {
    all: bool,
    trusted: bool,
    mfa_ips: bool,
    locations: Numbers,
}

/// A rule by its number, and what is done with what it matches.
#[derive(Debug, Clone, Copy)]
struct Filtered {
    rule: usize,
    mode: Option<bool>,
}

impl Filtered {
    fn new(filter: &Filter, rule: usize) -> Filtered {
        let mode = match &filter.mode {
            Some(FilterMode::Include) => Some(true),
            Some(FilterMode::Exclude) => Some(false),
            Some(FilterMode::Other(_)) | None => None,
        };
        Filtered { rule, mode }
    }

    fn says(self, rules: &[Match]) -> Match {
        rules.get(self.rule).copied().unwrap_or(Match::No)
    }
}

/// Position of a word among the members of an enum of Graph, or among our own words.
fn bit(words: &[&str], word: &str) -> Words {
    let at = words
        .iter()
        .position(|known| known.eq_ignore_ascii_case(word));
    at.map_or(0, |at| 1 << at)
}

fn bits<'a, T: GraphEnum + 'a>(words: &[&str], list: impl IntoIterator<Item = &'a T>) -> Words {
    list.into_iter()
        .fold(0, |all, one| all | bit(words, one.as_str()))
}

macro_rules! texts_of {
    ($name:ident, $type:ty) => {
        fn $name() -> Vec<&'static str> {
            <$type>::ALL.iter().map(|one| one.as_str()).collect()
        }
    };
}
texts_of!(platforms, Platform);
texts_of!(clients, ClientType);
texts_of!(risks, Risk);
texts_of!(insider_risks, InsiderRisk);
texts_of!(agent_risks, AgentRisk);
texts_of!(flows, TransferMethod);
texts_of!(user_types, UserType);

/// The level is listed. A list of every level leaves nothing open.
fn listed(list: Option<Words>, held: Option<u32>, all: Words, fact: Fact) -> Match {
    let Some(list) = list else {
        return Match::Yes;
    };
    match held {
        _ if list & all == all => Match::Yes,
        None => Match::unknown(fact),
        Some(held) => (list >> held & 1 == 1).into(),
    }
}

/// A list that is there, as bits; `None` for one that is empty.
fn some<T>(list: &[T], words: Words) -> Option<Words> {
    (!list.is_empty()).then_some(words)
}

fn is(text: &str, word: &str) -> bool {
    text.trim().eq_ignore_ascii_case(word)
}

fn sorted(numbers: impl IntoIterator<Item = Number>) -> Numbers {
    let mut numbers: Vec<Number> = numbers.into_iter().collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into()
}

// Compilation.

impl CompiledPolicy {
    pub(super) fn compile(policy: &ConditionalAccessPolicy, index: &mut Index) -> CompiledPolicy {
        let conditions = &policy.conditions;
        let mut unclear = MissingFacts::NONE;
        let mode = match &policy.state {
            Some(PolicyState::Disabled) => Mode::Off,
            Some(PolicyState::Enabled) => Mode::Enforced,
            Some(PolicyState::ReportOnly) => Mode::ReportOnly,
            Some(PolicyState::Other(_)) | None => {
                unclear = unclear.and(Fact::STATE.into());
                Mode::Unclear
            }
        };
        let mut compiled = CompiledPolicy {
            name: policy.display_name.as_str().into(),
            id: policy.id.as_deref().map(Name::from),
            state: policy.state.clone(),
            mode,
            unclear,
            resources: None,
            users: None,
            workloads: None,
            agents: None,
            has_agent_context: false,
            platforms: None,
            locations: None,
            clients: None,
            sign_in_risk: None,
            user_risk: None,
            principal_risk: None,
            insider_risk: None,
            agent_risk: None,
            flows: None,
            device: None,
            grant: {
                let mut names = std::mem::take(&mut index.names);
                let controls = policy.grant_controls.as_ref();
                let grant = index.requirements.read(controls, &mut names);
                index.names = names;
                grant
            },
            session: session::effective(policy),
        };
        // By the table, so that a condition that nobody has taught this evaluator is unknown.
        for rows in CONDITIONS.chunk_by(|row, next| row.name == next.name) {
            if let Some(row) = rows.first()
                && rows.iter().any(|row| (row.read)(conditions).is_set())
            {
                compiled.condition(row.name, conditions, index);
            }
        }
        compiled
    }

    fn condition(&mut self, name: &str, conditions: &Conditions, index: &mut Index) {
        match name {
            "applications" => {
                let applications = conditions.applications.as_ref();
                self.resources = applications.map(|apps| resources(apps, index));
            }
            "users" => {
                self.users = conditions
                    .users
                    .as_ref()
                    .map(|users| subjects(users, index))
            }
            "clientApplications" => {
                let workloads = conditions.client_applications.as_ref();
                self.workloads = workloads.map(|clients| workload(clients, index));
            }
            "agents" => {
                self.agents = conditions.agents.as_ref().map(|agents| {
                    let all = |list: &[String]| list.iter().any(|text| is(text, "All"));
                    let mut users = |list: &[String]| {
                        sorted(list.iter().map(|text| {
                            let one = index.names.used(RefKind::User, text);
                            index.users.put(one)
                        }))
                    };
                    AgentUsers {
                        all: Sides {
                            include: all(&agents.include_agent_users),
                            exclude: all(&agents.exclude_agent_users),
                        },
                        users: Sides {
                            include: users(&agents.include_agent_users),
                            exclude: users(&agents.exclude_agent_users),
                        },
                        has_filter: agents.agent_filter.is_some(),
                    }
                });
            }
            "agentContext" => self.has_agent_context = true,
            "platforms" => {
                let words = platforms();
                let side = |list: &[crate::model::enums::DevicePlatform]| {
                    // `all` means what no list can name, too.
                    match list.iter().any(|one| is(one.as_str(), "all")) {
                        true => Words::MAX,
                        false => bits(&words, list),
                    }
                };
                // Without an included one the service would refuse it.
                match &conditions.platforms {
                    Some(platforms) if !platforms.include_platforms.is_empty() => {
                        self.platforms = Some(Sides {
                            include: side(&platforms.include_platforms),
                            exclude: side(&platforms.exclude_platforms),
                        });
                    }
                    _ => self.unclear = self.unclear.and(Fact::condition(name).into()),
                }
            }
            "devices" => {
                let Some(devices) = &conditions.devices else {
                    return;
                };
                if let Some(filter) = &devices.device_filter {
                    let rule =
                        Index::rule(&mut index.device_rules, CompiledRule::device(&filter.rule));
                    self.device = Some(Filtered::new(filter, rule));
                }
                let old = [
                    &devices.include_devices,
                    &devices.exclude_devices,
                    &devices.include_device_states,
                    &devices.exclude_device_states,
                ];
                if old.iter().any(|list| !list.is_empty()) {
                    self.unclear = self.unclear.and(Fact::condition(name).into());
                }
            }
            "clientAppTypes" => {
                let types = conditions.client_app_types.as_ref();
                let types: &[ClientApp] = types.map_or(&[], |list| &list.0);
                self.clients = some(types, bits(&clients(), types));
            }
            "locations" => {
                let Some(locations) = &conditions.locations else {
                    return;
                };
                let sides = Sides {
                    include: places(&locations.include_locations, index),
                    exclude: places(&locations.exclude_locations, index),
                };
                match locations.include_locations.is_empty() {
                    false => self.locations = Some(sides),
                    true => self.unclear = self.unclear.and(Fact::condition(name).into()),
                }
            }
            "signInRiskLevels" => {
                let list = &conditions.sign_in_risk_levels;
                self.sign_in_risk = some(list, bits(&risks(), list.iter()));
            }
            "userRiskLevels" => {
                let list = &conditions.user_risk_levels;
                self.user_risk = some(list, bits(&risks(), list.iter()));
            }
            "servicePrincipalRiskLevels" => {
                let list = &conditions.service_principal_risk_levels;
                self.principal_risk = some(list, bits(&risks(), list.iter()));
            }
            "agentIdRiskLevels" => {
                let list = conditions.agent_id_risk_levels.as_ref();
                let list = list.map_or(&[][..], |flags| &flags.0);
                self.agent_risk = some(list, bits(&agent_risks(), list));
            }
            "insiderRiskLevels" => {
                let list = conditions.insider_risk_levels.as_ref();
                let list = list.map_or(&[][..], |flags| &flags.0);
                self.insider_risk = some(list, bits(&insider_risks(), list));
            }
            "authenticationFlows" => {
                let list = conditions.authentication_flows.as_ref();
                let list = list.map_or(&[][..], |flows| &flows.transfer_methods.0);
                // `none` is no flow that a policy could mean.
                let none = bit(&flows(), "none");
                self.flows = some(list, bits(&flows(), list) & !none);
            }
            other => self.unclear = self.unclear.and(Fact::condition(other).into()),
        }
    }
}

fn resources(apps: &Applications, index: &mut Index) -> Resources {
    let mut side = |list: &[String]| {
        let mut suites = Suites::default();
        let mut numbers = Vec::new();
        for text in list {
            match text.trim() {
                text if is(text, "All") => suites.all = true,
                text if is(text, "None") => {}
                text if is(text, "Office365") => suites.office = true,
                text if is(text, "MicrosoftAdminPortals") => suites.portals = true,
                text if is(text, "AllAgentIdResources") => suites.agents = true,
                text => {
                    let one = index.names.used(RefKind::Application, text);
                    numbers.push(index.applications.put(one));
                }
            }
        }
        suites.applications = sorted(numbers);
        suites
    };
    let applications = Sides {
        include: side(&apps.include_applications),
        exclude: side(&apps.exclude_applications),
    };
    index.has_all_resources |= applications.include.all;
    let filter = apps.application_filter.as_ref().map(|filter| {
        let rule = CompiledRule::attributes(&filter.rule);
        Filtered::new(filter, Index::rule(&mut index.attribute_rules, rule))
    });
    let actions = apps.include_user_actions.iter().fold(0, |all, text| {
        let action = text.parse::<UserAction>();
        all | action.map_or(0, |action| 1 << (action as u32))
    });
    let contexts = apps.include_authentication_context_class_references.iter();
    let contexts = contexts.map(|text| {
        let one = index.names.used(RefKind::Context, text);
        index.contexts.put(one)
    });
    let leaves_out = filter.is_some_and(|filter| filter.mode != Some(true));
    Resources {
        contexts: sorted(contexts.collect::<Vec<_>>()),
        has_actions: !apps.include_user_actions.is_empty(),
        has_contexts: !apps
            .include_authentication_context_class_references
            .is_empty(),
        has_exclusions: !apps.exclude_applications.is_empty() || leaves_out,
        applications,
        filter,
        actions,
    }
}

fn subjects(users: &Users, index: &mut Index) -> Sides<Subjects> {
    let mut side = |people: &[String],
                    groups: &[String],
                    roles: &[String],
                    guests: Option<&GuestsOrExternalUsers>| {
        let mut subjects = Subjects::default();
        let mut numbers = Vec::new();
        for text in people {
            match text.trim() {
                text if is(text, "All") => subjects.all = true,
                text if is(text, "None") => {}
                text if is(text, "GuestsOrExternalUsers") => subjects.guests = true,
                text if is(text, "AllAgentIdUsers") => subjects.agents = true,
                text => {
                    let one = index.names.used(RefKind::User, text);
                    numbers.push(index.users.put(one));
                }
            }
        }
        subjects.users = sorted(numbers);
        // Documented for groups and roles, and refused in practice.
        let odd = |text: &&String| is(text, "All");
        subjects.odd = groups.iter().chain(roles).any(|text| odd(&text));
        let groups = groups.iter().filter(|text| !odd(text)).map(|text| {
            let one = index.names.used(RefKind::Group, text);
            index.groups.put(one)
        });
        subjects.groups = sorted(groups.collect::<Vec<_>>());
        let roles = roles.iter().filter(|text| !odd(text)).map(|text| {
            let one = index.names.used(RefKind::Role, text);
            index.roles.put(one)
        });
        subjects.roles = sorted(roles.collect::<Vec<_>>());
        subjects.external = guests.map(|guests| External {
            kinds: bits(&user_types(), &guests.guest_or_external_user_types.0),
            tenants: tenants(guests, index),
        });
        subjects
    };
    Sides {
        include: side(
            &users.include_users,
            &users.include_groups,
            &users.include_roles,
            users.include_guests_or_external_users.as_ref(),
        ),
        exclude: side(
            &users.exclude_users,
            &users.exclude_groups,
            &users.exclude_roles,
            users.exclude_guests_or_external_users.as_ref(),
        ),
    }
}

/// Home tenants. Without a word about them all are meant.
fn tenants(guests: &GuestsOrExternalUsers, index: &mut Index) -> Tenants {
    let Some(tenants) = &guests.external_tenants else {
        return Tenants::All;
    };
    let by_type = || {
        let text = tenants.odata_type.as_deref().unwrap_or_default();
        text.ends_with("EnumeratedExternalTenants") || !tenants.members.is_empty()
    };
    let these = match &tenants.membership_kind {
        Some(MembershipKind::All) => false,
        Some(MembershipKind::Enumerated) => true,
        Some(MembershipKind::Other(_)) => return Tenants::Unclear,
        None => by_type(),
    };
    match these {
        false => Tenants::All,
        true => Tenants::These(sorted(
            tenants
                .members
                .iter()
                .map(|member| index.tenants.put(member.trim().to_ascii_lowercase())),
        )),
    }
}

fn workload(clients: &ClientApplications, index: &mut Index) -> Workloads {
    let mut numbers = |list: &[String], word: &str| {
        let named = list
            .iter()
            .filter(|text| !is(text, word) && !is(text, "None"));
        sorted(named.map(|text| {
            let one = index.names.used(RefKind::ServicePrincipal, text);
            index.principals.put(one)
        }))
    };
    let (own, all) = ("ServicePrincipalsInMyTenant", "All");
    let principals = Sides {
        include: numbers(&clients.include_service_principals, own),
        exclude: numbers(&clients.exclude_service_principals, own),
    };
    let agents = Sides {
        include: numbers(&clients.include_agent_id_service_principals, all),
        exclude: numbers(&clients.exclude_agent_id_service_principals, all),
    };
    let mut filter = |filter: &Option<Filter>| {
        let filter = filter.as_ref()?;
        let rule = CompiledRule::attributes(&filter.rule);
        let rule = Index::rule(&mut index.attribute_rules, rule);
        Some(Filtered::new(filter, rule))
    };
    let has = |list: &[String], word: &str| list.iter().any(|text| is(text, word));
    Workloads {
        own: has(&clients.include_service_principals, own),
        all_agents: has(&clients.include_agent_id_service_principals, all),
        filter: filter(&clients.service_principal_filter),
        agent_filter: filter(&clients.agent_id_service_principal_filter),
        is_for: (
            !clients.include_service_principals.is_empty()
                || clients.service_principal_filter.is_some(),
            !clients.include_agent_id_service_principals.is_empty()
                || clients.agent_id_service_principal_filter.is_some(),
        ),
        principals,
        agents,
    }
}

fn places(list: &[String], index: &mut Index) -> Places {
    let mut places = Places::default();
    let mut numbers = Vec::new();
    for text in list {
        match text.trim() {
            text if is(text, "All") => places.all = true,
            text if is(text, "AllTrusted") => places.trusted = true,
            MFA_TRUSTED_IPS => places.mfa_ips = true,
            text => numbers.push(index.location(text)),
        }
    }
    places.locations = sorted(numbers);
    index.has_all_trusted |= places.trusted;
    index.names_mfa_ips |= places.mfa_ips;
    places
}

// Judgement.

impl CompiledPolicy {
    /// Whether the policy applies: every condition must match; of those that do not, the first
    /// is the reason, in the order in which the service looks at them (application before
    /// users, as its logs show; then as documented).
    pub(super) fn applies(&self, sign_in: &Prepared) -> Applies {
        if self.mode == Mode::Off {
            return Applies::No(Reason::PolicyNotEnabled);
        }
        let mut missing = self.unclear;
        let mut ruled_out = |reason: Reason, matched: Match| match matched {
            Match::Yes => None,
            Match::No => Some(Applies::No(reason)),
            Match::Unknown(facts) => {
                missing = missing.and(facts);
                None
            }
        };
        macro_rules! check {
            ($($reason:expr, $matched:expr;)+) => {
                $(if let Some(no) = ruled_out($reason, $matched) { return no; })+
            };
        }
        let (reason, matched) = self.resource(&sign_in.wanted);
        check! { reason, matched; }
        let (reason, matched) = self.subject(sign_in);
        check! { reason, matched; }
        check! {
            Reason::DevicePlatform, self.platform(sign_in.platform);
            Reason::Location, self.place(sign_in);
            Reason::ClientApps, self.client(sign_in);
            Reason::SignInRisk, self.sign_in_risk(sign_in);
            Reason::UserRisk, self.user_risk(sign_in);
            Reason::Devices, self.device(sign_in);
            Reason::WorkloadIdentities, self.principal_risk(sign_in);
            Reason::AuthenticationFlow, self.flow(sign_in);
            Reason::InsiderRisk, self.insider_risk(sign_in);
            Reason::AgentIdentities, self.agent_context(sign_in);
            Reason::AgentIdRisk, self.agent_risk(sign_in);
        }
        match missing.is_empty() {
            true => Applies::Yes,
            false => Applies::Unknown(missing),
        }
    }

    fn resource(&self, wanted: &WantedResource) -> (Reason, Match) {
        let Some(own) = &self.resources else {
            return (Reason::Application, Match::No);
        };
        match wanted {
            WantedResource::Unknown => {
                let nothing = !own.has_actions && !own.has_contexts && own.includes_nothing();
                let matched = match nothing {
                    true => Match::No,
                    false => Match::unknown(Fact::APPLICATION),
                };
                (Reason::Application, matched)
            }
            WantedResource::Applications { .. } if own.has_actions => {
                (Reason::UserActions, Match::No)
            }
            WantedResource::Applications { .. } if own.has_contexts => {
                (Reason::AuthenticationContext, Match::No)
            }
            WantedResource::Applications { audiences, instead } => {
                let matched = own.any(audiences);
                let matched = match instead {
                    Some((others, fact)) => either(matched, own.any(others), *fact),
                    None => matched,
                };
                (Reason::Application, matched)
            }
            WantedResource::Action { action, .. } if own.has_actions => {
                let listed = own.actions >> (*action as u32) & 1 == 1;
                (Reason::UserActions, listed.into())
            }
            WantedResource::Action { all_resources, .. } => {
                let all = own.applications.include.all;
                (Reason::UserActions, Match::from(all).and(*all_resources))
            }
            WantedResource::Context(context) if own.has_contexts => {
                let listed = context.is_some_and(|one| own.contexts.contains(&one));
                (Reason::AuthenticationContext, listed.into())
            }
            WantedResource::Context(_) => {
                let all = Match::from(own.applications.include.all);
                let counts = Match::unknown(Fact::ALL_RESOURCES);
                (Reason::AuthenticationContext, all.and(counts))
            }
        }
    }

    /// The subject: of users, of service principals or of agents, never of two of them.
    fn subject(&self, sign_in: &Prepared) -> (Reason, Match) {
        let users = self.users.as_ref();
        match &sign_in.who {
            Who::Unknown => {
                let nobody = users.is_none_or(|users| users.include.is_nobody())
                    && self.workloads.is_none()
                    && self.agents.is_none();
                let matched = match nobody {
                    true => Match::No,
                    false => Match::unknown(Fact::USER),
                };
                (Reason::Users, matched)
            }
            Who::User(person) if person.is_agent => {
                if sign_in.security_defaults {
                    return (Reason::AgentIdentities, Match::No);
                }
                if self.workloads.is_some() {
                    return (Reason::WorkloadIdentities, Match::No);
                }
                match &self.agents {
                    Some(agents) => (Reason::AgentIdentities, agents.matches(person)),
                    None => (Reason::Users, includes(users, person)),
                }
            }
            Who::User(person) => {
                let matched = includes(users, person);
                if matched == Match::No {
                    (Reason::Users, Match::No)
                } else if self.workloads.is_some() {
                    (Reason::WorkloadIdentities, Match::No)
                } else if self.agents.is_some() {
                    (Reason::AgentIdentities, Match::No)
                } else {
                    (Reason::Users, matched)
                }
            }
            Who::ServicePrincipal(principal) => {
                let Some(own) = &self.workloads else {
                    return (Reason::Users, Match::No);
                };
                if principal.is_managed_identity || !own.is_for.0 {
                    return (Reason::WorkloadIdentities, Match::No);
                }
                let is = |list: &Numbers| principal.number.is_some_and(|one| list.contains(&one));
                let all = match own.own {
                    true => principal.is_own,
                    false => Match::No,
                };
                let included = Match::from(is(&own.principals.include)).or(all);
                let left_out = Match::from(is(&own.principals.exclude));
                let matched = filtered(
                    included.but_not(left_out),
                    own.filter,
                    &principal.rules,
                    own.own || !own.principals.include.is_empty(),
                );
                (Reason::WorkloadIdentities, matched)
            }
            Who::Agent(agent) => {
                if sign_in.security_defaults {
                    return (Reason::AgentIdentities, Match::No);
                }
                let Some(own) = &self.workloads else {
                    return (Reason::Users, Match::No);
                };
                if !own.is_for.1 {
                    return (Reason::AgentIdentities, Match::No);
                }
                let named = |list: &Numbers| {
                    let is = |one: Option<Number>| one.is_some_and(|one| list.contains(&one));
                    match agent.blueprint {
                        _ if is(agent.number) => Match::Yes,
                        Some(blueprint) => is(blueprint).into(),
                        None if list.is_empty() => Match::No,
                        None => Match::unknown(Fact::AGENT_BLUEPRINT),
                    }
                };
                let included = Match::from(own.all_agents).or(named(&own.agents.include));
                let matched = filtered(
                    included.but_not(named(&own.agents.exclude)),
                    own.agent_filter,
                    &agent.rules,
                    own.all_agents || !own.agents.include.is_empty(),
                );
                (Reason::AgentIdentities, matched)
            }
        }
    }

    fn platform(&self, platform: Option<Platform>) -> Match {
        let Some(own) = &self.platforms else {
            return Match::Yes;
        };
        let listed = |list: Words| match platform {
            _ if list == Words::MAX => Match::Yes,
            _ if list == 0 => Match::No,
            None => Match::unknown(Fact::PLATFORM),
            // Any platform that no list can name.
            Some(Platform::Unknown) => Match::No,
            Some(platform) => (list >> (platform as u32) & 1 == 1).into(),
        };
        listed(own.include).but_not(listed(own.exclude))
    }

    fn place(&self, sign_in: &Prepared) -> Match {
        let Some(own) = &self.locations else {
            return Match::Yes;
        };
        own.include
            .holds(sign_in)
            .but_not(own.exclude.holds(sign_in))
    }

    fn client(&self, sign_in: &Prepared) -> Match {
        let Some(list) = self.clients else {
            return Match::Yes;
        };
        let has = |client: ClientType| list >> (client as u32) & 1 == 1;
        let Some(client) = sign_in.client else {
            return Match::unknown(Fact::CLIENT_TYPE);
        };
        if has(client) {
            return Match::Yes;
        }
        // Exchange ActiveSync, on the platforms that support the management of devices.
        match client {
            ClientType::EasSupported => has(ClientType::ExchangeActiveSync).into(),
            ClientType::ExchangeActiveSync if has(ClientType::EasSupported) => {
                match sign_in.platform {
                    None => Match::unknown(Fact::PLATFORM),
                    Some(platform) => matches!(
                        platform,
                        Platform::Ios | Platform::Android | Platform::Windows
                    )
                    .into(),
                }
            }
            _ => Match::No,
        }
    }

    fn sign_in_risk(&self, sign_in: &Prepared) -> Match {
        match sign_in.who {
            // The risk of a sign-in is that of a user's.
            Who::ServicePrincipal(_) | Who::Agent(_) if self.sign_in_risk.is_some() => Match::No,
            _ => risk(self.sign_in_risk, sign_in.sign_in_risk, Fact::SIGN_IN_RISK),
        }
    }

    fn user_risk(&self, sign_in: &Prepared) -> Match {
        match sign_in.who {
            Who::ServicePrincipal(_) | Who::Agent(_) if self.user_risk.is_some() => Match::No,
            _ => risk(self.user_risk, sign_in.user_risk, Fact::USER_RISK),
        }
    }

    fn principal_risk(&self, sign_in: &Prepared) -> Match {
        match sign_in.who {
            Who::User(_) | Who::Agent(_) if self.principal_risk.is_some() => Match::No,
            _ => risk(
                self.principal_risk,
                sign_in.principal_risk,
                Fact::SERVICE_PRINCIPAL_RISK,
            ),
        }
    }

    fn insider_risk(&self, sign_in: &Prepared) -> Match {
        match sign_in.who {
            Who::ServicePrincipal(_) | Who::Agent(_) if self.insider_risk.is_some() => Match::No,
            _ => {
                let held = sign_in.insider_risk.map(|level| level as u32);
                listed(self.insider_risk, held, 0b1111, Fact::INSIDER_RISK)
            }
        }
    }

    fn flow(&self, sign_in: &Prepared) -> Match {
        match sign_in.who {
            Who::ServicePrincipal(_) | Who::Agent(_) if self.flows.is_some() => Match::No,
            _ => {
                let held = sign_in.flow.map(|flow| flow as u32);
                listed(self.flows, held, 0b111, Fact::FLOW)
            }
        }
    }

    fn device(&self, sign_in: &Prepared) -> Match {
        let Some(filter) = self.device else {
            return Match::Yes;
        };
        let says = filter.says(&sign_in.device_rules);
        match filter.mode {
            Some(true) => says,
            Some(false) => says.negated(),
            None => Match::unknown(Fact::FILTER_MODE),
        }
    }

    fn agent_context(&self, sign_in: &Prepared) -> Match {
        match &sign_in.who {
            _ if !self.has_agent_context => Match::Yes,
            Who::User(person) if !person.is_agent => Match::No,
            Who::ServicePrincipal(_) => Match::No,
            _ => Match::unknown(Fact::condition("agentContext")),
        }
    }

    fn agent_risk(&self, sign_in: &Prepared) -> Match {
        match &sign_in.who {
            _ if self.agent_risk.is_none() => Match::Yes,
            Who::User(person) if !person.is_agent => Match::No,
            Who::ServicePrincipal(_) => Match::No,
            _ => {
                let held = sign_in.agent_risk.map(|level| level as u32);
                listed(self.agent_risk, held, 0b1111, Fact::AGENT_RISK)
            }
        }
    }

    /// True for a policy on user actions.
    pub(super) fn is_on_action(&self) -> bool {
        self.resources.as_ref().is_some_and(|own| own.has_actions)
    }

    /// True for a policy in report-only on a user action: the service never evaluates it.
    pub(super) fn is_never_reported(&self) -> bool {
        self.mode == Mode::ReportOnly && self.is_on_action()
    }

    /// What the policy's users say of a sign-in: whether they include it, and leave it out.
    pub(super) fn sides(&self, sign_in: &Prepared) -> (Match, Match) {
        match (&self.users, &sign_in.who) {
            (Some(users), Who::User(person)) => {
                (users.include.matches(person), users.exclude.matches(person))
            }
            _ => (Match::No, Match::No),
        }
    }

    /// The resource alone.
    pub(super) fn is_for_resource(&self, sign_in: &Prepared) -> Match {
        self.resource(&sign_in.wanted).1
    }
}

/// Lists name exact levels. What a log hides is not known.
fn risk(list: Option<Words>, level: Option<Risk>, fact: Fact) -> Match {
    let held = level.filter(|level| *level != Risk::Hidden);
    listed(list, held.map(|level| level as u32), 0b1111, fact)
}

/// Two answers, of which a fact decides.
fn either(one: Match, other: Match, fact: Fact) -> Match {
    match (one, other) {
        (one, other) if one == other => one,
        (Match::Unknown(a), Match::Unknown(b)) => Match::Unknown(a.and(b).and(fact.into())),
        (Match::Unknown(a), _) | (_, Match::Unknown(a)) => Match::Unknown(a.and(fact.into())),
        _ => Match::unknown(fact),
    }
}

/// A filter takes away from what is listed; without a list it stands for one.
fn filtered(matched: Match, filter: Option<Filtered>, rules: &[Match], has_list: bool) -> Match {
    let Some(filter) = filter else {
        return matched;
    };
    let says = filter.says(rules);
    match (filter.mode, has_list) {
        (Some(true), true) => matched.and(says),
        (Some(true), false) => says,
        (Some(false), _) => matched.but_not(says),
        (None, true) => matched.and(Match::unknown(Fact::FILTER_MODE)),
        (None, false) => Match::unknown(Fact::FILTER_MODE),
    }
}

fn includes(users: Option<&Sides<Subjects>>, person: &Person) -> Match {
    users.map_or(Match::No, |users| {
        users
            .include
            .matches(person)
            .but_not(users.exclude.matches(person))
    })
}

impl Subjects {
    fn is_nobody(&self) -> bool {
        !(self.all || self.guests || self.agents || self.odd || self.external.is_some())
            && self.users.is_empty()
            && self.groups.is_empty()
            && self.roles.is_empty()
    }

    fn matches(&self, person: &Person) -> Match {
        if person.is_agent {
            // One scope for all of them; whether `All` means them, too, is not documented.
            return match (self.agents, self.all) {
                (true, _) => Match::Yes,
                (false, true) => Match::unknown(Fact::ALL_USERS),
                (false, false) => Match::No,
            };
        }
        if self.all || person.number.is_some_and(|one| self.users.contains(&one)) {
            return Match::Yes;
        }
        let mut found = Match::No;
        if self.guests {
            found = found.or(match person.kind {
                None => Match::unknown(Fact::USER_TYPE),
                Some(kind) => (kind != UserType::Member).into(),
            });
        }
        found = found.or(self
            .external
            .as_ref()
            .map_or(Match::No, |e| e.matches(person)));
        if found == Match::Yes {
            return found;
        }
        for group in &self.groups {
            if person.groups.has(*group) {
                return Match::Yes;
            }
            if person.groups_unknown.has(*group) {
                found = found.or(Match::unknown(Fact::GROUPS));
            }
        }
        match &person.roles {
            None if !self.roles.is_empty() => found = found.or(Match::unknown(Fact::ROLES)),
            Some(roles) if self.roles.iter().any(|role| roles.has(*role)) => return Match::Yes,
            _ => {}
        }
        match self.odd {
            true => found.or(Match::unknown(Fact::condition("users"))),
            false => found,
        }
    }
}

impl External {
    fn matches(&self, person: &Person) -> Match {
        let kind = match person.kind {
            None => return Match::unknown(Fact::USER_TYPE),
            Some(UserType::Member) => return Match::No,
            Some(kind) => kind,
        };
        let has = |kind: UserType| self.kinds >> (kind as u32) & 1 == 1;
        if !has(kind) {
            // Policies on direct connect users count for collaboration users in some services,
            // and the reverse.
            let collaborates = [
                UserType::B2bCollaborationGuest,
                UserType::B2bCollaborationMember,
            ];
            let crossing = match kind {
                UserType::B2bDirectConnectUser => collaborates.into_iter().any(has),
                kind if collaborates.contains(&kind) => has(UserType::B2bDirectConnectUser),
                _ => false,
            };
            return match crossing {
                true => Match::unknown(Fact::DIRECT_CONNECT),
                false => Match::No,
            };
        }
        match &self.tenants {
            Tenants::All => Match::Yes,
            Tenants::Unclear => Match::unknown(Fact::condition("users")),
            Tenants::These(list) => match person.tenant {
                _ if list.is_empty() => Match::No,
                HomeTenant::Unknown => Match::unknown(Fact::HOME_TENANT),
                HomeTenant::Other => Match::No,
                HomeTenant::Named(one) => list.contains(&one).into(),
            },
        }
    }
}

impl AgentUsers {
    fn matches(&self, person: &Person) -> Match {
        let named = |list: &Numbers| person.number.is_some_and(|one| list.contains(&one));
        let included = self.all.include || named(&self.users.include);
        let left_out = self.all.exclude || named(&self.users.exclude);
        match (included && !left_out, self.has_filter) {
            (false, false) => Match::No,
            (_, true) => Match::unknown(Fact::condition("agents")),
            (true, false) => Match::Yes,
        }
    }
}

impl Resources {
    fn includes_nothing(&self) -> bool {
        let own = &self.applications.include;
        !(own.all || own.office || own.portals || own.agents)
            && own.applications.is_empty()
            && self.filter.is_none()
    }

    /// Policies are matched for each audience.
    fn any(&self, audiences: &[Audience]) -> Match {
        Match::any(audiences.iter().map(|audience| self.matches(audience)))
    }

    fn matches(&self, audience: &Audience) -> Match {
        if audience.never {
            return Match::No;
        }
        if audience.legacy {
            return (self.applications.include.all && !self.has_exclusions).into();
        }
        // What a filter matches is added to the list that its mode names.
        let by_filter = |mode: bool| match self.filter {
            Some(filter) if filter.mode.is_none() => Match::unknown(Fact::FILTER_MODE),
            Some(filter) if filter.mode == Some(mode) => filter.says(&audience.rules),
            _ => Match::No,
        };
        let included = self
            .applications
            .include
            .holds(audience)
            .or(by_filter(true));
        if included == Match::No {
            return Match::No;
        }
        let left_out = self
            .applications
            .exclude
            .holds(audience)
            .or(by_filter(false));
        included.but_not(left_out)
    }
}

impl Suites {
    fn holds(&self, audience: &Audience) -> Match {
        if self.all
            || audience
                .numbers
                .iter()
                .any(|one| self.applications.contains(one))
        {
            return Match::Yes;
        }
        let part = |has: bool, member: Match| if has { member } else { Match::No };
        part(self.office, audience.office)
            .or(part(self.portals, audience.portal))
            .or(part(self.agents, audience.agent))
    }
}

impl Places {
    fn holds(&self, sign_in: &Prepared) -> Match {
        if self.all {
            return Match::Yes;
        }
        let mut found = Match::No;
        if self.trusted {
            found = found.or(sign_in.trusted);
        }
        if self.mfa_ips {
            found = found.or(sign_in.mfa_ips);
        }
        for location in &self.locations {
            if found == Match::Yes {
                return found;
            }
            let here = sign_in.places.get(*location as usize);
            found = found.or(here.copied().unwrap_or(Match::No));
        }
        found
    }
}
