//! Several values that a tool or a person joined into one text: PowerShell by blanks, people by
//! commas. Values that tell by their form what they are can be told apart again; names cannot, as
//! any sign may stand in a name.

use std::net::IpAddr;

use super::canonical_id;
use super::lost::is_placeholder;
use super::sort::is_context_id;
use crate::model::facts::{EnumFacts, Facts};
use crate::model::tables::{APPS, COUNTRIES, ROLES, combinations, special};
use crate::text::is_guid;

/// The values in `text`, an item of the list `name` of the type `type_name`, where there are
/// several.
pub(crate) fn parts<'t>(name: &str, type_name: &str, text: &'t str) -> Option<Vec<&'t str>> {
    if let Some(flags) = Facts::get().enums.get(type_name).filter(|e| e.flags) {
        return combined(flags, text);
    }
    let known = |part: &&str| is_value(name, type_name, part);
    let by_commas = split(text, |c| matches!(c, ',' | ';'));
    // One and a comma behind it is a list, too.
    if by_commas.len() > 1 || by_commas.first().is_some_and(|one| text.trim() != *one) {
        // Beside an id, what stands between commas is no part of a name.
        let told = |part: &&str| is_guid(&canonical_id(part)) || is_principal(part);
        let beside = type_name == "Edm.String" && by_commas.iter().any(told);
        if beside || by_commas.iter().all(known) {
            return Some(by_commas);
        }
    }
    let parts = split(text, |c| matches!(c, ',' | ';' | '|') || c.is_whitespace());
    (parts.len() > 1 && parts.iter().all(known)).then_some(parts)
}

/// True for a text that [`parts`] leaves whole and that holds an id or a principal name and more:
/// as a name it stands for nobody.
pub(crate) fn holds_more(text: &str) -> bool {
    let words = split(text, |c| !in_principal(c));
    let told = |word: &&str| is_guid(word) || is_principal(word);
    match words.as_slice() {
        [one] => one.matches('@').count() > 1 && one.contains("#EXT#@").eq(&false),
        _ => words.iter().any(told) && !is_guid(&canonical_id(text)),
    }
}

/// Combinations of an enum whose values are themselves members joined by commas.
fn combined<'t>(flags: &EnumFacts, text: &'t str) -> Option<Vec<&'t str>> {
    let known = |part: &&str| flags.canonical_flags(part).is_ok();
    let spaced = text.contains(", ") || text.contains(" ,");
    let parts = split(text, |c| c == ';' || c.is_whitespace() && !spaced);
    if parts.len() > 1 {
        return parts.iter().all(known).then_some(parts);
    }
    // What is no combination as a whole is several.
    let parts = split(text, |c| c == ',');
    let one = combinations::canonical(text.trim()).is_some();
    let each = |part: &&str| combinations::canonical(part).is_some();
    (parts.len() > 1 && !one && parts.iter().all(each)).then_some(parts)
}

