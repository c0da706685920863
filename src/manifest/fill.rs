//! What has one sensible value for a person and is left out in a manifest.

use crate::model::session::SessionControls;

/// A session control that is written down is meant to be on.
pub(super) fn switch_on(session: &mut SessionControls) {
    // Destructured so that a new control cannot be forgotten.
    let SessionControls {
        application_enforced_restrictions,
        cloud_app_security,
        sign_in_frequency,
        persistent_browser,
        secure_sign_in_session,
        global_secure_access_filtering_profile,
        continuous_access_evaluation: _,
        disable_resilience_defaults: _,
    } = session;
    let flags = [
        application_enforced_restrictions
            .as_mut()
            .map(|c| &mut c.is_enabled),
        cloud_app_security.as_mut().map(|c| &mut c.is_enabled),
        sign_in_frequency.as_mut().map(|c| &mut c.is_enabled),
        persistent_browser.as_mut().map(|c| &mut c.is_enabled),
        secure_sign_in_session.as_mut().map(|c| &mut c.is_enabled),
        global_secure_access_filtering_profile
            .as_mut()
            .map(|c| &mut c.is_enabled),
    ];
    for flag in flags.into_iter().flatten() {
        flag.get_or_insert(true);
    }
}
