//! Reads what identity protection knows.

use super::filter::RiskFilter;
use super::object::{Detection, HistoryItem, RiskyUser};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::item;
use crate::model::facts::Edition;

/// A list, and whether its last page was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The items, the newest first.
    pub items: Vec<T>,
    /// The service refused the page behind a full one, as it is known to do where nothing
    /// follows. Something may follow all the same.
    pub cut: bool,
}

/// The detections that a filter takes (List riskDetections).
///
/// # Errors
/// See [`GraphError`]; likewise for the other calls.
pub async fn detections(
    reader: &Reader<'_>,
    filter: &RiskFilter,
) -> Result<Listed<Detection>, GraphError> {
    let (found, cut) = reader
        .risk("riskDetections", &filter.of_detections())
        .await?;
    let mut items: Vec<Detection> = found
        .iter()
        .map(Detection::read)
        .filter(|item| filter.takes(item))
        .collect();
    // No `$orderby` is documented.
    items.sort_by(|a, b| (&b.detected_date_time, &b.id).cmp(&(&a.detected_date_time, &a.id)));
    items.dedup_by(|a, b| a.id == b.id);
    Ok(Listed { items, cut })
}

/// The risky users that a filter takes (List riskyUsers).
///
/// # Errors
/// See [`GraphError`].
pub async fn users(
    reader: &Reader<'_>,
    filter: &RiskFilter,
) -> Result<Listed<RiskyUser>, GraphError> {
    let mut listed = match &filter.user_id {
        // One user is one record.
        Some(id) => Listed {
            items: user(reader, id).await?.into_iter().collect(),
            cut: false,
        },
        None => {
            let (found, cut) = reader.risk("riskyUsers", &filter.of_users()).await?;
            Listed {
                items: found.iter().map(RiskyUser::read).collect(),
                cut,
            }
        }
    };
    listed.items.retain(|item| filter.takes_user(item));
    listed.items.sort_by(|a, b| {
        let key = |u: &RiskyUser| (u.risk_last_updated_date_time.clone(), u.id.clone());
        key(b).cmp(&key(a))
    });
    listed.items.dedup_by(|a, b| a.id == b.id);
    Ok(listed)
}

/// What is known of one user (Get riskyUser); nothing for a user who never was at risk.
///
/// # Errors
/// See [`GraphError`].
pub async fn user(reader: &Reader<'_>, id: &str) -> Result<Option<RiskyUser>, GraphError> {
    let path = item("/identityProtection/riskyUsers", id);
    let found = reader.get(Edition::V1, &path).await?;
    Ok(found.as_ref().map(RiskyUser::read))
}

/// How the risk of a user changed (List history), the newest first; nothing for a user who
/// never was at risk.
///
/// # Errors
/// See [`GraphError`].
pub async fn history(reader: &Reader<'_>, id: &str) -> Result<Listed<HistoryItem>, GraphError> {
    let (found, cut) = match reader.risk_history(id).await {
        Err(error) if error.is_not_found() => (Vec::new(), false),
        other => other?,
    };
    // The service lists the oldest first; changes of one moment keep that order.
    let mut items: Vec<HistoryItem> = found.iter().rev().map(HistoryItem::read).collect();
    items.sort_by(|a, b| {
        let time = |i: &HistoryItem| i.user.risk_last_updated_date_time.clone();
        time(b).cmp(&time(a))
    });
    Ok(Listed { items, cut })
}
