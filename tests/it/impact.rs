//! `gatewright impact --people` and `plan --people`, from the command line over the sandbox.

use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::permissions::{app, on_a_tenant};

const GROUPS: &str = "\
kind: Group
displayName: CA-BreakGlass
---
kind: Group
displayName: CA-Pilot
members: [adelev@contoso.com, alexw@contoso.com]
";

fn policy(name: &str, users: &str, more: &str, control: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabled\nconditions: {{ users: {{ {users} }}, applications: {{ includeApplications: [All] }}{more} }}\ngrantControls: {{ operator: OR, builtInControls: [{control}] }}\n"
    )
}

fn before() -> String {
    [
        GROUPS.to_owned(),
        policy(
            "CA100 MFA",
            "includeUsers: [All], excludeGroups: [CA-BreakGlass, CA-Pilot]",
            "",
            "mfa",
        ),
        policy(
            "CA200 Admins",
            "includeRoles: [Global Administrator], excludeGroups: [CA-BreakGlass]",
            "",
            "compliantDevice",
        ),
    ]
    .concat()
}

/// The pilot ends, and guests are kept from old clients.
fn after() -> String {
    let guests = policy(
        "CA300 Guests",
        "includeUsers: [GuestsOrExternalUsers]",
        ", clientAppTypes: [exchangeActiveSync, other]",
        "block",
    );
    before().replace("[CA-BreakGlass, CA-Pilot]", "[CA-BreakGlass]") + &guests
}

/// A project whose tenant is as it says, and which then says something else.
fn changed(first: &str, then: &str) -> Project {
    let project = Project::of("a.yaml", first);
    let ran = project.run(&["apply", "--yes", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    project.file("policies/a.yaml", then)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.snapshot()))
}

/// The sum of the counts, with those who keep what they have.
fn sum(people: &Value) -> u64 {
    let changes = people["changes"].as_array().unwrap().iter();
    let changed: u64 = changes.map(|one| one["count"].as_u64().unwrap()).sum();
    changed + people["unchanged"].as_u64().unwrap()
}

