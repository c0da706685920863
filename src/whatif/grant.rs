//! What policies ask for: requirements, which of them implies which, and the shortest list that
//! says the same.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::names::{Names, built_in};
use super::outcome::Name;
use super::world::World;
use crate::model::enums::{AuthenticationMethodMode, GrantControl, StrengthRequirement};
use crate::model::grant::GrantControls;
use crate::model::refs::RefKind;
use crate::model::strength::{AuthenticationStrength, CombinationConfiguration};
use crate::model::tables::combinations::{self, built_in_strengths};
use crate::model::values::{Flags, GraphEnum};

/// One requirement. A strength and terms of use count like the built-in controls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// A built-in control other than `block`.
    Control(GrantControl),
    /// An authentication strength.
    Strength(String),
    /// Terms of use.
    TermsOfUse(String),
    /// A custom control.
    Custom(String),
}

impl Requirement {
    /// Whether a user can meet it while signing in. (Of a control that this version does not
    /// know it is taken to be so.)
    pub fn is_interactive(&self) -> bool {
        !matches!(
            self,
            Requirement::Control(
                GrantControl::CompliantDevice
                    | GrantControl::DomainJoinedDevice
                    | GrantControl::ApprovedApplication
                    | GrantControl::CompliantApplication
            )
        )
    }

    /// The place in the order in which the service asks for what is not met ("Building a
    /// Conditional Access policy"). A strength is asked for as multifactor authentication is.
    pub fn turn(&self) -> usize {
        const CONTROLS: [GrantControl; 6] = [
            GrantControl::Mfa,
            GrantControl::CompliantDevice,
            GrantControl::DomainJoinedDevice,
            GrantControl::ApprovedApplication,
            GrantControl::CompliantApplication,
            GrantControl::PasswordChange,
        ];
        match self {
            Requirement::Strength(_) => 1,
            Requirement::Control(control) => CONTROLS
                .iter()
                .position(|known| known == control)
                .map_or(CONTROLS.len() + 1, |at| if at == 0 { 0 } else { at + 1 }),
            Requirement::TermsOfUse(_) => CONTROLS.len() + 2,
            Requirement::Custom(_) => CONTROLS.len() + 3,
        }
    }
}

/// A combination of methods that a strength allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Combination {
    /// The methods as bits; `None` for one that is not known to this version.
    pub methods: Option<u32>,
    text: String,
    /// The models of security key that are allowed; empty: all.
    pub aaguids: BTreeSet<String>,
    /// The issuers of certificates that are allowed; empty: all.
    pub issuers: BTreeSet<String>,
    /// The policies of which a certificate must have one; empty: any.
    pub oids: BTreeSet<String>,
}

/// The methods of a combination as bits.
pub(crate) fn methods(modes: &[AuthenticationMethodMode]) -> Option<u32> {
    modes.iter().try_fold(0, |bits, mode| {
        let at = AuthenticationMethodMode::MEMBERS
            .iter()
            .position(|known| *known == mode.as_str())?;
        Some(bits | 1 << at)
    })
}

/// The bits of one method.
pub(crate) fn method(mode: AuthenticationMethodMode) -> u32 {
    methods(&[mode]).unwrap_or_default()
}

impl Combination {
    fn of(modes: &Flags<AuthenticationMethodMode>, limits: &[CombinationConfiguration]) -> Self {
        let bits = methods(&modes.0);
        let mut combination = Combination {
            methods: bits,
            text: modes.joined(),
            aaguids: BTreeSet::new(),
            issuers: BTreeSet::new(),
            oids: BTreeSet::new(),
        };
        let mine = limits.iter().filter(|limit| {
            let mut applies = limit.applies_to_combinations.iter();
            applies.any(|other| other.joined() == combination.text)
        });
        for limit in mine.collect::<Vec<_>>() {
            let lower = |list: &[String]| list.iter().map(|t| t.to_lowercase()).collect::<Vec<_>>();
            combination.aaguids.extend(lower(&limit.allowed_aaguids));
            combination
                .issuers
                .extend(lower(&limit.allowed_issuer_skis));
            combination.oids.extend(lower(&limit.allowed_policy_oids));
        }
        combination
    }

    /// True when whoever uses this one uses one that `other` allows.
    pub(crate) fn is_within(&self, other: &Combination) -> bool {
        let narrower = |own: &BTreeSet<String>, other: &BTreeSet<String>| {
            other.is_empty() || !own.is_empty() && own.is_subset(other)
        };
        self.text == other.text
            && narrower(&self.aaguids, &other.aaguids)
            && narrower(&self.issuers, &other.issuers)
            && narrower(&self.oids, &other.oids)
    }

