//! The normal form: two objects that mean the same to the service have the same one.
//!
//! Absent, `null` and empty are one; lists are sets; flags are sets; what the service
//! rewrites on its own (an operator for a single requirement, session controls without
//! effect, defaults) is written one way. The form is also the plain form of a manifest:
//! an IP range is its CIDR text, a strength its id or name. Sources: the rewrites that
//! the create and list pages show, and the rules named where they are applied.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::enums::*;
use super::facts::{Edition, Facts, Property};
use super::group::Group;
use super::kind::{Kind, Object, folded_name};
use super::location::{LocationType, NamedLocation};
use super::policy::{ConditionalAccessPolicy, ExternalTenants};
use super::tables::special;
use super::values::List;
use crate::text::is_guid;
use crate::text::pointer::below;

impl Object {
    /// The normal form. Read-only members, the id and annotations have no part in it.
    /// Taking the normal form of a normal form changes nothing.
    pub fn normal_form(&self) -> Value {
        let mut copy = self.clone();
        for reference in copy.references_mut() {
            let text = reference.target.trim();
            *reference.target = match special::canonical(reference.kind.special_values(), text) {
                Some(known) => known.to_owned(),
                None if is_guid(text) => text.to_ascii_lowercase(),
                None => text.to_owned(),
            };
        }
        let mut value = match copy {
            Object::ConditionalAccessPolicy(mut policy) => {
                normalize_policy(&mut policy);
                plain_policy(Object::ConditionalAccessPolicy(policy).to_value())
            }
            Object::NamedLocation(location) => plain_location(&location),
            Object::AuthenticationStrength(mut strength) => {
                for configuration in strength.combination_configurations.iter_mut() {
                    configuration.id = None;
                    configuration.odata_type = None;
                    for guid in configuration.allowed_aaguids.iter_mut() {
                        *guid = guid.to_ascii_lowercase();
                    }
                    for ski in configuration.allowed_issuer_skis.iter_mut() {
                        *ski = ski.to_ascii_uppercase();
                    }
                }
                Object::AuthenticationStrength(strength).to_value()
            }
            Object::AuthenticationContext(mut context) => {
                context.is_available.take_if(|flag| !*flag);
                Object::AuthenticationContext(context).to_value()
            }
            Object::Group(mut group) => {
                normalize_group(&mut group);
                Object::Group(group).to_value()
            }
            Object::TestUser(mut user) => {
                user.account_enabled.take_if(|flag| *flag);
                user.user_principal_name = folded_name(Kind::TestUser, &user.user_principal_name);
                user.employee_type = None;
                Object::TestUser(user).to_value()
            }
        };
        if let Value::Object(map) = &mut value {
            for read_only in READ_ONLY {
                map.shift_remove(*read_only);
            }
            // Listed and empty is a statement of its own here: nobody is a member.
            let kept = ["members", "memberOf"].map(|name| (name, map.get(name).cloned()));
            settle(&mut value);
            if let Value::Object(map) = &mut value {
                settle_grant(map);
                for (name, list) in kept {
                    if list.is_some_and(|l| l.as_array().is_some_and(Vec::is_empty)) {
                        map.insert(name.to_owned(), Value::Array(Vec::new()));
                    }
                }
            }
        }
        value
    }
}

/// Members that the service sets, on whatever kind they occur.
pub const READ_ONLY: &[&str] = &[
    "id",
    "createdDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "templateId",
    "policyType",
    "requirementsSatisfied",
    "partialEnablementStrategy",
];

/// Members that real answers hold without any content, and that no schema names (seen in
/// exports and answers): a pasted answer is right with them.
pub const ANSWER_ONLY: &[&str] = &[
    "partialEnablementStrategy",
    "times",
    "clients",
    "signInRiskDetections",
    "networkAccess",
    "globalSecureAccess",
    "networkAccessSecurity",
    "blockSensitiveActions",
];

