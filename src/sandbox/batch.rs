//! `POST /$batch`: up to twenty requests in one, run in order.

use serde_json::{Value, json};

use super::call::{Body, Map, Raw, ServedAnswer, text};
use super::error::ErrorAnswer;
use super::value::set;
use crate::model::facts::Edition;

const LIMIT: usize = 20;

pub(super) struct BatchItem {
    pub id: String,
    pub depends_on: Vec<String>,
    pub raw: Raw,
}

/// One answer among the others.
pub(super) fn response(id: &str, outcome: ServedAnswer) -> Value {
    let mut headers = Map::new();
    for (name, value) in &outcome.headers {
        headers.insert(name.clone(), value.clone().into());
    }
    let mut response = json!({"id": id, "status": outcome.status, "headers": headers});
    match outcome.body {
        Body::Json(body) => set(&mut response, "body", body),
        Body::Text(text) | Body::Xml(text) => set(&mut response, "body", text),
        Body::None => {}
    }
    response
}

fn malformed(message: impl Into<String>) -> ErrorAnswer {
    ErrorAnswer::bad(message)
}

/// The requests of a batch.
pub(super) fn items(
    edition: Edition,
    outer: &Raw,
    body: &Value,
) -> Result<Vec<BatchItem>, ErrorAnswer> {
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .filter(|r| !r.is_empty())
        .ok_or_else(|| malformed("Invalid batch payload format."))?;
    if requests.len() > LIMIT {
        return Err(malformed(format!(
            "Number of batch request steps exceeds the maximum value of {LIMIT}."
        )));
    }
    let mut items: Vec<BatchItem> = Vec::new();
    for request in requests {
        let item = item(edition, outer, request)?;
        if items.iter().any(|i| i.id.eq_ignore_ascii_case(&item.id)) {
            return Err(malformed(format!(
                "Request id '{}' is not unique.",
                item.id
            )));
        }
        items.push(item);
    }
    for (at, item) in items.iter().enumerate() {
        for wanted in &item.depends_on {
            let known = items
                .iter()
                .take(at)
                .any(|i| i.id.eq_ignore_ascii_case(wanted));
            if !known {
                return Err(malformed(format!(
                    "Request '{}' depends on '{wanted}', which does not come before it.",
                    item.id
                )));
            }
        }
    }
    Ok(items)
}

fn item(edition: Edition, outer: &Raw, request: &Value) -> Result<BatchItem, ErrorAnswer> {
    let id = match request.get("id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(malformed("Every batch request needs an id.")),
    };
    let method = text(request, "method")
        .map(str::to_ascii_uppercase)
        .filter(|m| ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&m.as_str()))
        .ok_or_else(|| malformed(format!("Batch request '{id}' has no valid method.")))?;
    let url = text(request, "url")
        .filter(|u| !u.is_empty())
        .ok_or_else(|| malformed(format!("Batch request '{id}' has no url.")))?;
    // Documented are relative ones; Microsoft's Python SDK sends its own whole ones.
    let root = format!("{}/{}/", outer.base(), edition.segment());
    let url = url
        .strip_prefix(&root)
        .unwrap_or(url)
        .trim_start_matches('/');
    if url.contains("://") || url.to_ascii_lowercase().starts_with("$batch") {
        return Err(malformed(format!(
            "The url of batch request '{id}' has to be relative, and no batch."
        )));
    }
    let depends_on = match request.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| id.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| malformed("dependsOn holds request ids."))?,
        Some(_) => return Err(malformed("dependsOn holds request ids.")),
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in request
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(value) = value.as_str() {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    let typed = headers.iter().any(|(name, _)| name == "content-type");
    let body = match request.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) if !typed => {
            return Err(malformed(format!(
                "Write request id : {id} does not contain Content-Type header."
            )));
        }
        Some(body) => serde_json::to_vec(body).unwrap_or_default(),
    };
    for name in ["authorization", "host"] {
        if let Some(value) = outer.header(name)
            && !headers.iter().any(|(n, _)| n == name)
        {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(BatchItem {
        raw: Raw {
            method,
            target: format!("/{}/{url}", edition.segment()),
            headers,
            body,
            in_batch: true,
            secure: outer.secure,
        },
        id,
        depends_on,
    })
}
