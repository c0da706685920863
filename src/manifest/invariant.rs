//! `kind: Invariant`: what holds for every sign-in of a selection. Invariants lie beside the
//! policies and are never sent anywhere.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::grant::GrantControls;
use crate::model::policy::Conditions;
use crate::model::session::SessionControls;

/// The text of `kind:`.
pub const INVARIANT: &str = "Invariant";

/// What holds for every sign-in of a selection: at least what `require` asks for, or nothing of
/// what `forbid` names.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["displayName", "conditions"]))]
pub struct Invariant {
    /// What holds, in a sentence.
    #[schemars(length(min = 1))]
    pub display_name: String,
    /// Why it must hold, for whoever breaks it.
    pub description: Option<String>,
    /// Which sign-ins: those that a policy with these conditions would apply to.
    pub conditions: Conditions,
    /// The enforced policies ask each of them for at least this. A block satisfies everything.
    pub require: Option<RequiredControls>,
    /// This must not happen to any of them.
    pub forbid: Option<Forbidden>,
    /// Sign-ins that are left out: known exceptions.
    pub accepted: Vec<AcceptedException>,
    /// Where the claim comes from: ids of a baseline.
    pub source: Vec<String>,
}

/// What a policy would ask for that is claimed to be superfluous.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RequiredControls {
    /// The grant controls, as a policy has them; `block`: each of the sign-ins is blocked.
    pub grant_controls: Option<GrantControls>,
    /// The session controls, as a policy has them.
    pub session_controls: Option<SessionControls>,
}

/// What must not happen to any sign-in.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Forbidden {
    /// In a word.
    Word(ForbiddenWord),
    /// A control of policies.
    Controls(ForbiddenControls),
}

/// What must not happen to any sign-in, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ForbiddenWord {
    /// Nobody can pass whatever they do: blocked, or asked for what nobody can satisfy there.
    Lockout,
    /// An enforced policy applies.
    Anything,
    /// No enforced policy applies.
    Uncovered,
    /// Somebody gets in with only a password.
    PasswordAlone,
}

impl Invariant {
    /// True for a claim that sign-ins are guarded, and not that they get in.
    pub fn protects(&self) -> bool {
        let word = match &self.forbid {
            Some(Forbidden::Word(word)) => Some(*word),
            Some(Forbidden::Controls(_)) => return false,
            None => None,
        };
        match word {
            None | Some(ForbiddenWord::Uncovered | ForbiddenWord::PasswordAlone) => true,
            Some(ForbiddenWord::Lockout | ForbiddenWord::Anything) => false,
        }
    }
}

/// `builtInControls: [block]`: no policy blocks.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForbiddenControls {
    /// `[block]`.
    #[schemars(length(min = 1))]
    pub built_in_controls: Vec<ForbiddenControl>,
}

/// A control that can be forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ForbiddenControl {
    /// No policy blocks.
    Block,
}

/// Sign-ins for which a claim need not hold.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["conditions", "reason"]))]
pub struct AcceptedException {
    /// Which sign-ins: in the words of a policy's conditions; what is left out is as in the claim.
    pub conditions: Conditions,
    /// Why, for those who review it.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// The last day on which the exception counts, such as `2027-01-31`.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub until: Option<String>,
}

impl AcceptedException {
    /// The last day on which it counts.
    pub fn last_day(&self) -> Option<Date> {
        self.until.as_deref()?.parse().ok()
    }

    /// True on a day after its last.
    pub fn is_past(&self, today: Date) -> bool {
        self.last_day().is_some_and(|last| last < today)
    }
}
