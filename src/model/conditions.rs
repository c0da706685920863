//! The table of conditions: every member of `conditionalAccessConditionSet`, and of the
//! objects in it, with what the rest of gatewright has to know of it. Whoever asks something
//! of all conditions reads this table and names none, so that a new condition is a row here.
//! A test makes the table equal to the facts.
//!
//! Sources: the schema (members), the documentation of `conditionalAccessConditionSet` and of
//! workload identities (whom a condition is for), `signInConditions` of the what-if API (what
//! it asks of a sign-in), Microsoft's published v1.0 schemas of the national clouds.

use serde::Serialize;
use serde_json::Value;

use super::cloud::Cloud;
use super::enums::ClientApp;
use super::policy::*;
use super::refs::RefKind;
use super::values::{GraphEnum, List};

/// Which question a condition answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whose sign-ins. The members of one object are joined by "or".
    Who,
    /// To what.
    What,
    /// Under which circumstances. Without such a condition every sign-in is meant.
    When,
}

/// Whose sign-ins a condition can say something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Those of users.
    Users,
    /// Those of workload identities.
    Workloads,
    /// Those of agents.
    Agents,
    /// Anybody's.
    Any,
}

/// How a condition limits a policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit<'a> {
    /// Not at all: the condition is not there, or empty.
    Absent,
    /// To what is listed: exact values, of which more cover more.
    Listed(Vec<&'a str>),
    /// To what is included, without what is excluded.
    Sides {
        /// What is included; more covers more.
        included: Vec<&'a str>,
        /// What is left out; exclusion wins.
        excluded: Vec<&'a str>,
    },
    /// In a way that cannot be compared item by item: a rule, guests by kind and home tenant.
    Opaque(Value),
}

impl Limit<'_> {
    /// True when the condition is there and says something.
    pub fn is_set(&self) -> bool {
        *self != Limit::Absent
    }

    /// What is listed or included, and what is excluded; empty where it cannot be told.
    pub fn sides(&self) -> (&[&str], &[&str]) {
        match self {
            Limit::Listed(items) => (items, &[]),
            Limit::Sides { included, excluded } => (included, excluded),
            Limit::Absent | Limit::Opaque(_) => (&[], &[]),
        }
    }
}

/// One row: a condition, or one question within it.
#[derive(Debug)]
pub struct Condition {
    /// The member of `conditionalAccessConditionSet`.
    pub name: &'static str,
    /// The member inside it that lists, includes, or holds the rule; empty when the condition
    /// is itself a list.
    pub include: &'static str,
    /// The member inside it that leaves out; empty when there is none.
    pub exclude: &'static str,
    /// Which question it answers.
    pub part: Part,
    /// Whose sign-ins it can say something about.
    pub whom: Whom,
    /// What one item is called.
    pub one: &'static str,
    /// What several items are called.
    pub several: &'static str,
    /// What the items refer to, where they are names or ids.
    pub refs: Option<RefKind>,
    /// The value that stands for everything, in any letter case; empty when there is none.
    pub all: &'static str,
    /// What it asks of a sign-in: facts by their names in `signInConditions`, and where the
    /// what-if API has ids or nothing, by ours.
    pub asks: &'static [&'static str],
    /// True when it is about risk.
    pub risk: bool,
    /// The clouds whose v1.0 schema lacks it.
    pub lacking: &'static [Cloud],
    /// How it limits a policy.
    pub read: fn(&Conditions) -> Limit<'_>,
}

impl Condition {
    /// True when it can say something about sign-ins of users.
    pub fn is_for_users(&self) -> bool {
        matches!(self.whom, Whom::Users | Whom::Any)
    }

    /// True when `items` hold the value that stands for everything.
    pub fn is_all(&self, items: &[&str]) -> bool {
        !self.all.is_empty() && items.iter().any(|item| item.eq_ignore_ascii_case(self.all))
    }

