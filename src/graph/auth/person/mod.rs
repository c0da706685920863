//! Signing in as a person: in the system's browser, or with a code on another device.
//!
//! The application is Microsoft's own command-line client for Graph, which every tenant knows,
//! or one of the tenant. Neither has a secret: a proof key (PKCE) binds the browser's answer to
//! this process. Tokens stay in memory; [`keyring`] keeps what `auth login` was asked to keep.

mod browser;
mod device;
mod exchange;
pub(super) mod keyring;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::method::{Flow, Way};
use super::token::Token;
use super::transport::Transport;
use super::{SignInError, SignInSettings};
use exchange::Exchange;

/// What a sign-in gave.
pub(super) struct PersonTokens {
    pub(super) access: Token,
    /// When the access token ends.
    pub(super) expires: Option<Timestamp>,
    /// What gets the next one without the person.
    pub(super) refresh: Option<SecretString>,
}

/// Asks the person.
///
/// # Errors
/// When they do not come back, refuse, or sign in elsewhere.
pub(super) async fn ask(
    flow: Flow,
    way: &Way,
    settings: &SignInSettings,
    transport: &Arc<Transport>,
) -> Result<PersonTokens, SignInError> {
    if !settings.tells.asks {
        let of_home = match settings.home_tenant {
            Some(_) => {
                "sign in once before, with `gatewright auth login -t NAME` for any of them; where that was done, this tenant wants more, and a command for it alone asks"
            }
            None => {
                "sign in before, with `gatewright auth login -t NAME` for each; if one account serves them all, `auth: { homeTenant: ID }` lets one sign-in do"
            }
        };
        return Err(SignInError::new(
            "nobody can be asked to sign in while several tenants are worked on",
            of_home,
        ));
    }
    let exchange = Exchange::new(way, settings, transport)?;
    match flow {
        Flow::Browser => browser::sign_in(&exchange).await,
        Flow::DeviceCode => device::sign_in(&exchange).await,
    }
}

/// Gets another access token for `refresh`; nothing when the person must be asked again.
///
/// # Errors
/// When the sign-in host does not answer as such.
pub(super) async fn again(
    refresh: &SecretString,
    way: &Way,
    settings: &SignInSettings,
    transport: &Arc<Transport>,
) -> Result<Option<PersonTokens>, SignInError> {
    Exchange::new(way, settings, transport)?
        .again(refresh)
        .await
}

/// When a token of this life ends.
fn end(life: Option<std::time::Duration>) -> Option<Timestamp> {
    let life = SignedDuration::try_from(life?).ok()?;
    Timestamp::now().checked_add(life).ok()
}
