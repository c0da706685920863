//! The circumstances that the matrix is about: one column each.

use serde_json::json;

use super::sets::JudgedSets;
use crate::model::filter::ATTRIBUTES;
use crate::model::location::{LocationType, NamedLocation};
use crate::whatif::{
    Address, AuthenticationFlow, ClientType, Country, Device, DeviceInfo, Ending, Platform, Risk,
    SignIn, TransferMethod, UserAction,
};

/// Circumstances of a sign-in, whoever it is of and whatever it is to.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// In a few words.
    pub title: String,
    /// All that they are, in words.
    pub said: String,
    /// All of it as a sign-in, but for who and what.
    pub sign_in: SignIn,
}

impl Situation {
    /// True where something is done other than to open an application.
    pub fn is_action(&self) -> bool {
        self.sign_in.user_action.is_some()
    }
}

/// A place that sign-ins come from.
#[derive(Debug, Clone, Default)]
struct Whence {
    words: String,
    address: Option<Address>,
    country: Option<Country>,
}

impl Whence {
    fn put(&self, sign_in: &mut SignIn) {
        sign_in.ip_address = self.address;
        sign_in.country = self.country;
    }
}

/// The columns for some sets of policies, and what is to be known of them.
pub(super) fn situations(sets: &JudgedSets<'_>) -> (Vec<Situation>, Vec<String>) {
    let mut notes = Vec::new();
    let places: Vec<&NamedLocation> = {
        let mut all: Vec<_> = sets.locations().collect();
        all.sort_by(|a, b| a.display_name.cmp(&b.display_name));
        all
    };
    let (usual, unusual) = countries(sets, &places);
    let office = office(&places).map(|office| Whence {
        country: usual.country,
        ..office
    });
    if office.is_none() {
        notes.push(
            "No named location has IP ranges, so there is no column for the office.".to_owned(),
        );
    }
    let mut all = Vec::new();
    let mut add = |title: &str, what: &str, whence: &Whence, sign_in: SignIn| {
        let mut sign_in = sign_in;
        whence.put(&mut sign_in);
        all.push(Situation {
            title: title.to_owned(),
            said: match whence.words.is_empty() {
                true => what.to_owned(),
                false => format!("{what}; {}", whence.words),
            },
            sign_in,
        });
    };
    let browser = |device: Device| SignIn {
        client_app_type: Some(ClientType::Browser),
        device_platform: Some(Platform::Windows),
        device_info: Some(device),
        sign_in_risk_level: Some(Risk::None),
        user_risk_level: Some(Risk::None),
        ..SignIn::default()
    };
    if let Some(office) = &office {
        let what = "browser on Windows, the device compliant, hybrid joined and the company's";
        add("Office", what, office, browser(managed()));
    }
    let what = "browser on Windows, the device compliant, hybrid joined and the company's";
    add("Outside, managed device", what, &usual, browser(managed()));
    let what = "browser on Windows, the device not registered";
    let outside = browser(Device::Unregistered);
    add("Outside, unmanaged device", what, &usual, outside.clone());
    if let Some(unusual) = &unusual {
        add("Another country", what, unusual, outside.clone());
    }
    let phone = SignIn {
        client_app_type: Some(ClientType::MobileAppsAndDesktopClients),
        device_platform: Some(Platform::Ios),
        ..outside.clone()
    };
    let what_phone = "application on iOS, the device not registered";
    add("Phone, unmanaged", what_phone, &usual, phone);
    let risky = SignIn {
        sign_in_risk_level: Some(Risk::High),
        ..outside.clone()
    };
    let with = |more: &str| format!("{what}, {more}");
    add("Risky sign-in", &with("sign-in risk high"), &usual, risky);
    let risky = SignIn {
        user_risk_level: Some(Risk::High),
        ..outside.clone()
    };
    add("Risky user", &with("user risk high"), &usual, risky);
    let legacy = SignIn {
        client_app_type: Some(ClientType::Other),
        ..outside.clone()
    };
    let what_legacy = "client of a legacy protocol (IMAP, POP, SMTP) on Windows";
    add("Legacy client", what_legacy, &usual, legacy);
    let code = SignIn {
        client_app_type: Some(ClientType::MobileAppsAndDesktopClients),
        authentication_flow: Some(AuthenticationFlow {
            transfer_method: Some(TransferMethod::DeviceCodeFlow),
            ..AuthenticationFlow::default()
        }),
        ..outside.clone()
    };
    let what_code = "application on Windows by device code flow, the device not registered";
    add("Device code", what_code, &usual, code);
    let register = SignIn {
        user_action: Some(UserAction::RegisterSecurityInformation),
        ..outside
    };
    let what = "registering security information in a browser, the device not registered";
    add("Register security info", what, &usual, register);
    (all, notes)
}

/// A device that meets every control on devices.
fn managed() -> Device {
    let mut info = DeviceInfo::default();
    for (name, _) in ATTRIBUTES {
        let value = match *name {
            "isCompliant" => json!(true),
            "trustType" => json!("ServerAD"),
            "deviceOwnership" => json!("Company"),
            "operatingSystem" => json!("Windows"),
            "profileType" => json!("RegisteredDevice"),
            _ => json!(null),
        };
        // They are attributes of devices, as a test sees.
        let _ = info.set(name, &value);
    }
    Device::Registered(info)
}

/// The first trusted location by name, else the first that has ranges.
fn office(places: &[&NamedLocation]) -> Option<Whence> {
    let ranged = |one: &&&NamedLocation| {
        one.location_type() == LocationType::Ip && !one.ip_ranges.is_empty()
    };
    let trusted = |one: &&&NamedLocation| one.is_trusted == Some(true);
    let mut all = places.iter().filter(ranged);
    let place = (places.iter().filter(ranged).find(trusted)).or_else(|| all.next())?;
    let range = place.ip_ranges.first()?;
    let net: ipnet::IpNet = range.cidr_address.trim().parse().ok()?;
    let address = net.hosts().next()?;
    let name = &place.display_name;
    Some(Whence {
        words: match place.is_trusted {
            Some(true) => format!("from the trusted location {name}"),
            _ => format!("from the location {name}"),
        },
        address: address.to_string().parse().ok(),
        country: None,
    })
}

/// Where people usually are, and a country that is treated otherwise, if any: the first country
/// from which an ordinary sign-in is not blocked.
fn countries(sets: &JudgedSets<'_>, places: &[&NamedLocation]) -> (Whence, Option<Whence>) {
    let (address, elsewhere) = sets.elsewhere();
    let nowhere = Whence {
        words: "from no named location".to_owned(),
        address: Some(address),
        country: Some(elsewhere),
    };
    let listed = places.iter().flat_map(|place| {
        let mut codes: Vec<&String> = place.countries_and_regions.iter().collect();
        codes.sort();
        codes.into_iter().map(|code| Whence {
            words: format!("from {code} ({})", place.display_name),
            address: Some(address),
            country: code.parse().ok(),
        })
    });
    let all: Vec<Whence> = std::iter::once(nowhere.clone()).chain(listed).collect();
    let blocked = |whence: &Whence| {
        let mut sign_in = SignIn::default();
        whence.put(&mut sign_in);
        sets.ordinary(sign_in) == Some(Ending::Blocked)
    };
    let usual = all.iter().find(|one| !blocked(one)).unwrap_or(&nowhere);
    let unusual = all.iter().find(|one| blocked(one));
    let unusual = unusual.filter(|_| !blocked(usual));
    (usual.clone(), unusual.cloned())
}
