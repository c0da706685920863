//! A week of sign-ins, as a log holds them: people at the office, at home and on the way, with their
//! devices and clients, guests, service principals, what legacy protocols are left, some risk, and
//! what goes wrong. The same seed makes the same week of the same tenant, up to the moment.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::text;
use super::error::ErrorAnswer;
use super::signin::{self, JudgedPolicy};
use super::tenant::Tenant;
use super::value::set;
use crate::model::enums::{GrantControl, PolicyState};
use crate::model::filter::ATTRIBUTES;
use crate::model::policy::ConditionalAccessPolicy;
use crate::whatif::{
    Address, Application, Applies, AuthenticationFlow, ClientApplication, ClientType,
    CompiledPolicies, Country, Device, DeviceInfo, InsiderRisk, Match, Platform, Requirement, Risk,
    Satisfied, ServicePrincipal, SignIn, TransferMethod, User, UserType,
};

/// The most that are made at once.
const MOST: usize = 100_000;
const HOURS: usize = 24 * 7;
/// Windows Azure Active Directory: what a request for little counts as.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const WINDOWS_SIGN_IN: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
/// The tenant that guests are at home in, and that people of this one visit.
const OTHER_TENANT: &str = "0d4e6f0b-5a7d-4a3e-8f0e-2f6f3f0b7c11";
/// Where people are when nothing says otherwise: networks for documentation.
const OFFICE: &str = "198.51.100.20";

/// How many sign-ins, and what chance is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInWeek {
    /// How many.
    pub count: usize,
    /// The seed.
    #[serde(default)]
    pub seed: u64,
}

/// Chance that is the same for the same seed.
struct Chance(u64);

impl Chance {
    /// Streams of other seeds and numbers have nothing to do with this one.
    fn of(seed: u64, number: usize) -> Chance {
        let (mut one, mut other) = (Chance(seed), Chance(!(number as u64)));
        Chance(one.next() ^ other.next().rotate_left(32))
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// True in so many of a thousand.
    fn is(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// One of these, by their weights.
    fn one<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let mut at = self.below(items.iter().map(&weight).sum());
        items.iter().find(|item| {
            let own = weight(item);
            let is_it = at < own;
            at = at.saturating_sub(own);
            is_it
        })
    }

    fn guid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bytes = bits.to_be_bytes();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }
}

/// A device of somebody's.
#[derive(Clone)]
struct Gear {
    system: &'static str,
    platform: Platform,
    /// `trustType` as filters have it, and as the log words it.
    trust: Option<(&'static str, &'static str)>,
    compliant: bool,
    id: String,
    name: String,
    weight: u64,
}

/// Somebody who signs in.
struct Walker {
    account: Value,
    who: User,
    country: String,
    gear: Vec<Gear>,
    /// The second factor, as the log and as a sign-in name it.
    second: (&'static str, &'static str),
    hello: bool,
    weight: u64,
    admin: bool,
    home: String,
}

/// Where somebody goes: resource, client and how, and the scopes at Microsoft Graph.
struct Visit {
    resource: &'static str,
    client: (&'static str, &'static str),
    kind: ClientType,
    scopes: &'static [&'static str],
    weight: u64,
    admins_alone: bool,
}

const OUTLOOK: (&str, &str) = ("27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile");
const TEAMS: (&str, &str) = ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams");
const OFFICE_CLIENT: (&str, &str) = ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office");
const POWERSHELL: (&str, &str) = (
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",
    "Microsoft Graph Command Line Tools",
);

