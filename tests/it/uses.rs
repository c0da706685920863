//! Who uses what: `uses`, over manifests and over a tenant.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use gatewright::model::refs::RefKind;
use gatewright::tenant::memberships::HolderOf;
use gatewright::uses::{NamedId, ReferenceGraph, UseSources, UsedKind, graph};
use serde_json::{Value, json};

use crate::common::{Project, Ran, fits};
use crate::permissions::{app, on_a_tenant};
use crate::risk::redacted;
use crate::world::{desired, run};

/// A group in a group which a policy excludes, and one of everything else.
const ALL: &str = r##"
kind: Group
displayName: CA-Inner
---
kind: Group
displayName: CA-Outer
members: [CA-Inner, adelev@contoso.com]
---
kind: TestUser
displayName: Test One
userPrincipalName: test-one@contoso.com
memberOf: [CA-Inner]
---
kind: NamedLocation
displayName: HQ
ipRanges: [203.0.113.0/24]
isTrusted: true
---
kind: NamedLocation
displayName: Branch
ipRanges: [198.51.100.0/24]
---
kind: AuthenticationStrength
displayName: Keys
allowedCombinations: [fido2]
---
kind: AuthenticationContext
id: c7
displayName: Sensitive data
isAvailable: true
---
kind: ConditionalAccessPolicy
displayName: CA001 - Keys from outside
state: enabled
conditions:
  applications: { includeApplications: [Office365], excludeApplications: [Azure Portal] }
  users: { includeUsers: [All], excludeGroups: [CA-Outer] }
  locations: { includeLocations: [All], excludeLocations: [AllTrusted, Branch] }
grantControls: { operator: OR, authenticationStrength: Keys }
---
kind: ConditionalAccessPolicy
displayName: CA002 - Sensitive data
state: enabledForReportingButNotEnforced
conditions:
  applications: { includeAuthenticationContextClassReferences: [Sensitive data] }
  users: { includeRoles: [Global Administrator], includeGroups: [CA-Inner], excludeUsers: [test-one@contoso.com] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA003 - Registration
state: disabled
conditions:
  applications: { includeUserActions: ["urn:user:registersecurityinfo"] }
  users:
    includeUsers: [All]
    excludeGuestsOrExternalUsers:
      guestOrExternalUserTypes: [b2bCollaborationGuest]
      externalTenants: { membershipKind: enumerated, members: [11111111-2222-3333-4444-555555555555] }
grantControls: { operator: OR, customAuthenticationFactors: [ContosoPhone] }
"##;

/// A claim of each kind, the guards and the project file.
const CLAIMS: &str = "\
kind: Invariant
displayName: Nobody gets in with only a password
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-Inner] }
  applications: { includeApplications: [All] }
forbid: passwordAlone
accepted:
  - conditions: { locations: { includeLocations: [HQ] } }
    reason: the office has its own door
---
kind: Scenario
displayName: Exchange asks for a key
signIn:
  user: { memberOf: [CA-Outer], roles: [] }
  application: Office 365 Exchange Online
expect:
  requires: [Keys, mfa]
  policies: { applied: [CA001 - Keys from outside] }
";

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

fn project() -> Project {
    Project::of("all.yaml", ALL)
}

fn of(text: &str) -> ReferenceGraph {
    graph(&UseSources::of_manifests(&desired(text)))
}

/// `name: member`, by those who use an object; what is reached through others is set further in.
fn above(graph: &ReferenceGraph, name: &str) -> Vec<String> {
    let [at] = graph.find(name, None)[..] else {
        panic!("{name}: {:?}", graph.find(name, None));
    };
    let steps = graph.above(at).into_iter().map(|step| {
        let members = step.references.iter().map(|at| &*graph.uses[*at].member);
        let members: Vec<&str> = members.collect();
        let name = &graph.objects[step.object].name;
        let again = if step.is_again { " again" } else { "" };
        format!(
            "{}{name}: {}{again}",
            "  ".repeat(step.depth),
            members.join(", ")
        )
    });
    steps.collect()
}

#[test]
fn the_way_from_an_inner_group_to_a_policy_is_shown() {
    let graph = of(ALL);
    assert_eq!(
        above(&graph, "test-one@contoso.com"),
        [
            "CA002 - Sensitive data: conditions.users.excludeUsers",
            "CA-Inner: memberOf",
            "  CA002 - Sensitive data: conditions.users.includeGroups again",
            "  CA-Outer: members",
            "    CA001 - Keys from outside: conditions.users.excludeGroups",
        ]
    );
    // By its name without the domain as well.
    assert_eq!(graph.find("test-one", None), graph.find("Test One", None));
}

