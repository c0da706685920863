//! Authentication strengths, on both of their paths.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, strings, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::render;
use super::tenant::Tenant;
use super::value;
use super::{Options, Unsure, check};
use crate::model::facts::Edition;
use crate::model::tables::combinations;

const TYPE: &str = "authenticationStrengthPolicy";
const CUSTOM_LIMIT: usize = 15;
const KIND: &str = "AuthenticationStrengthPolicy";

pub(super) fn built_in() -> Map {
    combinations::built_in_strengths()
        .iter()
        .map(|known| {
            let value = json!({"id": known.id,
                "createdDateTime": "2021-12-01T08:00:00Z", "modifiedDateTime": "2021-12-01T08:00:00Z",
                "displayName": known.display_name, "description": known.description,
                "policyType": "builtIn", "requirementsSatisfied": "mfa",
                "allowedCombinations": known.allowed_combinations,
                "combinationConfigurations": []});
            (known.id.to_owned(), value)
        })
        .collect()
}

/// Requests on the collection of strengths; `rest` is the path behind it and `place` the
/// collection's path in contexts.
pub(super) fn route(
    call: &Call,
    rest: &[String],
    tenant: &mut Tenant,
    place: &str,
    options: &Options,
) -> Answer {
    let low: Vec<String> = rest.iter().map(|s| s.to_ascii_lowercase()).collect();
    let low: Vec<&str> = low.iter().map(String::as_str).collect();
    match (call.method(), low.as_slice()) {
        ("GET", []) => {
            let items = tenant
                .authentication_strengths
                .values()
                .map(|s| render::strength(call.edition, s, &at(place, s)))
                .collect();
            let mut listing = Listing::service(TYPE, place);
            let old = call
                .low
                .get(2)
                .is_some_and(|s| s == "authenticationstrengths");
            if old && call.edition == Edition::Beta && !options.lets_through("strengths-top") {
                listing = listing.refusing(&["top"]); // seen
            }
            listing.answer(call, items)
        }
        ("GET", ["$count"]) => {
            let items = tenant.authentication_strengths.values().cloned().collect();
            Listing::service(TYPE, place).count(call, items)
        }
        ("POST", []) => create(call, tenant, place, options),
        ("GET", [id]) => {
            let stored = find(tenant, id)?;
            let shown = render::strength(call.edition, stored, &at(place, stored));
            Listing::service(TYPE, place).one(call, &shown)
        }
        ("PATCH", [id]) => update(call, tenant, id),
        ("DELETE", [id]) => delete(tenant, id),
        (
            "POST",
            [
                id,
                "updateallowedcombinations" | "microsoft.graph.updateallowedcombinations",
            ],
        ) => update_combinations(call, tenant, id),
        ("GET", [id, "usage" | "microsoft.graph.usage"]) => usage(call, tenant, id),
        (_, [id, "combinationconfigurations", rest @ ..]) => {
            configurations(call, tenant, id, rest, place)
        }
        (_, [] | [_] | [_, "updateallowedcombinations" | "usage"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn at(place: &str, stored: &Value) -> String {
    format!("{place}('{}')", text(stored, "id").unwrap_or_default())
}

fn find<'a>(tenant: &'a Tenant, id: &str) -> Result<&'a Value, ErrorAnswer> {
    tenant
        .authentication_strengths
        .get(id)
        .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))
}

fn custom<'a>(tenant: &'a mut Tenant, id: &str) -> Result<&'a mut Value, ErrorAnswer> {
    let stored = tenant
        .authentication_strengths
        .get_mut(id)
        .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
    if text(stored, "policyType") == Some("builtIn") {
        return Err(ErrorAnswer::bad(
            "Built-in authentication strength policies cannot be changed or deleted.",
        ));
    }
    Ok(stored)
}

fn body(call: &Call, type_name: &str) -> Result<Map, ErrorAnswer> {
    check::body(type_name, call.edition, &call.json()?).map_err(|p| {
        ErrorAnswer::bad(format!("The request body is not valid: {}.", p.reason)).detail(
            "InvalidBody",
            &p.path,
            p.reason,
        )
    })
}

fn legal(given: &Map) -> Result<Vec<&'static str>, ErrorAnswer> {
    let given = given
        .get("allowedCombinations")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty())
        .ok_or_else(|| {
            ErrorAnswer::bad(
                "The property 'allowedCombinations' is required and must not be empty.",
            )
        })?;
    let mut found: Vec<&'static str> = Vec::new();
    for one in given.iter().filter_map(Value::as_str) {
        let known = combinations::canonical(one).ok_or_else(|| {
            ErrorAnswer::bad(format!("The combination '{one}' is not allowed.")).detail(
                "InvalidCombination",
                "allowedCombinations",
                one,
            )
        })?;
        if !found.contains(&known) {
            found.push(known);
        }
    }
    Ok(found)
}

