//! Personas by situations: what each kind of people gets in each kind of circumstances, judged by
//! the evaluator and not guessed from lists.

use std::collections::{BTreeMap, HashMap};

use super::applications::{self, ApplicationClass};
use super::personas::{self, PersonaRow};
use super::sets::JudgedSets;
use super::situations::{Situation, situations};
use crate::whatif::{CompiledPolicies, Consequence, Ending, Judgement, Satisfied, SignIn};

/// What people get, by who they are and how they sign in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignInMatrix {
    /// The columns.
    pub situations: Vec<Situation>,
    /// The rows: everybody else first.
    pub rows: Vec<MatrixRow>,
    /// What is to be known of it, as sentences.
    pub notes: Vec<String>,
}

/// People who get the same in every situation.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixRow {
    /// Who they are.
    pub people: Vec<String>,
    /// For each situation what they get.
    pub cells: Vec<MatrixCell>,
}

/// What some people get in one situation, by the application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MatrixCell {
    /// For each result the applications; without names all the others. The others come first.
    pub parts: Vec<CellPart>,
}

/// What some people get at some applications.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CellPart {
    /// The applications, by name; none: all that no other part names.
    pub applications: Vec<String>,
    /// What they get, for each set of policies.
    pub got: Vec<CellResult>,
}

impl CellPart {
    /// True when not every set of policies says the same.
    pub fn changes(&self) -> bool {
        self.got.windows(2).any(|pair| match pair {
            [before, after] => before != after,
            _ => false,
        })
    }
}

/// How a sign-in ends, in the words of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CellWord {
    /// A policy blocks it.
    Blocked,
    /// Nothing blocks, but nobody can meet what is asked for.
    NobodyPasses,
    /// Something is asked for.
    Asked,
    /// Nothing is asked for beyond the password.
    Allowed,
    /// It hangs on something that the situation does not say.
    Depends,
}

impl CellWord {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            CellWord::Blocked => "Blocked",
            CellWord::NobodyPasses => "Nobody can pass",
            CellWord::Asked => "Must meet",
            CellWord::Allowed => "Allowed",
            CellWord::Depends => "Depends",
        }
    }
}

/// What a sign-in gets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellResult {
    /// How it ends.
    pub word: CellWord,
    /// All that is asked for; of each inner list one.
    pub asks: Vec<Vec<String>>,
    /// The session controls that hold, by name.
    pub session: Vec<String>,
    /// True where the device meets all that is asked for.
    pub by_device: bool,
    /// The facts that it hangs on.
    pub missing: Vec<String>,
    /// What it would be with policies in report-only as if enabled, where that is another result.
    pub report_only: Option<Box<CellResult>>,
}

impl CellResult {
    fn of(consequence: &Consequence) -> CellResult {
        let word = match consequence.outcome {
            Ending::Blocked => CellWord::Blocked,
            _ if consequence.hidden_block => CellWord::NobodyPasses,
            Ending::Unknown => CellWord::Depends,
            _ if !consequence.requires.is_empty() => CellWord::Asked,
            _ if !consequence.missing.is_empty() => CellWord::Depends,
            _ => CellWord::Allowed,
        };
        let session = consequence.session_controls.from.keys();
        CellResult {
            word,
            asks: (consequence.requires.iter())
                .map(|list| list.iter().map(ToString::to_string).collect())
                .collect(),
            session: session.map(|name| (*name).to_owned()).collect(),
            by_device: false,
            missing: (consequence.missing.iter())
                .map(ToString::to_string)
                .collect(),
            report_only: None,
        }
    }

    fn judged(policies: &CompiledPolicies, sign_in: &SignIn, room: &mut Judgement) -> CellResult {
        let sign_in = policies.complete(sign_in.clone());
        let Ok(prepared) = policies.prepare(&sign_in) else {
            // No combination of the rows and columns contradicts itself, as a test sees.
            return CellResult {
                word: CellWord::Depends,
                asks: Vec::new(),
                session: Vec::new(),
                by_device: false,
                missing: Vec::new(),
                report_only: None,
            };
        };
        policies.judge_into(&prepared, room);
        let [enforced, reported] =
            [false, true].map(|reported| policies.consequence(&prepared, room, reported));
        let mut result = CellResult::of(&enforced).with_device(policies, &sign_in, false);
        if reported != enforced {
            let reported = CellResult::of(&reported).with_device(policies, &sign_in, true);
            if reported != result {
                result.report_only = Some(Box::new(reported));
            }
        }
        result
    }

