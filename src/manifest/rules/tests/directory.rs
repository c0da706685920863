//! Rules on groups and test users.

use super::{refused, silent, warned};

fn group(text: &str) -> String {
    format!("kind: Group\ndisplayName: G\n{text}\n")
}

#[test]
fn groups_are_security_groups() {
    refused("GR-R01", &group("groupTypes: [§Unified]"));
    refused("GR-R01", &group("mailEnabled: §true"));
    refused("GR-R01", &group("securityEnabled: §false"));
    silent(&group(
        "groupTypes: []\nmailEnabled: false\nsecurityEnabled: true\nmembers: [a]",
    ));
}

#[test]
fn dynamic_groups_have_a_rule_and_no_list() {
    refused("GR-R02", &group("groupTypes: §[DynamicMembership]"));
    refused(
        "GR-R02",
        &group("groupTypes: [DynamicMembership]\nmembershipRule: §' '"),
    );
    refused(
        "GR-R02",
        &group("membershipRule: §user.department -eq \"Sales\""),
    );
    refused(
        "GR-R02",
        &group(
            "groupTypes: [DynamicMembership]\nmembershipRule: user.department -eq \"Sales\"\nmembers: §[a]",
        ),
    );
    warned("GR-R02", &group("membershipRuleProcessingState: §On"));
    refused(
        "GR-R04",
        &group(
            "groupTypes: [DynamicMembership]\nmembershipRule: user.department -eq \"Sales\"\nisAssignableToRole: §true",
        ),
    );
    silent(&group(
        "groupTypes: [dynamicMembership]\nmembershipRule: user.department -eq \"Sales\"\nmembershipRuleProcessingState: Paused",
    ));
}

#[test]
fn mail_nicknames_have_their_form() {
    for nickname in ["''", "a b", "a@b", "größe", "'a,b'"] {
        refused("GR-R03", &group(&format!("mailNickname: §{nickname}")));
    }
    let long = "a".repeat(65);
    refused("GR-R03", &group(&format!("mailNickname: §{long}")));
    silent(&group("mailNickname: ca-break_glass.1"));
    refused(
        "US-R02",
        "kind: TestUser\ndisplayName: U\nuserPrincipalName: u\nmailNickname: §a b\n",
    );
}

#[test]
fn principal_names_have_their_form() {
    let user = |name: &str| format!("kind: TestUser\ndisplayName: U\nuserPrincipalName: {name}\n");
    let long = "a".repeat(65);
    let domain = format!("{}.onmicrosoft.com", "b".repeat(40));
    for name in [
        "§a@b@contoso.com".to_owned(),
        "§'@contoso.com'".to_owned(),
        "§a b".to_owned(),
        "§übung".to_owned(),
        "§a.@contoso.com".to_owned(),
        "§a..b".to_owned(),
        "§a@contoso".to_owned(),
        "§a@".to_owned(),
        "§a@con_toso.com".to_owned(),
        format!("§{long}"),
        format!("§a@{domain}"),
    ] {
        refused("US-R01", &user(&name));
    }
    for name in ["anna.test", "o'neil_1@contoso.onmicrosoft.com", "a#b!c^d~e"] {
        silent(&user(name));
    }
}

#[test]
fn usage_locations_are_countries() {
    refused(
        "US-R03",
        "kind: TestUser\ndisplayName: U\nuserPrincipalName: u\nusageLocation: §UK\n",
    );
    silent("kind: TestUser\ndisplayName: U\nuserPrincipalName: u\nusageLocation: GB\n");
}
