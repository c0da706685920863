//! What became of a sign-in to the sandbox, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::text::visible;

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

fn text(value: &Value, path: &str) -> String {
    let found = value.pointer(path).and_then(Value::as_str);
    visible(found.unwrap_or_default(), false)
}

/// The answer of the sandbox about a sign-in.
pub fn sign_in(made: &Value) -> String {
    let mut out = String::new();
    let place: Vec<String> = ["/signIn/location/city", "/signIn/location/countryOrRegion"]
        .into_iter()
        .map(|path| text(made, path))
        .filter(|part| !part.is_empty())
        .collect();
    let place = match place.is_empty() {
        true => String::new(),
        false => format!(" ({})", place.join(", ")),
    };
    let noticed = match text(made, "/riskDetection/riskEventType") {
        nothing if nothing.is_empty() => "no risk".to_owned(),
        event => format!(
            "{} risk, {event}",
            text(made, "/signIn/riskLevelDuringSignIn")
        ),
    };
    let _ = writeln!(
        out,
        "{} signs in to {} from {}{place}: {noticed}",
        text(made, "/signIn/userPrincipalName"),
        text(made, "/signIn/appDisplayName"),
        text(made, "/signIn/ipAddress"),
    );
    let policies = made.pointer("/signIn/appliedConditionalAccessPolicies");
    for policy in policies.and_then(Value::as_array).into_iter().flatten() {
        let result = text(policy, "/result");
        let style = match result.as_str() {
            "success" => GREEN,
            "failure" => RED,
            "notApplied" | "notEnabled" | "reportOnlyNotApplied" => continue,
            _ => YELLOW,
        };
        let list = |name: &str| {
            let list = policy.get(name).and_then(Value::as_array);
            let list = list.into_iter().flatten().filter_map(Value::as_str);
            visible(&list.collect::<Vec<_>>().join(", "), false)
        };
        let controls = match list("enforcedGrantControls") {
            none if none.is_empty() => String::new(),
            controls => format!(" ({controls})"),
        };
        let _ = writeln!(
            out,
            "  {style}{result}{style:#}  \"{}\"{controls}",
            text(policy, "/displayName")
        );
        if result == "unknown" {
            let _ = writeln!(out, "      not known here: {}", list("unknown"));
        }
    }
    let unread = made.pointer("/notEvaluated").and_then(Value::as_array);
    for name in unread.into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(
            out,
            "  {YELLOW}not judged{YELLOW:#}  \"{}\"",
            visible(name, false)
        );
    }
    let code = made
        .pointer("/signIn/status/errorCode")
        .and_then(Value::as_u64);
    match code {
        Some(0) | None => {
            let _ = writeln!(out, "{BOLD}Signed in.{BOLD:#}");
        }
        Some(code) => {
            let why = text(made, "/signIn/status/failureReason");
            let _ = writeln!(out, "{BOLD}Refused.{BOLD:#} {why} (AADSTS{code})");
        }
    }
    if made.get("riskDetection").is_none_or(Value::is_null) {
        return out;
    }
    let detail = text(made, "/riskDetection/riskDetail");
    let detail = match detail.as_str() {
        "none" | "" => String::new(),
        detail => format!(", {detail}"),
    };
    let _ = writeln!(
        out,
        "Risk of the sign-in: {}{detail}. Risk of the user: {}, level {}.",
        text(made, "/riskDetection/riskState"),
        text(made, "/riskyUser/riskState"),
        text(made, "/riskyUser/riskLevel"),
    );
    out
}
