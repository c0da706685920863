//! Client and sandbox agree about every rule that a request can break: what the client calls an
//! error the sandbox refuses, and what is a warning or less it takes. So `plan` never passes what
//! `apply` then refuses for a reason that was known, and never refuses what a tenant can hold.
//! Each row says what must hold, by the evidence that there is for the rule.

use gatewright::apply::bodies::policy_create;
use gatewright::finding::registry::RuleId;
use gatewright::finding::{Finding, Severity};
use gatewright::graph::Request;
use gatewright::model::facts::Edition;
use gatewright::model::{Kind, Object};
use gatewright::sandbox::{Options, Unsure};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::world::{World, desired, parse};

/// A policy that breaks nothing; `GROUP` and `PRINCIPAL` stand for objects of the tenant.
const BASE: &str = r#"{
    "displayName": "Row", "state": "disabled",
    "conditions": {"applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"], "excludeGroups": ["GROUP"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}"#;
/// What a policy on workload identities has in common.
const WORKLOADS: &str = r#"{"conditions": {"users": {"includeUsers": ["None"], "excludeGroups": null},
        "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}},
    "grantControls": {"builtInControls": ["block"]}}"#;
const AGENTS: &str = r#"{"conditions": {"users": {"includeUsers": ["None"], "excludeGroups": null},
        "clientApplications": {"includeAgentIdServicePrincipals": ["All"]}},
    "grantControls": {"builtInControls": ["block"]}}"#;
/// What a policy on a new password has in common.
const PASSWORD: &str = r#"{"conditions": {"userRiskLevels": ["high"]},
    "grantControls": {"operator": "AND", "builtInControls": ["mfa", "passwordChange"]}}"#;
const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";
const MFA: &str = "00000000-0000-0000-0000-000000000002";

/// What the client says of a row, and whether the sandbox takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// An error, and refused.
    Refused,
    /// A warning, and taken.
    Warned,
    /// A hint, and taken.
    Hinted,
    /// Not a word, and taken.
    Silent,
    /// A warning; the sandbox takes it, or refuses it when it is asked to.
    Unsure,
}
use Verdict::*;

