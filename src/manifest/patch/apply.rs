//! Patches, applied to one document one after the other.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::keys::{is_same, key};
use super::{Patch, Whose, layer};
use crate::finding::{Code, Finding, Place, did_you_mean, is_slip};
use crate::manifest::edit::slot;
use crate::manifest::overlay::{Overlay, PartOrigin};
use crate::manifest::schema::path_words;
use crate::manifest::write::flow;
use crate::manifest::yaml::{Document, SpanIndex};
use crate::text::pointer::{above, below};

/// What a patch does at a pointer.
#[derive(Debug, PartialEq)]
enum Deed {
    Set,
    Add(String),
    Remove(String),
}

/// What was done, and by whom.
#[derive(Debug)]
struct Done {
    pointer: String,
    deed: Deed,
    whose: Whose,
    origin: PartOrigin,
}

/// A document that is being patched.
pub(super) struct Patching {
    document: Document,
    overlay: Overlay,
    done: Vec<Done>,
    /// The place of the patch that left it out, and whose it is.
    absent: Option<(Place, Whose)>,
    /// The number of the last patch, and the first part of each that was wrong.
    last: Option<(Place, Whose)>,
}

/// Whether one of the pointers is the other, or below it.
fn is_related(a: &str, b: &str) -> bool {
    let within = |at: &str, part: &str| {
        at.strip_prefix(part)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(a, b) || within(b, a)
}

/// A value in a sentence.
fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = match value {
        Value::String(text) => text.clone(),
        other => flow(other),
    };
    match text.chars().count() > MOST {
        true => format!("`{}...`", text.chars().take(MOST - 3).collect::<String>()),
        false => format!("`{text}`"),
    }
}

/// The value without members that are null: there they say that there is none.
fn without_null_members(value: &Value) -> Value {
    match value {
        Value::Object(map) => (map.iter())
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), without_null_members(member)))
            .collect(),
        other => other.clone(),
    }
}

impl Patching {
    pub(super) fn of(document: Document) -> Patching {
        let overlay = Overlay::of(layer(&document), document.value.clone(), "/displayName");
        Patching {
            document,
            overlay,
            done: Vec::new(),
            absent: None,
            last: None,
        }
    }

    /// The place of a part, alone.
    fn place(&self, origin: &PartOrigin) -> Place {
        Place {
            beside: None,
            ..self.overlay.place_of(origin, SpanIndex::value)
        }
    }

    /// The patched document, and whether the tenant does not get it.
    pub(super) fn finish(self) -> (Document, bool) {
        let mut document = self.document;
        document.overlay = Some(Arc::new(self.overlay));
        (document, self.absent.is_some())
    }

    /// Applies a patch; what is wrong with it is told in `findings`.
    pub(super) fn apply(&mut self, patch: &Patch, findings: &mut Vec<Finding>) {
        let number = self.overlay.add(layer(&patch.document));
        let target = patch.document.place("/target");
        let mut error = |message: String, other: &Place, help: &str| {
            findings.push(
                Finding::error(Code::Patch, message)
                    .at(target.clone())
                    .related(other.clone(), "the other patch")
                    .help(help),
            );
        };
        let (property, name) = patch.name();
        let object = format!("{} `{name}`", patch.kind.words());
        if let Some((other, whose)) = &self.absent {
            let message = match whose {
                Whose::Project => format!("a patch of the project leaves the {object} out"),
                Whose::Tenant => format!("another patch of the tenant leaves the {object} out"),
            };
            return error(message, other, "remove one of the two patches");
        }
        if patch.is_absent() {
            if let Some((other, whose)) = &self.last
                && *whose == patch.whose
            {
                let message = format!(
                    "two patches {} contradict each other: one changes the {object}, one leaves it out",
                    whose.words()
                );
                return error(message, other, "remove one of the two patches");
            }
            self.absent = Some((patch.document.place("/absent"), patch.whose));
            return;
        }
        self.last = Some((
            patch.document.place(&format!("/target/{property}")),
            patch.whose,
        ));
        let mut step = Step {
            own: self,
            patch,
            number,
            findings,
        };
        step.merge();
        step.lists("remove");
        step.lists("add");
    }
}

/// One patch on its way into a document.
struct Step<'a> {
    own: &'a mut Patching,
    patch: &'a Patch,
    number: usize,
    findings: &'a mut Vec<Finding>,
}

