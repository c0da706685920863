//! A part of a project: the manifests that somebody names, and those that they need.

use std::collections::{BTreeSet, HashMap};

use super::project::{Desired, Manifest};
use crate::finding::{Code, Finding, did_you_mean};
use crate::model::kind::folded_name;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

/// What a manifest can be called, each with its kind.
type Key = (Kind, String);

impl Desired {
    /// The manifests of these names, of this kind where one is given, and what they need: what
    /// they refer to, and the test users that say of themselves that they are in a group whose
    /// members are listed. Without a name, all of the kind.
    ///
    /// # Errors
    /// A finding for each name that no manifest has.
    pub fn narrowed(&self, names: &[String], kind: Option<Kind>) -> Result<Desired, Vec<Finding>> {
        let of_kind = |manifest: &Manifest| kind.is_none_or(|kind| kind == manifest.kind());
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        let mut findings = Vec::new();
        if names.is_empty() {
            let all = self.manifests.iter().enumerate();
            chosen.extend(all.filter(|(_, m)| of_kind(m)).map(|(index, _)| index));
            if let (true, Some(kind)) = (chosen.is_empty(), kind) {
                let message = format!("the project has no manifest of the kind {kind}");
                let finding = Finding::error(Code::NoSuchManifest, message);
                findings.push(finding.help("name another kind, or leave `--kind` out"));
            }
        }
        for name in names {
            let all = self.manifests.iter().enumerate();
            let found: Vec<usize> = all
                .filter(|(_, manifest)| of_kind(manifest) && is_called(manifest, name))
                .map(|(index, _)| index)
                .collect();
            if found.is_empty() {
                findings.push(self.unknown(name, kind));
            }
            chosen.extend(found);
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(self.with_needs(chosen))
    }

    /// The manifests that are chosen, and what they need.
    pub fn part(&self, is_chosen: impl Fn(&Manifest) -> bool) -> Desired {
        let all = self.manifests.iter().enumerate();
        let chosen = all.filter(|(_, manifest)| is_chosen(manifest));
        self.with_needs(chosen.map(|(index, _)| index).collect())
    }

    fn with_needs(&self, mut chosen: BTreeSet<usize>) -> Desired {
        let mut known: HashMap<Key, Vec<usize>> = HashMap::new();
        for (index, manifest) in self.manifests.iter().enumerate() {
            for key in keys(manifest) {
                known.entry(key).or_default().push(index);
            }
        }
        let joined = self.joined(&known);
        let mut open: Vec<usize> = chosen.iter().copied().collect();
        while let Some(index) = open.pop() {
            let Some(manifest) = self.manifests.get(index) else {
                continue;
            };
            let needed = targets(manifest, &known);
            let members = joined.get(&index).into_iter().flatten().copied();
            for other in needed.into_iter().chain(members) {
                if chosen.insert(other) {
                    open.push(other);
                }
            }
        }
        let manifests = self.manifests.iter().enumerate();
        Desired {
            manifests: manifests
                .filter(|(index, _)| chosen.contains(index))
                .map(|(_, manifest)| manifest.clone())
                .collect(),
            scenarios: self.scenarios.clone(),
            invariants: self.invariants.clone(),
            patches: self.patches.clone(),
            absent: self.absent.clone(),
            is_partial: true,
        }
    }

    /// The test users that say of themselves that they are in a group which lists its members.
    fn joined(&self, known: &HashMap<Key, Vec<usize>>) -> HashMap<usize, Vec<usize>> {
        let mut joined: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, manifest) in self.manifests.iter().enumerate() {
            if manifest.kind() != Kind::TestUser {
                continue;
            }
            for group in targets(manifest, known) {
                let lists = self.manifests.get(group).is_some_and(
                    |m| matches!(&m.object, Object::Group(group) if group.members.is_some()),
                );
                if lists {
                    joined.entry(group).or_default().push(index);
                }
            }
        }
        joined
    }