    /// The members of it that say something in `conditions`; the empty name is the condition
    /// itself.
    pub fn members(&self, conditions: &Conditions) -> impl Iterator<Item = &'static str> {
        let limit = (self.read)(conditions);
        let (included, excluded) = match &limit {
            Limit::Sides { included, excluded } => (!included.is_empty(), !excluded.is_empty()),
            Limit::Opaque(_) => (self.exclude.is_empty(), !self.exclude.is_empty()),
            Limit::Listed(_) => (true, false),
            Limit::Absent => (false, false),
        };
        let sides = [(self.include, included), (self.exclude, excluded)];
        sides
            .into_iter()
            .filter_map(|(name, says)| says.then_some(name))
    }

    /// Where a member of it stands in a policy, as a JSON pointer.
    pub fn pointer(&self, member: &str) -> String {
        match member {
            "" => format!("/conditions/{}", self.name),
            member => format!("/conditions/{}/{member}", self.name),
        }
    }

    const fn lists(mut self, include: &'static str, exclude: &'static str) -> Condition {
        self.include = include;
        self.exclude = exclude;
        self
    }

    const fn refs(mut self, kind: RefKind) -> Condition {
        self.refs = Some(kind);
        self
    }

    const fn all(mut self, value: &'static str) -> Condition {
        self.all = value;
        self
    }

    const fn risk(mut self) -> Condition {
        self.risk = true;
        self
    }

    const fn lacking(mut self, clouds: &'static [Cloud]) -> Condition {
        self.lacking = clouds;
        self
    }
}

const fn row(
    name: &'static str,
    (part, whom): (Part, Whom),
    (one, several): (&'static str, &'static str),
    asks: &'static [&'static str],
    read: fn(&Conditions) -> Limit<'_>,
) -> Condition {
    Condition {
        name,
        include: "",
        exclude: "",
        part,
        whom,
        one,
        several,
        refs: None,
        all: "",
        asks,
        risk: false,
        lacking: &[],
        read,
    }
}

const USER: (Part, Whom) = (Part::Who, Whom::Users);
const WORKLOAD: (Part, Whom) = (Part::Who, Whom::Workloads);
const AGENT: (Part, Whom) = (Part::Who, Whom::Agents);
const RESOURCE: (Part, Whom) = (Part::What, Whom::Any);
const WHEN_USER: (Part, Whom) = (Part::When, Whom::Users);
const WHEN_WORKLOAD: (Part, Whom) = (Part::When, Whom::Workloads);
const WHEN_AGENT: (Part, Whom) = (Part::When, Whom::Agents);
const WHEN_ANY: (Part, Whom) = (Part::When, Whom::Any);

/// There is no identity protection in China.
const CHINA: &[Cloud] = &[Cloud::China];

