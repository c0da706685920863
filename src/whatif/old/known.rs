//! Three values: yes, no, and not known for want of a fact.

use std::collections::BTreeSet;
use std::fmt;

/// A fact that a sign-in does not state, or that this evaluator cannot use yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The groups that the user is in, through others too.
    Groups,
    /// The directory roles that the user holds.
    Roles,
    /// Whether the user is a guest, and of what kind.
    UserKind,
    /// The home tenant of an external user.
    HomeTenant,
    /// Whether the application belongs to Office 365.
    Office365,
    /// Whether the application belongs to Microsoft's admin portals.
    AdminPortals,
    /// The custom security attributes of the application.
    ApplicationAttributes,
    /// Whether a policy on all resources counts for this user action or context: the
    /// documentation does not say.
    AllResources,
    /// The kind of client.
    ClientApp,
    /// The platform of the device.
    Platform,
    /// The attributes of the device.
    Device,
    /// The place.
    Place,
    /// The risk of the sign-in.
    SignInRisk,
    /// The risk of the user.
    UserRisk,
    /// The insider risk of the user.
    InsiderRisk,
    /// Whether the session began with device code flow or authentication transfer.
    Flow,
    /// A member of the policy that is not modelled.
    Unmodelled(&'static str),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fact::Groups => "the user's groups",
            Fact::Roles => "the user's roles",
            Fact::UserKind => "whether the user is a guest",
            Fact::HomeTenant => "the user's home tenant",
            Fact::Office365 => "whether the application belongs to Office 365",
            Fact::AdminPortals => "whether the application is an admin portal",
            Fact::ApplicationAttributes => "the application's custom security attributes",
            Fact::AllResources => "whether policies on all resources count here",
            Fact::ClientApp => "the kind of client",
            Fact::Platform => "the platform",
            Fact::Device => "the device's attributes",
            Fact::Place => "the place",
            Fact::SignInRisk => "the risk of the sign-in",
            Fact::UserRisk => "the risk of the user",
            Fact::InsiderRisk => "the insider risk of the user",
            Fact::Flow => "the authentication flow",
            Fact::Unmodelled(member) => return write!(f, "the meaning of `{member}`"),
        })
    }
}

/// Whether something matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It depends on these facts.
    Unknown(BTreeSet<Fact>),
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
        Match::Unknown(BTreeSet::from([fact]))
    }

    /// Yes when one matches; unknown when none does and one is unknown.
    pub fn any(all: impl IntoIterator<Item = Match>) -> Match {
        let mut missing = BTreeSet::new();
        for one in all {
            match one {
                Match::Yes => return Match::Yes,
                Match::No => {}
                Match::Unknown(facts) => missing.extend(facts),
            }
        }
        match missing.is_empty() {
            true => Match::No,
            false => Match::Unknown(missing),
        }
    }

    /// It matches, and `other` does not: inclusion and exclusion.
    #[must_use]
    pub fn but_not(self, other: Match) -> Match {
        match (self, other) {
            (Match::No, _) | (_, Match::Yes) => Match::No,
            (one, Match::No) => one,
            (Match::Yes, Match::Unknown(facts)) => Match::Unknown(facts),
            (Match::Unknown(mut facts), Match::Unknown(more)) => {
                facts.extend(more);
                Match::Unknown(facts)
            }
        }
    }
}
