//! Dangerous edits and harmless ones, as tables. Each is one step from a tenant that was
//! brought to [`BASE`]; each dangerous one must be refused by the guards that are named, and no
//! harmless one by any.

use gatewright::manifest::guards::Guard;
use serde_json::json;

use crate::guards::refused;
use crate::world::{World, desired, run};

/// A small project as it should be: emergency accounts, a pilot, policies that exclude them.
const BASE: &str = r#"
kind: Group
displayName: CA-BreakGlass
members: [breakglass1@contoso.com, breakglass2@contoso.com]
---
kind: Group
displayName: CA-Exceptions
members: [diegos@contoso.com]
---
kind: NamedLocation
displayName: CA-Office
ipRanges: [203.0.113.0/24]
isTrusted: true
---
kind: AuthenticationStrength
displayName: CA-Keys
allowedCombinations: [fido2]
---
kind: ConditionalAccessPolicy
displayName: CA001 MFA
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass, CA-Exceptions] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [AllTrusted] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA002 Legacy
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
  clientAppTypes: [exchangeActiveSync, other]
grantControls: { operator: OR, builtInControls: [block] }
---
kind: ConditionalAccessPolicy
displayName: CA003 Admins
state: enabled
conditions:
  users: { includeRoles: [Global Administrator], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, authenticationStrength: CA-Keys }
---
kind: ConditionalAccessPolicy
displayName: CA004 Sales
state: enabled
conditions:
  users: { includeGroups: [Sales, Finance] }
  applications: { includeApplications: [Office365] }
grantControls: { operator: AND, builtInControls: [mfa, compliantDevice] }
sessionControls: { signInFrequency: { value: 8, type: hours } }
---
kind: ConditionalAccessPolicy
displayName: CA005 Devices
state: enabledForReportingButNotEnforced
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }
---
kind: ConditionalAccessPolicy
displayName: CA006 Draft
state: disabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [block] }
"#;

const GUARDS: &str = "breakGlass: { groups: [CA-BreakGlass] }\nprotect: [CA002 Legacy, { kind: NamedLocation, name: CA-Office }]\n";

/// The base without the document of a name.
fn without(text: &str, names: &[&str]) -> String {
    text.split("---\n")
        .filter(|document| {
            !names
                .iter()
                .any(|name| document.contains(&format!("displayName: {name}")))
        })
        .collect::<Vec<_>>()
        .join("---\n")
}

