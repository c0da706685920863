//! Checks a request body against the facts table, strictly: unknown members, wrong JSON
//! types, nulls and enum texts that the edition does not know are refused.

use serde_json::Value;

use super::value::Map;
use crate::model::facts::{Edition, EnumFacts, Facts, Property};

/// What is wrong with a body, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BodyFault {
    /// Dotted path of the member.
    pub path: String,
    pub reason: String,
}

/// Members that real answers of beta carry but no schema names. A body that was read
/// from beta may hold them, as null.
const ANSWER_ONLY: &[&str] = &[
    "times",
    "clients",
    "signInRiskDetections",
    "partialEnablementStrategy",
    "networkAccess",
    "globalSecureAccess",
    "networkAccessSecurity",
    "blockSensitiveActions",
];

/// Types whose JSON has to say which derived type it is, though the schema does not
/// call them abstract.
const TAGGED: &[&str] = &["namedLocation"];

const DEEPEST: usize = 32;

/// The checked copy of `value`: annotations dropped (but for `@odata.type` where it
/// selects a type), enum texts in the schema's spelling, flags in numeric order.
pub(super) fn body(type_name: &str, edition: Edition, value: &Value) -> Result<Map, BodyFault> {
    object(type_name, edition, value, "", 0)
}

fn object(
    declared: &str,
    edition: Edition,
    value: &Value,
    path: &str,
    depth: usize,
) -> Result<Map, BodyFault> {
    let facts = Facts::get();
    let problem = |path: &str, reason: String| BodyFault {
        path: path.to_owned(),
        reason,
    };
    if depth > DEEPEST {
        return Err(problem(path, "the body is nested too deeply".into()));
    }
    let Some(members) = value.as_object() else {
        return Err(problem(
            path,
            format!("an object is expected, {} found", kind(value)),
        ));
    };
    let tag = members.get("@odata.type");
    let tagged =
        TAGGED.contains(&declared) || facts.types.get(declared).is_some_and(|t| t.is_abstract);
    let type_name = match tag {
        // Seen: all tenants need no type.
        None if declared == "conditionalAccessExternalTenants"
            && members.get("membershipKind").and_then(Value::as_str) == Some("all") =>
        {
            "conditionalAccessAllExternalTenants"
        }
        None if tagged => {
            return Err(problem(
                &join(path, "@odata.type"),
                format!("the member is required: a {declared} has several types"),
            ));
        }
        None => declared,
        Some(Value::String(text)) => {
            let bare = text.trim_start_matches('#');
            let name = bare.strip_prefix("microsoft.graph.").unwrap_or(bare);
            let known = facts
                .types
                .get_key_value(name)
                .filter(|(name, t)| {
                    facts.derives_from(name, declared)
                        && !t.is_abstract
                        && (tagged || *name == declared)
                        && (!t.beta || edition == Edition::Beta)
                        && !TAGGED.contains(&name.as_str())
                })
                .map(|(name, _)| name.as_str());
            known.ok_or_else(|| {
                problem(
                    &join(path, "@odata.type"),
                    format!("`{text}` is no type of {declared}"),
                )
            })?
        }
        Some(other) => {
            return Err(problem(
                &join(path, "@odata.type"),
                format!("a string is expected, {} found", kind(other)),
            ));
        }
    };
    let properties = facts.properties(type_name, edition);
    let navigation = facts.navigation(type_name);
    let mut checked = Map::new();
    if tagged {
        checked.insert(
            "@odata.type".into(),
            Value::String(format!("#microsoft.graph.{type_name}")),
        );
    }
    for (name, member) in members {
        if name.contains('@') || name.starts_with('#') {
            continue; // an annotation or an advertised action
        }
        let at = join(path, name);
        let property = properties.get(name.as_str()).copied().or_else(|| {
            navigation
                .get(name.as_str())
                .copied()
                .filter(|n| inline(name, n))
        });
        let Some(property) = property else {
            if edition == Edition::Beta && member.is_null() && ANSWER_ONLY.contains(&name.as_str())
            {
                continue;
            }
            return Err(problem(
                &at,
                format!("the property `{name}` does not exist on type {type_name}"),
            ));
        };
        let value = one(property, edition, member, &at, depth)?;
        checked.insert(name.clone(), value);
    }
    Ok(checked)
}

