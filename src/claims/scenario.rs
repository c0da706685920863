//! Whether a scenario holds.

use std::borrow::Cow;

use serde_json::Value;

use super::verdict::ClaimVerdict;
use crate::finding::{Code, Finding};
use crate::manifest::case::ScenarioManifest;
use crate::manifest::scenario::{ExpectedConsequence, ExpectedList};
use crate::whatif::{CompiledPolicies, Consequence, Ending, Fact, Name, Outcome};

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The member of `expect`, as a JSON pointer from the document.
    pub pointer: String,
    /// What is expected, and what is.
    pub message: String,
    /// The facts on which it hangs, when it is open.
    pub open_because: Vec<Cow<'static, str>>,
}

/// A scenario that was judged.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The scenario.
    pub scenario: &'a ScenarioManifest,
    /// Whether it holds.
    pub verdict: ClaimVerdict,
    /// What is not as expected.
    pub misses: Vec<Miss>,
    /// What the sign-in gets; `None` when it contradicts itself.
    pub got: Option<Outcome>,
}

impl Judged<'_> {
    /// What is not as expected, as findings.
    pub fn findings(&self) -> Vec<Finding> {
        let name = self.scenario.name();
        let finding = |miss: &Miss| {
            let message = format!("`{name}`: {}", miss.message);
            let finding = match self.verdict {
                ClaimVerdict::Open => Finding::warning(Code::ScenarioOpen, message),
                _ => Finding::error(Code::ScenarioFailed, message),
            };
            finding.at(self.scenario.document.place(&miss.pointer)).help(
                "fix the policy, or the scenario if the change is intended; `gatewright whatif --scenario NAME` shows why",
            )
        };
        self.misses.iter().map(finding).collect()
    }
}

/// Judges a scenario by policies.
pub fn judge<'a>(policies: &CompiledPolicies, scenario: &'a ScenarioManifest) -> Judged<'a> {
    let stated = &scenario.scenario.sign_in;
    let got = match scenario.scenario.assume_defaults {
        true => policies.outcome(&policies.complete(stated.clone())),
        false => policies.outcome(stated),
    };
    let got = match got {
        Ok(got) => got,
        Err(faults) => {
            let misses = faults.into_iter().map(|fault| Miss {
                pointer: format!("/signIn{}", fault.pointer),
                message: fault.message,
                open_because: Vec::new(),
            });
            return Judged {
                scenario,
                verdict: ClaimVerdict::Failed,
                misses: misses.collect(),
                got: None,
            };
        }
    };
    let mut check = Check {
        policies,
        misses: Vec::new(),
    };
    let expect = &scenario.scenario.expect;
    check.consequence("/expect", &expect.enforced, &got.enforced);
    if let Some(expected) = &expect.report_only {
        let reported = got.report_only.as_ref().unwrap_or(&got.enforced);
        check.consequence("/expect/reportOnly", expected, reported);
    }
    if let Some(expected) = &expect.policies {
        check.applied("/expect/policies/applied", &expected.applied, true, &got);
        check.applied(
            "/expect/policies/notApplied",
            &expected.not_applied,
            false,
            &got,
        );
    }
    let misses = check.misses;
    // What a sign-in can say it must say.
    let is_open = |miss: &Miss| {
        let mut facts = miss.open_because.iter();
        facts.any(|member| !Fact::of_member(member).is_some_and(Fact::can_be_given))
    };
    let verdict = match misses.as_slice() {
        [] => ClaimVerdict::Passed,
        misses if misses.iter().all(is_open) => ClaimVerdict::Open,
        _ => ClaimVerdict::Failed,
    };
    Judged {
        scenario,
        verdict,
        misses,
        got: Some(got),
    }
}

struct Check<'a> {
    policies: &'a CompiledPolicies,
    misses: Vec<Miss>,
}

