//! What holds for every request to the sandbox: sign-in, errors, headers, metadata, query
//! options, paging, batches, the tenant file.

use gatewright::sandbox::{Options, SandboxError, StoreKind, reset, start};
use serde_json::{Value, json};

use crate::sandbox::{ADELE, Sandbox, refused};

const POLICIES: &str = "/identity/conditionalAccess/policies";

#[tokio::test]
async fn a_bearer_token_is_needed_and_a_set_one_must_match() {
    let sandbox = Sandbox::with(Options {
        token: Some("secret".into()),
        ..Options::default()
    })
    .await;
    let url = format!("{}/v1.0/users", sandbox.running.url());
    let client = reqwest::Client::new();
    for request in [
        client.get(&url),
        client.get(&url).bearer_auth("other"),
        client.get(&url).basic_auth("a", Some("b")),
    ] {
        let answer = sandbox.send(request).await;
        assert_eq!(answer.1["error"]["code"], "InvalidAuthenticationToken");
        refused(answer, 401);
    }
    assert_eq!(
        sandbox.send(client.get(&url).bearer_auth("secret")).await.0,
        200
    );
}

#[tokio::test]
async fn errors_and_headers_have_graphs_shape() {
    let sandbox = Sandbox::new().await;
    let id = "f1a2b3c4-0000-4000-8000-000000000001";
    let answer = sandbox
        .request("GET", &format!("{POLICIES}/x"))
        .header("client-request-id", id)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["client-request-id"], id);
    assert!(answer.headers().contains_key("request-id") && answer.headers().contains_key("date"));
    let request_id = answer.headers()["request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    let inner = &body["error"]["innerError"];
    assert_eq!(
        (
            inner["client-request-id"].as_str(),
            inner["request-id"].as_str()
        ),
        (Some(id), Some(&*request_id))
    );
    assert_eq!(
        inner["date"].as_str().unwrap().len(),
        "2025-02-13T10:17:06".len()
    );

    assert_eq!(
        refused(sandbox.get("/unicorns").await, 400),
        "Resource not found for the segment 'unicorns'."
    );
    assert_eq!(
        refused(sandbox.get("/identity/unicorns").await, 400),
        "Resource not found for the segment 'unicorns'."
    );
    refused(
        sandbox
            .get(&format!("{}/v9/users", sandbox.running.url()))
            .await,
        400,
    );
    refused(sandbox.delete(POLICIES).await, 405);
    refused(sandbox.with_body("PUT", "/users", json!({})).await, 405);
    for bytes in [&b"{"[..], b"", b"\xff\xfe", b"nul"] {
        let request = sandbox.request("POST", POLICIES).body(bytes.to_vec());
        let message = refused(sandbox.send(request).await, 400);
        assert!(
            message.starts_with("Unable to read JSON request payload."),
            "{message}"
        );
    }
    let big = sandbox
        .request("POST", POLICIES)
        .body(vec![b' '; 4 * 1024 * 1024 + 1]);
    refused(sandbox.send(big).await, 413);
    // Fixed segments do not mind case, keys may stand in parentheses.
    assert_eq!(
        sandbox
            .get("/Identity/ConditionalAccess/NAMEDLOCATIONS")
            .await
            .0,
        200
    );
    assert_eq!(
        sandbox.got(&format!("/users('{ADELE}')")).await["displayName"],
        "Adele Vance"
    );
}

#[tokio::test]
async fn metadata_none_leaves_only_links_and_counts() {
    let sandbox = Sandbox::new().await;
    let users = "/users?$top=2&$count=true";
    let request = |level: &str| {
        sandbox
            .request("GET", users)
            .header("consistencylevel", "eventual")
            .header("accept", format!("application/json;odata.metadata={level}"))
    };
    let (_, none) = sandbox.send(request("none")).await;
    let names: Vec<&String> = none.as_object().unwrap().keys().collect();
    assert_eq!(names, ["@odata.count", "@odata.nextLink", "value"]);
    let (_, minimal) = sandbox.send(request("minimal")).await;
    assert_eq!(
        minimal["@odata.context"],
        "https://graph.microsoft.com/v1.0/$metadata#users"
    );
}

