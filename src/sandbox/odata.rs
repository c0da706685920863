//! The query options of a collection and of one object: `$filter`, `$select`,
//! `$orderby`, `$search`, `$top`, `$skip`, `$count`, and paging by `$skiptoken`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply};
use super::error::ErrorAnswer;
use super::filter::FilterNeeds;
use super::{filter, filter_text};
use crate::model::facts::{Edition, Facts};
use crate::model::requests;

/// What a collection is and which options it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing<'a> {
    /// Type of the items in the facts table (or a name it does not know).
    pub type_name: &'a str,
    /// What stands behind `$metadata#`.
    pub context: &'a str,
    /// Directory rules: `ConsistencyLevel`, 15 operands, page bounds, and names that
    /// compare without case. Elsewhere they compare exactly, which is unverified.
    pub directory: bool,
    /// Page size when the request has no `$top`.
    pub page: Option<usize>,
    /// The largest `$top`; `None` is any.
    pub page_max: Option<usize>,
    /// Members of an item when the request has no `$select`; `None` is all.
    pub members: Option<&'a [&'a str]>,
    /// Options that the schema says this collection does not take.
    pub refused: &'a [&'a str],
    /// The path ends with a cast on members or memberships.
    pub cast: bool,
    /// `$top` cuts the list, and no next page follows.
    pub cut: bool,
}

/// Above this many operands the directory refuses an `or`.
const WIDEST_OR: usize = 15;
const DIRECTORY_PAGE_MAX: usize = 999;

impl<'a> Listing<'a> {
    /// A collection of the Conditional Access service: no paging unless asked for.
    pub(crate) fn service(type_name: &'a str, context: &'a str) -> Self {
        Listing {
            type_name,
            context,
            directory: false,
            page: None,
            page_max: None,
            members: None,
            refused: &[],
            cast: false,
            cut: false,
        }
    }

    /// A collection of the directory: pages of 100.
    pub(crate) fn directory(type_name: &'a str, context: &'a str) -> Self {
        Listing {
            directory: true,
            page: Some(100),
            page_max: Some(DIRECTORY_PAGE_MAX),
            ..Self::service(type_name, context)
        }
    }