#[rustfmt::skip]
const VISITS: &[Visit] = &[
    Visit { resource: EXCHANGE, client: OFFICE_CLIENT, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 25, admins_alone: false },
    Visit { resource: EXCHANGE, client: OUTLOOK, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 15, admins_alone: false },
    Visit { resource: "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", client: TEAMS, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 20, admins_alone: false },
    Visit { resource: "00000003-0000-0ff1-ce00-000000000000", client: ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"), kind: ClientType::Browser, scopes: &[], weight: 20, admins_alone: false },
    Visit { resource: "00000006-0000-0ff1-ce00-000000000000", client: ("00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal"), kind: ClientType::Browser, scopes: &[], weight: 8, admins_alone: false },
    Visit { resource: "095a7e38-5c47-42ce-aa0c-63b5bf45790b", client: ("095a7e38-5c47-42ce-aa0c-63b5bf45790b", "Contoso Expenses"), kind: ClientType::Browser, scopes: &[], weight: 6, admins_alone: false },
    Visit { resource: "eeddb843-17df-49e6-8efa-5947182af2ea", client: ("eeddb843-17df-49e6-8efa-5947182af2ea", "Contoso HR Portal"), kind: ClientType::Browser, scopes: &[], weight: 4, admins_alone: false },
    Visit { resource: "2793995e-0a7d-40d7-bd35-6968ba142197", client: ("2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps"), kind: ClientType::Browser, scopes: &[], weight: 3, admins_alone: false },
    Visit { resource: GRAPH, client: POWERSHELL, kind: ClientType::MobileAppsAndDesktopClients, scopes: &["openid", "profile", "User.Read"], weight: 3, admins_alone: false },
    Visit { resource: GRAPH, client: POWERSHELL, kind: ClientType::MobileAppsAndDesktopClients, scopes: &["openid", "Directory.AccessAsUser.All"], weight: 12, admins_alone: true },
    Visit { resource: "797f4846-ba00-4fd7-ba43-dac1f8f63013", client: ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"), kind: ClientType::Browser, scopes: &[], weight: 25, admins_alone: true },
];

/// Second factors, with how usual they are.
const SECONDS: &[(&str, &str, u64)] = &[
    ("Mobile app notification", "microsoftAuthenticatorPush", 70),
    ("Text message", "sms", 15),
    ("OATH verification code", "softwareOath", 10),
    ("FIDO2 security key", "fido2", 5),
];

/// Countries that people travel to.
const ABROAD: &[&str] = &["FR", "ES", "IT", "GB", "JP", "BR", "IN"];

/// Makes the sign-ins, and answers how many, with their records.
pub(super) fn week(tenant: &mut Tenant, asked: SignInWeek) -> Result<Value, ErrorAnswer> {
    if asked.count == 0 || asked.count > MOST {
        return Err(ErrorAnswer::bad(format!(
            "The count is a number from 1 to {MOST}, not {}.",
            asked.count
        )));
    }
    let (policies, _) = signin::policies(tenant);
    let compiled = CompiledPolicies::new(&policies, &signin::world(tenant));
    let maker = Maker {
        policies: &policies,
        compiled: &compiled,
        walkers: walkers(tenant, asked.seed),
        services: services(tenant),
        office: office(tenant),
        tenant_id: tenant.tenant_id.clone(),
        names: by_app_id(tenant, "displayName"),
        owners: by_app_id(tenant, "appOwnerOrganizationId"),
    };
    if maker.walkers.is_empty() {
        return Err(ErrorAnswer::bad(
            "There is no user who could sign in.".to_owned(),
        ));
    }
    let times = times(asked.count)?;
    let mut records = Vec::with_capacity(asked.count);
    for (number, at) in times.into_iter().enumerate() {
        let mut chance = Chance::of(asked.seed, number);
        let mut record = maker.record(&mut chance)?;
        // A second week of the same seed has records of its own.
        while text(&record, "id").is_some_and(|id| tenant.sign_ins.contains_key(id)) {
            set(&mut record, "id", chance.guid());
            set(&mut record, "correlationId", chance.guid());
        }
        set(&mut record, "createdDateTime", at);
        records.push(record);
    }
    for record in &records {
        let id = text(record, "id").unwrap_or_default().to_owned();
        tenant.sign_ins.insert(id, record.clone());
    }
    Ok(json!({"made": records.len(), "records": records}))
}

/// Moments of the last seven days, more of them while people work, in their order.
fn times(count: usize) -> Result<Vec<String>, ErrorAnswer> {
    let now = Timestamp::now().round(Unit::Second);
    let now = now.map_err(|error| ErrorAnswer::bad(error.to_string()))?;
    let start = now - SignedDuration::from_hours(HOURS as i64);
    let weights: Vec<u64> = (0..HOURS)
        .map(|hour| {
            let at = start + SignedDuration::from_hours(hour as i64);
            let at = at.to_zoned(jiff::tz::TimeZone::UTC);
            let weekend = matches!(
                at.weekday(),
                jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
            );
            match (weekend, at.hour()) {
                (true, 8..=20) => 3,
                (false, 7..=17) => 20,
                (false, 6 | 18..=21) => 6,
                _ => 1,
            }
        })
        .collect();
    let all: u64 = weights.iter().sum();
    let (mut found, mut hour, mut before) = (Vec::with_capacity(count), 0, 0);
    for number in 0..count {
        // In thousandths, so that few are spread as well as many.
        let target = (number as u64 * 1_000 + 500) * all / count as u64;
        while let Some(weight) = weights.get(hour)
            && target >= (before + weight) * 1_000
        {
            before += weight;
            hour += 1;
        }
        let weight = weights.get(hour).copied().unwrap_or(1);
        let second = target.saturating_sub(before * 1_000) * 3_600 / (weight * 1_000);
        let at = start + SignedDuration::from_secs(hour as i64 * 3_600 + second as i64);
        found.push(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    Ok(found)
}

/// Everybody who can sign in, with what they have.
fn walkers(tenant: &Tenant, seed: u64) -> Vec<Walker> {
    let enabled = |user: &&Value| user.get("accountEnabled") != Some(&Value::Bool(false));
    let users = tenant.users.values().filter(enabled);
    users
        .enumerate()
        .map(|(number, account)| {
            let mut chance = Chance::of(seed.wrapping_add(0x5eed), number);
            let name = text(account, "userPrincipalName").unwrap_or_default();
            let who = signin::person(tenant, account);
            let external = who.user_type.is_some_and(UserType::has_other_home);
            let admin = who.roles.as_ref().is_some_and(|roles| !roles.is_empty());
            let (weight, gear) = match name.to_lowercase() {
                name if name.starts_with("breakglass") => (1, Vec::new()),
                name if name.starts_with("sync_") => (6, vec![server(&mut chance)]),
                _ if external => (10, Vec::new()),
                _ => (
                    40,
                    gear(&mut chance, text(account, "mailNickname").unwrap_or("user")),
                ),
            };
            let second = chance.one(SECONDS, |(.., weight)| *weight);
            let country = text(account, "usageLocation").unwrap_or("US").to_owned();
            Walker {
                hello: gear.first().is_some_and(|one| one.trust.is_some()) && chance.is(500),
                account: account.clone(),
                country,
                gear,
                second: second.map_or(("Text message", "sms"), |(word, mode, _)| (*word, *mode)),
                weight,
                admin,
                home: format!("203.0.113.{}", 1 + number % 250),
                who,
            }
        })
        .collect()
}

/// What an employee has: a computer of the company, most have a phone, and some use their own.
fn gear(chance: &mut Chance, nick: &str) -> Vec<Gear> {
    const JOINED: (&str, &str) = ("AzureAD", "Azure AD joined");
    const HYBRID: (&str, &str) = ("ServerAD", "Hybrid Azure AD joined");
    const REGISTERED: (&str, &str) = ("Workplace", "Azure AD registered");
    let (mut first, mut second) = (chance.guid(), chance.guid());
    let mut found = Vec::new();
    let mut put = |system, platform, trust, compliant, id: &mut String, kind: &str, weight| {
        found.push(Gear {
            system,
            platform,
            trust,
            compliant,
            id: std::mem::take(id),
            name: format!("{}-{kind}", nick.to_uppercase()),
            weight,
        });
    };
    let compliant = !chance.is(60);
    match chance.below(10) {
        0..=5 => put(
            "Windows11",
            Platform::Windows,
            Some(JOINED),
            compliant,
            &mut first,
            "LT",
            60,
        ),
        6..=7 => put(
            "Windows10",
            Platform::Windows,
            Some(HYBRID),
            compliant,
            &mut first,
            "PC",
            60,
        ),
        _ => put(
            "MacOs",
            Platform::MacOs,
            Some(REGISTERED),
            compliant,
            &mut first,
            "MB",
            60,
        ),
    }
    match chance.below(10) {
        0..=4 => put(
            "Ios 18.1",
            Platform::Ios,
            Some(REGISTERED),
            true,
            &mut second,
            "IPHONE",
            25,
        ),
        5..=7 => put(
            "Android 15",
            Platform::Android,
            Some(REGISTERED),
            !chance.is(300),
            &mut second,
            "PIXEL",
            25,
        ),
        _ => {}
    }
    if chance.is(300) {
        let mut none = String::new();
        let (system, platform) = match chance.below(3) {
            0 => ("Linux", Platform::Linux),
            1 => ("ChromeOS", Platform::Unknown),
            _ => ("Windows10", Platform::Windows),
        };
        put(system, platform, None, false, &mut none, "HOME", 8);
    }
    found
}

fn server(chance: &mut Chance) -> Gear {
    Gear {
        system: "Windows10",
        platform: Platform::Windows,
        trust: None,
        compliant: false,
        id: String::new(),
        name: format!("DC0{}", 1 + chance.below(2)),
        weight: 1,
    }
}

/// The tenant's own applications, which sign in as themselves: object id, app id and name.
fn services(tenant: &Tenant) -> Vec<[String; 3]> {
    let own = tenant
        .service_principals
        .values()
        .filter(|app| text(app, "appOwnerOrganizationId") == Some(tenant.tenant_id.as_str()));
    own.map(|app| {
        ["id", "appId", "displayName"].map(|name| text(app, name).unwrap_or_default().to_owned())
    })
    .collect()
}

/// What applications say of themselves, by their ids.
fn by_app_id(tenant: &Tenant, member: &str) -> HashMap<String, String> {
    let apps = tenant.service_principals.values();
    let part = |app: &Value, name: &str| Some(text(app, name)?.to_owned());
    apps.filter_map(|app| Some((part(app, "appId")?, part(app, member)?)))
        .collect()
}

/// An address of the first trusted network, where the tenant has one.
fn office(tenant: &Tenant) -> String {
    let trusted = tenant
        .named_locations
        .values()
        .filter(|location| location.get("isTrusted") == Some(&Value::Bool(true)));
    let mut ranges = trusted.filter_map(|location| location.get("ipRanges")?.as_array());
    let first = ranges.find_map(|ranges| text(ranges.first()?, "cidrAddress"));
    let net = first.and_then(|range| range.parse::<ipnet::IpNet>().ok());
    let address = net.map(|net| net.hosts().nth(10).unwrap_or(net.network()));
    address.map_or_else(|| OFFICE.to_owned(), |address| address.to_string())
}

/// What makes records.
struct Maker<'a> {
    policies: &'a [ConditionalAccessPolicy],
    compiled: &'a CompiledPolicies,
    walkers: Vec<Walker>,
    services: Vec<[String; 3]>,
    office: String,
    tenant_id: String,
    names: HashMap<String, String>,
    owners: HashMap<String, String>,
}

/// One sign-in on its way to a record.
struct Made {
    facts: SignIn,
    /// The methods that were used, in the log's words, with what is said of each.
    steps: Vec<(&'static str, &'static str)>,
    interactive: bool,
    /// What the log says of the client.
    client_words: &'static str,
    gear: Option<Gear>,
    city: Option<&'static str>,
}

impl Maker<'_> {
    fn record(&self, chance: &mut Chance) -> Result<Value, ErrorAnswer> {
        if chance.is(40) && !self.services.is_empty() {
            return self.service(chance);
        }
        let Some(walker) = chance.one(&self.walkers, |walker| walker.weight) else {
            return Ok(Value::Null);
        };
        match chance.below(1_000) {
            0..=9 => Ok(self.bare(chance, walker, (50126, "Invalid username or password."))),
            10..=19 => {
                let mut record = self.bare(chance, walker, (0, "Other."));
                for (name, value) in [
                    ("appId", WINDOWS_SIGN_IN),
                    ("appDisplayName", "Windows Sign In"),
                    ("resourceId", DIRECTORY),
                    ("resourceDisplayName", "Windows Azure Active Directory"),
                ] {
                    set(&mut record, name, value);
                }
                Ok(record)
            }
            20..=24 if walker.who.user_type == Some(UserType::Member) => {
                // A visit to another tenant: its policies decide, and stand there.
                let mut record = self.bare(chance, walker, (0, "Other."));
                set(&mut record, "resourceTenantId", OTHER_TENANT);
                set(&mut record, "crossTenantAccessType", "b2bCollaboration");
                Ok(record)
            }
            _ => self.visit(chance, walker),
        }
    }

    /// A sign-in of a person.
    fn visit(&self, chance: &mut Chance, walker: &Walker) -> Result<Value, ErrorAnswer> {
        let is_there = |visit: &Visit| self.names.contains_key(visit.resource);
        let visit = chance.one(VISITS, |visit| match is_there(visit) {
            true if visit.admins_alone && !walker.admin => 0,
            true => visit.weight,
            false => 0,
        });
        let Some(visit) = visit else {
            return Ok(self.bare(chance, walker, (0, "Other.")));
        };
        let mut gear = chance.one(&walker.gear, |gear| gear.weight).cloned();
        let external = walker.who.user_type.is_some_and(UserType::has_other_home);
        let (mut kind, mut words) = match visit.kind {
            ClientType::Browser => (ClientType::Browser, "Browser"),
            other => (other, "Mobile Apps and Desktop clients"),
        };
        let (mut client, mut resource) = (visit.client, visit.resource);
        // What is left of the old protocols.
        if visit.resource == EXCHANGE && chance.is(60) {
            let old = [
                ("Authenticated SMTP", 4),
                ("IMAP4", 3),
                ("Exchange ActiveSync", 3),
            ];
            let old = chance
                .one(&old, |(_, weight)| *weight)
                .map_or("IMAP4", |(word, _)| *word);
            words = match old {
                "Authenticated SMTP" => "Authenticated SMTP",
                "IMAP4" => "IMAP4",
                _ => "Exchange ActiveSync",
            };
            gear = gear.map(|one| Gear {
                trust: None,
                compliant: false,
                id: String::new(),
                ..one
            });
            kind = match words {
                "Exchange ActiveSync" => match gear.as_ref().map(|gear| gear.platform) {
                    Some(Platform::Ios | Platform::Android | Platform::Windows) => {
                        ClientType::EasSupported
                    }
                    _ => ClientType::ExchangeActiveSync,
                },
                _ => ClientType::Other,
            };
            (client, resource) = ((EXCHANGE, "Office 365 Exchange Online"), EXCHANGE);
        }
        let silent = matches!(
            kind,
            ClientType::Other | ClientType::EasSupported | ClientType::ExchangeActiveSync
        );
        let flow = match client == POWERSHELL && chance.is(150) {
            true => TransferMethod::DeviceCodeFlow,
            false => TransferMethod::None,
        };
        if flow == TransferMethod::DeviceCodeFlow {
            // The other device is not seen.
            gear = gear.map(|one| Gear {
                trust: None,
                compliant: false,
                id: String::new(),
                ..one
            });
        }
        let interactive = chance.is(if silent { 0 } else { 350 });
        let (address, country, city) = match chance.below(100) {
            0..=54 if !external => (
                self.office.clone(),
                walker.country.clone(),
                Some("Headquarters"),
            ),
            0..=93 => (walker.home.clone(), walker.country.clone(), None),
            94..=97 => {
                let abroad = chance.one(ABROAD, |_| 1).map_or("FR", |code| *code);
                (
                    format!("192.0.2.{}", 1 + chance.below(250)),
                    abroad.to_owned(),
                    None,
                )
            }
            _ => (
                format!("2001:db8::{:x}", 1 + chance.below(0xffff)),
                walker.country.clone(),
                None,
            ),
        };
        let risk = match chance.below(1_000) {
            0..=5 => Risk::Low,
            6..=9 => Risk::Medium,
            10..=11 => Risk::High,
            _ => Risk::None,
        };
        let platform = gear
            .as_ref()
            .map_or(Platform::Unknown, |gear| gear.platform);
        let platform = match words {
            "IMAP4" | "Authenticated SMTP" => Platform::Unknown,
            _ if gear.is_none() => Platform::Windows,
            _ => platform,
        };
        let baseline = visit.scopes.iter().all(|scope| {
            ["openid", "profile", "email", "offline_access", "User.Read"].contains(scope)
        });
        let mut facts = SignIn {
            user: Some(User {
                external_tenant_id: external.then(|| OTHER_TENANT.to_owned()),
                ..walker.who.clone()
            }),
            application: Some(Application::named(resource)),
            scopes: (!visit.scopes.is_empty()).then(|| {
                visit
                    .scopes
                    .iter()
                    .map(|scope| (*scope).to_owned())
                    .collect()
            }),
            client: (!visit.scopes.is_empty()).then(|| ClientApplication {
                confidential: Some(false),
                ..ClientApplication::named(client.0)
            }),
            client_app_type: Some(kind),
            device_platform: Some(platform),
            ip_address: address.parse::<Address>().ok(),
            country: Some(country.parse().unwrap_or(Country::Unknown)),
            compliant_network: Some(false),
            sign_in_risk_level: Some(risk),
            user_risk_level: Some(Risk::None),
            insider_risk_level: Some(InsiderRisk::None),
            device_info: Some(gear.as_ref().map_or(Device::Unregistered, device)),
            authentication_flow: Some(AuthenticationFlow {
                transfer_method: Some(flow),
                original_transfer_method: Some(flow),
            }),
            ..SignIn::default()
        };
        let hello = walker.hello
            && gear
                .as_ref()
                .is_some_and(|gear| gear.trust.is_some() && gear.platform == Platform::Windows)
            && flow == TransferMethod::None
            && !silent;
        let first = match hello {
            true => ("Windows Hello for Business", "windowsHelloForBusiness"),
            false => ("Password", "password"),
        };
        let mut steps = vec![(first.0, "")];
        let mut held = vec![Satisfied::named(first.1)];
        facts.satisfied = Some(held.clone());
        let asked = self.asked(&facts)?;
        if asked.mfa && !hello && !silent {
            match interactive {
                true if !chance.is(30) => {
                    steps.push((walker.second.0, "MFA completed in Azure AD"));
                    held.push(Satisfied::named(walker.second.1));
                }
                false if !chance.is(20) => {
                    steps.push((
                        "Previously satisfied",
                        "MFA requirement satisfied by claim in the token",
                    ));
                    held.push(Satisfied::named("mfa"));
                }
                _ => {}
            }
        }
        for terms in asked.terms {
            if !chance.is(50) && !silent {
                held.push(Satisfied::named(terms));
            }
        }
        if client == OUTLOOK
            && matches!(platform, Platform::Ios | Platform::Android)
            && !silent
            && chance.is(800)
        {
            held.push(Satisfied::named("compliantApplication"));
        }
        facts.satisfied = Some(held);
        let made = Made {
            facts,
            steps,
            interactive,
            client_words: words,
            gear,
            city,
        };
        let mut record = self.finished(chance, &made, &walker.account, client)?;
        let audience = match resource == GRAPH && baseline {
            true => DIRECTORY,
            false => resource,
        };
        let kind = if interactive {
            "interactiveUser"
        } else {
            "nonInteractiveUser"
        };
        let scopes = visit.scopes.join(" ");
        let details = match visit.scopes.is_empty() {
            true => json!([]),
            false => json!([{"key": "Oauth Scope Info", "value": scopes}]),
        };
        let wids = walker.who.roles.clone().unwrap_or_default();
        for (name, value) in [
            (
                "conditionalAccessAudiences",
                json!([{"applicationId": audience, "audienceReasons": "none"}]),
            ),
            ("signInEventTypes", json!([kind])),
            ("authenticationProcessingDetails", details),
            ("userType", json!(if external { "guest" } else { "member" })),
            (
                "crossTenantAccessType",
                json!(if external { "b2bCollaboration" } else { "none" }),
            ),
            (
                "homeTenantId",
                json!(if external {
                    OTHER_TENANT
                } else {
                    &self.tenant_id
                }),
            ),
            ("originalTransferMethod", json!(flow)),
            (
                "authenticationProtocol",
                json!(if flow == TransferMethod::DeviceCodeFlow {
                    "deviceCode"
                } else {
                    "none"
                }),
            ),
        ] {
            set(&mut record, name, value);
        }
        if let Some(details) = record
            .get_mut("authenticationProcessingDetails")
            .and_then(Value::as_array_mut)
        {
            details.push(json!({"key": "wids", "value": wids.join(",")}));
        }
        Ok(record)
    }

    /// What enforced policies ask of a sign-in that it has not met.
    fn asked(&self, facts: &SignIn) -> Result<Asked, ErrorAnswer> {
        let judged = signin::judged(self.compiled, self.policies, facts)?;
        let mut asked = Asked::default();
        for one in judged.iter().filter(|one| one.applies == Applies::Yes) {
            let enforced = one.policy.state == Some(PolicyState::Enabled);
            for required in &one.required {
                match required.requirement {
                    Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_) => {
                        asked.mfa |= enforced && required.met != Some(Match::Yes);
                    }
                    Requirement::TermsOfUse(id) if enforced => asked.terms.push(id.clone()),
                    _ => {}
                }
            }
        }
        asked.terms.dedup();
        Ok(asked)
    }

    /// The record of a sign-in that policies have judged.
    fn finished(
        &self,
        chance: &mut Chance,
        made: &Made,
        account: &Value,
        client: (&str, &str),
    ) -> Result<Value, ErrorAnswer> {
        let judged = signin::judged(self.compiled, self.policies, &made.facts)?;
        let mut record = self.bare_of(chance, account);
        let (code, why) = signin::status(&judged);
        let mut entries = signin::entries(&judged);
        let pending = code == 50076;
        if pending {
            terms_fail(&judged, &mut entries);
        }
        if chance.is(3) {
            entries.push(
                json!({"id": "SecurityDefaults", "displayName": "Security Defaults",
                "result": "notApplied", "enforcedGrantControls": [], "enforcedSessionControls": [],
                "conditionsSatisfied": "none", "conditionsNotSatisfied": "none",
                "sessionControlsNotSatisfied": []}),
            );
        }
        let asks_mfa = judged.iter().any(|one| {
            let asks = |one: &crate::whatif::Required<'_>| {
                matches!(
                    one.requirement,
                    Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
                )
            };
            one.applies == Applies::Yes
                && one.policy.state == Some(PolicyState::Enabled)
                && one.required.iter().any(asks)
        });
        let remark = match (
            pending,
            made.steps.iter().find(|(_, said)| !said.is_empty()),
        ) {
            (true, _) => Some("MFA required in Azure AD"),
            (false, Some((_, said))) => Some(*said),
            (false, None) => None,
        };
        let facts = &made.facts;
        let resource = facts
            .application
            .as_ref()
            .and_then(|app| app.name.clone())
            .unwrap_or_default();
        let steps: Vec<Value> = (made.steps.iter())
            .map(|(method, said)| {
                json!({"authenticationMethod": method, "authenticationMethodDetail": null,
                    "succeeded": true, "authenticationStepResultDetail": said,
                    "authenticationStepRequirement": null})
            })
            .collect();
        let country = match facts.country {
            Some(Country::Code(_)) => json!(facts.country),
            _ => Value::Null,
        };
        let system = match facts.device_platform {
            Some(Platform::Unknown) if made.client_words != "Browser" => String::new(),
            _ => made
                .gear
                .as_ref()
                .map_or("Windows10", |gear| gear.system)
                .to_owned(),
        };
        let device = match &made.gear {
            Some(gear) => {
                json!({"deviceId": gear.id, "displayName": (!gear.id.is_empty()).then_some(&gear.name),
                "operatingSystem": system, "browser": null, "isCompliant": gear.compliant,
                "isManaged": gear.compliant, "trustType": gear.trust.map(|(_, words)| words)})
            }
            None => json!({"deviceId": "", "displayName": null, "operatingSystem": system,
                "browser": null, "isCompliant": false, "isManaged": false, "trustType": null}),
        };
        let let_in = code == 0;
        for (name, value) in [
            ("appId", json!(client.0)),
            ("appDisplayName", json!(client.1)),
            ("resourceDisplayName", json!(self.names.get(&resource))),
            ("resourceOwnerTenantId", json!(self.owners.get(&resource))),
            ("appOwnerTenantId", json!(self.owners.get(client.0))),
            ("resourceId", json!(resource)),
            ("ipAddress", json!(facts.ip_address)),
            ("clientAppUsed", json!(made.client_words)),
            ("isInteractive", json!(made.interactive)),
            (
                "location",
                json!({"city": made.city, "state": null, "countryOrRegion": country, "geoCoordinates": null}),
            ),
            ("riskLevelDuringSignIn", json!(facts.sign_in_risk_level)),
            ("riskLevelAggregated", json!(facts.sign_in_risk_level)),
            ("deviceDetail", device),
            ("authenticationDetails", json!(steps)),
            (
                "authenticationRequirement",
                json!(match asks_mfa {
                    true => "multiFactorAuthentication",
                    false => "singleFactorAuthentication",
                }),
            ),
            (
                "conditionalAccessStatus",
                json!(signin::summary(&judged, let_in)),
            ),
            (
                "status",
                json!({"errorCode": code, "failureReason": why, "additionalDetails": remark}),
            ),
            ("appliedConditionalAccessPolicies", json!(entries)),
        ] {
            set(&mut record, name, value);
        }
        Ok(record)
    }

    /// A sign-in of an application as itself.
    fn service(&self, chance: &mut Chance) -> Result<Value, ErrorAnswer> {
        let Some([id, app_id, name]) = chance.one(&self.services, |_| 1) else {
            return Ok(Value::Null);
        };
        let managed = chance.is(200);
        let made = Made {
            facts: SignIn {
                service_principal: Some(ServicePrincipal {
                    managed_identity: managed,
                    ..ServicePrincipal::named(id)
                }),
                application: Some(Application::named(GRAPH)),
                scopes: Some(vec![".default".to_owned()]),
                ip_address: format!("203.0.113.{}", 200 + chance.below(20)).parse().ok(),
                country: Some(Country::Unknown),
                service_principal_risk_level: Some(Risk::None),
                satisfied: Some(Vec::new()),
                ..SignIn::default()
            },
            steps: Vec::new(),
            interactive: false,
            client_words: "",
            gear: None,
            city: None,
        };
        let mut record = self.finished(chance, &made, &Value::Null, (app_id, name))?;
        let kind = if managed {
            "managedIdentity"
        } else {
            "servicePrincipal"
        };
        for (member, value) in [
            ("servicePrincipalId", json!(id)),
            ("servicePrincipalName", json!(name)),
            ("signInEventTypes", json!([kind])),
            (
                "conditionalAccessAudiences",
                json!([{"applicationId": GRAPH, "audienceReasons": "none"}]),
            ),
            ("originalTransferMethod", json!("none")),
            ("userType", Value::Null),
            (
                "deviceDetail",
                json!({"deviceId": "", "displayName": null, "operatingSystem": "",
                "browser": null, "isCompliant": false, "isManaged": false, "trustType": null}),
            ),
        ] {
            set(&mut record, member, value);
        }
        Ok(record)
    }

    /// The record of a sign-in for which no policy was evaluated.
    fn bare(&self, chance: &mut Chance, walker: &Walker, (code, why): (u32, &str)) -> Value {
        let mut record = self.bare_of(chance, &walker.account);
        for (name, value) in [
            ("appId", json!(OFFICE_CLIENT.0)),
            ("appDisplayName", json!(OFFICE_CLIENT.1)),
            ("resourceId", json!(EXCHANGE)),
            ("resourceDisplayName", json!("Office 365 Exchange Online")),
            ("ipAddress", json!(walker.home)),
            ("clientAppUsed", json!("Browser")),
            ("isInteractive", json!(true)),
            (
                "location",
                json!({"city": null, "state": null, "countryOrRegion": walker.country, "geoCoordinates": null}),
            ),
            ("signInEventTypes", json!(["interactiveUser"])),
            ("userType", json!("member")),
            ("crossTenantAccessType", json!("none")),
            ("conditionalAccessStatus", json!("notApplied")),
            (
                "status",
                json!({"errorCode": code, "failureReason": why, "additionalDetails": null}),
            ),
        ] {
            set(&mut record, name, value);
        }
        record
    }

    /// Every member of a record, with what is the same of all.
    fn bare_of(&self, chance: &mut Chance, account: &Value) -> Value {
        let of = |name: &str| account.get(name).cloned().unwrap_or_default();
        json!({"id": chance.guid(), "createdDateTime": null, "userDisplayName": of("displayName"),
            "userPrincipalName": of("userPrincipalName"), "userId": of("id"), "appId": null,
            "appDisplayName": null, "ipAddress": null, "clientAppUsed": null,
            "correlationId": chance.guid(), "conditionalAccessStatus": null, "isInteractive": null,
            "riskDetail": "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none",
            "riskState": "none", "riskEventTypes_v2": [], "resourceDisplayName": null,
            "resourceId": null, "resourceTenantId": self.tenant_id, "homeTenantId": self.tenant_id,
            "crossTenantAccessType": "none", "status": null, "location": null,
            "deviceDetail": {"deviceId": "", "displayName": null, "operatingSystem": "", "browser": null,
                "isCompliant": false, "isManaged": false, "trustType": null},
            "userType": null, "userAgent": null, "signInEventTypes": [],
            "conditionalAccessAudiences": [], "authenticationProtocol": "none",
            "originalTransferMethod": "none", "isThroughGlobalSecureAccess": false,
            "authenticationRequirement": "singleFactorAuthentication", "authenticationDetails": [],
            "authenticationProcessingDetails": [], "authenticationContextClassReferences": [],
            "servicePrincipalId": "", "sessionControlsNotSatisfied": [],
            "appliedConditionalAccessPolicies": []})
    }
}

