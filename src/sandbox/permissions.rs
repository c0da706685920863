//! Which permissions a request needs, as the table of requests has them.

use serde_json::Value;

use super::call::{Call, Map, strings, text};
use super::error::ErrorAnswer;
use super::members::bound;
use super::objects::object;
use super::tenant::Tenant;
use crate::model::requests::{self, AnyOf, Beside, Identity, Shape};

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Granted {
    pub names: Vec<String>,
    /// Whose permissions they are; `None`: they count as either's.
    pub who: Option<Identity>,
}

/// Every permission of an application that some request needs: what the token endpoint grants.
pub(super) fn all() -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for page in requests::all().iter().filter_map(Shape::page) {
        let needs = page.needs(Identity::Application).into_iter().flatten();
        all.extend(needs.flat_map(|need| &need.any).map(String::as_str));
        all.extend(page.beside.values().flatten().map(String::as_str));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The permissions in a token: `roles` of an application, `scp` of a user. `None` when
/// the token names neither.
pub(super) fn granted(claims: &Map) -> Option<Granted> {
    let scopes = claims.get("scp").and_then(Value::as_str);
    let roles = claims.get("roles").and_then(Value::as_array);
    match (scopes, roles) {
        (Some(scopes), _) => Some(Granted {
            names: scopes.split(' ').map(str::to_owned).collect(),
            who: Some(Identity::Delegated),
        }),
        (None, Some(roles)) => Some(Granted {
            names: roles
                .iter()
                .filter_map(|r| r.as_str().map(str::to_owned))
                .collect(),
            who: Some(Identity::Application),
        }),
        (None, None) => None,
    }
}

/// 403 unless `granted` holds what the request needs.
pub(super) fn check(
    call: &Call,
    rows: &[&'static Shape],
    granted: Option<&Granted>,
    tenant: &Tenant,
) -> Result<(), ErrorAnswer> {
    let Some(granted) = granted else {
        return Ok(());
    };
    let besides = besides(call, tenant);
    let may = |row: &&'static Shape| {
        let Some(page) = row.page() else { return true };
        let whole = |who| {
            page.needs(who)
                .is_some_and(|needs| needs.iter().all(|need| need.is_met(&granted.names)))
        };
        let named = match granted.who {
            Some(who) => whole(who),
            None => whole(Identity::Application) || whole(Identity::Delegated),
        };
        named
            && page
                .beside
                .iter()
                .filter(|(beside, _)| besides.contains(beside))
                .all(|(_, any)| {
                    let any = any.clone();
                    let also = Vec::new();
                    AnyOf { any, also }.is_met(&granted.names)
                })
    };
    if rows.iter().all(may) {
        return Ok(());
    }
    let service = [
        "identity",
        "policies",
        "identityprotection",
        "identitygovernance",
    ];
    let first = call.low.first().map(String::as_str).unwrap_or_default();
    Err(if service.contains(&first) {
        ErrorAnswer::new(
            403,
            "AccessDenied",
            "You cannot perform the requested operation, required scopes are missing in the token.",
        )
    } else {
        ErrorAnswer::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    })
}

/// What a write of a group or of its members is about.
fn besides(call: &Call, tenant: &Tenant) -> Vec<Beside> {
    let mut found = Vec::new();
    let [first, rest @ ..] = call.low.as_slice() else {
        return found;
    };
    if let ("directory", ["deleteditems", id, ..]) = (
        first.as_str(),
        rest.iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice(),
    ) {
        let gone = tenant.deleted_objects.get(*id);
        let group = gone.and_then(|o| text(o, "@odata.type")) == Some("#microsoft.graph.group");
        found.extend(gone.map(|_| match group {
            true => Beside::DeletedGroup,
            false => Beside::DeletedUser,
        }));
        return found;
    }
    if first != "groups" || call.method() == "GET" {
        return found;
    }
    let body = match call.raw.body.is_empty() {
        true => Value::Null,
        false => call.json().unwrap_or_default(),
    };
    let live = rest.first().and_then(|id| tenant.groups.get(id));
    let assignable = |group: &Value| group.get("isAssignableToRole") == Some(&Value::Bool(true));
    if live.is_some_and(assignable) || assignable(&body) {
        found.push(Beside::RoleAssignableGroup);
    }
    let links = strings(&body, "members@odata.bind");
    for link in links.into_iter().chain(text(&body, "@odata.id")) {
        let object = bound(link).ok().and_then(|id| object(tenant, &id));
        let tag = object.as_ref().and_then(|o| text(o, "@odata.type"));
        found.extend(match tag {
            Some("#microsoft.graph.group") => Some(Beside::MemberIsGroup),
            Some("#microsoft.graph.servicePrincipal") => Some(Beside::MemberIsServicePrincipal),
            Some("#microsoft.graph.device") => Some(Beside::MemberIsDevice),
            _ => None,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::StoreKind;
    use super::super::call::Raw;
    use super::super::store::Store;
    use super::*;
    use crate::model::requests::Served;

    fn answer(
        tenant: &Tenant,
        (method, target, body): (&str, &str, Value),
        claims: &Value,
    ) -> Result<(), &'static str> {
        let mut raw = Raw::new(method, target);
        if !body.is_null() {
            raw.body = body.to_string().into_bytes();
        }
        let call = Call::parse(&raw).unwrap();
        let Served::Rows(rows) = call.known() else {
            return Err("unlisted");
        };
        let granted = granted(claims.as_object().unwrap());
        check(&call, &rows, granted.as_ref(), tenant).map_err(|e| e.code)
    }

    #[test]
    fn the_permissions_are_those_of_the_table() {
        let tenant = Store::open(StoreKind::Memory).unwrap().tenant.clone();
        let app = |names: &[&str]| json!({ "roles": names });
        let person = |scopes: &str| json!({ "scp": scopes });
        let denied = Err("AccessDenied");
        let get = |path: &'static str| ("GET", path, Value::Null);
        let policies = "/v1.0/identity/conditionalAccess/policies";
        let contexts = "/v1.0/identity/conditionalAccess/authenticationContextClassReferences";
        let terms = "/v1.0/identityGovernance/termsOfUse/agreements";
        let both = ["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"];
        for (asked, claims, expected) in [
            (get(policies), app(&["policy.read.all"]), Ok(())),
            (
                get(policies),
                app(&["Policy.Read.ConditionalAccess"]),
                denied,
            ),
            (("POST", policies, json!({})), app(&both[..1]), denied),
            (("POST", policies, json!({})), app(&both), Ok(())),
            (
                get("/v1.0/users"),
                app(&both),
                Err("Authorization_RequestDenied"),
            ),
            // Contexts are not covered by Policy.Read.All; deleting one takes its own.
            (get(contexts), app(&["Policy.Read.All"]), denied),
            (
                get(contexts),
                app(&["Policy.Read.ConditionalAccess"]),
                Ok(()),
            ),
            (get(contexts), app(&both), Ok(())),
            (
                (
                    "DELETE",
                    "/v1.0/identity/conditionalAccess/authenticationContextClassReferences/c1",
                    Value::Null,
                ),
                app(&both),
                denied,
            ),
            // Terms of use: no permission of an application is named.
            (get(terms), app(&["Agreement.Read.All"]), denied),
            (get(terms), person("Agreement.Read.All"), Ok(())),
            // Which groups another user is in.
            (
                get("/v1.0/users/x/memberOf"),
                app(&["User.Read.All", "GroupMember.Read.All"]),
                Err("Authorization_RequestDenied"),
            ),
            (
                get("/v1.0/users/x/memberOf"),
                person("GroupMember.Read.All"),
                Ok(()),
            ),
            // Directory.ReadWrite.All deletes neither users nor groups.
            (
                ("DELETE", "/v1.0/users/x", Value::Null),
                app(&["Directory.ReadWrite.All"]),
                Err("Authorization_RequestDenied"),
            ),
            (
                ("DELETE", "/v1.0/groups/x", Value::Null),
                app(&["Directory.ReadWrite.All"]),
                Err("Authorization_RequestDenied"),
            ),
            (
                ("PATCH", "/v1.0/users/x", json!({"passwordProfile": {}})),
                app(&["User.ReadWrite.All"]),
                Err("Authorization_RequestDenied"),
            ),
            (
                (
                    "PATCH",
                    "/v1.0/users/x",
                    json!({"passwordProfile": {}, "jobTitle": "x"}),
                ),
                app(&["User-PasswordProfile.ReadWrite.All"]),
                Err("Authorization_RequestDenied"),
            ),
            (
                (
                    "PATCH",
                    "/v1.0/users/x",
                    json!({"passwordProfile": {}, "jobTitle": "x"}),
                ),
                app(&["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All"]),
                Ok(()),
            ),
        ] {
            assert_eq!(
                answer(&tenant, asked.clone(), &claims),
                expected,
                "{asked:?} {claims}"
            );
        }
    }

    #[test]
    fn members_and_role_assignable_groups_need_more() {
        let mut tenant = Store::open(StoreKind::Memory).unwrap().tenant.clone();
        let group = "11111111-0000-4000-8000-000000000001";
        tenant.groups.insert(
            group.to_owned(),
            json!({"id": group, "isAssignableToRole": true}),
        );
        let principal = tenant.service_principals.keys().next().unwrap().clone();
        let plain = tenant
            .groups
            .keys()
            .find(|id| *id != group)
            .unwrap()
            .clone();
        let add = |to: &str, id: &str| {
            let link = format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}");
            (
                format!("/v1.0/groups/{to}/members/$ref"),
                json!({"@odata.id": link}),
            )
        };
        let user = tenant.users.keys().next().unwrap().clone();
        let check = |to: &str, id: &str, names: &[&str]| {
            let (target, body) = add(to, id);
            answer(&tenant, ("POST", &target, body), &json!({ "roles": names }))
        };
        let members = "GroupMember.ReadWrite.All";
        let denied = Err("Authorization_RequestDenied");
        assert_eq!(check(&plain, &user, &[members]), Ok(()));
        assert_eq!(check(&plain, &principal, &[members]), denied);
        assert_eq!(
            check(&plain, &principal, &[members, "Application.ReadWrite.All"]),
            Ok(())
        );
        assert_eq!(check(group, &user, &[members]), denied);
        assert_eq!(
            check(
                group,
                &user,
                &[members, "RoleManagement.ReadWrite.Directory"]
            ),
            Ok(())
        );
    }
}
