//! The ways to sign in, and which of them the environment offers.

use std::path::PathBuf;

use reqwest::Url;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::certificate::Certificate;
use super::token::Token;
use super::{EnvironmentVariables, SignInError, SignInSettings};
use crate::disk;
use crate::graph::endpoint;

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AuthMethod {
    /// The secret of an application, from `AZURE_CLIENT_SECRET`.
    ClientSecret,
    /// The certificate of an application and its key as PEM, from the file that
    /// `AZURE_CLIENT_CERTIFICATE_PATH` names, or from `AZURE_CLIENT_CERTIFICATE` itself.
    ClientCertificate,
    /// The token of another identity provider: from the file that
    /// `AZURE_FEDERATED_TOKEN_FILE` names, or that of a GitHub Actions job with the
    /// permission `id-token: write`.
    WorkloadIdentity,
    /// A service connection of Azure Pipelines, with `SYSTEM_ACCESSTOKEN`.
    AzurePipelines,
    /// The managed identity of an Azure resource.
    ManagedIdentity,
    /// The account that is signed in to the Azure CLI.
    AzureCli,
    /// An access token from the environment variable that `env` names.
    AccessToken,
    /// A person, in the browser of this machine.
    Browser,
    /// A person, with a code that is typed on any device.
    DeviceCode,
}

impl AuthMethod {
    /// Every method: those that are looked for first, in that order, and then those that must
    /// be asked for.
    pub const ALL: [AuthMethod; 9] = [
        AuthMethod::ClientSecret,
        AuthMethod::ClientCertificate,
        AuthMethod::WorkloadIdentity,
        AuthMethod::AzurePipelines,
        AuthMethod::ManagedIdentity,
        AuthMethod::AzureCli,
        AuthMethod::AccessToken,
        AuthMethod::Browser,
        AuthMethod::DeviceCode,
    ];