/// The table, in the order in which a sign-in is judged.
#[rustfmt::skip] // a row is read as a row
pub static CONDITIONS: &[Condition] = &[
    row("users", USER, ("user", "users"), &["user"],
        |c| users(c, |u| (&u.include_users, &u.exclude_users)))
        .lists("includeUsers", "excludeUsers").refs(RefKind::User).all("All"),
    row("users", USER, ("group", "groups"), &["memberOf"],
        |c| users(c, |u| (&u.include_groups, &u.exclude_groups)))
        .lists("includeGroups", "excludeGroups").refs(RefKind::Group),
    row("users", USER, ("role", "roles"), &["roles"],
        |c| users(c, |u| (&u.include_roles, &u.exclude_roles)))
        .lists("includeRoles", "excludeRoles").refs(RefKind::Role),
    row("users", USER, GUESTS, &["userType", "externalTenantId"],
        |c| opaque(c.users.as_ref(), |u| u.include_guests_or_external_users.as_ref()))
        .lists("includeGuestsOrExternalUsers", ""),
    row("users", USER, GUESTS, &["userType", "externalTenantId"],
        |c| opaque(c.users.as_ref(), |u| u.exclude_guests_or_external_users.as_ref()))
        .lists("", "excludeGuestsOrExternalUsers"),
    row("clientApplications", WORKLOAD, ("service principal", "service principals"), &["servicePrincipal"],
        |c| workloads(c, |w| (&w.include_service_principals, &w.exclude_service_principals)))
        .lists("includeServicePrincipals", "excludeServicePrincipals")
        .refs(RefKind::ServicePrincipal).all("ServicePrincipalsInMyTenant"),
    row("clientApplications", WORKLOAD, ("service principal", "service principals"), &["attributes"],
        |c| opaque(c.client_applications.as_ref(), |w| w.service_principal_filter.as_ref()))
        .lists("servicePrincipalFilter", ""),
    row("clientApplications", AGENT, ("agent identity", "agent identities"), &["servicePrincipal"],
        |c| workloads(c, |w| (&w.include_agent_id_service_principals, &w.exclude_agent_id_service_principals)))
        .lists("includeAgentIdServicePrincipals", "excludeAgentIdServicePrincipals").all("All"),
    row("clientApplications", AGENT, ("agent identity", "agent identities"), &["attributes"],
        |c| opaque(c.client_applications.as_ref(), |w| w.agent_id_service_principal_filter.as_ref()))
        .lists("agentIdServicePrincipalFilter", ""),
    row("agents", AGENT, ("agent user", "agent users"), &["agentUser"],
        |c| sides(c.agents.as_ref(), |a| (&a.include_agent_users, &a.exclude_agent_users)))
        .lists("includeAgentUsers", "excludeAgentUsers").all("All"),
    row("agents", AGENT, ("agent", "agents"), &["agentUser"],
        |c| opaque(c.agents.as_ref(), |a| a.agent_filter.as_ref()))
        .lists("agentFilter", ""),
    row("applications", RESOURCE, ("application", "applications"), &["application"],
        |c| sides(c.applications.as_ref(), |a| (&a.include_applications, &a.exclude_applications)))
        .lists("includeApplications", "excludeApplications").refs(RefKind::Application).all("All"),
    row("applications", RESOURCE, ("user action", "user actions"), &["userAction"],
        |c| listed(c.applications.iter().flat_map(|a| names(&a.include_user_actions))))
        .lists("includeUserActions", ""),
    row("applications", RESOURCE, ("authentication context", "authentication contexts"), &["authenticationContext"],
        |c| listed(c.applications.iter().flat_map(|a| names(&a.include_authentication_context_class_references))))
        .lists("includeAuthenticationContextClassReferences", "").refs(RefKind::Context),
    row("applications", RESOURCE, ("application", "applications"), &["applicationAttributes"],
        |c| opaque(c.applications.as_ref(), |a| a.application_filter.as_ref()))
        .lists("applicationFilter", ""),
    row("platforms", WHEN_USER, ("platform", "platforms"), &["devicePlatform"],
        |c| c.platforms.as_ref().map_or(Limit::Absent, |p| both(texts(&p.include_platforms), texts(&p.exclude_platforms))))
        .lists("includePlatforms", "excludePlatforms").all("all"),
    row("devices", WHEN_USER, ("device", "devices"), &["deviceInfo"],
        |c| opaque(c.devices.as_ref(), |d| d.device_filter.as_ref()))
        .lists("deviceFilter", ""),
    row("devices", WHEN_USER, ("device", "devices"), &["deviceInfo"],
        |c| sides(c.devices.as_ref(), |d| (&d.include_devices, &d.exclude_devices)))
        .lists("includeDevices", "excludeDevices").all("All"),
    row("devices", WHEN_USER, ("state of devices", "states of devices"), &["deviceInfo"],
        |c| sides(c.devices.as_ref(), |d| (&d.include_device_states, &d.exclude_device_states)))
        .lists("includeDeviceStates", "excludeDeviceStates").all("All"),
    row("deviceStates", WHEN_USER, ("state of devices", "states of devices"), &["deviceInfo"],
        |c| sides(c.device_states.as_ref(), |d| (&d.include_states, &d.exclude_states)))
        .lists("includeStates", "excludeStates").all("All"),
    row("clientAppTypes", WHEN_USER, ("kind of client", "kinds of client"), &["clientAppType"],
        |c| clients(c.client_app_types.as_ref()))
        .all("all"),
    row("locations", WHEN_ANY, ("location", "locations"), &["ipAddress", "country", "compliantNetwork"],
        |c| sides(c.locations.as_ref(), |l| (&l.include_locations, &l.exclude_locations)))
        .lists("includeLocations", "excludeLocations").refs(RefKind::Location).all("All"),
    row("signInRiskLevels", WHEN_USER, ("level of sign-in risk", "levels of sign-in risk"), &["signInRiskLevel"],
        |c| listed(texts(&c.sign_in_risk_levels)))
        .risk().lacking(CHINA),
    row("userRiskLevels", WHEN_USER, ("level of user risk", "levels of user risk"), &["userRiskLevel"],
        |c| listed(texts(&c.user_risk_levels)))
        .risk().lacking(CHINA),
    row("servicePrincipalRiskLevels", WHEN_WORKLOAD,
        ("level of service principal risk", "levels of service principal risk"), &["servicePrincipalRiskLevel"],
        |c| listed(texts(&c.service_principal_risk_levels)))
        .risk().lacking(CHINA),
    row("agentIdRiskLevels", WHEN_AGENT, ("level of agent risk", "levels of agent risk"), &["agentIdRiskLevel"],
        |c| listed(c.agent_id_risk_levels.iter().flat_map(|l| texts(&l.0))))
        .risk(),
    row("agentContext", WHEN_AGENT, ("context of agents", "contexts of agents"), &["agentContext"],
        |c| sides(c.agent_context.as_ref(), |a| (&a.include_agent_contexts, &a.exclude_agent_contexts)))
        .lists("includeAgentContexts", "excludeAgentContexts"),
    row("insiderRiskLevels", WHEN_USER, ("level of insider risk", "levels of insider risk"), &["insiderRiskLevel"],
        |c| listed(c.insider_risk_levels.iter().flat_map(|l| texts(&l.0))))
        .risk().lacking(CHINA),
    row("authenticationFlows", WHEN_USER, ("authentication flow", "authentication flows"), &["authenticationFlow"],
        |c| listed(c.authentication_flows.iter().flat_map(|f| texts(&f.transfer_methods.0))))
        .lists("transferMethods", ""),
];