#[test]
fn every_member_that_refers_is_told() {
    let graph = of(ALL);
    for (name, users) in [
        (
            "HQ",
            &[
                "AllTrusted: isTrusted",
                "  CA001 - Keys from outside: conditions.locations.excludeLocations",
            ][..],
        ),
        (
            "Branch",
            &["CA001 - Keys from outside: conditions.locations.excludeLocations"],
        ),
        (
            "Keys",
            &["CA001 - Keys from outside: grantControls.authenticationStrength"],
        ),
        (
            "c7",
            &[
                "CA002 - Sensitive data: conditions.applications.includeAuthenticationContextClassReferences",
            ],
        ),
        (
            "C7",
            &[
                "CA002 - Sensitive data: conditions.applications.includeAuthenticationContextClassReferences",
            ],
        ),
        (
            "Sensitive data",
            &[
                "CA002 - Sensitive data: conditions.applications.includeAuthenticationContextClassReferences",
            ],
        ),
        (
            "62e90394-69f5-4237-9190-012177145e10",
            &["CA002 - Sensitive data: conditions.users.includeRoles"],
        ),
        ("global administrator", &[]),
        (
            "Office365",
            &["CA001 - Keys from outside: conditions.applications.includeApplications"],
        ),
        (
            "urn:user:registersecurityinfo",
            &["CA003 - Registration: conditions.applications.includeUserActions"],
        ),
        (
            "ContosoPhone",
            &["CA003 - Registration: grantControls.customAuthenticationFactors"],
        ),
        (
            "11111111-2222-3333-4444-555555555555",
            &[
                "CA003 - Registration: conditions.users.excludeGuestsOrExternalUsers.externalTenants.members",
            ],
        ),
    ] {
        if users.is_empty() {
            // Names of roles are compared as they are written.
            assert_eq!(graph.find(name, None).len(), 0, "{name}");
            continue;
        }
        assert_eq!(above(&graph, name), users, "{name}");
    }
    // The portal is an admin portal, and what a policy on Office 365 covers is known.
    let text = ALL.replace("Azure Portal", "MicrosoftAdminPortals");
    let desired = desired(&text);
    for (name, by) in [
        ("Azure Portal", "MicrosoftAdminPortals: members"),
        ("SharePoint Online", "Office365: members"),
    ] {
        let graph = gatewright::uses::graph(&UseSources {
            asked: Some((name, None)),
            ..UseSources::of_manifests(&desired)
        });
        let found = above(&graph, name);
        assert_eq!(found[0], by, "{name}");
        assert!(found[1].starts_with("  CA001"), "{found:?}");
    }
}

#[test]
fn groups_in_a_circle_end() {
    let graph = of("\
kind: Group
displayName: A
members: [B]
---
kind: Group
displayName: B
members: [C]
---
kind: Group
displayName: C
members: [A, C]
---
kind: ConditionalAccessPolicy
displayName: P
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], includeGroups: [B], excludeGroups: [B] }
grantControls: { operator: OR, builtInControls: [mfa] }
");
    assert_eq!(
        above(&graph, "A"),
        [
            "C: members",
            "  B: members",
            "    P: conditions.users.includeGroups, conditions.users.excludeGroups",
            "    A: members again",
            "  C: members again",
        ]
    );
    let [at] = graph.find("A", None)[..] else {
        panic!()
    };
    assert_eq!(graph.below(at).len(), 4);
}

/// Each reference is told once however many ways lead there: else this would take years.
#[test]
fn many_ways_through_many_objects_are_followed_once() {
    let mut text = String::new();
    // 1,000 layers of two groups, each of which has both of the layer below.
    for n in 0..1000 {
        for side in ["a", "b"] {
            let _ = write!(text, "---\nkind: Group\ndisplayName: {side}{n}\n");
            if n > 0 {
                let below = n - 1;
                let _ = writeln!(text, "members: [a{below}, b{below}]");
            }
        }
    }
    for n in 0..3000 {
        let _ = write!(
            text,
            "---\nkind: ConditionalAccessPolicy\ndisplayName: P{n}\nstate: enabled\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: [a{}] }}\n  applications: {{ includeApplications: [All] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n",
            n % 1000
        );
    }
    let desired = desired(&text);
    let graph = graph(&UseSources::of_manifests(&desired));
    assert_eq!(graph.objects.len(), 2000 + 3000 + 2);
    let [at] = graph.find("a0", None)[..] else {
        panic!()
    };
    let steps = graph.above(at);
    // Each reference that leads up, once.
    assert_eq!(steps.len(), 3000 + 999 * 4 - 2);
    let reached: BTreeSet<usize> = steps.iter().map(|step| step.object).collect();
    assert_eq!(reached.len(), 3000 + 999 * 2);
    let again = gatewright::uses::graph(&UseSources::of_manifests(&desired));
    assert_eq!((again.objects, again.uses), (graph.objects, graph.uses));
}

