use serde_json::json;

use super::*;
use crate::model::refs::RefKind;

const ID: &str = "11111111-2222-3333-4444-555555555555";
const GROUP: &str = "aaaaaaaa-0000-0000-0000-000000000001";

fn of(files: &[(&str, &str)]) -> Export {
    let mut reader = ExportReader::default();
    for (name, text) in files {
        reader.add(name, Path::new(name), text.as_bytes(), files.len() == 1);
    }
    reader.finish()
}

fn of_one(text: &str) -> Export {
    of(&[("export.json", text)])
}

fn of_value(value: &Value) -> Export {
    of_one(&value.to_string())
}

fn policy(name: &str) -> Value {
    json!({
        "id": ID,
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": [GROUP]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

/// `code place: message` of each finding.
fn told(export: &Export) -> Vec<String> {
    export
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map_or(String::new(), |p| format!(" {p}"));
            format!("{} {}{place}: {}", f.severity, f.code, f.message)
        })
        .collect()
}

fn names(export: &Export) -> Vec<&str> {
    export.objects.iter().map(|o| o.object.name()).collect()
}

#[test]
fn every_encoding_gives_the_same_object() {
    let text = serde_json::to_string_pretty(&policy("Überall"))
        .unwrap()
        .replace('\n', "\r\n");
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mark = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
    let utf8_mark = [0xEF, 0xBB, 0xBF];
    let expected = of_one(&text).objects.remove(0).object;
    for bytes in [
        mark(&utf8_mark, text.as_bytes()),
        mark(&utf8_mark, &mark(&utf8_mark, text.as_bytes())),
        mark(&[0xFF, 0xFE], &le),
        mark(&[0xFE, 0xFF], &be),
        le.clone(),
        be.clone(),
    ] {
        let mut reader = ExportReader::default();
        reader.add("a.json", Path::new("a.json"), &bytes, true);
        let export = reader.finish();
        assert_eq!(told(&export), Vec::<String>::new());
        assert_eq!(export.objects[0].object, expected);
    }
}

#[test]
fn every_way_to_put_objects_together_is_read() {
    let (a, b) = (policy("A"), {
        let mut b = policy("B");
        b["id"] = json!("11111111-2222-3333-4444-555555555556");
        b
    });
    for text in [
        json!([a, b]).to_string(),
        json!([[a], [b]]).to_string(),
        json!({"value": [a, b]}).to_string(),
        json!({"value": [a, b], "Count": 2}).to_string(),
        format!("{}\n{}\n", json!({"value": [a]}), json!({"value": [b]})),
        format!("{a}\n{b}\n"),
        json!({"exportedAt": "today", "policies": [a, b]}).to_string(),
        json!({"responses": [{"id": "1", "status": 200, "body": {"value": [a, b]}}]}).to_string(),
    ] {
        let export = of_one(&text);
        assert_eq!(names(&export), ["A", "B"], "{text}");
        assert_eq!(told(&export), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_page_with_a_next_page_is_told() {
    let export = of_value(&json!({"value": [policy("A")], "@odata.nextLink": "https://x"}));
    assert_eq!(names(&export), ["A"]);
    assert_eq!(export.findings[0].code, Code::PartialList);
}

#[test]
fn groups_and_tables_give_names_to_ids() {
    let export = of(&[
        ("x/ConditionalAccess/a.json", &policy("A").to_string()),
        (
            "x/Groups/g.json",
            &json!({"id": GROUP.to_uppercase(), "displayName": "Break glass", "securityEnabled": true}).to_string(),
        ),
    ]);
    assert_eq!(told(&export), Vec::<String>::new());
    let known = export.names.by_id(RefKind::Group, GROUP).unwrap();
    assert_eq!(
        (known.name.as_str(), known.id.as_str()),
        ("Break glass", GROUP)
    );
    let group = export
        .objects
        .iter()
        .find(|o| o.kind == Kind::Group)
        .unwrap();
    assert!(group.companion);
}

/// The normal form of the only object.
fn only(export: &Export) -> Value {
    assert_eq!(export.objects.len(), 1, "{:?}", told(export));
    export.objects[0].object.normal_form()
}

#[test]
fn the_powershell_shape_is_the_same_policy() {
    // As `Get-MgIdentityConditionalAccessPolicy | ConvertTo-Json -Depth 10` writes it: names
    // in .NET's way, every member of every object, `AdditionalProperties` everywhere.
    let export = of_value(&json!({
        "Conditions": {
            "Applications": {
                "ApplicationFilter": {"Mode": null, "Rule": null, "AdditionalProperties": {}},
                "ExcludeApplications": [],
                "IncludeApplications": ["All"],
                "IncludeUserActions": [],
                "AdditionalProperties": {},
            },
            "AuthenticationFlows": {"TransferMethods": null},
            "ClientAppTypes": ["all"],
            "ClientApplications": {
                "ExcludeServicePrincipals": null,
                "IncludeServicePrincipals": null,
                "ServicePrincipalFilter": {"Mode": null, "Rule": null},
            },
            "Devices": {"DeviceFilter": {"Mode": null, "Rule": null}},
            "Locations": {"ExcludeLocations": null, "IncludeLocations": null},
            "UserRiskLevels": [],
            "Users": {
                "ExcludeGroups": [GROUP.to_uppercase()],
                "ExcludeGuestsOrExternalUsers": {
                    "ExternalTenants": {"MembershipKind": []},
                    "GuestOrExternalUserTypes": [],
                },
                "IncludeUsers": ["All"],
            },
        },
        "CreatedDateTime": {"value": "/Date(1600000000000)/", "DisplayHint": 2},
        "DisplayName": "A",
        "GrantControls": {
            "AuthenticationStrength": {"Id": null, "DisplayName": null, "AllowedCombinations": null},
            "BuiltInControls": ["mfa"],
            "Operator": "OR",
        },
        "Id": ID,
        "SessionControls": {
            "DisableResilienceDefaults": null,
            "SignInFrequency": {"IsEnabled": null, "Value": null},
        },
        "State": "enabled",
        "AdditionalProperties": {},
    }));
    assert_eq!(told(&export), Vec::<String>::new());
    assert_eq!(only(&export), only(&of_value(&policy("A"))));
    let raw = &export.objects[0].raw;
    assert_eq!(raw["conditions"]["users"]["excludeGroups"], json!([GROUP]));
    assert_eq!(raw["grantControls"]["authenticationStrength"], Value::Null);
}

#[test]
fn named_locations_of_powershell_keep_what_stands_in_additional_properties() {
    let export = of_value(&json!({
        "Id": ID, "DisplayName": "Offices", "AdditionalProperties": {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "isTrusted": true,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}],
        },
    }));
    assert_eq!(told(&export), Vec::<String>::new());
    let expected =
        json!({"displayName": "Offices", "ipRanges": ["203.0.113.0/24"], "isTrusted": true});
    assert_eq!(only(&export), expected);
    // The older module's names.
    let export = of_value(&json!({
        "OdataType": "#microsoft.graph.ipNamedLocation", "Id": ID, "DisplayName": "Offices",
        "IsTrusted": true, "IpRanges": [{"CidrAddress": "203.0.113.0/24"}],
        "CountriesAndRegions": null, "IncludeUnknownCountriesAndRegions": null,
    }));
    assert_eq!(told(&export), Vec::<String>::new());
    assert_eq!(only(&export), expected);
}

#[test]
fn what_powershell_cut_off_is_an_error_and_no_object() {
    let mut cut = policy("A");
    cut["conditions"]["users"] =
        json!("Microsoft.Graph.PowerShell.Models.MicrosoftGraphConditionalAccessUsers");
    cut["conditions"]["applications"]["includeApplications"] = json!("System.Object[]");
    let export = of_one(&serde_json::to_string_pretty(&cut).unwrap());
    assert!(export.objects.is_empty());
    insta::assert_snapshot!(told(&export).join("\n"), @r"
    error lost-data export.json:10:30: the export has lost what `includeApplications` held: PowerShell wrote the name of a type instead
    error lost-data export.json:12:14: the export has lost what `users` held: PowerShell wrote the name of a type instead
    ");
    for lost in [
        json!({"displayName": "A", "state": "enabled", "conditions": "@{users=}"}),
        json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "id": ID, "displayName": "L"}),
        json!({"id": ID, "displayName": "S", "allowedCombinations": "System.Object[]"}),
        json!({"displayName": "A", "state": "enabled", "conditions": {"users": {
            "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest",
                "externalTenants": {"membershipKind": "enumerated"}}}}}),
    ] {
        let export = of_value(&lost);
        assert!(export.objects.is_empty(), "{lost}");
        assert_eq!(export.findings[0].code, Code::LostData, "{lost}");
    }
}

