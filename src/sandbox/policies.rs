//! Conditional Access policies, live and deleted.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, context, new_id, now, strings, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::store::Tenant;
use super::{Options, check, normalise, references, rules, strengths};
use crate::model::facts::Edition;

const TYPE: &str = "conditionalAccessPolicy";
const PLACE: &str = "identity/conditionalAccess/policies";
const DELETED: &str = "identity/conditionalAccess/deletedItems/policies";
const KIND: &str = "ConditionalAccessPolicy";

pub(super) fn route(call: &Call, rest: &[&str], tenant: &mut Tenant, options: &Options) -> Answer {
    let listing = Listing::service(TYPE, PLACE);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.policies, tenant)),
        ("GET", ["$count"]) => listing.count(call, shown(call.edition, &tenant.policies, tenant)),
        ("POST", []) => create(call, tenant, options),
        ("GET", [id]) => {
            let stored = find(&tenant.policies, id)?;
            visible(call.edition, stored)?;
            listing.one(call, &render(call.edition, stored, tenant))
        }
        ("PATCH", [id]) => update(call, id, tenant, options),
        ("DELETE", [id]) => {
            let mut gone = tenant
                .policies
                .shift_remove(*id)
                .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
            gone["deletedDateTime"] = now().into();
            tenant.deleted_policies.insert((*id).into(), gone);
            Ok(Reply::no_content())
        }
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/identity/conditionalAccess/deletedItems/policies`
pub(super) fn deleted(
    call: &Call,
    rest: &[&str],
    tenant: &mut Tenant,
    options: &Options,
) -> Answer {
    let listing = Listing::service(TYPE, DELETED);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call.edition, &tenant.deleted_policies, tenant)),
        ("GET", [id]) => {
            let stored = find(&tenant.deleted_policies, id)?;
            visible(call.edition, stored)?;
            listing.one(call, &render(call.edition, stored, tenant))
        }
        ("POST", [id, "restore" | "microsoft.graph.restore"]) => {
            find(&tenant.deleted_policies, id)?;
            limit(tenant, options)?;
            let mut back = tenant
                .deleted_policies
                .shift_remove(*id)
                .ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))?;
            if let Some(map) = back.as_object_mut() {
                map.shift_remove("deletedDateTime");
            }
            let out = render(call.edition, &back, tenant);
            tenant.policies.insert((*id).into(), back);
            Ok(Listing::service(TYPE, PLACE).one(call, &out)?.changed())
        }
        ("DELETE", [id]) => match tenant.deleted_policies.shift_remove(*id) {
            Some(_) => Ok(Reply::no_content()),
            None => Err(ErrorAnswer::missing_ca(KIND, id)),
        },
        (_, [] | [_] | [_, "restore"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn find<'a>(map: &'a Map, id: &str) -> Result<&'a Value, ErrorAnswer> {
    map.get(id).ok_or_else(|| ErrorAnswer::missing_ca(KIND, id))
}

fn shown(edition: Edition, map: &Map, tenant: &Tenant) -> Vec<Value> {
    map.values()
        .filter(|p| edition == Edition::Beta || !is_preview(p))
        .map(|p| render(edition, p, tenant))
        .collect()
}

/// 1037: v1.0 does not show a policy that holds members it does not know.
fn visible(edition: Edition, stored: &Value) -> Result<(), ErrorAnswer> {
    if edition == Edition::V1 && is_preview(stored) {
        return Err(ErrorAnswer::bad(
            "1037: The policy you requested contains preview features. Use the Beta endpoint to \
             retrieve this policy.",
        ));
    }
    Ok(())
}

/// Whether a stored policy holds anything that only beta knows.
pub(super) fn is_preview(policy: &Value) -> bool {
    let conditions = &policy["conditions"];
    let session = &policy["sessionControls"];
    let filled = |part: &str, lists: &[&str]| {
        lists
            .iter()
            .any(|l| !strings(&conditions[part], l).is_empty())
    };
    [
        "agentIdRiskLevels",
        "deviceStates",
        "agents",
        "agentContext",
    ]
    .iter()
    .any(|name| !conditions[name].is_null())
        || [
            "continuousAccessEvaluation",
            "globalSecureAccessFilteringProfile",
        ]
        .iter()
        .any(|name| !session[name].is_null())
        || filled(
            "clientApplications",
            &[
                "includeAgentIdServicePrincipals",
                "excludeAgentIdServicePrincipals",
            ],
        )
        || conditions["clientApplications"]["agentIdServicePrincipalFilter"].is_object()
        || filled(
            "devices",
            &[
                "includeDevices",
                "excludeDevices",
                "includeDeviceStates",
                "excludeDeviceStates",
            ],
        )
        || strings(&conditions["users"], "includeUsers").contains(&"AllAgentIdUsers")
        || ["includeApplications", "excludeApplications"]
            .iter()
            .any(|l| strings(&conditions["applications"], l).contains(&"AllAgentIdResources"))
}

fn checked(call: &Call) -> Result<Map, ErrorAnswer> {
    let body = check::body(TYPE, call.edition, &call.json()?)
        .map_err(|p| ErrorAnswer::schema(&p.path, p.reason))?;
    rules::as_sent(&body)?;
    Ok(body)
}

fn limit(tenant: &Tenant, options: &Options) -> Result<(), ErrorAnswer> {
    if tenant.policies.len() < options.policy_limit {
        return Ok(());
    }
    Err(ErrorAnswer::bad(format!(
        "The tenant has reached the limit of {} Conditional Access policies.",
        options.policy_limit
    ))
    .detail("PolicyLimitReached", "policies", "delete a policy first"))
}

fn create(call: &Call, tenant: &mut Tenant, options: &Options) -> Answer {
    let body = checked(call)?;
    rules::required(&body)?;
    let mut policy = normalise::policy(&body);
    let id = new_id();
    policy["id"] = id.clone().into();
    policy["createdDateTime"] = now().into();
    policy["modifiedDateTime"] = Value::Null;
    policy["templateId"] = Value::Null;
    let policy = Value::Object(policy);
    rules::whole(&policy)?;
    references::exist(call.seen(tenant), call.edition, &policy, &Value::Null)?;
    limit(tenant, options)?;
    let mut out = Map::new();
    out.insert(
        "@odata.context".into(),
        call.context(&format!("{PLACE}/$entity")).into(),
    );
    if let Value::Object(shown) = render(call.edition, &policy, tenant) {
        out.extend(shown);
    }
    tenant.policies.insert(id, policy);
    Ok(Reply::created(Value::Object(out)))
}

fn update(call: &Call, id: &str, tenant: &mut Tenant, options: &Options) -> Answer {
    let old = find(&tenant.policies, id)?;
    visible(call.edition, old)?;
    let body = checked(call)?;
    rules::operator_of_patch(&body, old)?;
    let stored = old.as_object().cloned().unwrap_or_default();
    let mut policy = normalise::policy(&normalise::patched(&stored, &body, options.nested_patch));
    policy["modifiedDateTime"] = now().into();
    let policy = Value::Object(policy);
    rules::whole(&policy)?;
    references::exist(call.seen(tenant), call.edition, &policy, old)?;
    tenant.policies.insert(id.into(), policy);
    Ok(Reply::no_content())
}

/// A stored policy as the edition answers it. Graph writes plain members, lists and nulls
/// first and objects behind them, each in a fixed order.
pub(super) fn render(edition: Edition, stored: &Value, tenant: &Tenant) -> Value {
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
        let place = format!("{PLACE}('{}')", text(stored, "id").unwrap_or_default());
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
    part.plain(&names[..1]);
    part.null(&names[1..]);
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
        .map(|s| strengths::render(edition, s, &place));
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
