//! Rules NL-R02 to NL-R11: named locations.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Graph, Reporter};
use crate::finding::did_you_mean;
use crate::model::location::{LocationType, NamedLocation};
use crate::model::tables::{COUNTRIES, is_country_code};

/// How many ranges a location may have.
const MAX_RANGES: usize = 2000;

pub(super) fn check(location: &NamedLocation, report: &mut Reporter<'_>) {
    if location.display_name.trim().is_empty() && !location.display_name.is_empty() {
        blank_name(report);
    }
    match location.location_type() {
        LocationType::CompliantNetwork => {
            compliant_network(location, report);
            return;
        }
        LocationType::Other(text) => {
            unknown_type(&text, report);
            return;
        }
        LocationType::Ip => content(location, false, report),
        LocationType::Country => content(location, true, report),
    }
    range_count(location, report);
    ranges(location, report);
    duplicate_ranges(location, report);
    country_codes(location, report);
}

/// Rule NL-R05: a display name.
fn blank_name(report: &mut Reporter<'_>) {
    report.refuse(
        Graph::NlR05,
        "/displayName",
        "the display name is blank",
        "give the location a name",
    );
}

/// Rule NL-R05: the derived types are known.
fn unknown_type(text: &str, report: &mut Reporter<'_>) {
    report.refuse(
        Graph::NlR05,
        "/@odata.type",
        &format!("`{text}` is not a type of named location"),
        "remove `@odata.type`; it is implied by `ipRanges` or `countriesAndRegions`",
    );
}

/// Rules NL-R05 and NL-R11: the compliant network is made by the service and
/// has nothing but its name and kind. A manifest stands for the one that the tenant has.
fn compliant_network(location: &NamedLocation, report: &mut Reporter<'_>) {
    for (name, given) in [
        ("ipRanges", !location.ip_ranges.is_empty()),
        (
            "countriesAndRegions",
            !location.countries_and_regions.is_empty(),
        ),
    ] {
        if given {
            report.refuse(
                Graph::NlR05,
                &format!("/{name}"),
                &format!("the compliant network has no `{name}`"),
                &format!("remove `{name}`, or write a separate location for it"),
            );
        }
    }
}

/// Rules NL-R05 and NL-R09: a location is made of
/// IP ranges or of countries, and has the members of its own type alone.
fn content(location: &NamedLocation, country: bool, report: &mut Reporter<'_>) {
    let ranges = !location.ip_ranges.is_empty();
    let countries = !location.countries_and_regions.is_empty();
    if ranges && countries {
        report.refuse(
            Graph::NlR05,
            "/countriesAndRegions",
            "one location has both IP ranges and countries",
            "write two locations, and name both in the policy",
        );
        return;
    }
    if !ranges && !countries {
        let (pointer, message) = match (country, &location.odata_type) {
            (true, _) => ("/countriesAndRegions", "the location names no country"),
            (false, Some(_)) => ("/ipRanges", "the location has no IP range"),
            (false, None) => (
                "/ipRanges",
                "the location has neither IP ranges nor countries",
            ),
        };
        report.refuse(
            Graph::NlR05,
            pointer,
            message,
            "add `ipRanges`, for example `[203.0.113.0/24]`, or `countriesAndRegions`, for example `[DE]`",
        );
    } else if ranges == country {
        report.refuse(
            Graph::NlR05,
            "/@odata.type",
            "`@odata.type` is for the other type of location",
            "remove `@odata.type`; it is implied by the members",
        );
        return;
    }
    if country && location.is_trusted == Some(true) {
        report.refuse(
            Graph::NlR09,
            "/isTrusted",
            "a location made of countries cannot be trusted",
            "remove `isTrusted`; name the location in the policy instead of `AllTrusted`",
        );
    }
    if country || !ranges {
        return;
    }
    for (name, given) in [
        (
            "countryLookupMethod",
            location.country_lookup_method.is_some(),
        ),
        (
            "includeUnknownCountriesAndRegions",
            location.include_unknown_countries_and_regions == Some(true),
        ),
    ] {
        if given {
            report.refuse(
                Graph::NlR05,
                &format!("/{name}"),
                &format!("`{name}` is for a location made of countries, and this one is made of IP ranges"),
                &format!("remove `{name}`"),
            );
        }
    }
}

/// Rule NL-R02: at most 2000 ranges.
fn range_count(location: &NamedLocation, report: &mut Reporter<'_>) {
    let count = location.ip_ranges.len();
    if count > MAX_RANGES {
        report.refuse(
            Graph::NlR02,
            "/ipRanges",
            &format!("the location has {count} IP ranges; {MAX_RANGES} are allowed"),
            "merge neighbouring ranges, or use several locations",
        );
    }
}

/// Rules NL-R03 and NL-R04: every range is in CIDR notation, smaller than
/// a /8, and of public addresses.
fn ranges(location: &NamedLocation, report: &mut Reporter<'_>) {
    for (index, range) in location.ip_ranges.iter().enumerate() {
        let text = range.cidr_address.trim();
        // Graph's own form of a range has the text one level deeper.
        let pointer = format!("/ipRanges/{index}/cidrAddress");
        match text.parse::<IpNet>() {
            Err(_) => {
                let (message, help) = not_a_range(text);
                report.refuse(Graph::NlR03, &pointer, &message, &help);
            }
            Ok(net) if net.prefix_len() <= 8 => report.refuse(
                Graph::NlR03,
                &pointer,
                &format!("`{text}` is too large: the mask must be longer than /8"),
                "use `/9` or more, for example by splitting the range in two",
            ),
            Ok(net) => {
                if let Some(what) = not_public(net.addr()) {
                    report.warn(
                        Graph::NlR04,
                        &pointer,
                        &format!("`{text}` is {what}: no sign-in comes from there"),
                        "use the public addresses by which the network reaches the internet",
                    );
                }
            }
        }
    }
}

