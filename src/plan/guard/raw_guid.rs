//! `raw-guid`: a reviewer cannot read an id. Only what this plan creates or changes is looked
//! at.

use std::collections::HashMap;

use super::{GuardFinding, Hit, Inputs};
use crate::finding::Place;
use crate::manifest::guards::Guard;
use crate::manifest::write::flow;
use crate::model::Object;
use crate::model::tables::special;
use crate::plan::{Action, Plan, Verb};
use crate::text::is_guid;

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let at = |place: &Place| (place.file.name.clone(), place.range.start);
    let actions: HashMap<(String, usize), &Action> = (plan.actions.iter())
        .filter(|action| action.verb != Verb::Delete)
        .filter_map(|action| Some((at(action.place.as_ref()?), action)))
        .collect();
    for manifest in inputs.desired.iter().flat_map(|d| &d.manifests) {
        let Some(action) = actions.get(&at(&manifest.place())) else {
            continue;
        };
        let ids: Vec<(String, String)> = match &manifest.object {
            Object::ConditionalAccessPolicy(_) | Object::Group(_) | Object::TestUser(_) => manifest
                .object
                .references()
                .into_iter()
                .filter(|(kind, _, target)| {
                    is_guid(target.trim())
                        && special::canonical(kind.special_values(), target.trim()).is_none()
                })
                .map(|(_, pointer, target)| (pointer, target))
                .collect(),
            _ => Vec::new(),
        };
        let Some((pointer, first)) = ids.first() else {
            continue;
        };
        let name = plan.name_of(first);
        let more = match ids.len() {
            1 => String::new(),
            n => format!(" and {} more references", n - 1),
        };
        let hit = Hit::warning(format!(
            "`{}` refers by id to `{first}`{more}, which a reviewer cannot read",
            action.name
        ));
        let known = name != *first && !name.contains(first.as_str());
        let hit = match known {
            true => hit.help(format!("write `{}`", flow(&name.as_str().into()))),
            false => hit.help("write the name of the object"),
        };
        hits.push(hit.on(action).at(Some(manifest.document.place(pointer))));
    }
    hits
}

/// A saved plan holds ids alone: what was found in its manifests is what was found in the
/// review. The guards file may have become stricter about it.
pub(super) fn again(reviewed: &[GuardFinding]) -> Vec<Hit> {
    let found = reviewed.iter().filter(|v| v.guard == Guard::RawGuid);
    found
        .map(|verdict| {
            Hit::warning(verdict.finding.message.clone())
                .help("write the name of the object, and make a new plan")
        })
        .collect()
}
