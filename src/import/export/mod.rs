//! Exports of other tools -> objects and names, without any tenant.
//!
//! An export is whatever a person has: one object, a list, a page of Graph, JSON Lines, or a
//! tree of files that some tool wrote, with names for its ids beside it. Reading files
//! ([`files`]) is apart from understanding them ([`ExportReader`]), which needs no file system.
//!
//! # Guarantees
//! - Nothing is dropped in silence: what is not understood is a finding, and an object that
//!   lost a part on its way is an error and not among the objects.
//! - No input panics; memory and depth are bounded.

mod document;
pub mod files;
mod joined;
pub mod json;
mod lost;
mod names;
mod noted;
mod object;
mod others;
mod repair;
mod sort;
mod twice;
mod values;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use self::document::{DocumentPlaces, ExportDocument};
use self::noted::MetPlaceholder;
use self::sort::What;
use crate::finding::source::{SourceFile, decode};
use crate::finding::{self, Code, Finding, Place, tidy};
use crate::manifest::yaml;
use crate::model::normal::FoundMember;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::tenant::snapshot::NameIndex;
use crate::text::pointer::below;
use crate::text::{counted, is_guid};

/// Everything that the files of an export hold.
#[derive(Debug, Default)]
pub struct Export {
    /// Objects of the kinds that gatewright has: by kind in the order of [`Kind::ALL`], then
    /// as the files and the objects in them come.
    pub objects: Vec<Exported>,
    /// Names of ids: of a migration table, of companions, of the objects themselves.
    pub names: NameIndex,
    /// What a person should know, and what could not be read.
    pub findings: Vec<Finding>,
    /// The kinds of the objects that could not be read, or were left out beside another of the
    /// same id; one for each.
    pub unread: Vec<Kind>,
    /// How many objects that Microsoft makes in every tenant were left out.
    pub of_microsoft: usize,
}

/// One object of an export.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The kind.
    pub kind: Kind,
    /// What the model understands of it.
    pub object: Object,
    /// Graph's JSON: as it was read, in Graph's own names and shapes, without annotations
    /// other than `@odata.type`.
    pub raw: Value,
    /// Members that the model does not know and that hold something.
    pub unknown: Vec<FoundMember>,
    /// Where it was found.
    pub source: ExportPlace,
    /// True for what only gives names: a group, a marked test user, a strength that stands
    /// inside a policy.
    pub companion: bool,
    /// True for a policy that is made from one of Microsoft's templates.
    pub template: bool,
}

/// Where an object was found. Its line and column are worked out when they are asked for.
#[derive(Debug, Clone)]
pub struct ExportPlace {
    /// The file.
    pub file: Arc<SourceFile>,
    range: Range<usize>,
}

impl ExportPlace {
    /// The place of the object's name, or of the object.
    pub fn place(&self) -> Place {
        Place::new(&self.file, self.range.clone())
    }
}

/// An id without braces and in small letters; any other text as it is, without blanks
/// around it.
pub(crate) fn canonical_id(text: &str) -> String {
    let trimmed = text.trim();
    let bare = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(trimmed);
    if is_guid(bare) {
        bare.to_ascii_lowercase()
    } else {
        trimmed.to_owned()
    }
}

/// Reads the files and folders at `paths`.
pub fn read(paths: &[PathBuf]) -> Export {
    let mut reader = ExportReader::default();
    for input in files::list(paths, reader.findings.list()) {
        match files::bytes(&input) {
            Ok(bytes) => reader.add(&input.name(), &input.path, &bytes, input.below.is_none()),
            Err(finding) => reader.findings.push(*finding),
        }
    }
    let nothing = reader.found == reader.refused;
    let mut export = reader.finish();
    if nothing && !finding::has_errors(&export.findings) {
        let paths: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let message = format!("no Conditional Access objects in `{}`", paths.join("`, `"));
        let finding = Finding::error(Code::NothingToImport, message);
        export
            .findings
            .push(finding.help("name the folder or the files that the export was written to"));
    }
    export
}

