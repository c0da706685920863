//! From an action to its requests, as values: nothing is sent here.
//!
//! Where an id is not known yet, the request holds a stand-in (`pending:Kind:name`), which
//! the executor replaces once the object exists.

use serde_json::{Map, Value, json};

use crate::graph::Request;
use crate::graph::request::encode;
use crate::model::enums::SignInFrequencyInterval;
use crate::model::facts::{Edition, Facts};
use crate::model::group::{Group, nickname_from};
use crate::model::location::{
    COUNTRY_NAMED_LOCATION, IP_NAMED_LOCATION, LocationType, NamedLocation,
};
use crate::model::normal::{READ_ONLY, holds_something, is_annotation, is_empty};
use crate::model::policy::{ConditionalAccessPolicy, ExternalTenants};
use crate::model::strength::{
    AuthenticationStrength, CombinationConfiguration, FIDO2_CONFIGURATION, X509_CONFIGURATION,
};
use crate::model::user::{TEST_USER_MARK, TestUser};
use crate::model::values::List;
use crate::model::{Kind, Object};
use crate::plan::{Action, Phase, Verb};
use crate::tenant::read::{CONTEXTS, LOCATIONS, POLICIES, STRENGTHS};
use crate::tenant::resolve::pending;

/// How many members one PATCH may add (Add members).
const MEMBERS_LIMIT: usize = 20;

/// One request of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When it is sent.
    pub phase: Phase,
    /// The request, perhaps with stand-ins.
    pub request: Request,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the object: the answer holds its id.
    Create,
    /// Makes a test user: a password is put into the body when it is sent.
    CreateUser,
    /// Changes it.
    Change,
    /// Adds a member: to be one already is success.
    AddMember,
    /// Deletes it.
    Delete,
}