    pub(crate) fn refusing(mut self, options: &'a [&'a str]) -> Self {
        self.refused = options;
        self
    }

    pub(crate) fn showing(mut self, members: &'a [&'a str]) -> Self {
        self.members = Some(members);
        self
    }

    /// The collection, filtered, ordered, cut and shaped as the request asks.
    pub(crate) fn answer(&self, call: &Call, items: Vec<Value>) -> Answer {
        let found = self.select_items(call, items)?;
        let total = found.len();
        let top = self.top(call)?;
        let skip = number(call, "skip")?.unwrap_or(0);
        let start = match call.option("skiptoken") {
            Some(token) => resume(token, &found)?,
            None => skip.min(total),
        };
        let first_page = call.option("skiptoken").is_none();
        let size = top.or(self.page).unwrap_or(usize::MAX);
        let end = start.saturating_add(size).min(total);
        let page = found.get(start..end).unwrap_or_default();

        let select = self.selected(call)?;
        let mut body = Map::new();
        body.insert(
            "@odata.context".into(),
            Value::String(call.context(&with_select(self.context, select.as_deref()))),
        );
        // The directory passes over a count without the header.
        let counted = flag(call, "count")? && (!self.directory || call.eventual());
        if first_page && counted {
            body.insert("@odata.count".into(), total.into());
        }
        // `$top` of the directory is a page size; of the service it is one too.
        if end < total
            && !(self.cut && top.is_some())
            && let Some(last) = page.last()
        {
            let id = last.get("id").and_then(Value::as_str).unwrap_or_default();
            let token: String = format!("{end}~{id}")
                .bytes()
                .map(|b| format!("{b:02x}"))
                .collect();
            body.insert("@odata.nextLink".into(), call.next_link(&token).into());
        }
        let value = page
            .iter()
            .map(|item| self.shape(item, select.as_deref(), call))
            .collect();
        body.insert("value".into(), Value::Array(value));
        Ok(Reply::ok(Value::Object(body)))
    }

    /// The number of items, as `/$count` answers it.
    pub(crate) fn count(&self, call: &Call, items: Vec<Value>) -> Answer {
        if self.directory && !call.eventual() {
            return Err(ErrorAnswer::directory("$count is not currently supported."));
        }
        Ok(Reply::text(
            self.select_items(call, items)?.len().to_string(),
        ))
    }

    /// One object, with its context and the members that the request asks for.
    pub(crate) fn one(&self, call: &Call, item: &Value) -> Answer {
        let select = self.selected(call)?;
        let context = call.context(&format!(
            "{}/$entity",
            with_select(self.context, select.as_deref())
        ));
        let mut body = Map::new();
        body.insert("@odata.context".into(), context.into());
        if let Value::Object(members) = self.shape(item, select.as_deref(), call) {
            body.extend(members);
        }
        Ok(Reply::ok(Value::Object(body)))
    }

    fn select_items(&self, call: &Call, mut items: Vec<Value>) -> Result<Vec<Value>, ErrorAnswer> {
        self.known_options(call)?;
        let mut advanced: Option<String> = None;
        if let Some(text) = call.option("filter") {
            let expr = filter_text::parse(text)?;
            expr.check(self.type_name, call.edition)?;
            if self.directory {
                let needs = expr.needs();
                if needs.widest_or > WIDEST_OR {
                    return Err(ErrorAnswer::bad(format!(
                        "Too many child clauses specified in search filter expression containing 'OR' \
                         operators: {}. Max allowed: {WIDEST_OR}.",
                        needs.widest_or
                    )));
                }
                advanced = self.advanced(&needs)?;
                if call.option("orderby").is_some() {
                    advanced = Some("OrderBy".to_owned());
                }
            }
            items.retain(|item| expr.matches(item, self.directory));
        }
        if self.directory {
            if let Some(orderby) = call.option("orderby") {
                let first = orderby.split([' ', ',']).next().unwrap_or_default();
                let by_itself = match self.type_name {
                    "user" => ["displayName", "userPrincipalName"].contains(&first),
                    "group" => first == "displayName",
                    _ => false,
                };
                if !by_itself {
                    advanced = Some("OrderBy".to_owned());
                }
            }
            if self.cast {
                advanced = Some("Cast".to_owned());
            }
            if call.option("search").is_some() && !call.eventual() {
                return Err(ErrorAnswer::unsupported_query(
                    "Request with $search query parameter only works through MSGraph with a special \
                     request header: 'ConsistencyLevel: eventual'",
                ));
            }
            if let Some(operator) = advanced
                && !(call.eventual() && flag(call, "count")?)
            {
                return Err(ErrorAnswer::unsupported_query(format!(
                    "Operator '{operator}' is not supported because the required parameters might be missing. \
                     Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to \
                     https://aka.ms/graph-docs/advanced-queries for more information"
                )));
            }
        }
        if let Some(text) = call.option("search") {
            if !self.directory {
                return Err(ErrorAnswer::bad(
                    "The query option '$search' is not supported here.",
                ));
            }
            search(text, &mut items)?;
        }
        if let Some(text) = call.option("orderby") {
            self.order(call, text, &mut items)?;
        }
        Ok(items)
    }

    /// The operator for which the advanced query parameters are needed, if one is. What the
    /// index does not hold is refused.
    fn advanced(&self, needs: &FilterNeeds) -> Result<Option<String>, ErrorAnswer> {
        let mut advanced = needs.negation.then(|| "Not".to_owned());
        let Some(table) = requests::operators(self.type_name) else {
            if needs.contains {
                return Err(ErrorAnswer::unsupported_query(
                    "Unsupported Query: the function 'contains' is not supported here.",
                ));
            }
            return Ok(advanced);
        };
        for (property, operator) in &needs.uses {
            let named = |name: &&String| name.eq_ignore_ascii_case(property);
            let known = table.keys().find(named).and_then(|name| table.get(name));
            let has = |list: &[String]| list.iter().any(|o| o == operator);
            let ends = [
                "mail",
                "otherMails/any",
                "userPrincipalName",
                "proxyAddresses/any",
            ];
            let counts = property.ends_with("/$count");
            match known {
                Some(known) if has(&known.default) => {}
                Some(known) if has(&known.advanced) => advanced = Some((*operator).to_owned()),
                Some(_) if *operator == "endsWith" && ends.contains(&property.as_str()) => {
                    advanced = Some((*operator).to_owned());
                }
                None if counts => advanced = Some((*operator).to_owned()),
                _ => {
                    let mut resource = self.type_name.to_owned();
                    if let Some(first) = resource.get_mut(..1) {
                        first.make_ascii_uppercase();
                    }
                    return Err(ErrorAnswer::unsupported_query(format!(
                        "Unsupported or invalid query filter clause specified for property '{property}' \
                         of resource '{resource}'."
                    )));
                }
            }
        }
        Ok(advanced)
    }

    fn known_options(&self, call: &Call) -> Result<(), ErrorAnswer> {
        const KNOWN: &[&str] = &[
            "filter",
            "select",
            "top",
            "skip",
            "count",
            "orderby",
            "search",
            "skiptoken",
            "format",
        ];
        for (name, _) in &call.query {
            if let Some(bare) = name.strip_prefix('$')
                && !KNOWN.contains(&bare.to_ascii_lowercase().as_str())
            {
                return Err(ErrorAnswer::bad(format!(
                    "The query option '{name}' is not supported here."
                )));
            }
        }
        if let Some(name) = self.refused.iter().find(|n| call.option(n).is_some()) {
            return Err(ErrorAnswer::bad(format!(
                "The query option '${name}' is not supported by this resource."
            )));
        }
        if self.directory && call.option("skip").is_some() {
            return Err(ErrorAnswer::bad("'$skip' is not supported by the service."));
        }
        Ok(())
    }

    fn top(&self, call: &Call) -> Result<Option<usize>, ErrorAnswer> {
        let Some(top) = number(call, "top")? else {
            return Ok(None);
        };
        if let Some(max) = self.page_max
            && !(1..=max).contains(&top)
        {
            let message = format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {max} inclusive."
            );
            return Err(if self.directory {
                ErrorAnswer::directory(message)
            } else {
                ErrorAnswer::bad(message)
            });
        }
        Ok(Some(top))
    }

    fn selected(&self, call: &Call) -> Result<Option<Vec<String>>, ErrorAnswer> {
        let Some(text) = call.option("select").filter(|t| !t.trim().is_empty()) else {
            return Ok(None);
        };
        let facts = Facts::get();
        let known = facts.types.contains_key(self.type_name);
        let mut names: Vec<String> = Vec::new();
        for name in text.split(',').map(str::trim) {
            let found = if !known || name == "*" || name.eq_ignore_ascii_case("id") {
                Some(name.to_owned())
            } else {
                let concrete = facts.concrete(self.type_name);
                concrete
                    .iter()
                    .chain([&self.type_name])
                    .flat_map(|t| {
                        let mut all = facts.properties(t, call.edition);
                        all.extend(facts.navigation(t));
                        all.into_keys()
                    })
                    .chain(
                        match call.edition {
                            Edition::Beta => beta_names(self.type_name),
                            Edition::V1 => &[],
                        }
                        .iter()
                        .copied(),
                    )
                    .find(|p| p.eq_ignore_ascii_case(name))
                    .map(str::to_owned)
            };
            let found = found.ok_or_else(|| {
                ErrorAnswer::bad(format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{name}' \
                     on type 'microsoft.graph.{}'.",
                    self.type_name
                ))
            })?;
            if !names.contains(&found) {
                names.push(found);
            }
        }
        Ok(Some(names))
    }

    fn shape(&self, item: &Value, select: Option<&[String]>, call: &Call) -> Value {
        let Some(members) = item.as_object() else {
            return item.clone();
        };
        if select.is_some_and(|s| s.iter().any(|n| n == "*")) {
            return item.clone();
        }
        let mut shaped = Map::new();
        if let Some(tag) = members.get("@odata.type") {
            shaped.insert("@odata.type".into(), tag.clone());
        }
        let facts = Facts::get();
        let mut put = |name: &str| {
            let value = members.get(name).cloned().unwrap_or_else(|| {
                let list = facts
                    .properties(self.type_name, call.edition)
                    .get(name)
                    .is_some_and(|p| p.collection);
                if list { json!([]) } else { Value::Null }
            });
            shaped.insert(name.to_owned(), value);
        };
        match (select, self.members) {
            (Some(select), _) => select.iter().for_each(|name| put(name)),
            (None, Some(default)) => default.iter().for_each(|name| put(name)),
            (None, None) => return item.clone(),
        }
        Value::Object(shaped)
    }

    fn order(&self, call: &Call, text: &str, items: &mut [Value]) -> Result<(), ErrorAnswer> {
        let mut keys: Vec<(Vec<String>, bool)> = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let (Some(path), direction, None) = (words.next(), words.next(), words.next()) else {
                return Err(ErrorAnswer::bad(format!(
                    "Invalid $orderby clause: '{text}'."
                )));
            };
            let descending = match direction {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => {
                    return Err(ErrorAnswer::bad(format!(
                        "Invalid $orderby clause: '{text}'."
                    )));
                }
            };
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            filter::FilterExpr::Compare(
                filter::Term::Path(path.clone()),
                filter::Op::Eq,
                filter::Term::Literal(Value::Null),
            )
            .check(self.type_name, call.edition)?;
            keys.push((path, descending));
        }
        let key = |item: &Value, path: &[String]| {
            let found = path.iter().try_fold(item, |at, name| at.get(name));
            match found {
                Some(Value::String(text)) => (1, text.to_lowercase(), 0.0),
                Some(Value::Number(n)) => (1, String::new(), n.as_f64().unwrap_or_default()),
                Some(Value::Bool(b)) => (1, b.to_string(), 0.0),
                _ => (0, String::new(), 0.0),
            }
        };
        items.sort_by(|a, b| {
            for (path, descending) in &keys {
                let (a, b) = (key(a, path), key(b, path));
                let order = (a.0, &a.1).cmp(&(b.0, &b.1)).then(a.2.total_cmp(&b.2));
                if order.is_ne() {
                    return if *descending { order.reverse() } else { order };
                }
            }
            std::cmp::Ordering::Equal
        });
        Ok(())
    }
}

