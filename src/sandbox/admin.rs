//! What is asked of the sandbox itself, outside Graph's roots: `/_sandbox/...`.

use serde_json::{Value, json};

use super::call::{Body, Raw};
use super::error::ErrorAnswer;
use super::service::Service;
use super::signin::{self, RiskySignIn};
use super::week::{self, SignInWeek};
use super::{load, seed};
use crate::model::weather::Weather;

/// The path segment that all of it begins with.
pub(super) const ROOT: &str = "/_sandbox/";

fn read<T: serde::de::DeserializeOwned>(raw: &Raw) -> Result<T, ErrorAnswer> {
    let told = |e: serde_json::Error| ErrorAnswer::bad(format!("The body is not valid: {e}."));
    let value: Value = serde_json::from_slice(&raw.body).map_err(told)?;
    serde_json::from_value(value).map_err(told)
}

/// Status and body.
pub(super) fn answer(service: &Service, raw: &Raw) -> Result<(u16, Body), ErrorAnswer> {
    let path = raw.target.split('?').next().unwrap_or_default();
    let what = path.strip_prefix(ROOT).unwrap_or_default();
    let json = |value: Value| Ok((200, Body::Json(value)));
    match (raw.method.as_str(), what) {
        ("GET", "weather") => json(json!(service.weather())),
        ("PUT", "weather") => {
            let asked: serde_json::Map<String, Value> = read(raw)?;
            let weather: Weather = serde_json::from_value(Value::Object(asked))
                .map_err(|e| ErrorAnswer::bad(format!("The weather is not valid: {e}.")))?;
            service.set_weather(weather);
            json(json!(service.weather()))
        }
        ("GET", "state") => json(service.tenant()),
        ("POST", "reset") => {
            service.change(|tenant| {
                *tenant = seed::tenant(tenant.version);
                Ok(())
            })?;
            Ok((204, Body::None))
        }
        ("POST", "seed") => {
            let value: Value = read(raw)?;
            let loaded =
                service.change(|tenant| load::load(tenant, &value).map_err(ErrorAnswer::bad))?;
            json(json!(loaded))
        }
        ("POST", "sign-in") => {
            let asked: RiskySignIn = read(raw)?;
            json(service.change(|tenant| signin::sign_in(tenant, &asked))?)
        }
        ("POST", "sign-ins") => {
            let asked: SignInWeek = read(raw)?;
            json(service.change(|tenant| week::week(tenant, asked))?)
        }
        (_, "weather" | "state" | "reset" | "seed" | "sign-in" | "sign-ins") => {
            Err(ErrorAnswer::method())
        }
        _ => Err(ErrorAnswer::segment(what)),
    }
}