#[test]
fn people_see_who_uses_an_object_and_what_it_uses() {
    let project = project().file("policies/claims.yaml", CLAIMS).file(
        "guards.yaml",
        "breakGlass: { groups: [CA-Inner] }\nprotect: [CA-Inner, { kind: NamedLocation, name: HQ }]\n",
    );
    let mut shown = String::new();
    for line in [
        &["uses", "CA-Inner"][..],
        &["uses", "CA001 - Keys from outside"],
        &["uses", "All", "--kind", "user"],
        &["uses", "HQ"],
        &["uses", "Office 365 Exchange Online"],
        &["uses", "Teams Administrator"],
        &["uses"],
    ] {
        let ran = project.run(line);
        done(&ran);
        let _ = write!(shown, "$ gatewright {}\n{}\n", line.join(" "), ran.stdout);
    }
    insta::assert_snapshot!(shown);
    // Objects of several kinds have the name.
    let all = project.run(&["uses", "All"]);
    assert_eq!(
        all.stdout.matches("Used by").count(),
        3,
        "{}",
        all.snapshot()
    );
}

#[test]
fn what_nothing_is_called_is_told_with_what_is_near() {
    let project = project();
    for (line, told) in [
        (&["uses", "CA-Iner"][..], "did you mean `CA-Inner`?"),
        (
            &["uses", "nothing of the kind"],
            "`gatewright uses` lists what there is",
        ),
        (
            &["uses", "CA-Inner", "--kind", "location"],
            "the project has no location `CA-Inner`",
        ),
        (&["uses", "x", "--live"], "`gatewright uses --live` lists"),
    ] {
        let ran = project.run(line);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let both = format!("{}{}", ran.stdout, ran.stderr);
        assert!(both.contains(told), "{}", ran.snapshot());
        assert!(both.contains("nothing was shown"), "{}", ran.snapshot());
    }
    for (line, told) in [
        (&["uses", "x", "--kind", "moon"][..], "service-principal"),
        (&["uses", "--kind", "group"], "NAME"),
        (&["uses", "x", "--format", "junit"], "mermaid"),
        (&["graph"], "gatewright uses NAME"),
        (&["deps", "x"], "gatewright uses NAME"),
    ] {
        let ran = project.run(line);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
        assert!(ran.stderr.contains(told), "{}", ran.snapshot());
    }
}

#[test]
fn programs_get_objects_and_references() {
    let project = project().file("policies/claims.yaml", CLAIMS);
    let read = |line: &[&str]| -> Value {
        let ran = project.run(line);
        done(&ran);
        let found = serde_json::from_str(&ran.stdout).unwrap();
        fits(&found, "uses.schema.json");
        found
    };
    let whole = read(&["uses", "--format", "json"]);
    assert_eq!(whole["asked"], json!([]));
    let one = read(&["uses", "CA-Inner", "--format", "json"]);
    let asked = &one["asked"][0];
    assert_eq!(
        (&asked["kind"], &asked["name"]),
        (&json!("Group"), &json!("CA-Inner"))
    );
    let steps = asked["usedBy"].as_array().unwrap();
    let policy = steps
        .iter()
        .find(|step| step["name"] == "CA001 - Keys from outside")
        .unwrap();
    assert_eq!(policy["members"], json!(["conditions.users.excludeGroups"]));
    let via = policy["via"].as_u64().unwrap();
    assert_eq!(steps[usize::try_from(via).unwrap()]["name"], "CA-Outer");
    // Places in the lists are right, and a part is a part of the whole.
    for found in [&whole, &one] {
        let objects = found["objects"].as_array().unwrap();
        for reference in found["references"].as_array().unwrap() {
            let name = |end: &str| {
                let at = usize::try_from(reference[end].as_u64().unwrap()).unwrap();
                objects[at]["name"].as_str().unwrap()
            };
            // What belongs to Office 365 is Microsoft's word and stands in no file.
            assert_eq!(reference["line"].is_u64(), name("from") != "Office365");
            if reference["member"] == "members" && reference["file"] == "policies/all.yaml" {
                assert_eq!(name("from"), "CA-Outer");
            }
        }
        for object in objects {
            assert!(whole["objects"].as_array().unwrap().contains(object));
        }
    }
}

