//! `kind: Invariant`, packs of claims, and `gatewright test` of both.

use serde_json::Value;

use crate::common::{CONFIG, Project, Ran};

/// Policies of which some claims hold and others do not.
const POLICIES: &str = "\
kind: Group
displayName: CA-BreakGlass
---
kind: Group
displayName: CA-Contractors
---
kind: NamedLocation
displayName: Offices
isTrusted: true
ipRanges: [203.0.113.0/24]
---
kind: ConditionalAccessPolicy
displayName: CA100 MFA
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass, CA-Contractors] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
sessionControls: { signInFrequency: { value: 4, type: hours } }
---
kind: ConditionalAccessPolicy
displayName: CA200 Legacy
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
  clientAppTypes: [exchangeActiveSync, other]
grantControls: { operator: OR, builtInControls: [block] }
---
kind: ConditionalAccessPolicy
displayName: CA300 Idle
state: enabledForReportingButNotEnforced
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }
";

const GUARDS: &str = "breakGlass: { groups: [CA-BreakGlass] }\n";

const EVERYONE: &str =
    "{ users: { includeUsers: [All] }, applications: { includeApplications: [All] } }";
const MFA: &str = "require: { grantControls: { operator: OR, builtInControls: [mfa] } }";

fn project(invariants: &str) -> Project {
    Project::of("policies.yaml", POLICIES)
        .file("policies/invariants.yaml", invariants)
        .file("guards.yaml", GUARDS)
}

fn invariant(name: &str, conditions: &str, claim: &str) -> String {
    format!("---\nkind: Invariant\ndisplayName: {name}\nconditions: {conditions}\n{claim}\n")
}

fn answer(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.snapshot()))
}

/// The verdict on one claim, and the whole answer.
fn verdict(conditions: &str, claim: &str) -> (String, Value) {
    let ran = project(&invariant("One", conditions, claim)).run(&["test", "--format", "json"]);
    let answer = answer(&ran);
    let one = answer["claims"][0].clone();
    (one["verdict"].as_str().unwrap_or("?").to_owned(), one)
}

const LEGACY: &str = "{ users: { includeUsers: [All] }, applications: { includeApplications: [All] }, clientAppTypes: [exchangeActiveSync, other] }";
const ACCEPTED: &str = "accepted: [{ conditions: { users: { includeGroups: [CA-Contractors] } }, reason: their own MFA }]";

fn four() -> Project {
    project(
        &[
            invariant(
                "Legacy clients do not get in",
                LEGACY,
                "require: { grantControls: { operator: OR, builtInControls: [block] } }",
            ),
            invariant("Everyone needs MFA", EVERYONE, MFA),
            invariant(
                "Everyone but contractors needs MFA",
                EVERYONE,
                &format!("{MFA}\n{ACCEPTED}"),
            ),
            invariant(
                "Nobody is meant",
                "{ users: { includeUsers: [All], excludeUsers: [All] }, applications: { includeApplications: [All] } }",
                MFA,
            ),
        ]
        .concat(),
    )
}

#[test]
fn claims_are_proved_refuted_or_vacuous() {
    let ran = four().run(&["test", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let answer = answer(&ran);
    let claims = answer["claims"].as_array().unwrap();
    let verdicts: Vec<&str> = claims
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["proved", "refuted", "proved", "vacuous"]);
    assert_eq!(claims[0]["carriedBy"], serde_json::json!(["CA200 Legacy"]));
    assert_eq!(claims[2]["carriedBy"], serde_json::json!(["CA100 MFA"]));
    assert_eq!(claims[1]["kind"], "Invariant");
    assert_eq!(
        claims[1]["signIn"]["user"]["memberOf"],
        serde_json::json!(["CA-Contractors"])
    );
    assert_eq!(claims[1]["got"]["outcome"], "granted");
    assert_eq!(claims[1]["got"]["requires"], serde_json::json!([]));
    assert!(claims[0]["signIn"].is_null() && claims[0]["got"].is_null());
    assert_eq!(
        answer["summary"],
        serde_json::json!({"proved": 2, "refuted": 1, "open": 0, "passed": 0, "failed": 1, "vacuous": 1})
    );
    // No proof rests on what is only reported on.
    assert_eq!(
        answer["coverage"]["uncovered"],
        serde_json::json!(["CA300 Idle"])
    );
}

#[test]
fn every_format_tells_which_hold_and_why_the_others_do_not() {
    let project = four();
    for format in ["human", "json", "junit", "github", "sarif", "markdown"] {
        let ran = project.run(&["test", "--format", format]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        insta::assert_snapshot!(format!("invariants-{format}"), ran.snapshot());
    }
}

/// The words of a command line as a shell reads them.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let (mut word, mut inside, mut quoted) = (String::new(), false, false);
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => (quoted, inside) = (!quoted, true),
            '\\' if !quoted => word.extend(rest.next()),
            ' ' if !quoted => {
                if inside || !word.is_empty() {
                    all.push(std::mem::take(&mut word));
                }
                inside = false;
            }
            c => word.push(c),
        }
    }
    all.push(word);
    all
}

