//! What the policies of a set refer to, by number: so that a sign-in is put into the same
//! numbers once, and policies are judged without looking at texts.

use std::collections::HashMap;
use std::net::IpAddr;

use super::fact::Match;
use super::grant::Requirements;
use super::names::Names;
use super::people::People;
use super::place::{Location, Ranges, Whence};
use super::rule::CompiledRule;
use super::vocabulary::{Address, Country};
use super::world::{KnownApplication, World};
use crate::model::location::LocationType;
use crate::model::refs::RefKind;
use crate::model::tables::{COUNTRIES, ROLES};

/// A number for something that a policy refers to.
pub(crate) type Number = u32;

/// Numbers for texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Atoms {
    numbers: HashMap<String, Number>,
    texts: Vec<String>,
}

impl Atoms {
    pub(crate) fn put(&mut self, text: String) -> Number {
        let next = Number::try_from(self.texts.len()).unwrap_or(Number::MAX);
        *self.numbers.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            next
        })
    }

    pub(crate) fn get(&self, text: &str) -> Option<Number> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, number: Number) -> Option<&str> {
        self.texts.get(number as usize).map(String::as_str)
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (Number, &str)> {
        (0..).zip(self.texts.iter().map(String::as_str))
    }
}

/// A set of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn put(&mut self, number: Number) {
        let (word, bit) = (number as usize / 64, number % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(slot) = self.0.get_mut(word) {
            *slot |= 1 << bit;
        }
    }

    pub(crate) fn has(&self, number: Number) -> bool {
        let word = self
            .0
            .get(number as usize / 64)
            .copied()
            .unwrap_or_default();
        word >> (number % 64) & 1 == 1
    }
}

impl FromIterator<Number> for Bits {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Bits {
        let mut bits = Bits::default();
        numbers.into_iter().for_each(|number| bits.put(number));
        bits
    }
}

/// Everything that the policies of a set refer to.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub names: Names,
    pub people: People,
    pub users: Atoms,
    pub groups: Atoms,
    pub roles: Atoms,
    pub tenants: Atoms,
    pub applications: Atoms,
    pub principals: Atoms,
    pub contexts: Atoms,
    /// Named locations, with what they are.
    pub locations: Atoms,
    pub places: Vec<Location>,
    /// Every range of addresses that is trusted.
    pub trusted: Ranges,
    /// True when the compliant network counts as trusted; whether that is so for `AllTrusted` is
    /// not documented.
    pub trusted_network: bool,
    /// True when a policy names the trusted addresses of the per-user settings.
    pub names_mfa_ips: bool,
    /// True when a policy means all resources, or trusted locations.
    pub has_all_resources: bool,
    pub has_all_trusted: bool,
    pub device_rules: Vec<CompiledRule>,
    pub attribute_rules: Vec<CompiledRule>,
    pub requirements: Requirements,
    /// Known applications by their one spelling.
    pub owners: HashMap<String, KnownApplication>,
    locations_known: HashMap<String, Location>,
}

impl Index {
    /// What a user, group or role is called, with what it is.
    pub(crate) fn called(&self, kind: RefKind, number: Number) -> Option<String> {
        let (word, one) = match kind {
            RefKind::User => ("user", self.users.text(number)?),
            RefKind::Group => ("group", self.groups.text(number)?),
            RefKind::Role => ("role", self.roles.text(number)?),
            _ => return None,
        };
        let by_table = ROLES.by_id(one).filter(|_| kind == RefKind::Role);
        let name = by_table.map_or(self.names.shown(kind, one), |role| role.name);
        Some(format!("{word} {name}"))
    }

    pub(crate) fn new(world: &World) -> Index {
        let names = Names::new(world);
        let one_of = |location: &crate::model::location::NamedLocation| {
            let text = location.id.as_deref().unwrap_or(&location.display_name);
            names.canonical(RefKind::Location, text)
        };
        let is_trusted = |kind: LocationType| {
            let locations = world.locations.iter();
            locations.filter(move |l| l.is_trusted == Some(true) && l.location_type() == kind)
        };
        let trusted = is_trusted(LocationType::Ip)
            .map(Ranges::of)
            .fold(Ranges::default(), Ranges::joined);
        let owners = world.applications.iter().flat_map(|app| {
            let id = app.app_id.as_deref().unwrap_or(&app.display_name);
            let object = app.id.as_deref().unwrap_or(&app.display_name);
            [
                (names.canonical(RefKind::Application, id), app.clone()),
                (
                    names.canonical(RefKind::ServicePrincipal, object),
                    app.clone(),
                ),
            ]
        });
        Index {
            people: People::new(world, &names),
            users: Atoms::default(),
            groups: Atoms::default(),
            roles: Atoms::default(),
            tenants: Atoms::default(),
            applications: Atoms::default(),
            principals: Atoms::default(),
            contexts: Atoms::default(),
            locations: Atoms::default(),
            places: Vec::new(),
            trusted,
            trusted_network: is_trusted(LocationType::CompliantNetwork).next().is_some(),
            names_mfa_ips: false,
            has_all_resources: false,
            has_all_trusted: false,
            device_rules: Vec::new(),
            attribute_rules: Vec::new(),
            requirements: Requirements::new(world, &names),
            owners: owners.collect(),
            locations_known: world
                .locations
                .iter()
                .map(|location| (one_of(location), Location::of(location)))
                .collect(),
            names,
        }
    }

    /// The number of a named location.
    pub(crate) fn location(&mut self, text: &str) -> Number {
        let one = self.names.used(RefKind::Location, text);
        let known = self.locations_known.get(&one);
        let place = known.cloned().unwrap_or(Location::Unknown);
        let number = self.locations.put(one);
        if self.places.len() <= number as usize {
            self.places.push(place);
        }
        number
    }

    /// The number of a rule; equal rules have the same.
    pub(crate) fn rule(rules: &mut Vec<CompiledRule>, rule: CompiledRule) -> usize {
        match rules.iter().position(|known| *known == rule) {
            Some(at) => at,
            None => {
                rules.push(rule);
                rules.len() - 1
            }
        }
    }
}

impl Index {
    /// An address and a country in no named location that a policy names; where there is none,
    /// any.
    pub(crate) fn elsewhere(&self) -> (Address, Country) {
        let free = |whence: &Whence| {
            self.trusted.holds(whence.address) != Match::Yes
                && self
                    .places
                    .iter()
                    .all(|place| place.holds(whence) != Match::Yes)
        };
        let from = |address: Option<Address>, country: Option<Country>| Whence {
            address,
            country,
            compliant_network: None,
        };
        // Addresses for documentation, then a few of each block.
        let examples = [(203, 0, 113), (198, 51, 100), (192, 0, 2)];
        let examples = examples
            .into_iter()
            .flat_map(|(a, b, c)| (1..=254).map(move |d| (a, b, c, d)));
        let others = (1..224u8).flat_map(|a| [(a, 7, 7, 7), (a, 77, 7, 7), (a, 177, 7, 7)]);
        let mut addresses = examples
            .chain(others)
            .map(|(a, b, c, d)| Address(IpAddr::from([a, b, c, d])));
        let address = addresses.find(|address| free(&from(Some(*address), None)));
        let mut countries = COUNTRIES
            .iter()
            .filter_map(|country| country.id.parse::<Country>().ok())
            .chain([Country::Unknown]);
        let country = countries.find(|country| free(&from(None, Some(*country))));
        (
            address.unwrap_or(Address(IpAddr::from([203, 0, 113, 1]))),
            country.unwrap_or(Country::Unknown),
        )
    }
}
