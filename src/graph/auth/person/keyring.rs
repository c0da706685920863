//! The keyring of the system, for sign-ins that `auth login` keeps: Keychain, Credential Manager,
//! or the kernel's key retention on Linux, which forgets at the next start of the machine, or
//! after three days without use. Never a file.

use secrecy::{ExposeSecret, SecretString};

use crate::graph::auth::SignInSettings;

/// The name under which keyrings show what gatewright keeps.
const SERVICE: &str = "gatewright";

/// Why the keyring did not serve, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyringError(String);

/// The name of an entry: a sign-in serves one tenant, host and application.
fn account(settings: &SignInSettings, client_id: &str) -> String {
    format!(
        "{} {} {}",
        settings.login.origin().ascii_serialization(),
        settings.tenant_id.to_ascii_lowercase(),
        client_id.to_ascii_lowercase()
    )
}

/// What is kept for `client_id`; nothing where there is no keyring, or nothing in it.
pub(in crate::graph::auth) fn find(
    settings: &SignInSettings,
    client_id: &str,
) -> Option<SecretString> {
    match system::get(&account(settings, client_id)) {
        Ok(found) => found.map(SecretString::from),
        Err(error) => {
            tracing::debug!(%error, "the keyring was not asked");
            None
        }
    }
}

/// Keeps `refresh` for `client_id`.
///
/// # Errors
/// When there is no keyring, or it is locked.
pub(in crate::graph::auth) fn keep(
    settings: &SignInSettings,
    client_id: &str,
    refresh: &SecretString,
) -> Result<(), KeyringError> {
    system::set(&account(settings, client_id), refresh.expose_secret()).map_err(KeyringError)
}

/// Forgets what is kept for `client_id`; false when there was nothing.
///
/// # Errors
/// When there is no keyring, or it is locked.
pub(in crate::graph::auth) fn forget(
    settings: &SignInSettings,
    client_id: &str,
) -> Result<bool, KeyringError> {
    system::delete(&account(settings, client_id)).map_err(KeyringError)
}

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod system {
    use std::sync::Arc;

    use keyring_core::{CredentialStore, Entry, Error};

    fn store() -> Result<Arc<CredentialStore>, Error> {
        #[cfg(target_os = "linux")]
        let store = {
            // Without a session keyring (a container, a service) the store would look into
            // another keyring than the one that it puts keys into.
            use linux_keyutils::{KeyRing, KeyRingIdentifier};
            let _ = KeyRing::from_special_id(KeyRingIdentifier::Session, true);
            linux_keyutils_keyring_store::Store::new()?
        };
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new()?;
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new()?;
        Ok(store)
    }

    fn entry(account: &str) -> Result<Entry, Error> {
        Entry::new_in_store(&store()?, super::SERVICE, account)
    }

    pub(super) fn get(account: &str) -> Result<Option<String>, String> {
        match entry(account).and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(text)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(said(&error)),
        }
    }

    pub(super) fn set(account: &str, text: &str) -> Result<(), String> {
        let set = entry(account).and_then(|entry| entry.set_password(text));
        set.map_err(|error| said(&error))
    }

    pub(super) fn delete(account: &str) -> Result<bool, String> {
        match entry(account).and_then(|entry| entry.delete_credential()) {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(said(&error)),
        }
    }

    /// An error in words. Some hold the bytes that were found: those are not shown.
    fn said(error: &Error) -> String {
        match error {
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                "the keyring's entry is not text".to_owned()
            }
            other => other.to_string(),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod system {
    const NONE: &str = "gatewright supports no keyring on this system";

    pub(super) fn get(_: &str) -> Result<Option<String>, String> {
        Err(NONE.to_owned())
    }

    pub(super) fn set(_: &str, _: &str) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    pub(super) fn delete(_: &str) -> Result<bool, String> {
        Err(NONE.to_owned())
    }
}
