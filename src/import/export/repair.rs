//! An object as a tool wrote it -> the object in Graph's own form.
//!
//! The facts table says what each member is called and what it holds. By it, names of any
//! letter case become Graph's (`IncludeUsers`, `IPRanges`), `AdditionalProperties` is opened,
//! a list that PowerShell unwrapped is a list again, a text is a boolean or a number where
//! one belongs. What cannot be brought back is an error: a policy without one of its
//! exclusions is another policy.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::canonical_id;
use super::document::ExportDocument;
use super::joined;
use super::lost;
use super::noted::Noted;
use super::sort::stated_type;
use crate::finding::{Code, Finding};
use crate::model::facts::{Edition, Facts, Property};
use crate::model::normal::{ANSWER_ONLY, READ_ONLY, holds_something, is_annotation, is_empty};
use crate::text::is_guid;
use crate::text::pointer::below;

/// Mends one object.
pub(crate) struct Mender<'a> {
    pub(super) document: &'a ExportDocument,
    /// What has been found.
    pub findings: &'a mut Noted,
    /// True once something is lost or cannot be understood: the object is not to be used.
    pub lost: bool,
    /// Ids and names that stood where an id belongs, as whole objects.
    pub expanded: Vec<(String, String)>,
}

/// What a member holds.
pub(super) struct Slot<'a> {
    /// Its name in Graph.
    pub(super) name: &'a str,
    /// The type that the facts give it.
    pub(super) type_name: &'a str,
    /// Where it stands.
    pub(super) at: &'a str,
}

