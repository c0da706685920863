//! A certificate as proof: a short-lived assertion signed with its key.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use azure_core::base64::encode_url_safe;
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::SignInError;

/// How long an assertion may be used. Ten minutes is what Microsoft's libraries take.
const LIFE: Duration = Duration::from_secs(600);

/// A certificate and its key.
#[derive(Clone)]
pub(super) struct Certificate {
    key: Arc<EncodingKey>,
    thumbprint: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads PEM text that holds a certificate and its RSA key.
    pub(super) fn read(text: &[u8], source: &str) -> Result<Certificate, SignInError> {
        let wrong = |what: &str, help: &str| SignInError::new(format!("{source} {what}"), help);
        const BOTH: &str =
            "put the certificate and its private key in one PEM file: `cat cert.pem key.pem`";
        const CONVERT: &str = "convert it: `openssl pkcs12 -in FILE -nodes -out FILE.pem`";
        if text.starts_with(&[0x30, 0x82]) {
            return Err(wrong("is PKCS#12 or DER, not PEM", CONVERT));
        }
        let blocks = pem::parse_many(text).map_err(|_| wrong("is not well-formed PEM", BOTH))?;
        let key = match blocks.iter().find(|b| b.tag().ends_with("PRIVATE KEY")) {
            None => return Err(wrong("has no private key", BOTH)),
            Some(key)
                if key.tag() == "ENCRYPTED PRIVATE KEY"
                    || key.headers().get("DEK-Info").is_some() =>
            {
                return Err(wrong(
                    "has an encrypted private key",
                    "decrypt it: `openssl pkey -in FILE -out FILE.pem`, and protect the file",
                ));
            }
            Some(key) => key,
        };
        const RSA: &str =
            "Microsoft Entra ID accepts RSA keys of 2048 bits or more: create a new certificate";
        let pair = match key.tag() {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(key.contents()),
            _ => RsaKeyPair::from_pkcs8(key.contents()),
        }
        .map_err(|_| wrong("has a private key that is not a valid RSA key", RSA))?;
        // The certificate holds the public key in just this form. A chain may stand beside it.
        let public = pair.public_key().as_ref();
        let mut certificates = blocks
            .iter()
            .filter(|b| b.tag() == "CERTIFICATE")
            .peekable();
        if certificates.peek().is_none() {
            return Err(wrong("has no certificate", BOTH));
        }
        let Some(certificate) = certificates.find(|b| {
            b.contents()
                .windows(public.len())
                .any(|part| part == public)
        }) else {
            return Err(wrong(
                "has a private key that does not belong to the certificate",
                "add the private key of the certificate to the file",
            ));
        };
        let thumbprint = digest::digest(&digest::SHA256, certificate.contents());
        let key = pem::encode(key);
        Ok(Certificate {
            key: Arc::new(
                EncodingKey::from_rsa_pem(key.as_bytes())
                    .map_err(|_| wrong("has a private key that is not a valid RSA key", RSA))?,
            ),
            thumbprint: encode_url_safe(thumbprint.as_ref()),
        })
    }

    /// A signed assertion that `client_id` is who asks `audience`.
    fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": uuid::Uuid::new_v4().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now + LIFE.as_secs(),
        });
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// Makes an assertion each time that a token is asked for.
#[derive(Debug)]
pub(super) struct CertificateAssertion {
    pub(super) certificate: Certificate,
    pub(super) client_id: String,
    /// The address of the token endpoint.
    pub(super) audience: String,
}

#[async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.certificate
            .assertion(&self.client_id, &self.audience, SystemTime::now())
            .map_err(|_| {
                azure_core::Error::with_message(
                    ErrorKind::Credential,
                    "the key of the certificate cannot sign",
                )
            })
    }
}