/// What is wrong with a text that is no range, and what to write.
fn not_a_range(text: &str) -> (String, String) {
    if let Ok(address) = text.parse::<IpAddr>() {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        return (
            format!("`{text}` has no mask"),
            format!("write `{text}/{bits}` for a single address"),
        );
    }
    let message = format!("`{text}` is not an IP range in CIDR notation");
    if let Some((address, mask)) = text.split_once('/')
        && let Ok(address) = address.trim().parse::<IpAddr>()
    {
        let most = if address.is_ipv4() { 32 } else { 128 };
        let help = match mask.trim().parse::<IpAddr>() {
            Ok(_) => "write the mask as a number of bits, such as `/24`".to_owned(),
            Err(_) => format!("the mask is a number from 9 to {most}"),
        };
        return (message, help);
    }
    let ends: Vec<&str> = text.split('-').map(str::trim).collect();
    if let [first, last] = ends.as_slice()
        && first.parse::<IpAddr>().is_ok()
        && last.parse::<IpAddr>().is_ok()
    {
        return (
            message,
            "write the CIDR ranges that it consists of".to_owned(),
        );
    }
    (
        message,
        "write it like `203.0.113.0/24` or `2001:db8::/32`".to_owned(),
    )
}

/// What keeps an address from being a public one.
fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            if v4.is_private() {
                Some("a private range")
            } else if v4.is_loopback() {
                Some("a loopback range")
            } else if v4.is_link_local() {
                Some("a link-local range")
            } else if a == 100 && (64..128).contains(&b) {
                Some("a carrier-grade NAT range")
            } else {
                None
            }
        }
        IpAddr::V6(v6) => {
            if v6.is_unique_local() {
                Some("a private range")
            } else if v6.is_loopback() {
                Some("a loopback range")
            } else if v6.is_unicast_link_local() {
                Some("a link-local range")
            } else {
                None
            }
        }
    }
}

/// Rule NL-R02: each range counts, so none should stand twice.
fn duplicate_ranges(location: &NamedLocation, report: &mut Reporter<'_>) {
    let mut seen = HashSet::new();
    for (index, range) in location.ip_ranges.iter().enumerate() {
        let text = range.cidr_address.trim();
        if let Ok(net) = text.parse::<IpNet>()
            && !seen.insert(net.trunc())
        {
            report.warn(
                Graph::NlR02,
                &format!("/ipRanges/{index}/cidrAddress"),
                &format!("the range `{text}` is listed twice"),
                "remove one of them",
            );
        }
    }
}

/// Rule NL-R06: codes of ISO 3166-1, and `XK`. Codes that were withdrawn live on in tenants.
fn country_codes(location: &NamedLocation, report: &mut Reporter<'_>) {
    let mut seen = HashSet::new();
    for (index, text) in location.countries_and_regions.iter().enumerate() {
        let pointer = format!("/countriesAndRegions/{index}");
        if !is_country_code(text) {
            let message = format!("`{text}` is not a country code in use");
            report.warn(Graph::NlR06, &pointer, &message, &country_help(text));
            if let Some((code, is_safe)) = country_meant(text) {
                report.fix(&pointer, text, code, is_safe);
            }
        } else if !seen.insert(text) {
            report.warn(
                Graph::NlR06,
                &pointer,
                &format!("the country `{text}` is listed twice"),
                "remove one of them",
            );
        }
    }
}

/// The code that was meant, by its letters or by the name of the country, and whether that is beyond
/// doubt.
fn country_meant(text: &str) -> Option<(&'static str, bool)> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let by_habit = match upper.as_str() {
        "UK" => "GB",
        "EL" => "GR",
        "USA" => "US",
        "UAE" => "AE",
        code if is_country_code(code) => return Some((COUNTRIES.by_id(code)?.id, true)),
        // Near a code lies nothing but the code of another country.
        _ if text.chars().count() < 4 => return None,
        _ => {
            COUNTRIES
                .by_name(did_you_mean(text, COUNTRIES.names())?)?
                .id
        }
    };
    Some((by_habit, false))
}

/// What can be done about a code that is none.
pub(super) fn country_help(text: &str) -> String {
    let is_short = text.trim().chars().count() < 4;
    match country_meant(text) {
        Some((code, true)) => format!("write it in capitals: `{code}`"),
        Some((code, false)) if is_short => format!("did you mean `{code}`?"),
        Some((code, false)) => {
            let name = COUNTRIES.by_id(code).map_or(code, |country| country.name);
            format!("did you mean `{code}` ({name})?")
        }
        None if is_short => {
            "the codes are those of ISO 3166-1; a withdrawn one may stay if the tenant has it"
                .to_owned()
        }
        None => {
            "use the two-letter codes of ISO 3166-1, such as `DE`; groups of countries have no code"
                .to_owned()
        }
    }
}