fn split(text: &str, between: impl Fn(char) -> bool) -> Vec<&str> {
    let parts = text.split(between).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Signs that stand in ids and in the principal names of users.
fn in_principal(sign: char) -> bool {
    sign.is_alphanumeric() || "-.@_+'#%!^~".contains(sign)
}

/// The principal name of a user.
fn is_principal(part: &str) -> bool {
    part.chars().all(in_principal)
        && part
            .split_once('@')
            .is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.'))
}

/// Whether a text is by its form one value of the list.
fn is_value(name: &str, type_name: &str, part: &str) -> bool {
    if type_name == "ipRange" {
        let address = part.split_once('/').map(|(address, _)| address);
        return address.is_some_and(|address| address.parse::<IpAddr>().is_ok());
    }
    if let Some(members) = Facts::get().enums.get(type_name) {
        return members.canonical(part).is_some();
    }
    if is_guid(&canonical_id(part)) || is_principal(part) || is_placeholder(part) {
        return true;
    }
    let lists = [
        special::users(),
        special::applications(),
        special::locations(),
        special::service_principals(),
        special::user_actions(),
    ];
    if lists
        .iter()
        .any(|list| special::canonical(list, part).is_some())
    {
        return true;
    }
    match name {
        "countriesAndRegions" => COUNTRIES.by_id(part).is_some(),
        "includeRoles" | "excludeRoles" => ROLES.by_name(part).is_some(),
        "includeApplications" | "excludeApplications" => APPS.by_name(part).is_some(),
        "includeAuthenticationContextClassReferences" => is_context_id(part),
        "groupTypes" => ["DynamicMembership", "Unified"].contains(&part),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";

    #[test]
    fn a_text_with_an_id_and_more_is_known() {
        for text in [
            "Bob Smith <bob@contoso.com>; Eve <eve@contoso.com>",
            "bob@contoso.com Bob Smith",
            "aaaaaaaa-0000-4000-8000-000000000001/aaaaaaaa-0000-4000-8000-000000000002",
            r#"{"id":"aaaaaaaa-0000-4000-8000-000000000001"}"#,
            r#"["aaaaaaaa-0000-4000-8000-000000000001","x"]"#,
            "a@contoso.com@b@contoso.com",
        ] {
            assert!(holds_more(text), "{text}");
        }
        for text in [
            A,
            "{aaaaaaaa-0000-4000-8000-000000000001}",
            "bob@contoso.com",
            "bob_fabrikam.com#EXT#@contoso.com",
            "Sales, North",
            "Sales @ North",
            "All",
            "",
            "%G1%",
            "urn:user:registerdevice",
        ] {
            assert!(!holds_more(text), "{text}");
        }
    }

    #[test]
    fn joined_values_are_told_apart() {
        let braces = format!("{{{A}}}; {A}");
        let ids = format!("{A} {A}");
        let beside = format!("{A}, Break glass");
        for (name, type_name, text, count) in [
            (
                "excludeUsers",
                "Edm.String",
                "a@contoso.com,b@contoso.com",
                2,
            ),
            (
                "excludeUsers",
                "Edm.String",
                "a@contoso.com b@contoso.com\nGuestsOrExternalUsers",
                3,
            ),
            ("excludeGroups", "Edm.String", ids.as_str(), 2),
            ("excludeGroups", "Edm.String", braces.as_str(), 2),
            ("excludeGroups", "Edm.String", beside.as_str(), 2),
            ("excludeGroups", "Edm.String", "%G1%,%G2%", 2),
            (
                "includeRoles",
                "Edm.String",
                "Global Administrator, Security Administrator",
                2,
            ),
            (
                "includeApplications",
                "Edm.String",
                "Office365,MicrosoftAdminPortals",
                2,
            ),
            (
                "includeUserActions",
                "Edm.String",
                "urn:user:registersecurityinfo,urn:user:registerdevice",
                2,
            ),
            (
                "includeAuthenticationContextClassReferences",
                "Edm.String",
                "c1,c2",
                2,
            ),
            ("countriesAndRegions", "Edm.String", "DE, NL;BE", 3),
            ("ipRanges", "ipRange", "203.0.113.0/24, 2001:db8::/32", 2),
            (
                "builtInControls",
                "conditionalAccessGrantControl",
                "mfa,compliantDevice",
                2,
            ),
            (
                "allowedCombinations",
                "authenticationMethodModes",
                "fido2 password,sms",
                2,
            ),
            (
                "allowedCombinations",
                "authenticationMethodModes",
                "fido2,windowsHelloForBusiness",
                2,
            ),
            ("excludeUsers", "Edm.String", "a@contoso.com,", 1),
        ] {
            assert_eq!(
                parts(name, type_name, text).map(|p| p.len()),
                Some(count),
                "{text}"
            );
        }
        for (name, type_name, text) in [
            ("excludeGroups", "Edm.String", "Sales, North"),
            ("excludeGroups", "Edm.String", "Break glass"),
            ("excludeUsers", "Edm.String", "a@contoso.com"),
            ("excludeUsers", "Edm.String", ""),
            ("countriesAndRegions", "Edm.String", "DE"),
            (
                "allowedCombinations",
                "authenticationMethodModes",
                "password,sms",
            ),
            (
                "allowedCombinations",
                "authenticationMethodModes",
                "password, sms",
            ),
        ] {
            assert_eq!(parts(name, type_name, text), None, "{text}");
        }
    }
}
