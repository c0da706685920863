//! What one tenant has otherwise: manifests of its own, and patches; what is said of them, what is
//! planned from them, and what is written back.

use std::path::Path;

use crate::common::Project;

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  contoso:
    sandbox: .gatewright/sandbox.json
    manifests: [tenants/contoso]
    vars: { state: enabledForReportingButNotEnforced }
  fabrikam:
    default: true
    sandbox: .gatewright/fabrikam.json
    vars: { state: enabled }
";

const POLICIES: &str = "\
# For all of them.
kind: ConditionalAccessPolicy
displayName: CA001
state: ${state}
conditions:
  applications: { includeApplications: [All] }
  users:
    includeUsers: [All]
    excludeGroups: [CA-BreakGlass]
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA002
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  clientAppTypes: [exchangeActiveSync, other]
grantControls: { operator: OR, builtInControls: [block] }
---
kind: Group
displayName: CA-BreakGlass
";

const GROUP: &str = "kind: Group\ndisplayName: CA-Contoso\n";

const TARGET: &str = "kind: Patch\ntarget: { kind: ConditionalAccessPolicy, displayName: CA001 }\n";

/// A project of two tenants; `contoso` has these patches.
fn project(patches: &[&str]) -> Project {
    let patches: Vec<String> = patches.iter().map(|one| format!("{TARGET}{one}")).collect();
    Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("policies/all.yaml", POLICIES)
        .file("tenants/contoso/groups.yaml", GROUP)
        .file("tenants/contoso/patches.yaml", patches.join("---\n"))
}

const PATCH: &str = "\
merge:
  state: disabled
add:
  conditions: { users: { excludeGroups: [CA-Contoso] } }
";

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

#[test]
fn a_tenant_gets_its_own_manifests_and_patches() {
    let absent = "kind: Patch\ntarget: { kind: ConditionalAccessPolicy, displayName: CA002 }\nabsent: true\n";
    let project = project(&[PATCH]).file("tenants/contoso/absent.yaml", absent);
    let ran = project.run(&["render", "-t", "contoso"]);
    insta::assert_snapshot!("render", ran.snapshot());
    insta::assert_snapshot!(
        "render_other",
        project.run(&["render", "-t", "fabrikam"]).snapshot()
    );
    let ran = project.run(&["render", "-t", "contoso", "--format", "json"]);
    let output: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    crate::common::fits(&output, "render.schema.json");
    insta::assert_snapshot!("render_json", ran.snapshot());
    assert_eq!(project.run(&["validate"]).code, Some(0));
    insta::assert_snapshot!("plan", project.run(&["plan", "-t", "contoso"]).snapshot());
}

#[test]
fn what_is_rendered_is_a_project_that_renders_to_itself() {
    let project = project(&[PATCH]);
    let written = project.run(&["render", "-t", "contoso", "-o", "out"]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let again = project.run(&["render", "-t", "contoso", "-o", "out"]);
    insta::assert_snapshot!("render_refused", again.snapshot());
    assert_eq!(
        project
            .run(&["render", "-t", "contoso", "-o", "out", "--force"])
            .code,
        Some(0)
    );
    let mut copy = Project::empty().file(
        "gatewright.yaml",
        CONFIG
            .replace("[policies]", "[policies, tenants]")
            .replace("    manifests: [tenants/contoso]\n", ""),
    );
    for name in ["policies/all.yaml", "tenants/contoso/groups.yaml"] {
        copy = copy.file(name, read(&project, &format!("out/contoso/{name}")));
    }
    // The comments say where each came from, which is elsewhere now.
    let bare = |project: &Project| -> String {
        let text = project.run(&["render", "-t", "contoso"]).stdout;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| format!("{line}\n")).collect()
    };
    assert_eq!(bare(&copy), bare(&project));
}

