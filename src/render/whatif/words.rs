//! A sign-in and its answers in words.

use serde::Serialize;

use crate::model::enums::PolicyState;
use crate::text::{few, visible};
use crate::whatif::{
    Application, Consequence, Ending, MergedSession, OwnedBy, PolicyOutcome, Reason, SignIn,
};

/// The flag of `whatif` that gives a fact, by the fact's name in an answer; `None` where only a
/// case or `gatewright.yaml` can give it, or nothing can.
pub fn flag_of(member: &str) -> Option<String> {
    if let Some(attribute) = member.strip_prefix("deviceInfo.") {
        return Some(format!("--device {attribute}=..."));
    }
    let flag = match member {
        "user" => "--user",
        "user.memberOf" => "--member-of",
        "user.roles" => "--role",
        "user.userType" => "--user-type",
        "user.externalTenantId" => "--external-tenant",
        "servicePrincipal.ownedBy" => "--owned-by",
        "agentIdentity.blueprint" => "--blueprint",
        "application" => "--app",
        "applicationAttributes" => "--app-attribute",
        "scopes" => "--scope",
        "client.confidential" => "--confidential",
        "clientAppType" => "--client",
        "devicePlatform" => "--platform",
        "ipAddress" => "--ip",
        "country" => "--country",
        "compliantNetwork" => "--compliant-network",
        "signInRiskLevel" => "--sign-in-risk",
        "userRiskLevel" => "--user-risk",
        "insiderRiskLevel" => "--insider-risk",
        "servicePrincipalRiskLevel" => "--service-principal-risk",
        "agentIdRiskLevel" => "--agent-risk",
        "authenticationFlow" => "--flow",
        "satisfied" => "--satisfied",
        _ => return None,
    };
    Some(flag.to_owned())
}

/// A fact that is missing, and what gives it.
pub(super) fn fact(member: &str) -> String {
    match flag_of(member) {
        Some(flag) => format!("{member} ({flag})"),
        None if member.starts_with("environment.") => format!("{member} (in gatewright.yaml)"),
        None if crate::whatif::Fact::of_member(member).is_some_and(|f| f.can_be_given()) => {
            format!("{member} (in a case)")
        }
        None => match crate::whatif::Fact::of_member(member) {
            Some(fact) => fact.to_string(),
            None => member.to_owned(),
        },
    }
}

pub(in crate::render) fn facts<T: AsRef<str>>(members: &[T]) -> String {
    let list: Vec<String> = members.iter().map(|one| fact(one.as_ref())).collect();
    list.join(", ")
}

/// How it ends, in a word or a few.
pub(in crate::render) fn ending(consequence: &Consequence) -> &'static str {
    match consequence.outcome {
        Ending::Granted if consequence.hidden_block => {
            "granted, but nobody can satisfy what is required"
        }
        Ending::Granted => "granted",
        Ending::Blocked => "blocked",
        Ending::Interrupted => "interrupted",
        Ending::Unknown => "it depends",
    }
}

/// What is asked for: `mfa; compliantDevice or domainJoinedDevice`.
pub(in crate::render) fn requires(consequence: &Consequence) -> String {
    let lists: Vec<String> = consequence
        .requires
        .iter()
        .map(|list| list.iter().map(|n| &**n).collect::<Vec<_>>().join(" or "))
        .collect();
    lists.join("; ")
}

/// What holds during the session, and the policies that it comes from.
pub(in crate::render) fn session(merged: &MergedSession) -> Vec<String> {
    let controls = named_controls(merged).into_iter();
    controls
        .map(|(name, control)| {
            let from = merged.from.get(name.as_str()).into_iter().flatten();
            let from: Vec<&str> = from.map(|name| &**name).collect();
            format!("{name} {control} (by {})", from.join(", "))
        })
        .collect()
}

/// What holds during the session.
pub(in crate::render) fn controls(merged: &MergedSession) -> Vec<String> {
    let controls = named_controls(merged).into_iter();
    controls
        .map(|(name, control)| format!("{name} {control}"))
        .collect()
}

fn named_controls(merged: &MergedSession) -> Vec<(String, String)> {
    let value = serde_json::to_value(merged).unwrap_or_default();
    let controls = value.as_object().into_iter().flatten();
    controls
        .filter(|(name, _)| *name != "from")
        .map(|(name, value)| (name.clone(), control(value)))
        .collect()
}

