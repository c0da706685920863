//! Rules CA-R100 to CA-R112.

use super::{refused, silent, warned};

fn with(apps: &str, conditions: &str, session: &str) -> String {
    format!(
        "conditions:\n  @users\n  applications: {{includeApplications: [{apps}]}}\n{conditions}sessionControls:\n{session}"
    )
}

#[test]
fn restrictions_are_enforced_by_office() {
    let on = "  applicationEnforcedRestrictions: {isEnabled: true}\n";
    silent(&with("Office365", "", on));
    silent(&with(
        "Exchange Online, 00000003-0000-0ff1-ce00-000000000000",
        "",
        on,
    ));
    warned("CA-R100", &with("§All", "", on));
    warned("CA-R100", &with("Office365, §Salesforce", "", on));
}

#[test]
fn persistent_browsers_need_all_applications() {
    refused(
        "CA-R101",
        &with(
            "§Office365",
            "",
            "  persistentBrowser: {isEnabled: true, mode: never}\n",
        ),
    );
    refused(
        "CA-R101",
        &with("All", "", "  persistentBrowser: §{isEnabled: true}\n"),
    );
}

#[test]
fn frequencies_have_value_and_unit() {
    for frequency in ["value: 4", "type: hours", "frequencyInterval: timeBased"] {
        refused(
            "CA-R102",
            &with(
                "All",
                "",
                &format!("  signInFrequency: §{{isEnabled: true, {frequency}}}\n"),
            ),
        );
    }
    warned(
        "CA-R102",
        &with(
            "All",
            "",
            "  signInFrequency: {isEnabled: true, value: §24, type: hours}\n",
        ),
    );
    warned(
        "CA-R102",
        &with(
            "All",
            "",
            "  signInFrequency: {isEnabled: true, value: §366, type: days}\n",
        ),
    );
}

#[test]
fn every_time_is_no_time() {
    refused(
        "CA-R103",
        &with(
            "All",
            "",
            "  signInFrequency: {isEnabled: true, frequencyInterval: everyTime, value: §1, type: hours}\n",
        ),
    );
    let every = "  signInFrequency: {isEnabled: true, frequencyInterval: everyTime}\n";
    refused(
        "CA-R103",
        &with(
            "Office365",
            "",
            &format!("{every}  applicationEnforcedRestrictions: §{{isEnabled: true}}\n"),
        ),
    );
    refused(
        "CA-R103",
        &with(
            "All",
            "",
            &format!("{every}  disableResilienceDefaults: §true\n"),
        ),
    );
    silent(&with(
        "All",
        "",
        &format!("{every}  disableResilienceDefaults: false\n"),
    ));
}

#[test]
fn continuous_access_evaluation() {
    let disabled = "  continuousAccessEvaluation: {mode: disabled}\n";
    silent(&with("All", "", disabled));
    refused(
        "CA-R106",
        "conditions:\n  @users\n  applications: §{includeApplications: [Office365]}\nsessionControls:\n  continuousAccessEvaluation: {mode: disabled}\n",
    );
    refused(
        "CA-R106",
        &with("All", "  clientAppTypes: §[browser]\n", disabled),
    );
    warned(
        "CA-R107",
        &with(
            "All",
            "",
            "  continuousAccessEvaluation: §{mode: strictLocation}\n",
        ),
    );
}

#[test]
fn token_protection_has_few_targets() {
    let on = "  secureSignInSession: {isEnabled: true}\n";
    let client = "  clientAppTypes: [mobileAppsAndDesktopClients]\n";
    let windows = "  platforms: {includePlatforms: [windows]}\n";
    let apps = "Exchange Online, SharePoint Online, Microsoft Teams Services";
    silent(&with(apps, &format!("{client}{windows}"), on));
    warned(
        "CA-R108",
        &with(
            "Exchange Online, §Office365",
            &format!("{client}{windows}"),
            on,
        ),
    );
    warned(
        "CA-R108",
        &with(
            apps,
            &format!("  clientAppTypes: §[browser]\n{windows}"),
            on,
        ),
    );
    warned(
        "CA-R108",
        &with(
            apps,
            &format!("{client}  platforms: §{{includePlatforms: [windows, android]}}\n"),
            on,
        ),
    );
}

#[test]
fn cloud_app_security_says_what_it_does() {
    warned(
        "CA-R109",
        &with("Office365", "", "  cloudAppSecurity: §{isEnabled: true}\n"),
    );
}

#[test]
fn sessions_are_not_blocked_as_well() {
    warned(
        "CA-R111",
        "conditions:\n  @users\n  @apps\n@block\nsessionControls: §{disableResilienceDefaults: true}\n",
    );
    warned(
        "CA-R111",
        "conditions:\n  clientApplications: {includeServicePrincipals: [Job]}\n  @apps\n@block\nsessionControls: §{disableResilienceDefaults: true}\n",
    );
    silent(
        "conditions:\n  @users\n  @apps\n  locations: {includeLocations: [All], excludeLocations: [Office]}\n@block\nsessionControls: {continuousAccessEvaluation: {mode: strictLocation}}\n",
    );
}

#[test]
fn security_profiles_are_for_the_internet() {
    warned(
        "CA-R112",
        &with(
            "§All",
            "",
            "  globalSecureAccessFilteringProfile: {isEnabled: true, profileId: x}\n",
        ),
    );
    warned(
        "CA-R112",
        &with(
            "All internet resources with Global Secure Access",
            "",
            "  globalSecureAccessFilteringProfile: §{isEnabled: true}\n",
        ),
    );
}

#[test]
fn a_control_that_is_off_says_nothing() {
    for control in [
        "signInFrequency: {isEnabled: §false, value: 4, type: hours}",
        "signInFrequency: {isEnabled: §false, frequencyInterval: everyTime}",
        "cloudAppSecurity: {isEnabled: §false, cloudAppSecurityType: monitorOnly}",
        "persistentBrowser: {isEnabled: §false, mode: never}",
        "globalSecureAccessFilteringProfile: {isEnabled: §false, profileId: x}",
    ] {
        warned(
            "CA-R04",
            &format!("conditions:\n  @users\n  @apps\n@mfa\nsessionControls:\n  {control}\n"),
        );
    }
    silent(
        "conditions:\n  @users\n  @apps\n@mfa\nsessionControls: {persistentBrowser: {isEnabled: false}}\n",
    );
}
