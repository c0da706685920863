//! A record of the sign-in log, as v1.0 and beta of Graph and the portal's download have it. What
//! a record does not say is empty here; nothing is missing that is asked for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A text of a record; empty where it says none. Not copied where it stands in the log as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LogText<'a>(pub(super) Cow<'a, str>);

impl LogText<'_> {
    /// The text, unless there is none.
    pub(super) fn said(&self) -> Option<&str> {
        let text = self.0.trim();
        (!text.is_empty()).then_some(text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for LogText<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = LogText<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or null")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(LogText(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(LogText(Cow::Owned(text.to_owned())))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(LogText::default())
            }
        }
        d.deserialize_any(Reads)
    }
}

/// Null is as good as nothing.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// What is wrong with a record, in words of JSON. Where it is inside the record helps nobody: the line
/// of the record is told.
pub(super) fn fault_of(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(&*told, |(why, _)| why);
    if let Some(member) = told.strip_prefix("duplicate field ") {
        return format!("{member} is in it twice");
    }
    let Some((found, wanted)) = (told.strip_prefix("invalid type: "))
        .or(told.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    else {
        return told.to_owned();
    };
    let found = match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "boolean", value)) => value.to_owned(),
        Some(("floating", value)) => value.trim_start_matches("point ").to_owned(),
        _ => match found {
            "map" => "an object".to_owned(),
            "sequence" => "a list".to_owned(),
            other => other.to_owned(),
        },
    };
    let wanted = match wanted {
        "i64" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other => other,
    };
    format!("it has {found} in the place of {wanted}")
}

/// A record, as far as a replay asks for it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct LogRecord<'a> {
    /// Its moment, where members begin with a capital letter.
    #[serde(rename = "CreatedDateTime")]
    pub(super) pascal: Option<Elsewhere>,
    #[serde(borrow)]
    pub(super) id: LogText<'a>,
    pub(super) created_date_time: LogText<'a>,
    pub(super) user_id: LogText<'a>,
    pub(super) user_principal_name: LogText<'a>,
    pub(super) user_display_name: LogText<'a>,
    pub(super) user_type: LogText<'a>,
    pub(super) cross_tenant_access_type: LogText<'a>,
    pub(super) home_tenant_id: LogText<'a>,
    pub(super) resource_tenant_id: LogText<'a>,
    pub(super) service_principal_id: LogText<'a>,
    pub(super) service_principal_name: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) sign_in_event_types: Vec<LogText<'a>>,
    pub(super) app_id: LogText<'a>,
    pub(super) app_display_name: LogText<'a>,
    pub(super) app_owner_tenant_id: LogText<'a>,
    pub(super) resource_id: LogText<'a>,
    pub(super) resource_display_name: LogText<'a>,
    pub(super) resource_owner_tenant_id: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) conditional_access_audiences: Vec<LogAudience<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) authentication_context_class_references: Vec<ContextReference<'a>>,
    pub(super) client_app_used: LogText<'a>,
    pub(super) ip_address: LogText<'a>,
    #[serde(borrow)]
    pub(super) location: Option<LogLocation<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) device_detail: DeviceDetail<'a>,
    pub(super) is_through_global_secure_access: Option<bool>,
    pub(super) risk_level_during_sign_in: LogText<'a>,
    pub(super) original_transfer_method: LogText<'a>,
    pub(super) authentication_requirement: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) authentication_details: Vec<AuthenticationStep<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) authentication_processing_details: Vec<KeyValue<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) status: SignInStatus<'a>,
    pub(super) conditional_access_status: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) applied_conditional_access_policies: Vec<AppliedPolicy<'a>>,
    /// What the exports of Azure Monitor have, and no record of Graph.
    pub(super) properties: Option<Elsewhere>,
    /// The same of Log Analytics.
    #[serde(rename = "TimeGenerated")]
    pub(super) time_generated: Option<Elsewhere>,
}

/// Something that no record of Graph has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elsewhere;