    /// True when it is limited to some keys or certificates.
    pub(crate) fn is_limited(&self) -> bool {
        !(self.aaguids.is_empty() && self.issuers.is_empty() && self.oids.is_empty())
    }

    /// True when it satisfies multifactor authentication.
    pub(crate) fn is_multifactor(&self) -> bool {
        combinations::is_multifactor(&self.text)
    }
}

/// What a strength allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AllowedMethods {
    pub combinations: Vec<Combination>,
    pub mfa: bool,
}

impl AllowedMethods {
    fn of(strength: &AuthenticationStrength) -> AllowedMethods {
        let limits = &strength.combination_configurations;
        let combinations: Vec<Combination> = strength
            .allowed_combinations
            .iter()
            .map(|modes| Combination::of(modes, limits))
            .collect();
        let mfa = match &strength.requirements_satisfied {
            Some(satisfied) => satisfied.0.contains(&StrengthRequirement::Mfa),
            None => {
                !combinations.is_empty() && combinations.iter().all(Combination::is_multifactor)
            }
        };
        AllowedMethods { combinations, mfa }
    }

    /// True when Windows Hello belongs to all that is allowed.
    pub(super) fn is_hello_alone(&self) -> bool {
        let hello = method(AuthenticationMethodMode::WindowsHelloForBusiness);
        let needs = |bits: u32| bits & hello != 0;
        let mut all = self.combinations.iter();
        !self.combinations.is_empty() && all.all(|one| one.methods.is_some_and(needs))
    }

    fn built_in(id: &str) -> Option<AllowedMethods> {
        let known = built_in_strengths().iter().find(|s| s.id == id)?;
        let combinations = known.allowed_combinations.iter();
        Some(AllowedMethods {
            combinations: combinations
                .map(|text| Combination::of(&Flags::parse(text), &[]))
                .collect(),
            mfa: true,
        })
    }
}

/// A requirement that policies of a set name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownRequirement {
    pub requirement: Requirement,
    pub name: Name,
    turn: usize,
    /// Tells those of one name apart.
    identity: String,
    /// What a strength allows, when it is known.
    pub allowed: Option<AllowedMethods>,
}

impl KnownRequirement {
    /// True for a strength that Windows Hello alone meets.
    pub(super) fn is_hello_alone(&self) -> bool {
        self.allowed
            .as_ref()
            .is_some_and(AllowedMethods::is_hello_alone)
    }

    fn order(&self) -> Order<'_> {
        (self.turn, &self.name, &self.identity)
    }

    /// True when whoever meets this one meets the other: the same; or a strength that says that
    /// it satisfies multifactor authentication; or a strength that allows nothing beyond the
    /// other's.
    pub(crate) fn implies(&self, other: &KnownRequirement) -> bool {
        if self.requirement == other.requirement {
            return true;
        }
        let Some(own) = &self.allowed else {
            return false;
        };
        match &other.requirement {
            Requirement::Control(GrantControl::Mfa) => own.mfa,
            Requirement::Strength(_) => other.allowed.as_ref().is_some_and(|allowed| {
                let within = |one: &Combination| {
                    let mut all = allowed.combinations.iter();
                    all.any(|other| one.is_within(other))
                };
                !own.combinations.is_empty() && own.combinations.iter().all(within)
            }),
            _ => false,
        }
    }
}

/// The fixed order of requirements.
type Order<'a> = (usize, &'a str, &'a str);

/// A requirement of a set, by number.
pub(crate) type Ordinal = usize;

/// What a policy asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Grant {
    /// Nothing: it has session controls alone.
    #[default]
    Nothing,
    Block,
    /// One of each inner list, by the list's number.
    Asks {
        clauses: Vec<Ordinal>,
        /// The requirements as they stand, in the order in which they are asked for.
        requirements: Vec<Ordinal>,
        any: bool,
    },
}

/// The requirements and lists of a set of policies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requirements {
    strengths: Vec<(String, Name, AllowedMethods)>,
    pub known: Vec<KnownRequirement>,
    /// Lists of which one member must be met, each without members that add nothing.
    pub clauses: Vec<Vec<Ordinal>>,
    /// For each list its place in the fixed order.
    ranks: Vec<usize>,
    /// Which list implies which.
    implied: Vec<Vec<bool>>,
}

