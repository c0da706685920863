//! What every request passes: sign-in, the path to its subject, saving, headers, metadata
//! level, and the record of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::call::{Answer, Body, Call, Raw, Reply, new_id};
use super::error::GraphError;
use super::store::Store;
use super::{Options, RequestRecord, batch, csdl, router};

#[derive(Debug)]
pub(super) struct Service {
    options: Options,
    store: Mutex<Store>,
    records: Mutex<Vec<RequestRecord>>,
}

/// A finished answer.
#[derive(Debug)]
pub(super) struct Outcome {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

/// No thread panics while it holds one of these, but a poisoned tenant is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    pub fn new(options: Options, store: Store) -> Self {
        Service {
            options,
            store: Mutex::new(store),
            records: Mutex::default(),
        }
    }

    pub fn records(&self) -> Vec<RequestRecord> {
        lock(&self.records).clone()
    }

    pub fn tenant(&self) -> Value {
        serde_json::to_value(&lock(&self.store).tenant).unwrap_or_default()
    }

    /// Every request passes here, the items of a batch too.
    pub fn handle(&self, raw: &Raw) -> Outcome {
        let answer = self.weather(raw).unwrap_or_else(|| self.answer(raw));
        self.finish(raw, answer)
    }

    /// An answer that is an error, decided before the request reached its subject.
    pub fn refuse(&self, raw: &Raw, error: &GraphError) -> Outcome {
        self.finish(raw, Err(error.clone()))
    }

    /// The place for throttling, latency, lost answers and faults on request.
    fn weather(&self, _raw: &Raw) -> Option<Answer> {
        None
    }

    fn answer(&self, raw: &Raw) -> Answer {
        let call = Call::parse(raw)?;
        if call.low == ["$metadata"] && raw.method == "GET" {
            return Ok(Reply::xml(csdl::document(call.edition)));
        }
        self.signed_in(raw)?;
        if call.low == ["$batch"] {
            if raw.method != "POST" {
                return Err(GraphError::method());
            }
            return batch::run(self, call.edition, raw, &call.json()?);
        }
        let mut store = lock(&self.store);
        let reply = router::route(&call, &mut store.tenant, &self.options)?;
        if reply.changed
            && let Err(error) = store.save()
        {
            return Err(GraphError::new(
                503,
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            )
            .detail("NotSaved", "tenant", error.to_string()));
        }
        Ok(reply)
    }

    fn signed_in(&self, raw: &Raw) -> Result<(), GraphError> {
        let refused =
            |message: &str| Err(GraphError::new(401, "InvalidAuthenticationToken", message));
        let token = raw
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty());
        match (token, &self.options.token) {
            (None, _) => refused("Access token is empty."),
            (Some(given), Some(wanted)) if given != wanted => {
                refused("Access token validation failure. Invalid audience.")
            }
            _ => Ok(()),
        }
    }

    fn finish(&self, raw: &Raw, answer: Answer) -> Outcome {
        let request_id = new_id();
        let client_id = raw
            .header("client-request-id")
            .filter(|id| !id.is_empty())
            .map_or_else(|| request_id.clone(), str::to_owned);
        let (status, mut body) = match answer {
            Ok(reply) => (reply.status, reply.body),
            Err(error) => {
                let date = jiff::Timestamp::now()
                    .strftime("%Y-%m-%dT%H:%M:%S")
                    .to_string();
                let body = error.body(&request_id, &client_id, &date);
                (error.status, Body::Json(body))
            }
        };
        let level = metadata_level(raw);
        if level == "none"
            && let Body::Json(value) = &mut body
        {
            without_metadata(value);
        }
        let mut headers = Vec::new();
        match &body {
            Body::Json(_) => headers.push((
                "Content-Type".to_owned(),
                format!(
                    "application/json;odata.metadata={level};odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
                ),
            )),
            Body::Xml(_) => headers.push(("Content-Type".to_owned(), "application/xml".to_owned())),
            Body::Text(_) => headers.push(("Content-Type".to_owned(), "text/plain".to_owned())),
            Body::None => {}
        }
        headers.push(("request-id".to_owned(), request_id));
        headers.push(("client-request-id".to_owned(), client_id));
        headers.push(("OData-Version".to_owned(), "4.0".to_owned()));
        lock(&self.records).push(RequestRecord {
            method: raw.method.clone(),
            target: raw.target.clone(),
            status,
            in_batch: raw.in_batch,
        });
        Outcome {
            status,
            headers,
            body,
        }
    }
}

fn metadata_level(raw: &Raw) -> &'static str {
    let accept = raw
        .header("accept")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let level = accept
        .split([';', ','])
        .find_map(|part| part.trim().strip_prefix("odata.metadata="))
        .unwrap_or_default();
    match level.trim() {
        "none" => "none",
        "full" => "full",
        _ => "minimal",
    }
}

