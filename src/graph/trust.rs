//! Who may sign the certificates of the hosts that are asked: the authorities that the system
//! trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others), and those that a tenant's entry names.

use reqwest::{Certificate, ClientBuilder, Url};

/// Authorities that are trusted besides the system's.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads them from PEM text.
    ///
    /// # Errors
    /// In words, when it holds no certificate.
    pub fn read(pem: &[u8]) -> Result<Authorities, String> {
        let blocks = pem::parse_many(pem).map_err(|_| "it is not PEM text".to_owned())?;
        let found: Vec<Certificate> = blocks
            .iter()
            .filter(|block| block.tag() == "CERTIFICATE")
            .map(|block| Certificate::from_der(block.contents()))
            .collect::<Result<_, _>>()
            .map_err(|_| "it has a certificate that cannot be read".to_owned())?;
        match found.is_empty() {
            true => Err("it has no certificate".to_owned()),
            false => Ok(Authorities(found)),
        }
    }

    /// A client that trusts them, for what is asked at `base` alone: where that is plain http
    /// there is no certificate to judge, and none of the system's is loaded.
    pub(super) fn trusted_by(&self, builder: ClientBuilder, base: &Url) -> ClientBuilder {
        match (base.scheme(), self.0.is_empty()) {
            ("http", _) => builder.tls_certs_only([]),
            (_, true) => builder,
            (_, false) => builder.tls_certs_merge(self.0.iter().cloned()),
        }
    }
}
