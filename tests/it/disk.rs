//! Hostile links, pipes and paths in a project's folder: nothing outside is written or shown,
//! and nothing is waited for.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::{CONFIG, Project, Ran};

const GROUP: &str = "kind: Group\ndisplayName: Pilot\n";
const NOTES: &str = "what nobody may write over\n";

fn project() -> Project {
    Project::of("a.yaml", GROUP).file("elsewhere/notes", NOTES)
}

fn refused(ran: &Ran, says: &str) {
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.snapshot().contains(says), "{}", ran.snapshot());
}

fn untouched(project: &Project) {
    let folder = project.path("elsewhere");
    let notes = std::fs::read_to_string(folder.join("notes")).unwrap();
    assert_eq!(notes, NOTES);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(path);
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

fn link(project: &Project, name: &str, to: &str) {
    let path = project.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(&path);
    symlink(to, path).unwrap();
}

#[test]
fn a_lock_file_that_is_a_link_is_refused() {
    for (name, to, command) in [
        (
            ".gatewright/.sandbox.json.lock",
            "../elsewhere/notes",
            "plan",
        ),
        (".gatewright/.sandbox.json.lock", "../elsewhere/new", "plan"),
        (".gatewright/sandbox.lock", "../elsewhere/notes", "apply"),
    ] {
        let project = project();
        link(&project, name, to);
        let arguments = [command, "--yes"];
        let ran = project.run(&arguments[..1 + usize::from(command == "apply")]);
        refused(&ran, "is a link");
        untouched(&project);
    }
}

#[test]
fn links_in_the_place_of_our_folders_and_files_are_refused() {
    for (name, to) in [
        (".gatewright", "elsewhere"),
        (".gatewright/runs", "../elsewhere"),
        (".gatewright/sandbox.json", "../elsewhere/notes"),
        (".gatewright/sandbox.json", "../elsewhere/new"),
    ] {
        let project = project();
        link(&project, name, to);
        let ran = project.run(&["apply", "--yes"]);
        assert_ne!(ran.code, Some(0), "{name} {}", ran.snapshot());
        untouched(&project);
    }
    for (name, to) in [
        (".github", "elsewhere"),
        (".github/workflows", "../elsewhere"),
        ("schema", "elsewhere"),
    ] {
        let project = Project::empty().file("elsewhere/notes", NOTES);
        link(&project, name, to);
        let ran = project.run(&["init", "--ci", "github"]);
        refused(&ran, "is a link");
        untouched(&project);
    }
    for command in [
        ["schema", "--out", "out"].as_slice(),
        &["plan", "--out", "out/manifest.schema.json"],
    ] {
        let project = project();
        for file in ["gatewright.schema.json", "manifest.schema.json"] {
            link(&project, &format!("out/{file}"), "../elsewhere/notes");
        }
        let ran = project.run(command);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        untouched(&project);
    }
}

#[test]
fn the_sandbox_replaces_tenants_alone_and_stays_in_the_project() {
    let project = project();
    let ran = project.run(&["sandbox", "reset", "--file", "elsewhere/notes"]);
    refused(&ran, "is no tenant of the sandbox");
    let notes = std::fs::read_to_string(project.path("elsewhere/notes")).unwrap();
    assert_eq!(notes, NOTES);
    // A tenant that somebody broke is put back.
    let broken = "{\"version\": 3, \"tenantId\": oops";
    let project = project.file(".gatewright/sandbox.json", broken);
    assert_eq!(project.run(&["sandbox", "reset"]).code, Some(0));

    for file in ["../x.json", "/tmp/gatewright-x.json"] {
        let config = CONFIG.replace(".gatewright/sandbox.json", file);
        let project = Project::of("a.yaml", GROUP).file("gatewright.yaml", config);
        let ran = project.refuse(&["plan"]);
        refused(&ran, "points outside the project");
        assert!(!project.path(file).exists());
    }
}

#[test]
fn a_link_out_of_the_project_shows_nothing_of_where_it_leads() {
    const SECRET: &str = "s3cr3t-of-the-pipeline";
    let told = |project: Project, says: &str| {
        let project = project.env("AAA_CLIENT_SECRET", SECRET);
        for format in ["human", "json", "sarif"] {
            for command in ["validate", "plan"] {
                let ran = project.run(&[command, "--format", format]);
                refused(&ran, says);
                assert!(!ran.snapshot().contains(SECRET), "{}", ran.snapshot());
                assert!(!ran.snapshot().contains("AAA_"), "{}", ran.snapshot());
            }
        }
    };
    let out = "points outside the project";
    for name in ["policies/x.yaml", "guards.yaml", "gatewright.yaml"] {
        let project = project();
        link(&project, name, "/proc/self/environ");
        told(project, out);
    }
    for entry in ["/proc/self/environ", "../../../proc/self/environ", "/proc"] {
        let config = CONFIG.replace("[policies]", &format!("[{entry:?}]"));
        let project = project().file("gatewright.yaml", config);
        if project.path(entry).exists() {
            told(project, out);
        }
    }
    let config = CONFIG.replace("tenants:", "guards: /proc/self/environ\ntenants:");
    told(project().file("gatewright.yaml", config), out);
    // Nor of a file in the project that is no YAML, such as one with a token in it.
    let env = format!("AAA_CLIENT_SECRET={SECRET}\n");
    let hidden = project().file(".env", &env);
    link(&hidden, "policies/x.yaml", "../.env");
    told(hidden, "is not a `.yaml`");
    let config = CONFIG.replace("[policies]", "[.env]");
    told(
        project().file(".env", &env).file("gatewright.yaml", config),
        "is not a `.yaml`",
    );
}

#[test]
fn nothing_waits_for_the_other_end_of_a_pipe() {
    let told = |project: &Project, arguments: &[&str]| {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let said = ["a pipe", "unreadable-file", "neither a file nor a folder"];
        assert!(
            said.iter().any(|words| ran.snapshot().contains(words)),
            "{}",
            ran.snapshot()
        );
    };
    for name in ["policies/b.yaml", "guards.yaml", "gatewright.yaml"] {
        let project = project();
        pipe(&project.path(name));
        told(&project, &["validate"]);
    }
    for name in [
        ".gatewright/sandbox.json",
        ".gatewright/.sandbox.json.lock",
        ".gatewright/sandbox.lock",
    ] {
        let project = project();
        pipe(&project.path(name));
        told(&project, &["apply", "--yes"]);
    }
    let project = project();
    pipe(&project.path("export/x.json"));
    pipe(&project.path(".gatewright/runs/x.jsonl"));
    let given: [&[&str]; 9] = [
        &["show", "export/x.json"],
        &["apply", "export/x.json"],
        &["plan", "--out", "export/x.json"],
        &["import", "--from", "export/x.json"],
        &["import", "--from", "export"],
        &["sandbox", "seed", "export/x.json"],
        &["sandbox", "reset", "--file", "export/x.json"],
        &["sandbox", "export", "--file", "export/x.json"],
        &["apply", "--yes", "--secrets-out", "export/x.json"],
    ];
    for arguments in given {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    }
    assert_eq!(project.run(&["runs"]).code, Some(0));
    for auth in [
        "clientCertificate, clientId: 11111111-2222-3333-4444-555555555555, file: export/x.json",
        "workloadIdentity, clientId: 11111111-2222-3333-4444-555555555555, file: export/x.json",
    ] {
        let config = format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  real:\n    tenantId: 11111111-2222-3333-4444-555555555555\n    loginEndpoint: http://127.0.0.1:9\n    graphEndpoint: http://127.0.0.1:9\n    auth: {{ method: {auth} }}\n"
        );
        let project = Project::of("a.yaml", GROUP).file("gatewright.yaml", config);
        pipe(&project.path("export/x.json"));
        told(&project, &["plan"]);
    }
}

