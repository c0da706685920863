//! `gatewright whatif`: what becomes of a sign-in, by the manifests alone.

use serde_json::Value;

use crate::common::{Project, Ran, fits};

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
    fits(&answer, "whatif.schema.json");
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

/// A sign-in of which nothing is left out that the policies ask for, and what is said besides.
fn line(more: &str) -> String {
    format!(
        "{{\"user\":{{\"memberOf\":[],\"roles\":[]}},\"application\":\"SharePoint Online\",\"clientAppType\":\"browser\",\"signInRiskLevel\":\"none\",\"ipAddress\":\"203.0.113.1\"{more}}}\n"
    )
}

const LINES: [&str; 3] = ["whatif", "--sign-ins", "-"];

fn answers(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    lines.map(read).collect()
}

#[test]
fn every_line_is_answered_in_its_place_and_one_that_is_no_sign_in_by_what_is_wrong() {
    let legacy = line("").replace("browser", "other");
    let lines = [
        legacy.as_str(),
        "\n",
        &line(""),
        "{\"user\":{\"memberOf\":[],\"roles\":[]},\"clientAppType\":\"browsers\"}\n",
        &line(",\"satisfied\":[\"mfa\",\"compliantDevice\"],\"deviceInfo\":\"unregistered\""),
        &line(",\"devicePlatform\":\"linux\",\"deviceInfo\":{\"trustType\":\"ServerAD\"}"),
        "{\"user\":\"pia@contoso.con\"}\n",
        "{\n",
        "no JSON\n",
        "[{}]\n",
        "7\n",
        &line(",\"usr\":1"),
        &line(",\"authenticationFlow\":[\"none\"]"),
        &line(",\"environment\":[]"),
        &line(""),
    ]
    .concat();
    let project = project().file("lines.jsonl", &lines);
    let ran = project.run(&["whatif", "--sign-ins", "lines.jsonl", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let found = answers(&ran);
    let told = |answer: &Value| match answer["outcome"].as_str() {
        Some(outcome) => outcome.to_owned(),
        None => {
            let one = &answer["findings"][0];
            assert_eq!(answer["valid"], false, "{answer}");
            assert_eq!(one["file"], "lines.jsonl");
            assert!(one["help"].is_string(), "{answer}");
            let part = |name: &str| one[name].to_string();
            format!(
                "{}:{}: {}",
                part("line"),
                part("column"),
                one["message"].as_str().unwrap()
            )
        }
    };
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "blocked",
            "granted",
            "4:52: `browsers` is not a value of `clientAppType`",
            "5:166: `compliantDevice` is satisfied, and the device is `unregistered`",
            "6:198: hybrid joined devices (`ServerAD`) are Windows devices, but `devicePlatform` is `linux`",
            "7:9: there is no user `pia@contoso.con`",
            "8:null: the line is only part of a JSON document; each line must hold a whole one",
            "9:null: the line is not JSON: expected ident (column 2)",
            "10:null: the line is a list, but a sign-in is an object",
            "11:null: the line is not an object, but a sign-in is one",
            "12:147: unknown property `usr`",
            "13:168: `authenticationFlow` must be a mapping, not a list",
            "14:161: `environment` must be a mapping, not a list",
            "granted",
        ]
    );
    for said in [
        "`lines.jsonl`, line 4: `browsers` is not a value of `clientAppType`",
        "did you mean `browser`?",
        "11 lines are not sign-ins; the first is above",
    ] {
        assert!(ran.stderr.contains(said), "{}", ran.snapshot());
    }
}

#[test]
fn what_does_not_begin_with_a_line_of_json_is_refused_as_a_whole() {
    for (text, said, way) in [
        (
            "{\n  \"user\": \"pia@contoso.com\"\n}\n",
            "line 1: the line is only part of a JSON document",
            "`--case FILE`",
        ),
        (
            "[\n{},\n{}\n]\n",
            "line 1: the line is only part of a JSON document",
            "`jq -c . FILE`",
        ),
        (
            "\n\nuser: pia@contoso.com\n",
            "line 3: the line is not JSON",
            "on a line of its own",
        ),
    ] {
        let ran = project().run_on(&LINES, text);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(1), ""),
            "{}",
            ran.snapshot()
        );
        assert!(
            ran.stderr.contains(said) && ran.stderr.contains(way),
            "{}",
            ran.snapshot()
        );
    }
}

