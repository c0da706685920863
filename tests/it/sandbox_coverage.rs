//! What scripts use beside policies and the directory: templates, roles, licences, risk,
//! the schema; and the metadata levels.

use gatewright::model::facts::Facts;
use gatewright::sandbox::{Options, RiskySignIn};
use serde_json::{Value, json};

use crate::sandbox::{ADELE, Sandbox, refused};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const RISKY: &str = "/identityProtection/riskyUsers";

#[tokio::test]
async fn templates_are_read_and_their_details_make_a_policy() {
    let sandbox = Sandbox::new().await;
    let all = sandbox.got("/identity/conditionalAccess/templates").await;
    let all = all["value"].as_array().unwrap();
    assert!(all.len() >= 10);
    let template = sandbox
        .got("/identity/conditionalAccess/templates/c7503427-338e-4c5e-902d-abe252abfb43")
        .await;
    assert_eq!(
        template["scenarios"],
        "secureFoundation,zeroTrust,protectAdmins"
    );
    let mut body = template["details"].clone();
    body["displayName"] = template["name"].clone();
    body["state"] = "disabled".into();
    // The text in the place of the caller's id is no user.
    refused(sandbox.post(POLICIES, body.clone()).await, 400);
    body["conditions"]["users"]["excludeUsers"] = json!([]);
    sandbox.made(POLICIES, body).await;
    let found = sandbox
        .got("/identity/conditionalAccess/templates?$filter=scenarios has 'protectAdmins'&$select=name")
        .await;
    assert!(!found["value"].as_array().unwrap().is_empty());
    refused(
        sandbox.get("/identity/conditionalAccess/templates/x").await,
        404,
    );
    refused(
        sandbox
            .post("/identity/conditionalAccess/templates", json!({}))
            .await,
        405,
    );
}

