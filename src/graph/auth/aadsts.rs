//! The numbered errors of Microsoft Entra ID that a sign-in meets most often.
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use super::SignInError;
use super::token::without_tokens;

/// An error in our words.
#[derive(Debug)]
pub struct KnownError {
    /// The number behind `AADSTS`.
    pub code: u32,
    /// What is wrong.
    pub message: &'static str,
    /// The way out.
    pub help: &'static str,
}

const fn known(code: u32, message: &'static str, help: &'static str) -> KnownError {
    KnownError {
        code,
        message,
        help,
    }
}

const CONSENT: &str = "an administrator grants consent under App registrations > API permissions > Grant admin consent; `gatewright auth whoami` shows what a token has";
const FEDERATION: &str = "compare the issuer, subject and audience with those under App registrations > Certificates & secrets > Federated credentials: the subject names the repository and the branch or environment, and the audience is `api://AzureADTokenExchange`";
const MFA: &str = "run `az login --tenant` with the tenant id and complete the prompt; in CI, sign in as an application, which gets no prompts";
const BLOCKED: &str = "the sign-in logs in Entra ID name the policy; exclude the identity that runs gatewright, or sign in from a place that the policy allows";

/// Every error that is explained.
pub const KNOWN: &[KnownError] = &[
    known(
        16000,
        "several accounts are signed in, or none of them is from this tenant",
        "sign in to this tenant: `az login --tenant` with the tenant id",
    ),
    known(
        50020,
        "the account is not from this tenant, and not a guest in it",
        "sign in with an account of the tenant, or invite the account",
    ),
    known(
        50034,
        "the account does not exist in this tenant",
        "correct `tenantId`, or sign in with an account of the tenant",
    ),
    known(
        50053,
        "the account is locked, or the sign-in came from an address known for attacks",
        "wait, or check the IP address in the sign-in logs",
    ),
    known(
        50057,
        "the account is disabled",
        "enable it, or sign in with another one",
    ),
    known(
        50076,
        "the account must pass multifactor authentication",
        MFA,
    ),
    known(
        50078,
        "multifactor authentication has expired for the account",
        MFA,
    ),
    known(
        50079,
        "the account must register for multifactor authentication",
        MFA,
    ),
    known(
        50105,
        "the application requires an assignment, and the account has none",
        "assign it under Enterprise applications > Users and groups",
    ),
    known(
        50126,
        "user name or password is wrong",
        "sign in again: `az login`",
    ),
    known(
        50158,
        "the account must pass a check by another provider",
        MFA,
    ),
    known(
        50173,
        "the sign-in was revoked: the password changed, or an administrator ended all sessions",
        "sign in again: `az login`",
    ),
    known(
        53000,
        "Conditional Access requires a compliant device",
        BLOCKED,
    ),
    known(
        53001,
        "Conditional Access requires a domain-joined device",
        BLOCKED,
    ),
    known(53003, "Conditional Access blocks this sign-in", BLOCKED),
    known(
        65001,
        "nobody has consented to the application's permissions",
        CONSENT,
    ),
    known(65004, "consent was refused", CONSENT),
    known(
        70008,
        "the sign-in has expired",
        "sign in again: `az login`",
    ),
    known(
        70011,
        "the scope is not valid for this cloud",
        "correct `cloud` or `graphEndpoint`: the scope is derived from the Graph host",
    ),
    known(
        70021,
        "no federated credential of the application matches the token that was presented",
        FEDERATION,
    ),
    known(
        70043,
        "the sign-in has expired because of a policy's sign-in frequency",
        "sign in again: `az login`",
    ),
    known(
        90002,
        "the tenant does not exist in this cloud",
        "correct `tenantId`, and `cloud` if the tenant is in another cloud",
    ),
    known(
        90014,
        "the request lacks a field",
        "set what the method needs; docs/sign-in.md lists it",
    ),
    known(
        90033,
        "the sign-in service is temporarily unavailable",
        "try again in a few minutes",
    ),
    known(90038, "the tenant is in another cloud", "correct `cloud`"),
    known(
        500011,
        "this tenant and cloud do not know Microsoft Graph by this host name",
        "correct `cloud` or `graphEndpoint`",
    ),
    known(
        500014,
        "the service principal of Microsoft Graph is disabled in this tenant",
        "enable it under Enterprise applications",
    ),
    known(
        530035,
        "security defaults or Conditional Access block this sign-in",
        BLOCKED,
    ),
    known(700003, "the tenant does not know the device", BLOCKED),
    known(
        700016,
        "the application does not exist in this tenant",
        "correct the client id, or `tenantId`; an application from another tenant needs consent in this one first",
    ),
    known(
        700024,
        "the assertion is not valid at this time",
        "correct this machine's clock; a token from a file must be fresh when it is used",
    ),
    known(
        700027,
        "the certificate is not registered for the application, or has expired",
        "upload it under App registrations > Certificates & secrets; `openssl x509 -enddate -fingerprint -sha256 -noout -in FILE` shows what the file has",
    ),
    known(
        700082,
        "the sign-in has expired because it was not used",
        "sign in again: `az login`",
    ),
    known(
        700211,
        "the issuer of the token that was presented matches no federated credential of the application",
        FEDERATION,
    ),
    known(
        700212,
        "the audience of the token that was presented matches no federated credential of the application",
        FEDERATION,
    ),
    known(
        700213,
        "the subject of the token that was presented matches no federated credential of the application",
        FEDERATION,
    ),
    known(
        7000112,
        "the application is disabled",
        "enable it under Enterprise applications > Properties",
    ),
    known(
        7000215,
        "the client secret is wrong",
        "use the secret's value and not its id, without blanks or quotes, and check that it belongs to this application",
    ),
    known(
        7000216,
        "the application must authenticate with a secret or an assertion",
        "set what the method needs; docs/sign-in.md lists it",
    ),
    known(
        7000218,
        "the application must authenticate with a secret or an assertion",
        "set what the method needs; docs/sign-in.md lists it",
    ),
    known(
        7000222,
        "the client secret has expired",
        "create a new one under App registrations > Certificates & secrets; workload identity federation needs none",
    ),
    known(
        7000229,
        "the application has no service principal in this tenant",
        "grant consent once, which creates one: App registrations > API permissions > Grant admin consent",
    ),
];

