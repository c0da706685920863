//! What is asked for, and what can be met: requirements as formulas over methods, the device, and
//! what else a sign-in can meet.

use std::collections::BTreeSet;

use super::attributes::Held;
use super::formula::Formula;
use super::side::Side;
use super::space::{Limited, Resource, Space, SubjectKind};
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::model::filter::AttributeKind;
use crate::whatif::grant;
use crate::whatif::parts::{AllowedMethods, Combination, Grant, Mode};
use crate::whatif::{
    ClientType, CompiledPolicies, Platform, Requirement, TransferMethod, UserAction,
};

/// What of a sign-in stands in the way of requirements, as the evaluator has it
/// (`docs/whatif.md`, what cannot be met where).
pub(super) struct Obstacles {
    /// Nobody is there who could be asked.
    automatic: Formula,
    /// A client of legacy protocols.
    legacy: Formula,
    /// A client that cannot ask.
    silent: Formula,
    device_code: Formula,
    off_windows: Formula,
    off_phones: Formula,
    unprotected: Formula,
    joining: Formula,
}

impl Obstacles {
    pub(super) fn new(space: &mut Space) -> Obstacles {
        let f = &mut space.formulas;
        let automatic = space.subject.of(f, |one| {
            matches!(one, SubjectKind::ServicePrincipal | SubjectKind::Agent)
        });
        let joining = space.resource.of(f, |one| {
            matches!(one, Resource::Action(UserAction::RegisterOrJoinDevices))
        });
        Obstacles {
            automatic,
            legacy: space.client.is(&ClientType::Other),
            silent: space.client.of(f, |one| {
                matches!(
                    one,
                    ClientType::Other | ClientType::ExchangeActiveSync | ClientType::EasSupported
                )
            }),
            device_code: space.flow.is(&TransferMethod::DeviceCodeFlow),
            off_windows: !space.platform.is(&Platform::Windows),
            off_phones: !space
                .platform
                .of(f, |one| matches!(one, Platform::Ios | Platform::Android)),
            unprotected: space
                .platform
                .of(f, |one| matches!(one, Platform::MacOs | Platform::Linux)),
            joining,
        }
    }
}

/// What can be met in a sign-in, on one side.
pub(super) struct Means {
    /// For each requirement of the index whether it is met.
    pub met: Vec<Formula>,
    /// And whether anybody could meet it there.
    pub possible: Vec<Formula>,
    /// What holds of every sign-in that can take place: nothing is met that cannot be.
    pub physical: Formula,
    /// When strengths of policies on all resources give way to those on a user action.
    gives_way: Formula,
}

impl Means {
    /// What can be met; each policy counts where its formula in `on` holds.
    pub(super) fn new(side: &Side<'_>, on: &dyn Fn(usize) -> Formula, space: &mut Space) -> Means {
        let obstacles = Obstacles::new(space);
        // Hybrid joined devices run Windows.
        let hybrid = is_hybrid(space);
        let rule = space.formulas.or(!hybrid, !obstacles.off_windows);
        space.hard.push(rule);
        let known = &side.policies.index.requirements.known;
        let (mut met, mut possible) = (Vec::new(), Vec::new());
        for one in known {
            let can = is_possible(
                side,
                &one.requirement,
                one.allowed.as_ref(),
                &obstacles,
                space,
            );
            let says = meets(&one.requirement, one.allowed.as_ref(), space);
            met.push(space.formulas.and(says, can));
            possible.push(can);
        }
        Means {
            met,
            possible,
            physical: physical(side, &obstacles, space),
            gives_way: strength_on_action(side, on, space),
        }
    }

