//! Guards: rules that can refuse a plan, each in a file of its own, and what becomes of what
//! they find: tuned by the guards file, let through for one run by `--allow`.

mod block_all;
pub mod break_glass;
mod budget;
mod directory;
mod empty_set;
mod microsoft_managed;
mod policy_limit;
mod promotion;
mod protected;
mod raw_guid;
mod test_mark;
mod weakening;

pub use microsoft_managed::is_microsoft_managed;

use std::collections::{BTreeSet, HashMap};

use crate::finding::{Code, Finding, Place, Severity};
use crate::manifest::guards::{Guard, GuardSeverity, GuardsFile};
use crate::manifest::project::Desired;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::break_glass::BreakGlassAccounts;
use crate::tenant::snapshot::Snapshot;
use crate::whatif::Environment;

/// What the plan is for. Not every guard has a say in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanPurpose {
    /// The tenant as the manifests say.
    Converge,
    /// A saved plan of that sort, before it is carried out.
    Saved,
    /// What the manifests name, deleted: that is agreed to by the command itself.
    Destroy,
    /// Back to before a run: to a state that was there.
    Rollback,
    /// What was done to the tenant by another way, before the manifests take it over.
    Drift,
}

impl PlanPurpose {
    /// Whether a guard has a say.
    fn asks(self, guard: Guard) -> bool {
        use Guard::*;
        match self {
            PlanPurpose::Converge | PlanPurpose::Saved => true,
            PlanPurpose::Destroy => {
                matches!(guard, BreakGlass | Protected | TestMark | MicrosoftManaged)
            }
            PlanPurpose::Drift => matches!(guard, BreakGlass | BlockAll | Weakening),
            PlanPurpose::Rollback => !matches!(guard, Budget | EmptySet | Promotion | RawGuid),
        }
    }
}

/// What the guards look at, besides the plan.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What the plan is for.
    pub purpose: PlanPurpose,
    /// What was read of the tenant.
    pub snapshot: &'a Snapshot,
    /// The manifests; `None` for a plan that is not made from any.
    pub desired: Option<&'a Desired>,
    /// The guards file.
    pub guards: &'a GuardsFile,
    /// The break-glass accounts; `None` where none is declared.
    pub accounts: Option<&'a BreakGlassAccounts>,
    /// The guards that are let through for this run (`--allow`).
    pub allow: &'a [Guard],
    /// Facts of the tenant that no policy holds.
    pub environment: &'a Environment,
}

/// Why something that a guard found does not refuse the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedBy {
    /// By `--allow`, for this run.
    Flag,
    /// By an entry of the guards file.
    File,
}

/// What one guard found.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardFinding {
    /// The guard.
    pub guard: Guard,
    /// What it found, with the guard's id as its rule. An error refuses the plan.
    pub finding: Finding,
    /// Why it does not refuse all the same.
    pub allowed: Option<AllowedBy>,
    /// What it is about: kind and name.
    pub object: Option<(Kind, String)>,
}

impl GuardFinding {
    /// True when the plan must not be carried out.
    pub fn refuses(&self) -> bool {
        self.finding.severity == Severity::Error && self.allowed.is_none()
    }

    /// Whether somebody agreed to what `found` says when this was reviewed. What the guards
    /// file allowed is for the guards file as it is now.
    fn agrees_to(&self, found: &GuardFinding) -> bool {
        self.allowed == Some(AllowedBy::Flag)
            && self.guard == found.guard
            && self.finding.message == found.finding.message
    }
}

/// What a guard found, before it is tuned.
struct Hit {
    finding: Finding,
    object: Option<(Kind, String)>,
    allowed: Option<AllowedBy>,
}

impl Hit {
    fn error(message: impl Into<String>) -> Hit {
        Hit {
            finding: Finding::error(Code::Guard, message),
            object: None,
            allowed: None,
        }
    }

