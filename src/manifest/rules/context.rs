//! Rule AC-R01: the id of an authentication context.

use super::{Graph, Reporter};
use crate::model::context::AuthenticationContext;

pub(super) fn check(context: &AuthenticationContext, report: &mut Reporter<'_>) {
    id(context, report);
}

/// True for `c1` to `c99`.
pub(super) fn is_context_id(text: &str) -> bool {
    text.starts_with('c')
        && number(text)
            .is_some_and(|digits| matches!(digits.len(), 1 | 2) && !digits.starts_with('0'))
}

/// True for `c` or `C` and digits: what was meant as an id, right or wrong.
pub(super) fn looks_like_id(text: &str) -> bool {
    number(text).is_some()
}

fn number(text: &str) -> Option<&str> {
    text.strip_prefix(['c', 'C'])
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Rule AC-R01: the id is one of `c1` to `c99`.
fn id(context: &AuthenticationContext, report: &mut Reporter<'_>) {
    if let Some(id) = &context.id
        && !is_context_id(id)
    {
        report.refuse(
            Graph::AcR01,
            "/id",
            &format!("`{id}` is not the id of an authentication context"),
            "choose one of `c1` to `c99`",
        );
    }
}
