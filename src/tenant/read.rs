//! Reads a snapshot: each collection once as a list, names in bulk, in as few requests as
//! there can be.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::snapshot::{Live, Organization, Snapshot};
use super::wanted::{Own, OwnObject, Wanted};
use crate::finding::{Finding, Severity};
use crate::graph::GraphError;
use crate::graph::read::{
    ORGANIZATION, Reader, USER_SELECT, groups_by_name, groups_with_prefix, marked_users,
    service_principals_by, users_by_name,
};
use crate::graph::request::{encode, item, literal};
use crate::model::cloud::ApiVersion;
use crate::model::facts::Edition;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::text::is_guid;
use crate::whatif::is_built_in_strength;

/// The edition that collections of Conditional Access are listed on. v1.0 hides policies
/// with preview members, and what is hidden would be created again.
pub fn list_edition(version: ApiVersion) -> Edition {
    match version {
        ApiVersion::Auto | ApiVersion::Beta => Edition::Beta,
        ApiVersion::V1 => Edition::V1,
    }
}

/// The path of the authentication strengths, which every cloud has.
pub const STRENGTHS: &str = "/policies/authenticationStrengthPolicies";
/// The path of the authentication contexts.
pub const CONTEXTS: &str = "/identity/conditionalAccess/authenticationContextClassReferences";
/// The path of the terms of use.
const AGREEMENTS: &str = "/identityGovernance/termsOfUse/agreements";
/// The path of the policies.
pub const POLICIES: &str = "/identity/conditionalAccess/policies";
/// The path of the named locations.
pub const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

pub(super) enum ReadPart {
    Organization,
    Strengths,
    Contexts,
    Agreements,
    Groups,
    Users,
    Applications,
    ServicePrincipals,
    Roles,
    RoleById,
}