    /// For each list of the index when a policy that counts asks for it.
    pub(super) fn asked(&self, side: &Side<'_>, space: &mut Space) -> Vec<Formula> {
        let policies = side.policies;
        let mut ways = vec![Vec::new(); policies.index.requirements.clauses.len()];
        for (number, policy) in policies.policies.iter().enumerate() {
            let applies = side.applies.get(number).copied();
            for clause in policy.clauses().filter(|_| counts(policies, number)) {
                let mut asked = applies.unwrap_or(Formula::FALSE);
                if !policy.is_on_action() && policies.is_strength(clause) {
                    asked = space.formulas.but_not(asked, self.gives_way);
                }
                if let Some(ways) = ways.get_mut(clause) {
                    ways.push(asked);
                }
            }
        }
        let asked = ways.into_iter();
        asked.map(|ways| space.formulas.any(ways)).collect()
    }

    /// That a list is met.
    pub(super) fn is_met(&self, side: &Side<'_>, clause: usize, space: &mut Space) -> Formula {
        self.clause(side, clause, &self.met, space)
    }

    /// That a policy's grant is not met: it blocks, or one of its lists has no member that is.
    pub(super) fn stops(&self, side: &Side<'_>, number: usize, space: &mut Space) -> Formula {
        self.falls_short(side, number, (&self.met, self.gives_way), space)
    }

    /// That nobody can meet what a policy asks for: it blocks, or a list has no member that
    /// anybody could meet.
    pub(super) fn shuts(&self, side: &Side<'_>, number: usize, space: &mut Space) -> Formula {
        self.falls_short(side, number, (&self.possible, self.gives_way), space)
    }

    /// Both of a policy by itself: where no strength gives way to another policy's.
    pub(super) fn alone(&self, side: &Side<'_>, number: usize, space: &mut Space) -> [Formula; 2] {
        [&self.met, &self.possible]
            .map(|of| self.falls_short(side, number, (of, Formula::FALSE), space))
    }

    /// That a policy applies and blocks, or has a list of which nothing holds in `of`.
    fn falls_short(
        &self,
        side: &Side<'_>,
        number: usize,
        (of, gives_way): (&[Formula], Formula),
        space: &mut Space,
    ) -> Formula {
        let Some(policy) = side.policies.policies.get(number) else {
            return Formula::FALSE;
        };
        let applies = side.applies.get(number).copied().unwrap_or(Formula::FALSE);
        if policy.grant == Grant::Block {
            return applies;
        }
        let mut ways = Vec::new();
        for clause in policy.clauses() {
            let mut unmet = !self.clause(side, clause, of, space);
            if !policy.is_on_action() && side.policies.is_strength(clause) {
                unmet = space.formulas.but_not(unmet, gives_way);
            }
            ways.push(unmet);
        }
        let unmet = space.formulas.any(ways);
        space.formulas.and(applies, unmet)
    }

    /// That what a policy would ask for is met, wherever it applies; never for one that blocks.
    pub(super) fn meets(&self, side: &Side<'_>, number: usize, space: &mut Space) -> Formula {
        let Some(policy) = side.policies.policies.get(number) else {
            return Formula::TRUE;
        };
        if policy.grant == Grant::Block {
            return Formula::FALSE;
        }
        let clauses: Vec<usize> = policy.clauses().collect();
        let each: Vec<Formula> = clauses
            .into_iter()
            .map(|clause| self.clause(side, clause, &self.met, space))
            .collect();
        space.formulas.all(each)
    }

    fn clause(&self, side: &Side<'_>, clause: usize, of: &[Formula], space: &mut Space) -> Formula {
        let members = side.policies.index.requirements.clauses.get(clause);
        let each: Vec<Formula> = (members.into_iter().flatten())
            .filter_map(|one| of.get(*one).copied())
            .collect();
        space.formulas.any(each)
    }
}

