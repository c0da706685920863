//! Combinations of authentication methods, and the built-in authentication strengths.
//!
//! A combination is a comma-joined set of `authenticationMethodModes` members, in ascending numeric
//! order of that enumeration and without blanks. Facts from the Graph documentation: "List
//! authenticationMethodModes" (the list of legal combinations), "List authenticationStrengthPolicies"
//! (the built-in ones) and "authenticationMethodModes" (members and values); `qrCodePin` as a
//! combination from public client code that creates it.
//!
//! # Caveats
//! - `email` is a member of the enumeration but no usable combination, although an older example on
//!   the documentation page prints it.
//! - The documentation lets "Multifactor authentication" allow `password,x509CertificateSingleFactor`
//!   and `password,x509CertificateMultiFactor`; policies exported from a real tenant show the built-in
//!   strength without these two. A reader must accept both.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Strengths {
    multifactor: Vec<&'static str>,
    single_factor: Vec<&'static str>,
    built_in: Vec<BuiltInStrength>,
}

static STRENGTHS: LazyLock<Strengths> = LazyLock::new(|| embedded(include_str!("strengths.json")));

/// Every legal combination: the multifactor ones in the order the service lists them, then the
/// single-factor ones.
pub static COMBINATIONS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| [&STRENGTHS.multifactor[..], &STRENGTHS.single_factor[..]].concat());

/// The three built-in authentication strengths, weakest first.
pub fn built_in_strengths() -> &'static [BuiltInStrength] {
    &STRENGTHS.built_in
}

/// An authentication strength that exists in every tenant and cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuiltInStrength {
    /// Policy id, the same in every tenant.
    pub id: &'static str,
    /// Display name.
    pub display_name: &'static str,
    /// Description, as the service words it.
    pub description: &'static str,
    /// Allowed combinations, in the order the service lists them.
    pub allowed_combinations: Vec<&'static str>,
}

/// The built-in strength that a name means. Tenants spell the names in several ways
/// (`Multi-factor authentication`, `Phishing resistant MFA`); the letters are the same.
pub fn built_in_by_name(name: &str) -> Option<&'static BuiltInStrength> {
    let folded = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let name = folded(name);
    (built_in_strengths().iter()).find(|known| folded(known.display_name) == name)
}

/// The built-in strength of an id.
pub fn built_in_by_id(id: &str) -> Option<&'static BuiltInStrength> {
    (built_in_strengths().iter()).find(|known| known.id.eq_ignore_ascii_case(id.trim()))
}

/// The canonical spelling of a legal combination.
///
/// Blanks around members, the order of members and letter case do not matter; anything that is not
/// a legal combination gives `None`.
pub fn canonical(combination: &str) -> Option<&'static str> {
    let given = || combination.split(',').map(str::trim);
    COMBINATIONS.iter().copied().find(|legal| {
        legal.split(',').count() == given().count()
            && legal
                .split(',')
                .all(|member| given().any(|own| own.eq_ignore_ascii_case(member)))
    })
}

/// Whether a combination satisfies multifactor authentication.
///
/// False for a single-factor combination and for text that is no legal combination. A strength
/// reports `requirementsSatisfied: mfa` when this holds for everything it allows.
pub fn is_multifactor(combination: &str) -> bool {
    canonical(combination).is_some_and(|legal| STRENGTHS.multifactor.contains(&legal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Members of `authenticationMethodModes` in ascending numeric order.
    const MODES: &[&str] = &[
        "password",
        "voice",
        "hardwareOath",
        "softwareOath",
        "sms",
        "fido2",
        "windowsHelloForBusiness",
        "microsoftAuthenticatorPush",
        "deviceBasedPush",
        "temporaryAccessPassOneTime",
        "temporaryAccessPassMultiUse",
        "email",
        "x509CertificateSingleFactor",
        "x509CertificateMultiFactor",
        "federatedSingleFactor",
        "federatedMultiFactor",
        "qrCodePin",
    ];

    #[test]
    fn a_built_in_strength_is_known_by_every_spelling() {
        for (name, id) in [
            ("Multi-factor authentication", 0),
            ("multifactor Authentication", 0),
            ("Passwordless MFA", 1),
            ("Phishing resistant MFA", 2),
        ] {
            assert_eq!(built_in_by_name(name), Some(&built_in_strengths()[id]));
        }
        assert_eq!(built_in_by_name("Phishing-resistant MFA for us"), None);
        assert_eq!(built_in_by_name(""), None);
    }

    #[test]
    fn combinations_are_unique() {
        let unique: BTreeSet<_> = COMBINATIONS.iter().collect();
        assert_eq!(unique.len(), COMBINATIONS.len());
    }

    #[test]
    fn members_are_known_and_in_numeric_order() {
        for combination in COMBINATIONS.iter() {
            let values: Vec<_> = combination
                .split(',')
                .map(|member| MODES.iter().position(|mode| *mode == member))
                .collect();
            assert!(values.iter().all(Option::is_some), "{combination}");
            assert!(
                values.is_sorted_by(|left, right| left < right),
                "{combination}"
            );
        }
    }

    #[test]
    fn built_in_strengths_hold_multifactor_combinations_only() {
        for strength in built_in_strengths() {
            for combination in &strength.allowed_combinations {
                assert_eq!(canonical(combination), Some(*combination));
                assert!(is_multifactor(combination), "{combination}");
            }
        }
    }

    #[test]
    fn each_built_in_strength_is_part_of_the_weaker_one() {
        assert!(built_in_strengths().is_sorted_by(|weak, strong| {
            weak.id < strong.id
                && strong
                    .allowed_combinations
                    .iter()
                    .all(|one| weak.allowed_combinations.contains(one))
        }));
    }

    #[test]
    fn the_multifactor_strength_allows_every_multifactor_combination() {
        let multifactor: Vec<_> = COMBINATIONS
            .iter()
            .copied()
            .filter(|one| is_multifactor(one))
            .collect();
        assert_eq!(built_in_strengths()[0].allowed_combinations, multifactor);
    }

    #[test]
    fn canonical_ignores_blanks_order_and_case() {
        assert_eq!(canonical("password, sms"), Some("password,sms"));
        assert_eq!(canonical("SMS,Password"), Some("password,sms"));
        assert_eq!(
            canonical("federatedSingleFactor,sms"),
            Some("sms,federatedSingleFactor")
        );
        for wrong in [
            "",
            "email",
            "sms,sms",
            "password,password",
            "sms,voice",
            "password,",
        ] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn single_factor_combinations_are_not_multifactor() {
        for single in [
            "password",
            "sms",
            "x509CertificateSingleFactor",
            "federatedSingleFactor",
            "qrCodePin",
        ] {
            assert!(canonical(single).is_some(), "{single}");
            assert!(!is_multifactor(single), "{single}");
        }
        assert!(!is_multifactor("email"));
    }
}
