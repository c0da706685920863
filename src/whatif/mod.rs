//! What Conditional Access does with a sign-in: the one evaluator that everything else asks.
//!
//! Pure and total: policies, a [`World`] and a [`SignIn`] in, an [`Outcome`] out. A condition
//! that cannot be judged from what is given is unknown, with the facts that are missing; it is
//! never guessed. `docs/whatif.md` says what is judged, what is not, and why.

mod compiled;
mod device;
mod difference;
mod environment;
mod expected;
mod fact;
mod fault;
pub(crate) mod grant;
mod index;
mod names;
mod outcome;
mod people;
mod place;
mod policy;
mod prepared;
mod rule;
mod session;
mod set;
mod sign_in;
mod text_or;
mod vocabulary;
mod words;
mod world;

#[cfg(test)]
mod tests;

/// What compiled policies are made of, for those who reason about every sign-in (`analysis`).
pub(crate) mod parts {
    pub(crate) use super::grant::{AllowedMethods, Combination, Grant};
    pub(crate) use super::place::{Location, Ranges, Whence};
    pub(crate) use super::policy::{
        CompiledPolicy, External, Filtered, Mode, Places, Resources, Subjects, Suites, Tenants,
        Workloads,
    };
    pub(crate) use super::prepared::{Audience, WantedResource};
    pub(crate) use super::rule::{CompiledRule, How, Test};
    pub(crate) use super::session::{hours, is_secondary};
}

pub use compiled::{CompiledPolicies, Judgement, PolicyResult, Required, UnknownName};
pub use device::{Device, DeviceInfo, DeviceValue};
pub use environment::{Environment, InboundTrust, TrustedClaims, UserActionExclusion};
pub use fact::{Fact, Match, MissingFacts};
pub use fault::SignInFault;
pub use grant::Requirement;
pub use names::is_built_in_strength;
pub use outcome::{Consequence, Ending, MergedSession, Name, Outcome, PolicyOutcome, Reason};
pub use policy::Applies;
pub use prepared::Prepared;
pub use set::PolicySet;
pub use sign_in::{
    AgentIdentity, Application, AttributeValue, Attributes, AuthenticationFlow, ClientApplication,
    Satisfied, ServicePrincipal, SignIn, User,
};
pub use vocabulary::{
    Address, AgentRisk, ClientType, Country, ExclusionState, InsiderRisk, OwnedBy, Platform, Range,
    Risk, TransferMethod, UserAction, UserType,
};
pub use words::NoSuchWord;
pub use world::{KnownApplication, KnownGroup, KnownName, KnownUser, World};
