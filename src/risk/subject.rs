//! Which user a text means: an id, a principal name, its part before the `@`, or a display
//! name. Names are looked up in the directory, which knows those without risk too; what
//! identity protection still knows of deleted users is asked next.

use serde_json::Value;

use super::object::RiskyUser;
use super::read;
use crate::finding::{Code, Finding, did_you_mean};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::{encode, item, literal};
use crate::model::facts::Edition;
use crate::text::{few, is_guid};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskSubject {
    /// The id.
    pub id: String,
    /// The display name.
    pub display_name: String,
    /// The principal name.
    pub user_principal_name: String,
}

/// Why a text means nobody.
#[derive(Debug)]
pub enum SubjectError {
    /// There is no such user, or there are several.
    Finding(Box<Finding>),
    /// The tenant could not be asked.
    Graph(GraphError),
}

impl From<GraphError> for SubjectError {
    fn from(error: GraphError) -> SubjectError {
        SubjectError::Graph(error)
    }
}

impl From<Finding> for SubjectError {
    fn from(finding: Finding) -> SubjectError {
        SubjectError::Finding(Box::new(finding))
    }
}

const SELECT: &str = "$select=id,displayName,userPrincipalName";
/// How many of several users are named.
const MOST: usize = 10;

impl RiskSubject {
    fn read(value: &Value) -> RiskSubject {
        let text = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        RiskSubject {
            id: text("id"),
            display_name: text("displayName"),
            user_principal_name: text("userPrincipalName"),
        }
    }

    fn of(user: RiskyUser) -> RiskSubject {
        RiskSubject {
            id: user.id,
            display_name: user.user_display_name,
            user_principal_name: user.user_principal_name,
        }
    }

    /// What a person calls the user: the principal name, else the display name, else the id.
    pub fn name(&self) -> &str {
        [&self.user_principal_name, &self.display_name, &self.id]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", String::as_str)
    }

    /// The user as identity protection would know them, without any risk.
    pub fn without_risk(&self) -> RiskyUser {
        RiskyUser {
            id: self.id.clone(),
            user_display_name: self.display_name.clone(),
            user_principal_name: self.user_principal_name.clone(),
            risk_level: "none".to_owned(),
            risk_state: "none".to_owned(),
            risk_detail: "none".to_owned(),
            ..RiskyUser::default()
        }
    }
}

/// The one user that `text` means. Where the directory may not be read, a name is looked up
/// among the users that identity protection knows; with `certain` a display name, which then
/// could be another user's too, is refused.
///
/// # Errors
/// Nobody, or several; or the tenant cannot be asked.
pub async fn resolve(
    reader: &Reader<'_>,
    text: &str,
    certain: bool,
) -> Result<RiskSubject, SubjectError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(
            Finding::error(Code::MissingObject, "the name of the user is empty")
                .help("name a user by principal name, display name or id")
                .into(),
        );
    }
    let unique = is_guid(text) || text.contains('@');
    match in_directory(reader, text).await {
        Ok(found) if !found.is_empty() => return single(text, found),
        Ok(_) => {}
        Err(error) if error.api().is_some_and(|e| e.status == 403) => {
            if certain && !unique {
                let finding = error
                    .refused()
                    .unwrap_or_else(|| Finding::error(Code::MissingPermission, error.to_string()));
                return Err(finding
                    .help(
                        "without `User.Read.All`, another user may have the same display name: name the user by \
                         principal name or id",
                    )
                    .into());
            }
            let found = known_to_be_risky(reader, text).await?;
            if found.is_empty() {
                return Err(Finding::error(
                    Code::MissingObject,
                    format!("identity protection knows no user `{text}`"),
                )
                .help(
                    "users without risk are found with the permission `User.Read.All`, which is missing",
                )
                .into());
            }
            return single(text, found);
        }
        Err(error) => return Err(error.into()),
    }
    let found = known_to_be_risky(reader, text).await?;
    if !found.is_empty() {
        return single(text, found);
    }
    let meant = match is_guid(text) {
        true => None,
        false => similar(reader, text).await?,
    };
    Err(Finding::error(
        Code::MissingObject,
        format!("there is no user `{text}` in the tenant"),
    )
    .help(meant.map_or_else(
        || "name a user by principal name, display name or id".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    ))
    .into())
}

fn single(text: &str, mut found: Vec<RiskSubject>) -> Result<RiskSubject, SubjectError> {
    found.sort_by(|a, b| (a.name(), &a.id).cmp(&(b.name(), &b.id)));
    found.dedup_by(|a, b| a.id.eq_ignore_ascii_case(&b.id));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        several => {
            let named = several
                .iter()
                .map(|user| format!("`{}` ({})", user.user_principal_name, user.id));
            Err(Finding::error(
                Code::AmbiguousReference,
                format!(
                    "{} users are named `{text}`: {}",
                    several.len(),
                    few(named, MOST)
                ),
            )
            .help("name one by principal name or id")
            .into())
        }
    }
}

async fn in_directory(reader: &Reader<'_>, text: &str) -> Result<Vec<RiskSubject>, GraphError> {
    if is_guid(text) {
        let path = format!("{}?{SELECT}", item("/users", text));
        let found = reader.get(Edition::V1, &path).await?;
        return Ok(found.iter().map(RiskSubject::read).collect());
    }
    let filter = match text.contains('@') {
        true => format!("userPrincipalName eq {}", literal(text)),
        // As manifests have it: a name without a domain.
        false => format!(
            "displayName eq {} or startswith(userPrincipalName,{})",
            literal(text),
            literal(&format!("{text}@"))
        ),
    };
    find(reader, &filter).await
}

async fn find(reader: &Reader<'_>, filter: &str) -> Result<Vec<RiskSubject>, GraphError> {
    let path = format!("/users?$filter={}&{SELECT}&$top=50", encode(filter));
    let answer = reader.get(Edition::V1, &path).await?.unwrap_or_default();
    let items = answer.get("value").and_then(Value::as_array);
    Ok(items.into_iter().flatten().map(RiskSubject::read).collect())
}

async fn known_to_be_risky(
    reader: &Reader<'_>,
    text: &str,
) -> Result<Vec<RiskSubject>, GraphError> {
    if is_guid(text) {
        let found = read::user(reader, text).await?;
        return Ok(found.into_iter().map(RiskSubject::of).collect());
    }
    let property = match text.contains('@') {
        true => "userPrincipalName",
        false => "userDisplayName",
    };
    let (found, _) = reader
        .risk("riskyUsers", &format!("{property} eq {}", literal(text)))
        .await?;
    Ok(found
        .iter()
        .map(|value| RiskSubject::of(RiskyUser::read(value)))
        .collect())
}

/// The name of a user that is spelt alike, as far as its first letters agree.
async fn similar(reader: &Reader<'_>, text: &str) -> Result<Option<String>, GraphError> {
    let head = literal(&text.chars().take(3).collect::<String>());
    let filter = format!("startswith(displayName,{head}) or startswith(userPrincipalName,{head})");
    let found = find(reader, &filter).await?;
    let names = found
        .iter()
        .flat_map(|user| [user.user_principal_name.as_str(), &user.display_name]);
    Ok(did_you_mean(text, names).map(|meant| meant.to_owned()))
}
