//! Whether an invariant holds.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::verdict::ClaimVerdict;
use crate::analysis::{self, Claim, ClaimAnswer, Counterexample, Must, Verdict};
use crate::finding::{Code, Finding, Place};
use crate::manifest::claim::InvariantManifest;
use crate::manifest::guards::BreakGlass;
use crate::manifest::invariant::{Forbidden, ForbiddenWord};
use crate::model::enums::PolicyState;
use crate::model::policy::{Conditions, Users};
use crate::text::few_names;
use crate::whatif::{CompiledPolicies, Ending, Name, Outcome, PolicySet, SignIn};

/// How many policies are named where one carries a proof with others.
const MOST: usize = 6;

/// An invariant that is asked: of a manifest, or of a pack.
#[derive(Debug, Clone)]
pub struct AskedClaim {
    /// What it says.
    pub manifest: InvariantManifest,
    /// The pack that brought it.
    pub pack: Option<PackOrigin>,
    /// Where a person finds it: its name, or the line of `gatewright.yaml` that chose the pack.
    pub place: Place,
    /// Where each accepted exception stands; nothing for those that a pack itself brings.
    pub accepted_at: Vec<Option<Place>>,
}

/// From which pack a claim comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackOrigin {
    /// The pack.
    pub pack: String,
    /// The claim in it.
    pub claim: String,
}