#[tokio::test]
async fn roles_licences_modes_and_what_is_not_there_yet() {
    let sandbox = Sandbox::new().await;
    let roles = sandbox.got("/directoryRoles").await;
    let global = roles["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["displayName"] == "Global Administrator")
        .unwrap();
    assert_ne!(global["id"], global["roleTemplateId"]);
    let by_template = sandbox
        .got("/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')")
        .await;
    assert_eq!(by_template["id"], global["id"]);
    let members = format!("/directoryRoles/{}/members", global["id"].as_str().unwrap());
    assert_eq!(
        sandbox.got(&members).await["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let reader = json!({"roleTemplateId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"});
    let made = sandbox.made("/directoryRoles", reader.clone()).await;
    assert_eq!(made["displayName"], "Global Reader");
    refused(sandbox.post("/directoryRoles", reader).await, 400);

    let skus = sandbox.got("/subscribedSkus").await;
    assert_eq!(skus["value"][0]["skuPartNumber"], "AAD_PREMIUM_P2");
    let modes = "/identity/conditionalAccess/authenticationStrength/authenticationMethodModes";
    let listed = sandbox.got(modes).await;
    let facts = Facts::get();
    for mode in listed["value"].as_array().unwrap() {
        let id = mode["id"].as_str().unwrap();
        assert!(
            facts.enums["authenticationMethodModes"]
                .members
                .contains_key(id)
        );
        let method = mode["authenticationMethod"].as_str().unwrap();
        assert!(
            facts.enums["baseAuthenticationMethod"]
                .members
                .contains_key(method)
        );
    }
    assert_eq!(sandbox.got(&format!("{modes}/FIDO2")).await["id"], "fido2");
    let alias = sandbox.got("/policies/conditionalAccessPolicies").await;
    assert_eq!(alias["value"], json!([]));

    let url = format!("{}/v1.0/$metadata", sandbox.running.url());
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/xml");
    let schema = answer.text().await.unwrap();
    assert!(schema.contains(
        "<EntityType Name=\"conditionalAccessPolicy\" BaseType=\"graph.policyDeletableItem\">"
    ));
}

#[tokio::test]
async fn a_member_deleted_without_ref_is_gone_itself_and_comes_back_under_another_name() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.id("groups", "displayName eq 'Sales'").await;
    let adele = sandbox.got(&format!("/users/{ADELE}")).await;
    let id = adele["id"].as_str().unwrap();
    let member = format!("/groups/{group}/members/{id}");
    assert_eq!(sandbox.delete(&member).await.0, 204);
    assert_eq!(sandbox.get(&format!("/users/{ADELE}")).await.0, 404);
    let restore = format!("/directory/deletedItems/{id}/restore");
    refused(sandbox.post(&restore, json!({"newName": "x"})).await, 400);
    let taken = json!({"newUserPrincipalName": "AlexW@contoso.com"});
    refused(sandbox.post(&restore, taken).await, 400);
    let back = json!({"newUserPrincipalName": "Adele.Vance@contoso.com", "autoReconcileProxyConflict": true});
    let (status, body) = sandbox.post(&restore, back).await;
    assert_eq!(
        (status, &body["userPrincipalName"]),
        (200, &json!("Adele.Vance@contoso.com"))
    );
    let groups = sandbox
        .got(&format!("/users/{id}/transitiveMemberOf"))
        .await;
    assert!(
        groups["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|g| g["id"] == *group)
    );
}

#[tokio::test]
async fn risk_is_paged_filtered_and_judged() {
    let sandbox = Sandbox::new().await;
    let sign_in = |user: &str, risk: &str| {
        sandbox
            .running
            .sign_in(&RiskySignIn::new(user, risk))
            .unwrap()
    };
    for _ in 0..25 {
        sign_in(ADELE, "low");
    }
    let detections = "/identityProtection/riskDetections";
    let page = sandbox.got(detections).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 20);
    let rest = sandbox.got(page["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(rest["value"].as_array().unwrap().len(), 5);
    let all = sandbox
        .got(&format!("{detections}?$top=500&$select=riskLevel"))
        .await;
    assert_eq!(all["value"].as_array().unwrap().len(), 25);
    refused(sandbox.get(&format!("{detections}?$top=501")).await, 400);
    refused(sandbox.get(&format!("{detections}?$skip=1")).await, 400);
    let made = sign_in("AlexW@contoso.com", "high");
    let alex = made["riskyUser"]["id"].as_str().unwrap().to_owned();
    let high = sandbox
        .got(&format!("{detections}?$filter=riskLevel eq 'high'"))
        .await;
    assert_eq!(high["value"].as_array().unwrap().len(), 1);
    let one = high["value"][0]["id"].as_str().unwrap();
    sandbox.got(&format!("{detections}/{one}")).await;
    // A lower risk does not lower the user's.
    sign_in("AlexW@contoso.com", "low");
    assert_eq!(
        sandbox.got(&format!("{RISKY}/{alex}")).await["riskLevel"],
        "high"
    );

    let act = |verb: &str, ids: Value| {
        let path = format!("{RISKY}/{verb}");
        let sandbox = &sandbox;
        async move { sandbox.post(&path, json!({"userIds": ids})).await }
    };
    assert_eq!(act("confirmSafe", json!([alex])).await.0, 204);
    let safe = sandbox.got(&format!("{RISKY}/{alex}")).await;
    assert_eq!(
        (&safe["riskLevel"], &safe["riskState"]),
        (&json!("none"), &json!("confirmedSafe"))
    );
    assert_eq!(act("confirmCompromised", json!([alex])).await.0, 204);
    let known = sandbox.got(&format!("{RISKY}/{alex}")).await;
    assert_eq!(
        (&known["riskLevel"], &known["riskState"]),
        (&json!("high"), &json!("confirmedCompromised"))
    );
    let history = sandbox.got(&format!("{RISKY}/{alex}/history")).await;
    let history = history["value"].as_array().unwrap();
    assert_eq!(history.len(), 4);
    assert_eq!(
        history[3]["activity"]["detail"],
        "adminConfirmedUserCompromised"
    );
    let many: Vec<String> = (0..61)
        .map(|n| format!("00000000-0000-0000-0000-{n:012}"))
        .collect();
    refused(act("dismiss", json!(many)).await, 400);
    refused(act("dismiss", json!([])).await, 400);
    refused(act("dismiss", json!(many[..1])).await, 404);
    refused(act("forgive", json!([alex])).await, 405);
    refused(sandbox.get(&format!("{RISKY}/x")).await, 404);
}

fn annotated(value: &Value, under: &str) {
    match value {
        Value::Object(map) => {
            let action = under.starts_with('#');
            assert!(
                action || map.contains_key("@odata.type"),
                "{under}: {map:?}"
            );
            map.iter().for_each(|(name, value)| annotated(value, name));
        }
        Value::Array(items) => items.iter().for_each(|item| annotated(item, under)),
        _ => {}
    }
}

#[tokio::test]
async fn full_metadata_says_all_types_and_its_export_makes_an_equal_object() {
    let sandbox = Sandbox::with(Options::default()).await;
    let strength = "00000000-0000-0000-0000-000000000004";
    let body = json!({"displayName": "Full", "state": "enabled",
        "conditions": {"applications": {"includeApplications": ["Office365"]},
            "users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest",
                "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}}},
            "platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
            "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
        "grantControls": {"operator": "OR", "authenticationStrength": {"id": strength}},
        "sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4}}});
    let made = sandbox.made(POLICIES, body).await;
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    let full = |path: &str| {
        let request = sandbox
            .request("GET", path)
            .header("accept", "application/json;odata.metadata=full");
        let sandbox = &sandbox;
        async move { sandbox.send(request).await.1 }
    };
    let exported = full(&format!("/beta{path}")).await;
    annotated(&exported, "");
    let id = made["id"].as_str().unwrap();
    let own = format!("identity/conditionalAccess/policies('{id}')");
    assert_eq!(
        exported["@odata.type"],
        "#microsoft.graph.conditionalAccessPolicy"
    );
    assert_eq!(exported["@odata.id"], own);
    assert_eq!(exported["@odata.editLink"], own);
    assert_eq!(exported["createdDateTime@odata.type"], "#DateTimeOffset");
    assert_eq!(
        exported["state@odata.type"],
        "#microsoft.graph.conditionalAccessPolicyState"
    );
    let conditions = &exported["conditions"];
    assert_eq!(
        conditions["clientAppTypes@odata.type"],
        "#Collection(microsoft.graph.conditionalAccessClientApp)"
    );
    assert_eq!(
        conditions["users"]["includeUsers@odata.type"],
        "#Collection(String)"
    );
    let grant = &exported["grantControls"];
    let link =
        format!("https://graph.microsoft.com/beta/{own}/grantControls/authenticationStrength");
    assert_eq!(grant["authenticationStrength@odata.navigationLink"], link);
    assert_eq!(
        grant["authenticationStrength@odata.associationLink"],
        format!("{link}/$ref")
    );
    assert_eq!(
        grant["authenticationStrength"]["allowedCombinations@odata.type"],
        "#Collection(microsoft.graph.authenticationMethodModes)"
    );
    assert!(
        exported["conditions"]
            .get("modifiedDateTime@odata.type")
            .is_none()
    );
    assert!(
        exported.get("modifiedDateTime@odata.type").is_none(),
        "null has no type"
    );

    // Posted back without its read-only members it is the same policy again.
    for (root, policy) in [("", full(&path).await), ("/beta", exported)] {
        let mut body = policy.clone();
        let members = body.as_object_mut().unwrap();
        for name in [
            "id",
            "createdDateTime",
            "modifiedDateTime",
            "templateId",
            "deletedDateTime",
        ] {
            members.shift_remove(name);
        }
        // A strength is named by its id alone on v1.0.
        if root.is_empty() {
            body["grantControls"]["authenticationStrength"] = json!({ "id": strength });
        }
        let again = sandbox.made(&format!("{root}{POLICIES}"), body).await;
        let again = sandbox
            .got(&format!("{POLICIES}/{}", again["id"].as_str().unwrap()))
            .await;
        for name in ["displayName", "state", "conditions", "sessionControls"] {
            assert_eq!(again[name], made[name], "{name}");
        }
        assert_eq!(
            again["grantControls"]["authenticationStrength"]["id"],
            strength
        );
    }
    let location = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "L",
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]});
    let location = sandbox
        .made("/identity/conditionalAccess/namedLocations", location)
        .await;
    let place = format!(
        "/identity/conditionalAccess/namedLocations/{}",
        location["id"].as_str().unwrap()
    );
    let shown = full(&place).await;
    annotated(&shown, "");
    assert!(
        shown["@odata.editLink"]
            .as_str()
            .unwrap()
            .ends_with("')/microsoft.graph.ipNamedLocation")
    );
    assert!(shown["#microsoft.graph.restore"]["target"].is_string());
    for path in [
        "/users",
        "/groups",
        "/directoryObjects/getByIds",
        "/organization",
        "/identity/conditionalAccess/templates",
    ] {
        if path.ends_with("getByIds") {
            continue;
        }
        let listed = full(path).await;
        for item in listed["value"].as_array().unwrap() {
            assert!(
                item["@odata.type"].is_string() && item["@odata.id"].is_string(),
                "{path}: {item}"
            );
        }
    }
}