/// The requests of an action, in order.
pub fn steps(action: &Action) -> Vec<Step> {
    let step = |phase, purpose, request| Step {
        phase,
        request,
        purpose,
    };
    let edition = action.edition;
    let id = action
        .id
        .clone()
        .unwrap_or_else(|| pending(action.kind, &action.name));
    let main = action.phase;
    match (action.verb, &action.desired, &action.live) {
        (Verb::Create, Some(desired), _) => {
            let mut list = Vec::new();
            match desired {
                Object::ConditionalAccessPolicy(policy) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(edition, POLICIES, policy_create(policy)),
                )),
                Object::NamedLocation(location) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(edition, LOCATIONS, location_body(location)),
                )),
                Object::AuthenticationStrength(strength) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(Edition::V1, STRENGTHS, strength_create(strength)),
                )),
                Object::AuthenticationContext(context) => {
                    let path = format!("{CONTEXTS}/{}", encode(desired.name()));
                    let body = json!({
                        "displayName": context.display_name,
                        "description": context.description,
                        "isAvailable": context.is_available.unwrap_or(false),
                    });
                    list.push(step(
                        main,
                        Purpose::Change,
                        Request::patch(Edition::V1, path, without_nulls(body)),
                    ));
                }
                Object::Group(group) => {
                    list.push(step(
                        main,
                        Purpose::Create,
                        Request::post(Edition::V1, "/groups", group_create(group)),
                    ));
                    let members = group.members.clone().unwrap_or_default();
                    list.extend(add_members(&id, &members));
                }
                Object::TestUser(user) => {
                    list.push(step(
                        main,
                        Purpose::CreateUser,
                        Request::post(Edition::V1, "/users", user_create(user)),
                    ));
                    for group in user.member_of.iter().flat_map(|l| l.iter()) {
                        list.extend(add_members(group, std::slice::from_ref(&id)));
                    }
                }
            }
            list
        }
        (Verb::Update, Some(desired), Some(live)) => match (desired, &live.object) {
            (Object::ConditionalAccessPolicy(policy), Object::ConditionalAccessPolicy(_)) => {
                vec![step(
                    main,
                    Purpose::Change,
                    Request::patch(
                        edition,
                        format!("{POLICIES}/{id}"),
                        policy_update(policy, action, &live.raw),
                    ),
                )]
            }
            (Object::NamedLocation(location), Object::NamedLocation(_)) => vec![step(
                main,
                Purpose::Change,
                Request::patch(
                    edition,
                    format!("{LOCATIONS}/{id}"),
                    location_body(location),
                ),
            )],
            (Object::AuthenticationStrength(want), Object::AuthenticationStrength(have)) => {
                strength_update(&id, want, have, &action.changes)
                    .into_iter()
                    .map(|request| step(main, Purpose::Change, request))
                    .collect()
            }
            (Object::AuthenticationContext(want), _) => {
                let mut body = changed_members(action, &desired.to_value());
                if body.get("isAvailable").is_some() {
                    body["isAvailable"] = want.is_available.unwrap_or(false).into();
                }
                let path = format!("{CONTEXTS}/{}", encode(&id));
                vec![step(
                    main,
                    Purpose::Change,
                    Request::patch(Edition::V1, path, body),
                )]
            }
            (Object::Group(want), Object::Group(have)) => {
                let mut list = Vec::new();
                let body = group_update(want, action);
                if !is_empty(&body) {
                    let request = Request::patch(Edition::V1, format!("/groups/{id}"), body);
                    list.push(step(main, Purpose::Change, request));
                }
                if let Some(members) = &want.members {
                    let old = have.members.clone().unwrap_or_default();
                    let (added, removed) = difference(&old, members);
                    list.extend(add_members(&id, &added));
                    list.extend(removed.iter().map(|member| remove_member(&id, member)));
                }
                list
            }
            (Object::TestUser(want), Object::TestUser(_)) => {
                let mut list = Vec::new();
                let mut body = changed_members(action, &desired.to_value());
                if let Some(map) = body.as_object_mut() {
                    map.shift_remove("memberOf");
                    if map.contains_key("accountEnabled") {
                        let enabled = want.account_enabled.unwrap_or(true);
                        map.insert("accountEnabled".to_owned(), enabled.into());
                    }
                }
                if !is_empty(&body) {
                    let request = Request::patch(Edition::V1, format!("/users/{id}"), body);
                    list.push(step(main, Purpose::Change, request));
                }
                let side = |value: &Value| -> Vec<String> {
                    value
                        .get("memberOf")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(|item| item.as_str().map(str::to_owned))
                        .collect()
                };
                let (added, removed) = difference(&side(&action.before), &side(&action.after));
                for group in &added {
                    list.extend(add_members(group, std::slice::from_ref(&id)));
                }
                list.extend(removed.iter().map(|group| remove_member(group, &id)));
                list
            }
            _ => Vec::new(),
        },
        (Verb::Delete, _, Some(live)) => {
            let mut list = Vec::new();
            let path = match action.kind {
                Kind::ConditionalAccessPolicy => format!("{POLICIES}/{id}"),
                Kind::NamedLocation => format!("{LOCATIONS}/{id}"),
                Kind::AuthenticationStrength => format!("{STRENGTHS}/{id}"),
                Kind::AuthenticationContext => format!("{CONTEXTS}/{}", encode(&id)),
                Kind::Group => format!("/groups/{id}"),
                Kind::TestUser => format!("/users/{id}"),
            };
            match &live.object {
                // NL-R07: a trusted location is untrusted first.
                Object::NamedLocation(location) if location.is_trusted == Some(true) => {
                    let body = json!({ "@odata.type": IP_NAMED_LOCATION, "isTrusted": false });
                    let request = Request::patch(edition, path.as_str(), body);
                    list.push(step(main, Purpose::Change, request));
                }
                // AC-R02: a published context is withdrawn first.
                Object::AuthenticationContext(context) if context.is_available == Some(true) => {
                    let request =
                        Request::patch(Edition::V1, path.as_str(), json!({ "isAvailable": false }));
                    list.push(step(main, Purpose::Change, request));
                }
                _ => {}
            }
            let edition = match action.kind {
                Kind::ConditionalAccessPolicy | Kind::NamedLocation => edition,
                _ => Edition::V1,
            };
            list.push(step(main, Purpose::Delete, Request::delete(edition, path)));
            list
        }
        _ => Vec::new(),
    }
}

fn difference(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let has = |list: &[String], id: &String| list.iter().any(|i| i.eq_ignore_ascii_case(id));
    (
        new.iter().filter(|id| !has(old, id)).cloned().collect(),
        old.iter().filter(|id| !has(new, id)).cloned().collect(),
    )
}

fn add_members(group: &str, members: &[String]) -> Vec<Step> {
    members
        .chunks(MEMBERS_LIMIT)
        .map(|chunk| {
            let binds: Vec<String> = chunk
                .iter()
                .map(|id| format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}"))
                .collect();
            let request = match binds.as_slice() {
                [one] => Request::post(
                    Edition::V1,
                    format!("/groups/{group}/members/$ref"),
                    json!({ "@odata.id": one }),
                ),
                several => Request::patch(
                    Edition::V1,
                    format!("/groups/{group}"),
                    json!({ "members@odata.bind": several }),
                ),
            };
            Step {
                phase: Phase::Link,
                request,
                purpose: Purpose::AddMember,
            }
        })
        .collect()
}

