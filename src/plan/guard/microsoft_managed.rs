//! `microsoft-managed`: policies that Microsoft puts into a tenant and keeps up are left
//! alone (T-R03). Graph has no member that tells them; Microsoft names them with a prefix that
//! administrators cannot change.

use super::Hit;
use crate::model::Kind;
use crate::plan::{Plan, Verb};

/// True for the name of a policy that Microsoft manages.
pub fn is_microsoft_managed(name: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    name.split_once(':')
        .is_some_and(|(mark, _)| letters(mark) == "microsoftmanaged")
}

pub(super) fn check(plan: &Plan) -> Vec<Hit> {
    let mut hits = Vec::new();
    for action in &plan.actions {
        let managed = is_microsoft_managed;
        let name = action.live.as_ref().map_or("", |live| live.name());
        if action.kind != Kind::ConditionalAccessPolicy {
            continue;
        }
        if action.verb != Verb::Create && managed(name) {
            hits.push(
                Hit::error(format!(
                    "`{name}` is managed by Microsoft and would be {}d",
                    action.verb.as_str()
                ))
                .help("remove its manifest; create a policy of your own instead, or change Microsoft's in the portal")
                .on(action),
            );
        } else if action.verb != Verb::Delete && managed(&action.name) {
            hits.push(
                Hit::error(format!(
                    "`{}` would have a name like Microsoft-managed policies, which scopes and `destroy` leave alone",
                    action.name
                ))
                .help("give it another name")
                .on(action),
            );
        }
    }
    hits
}