/// A session control without the members that say nothing to a person.
pub(in crate::render) fn control(value: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let Some(map) = value.as_object() else {
        return text(value);
    };
    let get = |name: &str| map.get(name).filter(|v| !v.is_null()).map(text);
    if get("frequencyInterval").as_deref() == Some("everyTime") {
        return "every time".to_owned();
    }
    match (
        get("value"),
        get("type"),
        get("mode"),
        get("cloudAppSecurityType"),
    ) {
        (Some(value), Some(unit), ..) if value == "1" => {
            format!("1 {}", unit.strip_suffix('s').unwrap_or(&unit))
        }
        (Some(value), Some(unit), ..) => format!("{value} {unit}"),
        (_, _, Some(mode), _) | (_, _, _, Some(mode)) => mode,
        _ => "on".to_owned(),
    }
}

/// The state of a policy in a word.
pub(super) fn state(policy: &PolicyOutcome) -> &'static str {
    match &policy.state {
        Some(PolicyState::Enabled) => "on",
        Some(PolicyState::ReportOnly) => "report-only",
        Some(PolicyState::Disabled) => "off",
        _ => "unknown",
    }
}

/// How many groups are named that exclude somebody.
const MOST: usize = 5;

/// What rules a policy out: the condition, the sign-in's value of it, and whether that is excluded or
/// not included.
pub(super) fn ruled_out(reason: Reason, policy: &PolicyOutcome, sign_in: &SignIn) -> String {
    let by = policy.excluded_by.iter().map(|one| visible(one, false));
    let by = few(by, MOST);
    let side = match (policy.excluded, by.as_str()) {
        (Some(true), "") => "excluded",
        (Some(true), by) => return format!("user: excluded by {by}"),
        (Some(false), _) => "not included",
        (None, _) => "",
    };
    match (condition(reason, sign_in), side) {
        (condition, "") => condition,
        (condition, side) if reason == Reason::Users && side == "not included" => {
            let kind = condition
                .split_once(':')
                .map_or(condition.as_str(), |(kind, _)| kind);
            format!("{kind}: {side}")
        }
        (condition, side) => format!("{condition}, {side}"),
    }
}

/// A condition, and the sign-in's value of it.
fn condition(reason: Reason, sign_in: &SignIn) -> String {
    let (condition, value) = match reason {
        Reason::PolicyNotEnabled => return "it is disabled".to_owned(),
        Reason::Application => return other_resource("an application", "application", sign_in),
        Reason::UserActions => return other_resource("a user action", "user action", sign_in),
        Reason::AuthenticationContext => {
            let about = "authentication context";
            return other_resource("an authentication context", about, sign_in);
        }
        Reason::Users => ("user", who(sign_in)),
        Reason::WorkloadIdentities => ("workload identity", who(sign_in)),
        Reason::AgentIdentities => ("agent", who(sign_in)),
        Reason::DevicePlatform => ("platform", text(&sign_in.device_platform)),
        Reason::Location => {
            let country = sign_in.country.as_ref().map(|_| text(&sign_in.country));
            let address = sign_in
                .ip_address
                .as_ref()
                .map(|_| text(&sign_in.ip_address));
            let network = sign_in.compliant_network == Some(true);
            let network = network.then(|| "compliant network".to_owned());
            let parts: Vec<String> = [address, country, network].into_iter().flatten().collect();
            ("location", parts.join(", "))
        }
        Reason::ClientApps => ("client", text(&sign_in.client_app_type)),
        Reason::SignInRisk => ("sign-in risk", text(&sign_in.sign_in_risk_level)),
        Reason::UserRisk => ("user risk", text(&sign_in.user_risk_level)),
        Reason::InsiderRisk => ("insider risk", text(&sign_in.insider_risk_level)),
        Reason::AgentIdRisk => ("agent risk", text(&sign_in.agent_id_risk_level)),
        Reason::Devices => ("device", text(&sign_in.device_info)),
        Reason::AuthenticationFlow => {
            let flow = sign_in.authentication_flow.as_ref();
            let flow = flow.and_then(|f| f.original_transfer_method.or(f.transfer_method));
            ("flow", text(&flow))
        }
    };
    match value.as_str() {
        "" => condition.to_owned(),
        value => format!("{condition}: {}", visible(value, false)),
    }
}

