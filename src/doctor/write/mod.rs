//! What can only be found out by writing: each probe makes an object of its own, disabled or
//! report-only and about nobody, and sees what the tenant does with it.

mod more;
mod objects;
mod patches;
mod policies;
mod script;

use serde_json::Value;

use super::told;
use super::{COMMAND, Mask, PREFIX, Probe, ProbeQuestion, ProbeVerdict, UNASKED};
use crate::apply::step::Purpose;
use crate::apply::trial::{Heard, Trials};
use crate::graph::request::Method;

pub use script::Script;

/// A question that takes a write: what is done to answer it, and what the answer is.
#[derive(Debug, Clone, Copy)]
struct Trial {
    question: ProbeQuestion,
    /// Says what is done.
    make: fn(&mut Script),
    /// Judges what was heard of it, step by step.
    judge: fn(&[Heard]) -> ProbeVerdict,
    /// It means something only where a plain policy is taken.
    rests_on_plain: bool,
}

/// What is known of the tenant before anything is made.
#[derive(Debug, Clone, Default)]
pub struct TrialGround {
    /// The tenant's name in gatewright.yaml.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The id of some user: `evaluate` asks for one.
    pub user: Option<String>,
    /// The id of some service principal.
    pub service_principal: Option<String>,
    /// The root of Graph: members are named by addresses.
    pub root: String,
}

/// Everything that is done, and what each probe has of it.
#[derive(Debug)]
pub struct TrialPlan {
    /// What is carried out.
    pub trials: Trials,
    /// The steps of each probe.
    spans: Vec<std::ops::Range<usize>>,
}

fn all() -> Vec<Trial> {
    [
        patches::TRIALS,
        policies::TRIALS,
        more::TRIALS,
        objects::TRIALS,
    ]
    .concat()
}

/// The questions.
pub fn questions() -> Vec<ProbeQuestion> {
    all().iter().map(|trial| trial.question).collect()
}

/// What is done. `token` tells the objects of one run from those of another.
pub fn plan(ground: &TrialGround, token: &str) -> TrialPlan {
    let mut script = Script::new(ground, token);
    let mut spans = Vec::new();
    for trial in all() {
        let from = script.begin(trial.question.id);
        (trial.make)(&mut script);
        spans.push(from..script.trials.steps.len());
    }
    let mut trials = script.trials;
    trials.command = COMMAND;
    trials.tenant.clone_from(&ground.tenant);
    trials.tenant_id.clone_from(&ground.tenant_id);
    TrialPlan { trials, spans }
}

/// The answers.
pub fn judge(plan: &TrialPlan, heard: &[Heard], mask: &mut Mask) -> Vec<Probe> {
    let plain = plan.spans.first().and_then(|span| heard.get(span.start));
    let taken = plain.is_some_and(|first| told::answer(first).is_some());
    let trials = all();
    let probes = trials.iter().zip(&plan.spans).map(|(trial, span)| {
        let own = heard.get(span.clone()).unwrap_or_default();
        let verdict = match (taken || !trial.rests_on_plain, plain) {
            (false, Some(first)) => ProbeVerdict::open(format!(
                "a plain policy is refused too: {}",
                told::line(first)
            )),
            _ if own.is_empty() => ProbeVerdict::open("nothing could be tried"),
            _ => (trial.judge)(own),
        };
        trial.question.answered(verdict, mask)
    });
    probes.collect()
}

/// What of it still stands after a run: whatever was not deleted on the way, as far as that was
/// answered. By the numbers of the objects.
pub fn standing(plan: &TrialPlan, heard: &[Heard]) -> Vec<bool> {
    let mut standing = vec![true; plan.trials.objects.len()];
    for ((object, step), one) in plan.trials.steps.iter().zip(heard) {
        let done = told::answer(one).is_some();
        let Some(slot) = standing.get_mut(*object).filter(|_| done) else {
            continue;
        };
        let about_itself = !step.request.path.ends_with("/$ref");
        match (step.request.method, step.purpose) {
            (Method::Delete, _) if about_itself => *slot = false,
            (_, Purpose::Create | Purpose::Restore) => *slot = true,
            _ => {}
        }
    }
    standing
}

