//! Device code: the person signs in on any device, with a code that is shown here.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>

use super::exchange::Exchange;
use super::{PersonTokens, SignInError};

pub(super) async fn sign_in(exchange: &Exchange<'_>) -> Result<PersonTokens, SignInError> {
    let code = exchange.device_code().await?;
    let minutes = code.expires_in().as_secs().div_ceil(60);
    exchange.settings().tells.tell(&format!(
        "To sign in to the tenant {}, open {} on any device and enter the code {} (within {minutes} min).",
        exchange.settings().tenant_id,
        code.verification_uri().as_str(),
        code.user_code().secret()
    ));
    exchange.device(&code).await?.ok_or_else(|| {
        SignInError::new(
            format!("nobody signed in with the code within {minutes} min"),
            "try again; if the page said that access is blocked, a policy of the tenant blocks device code: then use `auth: { method: browser }`",
        )
    })
}
