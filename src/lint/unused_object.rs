//! Locations, strengths and contexts that no policy names: left over, or forgotten in the
//! policy that was meant to use them.

use std::collections::HashSet;

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::Kind;
use crate::model::kind::Object;
use crate::model::refs::RefKind;

pub(super) const RULE: Rule = Rule {
    id: LintRule::UnusedObject,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let mut used: HashSet<(RefKind, String)> = HashSet::new();
    let mut policies = 0;
    for policy in subject.policies() {
        policies += 1;
        for (kind, _, text) in policy.manifest.object.references() {
            let key = subject.key(kind, &text);
            used.insert((kind, key));
        }
    }
    if policies == 0 {
        return; // the policies are elsewhere
    }
    let all_trusted = used.contains(&(RefKind::Location, "AllTrusted".to_owned()));
    for manifest in &subject.desired.manifests {
        let kind = match manifest.kind() {
            Kind::NamedLocation => RefKind::Location,
            Kind::AuthenticationStrength => RefKind::Strength,
            Kind::AuthenticationContext => RefKind::Context,
            _ => continue,
        };
        let trusted = matches!(&manifest.object, Object::NamedLocation(location)
            if location.is_trusted == Some(true));
        if used.contains(&(kind, subject.key(kind, manifest.name()))) || trusted && all_trusted {
            continue;
        }
        let tail = match trusted {
            true => ", nor `AllTrusted`",
            false => "",
        };
        report.add(
            manifest.place(),
            format!("no policy of the project names this {}{tail}", kind.words()),
            "name it in a policy, or delete the manifest",
        );
    }
}