/// The labels of boxes and of lines between quotes in DOT, read as Graphviz reads it; a text that it
/// would not read is none.
fn dot_labels(text: &str) -> Option<Vec<String>> {
    let mut labels = Vec::new();
    let body = text
        .strip_prefix("digraph references {\n")?
        .strip_suffix("}\n")?;
    for line in body.lines() {
        let mut outside = String::new();
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            if c != '"' {
                outside.push(c);
                continue;
            }
            let mut quoted = String::new();
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => match rest.next()? {
                        'n' => quoted.push('\n'),
                        c @ ('"' | '\\') => quoted.push(c),
                        _ => return None,
                    },
                    c => quoted.push(c),
                }
            }
            if outside.ends_with("label=") {
                labels.push(quoted.replace("&#35;", "#").replace("&amp;", "&"));
            }
        }
        let is_known = |c: char| c.is_ascii_alphanumeric() || " []=,;->".contains(c);
        if !outside.chars().all(is_known) || !outside.ends_with(';') {
            return None;
        }
    }
    Some(labels)
}

/// The labels of boxes in Mermaid, with entities read; every other sign is of the few that we write.
fn mermaid_labels(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("flowchart LR"));
    let mut labels = Vec::new();
    for line in lines {
        let parts: Vec<&str> = line.split('"').collect();
        match parts[..] {
            [one] if one.trim_start().starts_with("style n") => {}
            [before, label, after] => {
                let is_known = |c: char| c.is_ascii_alphanumeric() || " []()->|".contains(c);
                if !before.chars().chain(after.chars()).all(is_known) {
                    return None;
                }
                let label = label.replace("<br>", "\n");
                let mut read = String::new();
                let mut rest = label.as_str();
                while let Some((text, after)) = rest.split_once('#') {
                    let (code, after) = after.split_once(';')?;
                    read.push_str(text);
                    read.push(char::from_u32(code.parse().ok()?)?);
                    rest = after;
                }
                read.push_str(rest);
                let raw = |c: char| "<>`*_[]{}|\\&".contains(c);
                if label.contains(raw) {
                    return None;
                }
                labels.push(read.replace('\u{200b}', ""));
            }
            _ => return None,
        }
    }
    Some(labels)
}

/// Whatever an object is called, a picture shows that name and nothing else.
#[test]
fn hostile_names_are_labels_and_nothing_else() {
    let names = [
        "\"]; evil [label=\"x",
        "back\\",
        "\\N \\G \\\"",
        "<b>bold</b><script>alert(1)</script>",
        "&lt;b&gt; &amp;",
        "#quot;#35;",
        "`**bold** _it_`",
        "1. a list",
        "- a list",
        "end",
        "x\"] --> n1; click n1 \"javascript:alert(1)\"",
        "%%{init: {}}%%",
        "line\nbreak ##vso[task.complete result=Failed;]",
        "\u{1b}[31mred\u{202e}",
        "日本語 ünï",
        "$$x^2$$ fa:fa-car",
        "ﬂ°°60¶ßb",
    ];
    let mut text = String::new();
    for name in names {
        let name = serde_json::to_string(name).unwrap();
        let _ = write!(text, "---\nkind: Group\ndisplayName: {name}\n");
    }
    let groups = serde_json::to_string(&names).unwrap();
    let _ = write!(
        text,
        "---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: {groups} }}\n  applications: {{ includeApplications: [All] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
    );
    let project = Project::of("all.yaml", &text);
    for form in ["human", "json", "dot", "mermaid"] {
        for line in [
            &["uses", "P", "--format", form][..],
            &["uses", "--format", form],
        ] {
            let ran = project.run(line);
            done(&ran);
            let text = &ran.stdout;
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{}", ran.snapshot());
            assert!(!text.contains("##vso["), "{}", ran.snapshot());
            let labels = match form {
                "dot" => dot_labels(text),
                "mermaid" => mermaid_labels(text),
                _ => continue,
            };
            let labels = labels.unwrap_or_else(|| panic!("{}", ran.snapshot()));
            for name in names.iter().filter(|name| !name.contains(['\n', '\u{1b}'])) {
                let label = format!("{name}\ngroup");
                assert!(labels.contains(&label), "{name}: {labels:?}");
            }
        }
    }
}

