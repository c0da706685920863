//! What can be met in a sign-in, and what is.

use std::collections::BTreeSet;

use super::Preparing;
use super::here::Here;
use crate::finding::did_you_mean;
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;
use crate::whatif::device::{Device, DeviceValue};
use crate::whatif::fact::{Fact, Match};
use crate::whatif::fault::SignInFault;
use crate::whatif::grant::{self, AllowedMethods, Combination, KnownRequirement, Requirement};
use crate::whatif::index::Index;
use crate::whatif::sign_in::Satisfied;

impl Preparing<'_> {
    /// For each requirement whether anybody could meet it in such a sign-in.
    pub(super) fn possible(&self, here: &Here<'_>) -> Vec<Match> {
        let known = &self.index.requirements.known;
        known.iter().map(|known| here.possible(known)).collect()
    }

    /// For each requirement whether it is met, when that is to be judged; and whether token
    /// protection is satisfied.
    pub(super) fn met(
        &mut self,
        here: &Here<'_>,
        possible: &[Match],
    ) -> (Option<Vec<Match>>, Option<bool>) {
        let Some(list) = &self.sign_in.satisfied else {
            return (None, None);
        };
        let index = self.index;
        let mut held = Held::default();
        let mut faults = Vec::new();
        for (at, item) in list.iter().enumerate() {
            let said = held.add(item, index);
            let fault = match said {
                Ok(said) => said.contradiction(item, here, index),
                Err(fault) => Some(fault),
            };
            faults.extend(fault.map(|fault| SignInFault {
                pointer: format!("/satisfied/{at}"),
                ..fault
            }));
        }
        let sound = faults.is_empty();
        self.faults.append(&mut faults);
        // What `satisfied` does not name the device may still be.
        let device = |name: &str, is: fn(&DeviceValue) -> bool| {
            let open = || Fact::device(name).map_or(Match::No, Match::unknown);
            match &self.sign_in.device_info {
                Some(Device::Unregistered) => Match::No,
                Some(Device::Registered(info)) => {
                    info.get(name).map_or_else(open, |value| is(value).into())
                }
                None => open(),
            }
        };
        let compliant = device("isCompliant", DeviceValue::is_true);
        let hybrid = device("trustType", DeviceValue::is_hybrid_join);
        let mut met = Vec::new();
        for (known, possible) in index.requirements.known.iter().zip(possible) {
            let said = held.meets(known, index);
            // What several of the list come to together.
            if said == Match::Yes && *possible == Match::No && sound {
                let fault = here.against_requirement(&known.name, known);
                self.faults.extend(fault.map(|fault| SignInFault {
                    pointer: "/satisfied".to_owned(),
                    ..fault
                }));
            }
            let by_device = match &known.requirement {
                Requirement::Control(GrantControl::CompliantDevice) => compliant,
                Requirement::Control(GrantControl::DomainJoinedDevice) => hybrid,
                _ => Match::No,
            };
            met.push(said.or(by_device.and(*possible)));
        }
        (Some(met), Some(held.bound))
    }
}

/// One thing that a sign-in says it can meet.
enum Said {
    Requirement(Requirement),
    /// Methods, as bits.
    Methods(u32),
    /// Token protection.
    Bound,
}

impl Said {
    /// What of the sign-in says otherwise, whatever the policies ask for.
    fn contradiction(
        &self,
        item: &Satisfied,
        here: &Here<'_>,
        index: &Index,
    ) -> Option<SignInFault> {
        match self {
            Said::Methods(methods) => here.against_methods(&item.name, *methods),
            Said::Bound => here.against_binding(&item.name),
            Said::Requirement(requirement) => {
                let requirements = &index.requirements;
                let known = requirements.describe(requirement.clone(), &index.names);
                here.against_requirement(&item.name, &known)
            }
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
    fn add(&mut self, item: &Satisfied, index: &Index) -> Result<Said, SignInFault> {
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
            let control = GrantControl::parse(control);
            Ok(Said::Requirement(Requirement::Control(control)))
        } else if text == grant::SESSION {
            self.bound = true;
            Ok(Said::Bound)
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
            Ok(Said::Methods(methods))
        } else if let Some(one) = strength(text) {
            self.strengths.push(one.clone());
            Ok(Said::Requirement(Requirement::Strength(one)))
        } else if let Some(one) = other(text) {
            match &one {
                Requirement::Strength(one) => self.strengths.push(one.clone()),
                one => self.others.push(one.clone()),
            }
            Ok(Said::Requirement(one))
        } else {
            let words = GrantControl::MEMBERS.iter().copied();
            let words = words.filter(|word| *word != "block");
            let words = words.chain(AuthenticationMethodMode::MEMBERS.iter().copied());
            let meant = did_you_mean(text, words)
                .map(str::to_owned)
                .or_else(|| index.names.proposal(RefKind::Strength, text));
            Err(SignInFault {
                pointer: String::new(),
                message: format!("`{}` is not something that a sign-in can satisfy", text.escape_debug()),
                help: match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write a control such as `mfa`, a strength, methods such as `password,sms`, or terms of use".to_owned(),
                },
            })
        }
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