#[test]
fn lines_come_in_every_usual_encoding_and_through_a_pipe() {
    let text = line(",\"country\":\"NL\"").repeat(2);
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let expected = project().run_on(&LINES, &text);
    assert_eq!((expected.code, answers(&expected).len()), (Some(0), 2));
    for bytes in [
        [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
        [&[0xFF, 0xFE][..], &wide(u16::to_le_bytes)].concat(),
        [&[0xFE, 0xFF][..], &wide(u16::to_be_bytes)].concat(),
        wide(u16::to_le_bytes),
        text.replace('\n', "\r\n").into_bytes(),
        text.trim_end().as_bytes().to_vec(),
    ] {
        let ran = project().run_on(&LINES, &bytes);
        assert_eq!(
            (ran.code, &ran.stdout),
            (Some(0), &expected.stdout),
            "{bytes:?}"
        );
    }
    #[cfg(unix)]
    from_a_pipe(&project(), &text);
}

/// As `<(command)` gives it.
#[cfg(unix)]
fn from_a_pipe(project: &Project, text: &str) {
    let pipe = project.path("pipe");
    let case = "user: pia@contoso.com\napplication: SharePoint Online\n";
    for (flag, given) in [("--sign-ins", text), ("--case", case)] {
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (to, given) = (pipe.clone(), given.to_owned());
        let writer = std::thread::spawn(move || std::fs::write(to, given));
        let ran = project.run(&["whatif", flag, "pipe"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        writer.join().unwrap().unwrap();
        std::fs::remove_file(&pipe).unwrap();
    }
}

#[test]
fn a_line_that_is_too_long_is_told_and_passed_over() {
    let long = format!(",\"x\":\"{}\"", "y".repeat(3 << 20));
    let widest = 1 << 20;
    let room = widest - line("").len() - ",\"scopes\":[\"\"]".len() + 1;
    let wide = format!(",\"scopes\":[\"{}\"]", "y".repeat(room));
    let text = [
        line(""),
        line(&long),
        line(&wide),
        line(&wide.replace("yy", "yyy")),
        line(""),
    ];
    let ran = project().run_on(&LINES, text.concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let refused = |answer: &Value| answer["findings"][0]["message"].clone();
    let long = Value::from("the line is longer than 1 MiB");
    assert_eq!(
        answers(&ran).iter().map(refused).collect::<Vec<_>>(),
        [Value::Null, long.clone(), Value::Null, long, Value::Null]
    );
}

#[test]
fn whoever_writes_a_line_and_waits_gets_its_answer() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let project = project();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(LINES)
        .current_dir(project.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ask = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        ask.write_all(line("").as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.starts_with("{\"outcome\":\"granted\""), "{answer}");
    }
    drop(ask);
    assert!(child.wait().unwrap().success());
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
        .file("empty.yaml", "environment: { assumeEmpty: [CA-Pilo] }\n")
        .file(
            "device.yaml",
            "clientAppType: browser\ndeviceInfo: { isCompliant: false }\nsatisfied: [mfa, compliantDevice]\n",
        )
        .run(arguments);
    assert!(matches!(ran.code, Some(1 | 64)), "{}", ran.snapshot());
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_was_likely_meant() {
    for (arguments, message, way) in [
        (
            &["--app", "Sharepoint Onlin"][..],
            "there is no application `Sharepoint Onlin`",
            "SharePoint Online",
        ),
        (
            &["--app", "office365"],
            "`Office365` means the Office 365 suite of applications in policies",
            "Office 365 Exchange Online",
        ),
        (&["--user", "All"], "`All` means", "memberOf"),
        (
            &["--user", "pia@contoso.con"],
            "there is no user `pia@contoso.con`",
            "`pia@contoso.com`",
        ),
        (
            &["--user", "nobody at all"],
            "there is no user `nobody at all`",
            "memberOf",
        ),
        (
            &["--member-of", "CA-Pilo"],
            "there is no group `CA-Pilo`",
            "`CA-Pilot`",
        ),
        (
            &["--role", "Global Administrater"],
            "there is no directory role `Global Administrater`",
            "`Global Administrator`",
        ),
        (
            &["--role", "Zookeeper"],
            "there is no directory role `Zookeeper`",
            "",
        ),
        (
            &[
                "--satisfied",
                "Phishing-resistent MFA",
                "--app",
                "SharePoint Online",
            ],
            "is not something that a sign-in can satisfy",
            "`Phishing-resistant MFA`",
        ),
        (
            &["--app", "SharePoint Online", "--action", "accountRecovery"],
            "`userAction` and `application` cannot be combined",
            "one of them",
        ),
        (
            &["--ip", "1.2.3"],
            "`1.2.3` is not an IP address",
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
        (
            &["--app", "SharePont Online"],
            "there is no application `SharePont Online`",
            "did you mean `SharePoint Online`?",
        ),
        (
            &["--device", "unregistered", "--satisfied", "compliantDevice"],
            "`compliantDevice` is satisfied, and the device is `unregistered`",
            "remove `compliantDevice` from `satisfied`, or correct `deviceInfo`",
        ),
        (
            &[
                "--flow",
                "deviceCodeFlow",
                "--satisfied",
                "domainJoinedDevice",
            ],
            "nobody can satisfy `domainJoinedDevice` if `authenticationFlow` is `deviceCodeFlow`",
            "correct `authenticationFlow`",
        ),
        (
            &["--platform", "linux", "--device", "trustType=ServerAD"],
            "`devicePlatform` is `linux`",
            "correct `devicePlatform`, or the `trustType` of the device",
        ),
        (
            &["--case", "device.yaml"],
            "device.yaml:3:18",
            "correct `deviceInfo`",
        ),
        (
            &["--case", "device.yaml"],
            "`compliantDevice` is satisfied, and `isCompliant` of the device is `false`",
            "",
        ),
        (
            &["--satisfied", "block", "--app", "SharePoint Online"],
            "`block` is not something that a sign-in can satisfy",
            "write a control such as `mfa`",
        ),
        (
            &["--user", "", "--app", "x"],
            "a name is empty",
            "write the name",
        ),
        (&["--member-of", " "], "a name is empty", "write the name"),
        (
            &[
                "--app",
                "Microsoft Graph",
                "--scope",
                "openid",
                "--client-app",
                "SharePont Online",
            ],
            "there is no application `SharePont Online`",
            "`SharePoint Online`",
        ),
        (
            &["--case", "empty.yaml"],
            "empty.yaml:1:3",
            "there is no group `CA-Pilo`",
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
        (
            &["--case", "none.yaml"],
            "cannot read `none.yaml`",
            "name a file that you may read",
        ),
        (
            &["--sign-ins", "none.jsonl"],
            "cannot read `none.jsonl`",
            "name a file that you may read",
        ),
        (&["--scenario", "None"], "there is no scenario `None`", ""),
        (&[], "the sign-in is not described", "--user"),
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
        named.starts_with("eve@contoso.com for SharePoint Online; clientAppType browser\n"),
        "{named}"
    );
    assert!(
        named.contains("does not  user: excluded by group CA-BreakGlass"),
        "{named}"
    );
    assert!(named.contains("does not  user: not included"), "{named}");
    let described = ask(&glass);
    assert!(
        described.starts_with(
            "memberOf CA-BreakGlass; roles none for SharePoint Online; clientAppType browser\n"
        ),
        "{described}"
    );
}

#[test]
fn what_is_asked_for_is_called_what_it_is() {
    let policies = "\
kind: ConditionalAccessPolicy
displayName: CA1 Application
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [Azure Portal] } }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA2 Action
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA3 Context
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeAuthenticationContextClassReferences: [c1] } }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: AuthenticationContext
id: c1
displayName: Payroll
---
kind: AuthenticationContext
id: c2
displayName: Board
";
    let project = Project::of("policies.yaml", policies);
    let sharepoint = ["--app", "SharePoint Online"];
    let both = ["--app", "SharePoint Online", "--app", "Microsoft Teams"];
    let join = ["--action", "registerOrJoinDevices"];
    let context = ["--context", "c2"];
    for (asked, said) in [
        (
            &sharepoint[..],
            [
                "application: SharePoint Online",
                "it is about a user action, not the application SharePoint Online",
                "it is about an authentication context, not the application SharePoint Online",
            ],
        ),
        (
            &both,
            [
                "application: SharePoint Online, Microsoft Teams",
                "it is about a user action, not the applications SharePoint Online, Microsoft Teams",
                "it is about an authentication context, not the applications SharePoint Online, Microsoft Teams",
            ],
        ),
        (
            &join,
            [
                "CA1 Application  on           does not  user action: registerOrJoinDevices",
                "CA2 Action       on           does not  user action: registerOrJoinDevices",
                "CA3 Context      on           does not  user action: registerOrJoinDevices",
            ],
        ),
        (
            &context,
            [
                "CA1 Application  on           does not  authentication context: c2",
                "CA2 Action       on           does not  authentication context: c2",
                "CA3 Context      on           does not  authentication context: c2",
            ],
        ),
    ] {
        let arguments = [&["whatif", "--no-groups", "--no-roles"], asked].concat();
        let ran = project.run(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        for said in said {
            assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
        }
    }
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
            .contains("there is no application `Zebra Ledger`"),
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
        few.contains("and 14 more that do not apply (`--all` lists them)"),
        "{few}"
    );
    let all = project.run(&[&question[..], &["--all"]].concat()).stdout;
    assert!(
        all.contains("X29") && !all.contains("more that do not apply"),
        "{all}"
    );
}