impl<'a> Mender<'a> {
    /// A mender for an object of `document`.
    pub(crate) fn new(document: &'a ExportDocument, findings: &'a mut Noted) -> Mender<'a> {
        Mender {
            document,
            findings,
            lost: false,
            expanded: Vec::new(),
        }
    }

    /// The object `map`, which stands at `at`, in Graph's form of the type `type_name`.
    pub(crate) fn object(
        &mut self,
        type_name: &str,
        map: &Map<String, Value>,
        at: &str,
    ) -> Map<String, Value> {
        let facts = Facts::get();
        let known = members(facts, type_name, map);
        let open = facts.is_open(type_name);
        let mut mended = Map::new();
        let names = NamesOfOthers::of(map);
        for (name, value, at) in self.entries(map, at) {
            if names.has(name) {
                continue;
            }
            if name == "@odata.type" || name.eq_ignore_ascii_case("OdataType") {
                if let Value::String(stated) = value
                    && !stated.is_empty()
                {
                    mended.insert("@odata.type".to_owned(), full_type(stated).into());
                }
                continue;
            }
            if let Some(member) = bound(name) {
                self.bind(type_name, member, value, &mut mended, &at);
                continue;
            }
            if is_annotation(name) {
                continue;
            }
            let found = known
                .get_key_value(name)
                .or_else(|| known.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)))
                .or_else(|| known.get_key_value(other_name(name)?));
            let (canonical, mended_value) = match found {
                Some((canonical, property)) => {
                    let slot = Slot {
                        name: canonical,
                        type_name: &property.type_name,
                        at: &at,
                    };
                    let value = self.value(&slot, property.collection, value);
                    ((*canonical).to_owned(), value)
                }
                None => (self.unknown(name, value, &at, open), value.clone()),
            };
            self.insert(&mut mended, canonical, mended_value, &at);
        }
        self.take_names(names, &mut mended, at);
        mended
    }

    /// What a body for Graph refers to by its address: `authenticationStrength@odata.bind`.
    fn bind(
        &mut self,
        type_name: &str,
        member: &str,
        value: &Value,
        mended: &mut Map<String, Value>,
        at: &str,
    ) {
        if !holds_something(value) {
            return;
        }
        let id = value.as_str().and_then(id_in_address);
        match id {
            Some(id)
                if type_name == "conditionalAccessGrantControls"
                    && member.eq_ignore_ascii_case("authenticationStrength") =>
            {
                let strength = Value::Object(Map::from_iter([("id".to_owned(), id.into())]));
                self.insert(mended, "authenticationStrength".to_owned(), strength, at);
                self.findings.note(|| {
                    let message = format!("`{member}` is given by its URL: its id was used");
                    Finding::hint(Code::Repaired, message).at(self.document.place(at))
                });
            }
            _ => self.lose(
                Code::LostData,
                at,
                format!(
                    "`{member}@odata.bind` gives `{member}` by a URL, which is not understood here"
                ),
                "write the member itself, as Graph returns it",
            ),
        }
    }

    /// Takes the names that a tool wrote beside ids: they name the ids at their side, or stand in
    /// their place where there are none.
    fn take_names(&mut self, names: NamesOfOthers<'_>, mended: &mut Map<String, Value>, at: &str) {
        for (own, list, texts) in names.0 {
            let ids: Vec<&str> = (mended.get(list).and_then(Value::as_array))
                .map(|items| items.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            let split: Vec<&str> = (texts.iter())
                .flat_map(|text| joined::parts(list, "Edm.String", text).unwrap_or(vec![*text]))
                .collect();
            let texts = match texts.as_slice() {
                _ if ids.is_empty() => split,
                // Names beside several ids, in one text.
                [one] if ids.len() > 1 => {
                    let names: Vec<&str> = one.split([',', ';']).map(str::trim).collect();
                    if names.len() == ids.len() {
                        names
                    } else {
                        texts
                    }
                }
                _ => texts,
            };
            let how = match (ids.len(), texts.len()) {
                (_, 0) => continue,
                (0, _) => {
                    let joined = texts.iter().any(|text| text.contains([',', ';']));
                    let texts = texts.iter().map(|text| Value::from(*text)).collect();
                    mended.insert(list.to_owned(), texts);
                    match joined {
                        true => {
                            format!(
                                "was read as `{list}`; a string with a comma in it is kept as one name"
                            )
                        }
                        false => format!("was read as `{list}`"),
                    }
                }
                (count, given) if count == given => {
                    let pairs = ids.iter().zip(&texts).filter(|(id, _)| is_guid(id));
                    self.expanded
                        .extend(pairs.map(|(id, name)| ((*id).to_owned(), (*name).to_owned())));
                    format!("gives names to `{list}`")
                }
                _ => "is a tool's own and was left out".to_owned(),
            };
            let document = self.document;
            let at = below(at, own);
            self.findings.note(|| {
                Finding::hint(Code::Repaired, format!("`{own}` {how}")).at(document.key_place(&at))
            });
        }
    }

    /// The members, those of `AdditionalProperties` among them, each with its pointer.
    fn entries<'m>(
        &mut self,
        map: &'m Map<String, Value>,
        at: &str,
    ) -> Vec<(&'m str, &'m Value, String)> {
        let mut entries = Vec::with_capacity(map.len());
        for (name, value) in map {
            let at = below(at, name);
            if !name.eq_ignore_ascii_case("AdditionalProperties") {
                entries.push((name.as_str(), value, at));
                continue;
            }
            match value {
                Value::Object(more) => entries.extend(self.entries(more, &at)),
                Value::String(cut) if lost::is_cut_off(cut) => self.cut_off(name, &at),
                other if holds_something(other) => self.lose(
                    Code::WrongType,
                    &at,
                    format!("`{name}` is an object in PowerShell's export"),
                    "export again with `ConvertTo-Json -Depth 10`",
                ),
                _ => {}
            }
        }
        entries
    }

    fn insert(&mut self, mended: &mut Map<String, Value>, name: String, value: Value, at: &str) {
        match mended.get(&name) {
            Some(before) if !is_empty(before) => {
                if !is_empty(&value) && *before != value {
                    self.lose(
                        Code::DuplicateKey,
                        at,
                        format!("`{name}` appears twice, with different values"),
                        "keep the right one",
                    );
                }
            }
            _ => {
                mended.insert(name, value);
            }
        }
    }

    /// The name of a member that the facts do not have.
    fn unknown(&mut self, name: &str, value: &Value, at: &str, open: bool) -> String {
        let answered = READ_ONLY
            .iter()
            .chain(ANSWER_ONLY)
            .find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = answered
            && (READ_ONLY.contains(known) || !holds_something(value))
        {
            return (*known).to_owned();
        }
        if let Value::String(cut) = value
            && lost::is_cut_off(cut)
        {
            self.cut_off(name, at);
        } else if !open && holds_something(value) {
            self.findings.note(|| {
                Finding::warning(
                    Code::UnmodelledMember,
                    format!("gatewright does not know the property `{name}`"),
                )
                .at(self.document.key_place(at))
                .help(
                    "check whether a newer gatewright knows it; `--ignore-member` imports the object without it",
                )
            });
        }
        camel(name)
    }

    /// A member's value.
    fn value(&mut self, slot: &Slot<'_>, collection: bool, value: &Value) -> Value {
        if let Value::String(cut) = value
            && lost::is_cut_off(cut)
        {
            self.cut_off(slot.name, slot.at);
            return Value::Null;
        }
        if let Value::String(text) = value
            && lost::is_expression(text)
            && (collection || Facts::get().types.contains_key(slot.type_name))
        {
            self.lose(
                Code::LostData,
                slot.at,
                format!(
                    "`{}` has a template expression (`{text}`), which only the template's own tool can fill in",
                    slot.name
                ),
                "write the resolved value there",
            );
            return Value::Null;
        }
        if collection && !value.is_null() {
            return Value::Array(self.list(slot, value));
        }
        match value {
            Value::Array(items) => {
                let mut held: Vec<&Value> = items.iter().filter(|i| !is_empty(i)).collect();
                match (held.len(), held.pop()) {
                    (1, Some(one)) => {
                        let lost = self.lost;
                        let value = self.one(slot, one);
                        if self.lost == lost {
                            self.mended(slot, "is a list of one: the value was used");
                        }
                        value
                    }
                    (_, None) => Value::Null,
                    _ if is_flags(slot.type_name) && items.iter().all(is_text_or_empty) => {
                        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                        self.one(slot, &Value::String(texts.join(",")))
                    }
                    _ => self.wrong(slot, "is a list, but has one value in Graph"),
                }
            }
            one => self.one(slot, one),
        }
    }

    /// A list, whatever became of it on the way.
    fn list(&mut self, slot: &Slot<'_>, value: &Value) -> Vec<Value> {
        let items: Vec<&Value> = match value {
            Value::Null => return Vec::new(),
            Value::Array(items) => items
                .iter()
                .flat_map(|item| match item {
                    Value::Array(inner) => inner.iter().collect(),
                    other => vec![other],
                })
                .collect(),
            // What Windows PowerShell makes of some lists: {"value": [...], "Count": 2}.
            Value::Object(map) if map.get("value").is_some_and(Value::is_array) => {
                map["value"].as_array().into_iter().flatten().collect()
            }
            Value::Object(map) if map.is_empty() => return Vec::new(),
            Value::String(text) if text.trim().is_empty() => return Vec::new(),
            Value::String(_) => vec![value],
            _ => {
                self.mended(slot, "is a single value: it was read as a list");
                vec![value]
            }
        };
        if items.iter().any(|item| item.is_null()) {
            self.mended(slot, "holds `null`, which was left out");
        }
        let alone = value.is_string();
        let mut mended = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let at = match alone {
                true => slot.at.to_owned(),
                false => format!("{}/{index}", slot.at),
            };
            let slot = Slot { at: &at, ..*slot };
            if let Value::String(text) = item {
                if let Some(parts) = joined::parts(slot.name, slot.type_name, text) {
                    let how = match alone {
                        true => "is one string: it was split into a list",
                        false => "has several values in one string, which was split",
                    };
                    self.mended(&slot, how);
                    for part in parts {
                        let part = self.one(&slot, &Value::String(part.to_owned()));
                        if !is_empty(&part) {
                            mended.push(part);
                        }
                    }
                    continue;
                }
                if slot.type_name == "Edm.String" && joined::holds_more(text) {
                    self.holds_more(&slot, text);
                } else if alone && !lost::is_cut_off(text) {
                    self.mended(&slot, match text.contains([',', ';']) {
                        true => "is a single string: it was kept as one value, although it has a comma",
                        false => "is a single value: it was read as a list",
                    });
                }
            }
            if let Value::String(cut) = item
                && lost::is_cut_off(cut)
            {
                self.cut_off(slot.name, slot.at);
                continue;
            }
            let item = self.one(&slot, item);
            if !is_empty(&item) {
                mended.push(item);
            }
        }
        mended
    }

    pub(super) fn placeholder(&mut self, slot: &Slot<'_>, word: &str) {
        let document = self.document;
        let member = match slot.name {
            "id" => "authenticationStrength",
            name => name,
        };
        self.findings
            .placeholder(word, member, || document.place(slot.at));
    }

    pub(super) fn mended(&mut self, slot: &Slot<'_>, how: &str) {
        self.findings.note(|| {
            Finding::hint(Code::Repaired, format!("`{}` {how}", slot.name))
                .at(self.document.place(slot.at))
        });
    }

    fn holds_more(&mut self, slot: &Slot<'_>, text: &str) {
        self.findings.note(|| {
            let message = format!(
                "`{text}` in `{}` has an id or a user and more, and was kept as one value: it refers to nobody",
                slot.name
            );
            Finding::warning(Code::BadValue, message)
                .at(self.document.place(slot.at))
                .help("write each id, user or name as a separate value")
        });
    }

    pub(super) fn wrong(&mut self, slot: &Slot<'_>, why: &str) -> Value {
        let message = format!("`{}` {why}", slot.name);
        self.lose(
            Code::WrongType,
            slot.at,
            message,
            "correct the export, or export the object again",
        );
        Value::Null
    }

    fn cut_off(&mut self, name: &str, at: &str) {
        self.lose(
            Code::LostData,
            at,
            format!("the export has lost what `{name}` held: PowerShell wrote the name of a type instead"),
            "export again with `ConvertTo-Json -Depth 10`",
        );
    }

    /// Notes an error after which the object is not to be used.
    pub(crate) fn lose(&mut self, code: Code, at: &str, message: String, help: &str) {
        self.lost = true;
        self.findings.error(|| {
            Finding::error(code, message)
                .at(self.document.place(at))
                .help(help)
        });
    }
}

