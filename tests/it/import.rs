//! Import: what a tenant or an export holds becomes manifests, and the next plan is empty.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::laws::{project, text};
use crate::world::run;

/// Every file below `policies`, with its content.
fn manifests(project: &Project) -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let name = path.strip_prefix(root).unwrap();
                found.insert(
                    name.to_string_lossy().into_owned(),
                    std::fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    let root = project.path("policies");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    found
}

/// The text of the manifest that has this display name.
fn manifest_of(project: &Project, name: &str) -> String {
    let line = format!("displayName: {name}\n");
    let all = manifests(project);
    let mut found = all.values().filter(|text| text.contains(&line));
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {all:#?}"));
    assert!(found.next().is_none(), "{name} twice");
    one.clone()
}

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

fn plans_empty(project: &Project) {
    let plan = project.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    assert!(plan.stdout.contains("No changes."), "{}", plan.snapshot());
}

fn policy(number: u32, name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = json!({
        "id": id(number),
        "displayName": name,
        "state": "enabled",
        "createdDateTime": "2024-01-01T00:00:00Z",
        "modifiedDateTime": null,
        "conditions": {
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": [], "applicationFilter": null},
            "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [], "excludeRoles": []},
            "clientAppTypes": ["all"],
            "platforms": null,
            "locations": null,
            "userRiskLevels": [],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": []},
        "sessionControls": null,
    });
    change(&mut policy);
    policy
}

fn id(number: u32) -> String {
    format!("00000000-1111-2222-3333-{number:012}")
}

fn group(number: u32, name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.group", "id": id(number), "displayName": name,
        "mailEnabled": false, "securityEnabled": true, "mailNickname": format!("g{number}"), "groupTypes": [],
    })
}

/// A tenant as tenants are: deleted groups, names that are not unique, odd names.
fn grown_tenant() -> Vec<Value> {
    vec![
        group(101, "Same"),
        group(102, "Same"),
        group(103, "Kept apart"),
        group(104, "mail@group"),
        json!({
            "@odata.type": "#microsoft.graph.user", "id": id(301), "displayName": "O'Neil", "accountEnabled": true,
            "userPrincipalName": "o'neil_ext#EXT#@contoso.com", "userType": "Guest",
        }),
        json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "id": id(201), "displayName": "HQ / Zürich", "isTrusted": true,
            "ipRanges": [
                {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.7/24"},
                {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:DB8::/32"},
            ],
        }),
        policy(1, "Refers to all sorts", |p| {
            p["conditions"]["users"] = json!({
                "includeUsers": [id(301), id(998)],
                "includeGroups": [id(104)],
                "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"],
                "excludeGroups": [id(101), id(103), id(999)],
            });
            p["conditions"]["locations"] = json!({
                "includeLocations": ["All"],
                "excludeLocations": [id(201), "00000000-0000-0000-0000-000000000000"],
            });
        }),
        policy(2, "Twin", |_| {}),
        policy(3, "Twin", |p| p["state"] = json!("disabled")),
        policy(4, "Strength", |p| {
            p["grantControls"] = json!({
                "operator": "OR", "builtInControls": [],
                "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA"},
            });
        }),
        policy(5, "Every time", |p| {
            p["sessionControls"] = json!({
                "signInFrequency": {
                    "value": null, "type": null, "authenticationType": "primaryAndSecondaryAuthentication",
                    "frequencyInterval": "everyTime", "isEnabled": true,
                },
                "persistentBrowser": null,
            });
        }),
    ]
}

