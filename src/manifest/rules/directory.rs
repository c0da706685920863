//! Groups and test users: what the directory refuses, and what gatewright does not make.

use super::{Graph, Reporter, location};
use crate::model::group::Group;
use crate::model::tables::is_country_code;
use crate::model::user::TestUser;

pub(super) fn check_group(group: &Group, report: &mut Reporter<'_>) {
    security_group(group, report);
    dynamic_group(group, report);
    dynamic_members(group, report);
    role_assignable(group, report);
    if let Some(nickname) = &group.mail_nickname {
        mail_nickname(nickname, Graph::GrR03, report);
    }
}

pub(super) fn check_user(user: &TestUser, report: &mut Reporter<'_>) {
    principal_name(&user.user_principal_name, report);
    if let Some(nickname) = &user.mail_nickname {
        mail_nickname(nickname, Graph::UsR02, report);
    }
    usage_location(user, report);
}

/// Rule GR-R01: a security group that takes no mail.
fn security_group(group: &Group, report: &mut Reporter<'_>) {
    let unified = (group.group_types.iter()).position(|t| t.eq_ignore_ascii_case("Unified"));
    let found = if let Some(index) = unified {
        Some((format!("/groupTypes/{index}"), "a Microsoft 365 group"))
    } else if group.mail_enabled == Some(true) {
        Some(("/mailEnabled".to_owned(), "a group with a mailbox"))
    } else if group.security_enabled == Some(false) {
        Some(("/securityEnabled".to_owned(), "a group without security"))
    } else {
        None
    };
    if let Some((pointer, what)) = found {
        report.refuse(
            Graph::GrR01,
            &pointer,
            &format!("this is {what}; gatewright manages security groups only"),
            "remove the line, or create the group with another tool and refer to it by name",
        );
    }
}

/// Rule GR-R02: a rule where the group is dynamic, and only there.
fn dynamic_group(group: &Group, report: &mut Reporter<'_>) {
    let rule = (group.membership_rule.as_deref()).is_some_and(|rule| !rule.trim().is_empty());
    if group.is_dynamic() && !rule {
        report.refuse(
            Graph::GrR02,
            if group.membership_rule.is_some() {
                "/membershipRule"
            } else {
                "/groupTypes"
            },
            "the group is dynamic, but has no `membershipRule`",
            "add a rule, for example `membershipRule: user.department -eq \"Sales\"`",
        );
    }
    if !group.is_dynamic() && rule {
        report.refuse(
            Graph::GrR02,
            "/membershipRule",
            "the group has a `membershipRule`, but is not dynamic",
            "add `groupTypes: [DynamicMembership]`, or remove the rule",
        );
    } else if !group.is_dynamic() && group.membership_rule_processing_state.is_some() {
        report.warn(
            Graph::GrR02,
            "/membershipRuleProcessingState",
            "`membershipRuleProcessingState` does nothing in a group that is not dynamic",
            "remove it",
        );
    }
}

/// Rule GR-R02: the service alone works out who is in a dynamic group.
fn dynamic_members(group: &Group, report: &mut Reporter<'_>) {
    if group.is_dynamic() && group.members.is_some() {
        report.refuse(
            Graph::GrR02,
            "/members",
            "the members of a dynamic group come from its rule, and cannot be listed",
            "remove `members`, or `groupTypes` and `membershipRule`",
        );
    }
}

/// Rule GR-R04: roles go to groups with assigned members.
fn role_assignable(group: &Group, report: &mut Reporter<'_>) {
    if group.is_dynamic() && group.is_assignable_to_role == Some(true) {
        report.refuse(
            Graph::GrR04,
            "/isAssignableToRole",
            "a dynamic group cannot be assigned to a role",
            "remove `isAssignableToRole`, or list the members instead of the rule",
        );
    }
}

/// Rules GR-R03 and US-R02: the form of a mail nickname.
fn mail_nickname(nickname: &str, rule: Graph, report: &mut Reporter<'_>) {
    let pointer = "/mailNickname";
    let bad = |c: &char| {
        !c.is_ascii_graphic()
            || matches!(
                c,
                '@' | '(' | ')' | '\\' | '[' | ']' | '"' | ';' | ':' | '<' | '>' | ','
            )
    };
    if nickname.is_empty() {
        report.refuse(
            rule,
            pointer,
            "the mail nickname is empty",
            "remove the line; a nickname is then derived from the name",
        );
    } else if let Some(c) = nickname.chars().find(bad) {
        report.refuse(
            rule,
            pointer,
            &format!("`{}` is not allowed in a mail nickname", c.escape_debug()),
            "use letters, digits, `.`, `-` and `_`",
        );
    } else if nickname.len() > 64 {
        report.refuse(
            rule,
            pointer,
            &format!(
                "the mail nickname has {} characters; 64 are allowed",
                nickname.len()
            ),
            "shorten it, or remove the line",
        );
    }
}

/// Rule US-R01: the form of a user principal name. The part behind the `@`
/// may be missing: then the tenant's default domain is meant.
fn principal_name(name: &str, report: &mut Reporter<'_>) {
    let mut refuse = |message: String, help: &str| {
        report.refuse(Graph::UsR01, "/userPrincipalName", &message, help);
    };
    let (local, domain) = match name.split_once('@') {
        Some((local, domain)) => (local, Some(domain)),
        None => (name, None),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
    if name.matches('@').count() > 1 {
        refuse(
            format!("`{name}` has more than one `@`"),
            "write one `@`, before the domain",
        );
    } else if local.is_empty() {
        refuse(
            format!("`{name}` has nothing before the domain"),
            "write a name before the `@`",
        );
    } else if let Some(c) = local.chars().find(|c| !allowed(*c)) {
        refuse(
            format!(
                "`{}` is not allowed in a user principal name",
                c.escape_debug()
            ),
            "use letters, digits and `'.-_!#^~`",
        );
    } else if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        refuse(
            format!("the dots in `{local}` must be between other characters"),
            "remove the dot at the start or end, or one of two in a row",
        );
    } else if local.len() > 64 {
        refuse(
            format!(
                "the name has {} characters before the domain; 64 are allowed",
                local.len()
            ),
            "shorten the name",
        );
    } else if let Some(domain) = domain {
        if !is_domain(domain) {
            refuse(
                format!("`{domain}` is not a domain"),
                "write a verified domain of the tenant, such as `contoso.onmicrosoft.com`, or leave out the `@` and the domain",
            );
        } else if domain.len() > 48 || name.len() > 113 {
            refuse(
                format!(
                    "the name has {} characters, {} of them in the domain; 113 and 48 are allowed",
                    name.len(),
                    domain.len()
                ),
                "use a shorter domain of the tenant",
            );
        }
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}

/// Rule US-R03: a known country code. The JSON Schema sees to its form.
fn usage_location(user: &TestUser, report: &mut Reporter<'_>) {
    if let Some(code) = &user.usage_location
        && code.len() == 2
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && !is_country_code(code)
    {
        report.refuse(
            Graph::UsR03,
            "/usageLocation",
            &format!("`{code}` is not a country code"),
            &location::country_help(code),
        );
    }
}
