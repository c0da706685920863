//! The names of a sign-in that nothing knows: refused where they are likely misspelt, told where
//! they may be what the manifests do not hold.

use super::invariant::AskedClaim;
use crate::finding::{Code, Finding, Place, Severity, did_you_mean};
use crate::manifest::case::ScenarioManifest;
use crate::manifest::guards::GuardsFile;
use crate::manifest::scenario::ExpectedConsequence;
use crate::model::Object;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::{built_in_by_id, built_in_by_name, built_in_strengths};
use crate::model::tables::special;
use crate::text::is_guid;
use crate::whatif::{
    Application, CompiledPolicies, PolicySet, ServicePrincipal, SignIn, SignInFault, User,
};

/// What is said about a name that nothing knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFault {
    /// How grave it is.
    pub severity: Severity,
    /// Where it stands, and what is wrong.
    pub fault: SignInFault,
}

impl NameFault {
    /// As a finding without a place.
    pub fn finding(&self) -> Finding {
        let finding = Finding::error(Code::SignInCase, self.fault.message.as_str());
        Finding {
            severity: self.severity,
            ..finding.help(self.fault.help.as_str())
        }
    }
}

/// What can be known of the names of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamesKnown {
    /// The manifests say what there is, and may not hold all.
    InManifests,
    /// It was looked up in a tenant, and what is not there does not exist.
    InTenant,
    /// The policies are those of a tenant, and nothing was looked up.
    Unread,
}

