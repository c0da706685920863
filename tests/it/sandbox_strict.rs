//! What the service was seen to refuse of careless clients, or to hide from them, and what a
//! tenant elsewhere does not have. `lenient` lets it through.

use gatewright::model::cloud::Cloud;
use gatewright::sandbox::{Licence, Options};
use serde_json::{Value, json};

use crate::sandbox::{ADELE, Sandbox, refused};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const BIN: &str = "/identity/conditionalAccess/deletedItems/policies";
const RISKY: &str = "/identityProtection/riskyUsers";

fn policy(more: Value) -> Value {
    let mut body = json!({"displayName": "P", "state": "disabled",
        "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn lenient() -> Sandbox {
    Sandbox::with(Options {
        lenient: true,
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn read_only_members_are_refused_by_number() {
    let strict = Sandbox::new().await;
    let id = "11111111-2222-3333-4444-555555555555";
    let with_id = policy(json!({ "id": id }));
    let message = refused(strict.post(POLICIES, with_id.clone()).await, 400);
    assert!(message.starts_with("1001"), "{message}");
    let made = strict.made(POLICIES, policy(json!({}))).await;
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    // A null is a value, too.
    let null = json!({"templateId": null, "state": "enabled"});
    let message = refused(strict.patch(&path, null.clone()).await, 400);
    assert!(message.starts_with("1118"), "{message}");

    let lenient = lenient().await;
    let made = lenient.made(POLICIES, with_id).await;
    assert_ne!(made["id"], id);
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    assert_eq!(lenient.patch(&path, null).await.0, 204);
}

#[tokio::test]
async fn a_strength_is_named_by_its_id_and_not_beside_mfa() {
    let sandbox = Sandbox::new().await;
    let whole = sandbox
        .got("/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004")
        .await;
    let grant = json!({"operator": "OR", "authenticationStrength": whole});
    let body = policy(json!({ "grantControls": grant }));
    let message = refused(sandbox.post(POLICIES, body.clone()).await, 400);
    assert!(message.starts_with("1007"), "{message}");
    sandbox
        .made(&format!("/beta{POLICIES}"), body.clone())
        .await;
    lenient().await.made(POLICIES, body).await;
    // A PATCH is laid over what is there: both stand in the policy.
    let made = sandbox.made(POLICIES, policy(json!({}))).await;
    let path = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    let strength = json!({"id": "00000000-0000-0000-0000-000000000004"});
    let alone = json!({"grantControls": {"authenticationStrength": strength}});
    let message = refused(sandbox.patch(&path, alone).await, 400);
    assert!(message.starts_with("1108"), "{message}");
    let instead =
        json!({"grantControls": {"builtInControls": [], "authenticationStrength": strength}});
    assert_eq!(sandbox.patch(&path, instead).await.0, 204);
}

#[tokio::test]
async fn small_pages_are_cut_or_refused() {
    let (strict, lenient) = (Sandbox::new().await, lenient().await);
    for sandbox in [&strict, &lenient] {
        for n in 0..3 {
            let name = format!("P{n}");
            sandbox
                .made(POLICIES, policy(json!({ "displayName": name })))
                .await;
        }
    }
    let page = format!("{POLICIES}?$top=2");
    let cut = strict.got(&page).await;
    assert_eq!(cut["value"].as_array().unwrap().len(), 2);
    assert!(cut.get("@odata.nextLink").is_none());
    assert!(lenient.got(&page).await["@odata.nextLink"].is_string());
    let old = "/beta/identity/conditionalAccess/authenticationStrengths/policies?$top=20";
    refused(strict.get(old).await, 400);
    assert_eq!(lenient.get(old).await.0, 200);
    let other = "/policies/authenticationStrengthPolicies?$top=20";
    assert_eq!(strict.get(other).await.0, 200, "not seen to be refused");
}

#[tokio::test]
async fn newer_members_of_enums_are_told_to_who_asks() {
    let sandbox = Sandbox::new().await;
    let strengths = "/policies/authenticationStrengthPolicies";
    let body = json!({"displayName": "S", "allowedCombinations": ["fido2", "qrCodePin"]});
    let made = sandbox.made(strengths, body).await;
    assert_eq!(
        made["allowedCombinations"],
        json!(["fido2", "unknownFutureValue"])
    );
    let path = format!("{strengths}/{}", made["id"].as_str().unwrap());
    let asked = |path: &str| {
        let request = sandbox.request("GET", path);
        sandbox.send(request.header("Prefer", "odata.maxpagesize=5,include-unknown-enum-members"))
    };
    let whole = json!(["fido2", "qrCodePin"]);
    assert_eq!(asked(&path).await.1["allowedCombinations"], whole);
    assert_eq!(
        sandbox.got(&format!("/beta{path}")).await["allowedCombinations"],
        whole
    );
    assert_eq!(
        lenient().await.got(strengths).await["value"][0]["policyType"],
        "builtIn"
    );
    // Each item of a batch speaks for itself.
    let items = json!({"requests": [
        {"id": "1", "method": "GET", "url": path},
        {"id": "2", "method": "GET", "url": path, "headers": {"Prefer": "include-unknown-enum-members"}}]});
    let request = sandbox.request("POST", "/$batch").json(&items);
    let (_, answer) = sandbox
        .send(request.header("Prefer", "include-unknown-enum-members"))
        .await;
    let shown = |n: usize| answer["responses"][n]["body"]["allowedCombinations"][1].clone();
    assert_eq!(
        (shown(0), shown(1)),
        (json!("unknownFutureValue"), json!("qrCodePin"))
    );
}

#[tokio::test]
async fn service_principals_are_members_on_beta_alone() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.id("groups", "displayName eq 'Sales'").await;
    let principal = sandbox
        .id("servicePrincipals", "displayName eq 'Contoso Expenses'")
        .await;
    let link = format!("https://graph.microsoft.com/v1.0/directoryObjects/{principal}");
    let add = format!("/groups/{group}/members/$ref");
    assert_eq!(sandbox.post(&add, json!({"@odata.id": link})).await.0, 204);
    for list in ["members", "transitiveMembers"] {
        let holds = |root: &'static str| {
            let (path, id) = (format!("{root}/groups/{group}/{list}"), principal.clone());
            let sandbox = &sandbox;
            async move {
                let found = sandbox.got(&path).await;
                let items = found["value"].as_array().unwrap();
                items.iter().any(|item| item["id"] == id.as_str())
            }
        };
        assert_eq!(
            (holds("").await, holds("/beta").await),
            (false, true),
            "{list}"
        );
    }
}

#[tokio::test]
async fn every_group_comes_back_from_the_bin_with_its_members() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.id("groups", "displayName eq 'Sales'").await;
    let members = sandbox.got(&format!("/groups/{group}/members")).await;
    assert_eq!(sandbox.delete(&format!("/groups/{group}")).await.0, 204);
    refused(sandbox.get(&format!("/groups/{group}")).await, 404);
    let bin = format!("/directory/deletedItems/{group}");
    assert!(sandbox.got(&bin).await["deletedDateTime"].is_string());
    assert_eq!(
        sandbox.post(&format!("{bin}/restore"), json!({})).await.0,
        200
    );
    assert_eq!(
        sandbox.got(&format!("/groups/{group}/members")).await,
        members
    );
}

#[tokio::test]
async fn a_decision_about_a_deleted_user_is_refused_whole() {
    let sandbox = Sandbox::new().await;
    let (adele, alex) = (
        sandbox.got(&format!("/users/{ADELE}")).await["id"].clone(),
        sandbox.got("/users/AlexW@contoso.com").await["id"].clone(),
    );
    let both = json!({ "userIds": [adele, alex] });
    let confirm = format!("{RISKY}/confirmCompromised");
    assert_eq!(sandbox.post(&confirm, both.clone()).await.0, 204);
    assert_eq!(sandbox.delete(&format!("/users/{ADELE}")).await.0, 204);
    let dismiss = format!("{RISKY}/dismiss");
    refused(sandbox.post(&dismiss, both).await, 400);
    let alex = alex.as_str().unwrap();
    let now = sandbox.got(&format!("{RISKY}/{alex}")).await;
    assert_eq!(now["riskState"], "confirmedCompromised");
}

#[tokio::test]
async fn a_tenant_without_a_licence_says_so() {
    let with = |licence| {
        Sandbox::with(Options {
            licence,
            ..Options::default()
        })
    };
    let free = with(Licence::Free).await;
    for path in [POLICIES, RISKY, "/identityProtection/riskDetections"] {
        let message = refused(free.get(path).await, 403);
        assert!(message.contains("not licensed"), "{message}");
    }
    assert_eq!(free.got("/subscribedSkus").await["value"], json!([]));
    assert_eq!(free.get("/users").await.0, 200);
    let p1 = with(Licence::P1).await;
    assert_eq!(p1.get("/identityProtection/riskDetections").await.0, 200);
    refused(p1.get(RISKY).await, 403);
    let risky = policy(json!({"conditions": {"signInRiskLevels": ["high"],
        "applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}}}));
    refused(p1.post(POLICIES, risky).await, 403);
    p1.made(POLICIES, policy(json!({}))).await;
}

#[tokio::test]
async fn other_clouds_lack_what_their_schemas_lack() {
    let with = |cloud| {
        Sandbox::with(Options {
            cloud,
            ..Options::default()
        })
    };
    let (china, government) = (with(Cloud::China).await, with(Cloud::UsGov).await);
    for cloud in [&china, &government] {
        let message = refused(cloud.get(&format!("/beta{BIN}")).await, 400);
        assert!(message.contains("segment 'deletedItems'"), "{message}");
    }
    refused(china.get(RISKY).await, 400);
    assert_eq!(government.get(RISKY).await.0, 200);
    let conditions = |levels: Value| {
        policy(json!({"conditions": {"signInRiskLevels": levels,
            "applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}}}))
    };
    let message = refused(china.post(POLICIES, conditions(json!([]))).await, 400);
    assert!(
        message.starts_with("1007"),
        "the name itself is not known: {message}"
    );
    government.made(POLICIES, conditions(json!(["high"]))).await;
    let made = china.made(POLICIES, policy(json!({}))).await;
    assert!(made["conditions"].get("signInRiskLevels").is_none());
    assert!(
        made["grantControls"]
            .get("authenticationStrength")
            .is_none()
    );
    let qr = json!({"displayName": "S", "allowedCombinations": ["qrCodePin"]});
    let strengths = "/policies/authenticationStrengthPolicies";
    refused(government.post(strengths, qr.clone()).await, 400);
    china.made(strengths, qr).await;
}