    fn warning(message: impl Into<String>) -> Hit {
        Hit {
            finding: Finding::warning(Code::Guard, message),
            object: None,
            allowed: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Hit {
        self.finding = self.finding.help(help);
        self
    }

    fn is_error(&self) -> bool {
        self.finding.severity == Severity::Error
    }

    fn at(mut self, place: Option<Place>) -> Hit {
        self.finding = self.finding.at_any(place);
        self
    }

    /// About an action: at its manifest.
    fn on(mut self, action: &Action) -> Hit {
        self.object = Some((action.kind, action.name.clone()));
        self.at(action.place.clone())
    }
}

/// A policy as it is after the plan.
struct After<'a> {
    name: &'a str,
    policy: &'a ConditionalAccessPolicy,
    /// The policy before; `None` for a new one.
    before: Option<&'a ConditionalAccessPolicy>,
    /// What the plan does with it; `None`: nothing.
    action: Option<&'a Action>,
}

impl After<'_> {
    /// True when it is enabled or report-only: then it is evaluated.
    fn is_on(&self) -> bool {
        use crate::model::enums::PolicyState;
        self.policy
            .state
            .as_ref()
            .is_some_and(|state| *state != PolicyState::Disabled)
    }

    fn is_enabled(&self) -> bool {
        use crate::model::enums::PolicyState;
        self.policy.state == Some(PolicyState::Enabled)
    }
}

fn policy(object: &Object) -> Option<&ConditionalAccessPolicy> {
    match object {
        Object::ConditionalAccessPolicy(policy) => Some(policy),
        _ => None,
    }
}

/// The policies of the tenant after the plan.
fn after<'a>(plan: &'a Plan, snapshot: &'a Snapshot) -> Vec<After<'a>> {
    let mut found = Vec::new();
    let actions = (plan.actions.iter()).filter(|a| a.kind == Kind::ConditionalAccessPolicy);
    let by_id: HashMap<&str, &Action> = actions
        .filter_map(|a| Some((a.id.as_deref()?, a)))
        .collect();
    for live in snapshot.of(Kind::ConditionalAccessPolicy) {
        let action = by_id.get(live.id.as_str()).copied();
        if action.is_some_and(|a| a.verb != Verb::Update) {
            continue; // deleted, or told below
        }
        let object = action
            .and_then(|a| a.desired.as_ref())
            .unwrap_or(&live.object);
        if let Some(now) = policy(object) {
            found.push(After {
                name: action.map_or(live.name(), |a| &a.name),
                policy: now,
                before: policy(&live.object),
                action,
            });
        }
    }
    for action in &plan.actions {
        if action.verb == Verb::Create
            && let Some(now) = action.desired.as_ref().and_then(policy)
        {
            found.push(After {
                name: &action.name,
                policy: now,
                before: None,
                action: Some(action),
            });
        }
    }
    found
}

