//! `gatewright init`: it asks for nothing, and what it writes is right.

use std::collections::BTreeSet;
use std::path::Path;

use serde_yaml::Value;

use crate::common::{Project, Ran};

const SERVICES: [&str; 3] = ["github", "azure", "gitlab"];

fn init(arguments: &[&str]) -> (Project, Ran) {
    let project = Project::empty();
    let all: Vec<&str> = ["init"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let ran = project.run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    (project, ran)
}

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn yaml(project: &Project, name: &str) -> Value {
    serde_yaml::from_str(&read(project, name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The files below a folder, with `/` between the parts of their names.
fn files(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type().unwrap().is_dir() {
                true => walk(&entry.path(), &format!("{name}/"), found),
                false => _ = found.insert(name),
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, "", &mut found);
    found
}

#[test]
fn every_file_is_right_by_its_schema_and_in_its_usual_form() {
    use gatewright::manifest::{
        config::config_schema, guards::guards_schema, schema::manifest_schema,
    };
    let (project, _) = init(&[]);
    let files = files(project.path("").as_path());
    for name in files
        .iter()
        .filter(|name| name.ends_with(".yaml") && !name.starts_with('.'))
    {
        let schema = match name.as_str() {
            "gatewright.yaml" => config_schema(),
            "guards.yaml" => guards_schema(),
            _ => manifest_schema(),
        };
        let validator = jsonschema::validator_for(&schema).unwrap();
        for document in serde_yaml::Deserializer::from_str(&read(&project, name)) {
            let value: serde_json::Value = serde::Deserialize::deserialize(document).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
    let ran = project.run(&["fmt", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[test]
fn a_project_with_any_pipeline_validates_and_plans() {
    for service in SERVICES {
        let (project, _) = init(&["--ci", service]);
        let ran = project.run(&["validate"]);
        assert_eq!(ran.code, Some(0), "{service}: {}", ran.snapshot());
        assert!(
            !ran.stderr.contains("warning["),
            "{service}: {}",
            ran.stderr
        );
        let ran = project.run(&["plan"]);
        assert_eq!(ran.code, Some(0), "{service}: {}", ran.snapshot());
    }
}

#[test]
fn the_next_command_can_be_pasted_when_the_folder_has_a_blank() {
    let (project, ran) = init(&["my tenant"]);
    let shown = match cfg!(windows) {
        true => r#"-C ".\my tenant""#,
        false => "-C './my tenant'",
    };
    assert!(ran.stderr.contains(shown), "{}", ran.stderr);
    let plan = project.run(&["-C", "my tenant", "validate"]);
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
}

#[test]
fn a_bare_project_has_no_manifest() {
    let (project, ran) = init(&["--bare"]);
    let found = files(&project.path(""));
    assert!(
        !found.iter().any(|f| f.starts_with("policies/")),
        "{found:?}"
    );
    for file in [
        "gatewright.yaml",
        "guards.yaml",
        ".gitignore",
        ".vscode/settings.json",
    ] {
        assert!(found.contains(file), "{file}: {found:?}");
    }
    assert!(
        ran.stderr.contains("gatewright import -t NAME"),
        "{}",
        ran.stderr
    );
    // What is imported is not in report-only: no claim is taken out, with that reason.
    let config = read(&project, "gatewright.yaml");
    assert!(config.trim_end().ends_with("left open"), "{config}");
    let ran = project.run(&["plan"]);
    assert!(
        ran.stderr.contains("error[missing-folder"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn pipelines_come_into_a_project_that_is_in_use() {
    let mine = "name: mine\n";
    let project = Project::new().file(".github/workflows/plan.yml", mine);
    let ran = project.run(&["init", "--ci", "github", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let found = files(&project.path(""));
    assert!(found.contains(".github/workflows/apply.yml"), "{found:?}");
    assert!(
        !found.iter().any(|f| f.starts_with("policies/")),
        "{found:?}"
    );
    assert_eq!(
        read(&project, ".github/workflows/plan.yml"),
        mine,
        "it is not overwritten"
    );
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let kept = answer["kept"].as_array().unwrap();
    assert!(
        kept.contains(&".github/workflows/plan.yml".into()),
        "{answer}"
    );
}

#[test]
fn what_has_to_be_filled_in_is_said() {
    for service in SERVICES {
        let (project, ran) = init(&["--ci", service]);
        let line = ran
            .stderr
            .lines()
            .find(|l| l.starts_with("The pipelines need "))
            .unwrap();
        for file in files(&project.path(""))
            .iter()
            .filter(|f| line.contains(f.as_str()))
        {
            assert!(project.path(file).is_file());
        }
        assert!(line.contains("the tenant `prod`"), "{line}");
        // Nobody's repository or package is guessed: a name that nobody owns yet may be somebody
        // else's tomorrow.
        for file in files(&project.path("")) {
            if !file.ends_with(".json") {
                let text = read(&project, &file);
                assert!(!text.contains("github.com/gatewright"), "{file}");
                assert!(!text.contains("uses: gatewright/"), "{file}");
            }
        }
    }
}

const WORKFLOWS: [&str; 3] = [
    ".github/workflows/plan.yml",
    ".github/workflows/apply.yml",
    ".github/workflows/drift.yml",
];

fn jobs(workflow: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let jobs = workflow["jobs"].as_mapping().unwrap();
    jobs.iter().map(|(name, job)| (name.as_str().unwrap(), job))
}

fn may(job: &Value, permission: &str) -> bool {
    job["permissions"][permission].as_str() == Some("write")
}

#[test]
fn a_job_that_signs_in_to_the_tenant_cannot_write_to_the_repository() {
    let (project, _) = init(&["--ci", "github"]);
    let mut signing_in = 0;
    for file in WORKFLOWS {
        let workflow = yaml(&project, file);
        assert_eq!(
            workflow["permissions"],
            Value::Mapping(Default::default()),
            "{file}"
        );
        for (name, job) in jobs(&workflow) {
            assert!(
                job["permissions"].is_mapping(),
                "{file}: {name} says what it may"
            );
            assert!(job["timeout-minutes"].is_number(), "{file}: {name}");
            if may(job, "id-token") {
                signing_in += 1;
                assert!(
                    !may(job, "contents") && !may(job, "pull-requests"),
                    "{file}: {name}"
                );
                assert!(
                    job["environment"].is_string(),
                    "{file}: {name}: its subject names one"
                );
            } else {
                assert!(job["environment"].is_null(), "{file}: {name}");
            }
        }
    }
    assert_eq!(signing_in, 4, "plan, plan and apply, drift");
}

#[test]
fn a_fork_gets_no_identity() {
    let (project, _) = init(&["--ci", "github"]);
    for file in WORKFLOWS {
        let workflow = yaml(&project, file);
        // `on` is the boolean true to YAML 1.1 and a text to YAML 1.2.
        let on = workflow
            .get("on")
            .or_else(|| workflow.get(Value::Bool(true)))
            .unwrap();
        assert!(on.get("pull_request_target").is_none(), "{file}");
        assert!(on.get("workflow_run").is_none(), "{file}");
        for (name, job) in jobs(&workflow) {
            let condition = job["if"].as_str().unwrap_or_default();
            if on.get("pull_request").is_some() && may(job, "id-token") {
                assert_eq!(
                    condition, "github.event.pull_request.head.repo.full_name == github.repository",
                    "{file}: {name}"
                );
            }
            if on.get("workflow_dispatch").is_some() && job["needs"].is_null() {
                assert_eq!(
                    condition, "github.ref == 'refs/heads/main'",
                    "{file}: {name}"
                );
            }
        }
    }
    let text = read(&project, WORKFLOWS[0]);
    assert!(!text.contains("secrets."), "there is no secret to leak");
}

#[test]
fn only_the_production_environment_applies_and_only_a_pinned_plan() {
    for service in SERVICES {
        let (project, _) = init(&["--ci", service]);
        let mut applies = 0;
        for file in files(&project.path(""))
            .iter()
            .filter(|f| f.ends_with(".yml"))
        {
            for line in read(&project, file).lines().map(str::trim_start) {
                if line.starts_with("gatewright apply") {
                    applies += 1;
                    assert!(line.contains("plan.json"), "{file}: {line}");
                    assert!(line.contains("--digest \"$"), "{file}: {line}");
                    assert!(
                        !line.contains("--allow") && !line.contains("--yes"),
                        "{file}: {line}"
                    );
                }
            }
        }
        assert_eq!(applies, 1, "{service}");
    }
    let (project, _) = init(&["--ci", "github"]);
    for file in WORKFLOWS {
        let workflow = yaml(&project, file);
        for (name, job) in jobs(&workflow) {
            let text = serde_yaml::to_string(job).unwrap();
            let writes = text.contains("gatewright apply");
            let production = job["environment"].as_str() == Some("production");
            assert_eq!(writes, production, "{file}: {name}");
        }
    }
}

#[test]
fn actions_of_others_are_pinned_and_scripts_take_no_expression() {
    let (project, _) = init(&["--ci", "github"]);
    let mut seen = 0;
    let action = ".github/actions/gatewright/action.yml";
    for file in WORKFLOWS.into_iter().chain([action]) {
        let workflow = yaml(&project, file);
        let mut steps: Vec<&Value> = Vec::new();
        match workflow.get("jobs") {
            Some(_) => {
                for (_, job) in jobs(&workflow) {
                    steps.extend(job["steps"].as_sequence().unwrap());
                }
            }
            None => steps.extend(workflow["runs"]["steps"].as_sequence().unwrap()),
        }
        for step in steps {
            if let Some(uses) = step["uses"].as_str().filter(|u| !u.starts_with("./")) {
                seen += 1;
                let (action, commit) = uses.split_once('@').unwrap();
                assert!(action.starts_with("actions/"), "{file}: {uses}");
                let digits = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
                assert!(digits, "{file}: {uses}");
                if action == "actions/checkout" {
                    assert_eq!(
                        step["with"]["persist-credentials"],
                        Value::Bool(false),
                        "{file}"
                    );
                }
            }
            let script = step["run"].as_str().unwrap_or_default();
            assert!(!script.contains("${{"), "{file}: {script}");
        }
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn one_apply_at_a_time_and_none_is_broken_off() {
    let (project, _) = init(&["--ci", "github"]);
    let concurrency = &yaml(&project, ".github/workflows/apply.yml")["concurrency"];
    assert!(concurrency["group"].as_str().unwrap().ends_with("prod"));
    assert_eq!(concurrency["cancel-in-progress"], Value::Bool(false));
    let (project, _) = init(&["--ci", "gitlab"]);
    assert!(yaml(&project, ".gitlab-ci.yml")["apply"]["resource_group"].is_string());
    let (project, _) = init(&["--ci", "azure"]);
    assert_eq!(
        yaml(&project, "azure-pipelines.yml")["lockBehavior"],
        Value::from("sequential")
    );
}

#[test]
fn what_judges_a_pull_request_has_its_own_reviewers() {
    let (project, _) = init(&["--ci", "github"]);
    let owners = read(&project, ".github/CODEOWNERS");
    for path in [
        "/guards.yaml ",
        "/gatewright.yaml ",
        "/.github/ ",
        "/policies/ ",
    ] {
        assert!(owners.lines().any(|l| l.starts_with(path)), "{path}");
    }
}
