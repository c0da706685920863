//! Help where the hand is: one message for one cause, findings of every sort in one run, what can be
//! known without a tenant, mended and formatted files.

use std::path::Path;

use proptest::prelude::*;

use crate::common::{CONFIG, Project};

const POLICY: &str = "\
kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

const GROUP: &str = "kind: Group\ndisplayName: CA-BreakGlass\n";

fn policy(name: &str, from: &str, to: &str) -> String {
    POLICY.replace("CA001", name).replace(from, to)
}

/// A project with the group and some policies, one a file.
fn project(policies: &[String]) -> Project {
    let mut project = Project::of("groups.yaml", GROUP);
    for (number, policy) in policies.iter().enumerate() {
        project = project.file(&format!("policies/p{number:02}.yaml"), policy);
    }
    project
}

#[test]
fn one_cause_is_told_once_with_its_other_places() {
    let policies: Vec<String> = (0..40)
        .map(|n| policy(&format!("CA{n:03}"), "CA-BreakGlass", "CA-BreakGlas"))
        .collect();
    let project = project(&policies);
    let ran = project.run(&["validate"]);
    let told = ran
        .stderr
        .matches("no known group is named `CA-BreakGlas`")
        .count();
    assert_eq!(told, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("and 34 more"), "{}", ran.stderr);
    // They are the same but for their names, too.
    assert!(
        ran.stdout.contains("2 warnings at 79 places"),
        "{}",
        ran.stdout
    );
    // Programs get each of them.
    for format in ["json", "sarif"] {
        let ran = project.run(&["validate", "--format", format]);
        assert_eq!(
            ran.stdout.matches("is named `CA-BreakGlas`").count() % 40,
            0,
            "{format}"
        );
    }
    let ran = project.run(&["validate", "--format", "markdown"]);
    assert!(ran.stdout.contains("and 34 more"), "{}", ran.stdout);
}

#[test]
fn findings_of_every_sort_come_in_one_run() {
    let wrong = policy("CA001", "state: enabled", "stat: enabled")
        .replace(
            "excludeGroups: [CA-BreakGlass]",
            "excludeGroups: [CA-BreakGlas], includeRoles: [Global Admin]",
        )
        .replace("builtInControls: [mfa]", "builtInControls: [block, mfa]")
        .replace(
            "includeUsers: [All]",
            "includeUsers: [All], excludeRoles: 3",
        );
    let other = policy("CA002", ", excludeGroups: [CA-BreakGlass]", "");
    let project =
        project(&[wrong, other]).file("policies/kind.yaml", "kind: Grup\n---\nkind: Group\n");
    let ran = project.run(&["validate"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.snapshot());
}

#[test]
fn what_is_beside_an_unknown_value_is_not_guessed_at() {
    // Without a control that is known, nothing is said of the lack of one.
    let wrong = policy(
        "CA001",
        "builtInControls: [mfa]",
        "builtInControls: [nonsense]",
    );
    let ran = project(&[wrong]).run(&["validate"]);
    assert_eq!(ran.stderr.matches("error[").count(), 1, "{}", ran.stderr);
}

#[test]
fn names_that_are_known_to_be_wrong_are_found_without_a_tenant() {
    let policies = [
        policy("CA001", "CA-BreakGlass", "CA-BreakGlas"),
        policy(
            "CA002",
            "includeUsers: [All]",
            "includeRoles: [Global Admin]",
        ),
        policy(
            "CA003",
            "builtInControls: [mfa]",
            "authenticationStrength: Phishing resistant MFA",
        ),
        policy(
            "CA004",
            "includeApplications: [All]",
            "includeApplications: [Office 365 Exchange Onlin]",
        ),
        policy("CA005", "includeUsers: [All]", "includeUsers: [All users]"),
        policy(
            "CA006",
            "includeUsers: [All]",
            "includeRoles: [Company Administrator]",
        ),
        policy(
            "CA007",
            "includeUsers: [All]",
            "includeUsers: [CA-BreakGlass]",
        ),
        // The tenant may have these.
        policy("CA008", "CA-BreakGlass", "CA-Pilot"),
        policy(
            "CA009",
            "includeApplications: [All]",
            "includeApplications: [Our Shop]",
        ),
        policy("CA010", "CA-BreakGlass", "CA-BreakGlas").replace(
            "conditions:",
            "# gatewright: allow unresolved-reference the old group\nconditions:",
        ),
    ];
    let ran = project(&policies).run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    insta::assert_snapshot!(ran.snapshot());
}

#[test]
fn a_plan_gives_the_advice_on_what_it_changes() {
    let twice = policy(
        "CA001",
        "includeUsers: [All]",
        "includeGroups: [CA-BreakGlass, CA-Pilot]",
    );
    let pilot = GROUP.replace("BreakGlass", "Pilot");
    let project = project(&[twice, policy("CA002", "x", "x")]).file("policies/pilot.yaml", pilot);
    let told = |arguments: &[&str]| {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let lines: Vec<&str> = ran.stdout.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with("Warning[lint: included-and-excluded]"));
        at.map(|at| lines[at..at + 2].join("\n"))
    };
    let warning = told(&["plan"]).expect("a warning");
    assert!(warning.contains("policies/p00.yaml:5:"), "{warning}");
    assert!(
        warning.contains("\n  remove it from one of the two lists"),
        "{warning}"
    );
    assert_eq!(project.apply_anything().code, Some(0));
    // What stays as it is has been seen.
    assert_eq!(told(&["plan"]), None);
}

