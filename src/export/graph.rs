//! As requests of Microsoft Graph: the body that creates each object, one a file, and
//! `requests.json`, which says in which order, to where, and what in them is a name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::source::{ExportSource, LeavingObject, LostMembers, Meant, Saying, unknown};
use super::{ExportedFiles, HeldObject};
use crate::finding::{Code, Finding};
use crate::import::names::{self, file_name, file_name_beside, folder_of};
use crate::model::normal::beta_members;
use crate::model::refs::RefKind;
use crate::model::values::SENTINEL;
use crate::model::{Kind, Object};
use crate::tenant::read::{CONTEXTS, LOCATIONS, POLICIES, STRENGTHS};
use crate::text::counted;
use crate::text::pointer::below;

/// The file that says what to send.
pub const REQUESTS: &str = "requests.json";

/// What stands before the id of a member.
const MEMBER_ROOT: &str = "https://graph.microsoft.com/v1.0/directoryObjects/";

/// `requests.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphRequests {
    format_version: &'static str,
    /// In the order in which they are sent.
    requests: Vec<GraphRequest>,
    /// What the ids in the bodies stand for, as migration tables of other tools say it: gatewright's
    /// own import reads names there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<KnownObject>,
}

/// An object of the tenant that a body refers to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct KnownObject {
    #[serde(rename = "type")]
    of: &'static str,
    id: String,
    display_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphRequest {
    method: &'static str,
    /// Below `https://graph.microsoft.com`.
    url: String,
    /// The file with the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The body, where no file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The id of the live object that the body was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_from: Option<String>,
    /// What is to be put in the place of names: the ids that they stand for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<NameToFill>,
    /// What a person must add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// A name where an id belongs.
#[derive(Debug, Serialize)]
struct NameToFill {
    /// Where it stands: a JSON pointer into the body, or `url`.
    at: String,
    #[serde(flatten)]
    name: OpenName,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenName {
    /// What it is: `group`, `user`, ...
    of: &'static str,
    /// The name.
    named: String,
    /// Which of the requests answers with the id, counted from 0; none: the tenant has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<usize>,
}

/// What stands for an object in a request: its id, or else its name.
#[derive(Debug, Clone)]
struct Filled {
    text: String,
    open: Option<OpenName>,
}

/// Everything as requests.
pub fn graph(source: &ExportSource) -> ExportedFiles {
    let saying = Saying {
        format: "a Graph request",
        in_part: true,
    };
    let mut out = ExportedFiles::default();
    let mut requests = Vec::new();
    let mut answered: HashMap<usize, usize> = HashMap::new();
    let files = file_names(source);
    let mut linked = false;
    for (at, one) in source.objects().iter().enumerate() {
        if !linked && !matches!(one.object.kind(), Kind::Group | Kind::TestUser) {
            // Who is spared is in the group before a policy begins to count.
            linked = true;
            requests.extend(links(source, &answered));
        }
        if one.is_of_service() {
            saying.no_place(one, "the service creates it, and no request does", &mut out);
            continue;
        }
        let mut filled = Vec::new();
        let body = body(source, one, &answered, &mut filled);
        let mut lost: LostMembers = unknown(one).collect();
        undisclosed(&body, "", &mut lost);
        saying.losses(one, &lost, &mut out);
        saying.ignored(one, &mut out);
        let missing = missing(&saying, one, &mut out);
        let edition = match beta_members(one.object.kind().graph_type(), &body).is_empty() {
            true => "v1.0",
            false => "beta",
        };
        let file = files.get(at).cloned().unwrap_or_default();
        answered.insert(at, requests.len());
        requests.push(GraphRequest {
            method: "POST",
            url: format!("/{edition}{}", list_of(one.object.kind())),
            file: Some(file.clone()),
            body: None,
            made_from: one.id.clone(),
            names: filled,
            missing,
        });
        out.objects.push(HeldObject {
            kind: one.object.kind(),
            name: one.object.name().to_owned(),
            at: file.clone(),
        });
        out.files.push((file, pretty(&body)));
    }
    if !linked {
        requests.extend(links(source, &answered));
    }
    names_left(&requests, &mut out);
    if !out.files.is_empty() {
        let all = GraphRequests {
            format_version: "1",
            requests,
            objects: known_objects(source),
        };
        out.files.push((REQUESTS.to_owned(), pretty(&all)));
    }
    out
}

/// Values that Graph did not disclose when they were read, and refuses when they are sent.
fn undisclosed(value: &Value, at: &str, lost: &mut LostMembers) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                undisclosed(member, &below(at, name), lost);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| undisclosed(item, at, lost)),
        Value::String(text) if text.split(',').any(|one| one.trim() == SENTINEL) => {
            let why = format!("`{SENTINEL}` stands for a value that it did not disclose");
            lost.push((at.to_owned(), Some(why)));
        }
        _ => {}
    }
}