#[test]
fn the_command_that_is_printed_gives_the_outcome_that_is_printed() {
    // A name that a shell, a terminal and JSON would each read otherwise.
    let group = "CA-It's ##vso[task.x]\\\"$(x)`\\u202e\\u001b[31m\\\" & <b>";
    let policies = POLICIES.replace("CA-Contractors", &format!("\"{group}\""));
    let project = Project::of("policies.yaml", &policies)
        .file(
            "policies/invariants.yaml",
            [
                invariant("Everyone needs MFA", EVERYONE, MFA),
                invariant("Nobody is asked for anything", EVERYONE, "forbid: anything"),
                invariant("Nobody is shut out", EVERYONE, "forbid: lockout"),
                invariant(
                    "Nobody is blocked",
                    EVERYONE,
                    "forbid: { builtInControls: [block] }",
                ),
                invariant("Everybody is covered", EVERYONE, "forbid: uncovered"),
                invariant("A password does not do", EVERYONE, "forbid: passwordAlone"),
            ]
            .concat(),
        )
        .file("guards.yaml", GUARDS);
    let ran = project.run(&["test"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        !ran.stdout.contains(['\u{202e}', '\u{1b}']),
        "{}",
        ran.stdout
    );
    let claims = answer(&project.run(&["test", "--format", "json"]))["claims"].clone();
    let commands: Vec<&str> = (ran.stdout.lines())
        .filter_map(|line| line.trim_start().strip_prefix("gatewright "))
        .collect();
    let mut refuted: Vec<&Value> = (claims.as_array().unwrap().iter())
        .filter(|one| one["verdict"] == "refuted")
        .collect();
    // Of several that one sign-in breaks the first has the command.
    let mut told: Vec<(Value, Value)> = Vec::new();
    refuted.retain(|one| {
        let shown = (one["signIn"].clone(), one["widest"].clone());
        let is_new = !told.contains(&shown);
        told.push(shown);
        is_new
    });
    assert_eq!(commands.len(), refuted.len(), "{}", ran.stdout);
    assert!(refuted.len() > 3, "{}", ran.stdout);
    for (command, claim) in commands.iter().zip(refuted) {
        let mut words = words(command);
        words.extend(["--format".to_owned(), "json".to_owned()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let again = project.run(&words);
        assert_eq!(again.code, Some(0), "{command}: {}", again.snapshot());
        let again = answer(&again);
        assert_eq!(again["signIn"], claim["signIn"], "{command}");
        for member in [
            "outcome",
            "requires",
            "sessionControls",
            "missing",
            "policies",
        ] {
            assert_eq!(again[member], claim["got"][member], "{command}: {member}");
        }
        assert_eq!(
            again["missing"],
            serde_json::json!([]),
            "nothing is unknown"
        );
    }
}

#[test]
fn each_kind_of_claim_holds_and_fails() {
    let contractors = "{ users: { includeGroups: [CA-Contractors] }, applications: { includeApplications: [All] } }";
    let glass = "{ users: { includeGroups: [CA-BreakGlass] }, applications: { includeApplications: [All] } }";
    let modern = "{ users: { includeGroups: [CA-Contractors] }, applications: { includeApplications: [All] }, clientAppTypes: [browser] }";
    for (conditions, claim, wanted) in [
        // What the emergency accounts are asked for.
        (glass, "forbid: anything", "proved"),
        (glass, "forbid: lockout", "proved"),
        (contractors, "forbid: anything", "refuted"),
        (contractors, "forbid: lockout", "refuted"),
        (modern, "forbid: anything", "proved"),
        (modern, "forbid: lockout", "proved"),
        (modern, "forbid: { builtInControls: [block] }", "proved"),
        (
            contractors,
            "forbid: { builtInControls: [block] }",
            "refuted",
        ),
        (modern, MFA, "refuted"),
        (modern, "forbid: uncovered", "refuted"),
        (modern, "forbid: passwordAlone", "refuted"),
        // Sessions: at least as strict, or blocked.
        (
            EVERYONE,
            &format!(
                "require: {{ sessionControls: {{ signInFrequency: {{ value: 1, type: days }} }} }}\n{ACCEPTED}"
            ),
            "proved",
        ),
        (
            EVERYONE,
            &format!(
                "require: {{ sessionControls: {{ signInFrequency: {{ value: 3, type: hours }} }} }}\n{ACCEPTED}"
            ),
            "refuted",
        ),
        (
            EVERYONE,
            &format!("forbid: uncovered\n{ACCEPTED}"),
            "proved",
        ),
        (
            EVERYONE,
            &format!("forbid: passwordAlone\n{ACCEPTED}"),
            "proved",
        ),
        // Two requirements of which one policy brings one.
        (
            EVERYONE,
            &format!(
                "require: {{ grantControls: {{ operator: OR, builtInControls: [mfa, compliantDevice] }} }}\n{ACCEPTED}"
            ),
            "proved",
        ),
        (
            EVERYONE,
            &format!(
                "require: {{ grantControls: {{ operator: AND, builtInControls: [mfa, compliantDevice] }} }}\n{ACCEPTED}"
            ),
            "refuted",
        ),
    ] {
        let (verdict, one) = verdict(conditions, claim);
        assert_eq!(verdict, wanted, "{conditions} {claim}: {one:#}");
    }
}

#[test]
fn emergency_accounts_are_left_out_of_what_protects_and_that_is_told() {
    let invariants = [
        invariant("MFA", EVERYONE, &format!("{MFA}\n{ACCEPTED}")),
        invariant("In", EVERYONE, "forbid: anything"),
    ]
    .concat();
    let ran = project(&invariants).run(&["test"]);
    assert!(ran.stdout.contains("ok    MFA"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(
            "Assumed: the break-glass accounts of the guards file are left out of 1 claim\n"
        ),
        "{}",
        ran.stdout
    );
    // Undeclared, they are people like others.
    let ran = project(&invariants).file("guards.yaml", "budget: { deletes: 3 }\n");
    let answer = answer(&ran.run(&["test", "--format", "json"]));
    let one = &answer["claims"][0];
    assert_eq!(one["verdict"], "refuted", "{one:#}");
    assert_eq!(
        one["signIn"]["user"]["memberOf"],
        serde_json::json!(["CA-BreakGlass"])
    );
}

#[test]
fn an_exception_past_its_date_counts_no_more_and_one_that_nothing_needs_is_told() {
    let past = ACCEPTED.replace("reason: their own MFA", "reason: x, until: 2020-02-29");
    let text = invariant("One", EVERYONE, &format!("{MFA}\n{past}"));
    let project = project(&text);
    let ran = project.run(&["test"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stdout.contains("FAIL  One"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("expired after 2020-02-29"),
        "{}",
        ran.stderr
    );
    let ran = project.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("policies/invariants.yaml:6")
            && ran.stderr.contains("expired after 2020-02-29"),
        "{}",
        ran.stderr
    );
    let idle = ACCEPTED.replace("CA-Contractors", "CA-BreakGlass");
    let ran = self::project(&invariant(
        "One",
        LEGACY,
        &format!(
            "require: {{ grantControls: {{ operator: OR, builtInControls: [block] }} }}\n{idle}"
        ),
    ))
    .run(&["test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stderr
            .contains("no sign-in needs this accepted exception"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn an_invariant_is_checked_at_its_place() {
    let apps = "applications: { includeApplications: [All] }";
    let on = |users: &str| format!("{{ users: {users}, {apps} }}");
    let grant = |grant: &str| format!("require: {{ grantControls: {grant} }}");
    for (conditions, claim, said, way) in [
        (EVERYONE.to_owned(), String::new(), "claims nothing", "`require:`"),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\nforbid: anything"),
            "`forbid` and `require` cannot be combined",
            "keep one",
        ),
        (
            EVERYONE.to_owned(),
            "forbid: lockouts".to_owned(),
            "`lockouts` is not a value",
            "did you mean `lockout`?",
        ),
        (
            EVERYONE.to_owned(),
            "forbid: { builtInControls: [mfa] }".to_owned(),
            "`mfa` is not a value",
            "`block`",
        ),
        (
            EVERYONE.to_owned(),
            grant("{ operator: OR, builtInControls: [block, mfa] }"),
            "`block` is combined with other controls",
            "keep only `block`",
        ),
        (
            EVERYONE.to_owned(),
            grant("{ operator: OR, builtInControls: [mfa], authenticationStrength: Passwordless MFA }"),
            "`mfa` is combined with an authentication strength",
            "keep one",
        ),
        (
            EVERYONE.to_owned(),
            grant("{ operator: OR }"),
            "`grantControls` requires nothing",
            "mfa",
        ),
        (
            EVERYONE.to_owned(),
            grant("{ operator: XOR, builtInControls: [mfa] }"),
            "`XOR`",
            "`OR`",
        ),
        (
            EVERYONE.to_owned(),
            "require: { sessionControls: { signInFrequency: { value: 4 } } }".to_owned(),
            "has a value without its unit",
            "hours",
        ),
        (
            EVERYONE.to_owned(),
            "require: { sessionControls: { persistentBrowser: {} } }".to_owned(),
            "does not say whether the session is kept",
            "mode: never",
        ),
        (
            "{ clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }, applications: { includeApplications: [All] } }".to_owned(),
            MFA.to_owned(),
            "workload identities cannot fulfil any requirement",
            "block",
        ),
        (
            format!("{{ {apps} }}"),
            MFA.to_owned(),
            "the claim names nobody that it applies to",
            "includeUsers",
        ),
        (
            "{ users: { includeUsers: [All] } }".to_owned(),
            MFA.to_owned(),
            "the claim names no resource that it applies to",
            "includeApplications",
        ),
        (
            on("{ includeGroups: [CA-Contractor] }"),
            MFA.to_owned(),
            "there is no group `CA-Contractor`",
            "did you mean `CA-Contractors`?",
        ),
        (
            on("{ includeRoles: [Global Administrater] }"),
            MFA.to_owned(),
            "there is no directory role `Global Administrater`",
            "`Global Administrator`",
        ),
        (
            on("{ includeRoles: [Chief] }"),
            MFA.to_owned(),
            "there is no directory role `Chief`",
            "one that exists",
        ),
        (
            "{ users: { includeUsers: [All] }, applications: { includeApplications: [SharePoint Onlin] } }".to_owned(),
            MFA.to_owned(),
            "there is no application `SharePoint Onlin`",
            "SharePoint Online",
        ),
        (
            format!("{{ users: {{ includeUsers: [All] }}, {apps}, locations: {{ includeLocations: [All], excludeLocations: [Office] }} }}"),
            MFA.to_owned(),
            "there is no named location `Office`",
            "`Offices`",
        ),
        (
            EVERYONE.to_owned(),
            grant("{ operator: OR, authenticationStrength: Phishing-resistent MFA }"),
            "there is no authentication strength `Phishing-resistent MFA`",
            "`Phishing-resistant MFA`",
        ),
        (
            on("{ includeGroup: [CA-Contractors] }"),
            MFA.to_owned(),
            "unknown property `includeGroup`",
            "`includeGroups`",
        ),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\naccepted: [{{ conditions: {{ users: {{ includeGroups: [CA-Contractors] }} }} }}]"),
            "`reason` is missing",
            "why",
        ),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\naccepted: [{{ conditions: {{}}, reason: x }}]"),
            "the exception covers every sign-in",
            "whom or what",
        ),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\naccepted: [{{ conditions: {{ users: {{ includeGroups: [CA-Contractor] }} }}, reason: x }}]"),
            "there is no group `CA-Contractor`",
            "`CA-Contractors`",
        ),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\naccepted: [{{ conditions: {{ users: {{ includeGroups: [CA-Contractors] }} }}, reason: x, until: tomorrow }}]"),
            "`tomorrow`",
            "2027-01-31",
        ),
        (
            EVERYONE.to_owned(),
            format!("{MFA}\naccepted: [{{ conditions: {{ users: {{ includeGroups: [CA-Contractors] }} }}, reason: x, until: 2027-02-30 }}]"),
            "not a calendar date",
            "2027-01-31",
        ),
    ] {
        let project = project(&invariant("One", &conditions, &claim));
        for command in ["validate", "test"] {
            let ran = project.run(&[command]);
            let text = &ran.stderr;
            assert_eq!(ran.code, Some(1), "{command} {conditions} {claim}: {}", ran.snapshot());
            assert!(
                text.contains(said) && text.contains(way),
                "{command} {conditions} {claim}: {text}"
            );
            assert!(text.contains("policies/invariants.yaml:"), "{text}");
        }
    }
}

#[test]
fn what_only_a_policy_must_obey_can_be_claimed() {
    // Where a control may stand says nothing of what other policies ask for.
    for (conditions, claim) in [
        (
            "{ users: { includeUsers: [All] }, applications: { includeApplications: [SharePoint Online] } }",
            "require: { sessionControls: { persistentBrowser: { mode: never } } }",
        ),
        (
            EVERYONE,
            "require: { grantControls: { operator: OR, builtInControls: [passwordChange, riskRemediation] } }",
        ),
        (
            EVERYONE,
            "require: { grantControls: { operator: OR, builtInControls: [block] } }",
        ),
        (
            EVERYONE,
            "require: { sessionControls: { secureSignInSession: {} } }",
        ),
    ] {
        let ran = project(&invariant("One", conditions, claim)).run(&["validate", "--strict"]);
        let about = ran.stderr.contains("invariants.yaml");
        assert!(!about, "{conditions} {claim}: {}", ran.snapshot());
        assert!(ran.stdout.contains("1 Invariant"), "{}", ran.snapshot());
    }
}

#[test]
fn a_claim_about_what_the_cloud_lacks_is_refused() {
    let risky = "{ users: { includeUsers: [All] }, applications: { includeApplications: [All] }, userRiskLevels: [high] }";
    let agents =
        "{ agents: { includeAgentUsers: [All] }, applications: { includeApplications: [All] } }";
    let block = "require: { grantControls: { operator: OR, builtInControls: [block] } }";
    for (entry, conditions, claim, said) in [
        (
            "cloud: china",
            risky,
            block,
            "`userRiskLevels` is not in the v1.0 schema of the cloud `china`",
        ),
        (
            "cloud: china",
            EVERYONE,
            "require: { grantControls: { operator: OR, authenticationStrength: Passwordless MFA } }",
            "`authenticationStrength` is not in the v1.0 schema",
        ),
        (
            "cloud: usgov",
            agents,
            block,
            "not in the beta schema of the cloud `usgov`",
        ),
        (
            "apiVersion: v1.0",
            agents,
            block,
            "only in the beta edition of Graph",
        ),
    ] {
        let config = CONFIG.replace(
            "    default: true\n",
            &format!("    default: true\n    {entry}\n"),
        );
        let project = project(&invariant("One", conditions, claim)).file("gatewright.yaml", config);
        let ran = project.run(&["validate"]);
        assert_eq!(ran.code, Some(1), "{entry}: {}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{entry}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("policies/invariants.yaml:"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn two_claims_of_one_name_are_refused() {
    let scenario = "---\nkind: Scenario\ndisplayName: One\nsignIn: { user: { memberOf: [], roles: [] } }\nexpect: { requires: [mfa] }\n";
    let one = invariant("One", EVERYONE, MFA);
    for (text, said) in [
        (
            [one.as_str(), &one].concat(),
            "two invariants are named `One`",
        ),
        (
            [scenario, &one].concat(),
            "a scenario and an invariant are both named `One`",
        ),
    ] {
        let ran = project(&text).run(&["validate"]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn names_choose_claims_and_a_wrong_one_is_refused() {
    let project = four();
    let ran = project.run(&["test", "Legacy clients do not get in"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("1 invariant: 1 proved"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["test", "Everyone need MFA"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("did you mean `Everyone needs MFA`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_claim_of_a_pack_that_is_not_chosen_is_proposed_with_its_flag() {
    let project = four();
    for (name, help) in [
        (
            "scuba/legacy-blocked",
            "the project has not chosen its pack: add `--pack scuba`",
        ),
        (
            "scuba/legacy-bloked",
            "did you mean `scuba/legacy-blocked`? It takes `--pack scuba`",
        ),
    ] {
        let ran = project.run(&["test", name]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(help), "{}", ran.stderr);
    }
}

#[test]
fn a_group_that_is_assumed_empty_for_nothing_is_told() {
    let policies = "\
kind: Group
displayName: Spared
members: [ada@contoso.com]
---
kind: ConditionalAccessPolicy
displayName: MFA
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [Spared, Pilot] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let of = |groups: &str| {
        Project::of("policies.yaml", policies)
            .file("policies/one.yaml", invariant("One", EVERYONE, MFA))
            .file(
                "gatewright.yaml",
                format!("{CONFIG}environment: {{ assumeEmpty: {groups} }}\n"),
            )
    };
    // Whoever is listed is a member all the same.
    for command in ["test", "gaps"] {
        let ran = of("[Spared, Pilott]").run(&[command]);
        for told in [
            "the members of `Spared` are known",
            "`assumeEmpty` names no known group: `Pilott`",
            "did you mean `Pilot`?",
        ] {
            assert!(ran.stderr.contains(told), "{}", ran.snapshot());
        }
        assert!(
            !ran.stdout.contains("nobody is in the group `Spared`"),
            "{}",
            ran.snapshot()
        );
    }
    let ran = of("[Pilot]").run(&["test"]);
    assert!(!ran.stderr.contains("assumeEmpty"), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("ada@contoso.com")
            && ran.stdout.contains("nobody is in the group `Pilot`"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn claims_that_one_sign_in_breaks_tell_it_once_and_how_members_are_known() {
    let ran = project(
        &[
            invariant("One", EVERYONE, MFA),
            invariant("Two", EVERYONE, MFA),
        ]
        .concat(),
    )
    .run(&["test"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert_eq!(
        ran.stdout.matches("the sign-in: ").count(),
        1,
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("by the same sign-in as `One`"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("2 claims are broken by a member of `CA-Contractors`")
            && ran.stdout.contains("assumeEmpty"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_pack_is_tried_chosen_and_trimmed() {
    let project = project("");
    let tried = project.run(&["test", "--pack", "scuba", "--format", "json"]);
    assert_eq!(tried.code, Some(1), "{}", tried.snapshot());
    let tried = answer(&tried);
    let claims = tried["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 9, "{tried:#}");
    assert!(claims.iter().all(|one| one["pack"] == "scuba"));
    let of = |answer: &Value, id: &str| -> Value {
        let claims = answer["claims"].as_array().unwrap();
        let found = claims.iter().find(|one| one["id"] == id);
        found.cloned().unwrap_or_default()
    };
    assert_eq!(of(&tried, "legacy-blocked")["verdict"], "proved");
    assert_eq!(of(&tried, "mfa-everyone")["verdict"], "refuted");
    assert_eq!(
        of(&tried, "mfa-everyone")["source"],
        serde_json::json!(["MS.AAD.3.2v2"])
    );
    // One claim of it.
    let ran = project.run(&["test", "--pack", "scuba", "scuba/legacy-blocked"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("ok    Legacy protocols do not get in (scuba/legacy-blocked)\n"),
        "{}",
        ran.stdout
    );
    // Chosen, without what is not meant here and with what is known.
    let without: Vec<String> = (claims.iter())
        .map(|one| one["id"].as_str().unwrap())
        .filter(|id| !["legacy-blocked", "mfa-everyone"].contains(id))
        .map(|id| format!("{{ claim: {id}, reason: later }}"))
        .collect();
    let config = format!(
        "{CONFIG}claims:\n  packs:\n    - name: scuba\n      without: [{}]\n      accepted: [{{ claims: [mfa-everyone], conditions: {{ users: {{ includeGroups: [CA-Contractors] }} }}, reason: their own }}]\n",
        without.join(", ")
    );
    let project = project.file("gatewright.yaml", config);
    let ran = project.run(&["test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("2 invariants: 2 proved"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_pack_that_there_is_not_is_refused() {
    for arguments in [
        vec!["test", "--pack", "scubba"],
        vec!["test", "--pack", "scuba", "scuba/legacy"],
    ] {
        let ran = project("").run(&arguments);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains("scuba"), "{}", ran.stderr);
    }
    let config = format!(
        "{CONFIG}claims: {{ packs: [{{ name: scuba, without: [{{ claim: legacy-bloked, reason: x }}] }}] }}\n"
    );
    let project = project("").file("gatewright.yaml", config);
    for command in ["validate", "test"] {
        let ran = project.run(&[command]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("gatewright.yaml:")
                && ran.stderr.contains("did you mean `legacy-blocked`?"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn the_emergency_accounts_are_the_subject_of_their_own_claims() {
    let project = project("");
    let names = ["safety/breakglass-never-blocked"];
    let ran = project.run(&["test", "--pack", "safety", names[0]]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    // A policy that blocks them refutes it.
    let block = "---\nkind: ConditionalAccessPolicy\ndisplayName: CA900 Block\nstate: enabled\nconditions:\n  users: { includeUsers: [All] }\n  applications: { includeApplications: [Azure DevOps] }\ngrantControls: { operator: OR, builtInControls: [block] }\n";
    let project = project.file("policies/block.yaml", block);
    let ran = project.run(&["test", "--pack", "safety", names[0]]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stdout.contains("Azure DevOps"), "{}", ran.stdout);
    // Undeclared, it is not asked, and that is told.
    let project = project.file("guards.yaml", "budget: { deletes: 3 }\n");
    let ran = project.run(&["test", "--pack", "safety"]);
    assert!(
        ran.stderr.contains("guards.yaml has no `breakGlass`"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stdout.contains("breakglass-never-blocked"),
        "{}",
        ran.stdout
    );
}

#[test]
fn plan_and_apply_pass_invariants_over() {
    let with = four();
    let without = Project::of("policies.yaml", POLICIES).file("guards.yaml", GUARDS);
    let said = |ran: Ran| (ran.code, ran.stdout);
    assert_eq!(said(with.run(&["plan"])), said(without.run(&["plan"])));
    let ran = with.apply_anything();
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let ran = with.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[test]
fn the_policies_of_a_tenant_are_judged_in_the_same_way() {
    let project = four();
    assert_eq!(project.apply_anything().code, Some(0));
    let offline = answer(&project.run(&["test", "--format", "json"]));
    let live = project.run(&["test", "--live", "--format", "json"]);
    assert_eq!(live.code, Some(1), "{}", live.snapshot());
    let live = answer(&live);
    let verdicts = |answer: &Value| -> Vec<Value> {
        let claims = answer["claims"].as_array().unwrap();
        claims.iter().map(|one| one["verdict"].clone()).collect()
    };
    assert_eq!(verdicts(&live), verdicts(&offline));
    assert_eq!(
        live["claims"][0]["carriedBy"],
        offline["claims"][0]["carriedBy"]
    );
    // After a plan that takes the policy away the claim does not hold.
    let fewer = POLICIES.replace("state: enabled\n", "state: disabled\n");
    let project = project.file("policies/policies.yaml", fewer);
    let ran = project.allowing_anything(&["plan", "--out", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let after = answer(&project.run(&["test", "--plan", "plan.json", "--format", "json"]));
    assert_eq!(after["claims"][0]["verdict"], "refuted", "{after:#}");
    let before = answer(&project.run(&["test", "--live", "--format", "json"]));
    assert_eq!(before["claims"][0]["verdict"], "proved");
    // A name that the tenant does not have is refused.
    let project = project.file(
        "policies/invariants.yaml",
        invariant(
            "One",
            "{ users: { includeGroups: [Nobody knows it] }, applications: { includeApplications: [All] } }",
            MFA,
        ),
    );
    let ran = project.run(&["test", "--live"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("there is no group `Nobody knows it`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_claim_on_what_is_not_documented_is_open() {
    let joins = "{ users: { includeUsers: [All] }, applications: { includeUserActions: [\"urn:user:registerdevice\"] } }";
    let claim = format!("{MFA}\n{ACCEPTED}");
    let project = project(&invariant("One", joins, &claim));
    let ran = project.run(&["test", "--format", "json"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    let answer = answer(&ran);
    assert_eq!(answer["claims"][0]["verdict"], "open");
    assert_eq!(
        answer["claims"][0]["openBecause"],
        serde_json::json!(["allResources"])
    );
    assert_eq!(answer["summary"]["open"], 1);
    assert_eq!(project.run(&["test", "--open-ok"]).code, Some(0));
}

#[test]
fn the_result_fits_its_schema() {
    let ran = four().run(&["test", "--format", "json"]);
    let answer = answer(&ran);
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/test.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&answer)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_page_of_the_packs_is_current() {
    let ran = Project::empty().run(&["reference", "--packs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(ran.stdout, include_str!("../../docs/packs.md"));
}
