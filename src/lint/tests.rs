//! For each rule manifests that break it and manifests that look alike and do not. The
//! examples of the registry are tests as well: `tests/it/registry.rs`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::*;
use crate::finding::source::SourceFile;
use crate::finding::{Confidence, RuleId};
use crate::manifest::config::{Config, TenantEntry};
use crate::manifest::{project, yaml};

const CONFIG: &str = "version: 1\nmanifests: [policies]\ntenants: { t: { sandbox: x.json } }\n";

/// The usual parts of a policy.
const PARTS: [(&str, &str); 5] = [
    (
        "@people",
        "users: {includeUsers: [All], excludeGroups: [Break glass]}",
    ),
    ("@apps", "applications: {includeApplications: [All]}"),
    (
        "@mfa",
        "grantControls: {operator: OR, builtInControls: [mfa]}",
    ),
    (
        "@block",
        "grantControls: {operator: OR, builtInControls: [block]}",
    ),
    // Kept out, so that the rule on old protocols is content.
    (
        "@legacy",
        "kind: ConditionalAccessPolicy\ndisplayName: Old protocols\nstate: enabled\nconditions: {clientAppTypes: [other, exchangeActiveSync], applications: {includeApplications: [All]}, users: {includeUsers: [All], excludeGroups: [Break glass]}}\ngrantControls: {operator: OR, builtInControls: [block]}",
    ),
];

fn config(more: &str) -> ConfigFile {
    let file = SourceFile::new(
        "gatewright.yaml",
        "gatewright.yaml",
        format!("{CONFIG}{more}"),
    );
    let mut findings = Vec::new();
    let document = yaml::parse(&file, &mut findings).remove(0);
    assert!(findings.is_empty(), "{findings:?}");
    let config = Config::deserialize(&document.value).unwrap();
    ConfigFile::new("".as_ref(), config, document)
}

fn load(text: &str) -> (Desired, Vec<Finding>) {
    let file = SourceFile::new("t.yaml", "t.yaml", text.to_owned());
    let mut findings = Vec::new();
    let manifests = yaml::parse(&file, &mut findings)
        .into_iter()
        .filter_map(|document| project::read(document, "t", &TenantEntry::default(), &mut findings))
        .collect();
    (
        Desired {
            manifests,
            ..Desired::default()
        },
        findings,
    )
}

/// What is found in the manifests, on 1 June 2026.
fn outcome(text: &str, more: &str) -> Advice {
    let mut text = text.to_owned();
    for (name, part) in PARTS {
        text = text.replace(name, part);
    }
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let loaded = load(&text);
    assert!(!finding::has_errors(&loaded.1), "{text}\n{:#?}", loaded.1);
    check(&config(more), vec![loaded], now, true)
}

/// The rules that are broken, and the lines where.
fn broken(text: &str, more: &str) -> Vec<(&'static str, usize)> {
    outcome(text, more)
        .findings
        .iter()
        .filter(|f| f.code == Code::Lint)
        .map(|f| (f.rule.unwrap().as_str(), f.place.as_ref().unwrap().line))
        .collect()
}

fn policy(rest: &str) -> String {
    format!("kind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\n{rest}\n")
}

#[track_caller]
fn fires(rule: &str, text: &str) {
    let found = broken(text, "");
    assert!(found.iter().any(|(r, _)| *r == rule), "{text}\n{found:?}");
}

#[track_caller]
fn silent(rule: &str, text: &str) {
    let found = broken(text, "");
    assert!(!found.iter().any(|(r, _)| *r == rule), "{text}\n{found:?}");
}

#[test]
fn rules_are_those_of_the_registry_and_of_the_files() {
    let rules: Vec<LintRule> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(rules, LintRule::ALL);
    assert!(rules.is_sorted_by_key(|rule| rule.as_str()));
    for rule in RULES {
        let file = format!("src/lint/{}.rs", rule.id.as_str().replace('-', "_"));
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        assert!(path.is_file(), "{file}");
        assert!(
            !rule.id.as_str().contains("-R"),
            "could be taken for a rule of Graph"
        );
    }
}

