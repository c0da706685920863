//! A policy becomes sets of numbers.

use super::{
    AgentUsers, CompiledPolicy, External, Filtered, Mode, Numbers, Places, Resources, Sides,
    Subjects, Suites, Tenants, Words, Workloads,
};
use crate::model::conditions::CONDITIONS;
use crate::model::enums::{ClientApp, FilterMode, MembershipKind, PolicyState};
use crate::model::policy::{
    Applications, ClientApplications, ConditionalAccessPolicy, Conditions, Filter,
    GuestsOrExternalUsers, Users,
};
use crate::model::refs::RefKind;
use crate::model::tables::special::MFA_TRUSTED_IPS;
use crate::model::values::GraphEnum;
use crate::whatif::fact::{Fact, MissingFacts};
use crate::whatif::index::{Index, Number};
use crate::whatif::outcome::Name;
use crate::whatif::rule::CompiledRule;
use crate::whatif::session;
use crate::whatif::vocabulary::{
    AgentRisk, ClientType, InsiderRisk, Platform, Risk, TransferMethod, UserAction, UserType,
};

impl Filtered {
    fn new(filter: &Filter, rule: usize) -> Filtered {
        let mode = match &filter.mode {
            Some(FilterMode::Include) => Some(true),
            Some(FilterMode::Exclude) => Some(false),
            Some(FilterMode::Other(_)) | None => None,
        };
        Filtered { rule, mode }
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

impl CompiledPolicy {
    pub(in crate::whatif) fn compile(
        policy: &ConditionalAccessPolicy,
        index: &mut Index,
    ) -> CompiledPolicy {
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