/// The names of a sign-in that nothing knows: in none of the states of which it is judged, since
/// a plan makes what was not there, and takes away what was.
pub fn unknown(states: &[CompiledPolicies], sign_in: &SignIn, known: NamesKnown) -> Vec<NameFault> {
    let Some((last, others)) = states.split_last() else {
        return Vec::new();
    };
    let mut found = last.unknown_names(sign_in);
    for other in others {
        if found.is_empty() {
            break;
        }
        let here = other.unknown_names(sign_in);
        found.retain(|one| here.iter().any(|other| other.pointer == one.pointer));
    }
    let all_known = known == NamesKnown::InTenant;
    (found.into_iter())
        .filter_map(|unknown| {
            let (kind, name) = (unknown.kind, unknown.name.escape_debug());
            if let Some(fault) = special_value(kind, &unknown.name, &unknown.pointer) {
                return Some(fault);
            }
            let message = format!("there is no {} `{name}`", kind.words());
            // A description says what a mere name leaves open.
            let (is_described, describe) = described(sign_in, &unknown.pointer, known);
            if is_described && !all_known {
                return None;
            }
            let closed = matches!(kind, RefKind::User | RefKind::Role);
            let refused = unknown.meant.is_some() || all_known || closed;
            let help = match (&unknown.meant, refused) {
                (Some(meant), _) => match describe {
                    "" => format!("did you mean `{meant}`?"),
                    describe => format!("did you mean `{meant}`? If not: {describe}"),
                },
                (None, true) if describe.is_empty() => {
                    "write the name of one that exists".to_owned()
                }
                (None, true) => describe.to_owned(),
                (None, false) => match describe {
                    "" => "it is assumed to be the tenant's own, and no policy names it".to_owned(),
                    describe => {
                        format!("it is assumed to be the tenant's own; {describe}")
                    }
                },
            };
            Some(NameFault {
                severity: match refused {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
                fault: SignInFault {
                    pointer: unknown.pointer,
                    message,
                    help,
                },
            })
        })
        .collect()
}

/// A special value of policies that stands for many, in the place of one.
fn special_value(kind: RefKind, name: &str, pointer: &str) -> Option<NameFault> {
    let (values, help) = match kind {
        RefKind::Application => (
            special::applications(),
            "name the application to open, such as `Office 365 Exchange Online`; one of your own that no policy names: `{ name: ..., ownedBy: tenant }`",
        ),
        RefKind::User => (
            special::users(),
            "name the user, or describe somebody: `user: { memberOf: [...], roles: [...] }`",
        ),
        _ => return None,
    };
    let special = values.iter().find(|s| s.value.eq_ignore_ascii_case(name))?;
    Some(NameFault {
        severity: Severity::Error,
        fault: SignInFault {
            pointer: pointer.to_owned(),
            message: format!(
                "`{}` means {} in policies; a sign-in is to one of them",
                special.value, special.meaning
            ),
            help: help.to_owned(),
        },
    })
}

/// Whether more than the name is given of what stands at a pointer; and how to say more. By the
/// policies of a tenant a name that it does not have describes nobody.
fn described(sign_in: &SignIn, pointer: &str, known: NamesKnown) -> (bool, &'static str) {
    let (user, application, principal) = match known {
        NamesKnown::InManifests => (
            "the manifests do not say who that is: add `user: { name: ..., memberOf: [...], roles: [...] }`; `whatif` and `test` look users up in the tenant with `--live`",
            "describe one of your own: `{ name: ..., ownedBy: tenant }`",
            "describe one of your own: `servicePrincipal: { name: ..., ownedBy: tenant }`",
        ),
        NamesKnown::InTenant => (
            "name a user of the tenant, or describe somebody else without a name: `user: { memberOf: [...], roles: [...] }`",
            "name an application of the tenant, or describe one that no policy names without a name: `{ ownedBy: tenant }`",
            "name a service principal of the tenant, or describe one that no policy names without a name: `servicePrincipal: { ownedBy: tenant }`",
        ),
        NamesKnown::Unread => (
            "names are not looked up for many sign-ins: say who it is, `user: { name: ..., memberOf: [...], roles: [...] }`",
            "names are not looked up for many sign-ins: say whose it is, `{ name: ..., ownedBy: tenant }`",
            "names are not looked up for many sign-ins: say whose it is, `servicePrincipal: { name: ..., ownedBy: tenant }`",
        ),
    };
    match pointer {
        "/user" => {
            let one = sign_in.user.as_ref();
            let is_described = one.is_some_and(|u| u.member_of.is_some() && u.roles.is_some());
            (is_described, user)
        }
        "/servicePrincipal" => {
            let one = sign_in.service_principal.as_ref();
            (one.is_some_and(|p| p.owned_by.is_some()), principal)
        }
        "/application" => {
            let app = sign_in.application.as_ref();
            (app.is_some_and(|app| app.owned_by.is_some()), application)
        }
        _ => match pointer.strip_prefix("/applications/").map(str::parse) {
            Some(Ok(at)) => {
                let at: usize = at;
                let app = sign_in.applications.get(at);
                (app.is_some_and(|app| app.owned_by.is_some()), application)
            }
            _ => (false, ""),
        },
    }
}

/// What is wrong with the names of a scenario, at their places.
pub fn check(
    policies: &CompiledPolicies,
    one: &ScenarioManifest,
    known: NamesKnown,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sign_in = &one.scenario.sign_in;
    for unknown in unknown(std::slice::from_ref(policies), sign_in, known) {
        let pointer = format!("/signIn{}", unknown.fault.pointer);
        findings.push(unknown.finding().at(one.document.place(&pointer)));
    }
    let faults = policies.prepare(sign_in).err().unwrap_or_default();
    findings.extend(faults.into_iter().map(|fault| {
        let place = one.document.place(&format!("/signIn{}", fault.pointer));
        let finding = Finding::error(Code::SignInCase, fault.message);
        finding.at(place).help(fault.help)
    }));
    let expect = &one.scenario.expect;
    let mut asked = |at: &str, expected: &ExpectedConsequence| {
        let lists = [
            ("requires", &expected.requires),
            ("requiresExactly", &expected.requires_exactly),
        ];
        for (member, lists) in lists {
            for (number, list) in lists.iter().flatten().enumerate() {
                for text in list.members() {
                    let Some(fault) = policies.requirement_fault(text) else {
                        continue;
                    };
                    let place = one.document.place(&format!("{at}/{member}/{number}"));
                    let finding = Finding::error(Code::SignInCase, fault.message);
                    findings.push(finding.at(place).help(fault.help));
                }
            }
        }
    };
    asked("/expect", &expect.enforced);
    if let Some(reported) = &expect.report_only {
        asked("/expect/reportOnly", reported);
    }
    if let Some(expected) = &expect.policies {
        let lists = [
            ("applied", &expected.applied),
            ("notApplied", &expected.not_applied),
        ];
        for (member, list) in lists {
            for (number, name) in list.iter().enumerate() {
                if policies.named(name).next().is_some() {
                    continue;
                }
                let place = one
                    .document
                    .place(&format!("/expect/policies/{member}/{number}"));
                let message = format!("there is no policy `{}`", name.escape_debug());
                let help = match policies.nearest(name) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write the display name of a policy".to_owned(),
                };
                let finding = Finding::error(Code::SignInCase, message);
                findings.push(finding.at(place).help(help));
            }
        }
    }
    findings
}

/// What is wrong with the groups that the environment takes to be empty, at their places.
pub fn check_assumed_empty(
    policies: &CompiledPolicies,
    groups: &[(&str, Place)],
    known: NamesKnown,
) -> Vec<Finding> {
    let sign_in = |group: &str| SignIn {
        user: Some(User {
            member_of: Some(vec![group.to_owned()]),
            ..User::default()
        }),
        ..SignIn::default()
    };
    let mut findings = Vec::new();
    for (group, place) in groups {
        let shown = group.escape_debug();
        let finding = match policies.unknown_names(&sign_in(group)).pop() {
            Some(unknown) => {
                let help = match (unknown.meant, known) {
                    (Some(meant), _) => format!("did you mean `{meant}`?"),
                    (None, NamesKnown::InTenant) => {
                        "write the name of a group that exists".to_owned()
                    }
                    (None, _) => "no policy and no manifest names it: take it out".to_owned(),
                };
                let message = format!("`assumeEmpty` names no known group: `{shown}`");
                Finding::warning(Code::Config, message).help(help)
            }
            None if policies.lists_members(group) => {
                let message = format!(
                    "the members of `{shown}` are known: that `assumeEmpty` names it changes nothing"
                );
                Finding::warning(Code::Config, message).help("take it out of `assumeEmpty`")
            }
            None => continue,
        };
        findings.push(finding.at(place.clone()));
    }
    findings
}

