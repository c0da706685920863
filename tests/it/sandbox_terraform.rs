//! What Terraform's providers ask of the sandbox, over HTTP.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::sandbox::{ADELE, Sandbox, refused};

const POLICIES: &str = "/identity/conditionalAccess/policies";

#[tokio::test]
async fn the_cloud_s_endpoints_are_all_here() {
    let sandbox = Sandbox::new().await;
    let base = sandbox.running.url();
    let url = format!("{base}/metadata/endpoints?api-version=2022-09-01");
    let found: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    for place in [
        "/authentication/loginEndpoint",
        "/microsoftGraphResourceId",
        "/resourceManager",
    ] {
        assert_eq!(found.pointer(place), Some(&json!(base)), "{place}");
    }
    assert_eq!(found["authentication"]["identityProvider"], "AAD");
    assert!(found["name"].is_string() && found["suffixes"]["storage"].is_string());
}

#[tokio::test]
async fn who_signs_in_has_a_service_principal_and_can_own_groups() {
    let sandbox = Sandbox::new().await;
    let client_id = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    let base = sandbox.running.url();
    let body = format!(
        "grant_type=client_credentials&client_id={client_id}&client_secret=s&scope={base}/.default"
    );
    let sign_in = || async {
        let request = sandbox
            .client
            .post(format!("{base}/contoso.com/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.clone());
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let claims = token.split('.').nth(1).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        claims["oid"].as_str().unwrap().to_owned()
    };
    let object = sign_in().await;
    assert_eq!(sign_in().await, object, "it is made once");
    let found = sandbox.got(&format!("/servicePrincipals/{object}")).await;
    assert_eq!(found["appId"], client_id);
    let owner = format!("https://graph.microsoft.com/v1.0/directoryObjects/{object}");
    let group = sandbox
        .made(
            "/groups",
            json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g",
            "securityEnabled": true, "owners@odata.bind": [owner]}),
        )
        .await;
    let owners = format!("/groups/{}/owners", group["id"].as_str().unwrap());
    assert_eq!(
        sandbox.got(&owners).await["value"][0]["id"],
        object.as_str()
    );
}

#[tokio::test]
async fn a_user_has_a_manager() {
    let sandbox = Sandbox::new().await;
    let path = format!("/users/{ADELE}/manager");
    refused(sandbox.get(&path).await, 404);
    let nestor = sandbox.got("/users/NestorW@contoso.com").await["id"].clone();
    let link = format!(
        "https://graph.microsoft.com/v1.0/users/{}",
        nestor.as_str().unwrap()
    );
    let put = sandbox
        .with_body("PUT", &format!("{path}/$ref"), json!({"@odata.id": link}))
        .await;
    assert_eq!(put.0, 204, "{}", put.1);
    let manager = sandbox.got(&path).await;
    assert_eq!(manager["id"], nestor);
    assert_eq!(manager["@odata.type"], "#microsoft.graph.user");
    assert_eq!(sandbox.delete(&format!("{path}/$ref")).await.0, 204);
    refused(sandbox.get(&path).await, 404);
}

#[tokio::test]
async fn all_external_tenants_need_no_type() {
    let sandbox = Sandbox::new().await;
    let policy = |tenants: Value| {
        json!({"displayName": "P", "state": "disabled",
            "conditions": {"applications": {"includeApplications": ["All"]}, "users":
                {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest", "externalTenants": tenants}}},
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
    };
    let made = sandbox
        .made(POLICIES, policy(json!({"membershipKind": "all"})))
        .await;
    assert_eq!(
        made["conditions"]["users"]["includeGuestsOrExternalUsers"]["externalTenants"],
        json!({"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"})
    );
    let some = json!({"membershipKind": "enumerated", "members": ["6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e"]});
    refused(sandbox.post(POLICIES, policy(some)).await, 400);
}

#[tokio::test]
async fn members_of_beta_can_be_selected() {
    let sandbox = Sandbox::new().await;
    let group = "/groups?$select=id,writebackConfiguration,onPremisesSyncEnabled";
    let principals = "/servicePrincipals?$select=id,samlMetadataUrl";
    for path in [group, principals] {
        assert_eq!(sandbox.get(&format!("/beta{path}")).await.0, 200, "{path}");
        refused(sandbox.get(path).await, 400);
    }
    refused(sandbox.get("/beta/groups?$select=nothing").await, 400);
}

#[tokio::test]
async fn roles_have_descriptions() {
    let sandbox = Sandbox::new().await;
    for path in [
        "/directoryRoleTemplates",
        "/directoryRoles",
        "/roleManagement/directory/roleDefinitions",
        "/identity/conditionalAccess/templates",
    ] {
        let found = sandbox.got(path).await;
        for item in found["value"].as_array().unwrap() {
            let text = item["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{path}: {item}");
        }
    }
}

#[tokio::test]
async fn applications_are_registered_and_get_service_principals() {
    let sandbox = Sandbox::new().await;
    refused(sandbox.post("/applications", json!({})).await, 400);
    refused(
        sandbox
            .post("/applications", json!({"displayName": "A", "nothing": 1}))
            .await,
        400,
    );
    let body = json!({"displayName": "A", "web": {"redirectUris": ["https://a.contoso.com"]}});
    let made = sandbox.made("/applications", body).await;
    let (id, app_id) = (
        made["id"].as_str().unwrap(),
        made["appId"].as_str().unwrap(),
    );
    assert_ne!(id, app_id);
    let path = format!("/applications/{id}");
    assert_eq!(sandbox.got(&path).await["tags"], json!([]));
    let by_app_id = format!("/applications(appId='{app_id}')");
    assert_eq!(sandbox.got(&by_app_id).await["id"], id);
    assert_eq!(sandbox.patch(&path, json!({"notes": "x"})).await.0, 204);
    assert_eq!(sandbox.got(&path).await["notes"], "x");
    let listed = sandbox
        .got("/applications?$filter=displayName eq 'A'")
        .await;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    let principal = sandbox
        .made("/servicePrincipals", json!({ "appId": app_id }))
        .await;
    assert_eq!(principal["displayName"], "A");
    refused(
        sandbox
            .post("/servicePrincipals", json!({ "appId": app_id }))
            .await,
        400,
    );
    refused(
        sandbox
            .post("/servicePrincipals", json!({ "appId": id }))
            .await,
        400,
    );
    assert_eq!(sandbox.delete(&path).await.0, 204);
    refused(sandbox.get(&path).await, 404);
}
