//! Sign-ins that show something, in words: how wide what they show is, what they get, and the
//! command that judges one again. What is proved, refuted and compared says it in the same way.

use crate::text::{shell_word, visible_json};
use crate::whatif::SignIn;

/// The command that judges a sign-in again, after `command` and its flags. It can be pasted.
pub fn replay(command: &str, sign_in: &SignIn) -> Option<String> {
    let sign_in = visible_json(&serde_json::to_string(sign_in).ok()?);
    Some(format!("{command} --sign-in {}", shell_word(&sign_in)))
}
