//! The command: what it writes, what it leaves alone, and what it answers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ALL;
use crate::common::{Project, Ran, fits};

fn project() -> Project {
    Project::of("all.yaml", ALL)
}

fn text(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

fn names(project: &Project, folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![project.path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(project.path("")).unwrap();
                    found.insert(name.to_string_lossy().replace('\\', "/"));
                }
            }
        }
    }
    found
}

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

fn stopped(ran: &Ran, message: &str) {
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains(message), "{}", ran.snapshot());
}

#[test]
fn terraform_is_what_a_person_would_write() {
    let project = project();
    let ran = project.run(&["export", "--as", "terraform"]);
    done(&ran);
    let files: Vec<String> = names(&project, "terraform")
        .iter()
        .map(|name| format!("=== {name}\n{}", text(&project, name)))
        .collect();
    insta::assert_snapshot!(format!("{}\n{}", ran.snapshot(), files.join("\n")));
}

#[test]
fn graph_has_a_body_for_each_object_and_says_what_to_send() {
    let project = project();
    let ran = project.run(&["export", "--as", "graph"]);
    done(&ran);
    let listed: Vec<String> = names(&project, "graph").into_iter().collect();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}\n{}",
        ran.snapshot(),
        listed.join("\n"),
        text(&project, "graph/requests.json"),
        text(&project, "graph/policies/CA002-Robots.json"),
    ));
}

#[test]
fn a_monitor_is_one_file() {
    let project = project();
    let ran = project.run(&[
        "export",
        "--as",
        "utcm",
        "-o",
        "baseline.json",
        "CA001 - Keys from outside",
        "HQ",
    ]);
    done(&ran);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        ran.snapshot(),
        text(&project, "baseline.json")
    ));
}