fn without_metadata(value: &mut Value) {
    const KEPT: &[&str] = &["@odata.nextLink", "@odata.deltaLink", "@odata.count"];
    match value {
        Value::Object(map) => {
            map.retain(|name, _| !name.contains("@odata.") || KEPT.contains(&name.as_str()));
            map.values_mut().for_each(without_metadata);
        }
        Value::Array(list) => list.iter_mut().for_each(without_metadata),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::StoreKind;
    use super::super::call::Body;
    use super::super::check;
    use super::*;
    use crate::model::facts::Edition;
    use proptest::prelude::*;
    use serde_json::json;

    fn service() -> Service {
        let store = Store::open(StoreKind::Memory).unwrap();
        Service::new(Options::default(), store)
    }

    fn send(service: &Service, method: &str, target: &str, body: Vec<u8>) -> Outcome {
        service.handle(&Raw {
            method: method.into(),
            target: target.into(),
            headers: vec![("authorization".into(), "Bearer x".into())],
            body,
            in_batch: false,
        })
    }

    fn made(service: &Service, target: &str, body: &Value) -> Value {
        let outcome = send(service, "POST", target, body.to_string().into_bytes());
        assert_eq!(outcome.status, 201, "{:?}", outcome.body);
        let Body::Json(body) = outcome.body else {
            return Value::Null;
        };
        body
    }

    /// Everything that is answered is what the schema allows, in both editions.
    #[test]
    fn answers_validate_against_the_facts_table() {
        let service = service();
        let policies = "/v1.0/identity/conditionalAccess/policies";
        let policy = json!({"displayName": "P", "state": "enabled",
            "conditions": {"applications": {"includeApplications": ["Office365"]},
                "users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest",
                    "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                        "members": ["6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e"]}}},
                "platforms": {"includePlatforms": ["all"]}, "locations": {"includeLocations": ["All"]},
                "devices": {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq True"}}},
            "grantControls": {"operator": "OR", "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000003"}},
            "sessionControls": {"cloudAppSecurity": {"isEnabled": true, "cloudAppSecurityType": "monitorOnly"},
                "signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime"}}});
        let location = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "C",
            "countriesAndRegions": ["DE"]});
        let made_policy = made(&service, policies, &policy);
        let id = made_policy["id"].as_str().unwrap();
        let Body::Json(beta) = send(
            &service,
            "GET",
            &format!("/beta/identity/conditionalAccess/policies/{id}"),
            vec![],
        )
        .body
        else {
            panic!("no body");
        };
        let locations = "/v1.0/identity/conditionalAccess/namedLocations";
        let group = json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
        for (type_name, edition, answer) in [
            ("conditionalAccessPolicy", Edition::V1, made_policy.clone()),
            ("conditionalAccessPolicy", Edition::Beta, beta),
            (
                "namedLocation",
                Edition::V1,
                made(&service, locations, &location),
            ),
            ("group", Edition::V1, made(&service, "/v1.0/groups", &group)),
        ] {
            let checked = check::body(type_name, edition, &answer);
            assert!(checked.is_ok(), "{type_name}: {checked:?}");
        }
        // What was answered makes an equal object when it is sent back.
        let again = made(&service, policies, &made_policy);
        for name in ["displayName", "state", "conditions", "sessionControls"] {
            assert_eq!(again[name], made_policy[name]);
        }
    }

    fn segment() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "identity",
                "conditionalAccess",
                "policies",
                "namedLocations",
                "users",
                "groups",
                "members",
                "$ref",
                "$batch",
                "$count",
                "directory",
                "deletedItems",
                "restore",
                "servicePrincipals",
                "authenticationStrengthPolicies",
                "usage",
                "combinationConfigurations",
                "c1",
                "authenticationContextClassReferences",
                "directoryObjects",
                "getByIds",
                "microsoft.graph.user",
                "00000000-0000-0000-0000-000000000002",
                "AdeleV@contoso.com",
                "organization",
                "domains",
            ])
            .prop_map(str::to_owned),
            "[^/]{0,8}",
        ]
    }

    proptest! {
        #[test]
        fn no_request_panics_and_every_refusal_has_graphs_shape(
            method in prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "X"]),
            root in prop::sample::select(vec!["v1.0", "beta", "v2"]),
            segments in prop::collection::vec(segment(), 0..5),
            query in ".{0,24}",
            body in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..32),
                prop::sample::select(vec!["null", "[]", "{}", "\"x\"", "{\"requests\":[{}]}", "{\"id\":\"c1\"}"])
                    .prop_map(|text| text.as_bytes().to_vec()),
            ],
        ) {
            let service = service();
            let target = format!("/{root}/{}?{query}", segments.join("/"));
            let outcome = send(&service, method, &target, body);
            if outcome.status >= 400 {
                let Body::Json(body) = outcome.body else { return Err(TestCaseError::fail("no body")) };
                prop_assert!(body["error"]["code"].is_string() && body["error"]["innerError"]["date"].is_string());
            }
        }
    }
}
