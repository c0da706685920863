//! Users, groups and the rest of the sandbox's directory.

use gatewright::sandbox::{Options, StoreKind};
use serde_json::{Value, json};

use crate::sandbox::{ADELE, EXCHANGE, Sandbox, refused};

const NOBODY: &str = "4628e7df-dff3-407c-a08f-75f08c0806dc";

fn user(name: &str) -> Value {
    json!({"accountEnabled": true, "displayName": name, "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}})
}

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true})
}

fn link(id: &Value) -> Value {
    json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", id.as_str().unwrap())})
}

#[tokio::test]
async fn users_are_made_by_graphs_rules() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let options = Options {
        store: StoreKind::File(file.clone()),
        ..Options::default()
    };
    let sandbox = Sandbox::with(options).await;
    let but = |name: &str, value: Value| {
        let mut body = user("Tess");
        body[name] = value;
        body
    };
    for (wanted, body) in [
        ("passwordProfile", but("passwordProfile", Value::Null)),
        ("accountEnabled", but("accountEnabled", Value::Null)),
        (
            "Property userPrincipalName is invalid.",
            but("userPrincipalName", json!("tess@fabrikam.com")),
        ),
        (
            "Property userPrincipalName is invalid.",
            but("userPrincipalName", json!("tess")),
        ),
        (
            "password complexity",
            but("passwordProfile", json!({"password": "short1A"})),
        ),
        (
            "password complexity",
            but("passwordProfile", json!({"password": "alllowercase"})),
        ),
        ("shoeSize", but("shoeSize", json!(42))),
        ("displayName", but("displayName", json!(7))),
    ] {
        let answer = sandbox.post("/users", body).await;
        assert_eq!(answer.1["error"]["code"], "Request_BadRequest");
        let message = refused(answer, 400);
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    let mut body = user("Tess");
    body["employeeType"] = json!("GatewrightTestUser");
    let made = sandbox.made("/users", body.clone()).await;
    let answer = sandbox.post("/users", body).await;
    assert_eq!(answer.1["error"]["details"][0]["code"], "ObjectConflict");
    let message = refused(answer, 400);
    assert_eq!(
        message,
        "Another object with the same value for property userPrincipalName already exists."
    );

    let at = format!("/users/{}", made["id"].as_str().unwrap());
    let some = sandbox
        .got(&format!(
            "{at}?$select=employeeType,accountEnabled,passwordProfile,proxyAddresses"
        ))
        .await;
    assert_eq!(some["employeeType"], "GatewrightTestUser");
    assert_eq!(some["passwordProfile"], Value::Null);
    assert_eq!(some["proxyAddresses"], json!([]));
    assert!(some.get("displayName").is_none());
    refused(sandbox.get(&format!("{at}?$select=shoeSize")).await, 400);
    assert_eq!(
        sandbox
            .patch("/users/tess@CONTOSO.com", json!({"displayName": "Tess T"}))
            .await
            .0,
        204
    );
    assert_eq!(sandbox.got(&at).await["displayName"], "Tess T");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("xWwvJ]6NMw") && text.contains("lastPasswordChangeDateTime"));

    // The recycle bin: the name is free at once, and comes back with the user.
    assert_eq!(sandbox.delete(&at).await.0, 204);
    let answer = sandbox.get(&at).await;
    assert_eq!(answer.1["error"]["code"], "Request_ResourceNotFound");
    refused(answer, 404);
    let bin = sandbox
        .got("/directory/deletedItems/microsoft.graph.user")
        .await;
    assert_eq!(bin["value"][0]["id"], made["id"]);
    let again = sandbox.made("/users", user("Tess")).await;
    let item = format!("/directory/deletedItems/{}", made["id"].as_str().unwrap());
    refused(
        sandbox.post(&format!("{item}/restore"), json!({})).await,
        400,
    );
    let second = format!("/users/{}", again["id"].as_str().unwrap());
    assert_eq!(sandbox.delete(&second).await.0, 204);
    let (status, back) = sandbox.post(&format!("{item}/restore"), json!({})).await;
    assert_eq!(
        (status, &back["userPrincipalName"]),
        (200, &json!("Tess@contoso.com"))
    );
    assert_eq!(sandbox.delete(&at).await.0, 204);
    assert_eq!(sandbox.delete(&item).await.0, 204);
    refused(sandbox.delete(&item).await, 404);
}