/// What the number means, when it is one of those.
pub fn explain(code: u32) -> Option<&'static KnownError> {
    KNOWN.iter().find(|known| known.code == code)
}

/// What Microsoft Entra answered: its number explained, or its own words.
pub(super) fn answered(code: u32, description: &str, traces: &[String]) -> SignInError {
    let mut notes = vec![format!("AADSTS{code}")];
    notes.extend_from_slice(traces);
    let notes = notes.join(", ");
    match explain(code) {
        Some(known) => SignInError {
            code: Some(code),
            message: format!("{} ({notes})", known.message),
            help: Some(known.help.to_owned()),
        },
        None => SignInError {
            code: Some(code),
            message: format!("Microsoft Entra ID says: {} ({notes})", words(description)),
            help: Some(format!(
                "https://login.microsoftonline.com/error?code={code} explains the number"
            )),
        },
    }
}

/// The number in a text such as `AADSTS7000215: Invalid client secret provided`.
pub fn code_in(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("AADSTS")?;
    let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    number.parse().ok()
}

/// A description without its number and what is for support alone, on one line.
pub(super) fn words(description: &str) -> String {
    let end = ["Trace ID:", "Correlation ID:", "Timestamp:"]
        .iter()
        .filter_map(|word| description.find(word))
        .min()
        .unwrap_or(description.len());
    let text = description.get(..end).unwrap_or(description);
    let text = match text.split_once(": ") {
        Some((head, rest)) if head.trim_start().starts_with("AADSTS") => rest,
        _ => text,
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_end_matches('.');
    let short: String = text.chars().take(300).collect();
    without_tokens(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_stands_once_and_in_order() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].code < pair[1].code));
        for known in KNOWN {
            assert!(!known.message.ends_with('.') && !known.help.ends_with('.'));
        }
    }

    #[test]
    fn the_number_and_the_words_are_found() {
        let text = "AADSTS7000215: Invalid client secret provided. Ensure it.\r\nTrace ID: a\r\nCorrelation ID: b";
        assert_eq!(code_in(text), Some(7_000_215));
        assert_eq!(words(text), "Invalid client secret provided. Ensure it");
        assert_eq!(code_in("nothing"), None);
    }
}