fn normalize_policy(policy: &mut ConditionalAccessPolicy) {
    // Graph has the property and does not use it (its documentation says so).
    policy.description = None;
    let conditions = &mut policy.conditions;
    conditions
        .client_app_types
        .take_if(|types| types.is_empty() || types.0 == [ClientApp::All]);
    if let Some(apps) = &mut conditions.applications {
        for action in apps.include_user_actions.iter_mut() {
            if let Some(known) = special::canonical(special::user_actions(), action) {
                *action = known.to_owned();
            }
        }
    }
    if let Some(users) = &mut conditions.users {
        for guests in [
            &mut users.include_guests_or_external_users,
            &mut users.exclude_guests_or_external_users,
        ]
        .into_iter()
        .flatten()
        {
            // Unsaid, they are all tenants (CA-R27).
            normalize_tenants(guests.external_tenants.get_or_insert_default());
        }
    }
    // The service writes includeUsers: [None] on a policy for workload identities (CA-R20).
    if conditions.client_applications.is_some()
        && conditions.users.as_ref().is_some_and(|users| {
            let mut named = users.include_users.iter().filter(|name| !name.is_empty());
            named.next().is_some_and(|name| name == "None") && named.all(|name| name == "None")
        })
    {
        let mut rest = conditions.users.take().unwrap_or_default();
        rest.include_users = List::default();
        conditions.users = (rest != Default::default()).then_some(rest);
    }
    if let Some(grant) = &mut policy.grant_controls {
        let operator = grant.operator.take();
        grant.operator =
            Some(operator.map_or_else(|| "OR".to_owned(), |text| text.to_ascii_uppercase()));
    }
    policy.session_controls.take_if(|s| !s.normalize());
}

fn normalize_tenants(tenants: &mut ExternalTenants) {
    let enumerated = match &tenants.membership_kind {
        Some(kind) => *kind == MembershipKind::Enumerated,
        None => {
            !tenants.members.is_empty()
                || tenants
                    .odata_type
                    .as_deref()
                    .is_some_and(|t| t.ends_with("EnumeratedExternalTenants"))
        }
    };
    if tenants.membership_kind.is_none() {
        tenants.membership_kind = Some(if enumerated {
            MembershipKind::Enumerated
        } else {
            MembershipKind::All
        });
    }
    tenants.odata_type = None;
    for member in tenants.members.iter_mut() {
        *member = member.to_ascii_lowercase();
    }
}

/// A strength stands by its id or name alone.
fn plain_policy(mut value: Value) -> Value {
    if let Some(slot) = value.pointer_mut("/grantControls/authenticationStrength")
        && let Some(id) = slot.get_mut("id").map(Value::take)
    {
        *slot = id;
    }
    value
}

fn plain_location(location: &NamedLocation) -> Value {
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
    put("displayName", location.display_name.clone().into());
    match location.location_type() {
        LocationType::Ip => {
            let ranges: Vec<Value> = location
                .ip_ranges
                .iter()
                .map(|range| range.canonical().into())
                .collect();
            put("ipRanges", ranges.into());
            if location.is_trusted == Some(true) {
                put("isTrusted", true.into());
            }
        }
        LocationType::Country => {
            let codes: Vec<Value> = location
                .countries_and_regions
                .iter()
                .map(|code| code.trim().to_ascii_uppercase().into())
                .collect();
            put("countriesAndRegions", codes.into());
            if location.include_unknown_countries_and_regions == Some(true) {
                put("includeUnknownCountriesAndRegions", true.into());
            }
            if let Some(method) = &location.country_lookup_method
                && *method != CountryLookupMethod::ClientIpAddress
            {
                put(
                    "countryLookupMethod",
                    super::values::GraphEnum::as_str(method).into(),
                );
            }
        }
        LocationType::CompliantNetwork => {
            if let Some(kind) = &location.compliant_network_type {
                put(
                    "compliantNetworkType",
                    super::values::GraphEnum::as_str(kind).into(),
                );
            }
            if location.is_trusted == Some(true) {
                put("isTrusted", true.into());
            }
        }
        LocationType::Other(text) => {
            put("@odata.type", text.into());
        }
    }
    Value::Object(map)
}

fn normalize_group(group: &mut Group) {
    group.mail_enabled.take_if(|flag| !*flag);
    group.security_enabled.take_if(|flag| *flag);
    group.is_assignable_to_role.take_if(|flag| !*flag);
    group
        .membership_rule_processing_state
        .take_if(|state| state == "On" || group.membership_rule.is_none());
}

/// Brings JSON to its settled form: `null`, `[]` and `{}` vanish, lists are sorted and
/// hold each item once.
fn settle(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| {
                settle(member);
                !is_empty(member)
            });
        }
        Value::Array(items) => {
            items.iter_mut().for_each(settle);
            items.retain(|item| !is_empty(item));
            items.sort_by_cached_key(sort_key);
            items.dedup();
        }
        _ => {}
    }
}

/// What a policy asks for is counted when its lists are settled: without requirement there are no
/// grant controls, and the operator of a single one means nothing and is stored as OR (CA-R10).
fn settle_grant(policy: &mut Map<String, Value>) {
    let Some(Value::Object(grant)) = policy.get_mut("grantControls") else {
        return;
    };
    let lists = [
        "builtInControls",
        "customAuthenticationFactors",
        "termsOfUse",
    ];
    let listed = lists.map(|name| {
        grant
            .get(name)
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    });
    let strength = usize::from(grant.contains_key("authenticationStrength"));
    match listed.iter().sum::<usize>() + strength {
        0 => {
            policy.shift_remove("grantControls");
        }
        1 => {
            grant.insert("operator".to_owned(), "OR".into());
        }
        _ => {}
    }
}