/// When security information is registered, strengths that policies on that action ask for win
/// over those of policies on all resources.
fn strength_on_action(
    side: &Side<'_>,
    on: &dyn Fn(usize) -> Formula,
    space: &mut Space,
) -> Formula {
    let registers = space.resource.of(&mut space.formulas, |one| {
        matches!(
            one,
            Resource::Action(UserAction::RegisterSecurityInformation)
        )
    });
    let mut ways = Vec::new();
    let all = side.policies.policies.iter().zip(&side.applies);
    for (number, (policy, applies)) in all.enumerate() {
        let asks = policy
            .clauses()
            .any(|clause| side.policies.is_strength(clause));
        if policy.mode == Mode::Enforced && policy.is_on_action() && asks {
            ways.push(space.formulas.and(on(number), *applies));
        }
    }
    let any = space.formulas.any(ways);
    space.formulas.and(registers, any)
}

fn attribute(space: &Space, name: &str, is: &[Held]) -> Vec<Formula> {
    let found = space.device.get(name);
    let found = found.map(|attribute| is.iter().map(|held| attribute.held.is(held)).collect());
    found.unwrap_or_default()
}

/// The device is compliant; it is hybrid joined.
pub(super) fn is_compliant(space: &mut Space) -> Formula {
    let ways = attribute(space, "isCompliant", &[Held::Bool(true)]);
    space.formulas.any(ways)
}

pub(super) fn is_hybrid(space: &mut Space) -> Formula {
    let words = ["ServerAD", "serverad"].map(|word| Held::Text(word.to_owned()));
    let ways = attribute(space, "trustType", &words);
    space.formulas.any(ways)
}

/// The device has joined the tenant in one of the ways that there are.
pub(super) fn is_joined(space: &mut Space) -> Formula {
    let words = match crate::model::filter::attribute("trustType") {
        Some((_, AttributeKind::OneOf(words))) => words,
        _ => &[],
    };
    let words: Vec<Held> = words
        .iter()
        .map(|word| Held::Text((*word).to_owned()))
        .collect();
    let ways = attribute(space, "trustType", &words);
    space.formulas.any(ways)
}

fn method(space: &Space, mode: AuthenticationMethodMode) -> Formula {
    let bits = grant::method(mode);
    let at = bits.trailing_zeros() as usize;
    space.methods.get(at).copied().unwrap_or(Formula::FALSE)
}

fn methods(space: &mut Space, bits: u32) -> Formula {
    let all: Vec<Formula> = (space.methods.iter().enumerate())
        .filter(|(at, _)| bits >> at & 1 == 1)
        .map(|(_, atom)| *atom)
        .collect();
    space.formulas.all(all)
}

/// When a sign-in says that it meets a requirement, or its device does.
fn meets(
    requirement: &Requirement,
    allowed: Option<&AllowedMethods>,
    space: &mut Space,
) -> Formula {
    match requirement {
        Requirement::Control(GrantControl::Mfa) => multifactor(space),
        Requirement::Control(GrantControl::CompliantDevice) => is_compliant(space),
        Requirement::Control(GrantControl::DomainJoinedDevice) => is_hybrid(space),
        Requirement::Control(GrantControl::ApprovedApplication) => {
            // What the retired control does on its own nobody says.
            let own = other(space, requirement);
            let next = Requirement::Control(GrantControl::CompliantApplication);
            let protected = other(space, &next);
            let open = space.formulas.open("approvedApplication");
            let enough = space.formulas.or(protected, open);
            space.formulas.and(own, enough)
        }
        Requirement::Strength(name) => match allowed {
            Some(_) if name == grant::MFA_STRENGTH => multifactor(space),
            Some(allowed) => {
                let each: Vec<Formula> = (allowed.combinations.iter())
                    .map(|one| uses(one, space))
                    .collect();
                space.formulas.any(each)
            }
            None => {
                let held: Vec<Formula> = space.methods.clone();
                let something = space.formulas.any(held);
                let open = space.formulas.open(format!("strength {name}"));
                space.formulas.and(something, open)
            }
        },
        other_one => other(space, other_one),
    }
}

