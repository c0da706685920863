//! What could lock a company out, or leave it open, one by one.

use gatewright::apply::steps::steps;
use gatewright::finding::Code;
use gatewright::graph::Request;
use gatewright::model::Object;
use gatewright::model::facts::Edition;
use gatewright::plan::{Phase, Plan};
use serde_json::{Value, json};

use crate::world::{World, desired, run};

const BLOCK_ALL: &str = "kind: ConditionalAccessPolicy\ndisplayName: Block all\nstate: enabled\nconditions: {users: {includeUsers: [All], excludeGroups: [CA-BreakGlass]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [block]}\n";

fn policy(name: &str, users: &str, more: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabled\nconditions: {{users: {users}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n{more}"
    )
}

fn outcomes(plan: &Plan, report: &gatewright::apply::RunReport) -> Vec<String> {
    plan.actions
        .iter()
        .zip(&report.outcomes)
        .map(|(a, (o, _))| format!("{} {}", a.name, o.as_str()))
        .collect()
}

async fn members(world: &World, group: &str) -> Vec<String> {
    let filter = format!("/groups?$filter=displayName%20eq%20'{group}'");
    let id = world.live(&filter).await["value"][0]["id"].clone();
    let list = world
        .live(&format!("/groups/{}/members", id.as_str().unwrap()))
        .await;
    list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["displayName"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_policy_is_not_written_when_its_exclusion_group_could_not_be_filled() {
    run(async {
        let world = World::new().await;
        let text = format!(
            "kind: Group\ndisplayName: CA-BreakGlass\nmembers: [breakglass1@contoso.com]\n---\n{BLOCK_ALL}"
        );
        let mut plan = world.plan(&desired(&text)).await;
        for action in &mut plan.actions {
            if let Some(Object::Group(group)) = &mut action.desired {
                let members = group.members.as_mut().unwrap();
                members[0] = "00000000-0000-0000-0000-00000000dead".to_owned();
            }
        }
        let report = world.execute(&plan).await;
        assert_eq!(
            outcomes(&plan, &report),
            ["CA-BreakGlass failed", "Block all skipped"]
        );
        // The group was made before it failed: that is a write.
        assert!(report.wrote && !report.is_complete());
        assert_eq!(
            world.live("/identity/conditionalAccess/policies").await["value"],
            json!([])
        );
    });
}

#[test]
fn one_user_by_two_names_and_a_member_added_meanwhile_are_no_failure() {
    run(async {
        let world = World::new().await;
        let adele = world.live("/users/AdeleV@contoso.com").await["id"].clone();
        let adele = adele.as_str().unwrap();
        let text = format!(
            "kind: Group\ndisplayName: G\nmembers: [adelev@contoso.com, {}, alexw@contoso.com, MeganB@contoso.com]\n",
            adele.to_uppercase()
        );
        world.apply(&desired("kind: Group\ndisplayName: G\n")).await;
        let plan = world.plan(&desired(&text)).await;
        // Somebody adds one of them in the portal between plan and apply.
        let group = plan.actions[0].id.clone().unwrap();
        let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{adele}")});
        let request = Request::post(Edition::V1, format!("/groups/{group}/members/$ref"), body);
        world.hand.send(&request).await.unwrap();
        let report = world.execute(&plan).await;
        assert!(report.is_complete(), "{report:#?}");
        assert_eq!(members(&world, "G").await.len(), 3);
        assert!(world.plan(&desired(&text)).await.is_empty());
    });
}

#[test]
fn who_moves_from_one_policy_to_another_is_covered_all_the_time() {
    run(async {
        let world = World::new().await;
        let project = |a: &str, b: &str| {
            policy("A", &format!("{{includeGroups: [{a}]}}"), "")
                + &policy("B", &format!("{{includeGroups: [{b}]}}"), "")
        };
        world
            .apply(&desired(&project("Sales, Finance", "IT Admins")))
            .await;
        let moved = desired(&project("Sales", "IT Admins, Finance"));
        let plan = world.plan(&moved).await;
        let order: Vec<(&str, Phase)> = plan
            .actions
            .iter()
            .map(|a| (a.name.as_str(), a.phase))
            .collect();
        assert_eq!(order, [("B", Phase::Protect), ("A", Phase::Relax)]);
    });
}

#[test]
fn nothing_is_weakened_after_a_policy_failed() {
    run(async {
        let world = World::new().await;
        let before = policy("A", "{includeGroups: [Sales, Finance]}", "");
        world.apply(&desired(&before)).await;
        let after = policy("A", "{includeGroups: [Sales]}", "")
            + &policy("B", "{includeGroups: [Finance]}", "");
        let mut plan = world.plan(&desired(&after)).await;
        // The tenant refuses B, as at its policy limit.
        for action in &mut plan.actions {
            if action.name == "B"
                && let Some(Object::ConditionalAccessPolicy(policy)) = &mut action.desired
            {
                policy.grant_controls = None;
            }
        }
        let report = world.execute(&plan).await;
        assert_eq!(outcomes(&plan, &report), ["B failed", "A skipped"]);
    });
}

#[test]
fn members_move_when_no_policy_loses_them() {
    run(async {
        let world = World::new().await;
        let group = |members: &str| format!("kind: Group\ndisplayName: G\nmembers: [{members}]\n");
        let excluded = policy("P", "{includeUsers: [All], excludeGroups: [G]}", "");
        let plain = policy("P", "{includeUsers: [All], excludeGroups: [Sales]}", "");
        let phases = |plan: &Plan| -> Vec<(String, Phase)> {
            plan.actions
                .iter()
                .flat_map(|a| steps(a).into_iter().map(|s| (a.name.clone(), s.phase)))
                .collect()
        };
        // The policy lets go of the group: who is added now must not be excluded meanwhile.
        world
            .apply(&desired(&(group("adelev@contoso.com") + &excluded)))
            .await;
        let plan = world
            .plan(&desired(
                &(group("adelev@contoso.com, alexw@contoso.com") + &plain),
            ))
            .await;
        assert_eq!(phases(&plan)[0], ("G".to_owned(), Phase::Unlink));
        // The policy begins to exclude the group: who leaves it leaves first.
        world
            .apply(&desired(
                &(group("adelev@contoso.com, alexw@contoso.com") + &plain),
            ))
            .await;
        let plan = world
            .plan(&desired(&(group("adelev@contoso.com") + &excluded)))
            .await;
        assert_eq!(phases(&plan)[0], ("G".to_owned(), Phase::Link));
        // As a rule an exclusion group is filled before its policy begins.
        let plan = world
            .plan(&desired(
                &(group("adelev@contoso.com, meganb@contoso.com, alexw@contoso.com") + &excluded),
            ))
            .await;
        assert_eq!(phases(&plan)[0], ("G".to_owned(), Phase::Link));
        world
            .apply(&desired(&(group("adelev@contoso.com") + &excluded)))
            .await;
    });
}

#[test]
fn a_strength_is_tightened_before_and_loosened_after_the_policies() {
    run(async {
        let world = World::new().await;
        let strength = |list: &str| {
            format!("kind: AuthenticationStrength\ndisplayName: S\nallowedCombinations: [{list}]\n")
        };
        world
            .apply(&desired(&strength("fido2, 'password,sms'")))
            .await;
        let plan = world.plan(&desired(&strength("fido2"))).await;
        assert_eq!(plan.actions[0].phase, Phase::Prepare);
        let plan = world
            .plan(&desired(&strength(
                "fido2, 'password,sms', 'password,voice'",
            )))
            .await;
        assert_eq!(plan.actions[0].phase, Phase::Unlink);
    });
}

#[test]
fn a_group_that_an_ignored_list_still_names_is_not_deleted() {
    run(async {
        let mut world = World::new().await;
        let group = "kind: Group\ndisplayName: X-Excl\n";
        let before = policy("P", "{includeUsers: [All], excludeGroups: [X-Excl]}", "")
            .replace("state: enabled", "state: disabled");
        world.apply(&desired(&format!("{group}{before}"))).await;
        world.scope(json!({"Group": {"namePrefix": "X-"}}));
        let after = policy(
            "P",
            "{includeUsers: [All]}",
            "ignoreChanges: [conditions.users.excludeGroups]\n",
        );
        let findings = world.try_plan(&desired(&after)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::InUse, "{findings:?}");
    });
}

#[test]
fn what_manifests_name_as_a_member_is_not_deleted() {
    run(async {
        let mut world = World::new().await;
        let keep = "kind: Group\ndisplayName: X-Keep\nmembers: [u1@contoso.com, X-Old]\n";
        let rest = "---\nkind: Group\ndisplayName: X-Old\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u1\n";
        world.apply(&desired(&format!("{keep}{rest}"))).await;
        world.scope(json!({"Group": {"namePrefix": "X-"}, "TestUser": "all"}));
        let findings = world.try_plan(&desired(keep)).await.unwrap_err();
        assert!(
            findings.iter().all(|f| f.code == Code::InUse),
            "{findings:?}"
        );
        assert_eq!(findings.len(), 2);
    });
}

#[test]
fn scope_spares_groups_of_other_tools_and_never_ends_every_policy() {
    run(async {
        let mut world = World::new().await;
        world.scope(json!({"Group": "all"}));
        let plan = world.plan(&desired("kind: Group\ndisplayName: G\n")).await;
        let all = world.live("/groups?$top=999").await;
        let others = all["value"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|g| g["mailEnabled"] == true)
            .count();
        assert!(others > 0);
        let deleted = plan.summary().delete;
        assert_eq!(deleted + others, all["value"].as_array().unwrap().len());

        world
            .apply(&desired(&policy("P", "{includeUsers: [All]}", "")))
            .await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        let plan = world
            .guarded(&desired("kind: Group\ndisplayName: G\n"), "", &[])
            .await;
        assert!(plan.is_refused());
        assert_eq!(crate::guards::refused(&plan), ["empty-set", "weakening"]);
    });
}

#[test]
fn a_name_that_could_mean_two_things_is_an_error() {
    run(async {
        let world = World::new().await;
        let context = |id: &str, name: &str| {
            format!("---\nkind: AuthenticationContext\nid: {id}\ndisplayName: {name}\n")
        };
        let on = |context: &str| {
            policy("P", "{includeUsers: [All]}", "").replace(
                "includeApplications: [All]",
                &format!("includeAuthenticationContextClassReferences: [{context}]"),
            )
        };
        let same = context("c1", "Sensitive") + &context("c2", "Sensitive") + &on("Sensitive");
        let findings = world.try_plan(&desired(&same)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::AmbiguousReference);
        // What looks like an id is one.
        let likeness = context("c5", "c7") + &on("c7");
        let findings = world.try_plan(&desired(&likeness)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::UnresolvedReference);
        let both = "kind: Group\ndisplayName: bob\n---\nkind: TestUser\ndisplayName: Bob\nuserPrincipalName: bob\n---\nkind: Group\ndisplayName: G\nmembers: [bob]\n";
        let findings = world.try_plan(&desired(both)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::AmbiguousReference);
        // An application of the tenant's own by the name of one of Microsoft's.
        let app = policy("P", "{includeUsers: [All]}", "")
            .replace("[All]}}\ngrant", "[Office 365 Exchange Online]}}\ngrant");
        world.plan(&desired(&app)).await;
    });
}

#[test]
fn new_objects_whose_names_differ_in_case_alone_are_two() {
    run(async {
        let world = World::new().await;
        let groups =
            "kind: Group\ndisplayName: Admins\n---\nkind: Group\ndisplayName: ADMINS\n---\n";
        let text = groups.to_owned()
            + "kind: Group\ndisplayName: Both\nmembers: [Admins, ADMINS]\n"
            + &policy(
                "P",
                "{includeUsers: [All], excludeGroups: [Admins, ADMINS]}",
                "",
            );
        world.apply(&desired(&text)).await;
        assert!(world.plan(&desired(&text)).await.is_empty());
        assert_eq!(members(&world, "Both").await.len(), 2);
    });
}

#[test]
fn texts_that_look_like_stand_ins_stay_as_they_are() {
    run(async {
        let world = World::new().await;
        let text = "kind: Group\ndisplayName: Foo\n---\nkind: Group\ndisplayName: 'pending:Group:Foo'\ndescription: 'pending:Group:Bar'\nmembers: [Foo]\n";
        world.apply(&desired(text)).await;
        assert!(world.plan(&desired(text)).await.is_empty());
        assert_eq!(members(&world, "pending:Group:Foo").await, ["Foo"]);
    });
}

#[test]
fn changing_to_every_time_clears_what_may_not_stand_beside_it() {
    run(async {
        for (first, grant) in [
            (
                "disableResilienceDefaults: true, signInFrequency: {value: 4, type: hours}",
                true,
            ),
            ("applicationEnforcedRestrictions: {isEnabled: true}", false),
        ] {
            let world = World::new().await;
            let project = |session: &str| {
                let text = policy(
                    "P",
                    "{includeUsers: [All]}",
                    &format!("sessionControls: {{{session}}}\n"),
                )
                .replace("[All]}}\ngrant", "[Office365]}}\ngrant");
                match grant {
                    true => text,
                    false => text.replace(
                        "grantControls: {operator: OR, builtInControls: [mfa]}\n",
                        "",
                    ),
                }
            };
            world.apply(&desired(&project(first))).await;
            let next = project("signInFrequency: {frequencyInterval: everyTime}");
            world.apply(&desired(&next)).await;
            assert!(world.plan(&desired(&next)).await.is_empty());
        }
    });
}

#[test]
fn spellings_and_previews_converge() {
    run(async {
        let world = World::new().await;
        let action = policy("P", "{includeUsers: [All]}", "").replace(
            "includeApplications: [All]",
            "includeUserActions: ['urn:user:registerSecurityInfo']",
        );
        world.apply(&desired(&action)).await;
        assert!(world.plan(&desired(&action)).await.is_empty());
        // A value that only beta has decides where the write goes, be it old or new.
        let agents = policy("Q", "{includeUsers: [All]}", "").replace(
            "includeApplications: [All]",
            "includeApplications: [AllAgentIdResources]",
        );
        world.apply(&desired(&agents)).await;
        let plain = policy("Q", "{includeUsers: [All]}", "");
        let plan = world.apply(&desired(&plain)).await;
        assert_eq!(plan.actions[0].edition, Edition::Beta);
        assert!(world.plan(&desired(&plain)).await.is_empty());
        // Microsoft's own answer for a context that was made by `PATCH {}`.
        let request = Request::patch(
            Edition::V1,
            "/identity/conditionalAccess/authenticationContextClassReferences/c9",
            json!({}),
        );
        world.hand.send(&request).await.unwrap();
        let context = "kind: AuthenticationContext\nid: c9\ndisplayName: Named\n";
        world.apply(&desired(context)).await;
        assert!(world.plan(&desired(context)).await.is_empty());
    });
}

#[test]
fn what_the_service_adds_is_no_drift_and_anything_weaker_is() {
    run(async {
        let world = World::new().await;
        let text = policy("P", "{includeUsers: [All]}", "")
            .replace(
                "builtInControls: [mfa]",
                "builtInControls: [riskRemediation]",
            )
            .replace("applications:", "userRiskLevels: [high], applications:");
        world.apply(&desired(&text)).await;
        assert!(world.plan(&desired(&text)).await.is_empty());
        let found = world.live("/identity/conditionalAccess/policies").await;
        let mut live = found["value"][0].clone();
        live["grantControls"]["operator"] = json!("OR");
        let read = gatewright::tenant::snapshot::Live::read(
            gatewright::model::Kind::ConditionalAccessPolicy,
            live,
        )
        .unwrap();
        let wanted = desired(&text);
        let pair = gatewright::plan::compare::pair(&wanted.manifests[0].object, &read.object, &[]);
        assert_ne!(pair.desired.normal_form(), pair.live.normal_form());
    });
}

#[test]
fn what_only_the_live_object_has_survives_when_its_parent_is_dropped() {
    run(async {
        let world = World::new().await;
        let with = policy("P", "{includeUsers: [All]}", "").replace(
            "applications:",
            "devices: {deviceFilter: {mode: include, rule: 'device.isCompliant -eq True'}}, applications:",
        );
        world.apply(&desired(&with)).await;
        let without = policy("P", "{includeUsers: [All]}", "");
        let mut plan = world.plan(&desired(&without)).await;
        let action = &mut plan.actions[0];
        action.live.as_mut().unwrap().raw["conditions"]["devices"]["newThing"] = json!(["x"]);
        let body: Value = steps(action)[0].request.body.clone().unwrap();
        let devices = &body["conditions"]["devices"];
        assert_eq!(devices["newThing"], json!(["x"]));
        assert_eq!(devices["deviceFilter"], Value::Null);
    });
}

#[test]
fn a_membership_that_graph_refuses_is_seen_by_plan() {
    run(async {
        let world = World::new().await;
        let found = world.live("/groups?$top=999").await;
        let dynamic = found["value"]
            .as_array()
            .unwrap()
            .iter()
            .find(|g| g["groupTypes"] == json!(["DynamicMembership"]))
            .unwrap()["displayName"]
            .as_str()
            .unwrap()
            .to_owned();
        let user = format!(
            "kind: TestUser\ndisplayName: U\nuserPrincipalName: u\nmemberOf: ['{dynamic}']\n"
        );
        let findings = world.try_plan(&desired(&user)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::Immutable);
        let nested = "kind: Group\ndisplayName: G\nisAssignableToRole: true\nmembers: [Sales]\n";
        let findings = world.try_plan(&desired(nested)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::GraphRule);
    });
}

#[test]
fn a_reference_by_a_former_name_is_refused_while_the_name_still_works() {
    run(async {
        let world = World::new().await;
        let group = "kind: Group\ndisplayName: Old\n";
        let uses = policy("P", "{includeUsers: [All], excludeGroups: [Old]}", "");
        world.apply(&desired(&format!("{group}{uses}"))).await;
        let renamed = format!("kind: Group\ndisplayName: New\nrenamedFrom: [Old]\n{uses}");
        let findings = world.try_plan(&desired(&renamed)).await.unwrap_err();
        assert_eq!(findings[0].code, Code::UnresolvedReference);
        assert_eq!(findings[0].help.as_deref(), Some("write `New`"));
    });
}