fn remove_member(group: &str, member: &str) -> Step {
    Step {
        phase: Phase::Unlink,
        // Without `/$ref` Graph would delete the member itself.
        request: Request::delete(
            Edition::V1,
            format!("/groups/{group}/members/{member}/$ref"),
        ),
        purpose: Purpose::Delete,
    }
}

/// The changed first-level members of an object, each whole and explicit.
fn changed_members(action: &Action, whole: &Value) -> Value {
    let mut body = Map::new();
    for path in &action.changes {
        let first = path.split('.').next().unwrap_or(path);
        let value = whole.get(first).cloned().unwrap_or(Value::Null);
        body.insert(first.to_owned(), value);
    }
    Value::Object(body)
}

/// The body of Create conditionalAccessPolicy: what the manifest says and no more.
pub fn policy_create(policy: &ConditionalAccessPolicy) -> Value {
    let mut policy = policy.clone();
    prepare(&mut policy);
    let mut value = Object::ConditionalAccessPolicy(Box::new(policy)).to_value();
    drop_read_only(&mut value);
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("description");
    }
    prune(&mut value);
    value
}

/// The body of Update conditionalAccessPolicy: each part that differs, whole and explicit,
/// so that it means the same whether the service merges or replaces. Live members that
/// gatewright does not know are carried along.
fn policy_update(policy: &ConditionalAccessPolicy, action: &Action, raw: &Value) -> Value {
    let mut policy = policy.clone();
    prepare(&mut policy);
    // Written out: an empty list is refused (CA-R06), and leaving it out keeps the old one.
    policy
        .conditions
        .client_app_types
        .get_or_insert_with(|| List(vec![crate::model::enums::ClientApp::All]));
    let every_time = policy
        .session_controls
        .as_ref()
        .and_then(|s| s.sign_in_frequency.as_ref())
        .is_some_and(|f| f.frequency_interval == Some(SignInFrequencyInterval::EveryTime));
    let whole = Object::ConditionalAccessPolicy(Box::new(policy)).to_value();
    let mut body = changed_members(action, &whole);
    complete("conditionalAccessPolicy", &mut body, raw);
    // A removed strength is written as null; where there was none, none is mentioned.
    if raw
        .pointer("/grantControls/authenticationStrength")
        .is_none_or(Value::is_null)
        && let Some(grant) = body.get_mut("grantControls").and_then(Value::as_object_mut)
        && grant
            .get("authenticationStrength")
            .is_some_and(Value::is_null)
    {
        grant.shift_remove("authenticationStrength");
    }
    // CA-R103: these must not be sent at all beside `everyTime`.
    if every_time
        && let Some(session) = body
            .get_mut("sessionControls")
            .and_then(Value::as_object_mut)
    {
        for name in [
            "applicationEnforcedRestrictions",
            "disableResilienceDefaults",
        ] {
            if session.get(name).is_some_and(Value::is_null) {
                session.shift_remove(name);
            }
        }
    }
    body
}

/// Takes out beta-only members that neither side uses, and puts in what only the live
/// object has and the model does not know.
fn complete(type_name: &str, body: &mut Value, live: &Value) {
    let facts = Facts::get();
    let mut known = facts.properties(type_name, Edition::Beta);
    for concrete in facts.concrete(type_name) {
        // The model holds the members of every derived type: none of them is unknown.
        known.extend(facts.properties(concrete, Edition::Beta));
    }
    let navigation = facts.navigation(type_name);
    let Value::Object(map) = body else { return };
    map.retain(|name, value| {
        let beta = known.get(name.as_str()).is_some_and(|fact| fact.beta);
        !beta || holds_something(value) || live.get(name).is_some_and(holds_something)
    });
    for (name, value) in map.iter_mut() {
        let Some(fact) = known.get(name.as_str()) else {
            continue;
        };
        if facts.types.contains_key(&fact.type_name) && value.is_object() {
            complete(
                &fact.type_name,
                value,
                live.get(name).unwrap_or(&Value::Null),
            );
        }
    }
    if type_name == "conditionalAccessPolicy" {
        return; // only parts that are sent: a first-level member of its own stays as it is
    }
    for (name, value) in live.as_object().into_iter().flatten() {
        if !is_annotation(name)
            && !known.contains_key(name.as_str())
            && !navigation.contains_key(name.as_str())
            && holds_something(value)
        {
            map.insert(name.clone(), value.clone());
        }
    }
}

