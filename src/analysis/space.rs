//! The space of sign-ins: every dimension, cut into classes that no policy and no question of the
//! sets at hand tells apart. It is never smaller than the real one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::attributes::AttributeSpace;
use super::domain::Domain;
use super::formula::{Formula, Formulas};
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, COUNTRIES};
use crate::model::values::GraphEnum;
use crate::whatif::parts::{Location, Ranges, WantedResource, Whence};
use crate::whatif::{
    Address, AgentRisk, Application, ClientType, CompiledPolicies, Country, InsiderRisk, Match,
    OwnedBy, Platform, Requirement, Risk, SignIn, TransferMethod, User, UserAction, UserType,
};

/// Microsoft Graph and the directory, of which scopes of low privilege may be asked alone.
const BY_SCOPE: [(&str, &str); 2] = [
    ("00000003-0000-0000-c000-000000000000", "Mail.Read"),
    ("00000002-0000-0000-c000-000000000000", "Directory.Read.All"),
];
/// What stands for the applications that no policy names, in the order of preference: Exchange
/// Online, SharePoint Online, Microsoft Teams.
const WELL_KNOWN: [&str; 3] = [
    "00000002-0000-0ff1-ce00-000000000000",
    "00000003-0000-0ff1-ce00-000000000000",
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
];

/// What kind of subject signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SubjectKind {
    User(UserType),
    AgentUser,
    ServicePrincipal,
    Agent,
}

/// The home of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// The tenant itself.
    Here,
    /// A tenant that nothing names.
    Other,
    Named(String),
}

/// A service principal or an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Workload {
    /// None of those that are named: of the tenant's own, or not.
    Other(OwnedBy),
    Named(String),
    /// An agent made from a blueprint.
    OfBlueprint(String),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resource {
    Application {
        application: Application,
        scopes: Option<Vec<String>>,
    },
    Action(UserAction),
    Context(String),
}

/// What the world of a question contains beyond people and applications.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wide {
    /// Service principals sign in, too.
    pub workloads: bool,
    /// So do agents, and the user accounts of agents.
    pub agents: bool,
}

/// Every dimension.
#[derive(Debug)]
pub(super) struct Space {
    pub formulas: Formulas,
    /// What every sign-in obeys.
    pub hard: Vec<Formula>,
    pub subject: Domain<SubjectKind>,
    /// A user by one spelling; `None` is nobody that anything names.
    pub user: Domain<Option<String>>,
    pub home: Domain<Home>,
    pub groups: BTreeMap<String, Formula>,
    /// Membership by another rule than the first, of a dynamic group whose rule differs between
    /// the sides: group and rule.
    pub ruled: BTreeMap<(String, String), Formula>,
    /// True where it is asked what a membership by itself does: each is an atom of its own.
    pub apart: bool,
    /// The groups of which one side knows every member and another knows nothing.
    pub contested: BTreeSet<String>,
    pub roles: BTreeMap<String, Formula>,
    pub workload: Domain<Workload>,
    /// For each service principal whose owner nothing tells, that it is the tenant's own.
    pub owners: BTreeMap<String, Formula>,
    pub resource: Domain<Resource>,
    pub client: Domain<ClientType>,
    pub platform: Domain<Platform>,
    pub address: Domain<Address>,
    pub country: Domain<Country>,
    pub network: Domain<bool>,
    pub sign_in_risk: Domain<Risk>,
    pub user_risk: Domain<Risk>,
    pub insider_risk: Domain<InsiderRisk>,
    pub principal_risk: Domain<Risk>,
    pub agent_risk: Domain<AgentRisk>,
    pub flow: Domain<TransferMethod>,
    /// Whether the tenant knows the device.
    pub registered: Domain<bool>,
    pub device: AttributeSpace,
    pub application: AttributeSpace,
    pub principal: AttributeSpace,
    /// The methods that can be used, by their bit.
    pub methods: Vec<Formula>,
    /// Other requirements that can be met.
    pub requirements: Vec<(Requirement, Formula)>,
    /// The keys and certificates that strengths are limited to, and any other one (`None`).
    pub keys: Limited,
    pub issuers: Limited,
    pub oids: Limited,
    /// Groups that are taken to be empty, as an answer tells them.
    pub assumed_empty: Vec<String>,
}

