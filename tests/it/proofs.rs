//! `gatewright gaps` and `gatewright compare`, from the command line.

use std::path::Path;

use serde_json::Value;

use crate::common::{Project, Ran};

const GROUPS: &str = "\
kind: Group
displayName: CA-BreakGlass
---
kind: Group
displayName: CA-Pilot
";

fn policy(name: &str, conditions: &str, control: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabled\nconditions: {{ {conditions} }}\ngrantControls: {{ operator: OR, builtInControls: [{control}] }}\n"
    )
}

fn all_users(without: &str) -> String {
    format!(
        "users: {{ includeUsers: [All], excludeGroups: [{without}] }}, applications: {{ includeApplications: [All] }}"
    )
}

/// Everybody needs MFA and nobody a legacy client; a group is left out of the first.
fn policies(pilot: &str) -> String {
    let mfa = policy(
        "CA100 MFA",
        &all_users(&format!("CA-BreakGlass{pilot}")),
        "mfa",
    );
    let legacy = all_users("CA-BreakGlass");
    let legacy = format!("{legacy}, clientAppTypes: [exchangeActiveSync, other]");
    format!("{GROUPS}{mfa}{}", policy("CA200 Legacy", &legacy, "block"))
}

fn project(text: &str) -> Project {
    Project::of("policies.yaml", text)
        .file("guards.yaml", "breakGlass: { groups: [CA-BreakGlass] }\n")
}

fn git(folder: &Path, arguments: &[&str]) {
    let out = std::process::Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(out.status.success(), "{arguments:?}: {out:?}");
}

/// A project whose files are committed.
fn committed(project: Project) -> Project {
    let root = project.path("");
    git(&root, &["init", "-q"]);
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "one"]);
    project
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.snapshot()))
}

