//! The command by which anybody judges a shown sign-in again.

use crate::text::{shell_word, visible_json};
use crate::whatif::SignIn;

/// The command that judges a sign-in again, after `command` and its flags. It can be pasted, whatever
/// names are in it: JSON has an escape for what is not seen, and for what a pipeline would obey.
pub fn replay(command: &str, sign_in: &SignIn) -> Option<String> {
    let sign_in = visible_json(&serde_json::to_string(sign_in).ok()?);
    Some(format!(
        "{command} --sign-in {}",
        shell_word(&sign_in.replace('#', "\\u0023"))
    ))
}