/// A project without manifests, whose sandbox holds `objects` besides its own.
fn seeded(objects: &[Value]) -> Project {
    let project = Project::new().file("seed.json", json!({ "value": objects }).to_string());
    let ran = project.run(&["sandbox", "seed", "seed.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    project
}

#[test]
fn a_grown_tenant_imports_plans_empty_and_imports_again_to_the_same_bytes() {
    let project = seeded(&grown_tenant());
    let ran = project.run(&["import"]);
    done(&ran);
    insta::assert_snapshot!("grown_tenant", ran.snapshot());
    insta::assert_snapshot!("all_sorts", manifest_of(&project, "Refers to all sorts"));
    insta::assert_snapshot!("every_time", manifest_of(&project, "Every time"));
    insta::assert_snapshot!("location", manifest_of(&project, "HQ / Zürich"));
    plans_empty(&project);
    done(&project.run(&["validate"]));
    let first = manifests(&project);
    let again = project.run(&["import"]);
    done(&again);
    assert!(
        again.stdout.contains("are already up to date"),
        "{}",
        again.snapshot()
    );
    assert_eq!(first, manifests(&project));
    // A project of its own comes out the same.
    let other = seeded(&grown_tenant());
    done(&other.run(&["import"]));
    assert_eq!(first, manifests(&other));
}

#[test]
fn a_dry_run_shows_what_it_would_write_and_writes_nothing() {
    let project = seeded(&grown_tenant());
    let ran = project.run(&["import", "--dry-run", "--name", "Strength"]);
    done(&ran);
    assert!(
        ran.stdout
            .contains("authenticationStrength: Phishing-resistant MFA"),
        "{}",
        ran.snapshot()
    );
    assert!(manifests(&project).is_empty());
}

#[test]
fn kinds_and_names_narrow_an_import() {
    let project = seeded(&grown_tenant());
    done(&project.run(&["import", "--only", "location"]));
    let kinds = |project: &Project| -> Vec<String> {
        let mut kinds: Vec<String> = manifests(project)
            .values()
            .filter_map(|text| text.lines().find(|l| l.starts_with("kind: ")))
            .map(str::to_owned)
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(&project), ["kind: NamedLocation"]);
    let project = seeded(&grown_tenant());
    done(&project.run(&["import", "--prefix", "Twin", "--with", "Group"]));
    assert_eq!(manifests(&project).len(), 2, "both twins, and no group");
    let project = seeded(&grown_tenant());
    done(&project.run(&["import", "--with", "Group"]));
    assert_eq!(
        kinds(&project),
        [
            "kind: ConditionalAccessPolicy",
            "kind: Group",
            "kind: NamedLocation"
        ]
    );
    plans_empty(&project);
    assert_eq!(
        project.run(&["import", "--only", "Polisy"]).code,
        Some(64),
        "no such kind"
    );
}

#[test]
fn a_manifest_that_differs_is_left_alone_until_it_is_forced_and_keeps_its_comments() {
    let mine = "# why this policy exists\nkind: ConditionalAccessPolicy\ndisplayName: Strength # ticket 7\nstate: disabled # since the incident\nconditions:\n  applications: { includeApplications: [All] }\n  users:\n    includeUsers: [All] # everybody\n    excludeGroups: [Kept apart] # the lift\ngrantControls:\n  operator: OR\n  authenticationStrength: Phishing-resistant MFA # or better\n";
    let project = seeded(&grown_tenant()).file("policies/mine.yaml", mine);
    let ran = project.run(&["import", "--name", "Strength"]);
    done(&ran);
    assert!(
        ran.stdout
            .contains("1 manifest differs and was left as it is; --force changes it"),
        "{}",
        ran.snapshot()
    );
    assert_eq!(manifests(&project)["mine.yaml"], mine);
    done(&project.run(&["import", "--name", "Strength", "--force"]));
    assert_eq!(
        manifests(&project)["mine.yaml"],
        "# why this policy exists\nkind: ConditionalAccessPolicy\ndisplayName: Strength # ticket 7\nstate: enabled # since the incident\nconditions:\n  applications: { includeApplications: [All] }\n  users:\n    includeUsers: [All] # everybody\ngrantControls:\n  operator: OR\n  authenticationStrength: Phishing-resistant MFA # or better\n"
    );
    plans_empty(&project);
}

#[test]
fn names_cannot_lead_outside_the_folder_or_onto_each_other() {
    let names = [
        "../../outside".to_owned(),
        "/etc/passwd".to_owned(),
        "..\\..\\windows".to_owned(),
        "CON".to_owned(),
        "con.yaml".to_owned(),
        "aux.".to_owned(),
        "same".to_owned(),
        "SAME".to_owned(),
        "a/b".to_owned(),
        "a\\b".to_owned(),
        "a:b".to_owned(),
        "x".repeat(250),
        format!("{}y", "x".repeat(249)),
        "💥 ${bang} # no comment".to_owned(),
        "tab\tand \u{202e}turned".to_owned(),
        ".hidden".to_owned(),
        "- 1: {a}".to_owned(),
        "yes".to_owned(),
        "null".to_owned(),
        "@odata".to_owned(),
    ];
    let objects: Vec<Value> = names
        .iter()
        .zip(1..)
        .map(|(name, number)| policy(number, name, |_| {}))
        .collect();
    let project = seeded(&objects);
    let before = listing(&project.path("."));
    let ran = project.run(&["import", "--only", "policy"]);
    done(&ran);
    let files = manifests(&project);
    assert_eq!(files.len(), names.len(), "{files:#?}");
    let mut folded: Vec<String> = files.keys().map(|f| f.to_lowercase()).collect();
    folded.sort();
    folded.dedup();
    assert_eq!(folded.len(), names.len());
    assert_eq!(before, listing(&project.path(".")));
    for outside in ["../outside.yaml", "../../outside.yaml"] {
        assert!(!project.path(outside).exists(), "{outside}");
    }
    plans_empty(&project);
}

/// What stands in a folder, by name.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "policies")
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let project = seeded(&grown_tenant());
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), project.path("policies")).unwrap();
    let ran = project.run(&["import"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(std::fs::read_dir(outside.path()).unwrap().next().is_none());
}

#[test]
fn a_value_that_is_not_known_is_left_to_the_tenant_and_said() {
    let project = seeded(&[policy(1, "Newer", |_| {})]);
    // The sandbox takes no value that Graph does not have: it comes by way of its file.
    let file = project.path(".gatewright/sandbox.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replacen("\"mfa\"", "\"mfa\", \"quantumHandshake\"", 1);
    std::fs::write(&file, text).unwrap();
    let ran = project.run(&["import", "--only", "policy"]);
    done(&ran);
    assert!(
        ran.stderr.contains("quantumHandshake"),
        "{}",
        ran.snapshot()
    );
    let text = manifest_of(&project, "Newer");
    assert!(text.contains("builtInControls: [mfa]"), "{text}");
    assert!(
        text.contains("ignoreChanges: [grantControls.builtInControls]"),
        "{text}"
    );
    plans_empty(&project);
}

#[test]
fn what_one_tenant_gives_as_files_imports_as_the_tenant_itself_does() {
    let project = seeded(&grown_tenant());
    done(&project.run(&["import"]));
    let live = manifests(&project);
    // As a script would export it: full metadata, one file for each collection.
    let answers = run(async {
        let sandbox = project.sandbox().await;
        let mut answers = Vec::new();
        for path in [
            "/beta/identity/conditionalAccess/policies",
            "/beta/identity/conditionalAccess/namedLocations",
            "/groups",
            "/users",
        ] {
            let request = sandbox
                .request("GET", path)
                .header("Accept", "application/json;odata.metadata=full");
            let (status, body) = sandbox.send(request).await;
            assert_eq!(status, 200, "{body}");
            answers.push(body);
        }
        answers
    });
    let mut other = Project::new();
    for (number, answer) in answers.iter().enumerate() {
        // UTF-16 with a byte order mark and CRLF, as PowerShell writes it.
        let text = serde_json::to_string_pretty(answer)
            .unwrap()
            .replace('\n', "\r\n");
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        other = other.file(&format!("export/{number}.json"), bytes);
    }
    let ran = other.run(&["import", "--from", "export"]);
    // The twins are one too many: two manifests cannot have one name.
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("`Twin`"),
        "the second one is named: {}",
        ran.snapshot()
    );
    let exported = manifests(&other);
    for name in ["Every time", "Strength"] {
        assert_eq!(manifest_of(&project, name), manifest_of(&other, name));
    }
    assert_eq!(exported.len() + 1, live.len(), "{exported:#?}");
    let sorts = manifest_of(&other, "Refers to all sorts");
    for line in [
        "Global Administrator",
        "Kept apart",
        "HQ / Zürich",
        "o'neil_ext#EXT#@contoso.com",
    ] {
        assert!(sorts.contains(line), "{line} in {sorts}");
    }
    assert!(sorts.contains("the export gives no name for this id"));
}

#[test]
fn nothing_that_is_not_known_is_lost_in_silence() {
    let export = policy(1, "From the future", |p| {
        p["conditions"]["moonPhases"] = json!({"includePhases": ["full"]});
    });
    let project = Project::new().file("export/policy.json", export.to_string());
    let ran = project.run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("conditions.moonPhases"),
        "{}",
        ran.snapshot()
    );
    assert!(manifests(&project).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() })]

    /// Import of an export is the project: the tenant that a project makes imports to
    /// manifests that plan empty, and again to the same bytes.
    #[test]
    fn what_was_applied_is_imported(objects in project()) {
        let source = Project::of("all.yaml", text(&objects));
        let ran = source.apply_anything();
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let tenant = source.tenant_file().unwrap();
        let target = Project::new().file(".gatewright/sandbox.json", tenant);
        let ran = target.run(&["import", "--with", "Group,TestUser"]);
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let plan = target.run(&["plan", "--detailed-exitcode"]);
        prop_assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
        let first = manifests(&target);
        let ran = target.run(&["import", "--with", "Group,TestUser", "--force"]);
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        prop_assert_eq!(first, manifests(&target));
    }
}
