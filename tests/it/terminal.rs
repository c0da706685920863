//! What a person sees at a terminal: a pager for what is long, lines of its width, questions that
//! name the tenant.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::common::Project;

/// What stood on the terminal, without colours, and how the program ended.
struct Seen {
    text: String,
    /// As it came.
    raw: String,
    code: Option<i32>,
}

/// Runs the program at a terminal of so many columns, where somebody types `answer`.
fn at_terminal(
    project: &Project,
    columns: u16,
    variables: &[(&str, &str)],
    arguments: &[&str],
    answer: &str,
) -> Seen {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let name = OsStr::from_bytes(name.as_bytes());
    let theirs = || {
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        Stdio::from(rustix::fs::open(name, flags, Mode::empty()).unwrap())
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(project.path("."))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TERM", "xterm")
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(theirs())
        .stdout(theirs())
        .stderr(theirs())
        .spawn()
        .unwrap();
    let mut ours = File::from(ours);
    ours.write_all(answer.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    // The end is an error on Linux, and nothing on others.
    while let Ok(count @ 1..) = ours.read(&mut part) {
        bytes.extend_from_slice(&part[..count]);
    }
    let raw = String::from_utf8(bytes).unwrap();
    let text = raw.replace("\r\n", "\n");
    // What goes on is drawn over until the line is written, the more often the longer it takes.
    let lines = text.split('\n').filter_map(|line| line.rsplit('\r').next());
    let text = lines.collect::<Vec<_>>().join("\n");
    Seen {
        text: anstream::adapter::strip_str(&text).to_string(),
        raw,
        code: child.wait().unwrap().code(),
    }
}

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  prod: { default: true, sandbox: .gatewright/sandbox.json }
";

fn project() -> Project {
    let mut manifests = String::from("kind: Group\ndisplayName: CA-BreakGlass\n");
    for n in 0..9 {
        manifests.push_str(&format!(
            "---
kind: ConditionalAccessPolicy
displayName: CA00{n} - Multifactor authentication for everybody and everything, everywhere
state: enabledForReportingButNotEnforced
conditions:
  applications: {{ includeApplications: [All] }}
  users: {{ includeUsers: [All], excludeGroups: [CA-BreakGlass] }}
  signInRiskLevels: [high, medium]
grantControls: {{ operator: OR, builtInControls: [mfa] }}
"
        ));
    }
    Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("policies/all.yaml", manifests)
}

#[test]
fn what_is_long_goes_through_a_pager_and_nothing_is_lost() {
    let project = project().file("pager", "#!/bin/sh\ncat >\"$PAGED\"\nexit \"$ENDS\"\n");
    let (pager, paged) = (project.path("pager"), project.path("paged"));
    fs::set_permissions(&pager, fs::Permissions::from_mode(0o755)).unwrap();
    let (pager, file) = (pager.to_str().unwrap(), paged.to_str().unwrap());
    let run = |arguments: &[&str], pager: &str, ends: &str, answer: &str| {
        let _ = fs::remove_file(&paged);
        let variables = [("GATEWRIGHT_PAGER", pager), ("PAGED", file), ("ENDS", ends)];
        let seen = at_terminal(&project, 80, &variables, arguments, answer);
        (seen, fs::read_to_string(&paged).unwrap_or_default())
    };
    let heading = "Plan for prod (Contoso, contoso.com)";
    let (seen, paged) = run(&["plan"], pager, "0", "");
    assert!(
        paged.contains(heading) && paged.contains("10 to create"),
        "{paged}"
    );
    assert!(
        paged.contains("\u{1b}[32m"),
        "colours are for the pager, too: {paged}"
    );
    assert!(!seen.text.contains(heading), "{}", seen.text);
    assert_eq!(seen.code, Some(0));
    // It fails, or is not there: the plan is shown without it.
    for (pager, ends) in [(pager, "1"), ("/nowhere/pager", "0"), ("cat", "0")] {
        let (seen, _) = run(&["plan"], pager, ends, "");
        assert!(seen.text.contains(heading), "{}", seen.text);
        assert!(seen.text.contains("10 to create"), "{}", seen.text);
        assert_eq!(seen.code, Some(0));
    }
    for arguments in [&["plan", "--no-pager"][..], &["plan", "--format", "json"]] {
        let (seen, paged) = run(arguments, pager, "0", "");
        assert_eq!(paged, "");
        assert!(seen.text.contains("CA-BreakGlass"), "{}", seen.text);
    }
    // Findings and what they come to are one text.
    let wrong = project.path("policies/wrong.yaml");
    fs::write(&wrong, "kind: Group\ndisplayNam: X\n").unwrap();
    let (seen, paged) = run(&["validate"], pager, "0", "");
    fs::remove_file(&wrong).unwrap();
    assert!(
        paged.contains("displayNam") && paged.contains("Not valid: "),
        "{paged}"
    );
    assert!(!seen.text.contains("Not valid: "), "{}", seen.text);
    assert_eq!(seen.code, Some(1));
    // What is followed by a question stands above it.
    let (seen, paged) = run(&["apply"], pager, "0", "no\n");
    assert_eq!(paged, "");
    let asks = "Apply to prod (Contoso, contoso.com)? Type `yes` to continue: ";
    assert!(
        seen.text.contains(heading) && seen.text.contains(asks),
        "{}",
        seen.text
    );
    assert_eq!(seen.code, Some(1));
}

/// The pager has the terminal to itself, as long as it runs.
#[test]
fn nothing_is_drawn_over_a_pager() {
    let pager = "#!/bin/sh\necho BEGINS\nsleep 0.6\necho ENDS\n";
    let project = project().file("pager", pager);
    let pager = project.path("pager");
    fs::set_permissions(&pager, fs::Permissions::from_mode(0o755)).unwrap();
    let variables = [("GATEWRIGHT_PAGER", pager.to_str().unwrap())];
    let quiet = |arguments: &[&str]| {
        let seen = at_terminal(&project, 80, &variables, arguments, "");
        let (_, paged) = seen.raw.split_once("BEGINS\r\n").unwrap();
        assert!(paged.starts_with("ENDS\r\n"), "{arguments:?}: {paged:?}");
    };
    quiet(&["plan"]);
    quiet(&["drift"]);
    quiet(&["list"]);
    at_terminal(&project, 80, &[], &["apply", "--yes"], "");
    quiet(&["rollback", "latest", "--dry-run"]);
    quiet(&["plan", "--people"]);
}

#[test]
fn questions_name_the_tenant() {
    let project = project();
    let asked =
        |arguments: &[&str], answer: &str| at_terminal(&project, 200, &[], arguments, answer).text;
    let text = asked(&["apply"], "yes\n");
    assert!(text.contains("Applied: 10 created"), "{text}");
    let text = asked(&["destroy"], "no\n");
    assert!(
        text.contains("Delete these objects of prod (Contoso, contoso.com)?"),
        "{text}"
    );
    let text = asked(&["rollback", "latest"], "no\n");
    assert!(text.contains("Roll prod back to before run "), "{text}");
}

#[test]
fn lines_break_between_words_at_every_width() {
    let project = project();
    let fits = |arguments: &[&str]| {
        for width in [60_u16, 80, 120, 200] {
            let seen = at_terminal(&project, width, &[("PAGER", "cat")], arguments, "");
            assert!(seen.text.lines().count() > 3, "{}", seen.text);
            for line in seen.text.lines() {
                let is_command = line.trim_start().starts_with("gatewright ");
                // A line of a file, with marks below it.
                let bare = line
                    .trim_start()
                    .trim_start_matches(|c: char| c.is_ascii_digit());
                let is_source = bare.trim_start().starts_with('|');
                let words = line.split_whitespace().count();
                assert!(
                    line.chars().count() <= usize::from(width)
                        || is_command
                        || is_source
                        || words < 2,
                    "{arguments:?} at {width}: {line}"
                );
            }
        }
    };
    fits(&["plan"]);
    fits(&["plan", "--full"]);
    fits(&["validate"]);
    fits(&["uses"]);
    fits(&["uses", "All"]);
    fits(&["whatif", "--user", "ada@contoso.com", "--app", "Office365"]);
    let seen = at_terminal(&project, 80, &[], &["apply", "--yes"], "");
    assert_eq!(seen.code, Some(0), "{}", seen.text);
    fits(&["runs", "show", "latest"]);
    fits(&["plan", "CA001"]);
    let project = &project;
    let manifests = fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    let changed = manifests.replace("[mfa]", "[mfa, compliantDevice]");
    fs::write(project.path("policies/all.yaml"), changed).unwrap();
    fits(&["plan"]);
    fits(&["drift"]);
}

/// On a terminal no Markdown is shown, and an example can be copied.
#[test]
fn a_rule_is_explained_without_marks() {
    let project = project();
    for width in [60, 80, 120] {
        let seen = at_terminal(&project, width, &[], &["explain", "no-exclusions"], "");
        let text = &seen.text;
        for mark in ["#", "**", "```"] {
            assert!(
                !text.lines().any(|line| line.starts_with(mark)),
                "{mark}: {text}"
            );
        }
        assert!(text.starts_with("no-exclusions\n"), "{text}");
        assert!(text.contains("Way out: "), "{text}");
        for line in text.lines().filter(|line| !line.starts_with("    ")) {
            assert!(
                line.chars().count() <= usize::from(width),
                "{width}: {line}"
            );
        }
    }
    let told = project.run(&["explain", "no-exclusions"]).stdout;
    assert!(told.starts_with("### `no-exclusions`"), "{told}");
}
