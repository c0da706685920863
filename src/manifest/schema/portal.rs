//! What the Entra admin center calls the values that Graph has.

/// Words of the portal, and the values that they stand for.
const WORDS: &[(&str, &str)] = &[
    ("on", "enabled"),
    ("enforced", "enabled"),
    ("off", "disabled"),
    ("reportOnly", "enabledForReportingButNotEnforced"),
    ("report-only mode", "enabledForReportingButNotEnforced"),
    ("reporting only", "enabledForReportingButNotEnforced"),
    ("Require one of the selected controls", "OR"),
    ("any", "OR"),
    ("Require all the selected controls", "AND"),
    ("all", "AND"),
    ("Block access", "block"),
    ("Require multifactor authentication", "mfa"),
    ("Require multi-factor authentication", "mfa"),
    ("multifactorAuthentication", "mfa"),
    ("requireMfa", "mfa"),
    (
        "Require device to be marked as compliant",
        "compliantDevice",
    ),
    ("requireCompliantDevice", "compliantDevice"),
    (
        "Require Microsoft Entra hybrid joined device",
        "domainJoinedDevice",
    ),
    (
        "Require Hybrid Azure AD joined device",
        "domainJoinedDevice",
    ),
    ("hybridJoinedDevice", "domainJoinedDevice"),
    ("Require approved client app", "approvedApplication"),
    ("Require app protection policy", "compliantApplication"),
    ("Require password change", "passwordChange"),
    (
        "Mobile apps and desktop clients",
        "mobileAppsAndDesktopClients",
    ),
    ("Exchange ActiveSync clients", "exchangeActiveSync"),
    ("Other clients", "other"),
    ("No risk", "none"),
    ("Every time", "everyTime"),
    ("Always persistent", "always"),
    ("Never persistent", "never"),
];

/// The value, among `options`, that a word of the portal stands for.
pub(super) fn meant<'a>(text: &str, options: &[&'a str]) -> Option<&'a str> {
    let letters = |text: &str| -> String {
        let signs = text.chars().filter(|c| c.is_alphanumeric());
        signs.flat_map(char::to_lowercase).collect()
    };
    let wanted = letters(text);
    let words = WORDS.iter().filter(|(word, _)| letters(word) == wanted);
    let values = words.filter_map(|(_, value)| options.iter().find(|option| *option == value));
    values.copied().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_a_value_that_there_is() {
        let states = ["enabled", "disabled", "enabledForReportingButNotEnforced"];
        assert_eq!(meant("Report-only", &states), Some(states[2]));
        assert_eq!(meant("on", &states), Some("enabled"));
        assert_eq!(meant("Off", &states), Some("disabled"));
        assert_eq!(meant("on", &["always", "never"]), None);
        assert_eq!(meant("enabled", &["x"]), None);
    }
}