/// Asks every guard that has a say. Their verdicts, and what each action does to protection,
/// become part of the plan. The plan's names must be known before.
///
/// The verdicts that a saved plan has before are those of its review. What `--allow` let
/// through there is let through again, where the guard finds the very same; what is new
/// refuses.
pub fn check(plan: &mut Plan, inputs: Inputs<'_>) {
    let reviewed = std::mem::take(&mut plan.guards);
    let spared = break_glass::ids(plan, inputs);
    let effects = super::weakening::assess(plan, inputs.snapshot, &spared);
    for (action, effect) in plan.actions.iter_mut().zip(effects) {
        action.effect = Some(effect);
    }
    let done = inputs.purpose == PlanPurpose::Drift;
    let users = inputs
        .accounts
        .iter()
        .flat_map(|facts| facts.users.values().flatten());
    let users: BTreeSet<String> = users.cloned().collect();
    let groups = spared.difference(&users).cloned().collect();
    let spared = [users, groups];
    plan.sign_ins =
        super::sign_ins::judge(plan, inputs.snapshot, inputs.environment, &spared, done);
    let mut verdicts = Vec::new();
    let mut notices = Vec::new();
    let tunings = &inputs.guards.guards.guards;
    for guard in Guard::ALL.iter().copied() {
        if !inputs.purpose.asks(guard) {
            continue;
        }
        let mut tuned = false;
        let mut hidden = 0;
        let mut let_through = false;
        for hit in hits(guard, plan, inputs, &reviewed, &mut notices) {
            let mut verdict = GuardFinding {
                guard,
                finding: hit.finding.rule(guard),
                allowed: hit.allowed,
                object: hit.object,
            };
            let severity = verdict.finding.severity;
            match tunings.of(guard).map(|t| t.severity) {
                Some(GuardSeverity::Off) => {
                    tuned = true;
                    hidden += usize::from(severity == Severity::Error);
                    continue;
                }
                Some(GuardSeverity::Warning) if severity == Severity::Error => {
                    verdict.finding.severity = Severity::Warning;
                    tuned = true;
                }
                Some(GuardSeverity::Error) if severity == Severity::Warning => {
                    verdict.finding.severity = Severity::Error;
                    tuned = true;
                }
                _ => {}
            }
            if verdict.refuses() && !guard.is_absolute() {
                if inputs.allow.contains(&guard) {
                    verdict.allowed = Some(AllowedBy::Flag);
                    let_through = true;
                } else if reviewed.iter().any(|before| before.agrees_to(&verdict)) {
                    verdict.allowed = Some(AllowedBy::Flag);
                }
            }
            verdicts.push(verdict);
        }
        if let (Some(tuning), 1..) = (tunings.of(guard), hidden) {
            let times = match hidden {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            notices.push(notice(
                format!(
                    "the guard `{guard}` is off and would have refused {times}; the guards file says why: {}",
                    tuning.reason.trim()
                ),
                inputs.guards.key_place(&format!("/guards/{guard}")),
            ));
        }
        if tunings.of(guard).is_some() && !tuned && !plan.is_empty() {
            notices.push(notice(
                format!("the tuning of the guard `{guard}` changed nothing in this run"),
                inputs.guards.key_place(&format!("/guards/{guard}")),
            ));
        }
        if inputs.allow.contains(&guard) && !let_through {
            notices.push(notice(
                format!("`--allow {guard}` changed nothing: the guard did not refuse"),
                None,
            ));
        }
    }
    for guard in inputs.allow {
        if !inputs.purpose.asks(*guard) {
            notices.push(notice(
                format!("`--allow {guard}` changed nothing: the guard does not apply here"),
                None,
            ));
        }
    }
    plan.guards = verdicts;
    plan.notices.extend(notices);
    crate::finding::tidy(&mut plan.notices);
}

fn notice(message: String, place: Option<Place>) -> Finding {
    Finding::warning(Code::Guard, message).at_any(place)
}

fn hits(
    guard: Guard,
    plan: &Plan,
    inputs: Inputs<'_>,
    reviewed: &[GuardFinding],
    notices: &mut Vec<Finding>,
) -> Vec<Hit> {
    match guard {
        Guard::BreakGlass => break_glass::check(plan, inputs, notices),
        Guard::BlockAll => block_all::check(plan, inputs),
        Guard::Budget => budget::check(plan, inputs),
        Guard::EmptySet => empty_set::check(plan),
        Guard::TestMark => test_mark::check(plan),
        Guard::PolicyLimit => policy_limit::check(plan, inputs),
        Guard::Promotion => promotion::check(plan),
        Guard::Protected => protected::check(plan, inputs, notices),
        Guard::MicrosoftManaged => microsoft_managed::check(plan),
        Guard::RawGuid if inputs.purpose == PlanPurpose::Saved => raw_guid::again(reviewed),
        Guard::RawGuid => raw_guid::check(plan, inputs),
        Guard::Weakening => weakening::check(plan, inputs, notices),
    }
}
