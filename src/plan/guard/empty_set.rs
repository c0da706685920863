//! `empty-set`: a glob that matches nothing must not end every policy.

use super::Hit;
use crate::model::Kind;
use crate::plan::{Plan, Verb};

pub(super) fn check(plan: &Plan) -> Vec<Hit> {
    let kind = Kind::ConditionalAccessPolicy;
    let of = |verb| {
        plan.actions
            .iter()
            .filter(|a| a.kind == kind && a.verb == verb)
            .count()
    };
    let described = of(Verb::Create) + of(Verb::Update);
    let unchanged = plan.unchanged.iter().any(|u| u.kind == kind);
    match of(Verb::Delete) {
        0 => Vec::new(),
        _ if described > 0 || unchanged => Vec::new(),
        ended => vec![
            Hit::error(format!(
                "the project has no policy, and its scope would delete all {ended} live ones"
            ))
            .help("check `manifests:` in gatewright.yaml; to delete them on purpose, keep their manifests and run `gatewright destroy`"),
        ],
    }
}
