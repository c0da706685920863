//! Actions for the tests of what is shown of them.

use serde_json::Value;

use crate::finding::Place;
use crate::finding::source::SourceFile;
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::plan::{Action, Phase, Verb};

/// An action on a policy that nobody judged.
pub(super) fn action(verb: Verb, name: &str, before: Value, after: Value) -> Action {
    let file = SourceFile::new("policies/all.yaml", "x", "kind: x\n".to_owned());
    let kind = Kind::ConditionalAccessPolicy;
    let changes = crate::plan::diff::changes(&before, &after);
    Action {
        verb,
        kind,
        name: name.to_owned(),
        id: (verb != Verb::Create).then(|| "11111111-2222-3333-4444-555555555555".to_owned()),
        place: (verb != Verb::Delete).then(|| Place::new(&file, 0..4)),
        phase: Phase::Change,
        reason: match verb {
            Verb::Create => crate::plan::build::missing(kind),
            Verb::Update => crate::plan::build::differs_in(&changes),
            Verb::Delete => "it is in the project's scope and has no manifest".to_owned(),
        },
        changes,
        before,
        after,
        desired: None,
        live: None,
        links: Default::default(),
        ignored: Vec::new(),
        restore: false,
        purge: None,
        edition: Edition::V1,
        effect: None,
    }
}