    /// The method's name, as it stands in `auth.method`.
    pub fn as_str(self) -> &'static str {
        match self {
            AuthMethod::ClientSecret => "clientSecret",
            AuthMethod::ClientCertificate => "clientCertificate",
            AuthMethod::WorkloadIdentity => "workloadIdentity",
            AuthMethod::AzurePipelines => "azurePipelines",
            AuthMethod::ManagedIdentity => "managedIdentity",
            AuthMethod::AzureCli => "azureCli",
            AuthMethod::AccessToken => "accessToken",
            AuthMethod::Browser => "browser",
            AuthMethod::DeviceCode => "deviceCode",
        }
    }

    /// True when the method takes a secret from a variable that `env` names.
    pub fn takes_env(self) -> bool {
        matches!(
            self,
            AuthMethod::ClientSecret
                | AuthMethod::ClientCertificate
                | AuthMethod::AzurePipelines
                | AuthMethod::AccessToken
        )
    }

    /// True when the method reads a file that `file` names.
    pub fn takes_file(self) -> bool {
        matches!(
            self,
            AuthMethod::ClientCertificate | AuthMethod::WorkloadIdentity
        )
    }

    /// True when the method signs in a person here.
    pub fn is_persons(self) -> bool {
        matches!(self, AuthMethod::Browser | AuthMethod::DeviceCode)
    }

    /// True when the method is for an application that `clientId` names.
    pub fn takes_client_id(self) -> bool {
        !matches!(self, AuthMethod::AzureCli | AuthMethod::AccessToken)
    }

    /// What shows that the environment offers the method.
    fn sign(self) -> &'static str {
        match self {
            AuthMethod::ClientSecret => "AZURE_CLIENT_SECRET",
            AuthMethod::ClientCertificate => {
                "AZURE_CLIENT_CERTIFICATE_PATH or AZURE_CLIENT_CERTIFICATE"
            }
            AuthMethod::WorkloadIdentity => {
                "AZURE_FEDERATED_TOKEN_FILE, or ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN"
            }
            AuthMethod::AzurePipelines => "SYSTEM_OIDCREQUESTURI and SYSTEM_ACCESSTOKEN",
            AuthMethod::ManagedIdentity => "IDENTITY_ENDPOINT and IDENTITY_HEADER",
            AuthMethod::AzureCli => "the program `az` on the PATH",
            AuthMethod::AccessToken => "`auth.env`",
            AuthMethod::Browser | AuthMethod::DeviceCode => "`auth.method`",
        }
    }

    fn is_offered(self, environment: &EnvironmentVariables) -> bool {
        let all = |names: &[&str]| names.iter().all(|name| environment.has(name));
        match self {
            AuthMethod::ClientSecret => all(&[CLIENT_SECRET]),
            AuthMethod::ClientCertificate => all(&[CERTIFICATE_PATH]) || all(&[CERTIFICATE]),
            AuthMethod::WorkloadIdentity => all(&[TOKEN_FILE]) || all(&[GITHUB_URL, GITHUB_TOKEN]),
            AuthMethod::AzurePipelines => all(&[PIPELINES_URL, PIPELINES_TOKEN]),
            AuthMethod::ManagedIdentity => all(&["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]),
            AuthMethod::AzureCli => environment.program("az").is_some(),
            AuthMethod::AccessToken | AuthMethod::Browser | AuthMethod::DeviceCode => false,
        }
    }
}

const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE_PATH: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
/// The largest file of a certificate that is read, in bytes.
const MAX_CERTIFICATE: u64 = 1 << 20;
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE";
const TENANT_ID: &str = "AZURE_TENANT_ID";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PIPELINES_URL: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
/// The first is gatewright's own; the second is set by the tasks AzureCLI and
/// AzurePowerShell.
const CONNECTION: [&str; 2] = [
    "AZURE_SERVICE_CONNECTION_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
];

/// "Microsoft Graph Command Line Tools", the application of Microsoft Graph PowerShell, which
/// lets a person consent to the permissions of Graph.
/// <https://learn.microsoft.com/powershell/microsoftgraph/authentication-commands>
const MICROSOFT_GRAPH_COMMAND_LINE_TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

/// Where the person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The browser of this machine.
    Browser,
    /// A code that is typed on any device.
    DeviceCode,
}

/// A method with all that it needs.
#[derive(Debug, Clone)]
pub(super) enum Way {
    AccessToken {
        token: Token,
        variable: String,
    },
    ClientSecret {
        client_id: String,
        secret: SecretString,
        variable: String,
    },
    ClientCertificate {
        client_id: String,
        certificate: Certificate,
        source: String,
    },
    TokenFile {
        client_id: String,
        file: PathBuf,
    },
    GitHub {
        client_id: String,
        url: Url,
        bearer: SecretString,
    },
    Pipelines {
        client_id: String,
        connection: String,
        bearer: SecretString,
    },
    ManagedIdentity {
        client_id: Option<String>,
    },
    AzureCli,
    Person {
        flow: Flow,
        client_id: String,
        access: Access,
    },
}