fn sort_key(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// True for what means "not set": `null`, `[]`, `{}` and the empty text.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The same JSON without `null`, at every depth: absent and null are one, and the service answers
/// null where the model wants absent. A list that is empty may be a statement, and stays.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name.clone(), without_nulls(member)))
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(without_nulls)
            .collect(),
        other => other.clone(),
    }
}

/// One member that the facts table does not have, or has for Only beta.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundMember {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// Its value.
    pub value: Value,
}

/// The members of `value`, an object of the Graph type `type_name`, that no edition of the
/// facts table has and that hold something. Annotations do not count.
pub fn unknown_members(type_name: &str, value: &Value) -> Vec<FoundMember> {
    let mut found = Vec::new();
    walk(type_name, value, "", &mut |pointer, value, member| {
        if matches!(member, Member::Unknown) && holds_something(value) {
            found.push(FoundMember {
                pointer: pointer.to_owned(),
                value: value.clone(),
            });
        }
    });
    found
}

/// The members of `value` that only beta has and that hold something.
pub fn beta_members(type_name: &str, value: &Value) -> Vec<FoundMember> {
    let mut found = Vec::new();
    walk(type_name, value, "", &mut |pointer, value, member| {
        if matches!(member, Member::Beta) && holds_something(value) {
            found.push(FoundMember {
                pointer: pointer.to_owned(),
                value: value.clone(),
            });
        }
    });
    found
}

/// Whether `path` names a member that some edition of the facts table has: alone, of whatever
/// object of a policy, location, strength or context; with dots, from the object itself.
pub fn is_known_member(path: &str) -> bool {
    let roots = [
        Kind::ConditionalAccessPolicy,
        Kind::NamedLocation,
        Kind::AuthenticationStrength,
        Kind::AuthenticationContext,
    ];
    let mut next: Vec<&str> = roots.iter().map(|kind| kind.graph_type()).collect();
    if let Some((parents, last)) = path.rsplit_once('.') {
        // The types that the path leads to, step by step.
        for step in parents.split('.') {
            let step = step.split('[').next().unwrap_or_default();
            let members = next.iter().flat_map(|name| members_of(name));
            next = members
                .filter(|(name, _)| name.eq_ignore_ascii_case(step))
                .map(|(_, inner)| inner)
                .collect();
        }
        let mut members = next.iter().flat_map(|name| members_of(name));
        return members.any(|(name, _)| name.eq_ignore_ascii_case(last));
    }
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let mut types: BTreeSet<&str> = BTreeSet::new();
        let mut names = BTreeSet::new();
        while let Some(name) = next.pop() {
            if types.insert(name) {
                for (member, inner) in members_of(name) {
                    names.insert(member.to_ascii_lowercase());
                    next.push(inner);
                }
            }
        }
        names
    });
    names.contains(&path.to_ascii_lowercase())
}

/// The members of the type and of those that derive from it, with their types.
fn members_of(type_name: &str) -> Vec<(&'static str, &'static str)> {
    let facts = Facts::get();
    let mut found = Vec::new();
    let concrete = facts.concrete(type_name);
    for name in concrete.into_iter().chain(
        facts
            .types
            .get_key_value(type_name)
            .map(|(n, _)| n.as_str()),
    ) {
        let navigation = facts.navigation(name);
        let expanded = navigation.into_iter().filter(|(name, _)| {
            ["authenticationStrength", "combinationConfigurations"].contains(name)
        });
        let all = facts
            .properties(name, Edition::Beta)
            .into_iter()
            .chain(expanded);
        found.extend(all.map(|(name, property)| (name, property.type_name.as_str())));
    }
    found
}

/// True unless the value, however deep, is made of nothing but empties.
pub fn holds_something(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_something),
        Value::Object(map) => map
            .iter()
            .any(|(name, member)| !is_annotation(name) && holds_something(member)),
        other => !is_empty(other),
    }
}

/// True for OData annotations (`@odata.type`, `x@odata.context`) and bound actions
/// (`#microsoft.graph.restore`): no data of the object.
pub fn is_annotation(name: &str) -> bool {
    name.contains('@') || name.starts_with('#')
}

/// The members of a type.
struct TypeMembers {
    /// Its properties.
    stated: IndexMap<&'static str, &'static Property>,
    /// Those of the types that derive from it, too.
    any: IndexMap<&'static str, &'static Property>,
    navigation: IndexMap<&'static str, &'static Property>,
}