#[test]
fn a_sound_project_gets_no_advice() {
    let text = format!(
        "{}---\n@legacy\n---\nkind: Group\ndisplayName: Break glass\nmembers: [a@contoso.com]\n",
        policy("conditions: {@people, @apps}\n@mfa")
    );
    assert_eq!(broken(&text, ""), []);
}

#[test]
fn exclusions_that_win() {
    let of = |users: &str| policy(&format!("conditions: {{users: {{{users}}}, @apps}}\n@mfa"));
    let rule = "included-and-excluded";
    fires(rule, &of("includeGroups: [A, B], excludeGroups: [B]"));
    fires(
        rule,
        &of("includeUsers: [a@x.com, b@x.com], excludeUsers: [A@X.com]"),
    );
    // A name and the id of the same role.
    fires(
        rule,
        &of(
            "includeRoles: [Global Administrator, User Administrator], excludeRoles: [62e90394-69f5-4237-9190-012177145e10]",
        ),
    );
    silent(rule, &of("includeGroups: [A, B], excludeGroups: [C]"));
    silent(rule, &of("includeUsers: [All], excludeUsers: [a@x.com]"));
    // Group names are compared exactly.
    silent(rule, &of("includeGroups: [A, B], excludeGroups: [b]"));
    let pinned = "kind: Group\nid: 11111111-2222-3333-4444-555555555555\ndisplayName: B\n---\n";
    fires(
        rule,
        &format!(
            "{pinned}{}",
            of("includeGroups: [A, B], excludeGroups: [11111111-2222-3333-4444-555555555555]")
        ),
    );
    fires(
        rule,
        &policy(
            "conditions: {@people, @apps, platforms: {includePlatforms: [iOS, android], excludePlatforms: [iOS]}}\n@mfa",
        ),
    );
}

#[test]
fn policies_for_nobody() {
    let rule = "matches-nobody";
    let of = |users: &str| policy(&format!("conditions: {{users: {{{users}}}, @apps}}\n@mfa"));
    fires(rule, &of("includeUsers: [None]"));
    fires(rule, &of("includeGroups: [A], excludeGroups: [A, B]"));
    silent(rule, &of("includeGroups: [A, B], excludeGroups: [A]"));
    silent(rule, &of("includeUsers: [All], excludeGroups: [A]"));
    // Its users are gone, its group is not: the policy still applies.
    let partly = of("includeUsers: [a@x.com], excludeUsers: [a@x.com], includeGroups: [A]");
    let found = outcome(&partly, "");
    let told = found
        .findings
        .iter()
        .find(|f| f.rule == RuleId::parse(rule))
        .unwrap();
    assert!(!told.message.contains("nobody"), "{}", told.message);
    for conditions in [
        "@people, applications: {includeApplications: [None]}",
        "@people, @apps, locations: {includeLocations: [AllTrusted], excludeLocations: [alltrusted]}",
        "@people, applications: {includeApplications: [Azure Portal], excludeApplications: [c44b4083-3bb0-49c1-b47d-974e53cbdf3c]}",
    ] {
        fires(
            rule,
            &policy(&format!("conditions: {{{conditions}}}\n@mfa")),
        );
    }
    silent(
        rule,
        &policy(
            "conditions: {@people, @apps, locations: {includeLocations: [All], excludeLocations: [AllTrusted]}}\n@mfa",
        ),
    );
    // Strict enforcement of locations is set up so.
    silent(
        rule,
        &policy(
            "conditions: {@people, applications: {includeApplications: [None]}}\nsessionControls: {continuousAccessEvaluation: {mode: strictLocation}}",
        ),
    );
    // A workload identity policy must include `None`.
    silent(
        rule,
        &policy(
            "conditions: {@apps, clientApplications: {includeServicePrincipals: [ServicePrincipalsInMyTenant]}, users: {includeUsers: [None]}}\n@block",
        ),
    );
    let group = of("includeGroups: [Pilot]");
    let empty = "---\nkind: Group\ndisplayName: Pilot\nmembers: []\n";
    fires(rule, &format!("{group}{empty}"));
    silent(
        rule,
        &format!("{group}---\nkind: Group\ndisplayName: Pilot\n"),
    );
    silent(
        rule,
        &format!(
            "{group}{empty}---\nkind: TestUser\ndisplayName: T\nuserPrincipalName: t\nmemberOf: [Pilot]\n"
        ),
    );
    silent(
        rule,
        &of("includeUsers: [None]").replace("enabled", "disabled"),
    );
}

