//! As Terraform for the `azuread` provider: a resource for each object, references between them, and
//! data sources or variables for what is not among them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::hcl::{HclBody, HclValue, quoted};
use super::labels::labels;
use super::members::Members;
use super::source::{ExportSource, LeavingObject, LostMembers, Meant, Saying, unknown};
use super::terraform_rows::{
    ArgumentRow, ArgumentShape, COUNTRY_LOCATION, GROUP, IP_LOCATION, NEEDED, POLICY, STRENGTH,
    USER,
};
use super::{ExportedFiles, HeldObject};
use crate::model::group::Group;
use crate::model::location::{LocationType, is_compliant_network_name};
use crate::model::refs::RefKind;
use crate::model::user::TestUser;
use crate::model::{Kind, Object};
use crate::text::pointer::dotted;

/// The file of each kind of resource.
const FILES: [(&str, &[Kind]); 4] = [
    ("groups.tf", &[Kind::Group, Kind::TestUser]),
    ("named-locations.tf", &[Kind::NamedLocation]),
    (
        "authentication-strengths.tf",
        &[Kind::AuthenticationStrength],
    ),
    ("policies.tf", &[Kind::ConditionalAccessPolicy]),
];

/// The variable with the passwords of new users.
const PASSWORDS: &str = "test_user_passwords";

/// A value, and a comment that says what it is.
type Told = (HclValue, Option<String>);

/// Everything as Terraform. With `in_part`, policies of which something is lost are written as well.
pub fn terraform(source: &ExportSource, in_part: bool) -> ExportedFiles {
    let saying = Saying {
        format: "the azuread provider",
        in_part,
    };
    let mut out = ExportedFiles::default();
    let mut work = TerraformWork::new(source);
    for (at, one) in source.objects().iter().enumerate() {
        if work.address(at).is_none() {
            let why = match one.object.kind() {
                Kind::AuthenticationContext => "it has no resource for authentication contexts",
                _ => "the service creates it, and no resource does",
            };
            saying.no_place(one, why, &mut out);
            continue;
        }
        let used = work.used.clone();
        let (body, mut lost) = work.resource(at, one);
        lost.extend(unknown(one));
        match saying.losses(one, &lost, &mut out) {
            // What only this one needed is not needed.
            true => work.used = used,
            false => work.write(at, one, body, &mut out),
        }
    }
    work.memberships();
    work.finish(&mut out);
    out
}

/// What is written so far.
struct TerraformWork<'a> {
    source: &'a ExportSource,
    /// The type and the label of each object's resource.
    addresses: Vec<Option<(&'static str, String)>>,
    /// What stands for a name that is none of the objects'.
    lookups: BTreeMap<(RefKind, String), LookedUp>,
    /// Those of them that are needed.
    used: BTreeSet<(RefKind, String)>,
    uses_domain: bool,
    resources: BTreeMap<usize, HclBody>,
    memberships: HclBody,
    imports: HclBody,
    uses_passwords: bool,
}

/// A data source or variable.
struct LookedUp {
    /// What a reference says.
    value: String,
    /// The type of the data source, and its argument; none for a variable.
    data: Option<(&'static str, &'static str)>,
    label: String,
}

