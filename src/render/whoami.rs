//! Who is signed in, for people and for programs.

use std::fmt::Write as _;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::FORMAT_VERSION;
use crate::graph::auth::permissions::{self, APPLY, Need, PLAN, RISK, WantedPermission};
use crate::graph::auth::provider::Issued;
use crate::graph::auth::{Claims, Provider};
use crate::text::visible;

const BOLD: Style = Style::new().bold();

/// The answer of `auth whoami --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhoamiOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The tenant's entry.
    pub tenant: WhoamiTenant,
    /// The method, such as `clientSecret`; `sandbox` for the embedded tenant.
    pub method: String,
    /// Where the credential came from, in words.
    pub source: String,
    /// The application.
    pub client: WhoamiClient,
    /// The account, when a person signed in.
    pub user: Option<String>,
    /// When the token ends (RFC 3339), as far as that is known.
    pub expires_at: Option<String>,
    /// What sort of token it is.
    pub token: TokenSort,
    /// The permissions in the token. An opaque token does not show them.
    pub permissions: Vec<String>,
    /// The permissions that plan, apply and the `risk` commands need and the token lacks; null when
    /// they cannot be read.
    pub missing: Option<Missing>,
}

/// A tenant's entry in `gatewright.yaml`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhoamiTenant {
    /// Its name.
    pub name: String,
    /// The id of the Entra tenant.
    pub id: Option<String>,
    /// The cloud; null when `graphEndpoint` names the host.
    pub cloud: Option<String>,
    /// The Graph host.
    pub graph_endpoint: Option<String>,
}

/// An application.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhoamiClient {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// What sort of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenSort {
    /// The application signed in as itself.
    Application,
    /// A person signed in by way of the application.
    Delegated,
    /// It cannot be read.
    Opaque,
    /// There is none: the embedded tenant takes any.
    None,
}

/// Permissions that are not in the token.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Missing {
    /// For plan.
    pub plan: Vec<MissingPermission>,
    /// For apply, in addition to those for plan.
    pub apply: Vec<MissingPermission>,
    /// For the `risk` commands.
    pub risk: Vec<MissingPermission>,
}

/// A permission that is not in the token.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingPermission {
    /// Any one of these is enough; the narrowest comes first. Empty: Microsoft documents
    /// none for this kind of token.
    pub any_of: Vec<String>,
    /// What it is for.
    pub purpose: String,
    /// When it is needed; null: always.
    pub when: Option<String>,
}

impl From<WantedPermission> for MissingPermission {
    fn from(wanted: WantedPermission) -> MissingPermission {
        MissingPermission {
            any_of: wanted
                .any_of
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            purpose: wanted.purpose.to_owned(),
            when: wanted.when.map(str::to_owned),
        }
    }
}

/// The tenant that was signed in to.
#[derive(Debug, Clone, Copy)]
pub struct SignedInTenant<'a> {
    /// The entry's name.
    pub name: &'a str,
    /// The tenant's id.
    pub tenant_id: &'a str,
    /// The cloud, when it decides the host.
    pub cloud: Option<&'a str>,
    /// The Graph host.
    pub graph_endpoint: &'a str,
}

impl WhoamiOutput {
    /// What a token says about itself.
    pub fn of_token(
        place: SignedInTenant<'_>,
        provider: &Provider,
        issued: &Issued,
        claims: Option<Claims>,
    ) -> WhoamiOutput {
        let readable = claims.is_some();
        let claims = claims.unwrap_or_default();
        let held = claims.permissions().to_vec();
        let who = claims.identity();
        let list = |needs: &'static [Need], before: &'static [Need]| {
            let missing = permissions::missing(needs, before, &held, who);
            missing.into_iter().map(MissingPermission::from).collect()
        };
        let expires = claims.expires.or(issued.expires);
        WhoamiOutput {
            format_version: FORMAT_VERSION,
            tenant: WhoamiTenant {
                name: place.name.to_owned(),
                id: Some(place.tenant_id.to_owned()),
                cloud: place.cloud.map(str::to_owned),
                graph_endpoint: Some(place.graph_endpoint.to_owned()),
            },
            method: provider.method().map_or("none", |m| m.as_str()).to_owned(),
            source: provider.source(),
            user: claims.user.clone().filter(|_| claims.is_delegated()),
            expires_at: expires.map(|at| at.to_string()),
            token: match (readable, claims.is_delegated()) {
                (false, _) => TokenSort::Opaque,
                (true, true) => TokenSort::Delegated,
                (true, false) => TokenSort::Application,
            },
            missing: readable.then(|| Missing {
                plan: list(PLAN, &[]),
                apply: list(APPLY, PLAN),
                risk: list(RISK, &[]),
            }),
            permissions: held,
            client: WhoamiClient {
                id: claims
                    .client_id
                    .or_else(|| provider.client_id().map(str::to_owned)),
                name: claims.client_name,
            },
        }
    }

