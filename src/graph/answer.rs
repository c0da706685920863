//! What an answer must be, by the page of its request. An answer of another shape stops what it
//! was asked for: taken for an empty list, it would look as if nothing were there. Ids are checked
//! here, once for all who read: they become parts of paths, and reach terminals.

use serde_json::{Map, Value};

use super::error::GraphError;
use super::request::{Method, Request};
use crate::text::{is_guid, visible};

/// What a page answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerForm {
    /// Objects in `value`, and perhaps a further page.
    List,
    /// One object with its id.
    Object,
    /// Anything that is no error.
    Any,
}

/// Checks the answer to a request that the service says to have carried out.
///
/// # Errors
/// [`GraphError::Answer`] for what the page of the request does not name.
pub(super) fn check(request: &Request, answer: &Value) -> Result<(), GraphError> {
    let wrong = |problem: &str| Err(of(request, problem));
    let path = request.path.split('?').next().unwrap_or_default();
    let members = match answer {
        Value::Object(members) => Some(members),
        _ => None,
    };
    if members.is_some_and(|members| members.contains_key("error")) {
        return wrong("it holds an error, and is none by its status");
    }
    match (form(request, path), members) {
        (AnswerForm::Any, _) => Ok(()),
        (AnswerForm::List, Some(members)) => {
            let Some(Value::Array(items)) = members.get("value") else {
                return wrong("it holds no list");
            };
            match members.get(NEXT_LINK) {
                None => {}
                Some(Value::String(link)) if !link.is_empty() => {}
                Some(_) => return wrong("its next page is no address"),
            }
            items.iter().try_for_each(|item| match item {
                Value::Object(item) => check_id(request, path, item),
                _ => wrong("its list holds something that is no object"),
            })
        }
        (AnswerForm::List, None) => wrong("it holds no list"),
        (AnswerForm::Object, Some(members)) if members.get("id").is_some_and(Value::is_string) => {
            check_id(request, path, members)
        }
        (AnswerForm::Object, _) => wrong("it is no object with an id"),
    }
}

/// Where a list names its next page.
pub(super) const NEXT_LINK: &str = "@odata.nextLink";

/// The error for an answer that cannot be understood.
pub(super) fn of(request: &Request, problem: impl Into<String>) -> GraphError {
    GraphError::Answer {
        request: request.to_string(),
        problem: problem.into(),
    }
}

fn form(request: &Request, path: &str) -> AnswerForm {
    let row = request.shape();
    let creates = row.is_some_and(|row| row.name.starts_with("create a"));
    match request.method {
        Method::Get => match row {
            Some(row) if row.path.ends_with("{id}") => AnswerForm::Object,
            Some(_) => AnswerForm::List,
            None => AnswerForm::Any,
        },
        Method::Post if path.ends_with("/getByIds") => AnswerForm::List,
        Method::Post if creates => AnswerForm::Object,
        Method::Post | Method::Patch | Method::Delete => AnswerForm::Any,
    }
}

fn check_id(request: &Request, path: &str, object: &Map<String, Value>) -> Result<(), GraphError> {
    match object.get("id") {
        None => Ok(()),
        Some(Value::String(id)) if is_id(path, id) => Ok(()),
        Some(id) => {
            let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let few: String = text.chars().take(80).collect();
            let shown = visible(&few, false);
            Err(of(request, format!("`{shown}` is no id of such an object")))
        }
    }
}

/// GUIDs; contexts have `c1` to `c99`, and what identity protection notes has a text of its own, as
/// has that somebody is assigned a role.
fn is_id(path: &str, id: &str) -> bool {
    let path = path.trim_start_matches('/').to_ascii_lowercase();
    if path.starts_with("identity/conditionalaccess/authenticationcontextclassreferences") {
        let digits = id.strip_prefix(['c', 'C']).unwrap_or_default();
        return matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    }
    let is_word = |id: &str| {
        (1..=200).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let worded = [
        "identityprotection/",
        "rolemanagement/directory/roleassignments",
    ];
    is_guid(id) || worded.iter().any(|own| path.starts_with(own)) && is_word(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::facts::Edition;

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn told(request: &Request, answer: Value) -> String {
        match check(request, &answer) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_list_is_a_list_of_objects_and_nothing_else() {
        let list = Request::get(Edition::Beta, "/identity/conditionalAccess/policies");
        assert_eq!(told(&list, json!({"value": [{"id": ID}]})), "");
        for (answer, problem) in [
            (json!({}), "no list"),
            (json!(null), "no list"),
            (json!([]), "no list"),
            (json!({"value": {}}), "no list"),
            (json!({"value": [1]}), "no object"),
            (json!({"value": [], "error": {"code": "x"}}), "an error"),
            (json!({"value": [], "@odata.nextLink": 7}), "no address"),
            (json!({"value": [], "@odata.nextLink": ""}), "no address"),
            (json!({"value": [], "@odata.nextLink": null}), "no address"),
        ] {
            let said = told(&list, answer.clone());
            assert!(said.contains(problem), "{answer}: {said}");
        }
    }

    #[test]
    fn an_object_has_an_id_of_its_type() {
        let user = Request::get(Edition::V1, "/users/a%40b.c?$select=id,displayName");
        assert_eq!(told(&user, json!({"id": ID})), "");
        let context = Request::get(
            Edition::V1,
            "/identity/conditionalAccess/authenticationContextClassReferences",
        );
        let contexts = |id: &str| told(&context, json!({"value": [{"id": id}]}));
        assert_eq!(contexts("c1"), "");
        for bad in ["../../../users/victim", "a/b", "", "\u{1b}[2J", "c1"] {
            assert!(told(&user, json!({"id": bad})).contains("no id"), "{bad}");
        }
        for bad in [ID, "c", "c100", "c1/x"] {
            assert!(contexts(bad).contains("no id"), "{bad}");
        }
        assert!(!told(&user, json!({"id": "\u{1b}[2J"})).contains('\u{1b}'));
        assert!(told(&user, json!({"value": []})).contains("no object"));
        assert!(told(&user, Value::Null).contains("no object"));
        let risk = Request::get(Edition::V1, "/identityProtection/riskDetections?$top=500");
        let risks = |id: &str| told(&risk, json!({"value": [{"id": id}]}));
        assert_eq!(risks("2856d6e87c5c3a74"), "");
        assert!(risks("../x").contains("no id"));
        let roles = "/roleManagement/directory/roleAssignments?$filter=roleDefinitionId%20eq%20'x'";
        let roles = Request::get(Edition::V1, roles);
        let roles = |id: &str| told(&roles, json!({"value": [{"id": id}]}));
        assert_eq!(roles("lAPpYvVpN0KRkAEhdxReEMmO4KwRqtpKkUWt3wOYIz4-1"), "");
        assert!(roles("a/../b").contains("no id"));
    }
}
