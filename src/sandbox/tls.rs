//! A certificate for the sandbox's own address, made at its start. The authority that
//! signed it is written to a file for clients to trust; both private keys stay in memory
//! and are gone with the process.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::error::SandboxError;
use super::store;

/// A day before now, and a year after: the authority is new at every start.
const DAYS: [i64; 2] = [-1, 365];

fn params(names: Vec<String>, common: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common);
    let dates = DAYS.map(|days| {
        let at = jiff::Timestamp::from_second(super::token::seconds_now() + days * 86_400)
            .unwrap_or_default()
            .to_zoned(jiff::tz::TimeZone::UTC);
        rcgen::date_time_ymd(at.year().into(), at.month() as u8, at.day() as u8)
    });
    [params.not_before, params.not_after] = dates;
    Ok(params)
}

/// An acceptor for `localhost`, `127.0.0.1`, `::1` and other names of it, and its authority as
/// PEM.
fn make(
    hosts: &[String],
) -> Result<(TlsAcceptor, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut authority = params(Vec::new(), "gatewright sandbox authority")?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    names.extend(hosts.iter().cloned());
    let mut leaf = params(names, "localhost")?;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &authority)?;

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    let pem = pem::encode(&pem::Pem::new("CERTIFICATE", authority.der().as_ref()));
    Ok((TlsAcceptor::from(Arc::new(config)), pem))
}

/// Makes the certificate and writes its authority to `path`.
pub(super) fn acceptor(path: &Path, hosts: &[String]) -> Result<TlsAcceptor, SandboxError> {
    let (acceptor, pem) = make(hosts).map_err(|source| SandboxError::Certificate { source })?;
    store::write_file(path, pem.as_bytes())?;
    Ok(acceptor)
}
