//! Sign-in for other clients: OpenID and instance discovery, and the token endpoint for
//! applications (client credentials).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{Raw, new_id};
use super::{Options, applications, permissions, token};
use crate::sandbox::tenant::Tenant;

/// Hosts of Graph, besides the sandbox's own, for which a token can be had.
const RESOURCES: &[&str] = &[
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// Tenant names that stand for no tenant.
const ANY_TENANT: &[&str] = &["common", "organizations", "consumers"];

/// An application that may sign in, instead of any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its client id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

/// Status and body.
pub(super) type Signed = (u16, Value);

/// True when the path belongs to the sign-in service, not to Graph.
pub(super) fn is_sign_in(path: &str) -> bool {
    let low = path.to_ascii_lowercase();
    low.ends_with("/.well-known/openid-configuration")
        || low.ends_with("/oauth2/v2.0/token")
        || low.ends_with("/discovery/instance")
        || low.ends_with("/discovery/v2.0/keys")
        || low.ends_with("/discovery/keys")
}

pub(super) fn answer(raw: &Raw, tenant: &mut Tenant, options: &Options) -> Signed {
    let (path, query) = raw.target.split_once('?').unwrap_or((&raw.target, ""));
    let segments: Vec<String> = path
        .split('/')
        .filter(|s| !s.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let post = raw.method == "POST";
    match segments.as_slice() {
        [name, .., ".well-known", "openid-configuration"] if !post => match directory(name, tenant)
        {
            Some(id) => (200, configuration(raw, id)),
            None => no_tenant(name),
        },
        [_, "discovery", "instance"] if !post => (200, instance(raw, query)),
        [_, "discovery", ..] if !post => (200, json!({"keys": []})),
        [name, "oauth2", "v2.0", "token"] if post => sign_in(name, raw, tenant, options),
        [_, "oauth2", "v2.0", "token"] => fault(
            405,
            "invalid_request",
            "AADSTS900561: The endpoint only accepts POST requests. Received a GET request.",
        ),
        _ => fault(
            404,
            "invalid_request",
            "AADSTS90014: There is no such endpoint.",
        ),
    }
}

/// The tenant's id that stands for `name` in answers.
fn directory<'a>(name: &'a str, tenant: &'a Tenant) -> Option<&'a str> {
    if ANY_TENANT.contains(&name) {
        return Some(name);
    }
    let known =
        name == tenant.tenant_id || tenant.domains.keys().any(|d| d.eq_ignore_ascii_case(name));
    known.then_some(tenant.tenant_id.as_str())
}

fn configuration(raw: &Raw, id: &str) -> Value {
    let base = raw.base();
    let issuer_id = if ANY_TENANT.contains(&id) {
        "{tenantid}"
    } else {
        id
    };
    json!({
        "token_endpoint": format!("{base}/{id}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/{id}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{base}/{issuer_id}/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("{base}/oidc/userinfo"),
        "authorization_endpoint": format!("{base}/{id}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{id}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/{id}/oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver", "name"],
        "tenant_region_scope": null,
        "cloud_instance_name": raw.authority(),
        "cloud_graph_host_name": raw.authority(),
        "msgraph_host": raw.authority(),
        "rbac_url": base})
}

fn instance(raw: &Raw, query: &str) -> Value {
    let wanted = Fields::of(query);
    let endpoint = wanted.get("authorization_endpoint").unwrap_or_default();
    let tenant = endpoint
        .split("//")
        .nth(1)
        .and_then(|rest| rest.split('/').nth(1))
        .unwrap_or("common");
    let host = raw.authority();
    json!({"tenant_discovery_endpoint":
            format!("{}/{tenant}/v2.0/.well-known/openid-configuration", raw.base()),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]})
}

/// An error of the sign-in service.
pub(super) fn fault(status: u16, error: &str, description: &str) -> Signed {
    let number = description
        .strip_prefix("AADSTS")
        .and_then(|rest| rest.split(':').next())
        .and_then(|number| number.parse::<u64>().ok())
        .unwrap_or_default();
    let (trace, correlation) = (new_id(), new_id());
    let stamp = jiff::Timestamp::now()
        .strftime("%Y-%m-%d %H:%M:%SZ")
        .to_string();
    let body = json!({"error": error,
        "error_description": format!(
            "{description} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"),
        "error_codes": [number], "timestamp": stamp, "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}")});
    (status, body)
}

fn no_tenant(name: &str) -> Signed {
    fault(
        400,
        "invalid_request",
        &format!(
            "AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID \
             and are signing into the correct cloud."
        ),
    )
}

/// The resource of a permission such as `https://graph.microsoft.com/User.Read`.
pub(super) fn resource_of(scope: &str) -> Option<&str> {
    let (resource, _) = scope.rsplit_once('/')?;
    resource.starts_with("https://").then_some(resource)
}

/// The fields of a form body or a query.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(text: &str) -> Fields {
        Fields(form(text))
    }

    /// The field's value, when it is there and not empty.
    pub(super) fn get(&self, wanted: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        let found = fields.find(|(name, value)| name == wanted && !value.is_empty())?;
        Some(found.1.as_str())
    }
}

/// The pairs of a form body or a query.
fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                super::call::decode(name, true),
                super::call::decode(value, true),
            )
        })
        .collect()
}

/// How an application proves who it is.
enum Proof {
    Secret(String),
    Assertion(String),
    None,
}

