//! Named locations, compiled once, and whether a sign-in comes from one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::fact::{Fact, Match};
use super::vocabulary::{Address, Country};
use crate::model::enums::CountryLookupMethod;
use crate::model::location::{LocationType, NamedLocation};

/// Where a sign-in comes from, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Whence {
    pub address: Option<Address>,
    pub country: Option<Country>,
    pub compliant_network: Option<bool>,
}

/// A named location.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Location {
    Ip(Ranges),
    Country {
        codes: Vec<[u8; 2]>,
        unknown: bool,
        gps: bool,
    },
    CompliantNetwork,
    /// Of a type that is not known, or not described at all.
    Unknown,
}

impl Location {
    pub(crate) fn of(location: &NamedLocation) -> Location {
        match location.location_type() {
            LocationType::Ip => Location::Ip(Ranges::of(location)),
            LocationType::Country => {
                let codes = location.countries_and_regions.iter();
                Location::Country {
                    codes: codes
                        .filter_map(|code| {
                            let code = code.trim().to_ascii_uppercase();
                            <[u8; 2]>::try_from(code.as_bytes()).ok()
                        })
                        .collect(),
                    unknown: location.include_unknown_countries_and_regions == Some(true),
                    gps: !matches!(
                        location.country_lookup_method,
                        None | Some(CountryLookupMethod::ClientIpAddress)
                    ),
                }
            }
            LocationType::CompliantNetwork => Location::CompliantNetwork,
            LocationType::Other(_) => Location::Unknown,
        }
    }

    /// Whether a sign-in comes from here.
    pub(crate) fn holds(&self, whence: &Whence) -> Match {
        match self {
            Location::Ip(ranges) => ranges.holds(whence.address),
            // The phone's answer is no part of a sign-in's facts.
            Location::Country { gps: true, .. } => Match::unknown(Fact::GPS_COUNTRY),
            Location::Country { codes, unknown, .. } => match whence.country {
                None => Match::unknown(Fact::COUNTRY),
                Some(Country::Unknown) => (*unknown).into(),
                Some(Country::Code(code)) => codes.contains(&code).into(),
            },
            Location::CompliantNetwork => match whence.compliant_network {
                None => Match::unknown(Fact::COMPLIANT_NETWORK),
                Some(through) => through.into(),
            },
            Location::Unknown => Match::unknown(Fact::NAMED_LOCATION),
        }
    }
}

/// Ranges of addresses: sorted, apart from each other, IPv4 and IPv6 on their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ranges {
    pub(crate) v4: Vec<(u32, u32)>,
    pub(crate) v6: Vec<(u128, u128)>,
}

impl Ranges {
    /// The ranges of a location. The service keeps host bits as they are written; a text that
    /// is no range holds no address.
    pub(crate) fn of(location: &NamedLocation) -> Ranges {
        let ranges = location.ip_ranges.iter();
        Ranges::new(ranges.filter_map(|range| range.cidr_address.trim().parse::<IpNet>().ok()))
    }

    pub(crate) fn new(nets: impl IntoIterator<Item = IpNet>) -> Ranges {
        let mut ranges = Ranges::default();
        for net in nets {
            match net {
                IpNet::V4(net) => {
                    let bounds = (net.network().to_bits(), net.broadcast().to_bits());
                    ranges.v4.push(bounds);
                }
                IpNet::V6(net) => {
                    let bounds = (net.network().to_bits(), net.broadcast().to_bits());
                    ranges.v6.push(bounds);
                }
            }
        }
        ranges.settle()
    }

    /// The ranges of both.
    pub(crate) fn joined(mut self, other: Ranges) -> Ranges {
        self.v4.extend(other.v4);
        self.v6.extend(other.v6);
        self.settle()
    }

    fn settle(mut self) -> Ranges {
        merge(&mut self.v4);
        merge(&mut self.v6);
        self
    }

    /// Whether an address lies in one of them.
    pub(crate) fn holds(&self, address: Option<Address>) -> Match {
        match address.map(|address| address.0) {
            None if self.v4.is_empty() && self.v6.is_empty() => Match::No,
            None => Match::unknown(Fact::ADDRESS),
            Some(IpAddr::V4(v4)) => within(&self.v4, v4.to_bits()).into(),
            Some(IpAddr::V6(v6)) => within(&self.v6, v6.to_bits()).into(),
        }
    }
}

fn merge<T: Ord + Copy>(ranges: &mut Vec<(T, T)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let overlap = next.0 <= last.1;
        if overlap {
            last.1 = last.1.max(next.1);
        }
        overlap
    });
}

fn within<T: Ord + Copy>(ranges: &[(T, T)], value: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= value);
    let range = after.checked_sub(1).and_then(|at| ranges.get(at));
    range.is_some_and(|(_, last)| value <= *last)
}
