//! Sign-in of a person: the page of the authorisation code flow, device code, and the tokens of
//! both. Whoever stands in the tenant may sign in by name: the sandbox protects nothing.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};

use super::auth::{Fields, fault, resource_of};
use super::call::{Body, Raw, new_id, text};
use super::tenant::Tenant;
use super::{Options, token};

/// How many open sign-ins are kept; with more, all are forgotten.
const OPEN: usize = 1000;
/// How long a code for another device is good, in seconds.
const DEVICE_LIFE: i64 = 900;
/// How often a client may ask whether the person is done, in seconds. The service says 5.
const INTERVAL: i64 = 1;
/// What a scope holds besides permissions.
const BESIDES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Sign-ins that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct OpenSignIns {
    codes: HashMap<String, Consent>,
    devices: HashMap<String, Device>,
}

/// What a person agreed to.
#[derive(Debug, Clone)]
struct Consent {
    user: String,
    client: String,
    scope: String,
    redirect: String,
    challenge: String,
    nonce: String,
}

/// A code that waits for a person.
#[derive(Debug)]
struct Device {
    user_code: String,
    client: String,
    scope: String,
    ends: i64,
    answer: Option<Result<String, ()>>,
}

/// Status, headers besides, body.
pub(super) type PersonAnswer = (u16, Vec<(String, String)>, Body);

/// True when the path is a page or an endpoint of a person's sign-in.
pub(super) fn is_person(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["authorize", "devicecode", "deviceauth"]
        .iter()
        .any(|name| path.ends_with(&format!("/oauth2/v2.0/{name}")))
}

/// The answer to a request of a person's sign-in; `None` when it is none.
pub(super) fn answer(
    raw: &Raw,
    tenant: &Tenant,
    options: &Options,
    open: &mut OpenSignIns,
) -> Option<PersonAnswer> {
    let (path, query) = raw.target.split_once('?').unwrap_or((&raw.target, ""));
    let path = path.to_ascii_lowercase();
    let body = Fields::of(&String::from_utf8_lossy(&raw.body));
    let query = Fields::of(query);
    let post = raw.method == "POST";
    if open.codes.len() + open.devices.len() > OPEN {
        *open = OpenSignIns::default();
    }
    if path.ends_with("/authorize") {
        return Some(authorize(raw, &query, &body, tenant, options, open));
    }
    if path.ends_with("/deviceauth") {
        return Some(device_page(&body, post, tenant, open));
    }
    if path.ends_with("/devicecode") {
        return Some(json_answer(device_code(raw, &path, &body, options, open)));
    }
    let grant = body.get("grant_type")?;
    Some(json_answer(match grant {
        "authorization_code" => code_grant(raw, &body, tenant, open),
        "urn:ietf:params:oauth:grant-type:device_code" => device_grant(raw, &body, tenant, open),
        "refresh_token" => refresh_grant(raw, &body, tenant),
        _ => return None,
    }))
}

fn json_answer((status, body): (u16, Value)) -> PersonAnswer {
    (status, Vec::new(), Body::Json(body))
}

/// A page with one form; `form` is HTML, `told` is text.
fn page(status: u16, title: &str, told: &str, form: &str) -> PersonAnswer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p id=\"told\">{}</p>{form}</html>",
        escaped(told)
    );
    let sort = (
        "Content-Type".to_owned(),
        "text/html; charset=utf-8".to_owned(),
    );
    let none = (
        "Content-Security-Policy".to_owned(),
        "default-src 'none'; form-action 'self' http://localhost:* http://127.0.0.1:*".to_owned(),
    );
    (status, vec![sort, none], Body::Text(html))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The user whom a person names, by principal name or id.
fn user_named<'a>(name: &str, tenant: &'a Tenant) -> Option<&'a Value> {
    tenant.users.values().find(|user| {
        ["userPrincipalName", "id"].iter().any(|member| {
            text(user, member).is_some_and(|held| held.eq_ignore_ascii_case(name.trim()))
        })
    })
}

