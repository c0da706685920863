//! The table of requests: every request that gatewright can send to Microsoft Graph, and those
//! that the sandbox answers for other clients, with the page that documents each, the
//! permissions that it needs, and what it costs.
//!
//! `data.json` holds it. The client looks a request up before it sends it (an unlisted one is
//! a fault of gatewright, and stops every test), the sandbox asks it who may do what, and
//! `auth whoami` and the errors take the names of permissions from it.

pub mod query;

use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::facts::Edition;
use query::Operators;

/// The header that every request bears: without it some enums answer `unknownFutureValue` for
/// their newer members (Handling future members in evolvable enumerations).
pub const PREFER: (&str, &str) = ("Prefer", "include-unknown-enum-members");
/// The header of an advanced query, which also has `$count=true` (Advanced query capabilities
/// on directory objects).
pub const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");

/// Permissions of which one suffices.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyOf {
    /// Those that gatewright can work with, the narrowest first.
    pub any: Vec<String>,
    /// Those that Graph takes as well: they tell less than gatewright needs, or are for
    /// something else.
    #[serde(default)]
    pub also: Vec<String>,
}

impl AnyOf {
    /// The narrowest one.
    pub fn least(&self) -> &str {
        self.any.first().map_or("", String::as_str)
    }

    /// Whether one of `held` is among those that Graph takes.
    pub fn is_met(&self, held: &[String]) -> bool {
        self.any
            .iter()
            .chain(&self.also)
            .any(|name| held.iter().any(|h| h.eq_ignore_ascii_case(name)))
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// An application as itself.
    Application,
    /// A person, by way of an application.
    Delegated,
}

/// What a request may need besides, by what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Beside {
    /// The group can be assigned to roles.
    RoleAssignableGroup,
    /// The member is a group.
    MemberIsGroup,
    /// The member is a service principal.
    MemberIsServicePrincipal,
    /// The member is a device.
    MemberIsDevice,
    /// What lies in the recycle bin is a user.
    DeletedUser,
    /// What lies in the recycle bin is a group.
    DeletedGroup,
}

impl Beside {
    /// When that is so, for a message.
    pub fn when(self) -> &'static str {
        match self {
            Beside::RoleAssignableGroup => "the group can be assigned to roles",
            Beside::MemberIsGroup => "the member is a group",
            Beside::MemberIsServicePrincipal => "the member is a service principal",
            Beside::MemberIsDevice => "the member is a device",
            Beside::DeletedUser => "the deleted object is a user",
            Beside::DeletedGroup => "the deleted object is a group",
        }
    }
}

/// A page of Microsoft's reference, or a part of one, with its table of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Page {
    /// `beta` for a page that v1.0 does not have.
    #[serde(default)]
    edition: Option<String>,
    /// What an application needs: one of each. `None`: the page names no permission for it.
    application: Option<Vec<AnyOf>>,
    /// What a person needs, where that differs.
    #[serde(default)]
    delegated: Option<Vec<AnyOf>>,
    /// True where the page calls every permission unsupported: the ones here are those of the
    /// page's neighbours.
    #[serde(default)]
    pub undocumented: bool,
    /// A role that a person needs besides; the least one, as far as the pages name it.
    #[serde(default)]
    pub role: Option<String>,
    /// A role that an application needs besides.
    #[serde(default)]
    pub application_role: Option<String>,
    /// What is needed besides, for some objects.
    #[serde(default)]
    pub beside: IndexMap<Beside, Vec<String>>,
}

impl Page {
    /// What `who` needs: one of each. `None`: the page names no permission for `who`.
    pub fn needs(&self, who: Identity) -> Option<&[AnyOf]> {
        match (who, &self.delegated) {
            (Identity::Delegated, Some(own)) => Some(own),
            _ => self.application.as_deref(),
        }
    }

    /// Whether only the beta edition documents it.
    pub fn is_beta(&self) -> bool {
        self.edition.as_deref() == Some("beta")
    }
}

/// How gatewright sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SendWay {
    /// Alone.
    Single,
    /// As an item of a `$batch`; alone where a batch is throttled.
    Item,
    /// Both.
    Either,
}