impl<'a> TerraformWork<'a> {
    fn new(source: &'a ExportSource) -> TerraformWork<'a> {
        let objects = source.objects();
        let mut addresses: Vec<Option<(&'static str, String)>> = vec![None; objects.len()];
        for kind in Kind::ALL {
            let Some(resource) = resource_type(kind) else {
                continue;
            };
            let own: Vec<(usize, &LeavingObject)> = (objects.iter().enumerate())
                .filter(|(_, one)| one.object.kind() == kind && !one.is_of_service())
                .collect();
            let names = own
                .iter()
                .map(|(_, one)| (one.object.display_name(), one.unique()));
            let names: Vec<(&str, &str)> = names.collect();
            for ((at, _), label) in own.iter().zip(labels(&names, kind.short())) {
                if let Some(slot) = addresses.get_mut(*at) {
                    *slot = Some((resource, label));
                }
            }
        }
        let mut work = TerraformWork {
            source,
            addresses,
            lookups: BTreeMap::new(),
            used: BTreeSet::new(),
            uses_domain: false,
            resources: BTreeMap::new(),
            memberships: HclBody::default(),
            imports: HclBody::default(),
            uses_passwords: false,
        };
        work.lookups = work.all_lookups();
        work
    }

    /// Every name that is to be looked up, with a label of its own.
    fn all_lookups(&self) -> BTreeMap<(RefKind, String), LookedUp> {
        let objects = self.source.objects().iter();
        let all = objects.flat_map(|one| one.object.references());
        let names: BTreeSet<(RefKind, String)> = all
            .filter_map(|(kind, _, text)| self.looked_up_as(kind, &text))
            .collect();
        let mut found = BTreeMap::new();
        let mut kinds: BTreeMap<&'static str, Vec<&(RefKind, String)>> = BTreeMap::new();
        for key in &names {
            kinds
                .entry(data_source(key.0, &key.1).map_or("", |(data, ..)| data))
                .or_default()
                .push(key);
        }
        for keys in kinds.into_values() {
            let named = keys
                .iter()
                .map(|(kind, name)| (name.as_str(), kind.words()));
            let named: Vec<(&str, &str)> = named.collect();
            for ((kind, name), label) in keys.iter().zip(labels(&named, "name")) {
                let data = data_source(*kind, name);
                let (value, label) = match data {
                    Some((data, _, attribute)) => {
                        (format!("data.{data}.{label}.{attribute}"), label)
                    }
                    None => {
                        let label = format!("{}_{label}", kind.words().replace(' ', "_"));
                        (format!("var.{label}"), label)
                    }
                };
                let looked_up = LookedUp {
                    value,
                    data: data.map(|(data, argument, _)| (data, argument)),
                    label,
                };
                found.insert((*kind, name.clone()), looked_up);
            }
        }
        found
    }

    /// The kind and name by which a reference is to be looked up, if it is.
    fn looked_up_as(&self, kind: RefKind, text: &str) -> Option<(RefKind, String)> {
        let (kind, name) = match self.source.meant(kind, text) {
            Meant::Own(at) if self.address(at).is_none() => {
                let own = self.source.objects().get(at)?;
                (
                    kind,
                    own.id.is_none().then(|| own.object.name().to_owned())?,
                )
            }
            Meant::Other { id: None, name } => (kind, name?),
            _ => return None,
        };
        let kind = match kind {
            RefKind::Member if name.contains('@') => RefKind::User,
            RefKind::Member => RefKind::Group,
            RefKind::Context => return None,
            kind => kind,
        };
        Some((kind, name))
    }

    fn address(&self, at: usize) -> Option<String> {
        let (resource, label) = self.addresses.get(at)?.as_ref()?;
        Some(format!("{resource}.{label}"))
    }

    /// The inside of an object's resource, and what it does not hold.
    fn resource(&mut self, at: usize, one: &LeavingObject) -> (HclBody, LostMembers) {
        let mut members = one.members();
        let mut body = HclBody::default();
        let mut lost = LostMembers::new();
        if let Object::TestUser(user) = &one.object {
            self.principal(user, &mut members, &mut body);
        }
        let rows = rows_of(&one.object);
        for row in rows {
            self.row(row, &mut members, &mut body, &mut lost);
        }
        match &one.object {
            Object::ConditionalAccessPolicy(_) => {
                if !body.has("conditions/client_app_types") {
                    // Needed here, and what Graph takes when it is left out.
                    let all = HclValue::texts(vec!["all".to_owned()]);
                    body.put("conditions/client_app_types", all);
                }
                lost.extend(needed(&one.body(), &body));
            }
            Object::Group(group) => self.group(at, group, &mut members, &mut body, &mut lost),
            Object::TestUser(user) if one.id.is_none() => {
                self.uses_passwords = true;
                let key = quoted(&user.user_principal_name);
                body.put(
                    "password",
                    HclValue::Plain(format!("var.{PASSWORDS}[{key}]")),
                );
            }
            _ => {}
        }
        lost.extend(members.left().into_iter().map(|pointer| (pointer, None)));
        lost.extend(ignored(one, rows, &mut body));
        (body, lost)
    }

    fn group(
        &mut self,
        at: usize,
        group: &Group,
        members: &mut Members,
        body: &mut HclBody,
        lost: &mut LostMembers,
    ) {
        // A nickname that differs from that of the tenant makes the provider replace the group: one
        // that nobody wrote is left to it.
        let nickname = members.text("/mailNickname");
        if let Some(nickname) = nickname.filter(|_| group.mail_nickname.is_some()) {
            body.put("mail_nickname", HclValue::Text(nickname));
        }
        if let Some(state) = members.text("/membershipRuleProcessingState") {
            body.put("dynamic_membership/enabled", HclValue::flag(state == "On"));
        }
        let Some(listed) = &group.members else {
            return;
        };
        let mut all = Vec::new();
        for (index, name) in listed.iter().enumerate() {
            let pointer = format!("/members/{index}");
            all.extend(self.reference(RefKind::Member, name, &pointer, lost));
        }
        // Who says so by itself is one of them: the provider removes whom it does not find here.
        let users = self.source.users_in(at);
        all.extend(
            users
                .into_iter()
                .filter_map(|user| self.own(user, "object_id")),
        );
        let mut seen = BTreeSet::new();
        all.retain(|(value, _)| seen.insert(format!("{value:?}")));
        body.put("members", HclValue::List(all));
    }

    /// The principal name; without a domain, with that of the tenant.
    fn principal(&mut self, user: &TestUser, members: &mut Members, body: &mut HclBody) {
        members.take("/userPrincipalName");
        let value = self.full_name(&user.user_principal_name);
        body.put("user_principal_name", value);
    }

    fn full_name(&mut self, name: &str) -> HclValue {
        if name.contains('@') {
            return HclValue::Text(name.to_owned());
        }
        self.uses_domain = true;
        let domain = "data.azuread_domains.default.domains[0].domain_name";
        HclValue::Joined(format!("{name}@"), domain.to_owned())
    }

    /// Writes what a row has a place for.
    fn row(
        &mut self,
        row: &ArgumentRow,
        members: &mut Members,
        body: &mut HclBody,
        lost: &mut LostMembers,
    ) {
        let refused = |text: &str| {
            let why = Some(format!("`{text}` is none of its values"));
            (row.from.to_owned(), why)
        };
        let value = match &row.shape {
            ArgumentShape::Same => match members.take(row.from) {
                Value::String(text) => Some(HclValue::Text(text)),
                Value::Null => None,
                other => Some(HclValue::Plain(other.to_string())),
            },
            ArgumentShape::On => {
                match members.take(row.from) {
                    Value::Bool(true) if body.has(row.to) => {}
                    Value::Null => {}
                    other => members.keep(row.from, other),
                }
                None
            }
            ArgumentShape::Choice(known) => match members.text(row.from) {
                Some(text) if known.contains(&&*text) => Some(HclValue::Text(text)),
                Some(text) => {
                    lost.push(refused(&text));
                    None
                }
                None => None,
            },
            ArgumentShape::Texts => some(members.texts(row.from)).map(HclValue::texts),
            ArgumentShape::Choices(known) => {
                let all = members.texts(row.from).into_iter();
                let (held, other): (Vec<String>, Vec<String>) =
                    all.partition(|text| known.contains(&&**text));
                lost.extend(other.iter().map(|text| refused(text)));
                some(held).map(HclValue::texts)
            }
            ArgumentShape::Ranges => {
                let ranges = members.take(row.from);
                let ranges = ranges.as_array().into_iter().flatten();
                let ranges = ranges.filter_map(|range| range.get("cidrAddress")?.as_str());
                some(ranges.map(str::to_owned).collect()).map(HclValue::texts)
            }
            ArgumentShape::References(RefKind::Strength) => {
                members.text(row.from).map(|name| self.strength(&name))
            }
            ArgumentShape::References(kind) => {
                let mut all = Vec::new();
                for (index, name) in members.texts(row.from).iter().enumerate() {
                    let pointer = format!("{}/{index}", row.from);
                    all.extend(self.reference(*kind, name, &pointer, lost));
                }
                some(all).map(HclValue::List)
            }
        };
        if let Some(value) = value {
            body.put(row.to, value);
        }
    }

    /// An attribute of an object that leaves as well.
    fn own(&self, at: usize, attribute: &str) -> Option<Told> {
        let address = self.address(at)?;
        Some((HclValue::Plain(format!("{address}.{attribute}")), None))
    }

    /// What stands for a reference, and a comment that tells whose an id is.
    fn reference(
        &mut self,
        kind: RefKind,
        text: &str,
        pointer: &str,
        lost: &mut LostMembers,
    ) -> Option<Told> {
        let found = match self.source.meant(kind, text) {
            Meant::Known(id, name) => Some((HclValue::Text(id), name)),
            Meant::Own(at) => self.own(at, "object_id").or_else(|| {
                let one = self.source.objects().get(at)?;
                let name = Some(one.object.name().to_owned());
                Some((HclValue::Text(one.id.clone()?), name))
            }),
            Meant::Other { id, name } => id.map(|id| (HclValue::Text(id), name)),
        };
        let found = found.or_else(|| Some((self.looked_up(kind, text)?, None)));
        if found.is_none() {
            lost.push((pointer.to_owned(), None));
        }
        found
    }

    /// The resource id of a strength.
    fn strength(&mut self, text: &str) -> HclValue {
        let id = match self.source.meant(RefKind::Strength, text) {
            Meant::Own(at) => match self.own(at, "id") {
                Some((value, _)) => return value,
                None => text.to_owned(),
            },
            Meant::Known(id, _) | Meant::Other { id: Some(id), .. } => id,
            Meant::Other { .. } => match self.looked_up(RefKind::Strength, text) {
                Some(value) => return value,
                None => text.to_owned(),
            },
        };
        HclValue::Text(format!("{STRENGTH_ID}{id}"))
    }

    fn looked_up(&mut self, kind: RefKind, text: &str) -> Option<HclValue> {
        let key = self.looked_up_as(kind, text)?;
        let value = self.lookups.get(&key)?.value.clone();
        self.used.insert(key);
        Some(HclValue::Plain(value))
    }

    fn write(&mut self, at: usize, one: &LeavingObject, body: HclBody, out: &mut ExportedFiles) {
        let Some(address) = self.address(at) else {
            return;
        };
        let path = match one.object.kind() {
            Kind::ConditionalAccessPolicy => "/identity/conditionalAccess/policies/",
            Kind::NamedLocation => "/identity/conditionalAccess/namedLocations/",
            Kind::AuthenticationStrength => STRENGTH_ID,
            Kind::Group => "/groups/",
            Kind::TestUser | Kind::AuthenticationContext => "/users/",
        };
        if let Some(id) = &one.id {
            self.import(&address, format!("{path}{id}"));
        }
        out.objects.push(HeldObject {
            kind: one.object.kind(),
            name: one.object.name().to_owned(),
            at: address,
        });
        self.resources.insert(at, body);
    }

    fn import(&mut self, address: &str, id: String) {
        let mut import = HclBody::default();
        import.put("to", HclValue::Plain(address.to_owned()));
        import.put("id", HclValue::Text(id));
        self.imports.add("import", &[], import);
    }

    /// Users who say themselves in which groups they are, where the group does not list its members.
    fn memberships(&mut self) {
        let objects = self.source.objects();
        let mut told: Vec<(HclValue, usize, String)> = Vec::new();
        for (at, one) in objects.iter().enumerate() {
            let Object::TestUser(user) = &one.object else {
                continue;
            };
            for name in user.member_of.iter().flat_map(|groups| groups.iter()) {
                let meant = self.source.meant(RefKind::Group, name);
                let own = match meant {
                    Meant::Own(group) => objects.get(group),
                    _ => None,
                };
                if matches!(own.map(|one| &one.object), Some(Object::Group(group)) if group.members.is_some())
                {
                    continue;
                }
                let group = self.reference(RefKind::Group, name, "", &mut LostMembers::new());
                if let Some((group, _)) = group {
                    let called = format!("{} in {name}", one.object.display_name());
                    told.push((group, at, called));
                }
            }
        }
        let names: Vec<(&str, &str)> = told.iter().map(|(.., name)| (name.as_str(), "")).collect();
        let labels = labels(&names, "member");
        for ((group, at, _), label) in told.into_iter().zip(labels) {
            let Some((user, _)) = self.own(at, "object_id") else {
                continue;
            };
            let mut body = HclBody::default();
            body.put("group_object_id", group);
            body.put("member_object_id", user);
            self.memberships
                .add("resource", &["azuread_group_member", &label], body);
        }
    }

    fn finish(mut self, out: &mut ExportedFiles) {
        if self.resources.is_empty() {
            return;
        }
        let mut add = |name: &str, body: &HclBody| {
            if !body.is_empty() {
                out.files.push((name.to_owned(), body.text()));
            }
        };
        add("versions.tf", &versions());
        for (file, kinds) in FILES {
            let mut all = HclBody::default();
            for (at, body) in &self.resources {
                let kind = self.source.objects().get(*at).map(|one| one.object.kind());
                let address = self.addresses.get(*at).and_then(Option::as_ref);
                if let Some((resource, label)) = address
                    && kind.is_some_and(|kind| kinds.contains(&kind))
                {
                    all.add("resource", &[resource, label], body.clone());
                }
            }
            if kinds.contains(&Kind::TestUser) {
                all.append(std::mem::take(&mut self.memberships));
            }
            add(file, &all);
        }
        let (mut data, mut variables) = (HclBody::default(), HclBody::default());
        if self.uses_domain
            || self
                .used
                .iter()
                .any(|(kind, name)| *kind == RefKind::User && !name.contains('@'))
        {
            let mut body = HclBody::default();
            body.put("only_default", HclValue::flag(true));
            data.add("data", &["azuread_domains", "default"], body);
        }
        for key in self.used.clone() {
            let Some(looked_up) = self.lookups.get(&key) else {
                continue;
            };
            let (kind, name) = &key;
            let label = looked_up.label.clone();
            let mut body = HclBody::default();
            match looked_up.data {
                Some((source, argument)) => {
                    let value = match kind {
                        RefKind::User => self.full_name(name),
                        _ => HclValue::Text(name.clone()),
                    };
                    body.put(argument, value);
                    data.add("data", &[source, &label], body);
                }
                None => {
                    let what = kind.words();
                    let told = match kind {
                        RefKind::Strength => {
                            format!("The {what} \"{name}\": {STRENGTH_ID} and its id")
                        }
                        _ => format!("The id of the {what} \"{name}\""),
                    };
                    body.put("type", HclValue::Plain("string".to_owned()));
                    body.put("description", HclValue::Text(told));
                    variables.add("variable", &[&label], body);
                }
            }
        }
        if self.uses_passwords {
            let mut body = HclBody::default();
            body.put("type", HclValue::Plain("map(string)".to_owned()));
            body.put(
                "description",
                HclValue::Text(
                    "The first password of each test user, by userPrincipalName".to_owned(),
                ),
            );
            body.put("sensitive", HclValue::flag(true));
            variables.add("variable", &[PASSWORDS], body);
        }
        add("data.tf", &data);
        add("variables.tf", &variables);
        add("imports.tf", &self.imports);
    }
}

/// What stands before the id of a strength.
const STRENGTH_ID: &str = "/policies/authenticationStrengthPolicies/";

fn versions() -> HclBody {
    let mut body = HclBody::default();
    // From 1.5 on, Terraform knows `import`; from 3.9 on, the provider knows filters for applications.
    body.put(
        "terraform/required_version",
        HclValue::Text(">= 1.5".to_owned()),
    );
    let provider = "{\n      source  = \"hashicorp/azuread\"\n      version = \"~> 3.9\"\n    }";
    body.put(
        "terraform/required_providers/azuread",
        HclValue::Plain(provider.to_owned()),
    );
    body
}

/// The type of the data source that finds an object by its name, its argument, and the attribute that
/// policies want.
fn data_source(kind: RefKind, name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        RefKind::Group => ("azuread_group", "display_name", "object_id"),
        RefKind::User => ("azuread_user", "user_principal_name", "object_id"),
        RefKind::Application => ("azuread_service_principal", "display_name", "client_id"),
        RefKind::ServicePrincipal => ("azuread_service_principal", "display_name", "object_id"),
        // It does not find the compliant network, which the service makes.
        RefKind::Location if !is_compliant_network_name(name) => {
            ("azuread_named_location", "display_name", "object_id")
        }
        _ => return None,
    })
}