impl Check<'_> {
    fn miss(&mut self, pointer: String, message: String) {
        self.misses.push(Miss {
            pointer,
            message,
            open_because: Vec::new(),
        });
    }

    fn open(&mut self, pointer: String, what: &str, missing: &[Cow<'static, str>]) {
        let facts: Vec<String> = missing.iter().map(|fact| format!("`{fact}`")).collect();
        let given = |fact: &Cow<'_, str>| Fact::of_member(fact).is_some_and(Fact::can_be_given);
        let way = match missing.iter().all(given) {
            true => ": say it in `signIn`",
            false => "",
        };
        self.misses.push(Miss {
            pointer,
            message: format!("{what} depends on {}{way}", facts.join(", ")),
            open_because: missing.to_vec(),
        });
    }

    fn consequence(&mut self, at: &str, expected: &ExpectedConsequence, got: &Consequence) {
        if let Some(ending) = expected.outcome {
            let pointer = format!("{at}/outcome");
            match got.outcome {
                Ending::Unknown => self.open(pointer, "the outcome", &got.missing),
                found if found.as_str() == ending.as_str() => {}
                found => {
                    let message = format!("it is `{found}`, but `{}` is expected", ending.as_str());
                    self.miss(pointer, message);
                }
            }
        }
        let asks = |list: &ExpectedList| self.policies.asks_for(&got.requires, list.members());
        let lacking: Vec<(usize, &ExpectedList)> = (expected.requires.iter().flatten())
            .enumerate()
            .filter(|(_, list)| !asks(list))
            .collect();
        for (number, list) in lacking {
            let pointer = format!("{at}/requires/{number}");
            let wanted = words(list.members());
            match got.missing.is_empty() {
                true => self.miss(
                    pointer,
                    format!("{wanted} is not required; {}", required(got)),
                ),
                false => self.open(
                    pointer,
                    &format!("whether {wanted} is required"),
                    &got.missing,
                ),
            }
        }
        if let Some(lists) = &expected.requires_exactly {
            self.exactly(&format!("{at}/requiresExactly"), lists, got);
        }
        for (name, wanted) in expected.session_controls.iter().flatten() {
            let controls = serde_json::to_value(&got.session_controls).unwrap_or_default();
            let found = controls.get(name).cloned().unwrap_or(Value::Null);
            if holds(wanted, &found) && got.missing.is_empty() {
                continue;
            }
            let pointer = format!("{at}/sessionControls/{name}");
            if !got.missing.is_empty() {
                self.open(pointer, &format!("`{name}`"), &got.missing);
                continue;
            }
            let is = match &found {
                Value::Null => "it is not set".to_owned(),
                found => format!("it is {found}"),
            };
            self.miss(
                pointer,
                format!("`{name}` is expected to be {wanted}, but {is}"),
            );
        }
    }

    fn exactly(&mut self, pointer: &str, lists: &[ExpectedList], got: &Consequence) {
        let lacking = lists
            .iter()
            .find(|list| !self.policies.asks_exactly(&got.requires, list.members()));
        let beyond = got.requires.iter().find(|own| {
            let own = std::slice::from_ref(*own);
            !lists
                .iter()
                .any(|list| self.policies.asks_exactly(own, list.members()))
        });
        let message = match (lacking, beyond) {
            (_, Some(own)) => format!("{} is required beyond what is expected", names(own)),
            (Some(list), None) if got.missing.is_empty() => {
                format!(
                    "{} is not required; {}",
                    words(list.members()),
                    required(got)
                )
            }
            _ if got.missing.is_empty() => return,
            _ => return self.open(pointer.to_owned(), "what is required", &got.missing),
        };
        self.miss(pointer.to_owned(), message);
    }

    fn applied(&mut self, at: &str, wanted: &[String], applies: bool, got: &Outcome) {
        for (number, name) in wanted.iter().enumerate() {
            let pointer = format!("{at}/{number}");
            let mut found = got.policies.iter().filter(|policy| {
                policy.display_name == **name || policy.id.as_deref().is_some_and(|id| id == name)
            });
            let Some(policy) = found.next() else {
                self.miss(pointer, format!("there is no policy `{name}`"));
                continue;
            };
            match (policy.applies, applies) {
                (None, _) => self.open(
                    pointer,
                    &format!("whether `{name}` applies"),
                    &policy.missing,
                ),
                (Some(found), wanted) if found == wanted => {}
                (Some(true), _) => self.miss(pointer, format!("`{name}` applies")),
                (Some(false), _) => {
                    let reason = policy.reason.map_or("", |reason| reason.as_str());
                    self.miss(pointer, format!("`{name}` does not apply, by `{reason}`"));
                }
            }
        }
    }
}

/// What a sign-in is asked for, in words.
fn required(got: &Consequence) -> String {
    let lists: Vec<String> = got.requires.iter().map(|list| names(list)).collect();
    match lists.as_slice() {
        [] if got.outcome == Ending::Blocked => "it is blocked".to_owned(),
        [] => "nothing is".to_owned(),
        lists => format!("{} is", lists.join(", and ")),
    }
}

fn names(list: &[Name]) -> String {
    let list: Vec<String> = list.iter().map(|name| format!("`{name}`")).collect();
    list.join(" or ")
}

fn words(list: &[String]) -> String {
    let list: Vec<String> = list.iter().map(|name| format!("`{name}`")).collect();
    list.join(" or ")
}

/// True when a session control is as expected: an object holds all members that are expected of
/// it, a word is its mode, `true` is that it is there.
fn holds(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| holds(value, found))),
        (Value::Bool(wanted), Value::Object(_)) => {
            let flag = found.get("isEnabled").and_then(Value::as_bool);
            flag.unwrap_or(true) == *wanted
        }
        (Value::Bool(false), Value::Null) => true,
        (Value::String(word), Value::Object(found)) => {
            ["mode", "cloudAppSecurityType", "frequencyInterval"]
                .iter()
                .filter_map(|name| found.get(*name)?.as_str())
                .any(|value| value.eq_ignore_ascii_case(word))
        }
        (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        (wanted, found) => wanted == found,
    }
}