impl Step<'_> {
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.own.document.value.pointer(pointer)
    }

    fn section(&self, name: &str) -> Map<String, Value> {
        let section = self.patch.document.value.get(name);
        section
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    }

    fn error(&mut self, place: Place, message: String, help: impl Into<String>) -> &mut Finding {
        let finding = Finding::error(Code::Patch, message).at(place).help(help);
        self.findings.push_mut(finding)
    }

    /// Notes what is done; whether nothing that was done before contradicts it.
    fn may(&mut self, pointer: &str, deed: Deed, from: &str) -> bool {
        let clashes = |done: &&Done| {
            done.whose == self.patch.whose
                && match (&done.deed, &deed) {
                    (Deed::Set, _) | (_, Deed::Set) => is_related(&done.pointer, pointer),
                    (Deed::Add(old), Deed::Remove(new)) | (Deed::Remove(old), Deed::Add(new)) => {
                        done.pointer == pointer && old == new
                    }
                    (Deed::Add(_), Deed::Add(_)) | (Deed::Remove(_), Deed::Remove(_)) => false,
                }
        };
        if let Some(done) = self.own.done.iter().find(clashes) {
            let other = self.own.place(&done.origin);
            let path = path_words(pointer);
            let (message, help) = match done.origin.0 == self.number {
                true => (
                    format!("the patch changes {path} in two ways"),
                    "keep one: `merge` sets a whole list, `add` and `remove` change its members",
                ),
                false => (
                    format!("two patches {} change {path}", self.patch.whose.words()),
                    match self.patch.whose {
                        Whose::Project => {
                            "keep one of the two; a patch under a tenant's own `manifests:` may overrule one of the project"
                        }
                        Whose::Tenant => "keep one of the two",
                    },
                ),
            };
            let place = self.patch.document.place(from);
            let finding = self.error(place, message, help);
            finding.related.push((other, "the other change".to_owned()));
            return false;
        }
        self.own.done.push(Done {
            pointer: pointer.to_owned(),
            deed,
            whose: self.patch.whose,
            origin: (self.number, from.to_owned()),
        });
        true
    }

    fn merge(&mut self) {
        let section = self.section("merge");
        let mut idle = Vec::new();
        let changed = self.merge_into("", "/merge", &section, &mut idle);
        if !changed && let Some((first, origin)) = idle.first() {
            let so: Vec<String> = idle
                .iter()
                .take(3)
                .map(|(pointer, _)| match self.value(pointer) {
                    Some(value) if !value.is_null() => {
                        format!("{} is {} already", path_words(pointer), shown(value))
                    }
                    _ => format!("there is no {}", path_words(pointer)),
                })
                .collect();
            let more = match idle.len() - so.len() {
                0 => "",
                _ => ", ...",
            };
            let message = format!("`merge` changes nothing: {}{more}", so.join(", "));
            let place = self.patch.document.place(&format!("/merge{first}"));
            let is_there = self.value(first).is_some();
            let already = self.own.place(origin);
            let finding = self.error(place, message, "remove it, or correct what it says");
            if is_there {
                finding.related.push((already, "here".to_owned()));
            }
        }
    }

    /// Merges a mapping; whether anything changed, and what did not.
    fn merge_into(
        &mut self,
        at: &str,
        from: &str,
        section: &Map<String, Value>,
        idle: &mut Vec<(String, PartOrigin)>,
    ) -> bool {
        let mut changed = false;
        for (name, new) in section {
            let (here, there) = (below(at, name), below(from, name));
            match (self.value(&here), new) {
                (Some(Value::Object(_)), Value::Object(section)) if section.is_empty() => {
                    let message = format!("`merge` says nothing about {}", path_words(&here));
                    let place = self.patch.document.key_place(&there);
                    self.error(
                        place,
                        message,
                        "remove the line; null would remove the property",
                    );
                }
                (Some(Value::Object(_)), Value::Object(section)) => {
                    changed |= self.merge_into(&here, &there, section, idle);
                }
                (None | Some(Value::Null), Value::Object(section)) if !section.is_empty() => {
                    // Member by member: another patch may have other members of it.
                    let origin = (self.number, there.clone());
                    if self.set(&here, Value::Object(Map::new()), &origin) {
                        self.own.overlay.note(&here, origin);
                        changed |= self.merge_into(&here, &there, section, idle);
                    }
                }
                (old, new) => {
                    // What is so already is the patch's all the same: it would stay so.
                    match is_same(self.patch.kind, &here, old, new) {
                        true => idle.push((here.clone(), self.own.overlay.origin(&here))),
                        false => changed = true,
                    }
                    if !self.may(&here, Deed::Set, &there) {
                        continue;
                    }
                    let origin = (self.number, there);
                    if new.is_null() {
                        if let Some(Value::Object(map)) = self.own.document.value.pointer_mut(at) {
                            map.shift_remove(name);
                        }
                    } else if !self.set(&here, without_null_members(new), &origin) {
                        continue;
                    }
                    self.own.overlay.note(&here, origin.clone());
                    self.own.overlay.touch(&here, &origin);
                }
            }
        }
        changed
    }

    /// Puts a value into its place, where there is one.
    fn set(&mut self, pointer: &str, value: Value, origin: &PartOrigin) -> bool {
        match slot(&mut self.own.document.value, pointer) {
            Ok(slot) => {
                *slot = value;
                true
            }
            Err(_) => {
                let message = format!(
                    "{} is not a mapping in the manifest",
                    path_words(above(pointer))
                );
                let place = self.patch.document.key_place(&origin.1);
                self.error(place, message, "set the whole property under `merge`");
                false
            }
        }
    }

    /// Adds or removes the members of lists.
    fn lists(&mut self, verb: &'static str) {
        let section = self.section(verb);
        self.lists_in("", &format!("/{verb}"), &section, verb);
    }

    fn lists_in(&mut self, at: &str, from: &str, section: &Map<String, Value>, verb: &'static str) {
        for (name, value) in section {
            let (here, there) = (below(at, name), below(from, name));
            match value {
                Value::Object(section) if !section.is_empty() => {
                    self.lists_in(&here, &there, section, verb);
                }
                Value::Array(items) if !items.is_empty() => self.list(&here, &there, items, verb),
                Value::Array(_) | Value::Object(_) | Value::Null => {
                    let place = self.patch.document.key_place(&there);
                    let message = format!("`{verb}` names no member of {}", path_words(&here));
                    self.error(
                        place,
                        message,
                        format!("write what to {verb}, or remove the line"),
                    );
                }
                _ => {
                    let place = self.patch.document.place(&there);
                    let message =
                        format!("`{verb}` takes lists, and {} is not one", path_words(&here));
                    self.error(place, message, "set it under `merge`");
                }
            }
        }
    }

    fn list(&mut self, here: &str, there: &str, items: &[Value], verb: &'static str) {
        let kind = self.patch.kind;
        let path = path_words(here);
        let known: Vec<Value> = match self.value(here) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(known)) => known.clone(),
            Some(_) => {
                let place = self.patch.document.key_place(there);
                let message = format!("{path} is not a list in the manifest");
                self.error(place, message, "set the whole property under `merge`");
                return;
            }
        };
        let key = |item: &Value| key(kind, here, item);
        // The members, each with its key and where it comes from.
        let mut members: Vec<(String, Value, PartOrigin)> = (known.into_iter().enumerate())
            .map(|(index, item)| {
                let origin = self.own.overlay.origin(&format!("{here}/{index}"));
                (key(&item), item, origin)
            })
            .collect();
        let before = members.len();
        let mut changed = false;
        for (index, item) in items.iter().enumerate() {
            let from = format!("{there}/{index}");
            let place = self.patch.document.place(&from);
            let own = key(item);
            let found = members.iter().position(|(key, ..)| *key == own);
            match (
                verb,
                found.and_then(|at| members.get(at).map(|one| (at, one))),
            ) {
                ("add", Some((_, (.., origin)))) => {
                    let already = self.own.place(origin);
                    let message = format!("{} is in {path} already", shown(item));
                    let finding = self.error(place, message, "remove it from the patch");
                    finding.related.push((already, "here".to_owned()));
                }
                ("add", None) => {
                    if self.may(here, Deed::Add(own.clone()), &from) {
                        members.push((own, item.clone(), (self.number, from)));
                        changed = true;
                    }
                }
                (_, Some((at, _))) => {
                    if self.may(here, Deed::Remove(own), &from) {
                        members.remove(at);
                        changed = true;
                    }
                }
                (_, None) => {
                    let texts = members.iter().filter_map(|(_, member, _)| member.as_str());
                    let text = item.as_str().unwrap_or_default();
                    let meant = did_you_mean(text, texts).map(str::to_owned);
                    let message = format!("{} is not in {path}", shown(item));
                    let finding = self.error(place, message, "remove it from the patch");
                    if let Some(meant) = meant {
                        *finding = finding
                            .clone()
                            .help(format!("did you mean `{meant}`?"))
                            .fix(text, flow(&meant.as_str().into()), is_slip(text, &meant));
                    }
                }
            }
        }
        if !changed {
            return;
        }
        let origin = (self.number, there.to_owned());
        let made = self.first_missing(here);
        let list = members.iter().map(|(_, item, _)| item.clone()).collect();
        if !self.set(here, Value::Array(list), &origin) {
            return;
        }
        let overlay = &mut self.own.overlay;
        if let Some(depth) = made {
            // The mappings that were made on the way, and the list, are the patch's.
            let up = (1..depth).fold(there, |at, _| above(at));
            let place = (1..depth).fold(here, |at, _| above(at));
            overlay.note(place, (self.number, up.to_owned()));
        } else if members.is_empty() && before > 0 {
            overlay.note(here, origin.clone());
        } else {
            let whole = overlay.origin(here);
            overlay.note(here, whole);
        }
        for (index, (.., from)) in members.into_iter().enumerate() {
            overlay.note(&format!("{here}/{index}"), from);
        }
        overlay.touch(here, &origin);
    }

    /// How many steps of `pointer` lead to what is not there yet, itself included.
    fn first_missing(&self, pointer: &str) -> Option<usize> {
        let mut at = pointer;
        let mut depth = 0;
        while !at.is_empty() && self.value(at).is_none_or(Value::is_null) {
            depth += 1;
            at = above(at);
        }
        (depth > 0).then_some(depth)
    }
}
