//! Those who sign in: where they are at home, their devices and their second factors.

use serde_json::{Value, json};

use super::chance::Chance;
use crate::model::filter::ATTRIBUTES;
use crate::sandbox::call::text;
use crate::sandbox::signin;
use crate::sandbox::tenant::Tenant;
use crate::whatif::{Device, DeviceInfo, Platform, User, UserType};

/// A device of somebody's.
#[derive(Clone)]
pub(super) struct Gear {
    pub(super) system: &'static str,
    pub(super) platform: Platform,
    /// `trustType` as filters have it, and as the log words it.
    pub(super) trust: Option<(&'static str, &'static str)>,
    pub(super) compliant: bool,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) weight: u64,
}

/// Somebody who signs in.
pub(super) struct Walker {
    pub(super) account: Value,
    pub(super) who: User,
    pub(super) country: String,
    pub(super) gear: Vec<Gear>,
    /// The second factor, as the log and as a sign-in name it.
    pub(super) second: (&'static str, &'static str),
    pub(super) hello: bool,
    pub(super) weight: u64,
    pub(super) admin: bool,
    pub(super) home: String,
}

/// Second factors, with how usual they are.
const SECONDS: &[(&str, &str, u64)] = &[
    ("Mobile app notification", "microsoftAuthenticatorPush", 70),
    ("Text message", "sms", 15),
    ("OATH verification code", "softwareOath", 10),
    ("FIDO2 security key", "fido2", 5),
];

/// Everybody who can sign in, with what they have.
pub(super) fn walkers(tenant: &Tenant, seed: u64) -> Vec<Walker> {
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

/// A device with all that the tenant knows of it.
pub(super) fn device(gear: &Gear) -> Device {
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
