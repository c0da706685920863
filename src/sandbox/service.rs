//! What every request passes: sign-in, weather, permissions, the path to its subject,
//! saving, headers, metadata level, and the record of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Raw, Reply, ServedAnswer, new_id};
use super::error::{ErrorAnswer, SandboxError};
use super::metadata::MetadataLevel;
use super::person::OpenSignIns;
use super::sky::{LimitClass, Met, Sky};
use super::store::Store;
use super::tenant::Tenant;
use super::{
    Options, RequestRecord, audit, auth, batch, clouds, csdl, licence, newer, permissions, person,
    router, stranger, token,
};
use crate::model::cloud::Cloud;
use crate::model::facts::Edition;
use crate::model::requests::Served;
use crate::model::weather::Weather;

/// How many records are kept; the oldest go first.
const RECORDS: usize = 100_000;

#[derive(Debug)]
pub(super) struct Service {
    options: Options,
    kept: Mutex<Kept>,
    sky: Mutex<Sky>,
    /// Sign-ins of persons that have begun and not ended.
    sign_ins: Mutex<OpenSignIns>,
    records: Mutex<VecDeque<RequestRecord>>,
}

/// The tenant, and what it was before its last writes, for lagging replicas.
#[derive(Debug)]
struct Kept {
    store: Store,
    past: VecDeque<(Instant, Arc<Tenant>)>,
}

impl Kept {
    /// The tenant before the first write that is younger than `age`; `None` when all
    /// writes are older.
    fn seen(&self, now: Instant, age: Duration) -> Option<Arc<Tenant>> {
        self.past
            .iter()
            .find(|(at, _)| now.saturating_duration_since(*at) < age)
            .map(|(_, before)| Arc::clone(before))
    }

    /// Drops what no replica shows any more.
    fn forget(&mut self, now: Instant, longest: Duration) {
        while self
            .past
            .front()
            .is_some_and(|(at, _)| now.saturating_duration_since(*at) >= longest)
        {
            self.past.pop_front();
        }
    }

    fn save(&mut self) -> Result<(), ErrorAnswer> {
        self.store.save().map_err(|error| {
            ErrorAnswer::new(
                503,
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            )
            .detail("NotSaved", "tenant", error.to_string())
        })
    }
}