/// Spells out what a manifest implies.
fn prepare(policy: &mut ConditionalAccessPolicy) {
    if let Some(users) = &mut policy.conditions.users {
        for guests in [
            &mut users.include_guests_or_external_users,
            &mut users.exclude_guests_or_external_users,
        ]
        .into_iter()
        .flatten()
        {
            if let Some(tenants) = &mut guests.external_tenants {
                prepare_tenants(tenants);
            }
        }
    }
    // CA-R20: a policy for workload identities includes no user.
    if policy.conditions.client_applications.is_some() && policy.conditions.users.is_none() {
        policy.conditions.users = Some(crate::model::policy::Users {
            include_users: List(vec!["None".to_owned()]),
            ..Default::default()
        });
    }
    if let Some(grant) = &mut policy.grant_controls {
        if grant.requirements() == 0 {
            policy.grant_controls = None;
        } else if let Some(operator) = &mut grant.operator {
            *operator = operator.to_ascii_uppercase();
        }
    }
    policy.session_controls.take_if(|s| !s.is_effective());
}

fn prepare_tenants(tenants: &mut ExternalTenants) {
    use crate::model::enums::MembershipKind;
    let enumerated = tenants.membership_kind == Some(MembershipKind::Enumerated)
        || tenants.membership_kind.is_none() && !tenants.members.is_empty();
    tenants.membership_kind = Some(if enumerated {
        MembershipKind::Enumerated
    } else {
        MembershipKind::All
    });
    tenants.odata_type = Some(
        if enumerated {
            "#microsoft.graph.conditionalAccessEnumeratedExternalTenants"
        } else {
            "#microsoft.graph.conditionalAccessAllExternalTenants"
        }
        .to_owned(),
    );
}

/// The body of Create and Update namedLocation: always whole, always with its type.
fn location_body(location: &NamedLocation) -> Value {
    match location.location_type() {
        LocationType::Country => json!({
            "@odata.type": COUNTRY_NAMED_LOCATION,
            "displayName": location.display_name,
            "countriesAndRegions": location
                .countries_and_regions
                .iter()
                .map(|code| code.trim().to_ascii_uppercase())
                .collect::<Vec<_>>(),
            "includeUnknownCountriesAndRegions":
                location.include_unknown_countries_and_regions.unwrap_or(false),
            "countryLookupMethod": location
                .country_lookup_method
                .clone()
                .unwrap_or(crate::model::enums::CountryLookupMethod::ClientIpAddress),
        }),
        LocationType::CompliantNetwork => json!({
            "@odata.type": crate::model::location::COMPLIANT_NETWORK_NAMED_LOCATION,
            "displayName": location.display_name,
            "isTrusted": location.is_trusted.unwrap_or(false),
        }),
        LocationType::Ip | LocationType::Other(_) => json!({
            "@odata.type": IP_NAMED_LOCATION,
            "displayName": location.display_name,
            "isTrusted": location.is_trusted.unwrap_or(false),
            "ipRanges": location.ip_ranges,
        }),
    }
}

fn strength_create(strength: &AuthenticationStrength) -> Value {
    let mut body = json!({
        "displayName": strength.display_name,
        "description": strength.description,
        "allowedCombinations": strength.allowed_combinations,
    });
    if !strength.combination_configurations.is_empty() {
        let list: Vec<Value> = strength
            .combination_configurations
            .iter()
            .map(configuration_body)
            .collect();
        body["combinationConfigurations"] = Value::Array(list);
    }
    without_nulls(body)
}

fn configuration_body(configuration: &CombinationConfiguration) -> Value {
    if configuration.is_fido2() {
        json!({
            "@odata.type": FIDO2_CONFIGURATION,
            "appliesToCombinations": configuration.applies_to_combinations,
            "allowedAAGUIDs": configuration.allowed_aaguids,
        })
    } else {
        json!({
            "@odata.type": X509_CONFIGURATION,
            "appliesToCombinations": configuration.applies_to_combinations,
            "allowedIssuerSkis": configuration.allowed_issuer_skis,
            "allowedPolicyOIDs": configuration.allowed_policy_oids,
        })
    }
}

