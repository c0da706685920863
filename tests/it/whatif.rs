//! `gatewright whatif`: what becomes of a sign-in, by the manifests alone.

use serde_json::Value;

use crate::common::{Project, Ran};

/// Four policies, and who and what they are about.
pub const POLICIES: &str = "\
kind: Group
displayName: CA-BreakGlass
members: [glass@contoso.com]
---
kind: Group
displayName: CA-Pilot
---
kind: TestUser
displayName: Pia
userPrincipalName: pia@contoso.com
memberOf: [CA-Pilot]
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
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [Offices] }
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
displayName: CA300 Risk
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
  signInRiskLevels: [high]
grantControls: { operator: OR, builtInControls: [block] }
---
kind: ConditionalAccessPolicy
displayName: CA400 Pilot
state: enabledForReportingButNotEnforced
conditions:
  users: { includeGroups: [CA-Pilot] }
  applications: { includeApplications: [Office365] }
grantControls: { operator: OR, builtInControls: [compliantDevice, domainJoinedDevice] }
";

fn project() -> Project {
    Project::of("policies.yaml", POLICIES)
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.snapshot()))
}

#[test]
fn for_people_the_outcome_stands_first_and_then_the_policies_that_apply() {
    let ran = project().run(&[
        "whatif",
        "--user",
        "pia@contoso.com",
        "--app",
        "SharePoint Online",
        "--client",
        "browser",
        "--ip",
        "198.51.100.7",
    ]);
    insta::assert_snapshot!(ran.snapshot());
}

#[test]
fn for_programs_the_shape_is_the_documented_one() {
    let ran = project().run(&[
        "whatif",
        "--user",
        "pia@contoso.com",
        "--app",
        "SharePoint Online",
        "--client",
        "browser",
        "--ip",
        "203.0.113.9",
        "--sign-in-risk",
        "none",
        "--format",
        "json",
    ]);
    let answer = json(&ran);
    assert_eq!(answer["outcome"], "granted");
    assert_eq!(answer["requires"], serde_json::json!([]));
    assert_eq!(answer["missing"], serde_json::json!([]));
    assert_eq!(
        answer["reportOnly"]["requires"],
        serde_json::json!([["compliantDevice", "domainJoinedDevice"]])
    );
    assert_eq!(answer["signIn"]["user"], "pia@contoso.com");
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/whatif.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&answer)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // What is printed can be asked again, with the same answer.
    let case = project().file("case.json", answer["signIn"].to_string());
    let again = json(&case.run(&["whatif", "--case", "case.json", "--format", "json"]));
    assert_eq!(again, answer);
}

#[test]
fn a_case_is_yaml_or_json_and_a_flag_counts_before_it() {
    let project = project()
        .file("case.yaml", "user: pia@contoso.com\napplication: SharePoint Online\nclientAppType: other\n")
        .file("case.json", "{\n\t\"user\": \"pia@contoso.com\",\n\t\"application\": \"SharePoint Online\",\n\t\"clientAppType\": \"other\"\n}\n");
    for case in ["case.yaml", "case.json"] {
        let answer = json(&project.run(&["whatif", "--case", case, "--format", "json"]));
        assert_eq!(answer["outcome"], "blocked", "{case}");
        let answer = json(&project.run(&[
            "whatif",
            "--case",
            case,
            "--client",
            "browser",
            "--sign-in-risk",
            "none",
            "--format",
            "json",
        ]));
        assert_eq!(answer["outcome"], "granted", "{case}");
    }
}

#[test]
fn what_is_left_out_is_filled_with_the_ordinary_on_request() {
    let answer = json(&project().run(&[
        "whatif",
        "--user",
        "pia@contoso.com",
        "--app",
        "SharePoint Online",
        "--assume-defaults",
        "--format",
        "json",
    ]));
    assert_eq!(answer["missing"], serde_json::json!([]));
    assert_eq!(answer["requires"], serde_json::json!([["mfa"]]));
    assert_eq!(answer["signIn"]["clientAppType"], "browser");
    assert_eq!(
        answer["signIn"]["user"]["memberOf"],
        serde_json::json!(["CA-Pilot"])
    );
}

