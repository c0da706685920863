//! Sign-in: which method, by which secrets, and a token that is renewed before it ends.
//!
//! `docs/sign-in.md` is the page for users. The credentials are those of `azure_identity`,
//! but for what it has not: a token from a variable, the ID tokens of GitHub Actions, and
//! certificates without OpenSSL, which supply it with client assertions. A person signs in by
//! `person`. All of them send through one `transport`, which decides where a secret may go.
//!
//! This is the only module that reads the environment; `azure_identity` reads
//! `IDENTITY_ENDPOINT` and its siblings, and `SYSTEM_OIDCREQUESTURI`, by itself.

pub mod aadsts;
pub mod access;
pub mod claims;
pub mod environment;
pub mod error;
pub mod method;
pub mod permissions;
pub mod provider;
pub mod registration;
pub mod token;

mod certificate;
mod credential;
mod failure;
mod github;
mod person;
mod token_file;
mod transport;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;

use super::trust::Authorities;
use crate::model::cloud::Cloud;

pub use access::Access;
pub use claims::Claims;
pub use environment::EnvironmentVariables;
pub use error::SignInError;
pub use method::AuthMethod;
pub use person::keyring::KeyringError;
pub use provider::Provider;

/// What a tenant's entry says about signing in.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// The id of the tenant.
    pub tenant_id: String,
    /// The id of the tenant in which a person signs in, where that is another one. A refresh
    /// token is bound to the person and the application, and to no tenant ("Refresh tokens in
    /// the Microsoft identity platform").
    pub home_tenant: Option<String>,
    /// The sign-in host.
    pub login: Url,
    /// The cloud that it belongs to.
    pub cloud: Cloud,
    /// What the token is for, such as `https://graph.microsoft.com/.default`.
    pub scope: String,
    /// The method. Without one the first that the environment offers.
    pub method: Option<AuthMethod>,
    /// The application, instead of `AZURE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// The name of the variable that holds the secret, instead of the usual one.
    pub env: Option<String>,
    /// The file that holds the certificate or the federated token, instead of the usual
    /// variable with its path.
    pub file: Option<PathBuf>,
    /// The service connection of Azure Pipelines.
    pub service_connection_id: Option<String>,
    /// What a person is asked to consent to.
    pub access: Access,
    /// Who shows a person where to sign in.
    pub tells: Teller,
    /// Who may sign the sign-in host's certificate, besides those whom the system trusts.
    pub authorities: Authorities,
}

impl SignInSettings {
    /// The same for the tenant in which a person signs in.
    fn at_home(&self) -> SignInSettings {
        let mut settings = self.clone();
        if let Some(home) = &self.home_tenant {
            settings.tenant_id.clone_from(home);
        }
        settings
    }
}

/// Shows a line to the person at the terminal.
#[derive(Clone)]
pub struct Teller {
    shows: Arc<dyn Fn(&str) + Send + Sync>,
    /// Whether a person can be asked to sign in.
    pub asks: bool,
}

impl Teller {
    /// One that hands each line to `shows`.
    pub fn new(shows: impl Fn(&str) + Send + Sync + 'static) -> Teller {
        Teller {
            shows: Arc::new(shows),
            asks: true,
        }
    }

    /// The same where nobody can be asked to sign in.
    #[must_use]
    pub fn asking_nobody(self) -> Teller {
        Teller {
            asks: false,
            ..self
        }
    }

    /// Shows `text`.
    pub fn tell(&self, text: &str) {
        (self.shows)(text);
    }
}

impl Default for Teller {
    /// One that shows nothing.
    fn default() -> Teller {
        Teller::new(|_| {})
    }
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Teller")
    }
}
