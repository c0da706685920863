//! How far the evaluator can be trusted with a log: its answers by the policies that are, against
//! what the log says that they did.

use std::collections::BTreeMap;

use crate::whatif::{Applies, PolicyResult, Reason, SignIn};

/// Below this share of records that agree, in per cent, everything behind is shown as doubtful.
pub const DOUBTFUL_BELOW: f64 = 98.0;

/// Why an answer differs from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceCause {
    /// Nobody knows.
    Unknown,
    /// The policy was changed, or made, after the sign-in.
    ChangedSince,
    /// The log names a policy that the tenant does not have, or not any more.
    PolicyDeleted,
    /// The log names something that is no policy of the tenant.
    NoPolicy,
    /// While multifactor authentication was pending, terms of use of another policy were marked as
    /// failed.
    TermsOfUsePending,
    /// The log says neither which conditions were satisfied nor which were not.
    EmptyConditions,
    /// The account of directory synchronisation is exempt from some policies.
    SynchronisationAccount,
    /// Somebody may have been in other groups then: with those, the answer is the log's.
    MembershipChanged,
    /// The record does not name the flow that the session began with.
    FlowNotNamed,
    /// Records do not name the user action that was asked for.
    ActionNotNamed,
}

impl DifferenceCause {
    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DifferenceCause::Unknown => "unknown",
            DifferenceCause::ChangedSince => "changedSince",
            DifferenceCause::PolicyDeleted => "policyDeleted",
            DifferenceCause::NoPolicy => "noPolicy",
            DifferenceCause::TermsOfUsePending => "termsOfUsePending",
            DifferenceCause::EmptyConditions => "emptyConditions",
            DifferenceCause::SynchronisationAccount => "synchronisationAccount",
            DifferenceCause::MembershipChanged => "membershipChanged",
            DifferenceCause::FlowNotNamed => "flowNotNamed",
            DifferenceCause::ActionNotNamed => "actionNotNamed",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            DifferenceCause::Unknown => "the cause is not known",
            DifferenceCause::ChangedSince => "the policy was created or changed after the sign-in",
            DifferenceCause::PolicyDeleted => {
                "the log names a policy that the tenant does not have now"
            }
            DifferenceCause::NoPolicy => "the log names something that is no policy of the tenant",
            DifferenceCause::TermsOfUsePending => {
                "while multifactor authentication is pending, the log marks terms of use of another policy as failed"
            }
            DifferenceCause::EmptyConditions => {
                "the log names neither satisfied nor unsatisfied conditions"
            }
            DifferenceCause::SynchronisationAccount => {
                "the service exempts the account of directory synchronisation from some policies"
            }
            DifferenceCause::MembershipChanged => {
                "a possible cause: the person was in other groups at that time than now"
            }
            DifferenceCause::FlowNotNamed => {
                "the record does not name the flow that the session began with"
            }
            DifferenceCause::ActionNotNamed => "records do not name a user action",
        }
    }

    /// True for a cause that is known for certain. Any other speaks against the evaluator.
    pub fn is_known(self) -> bool {
        !matches!(
            self,
            DifferenceCause::Unknown | DifferenceCause::MembershipChanged
        )
    }
}

/// What was found of one policy, or of one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AgreementCount {
    /// How many results were compared.
    pub compared: u64,
    /// How many of them are the same.
    pub agree: u64,
}

impl AgreementCount {
    pub(super) fn add(&mut self, agrees: bool) {
        self.compared += 1;
        self.agree += u64::from(agrees);
    }

    pub(super) fn merge(&mut self, other: AgreementCount) {
        self.compared += other.compared;
        self.agree += other.agree;
    }

    /// The share that agrees, in per cent.
    pub fn percent(&self) -> f64 {
        match self.compared {
            0 => 100.0,
            all => self.agree as f64 * 100.0 / all as f64,
        }
    }
}

/// Differences that are the same but for the record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DifferenceKey {
    pub(super) cause: DifferenceCause,
    pub(super) policy: String,
    pub(super) recorded: String,
    pub(super) here: String,
    pub(super) reason: Option<&'static str>,
}

/// A sign-in that shows something, with where it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogExample {
    /// How many records stand before it.
    pub(super) index: u64,
    /// The id of the record.
    pub id: String,
    /// When it was.
    pub at: String,
    /// The sign-in, as `whatif` takes it.
    pub sign_in: SignIn,
}