#[test]
fn old_protocols() {
    let rule = "legacy-authentication";
    let baseline = |conditions: &str, control: &str| {
        policy(&format!("conditions: {{@people, {conditions}}}\n{control}"))
    };
    // MFA of all clients keeps them out as well; of browsers it does not.
    silent(rule, &baseline("@apps", "@mfa"));
    fires(rule, &baseline("@apps, clientAppTypes: [browser]", "@mfa"));
    fires(rule, &baseline("@apps, signInRiskLevels: [high]", "@mfa"));
    silent(
        rule,
        &format!(
            "{}---\n@legacy\n",
            baseline("@apps, signInRiskLevels: [high]", "@mfa")
        ),
    );
    // Terms of use may be shown to them.
    fires(
        rule,
        &baseline(
            "@apps",
            "grantControls: {operator: OR, builtInControls: [], termsOfUse: [T]}",
        ),
    );
    // A project about few people need not look after the tenant, unless it says that it does.
    let few = policy("conditions: {users: {includeGroups: [A]}, @apps}\n@mfa");
    silent(rule, &few);
    let scope = "scope: { ConditionalAccessPolicy: all }\n";
    let found = outcome(&few, scope).findings;
    let told = found
        .iter()
        .find(|f| f.rule == RuleId::parse(rule))
        .unwrap();
    assert_eq!(told.severity, Severity::Warning);
    assert_eq!(told.place.as_ref().unwrap().file.name, "gatewright.yaml");
    let other = outcome(&baseline("@apps, signInRiskLevels: [high]", "@mfa"), "").findings;
    let told = other
        .iter()
        .find(|f| f.rule == RuleId::parse(rule))
        .unwrap();
    assert_eq!(told.severity, Severity::Hint, "others may do it");
    // In report-only: who is to look after the tenant hears of it, others are on their way.
    let trial = baseline("@apps", "@mfa").replace("enabled", "enabledForReportingButNotEnforced");
    silent(rule, &trial);
    let found = outcome(&trial, scope).findings;
    let told = found
        .iter()
        .find(|f| f.rule == RuleId::parse(rule))
        .unwrap();
    assert_eq!(
        (told.severity, told.confidence),
        (Severity::Warning, Some(Confidence::High))
    );
}

/// Two policies, `a` and `b`, and the names of those that the rule speaks of.
#[track_caller]
fn second(a: &str, b: &str) -> Vec<&'static str> {
    let of = |name: &str, rest: &str| {
        policy(rest).replace("displayName: P", &format!("displayName: {name}"))
    };
    let text = format!("{}---\n{}", of("a", a), of("b", b));
    let a_is = text.find("---").unwrap();
    let split = text.get(..a_is).unwrap().matches('\n').count();
    broken(&text, "")
        .into_iter()
        .filter(|(rule, _)| ["duplicate-policy", "shadowed-policy"].contains(rule))
        .map(|(rule, line)| match (rule, line <= split) {
            ("duplicate-policy", false) => "b duplicates",
            ("shadowed-policy", false) => "b is idle",
            ("shadowed-policy", true) => "a is idle",
            _ => "a duplicates",
        })
        .collect()
}

#[test]
fn the_same_policy_twice() {
    let base = "conditions: {@people, @apps}\n@mfa";
    assert_eq!(second(base, base), ["b duplicates"]);
    // Order and spelling are no difference.
    assert_eq!(
        second(
            "conditions: {users: {includeRoles: [Global Administrator, User Administrator]}, @apps}\n@mfa",
            "conditions: {clientAppTypes: [all], users: {includeRoles: [fe930be7-5e62-47db-91af-98c3a49a38b1, global administrator]}, @apps}\ngrantControls: {operator: AND, builtInControls: [mfa]}",
        ),
        ["b duplicates"]
    );
}

