//! `budget`: how much one plan may delete, disable and weaken, as a number and as a share of
//! the objects that the project manages. Where it is proved that no sign-in passes more easily,
//! nothing is weakened; what is deleted or disabled counts whatever it does.

use super::weakening::begins_to_trust;
use super::{Hit, Inputs};
use crate::model::Kind;
use crate::plan::{Action, Plan, Verb};
use crate::text::few_names;

/// What counts against which limit.
struct Count<'a> {
    word: &'static str,
    property: &'static str,
    limit: u32,
    found: Vec<&'a Action>,
    of: usize,
    of_what: &'static str,
}

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let budget = &inputs.guards.guards.budget;
    let exist = |kind: Option<Kind>| {
        let of = |k: Kind| kind.is_none_or(|kind| kind == k);
        let acted = plan
            .actions
            .iter()
            .filter(|a| a.verb != Verb::Create && of(a.kind));
        acted.count() + plan.unchanged.iter().filter(|u| of(u.kind)).count()
    };
    let policy = Kind::ConditionalAccessPolicy;
    let enabled = super::super::weakening::is_enabled;
    let disabled = |a: &Action| {
        a.kind == policy && a.verb == Verb::Update && enabled(&a.before) && !enabled(&a.after)
    };
    // What the plan does as a whole is proved, or not.
    let is_safe = plan
        .sign_ins
        .as_ref()
        .is_some_and(|effect| effect.is_safe());
    let weaker = |a: &Action| {
        let asks = a.effect.as_ref().is_some_and(|e| e.needs_consent());
        a.verb == Verb::Update && asks && !disabled(a) && (!is_safe || begins_to_trust(a))
    };
    let counts = [
        Count {
            word: "deleted",
            property: "deletes",
            limit: budget.deletes,
            found: plan
                .actions
                .iter()
                .filter(|a| a.verb == Verb::Delete)
                .collect(),
            of: exist(None),
            of_what: "objects",
        },
        Count {
            word: "disabled",
            property: "disables",
            limit: budget.disables,
            found: plan.actions.iter().filter(|a| disabled(a)).collect(),
            of: exist(Some(policy)),
            of_what: "policies",
        },
        Count {
            word: "weakened",
            property: "weakens",
            limit: budget.weakens,
            found: plan.actions.iter().filter(|a| weaker(a)).collect(),
            of: exist(None),
            of_what: "objects",
        },
    ];
    let share = budget.share.percent();
    let mut hits = Vec::new();
    for count in counts {
        let n = count.found.len();
        let over_share = n > 1 && n * 100 > share * count.of;
        let what = if n > count.limit as usize {
            let limit = count.limit;
            format!("the budget allows {limit} in one plan")
        } else if over_share {
            let (of, of_what) = (count.of, count.of_what);
            format!("that is more than {share}% of the {of} {of_what} that the project manages")
        } else {
            continue;
        };
        let are = if n == 1 { "object is" } else { "objects are" };
        hits.push(
            Hit::error(format!(
                "{n} {are} to be {}, and {what}: {}",
                count.word,
                few_names(count.found.iter().map(|a| &a.name), 5)
            ))
            .help(format!(
                "apply it in smaller steps, or raise `budget.{}` or `budget.share` in the guards file",
                count.property
            )),
        );
    }
    hits
}