impl Way {
    pub(super) fn method(&self) -> AuthMethod {
        match self {
            Way::AccessToken { .. } => AuthMethod::AccessToken,
            Way::ClientSecret { .. } => AuthMethod::ClientSecret,
            Way::ClientCertificate { .. } => AuthMethod::ClientCertificate,
            Way::TokenFile { .. } | Way::GitHub { .. } => AuthMethod::WorkloadIdentity,
            Way::Pipelines { .. } => AuthMethod::AzurePipelines,
            Way::ManagedIdentity { .. } => AuthMethod::ManagedIdentity,
            Way::AzureCli => AuthMethod::AzureCli,
            Way::Person { flow, .. } => match flow {
                Flow::Browser => AuthMethod::Browser,
                Flow::DeviceCode => AuthMethod::DeviceCode,
            },
        }
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Way::ClientSecret { client_id, .. }
            | Way::ClientCertificate { client_id, .. }
            | Way::TokenFile { client_id, .. }
            | Way::GitHub { client_id, .. }
            | Way::Pipelines { client_id, .. }
            | Way::Person { client_id, .. } => Some(client_id),
            Way::ManagedIdentity { client_id } => client_id.as_deref(),
            Way::AccessToken { .. } | Way::AzureCli => None,
        }
    }

    /// Where the proof comes from, for people.
    pub(super) fn source(&self) -> String {
        match self {
            Way::AccessToken { variable, .. } | Way::ClientSecret { variable, .. } => {
                format!("the variable {variable}")
            }
            Way::ClientCertificate { source, .. } => source.clone(),
            Way::TokenFile { file, .. } => format!("the token in `{}`", file.display()),
            Way::GitHub { .. } => "the ID token of the GitHub Actions job".to_owned(),
            Way::Pipelines { connection, .. } => format!("the service connection {connection}"),
            Way::ManagedIdentity { .. } => "the identity of this machine".to_owned(),
            Way::AzureCli => "the account that is signed in to `az`".to_owned(),
            Way::Person { flow, .. } => match flow {
                Flow::Browser => "the account that signed in with the browser".to_owned(),
                Flow::DeviceCode => "the account that signed in with a code".to_owned(),
            },
        }
    }
}

/// The way that the entry names, or the first that the environment offers.
///
/// What is offered is taken: when it lacks something, that is an error, and no other
/// identity is tried in its place.
pub(super) fn choose(
    sign_in: &SignInSettings,
    environment: &EnvironmentVariables,
) -> Result<Way, SignInError> {
    let offered = || {
        let mut methods = AuthMethod::ALL.into_iter();
        methods.find(|method| method.is_offered(environment))
    };
    let method = match sign_in.method {
        Some(method) => method,
        None => offered().ok_or_else(nothing_offered)?,
    };
    if method != AuthMethod::AccessToken {
        same_tenant(sign_in, environment)?;
    }
    complete(method, sign_in, environment).map_err(|mut error| {
        if sign_in.method.is_none() {
            let found = format!(
                "the method {} was chosen because of {}; `auth.method` chooses another",
                method.as_str(),
                method.sign()
            );
            error.help = Some(match error.help {
                Some(help) => format!("{help}; {found}"),
                None => found,
            });
        }
        error
    })
}

fn nothing_offered() -> SignInError {
    let looked: Vec<String> = AuthMethod::ALL
        .into_iter()
        .take_while(|method| *method != AuthMethod::AccessToken)
        .map(|method| format!("{} ({})", method.as_str(), method.sign()))
        .collect();
    SignInError::new(
        format!(
            "the environment offers no way to sign in; checked in this order: {}",
            looked.join("; ")
        ),
        "`auth: { method: browser }` signs in as a person; for an application, set the variables of one of them, sign in with `az login`, or name a method: `auth: { method: managedIdentity }` on a virtual machine, `auth: { method: accessToken, env: GRAPH_TOKEN }` for your own token; docs/sign-in.md has examples",
    )
}

/// `AZURE_TENANT_ID` belongs to the other `AZURE_` variables. When it is another tenant
/// than the entry's, they are of another tenant, too.
fn same_tenant(
    sign_in: &SignInSettings,
    environment: &EnvironmentVariables,
) -> Result<(), SignInError> {
    match environment.get(TENANT_ID) {
        Some(other) if !other.eq_ignore_ascii_case(&sign_in.tenant_id) => Err(SignInError::new(
            format!(
                "{TENANT_ID} is `{other}`, and gatewright.yaml says `{}`",
                sign_in.tenant_id
            ),
            format!(
                "set the variables of this tenant, or unset {TENANT_ID}: the `tenantId` of the entry is used"
            ),
        )),
        _ => Ok(()),
    }
}