const FORM: &str = "<form method=\"post\">\
    <label>Account <input name=\"login\" id=\"login\"></label> \
    <button name=\"do\" value=\"accept\" id=\"accept\">Sign in and consent</button> \
    <button name=\"do\" value=\"cancel\" id=\"cancel\">Cancel</button></form>";

fn authorize(
    raw: &Raw,
    query: &Fields,
    body: &Fields,
    tenant: &Tenant,
    options: &Options,
    open: &mut OpenSignIns,
) -> PersonAnswer {
    let wrong = |text: &str| {
        page(
            400,
            "Sorry, but we are having trouble signing you in",
            text,
            "",
        )
    };
    let needed = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let (client, redirect, scope) = (needed("client_id"), needed("redirect_uri"), needed("scope"));
    if !crate::text::is_guid(&client) {
        return wrong(
            "AADSTS900144: The request must contain the following parameter: 'client_id'.",
        );
    }
    // A public client's answer goes to this machine, whatever the port.
    let Some(mut back) = Url::parse(&redirect).ok().filter(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
    }) else {
        return wrong(
            "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.",
        );
    };
    if query.get("response_type") != Some("code") || scope.is_empty() {
        return wrong(
            "AADSTS900144: The request must contain the parameters 'response_type' and 'scope'.",
        );
    }
    let challenge = needed("code_challenge");
    if challenge.is_empty() || query.get("code_challenge_method") != Some("S256") {
        return wrong(
            "AADSTS9002325: Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
        );
    }
    if raw.method != "POST" {
        let mut told = String::from("Asked for:");
        for name in scope.split(' ') {
            let _ = write!(told, " {}", name.rsplit('/').next().unwrap_or(name));
        }
        return page(200, "Sign in", &told, FORM);
    }
    let fields: Vec<(&str, String)> = if body.get("do") == Some("cancel") {
        refused("AADSTS65004: User declined to consent to access the app.")
    } else {
        let login = body.get("login").unwrap_or_default();
        let Some(user) = user_named(login, tenant).and_then(|user| text(user, "id")) else {
            let told = "We couldn't find an account with that username.";
            return page(200, "Sign in", told, FORM);
        };
        match withheld(&scope, options) {
            Some(name) => refused(&format!(
                "AADSTS90094: The grant requires administrator permission ({name})."
            )),
            None => {
                let code = new_id();
                let consent = Consent {
                    user: user.to_owned(),
                    client,
                    scope,
                    redirect,
                    challenge,
                    nonce: needed("nonce"),
                };
                open.codes.insert(code.clone(), consent);
                vec![("code", code), ("session_state", new_id())]
            }
        }
    };
    {
        let mut pairs = back.query_pairs_mut();
        for (name, value) in &fields {
            pairs.append_pair(name, value);
        }
        if let Some(state) = query.get("state") {
            pairs.append_pair("state", state);
        }
    }
    let location = ("Location".to_owned(), back.to_string());
    (302, vec![location], Body::None)
}

fn refused(description: &str) -> Vec<(&'static str, String)> {
    vec![
        ("error", "access_denied".to_owned()),
        ("error_description", description.to_owned()),
    ]
}

/// A permission that nobody may consent to here.
fn withheld<'a>(scope: &'a str, options: &Options) -> Option<&'a str> {
    let granted = options.granted.as_ref()?;
    permissions(scope).find(|name| !granted.iter().any(|g| g.eq_ignore_ascii_case(name)))
}

/// The permissions in a scope, without their resource.
fn permissions(scope: &str) -> impl Iterator<Item = &str> {
    scope
        .split(' ')
        .filter(|name| !name.is_empty() && !BESIDES.contains(name))
        .map(|name| name.rsplit('/').next().unwrap_or(name))
}

