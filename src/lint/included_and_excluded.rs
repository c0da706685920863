//! What a policy includes and excludes by name: the exclusion wins, and one of the two is a
//! mistake (documentation: exclusion beats inclusion everywhere).

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::conditions::{Condition, Limit};

pub(super) const RULE: Rule = Rule {
    id: LintRule::IncludedAndExcluded,
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
                        policy.at(&format!("{}/{index}", pair.row.pointer(pair.row.exclude))),
                        format!(
                            "the {} `{text}` is both included and excluded; the exclusion wins",
                            pair.row.one
                        ),
                        "remove it from one of the two lists",
                    )
                    .related
                    .push((
                        policy.at(&format!("{}/{at}", pair.row.pointer(pair.row.include))),
                        "included here".to_owned(),
                    ));
            }
        }
    }
}

/// An including list and the excluding one beside it.
pub(super) struct ListPair {
    pub row: &'static Condition,
    /// Each item as it is written, and in one spelling.
    pub included: Vec<(String, String)>,
    pub excluded: Vec<(String, String)>,
}

impl ListPair {
    /// True when everything that is included is excluded as well.
    pub(crate) fn is_empty_set(&self) -> bool {
        !self.included.is_empty()
            && (self.included.iter()).all(|(_, key)| self.excluded.iter().any(|(_, e)| e == key))
    }
}

/// The lists of a policy that come in pairs.
pub(super) fn pairs(subject: &Subject<'_>, policy: Policy<'_>) -> Vec<ListPair> {
    let keyed = |row: &Condition, items: &[&str]| -> Vec<(String, String)> {
        let key = |text: &str| match row.refs {
            Some(kind) => subject.key(kind, text),
            None => text.to_owned(),
        };
        items.iter().map(|text| ((*text).to_owned(), key(text))).collect()
    };
    let conditions = &policy.policy.conditions;
    (conditions.stated())
        .filter_map(|row| match (row.read)(conditions) {
            Limit::Sides { included, excluded } => Some(ListPair {
                row,
                included: keyed(row, &included),
                excluded: keyed(row, &excluded),
            }),
            _ => None,
        })
        .collect()
}