/// No thread panics while it holds one of these, but a poisoned tenant is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    pub(crate) fn new(options: Options, store: Store) -> Self {
        Service {
            sky: Mutex::new(Sky::new(options.weather())),
            options,
            kept: Mutex::new(Kept {
                store,
                past: VecDeque::new(),
            }),
            sign_ins: Mutex::default(),
            records: Mutex::default(),
        }
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        lock(&self.records).iter().cloned().collect()
    }

    pub(crate) fn tenant(&self) -> Value {
        serde_json::to_value(&lock(&self.kept).store.tenant).unwrap_or_default()
    }

    pub(crate) fn weather(&self) -> Weather {
        lock(&self.sky).weather().clone()
    }

    /// New weather, with counters and chance from the start.
    pub(crate) fn set_weather(&self, weather: Weather) {
        *lock(&self.sky) = Sky::new(weather);
    }

    /// Gives the tenant file back; see [`Store::close`].
    pub(crate) fn close(&self) {
        lock(&self.kept).store.close();
    }

    pub(crate) fn announce(&self, url: &str, certificate: Option<&std::path::Path>) {
        lock(&self.kept).store.announce(url, certificate);
    }

    /// Changes the tenant from outside Graph, whole or not at all. Replicas lag behind
    /// this too.
    pub(crate) fn change<T>(
        &self,
        with: impl FnOnce(&mut Tenant) -> Result<T, ErrorAnswer>,
    ) -> Result<T, ErrorAnswer> {
        let mut kept = lock(&self.kept);
        let before = kept.store.tenant.clone();
        match with(&mut kept.store.tenant) {
            Ok(done) => {
                kept.save()?;
                if !self.weather().lag.0.is_zero() {
                    kept.past.push_back((Instant::now(), Arc::new(before)));
                }
                Ok(done)
            }
            Err(error) => {
                kept.store.tenant = before;
                Err(error)
            }
        }
    }

    /// A request to the sign-in service.
    pub(crate) fn sign_in(&self, raw: &Raw) -> ServedAnswer {
        let mut kept = lock(&self.kept);
        let tenant = &mut kept.store.tenant;
        let principals = tenant.service_principals.len();
        let open = &mut lock(&self.sign_ins);
        let (status, mut headers, body) = person::answer(raw, tenant, &self.options, open)
            .unwrap_or_else(|| {
                let (status, body) = auth::answer(raw, tenant, &self.options);
                (status, Vec::new(), Body::Json(body))
            });
        // Who signs in for the first time gets a service principal.
        if tenant.service_principals.len() != principals {
            let _ = kept.save(); // a token without one is a token all the same
        }
        drop(kept);
        if matches!(body, Body::Json(_)) {
            headers.push((
                "Content-Type".into(),
                "application/json; charset=utf-8".into(),
            ));
        }
        headers.push(("Cache-Control".into(), "no-store".into()));
        ServedAnswer {
            status,
            headers,
            body,
            lost: false,
            held: false,
        }
    }

    /// Every request to Graph passes here, the items of a batch too.
    pub(crate) fn handle(&self, raw: &Raw) -> ServedAnswer {
        let mut met = Met::default();
        let answer = self.answer(raw, &mut met);
        self.finish(raw, answer, met)
    }

    /// An answer that is an error, decided before the request reached its subject.
    /// The answer to who is not answered, see [`stranger`].
    pub(crate) fn stranger(&self, raw: &Raw) -> Option<ServedAnswer> {
        stranger::refusal(raw, &self.options).map(|error| self.refuse(raw, &error))
    }

    pub(crate) fn refuse(&self, raw: &Raw, error: &ErrorAnswer) -> ServedAnswer {
        self.finish(raw, Err(error.clone()), Met::default())
    }

    fn answer(&self, raw: &Raw, met: &mut Met) -> Answer {
        let mut call = Call::parse(raw)?;
        call.shows_service_principals = self.options.lets_through("service-principal-members");
        if call.low == ["$metadata"] && raw.method == "GET" {
            return Ok(Reply::xml(csdl::document(call.edition)));
        }
        let caller = token::caller(raw, &self.options)?;
        let known = call.known();
        let now = Instant::now();
        let lag = {
            let kept = lock(&self.kept);
            let tenant = &kept.store.tenant;
            let mut sky = lock(&self.sky);
            let (users, id) = (tenant.users.len(), &tenant.tenant_id);
            let write = is_write(&call);
            sky.comes(write);
            *met = sky.meet(now, LimitClass::of(&call, &known), &caller.app, users, id);
            // Reads that are POSTs are no writes.
            (met.lost, met.held) = (met.lost && write, met.held && write);
            sky.weather().lag.0
        };
        if let Some(refused) = met.refused.take() {
            return Err(refused);
        }
        let rows = match &known {
            Served::Rows(rows) => rows,
            Served::OtherMethod => return Err(ErrorAnswer::method()),
            Served::Nothing => return Err(router::unknown(&call.path)),
        };
        permissions::check(
            &call,
            rows,
            caller.granted.as_ref(),
            &lock(&self.kept).store.tenant,
        )?;
        licence::check(&call, self.options.licence())?;
        clouds::absent(&call, self.options.cloud)?;
        clouds::unknown(&call, self.options.cloud)?;
        if call.low == ["$batch"] {
            return self.batch(call.edition, raw, &call.json()?);
        }
        let reads = matches!(raw.method.as_str(), "GET" | "HEAD");
        let mut kept = lock(&self.kept);
        kept.forget(now, lag);
        let stale = kept.seen(now, met.age);
        if reads {
            return match stale {
                Some(old) => router::route(&call, &mut old.as_ref().clone(), &self.options),
                None => router::route(&call, &mut kept.store.tenant, &self.options),
            };
        }
        call.stale = stale;
        let before = (!lag.is_zero()).then(|| Arc::new(kept.store.tenant.clone()));
        let written = audit::written(&call, &kept.store.tenant);
        let reply = router::route(&call, &mut kept.store.tenant, &self.options)?;
        if reply.changed {
            if let Some(written) = written {
                audit::record(written, &call, &reply, &mut kept.store.tenant);
            }
            kept.save()?;
            if let Some(before) = before {
                kept.past.push_back((now, before));
            }
        } else {
            (met.lost, met.held) = (false, false);
        }
        Ok(reply)
    }

    /// `POST /$batch`: its requests in their order.
    fn batch(&self, edition: Edition, outer: &Raw, body: &Value) -> Answer {
        let items = batch::items(edition, outer, body)?;
        let mut done: Vec<(String, u16)> = Vec::new();
        let mut responses = Vec::new();
        for item in items {
            let failed = item.depends_on.iter().any(|id| {
                done.iter()
                    .any(|(other, status)| other == &id.to_lowercase() && *status >= 400)
            });
            let outcome = if failed {
                self.refuse(
                    &item.raw,
                    &ErrorAnswer::new(
                        424,
                        "FailedDependency",
                        "The request is dependent on a request that failed.",
                    ),
                )
            } else {
                self.handle(&item.raw)
            };
            done.push((item.id.to_lowercase(), outcome.status));
            responses.push(batch::response(&item.id, outcome));
        }
        Ok(Reply::ok(json!({ "responses": responses })))
    }

    /// What every answer gets: its form, its headers, and a record.
    pub(crate) fn finish(&self, raw: &Raw, answer: Answer, met: Met) -> ServedAnswer {
        let request_id = new_id();
        let client_id = raw
            .header("client-request-id")
            .filter(|id| !id.is_empty())
            .map_or_else(|| request_id.clone(), str::to_owned);
        let mut headers = met.headers;
        let done = answer.is_ok();
        let (status, mut body) = match answer {
            Ok(reply) => (reply.status, reply.body),
            Err(error) => {
                let date = jiff::Timestamp::now()
                    .strftime("%Y-%m-%dT%H:%M:%S")
                    .to_string();
                let form = self.options.error_form();
                let body = error.body(form, &request_id, &client_id, &date);
                let own = error.headers.iter();
                headers.extend(own.map(|(name, value)| ((*name).to_owned(), value.clone())));
                (error.status, Body::Json(body))
            }
        };
        let level = MetadataLevel::of(raw);
        if let Body::Json(value) = &mut body {
            let beta = raw.target.to_ascii_lowercase().starts_with("/beta/");
            let edition = if beta { Edition::Beta } else { Edition::V1 };
            let batch = raw.target.contains("$batch");
            if !self.options.lets_through("newer-members")
                && !beta
                && !batch
                && !newer::are_asked_for(raw)
            {
                newer::hide(value);
            }
            if self.options.cloud != Cloud::Global {
                clouds::shown(value, self.options.cloud);
            }
            level.apply(edition, value);
        }
        match &body {
            Body::Json(_) => headers.push((
                "Content-Type".to_owned(),
                format!(
                    "application/json;odata.metadata={};odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
                    level.name()
                ),
            )),
            Body::Xml(_) => headers.push(("Content-Type".to_owned(), "application/xml".to_owned())),
            Body::Text(_) => headers.push(("Content-Type".to_owned(), "text/plain".to_owned())),
            Body::None => {}
        }
        headers.push(("request-id".to_owned(), request_id));
        headers.push(("client-request-id".to_owned(), client_id));
        headers.push(("OData-Version".to_owned(), "4.0".to_owned()));
        let mut records = lock(&self.records);
        if records.len() == RECORDS {
            records.pop_front();
        }
        records.push_back(RequestRecord {
            method: raw.method.clone(),
            target: raw.target.clone(),
            status,
            in_batch: raw.in_batch,
        });
        // Items of a batch have no connection of their own.
        let alone = done && !raw.in_batch && raw.method != "GET";
        ServedAnswer {
            status,
            headers,
            body,
            lost: met.lost && alone,
            held: met.held && alone,
        }
    }
}