/// Members that beta has besides those of v1.0, and that no stored object has: they can be
/// selected (Microsoft's generated client of beta).
fn beta_names(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "user" => &[
            "analytics",
            "appConsentRequestsForApproval",
            "appRoleAssignedResources",
            "approvals",
            "cloudLicensing",
            "cloudPcPools",
            "cloudRealtimeCommunicationInfo",
            "communications",
            "deviceEnrollmentConfigurations",
            "deviceKeys",
            "devices",
            "distributionLists",
            "identityGovernance",
            "infoCatalogs",
            "informationProtection",
            "invitedBy",
            "isLicenseReconciliationNeeded",
            "joinedGroups",
            "lifecycle",
            "managedAppLogCollectionRequests",
            "mobileAppIntentAndStates",
            "mobileAppTroubleshootingEvents",
            "notifications",
            "onPremisesSipInfo",
            "pendingAccessReviewInstances",
            "profile",
            "refreshTokensValidFromDateTime",
            "security",
            "transitiveReports",
            "usageRights",
            "virtualEvents",
            "windowsInformationProtectionDeviceRegistrations",
        ],
        "group" => &[
            "cloudLicensing",
            "createdByAppId",
            "disableNesting",
            "endpoints",
            "membershipRuleProcessingStatus",
            "writebackConfiguration",
        ],
        "servicePrincipal" => &[
            "claimsPolicy",
            "errorUrl",
            "licenseDetails",
            "lifecycle",
            "passwordSingleSignOnSettings",
            "permissionGrantPreApprovalPolicies",
            "preferredTokenSigningKeyEndDateTime",
            "publishedPermissionScopes",
            "publisherName",
            "samlMetadataUrl",
        ],
        _ => &[],
    }
}