/// The members of a tool's own that give names to a list of ids: `includeGroupNames` beside
/// `includeGroups`, `excludeUserNames` beside `excludeUsers`, and their like.
struct NamesOfOthers<'a>(Vec<(&'a str, &'static str, Vec<&'a str>)>);

impl<'a> NamesOfOthers<'a> {
    fn of(map: &'a Map<String, Value>) -> NamesOfOthers<'a> {
        const LISTS: &[&str] = &[
            "includeUsers",
            "excludeUsers",
            "includeGroups",
            "excludeGroups",
            "includeRoles",
            "excludeRoles",
            "includeApplications",
            "excludeApplications",
            "includeLocations",
            "excludeLocations",
            "includeServicePrincipals",
            "excludeServicePrincipals",
        ];
        let mut found = Vec::new();
        for (name, value) in map {
            let list = LISTS.iter().find(|list| {
                let stem = list.trim_end_matches('s');
                let endings = ["Names", "DisplayNames", "sNames", "sDisplayNames"];
                endings
                    .iter()
                    .any(|end| name.eq_ignore_ascii_case(&format!("{stem}{end}")))
            });
            let texts = match value {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                Value::String(text) if !text.is_empty() => vec![text.as_str()],
                _ => Vec::new(),
            };
            found.extend(list.map(|list| (name.as_str(), *list, texts)));
        }
        NamesOfOthers(found)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, ..)| *own == name)
    }
}

