//! What a failed sign-in means.

use serde_json::Value;

use super::method::{Flow, Way};
use super::token::without_tokens;
use super::transport::Refusal;
use super::{SignInError, aadsts};

/// Explains why `way` gave no token: from what the last host answered, or else from what
/// the credential says.
pub(super) fn explain(
    way: &Way,
    refusal: Option<Refusal>,
    error: &azure_core::Error,
) -> SignInError {
    for_whom(way, found(way, refusal, error))
}

/// Explains a refusal that the browser of a person brought.
pub(super) fn brought(way: &Way, error: &str, description: &str) -> SignInError {
    let said = match aadsts::code_in(description) {
        Some(code) => aadsts::answered(code, description, &[]),
        None if error == "access_denied" => {
            SignInError::from("the sign-in was cancelled or refused".to_owned())
        }
        None => SignInError::from(format!(
            "the sign-in page answered `{}`: {}",
            aadsts::words(error),
            aadsts::words(description)
        )),
    };
    for_whom(way, said)
}

/// The way out for a person, who has neither secrets nor `az`.
fn for_whom(way: &Way, mut error: SignInError) -> SignInError {
    let Way::Person { flow, access, .. } = way else {
        return error;
    };
    let scopes = access.scopes().join("`, `");
    error.help = match error.code {
        // Consent is missing, was refused, or is an administrator's to give.
        Some(65001 | 65004 | 90008 | 90094 | 90095) => {
            error.message = format!("{}: `{scopes}` are requested", error.message);
            Some("an Application Administrator, Cloud Application Administrator, Privileged Role Administrator or Global Administrator can consent: ask one of them to sign in once with `gatewright auth login` and to accept for the organisation".to_owned())
        }
        // A policy may block this way of signing in alone: 530034 and 530035 are about flows.
        Some(53000..=53004 | 530_034 | 530_035 | 50199) if *flow == Flow::DeviceCode => Some("a policy of the tenant may block only device code: then use `auth: { method: browser }`; the sign-in logs in Entra ID name the policy".to_owned()),
        // These speak of `az`.
        Some(16000 | 50076 | 50078 | 50079 | 50126 | 50158 | 50173 | 70008 | 70043) => {
            Some("try again, and complete what the sign-in page asks for".to_owned())
        }
        _ => error.help.or_else(|| Some("do it again".to_owned())),
    };
    error
}

fn found(way: &Way, refusal: Option<Refusal>, error: &azure_core::Error) -> SignInError {
    match refusal {
        Some(Refusal {
            host,
            answer: Err(problem),
            ..
        }) => match way {
            Way::ManagedIdentity { .. } => SignInError::new(
                format!("no managed identity answers on this machine: {problem}"),
                "outside Azure choose another `auth.method`; in Azure assign an identity to the resource",
            ),
            _ => SignInError::new(
                format!("no answer from `{host}`: {problem}"),
                "check the network; proxies are read from HTTPS_PROXY and NO_PROXY",
            ),
        },
        Some(Refusal {
            host,
            login,
            answer: Ok((status, body)),
        }) => answered(way, &host, login, status, &body),
        None => unanswered(way, error),
    }
}

fn answered(way: &Way, host: &str, login: bool, status: u16, body: &[u8]) -> SignInError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
    let description = text("error_description");
    let code = aadsts::code_in(description).or_else(|| {
        let code = json.pointer("/error_codes/0")?.as_u64()?;
        u32::try_from(code).ok()
    });
    let traces: Vec<String> = [
        ("correlation_id", "correlation id"),
        ("trace_id", "trace id"),
    ]
    .into_iter()
    .filter(|(name, _)| !text(name).is_empty())
    .map(|(name, words)| format!("{words} {}", without_tokens(text(name))))
    .collect();
    if let Some(code) = code {
        return aadsts::answered(code, description, &traces);
    }
    let said = match (description, text("message"), text("error")) {
        ("", "", "") => String::new(),
        ("", "", said) | ("", said, _) | (said, ..) => format!(": {}", aadsts::words(said)),
    };
    let message = format!("`{host}` answered with {status}{said}");
    match way {
        Way::GitHub { .. } if !login => SignInError::new(
            format!("GitHub gave no ID token: {message}"),
            "give the job `permissions: { id-token: write, contents: read }`; pull requests of forks get no ID token",
        ),
        Way::Pipelines { .. } if !login => SignInError::new(
            format!("Azure Pipelines gave no token: {message}"),
            "check that the service connection exists, uses workload identity federation, and that the pipeline may use it",
        ),
        Way::ManagedIdentity { .. } => SignInError::new(
            format!("the managed identity gave no token: {message}"),
            "check that the identity is assigned to this resource; set `clientId` or AZURE_CLIENT_ID for a user-assigned identity, and neither for the system-assigned one",
        ),
        _ if status >= 500 || status == 429 => SignInError::new(
            message,
            "the service has problems or is busy: try again in a few minutes",
        ),
        _ => SignInError::new(
            message,
            "check that `loginEndpoint` is a sign-in host, and that no proxy answers in its place",
        ),
    }
}

fn unanswered(way: &Way, error: &azure_core::Error) -> SignInError {
    let text = error.to_string();
    match way {
        Way::AzureCli => {
            let said = text
                .trim_start_matches("AzureCliCredential authentication failed.")
                .split("To troubleshoot, visit")
                .next()
                .unwrap_or_default();
            if let Some(code) = aadsts::code_in(said) {
                let told = said.find("AADSTS").and_then(|at| said.get(at..));
                return aadsts::answered(code, told.unwrap_or(said), &[]);
            }
            // A parser could quote what it read, and that may be a token.
            let said = match said.contains(" at line ") {
                true => "its answer cannot be understood".to_owned(),
                false => aadsts::words(said),
            };
            SignInError::new(
                format!("`az` gave no token: {said}"),
                "sign in with `az login --tenant` and the id of the tenant; `az account get-access-token --scope https://graph.microsoft.com/.default` shows what it says",
            )
        }
        Way::TokenFile { file, .. } if text.contains("federated token") => SignInError::new(
            match text
                .find("the federated token")
                .and_then(|at| text.get(at..))
            {
                Some(said) => said.to_owned(),
                None => format!("the federated token in `{}` cannot be read", file.display()),
            },
            "correct `auth.file` or AZURE_FEDERATED_TOKEN_FILE",
        ),
        _ if text.contains(" at line ") || text.contains("expected") => SignInError::new(
            format!(
                "{}: the answer is not that of a sign-in host",
                way.method().as_str()
            ),
            "check that `loginEndpoint` is a sign-in host, and that no proxy answers in its place",
        ),
        _ => SignInError::new(
            format!("{}: {}", way.method().as_str(), aadsts::words(&text)),
            "docs/sign-in.md says what the method needs",
        ),
    }
}
