//! The read half: everything that plan needs of a tenant. Nothing here can change it.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::error::GraphError;
use super::request::{IN_LIMIT, Request, encode, in_filter, item};
use crate::model::facts::Edition;

/// What a user is read with: Graph leaves most of it out unless asked.
pub const USER_SELECT: &str = "id,displayName,userPrincipalName,mailNickname,accountEnabled,givenName,surname,jobTitle,department,companyName,officeLocation,city,country,usageLocation,preferredLanguage,mobilePhone,employeeId,employeeType,userType,createdDateTime";
/// What a group is read with.
pub const GROUP_SELECT: &str = "id,displayName,description,mailNickname,mailEnabled,securityEnabled,groupTypes,membershipRule,membershipRuleProcessingState,isAssignableToRole,onPremisesSyncEnabled,createdDateTime";
/// The path of the tenant itself.
pub const ORGANIZATION: &str = "/organization?$select=id,displayName,verifiedDomains";
/// What a service principal is read with.
pub const SERVICE_PRINCIPAL_SELECT: &str = "id,appId,displayName,servicePrincipalType";
/// Page size of the collections of Conditional Access.
const CA_TOP: usize = 999;

/// Page size of the collections of identity protection: the largest that they take (List
/// riskyUsers).
pub const RISK_TOP: usize = 500;
/// Their page size where none is asked for.
const RISK_PAGE: usize = 20;

/// A connection that can only read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    client: &'a Client,
}

impl<'a> Reader<'a> {
    /// The read half of a client.
    pub fn new(client: &'a Client) -> Reader<'a> {
        Reader { client }
    }

    /// How many requests were sent, and how many of them on one-per-second resources.
    pub fn requests_sent(&self) -> (u64, u64) {
        self.client.requests_sent()
    }

    /// What the tenant says of itself (organization: List), asked once in a run.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn organization(&self) -> Result<Value, GraphError> {
        match self.client.organization() {
            Some(known) => Ok(known.clone()),
            None => {
                let answer = self.ask(Edition::V1, ORGANIZATION).await?;
                Ok(self.client.keep_organization(answer))
            }
        }
    }