#[test]
fn a_policy_that_another_makes_idle() {
    let base = "conditions: {@people, @apps}\n@mfa";
    for (narrow, why) in [
        (
            "conditions: {users: {includeGroups: [A], excludeGroups: [Break glass]}, @apps}\n@mfa",
            "fewer users",
        ),
        (
            "conditions: {@people, applications: {includeApplications: [Office365]}}\n@mfa",
            "fewer resources",
        ),
        (
            "conditions: {@people, @apps, signInRiskLevels: [high]}\n@mfa",
            "a condition more",
        ),
        (
            "conditions: {users: {includeUsers: [All], excludeGroups: [Break glass, X]}, @apps}\n@mfa",
            "more left out",
        ),
        (
            "conditions: {@people, @apps}\ngrantControls: {operator: OR, builtInControls: [mfa, compliantDevice]}",
            "a way out more",
        ),
        (
            "conditions: {@people, @apps, platforms: {includePlatforms: [iOS]}}\n@mfa",
            "fewer platforms",
        ),
    ] {
        assert_eq!(second(base, narrow), ["b is idle"], "{why}");
        assert_eq!(second(narrow, base), ["a is idle"], "{why}");
    }
    let blocks = "conditions: {@people, @apps, signInRiskLevels: [high, medium]}\n@block";
    assert_eq!(
        second(
            blocks,
            "conditions: {@people, @apps, signInRiskLevels: [high]}\n@mfa\nsessionControls: {persistentBrowser: {mode: never}}"
        ),
        ["b is idle"]
    );
    let of = |levels| format!("conditions: {{@people, @apps, insiderRiskLevels: {levels}}}\n@mfa");
    assert_eq!(
        second(&of("[moderate, elevated]"), &of("[elevated]")),
        ["b is idle"],
        "fewer levels of insider risk"
    );
    let strength = "conditions: {@people, @apps}\ngrantControls: {operator: OR, builtInControls: [], authenticationStrength: Phishing-resistant MFA}";
    assert_eq!(
        second(base, strength),
        ["a is idle"],
        "a stronger requirement"
    );
}

#[test]
fn a_policy_that_another_does_not_make_idle() {
    let base = "conditions: {@people, @apps}\n@mfa";
    for (other, why) in [
        (
            "conditions: {users: {includeGroups: [A]}, @apps}\n@mfa",
            "it leaves nobody out",
        ),
        (
            "conditions: {@people, @apps, signInRiskLevels: [high]}\n@block",
            "it requires more",
        ),
        (
            "conditions: {@people, @apps, signInRiskLevels: [high]}\ngrantControls: {operator: AND, builtInControls: [mfa, compliantDevice]}",
            "it requires more",
        ),
        (
            "conditions: {@people, @apps, signInRiskLevels: [high]}\n@mfa\nsessionControls: {signInFrequency: {frequencyInterval: everyTime}}",
            "a session control",
        ),
        (
            "conditions: {@people, applications: {includeUserActions: ['urn:user:registerdevice']}}\n@mfa",
            "an action is no resource",
        ),
        (
            "conditions: {users: {includeGroups: [A], excludeGroups: [Break glass]}, @apps}\ngrantControls: {operator: OR, builtInControls: [], authenticationStrength: Our own}",
            "a strength of the tenant",
        ),
    ] {
        assert_eq!(second(base, other), [""; 0], "{why}");
    }
    let limited = "conditions: {@people, applications: {includeApplications: [All], excludeApplications: [Azure Portal]}}\n@mfa";
    assert_eq!(
        second(
            limited,
            "conditions: {@people, applications: {includeApplications: [Azure Portal]}}\n@mfa"
        ),
        [""; 0],
        "what the wide one leaves out"
    );
    assert_eq!(
        second(
            limited,
            "conditions: {@people, applications: {includeApplications: [Azure Key Vault]}}\n@mfa"
        ),
        ["b is idle"]
    );
    // What only reports makes nothing idle.
    let reports =
        policy(base).replace("state: enabled", "state: enabledForReportingButNotEnforced");
    let narrow = policy("conditions: {@people, @apps, signInRiskLevels: [high]}\n@mfa")
        .replace("displayName: P", "displayName: Q");
    silent("shadowed-policy", &format!("{reports}---\n{narrow}"));
}

