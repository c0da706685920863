//! The tutorial as one scenario: `examples/risk-tutorial`, its script line by line.

use std::path::Path;

use super::*;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            // What a run by hand leaves behind.
            true if entry.file_name() == ".gatewright" => {}
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn project() -> Project {
    let project = Project::empty();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("examples/risk-tutorial"), &project.path(""));
    project
}

/// The commands of the script: it holds nothing else.
fn commands(project: &Project) -> Vec<Vec<String>> {
    let script = std::fs::read_to_string(project.path("tutorial.sh")).unwrap();
    script
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            assert_eq!(words.next().as_deref(), Some("gatewright"), "{line}");
            words.collect()
        })
        .collect()
}

/// The tenant without what a tenant keeps of the past: its recycle bin, and what identity
/// protection saw.
fn remains(project: &Project) -> Value {
    let mut tenant = json_of(&project.run(&["sandbox", "export", "-t", "mfa"]));
    // A group in the recycle bin keeps its members.
    let gone = tenant["deletedObjects"].as_object().unwrap().clone();
    let members = tenant["members"].as_object_mut().unwrap();
    members.retain(|id, _| !gone.contains_key(id));
    for past in [
        "deletedObjects",
        "deletedPolicies",
        "riskDetections",
        "riskyUsers",
        "riskHistory",
    ] {
        tenant.as_object_mut().unwrap().remove(past).unwrap();
    }
    // The audit log begins with the first write.
    tenant.as_object_mut().unwrap().remove("audits");
    tenant
}

#[test]
fn the_script_does_what_the_tutorial_does_and_leaves_the_tenant_as_it_was() {
    let project = project();
    let before = remains(&project);
    let mut transcript = Vec::new();
    for command in commands(&project) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let ran = project.run(&words);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        // What plans look like is told elsewhere.
        if !matches!(words[0], "apply" | "destroy") {
            transcript.push(redacted(&ran));
        }
    }
    insta::assert_snapshot!("tutorial", transcript.join("\n\n"));
    assert_eq!(remains(&project), before);
}

/// What the tutorial's answers say at its steps, whatever the tables look like.
#[test]
fn each_step_ends_as_the_tutorial_prints_it() {
    let project = project();
    let state = |what: &str| {
        let ran = project.run(&["risk", what, "--user", "MyTestUser1", "--format", "json"]);
        let found = json_of(&ran);
        let one = &found[what][0];
        ["riskLevel", "riskState", "riskDetail"]
            .map(|member| one[member].as_str().unwrap_or_default().to_owned())
    };
    let mut seen = Vec::new();
    for command in commands(&project) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        assert_eq!(project.run(&words).code, Some(0));
        match words[..2] {
            ["sandbox", _] => seen.push(state("detections")),
            ["risk", "dismiss"] => seen.push(state("users")),
            _ => {}
        }
    }
    assert_eq!(
        seen,
        [
            ["medium", "atRisk", "none"],
            [
                "medium",
                "remediated",
                "userPassedMFADrivenByRiskBasedPolicy"
            ],
            ["medium", "atRisk", "none"],
            ["none", "dismissed", "adminDismissedAllRiskForUser"],
        ]
    );
}