#[cfg(unix)]
#[test]
fn rendered_files_are_not_written_through_a_link() {
    let project = project(&[PATCH]);
    std::fs::create_dir_all(project.path("out")).unwrap();
    std::os::unix::fs::symlink(project.path("elsewhere"), project.path("out/contoso")).unwrap();
    std::fs::create_dir_all(project.path("elsewhere")).unwrap();
    let ran = project.run(&["render", "-t", "contoso", "-o", "out", "--force"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let files = std::fs::read_dir(project.path("elsewhere"))
        .unwrap()
        .count();
    assert_eq!(files, 0);
}

/// A project is also cloned on Windows, and on file systems that ignore case.
#[test]
fn tenants_are_rendered_only_to_folders_that_every_system_has() {
    for (names, told) in [
        (["aux", "prod"], "the tenant `aux` has a name"),
        (["prod", "prod:eu"], "the tenant `prod:eu` has a name"),
        (["prod", "prod."], "the tenant `prod.` has a name"),
        (
            ["PROD", "prod"],
            "the tenants `PROD` and `prod` would share a folder",
        ),
    ] {
        let mut config = "version: 1\nmanifests: [policies]\ntenants:\n".to_owned();
        for (at, name) in names.iter().enumerate() {
            config.push_str(&format!(
                "  \"{name}\": {{ sandbox: .gatewright/{at}.json }}\n"
            ));
        }
        let group = "kind: Group\ndisplayName: CA-All\n";
        let project = Project::of("groups.yaml", group).file("gatewright.yaml", config);
        let ran = project.run(&["render", "-t", "all", "-o", "out"]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(told), "{}", ran.snapshot());
        assert!(!project.path("out").exists());
    }
}

#[test]
fn a_finding_names_the_patch_and_the_manifest() {
    // What the patch brought is wrong; what the manifest has is wrong with the patch.
    let wrong = "\
merge:
  grantControls: { builtInControls: [block, mfa] }
add:
  conditions: { users: { excludeGroups: [CA-Contos] } }
";
    let project = project(&[wrong]);
    insta::assert_snapshot!("finding", project.run(&["validate"]).snapshot());
    insta::assert_snapshot!(
        "finding_json",
        project.run(&["validate", "--format", "json"]).snapshot()
    );
    // Asked for the file of the manifest, too.
    let ran = project.run(&["validate", "policies/all.yaml"]);
    assert!(
        ran.stderr.contains("tenants/contoso/patches.yaml"),
        "{}",
        ran.stderr
    );
    let ran = project.run(&["plan", "-t", "contoso"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    // The other tenant has no part in it.
    let ran = project.run(&["plan", "-t", "fabrikam"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_reference_of_a_patch_that_does_not_resolve_names_both() {
    let project = project(&["add: { conditions: { users: { excludeGroups: [Nobodies] } } }\n"]);
    insta::assert_snapshot!(
        "reference",
        project.run(&["plan", "-t", "contoso"]).snapshot()
    );
}

#[test]
fn a_comment_in_a_patch_allows_what_the_patch_brought() {
    let strict = |patches: &str| {
        let project = project(&[]).file("tenants/contoso/patches.yaml", patches);
        project.run(&["validate", "--strict"])
    };
    // At what the patch brought, and on what the patch makes of the manifest.
    for (rule, comment, above, patch) in [
        (
            "unresolved-reference",
            "# gatewright: allow unresolved-reference of the tenant's own",
            "add:\n",
            "add:\n  conditions: { users: { excludeGroups: [CA-Contos] } }\n",
        ),
        (
            "CA-R08",
            "# gatewright: allow CA-R08 named for the reader",
            "kind:",
            "add:\n  conditions: { applications: { includeApplications: [Office365] } }\n",
        ),
    ] {
        let without = format!("{TARGET}{patch}");
        let ran = strict(&without);
        assert!(ran.stderr.contains(rule), "{}", ran.stderr);
        assert_eq!(ran.code, Some(1));
        let ran = strict(&without.replacen(above, &format!("{comment}\n{above}"), 1));
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn what_is_left_out_is_missing_to_what_refers_to_it() {
    let absent = "kind: Patch\ntarget: { kind: Group, displayName: CA-BreakGlass }\nabsent: true\n";
    let project = project(&[PATCH]).file("tenants/contoso/absent.yaml", absent);
    insta::assert_snapshot!(
        "left_out",
        project.run(&["validate", "-t", "contoso"]).snapshot()
    );
    insta::assert_snapshot!(
        "left_out_plan",
        project.run(&["plan", "-t", "contoso"]).snapshot()
    );
}

#[test]
fn a_patch_that_is_not_right_stops_its_tenant_alone() {
    let project = project(&["merge: { state: enabledForReportingButNotEnforced }\n"]);
    insta::assert_snapshot!("idle", project.run(&["validate"]).snapshot());
    assert_eq!(project.run(&["render", "-t", "contoso"]).code, Some(1));
    assert_eq!(project.run(&["render", "-t", "fabrikam"]).code, Some(0));
}

const LOCATION: &str = "kind: NamedLocation\ndisplayName: Office\nipRanges: [203.0.113.0/24]\n";

#[test]
fn what_one_tenant_needs_is_not_unused() {
    let told = |patch: &str| {
        let project = project(&[patch]).file("policies/office.yaml", LOCATION);
        project.run(&["validate"]).stderr
    };
    let used = told("merge: { conditions: { locations: { includeLocations: [Office] } } }\n");
    assert!(!used.contains("unused-object"), "{used}");
    let unused = told(PATCH);
    assert!(unused.contains("unused-object"), "{unused}");
}

#[test]
fn patches_are_formatted_and_mended_in_their_files() {
    let patch = "\
merge:
  sessionControls:
    signInFrequency:
      type: hours
      isEnabled: true
      value: 4
  grantControl: { operator: AND }
";
    let project = project(&[patch]);
    let ran = project.run(&["validate", "--fix"]);
    assert!(
        ran.stderr.contains("`grantControl` is now `grantControls`"),
        "{}",
        ran.stderr
    );
    project.run(&["fmt"]);
    insta::assert_snapshot!("formatted", read(&project, "tenants/contoso/patches.yaml"));
    assert_eq!(read(&project, "policies/all.yaml"), POLICIES);
}

#[test]
fn a_saved_plan_counts_its_patches() {
    let project = project(&[PATCH]);
    let ran = project.run(&["plan", "-t", "contoso", "--out", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let plan = read(&project, "plan.json");
    assert!(plan.contains("tenants/contoso/patches.yaml"), "{plan}");
    let path = project.path("tenants/contoso/patches.yaml");
    std::fs::write(
        path,
        format!("{TARGET}{}", PATCH.replace("disabled", "enabled")),
    )
    .unwrap();
    let ran = project.run(&["apply", "plan.json", "--yes"]);
    assert!(
        ran.stderr
            .contains("tenants/contoso/patches.yaml (changed)"),
        "{}",
        ran.stderr
    );
}

/// Applies to contoso, then changes its policy CA001 by applying other manifests, and adopts that.
fn adopted(patch: &str, change: impl Fn(&str) -> String) -> (Project, crate::common::Ran) {
    let project = project(&[patch]);
    let ran = project.allowing_anything(&["apply", "-t", "contoso", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // Somebody changes the policy: what is rendered, changed, as the manifests of another project.
    let ran = project.run(&["render", "-t", "contoso"]);
    let other = Project::empty()
        .file(
            "gatewright.yaml",
            "version: 1\nmanifests: [policies]\ntenants: { contoso: { sandbox: .gatewright/sandbox.json } }\n",
        )
        .file("policies/all.yaml", change(&ran.stdout));
    let copy = |from: &Path, to: &Path| {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    };
    let tenant = ".gatewright/sandbox.json";
    copy(&project.path(tenant), &other.path(tenant));
    let ran = other.allowing_anything(&["apply", "-t", "contoso", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    copy(&other.path(tenant), &project.path(tenant));
    let ran = project.run(&["drift", "-t", "contoso", "--adopt"]);
    (project, ran)
}

#[test]
fn what_a_patch_has_is_adopted_into_the_patch() {
    let (project, ran) = adopted(PATCH, |text| {
        text.replace("state: disabled", "state: enabled")
    });
    insta::assert_snapshot!("adopt_patch", ran.snapshot());
    assert_eq!(read(&project, "policies/all.yaml"), POLICIES);
    let patch = read(&project, "tenants/contoso/patches.yaml");
    assert_eq!(
        patch,
        format!("{TARGET}{}", PATCH.replace("disabled", "enabled"))
    );
    assert_eq!(project.run(&["drift", "-t", "contoso"]).code, Some(0));
}

#[test]
fn what_a_patch_does_not_have_is_adopted_into_the_manifest() {
    let (project, ran) = adopted(PATCH, |text| text.replace("[mfa]", "[compliantDevice]"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        read(&project, "policies/all.yaml"),
        POLICIES.replace("[mfa]", "[compliantDevice]")
    );
    assert_eq!(
        read(&project, "tenants/contoso/patches.yaml"),
        format!("{TARGET}{PATCH}")
    );
    assert_eq!(project.run(&["drift", "-t", "contoso"]).code, Some(0));
}

#[test]
fn what_cannot_be_adopted_names_both_places() {
    let patch = "merge: { grantControls: null, sessionControls: { persistentBrowser: { mode: never, isEnabled: true } } }\n";
    let (project, ran) = adopted(patch, |text| {
        text.replace(
            "sessionControls:",
            "grantControls: { operator: OR, builtInControls: [compliantDevice] }\nsessionControls:",
        )
    });
    insta::assert_snapshot!("adopt_refused", ran.snapshot());
    assert_eq!(read(&project, "policies/all.yaml"), POLICIES);
    assert_eq!(
        read(&project, "tenants/contoso/patches.yaml"),
        format!("{TARGET}{patch}")
    );
}

#[test]
fn what_is_found_in_one_tenant_is_written_to_its_own_folder() {
    let project = project(&[PATCH]).file("tenants/contoso/office.yaml", LOCATION);
    let ran = project.allowing_anything(&["apply", "-t", "contoso", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    std::fs::remove_file(project.path("tenants/contoso/office.yaml")).unwrap();
    let ran = project.run(&["import", "-t", "contoso"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let files = std::fs::read_dir(project.path("tenants/contoso")).unwrap();
    assert!(files.count() > 2, "{}", ran.stdout);
    // A folder of another tenant is no place for it.
    let elsewhere = project
        .file(
            "gatewright.yaml",
            CONFIG.replace(
                "fabrikam:\n",
                "fabrikam:\n    manifests: [tenants/fabrikam]\n",
            ),
        )
        .file(
            "tenants/fabrikam/a.yaml",
            LOCATION.replace("Office", "Other"),
        );
    let apply = elsewhere.run(&[
        "import",
        "-t",
        "contoso",
        "--to",
        "tenants/fabrikam",
        "--only",
        "location",
    ]);
    assert!(
        !elsewhere.path("tenants/fabrikam/locations").exists(),
        "{}",
        apply.stdout
    );
}

#[test]
fn a_tenant_may_have_manifests_of_its_own_alone() {
    let config = "version: 1\ntenants:\n  contoso: { sandbox: .gatewright/sandbox.json, manifests: [contoso] }\n  other: { sandbox: .gatewright/other.json }\n";
    let project = Project::empty()
        .file("gatewright.yaml", config)
        .file("contoso/groups.yaml", GROUP);
    let ran = project.run(&["render", "-t", "contoso"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(
        "no_manifests",
        project.run(&["plan", "-t", "other"]).snapshot()
    );
}

#[test]
fn a_folder_of_a_tenant_in_one_of_the_project_is_everybodys() {
    let config = CONFIG.replace("tenants/contoso]", "policies/contoso]");
    let project = Project::empty()
        .file("gatewright.yaml", config)
        .file("policies/all.yaml", POLICIES)
        .file("policies/contoso/groups.yaml", GROUP);
    let ran = project.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!("nested", ran.snapshot());
}