/// Navigation members that a body may hold inline.
fn inline(name: &str, property: &Property) -> bool {
    property.contains && matches!(name, "authenticationStrength" | "combinationConfigurations")
}

fn one(
    property: &Property,
    edition: Edition,
    value: &Value,
    path: &str,
    depth: usize,
) -> Result<Value, BodyFault> {
    let problem = |reason: String| BodyFault {
        path: path.to_owned(),
        reason,
    };
    if value.is_null() {
        return if property.nullable {
            Ok(Value::Null)
        } else {
            Err(problem("null is not allowed".into()))
        };
    }
    if !property.collection {
        return scalar(&property.type_name, edition, value, path, depth);
    }
    let Some(items) = value.as_array() else {
        return Err(problem(format!(
            "a list is expected, {} found",
            kind(value)
        )));
    };
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let at = format!("{path}[{index}]");
            if item.is_null() {
                return Err(BodyFault {
                    path: at,
                    reason: "null is not allowed in a list".into(),
                });
            }
            scalar(&property.type_name, edition, item, &at, depth)
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn scalar(
    type_name: &str,
    edition: Edition,
    value: &Value,
    path: &str,
    depth: usize,
) -> Result<Value, BodyFault> {
    let facts = Facts::get();
    let expect = |fits: bool, what: &str| {
        if fits {
            Ok(value.clone())
        } else {
            Err(BodyFault {
                path: path.to_owned(),
                reason: format!("{what} is expected, {} found", kind(value)),
            })
        }
    };
    if let Some(edm) = type_name.strip_prefix("Edm.") {
        let text = value.as_str();
        return match edm {
            "Boolean" => expect(value.is_boolean(), "a boolean"),
            "Int16" | "Int32" => expect(
                value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
                "a 32-bit integer",
            ),
            "Int64" => expect(value.is_i64(), "an integer"),
            "Double" | "Single" | "Decimal" => expect(value.is_number(), "a number"),
            "Guid" => expect(text.is_some_and(crate::text::is_guid), "a GUID"),
            "DateTimeOffset" => expect(
                text.is_some_and(|t| t.parse::<jiff::Timestamp>().is_ok()),
                "a date and time",
            ),
            _ => expect(value.is_string(), "a string"),
        };
    }
    if let Some(known) = facts.enums.get(type_name) {
        if known.beta && edition != Edition::Beta {
            return Err(BodyFault {
                path: path.to_owned(),
                reason: format!("{type_name} is not part of v1.0"),
            });
        }
        let Some(text) = value.as_str() else {
            return expect(false, "a string");
        };
        return enumeration(known, type_name, text)
            .and_then(|text| match known.preview.contains(&text) {
                true if edition != Edition::Beta => {
                    Err(format!("`{text}` is no value of {type_name}"))
                }
                _ => Ok(Value::String(text)),
            })
            .map_err(|reason| BodyFault {
                path: path.to_owned(),
                reason,
            });
    }
    if facts.types.contains_key(type_name) {
        return object(type_name, edition, value, path, depth + 1).map(Value::Object);
    }
    // A type that the table leaves out on purpose: any object will do.
    expect(value.is_object(), "an object")
}

fn enumeration(known: &EnumFacts, type_name: &str, text: &str) -> Result<String, String> {
    let refused = |member: &str| format!("`{member}` is no value of {type_name}");
    if text
        .split(',')
        .any(|part| part.trim().eq_ignore_ascii_case("unknownFutureValue"))
    {
        return Err(format!("`unknownFutureValue` of {type_name} is never sent"));
    }
    if known.flags {
        return match known.canonical_flags(text) {
            Ok(flags) if flags.is_empty() => Err(refused(text)),
            Ok(flags) => Ok(flags),
            Err(member) => Err(refused(&member)),
        };
    }
    known
        .canonical(text)
        .map(str::to_owned)
        .ok_or_else(|| refused(text))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const POLICY: &str = "conditionalAccessPolicy";

    fn refused(edition: Edition, value: Value) -> String {
        body(POLICY, edition, &value).unwrap_err().path
    }

    #[test]
    fn unknown_members_wrong_types_and_nulls_are_named_by_their_path() {
        let v1 = Edition::V1;
        assert_eq!(refused(v1, json!({"conditons": {}})), "conditons");
        assert_eq!(refused(v1, json!({"state": true})), "state");
        assert_eq!(refused(v1, json!({"displayName": null})), "displayName");
        assert_eq!(
            refused(
                v1,
                json!({"conditions": {"users": {"includeUsers": "All"}}})
            ),
            "conditions.users.includeUsers"
        );
        assert_eq!(
            refused(
                v1,
                json!({"grantControls": {"builtInControls": ["mfa", "nap"]}})
            ),
            "grantControls.builtInControls[1]"
        );
        assert_eq!(refused(v1, json!({"state": "unknownFutureValue"})), "state");
        assert_eq!(refused(v1, json!([])), "");
    }

    #[test]
    fn beta_members_are_unknown_to_v1() {
        let value = json!({"conditions": {"agentIdRiskLevels": "high"}});
        assert!(body(POLICY, Edition::Beta, &value).is_ok());
        assert_eq!(refused(Edition::V1, value), "conditions.agentIdRiskLevels");
    }

    #[test]
    fn enum_texts_come_out_in_the_schemas_spelling() {
        let value = json!({"state": "Enabled", "conditions": {
            "authenticationFlows": {"transferMethods": "authenticationTransfer, DeviceCodeFlow"}}});
        let checked = body(POLICY, Edition::V1, &value).unwrap();
        assert_eq!(checked["state"], "enabled");
        assert_eq!(
            checked["conditions"]["authenticationFlows"]["transferMethods"],
            "deviceCodeFlow,authenticationTransfer"
        );
    }

    #[test]
    fn annotations_are_tolerated_and_type_tags_are_required_where_they_select() {
        let tenants = |tag: &str| {
            json!({"conditions": {"users": {"includeGuestsOrExternalUsers": {
                "guestOrExternalUserTypes": "internalGuest",
                "externalTenants": {"@odata.type": tag, "membershipKind": "all"}}}}})
        };
        let fits = tenants("#microsoft.graph.conditionalAccessAllExternalTenants");
        assert!(body(POLICY, Edition::V1, &fits).is_ok());
        assert!(body(POLICY, Edition::V1, &tenants("#microsoft.graph.user")).is_err());
        let untagged = json!({"displayName": "x", "ipRanges": []});
        assert_eq!(
            body("namedLocation", Edition::V1, &untagged)
                .unwrap_err()
                .path,
            "@odata.type"
        );
        let beta_type = json!({"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"});
        assert!(body("namedLocation", Edition::V1, &beta_type).is_err());
        let annotated =
            json!({"@odata.context": "x", "state@odata.type": "y", "state": "disabled"});
        assert_eq!(body(POLICY, Edition::V1, &annotated).unwrap().len(), 1);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = prop_oneof![
            "[a-z@.]{0,12}".prop_map(String::from),
            Just("conditions".to_owned()),
            Just("grantControls".to_owned()),
            Just("users".to_owned()),
            Just("@odata.type".to_owned()),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((names.clone(), inner), 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_checked_without_a_panic_and_the_result_checks_again(value in any_json()) {
            for name in ["conditionalAccessPolicy", "namedLocation", "user", "group", "authenticationStrengthPolicy"] {
                if let Ok(checked) = body(name, Edition::Beta, &value) {
                    let again = body(name, Edition::Beta, &Value::Object(checked.clone()));
                    prop_assert_eq!(again, Ok(checked));
                }
            }
        }
    }
}
