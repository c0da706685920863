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
    match joined(&account(settings, client_id), system::get) {
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
    let account = account(settings, client_id);
    let kept = keep_parts(&account, refresh.expose_secret(), system::set);
    // What is left of a longer one is taken away.
    kept.and_then(|count| forget_from(&account, count, system::delete))
        .map(drop)
        .map_err(KeyringError)
}

/// Forgets what is kept for `client_id`; false when there was nothing.
///
/// # Errors
/// When there is no keyring, or it is locked.
pub(in crate::graph::auth) fn forget(
    settings: &SignInSettings,
    client_id: &str,
) -> Result<bool, KeyringError> {
    forget_from(&account(settings, client_id), 0, system::delete).map_err(KeyringError)
}

/// The most bytes of one entry: Credential Manager takes no more.
const PART: usize = 2560;

/// The name of an entry for a part.
fn entry_name(account: &str, part: usize) -> String {
    match part {
        0 => account.to_owned(),
        part => format!("{account} part {}", part + 1),
    }
}

/// Gives `set` the parts of the text, and says how many they are.
fn keep_parts(
    account: &str,
    text: &str,
    set: impl Fn(&str, &[u8]) -> Result<(), String>,
) -> Result<usize, String> {
    let parts = text.as_bytes().chunks(PART);
    let count = parts.len();
    for (part, bytes) in parts.enumerate() {
        set(&entry_name(account, part), bytes)?;
    }
    Ok(count)
}

/// The text whose parts `get` finds.
fn joined(
    account: &str,
    get: impl Fn(&str) -> Result<Option<Vec<u8>>, String>,
) -> Result<Option<String>, String> {
    let mut whole = Vec::new();
    for part in 0.. {
        match get(&entry_name(account, part))? {
            None if part == 0 => return Ok(None),
            None => break,
            Some(bytes) => {
                whole.extend_from_slice(&bytes);
                if bytes.len() < PART {
                    break;
                }
            }
        }
    }
    let text = String::from_utf8(whole);
    text.map(Some).map_err(|_| NO_TEXT.to_owned())
}

/// Takes the parts away from `first` on; false when there was none.
fn forget_from(
    account: &str,
    first: usize,
    delete: impl Fn(&str) -> Result<bool, String>,
) -> Result<bool, String> {
    let mut part = first;
    while delete(&entry_name(account, part))? {
        part += 1;
    }
    Ok(part > first)
}

const NO_TEXT: &str = "the keyring's entry is not text";

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

    pub(super) fn get(account: &str) -> Result<Option<Vec<u8>>, String> {
        match entry(account).and_then(|entry| entry.get_secret()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(said(&error)),
        }
    }

    pub(super) fn set(account: &str, bytes: &[u8]) -> Result<(), String> {
        let set = entry(account).and_then(|entry| entry.set_secret(bytes));
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
            Error::BadEncoding(_) | Error::BadDataFormat(..) => super::NO_TEXT.to_owned(),
            other => other.to_string(),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod system {
    const NONE: &str = "gatewright supports no keyring on this system";

    pub(super) fn get(_: &str) -> Result<Option<Vec<u8>>, String> {
        Err(NONE.to_owned())
    }

    pub(super) fn set(_: &str, _: &[u8]) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    pub(super) fn delete(_: &str) -> Result<bool, String> {
        Err(NONE.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_long_sign_in_is_kept_in_parts_and_nothing_of_it_is_left_behind() {
        let entries = RefCell::new(BTreeMap::<String, Vec<u8>>::new());
        let get = |name: &str| Ok(entries.borrow().get(name).cloned());
        let set = |name: &str, bytes: &[u8]| {
            assert!(bytes.len() <= PART);
            entries.borrow_mut().insert(name.to_owned(), bytes.to_vec());
            Ok(())
        };
        let delete = |name: &str| Ok(entries.borrow_mut().remove(name).is_some());
        assert_eq!(joined("a", get), Ok(None));
        // Longer and shorter ones, and some that fill their parts.
        for length in [9000, 2 * PART, 2 * PART + 1, PART, 10, PART - 1] {
            let text = "x".repeat(length);
            let count = keep_parts("a", &text, set).unwrap();
            forget_from("a", count, delete).unwrap();
            assert_eq!(joined("a", get), Ok(Some(text)), "{length}");
            assert_eq!(entries.borrow().len(), length.div_ceil(PART));
        }
        keep_parts("a", &"x".repeat(9000), set).unwrap();
        assert_eq!(forget_from("a", 0, delete), Ok(true));
        assert_eq!(forget_from("a", 0, delete), Ok(false));
        assert!(entries.borrow().is_empty());
    }
}