/// Differences of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct LogDifference {
    /// The cause.
    pub cause: DifferenceCause,
    /// The name of the policy.
    pub policy: String,
    /// What the log says.
    pub recorded: String,
    /// What the evaluator says.
    pub here: String,
    /// The condition by which the evaluator rules the policy out.
    pub reason: Option<&'static str>,
    /// How often.
    pub count: u64,
    /// The first one.
    pub example: LogExample,
}

/// The counts of a calibration.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CalibrationTally {
    /// Records of which something was compared.
    pub(super) records: u64,
    /// Those of which everything is the same.
    pub(super) agree: u64,
    /// Those that differ by known causes alone.
    pub(super) known: u64,
    /// Records that list no policies.
    pub(super) without: u64,
    /// Records that name a policy of the set.
    pub(super) named: u64,
    /// Results that the log keeps to itself.
    pub(super) hidden: u64,
    /// Results that hang on something that the record does not say.
    pub(super) open: u64,
    /// Those that hang on the groups of somebody of whom the directory has no account.
    pub(super) of_gone: u64,
    /// Entries for policies of the set that records do not list.
    pub(super) not_listed: u64,
    /// By the number of the policy.
    pub(super) policies: BTreeMap<usize, AgreementCount>,
    /// By reason: the condition that rules a policy out, or that it applies.
    pub(super) reasons: BTreeMap<&'static str, AgreementCount>,
    pub(super) differences: BTreeMap<DifferenceKey, (u64, LogExample)>,
}

impl CalibrationTally {
    pub(super) fn merge(&mut self, other: CalibrationTally) {
        self.records += other.records;
        self.agree += other.agree;
        self.known += other.known;
        self.without += other.without;
        self.named += other.named;
        self.hidden += other.hidden;
        self.open += other.open;
        self.of_gone += other.of_gone;
        self.not_listed += other.not_listed;
        for (policy, count) in other.policies {
            self.policies.entry(policy).or_default().merge(count);
        }
        for (reason, count) in other.reasons {
            self.reasons.entry(reason).or_default().merge(count);
        }
        for (key, (count, example)) in other.differences {
            let own = self
                .differences
                .entry(key)
                .or_insert_with(|| (0, example.clone()));
            own.0 += count;
            if example.index < own.1.index {
                own.1 = example;
            }
        }
    }
}

/// What the log says that a policy did: whether it applied, by the words of its results.
pub(super) fn applied(recorded: &str) -> Option<bool> {
    match recorded {
        "success"
        | "failure"
        | "reportOnlySuccess"
        | "reportOnlyFailure"
        | "reportOnlyInterrupted" => Some(true),
        "notApplied" | "notEnabled" | "reportOnlyNotApplied" => Some(false),
        _ => None,
    }
}

/// Whether an answer is the recorded one. `None`: it hangs on something that is not known.
pub(super) fn agrees(recorded: &str, applies: Applies, result: PolicyResult) -> Option<bool> {
    let was = applied(recorded)?;
    match (applies, result) {
        (Applies::Unknown(_), _) => None,
        // How it ended is not known; that it applied is.
        (Applies::Yes, PolicyResult::Unknown) => Some(was),
        _ => Some(result.as_str() == recorded),
    }
}

/// The reason by which agreement is counted.
pub(super) fn reason(applies: Applies) -> &'static str {
    match applies {
        Applies::No(reason) => reason.as_str(),
        Applies::Yes | Applies::Unknown(_) => "applies",
    }
}

/// The reason that the log's word for an unsatisfied condition stands for.
pub(super) fn recorded_reason(conditions: &str) -> Reason {
    let first = conditions.split(',').next().unwrap_or_default().trim();
    match first {
        "application" => Reason::Application,
        "devicePlatform" => Reason::DevicePlatform,
        "location" => Reason::Location,
        "clientType" => Reason::ClientApps,
        "signInRisk" => Reason::SignInRisk,
        "userRisk" => Reason::UserRisk,
        "deviceState" => Reason::Devices,
        "authenticationFlows" => Reason::AuthenticationFlow,
        "insiderRisk" => Reason::InsiderRisk,
        "servicePrincipals" | "servicePrincipalRisk" => Reason::WorkloadIdentities,
        _ => Reason::Users,
    }
}