fn other(space: &Space, requirement: &Requirement) -> Formula {
    let found = space
        .requirements
        .iter()
        .find(|(one, _)| one == requirement);
    found.map_or(Formula::FALSE, |(_, atom)| *atom)
}

/// The methods are multifactor authentication.
pub(super) fn multifactor(space: &mut Space) -> Formula {
    let each: Vec<Formula> = grant::multifactor()
        .iter()
        .map(|bits| methods(space, *bits))
        .collect();
    space.formulas.any(each)
}

fn uses(combination: &Combination, space: &mut Space) -> Formula {
    let Some(bits) = combination.methods else {
        return Formula::FALSE;
    };
    let within = |limit: &BTreeSet<String>, own: &Limited| -> Vec<Formula> {
        let listed = own
            .iter()
            .filter(|(one, _)| one.as_ref().is_some_and(|one| limit.contains(one)));
        listed.map(|(_, atom)| *atom).collect()
    };
    let mut parts = vec![methods(space, bits)];
    for (limit, own) in [
        (&combination.aaguids, &space.keys),
        (&combination.issuers, &space.issuers),
        (&combination.oids, &space.oids),
    ] {
        if !limit.is_empty() {
            let one = within(limit, own);
            parts.push(space.formulas.any(one));
        }
    }
    space.formulas.all(parts)
}

/// Claims of a home tenant that are not trusted: of which kinds of device.
fn untrusted(side: &Side<'_>, space: &mut Space, compliant: bool) -> Formula {
    use super::space::Home;
    let trust = side
        .policies
        .environment
        .inbound_trust
        .clone()
        .unwrap_or_default();
    let claim = |tenant: Option<&str>| {
        let claims = trust.of(tenant);
        if compliant {
            claims.compliant_device
        } else {
            claims.hybrid
        }
    };
    let external = space.subject.of(
        &mut space.formulas,
        |one| matches!(one, SubjectKind::User(kind) if kind.has_other_home()),
    );
    let home = space.home.of(&mut space.formulas, |home| match home {
        Home::Here => false,
        Home::Other => !claim(None),
        Home::Named(tenant) => !claim(Some(tenant)),
    });
    space.formulas.and(external, home)
}

/// Whether anybody could meet a requirement.
fn is_possible(
    side: &Side<'_>,
    requirement: &Requirement,
    allowed: Option<&AllowedMethods>,
    own: &Obstacles,
    space: &mut Space,
) -> Formula {
    let mut hindrances = vec![own.automatic];
    match requirement {
        Requirement::Control(GrantControl::CompliantDevice) => {
            let untrusted = untrusted(side, space, true);
            hindrances.extend([own.legacy, own.device_code, untrusted]);
        }
        Requirement::Control(GrantControl::DomainJoinedDevice) => {
            let untrusted = untrusted(side, space, false);
            hindrances.extend([own.legacy, own.device_code, untrusted, own.off_windows]);
        }
        Requirement::Control(GrantControl::CompliantApplication) => {
            hindrances.extend([own.legacy, own.unprotected]);
        }
        Requirement::Control(GrantControl::ApprovedApplication) => {
            hindrances.extend([own.legacy, own.unprotected, own.off_phones]);
        }
        requirement => {
            hindrances.push(own.silent);
            let hello = grant::method(AuthenticationMethodMode::WindowsHelloForBusiness);
            let alone = allowed.is_some_and(|allowed| {
                let needs = |one: &Combination| one.methods.is_some_and(|bits| bits & hello != 0);
                !allowed.combinations.is_empty() && allowed.combinations.iter().all(needs)
            });
            if alone && matches!(requirement, Requirement::Strength(_)) {
                hindrances.push(own.joining);
            }
        }
    }
    !space.formulas.any(hindrances)
}

