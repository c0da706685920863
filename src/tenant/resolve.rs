//! Names to ids. A reference that does not resolve is an error: it is never dropped, and a
//! shorter list is never sent.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::finding::{Code, Finding, Graph, did_you_mean};
use crate::manifest::project::{Desired, Manifest};
use crate::manifest::references::{former_name, is_context_id, role_meant};
use crate::model::kind::folded_name;
use crate::model::location::is_compliant_network_name;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_name;
use crate::model::tables::{APPS, ROLES, special};
use crate::model::{Kind, Object};
use crate::text::{is_guid, with_article};

use super::matching::{
    check_domain, check_principals, check_shared, find_live, is_compliant_network,
};
use super::read::with_domain;
use super::snapshot::{Live, Snapshot};

pub use super::matching::Resolved;

/// What stands in the place of the id of an object that the same plan creates. It holds a
/// number of this run, so that no name or description can be taken for one. As in an id, case does
/// not count in it: the name, in which it may count, stands in digits.
fn prefix() -> &'static str {
    static PREFIX: OnceLock<String> = OnceLock::new();
    PREFIX.get_or_init(|| format!("pending:{}:", uuid::Uuid::new_v4().simple()))
}

/// The stand-in for the id of an object that does not exist yet. It can stand in a path.
pub fn pending(kind: Kind, name: &str) -> String {
    let kind_word = kind.as_str().to_ascii_lowercase();
    let mut text = format!("{}{kind_word}:", prefix());
    for byte in folded_name(kind, name).bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The kind and name behind a stand-in.
pub fn is_pending(text: &str) -> Option<(Kind, String)> {
    let (word, digits) = text.strip_prefix(prefix())?.split_once(':')?;
    let kind = (Kind::ALL.into_iter()).find(|k| k.as_str().eq_ignore_ascii_case(word))?;
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let name: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    Some((kind, String::from_utf8(name?).ok()?))
}

/// Finds the live object of every manifest and the target of every reference.
///
/// With an error among the findings the list must not be planned on.
pub fn resolve<'a>(
    desired: &'a Desired,
    snapshot: &'a Snapshot,
) -> (Vec<Resolved<'a>>, Vec<Finding>) {
    resolve_part(desired, snapshot, &|_| true)
}

