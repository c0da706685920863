//! What leaves: the objects, and what is known of whom they refer to.

use std::collections::HashMap;

use serde_json::Value;

use super::ExportedFiles;
use super::members::Members;
use crate::apply::bodies::create_body;
use crate::finding::{Code, Finding};
use crate::manifest::yaml::Document;
use crate::model::kind::folded_name;
use crate::model::location::LocationType;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::tenant::snapshot::NameIndex;
use crate::text::is_guid;
use crate::text::pointer::{above, dotted, names};

/// One object that leaves.
#[derive(Debug, Clone)]
pub struct LeavingObject {
    /// The object: with names, or with ids.
    pub object: Object,
    /// The id of the live object, where it is known.
    pub id: Option<String>,
    /// Its manifest, for places.
    pub document: Option<Document>,
    /// Paths that another writer owns.
    pub ignored: Vec<String>,
    /// Members of the live object that the model does not know, as pointers.
    pub unknown: Vec<String>,
}

impl LeavingObject {
    /// The finding, at a part of the manifest, or at what is around it there.
    fn place(&self, finding: Finding, pointer: &str) -> Finding {
        let Some(document) = &self.document else {
            return finding;
        };
        let mut at = pointer;
        while !at.is_empty() && document.value.pointer(at).is_none() {
            at = above(at);
        }
        finding.at(document.place(at))
    }

    /// What tells it from another of the same name.
    pub(super) fn unique(&self) -> &str {
        self.id.as_deref().unwrap_or_else(|| self.object.name())
    }

    pub(super) fn called(&self) -> String {
        let object = &self.object;
        format!("{} `{}`", object.kind().words(), object.name())
    }

    /// The body that creates the object, with what is off in it left out.
    pub(super) fn body(&self) -> Value {
        let mut object = self.object.clone();
        if let Object::ConditionalAccessPolicy(policy) = &mut object {
            policy.session_controls.take_if(|s| !s.normalize());
        }
        create_body(&object)
    }

    pub(super) fn members(&self) -> Members {
        Members::of(self.body())
    }

    /// Whether the service makes the object, and nobody else can.
    pub(super) fn is_of_service(&self) -> bool {
        matches!(&self.object, Object::NamedLocation(location)
            if !matches!(location.location_type(), LocationType::Ip | LocationType::Country))
    }
}

/// All that leaves.
#[derive(Debug, Default)]
pub struct ExportSource {
    /// The objects, each after those that it refers to.
    objects: Vec<LeavingObject>,
    /// Names and ids of others, where a tenant was read.
    index: NameIndex,
    by_name: HashMap<(Kind, String), usize>,
    by_id: HashMap<String, usize>,
}

/// Whom or what a reference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meant {
    /// A special value, or what every tenant has: its id, and its name where that is another.
    Known(String, Option<String>),
    /// An object that leaves as well.
    Own(usize),
    /// Another object of the tenant.
    Other {
        id: Option<String>,
        name: Option<String>,
    },
}

impl ExportSource {
    /// The objects, and the names that are known besides.
    pub fn new(mut objects: Vec<LeavingObject>, index: NameIndex) -> ExportSource {
        objects.sort_by_cached_key(|one| {
            let name = folded_name(one.object.kind(), one.object.name());
            (one.object.kind(), name, one.id.clone())
        });
        let mut source = ExportSource {
            index,
            ..ExportSource::default()
        };
        for (at, one) in objects.iter().enumerate() {
            let kind = one.object.kind();
            let mut add = |name: &str| {
                let key = (kind, folded_name(kind, name));
                source.by_name.entry(key).or_insert(at);
            };
            add(one.object.name());
            if kind == Kind::AuthenticationContext {
                add(one.object.display_name());
            }
            // A user may be named without the domain.
            if let (Kind::TestUser, Some((local, _))) = (kind, one.object.name().split_once('@')) {
                add(local);
            }
            if let Some(id) = &one.id {
                source.by_id.entry(id.to_lowercase()).or_insert(at);
            }
        }
        source.objects = objects;
        source
    }

    /// The objects that leave.
    pub fn objects(&self) -> &[LeavingObject] {
        &self.objects
    }

    pub(super) fn meant(&self, kind: RefKind, text: &str) -> Meant {
        let text = text.trim();
        if let Some((id, name)) = kind.well_known(text) {
            let name = (name != id).then(|| name.to_owned());
            return Meant::Known(id.to_owned(), name);
        }
        if is_guid(text) {
            let id = text.to_lowercase();
            if let Some(at) = self.by_id.get(&id) {
                return Meant::Own(*at);
            }
            let kinds = match kind {
                RefKind::Member => &[RefKind::User, RefKind::Group, RefKind::ServicePrincipal][..],
                _ => std::slice::from_ref(&kind),
            };
            let known = kinds.iter().find_map(|kind| self.index.by_id(*kind, &id));
            let name = known.map(|known| known.name.clone());
            return Meant::Other { id: Some(id), name };
        }
        for own in kind.own_kinds() {
            let key = (*own, folded_name(*own, text));
            if let Some(at) = self.by_name.get(&key) {
                return Meant::Own(*at);
            }
        }
        let known = match self.index.by_name(kind, text)[..] {
            [one] => Some(one.id.clone()),
            _ => None,
        };
        let name = Some(text.to_owned());
        Meant::Other { id: known, name }
    }

