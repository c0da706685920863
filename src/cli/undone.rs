//! What the manifests still say after a run was undone.

use super::console::Console;
use super::view::{self, Manifests};
use super::{Common, Exit};
use crate::plan::file::UndoneRun;
use crate::plan::{Action, Plan};
use crate::text::{few_names, visible};

/// What is said where the tenant is not read again after a rollback.
const MAYBE: &str = "Whether the manifests still describe what was rolled back is not known: run `gatewright plan`.";

/// Tells where the manifests still say otherwise after a run was undone by `plan`, which ended so,
/// and how to go on.
pub async fn still_said(
    plan: &Plan,
    undone: &UndoneRun,
    exit: Exit,
    common: &Common,
    console: &Console,
) {
    if plan.is_empty() || exit == Exit::Refused {
        return;
    }
    if exit != Exit::Done {
        // What is not known yet would be waited for again.
        console.note(MAYBE);
        return;
    }
    let common = Common {
        tenant: Some(plan.tenant.clone()),
        quiet: true,
        ..common.clone()
    };
    let quiet = Console::new(&common);
    let Ok(view) = view::open(&common, &quiet, Manifests::MayBeNone, |_| {}).await else {
        console.note(MAYBE);
        return;
    };
    let Ok(again) = view.plan(&view.desired) else {
        return;
    };
    let is_of = |action: &&Action| {
        let mut back = plan.actions.iter();
        back.any(|own| {
            own.kind == action.kind
                && (own.name == action.name || own.id.is_some() && own.id == action.id)
        })
    };
    let names: Vec<String> = (again.actions.iter())
        .filter(is_of)
        .map(|action| visible(&action.name, false))
        .collect();
    if names.is_empty() {
        return;
    }
    let commit = match &undone.commit {
        Some(commit) => {
            let commit = commit.trim_end_matches("-dirty");
            format!(" (`git revert {commit:.12}`, where that commit made the change)")
        }
        None => String::new(),
    };
    let what = few_names(&names, 5);
    console.note(&format!(
        "\nThe manifests still say what was undone, for {what}: the next `gatewright apply` does it again.\nTo keep the tenant as it is now, also undo the change in the manifests{commit}, or write the tenant's state to them with `gatewright drift --adopt`.\n`gatewright plan` shows what differs."
    ));
}
