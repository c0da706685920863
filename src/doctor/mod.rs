//! What is true of a tenant: questions that are asked of it, each with the fact that its answer
//! settles. Most are asked by reading; those about writes with objects of doctor's own.
//!
//! A probe never fails: what cannot be found out is open, and the evidence says why.

pub mod evaluate;
pub mod leftovers;
mod mask;
pub mod read;
pub mod state;
mod told;
pub mod write;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub use mask::Mask;

/// What the name of everything that doctor makes begins with.
pub const PREFIX: &str = "GATEWRIGHT-DOCTOR";
/// What journals call a run that makes things.
pub const COMMAND: &str = "doctor";
/// What journals call a run that takes them away.
pub const CLEAN_UP: &str = "doctor clean-up";

/// A question about a tenant, and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Its id. It stays: reports and `facts` name it.
    pub id: &'static str,
    /// What is asked.
    pub question: &'static str,
    /// The fact that the answer settles, and how sure it is without it: `documented`, `seen`,
    /// `reported` or `unverified`; `state` for what is different in every tenant.
    pub fact: &'static str,
    /// The answer; null: it is open.
    pub answer: Value,
    /// What it rests on, with ids and names masked.
    pub evidence: Vec<String>,
}

/// The evidence of a question that was not asked, since it takes a write.
pub const UNASKED: &str = "reading does not show it; `doctor --write` on a test tenant does";

impl Probe {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.answer.is_null()
    }

    /// Whether it was not asked, since it takes a write.
    pub fn is_unasked(&self) -> bool {
        self.is_open() && self.evidence == [UNASKED]
    }
}

/// A question, before it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeQuestion {
    /// The id.
    pub id: &'static str,
    /// The question.
    pub question: &'static str,
    /// The fact that it settles.
    pub fact: &'static str,
}

/// The short form of a question.
const fn ask(id: &'static str, question: &'static str, fact: &'static str) -> ProbeQuestion {
    ProbeQuestion { id, question, fact }
}

/// An answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProbeVerdict {
    /// The answer; null: it is open.
    pub answer: Value,
    /// What it rests on.
    pub evidence: Vec<String>,
}

impl ProbeVerdict {
    /// What was found.
    fn of(answer: impl Into<Value>, evidence: impl Into<String>) -> ProbeVerdict {
        ProbeVerdict {
            answer: answer.into(),
            evidence: vec![evidence.into()],
        }
    }

    /// It is open; why.
    fn open(why: impl Into<String>) -> ProbeVerdict {
        ProbeVerdict::of(Value::Null, why)
    }

    /// The same, resting on something else besides.
    fn and(mut self, evidence: impl Into<String>) -> ProbeVerdict {
        self.evidence.push(evidence.into());
        self
    }
}

impl ProbeQuestion {
    /// The question with its answer.
    pub fn answered(self, verdict: ProbeVerdict, mask: &mut Mask) -> Probe {
        Probe {
            id: self.id,
            question: self.question,
            fact: self.fact,
            answer: verdict.answer,
            evidence: (verdict.evidence.iter())
                .map(|line| mask.hide(line))
                .collect(),
        }
    }
}

/// Every question that doctor knows, in the order of its report.
pub fn questions() -> Vec<ProbeQuestion> {
    let mut all = state::QUESTIONS.to_vec();
    all.extend_from_slice(read::QUESTIONS);
    all.push(evaluate::QUESTION);
    all.push(leftovers::QUESTION);
    all.extend(write::questions());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::learnt::{LAG, SWITCHES};
    use std::collections::BTreeSet;

    #[test]
    fn every_question_is_there_once_and_every_switch_has_one() {
        let all = questions();
        let ids: BTreeSet<&str> = all.iter().map(|q| q.id).collect();
        assert_eq!(ids.len(), all.len(), "an id is there twice");
        for (switch, _) in SWITCHES.iter().chain(&[(LAG, &[] as &[&str])]) {
            assert!(ids.contains(switch), "nobody asks `{switch}`");
        }
        for question in all {
            assert!(question.question.ends_with('?'), "{}", question.id);
            let marks = ["documented", "seen", "reported", "unverified", "state"];
            let mark = question.fact.rsplit(['(', ')']).nth(1).unwrap_or_default();
            assert!(marks.contains(&mark), "{}: {}", question.id, question.fact);
        }
    }
}
