//! Three values: yes, no, and not known for want of facts; and what those facts are.

use std::borrow::Cow;
use std::fmt;

use crate::model::conditions::CONDITIONS;
use crate::model::filter::ATTRIBUTES;

/// A fact that an answer may hang on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact(u8);

/// Declares the facts: the member of a sign-in (or of an environment) that gives each, or what
/// to call it where none does; and the words for a sentence.
macro_rules! facts {
    ($($(#[$meta:meta])* $name:ident = $member:literal, $words:literal;)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers for constants")]
        enum Number { $($name),+ }

        impl Fact {
            $($(#[$meta])* #[doc = concat!("Of `", $member, "`: ", $words, ".")]
            pub const $name: Fact = Fact(Number::$name as u8);)+
        }

        /// Names and words, by number.
        const TEXTS: &[(&str, &str)] = &[$(($member, $words)),+];
    };
}

facts! {
    USER = "user", "who signs in";
    GROUPS = "user.memberOf", "the user's groups";
    ROLES = "user.roles", "the user's roles";
    USER_TYPE = "user.userType", "whether the user is a guest, and which";
    HOME_TENANT = "user.externalTenantId", "the user's home tenant";
    SERVICE_PRINCIPAL_OWNER = "servicePrincipal.ownedBy", "who owns the service principal";
    SERVICE_PRINCIPAL_ATTRIBUTES = "servicePrincipal.attributes", "the custom security attributes of the service principal";
    AGENT_BLUEPRINT = "agentIdentity.blueprint", "the agent's blueprint";
    AGENT_ATTRIBUTES = "agentIdentity.attributes", "the custom security attributes of the agent";
    APPLICATION = "application", "the application";
    APPLICATION_ATTRIBUTES = "applicationAttributes", "the application's custom security attributes";
    SCOPES = "scopes", "the requested scopes";
    CLIENT = "client.confidential", "whether the client is confidential";
    CLIENT_TYPE = "clientAppType", "the kind of client";
    PLATFORM = "devicePlatform", "the platform";
    ADDRESS = "ipAddress", "the IP address";
    COUNTRY = "country", "the country";
    COMPLIANT_NETWORK = "compliantNetwork", "whether the session comes through the compliant network";
    SIGN_IN_RISK = "signInRiskLevel", "the risk of the sign-in";
    USER_RISK = "userRiskLevel", "the risk of the user";
    INSIDER_RISK = "insiderRiskLevel", "the insider risk of the user";
    SERVICE_PRINCIPAL_RISK = "servicePrincipalRiskLevel", "the risk of the service principal";
    AGENT_RISK = "agentIdRiskLevel", "the risk of the agent";
    FLOW = "authenticationFlow", "the authentication flow";
    SATISFIED = "satisfied", "which methods are used";
    MFA_TRUSTED_IPS = "environment.mfaTrustedIps", "the trusted IPs of the per-user MFA settings";
    /// Membership of Office 365 of an application of Microsoft that no list names.
    OFFICE365 = "environment.officeApplications", "whether the application belongs to Office 365";
    /// The same for the admin portals.
    ADMIN_PORTALS = "environment.adminPortals", "whether the application is an admin portal";
    /// The documentation does not say whether they count for this action or context.
    ALL_RESOURCES = "allResources", "whether policies on all resources count here";
    /// The documentation does not say whether `All` means them.
    ALL_USERS = "allUsers", "whether policies on all users count for the user account of an agent";
    /// Policies on the one kind of external user hit the other in some services.
    DIRECT_CONNECT = "directConnect", "whether policies on direct connect users count for collaboration users here, or the reverse";
    AGENT_RESOURCE = "agentResource", "whether the application is an agent";
    NAMED_LOCATION = "namedLocation", "the meaning of a named location that is not described";
    GPS_COUNTRY = "gps", "the country by the GPS of the phone";
    STRENGTH = "authenticationStrength", "what an undescribed authentication strength allows";
    RETIRED = "approvedApplication", "what the retired control `approvedApplication` does";
    STATE = "state", "the state of the policy, which this version does not know";
    ATTRIBUTE_RULE = "attributeFilter", "a rule on custom security attributes that cannot be parsed";
    FILTER_MODE = "filterMode", "the mode of a filter, which this version does not know";
}

/// The first number that no sign-in can give.
const OPEN: Fact = Fact::ALL_RESOURCES;
/// The attributes of a device follow, then the rows of the table of conditions.
const DEVICE: u8 = TEXTS.len() as u8;
const CONDITION: u8 = DEVICE + ATTRIBUTES.len() as u8;

impl Fact {
    /// The attribute of a device, by the name that filters have for it.
    pub fn device(name: &str) -> Option<Fact> {
        let at = ATTRIBUTES.iter().position(|(known, _)| *known == name)?;
        u8::try_from(at).ok().map(|at| Fact(DEVICE + at))
    }

    /// A condition that is not judged, or not in this form, by its name in the table.
    pub fn condition(name: &str) -> Fact {
        let at = CONDITIONS.iter().position(|row| row.name == name);
        let at = at.and_then(|at| u8::try_from(at).ok()).unwrap_or_default();
        Fact(CONDITION + at)
    }

    fn as_condition(self) -> Option<&'static str> {
        let at = self.0.checked_sub(CONDITION)?;
        CONDITIONS.get(usize::from(at)).map(|row| row.name)
    }

    fn attribute(self) -> Option<&'static str> {
        let at = self.0.checked_sub(DEVICE)?;
        ATTRIBUTES.get(usize::from(at)).map(|(name, _)| *name)
    }

    fn texts(self) -> (&'static str, &'static str) {
        TEXTS.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The member of a sign-in that gives it, as an answer lists it: `signInRiskLevel`,
    /// `deviceInfo.model`; for what no sign-in can give, what to call it.
    pub fn member(self) -> Cow<'static, str> {
        match self.attribute() {
            Some("deviceOwnership") => "deviceInfo.ownership".into(),
            Some(name) => format!("deviceInfo.{name}").into(),
            None => match self.as_condition() {
                Some(name) => format!("conditions.{name}").into(),
                None => self.texts().0.into(),
            },
        }
    }

    /// The fact of a number, from 0, where there is one.
    pub fn numbered(number: u8) -> Option<Fact> {
        let count = usize::from(CONDITION) + CONDITIONS.len();
        (usize::from(number) < count).then_some(Fact(number))
    }

    /// The fact that an answer calls so.
    pub fn of_member(member: &str) -> Option<Fact> {
        let mut all = (0..=u8::MAX).map_while(Fact::numbered);
        all.find(|fact| fact.member() == member)
    }

    /// True when a sign-in, or its environment, can give the fact. The others are open until
    /// the documentation or this version knows more.
    pub fn can_be_given(self) -> bool {
        self < OPEN || self.attribute().is_some()
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attribute() {
            Some(name) => write!(f, "`{name}` of the device"),
            None => match self.as_condition() {
                Some(name) => write!(f, "what the policy's `{name}` means here"),
                None => f.write_str(self.texts().1),
            },
        }
    }
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.member())
    }
}

