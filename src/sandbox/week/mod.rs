//! A week of sign-ins, as a log holds them: people at the office, at home and on the way, with their
//! devices and clients, guests, service principals, what legacy protocols are left, some risk, and
//! what goes wrong. The same seed makes the same week of the same tenant, up to the moment.

mod chance;
mod maker;
mod walkers;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::chance::Chance;
use self::maker::Maker;
use super::call::text;
use super::error::ErrorAnswer;
use super::signin;
use super::tenant::Tenant;
use super::value::set;
use crate::whatif::CompiledPolicies;

/// The most that are made at once.
const MOST: usize = 100_000;
const HOURS: usize = 24 * 7;
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
        walkers: walkers::walkers(tenant, asked.seed),
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