/// What a person must add to the body: no password is held, and perhaps no domain.
fn missing(saying: &Saying<'_>, one: &LeavingObject, out: &mut ExportedFiles) -> Vec<&'static str> {
    let Object::TestUser(user) = &one.object else {
        return Vec::new();
    };
    let at = "/userPrincipalName";
    let mut missing = vec!["/passwordProfile"];
    let (mut what, mut help) = (
        "no password",
        "gatewright keeps none: add `passwordProfile`",
    );
    if !user.user_principal_name.contains('@') {
        missing.push(at);
        what = "no password, and a principal name without a domain";
        help = "gatewright keeps no password and knows no domain: add `passwordProfile`, and the domain";
    }
    let message = format!("the body of the {} has {what}", one.called());
    saying.note(one, at, message, help, out);
    missing
}

/// What in the requests is a name is said once.
fn names_left(requests: &[GraphRequest], out: &mut ExportedFiles) {
    let open: usize = requests.iter().map(|one| one.names.len()).sum();
    if open == 0 {
        return;
    }
    let message = match open {
        1 => "1 reference in the requests is a name, where Graph wants an id".to_owned(),
        _ => format!(
            "{} in the requests are names, where Graph wants ids",
            counted(open, "reference")
        ),
    };
    out.findings.push(Finding::hint(Code::ExportNote, message).help(
        "`requests.json` lists each with its place and the request that answers with its id; `--live` writes ids",
    ));
}

/// The body, with ids instead of names as far as they are known.
fn body(
    source: &ExportSource,
    one: &LeavingObject,
    answered: &HashMap<usize, usize>,
    open: &mut Vec<NameToFill>,
) -> Value {
    let mut one = one.clone();
    // Who is in a group is said by other requests.
    let is_linked = matches!(one.object.kind(), Kind::Group | Kind::TestUser);
    for reference in one.object.references_mut() {
        if is_linked {
            break;
        }
        let filled = filled(source, reference.kind, reference.target, answered);
        let strength = match reference.kind {
            RefKind::Strength => "/id",
            _ => "",
        };
        let at = format!("{}{strength}", reference.pointer);
        open.extend(filled.open.map(|name| NameToFill { at, name }));
        *reference.target = filled.text;
    }
    let mut body = one.body();
    if let (Object::AuthenticationContext(context), Some(map)) = (&one.object, body.as_object_mut())
    {
        map.shift_insert(0, "id".to_owned(), json!(context.id));
    }
    body
}

/// Whom the bodies refer to by ids.
fn known_objects(source: &ExportSource) -> Vec<KnownObject> {
    let references = source
        .objects()
        .iter()
        .flat_map(|one| one.object.references());
    let known = references.filter_map(|(kind, _, target)| {
        let of = match kind {
            RefKind::Group => "Group",
            RefKind::User => "User",
            RefKind::Location => "NamedLocation",
            RefKind::Strength => "AuthenticationStrength",
            RefKind::Application => "Application",
            RefKind::ServicePrincipal => "ServicePrincipal",
            RefKind::Agreement => "TermsOfUse",
            // Known everywhere, by itself, or in no body.
            RefKind::Role | RefKind::Context | RefKind::Member => return None,
        };
        let (id, display_name) = match source.meant(kind, &target) {
            Meant::Own(at) => {
                let own = source.objects().get(at)?;
                (own.id.clone()?, own.object.name().to_owned())
            }
            Meant::Other { id, name } => (id?, name?),
            Meant::Known(..) => return None,
        };
        Some(KnownObject {
            of,
            id,
            display_name,
        })
    });
    known.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What stands for whom a reference means.
fn filled(
    source: &ExportSource,
    kind: RefKind,
    target: &str,
    answered: &HashMap<usize, usize>,
) -> Filled {
    let known = |text: String| Filled { text, open: None };
    match source.meant(kind, target) {
        Meant::Own(at) => own(source, at, answered).unwrap_or_else(|| known(target.to_owned())),
        Meant::Known(id, _) | Meant::Other { id: Some(id), .. } => known(id),
        Meant::Other { name, .. } => {
            let named = name.unwrap_or_else(|| target.to_owned());
            let of = match kind {
                RefKind::Member if named.contains('@') => RefKind::User.words(),
                RefKind::Member => RefKind::Group.words(),
                kind => kind.words(),
            };
            Filled {
                text: named.clone(),
                open: Some(OpenName {
                    of,
                    named,
                    answered_by: None,
                }),
            }
        }
    }
}

/// What stands for an object that leaves as well.
fn own(source: &ExportSource, at: usize, answered: &HashMap<usize, usize>) -> Option<Filled> {
    let own = source.objects().get(at)?;
    let kind = own.object.kind();
    let named = own.object.name().to_owned();
    // The id of a context is its name.
    let id = match kind {
        Kind::AuthenticationContext => Some(&named),
        _ => own.id.as_ref(),
    };
    let open = id.is_none().then(|| OpenName {
        of: match kind {
            Kind::TestUser => RefKind::User.words(),
            kind => kind.words(),
        },
        named: named.clone(),
        answered_by: answered.get(&at).copied(),
    });
    let text = id.unwrap_or(&named).clone();
    Some(Filled { text, open })
}

/// Who becomes a member of which group, whoever says so.
fn links(source: &ExportSource, answered: &HashMap<usize, usize>) -> Vec<GraphRequest> {
    let mut told = BTreeMap::new();
    for (at, one) in source.objects().iter().enumerate() {
        let Some(own) = own(source, at, answered) else {
            continue;
        };
        for (kind, _, target) in one.object.references() {
            let other = filled(source, kind, &target, answered);
            let (group, member) = match one.object.kind() {
                Kind::Group => (own.clone(), other),
                Kind::TestUser => (other, own.clone()),
                _ => break,
            };
            let key = (group.text.clone(), member.text.clone());
            told.entry(key).or_insert((group, member));
        }
    }
    let link = |(group, member): (Filled, Filled)| {
        // In an address a name is no name: a word stands for it.
        let id = |part: &Filled| match part.open {
            Some(_) => "{id}".to_owned(),
            None => part.text.clone(),
        };
        let url = format!("/v1.0/groups/{}/members/$ref", id(&group));
        let body = json!({ "@odata.id": format!("{MEMBER_ROOT}{}", id(&member)) });
        let fill = |at: &str, part: Filled| {
            let at = at.to_owned();
            part.open.map(|name| NameToFill { at, name })
        };
        let names = [fill("url", group), fill("/@odata.id", member)];
        GraphRequest {
            method: "POST",
            url,
            file: None,
            body: Some(body),
            made_from: None,
            names: names.into_iter().flatten().collect(),
            missing: Vec::new(),
        }
    };
    told.into_values().map(link).collect()
}

/// Where objects of a kind are created.
fn list_of(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => POLICIES,
        Kind::NamedLocation => LOCATIONS,
        Kind::AuthenticationStrength => STRENGTHS,
        Kind::AuthenticationContext => CONTEXTS,
        Kind::Group => "/groups",
        Kind::TestUser => "/users",
    }
}

/// A file for each object. Names do not depend on the order of the objects: where several would
/// share a file, each has a suffix.
fn file_names(source: &ExportSource) -> Vec<String> {
    let folder = |kind: Kind| match folder_of(kind) {
        "" => "policies",
        folder => folder,
    };
    let path = |kind: Kind, name: String| {
        let stem = name.strip_suffix(".yaml").unwrap_or(&name);
        format!("{}/{stem}.json", folder(kind))
    };
    let plain = |one: &LeavingObject| {
        let object = &one.object;
        path(
            object.kind(),
            file_name(object.kind(), object.display_name()),
        )
    };
    let mut shares: HashMap<String, usize> = HashMap::new();
    for one in source.objects() {
        *shares.entry(names::key(&plain(one))).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let objects = source.objects().iter();
    objects
        .map(|one| {
            let object = &one.object;
            let mut file = plain(one);
            let mut unique = one.unique().to_owned();
            if shares.get(&names::key(&file)).is_some_and(|n| *n > 1) {
                file = path(object.kind(), beside(object, &unique));
            }
            while taken.contains(&names::key(&file)) {
                unique.push('+');
                file = path(object.kind(), beside(object, &unique));
            }
            taken.insert(names::key(&file));
            file
        })
        .collect()
}

fn beside(object: &Object, unique: &str) -> String {
    file_name_beside(object.kind(), object.display_name(), unique)
}

/// JSON for people and machines, with a line end.
pub(super) fn pretty<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", crate::text::visible_json(&text))
}
