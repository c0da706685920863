//! Names that stand for nothing, as far as that is known without a tenant: misspelt names of the
//! project's own objects, of built-in roles and strengths, of well-known applications and of
//! special values. A tenant may have an object of nearly any name, so that it is a warning.

use std::collections::{BTreeMap, HashMap};

use super::project::{Desired, Manifest};
use super::write::flow;
use crate::finding::{Code, Finding, NearNames, Severity, did_you_mean, is_slip};
use crate::model::Kind;
use crate::model::kind::folded_name;
use crate::model::location::is_compliant_network_name;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::{built_in_by_name, built_in_strengths};
use crate::model::tables::{APPS, Named, ROLES, special};
use crate::text::{is_guid, with_article};

/// How many names of roles are compared with all that there are.
const SUGGESTIONS: usize = 100;

/// Tells the references of all manifests that are misspelt, or likely so.
pub fn check(desired: &Desired, findings: &mut Vec<Finding>) {
    let names = OwnNames::of(desired);
    let mut near: BTreeMap<RefKind, NearNames> = BTreeMap::new();
    let mut told: HashMap<(RefKind, String), Option<Finding>> = HashMap::new();
    let mut suggested = 0;
    for manifest in &desired.manifests {
        for (kind, pointer, target) in manifest.object.references() {
            let key = (kind, target.trim().to_owned());
            let finding = told.entry(key).or_insert_with_key(|(kind, target)| {
                if names.has(*kind, target) {
                    return None;
                }
                if let Some(finding) = names.former(*kind, target) {
                    return Some(finding);
                }
                if let Some(patch) = desired.left_out_by(kind.own_kinds(), target) {
                    let message = format!(
                        "a patch leaves the manifest of the {} `{target}` out for this tenant",
                        kind.words()
                    );
                    return Some(
                        Finding::warning(Code::UnresolvedReference, message)
                            .related(patch, "here")
                            .help("a plan fails where the tenant has no such object: leave this reference out with a patch, too"),
                    );
                }
                let near = near.entry(*kind).or_insert_with(|| names.near(*kind));
                let meant = match kind {
                    RefKind::Role if ROLES.by_name(target).is_some() => None,
                    RefKind::Role => {
                        suggested += 1;
                        (suggested <= SUGGESTIONS)
                            .then(|| role_meant(target))
                            .flatten()
                    }
                    _ => portal_word(*kind, target).or_else(|| near.nearest(target)),
                };
                names.judged(*kind, target, meant)
            });
            if let Some(finding) = finding.clone() {
                findings.push(finding.at(manifest.document.place(&pointer)));
            }
        }
    }
}

/// The names that the project's own objects have.
struct OwnNames<'a> {
    /// By kind and folded name.
    known: HashMap<(Kind, String), &'a str>,
    former: HashMap<(Kind, String), &'a Manifest>,
}