/// The base with one text replaced in the document of a name.
fn edited(name: &str, from: &str, to: &str) -> String {
    BASE.split("---\n")
        .map(|document| {
            if document.contains(&format!("displayName: {name}")) {
                assert!(document.contains(from), "{from} in {document}");
                document.replacen(from, to, 1)
            } else {
                document.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join("---\n")
}

/// The base and one more policy.
fn plus(state: &str, users: &str, rest: &str, control: &str) -> String {
    format!(
        "{BASE}---\nkind: ConditionalAccessPolicy\ndisplayName: CA900 New\nstate: {state}\nconditions: {{ users: {users}, {rest} }}\ngrantControls: {{ operator: OR, builtInControls: [{control}] }}\n"
    )
}

const ALL_APPS: &str = "applications: { includeApplications: [All] }";
const SAFE: &str = "{ includeUsers: [All], excludeGroups: [CA-BreakGlass] }";
const EVERYBODY: &str = "{ includeUsers: [All] }";
const ON: &str = "enabled";
const REPORT: &str = "enabledForReportingButNotEnforced";

const DYNAMIC: &str = "---\nkind: Group\ndisplayName: CA-Dynamic\ngroupTypes: [DynamicMembership]\nmembershipRule: user.accountEnabled -eq true\nmembershipRuleProcessingState: 'On'\n";

const MANY_ROLES: &str = r"---
kind: ConditionalAccessPolicy
displayName: CA901 Roles
state: enabled
conditions:
  users:
    includeRoles: [Global Administrator, User Administrator, Exchange Administrator, SharePoint Administrator, Security Administrator, Helpdesk Administrator, Billing Administrator, Application Administrator, Cloud Application Administrator, Conditional Access Administrator, Authentication Administrator, Privileged Role Administrator, Password Administrator, Global Reader]
    excludeGroups: [CA-BreakGlass]
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA902 Guests
state: enabled
conditions:
  users: { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [internalGuest], externalTenants: { membershipKind: all } }, excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [block] }
";

/// The base, with everybody else asked for one of these and blocked on devices that the rule is
/// true of.
fn managed(controls: &str, rule: &str) -> String {
    let filter =
        format!("{ALL_APPS}, devices: {{ deviceFilter: {{ mode: include, rule: '{rule}' }} }}");
    let asks = plus(ON, SAFE, ALL_APPS, controls);
    let blocks = plus(ON, SAFE, &filter, "block").replace("CA900 New", "CA901 Blocked");
    format!("{asks}{}", blocks.strip_prefix(BASE).unwrap())
}

type Edit = (&'static str, String, &'static [&'static str]);

fn dangerous() -> Vec<Edit> {
    let bg = "excludeGroups: [CA-BreakGlass";
    vec![
        // Lock-outs.
        ("block everybody from everything", plus(ON, EVERYBODY, ALL_APPS, "block"), &["block-all", "break-glass"]),
        ("block everybody in the browser and in applications", plus(ON, EVERYBODY, "applications: { includeApplications: [All] }, clientAppTypes: [browser, mobileAppsAndDesktopClients]", "block"), &["block-all", "break-glass"]),
        ("block everybody on every known platform", plus(ON, EVERYBODY, "applications: { includeApplications: [All] }, platforms: { includePlatforms: [windows, macOS, iOS, android, linux] }", "block"), &["block-all", "break-glass"]),
        ("block everybody anywhere", plus(ON, EVERYBODY, "applications: { includeApplications: [All] }, locations: { includeLocations: [All] }", "block"), &["block-all", "break-glass"]),
        ("block everybody but guests", plus(ON, "{ includeUsers: [All], excludeUsers: [], excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: [b2bCollaborationGuest], externalTenants: { membershipKind: all } } }", ALL_APPS, "block"), &["block-all", "break-glass"]),
        ("block every administrator", plus(ON, "{ includeRoles: [Global Administrator] }", ALL_APPS, "block"), &["block-all", "break-glass"]),
        ("block everybody from the portals", plus(ON, EVERYBODY, "applications: { includeApplications: [MicrosoftAdminPortals] }", "block"), &["block-all", "break-glass"]),
        ("enable the draft that blocks everybody", edited("CA006 Draft", "state: disabled", "state: enabled"), &["block-all", "break-glass"]),
        ("block everybody but guests, by the old word", plus(ON, "{ includeUsers: [All], excludeUsers: [GuestsOrExternalUsers] }", ALL_APPS, "block"), &["block-all"]),
        ("block everybody from all applications but one", plus(ON, EVERYBODY, "applications: { includeApplications: [All], excludeApplications: [Office 365 Exchange Online] }", "block"), &["block-all"]),
        ("block everybody on all platforms but one of the past", plus(ON, EVERYBODY, "applications: { includeApplications: [All] }, platforms: { includePlatforms: [all], excludePlatforms: [windowsPhone] }", "block"), &["block-all"]),
        ("block everybody by a filter that filters nothing", plus(ON, EVERYBODY, "applications: { includeApplications: [All] }, devices: { deviceFilter: { mode: include, rule: 'device.trustType -ne \"AzureAD\" -or device.trustType -ne \"ServerAD\"' } }", "block"), &["block-all"]),
        ("block everybody but a group that the same plan empties", plus(ON, "{ includeUsers: [All], excludeGroups: [CA-Exceptions] }", ALL_APPS, "block").replace("members: [diegos@contoso.com]", "members: []"), &["block-all", "break-glass"]),
        ("block everybody but a group of an empty group", plus(ON, "{ includeUsers: [All], excludeGroups: [CA-Outer] }", ALL_APPS, "block") + "---\nkind: Group\ndisplayName: CA-Inner\nmembers: []\n---\nkind: Group\ndisplayName: CA-Outer\nmembers: [CA-Inner]\n", &["block-all", "break-glass"]),
        // Those that take several policies, with the emergency accounts left out.
        ("block everybody else on every usual platform", plus(ON, SAFE, "applications: { includeApplications: [All] }, platforms: { includePlatforms: [windows, macOS, iOS, android, linux] }", "block"), &["block-all"]),
        ("ask for a managed device and block managed devices", managed("compliantDevice, domainJoinedDevice", "device.isCompliant -eq True -or device.trustType -eq \"ServerAD\""), &["block-all"]),
        ("ask for hybrid join and block hybrid joined devices", managed("domainJoinedDevice", "device.trustType -eq \"ServerAD\""), &["block-all"]),
        ("ask for Windows Hello and block every device that is known", managed("domainJoinedDevice", "device.trustType -in [\"AzureAD\", \"ServerAD\", \"Workplace\"]").replace("builtInControls: [domainJoinedDevice]", "authenticationStrength: CA-Hello") + "---\nkind: AuthenticationStrength\ndisplayName: CA-Hello\nallowedCombinations: [windowsHelloForBusiness]\n", &["block-all"]),
        ("block guests where many roles are named and no place is trusted", plus(ON, SAFE, "applications: { includeApplications: [All] }, locations: { includeLocations: [All], excludeLocations: [AllTrusted] }", "block").replace("isTrusted: true", "isTrusted: false") + MANY_ROLES, &["block-all"]),
        // Break-glass.
        ("a policy for a new group whose rule takes everybody", plus(ON, "{ includeGroups: [CA-Dynamic] }", ALL_APPS, "block") + DYNAMIC, &["break-glass"]),
        ("a new group with a rule is excluded", plus(ON, "{ includeUsers: [All], excludeGroups: [CA-Dynamic] }", ALL_APPS, "mfa") + DYNAMIC, &["break-glass"]),
        ("the break-glass group gets another name", BASE.replace("displayName: CA-BreakGlass", "displayName: CA-Emergency\nrenamedFrom: [CA-BreakGlass]").replace("excludeGroups: [CA-BreakGlass", "excludeGroups: [CA-Emergency"), &["break-glass"]),
        ("a new policy for everybody without the break-glass group", plus(ON, EVERYBODY, ALL_APPS, "mfa"), &["break-glass"]),
        ("the same in report-only", plus(REPORT, EVERYBODY, ALL_APPS, "mfa"), &["break-glass"]),
        ("a policy for administrators without it", plus(ON, "{ includeRoles: [Security Administrator] }", ALL_APPS, "mfa"), &["break-glass"]),
        ("a policy that names an emergency account", plus(ON, "{ includeUsers: [breakglass1@contoso.com] }", ALL_APPS, "mfa"), &["break-glass"]),
        ("a policy for the break-glass group itself", plus(ON, "{ includeGroups: [CA-BreakGlass] }", ALL_APPS, "mfa"), &["break-glass"]),
        ("one of two accounts is excluded", plus(ON, "{ includeUsers: [All], excludeUsers: [breakglass1@contoso.com] }", ALL_APPS, "mfa"), &["break-glass"]),
        ("excluded by a role alone", plus(ON, "{ includeUsers: [All], excludeRoles: [Global Administrator] }", ALL_APPS, "mfa"), &["break-glass"]),
        ("another group is excluded instead", edited("CA005 Devices", bg, "excludeGroups: [CA-Exceptions"), &["break-glass"]),
        ("the exclusion is dropped", edited("CA001 MFA", ", excludeGroups: [CA-BreakGlass, CA-Exceptions]", ""), &["break-glass"]),
        ("an account is taken out of the break-glass group", edited("CA-BreakGlass", ", breakglass2@contoso.com", ""), &["break-glass"]),
        ("everybody's president becomes an emergency account", edited("CA-BreakGlass", ", breakglass2@contoso.com", ", breakglass2@contoso.com, pattif@contoso.com"), &["weakening"]),
        // Weakening.
        ("a policy is switched off", edited("CA001 MFA", "state: enabled", "state: disabled"), &["weakening"]),
        ("a policy goes to report-only", edited("CA003 Admins", "state: enabled", "state: enabledForReportingButNotEnforced"), &["weakening"]),
        ("a control is removed", edited("CA004 Sales", "operator: AND, builtInControls: [mfa, compliantDevice]", "operator: OR, builtInControls: [mfa]"), &["weakening"]),
        ("one control becomes enough", edited("CA004 Sales", "operator: AND", "operator: OR"), &["weakening"]),
        ("a group leaves the scope", edited("CA004 Sales", "includeGroups: [Sales, Finance]", "includeGroups: [Sales]"), &["weakening"]),
        ("one more group is excluded", edited("CA001 MFA", bg, "excludeGroups: [Contractors, CA-BreakGlass"), &["weakening"]),
        ("a policy for everybody becomes one for a few", edited("CA001 MFA", "includeUsers: [All]", "includeGroups: [Sales]"), &["weakening"]),
        ("one application only", edited("CA003 Admins", "includeApplications: [All]", "includeApplications: [Office365]"), &["weakening"]),
        ("users sign in again less often", edited("CA004 Sales", "value: 8", "value: 20"), &["weakening"]),
        ("the exception group grows", edited("CA-Exceptions", "members: [diegos@contoso.com]", "members: [diegos@contoso.com, adelev@contoso.com]"), &["weakening"]),
        ("the strength allows a text message", edited("CA-Keys", "[fido2]", "[fido2, 'password,sms']"), &["weakening"]),
        ("a test user joins the exception group", edited("CA-Exceptions", "members: [diegos@contoso.com]", "members: [diegos@contoso.com, alexw@contoso.com]"), &["weakening"]),
        ("a location becomes trusted that was not there", format!("{BASE}---\nkind: NamedLocation\ndisplayName: Cafe\nipRanges: [198.51.100.0/24]\nisTrusted: true\n"), &["weakening"]),
        // What is not to be touched.
        ("a protected policy changes", edited("CA002 Legacy", "[exchangeActiveSync, other]", "[exchangeActiveSync, other, browser]"), &["protected"]),
        ("a protected location changes", edited("CA-Office", "203.0.113.0/24", "203.0.112.0/23"), &["protected", "weakening"]),
        ("a protected policy is deleted", without(BASE, &["CA002 Legacy"]), &["protected", "weakening"]),
        ("a policy takes a name of Microsoft's", plus(ON, SAFE, ALL_APPS, "mfa").replace("CA900 New", "'Microsoft-managed: MFA'"), &["microsoft-managed"]),
        ("a policy is renamed to one of Microsoft's", edited("CA003 Admins", "displayName: CA003 Admins", "displayName: 'Microsoft-managed: x'\nrenamedFrom: [CA003 Admins]"), &["microsoft-managed"]),
        // Too much, or too much at once.
        ("half of the policies are deleted", without(BASE, &["CA001 MFA", "CA003 Admins", "CA004 Sales", "CA005 Devices"]), &["budget", "weakening"]),
        ("every policy is deleted", without(BASE, &["CA00"]), &["budget", "empty-set", "protected", "weakening"]),
        ("a policy is promoted and narrowed at once", edited("CA005 Devices", "state: enabledForReportingButNotEnforced", "state: enabled").replace("builtInControls: [compliantDevice] }\n---\nkind: ConditionalAccessPolicy\ndisplayName: CA006", "builtInControls: [mfa] }\n---\nkind: ConditionalAccessPolicy\ndisplayName: CA006"), &["promotion"]),
        ("several policies are switched off", BASE.replace("state: enabled\n", "state: disabled\n"), &["budget", "protected", "weakening"]),
    ]
}

fn harmless() -> Vec<(&'static str, String)> {
    vec![
        ("nothing", BASE.to_owned()),
        (
            "a new policy that excludes the break-glass group",
            plus(ON, SAFE, ALL_APPS, "mfa"),
        ),
        (
            "the same in report-only",
            plus(REPORT, SAFE, ALL_APPS, "mfa"),
        ),
        (
            "a draft without exclusions",
            plus("disabled", EVERYBODY, ALL_APPS, "mfa"),
        ),
        (
            "a draft that blocks everybody",
            plus("disabled", EVERYBODY, ALL_APPS, "block"),
        ),
        (
            "both accounts are excluded by name",
            plus(
                ON,
                "{ includeUsers: [All], excludeUsers: [breakglass1@contoso.com, breakglass2@contoso.com] }",
                ALL_APPS,
                "mfa",
            ),
        ),
        (
            "a policy for a group that no emergency account is in",
            plus(ON, "{ includeGroups: [Sales] }", ALL_APPS, "mfa"),
        ),
        (
            "a policy for guests",
            plus(
                ON,
                "{ includeUsers: [GuestsOrExternalUsers] }",
                ALL_APPS,
                "mfa",
            ),
        ),
        (
            "a block for a group",
            plus(ON, "{ includeGroups: [Contractors] }", ALL_APPS, "block"),
        ),
        (
            "a block for guests in the portals",
            plus(
                ON,
                "{ includeUsers: [GuestsOrExternalUsers] }",
                "applications: { includeApplications: [MicrosoftAdminPortals] }",
                "block",
            ),
        ),
        (
            "a block of everybody else at high risk",
            plus(
                ON,
                SAFE,
                "applications: { includeApplications: [All] }, signInRiskLevels: [high]",
                "block",
            ),
        ),
        (
            "a block outside trusted locations",
            plus(
                ON,
                SAFE,
                "applications: { includeApplications: [All] }, locations: { includeLocations: [All], excludeLocations: [AllTrusted] }",
                "block",
            ),
        ),
        (
            "a block of unknown platforms",
            plus(
                ON,
                SAFE,
                "applications: { includeApplications: [All] }, platforms: { includePlatforms: [all], excludePlatforms: [windows, macOS, iOS, android, linux] }",
                "block",
            ),
        ),
        (
            "one more group in scope",
            edited(
                "CA004 Sales",
                "[Sales, Finance]",
                "[Sales, Finance, Leadership]",
            ),
        ),
        (
            "administrators in scope, too",
            edited(
                "CA004 Sales",
                "[Sales, Finance]",
                "[Sales, Finance, IT Admins]",
            ),
        ),
        (
            "all applications",
            edited("CA004 Sales", "[Office365]", "[All]"),
        ),
        (
            "one control more",
            edited(
                "CA004 Sales",
                "[mfa, compliantDevice]",
                "[mfa, compliantDevice, domainJoinedDevice]",
            ),
        ),
        (
            "an exception ends",
            edited(
                "CA001 MFA",
                "[CA-BreakGlass, CA-Exceptions]",
                "[CA-BreakGlass]",
            ),
        ),
        (
            "the exception group shrinks",
            edited(
                "CA-Exceptions",
                "members: [diegos@contoso.com]",
                "members: []",
            ),
        ),
        (
            "users sign in again more often",
            edited("CA004 Sales", "value: 8", "value: 4"),
        ),
        (
            "a stricter strength",
            edited(
                "CA003 Admins",
                "includeRoles: [Global Administrator]",
                "includeRoles: [Global Administrator, Security Administrator]",
            ),
        ),
        (
            "a policy is promoted alone",
            edited(
                "CA005 Devices",
                "state: enabledForReportingButNotEnforced",
                "state: enabled",
            ),
        ),
        (
            "a report-only policy changes",
            edited(
                "CA005 Devices",
                "[compliantDevice]",
                "[compliantDevice, mfa]",
            ),
        ),
        (
            "a report-only policy is switched off",
            edited(
                "CA005 Devices",
                "state: enabledForReportingButNotEnforced",
                "state: disabled",
            ),
        ),
        (
            "a policy gets another name",
            edited(
                "CA004 Sales",
                "displayName: CA004 Sales",
                "displayName: CA004 Sales and finance\nrenamedFrom: [CA004 Sales]",
            ),
        ),
        ("a draft is deleted", without(BASE, &["CA006 Draft"])),
        (
            "a report-only policy is deleted",
            without(BASE, &["CA005 Devices"]),
        ),
        (
            "a new group and a test user",
            format!(
                "{BASE}---\nkind: Group\ndisplayName: CA-Test\n---\nkind: TestUser\ndisplayName: T\nuserPrincipalName: t\nmemberOf: [CA-Test]\n"
            ),
        ),
        (
            "a location that nothing trusts",
            format!(
                "{BASE}---\nkind: NamedLocation\ndisplayName: Cafe\nipRanges: [198.51.100.0/24]\n"
            ),
        ),
    ]
}

/// What policies rest on changes, and the policies stay as they are.
#[test]
fn what_a_plan_changes_beneath_a_policy_is_seen() {
    let policy = |users: &str, control: &str| {
        format!(
            "---\nkind: ConditionalAccessPolicy\ndisplayName: CA800 Rests\nstate: enabled\nconditions: {{ users: {users}, {ALL_APPS} }}\ngrantControls: {{ operator: OR, builtInControls: [{control}] }}\n"
        )
    };
    let group = |rest: &str| format!("---\nkind: Group\ndisplayName: CA-Rest\n{rest}\n");
    let rule = |rule: &str| {
        group(&format!(
            "groupTypes: [DynamicMembership]\nmembershipRule: {rule}\nmembershipRuleProcessingState: 'On'"
        ))
    };
    let users = "breakGlass: { users: [breakglass1@contoso.com, breakglass2@contoso.com] }\n";
    let excludes = "{ includeUsers: [All], excludeGroups: [CA-Rest] }";
    let includes = "{ includeGroups: [CA-Rest] }";
    let both = group("members: [breakglass1@contoso.com, breakglass2@contoso.com]");
    let cases = [
        (
            "nothing is declared, and the last leaves a group that a block spares",
            (group("members: [diegos@contoso.com]"), group("members: []")),
            policy(excludes, "block"),
            "",
            "block-all",
        ),
        (
            "one account is hit already, now the other one is, too",
            (
                group("members: [breakglass2@contoso.com]"),
                group("members: []"),
            ),
            policy(excludes, "mfa"),
            users,
            "break-glass",
        ),
        (
            "a rule takes the place of the members",
            (both, rule("user.department -eq \"None\"")),
            policy(excludes, "mfa"),
            users,
            "break-glass",
        ),
        (
            "the rule of a group in scope changes",
            (
                rule("user.department -eq \"None\""),
                rule("user.accountEnabled -eq true"),
            ),
            policy(includes, "block"),
            users,
            "break-glass",
        ),
    ];
    run(async {
        for (name, (before, after), policy, guards, guard) in cases {
            let world = World::new().await;
            world
                .apply(&desired(&format!("{BASE}{before}{policy}")))
                .await;
            let plan = desired(&format!("{BASE}{after}{policy}"));
            let plan = world.guarded(&plan, guards, &[Guard::Weakening]).await;
            assert_eq!(refused(&plan), [guard], "{name}");
            let about = |v: &&gatewright::plan::guard::GuardFinding| {
                v.refuses() && v.finding.message.contains("CA800 Rests")
            };
            assert!(plan.guards.iter().any(|v| about(&v)), "{name}");
        }
    });
}

/// Who is in a dynamic group before and after nobody can tell: no proof speaks for it.
#[test]
fn another_rule_of_a_group_that_policies_rest_on_is_agreed_to() {
    run(async {
        let text = |rule: &str| {
            let dynamic = DYNAMIC.replace("user.accountEnabled -eq true", rule);
            edited("CA001", "[CA-BreakGlass", "[CA-Dynamic, CA-BreakGlass") + &dynamic
        };
        let world = World::new().await;
        let before = text("user.department -eq \"A\"");
        world.apply(&desired(&before)).await;
        let plan = world.guarded(&desired(&before), "", &[]).await;
        assert_eq!(refused(&plan), [] as [&str; 0]);
        let after = text("user.department -eq \"B\"");
        let plan = world.guarded(&desired(&after), "", &[]).await;
        assert_eq!(refused(&plan), ["weakening"]);
    });
}

/// What was observed in report-only is what is to be enforced.
#[test]
fn a_policy_is_not_promoted_while_its_strength_or_location_changes() {
    run(async {
        let base = edited(
            "CA005 Devices",
            "operator: OR, builtInControls: [compliantDevice]",
            "operator: OR, authenticationStrength: CA-Keys",
        )
        .replace(
            "excludeGroups: [CA-BreakGlass] }\n  applications: { includeApplications: [All] }\ngrantControls: { operator: OR, authenticationStrength: CA-Keys }\n---\nkind: ConditionalAccessPolicy\ndisplayName: CA006",
            "excludeGroups: [CA-BreakGlass] }\n  applications: { includeApplications: [All] }\n  locations: { includeLocations: [All], excludeLocations: [AllTrusted] }\ngrantControls: { operator: OR, authenticationStrength: CA-Keys }\n---\nkind: ConditionalAccessPolicy\ndisplayName: CA006",
        );
        assert_eq!(base.matches("AllTrusted").count(), 2);
        let world = World::new().await;
        world.apply(&desired(&base)).await;
        let promoted = base.replace("enabledForReportingButNotEnforced", "enabled");
        let plan = world.guarded(&desired(&promoted), "", &[]).await;
        assert_eq!(refused(&plan), [] as [&str; 0]);
        for (from, to) in [
            ("[fido2]", "[x509CertificateMultiFactor]"),
            ("203.0.113.0/24", "192.0.2.0/24"),
        ] {
            let both = promoted.replace(from, to);
            let plan = world
                .guarded(&desired(&both), "", &[Guard::Weakening])
                .await;
            assert_eq!(refused(&plan), ["promotion"], "{to}");
        }
    });
}

/// Moving an emergency account says nothing of groups that it never was in.
#[test]
fn a_policy_on_other_groups_is_not_hit_by_an_account_that_moves() {
    run(async {
        let world = World::new().await;
        let group = |members: &str| {
            format!("{BASE}---\nkind: Group\ndisplayName: CA-Rest\nmembers: [{members}]\n")
        };
        world
            .apply(&desired(&group("breakglass2@contoso.com")))
            .await;
        let plan = world.guarded(&desired(&group("")), GUARDS, &[]).await;
        assert_eq!(refused(&plan), [] as [&str; 0], "{:#?}", plan.guards);
        // The name of the group may change where the guards file changes with it.
        let renamed = BASE
            .replace(
                "displayName: CA-BreakGlass\nmembers: [breakglass1@contoso.com, breakglass2@contoso.com]",
                "displayName: CA-Emergency\nrenamedFrom: [CA-BreakGlass]",
            )
            .replace("excludeGroups: [CA-BreakGlass", "excludeGroups: [CA-Emergency");
        let guards = "breakGlass: { groups: [CA-Emergency] }\n";
        let plan = world.guarded(&desired(&renamed), guards, &[]).await;
        assert_eq!(refused(&plan), [] as [&str; 0], "{:#?}", plan.guards);
    });
}

async fn tenant() -> World {
    let mut world = World::new().await;
    world.apply(&desired(BASE)).await;
    world.scope(json!({"ConditionalAccessPolicy": {"namePrefix": "CA"}}));
    world
}

#[test]
fn every_dangerous_edit_is_refused_by_the_right_guards() {
    run(async {
        let world = tenant().await;
        let edits = dangerous();
        assert!(edits.len() >= 25);
        for (name, text, guards) in edits {
            let plan = world.guarded(&desired(&text), GUARDS, &[]).await;
            let found = refused(&plan);
            assert!(!found.is_empty(), "not refused: {name}");
            for guard in guards {
                assert!(found.contains(guard), "{name}: {found:?} without {guard}");
            }
            // Let through by name, it is refused no more.
            let allow: Vec<Guard> = found.iter().filter_map(|id| Guard::parse(id)).collect();
            let plan = world.guarded(&desired(&text), GUARDS, &allow).await;
            assert!(!plan.is_refused(), "{name}");
            assert_eq!(plan.allowed_by_flag().len(), found.len(), "{name}");
        }
    });
}

#[test]
fn no_harmless_edit_is_refused() {
    run(async {
        let world = tenant().await;
        let edits = harmless();
        assert!(edits.len() >= 25);
        for (name, text) in edits {
            let plan = world.guarded(&desired(&text), GUARDS, &[]).await;
            let found: Vec<String> = plan
                .guards
                .iter()
                .filter(|v| v.refuses())
                .map(|v| format!("{}: {}", v.guard, v.finding.message))
                .collect();
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    });
}
