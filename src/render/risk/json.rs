//! Risk for programs: the members of Graph under their own names, in frozen shapes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::render::json::FORMAT_VERSION;
use crate::risk::wait::Waited;
use crate::risk::{Detection, HistoryItem, Listed, RiskyUser};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The answer of `risk detections --format json`. With `--watch` each line is one detection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskDetectionsOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// The detections, the newest first.
    pub detections: Vec<DetectionOutput>,
    /// True when the service refused the page behind a full one, as it is known to do at the
    /// end of a list: something may be missing.
    pub last_page_refused: bool,
}

/// A detection. A member that the service left out is null.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetectionOutput {
    /// The id.
    pub id: String,
    /// What was noticed, such as `anonymizedIPAddress`.
    pub risk_event_type: Option<String>,
    /// `low`, `medium`, `high`, `hidden` or `none`.
    pub risk_level: Option<String>,
    /// Such as `atRisk`, `remediated`, `dismissed`.
    pub risk_state: Option<String>,
    /// Such as `userPassedMFADrivenByRiskBasedPolicy`.
    pub risk_detail: Option<String>,
    /// `signin` or `user`.
    pub activity: Option<String>,
    /// `realtime`, `nearRealtime` or `offline`.
    pub detection_timing_type: Option<String>,
    /// When the risky activity was, in UTC.
    pub activity_date_time: Option<String>,
    /// When it was noticed, in UTC.
    pub detected_date_time: Option<String>,
    /// When the record was last changed, in UTC.
    pub last_updated_date_time: Option<String>,
    /// Where from.
    pub ip_address: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The country, two letters.
    pub country_or_region: Option<String>,
    /// Who noticed it.
    pub source: Option<String>,
    /// The id of the user.
    pub user_id: Option<String>,
    /// The user's display name.
    pub user_display_name: Option<String>,
    /// The user's principal name.
    pub user_principal_name: Option<String>,
    /// The id of the sign-in.
    pub request_id: Option<String>,
    /// The id that ties requests of one sign-in together.
    pub correlation_id: Option<String>,
}

/// The answer of `risk users --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskyUsersOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// The users, the last changed first.
    pub users: Vec<RiskyUserOutput>,
    /// True when the service refused the page behind a full one, as it is known to do at the
    /// end of a list: something may be missing.
    pub last_page_refused: bool,
}

/// A risky user. A member that the service left out is null.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskyUserOutput {
    /// The id of the user.
    pub id: String,
    /// The display name.
    pub user_display_name: Option<String>,
    /// The principal name.
    pub user_principal_name: Option<String>,
    /// `low`, `medium`, `high`, `hidden` or `none`.
    pub risk_level: Option<String>,
    /// Such as `atRisk`, `remediated`, `dismissed`.
    pub risk_state: Option<String>,
    /// Such as `adminDismissedAllRiskForUser`.
    pub risk_detail: Option<String>,
    /// When this was last changed, in UTC.
    pub risk_last_updated_date_time: Option<String>,
    /// Whether the user was deleted.
    pub is_deleted: bool,
    /// Whether the service is still at work on it.
    pub is_processing: bool,
}

/// The answer of `risk history --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskHistoryOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// The changes, the newest first.
    pub history: Vec<HistoryItemOutput>,
    /// True when the service refused the page behind a full one, as it is known to do at the
    /// end of a list: something may be missing.
    pub last_page_refused: bool,
}

/// One change of a user's risk.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryItemOutput {
    /// The user, as of then.
    #[serde(flatten)]
    pub user: RiskyUserOutput,
    /// The id of who did it; null for the service itself.
    pub initiated_by: Option<String>,
    /// What was noticed.
    pub risk_event_types: Vec<String>,
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// One detection.
pub fn detection(d: &Detection) -> DetectionOutput {
    DetectionOutput {
        id: d.id.clone(),
        risk_event_type: some(&d.risk_event_type),
        risk_level: some(&d.risk_level),
        risk_state: some(&d.risk_state),
        risk_detail: some(&d.risk_detail),
        activity: some(&d.activity),
        detection_timing_type: some(&d.detection_timing_type),
        activity_date_time: some(&d.activity_date_time),
        detected_date_time: some(&d.detected_date_time),
        last_updated_date_time: some(&d.last_updated_date_time),
        ip_address: some(&d.ip_address),
        city: some(&d.city),
        country_or_region: some(&d.country),
        source: some(&d.source),
        user_id: some(&d.user_id),
        user_display_name: some(&d.user_display_name),
        user_principal_name: some(&d.user_principal_name),
        request_id: some(&d.request_id),
        correlation_id: some(&d.correlation_id),
    }
}

/// One risky user.
pub fn user(u: &RiskyUser) -> RiskyUserOutput {
    RiskyUserOutput {
        id: u.id.clone(),
        user_display_name: some(&u.user_display_name),
        user_principal_name: some(&u.user_principal_name),
        risk_level: some(&u.risk_level),
        risk_state: some(&u.risk_state),
        risk_detail: some(&u.risk_detail),
        risk_last_updated_date_time: some(&u.risk_last_updated_date_time),
        is_deleted: u.is_deleted,
        is_processing: u.is_processing,
    }
}

/// Detections.
pub fn detections(tenant: &str, list: &Listed<Detection>) -> RiskDetectionsOutput {
    RiskDetectionsOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant.to_owned(),
        detections: list.items.iter().map(detection).collect(),
        last_page_refused: list.cut,
    }
}

/// Risky users.
pub fn users(tenant: &str, list: &Listed<RiskyUser>) -> RiskyUsersOutput {
    RiskyUsersOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant.to_owned(),
        users: list.items.iter().map(user).collect(),
        last_page_refused: list.cut,
    }
}

/// How a user's risk changed.
pub fn history(tenant: &str, list: &Listed<HistoryItem>) -> RiskHistoryOutput {
    RiskHistoryOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant.to_owned(),
        history: list
            .items
            .iter()
            .map(|item| HistoryItemOutput {
                user: user(&item.user),
                initiated_by: some(&item.initiated_by),
                risk_event_types: item.risk_event_types.clone(),
            })
            .collect(),
        last_page_refused: list.cut,
    }
}

/// The answer of `risk wait --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskWaitOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// Whether what was waited for was seen.
    pub found: bool,
    /// The user as last seen; null when identity protection does not know them.
    pub user: Option<RiskyUserOutput>,
    /// How long it took, in whole seconds.
    pub waited_seconds: u64,
}

/// How waiting ended.
pub fn waited(tenant: &str, waited: &Waited) -> RiskWaitOutput {
    RiskWaitOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant.to_owned(),
        found: waited.found,
        user: waited.user.as_ref().map(user),
        waited_seconds: waited.time.as_secs(),
    }
}
