//! Passwords of test users: made here, shown once, kept nowhere.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::graph::{GraphError, Request};

const CLASSES: [&[u8]; 4] = [
    b"abcdefghijkmnopqrstuvwxyz",
    b"ABCDEFGHJKLMNPQRSTUVWXYZ",
    b"23456789",
    b"!#$%*+-=?@_",
];
const LENGTH: usize = 28;

/// A password of 28 characters from the operating system's random numbers, with every class
/// that Entra ID asks for and without letters that look alike.
///
/// # Errors
/// When the operating system has no random numbers.
pub fn generate() -> Result<SecretString, getrandom::Error> {
    let all: Vec<u8> = CLASSES.concat();
    loop {
        let mut text = String::with_capacity(LENGTH);
        while text.len() < LENGTH {
            let mut bytes = [0u8; 64];
            getrandom::fill(&mut bytes)?;
            for byte in bytes {
                // Values past the last whole multiple would favour some letters.
                let whole = 256 - 256 % all.len();
                if let Some(letter) = all.get(usize::from(byte) % all.len())
                    && usize::from(byte) < whole
                    && text.len() < LENGTH
                {
                    text.push(char::from(*letter));
                }
            }
        }
        if CLASSES
            .iter()
            .all(|class| text.bytes().any(|b| class.contains(&b)))
        {
            return Ok(SecretString::from(text));
        }
    }
}

/// Makes a password and puts it into the body of a request, to be changed at the next sign-in.
///
/// # Errors
/// When the operating system has no random numbers.
pub(super) fn into_body(request: &mut Request) -> Result<SecretString, GraphError> {
    let password =
        generate().map_err(|e| GraphError::Endpoint(format!("no random numbers: {e}")))?;
    let body = request.body.get_or_insert_with(|| json!({}));
    if let Value::Object(body) = body {
        let profile = json!({
            "forceChangePasswordNextSignIn": true,
            "password": password.expose_secret(),
        });
        body.insert("passwordProfile".to_owned(), profile);
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_there_and_no_two_are_alike() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let password = generate().unwrap();
            let text = password.expose_secret();
            assert!(text.len() >= 24);
            for class in CLASSES {
                assert!(text.bytes().any(|b| class.contains(&b)), "{text}");
            }
            assert!(seen.insert(text.to_owned()));
        }
    }
}
