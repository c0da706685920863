//! Rules CA-R80 to CA-R91.

use super::{refused, silent, warned};

fn with(grant: &str) -> String {
    format!("conditions:\n  @users\n  @apps\ngrantControls: {grant}\n")
}

#[test]
fn block_stands_alone() {
    refused(
        "CA-R80",
        &with("{operator: OR, builtInControls: [mfa, §block]}"),
    );
    refused(
        "CA-R80",
        &with("{operator: OR, builtInControls: [§block], termsOfUse: [Terms]}"),
    );
    refused(
        "CA-R80",
        &with("{operator: AND, builtInControls: [§block], authenticationStrength: Strong}"),
    );
}

#[test]
fn a_strength_takes_the_place_of_mfa() {
    refused(
        "CA-R81",
        &with("{operator: AND, builtInControls: [§mfa], authenticationStrength: Strong}"),
    );
}

fn password_change(conditions: &str, rest: &str) -> String {
    format!("conditions:\n  @users\n{conditions}{rest}")
}

const RISK: &str = "  @apps\n  userRiskLevels: [high]\n";
const CHANGE: &str = "grantControls: {operator: AND, builtInControls: [mfa, passwordChange]}\n";

#[test]
fn password_change_goes_with_mfa() {
    silent(&password_change(RISK, CHANGE));
    refused(
        "CA-R82",
        &password_change(
            RISK,
            "grantControls: {operator: §OR, builtInControls: [mfa, passwordChange]}\n",
        ),
    );
    refused(
        "CA-R82",
        &password_change(
            RISK,
            "grantControls: {operator: OR, builtInControls: [§passwordChange]}\n",
        ),
    );
    refused(
        "CA-R82",
        &password_change(
            RISK,
            "grantControls: {operator: AND, builtInControls: [mfa, passwordChange, §compliantDevice]}\n",
        ),
    );
    refused(
        "CA-R82",
        &password_change(
            RISK,
            "grantControls: {operator: AND, builtInControls: [mfa, passwordChange], termsOfUse: §[Terms]}\n",
        ),
    );
    silent(&password_change(
        RISK,
        "grantControls: {operator: AND, builtInControls: [passwordChange], authenticationStrength: Strong}\n",
    ));
}

#[test]
fn password_change_is_for_user_risk_on_everything() {
    refused(
        "CA-R83",
        &password_change(
            "  @apps\n",
            "grantControls: {operator: AND, builtInControls: [mfa, §passwordChange]}\n",
        ),
    );
    refused(
        "CA-R83",
        &password_change(
            "  applications: §{includeApplications: [Office365]}\n  userRiskLevels: [high]\n",
            CHANGE,
        ),
    );
    refused(
        "CA-R83",
        &password_change(
            "  applications: {includeApplications: [All], excludeApplications: §[Office365]}\n  userRiskLevels: [high]\n",
            CHANGE,
        ),
    );
    for condition in [
        "  clientAppTypes: §[browser]\n",
        "  locations: §{includeLocations: [AllTrusted]}\n",
        "  platforms: §{includePlatforms: [all]}\n",
    ] {
        refused(
            "CA-R83",
            &password_change(&format!("{RISK}{condition}"), CHANGE),
        );
    }
}

#[test]
fn password_change_asks_every_time() {
    let session = |text: &str| password_change(RISK, &format!("{CHANGE}sessionControls:\n{text}"));
    refused(
        "CA-R84",
        &session("  signInFrequency: §{isEnabled: true, value: 1, type: hours}\n"),
    );
    refused(
        "CA-R84",
        &session("  persistentBrowser: §{isEnabled: true, mode: never}\n"),
    );
    silent(&session(
        "  signInFrequency: {isEnabled: true, frequencyInterval: everyTime}\n",
    ));
}

#[test]
fn verified_ids_are_a_preview() {
    warned(
        "CA-R92",
        &with("{operator: OR, builtInControls: [§verifiedID]}"),
    );
}

#[test]
fn risk_remediation_is_for_user_risk() {
    for (grant, rest) in [
        (
            "{operator: §OR, builtInControls: [riskRemediation], authenticationStrength: Strong}",
            "",
        ),
        (
            "{operator: AND, builtInControls: [riskRemediation, §mfa]}",
            "",
        ),
        (
            "{operator: AND, builtInControls: [riskRemediation], authenticationStrength: Strong}",
            "sessionControls:\n  signInFrequency: §{isEnabled: true, value: 4, type: hours}\n",
        ),
    ] {
        warned(
            "CA-R85",
            &password_change(RISK, &format!("grantControls: {grant}\n{rest}")),
        );
    }
    warned(
        "CA-R85",
        &with("{operator: OR, builtInControls: [§riskRemediation]}"),
    );
}

#[test]
fn approved_applications_retire() {
    warned(
        "CA-R86",
        &with("{operator: OR, builtInControls: [§approvedApplication]}"),
    );
    warned(
        "CA-R86",
        &with("{operator: AND, builtInControls: [compliantApplication, §approvedApplication]}"),
    );
    silent(&with(
        "{operator: OR, builtInControls: [compliantApplication, approvedApplication]}",
    ));
}

#[test]
fn domains_are_for_windows() {
    let policy = |platforms: &str| {
        format!(
            "conditions:\n  @users\n  @apps\n  platforms: {{includePlatforms: [{platforms}]}}\ngrantControls: {{operator: OR, builtInControls: [compliantDevice, §domainJoinedDevice]}}\n"
        )
    };
    warned("CA-R87", &policy("macOS, linux"));
    silent(&policy("macOS, windows").replace('§', ""));
}

#[test]
fn other_requirements() {
    warned(
        "CA-R90",
        &with("{operator: OR, customAuthenticationFactors: §[RequireDuoMfa]}"),
    );
    warned(
        "CA-R89",
        &with("{operator: OR, authenticationStrength: §00000000-0000-0000-0000-000000000005}"),
    );
    silent(&with(
        "{operator: OR, authenticationStrength: {id: 00000000-0000-0000-0000-000000000004}}",
    ));
}