/// Reads what `wanted` names, and what the manifests' groups and users are linked to. The
/// manifests may stand here themselves (`&Desired`).
///
/// # Errors
/// Any failed read fails the snapshot: a partial view must not lead to a plan.
pub async fn snapshot(
    reader: &Reader<'_>,
    version: ApiVersion,
    wanted: &Wanted,
    own: impl Into<Own>,
) -> Result<Snapshot, GraphError> {
    let Own(own) = own.into();
    let edition = list_edition(version);
    let mut parts: Vec<(ReadPart, String)> = Vec::new();
    let organization = reader.known_organization().cloned();
    if organization.is_none() {
        parts.push((ReadPart::Organization, ORGANIZATION.to_owned()));
    }
    let mut add = |part: fn() -> ReadPart, paths: Vec<String>| {
        parts.extend(paths.into_iter().map(|path| (part(), path)));
    };
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    add(|| ReadPart::Groups, groups_by_name(&list(&wanted.groups)));
    if let Some(prefix) = &wanted.group_prefix {
        add(|| ReadPart::Groups, vec![groups_with_prefix(prefix)]);
    }
    if wanted.marked_users {
        add(|| ReadPart::Users, vec![marked_users()]);
    }
    add(
        || ReadPart::Applications,
        service_principals_by("appId", &list(&wanted.app_ids)),
    );
    add(
        || ReadPart::Applications,
        service_principals_by("displayName", &list(&wanted.app_names)),
    );
    add(
        || ReadPart::ServicePrincipals,
        service_principals_by("displayName", &list(&wanted.service_principals)),
    );
    for role in &wanted.roles {
        let (part, path) = if crate::text::is_guid(role) {
            let path = item("/roleManagement/directory/roleDefinitions", role);
            ((|| ReadPart::RoleById) as fn() -> ReadPart, path)
        } else {
            let filter = encode(&format!("displayName eq {}", literal(role)));
            let path = format!("/roleManagement/directory/roleDefinitions?$filter={filter}");
            ((|| ReadPart::Roles) as fn() -> ReadPart, path)
        };
        add(part, vec![path]);
    }
    let paths: Vec<String> = parts.iter().map(|(_, path)| path.clone()).collect();
    let read_at = Some(Timestamp::now());
    let (policies, locations, answers) = tokio::try_join!(
        reader.policies(edition),
        reader.locations(edition),
        reader.many(Edition::V1, &paths),
    )?;

    let mut snapshot = Snapshot {
        read_at,
        ..Snapshot::default()
    };
    snapshot.add(Kind::ConditionalAccessPolicy, policies);
    snapshot.add(Kind::NamedLocation, locations);
    if let Some(answer) = organization {
        snapshot.take(&ReadPart::Organization, answer);
    }
    for ((part, _), answer) in parts.iter().zip(answers) {
        match (part, answer) {
            (ReadPart::RoleById, Err(error)) if error.is_not_found() => {}
            (ReadPart::Organization, answer) => {
                snapshot.take(part, reader.keep_organization(answer?));
            }
            (part, answer) => snapshot.take(part, answer?),
        }
    }

    let domain = snapshot.organization.default_domain.clone();
    let users: Vec<String> = wanted
        .users
        .iter()
        .map(|name| with_domain(name, &domain))
        .filter(|name| name.contains('@'))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut second: Vec<(ReadPart, String)> = users_by_name(&users)
        .into_iter()
        .map(|path| (ReadPart::Users, path))
        .collect();
    // Where they share the limit of the lists, these have shown it by now: a batch that leaves
    // together with them would be refused.
    second.extend(neighbours(wanted));
    let paths: Vec<String> = second.iter().map(|(_, path)| path.clone()).collect();
    let ids: Vec<String> = wanted.object_ids.iter().cloned().collect();
    let (answers, objects) = tokio::try_join!(reader.many(Edition::V1, &paths), async {
        match ids.as_slice() {
            [] => Ok(Vec::new()),
            ids => {
                reader
                    .by_ids(ids, &["user", "group", "servicePrincipal"])
                    .await
            }
        }
    })?;
    for ((part, _), answer) in second.iter().zip(answers) {
        if let (ReadPart::Contexts, Err(error)) = (part, &answer)
            && wanted.contexts_if_allowed
            && let Some(refused) = error.refused()
        {
            snapshot.index.set_unread(RefKind::Context);
            snapshot.findings.push(Finding {
                severity: Severity::Warning,
                message: format!("authentication contexts are left out: {}", refused.message),
                ..refused
            });
            continue;
        }
        snapshot.take(part, answer?);
    }
    configurations(reader, &mut snapshot).await?;
    snapshot.take_directory_objects(objects, &own);
    snapshot.read_pinned(reader, &own).await?;
    snapshot.read_links(reader, edition, &own).await?;
    snapshot.read_deleted_users(reader, &own).await?;
    snapshot.index_live();
    Ok(snapshot)
}

/// The collections beside Conditional Access, whose limits are not published.
fn neighbours(wanted: &Wanted) -> Vec<(ReadPart, String)> {
    [
        (wanted.strengths, ReadPart::Strengths, STRENGTHS),
        (wanted.contexts, ReadPart::Contexts, CONTEXTS),
        (wanted.agreements, ReadPart::Agreements, AGREEMENTS),
    ]
    .into_iter()
    .filter(|(wanted, ..)| *wanted)
    .map(|(_, part, path)| (part, path.to_owned()))
    .collect()
}