#[test]
fn a_linked_folder_of_an_export_is_told_unless_it_is_read_anyway() {
    let project = project().file("export/a.json", "[]");
    link(&project, "export/again", ".");
    let ran = project.run(&["import", "--from", "export"]);
    assert!(!ran.snapshot().contains("link"), "{}", ran.snapshot());
    link(&project, "export/out", "../elsewhere");
    refused(&project.run(&["import", "--from", "export"]), "is a link");
    let project = self::project().file("elsewhere/b.json", "[]");
    link(&project, "export/b.json", "../elsewhere/b.json");
    refused(&project.run(&["import", "--from", "export"]), "is a link");
}

#[test]
fn unreadable_folders_and_links_among_manifests_never_look_like_deleted_objects() {
    let scope = "scope: { NamedLocation: all }\n";
    let place = "kind: NamedLocation\ndisplayName: Office\nipRanges: [203.0.113.0/24]\n";
    let project = project()
        .file("gatewright.yaml", format!("{CONFIG}{scope}"))
        .file("policies/more/b.yaml", place);
    let ran = project.run(&["apply", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    std::fs::rename(project.path("policies/more"), project.path("more")).unwrap();
    link(&project, "policies/more", "../more");
    let ran = project.refuse(&["plan"]);
    refused(&ran, "links to folders are not followed");
    std::fs::remove_file(project.path("policies/more")).unwrap();
    std::fs::rename(project.path("more"), project.path("policies/more")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    std::fs::set_permissions(project.path("policies/more"), mode(0o000)).unwrap();
    // Root reads everything.
    if std::fs::read_dir(project.path("policies/more")).is_err() {
        refused(&project.refuse(&["plan"]), "cannot read the folder");
    }
    std::fs::set_permissions(project.path("policies/more"), mode(0o755)).unwrap();
}

/// What a command prints into a full disk is lost, and it says so; a reader that has gone away
/// is no fault.
#[test]
fn a_result_that_stdout_does_not_take_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let project = project();
    assert_eq!(project.run(&["plan", "--out", "plan.json"]).code, Some(0));
    let commands = [
        "plan",
        "plan --format json",
        "plan --detailed-exitcode",
        "validate",
        "validate --format sarif",
        "show plan.json",
        "schema",
        "sandbox export",
        "completions bash",
        "reference",
        "drift",
        "--help",
        "--version",
        "risk users --format json",
        "apply --yes",
        "runs",
        "runs list --format json",
    ];
    for command in commands {
        let run = |stdout: std::process::Stdio| {
            std::process::Command::new(env!("CARGO_BIN_EXE_gatewright"))
                .args(command.split(' '))
                .current_dir(project.path("."))
                .env_clear()
                .stdout(stdout)
                .output()
                .unwrap()
        };
        let full = std::fs::File::options().write(true).open("/dev/full");
        let ran = run(full.unwrap().into());
        assert_eq!(ran.status.code(), Some(1), "{command}: {ran:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = run(writer.into());
        assert_ne!(ran.status.code(), Some(1), "{command}: {ran:?}");
    }
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let project = project();
    for arguments in [
        &["schema", "--out", "elsewhere/notes"][..],
        &["man", "--out", "elsewhere/notes/man1"],
        &["init", "elsewhere/notes"],
        &["render", "-o", "elsewhere/notes"],
    ] {
        let ran = project.run(arguments);
        refused(&ran, "elsewhere/notes` is a file");
        untouched(&project);
    }
}