/// A set of facts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct MissingFacts(u128);

impl MissingFacts {
    /// None.
    pub const NONE: MissingFacts = MissingFacts(0);

    /// The same as bytes: equal for equal facts.
    pub fn bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// True without any.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: MissingFacts) -> MissingFacts {
        MissingFacts(self.0 | other.0)
    }

    /// Each of them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        (0u8..128)
            .filter(move |bit| self.0 >> bit & 1 == 1)
            .map(Fact)
    }

    /// The members that give them, in a fixed order.
    pub fn members(self) -> Vec<Cow<'static, str>> {
        self.iter().map(Fact::member).collect()
    }
}

impl From<Fact> for MissingFacts {
    fn from(fact: Fact) -> MissingFacts {
        MissingFacts(1 << (fact.0 & 127))
    }
}

impl FromIterator<Fact> for MissingFacts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> MissingFacts {
        facts
            .into_iter()
            .fold(MissingFacts::NONE, |all, fact| all.and(fact.into()))
    }
}

impl fmt::Debug for MissingFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It depends on these facts.
    Unknown(MissingFacts),
}

impl From<bool> for Match {
    fn from(matched: bool) -> Match {
        match matched {
            true => Match::Yes,
            false => Match::No,
        }
    }
}

impl Match {
    /// It depends on one fact.
    pub fn unknown(fact: Fact) -> Match {
        Match::Unknown(fact.into())
    }

    /// One of both.
    #[must_use]
    pub fn or(self, other: Match) -> Match {
        match (self, other) {
            (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
            (one, Match::No) | (Match::No, one) => one,
            (Match::Unknown(a), Match::Unknown(b)) => Match::Unknown(a.and(b)),
        }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Match) -> Match {
        match (self, other) {
            (Match::No, _) | (_, Match::No) => Match::No,
            (one, Match::Yes) | (Match::Yes, one) => one,
            (Match::Unknown(a), Match::Unknown(b)) => Match::Unknown(a.and(b)),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Match {
        match self {
            Match::Yes => Match::No,
            Match::No => Match::Yes,
            unknown => unknown,
        }
    }

    /// It holds, and `other` does not: inclusion and exclusion.
    #[must_use]
    pub fn but_not(self, other: Match) -> Match {
        self.and(other.negated())
    }

    /// One of all; no without any. Looks no further than the first yes.
    pub fn any(all: impl IntoIterator<Item = Match>) -> Match {
        let mut found = Match::No;
        for one in all {
            found = found.or(one);
            if found == Match::Yes {
                break;
            }
        }
        found
    }

    /// All of all; yes without any. Looks no further than the first no.
    pub fn all(all: impl IntoIterator<Item = Match>) -> Match {
        let mut found = Match::Yes;
        for one in all {
            found = found.and(one);
            if found == Match::No {
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_fact_has_a_name_of_its_own_and_a_bit() {
        // The rows of one condition are one fact.
        let count = TEXTS.len() + ATTRIBUTES.len();
        assert!(count + CONDITIONS.len() <= 128);
        let all: Vec<Fact> = (0..u8::try_from(count).unwrap()).map(Fact).collect();
        let names: BTreeSet<_> = all.iter().map(|fact| fact.member()).collect();
        let words: BTreeSet<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!((names.len(), words.len()), (count, count));
        for fact in all {
            assert_eq!(MissingFacts::from(fact).iter().collect::<Vec<_>>(), [fact]);
        }
        assert_eq!(Fact::device("model").unwrap().member(), "deviceInfo.model");
        for row in CONDITIONS {
            let member = format!("conditions.{}", row.name);
            assert_eq!(Fact::condition(row.name).member(), member);
        }
        assert!(Fact::SIGN_IN_RISK.can_be_given() && !Fact::GPS_COUNTRY.can_be_given());
    }
}