/// Lists the strengths and the contexts where `objects` hold an id of one that is not known: a plan
/// lists them only where its manifests need them.
///
/// # Errors
/// See [`GraphError`]. Contexts that may not be read stay unknown.
pub async fn read_unknown(
    reader: &Reader<'_>,
    snapshot: &mut Snapshot,
    objects: &[Object],
) -> Result<(), GraphError> {
    let mut wanted = Wanted::default();
    for (kind, _, target) in objects.iter().flat_map(Object::references) {
        let is_id = match kind {
            RefKind::Strength => is_guid(&target) && !is_built_in_strength(&target),
            RefKind::Context => true,
            _ => false,
        };
        let is_known = snapshot.index.by_id(kind, &target).is_some()
            || !snapshot.index.by_name(kind, &target).is_empty();
        if is_id && !is_known {
            wanted.reference(kind, &target);
        }
    }
    let parts = neighbours(&wanted);
    if parts.is_empty() {
        return Ok(());
    }
    let paths: Vec<String> = parts.iter().map(|(_, path)| path.clone()).collect();
    for ((part, _), answer) in parts.iter().zip(reader.many(Edition::V1, &paths).await?) {
        match (part, answer) {
            (ReadPart::Contexts, Err(error)) if error.refused().is_some() => {
                snapshot.index.set_unread(RefKind::Context);
            }
            (part, answer) => snapshot.take(part, answer?),
        }
    }
    configurations(reader, snapshot).await?;
    snapshot.index_live();
    Ok(())
}

/// Reads what the limits of strengths are whose answer did not bring them along.
async fn configurations(reader: &Reader<'_>, snapshot: &mut Snapshot) -> Result<(), GraphError> {
    let paths: Vec<String> = missing_configurations(snapshot)
        .iter()
        .map(|id| format!("{}/combinationConfigurations", item(STRENGTHS, id)))
        .collect();
    for (path, answer) in paths.iter().zip(reader.many(Edition::V1, &paths).await?) {
        snapshot.take_configurations(path, &answer?);
    }
    Ok(())
}

/// A principal name with the tenant's default domain where it has none.
pub fn with_domain(name: &str, domain: &str) -> String {
    if name.contains('@') || domain.is_empty() {
        name.to_owned()
    } else {
        format!("{name}@{domain}")
    }
}