#[tokio::test]
async fn groups_and_their_members() {
    let sandbox = Sandbox::new().await;
    let adele = sandbox.got(&format!("/users/{ADELE}")).await["id"].clone();
    let sales = sandbox.id("groups", "displayName eq 'Sales'").await;
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        let mut body = group("G");
        body.as_object_mut().unwrap().remove(name);
        assert!(refused(sandbox.post("/groups", body).await, 400).contains(name));
    }
    let mut body = group("G");
    body["members@odata.bind"] = json!([
        link(&adele)["@odata.id"],
        format!("http://x/v1.0/groups/{sales}")
    ]);
    let made = sandbox.made("/groups", body).await;
    let at = format!("/groups/{}", made["id"].as_str().unwrap());
    let members = sandbox.got(&format!("{at}/members")).await;
    assert_eq!(members["value"][0]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(members["value"][1]["id"], json!(sales));
    // A cast is an advanced query.
    let cast = format!("{at}/transitiveMembers/microsoft.graph.user?$select=id");
    let (status, told) = sandbox.get(&cast).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (400, &json!("Request_UnsupportedQuery"))
    );
    let advanced = sandbox
        .request("GET", &format!("{cast}&$count=true"))
        .header("ConsistencyLevel", "eventual");
    let (_, all) = sandbox.send(advanced).await;
    assert_eq!(
        all["value"].as_array().unwrap().len(),
        2,
        "Adele once, and Isaiah through Sales: {all}"
    );
    let of = sandbox.got(&format!("/users/{ADELE}/memberOf")).await;
    assert!(
        of["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|g| g["id"] == made["id"])
    );

    let refs = format!("{at}/members/$ref");
    let message = refused(sandbox.post(&refs, link(&adele)).await, 400);
    assert_eq!(
        message,
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    refused(sandbox.post(&refs, link(&json!(NOBODY))).await, 404);
    let one = format!("{at}/members/{}/$ref", adele.as_str().unwrap());
    assert_eq!(sandbox.delete(&one).await.0, 204);
    refused(sandbox.delete(&one).await, 404);
    assert_eq!(sandbox.post(&refs, link(&adele)).await, (204, Value::Null));

    // Up to 20 at once, all or nothing.
    let megan = sandbox.got("/users/MeganB@contoso.com").await["id"].clone();
    let bind = |ids: &[&Value]| {
        let links: Vec<Value> = ids.iter().map(|id| link(id)["@odata.id"].clone()).collect();
        json!({"members@odata.bind": links})
    };
    refused(
        sandbox.patch(&at, bind(&[&megan, &json!(NOBODY)])).await,
        404,
    );
    let count = |body: Value| body["value"].as_array().unwrap().len();
    assert_eq!(count(sandbox.got(&format!("{at}/members")).await), 2);
    assert_eq!(sandbox.patch(&at, bind(&[&megan])).await.0, 204);
    assert_eq!(count(sandbox.got(&format!("{at}/members")).await), 3);
    refused(sandbox.patch(&at, bind(&[&megan; 21])).await, 400);

    // A deleted user is no member, a restored one is again.
    let megan = megan.as_str().unwrap();
    assert_eq!(sandbox.delete(&format!("/users/{megan}")).await.0, 204);
    assert_eq!(count(sandbox.got(&format!("{at}/members")).await), 2);
    assert_eq!(
        sandbox
            .post(
                &format!("/directory/deletedItems/{megan}/restore"),
                json!({})
            )
            .await
            .0,
        200
    );
    assert_eq!(count(sandbox.got(&format!("{at}/members")).await), 3);

    refused(
        sandbox
            .patch(&at, json!({"isAssignableToRole": true}))
            .await,
        400,
    );
    assert_eq!(
        sandbox.patch(&at, json!({"displayName": "G2"})).await.0,
        204
    );
    let mut dynamic = group("D");
    dynamic["groupTypes"] = json!(["DynamicMembership"]);
    refused(sandbox.post("/groups", dynamic.clone()).await, 400);
    dynamic["membershipRule"] = json!("user.department -eq \"x\"");
    let dynamic = sandbox.made("/groups", dynamic).await;
    let refs = format!("/groups/{}/members/$ref", dynamic["id"].as_str().unwrap());
    refused(sandbox.post(&refs, link(&adele)).await, 400);
    assert_eq!(sandbox.delete(&at).await.0, 204);
    refused(sandbox.get(&at).await, 404);
    let unified = sandbox
        .got("/groups?$filter=groupTypes/any(c:c eq 'Unified')")
        .await;
    assert_eq!(count(unified), 2);
}

#[tokio::test]
async fn objects_by_id_service_principals_roles_and_the_organization() {
    let sandbox = Sandbox::new().await;
    let sales = sandbox.id("groups", "displayName eq 'Sales'").await;
    let adele = sandbox.got(&format!("/users/{ADELE}")).await["id"].clone();
    let found = sandbox
        .post(
            "/directoryObjects/getByIds",
            json!({"ids": [sales, NOBODY, adele]}),
        )
        .await;
    assert_eq!(found.0, 200);
    let types: Vec<&Value> = found.1["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["@odata.type"])
        .collect();
    assert_eq!(types, ["#microsoft.graph.group", "#microsoft.graph.user"]);
    let (_, users) = sandbox
        .post(
            "/directoryObjects/microsoft.graph.getByIds",
            json!({"ids": [sales, adele], "types": ["user"]}),
        )
        .await;
    assert_eq!(users["value"].as_array().unwrap().len(), 1);
    let many: Vec<&str> = vec![NOBODY; 1001];
    refused(
        sandbox
            .post("/directoryObjects/getByIds", json!({"ids": many}))
            .await,
        400,
    );
    refused(
        sandbox
            .post("/directoryObjects/getByIds", json!({"ids": ["x"]}))
            .await,
        400,
    );

    let by_app = sandbox
        .got(&format!("/servicePrincipals(appId='{EXCHANGE}')"))
        .await;
    assert_eq!(by_app["displayName"], "Office 365 Exchange Online");
    let by_id = sandbox
        .got(&format!(
            "/servicePrincipals/{}",
            by_app["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(by_id["appId"], EXCHANGE);
    let role = sandbox.got("/roleManagement/directory/roleDefinitions?$filter=displayName eq 'Global Administrator'").await;
    assert_eq!(
        role["value"][0]["templateId"],
        "62e90394-69f5-4237-9190-012177145e10"
    );
    refused(sandbox.get("/directoryRoleTemplates?$top=5").await, 400);
    assert!(
        sandbox.got("/directoryRoleTemplates").await["value"]
            .as_array()
            .unwrap()
            .len()
            > 80
    );
    let organization = sandbox.got("/organization").await["value"][0].clone();
    assert_eq!(organization["verifiedDomains"][0]["name"], "contoso.com");
    assert_eq!(sandbox.got("/domains/contoso.com").await["isDefault"], true);
    let terms = sandbox
        .got("/identityGovernance/termsOfUse/agreements")
        .await;
    assert_eq!(terms["value"][0]["displayName"], "Contoso Terms of Use");
    assert_eq!(
        sandbox
            .id("groups", "startswith(displayName,'ca-p')")
            .await
            .len(),
        36
    );
}
