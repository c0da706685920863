//! Several tenants: which are meant, that none stops or hides another, and one result of all.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::{Project, Ran, fits};

const POLICY: &str = "\
kind: ConditionalAccessPolicy
displayName: CA001 ${suffix}
state: enabledForReportingButNotEnforced
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenantFiles: [tenants/*.yaml]
defaults:
  vars: { suffix: for all, colour: red }
";

fn tenant(name: &str, labels: &str) -> String {
    format!("sandbox: .gatewright/{name}.json\nlabels: [{labels}]\n")
}

/// Three tenants, one policy each.
fn project() -> Project {
    Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("policies/a.yaml", POLICY)
        .file("tenants/contoso.yaml", tenant("contoso", "gold, eu"))
        .file(
            "tenants/fabrikam.yaml",
            format!(
                "{}vars: {{ suffix: of Fabrikam }}\n",
                tenant("fabrikam", "eu")
            ),
        )
        .file("tenants/tailspin.yaml", tenant("tailspin", "silver"))
}

fn code(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
}

/// The lines of JSON, by tenant.
fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    let lines =
        lines.inspect(|line| fits(&serde_json::from_str(line).unwrap(), "fleet.schema.json"));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn tenants(ran: &Ran) -> Vec<String> {
    let name = |line: Value| line["tenant"].as_str().unwrap().to_owned();
    lines(ran).into_iter().map(name).collect()
}

#[test]
fn every_tenant_gets_its_own_plan_and_a_row() {
    let project = project();
    let ran = project.run(&["plan", "-t", "all"]);
    code(&ran, 0);
    assert!(ran.stdout.contains("CA001 of Fabrikam"), "{}", ran.stdout);
    let heading = "== contoso, tailspin ==";
    assert!(
        ran.stdout.contains(heading),
        "what two tell is told once: {}",
        ran.stdout
    );
    insta::assert_snapshot!(ran.snapshot());
    code(
        &project.run(&["plan", "-t", "all", "--detailed-exitcode"]),
        2,
    );
}

#[test]
fn one_that_fails_neither_stops_nor_hides_another() {
    let project = project()
        .file("tenants/broken.yaml", "sandbx: x\n")
        .file(
            "tenants/away.yaml",
            "tenantId: 11111111-2222-3333-4444-555555555555\nauth: { method: accessToken, env: NO_SUCH_TOKEN }\n",
        );
    let ran = project.run(&["plan", "-t", "all", "--format", "json"]);
    code(&ran, 1);
    assert_eq!(
        tenants(&ran),
        ["away", "broken", "contoso", "fabrikam", "tailspin"]
    );
    for line in lines(&ran) {
        let name = line["tenant"].as_str().unwrap();
        let fails = ["away", "broken"].contains(&name);
        assert_eq!(line["exitCode"], u8::from(fails), "{line}");
        assert_eq!(line["summary"]["errors"], u8::from(fails), "{line}");
        match fails {
            true => assert!(line["findings"][0]["message"].as_str().is_some(), "{line}"),
            false => assert_eq!(line["summary"]["create"], 1, "{line}"),
        }
    }
    let ran = project.run(&["plan", "-t", "all"]);
    for said in [
        "tenants/broken.yaml:1:1",
        "NO_SUCH_TOKEN",
        "5 tenants: 2 failed, 3 with changes",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    // A label cannot tell that the broken one does not have it.
    let ran = project.run(&["plan", "-t", "label:eu", "--format", "json"]);
    assert_eq!(tenants(&ran), ["broken", "contoso", "fabrikam"]);
    // Who names another is not concerned.
    code(&project.run(&["plan", "-t", "contoso"]), 0);
    let ran = project.run(&["plan", "-t", "broken"]);
    code(&ran, 1);
    assert!(
        ran.stderr.contains("tenants/broken.yaml:1:1"),
        "{}",
        ran.stderr
    );
    code(&project.run(&["validate"]), 1);
}

#[test]
fn a_broken_default_gives_its_place_to_no_other_tenant() {
    let project = Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("policies/a.yaml", POLICY)
        .file("tenants/lab.yaml", "default: true\nsandbx: x.json\n")
        .file("tenants/prod.yaml", tenant("prod", ""));
    for line in [&["plan"][..], &["apply", "--yes"], &["drift"], &["import"]] {
        let ran = project.run(line);
        code(&ran, 1);
        assert!(
            ran.stderr.contains("tenants/lab.yaml:2:1"),
            "{}",
            ran.stderr
        );
    }
    assert!(!project.path(".gatewright/prod.json").exists());
}

#[test]
fn names_patterns_and_labels_select_together() {
    let project = project();
    for (selectors, wanted) in [
        (&["contoso", "tailspin"][..], &["contoso", "tailspin"][..]),
        (&["*o*"], &["contoso"]),
        (&["{contoso,fab*}"], &["contoso", "fabrikam"]),
        (&["label:eu"], &["contoso", "fabrikam"]),
        (
            &["label:eu", "tailspin"],
            &["contoso", "fabrikam", "tailspin"],
        ),
        (&["label:s*"], &["tailspin"]),
        (&["all"], &["contoso", "fabrikam", "tailspin"]),
        (&["all", "contoso"], &["contoso", "fabrikam", "tailspin"]),
    ] {
        let mut line = vec!["validate", "--format", "json"];
        for selector in selectors {
            line.extend(["-t", selector]);
        }
        let ran = project.run(&line);
        code(&ran, 0);
        assert_eq!(tenants(&ran), wanted, "{selectors:?}");
    }
    for (selector, help) in [
        ("label:gld", "did you mean `label:gold`?"),
        (
            "label:none-like-it",
            "there are the labels `eu`, `gold`, `silver`",
        ),
        ("contosso*", "did you mean `contoso`?"),
        ("x*", "the project has `contoso`, `fabrikam`, `tailspin`"),
        ("[", "is not a valid pattern"),
    ] {
        let ran = project.run(&["plan", "-t", "contoso", "-t", selector]);
        code(&ran, 1);
        assert!(ran.stderr.contains(help), "{selector}: {}", ran.stderr);
    }
}

#[test]
fn what_only_one_tenant_can_be_is_refused() {
    let id = "11111111-2222-3333-4444-555555555555";
    for (files, said) in [
        (
            [
                ("tenants/a.yaml", format!("tenantId: {id}\n")),
                (
                    "tenants/b.yaml",
                    format!("tenantId: {}\n", id.to_uppercase()),
                ),
            ],
            "the tenants `a` and `b` have the same id",
        ),
        (
            [
                ("tenants/a.yaml", tenant("x", "")),
                (
                    "tenants/b.yaml",
                    "sandbox: ./.gatewright/x.json\n".to_owned(),
                ),
            ],
            "the tenants `a` and `b` have the same sandbox",
        ),
        (
            [
                ("tenants/a.yaml", tenant("a", "")),
                ("tenants/sub/a.yaml", tenant("b", "")),
            ],
            "two tenants are called `a`",
        ),
        (
            [
                (
                    "tenants/a.yaml",
                    "default: true\nsandbox: a.json\n".to_owned(),
                ),
                (
                    "tenants/b.yaml",
                    "default: true\nsandbox: b.json\n".to_owned(),
                ),
            ],
            "more than one tenant is marked `default`",
        ),
    ] {
        let mut project = Project::empty()
            .file(
                "gatewright.yaml",
                CONFIG.replace("tenants/*", "tenants/**/*"),
            )
            .file("policies/a.yaml", POLICY);
        for (name, text) in files {
            project = project.file(name, text);
        }
        let ran = project.refuse(&["plan", "-t", "all"]);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        assert!(ran.stderr.contains("tenants/"), "{}", ran.stderr);
    }
}