impl AskedClaim {
    /// The claim of a manifest of the project.
    pub fn own(manifest: &InvariantManifest) -> AskedClaim {
        let exceptions = 0..manifest.invariant.accepted.len();
        AskedClaim {
            place: manifest.place(),
            pack: None,
            accepted_at: exceptions
                .map(|index| Some(manifest.document.place(&format!("/accepted/{index}"))))
                .collect(),
            manifest: manifest.clone(),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.manifest.name()
    }

    /// True when a person means this claim: by its name, or by `pack/claim` or `claim` of a pack.
    pub fn is_called(&self, name: &str) -> bool {
        let of_pack = self.pack.as_ref().is_some_and(|from| {
            name == from.claim
                || name
                    .strip_prefix(&*from.pack)
                    .is_some_and(|rest| rest.strip_prefix('/') == Some(&*from.claim))
        });
        of_pack || name == self.name()
    }

    /// The claim as the engine takes it.
    fn claim(&self, break_glass: Option<&BreakGlass>, today: Date) -> (Claim, Asked) {
        let invariant = &self.manifest.invariant;
        let mut asked = Asked::default();
        let mut accepted = Vec::new();
        for (index, one) in invariant.accepted.iter().enumerate() {
            match one.is_past(today) {
                true => asked.past.push(index),
                false => {
                    asked.counted.push(index);
                    accepted.push(self.manifest.excepted(index));
                }
            }
        }
        if let Some(accounts) = break_glass
            && let Some(conditions) = self.without_break_glass(accounts)
        {
            asked.spares_break_glass = true;
            accepted.push(conditions);
        }
        let claim = Claim {
            selection: invariant.conditions.clone(),
            accepted,
            must: self.must(),
        };
        (claim, asked)
    }

    fn must(&self) -> Must {
        let invariant = &self.manifest.invariant;
        match (&invariant.require, &invariant.forbid) {
            (_, Some(Forbidden::Controls(_))) => Must::NoBlock,
            (_, Some(Forbidden::Word(ForbiddenWord::Lockout))) => Must::NoLockout,
            (_, Some(Forbidden::Word(ForbiddenWord::Anything))) => Must::Nothing,
            (_, Some(Forbidden::Word(ForbiddenWord::Uncovered))) => Must::Covered,
            (_, Some(Forbidden::Word(ForbiddenWord::PasswordAlone))) => Must::Stopped {
                with: vec!["password".to_owned()],
            },
            (required, None) => {
                let required = required.clone().unwrap_or_default();
                Must::Require {
                    grant: required.grant_controls,
                    session: required.session_controls.map(Box::new),
                }
            }
        }
    }

    /// The sign-ins of the emergency accounts, which need no protection by policies.
    fn without_break_glass(&self, accounts: &BreakGlass) -> Option<Conditions> {
        let invariant = &self.manifest.invariant;
        if !invariant.protects() {
            return None;
        }
        invariant.conditions.users.as_ref()?;
        Some(self.manifest.completed(Conditions {
            users: Some(Users {
                include_users: accounts.users.clone().into(),
                include_groups: accounts.groups.clone().into(),
                ..Users::default()
            }),
            ..Conditions::default()
        }))
    }
}

/// What became of the accepted exceptions when a claim was asked.
#[derive(Default)]
struct Asked {
    /// Those that the engine was given, in its order.
    counted: Vec<usize>,
    /// Those past their date.
    past: Vec<usize>,
    spares_break_glass: bool,
}

/// A sign-in that shows something.
#[derive(Debug, Clone)]
pub struct ShownSignIn {
    /// The sign-in, complete.
    pub sign_in: SignIn,
    /// What it gets, by the evaluator.
    pub got: Outcome,
    /// The widest box of sign-ins of which the same is true: the values of what is not free.
    pub widest: BTreeMap<String, Vec<String>>,
    /// The members that could not be ordinary, the most telling first.
    pub unusual: Vec<&'static str>,
    /// The enforced policies that apply to it.
    pub applied: Vec<Name>,
    /// Those of them that block.
    pub blocked_by: Vec<Name>,
}

/// An invariant that was judged.
#[derive(Debug, Clone)]
pub struct JudgedInvariant {
    /// The claim.
    pub asked: AskedClaim,
    /// What became of it.
    pub verdict: ClaimVerdict,
    /// The policies that carry the proof.
    pub carried_by: Vec<Name>,
    /// The facts on which it hangs, when it is open; why it is about nothing, when it is vacuous.
    pub because: Vec<String>,
    /// The sign-in that breaks it, or may.
    pub shown: Option<ShownSignIn>,
    /// Defaults for facts of the tenant that the answer rests on.
    pub assumptions: Vec<String>,
    /// Accepted exceptions past their date, by place in the list.
    pub past: Vec<usize>,
    /// Accepted exceptions that no sign-in needs.
    pub idle: Vec<usize>,
    /// True when the emergency accounts are left out.
    pub spares_break_glass: bool,
}

/// Judges invariants by policies. Of the emergency accounts nothing is required.
pub fn judge(
    set: &PolicySet,
    policies: &CompiledPolicies,
    asked: Vec<AskedClaim>,
    break_glass: Option<&BreakGlass>,
    today: Date,
) -> Vec<JudgedInvariant> {
    let (claims, notes): (Vec<Claim>, Vec<Asked>) = asked
        .iter()
        .map(|one| one.claim(break_glass, today))
        .unzip();
    let answers = analysis::check(set, &claims);
    let judged = asked.into_iter().zip(notes).zip(answers);
    judged
        .map(|((asked, note), answer)| judged_as(policies, asked, note, answer))
        .collect()
}

fn judged_as(
    policies: &CompiledPolicies,
    asked: AskedClaim,
    note: Asked,
    answer: ClaimAnswer,
) -> JudgedInvariant {
    let idle = answer.idle_exceptions.iter();
    let idle: Vec<usize> = idle
        .filter_map(|at| note.counted.get(*at).copied())
        .collect();
    let mut judged = JudgedInvariant {
        asked,
        verdict: ClaimVerdict::Proved,
        carried_by: Vec::new(),
        because: Vec::new(),
        shown: None,
        assumptions: answer.assumptions,
        past: note.past,
        idle,
        spares_break_glass: note.spares_break_glass,
    };
    match answer.verdict {
        Verdict::Proved { carried_by } => judged.carried_by = carried_by,
        Verdict::Refuted(found) => {
            judged.verdict = ClaimVerdict::Refuted;
            judged.shown = shown(policies, *found);
        }
        Verdict::Open { because, example } => {
            judged.verdict = ClaimVerdict::Open;
            judged.because = because;
            judged.shown = shown(policies, *example);
        }
        Verdict::Vacuous { why } => {
            judged.verdict = ClaimVerdict::Vacuous;
            judged.because = vec![why];
        }
    }
    judged
}

/// The sign-in as the evaluator judges it.
fn shown(policies: &CompiledPolicies, found: Counterexample) -> Option<ShownSignIn> {
    let prepared = policies.prepare(&found.sign_in).ok()?;
    let judgement = policies.judge(&prepared);
    let got = policies.explain(&prepared, &judgement);
    let (mut applied, mut blocked_by) = (Vec::new(), Vec::new());
    for (number, policy) in got.policies.iter().enumerate() {
        let enforced = policy.state == Some(PolicyState::Enabled);
        if !enforced || policy.applies != Some(true) {
            continue;
        }
        applied.push(policy.display_name.clone());
        if policies.blocks(number) {
            blocked_by.push(policy.display_name.clone());
        }
    }
    Some(ShownSignIn {
        applied,
        blocked_by,
        got,
        sign_in: found.sign_in,
        widest: found.widest,
        unusual: found.unusual,
    })
}

impl JudgedInvariant {
    /// What became of it, in a sentence without its name.
    pub fn said(&self) -> String {
        let anything = Some(Forbidden::Word(ForbiddenWord::Anything));
        match self.verdict {
            ClaimVerdict::Refuted => match &self.shown {
                Some(one) if self.asked.manifest.invariant.forbid == anything => format!(
                    "{} applies to a sign-in",
                    few_names(one.applied.iter().map(|name| &**name), MOST)
                ),
                Some(one) => format!("a sign-in {}{}", one.gets(), self.session()),
                None => "a sign-in breaks it".to_owned(),
            },
            ClaimVerdict::Open => {
                let facts = self.because.iter();
                format!("it depends on {}", few_names(facts, MOST))
            }
            ClaimVerdict::Vacuous => {
                let why = self.because.first().map_or("", |why| why.as_str());
                format!("it covers no sign-in: {why}")
            }
            _ => match self.carried_by.as_slice() {
                [] => "nothing could break it".to_owned(),
                names => format!("proved by {}", few_names(names.iter().map(|n| &**n), MOST)),
            },
        }
    }

