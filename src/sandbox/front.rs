//! Whose a request is: the sandbox's own, the sign-in's, or Graph's.

use std::time::Duration;

use super::call::{Raw, Reply, ServedAnswer};
use super::service::Service;
use super::sky::Met;
use super::{admin, auth, endpoints, person};

/// How long the answer to this waits.
pub(super) fn latency(service: &Service, raw: &Raw) -> Duration {
    if raw.target.starts_with(admin::ROOT) {
        return Duration::ZERO;
    }
    service.weather().latency.0
}

/// A request as it comes from the network.
pub(super) fn take(service: &Service, raw: &Raw) -> ServedAnswer {
    let path = raw.target.split('?').next().unwrap_or_default();
    if path.starts_with(admin::ROOT) {
        let answer = admin::answer(service, raw).map(|(status, body)| Reply {
            status,
            body,
            changed: false,
        });
        service.finish(raw, answer, Met::default())
    } else if raw.method == "GET" && endpoints::is_here(path) {
        let answer = Ok(Reply::ok(endpoints::answer(raw)));
        service.finish(raw, answer, Met::default())
    } else if auth::is_sign_in(path) || person::is_person(path) {
        service.sign_in(raw)
    } else {
        service.handle(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::call::Body;
    use super::super::store::{Store, StoreKind};
    use super::*;
    use proptest::prelude::*;

    fn service() -> Service {
        let store = Store::open(StoreKind::Memory).unwrap();
        Service::new(Options::default(), store)
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
                "identityProtection",
                "riskDetections",
                "riskyUsers",
                "dismiss",
                "templates",
                "directoryRoles",
                "subscribedSkus",
                "$metadata",
                "oauth2",
                "token",
                "weather",
                "seed",
                "sign-in",
            ])
            .prop_map(str::to_owned),
            "[^/]{0,8}",
        ]
    }

    proptest! {
        #[test]
        fn no_request_panics_and_every_refusal_has_graphs_shape(
            method in prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "X"]),
            root in prop::sample::select(vec!["v1.0", "beta", "v2", "_sandbox", "contoso.com"]),
            accept in prop::sample::select(vec!["", "application/json;odata.metadata=full", "odata.metadata=none"]),
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
            let raw = Raw {
                headers: vec![
                    ("authorization".into(), "Bearer x".into()),
                    ("accept".into(), accept.into()),
                ],
                body,
                ..Raw::new(method, &target)
            };
            let outcome = take(&service, &raw);
            if outcome.status >= 400 {
                let Body::Json(body) = outcome.body else { return Err(TestCaseError::fail("no body")) };
                // The sign-in service has errors of its own.
                let own = body["error"].is_string() && body["error_codes"].is_array();
                prop_assert!(own ||body["error"]["code"].is_string() && body["error"]["innerError"]["date"].is_string());
            }
        }
    }
}
