//! The audit log of the directory: who wrote what, and when. The tenant keeps the newest records,
//! in few words; they are answered in Graph's.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::token;

/// The page size (List directoryAudits).
const PAGE: usize = 1_000;
/// How many records the tenant keeps.
const KEPT: usize = 200;

/// `/auditLogs/directoryAudits`
pub(super) fn route(call: &Call, rest: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing {
        page: Some(PAGE),
        page_max: Some(PAGE),
        ..Listing::service("directoryAudit", "auditLogs/directoryAudits")
            .refusing(&["count", "skip"])
    };
    match (call.method(), rest) {
        // The newest first.
        ("GET", []) => {
            let records = tenant.audits.iter().rev();
            listing.answer(call, records.map(|(id, kept)| shown(id, kept)).collect())
        }
        ("GET", [id]) => match tenant.audits.get(*id) {
            Some(kept) => listing.one(call, &shown(id, kept)),
            None => Err(ErrorAnswer::missing_ca("DirectoryAudit", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// A record as Graph shows it.
fn shown(id: &str, kept: &Value) -> Value {
    let said = |name: &str| kept.get(name).cloned().unwrap_or_default();
    let by = said("by");
    let category = said("category");
    let (service, kind) = match category.as_str() {
        Some("Policy") => ("Conditional Access", "Policy"),
        Some("GroupManagement") => ("Core Directory", "Group"),
        _ => ("Core Directory", "User"),
    };
    let initiator = match text(kept, "as") {
        Some("user") => json!({"app": null, "user": {
            "id": null, "displayName": null, "userPrincipalName": by, "ipAddress": null}}),
        _ => json!({"user": null, "app": {
            "appId": null, "displayName": by, "servicePrincipalId": null, "servicePrincipalName": null}}),
    };
    let activity = said("activity");
    let operation = activity.as_str().and_then(|a| a.split(' ').next());
    json!({
        "id": id,
        "category": category,
        "correlationId": id,
        "result": "success",
        "resultReason": "",
        "activityDisplayName": activity,
        "activityDateTime": said("at"),
        "loggedByService": service,
        "operationType": operation,
        "initiatedBy": initiator,
        "targetResources": [{
            "id": said("id"), "displayName": said("name"), "type": kind,
            "userPrincipalName": null, "groupType": null, "modifiedProperties": [],
        }],
        "additionalDetails": [],
    })
}

/// What a write is about.
pub(super) struct AuditedWrite {
    activity: String,
    category: &'static str,
    /// The object's id and name; what is made has them in its answer.
    object: Option<(String, String)>,
}

/// What the log says of a request, before it is carried out; `None`: nothing.
pub(super) fn written(call: &Call, tenant: &Tenant) -> Option<AuditedWrite> {
    let low: Vec<&str> = call.low.iter().map(String::as_str).collect();
    let strengths = &tenant.authentication_strengths;
    let (noun, category, objects, rest): (_, _, &Map, &[&str]) = match low.as_slice() {
        [
            "identity",
            "conditionalaccess",
            "deleteditems",
            "policies",
            rest @ ..,
        ] => (
            "conditional access policy",
            "Policy",
            &tenant.deleted_policies,
            rest,
        ),
        [
            "identity",
            "conditionalaccess",
            "deleteditems",
            "namedlocations",
            rest @ ..,
        ] => (
            "named location",
            "Policy",
            &tenant.deleted_named_locations,
            rest,
        ),
        ["identity", "conditionalaccess", "policies", rest @ ..]
        | ["policies", "conditionalaccesspolicies", rest @ ..] => (
            "conditional access policy",
            "Policy",
            &tenant.policies,
            rest,
        ),
        ["identity", "conditionalaccess", "namedlocations", rest @ ..] => {
            ("named location", "Policy", &tenant.named_locations, rest)
        }
        [
            "identity",
            "conditionalaccess",
            "authenticationcontextclassreferences",
            rest @ ..,
        ] => (
            "authentication context",
            "Policy",
            &tenant.authentication_contexts,
            rest,
        ),
        [
            "identity",
            "conditionalaccess",
            "authenticationstrength",
            "policies",
            rest @ ..,
        ]
        | ["policies", "authenticationstrengthpolicies", rest @ ..] => {
            ("authentication strength", "Policy", strengths, rest)
        }
        ["groups", rest @ ..] => ("group", "GroupManagement", &tenant.groups, rest),
        ["users", rest @ ..] => ("user", "UserManagement", &tenant.users, rest),
        _ => return None,
    };
    let activity = match (call.method(), rest) {
        ("POST", []) => format!("Add {noun}"),
        ("DELETE", [_]) => format!("Delete {noun}"),
        ("POST", [_, "restore" | "microsoft.graph.restore"]) => format!("Restore {noun}"),
        ("POST", [_, "members", ..]) => "Add member to group".to_owned(),
        ("DELETE", [_, "members", ..]) => "Remove member from group".to_owned(),
        _ => format!("Update {noun}"),
    };
    let object = rest.first().map(|id| {
        let named = |value: &Value| {
            let principal = text(value, "userPrincipalName");
            principal.is_some_and(|name| name.eq_ignore_ascii_case(id))
        };
        let found = objects.get_key_value(*id);
        let found = found.or_else(|| objects.iter().find(|(_, value)| named(value)));
        match found {
            Some((id, value)) => (
                id.clone(),
                text(value, "displayName").unwrap_or_default().to_owned(),
            ),
            None => ((*id).to_owned(), String::new()),
        }
    });
    Some(AuditedWrite {
        activity,
        category,
        object,
    })
}

/// Writes the record of what was carried out.
pub(super) fn record(written: AuditedWrite, call: &Call, reply: &Reply, tenant: &mut Tenant) {
    let AuditedWrite {
        activity,
        category,
        object,
    } = written;
    let made = || {
        let super::call::Body::Json(body) = &reply.body else {
            return None;
        };
        let name = text(body, "displayName").unwrap_or_default();
        Some((text(body, "id")?.to_owned(), name.to_owned()))
    };
    let Some((id, name)) = object.or_else(made) else {
        return;
    };
    let (role, by) = initiator(call);
    while tenant.audits.len() >= KEPT {
        let Some(oldest) = tenant.audits.keys().next().cloned() else {
            break;
        };
        tenant.audits.shift_remove(&oldest);
    }
    let kept = json!({
        "at": now(), "activity": activity, "category": category, "id": id, "name": name,
        "as": role, "by": by,
    });
    tenant.audits.insert(new_id(), kept);
}

/// Who calls, by the token: a person, or an application.
fn initiator(call: &Call) -> (&'static str, String) {
    let token = call.raw.header("authorization");
    let token = token.and_then(|value| value.split_once(' '));
    let claims = token.and_then(|(_, token)| token::claims(token.trim()));
    let claim = |names: &[&str]| {
        let claims = claims.as_ref()?;
        let mut found = names.iter().filter_map(|name| claims.get(*name)?.as_str());
        found.find(|text| !text.is_empty()).map(str::to_owned)
    };
    match claim(&["upn", "preferred_username", "unique_name"]) {
        Some(user) => ("user", user),
        None => (
            "app",
            claim(&["app_displayname", "appid", "azp"])
                .unwrap_or_else(|| "Sandbox client".to_owned()),
        ),
    }
}
