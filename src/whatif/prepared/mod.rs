//! A sign-in, put into the numbers of a set of policies: once for all of them.

mod here;
mod met;
mod wanted;
mod who;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::environment::Environment;
use super::fact::{Fact, Match};
use super::fault::SignInFault;
use super::index::{Bits, Index, Number};
use super::place::{Ranges, Whence};
use super::sign_in::{Attributes, SignIn};
use super::vocabulary::{
    AgentRisk, ClientType, InsiderRisk, Platform, Risk, TransferMethod, UserAction, UserType,
};

/// A sign-in that is ready to be judged by the policies that it was prepared for.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) who: Who,
    pub(crate) wanted: WantedResource,
    /// For each named location whether the sign-in comes from there.
    pub(crate) places: Vec<Match>,
    pub(crate) trusted: Match,
    pub(crate) mfa_ips: Match,
    pub(crate) client: Option<ClientType>,
    pub(crate) platform: Option<Platform>,
    pub(crate) sign_in_risk: Option<Risk>,
    pub(crate) user_risk: Option<Risk>,
    pub(crate) insider_risk: Option<InsiderRisk>,
    pub(crate) principal_risk: Option<Risk>,
    pub(crate) agent_risk: Option<AgentRisk>,
    pub(crate) flow: Option<TransferMethod>,
    /// For each rule what it says.
    pub(crate) device_rules: Vec<Match>,
    /// For each requirement whether it is met; nothing when that is not judged.
    pub(crate) met: Option<Vec<Match>>,
    /// For each requirement whether anybody could meet it here.
    pub(crate) possible: Vec<Match>,
    /// Whether token protection is satisfied.
    pub(crate) bound: Option<bool>,
    pub(crate) security_defaults: bool,
    /// Defaults that the answer may rest on.
    pub(crate) assumptions: Vec<Cow<'static, str>>,
}

impl Prepared {
    /// Adds to `bytes` all of it that a consequence depends on besides which policies apply: equal
    /// for sign-ins that come to the same there.
    pub(crate) fn pattern(&self, bytes: &mut Vec<u8>) {
        let mut all = |answers: &[Match]| {
            for answer in answers {
                match answer {
                    Match::No => bytes.push(0),
                    Match::Yes => bytes.push(1),
                    Match::Unknown(facts) => {
                        bytes.push(2);
                        bytes.extend(facts.bytes());
                    }
                }
            }
        };
        all(&self.possible);
        if let Some(met) = &self.met {
            all(met);
        }
        bytes.push(match &self.wanted {
            WantedResource::Action { action, .. } => 2 + *action as u8,
            _ => 1,
        });
    }
}

/// Who signs in.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Unknown,
    User(Person),
    ServicePrincipal(Principal),
    Agent(Agent),
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
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
pub(crate) enum HomeTenant {
    Unknown,
    /// One that no policy names.
    Other,
    Named(Number),
}

#[derive(Debug, Clone)]
pub(crate) struct Principal {
    pub number: Option<Number>,
    pub is_own: Match,
    pub is_managed_identity: bool,
    pub rules: Vec<Match>,
}

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub number: Option<Number>,
    /// The blueprint's number; `None` inside when no policy names it.
    pub blueprint: Option<Option<Number>>,
    pub rules: Vec<Match>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum WantedResource {
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
pub(crate) struct Audience {
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

/// Puts a sign-in into numbers.
struct Preparing<'a> {
    index: &'a Index,
    sign_in: &'a SignIn,
    environment: Environment,
    /// Who knows better which groups the user is in.
    member: Option<&'a dyn Fn(&str) -> Match>,
    /// The groups that are asked about; all of them where it does not say.
    groups: Option<Vec<Number>>,
    assumptions: BTreeSet<Cow<'static, str>>,
    faults: Vec<SignInFault>,
}

/// A sign-in in numbers, and all that contradicts itself in it.
pub(crate) fn prepare(
    index: &Index,
    environment: &Environment,
    sign_in: &SignIn,
    member: Option<&dyn Fn(&str) -> Match>,
) -> (Prepared, Vec<SignInFault>) {
    let mut preparing = Preparing::new(index, environment, sign_in);
    preparing.member = member;
    preparing.faults = sign_in.faults();
    (preparing.prepared(), preparing.faults)
}

/// Who signs in, and of the groups that policies name whether these hold it.
pub(crate) fn who(
    index: &Index,
    environment: &Environment,
    sign_in: &SignIn,
    groups: Vec<Number>,
) -> Who {
    let mut preparing = Preparing::new(index, environment, sign_in);
    preparing.groups = Some(groups);
    preparing.who()
}

/// What a sign-in asks for.
pub(crate) fn wanted(index: &Index, environment: &Environment, sign_in: &SignIn) -> WantedResource {
    Preparing::new(index, environment, sign_in).wanted()
}

impl<'a> Preparing<'a> {
    fn new(index: &'a Index, environment: &Environment, sign_in: &'a SignIn) -> Preparing<'a> {
        let own = sign_in.environment.clone().unwrap_or_default();
        Preparing {
            index,
            sign_in,
            environment: own.over(environment),
            member: None,
            groups: None,
            assumptions: BTreeSet::new(),
            faults: Vec::new(),
        }
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
        let here = self.here(&who);
        let possible = self.possible(&here);
        let (met, bound) = self.met(&here, &possible);
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

    fn rules(&self, attributes: Option<&Attributes>, fact: Fact) -> Vec<Match> {
        let rules = self.index.attribute_rules.iter();
        rules
            .map(|rule| rule.says_of_attributes(attributes, fact))
            .collect()
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
                    self.assume("the per-user MFA settings trust no address");
                }
                Match::No
            }
        }
    }
}