/// The items of a collection's answer.
pub fn items(mut answer: Value) -> Vec<Value> {
    match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The text of a member; empty where there is none.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The type that an object of a list says it has, without its namespace.
pub fn odata_type(value: &Value) -> &str {
    text(value, "@odata.type").trim_start_matches("#microsoft.graph.")
}

/// Custom strengths whose answer did not bring their configurations along.
pub(super) fn missing_configurations(snapshot: &Snapshot) -> Vec<String> {
    snapshot
        .of(Kind::AuthenticationStrength)
        .iter()
        .filter(|live| {
            live.raw.get("combinationConfigurations").is_none()
                && text(&live.raw, "policyType") != "builtIn"
        })
        .map(|live| live.id.clone())
        .collect()
}

impl Snapshot {
    pub(super) fn take(&mut self, part: &ReadPart, answer: Value) {
        match part {
            ReadPart::Organization => self.organization = Organization::read(&answer),
            ReadPart::Strengths => self.add(Kind::AuthenticationStrength, items(answer)),
            ReadPart::Contexts => self.add(Kind::AuthenticationContext, items(answer)),
            ReadPart::Agreements => {
                for item in items(answer) {
                    let (id, name) = (text(&item, "id"), text(&item, "displayName"));
                    self.index.add(RefKind::Agreement, id, name);
                }
            }
            ReadPart::Groups => self.add(Kind::Group, items(answer)),
            ReadPart::Users => self.add(Kind::TestUser, items(answer)),
            ReadPart::Applications => {
                for item in items(answer) {
                    let (id, name) = (text(&item, "appId"), text(&item, "displayName"));
                    self.index.add(RefKind::Application, id, name);
                }
            }
            ReadPart::ServicePrincipals => {
                for item in items(answer) {
                    let (id, name) = (text(&item, "id"), text(&item, "displayName"));
                    self.index.add(RefKind::ServicePrincipal, id, name);
                }
            }
            ReadPart::Roles => {
                for item in items(answer) {
                    self.take_role(&item);
                }
            }
            ReadPart::RoleById => self.take_role(&answer),
        }
    }

    /// Only built-in roles work in a policy (CA-R26).
    fn take_role(&mut self, role: &Value) {
        if role.get("isBuiltIn") != Some(&Value::Bool(false)) {
            let id = match text(role, "templateId") {
                "" => text(role, "id"),
                id => id,
            };
            self.index.add(RefKind::Role, id, text(role, "displayName"));
        }
    }

    pub(super) fn take_configurations(&mut self, path: &str, answer: &Value) {
        let id = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let findings = &mut self.findings;
        self.live.change(Kind::AuthenticationStrength, &id, |live| {
            let mut raw = live.raw.clone();
            if let Some(map) = raw.as_object_mut() {
                let value = answer.get("value").cloned().unwrap_or_default();
                map.insert("combinationConfigurations".to_owned(), value);
            }
            match Live::read(Kind::AuthenticationStrength, raw) {
                Ok(whole) => *live = whole,
                Err(finding) => findings.push(*finding),
            }
        });
    }

    pub(super) fn take_directory_objects(&mut self, objects: Vec<Value>, own: &[OwnObject]) {
        let pinned: BTreeSet<String> = own
            .iter()
            .filter_map(|o| o.pin.as_ref().map(|pin| pin.to_lowercase()))
            .collect();
        for object in objects {
            let id = text(&object, "id").to_owned();
            match odata_type(&object) {
                "user" => {
                    let name = text(&object, "userPrincipalName");
                    self.index.add(RefKind::User, &id, name);
                }
                "group" => {
                    self.index
                        .add(RefKind::Group, &id, text(&object, "displayName"));
                    if pinned.contains(&id.to_lowercase()) {
                        self.add(Kind::Group, vec![object]);
                    }
                }
                "servicePrincipal" => {
                    self.index
                        .add(RefKind::ServicePrincipal, &id, text(&object, "displayName"));
                }
                _ => {}
            }
        }
    }

    /// Users that a manifest pins by id are read with every member that gatewright manages.
    async fn read_pinned(
        &mut self,
        reader: &Reader<'_>,
        own: &[OwnObject],
    ) -> Result<(), GraphError> {
        let paths: Vec<String> = own
            .iter()
            .filter(|o| o.kind == Kind::TestUser)
            .filter_map(|o| o.pin.as_deref())
            .map(|id| format!("{}?$select={USER_SELECT}", item("/users", id)))
            .collect();
        for answer in reader.many(Edition::V1, &paths).await? {
            match answer {
                Ok(user) => self.add(Kind::TestUser, vec![user]),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads the members of the groups whose manifests list members, and the memberships
    /// of test users whose manifests list groups.
    async fn read_links(
        &mut self,
        reader: &Reader<'_>,
        edition: Edition,
        own: &[OwnObject],
    ) -> Result<(), GraphError> {
        let mut links: Vec<(Kind, String)> = Vec::new();
        for object in own.iter().filter(|o| o.links) {
            let kind = object.kind;
            let domain = &self.organization.default_domain;
            let meant: Vec<&Live> = match &object.pin {
                Some(pin) => self.by_id(kind, pin).into_iter().collect(),
                None => std::iter::once(&object.name)
                    .chain(&object.former_names)
                    .flat_map(|name| match kind {
                        Kind::TestUser => self.live.named(kind, &with_domain(name, domain)),
                        _ => self.live.named(kind, name),
                    })
                    .collect(),
            };
            links.extend(meant.into_iter().map(|live| (kind, live.id.clone())));
        }
        let mut seen = BTreeSet::new();
        links.retain(|link| seen.insert(link.clone()));
        self.read_links_of(reader, edition, links).await
    }

    /// Reads the members of these groups, and the groups that these users are in.
    ///
    /// # Errors
    /// When those of one of them cannot be read.
    pub async fn read_links_of(
        &mut self,
        reader: &Reader<'_>,
        edition: Edition,
        mut links: Vec<(Kind, String)>,
    ) -> Result<(), GraphError> {
        // Listed a moment ago and not found now: another replica answered. A group without its
        // members would look as if all were to be added.
        let mut wait = Duration::from_millis(500);
        for attempt in 1.. {
            let found = read_links(reader, edition, &links, &mut self.index).await?;
            let mut read = BTreeSet::new();
            for (kind, id, ids) in found {
                self.live.change(kind, &id, |live| live.set_links(ids));
                read.insert((kind, id));
            }
            links.retain(|link| !read.contains(link));
            let Some((kind, id)) = links.first() else {
                break;
            };
            if attempt == 5 {
                return Err(GraphError::Answer {
                    request: format!("the members of the {} {id}", kind.words()),
                    problem: "it is listed but cannot be read".to_owned(),
                });
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Ok(())
    }

    /// Where a test user is to be created, one of the same name may be in the recycle bin:
    /// it is restored rather than doubled.
    async fn read_deleted_users(
        &mut self,
        reader: &Reader<'_>,
        own: &[OwnObject],
    ) -> Result<(), GraphError> {
        let domain = self.organization.default_domain.clone();
        let missing = own.iter().any(|o| {
            o.kind == Kind::TestUser
                && o.pin.is_none()
                && self
                    .live
                    .named(Kind::TestUser, &with_domain(&o.name, &domain))
                    .is_empty()
        });
        if !missing {
            return Ok(());
        }
        if let Some(users) = reader.deleted_users().await? {
            let found = users.into_iter();
            let found = found.filter_map(|user| Live::read(Kind::TestUser, user).ok());
            let marked =
                |live: &Live| matches!(&live.object, Object::TestUser(user) if user.is_marked());
            self.deleted_users = Some(found.filter(marked).collect());
        }
        Ok(())
    }

    /// Notes the names of every live object.
    pub(super) fn index_live(&mut self) {
        for live in self.live.iter() {
            let ref_kind = match live.kind {
                Kind::Group => RefKind::Group,
                Kind::TestUser => RefKind::User,
                Kind::NamedLocation => RefKind::Location,
                Kind::AuthenticationStrength => RefKind::Strength,
                Kind::AuthenticationContext => RefKind::Context,
                Kind::ConditionalAccessPolicy => continue,
            };
            let name = match &live.object {
                Object::AuthenticationContext(context) => context.display_name.as_str(),
                object => object.name(),
            };
            self.index.add(ref_kind, &live.id, name);
        }
        for role in crate::model::tables::ROLES.iter() {
            self.index.add(RefKind::Role, role.id, role.name);
        }
    }
}

/// Reads who is in a group, or which groups a user is in, for each of `links` that is found. On
/// v1.0 service principals are not listed as members (List group members).
pub(super) async fn read_links(
    reader: &Reader<'_>,
    edition: Edition,
    links: &[(Kind, String)],
    index: &mut super::snapshot::NameIndex,
) -> Result<Vec<(Kind, String, Vec<String>)>, GraphError> {
    let paths: Vec<String> = links
        .iter()
        .map(|(kind, id)| match kind {
            Kind::TestUser => {
                format!(
                    "{}/memberOf?$select=id,displayName&$top=999",
                    item("/users", id)
                )
            }
            _ => format!(
                "{}/members?$select=id,displayName,userPrincipalName&$top=999",
                item("/groups", id)
            ),
        })
        .collect();
    let mut found = Vec::new();
    for ((kind, id), answer) in links.iter().zip(reader.many(edition, &paths).await?) {
        let mut ids = Vec::new();
        let answer = match answer {
            Err(error) if error.is_not_found() => continue,
            other => other?,
        };
        for item in items(answer) {
            let item_id = text(&item, "id");
            match odata_type(&item) {
                "user" => index.add(RefKind::User, item_id, text(&item, "userPrincipalName")),
                "group" => index.add(RefKind::Group, item_id, text(&item, "displayName")),
                "servicePrincipal" => {
                    index.add(
                        RefKind::ServicePrincipal,
                        item_id,
                        text(&item, "displayName"),
                    );
                }
                // Directory roles and administrative units are no groups.
                _ if *kind == Kind::TestUser => continue,
                _ => {}
            }
            ids.push(item_id.to_owned());
        }
        found.push((*kind, id.clone(), ids));
    }
    Ok(found)
}
