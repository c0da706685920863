//! `weakening`: what takes protection, or may, is agreed to by `--allow-weakening` or by an
//! entry of the guards file. Whether anything does is proved for the plan as a whole: where no
//! sign-in passes more easily, nothing is asked, whatever the single actions look like.

use serde_json::Value;

use super::{AllowedBy, Hit, Inputs, notice};
use crate::analysis::Comparative;
use crate::finding::Finding;
use crate::model::Kind;
use crate::model::kind::same_name;
use crate::plan::sign_ins::SignInEffect;
use crate::plan::weakening::Class;
use crate::plan::{Action, Plan, Verb};

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>, notices: &mut Vec<Finding>) -> Vec<Hit> {
    let entries = &inputs.guards.guards.allow_weakening;
    let mut used = vec![false; entries.len()];
    let mut hits = Vec::new();
    let proved = plan.sign_ins.as_ref();
    let is_safe = proved.is_some_and(SignInEffect::is_safe);
    for action in &plan.actions {
        let Some(effect) = action.effect.as_ref().filter(|e| e.needs_consent()) else {
            continue;
        };
        if is_safe && !begins_to_trust(action) {
            continue;
        }
        let verb = match (effect.class, action.verb) {
            (_, Verb::Delete) => "removes protection",
            (Class::Unknown, _) => "may become weaker",
            _ => "becomes weaker",
        };
        let mut hit = Hit::error(format!(
            "the {} `{}` {verb}: {}",
            action.kind.words(),
            action.name,
            effect.reasons.join("; ")
        ))
        .help("if it is intended, let it through with `--allow-weakening` for this run, or with an entry of `allowWeakening` in the guards file, where reviewers see it")
        .on(action);
        let live = action.live.as_ref().map_or("", |live| live.name());
        for (entry, used) in entries.iter().zip(&mut used) {
            let kind = entry
                .kind
                .map_or(Kind::ConditionalAccessPolicy, |k| k.kind());
            let named = same_name(kind, &entry.name, &action.name)
                || same_name(kind, &entry.name, live)
                || action
                    .id
                    .as_deref()
                    .is_some_and(|id| id.eq_ignore_ascii_case(&entry.name));
            if kind == action.kind && named {
                hit.allowed = Some(AllowedBy::File);
                *used = true;
            }
        }
        hits.push(hit);
    }
    // The whole opens something that no single action seems to.
    if let Some(effect) = proved.filter(|_| !is_safe)
        && hits.is_empty()
    {
        hits.push(whole(effect));
    }
    unused(plan, inputs, &used, notices);
    hits
}

/// Risk is rated lower where a location is trusted, which no policy shows.
pub(super) fn begins_to_trust(action: &Action) -> bool {
    let trusts = |side: &Value| side.get("isTrusted") == Some(&Value::Bool(true));
    action.kind == Kind::NamedLocation && trusts(&action.after) && !trusts(&action.before)
}

fn whole(effect: &SignInEffect) -> Hit {
    let message = match effect.looser.first() {
        _ if effect.verdict == Comparative::Open => format!(
            "it is not known whether some sign-ins pass more easily after this plan: that depends on {}",
            effect.open_because.join(", ")
        ),
        Some(change) => format!(
            "some sign-ins pass more easily after this plan, although no single action seems to weaken anything ({})",
            change.at()
        ),
        None => "some sign-ins pass more easily after this plan".to_owned(),
    };
    Hit::error(message)
        .help("the plan shows such a sign-in; if it is intended, let it through with `--allow-weakening` for this run")
}

/// Entries of the guards file that let nothing through.
fn unused(plan: &Plan, inputs: Inputs<'_>, used: &[bool], notices: &mut Vec<Finding>) {
    let entries = &inputs.guards.guards.allow_weakening;
    if plan.is_empty() {
        return;
    }
    for (index, (entry, used)) in entries.iter().zip(used).enumerate() {
        if !used {
            notices.push(notice(
                format!(
                    "`allowWeakening` for `{}` changed nothing in this run; remove it when it is done",
                    entry.name
                ),
                inputs.guards.place(&format!("/allowWeakening/{index}")),
            ));
        }
    }
}
