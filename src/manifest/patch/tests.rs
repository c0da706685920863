//! What patches make of documents, what is refused, and laws.

use serde_json::{Value, json};

use super::*;
use crate::finding::source::SourceFile;
use crate::manifest::yaml;

const POLICY: &str = "\
kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users:
    includeUsers: [All]
    excludeGroups:
    - CA-BreakGlass
    - Pilot
    - Guests
grantControls: { operator: OR, builtInControls: [mfa] }
";

const TARGET: &str = "kind: Patch\ntarget: { kind: ConditionalAccessPolicy, displayName: CA001 }\n";

fn parsed(name: &str, text: &str) -> Vec<Document> {
    let file = SourceFile::new(name, name, text.to_owned());
    let mut findings = Vec::new();
    let documents = yaml::parse(&file, &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    documents
}

/// The manifests with the patches of the project and of the tenant.
fn overlaid(manifests: &str, project: &[&str], tenant: &[&str]) -> (Overlaid, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut patches = Vec::new();
    for (whose, texts) in [(Whose::Project, project), (Whose::Tenant, tenant)] {
        for (number, text) in texts.iter().enumerate() {
            let name = format!("{whose:?}{number}.yaml");
            patches.extend(parsed(&name, text).into_iter().map(|one| (one, whose)));
        }
    }
    let overlaid = overlay(
        parsed("base.yaml", manifests),
        patches,
        false,
        &mut findings,
    );
    (overlaid, findings)
}

fn patch(text: &str) -> String {
    format!("{TARGET}{text}")
}

/// What a patch makes of the policy.
fn result(text: &str) -> Document {
    let (overlaid, findings) = overlaid(POLICY, &[], &[&patch(text)]);
    assert!(findings.is_empty(), "{findings:?}");
    overlaid.manifests.into_iter().next().unwrap()
}

/// What is said of patches of the tenant, with the place and what is related.
fn told(texts: &[&str]) -> Vec<String> {
    let texts: Vec<String> = texts.iter().map(|text| patch(text)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    told_of(POLICY, &[], &texts)
}

fn told_of(manifests: &str, project: &[&str], tenant: &[&str]) -> Vec<String> {
    let (_, findings) = overlaid(manifests, project, tenant);
    let line = |finding: Finding| {
        let related: Vec<String> = (finding.related.iter())
            .map(|(place, why)| format!(" [{place} {why}]"))
            .collect();
        let place = finding
            .place
            .map_or_else(String::new, |place| place.to_string());
        let help = finding.help.expect("every finding has a way out");
        format!("{place} {}{} | {help}", finding.message, related.concat())
    };
    findings.into_iter().map(line).collect()
}

#[test]
fn members_are_merged_added_and_removed() {
    let document = result(
        "merge:\n  state: disabled\n  grantControls: null\n  sessionControls: { persistentBrowser: { mode: never, isEnabled: true } }\nadd:\n  conditions: { users: { excludeGroups: [Contoso], excludeUsers: [ada] } }\nremove:\n  conditions: { users: { excludeGroups: [Pilot] } }\n",
    );
    assert_eq!(
        document.value,
        json!({
            "kind": "ConditionalAccessPolicy",
            "displayName": "CA001",
            "state": "disabled",
            "conditions": {
                "applications": { "includeApplications": ["All"] },
                "users": {
                    "includeUsers": ["All"],
                    "excludeGroups": ["CA-BreakGlass", "Guests", "Contoso"],
                    "excludeUsers": ["ada"],
                },
            },
            "sessionControls": { "persistentBrowser": { "mode": "never", "isEnabled": true } },
        })
    );
    let at = |pointer: &str| document.place(pointer).to_string();
    assert_eq!(at("/state"), "Tenant0.yaml:4:10");
    assert_eq!(at("/displayName"), "base.yaml:2:14");
    // Items that moved are still where they stand.
    assert_eq!(at("/conditions/users/excludeGroups/0"), "base.yaml:9:7");
    assert_eq!(at("/conditions/users/excludeGroups/1"), "base.yaml:11:7");
    assert_eq!(at("/conditions/users/excludeGroups/2"), "Tenant0.yaml:8:42");
    assert_eq!(at("/conditions/users/excludeUsers/0"), "Tenant0.yaml:8:67");
    assert_eq!(
        at("/sessionControls/persistentBrowser/mode"),
        "Tenant0.yaml:6:49"
    );
    // What was taken out, too: a finding may be about that.
    assert_eq!(at("/grantControls/operator"), "Tenant0.yaml:5:3");
    let beside = |pointer: &str| -> Vec<String> {
        let beside = document.place(pointer).beside.unwrap();
        (beside.iter())
            .map(|(place, why)| format!("{place} {why}"))
            .collect()
    };
    assert_eq!(beside("/state"), ["base.yaml:2:14 the patched manifest"]);
    assert_eq!(beside("/displayName"), ["Tenant0.yaml:2:9 patched here"]);
    assert!(document.holds(&document.place("/state")));
    assert!(document.holds(&document.place("/displayName")));
}

#[test]
fn the_patches_of_the_tenant_come_after_those_of_the_project() {
    let project = patch(
        "merge: { state: disabled }\nadd: { conditions: { users: { excludeGroups: [A] } } }\n",
    );
    let tenant = patch(
        "merge: { state: enabledForReportingButNotEnforced }\nremove: { conditions: { users: { excludeGroups: [A] } } }\n",
    );
    let (overlaid, findings) = overlaid(POLICY, &[&project], &[&tenant]);
    assert!(findings.is_empty(), "{findings:?}");
    let document = &overlaid.manifests[0];
    assert_eq!(document.value["state"], "enabledForReportingButNotEnforced");
    assert_eq!(
        document.value["conditions"]["users"]["excludeGroups"],
        json!(["CA-BreakGlass", "Pilot", "Guests"])
    );
    assert_eq!(document.place("/state").to_string(), "Tenant0.yaml:3:17");
}

#[test]
fn members_are_told_apart_as_the_model_does() {
    let location = "kind: NamedLocation\ndisplayName: Office\nipRanges: [203.0.113.7/24, 2001:DB8::/32]\nisTrusted: true\n";
    let patch = "kind: Patch\ntarget: { kind: NamedLocation, displayName: Office }\nremove: { ipRanges: [{ cidrAddress: '203.0.113.7/24' }] }\nadd: { ipRanges: [198.51.100.0/24] }\n";
    let (overlaid, findings) = overlaid(location, &[], &[patch]);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        overlaid.manifests[0].value["ipRanges"],
        json!(["2001:DB8::/32", "198.51.100.0/24"])
    );
    assert_eq!(
        told(&["add: { conditions: { applications: { includeApplications: [all] } } }\n"]),
        [
            "Tenant0.yaml:3:60 `all` is in `conditions.applications.includeApplications` already [base.yaml:5:41 here] | remove it from the patch"
        ]
    );
}

#[test]
fn what_is_left_out_is_one_object() {
    let others = format!("{POLICY}---\n{}", POLICY.replace("CA001", "CA002"));
    let (overlaid, findings) = overlaid(&others, &[], &[&patch("absent: true\n")]);
    assert!(findings.is_empty(), "{findings:?}");
    let names = |all: &[Document]| -> Vec<Value> {
        all.iter()
            .map(|one| one.value["displayName"].clone())
            .collect()
    };
    assert_eq!(names(&overlaid.manifests), ["CA002"]);
    assert_eq!(names(&overlaid.absent), ["CA001"]);
}

#[test]
fn a_target_is_one_manifest() {
    let of = |target: &str| {
        format!("kind: Patch\ntarget: {{ {target} }}\nmerge: {{ renamedFrom: [x] }}\n")
    };
    let all = format!(
        "{POLICY}---\n{POLICY}---\nkind: Group\ndisplayName: Pilot\n---\nkind: TestUser\ndisplayName: Ada\nuserPrincipalName: ada\n---\nkind: TestUser\ndisplayName: Ada\nuserPrincipalName: grace\n"
    );
    let told: Vec<String> = [
        "kind: ConditionalAccessPolicy, displayName: CA001",
        "kind: ConditionalAccessPolicy, displayName: CA01",
        "kind: NamedLocation, displayName: Pilot",
        "kind: Group, displayName: Nobody",
        "kind: TestUser, displayName: Ada",
        "kind: TestUser, displayName: Ada, userPrincipalName: ADA",
        "kind: Group",
        "kind: Groups, displayName: Pilot",
        "kind: Scenario, displayName: x",
        "displayName: x",
        "kind: Group, displayname: Pilot",
        "kind: Group, userPrincipalName: Pilot",
    ]
    .into_iter()
    .map(|target| {
        format!(
            "{target}\n  {}",
            told_of(&all, &[], &[&of(target)]).join("\n  ")
        )
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_a_patch_cannot_be() {
    let told: Vec<String> = [
        "",
        "merge: {}\nadd:\n",
        "absent: true\nmerge: { state: disabled }\n",
        "absent: false\n",
        "absent: yes\n",
        "merge: { displayName: CA002, kind: Group }\n",
        "merge: { stat: disabled }\n",
        "merge: { state: off }\n",
        "merge: { state: enabled, grantControls: { operator: or } }\n",
        "merge: { sessionControls: null }\n",
        "merge: { grantControls: {} }\n",
        "merge: { conditions: { users: { excludeGroups: [Guests, Pilot, CA-BreakGlass] } } }\n",
        "add: { state: disabled }\n",
        "add: { conditions: { users: { excludeGroups: [] } } }\n",
        "add: { conditions: { users: { excludeGroups: [Pilot, New, New] } } }\n",
        "remove: { conditions: { users: { excludeGroups: [Pilots], excludeUsers: [ada] } } }\n",
        "remove: { conditions: { users: { excludeGroups: [Pilot] } } }\nadd: { conditions: { users: { excludeGroups: [Pilot] } } }\n",
        "merge: { conditions: { users: { excludeGroups: [A] } } }\nadd: { conditions: { users: { excludeGroups: [B] } } }\n",
        "replace: { state: disabled }\n",
    ]
    .into_iter()
    .map(|text| format!("{}\n  {}", text.trim_end(), told(&[text]).join("\n  ")))
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn two_patches_of_one_level_do_not_contradict_each_other() {
    let told: Vec<String> = [
        [
            "merge: { state: disabled }\n",
            "merge: { state: enabledForReportingButNotEnforced }\n",
        ],
        [
            "merge: { grantControls: null }\n",
            "merge: { grantControls: { operator: AND } }\n",
        ],
        [
            "add: { conditions: { users: { excludeGroups: [A] } } }\n",
            "remove: { conditions: { users: { excludeGroups: [A] } } }\n",
        ],
        [
            "merge: { conditions: { users: { excludeGroups: [A] } } }\n",
            "add: { conditions: { users: { excludeGroups: [B] } } }\n",
        ],
        ["absent: true\n", "absent: true\n"],
        ["merge: { state: disabled }\n", "absent: true\n"],
        ["absent: true\n", "merge: { state: disabled }\n"],
        [
            "merge: { state: disabled }\n",
            "merge: { state: disabled }\n",
        ],
    ]
    .into_iter()
    .map(|texts| format!("{}{}  {}", texts[0], texts[1], told(&texts).join("\n  ")))
    .collect();
    insta::assert_snapshot!(told.join("\n"));
    // One of the project is overruled by one of the tenant.
    let project = patch("merge: { state: disabled }\n");
    assert!(told_of(POLICY, &[&project], &[&patch("absent: true\n")]).is_empty());
}

mod laws {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::manifest::edit::Edit;
    use crate::manifest::write;

    /// Members of a group of users, of which some are in the policy.
    const NAMES: [&str; 8] = ["CA-BreakGlass", "Pilot", "Guests", "A", "B", "C", "D", "E"];
    /// The lists that are changed.
    const LISTS: [&str; 3] = [
        "/conditions/users/excludeGroups",
        "/conditions/users/excludeUsers",
        "/conditions/applications/excludeApplications",
    ];

    /// A value at a pointer, with the mappings above it.
    fn at(root: &mut Value, pointer: &str, value: Value) {
        *crate::manifest::edit::slot(root, pointer).unwrap() = value;
    }

    /// Something to merge, by its pointer.
    fn merged() -> impl Strategy<Value = (&'static str, Value)> {
        prop_oneof![
            prop_oneof!["disabled", "enabled", "enabledForReportingButNotEnforced"]
                .prop_map(|state| ("/state", state.into())),
            prop::sample::subsequence(vec!["mfa", "compliantDevice", "block"], 0..3)
                .prop_map(|all| ("/grantControls/builtInControls", all.into())),
            Just(("/grantControls", Value::Null)),
            Just(("/grantControls/operator", "AND".into())),
            prop::option::of(1..24_u8).prop_map(|hours| {
                let frequency =
                    hours.map(|n| json!({ "value": n, "type": "hours", "isEnabled": true }));
                ("/sessionControls/signInFrequency", frequency.into())
            }),
            prop::sample::subsequence(NAMES.to_vec(), 0..4)
                .prop_map(|all| ("/conditions/users/includeGroups", all.into())),
        ]
    }

    /// The changes of a patch, each section by its name.
    fn changes() -> impl Strategy<Value = Map<String, Value>> {
        let list = || {
            (
                prop::sample::select(LISTS.to_vec()),
                prop::sample::subsequence(NAMES.to_vec(), 1..4),
            )
        };
        let lists = || prop::collection::vec(list(), 0..3);
        (prop::collection::vec(merged(), 0..3), lists(), lists()).prop_map(
            |(merged, add, remove)| {
                let mut changes = Map::new();
                for (name, parts) in [
                    ("merge", merged),
                    (
                        "add",
                        add.into_iter().map(|(at, all)| (at, all.into())).collect(),
                    ),
                    (
                        "remove",
                        remove
                            .into_iter()
                            .map(|(at, all)| (at, all.into()))
                            .collect(),
                    ),
                ] {
                    let mut section = json!({});
                    let mut above: Vec<&str> = Vec::new();
                    for (pointer, value) in parts {
                        let related =
                            |one: &&str| one.starts_with(pointer) || pointer.starts_with(*one);
                        if !above.iter().any(related) {
                            above.push(pointer);
                            at(&mut section, pointer, value);
                        }
                    }
                    if section != json!({}) {
                        changes.insert(name.to_owned(), section);
                    }
                }
                changes
            },
        )
    }

    fn text(changes: &Map<String, Value>) -> String {
        let target = json!({ "kind": "ConditionalAccessPolicy", "displayName": "CA001" });
        let mut value = json!({ "target": target });
        value.as_object_mut().unwrap().extend(changes.clone());
        write::any_document(PATCH, &value, &[])
    }

    /// What patches make of the policy; nothing when one is refused.
    fn of(base: &str, patches: &[&str]) -> Option<Document> {
        let (overlaid, findings) = overlaid(base, &[], patches);
        findings
            .is_empty()
            .then(|| overlaid.manifests.into_iter().next())?
    }

    /// Each part of a value that is neither mapping nor list, with its pointer.
    fn leaves(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(map) => {
                for (name, member) in map {
                    leaves(member, &format!("{pointer}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    leaves(item, &format!("{pointer}/{index}"), found);
                }
            }
            other => found.push((pointer.to_owned(), other.clone())),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// What a patch made is so: applied to that, it is refused, for each of its sections.
        #[test]
        fn a_patch_on_its_own_result_is_refused(changes in changes()) {
            let patch = text(&changes);
            if let Some(document) = of(POLICY, &[&patch]) {
                let base = write::any_document("ConditionalAccessPolicy", &document.value, &[]);
                for (name, section) in &changes {
                    let one = Map::from_iter([(name.clone(), section.clone())]);
                    prop_assert!(of(&base, &[&text(&one)]).is_none(), "{base}\n{one:?}");
                }
            }
        }

        /// Two patches that touch different members may come in any order.
        #[test]
        fn patches_of_different_members_commute(one in changes(), two in changes()) {
            let (one, two) = (text(&one), text(&two));
            let there = of(POLICY, &[&one, &two]);
            let back = of(POLICY, &[&two, &one]);
            prop_assert_eq!(there.is_some(), back.is_some(), "{}\n{}", &one, &two);
            if let (Some(there), Some(back)) = (there, back) {
                let normal = |document: &Document| {
                    crate::model::Object::from_value(Kind::ConditionalAccessPolicy, &document.value)
                        .unwrap()
                        .normal_form()
                };
                prop_assert_eq!(normal(&there), normal(&back));
            }
        }

        /// Every text of the result stands where its place is.
        #[test]
        fn every_part_stands_where_its_place_is(changes in changes()) {
            if let Some(document) = of(POLICY, &[&text(&changes)]) {
                let mut found = Vec::new();
                leaves(&document.value, "", &mut found);
                for (pointer, value) in found {
                    let place = document.place(&pointer);
                    let said = place.file.text.get(place.range.clone()).unwrap();
                    let said: serde_yaml::Value = serde_yaml::from_str(said).unwrap();
                    prop_assert_eq!(serde_json::to_value(said).unwrap(), value, "{}", pointer);
                    prop_assert!(document.holds(&place));
                }
            }
        }

        /// An edit of what a tenant gets is made where the part stands: read again, the files give
        /// what was wanted; else it is refused. The other manifests stay as they are.
        #[test]
        fn an_edit_of_the_result_is_what_the_files_give(
            changes in changes(),
            (pointer, value) in merged(),
            list in prop::sample::select(LISTS.to_vec()),
            added in prop::sample::subsequence(NAMES.to_vec(), 0..2),
            number in 0..4_usize,
        ) {
            let patch = text(&changes);
            let Some(document) = of(POLICY, &[&patch]) else {
                return Ok(());
            };
            let known = document.value.pointer(list).and_then(Value::as_array);
            let known = known.cloned().unwrap_or_default();
            let added: Vec<Value> = (added.into_iter().map(Value::from))
                .filter(|one| !known.contains(one))
                .collect();
            let edits = [
                match &value {
                    Value::Null => Edit::Remove { pointer: pointer.to_owned() },
                    value => Edit::Set { pointer: pointer.to_owned(), value: value.clone() },
                },
                Edit::Append { pointer: list.to_owned(), items: added },
                Edit::RemoveItems {
                    pointer: list.to_owned(),
                    indices: (number < known.len()).then_some(number).into_iter().collect(),
                },
            ];
            for edit in edits {
                let Ok(placed) = placed(&document, std::slice::from_ref(&edit)) else {
                    continue;
                };
                let (mut base, mut own) = (POLICY.to_owned(), patch.clone());
                for (layer, edit) in placed {
                    let text = if layer == 0 { &mut base } else { &mut own };
                    let one = parsed("t.yaml", text).remove(0);
                    *text = crate::manifest::edit::apply(&one, &[edit]).unwrap();
                }
                let mut wanted = document.value.clone();
                crate::manifest::edit::model(&mut wanted, &edit).unwrap();
                // What the patch then says is so already, and a patch that is left empty, are told.
                if let Some(result) = of(&base, &[&own]) {
                    prop_assert_eq!(
                        settled(&result.value),
                        settled(&wanted),
                        "{:?}\n{}\n{}", edit, base, own
                    );
                }
            }
        }
    }

    /// Without empty parts, which say nothing.
    fn settled(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let members = map
                    .iter()
                    .map(|(name, member)| (name.clone(), settled(member)));
                members
                    .filter(|(_, member)| !crate::model::normal::is_empty(member))
                    .collect()
            }
            other => other.clone(),
        }
    }
}