#[test]
fn repairs_are_made_and_told() {
    let export = of_one(
        r#"{
  "displayName": "A",
  "state": "Report-only",
  "conditions": {
    "clientAppTypes": "browser other",
    "users": {
      "includeUsers": "All",
      "excludeGroups": [null, "{AAAAAAAA-0000-0000-0000-000000000001}"],
      "excludeUsers": [{"id": "aaaaaaaa-0000-0000-0000-000000000002", "userPrincipalName": "a@b"}],
      "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": ["serviceProvider", "internalGuest"]}
    },
    "applications": {"includeApplications": ["All"]},
    "userRiskLevels": ["High"],
    "devices": {"deviceFilter": {"mode": ["exclude"], "rule": "device.isCompliant -eq True"}}
  },
  "sessionControls": {
    "signInFrequency": {"value": "4", "type": "hours", "isEnabled": "True"}
  }
}"#,
    );
    insta::assert_snapshot!(told(&export).join("\n"), @r"
    hint repaired export.json:3:12: `state` is `Report-only`: it was read as `enabledForReportingButNotEnforced`
    hint repaired export.json:5:23: `clientAppTypes` is one string: it was split into a list
    hint repaired export.json:7:23: `includeUsers` is a single value: it was read as a list
    hint repaired export.json:8:24: `excludeGroups` holds `null`, which was left out
    hint repaired export.json:9:24: `excludeUsers` holds a whole object: its id was used
    warning graph-rule export.json:10:39: `includeGuestsOrExternalUsers` has no `externalTenants`: guests of all tenants are meant
    hint repaired export.json:14:42: `mode` is a list of one: the value was used
    hint repaired export.json:17:34: `value` is a string: it was read as a number
    hint repaired export.json:17:69: `isEnabled` is a string: it was read as a boolean
    ");
    assert_eq!(
        export.objects[0].raw,
        json!({
            "displayName": "A",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "clientAppTypes": ["browser", "other"],
                "users": {
                    "includeUsers": ["All"],
                    "excludeGroups": [GROUP],
                    "excludeUsers": ["aaaaaaaa-0000-0000-0000-000000000002"],
                    "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest,serviceProvider"},
                },
                "applications": {"includeApplications": ["All"]},
                "userRiskLevels": ["high"],
                "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}},
            },
            "sessionControls": {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": true}},
        })
    );
    assert!(
        export
            .names
            .by_id(RefKind::User, "aaaaaaaa-0000-0000-0000-000000000002")
            .is_some()
    );
}