fn device_code(
    raw: &Raw,
    path: &str,
    body: &Fields,
    options: &Options,
    open: &mut OpenSignIns,
) -> (u16, Value) {
    let (Some(client), Some(scope)) = (body.get("client_id"), body.get("scope")) else {
        return fault(
            400,
            "invalid_request",
            "AADSTS900144: The request body must contain the following parameter: 'client_id'.",
        );
    };
    if let Some(name) = withheld(scope, options) {
        let text = format!("AADSTS90094: The grant requires administrator permission ({name}).");
        return fault(400, "invalid_grant", &text);
    }
    let code = new_id();
    let user_code: String = new_id()
        .replace('-', "")
        .to_uppercase()
        .chars()
        .take(9)
        .collect();
    open.devices.insert(
        code.clone(),
        Device {
            user_code: user_code.clone(),
            client: client.to_owned(),
            scope: scope.to_owned(),
            ends: token::seconds_now() + DEVICE_LIFE,
            answer: None,
        },
    );
    let page = path.replace("devicecode", "deviceauth");
    let page = format!("{}{page}", raw.base());
    (
        200,
        json!({"user_code": user_code, "device_code": code, "verification_uri": page,
            "expires_in": DEVICE_LIFE, "interval": INTERVAL,
            "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate.")}),
    )
}

const DEVICE_FORM: &str = "<form method=\"post\">\
    <label>Code <input name=\"otc\" id=\"otc\"></label> \
    <label>Account <input name=\"login\" id=\"login\"></label> \
    <button name=\"do\" value=\"accept\" id=\"accept\">Sign in and consent</button> \
    <button name=\"do\" value=\"cancel\" id=\"cancel\">Cancel</button></form>";

fn device_page(body: &Fields, post: bool, tenant: &Tenant, open: &mut OpenSignIns) -> PersonAnswer {
    const TITLE: &str = "Enter code to allow access";
    if !post {
        return page(
            200,
            TITLE,
            "Enter the code that the program shows.",
            DEVICE_FORM,
        );
    }
    let typed = body.get("otc").unwrap_or_default().trim().to_uppercase();
    let Some(device) = open
        .devices
        .values_mut()
        .find(|device| device.user_code == typed && device.ends > token::seconds_now())
    else {
        return page(200, TITLE, "That code didn't work.", DEVICE_FORM);
    };
    if body.get("do") == Some("cancel") {
        device.answer = Some(Err(()));
        return page(200, TITLE, "Cancelled. You can close this page.", "");
    }
    let login = body.get("login").unwrap_or_default();
    match user_named(login, tenant).and_then(|user| text(user, "id")) {
        Some(id) => {
            device.answer = Some(Ok(id.to_owned()));
            page(
                200,
                TITLE,
                "You have signed in. You can close this page.",
                "",
            )
        }
        None => {
            let told = "We couldn't find an account with that username.";
            page(200, TITLE, told, DEVICE_FORM)
        }
    }
}

