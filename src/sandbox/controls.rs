//! The rules for what a policy grants and for its session controls.

use serde_json::Value;

use super::call::{strings, text};
use super::error::{Check, ErrorAnswer, invalid};
use super::normalise::{circumstances, effective};
use super::value::at;

pub(super) fn grants(policy: &Value) -> Check {
    let grant = &policy["grantControls"];
    if grant.is_null() {
        // CA-R04
        return if effective(&policy["sessionControls"]) {
            Ok(())
        } else {
            invalid(
                "InvalidControls",
                "grantControls",
                "at least one grant control or one effective session control is required",
            )
        };
    }
    let target = "grantControls";
    let controls = strings(grant, "builtInControls");
    let strength = grant["authenticationStrength"].is_object();
    let other =
        strings(grant, "termsOfUse").len() + strings(grant, "customAuthenticationFactors").len();
    // CA-R80
    if controls.contains(&"block") && (controls.len() > 1 || strength || other > 0) {
        return invalid("InvalidControls", target, "`block` is the only control");
    }
    // CA-R81
    if controls.contains(&"mfa") && strength {
        return Err(ErrorAnswer::bad(
            "1108: Authentication strengths cannot be used alongside the MFA built-in control.",
        )
        .detail("InvalidControls", target, "keep one of the two"));
    }
    if controls.contains(&"passwordChange") {
        password_change(policy)?;
    }
    Ok(())
}

/// CA-R82, CA-R83, CA-R84
fn password_change(policy: &Value) -> Check {
    let kind = "InvalidPasswordResetControl";
    let (grant, conditions) = (&policy["grantControls"], &policy["conditions"]);
    let controls = strings(grant, "builtInControls");
    let strength = grant["authenticationStrength"].is_object();
    let other =
        strings(grant, "termsOfUse").len() + strings(grant, "customAuthenticationFactors").len();
    let paired = controls.contains(&"mfa") || strength;
    if controls
        .iter()
        .any(|c| !["mfa", "passwordChange"].contains(c))
        || other > 0
        || !paired
    {
        return invalid(
            kind,
            "grantControls",
            "`passwordChange` goes with `mfa` and nothing else",
        );
    }
    if text(grant, "operator") != Some("AND") {
        return invalid(
            kind,
            "grantControls.operator",
            "`passwordChange` needs the operator AND",
        );
    }
    if strings(conditions, "userRiskLevels").is_empty() {
        return invalid(
            kind,
            "conditions.userRiskLevels",
            "`passwordChange` needs a user risk condition",
        );
    }
    let apps = &conditions["applications"];
    if !strings(apps, "includeApplications").contains(&"All")
        || !strings(apps, "excludeApplications").is_empty()
        || apps["applicationFilter"].is_object()
    {
        return invalid(
            kind,
            "conditions.applications",
            "`passwordChange` needs all applications",
        );
    }
    let others = circumstances(conditions).any(|row| row.name != "userRiskLevels");
    if others {
        return invalid(
            kind,
            "conditions",
            "`passwordChange` allows no condition but user risk",
        );
    }
    let session = &policy["sessionControls"];
    let frequency = &session["signInFrequency"];
    let another = frequency["isEnabled"] == true && frequency["frequencyInterval"] != "everyTime";
    if another || *at(session, "/persistentBrowser/isEnabled") == true {
        return invalid(
            "InvalidSessionControls",
            "sessionControls",
            "`passwordChange` allows only a sign-in frequency of every time",
        );
    }
    Ok(())
}

pub(super) fn sessions(policy: &Value) -> Check {
    let session = &policy["sessionControls"];
    if session.is_null() {
        return Ok(());
    }
    let target = "sessionControls";
    let conditions = &policy["conditions"];
    let include = strings(&conditions["applications"], "includeApplications");
    let on = |name: &str| session[name].get("isEnabled") == Some(&Value::Bool(true));
    // CA-R101
    if on("persistentBrowser") {
        if include != ["All"] {
            return invalid(
                "InvalidSessionControls",
                "sessionControls.persistentBrowser",
                "a persistent browser session needs all applications",
            );
        }
        if at(session, "/persistentBrowser/mode").is_null() {
            return invalid(
                "InvalidSessionControls",
                "sessionControls.persistentBrowser",
                "mode is required",
            );
        }
    }
    // CA-R102, CA-R103
    let frequency = &session["signInFrequency"];
    if frequency.is_object() {
        let (kind, value) = (&frequency["type"], &frequency["value"]);
        let target = "sessionControls.signInFrequency";
        if frequency["frequencyInterval"] == "everyTime" {
            if !kind.is_null() || !value.is_null() {
                return invalid(
                    "InvalidSignInFrequency",
                    target,
                    "every time has neither type nor value",
                );
            }
            let others = !session["applicationEnforcedRestrictions"].is_null()
                || !session["disableResilienceDefaults"].is_null();
            if on("signInFrequency") && others {
                return invalid(
                    "InvalidSignInFrequency",
                    target,
                    "every time does not go with app enforced restrictions or resilience defaults",
                );
            }
        } else if kind.is_null() || value.as_i64().is_none_or(|v| v < 1) {
            return invalid(
                "InvalidSignInFrequency",
                target,
                "type and a value of at least 1 are required",
            );
        }
    }
    // CA-R106
    if *at(session, "/continuousAccessEvaluation/mode") == "disabled" {
        let bare = circumstances(conditions).next().is_none();
        if !include.contains(&"All") || !bare {
            return invalid(
                "InvalidSessionControls",
                target,
                "continuous access evaluation is disabled only for all applications and without conditions",
            );
        }
    }
    Ok(())
}