/// As [`resolve`], where only some manifests are planned on: of the others their live objects are
/// found, as far as they can be, and nothing is said.
pub fn resolve_part<'a>(
    desired: &'a Desired,
    snapshot: &'a Snapshot,
    is_chosen: &dyn Fn(&Manifest) -> bool,
) -> (Vec<Resolved<'a>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let domain = snapshot.organization.default_domain.as_str();
    let mut matched: Vec<Resolved<'a>> = Vec::new();
    let pins = desired.manifests.iter().filter_map(|m| m.pin());
    let pinned: HashSet<String> = pins.map(str::to_lowercase).collect();
    for manifest in &desired.manifests {
        let mut object = manifest.object.clone();
        if let Object::TestUser(user) = &mut object {
            user.user_principal_name = with_domain(&user.user_principal_name, domain);
            if is_chosen(manifest) {
                check_domain(&user.user_principal_name, manifest, snapshot, &mut findings);
            }
        }
        match find_live(manifest, object.name(), snapshot, &pinned) {
            Ok(live) => matched.push(Resolved {
                manifest,
                object,
                live,
                targets: Vec::new(),
            }),
            Err(finding) if is_chosen(manifest) => findings.push(*finding),
            Err(_) => {}
        }
    }
    let mut shared = Vec::new();
    check_shared(&matched, &mut shared);
    check_principals(&matched, &mut shared);
    if !shared.is_empty() {
        let chosen = desired.manifests.iter().filter(|m| is_chosen(m));
        let chosen: Vec<_> = chosen.map(Manifest::place).collect();
        findings.extend(shared.into_iter().filter(|finding| {
            let others = finding.related.iter().map(|(place, _)| place);
            let mut places = finding.place.as_deref().into_iter().chain(others);
            places.any(|place| chosen.contains(place))
        }));
    }
    // Ids of the manifests' own objects, for references among them.
    let mut resolver = Resolver {
        snapshot,
        own: BTreeMap::new(),
        contexts: HashMap::new(),
        former: HashMap::new(),
        suggested: Cell::new(0),
    };
    for one in &matched {
        let kind = one.object.kind();
        let name = one.object.name().to_owned();
        let id = match (one.live, kind) {
            (Some(live), _) => live.id.clone(),
            (None, Kind::AuthenticationContext) => name.clone(),
            (None, _) => pending(kind, &name),
        };
        let key = (kind, folded_name(kind, &name));
        resolver.own.entry(key).or_default().push((name, id));
    }
    for manifest in &desired.manifests {
        let kind = manifest.kind();
        if kind == Kind::AuthenticationContext {
            let named = resolver.contexts.entry(manifest.object.display_name());
            named.or_default().push(folded_name(kind, manifest.name()));
        }
        for old in &manifest.renamed_from {
            let key = (kind, folded_name(kind, old));
            resolver.former.entry(key).or_insert(manifest);
        }
    }
    let published = published(&matched, snapshot);
    for resolved in matched.iter_mut().filter(|one| is_chosen(one.manifest)) {
        let manifest = resolved.manifest;
        let held = Held::of(resolved.live);
        for reference in resolved.object.references_mut() {
            let place = || manifest.document.place(&reference.pointer);
            match resolver.find(reference.kind, reference.target) {
                Ok(id) => {
                    let context = reference.kind == RefKind::Context;
                    if context && published.get(&id.to_lowercase()) == Some(&false) {
                        findings.push(unpublished(&id).at(place()));
                    }
                    *reference.target = id;
                }
                Err(_) if held.holds(&reference.pointer, reference.target) => {
                    findings.push(dangling(reference.kind, reference.target).at(place()));
                    *reference.target = reference.target.trim().to_lowercase();
                }
                Err(finding) => {
                    let finding = finding.at(place());
                    let kinds = reference.kind.own_kinds();
                    findings.push(match desired.left_out_by(kinds, reference.target) {
                        Some(patch) => finding.related(patch, "a patch leaves its manifest out"),
                        None => finding,
                    });
                }
            }
        }
        resolved.targets = resolved.object.references();
        // Two names may have meant one object.
        resolved.object.dedupe_references();
    }
    (matched, findings)
}

/// The ids that a live object refers to, by the list that holds them.
struct Held(BTreeSet<(String, String)>);

impl Held {
    fn of(live: Option<&Live>) -> Held {
        let all = live.iter().flat_map(|live| live.object.references());
        Held(
            all.map(|(_, pointer, id)| (list_of(&pointer).to_owned(), id.to_lowercase()))
                .collect(),
        )
    }

    fn holds(&self, pointer: &str, target: &str) -> bool {
        let target = target.trim();
        (is_guid(target) || is_context_id(target))
            && self
                .0
                .contains(&(list_of(pointer).to_owned(), target.to_lowercase()))
    }
}

/// The pointer of the list that an item stands in.
fn list_of(pointer: &str) -> &str {
    match pointer.rsplit_once('/') {
        Some((list, index)) if index.bytes().all(|b| b.is_ascii_digit()) => list,
        _ => pointer,
    }
}

/// The live policy holds an id that stands for nothing any more, and so does its manifest:
/// that is no change, and no reason to refuse a plan.
fn dangling(kind: RefKind, id: &str) -> Finding {
    Finding::warning(
        Code::DanglingReference,
        format!(
            "no {} with the id `{}` exists; the live object still refers to it",
            kind.words(),
            id.trim()
        ),
    )
    .rule(Graph::TR05)
    .help("if it was deleted, remove the id from the manifest, and the next apply removes it from the tenant")
}

