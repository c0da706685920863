//! Make a risky sign-in to the sandbox asks the tenant's policies.

use super::*;

const POLICIES: &str = "/identity/conditionalAccess/policies";

fn policy(name: &str, state: &str, conditions: Value, controls: &[&str]) -> Value {
    let mut all = json!({"users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]}});
    for (member, value) in conditions.as_object().unwrap() {
        all[member] = value.clone();
    }
    let operator = if controls.len() > 1 { "AND" } else { "OR" };
    json!({"displayName": name, "state": state, "conditions": all,
        "grantControls": {"operator": operator, "builtInControls": controls}})
}

fn on_sign_in_risk(state: &str, control: &str) -> Value {
    policy(
        "P",
        state,
        json!({"signInRiskLevels": ["high", "medium"]}),
        &[control],
    )
}

fn asked(level: &str, passed_mfa: bool) -> RiskySignIn {
    RiskySignIn {
        passed_mfa,
        ..RiskySignIn::new("AdeleV@contoso.com", level)
    }
}

/// What a sign-in ends with: the error number, the state and detail of its risk, the state and
/// level of the user's, and what the policies did.
fn ended(sandbox: &Sandbox, asked: &RiskySignIn) -> (u64, String, String, Vec<String>) {
    let made = sandbox.running.sign_in(asked).unwrap();
    let text = |path: &str| made.pointer(path).unwrap().as_str().unwrap().to_owned();
    let policies = made
        .pointer("/signIn/appliedConditionalAccessPolicies")
        .unwrap();
    (
        made.pointer("/signIn/status/errorCode")
            .unwrap()
            .as_u64()
            .unwrap(),
        format!(
            "{} {}",
            text("/riskDetection/riskState"),
            text("/riskDetection/riskDetail")
        ),
        format!(
            "{} {}",
            text("/riskyUser/riskState"),
            text("/riskyUser/riskLevel")
        ),
        policies
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["result"].as_str().unwrap().to_owned())
            .collect(),
    )
}

async fn with(policies: &[Value]) -> Sandbox {
    let sandbox = Sandbox::new().await;
    for policy in policies {
        sandbox.made(POLICIES, policy.clone()).await;
    }
    sandbox
}

const MET: &str = "remediated userPassedMFADrivenByRiskBasedPolicy";

#[tokio::test]
async fn a_policy_on_the_risk_that_is_met_remediates_it() {
    let sandbox = with(&[on_sign_in_risk("enabled", "mfa")]).await;
    let (code, risk, user, results) = ended(&sandbox, &asked("medium", true));
    assert_eq!(
        (code, risk.as_str(), user.as_str()),
        (0, MET, "remediated none")
    );
    assert_eq!(results, ["success"]);
    // Not passed: refused, and the risk stays.
    let (code, risk, user, results) = ended(&sandbox, &asked("high", false));
    assert_eq!(
        (code, risk.as_str(), user.as_str()),
        (50076, "atRisk none", "atRisk high")
    );
    assert_eq!(results, ["failure"]);
    // A level that the policy does not name.
    let (code, risk, _, results) = ended(&sandbox, &asked("low", true));
    assert_eq!((code, risk.as_str()), (0, "atRisk none"));
    assert_eq!(results, ["notApplied"]);
}

#[tokio::test]
async fn a_block_refuses_whatever_the_user_passes() {
    let sandbox = with(&[
        on_sign_in_risk("enabled", "mfa"),
        on_sign_in_risk("enabled", "block"),
    ])
    .await;
    let (code, risk, user, results) = ended(&sandbox, &asked("medium", true));
    assert_eq!(
        (code, risk.as_str(), user.as_str()),
        (53003, "atRisk none", "atRisk medium")
    );
    assert_eq!(results, ["success", "failure"]);
}

#[tokio::test]
async fn what_is_only_reported_on_or_off_does_nothing() {
    let report = "enabledForReportingButNotEnforced";
    let sandbox = with(&[
        on_sign_in_risk(report, "mfa"),
        on_sign_in_risk(report, "block"),
        on_sign_in_risk("disabled", "block"),
    ])
    .await;
    let (code, risk, _, results) = ended(&sandbox, &asked("medium", true));
    assert_eq!((code, risk.as_str()), (0, "atRisk none"));
    assert_eq!(
        results,
        ["reportOnlySuccess", "reportOnlyFailure", "notEnabled"]
    );
}

#[tokio::test]
async fn multifactor_authentication_for_another_reason_leaves_the_risk() {
    let sandbox = with(&[policy("P", "enabled", json!({}), &["mfa"])]).await;
    let (code, risk, ..) = ended(&sandbox, &asked("medium", true));
    assert_eq!((code, risk.as_str()), (0, "atRisk none"));
}

#[tokio::test]
async fn a_new_password_clears_the_risk_of_the_user() {
    let conditions = json!({"userRiskLevels": ["high"]});
    let secure = policy("P", "enabled", conditions, &["mfa", "passwordChange"]);
    let sandbox = with(&[secure]).await;
    // The first one only raises the risk of the user.
    assert_eq!(ended(&sandbox, &asked("high", true)).3, ["notApplied"]);
    assert_eq!(ended(&sandbox, &asked("low", true)).0, 50142);
    let renewed = RiskySignIn {
        changed_password: true,
        ..asked("low", true)
    };
    let (code, risk, user, _) = ended(&sandbox, &renewed);
    assert_eq!((code, user.as_str()), (0, "remediated none"));
    assert_eq!(risk, "remediated userPerformedSecuredPasswordChange");
    let list = sandbox
        .got("/identityProtection/riskDetections?$filter=riskState eq 'atRisk'")
        .await;
    assert_eq!(list["value"], json!([]));
}

#[tokio::test]
async fn the_tenant_knows_groups_roles_places_and_applications() {
    let sandbox = Sandbox::new().await;
    let office = sandbox
        .made(
            "/identity/conditionalAccess/namedLocations",
            json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office",
                "isTrusted": true, "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange",
                    "cidrAddress": "203.0.113.0/24"}]}),
        )
        .await;
    let group = "6da4f554-8612-4359-a481-b293af78e1fb"; // Sales, with Adele in it
    let of = |name: &str, conditions: Value| policy(name, "enabled", conditions, &["block"]);
    for made in [
        of("group", json!({"users": {"includeGroups": [group]}})),
        of(
            "left out",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": [group]}}),
        ),
        of(
            "place",
            json!({"locations": {"includeLocations": [office["id"]]}}),
        ),
        of(
            "elsewhere",
            json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}),
        ),
        of(
            "application",
            json!({"applications": {"includeApplications": ["00000003-0000-0ff1-ce00-000000000000"]}}),
        ),
        of(
            "device",
            json!({"devices": {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq True"}}}),
        ),
    ] {
        sandbox.made(POLICIES, made).await;
    }
    let results = |asked: RiskySignIn| ended(&sandbox, &asked).3.join(" ");
    assert_eq!(
        results(asked("low", false)),
        "failure notApplied notApplied failure notApplied notApplied"
    );
    let at_work = RiskySignIn {
        ip: "203.0.113.9".to_owned(),
        app: "Office 365 SharePoint Online".to_owned(),
        ..asked("low", false)
    };
    assert_eq!(
        results(at_work),
        "failure notApplied failure notApplied failure notApplied"
    );
    let nowhere = RiskySignIn {
        app: "No such app".to_owned(),
        ..asked("low", false)
    };
    assert!(sandbox.running.sign_in(&nowhere).is_err());
}

#[tokio::test]
async fn the_command_says_what_happened() {
    let project = Project::new();
    let sandbox = project.sandbox().await;
    sandbox
        .made(POLICIES, on_sign_in_risk("enabled", "mfa"))
        .await;
    sandbox.running.stop().await;
    let sign_in = [
        "sandbox",
        "sign-in",
        "--user",
        "AdeleV@contoso.com",
        "--risk",
        "medium",
    ];
    let refused = project.run(&sign_in);
    insta::assert_snapshot!("sign-in-refused", redacted(&refused));
    let passed = project.run(&[&sign_in[..], &["--passed-mfa"]].concat());
    insta::assert_snapshot!("sign-in-passed", redacted(&passed));
}