const GUESTS: (&str, &str) = (
    "type of guests or external users",
    "types of guests or external users",
);

type Lists<'a> = (&'a List<String>, &'a List<String>);

fn users(c: &Conditions, lists: fn(&Users) -> Lists<'_>) -> Limit<'_> {
    sides(c.users.as_ref(), lists)
}

fn workloads(c: &Conditions, lists: fn(&ClientApplications) -> Lists<'_>) -> Limit<'_> {
    sides(c.client_applications.as_ref(), lists)
}

fn sides<'a, T>(part: Option<&'a T>, lists: fn(&'a T) -> Lists<'a>) -> Limit<'a> {
    part.map(lists)
        .map_or(Limit::Absent, |(included, excluded)| {
            both(names(included), names(excluded))
        })
}

fn both<'a>(included: Vec<&'a str>, excluded: Vec<&'a str>) -> Limit<'a> {
    match included.is_empty() && excluded.is_empty() {
        true => Limit::Absent,
        false => Limit::Sides { included, excluded },
    }
}

fn listed<'a>(items: impl IntoIterator<Item = &'a str>) -> Limit<'a> {
    let items: Vec<&str> = items.into_iter().collect();
    match items.is_empty() {
        true => Limit::Absent,
        false => Limit::Listed(items),
    }
}

/// `all` is what the service writes where nothing was said.
fn clients(types: Option<&List<ClientApp>>) -> Limit<'_> {
    match listed(types.iter().flat_map(|l| texts(l))) {
        Limit::Listed(types) if types.contains(&"all") => Limit::Absent,
        limit => limit,
    }
}

fn names(items: &[String]) -> Vec<&str> {
    items.iter().map(String::as_str).collect()
}

fn texts<T: GraphEnum>(items: &[T]) -> Vec<&str> {
    items.iter().map(GraphEnum::as_str).collect()
}

fn opaque<'a, T, P: Serialize + 'a>(
    part: Option<&'a T>,
    member: fn(&'a T) -> Option<&'a P>,
) -> Limit<'a> {
    // Structs of texts and lists: they always serialize.
    part.and_then(member).map_or(Limit::Absent, |member| {
        Limit::Opaque(serde_json::to_value(member).unwrap_or_default())
    })
}

