//! One policy, compiled: every condition as a set of numbers, and whether it matches.

mod compile;

use super::fact::{Fact, Match, MissingFacts};
use super::grant::Grant;
use super::index::Number;
use super::outcome::{Name, Reason};
use super::prepared::{Audience, HomeTenant, Person, Prepared, WantedResource, Who};
use super::vocabulary::{ClientType, Platform, Risk, UserType};
use crate::model::enums::PolicyState;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;

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
pub(crate) enum Mode {
    Off,
    ReportOnly,
    Enforced,
    /// Its state is not known to this version.
    Unclear,
}

/// A policy, compiled.
#[derive(Debug, Clone)]
pub(crate) struct CompiledPolicy {
    pub name: Name,
    pub id: Option<Name>,
    pub state: Option<PolicyState>,
    pub mode: Mode,
    /// What cannot be judged of it, whatever the sign-in.
    pub(crate) unclear: MissingFacts,
    pub(crate) resources: Option<Resources>,
    pub(crate) users: Option<Sides<Subjects>>,
    pub(crate) workloads: Option<Workloads>,
    pub(crate) agents: Option<AgentUsers>,
    pub(crate) has_agent_context: bool,
    pub(crate) platforms: Option<Sides<Words>>,
    pub(crate) locations: Option<Sides<Places>>,
    pub(crate) clients: Option<Words>,
    pub(crate) sign_in_risk: Option<Words>,
    pub(crate) user_risk: Option<Words>,
    pub(crate) principal_risk: Option<Words>,
    pub(crate) insider_risk: Option<Words>,
    pub(crate) agent_risk: Option<Words>,
    pub(crate) flows: Option<Words>,
    pub(crate) device: Option<Filtered>,
    pub grant: Grant,
    pub session: Option<Box<SessionControls>>,
}

/// What is included, and what is left out.
#[derive(Debug, Clone)]
pub(crate) struct Sides<T> {
    pub(crate) include: T,
    pub(crate) exclude: T,
}

/// Values of a small vocabulary, as bits.
pub(crate) type Words = u16;

/// Numbers, sorted.
pub(crate) type Numbers = Box<[Number]>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Subjects {
    pub(crate) all: bool,
    pub(crate) guests: bool,
    pub(crate) agents: bool,
    pub(crate) users: Numbers,
    pub(crate) groups: Numbers,
    pub(crate) roles: Numbers,
    pub(crate) external: Option<External>,
    /// A value that is documented and that the service refuses.
    pub(crate) odd: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct External {
    pub(crate) kinds: Words,
    pub(crate) tenants: Tenants,
}

#[derive(Debug, Clone)]
pub(crate) enum Tenants {
    All,
    These(Numbers),
    Unclear,
}

#[derive(Debug, Clone)]
pub(crate) struct Workloads {
    pub(crate) own: bool,
    pub(crate) principals: Sides<Numbers>,
    pub(crate) filter: Option<Filtered>,
    pub(crate) all_agents: bool,
    pub(crate) agents: Sides<Numbers>,
    pub(crate) agent_filter: Option<Filtered>,
    /// True when it includes anything at all by principals, by agents.
    pub(crate) is_for: (bool, bool),
}

#[derive(Debug, Clone)]
pub(crate) struct AgentUsers {
    pub(crate) all: Sides<bool>,
    pub(crate) users: Sides<Numbers>,
    pub(crate) has_filter: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) applications: Sides<Suites>,
    pub(crate) filter: Option<Filtered>,
    pub(crate) actions: Words,
    pub(crate) contexts: Numbers,
    pub(crate) has_actions: bool,
    pub(crate) has_contexts: bool,
    pub(crate) has_exclusions: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Suites {
    pub(crate) all: bool,
    pub(crate) office: bool,
    pub(crate) portals: bool,
    pub(crate) agents: bool,
    pub(crate) applications: Numbers,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    pub(crate) all: bool,
    pub(crate) trusted: bool,
    pub(crate) mfa_ips: bool,
    pub(crate) locations: Numbers,
}

/// A rule by its number, and what is done with what it matches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filtered {
    pub(crate) rule: usize,
    pub(crate) mode: Option<bool>,
}

impl Filtered {
    fn says(self, rules: &[Match]) -> Match {
        rules.get(self.rule).copied().unwrap_or(Match::No)
    }
}

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

