//! `kind: Scenario` and `gatewright test`.

use serde_json::Value;

use crate::common::{Project, Ran, fits};
use crate::whatif::POLICIES;

/// A project with the policies of `whatif`, and scenarios.
fn project(scenarios: &str) -> Project {
    Project::of("policies.yaml", POLICIES).file("policies/scenarios.yaml", scenarios)
}

fn scenario(name: &str, sign_in: &str, expect: &str) -> String {
    format!("---\nkind: Scenario\ndisplayName: {name}\nsignIn: {sign_in}\nexpect: {expect}\n")
}

const OUTSIDE: &str = "{ user: { memberOf: [], roles: [] }, application: SharePoint Online, clientAppType: browser, ipAddress: 198.51.100.7, signInRiskLevel: none }";
const LEGACY: &str = "{ user: { memberOf: [], roles: [] }, application: SharePoint Online, clientAppType: other, ipAddress: 198.51.100.7, signInRiskLevel: none }";
const UNSAID: &str = "{ user: { memberOf: [], roles: [] }, application: SharePoint Online, clientAppType: browser, ipAddress: 198.51.100.7 }";

fn three() -> Project {
    project(&[
        scenario(
            "MFA outside of the offices",
            OUTSIDE,
            "{ outcome: granted, requires: [mfa], requiresExactly: [mfa], policies: { applied: [CA100 MFA], notApplied: [CA200 Legacy, CA300 Risk] }, sessionControls: { signInFrequency: { value: 4, type: hours }, persistentBrowser: null } }",
        ),
        scenario("Legacy clients get in", LEGACY, "{ outcome: granted }"),
        scenario("Risk is not said", UNSAID, "{ outcome: granted }"),
    ]
    .concat())
}