/// Each of some values, and whether a sign-in has it.
pub(super) type Limited = Vec<(Option<String>, Formula)>;

fn risks() -> Vec<Risk> {
    vec![Risk::None, Risk::Low, Risk::Medium, Risk::High]
}

/// What `texts` of all sides name, each once.
fn texts<'a>(
    sides: &[&'a CompiledPolicies],
    read: impl Fn(&'a CompiledPolicies) -> Vec<&'a str>,
) -> BTreeSet<String> {
    sides
        .iter()
        .flat_map(|side| read(side))
        .map(str::to_owned)
        .collect()
}

impl Space {
    /// The space that these sets of policies tell apart.
    pub(super) fn new(sides: &[&CompiledPolicies], wide: Wide) -> Space {
        let mut formulas = Formulas::new();
        let mut hard = Vec::new();
        let (f, h) = (&mut formulas, &mut hard);

        let mut subjects: Vec<SubjectKind> = UserType::ALL
            .iter()
            .copied()
            .map(SubjectKind::User)
            .collect();
        if wide.agents {
            subjects.extend([SubjectKind::AgentUser, SubjectKind::Agent]);
        }
        if wide.workloads {
            subjects.push(SubjectKind::ServicePrincipal);
        }
        let subject = Domain::new("user.userType", subjects, f, h);

        let tenants = texts(sides, |s| {
            s.index.tenants.numbered().map(|(_, t)| t).collect()
        });
        let homes = [Home::Here, Home::Other].into_iter();
        let homes = homes.chain(tenants.into_iter().map(Home::Named)).collect();
        let home = Domain::new("user.externalTenantId", homes, f, h);

        let mut group_names = texts(sides, |s| {
            s.index.groups.numbered().map(|(_, t)| t).collect()
        });
        // Whoever is in a group that is in one of them counts.
        for side in sides {
            let mut open: Vec<String> = group_names.iter().cloned().collect();
            while let Some(group) = open.pop() {
                let inner = side.index.people.groups_in(&group).iter().cloned();
                open.extend(inner.filter(|one| group_names.insert(one.clone())));
            }
        }
        let role_names = texts(sides, |s| {
            s.index.roles.numbered().map(|(_, t)| t).collect()
        });
        let groups: BTreeMap<String, Formula> =
            group_names.into_iter().map(|one| (one, f.atom())).collect();
        let mut ruled = BTreeMap::new();
        for group in groups.keys() {
            let rules = sides
                .iter()
                .filter_map(|side| side.index.people.rule_of(group));
            let rules: BTreeSet<&str> = rules.collect();
            for rule in rules.into_iter().skip(1) {
                ruled.insert((group.clone(), rule.to_owned()), f.atom());
            }
        }
        let contested = groups.keys().filter(|group| {
            let knows = |side: &&CompiledPolicies| side.index.people.is_open(group) == Match::No;
            sides.iter().any(&knows) && !sides.iter().all(knows)
        });
        let contested = contested.cloned().collect();
        let roles: BTreeMap<String, Formula> =
            role_names.into_iter().map(|one| (one, f.atom())).collect();
        let mut users = texts(sides, |s| {
            s.index.users.numbered().map(|(_, t)| t).collect()
        });
        for side in sides {
            users.extend(side.index.people.members_of(groups.keys()));
        }
        let users = [None].into_iter().chain(users.into_iter().map(Some));
        let user = Domain::new("user", users.collect(), f, h);

        let mut workloads = vec![
            Workload::Other(OwnedBy::Tenant),
            Workload::Other(OwnedBy::Other),
        ];
        let named = texts(sides, |s| {
            s.index.principals.numbered().map(|(_, t)| t).collect()
        });
        if wide.agents {
            workloads.extend(named.iter().cloned().map(Workload::OfBlueprint));
        }
        let owners = named.iter().filter(|name| {
            let known = |side: &&CompiledPolicies| {
                let app = side.index.owners.get(*name);
                app.is_some_and(|app| app.owned_by.is_some())
            };
            !sides.iter().any(known)
        });
        let owners = owners.map(|name| (name.clone(), f.atom())).collect();
        workloads.extend(named.into_iter().map(Workload::Named));
        let workload = Domain::new("servicePrincipal", workloads, f, h);

        let resource = Domain::new("application", resources(sides), f, h);
        let clients = ClientType::ALL.to_vec();
        let platforms = [&[Platform::Windows][..], Platform::ALL].concat();
        let mut seen = Vec::new();
        let platforms = platforms.into_iter().filter(|one| {
            let new = !seen.contains(one);
            seen.push(*one);
            new
        });
        let platforms: Vec<Platform> = platforms.collect();
        let (addresses, countries) = (addresses(sides), countries(sides));
        let device_rules = sides.iter().flat_map(|side| &side.index.device_rules);
        let attribute_rules = || sides.iter().flat_map(|side| &side.index.attribute_rules);
        let always = ["isCompliant", "trustType"];

        let methods = AuthenticationMethodMode::MEMBERS.iter();
        let methods: Vec<Formula> = methods.map(|_| f.atom()).collect();
        let requirements = requirements(sides).into_iter();
        let requirements = requirements.map(|one| (one, f.atom())).collect();
        let limits = limits(sides);
        let mut some = |list: BTreeSet<String>| -> Limited {
            let all = [None].into_iter().chain(list.into_iter().map(Some));
            all.map(|one| (one, f.atom())).collect()
        };
        let (keys, issuers, oids) = (some(limits.keys), some(limits.issuers), some(limits.oids));

        let mut space = Space {
            subject,
            user,
            home,
            groups,
            ruled,
            apart: false,
            contested,
            roles,
            workload,
            owners,
            resource,
            client: Domain::new("clientAppType", clients, f, h),
            platform: Domain::new("devicePlatform", platforms, f, h),
            address: Domain::new("ipAddress", addresses, f, h),
            country: Domain::new("country", countries, f, h),
            network: Domain::new("compliantNetwork", vec![false, true], f, h),
            sign_in_risk: Domain::new("signInRiskLevel", risks(), f, h),
            user_risk: Domain::new("userRiskLevel", risks(), f, h),
            insider_risk: Domain::new("insiderRiskLevel", InsiderRisk::ALL.to_vec(), f, h),
            principal_risk: Domain::new("servicePrincipalRiskLevel", risks(), f, h),
            agent_risk: Domain::new("agentIdRiskLevel", AgentRisk::ALL.to_vec(), f, h),
            flow: Domain::new(
                "authenticationFlow.transferMethod",
                TransferMethod::ALL.to_vec(),
                f,
                h,
            ),
            registered: Domain::new("deviceInfo", vec![false, true], f, h),
            device: AttributeSpace::new(device_rules, &always, f, h),
            application: AttributeSpace::new(attribute_rules(), &[], f, h),
            principal: AttributeSpace::new(attribute_rules(), &[], f, h),
            methods,
            requirements,
            keys,
            issuers,
            oids,
            assumed_empty: Vec::new(),
            formulas,
            hard,
        };
        space.obey(sides);
        space
    }

    /// What every sign-in obeys, whatever the policies say.
    fn obey(&mut self, sides: &[&CompiledPolicies]) {
        let f = &mut self.formulas;
        // Accounts of another tenant have another home, and the others have not.
        let external = self.subject.of(
            f,
            |one| matches!(one, SubjectKind::User(kind) if kind.has_other_home()),
        );
        let away = !self.home.is(&Home::Here);
        for (one, other) in [(external, away), (away, external)] {
            let rule = f.or(!one, other);
            self.hard.push(rule);
        }
        // Without an object in the tenant there are neither groups nor roles; an agent's user
        // account and what is no user have none that matter here.
        let objectless = self.subject.of(
            f,
            |one| !matches!(one, SubjectKind::User(kind) if *kind != UserType::B2bDirectConnectUser),
        );
        for atom in (self.groups.values())
            .chain(self.ruled.values())
            .chain(self.roles.values())
        {
            let both = f.and(objectless, *atom);
            self.hard.push(!both);
        }
        // Only users have a name among the users, and only they have a device and a flow.
        let person = self.subject.of(f, |one| {
            matches!(one, SubjectKind::User(_) | SubjectKind::AgentUser)
        });
        let nobody = self.user.is(&None);
        let rule = f.or(person, nobody);
        self.hard.push(rule);
        let direct = self
            .subject
            .is(&SubjectKind::User(UserType::B2bDirectConnectUser));
        let rule = f.or(!direct, nobody);
        self.hard.push(rule);
        let unregistered = self.registered.is(&false);
        for (_, attribute) in self.device.all.values() {
            let null = attribute.held.is(&super::attributes::Held::Null);
            let rule = f.or(!unregistered, null);
            self.hard.push(rule);
        }
        // Exchange ActiveSync is `easSupported` on some platforms alone.
        let supported = self.platform.of(f, |one| {
            matches!(one, Platform::Ios | Platform::Android | Platform::Windows)
        });
        let rule = f.or(!self.client.is(&ClientType::EasSupported), supported);
        self.hard.push(rule);
        // Known users are what they are known to be, in every world that knows them.
        for side in sides {
            let people = &side.index.people;
            for (name, atom) in self.user.iter() {
                let Some(known) = name.as_deref().and_then(|name| people.user(name)) else {
                    continue;
                };
                if let Some(kind) = known.user_type {
                    let is = self.subject.is(&SubjectKind::User(kind));
                    let rule = f.or(!atom, is);
                    self.hard.push(rule);
                }
                let Some(held) = &known.roles else { continue };
                for (role, has) in &self.roles {
                    let has = if held.contains(role) { *has } else { !*has };
                    let rule = f.or(!atom, has);
                    self.hard.push(rule);
                }
            }
        }
        // Groups that the environment takes to be empty where their members are not known.
        let mut told = BTreeSet::new();
        for side in sides {
            let index = &side.index;
            for group in &side.environment.assume_empty {
                let one = index.names.canonical(RefKind::Group, group);
                // A list of members is known better.
                if index.people.is_open(&one) == Match::No {
                    continue;
                }
                if let Some(atom) = self.groups.get(&one) {
                    self.hard.push(!*atom);
                    told.insert(index.names.shown(RefKind::Group, &one).to_owned());
                }
            }
        }
        self.assumed_empty = told.into_iter().collect();
    }

    /// When somebody whom no list names is in a group, by the rule that one side knows for it.
    pub(super) fn membership(&self, group: &str, rule: Option<&str>) -> Option<Formula> {
        let other = rule.and_then(|rule| self.ruled.get(&(group.to_owned(), rule.to_owned())));
        other.or_else(|| self.groups.get(group)).copied()
    }

    /// An atom that holds when a formula does.
    pub(super) fn same_as(&mut self, formula: Formula) -> Formula {
        let atom = self.formulas.atom();
        for (one, other) in [(atom, formula), (formula, atom)] {
            let rule = self.formulas.or(!one, other);
            self.hard.push(rule);
        }
        atom
    }

    /// Every membership that nothing else decides.
    pub(super) fn memberships(&self) -> impl Iterator<Item = Formula> {
        self.groups.values().chain(self.ruled.values()).copied()
    }

    /// That a service principal is the tenant's own, where this side does not tell.
    pub(super) fn owned(&mut self, name: &str) -> Formula {
        let atom = self.owners.get(name).copied();
        atom.unwrap_or_else(|| self.formulas.open(format!("owner {name}")))
    }

    /// Every service principal and agent, with its atom.
    pub(super) fn workloads(&self) -> Vec<(Workload, Formula)> {
        let all = self.workload.iter();
        all.map(|(workload, atom)| (workload.clone(), atom))
            .collect()
    }

    /// That a user signs in: a person, not the account of an agent.
    pub(super) fn person(&mut self) -> Formula {
        self.subject.of(&mut self.formulas, |one| {
            matches!(one, SubjectKind::User(_))
        })
    }
}

/// Applications, actions and contexts: those that are named, and one for each other class.
fn resources(sides: &[&CompiledPolicies]) -> Vec<Resource> {
    let named = texts(sides, |s| {
        s.index.applications.numbered().map(|(_, t)| t).collect()
    });
    let by_name = |id: &str| Application::named(id);
    let of = |owner: OwnedBy| Application {
        owned_by: Some(owner),
        ..Application::default()
    };
    // What the environment adds to a suite is as good as named.
    let environments = sides.iter().map(|side| &side.environment);
    let added: Vec<Application> = environments
        .flat_map(|one| one.office_applications.iter().chain(&one.admin_portals))
        .map(|name| by_name(name))
        .collect();
    let own = named.iter().map(|id| by_name(id)).chain(added);
    let table = WELL_KNOWN.into_iter().chain(APPS.iter().map(|app| app.id));
    let candidates = (WELL_KNOWN.into_iter().map(by_name))
        .chain([of(OwnedBy::Tenant), of(OwnedBy::Microsoft)])
        .chain(own)
        .chain(table.map(by_name));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    let mut add = |application: Application, scopes: Option<&str>, found: &mut Vec<Resource>| {
        let scopes = scopes.map(|scope| vec![scope.to_owned()]);
        let sign_in = SignIn {
            application: Some(application.clone()),
            scopes: scopes.clone(),
            ..SignIn::default()
        };
        let wanted = sides.iter().map(|side| side.wanted(&sign_in));
        let wanted: Vec<WantedResource> = wanted.collect();
        let classes = wanted.iter().map(|wanted| match wanted {
            WantedResource::Applications { audiences, .. } => audiences
                .iter()
                .map(|a| {
                    format!(
                        "{:?}{:?}{:?}{:?}{}{}",
                        a.numbers, a.office, a.portal, a.agent, a.never, a.legacy
                    )
                })
                .collect(),
            _ => String::new(),
        });
        // The service evaluates no policy for a few of its own: they are no part of the space.
        let never = wanted.iter().any(|wanted| {
            matches!(wanted, WantedResource::Applications { audiences, .. }
                if audiences.iter().all(|a| a.never))
        });
        if !never && seen.insert(classes.collect::<Vec<_>>().join("|")) {
            found.push(Resource::Application {
                application,
                scopes,
            });
        }
    };
    for application in candidates {
        let id = application.name.as_deref().map(|name| {
            let side = sides.first();
            side.map_or(name.to_owned(), |side| {
                side.index.names.canonical(RefKind::Application, name)
            })
        });
        let by_scope = BY_SCOPE.iter().find(|(app, _)| Some(*app) == id.as_deref());
        match by_scope {
            Some((_, scope)) => {
                add(application.clone(), Some(scope), &mut found);
                add(application, Some("User.Read"), &mut found);
            }
            None => add(application, None, &mut found),
        }
    }
    let actions = [
        UserAction::RegisterSecurityInformation,
        UserAction::RegisterOrJoinDevices,
        UserAction::AccountRecovery,
    ];
    // Of the others little is known: they are looked at where something names them.
    let named = |action: UserAction| {
        let mut policies = sides.iter().flat_map(|side| &side.policies);
        policies.any(|policy| {
            let own = policy.resources.as_ref();
            own.is_some_and(|own| own.actions >> (action as u32) & 1 == 1)
        })
    };
    let actions = actions
        .into_iter()
        .filter(|action| *action == UserAction::RegisterSecurityInformation || named(*action));
    found.extend(actions.map(Resource::Action));
    let contexts = texts(sides, |s| {
        s.index.contexts.numbered().map(|(_, t)| t).collect()
    });
    found.extend(contexts.into_iter().map(Resource::Context));
    found
}

/// One address for each class of them: the line of addresses is cut where a range begins or
/// ends, and what lies in the same ranges is one class.
fn addresses(sides: &[&CompiledPolicies]) -> Vec<Address> {
    let mut candidates: Vec<Address> = Vec::new();
    candidates.extend(sides.iter().map(|side| side.index.elsewhere().0));
    let mfa = |side: &CompiledPolicies| {
        let ranges = side
            .environment
            .mfa_trusted_ips
            .as_deref()
            .unwrap_or_default();
        Ranges::new(ranges.iter().map(|range| range.0))
    };
    let per_user: Vec<Ranges> = sides.iter().map(|side| mfa(side)).collect();
    let mut four: BTreeSet<u32> = BTreeSet::from([0]);
    let mut six: BTreeSet<u128> = BTreeSet::from([0]);
    let own = sides.iter().flat_map(|side| &side.index.places);
    let own = own.filter_map(|place| match place {
        Location::Ip(ranges) => Some(ranges),
        _ => None,
    });
    let trusted = sides.iter().map(|side| &side.index.trusted);
    for ranges in own.chain(trusted).chain(&per_user) {
        for (first, last) in &ranges.v4 {
            four.extend([*first].into_iter().chain(last.checked_add(1)));
        }
        for (first, last) in &ranges.v6 {
            six.extend([*first].into_iter().chain(last.checked_add(1)));
        }
    }
    let doc = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    candidates.push(Address(IpAddr::V6(doc)));
    candidates.extend(
        four.into_iter()
            .map(|bits| Address(IpAddr::V4(Ipv4Addr::from_bits(bits)))),
    );
    candidates.extend(
        six.into_iter()
            .map(|bits| Address(IpAddr::V6(Ipv6Addr::from_bits(bits)))),
    );
    let mut classes: HashMap<Vec<u8>, ()> = HashMap::new();
    candidates
        .into_iter()
        .filter(|address| {
            let mut class = Vec::new();
            for (side, per_user) in sides.iter().zip(&per_user) {
                let whence = Whence {
                    address: Some(*address),
                    ..Whence::default()
                };
                for place in &side.index.places {
                    if let Location::Ip(_) = place {
                        class.push(u8::from(place.holds(&whence) == Match::Yes));
                    }
                }
                class.push(u8::from(
                    side.index.trusted.holds(Some(*address)) == Match::Yes,
                ));
                class.push(u8::from(per_user.holds(Some(*address)) == Match::Yes));
                // The per-user settings, when they are not known, are about IPv4 alone.
                let open = side.environment.mfa_trusted_ips.is_none() && side.index.names_mfa_ips;
                class.push(u8::from(open && address.0.is_ipv4()));
            }
            classes.insert(class, ()).is_none()
        })
        .collect()
}

/// One country for each class of them.
fn countries(sides: &[&CompiledPolicies]) -> Vec<Country> {
    let elsewhere = sides.iter().map(|side| side.index.elsewhere().1);
    let all = COUNTRIES
        .iter()
        .filter_map(|one| one.id.parse::<Country>().ok());
    let candidates = elsewhere.chain(all).chain([Country::Unknown]);
    let mut classes: HashMap<Vec<u8>, ()> = HashMap::new();
    candidates
        .filter(|country| {
            let whence = Whence {
                country: Some(*country),
                ..Whence::default()
            };
            let places = sides.iter().flat_map(|side| &side.index.places);
            let class = places
                .filter(|place| matches!(place, Location::Country { .. }))
                .map(|place| u8::from(place.holds(&whence) == Match::Yes));
            classes.insert(class.collect(), ()).is_none()
        })
        .collect()
}

/// What can be met beside methods. Whether a device is compliant or joined its attributes say.
fn requirements(sides: &[&CompiledPolicies]) -> Vec<Requirement> {
    let mut found: Vec<Requirement> =
        vec![Requirement::Control(GrantControl::CompliantApplication)];
    for known in sides.iter().flat_map(|side| &side.index.requirements.known) {
        let by_other = matches!(
            known.requirement,
            Requirement::Strength(_)
                | Requirement::Control(
                    GrantControl::Mfa
                        | GrantControl::Block
                        | GrantControl::CompliantDevice
                        | GrantControl::DomainJoinedDevice
                )
        );
        if !by_other && !found.contains(&known.requirement) {
            found.push(known.requirement.clone());
        }
    }
    found
}

/// What the combinations of strengths are limited to.
#[derive(Default)]
struct Limits {
    keys: BTreeSet<String>,
    issuers: BTreeSet<String>,
    oids: BTreeSet<String>,
}

fn limits(sides: &[&CompiledPolicies]) -> Limits {
    let mut limits = Limits::default();
    let known = sides.iter().flat_map(|side| &side.index.requirements.known);
    let combinations = known.filter_map(|known| known.allowed.as_ref());
    for combination in combinations.flat_map(|allowed| &allowed.combinations) {
        limits.keys.extend(combination.aaguids.iter().cloned());
        limits.issuers.extend(combination.issuers.iter().cloned());
        limits.oids.extend(combination.oids.iter().cloned());
    }
    limits
}

/// A user as a sign-in describes one.
pub(super) fn described(kind: UserType) -> User {
    User {
        user_type: Some(kind),
        ..User::default()
    }
}
