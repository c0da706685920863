//! What Conditional Access would do with a sign-in: which policies apply, what they ask for,
//! and whether the sign-in meets it.
//!
//! Pure: policies and facts in, verdicts out. A condition that cannot be judged from what is
//! given is said to be unknown, with the facts that are missing; it is never guessed. That is
//! where it differs from the what-if API of Graph, which takes a condition that is not stated
//! for one that does not match.
//!
//! Not modelled yet: device filters, custom security attributes, agents, service principals,
//! session controls, service dependencies. A policy that has one of the first three as a
//! condition is unknown, unless another condition rules it out.

mod conditions;
pub mod decide;
pub mod grant;
mod known;
mod resource;
pub mod sign_in;
mod subject;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Outcome, PolicyResult, decide};
pub use grant::{Grant, Requirement};
pub use known::{Fact, Match};
pub use sign_in::{Places, Platform, Resource, SignIn, User, UserKind};

use std::collections::BTreeSet;

use crate::model::enums::PolicyState;
use crate::model::policy::ConditionalAccessPolicy;

/// The condition that keeps a policy from a sign-in, by the names of the what-if API
/// (whatIfAnalysisReasons). Of several the first counts, in the order of the numbers of its
/// members, which is this module's own choice: the service's order is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The user is not meant, or is left out.
    Users,
    /// The policy is about workload identities.
    WorkloadIdentities,
    /// The application is not meant, or is left out.
    Application,
    /// The policy is about user actions, or about others.
    UserActions,
    /// The policy is about authentication contexts, or about others.
    AuthenticationContext,
    /// The platform.
    DevicePlatform,
    /// The device.
    Devices,
    /// The kind of client.
    ClientApps,
    /// The place.
    Location,
    /// The risk of the sign-in.
    SignInRisk,
    /// The policy is off.
    PolicyNotEnabled,
    /// The risk of the user.
    UserRisk,
    /// The insider risk of the user.
    InsiderRisk,
    /// The flow.
    AuthenticationFlow,
}

impl Reason {
    /// The name that the what-if API has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Users => "users",
            Reason::WorkloadIdentities => "workloadIdentities",
            Reason::Application => "application",
            Reason::UserActions => "userActions",
            Reason::AuthenticationContext => "authenticationContext",
            Reason::DevicePlatform => "devicePlatform",
            Reason::Devices => "devices",
            Reason::ClientApps => "clientApps",
            Reason::Location => "location",
            Reason::SignInRisk => "signInRisk",
            Reason::PolicyNotEnabled => "policyNotEnabled",
            Reason::UserRisk => "userRisk",
            Reason::InsiderRisk => "insiderRisk",
            Reason::AuthenticationFlow => "authenticationFlow",
        }
    }
}

/// Whether a policy applies to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not, because of this condition.
    No(Reason),
    /// It depends on facts that are not given.
    Unknown(BTreeSet<Fact>),
}

/// What was found about one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// The policy.
    pub policy: &'a ConditionalAccessPolicy,
    /// Whether it applies.
    pub applies: Applies,
}

impl Verdict<'_> {
    /// Whether the policy is only reported on.
    pub fn is_report_only(&self) -> bool {
        self.policy.state == Some(PolicyState::ReportOnly)
    }

    /// What the policy asks for.
    pub fn grant(&self) -> Grant {
        Grant::of(self.policy.grant_controls.as_ref())
    }
}

/// Judges each policy on its own: every condition must match, exclusion beats inclusion. The
/// policies are live ones: ids stand where manifests have names.
pub fn evaluate<'a>(policies: &'a [ConditionalAccessPolicy], sign_in: &SignIn) -> Vec<Verdict<'a>> {
    policies
        .iter()
        .map(|policy| Verdict {
            policy,
            applies: applies(policy, sign_in),
        })
        .collect()
}

fn applies(policy: &ConditionalAccessPolicy, sign_in: &SignIn) -> Applies {
    let mut missing = BTreeSet::new();
    match &policy.state {
        Some(PolicyState::Disabled) => return Applies::No(Reason::PolicyNotEnabled),
        Some(PolicyState::Enabled | PolicyState::ReportOnly) => {}
        Some(PolicyState::Other(_)) | None => {
            missing.insert(Fact::Unmodelled("state"));
        }
    }
    for (reason, matched) in conditions::all(&policy.conditions, sign_in) {
        match matched {
            Match::Yes => {}
            Match::No => return Applies::No(reason),
            Match::Unknown(facts) => missing.extend(facts),
        }
    }
    match missing.is_empty() {
        true => Applies::Yes,
        false => Applies::Unknown(missing),
    }
}