/// The members of a type of the facts table, worked out once.
fn members(type_name: &str) -> Option<&'static TypeMembers> {
    static KNOWN: OnceLock<HashMap<&'static str, OnceLock<TypeMembers>>> = OnceLock::new();
    let facts = Facts::get();
    let types = || facts.types.keys();
    let known = KNOWN.get_or_init(|| types().map(|t| (t.as_str(), OnceLock::new())).collect());
    let (name, slot) = known.get_key_value(type_name)?;
    Some(slot.get_or_init(|| {
        let stated = facts.properties(name, Edition::Beta);
        let mut any = stated.clone();
        for concrete in facts.concrete(name) {
            any.extend(facts.properties(concrete, Edition::Beta));
        }
        TypeMembers {
            stated,
            any,
            navigation: facts.navigation(name),
        }
    }))
}

/// Every member of a type, by name, with those of the types that derive from it; but of a policy: from
/// that the results of `evaluate` derive.
pub fn members_by_name(
    type_name: &str,
) -> impl Iterator<Item = (&'static str, &'static Property)> + use<> {
    let with_derived = type_name != Kind::ConditionalAccessPolicy.graph_type();
    let all = members(type_name).into_iter();
    all.flat_map(move |all| match with_derived {
        true => all.any.iter().chain(&all.navigation),
        false => all.stated.iter().chain(&all.navigation),
    })
    .map(|(name, property)| (*name, *property))
}

enum Member {
    Known,
    Beta,
    Unknown,
}

fn walk(type_name: &str, value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Value, Member)) {
    let facts = Facts::get();
    let Value::Object(map) = value else { return };
    let Some(own) = members(type_name) else {
        return;
    };
    let derived = map
        .get("@odata.type")
        .and_then(Value::as_str)
        .map(|t| {
            t.trim_start_matches('#')
                .trim_start_matches("microsoft.graph.")
        })
        .filter(|t| facts.derives_from(t, type_name) && facts.types.contains_key(*t));
    // Where the type is not stated, a member of any derived type will do.
    let (known, navigation) = match derived.and_then(members) {
        Some(derived) => (&derived.stated, &derived.navigation),
        None => (&own.any, &own.navigation),
    };
    for (name, member) in map {
        if is_annotation(name) {
            continue;
        }
        let pointer = below(at, name);
        match known.get(name.as_str()) {
            Some(fact) => {
                let beta = fact.beta;
                visit(
                    &pointer,
                    member,
                    if beta { Member::Beta } else { Member::Known },
                );
                if beta || !facts.types.contains_key(&fact.type_name) {
                    continue;
                }
                match member {
                    Value::Array(items) => {
                        for (index, item) in items.iter().enumerate() {
                            walk(&fact.type_name, item, &format!("{pointer}/{index}"), visit);
                        }
                    }
                    other => walk(&fact.type_name, other, &pointer, visit),
                }
            }
            None if navigation.contains_key(name.as_str())
                || READ_ONLY.contains(&name.as_str()) =>
            {
                visit(&pointer, member, Member::Known);
            }
            None => visit(&pointer, member, Member::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn grant(controls: &Value) -> Option<Value> {
        let policy = json!({"displayName": "P", "state": "enabled", "grantControls": controls,
            "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}});
        let object = Object::from_value(Kind::ConditionalAccessPolicy, &policy).unwrap();
        let normal = object.normal_form();
        let again = Object::from_value(Kind::ConditionalAccessPolicy, &normal).unwrap();
        assert_eq!(again.normal_form(), normal, "{controls}");
        normal.get("grantControls").cloned()
    }

    #[test]
    fn what_is_asked_for_is_counted_without_blanks_and_repetitions() {
        let one = json!({"operator": "OR", "builtInControls": ["mfa"]});
        let and = |controls: Value| json!({"operator": "AND", "builtInControls": controls});
        assert_eq!(grant(&and(json!(["mfa", "mfa"]))), Some(one.clone()));
        assert_eq!(grant(&and(json!(["mfa", ""]))), Some(one));
        assert_eq!(grant(&and(json!([""]))), None);
        let two = and(json!(["compliantDevice", "mfa"]));
        assert_eq!(grant(&two), Some(two.clone()));
    }

    #[test]
    fn nobody_is_nobody_beside_a_blank() {
        let workload = json!({"displayName": "P", "state": "enabled", "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            "conditions": {"users": {"includeUsers": ["None", ""]}, "applications": {"includeApplications": ["All"]},
                "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}});
        let object = Object::from_value(Kind::ConditionalAccessPolicy, &workload).unwrap();
        assert_eq!(object.normal_form().pointer("/conditions/users"), None);
    }
}