impl<'a> OwnNames<'a> {
    fn of(desired: &'a Desired) -> OwnNames<'a> {
        let mut names = OwnNames {
            known: HashMap::new(),
            former: HashMap::new(),
        };
        for manifest in &desired.manifests {
            let kind = manifest.kind();
            let called = [manifest.name(), manifest.object.display_name()];
            let count = if kind == Kind::AuthenticationContext {
                2
            } else {
                1
            };
            for name in called.into_iter().take(count) {
                names.known.insert((kind, folded_name(kind, name)), name);
                // A user may be named without the domain, here or there.
                if kind == Kind::TestUser {
                    let local = local_part(name);
                    names.known.insert((kind, folded_name(kind, local)), local);
                }
            }
            for former in &manifest.renamed_from {
                let key = (kind, folded_name(kind, former));
                names.former.entry(key).or_insert(manifest);
            }
        }
        names
    }

    /// Whether the name is known to stand for something, or nothing can be said of it.
    fn has(&self, kind: RefKind, target: &str) -> bool {
        let own = |name: &str| {
            let kinds = kind.own_kinds().iter();
            kinds
                .copied()
                .any(|own| self.known.contains_key(&(own, folded_name(own, name))))
        };
        target.is_empty()
            || is_guid(target)
            || special::canonical(kind.special_values(), target).is_some()
            || own(target)
            || match kind {
                RefKind::Role => ROLES
                    .by_name(target)
                    .is_some_and(|role| is_name(role, target)),
                RefKind::Application => APPS.by_name(target).is_some(),
                RefKind::Location => is_compliant_network_name(target),
                RefKind::Context => is_context_id(target),
                // Nothing is known of the domain of a tenant.
                RefKind::User | RefKind::Member => own(local_part(target)),
                _ => false,
            }
    }

    /// A former name, which every plan refuses.
    fn former(&self, kind: RefKind, target: &str) -> Option<Finding> {
        let kinds = kind.own_kinds().iter().copied();
        let manifest =
            { kinds }.find_map(|own| self.former.get(&(own, folded_name(own, target))))?;
        Some(Finding {
            severity: Severity::Warning,
            ..former_name(target, manifest)
        })
    }

    /// What is near to names of this kind.
    fn near(&self, kind: RefKind) -> NearNames {
        let mut near = NearNames::default();
        for ((own, _), name) in &self.known {
            if kind.own_kinds().contains(own) {
                near.add(name);
            }
        }
        if kind == RefKind::Application {
            APPS.names().for_each(|name| near.add(name));
        }
        if kind == RefKind::Strength {
            built_in_strengths()
                .iter()
                .for_each(|one| near.add(one.display_name));
        }
        let special = kind.special_values().iter();
        special.for_each(|one| near.add(one.value));
        near
    }

    fn judged(&self, kind: RefKind, target: &str, meant: Option<&str>) -> Option<Finding> {
        let words = kind.words();
        if let Some(built_in) = built_in_by_name(target).filter(|_| kind == RefKind::Strength) {
            let name = built_in.display_name;
            let other = format!("the built-in {words} is named `{name}`");
            return (target != name).then(|| {
                Finding::hint(Code::UnresolvedReference, other)
                    .help(format!("write `{}`", flow(&name.into())))
                    .fix(target, flow(&name.into()), true)
            });
        }
        if let Some(role) = ROLES.by_name(target).filter(|_| kind == RefKind::Role) {
            let name = flow(&role.name.into());
            let other = format!("the {words} `{target}` is now named `{}`", role.name);
            return Some(
                Finding::hint(Code::UnresolvedReference, other)
                    .help(format!("write `{name}`"))
                    .fix(target, name, true),
            );
        }
        let elsewhere = |code: Code| {
            format!("if the tenant has one with that name: `# gatewright: allow {code} REASON`")
        };
        let warning = |message: String| Finding::warning(Code::UnresolvedReference, message);
        let custom = "custom roles have no effect in a policy";
        if let (Some(meant), RefKind::Role) = (meant, kind) {
            let told = warning(format!("no built-in {words} is named `{target}`"))
                .help(format!("did you mean `{meant}`? {custom}"));
            // Roles with like names may differ by far in what they may do.
            return Some(match is_slip(&in_full(target), meant) {
                true => told.fix(target, flow(&meant.into()), false),
                false => told,
            });
        }
        if let Some(meant) = meant {
            let elsewhere = elsewhere(Code::UnresolvedReference);
            return Some(
                warning(format!("no known {words} is named `{target}`"))
                    .help(format!("did you mean `{meant}`? {elsewhere}"))
                    .fix(target, flow(&meant.into()), false),
            );
        }
        if kind == RefKind::Role {
            return Some(
                warning(format!("no built-in {words} is named `{target}`")).help(format!(
                    "write one, such as `Global Administrator`: {custom}"
                )),
            );
        }
        // A name of another kind.
        let others = [
            (RefKind::User, Kind::TestUser),
            (RefKind::Group, Kind::Group),
            (RefKind::Location, Kind::NamedLocation),
        ];
        let has = |own: Kind| self.known.contains_key(&(own, folded_name(own, target)));
        let (other, own) = (others.into_iter())
            .filter(|_| others.iter().any(|(other, _)| *other == kind))
            .find(|(other, own)| !kind.own_kinds().contains(own) && *other != kind && has(*own))?;
        Some(
            Finding::warning(
                Code::WrongReferenceKind,
                format!(
                    "`{target}` is {} of the project, but {} is needed here",
                    with_article(own.words()),
                    with_article(words)
                ),
            )
            .help(format!(
                "move it to the list of {}s; {}",
                other.words(),
                elsewhere(Code::WrongReferenceKind)
            )),
        )
    }
}

/// A reference by a name that the object has no longer: after the rename it stands for nothing.
pub fn former_name(target: &str, manifest: &Manifest) -> Finding {
    let name = manifest.name();
    Finding::error(
        Code::UnresolvedReference,
        format!("`{target}` is a former name of `{name}`"),
    )
    .help(format!("write `{}`", flow(&name.into())))
    .fix(target, flow(&name.into()), false)
}

/// The built-in role that a name was likely meant to be: people write `Global Admin`.
pub fn role_meant(text: &str) -> Option<&'static str> {
    let text = in_full(text);
    match ROLES.by_name(&text) {
        Some(role) => Some(role.name),
        None => did_you_mean(&text, ROLES.iter().map(|role| role.name)),
    }
}

fn in_full(role: &str) -> String {
    let words = role.split_whitespace().map(|word| match word {
        "Admin" | "admin" | "Admins" | "admins" => "Administrator",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What the Entra admin center calls the special values.
fn portal_word(kind: RefKind, text: &str) -> Option<&'static str> {
    let words: &[(&str, &str)] = match kind {
        RefKind::User => &[
            ("all users", "All"),
            ("guests", "GuestsOrExternalUsers"),
            ("all guest and external users", "GuestsOrExternalUsers"),
            ("guest or external users", "GuestsOrExternalUsers"),
        ],
        RefKind::Application => &[
            ("all cloud apps", "All"),
            ("all resources", "All"),
            ("all apps", "All"),
            ("microsoft admin portals", "MicrosoftAdminPortals"),
        ],
        RefKind::Location => &[
            ("any location", "All"),
            ("any network or location", "All"),
            ("all trusted locations", "AllTrusted"),
            ("all trusted networks and locations", "AllTrusted"),
        ],
        _ => &[],
    };
    let mut words = words.iter();
    words.find_map(|(word, value)| text.eq_ignore_ascii_case(word).then_some(*value))
}

/// Whether the text is the name of the role, and not an older one.
fn is_name(role: &Named, text: &str) -> bool {
    role.name.eq_ignore_ascii_case(text)
}

fn local_part(name: &str) -> &str {
    name.split_once('@').map_or(name, |(local, _)| local)
}

/// `c1` to `c99`: always an id, never a display name.
pub fn is_context_id(text: &str) -> bool {
    let digits = text.strip_prefix(['c', 'C']).unwrap_or_default();
    matches!(digits.len(), 1 | 2)
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::role_meant;

    #[test]
    fn a_role_is_meant_by_its_short_name() {
        for (text, meant) in [
            ("Global Admin", "Global Administrator"),
            ("security admins", "Security Administrator"),
            ("Global Adminstrator", "Global Administrator"),
            ("Global Raeder", "Global Reader"),
        ] {
            assert_eq!(role_meant(text), Some(meant));
        }
        assert_eq!(role_meant("Wizard"), None);
    }
}