/// What holds of every sign-in that can take place.
fn physical(side: &Side<'_>, own: &Obstacles, space: &mut Space) -> Formula {
    let mut rules = Vec::new();
    let mut implies = |space: &mut Space, one: Formula, other: Formula| {
        let rule = space.formulas.or(!one, other);
        rules.push(rule);
    };
    // Nothing is asked of, or proved by, who cannot be asked.
    // (What a client sends by itself it may send whoever listens.)
    let sent = [
        AuthenticationMethodMode::Password,
        AuthenticationMethodMode::FederatedSingleFactor,
        AuthenticationMethodMode::X509CertificateSingleFactor,
    ];
    let sent: Vec<Formula> = sent.into_iter().map(|mode| method(space, mode)).collect();
    let cannot = space.formulas.or(own.automatic, own.silent);
    for atom in space.methods.clone() {
        let stops = if sent.contains(&atom) {
            own.automatic
        } else {
            cannot
        };
        implies(space, stops, !atom);
    }
    for (requirement, atom) in space.requirements.clone() {
        let possible = is_possible(side, &requirement, None, own, space);
        implies(space, atom, possible);
    }
    let registered = space.registered.is(&true);
    let hello = method(space, AuthenticationMethodMode::WindowsHelloForBusiness);
    implies(space, hello, registered);
    implies(space, hello, !own.joining);
    // A key or certificate is one of some model or issuer.
    let of = |list: &Limited| list.iter().map(|(_, atom)| *atom).collect::<Vec<_>>();
    let (keys, issuers) = (of(&space.keys), of(&space.issuers));
    let fido = method(space, AuthenticationMethodMode::Fido2);
    let some = space.formulas.any(keys);
    implies(space, fido, some);
    let some = space.formulas.any(issuers);
    for mode in [
        AuthenticationMethodMode::X509CertificateSingleFactor,
        AuthenticationMethodMode::X509CertificateMultiFactor,
    ] {
        let certificate = method(space, mode);
        implies(space, certificate, some);
    }
    space.formulas.all(rules)
}

/// What one side does with a sign-in.
pub(super) struct PassFormulas {
    /// Nothing stops it.
    pub passes: Formula,
    /// A policy blocks it.
    pub blocked: Formula,
    /// A policy blocks it, or asks for what nobody can meet there.
    pub shut: Formula,
    /// Some policy applies.
    pub touched: Formula,
    /// For each policy that it stops it.
    pub stops: Vec<Formula>,
}

/// Whether a policy counts: it is enforced, or nobody knows whether it is.
pub(super) fn counts(policies: &CompiledPolicies, number: usize) -> bool {
    let policy = policies.policies.get(number);
    policy.is_some_and(|policy| matches!(policy.mode, Mode::Enforced | Mode::Unclear))
}

impl PassFormulas {
    /// Of the enforced policies among `numbers`; each counts where its formula in `on` holds.
    pub(super) fn new(
        side: &Side<'_>,
        means: &Means,
        on: &dyn Fn(usize) -> Formula,
        space: &mut Space,
    ) -> PassFormulas {
        let (mut stops, mut blocked) = (Vec::new(), Vec::new());
        let (mut shut, mut touched) = (Vec::new(), Vec::new());
        for number in 0..side.applies.len() {
            let on = match counts(side.policies, number) {
                true => on(number),
                false => Formula::FALSE,
            };
            let stop = means.stops(side, number, space);
            stops.push(space.formulas.and(on, stop));
            let applies = side.applies.get(number).copied().unwrap_or(Formula::FALSE);
            let applies = space.formulas.and(on, applies);
            touched.push(applies);
            if side.policies.blocks(number) {
                blocked.push(applies);
            }
            let shuts = means.shuts(side, number, space);
            shut.push(space.formulas.and(on, shuts));
        }
        let stopped = space.formulas.any(stops.iter().copied());
        PassFormulas {
            passes: !stopped,
            blocked: space.formulas.any(blocked),
            shut: space.formulas.any(shut),
            touched: space.formulas.any(touched),
            stops,
        }
    }
}
