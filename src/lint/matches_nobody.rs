//! Policies that never apply: they protect nothing, and look as if they did.

use super::included_and_excluded::{ListPair, pairs};
use super::view::{Policy, holds, quote};
use super::{RuleFindings, Rule, Subject};
use crate::finding::{Confidence, LintRule};
use crate::model::conditions::{Limit, Part};
use crate::model::kind::Object;
use crate::model::policy::Users;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::whatif::{
    Application, CompiledPolicies, Environment, Match, User, World,
};

pub(super) const RULE: Rule = Rule {
    id: LintRule::MatchesNobody,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let objects = subject.desired.manifests.iter().map(|m| &m.object);
    let world = World::new(objects, Environment::default());
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    let compiled = CompiledPolicies::new(policies.iter().map(|one| one.policy), &world);
    for (given, policy) in policies.into_iter().enumerate() {
        let number = compiled.number_of(given).unwrap_or_default();
        none(policy, report);
        let users = policy.people();
        let mut subjects = 0;
        let mut gone = Vec::new();
        for pair in pairs(subject, policy) {
            let of_subjects = pair.row.part == Part::Who;
            subjects += usize::from(of_subjects && !pair.included.is_empty());
            if !pair.is_empty_set() && !is_left_out(&compiled, number, &pair) {
                continue;
            }
            match of_subjects {
                // Users, groups, roles and guests are joined by or: all must be gone.
                true => gone.push(pair),
                false => {
                    report.add(
                        policy.at(&pair.row.pointer(pair.row.include)),
                        format!(
                            "every {} that the policy includes is also excluded: it never applies",
                            pair.row.one
                        ),
                        "remove the wrong exclusions, or delete the policy",
                    );
                }
            }
        }
        let conditions = &policy.policy.conditions;
        // Guests by type, and what a filter adds.
        let more = (conditions.stated()).any(|row| {
            row.part == Part::Who && matches!((row.read)(conditions), Limit::Opaque(_)) && row.exclude.is_empty()
        });
        if let Some(pair) = gone.first()
            && gone.len() == subjects
            && !more
        {
            report.add(
                policy.at(&pair.row.pointer(pair.row.include)),
                format!(
                    "every {} that the policy includes is also excluded: it applies to nobody",
                    pair.row.one
                ),
                "remove the wrong exclusions, or delete the policy",
            );
        } else {
            // What is gone in part is told item by item.
            for pair in gone {
                report.add(
                    policy.at(&pair.row.pointer(pair.row.include)),
                    format!(
                        "every {} that is included here is also excluded",
                        pair.row.one
                    ),
                    "remove it from one of the two lists",
                );
            }
        }
        if let Some(users) = users {
            empty_groups(subject, policy, users, report);
        }
    }
}

/// True when whoever, or whatever, a list includes is left out for sure by another one: a user
/// by a group, an application by its suite.
fn is_left_out(compiled: &CompiledPolicies, policy: usize, pair: &ListPair) -> bool {
    let Some(kind) = pair.row.refs.filter(|_| !pair.included.is_empty()) else {
        return false;
    };
    pair.included.iter().all(|(name, _)| {
        if special::canonical(kind.special_values(), name.trim()).is_some() {
            return false;
        }
        let one = || Some(vec![name.clone()]);
        let user = match kind {
            RefKind::User => User::named(name.as_str()),
            RefKind::Group => User { member_of: one(), ..User::default() },
            RefKind::Role => User { roles: one(), ..User::default() },
            RefKind::Application => {
                let application = Application::named(name.as_str());
                return compiled.is_for_application(policy, application) == Match::No;
            }
            _ => return false,
        };
        compiled.is_for_user(policy, user) == Match::No
    })
}

/// `None` is how a policy is parked; what is parked had better be disabled.
fn none(policy: Policy<'_>, report: &mut RuleFindings<'_>) {
    if let Some(users) = policy.people()
        && holds(special::users(), &users.include_users, "None")
    {
        report.add(
            policy.at("/conditions/users/includeUsers"),
            "the policy includes `None`: it applies to nobody",
            "name whom it applies to, or write `state: disabled`",
        );
    }
    // Real policies that enforce locations strictly are set up so (rule CA-R107).
    let strict = (policy.policy.session_controls.as_ref())
        .is_some_and(|session| session.continuous_access_evaluation.is_some());
    if let Some(apps) = &policy.policy.conditions.applications
        && !strict
        && holds(special::applications(), &apps.include_applications, "None")
    {
        report.add(
            policy.at("/conditions/applications/includeApplications"),
            "the policy includes `None`: it applies to no resource",
            "name what it applies to, or write `state: disabled`",
        );
    }
}

/// The policy is for groups alone, and by their manifests all of them are empty.
fn empty_groups(subject: &Subject<'_>, policy: Policy<'_>, users: &Users, report: &mut RuleFindings<'_>) {
    let others = !users.include_users.is_empty()
        || !users.include_roles.is_empty()
        || users.include_guests_or_external_users.is_some();
    if others || users.include_groups.is_empty() {
        return;
    }
    let included = subject.keys(RefKind::Group, &users.include_groups);
    let empty = included.iter().all(|key| {
        let manifest = subject.manifest(crate::model::Kind::Group, key);
        let declared = manifest.is_some_and(|manifest| {
            matches!(&manifest.object, Object::Group(group)
                if !group.is_dynamic() && group.members.as_ref().is_some_and(|m| m.is_empty()))
        });
        declared && !subject.is_joined(key)
    });
    if empty {
        let names: Vec<String> = users.include_groups.iter().map(|g| quote(g)).collect();
        report
            .add(
                policy.at("/conditions/users/includeGroups"),
                format!(
                    "by its manifest, nobody is in {}: the policy applies to nobody",
                    names.join(", ")
                ),
                "add members to the group, or leave `members` out of its manifest if others manage them",
            )
            .confidence = Some(Confidence::Medium);
    }
}
