//! The names of a sign-in that nothing knows: refused where they are likely misspelt, told where
//! they may be what the manifests do not hold.

use crate::finding::{Code, Finding, Severity};
use crate::manifest::case::ScenarioManifest;
use crate::manifest::scenario::ExpectedConsequence;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::whatif::{CompiledPolicies, SignIn, SignInFault};

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
            let message = format!("no {} `{name}` is known", kind.words());
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
                    "write the name of one that there is".to_owned()
                }
                (None, true) => describe.to_owned(),
                (None, false) => match describe {
                    "" => "it is taken to be the tenant's own, and no policy names it".to_owned(),
                    describe => {
                        format!("it is taken to be the tenant's own; {describe}")
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
            "name the application that is opened, such as `Office 365 Exchange Online`; one of your own that no policy names: `{ name: ..., ownedBy: tenant }`",
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
                "`{}` stands for {} in policies; a sign-in is of one",
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
            "somebody whom no manifest names is described: `user: { name: ..., memberOf: [...], roles: [...] }`",
            "one of your own is described: `{ name: ..., ownedBy: tenant }`",
            "one of your own is described: `servicePrincipal: { name: ..., ownedBy: tenant }`",
        ),
        NamesKnown::InTenant => (
            "name a user of the tenant; somebody whom it does not have is described without a name: `user: { memberOf: [...], roles: [...] }`",
            "name an application of the tenant; one that no policy names is described without a name: `{ ownedBy: tenant }`",
            "name a service principal of the tenant; one that no policy names is described without a name: `servicePrincipal: { ownedBy: tenant }`",
        ),
        NamesKnown::Unread => (
            "nothing is looked up for many sign-ins: say who it is, `user: { name: ..., memberOf: [...], roles: [...] }`",
            "nothing is looked up for many sign-ins: say whose it is, `{ name: ..., ownedBy: tenant }`",
            "nothing is looked up for many sign-ins: say whose it is, `servicePrincipal: { name: ..., ownedBy: tenant }`",
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
                let message = format!("no policy `{}` is known", name.escape_debug());
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
