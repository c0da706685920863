//! Named locations, live and deleted.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, strings, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::{at, set};
use super::{Options, Unsure, check};
use crate::model::facts::Edition;

const TYPE: &str = "namedLocation";
const PLACE: &str = "identity/conditionalAccess/namedLocations";
const DELETED: &str = "identity/conditionalAccess/deletedItems/namedLocations";
const KIND: &str = "NamedLocation";
const IP: &str = "#microsoft.graph.ipNamedLocation";
const COUNTRY: &str = "#microsoft.graph.countryNamedLocation";
const COMPLIANT: &str = "#microsoft.graph.compliantNetworkNamedLocation";
const IP_LOCATIONS: usize = 195;
const RANGES: usize = 2000;
const WIDEST_MASK: u8 = 8;

pub(super) fn route(call: &Call, rest: &[&str], tenant: &mut Tenant, options: &Options) -> Answer {
    let listing = Listing::service(TYPE, PLACE);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.named_locations)),
        ("GET", ["$count"]) => listing.count(call, shown(call.edition, &tenant.named_locations)),
        ("POST", []) => create(call, tenant),
        ("GET", [id]) => {
            let stored = find(call.edition, &tenant.named_locations, id)?;
            listing.one(call, &render(call.edition, stored))
        }
        ("PATCH", [id]) => update(call, id, tenant, options),
        ("DELETE", [id]) => delete(call, id, tenant),
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/identity/conditionalAccess/deletedItems/namedLocations`
pub(super) fn deleted(call: &Call, rest: &[&str], tenant: &mut Tenant) -> Answer {
    let listing = Listing::service(TYPE, DELETED);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.deleted_named_locations)),
        ("GET", [id]) => {
            let stored = find(call.edition, &tenant.deleted_named_locations, id)?;
            listing.one(call, &render(call.edition, stored))
        }
        ("POST", [id, "restore" | "microsoft.graph.restore"]) => {
            let stored = find(call.edition, &tenant.deleted_named_locations, id)?;
            if text(stored, "@odata.type") == Some(IP) {
                limit(tenant)?;
            }
            let mut back = tenant
                .deleted_named_locations
                .shift_remove(id)
                .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
            if let Some(map) = back.as_object_mut() {
                map.shift_remove("deletedDateTime");
            }
            let out = render(call.edition, &back);
            tenant.named_locations.insert((*id).into(), back);
            Ok(Listing::service(TYPE, PLACE).one(call, &out)?.changed())
        }
        ("DELETE", [id]) => match tenant.deleted_named_locations.shift_remove(id) {
            Some(_) => Ok(Reply::no_content()),
            None => Err(ErrorAnswer::missing_ca(KIND, id)),
        },
        (_, [] | [_] | [_, "restore"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn compliant(stored: &Value) -> bool {
    text(stored, "@odata.type") == Some(COMPLIANT)
}

/// v1.0 does not know the compliant network.
fn visible(edition: Edition, stored: &Value) -> bool {
    edition == Edition::Beta || !compliant(stored)
}

fn shown(edition: Edition, map: &Map) -> Vec<Value> {
    map.values()
        .filter(|l| visible(edition, l))
        .map(|l| render(edition, l))
        .collect()
}

fn find<'a>(edition: Edition, map: &'a Map, id: &str) -> Result<&'a Value, ErrorAnswer> {
    map.get(id)
        .filter(|l| visible(edition, l))
        .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))
}

fn render(_edition: Edition, stored: &Value) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str| {
        let value = stored.get(name).cloned().unwrap_or(Value::Null);
        out.insert(name.to_owned(), value);
    };
    for name in [
        "@odata.type",
        "id",
        "displayName",
        "modifiedDateTime",
        "createdDateTime",
        "deletedDateTime",
    ] {
        put(name);
    }
    let own: &[&str] = match text(stored, "@odata.type") {
        Some(IP) => &["isTrusted", "ipRanges"],
        Some(COUNTRY) => &[
            "countriesAndRegions",
            "includeUnknownCountriesAndRegions",
            "countryLookupMethod",
        ],
        _ => &["compliantNetworkType", "isTrusted"],
    };
    own.iter().for_each(|name| put(name));
    Value::Object(out)
}

fn body(call: &Call) -> Result<Map, ErrorAnswer> {
    check::body(TYPE, call.edition, &call.json()?).map_err(|p| {
        ErrorAnswer::bad(format!("The named location is not valid: {}.", p.reason)).detail(
            "InvalidBody",
            &p.path,
            p.reason,
        )
    })
}

fn refuse<T>(target: &str, message: impl Into<String>) -> Result<T, ErrorAnswer> {
    Err(ErrorAnswer::bad(message).detail("InvalidNamedLocation", target, target))
}

fn limit(tenant: &Tenant) -> Result<(), ErrorAnswer> {
    let held = tenant
        .named_locations
        .values()
        .filter(|l| text(l, "@odata.type") == Some(IP))
        .count();
    if held >= IP_LOCATIONS {
        return refuse(
            "namedLocations",
            format!("The tenant has reached the limit of {IP_LOCATIONS} IP named locations."),
        );
    }
    Ok(())
}

/// Rules about a location as it would be stored.
fn rules(location: &Value) -> Result<(), ErrorAnswer> {
    if text(location, "displayName").is_none_or(|n| n.trim().is_empty()) {
        return refuse("displayName", "The property 'displayName' is required.");
    }
    if text(location, "@odata.type") == Some(COUNTRY) {
        let codes = strings(location, "countriesAndRegions");
        if codes.is_empty() {
            return refuse(
                "countriesAndRegions",
                "The property 'countriesAndRegions' must not be empty.",
            );
        }
        // NL-R06: what the codes are was never seen to matter; withdrawn ones live in tenants.
        return Ok(());
    }
    let ranges = location["ipRanges"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if ranges.is_empty() {
        return refuse("ipRanges", "The property 'ipRanges' must not be empty.");
    }
    if ranges.len() > RANGES {
        return refuse(
            "ipRanges",
            format!("A named location holds at most {RANGES} IP ranges."),
        );
    }
    for range in ranges {
        let address = text(range, "cidrAddress").unwrap_or_default();
        let Some(mask) = mask(address) else {
            return refuse(
                "ipRanges",
                format!("'{address}' is not a valid CIDR address."),
            );
        };
        if mask <= WIDEST_MASK {
            return refuse(
                "ipRanges",
                format!(
                    "The mask of '{address}' is too wide: only masks greater than /{WIDEST_MASK} are allowed."
                ),
            );
        }
    }
    Ok(())
}

/// The mask of a CIDR address of either family: the service does not mind which of the
/// two types holds it.
fn mask(cidr: &str) -> Option<u8> {
    let (address, mask) = cidr.split_once('/')?;
    if mask.is_empty() || mask.len() > 3 || !mask.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bits: u8 = mask.parse().ok()?;
    let most = if address.parse::<Ipv4Addr>().is_ok() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return None;
    };
    (bits <= most).then_some(bits)
}

/// Members that a client may set, by type.
fn settable(tag: &str) -> &'static [&'static str] {
    match tag {
        IP => &["displayName", "isTrusted", "ipRanges"],
        COUNTRY => &[
            "displayName",
            "countriesAndRegions",
            "includeUnknownCountriesAndRegions",
            "countryLookupMethod",
        ],
        _ => &["displayName", "isTrusted"],
    }
}

fn laid(stored: &mut Map, given: &Map, tag: &str) {
    for name in settable(tag) {
        if let Some(value) = given.get(*name) {
            stored.insert((*name).to_owned(), value.clone());
        }
    }
    let lookup = stored.get("countryLookupMethod");
    if tag == COUNTRY && lookup.is_none_or(Value::is_null) {
        stored.insert("countryLookupMethod".into(), "clientIpAddress".into());
    }
}

/// The members of a type with nothing in them.
fn fresh(tag: &str) -> Map {
    let members = if tag == IP {
        json!({"isTrusted": false, "ipRanges": []})
    } else {
        json!({"countriesAndRegions": [], "includeUnknownCountriesAndRegions": false,
            "countryLookupMethod": "clientIpAddress"})
    };
    members.as_object().cloned().unwrap_or_default()
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let given = body(call)?;
    let tag = given
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if tag == COMPLIANT {
        return refuse(
            "@odata.type",
            "A compliant network location is made by the service alone.",
        );
    }
    let at = now();
    let id = new_id();
    let mut stored = Map::new();
    stored.insert("@odata.type".into(), tag.clone().into());
    stored.insert("id".into(), id.clone().into());
    stored.insert("modifiedDateTime".into(), at.clone().into());
    stored.insert("createdDateTime".into(), at.into());
    stored.extend(fresh(&tag));
    laid(&mut stored, &given, &tag);
    let stored = Value::Object(stored);
    rules(&stored)?;
    if tag == IP {
        limit(tenant)?;
    }
    let out = Listing::service(TYPE, PLACE).one(call, &render(call.edition, &stored))?;
    tenant.named_locations.insert(id, stored);
    Ok(Reply {
        status: 201,
        ..out.changed()
    })
}

fn update(call: &Call, id: &str, tenant: &mut Tenant, options: &Options) -> Answer {
    let old = find(call.edition, &tenant.named_locations, id)?;
    let given = body(call)?;
    let before = text(old, "@odata.type").unwrap_or_default();
    let tag = given.get("@odata.type").and_then(Value::as_str);
    let tag = tag.unwrap_or(before).to_owned();
    // NL-R13: not known of IP ranges and countries; nothing becomes the compliant network.
    let changes = tag != before;
    if changes
        && (options.unsure("location-type") == Unsure::Refuse
            || [before, &tag].contains(&COMPLIANT))
    {
        return refuse(
            "@odata.type",
            "The type of a named location cannot be changed.",
        );
    }
    let mut stored = old.as_object().cloned().unwrap_or_default();
    if changes {
        stored.insert("@odata.type".into(), tag.clone().into());
        stored.extend(fresh(&tag));
    }
    laid(&mut stored, &given, &tag);
    stored.insert("modifiedDateTime".into(), now().into());
    let stored = Value::Object(stored);
    if tag != COMPLIANT {
        rules(&stored)?;
    }
    tenant.named_locations.insert(id.into(), stored);
    Ok(Reply::no_content())
}

fn delete(call: &Call, id: &str, tenant: &mut Tenant) -> Answer {
    let old = find(call.edition, &tenant.named_locations, id)?;
    if compliant(old) {
        return refuse("id", "The compliant network location cannot be deleted.");
    }
    if old["isTrusted"] == true {
        return refuse(
            "isTrusted",
            "A trusted named location cannot be deleted. Remove the trusted mark first.",
        );
    }
    let users: Vec<&str> = tenant
        .policies
        .values()
        .filter(|p| {
            let locations = at(p, "/conditions/locations");
            ["includeLocations", "excludeLocations"]
                .iter()
                .any(|l| strings(locations, l).contains(&id))
        })
        .filter_map(|p| text(p, "id"))
        .collect();
    if !users.is_empty() {
        return Err(ErrorAnswer::bad(
            "The named location is referenced by Conditional Access policies and cannot be deleted.",
        )
        .detail("InUse", "id", users.join(", ")));
    }
    if let Some(mut gone) = tenant.named_locations.shift_remove(id) {
        set(&mut gone, "deletedDateTime", now());
        tenant.deleted_named_locations.insert(id.into(), gone);
    }
    Ok(Reply::no_content())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_of_both_families() {
        assert_eq!(mask("203.0.113.0/24"), Some(24));
        assert_eq!(mask("12.34.221.11/22"), Some(22));
        assert_eq!(mask("2001:db8::/32"), Some(32));
        for wrong in [
            "203.0.113.0",
            "203.0.113.0/33",
            "x/8",
            "2001:db8::/129",
            "1.2.3.4/",
            "1.2.3.4/-1",
            "1.2.3.4/+9",
        ] {
            assert_eq!(mask(wrong), None, "{wrong}");
        }
    }
}