impl Conditions {
    /// The rows that say something here.
    pub fn stated(&self) -> impl Iterator<Item = &'static Condition> {
        CONDITIONS.iter().filter(|row| (row.read)(self).is_set())
    }

    /// The conditions, by name, that narrow down which sign-ins of users are meant.
    pub fn narrowing(&self) -> Vec<&'static str> {
        let circumstances =
            (self.stated()).filter(|row| row.part == Part::When && row.is_for_users());
        let mut names: Vec<&str> = circumstances.map(|row| row.name).collect();
        names.dedup();
        names
    }

    /// True when the condition `name` says what it includes.
    pub fn includes(&self, name: &str) -> bool {
        self.has(name, |row, member| member == row.include)
    }

    /// True when the condition `name` says what it leaves out.
    pub fn excludes(&self, name: &str) -> bool {
        self.has(name, |row, member| {
            !member.is_empty() && member == row.exclude
        })
    }

    fn has(&self, name: &str, is: fn(&Condition, &str) -> bool) -> bool {
        let mut rows = CONDITIONS.iter().filter(|row| row.name == name);
        rows.any(|row| row.members(self).any(|member| is(row, member)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::model::facts::{Edition, Facts, Property};
    use crate::model::{Kind, Object};

    const SET: &str = "conditionalAccessConditionSet";

    /// Every member of the condition set, and of the objects in it, with a value for it.
    pub(crate) fn members() -> Vec<(String, String, Value)> {
        let facts = Facts::get();
        let mut found = Vec::new();
        for (name, property) in facts.properties(SET, Edition::Beta) {
            match facts.types.contains_key(&property.type_name) {
                true => found.extend(
                    facts
                        .properties(&property.type_name, Edition::Beta)
                        .into_iter()
                        .map(|(member, p)| (name.to_owned(), member.to_owned(), sample(p))),
                ),
                false => found.push((name.to_owned(), String::new(), sample(property))),
            }
        }
        found
    }

    fn sample(property: &Property) -> Value {
        let text = match Facts::get().enums.get(&property.type_name) {
            Some(known) => json!(known.members.keys().find(|m| *m != "all" && *m != "none")),
            None if property.type_name == "Edm.String" => json!("some"),
            None => json!({"rule": "x", "guestOrExternalUserTypes": "internalGuest"}),
        };
        match property.collection {
            true => json!([text]),
            false => text,
        }
    }

    /// The members that a row is about.
    fn own(row: &Condition) -> Vec<&'static str> {
        match (row.include, row.exclude) {
            ("", "") => vec![""],
            (include, exclude) => [include, exclude]
                .into_iter()
                .filter(|m| !m.is_empty())
                .collect(),
        }
    }

    #[test]
    fn the_table_is_what_the_facts_say() {
        let facts: Vec<(String, String)> = members().into_iter().map(|(n, m, _)| (n, m)).collect();
        let mut rows: Vec<(String, String)> = CONDITIONS
            .iter()
            .flat_map(|row| {
                own(row)
                    .into_iter()
                    .map(|m| (row.name.to_owned(), m.to_owned()))
            })
            .collect();
        rows.sort();
        let mut facts = facts;
        facts.sort();
        assert_eq!(rows, facts);
        for row in CONDITIONS {
            let name = row.name;
            assert_eq!(row.risk, name.ends_with("RiskLevels"), "{name}");
            assert!(!row.asks.is_empty() && row.one != row.several, "{name}");
        }
    }

    #[test]
    fn each_row_reads_its_own_members_and_no_others() {
        for (name, member, value) in members() {
            let json = match member.as_str() {
                "" => json!({&name: value}),
                member => json!({&name: {member: value}}),
            };
            let conditions = Conditions::deserialize(&json).unwrap();
            for row in CONDITIONS {
                let is_own = row.name == name && own(row).contains(&member.as_str());
                let limit = (row.read)(&conditions);
                assert_eq!(limit.is_set(), is_own, "{name}/{member}: {row:?}");
                if let Limit::Sides { included, excluded } = &limit {
                    assert_eq!(
                        included.is_empty(),
                        row.exclude == member,
                        "{name}/{member}"
                    );
                    assert_eq!(
                        excluded.is_empty(),
                        row.exclude != member,
                        "{name}/{member}"
                    );
                }
            }
        }
        let none = Conditions::default();
        assert!(CONDITIONS.iter().all(|row| !(row.read)(&none).is_set()));
    }

    #[test]
    fn rows_with_references_are_those_that_names_are_resolved_in() {
        for (name, member, value) in members() {
            let policy = json!({"conditions": {&name: {&member: value}}});
            let policy = match member.is_empty() {
                true => continue, // lists of an enum
                false => Object::from_value(Kind::ConditionalAccessPolicy, &policy).unwrap(),
            };
            let row = CONDITIONS
                .iter()
                .find(|row| row.name == name && own(row).contains(&member.as_str()));
            let kinds: Vec<RefKind> = policy
                .references()
                .into_iter()
                .map(|(kind, ..)| kind)
                .collect();
            assert_eq!(kinds, Vec::from_iter(row.unwrap().refs), "{name}/{member}");
        }
    }

    #[test]
    fn what_a_sign_in_is_asked_is_what_the_what_if_api_takes() {
        let asked: BTreeSet<&str> = CONDITIONS
            .iter()
            .filter(|row| row.part == Part::When)
            .flat_map(|row| row.asks.iter().copied())
            .collect();
        let facts = Facts::get().properties("signInConditions", Edition::Beta);
        let mut known: BTreeSet<&str> = facts.into_keys().collect();
        // What the API does not take.
        known.extend(["agentContext", "compliantNetwork"]);
        assert_eq!(asked, known);
    }
}