/// Whether an item may be one of those that the request's filter asks for: a look at what a
/// filter for some names asks, before the item is made ready. The filter itself has the last
/// word.
pub(super) fn may_match(call: &Call, stored: &Value) -> bool {
    let Some(names) = &call.names else {
        return true;
    };
    match stored.get(&names.property).and_then(Value::as_str) {
        Some(text) => names.values.contains(&text.to_lowercase()),
        None => true,
    }
}

fn with_select(context: &str, select: Option<&[String]>) -> String {
    match select {
        Some(names) => format!("{context}({})", names.join(",")),
        None => context.to_owned(),
    }
}

/// The position behind the last item of the page before; by its id, so that a change
/// between two pages neither repeats nor loses an item.
fn resume(token: &str, found: &[Value]) -> Result<usize, ErrorAnswer> {
    let bad = || ErrorAnswer::bad("The provided $skiptoken is not valid.");
    let bytes = token.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return Err(bad());
    }
    let text: Option<String> = bytes
        .chunks(2)
        .map(|pair| {
            let digits = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(digits, 16).ok().map(char::from)
        })
        .collect();
    let text = text.ok_or_else(bad)?;
    let (offset, id) = text.split_once('~').ok_or_else(bad)?;
    let offset: usize = offset.parse().map_err(|_| bad())?;
    let after = found
        .iter()
        .position(|item| item.get("id").and_then(Value::as_str) == Some(id))
        .map(|at| at + 1);
    Ok(after.unwrap_or(offset).min(found.len()))
}