/// Understands files, one after another.
#[derive(Debug, Default)]
pub struct ExportReader {
    objects: Vec<Exported>,
    names: names::ExportedNames,
    findings: noted::Noted,
    passed_over: Vec<String>,
    unread: Vec<Kind>,
    /// What stands for the ids of objects in an export that was made for several tenants.
    stand_ins: HashMap<(RefKind, String), String>,
    of_microsoft: usize,
    /// How many objects and tables were recognised, those that could not be used among them.
    found: usize,
    /// How many of those are errors that Graph answered.
    refused: usize,
    /// Objects in the form of another tool, by whose it is: the first place, and how many.
    of_others: IndexMap<&'static str, (Place, usize)>,
}

impl ExportReader {
    /// Understands the bytes of one file. `named` says that a person named this very file, so
    /// that it is an error when it holds nothing.
    pub fn add(&mut self, name: &str, path: &Path, bytes: &[u8], named: bool) {
        self.add_file(name, path, bytes, named);
        self.findings.end_file(name);
    }

    fn add_file(&mut self, name: &str, path: &Path, bytes: &[u8], named: bool) {
        let before = self.found;
        if let Some((what, help)) = named.then(|| files::no_export(path)).flatten() {
            let empty = SourceFile::new(name, path, String::new());
            self.findings.push(
                Finding::error(
                    Code::NothingToImport,
                    format!("`{name}` is {what}, not an export"),
                )
                .at(Place::new(&empty, 0..0))
                .help(help),
            );
            return;
        }
        let file = match decode(bytes) {
            Ok(text) => {
                let text = match text.strip_prefix('\u{feff}') {
                    Some(rest) => rest.trim_start_matches('\u{feff}').to_owned(),
                    None => text,
                };
                SourceFile::new(name, path, text)
            }
            Err(problem) => {
                let empty = SourceFile::new(name, path, String::new());
                let finding = Finding::error(Code::Encoding, format!("`{name}` {problem}"));
                self.findings.push(
                    finding
                        .at(Place::new(&empty, 0..0))
                        .help("save the file as UTF-8"),
                );
                return;
            }
        };
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .and_then(|folder| sort::by_place(&folder.to_string_lossy()));
        if file.text.trim().is_empty() {
            let message = format!("`{name}` is empty");
            let finding = if named || folder.is_some() {
                Finding::error(Code::NothingToImport, message)
            } else {
                Finding::warning(Code::NothingToImport, message)
            };
            self.findings.push(
                finding
                    .at(Place::new(&file, 0..0))
                    .help("the export may have failed: check what wrote it"),
            );
            return;
        }
        let is_yaml = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"));
        let broken = if is_yaml {
            self.add_yaml(&file, folder)
        } else {
            self.add_json(&file, folder, named)
        };
        if self.found != before || broken {
            return;
        }
        if named {
            self.findings.push(
                Finding::error(
                    Code::NothingToImport,
                    format!("`{name}` has no Conditional Access objects"),
                )
                .at(Place::new(&file, 0..0))
                .help("name a file with policies, named locations, authentication strengths or contexts in Graph's form"),
            );
        } else {
            self.passed_over.push(name.to_owned());
        }
    }

    /// True when the text is broken.
    fn add_json(&mut self, file: &Arc<SourceFile>, folder: Option<What>, named: bool) -> bool {
        let parsed = json::parse(&file.text);
        let before = self.found;
        let broken = parsed.fault.is_some();
        for (value, node) in parsed.values {
            let document = ExportDocument {
                file: Arc::clone(file),
                value,
                places: DocumentPlaces::Json(node),
            };
            self.collect(&document, &document.value, "", folder);
        }
        let ours = self.found != before;
        if ours {
            for (name, range) in parsed.repeated {
                self.repeated(&name, || Place::new(file, range));
            }
        }
        if let Some(fault) = parsed.fault {
            let message = format!("this is not well-formed JSON: {}", fault.message);
            // Other broken JSON in a tree is not ours to judge.
            let finding = if named || ours || looks_like_ours(&file.text) || folder.is_some() {
                Finding::error(Code::JsonSyntax, message)
            } else {
                Finding::warning(Code::JsonSyntax, message)
            };
            self.findings.push(
                finding
                    .at(Place::new(file, fault.range))
                    .help("correct the file, or export it again"),
            );
        }
        broken
    }