#[test]
fn what_cannot_be_repaired_is_an_error() {
    for (pointer, value) in [
        ("/grantControls/builtInControls", json!([1])),
        ("/conditions/users", json!(["All"])),
        (
            "/sessionControls",
            json!({"signInFrequency": {"value": "four"}}),
        ),
        (
            "/sessionControls",
            json!({"persistentBrowser": {"isEnabled": "maybe"}}),
        ),
        ("/grantControls/operator", json!(["AND", "OR"])),
    ] {
        let mut broken = policy("A");
        broken["sessionControls"] = Value::Null;
        *broken.pointer_mut(pointer).unwrap() = value;
        let export = of_value(&broken);
        assert!(export.objects.is_empty(), "{broken}");
        assert_eq!(export.findings[0].code, Code::WrongType, "{broken}");
    }
}

#[test]
fn placeholders_names_and_unknown_members_are_kept_and_told() {
    let mut value = policy("103 - <RING> - Admins");
    value["conditions"]["users"]["excludeGroups"] = json!([
        "<ExclusionGroup>",
        "{{GroupId}}",
        "ENTRAGROUP_x",
        "CA-BreakGlass"
    ]);
    value["conditions"]["newCondition"] = json!({"a": 1});
    value["conditions"]["times"] = Value::Null;
    value["grantControls"]["builtInControls"] = json!(["mfa", "newControl", "unknownFutureValue"]);
    let export = of_one(&serde_json::to_string_pretty(&value).unwrap());
    insta::assert_snapshot!(told(&export).join("\n"), @r"
    warning placeholder export.json:3:18: `<RING>` in `displayName` is a placeholder; it is kept
    warning placeholder export.json:19:9: `<ExclusionGroup>` in `excludeGroups` is a placeholder, neither a name nor an id; it is kept
    warning placeholder export.json:20:9: `{{GroupId}}` in `excludeGroups` is a placeholder, neither a name nor an id; it is kept
    warning placeholder export.json:21:9: `ENTRAGROUP_x` in `excludeGroups` is a placeholder, neither a name nor an id; it is kept
    warning unmodelled-member export.json:25:5: gatewright does not know the property `newCondition`
    warning bad-value export.json:34:7: `newControl` is not a value of `builtInControls` that gatewright knows; it is kept
    warning bad-value export.json:35:7: `builtInControls` holds `unknownFutureValue`: the service had a value that it did not disclose to the export
    ");
    let policy = &export.objects[0];
    assert_eq!(
        policy.raw["conditions"]["users"]["excludeGroups"],
        json!([
            "<ExclusionGroup>",
            "{{GroupId}}",
            "ENTRAGROUP_x",
            "CA-BreakGlass"
        ])
    );
    assert_eq!(policy.unknown.len(), 1);
    assert_eq!(policy.unknown[0].pointer, "/conditions/newCondition");
}

#[test]
fn a_policy_without_a_state_is_report_only_and_without_conditions_none() {
    let mut value = policy("A");
    value.as_object_mut().unwrap().shift_remove("state");
    let export = of_value(&value);
    assert_eq!(only(&export)["state"], "enabledForReportingButNotEnforced");
    assert_eq!(export.findings[0].code, Code::MissingProperty);
    let export = of_value(&json!({"displayName": "A", "state": "enabled", "grantControls": {}}));
    assert!(export.objects.is_empty());
    assert_eq!(export.findings[0].severity, crate::finding::Severity::Error);
}

#[test]
fn a_template_becomes_a_report_only_policy() {
    let whole = policy("A");
    let export = of_value(&json!({"value": [{
        "id": ID, "name": "Require MFA", "description": "For all.", "scenarios": "zeroTrust",
        "details": {"conditions": whole["conditions"], "grantControls": whole["grantControls"], "sessionControls": null},
    }]}));
    assert_eq!(export.findings.len(), 1);
    assert_eq!(export.findings[0].code, Code::Repaired);
    assert_eq!(names(&export), ["Require MFA"]);
    assert_eq!(export.objects[0].object.id(), None);
    assert_eq!(only(&export)["state"], "enabledForReportingButNotEnforced");
    assert_eq!(export.objects[0].raw["templateId"], ID);
}

#[test]
fn annotations_are_no_members_and_a_strength_inside_gives_its_name() {
    let mut value = policy("A");
    value["@odata.context"] = json!("https://graph.microsoft.com/beta/$metadata#x/$entity");
    value["createdDateTime@odata.type"] = json!("#DateTimeOffset");
    value["#microsoft.graph.restore"] = json!({"title": "t", "target": "u"});
    value["grantControls"]["authenticationStrength@odata.context"] = json!("https://x");
    value["grantControls"]["authenticationStrength"] = json!({
        "@odata.id": "x", "id": GROUP, "displayName": "Keys", "policyType": "custom",
        "allowedCombinations": ["fido2"], "combinationConfigurations": [],
        "#microsoft.graph.usage": {},
    });
    let export = of_value(&value);
    assert_eq!(told(&export), Vec::<String>::new());
    let kinds: Vec<(Kind, bool)> = export
        .objects
        .iter()
        .map(|o| (o.kind, o.companion))
        .collect();
    assert_eq!(
        kinds,
        [
            (Kind::AuthenticationStrength, true),
            (Kind::ConditionalAccessPolicy, false)
        ]
    );
    assert_eq!(
        export.names.by_id(RefKind::Strength, GROUP).unwrap().name,
        "Keys"
    );
}

#[test]
fn expanded_members_become_ids_and_names() {
    let export = of_value(&json!({
        "id": GROUP, "displayName": "G", "securityEnabled": true, "organizationId": "%OrganizationId%",
        "members": [
            {"@odata.type": "#microsoft.graph.user", "id": ID, "userPrincipalName": "a@b.c", "displayName": "A"},
            {"@odata.type": "#microsoft.graph.group", "id": GROUP.replace('1', "2"), "displayName": "Inner"},
        ],
    }));
    assert_eq!(told(&export), Vec::<String>::new());
    assert_eq!(
        only(&export)["members"],
        json!([ID, GROUP.replace('1', "2")])
    );
    assert_eq!(export.names.by_id(RefKind::User, ID).unwrap().name, "a@b.c");
    assert!(
        export
            .names
            .by_id(RefKind::Group, &GROUP.replace('1', "2"))
            .is_some()
    );
}

#[test]
fn objects_that_stand_twice_are_told() {
    let location = |id: &str, country: &str, changed: &str| json!({"id": id, "displayName": "L", "countriesAndRegions": [country], "modifiedDateTime": changed});
    // The same again; then with other content; then the same name under another id.
    for (second, left, code, country) in [
        (location(ID, "NL", "2024"), 1, Code::DuplicateObject, "NL"),
        (
            location(&ID.to_uppercase(), "BE", "2025"),
            1,
            Code::DuplicateObject,
            "BE",
        ),
        (location(ID, "BE", "2023"), 1, Code::DuplicateObject, "NL"),
        (
            location(GROUP, "BE", "2025"),
            2,
            Code::DuplicateObject,
            "NL",
        ),
    ] {
        let export = of_value(&json!([location(ID, "NL", "2024"), second]));
        assert_eq!(export.objects.len(), left, "{second}");
        assert_eq!(export.findings[0].code, code);
        assert_eq!(
            export.objects[0].raw["countriesAndRegions"],
            json!([country]),
            "{second}"
        );
    }
    // A group that was renamed between two exports has two files.
    let group = |name: &str| json!({"id": GROUP, "displayName": name, "securityEnabled": true});
    let export = of_value(&json!([group("Old"), group("New"), group("Old")]));
    assert_eq!(export.objects.len(), 1);
    assert_eq!(export.findings.len(), 1);
    assert_eq!(
        export.names.by_id(RefKind::Group, GROUP).unwrap().name,
        "Old"
    );
}

#[test]
fn what_a_tool_adds_is_read_or_left_out() {
    let mut value = policy("A");
    value["GUID"] = json!(ID);
    value["LocationInfo"] = json!([
        {"displayName": "L", "@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["NL"]},
    ]);
    for text in [
        value.to_string(),
        // A row of a table, with the policy as a text.
        json!({"PartitionKey": "CATemplate", "RowKey": ID, "JSON": value.to_string()}).to_string(),
    ] {
        let export = of_one(&text);
        assert_eq!(names(&export), ["L", "A"], "{text}");
        let told = told(&export);
        assert!(
            matches!(told.as_slice(), [one] if one.contains("`GUID` is a tool's own")),
            "{told:?}"
        );
    }
}

#[test]
fn other_json_in_a_tree_is_passed_over_and_told_once() {
    let foreign =
        json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "X"});
    let export = of(&[
        ("a.json", &policy("A").to_string()),
        ("compliance.json", &foreign.to_string()),
        ("empty.json", "  "),
        ("list.json", "[]"),
        ("package.json", r#"{"name": "x", "version": "1"}"#),
        ("tsconfig.json", "{ // no\n oops }"),
    ]);
    assert_eq!(names(&export), ["A"]);
    insta::assert_snapshot!(told(&export).join("\n"), @r"
    hint passed-over: 3 files have no Conditional Access objects: `compliance.json`, `list.json`, `package.json`
    warning nothing-to-import empty.json:1:1: `empty.json` is empty
    warning json-syntax tsconfig.json:2:2: this is not well-formed JSON: expected a name in double quotes or `}` here
    ");
}

#[test]
fn a_named_file_without_anything_is_an_error() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"value": []}"#,
        r#"{"name": "x"}"#,
        "{ oops",
    ] {
        let export = of_one(text);
        assert_eq!(export.findings.len(), 1, "{text}: {:?}", told(&export));
        assert_eq!(
            export.findings[0].severity,
            crate::finding::Severity::Error,
            "{text}"
        );
    }
}

