//! Conditional Access policies, live and deleted.

use serde_json::Value;

use super::call::{Answer, Call, Map, Reply, new_id, now};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::render::POLICIES;
use super::tenant::Tenant;
use super::value::{at, set};
use super::{Options, check, normalise, references, render, rules};
use crate::model::facts::Edition;

const TYPE: &str = "conditionalAccessPolicy";
const DELETED: &str = "identity/conditionalAccess/deletedItems/policies";
const KIND: &str = "ConditionalAccessPolicy";

pub(super) fn route(call: &Call, rest: &[&str], tenant: &mut Tenant, options: &Options) -> Answer {
    // A tool that asked for 20 saw 20 policies and no next page.
    let listing = Listing {
        cut: !options.lets_through("policies-top"),
        ..Listing::service(TYPE, POLICIES)
    };
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.policies, tenant)),
        ("GET", ["$count"]) => listing.count(call, shown(call.edition, &tenant.policies, tenant)),
        ("POST", []) => create(call, tenant, options),
        ("GET", [id]) => {
            let stored = find(&tenant.policies, id)?;
            visible(call.edition, stored)?;
            listing.one(call, &render::policy(call.edition, stored, tenant))
        }
        ("PATCH", [id]) => update(call, id, tenant, options),
        ("DELETE", [id]) => {
            let mut gone = tenant
                .policies
                .shift_remove(id)
                .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
            set(&mut gone, "deletedDateTime", now());
            tenant.deleted_policies.insert((*id).into(), gone);
            Ok(Reply::no_content())
        }
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/identity/conditionalAccess/deletedItems/policies`
pub(super) fn deleted(
    call: &Call,
    rest: &[&str],
    tenant: &mut Tenant,
    options: &Options,
) -> Answer {
    let listing = Listing::service(TYPE, DELETED);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.deleted_policies, tenant)),
        ("GET", [id]) => {
            let stored = find(&tenant.deleted_policies, id)?;
            visible(call.edition, stored)?;
            listing.one(call, &render::policy(call.edition, stored, tenant))
        }
        ("POST", [id, "restore" | "microsoft.graph.restore"]) => {
            find(&tenant.deleted_policies, id)?;
            limit(tenant, options)?;
            let mut back = tenant
                .deleted_policies
                .shift_remove(id)
                .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
            if let Some(map) = back.as_object_mut() {
                map.shift_remove("deletedDateTime");
            }
            let out = render::policy(call.edition, &back, tenant);
            tenant.policies.insert((*id).into(), back);
            Ok(Listing::service(TYPE, POLICIES).one(call, &out)?.changed())
        }
        ("DELETE", [id]) => match tenant.deleted_policies.shift_remove(id) {
            Some(_) => Ok(Reply::no_content()),
            None => Err(ErrorAnswer::missing_ca(KIND, id)),
        },
        (_, [] | [_] | [_, "restore"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn find<'a>(map: &'a Map, id: &str) -> Result<&'a Value, ErrorAnswer> {
    map.get(id).ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))
}

fn shown(edition: Edition, map: &Map, tenant: &Tenant) -> Vec<Value> {
    map.values()
        .filter(|p| edition == Edition::Beta || !render::is_preview(p))
        .map(|p| render::policy(edition, p, tenant))
        .collect()
}

/// 1037: v1.0 does not show a policy that holds members it does not know.
fn visible(edition: Edition, stored: &Value) -> Result<(), ErrorAnswer> {
    if edition == Edition::V1 && render::is_preview(stored) {
        return Err(ErrorAnswer::bad(
            "1037: The policy you requested contains preview features. Use the Beta endpoint to \
             retrieve this policy.",
        ));
    }
    Ok(())
}

fn checked(call: &Call, options: &Options) -> Result<Map, ErrorAnswer> {
    let given = call.json()?;
    read_only(call, &given, options)?;
    let body = check::body(TYPE, call.edition, &given)
        .map_err(|p| ErrorAnswer::schema(&p.path, p.reason))?;
    rules::as_sent(&body, options.unsure("long-name"))?;
    Ok(body)
}

/// What the service was seen to refuse, null included.
fn read_only(call: &Call, given: &Value, options: &Options) -> Result<(), ErrorAnswer> {
    let creates = call.method() == "POST";
    if creates && given.get("id").is_some() && !options.lets_through("id-in-create") {
        return Err(ErrorAnswer::bad(
            "1001: 'id' is a readonly field and cannot be updated. For examples, please see API \
             documentation at https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0.",
        ));
    }
    if !creates
        && given.get("templateId").is_some()
        && !options.lets_through("template-id-in-change")
    {
        return Err(ErrorAnswer::bad(
            "1118: TemplateId is a read-only field and cannot be updated.",
        ));
    }
    if options.lets_through("whole-strength") {
        return Ok(());
    }
    // A strength is named by its id alone.
    let strength = at(given, "/grantControls/authenticationStrength").as_object();
    let more = strength
        .into_iter()
        .flatten()
        .find(|(name, _)| *name != "id" && !name.contains('@'));
    match more {
        Some((name, _)) if call.edition == Edition::V1 => Err(ErrorAnswer::schema(
            &format!("grantControls.authenticationStrength.{name}"),
            "a strength is named by its id alone",
        )),
        _ => Ok(()),
    }
}

fn limit(tenant: &Tenant, options: &Options) -> Result<(), ErrorAnswer> {
    if tenant.policies.len() < options.policy_limit {
        return Ok(());
    }
    Err(ErrorAnswer::bad(format!(
        "The tenant has reached the limit of {} Conditional Access policies.",
        options.policy_limit
    ))
    .detail("PolicyLimitReached", "policies", "delete a policy first"))
}

fn create(call: &Call, tenant: &mut Tenant, options: &Options) -> Answer {
    let body = checked(call, options)?;
    rules::required(&body)?;
    let mut policy = normalise::policy(&body);
    let id = new_id();
    policy.insert("id".into(), id.clone().into());
    policy.insert("createdDateTime".into(), now().into());
    policy.insert("modifiedDateTime".into(), Value::Null);
    policy.insert("templateId".into(), Value::Null);
    let policy = Value::Object(policy);
    rules::whole(&policy, options)?;
    references::exist(call.seen(tenant), call.edition, &policy, &Value::Null)?;
    limit(tenant, options)?;
    let mut out = Map::new();
    out.insert(
        "@odata.context".into(),
        call.context(&format!("{POLICIES}/$entity")).into(),
    );
    if let Value::Object(shown) = render::policy(call.edition, &policy, tenant) {
        out.extend(shown);
    }
    tenant.policies.insert(id, policy);
    Ok(Reply::created(Value::Object(out)))
}

fn update(call: &Call, id: &str, tenant: &mut Tenant, options: &Options) -> Answer {
    let old = find(&tenant.policies, id)?;
    visible(call.edition, old)?;
    let body = checked(call, options)?;
    rules::operator_of_patch(&body, old)?;
    let stored = old.as_object().cloned().unwrap_or_default();
    let mut policy = normalise::policy(&normalise::patched(&stored, &body, options.nested_patch()));
    policy.insert("modifiedDateTime".into(), now().into());
    let policy = Value::Object(policy);
    rules::whole(&policy, options)?;
    references::exist(call.seen(tenant), call.edition, &policy, old)?;
    tenant.policies.insert(id.into(), policy);
    Ok(Reply::no_content())
}
