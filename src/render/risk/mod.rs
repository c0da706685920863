//! Risk as people, spreadsheets and programs see it.

pub mod csv;
pub mod decision;
pub mod json;
pub mod sign_in;
pub mod table;

use crate::risk::decision::Item;
use crate::risk::{Detection, HistoryItem, RiskyUser};

/// One column of a table and of a file of rows.
pub struct Column<T: ?Sized> {
    /// What stands above it in a table.
    title: &'static str,
    /// Its name in a file: the member of Graph.
    name: &'static str,
    /// Its value.
    value: fn(&T) -> String,
    /// How soon it is left out of a table that is too narrow: those of 0 never, the highest
    /// first. `None`: it stands in files alone.
    rank: Option<u8>,
}

/// What has columns.
pub trait Row: Sized + 'static {
    /// The columns, in their order.
    const COLUMNS: &'static [Column<Self>];
    /// What there is several of, in a sentence.
    const WORD: &'static str;
}

const fn column<T>(
    title: &'static str,
    name: &'static str,
    rank: Option<u8>,
    value: fn(&T) -> String,
) -> Column<T> {
    Column {
        title,
        name,
        value,
        rank,
    }
}

fn place(detection: &Detection) -> String {
    let named: Vec<&str> = [detection.city.as_str(), &detection.country]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    named.join(", ")
}

impl Row for Detection {
    const COLUMNS: &'static [Column<Detection>] = &[
        column("DETECTED", "detectedDateTime", Some(0), |d| {
            d.detected_date_time.clone()
        }),
        column("USER", "userPrincipalName", Some(0), |d| {
            d.user_principal_name.clone()
        }),
        column("LEVEL", "riskLevel", Some(0), |d| d.risk_level.clone()),
        column("STATE", "riskState", Some(0), |d| d.risk_state.clone()),
        column("TYPE", "riskEventType", Some(0), |d| {
            d.risk_event_type.clone()
        }),
        column("DETAIL", "riskDetail", Some(1), |d| d.risk_detail.clone()),
        column("ADDRESS", "ipAddress", Some(2), |d| d.ip_address.clone()),
        column("PLACE", "", Some(3), place),
        column("", "city", None, |d| d.city.clone()),
        column("", "countryOrRegion", None, |d| d.country.clone()),
        column("", "userDisplayName", None, |d| d.user_display_name.clone()),
        column("", "userId", None, |d| d.user_id.clone()),
        column("", "activity", None, |d| d.activity.clone()),
        column("", "detectionTimingType", None, |d| {
            d.detection_timing_type.clone()
        }),
        column("", "activityDateTime", None, |d| {
            d.activity_date_time.clone()
        }),
        column("", "lastUpdatedDateTime", None, |d| {
            d.last_updated_date_time.clone()
        }),
        column("", "source", None, |d| d.source.clone()),
        column("", "requestId", None, |d| d.request_id.clone()),
        column("", "correlationId", None, |d| d.correlation_id.clone()),
        column("", "id", None, |d| d.id.clone()),
    ];
    const WORD: &'static str = "risk detection";
}

impl Row for RiskyUser {
    const COLUMNS: &'static [Column<RiskyUser>] = &[
        column("USER", "userPrincipalName", Some(0), |u| {
            u.name().to_owned()
        }),
        column("LEVEL", "riskLevel", Some(0), |u| u.risk_level.clone()),
        column("STATE", "riskState", Some(0), |u| u.risk_state.clone()),
        column("DETAIL", "riskDetail", Some(1), |u| u.risk_detail.clone()),
        column("SINCE", "riskLastUpdatedDateTime", Some(0), |u| {
            u.risk_last_updated_date_time.clone()
        }),
        column("NAME", "userDisplayName", Some(2), |u| {
            u.user_display_name.clone()
        }),
        column("NOTE", "", Some(1), |u| {
            let mut notes = Vec::new();
            if u.is_deleted {
                notes.push("deleted");
            }
            if u.is_processing {
                notes.push("in process");
            }
            notes.join(", ")
        }),
        column("ID", "id", Some(3), |u| u.id.clone()),
        column("", "isDeleted", None, |u| u.is_deleted.to_string()),
        column("", "isProcessing", None, |u| u.is_processing.to_string()),
    ];
    const WORD: &'static str = "risky user";
}

impl Row for HistoryItem {
    const COLUMNS: &'static [Column<HistoryItem>] = &[
        column("CHANGED", "riskLastUpdatedDateTime", Some(0), |i| {
            i.user.risk_last_updated_date_time.clone()
        }),
        column("LEVEL", "riskLevel", Some(0), |i| i.user.risk_level.clone()),
        column("STATE", "riskState", Some(0), |i| i.user.risk_state.clone()),
        column("DETAIL", "riskDetail", Some(0), |i| {
            i.user.risk_detail.clone()
        }),
        column("TYPES", "riskEventTypes", Some(1), |i| {
            i.risk_event_types.join(" ")
        }),
        column("BY", "initiatedBy", Some(2), |i| i.initiated_by.clone()),
        column("", "userPrincipalName", None, |i| {
            i.user.user_principal_name.clone()
        }),
        column("", "userId", None, |i| i.user.id.clone()),
    ];
    const WORD: &'static str = "change of risk";
}

impl Row for Item {
    const COLUMNS: &'static [Column<Item>] = &[
        column("USER", "userPrincipalName", Some(0), |i| {
            let mark = if i.break_glass { " (break-glass)" } else { "" };
            format!("{}{mark}", i.user.name())
        }),
        column("LEVEL", "riskLevel", Some(0), |i| i.user.risk_level.clone()),
        column("STATE", "riskState", Some(0), |i| i.user.risk_state.clone()),
        column("SINCE", "riskLastUpdatedDateTime", Some(0), |i| {
            i.user.risk_last_updated_date_time.clone()
        }),
        column("WHY", "", Some(0), why),
        column("NOTE", "", Some(1), |i| {
            let told = [
                (i.user.is_deleted, "deleted"),
                (i.user.is_processing, "in process"),
            ];
            let told: Vec<&str> = told.iter().filter(|t| t.0).map(|t| t.1).collect();
            told.join(", ")
        }),
    ];
    const WORD: &'static str = "user";
}

/// What was noticed about a user, as a person reads it.
fn why(item: &Item) -> String {
    let parts: Vec<String> = item
        .why
        .iter()
        .map(|(kind, count)| match count {
            1 => kind.clone(),
            n => format!("{kind} ({n} times)"),
        })
        .collect();
    parts.join(", ")
}