    /// The embedded tenant takes any token.
    pub fn of_sandbox(name: &str) -> WhoamiOutput {
        WhoamiOutput {
            format_version: FORMAT_VERSION,
            tenant: WhoamiTenant {
                name: name.to_owned(),
                id: None,
                cloud: None,
                graph_endpoint: None,
            },
            method: "sandbox".to_owned(),
            source: "the embedded tenant, which takes any token".to_owned(),
            client: WhoamiClient {
                id: None,
                name: None,
            },
            user: None,
            expires_at: None,
            token: TokenSort::None,
            permissions: Vec::new(),
            missing: Some(Missing {
                plan: Vec::new(),
                apply: Vec::new(),
                risk: Vec::new(),
            }),
        }
    }
}

/// For people.
pub fn human(found: &WhoamiOutput) -> String {
    let mut out = String::new();
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "{BOLD}{name:<12}{BOLD:#} {}", visible(text, false));
    };
    let tenant = &found.tenant;
    let cloud = tenant.cloud.as_deref();
    let at = [
        tenant.id.clone(),
        cloud.map(|cloud| format!("cloud {cloud}")),
        tenant.graph_endpoint.clone(),
    ];
    let at: Vec<String> = at.into_iter().flatten().collect();
    match at.is_empty() {
        true => line("Tenant", &tenant.name),
        false => line("Tenant", &format!("{} ({})", tenant.name, at.join(", "))),
    }
    match (&found.client.id, &found.client.name) {
        (Some(id), Some(name)) => line("Client", &format!("{id} ({name})")),
        (Some(id), None) => line("Client", id),
        (None, _) => {}
    }
    if let Some(user) = &found.user {
        line("Account", user);
    }
    line("Method", &format!("{}: {}", found.method, found.source));
    if let Some(at) = &found.expires_at {
        line("Expires", at);
    }
    match found.token {
        TokenSort::None => return out,
        TokenSort::Opaque => {
            line(
                "Permissions",
                "the token is opaque: its permissions cannot be read",
            );
            return out;
        }
        TokenSort::Delegated => line(
            "Permissions",
            "of the application on behalf of the account; the account also needs the directory roles",
        ),
        TokenSort::Application => line("Permissions", "of the application itself"),
    }
    if found.permissions.is_empty() {
        out.push_str("  (none)\n");
    }
    for permission in &found.permissions {
        let _ = writeln!(out, "  {}", visible(permission, false));
    }
    if let Some(missing) = &found.missing {
        out.push_str(&self::missing("plan", &missing.plan));
        out.push_str(&self::missing("apply", &missing.apply));
        out.push_str(&self::missing("the risk commands", &missing.risk));
    }
    out
}

fn missing(command: &str, list: &[MissingPermission]) -> String {
    let (nothing, missing) = match command {
        "apply" => ("Nothing else is missing", "Also missing"),
        _ => ("Nothing is missing", "Missing"),
    };
    let (always, sometimes): (Vec<_>, Vec<_>) = list.iter().partition(|p| p.when.is_none());
    if list.is_empty() {
        return format!("\n{nothing} for {command}.\n");
    }
    let mut out = match always.is_empty() {
        true => format!("\n{nothing} for {command}, except sometimes:\n"),
        false => format!("\n{missing} for {command}:\n"),
    };
    for permission in always.into_iter().chain(sometimes) {
        let first = permission.any_of.first();
        let first = first.map_or("(none for applications)", String::as_str);
        let _ = write!(out, "  {first:<34} {}", permission.purpose);
        if let Some(when) = &permission.when {
            let _ = write!(out, ", when {when}");
        }
        if let [_, others @ ..] = permission.any_of.as_slice()
            && !others.is_empty()
        {
            let others = others.join(", ");
            let _ = write!(out, "\n  {:<34} (or {others})", "");
        }
        out.push('\n');
    }
    out
}