/// That a policy is about another resource, or about another kind of thing than is asked for.
fn other_resource(a_kind: &str, kind: &str, sign_in: &SignIn) -> String {
    let what = visible(&resource(sign_in), false);
    match kind_of_resource(sign_in) {
        "" => kind.to_owned(),
        asked if asked.trim_end_matches('s') == kind => format!("{kind}: {what}"),
        asked => format!("it is about {a_kind}, not the {asked} {what}"),
    }
}

/// A member of a sign-in as it is written; of what has a name, that alone.
fn text<T: Serialize>(value: &Option<T>) -> String {
    match value.as_ref().map(serde_json::to_value) {
        Some(Ok(value)) => plain(&value),
        _ => String::new(),
    }
}

pub(in crate::render) fn plain(value: &serde_json::Value) -> String {
    use serde_json::Value;

    let named = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => named(value).unwrap_or_else(|| {
            let members = members.iter().filter(|(_, held)| !held.is_null());
            let all: Vec<String> = members
                .map(|(name, held)| format!("{name} {}", plain(held)))
                .collect();
            all.join("; ")
        }),
        other => other.to_string(),
    }
}

fn who(sign_in: &SignIn) -> String {
    let user = text(&sign_in.user);
    let principal = text(&sign_in.service_principal);
    match (user.as_str(), principal.as_str()) {
        ("", "") => text(&sign_in.agent_identity),
        ("", _) => principal,
        _ => user,
    }
}

/// What kind of thing a sign-in asks for; empty when it does not say.
fn kind_of_resource(sign_in: &SignIn) -> &'static str {
    match (
        &sign_in.application,
        sign_in.applications.as_slice(),
        sign_in.user_action,
        &sign_in.authentication_context,
    ) {
        (Some(_), ..) | (_, [_], ..) => "application",
        (_, [_, ..], ..) => "applications",
        (_, _, Some(_), _) => "user action",
        (_, _, _, Some(_)) => "authentication context",
        _ => "",
    }
}

/// An application by its name, or by whose it is.
fn application(app: &Application) -> String {
    let words = match (&app.name, app.owned_by) {
        (None, Some(OwnedBy::Tenant)) => "an application of the tenant's own",
        (None, Some(OwnedBy::Microsoft)) => "another Microsoft application",
        (None, Some(OwnedBy::Other)) => "an application of another publisher",
        _ => return text(&Some(app)),
    };
    words.to_owned()
}

fn resource(sign_in: &SignIn) -> String {
    let apps = sign_in.application.iter().chain(&sign_in.applications);
    let mut all: Vec<String> = apps.map(application).collect();
    all.extend(sign_in.user_action.map(|action| action.to_string()));
    all.extend(sign_in.authentication_context.clone());
    all.join(", ")
}

/// A sign-in in one line: who, for what, and all else that it says.
pub(super) fn whole(shown: &SignIn) -> String {
    const SAID: [&str; 7] = [
        "user",
        "servicePrincipal",
        "agentIdentity",
        "application",
        "applications",
        "userAction",
        "authenticationContext",
    ];
    let value = serde_json::to_value(shown).unwrap_or_default();
    let members = value.as_object().into_iter().flatten();
    let others = members.filter(|(name, held)| !SAID.contains(&name.as_str()) && !held.is_null());
    let others = others.map(|(name, held)| match plain(held).as_str() {
        "" => name.clone(),
        words => format!("{name} {}", visible(words, false)),
    });
    let all = [sign_in(shown)].into_iter().chain(others);
    all.collect::<Vec<_>>().join("; ")
}

/// A sign-in in one line: who, for what.
pub(in crate::render) fn sign_in(sign_in: &SignIn) -> String {
    let (who, what) = (who(sign_in), resource(sign_in));
    let named = |text: String, other: &str| match text.is_empty() {
        true => other.to_owned(),
        false => visible(&text, false),
    };
    format!(
        "{} for {}",
        named(who, "somebody"),
        named(what, "something")
    )
}
