//! Rules CA-R40 to CA-R50 and AC-R01.

use super::{refused, silent, warned};

#[test]
fn resources_are_of_one_kind() {
    refused(
        "CA-R40",
        "conditions:\n  @users\n  applications: {includeApplications: [All], includeUserActions: §['urn:user:registersecurityinfo']}\n@mfa\n",
    );
    refused(
        "CA-R40",
        "conditions:\n  @users\n  applications: {includeAuthenticationContextClassReferences: §[c1], includeApplications: [Office365]}\n@mfa\n",
    );
    warned(
        "CA-R40",
        "conditions:\n  @users\n  applications: {includeAuthenticationContextClassReferences: [c1], excludeApplications: §[Office365]}\n@mfa\n",
    );
}

#[test]
fn microsoft_graph_is_no_target() {
    for name in [
        "00000003-0000-0000-c000-000000000000",
        "Microsoft Graph",
        "00000003-0000-0000-C000-000000000000",
    ] {
        warned(
            "CA-R43",
            &format!(
                "conditions:\n  @users\n  applications: {{includeApplications: [§{name}]}}\n@mfa\n"
            ),
        );
    }
    warned(
        "CA-R43",
        "conditions:\n  @users\n  applications: {includeApplications: [All], excludeApplications: [§Microsoft Graph]}\n@mfa\n",
    );
    silent(
        "conditions:\n  @users\n  applications: {includeApplications: [Microsoft Graph PowerShell]}\n@mfa\n",
    );
}

#[test]
fn registering_a_device_takes_mfa_alone() {
    let policy = |rest: &str| {
        format!(
            "conditions:\n  @users\n  applications: {{includeUserActions: ['urn:user:registerdevice']}}\n{rest}"
        )
    };
    for grant in [
        "grantControls: {operator: OR, builtInControls: [mfa, §compliantDevice]}\n",
        "grantControls: {operator: OR, builtInControls: [§block]}\n",
        "grantControls: {operator: AND, builtInControls: [mfa], termsOfUse: §[Terms]}\n",
    ] {
        warned("CA-R44", &policy(grant));
    }
    for condition in [
        "  clientAppTypes: §[browser]\n@mfa\n",
        "  devices: §{deviceFilter: {mode: include, rule: device.isCompliant -eq True}}\n@mfa\n",
    ] {
        warned("CA-R44", &policy(condition));
    }
    refused(
        "CA-R80",
        &policy("grantControls: {operator: OR, builtInControls: [§block, mfa]}\n"),
    );
    silent(&policy("  clientAppTypes: [all]\n@mfa\n"));
    silent(&policy(
        "grantControls: {operator: OR, authenticationStrength: Multifactor authentication}\n",
    ));
}

#[test]
fn user_actions_are_not_reported_on() {
    warned(
        "CA-R46",
        "state: §enabledForReportingButNotEnforced\nconditions:\n  @users\n  applications: {includeUserActions: ['urn:user:registersecurityinfo']}\n@mfa\n",
    );
}

#[test]
fn user_actions_are_of_a_list() {
    warned(
        "CA-R50",
        "conditions:\n  @users\n  applications: {includeUserActions: [§'urn:user:registersecurity']}\n@mfa\n",
    );
    silent(
        "conditions:\n  @users\n  applications: {includeUserActions: ['urn:user:accountrecovery']}\n@mfa\n",
    );
    silent(
        "conditions:\n  @users\n  applications: {includeUserActions: ['urn:user:RegisterSecurityInfo']}\n@mfa\n",
    );
}

#[test]
fn contexts_are_c1_to_c99_or_names() {
    let policy = |id: &str| {
        format!(
            "conditions:\n  @users\n  applications: {{includeAuthenticationContextClassReferences: [{id}]}}\n@mfa\n"
        )
    };
    for wrong in ["§c0", "§c100", "§C07"] {
        refused("AC-R01", &policy(wrong));
    }
    for right in ["c1", "C99", "c", "c1 of finance", "Sensitive data"] {
        silent(&policy(right));
    }
}

#[test]
fn application_filters_pick_among_named_applications() {
    let policy = |apps: &str, mode: &str, rule: &str| {
        format!(
            "conditions:\n  @users\n  applications:\n    includeApplications: [{apps}]\n    applicationFilter:\n      mode: {mode}\n      rule: {rule}\n@mfa\n"
        )
    };
    let rule = "CustomSecurityAttribute.Apps_Level -contains \"high\"";
    warned("CA-R48", &policy("§All", "include", rule));
    warned("CA-R48", &policy("§none", "exclude", rule));
    silent(&policy("All", "exclude", rule));
    warned(
        "CA-R48",
        &policy("Office365", "include", "§Apps_Level -contains \"high\""),
    );
    refused("CA-R48", &policy("Office365", "include", "§' '"));
    silent(&policy("Office365, Salesforce", "include", rule));
    silent(&policy("", "include", rule));
}
