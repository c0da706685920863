//! What nobody can meet in a sign-in, and why: by the client, the flow, the platform, the device and
//! whose it is.

use super::{Preparing, Who};
use crate::model::enums::{AuthenticationMethodMode, GrantControl};
use crate::whatif::device::{Device, DeviceValue};
use crate::whatif::environment::TrustedClaims;
use crate::whatif::fact::{Fact, Match};
use crate::whatif::fault::SignInFault;
use crate::whatif::grant::{self, KnownRequirement, Requirement};
use crate::whatif::sign_in::SignIn;
use crate::whatif::vocabulary::{ClientType, Platform, TransferMethod, UserAction, UserType};

/// What decides in a sign-in whether a requirement can be met at all.
pub(super) struct Here<'a> {
    sign_in: &'a SignIn,
    /// Nobody is there who could be asked.
    automatic: bool,
    kind: Option<UserType>,
    flow: Option<TransferMethod>,
    compliant_untrusted: Match,
    hybrid_untrusted: Match,
}

/// Something that may stand in the way of a requirement.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hindrance {
    /// Nobody is there who could be asked.
    Nobody,
    /// A client of a legacy protocol.
    Legacy,
    /// That, or one of Exchange ActiveSync.
    Silent,
    DeviceCode,
    CompliantUntrusted,
    HybridUntrusted,
    OffWindows,
    OffPhones,
    /// A platform without application protection.
    Unprotected,
    /// A device is being registered.
    Joining,
}

impl<'a> Preparing<'a> {
    pub(super) fn here(&mut self, who: &Who) -> Here<'a> {
        let sign_in = self.sign_in;
        let flow = sign_in.authentication_flow.as_ref();
        let trust = self.environment.inbound_trust.clone().unwrap_or_default();
        // Whether a claim about the device is one of a home tenant that is not trusted.
        let untrusted = |claim: fn(&TrustedClaims) -> bool| {
            let Who::User(person) = who else {
                return Match::unknown(Fact::USER);
            };
            let tenant = sign_in.user.as_ref();
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
            sign_in,
            automatic: matches!(who, Who::ServicePrincipal(_) | Who::Agent(_)),
            kind: match who {
                Who::User(person) => person.kind,
                _ => None,
            },
            flow: flow.and_then(|flow| flow.original_transfer_method.or(flow.transfer_method)),
            compliant_untrusted: untrusted(|claims| claims.compliant_device),
            hybrid_untrusted: untrusted(|claims| claims.hybrid),
        };
        let external = here.kind.is_some_and(UserType::has_other_home);
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
}

