//! The rest of the directory: objects by id, service principals, roles, the organization,
//! its domains, terms of use, and the recycle bin of users and groups.

use serde_json::{Value, json};

use super::call::{Answer, Call, Reply, alternate_key, strings, text};
use super::error::ErrorAnswer;
use super::licence::Licence;
use super::objects::{GROUP_SHOWN, USER, USER_SHOWN, group_object, object, user_object};
use super::odata::{Listing, may_match};
use super::tenant::Tenant;
use super::{applications, members, users};
use crate::model::tables::{Named, ROLES};
use crate::text::is_guid;

const IDS_LIMIT: usize = 1000;

/// `/directoryObjects`
pub(super) fn objects(call: &Call, low: &[&str], tenant: &Tenant) -> Answer {
    match (call.method(), low) {
        ("POST", ["getbyids" | "microsoft.graph.getbyids"]) => by_ids(call, tenant),
        ("GET", [id]) => match object(tenant, id) {
            Some(found) => Listing::directory("anyObject", "directoryObjects").one(call, &found),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn by_ids(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.json()?;
    let ids = body
        .get("ids")
        .and_then(Value::as_array)
        .filter(|ids| ids.iter().all(Value::is_string))
        .ok_or_else(|| {
            ErrorAnswer::directory("The parameter 'ids' is required and holds strings.")
        })?;
    if ids.is_empty() || ids.len() > IDS_LIMIT {
        return Err(ErrorAnswer::directory(format!(
            "The parameter 'ids' holds 1 to {IDS_LIMIT} ids, {} were given.",
            ids.len()
        )));
    }
    let types = body.get("types");
    let known = types.is_none_or(|t| {
        t.is_null() || t.as_array().is_some_and(|l| l.iter().all(Value::is_string))
    });
    let other = body.as_object().and_then(|m| {
        m.keys()
            .find(|k| !["ids", "types"].contains(&k.as_str()) && !k.contains('@'))
    });
    if !known || other.is_some() {
        return Err(ErrorAnswer::directory(
            "Invalid parameters: 'ids' and 'types' hold strings.",
        ));
    }
    let types = strings(&body, "types");
    let mut value: Vec<Value> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for id in ids.iter().filter_map(Value::as_str) {
        if !is_guid(id) {
            return Err(ErrorAnswer::directory(format!("Invalid GUID: {id}")));
        }
        let id = id.to_ascii_lowercase();
        if seen.contains(&id) {
            continue;
        }
        if let Some(found) = object(tenant, &id) {
            let tag = text(&found, "@odata.type").unwrap_or_default();
            let kind = tag.trim_start_matches("#microsoft.graph.");
            if types.is_empty()
                || types.iter().any(|t| {
                    t.eq_ignore_ascii_case(kind) || t.eq_ignore_ascii_case("directoryObject")
                })
            {
                value.push(found);
            }
        }
        seen.push(id);
    }
    Ok(Reply::ok(
        json!({"@odata.context": call.context("directoryObjects"), "value": value}),
    ))
}

pub(super) fn service_principals(call: &Call, rest: &[String], tenant: &mut Tenant) -> Answer {
    if (call.method(), rest) == ("POST", &[]) {
        return applications::principal(call, tenant);
    }
    let listing = Listing::directory("servicePrincipal", "servicePrincipals");
    let all = || {
        let principals = tenant.service_principals.values();
        principals
            .filter(|sp| may_match(call, sp))
            .cloned()
            .collect()
    };
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, all()),
        ("GET", [one]) if one.eq_ignore_ascii_case("$count") => listing.count(call, all()),
        ("GET", [key]) => {
            let found = match alternate_key(key) {
                Some((name, value)) if name.eq_ignore_ascii_case("appId") => tenant
                    .service_principals
                    .values()
                    .find(|sp| text(sp, "appId").is_some_and(|id| id.eq_ignore_ascii_case(&value))),
                Some((name, _)) => {
                    return Err(ErrorAnswer::bad(format!(
                        "'{name}' is no key of servicePrincipal."
                    )));
                }
                None => tenant.service_principals.get(&key.to_ascii_lowercase()),
            };
            match found {
                Some(found) => listing.one(call, found),
                None => Err(ErrorAnswer::missing_directory(key)),
            }
        }
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// What a role is for, in words of our own: Microsoft's stand on the page of built-in roles.
pub(super) fn description(role: &Named) -> String {
    let retired = if role.deprecated {
        ", which is retired"
    } else {
        ""
    };
    format!(
        "The built-in role {} of Microsoft Entra ID{retired}.",
        role.name
    )
}

/// `/roleManagement/directory/roleDefinitions`
pub(super) fn role_definitions(call: &Call, low: &[&str]) -> Answer {
    let listing = Listing::service(
        "unifiedRoleDefinition",
        "roleManagement/directory/roleDefinitions",
    );
    let one = |role: &Named| {
        json!({"id": role.id, "description": description(role), "displayName": role.name, "isBuiltIn": true,
            "isEnabled": !role.deprecated, "resourceScopes": ["/"], "templateId": role.id,
            "version": "1", "rolePermissions": []})
    };
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, ROLES.iter().map(one).collect()),
        ("GET", [id]) => match ROLES.by_id(id) {
            Some(role) => listing.one(call, &one(role)),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

pub(super) fn role_templates(call: &Call, low: &[&str]) -> Answer {
    let listing = Listing {
        page: None,
        refused: &["top", "filter"],
        ..Listing::directory("directoryRoleTemplate", "directoryRoleTemplates")
    };
    let one = |role: &Named| json!({"id": role.id, "deletedDateTime": null, "description": description(role), "displayName": role.name});
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, ROLES.iter().map(one).collect()),
        ("GET", [id]) => match ROLES.by_id(id) {
            Some(role) => listing.one(call, &one(role)),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/identityGovernance/termsOfUse/agreements`: hardly any query options.
pub(super) fn agreements(call: &Call, low: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing::service("agreement", "identityGovernance/termsOfUse/agreements")
        .refusing(&["count", "filter", "select", "skip", "orderby"]);
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, tenant.agreements.values().cloned().collect()),
        ("GET", [id]) => match tenant.agreements.get(*id) {
            Some(found) => listing.one(call, found),
            None => Err(ErrorAnswer::missing_ca("Agreement", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

pub(super) fn organization(call: &Call, low: &[&str], tenant: &Tenant) -> Answer {
    let verified: Vec<Value> = tenant
        .domains
        .values()
        .map(|d| {
            json!({"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": d["isDefault"],
                "isInitial": d["isInitial"], "name": d["id"], "type": "Managed"})
        })
        .collect();
    let own = json!({"id": tenant.tenant_id, "deletedDateTime": null, "businessPhones": [],
        "city": "Redmond", "country": null, "countryLetterCode": "US",
        "createdDateTime": "2024-01-15T09:00:00Z", "defaultUsageLocation": null,
        "displayName": tenant.display_name, "onPremisesSyncEnabled": null,
        "preferredLanguage": "en", "tenantType": "AAD", "verifiedDomains": verified});
    let listing = Listing::service("organization", "organization");
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, vec![own]),
        ("GET", [id]) if *id == tenant.tenant_id => listing.one(call, &own),
        ("GET", [id]) => Err(ErrorAnswer::missing_directory(id)),
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

pub(super) fn domains(call: &Call, low: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing::service("domain", "domains");
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, tenant.domains.values().cloned().collect()),
        ("GET", [id]) => match tenant.domains.get(*id) {
            Some(found) => listing.one(call, found),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/directory/deletedItems`
pub(super) fn deleted_items(call: &Call, low: &[&str], tenant: &mut Tenant) -> Answer {
    match (call.method(), low) {
        ("GET", [cast]) if cast.starts_with("microsoft.graph.") => {
            let items: Vec<Value> = tenant
                .deleted_objects
                .values()
                .filter(|o| {
                    text(o, "@odata.type")
                        .is_some_and(|t| t.trim_start_matches('#').eq_ignore_ascii_case(cast))
                })
                .map(untagged)
                .collect();
            match *cast {
                "microsoft.graph.user" => {
                    let shown: Vec<&str> = USER_SHOWN
                        .iter()
                        .copied()
                        .chain(["deletedDateTime"])
                        .collect();
                    Listing::directory("user", "users")
                        .showing(&shown)
                        .answer(call, items)
                }
                "microsoft.graph.group" => Listing::directory("group", "groups")
                    .showing(GROUP_SHOWN)
                    .answer(call, items),
                _ => Listing::directory("directoryObject", "directoryObjects").answer(call, items),
            }
        }
        ("GET", [id]) => match tenant.deleted_objects.get(*id) {
            Some(found) => Listing::directory("anyObject", "directoryObjects").one(call, found),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        ("POST", [id, "restore" | "microsoft.graph.restore"]) => restore(call, id, tenant),
        ("DELETE", [id]) => match tenant.deleted_objects.shift_remove(id) {
            Some(_) => {
                members::forget(tenant, id);
                Ok(Reply::no_content())
            }
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_] | [_, "restore"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn untagged(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("@odata.type");
    }
    value
}

/// The members that the body of a restore may have.
fn new_name(call: &Call) -> Result<Option<String>, ErrorAnswer> {
    if call.raw.body.is_empty() {
        return Ok(None);
    }
    let body = call.json()?;
    for (name, value) in body.as_object().into_iter().flatten() {
        let fits = match name.as_str() {
            "autoReconcileProxyConflict" => value.is_boolean() || value.is_null(),
            "newUserPrincipalName" => value.is_string() || value.is_null(),
            other => other.contains('@'),
        };
        if !fits {
            return Err(ErrorAnswer::directory(format!(
                "The parameter '{name}' of restore does not exist or has another type."
            )));
        }
    }
    Ok(text(&body, "newUserPrincipalName").map(str::to_owned))
}

/// `/subscribedSkus`: Microsoft Entra ID P2, as the risk conditions need.
pub(super) fn subscribed_skus(
    call: &Call,
    low: &[&str],
    tenant: &Tenant,
    licence: Licence,
) -> Answer {
    let (sku_id, name) = match licence {
        Licence::P1 => ("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM"),
        _ => ("84a661c4-e949-4bd2-a560-ed7766fcaf2b", "AAD_PREMIUM_P2"),
    };
    let id = format!("{}_{sku_id}", tenant.tenant_id);
    let plan = |id: &str, name: &str| json!({"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"});
    let mut plans = vec![
        plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
        plan("8a256a2b-b617-496d-b51b-e76466e88db0", "MFA_PREMIUM"),
    ];
    if licence == Licence::P2 {
        plans.insert(
            1,
            plan("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"),
        );
    }
    let sku = json!({"accountId": tenant.tenant_id, "accountName": "Contoso", "appliesTo": "User",
        "capabilityStatus": "Enabled", "consumedUnits": tenant.users.len(), "id": id, "skuId": sku_id,
        "skuPartNumber": name, "subscriptionIds": [],
        "prepaidUnits": {"enabled": 300_000, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans});
    let listing = Listing::service("subscribedSku", "subscribedSkus");
    match (call.method(), low) {
        _ if licence == Licence::Free && call.method() == "GET" => match low {
            [] => listing.answer(call, Vec::new()),
            [one, ..] => Err(ErrorAnswer::missing_directory(one)),
        },
        ("GET", []) => listing.answer(call, vec![sku]),
        ("GET", [one]) if one.eq_ignore_ascii_case(&id) => listing.one(call, &sku),
        ("GET", [one]) => Err(ErrorAnswer::missing_directory(one)),
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn restore(call: &Call, id: &str, tenant: &mut Tenant) -> Answer {
    let gone = tenant
        .deleted_objects
        .get(id)
        .ok_or_else(|| ErrorAnswer::missing_directory(id))?
        .clone();
    let user = text(&gone, "@odata.type") == Some(USER);
    let new_name = new_name(call)?;
    let mut back = if user {
        users::restored(tenant, gone, id, new_name.as_deref())?
    } else {
        gone
    };
    if let Some(map) = back.as_object_mut() {
        map.shift_remove("deletedDateTime");
        map.shift_remove("@odata.type");
    }
    let shown = if user {
        user_object(&back)
    } else {
        group_object(&back)
    };
    let out = Listing::directory("anyObject", "directoryObjects").one(call, &shown)?;
    tenant.deleted_objects.shift_remove(id);
    if user {
        tenant.users.insert(id.into(), back);
    } else {
        tenant.groups.insert(id.into(), back);
    }
    Ok(out.changed())
}
