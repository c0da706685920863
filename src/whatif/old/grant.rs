//! What a policy asks for, and whether that is met.

use super::known::Match;
use crate::model::enums::GrantControl;
use crate::model::grant::GrantControls;
use crate::model::values::GraphEnum;

/// One requirement. A strength and terms of use count like the built-in controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// A built-in control other than `block`.
    Control(GrantControl),
    /// An authentication strength, by id.
    Strength(String),
    /// Terms of use, by id.
    TermsOfUse(String),
    /// A custom control, by id.
    Custom(String),
}

impl Requirement {
    /// As the sign-in log names it, and with the id of what is the tenant's own.
    pub fn name(&self) -> String {
        match self {
            Requirement::Control(control) => control.as_str().to_owned(),
            Requirement::Strength(id) => format!("authenticationStrength {id}"),
            Requirement::TermsOfUse(id) => format!("termsOfUse {id}"),
            Requirement::Custom(id) => format!("customAuthenticationFactor {id}"),
        }
    }

    /// Whether a user can meet it while signing in.
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

    /// The order in which the service asks for what is not met ("Building a Conditional
    /// Access policy").
    pub(super) fn turn(&self) -> usize {
        let controls = [
            GrantControl::Mfa,
            GrantControl::CompliantDevice,
            GrantControl::DomainJoinedDevice,
            GrantControl::ApprovedApplication,
            GrantControl::CompliantApplication,
            GrantControl::PasswordChange,
        ];
        match self {
            // A strength is asked for as multifactor authentication is.
            Requirement::Strength(_) => 0,
            Requirement::Control(control) => controls
                .iter()
                .position(|c| c == control)
                .unwrap_or(controls.len()),
            Requirement::TermsOfUse(_) => controls.len() + 1,
            Requirement::Custom(_) => controls.len() + 2,
        }
    }
}

/// What a policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Nothing: it has session controls alone.
    Nothing,
    /// It blocks.
    Block,
    /// All of these.
    All(Vec<Requirement>),
    /// One of these.
    Any(Vec<Requirement>),
}

impl Grant {
    /// Reads grant controls; the requirements in the order in which they are asked for.
    pub fn of(controls: Option<&GrantControls>) -> Grant {
        let Some(controls) = controls else {
            return Grant::Nothing;
        };
        if controls.built_in_controls.contains(&GrantControl::Block) {
            return Grant::Block;
        }
        let mut list: Vec<Requirement> = Vec::new();
        list.extend(
            controls
                .built_in_controls
                .iter()
                .cloned()
                .map(Requirement::Control),
        );
        list.extend(
            controls
                .authentication_strength
                .iter()
                .map(|s| Requirement::Strength(s.target.clone())),
        );
        list.extend(
            controls
                .terms_of_use
                .iter()
                .cloned()
                .map(Requirement::TermsOfUse),
        );
        list.extend(
            controls
                .custom_authentication_factors
                .iter()
                .cloned()
                .map(Requirement::Custom),
        );
        list.sort_by_key(Requirement::turn);
        let any = controls
            .operator
            .as_deref()
            .is_some_and(|o| o.eq_ignore_ascii_case("OR"));
        match list.len() {
            0 => Grant::Nothing,
            _ if any => Grant::Any(list),
            _ => Grant::All(list),
        }
    }

    /// The requirements, whichever way they are joined.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Grant::Nothing | Grant::Block => &[],
            Grant::All(list) | Grant::Any(list) => list,
        }
    }

    /// Whether it is met, when `met` says so of each requirement.
    pub fn is_met(&self, met: &dyn Fn(&Requirement) -> Match) -> Match {
        match self {
            Grant::Nothing => Match::Yes,
            Grant::Block => Match::No,
            Grant::Any(list) => Match::any(list.iter().map(met)),
            // All: none of them is not met.
            Grant::All(list) => {
                let unmet = list.iter().map(|r| Match::Yes.but_not(met(r)));
                Match::Yes.but_not(Match::any(unmet))
            }
        }
    }

    /// What is still to be met, when it is not met as a whole.
    pub fn unmet(&self, met: &dyn Fn(&Requirement) -> Match) -> Vec<Requirement> {
        self.requirements()
            .iter()
            .filter(|r| met(r) != Match::Yes)
            .cloned()
            .collect()
    }
}