impl Requirements {
    pub(crate) fn new(world: &World, names: &Names) -> Requirements {
        let own = world.strengths.iter().map(|strength| {
            let text = strength.id.as_deref().unwrap_or(&strength.display_name);
            let one = built_in(text)
                .or_else(|| built_in(&strength.display_name))
                .map(str::to_owned)
                .unwrap_or_else(|| names.canonical(RefKind::Strength, text));
            let name = strength.display_name.as_str().into();
            (one, name, AllowedMethods::of(strength))
        });
        let mut strengths: Vec<(String, Name, AllowedMethods)> = own
            .filter(|(id, _, allowed)| {
                // Microsoft's own are as they are; a listed one is told by its id alone.
                !allowed.combinations.is_empty() || AllowedMethods::built_in(id).is_none()
            })
            .collect();
        for known in built_in_strengths() {
            if !strengths.iter().any(|(id, ..)| id == known.id) {
                let allowed = AllowedMethods::built_in(known.id).unwrap_or_default();
                strengths.push((known.id.to_owned(), known.display_name.into(), allowed));
            }
        }
        Requirements {
            strengths,
            ..Requirements::default()
        }
    }

    /// A strength: its name, and what it allows.
    pub(crate) fn strength(&self, one: &str) -> Option<(&Name, &AllowedMethods)> {
        let found = self.strengths.iter().find(|(id, ..)| id == one);
        found.map(|(_, name, allowed)| (name, allowed))
    }

    /// Reads grant controls.
    pub(crate) fn read(&mut self, controls: Option<&GrantControls>, names: &mut Names) -> Grant {
        let Some(controls) = controls else {
            return Grant::Nothing;
        };
        if controls.built_in_controls.contains(&GrantControl::Block) {
            return Grant::Block;
        }
        let mut wanted: Vec<Requirement> = Vec::new();
        let built_in = controls.built_in_controls.iter().cloned();
        wanted.extend(built_in.map(Requirement::Control));
        wanted.extend(controls.authentication_strength.iter().map(|strength| {
            let text = names.used(RefKind::Strength, &strength.target);
            Requirement::Strength(text)
        }));
        wanted.extend(
            controls
                .terms_of_use
                .iter()
                .map(|text| Requirement::TermsOfUse(names.used(RefKind::Agreement, text))),
        );
        let custom = controls.custom_authentication_factors.iter().cloned();
        wanted.extend(custom.map(Requirement::Custom));
        let mut requirements: Vec<Ordinal> = wanted
            .into_iter()
            .map(|requirement| self.number(requirement, names))
            .collect();
        requirements.sort_by(|a, b| self.order(*a).cmp(&self.order(*b)));
        requirements.dedup();
        let any = controls
            .operator
            .as_deref()
            .is_some_and(|operator| operator.eq_ignore_ascii_case("OR"));
        let clauses = match any {
            _ if requirements.is_empty() => return Grant::Nothing,
            true => vec![self.clause(requirements.clone())],
            false => requirements
                .iter()
                .map(|one| self.clause(vec![*one]))
                .collect(),
        };
        Grant::Asks {
            clauses,
            requirements,
            any,
        }
    }

