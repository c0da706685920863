//! What can be met in a sign-in, and what is.

use std::collections::BTreeSet;

use super::{Preparing, Who};
use crate::finding::did_you_mean;
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;
use crate::whatif::device::{Device, DeviceValue};
use crate::whatif::environment::TrustedClaims;
use crate::whatif::fact::{Fact, Match};
use crate::whatif::fault::SignInFault;
use crate::whatif::grant::{self, AllowedMethods, Combination, KnownRequirement, Requirement};
use crate::whatif::index::Index;
use crate::whatif::sign_in::Satisfied;
use crate::whatif::vocabulary::{ClientType, Platform, TransferMethod, UserAction, UserType};

impl Preparing<'_> {
    /// For each requirement whether anybody could meet it in such a sign-in.
    pub(super) fn possible(&mut self, who: &Who) -> Vec<Match> {
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
        let untrusted = |claim: fn(&TrustedClaims) -> bool| {
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
    pub(super) fn met(&mut self, possible: &[Match]) -> (Option<Vec<Match>>, Option<bool>) {
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
