//! What a policy includes and excludes by name: the exclusion wins, and one of the two is a
//! mistake (evaluation section 1: exclusion beats inclusion everywhere).

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::{Confidence, Severity};
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;

pub(super) const RULE: Rule = Rule {
    id: "included-and-excluded",
    summary: "a policy includes something by name and excludes the same, so it is not covered",
    severity: Severity::Warning,
    confidence: Confidence::High,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject.policies() {
        for pair in pairs(subject, policy) {
            if pair.is_empty_set() {
                continue; // the rule `matches-nobody` says more
            }
            for (index, (text, key)) in pair.excluded.iter().enumerate() {
                let Some(at) = pair.included.iter().position(|(_, other)| other == key) else {
                    continue;
                };
                report
                    .add(
                        policy.at(&format!("{}/{index}", pair.exclude)),
                        format!(
                            "the {} `{text}` is included and excluded; the exclusion wins",
                            pair.words
                        ),
                        "take it out of one of the two lists",
                    )
                    .related
                    .push((
                        policy.at(&format!("{}/{at}", pair.include)),
                        "included here".to_owned(),
                    ));
            }
        }
    }
}

/// An including list and the excluding one beside it.
pub(super) struct ListPair {
    pub words: &'static str,
    pub include: &'static str,
    pub exclude: &'static str,
    /// Each item as it is written, and in one spelling.
    pub included: Vec<(String, String)>,
    pub excluded: Vec<(String, String)>,
}

impl ListPair {
    /// True when everything that is included is excluded as well.
    pub fn is_empty_set(&self) -> bool {
        !self.included.is_empty()
            && (self.included.iter()).all(|(_, key)| self.excluded.iter().any(|(_, e)| e == key))
    }
}

/// The lists of a policy that come in pairs.
pub(super) fn pairs(subject: &Subject<'_>, policy: Policy<'_>) -> Vec<ListPair> {
    let mut found = Vec::new();
    let mut add = |words, kind, include, exclude, included: &[String], excluded: &[String]| {
        let keyed = |items: &[String]| {
            items
                .iter()
                .map(|text| (text.clone(), subject.key(kind, text)))
                .collect()
        };
        found.push(ListPair {
            words,
            include,
            exclude,
            included: keyed(included),
            excluded: keyed(excluded),
        });
    };
    let conditions = &policy.policy.conditions;
    if let Some(users) = &conditions.users {
        add(
            "user",
            RefKind::User,
            "/conditions/users/includeUsers",
            "/conditions/users/excludeUsers",
            &users.include_users,
            &users.exclude_users,
        );
        add(
            "group",
            RefKind::Group,
            "/conditions/users/includeGroups",
            "/conditions/users/excludeGroups",
            &users.include_groups,
            &users.exclude_groups,
        );
        add(
            "role",
            RefKind::Role,
            "/conditions/users/includeRoles",
            "/conditions/users/excludeRoles",
            &users.include_roles,
            &users.exclude_roles,
        );
    }
    if let Some(apps) = &conditions.applications {
        add(
            "application",
            RefKind::Application,
            "/conditions/applications/includeApplications",
            "/conditions/applications/excludeApplications",
            &apps.include_applications,
            &apps.exclude_applications,
        );
    }
    if let Some(clients) = &conditions.client_applications {
        add(
            "service principal",
            RefKind::ServicePrincipal,
            "/conditions/clientApplications/includeServicePrincipals",
            "/conditions/clientApplications/excludeServicePrincipals",
            &clients.include_service_principals,
            &clients.exclude_service_principals,
        );
    }
    if let Some(locations) = &conditions.locations {
        add(
            "location",
            RefKind::Location,
            "/conditions/locations/includeLocations",
            "/conditions/locations/excludeLocations",
            &locations.include_locations,
            &locations.exclude_locations,
        );
    }
    if let Some(platforms) = &conditions.platforms {
        let texts = |items: &[crate::model::enums::DevicePlatform]| -> Vec<(String, String)> {
            items
                .iter()
                .map(|p| (p.as_str().to_owned(), p.as_str().to_owned()))
                .collect()
        };
        found.push(ListPair {
            words: "platform",
            include: "/conditions/platforms/includePlatforms",
            exclude: "/conditions/platforms/excludePlatforms",
            included: texts(&platforms.include_platforms),
            excluded: texts(&platforms.exclude_platforms),
        });
    }
    found
}