#[test]
fn a_name_that_selects_others_is_the_fault_of_its_tenant() {
    let project = project().file("tenants/all.yaml", tenant("b", ""));
    let ran = project.run(&["plan", "-t", "all", "--format", "json"]);
    code(&ran, 1);
    assert_eq!(tenants(&ran), ["all", "contoso", "fabrikam", "tailspin"]);
    let message = lines(&ran)[0]["findings"][0]["message"].to_string();
    assert!(
        message.contains("a tenant cannot be called `all`"),
        "{message}"
    );
    // In the project file itself it is a fault of all.
    let own = format!("{CONFIG}tenants: {{ 'eu-*': {{ sandbox: x.json }} }}\n");
    let ran = project
        .file("gatewright.yaml", own)
        .refuse(&["plan", "-t", "contoso"]);
    assert!(
        ran.stderr.contains("a tenant cannot be called `eu-*`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_tenant_called_like_the_page_of_all_keeps_its_report() {
    let project = project()
        .file(
            "gatewright.yaml",
            CONFIG.replace("tenants/*", "./tenants/*"),
        )
        .file("tenants/index.yaml", tenant("index", ""));
    let ran = project.run(&["report", "-t", "all", "-o", "pages"]);
    code(&ran, 0);
    let index = std::fs::read_to_string(project.path("pages/index.html")).unwrap();
    assert!(index.contains("<a href=\"index_.html\">"), "{index}");
    assert!(project.path("pages/index_.html").exists());
}

#[test]
fn defaults_count_where_a_tenant_says_nothing_and_faults_stand_where_they_are_written() {
    let project = project().file(
        "tenants/prod.yaml",
        "tenantId: 11111111-2222-3333-4444-555555555555\n",
    );
    let auth = format!("{CONFIG}  auth: {{ method: accessToken, env: NO_SUCH_TOKEN }}\n");
    let project = project.file("gatewright.yaml", auth);
    let ran = project.run(&["plan", "-t", "prod"]);
    code(&ran, 1);
    assert!(ran.stderr.contains("gatewright.yaml:6:"), "{}", ran.stderr);
    let project = project.file("gatewright.yaml", format!("{CONFIG}  auth: {{ env: X }}\n"));
    let ran = project.refuse(&["plan", "-t", "prod"]);
    assert!(ran.stderr.contains("gatewright.yaml:6:"), "{}", ran.stderr);
    let project = project.file("gatewright.yaml", format!("{CONFIG}  labels: [x]\n"));
    project.refuse(&["plan", "-t", "prod"]);
}

#[test]
fn parts_come_to_the_same_as_the_whole() {
    let mut project = project();
    for n in 0..9 {
        project = project.file(&format!("tenants/n{n}.yaml"), tenant(&format!("n{n}"), ""));
    }
    let whole = project.run(&["plan", "-t", "all", "--format", "json"]);
    code(&whole, 0);
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for part in 0..3 {
        let ran = project.run(&["plan", "--shard", &format!("{part}/3"), "--format", "json"]);
        code(&ran, 0);
        for tenant in tenants(&ran) {
            assert!(seen.insert(tenant), "in two parts");
        }
        let name = format!("results/{part}.jsonl");
        project = project.file(&name, &ran.stdout);
        files.push(name);
    }
    assert_eq!(seen.len(), 12);
    let merged = project.run(&["merge", "results", "--format", "json"]);
    code(&merged, 0);
    // The time of a plan is the only thing that two runs do not share.
    let bare = |ran: &Ran| -> Vec<Value> {
        let mut lines = lines(ran);
        lines
            .iter_mut()
            .for_each(|line| line["result"] = Value::Null);
        lines
    };
    assert_eq!(bare(&merged), bare(&whole));
    let human = project.run(&["merge", &files[0], &files[1], &files[2]]);
    assert!(
        human.stdout.contains("12 tenants: 12 with changes"),
        "{}",
        human.stdout
    );
    let markdown = project.run(&["merge", "results", "--format", "markdown"]);
    assert_eq!(
        markdown.stdout,
        project
            .run(&["plan", "-t", "all", "--format", "markdown"])
            .stdout
    );
    assert_eq!(
        project
            .run(&["merge", "results", "--format", "html"])
            .stdout,
        project
            .run(&["plan", "-t", "all", "--format", "html"])
            .stdout
    );
    // A part that is missing is not passed over.
    let ran = project.run(&["merge", &files[0], &files[1]]);
    code(&ran, 1);
    assert!(
        ran.stdout.contains("there is no result of this tenant"),
        "{}",
        ran.stdout
    );
    code(
        &project.run(&["merge", &files[0], &files[1], "--partial"]),
        0,
    );
}

#[test]
fn what_cannot_be_merged_is_told_with_its_line() {
    let project = project();
    let plan = project
        .run(&["plan", "-t", "all", "--format", "json"])
        .stdout;
    let validate = project
        .run(&["validate", "-t", "cont*", "--format", "json"])
        .stdout;
    let half = plan[..plan.len() - 20].to_owned();
    let project = project
        .file("plan.jsonl", &plan)
        .file("again.jsonl", &plan)
        .file("half.jsonl", &half)
        .file("validate.jsonl", &validate)
        .file("other.jsonl", "{\"hello\": 1}\n")
        .file("empty.jsonl", "")
        .file(
            "newer.jsonl",
            plan.replace("\"formatVersion\":\"1.0\"", "\"formatVersion\":\"9.0\""),
        );
    for (files, said) in [
        (&["plan.jsonl", "again.jsonl"][..], "again.jsonl:1:1"),
        (&["half.jsonl"], "the line ends in the middle"),
        (
            &["validate.jsonl", "plan.jsonl"],
            "the line is a result of `plan`, and others are of `validate`",
        ),
        (&["other.jsonl"], "the line is no result of a tenant"),
        (&["newer.jsonl"], "the format version `9.0`"),
        (&["missing.jsonl"], "`missing.jsonl` cannot be read"),
        (
            &["empty.jsonl", "--partial"],
            "have no result of any tenant",
        ),
        (
            &["plan.jsonl", "--html", "policies/a.yaml"],
            "policies/a.yaml",
        ),
    ] {
        let mut line = vec!["merge"];
        line.extend(files);
        let ran = project.run(&line);
        code(&ran, 1);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.snapshot());
    }
}

#[test]
fn many_are_applied_at_once_and_then_nothing_is_left() {
    let project = project();
    let ran = project.run(&["apply", "-t", "all"]);
    code(&ran, 1);
    assert!(
        ran.stderr.contains("there is no terminal to ask on"),
        "{}",
        ran.stderr
    );
    let left = std::fs::read_dir(project.path(".gatewright")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with("plans-")),
        "{left:?}"
    );
    let ran = project.run(&["plan", "-t", "all"]);
    assert!(
        ran.stdout.contains("3 tenants: 3 with changes"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["apply", "-t", "all", "--yes"]);
    code(&ran, 0);
    assert!(
        ran.stdout.contains("3 tenants: 3 applied"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["plan", "-t", "all", "--detailed-exitcode"]);
    code(&ran, 0);
    assert!(
        ran.stdout.contains("3 tenants: 3 without changes"),
        "{}",
        ran.stdout
    );
    code(&project.run(&["drift", "-t", "all"]), 0);
    let runs = project.run(&["runs", "--format", "json"]);
    assert_eq!(
        runs.stdout.matches("\"tenant\"").count(),
        3,
        "{}",
        runs.stdout
    );
}

#[cfg(target_os = "linux")]
#[test]
fn it_is_asked_once_for_all() {
    for (answer, code, after) in [("no", 1, "3 with changes"), ("yes", 0, "3 without changes")] {
        let project = project();
        let mut asked = Vec::new();
        let line = ["apply", "-t", "all", "--kind", "ConditionalAccessPolicy"];
        let (ended, shown) = project.run_at_a_terminal(&line, |question| {
            asked.push(question.to_owned());
            Some(answer)
        });
        assert_eq!(ended, Some(code), "{shown}");
        let (before, after_it) = shown.split_once("Type `yes`").unwrap();
        assert!(before.contains("3 tenants: 3 with changes"), "{shown}");
        assert!(
            !before.contains("applied") && !before.contains("CREATED"),
            "{shown}"
        );
        assert_eq!(after_it.contains("3 applied"), answer == "yes", "{shown}");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(
            asked[0].contains("Apply to `contoso`, `fabrikam`, `tailspin`?"),
            "{asked:?}"
        );
        let ran = project.run(&["plan", "-t", "all"]);
        assert!(ran.stdout.contains(after), "{}", ran.stdout);
    }
}

/// The project, and plans of its tenants in the folder `plans`; the digest of the folder.
fn planned() -> (Project, String) {
    let project = project();
    let ran = project.run(&["plan", "-t", "all", "--out-dir", "plans"]);
    code(&ran, 0);
    let digest = ran.stderr.split("--digest ").nth(1).unwrap();
    let digest = digest.split_whitespace().next().unwrap().to_owned();
    (project, digest)
}

#[test]
fn the_plans_of_a_folder_are_applied_as_they_were_reviewed() {
    let (project, digest) = planned();
    let ran = project.run(&["show", "plans"]);
    code(&ran, 0);
    let last = ran.stdout.lines().last().unwrap();
    assert_eq!(last, format!("Digest of the folder: {digest}"));
    assert!(
        ran.stdout.contains("3 tenants: 3 with changes"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["show", "plans", "--format", "json"]);
    assert_eq!(tenants(&ran), ["contoso", "fabrikam", "tailspin"]);
    let ran = project.run(&["apply", "plans", "--digest", &"0".repeat(64)]);
    code(&ran, 1);
    assert!(ran.stderr.contains("has the digest"), "{}", ran.stderr);
    let ran = project.run(&["apply", "plans", "--digest", &digest]);
    code(&ran, 0);
    assert!(
        ran.stdout.contains("3 tenants: 3 applied"),
        "{}",
        ran.stdout
    );
    code(
        &project.run(&["plan", "-t", "all", "--detailed-exitcode"]),
        0,
    );
    // Once more, they are stale.
    code(&project.run(&["apply", "plans"]), 4);
}

#[test]
fn one_stale_plan_keeps_back_all_unless_a_part_is_asked_for() {
    let (project, _) = planned();
    code(&project.run(&["apply", "-t", "fabrikam", "--yes"]), 0);
    let before = std::fs::read_dir(project.path(".gatewright/runs"))
        .unwrap()
        .count();
    let ran = project.run(&["apply", "plans"]);
    code(&ran, 4);
    assert!(
        ran.stdout.contains("3 tenants: 1 stale, 2 not applied"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("Nothing was written: 1 of 3 plans cannot be applied."),
        "{}",
        ran.stderr
    );
    let runs = std::fs::read_dir(project.path(".gatewright/runs"))
        .unwrap()
        .count();
    assert_eq!(runs, before);
    let ran = project.run(&["plan", "-t", "all"]);
    assert!(
        ran.stdout.contains("2 with changes, 1 without changes"),
        "{}",
        ran.stdout
    );
    let json = project.run(&["apply", "plans", "--format", "json"]);
    code(&json, 4);
    assert_eq!(tenants(&json), ["contoso", "fabrikam", "tailspin"]);
    let stale = &lines(&json)[1];
    assert!(stale["result"]["findings"].is_array(), "{stale}");
    let ran = project.run(&["apply", "plans", "--partial"]);
    code(&ran, 4);
    assert!(ran.stdout.contains("1 stale, 2 applied"), "{}", ran.stdout);
    let ran = project.run(&["plan", "-t", "all"]);
    assert!(ran.stdout.contains("3 without changes"), "{}", ran.stdout);
}

#[test]
fn a_folder_of_plans_is_refused_where_it_is_not_clear_what_is_meant() {
    let (project, _) = planned();
    let copy = std::fs::read(project.path("plans/contoso.json")).unwrap();
    let project = project
        .file("twice/a.json", &copy)
        .file("twice/b.json", &copy);
    let project = project.file("none/readme.txt", "").file("bad/a.json", "{}");
    let project = project.file("one/contoso.json", &copy);
    for (line, said) in [
        (
            &["apply", "twice"][..],
            "both plans for the tenant `contoso`",
        ),
        (&["apply", "none"], "has no saved plan"),
        (&["apply", "bad"], "bad/a.json"),
        (
            &["apply", "one", "-t", "all"],
            "has no plan for `fabrikam`, `tailspin`",
        ),
    ] {
        let ran = project.run(line);
        code(&ran, 1);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    code(&project.run(&["apply", "one"]), 0);
    // A plan that could not be made again leaves no earlier one in its place.
    let project = project.file(
        "tenants/contoso.yaml",
        "sandbox: .gatewright/contoso.json\nlabel: [x]\n",
    );
    code(
        &project.run(&["plan", "-t", "all", "--out-dir", "plans"]),
        1,
    );
    assert!(!project.path("plans/contoso.json").exists());
}

#[test]
fn a_guard_that_refuses_one_tenant_lets_the_others_be() {
    let project = project()
        .file("tenants/contoso/block.yaml", "")
        .file(
            "policies/a.yaml",
            POLICY
                .replace("[mfa]", "[\"${control}\"]")
                .replace("enabledForReportingButNotEnforced", "enabled"),
        )
        .file(
            "gatewright.yaml",
            CONFIG.replace("colour: red", "control: mfa"),
        )
        .file(
            "tenants/contoso.yaml",
            format!("{}vars: {{ control: block }}\n", tenant("contoso", "gold")),
        );
    let ran = project.run(&["apply", "-t", "all", "--yes", "--format", "json"]);
    code(&ran, 3);
    let lines = lines(&ran);
    assert_eq!(lines[0]["exitCode"], 3, "{}", lines[0]);
    assert_eq!(lines[0]["summary"]["guards"], 1, "{}", lines[0]);
    assert_eq!(
        lines[0]["findings"][0]["severity"], "refused",
        "{}",
        lines[0]
    );
    assert_eq!(lines[0]["summary"]["errors"], 0, "{}", lines[0]);
    assert_eq!(lines[0]["summary"]["create"], 0, "{}", lines[0]);
    for line in &lines[1..] {
        assert_eq!(
            (&line["exitCode"], &line["changes"][0]["outcome"]),
            (&0.into(), &"done".into()),
            "{line}"
        );
    }
    let ran = project.run(&["plan", "-t", "all"]);
    assert!(
        ran.stdout.contains("1 refused, 2 without changes"),
        "{}",
        ran.stdout
    );
}

#[test]
fn claims_reports_and_risk_of_many() {
    let project = project().file(
        "policies/claim.yaml",
        "kind: Scenario\ndisplayName: MFA for all\nsignIn: { user: { memberOf: [], roles: [] }, application: SharePoint Online, clientAppType: browser, ipAddress: 198.51.100.7 }\nexpect: { outcome: granted }\n",
    );
    let ran = project.run(&["test", "-t", "all", "--format", "json"]);
    assert_eq!(tenants(&ran).len(), 3, "{}", ran.snapshot());
    for line in lines(&ran) {
        let summary = &line["summary"];
        let sum: i64 = ["passed", "failed", "open"]
            .iter()
            .map(|name| summary[*name].as_i64().unwrap())
            .sum();
        assert_eq!(sum, 1, "{line}");
    }
    let ran = project.run(&["report", "-t", "all", "-o", "pages"]);
    code(&ran, 0);
    let index = std::fs::read_to_string(project.path("pages/index.html")).unwrap();
    for name in ["contoso", "fabrikam", "tailspin"] {
        assert!(project.path(&format!("pages/{name}.html")).exists());
        assert!(
            index.contains(&format!("<a href=\"{name}.html\">{name}.html</a>")),
            "{index}"
        );
    }
    code(&project.run(&["report", "-t", "all", "-o", "pages"]), 1);
    code(
        &project.run(&["report", "-t", "all", "-o", "pages", "--force"]),
        0,
    );
    let ran = project.run(&["risk", "users", "-t", "all"]);
    code(&ran, 0);
    assert!(ran.stdout.contains("3 tenants: 3 ok"), "{}", ran.stdout);
}

#[test]
fn what_is_adopted_from_one_tenant_says_whom_else_it_is_for() {
    let project = project();
    code(&project.run(&["apply", "-t", "all", "--yes"]), 0);
    let file = project.path(".gatewright/contoso.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("enabledForReportingButNotEnforced", "enabled"),
    )
    .unwrap();
    let ran = project.run(&["drift", "-t", "contoso", "--adopt"]);
    code(&ran, 0);
    let said = "is then also for them: `policies/a.yaml` of `fabrikam`, `tailspin`";
    assert!(ran.stderr.contains(said), "{}", ran.snapshot());
    // In a folder of its own there is nobody else.
    let own = format!("{}manifests: [own]\n", tenant("tailspin", "silver"));
    let project = project
        .file("tenants/tailspin.yaml", own)
        .file("own/g.yaml", "kind: Group\ndisplayName: Own\n");
    let ran = project.run(&[
        "import", "-t", "tailspin", "--only", "Group", "--with", "Group",
    ]);
    assert!(!ran.stderr.contains("also for them"), "{}", ran.snapshot());
}

#[test]
fn what_many_tenants_get_is_rendered_at_once() {
    let project = project();
    let ran = project.run(&["render", "-t", "label:eu", "-o", "out"]);
    code(&ran, 0);
    for (name, said) in [
        ("contoso", "CA001 for all"),
        ("fabrikam", "CA001 of Fabrikam"),
    ] {
        let text = std::fs::read_to_string(project.path(&format!("out/{name}/policies/a.yaml")));
        assert!(text.unwrap().contains(said));
    }
    assert!(!project.path("out/tailspin").exists());
    code(&project.run(&["render", "-t", "nobody"]), 1);
    let broken = project.file("tenants/broken.yaml", "sandbx: x\n");
    let ran = broken.run(&["render", "-t", "all"]);
    code(&ran, 1);
    assert!(
        ran.stderr.contains("tenants/broken.yaml:1:1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_takes_one_tenant_says_so() {
    let project = project();
    for line in [
        &["get", "groups", "-t", "all"][..],
        &["import", "-t", "contoso", "-t", "fabrikam"],
        &["plan", "-t", "all", "--out", "x.json"],
        &["drift", "-t", "all", "--adopt"],
        &["validate", "-t", "all", "--fix"],
        &["risk", "detections", "-t", "all", "--watch"],
        &["plan", "-t", "all", "--format", "sarif"],
        &["plan", "--shard", "3/3"],
        &["plan", "--shard", "1"],
        &["tenants", "--matrix", "0"],
        &["tenants", "--matrix", "257"],
    ] {
        let ran = project.run(line);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
    }
    // A pattern that means one is as good as its name.
    code(&project.run(&["get", "groups", "-t", "cont*"]), 0);
    // Findings of all tenants are one document.
    let ran = project.run(&["validate", "-t", "all", "--format", "sarif"]);
    code(&ran, 0);
    assert!(ran.stdout.contains("\"$schema\""), "{}", ran.stdout);
}

#[test]
fn tenants_are_listed_and_shared_out() {
    let project = project().file("tenants/broken.yaml", "x: 1\n");
    let ran = project.run(&["tenants"]);
    code(&ran, 1);
    insta::assert_snapshot!(ran.snapshot());
    let ran = project.run(&["tenants", "-t", "label:gold", "--format", "json"]);
    let listed: Value = serde_json::from_str(&ran.stdout).unwrap();
    fits(&listed, "tenants.schema.json");
    assert_eq!(listed["tenants"][1]["name"], "contoso", "{listed}");
    let ran = project.run(&["tenants", "--matrix", "8", "--format", "json"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    let matrix: Value = serde_json::from_str(&ran.stdout).unwrap();
    let jobs = matrix["include"].as_array().unwrap();
    let held: usize = jobs
        .iter()
        .map(|job| job["tenants"].as_array().unwrap().len())
        .sum();
    assert_eq!(held, 4, "{matrix}");
}

#[test]
fn passwords_of_each_tenant_go_to_a_file_of_its_own() {
    let project = project().file(
        "policies/user.yaml",
        "kind: TestUser\ndisplayName: Test\nuserPrincipalName: test-user@contoso.com\n",
    );
    let ran = project.run(&["apply", "-t", "all", "--yes", "--secrets-out", "secrets"]);
    code(&ran, 0);
    for name in ["contoso", "fabrikam", "tailspin"] {
        let text = std::fs::read_to_string(project.path(&format!("secrets/{name}.json"))).unwrap();
        let kept: Value = serde_json::from_str(&text).unwrap();
        let password = kept["test-user@contoso.com"].as_str().unwrap();
        assert!(!ran.stdout.contains(password) && !ran.stderr.contains(password));
    }
}

/// Two tenants: `a` is reached as a real one is, `b` is embedded and behaves like this.
#[cfg(unix)]
fn over_http(sandbox: &crate::sandbox::Sandbox, weather: &str) -> Project {
    let tenant = sandbox.running.tenant();
    let a = format!(
        "tenantId: {}\ngraphEndpoint: {}\n",
        tenant["tenantId"].as_str().unwrap(),
        sandbox.running.url()
    );
    Project::empty()
        .file(
            "gatewright.yaml",
            "version: 1\nmanifests: [policies]\ntenantFiles: [tenants/*.yaml]\ndefaults:\n  auth: { method: accessToken, env: GRAPH_TOKEN }\n",
        )
        .file("policies/all.yaml", "kind: Group\ndisplayName: G\n")
        .file("tenants/a.yaml", a)
        .file("tenants/b.yaml", format!("sandbox: b.json\nweather: {weather}\n"))
}

#[cfg(unix)]
async fn ended(child: std::process::Child) -> (Option<i32>, Vec<Value>, String) {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
        .await
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), lines.collect(), told)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_while_tenants_are_read_writes_to_none() {
    use crate::signals::{posts, signal, spawn, weather};

    let a = crate::sandbox::Sandbox::with(Default::default()).await;
    a.running
        .set_weather(weather(serde_json::json!({"latency": "1500ms"})));
    let project = over_http(&a, "{ latency: 1500ms }");
    let child = spawn(
        &project,
        &["apply", "-t", "all", "--yes", "--format", "json"],
    );
    while a.running.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    signal(&child, "INT");
    let (code, lines, told) = ended(child).await;
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert_eq!(line["exitCode"], 1, "{line}");
        let message = line["findings"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("stopped before anything was written"),
            "{line}"
        );
    }
    assert_eq!(posts(&a, "/groups"), 0);
    assert!(!project.path("b.json").exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_signal_no_further_tenant_is_begun() {
    use crate::signals::{held, signal, spawn, weather};

    let a = crate::sandbox::Sandbox::with(Default::default()).await;
    a.running
        .set_weather(weather(serde_json::json!({"hold": "100%"})));
    let project = over_http(&a, "{}");
    let line = [
        "apply", "-t", "all", "--yes", "--jobs", "1", "--format", "json",
    ];
    let child = spawn(&project, &line);
    held(&a, "/groups").await;
    signal(&child, "INT");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    signal(&child, "INT");
    let (code, lines, told) = ended(child).await;
    assert_eq!(code, Some(5), "{told}");
    assert_eq!(lines[0]["changes"][0]["outcome"], "unknown", "{told}");
    assert_eq!(
        lines[1]["findings"][0]["message"],
        "not begun: the run was stopped before"
    );
    assert!(!project.path("b.json").exists());
}