    /// What holds during the session, where the claim is about that.
    fn session(&self) -> String {
        let required = self.asked.manifest.invariant.require.as_ref();
        let Some(shown) = &self.shown else {
            return String::new();
        };
        let got = &shown.got.enforced;
        if required.is_none_or(|r| r.session_controls.is_none()) || got.outcome == Ending::Blocked {
            return String::new();
        }
        let controls = serde_json::to_value(&got.session_controls).unwrap_or_default();
        let names = controls
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name);
        let names: Vec<&String> = names.filter(|name| *name != "from").collect();
        match names.is_empty() {
            true => "; no session control applies".to_owned(),
            false => format!(
                "; of the session controls {} applies",
                few_names(names, MOST)
            ),
        }
    }

    /// What is not as claimed, and what became of accepted exceptions, as findings. `replay` is
    /// the command that judges the sign-in again.
    pub fn findings(&self, replay: Option<&str>) -> Vec<Finding> {
        let name = self.asked.name();
        let message = format!("`{name}`: {}", self.said());
        let again = match replay {
            Some(command) => format!("; judge it again: {command}"),
            None => String::new(),
        };
        let finding = match self.verdict {
            ClaimVerdict::Refuted => Some(Finding::error(Code::InvariantRefuted, message).help(
                format!("fix the policies, or accept the exception with its reason{again}"),
            )),
            ClaimVerdict::Open => Some(Finding::warning(Code::InvariantOpen, message).help(
                format!("state the fact under `environment:` if possible, or claim less{again}"),
            )),
            ClaimVerdict::Vacuous => {
                Some(Finding::error(Code::InvariantVacuous, message).help(
                    "correct the conditions or the exceptions, so that it covers some sign-in",
                ))
            }
            _ => None,
        };
        let finding = finding.map(|finding| finding.at(self.asked.place.clone()));
        finding.into_iter().chain(self.exceptions()).collect()
    }

    /// What is to be told of the accepted exceptions.
    pub fn exceptions(&self) -> Vec<Finding> {
        let idle = self.idle.iter().filter_map(|index| {
            let place = self.asked.accepted_at.get(*index)?.clone()?;
            let message = format!(
                "`{}`: no sign-in needs this accepted exception",
                self.asked.name()
            );
            let finding = Finding::warning(Code::AcceptedClaim, message);
            Some(finding.at(place).help("remove it"))
        });
        let idle: Vec<Finding> = idle.collect();
        let past = self.past.iter();
        past.filter_map(|index| past_exception(&self.asked, *index))
            .chain(idle)
            .collect()
    }
}

/// What is to be told of an exception that is past its date.
fn past_exception(asked: &AskedClaim, index: usize) -> Option<Finding> {
    let exception = asked.manifest.invariant.accepted.get(index)?;
    let place = asked.accepted_at.get(index)?.clone()?;
    let message = format!(
        "`{}`: the accepted exception expired after {}",
        asked.name(),
        exception.until.as_deref().unwrap_or_default()
    );
    let finding = Finding::warning(Code::AcceptedClaim, message);
    Some(
        finding
            .at(place)
            .help("remove it, or set a new date until which it is accepted"),
    )
}

/// Accepted exceptions past their date, told without judging the claim.
pub fn past_exceptions(asked: &AskedClaim, today: Date) -> Vec<Finding> {
    let accepted = asked.manifest.invariant.accepted.iter().enumerate();
    accepted
        .filter(|(_, one)| one.is_past(today))
        .filter_map(|(index, _)| past_exception(asked, index))
        .collect()
}

impl ShownSignIn {
    /// What it gets, in a few words.
    fn gets(&self) -> String {
        let got = &self.got.enforced;
        let asked: Vec<String> = (got.requires.iter())
            .map(|list| {
                let names: Vec<String> = list.iter().map(|name| format!("`{name}`")).collect();
                names.join(" or ")
            })
            .collect();
        let what = asked.join(", and ");
        match got.outcome {
            Ending::Blocked if asked.is_empty() => {
                let names = self.blocked_by.iter().map(|name| &**name);
                format!("is blocked by {}", few_names(names, MOST))
            }
            Ending::Unknown => "may pass".to_owned(),
            _ if asked.is_empty() => "is granted, and asked for nothing".to_owned(),
            // Asked for what it cannot have, it is stopped all the same.
            Ending::Blocked => format!("is asked for {what}, which cannot be satisfied there"),
            _ if got.hidden_block => {
                format!("is asked for {what}, which cannot be satisfied there")
            }
            Ending::Granted | Ending::Interrupted => format!("is granted to whoever has {what}"),
        }
    }
}