impl Here<'_> {
    /// Whether anybody could meet a requirement.
    pub(super) fn possible(&self, known: &KnownRequirement) -> Match {
        let hindrances = self.hindrances(known).iter();
        Match::any(hindrances.map(|one| self.hinders(*one))).negated()
    }

    /// All that may stand in the way of a requirement.
    fn hindrances(&self, known: &KnownRequirement) -> &'static [Hindrance] {
        use Hindrance::{
            CompliantUntrusted, DeviceCode, HybridUntrusted, Joining, Legacy, Nobody, OffPhones,
            OffWindows, Silent, Unprotected,
        };
        match &known.requirement {
            Requirement::Control(GrantControl::CompliantDevice) => {
                &[Nobody, Legacy, DeviceCode, CompliantUntrusted]
            }
            Requirement::Control(GrantControl::DomainJoinedDevice) => {
                &[Nobody, Legacy, DeviceCode, HybridUntrusted, OffWindows]
            }
            Requirement::Control(GrantControl::CompliantApplication) => {
                &[Nobody, Legacy, Unprotected]
            }
            // The retired control is taken to be met only together with its successor.
            Requirement::Control(GrantControl::ApprovedApplication) => {
                &[Nobody, Legacy, Unprotected, OffPhones]
            }
            // Nothing that is bound to the device can be used to join it.
            Requirement::Strength(_) if known.is_hello_alone() => &[Nobody, Silent, Joining],
            _ => &[Nobody, Silent],
        }
    }

    fn hinders(&self, one: Hindrance) -> Match {
        let is_client = |types: &[ClientType]| match self.sign_in.client_app_type {
            None => Match::unknown(Fact::CLIENT_TYPE),
            Some(client) => types.contains(&client).into(),
        };
        let is_platform = |platforms: &[Platform]| match self.sign_in.device_platform {
            None => Match::unknown(Fact::PLATFORM),
            Some(platform) => platforms.contains(&platform).into(),
        };
        match one {
            Hindrance::Nobody => self.automatic.into(),
            Hindrance::Legacy => is_client(&[ClientType::Other]),
            Hindrance::Silent => is_client(&[
                ClientType::Other,
                ClientType::ExchangeActiveSync,
                ClientType::EasSupported,
            ]),
            Hindrance::DeviceCode => match self.flow {
                None => Match::unknown(Fact::FLOW),
                Some(flow) => (flow == TransferMethod::DeviceCodeFlow).into(),
            },
            Hindrance::CompliantUntrusted => self.compliant_untrusted,
            Hindrance::HybridUntrusted => self.hybrid_untrusted,
            Hindrance::OffWindows => is_platform(&[Platform::Windows]).negated(),
            Hindrance::OffPhones => is_platform(&[Platform::Ios, Platform::Android]).negated(),
            Hindrance::Unprotected => is_platform(&[Platform::MacOs, Platform::Linux]),
            Hindrance::Joining => {
                (self.sign_in.user_action == Some(UserAction::RegisterOrJoinDevices)).into()
            }
        }
    }

    /// That nobody can meet something, as a fault: the two facts, why, and what to correct.
    fn impossible(&self, name: &str, hindrance: Hindrance) -> SignInFault {
        let client = self.sign_in.client_app_type.map(|one| one.to_string());
        let platform = self.sign_in.device_platform.map(|one| one.to_string());
        let is = |member: &str, value: Option<String>| {
            let value = value.unwrap_or_default();
            format!("`{member}` is `{value}`")
        };
        let (fact, why, correct) = match hindrance {
            Hindrance::Nobody => (
                match self.sign_in.agent_identity {
                    Some(_) => "`agentIdentity` signs in",
                    None => "`servicePrincipal` signs in",
                }
                .to_owned(),
                "there is nobody to ask",
                "say which `user` signs in",
            ),
            Hindrance::Legacy => (
                is("clientAppType", client),
                "a client of a legacy protocol cannot",
                "correct `clientAppType`",
            ),
            Hindrance::Silent => (
                is("clientAppType", client),
                "a legacy or Exchange ActiveSync client cannot ask its user for anything",
                "correct `clientAppType`",
            ),
            Hindrance::DeviceCode => (
                is("authenticationFlow", self.flow.map(|one| one.to_string())),
                "with device code flow, the device state is not shown",
                "correct `authenticationFlow`",
            ),
            Hindrance::CompliantUntrusted | Hindrance::HybridUntrusted => (
                is("userType", self.kind.map(|one| one.to_string())),
                "what the home tenant says of the device is not trusted",
                "correct `userType`, or say in `environment.inboundTrust` what is trusted",
            ),
            Hindrance::OffWindows => (
                is("devicePlatform", platform),
                "hybrid joined devices are Windows devices",
                "correct `devicePlatform`",
            ),
            Hindrance::OffPhones => (
                is("devicePlatform", platform),
                "it is only for iOS and Android",
                "correct `devicePlatform`",
            ),
            Hindrance::Unprotected => (
                is("devicePlatform", platform),
                "macOS and Linux have no app protection",
                "correct `devicePlatform`",
            ),
            Hindrance::Joining => (
                is("userAction", Some("registerOrJoinDevices".to_owned())),
                "Windows Hello needs a device that is already joined",
                "correct `userAction`",
            ),
        };
        let name = name.escape_debug();
        SignInFault {
            pointer: String::new(),
            message: format!("nobody can satisfy `{name}` if {fact}: {why}"),
            help: format!("remove `{name}` from `satisfied`, or {correct}"),
        }
    }

    /// What stands in the way for certain.
    fn against(&self, name: &str, hindrances: &[Hindrance]) -> Option<SignInFault> {
        let mut all = hindrances.iter().copied();
        let found = all.find(|one| self.hinders(*one) == Match::Yes)?;
        Some(self.impossible(name, found))
    }

    /// What stands against a sign-in that says that it meets a requirement.
    pub(super) fn against_requirement(
        &self,
        name: &str,
        known: &KnownRequirement,
    ) -> Option<SignInFault> {
        let device = || match &known.requirement {
            Requirement::Control(GrantControl::CompliantDevice) => {
                self.against_device(name, "isCompliant", DeviceValue::is_true)
            }
            Requirement::Control(GrantControl::DomainJoinedDevice) => {
                self.against_device(name, "trustType", DeviceValue::is_hybrid_join)
            }
            Requirement::Strength(_) if known.is_hello_alone() => self.against_unregistered(name),
            _ => None,
        };
        self.against(name, self.hindrances(known)).or_else(device)
    }

    /// The same for methods.
    pub(super) fn against_methods(&self, name: &str, methods: u32) -> Option<SignInFault> {
        // What a client sends by itself, without asking anybody.
        let sent = [
            AuthenticationMethodMode::Password,
            AuthenticationMethodMode::FederatedSingleFactor,
            AuthenticationMethodMode::X509CertificateSingleFactor,
        ];
        let sent = grant::methods(&sent).unwrap_or_default();
        let asks = methods & !sent != 0;
        let hello = methods & grant::method(AuthenticationMethodMode::WindowsHelloForBusiness) != 0;
        let hindrances = [
            Some(Hindrance::Nobody),
            asks.then_some(Hindrance::Silent),
            hello.then_some(Hindrance::Joining),
        ];
        let hindrances: Vec<Hindrance> = hindrances.into_iter().flatten().collect();
        let device = || hello.then(|| self.against_unregistered(name)).flatten();
        self.against(name, &hindrances).or_else(device)
    }

    /// The same for token protection, which binds to a registered device.
    pub(super) fn against_binding(&self, name: &str) -> Option<SignInFault> {
        let hindrances = [Hindrance::Nobody, Hindrance::Legacy, Hindrance::DeviceCode];
        self.against(name, &hindrances)
            .or_else(|| self.against_unregistered(name))
    }

    fn against_unregistered(&self, name: &str) -> Option<SignInFault> {
        let unregistered = self.sign_in.device_info == Some(Device::Unregistered);
        unregistered.then(|| against_device(name, "the device is `unregistered`"))
    }

    /// What is known of an attribute of the device is not what it has to be.
    fn against_device(
        &self,
        name: &str,
        attribute: &str,
        is: fn(&DeviceValue) -> bool,
    ) -> Option<SignInFault> {
        let Some(Device::Registered(info)) = &self.sign_in.device_info else {
            return self.against_unregistered(name);
        };
        let value = info.get(attribute).filter(|value| !is(value))?;
        let told = format!(
            "`{attribute}` of the device is `{}`",
            value.to_string().escape_debug()
        );
        Some(against_device(name, &told))
    }
}

fn against_device(name: &str, told: &str) -> SignInFault {
    let name = name.escape_debug();
    SignInFault {
        pointer: String::new(),
        message: format!("`{name}` is satisfied, and {told}"),
        help: format!("remove `{name}` from `satisfied`, or correct `deviceInfo`"),
    }
}