fn code_grant(raw: &Raw, body: &Fields, tenant: &Tenant, open: &mut OpenSignIns) -> (u16, Value) {
    let wrong = |text: &str| fault(400, "invalid_grant", text);
    // A code serves once, even when what comes with it is wrong.
    let code = body.get("code").unwrap_or_default();
    let Some(consent) = open.codes.remove(code) else {
        return wrong(
            "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity.",
        );
    };
    if body.get("client_id") != Some(consent.client.as_str()) {
        return wrong(
            "AADSTS700005: Provided Authorization Code is intended to use against other tenant or client.",
        );
    }
    if body.get("redirect_uri") != Some(consent.redirect.as_str()) {
        return wrong(
            "AADSTS500112: The reply address does not match the reply address that was given when requesting the authorization code.",
        );
    }
    let verifier = body.get("code_verifier").unwrap_or_default();
    let proof = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    if proof != consent.challenge {
        return wrong(
            "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        );
    }
    tokens(raw, tenant, &consent)
}

fn device_grant(raw: &Raw, body: &Fields, tenant: &Tenant, open: &mut OpenSignIns) -> (u16, Value) {
    let code = body.get("device_code").unwrap_or_default();
    let Some(device) = open.devices.get(code) else {
        return fault(
            400,
            "bad_verification_code",
            "AADSTS70019: The verification code expired or is not known.",
        );
    };
    let consent = match &device.answer {
        _ if device.ends <= token::seconds_now() => {
            return fault(
                400,
                "expired_token",
                "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
            );
        }
        None => {
            return fault(
                400,
                "authorization_pending",
                "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            );
        }
        Some(Err(())) => {
            return fault(
                400,
                "authorization_declined",
                "AADSTS65004: User declined to consent to access the app.",
            );
        }
        Some(Ok(user)) => Consent {
            user: user.clone(),
            client: device.client.clone(),
            scope: device.scope.clone(),
            redirect: String::new(),
            challenge: String::new(),
            nonce: String::new(),
        },
    };
    open.devices.remove(code);
    tokens(raw, tenant, &consent)
}

fn refresh_grant(raw: &Raw, body: &Fields, tenant: &Tenant) -> (u16, Value) {
    let held = body.get("refresh_token").and_then(token::claims);
    let said = |name: &str| held.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let (Some(user), Some(client)) = (said("refreshes"), said("client")) else {
        return fault(
            400,
            "invalid_grant",
            "AADSTS9002313: Invalid request. Request is malformed or invalid.",
        );
    };
    let consented = said("scope").unwrap_or_default();
    let scope = body.get("scope").unwrap_or(&consented).to_owned();
    let known: Vec<&str> = permissions(&consented).collect();
    if let Some(name) = permissions(&scope).find(|name| !known.contains(name)) {
        let text = format!(
            "AADSTS65001: The user or administrator has not consented to use the application with ID '{client}' ({name})."
        );
        return fault(400, "invalid_grant", &text);
    }
    let consent = Consent {
        user,
        client,
        scope,
        redirect: String::new(),
        challenge: String::new(),
        nonce: String::new(),
    };
    tokens(raw, tenant, &consent)
}

fn tokens(raw: &Raw, tenant: &Tenant, consent: &Consent) -> (u16, Value) {
    let Some(user) = user_named(&consent.user, tenant) else {
        return fault(
            400,
            "invalid_grant",
            "AADSTS50034: The user account does not exist in the directory.",
        );
    };
    let member = |name: &str| text(user, name).unwrap_or_default();
    let resource = consent.scope.split(' ').find_map(resource_of);
    let now = token::seconds_now();
    let granted: Vec<&str> = permissions(&consent.scope).collect();
    let scp = granted.join(" ");
    let base = raw.base();
    let issuer = format!("{base}/{}/v2.0", tenant.tenant_id);
    let access = json!({"aud": resource.unwrap_or("https://graph.microsoft.com"), "iss": issuer,
        "iat": now, "nbf": now, "exp": now + token::LIFETIME, "appid": consent.client,
        "idtyp": "user", "oid": member("id"), "sub": member("id"),
        "upn": member("userPrincipalName"), "name": member("displayName"), "scp": scp,
        "tid": tenant.tenant_id, "ver": "1.0", "sandbox": true});
    let mut identity = json!({"aud": consent.client, "iss": issuer, "iat": now, "nbf": now,
        "exp": now + token::LIFETIME, "oid": member("id"), "sub": member("id"),
        "preferred_username": member("userPrincipalName"), "tid": tenant.tenant_id, "ver": "2.0"});
    if let Some(members) = identity.as_object_mut()
        && !consent.nonce.is_empty()
    {
        members.insert("nonce".to_owned(), json!(consent.nonce));
    }
    let asked = |name: &str| consent.scope.split(' ').any(|scope| scope == name);
    let mut body = json!({"token_type": "Bearer", "scope": scp, "expires_in": token::LIFETIME,
        "ext_expires_in": token::LIFETIME, "access_token": token::write(&access)});
    if let Some(members) = body.as_object_mut() {
        if asked("openid") {
            members.insert("id_token".to_owned(), json!(token::write(&identity)));
        }
        if asked("offline_access") {
            let refresh = token::write(&json!({"refreshes": consent.user,
                "client": consent.client, "scope": consent.scope}));
            members.insert("refresh_token".to_owned(), json!(refresh));
        }
    }
    (200, body)
}