#[derive(Default)]
struct Asked {
    mfa: bool,
    terms: Vec<String>,
}

/// While multifactor authentication is pending the service marks terms of use of other policies as
/// failed.
fn terms_fail(judged: &[JudgedPolicy<'_>], entries: &mut [Value]) {
    for (one, entry) in judged.iter().zip(entries) {
        let terms = |one: &crate::whatif::Required<'_>| {
            matches!(one.requirement, Requirement::TermsOfUse(_))
        };
        if one.applies == Applies::Yes
            && one.policy.state == Some(PolicyState::Enabled)
            && one.required.iter().any(terms)
        {
            set(entry, "result", "failure");
        }
    }
}

/// A device with all that the tenant knows of it.
fn device(gear: &Gear) -> Device {
    let Some((trust, _)) = gear.trust else {
        return Device::Unregistered;
    };
    let mut info = DeviceInfo::default();
    for (name, _) in ATTRIBUTES {
        // What it is not given below it has not.
        let _ = info.set(name, &Value::Null);
    }
    for (name, value) in [
        ("deviceId", json!(gear.id)),
        ("displayName", json!(gear.name)),
        ("operatingSystem", json!(gear.system)),
        ("isCompliant", json!(gear.compliant)),
        ("trustType", json!(trust)),
    ] {
        let _ = info.set(name, &value);
    }
    Device::Registered(info)
}