fn complete(
    method: AuthMethod,
    sign_in: &SignInSettings,
    environment: &EnvironmentVariables,
) -> Result<Way, SignInError> {
    let client_id = || {
        let given = sign_in.client_id.clone();
        given.or_else(|| environment.get(CLIENT_ID)).ok_or_else(|| {
            SignInError::new(
                format!("{} needs the id of the application", method.as_str()),
                format!("set {CLIENT_ID}, or add `clientId` to `auth`"),
            )
        })
    };
    let variable = |usual: &str| sign_in.env.clone().unwrap_or_else(|| usual.to_owned());
    let secret = |name: &str| {
        environment.secret(name).ok_or_else(|| {
            SignInError::new(
                format!(
                    "the environment variable `{name}` is not set (method {})",
                    method.as_str()
                ),
                format!("set {name}, or name another variable with `auth.env`"),
            )
        })
    };
    Ok(match method {
        AuthMethod::AccessToken => {
            let variable = sign_in.env.clone().unwrap_or_default();
            Way::AccessToken {
                token: access_token(&variable, environment)?,
                variable,
            }
        }
        AuthMethod::ClientSecret => {
            let variable = variable(CLIENT_SECRET);
            Way::ClientSecret {
                client_id: client_id()?,
                secret: secret(&variable)?,
                variable,
            }
        }
        AuthMethod::ClientCertificate => {
            let client_id = client_id()?;
            let (certificate, source) = certificate(sign_in, environment)?;
            Way::ClientCertificate {
                client_id,
                certificate,
                source,
            }
        }
        AuthMethod::WorkloadIdentity => workload_identity(client_id()?, sign_in, environment)?,
        AuthMethod::AzurePipelines => {
            if !environment.has(PIPELINES_URL) {
                return Err(SignInError::new(
                    format!("{PIPELINES_URL} is not set: this is not an Azure Pipelines job"),
                    "choose another `auth.method` outside Azure Pipelines",
                ));
            }
            helper_url(PIPELINES_URL, environment)?;
            let connection = sign_in
                .service_connection_id
                .clone()
                .or_else(|| CONNECTION.iter().find_map(|name| environment.get(name)))
                .ok_or_else(|| {
                    SignInError::new(
                        "azurePipelines needs the id of the service connection",
                        format!(
                            "set {}, or add `serviceConnectionId` to `auth`; the id is in the URL of the service connection's page",
                            CONNECTION[0]
                        ),
                    )
                })?;
            Way::Pipelines {
                client_id: client_id()?,
                connection,
                bearer: environment.secret(&variable(PIPELINES_TOKEN)).ok_or_else(|| {
                    SignInError::new(
                        format!("{} is not set", variable(PIPELINES_TOKEN)),
                        "map it in the step: `env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }`",
                    )
                })?,
            }
        }
        AuthMethod::ManagedIdentity => {
            if environment.has("IDENTITY_ENDPOINT") {
                helper_url("IDENTITY_ENDPOINT", environment)?;
            }
            Way::ManagedIdentity {
                client_id: client_id().ok(),
            }
        }
        AuthMethod::Browser | AuthMethod::DeviceCode => Way::Person {
            flow: match method {
                AuthMethod::Browser => Flow::Browser,
                _ => Flow::DeviceCode,
            },
            // AZURE_CLIENT_ID is of an application that signs in by itself.
            client_id: (sign_in.client_id.clone())
                .unwrap_or_else(|| MICROSOFT_GRAPH_COMMAND_LINE_TOOLS.to_owned()),
            access: sign_in.access,
        },
        AuthMethod::AzureCli => match environment.program("az") {
            Some(_) => Way::AzureCli,
            None => {
                return Err(SignInError::new(
                    "the program `az` is not on the PATH",
                    "install the Azure CLI, or choose another `auth.method`",
                ));
            }
        },
    })
}