fn satisfied(allowed: &[&str]) -> &'static str {
    if allowed.iter().all(|one| combinations::is_multifactor(one)) {
        "mfa"
    } else {
        "none"
    }
}

fn create(call: &Call, tenant: &mut Tenant, place: &str, options: &Options) -> Answer {
    let given = body(call, TYPE)?;
    let name = given
        .get("displayName")
        .and_then(Value::as_str)
        .filter(|n| !n.trim().is_empty())
        .ok_or_else(|| ErrorAnswer::bad("The property 'displayName' is required."))?;
    let allowed = legal(&given)?;
    let customs = tenant
        .authentication_strengths
        .values()
        .filter(|s| text(s, "policyType") == Some("custom"))
        .count();
    // AS-R01
    if options.unsure("sixteenth-strength") == Unsure::Refuse && customs >= CUSTOM_LIMIT {
        return Err(ErrorAnswer::bad(format!(
            "The tenant has reached the limit of {CUSTOM_LIMIT} custom authentication strength policies."
        )));
    }
    let mut configurations = Vec::new();
    let nested = given
        .get("combinationConfigurations")
        .and_then(Value::as_array);
    for one in nested.into_iter().flatten() {
        configurations.push(configuration(one, &allowed, &new_id())?);
    }
    let id = new_id();
    let at_time = now();
    let stored = json!({"id": id, "createdDateTime": at_time, "modifiedDateTime": at_time,
        "displayName": name, "description": given.get("description").cloned(),
        "policyType": "custom", "requirementsSatisfied": satisfied(&allowed),
        "allowedCombinations": allowed, "combinationConfigurations": configurations});
    let shown = render::strength(call.edition, &stored, &at(place, &stored));
    tenant.authentication_strengths.insert(id, stored);
    created(call, place, shown)
}

fn created(call: &Call, place: &str, shown: Value) -> Answer {
    let mut out = Map::new();
    out.insert(
        "@odata.context".into(),
        call.context(&format!("{place}/$entity")).into(),
    );
    if let Value::Object(shown) = shown {
        out.extend(shown);
    }
    Ok(Reply::created(Value::Object(out)))
}

fn update(call: &Call, tenant: &mut Tenant, id: &str) -> Answer {
    let given = body(call, TYPE)?;
    let stored = custom(tenant, id)?;
    if given.contains_key("allowedCombinations") || given.contains_key("combinationConfigurations")
    {
        return Err(ErrorAnswer::bad(
            "Allowed combinations are changed with the updateAllowedCombinations action, combination \
             configurations on their own path.",
        ));
    }
    if given
        .get("displayName")
        .is_some_and(|n| n.as_str().is_none_or(|n| n.trim().is_empty()))
    {
        return Err(ErrorAnswer::bad(
            "The property 'displayName' must not be empty.",
        ));
    }
    for name in ["displayName", "description"] {
        if let Some(value) = given.get(name) {
            stored[name] = value.clone();
        }
    }
    stored["modifiedDateTime"] = now().into();
    Ok(Reply::no_content())
}

fn users_of(tenant: &Tenant, id: &str) -> Vec<String> {
    let uses = |p: &&Value| value::at(p, "/grantControls/authenticationStrength/id") == id;
    tenant
        .policies
        .values()
        .filter(uses)
        .filter_map(|p| text(p, "id").map(str::to_owned))
        .collect()
}

fn delete(tenant: &mut Tenant, id: &str) -> Answer {
    custom(tenant, id)?;
    let users = users_of(tenant, id);
    if !users.is_empty() {
        return Err(ErrorAnswer::bad(format!(
            "The authentication strength policy is in use by {} Conditional Access policies and cannot \
             be deleted.",
            users.len()
        ))
        .detail("InUse", "id", users.join(", ")));
    }
    tenant.authentication_strengths.shift_remove(id);
    Ok(Reply::no_content())
}

