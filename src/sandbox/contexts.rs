//! Authentication contexts `c1` to `c99`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, strings, text};
use super::check;
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::{at, set};

const TYPE: &str = "authenticationContextClassReference";
const PLACE: &str = "identity/conditionalAccess/authenticationContextClassReferences";
const KIND: &str = "AuthenticationContextClassReference";

pub(super) fn route(call: &Call, rest: &[&str], tenant: &mut Tenant) -> Answer {
    let listing = Listing::service(TYPE, PLACE).refusing(&["select", "skip", "top", "count"]);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(
            call,
            tenant.authentication_contexts.values().cloned().collect(),
        ),
        ("GET", [id]) => match tenant.authentication_contexts.get(*id) {
            Some(stored) => listing.one(call, stored),
            None => Err(ErrorAnswer::missing_ca(KIND, id)),
        },
        ("POST", []) => {
            let given = body(call)?;
            let id = given
                .get("id")
                .and_then(Value::as_str)
                .ok_or_else(|| ErrorAnswer::bad("The property 'id' is required."))?
                .to_owned();
            let id = known_id(&id)?;
            if tenant.authentication_contexts.contains_key(&id) {
                return Err(ErrorAnswer::bad(format!(
                    "An authentication context class reference with id {id} already exists."
                )));
            }
            let made = laid(None, &given, &id);
            let out = listing.one(call, &made)?.changed();
            tenant.authentication_contexts.insert(id, made);
            Ok(Reply { status: 201, ..out })
        }
        ("PATCH", [id]) => {
            let id = known_id(id)?;
            let given = body(call)?;
            if given.get("id").is_some_and(|sent| sent != id.as_str()) {
                return Err(ErrorAnswer::bad(
                    "The id of an authentication context cannot be changed.",
                ));
            }
            let made = laid(tenant.authentication_contexts.get(&id), &given, &id);
            tenant.authentication_contexts.insert(id, made);
            Ok(Reply::no_content())
        }
        ("DELETE", [id]) => delete(id, tenant),
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn body(call: &Call) -> Result<Map, ErrorAnswer> {
    check::body(TYPE, call.edition, &call.json()?).map_err(|p| {
        ErrorAnswer::bad(format!(
            "The authentication context is not valid: {}.",
            p.reason
        ))
        .detail("InvalidBody", &p.path, p.reason)
    })
}

fn known_id(id: &str) -> Result<String, ErrorAnswer> {
    let number = id
        .strip_prefix(['c', 'C'])
        .filter(|n| !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|n| n.parse::<u8>().ok())
        .filter(|n| (1..=99).contains(n))
        .ok_or_else(|| {
            ErrorAnswer::bad(format!(
                "The id '{id}' is not valid. Ids of authentication contexts are c1 to c99."
            ))
        })?;
    Ok(format!("c{number}"))
}

fn laid(old: Option<&Value>, given: &Map, id: &str) -> Value {
    let mut made =
        json!({"id": id, "displayName": null, "description": null, "isAvailable": false});
    for name in ["displayName", "description", "isAvailable"] {
        if let Some(value) = given.get(name).or_else(|| old.and_then(|o| o.get(name))) {
            set(&mut made, name, value.clone());
        }
    }
    made
}

fn delete(id: &str, tenant: &mut Tenant) -> Answer {
    let Some(stored) = tenant.authentication_contexts.get(id) else {
        return Err(ErrorAnswer::missing_ca(KIND, id));
    };
    if stored["isAvailable"] == true {
        return Err(ErrorAnswer::new(
            403,
            "Forbidden",
            "A published authentication context cannot be deleted. Set isAvailable to false first.",
        ));
    }
    let list = "includeAuthenticationContextClassReferences";
    let users: Vec<&str> = tenant
        .policies
        .values()
        .filter(|p| strings(at(p, "/conditions/applications"), list).contains(&id))
        .filter_map(|p| text(p, "id"))
        .collect();
    if !users.is_empty() {
        return Err(ErrorAnswer::bad(
            "The authentication context is referenced by Conditional Access policies and cannot be deleted.",
        )
        .detail("InUse", "id", users.join(", ")));
    }
    tenant.authentication_contexts.shift_remove(id);
    Ok(Reply::no_content())
}