    /// What the tenant says of itself, where it was asked already: [`ORGANIZATION`] is an item
    /// of a batch, too.
    pub fn known_organization(&self) -> Option<&'a Value> {
        self.client.organization()
    }

    /// Keeps the answer to [`ORGANIZATION`] that a batch gave.
    pub fn keep_organization(&self, answer: Value) -> Value {
        self.client.keep_organization(answer)
    }

    /// Every policy (List policies).
    ///
    /// # Errors
    /// See [`GraphError`]; likewise for the other calls.
    pub async fn policies(&self, edition: Edition) -> Result<Vec<Value>, GraphError> {
        self.whole(edition, "/identity/conditionalAccess/policies")
            .await
    }

    /// Every named location (List namedLocations).
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn locations(&self, edition: Edition) -> Result<Vec<Value>, GraphError> {
        self.whole(edition, "/identity/conditionalAccess/namedLocations")
            .await
    }

    /// A collection of Conditional Access in as few pages as there can be. No page names the
    /// largest page size: where the one asked for is refused, the service chooses. So it does where
    /// as many came as were asked for: such a list may be cut off without a next page
    /// (IntuneManagement #364), and must not be taken for whole.
    async fn whole(&self, edition: Edition, path: &str) -> Result<Vec<Value>, GraphError> {
        let large = format!("{path}?$top={CA_TOP}");
        match self.client.list(edition, &large).await {
            Err(GraphError::Api(error)) if error.status == 400 => {
                self.client.list(edition, path).await
            }
            Ok(items) if items.len() == CA_TOP => self.client.list(edition, path).await,
            other => other,
        }
    }

    /// A collection of identity protection (List riskDetections, List riskyUsers), and
    /// whether its last page was refused: see [`Client::list_to_fault`]. `filter` is an OData
    /// filter, not encoded; empty is everything.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn risk(&self, path: &str, filter: &str) -> Result<(Vec<Value>, bool), GraphError> {
        let filter = match filter {
            "" => String::new(),
            filter => format!("$filter={}&", encode(filter)),
        };
        let path = format!("/identityProtection/{path}?{filter}$top={RISK_TOP}");
        self.client
            .list_to_fault(Edition::V1, &path, RISK_TOP)
            .await
    }

    /// How the risk of a user changed (List history of riskyUser), in pages of the service's
    /// own size: its page names no `$top`.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn risk_history(&self, id: &str) -> Result<(Vec<Value>, bool), GraphError> {
        let path = format!("{}/history", item("/identityProtection/riskyUsers", id));
        self.client
            .list_to_fault(Edition::V1, &path, RISK_PAGE)
            .await
    }

    /// The users in the recycle bin (List deletedItems); `None` where the caller may not read it.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn deleted_users(&self) -> Result<Option<Vec<Value>>, GraphError> {
        let path =
            format!("/directory/deletedItems/microsoft.graph.user?$select={USER_SELECT}&$top=999");
        match self.client.list(Edition::V1, &path).await {
            Err(GraphError::Api(error)) if error.status == 403 => Ok(None),
            other => other.map(Some),
        }
    }

    /// One object by its path; `None` when it does not exist.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn get(&self, edition: Edition, path: &str) -> Result<Option<Value>, GraphError> {
        match self.client.send(&Request::get(edition, path)).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One read of any shape, as it is answered: a refusal is an answer, too.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn ask(&self, edition: Edition, path: &str) -> Result<Value, GraphError> {
        self.client.send(&Request::get(edition, path)).await
    }

    /// A POST of those that read, as it is answered.
    ///
    /// # Errors
    /// See [`GraphError`]; when it is a write, nothing is sent.
    pub async fn ask_by_post(&self, request: &Request) -> Result<Value, GraphError> {
        const READ: &[&str] = &["/identity/conditionalAccess/evaluate"];
        let batch_of_reads = request.path == "/$batch"
            && request.body.as_ref().is_some_and(|body| {
                let items = body.get("requests").and_then(Value::as_array);
                items.is_some_and(|items| items.iter().all(|item| item["method"] == "GET"))
            });
        match READ.contains(&request.path.as_str()) || batch_of_reads {
            true => self.client.send(request).await,
            false => Err(GraphError::Unlisted(request.to_string())),
        }
    }

    /// Reads in one batch whose items bear no header of gatewright's, and are not tried again:
    /// the status and body of each, in their order.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn bare(
        &self,
        edition: Edition,
        paths: &[&str],
    ) -> Result<Vec<(u64, Value)>, GraphError> {
        let items = paths.iter().enumerate();
        let items: Vec<Value> = items
            .map(|(id, path)| json!({"id": id.to_string(), "method": "GET", "url": path}))
            .collect();
        let request = Request::post(edition, "/$batch", json!({ "requests": items }));
        let mut answer = self.client.send(&request).await?;
        let mut given = match answer.get_mut("responses").map(Value::take) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let found = paths.iter().enumerate().map(|(id, _)| {
            let id = id.to_string();
            let own = given.iter_mut().find(|one| one["id"] == id.as_str());
            let own = own.map(Value::take).unwrap_or_default();
            let status = own.get("status").and_then(Value::as_u64);
            let body = own.get("body").cloned();
            (status.unwrap_or_default(), body.unwrap_or_default())
        });
        Ok(found.collect())
    }

    /// How long the pace alone makes a request wait for those before it.
    pub fn pace_of(&self, request: &Request) -> Duration {
        self.client.pace_of(request)
    }

    /// How often the service said 429 so far.
    pub fn throttled_answers(&self) -> u64 {
        self.client.throttled_answers()
    }

    /// How far the service's clock is ahead of this machine's, in seconds.
    pub fn clock_skew(&self) -> Option<i64> {
        self.client.clock_skew()
    }

    /// Several reads at once, in as few requests as there can be.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn many(
        &self,
        edition: Edition,
        paths: &[String],
    ) -> Result<Vec<Result<Value, GraphError>>, GraphError> {
        match paths {
            [] => Ok(Vec::new()),
            paths => self.client.batch_get(edition, paths).await,
        }
    }

    /// A collection of which nothing is kept: each page is handed to `take`.
    ///
    /// # Errors
    /// See [`GraphError`]. What was handed over before it is a part of the whole.
    pub async fn each_page(
        &self,
        path: &str,
        take: impl FnMut(Vec<Value>),
    ) -> Result<(), GraphError> {
        self.client.each_page(Edition::V1, path, take).await
    }

    /// The same, of an edition.
    ///
    /// # Errors
    /// See [`Reader::each_page`].
    pub async fn pages(
        &self,
        edition: Edition,
        path: &str,
        take: impl FnMut(Vec<Value>),
    ) -> Result<(), GraphError> {
        self.client.each_page(edition, path, take).await
    }

    /// Several such collections, in as few requests as there can be; `take` gets the place of
    /// the path as well, and `refused` says what a failure of one means.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn each_of(
        &self,
        paths: &[String],
        take: impl FnMut(usize, Vec<Value>),
        refused: impl Fn(usize, GraphError) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        self.client
            .batch_each(Edition::V1, paths, take, refused)
            .await
    }

    /// What the tenant's policies would do with a sign-in (conditionalAccessRoot: evaluate): each
    /// policy that is enabled or in report-only.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn evaluate(&self, body: &Value) -> Result<Vec<Value>, GraphError> {
        let path = "/identity/conditionalAccess/evaluate";
        let mut answer = self.read_by_post(path, body.clone()).await?;
        match answer.get_mut("value").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(GraphError::Answer {
                request: format!("POST {path}"),
                problem: "it has no list of policies".to_owned(),
            }),
        }
    }

    /// A POST that reads: it may be tried again like any read.
    async fn read_by_post(&self, path: &str, body: Value) -> Result<Value, GraphError> {
        let request = Request::post(Edition::V1, path, body);
        let mut tries = 0;
        loop {
            match self.client.send(&request).await {
                Err(error) if error.maybe_done() && tries < 3 => tries += 1,
                other => return other,
            }
        }
    }

    /// The directory objects of these ids, those that exist (directoryObject: getByIds,
    /// at most 1,000 a request).
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn by_ids(&self, ids: &[String], types: &[&str]) -> Result<Vec<Value>, GraphError> {
        let mut found = Vec::new();
        for chunk in ids.chunks(1000) {
            let body = match types {
                [] => json!({ "ids": chunk }),
                types => json!({ "ids": chunk, "types": types }),
            };
            let mut answer = self
                .read_by_post("/directoryObjects/getByIds", body)
                .await?;
            if let Some(Value::Array(items)) = answer.get_mut("value").map(Value::take) {
                found.extend(items);
            }
        }
        Ok(found)
    }
}

