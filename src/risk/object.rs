//! What identity protection answers, read leniently: a member that is missing or null is an
//! empty text, and a value that this version does not know is kept as it came.

use serde_json::Value;

/// One thing that was noticed about a sign-in or a user (riskDetection).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detection {
    /// The id.
    pub id: String,
    /// What was noticed, such as `anonymizedIPAddress`.
    pub risk_event_type: String,
    /// How grave: `low`, `medium`, `high`, `hidden` or `none`.
    pub risk_level: String,
    /// What became of it, such as `atRisk`.
    pub risk_state: String,
    /// Why it is in that state, such as `userPassedMFADrivenByRiskBasedPolicy`.
    pub risk_detail: String,
    /// `signin` or `user`.
    pub activity: String,
    /// `realtime`, `nearRealtime` or `offline`.
    pub detection_timing_type: String,
    /// When the risky activity was, in UTC.
    pub activity_date_time: String,
    /// When it was noticed, in UTC.
    pub detected_date_time: String,
    /// When this record was last changed, in UTC.
    pub last_updated_date_time: String,
    /// Where from.
    pub ip_address: String,
    /// The city.
    pub city: String,
    /// The country, two letters.
    pub country: String,
    /// Who noticed it.
    pub source: String,
    /// The id of the user.
    pub user_id: String,
    /// The user's display name.
    pub user_display_name: String,
    /// The user's principal name.
    pub user_principal_name: String,
    /// The id of the sign-in, as the sign-in log has it.
    pub request_id: String,
    /// The id that ties requests of one sign-in together.
    pub correlation_id: String,
}

/// A user whom identity protection knows (riskyUser).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskyUser {
    /// The user's id.
    pub id: String,
    /// The user's display name.
    pub user_display_name: String,
    /// The user's principal name.
    pub user_principal_name: String,
    /// How grave: `low`, `medium`, `high`, `hidden` or `none`.
    pub risk_level: String,
    /// What became of it, such as `atRisk`.
    pub risk_state: String,
    /// Why it is in that state.
    pub risk_detail: String,
    /// When this was last changed, in UTC.
    pub risk_last_updated_date_time: String,
    /// Whether the user was deleted.
    pub is_deleted: bool,
    /// Whether the service is still at work on it.
    pub is_processing: bool,
    /// The answer as it came.
    pub raw: Value,
}

/// One change of a user's risk (riskyUserHistoryItem).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoryItem {
    /// The user, as of then.
    pub user: RiskyUser,
    /// The id of who did it; empty for the service itself.
    pub initiated_by: String,
    /// What was done.
    pub detail: String,
    /// What was noticed.
    pub risk_event_types: Vec<String>,
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

impl Detection {
    /// Reads an answer.
    pub fn read(value: &Value) -> Detection {
        let place = value.get("location").unwrap_or(&Value::Null);
        Detection {
            id: text(value, "id"),
            risk_event_type: text(value, "riskEventType"),
            risk_level: text(value, "riskLevel"),
            risk_state: text(value, "riskState"),
            risk_detail: text(value, "riskDetail"),
            activity: text(value, "activity"),
            detection_timing_type: text(value, "detectionTimingType"),
            activity_date_time: text(value, "activityDateTime"),
            detected_date_time: text(value, "detectedDateTime"),
            last_updated_date_time: text(value, "lastUpdatedDateTime"),
            ip_address: text(value, "ipAddress"),
            city: text(place, "city"),
            country: text(place, "countryOrRegion"),
            source: text(value, "source"),
            user_id: text(value, "userId"),
            user_display_name: text(value, "userDisplayName"),
            user_principal_name: text(value, "userPrincipalName"),
            request_id: text(value, "requestId"),
            correlation_id: text(value, "correlationId"),
        }
    }
}

impl RiskyUser {
    /// Reads an answer.
    pub fn read(value: &Value) -> RiskyUser {
        RiskyUser {
            id: text(value, "id"),
            user_display_name: text(value, "userDisplayName"),
            user_principal_name: text(value, "userPrincipalName"),
            risk_level: text(value, "riskLevel"),
            risk_state: text(value, "riskState"),
            risk_detail: text(value, "riskDetail"),
            risk_last_updated_date_time: text(value, "riskLastUpdatedDateTime"),
            is_deleted: flag(value, "isDeleted"),
            is_processing: flag(value, "isProcessing"),
            raw: value.clone(),
        }
    }

    /// What a person calls the user: the principal name, else the display name, else the id.
    pub fn name(&self) -> &str {
        [&self.user_principal_name, &self.user_display_name, &self.id]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", String::as_str)
    }
}

impl HistoryItem {
    /// Reads an answer. Its id is not the user's, which stands in `userId`.
    pub fn read(value: &Value) -> HistoryItem {
        let activity = value.get("activity").unwrap_or(&Value::Null);
        let types = activity.get("riskEventTypes").and_then(Value::as_array);
        HistoryItem {
            user: RiskyUser {
                id: text(value, "userId"),
                ..RiskyUser::read(value)
            },
            initiated_by: text(value, "initiatedBy"),
            detail: text(activity, "detail"),
            risk_event_types: types
                .into_iter()
                .flatten()
                .filter_map(|t| t.as_str().map(str::to_owned))
                .collect(),
        }
    }
}

/// How grave a level is. The numbers of the schema are no order (riskLevel).
pub fn severity(level: &str) -> u8 {
    match level {
        "low" => 1,
        "medium" => 2,
        "high" => 3,
        _ => 0,
    }
}