#[test]
fn lines_are_answered_in_their_order_and_the_first_that_is_none_ends_it() {
    let lines = "\
{\"user\":{\"memberOf\":[],\"roles\":[]},\"application\":\"SharePoint Online\",\"clientAppType\":\"other\"}

{\"user\":{\"memberOf\":[],\"roles\":[]},\"application\":\"SharePoint Online\",\"clientAppType\":\"browser\",\"signInRiskLevel\":\"none\",\"ipAddress\":\"203.0.113.1\"}
{\"user\":{\"memberOf\":[],\"roles\":[]},\"clientAppType\":\"browsers\"}
{}
";
    let ran = project().file("lines.jsonl", lines).run(&[
        "whatif",
        "--sign-ins",
        "lines.jsonl",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let answers: Vec<&str> = ran.stdout.lines().collect();
    let ending = |line: &str| serde_json::from_str::<Value>(line).unwrap()["outcome"].clone();
    assert_eq!(ending(answers[0]), "blocked");
    assert_eq!(ending(answers[1]), "granted");
    assert!(ran.stdout.contains("line 4"), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("did you mean `browser`"),
        "{}",
        ran.snapshot()
    );
}

/// The texts of what was refused, without their frames.
fn refused(arguments: &[&str]) -> String {
    let ran = project()
        .file(
            "two.yaml",
            "user: pia@contoso.com\napplication: SharePoint Online\nuserAction: accountRecovery\n",
        )
        .file("ip.yaml", "ipAddress: 1.2.3\n")
        .file("level.yaml", "signInRiskLevel: hihg\n")
        .file("strength.yaml", "satisfied: [Phishing-resistent MFA]\n")
        .file("member.yaml", "usr: pia@contoso.com\n")
        .run(arguments);
    assert!(matches!(ran.code, Some(1 | 64)), "{}", ran.snapshot());
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_was_likely_meant() {
    for (arguments, message, way) in [
        (
            &["--app", "Sharepoint Onlin"][..],
            "no application `Sharepoint Onlin` is known",
            "SharePoint Online",
        ),
        (
            &["--app", "office365"],
            "`Office365` stands for the Office 365 suite of applications in policies",
            "Office 365 Exchange Online",
        ),
        (&["--user", "All"], "`All` stands for", "memberOf"),
        (
            &["--user", "pia@contoso.con"],
            "no user `pia@contoso.con` is known",
            "`pia@contoso.com`",
        ),
        (
            &["--user", "nobody at all"],
            "no user `nobody at all` is known",
            "memberOf",
        ),
        (
            &["--member-of", "CA-Pilo"],
            "no group `CA-Pilo` is known",
            "`CA-Pilot`",
        ),
        (
            &["--role", "Global Administrater"],
            "no directory role `Global Administrater` is known",
            "`Global Administrator`",
        ),
        (
            &["--role", "Zookeeper"],
            "no directory role `Zookeeper` is known",
            "",
        ),
        (
            &[
                "--satisfied",
                "Phishing-resistent MFA",
                "--app",
                "SharePoint Online",
            ],
            "is nothing that a sign-in can meet",
            "`Phishing-resistant MFA`",
        ),
        (
            &["--app", "SharePoint Online", "--action", "accountRecovery"],
            "`userAction` stands beside `application`",
            "one of them",
        ),
        (
            &["--ip", "1.2.3"],
            "`1.2.3` is no IP address",
            "203.0.113.7",
        ),
        (
            &["--platform", "windos"],
            "`windos` is not a platform",
            "did you mean `windows`?",
        ),
        (
            &["--sign-in-risk", "hihg"],
            "`hihg` is not a level of risk",
            "did you mean `high`?",
        ),
        (&["--case", "two.yaml"], "two.yaml:3:1", "one of them"),
        (&["--case", "ip.yaml"], "ip.yaml:1:12", "203.0.113.7"),
        (&["--case", "level.yaml"], "level.yaml:1:18", "`high`"),
        (
            &["--case", "strength.yaml"],
            "strength.yaml:1:13",
            "`Phishing-resistant MFA`",
        ),
        (
            &["--case", "member.yaml"],
            "unknown property `usr`",
            "did you mean `user`?",
        ),
        (&["--case", "none.yaml"], "cannot read `none.yaml`", ""),
        (&["--scenario", "None"], "no scenario is called `None`", ""),
        (&[], "nothing is said of the sign-in", "--user"),
    ] {
        let arguments: Vec<&str> = ["whatif"].iter().chain(arguments).copied().collect();
        let text = refused(&arguments);
        assert!(
            text.contains(message) && text.contains(way),
            "{arguments:?}: {text}"
        );
    }
}

#[test]
fn people_are_called_by_their_name_or_in_words() {
    let glass = ["--member-of", "CA-BreakGlass", "--no-roles"];
    let ask = |who: &[&str]| {
        let rest = ["--app", "SharePoint Online", "--client", "browser"];
        let all: Vec<&str> = ["whatif"]
            .into_iter()
            .chain(who.iter().copied())
            .chain(rest)
            .collect();
        let ran = project().run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(!ran.stdout.contains('{'), "{}", ran.stdout);
        ran.stdout
    };
    let named = ask(&[&["--user", "eve@contoso.com"], &glass[..]].concat());
    assert!(
        named.starts_with("eve@contoso.com for SharePoint Online\n"),
        "{named}"
    );
    assert!(named.contains("does not  user: eve@contoso.com"), "{named}");
    let described = ask(&glass);
    assert!(
        described.starts_with("memberOf CA-BreakGlass; roles none for SharePoint Online\n"),
        "{described}"
    );
}

#[test]
fn a_name_that_nothing_is_close_to_is_taken_as_the_tenants_own_and_told() {
    let ran = project().run(&[
        "whatif",
        "--app",
        "Zebra Ledger",
        "--user",
        "pia@contoso.com",
        "--assume-defaults",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stderr
            .contains("no application `Zebra Ledger` is known"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("asks for mfa"), "{}", ran.stdout);
}

#[test]
fn beyond_twenty_policies_those_that_do_not_apply_are_counted() {
    let mut text = POLICIES.to_owned();
    for n in 0..30 {
        text.push_str(&format!(
            "---\nkind: ConditionalAccessPolicy\ndisplayName: X{n:02}\nstate: enabled\nconditions: {{ users: {{ includeUsers: [x{n}@contoso.com] }}, applications: {{ includeApplications: [All] }} }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
        ));
    }
    let project = Project::of("policies.yaml", text);
    let question = [
        "whatif",
        "--user",
        "pia@contoso.com",
        "--app",
        "SharePoint Online",
    ];
    let few = project.run(&question).stdout;
    assert!(
        few.contains("and 14 more that do not apply (--all)"),
        "{few}"
    );
    let all = project.run(&[&question[..], &["--all"]].concat()).stdout;
    assert!(
        all.contains("X29") && !all.contains("more that do not apply"),
        "{all}"
    );
}
