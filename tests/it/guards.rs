//! Guards: what each refuses and what it does not, how they are tuned and let through, and
//! what the command line makes of it.

use gatewright::graph::Request;
use gatewright::manifest::guards::Guard;
use gatewright::model::facts::Edition;
use gatewright::plan::Plan;
use serde_json::{Value, json};

use crate::common::Project;
use crate::world::{World, desired, run};

/// The guards that refuse a plan, each once, sorted.
pub fn refused(plan: &Plan) -> Vec<&'static str> {
    let mut ids: Vec<&str> = plan
        .guards
        .iter()
        .filter(|v| v.refuses())
        .map(|v| v.guard.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn policy(name: &str, state: &str, users: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{users: {users}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n"
    )
}

const EVERYBODY: &str = "{includeUsers: [All]}";
const BREAK_GLASS: &str = "---\nkind: Group\ndisplayName: CA-BreakGlass\nmembers: [breakglass1@contoso.com, breakglass2@contoso.com]\n";

fn messages(plan: &Plan) -> Vec<String> {
    let of_guards = plan.guards.iter().map(|v| v.finding.message.clone());
    let notices = plan.notices.iter().map(|f| f.message.clone());
    of_guards.chain(notices).collect()
}

#[track_caller]
fn says(plan: &Plan, words: &str) {
    let all = messages(plan);
    assert!(all.iter().any(|m| m.contains(words)), "{words}: {all:#?}");
}

async fn create(world: &World, name: &str, state: &str) -> String {
    let body = json!({"displayName": name, "state": state,
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    let request = Request::post(Edition::V1, "/identity/conditionalAccess/policies", body);
    let made = world.hand.send(&request).await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn without_a_declaration_the_plan_says_once_how_to_make_one() {
    run(async {
        let world = World::new().await;
        let two = policy("A", "enabled", EVERYBODY) + &policy("B", "enabled", EVERYBODY);
        let plan = world.guarded(&desired(&two), "", &[]).await;
        assert!(!plan.is_refused());
        let told = messages(&plan)
            .iter()
            .filter(|m| m.contains("no break-glass account is declared"))
            .count();
        assert_eq!(told, 1);
        world.apply(&desired(&two)).await;
        let plan = world.guarded(&desired(&two), "", &[]).await;
        assert!(messages(&plan).is_empty(), "{:?}", messages(&plan));
    });
}

#[test]
fn the_declared_accounts_must_be_there_enabled_and_two() {
    run(async {
        let world = World::new().await;
        let text = policy("A", "enabled", "{includeGroups: [Sales]}");
        for (declared, words) in [
            (
                "{ groups: [Nobody] }",
                Some("the break-glass group `Nobody` does not exist"),
            ),
            (
                "{ users: [nobody] }",
                Some("the break-glass user `nobody` does not exist"),
            ),
            ("{ users: [breakglass1] }", Some("there is 1 account")),
            ("{ groups: [Contractors] }", Some("there is 1 account")),
            ("{ users: [breakglass1, breakglass2@contoso.com] }", None),
            ("{ groups: [IT Admins] }", None),
            (
                "{ users: [11beeb4a-badf-46c7-af82-af74f38463fd], groups: [4b0f665b-ca9d-4964-9bf6-7e7d128e3730] }",
                None,
            ),
        ] {
            let guards = format!("breakGlass: {declared}\n");
            let plan = world.guarded(&desired(&text), &guards, &[]).await;
            match words {
                Some(words) => {
                    assert_eq!(refused(&plan), ["break-glass"], "{declared}");
                    says(&plan, words);
                }
                None => assert!(!plan.is_refused(), "{declared}: {:?}", messages(&plan)),
            }
        }
        let off = json!({"accountEnabled": false});
        let request = Request::patch(Edition::V1, "/users/breakglass2@contoso.com", off);
        world.hand.send(&request).await.unwrap();
        let guards = "breakGlass: { users: [breakglass1, breakglass2] }\n";
        let plan = world.guarded(&desired(&text), guards, &[]).await;
        assert_eq!(refused(&plan), ["break-glass"]);
        says(&plan, "`breakglass2@contoso.com` is disabled");
    });
}

#[test]
fn groups_in_groups_and_groups_of_the_same_plan_are_worked_out() {
    run(async {
        let world = World::new().await;
        // IT Admins is in CA-Pilot: its members are hit, and excluded, through it.
        let guards = "breakGlass: { groups: [IT Admins] }\n";
        for (users, hit) in [
            ("{includeGroups: [CA-Pilot]}", true),
            (
                "{includeGroups: [CA-Pilot], excludeGroups: [IT Admins]}",
                false,
            ),
            ("{includeUsers: [All], excludeGroups: [CA-Pilot]}", false),
            ("{includeGroups: [Finance]}", false),
            (
                "{includeUsers: [All], excludeUsers: [alexw@contoso.com]}",
                true,
            ),
            (
                "{includeUsers: [All], excludeUsers: [alexw@contoso.com, nestorw@contoso.com]}",
                false,
            ),
            ("{includeRoles: [Helpdesk Administrator]}", true),
            ("{includeUsers: [GuestsOrExternalUsers]}", false),
        ] {
            let plan = world
                .guarded(&desired(&policy("A", "enabled", users)), guards, &[])
                .await;
            assert_eq!(plan.is_refused(), hit, "{users}: {:?}", messages(&plan));
        }
        let guards = "breakGlass: { groups: [CA-BreakGlass] }\n";
        let out = policy(
            "A",
            "enabled",
            "{includeUsers: [All], excludeGroups: [CA-BreakGlass]}",
        );
        let plan = world
            .guarded(&desired(&format!("{BREAK_GLASS}{out}")), guards, &[])
            .await;
        assert!(!plan.is_refused(), "{:?}", messages(&plan));
        // The group is made, and nobody is in it.
        let empty = format!("kind: Group\ndisplayName: CA-BreakGlass\n{out}");
        let plan = world.guarded(&desired(&empty), guards, &[]).await;
        assert_eq!(refused(&plan), ["break-glass"]);
    });
}

#[test]
fn a_member_that_leaves_is_seen_in_policies_that_the_plan_leaves_alone() {
    run(async {
        let world = World::new().await;
        let group =
            |members: &str| format!("kind: Group\ndisplayName: Out\nmembers: [{members}]\n");
        let out = policy(
            "A",
            "enabled",
            "{includeUsers: [All], excludeGroups: [Out]}",
        );
        let both = "breakglass1@contoso.com, breakglass2@contoso.com";
        world.apply(&desired(&(group(both) + &out))).await;
        let guards = "breakGlass: { users: [breakglass1, breakglass2] }\n";
        let plan = world
            .guarded(
                &desired(&(group("breakglass1@contoso.com") + &out)),
                guards,
                &[],
            )
            .await;
        assert_eq!(refused(&plan), ["break-glass"]);
        says(&plan, "`A` would start to hit");
        // What was so before is a warning, and is no reason to refuse another change.
        create(&world, "Of others", "enabled").await;
        let another = group(both) + &out + &policy("B", "enabled", "{includeGroups: [Sales]}");
        let plan = world.guarded(&desired(&another), guards, &[]).await;
        assert!(!plan.is_refused());
        says(
            &plan,
            "that stay as they are can hit a break-glass account and do not exclude it: `Of others`",
        );
    });
}

#[test]
fn to_exclude_a_break_glass_account_weakens_nothing() {
    run(async {
        let world = World::new().await;
        let open = format!("{BREAK_GLASS}{}", policy("A", "enabled", EVERYBODY));
        world.apply(&desired(&open)).await;
        let users = "{includeUsers: [All], excludeGroups: [CA-BreakGlass]}";
        let mended = desired(&format!("{BREAK_GLASS}{}", policy("A", "enabled", users)));
        let guards = "breakGlass: { groups: [CA-BreakGlass] }\n";
        assert!(!world.guarded(&mended, guards, &[]).await.is_refused());
        assert_eq!(
            refused(&world.guarded(&mended, "", &[]).await),
            ["weakening"]
        );
        // Not when the same plan puts somebody else into the group.
        let members = BREAK_GLASS.replace("breakglass2@", "adelev@contoso.com, breakglass2@");
        let more = desired(&format!("{members}{}", policy("A", "enabled", users)));
        let plan = world.guarded(&more, guards, &[]).await;
        assert_eq!(refused(&plan), ["weakening"]);
    });
}

#[test]
fn the_limit_is_warned_of_and_then_refused() {
    run(async {
        let world = World::new().await;
        create(&world, "Microsoft-managed: does not count", "disabled").await;
        let policies = |n: usize| -> String {
            (0..n)
                .map(|i| policy(&format!("P{i}"), "disabled", EVERYBODY))
                .collect()
        };
        for (n, refuses, warns) in [
            (8, false, false),
            (9, false, true),
            (10, false, true),
            (11, true, false),
        ] {
            let plan = world
                .guarded(&desired(&policies(n)), "policyLimit: 10\n", &[])
                .await;
            assert_eq!(
                (plan.is_refused(), !plan.guards.is_empty()),
                (refuses, refuses || warns),
                "{n}"
            );
        }
    });
}

#[test]
fn policies_of_microsoft_are_left_alone() {
    run(async {
        let mut world = World::new().await;
        let name = "'Microsoft-managed: Block legacy authentication'";
        create(
            &world,
            name.trim_matches('\''),
            "enabledForReportingButNotEnforced",
        )
        .await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        let other = policy("A", "disabled", EVERYBODY);
        let plan = world.guarded(&desired(&other), "", &[]).await;
        assert_eq!(plan.summary().delete, 0);
        let changed = policy(name, "disabled", EVERYBODY) + &other;
        let plan = world.guarded(&desired(&changed), "", &[]).await;
        assert_eq!(refused(&plan), ["microsoft-managed"]);
    });
}

#[test]
fn an_id_is_warned_of_with_its_name() {
    run(async {
        let world = World::new().await;
        let sales = "{includeGroups: [6da4f554-8612-4359-a481-b293af78e1fb]}";
        let text = desired(&policy("A", "enabled", sales));
        let plan = world.guarded(&text, "", &[]).await;
        assert!(!plan.is_refused());
        let verdict = &plan.guards[0];
        assert_eq!(verdict.guard, Guard::RawGuid);
        assert_eq!(verdict.finding.help.as_deref(), Some("write `Sales`"));
        let strict = "guards: { raw-guid: { severity: error, reason: r } }\n";
        assert_eq!(
            refused(&world.guarded(&text, strict, &[]).await),
            ["raw-guid"]
        );
        let named = desired(&policy("A", "enabled", "{includeGroups: [Sales]}"));
        assert!(world.guarded(&named, "", &[]).await.guards.is_empty());
    });
}

#[test]
fn a_guard_is_tuned_and_what_changed_nothing_is_told() {
    run(async {
        let world = World::new().await;
        world
            .apply(&desired(&policy("A", "enabled", EVERYBODY)))
            .await;
        let off = desired(&policy("A", "disabled", EVERYBODY));
        assert_eq!(refused(&world.guarded(&off, "", &[]).await), ["weakening"]);
        for level in ["warning", "off"] {
            let guards = format!("guards: {{ weakening: {{ severity: {level}, reason: r }} }}\n");
            let plan = world.guarded(&off, &guards, &[]).await;
            assert!(!plan.is_refused());
            assert_eq!(plan.guards.is_empty(), level == "off");
            let told = messages(&plan)
                .iter()
                .any(|m| m == "the guard `weakening` is off and would have refused once; the guards file says why: r");
            assert_eq!(told, level == "off");
        }
        let entry = "allowWeakening: [{ name: A, reason: it ends }, { name: B, reason: r }]\nguards: { budget: { severity: off, reason: r } }\nprotect: [Z]\n";
        let plan = world.guarded(&off, entry, &[Guard::Promotion]).await;
        assert!(!plan.is_refused());
        assert!(plan.allowed_by_flag().is_empty());
        says(&plan, "`allowWeakening` for `B` changed nothing");
        says(&plan, "the tuning of the guard `budget` changed nothing");
        says(&plan, "`Z` is protected and matches nothing");
        says(&plan, "`--allow promotion` changed nothing");
        let plan = world.guarded(&off, "", &[Guard::Weakening]).await;
        assert_eq!(plan.allowed_by_flag(), ["weakening"]);
    });
}

#[test]
fn break_glass_costs_three_requests_and_none_that_is_limited_to_one_a_second() {
    run(async {
        let world = World::new().await;
        let text = desired(&policy("A", "disabled", EVERYBODY));
        let cost = async |guards: &str| {
            let before = world.client.requests_sent();
            world.guarded(&text, guards, &[]).await;
            let after = world.client.requests_sent();
            (after.0 - before.0, after.1 - before.1)
        };
        let plain = cost("").await;
        let declared = cost("breakGlass: { groups: [IT Admins], users: [breakglass1] }\n").await;
        assert!(declared.0 <= plain.0 + 3, "{declared:?} {plain:?}");
        assert_eq!(declared.1, plain.1);
    });
}

/// A project whose policy is applied, and then weakened in its file.
fn weakened() -> Project {
    let users = "{includeUsers: [All], excludeGroups: [Sales]}";
    let project = Project::of("p.yaml", policy("P", "enabled", users));
    assert_eq!(project.run(&["apply", "--yes"]).code, Some(0));
    project.file("policies/p.yaml", policy("P", "disabled", users))
}

#[test]
fn what_is_proved_to_weaken_nothing_costs_no_budget() {
    let grant = |name: &str, control: &str| {
        policy(name, "enabled", EVERYBODY).replace("[mfa]", &format!("[{control}]"))
    };
    let two = |one: &str, other: &str| grant("A", one) + &grant("B", other);
    let project = Project::of("p.yaml", two("mfa", "compliantDevice"))
        .file("guards.yaml", "budget: { weakens: 0 }\n");
    assert_eq!(project.apply_anything().code, Some(0));
    // The two change places: each alone asks for something else than before.
    let project = project.file("policies/p.yaml", two("compliantDevice", "mfa"));
    let plan = project.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    assert!(
        plan.stdout
            .contains("No sign-in is treated differently (proved)"),
        "{}",
        plan.snapshot()
    );
    // Where something is opened, it counts.
    let project = project.file("policies/p.yaml", two("mfa", "mfa"));
    let plan = project.run(&["plan"]);
    assert_eq!(plan.code, Some(3), "{}", plan.snapshot());
    assert!(plan.stdout.contains("budget"), "{}", plan.snapshot());
}

#[test]
fn a_refused_plan_is_shown_and_ends_with_3_and_apply_writes_nothing() {
    let project = weakened();
    let plan = project.run(&["plan"]);
    insta::assert_snapshot!("plan-refused", plan.snapshot());
    let detailed = project.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(detailed.code, Some(3));
    let before = project.tenant_file();
    let runs = std::fs::read_dir(project.path(".gatewright/runs"))
        .unwrap()
        .count();
    // No question is asked: without a terminal it would end with 1.
    for arguments in [
        &["apply"][..],
        &["apply", "--yes"],
        &["apply", "--yes", "--format", "json"],
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    }
    assert_eq!(before, project.tenant_file());
    let after = std::fs::read_dir(project.path(".gatewright/runs"))
        .unwrap()
        .count();
    assert_eq!(runs, after);
    let json: Value =
        serde_json::from_str(&project.run(&["plan", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["refused"], true);
    assert_eq!(json["guards"][0]["guard"], "weakening");
    assert_eq!(json["guards"][0]["outcome"], "refused");
    assert_eq!(json["guards"][0]["finding"]["line"], 3);
    assert_eq!(json["actions"][0]["effect"]["class"], "weaker");
    let json: Value =
        serde_json::from_str(&project.run(&["apply", "--yes", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["findings"][0]["rule"], "weakening");
}

#[test]
fn what_is_let_through_stands_in_the_journal() {
    let project = weakened();
    assert_eq!(project.run(&["plan", "--allow-weakening"]).code, Some(0));
    let ran = project.run(&["apply", "--yes", "--allow", "weakening"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let shown = project.run(&["runs", "show", "latest"]);
    assert!(shown.stdout.contains("let through with --allow: weakening"));
    let json: Value = serde_json::from_str(
        &project
            .run(&["runs", "show", "latest", "--format", "json"])
            .stdout,
    )
    .unwrap();
    assert_eq!(json["runs"][0]["allowed"], json!(["weakening"]));
    // The way back is stronger; the way back of that is weaker, and is asked about.
    assert_eq!(project.run(&["rollback", "latest", "--yes"]).code, Some(0));
    let back = project.run(&["rollback", "latest", "--yes"]);
    assert_eq!(back.code, Some(3), "{}", back.snapshot());
    let back = project.run(&["rollback", "latest", "--yes", "--allow-weakening"]);
    assert_eq!(back.code, Some(0));
}

#[test]
fn only_ids_of_guards_that_can_be_let_through_are_taken() {
    let project = Project::of("p.yaml", policy("P", "disabled", EVERYBODY));
    for id in ["weakning", "test-mark"] {
        let ran = project.run(&["plan", "--allow", id]);
        assert_eq!(ran.code, Some(64));
        assert!(
            ran.stderr
                .contains("possible values: break-glass, block-all"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn destroy_agrees_to_weakening_and_not_to_what_is_protected() {
    let users = "{includeUsers: [All], excludeGroups: [CA-BreakGlass]}";
    let text = [
        BREAK_GLASS.to_owned(),
        policy("P", "enabled", users),
        policy("Q", "enabled", users),
    ]
    .concat();
    let guards = "breakGlass: { groups: [CA-BreakGlass] }\n";
    let project =
        Project::of("p.yaml", text).file("guards.yaml", format!("{guards}protect: [Q]\n"));
    assert_eq!(project.run(&["apply", "--yes"]).code, Some(0));
    let before = project.tenant_file();
    let ran = project.run(&["destroy", "--yes"]);
    assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    assert_eq!(before, project.tenant_file());
    let project = project.file("guards.yaml", guards);
    let ran = project.run(&["destroy", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[test]
fn every_fault_of_the_guards_file_is_told_at_its_place() {
    let project = Project::of("p.yaml", policy("P", "disabled", EVERYBODY)).file(
        "guards.yaml",
        "breakGlass: {}\nbudget: { deletes: -1, share: 30 }\nprotct: [P]\nprotect: [{ kind: Policy, name: P }]\nguards:\n  weakening: { severity: never }\n  break-glas: { severity: off, reason: r }\n",
    );
    let ran = project.refuse(&["plan"]);
    insta::assert_snapshot!("guards-file", ran.snapshot());
    let valid = project.run(&["validate"]);
    assert_eq!(valid.code, Some(1));
    let project = project.file(
        "guards.yaml",
        "breakGlass: { users: [] }\nguards:\n  test-mark: { severity: off, reason: r }\n  budget: { severity: off, reason: ' ' }\nallowWeakening: [{ name: P, reason: ' ' }]\n",
    );
    insta::assert_snapshot!("guards-file-meaning", project.refuse(&["plan"]).snapshot());
}

/// A guards file that is there and cannot be read must not mean that there is none.
#[test]
fn a_guards_file_that_would_be_passed_over_is_an_error() {
    let project = || Project::of("p.yaml", policy("P", "enabled", EVERYBODY));
    let text = "breakGlass: { groups: [Sales] }\n";
    let folder = project().file("guards.yaml/guards.yaml", text);
    let other = project().file("guards.yml", text);
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut projects = vec![(folder, "folder"), (other, "rename it")];
    #[cfg(unix)]
    {
        let dangling = project();
        std::os::unix::fs::symlink("nowhere.yaml", dangling.path("guards.yaml")).unwrap();
        projects.push((dangling, "guards.yaml"));
    }
    for (project, words) in projects {
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let ran = project.run(command);
            assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
            assert!(ran.snapshot().contains(words), "{}", ran.snapshot());
        }
    }
}

#[test]
fn the_guards_file_is_no_manifest_and_takes_variables() {
    let config = "version: 1\nmanifests: ['**/*.yaml']\nguards: rules/guards.yaml\ntenants: { sandbox: { sandbox: .gatewright/s.json, vars: { out: IT Admins } } }\n";
    let project = Project::of("p.yaml", policy("P", "enabled", EVERYBODY))
        .file("gatewright.yaml", config)
        .file("rules/guards.yaml", "breakGlass: { groups: ['${out}'] }\n");
    let ran = project.run(&["plan"]);
    assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("`P` can hit the break-glass group `IT Admins`")
    );
}