#[test]
fn pictures_are_drawn_of_a_part_and_of_the_whole() {
    let project = project();
    let mut shown = String::new();
    for line in [
        &["uses", "CA-Inner", "--format", "dot"][..],
        &["uses", "CA-Inner", "--format", "mermaid"],
        &["uses", "--format", "mermaid"],
    ] {
        let ran = project.run(line);
        done(&ran);
        let _ = write!(shown, "$ gatewright {}\n{}\n", line.join(" "), ran.stdout);
        assert_eq!(ran.stdout, project.run(line).stdout);
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_tenant_says_the_same_and_what_no_manifest_says() {
    let project = project();
    let applied = project.apply_anything();
    done(&applied);
    let ran = project.run(&["uses", "test-one@contoso.com", "--live"]);
    done(&ran);
    insta::assert_snapshot!("live", redacted(&ran));
    // Somebody puts the outer group into another one, which a policy of theirs includes.
    run(async {
        let sandbox = project.sandbox().await;
        let outer = sandbox.id("groups", "displayName%20eq%20'CA-Outer'").await;
        let body = json!({"displayName": "Portal group", "mailEnabled": false, "mailNickname": "p", "securityEnabled": true,
            "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/directoryObjects/{outer}")]});
        let portal = sandbox.made("/groups", body).await;
        let body = json!({
            "displayName": "Made in the portal",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeGroups": [portal["id"]]}},
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        });
        sandbox
            .made("/identity/conditionalAccess/policies", body)
            .await;
    });
    let ran = project.run(&["uses", "CA-Inner", "--live"]);
    done(&ran);
    assert!(
        ran.stdout.contains("    Portal group (group): members\n      Made in the portal (policy, report-only): conditions.users.includeGroups"),
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["uses", "--live", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    fits(&found, "uses.schema.json");
    assert_eq!(found["live"], true);
    // Two groups of one name are two objects.
    run(async {
        let sandbox = project.sandbox().await;
        let body = json!({"displayName": "CA-Inner", "mailEnabled": false, "mailNickname": "q", "securityEnabled": true});
        sandbox.made("/groups", body).await;
    });
    let ran = project.run(&["uses", "CA-Inner", "--live"]);
    done(&ran);
    for (told, count) in [("CA-Inner (group)\n  id ", 2), ("Used by: nothing", 1)] {
        assert_eq!(
            ran.stdout.matches(told).count(),
            count,
            "{}",
            ran.snapshot()
        );
    }
    // Names stand in the place of ids, and ids are found.
    let ran = project.run(&["uses", "62e90394-69f5-4237-9190-012177145e10", "--live"]);
    assert!(
        ran.stdout.contains("Global Administrator (role)"),
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["uses", "All", "--live", "--kind", "app"]);
    assert!(
        ran.stdout.contains("Made in the portal"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn who_holds_a_role_is_hit_by_policies_on_it() {
    let id = "11111111-2222-3333-4444-555555555555";
    let desired = desired(ALL);
    let graph = graph(&UseSources {
        memberships: vec![HolderOf {
            holder: RefKind::Role,
            id: "62e90394-69f5-4237-9190-012177145e10".to_owned(),
            member: id.to_owned(),
        }],
        known: vec![NamedId {
            kind: UsedKind::User,
            id: id.to_owned(),
            name: "ada@contoso.com".to_owned(),
        }],
        ..UseSources::of_manifests(&desired)
    });
    assert_eq!(
        above(&graph, "ada@contoso.com"),
        [
            "Global Administrator: members",
            "  CA002 - Sensitive data: conditions.users.includeRoles"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_that_may_not_be_read_are_told_and_the_rest_is_shown() {
    let held = [
        "Policy.Read.All",
        "Group.Read.All",
        "User.Read.All",
        "Application.Read.All",
    ];
    let (_sandbox, project) = on_a_tenant("", &app(&held)).await;
    let ran =
        tokio::task::block_in_place(|| project.run(&["uses", "adelev@contoso.com", "--live"]));
    done(&ran);
    assert!(ran.stdout.contains("(user"), "{}", ran.snapshot());
    let note = "not known which groups contain others";
    assert!(ran.stderr.contains(note), "{}", ran.snapshot());
}
