//! A second evaluator, as plain as can be: two values, texts compared as they stand, nothing
//! compiled. It knows a small world alone, and judges the real one there.

use serde_json::Value;

/// The members of a list at a path of a policy's JSON.
fn list<'a>(policy: &'a Value, path: &str) -> Vec<&'a str> {
    let found = policy.pointer(path);
    let items = found.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// Whether the policy applies to a sign-in of which everything is known; both as JSON.
pub(super) fn applies(policy: &Value, sign_in: &Value) -> bool {
    policy["state"] != "disabled"
        && users(policy, sign_in)
        && resource(policy, sign_in)
        && ["clientAppTypes", "signInRiskLevels", "userRiskLevels"]
            .iter()
            .zip(["clientAppType", "signInRiskLevel", "userRiskLevel"])
            .all(|(condition, member)| {
                let listed = list(policy, &format!("/conditions/{condition}"));
                let held = sign_in[member].as_str().unwrap();
                listed.is_empty() || listed.contains(&"all") || listed.contains(&held)
            })
        && platform(policy, sign_in)
        && place(policy, sign_in)
        && device(policy, sign_in)
        && flow(policy, sign_in)
}

fn users(policy: &Value, sign_in: &Value) -> bool {
    let user = &sign_in["user"];
    let side = |word: &str| {
        let of = |what: &str| list(policy, &format!("/conditions/users/{word}{what}"));
        let held = |member: &str| list(user, &format!("/{member}"));
        let people = of("Users");
        people.contains(&"All")
            || user["name"]
                .as_str()
                .is_some_and(|name| people.contains(&name))
            || people.contains(&"GuestsOrExternalUsers") && user["userType"] != "member"
            || of("Groups")
                .iter()
                .any(|group| held("memberOf").contains(group))
            || of("Roles").iter().any(|role| held("roles").contains(role))
    };
    side("include") && !side("exclude")
}

fn resource(policy: &Value, sign_in: &Value) -> bool {
    let of = |word: &str| list(policy, &format!("/conditions/applications/{word}"));
    let actions = of("includeUserActions");
    if let Some(action) = sign_in["userAction"].as_str() {
        assert_eq!(action, "registerSecurityInformation");
        return match actions.is_empty() {
            true => of("includeApplications").contains(&"All"),
            false => actions.contains(&"urn:user:registersecurityinfo"),
        };
    }
    let app = sign_in["application"].as_str().unwrap();
    let side = |word: &str| {
        let apps = of(&format!("{word}Applications"));
        apps.contains(&"All")
            || apps.contains(&app)
            || apps.contains(&"Office365") && app == super::SHAREPOINT
            || apps.contains(&"MicrosoftAdminPortals") && app == super::PORTAL
    };
    actions.is_empty() && side("include") && !side("exclude")
}

fn platform(policy: &Value, sign_in: &Value) -> bool {
    let held = sign_in["devicePlatform"].as_str().unwrap();
    let side = |word: &str| {
        let listed = list(policy, &format!("/conditions/platforms/{word}Platforms"));
        listed.contains(&"all") || listed.contains(&held)
    };
    policy["conditions"]["platforms"].is_null() || side("include") && !side("exclude")
}

fn place(policy: &Value, sign_in: &Value) -> bool {
    let at_office = sign_in["ipAddress"]
        .as_str()
        .unwrap()
        .starts_with("198.51.100.");
    let in_benelux = sign_in["country"] == "NL";
    let side = |word: &str| {
        let listed = list(policy, &format!("/conditions/locations/{word}Locations"));
        listed.contains(&"All")
            || at_office && (listed.contains(&"Office") || listed.contains(&"AllTrusted"))
            || in_benelux && listed.contains(&"Benelux")
    };
    policy["conditions"]["locations"].is_null() || side("include") && !side("exclude")
}

fn device(policy: &Value, sign_in: &Value) -> bool {
    let filter = &policy["conditions"]["devices"]["deviceFilter"];
    let compliant = sign_in["deviceInfo"]["isCompliant"] == true;
    let holds = match filter["rule"].as_str() {
        None => return true,
        Some("device.isCompliant -eq True") => compliant,
        Some("device.isCompliant -ne True") => !compliant,
        Some(other) => panic!("{other}"),
    };
    holds == (filter["mode"] == "include")
}

fn flow(policy: &Value, sign_in: &Value) -> bool {
    let listed = &policy["conditions"]["authenticationFlows"]["transferMethods"];
    listed.is_null() || *listed == sign_in["authenticationFlow"]["transferMethod"]
}
