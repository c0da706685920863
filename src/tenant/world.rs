//! The policies of a live tenant with what they refer to, for judging sign-ins; and whom and what
//! a sign-in names, as the tenant knows it.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::read::{items, odata_type, text};
use super::snapshot::Snapshot;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::{encode, in_filter, item, literal};
use crate::model::facts::Edition;
use crate::model::refs::RefKind;
use crate::model::tables::APPS;
use crate::model::{Kind, Object};
use crate::text::is_guid;
use crate::whatif::{
    Environment, KnownApplication, KnownGroup, KnownName, KnownUser, OwnedBy, PolicySet, SignIn,
    UserType, World,
};

/// The tenant that owns Microsoft's own applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const USER: &str = "id,displayName,userPrincipalName,userType";
const APPLICATION: &str = "id,appId,displayName,appOwnerOrganizationId";

/// Whom and what sign-ins name, as a tenant knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looked {
    /// Users, with all their groups and active roles.
    pub users: Vec<KnownUser>,
    /// Applications.
    pub applications: Vec<KnownApplication>,
    /// Groups, by name and id.
    pub groups: Vec<KnownGroup>,
}

/// Looks up whom and what sign-ins name. What the tenant does not have is left out.
///
/// # Errors
/// See [`GraphError`].
pub async fn look_up<'a>(
    reader: &Reader<'_>,
    tenant_id: &str,
    sign_ins: impl IntoIterator<Item = &'a SignIn>,
) -> Result<Looked, GraphError> {
    let (mut users, mut apps, mut groups) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for one in sign_ins {
        let user = one.user.as_ref();
        users.extend(user.and_then(|user| user.name.clone()));
        groups.extend(
            user.and_then(|user| user.member_of.clone())
                .into_iter()
                .flatten(),
        );
        let asked = one.application.iter().chain(&one.applications);
        apps.extend(asked.filter_map(|app| app.name.clone()));
        apps.extend(one.client.as_ref().and_then(|client| client.name.clone()));
        let environment = one.environment.iter();
        groups.extend(environment.flat_map(|one| one.assume_empty.clone()));
        let principal = one.service_principal.as_ref();
        apps.extend(principal.and_then(|one| one.name.clone()));
        let agent = one.agent_identity.as_ref();
        apps.extend(agent.and_then(|one| one.name.clone()));
        apps.extend(agent.and_then(|one| one.blueprint.clone()));
    }
    // A name of the table stands for an id in every tenant, whatever the tenant calls it.
    let apps: BTreeSet<String> = apps
        .into_iter()
        .map(|app| APPS.by_name(&app).map_or(app, |known| known.id.to_owned()))
        .collect();
    let mut looked = Looked::default();
    for name in users {
        if let Some((user, groups)) = user(reader, &name).await? {
            looked.users.push(user);
            looked.groups.extend(groups);
        }
    }
    let (group_ids, groups): (Vec<String>, Vec<String>) =
        groups.into_iter().partition(|name| is_guid(name));
    // Of an id of an application it is not said whether it is the object's.
    let object_ids: Vec<String> = (group_ids.into_iter())
        .chain(apps.iter().filter(|app| is_guid(app)).cloned())
        .collect();
    let found = match object_ids.as_slice() {
        [] => Vec::new(),
        ids => reader.by_ids(ids, &["group", "servicePrincipal"]).await?,
    };
    for object in &found {
        match odata_type(object) {
            "group" => looked.groups.push(group(object)),
            _ => looked.applications.push(application(object, tenant_id)),
        }
    }
    let (ids, names): (Vec<String>, Vec<String>) = apps.into_iter().partition(|app| is_guid(app));
    let mut paths = Vec::new();
    for (property, values) in [("appId", ids), ("displayName", names)] {
        paths.extend(values.chunks(15).map(|values| {
            let filter = in_filter(property, values);
            format!("/servicePrincipals?$filter={filter}&$select={APPLICATION}&$top=999")
        }));
    }
    for answer in reader.many(Edition::V1, &paths).await? {
        for app in items(answer?) {
            looked.applications.push(application(&app, tenant_id));
        }
    }
    let paths = crate::graph::read::groups_by_name(&groups);
    for answer in reader.many(Edition::V1, &paths).await? {
        looked.groups.extend(items(answer?).iter().map(group));
    }
    looked.groups.sort_by(|a, b| a.id.cmp(&b.id));
    looked.groups.dedup_by(|a, b| a.id == b.id);
    Ok(looked)
}

