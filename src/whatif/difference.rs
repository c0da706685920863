//! What one set of policies asks a sign-in for that another does not. The two may be compiled apart.

use super::compiled::CompiledPolicies;
use super::expected::implies;
use super::outcome::{Consequence, MergedSession, Name};
use super::session::merged;
use crate::model::session::SessionControls;

impl CompiledPolicies {
    /// The lists of `own`, a consequence by these policies, that whoever meets all of `other`, one
    /// by `policies`, has not met.
    pub fn asks_beyond(
        &self,
        own: &Consequence,
        policies: &CompiledPolicies,
        other: &Consequence,
    ) -> Vec<Vec<Name>> {
        let known: Vec<_> = (other.requires.iter())
            .map(|list| policies.known_list(list))
            .collect();
        let is_new = |list: &&Vec<Name>| {
            let wanted = self.known_list(list);
            !known.iter().any(|strong| implies(strong, &wanted))
        };
        own.requires.iter().filter(is_new).cloned().collect()
    }
}

impl MergedSession {
    /// The members in which this one is stricter than the other, or has what that one has not.
    pub fn stricter_than(&self, other: &MergedSession) -> Vec<&'static str> {
        let (own, other) = (self.controls(), other.controls());
        let name = Name::from("");
        let both = own.iter().chain(&other).map(|one| (&name, one));
        let both = merged(both.collect::<Vec<_>>().into_iter());
        let alone = other.iter().map(|one| (&name, one));
        let alone = merged(alone.collect::<Vec<_>>().into_iter());
        let mut found = Vec::new();
        let mut look = |name, differs: bool| found.extend(differs.then_some(name));
        look(
            "signInFrequency",
            both.sign_in_frequency != alone.sign_in_frequency
                || both.primary_sign_in_frequency != alone.primary_sign_in_frequency,
        );
        look(
            "persistentBrowser",
            both.persistent_browser != alone.persistent_browser,
        );
        look(
            "cloudAppSecurity",
            both.cloud_app_security != alone.cloud_app_security,
        );
        look(
            "applicationEnforcedRestrictions",
            both.application_enforced_restrictions != alone.application_enforced_restrictions,
        );
        look(
            "secureSignInSession",
            both.secure_sign_in_session != alone.secure_sign_in_session,
        );
        look(
            "disableResilienceDefaults",
            both.disable_resilience_defaults != alone.disable_resilience_defaults,
        );
        look(
            "continuousAccessEvaluation",
            both.continuous_access_evaluation != alone.continuous_access_evaluation,
        );
        let profiles = &self.global_secure_access_filtering_profiles;
        let known = |id: &String| !alone.global_secure_access_filtering_profiles.contains(id);
        look(
            "globalSecureAccessFilteringProfile",
            profiles.iter().any(known),
        );
        found
    }

    /// The same as controls of policies.
    fn controls(&self) -> Vec<SessionControls> {
        let frequency = |value| SessionControls {
            sign_in_frequency: value,
            ..SessionControls::default()
        };
        // Destructured so that a new control cannot be forgotten.
        let MergedSession {
            sign_in_frequency,
            primary_sign_in_frequency,
            persistent_browser,
            cloud_app_security,
            application_enforced_restrictions,
            secure_sign_in_session,
            disable_resilience_defaults,
            continuous_access_evaluation,
            global_secure_access_filtering_profiles: _,
            from: _,
        } = self.clone();
        vec![
            SessionControls {
                sign_in_frequency,
                persistent_browser,
                cloud_app_security,
                application_enforced_restrictions,
                secure_sign_in_session,
                disable_resilience_defaults,
                continuous_access_evaluation,
                ..SessionControls::default()
            },
            frequency(primary_sign_in_frequency),
        ]
    }
}
