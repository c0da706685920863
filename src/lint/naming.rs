//! Names that do not follow the pattern that the project sets for their kind.

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::Kind;

pub(super) const RULE: Rule = Rule {
    id: LintRule::Naming,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let naming = &subject.file.config.lint.naming;
    for kind in Kind::ALL {
        let (Some(pattern), Some(regex)) = (naming.of(kind), naming.regex(kind)) else {
            continue;
        };
        for manifest in (subject.desired.manifests.iter()).filter(|m| m.kind() == kind) {
            let name = manifest.object.display_name();
            // A location that the service names, and contexts without a name, follow nobody.
            if !name.is_empty() && !regex.is_match(name) {
                report
                    .add(
                        manifest.document.place("/displayName"),
                        format!("`{name}` does not match the naming pattern `{pattern}`"),
                        "give it another name, and add this one to `renamedFrom`, so that the object is renamed and not recreated",
                    )
                    .related
                    .push((
                        subject.file.document.place(&format!("/lint/naming/{kind}")),
                        "the pattern".to_owned(),
                    ));
            }
        }
    }
}
