//! Stored policies and strengths as an edition answers them.

use serde_json::{Value, json};

use super::call::context;
use super::tenant::Tenant;
use super::value::{Map, strings, text};
use crate::model::facts::{Edition, Facts};

/// The path of the policies in contexts.
pub(super) const POLICIES: &str = "identity/conditionalAccess/policies";

/// Whether a stored policy holds anything that only beta knows.
pub(super) fn is_preview(policy: &Value) -> bool {
    let conditions = &policy["conditions"];
    has_preview("conditionalAccessPolicy", policy)
        || strings(&policy["grantControls"], "builtInControls").contains(&"verifiedID")
        || strings(&conditions["users"], "includeUsers").contains(&"AllAgentIdUsers")
        || ["includeApplications", "excludeApplications"]
            .iter()
            .any(|l| strings(&conditions["applications"], l).contains(&"AllAgentIdResources"))
}

/// Whether an object of `type_name` has a member that only beta knows.
fn has_preview(type_name: &str, value: &Value) -> bool {
    let properties = Facts::get().properties(type_name, Edition::Beta);
    properties.into_iter().any(|(name, fact)| {
        let held = &value[name];
        let set = !held.is_null() && *held != json!([]);
        set && (fact.beta || has_preview(&fact.type_name, held))
    })
}

/// A stored policy as the edition answers it. Graph writes plain members, lists and nulls
/// first and objects behind them, each in a fixed order.
pub(super) fn policy(edition: Edition, stored: &Value, tenant: &Tenant) -> Value {
    let beta = edition == Edition::Beta;
    let mut out = Out::new(stored);
    out.plain(&[
        "id",
        "templateId",
        "displayName",
        "createdDateTime",
        "modifiedDateTime",
        "state",
    ]);
    out.put("deletedDateTime", stored.get("deletedDateTime").cloned());
    out.null(&["grantControls"]);
    if beta {
        out.put("partialEnablementStrategy", None);
    }
    out.null(&["sessionControls"]);
    out.put("conditions", Some(conditions(beta, &stored["conditions"])));
    let grant = &stored["grantControls"];
    if grant.is_object() {
        let place = format!("{POLICIES}('{}')", text(stored, "id").unwrap_or_default());
        out.put(
            "grantControls",
            Some(grants(edition, grant, tenant, &place)),
        );
    }
    let session = &stored["sessionControls"];
    if session.is_object() {
        out.put("sessionControls", Some(controls(beta, session)));
    }
    out.done()
}

/// Conditions and controls alone, as a template shows them; `place` is the path in contexts.
pub(super) fn details(edition: Edition, stored: &Value, tenant: &Tenant, place: &str) -> Value {
    let beta = edition == Edition::Beta;
    let mut out = Out::new(stored);
    out.null(&["grantControls", "sessionControls"]);
    out.put("conditions", Some(conditions(beta, &stored["conditions"])));
    let grant = &stored["grantControls"];
    if grant.is_object() {
        out.put("grantControls", Some(grants(edition, grant, tenant, place)));
    }
    let session = &stored["sessionControls"];
    if session.is_object() {
        out.put("sessionControls", Some(controls(beta, session)));
    }
    out.done()
}

fn controls(beta: bool, session: &Value) -> Value {
    let mut part = Out::new(session);
    let names = [
        "disableResilienceDefaults",
        "applicationEnforcedRestrictions",
        "cloudAppSecurity",
        "signInFrequency",
        "persistentBrowser",
        "continuousAccessEvaluation",
        "secureSignInSession",
    ];
    let names: Vec<&str> = names
        .into_iter()
        .filter(|n| beta || *n != "continuousAccessEvaluation")
        .collect();
    let (plain, nullable) = names.split_at(1);
    part.plain(plain);
    part.null(nullable);
    part.objects(&names);
    if beta {
        part.objects(&["globalSecureAccessFilteringProfile"]);
    }
    part.done()
}