    fn unknown(&self, name: &str, kind: Option<Kind>) -> Finding {
        let of_kind = |m: &&Manifest| kind.is_none_or(|kind| kind == m.kind());
        let names = self.manifests.iter().filter(of_kind).map(Manifest::name);
        let what = kind.map_or_else(String::new, |kind| format!(" of the kind {kind}"));
        let other = self.manifests.iter().find(|m| m.name() == name);
        let help = match (did_you_mean(name, names), other) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(other)) => format!("`{name}` is of the kind {}", other.kind()),
            (None, None) => "an object's name is its `displayName`, a test user's its `userPrincipalName`, a context's its `id`".to_owned(),
        };
        Finding::error(
            Code::NoSuchManifest,
            format!("no manifest{what} is named `{name}`"),
        )
        .help(help)
    }
}

/// Whether somebody who says `name` means the manifest.
fn is_called(manifest: &Manifest, name: &str) -> bool {
    let kind = manifest.kind();
    let folded = |name: &str| folded_name(kind, name);
    let (own, said) = (folded(manifest.name()), folded(name));
    let by_kind = match kind {
        Kind::TestUser if own.contains('@') != said.contains('@') => local(&own) == local(&said),
        Kind::AuthenticationContext => manifest.object.display_name() == name,
        _ => false,
    };
    own == said
        || by_kind
        || manifest
            .pin()
            .is_some_and(|id| id.eq_ignore_ascii_case(name))
}

/// The manifests that a manifest refers to.
fn targets(manifest: &Manifest, known: &HashMap<Key, Vec<usize>>) -> Vec<usize> {
    let references = manifest.object.references();
    let meant = references.iter().flat_map(|(kind, _, target)| {
        let kinds: &[Kind] = RefKind::own_kinds(*kind);
        kinds
            .iter()
            .flat_map(move |kind| meant(*kind, target.trim()))
    });
    let found = meant.filter_map(|key| known.get(&key));
    found.flatten().copied().collect()
}

/// What a test user is called by its name before the `@`, where one side leaves out the domain.
fn local(name: &str) -> String {
    format!("{}@", name.split('@').next().unwrap_or_default())
}

/// Everything by which a manifest can be meant: more than it is called, since what is needed and
/// left out would be missing.
fn keys(manifest: &Manifest) -> Vec<Key> {
    let kind = manifest.kind();
    let mut keys = vec![folded_name(kind, manifest.name())];
    keys.extend(
        manifest
            .renamed_from
            .iter()
            .map(|old| folded_name(kind, old)),
    );
    keys.extend(
        manifest
            .pin()
            .map(|id| folded_name(kind, &id.to_lowercase())),
    );
    match kind {
        Kind::TestUser => {
            let locals: Vec<String> = keys
                .iter()
                .filter(|k| k.contains('@'))
                .map(|k| local(k))
                .collect();
            keys.extend(locals);
        }
        Kind::AuthenticationContext => {
            keys.push(folded_name(kind, manifest.object.display_name()));
        }
        _ => {}
    }
    keys.sort();
    keys.dedup();
    keys.into_iter().map(|key| (kind, key)).collect()
}