/// Whether a request may change the tenant.
fn is_write(call: &Call) -> bool {
    let reads = matches!(call.method(), "GET" | "HEAD");
    !reads && call.low != ["$batch"] && call.low.last().is_none_or(|last| last != "getbyids")
}

/// Turns what Graph's side says into what the library says.
pub(super) fn told(error: &ErrorAnswer) -> SandboxError {
    SandboxError::Refused(error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::super::StoreKind;
    use super::super::call::Body;
    use super::super::check;
    use super::*;
    use crate::model::facts::Edition;
    use serde_json::json;

    fn service() -> Service {
        let store = Store::open(StoreKind::Memory).unwrap();
        Service::new(Options::default(), store)
    }

    fn send(service: &Service, method: &str, target: &str, body: Vec<u8>) -> ServedAnswer {
        service.handle(&Raw {
            method: method.into(),
            target: target.into(),
            headers: vec![
                ("authorization".into(), "Bearer x".into()),
                ("prefer".into(), "include-unknown-enum-members".into()),
            ],
            body,
            in_batch: false,
            secure: false,
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
        let asked = json!({"user": "AdeleV@contoso.com", "risk": "high"});
        let asked = serde_json::from_value(asked).unwrap();
        service
            .change(|tenant| super::super::signin::sign_in(tenant, &asked))
            .unwrap();
        for (type_name, path) in [
            ("riskDetection", "identityProtection/riskDetections"),
            ("riskyUser", "identityProtection/riskyUsers"),
            (
                "conditionalAccessTemplate",
                "identity/conditionalAccess/templates",
            ),
            ("directoryRole", "directoryRoles"),
            ("agreement", "identityGovernance/termsOfUse/agreements"),
            (
                "unifiedRoleDefinition",
                "roleManagement/directory/roleDefinitions",
            ),
            (
                "authenticationStrengthPolicy",
                "policies/authenticationStrengthPolicies",
            ),
            ("servicePrincipal", "servicePrincipals"),
            ("user", "users"),
        ] {
            for edition in [Edition::V1, Edition::Beta] {
                let target = format!("/{}/{path}", edition.segment());
                let Body::Json(listed) = send(&service, "GET", &target, vec![]).body else {
                    panic!("no body");
                };
                let items = listed["value"].as_array().unwrap();
                assert!(!items.is_empty(), "{target}");
                for item in items {
                    let checked = check::body(type_name, edition, item);
                    assert!(checked.is_ok(), "{target}: {checked:?}");
                }
            }
        }
        // What was answered makes an equal object when it is sent back, but for what the service
        // sets and for the strength, which is named by its id.
        let mut body = made_policy.clone();
        body.as_object_mut().unwrap().shift_remove("id");
        let strength = body["grantControls"]["authenticationStrength"]["id"].take();
        body["grantControls"]["authenticationStrength"] = json!({ "id": strength });
        let again = made(&service, policies, &body);
        for name in ["displayName", "state", "conditions", "sessionControls"] {
            assert_eq!(again[name], made_policy[name]);
        }
    }
}