#[test]
fn who_is_affected_is_told_in_numbers() {
    let project = changed(&before(), &after());
    let ran = project.run(&["impact", "--people"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    insta::assert_snapshot!(ran.snapshot());
}

#[test]
fn the_numbers_add_up_and_a_sign_in_can_be_judged_again() {
    let project = changed(&before(), &after());
    let arguments = ["impact", "--people", "--names", "--format", "json"];
    let ran = project.run(&arguments);
    let people = &json(&ran)["people"];
    assert_eq!(sum(people), people["all"].as_u64().unwrap(), "{people:#}");
    let changes = people["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        let personas = change["personas"].as_array().unwrap();
        let names: usize = personas
            .iter()
            .map(|one| one["names"].as_array().unwrap().len())
            .sum();
        assert_eq!(
            names as u64,
            change["count"].as_u64().unwrap(),
            "{change:#}"
        );
        assert_eq!(change["replays"], true, "{change:#}");
        let asked = change["signIn"].to_string();
        let again = [
            "whatif",
            "--before-after",
            "--format",
            "json",
            "--sign-in",
            &asked,
        ];
        let again = json(&project.run(&again));
        for side in ["before", "after"] {
            for member in ["outcome", "requires"] {
                let told = &again[side][member];
                assert_eq!(told, &change[side][member], "{change:#}\n{again:#}");
            }
        }
    }
    // The pilot's members need MFA now, which no client of old protocols can ask for: that stands
    // beside.
    let pilot = changes
        .iter()
        .find(|one| one["persona"] == "users in `CA-Pilot`");
    let pilot = pilot.unwrap_or_else(|| panic!("{people:#}"));
    assert_eq!(
        (&pilot["kind"], &pilot["count"]),
        (&json!("MORE"), &json!(2))
    );
    let besides = pilot["besides"].as_array().unwrap();
    assert!(besides.iter().any(|one| one["kind"] == "LOST"), "{pilot:#}");
    // Two runs give the same bytes.
    assert_eq!(ran.stdout, project.run(&arguments).stdout);
}

#[test]
fn who_can_get_in_nowhere_any_more_is_told_first() {
    let blocked = policy("CA900 Block", "includeGroups: [Sales]", "", "block");
    let project = changed(&before(), &(after() + &blocked));
    let told = json(&project.run(&["impact", "--people", "--names", "--format", "json"]));
    let changes = told["people"]["changes"].as_array().unwrap();
    let shut_out = |one: &Value| one["shutOut"].as_bool().unwrap();
    assert!(
        shut_out(&changes[0]) && changes[0]["kind"] == "LOST",
        "{told:#}"
    );
    assert!(changes.iter().any(|one| !shut_out(one)), "{told:#}");
    for change in changes {
        // Whatever they get besides, it is everywhere.
        let words = change["persona"].as_str().unwrap();
        assert_eq!(
            shut_out(change),
            !words.contains("not in `Sales`"),
            "{words}"
        );
    }
    let human = project.run(&["impact", "--people"]).stdout;
    assert!(
        human.contains("of whom can get in nowhere any more"),
        "{human}"
    );
}

#[test]
fn no_change_affects_nobody() {
    let project = changed(&before(), &before());
    let people = &json(&project.run(&["impact", "--people", "--format", "json"]))["people"];
    assert_eq!(people["changes"], json!([]));
    assert_eq!(people["all"], people["unchanged"]);
}

#[test]
fn memberships_and_users_that_the_plan_changes_count_on_their_side() {
    let user = |name: &str| {
        format!("---\nkind: TestUser\ndisplayName: {name}\nuserPrincipalName: {name}\n")
    };
    let first = before() + &user("gone");
    let then = before().replace(", alexw@contoso.com]", ", meganb@contoso.com]") + &user("new");
    let project = changed(&first, &then);
    let plain = json(&project.run(&["impact", "--people", "--names", "--format", "json"]));
    let told = plain.to_string();
    for words in [
        "users who join `CA-Pilot`",
        "users who leave `CA-Pilot`",
        "users who are created by the plan",
    ] {
        assert!(told.contains(words), "{words}: {plain:#}");
    }
    let people = &plain["people"];
    assert_eq!(sum(people), people["all"].as_u64().unwrap());
}

#[test]
fn a_group_in_a_group_counts_with_what_becomes_of_it() {
    let nested = |members: &str| {
        before().replace(
            "members: [adelev@contoso.com, alexw@contoso.com]",
            "members: [Inner]",
        ) + &format!("---\nkind: Group\ndisplayName: Inner\nmembers: [{members}]\n")
    };
    let project = changed(
        &nested("adelev@contoso.com, alexw@contoso.com"),
        &nested("adelev@contoso.com"),
    );
    let told = json(&project.run(&["impact", "--people", "--names", "--format", "json"]));
    let changes = told["people"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{told:#}");
    let persona = &changes[0]["personas"][0];
    assert_eq!(persona["persona"], "users who leave `CA-Pilot`");
    assert_eq!(persona["names"].as_array().unwrap().len(), 1);
    assert_eq!(changes[0]["replays"], false);
}

/// Every name in a tenant's file that a person gave to something.
#[test]
fn who_is_in_a_group_by_a_rule_that_the_plan_sets_is_not_known() {
    let group = |rule: &str| {
        format!(
            "---\nkind: Group\ndisplayName: Dyn\ngroupTypes: [DynamicMembership]\nmembershipRule: {rule}\nmembershipRuleProcessingState: \"On\"\n"
        )
    };
    let blocked = policy(
        "CA300 Dyn",
        "includeGroups: [Dyn], excludeGroups: [CA-BreakGlass]",
        "",
        "block",
    );
    let first = before() + &group("user.accountEnabled -eq true") + &blocked;
    let told = |project: &Project| {
        let ran = project.run(&["impact", "--people", "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        json(&ran)["people"].clone()
    };
    let project = changed(&before(), &first);
    let people = told(&project);
    let kinds = |people: &Value| -> std::collections::BTreeSet<String> {
        let all = people["changes"].as_array().unwrap().iter();
        all.map(|one| one["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        kinds(&people),
        std::collections::BTreeSet::from(["MAYBE_LOST".to_owned()]),
        "{people:#}"
    );
    assert_eq!(sum(&people), people["all"].as_u64().unwrap());
    let notes = people["notes"].to_string();
    assert!(
        notes.contains("membership rule of the group `Dyn`"),
        "{notes}"
    );
    let said = project.run(&["impact", "--people"]);
    assert!(
        said.stdout.contains("may be affected; "),
        "{}",
        said.snapshot()
    );
    // Once it is there, its members are read.
    let ran = project.run(&[
        "apply",
        "--yes",
        "--quiet",
        "--allow",
        "block-all",
        "--allow",
        "break-glass",
        "--allow",
        "weakening",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(told(&project)["changes"], json!([]));
    // Another rule means somebody else.
    let other = first.replace("-eq true", "-eq false");
    let people = told(&project.file("policies/a.yaml", other));
    assert!(
        kinds(&people).iter().all(|kind| kind.starts_with("MAYBE_")),
        "{people:#}"
    );
    assert!(!kinds(&people).is_empty());
}

#[test]
fn what_is_not_known_before_and_after_alike_affects_nobody() {
    // Of guests it is not known which tenant they come from.
    let guests = policy(
        "CA300 Guests",
        "includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [b2bCollaborationGuest], externalTenants: { membershipKind: enumerated, members: [6f3f5e0e-1b8d-4f0c-8e2f-0c5a9c1d2e3f] } }",
        "",
        "block",
    );
    // A strength on a user action wins over those of other policies: that is no change either.
    let keys = |name: &str, users: &str, what: &str| {
        format!(
            "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabled\nconditions: {{ users: {{ {users} }}, applications: {{ {what} }} }}\ngrantControls: {{ operator: OR, authenticationStrength: Phishing-resistant MFA }}\n"
        )
    };
    let register = keys(
        "CA400 Register",
        "includeUsers: [All], excludeGroups: [CA-BreakGlass]",
        "includeUserActions: [\"urn:user:registersecurityinfo\"]",
    );
    let vault = keys(
        "CA500 Vault",
        "includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [b2bCollaborationGuest], externalTenants: { membershipKind: enumerated, members: [6f3f5e0e-1b8d-4f0c-8e2f-0c5a9c1d2e3f] } }",
        "includeApplications: [All]",
    );
    let both = before() + &guests + &register + &vault;
    let then = both.replace("[CA-BreakGlass, CA-Pilot]", "[CA-Pilot]");
    let project = changed(&both, &then);
    let ran = project.run(&["impact", "--people", "--format", "json"]);
    let people = &json(&ran)["people"];
    assert_eq!(people["changes"], json!([]), "{people:#}");
}

#[test]
fn a_plan_and_an_impact_count_alike_where_an_unmanaged_policy_has_a_strength_of_its_own() {
    let strength =
        "---\nkind: AuthenticationStrength\ndisplayName: Keys\nallowedCombinations: [fido2]\n";
    let keys = policy(
        "CA050 Keys",
        "includeUsers: [All], excludeGroups: [CA-BreakGlass]",
        "",
        "mfa",
    )
    .replace("builtInControls: [mfa]", "authenticationStrength: Keys");
    let project = changed(&(before() + strength + &keys), &after());
    let impact = json(&project.run(&["impact", "--people", "--format", "json"]))["people"].clone();
    let plan = json(&project.run(&["plan", "--people", "--format", "json"]))["people"].clone();
    assert_eq!(plan, impact);
    assert!(
        !plan.to_string().contains("authenticationStrength 0"),
        "{plan:#}"
    );
}

fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let is_name = ["displayName", "userPrincipalName", "mail", "mailNickname"];
                if let (true, Some(text)) = (is_name.contains(&name.as_str()), value.as_str()) {
                    found.push(text.to_owned());
                }
                names(value, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|one| names(one, found)),
        _ => {}
    }
}

#[test]
fn what_is_masked_holds_no_name_of_the_tenant() {
    let place = "---\nkind: NamedLocation\ndisplayName: Contoso Amsterdam\nipRanges: [203.0.113.0/24]\nisTrusted: true\n";
    let office = policy(
        "CA400 Office",
        "includeUsers: [adelev@contoso.com]",
        ", locations: { includeLocations: [Contoso Amsterdam] }, devices: { deviceFilter: { mode: include, rule: 'device.displayName -startsWith \"CONTOSO\"' } }",
        "block",
    );
    let apps = policy("CA500 Expenses", "includeGroups: [Sales]", "", "mfa")
        .replace("[All]", "[Contoso Expenses]");
    let project = changed(&before(), &(after() + place + &office + &apps));
    let file: Value = serde_json::from_str(&project.tenant_file().unwrap()).unwrap();
    let mut all = vec!["contoso".to_owned()];
    let own = [
        "users",
        "groups",
        "policies",
        "servicePrincipals",
        "namedLocations",
    ];
    for (name, value) in file.as_object().unwrap() {
        if own.iter().any(|one| name.eq_ignore_ascii_case(one)) {
            names(value, &mut all);
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    // What Microsoft calls its own applications is no name of the tenant.
    let public = |name: &String| {
        name.starts_with("Office 365")
            || name.starts_with("Microsoft")
            || name.starts_with("Windows")
    };
    all.retain(|name| name.len() > 3 && !public(name));
    for format in ["human", "json", "markdown"] {
        let ran = project.run(&[
            "impact", "--people", "--names", "--mask", "--format", format,
        ]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let said = ran.stdout.to_lowercase();
        for name in &all {
            assert!(
                !said.contains(&name.to_lowercase()),
                "{name}: {}",
                ran.stdout
            );
        }
        assert!(said.contains("group-") && said.contains("user-"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_its_owner_and_spares_the_next_run() {
    use std::os::unix::fs::PermissionsExt;

    let project = changed(&before(), &after());
    let arguments = ["impact", "--people", "--format", "json", "--cache", "cache"];
    let verbose = |more: &[&str]| project.run(&[&arguments[..], &["--verbose"], more].concat());
    let first = verbose(&[]);
    assert!(
        first.stderr.contains("/users?$select=id,userPrincipalName"),
        "{}",
        first.snapshot()
    );
    let kept: Vec<_> = std::fs::read_dir(project.path("cache")).unwrap().collect();
    let kept = kept.into_iter().map(|one| one.unwrap().path());
    let kept: Vec<_> = kept.collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let mode = std::fs::metadata(&kept[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = verbose(&[]);
    let [fresh, cached] = [&first, &second].map(|ran| {
        let mut told = json(ran);
        let notes = told["people"]["notes"].take();
        (told, notes.to_string())
    });
    assert_eq!(cached.0, fresh.0);
    // It is said that people were not read now.
    assert!(!fresh.1.contains("from the cache"), "{}", fresh.1);
    assert!(
        cached.1.contains("from the cache and were read"),
        "{}",
        cached.1
    );
    for path in ["/users?$select", "transitiveMembers", "roleAssignments"] {
        assert!(!second.stderr.contains(path), "{path}: {}", second.stderr);
    }
    // What is read besides makes the rest no newer.
    let kept_file = |members: &dyn Fn(&mut Value)| {
        let text = std::fs::read_to_string(&kept[0]).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        members(&mut file);
        std::fs::write(&kept[0], file.to_string()).unwrap();
        file
    };
    let before = kept_file(&|file| file["directory"]["members"] = json!({}));
    verbose(&[]);
    let then = kept_file(&|_| {});
    assert_eq!(then["expires"], before["expires"]);
    assert_ne!(then["directory"]["members"], json!({}));
    // Past its time nothing of it counts.
    let text = std::fs::read_to_string(&kept[0]).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    assert!(text.contains("adelev@contoso.com") || text.contains("AdeleV@contoso.com"));
    file["expires"] = "2020-01-01T00:00:00Z".into();
    std::fs::write(&kept[0], file.to_string()).unwrap();
    assert!(
        verbose(&[])
            .stderr
            .contains("/users?$select=id,userPrincipalName")
    );
    // Without names, for who wants none on the disk.
    verbose(&["--mask"]);
    let text = std::fs::read_to_string(&kept[0]).unwrap();
    assert!(!text.to_lowercase().contains("contoso"), "{text}");
}

#[test]
fn a_plan_tells_who_is_affected_before_all_else() {
    let project = changed(&before(), &after());
    let human = project.run(&["plan", "--people"]).stdout;
    assert!(
        human.find("People: Of").unwrap() < human.find("Plan for").unwrap(),
        "{human}"
    );
    let plain = project.run(&["plan", "--format", "markdown"]).stdout;
    assert!(!plain.contains("**People:**"));
    let comment = project
        .run(&["plan", "--people", "--format", "markdown"])
        .stdout;
    // Below it stand ids, which are others each time.
    insta::assert_snapshot!(comment.split("### Changes").next().unwrap_or_default());
    let told = json(&project.run(&["plan", "--people", "--format", "json"]));
    assert_eq!(
        sum(&told["people"]),
        told["people"]["all"].as_u64().unwrap()
    );
    assert_eq!(
        json(&project.run(&["plan", "--format", "json"]))["people"],
        Value::Null
    );
    // The same where the project says so, as in a pipeline.
    let config = crate::common::CONFIG.to_owned() + "impact: people\n";
    let project = project.file("gatewright.yaml", config);
    assert_eq!(
        project.run(&["plan", "--format", "markdown"]).stdout,
        comment
    );
    // A saved plan has the same impact, and holds nobody's name.
    let ran = project.run(&["plan", "--out", "plan.json", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let saved = [
        "impact",
        "--people",
        "--plan",
        "plan.json",
        "--format",
        "json",
    ];
    assert_eq!(json(&project.run(&saved))["people"], told["people"]);
}

async fn ran(project: &Project, arguments: &[&str]) -> Ran {
    tokio::task::block_in_place(|| project.run(arguments))
}

const READS: [&str; 7] = [
    "Policy.Read.All",
    "AuthenticationContext.Read.All",
    "Organization.Read.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "RoleManagement.Read.Directory",
    "Application.Read.All",
];
const POLICY: &str = "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {users: {includeRoles: [Global Administrator]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_is_named_with_what_works_without_it() {
    let all = READS;
    let without =
        |one: &str| -> Vec<&str> { all.iter().copied().filter(|own| *own != one).collect() };
    let (_sandbox, project) = on_a_tenant(POLICY, &app(&without("User.Read.All"))).await;
    let refused = ran(&project, &["impact", "--people"]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.snapshot());
    for said in ["User.Read.All", "gatewright compare"] {
        assert!(refused.stderr.contains(said), "{}", refused.snapshot());
    }
    // A pipeline that counts people each time shows the plan nevertheless.
    let config = std::fs::read_to_string(project.path("gatewright.yaml")).unwrap();
    let project = project.file("gatewright.yaml", config + "impact: people\n");
    let plan = ran(&project, &["plan"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    assert!(
        plan.stdout.contains("people were not counted"),
        "{}",
        plan.snapshot()
    );
}

/// The plan needs no group and no role here; who is in them is asked for the count alone.
#[tokio::test(flavor = "multi_thread")]
async fn without_members_nobody_is_counted_and_without_roles_the_rest_is() {
    let without = |one: &str| {
        let held: Vec<&str> = READS.into_iter().filter(|own| *own != one).collect();
        app(&held)
    };
    let (sandbox, project) = on_a_tenant(POLICY, &without("GroupMember.Read.All")).await;
    // A group that holds the role.
    const GROUP: &str = "1e143db5-68a8-4244-95a3-6d743754f5f7";
    let role = "/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')";
    let role = sandbox.got(role).await["id"].as_str().unwrap().to_owned();
    let mut state = sandbox.running.tenant();
    let members = state["members"][&role].as_array_mut().unwrap();
    members.push(GROUP.into());
    let seed = format!("{}/_sandbox/seed", sandbox.running.url());
    let (status, answer) = sandbox.with_body("POST", &seed, state).await;
    assert_eq!(status, 200, "{answer}");
    let refused = ran(&project, &["impact", "--people"]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.snapshot());
    for said in ["`GroupMember.Read.All`", "`gatewright compare` still say"] {
        assert!(refused.stderr.contains(said), "{}", refused.snapshot());
    }
    let plan = ran(&project, &["plan"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());

    let (_sandbox, project) = on_a_tenant(POLICY, &without("RoleManagement.Read.Directory")).await;
    let counted = ran(&project, &["impact", "--people", "--format", "json"]).await;
    assert_eq!(counted.code, Some(0), "{}", counted.snapshot());
    let people = &json(&counted)["people"];
    let notes = people["notes"].to_string();
    for said in [
        "who holds which directory role could not be read",
        "`RoleManagement.Read.Directory`",
    ] {
        assert!(notes.contains(said), "{}", counted.snapshot());
    }
    assert!(counted.stdout.contains("MAYBE_"), "{}", counted.snapshot());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_read_in_large_pages_and_nothing_else_is_asked() {
    let all = READS;
    let (sandbox, project) = on_a_tenant(POLICY, &app(&all)).await;
    let told = ran(&project, &["impact", "--people", "--format", "json"]).await;
    assert_eq!(told.code, Some(0), "{}", told.snapshot());
    let requests = sandbox.running.requests();
    let users: Vec<_> = (requests.iter())
        .filter(|one| one.target.starts_with("/v1.0/users?"))
        .collect();
    assert_eq!(users.len(), 1);
    assert!(
        users[0]
            .target
            .contains("$select=id,userPrincipalName,userType,accountEnabled")
    );
    assert!(users[0].target.contains("$top=999"));
    let people = &json(&told)["people"];
    assert_eq!(
        people["changes"][0]["persona"],
        "users with the role `Global Administrator`"
    );
}

#[test]
fn what_was_kept_before_an_apply_does_not_count_after_it() {
    let project = changed(&before(), &after());
    let arguments = ["impact", "--people", "--format", "json", "--cache", "cache"];
    let run = || project.run(&arguments);
    run();
    let cached = json(&run());
    let notes = |told: &Value| told["people"]["notes"].to_string();
    assert!(notes(&cached).contains("from the cache"), "{cached:#}");
    // The plan that is applied puts somebody else into a group.
    let more = |members: &str| before().replace("[adelev@contoso.com, alexw@contoso.com]", members);
    let members = "[adelev@contoso.com, alexw@contoso.com, meganb@contoso.com]";
    std::fs::write(project.path("policies/a.yaml"), more(members)).unwrap();
    let applied = project.apply_anything();
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    let then = more(members).replace("[CA-BreakGlass, CA-Pilot]", "[CA-BreakGlass]");
    std::fs::write(project.path("policies/a.yaml"), then).unwrap();
    let fresh = json(&run());
    assert!(!notes(&fresh).contains("from the cache"), "{fresh:#}");
    let pilot = &fresh["people"]["changes"][0];
    assert_eq!(
        (&pilot["persona"], &pilot["count"]),
        (&json!("users in `CA-Pilot`"), &json!(3))
    );
}

#[test]
fn what_hangs_on_a_membership_rule_says_what_it_is_and_can_be_judged_again() {
    let group = |rule: &str| {
        format!(
            "---\nkind: Group\ndisplayName: CA-Dynamic\ndescription: d\ngroupTypes: [DynamicMembership]\nmembershipRule: {rule}\nmembershipRuleProcessingState: 'On'\n"
        )
    };
    let block = policy("CA900 Block", "includeGroups: [CA-Dynamic]", "", "block");
    let project = changed(
        &before(),
        &(before() + &group("user.accountEnabled -eq true") + &block),
    );
    let told = json(&project.run(&["impact", "--people", "--format", "json"]));
    let changes = told["people"]["changes"].as_array().unwrap();
    let hangs: Vec<&Value> = (changes.iter())
        .filter(|one| one["kind"] == "MAYBE_LOST")
        .collect();
    assert!(!hangs.is_empty(), "{told:#}");
    for change in &hangs {
        assert_eq!(
            change["hangsOn"],
            json!({"group": "CA-Dynamic", "member": true}),
            "{change:#}"
        );
        assert_ne!(change["before"]["outcome"], "blocked");
        assert_eq!(change["after"]["outcome"], "blocked");
        assert_eq!(change["replays"], true, "{change:#}");
        let asked = change["signIn"].to_string();
        let line = ["whatif", "--before-after", "--format", "json", "--sign-in"];
        let again = json(&project.run(&[&line[..], &[&asked]].concat()));
        for side in ["before", "after"] {
            assert_eq!(again[side]["outcome"], change[side]["outcome"], "{again:#}");
        }
    }
    for format in ["human", "markdown"] {
        let shown = project.run(&["impact", "--people", "--format", format]);
        assert!(
            shown
                .stdout
                .contains("for whoever is in `CA-Dynamic` by its membership rule"),
            "{}",
            shown.snapshot()
        );
    }
    let human = project.run(&["impact", "--people"]);
    assert!(
        human.stdout.contains("whatif --before-after"),
        "{}",
        human.snapshot()
    );
    // Who is left out by such a group hangs on it as well.
    let spared = policy(
        "CA900 MFA",
        "includeUsers: [All], excludeGroups: [CA-Dynamic]",
        "",
        "mfa",
    );
    let other = changed(
        GROUPS,
        &(GROUPS.to_owned() + &group("user.accountEnabled -eq true") + &spared),
    );
    let told = json(&other.run(&["impact", "--people", "--format", "json"]));
    let change = &told["people"]["changes"][0];
    assert_eq!(change["kind"], "MAYBE_MORE", "{change:#}");
    assert_eq!(
        change["hangsOn"],
        json!({"group": "CA-Dynamic", "member": false})
    );
    assert_eq!(change["after"]["requires"], json!([["mfa"]]));
    assert_eq!(change["replays"], true, "{change:#}");
    // No name of it is shown where none is wanted.
    let masked = project.run(&["impact", "--people", "--mask"]);
    assert!(
        !masked.stdout.contains("CA-Dynamic"),
        "{}",
        masked.snapshot()
    );
    assert!(
        masked.stdout.contains("for whoever is in `group-"),
        "{}",
        masked.snapshot()
    );
}

#[test]
fn who_loses_a_requirement_for_a_stricter_session_counts_as_less() {
    let session = "---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: { users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }, applications: { includeApplications: [All] } }\nsessionControls: { signInFrequency: { value: 4, type: hours, isEnabled: true } }\n";
    let mfa = policy(
        "P",
        "includeUsers: [All], excludeGroups: [CA-BreakGlass]",
        "",
        "mfa",
    );
    let project = changed(&format!("{GROUPS}{mfa}"), &format!("{GROUPS}{session}"));
    let told = json(&project.run(&["impact", "--people", "--format", "json"]));
    let changes = told["people"]["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(change["kind"], "LESS", "{change:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_masked_as_the_answer_is() {
    let named = POLICY.replace(
        "includeRoles: [Global Administrator]",
        "includeUsers: [AdeleV@contoso.com], excludeGroups: [CA-Secret]",
    ) + "---\nkind: Group\ndisplayName: CA-Secret\n";
    let held: Vec<&str> = READS
        .into_iter()
        .filter(|own| *own != "User.Read.All")
        .collect();
    let (_sandbox, project) = on_a_tenant(&named, &app(&held)).await;
    let log = json!([{"id": "r", "createdDateTime": "2026-05-04T08:00:00Z", "userId": "1", "userPrincipalName": "x"}]);
    let project = project.file("log.json", log.to_string());
    for line in [
        &["impact", "--people"][..],
        &["impact", "--people", "--format", "json"],
        &["impact", "--logs", "log.json"],
        &["impact", "--last", "1d"],
        &["report", "--live"],
    ] {
        let plain = ran(&project, line).await;
        let masked = ran(&project, &[line, &["--mask"]].concat()).await;
        assert_eq!(plain.code, masked.code, "{}", masked.snapshot());
        let refused = line.contains(&"--people");
        let told = plain.snapshot().to_lowercase();
        assert!(!refused || told.contains("adelev"), "{told}");
        let said = format!("{}{}", masked.stdout, masked.stderr).to_lowercase();
        for name in ["adelev", "ca-secret", "$filter", "%20"] {
            assert!(!said.contains(name), "{name}: {}", masked.snapshot());
        }
    }
}

/// A policy of the tenant that no manifest has names a group by its id: only `Directory.Read.All` says
/// what it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_works_without_the_names_of_a_policy_of_the_tenant_is_said() {
    const GROUP: &str = "1e143db5-68a8-4244-95a3-6d743754f5f7";
    let (sandbox, project) = on_a_tenant(POLICY, &app(&READS)).await;
    let other = json!({"displayName": "Theirs", "state": "enabled",
        "conditions": {"users": {"includeGroups": [GROUP]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    let (status, answer) = sandbox
        .with_body("POST", "/identity/conditionalAccess/policies", other)
        .await;
    assert_eq!(status, 201, "{answer}");
    let project = project.file("log.json", json!([{"id": "r"}]).to_string());
    for (line, ways) in [
        (
            &["impact", "--people"][..],
            &[
                "`gatewright plan` still says",
                "`gatewright compare git:REVISION .`",
            ][..],
        ),
        (
            &["impact", "--logs", "log.json"],
            &["--before git:REVISION --after ."],
        ),
    ] {
        let refused = ran(&project, line).await;
        assert_eq!(refused.code, Some(1), "{}", refused.snapshot());
        for said in ways.iter().chain(&["`Directory.Read.All`"]) {
            assert!(
                refused.stderr.contains(said),
                "{said}: {}",
                refused.snapshot()
            );
        }
    }
    let plan = ran(&project, &["plan"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    // A pipeline that counts people each time shows the plan nevertheless.
    let config = std::fs::read_to_string(project.path("gatewright.yaml")).unwrap();
    let project = project.file("gatewright.yaml", config + "impact: people\n");
    let plan = ran(&project, &["plan"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    assert!(
        plan.stdout.contains("people were not counted"),
        "{}",
        plan.snapshot()
    );
}

#[test]
fn a_masked_answer_has_no_address_of_the_tenant() {
    let project = Project::of(
        "a.yaml",
        "kind: NamedLocation\ndisplayName: Office\nipRanges: [192.0.2.64/28]\nisTrusted: true\n---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {applications: {includeApplications: [All]}, users: {includeUsers: [All]}, locations: {includeLocations: [Office]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n",
    );
    for format in ["human", "json", "markdown"] {
        let ran = project.run(&["impact", "--people", "--mask", "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains("192.0.2."), "{format}: {said}");
    }
}