#[test]
fn platforms_that_no_policy_lists() {
    let rule = "unknown-platforms";
    let listed = policy("conditions: {@people, @apps, platforms: {includePlatforms: [iOS]}}\n@mfa");
    let beside = |more: &str| {
        let other = policy(&format!("conditions: {{@people, @apps{more}}}\n@mfa"));
        format!(
            "{listed}---\n{}",
            other.replace("displayName: P", "displayName: Q")
        )
    };
    fires(rule, &listed);
    silent(rule, &beside(""));
    // Who bears no risk is not covered.
    for risk in ["signInRiskLevels: [high]", "insiderRiskLevels: [elevated]"] {
        fires(rule, &beside(&format!(", {risk}")));
    }
}

#[test]
fn levels_of_risk() {
    let rule = "risk-levels-gap";
    let of = |levels: &str| policy(&format!("conditions: {{@people, @apps, {levels}}}\n@mfa"));
    fires(rule, &of("signInRiskLevels: [medium]"));
    fires(rule, &of("userRiskLevels: [low, high]"));
    silent(rule, &of("signInRiskLevels: [high]"));
    silent(rule, &of("signInRiskLevels: [high, medium]"));
    silent(rule, &of("signInRiskLevels: [none]"));
    fires(rule, &of("agentIdRiskLevels: [medium]"));
    silent(rule, &of("insiderRiskLevels: [minor]"));
    let other = of("signInRiskLevels: [high]").replace("displayName: P", "displayName: Q");
    silent(
        rule,
        &format!("{}---\n{other}", of("signInRiskLevels: [medium]")),
    );
    // The risk of the user is another one.
    fires(
        rule,
        &format!("{}---\n{other}", of("userRiskLevels: [medium]")),
    );
}

#[test]
fn forgotten_in_report_only() {
    let rule = "report-only-for-long";
    let of = |dates: &str| {
        policy(&format!("{dates}\nconditions: {{@people, @apps}}\n@mfa"))
            .replace("state: enabled", "state: enabledForReportingButNotEnforced")
    };
    fires(rule, &of("createdDateTime: '2026-04-01T00:00:00Z'"));
    silent(
        rule,
        &of("createdDateTime: '2026-04-01T00:00:00Z'\nmodifiedDateTime: '2026-05-20T00:00:00Z'"),
    );
    silent(rule, &of("createdDateTime: yesterday"));
    silent(rule, &of(""));
    let old = of("createdDateTime: '2026-04-01T00:00:00Z'");
    assert!(
        !broken(&old, "lint: { reportOnlyDays: 90 }\n")
            .iter()
            .any(|(r, _)| *r == rule)
    );

    // By the date of the live policy, which only plan knows.
    let (desired, _) = load(
        &PARTS
            .iter()
            .fold(of(""), |text, (name, part)| text.replace(name, part)),
    );
    let mut live = match &desired.manifests[0].object {
        crate::model::Object::ConditionalAccessPolicy(policy) => (**policy).clone(),
        other => panic!("{other:?}"),
    };
    live.created_date_time = Some("2026-01-01T00:00:00Z".to_owned());
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let ask = |live: &ConditionalAccessPolicy| {
        report_only(&config(""), &desired, now, |name| {
            (name == "P").then_some(live)
        })
        .len()
    };
    assert_eq!(ask(&live), 1);
    // It was enabled until now: this plan begins the time.
    live.state = Some(crate::model::enums::PolicyState::Enabled);
    assert_eq!(ask(&live), 0);
}

#[test]
fn nobody_left_out() {
    let rule = "no-exclusions";
    let of = |conditions: &str, control: &str| {
        policy(&format!("conditions: {{{conditions}}}\n{control}"))
    };
    let all = "users: {includeUsers: [All]}";
    fires(rule, &of(&format!("{all}, @apps"), "@mfa"));
    silent(rule, &of("@people, @apps", "@mfa"));
    silent(rule, &of("users: {includeGroups: [A]}, @apps", "@mfa"));
    silent(
        rule,
        &of(
            &format!("{all}, @apps"),
            "sessionControls: {persistentBrowser: {mode: never}}",
        ),
    );
    // Another writer keeps the exclusions.
    silent(
        rule,
        &of(
            &format!("{all}, @apps"),
            "@mfa\nignoreChanges: [conditions.users.excludeGroups]",
        ),
    );
    // Guests are no emergency accounts.
    fires(rule, &of("users: {includeUsers: [All], excludeUsers: [a@x.com]}, @apps", "@mfa").replace("excludeUsers: [a@x.com]", "excludeGuestsOrExternalUsers: {guestOrExternalUserTypes: [internalGuest], externalTenants: {membershipKind: all}}"));
    // Rule CA-R49 speaks of this one, and only once.
    silent(rule, &of(&format!("{all}, @apps"), "@block"));
    fires(
        rule,
        &of(
            &format!("{all}, @apps, locations: {{includeLocations: [X]}}"),
            "@block",
        ),
    );
    silent(
        rule,
        &of(&format!("{all}, @apps, clientAppTypes: [other]"), "@block"),
    );
}

