//! Rules AS-R02 to AS-R07: authentication strengths.

use std::collections::HashSet;

use super::{Graph, Reporter, quoted};
use crate::model::enums::AuthenticationMethodMode;
use crate::model::strength::{AuthenticationStrength, CombinationConfiguration};
use crate::model::tables::combinations::{self, COMBINATIONS};
use crate::model::values::Flags;
use crate::text::is_guid;

type Combination = Flags<AuthenticationMethodMode>;

pub(super) fn check(strength: &AuthenticationStrength, report: &mut Reporter<'_>) {
    if built_in(strength, report) {
        return;
    }
    long_name(strength, report);
    combinations(strength, report);
    for (index, configuration) in strength.combination_configurations.iter().enumerate() {
        let pointer = format!("/combinationConfigurations/{index}");
        if configuration_type(configuration, &pointer, report) {
            applies_to(strength, configuration, &pointer, report);
            configuration_values(configuration, &pointer, report);
        }
    }
}

/// Rule AS-R02: Microsoft's own strengths cannot be changed. True for one.
fn built_in(strength: &AuthenticationStrength, report: &mut Reporter<'_>) -> bool {
    // A name alone means the one that every tenant has; with an id of its own it is another.
    let (known, pointer) = match &strength.id {
        Some(id) => (combinations::built_in_by_id(id), "/id"),
        None => (
            combinations::built_in_by_name(&strength.display_name),
            "/displayName",
        ),
    };
    let Some(known) = known else {
        return false;
    };
    let allowed = |combination: &Combination| {
        let combination = combinations::canonical(&combination.joined());
        combination.is_some_and(|one| known.allowed_combinations.contains(&one))
    };
    let same = strength.allowed_combinations.len() == known.allowed_combinations.len()
        && strength.allowed_combinations.iter().all(allowed);
    report.refuse(
        Graph::AsR02,
        pointer,
        &format!(
            "`{}` is Microsoft's own authentication strength and cannot be changed",
            known.display_name
        ),
        match strength.id.is_some() || same {
            true => "remove the manifest; policies can refer to the strength by its name",
            false => "rename it: policies that refer to it by this name mean Microsoft's own, which allows other methods",
        },
    );
    true
}

/// Rule AS-R07: the portal allows 30 characters.
fn long_name(strength: &AuthenticationStrength, report: &mut Reporter<'_>) {
    let length = strength.display_name.chars().count();
    if length > 30 {
        report.warn(
            Graph::AsR07,
            "/displayName",
            &format!("the display name has {length} characters; the portal allows 30"),
            "shorten the name",
        );
    }
}

/// Rule AS-R04: combinations are those that the service lists.
fn combinations(strength: &AuthenticationStrength, report: &mut Reporter<'_>) {
    if strength.allowed_combinations.is_empty() {
        report.refuse(
            Graph::AsR04,
            "/allowedCombinations",
            "the strength allows no combination of methods",
            "add combinations, for example `[fido2, windowsHelloForBusiness]`",
        );
    }
    let mut seen = HashSet::new();
    for (index, combination) in strength.allowed_combinations.iter().enumerate() {
        let pointer = format!("/allowedCombinations/{index}");
        let text = combination.joined();
        match combinations::canonical(&text) {
            Some(known) if !seen.insert(known) => report.warn(
                Graph::AsR04,
                &pointer,
                &format!("the combination `{known}` is listed twice"),
                "remove one of them",
            ),
            Some(_) => {}
            None => report.refuse(
                Graph::AsR04,
                &pointer,
                &format!("`{text}` is not a combination that the service knows"),
                &combination_help(combination),
            ),
        }
    }
}

fn combination_help(combination: &Combination) -> String {
    if combination.0.contains(&AuthenticationMethodMode::Email) {
        return "`email` is for password reset; no combination has it".to_owned();
    }
    if combination.is_empty() {
        return "name at least one method".to_owned();
    }
    // Those with one of the methods, the ones with several of them first.
    let given = combination.joined();
    let given: Vec<&str> = given.split(',').collect();
    let shared = |legal: &str| legal.split(',').filter(|m| given.contains(m)).count();
    let mut close: Vec<&str> = COMBINATIONS
        .iter()
        .copied()
        .filter(|legal| shared(legal) > 0)
        .collect();
    close.sort_by_key(|legal| std::cmp::Reverse(shared(legal)));
    close.truncate(8);
    if close.is_empty() {
        return format!(
            "the combinations are {}",
            quoted(COMBINATIONS.iter().copied())
        );
    }
    format!(
        "combinations with these methods: {}; write each as a separate entry",
        quoted(close)
    )
}

