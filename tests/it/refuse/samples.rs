//! One run for each file of `tests/samples`.

use std::path::Path;

use super::shown;
use crate::common::Project;

/// The files of a folder of samples: name without extension, and content.
fn samples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples")
        .join(folder);
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            assert_eq!(path.extension().unwrap(), "yaml", "{path:?}");
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() > 6);
    found
}

#[test]
fn what_is_wrong_in_itself_is_refused_without_a_tenant() {
    for (name, manifest) in samples("invalid") {
        let project = Project::of(&format!("{name}.yaml"), manifest);
        let ran = project.refuse(&["validate"]);
        shown!(format!("invalid/{name}"), ran.snapshot());
        // Plan says the same, and asks no tenant.
        let plan = project.refuse(&["plan", "-t", "sandbox"]);
        assert_eq!(plan.findings(), ran.findings(), "{name}");
        assert_eq!(plan.stdout, "", "{name}");
        assert!(!project.path(".gatewright").exists(), "{name}");
    }
}

/// What the service takes is not refused, however odd it is: a tenant may hold it.
#[test]
fn what_is_odd_is_told_and_taken() {
    for (name, manifest) in samples("odd") {
        let project = Project::of(&format!("{name}.yaml"), manifest);
        let ran = project.run(&["validate"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("warning[graph-rule"),
            "{}",
            ran.snapshot()
        );
        shown!(format!("odd/{name}"), ran.snapshot());
        assert_eq!(project.apply_anything().code, Some(0), "{name}");
        let again = project.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(again.code, Some(0), "{}", again.snapshot());
    }
}

#[test]
fn what_does_not_fit_the_tenant_is_refused_by_plan() {
    for (name, manifest) in samples("invalid/tenant") {
        let project = Project::of(&format!("{name}.yaml"), manifest);
        assert_eq!(project.run(&["validate"]).code, Some(0), "{name}");
        let ran = project.refuse(&["plan", "-t", "sandbox"]);
        shown!(format!("tenant/{name}"), ran.snapshot());
        assert_eq!(ran.stdout, "", "{name}");
        // Nor does apply write a part of it.
        let apply = project.refuse(&["apply", "-t", "sandbox", "--yes"]);
        assert_eq!(apply.findings(), ran.findings(), "{name}");
    }
}

#[test]
fn a_wrong_project_file_is_refused() {
    for (name, config) in samples("invalid/config") {
        let project = Project::of("pilot.yaml", "kind: Group\ndisplayName: Pilot\n")
            .file("gatewright.yaml", config)
            .env("GRAPH_TOKEN", "this-must-stay-secret");
        let ran = project.refuse(&["plan", "-t", "sandbox"]);
        shown!(format!("config/{name}"), ran.snapshot());
        assert!(!ran.snapshot().contains("must-stay-secret"), "{name}");
        let validate = project.refuse(&["validate"]);
        assert_eq!(validate.findings(), ran.findings(), "{name}");
    }
}

#[test]
fn what_is_right_is_taken() {
    for (name, manifest) in samples("valid") {
        let project = Project::of(&format!("{name}.yaml"), manifest);
        let ran = project.run(&["validate"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(
            !ran.stderr.contains("error") && !ran.stderr.contains("warning"),
            "{}",
            ran.snapshot()
        );
        // All of it, as it would be written.
        let plan = project.run(&["plan", "-t", "sandbox", "--full"]);
        assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
        shown!(
            format!("valid/{name}"),
            format!("{}\n\n{}", ran.snapshot(), plan.snapshot())
        );
        assert_eq!(project.tenant_file(), None, "{name}: plan writes nothing");
    }
}