fn access_token(name: &str, environment: &EnvironmentVariables) -> Result<Token, SignInError> {
    let Some(text) = environment.secret(name) else {
        return Err(SignInError::new(
            format!(
                "the environment variable `{name}` is not set (named by `auth.env` of the tenant)"
            ),
            format!(
                "for example: export {name}=$(az account get-access-token --resource https://graph.microsoft.com --query accessToken -o tsv)"
            ),
        ));
    };
    let graphic = text.expose_secret().bytes().all(|b| b.is_ascii_graphic());
    if !graphic {
        return Err(SignInError::new(
            format!("the environment variable `{name}` does not hold an access token"),
            "it must hold only the token, without `Bearer`, quotes or line breaks",
        ));
    }
    Ok(Token::new(text.expose_secret()))
}

fn certificate(
    sign_in: &SignInSettings,
    environment: &EnvironmentVariables,
) -> Result<(Certificate, String), SignInError> {
    let path = sign_in.file.clone().or_else(|| match sign_in.env {
        Some(_) => None,
        None => environment.get(CERTIFICATE_PATH).map(PathBuf::from),
    });
    if let Some(path) = path {
        let source = format!("the certificate in `{}`", path.display());
        let bytes = disk::read(&path, MAX_CERTIFICATE).map_err(|error| {
            SignInError::new(
                format!("{source} cannot be read: {error}"),
                "correct the path; in `auth.file` it is relative to gatewright.yaml, in the variable to the current folder",
            )
        })?;
        return Ok((Certificate::read(&bytes, &source)?, source));
    }
    let name = sign_in.env.as_deref().unwrap_or(CERTIFICATE);
    let source = format!("the certificate in the variable {name}");
    let text = environment.secret(name).ok_or_else(|| {
        SignInError::new(
            format!("clientCertificate needs {CERTIFICATE_PATH} or {name}, and neither is set"),
            "set one of them to the path or the text of a PEM file, or name a file with `auth.file`",
        )
    })?;
    let certificate = Certificate::read(text.expose_secret().as_bytes(), &source)?;
    Ok((certificate, source))
}

fn workload_identity(
    client_id: String,
    sign_in: &SignInSettings,
    environment: &EnvironmentVariables,
) -> Result<Way, SignInError> {
    let file = sign_in
        .file
        .clone()
        .or_else(|| environment.get(TOKEN_FILE).map(PathBuf::from));
    if let Some(file) = file {
        return Ok(Way::TokenFile { client_id, file });
    }
    match environment.secret(GITHUB_TOKEN) {
        Some(bearer) if environment.has(GITHUB_URL) => Ok(Way::GitHub {
            client_id,
            url: helper_url(GITHUB_URL, environment)?,
            bearer,
        }),
        _ => Err(SignInError::new(
            format!(
                "workloadIdentity needs {TOKEN_FILE}, or {GITHUB_URL} and {GITHUB_TOKEN}, which are not set"
            ),
            "in GitHub Actions give the job `permissions: { id-token: write, contents: read }`; elsewhere, name the file with the token",
        )),
    }
}