fn update_combinations(call: &Call, tenant: &mut Tenant, id: &str) -> Answer {
    let given = body(call, TYPE)?;
    if let Some(other) = given.keys().find(|k| *k != "allowedCombinations") {
        return Err(ErrorAnswer::bad(format!(
            "The parameter '{other}' is not a parameter of updateAllowedCombinations."
        )));
    }
    let allowed = legal(&given)?;
    let users = users_of(tenant, id);
    let stored = custom(tenant, id)?;
    let weaker =
        text(stored, "requirementsSatisfied") == Some("mfa") && satisfied(&allowed) != "mfa";
    if weaker && !users.is_empty() {
        return Err(ErrorAnswer::bad(
            "The policy is used by Conditional Access policies that require MFA; every combination has \
             to satisfy it.",
        )
        .detail("InUse", "allowedCombinations", users.join(", ")));
    }
    let previous = stored["allowedCombinations"].take();
    stored["allowedCombinations"] = json!(allowed);
    stored["requirementsSatisfied"] = satisfied(&allowed).into();
    stored["modifiedDateTime"] = now().into();
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.updateAllowedCombinationsResult"),
        "currentCombinations": allowed, "previousCombinations": previous,
        "additionalInformation": null, "conditionalAccessReferences": users}))
    .changed())
}

fn usage(call: &Call, tenant: &Tenant, id: &str) -> Answer {
    let stored = find(tenant, id)?;
    let policies: Vec<Value> = users_of(tenant, id)
        .iter()
        .filter_map(|id| tenant.policies.get(id))
        .filter(|p| call.edition == Edition::Beta || !render::is_preview(p))
        .map(|p| render::policy(call.edition, p, tenant))
        .collect();
    let mfa = text(stored, "requirementsSatisfied") == Some("mfa");
    let (mfa, none) = if mfa {
        (policies, vec![])
    } else {
        (vec![], policies)
    };
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.authenticationStrengthUsage"),
        "mfa": mfa, "none": none})))
}

/// One combination configuration, checked against the combinations of its strength.
fn configuration(given: &Value, allowed: &[&str], id: &str) -> Result<Value, ErrorAnswer> {
    let tag = text(given, "@odata.type").unwrap_or_default();
    let fido = tag.ends_with("fido2CombinationConfiguration");
    let fits: &[&str] = if fido {
        &["fido2"]
    } else {
        &["x509CertificateSingleFactor", "x509CertificateMultiFactor"]
    };
    let applies = strings(given, "appliesToCombinations");
    let wrong = applies
        .iter()
        .find(|one| !fits.contains(one) || !allowed.contains(one));
    if applies.is_empty() || wrong.is_some() {
        return Err(ErrorAnswer::bad(
            "appliesToCombinations must hold combinations that the policy allows and that the \
             configuration is made for.",
        )
        .detail(
            "InvalidConfiguration",
            "appliesToCombinations",
            applies.join(";"),
        ));
    }
    let members: &[&str] = if fido {
        &["allowedAAGUIDs"]
    } else {
        &["allowedIssuerSkis", "allowedPolicyOIDs"]
    };
    if members.iter().all(|name| strings(given, name).is_empty()) {
        return Err(ErrorAnswer::bad(format!(
            "A value is required for {}.",
            members.join(" or ")
        )));
    }
    let mut out = Map::new();
    out.insert("@odata.type".into(), tag.into());
    out.insert("id".into(), id.into());
    out.insert("appliesToCombinations".into(), json!(applies));
    for name in members {
        out.insert((*name).into(), json!(strings(given, name)));
    }
    Ok(Value::Object(out))
}

