//! Applications (registrations) and the service principals that they get in the tenant.

use serde_json::{Value, json};

use super::call::Reply;
use super::call::{Answer, Call, Map, alternate_key, new_id, now_seconds, text};
use super::error::ErrorAnswer;
use super::members;
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::set;

const TYPE: &str = "application";

/// Members that the service sets.
const READ_ONLY: &[&str] = &[
    "id",
    "appId",
    "createdDateTime",
    "deletedDateTime",
    "publisherDomain",
];

/// The members of an application that a client may set (resource page of application).
const OWN: &[&str] = &[
    "addIns",
    "api",
    "appRoles",
    "applicationTemplateId",
    "authenticationBehaviors",
    "defaultRedirectUri",
    "description",
    "disabledByMicrosoftStatus",
    "displayName",
    "groupMembershipClaims",
    "identifierUris",
    "info",
    "isDeviceOnlyAuthSupported",
    "isFallbackPublicClient",
    "keyCredentials",
    "nativeAuthenticationApisEnabled",
    "notes",
    "oauth2RequirePostResponse",
    "optionalClaims",
    "parentalControlSettings",
    "passwordCredentials",
    "publicClient",
    "requestSignatureVerification",
    "requiredResourceAccess",
    "samlMetadataUrl",
    "serviceManagementReference",
    "servicePrincipalLockConfiguration",
    "signInAudience",
    "spa",
    "tags",
    "tokenEncryptionKeyId",
    "uniqueName",
    "web",
];

/// What a member is before anybody sets it.
fn unset() -> Value {
    json!({
        "api": {"acceptMappedClaims": null, "knownClientApplications": [],
            "requestedAccessTokenVersion": null, "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "addIns": [], "appRoles": [], "identifierUris": [], "keyCredentials": [],
        "passwordCredentials": [], "requiredResourceAccess": [], "tags": [],
        "info": {"logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null,
            "supportUrl": null, "termsOfServiceUrl": null},
        "isFallbackPublicClient": null, "description": null, "groupMembershipClaims": null,
        "notes": null, "optionalClaims": null, "serviceManagementReference": null,
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "publicClient": {"redirectUris": []}, "spa": {"redirectUris": []},
        "signInAudience": "AzureADMyOrg",
        "web": {"homePageUrl": null, "logoutUrl": null, "redirectUris": [], "redirectUriSettings": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false}},
    })
}

fn listing() -> Listing<'static> {
    Listing::directory(TYPE, "applications")
}

/// `/applications`
pub(super) fn route(call: &Call, rest: &[String], low: &[&str], tenant: &mut Tenant) -> Answer {
    let key = rest.first().map_or("", String::as_str);
    match (call.method(), low) {
        ("GET", []) => listing().answer(call, tenant.applications.values().cloned().collect()),
        ("GET", ["$count"]) => {
            listing().count(call, tenant.applications.values().cloned().collect())
        }
        ("POST", []) => create(call, tenant),
        ("GET", [_]) => listing().one(call, find(tenant, key)?),
        ("GET", [_, "owners"]) => {
            let id = text(find(tenant, key)?, "id")
                .unwrap_or_default()
                .to_owned();
            let held = members::direct(tenant, &id, "owners");
            members::objects(call, tenant, &held, None)
        }
        ("PATCH", [_]) => update(call, key, tenant),
        ("DELETE", [_]) => {
            let id = text(find(tenant, key)?, "id")
                .unwrap_or_default()
                .to_owned();
            tenant.applications.shift_remove(&id);
            tenant.owners.shift_remove(&id);
            Ok(Reply::no_content())
        }
        (_, [] | [_] | [_, "owners"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// An application by its object id or, as `applications(appId='...')`, by its client id.
fn find<'a>(tenant: &'a Tenant, key: &str) -> Result<&'a Value, ErrorAnswer> {
    let found = match alternate_key(key) {
        Some((name, value)) if name.eq_ignore_ascii_case("appId") => {
            by_app_id(&tenant.applications, &value)
        }
        Some((name, _)) => {
            return Err(ErrorAnswer::bad(format!("'{name}' is no key of {TYPE}.")));
        }
        None => tenant.applications.get(&key.to_ascii_lowercase()),
    };
    found.ok_or_else(|| ErrorAnswer::missing_directory(key))
}

fn by_app_id<'a>(map: &'a Map, app_id: &str) -> Option<&'a Value> {
    let is_it =
        |found: &&Value| text(found, "appId").is_some_and(|a| a.eq_ignore_ascii_case(app_id));
    map.values().find(is_it)
}