/// Which limit a request falls under (Microsoft Graph service-specific throttling limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RateLimit {
    /// One request a second for the tenant, all apps together.
    OnePerSecond,
    /// No limit is published: a neighbour of those, held to the same when it is throttled.
    Neighbour,
    /// Reports on identity and access: five requests in ten seconds for each app and tenant.
    Reports,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What it does, in words. Unique.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The path below the version root, with `{id}` for what varies.
    pub path: String,
    /// The name of the page that documents it, and after a `#` the part of it.
    pub page: String,
    /// How gatewright sends it. `None`: it does not; the sandbox answers it for others.
    #[serde(default)]
    pub sent: Option<SendWay>,
    /// The edition, where gatewright sends it on one alone.
    #[serde(default)]
    edition: Option<String>,
    /// The query options, all of them, with what each may hold: values, for `$filter` the
    /// properties with their operators, `*` for anything.
    #[serde(default)]
    pub query: IndexMap<String, Vec<String>>,
    /// Headers besides those of every request.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// The members of the body; one with a `?` may be missing. `None`: there is no body.
    #[serde(default)]
    pub body: Option<Vec<String>>,
    /// The limit that is not counted in resource units.
    #[serde(default)]
    pub limit: Option<RateLimit>,
    /// The resource units that it costs, without `$select`, `$expand` and a small `$top`.
    #[serde(default = "one")]
    units: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[expect(dead_code, reason = "it is for those who read the file")]
    source: String,
    pages: IndexMap<String, Page>,
    requests: Vec<Shape>,
    aliases: IndexMap<String, String>,
    operators: IndexMap<String, IndexMap<String, Operators>>,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    // A unit test reads the file, too.
    DATA.get_or_init(|| serde_json::from_str(include_str!("data.json")).unwrap_or_default())
}

/// Every row of the table.
pub fn all() -> &'static [Shape] {
    &data().requests
}

/// The page of a name.
pub fn page(name: &str) -> Option<&'static Page> {
    data().pages.get(name)
}

/// Which operators a filter of this type may have on which property; `None` for a type that is
/// no directory object.
pub fn operators(type_name: &str) -> Option<&'static IndexMap<String, Operators>> {
    data().operators.get(type_name)
}

/// A request, as much of it as the table knows.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// v1.0 or beta.
    pub edition: Edition,
    /// The segments of the path below the version root, decoded.
    pub path: &'a [String],
    /// The query options, decoded.
    pub query: &'a [(String, String)],
    /// The body.
    pub body: Option<&'a Value>,
}

