//! The tenant's own answer: `evaluate` in the sandbox, the log of sign-ins, and `whatif` by the
//! policies of a tenant.

use gatewright::graph::Request;
use gatewright::graph::read::Reader;
use gatewright::model::cloud::ApiVersion;
use gatewright::model::facts::Edition;
use gatewright::sandbox::{Options, RiskySignIn};
use gatewright::tenant::names::read_names;
use gatewright::tenant::wanted::{Own, Wanted};
use gatewright::tenant::{evaluate, read, world};
use gatewright::whatif::{Environment, Satisfied, SignIn};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::common::Project;
use crate::sandbox::{ADELE, EXCHANGE, Sandbox, refused};
use crate::world::{World, run};

const EVALUATE: &str = "/identity/conditionalAccess/evaluate";
const POLICIES: &str = "/identity/conditionalAccess/policies";

fn policy(name: &str, conditions: Value) -> Value {
    let mut all = json!({"clientAppTypes": ["all"], "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]}});
    for (member, value) in conditions.as_object().unwrap() {
        all[member] = value.clone();
    }
    json!({"displayName": name, "state": "enabled", "conditions": all,
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
}

fn asked(user: &str, conditions: Value) -> Value {
    json!({
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user},
        "signInContext": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [EXCHANGE]},
        "signInConditions": conditions,
    })
}

async fn adele(sandbox: &Sandbox) -> String {
    let user = sandbox.got(&format!("/users/{ADELE}")).await;
    user["id"].as_str().unwrap().to_owned()
}

/// Name, whether it applies, and why not, of each policy.
fn told(answer: &Value) -> Vec<(String, bool, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = answer["value"].as_array().unwrap();
    let one = |policy: &Value| {
        let applies = policy["policyApplies"].as_bool().unwrap();
        (
            text(&policy["displayName"]),
            applies,
            text(&policy["analysisReasons"]),
        )
    };
    list.iter().map(one).collect()
}

#[tokio::test]
async fn what_is_left_out_does_not_match_and_the_first_condition_is_the_reason() {
    let sandbox = Sandbox::new().await;
    let user = adele(&sandbox).await;
    let place = sandbox
        .made(
            "/identity/conditionalAccess/namedLocations",
            json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office",
                "isTrusted": true, "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]}),
        )
        .await;
    let elsewhere = json!({"includeLocations": ["All"], "excludeLocations": [place["id"]]});
    for (name, conditions) in [
        ("everything", json!({})),
        (
            "risk",
            json!({"signInRiskLevels": ["high"], "platforms": {"includePlatforms": ["iOS"]}}),
        ),
        ("elsewhere", json!({"locations": elsewhere})),
        (
            "others",
            json!({"users": {"includeUsers": ["None"]}, "clientAppTypes": ["other"]}),
        ),
    ] {
        sandbox.made(POLICIES, policy(name, conditions)).await;
    }
    let mut off = policy("off", json!({}));
    off["state"] = json!("disabled");
    sandbox.made(POLICIES, off).await;

    for root in ["", "/beta"] {
        let path = format!("{root}{EVALUATE}");
        let (status, answer) = sandbox.post(&path, asked(&user, json!({}))).await;
        assert_eq!(status, 200, "{answer}");
        let context = answer["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("$metadata#Collection(microsoft.graph.whatIfAnalysisResult)"));
        let is = |name: &str, applies, reason: &str| (name.to_owned(), applies, reason.to_owned());
        assert_eq!(
            told(&answer),
            [
                is("everything", true, "notSet"),
                is("risk", false, "devicePlatform"),
                is("elsewhere", false, "location"),
                is("others", false, "users"),
            ]
        );
        // The object is the policy's own.
        assert_eq!(
            answer["value"][0]["grantControls"]["builtInControls"],
            json!(["mfa"])
        );
        let all = json!({"devicePlatform": "iOS", "signInRiskLevel": "high",
            "ipAddress": "198.51.100.7", "clientAppType": "browser", "country": "NL"});
        let mut body = asked(&user, all);
        body["appliedPoliciesOnly"] = json!(true);
        let (_, answer) = sandbox.post(&path, body).await;
        let names: Vec<String> = told(&answer).into_iter().map(|one| one.0).collect();
        assert_eq!(names, ["everything", "risk", "elsewhere"]);
    }
}

#[tokio::test]
async fn what_the_service_would_refuse_is_refused() {
    let sandbox = Sandbox::new().await;
    let user = adele(&sandbox).await;
    let good = asked(&user, json!({}));
    let with = |part: &str, value: Value| {
        let mut body = good.clone();
        body[part] = value;
        body
    };
    let nobody = "11111111-1111-1111-1111-111111111111";
    for (body, status, said) in [
        (json!({}), 400, "signInIdentity"),
        (
            with("signInConditions", Value::Null),
            400,
            "signInConditions",
        ),
        // The shape of the preview.
        (
            json!({"conditionalAccessWhatIfSubject": {"userId": user}, "conditionalAccessContext": {}, "conditionalAccessWhatIfConditions": {}}),
            400,
            "conditionalAccessWhatIfSubject",
        ),
        (
            with("signInIdentity", json!({"userId": user})),
            400,
            "@odata.type",
        ),
        (
            with(
                "signInIdentity",
                json!({"@odata.type": "#microsoft.graph.userSignIn"}),
            ),
            400,
            "userId",
        ),
        (
            with(
                "signInIdentity",
                json!({"@odata.type": "#microsoft.graph.userSignIn", "userId": nobody}),
            ),
            404,
            nobody,
        ),
        (
            with(
                "signInContext",
                json!({"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [nobody]}),
            ),
            400,
            "1034",
        ),
        (
            with(
                "signInContext",
                json!({"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": []}),
            ),
            400,
            "includeApplications",
        ),
        (
            with(
                "signInContext",
                json!({"@odata.type": "#microsoft.graph.authContext", "authenticationContextValue": "c9"}),
            ),
            400,
            "c9",
        ),
        (
            with("signInConditions", json!({"clientAppTypes": ["browser"]})),
            400,
            "clientAppTypes",
        ),
        (
            with("signInConditions", json!({"ipAddress": "1.2.3"})),
            400,
            "1.2.3",
        ),
        (
            with("appliedPoliciesOnly", json!("yes")),
            400,
            "appliedPoliciesOnly",
        ),
    ] {
        let answer = sandbox.post(EVALUATE, body.clone()).await;
        let text = format!("{}", answer.1);
        refused(answer, status);
        assert!(text.contains(said), "{body}: {text}");
    }
    assert_eq!(sandbox.get(EVALUATE).await.0, 405);
}

/// Policies of many sorts, and complete sign-ins.
fn conditions() -> impl Strategy<Value = Value> {
    let users = select(vec![
        json!({"includeUsers": ["All"]}),
        json!({"includeUsers": ["All"], "excludeGroups": ["GROUP"]}),
        json!({"includeGroups": ["GROUP"]}),
        json!({"includeUsers": ["USER"]}),
        json!({"includeUsers": ["All"], "excludeUsers": ["USER"]}),
        json!({"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}),
        json!({"includeUsers": ["GuestsOrExternalUsers"]}),
    ]);
    let apps = select(vec![
        json!({"includeApplications": ["All"]}),
        json!({"includeApplications": ["Office365"]}),
        json!({"includeApplications": [EXCHANGE]}),
        json!({"includeApplications": ["All"], "excludeApplications": [EXCHANGE]}),
        json!({"includeUserActions": ["urn:user:registersecurityinfo"]}),
    ]);
    let others = proptest::sample::subsequence(
        vec![
            (
                "platforms",
                json!({"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}),
            ),
            ("platforms", json!({"includePlatforms": ["windows"]})),
            ("clientAppTypes", json!(["browser"])),
            ("clientAppTypes", json!(["exchangeActiveSync", "other"])),
            ("signInRiskLevels", json!(["high", "medium"])),
            ("userRiskLevels", json!(["high"])),
            (
                "locations",
                json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
            ),
            ("locations", json!({"includeLocations": ["PLACE"]})),
            (
                "devices",
                json!({"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}),
            ),
            (
                "authenticationFlows",
                json!({"transferMethods": "deviceCodeFlow"}),
            ),
        ],
        0..=3,
    );
    (users, apps, others).prop_map(|(users, apps, others)| {
        let mut all = json!({"users": users, "applications": apps});
        for (name, value) in others {
            all[name] = value;
        }
        all
    })
}

fn sign_in() -> impl Strategy<Value = Value> {
    let who = select(vec![
        "AdeleV@contoso.com",
        "AlexW@contoso.com",
        "breakglass1@contoso.com",
    ]);
    let what = select(vec![
        json!({"application": EXCHANGE}),
        json!({"application": "Azure Portal"}),
        json!({"userAction": "registerSecurityInformation"}),
    ]);
    let client = select(vec!["browser", "mobileAppsAndDesktopClients", "other"]);
    let platform = select(vec!["windows", "iOS"]);
    let place = select(vec![("203.0.113.7", "NL"), ("198.51.100.7", "US")]);
    let risk = select(vec!["none", "medium", "high"]);
    let device = any::<bool>();
    let flow = select(vec!["none", "deviceCodeFlow"]);
    (who, what, client, platform, place, risk, device, flow).prop_map(
        |(who, what, client, platform, (ip, country), risk, device, flow)| {
            let mut all = json!({"user": who, "clientAppType": client, "devicePlatform": platform,
                "ipAddress": ip, "country": country, "compliantNetwork": false,
                "signInRiskLevel": risk, "userRiskLevel": risk, "insiderRiskLevel": "none",
                "deviceInfo": {"isCompliant": device}, "authenticationFlow": {"transferMethod": flow}});
            for (name, value) in what.as_object().unwrap() {
                all[name] = value.clone();
            }
            all
        },
    )
}

#[test]
fn evaluate_agrees_with_the_evaluator_on_complete_sign_ins() {
    let strategy = (
        proptest::collection::vec(conditions(), 8),
        proptest::collection::vec(sign_in(), 8),
    );
    let config = Config {
        cases: 8,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |(policies, sign_ins)| {
            let differences = run(agreement(&policies, &sign_ins));
            prop_assert!(differences.is_empty(), "{differences:#?}");
            Ok(())
        })
        .unwrap();
}

async fn agreement(policies: &[Value], sign_ins: &[Value]) -> Vec<String> {
    let tenant = World::new().await;
    let reader = Reader::new(&tenant.client);
    let send = async |path: &str, body: Value| -> Value {
        let request = Request::post(Edition::V1, path, body);
        tenant.hand.send(&request).await.unwrap()
    };
    let user = tenant
        .hand
        .send(&Request::get(Edition::V1, "/users/AdeleV@contoso.com"))
        .await
        .unwrap();
    let user = user["id"].as_str().unwrap().to_owned();
    let group = send(
        "/groups",
        json!({"displayName": "Law", "mailEnabled": false, "mailNickname": "law", "securityEnabled": true}),
    )
    .await;
    let reference =
        json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
    let group = group["id"].as_str().unwrap().to_owned();
    send(&format!("/groups/{group}/members/$ref"), reference).await;
    let place = send(
        "/identity/conditionalAccess/namedLocations",
        json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Law", "isTrusted": true,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]}),
    )
    .await;
    let place = place["id"].as_str().unwrap().to_owned();
    for (number, conditions) in policies.iter().enumerate() {
        let text = policy(&format!("P{number}"), conditions.clone()).to_string();
        let text = text
            .replace("GROUP", &group)
            .replace("\"USER\"", &format!("\"{user}\""));
        let text = text.replace("PLACE", &place);
        send(POLICIES, serde_json::from_str(&text).unwrap()).await;
    }
    let sign_ins: Vec<SignIn> = sign_ins
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect();
    let wanted = Wanted {
        strengths: true,
        contexts: true,
        ..Wanted::default()
    };
    let mut snapshot = read::snapshot(&reader, ApiVersion::Auto, &wanted, Own::default())
        .await
        .unwrap();
    let objects: Vec<_> = snapshot
        .of(gatewright::model::Kind::ConditionalAccessPolicy)
        .iter()
        .map(|live| live.object.clone())
        .collect();
    read_names(&reader, &mut snapshot, &objects).await.unwrap();
    let looked = world::look_up(&reader, &snapshot.organization.id, &sign_ins)
        .await
        .unwrap();
    let set = world::live(&snapshot, &looked, Environment::default());
    let compiled = set.compiled();
    let mut differences = Vec::new();
    for sign_in in &sign_ins {
        let here = compiled.outcome(sign_in).unwrap();
        let asked = evaluate::request(sign_in, &compiled).unwrap();
        assert_eq!(asked.unsaid, Vec::<String>::new());
        let there = evaluate::ask(&reader, &asked).await.unwrap();
        assert_eq!(here.policies.len(), there.len());
        for own in &here.policies {
            let other = there
                .iter()
                .find(|one| *one.name == *own.display_name)
                .unwrap();
            let reason = own.reason.map_or("notSet", |reason| reason.as_str());
            if own.applies != Some(other.applies) || reason != other.reason {
                differences.push(format!("{own:?} / {other:?} / {sign_in:?}"));
            }
        }
    }
    differences
}

/// A project that is applied to its sandbox.
fn applied() -> Project {
    let manifests = crate::whatif::POLICIES.replace("members: [glass@contoso.com]\n", "");
    let project = Project::of("policies.yaml", manifests);
    let ran = project.apply_anything();
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    project
}

const QUESTION: [&str; 9] = [
    "whatif",
    "--app",
    "Office 365 Exchange Online",
    "--client",
    "browser",
    "--ip",
    "198.51.100.7",
    "--sign-in-risk",
    "none",
];

#[test]
fn the_tenants_own_policies_and_what_it_knows_of_the_user() {
    let project = applied();
    let ask = |more: &[&str]| project.run(&[&QUESTION[..], more].concat());
    let ran = ask(&["--live", "--user", "pia@contoso.com", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["outcome"], "granted");
    assert_eq!(answer["requires"], json!([["mfa"]]));
    assert_eq!(
        answer["missing"],
        json!([]),
        "groups and roles are read: {answer}"
    );
    assert_eq!(
        answer["reportOnly"]["requires"],
        json!([["mfa"], ["compliantDevice", "domainJoinedDevice"]])
    );
    // By display name, and somebody else.
    let ran = ask(&["--live", "--user", "Adele Vance"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("CA400 Pilot   report-only  does not  user: not included"),
        "{}",
        ran.stdout
    );
    let ran = ask(&["--live", "--user", "nobody@contoso.com"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("there is no user `nobody@contoso.com`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_was_read_of_the_tenant_is_known_by_its_ids() {
    let project = applied();
    let json = |arguments: &[&str]| -> Value {
        let ran = project.run(&[&QUESTION[..], arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let pilot = json!([["mfa"], ["compliantDevice", "domainJoinedDevice"]]);
    let filled = json(&["--live", "--user", "pia@contoso.com", "--assume-defaults"]);
    assert_eq!(filled["reportOnly"]["requires"], pilot);
    let user = &filled["signIn"]["user"];
    let group = user["memberOf"][0].as_str().unwrap();
    assert_eq!((group.len(), &user["roles"]), (36, &json!([])));
    let online = json(&[
        "--live",
        "--user",
        "pia@contoso.com",
        "--assume-defaults",
        "--online",
    ]);
    assert_eq!(online["online"]["differences"], json!([]), "{online}");
    // By the id of a group, of a role that nobody activated, and of an application.
    let role = "62e90394-69f5-4237-9190-012177145e10";
    let exchange = "00000002-0000-0ff1-ce00-000000000000";
    let asked = [
        "--live",
        "--member-of",
        group,
        "--role",
        role,
        "--app",
        exchange,
    ];
    assert_eq!(json(&asked)["reportOnly"]["requires"], pilot);
    // What is printed can be asked again.
    let case = filled["signIn"].to_string();
    let ran = project.run_on(
        &["whatif", "--live", "--case", "-", "--format", "json"],
        case,
    );
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), filled);
    // An id that the tenant does not have is still none.
    for (flag, id, said) in [
        (
            "--member-of",
            "99999999-9999-4999-8999-999999999999",
            "no group `9999",
        ),
        (
            "--user",
            "99999999-9999-4999-8999-999999999999",
            "no user `9999",
        ),
        (
            "--app",
            "99999999-9999-4999-8999-999999999999",
            "no application `9999",
        ),
    ] {
        let ran = project.run(&["whatif", "--live", flag, id]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(!ran.stderr.contains("manifest"), "{}", ran.stderr);
    }
}

#[test]
fn a_name_is_known_when_it_is_before_a_plan_or_after() {
    let project = applied();
    let grown = format!(
        "{}---\nkind: Group\ndisplayName: CA-New\n",
        crate::whatif::POLICIES.replace("members: [glass@contoso.com]\n", "")
    );
    let project = project.file("policies/policies.yaml", grown);
    let ran = project.run(&[&QUESTION[..], &["--before-after", "--member-of", "CA-New"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let ran = project.run(&[&QUESTION[..], &["--live", "--member-of", "CA-New"]].concat());
    assert!(
        ran.stderr.contains("there is no group `CA-New`"),
        "{}",
        ran.snapshot()
    );
    // Of lines nothing is looked up, and no manifest is to blame.
    let lines = "{\"user\":\"eve@contoso.com\"}\n{\"user\":{\"name\":\"eve@contoso.com\",\"memberOf\":[\"CA-Pilot\"],\"roles\":[]}}\n";
    let ran = project.run_on(&["whatif", "--live", "--sign-ins", "-"], lines);
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (Some(1), 2),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout
            .contains("names are not looked up for many sign-ins"),
        "{}",
        ran.stdout
    );
    assert!(!ran.snapshot().contains("manifest"), "{}", ran.snapshot());
}

#[test]
fn online_shows_where_the_two_differ() {
    let project = applied();
    let ran = project.run(
        &[
            &QUESTION[..],
            &["--live", "--online", "--user", "pia@contoso.com"],
        ]
        .concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("Graph's own `evaluate` agrees on 4 policies."),
        "{}",
        ran.stdout
    );
    // What is left out is open here, and does not match there.
    let ran = project.run(&[
        "whatif",
        "--app",
        "Office 365 Exchange Online",
        "--user",
        "pia@contoso.com",
        "--live",
        "--online",
        "--format",
        "json",
    ]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let differences = answer["online"]["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 3, "{answer}");
    for one in differences {
        assert_eq!(
            (&one["here"], &one["there"]),
            (&Value::Null, &json!(false)),
            "{one}"
        );
        assert!(one["known"].is_string(), "{one}");
    }
    let ran = project.run(&[
        "whatif",
        "--app",
        "Azure Portal",
        "--no-groups",
        "--live",
        "--online",
    ]);
    assert!(
        ran.stderr.contains("the service knows users only by id"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn before_and_after_a_plan() {
    let project = applied();
    let changed = crate::whatif::POLICIES
        .replace("members: [glass@contoso.com]\n", "")
        .replace("state: enabledForReportingButNotEnforced", "state: enabled")
        .replace(
            "displayName: CA200 Legacy\nstate: enabled",
            "displayName: CA200 Legacy\nstate: disabled",
        );
    let project = project.file("policies/policies.yaml", changed);
    let json = |arguments: &[&str]| -> Value {
        let ran = project.run(
            &[
                &QUESTION[..],
                arguments,
                &["--user", "pia@contoso.com", "--format", "json"],
            ]
            .concat(),
        );
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let both = json(&["--before-after"]);
    assert_eq!(both["before"]["requires"], json!([["mfa"]]));
    let after = json!([["mfa"], ["compliantDevice", "domainJoinedDevice"]]);
    assert_eq!(both["after"]["requires"], after);
    let ran = project.allowing_anything(&["plan", "--out", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(json(&["--plan", "plan.json"])["requires"], after);
    let both = json(&["--plan", "plan.json", "--before-after"]);
    assert_eq!(
        (&both["before"]["requires"], &both["after"]["requires"]),
        (&json!([["mfa"]]), &after)
    );
    // Scenarios, too.
    let scenario = "kind: Scenario\ndisplayName: Legacy\nsignIn: { user: pia@contoso.com, application: Azure Portal, clientAppType: other, ipAddress: 203.0.113.7, signInRiskLevel: none }\nexpect: { outcome: blocked }\n";
    let project = project.file("policies/scenario.yaml", scenario);
    assert_eq!(project.run(&["test", "--live"]).code, Some(0));
    let ran = project.run(&["test", "--plan", "plan.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("gatewright whatif --plan plan.json --scenario Legacy"),
        "{}",
        ran.stdout
    );
    // A plan that the tenant has outrun.
    assert_eq!(project.apply_anything().code, Some(0));
    let ran = project.run(&["test", "--plan", "plan.json"]);
    assert_eq!(ran.code, Some(4), "{}", ran.snapshot());
}

#[tokio::test]
async fn what_cannot_be_together_is_taken_as_it_is_told() {
    let sandbox = Sandbox::new().await;
    let user = adele(&sandbox).await;
    let on = |platform: &str| json!({"platforms": {"includePlatforms": [platform]}});
    sandbox.made(POLICIES, policy("linux", on("linux"))).await;
    sandbox
        .made(POLICIES, policy("windows", on("windows")))
        .await;
    for conditions in [
        json!({"devicePlatform": "linux", "deviceInfo": {"trustType": "ServerAD"}}),
        json!({"devicePlatform": "linux", "clientAppType": "easSupported"}),
    ] {
        let (status, answer) = sandbox.post(EVALUATE, asked(&user, conditions)).await;
        assert_eq!(status, 200, "{answer}");
        let applies: Vec<bool> = told(&answer).into_iter().map(|one| one.1).collect();
        assert_eq!(applies, [true, false], "{answer}");
    }
    // A sign-in that meets what is asked of a device has such a device.
    for held in ["compliantDevice", "domainJoinedDevice", "mfa"] {
        let asked = RiskySignIn {
            satisfied: vec![Satisfied::named(held)],
            ..RiskySignIn::new(ADELE, "none")
        };
        sandbox.running.sign_in(&asked).unwrap();
    }
}

#[tokio::test]
async fn beta_is_asked_about_agents() {
    let sandbox = Sandbox::new().await;
    let agent = sandbox.got("/servicePrincipals?$top=1").await["value"][0]["id"].clone();
    let mut risky = policy("risky agents", json!({"agentIdRiskLevels": "high"}));
    risky["conditions"]["users"] = json!({"includeUsers": ["None"]});
    risky["conditions"]["clientApplications"] = json!({"includeAgentIdServicePrincipals": ["All"]});
    risky["grantControls"]["builtInControls"] = json!(["block"]);
    let (status, made) = sandbox.post(&format!("/beta{POLICIES}"), risky).await;
    assert_eq!(status, 201, "{made}");
    sandbox.made(POLICIES, policy("people", json!({}))).await;
    let ask = |conditions: Value| {
        let mut body = asked("", conditions);
        body["signInIdentity"] = json!({"@odata.type": "#microsoft.graph.agentSignIn", "agentServicePrincipalId": agent});
        body
    };
    for (conditions, expected) in [
        (json!({"agentIdRiskLevel": "high"}), ["notSet", "users"]),
        (json!({"agentIdRiskLevel": "low"}), ["agentIdRisk", "users"]),
        (json!({}), ["agentIdRisk", "users"]),
    ] {
        let (status, answer) = sandbox
            .post(&format!("/beta{EVALUATE}"), ask(conditions))
            .await;
        assert_eq!(status, 200, "{answer}");
        let reasons: Vec<String> = told(&answer).into_iter().map(|one| one.2).collect();
        assert_eq!(reasons, expected, "{answer}");
    }
    let (status, answer) = sandbox.post(EVALUATE, ask(json!({}))).await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test]
async fn sign_ins_are_recorded_on_request_and_listed() {
    let sandbox = Sandbox::new().await;
    sandbox.made(POLICIES, policy("all", json!({}))).await;
    sandbox
        .made(
            POLICIES,
            policy("legacy", json!({"clientAppTypes": ["other"]})),
        )
        .await;
    for (risk, record) in [("none", true), ("high", true), ("low", false)] {
        let asked = RiskySignIn {
            record,
            passed_mfa: risk == "none",
            ..RiskySignIn::new(ADELE, risk)
        };
        sandbox.running.sign_in(&asked).unwrap();
    }
    let listed = sandbox.got("/auditLogs/signIns").await;
    let records = listed["value"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0]["riskLevelDuringSignIn"], "high",
        "the newest first"
    );
    assert_eq!(records[1]["conditionalAccessStatus"], "success");
    let policies = &records[1]["appliedConditionalAccessPolicies"];
    assert_eq!(policies[0]["result"], "success");
    assert_eq!(policies[0]["enforcedGrantControls"], json!(["mfa"]));
    assert_eq!(policies[1]["result"], "notApplied");
    assert_eq!(
        policies[0].get("conditionsSatisfied"),
        None,
        "that is of beta"
    );
    assert_eq!(records[1].get("originalTransferMethod"), None);
    let id = records[0]["id"].as_str().unwrap();
    assert_eq!(
        sandbox.got(&format!("/auditLogs/signIns/{id}")).await["id"],
        records[0]["id"]
    );
    let beta = sandbox
        .got("/beta/auditLogs/signIns?$filter=riskLevelDuringSignIn eq 'none'&$top=1")
        .await;
    let record = &beta["value"][0];
    assert_eq!(beta["value"].as_array().unwrap().len(), 1);
    assert_eq!(
        record["conditionalAccessAudiences"],
        json!([record["appId"]])
    );
    let policies = &record["appliedConditionalAccessPolicies"];
    assert_eq!(policies[0]["conditionsSatisfied"], "application,users");
    assert_eq!(policies[1]["conditionsNotSatisfied"], "clientType");
    let others =
        "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'nonInteractiveUser')";
    assert_eq!(sandbox.got(others).await["value"], json!([]));
    // A page at a time.
    let first = sandbox.got("/auditLogs/signIns?$top=1").await;
    let next = first["@odata.nextLink"].as_str().unwrap();
    let (_, second) = sandbox.get(next).await;
    assert_eq!(second["value"][0]["riskLevelDuringSignIn"], "none");
    // Nothing is detected where there is no risk.
    let detections = sandbox.got("/identityProtection/riskDetections").await;
    assert_eq!(detections["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn five_requests_for_reports_are_answered_in_ten_seconds() {
    let sandbox = Sandbox::with(Options {
        weather: serde_json::from_str("{\"throttle\": true}").unwrap(),
        ..Options::default()
    })
    .await;
    for _ in 0..5 {
        assert_eq!(sandbox.get("/auditLogs/signIns").await.0, 200);
    }
    let answer = sandbox
        .request("GET", "/auditLogs/signIns")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
}