#[test]
fn what_is_there_is_left_unless_force_is_given() {
    let project = project();
    done(&project.run(&["export", "--as", "terraform"]));
    // The same again is no change.
    done(&project.run(&["export", "--as", "terraform"]));
    let before = text(&project, "terraform/groups.tf");
    std::fs::write(project.path("terraform/groups.tf"), "mine").unwrap();
    std::fs::remove_file(project.path("terraform/versions.tf")).unwrap();
    let ran = project.run(&["export", "--as", "terraform"]);
    stopped(&ran, "`terraform/groups.tf` exists already");
    assert_eq!(text(&project, "terraform/groups.tf"), "mine");
    assert!(!project.path("terraform/versions.tf").exists());
    done(&project.run(&["export", "--as", "terraform", "--force"]));
    assert_eq!(text(&project, "terraform/groups.tf"), before);
    assert!(project.path("terraform/versions.tf").exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let project = project()
        .file("elsewhere/groups.tf", "mine")
        .file("terraform/x", "");
    symlink(
        project.path("elsewhere/groups.tf"),
        project.path("terraform/groups.tf"),
    )
    .unwrap();
    let ran = project.run(&["export", "--as", "terraform", "--force"]);
    stopped(&ran, "is a link or no ordinary file");
    symlink(project.path("elsewhere"), project.path("graph")).unwrap();
    let ran = project.run(&["export", "--as", "graph", "--force"]);
    stopped(&ran, "is a link");
    symlink(project.path("nowhere"), project.path("utcm-monitor.json")).unwrap();
    let ran = project.run(&["export", "--as", "utcm", "--force"]);
    stopped(&ran, "is a link or no ordinary file");
    assert_eq!(names(&project, "elsewhere").len(), 1);
    assert_eq!(text(&project, "elsewhere/groups.tf"), "mine");
    assert!(!project.path("nowhere").exists());
    assert!(!project.path("terraform/policies.tf").exists());
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let project = project();
    for (arguments, message) in [
        (
            &["--as", "terraform", "-o", "no/such/place"][..],
            "there is no folder `no/such`",
        ),
        (
            &["--as", "utcm", "-o", "policies"],
            "`policies` is a folder",
        ),
        (
            &["--as", "utcm", "-o", "-"],
            "an export cannot be written to `-`",
        ),
        (
            &["--as", "graph", "-o", "policies/all.yaml"],
            "cannot write `policies/all.yaml",
        ),
        (
            &["--as", "graph", "CA001 - Keys from outsid"],
            "did you mean `CA001 - Keys from outside`?",
        ),
    ] {
        let arguments: Vec<&str> = ["export"].iter().chain(arguments).copied().collect();
        stopped(&project.run(&arguments), message);
    }
    assert_eq!(names(&project, "graph").len(), 0);
    assert_eq!(names(&project, "terraform").len(), 0);
}

#[test]
fn with_strict_what_is_lost_is_an_error_and_nothing_is_written() {
    let project = project();
    let ran = project.run(&["export", "--as", "terraform", "--strict"]);
    stopped(
        &ran,
        "error[export-loss]: the azuread provider cannot hold `sessionControls.secureSignInSession.isEnabled` of the conditional access policy `CA004 - Tokens`",
    );
    assert!(
        ran.stderr.contains("nothing was written"),
        "{}",
        ran.snapshot()
    );
    assert!(!project.path("terraform").exists());
    // What holds everything is written.
    done(&project.run(&["export", "--as", "terraform", "--strict", "HQ"]));
    // Nothing of it can be held.
    let ran = project.run(&["export", "--as", "bicep-msgraph", "HQ"]);
    stopped(
        &ran,
        "error[export-loss]: Bicep cannot hold the named location `HQ`",
    );
}

/// Each tenant has the compliant network location from the service: an export without it loses nothing.
#[test]
fn what_the_service_makes_in_each_tenant_is_no_loss() {
    let location = "kind: NamedLocation\ndisplayName: HQ\nipRanges: [198.51.100.0/24]\n";
    let project = Project::of("hq.yaml", location);
    done(&project.apply_anything());
    for format in ["graph", "terraform"] {
        let ran = project.run(&["export", "--as", format, "--live", "--strict"]);
        done(&ran);
        let told = "hint[export-note]";
        assert!(ran.stderr.contains(told), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("each tenant has its own"),
            "{}",
            ran.snapshot()
        );
        assert!(!names(&project, format).is_empty());
    }
    // Alone it is nothing that could be written.
    let name = "All Compliant Network Locations";
    let ran = project.run(&["export", "--as", "graph", "--live", "--force", name]);
    stopped(&ran, "error[export-loss]: there is nothing to export");
}

#[test]
fn a_policy_in_part_is_written_when_asked_for() {
    let project = project();
    let policy = "resource \"azuread_conditional_access_policy\" \"ca004_tokens\"";
    done(&project.run(&["export", "--as", "terraform"]));
    assert!(!text(&project, "terraform/policies.tf").contains(policy));
    done(&project.run(&["export", "--as", "terraform", "--partial", "--force"]));
    assert!(text(&project, "terraform/policies.tf").contains(policy));
}

#[test]
fn the_answer_as_json_fits_its_schema() {
    let project = project();
    for form in ["graph", "terraform", "utcm", "bicep-msgraph"] {
        let ran = project.run(&["export", "--as", form, "--format", "json"]);
        done(&ran);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        fits(&answer, "export.schema.json");
        assert_eq!(answer["as"], form);
        let objects = answer["objects"].as_array().unwrap().len();
        let left_out = answer["leftOut"].as_u64().unwrap() as usize;
        assert_eq!(objects + left_out, 14, "{form}");
    }
}

/// A name chooses no place outside of the folder, and no two names one file.
#[test]
fn hostile_names_stay_in_the_folder() {
    let hostile = [
        "../../outside",
        "/etc/passwd",
        "a\\b",
        "CON",
        "..",
        "Name",
        "name",
        "NAME",
        "n\u{202e}ame",
        ".hidden",
    ];
    let text: String = hostile
        .iter()
        .map(|name| {
            format!(
                "---\n{}\n",
                serde_json::json!({"kind": "Group", "displayName": name})
            )
        })
        .collect();
    let project = Project::of("all.yaml", text);
    let before = names(&project, "");
    done(&project.run(&["export", "--as", "graph"]));
    let after = names(&project, "");
    let new: Vec<&String> = after.difference(&before).collect();
    assert_eq!(new.len(), hostile.len() + 1, "{new:#?}");
    let folded: BTreeSet<String> = new.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), new.len());
    assert!(
        new.iter()
            .all(|name| name.starts_with("graph/") && !name.contains("..")),
        "{new:#?}"
    );
}