/// JSON merge patch (RFC 7396), where a null stays a null when it is wrapped in a list of one text.
fn merge(base: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *base = patch.clone();
        return;
    };
    if !base.is_object() {
        *base = json!({});
    }
    for (name, value) in patch {
        let map = base.as_object_mut().unwrap();
        match value {
            Value::Null => {
                map.remove(name);
            }
            Value::String(text) if text == "NULL" => {
                map.insert(name.clone(), Value::Null);
            }
            value => merge(map.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

fn rows() -> Vec<(&'static str, Verdict, Vec<&'static str>, Value)> {
    let apps = |value: Value| json!({"conditions": {"applications": value}});
    let users = |value: Value| json!({"conditions": {"users": value}});
    let grant = |value: Value| json!({"grantControls": value});
    let session = |value: Value| json!({"sessionControls": value});
    let conditions = |value: Value| json!({"conditions": value});
    let guests = |tenants: Value| {
        users(json!({"includeUsers": null, "includeGuestsOrExternalUsers":
            {"guestOrExternalUserTypes": "internalGuest", "externalTenants": tenants}}))
    };
    let register = |rest: Value| {
        let mut body = apps(json!({"includeApplications": null,
            "includeUserActions": ["urn:user:registerdevice"]}));
        merge(&mut body, &rest);
        body
    };
    let filter = |apps: Value, mode: &str| {
        json!({"conditions": {"applications": {"includeApplications": apps,
            "applicationFilter": {"mode": mode, "rule": "CustomSecurityAttribute.A_B -eq \"x\""}}}})
    };
    let device = |rule: &str| {
        conditions(json!({"devices": {"deviceFilter": {"mode": "exclude", "rule": rule}}}))
    };
    let browser = json!({"persistentBrowser": {"isEnabled": true, "mode": "never"}});
    let sync = |rest: Value| {
        let mut body = conditions(json!({"clientAppTypes": ["exchangeActiveSync"]}));
        merge(&mut body, &rest);
        body
    };
    let all_of = "#microsoft.graph.conditionalAccessAllExternalTenants";
    let these_of = "#microsoft.graph.conditionalAccessEnumeratedExternalTenants";
    let strength = json!({"id": MFA});
    vec![
        // Structure.
        ("CA-R01", Refused, vec![], json!({"displayName": "   "})),
        ("CA-R01", Refused, vec![], json!({"state": null})),
        (
            "CA-R02",
            Refused,
            vec![],
            apps(json!({"includeApplications": []})),
        ),
        (
            "CA-R02",
            Silent,
            vec![],
            apps(json!({"includeApplications": ["None"]})),
        ),
        ("CA-R02", Silent, vec![], filter(json!([]), "include")),
        ("CA-R02", Refused, vec![], filter(json!([]), "exclude")),
        (
            "CA-R03",
            Refused,
            vec![],
            users(json!({"includeUsers": []})),
        ),
        (
            "CA-R03",
            Silent,
            vec![],
            users(json!({"includeUsers": ["None"]})),
        ),
        (
            "CA-R04",
            Refused,
            vec![],
            grant(json!({"builtInControls": []})),
        ),
        ("CA-R05", Refused, vec![], json!({"grants": {"a": 1}})),
        (
            "CA-R05",
            Refused,
            vec![],
            grant(json!({"builtInControls": ["mfaa"]})),
        ),
        (
            "CA-R05",
            Refused,
            vec![],
            grant(json!({"builtInControls": ["unknownFutureValue"]})),
        ),
        (
            "CA-R06",
            Refused,
            vec![],
            conditions(json!({"clientAppTypes": []})),
        ),
        (
            "CA-R07",
            Unsure,
            vec![],
            conditions(json!({"clientAppTypes": ["all", "browser"]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(json!({"includeGroups": ["GROUP"], "excludeGroups": null})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(json!({"includeRoles": [ROLE]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(json!({"includeUsers": ["None"], "includeRoles": [ROLE]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(
                json!({"includeUsers": ["None"], "includeGroups": ["GROUP"], "excludeGroups": null}),
            ),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(json!({"includeUsers": ["All", "USER"]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            apps(json!({"includeApplications": ["All", "Office365"]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            apps(json!({"includeApplications": ["None", "Office365"]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            users(json!({"excludeUsers": ["All"]})),
        ),
        (
            "CA-R08",
            Warned,
            vec![],
            apps(json!({"excludeApplications": ["All"]})),
        ),
        (
            "CA-R09",
            Refused,
            vec![],
            users(json!({"includeUsers": null, "includeRoles": ["All"]})),
        ),
        (
            "CA-R09",
            Refused,
            vec![],
            users(json!({"includeUsers": null, "includeGroups": ["All"]})),
        ),
        ("CA-R10", Refused, vec![], grant(json!({"operator": "XOR"}))),
        (
            "CA-R11",
            Unsure,
            vec![],
            json!({"displayName": "x".repeat(300)}),
        ),
        // Users and workload identities.
        (
            "CA-R20",
            Refused,
            vec![WORKLOADS],
            users(json!({"includeUsers": ["All"]})),
        ),
        (
            "CA-R20",
            Refused,
            vec![WORKLOADS],
            conditions(json!({"signInRiskLevels": ["high"]})),
        ),
        (
            "CA-R21",
            Refused,
            vec![WORKLOADS],
            conditions(json!({"clientApplications": {"includeServicePrincipals": ["All"]}})),
        ),
        (
            "CA-R22",
            Refused,
            vec![WORKLOADS],
            grant(json!({"builtInControls": ["mfa"]})),
        ),
        (
            "CA-R22",
            Silent,
            vec![WORKLOADS],
            conditions(json!({"servicePrincipalRiskLevels": ["high"]})),
        ),
        (
            "CA-R22",
            Refused,
            vec![],
            conditions(json!({"servicePrincipalRiskLevels": ["high"]})),
        ),
        (
            "CA-R24",
            Warned,
            vec![WORKLOADS],
            conditions(
                json!({"clientApplications": {"includeServicePrincipals": null, "excludeServicePrincipals": ["PRINCIPAL"]}}),
            ),
        ),
        (
            "CA-R25",
            Refused,
            vec![WORKLOADS],
            conditions(
                json!({"clientApplications": {"excludeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}),
            ),
        ),
        (
            "CA-R27",
            Silent,
            vec![],
            guests(json!({"@odata.type": all_of, "membershipKind": "all"})),
        ),
        ("CA-R27", Warned, vec![], guests(json!("NULL"))),
        (
            "CA-R27",
            Warned,
            vec![],
            guests(json!({"@odata.type": these_of, "membershipKind": "enumerated", "members": []})),
        ),
        (
            "CA-R27",
            Refused,
            vec![],
            guests(json!({"@odata.type": all_of, "membershipKind": "all", "members": [ROLE]})),
        ),
        (
            "CA-R28",
            Refused,
            vec![],
            users(
                json!({"includeUsers": ["GuestsOrExternalUsers"], "includeGuestsOrExternalUsers":
            {"guestOrExternalUserTypes": "internalGuest", "externalTenants": {"@odata.type": all_of, "membershipKind": "all"}}}),
            ),
        ),
        (
            "CA-R29",
            Refused,
            vec![WORKLOADS],
            json!({"conditions": {"users": {"includeUsers": ["All"]}, "applications":
            {"includeApplications": null, "includeAuthenticationContextClassReferences": ["c1"]}}}),
        ),
        ("CA-R30", Silent, vec![AGENTS], json!({})),
        (
            "CA-R30",
            Warned,
            vec![AGENTS],
            grant(json!({"builtInControls": ["mfa"]})),
        ),
        (
            "CA-R30",
            Warned,
            vec![AGENTS],
            conditions(json!({"agentIdRiskLevels": []})),
        ),
        // Resources.
        (
            "CA-R40",
            Refused,
            vec![],
            apps(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})),
        ),
        (
            "CA-R40",
            Refused,
            vec![],
            apps(json!({"includeAuthenticationContextClassReferences": ["c1"]})),
        ),
        (
            "CA-R43",
            Warned,
            vec![],
            apps(json!({"excludeApplications": ["00000003-0000-0000-c000-000000000000"]})),
        ),
        ("CA-R44", Silent, vec![], register(json!({}))),
        (
            "CA-R44",
            Warned,
            vec![],
            register(grant(json!({"builtInControls": ["compliantDevice"]}))),
        ),
        (
            "CA-R44",
            Warned,
            vec![],
            register(conditions(json!({"clientAppTypes": ["browser"]}))),
        ),
        (
            "CA-R46",
            Warned,
            vec![],
            register(json!({"state": "enabledForReportingButNotEnforced"})),
        ),
        ("CA-R48", Silent, vec![], filter(json!([]), "include")),
        ("CA-R48", Warned, vec![], filter(json!(["All"]), "include")),
        ("CA-R48", Silent, vec![], filter(json!(["All"]), "exclude")),
        ("CA-R48", Warned, vec![], filter(json!(["None"]), "include")),
        (
            "CA-R48",
            Silent,
            vec![],
            filter(json!(["Office365"]), "include"),
        ),
        (
            "CA-R50",
            Silent,
            vec![],
            apps(
                json!({"includeApplications": null, "includeUserActions": ["urn:user:accountrecovery"]}),
            ),
        ),
        (
            "CA-R50",
            Warned,
            vec![],
            apps(json!({"includeApplications": null, "includeUserActions": ["urn:user:other"]})),
        ),
        // Conditions.
        (
            "CA-R61",
            Silent,
            vec![],
            sync(grant(json!({"builtInControls": ["block"]}))),
        ),
        ("CA-R61", Warned, vec![], sync(json!({}))),
        (
            "CA-R62",
            Warned,
            vec![],
            conditions(json!({"platforms": {"includePlatforms": [], "excludePlatforms": []}})),
        ),
        (
            "CA-R62",
            Warned,
            vec![],
            conditions(json!({"platforms": {"excludePlatforms": ["windows"]}})),
        ),
        (
            "CA-R62",
            Silent,
            vec![],
            conditions(
                json!({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["windows"]}}),
            ),
        ),
        (
            "CA-R63",
            Warned,
            vec![],
            conditions(json!({"locations": {"includeLocations": [], "excludeLocations": []}})),
        ),
        (
            "CA-R63",
            Warned,
            vec![],
            conditions(json!({"locations": {"excludeLocations": ["AllTrusted"]}})),
        ),
        (
            "CA-R63",
            Warned,
            vec![],
            conditions(
                json!({"locations": {"includeLocations": ["AllTrusted"], "excludeLocations": ["All"]}}),
            ),
        ),
        (
            "CA-R65",
            Silent,
            vec![],
            device("device.isCompliant -eq True"),
        ),
        (
            "CA-R65",
            Hinted,
            vec![],
            device("device.systemLabels -eq \"CloudPC\""),
        ),
        (
            "CA-R65",
            Warned,
            vec![],
            device("device.colour -eq \"blue\""),
        ),
        (
            "CA-R65",
            Warned,
            vec![],
            device("device.deviceId -contains \"a\""),
        ),
        (
            "CA-R65",
            Refused,
            vec![],
            device("device.isCompliant equals True"),
        ),
        (
            "CA-R65",
            Refused,
            vec![],
            device(&format!("device.model -eq \"{}\"", "x".repeat(3072))),
        ),
        (
            "CA-R66",
            Warned,
            vec![],
            json!({"conditions": {"platforms": {"includePlatforms": ["macOS"]}}, "grantControls": {"builtInControls": ["compliantApplication"]}}),
        ),
        (
            "CA-R67",
            Warned,
            vec![],
            conditions(json!({"insiderRiskLevels": []})),
        ),
        (
            "CA-R68",
            Warned,
            vec![],
            conditions(json!({"authenticationFlows": {"transferMethods": []}})),
        ),
        (
            "CA-R68",
            Warned,
            vec![],
            json!({"conditions": {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, "grantControls": {"builtInControls": ["compliantDevice"]}}),
        ),
        (
            "CA-R70",
            Warned,
            vec![],
            conditions(json!({"userRiskLevels": ["high"], "signInRiskLevels": ["high"]})),
        ),
        // Grant controls.
        (
            "CA-R80",
            Refused,
            vec![],
            grant(json!({"builtInControls": ["block", "mfa"]})),
        ),
        (
            "CA-R81",
            Refused,
            vec![],
            grant(json!({"authenticationStrength": strength})),
        ),
        ("CA-R82", Silent, vec![PASSWORD], json!({})),
        (
            "CA-R82",
            Refused,
            vec![PASSWORD],
            grant(json!({"operator": "OR"})),
        ),
        (
            "CA-R82",
            Refused,
            vec![PASSWORD],
            grant(json!({"builtInControls": ["mfa", "passwordChange", "compliantDevice"]})),
        ),
        (
            "CA-R83",
            Refused,
            vec![PASSWORD],
            conditions(json!({"clientAppTypes": ["browser"]})),
        ),
        (
            "CA-R83",
            Refused,
            vec![PASSWORD],
            apps(json!({"excludeApplications": ["Office365"]})),
        ),
        (
            "CA-R83",
            Refused,
            vec![PASSWORD],
            conditions(json!({"userRiskLevels": []})),
        ),
        (
            "CA-R84",
            Refused,
            vec![PASSWORD],
            session(json!({"signInFrequency": {"isEnabled": true, "value": 4, "type": "hours"}})),
        ),
        ("CA-R84", Refused, vec![PASSWORD], session(browser.clone())),
        (
            "CA-R84",
            Silent,
            vec![PASSWORD],
            session(
                json!({"signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime"}}),
            ),
        ),
        (
            "CA-R85",
            Silent,
            vec![],
            json!({"conditions": {"userRiskLevels": ["high"]}, "grantControls": {"operator": "AND", "builtInControls": ["riskRemediation"], "authenticationStrength": strength}}),
        ),
        (
            "CA-R85",
            Warned,
            vec![],
            grant(json!({"builtInControls": ["riskRemediation"]})),
        ),
        (
            "CA-R85",
            Warned,
            vec![],
            json!({"conditions": {"userRiskLevels": ["high"]}, "grantControls": {"builtInControls": ["riskRemediation"], "authenticationStrength": strength}}),
        ),
        (
            "CA-R86",
            Warned,
            vec![],
            grant(json!({"builtInControls": ["approvedApplication"]})),
        ),
        (
            "CA-R87",
            Warned,
            vec![],
            json!({"conditions": {"platforms": {"includePlatforms": ["macOS"]}}, "grantControls": {"builtInControls": ["domainJoinedDevice"]}}),
        ),
        (
            "CA-R90",
            Warned,
            vec![],
            grant(json!({"builtInControls": [], "customAuthenticationFactors": ["Duo"]})),
        ),
        (
            "CA-R91",
            Silent,
            vec![PASSWORD],
            grant(
                json!({"builtInControls": ["passwordChange"], "authenticationStrength": strength}),
            ),
        ),
        (
            "CA-R92",
            Warned,
            vec![],
            grant(json!({"builtInControls": ["verifiedID"]})),
        ),
        // Session controls.
        (
            "CA-R100",
            Warned,
            vec![],
            session(json!({"applicationEnforcedRestrictions": {"isEnabled": true}})),
        ),
        ("CA-R101", Silent, vec![], session(browser.clone())),
        (
            "CA-R101",
            Refused,
            vec![],
            json!({"conditions": {"applications": {"includeApplications": ["Office365"]}}, "sessionControls": browser}),
        ),
        (
            "CA-R101",
            Refused,
            vec![],
            session(json!({"persistentBrowser": {"isEnabled": true}})),
        ),
        (
            "CA-R102",
            Refused,
            vec![],
            session(json!({"signInFrequency": {"isEnabled": true, "value": 4}})),
        ),
        (
            "CA-R103",
            Refused,
            vec![],
            session(
                json!({"signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime", "value": 1, "type": "hours"}}),
            ),
        ),
        (
            "CA-R103",
            Refused,
            vec![],
            session(
                json!({"disableResilienceDefaults": true, "signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime"}}),
            ),
        ),
        (
            "CA-R104",
            Silent,
            vec![],
            session(
                json!({"signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime"}}),
            ),
        ),
        (
            "CA-R106",
            Refused,
            vec![],
            json!({"conditions": {"applications": {"includeApplications": ["Office365"]}}, "sessionControls": {"continuousAccessEvaluation": {"mode": "disabled"}}}),
        ),
        (
            "CA-R107",
            Warned,
            vec![],
            session(json!({"continuousAccessEvaluation": {"mode": "strictLocation"}})),
        ),
        (
            "CA-R108",
            Warned,
            vec![],
            session(json!({"secureSignInSession": {"isEnabled": true}})),
        ),
        (
            "CA-R109",
            Warned,
            vec![],
            session(json!({"cloudAppSecurity": {"isEnabled": true}})),
        ),
        (
            "CA-R110",
            Silent,
            vec![],
            json!({"grantControls": null, "sessionControls": {"disableResilienceDefaults": true}}),
        ),
        (
            "CA-R111",
            Unsure,
            vec![],
            json!({"conditions": {"clientAppTypes": ["browser"]}, "grantControls": {"builtInControls": ["block"]}, "sessionControls": browser}),
        ),
        ("CA-R111", Unsure, vec![WORKLOADS], session(browser.clone())),
        (
            "CA-R112",
            Warned,
            vec![],
            session(
                json!({"globalSecureAccessFilteringProfile": {"isEnabled": true, "profileId": ROLE}}),
            ),
        ),
    ]
}

/// The gravest finding about `rule`, and whether anything is an error.
fn client(rule: &str, findings: &[Finding]) -> (Option<Severity>, bool) {
    let of_rule = findings
        .iter()
        .filter(|found| found.rule.map(RuleId::as_str) == Some(rule));
    let errors = findings.iter().any(Finding::is_error);
    (
        of_rule.map(|found| found.severity).min_by_key(grave),
        errors,
    )
}

fn grave(severity: &Severity) -> u8 {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Hint => 2,
    }
}

/// Compares; gives what is wrong.
fn judge(
    rule: &str,
    wanted: Verdict,
    said: (Option<Severity>, bool),
    taken: [bool; 2],
) -> Option<String> {
    let (severity, errors) = said;
    let right = match wanted {
        // What the schema refuses has no rule of its own.
        Refused => errors && taken == [false, false],
        Warned => severity == Some(Severity::Warning) && !errors && taken[0],
        Hinted => severity == Some(Severity::Hint) && !errors && taken == [true, true],
        Silent => severity.is_none() && !errors && taken == [true, true],
        Unsure => severity == Some(Severity::Warning) && !errors && taken == [true, false],
    };
    (!right).then(|| format!("{rule} should be {wanted:?}: the client says {severity:?} (errors: {errors}), the sandbox takes it: {taken:?}"))
}

async fn sandboxes() -> [Sandbox; 2] {
    let with = |unsure| {
        Sandbox::with(Options {
            unsure,
            ..Options::default()
        })
    };
    [with(Unsure::Take).await, with(Unsure::Refuse).await]
}

#[tokio::test]
async fn what_the_client_calls_an_error_is_what_the_sandbox_refuses() {
    let sandboxes = sandboxes().await;
    let mut wrong = Vec::new();
    for (rule, wanted, parts, patch) in rows() {
        let mut body: Value = serde_json::from_str(BASE).unwrap();
        for part in parts {
            merge(&mut body, &serde_json::from_str(part).unwrap());
        }
        merge(&mut body, &patch);
        let mut manifest = body.clone();
        manifest["kind"] = "ConditionalAccessPolicy".into();
        let (desired, findings) = parse(&manifest.to_string());
        // What the client would send; what it cannot read goes as it is.
        let object = desired.manifests.first().map(|manifest| &manifest.object);
        let sent = match object {
            Some(Object::ConditionalAccessPolicy(policy)) if wanted != Refused => {
                policy_create(policy)
            }
            _ => body,
        };
        let mut taken = [false; 2];
        for (taken, sandbox) in taken.iter_mut().zip(&sandboxes) {
            let group = sandbox.id("groups", "displayName eq 'Sales'").await;
            let user = sandbox.got("/users?$top=1&$select=id").await["value"][0]["id"].clone();
            let own = sandbox
                .got("/servicePrincipals?$select=id,appOwnerOrganizationId")
                .await;
            let tenant = sandbox.got("/organization?$select=id").await["value"][0]["id"].clone();
            let own = own["value"]
                .as_array()
                .unwrap()
                .iter()
                .find(|sp| sp["appOwnerOrganizationId"] == tenant);
            let principal = own.map_or("", |sp| sp["id"].as_str().unwrap());
            let text = sent
                .to_string()
                .replace("GROUP", &group)
                .replace("PRINCIPAL", principal)
                .replace("\"USER\"", &user.to_string());
            let sent: Value = serde_json::from_str(&text).unwrap();
            let (status, answer) = sandbox
                .post("/beta/identity/conditionalAccess/policies", sent)
                .await;
            assert!([201, 400].contains(&status), "{rule}: {status} {answer}");
            *taken = status == 201;
        }
        wrong.extend(judge(rule, wanted, client(rule, &findings), taken));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn they_agree_about_locations_too() {
    let ip = "#microsoft.graph.ipNamedLocation";
    let country = "#microsoft.graph.countryNamedLocation";
    let ranges = |list: &[&str]| {
        let ranges: Vec<Value> = (list.iter())
            .map(|cidr| json!({"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": cidr}))
            .collect();
        json!({"@odata.type": ip, "displayName": "Row", "ipRanges": ranges})
    };
    let codes = |list: &[&str]| json!({"@odata.type": country, "displayName": "Row", "countriesAndRegions": list});
    let mut lookup = codes(&["DE"]);
    lookup["countryLookupMethod"] = "".into();
    let mut trusted = codes(&["DE"]);
    trusted["isTrusted"] = true.into();
    let many: Vec<String> = (0..2001)
        .map(|n| format!("20.{}.{}.0/24", n / 250, n % 250))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let rows = [
        ("NL-R02", Refused, ranges(&many)),
        ("NL-R03", Refused, ranges(&["20.0.0.0/8"])),
        ("NL-R04", Refused, ranges(&["203.0.113.7"])),
        ("NL-R04", Warned, ranges(&["10.0.0.0/24"])),
        ("NL-R05", Refused, ranges(&[])),
        ("NL-R05", Refused, codes(&[])),
        ("NL-R06", Silent, codes(&["DE", "XK"])),
        ("NL-R06", Warned, codes(&["AN", "NL"])),
        ("NL-R06", Warned, codes(&["ZZ"])),
        ("NL-R09", Refused, trusted),
        ("NL-R14", Refused, lookup),
    ];
    let sandboxes = sandboxes().await;
    let mut wrong = Vec::new();
    for (rule, wanted, body) in rows {
        let mut manifest = body.clone();
        manifest["kind"] = Kind::NamedLocation.as_str().into();
        let (_, findings) = parse(&manifest.to_string());
        let mut taken = [false; 2];
        for (taken, sandbox) in taken.iter_mut().zip(&sandboxes) {
            let path = "/identity/conditionalAccess/namedLocations";
            let (status, _) = sandbox.post(path, body.clone()).await;
            *taken = status == 201;
        }
        wrong.extend(judge(rule, wanted, client(rule, &findings), taken));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What lives in a tenant is no reason to refuse a plan that leaves it as it is.
#[tokio::test]
async fn what_a_tenant_holds_plans_empty_with_a_word() {
    let world = World::new().await;
    let policies = "/identity/conditionalAccess/policies";
    let contexts = "/identity/conditionalAccess/authenticationContextClassReferences";
    for id in ["c8", "c9"] {
        let body = json!({"displayName": id, "isAvailable": id == "c9"});
        let path = format!("{contexts}/{id}");
        world
            .hand
            .send(&Request::patch(Edition::V1, path, body))
            .await
            .unwrap();
    }
    let every = "internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider";
    let all = json!({"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"});
    let policy = |name: &str, conditions: Value| {
        json!({"displayName": name, "state": "disabled", "conditions": conditions,
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
    };
    let apps = json!({"includeApplications": ["All"]});
    let of = |contexts: &[&str]| json!({"includeAuthenticationContextClassReferences": contexts});
    for (name, apps, users) in [
        (
            "new form",
            apps.clone(),
            json!({"includeUsers": [], "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": every, "externalTenants": all}}),
        ),
        (
            "old form",
            apps.clone(),
            json!({"includeUsers": ["GuestsOrExternalUsers"]}),
        ),
        (
            "contexts",
            of(&["c8", "c9"]),
            json!({"includeUsers": ["All"]}),
        ),
    ] {
        let body = policy(name, json!({"applications": apps, "users": users}));
        world
            .hand
            .send(&Request::post(Edition::V1, policies, body))
            .await
            .unwrap();
    }
    let grant = "grantControls: { operator: OR, builtInControls: [mfa] }";
    let text = format!(
        "kind: ConditionalAccessPolicy
displayName: new form
state: disabled
conditions:
  applications: {{ includeApplications: [All] }}
  users: {{ includeUsers: [GuestsOrExternalUsers] }}
{grant}
---
kind: ConditionalAccessPolicy
displayName: old form
state: disabled
conditions:
  applications: {{ includeApplications: [All] }}
  users:
    includeGuestsOrExternalUsers: {{ guestOrExternalUserTypes: '{every}' }}
{grant}
---
kind: ConditionalAccessPolicy
displayName: contexts
state: disabled
conditions:
  applications: {{ includeAuthenticationContextClassReferences: [c8, c9] }}
  users: {{ includeUsers: [All] }}
{grant}
"
    );
    let plan = world.plan(&desired(&text)).await;
    assert!(plan.is_empty(), "{plan:#?}");
    let told: Vec<&str> = (plan.notices.iter())
        .filter_map(|found| found.rule.map(RuleId::as_str))
        .collect();
    assert_eq!(told, ["CA-R47"], "c8 is not published");
}

/// A strength of Microsoft's is known by every spelling, and the compliant network by its type.
#[tokio::test]
async fn what_microsoft_makes_is_known_by_id_and_type() {
    let world = World::new().await;
    let text = "kind: ConditionalAccessPolicy
displayName: Strong
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All] }
  locations: { includeLocations: [All], excludeLocations: [All compliant network locations] }
grantControls: { operator: OR, authenticationStrength: Multi-factor authentication }
";
    let plan = world.plan(&desired(text)).await;
    let after = &plan.actions[0].after;
    assert_eq!(after["grantControls"]["authenticationStrength"], MFA);
    let network = after["conditions"]["locations"]["excludeLocations"][0].as_str();
    assert!(gatewright::text::is_guid(network.unwrap()), "{after}");
}

/// What a tenant holds at most is known before the first write.
#[tokio::test]
async fn a_plan_that_ends_above_a_limit_is_refused_or_told() {
    let world = World::new().await;
    let locations = |count: usize| -> String {
        (0..count)
            .map(|n| {
                format!("kind: NamedLocation\ndisplayName: L{n}\nipRanges: [20.0.{n}.0/24]\n---\n")
            })
            .collect()
    };
    let findings = world.try_plan(&desired(&locations(196))).await.unwrap_err();
    let rules: Vec<Option<RuleId>> = findings.iter().map(|found| found.rule).collect();
    assert_eq!(rules, [RuleId::parse("NL-R01")]);
    assert!(world.try_plan(&desired(&locations(195))).await.is_ok());
    let strengths: String = (0..16)
        .map(|n| format!("kind: AuthenticationStrength\ndisplayName: S{n}\nallowedCombinations: [fido2]\n---\n"))
        .collect();
    let plan = world.plan(&desired(&strengths)).await;
    let told: Vec<Option<RuleId>> = plan.notices.iter().map(|found| found.rule).collect();
    assert_eq!(told, [RuleId::parse("AS-R01")]);
}
