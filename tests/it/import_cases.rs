//! Exports as people have them, one trouble each: what becomes of the objects, what is said, and
//! that a second import writes nothing.

use serde_json::{Value, json};

use crate::common::{Project, Ran};

const GROUP: &str = "cccccccc-0000-4000-8000-000000000001";

fn policy(name: &str) -> Value {
    json!({
        "displayName": name,
        "state": "disabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": [GROUP]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        "sessionControls": null,
    })
}

fn with(mut base: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    base.pointer_mut(parent).unwrap()[name] = value;
    base
}

fn project(files: &[(&str, Value)]) -> Project {
    files.iter().fold(Project::new(), |project, (name, value)| {
        project.file(&format!("export/{name}"), value.to_string())
    })
}

/// Imports, asserts the exit code, and that another import writes nothing and says the same code.
fn imported(files: &[(&str, Value)], arguments: &[&str], code: i32) -> (Project, Ran) {
    let project = project(files);
    let arguments = [&["import", "--from", "export"], arguments].concat();
    let ran = project.run(&arguments);
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
    let again = project.run(&[&arguments[..], &["--force"]].concat());
    assert_eq!(again.code, Some(code), "{}", again.snapshot());
    for word in ["written", "changed"] {
        assert!(!again.stdout.contains(word), "{}", again.snapshot());
    }
    (project, ran)
}

fn manifest(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(&format!("policies/{name}.yaml"))).unwrap()
}

