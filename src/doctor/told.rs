//! What an answer says, as evidence.

use serde_json::Value;

use super::ProbeVerdict;
use crate::apply::trial::{Heard, Refused, Told};
use crate::graph::GraphError;

/// The longest message that is shown.
const LONGEST: usize = 200;

/// An answer in a line, without what it holds.
pub(super) fn line(heard: &Heard) -> String {
    let what = match &heard.told {
        Told::Nothing => "not sent".to_owned(),
        Told::Answered(_) => "done".to_owned(),
        Told::Refused(refused) => self::refused(refused),
        Told::Lost(why) => why.clone(),
    };
    match heard.request.is_empty() {
        true => what,
        false => format!("{}: {what}", heard.request),
    }
}

/// A refusal in words.
pub(super) fn refused(refused: &Refused) -> String {
    let message: String = refused.message.chars().take(LONGEST).collect();
    let place = if refused.inner {
        " (in innerError)"
    } else {
        ""
    };
    format!("{} {} `{message}`{place}", refused.status, refused.code)
}

/// An error in words.
pub(super) fn error(error: &GraphError) -> String {
    match Told::of(&Err::<Value, _>(clone(error))) {
        Told::Refused(one) => refused(&one),
        _ => error.to_string(),
    }
}

fn clone(error: &GraphError) -> GraphError {
    match error {
        GraphError::Api(api) => GraphError::Api(api.clone()),
        other => GraphError::SignIn(other.to_string()),
    }
}

/// Whether a refusal is about what was sent, and not about who sent it or when.
pub(super) fn is_about_it(refused: &Refused) -> bool {
    matches!(refused.status, 400 | 404 | 409 | 422)
        || refused.status == 403 && refused.code.eq_ignore_ascii_case("Forbidden")
}

/// `taken` or `refused`, by one answer.
pub(super) fn taken(heard: &Heard) -> ProbeVerdict {
    match &heard.told {
        Told::Answered(_) => ProbeVerdict::of("taken", line(heard)),
        Told::Refused(refused) if is_about_it(refused) => ProbeVerdict::of("refused", line(heard)),
        _ => ProbeVerdict::open(line(heard)),
    }
}

/// What came back.
pub(super) fn answer(heard: &Heard) -> Option<&Value> {
    match &heard.told {
        Told::Answered(value) => Some(value),
        _ => None,
    }
}