/// What is printed can be pasted into a shell.
#[cfg(unix)]
fn pasted(project: &Project, line: &str) -> String {
    let line = line.trim().strip_prefix("gatewright ").unwrap();
    let out = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("'{}' {line}", env!("CARGO_BIN_EXE_gatewright")))
        .env("NO_COLOR", "1")
        .current_dir(project.path(""))
        .output()
        .unwrap();
    assert!(out.status.success(), "{line}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn a_refactor_is_equal() {
    let project = committed(project(&policies("")));
    let admins = "users: { includeRoles: [Global Administrator], excludeGroups: [CA-BreakGlass] }, applications: { includeApplications: [All] }";
    let web = format!("{}, clientAppTypes: [browser]", all_users("CA-BreakGlass"));
    let rest = all_users("CA-BreakGlass");
    let rest =
        format!("{rest}, clientAppTypes: [mobileAppsAndDesktopClients, exchangeActiveSync, other]");
    let split = [
        policies("").replace("CA200 Legacy", "CA900 No old clients"),
        policy("CA101 Admins", admins, "mfa"),
    ]
    .concat();
    let whole = policy("CA100 MFA", &all_users("CA-BreakGlass"), "mfa");
    assert!(split.contains(&whole));
    let parts = [
        policy("CA110 Web", &web, "mfa"),
        policy("CA120 Rest", &rest, "mfa"),
    ]
    .concat();
    let project = project.file("policies/policies.yaml", split.replace(&whole, &parts));
    let ran = project.run(&["compare", "git:HEAD", ".", "--detailed-exitcode"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    insta::assert_snapshot!(ran.snapshot());
    let told = json(&project.run(&["compare", "git:main", ".", "--format", "json"]));
    assert_eq!(told["verdict"], "equal");
    assert_eq!(told["looser"], Value::Array(vec![]));
}

#[test]
fn an_exclusion_is_looser_and_its_sign_in_can_be_pasted() {
    let project = committed(project(&policies("")));
    let project = project.file("policies/policies.yaml", policies(", CA-Pilot"));
    for (sides, verdict, code) in [
        (["git:HEAD", "."], "looser", 2),
        ([".", "git:HEAD"], "stricter", 0),
        ([".", "."], "equal", 0),
    ] {
        let ran = project.run(&[
            "compare",
            sides[0],
            sides[1],
            "--format",
            "json",
            "--detailed-exitcode",
        ]);
        assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
        let told = json(&ran);
        assert_eq!(told["verdict"], verdict);
        assert_eq!([&told["before"], &told["after"]], sides);
        for kind in ["looser", "stricter", "lockedOut"] {
            for one in told[kind].as_array().unwrap() {
                let sign_in = one["signIn"].to_string();
                let again = project.run(&[
                    "compare",
                    sides[0],
                    sides[1],
                    "--sign-in",
                    &sign_in,
                    "--format",
                    "json",
                ]);
                let again = json(&again);
                for side in ["before", "after"] {
                    for member in ["outcome", "requires", "sessionControls"] {
                        assert_eq!(again[side][member], one[side][member], "{sign_in}");
                    }
                }
            }
        }
        let known = ["looser", "stricter"].map(|kind| !told[kind].as_array().unwrap().is_empty());
        assert_eq!(known, [verdict == "looser", verdict == "stricter"]);
    }
    assert_eq!(project.run(&["compare", "git:HEAD", "."]).code, Some(0));
    #[cfg(unix)]
    {
        let ran = project.run(&["compare", "git:HEAD", "."]);
        let line = ran
            .stdout
            .lines()
            .find(|line| line.trim().starts_with("gatewright "));
        let said = pasted(&project, line.unwrap());
        assert!(
            said.contains("git:HEAD") && said.matches("Outcome: ").count() == 2,
            "{said}"
        );
    }
}

const ALLOWED: &str = "\
kind: NamedLocation
displayName: Allowed
countriesAndRegions: [NL]
";

#[test]
fn what_is_said_of_a_box_names_the_country_that_decides() {
    let outside = "users: { includeUsers: [All] }, applications: { includeApplications: [All] }, locations: { includeLocations: [All], excludeLocations: [Allowed] }";
    let everybody = "users: { includeUsers: [All] }, applications: { includeApplications: [All] }";
    let project = Project::of(
        "policies.yaml",
        [
            ALLOWED.to_owned(),
            policy("CA001 MFA", everybody, "mfa"),
            policy("CA002 Only from here", outside, "block"),
        ]
        .concat(),
    );
    let within = "is asked for more: country `named location Allowed`; all else is free";
    let without = "is blocked: country any but `named location Allowed`; all else is free";
    let plan = project.run(&["plan", "--compact"]).stdout;
    let at = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part}\n{text}"));
    assert!(at(&plan, within) < at(&plan, without), "{plan}");
    let markdown = project.run(&["plan", "--format", "markdown"]).stdout;
    for part in ["country `named location Allowed`", "country any but"] {
        at(&markdown, part);
    }
    let effect = json(&project.run(&["plan", "--format", "json"]))["effect"].clone();
    let turns: Vec<&str> = (effect["stricter"].as_array().unwrap().iter())
        .map(|one| one["turn"].as_str().unwrap())
        .collect();
    assert_eq!(turns, ["askedMore", "blocked"]);
    std::fs::create_dir(project.path("none")).unwrap();
    let project = project
        .file("none/gatewright.yaml", crate::common::CONFIG)
        .file("none/policies/a.yaml", ALLOWED);
    insta::assert_snapshot!(project.run(&["compare", "none", "."]).snapshot());
}

#[test]
fn the_command_that_a_plan_names_lists_every_box() {
    let groups: Vec<String> = (0..9).map(|at| format!("CA-{at}")).collect();
    let declared: String = (groups.iter())
        .map(|name| format!("kind: Group\ndisplayName: {name}\n---\n"))
        .collect();
    let with = |without: &str| {
        let policy = policy("CA100 MFA", &all_users(without), "mfa");
        format!("{declared}{GROUPS}{policy}")
    };
    let project = Project::of("policies.yaml", with("CA-BreakGlass"));
    assert_eq!(project.run(&["apply", "--yes"]).code, Some(0));
    let project = project.file("policies/policies.yaml", with(&groups.join(", ")));
    let plan = project.run(&["plan", "--allow-weakening", "--out", "plan.json"]);
    let line = plan.stdout.lines().find(|line| line.contains("--all"));
    let line = line.unwrap_or_else(|| panic!("{}", plan.snapshot()));
    let command = line.split('`').nth(3).unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let ran = project.run(&words);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    for group in &groups {
        let own = format!("user.memberOf `{group}`");
        assert!(ran.stdout.contains(&own), "{}", ran.snapshot());
    }
    let few = project.run(&["compare", words[1], words[2]]).stdout;
    assert!(
        few.contains("And at least 1 more: `--all` lists them."),
        "{few}"
    );
}

#[test]
fn what_a_forge_shows_names_no_one_and_runs_nothing() {
    let name = "\"@team <img src=x> `code` [a](javascript:b) $(touch pwned) '\"";
    let group = GROUPS.replace("CA-Pilot", name);
    let before = format!(
        "{group}{}",
        policy("'# A'", &all_users("CA-BreakGlass"), "mfa")
    );
    let without = format!("CA-BreakGlass, {name}");
    let after = format!("{group}{}", policy("'# A'", &all_users(&without), "mfa"));
    let project = committed(project(&before)).file("policies/policies.yaml", &after);
    for command in [&["compare", "git:HEAD", "."][..], &["gaps"]] {
        let ran = project.run(&[command, &["--format", "markdown"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let page = comrak::markdown_to_html(&ran.stdout, &comrak::Options::default());
        assert!(
            page.contains("team") && !page.contains("<img") && !page.contains("<a "),
            "{page}"
        );
        assert!(ran.stdout.starts_with("<!-- gatewright:"), "{}", ran.stdout);
        #[cfg(unix)]
        {
            let human = project.run(command).stdout;
            for line in human
                .lines()
                .filter(|line| line.trim().starts_with("gatewright "))
            {
                pasted(&project, line);
            }
            assert!(!project.path("pwned").exists());
        }
    }
}

#[test]
fn a_revision_is_read_without_a_checkout() {
    let project = project(&policies(""));
    std::fs::create_dir_all(project.path("policies/ a;touch pwned")).unwrap();
    let odd = policy("CA300", &all_users("CA-BreakGlass"), "compliantDevice");
    let project = project
        .file(
            "policies/ a;touch pwned/-x $(touch pwned).yaml",
            odd.trim_start_matches("---\n"),
        )
        .file(".gitattributes", "*.yaml filter=evil text eol=crlf\n")
        .file("policies/notes.md", "# not for us\n");
    let project = committed(project);
    let root = project.path("");
    git(&root, &["config", "filter.evil.smudge", "touch pwned; cat"]);
    git(&root, &["config", "core.fsmonitor", "touch pwned"]);
    let hook = project.path(".git/hooks/post-checkout");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\ntouch pwned\n").unwrap();
    let project = project.file("policies/policies.yaml", policies(", CA-Pilot"));
    let ran = project.run(&["compare", "git:HEAD", ".", "--format", "json"]);
    assert_eq!(json(&ran)["verdict"], "looser", "{}", ran.snapshot());
    assert!(!project.path("pwned").exists());
    let text = std::fs::read_to_string(project.path("policies/policies.yaml")).unwrap();
    assert_eq!(text, policies(", CA-Pilot"), "the folder is as it was");
}

#[test]
fn a_project_below_the_root_of_its_repository_is_read_from_there() {
    let outer = Project::empty()
        .file("ca/gatewright.yaml", crate::common::CONFIG)
        .file("ca/policies/a.yaml", policies(""))
        .file("policies/a.yaml", "kind: Nothing\n");
    let outer = committed(outer).file("ca/policies/a.yaml", policies(", CA-Pilot"));
    for arguments in [
        &["-C", "ca", "compare", "git:HEAD", "."][..],
        &["compare", "-C", "ca/policies", "git:HEAD", "."],
    ] {
        let ran = outer.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(json(&ran)["verdict"], "looser", "{}", ran.snapshot());
    }
}

#[test]
fn a_side_that_cannot_be_read_is_told_with_a_way_out() {
    let project = committed(project(&policies("")));
    let cases: &[(&[&str], &[&str])] = &[
        (&["git:nope", "."], &["this repository has no such commit"]),
        (
            &["git:--help", "."],
            &["this repository has no such commit"],
        ),
        (
            &["git:HEAD:policies", "."],
            &["this repository has no such commit"],
        ),
        (&[".", "elsewhere"], &["it is not a folder", "live:TENANT"]),
        (&[".", "live:nobody"], &["nobody"]),
        (&["plan:none.json", "."], &["none.json"]),
        (&[".", ".", "-t", "prod"], &["prod"]),
        (&[".", ".", "--sign-in", "{"], &["--sign-in"]),
    ];
    for (arguments, said) in cases {
        let ran = project.run(&[&["compare"][..], arguments].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(
            said.iter().all(|text| ran.stderr.contains(text)),
            "{}",
            ran.snapshot()
        );
        assert!(ran.stdout.is_empty(), "{}", ran.snapshot());
    }
    let lonely = Project::of("a.yaml", policies(""));
    let ran = lonely.run(&["compare", "git:HEAD", "."]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("repository"),
        "{}",
        ran.snapshot()
    );
    let ran = project
        .env("PATH", "/nowhere")
        .run(&["compare", "git:HEAD", "."]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("install Git"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn a_shallow_checkout_is_told_how_to_have_more() {
    let origin = committed(project(&policies("")));
    let origin = origin.file("policies/policies.yaml", policies(", CA-Pilot"));
    git(&origin.path(""), &["commit", "-q", "-a", "-m", "two"]);
    let checkout = Project::empty();
    let url = format!("file://{}", origin.path("").display());
    git(
        &checkout.path(""),
        &["clone", "-q", "--depth", "1", &url, "."],
    );
    let ran = checkout.run(&["compare", "git:HEAD^1", "."]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.snapshot(), @r"
    $ gatewright compare git:HEAD^1 .
    --- stderr
    error[compare-side]: in `git:HEAD^1`: this repository has no such commit
     |
     = help: the checkout has only the latest commits: fetch more (`fetch-depth: 0` of actions/checkout, `fetchDepth: 0` in Azure Pipelines, `GIT_DEPTH: 0` in GitLab), or `git fetch --unshallow`

    1 error; nothing was compared
    --- exit code 1
    ");
    git(&checkout.path(""), &["fetch", "-q", "--unshallow"]);
    let ran = checkout.run(&["compare", "git:HEAD^1", ".", "--format", "json"]);
    assert_eq!(json(&ran)["verdict"], "looser", "{}", ran.snapshot());
}

#[cfg(unix)]
#[test]
fn links_in_a_revision_are_not_followed() {
    use std::os::unix::fs::symlink;
    let project = project(&policies(""));
    symlink("/etc/hostname", project.path("other")).unwrap();
    symlink("../away", project.path("elsewhere.yaml")).unwrap();
    let project = committed(project);
    let ran = project.run(&["compare", "git:HEAD", ".", "--format", "json"]);
    assert_eq!(
        json(&ran)["verdict"],
        "equal",
        "what is no part of the project may be a link"
    );
    let root = project.path("");
    for (link, to) in [
        ("policies/more.yaml", "../guards.yaml"),
        ("guards.yaml", "policies/policies.yaml"),
        ("policies", "folder"),
    ] {
        git(&root, &["reset", "-q", "--hard"]);
        let path = project.path(link);
        let _ = std::fs::remove_file(&path);
        if path.is_dir() {
            std::fs::rename(&path, project.path("folder")).unwrap();
        }
        symlink(to, &path).unwrap();
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-q", "-m", "a link"]);
        let ran = project.run(&["compare", "git:HEAD", "git:HEAD~1"]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let said = format!("`{link}` is a link");
        assert!(ran.stderr.contains(&said), "{}", ran.snapshot());
        git(&root, &["reset", "-q", "--hard", "HEAD~1"]);
    }
}

#[test]
fn tenants_and_plans_are_sides_too() {
    let project = project(&policies(""));
    assert_eq!(project.apply_anything().code, Some(0));
    let verdict = |sides: [&str; 2]| {
        let ran = project.run(&["compare", sides[0], sides[1], "--format", "json"]);
        json(&ran)["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict(["live:sandbox", "."]), "equal");
    let project_after = policies(", CA-Pilot");
    std::fs::write(project.path("policies/policies.yaml"), project_after).unwrap();
    let ran = project.allowing_anything(&["plan", "--out", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(verdict(["live:sandbox", "plan:plan.json"]), "looser");
    assert_eq!(verdict(["live:sandbox", "."]), "looser");
    assert_eq!(verdict(["plan:plan.json", "."]), "equal");
    assert_eq!(verdict(["plan:plan.json", "live:sandbox"]), "stricter");
}

#[test]
fn gaps_are_shown_with_what_membership_opens() {
    let idle = policy(
        "CA101 Admins",
        "users: { includeRoles: [Global Administrator], excludeGroups: [CA-BreakGlass] }, applications: { includeApplications: [All] }",
        "mfa",
    );
    let never = policy(
        "CA900 Nobody",
        "users: { includeUsers: [None] }, applications: { includeApplications: [All] }",
        "block",
    );
    let project = project(&[policies(", CA-Pilot"), idle, never].concat());
    let ran = project.run(&["gaps", "--format", "json", "--detailed-exitcode"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let told = json(&ran);
    assert_eq!(told["floor"], "mfa");
    assert_eq!(told["gaps"], Value::Array(vec![]));
    assert_eq!(told["breakGlassLeftOut"], true);
    let rows = told["exclusions"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "the emergency group has no row: {rows:?}");
    assert_eq!(rows[0]["group"], "CA-Pilot");
    assert_eq!(rows[0]["policies"], serde_json::json!(["CA100 MFA"]));
    let opens = rows[0]["opens"].as_array().unwrap();
    assert!(!opens.is_empty());
    for gap in opens {
        assert_eq!(gap["people"], Value::Null);
        let ran = project.run(&[
            "whatif",
            "--sign-in",
            &gap["signIn"].to_string(),
            "--format",
            "json",
        ]);
        let again = json(&ran);
        assert_eq!(again["outcome"], "granted", "{}", ran.snapshot());
        assert_eq!(again["requires"], gap["got"]["requires"]);
    }
    assert_eq!(told["neverApply"], serde_json::json!(["CA900 Nobody"]));
    #[cfg(unix)]
    {
        let human = project.run(&["gaps"]).stdout;
        let lines = human
            .lines()
            .filter(|line| line.trim().starts_with("gatewright "));
        let mut count = 0;
        for line in lines {
            assert!(pasted(&project, line).contains("Outcome: "));
            count += 1;
        }
        assert!(count > 0, "{human}");
    }
}

#[test]
fn a_gap_is_told_in_every_form() {
    let web = format!("{}, clientAppTypes: [browser]", all_users("CA-BreakGlass"));
    let text = format!("{GROUPS}{}", policy("CA100 MFA", &web, "mfa"));
    let project = project(&text);
    let ran = project.run(&["gaps", "--detailed-exitcode"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert_eq!(project.run(&["gaps"]).code, Some(0));
    for floor in ["mfa", "any"] {
        let told = json(&project.run(&["gaps", "--floor", floor, "--format", "json"]));
        assert_eq!(told["floor"], floor);
        let gaps = told["gaps"].as_array().unwrap();
        assert!(!gaps.is_empty(), "{told}");
        let widest = gaps[0]["widest"].to_string();
        assert!(widest.contains("clientAppType"), "{widest}");
        for gap in gaps {
            assert_ne!(gap["signIn"]["clientAppType"], "browser");
            assert!(gap["got"]["policies"].is_array());
        }
    }
    for (format, sign) in [
        ("markdown", "**"),
        ("sarif", "\"gap\""),
        ("github", "::warning title=gap::"),
        ("junit", "gap"),
    ] {
        let ran = project.run(&["gaps", "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(ran.stdout.contains(sign), "{}", ran.snapshot());
    }
    let refused = project.run(&["gaps", "--floor", "high"]);
    assert_eq!(refused.code, Some(64));
}

#[test]
fn gaps_of_a_tenant_and_of_a_plan() {
    let project = project(&policies(", CA-Pilot"));
    assert_eq!(project.apply_anything().code, Some(0));
    let rows = |arguments: &[&str]| {
        let ran = project.run(&[&["gaps", "--format", "json"][..], arguments].concat());
        let told = json(&ran);
        let rows = told["exclusions"].as_array().unwrap().clone();
        let rows = rows
            .iter()
            .map(|row| (row["group"].clone(), row["opens"] != serde_json::json!([])));
        rows.collect::<Vec<_>>()
    };
    let wanted = [(Value::from("CA-Pilot"), true)];
    assert_eq!(rows(&[]), wanted);
    assert_eq!(rows(&["--live"]), wanted);
    std::fs::write(project.path("policies/policies.yaml"), policies("")).unwrap();
    let ran = project.allowing_anything(&["plan", "--out", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(rows(&["--plan", "plan.json"]), []);
    #[cfg(unix)]
    {
        let human = project.run(&["gaps", "--live"]).stdout;
        let line = human
            .lines()
            .find(|line| line.trim().starts_with("gatewright "));
        let said = pasted(&project, line.unwrap());
        assert!(said.contains("Outcome: granted"), "{said}");
    }
}

/// Whom a plan makes signs in nowhere before it: that the sample's user is blocked is told, and
/// an exclusion for a new account is no less of one.
#[test]
fn whom_a_plan_makes_is_judged_as_anybody() {
    let blocked = policy(
        "CA200 Risk",
        "users: { includeUsers: [newguy] }, applications: { includeApplications: [All] }, signInRiskLevels: [high]",
        "block",
    );
    let user = "---\nkind: TestUser\ndisplayName: New\nuserPrincipalName: newguy\n";
    let sample = Project::of("policies.yaml", format!("{blocked}{user}"));
    let effect = &json(&sample.run(&["plan", "--format", "json"]))["effect"];
    assert_eq!(effect["verdict"], "stricter", "{effect}");
    let mfa = |without: &str| {
        let users = format!("users: {{ includeUsers: [All]{without} }}");
        policy(
            "CA100 MFA",
            &format!("{users}, applications: {{ includeApplications: [All] }}"),
            "mfa",
        )
    };
    let project = Project::of("policies.yaml", mfa(""));
    let ran = project.apply_anything();
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let text = format!("{}{user}", mfa(", excludeUsers: [newguy]"));
    let project = project.file("policies/policies.yaml", text);
    let ran = project.run(&["plan", "--format", "json"]);
    assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    let effect = &json(&ran)["effect"];
    let name = &effect["looser"][0]["signIn"]["user"]["name"];
    assert_eq!(name, "newguy@contoso.com", "{effect}");
}

/// Who is in a group is known of a tenant as it is of a project.
#[test]
fn members_of_a_tenants_groups_count_in_a_comparison() {
    let text = |members: &str| {
        let users = "users: { includeUsers: [All], excludeGroups: [CA-Out] }";
        let mfa = policy(
            "CA100 MFA",
            &format!("{users}, applications: {{ includeApplications: [All] }}"),
            "mfa",
        );
        format!("kind: Group\ndisplayName: CA-Out\nmembers: [{members}]\n{mfa}")
    };
    let project = Project::of("policies.yaml", text("breakglass1@contoso.com"));
    let ran = project.apply_anything();
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let verdict = |project: &Project, other: &str| {
        let ran = project.run(&["compare", "live:sandbox", other, "--format", "json"]);
        json(&ran)["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict(&project, "."), "equal");
    let project = project.file(
        "policies/policies.yaml",
        text("breakglass1@contoso.com, AdeleV@contoso.com"),
    );
    assert_eq!(verdict(&project, "."), "looser");
    project.allowing_anything(&["plan", "--out", "plan.json"]);
    assert_eq!(verdict(&project, "plan:plan.json"), "looser");
    let ran = project.run(&["compare", "", "."]);
    assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
}