    /// A name stands twice in an object; [`ExportDocument::repeats`] keeps that from being used.
    fn repeated(&mut self, name: &str, place: impl FnOnce() -> Place) {
        self.findings.error(|| {
            let message = format!("`{name}` appears twice in one object, with different values");
            Finding::error(Code::DuplicateKey, message)
                .at(place())
                .help("keep the right one: a policy, location or other object that has both is not imported")
        });
    }

    /// True when the text is broken.
    fn add_yaml(&mut self, file: &Arc<SourceFile>, folder: Option<What>) -> bool {
        let before = self.findings.list().len();
        let documents = yaml::parse(file, self.findings.list());
        let broken = self.findings.list().len() > before;
        for document in documents {
            let document = ExportDocument {
                file: Arc::clone(file),
                value: document.value.clone(),
                places: DocumentPlaces::Yaml(Box::new(document)),
            };
            self.collect(&document, &document.value, "", folder);
        }
        broken
    }

    /// Finds the objects in `value`, which stands at `at` of the document.
    fn collect(&mut self, document: &ExportDocument, value: &Value, at: &str, place: Option<What>) {
        match value {
            Value::Array(items) => {
                let before = self.found;
                let mut strange = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let found = self.found;
                    let at = format!("{at}/{index}");
                    self.collect(document, item, &at, place);
                    if self.found == found && is_object(item, place) {
                        strange.push(at);
                    }
                }
                if self.found > before {
                    self.strange(document, &strange);
                }
            }
            Value::Object(map) if others::describes(map) => {}
            Value::Object(map) => {
                if let Some(table) =
                    names::take_table(map, |row| document.repeats(&format!("{at}/{row}")))
                {
                    self.found += 1;
                    self.names.append(table.names);
                    self.odd_rows(document, at, &table.odd);
                    // What a tool wrote beside it.
                    for (name, inner) in map {
                        if !name.eq_ignore_ascii_case("Objects") {
                            let at = below(at, name);
                            self.collect(document, inner, &at, sort::by_place(name));
                        }
                    }
                    return;
                }
                if let Some((name, items)) = page(map) {
                    let place = sort::by_context(sort::text(map, "@odata.context")).or(place);
                    self.collect(document, items, &below(at, name), place);
                    let known = place.is_some_and(|place| place != What::Foreign);
                    if known && items.as_array().is_some_and(Vec::is_empty) {
                        // A tenant that has none of these.
                        self.found += 1;
                    }
                    if sort::member(map, "@odata.nextLink").is_some() {
                        self.partial(document, at, place);
                    }
                    return;
                }
                if let Some(why) = refusal(map) {
                    self.found += 1;
                    self.refused += 1;
                    self.findings.note(|| {
                        Finding::warning(
                            Code::PartialList,
                            format!("this is an error that Graph returned, not an export: {why}"),
                        )
                        .at(document.place(at))
                        .help("export again with the permission Policy.Read.All")
                    });
                    return;
                }
                if let Some((whose, kind)) = others::form(map) {
                    self.found += 1;
                    self.unread.push(kind);
                    let (_, count) =
                        (self.of_others.entry(whose)).or_insert_with(|| (document.place(at), 0));
                    *count += 1;
                    return;
                }
                match sort::what(map, place) {
                    // What else a log tells of holds no objects, but what they were.
                    _ if sort::member(map, "targetResources").is_some() => {}
                    Some(What::Foreign) => {}
                    Some(what) => {
                        self.found += 1;
                        self.object(document, map, at, what);
                    }
                    None => {
                        for (name, inner) in map {
                            let place = sort::by_place(name);
                            let at = below(at, name);
                            match inner {
                                Value::String(text) => self.within(document, text, &at),
                                _ => self.collect(document, inner, &at, place),
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Rows of a migration table that name nothing.
    fn odd_rows(&mut self, document: &ExportDocument, at: &str, odd: &[String]) {
        let Some(first) = odd.first() else { return };
        self.findings.note(|| {
            let message = match odd.len() {
                1 => "a row of the migration table names nothing and was left out".to_owned(),
                count => format!(
                    "{count} rows of the migration table name nothing and were left out; this is the first"
                ),
            };
            Finding::warning(Code::PassedOver, message)
                .at(document.place(&format!("{at}/{first}")))
                .help("a row needs `Id` (or `AppId`), `DisplayName` and `Type`; other ids stay ids")
        });
    }

    /// Objects without what tells their kind, in a list whose others are understood.
    fn strange(&mut self, document: &ExportDocument, at: &[String]) {
        for at in at {
            self.findings.note(|| {
                Finding::warning(
                    Code::PassedOver,
                    "this object is not understood, unlike others in its list; it is left out",
                )
                .at(document.place(at))
                .help("export the whole object again, or remove it from the export")
            });
        }
    }

    /// Objects in a text of JSON that is a member: tables of templates are exported so.
    fn within(&mut self, document: &ExportDocument, text: &str, at: &str) {
        let nested = matches!(document.places, DocumentPlaces::Within { .. });
        if nested || !text.trim_start().starts_with(['{', '[']) || !looks_like_ours(text) {
            return;
        }
        let parsed = json::parse(text);
        if let Some(fault) = parsed.fault {
            self.findings.error(|| {
                Finding::error(
                    Code::JsonSyntax,
                    format!("the text here is not well-formed JSON: {}", fault.message),
                )
                .at(document.place(at))
                .help("export it again")
            });
        }
        for (name, _) in parsed.repeated {
            self.repeated(&name, || document.place(at));
        }
        for (value, node) in parsed.values {
            let inner = ExportDocument {
                file: Arc::clone(&document.file),
                value,
                places: DocumentPlaces::Within {
                    range: document.place(at).range,
                    text: text.to_owned(),
                    node,
                },
            };
            self.collect(&inner, &inner.value, "", None);
        }
    }

    fn partial(&mut self, document: &ExportDocument, at: &str, place: Option<What>) {
        if place != Some(What::Foreign) {
            self.findings.note(|| {
                Finding::warning(
                    Code::PartialList,
                    "this page is not the whole list: it names a next page",
                )
                .at(document.key_place(&below(at, "@odata.nextLink")))
                .help("also export the following pages, and name them all")
            });
        }
    }

    /// What all files held.
    pub fn finish(mut self) -> Export {
        let mut dropped = Vec::new();
        let mut objects = twice::once_each(self.objects, &mut self.findings, &mut dropped);
        self.findings.end_file("duplicate objects");
        self.unread.append(&mut dropped);
        for (whose, (place, count)) in std::mem::take(&mut self.of_others) {
            let message = match count {
                1 => format!("this is {whose}, not Graph's own JSON: it was not imported"),
                _ => format!(
                    "this and {} more are {whose}, not Graph's own JSON: they were not imported",
                    count - 1
                ),
            };
            self.findings.push(
                Finding::error(Code::UnreadableObject, message)
                    .at(place)
                    .help("import from the tenant that has it (`gatewright import -t TENANT`), or export it as Graph's own JSON"),
            );
        }
        let met = self.findings.take_placeholders();
        let meant = fill_in(&mut objects, &self.stand_ins);
        for (word, met) in &met {
            self.findings
                .push(told(word, met, meant.get(word.as_str())));
        }
        objects.sort_by_key(|object| object.kind);
        let own: HashSet<&str> = objects.iter().filter_map(|o| o.object.id()).collect();
        let contested = self.names.contested(|id| own.contains(id));
        if let Some((id, one, other)) = contested.first() {
            let more = match contested.len() {
                1 => String::new(),
                count => format!(", and {} more ids like this", count - 1),
            };
            self.findings.push(
                Finding::warning(
                    Code::DuplicateObject,
                    format!("the export calls `{id}` both `{one}` and `{other}`{more}: the first name is used"),
                )
                .help("the folder may have exports of two tenants: import them one at a time"),
            );
        }
        // What an object calls itself goes before what others call it.
        let mut names = names::ExportedNames::default();
        for exported in &objects {
            if let (Some(kind), Some(id)) = (reference_kind(exported.kind), exported.object.id()) {
                names.add(kind, id, exported.object.display_name());
            }
        }
        names.append(self.names);
        if !self.passed_over.is_empty() {
            let count = self.passed_over.len();
            let mut named = self.passed_over;
            named.truncate(5);
            let more = if count > named.len() { ", ..." } else { "" };
            let files = counted(count, "file");
            let have = if count == 1 { "has" } else { "have" };
            self.findings.push(Finding::hint(
                Code::PassedOver,
                format!(
                    "{files} {have} no Conditional Access objects: `{}`{more}",
                    named.join("`, `")
                ),
            ));
        }
        let mut findings = self.findings.into_list();
        tidy(&mut findings);
        Export {
            objects,
            names: names.index(),
            findings,
            unread: self.unread,
            of_microsoft: self.of_microsoft,
        }
    }
}

/// Puts the names of companions where references hold the placeholders of their ids; gives what
/// each placeholder stands for.
fn fill_in(
    objects: &mut [Exported],
    stand_ins: &HashMap<(RefKind, String), String>,
) -> HashMap<String, (RefKind, String)> {
    let mut meant = HashMap::new();
    if stand_ins.is_empty() {
        return meant;
    }
    for exported in objects {
        for reference in exported.object.references_mut() {
            let kinds = match reference.kind {
                RefKind::Member => vec![RefKind::User, RefKind::Group],
                kind => vec![kind],
            };
            for kind in kinds {
                let word = reference.target.trim().to_owned();
                if let Some(name) = stand_ins.get(&(kind, word.clone())) {
                    name.clone_into(reference.target);
                    meant.insert(word, (kind, name.clone()));
                }
            }
        }
    }
    meant
}

/// What is said of a placeholder: one line, however often it stands.
fn told(word: &str, met: &MetPlaceholder, meant: Option<&(RefKind, String)>) -> Finding {
    let MetPlaceholder {
        member,
        place,
        times,
    } = met;
    let places = match times {
        1 => String::new(),
        _ => format!(" (in {times} places; this is the first)"),
    };
    let finding = match meant {
        Some((kind, name)) => Finding::hint(
            Code::Placeholder,
            format!(
                "`{word}` in `{member}` refers to the {} `{name}` of the export{places}",
                kind.words()
            ),
        ),
        None => {
            let what = match lost::is_expression(word) {
                true => "a template expression",
                false => "a placeholder",
            };
            let (what, help) = match member.as_str() {
                "displayName" | "name" => (what.to_owned(), "give the object the intended name"),
                _ => (
                    format!("{what}, neither a name nor an id"),
                    "write the name of the object there",
                ),
            };
            Finding::warning(
                Code::Placeholder,
                format!("`{word}` in `{member}` is {what}; it is kept{places}"),
            )
            .help(help)
        }
    };
    finding.at(place.clone())
}

/// What refers to an object of the kind by its display name.
fn reference_kind(kind: Kind) -> Option<RefKind> {
    match kind {
        Kind::Group => Some(RefKind::Group),
        Kind::NamedLocation => Some(RefKind::Location),
        Kind::AuthenticationStrength => Some(RefKind::Strength),
        Kind::AuthenticationContext => Some(RefKind::Context),
        Kind::TestUser | Kind::ConditionalAccessPolicy => None,
    }
}

/// The list of a page, `{"value": [...]}`, and the name it stands under.
fn page(map: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    if !sort::text(map, "displayName").is_empty() {
        return None;
    }
    ["value", "Value", "values"]
        .into_iter()
        .find_map(|name| Some((name, map.get(name).filter(|v| v.is_array())?)))
}

/// What Graph said, when the export is nothing but an error's body.
fn refusal(map: &Map<String, Value>) -> Option<String> {
    let error = map.get("error").filter(|_| map.len() == 1)?;
    let said = |name: &str| error.get(name).and_then(Value::as_str);
    Some(format!("{}: {}", said("code")?, said("message")?))
}

/// True for an object with a name or an id of its own, of whatever kind.
fn is_object(value: &Value, place: Option<What>) -> bool {
    let Value::Object(map) = value else {
        return false;
    };
    place != Some(What::Foreign)
        && sort::what(map, place) != Some(What::Foreign)
        && ["displayName", "id"]
            .iter()
            .any(|name| !sort::text(map, name).is_empty())
}

/// True when a broken text has words of Conditional Access in it.
fn looks_like_ours(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "conditionalaccess",
        "grantcontrols",
        "sessioncontrols",
        "includeusers",
        "includeapplications",
        "clientapptypes",
        "risklevels",
        "enabledforreportingbutnotenforced",
        "countriesandregions",
        "allowedcombinations",
        "cidraddress",
    ]
    .iter()
    .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests;