#[test]
fn every_format_tells_which_hold_and_why_the_others_do_not() {
    let project = three();
    for format in ["human", "json", "junit", "github", "sarif", "markdown"] {
        let ran = project.run(&["test", "--format", format]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        insta::assert_snapshot!(format!("test-{format}"), ran.snapshot());
    }
}

#[test]
fn names_choose_scenarios_and_a_wrong_one_is_refused() {
    let project = three();
    let ran = project.run(&["test", "MFA outside of the offices"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("1 scenario: 1 passed"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["test", "MFA outside the offices"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr
            .contains("did you mean `MFA outside of the offices`?"),
        "{}",
        ran.stderr
    );
}

/// One scenario, judged: the code, and what was said.
fn one(sign_in: &str, expect: &str) -> (Option<i32>, String) {
    let ran = project(&scenario("One", sign_in, expect)).run(&["test"]);
    (ran.code, format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn each_expectation_can_fail_and_says_what_is() {
    for (expect, said) in [
        (
            "{ outcome: blocked }",
            "it is `granted`, but `blocked` is expected",
        ),
        (
            "{ requires: [compliantDevice] }",
            "`compliantDevice` is not required; `mfa` is",
        ),
        (
            "{ requires: [[compliantDevice, domainJoinedDevice]] }",
            "`compliantDevice` or `domainJoinedDevice` is not required",
        ),
        (
            "{ requiresExactly: [] }",
            "`mfa` is required beyond what is expected",
        ),
        (
            "{ requiresExactly: [mfa, compliantDevice] }",
            "`compliantDevice` is not required",
        ),
        (
            "{ policies: { applied: [CA200 Legacy] } }",
            "`CA200 Legacy` does not apply, by `clientApps`",
        ),
        (
            "{ policies: { notApplied: [CA100 MFA] } }",
            "`CA100 MFA` applies",
        ),
        (
            "{ sessionControls: { persistentBrowser: never } }",
            "`persistentBrowser` is expected to be \"never\", but it is not set",
        ),
        (
            "{ sessionControls: { signInFrequency: { value: 1, type: hours } } }",
            "`signInFrequency` is expected",
        ),
        (
            "{ reportOnly: { requires: [compliantDevice] } }",
            "`compliantDevice` is not required",
        ),
    ] {
        let (code, text) = one(OUTSIDE, expect);
        assert_eq!(code, Some(1), "{expect}: {text}");
        assert!(text.contains(said), "{expect}: {text}");
    }
    for expect in [
        "{ requires: [[mfa, compliantDevice]] }",
        "{ requires: [] , outcome: granted }",
        "{ policies: { applied: [CA100 MFA] } }",
        "{ sessionControls: { signInFrequency: { value: 4 } } }",
    ] {
        let (code, text) = one(OUTSIDE, expect);
        assert_eq!(code, Some(0), "{expect}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn the_command_that_asks_again_can_be_pasted() {
    use std::process::Command;
    let names = [
        "Plain",
        "It's $HOME, \"odd\" & `more`; #1",
        "--all",
        "'; exit 7; '",
        "Größe \u{1F600}",
    ];
    for name in names {
        let quoted = serde_json::to_string(name).unwrap();
        let project = project(&scenario(&quoted, OUTSIDE, "{ outcome: blocked }"));
        let ran = project.run(&["test"]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let lines = ran.stdout.lines().map(str::trim_start);
        let line = lines
            .clone()
            .find_map(|line| line.strip_prefix("gatewright "));
        let line = line.unwrap_or_else(|| panic!("{name}: {}", ran.stdout));
        let line = format!(
            "'{}' {line} --format json",
            env!("CARGO_BIN_EXE_gatewright")
        );
        let again = Command::new("sh")
            .args(["-c", &line])
            .current_dir(project.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(again.status.success(), "{line}: {said}");
        let answer: Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!(answer["requires"], serde_json::json!([["mfa"]]), "{line}");
    }
    // Of what is not seen no command can be shown.
    let project = project(&scenario("\"a\\u200bb\"", OUTSIDE, "{ outcome: blocked }"));
    let ran = project.run(&["test"]);
    assert!(!ran.stdout.contains("gatewright whatif"), "{}", ran.stdout);
}

#[test]
fn what_hangs_on_a_fact_that_is_not_said_fails_and_names_the_fact() {
    for expect in [
        "{ outcome: granted }",
        "{ policies: { notApplied: [CA300 Risk] } }",
        "{ requiresExactly: [mfa] }",
        "{ sessionControls: { persistentBrowser: null } }",
    ] {
        let (code, text) = one(UNSAID, expect);
        assert_eq!(code, Some(1), "{expect}: {text}");
        assert!(
            text.contains("depends on `signInRiskLevel`: say it in `signIn`"),
            "{expect}: {text}"
        );
    }
    // What is certain all the same holds.
    let (code, text) = one(
        UNSAID,
        "{ requires: [mfa], policies: { applied: [CA100 MFA] } }",
    );
    assert_eq!(code, Some(0), "{text}");
}

/// As `whatif --assume-defaults` has it; what is said counts, and `whatif --scenario` agrees.
#[test]
fn a_scenario_takes_ordinary_values_where_it_asks_for_them() {
    let expect = "{ outcome: granted, requiresExactly: [mfa] }";
    let app = "{ application: SharePoint Online }";
    assert_eq!(one(app, expect).0, Some(1));
    let ordinary = |value| scenario("One", app, expect) + &format!("assumeDefaults: {value}\n");
    assert_eq!(project(&ordinary("false")).run(&["test"]).code, Some(1));
    let assuming = project(&ordinary("true"));
    let ran = assuming.run(&["test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let asked = |line: &[&str]| assuming.run(&[&["whatif"], line].concat()).stdout;
    let by_name = asked(&["--scenario", "One"]);
    assert!(by_name.contains("SharePoint Online"), "{by_name}");
    assert_eq!(by_name, asked(&["--scenario", "One", "--assume-defaults"]));
    let legacy = LEGACY.replace(", ipAddress: 198.51.100.7, signInRiskLevel: none", "");
    let said = scenario("One", &legacy, "{ outcome: blocked }") + "assumeDefaults: true\n";
    assert_eq!(project(&said).run(&["test"]).code, Some(0));
    let wrong = project(&ordinary("maybe")).run(&["validate"]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.snapshot());
}

#[test]
fn what_no_sign_in_can_say_is_open() {
    let join = "{ user: { memberOf: [], roles: [] }, userAction: registerOrJoinDevices, clientAppType: browser, ipAddress: 198.51.100.7, signInRiskLevel: none }";
    let project = project(&scenario("One", join, "{ requires: [mfa] }"));
    let ran = project.run(&["test"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert!(ran.stdout.contains("open  One"), "{}", ran.stdout);
    assert_eq!(project.run(&["test", "--open-ok"]).code, Some(0));
    let answer: Value =
        serde_json::from_str(&project.run(&["test", "--format", "json"]).stdout).unwrap();
    assert_eq!(answer["claims"][0]["verdict"], "open");
    assert_eq!(
        answer["claims"][0]["openBecause"],
        serde_json::json!(["allResources"])
    );
    assert_eq!(answer["summary"]["open"], 1);
}

#[test]
fn a_scenario_is_checked_at_its_place() {
    for (sign_in, expect, said, way) in [
        (OUTSIDE, "{}", "the scenario expects nothing", "outcome"),
        (
            OUTSIDE,
            "{ outcome: grantd }",
            "`grantd`",
            "did you mean `granted`?",
        ),
        (
            OUTSIDE,
            "{ require: [mfa] }",
            "unknown property `require`",
            "did you mean `requires`?",
        ),
        (
            OUTSIDE,
            "{ requires: [mfaa] }",
            "`mfaa` cannot be asked for",
            "did you mean `mfa`?",
        ),
        (
            OUTSIDE,
            "{ policies: { applied: [CA100 MFB] } }",
            "there is no policy `CA100 MFB`",
            "`CA100 MFA`",
        ),
        (
            OUTSIDE,
            "{ sessionControls: { persistantBrowser: never } }",
            "unknown property `persistantBrowser`",
            "`persistentBrowser`",
        ),
        (
            "{ user: { memberOf: [CA-Pilo] } }",
            "{ outcome: granted }",
            "there is no group `CA-Pilo`",
            "`CA-Pilot`",
        ),
        (
            "{ user: { memberOf: [], role: [] } }",
            "{ outcome: granted }",
            "unknown property `role`",
            "`roles`",
        ),
        (
            "{ userAction: accountRecovery, application: SharePoint Online }",
            "{ outcome: granted }",
            "`userAction` and `application` cannot be combined",
            "one of them",
        ),
        (
            "{ ipAddress: 203.0.113.300 }",
            "{ outcome: granted }",
            "is not an IP address",
            "203.0.113.7",
        ),
        (
            OUTSIDE,
            "{ requires: [[]] }",
            "`expect.requires[0]` is empty",
            "write at least one entry",
        ),
        (
            "{ deviceInfo: unregistered, satisfied: [mfa, compliantDevice] }",
            "{ outcome: granted }",
            "`compliantDevice` is satisfied, and the device is `unregistered`",
            "remove `compliantDevice` from `satisfied`, or correct `deviceInfo`",
        ),
        (
            "{ clientAppType: other, satisfied: [mfa] }",
            "{ outcome: granted }",
            "nobody can satisfy `mfa` if `clientAppType` is `other`",
            "remove `mfa` from `satisfied`, or correct `clientAppType`",
        ),
        (
            "{ servicePrincipal: robot, userRiskLevel: high }",
            "{ outcome: granted }",
            "`userRiskLevel` belongs to a user",
            "remove it",
        ),
    ] {
        let project = project(&scenario("One", sign_in, expect));
        for command in ["validate", "test"] {
            let ran = project.run(&[command]);
            assert_eq!(ran.code, Some(1), "{expect}: {}", ran.snapshot());
            let text = &ran.stderr;
            assert!(
                text.contains(said) && text.contains(way),
                "{command} {sign_in} {expect}: {text}"
            );
            // At the value itself, in the line of the sign-in or of what is expected.
            let at = text.split("policies/scenarios.yaml:").nth(1).unwrap();
            let line = at.split(':').next().unwrap();
            assert!(matches!(line, "4" | "5"), "{text}");
        }
    }
}

#[test]
fn two_of_one_name_are_refused() {
    let text = [
        scenario("One", OUTSIDE, "{ outcome: granted }"),
        scenario("One", LEGACY, "{ outcome: blocked }"),
    ]
    .concat();
    let ran = project(&text).run(&["validate"]);
    assert!(
        ran.stderr.contains("two scenarios are named `One`"),
        "{}",
        ran.stderr
    );
}

/// What a command says, without the counts of what lies in the folder.
fn said(ran: &Ran) -> (Option<i32>, String) {
    (ran.code, ran.stdout.clone())
}

#[test]
fn plan_and_apply_pass_scenarios_over() {
    let policies = POLICIES.replace("members: [glass@contoso.com]\n", "");
    let with = three().file("policies/policies.yaml", &policies);
    let without = Project::of("policies.yaml", &policies);
    assert_eq!(said(&with.run(&["plan"])), said(&without.run(&["plan"])));
    let ran = with.apply_anything();
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let ran = with.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    // A project of nothing but scenarios describes no tenant.
    let alone = Project::of(
        "scenarios.yaml",
        scenario("One", OUTSIDE, "{ outcome: granted }"),
    );
    let ran = alone.run(&["plan"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("the project has no manifest"),
        "{}",
        ran.stderr
    );
}

#[test]
fn init_writes_a_scenario_that_passes() {
    let project = Project::empty();
    assert_eq!(project.run(&["init"]).code, Some(0));
    let ran = project.run(&["test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .starts_with("ok    A legacy mail client does not get in\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_result_fits_its_schema() {
    let ran = three().run(&["test", "--format", "json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    fits(&answer, "test.schema.json");
}