#[test]
fn a_comment_takes_back_what_stands_at_its_place_and_no_more() {
    let text = "\
kind: ConditionalAccessPolicy
displayName: P
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users:
    includeGroups: [A, B, C]
    # gatewright: allow included-and-excluded a script writes both lists
    excludeGroups: [A]
    includeUsers: [a@x.com, b@x.com]
    excludeUsers:
      - a@x.com # gatewright: allow included-and-excluded he left
      - c@x.com
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: Q
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeGroups: [A, B], excludeGroups: [A] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
# gatewright: allow included-and-excluded the whole document
kind: ConditionalAccessPolicy
displayName: R
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeGroups: [D, B], excludeGroups: [D] }
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let found = outcome(text, "");
    let allowed: Vec<(usize, &str)> = (found.allowed.iter())
        .map(|a| (a.finding.place.as_ref().unwrap().line, a.reason.as_str()))
        .collect();
    assert_eq!(
        allowed,
        [
            (9, "a script writes both lists"),
            (12, "he left"),
            (30, "the whole document")
        ]
    );
    let lines: Vec<usize> = (found.findings.iter())
        .map(|f| f.place.as_ref().unwrap().line)
        .collect();
    assert_eq!(lines, [21], "{:#?}", found.findings);
}

/// The messages about comments.
fn about_comments(comment: &str) -> Vec<String> {
    let text = policy(&format!("{comment}\nconditions: {{@people, @apps}}\n@mfa"));
    (outcome(&text, "").findings.into_iter())
        .filter(|f| f.code == Code::AllowComment)
        .map(|f| f.message)
        .collect()
}

#[test]
fn comments_that_are_wrong_or_idle_are_told() {
    for (comment, expected) in [
        ("# gatewright: allow naming", "no reason"),
        ("# gatewright: allow", "which rule"),
        ("# gatewright: allwo naming x", "`allwo`"),
        ("# gatewright:", "gives no instruction"),
        (
            "# gatewright: allow namng we like it",
            "`namng` is not a rule",
        ),
        ("# gatewright: allow naming we like it", "allows nothing"),
        ("# gatewright: allow CA-R70 we like it", "allows nothing"),
    ] {
        let told = about_comments(comment);
        assert!(
            matches!(told.as_slice(), [one] if one.contains(expected)),
            "{comment}: {told:?}"
        );
    }
    for fine in [
        "# gatewright is a tool",
        "# see gatewright: allow",
        // Only the tenant knows since when: plan decides.
        "# gatewright: allow report-only-for-long until the audit",
    ] {
        assert_eq!(about_comments(fine), [""; 0], "{fine}");
    }
}

#[test]
fn a_warning_about_graph_can_be_allowed_and_an_error_cannot() {
    let text = policy(
        "conditions:\n  users: {includeUsers: [All], excludeGroups: [Break glass]}\n  applications: {includeApplications: [All]}\n  userRiskLevels: [high]\n  # gatewright: allow CA-R70 both are meant\n  signInRiskLevels: [high]\n@mfa",
    );
    let found = outcome(&text, "");
    assert_eq!(found.allowed.len(), 1);
    assert!(
        found
            .findings
            .iter()
            .all(|f| f.rule != Some(Graph::CaR70.into()))
    );

    let text = policy(
        "conditions:\n  users: {includeUsers: [All], excludeGroups: [Break glass]}\n  applications: {includeApplications: [All]}\n# gatewright: allow CA-R80 no\ngrantControls: {operator: OR, builtInControls: [block, mfa]}",
    );
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let found = check(&config(""), vec![load(&text)], now, true);
    assert_eq!(found.allowed, []);
    let codes: BTreeSet<Code> = found.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::GraphRule, Code::AllowComment].into());
    // Nothing else is said of manifests that are not complete.
    assert!(
        found
            .findings
            .iter()
            .all(|f| !f.message.contains("nothing here"))
    );
}

