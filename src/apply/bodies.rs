//! The bodies of the requests, as Graph documents them: values, built without any I/O.

use serde_json::{Map, Value, json};

use crate::graph::Request;
use crate::graph::request::item;
use crate::model::Object;
use crate::model::conditions::CONDITIONS;
use crate::model::context::AuthenticationContext;
use crate::model::enums::{SignInFrequencyAuthenticationType, SignInFrequencyInterval};
use crate::model::facts::{Edition, Facts};
use crate::model::group::{Group, nickname_from};
use crate::model::location::{
    COUNTRY_NAMED_LOCATION, IP_NAMED_LOCATION, LocationType, NamedLocation,
};
use crate::model::normal::{READ_ONLY, holds_something, is_annotation, is_empty, unknown_members};
use crate::model::policy::{ConditionalAccessPolicy, ExternalTenants};
use crate::model::strength::{
    AuthenticationStrength, CombinationConfiguration, FIDO2_CONFIGURATION, X509_CONFIGURATION,
};
use crate::model::tables::special;
use crate::model::user::{TEST_USER_MARK, TestUser};
use crate::model::values::List;
use crate::plan::Action;
use crate::tenant::read::STRENGTHS;

/// The body that creates an object. Who is a member of a group is said by requests of their own, and
/// the id of an authentication context stands in the path.
pub fn create_body(object: &Object) -> Value {
    match object {
        Object::ConditionalAccessPolicy(policy) => policy_create(policy),
        Object::NamedLocation(location) => location_body(location),
        Object::AuthenticationStrength(strength) => strength_create(strength),
        Object::AuthenticationContext(context) => context_create(context),
        Object::Group(group) => group_create(group),
        Object::TestUser(user) => user_create(user),
    }
}

