//! Which live object a manifest is about.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::finding::{Code, Finding, Guard};
use crate::manifest::project::Manifest;
use crate::model::kind::folded_name;
use crate::model::location::LocationType;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

use super::read::with_domain;
use super::snapshot::{Live, Snapshot};

/// One manifest with ids in the place of names, and the live object it is about.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The object, with ids or stand-ins for ids.
    pub object: Object,
    /// The live object; `None`: it is to be created.
    pub live: Option<&'a Live>,
    /// What each reference of the manifest means: its kind, its pointer in the manifest, and
    /// the id or stand-in.
    pub targets: Vec<(RefKind, String, String)>,
}

pub(super) fn check_domain(
    principal: &str,
    manifest: &Manifest,
    snapshot: &Snapshot,
    findings: &mut Vec<Finding>,
) {
    let domains = &snapshot.organization.domains;
    let Some((_, domain)) = principal.split_once('@') else {
        return;
    };
    if domains.is_empty() || domains.iter().any(|d| d.eq_ignore_ascii_case(domain)) {
        return;
    }
    let known: Vec<String> = domains.iter().map(|d| format!("`{d}`")).collect();
    findings.push(
        Finding::error(
            Code::BadValue,
            format!("`{domain}` is not a verified domain of the tenant"),
        )
        .at(manifest.document.place("/userPrincipalName"))
        .help(format!(
            "use one of {}, or leave out the `@` and what follows",
            known.join(", ")
        )),
    );
}

/// `pinned` are the ids that manifests pin, in lower case.
pub(super) fn find_live<'a>(
    manifest: &Manifest,
    name: &str,
    snapshot: &'a Snapshot,
    pinned: &HashSet<String>,
) -> Result<Option<&'a Live>, Box<Finding>> {
    let kind = manifest.kind();
    let live = if let Some(pin) = manifest.pin() {
        let found = snapshot.by_id(kind, pin);
        if found.is_none() {
            return Err(Box::new(
                Finding::error(
                    Code::MissingObject,
                    format!(
                        "no {} with the id `{pin}` exists in the tenant",
                        kind.words()
                    ),
                )
                .at(manifest.document.place("/id"))
                .help("correct the id, or remove it to create the object again"),
            ));
        }
        found
    } else if is_compliant_network(&manifest.object) {
        // The service makes one a tenant and names it; tenants spell the name in two ways.
        snapshot
            .of(kind)
            .iter()
            .find(|live| is_compliant_network(&live.object))
    } else {
        match snapshot.live.named(kind, name).as_slice() {
            [] => {
                let mut former = Vec::new();
                for old in &manifest.renamed_from {
                    let old = match kind {
                        Kind::TestUser => with_domain(old, &snapshot.organization.default_domain),
                        _ => old.clone(),
                    };
                    former.extend(snapshot.live.named(kind, &old));
                }
                // An object that another manifest pins is not free to be renamed.
                former.retain(|live| !pinned.contains(&live.id.to_lowercase()));
                match former.as_slice() {
                    [] => None,
                    [one] => Some(*one),
                    several => {
                        return Err(several_live(manifest, "a former name of this one", several));
                    }
                }
            }
            [one] => Some(*one),
            several => return Err(several_live(manifest, "this name", several)),
        }
    };
    if let Some(live) = live
        && let Object::TestUser(user) = &live.object
        && !user.is_marked()
    {
        return Err(Box::new(
            Finding::error(
                Code::UnmarkedUser,
                format!(
                    "the user `{}` exists and was not created by gatewright",
                    live.name()
                ),
            )
            .rule(Guard::TestMark)
            .at(match manifest.pin() {
                Some(_) => manifest.document.place("/id"),
                None => manifest.place(),
            })
            .help("gatewright only changes and deletes its own test users (`employeeType: GatewrightTestUser`): choose another name, and refer to real users by name in policies"),
        ));
    }
    Ok(live)
}

/// Whether the object is the service's own compliant network (NL-R11).
pub(super) fn is_compliant_network(object: &Object) -> bool {
    matches!(object, Object::NamedLocation(location)
        if location.location_type() == LocationType::CompliantNetwork)
}

fn several_live(manifest: &Manifest, what: &str, several: &[&Live]) -> Box<Finding> {
    let mut ids: Vec<String> = several.iter().map(|l| format!("`{}`", l.id)).collect();
    ids.sort();
    let place = match what {
        "this name" => manifest.place(),
        _ => manifest.document.place("/renamedFrom"),
    };
    Box::new(
        Finding::error(
            Code::AmbiguousObject,
            format!(
                "{} live objects of the kind {} have {what}: {}",
                several.len(),
                manifest.kind(),
                ids.join(", ")
            ),
        )
        .at(place)
        .help("pin the intended one with `id:`"),
    )
}

/// Two manifests must not claim one live object, such as one by name and one by pin.
pub(super) fn check_shared(matched: &[Resolved<'_>], findings: &mut Vec<Finding>) {
    let mut claimed: HashMap<(Kind, &str), &Resolved<'_>> = HashMap::new();
    for one in matched {
        let Some(live) = one.live else { continue };
        let first = match claimed.entry((live.kind, &live.id)) {
            Entry::Occupied(there) => Some(*there.get()),
            Entry::Vacant(free) => {
                free.insert(one);
                None
            }
        };
        if let Some(first) = first {
            findings.push(
                Finding::error(
                    Code::DuplicateName,
                    format!(
                        "two manifests describe the live {} `{}` ({})",
                        live.kind.words(),
                        live.name(),
                        live.id
                    ),
                )
                .at(one.manifest.place())
                .related(first.manifest.place(), "the other one")
                .help("remove one, or correct its `id` or `renamedFrom`"),
            );
        }
    }
}

/// Two principal names may be one only once the default domain is added.
pub(super) fn check_principals(matched: &[Resolved<'_>], findings: &mut Vec<Finding>) {
    let mut described: HashMap<String, &Resolved<'_>> = HashMap::new();
    for one in matched {
        let (kind, name) = (one.object.kind(), one.object.name());
        if kind != Kind::TestUser {
            continue;
        }
        let first = match described.entry(folded_name(kind, name)) {
            Entry::Occupied(there) => *there.get(),
            Entry::Vacant(free) => {
                free.insert(one);
                continue;
            }
        };
        if one.live.is_none() {
            findings.push(
                Finding::error(
                    Code::DuplicateName,
                    format!("two manifests describe the test user `{name}`"),
                )
                .at(one.manifest.place())
                .related(first.manifest.place(), "the other one")
                .help("give one of them another `userPrincipalName`, or remove one"),
            );
        }
    }
}
