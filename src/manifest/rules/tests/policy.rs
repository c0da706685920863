//! Rules CA-R01 to CA-R11.

use super::{refused, silent, warned};

#[test]
fn a_display_name_has_letters() {
    refused(
        "CA-R01",
        "displayName: §'  '\nconditions:\n  @users\n  @apps\n@mfa\n",
    );
    let name = "\u{1F512}".repeat(129);
    warned(
        "CA-R11",
        &format!("displayName: §{name}\nconditions:\n  @users\n  @apps\n@mfa\n"),
    );
}

#[test]
fn a_resource_is_needed() {
    refused("CA-R02", "§conditions:\n  @users\n@mfa\n");
    refused(
        "CA-R02",
        "conditions:\n  @users\n  applications: §{excludeApplications: [Office365]}\n@mfa\n",
    );
    silent("conditions:\n  @users\n  applications: {includeApplications: [none]}\n@mfa\n");
}

#[test]
fn a_user_is_needed() {
    refused("CA-R03", "§conditions:\n  @apps\n@mfa\n");
    refused(
        "CA-R03",
        "conditions:\n  users: §{excludeUsers: [admin]}\n  @apps\n@mfa\n",
    );
    refused(
        "CA-R03",
        "conditions:\n  users: §{includeUsers: []}\n  clientApplications: {}\n  @apps\n@mfa\n",
    );
    silent("conditions:\n  users: {includeUsers: [none]}\n  @apps\n@mfa\n");
}

#[test]
fn a_control_is_needed() {
    refused(
        "CA-R04",
        "§displayName: X\nstate: enabled\nconditions:\n  @users\n  @apps\n",
    );
    refused(
        "CA-R04",
        "conditions:\n  @users\n  @apps\ngrantControls: §{operator: OR}\n",
    );
    refused(
        "CA-R04",
        "conditions:\n  @users\n  @apps\nsessionControls: §{persistentBrowser: {isEnabled: false, mode: never}}\n",
    );
    refused(
        "CA-R04",
        "conditions:\n  @users\n  @apps\ngrantControls: §{operator: OR}\nsessionControls: {}\n",
    );
}

#[test]
fn client_app_types_are_not_empty() {
    refused(
        "CA-R06",
        "conditions:\n  @users\n  @apps\n  clientAppTypes: §[]\n@mfa\n",
    );
    silent("conditions:\n  @users\n  @apps\n  clientAppTypes: null\n@mfa\n");
}

#[test]
fn all_client_app_types_stand_alone() {
    warned(
        "CA-R07",
        "conditions:\n  @users\n  @apps\n  clientAppTypes: [browser, §all]\n@mfa\n",
    );
}

#[test]
fn all_and_none_stand_alone() {
    warned(
        "CA-R08",
        "conditions:\n  users: {includeUsers: [admin, §all]}\n  @apps\n@mfa\n",
    );
    warned(
        "CA-R08",
        "conditions:\n  users: {includeUsers: [§None, All]}\n  @apps\n@mfa\n",
    );
    warned(
        "CA-R08",
        "conditions:\n  @users\n  applications: {includeApplications: [Office365, §All]}\n@mfa\n",
    );
    warned(
        "CA-R08",
        "conditions:\n  @users\n  @apps\n  locations: {includeLocations: [§All, AllTrusted]}\n@mfa\n",
    );
    silent("conditions:\n  users: {includeUsers: [All, all]}\n  @apps\n@mfa\n");
}

#[test]
fn all_and_none_stand_without_groups_roles_and_guests() {
    warned(
        "CA-R08",
        "conditions:\n  users: {includeUsers: [§None], includeGroups: [Pilot]}\n  @apps\n@mfa\n",
    );
    warned(
        "CA-R08",
        "conditions:\n  users: {includeUsers: [§All], includeRoles: [Global Administrator]}\n  @apps\n@mfa\n",
    );
}

#[test]
fn all_is_no_group_and_no_role() {
    refused(
        "CA-R09",
        "conditions:\n  users: {includeRoles: [§All]}\n  @apps\n@mfa\n",
    );
    refused(
        "CA-R09",
        "conditions:\n  users: {includeGroups: [Pilot, §all]}\n  @apps\n@mfa\n",
    );
    refused(
        "CA-R09",
        "conditions:\n  users: {includeUsers: [All], excludeGroups: [§All]}\n  @apps\n@mfa\n",
    );
}

#[test]
fn all_and_none_cannot_be_left_out() {
    warned(
        "CA-R08",
        "conditions:\n  users: {includeUsers: [All], excludeUsers: [§None]}\n  @apps\n@mfa\n",
    );
    warned(
        "CA-R08",
        "conditions:\n  @users\n  applications: {includeApplications: [All], excludeApplications: [Office365, §all]}\n@mfa\n",
    );
}

#[test]
fn the_operator_is_and_or_or() {
    refused(
        "CA-R10",
        "conditions:\n  @users\n  @apps\ngrantControls: {operator: §XOR, builtInControls: [mfa]}\n",
    );
    silent(
        "conditions:\n  @users\n  @apps\ngrantControls: {operator: or, builtInControls: [mfa]}\n",
    );
}
