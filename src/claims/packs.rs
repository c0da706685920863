//! The packs of catalogued invariants: manifests in the binary, with parameters that a project
//! sets. `docs/packs.md` is made from them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::invariant::{AskedClaim, PackOrigin};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Graph, Place, RuleId, did_you_mean, has_errors};
use crate::manifest::claim::InvariantManifest;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::guards::BreakGlass;
use crate::manifest::packs::{PackEntry, ParameterValue};
use crate::manifest::yaml::{self, Document};

/// The files, in the order in which they are shown.
const FILES: &[(&str, &str)] = &[
    ("scuba", include_str!("packs/scuba.yaml")),
    ("cis-m365", include_str!("packs/cis-m365.yaml")),
    ("maester", include_str!("packs/maester.yaml")),
    ("zero-trust", include_str!("packs/zero-trust.yaml")),
    ("safety", include_str!("packs/safety.yaml")),
];

/// The parameters with the emergency accounts of the guards file.
const BREAK_GLASS: [&str; 2] = ["breakGlassUsers", "breakGlassGroups"];

/// A pack of claims.
#[derive(Debug)]
pub struct ClaimPack {
    /// The name.
    pub name: String,
    /// Whose claims they are.
    pub title: String,
    /// What is worth knowing of all of them.
    pub about: String,
    /// What a project can set.
    pub parameters: Vec<(String, PackParameter)>,
    /// The claims.
    pub claims: Vec<PackClaim>,
}

/// What a project can set for a pack.
#[derive(Debug, Clone, Deserialize)]
pub struct PackParameter {
    /// What it holds.
    pub kind: ParameterKind,
    /// What it is.
    pub about: String,
    /// Its value where the project sets none; without one, claims with it are not asked.
    #[serde(default)]
    pub value: Option<Value>,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A list of names.
    Names,
    /// A text.
    Text,
    /// A whole number.
    Number,
}

/// A claim of a pack, its parameters not filled in.
#[derive(Debug)]
pub struct PackClaim {
    /// The id in the pack.
    pub id: String,
    /// What holds, in a sentence.
    pub title: String,
    /// More on it.
    pub description: Option<String>,
    /// The ids of the sources.
    pub source: Vec<String>,
    /// What stands in the file from `conditions` on.
    pub text: String,
    document: Document,
}

/// A claim of the catalogue that no pack holds.
#[derive(Debug, Deserialize)]
pub struct LeftOutOfPacks {
    /// The id.
    pub id: String,
    /// What it says.
    pub says: String,
    /// The ids of the sources.
    pub source: Vec<String>,
    /// Why no pack holds it.
    pub why: String,
    /// What answers it.
    pub instead: String,
}

/// Every pack.
pub fn packs() -> &'static [ClaimPack] {
    static PACKS: LazyLock<Vec<ClaimPack>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &str)| ClaimPack::read(name, text);
        FILES.iter().filter_map(read).collect()
    });
    &PACKS
}

/// The claims of the catalogue that no pack holds.
pub fn left_out() -> &'static [LeftOutOfPacks] {
    static ROWS: LazyLock<Vec<LeftOutOfPacks>> = LazyLock::new(|| {
        serde_yaml::from_str(include_str!("packs/left-out.yaml")).unwrap_or_default()
    });
    &ROWS
}

impl ClaimPack {
    /// Reads a pack. The files are ours; tests read every one.
    fn read(name: &str, text: &str) -> Option<ClaimPack> {
        let file = SourceFile::new(format!("{name}.yaml"), name, text.to_owned());
        let mut documents = yaml::parse(&file, &mut Vec::new()).into_iter();
        let head = documents.next()?.value;
        let word = |member: &str| head.get(member)?.as_str().map(str::to_owned);
        let parameters = head.get("parameters").and_then(Value::as_object);
        Some(ClaimPack {
            name: word("pack")?,
            title: word("title")?,
            about: word("about")?,
            parameters: parameters
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| {
                    Some((name.clone(), PackParameter::deserialize(value).ok()?))
                })
                .collect(),
            claims: documents.filter_map(PackClaim::read).collect(),
        })
    }

    /// The claim of an id.
    pub fn claim(&self, id: &str) -> Option<&PackClaim> {
        self.claims.iter().find(|claim| claim.id == id)
    }

    fn nearest_claim(&self, id: &str) -> Option<&str> {
        did_you_mean(id, self.claims.iter().map(|claim| claim.id.as_str()))
    }
}