fn conditions(beta: bool, from: &Value) -> Value {
    let mut out = Out::new(from);
    out.plain(&["userRiskLevels", "signInRiskLevels", "clientAppTypes"]);
    if beta {
        let set = |name: &&str| !from[*name].is_null() && from[*name] != json!([]);
        let names = [
            "servicePrincipalRiskLevels",
            "insiderRiskLevels",
            "agentIdRiskLevels",
        ];
        let names: Vec<&str> = names.into_iter().filter(set).collect();
        out.plain(&names);
        out.null(&["platforms", "locations"]);
        out.put("times", None);
        out.null(&["deviceStates", "devices", "clientApplications", "agents"]);
    } else {
        out.plain(&["servicePrincipalRiskLevels", "insiderRiskLevels"]);
        out.null(&[
            "platforms",
            "locations",
            "devices",
            "clientApplications",
            "authenticationFlows",
        ]);
    }
    out.null(&["applications", "users"]);
    out.objects(&["applications"]);
    let users = &from["users"];
    if users.is_object() {
        let mut part = Out::new(users);
        part.plain(&[
            "includeUsers",
            "excludeUsers",
            "includeGroups",
            "excludeGroups",
            "includeRoles",
            "excludeRoles",
        ]);
        part.null(&[
            "includeGuestsOrExternalUsers",
            "excludeGuestsOrExternalUsers",
        ]);
        part.objects(&[
            "includeGuestsOrExternalUsers",
            "excludeGuestsOrExternalUsers",
        ]);
        out.put("users", Some(part.done()));
    }
    if let Some(apps) = out.map.get_mut("applications")
        && apps.is_object()
    {
        let mut part = Out::new(&from["applications"]);
        part.plain(&[
            "includeApplications",
            "excludeApplications",
            "includeUserActions",
            "includeAuthenticationContextClassReferences",
            "applicationFilter",
        ]);
        *apps = part.done();
    }
    out.objects(&["platforms", "locations"]);
    if beta {
        out.objects(&["deviceStates", "devices"]);
        let workloads = &from["clientApplications"];
        if workloads.is_object() {
            // Filters and agent members are answered only when they say something.
            let names = [
                "includeServicePrincipals",
                "includeAgentIdServicePrincipals",
                "excludeServicePrincipals",
                "excludeAgentIdServicePrincipals",
                "servicePrincipalFilter",
                "agentIdServicePrincipalFilter",
            ];
            let always = ["includeServicePrincipals", "excludeServicePrincipals"];
            let said = |name: &&str| {
                always.contains(name)
                    || !(workloads[*name].is_null() || workloads[*name] == json!([]))
            };
            let names: Vec<&str> = names.into_iter().filter(said).collect();
            let mut part = Out::new(workloads);
            part.plain(&names);
            out.put("clientApplications", Some(part.done()));
        }
        out.objects(&["agents", "agentContext"]);
    } else {
        for (name, members) in [
            ("devices", &["deviceFilter"][..]),
            (
                "clientApplications",
                &[
                    "includeServicePrincipals",
                    "excludeServicePrincipals",
                    "servicePrincipalFilter",
                ][..],
            ),
        ] {
            if from[name].is_object() {
                let mut part = Out::new(&from[name]);
                part.plain(members);
                out.put(name, Some(part.done()));
            }
        }
    }
    out.objects(&["authenticationFlows"]);
    // What has no place of its own.
    let edition = if beta { Edition::Beta } else { Edition::V1 };
    for name in Facts::get()
        .properties("conditionalAccessConditionSet", edition)
        .into_keys()
    {
        let said = !from[name].is_null() && from[name] != json!([]);
        if said && !out.map.contains_key(name) {
            out.plain(&[name]);
        }
    }
    out.done()
}

fn grants(edition: Edition, grant: &Value, tenant: &Tenant, place: &str) -> Value {
    let mut out = Out::new(grant);
    out.plain(&[
        "operator",
        "builtInControls",
        "customAuthenticationFactors",
        "termsOfUse",
    ]);
    let place = format!("{place}/grantControls/authenticationStrength");
    out.put(
        "authenticationStrength@odata.context",
        Some(context(edition, &format!("{place}/$entity")).into()),
    );
    let strength = text(&grant["authenticationStrength"], "id")
        .and_then(|id| tenant.authentication_strengths.get(id))
        .map(|s| strength(edition, s, &place));
    out.put("authenticationStrength", strength);
    out.done()
}

/// An object being written in Graph's order.
struct Out<'a> {
    from: &'a Value,
    map: Map,
}

impl<'a> Out<'a> {
    fn new(from: &'a Value) -> Self {
        Out {
            from,
            map: Map::new(),
        }
    }

    /// Members as they are.
    fn plain(&mut self, names: &[&str]) {
        for name in names {
            let value = self.from.get(*name).cloned();
            self.put(name, value);
        }
    }

    /// Of members that are objects: those that are not set.
    fn null(&mut self, names: &[&str]) {
        for name in names {
            if !self.from[*name].is_object() {
                self.put(name, None);
            }
        }
    }

    /// Of members that are objects: those that are set.
    fn objects(&mut self, names: &[&str]) {
        for name in names {
            if self.from[*name].is_object() {
                self.put(name, Some(self.from[*name].clone()));
            }
        }
    }

    fn put(&mut self, name: &str, value: Option<Value>) {
        self.map
            .insert(name.to_owned(), value.unwrap_or(Value::Null));
    }

    fn done(self) -> Value {
        Value::Object(self.map)
    }
}

/// A strength as it stands in an answer; `place` is its path behind `$metadata#`.
pub(super) fn strength(edition: Edition, stored: &Value, place: &str) -> Value {
    let mut out = Map::new();
    for (name, value) in stored.as_object().into_iter().flatten() {
        if name == "combinationConfigurations" {
            out.insert(
                "combinationConfigurations@odata.context".into(),
                context(edition, &format!("{place}/combinationConfigurations")).into(),
            );
        }
        out.insert(name.clone(), value.clone());
    }
    Value::Object(out)
}