/// What a name may mean among the objects of a kind.
fn meant(kind: Kind, name: &str) -> Vec<Key> {
    let folded = folded_name(kind, name);
    let mut keys = vec![folded.clone(), name.to_lowercase()];
    if kind == Kind::TestUser {
        // A manifest without a domain has the default one, and so has a name without.
        keys.push(match folded.split_once('@') {
            Some((before, _)) => before.to_owned(),
            None => local(&folded),
        });
    }
    keys.sort();
    keys.dedup();
    keys.into_iter().map(|key| (kind, key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::yaml;

    fn desired(text: &str) -> Desired {
        let file = crate::finding::source::SourceFile::new("a.yaml", "a.yaml", text.to_owned());
        let documents = yaml::parse(&file, &mut Vec::new());
        let manifests = documents.into_iter().map(|document| {
            let kind = Kind::parse(document.value["kind"].as_str().unwrap()).unwrap();
            let mut value = document.value.clone();
            value.as_object_mut().unwrap().shift_remove("kind");
            let former = value.as_object_mut().unwrap().shift_remove("renamedFrom");
            let former = former.and_then(|list| serde_json::from_value(list).ok());
            Manifest {
                object: Object::from_value(kind, &value).unwrap(),
                renamed_from: former.unwrap_or_default(),
                ignore_changes: Vec::new(),
                document,
                unjudged: Vec::new(),
            }
        });
        Desired {
            manifests: manifests.collect(),
            ..Desired::default()
        }
    }

    const PROJECT: &str = "\
{kind: Group, displayName: Pilot, members: [u1]}
---
{kind: Group, displayName: Other, members: []}
---
{kind: TestUser, displayName: U1, userPrincipalName: u1@contoso.com}
---
{kind: TestUser, displayName: U2, userPrincipalName: u2, memberOf: [Pilot]}
---
{kind: NamedLocation, displayName: Office, renamedFrom: [Bureau], ipRanges: [203.0.113.0/24]}
---
{kind: AuthenticationContext, id: c7, displayName: Payroll}
---
{kind: ConditionalAccessPolicy, displayName: P1, state: enabled, conditions: {users: {includeGroups: [Pilot]}, locations: {includeLocations: [Bureau]}, applications: {includeAuthenticationContextClassReferences: [Payroll]}}}
---
{kind: ConditionalAccessPolicy, displayName: P2, state: enabled, conditions: {users: {includeGroups: [Other]}}}
";

    fn narrowed(names: &[&str], kind: Option<Kind>) -> Result<Vec<String>, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        match desired(PROJECT).narrowed(&names, kind) {
            Ok(part) => Ok(part.manifests.iter().map(|m| m.name().to_owned()).collect()),
            Err(findings) => {
                let said = findings.iter();
                let said = said.map(|f| format!("{}; {}", f.message, f.help.as_deref().unwrap()));
                Err(said.collect::<Vec<_>>().join("\n"))
            }
        }
    }

    #[test]
    fn a_part_holds_what_it_needs() {
        let all = ["Pilot", "u1@contoso.com", "u2", "Office", "c7", "P1"];
        assert_eq!(narrowed(&["P1"], None).unwrap(), all);
        assert_eq!(narrowed(&["P2"], None).unwrap(), ["Other", "P2"]);
        // Who is in a listed group by the user's own manifest would else be taken out of it.
        let pilot = ["Pilot", "u1@contoso.com", "u2"];
        assert_eq!(narrowed(&["Pilot"], None).unwrap(), pilot);
        assert_eq!(narrowed(&["U2@contoso.com"], None).unwrap(), pilot);
        assert_eq!(narrowed(&["u1"], None).unwrap(), ["u1@contoso.com"]);
        assert_eq!(
            narrowed(&["Payroll", "Other"], None).unwrap(),
            ["Other", "c7"]
        );
        let users = ["Pilot", "u1@contoso.com", "u2"];
        assert_eq!(narrowed(&[], Some(Kind::TestUser)).unwrap(), users);
    }

    #[test]
    fn a_name_of_nothing_is_an_error_that_helps() {
        assert_eq!(
            narrowed(&["Ofice", "Pillot"], None).unwrap_err(),
            "no manifest is named `Ofice`; did you mean `Office`?\nno manifest is named `Pillot`; did you mean `Pilot`?"
        );
        assert_eq!(
            narrowed(&["Bureau"], None).unwrap_err().split(';').next(),
            Some("no manifest is named `Bureau`"),
            "a former name is a name no more"
        );
        assert_eq!(
            narrowed(&["Office"], Some(Kind::Group)).unwrap_err(),
            "no manifest of the kind Group is named `Office`; `Office` is of the kind NamedLocation"
        );
        assert_eq!(
            narrowed(&[], Some(Kind::AuthenticationStrength)).unwrap_err(),
            "the project has no manifest of the kind AuthenticationStrength; name another kind, or leave `--kind` out"
        );
    }
}
