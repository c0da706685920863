//! Sends one write with the patience that a replicated directory asks for: what was written a
//! moment ago may not be known everywhere, and a member may be one already.

use std::time::Duration;

use serde_json::{Value, json};

use super::executor::{Executor, pause, unless_stopped};
use super::step::Purpose;
use crate::graph::{GraphError, Request};

/// The longest wait that is kept when the directory asks for one after a conflict.
const LONGEST: Duration = Duration::from_secs(60);

/// Sends a write. What was created or changed a moment ago may not be known everywhere: then
/// Graph refuses what depends on it, and a little later it does not. `fresh` says that the
/// request depends on such a thing.
pub(super) async fn send_patiently(
    executor: &Executor<'_>,
    request: &Request,
    fresh: bool,
    purpose: Purpose,
) -> Result<Value, GraphError> {
    match patiently(executor, request, fresh, purpose).await {
        Err(error) if purpose == Purpose::AddMember && is_member_already(&error) => {
            add_one_by_one(executor, request, fresh).await
        }
        other => other,
    }
}

async fn patiently(
    executor: &Executor<'_>,
    request: &Request,
    fresh: bool,
    purpose: Purpose,
) -> Result<Value, GraphError> {
    let mut wait = executor.patience.lag;
    for attempt in 0.. {
        match send(executor, request).await {
            Err(error) if fresh && attempt < 6 && is_not_known_yet(&error, purpose) => {
                tracing::debug!(%error, "waiting for the tenant to know what was written");
                if pause(&executor.stop, wait).await {
                    return Err(error);
                }
                wait = (wait * 2).min(Duration::from_secs(10));
            }
            // Two writes of the directory met, and this one was not done ("Microsoft Graph error
            // responses", 409).
            Err(error) if attempt < 6 && is_concurrent(&error) => {
                let asked = error.api().and_then(|api| api.retry_after);
                let asked = Duration::from_secs(asked.unwrap_or_default());
                if pause(&executor.stop, wait.max(asked).min(LONGEST)).await {
                    return Err(error);
                }
                wait = (wait * 2).min(Duration::from_secs(10));
            }
            // Saying it twice is as good as once: a set is set, a member is added, a decision
            // is taken.
            Err(error)
                if attempt < 6
                    && error.maybe_done()
                    && (matches!(purpose, Purpose::AddMember | Purpose::Decide)
                        || request.path.ends_with("/updateAllowedCombinations")) =>
            {
                if pause(&executor.stop, wait).await {
                    return Err(error);
                }
                wait = (wait * 2).min(Duration::from_secs(10));
            }
            other => return other,
        }
    }
    Ok(Value::Null)
}

/// Sends a write; a run that is to stop at once does not wait for its answer.
async fn send(executor: &Executor<'_>, request: &Request) -> Result<Value, GraphError> {
    let answer = unless_stopped(&executor.stop, executor.writer.send(request)).await;
    answer.unwrap_or_else(|| {
        Err(GraphError::Network {
            request: request.to_string(),
            problem: "the run was stopped before that".to_owned(),
            maybe_done: true,
        })
    })
}

/// Somebody is a member already. Of several at once Graph adds all or none: they are added
/// one by one, with the same patience, and who is a member already is no failure.
async fn add_one_by_one(
    executor: &Executor<'_>,
    request: &Request,
    fresh: bool,
) -> Result<Value, GraphError> {
    let binds = request
        .body
        .as_ref()
        .and_then(|body| body.get("members@odata.bind"))
        .and_then(Value::as_array);
    for bind in binds.into_iter().flatten() {
        let single = Request::post(
            request.edition,
            format!("{}/members/$ref", request.path),
            json!({ "@odata.id": bind }),
        );
        match patiently(executor, &single, fresh, Purpose::AddMember).await {
            Err(error) if is_member_already(&error) => {}
            other => {
                other?;
            }
        }
    }
    Ok(Value::Null)
}

fn is_member_already(error: &GraphError) -> bool {
    error
        .api()
        .is_some_and(|e| e.status == 400 && e.message.contains("already exist"))
}

fn is_concurrent(error: &GraphError) -> bool {
    error
        .api()
        .is_some_and(|e| e.status == 409 && e.code == "Directory_ConcurrencyViolation")
}

fn is_not_known_yet(error: &GraphError, purpose: Purpose) -> bool {
    error.api().is_some_and(|e| {
        let says = |words: &str| e.message.contains(words);
        // A location just untrusted, or a context just withdrawn, is refused for a while.
        purpose == Purpose::Delete && matches!(e.status, 400 | 403 | 409)
            || e.status == 404
            || e.status == 400
                && (matches!(e.number, Some(1040 | 1054))
                    // "does not exist"; of members "don't exist" (Add members).
                    || says("not exist")
                    || says("n't exist")
                    || says("Invalid") && says("value")
                    // The name of a user who was purged a moment ago.
                    || purpose == Purpose::CreateUser && says("already exists"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::error::ApiError;

    fn refused(status: u16, message: &str) -> GraphError {
        let body = json!({"error": {"code": "Request_BadRequest", "message": message}});
        let body = body.to_string();
        GraphError::Api(Box::new(ApiError::from_body(
            "POST /x".to_owned(),
            status,
            body.as_bytes(),
        )))
    }

    #[test]
    fn what_is_not_known_yet_is_waited_for_and_nothing_else() {
        let purposes = [Purpose::AddMember, Purpose::CreateUser, Purpose::Delete];
        let waits = |status, message: &str| {
            purposes.map(|purpose| is_not_known_yet(&refused(status, message), purpose))
        };
        for known in [
            "One or more of the member objects don't exist.",
            "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
            "1054: Invalid group value: x.",
        ] {
            assert_eq!(waits(400, known), [true; 3], "{known}");
        }
        let taken =
            "Another object with the same value for property userPrincipalName already exists.";
        assert_eq!(waits(400, taken), [false, true, true]);
        assert_eq!(waits(404, "no"), [true; 3]);
        assert_eq!(waits(400, "A value is required."), [false, false, true]);
        assert_eq!(waits(409, "no"), [false, false, true]);
        assert_eq!(waits(403, "no"), [false, false, true]);
    }
}
