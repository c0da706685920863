//! What the classes of addresses and countries are called: by the named locations that hold them.

use std::collections::HashMap;

use super::side::Side;
use crate::model::refs::RefKind;
use crate::whatif::parts::{Location, Whence};
use crate::whatif::{Address, Country, Match};

/// What a place that no named location holds is called.
pub(super) const NOWHERE: &str = "no named location";

/// Before the name of a location.
const NAMED: &str = "named location ";

/// A word for each address, which stands for its class.
pub(super) fn of_addresses(sides: &[Side<'_>], addresses: &[Address]) -> Vec<String> {
    let whence = |address: &Address| Whence {
        address: Some(*address),
        ..Whence::default()
    };
    let words: Vec<String> = (addresses.iter())
        .map(|address| {
            let by_name =
                |side| named(side, &whence(address), |one| matches!(one, Location::Ip(_)));
            let mut all = sides.iter().flat_map(by_name);
            let is_named = all.any(|(_, is_in)| is_in);
            word(sides, |side| {
                let mut held = by_name(side);
                let ranges = side.policies.environment.mfa_trusted_ips.as_deref();
                let mut ranges = ranges.unwrap_or_default().iter();
                let by_user = ranges.any(|range| range.0.contains(&address.0));
                held.push(("MFA trusted IPs".to_owned(), by_user));
                // Locations that count for being trusted alone.
                let trusted = &side.policies.index.trusted;
                let is_trusted = trusted.holds(Some(*address)) == Match::Yes;
                held.push((
                    "another trusted location".to_owned(),
                    is_trusted && !is_named,
                ));
                held
            })
        })
        .collect();
    // What is called the same differs by its family, or by being trusted.
    let mut times: HashMap<&str, usize> = HashMap::new();
    for word in &words {
        *times.entry(word).or_default() += 1;
    }
    let apart = |at: usize, one: &String| {
        let (true, Some(address)) = (
            times.get(one.as_str()).is_some_and(|many| *many > 1),
            addresses.get(at),
        ) else {
            return one.clone();
        };
        let family = if address.0.is_ipv6() { "IPv6" } else { "IPv4" };
        let trusts = |side: &Side<'_>| {
            let ranges = &side.policies.index.trusted;
            ranges.holds(Some(*address)) == Match::Yes
        };
        match sides.iter().any(trusts) {
            true => format!("{one} ({family}, trusted)"),
            false => format!("{one} ({family})"),
        }
    };
    words
        .iter()
        .enumerate()
        .map(|(at, one)| apart(at, one))
        .collect()
}

/// A word for each country, which stands for its class.
pub(super) fn of_countries(sides: &[Side<'_>], countries: &[Country]) -> Vec<String> {
    let is_country = |place: &Location| matches!(place, Location::Country { .. });
    let words = countries.iter().map(|country| {
        let whence = Whence {
            country: Some(*country),
            ..Whence::default()
        };
        word(sides, |side| {
            let mut held = named(side, &whence, is_country);
            let unknown = *country == Country::Unknown;
            held.push(("an unknown country".to_owned(), unknown));
            held
        })
    });
    words.collect()
}

/// The named locations of a side, and whether each holds a place.
fn named(
    side: &Side<'_>,
    whence: &Whence,
    is_meant: impl Fn(&Location) -> bool,
) -> Vec<(String, bool)> {
    let index = &side.policies.index;
    let all = index.locations.numbered().filter_map(|(number, one)| {
        let place = index.places.get(number as usize)?;
        let name = side.shown(RefKind::Location, one);
        let is_in = place.holds(whence) == Match::Yes;
        is_meant(place).then(|| (format!("{NAMED}{name}"), is_in))
    });
    all.collect()
}

/// What holds a place, each with the side on which it does where another does not.
fn word<'a, 'b: 'a>(
    sides: &'a [Side<'b>],
    held: impl Fn(&'a Side<'b>) -> Vec<(String, bool)>,
) -> String {
    let mut all: Vec<(String, Vec<bool>)> = Vec::new();
    for (name, is_in) in sides.iter().flat_map(held) {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, on)) => on.push(is_in),
            None => all.push((name, vec![is_in])),
        }
    }
    let words = all
        .into_iter()
        .filter_map(|(name, on)| match on.as_slice() {
            [true, false] => Some(format!("{name} before")),
            [false, true] => Some(format!("{name} after")),
            on => on.contains(&true).then_some(name),
        });
    let words: Vec<String> = words.collect();
    match words.is_empty() {
        true => NOWHERE.to_owned(),
        false => joined(words),
    }
}

/// What holds a place, in a sentence: of several locations it is said once that they are such.
fn joined(words: Vec<String>) -> String {
    let (named, others): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.starts_with(NAMED));
    let mut parts: Vec<String> = (named.iter())
        .filter_map(|word| word.strip_prefix(NAMED).map(str::to_owned))
        .collect();
    match parts.as_mut_slice() {
        [] => {}
        [one] => one.insert_str(0, NAMED),
        [first, ..] => first.insert_str(0, "named locations "),
    }
    parts.extend(others);
    parts.join(" and ")
}