/// Whether each authentication context will be published, by its id.
fn published(matched: &[Resolved<'_>], snapshot: &Snapshot) -> HashMap<String, bool> {
    let live = snapshot.of(Kind::AuthenticationContext).iter();
    let live = live.map(|live| (live.id.as_str(), &live.object));
    let own = matched.iter().map(|item| {
        let id = item.live.map_or(item.object.name(), |live| &live.id);
        (id, &item.object)
    });
    live.chain(own)
        .filter_map(|(id, object)| match object {
            Object::AuthenticationContext(context) => {
                Some((id.to_lowercase(), context.is_available == Some(true)))
            }
            _ => None,
        })
        .collect()
}

/// A policy may name a context that no application is offered (CA-R47).
fn unpublished(id: &str) -> Finding {
    Finding::warning(
        Code::GraphRule,
        format!("the authentication context `{id}` is not published: no application asks for it"),
    )
    .rule(Graph::CaR47)
    .help("write `isAvailable: true` in its manifest, or remove it from the policy")
}

/// The only one of several ids, or a finding that lists them.
fn one_of(kind: RefKind, target: &str, ids: Vec<String>) -> Result<String, Finding> {
    if let [one] = ids.as_slice() {
        return Ok(one.clone());
    }
    let mut shown: Vec<String> = ids
        .iter()
        .map(|id| match is_pending(id) {
            Some((kind, name)) => format!("the {} `{name}`", kind.words()),
            None => format!("`{id}`"),
        })
        .collect();
    shown.sort();
    Err(Finding::error(
        Code::AmbiguousReference,
        format!(
            "`{target}` matches {} objects where {} is needed: {}",
            ids.len(),
            with_article(kind.words()),
            shown.join(", ")
        ),
    )
    .help("write the id of the intended one instead of the name"))
}

/// How many names that stand for nothing are compared with all that there are.
const SUGGESTIONS: usize = 100;

struct Resolver<'a> {
    snapshot: &'a Snapshot,
    /// The manifests' own objects, by kind and folded name: names, with ids or stand-ins.
    own: BTreeMap<(Kind, String), Vec<(String, String)>>,
    /// The ids of contexts that have manifests, by display name.
    contexts: HashMap<&'a str, Vec<String>>,
    /// The manifests by kind and folded former name.
    former: HashMap<(Kind, String), &'a Manifest>,
    /// How many names were compared.
    suggested: Cell<usize>,
}