impl<'de> Deserialize<'de> for Elsewhere {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|_| Elsewhere)
    }
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct LogLocation<'a> {
    /// Empty where the service could not tell it; `None` where the record does not say it.
    #[serde(borrow)]
    pub(super) country_or_region: Option<LogText<'a>>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct DeviceDetail<'a> {
    #[serde(borrow)]
    pub(super) device_id: LogText<'a>,
    pub(super) display_name: LogText<'a>,
    pub(super) operating_system: LogText<'a>,
    pub(super) is_compliant: Option<bool>,
    pub(super) trust_type: LogText<'a>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct SignInStatus<'a> {
    #[serde(deserialize_with = "nullable")]
    pub(super) error_code: i64,
    #[serde(borrow)]
    pub(super) additional_details: LogText<'a>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct AuthenticationStep<'a> {
    #[serde(borrow)]
    pub(super) authentication_method: LogText<'a>,
    pub(super) authentication_step_result_detail: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) succeeded: bool,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(super) struct KeyValue<'a> {
    #[serde(borrow)]
    pub(super) key: LogText<'a>,
    pub(super) value: LogText<'a>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(super) struct ContextReference<'a> {
    #[serde(borrow)]
    pub(super) id: LogText<'a>,
    pub(super) detail: LogText<'a>,
}

/// An application whose policies were evaluated: its id alone, or an object that has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LogAudience<'a>(pub(super) LogText<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for LogAudience<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = LogAudience<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of an application, or an object with its `applicationId`")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(LogAudience(LogText(Cow::Borrowed(text))))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(LogAudience(LogText(Cow::Owned(text.to_owned()))))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(LogAudience::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut audience = LogAudience::default();
                while let Some(name) = map.next_key::<LogText<'de>>()? {
                    match name.0.as_ref() {
                        "applicationId" => audience.0 = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(audience)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(de::Error::invalid_type(de::Unexpected::Seq, &self))
            }
        }
        d.deserialize_any(Reads)
    }
}

/// What a policy did, by the log.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct AppliedPolicy<'a> {
    #[serde(borrow)]
    pub(super) id: LogText<'a>,
    pub(super) display_name: LogText<'a>,
    pub(super) result: LogText<'a>,
    #[serde(deserialize_with = "nullable")]
    pub(super) enforced_grant_controls: Vec<LogText<'a>>,
    /// Beta alone has these two.
    pub(super) conditions_satisfied: Option<LogText<'a>>,
    pub(super) conditions_not_satisfied: Option<LogText<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_missing_members_and_new_ones_are_no_fault() {
        for text in [
            "{}",
            r#"{"id":null,"signInEventTypes":null,"location":null,"deviceDetail":null,"status":null,
                "appliedConditionalAccessPolicies":null,"conditionalAccessAudiences":[null],
                "isThroughGlobalSecureAccess":null,"new":[{"a":1}]}"#,
        ] {
            let read: LogRecord<'_> = serde_json::from_str(text).unwrap();
            assert_eq!(read.id.said(), None, "{text}");
            assert_eq!(read.properties, None, "{text}");
        }
        let text = r#"{"id":"a\u0041","conditionalAccessAudiences":["x",{"audienceReasons":"none","applicationId":"y"}]}"#;
        let read: LogRecord<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(read.id.said(), Some("aA"));
        let audiences = read.conditional_access_audiences.iter();
        let audiences: Vec<_> = audiences.filter_map(|one| one.0.said()).collect();
        assert_eq!(audiences, ["x", "y"]);
        let other: LogRecord<'_> = serde_json::from_str(r#"{"time":"t","properties":{}}"#).unwrap();
        assert!(other.properties.is_some());
    }

    #[test]
    fn a_fault_is_told_in_words_of_json() {
        for (text, told) in [
            (
                r#"{"status":"no"}"#,
                r#"it has the text "no" in the place of an object"#,
            ),
            (
                r#"{"status":{"errorCode":true}}"#,
                "it has `true` in the place of a whole number",
            ),
            (
                r#"{"authenticationDetails":{}}"#,
                "it has an object in the place of a list",
            ),
            (
                r#"{"deviceDetail":{"isCompliant":1.5}}"#,
                "it has `1.5` in the place of true or false",
            ),
            (r#"{"id":7}"#, "it has `7` in the place of a text or null"),
            (r#"{"id":"a","id":"b"}"#, "`id` is in it twice"),
        ] {
            let fault = serde_json::from_str::<LogRecord<'_>>(text).unwrap_err();
            assert_eq!(fault_of(&fault), told, "{text}");
        }
    }
}