/// Rule AS-R06: a configuration is for security keys or for certificates.
/// True when it is clear for which.
fn configuration_type(
    configuration: &CombinationConfiguration,
    pointer: &str,
    report: &mut Reporter<'_>,
) -> bool {
    let keys = !configuration.allowed_aaguids.is_empty();
    let certificates = !configuration.allowed_issuer_skis.is_empty()
        || !configuration.allowed_policy_oids.is_empty();
    let (at, message, help) = match (keys, certificates) {
        (true, true) => (
            format!("{pointer}/allowedAAGUIDs"),
            "one configuration has both security keys and certificates",
            "write two configurations",
        ),
        (false, false) => (
            pointer.to_owned(),
            "the configuration limits nothing",
            "add `allowedAAGUIDs`, or `allowedIssuerSkis` or `allowedPolicyOIDs`",
        ),
        _ if keys != configuration.is_fido2() => (
            format!("{pointer}/@odata.type"),
            "`@odata.type` is for the other type of configuration",
            "remove `@odata.type`; it is implied by the members",
        ),
        _ => return true,
    };
    report.refuse(Graph::AsR06, &at, message, help);
    false
}

/// Rule AS-R06: which combinations a configuration applies to.
fn applies_to(
    strength: &AuthenticationStrength,
    configuration: &CombinationConfiguration,
    pointer: &str,
    report: &mut Reporter<'_>,
) {
    let (legal, what): (&[&str], _) = if configuration.is_fido2() {
        (&["fido2"], "security keys")
    } else {
        (
            &["x509CertificateSingleFactor", "x509CertificateMultiFactor"],
            "certificates",
        )
    };
    if configuration.applies_to_combinations.is_empty() {
        report.refuse(
            Graph::AsR06,
            &format!("{pointer}/appliesToCombinations"),
            "the configuration applies to no combination",
            &format!("add {}", quoted(legal.iter().copied())),
        );
    }
    let allowed: Vec<String> = (strength.allowed_combinations.iter())
        .map(Flags::joined)
        .collect();
    for (index, combination) in configuration.applies_to_combinations.iter().enumerate() {
        let text = combination.joined();
        let pointer = format!("{pointer}/appliesToCombinations/{index}");
        if !legal.contains(&text.as_str()) {
            report.refuse(
                Graph::AsR06,
                &pointer,
                &format!("a limit on {what} does not apply to `{text}`"),
                &format!("use {}", quoted(legal.iter().copied())),
            );
        } else if !allowed.contains(&text) {
            report.warn(
                Graph::AsR06,
                &pointer,
                &format!(
                    "`{text}` is not among the `allowedCombinations`: the limit has no effect"
                ),
                &format!("add `{text}` to `allowedCombinations`, or remove it here"),
            );
        }
    }
}

/// Rule AS-R06: what an AAGUID, a key identifier and an OID look like.
fn configuration_values(
    configuration: &CombinationConfiguration,
    pointer: &str,
    report: &mut Reporter<'_>,
) {
    for (index, text) in configuration.allowed_aaguids.iter().enumerate() {
        if !is_guid(text.trim()) {
            report.refuse(
                Graph::AsR06,
                &format!("{pointer}/allowedAAGUIDs/{index}"),
                &format!("`{text}` is not an AAGUID"),
                "write the AAGUID of the security key's model: a GUID, in the key's description or its metadata",
            );
        }
    }
    for (index, text) in configuration.allowed_issuer_skis.iter().enumerate() {
        let hex = text.trim().bytes().all(|b| b.is_ascii_hexdigit());
        if text.trim().is_empty() || !hex {
            report.warn(
                Graph::AsR06,
                &format!("{pointer}/allowedIssuerSkis/{index}"),
                &format!("`{text}` does not look like a subject key identifier"),
                "write its hexadecimal digits without spaces or colons",
            );
        }
    }
    for (index, text) in configuration.allowed_policy_oids.iter().enumerate() {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !text.contains('.') || !text.trim().split('.').all(number) {
            report.warn(
                Graph::AsR06,
                &format!("{pointer}/allowedPolicyOIDs/{index}"),
                &format!("`{text}` does not look like an object identifier"),
                "write numbers joined by dots, such as `2.16.840.1.101.2.1.11.19`",
            );
        }
    }
}
