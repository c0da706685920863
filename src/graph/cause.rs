//! Why no answer came.

/// What went wrong, without the URL (which names the tenant's objects).
pub(super) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let said = deepest.to_string();
    certificate(&said).unwrap_or(said)
}

/// How the words about a certificate begin.
const CERTIFICATE: &str = "its certificate";

/// Whether words of [`cause`] are about a certificate.
pub(super) fn is_about_certificates(words: &str) -> bool {
    words.starts_with(CERTIFICATE)
}

/// What is wrong with a certificate, and the way out.
fn certificate(said: &str) -> Option<String> {
    let fault = said.split_once("invalid peer certificate: ")?.1;
    let way_out = "if that is intended, as with a proxy that inspects TLS, name the authority's PEM file as `caCertificate` in the tenant's entry, or in SSL_CERT_FILE";
    Some(match fault {
        fault if fault.contains("CaUsedAsEndEntity") => format!(
            "{CERTIFICATE} is that of a certificate authority (CA), which is not accepted as a server certificate: let the server use one that the authority issued for its name, and name the authority as `caCertificate` in the tenant's entry, or in SSL_CERT_FILE"
        ),
        fault if fault.contains("UnknownIssuer") => {
            format!(
                "{CERTIFICATE} was issued by an authority that this machine does not trust; {way_out}"
            )
        }
        fault if fault.contains("Expired") => {
            format!("{CERTIFICATE} has expired; compare the clocks of both machines, or renew it")
        }
        fault if fault.contains("NotValidForName") => format!(
            "{CERTIFICATE} is for another name; correct the endpoint, or the proxy in between"
        ),
        fault => format!("{CERTIFICATE} is not accepted ({fault}); {way_out}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_with_the_way_out() {
        for (fault, word) in [
            ("UnknownIssuer", "does not trust"),
            (
                "Other(OtherError(CaUsedAsEndEntity))",
                "is that of a certificate authority",
            ),
            (
                "certificate expired: verification time 1",
                "is not accepted",
            ),
            ("BadSignature", "BadSignature"),
        ] {
            let told = certificate(&format!("invalid peer certificate: {fault}")).unwrap();
            assert!(
                told.contains(word) && is_about_certificates(&told),
                "{told}"
            );
        }
        assert_eq!(certificate("connection refused"), None);
    }
}