impl PackClaim {
    fn read(document: Document) -> Option<PackClaim> {
        let word = |member: &str| document.value.get(member)?.as_str().map(str::to_owned);
        let source = document.value.get("source").and_then(Value::as_array);
        let start = document.spans.extent("/conditions").start;
        let end = document.spans.extent("").end;
        let text = document.file.text.get(start..end).unwrap_or_default();
        Some(PackClaim {
            id: word("id")?,
            title: word("displayName")?,
            description: word("description"),
            source: source
                .into_iter()
                .flatten()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            text: text
                .split("\n---")
                .next()
                .unwrap_or_default()
                .trim_end()
                .to_owned(),
            document,
        })
    }

    /// The names of the parameters in it.
    pub fn parameters(&self) -> Vec<&str> {
        let mut found = Vec::new();
        parameters_of(&self.document.value, &mut found);
        found
    }
}

/// The parameter that a text stands for.
fn parameter(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

fn parameters_of<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => {
            if let Some(name) = parameter(text).filter(|name| !found.contains(name)) {
                found.push(name);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| parameters_of(item, found)),
        Value::Object(map) => map.values().for_each(|item| parameters_of(item, found)),
        _ => {}
    }
}

/// Puts the values of parameters in.
fn filled(value: &Value, values: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let known = parameter(text).and_then(|name| values.get(name));
            known.unwrap_or(value).clone()
        }
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match (item, filled(item, values)) {
                    // A list among others is one with them.
                    (Value::String(_), Value::Array(inner)) => all.extend(inner),
                    (_, one) => all.push(one),
                }
            }
            Value::Array(all)
        }
        Value::Object(map) => {
            let members = map.iter();
            let members = members.map(|(name, item)| (name.clone(), filled(item, values)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// What a project has of packs: what it asks, and what is to be told.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The claims.
    pub claims: Vec<AskedClaim>,
    /// What is wrong with the choice, and what cannot be asked.
    pub findings: Vec<Finding>,
}

/// For whom packs are asked.
#[derive(Debug, Clone, Copy)]
pub struct PacksFor<'a> {
    /// The project file.
    pub file: &'a ConfigFile,
    /// The tenant.
    pub tenant: &'a TenantEntry,
    /// The emergency accounts of the guards file.
    pub break_glass: Option<&'a BreakGlass>,
}

impl PacksFor<'_> {
    /// The claims of the packs that the project has chosen.
    pub fn chosen(self) -> Chosen {
        let mut chosen = Chosen::default();
        let mut seen: Vec<String> = Vec::new();
        for (entry, at) in self.entries() {
            if seen.contains(&entry.name) {
                let message = format!("the pack `{}` is listed twice", entry.name);
                chosen
                    .findings
                    .push(self.fault(&at, message, "keep one entry, with all settings"));
                continue;
            }
            seen.push(entry.name.clone());
            self.take(&entry, &at, &mut chosen);
        }
        chosen
    }

    /// The claims of packs that are tried. Where the project has chosen one, it is taken as there.
    pub fn tried(self, names: &[String]) -> Chosen {
        let mut chosen = Chosen::default();
        let entries = self.entries();
        for name in names {
            let known = entries.iter().find(|(entry, _)| entry.name == *name);
            match known {
                Some((entry, at)) => self.take(entry, at, &mut chosen),
                None => {
                    let entry = PackEntry {
                        name: name.clone(),
                        ..PackEntry::default()
                    };
                    self.take(&entry, "", &mut chosen);
                }
            }
        }
        chosen
    }

    /// What the project has chosen, and where it stands.
    fn entries(self) -> Vec<(PackEntry, String)> {
        let packs = self.file.config.claims.packs.iter().enumerate();
        packs
            .map(|(index, pack)| (pack.entry(), format!("/claims/packs/{index}")))
            .collect()
    }

    fn place(self, at: &str) -> Place {
        self.file.document.place(at)
    }

    fn fault(self, at: &str, message: String, help: impl Into<String>) -> Finding {
        let finding = Finding::error(Code::PackOfClaims, message);
        match at.is_empty() {
            true => finding.help(help),
            false => finding.at(self.place(at)).help(help),
        }
    }

    fn take(self, entry: &PackEntry, at: &str, chosen: &mut Chosen) {
        let Some(pack) = packs().iter().find(|pack| pack.name == entry.name) else {
            let names = packs().iter().map(|pack| pack.name.as_str());
            let help = match did_you_mean(&entry.name, names.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the packs are `{}`", names.collect::<Vec<_>>().join("`, `")),
            };
            let message = format!("there is no pack `{}`", entry.name.escape_debug());
            chosen.findings.push(self.fault(at, message, help));
            return;
        };
        let before = chosen.findings.len();
        self.check(pack, entry, at, &mut chosen.findings);
        let Some(values) = self.values(pack, entry, at, &mut chosen.findings) else {
            return;
        };
        if chosen.findings.len() > before {
            return;
        }
        let mut unasked = Vec::new();
        for claim in &pack.claims {
            if entry.without.iter().any(|out| out.claim == claim.id) {
                continue;
            }
            let lacking = claim.parameters().into_iter();
            let lacking: Vec<&str> = lacking.filter(|name| !values.contains_key(*name)).collect();
            if lacking.iter().any(|name| BREAK_GLASS.contains(name)) {
                unasked.push(format!("`{}` (guards.yaml has no `breakGlass`)", claim.id));
                continue;
            }
            if let Some(first) = lacking.first() {
                unasked.push(format!("`{}` (`{first}` is not set)", claim.id));
                continue;
            }
            match self.asked(pack, claim, entry, at, &values) {
                Ok(asked) => chosen.claims.push(asked),
                Err(found) if is_of_cloud(&found) => {
                    unasked.push(format!("`{}` (this tenant has none)", claim.id));
                }
                Err(found) => chosen.findings.extend(found),
            }
        }
        if !unasked.is_empty() {
            let message = format!(
                "the pack `{}` has claims that are not tested: {}",
                pack.name,
                unasked.join(", ")
            );
            let finding = Finding::hint(Code::PackOfClaims, message).help(
                "declare what is missing (parameters under `with:`), or leave out the claims, with the reason, under `without:`",
            );
            chosen.findings.push(match at.is_empty() {
                true => finding,
                false => finding.at(self.place(at)),
            });
        }
    }

    /// What names claims must name claims of the pack, and what wants a reason has one.
    fn check(self, pack: &ClaimPack, entry: &PackEntry, at: &str, findings: &mut Vec<Finding>) {
        let mut unknown = |id: &str, at: String| {
            if pack.claim(id).is_some() {
                return;
            }
            let help = match pack.nearest_claim(id) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "docs/packs.md lists its claims".to_owned(),
            };
            let message = format!(
                "the pack `{}` has no claim `{}`",
                pack.name,
                id.escape_debug()
            );
            findings.push(self.fault(&at, message, help));
        };
        for (index, out) in entry.without.iter().enumerate() {
            unknown(&out.claim, format!("{at}/without/{index}/claim"));
        }
        for (index, one) in entry.accepted.iter().enumerate() {
            for (number, id) in one.claims.iter().enumerate() {
                unknown(id, format!("{at}/accepted/{index}/claims/{number}"));
            }
        }
        for (index, out) in entry.without.iter().enumerate() {
            if out.reason.trim().is_empty() {
                let at = format!("{at}/without/{index}/reason");
                let help = "say why the claim is left out, for those who review it";
                findings.push(self.fault(&at, "the reason is blank".to_owned(), help));
            }
        }
    }

    /// The values of the parameters of a pack.
    fn values(
        self,
        pack: &ClaimPack,
        entry: &PackEntry,
        at: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<BTreeMap<String, Value>> {
        let own = pack.parameters.iter();
        let mut values: BTreeMap<String, Value> = own
            .filter_map(|(name, parameter)| Some((name.clone(), parameter.value.clone()?)))
            .collect();
        let before = findings.len();
        for (name, value) in &entry.with {
            let at = format!("{at}/with/{name}");
            let known = pack.parameters.iter().find(|(own, _)| own == name);
            let Some((_, parameter)) = known else {
                let names: Vec<&str> = pack.parameters.iter().map(|(name, _)| &**name).collect();
                let help = match did_you_mean(name, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if names.is_empty() => "the pack has no parameters: remove it".to_owned(),
                    None => format!("its parameters are `{}`", names.join("`, `")),
                };
                let message = format!(
                    "the pack `{}` has no parameter `{}`",
                    pack.name,
                    name.escape_debug()
                );
                findings.push(self.fault(&at, message, help));
                continue;
            };
            let value = match (parameter.kind, value) {
                (ParameterKind::Names, ParameterValue::Texts(list)) if !list.is_empty() => {
                    Value::from(list.clone())
                }
                (ParameterKind::Text, ParameterValue::Text(text)) => Value::from(text.clone()),
                (ParameterKind::Number, ParameterValue::Number(number)) => Value::from(*number),
                (kind, _) => {
                    let (what, help) = match kind {
                        ParameterKind::Names => ("a list of names", "write `[NAME, ...]`"),
                        ParameterKind::Text => ("a text", "write one string"),
                        ParameterKind::Number => ("a whole number", "write a number"),
                    };
                    findings.push(self.fault(&at, format!("`{name}` is {what}"), help));
                    continue;
                }
            };
            values.insert(name.clone(), value);
        }
        if let Some(accounts) = self.break_glass {
            let [users, groups] = BREAK_GLASS;
            values.insert(users.to_owned(), Value::from(accounts.users.clone()));
            values.insert(groups.to_owned(), Value::from(accounts.groups.clone()));
        }
        (findings.len() == before).then_some(values)
    }

    /// A claim as it is asked.
    fn asked(
        self,
        pack: &ClaimPack,
        claim: &PackClaim,
        entry: &PackEntry,
        at: &str,
        values: &BTreeMap<String, Value>,
    ) -> Result<AskedClaim, Vec<Finding>> {
        let place = self.place(at);
        let mut value = filled(&claim.document.value, values);
        let Some(map) = value.as_object_mut() else {
            return Err(Vec::new());
        };
        map.shift_remove("id");
        let own = map.get("accepted").and_then(Value::as_array);
        let mut accepted: Vec<Value> = own.cloned().unwrap_or_default();
        let mut accepted_at: Vec<Option<Place>> = vec![None; accepted.len()];
        let read = |accepted: &[Value], place: &Place| {
            let mut value = value.clone();
            if let (Some(map), false) = (value.as_object_mut(), accepted.is_empty()) {
                map.insert("accepted".to_owned(), Value::from(accepted.to_vec()));
            }
            let document = Document {
                value,
                file: Arc::clone(&claim.document.file),
                spans: Arc::clone(&claim.document.spans),
                index: claim.document.index,
                overlay: None,
            };
            let mut findings = Vec::new();
            let read = InvariantManifest::read(document, self.tenant, &mut findings);
            read.ok_or_else(|| {
                findings.retain(Finding::is_error);
                for finding in &mut findings {
                    finding.message = format!("`{}/{}`: {}", pack.name, claim.id, finding.message);
                    finding.place = Some(Box::new(place.clone()));
                }
                findings
            })
        };
        let mut manifest = read(&accepted, &place)?;
        for (index, one) in entry.accepted.iter().enumerate() {
            if !one.claims.contains(&claim.id) {
                continue;
            }
            let at = format!("{at}/accepted/{index}");
            let mut given = self.file.document.value.pointer(&at).cloned();
            if let Some(given) = given.as_mut().and_then(Value::as_object_mut) {
                given.shift_remove("claims");
            }
            accepted.extend(given);
            manifest = read(&accepted, &self.place(&at))?;
            accepted_at.push(Some(self.place(&at)));
        }
        Ok(AskedClaim {
            manifest,
            pack: Some(PackOrigin {
                pack: pack.name.clone(),
                claim: claim.id.clone(),
            }),
            place,
            accepted_at,
        })
    }
}

/// True when all that is wrong is that a cloud or an edition lacks something.
fn is_of_cloud(findings: &[Finding]) -> bool {
    let lacks = |finding: &Finding| {
        finding.code == Code::BetaOnly || finding.rule == Some(RuleId::Graph(Graph::CaCloud))
    };
    has_errors(findings) && findings.iter().filter(|f| f.is_error()).all(lacks)
}

#[cfg(test)]
mod tests;