fn body(call: &Call) -> Result<Map, ErrorAnswer> {
    let value = call.json()?;
    let Some(given) = value.as_object().filter(|given| !given.is_empty()) else {
        return Err(ErrorAnswer::directory(
            "A non-empty request body is expected.",
        ));
    };
    let known = |name: &&String| {
        name.contains('@') || READ_ONLY.contains(&name.as_str()) || OWN.contains(&name.as_str())
    };
    if let Some(other) = given.keys().find(|name| !known(name)) {
        return Err(ErrorAnswer::directory(format!(
            "Invalid property '{other}' of resource 'Application'."
        )));
    }
    let nameless = given
        .get("displayName")
        .is_some_and(|name| name.as_str().is_none_or(|name| name.trim().is_empty()));
    if nameless {
        return Err(ErrorAnswer::directory(
            "Invalid value specified for property 'displayName' of resource 'Application'.",
        ));
    }
    Ok(given.clone())
}

fn lay(stored: &mut Value, given: &Map) {
    for name in OWN {
        if let Some(value) = given.get(*name) {
            set(stored, name, value.clone());
        }
    }
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let given = body(call)?;
    if !given.contains_key("displayName") {
        return Err(ErrorAnswer::directory(
            "A value is required for property 'displayName' of resource 'Application'.",
        ));
    }
    let mut owners = Vec::new();
    let links = given.get("owners@odata.bind").and_then(Value::as_array);
    for link in links.into_iter().flatten().filter_map(Value::as_str) {
        owners.push(members::bound(link)?);
    }
    members::addable(tenant, &Value::Null, "owners", &[], &owners)?;
    let id = new_id();
    let domain = tenant.domains.values().find(|d| d["isInitial"] == true);
    let domain = domain.and_then(|d| text(d, "id")).map(str::to_owned);
    let mut stored = json!({"id": id, "appId": new_id(), "deletedDateTime": null,
        "createdDateTime": now_seconds(), "displayName": null, "publisherDomain": domain});
    if let Value::Object(unset) = unset() {
        lay(&mut stored, &unset);
    }
    lay(&mut stored, &given);
    let mut out = listing().one(call, &stored)?.changed();
    out.status = 201;
    tenant.applications.insert(id.clone(), stored);
    if !owners.is_empty() {
        tenant.owners.insert(id, json!(owners));
    }
    Ok(out)
}

fn update(call: &Call, key: &str, tenant: &mut Tenant) -> Answer {
    let mut stored = find(tenant, key)?.clone();
    lay(&mut stored, &body(call)?);
    let id = text(&stored, "id").unwrap_or_default().to_owned();
    tenant.applications.insert(id, stored);
    Ok(Reply::no_content())
}

/// `POST /servicePrincipals`: an application of the tenant gets its service principal.
pub(super) fn principal(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.json()?;
    let app_id = text(&body, "appId")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if by_app_id(&tenant.applications, &app_id).is_none() {
        return Err(ErrorAnswer::directory(format!(
            "The appId '{app_id}' of the service principal does not reference a valid application object."
        )));
    }
    if by_app_id(&tenant.service_principals, &app_id).is_some() {
        return Err(ErrorAnswer::conflict("appId"));
    }
    let id = new_principal(tenant, &app_id, new_id());
    let stored = tenant
        .service_principals
        .get(&id)
        .cloned()
        .unwrap_or_default();
    let listing = Listing::directory("servicePrincipal", "servicePrincipals");
    let mut out = listing.one(call, &stored)?.changed();
    out.status = 201;
    Ok(out)
}

/// The object id of the service principal of an application that signs in: it is made where the
/// tenant has none, so that it can own what it creates.
pub(super) fn signed_in(tenant: &mut Tenant, app_id: &str) -> String {
    if let Some(found) = by_app_id(&tenant.service_principals, app_id) {
        return text(found, "id").unwrap_or_default().to_owned();
    }
    let space = uuid::Uuid::try_parse(&tenant.tenant_id).unwrap_or_default();
    let app_id = app_id.to_ascii_lowercase();
    let id = uuid::Uuid::new_v5(&space, app_id.as_bytes()).to_string();
    new_principal(tenant, &app_id, id)
}

fn new_principal(tenant: &mut Tenant, app_id: &str, id: String) -> String {
    let application = by_app_id(&tenant.applications, app_id);
    let name = application
        .and_then(|application| text(application, "displayName"))
        .map_or_else(|| format!("Application {app_id}"), str::to_owned);
    let stored = json!({"id": id, "accountEnabled": true, "appDisplayName": name, "appId": app_id,
        "appOwnerOrganizationId": tenant.tenant_id, "displayName": name,
        "servicePrincipalNames": [app_id], "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg", "tags": []});
    tenant.service_principals.insert(id.clone(), stored);
    id
}