#[test]
fn strict_says_why_it_fails() {
    let project = project(&[policy("CA001", "CA-BreakGlass", "CA-BreakGlas")]);
    let ran = project.run(&["validate", "--strict"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("`--strict` fails on warnings"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["validate", "--strict", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("`--strict` fails on warnings"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_findings_of_some_files_can_be_asked_for() {
    let wrong = policy("CA001", "[mfa]", "[mffa]");
    let project = project(&[wrong, policy("CA002", "[mfa]", "[mfa]")]);
    let ran = project.run(&["validate", "policies/p01.yaml", "policies/groups.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(ran.stdout.contains("Valid: 2 files"), "{}", ran.stdout);
    assert!(ran.stderr.contains("other file"), "{}", ran.stderr);
    let ran = project.run(&["validate", "policies/p00.yaml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    for (name, words) in [
        ("nothing.yaml", "cannot read"),
        ("README.md", "not a file of the project"),
    ] {
        let project = Project::of("groups.yaml", GROUP).file("README.md", "");
        let ran = project.run(&["validate", name]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

const MISSPELT: &str = "\
kind: ConditionalAccessPolicy
DisplayName: CA001 # the name
state: Report-only
conditons:
  users: { include_users: [All users], excludeGroups: [CA-BreakGlas] }
  applications: { includeApplications: All }
grantControls: { operator: or, builtInControls: [MFA, Require multifactor authentication] }
";

#[test]
fn what_is_plainly_misspelt_is_mended_and_said() {
    let project = project(&[MISSPELT.to_owned()]);
    let ran = project.run(&["validate", "--fix"]);
    let text = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    insta::assert_snapshot!(format!("{text}\n{}", ran.snapshot()));
    let ran = project.run(&["validate", "--fix", "--unsafe"]);
    let text = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    insta::assert_snapshot!(format!("{text}\n{}", ran.snapshot()));
    // Nothing is left to mend.
    let before = text.clone();
    project.run(&["validate", "--fix", "--unsafe"]);
    let text = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    assert_eq!(text, before);
}

#[test]
fn kinds_countries_and_flags_are_fixed() {
    let location = "kind: NamedLocation\ndisplayName: ";
    let text = format!(
        "kind: group\ndisplayName: G1\n---\n{location}L\ncountriesAndRegions: [at, Germany, no] # three\n---\n{location}M\nisTrusted: \"true\"\nipRanges: [203.0.113.0/24]\n"
    );
    let project = project(std::slice::from_ref(&text));
    let now = || std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    let safe = (text
        .replace("kind: group", "kind: Group")
        .replace("[at,", "[AT,"))
    .replace(" no]", " 'NO']")
    .replace("\"true\"", "true");
    project.run(&["validate", "--fix"]);
    project.run(&["validate", "--fix"]);
    assert_eq!(now(), safe);
    let ran = project.run(&["validate", "--fix", "--unsafe"]);
    assert_eq!(now(), safe.replace("Germany", "DE"));
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

/// What was written twice in two ways is there once.
#[test]
fn a_fix_leaves_no_item_twice() {
    let flow = |list: &str| format!("{{ operator: OR, builtInControls: {list} }}");
    let block = |list: &str| format!("\n  operator: OR\n  builtInControls:\n{list}");
    for (list, fixed) in [
        (flow("[MFA, mfa]"), flow("[mfa]")),
        (
            flow("[mfa, MFA, compliantdevice]"),
            flow("[mfa, compliantDevice]"),
        ),
        (flow("[MFA, Mfa]"), flow("[mfa]")),
        (
            flow("[mfa, Require multifactor authentication]"),
            flow("[mfa]"),
        ),
        (
            block("    # why\n    - mfa # one\n    - MFA # two\n    - compliantDevice"),
            block("    # why\n    - mfa # one\n    - compliantDevice"),
        ),
    ] {
        let text = |list: &str| policy("CA001", &flow("[mfa]"), list);
        let project = project(&[text(&list)]);
        let ran = project.run(&["validate", "--fix", "--unsafe"]);
        let after = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
        assert_eq!(after, text(&fixed), "{}", ran.snapshot());
    }
}

#[test]
fn a_state_is_never_set_without_being_asked() {
    for state in ["Enabled", "on", "enable", "reportOnly", "Disabled"] {
        let text = policy("CA001", "state: enabled", &format!("state: {state}"));
        let project = project(std::slice::from_ref(&text));
        project.run(&["validate", "--fix"]);
        let after = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
        assert_eq!(after, text);
        let ran = project.run(&["validate", "--fix", "--unsafe"]);
        assert_eq!(ran.code, Some(0), "{state}: {}", ran.snapshot());
    }
}

#[test]
fn what_cannot_be_fixed_in_place_is_said() {
    let text = policy("CA001", "state: enabled", "state: >-\n  Report-only");
    let project = project(std::slice::from_ref(&text));
    let ran = project.run(&["validate", "--fix", "--unsafe"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let told = "1 of them cannot be fixed in place";
    assert!(ran.stderr.contains(told), "{}", ran.snapshot());
    let after = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    assert_eq!(after, text);
}

#[test]
fn a_value_of_a_variable_is_not_mended_where_it_is_used() {
    let text = policy("CA001", "[mfa]", "['${control}']");
    let project = project(std::slice::from_ref(&text)).file(
        "gatewright.yaml",
        CONFIG.replace("count: 3", "count: 3, control: MFA"),
    );
    let ran = project.run(&["validate", "--fix", "--unsafe"]);
    assert_eq!(ran.code, Some(1));
    let after = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    assert_eq!(after, text);
}

/// YAML that a message tells people to write, in backticks.
fn told_to_write(help: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["write `", "add `"] {
        for (at, _) in help.match_indices(word) {
            let rest = &help[at + word.len()..];
            found.extend(rest.split('`').next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn yaml_in_a_help_is_yaml() {
    let texts = [
        "[TU01][Guest]",
        "a: b",
        "- x",
        "#x",
        "\"q",
        "'q",
        "*x",
        "{x}",
        "yes",
        "1",
        "x, y",
        "@x",
    ];
    let mut seen = 0;
    for text in texts {
        let quoted = serde_json::to_string(text).unwrap();
        let agreement = policy(
            "CA001",
            "builtInControls: [mfa]",
            &format!("builtInControls: [mfa], termsOfUse: {quoted}"),
        );
        let list = policy(
            "CA002",
            "displayName: CA002",
            &format!("displayName: [{quoted}]"),
        );
        let former = format!("kind: Group\ndisplayName: {quoted}\nrenamedFrom: [Old]\n");
        let project = project(&[agreement, list, policy("CA003", "CA-BreakGlass", "Old")])
            .file("policies/former.yaml", former);
        let ran = project.run(&["validate", "--format", "json"]);
        let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        for finding in result["findings"].as_array().unwrap() {
            for yaml in told_to_write(finding["help"].as_str().unwrap_or_default()) {
                let value: serde_json::Value = serde_yaml::from_str(&yaml)
                    .unwrap_or_else(|error| panic!("`{yaml}` is no YAML: {error}"));
                let one = value.as_array().map_or(&value, |items| &items[0]);
                if yaml.contains(text) || one.as_str() == Some(text) {
                    assert_eq!(one.as_str(), Some(text), "{yaml}");
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 3 * texts.len());
}

/// Interpolated YAML goes through the one helper that quotes: no message builds it by hand.
#[test]
fn no_message_builds_yaml_by_hand() {
    let by_hand = regex::Regex::new(r"`[^`]*(\[\{[a-z_.]*\}|: \[\{)[^`]*`").unwrap();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for line in text
                        .lines()
                        .filter(|line| !line.trim_start().starts_with("//"))
                    {
                        assert!(!by_hand.is_match(line), "{}: {line}", path.display());
                    }
                }
            }
        }
    }
}

const UNORDERED: &str = "\
# What we ask of everybody.
displayName: CA001

# Since June.
state: enabled   # after a month
kind: ConditionalAccessPolicy
grantControls:
  # one
  builtInControls: [mfa]
  operator: OR
conditions:
    applications: { includeApplications: [All] }
    users:
        excludeGroups:
        - CA-BreakGlass  # always


        includeUsers: [All]
";

#[test]
fn manifests_are_put_into_their_usual_form() {
    let project = project(&[UNORDERED.to_owned()]);
    let ran = project.run(&["fmt", "--check"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.snapshot());
    let ran = project.run(&["fmt"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.stdout, "policies/p00.yaml\n");
    let text = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    insta::assert_snapshot!(text);
    let ran = project.run(&["fmt", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    // The same from stdin, where no project is needed.
    let ran = Project::empty().run_on(&["fmt", "-"], UNORDERED);
    assert_eq!((ran.code, ran.stdout), (Some(0), text));
    let ran = Project::empty().run_on(&["fmt", "--check", "-"], UNORDERED);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_file_that_is_no_yaml_is_told_and_left() {
    let project = project(&["kind: [\n".to_owned(), UNORDERED.to_owned()]);
    let ran = project.run(&["fmt", "policies/p00.yaml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains("yaml-syntax"), "{}", ran.stderr);
    let text = std::fs::read_to_string(project.path("policies/p00.yaml")).unwrap();
    assert_eq!(text, "kind: [\n");
}

#[test]
fn the_encoding_and_the_line_ends_of_a_file_stay() {
    let text = UNORDERED.replace('\n', "\r\n");
    let bytes: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let project = Project::of("a.yaml", bytes);
    assert_eq!(project.run(&["fmt"]).code, Some(0));
    let after = std::fs::read(project.path("policies/a.yaml")).unwrap();
    assert_eq!(after[..2], [0xFF, 0xFE]);
    let units: Vec<u16> = after[2..]
        .as_chunks()
        .0
        .iter()
        .map(|pair| u16::from_le_bytes(*pair))
        .collect();
    let after = String::from_utf16(&units).unwrap();
    assert!(
        after.contains("kind: ConditionalAccessPolicy\r\n"),
        "{after:?}"
    );
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

/// Manifests in any order of keys, with comments and empty lines anywhere.
fn manifest() -> impl Strategy<Value = String> {
    let keys = prop::sample::subsequence(
        vec![
            "kind: ConditionalAccessPolicy",
            "displayName: 'a # b'",
            "state: enabled",
            "id: 11111111-2222-3333-4444-555555555555",
            "description: |\n  x  \n\n\n  # no comment\n\n",
            "renamedFrom: [a]",
            "conditions:\n  users:\n    excludeUsers: [b]\n    includeUsers:\n      - All # c\n    # d\n  applications: { includeApplications: [All] }",
            "grantControls:\n    operator: OR\n    # e\n    builtInControls:\n    - mfa",
            "unknown: *x",
            "sessionControls: &x\n  signInFrequency: { value: 1 }",
            "ipRanges:\n- cidrAddress: x\n  '@odata.type': y",
        ],
        0..=11,
    )
    .prop_shuffle();
    let between = prop::collection::vec(
        prop::sample::select(vec![
            "",
            "\n",
            "\n\n\n",
            "# f\n",
            "  # g\n",
            "    # gatewright: allow naming h\n",
            "---\n",
        ]),
        12,
    );
    (keys, between, any::<bool>()).prop_map(|(keys, between, windows)| {
        let mut text = String::new();
        for (key, between) in keys.iter().zip(between) {
            text.push_str(between);
            text.push_str(key);
            text.push('\n');
        }
        match windows {
            true => text.replace('\n', "\r\n"),
            false => text,
        }
    })
}

fn documents(text: &str) -> Option<Vec<serde_yaml::Value>> {
    let documents = serde_yaml::Deserializer::from_str(text).map(serde::Deserialize::deserialize);
    documents.collect::<Result<_, _>>().ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_changes_no_value_and_is_done_once(text in manifest()) {
        use gatewright::finding::source::SourceFile;
        use gatewright::manifest::edit::formatted;
        let format = |text: &str| formatted(&SourceFile::new("a", "a", text.to_owned()));
        if let Some(once) = format(&text) {
            prop_assert_eq!(documents(&once), documents(&text));
            let comments = |text: &str| text.matches('#').count();
            prop_assert_eq!(comments(&once), comments(&text));
            let again = format(&once);
            prop_assert_eq!(again.as_deref(), Some(once.as_str()));
        }
    }
}

#[test]
fn completions_know_the_project_and_offer_nothing_that_a_shell_obeys() {
    let project = project(&[
        policy("CA001", "x", "x"),
        policy("CA002 $(touch x)", "x", "x"),
    ])
    .file(
        "policies/claims.yaml",
        "kind: Scenario\ndisplayName: guest\n",
    );
    let complete = |shell: &str, words: &[&str]| {
        let project = Project::empty()
            .env("GATEWRIGHT_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", &(words.len() - 1).to_string());
        let arguments: Vec<&str> = ["--"].into_iter().chain(words.iter().copied()).collect();
        project.run(&arguments)
    };
    let here = project.path("");
    let here = here.to_str().unwrap();
    let told = complete("bash", &["gatewright", "-C", here, "plan", "-t", ""]).stdout;
    assert_eq!(told.lines().collect::<Vec<_>>(), ["sandbox"]);
    let told = complete("bash", &["gatewright", "explain", "no-excl"]).stdout;
    assert!(told.lines().any(|line| line == "no-exclusions"), "{told}");
    let told = complete("bash", &["gatewright", "-C", here, "test", ""]).stdout;
    assert!(told.lines().any(|line| line == "guest"), "{told}");
    let told = complete("bash", &["gatewright", "-C", here, "get", ""]).stdout;
    assert!(
        told.contains("location\n") && told.contains("CA001"),
        "{told}"
    );
    let told = complete("bash", &["gatewright", "-C", here, "get", "policy", ""]).stdout;
    assert!(
        told.contains("CA001") && !told.contains("CA-BreakGlass"),
        "{told}"
    );
    let told = complete("bash", &["gatewright", "-C", here, "get", "group", ""]).stdout;
    assert!(
        told.contains("CA-BreakGlass") && !told.contains("CA001"),
        "{told}"
    );
    let told = complete("bash", &["gatewright", "-C", here, "apply", ""]).stdout;
    assert!(told.contains("CA001"), "{told}");
    let told = complete("bash", &["gatewright", "-C", here, "uses", ""]).stdout;
    assert!(told.contains("All\n") && told.contains("CA001"), "{told}");
    let told = complete("bash", &["gatewright", "uses", "x", "--kind", ""]).stdout;
    assert!(told.contains("service-principal\n"), "{told}");
    let told = complete("bash", &["gatewright", "-C", here, "rollback", ""]).stdout;
    assert!(told.lines().any(|line| line == "latest"), "{told}");
    let told = complete("bash", &["gatewright", "-C", here, "import", "--name", ""]).stdout;
    assert!(told.contains("CA001") && !told.contains("touch"), "{told}");
}

#[test]
fn a_shell_is_told_how_to_ask() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Project::empty().run(&["completions", shell, "--dynamic"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(ran.stdout.contains("GATEWRIGHT_COMPLETE"), "{}", ran.stdout);
        assert_eq!(Project::empty().run(&["completions", shell]).code, Some(0));
    }
}

#[test]
fn words_of_other_tools_are_answered() {
    for (arguments, answer) in [
        (&["plan", "-out=plan.tfplan"][..], "`--out FILE`"),
        (&["apply", "-auto-approve"], "`--yes`"),
        (&["lint"], "`gatewright validate`"),
        (&["version"], "`gatewright --version`"),
    ] {
        let ran = Project::empty().run(arguments);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
        assert!(ran.stderr.contains(answer), "{}", ran.stderr);
    }
}

#[test]
fn hooks_are_commands_for_the_files_of_a_project() {
    use clap::Parser as _;

    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let hooks: Vec<serde_json::Value> = serde_yaml::from_str(hooks).unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in &hooks {
        let mut line: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        let arguments = hook["args"].as_array().into_iter().flatten();
        line.extend(arguments.map(|argument| argument.as_str().unwrap()));
        if hook["pass_filenames"] != false {
            line.push("policies/mfa.yaml");
        }
        gatewright::cli::Cli::try_parse_from(line).unwrap();
        let files = regex::Regex::new(hook["files"].as_str().unwrap()).unwrap();
        assert!(files.is_match("policies/mfa.yaml") && !files.is_match("README.md"));
    }
}

#[test]
fn the_help_of_a_command_is_more_than_its_first_line() {
    for (command, words) in [
        (&["apply"][..], "verify the result"),
        (&["plan"], "A plan that a guard refuses is shown"),
        (&["compare"], "docs/proofs.md"),
        (&["rollback"], "journal"),
        (&["user", "reset-password"], "next sign-in"),
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let told = Project::empty().run(&arguments).stdout;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{command:?}: {told}");
    }
}