/// Questions that are not asked: their answers, with the way to them.
pub fn unasked(mask: &mut Mask) -> Vec<Probe> {
    let probes = questions().into_iter();
    probes
        .map(|question| question.answered(ProbeVerdict::open(UNASKED), mask))
        .collect()
}

/// A name of doctor's.
fn name(token: &str, what: &str) -> String {
    format!("{PREFIX} {token} {what}")
}

/// Judges by the first step: `taken` or `refused`.
fn first(heard: &[Heard]) -> ProbeVerdict {
    heard.first().map(told::taken).unwrap_or_default()
}

/// Judges by the last step: `taken` or `refused`.
fn last(heard: &[Heard]) -> ProbeVerdict {
    heard.last().map(told::taken).unwrap_or_default()
}

/// Judges by what a read shows of one member after a change was taken.
fn by_look(
    heard: &[Heard],
    at: &str,
    judge: impl Fn(Option<&Value>) -> Option<&'static str>,
) -> ProbeVerdict {
    let Some(look) = heard.last() else {
        return ProbeVerdict::default();
    };
    // A change that was refused tells of itself.
    let failed = heard.iter().find(|one| told::answer(one).is_none());
    if let Some(failed) = failed {
        return ProbeVerdict::open(told::line(failed));
    }
    if look.after.is_none() {
        return ProbeVerdict::open(format!(
            "the tenant did not show the change in time: {}",
            told::line(look)
        ));
    }
    let member = told::answer(look).and_then(|shown| shown.pointer(at));
    let shown = member.map_or_else(|| "absent".to_owned(), Value::to_string);
    let evidence = format!("{}: `{at}` is `{shown}`", look.request);
    match judge(member) {
        Some(word) => ProbeVerdict::of(word, evidence),
        None => ProbeVerdict::open(evidence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn ground() -> TrialGround {
        TrialGround {
            user: Some("11111111-1111-4111-8111-111111111111".to_owned()),
            service_principal: Some("22222222-2222-4222-8222-222222222222".to_owned()),
            root: "https://graph.microsoft.com".to_owned(),
            ..TrialGround::default()
        }
    }

    /// Whatever is made bears doctor's name, and nothing of it is in force or about anybody.
    #[test]
    fn nothing_that_is_made_is_in_force() {
        let plan = plan(&ground(), "0a1b2c3d");
        for object in &plan.trials.objects {
            assert!(object.name.starts_with("GATEWRIGHT-DOCTOR 0a1b2c3d"));
        }
        for (object, step) in &plan.trials.steps {
            let request = &step.request;
            let Some(body) = request
                .body
                .as_ref()
                .filter(|_| request.method != Method::Get)
            else {
                continue;
            };
            if let Some(name) = body.get("displayName").and_then(Value::as_str) {
                assert!(name.starts_with("GATEWRIGHT-DOCTOR 0a1b2c3d"), "{name}");
            }
            let kind = plan.trials.objects[*object].kind;
            let makes = request.method == Method::Post && request.path.ends_with("/policies");
            if kind == Kind::ConditionalAccessPolicy && makes {
                let state = body["state"].as_str().unwrap();
                assert!(
                    ["disabled", "enabledForReportingButNotEnforced"].contains(&state),
                    "{body}"
                );
            }
            assert_ne!(body["state"], "enabled");
            // Nobody is let into a group but a service principal, and no location of the world
            // is trusted.
            if body["isTrusted"] == true {
                assert_eq!(body["ipRanges"][0]["cidrAddress"], "192.0.2.1/32");
            }
        }
    }

    /// Every object that is changed or deleted is one that the run itself made.
    #[test]
    fn nothing_of_others_is_touched() {
        let plan = plan(&ground(), "0a1b2c3d");
        for (_, step) in &plan.trials.steps {
            let request = &step.request;
            if matches!(request.method, Method::Patch | Method::Delete) {
                assert!(request.path.contains('{'), "{request}");
            }
        }
    }

    #[test]
    fn where_a_plain_policy_is_refused_the_rest_is_open() {
        let plan = plan(&ground(), "0a1b2c3d");
        let heard = vec![Heard::default(); plan.trials.steps.len()];
        let probes = judge(&plan, &heard, &mut Mask::default());
        assert!(probes.iter().all(Probe::is_open));
    }
}