/// `"displayName:text"`, several joined by AND or OR: a word of the member starts with
/// the text.
fn search(text: &str, items: &mut Vec<Value>) -> Result<(), ErrorAnswer> {
    let mut any: Vec<Vec<(String, String)>> = Vec::new();
    for alternative in text.split(" OR ") {
        let mut all = Vec::new();
        for clause in alternative.split(" AND ") {
            let inner = clause
                .trim()
                .strip_prefix('"')
                .and_then(|c| c.strip_suffix('"'))
                .and_then(|c| c.split_once(':'))
                .ok_or_else(|| {
                    ErrorAnswer::bad(
                        "Syntax error: $search clauses have the form \"property:value\".",
                    )
                })?;
            all.push((inner.0.to_owned(), inner.1.to_lowercase()));
        }
        any.push(all);
    }
    items.retain(|item| {
        any.iter().any(|all| {
            all.iter().all(|(name, value)| {
                let member = item.get(name).and_then(Value::as_str).unwrap_or_default();
                let member = member.to_lowercase();
                member.starts_with(value.as_str())
                    || member
                        .split(|c: char| !c.is_alphanumeric())
                        .any(|w| w.starts_with(value.as_str()))
            })
        })
    });
    Ok(())
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, ErrorAnswer> {
    call.option(name)
        .map(|text| {
            text.trim().parse::<u32>().map(|n| n as usize).map_err(|_| {
                ErrorAnswer::bad(format!(
                    "Invalid value '{text}' for ${name} query option found. The ${name} query option \
                     requires a non-negative integer value."
                ))
            })
        })
        .transpose()
}

fn flag(call: &Call, name: &str) -> Result<bool, ErrorAnswer> {
    match call.option(name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(ErrorAnswer::bad(format!(
            "Invalid value '{other}' for ${name} query option found."
        ))),
    }
}