/// The address of a helper that gets a secret: https, or this machine, or its platform.
fn helper_url(name: &str, environment: &EnvironmentVariables) -> Result<Url, SignInError> {
    let text = environment.get(name).unwrap_or_default();
    let url = Url::parse(&text).ok();
    let safe = |url: &Url| match url.scheme() {
        "https" => true,
        "http" => endpoint::is_loopback(url) || endpoint::is_link_local(url),
        _ => false,
    };
    url.filter(safe).ok_or_else(|| {
        SignInError::new(
            format!("{name} is not an https URL: a secret would be sent in clear text"),
            "the platform sets the variable: find out why it was changed",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cloud::Cloud;

    fn entry(method: Option<AuthMethod>) -> SignInSettings {
        SignInSettings {
            tenant_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            home_tenant: None,
            login: Url::parse("https://login.microsoftonline.com").unwrap(),
            cloud: Cloud::Global,
            scope: "https://graph.microsoft.com/.default".to_owned(),
            method,
            client_id: None,
            env: None,
            file: None,
            service_connection_id: None,
            access: Access::Read,
            tells: super::super::Teller::default(),
            authorities: Default::default(),
        }
    }

    /// Everything is offered; each method that is taken away uncovers the next.
    #[test]
    fn the_order_is_fixed() {
        let all = [
            ("AZURE_CLIENT_ID", "c", None),
            ("AZURE_CLIENT_SECRET", "s", Some(AuthMethod::ClientSecret)),
            (
                "AZURE_FEDERATED_TOKEN_FILE",
                "/t",
                Some(AuthMethod::WorkloadIdentity),
            ),
            (
                GITHUB_URL,
                "https://g.example/?a=b",
                Some(AuthMethod::WorkloadIdentity),
            ),
            (GITHUB_TOKEN, "g", None),
            ("AZURE_SERVICE_CONNECTION_ID", "id", None),
            (
                PIPELINES_URL,
                "https://p.example/",
                Some(AuthMethod::AzurePipelines),
            ),
            (PIPELINES_TOKEN, "p", None),
            (
                "IDENTITY_ENDPOINT",
                "http://169.254.1.2/x",
                Some(AuthMethod::ManagedIdentity),
            ),
            ("IDENTITY_HEADER", "h", None),
        ];
        let mut given: Vec<(&str, &str)> = all.iter().map(|(n, v, _)| (*n, *v)).collect();
        for (name, _, method) in all {
            if let Some(method) = method {
                let way = choose(&entry(None), &EnvironmentVariables::of(given.clone())).unwrap();
                assert_eq!(way.method(), method);
            }
            if ![CLIENT_ID, CONNECTION[0]].contains(&name) {
                given.retain(|(n, _)| *n != name);
            }
        }
        let error = choose(&entry(None), &EnvironmentVariables::of(given)).unwrap_err();
        for method in &AuthMethod::ALL[..6] {
            assert!(error.message.contains(method.as_str()), "{error}");
        }
    }

    #[test]
    fn what_is_offered_and_incomplete_is_an_error_and_not_passed_over() {
        let given = [("AZURE_CLIENT_SECRET", "s3cret"), ("PATH", "/bin")];
        let error = choose(&entry(None), &EnvironmentVariables::of(given)).unwrap_err();
        assert!(
            error.message.contains("clientSecret needs the id"),
            "{error}"
        );
        assert!(error.help.unwrap().contains("AZURE_CLIENT_ID"));
    }

    #[test]
    fn another_tenant_in_the_variable_is_an_error() {
        let given = [
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_CLIENT_SECRET", "s3cret"),
            ("AZURE_TENANT_ID", "99999999-2222-3333-4444-555555555555"),
        ];
        let error = choose(&entry(None), &EnvironmentVariables::of(given)).unwrap_err();
        assert!(error.message.starts_with("AZURE_TENANT_ID is"), "{error}");
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        for (method, given) in [
            (
                AuthMethod::ClientSecret,
                vec![("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "hidden")],
            ),
            (
                AuthMethod::WorkloadIdentity,
                vec![
                    ("AZURE_CLIENT_ID", "c"),
                    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://g.example"),
                    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hidden"),
                ],
            ),
        ] {
            let way = choose(&entry(Some(method)), &EnvironmentVariables::of(given)).unwrap();
            assert!(!format!("{way:?}").contains("hidden"), "{way:?}");
        }
    }

    #[test]
    fn a_helper_in_the_clear_elsewhere_is_refused() {
        for name in [PIPELINES_URL, "IDENTITY_ENDPOINT", GITHUB_URL] {
            for (url, good) in [
                ("http://example.com/token", false),
                ("ftp://localhost/token", false),
                ("http://127.0.0.1:1/token", true),
                ("https://example.com/token", true),
            ] {
                assert_eq!(
                    helper_url(name, &EnvironmentVariables::of([(name, url)])).is_ok(),
                    good
                );
            }
        }
    }
}