#[test]
fn a_second_object_of_one_name_or_id_is_told_counted_and_an_error() {
    let enabled = with(policy("Same"), "/state", "enabled".into());
    let (_, ran) = imported(&[("a.json", policy("Same")), ("b.json", enabled)], &[], 1);
    assert!(
        ran.stderr.contains("error[duplicate-name]"),
        "{}",
        ran.snapshot()
    );
    assert!(
        !ran.stderr.contains("duplicate-object"),
        "one finding: {}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.snapshot()
    );

    let id = "aaaaaaaa-0000-4000-8000-000000000001";
    let one = with(policy("One"), "/id", id.into());
    let two = with(policy("Two"), "/id", id.into());
    let (_, ran) = imported(&[("a.json", one.clone()), ("b.json", two)], &[], 1);
    assert!(
        ran.stderr.contains("`Two` has the same id as `One`"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.snapshot()
    );

    // The same again is no second one.
    let (_, ran) = imported(&[("a.json", one.clone()), ("b.json", one)], &[], 0);
    assert!(!ran.stderr.contains("error"), "{}", ran.snapshot());
}

#[test]
fn what_microsoft_makes_is_left_out_and_counted() {
    let strength = |id: &str, name: Value| json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": id, "displayName": name}});
    let mfa = "00000000-0000-0000-0000-000000000002";
    let keys = "00000000-0000-0000-0000-000000000004";
    let files = [
        (
            "a.json",
            policy("Microsoft-managed: Block legacy authentication"),
        ),
        (
            "b.json",
            with(
                policy("B"),
                "/grantControls",
                strength(mfa, "Multi-factor authentication".into()),
            ),
        ),
        (
            "c.json",
            with(policy("C"), "/grantControls", strength(keys, Value::Null)),
        ),
        (
            "d.json",
            json!({"id": mfa, "displayName": "Multifaktor-Authentifizierung", "allowedCombinations": ["fido2"]}),
        ),
        (
            "e.json",
            json!({"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation", "id": GROUP,
            "displayName": "All Compliant Network locations", "compliantNetworkType": "allTenantCompliantNetworks"}),
        ),
        (
            "f.json",
            json!({"id": mfa, "name": "A template", "details": policy("x")}),
        ),
    ];
    let (project, ran) = imported(&files, &[], 0);
    assert!(
        ran.stdout
            .contains("4 objects that Microsoft creates were left out"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("2 manifests written"),
        "{}",
        ran.snapshot()
    );
    assert!(manifest(&project, "B").contains("authenticationStrength: Multifactor authentication"));
    assert!(manifest(&project, "C").contains("authenticationStrength: Phishing-resistant MFA"));

    // Templates alone are what was asked for, and so is one by its name.
    let (_, ran) = imported(&files[5..], &[], 0);
    assert!(
        ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
    let (_, ran) = imported(&files, &["--name", "A template"], 0);
    assert!(
        ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn members_of_other_tools_are_dropped_or_read_and_told_once() {
    let mut body = policy("Template");
    body["tenantFilter"] = json!([{"label": "Contoso", "value": "contoso.com"}]);
    body["AuthContextInfo"] = json!([{"id": "c3", "displayName": "Secrets", "isAvailable": true}]);
    body["conditions"]["users"]["excludeGroupNames"] = json!(["Break glass"]);
    let row = json!({"PartitionKey": "CATemplate", "RowKey": "1", "JSON": body.to_string()});
    let (project, ran) = imported(&[("x.CATemplate.json", row)], &[], 0);
    assert_eq!(
        ran.stderr.matches("`tenantFilter`").count(),
        1,
        "{}",
        ran.snapshot()
    );
    assert!(
        manifest(&project, "Template").contains("Break glass"),
        "{}",
        manifest(&project, "Template")
    );
    assert!(
        project
            .path("policies/authentication-contexts/Secrets.yaml")
            .exists()
            || ran.stdout.contains("1 AuthenticationContext")
    );

    // Names alone stand for the list itself.
    let mut body = policy("Names");
    body["conditions"]["users"] =
        json!({"includeUsers": ["All"], "excludeGroups": [], "excludeGroupNames": ["Break glass"]});
    let (project, _) = imported(&[("a.json", body)], &[], 0);
    assert!(manifest(&project, "Names").contains("Break glass"));

    // The rest is an error until somebody says that it does not matter.
    let mut body = policy("Rest");
    body["conditions"]["moonPhases"] = json!(["full"]);
    body["conditions"]["tides"] = json!(["low"]);
    let (_, ran) = imported(&[("a.json", body.clone())], &[], 1);
    assert_eq!(
        ran.stderr.matches("error[").count(),
        1,
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stderr
            .contains("`conditions.moonPhases`, `conditions.tides`"),
        "{}",
        ran.snapshot()
    );
    let ignore = [
        "--ignore-member",
        "moonPhases",
        "--ignore-member",
        "conditions.tides",
    ];
    let (_, ran) = imported(&[("a.json", body)], &ignore, 0);
    assert!(
        ran.stderr.contains("as `--ignore-member` asks"),
        "{}",
        ran.snapshot()
    );
    assert!(!ran.stderr.contains("warning"), "{}", ran.snapshot());
}

#[test]
fn an_emptied_condition_that_makes_a_policy_wide_is_a_warning() {
    let block = with(
        policy("Block"),
        "/grantControls/builtInControls",
        json!(["block"]),
    );
    let block = with(
        block,
        "/conditions/locations",
        json!({"includeLocations": [], "excludeLocations": []}),
    );
    let mfa = with(
        policy("MFA"),
        "/conditions/platforms",
        json!({"includePlatforms": [], "excludePlatforms": []}),
    );
    let (_, ran) = imported(&[("a.json", block), ("b.json", mfa)], &[], 0);
    assert!(
        ran.stderr.contains("the policy blocks everywhere"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stderr.contains("the policy applies on every platform"),
        "{}",
        ran.snapshot()
    );
    // PowerShell writes each member of a condition that is none.
    let shell = json!({"DisplayName": "S", "State": "disabled", "Conditions": {
        "Applications": {"IncludeApplications": ["All"]}, "Users": {"IncludeUsers": ["All"]},
        "Locations": {"IncludeLocations": null, "ExcludeLocations": null}},
        "GrantControls": {"Operator": "OR", "BuiltInControls": ["mfa"]}});
    let (_, ran) = imported(&[("a.json", shell)], &[], 0);
    assert!(!ran.stderr.contains("holds nothing"), "{}", ran.snapshot());
}

#[test]
fn what_lives_in_a_tenant_is_imported_with_warnings() {
    let guests = |tenants: Value| json!({"guestOrExternalUserTypes": "internalGuest", "externalTenants": tenants});
    let users = "/conditions/users";
    let cases = [
        (
            "CA-R08",
            with(
                policy("P"),
                users,
                json!({"includeUsers": ["None"], "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}),
            ),
        ),
        (
            "CA-R27",
            with(
                policy("P"),
                users,
                json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": guests(Value::Null)}),
            ),
        ),
        (
            "CA-R27",
            with(
                policy("P"),
                users,
                json!({"includeUsers": [], "includeGuestsOrExternalUsers": guests(json!({
            "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "membershipKind": "enumerated", "members": []}))}),
            ),
        ),
        (
            "CA-R92",
            with(
                policy("P"),
                "/grantControls/builtInControls",
                json!(["verifiedID"]),
            ),
        ),
        (
            "CA-R48",
            with(
                policy("P"),
                "/conditions/applications",
                json!({"includeApplications": ["All"],
            "applicationFilter": {"mode": "include", "rule": "CustomSecurityAttribute.A_B -eq \"x\""}}),
            ),
        ),
        (
            "NL-R06",
            json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Old", "countriesAndRegions": ["AN", "NL"]}),
        ),
        // What is an error for who writes it is a warning for what was found.
        (
            "CA-R80",
            with(
                policy("P"),
                "/grantControls/builtInControls",
                json!(["mfa", "block"]),
            ),
        ),
    ];
    for (rule, body) in cases {
        let project = project(&[("a.json", body)]);
        let ran = project.run(&["import", "--from", "export"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let told = format!("warning[graph-rule: {rule}]");
        assert!(ran.stderr.contains(&told), "{rule}: {}", ran.snapshot());
        assert!(
            !ran.stderr.contains("Angola"),
            "another country: {}",
            ran.snapshot()
        );
        assert!(
            ran.stdout.contains("1 manifest written"),
            "{}",
            ran.snapshot()
        );
    }
    let country = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Home",
        "countriesAndRegions": ["DE"], "isTrusted": false, "countryLookupMethod": ""});
    let (_, ran) = imported(&[("a.json", country)], &[], 0);
    assert!(
        ran.stderr.contains("`countryLookupMethod` is empty"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn a_second_import_writes_the_same_bytes_although_a_group_has_a_nickname() {
    let group = json!({"id": GROUP, "displayName": "Break glass", "mailNickname": "abc",
        "securityEnabled": true, "mailEnabled": false, "groupTypes": []});
    let (project, ran) = imported(
        &[("a.json", policy("P")), ("g.json", group)],
        &["--with", "Group"],
        0,
    );
    assert!(
        ran.stdout.contains("2 manifests written"),
        "{}",
        ran.snapshot()
    );
    assert!(manifest(&project, "P").contains("Break glass"));
}

#[test]
fn a_migration_table_may_hold_applications_without_an_id() {
    let table = json!({"Objects": [
        {"DisplayName": "Break glass", "Id": GROUP, "Type": "Group"},
        {"DisplayName": "X", "Id": null, "AppId": "00000002-0000-0000-c000-000000000000", "Type": "ServicePrincipal"},
    ]});
    let (project, ran) = imported(
        &[("a.json", policy("P")), ("MigrationTable.json", table)],
        &[],
        0,
    );
    assert!(
        manifest(&project, "P").contains("Break glass"),
        "{}",
        ran.snapshot()
    );
    assert!(!ran.stderr.contains("not understood"), "{}", ran.snapshot());
}

#[test]
fn a_placeholder_that_a_companion_explains_is_resolved_and_each_is_told_once() {
    let of = |name: &str| {
        let body = with(
            policy(name),
            "/conditions/users/excludeGroups",
            json!(["%G1%", "%G2%"]),
        );
        with(
            body,
            "/grantControls",
            json!({"operator": "OR", "authenticationStrength": {"id": "%T%"}}),
        )
    };
    let files = [
        ("a.json", of("P")),
        ("b.json", of("Q")),
        (
            "g.json",
            json!({"id": "%G1%", "displayName": "CA-Exclude", "securityEnabled": true, "mailEnabled": false}),
        ),
        (
            "s.json",
            json!({"id": "%T%", "displayName": "TAP", "allowedCombinations": ["temporaryAccessPassOneTime"]}),
        ),
    ];
    let (project, ran) = imported(&files, &[], 0);
    let text = manifest(&project, "P");
    assert!(
        text.contains("CA-Exclude") && text.contains("authenticationStrength: TAP"),
        "{text}"
    );
    for (word, said) in [
        (
            "%G1%",
            "refers to the group `CA-Exclude` of the export (in 2 places; this is the first)",
        ),
        ("%T%", "refers to the authentication strength `TAP`"),
        (
            "%G2%",
            "is a placeholder, neither a name nor an id; it is kept (in 2 places",
        ),
    ] {
        let lines = ran
            .stderr
            .lines()
            .filter(|line| line.contains("[placeholder]") && line.contains(word));
        let lines: Vec<&str> = lines.collect();
        assert!(
            matches!(lines.as_slice(), [line] if line.contains(said)),
            "{word}: {}",
            ran.snapshot()
        );
    }
}

#[test]
fn expressions_scripts_and_terraform_are_called_what_they_are() {
    let body = with(
        policy("P"),
        "/conditions/users/excludeUsers",
        json!(["@{parameters('BreakGlass')}"]),
    );
    let (_, ran) = imported(&[("a.json", body)], &[], 0);
    assert!(
        ran.stderr.contains("is a template expression"),
        "{}",
        ran.snapshot()
    );
    assert!(!ran.stderr.contains("PowerShell"), "{}", ran.snapshot());

    let project = Project::new()
        .file("a.ps1", "New-MgIdentityConditionalAccessPolicy")
        .file(
            "code/main.tf",
            "resource \"azuread_conditional_access_policy\" \"x\" {}",
        );
    for (path, said) in [
        ("a.ps1", "a script of PowerShell"),
        ("code/main.tf", "written for Terraform"),
        ("code", "written for Terraform"),
    ] {
        let ran = project.run(&["import", "--from", path]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{}", ran.snapshot());
    }
}

#[test]
fn errors_stand_last_where_they_are_seen() {
    let mut broken = policy("Broken");
    broken["conditions"]["moonPhases"] = json!(["full"]);
    let (_, ran) = imported(&[("a.json", broken), ("b.json", policy("Fine"))], &[], 1);
    let at = |word: &str| {
        ran.stderr
            .find(word)
            .unwrap_or_else(|| panic!("{}", ran.snapshot()))
    };
    assert!(at("error[") > at("hint["), "{}", ran.snapshot());
}

/// A tenant that holds what is odd is imported whole, and the next plan is empty.
#[tokio::test]
async fn a_tenant_that_holds_what_is_odd_is_imported_and_plans_empty() {
    let project = Project::new();
    let sandbox = project.sandbox().await;
    let policies = "/identity/conditionalAccess/policies";
    let users =
        |value: Value| json!({"users": value, "applications": {"includeApplications": ["All"]}});
    for (name, conditions, grant) in [
        (
            "Admins",
            users(
                json!({"includeUsers": ["None"], "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}),
            ),
            json!(["mfa"]),
        ),
        (
            "Guests left out",
            users(
                json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest", "externalTenants": null}}),
            ),
            json!(["mfa"]),
        ),
        (
            "Verified",
            users(json!({"includeUsers": ["All"]})),
            json!(["verifiedID"]),
        ),
        (
            "Filtered",
            json!({"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"],
            "applicationFilter": {"mode": "include", "rule": "CustomSecurityAttribute.A_B -eq \"x\""}}}),
            json!(["mfa"]),
        ),
        (
            "Microsoft-managed: MFA",
            users(json!({"includeUsers": ["All"]})),
            json!(["mfa"]),
        ),
    ] {
        let body = json!({"displayName": name, "state": "disabled", "conditions": conditions,
            "grantControls": {"operator": "OR", "builtInControls": grant}});
        sandbox.made(&format!("/beta{policies}"), body).await;
    }
    let old = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Old", "countriesAndRegions": ["AN", "NL"]});
    sandbox
        .made("/identity/conditionalAccess/namedLocations", old)
        .await;
    sandbox.running.stop().await;
    let ran = project.run(&["import"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("5 manifests written"),
        "{}",
        ran.snapshot()
    );
    // Three strengths, the compliant network, and the policy.
    assert!(
        ran.stdout
            .contains("5 objects that Microsoft creates were left out"),
        "{}",
        ran.snapshot()
    );
    let plan = project.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    let again = project.run(&["import", "--force"]);
    assert!(
        !again.stdout.contains("written") && !again.stdout.contains("changed"),
        "{}",
        again.snapshot()
    );
}

/// A manifest that stands beside another in a file, and is not applied yet, is no fault of import.
#[test]
fn a_manifest_that_is_not_applied_yet_is_no_bug_of_import() {
    let text = |state: &str| {
        format!(
            "kind: ConditionalAccessPolicy
displayName: A
state: {state}
conditions:
  applications: {{ includeApplications: [All] }}
  users: {{ includeUsers: [All] }}
grantControls: {{ operator: OR, builtInControls: [mfa] }}
"
        )
    };
    let project = Project::of("a.yaml", text("disabled"));
    assert_eq!(project.apply_anything().code, Some(0));
    let both = format!(
        "{}---\n{}",
        text("enabledForReportingButNotEnforced"),
        text("disabled").replace("displayName: A", "displayName: B")
    );
    let project = project.file("policies/a.yaml", both);
    let ran = project.run(&["import", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(!ran.stderr.contains("report it"), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("changed in place"),
        "{}",
        ran.snapshot()
    );
}

fn grant(value: Value) -> Value {
    with(policy("P"), "/grantControls", value)
}

/// CA-R10: a guess could make a policy weaker.
#[test]
fn several_controls_without_an_operator_are_not_imported() {
    let strength = json!({"id": "00000000-0000-0000-0000-000000000004"});
    for several in [
        json!({"builtInControls": ["mfa", "compliantDevice"]}),
        json!({"operator": null, "builtInControls": ["mfa", "compliantDevice"]}),
        json!({"operator": " ", "builtInControls": ["compliantDevice"], "termsOfUse": [GROUP]}),
        json!({"operator": null, "builtInControls": ["compliantDevice"], "authenticationStrength": strength}),
        json!({"Operator": null, "BuiltInControls": "mfa compliantDevice"}),
    ] {
        let (_, ran) = imported(
            &[("a.json", grant(several)), ("b.json", policy("B"))],
            &[],
            1,
        );
        for said in [
            "error[missing-property: CA-R10]",
            "\"operator\": \"AND\"",
            "\"operator\": \"OR\"",
            "--> export/a.json:1:",
        ] {
            assert!(ran.stderr.contains(said), "{said}: {}", ran.snapshot());
        }
        assert!(
            ran.stdout.contains("1 manifest written")
                && ran.stdout.contains("1 object was not imported"),
            "{}",
            ran.snapshot()
        );
    }
    for single in [
        json!({"builtInControls": ["mfa"]}),
        json!({"operator": null, "builtInControls": ["mfa", "MFA"]}),
        json!({"operator": null, "builtInControls": [], "authenticationStrength": strength}),
    ] {
        let (project, ran) = imported(&[("a.json", grant(single))], &[], 0);
        assert!(
            ran.stderr
                .contains("hint[repaired]: `grantControls` has no `operator`"),
            "{}",
            ran.snapshot()
        );
        assert!(manifest(&project, "P").contains("operator: OR"));
    }
    // Of a template, too.
    let details = grant(json!({"builtInControls": ["mfa", "compliantDevice"]}));
    let template = json!({"id": GROUP, "name": "T", "details": details});
    let (_, ran) = imported(&[("a.json", template)], &[], 1);
    assert!(ran.stderr.contains("CA-R10"), "{}", ran.snapshot());
}

/// Left out in silence, the policy would be without it.
#[test]
fn a_session_control_that_does_not_say_whether_it_is_on_is_told() {
    let session = json!({"signInFrequency": {"value": 4, "type": "hours"}, "persistentBrowser": {"mode": null, "isEnabled": null}});
    let (project, ran) = imported(
        &[("a.json", with(policy("P"), "/sessionControls", session))],
        &[],
        0,
    );
    let told = "warning[missing-property]: `signInFrequency` does not say `isEnabled`";
    assert!(ran.stderr.contains(told), "{}", ran.snapshot());
    let text = manifest(&project, "P");
    assert!(
        text.contains("signInFrequency") && !text.contains("persistentBrowser"),
        "{text}"
    );
}

/// What the second value of a name takes away, nobody knows.
#[test]
fn an_object_with_a_name_twice_is_not_imported() {
    let good = policy("P").to_string();
    let twice = |name: &str, before: &str, after: &str| {
        assert!(good.contains(before), "{before}");
        good.replace(before, &format!("{before},\"{name}\":{after}"))
    };
    let text = good.clone();
    for (broken, name) in [
        (
            twice("state", "\"state\":\"disabled\"", "\"enabled\""),
            "state",
        ),
        (
            twice(
                "excludeGroups",
                &format!("\"excludeGroups\":[\"{GROUP}\"]"),
                "[]",
            ),
            "excludeGroups",
        ),
        (
            twice("displayName", "\"displayName\":\"P\"", "\"Q\""),
            "displayName",
        ),
        // In the text of a table's row, in a template, in a list of values.
        (
            json!({"RowKey": "1", "JSON": twice("state", "\"state\":\"disabled\"", "\"enabled\"")})
                .to_string(),
            "state",
        ),
        (
            format!(
                "{{\"id\":\"{GROUP}\",\"name\":\"T\",\"details\":{text},\"description\":\"a\",\"description\":\"b\"}}"
            ),
            "description",
        ),
        (
            json!({"value": [serde_json::from_str::<Value>(&text).unwrap()]})
                .to_string()
                .replace(
                    "\"operator\":\"OR\"",
                    "\"operator\":\"OR\",\"operator\":\"AND\"",
                ),
            "operator",
        ),
    ] {
        let (_, ran) = imported_texts(
            &[("a.json", &broken), ("b.json", &policy("B").to_string())],
            1,
        );
        let told = format!("error[duplicate-key]: `{name}` appears twice");
        assert_eq!(ran.stderr.matches(&told).count(), 1, "{}", ran.snapshot());
        assert!(
            ran.stdout.contains("1 manifest written")
                && ran.stdout.contains("1 object was not imported"),
            "{}",
            ran.snapshot()
        );
    }
    // The same value twice says nothing else, and a companion of two names gives none.
    let same = twice("state", "\"state\":\"disabled\"", "\"disabled\"");
    imported_texts(&[("a.json", &same)], 0);
    let group = format!(
        "{{\"id\":\"{GROUP}\",\"displayName\":\"One\",\"displayName\":\"Two\",\"securityEnabled\":true}}"
    );
    let (project, ran) = imported_texts(&[("a.json", &text), ("g.json", &group)], 1);
    assert!(
        manifest(&project, "P").contains(GROUP),
        "{}",
        ran.snapshot()
    );
    let table = format!(
        "{{\"Objects\":[{{\"Id\":\"{GROUP}\",\"Type\":\"Group\",\"DisplayName\":\"One\",\"DisplayName\":\"Two\"}}]}}"
    );
    let (project, ran) = imported_texts(&[("a.json", &text), ("t.json", &table)], 1);
    assert!(
        manifest(&project, "P").contains(GROUP),
        "{}",
        ran.snapshot()
    );
}

/// As `imported`, for texts that no JSON value has.
fn imported_texts(files: &[(&str, &str)], code: i32) -> (Project, Ran) {
    let project = files.iter().fold(Project::new(), |project, (name, text)| {
        project.file(&format!("export/{name}"), text)
    });
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
    let again = project.run(&["import", "--from", "export", "--force"]);
    assert_eq!(again.code, Some(code), "{}", again.snapshot());
    assert!(!again.stdout.contains("written"), "{}", again.snapshot());
    (project, ran)
}

#[test]
fn an_odd_row_of_a_migration_table_is_left_out_and_the_others_count() {
    let good = json!({"DisplayName": "Break glass", "Id": GROUP, "Type": "Group"});
    let other = "cccccccc-0000-4000-8000-000000000002";
    for odd in [
        Value::Null,
        json!([]),
        json!("x"),
        json!({"DisplayName": null, "Id": null, "Type": null}),
        json!({"DisplayName": "X", "Id": other}),
        json!({"DisplayName": "", "Id": other, "Type": "Group"}),
        json!({"DisplayName": "X", "Id": 5, "Type": 5}),
    ] {
        let table = json!({"TenantId": other, "Objects": [odd, good]});
        let files = [("a.json", policy("P")), ("MigrationTable.json", table)];
        let (project, ran) = imported(&files, &[], 0);
        assert!(
            manifest(&project, "P").contains("Break glass"),
            "{}",
            ran.snapshot()
        );
        assert!(
            ran.stderr
                .contains("warning[passed-over]: a row of the migration table names nothing")
                && ran.stderr.contains("--> export/MigrationTable.json:1:63"),
            "{}",
            ran.snapshot()
        );
    }
    // Several are one line, and a table of such rows alone is one, too.
    let table = json!({"TenantId": other, "Objects": [null, null, {"Id": other, "Type": "Group"}]});
    let (_, ran) = imported(
        &[("a.json", policy("P")), ("MigrationTable.json", table)],
        &[],
        0,
    );
    assert!(
        ran.stderr.contains("3 rows of the migration table"),
        "{}",
        ran.snapshot()
    );
    assert_eq!(
        ran.stderr.matches("passed-over").count(),
        1,
        "{}",
        ran.snapshot()
    );
    // What stands beside it is read, too.
    let both = json!({"Objects": [good], "policies": [policy("P")]});
    let (project, _) = imported(&[("a.json", both)], &[], 0);
    assert!(manifest(&project, "P").contains("Break glass"));
    // A list of one, which PowerShell made an object; a name twice beside the rows.
    let table = json!({"TenantId": other, "Objects": good});
    let files = [
        ("a.json", policy("P")),
        ("MigrationTable.json", table.clone()),
    ];
    let (project, _) = imported(&files, &[], 0);
    assert!(manifest(&project, "P").contains("Break glass"));
    let twice = table.to_string().replacen('{', "{\"TenantId\":\"x\",", 1);
    let files = [("a.json", policy("P").to_string()), ("t.json", twice)];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let (project, _) = imported_texts(&files, 1);
    assert!(manifest(&project, "P").contains("Break glass"));
    // Policies in a list of that name are policies.
    let list = json!({"TenantId": other, "Objects": [policy("P"), null]});
    let (_, ran) = imported(&[("a.json", list)], &[], 0);
    assert!(
        ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn several_values_in_one_text_are_several() {
    let other = "cccccccc-0000-4000-8000-000000000002";
    for (pointer, text, each) in [
        (
            "/conditions/users/excludeUsers",
            json!("a@contoso.com,b@contoso.com"),
            ["a@contoso.com", "b@contoso.com"],
        ),
        (
            "/conditions/users/excludeUsers",
            json!(["a@contoso.com; b@contoso.com"]),
            ["a@contoso.com", "b@contoso.com"],
        ),
        (
            "/conditions/users/excludeGroups",
            json!(format!("{GROUP} {other}")),
            [GROUP, other],
        ),
        (
            "/conditions/users/excludeRoles",
            json!("Global Administrator,Security Administrator"),
            ["Global Administrator", "Security Administrator"],
        ),
        (
            "/conditions/applications/excludeApplications",
            json!("Office365,MicrosoftAdminPortals"),
            ["Office365", "MicrosoftAdminPortals"],
        ),
        (
            "/conditions/clientAppTypes",
            json!(["browser,mobileAppsAndDesktopClients"]),
            ["browser", "mobileAppsAndDesktopClients"],
        ),
        (
            "/conditions/locations",
            json!({"includeLocations": "All", "excludeLocations": format!("AllTrusted,{other}")}),
            ["AllTrusted", other],
        ),
    ] {
        let (project, ran) = imported(&[("a.json", with(policy("P"), pointer, text))], &[], 0);
        assert!(ran.stderr.contains("hint[repaired]"), "{}", ran.snapshot());
        let text = manifest(&project, "P");
        for one in each {
            let item = |word: &str| word.trim_matches(['[', ']', ',', '-', ' ', '\'']) == one;
            let found = text.contains(one)
                && text.lines().any(|line| {
                    let line = line.split('#').next().unwrap_or_default();
                    line.split_once(':')
                        .map_or(line, |(_, list)| list)
                        .split(',')
                        .any(item)
                });
            assert!(found, "{one}: {text}");
        }
    }
    let location = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "L", "ipRanges": "203.0.113.0/24, 198.51.100.0/24"});
    let country = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "C", "countriesAndRegions": "DE,NL"});
    let (project, _) = imported(&[("a.json", location), ("b.json", country)], &[], 0);
    for (name, words) in [
        ("L", ["203.0.113.0/24", "198.51.100.0/24"]),
        ("C", ["DE", "NL"]),
    ] {
        let text = manifest(&project, &format!("named-locations/{name}"));
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(
            !text.contains("DE,NL") && !text.contains("24, 198.51.100.0/24'"),
            "{text}"
        );
    }
    // A name may hold a comma: it stays one, which is told.
    let (project, ran) = imported(
        &[(
            "a.json",
            with(
                policy("P"),
                "/conditions/users/excludeGroups",
                "Sales, North".into(),
            ),
        )],
        &[],
        0,
    );
    assert!(
        ran.stderr.contains("it was kept as one value"),
        "{}",
        ran.snapshot()
    );
    assert!(manifest(&project, "P").contains("Sales, North"));
}

/// What was imported as it was found stops no later import.
#[tokio::test]
async fn an_imported_object_that_breaks_a_rule_stops_no_later_import() {
    let location = |range: &str| json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "L", "ipRanges": [{"cidrAddress": range}]});
    // The tenant has no such group.
    let alone = |name: &str| with(policy(name), "/conditions/users/excludeGroups", json!([]));
    let both = with(
        alone("B"),
        "/grantControls/builtInControls",
        json!(["mfa", "block"]),
    );
    for (rule, body) in [("NL-R03", location("999.1.1.1/33")), ("CA-R80", both)] {
        let (project, _) = imported(&[("a.json", body)], &[], 0);
        let project = project.file("more/p.json", alone("P").to_string());
        let ran = project.run(&["import", "--from", "more"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(
            ran.stdout.contains("1 manifest written"),
            "{}",
            ran.snapshot()
        );
        let told = format!("warning[graph-rule: {rule}]");
        assert!(ran.stderr.contains(&told), "{}", ran.snapshot());
        // From a tenant, too; but `validate` and `plan` refuse it.
        let ran = project.run(&["import"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(ran.stderr.contains(&told), "{}", ran.snapshot());
        for command in ["validate", "plan"] {
            let ran = project.run(&[command]);
            assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        }
    }
    // What would stop it is not written.
    let named = with(
        location("203.0.113.0/24"),
        "/displayName",
        "AllTrusted".into(),
    );
    let (_, ran) = imported(&[("a.json", named), ("b.json", policy("P"))], &[], 1);
    assert!(
        ran.stderr
            .contains("cannot be distinguished from the special value")
            && ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.snapshot()
    );
    // A manifest that is no manifest stops it, as before.
    let project = project(&[("a.json", policy("P"))]).file("policies/x.yaml", "kind: Group\n");
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
}

#[test]
fn the_members_to_ignore_are_such_that_would_be_lost() {
    let mut body = policy("P");
    body["conditions"]["moonPhases"] = json!(["full"]);
    body["conditions"]["tides"] = json!(["low"]);
    body["conditions"]["mode"] = json!("x");
    let files = [("a.json", body)];
    for (name, said) in [
        ("", "name the member"),
        ("moonPhases,,tides", "name the member"),
        ("conditions", "knows the member `conditions`"),
        ("users", "knows the member `users`"),
        ("ExcludeGroups", "knows the member `ExcludeGroups`"),
        ("conditions.users", "knows the member `conditions.users`"),
        ("grantControls.authenticationStrength", "knows the member"),
        ("mode", "knows the member `mode`"),
    ] {
        let ran = project(&files).run(&["import", "--from", "export", "--ignore-member", name]);
        assert_ne!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{name}: {}", ran.snapshot());
        assert!(!ran.stdout.contains("written"), "{}", ran.snapshot());
    }
    // The help names them all, and what it says works.
    let (_, ran) = imported(&files, &[], 1);
    let all = "moonPhases,tides,conditions.mode";
    let told = format!("`--ignore-member {all}` leaves them out if they do not matter");
    assert!(ran.stderr.contains(&told), "{}", ran.snapshot());
    let (_, ran) = imported(&files, &["--ignore-member", all], 0);
    assert!(!ran.stderr.contains("nothing out"), "{}", ran.snapshot());
    let (_, ran) = imported(&files, &["--ignore-member", &format!("{all},moonPhase")], 0);
    assert!(
        ran.stderr
            .contains("`--ignore-member moonPhase` leaves nothing out")
            && ran.stderr.contains("did you mean `moonPhases`?"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn what_the_system_says_is_told_once() {
    let project = project(&[("a.json", policy("P"))])
        .file("policies/g.yaml", "kind: Group\ndisplayName: G\n");
    for arguments in [
        ["import", "--from", "nosuch"],
        ["whatif", "--sign-ins", "nosuch"],
        ["whatif", "--case", "nosuch"],
    ] {
        let ran = project.run(&arguments);
        assert_eq!(
            ran.stderr.matches("os error 2").count(),
            1,
            "{}",
            ran.snapshot()
        );
    }
}

/// Members of lists and groups, values of flags and objects that hold nothing: what is lost is told.
#[test]
fn nothing_of_another_type_is_lost_without_a_word() {
    for (pointer, value, told) in [
        (
            "/conditions/insiderRiskLevels",
            json!([1, 2]),
            "error[wrong-type]: `insiderRiskLevels` is a list",
        ),
        (
            "/conditions/authenticationFlows",
            json!({"transferMethods": [1, "deviceCodeFlow"]}),
            "error[wrong-type]: `transferMethods` is a list",
        ),
        (
            "/conditions/locations",
            json!({"id": GROUP}),
            "error[wrong-type]: `locations` holds nothing that Graph knows there",
        ),
        (
            "/grantControls",
            json!({"operator": "OR", "termsOfUse@odata.bind": [GROUP]}),
            "error[lost-data]: `termsOfUse@odata.bind`",
        ),
        (
            "/conditions/users/excludeGuestsOrExternalUsers",
            json!({"guestOrExternalUserTypes": "internalGuest", "externalTenants": {"membershipKind": "enumerated", "members": null}}),
            "error[lost-data]: the export has lost the tenants",
        ),
    ] {
        let (_, ran) = imported(&[("a.json", with(policy("P"), pointer, value))], &[], 1);
        assert!(ran.stderr.contains(told), "{told}: {}", ran.snapshot());
        assert!(
            ran.stdout.contains("1 object was not imported"),
            "{}",
            ran.snapshot()
        );
    }
    let (_, ran) = imported(
        &[("a.json", with(policy("P"), "/state", " ".into()))],
        &[],
        0,
    );
    assert!(ran.stderr.contains("has no `state`"), "{}", ran.snapshot());
    for address in [
        "https://graph.microsoft.com/v1.0/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004",
        "policies/authenticationStrengthPolicies('00000000-0000-0000-0000-000000000004')",
    ] {
        let grant = json!({"operator": "OR", "authenticationStrength@odata.bind": address});
        let (project, _) = imported(
            &[("a.json", with(policy("P"), "/grantControls", grant))],
            &[],
            0,
        );
        assert!(manifest(&project, "P").contains("authenticationStrength: Phishing-resistant MFA"));
    }
}

/// Written down as nobody, a plan would take everybody out.
#[test]
fn the_members_of_a_group_are_all_or_none_of_it_is_written() {
    let group = |members: Value| json!({"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "G", "securityEnabled": true, "mailEnabled": false, "members": members});
    let other = "cccccccc-0000-4000-8000-000000000002";
    let with_group = ["--with", "Group"];
    for odd in [
        json!(5),
        json!([5]),
        json!([{"displayName": "Bob"}]),
        json!([["x"]]),
        json!(["bob@contoso.com Bob"]),
    ] {
        let files = [("a.json", policy("P")), ("g.json", group(odd))];
        let (_, ran) = imported(&files, &with_group, 1);
        assert!(
            ran.stderr.contains("error[wrong-type]: `members` holds"),
            "{}",
            ran.snapshot()
        );
    }
    for (members, written) in [
        (json!([]), Some("members: []")),
        (json!([null]), None),
        (json!(""), None),
        (Value::Null, None),
        (json!({"id": other, "displayName": "Bob"}), Some(other)),
        (json!({"value": [other], "Count": 1}), Some(other)),
        (json!("Bob Smith"), Some("members: [Bob Smith]")),
        (
            json!(["a@contoso.com;b@contoso.com"]),
            Some("members: [a@contoso.com, b@contoso.com]"),
        ),
    ] {
        let files = [("a.json", policy("P")), ("g.json", group(members))];
        let (project, _) = imported(&files, &with_group, 0);
        let text = manifest(&project, "groups/G");
        match written {
            Some(written) => assert!(text.contains(written), "{written}: {text}"),
            None => assert!(!text.contains("members"), "{text}"),
        }
    }
}

#[test]
fn a_text_with_an_id_and_more_is_told() {
    for text in [
        "Bob <bob@contoso.com>; Eve <eve@contoso.com>",
        "[\"x\",\"bob@contoso.com\"]",
    ] {
        for value in [json!(text), json!([text])] {
            let body = with(policy("P"), "/conditions/users/excludeUsers", value);
            let (_, ran) = imported(&[("a.json", body)], &[], 0);
            assert!(
                ran.stderr
                    .contains("and was kept as one value: it refers to nobody"),
                "{}",
                ran.snapshot()
            );
        }
    }
}

/// The form of another tool is told as that, once, and an answer that is an error as one.
#[test]
fn what_is_no_export_of_graph_is_called_what_it_is() {
    let dsc = json!([
        {"ResourceName": "AADConditionalAccessPolicy", "DisplayName": "P", "IncludeUsers": ["All"]},
        {"ResourceName": "AADNamedLocationPolicy", "DisplayName": "L", "IpRanges": ["203.0.113.0/24"]},
    ]);
    let (_, ran) = imported(&[("a.json", dsc), ("b.json", policy("B"))], &[], 1);
    assert!(
        ran.stderr
            .contains("this and 1 more are a resource of Microsoft365DSC")
            && ran.stdout.contains("1 manifest written")
            && ran.stdout.contains("2 objects were not imported"),
        "{}",
        ran.snapshot()
    );
    let error = json!({"error": {"code": "Forbidden", "message": "no"}});
    let answers = json!({"responses": [{"id": "1", "status": 403, "body": error}]});
    for body in [error, answers] {
        let (_, ran) = imported(&[("a.json", body.clone())], &[], 1);
        assert!(
            ran.stderr.contains("error that Graph returned")
                && ran.stderr.contains("error[nothing-to-import]"),
            "{}",
            ran.snapshot()
        );
        imported(&[("a.json", body), ("b.json", policy("B"))], &[], 0);
    }
}

/// A manifest that the project's reader refuses would stop every later import.
#[test]
fn an_object_too_large_for_a_manifest_is_not_written() {
    let (_, ran) = imported(&[("a.json", policy(&"x".repeat(9 << 20)))], &[], 1);
    assert!(
        ran.stderr.contains("error[file-too-large]")
            && ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.code.unwrap_or_default()
    );
}

#[test]
fn a_thousand_unknown_members_and_ids_take_no_time() {
    let mut body = policy("P");
    for n in 0..2000 {
        body[format!("m{n}")] = n.into();
    }
    let (_, ran) = imported(&[("a.json", body)], &[], 1);
    assert!(
        ran.stderr.contains("and 1995 more") && !ran.stderr.contains("--ignore-member"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn what_was_deleted_is_not_made_anew() {
    let deleted = |body: Value| with(body, "/deletedDateTime", "2025-01-01T00:00:00Z".into());
    let group = json!({"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "G", "securityEnabled": true});
    let files = [
        ("a.json", deleted(policy("P"))),
        ("b.json", policy("B")),
        ("g.json", deleted(group)),
        ("c.json", with(policy("C"), "/deletedDateTime", Value::Null)),
    ];
    let (project, ran) = imported(&files, &["--with", "Group"], 0);
    assert!(
        ran.stdout.contains("2 manifests written")
            && ran.stderr.contains(
                "the conditional access policy `P` was already deleted when it was exported"
            )
            && ran.stderr.contains("the group `G` was already deleted"),
        "{}",
        ran.snapshot()
    );
    // It gives its name all the same.
    assert!(manifest(&project, "B").contains("excludeGroups: [G]"));
}

/// It would be read as everybody.
#[test]
fn a_group_that_is_called_as_a_special_value_stays_an_id() {
    for name in ["All", "none", "GuestsOrExternalUsers"] {
        let group = json!({"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": name, "securityEnabled": true});
        let (project, _) = imported(&[("a.json", policy("P")), ("g.json", group)], &[], 0);
        assert!(manifest(&project, "P").contains(GROUP), "{name}");
    }
}

#[test]
fn what_lies_too_deep_in_a_tree_is_told() {
    let deep = "d/".repeat(40);
    let name = format!("{deep}a.json");
    let files = [("b.json", policy("B")), (name.as_str(), policy("P"))];
    let (_, ran) = imported(&files, &[], 1);
    assert!(
        ran.stderr.contains("is more than 32 folders") && ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
}

const STRENGTH: &str = "dddddddd-0000-4000-8000-000000000001";

/// A policy that asks for a strength, which stands whole inside it.
fn asking(policy_name: &str, id: &str, name: &str, combinations: &[&str]) -> Value {
    let grant = json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {
        "id": id, "displayName": name, "policyType": "custom", "allowedCombinations": combinations}});
    with(policy(policy_name), "/grantControls", grant)
}

fn says(ran: &Ran, text: &str) {
    assert!(ran.stderr.contains(text), "{text}\n{}", ran.snapshot());
}

/// What an id means decides what a policy asks for: two answers are an error, wherever they stand.
#[test]
fn copies_of_one_strength_that_differ_are_told() {
    let weak = asking("A", STRENGTH, "Strong", &["password,sms"]);
    let strong = asking("B", STRENGTH, "Strong", &["fido2"]);
    let (_, ran) = imported(
        &[("a.json", weak.clone()), ("b.json", strong.clone())],
        &[],
        1,
    );
    says(
        &ran,
        "error[duplicate-object]: the authentication strength `Strong` is here twice, with different content",
    );
    assert!(
        ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.snapshot()
    );
    // Its own file is taken, and the copy told.
    let own = json!({"id": STRENGTH, "displayName": "Strong", "policyType": "custom",
        "description": "Keys", "allowedCombinations": ["fido2"]});
    let files = [("a.json", weak), ("strengths/s.json", own.clone())];
    let (project, ran) = imported(&files, &[], 1);
    says(&ran, "error[duplicate-object]");
    let text = manifest(&project, "authentication-strengths/Strong");
    assert!(text.contains("allowedCombinations: [fido2]"), "{text}");
    // A copy that only says less is none that differs.
    let files = [
        ("a.json", strong.clone()),
        ("c.json", strong),
        ("strengths/s.json", own),
    ];
    let (project, ran) = imported(&files, &[], 0);
    assert!(!ran.stderr.contains("error"), "{}", ran.snapshot());
    let text = manifest(&project, "authentication-strengths/Strong");
    assert!(text.contains("description: Keys"), "{text}");
    let renamed = asking("D", STRENGTH, "Other", &["fido2"]);
    let files = [
        ("a.json", asking("A", STRENGTH, "Strong", &["fido2"])),
        ("d.json", renamed),
    ];
    let (_, ran) = imported(&files, &[], 1);
    says(&ran, "`Other` has the same id as `Strong`");
}

#[test]
fn a_second_strength_of_one_name_is_not_imported() {
    let other = "dddddddd-0000-4000-8000-000000000002";
    let files = [
        ("a.json", asking("A", STRENGTH, "Strong", &["fido2"])),
        ("b.json", asking("B", other, "Strong", &["password,sms"])),
    ];
    let (project, ran) = imported(&files, &[], 1);
    says(
        &ran,
        "error[duplicate-name]: a second authentication strength is named `Strong`; it was not imported",
    );
    assert!(
        ran.stdout.contains("1 object was not imported"),
        "{}",
        ran.snapshot()
    );
    // Neither policy asks for the other's.
    assert!(manifest(&project, "A").contains(&format!("authenticationStrength: {STRENGTH}")));
    assert!(manifest(&project, "B").contains(&format!("authenticationStrength: {other}")));
}

/// By the name alone, policies would ask for Microsoft's own.
#[test]
fn a_strength_with_a_name_of_microsofts_stays_another_one() {
    let files = [(
        "a.json",
        asking("A", STRENGTH, "Phishing resistant MFA", &["password,sms"]),
    )];
    let (project, ran) = imported(&files, &[], 0);
    says(&ran, "is identified by its id");
    let text = manifest(&project, "authentication-strengths/Phishing-resistant-MFA");
    assert!(text.contains(&format!("id: {STRENGTH}")), "{text}");
    assert!(manifest(&project, "A").contains(&format!("authenticationStrength: {STRENGTH}")));
    let project = Project::of(
        "s.yaml",
        "kind: AuthenticationStrength\ndisplayName: Phishing resistant MFA\nallowedCombinations: [\"password,sms\"]\n",
    );
    let ran = project.run(&["validate"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    says(
        &ran,
        "rename it: policies that refer to it by this name mean Microsoft's own",
    );
}

#[test]
fn a_location_of_both_kinds_that_does_not_say_which_is_an_error() {
    let both = json!({"displayName": "HQ", "isTrusted": true,
        "ipRanges": [{"cidrAddress": "198.51.100.0/24"}], "countriesAndRegions": ["DE"]});
    let (_, ran) = imported(&[("a.json", both)], &[], 1);
    says(&ran, "both IP ranges and countries");
    let odd = json!({"displayName": "HQ", "@odata.type": "#microsoft.graph.ipNamedLocation",
        "ipRanges": [{"lowerAddress": "198.51.100.0", "upperAddress": "198.51.100.9"}]});
    let (_, ran) = imported(&[("a.json", odd)], &[], 1);
    says(&ran, "`ipRanges` has a range without `cidrAddress`");
}

/// A policy that broke off before the words that only policies have, and a file that stayed empty.
#[test]
fn broken_files_beside_good_ones_are_errors() {
    let cut = r#"{"displayName": "Cut", "state": "enabled", "conditions": {"clientAppTypes": ["all"], "use"#;
    let project = project(&[("ok.json", policy("OK"))]).file("export/cut.json", cut);
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    says(&ran, "error[json-syntax]");
    let project = project_of_empty("export/ConditionalAccess/CA001.json");
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    says(&ran, "CA001.json` is empty");
    // What an export has beside them.
    let project = project_of_empty("export/log.json");
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

fn project_of_empty(name: &str) -> Project {
    project(&[("ok.json", policy("OK"))]).file(name, "")
}

/// Schemas describe objects, and a log tells what they were: a deleted policy does not come back.
#[test]
fn schemas_and_logs_hold_no_objects() {
    let project = project(&[("ok.json", policy("OK"))]);
    assert_eq!(
        project.run(&["schema", "--out", "export/schema"]).code,
        Some(0)
    );
    let api = json!({"openapi": "3.1.0", "paths": {"/x": {"get": {"example": policy("Example")}}}});
    let project = project.file("export/api.json", api.to_string());
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
    let was = policy("Gone").to_string();
    let record = |activity: &str| {
        json!({"value": [{"activityDisplayName": activity, "targetResources": [
        {"modifiedProperties": [{"displayName": "ConditionalAccessPolicy", "oldValue": was, "newValue": null}]}]}]})
    };
    let (_, ran) = imported(
        &[("log.json", record("Delete conditional access policy"))],
        &[],
        1,
    );
    says(&ran, "a record of the audit log");
    let (_, ran) = imported(
        &[
            ("log.json", record("Delete policy")),
            ("ok.json", policy("OK")),
        ],
        &[],
        0,
    );
    assert!(
        ran.stdout.contains("1 manifest written"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn a_name_that_nothing_has_is_an_error() {
    let files = [("a.json", policy("CA001 - Admins"))];
    let (_, ran) = imported(&files, &["--name", "CA001 - Admin"], 1);
    says(&ran, "no object is named `CA001 - Admin`");
    says(&ran, "did you mean `CA001 - Admins`?");
    let (_, ran) = imported(&files, &["--prefix", "CA9"], 1);
    says(&ran, "no object has a name that begins with `CA9`");
    let project = Project::new();
    let ran = project.run(&["import", "--name", "No such policy"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    says(&ran, "no object is named `No such policy`");
}

#[test]
fn numbers_of_other_languages_are_read_or_told_by_their_member() {
    let every = |value: Value| {
        with(
            policy("A"),
            "/sessionControls",
            json!({"signInFrequency":
        {"isEnabled": true, "frequencyInterval": "timeBased", "type": "hours", "value": value}}),
        )
    };
    let (project, ran) = imported(&[("a.json", every(json!(4.0)))], &[], 0);
    says(&ran, "`value` is written with a decimal point");
    assert!(
        manifest(&project, "A").contains("value: 4\n"),
        "{}",
        manifest(&project, "A")
    );
    for wrong in [json!(4.5), json!(1e300), json!(3_000_000_000_u32)] {
        let (_, ran) = imported(&[("a.json", every(wrong))], &[], 1);
        says(&ran, "error[wrong-type]: `value` is a");
    }
}

#[test]
fn what_graph_does_not_use_is_left_out_and_told() {
    let described = with(policy("A"), "/description", "Owner: SOC".into());
    let (_, ran) = imported(&[("a.json", described)], &[], 0);
    says(&ran, "Graph does not use the `description` of a policy");
    let always = with(
        policy("A"),
        "/sessionControls",
        json!({"signInFrequency":
        {"isEnabled": true, "frequencyInterval": "everyTime", "type": "hours", "value": 4}}),
    );
    let (_, ran) = imported(&[("a.json", always)], &[], 0);
    says(
        &ran,
        "`value` of a sign-in frequency of every time means nothing",
    );
}