fn sign_in(name: &str, raw: &Raw, tenant: &mut Tenant, options: &Options) -> Signed {
    let fields = Fields::of(&String::from_utf8_lossy(&raw.body));
    let field = |wanted: &str| fields.get(wanted);
    let missing = |name: &str| {
        fault(
            400,
            "invalid_request",
            &format!(
                "AADSTS900144: The request body must contain the following parameter: '{name}'."
            ),
        )
    };
    match field("grant_type") {
        None => return missing("grant_type"),
        Some("client_credentials") => {}
        Some(other) => {
            return fault(
                400,
                "unsupported_grant_type",
                &format!("AADSTS70003: The app requested an unsupported grant type '{other}'."),
            );
        }
    }
    if ANY_TENANT.contains(&name) {
        return fault(
            400,
            "invalid_request",
            "AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials.",
        );
    }
    if directory(name, tenant).is_none() {
        return no_tenant(name);
    }
    let basic = raw
        .header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|text| STANDARD.decode(text.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.split_once(':').map(|(id, secret)| {
                (
                    super::call::decode(id, true),
                    super::call::decode(secret, true),
                )
            })
        });
    let (id, proof) = match (field("client_id"), basic) {
        (_, Some((id, secret))) => (id, Proof::Secret(secret)),
        (None, None) => return missing("client_id"),
        (Some(id), None) => {
            let proof = match (field("client_secret"), field("client_assertion")) {
                (Some(secret), _) => Proof::Secret(secret.to_owned()),
                (None, Some(assertion)) => Proof::Assertion(assertion.to_owned()),
                (None, None) => Proof::None,
            };
            (id.to_owned(), proof)
        }
    };
    let known = match &options.app {
        Some(app) => app.id.eq_ignore_ascii_case(&id),
        None => crate::text::is_guid(&id),
    };
    if !known {
        return fault(
            400,
            "unauthorized_client",
            &format!(
                "AADSTS700016: Application with identifier '{id}' was not found in the directory '{}'. \
                 This can happen if the application has not been installed by the administrator of the \
                 tenant or consented to by any user in the tenant.",
                tenant.display_name
            ),
        );
    }
    if let Err(refused) = proven(&id, &proof, options) {
        return refused;
    }
    let Some(scope) = field("scope") else {
        return missing("scope");
    };
    let Some(resource) = scope.strip_suffix("/.default").filter(|r| !r.contains(' ')) else {
        return fault(
            400,
            "invalid_scope",
            &format!(
                "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows \
                 must have a scope value with /.default suffixed to the resource identifier (application \
                 ID URI)."
            ),
        );
    };
    let resource = resource.trim_end_matches('/');
    let base = raw.base();
    // SDKs leave the port away.
    let own = resource.split_once("//").is_some_and(|(_, host)| {
        host == raw.authority()
            || raw
                .authority()
                .rsplit_once(':')
                .is_some_and(|(h, _)| h == host)
    });
    if !RESOURCES.contains(&resource) && !own {
        return fault(
            400,
            "invalid_resource",
            &format!(
                "AADSTS500011: The resource principal named {resource} was not found in the tenant named {}.",
                tenant.display_name
            ),
        );
    }
    let now = token::seconds_now();
    let roles = match &options.granted {
        Some(granted) => json!(granted),
        None => json!(permissions::all()),
    };
    let object = applications::signed_in(tenant, &id);
    let claims = json!({"aud": resource, "iss": format!("{base}/{}/v2.0", tenant.tenant_id),
        "iat": now, "nbf": now, "exp": now + token::LIFETIME, "appid": id, "idtyp": "app",
        "oid": object, "sub": object, "roles": roles, "tid": tenant.tenant_id, "ver": "1.0",
        "sandbox": true});
    (
        200,
        json!({"token_type": "Bearer", "expires_in": token::LIFETIME,
            "ext_expires_in": token::LIFETIME, "access_token": token::write(&claims)}),
    )
}

fn proven(id: &str, proof: &Proof, options: &Options) -> Result<(), Signed> {
    match proof {
        Proof::None => Err(fault(
            401,
            "invalid_client",
            "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
        Proof::Secret(secret) => match &options.app {
            Some(app) if app.secret != *secret => Err(fault(
                401,
                "invalid_client",
                &format!(
                    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{id}'."
                ),
            )),
            _ => Ok(()),
        },
        // The signature is not checked: no key is registered here. Its claims are.
        Proof::Assertion(assertion) => {
            let Some(claims) = token::claims(assertion) else {
                return Err(fault(
                    400,
                    "invalid_request",
                    "AADSTS50027: JWT token is invalid or malformed.",
                ));
            };
            let said = |name: &str| claims.get(name).and_then(Value::as_str);
            if said("iss") != Some(id) || said("sub") != Some(id) {
                return Err(fault(
                    401,
                    "invalid_client",
                    "AADSTS700021: Client assertion application identifier doesn't match 'client_id' parameter.",
                ));
            }
            let expired = claims
                .get("exp")
                .and_then(Value::as_i64)
                .is_none_or(|end| end <= token::seconds_now());
            if expired {
                return Err(fault(
                    401,
                    "invalid_client",
                    "AADSTS700024: Client assertion is not within its valid time range.",
                ));
            }
            Ok(())
        }
    }
}