    /// What is left to ask for once the device has had its say: what it meets is not asked for, and
    /// what it alone could meet and does not is a block.
    fn with_device(
        mut self,
        policies: &CompiledPolicies,
        sign_in: &SignIn,
        report_only: bool,
    ) -> CellResult {
        let of_device = |name: &String| OF_DEVICE.contains(&name.as_str());
        if !self.asks.iter().flatten().any(of_device) {
            return self;
        }
        // Somebody who can do all that a person can, but for some of it.
        let ends = |without: &[String]| -> Option<Ending> {
            let can = self.asks.iter().flatten();
            let can = can.filter(|name| !of_device(name) && !without.contains(name));
            let mut sign_in = sign_in.clone();
            sign_in.satisfied = Some(can.map(Satisfied::named).collect());
            let prepared = policies.prepare(&sign_in).ok()?;
            let judgement = policies.judge(&prepared);
            let got = policies.consequence(&prepared, &judgement, report_only);
            Some(got.outcome)
        };
        let Some(all) = ends(&[]) else { return self };
        if all == Ending::Blocked {
            let out_of_reach = |list: &Vec<String>| list.iter().all(of_device);
            self.asks.retain(out_of_reach);
            self.word = CellWord::Blocked;
            self.session.clear();
            return self;
        }
        let met = self.asks.iter().map(|list| {
            let fails = [Ending::Blocked, Ending::Interrupted];
            list.iter().any(of_device) && ends(list).is_some_and(|end| !fails.contains(&end))
        });
        let met: Vec<bool> = met.collect();
        if !met.is_empty() && met.iter().all(|met| *met) {
            self.by_device = true;
            return self;
        }
        let mut at = met.into_iter();
        self.asks.retain(|_| !at.next().unwrap_or(false));
        for list in &mut self.asks {
            if !list.iter().all(of_device) {
                list.retain(|name| !of_device(name));
            }
        }
        self
    }
}

/// Controls that are met by the device alone, whatever a person does.
const OF_DEVICE: &[&str] = &["compliantDevice", "domainJoinedDevice"];

/// The matrix of some sets of policies.
pub fn matrix(sets: &JudgedSets<'_>) -> SignInMatrix {
    let (situations, notes) = situations(sets);
    let applications = applications::classes(sets);
    let mut rows: Vec<MatrixRow> = Vec::new();
    let mut known: HashMap<Vec<MatrixCell>, usize> = HashMap::new();
    let mut rooms: Vec<Judgement> = vec![Judgement::default(); sets.compiled.len()];
    for PersonaRow { people, user } in personas::personas(sets) {
        let cells: Vec<MatrixCell> = (situations.iter())
            .map(|situation| {
                let mut sign_in = situation.sign_in.clone();
                sign_in.user = Some(user.clone());
                cell(sets, situation, &sign_in, &applications, &mut rooms)
            })
            .collect();
        match known.get(&cells) {
            Some(at) => {
                if let Some(row) = rows.get_mut(*at) {
                    row.people.extend(people);
                }
            }
            None => {
                known.insert(cells.clone(), rows.len());
                rows.push(MatrixRow { people, cells });
            }
        }
    }
    SignInMatrix {
        situations,
        rows,
        notes,
    }
}

fn cell(
    sets: &JudgedSets<'_>,
    situation: &Situation,
    sign_in: &SignIn,
    applications: &[ApplicationClass],
    rooms: &mut [Judgement],
) -> MatrixCell {
    let mut judged = |sign_in: &SignIn| -> Vec<CellResult> {
        let each = sets.compiled.iter().zip(rooms.iter_mut());
        each.map(|(policies, room)| CellResult::judged(policies, sign_in, room))
            .collect()
    };
    if situation.is_action() {
        let got = judged(sign_in);
        let applications = Vec::new();
        let parts = vec![CellPart { applications, got }];
        return MatrixCell { parts };
    }
    let mut sign_in = sign_in.clone();
    let mut others = Vec::new();
    let mut named: BTreeMap<Vec<CellResult>, Vec<String>> = BTreeMap::new();
    for class in applications {
        sign_in.application = Some(class.application.clone());
        let got = judged(&sign_in);
        match class.is_rest {
            true => others = got,
            false if got == others => {}
            false => named.entry(got).or_default().extend(class.names.clone()),
        }
    }
    let rest = CellPart {
        applications: Vec::new(),
        got: others,
    };
    let named = named.into_iter().map(|(got, mut applications)| {
        applications.sort();
        CellPart { applications, got }
    });
    MatrixCell {
        parts: std::iter::once(rest).chain(named).collect(),
    }
}