/// The changed first-level members of an object, each whole and explicit.
pub(super) fn changed_members(action: &Action, whole: &Value) -> Value {
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
pub(super) fn policy_update(
    policy: &ConditionalAccessPolicy,
    action: &Action,
    raw: &Value,
) -> Value {
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

/// CA-R103: with `everyTime` the two controls below must not be mentioned at all, so that
/// they cannot be cleared in the same request. Where the live policy has one of them, it is
/// cleared first, beside a frequency that goes by time.
pub(super) fn before_every_time(
    want: &ConditionalAccessPolicy,
    have: &ConditionalAccessPolicy,
) -> Option<Value> {
    let wanted = want.session_controls.as_ref()?;
    let every_time = wanted
        .sign_in_frequency
        .as_ref()
        .is_some_and(|f| f.frequency_interval == Some(SignInFrequencyInterval::EveryTime));
    let live = have.session_controls.as_ref()?;
    let in_the_way = live.disable_resilience_defaults == Some(true)
        || live
            .application_enforced_restrictions
            .as_ref()
            .is_some_and(|c| c.is_enabled == Some(true));
    if !every_time || !in_the_way {
        return None;
    }
    let frequency = live
        .sign_in_frequency
        .as_ref()
        .filter(|f| f.is_enabled == Some(true))
        .map_or_else(
            || {
                json!({
                    "isEnabled": true, "type": "hours", "value": 1,
                    "authenticationType": "primaryAndSecondaryAuthentication",
                    "frequencyInterval": "timeBased",
                })
            },
            |f| json!(f),
        );
    Some(json!({
        "applicationEnforcedRestrictions": null,
        "disableResilienceDefaults": null,
        "signInFrequency": frequency,
        "cloudAppSecurity": live.cloud_app_security,
        "persistentBrowser": live.persistent_browser,
        "secureSignInSession": live.secure_sign_in_session,
    }))
}

/// Takes out members that neither side uses and not every edition or cloud knows, and puts in
/// what only the live object has and the model does not know.
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
        // Some clouds refuse to hear the name of a condition that they lack.
        let lacking = type_name == "conditionalAccessConditionSet"
            && CONDITIONS
                .iter()
                .any(|row| row.name == name && !row.lacking.is_empty());
        !(beta || lacking) || holds_something(value) || live.get(name).is_some_and(holds_something)
    });
    for (name, value) in map.iter_mut() {
        let Some(fact) = known.get(name.as_str()) else {
            continue;
        };
        if !facts.types.contains_key(&fact.type_name) || fact.collection {
            continue;
        }
        let have = live.get(name).unwrap_or(&Value::Null);
        // Dropped as a whole, it would take along what only the live object has.
        if value.is_null() && !unknown_members(&fact.type_name, have).is_empty() {
            *value = empty_object(&fact.type_name);
        }
        if value.is_object() {
            complete(&fact.type_name, value, have);
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

/// Every member of a type, with nothing in it.
fn empty_object(type_name: &str) -> Value {
    let facts = Facts::get();
    let members = facts.properties(type_name, Edition::Beta);
    let empty = members.iter().map(|(name, fact)| {
        let value = if fact.collection {
            Value::Array(Vec::new())
        } else {
            Value::Null
        };
        ((*name).to_owned(), value)
    });
    Value::Object(empty.collect())
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
            prepare_tenants(guests.external_tenants.get_or_insert_default());
        }
    }
    let conditions = &mut policy.conditions;
    conditions
        .insider_risk_levels
        .take_if(|levels| levels.is_empty());
    conditions
        .agent_id_risk_levels
        .take_if(|levels| levels.is_empty());
    (conditions.authentication_flows).take_if(|flows| flows.transfer_methods.is_empty());
    if let Some(apps) = &mut policy.conditions.applications {
        for action in apps.include_user_actions.iter_mut() {
            if let Some(known) = special::canonical(special::user_actions(), action) {
                *action = known.to_owned();
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
    // Written out as the service stores them, so that a merge keeps nothing of before.
    let frequency = policy
        .session_controls
        .as_mut()
        .and_then(|session| session.sign_in_frequency.as_mut())
        .filter(|frequency| frequency.is_enabled == Some(true));
    if let Some(frequency) = frequency {
        frequency
            .authentication_type
            .get_or_insert(SignInFrequencyAuthenticationType::PrimaryAndSecondary);
        frequency
            .frequency_interval
            .get_or_insert(SignInFrequencyInterval::TimeBased);
    }
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
pub(super) fn location_body(location: &NamedLocation) -> Value {
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

pub(super) fn strength_create(strength: &AuthenticationStrength) -> Value {
    let configurations = &strength.combination_configurations;
    let configurations: Vec<Value> = configurations.iter().map(configuration_body).collect();
    only_set(json!({
        "displayName": strength.display_name,
        "description": strength.description,
        "allowedCombinations": strength.allowed_combinations,
        "combinationConfigurations": (!configurations.is_empty()).then_some(configurations),
    }))
}

pub(super) fn configuration_body(configuration: &CombinationConfiguration) -> Value {
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
pub(super) fn strength_update(
    id: &str,
    want: &AuthenticationStrength,
    have: &AuthenticationStrength,
    changes: &[String],
) -> Vec<Request> {
    let mut list = Vec::new();
    let base = item(STRENGTHS, id);
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
                        list.push(Request::patch(Edition::V1, item(&path, config_id), body));
                    }
                }
                None => added.push(configuration_body(configuration)),
            }
        }
        // First out, then in: two configurations may not be for one combination.
        for configuration in old {
            if let Some(config_id) = &configuration.id {
                let path = item(&path, config_id);
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

pub(super) fn context_create(context: &AuthenticationContext) -> Value {
    only_set(json!({
        "displayName": context.display_name,
        "description": context.description,
        "isAvailable": context.is_available.unwrap_or(false),
    }))
}

pub(super) fn group_create(group: &Group) -> Value {
    let processing = match &group.membership_rule_processing_state {
        None if group.is_dynamic() => json!("On"),
        state => json!(state),
    };
    only_set(json!({
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
        "membershipRuleProcessingState": processing,
        "isAssignableToRole": group.is_assignable_to_role.filter(|flag| *flag),
    }))
}

pub(super) fn group_update(group: &Group, action: &Action) -> Value {
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

pub(super) fn user_create(user: &TestUser) -> Value {
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
    only_set(value)
}

/// Everything that a manifest says of a restored user, what it leaves out included.
pub(super) fn user_restored(user: &TestUser) -> Value {
    let mut value = Object::TestUser(user.clone()).to_value();
    drop_read_only(&mut value);
    if let Some(map) = value.as_object_mut() {
        for name in ["memberOf", "employeeType"] {
            map.shift_remove(name);
        }
        // What cannot be null, and is left alone where the manifest is silent.
        for name in ["mailNickname", "usageLocation"] {
            if map.get(name).is_none_or(Value::is_null) {
                map.shift_remove(name);
            }
        }
        let enabled = user.account_enabled.unwrap_or(true);
        map.insert("accountEnabled".to_owned(), enabled.into());
    }
    value
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

/// A body without its members that are not set: of a new object they are left out.
fn only_set(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, member| !member.is_null());
    }
    value
}