/// Every member that an object of `type_name` may have, by its name in Graph.
fn members<'f>(
    facts: &'f Facts,
    type_name: &'f str,
    map: &Map<String, Value>,
) -> IndexMap<&'f str, &'f Property> {
    let stated = stated_type(map).trim_start_matches("#microsoft.graph.");
    let derived = facts
        .types
        .get_key_value(stated)
        .filter(|(name, _)| facts.derives_from(name, type_name))
        .map(|(name, _)| name.as_str());
    let mut known = facts.properties(derived.unwrap_or(type_name), Edition::Beta);
    if derived.is_none() {
        for concrete in facts.concrete(type_name) {
            known.extend(facts.properties(concrete, Edition::Beta));
        }
    }
    // Of what can be expanded, only this is part of an object.
    for (name, property) in facts.navigation(derived.unwrap_or(type_name)) {
        if ["authenticationStrength", "combinationConfigurations"].contains(&name) {
            known.insert(name, property);
        }
    }
    known
}

/// The member that `member@odata.bind` is about.
fn bound(name: &str) -> Option<&str> {
    const BIND: &str = "@odata.bind";
    let at = name.len().checked_sub(BIND.len())?;
    name.get(at..)
        .filter(|end| end.eq_ignore_ascii_case(BIND))
        .and(name.get(..at))
        .filter(|member| !member.is_empty())
}

/// The id at the end of an address: `.../policies/ID` or `.../policies('ID')`.
fn id_in_address(address: &str) -> Option<String> {
    let address = address.trim().trim_end_matches(['/', ')', '\'']);
    let id = canonical_id(address.rsplit(['/', '(', '\'']).next()?);
    is_guid(&id).then_some(id)
}

/// Names that older modules have for a member.
fn other_name(name: &str) -> Option<&'static str> {
    match name {
        "_Operator" => Some("operator"),
        "ObjectId" => Some("id"),
        _ => None,
    }
}

fn is_text_or_empty(value: &Value) -> bool {
    value.is_string() || is_empty(value)
}

fn is_flags(type_name: &str) -> bool {
    Facts::get().enums.get(type_name).is_some_and(|e| e.flags)
}

/// A stated type in Graph's spelling; any other text as it is.
fn full_type(stated: &str) -> String {
    match stated
        .trim_start_matches('#')
        .strip_prefix("microsoft.graph.")
    {
        Some(name) => format!("#microsoft.graph.{name}"),
        None => stated.to_owned(),
    }
}

/// Graph's name from a .NET one: the first letter small.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}