fn configurations(
    call: &Call,
    tenant: &mut Tenant,
    id: &str,
    rest: &[&str],
    place: &str,
) -> Answer {
    const TYPE: &str = "authenticationCombinationConfiguration";
    let here = format!("{place}('{id}')/combinationConfigurations");
    let missing = |config: &str| ErrorAnswer::missing_ca("CombinationConfiguration", config);
    let held: Vec<Value> = find(tenant, id)?["combinationConfigurations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let one = |config: &str| {
        held.iter()
            .enumerate()
            .find(|(_, c)| text(c, "id") == Some(config))
            .ok_or_else(|| missing(config))
    };
    let allowed: Vec<String> = strings(find(tenant, id)?, "allowedCombinations")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    match (call.method(), rest) {
        ("GET", []) => Listing::service(TYPE, &here).answer(call, held),
        ("GET", [config]) => Listing::service(TYPE, &here).one(call, one(config)?.1),
        ("POST", []) => {
            custom(tenant, id)?;
            let given = Value::Object(body(call, TYPE)?);
            let made = configuration(&given, &allowed, &new_id())?;
            let stored = custom(tenant, id)?;
            let mut all = held.clone();
            all.push(made.clone());
            stored["combinationConfigurations"] = Value::Array(all);
            stored["modifiedDateTime"] = now().into();
            created(call, &here, made)
        }
        ("PATCH", [config]) => {
            custom(tenant, id)?;
            let (index, old) = one(config)?;
            let given = body(call, TYPE)?;
            let mut merged = old.as_object().cloned().unwrap_or_default();
            if merged.get("@odata.type") != given.get("@odata.type") {
                return Err(ErrorAnswer::bad(
                    "The type of a configuration cannot be changed.",
                ));
            }
            merged.extend(given.into_iter().filter(|(name, _)| name != "id"));
            let new = configuration(&Value::Object(merged), &allowed, config)?;
            let mut all = held.clone();
            if let Some(place) = all.get_mut(index) {
                *place = new;
            }
            let stored = custom(tenant, id)?;
            stored["combinationConfigurations"] = Value::Array(all);
            stored["modifiedDateTime"] = now().into();
            Ok(Reply::no_content())
        }
        ("DELETE", [config]) => {
            custom(tenant, id)?;
            let (index, _) = one(config)?;
            let mut all = held.clone();
            all.remove(index);
            custom(tenant, id)?["combinationConfigurations"] = Value::Array(all);
            Ok(Reply::no_content())
        }
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// Mode, base method and name of each single step of a combination. The names are ours.
#[rustfmt::skip]
const MODES: &[(&str, &str, &str)] = &[
    ("password", "password", "Password"),
    ("voice", "voice", "Voice call"),
    ("hardwareOath", "hardwareOath", "Hardware OATH token"),
    ("softwareOath", "softwareOath", "Software OATH token"),
    ("sms", "sms", "Text message"),
    ("fido2", "fido2", "Passkey (FIDO2)"),
    ("windowsHelloForBusiness", "windowsHelloForBusiness", "Windows Hello for Business"),
    ("microsoftAuthenticatorPush", "microsoftAuthenticator", "Microsoft Authenticator (push notification)"),
    ("deviceBasedPush", "microsoftAuthenticator", "Microsoft Authenticator (phone sign-in)"),
    ("temporaryAccessPassOneTime", "temporaryAccessPass", "Temporary Access Pass (one-time use)"),
    ("temporaryAccessPassMultiUse", "temporaryAccessPass", "Temporary Access Pass (multi-use)"),
    ("email", "email", "Email one-time passcode"),
    ("x509CertificateSingleFactor", "x509Certificate", "Certificate-based authentication (single-factor)"),
    ("x509CertificateMultiFactor", "x509Certificate", "Certificate-based authentication (multifactor)"),
    ("federatedSingleFactor", "federation", "Federated single-factor"),
    ("federatedMultiFactor", "federation", "Federated multifactor"),
    ("qrCodePin", "qrCodePin", "QR code and PIN"),
];

fn modes() -> Listing<'static> {
    Listing::service(
        "authenticationMethodModeDetail",
        "identity/conditionalAccess/authenticationStrength/authenticationMethodModes",
    )
}

fn all_modes() -> Vec<Value> {
    MODES
        .iter()
        .map(|(id, method, name)| json!({"id": id, "authenticationMethod": method, "displayName": name}))
        .collect()
}

/// `/identity/conditionalAccess/authenticationStrength` besides its policies.
pub(super) fn root(call: &Call, rest: &[&str]) -> Answer {
    match (call.method(), rest) {
        ("GET", []) => Ok(Reply::ok(json!({
            "@odata.context": call.context("identity/conditionalAccess/authenticationStrength/$entity"),
            "id": "authenticationStrength", "combinations": *combinations::COMBINATIONS}))),
        ("GET", ["combinations"]) => Ok(Reply::ok(json!({
            "@odata.context": call.context("Collection(microsoft.graph.authenticationMethodModes)"),
            "value": *combinations::COMBINATIONS}))),
        ("GET", ["authenticationmethodmodes"]) => modes().answer(call, all_modes()),
        ("GET", ["authenticationmethodmodes", id]) => {
            let all = all_modes();
            let found = all
                .iter()
                .find(|m| text(m, "id").is_some_and(|known| known.eq_ignore_ascii_case(id)));
            match found {
                Some(found) => modes().one(call, found),
                None => Err(ErrorAnswer::missing_ca(
                    "AuthenticationMethodModeDetail",
                    id,
                )),
            }
        }
        (
            _,
            []
            | ["combinations"]
            | ["authenticationmethodmodes"]
            | ["authenticationmethodmodes", _],
        ) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}
