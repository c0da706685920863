//! `risk detections`, `risk users`, `risk history`.

use super::*;

#[tokio::test]
async fn detections_are_shown_to_people_spreadsheets_and_programs() {
    let project = project(&[
        ("AdeleV@contoso.com", "medium"),
        ("AlexW@contoso.com", "high"),
    ])
    .await;
    insta::assert_snapshot!(
        "detections",
        redacted(&project.run(&["risk", "detections"]))
    );
    let csv = project.run(&["risk", "detections", "--user", "adelev", "--format", "csv"]);
    insta::assert_snapshot!("detections-csv", redacted(&csv));
    assert_eq!(csv.stdout.matches("\r\n").count(), 2);
    let found = json_of(&project.run(&["risk", "detections", "--format", "json"]));
    let list = found["detections"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    // The newest first.
    assert_eq!(list[0]["userPrincipalName"], "AlexW@contoso.com");
    assert_eq!(found["tenant"], "sandbox");
}

#[tokio::test]
async fn each_filter_narrows_the_list_and_the_service_does_it() {
    let project = project(&[
        ("AdeleV@contoso.com", "low"),
        ("AdeleV@contoso.com", "medium"),
        ("AlexW@contoso.com", "high"),
    ])
    .await;
    let count = |arguments: &[&str]| {
        let mut all = vec!["risk"];
        all.extend(arguments);
        all.extend(["--format", "json"]);
        let ran = project.run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let found = json_of(&ran);
        found["detections"]
            .as_array()
            .or(found["users"].as_array())
            .unwrap()
            .len()
    };
    for (arguments, expected) in [
        (&["detections"][..], 3),
        (&["detections", "--user", "AdeleV@contoso.com"], 2),
        (&["detections", "--user", "Adele Vance"], 2),
        (&["detections", "--user", ADELE], 2),
        (&["detections", "--level", "low,high"], 2),
        (&["detections", "--level", "low", "--level", "high"], 2),
        (&["detections", "--state", "remediated"], 0),
        (&["detections", "--type", "anonymizedIPAddress"], 3),
        (&["detections", "--type", "leakedCredentials"], 0),
        (&["detections", "--since", "1h"], 3),
        (&["detections", "--since", "2100-01-01"], 0),
        (&["users"], 2),
        (&["users", "--level", "high"], 1),
        (&["users", "--state", "atRisk,dismissed"], 2),
        (&["users", "--user", "alexw", "--level", "low"], 0),
        (&["users", "--since", "24h"], 2),
        // A user without any risk is a user all the same.
        (&["users", "--user", "LeeG@contoso.com"], 0),
    ] {
        assert_eq!(count(arguments), expected, "{arguments:?}");
    }
    let log = project.run(&[
        "-v", "risk", "users", "--level", "high", "--state", "atRisk",
    ]);
    let asked = "riskyUsers?$filter=riskLevel%20eq%20%27high%27%20and%20riskState%20eq%20%27atRisk%27&$top=500";
    assert!(log.stderr.contains(asked), "{}", log.stderr);
}

#[tokio::test]
async fn users_and_their_history_are_shown() {
    let project = project(&[
        ("AdeleV@contoso.com", "low"),
        ("AdeleV@contoso.com", "high"),
    ])
    .await;
    insta::assert_snapshot!("users", redacted(&project.run(&["risk", "users"])));
    let history = project.run(&["risk", "history", "Adele Vance"]);
    insta::assert_snapshot!("history", redacted(&history));
    let none = project.run(&["risk", "history", "LeeG@contoso.com"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    assert_eq!(none.stderr, "No change of risk.\n");
    let quiet = project.run(&["risk", "users", "--user", "leeg", "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[tokio::test]
async fn a_name_means_one_user_or_is_refused() {
    let project = Project::new();
    let sandbox = project.sandbox().await;
    made_user(&sandbox, "Pat O'Neil", "pat@contoso.com").await;
    let twin = made_user(&sandbox, "Alex Wilber", "alex2@contoso.com").await;
    sign_in(
        &sandbox,
        &[("pat@contoso.com", "low"), ("alex2@contoso.com", "high")],
    );
    sandbox.running.stop().await;
    let ran = project.run(&["risk", "detections", "--user", "Pat O'Neil"]);
    assert!(ran.stdout.contains("pat@contoso.com"), "{}", ran.snapshot());
    let both = project.run(&["risk", "detections", "--user", "Alex Wilber"]);
    insta::assert_snapshot!("ambiguous", redacted(&both));
    assert!(both.stderr.contains(&twin));
    let typo = project.run(&["risk", "users", "--user", "Pat ONeill"]);
    insta::assert_snapshot!("unknown", redacted(&typo));
    let empty = project.run(&["risk", "history", " "]);
    assert_eq!(empty.code, Some(1));

    // A deleted user is still known to identity protection.
    let sandbox = project.sandbox().await;
    let path = format!("/users/{twin}");
    assert_eq!(sandbox.delete(&path).await.0, 204);
    sandbox.running.stop().await;
    let gone = project.run(&["risk", "users", "--user", "alex2@contoso.com"]);
    assert!(gone.stdout.contains("deleted"), "{}", gone.snapshot());
}

#[test]
fn what_is_typed_wrong_is_answered_before_anything_is_asked() {
    let project = Project::new();
    for arguments in [
        &["risk", "detections", "--since", "15"][..],
        &["risk", "detections", "--since", "soon"],
        &["risk", "users", "--level", "severe"],
        &["risk", "users", "--state", "at-risk"],
        &["plan", "--format", "csv"],
        &["risk"],
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
        assert_eq!(ran.stdout, "");
    }
    let since = project.run(&["risk", "detections", "--since", "15"]);
    insta::assert_snapshot!("since", since.snapshot());
    let csv = project.run(&["plan", "--format", "csv"]);
    insta::assert_snapshot!("csv-elsewhere", csv.snapshot());
}

#[test]
fn a_cloud_without_identity_protection_is_told_before_anything_is_asked() {
    let config = "version: 1\nmanifests: [policies]\ntenants:\n  cn:\n    \
        tenantId: 11111111-2222-3333-4444-555555555555\n    cloud: china\n";
    let project = Project::empty().file("gatewright.yaml", config);
    let ran = project.run(&["risk", "users"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("the China cloud has no identity protection"),
        "{}",
        ran.snapshot()
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let commands = [
        &["risk", "detections"][..],
        &["risk", "users"],
        &["risk", "history", "adelev"],
        &["risk", "dismiss", "AdeleV@contoso.com", "--yes"],
    ];
    let ran = with_permissions(&["User.Read.All"], &commands).await;
    let users = "IdentityRiskyUser.Read.All";
    let missing = ["IdentityRiskEvent.Read.All", users, users, users];
    for (ran, permission) in ran.iter().zip(missing) {
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let told = format!("error[missing-permission]: the permission `{permission}` is missing");
        assert!(ran.stderr.contains(&told), "{}", ran.snapshot());
    }
    let ran = with_permissions(&["User.Read.All", users], &commands[3..]).await;
    assert_eq!(ran[0].code, Some(1), "{}", ran[0].snapshot());
    // Each refusal is told once, with the permission and where to look.
    let all = ran[0].snapshot();
    assert!(
        all.contains("it is not known why they are at risk"),
        "{all}"
    );
    for permission in [
        "IdentityRiskEvent.Read.All",
        "IdentityRiskyUser.ReadWrite.All",
    ] {
        let told = format!("the permission `{permission}` is missing");
        assert_eq!(all.matches(&told).count(), 1, "{all}");
    }
    assert_eq!(all.matches("gatewright auth whoami").count(), 2, "{all}");
}

/// A display name could be another user's too.
#[tokio::test]
async fn without_the_directory_a_decision_needs_a_principal_name() {
    let granted = [
        "IdentityRiskyUser.ReadWrite.All",
        "IdentityRiskEvent.Read.All",
    ];
    let ran = with_permissions(
        &granted,
        &[
            &["risk", "users", "--user", "Adele Vance"],
            &["risk", "dismiss", "Adele Vance", "--yes"],
            &["risk", "dismiss", "LeeG@contoso.com", "--yes"],
            &["risk", "dismiss", "AdeleV@contoso.com", "--yes"],
        ],
    )
    .await;
    let codes: Vec<Option<i32>> = ran.iter().map(|r| r.code).collect();
    assert_eq!(codes, [Some(0), Some(1), Some(1), Some(0)], "{ran:#?}");
    assert!(ran[1].stderr.contains("`User.Read.All` is missing"));
    assert!(ran[2].stderr.contains("User.Read.All"));
}

/// Runs commands on a tenant where Adele is at risk, with a token that may do this alone.
async fn with_permissions(granted: &[&str], commands: &[&[&'static str]]) -> Vec<Ran> {
    let sandbox = Sandbox::with(gatewright::sandbox::Options {
        granted: Some(granted.iter().map(|g| (*g).to_owned()).collect()),
        ..Default::default()
    })
    .await;
    sign_in(&sandbox, &[("AdeleV@contoso.com", "medium")]);
    let tenant = sandbox.running.tenant()["tenantId"]
        .as_str()
        .unwrap()
        .to_owned();
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  lab:\n    tenantId: {tenant}\n    \
         graphEndpoint: {}\n    auth: {{ method: accessToken, env: GRAPH_TOKEN }}\n",
        sandbox.running.url()
    );
    let commands: Vec<Vec<&'static str>> = commands.iter().map(|c| c.to_vec()).collect();
    // The sandbox answers from this process.
    tokio::task::spawn_blocking(move || {
        let project = Project::empty()
            .file("gatewright.yaml", config)
            .env("GRAPH_TOKEN", &token(&tenant));
        commands.iter().map(|c| project.run(c)).collect()
    })
    .await
    .unwrap()
}

/// A token that names its tenant, and nothing that it may do.
fn token(tenant: &str) -> String {
    use base64::Engine;
    let part =
        |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.x",
        part(json!({"alg": "none"})),
        part(json!({ "tid": tenant }))
    )
}