/// Paths that find groups by display name, fifteen names each.
pub fn groups_by_name(names: &[String]) -> Vec<String> {
    by("groups", "displayName", names, GROUP_SELECT)
}

/// Paths that find users by principal name, fifteen names each.
pub fn users_by_name(names: &[String]) -> Vec<String> {
    by("users", "userPrincipalName", names, USER_SELECT)
}

/// Paths that find service principals by display name or app id, fifteen each.
pub fn service_principals_by(property: &str, values: &[String]) -> Vec<String> {
    by(
        "servicePrincipals",
        property,
        values,
        SERVICE_PRINCIPAL_SELECT,
    )
}

fn by(collection: &str, property: &str, values: &[String], select: &str) -> Vec<String> {
    values
        .chunks(IN_LIMIT)
        .map(|chunk| {
            let filter = in_filter(property, chunk);
            format!("/{collection}?$filter={filter}&$select={select}&$top=999")
        })
        .collect()
}

/// The path of the test users that bear gatewright's mark: an advanced query, since
/// `employeeType` can be asked for in no other way (Advanced query capabilities).
pub fn marked_users() -> String {
    let filter = encode(&format!(
        "employeeType eq '{}'",
        crate::model::user::TEST_USER_MARK
    ));
    format!("/users?$filter={filter}&$select={USER_SELECT}&$top=999&$count=true")
}

/// The path of the groups whose names begin with `prefix`; all groups for an empty one.
pub fn groups_with_prefix(prefix: &str) -> String {
    if prefix.is_empty() {
        return format!("/groups?$select={GROUP_SELECT}&$top=999");
    }
    let filter = encode(&format!(
        "startswith(displayName,{})",
        super::request::literal(prefix)
    ));
    format!("/groups?$filter={filter}&$select={GROUP_SELECT}&$top=999")
}