    fn order(&self, number: Ordinal) -> Option<Order<'_>> {
        self.known.get(number).map(KnownRequirement::order)
    }

    fn number(&mut self, requirement: Requirement, names: &Names) -> Ordinal {
        let same = |known: &KnownRequirement| known.requirement == requirement;
        if let Some(at) = self.known.iter().position(same) {
            return at;
        }
        self.known.push(self.describe(requirement, names));
        self.known.len() - 1
    }

    /// What is known of a requirement, whether a policy names it or not.
    pub(crate) fn describe(&self, requirement: Requirement, names: &Names) -> KnownRequirement {
        let found = match &requirement {
            Requirement::Strength(one) => self.strength(one),
            _ => None,
        };
        let allowed = found.map(|(_, allowed)| allowed.clone());
        let name = match &requirement {
            Requirement::Control(control) => control.as_str().into(),
            Requirement::Strength(one) => {
                let name = found.map_or(one.as_str(), |(name, _)| name);
                // A name that reads like something else is said with its kind.
                match is_other_word(name) {
                    true => format!("authenticationStrength {name}").as_str().into(),
                    false => name.into(),
                }
            }
            Requirement::TermsOfUse(one) => {
                let name = names.shown(RefKind::Agreement, one);
                format!("termsOfUse {name}").as_str().into()
            }
            Requirement::Custom(one) => format!("customAuthenticationFactor {one}").as_str().into(),
        };
        let identity = match &requirement {
            Requirement::Control(control) => control.as_str(),
            Requirement::Strength(one)
            | Requirement::TermsOfUse(one)
            | Requirement::Custom(one) => one,
        };
        KnownRequirement {
            turn: requirement.turn(),
            identity: identity.to_owned(),
            requirement,
            name,
            allowed,
        }
    }

    /// The number of a list, without members that imply another member.
    fn clause(&mut self, members: Vec<Ordinal>) -> Ordinal {
        let implies = |a: Ordinal, b: Ordinal| self.implies(a, b);
        let kept: Vec<Ordinal> = members
            .iter()
            .copied()
            .filter(|one| {
                !members.iter().any(|other| {
                    let earlier = self.order(*other) < self.order(*one);
                    one != other && implies(*one, *other) && (earlier || !implies(*other, *one))
                })
            })
            .collect();
        if let Some(at) = self.clauses.iter().position(|known| *known == kept) {
            return at;
        }
        self.clauses.push(kept);
        self.clauses.len() - 1
    }

    fn implies(&self, one: Ordinal, other: Ordinal) -> bool {
        match (self.known.get(one), self.known.get(other)) {
            (Some(one), Some(other)) => one.implies(other),
            _ => false,
        }
    }

    /// Works the order of the lists out, and which implies which.
    pub(crate) fn settle(&mut self) {
        let key = |clause: &Vec<Ordinal>| -> Vec<Option<Order<'_>>> {
            clause.iter().map(|one| self.order(*one)).collect()
        };
        let mut order: Vec<Ordinal> = (0..self.clauses.len()).collect();
        order.sort_by_cached_key(|at| self.clauses.get(*at).map(key));
        let mut ranks = vec![0; order.len()];
        for (rank, at) in order.iter().enumerate() {
            if let Some(slot) = ranks.get_mut(*at) {
                *slot = rank;
            }
        }
        let implied = self
            .clauses
            .iter()
            .map(|strong| {
                let gives = |one: &Ordinal, weak: &[Ordinal]| {
                    weak.iter().any(|other| self.implies(*one, *other))
                };
                let clauses = self.clauses.iter();
                clauses
                    .map(|weak| strong.iter().all(|one| gives(one, weak)))
                    .collect()
            })
            .collect();
        (self.ranks, self.implied) = (ranks, implied);
    }

    /// True when one list implies another.
    pub(crate) fn clause_implies(&self, strong: Ordinal, weak: Ordinal) -> bool {
        let row = self.implied.get(strong);
        row.and_then(|row| row.get(weak))
            .copied()
            .unwrap_or_default()
    }

    /// Of some lists those that say all, in the fixed order: none that another implies.
    pub(crate) fn minimal(&self, mut clauses: Vec<Ordinal>) -> Vec<Ordinal> {
        clauses.sort_by_key(|at| self.ranks.get(*at).copied());
        clauses.dedup();
        let kept = clauses.iter().enumerate().filter(|(at, weak)| {
            let mut others = clauses.iter().enumerate().filter(|(other, _)| other != at);
            !others.any(|(other, strong)| {
                self.clause_implies(*strong, **weak)
                    && (other < *at || !self.clause_implies(**weak, *strong))
            })
        });
        kept.map(|(_, clause)| *clause).collect()
    }

    /// The names of a list.
    pub(crate) fn names(&self, clause: Ordinal) -> Vec<Name> {
        let members = self.clauses.get(clause).into_iter().flatten();
        members
            .filter_map(|one| self.known.get(*one))
            .map(|known| known.name.clone())
            .collect()
    }
}

/// True for a text that stands for something other than a strength: a control, or a combination
/// of methods.
pub(crate) fn is_other_word(text: &str) -> bool {
    let prefixes = [
        "authenticationStrength ",
        "termsOfUse ",
        "customAuthenticationFactor ",
    ];
    GrantControl::MEMBERS
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text))
        || text == SESSION
        || prefixes.iter().any(|prefix| text.starts_with(prefix))
        || combination(text).is_some()
}

/// Token protection, which a sign-in may satisfy though it is a session control.
pub(crate) const SESSION: &str = "secureSignInSession";

/// The built-in strength that any multifactor authentication meets.
pub(crate) const MFA_STRENGTH: &str = "00000000-0000-0000-0000-000000000002";

/// The methods of every combination that satisfies multifactor authentication.
pub(crate) fn multifactor() -> &'static [u32] {
    static ALL: OnceLock<Vec<u32>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = combinations::COMBINATIONS.iter();
        all.filter(|text| combinations::is_multifactor(text))
            .filter_map(|text| combination(text))
            .collect()
    })
}

/// The methods that a text names, joined by commas.
pub(crate) fn combination(text: &str) -> Option<u32> {
    let modes: Vec<AuthenticationMethodMode> = text
        .split(',')
        .map(|part| AuthenticationMethodMode::parse(part.trim()))
        .collect();
    methods(&modes)
}
