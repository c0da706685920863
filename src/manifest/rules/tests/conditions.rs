//! Rules CA-R60 to CA-R70.

use super::{refused, silent, warned};

fn with(conditions: &str, grant: &str) -> String {
    format!("conditions:\n  @users\n  @apps\n{conditions}{grant}")
}

#[test]
fn active_sync_takes_little() {
    let policy = |users: &str, apps: &str, rest: &str| {
        format!(
            "conditions:\n  users: {users}\n  applications: {{includeApplications: [{apps}]}}\n  clientAppTypes: [exchangeActiveSync]\n{rest}"
        )
    };
    let group = "{includeGroups: [Mobile users]}";
    let exchange = "Exchange Online";
    let device = "grantControls: {operator: OR, builtInControls: [compliantDevice]}\n";
    silent(&policy(group, exchange, device));
    silent(&policy("{includeUsers: [All]}", "All", "@block\n"));
    silent(&policy(
        group,
        "Office365",
        "  locations: {includeLocations: [AllTrusted]}\n@block\n",
    ));
    warned(
        "CA-R61",
        &policy("{includeUsers: [§All]}", exchange, device),
    );
    warned(
        "CA-R61",
        &policy("{includeRoles: §[Global Reader]}", exchange, device),
    );
    warned("CA-R61", &policy(group, "§Office365", device));
    warned(
        "CA-R61",
        &policy(
            group,
            exchange,
            "  locations: §{includeLocations: [AllTrusted]}\ngrantControls: {operator: OR, builtInControls: [compliantDevice]}\n",
        ),
    );
    warned(
        "CA-R61",
        &policy(
            group,
            exchange,
            "grantControls: {operator: OR, builtInControls: [compliantDevice, §mfa]}\n",
        ),
    );
}

#[test]
fn platforms_include_some() {
    warned(
        "CA-R62",
        &with("  platforms: §{excludePlatforms: [windows]}\n", "@mfa\n"),
    );
    warned(
        "CA-R62",
        &with("  platforms: {includePlatforms: [iOS, §all]}\n", "@mfa\n"),
    );
    warned(
        "CA-R62",
        &with(
            "  platforms: {includePlatforms: [iOS], excludePlatforms: [§all]}\n",
            "@mfa\n",
        ),
    );
}

#[test]
fn locations_include_some() {
    warned(
        "CA-R63",
        &with("  locations: §{excludeLocations: [AllTrusted]}\n", "@mfa\n"),
    );
    warned(
        "CA-R63",
        &with(
            "  locations: {includeLocations: [Office], excludeLocations: [§all]}\n",
            "@mfa\n",
        ),
    );
}

fn filter(rule: &str) -> String {
    with(
        &format!("  devices:\n    deviceFilter:\n      mode: exclude\n      rule: §{rule}\n"),
        "@mfa\n",
    )
}

#[test]
fn device_filters_are_well_formed() {
    for rule in [
        "'device.isCompliant -eq'",
        "'isCompliant -eq True'",
        "'(device.isCompliant -eq True'",
        "'device.trustType -eq ServerAD'",
        "'device.model -like \"x\"'",
        "'device.isCompliant -eq True, device.trustType -eq \"AzureAD\"'",
    ] {
        refused("CA-R65", &filter(rule));
    }
    let long = format!(
        "'device.displayName -in [{}]'",
        ["\"abcdefgh\""; 300].join(",")
    );
    refused("CA-R65", &filter(&long));
}

#[test]
fn device_filters_use_documented_attributes() {
    for rule in [
        "'device.isCompliannt -eq True'",
        "'device.deviceId -startsWith \"a\"'",
        "'device.isCompliant -eq \"yes\"'",
        "'device.trustType -eq \"Hybrid\"'",
        "'device.model -eq True'",
        "'device.model -in \"a\"'",
        "'device.model -in []'",
        "'device.model -eq [\"a\"]'",
        "'device.systemLabels -eq \"a\"'",
    ] {
        warned("CA-R65", &filter(rule));
    }
}

#[test]
fn device_filters_and_device_states_exclude_each_other() {
    warned("CA-R65", &filter("device.x -eq True"));
    refused(
        "CA-R65",
        &with(
            "  devices:\n    deviceFilter: {mode: include, rule: device.isCompliant -eq True}\n    excludeDeviceStates: §[Compliant]\n",
            "@mfa\n",
        ),
    );
    refused(
        "CA-R65",
        &with(
            "  devices:\n    deviceFilter: {mode: include, rule: device.isCompliant -eq True}\n  deviceStates: §{includeStates: [All]}\n",
            "@mfa\n",
        ),
    );
}

#[test]
fn controls_on_applications_need_their_platforms() {
    warned(
        "CA-R66",
        &with(
            "  platforms: {includePlatforms: [iOS, §macOS]}\n",
            "grantControls: {operator: OR, builtInControls: [compliantApplication]}\n",
        ),
    );
    warned(
        "CA-R66",
        &with(
            "  platforms: {includePlatforms: [§linux]}\n",
            "grantControls: {operator: AND, builtInControls: [compliantApplication, mfa]}\n",
        ),
    );
    silent(&with(
        "  platforms: {includePlatforms: [iOS, macOS]}\n",
        "grantControls: {operator: OR, builtInControls: [compliantApplication, compliantDevice]}\n",
    ));
}

#[test]
fn risk_levels_can_be_matched() {
    warned(
        "CA-R60",
        &with("  signInRiskLevels: [high, §hidden]\n", "@mfa\n"),
    );
    warned(
        "CA-R60",
        &with("  signInRiskLevels: §[none, low, medium, high]\n", "@mfa\n"),
    );
    warned(
        "CA-R70",
        &with(
            "  userRiskLevels: [high]\n  signInRiskLevels: §[high]\n",
            "@mfa\n",
        ),
    );
    warned("CA-R67", &with("  insiderRiskLevels: §[]\n", "@block\n"));
    silent(&with("  signInRiskLevels: [none]\n", "@mfa\n"));
}

#[test]
fn authentication_flows_are_named() {
    warned(
        "CA-R68",
        &with(
            "  authenticationFlows: {transferMethods: §[]}\n",
            "@block\n",
        ),
    );
    warned(
        "CA-R68",
        &with(
            "  authenticationFlows: {transferMethods: [§none]}\n",
            "@block\n",
        ),
    );
}

#[test]
fn device_code_flow_cannot_show_a_device() {
    warned(
        "CA-R68",
        &with(
            "  authenticationFlows: {transferMethods: deviceCodeFlow}\n",
            "grantControls: {operator: AND, builtInControls: [mfa, §compliantDevice]}\n",
        ),
    );
    silent(&with(
        "  authenticationFlows: {transferMethods: deviceCodeFlow}\n",
        "grantControls: {operator: OR, builtInControls: [mfa, compliantDevice]}\n",
    ));
}