    /// The users whose own manifests say that they are in a group.
    pub(super) fn users_in(&self, group: usize) -> Vec<usize> {
        let is_in = |one: &LeavingObject| match &one.object {
            Object::TestUser(user) => (user.member_of.iter())
                .flat_map(|groups| groups.iter())
                .any(|name| self.meant(RefKind::Group, name) == Meant::Own(group)),
            _ => false,
        };
        let objects = self.objects.iter().enumerate();
        objects
            .filter(|(_, one)| is_in(one))
            .map(|(at, _)| at)
            .collect()
    }

    /// What people call whom a reference means; its id where no name is known.
    pub(super) fn name(&self, kind: RefKind, text: &str) -> Result<String, String> {
        match self.meant(kind, text) {
            // What a tenant calls a built-in strength differs.
            Meant::Known(id, name) => Ok(match self.index.by_id(kind, &id) {
                Some(known) => known.name.clone(),
                None => name.unwrap_or(id),
            }),
            Meant::Own(at) => Ok(match self.objects.get(at) {
                Some(one) if kind == RefKind::Context => one.object.display_name().to_owned(),
                Some(one) => one.object.name().to_owned(),
                None => text.to_owned(),
            }),
            Meant::Other {
                name: Some(name), ..
            } => Ok(name),
            Meant::Other { id, .. } => Err(id.unwrap_or_else(|| text.to_owned())),
        }
    }
}

/// What was lost of an object: the pointer, and why.
pub(super) type LostMembers = Vec<(String, Option<String>)>;

/// What a format is called in a sentence, and what befalls objects that it holds in part.
pub(super) struct Saying<'a> {
    /// What cannot hold something, such as `the azuread provider`.
    pub(super) format: &'a str,
    /// Whether an object that lost a member is in the files all the same.
    pub(super) in_part: bool,
}

impl Saying<'_> {
    /// Says what the format cannot hold of an object. True when the object is to be left out.
    pub(super) fn losses(
        &self,
        one: &LeavingObject,
        left: &LostMembers,
        out: &mut ExportedFiles,
    ) -> bool {
        let is_policy = one.object.kind() == Kind::ConditionalAccessPolicy;
        for (pointer, why) in left {
            let member = shown(pointer);
            let why = why
                .as_deref()
                .map_or(String::new(), |why| format!(": {why}"));
            let message = format!(
                "{} cannot hold `{member}` of the {}{why}",
                self.format,
                one.called()
            );
            let help = match (is_policy, self.in_part) {
                (true, false) => {
                    "the policy is left out, since it would be another without this; keep it in gatewright, or write it all the same with `--partial`"
                }
                _ => "the object is written without it",
            };
            let finding = Finding::warning(Code::ExportLoss, message).help(help);
            out.findings.push(one.place(finding, pointer));
        }
        let out_of_it = is_policy && !self.in_part && !left.is_empty();
        match out_of_it {
            true => out.left_out += 1,
            false => out.lost += left.len(),
        }
        out_of_it
    }

    /// Says that the format has no place for the object.
    pub(super) fn no_place(&self, one: &LeavingObject, why: &str, out: &mut ExportedFiles) {
        out.left_out += 1;
        let message = format!("{} cannot hold the {}: {why}", self.format, one.called());
        let property = format!("/{}", one.object.kind().identity_property());
        // What the service makes in each tenant is nowhere missing.
        let everywhere = matches!(&one.object, Object::NamedLocation(location)
            if location.location_type() == LocationType::CompliantNetwork);
        let finding = match everywhere {
            true => Finding::hint(Code::ExportNote, message)
                .help("it is left out: each tenant has its own"),
            false => Finding::warning(Code::ExportLoss, message)
                .help("it is left out: keep it in gatewright"),
        };
        out.findings.push(one.place(finding, &property));
    }

    /// What is left to do for an object that loses nothing.
    pub(super) fn note(
        &self,
        one: &LeavingObject,
        pointer: &str,
        message: String,
        help: &str,
        out: &mut ExportedFiles,
    ) {
        let finding = Finding::hint(Code::ExportNote, message).help(help);
        out.findings.push(one.place(finding, pointer));
    }

    /// Says that the format has no `ignoreChanges`.
    pub(super) fn ignored(&self, one: &LeavingObject, out: &mut ExportedFiles) {
        if one.ignored.is_empty() {
            return;
        }
        let message = format!(
            "{} has no `ignoreChanges`: of the {} it has what the manifest says of `{}`",
            self.format,
            one.called(),
            one.ignored.join("`, `")
        );
        let help = "leave these members to their other writer where you use the export";
        self.note(one, "/ignoreChanges", message, help, out);
    }
}

/// The pointers of what is lost whatever the format: members that gatewright does not know.
pub(super) fn unknown(one: &LeavingObject) -> impl Iterator<Item = (String, Option<String>)> {
    let why = "gatewright does not know the member";
    let unknown = one.unknown.iter();
    unknown.map(move |pointer| (pointer.clone(), Some(why.to_owned())))
}

/// A pointer as people write it; of a value in a list, the list.
fn shown(pointer: &str) -> String {
    let steps: Vec<String> = names(pointer).collect();
    let steps = steps.iter().map(String::as_str);
    let kept: Vec<&str> = steps
        .filter(|step| step.is_empty() || !step.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    dotted(&format!("/{}", kept.join("/")))
}