/// The names of the emergency accounts: the guards speak of them.
pub fn break_glass_names(guards: &GuardsFile) -> Vec<String> {
    let accounts = guards.guards.break_glass.iter();
    accounts
        .flat_map(|accounts| accounts.users.iter().chain(&accounts.groups).cloned())
        .collect()
}

/// What is wrong with the names of an invariant, at their places. `accounts` are names of the
/// guards file, of which the guards speak.
pub fn check_invariant(
    set: &PolicySet,
    policies: &CompiledPolicies,
    asked: &AskedClaim,
    accounts: &[String],
    known: NamesKnown,
) -> Vec<Finding> {
    let all_known = known == NamesKnown::InTenant;
    let mut findings = Vec::new();
    for part in asked.manifest.parts() {
        for (kind, pointer, name) in part.references() {
            let special = special::canonical(kind.special_values(), name.trim()).is_some();
            if special || accounts.contains(&name) || is_guid(name.trim()) && !all_known {
                continue;
            }
            let Some(meant) = unknown_reference(set, policies, kind, &name) else {
                continue;
            };
            let words = kind.words();
            let message = format!("there is no {words} `{}`", name.escape_debug());
            let closed = all_known || kind == RefKind::Role;
            let finding = match &meant {
                Some(meant) => Finding::error(Code::ClaimCase, message).help(match all_known {
                    true => format!("did you mean `{meant}`?"),
                    false => {
                        format!(
                            "did you mean `{meant}`? If not, write a manifest for it, or its id"
                        )
                    }
                }),
                None if closed => Finding::error(Code::ClaimCase, message)
                    .help("write the name of one that exists"),
                None => Finding::warning(Code::ClaimCase, message)
                    .help("it is assumed to be the tenant's own, and no policy names it"),
            };
            let place = match asked.pack {
                Some(_) => asked.place.clone(),
                None => asked.manifest.document.place(&pointer),
            };
            findings.push(finding.at(place));
        }
    }
    findings
}

/// For a name that nothing knows what it was most likely meant to be.
fn unknown_reference(
    set: &PolicySet,
    policies: &CompiledPolicies,
    kind: RefKind,
    name: &str,
) -> Option<Option<String>> {
    let user = |user: User| SignIn {
        user: Some(user),
        ..SignIn::default()
    };
    let sign_in = match kind {
        RefKind::User => user(User::named(name)),
        RefKind::Group => user(User {
            member_of: Some(vec![name.to_owned()]),
            ..User::default()
        }),
        RefKind::Role => user(User {
            roles: Some(vec![name.to_owned()]),
            ..User::default()
        }),
        RefKind::Application => SignIn {
            application: Some(Application::named(name)),
            ..SignIn::default()
        },
        RefKind::ServicePrincipal => SignIn {
            service_principal: Some(ServicePrincipal {
                name: Some(name.to_owned()),
                ..ServicePrincipal::default()
            }),
            ..SignIn::default()
        },
        RefKind::Context => SignIn {
            authentication_context: Some(name.to_owned()),
            ..SignIn::default()
        },
        RefKind::Location | RefKind::Strength | RefKind::Agreement | RefKind::Member => {
            return unlisted(set, kind, name);
        }
    };
    let mut unknown = policies.unknown_names(&sign_in);
    unknown.pop().map(|unknown| unknown.meant)
}

/// The same for what no sign-in can name: what the world lists, and what a policy names.
fn unlisted(set: &PolicySet, kind: RefKind, name: &str) -> Option<Option<String>> {
    let world = &set.world;
    let mut known: Vec<String> = Vec::new();
    let mut add = |id: Option<&str>, name: Option<&str>| {
        known.extend(id.into_iter().chain(name).map(str::to_owned));
    };
    match kind {
        RefKind::Location => {
            for one in &world.locations {
                add(one.id.as_deref(), Some(&one.display_name));
            }
        }
        RefKind::Strength => {
            if built_in_by_id(name).is_some() || built_in_by_name(name).is_some() {
                return None;
            }
            for one in built_in_strengths() {
                add(None, Some(one.display_name));
            }
            for one in &world.strengths {
                add(one.id.as_deref(), Some(&one.display_name));
            }
        }
        _ => {}
    }
    for one in world.names.iter().filter(|one| one.kind == kind) {
        add(Some(&one.id), Some(&one.name));
    }
    for policy in &set.policies {
        let object = Object::ConditionalAccessPolicy(Box::new(policy.clone()));
        let used = object.references().into_iter();
        known.extend(used.filter(|one| one.0 == kind).map(|one| one.2));
    }
    if known.iter().any(|one| one.eq_ignore_ascii_case(name)) {
        return None;
    }
    Some(did_you_mean(name, known.iter().map(String::as_str)).map(str::to_owned))
}