impl CompiledPolicy {
    /// Whether the policy applies: every condition must match; of those that do not, the first
    /// is the reason, in the order in which the service looks at them (application before
    /// users, as its logs show; then as documented).
    pub(crate) fn applies(&self, sign_in: &Prepared) -> Applies {
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
                let matched = match self.reaches_nothing() {
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
        on_list(own.include, platform).but_not(on_list(own.exclude, platform))
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
    pub(crate) fn is_on_action(&self) -> bool {
        self.resources.as_ref().is_some_and(|own| own.has_actions)
    }

    /// True for a policy in report-only on a user action: the service never evaluates it.
    pub(crate) fn is_never_reported(&self) -> bool {
        self.mode == Mode::ReportOnly && self.is_on_action()
    }

    /// True for a policy that names no resource at all.
    pub(crate) fn reaches_nothing(&self) -> bool {
        let own = self.resources.as_ref();
        own.is_some_and(|own| !own.has_actions && !own.has_contexts && own.includes_nothing())
    }

    /// What the policy's users say of a sign-in: whether they include it, and leave it out.
    pub(crate) fn sides(&self, sign_in: &Prepared) -> (Match, Match) {
        self.sides_of(&sign_in.who)
    }

    /// What the policy's users say of somebody.
    pub(crate) fn sides_of(&self, who: &Who) -> (Match, Match) {
        match (&self.users, who) {
            (Some(users), Who::User(person)) => {
                (users.include.matches(person), users.exclude.matches(person))
            }
            _ => (Match::No, Match::No),
        }
    }

    /// Of a condition that rules the policy out and has two sides: whether it excludes the sign-in,
    /// or does not include it.
    pub(crate) fn excludes(&self, reason: Reason, sign_in: &Prepared) -> Option<bool> {
        let included = match (reason, &sign_in.who, &sign_in.wanted) {
            (Reason::Users, Who::User(person), _) if !person.is_agent => {
                self.users.as_ref()?.include.matches(person)
            }
            (Reason::Application, _, WantedResource::Applications { audiences, .. }) => {
                let own = self.resources.as_ref()?;
                Match::any(audiences.iter().map(|one| own.includes(one)))
            }
            (Reason::DevicePlatform, ..) => {
                on_list(self.platforms.as_ref()?.include, sign_in.platform)
            }
            (Reason::Location, ..) => self.locations.as_ref()?.include.holds(sign_in),
            _ => return None,
        };
        Some(included != Match::No)
    }

    /// The user, groups and roles that exclude who signs in, by their numbers.
    pub(crate) fn excluded_by(&self, sign_in: &Prepared) -> Vec<(RefKind, Number)> {
        let (Some(users), Who::User(person)) = (&self.users, &sign_in.who) else {
            return Vec::new();
        };
        let exclude = &users.exclude;
        let holds = |role: &Number| person.roles.as_ref().is_some_and(|roles| roles.has(*role));
        let user = person.number.filter(|one| exclude.users.contains(one));
        let groups = exclude.groups.iter().filter(|one| person.groups.has(**one));
        let roles = exclude.roles.iter().filter(|one| holds(one));
        (user.into_iter().map(|one| (RefKind::User, one)))
            .chain(groups.map(|one| (RefKind::Group, *one)))
            .chain(roles.map(|one| (RefKind::Role, *one)))
            .collect()
    }

    /// The groups that the policy includes or leaves out.
    pub(crate) fn groups(&self) -> Vec<Number> {
        let sides = self.users.iter().flat_map(|u| [&u.include, &u.exclude]);
        sides.flat_map(|side| side.groups.iter().copied()).collect()
    }

    /// The resource alone.
    pub(crate) fn is_for_resource(&self, sign_in: &Prepared) -> Match {
        self.is_for(&sign_in.wanted)
    }

    /// Whether it is for what is asked for.
    pub(crate) fn is_for(&self, wanted: &WantedResource) -> Match {
        self.resource(wanted).1
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

fn on_list(list: Words, platform: Option<Platform>) -> Match {
    match platform {
        _ if list == Words::MAX => Match::Yes,
        _ if list == 0 => Match::No,
        None => Match::unknown(Fact::PLATFORM),
        // Any platform that no list can name.
        Some(Platform::Unknown) => Match::No,
        Some(platform) => (list >> (platform as u32) & 1 == 1).into(),
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
        let of_tenant = match &self.tenants {
            Tenants::All => Match::Yes,
            Tenants::Unclear => Match::unknown(Fact::condition("users")),
            Tenants::These(list) => match person.tenant {
                _ if list.is_empty() => Match::No,
                HomeTenant::Unknown => Match::unknown(Fact::HOME_TENANT),
                HomeTenant::Other => Match::No,
                HomeTenant::Named(one) => list.contains(&one).into(),
            },
        };
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
                true => of_tenant.and(Match::unknown(Fact::DIRECT_CONNECT)),
                false => Match::No,
            };
        }
        of_tenant
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
        let included = self.includes(audience);
        if included == Match::No {
            return Match::No;
        }
        let left_out = self.applications.exclude.holds(audience);
        included.but_not(left_out.or(self.by_filter(audience, false)))
    }

    fn includes(&self, audience: &Audience) -> Match {
        let listed = self.applications.include.holds(audience);
        listed.or(self.by_filter(audience, true))
    }

    /// What a filter matches is added to the list that its mode names.
    fn by_filter(&self, audience: &Audience, mode: bool) -> Match {
        match self.filter {
            Some(filter) if filter.mode.is_none() => Match::unknown(Fact::FILTER_MODE),
            Some(filter) if filter.mode == Some(mode) => filter.says(&audience.rules),
            _ => Match::No,
        }
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