#[test]
fn broken_json_that_is_ours_is_an_error_with_its_place() {
    let export = of(&[
        (
            "a.json",
            "{\n  \"displayName\": \"A\",\n  \"conditions\": {\n    \"users\": { \"includeUsers\": [\"All\" }\n",
        ),
        ("b.json", &policy("B").to_string()),
    ]);
    assert_eq!(names(&export), ["B"]);
    assert_eq!(told(&export).len(), 1);
    assert!(
        told(&export)[0].starts_with("error json-syntax a.json:4:39: "),
        "{:?}",
        told(&export)
    );
}

#[test]
fn findings_of_one_file_are_bounded() {
    let many: Vec<Value> = (0..1000)
        .map(|n| json!({"displayName": format!("P{n}"), "state": "enabled", "conditions": "@{}"}))
        .collect();
    let export = of_value(&json!(many));
    assert!(export.findings.len() < 300);
    assert!(crate::finding::has_errors(&export.findings));
    assert!(
        told(&export)
            .iter()
            .any(|t| t.contains("more findings about"))
    );
}

#[test]
fn yaml_of_graph_is_read_when_it_is_named() {
    let text = "displayName: A\nstate: enabled\nconditions:\n  users: { includeUsers: [All] }\n  applications: { includeApplications: [All] }\n";
    let export = of(&[("a.yaml", text)]);
    assert_eq!(names(&export), ["A"]);
    assert_eq!(export.objects[0].source.place().to_string(), "a.yaml:1:14");
}

mod laws;
mod told;
