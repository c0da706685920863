//! From a way to a credential of `azure_identity`.

use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential,
    AzurePipelinesCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use secrecy::ExposeSecret;

use super::SignInSettings;
use super::certificate::CertificateAssertion;
use super::github::GitHubAssertion;
use super::method::Way;
use super::token_file::FileAssertion;
use super::transport::Transport;

/// How often a request that failed in passing is repeated.
const RETRIES: u32 = 3;

/// The credential of `way`; nothing for a token that is there already.
pub(super) fn credential(
    way: &Way,
    sign_in: &SignInSettings,
    transport: &Arc<Transport>,
) -> azure_core::Result<Option<Arc<dyn TokenCredential>>> {
    let tenant = sign_in.tenant_id.clone();
    Ok(Some(match way {
        // A person is no credential: `person` asks them.
        Way::AccessToken { .. } | Way::Person { .. } => return Ok(None),
        Way::ClientSecret {
            client_id, secret, ..
        } => ClientSecretCredential::new(
            &tenant,
            client_id.clone(),
            Secret::new(secret.expose_secret().to_owned()),
            Some(ClientSecretCredentialOptions {
                client_options: options(transport),
            }),
        )?,
        Way::ClientCertificate {
            client_id,
            certificate,
            ..
        } => {
            let mut audience = sign_in.login.clone();
            audience.set_path(&format!("/{tenant}/oauth2/v2.0/token"));
            asserting(
                tenant,
                client_id,
                CertificateAssertion {
                    certificate: certificate.clone(),
                    client_id: client_id.clone(),
                    audience: audience.to_string(),
                },
                transport,
            )?
        }
        Way::TokenFile { client_id, file } => {
            asserting(tenant, client_id, FileAssertion(file.clone()), transport)?
        }
        Way::GitHub {
            client_id,
            url,
            bearer,
        } => asserting(
            tenant,
            client_id,
            GitHubAssertion {
                transport: Arc::clone(transport),
                url: url.clone(),
                bearer: bearer.clone(),
                audience: sign_in.cloud.token_exchange(),
            },
            transport,
        )?,
        Way::Pipelines {
            client_id,
            connection,
            bearer,
        } => AzurePipelinesCredential::new(
            tenant,
            client_id.clone(),
            connection,
            Secret::new(bearer.expose_secret().to_owned()),
            Some(AzurePipelinesCredentialOptions {
                credential_options: assertion_options(transport),
            }),
        )?,
        Way::ManagedIdentity { client_id } => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                client_options: options(transport),
            }))?
        }
        Way::AzureCli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: Some(tenant),
            ..AzureCliCredentialOptions::default()
        }))?,
    }))
}

fn asserting<C: ClientAssertion + 'static>(
    tenant: String,
    client_id: &str,
    assertion: C,
    transport: &Arc<Transport>,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    Ok(ClientAssertionCredential::new(
        tenant,
        client_id.to_owned(),
        assertion,
        Some(assertion_options(transport)),
    )?)
}

fn assertion_options(transport: &Arc<Transport>) -> ClientAssertionCredentialOptions {
    ClientAssertionCredentialOptions {
        client_options: options(transport),
    }
}

fn options(transport: &Arc<Transport>) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = transport.authority();
    let client = Arc::clone(transport);
    ClientOptions {
        transport: Some(azure_core::http::Transport::new(client)),
        cloud: Some(Arc::new(cloud.into())),
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: RETRIES,
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    }
}