#[test]
fn a_rule_is_as_grave_as_the_project_says() {
    let text =
        policy("conditions: {users: {includeGroups: [A, B], excludeGroups: [A]}, @apps}\n@mfa");
    let with = |severity: &str| {
        let more = format!(
            "lint: {{ rules: {{ included-and-excluded: {{ severity: {severity}, reason: so }} }} }}\n"
        );
        outcome(&text, &more).findings
    };
    assert_eq!(with("error")[0].severity, Severity::Error);
    assert_eq!(with("hint")[0].severity, Severity::Hint);
    assert_eq!(with("off"), []);
    // Looser than needed, and unknown.
    let idle = outcome(
        &text,
        "lint: { rules: { naming: { severity: off, reason: so } } }\n",
    )
    .findings;
    assert!(
        idle.iter()
            .any(|f| f.severity == Severity::Hint && f.code == Code::Config)
    );
    // Stricter is for the day when it matters.
    let strict = outcome(
        &text,
        "lint: { rules: { naming: { severity: error, reason: so } } }\n",
    )
    .findings;
    assert!(strict.iter().all(|f| f.code != Code::Config));
    let unknown = outcome(
        &text,
        "lint: { rules: { namng: { severity: off, reason: so } } }\n",
    )
    .findings;
    assert!(finding::has_errors(&unknown));
    assert_eq!(
        unknown
            .iter()
            .find(|f| f.code == Code::Config)
            .unwrap()
            .help
            .as_deref(),
        Some("did you mean `naming`?")
    );
}

#[test]
fn what_a_plan_says_is_not_taken_back() {
    let text = policy(
        "# gatewright: allow dangling-reference he left\nconditions: {users: {includeGroups: [A]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}",
    );
    let (desired, _) = load(&text);
    let place = desired.manifests[0].document.place("/conditions/users");
    let told = vec![Finding::warning(Code::DanglingReference, "an id no longer exists").at(place)];
    assert_eq!(without_allowed(&desired, told.clone()), told);
}

proptest::proptest! {
    /// Whatever stands in a file, comments are looked for without harm, and a comment only
    /// ever takes findings away.
    #[test]
    fn comments_of_any_text(
        before in "[ -~\\n#:é\u{2028}]{0,40}",
        rule in "(naming|CA-R70|included-and-excluded|[ -~]{0,12})",
        reason in "[ -~\\té]{0,12}",
        trailing in proptest::bool::ANY,
    ) {
        let line = format!("# gatewright: allow {rule} {reason}");
        let users = "conditions: {users: {includeGroups: [A, B], excludeGroups: [A]}, applications: {includeApplications: [All]}}";
        let text = match trailing {
            true => policy(&format!("{users} {line}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}")),
            false => policy(&format!("{line}\n{users}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}")),
        };
        let file = SourceFile::new("x", "x", format!("{before}{text}"));
        let mut findings = Vec::new();
        let documents = yaml::parse(&file, &mut findings);
        let _ = Allows::of(&documents).malformed(&[]);

        let found = outcome(&text, "");
        let advice = found.findings.iter().filter(|f| f.code == Code::Lint).count();
        proptest::prop_assert_eq!(advice + found.allowed.len(), 1);
        let allows = rule == "included-and-excluded" && !reason.trim().is_empty();
        proptest::prop_assert_eq!(found.allowed.len() == 1, allows);
    }
}

#[test]
fn one_tenant_of_several_does_not_make_a_comment_idle() {
    let text = policy(
        "# gatewright: allow naming we like it\nconditions: {users: {includeGroups: [A]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}",
    );
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let of = |whole| {
        check(&config(""), vec![load(&text)], now, whole)
            .findings
            .len()
    };
    assert_eq!((of(true), of(false)), (1, 0));
}