#[tokio::test]
async fn pages_follow_the_next_link_and_survive_a_change_between_them() {
    let sandbox = Sandbox::new().await;
    let all: Vec<Value> = sandbox.got("/users?$select=id").await["value"]
        .as_array()
        .unwrap()
        .clone();
    let mut seen: Vec<Value> = Vec::new();
    let mut next = Some("/users?$top=5&$select=id".to_owned());
    while let Some(path) = next {
        let page = sandbox.got(&path).await;
        seen.extend(page["value"].as_array().unwrap().clone());
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
        if seen.len() == 5 {
            let first = seen[0]["id"].as_str().unwrap();
            assert!(next.as_ref().unwrap().starts_with(&sandbox.running.url()));
            assert_eq!(sandbox.delete(&format!("/users/{first}")).await.0, 204);
        }
    }
    assert_eq!(seen, all);
    for top in ["0", "1000", "x", "-1"] {
        refused(sandbox.get(&format!("/users?$top={top}")).await, 400);
    }
    refused(sandbox.get("/users?$skiptoken=zz").await, 400);

    let path = "/identity/conditionalAccess/namedLocations";
    let mut ids = Vec::new();
    for n in 0..3 {
        let location = json!({"@odata.type": "#microsoft.graph.countryNamedLocation",
            "displayName": format!("{}", 9 - n), "countriesAndRegions": ["DE"]});
        ids.push(sandbox.made(path, location).await["id"].clone());
    }
    let page = sandbox
        .got(&format!(
            "{path}?$top=1&$skip=1&$orderby=displayName&$count=true"
        ))
        .await;
    assert_eq!(
        (&page["value"][0]["id"], &page["@odata.count"]),
        (&ids[1], &json!(3))
    );
    let page = sandbox.got(page["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(page["value"][0]["id"], ids[0]);
    assert!(page.get("@odata.nextLink").is_none() && page.get("@odata.count").is_none());
}

#[tokio::test]
async fn filters_of_the_directory_have_its_limits() {
    let sandbox = Sandbox::new().await;
    let found = sandbox
        .got("/groups?$filter=displayName in ('sales','FINANCE','none')&$select=displayName")
        .await;
    assert_eq!(
        found["value"],
        json!([{"displayName": "Sales"}, {"displayName": "Finance"}])
    );
    let names = |n: usize| {
        (0..n)
            .map(|i| format!("'g{i}'"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(
        sandbox
            .get(&format!("/groups?$filter=displayName in ({})", names(15)))
            .await
            .0,
        200
    );
    let message = refused(
        sandbox
            .get(&format!("/groups?$filter=displayName in ({})", names(16)))
            .await,
        400,
    );
    assert_eq!(
        message,
        "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15."
    );
    for query in [
        "$filter=displayName ne 'x'",
        "$filter=not(startswith(displayName,'S'))",
        "$filter=endswith(mail,'x')",
        "$search=\"displayName:sales\"",
    ] {
        let answer = sandbox.get(&format!("/groups?{query}")).await;
        assert_eq!(
            answer.1["error"]["code"], "Request_UnsupportedQuery",
            "{query}"
        );
        let eventual = sandbox
            .request("GET", &format!("/groups?{query}&$count=true"))
            .header("ConsistencyLevel", "eventual");
        assert_eq!(sandbox.send(eventual).await.0, 200, "{query}");
    }
    // A count without the header is passed over.
    let counted = sandbox.got("/groups?$count=true").await;
    assert!(counted.get("@odata.count").is_none(), "{counted}");
    for wrong in [
        "$filter=displayNam eq 'x'",
        "$filter=displayName eq",
        "$filter=displayName eq true",
        "$expand=members",
        "$select=nap",
    ] {
        refused(sandbox.get(&format!("/groups?{wrong}")).await, 400);
    }
    // Some collections take few options.
    let contexts = "/identity/conditionalAccess/authenticationContextClassReferences";
    refused(sandbox.get(&format!("{contexts}?$top=1")).await, 400);
    assert_eq!(
        sandbox
            .get(&format!("{contexts}?$filter=id eq 'c1'"))
            .await
            .0,
        200
    );
    let terms = "/identityGovernance/termsOfUse/agreements";
    refused(sandbox.get(&format!("{terms}?$select=id")).await, 400);
    // The Conditional Access service has its own filters, and compares exactly.
    let body = json!({"displayName": "P", "state": "disabled",
        "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    sandbox.made(POLICIES, body).await;
    for (filter, count) in [
        ("displayName eq 'P'", 1),
        ("displayName eq 'p'", 0),
        ("contains(displayName,'P') and not(state eq 'enabled')", 1),
        ("state ne 'disabled' or id eq null", 0),
    ] {
        let found = sandbox.got(&format!("{POLICIES}?$filter={filter}")).await;
        assert_eq!(found["value"].as_array().unwrap().len(), count, "{filter}");
    }
}

#[tokio::test]
async fn batches_run_in_order_and_a_failure_fails_what_depends_on_it() {
    let sandbox = Sandbox::new().await;
    let context = "/identity/conditionalAccess/authenticationContextClassReferences";
    let json_header = json!({"Content-Type": "application/json"});
    let (status, body) = sandbox
        .post(
            "/$batch",
            json!({"requests": [
                {"id": "1", "method": "POST", "url": context, "headers": json_header, "body": {"id": "c1"}},
                {"id": "2", "method": "GET", "url": format!("{context}/c1"), "dependsOn": ["1"]},
                {"id": "3", "method": "GET", "url": "users/nobody@contoso.com"},
                {"id": "4", "method": "DELETE", "url": format!("{context}/c1"), "dependsOn": ["3"]},
                {"id": "5", "method": "GET", "url": format!("/users?$filter=userPrincipalName eq '{ADELE}'&$select=id")},
                {"id": "6", "method": "PATCH", "url": format!("{context}/c1"), "headers": json_header, "body": {}},
            ]}),
        )
        .await;
    assert_eq!(status, 200, "{body}");
    let responses = body["responses"].as_array().unwrap();
    let statuses: Vec<&Value> = responses.iter().map(|r| &r["status"]).collect();
    assert_eq!(statuses, [201, 200, 404, 424, 200, 204]);
    assert_eq!(responses[1]["body"]["id"], "c1");
    assert_eq!(responses[4]["body"]["value"].as_array().unwrap().len(), 1);
    assert!(
        responses[5].get("body").is_none() && responses[0]["headers"]["Content-Type"].is_string()
    );

    let records = sandbox.running.requests();
    assert_eq!(records.iter().filter(|r| r.in_batch).count(), 6);
    assert_eq!(
        records.last().map(|r| (r.target.as_str(), r.status)),
        Some(("/v1.0/$batch", 200))
    );

    let item = |id: &str| json!({"id": id, "method": "GET", "url": "/users"});
    let many: Vec<Value> = (0..21).map(|n| item(&n.to_string())).collect();
    for wrong in [
        json!({}),
        json!({"requests": many}),
        json!({"requests": [item("a"), item("A")]}),
        json!({"requests": [{"id": "1", "method": "POST", "url": "/users", "body": {}}]}),
        json!({"requests": [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["9"]}]}),
        json!({"requests": [{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/users"}]}),
        json!({"requests": [{"id": "1", "method": "GET", "url": "/$batch"}]}),
        json!({"requests": [{"method": "GET", "url": "/users"}]}),
    ] {
        refused(sandbox.post("/$batch", wrong).await, 400);
    }
}

#[tokio::test]
async fn the_tenant_lives_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let options = Options {
        store: StoreKind::File(file.clone()),
        ..Options::default()
    };
    let sandbox = Sandbox::with(options.clone()).await;
    sandbox.got("/users").await;
    assert!(!file.exists(), "reading writes nothing");
    sandbox
        .made(
            "/identity/conditionalAccess/authenticationContextClassReferences",
            json!({"id": "c7"}),
        )
        .await;
    let saved: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(saved, sandbox.running.tenant());
    sandbox.running.stop().await;

    let sandbox = Sandbox::with(options.clone()).await;
    assert_eq!(sandbox.running.tenant(), saved);
    sandbox.running.stop().await;
    reset(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("\"c7\""));
    std::fs::write(&file, text.replacen("\"version\": 3", "\"version\": 4", 1)).unwrap();
    assert!(matches!(
        start(options.clone()).await,
        Err(SandboxError::Newer { .. })
    ));
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert!(matches!(
        start(options).await,
        Err(SandboxError::Broken { .. })
    ));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_saved_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let file = home.join("tenant.json");
    reset(&file).unwrap();
    let options = Options {
        store: StoreKind::File(file.clone()),
        ..Options::default()
    };
    let sandbox = Sandbox::with(options).await;
    let contexts = "/identity/conditionalAccess/authenticationContextClassReferences";
    // The folder becomes a file: nothing can be written there any more.
    std::fs::rename(&home, folder.path().join("moved")).unwrap();
    std::fs::write(&home, "").unwrap();
    refused(sandbox.post(contexts, json!({"id": "c1"})).await, 503);
    std::fs::remove_file(&home).unwrap();
    std::fs::rename(folder.path().join("moved"), &home).unwrap();
    assert_eq!(sandbox.got(contexts).await["value"], json!([]));
}

/// A web page reaches any address of its reader's machine: under the page's own name
/// (`Host`, when that name leads here), or with the page's `Origin`.
#[tokio::test]
async fn a_foreign_host_or_origin_is_refused_unless_told() {
    let open = Sandbox::new().await;
    let told = Sandbox::with(Options {
        hosts: vec!["host.docker.internal".to_owned()],
        origins: vec!["http://localhost:3000".to_owned()],
        ..Options::default()
    })
    .await;
    let ask = async |sandbox: &Sandbox, path: &str, header: &str, value: &str| {
        let method = if path.starts_with("/_") {
            "POST"
        } else {
            "GET"
        };
        let url = format!("{}{path}", sandbox.running.url());
        let request = sandbox.request(method, &url).header(header, value);
        request.send().await.unwrap().status().as_u16()
    };
    let own = open.running.url();
    for path in ["/v1.0/users", "/_sandbox/reset"] {
        for (header, value) in [
            ("host", "evil.example:8080"),
            ("host", "localhost.evil.example"),
            ("host", "127.0.0.1.evil.example"),
            ("host", "10.0.0.1"),
            ("host", "a b"),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
        ] {
            assert_eq!(ask(&open, path, header, value).await, 403, "{value}");
        }
        for (header, value) in [
            ("host", "localhost:9"),
            ("host", "127.0.0.1"),
            ("host", "[::1]:8080"),
            ("origin", own.as_str()),
        ] {
            assert_ne!(ask(&open, path, header, value).await, 403, "{value}");
        }
        for (header, value) in [
            ("host", "HOST.docker.internal:8080"),
            ("origin", "http://localhost:3000"),
        ] {
            assert_ne!(ask(&told, path, header, value).await, 403, "{value}");
        }
    }
}