impl Shape {
    /// The page that documents it. Every row has one: a test says so.
    pub fn page(&self) -> Option<&'static Page> {
        page(&self.page)
    }

    /// What `who` needs for it: one of each. `None`: no permission is named for `who`.
    pub fn needs(&self, who: Identity) -> Option<&'static [AnyOf]> {
        self.page()?.needs(who)
    }

    /// The resource units that it costs with these query options (`$select` saves one, so does
    /// a `$top` below 20, `$expand` adds one; never less than one).
    pub fn units(&self, query: &[(String, String)]) -> u32 {
        let option = |name: &str| {
            query
                .iter()
                .find(|(n, _)| n.trim_start_matches('$').eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        if self.units == 0 {
            return 0;
        }
        let small = option("top").is_some_and(|top| top.parse::<u32>().is_ok_and(|top| top < 20));
        let less = u32::from(option("select").is_some()) + u32::from(small);
        let more = u32::from(option("expand").is_some());
        (self.units + more).saturating_sub(less).max(1)
    }

    /// Whether it changes the tenant.
    pub fn writes(&self) -> bool {
        self.method != "GET"
            && ![
                "/$batch",
                "/directoryObjects/getByIds",
                "/identity/conditionalAccess/evaluate",
            ]
            .contains(&self.path.as_str())
    }

    fn is_at(&self, path: &[String]) -> bool {
        let mut template = self.path.split('/').filter(|part| !part.is_empty());
        let mut given = path.iter();
        loop {
            match (template.next(), given.next()) {
                (None, None) => return true,
                (Some(part), Some(segment)) => {
                    let open = part.starts_with('{');
                    let fits = match open {
                        true => {
                            !segment.is_empty()
                                && !segment.starts_with('$')
                                && without_namespace(segment) == segment
                        }
                        false => part.eq_ignore_ascii_case(segment),
                    };
                    if !fits {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    fn has_query(&self, query: &[(String, String)]) -> bool {
        self.query.len() == query.len()
            && query.iter().all(|(name, value)| {
                self.query.get(name).is_some_and(|allowed| {
                    if name == "$filter" {
                        return query::used(value).is_some_and(|used| {
                            !used.is_empty() && used.iter().all(|u| allowed.contains(u))
                        });
                    }
                    allowed.iter().any(|a| a == "*" || a == value)
                })
            })
    }

    fn has_body(&self, body: Option<&Value>) -> bool {
        match (&self.body, body) {
            (None, None) => true,
            (Some(members), Some(Value::Object(given))) => {
                let bare = |member: &str| member.trim_end_matches('?').to_owned();
                let known = |name: &String| members.iter().any(|m| bare(m) == *name);
                let needed = |member: &&String| !member.ends_with('?');
                given.keys().all(known)
                    && members
                        .iter()
                        .filter(needed)
                        .all(|m| given.contains_key(m.as_str()))
                    && (given.is_empty() == members.is_empty())
            }
            _ => false,
        }
    }
}

/// The row of a request that gatewright sends.
pub fn sent(asked: &RequestParts<'_>) -> Option<&'static Shape> {
    all().iter().find(|shape| {
        shape.sent.is_some()
            && shape.method == asked.method
            && shape
                .edition
                .as_deref()
                .is_none_or(|edition| edition == asked.edition.segment())
            && shape.is_at(asked.path)
            && shape.has_query(asked.query)
            && shape.has_body(asked.body)
    })
}

/// What is known of a request of any client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// It is one of these rows; more than one where the body is about several things.
    Rows(Vec<&'static Shape>),
    /// There is something at this path, for other methods.
    OtherMethod,
    /// Nothing is there.
    Nothing,
}

/// The rows of a request of any client. Its query is its own; of several rows for one path,
/// those count that its body is about.
pub fn served(asked: &RequestParts<'_>) -> Served {
    let path = canonical(asked.path);
    let bare: Vec<String> = path
        .iter()
        .map(|segment| without_namespace(segment).to_owned())
        .collect();
    let shorter = bare.split_last().and_then(|(last, rest)| {
        let is_cast = path.last().is_some_and(|l| l != last);
        (asked.method == "GET" && (is_cast || last == "$count")).then_some(rest)
    });
    let mut somewhere = false;
    for path in [Some(path.as_slice()), Some(bare.as_slice()), shorter]
        .into_iter()
        .flatten()
    {
        let here: Vec<&Shape> = all().iter().filter(|shape| shape.is_at(path)).collect();
        somewhere |= !here.is_empty();
        let rows: Vec<&Shape> = here
            .into_iter()
            .filter(|shape| shape.method == asked.method)
            .collect();
        if !rows.is_empty() {
            return Served::Rows(about(rows, asked));
        }
    }
    match somewhere {
        true => Served::OtherMethod,
        false => Served::Nothing,
    }
}

fn about(rows: Vec<&'static Shape>, asked: &RequestParts<'_>) -> Vec<&'static Shape> {
    if let Some(exact) = rows
        .iter()
        .find(|shape| shape.has_query(asked.query) && shape.has_body(asked.body))
        .or_else(|| rows.iter().find(|shape| shape.has_body(asked.body)))
    {
        return vec![exact];
    }
    let given: Vec<&String> = match asked.body {
        Some(Value::Object(members)) => members.keys().collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<&Shape> = Vec::new();
    for name in given {
        let has = |shape: &&&Shape| {
            shape
                .body
                .iter()
                .flatten()
                .any(|m| m.trim_end_matches('?') == name)
        };
        // The widest row that knows the member: a narrow one may know it, too.
        let widest = rows
            .iter()
            .filter(has)
            .max_by_key(|shape| shape.body.as_ref().map_or(0, Vec::len));
        if let Some(shape) = widest.filter(|shape| !found.contains(shape)) {
            found.push(shape);
        }
    }
    match (found.is_empty(), rows.first()) {
        (true, Some(first)) => vec![first],
        _ => found,
    }
}

/// The path that another path stands for.
fn canonical(path: &[String]) -> Vec<String> {
    for (alias, target) in &data().aliases {
        let parts = |text: &str| -> Vec<String> {
            text.split('/')
                .filter(|p| !p.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let alias = parts(alias);
        if let Some((head, rest)) = path.split_at_checked(alias.len())
            && head
                .iter()
                .zip(&alias)
                .all(|(a, b)| a.eq_ignore_ascii_case(b))
        {
            return [parts(target), rest.to_vec()].concat();
        }
    }
    path.to_vec()
}

/// `microsoft.graph.restore` is `restore`.
fn without_namespace(segment: &str) -> &str {
    const NAMESPACE: &str = "microsoft.graph.";
    match segment.split_at_checked(NAMESPACE.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(NAMESPACE) => rest,
        _ => segment,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        let data: Data = serde_json::from_str(include_str!("data.json")).unwrap();
        let mut names = BTreeSet::new();
        let mut pages = BTreeSet::new();
        for shape in &data.requests {
            let name = &shape.name;
            assert!(names.insert(name), "`{name}` is there twice");
            assert!(data.pages.contains_key(&shape.page), "no page: {name}");
            pages.insert(&shape.page);
            assert!(
                matches!(
                    shape.method.as_str(),
                    "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
                ),
                "{name}"
            );
            assert!(
                matches!(shape.edition.as_deref(), None | Some("v1.0" | "beta")),
                "{name}"
            );
            let eventual = shape.headers.get(EVENTUAL.0).map(String::as_str);
            let count = shape.query.contains_key("$count");
            assert_eq!(eventual == Some(EVENTUAL.1), count, "{name}");
            if shape.sent.is_none() {
                assert!(shape.query.is_empty() && shape.body.is_none(), "{name}");
            }
        }
        for (name, page) in &data.pages {
            assert!(pages.contains(name), "no request is on `{name}`");
            let lists = [page.application.as_ref(), page.delegated.as_ref()];
            for any in lists.into_iter().flatten().flatten() {
                assert!(!any.any.is_empty(), "{name}");
            }
        }
    }

    /// What gatewright asks of directory objects, in the words of the operators' table: an
    /// advanced query has its header and `$count`, and nothing unsupported is asked.
    #[test]
    fn every_filter_is_supported_and_advanced_ones_say_so() {
        for shape in all().iter().filter(|shape| shape.sent.is_some()) {
            let type_name = match shape.path.as_str() {
                "/users" => "user",
                "/groups" => "group",
                "/servicePrincipals" => "servicePrincipal",
                _ => continue,
            };
            let table = operators(type_name).unwrap();
            for used in shape.query.get("$filter").into_iter().flatten() {
                let (property, operator) = used.split_once(' ').unwrap();
                let known = &table[property];
                let default = known.default.iter().any(|o| o == operator);
                let advanced = known.advanced.iter().any(|o| o == operator);
                assert!(default || advanced, "{}: {used}", shape.name);
                assert!(
                    default || shape.headers.contains_key(EVENTUAL.0),
                    "{}: {used}",
                    shape.name
                );
            }
        }
    }

    fn path(text: &str) -> (Vec<String>, Vec<(String, String)>) {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let parts = path.split('/').filter(|p| !p.is_empty());
        let pairs = query.split('&').filter_map(|p| p.split_once('='));
        (
            parts.map(str::to_owned).collect(),
            pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        )
    }

    fn name(method: &str, target: &str, body: Option<Value>) -> Option<&'static str> {
        let (path, query) = path(target);
        let asked = RequestParts {
            method,
            edition: Edition::V1,
            path: &path,
            query: &query,
            body: body.as_ref(),
        };
        sent(&asked).map(|shape| shape.name.as_str())
    }

    fn names(method: &str, target: &str, body: Option<Value>) -> Result<Vec<&'static str>, Served> {
        let (path, query) = path(target);
        let asked = RequestParts {
            method,
            edition: Edition::V1,
            path: &path,
            query: &query,
            body: body.as_ref(),
        };
        match served(&asked) {
            Served::Rows(rows) => Ok(rows.iter().map(|shape| shape.name.as_str()).collect()),
            other => Err(other),
        }
    }

    #[test]
    fn a_request_is_found_by_its_query_and_body() {
        let by_name = "/groups?$filter=displayName in ('a','b')&$select=id&$top=999";
        assert_eq!(name("GET", by_name, None), Some("find groups by name"));
        assert_eq!(
            name(
                "GET",
                "/groups?$filter=mail eq 'x'&$select=id&$top=999",
                None
            ),
            None
        );
        assert_eq!(name("GET", "/groups", None), None);
        let body = |text: &str| Some(json!({ text: 1 }));
        assert_eq!(
            name("PATCH", "/groups/x", body("displayName")),
            Some("change a group")
        );
        assert_eq!(
            name("PATCH", "/groups/x", body("members@odata.bind")),
            Some("add several members")
        );
        assert_eq!(name("PATCH", "/groups/x", body("id")), None);
        assert_eq!(name("PATCH", "/groups/x", Some(json!({}))), None);
        assert_eq!(name("DELETE", "/groups/x/members/y", None), None);
        assert_eq!(
            name("DELETE", "/groups/x/members/y/$ref", None),
            Some("remove a member")
        );
        assert_eq!(name("GET", "/groups/$count?$select=id", None), None);
        let edition = "/identity/conditionalAccess/deletedItems/policies/x";
        assert_eq!(name("GET", edition, None), None, "it is sent to beta alone");
    }

    #[test]
    fn other_clients_find_aliases_casts_and_counts() {
        assert_eq!(
            names(
                "GET",
                "/users/x/memberOf/microsoft.graph.group?$count=true",
                None
            ),
            Ok(vec!["list the groups of a user"])
        );
        assert_eq!(
            names("GET", "/directory/deletedItems/microsoft.graph.user", None),
            Ok(vec!["list deleted users"])
        );
        assert_eq!(
            names("GET", "/Groups/$count", None),
            Ok(vec!["find groups by name"])
        );
        assert_eq!(
            names(
                "POST",
                "/directory/deletedItems/x/microsoft.graph.restore",
                None
            ),
            Ok(vec!["restore a user or a group"])
        );
        let strength = "/identity/conditionalAccess/authenticationStrength/policies/x";
        assert_eq!(
            names("GET", strength, None),
            Ok(vec!["read an authentication strength"])
        );
        let both = json!({"displayName": "x", "passwordProfile": {}});
        assert_eq!(
            names("PATCH", "/users/x", Some(both)),
            Ok(vec!["change a user", "give a user a new password"])
        );
        assert_eq!(
            names("PATCH", "/users/x", Some(json!({"accountEnabled": true}))),
            Ok(vec!["enable or disable a user"])
        );
        assert_eq!(names("DELETE", "/users", None), Err(Served::OtherMethod));
        assert_eq!(names("GET", "/nothing", None), Err(Served::Nothing));
    }

    #[test]
    fn units_are_those_of_the_page() {
        let units = |target: &str| {
            let (path, query) = path(target);
            let asked = RequestParts {
                method: "GET",
                edition: Edition::V1,
                path: &path,
                query: &query,
                body: None,
            };
            match served(&asked) {
                Served::Rows(rows) => rows[0].units(&query),
                other => panic!("{target}: {other:?}"),
            }
        };
        for (target, cost) in [
            ("/users", 2),
            ("/users?$select=id", 1),
            ("/users/x", 1),
            ("/groups/x/members?$top=999", 3),
            ("/groups/x/members?$select=id&$top=5", 1),
            ("/groups/x/transitiveMembers?$select=id", 4),
            ("/users/x/memberOf", 2),
            ("/users/x/transitiveMemberOf?$expand=a", 3),
            ("/servicePrincipals?$select=id", 1),
        ] {
            assert_eq!(units(target), cost, "{target}");
        }
    }
}
