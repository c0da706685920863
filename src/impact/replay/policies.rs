//! What a log can be asked about a policy, and which policies are the same in two sets.

use crate::model::Object;
use crate::model::enums::GrantControl;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::model::values::GraphEnum;
use crate::whatif::{Satisfied, World};

/// What is known of a policy that is.
pub(super) struct LogPolicy {
    pub(super) name: String,
    /// When it was last changed, after it was made.
    pub(super) modified: Option<String>,
    pub(super) made: Option<String>,
    pub(super) has_session: bool,
    /// What is met by whoever the log says has met it.
    pub(super) proves: Vec<Satisfied>,
    pub(super) has_terms: bool,
    pub(super) on_action: bool,
    pub(super) on_flow: bool,
}

/// What the log can be asked about a policy.
pub(super) fn known_policy(policy: &ConditionalAccessPolicy) -> LogPolicy {
    let grant = policy.grant_controls.as_ref();
    let mut asks: Vec<String> = Vec::new();
    if let Some(grant) = grant {
        asks.extend(
            grant
                .built_in_controls
                .iter()
                .map(|one| one.as_str().to_owned()),
        );
        asks.extend(
            grant
                .authentication_strength
                .iter()
                .map(|one| one.target.clone()),
        );
        asks.extend(grant.terms_of_use.iter().cloned());
        asks.extend(grant.custom_authentication_factors.iter().cloned());
    }
    let all = grant.is_some_and(|grant| {
        grant
            .operator
            .as_deref()
            .is_none_or(|operator| !operator.eq_ignore_ascii_case("OR"))
    });
    // What a device is, the record says by itself.
    let of_device = [
        GrantControl::CompliantDevice,
        GrantControl::DomainJoinedDevice,
        GrantControl::Block,
    ];
    let of_device = of_device.map(|one| one.as_str().to_owned());
    let proves = match all || asks.len() == 1 {
        true => asks
            .into_iter()
            .filter(|one| !of_device.contains(one))
            .map(Satisfied::named)
            .collect(),
        false => Vec::new(),
    };
    let applications = policy.conditions.applications.as_ref();
    LogPolicy {
        name: policy.display_name.clone(),
        modified: policy.modified_date_time.clone(),
        made: policy.created_date_time.clone(),
        has_session: (policy.session_controls.as_ref())
            .is_some_and(|controls| *controls != SessionControls::default()),
        proves,
        has_terms: grant.is_some_and(|grant| !grant.terms_of_use.is_empty()),
        on_action: applications.is_some_and(|one| !one.include_user_actions.is_empty()),
        on_flow: policy.conditions.authentication_flows.is_some(),
    }
}

/// Which objects that policies refer to are the same in two worlds.
pub(super) struct SameWorlds {
    locations: bool,
    strengths: bool,
    contexts: bool,
    people: bool,
    environment: bool,
}

impl SameWorlds {
    pub(super) fn of(one: &World, other: &World) -> SameWorlds {
        fn all(objects: impl Iterator<Item = Object>) -> Vec<String> {
            let mut forms: Vec<String> = objects.map(|one| one.normal_form().to_string()).collect();
            forms.sort();
            forms
        }
        let locations =
            |world: &World| all(world.locations.iter().cloned().map(Object::NamedLocation));
        let strengths = |world: &World| {
            all(world
                .strengths
                .iter()
                .cloned()
                .map(Object::AuthenticationStrength))
        };
        let contexts = |world: &World| {
            all(world
                .contexts
                .iter()
                .cloned()
                .map(Object::AuthenticationContext))
        };
        SameWorlds {
            locations: locations(one) == locations(other),
            strengths: strengths(one) == strengths(other),
            contexts: contexts(one) == contexts(other),
            people: one.groups == other.groups && one.users == other.users,
            environment: one.environment == other.environment,
        }
    }

    /// Whether two policies ask for the same of whomever they apply to.
    pub(super) fn ask_alike(
        &self,
        one: &ConditionalAccessPolicy,
        other: &ConditionalAccessPolicy,
    ) -> bool {
        self.strengths
            && one.grant_controls == other.grant_controls
            && one.session_controls == other.session_controls
    }

    /// Whether two policies say the same, and mean the same by it.
    pub(super) fn are_same(
        &self,
        one: &ConditionalAccessPolicy,
        other: &ConditionalAccessPolicy,
    ) -> bool {
        let form = |policy: &ConditionalAccessPolicy| {
            let mut policy = policy.clone();
            policy.id = None;
            Object::ConditionalAccessPolicy(Box::new(policy))
        };
        let (one, other) = (form(one), form(other));
        let holds = |kind: RefKind| match kind {
            RefKind::Strength => self.strengths,
            RefKind::Context => self.contexts,
            RefKind::Group | RefKind::Member => self.people,
            _ => true,
        };
        let anywhere = |object: &Object| match object {
            Object::ConditionalAccessPolicy(policy) => policy.conditions.locations.is_none(),
            _ => true,
        };
        self.environment
            && (self.locations || anywhere(&one))
            && one.normal_form() == other.normal_form()
            && one.references().into_iter().all(|(kind, ..)| holds(kind))
    }
}