/// Of a tenant, ids: Terraform takes over what is there, and bodies hold no name.
#[test]
fn a_tenant_leaves_with_its_ids() {
    let manifests = ALL
        .replace("Payroll", "Office365")
        .replace(
            "includeApplications: [Office 365 Exchange Online, Office365]",
            "includeApplications: [Office 365 Exchange Online]",
        )
        .replace(
            "includeGroups: [CA-Pilot, Contractors]",
            "includeGroups: [CA-Pilot, Sales]",
        )
        .replace(", Branch]", "]")
        .replace(", termsOfUse: [Terms]", "")
        .replace(", excludeServicePrincipals: [Backup robot]", "");
    let project = Project::of("all.yaml", manifests);
    let ran = project.apply_anything();
    assert!(ran.code == Some(0), "{}", ran.snapshot());
    let ran = project.run(&[
        "export",
        "--as",
        "terraform",
        "--live",
        "--with",
        "Group,TestUser",
    ]);
    done(&ran);
    let imports = text(&project, "terraform/imports.tf");
    let tenant = project.tenant_file().unwrap();
    let ids: Vec<&str> = imports
        .lines()
        .filter_map(|line| line.trim().strip_prefix("id = "))
        .collect();
    let policies = ids
        .iter()
        .filter(|id| id.contains("/identity/conditionalAccess/policies/"))
        .count();
    assert_eq!(policies, 4, "{imports}");
    for kind in [
        "/identity/conditionalAccess/namedLocations/",
        "/policies/authenticationStrengthPolicies/",
        "/groups/",
        "/users/",
    ] {
        assert!(ids.iter().any(|id| id.contains(kind)), "{kind}: {imports}");
    }
    for id in &ids {
        let id = id.trim_matches('"').rsplit('/').next().unwrap();
        assert!(tenant.contains(id), "{id}");
    }
    // Nobody's password is asked for: the users are there.
    assert!(!project.path("terraform/variables.tf").exists());
    let policies = text(&project, "terraform/policies.tf");
    assert!(
        policies.contains("azuread_group.ca_breakglass.object_id"),
        "{policies}"
    );
    assert!(
        policies.contains("# adelev@contoso.com") || policies.contains("# AdeleV@contoso.com"),
        "{policies}"
    );
    let ran = project.run(&["export", "--as", "graph", "--live", "--format", "json"]);
    done(&ran);
    let requests: Value = serde_json::from_str(&text(&project, "graph/requests.json")).unwrap();
    for request in requests["requests"].as_array().unwrap() {
        assert!(request.get("names").is_none(), "{request}");
        assert!(request["madeFrom"].is_string(), "{request}");
    }
    // And in another project they are the manifests that an import of the tenant itself writes.
    let config = text(&project, "gatewright.yaml");
    let by_files = Project::empty().file("gatewright.yaml", &config);
    let graph = project.path("graph");
    done(&by_files.run(&["import", "--from", graph.to_str().unwrap()]));
    let by_tenant = Project::empty()
        .file("gatewright.yaml", &config)
        .file(".gatewright/sandbox.json", tenant);
    done(&by_tenant.run(&["import"]));
    let listed = names(&by_tenant, "policies");
    assert_eq!(names(&by_files, "policies"), listed);
    assert!(listed.len() > 9, "{listed:#?}");
    for name in &listed {
        assert_eq!(text(&by_files, name), text(&by_tenant, name), "{name}");
    }
}