fn application(app: &Value, tenant_id: &str) -> KnownApplication {
    let of = |name: &str| match text(app, name) {
        "" => None,
        text => Some(text.to_owned()),
    };
    KnownApplication {
        app_id: of("appId"),
        id: of("id"),
        display_name: of("displayName").unwrap_or_default(),
        owned_by: of("appOwnerOrganizationId").map(|owner| match owner.as_str() {
            MICROSOFT => OwnedBy::Microsoft,
            own if own.eq_ignore_ascii_case(tenant_id) => OwnedBy::Tenant,
            _ => OwnedBy::Other,
        }),
    }
}

fn group(group: &Value) -> KnownGroup {
    KnownGroup {
        id: Some(text(group, "id").to_owned()),
        display_name: text(group, "displayName").to_owned(),
        ..KnownGroup::default()
    }
}

/// A user with the groups; by id, principal name or display name; `None` where there is none, or several of that
/// name.
async fn user(
    reader: &Reader<'_>,
    name: &str,
) -> Result<Option<(KnownUser, Vec<KnownGroup>)>, GraphError> {
    let found = match is_guid(name) || name.contains('@') {
        true => {
            let path = format!("{}?$select={USER}", item("/users", name));
            reader.get(Edition::V1, &path).await?
        }
        false => {
            let filter = encode(&format!("displayName eq {}", literal(name)));
            let path = format!("/users?$filter={filter}&$select={USER}&$top=50");
            let mut found = Vec::new();
            for answer in reader.many(Edition::V1, &[path]).await? {
                found.extend(items(answer?));
            }
            match found.len() {
                1 => found.pop(),
                _ => None,
            }
        }
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let path = format!(
        "{}/transitiveMemberOf?$select=id,displayName,roleTemplateId&$top=999",
        item("/users", text(&found, "id"))
    );
    let (mut groups, mut roles) = (Vec::new(), Vec::new());
    for answer in reader.many(Edition::V1, &[path]).await? {
        for held in items(answer?) {
            match odata_type(&held) {
                "group" => groups.push(group(&held)),
                "directoryRole" => roles.push(text(&held, "roleTemplateId").to_owned()),
                _ => {}
            }
        }
    }
    let ids = groups.iter().filter_map(|group| group.id.clone()).collect();
    Ok(Some((known(&found, ids, roles), groups)))
}

fn known(user: &Value, groups: Vec<String>, roles: Vec<String>) -> KnownUser {
    let name = text(user, "userPrincipalName").to_owned();
    // How the kinds of external user follow from the account is not documented.
    let kind = UserType::of_account(text(user, "userType") == "Guest", name.contains("#EXT#"));
    KnownUser {
        id: Some(text(user, "id").to_owned()),
        display_name: Some(text(user, "displayName").to_owned()).filter(|name| !name.is_empty()),
        member_of: Some(groups),
        member_of_is_complete: true,
        roles: Some(roles),
        user_type: Some(kind),
        external_tenant_id: None,
        user_principal_name: name,
    }
}

/// The policies of a tenant as it was read.
pub fn live(snapshot: &Snapshot, looked: &Looked, environment: Environment) -> PolicySet {
    let objects = Kind::ALL.iter().flat_map(|kind| snapshot.of(*kind));
    let objects = objects.map(|live| with_id(live.object.clone(), &live.id));
    policy_set(objects.collect(), snapshot, looked, environment)
}

/// The policies among `objects`, which have their ids, in a tenant as it was read.
pub fn policy_set(
    objects: Vec<Object>,
    snapshot: &Snapshot,
    looked: &Looked,
    environment: Environment,
) -> PolicySet {
    let described: Vec<&Object> = objects
        .iter()
        .filter(|object| !matches!(object, Object::Group(_) | Object::TestUser(_)))
        .collect();
    let mut set = PolicySet::of(described, environment);
    let world = &mut set.world;
    world.default_domain = Some(snapshot.organization.default_domain.clone());
    // Who is in which of these groups was read, or is said by the plan. Of whom was looked up
    // all is known.
    let people = objects
        .iter()
        .filter(|object| matches!(object, Object::Group(_) | Object::TestUser(_)));
    let people = World::new(people, Environment::default());
    world.groups = people.groups;
    world.users = looked.users.clone();
    let known: HashSet<&Option<String>> = looked.users.iter().map(|user| &user.id).collect();
    let others = people.users.into_iter();
    let others = others.filter(|user| !known.contains(&user.id));
    world.users.extend(others);
    world.applications = looked.applications.clone();
    let known: HashSet<Option<String>> = world.groups.iter().map(|g| g.id.clone()).collect();
    let looked = looked.groups.iter();
    let more = looked.filter(|group| !known.contains(&group.id)).cloned();
    world.groups.extend(more.collect::<Vec<_>>());
    name_all(world, &objects, snapshot);
    set
}

/// Every name that was read, and groups and users that are to be made: these are in no index. Each
/// id once.
fn name_all(world: &mut World, objects: &[Object], snapshot: &Snapshot) {
    let index = &snapshot.index;
    let read = |kind| index.all(kind).map(|known| (Some(&known.id), &known.name));
    let groups = objects.iter().filter_map(|object| match object {
        Object::Group(group) => Some((group.id.as_ref(), &group.display_name)),
        _ => None,
    });
    let mut there: HashSet<Option<String>> = world.groups.iter().map(|g| g.id.clone()).collect();
    for (id, name) in read(RefKind::Group).chain(groups) {
        if there.insert(id.cloned()) {
            world.groups.push(KnownGroup {
                id: id.cloned(),
                display_name: name.clone(),
                ..KnownGroup::default()
            });
        }
    }
    let users = objects.iter().filter_map(|object| match object {
        Object::TestUser(user) => Some((user.id.as_ref(), &user.user_principal_name)),
        _ => None,
    });
    let mut there: HashSet<Option<String>> = world.users.iter().map(|u| u.id.clone()).collect();
    for (id, name) in read(RefKind::User).chain(users) {
        if there.insert(id.cloned()) {
            world.users.push(KnownUser {
                id: id.cloned(),
                user_principal_name: name.clone(),
                ..KnownUser::default()
            });
        }
    }
    let apps = world.applications.iter();
    let mut there: HashSet<Option<String>> = apps.map(|app| app.app_id.clone()).collect();
    for (id, name) in read(RefKind::Application) {
        if there.insert(id.cloned()) {
            world.applications.push(KnownApplication {
                app_id: id.cloned(),
                display_name: name.clone(),
                ..KnownApplication::default()
            });
        }
    }
    for kind in [RefKind::ServicePrincipal, RefKind::Agreement] {
        world.names.extend(index.all(kind).map(|known| KnownName {
            kind,
            id: known.id.clone(),
            name: known.name.clone(),
        }));
    }
}

/// An object with an id.
pub fn with_id(mut object: Object, id: &str) -> Object {
    let slot = match &mut object {
        Object::Group(o) => &mut o.id,
        Object::TestUser(o) => &mut o.id,
        Object::NamedLocation(o) => &mut o.id,
        Object::AuthenticationStrength(o) => &mut o.id,
        Object::AuthenticationContext(o) => &mut o.id,
        Object::ConditionalAccessPolicy(o) => &mut o.id,
    };
    *slot = Some(id.to_owned());
    object
}
