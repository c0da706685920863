//! What a national cloud does not have: what its published v1.0 schema lacks, compared with that
//! of the global one.

use serde_json::{Map, Value};

use super::call::Call;
use super::error::{Check, ErrorAnswer};
use crate::model::cloud::Cloud;
use crate::model::conditions::CONDITIONS;

/// The refusal of a path that the cloud does not have.
pub(super) fn absent(call: &Call, cloud: Cloud) -> Check {
    let low: Vec<&str> = call.low.iter().map(String::as_str).collect();
    let missing = match (cloud, low.as_slice()) {
        (Cloud::Global, _) => false,
        (_, ["identity", "conditionalaccess", "deleteditems", ..]) => true,
        (Cloud::China, ["identityprotection", ..]) => true,
        (Cloud::China, [.., "usage" | "microsoft.graph.usage"]) => true,
        _ => false,
    };
    if !missing {
        return Ok(());
    }
    let names = ["identityprotection", "deleteditems"];
    let at = low.iter().position(|part| names.contains(part));
    let named = at.and_then(|at| call.path.get(at)).or(call.path.last());
    Err(ErrorAnswer::segment(named.map_or("", String::as_str)))
}

/// The refusal of a body that names what the cloud does not know.
pub(super) fn unknown(call: &Call, cloud: Cloud) -> Check {
    if cloud == Cloud::Global
        || call.raw.body.is_empty()
        || call.low.last().is_some_and(|l| l == "$batch")
    {
        return Ok(());
    }
    let Ok(body) = call.json() else { return Ok(()) };
    let member = |path: String| Err(ErrorAnswer::schema(&path, "the cloud's schema lacks it"));
    let holds = |pointer: &str, value: &str| {
        let list = body.pointer(pointer).and_then(Value::as_array);
        let mut items = list.into_iter().flatten().filter_map(Value::as_str);
        items.any(|item| {
            item.split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(value))
        })
    };
    for row in CONDITIONS.iter().filter(|row| row.lacking.contains(&cloud)) {
        if body.pointer(&row.pointer("")).is_some() {
            return member(row.pointer("").trim_start_matches('/').replace('/', "."));
        }
    }
    if cloud == Cloud::China {
        if body
            .pointer("/grantControls/authenticationStrength")
            .is_some()
        {
            return member("grantControls.authenticationStrength".to_owned());
        }
        if holds("/grantControls/builtInControls", "riskRemediation") {
            return member("grantControls.builtInControls".to_owned());
        }
        return Ok(());
    }
    if holds("/allowedCombinations", "qrCodePin") {
        return Err(ErrorAnswer::bad(
            "The combination 'qrCodePin' is not allowed.",
        ));
    }
    // Documented for the location by GPS coordinates.
    if body.get("countryLookupMethod").and_then(Value::as_str) == Some("authenticatorAppGps") {
        return Err(ErrorAnswer::bad(
            "The country lookup method 'authenticatorAppGps' is not available in this cloud.",
        ));
    }
    Ok(())
}

/// An answer as the cloud's schema has it.
pub(super) fn shown(value: &mut Value, cloud: Cloud) {
    match value {
        Value::Object(map) => {
            let lacking = |name: &str| {
                let mut rows = CONDITIONS.iter();
                rows.any(|row| row.name == name && row.lacking.contains(&cloud))
            };
            // A condition's name means something else elsewhere.
            if map.contains_key("clientAppTypes") {
                map.retain(|name, _| !lacking(name));
            }
            if cloud == Cloud::China && map.contains_key("builtInControls") {
                without_strength(map);
            }
            map.values_mut().for_each(|member| shown(member, cloud));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shown(item, cloud)),
        _ => {}
    }
}

fn without_strength(map: &mut Map<String, Value>) {
    map.retain(|name, _| !name.starts_with("authenticationStrength"));
}