fn rows_of(object: &Object) -> &'static [ArgumentRow] {
    match object {
        Object::ConditionalAccessPolicy(_) => POLICY,
        Object::NamedLocation(location) => match location.location_type() {
            LocationType::Country => COUNTRY_LOCATION,
            _ => IP_LOCATION,
        },
        Object::AuthenticationStrength(_) => STRENGTH,
        Object::Group(_) => GROUP,
        Object::TestUser(_) => USER,
        Object::AuthenticationContext(_) => &[],
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// What the provider wants beside what is written, and does not have.
fn needed(whole: &Value, body: &HclBody) -> LostMembers {
    let mut lost = LostMembers::new();
    for (pointer, arguments) in NEEDED {
        let is_there = whole.pointer(pointer).is_some();
        if is_there && !arguments.iter().any(|path| body.has(path)) {
            let names = arguments.iter().filter_map(|path| path.rsplit('/').next());
            let names: Vec<&str> = names.collect();
            let why = format!("it wants one of `{}`", names.join("`, `"));
            lost.push(((*pointer).to_owned(), Some(why)));
        }
    }
    lost
}

/// `ignoreChanges` as the provider's own; what has no argument is lost.
fn ignored(one: &LeavingObject, rows: &[ArgumentRow], body: &mut HclBody) -> LostMembers {
    let mut lost = LostMembers::new();
    let mut kept = Vec::new();
    for path in &one.ignored {
        let within = |a: &str, b: &str| {
            a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'))
        };
        let own = rows.iter().filter(|row| {
            let from = dotted(row.from);
            !matches!(row.shape, ArgumentShape::On) && (within(&from, path) || within(path, &from))
        });
        let mut own: Vec<String> = own.map(|row| row.to.replace('/', "[0].")).collect();
        if path == "members" && one.object.kind() == Kind::Group {
            own.push(path.clone());
        }
        if own.is_empty() {
            let why = format!("the provider has no argument for `{path}`");
            lost.push(("/ignoreChanges".to_owned(), Some(why)));
        }
        kept.extend(own);
    }
    if !kept.is_empty() {
        let kept = kept.into_iter().map(|path| (HclValue::Plain(path), None));
        body.put("lifecycle/ignore_changes", HclValue::List(kept.collect()));
    }
    lost
}

fn resource_type(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::ConditionalAccessPolicy => Some("azuread_conditional_access_policy"),
        Kind::NamedLocation => Some("azuread_named_location"),
        Kind::AuthenticationStrength => Some("azuread_authentication_strength_policy"),
        Kind::AuthenticationContext => None,
        Kind::Group => Some("azuread_group"),
        Kind::TestUser => Some("azuread_user"),
    }
}