/// Names and combinations are changed by calls of their own (AS-R03); configurations are
/// sub-resources.
fn strength_update(
    id: &str,
    want: &AuthenticationStrength,
    have: &AuthenticationStrength,
    changes: &[String],
) -> Vec<Request> {
    let mut list = Vec::new();
    let base = format!("{STRENGTHS}/{id}");
    let changed = |name: &str| changes.iter().any(|c| c == name);
    let mut names = Map::new();
    if changed("displayName") {
        names.insert("displayName".to_owned(), json!(want.display_name));
    }
    if changed("description") {
        names.insert("description".to_owned(), json!(want.description));
    }
    if !names.is_empty() {
        list.push(Request::patch(
            Edition::V1,
            base.as_str(),
            Value::Object(names),
        ));
    }
    if changed("allowedCombinations") {
        list.push(Request::post(
            Edition::V1,
            format!("{base}/updateAllowedCombinations"),
            json!({ "allowedCombinations": want.allowed_combinations }),
        ));
    }
    if changed("combinationConfigurations") {
        let path = format!("{base}/combinationConfigurations");
        let mut old: Vec<&CombinationConfiguration> =
            have.combination_configurations.iter().collect();
        let mut added = Vec::new();
        let key = |c: &CombinationConfiguration| {
            let mut applies: Vec<String> = c
                .applies_to_combinations
                .iter()
                .map(|f| f.joined())
                .collect();
            applies.sort();
            (c.is_fido2(), applies)
        };
        for configuration in want.combination_configurations.iter() {
            match old.iter().position(|o| key(o) == key(configuration)) {
                Some(at) => {
                    let live = old.remove(at);
                    let body = configuration_body(configuration);
                    if let Some(config_id) = &live.id
                        && configuration_body(live) != body
                    {
                        list.push(Request::patch(
                            Edition::V1,
                            format!("{path}/{}", encode(config_id)),
                            body,
                        ));
                    }
                }
                None => added.push(configuration_body(configuration)),
            }
        }
        // First out, then in: two configurations may not be for one combination.
        for configuration in old {
            if let Some(config_id) = &configuration.id {
                let path = format!("{path}/{}", encode(config_id));
                list.push(Request::delete(Edition::V1, path));
            }
        }
        list.extend(
            added
                .into_iter()
                .map(|body| Request::post(Edition::V1, path.as_str(), body)),
        );
    }
    list
}

fn group_create(group: &Group) -> Value {
    let mut body = json!({
        "displayName": group.display_name,
        "mailEnabled": group.mail_enabled.unwrap_or(false),
        "mailNickname": group
            .mail_nickname
            .clone()
            .unwrap_or_else(|| nickname_from(&group.display_name)),
        "securityEnabled": group.security_enabled.unwrap_or(true),
        "groupTypes": group.group_types,
        "description": group.description,
        "membershipRule": group.membership_rule,
        "membershipRuleProcessingState": group.membership_rule_processing_state,
        "isAssignableToRole": group.is_assignable_to_role.filter(|flag| *flag),
    });
    if group.is_dynamic() && group.membership_rule_processing_state.is_none() {
        body["membershipRuleProcessingState"] = json!("On");
    }
    without_nulls(body)
}

fn group_update(group: &Group, action: &Action) -> Value {
    let whole = Object::Group(group.clone()).to_value();
    let mut body = changed_members(action, &whole);
    if let Some(map) = body.as_object_mut() {
        map.shift_remove("members");
        if map.contains_key("securityEnabled") {
            let enabled = group.security_enabled.unwrap_or(true);
            map.insert("securityEnabled".to_owned(), enabled.into());
        }
        if map.contains_key("membershipRuleProcessingState") && group.is_dynamic() {
            let state = group.membership_rule_processing_state.as_deref();
            let state = state.unwrap_or("On");
            map.insert("membershipRuleProcessingState".to_owned(), state.into());
        }
    }
    body
}

fn user_create(user: &TestUser) -> Value {
    let nickname = user.mail_nickname.clone().unwrap_or_else(|| {
        let local = user.user_principal_name.split('@').next();
        nickname_from(local.unwrap_or_default())
    });
    let mut value = Object::TestUser(user.clone()).to_value();
    drop_read_only(&mut value);
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("memberOf");
        map.insert(
            "accountEnabled".to_owned(),
            user.account_enabled.unwrap_or(true).into(),
        );
        map.insert("mailNickname".to_owned(), nickname.into());
        map.insert("employeeType".to_owned(), TEST_USER_MARK.into());
    }
    without_nulls(value)
}

fn drop_read_only(value: &mut Value) {
    if let Some(map) = value.as_object_mut() {
        for name in READ_ONLY {
            map.shift_remove(*name);
        }
    }
}

/// Takes empties out at every depth.
fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => map.retain(|_, member| {
            prune(member);
            !is_empty(member)
        }),
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, member| !member.is_null());
    }
    value
}