impl Resolver<'_> {
    fn find(&self, kind: RefKind, target: &str) -> Result<String, Finding> {
        let target = target.trim();
        if let Some(value) = special::canonical(kind.special_values(), target) {
            return Ok(value.to_owned());
        }
        if is_guid(target) {
            return self.find_id(kind, target);
        }
        let own = self.find_own(kind, target);
        if !own.is_empty() {
            return one_of(kind, target, own);
        }
        if let Some(finding) = self.former_name(kind, target) {
            return Err(finding);
        }
        match kind {
            RefKind::Role => {
                if let Some(role) = ROLES.by_name(target) {
                    return Ok(role.id.to_owned());
                }
            }
            RefKind::Application => {
                if let Some(app) = APPS.by_name(target) {
                    // The tenant may have an application of its own by that very name.
                    let mut ids = vec![app.id.to_owned()];
                    for known in self.snapshot.index.by_name(kind, target) {
                        if !known.id.eq_ignore_ascii_case(app.id) {
                            ids.push(known.id.clone());
                        }
                    }
                    return match ids.as_slice() {
                        [_] => self.find_id(kind, app.id),
                        _ => one_of(kind, target, ids),
                    };
                }
            }
            RefKind::Context if is_context_id(target) => {
                let live = self.snapshot.by_id(Kind::AuthenticationContext, target);
                return match live {
                    Some(_) => Ok(target.to_lowercase()),
                    None => Err(self.unresolved(kind, target)),
                };
            }
            _ => {}
        }
        let mut ids: Vec<String> = Vec::new();
        for (index_kind, name) in self.index_names(kind, target) {
            for known in self.snapshot.index.by_name(index_kind, &name) {
                if !ids.contains(&known.id) {
                    ids.push(known.id.clone());
                }
            }
        }
        if ids.is_empty() {
            ids.extend(self.by_other_spelling(kind, target));
        }
        if ids.is_empty() {
            return Err(self.unresolved(kind, target));
        }
        one_of(kind, target, ids)
    }

    /// What the service itself makes has names that differ by tenant and time: built-in strengths
    /// are known by their ids (CA-R89), the compliant network by its type (NL-R11).
    fn by_other_spelling(&self, kind: RefKind, target: &str) -> Option<String> {
        match kind {
            RefKind::Strength => {
                let id = built_in_by_name(target)?.id;
                (self.snapshot.index.by_id(kind, id)).map(|_| id.to_owned())
            }
            RefKind::Location if is_compliant_network_name(target) => {
                let locations = self.snapshot.of(Kind::NamedLocation).iter();
                let mut networks = locations.filter(|live| is_compliant_network(&live.object));
                networks.next().map(|live| live.id.clone())
            }
            _ => None,
        }
    }

    /// What the index may know the target as.
    fn index_names(&self, kind: RefKind, target: &str) -> Vec<(RefKind, String)> {
        let domain = &self.snapshot.organization.default_domain;
        match kind {
            RefKind::User => vec![(RefKind::User, with_domain(target, domain))],
            RefKind::Member if target.contains('@') => vec![(RefKind::User, target.to_owned())],
            RefKind::Member => vec![(RefKind::Group, target.to_owned())],
            other => vec![(other, target.to_owned())],
        }
    }

    /// The manifests of the same project that the name means, as ids or stand-ins.
    fn find_own(&self, kind: RefKind, target: &str) -> Vec<String> {
        let domain = &self.snapshot.organization.default_domain;
        let mut found = Vec::new();
        for own_kind in kind.own_kinds() {
            let name = match own_kind {
                Kind::TestUser => folded_name(*own_kind, &with_domain(target, domain)),
                _ => folded_name(*own_kind, target),
            };
            let own = self.own.get(&(*own_kind, name));
            found.extend(own.into_iter().flatten().map(|(_, id)| id.clone()));
            // A context may be meant by its display name, unless that looks like an id.
            if *own_kind == Kind::AuthenticationContext && !is_context_id(target) {
                let named = self.contexts.get(target);
                found.extend(named.into_iter().flatten().cloned());
            }
        }
        found
    }

    fn find_id(&self, kind: RefKind, target: &str) -> Result<String, Finding> {
        let id = target.to_lowercase();
        let index = &self.snapshot.index;
        let known = match kind {
            RefKind::Member => {
                index.by_id(RefKind::User, &id).is_some()
                    || index.by_id(RefKind::Group, &id).is_some()
                    || index.by_id(RefKind::ServicePrincipal, &id).is_some()
            }
            RefKind::Role => ROLES.by_id(&id).is_some() || index.by_id(kind, &id).is_some(),
            other => index.by_id(other, &id).is_some(),
        };
        if known {
            return Ok(id);
        }
        if kind == RefKind::Application {
            let name = APPS
                .by_id(&id)
                .map_or_else(String::new, |a| format!(" (`{}`)", a.name));
            return Err(Finding::error(
                Code::UnresolvedReference,
                format!("the application `{id}`{name} has no service principal in the tenant"),
            )
            .rule(Graph::CaR41)
            .help("Graph refuses the policy (1034): add the application to the tenant first, for example with `az ad sp create --id`, or correct the id: policies name an application by its app id (client id), not by an object id"));
        }
        if kind == RefKind::Role {
            return Err(Finding::error(
                Code::UnresolvedReference,
                format!("`{id}` is not the id of a built-in directory role"),
            )
            .rule(Graph::CaR26)
            .help(
                "write a built-in role, preferably by name: custom roles have no effect in a policy",
            ));
        }
        let other = [RefKind::User, RefKind::Group, RefKind::ServicePrincipal]
            .into_iter()
            .filter(|other| *other != kind)
            .find_map(|other| index.by_id(other, &id).map(|known| (other, known)));
        if let Some((other, known)) = other {
            return Err(Finding::error(
                Code::WrongReferenceKind,
                format!(
                    "`{id}` is the {} `{}`, but {} is needed here",
                    other.words(),
                    known.name,
                    with_article(kind.words())
                ),
            )
            .help("correct the id, or move it to the list of its kind"));
        }
        Err(Finding::error(
            Code::UnresolvedReference,
            format!("no {} with the id `{id}` exists in the tenant", kind.words()),
        )
        .help("correct the id; if the object was deleted, remove the reference yourself: gatewright never drops one"))
    }

    /// A former name is none any more once the rename is applied: the next plan would fail.
    fn former_name(&self, kind: RefKind, target: &str) -> Option<Finding> {
        let own = kind.own_kinds().iter();
        let manifest =
            { own }.find_map(|own| self.former.get(&(*own, folded_name(*own, target))))?;
        Some(former_name(target, manifest))
    }

    fn unresolved(&self, kind: RefKind, target: &str) -> Finding {
        let index = &self.snapshot.index;
        let domain = &self.snapshot.organization.default_domain;
        // A name of another kind is told apart from a name of nothing.
        let others = [
            (RefKind::User, Kind::TestUser),
            (RefKind::Group, Kind::Group),
            (RefKind::Location, Kind::NamedLocation),
        ];
        for (other, own) in others {
            if other == kind || kind == RefKind::Member && other != RefKind::Location {
                continue;
            }
            let full = match other {
                RefKind::User => with_domain(target, domain),
                _ => target.to_owned(),
            };
            let own = self.own.contains_key(&(own, folded_name(own, &full)));
            if own || !index.by_name(other, &full).is_empty() {
                return Finding::error(
                    Code::WrongReferenceKind,
                    format!(
                        "`{target}` is {}, but {} is needed here",
                        with_article(other.words()),
                        with_article(kind.words())
                    ),
                )
                .help(match other {
                    RefKind::User => "move it to the list of users",
                    RefKind::Group => "move it to the list of groups",
                    _ => "move it to the list of locations",
                });
            }
        }
        let candidates = || {
            let mut candidates: Vec<String> = self
                .own
                .iter()
                .filter(|((own, _), _)| kind.own_kinds().contains(own))
                .flat_map(|(_, bearers)| bearers.iter().map(|(name, _)| name.clone()))
                .collect();
            for (index_kind, _) in self.index_names(kind, target) {
                candidates.extend(index.all(index_kind).map(|known| known.name.clone()));
            }
            if kind == RefKind::Application {
                candidates.extend(APPS.names().map(str::to_owned));
            }
            candidates.extend(kind.special_values().iter().map(|v| v.value.to_owned()));
            candidates
        };
        let full = match kind {
            RefKind::User => with_domain(target, domain),
            _ => target.to_owned(),
        };
        self.suggested.set(self.suggested.get() + 1);
        let known = match self.suggested.get() <= SUGGESTIONS {
            true => candidates(),
            false => Vec::new(),
        };
        let meant = match kind {
            RefKind::Role => role_meant(target),
            _ => did_you_mean(&full, known.iter().map(String::as_str)),
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => match kind {
                RefKind::User | RefKind::Group | RefKind::Location | RefKind::Strength
                | RefKind::Context | RefKind::Member => format!(
                    "write a manifest for it, create it in the tenant, or correct the name; {} is named by its {}",
                    with_article(kind.words()),
                    match kind {
                        RefKind::Context => "id or displayName",
                        RefKind::User => "userPrincipalName",
                        RefKind::Member => "userPrincipalName or displayName",
                        _ => "displayName",
                    }
                ),
                RefKind::Role => "write a built-in role, such as `Global Administrator`: custom roles have no effect in a policy".to_owned(),
                _ => "correct the name, or write the id".to_owned(),
            },
        };
        Finding::error(
            Code::UnresolvedReference,
            format!("no {} is named `{full}`", kind.words()),
        )
        .help(help)
    }
}
