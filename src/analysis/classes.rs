//! People by classes: what a change does to those whom the same policies mean, for every sign-in
//! that they can make. Who is in which group is settled before: here a person is a row, which says
//! of each policy whether its users mean them.

use std::collections::BTreeMap;

use batsat::Lit;

use super::compared::{ComparedSets, prepared};
use super::formula::Formula;
use super::question::Found;
use super::rows::{PeopleClass, RowCube, Rows, by_rows, name_of};
use super::solver::Reading;
use super::touched::touched;
use super::ways_in::WaysIn;
use crate::whatif::{CompiledPolicies, PolicySet, SignIn, UserType};

/// How many boxes are looked for, of each turn and class.
const BOXES: usize = 2;
/// How often at most another box is looked for where one is known.
const MORE: usize = 600;

/// What a sign-in gets otherwise than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeopleTurn {
    /// It passed, and can pass no more, whatever is met.
    Lost,
    /// It can pass, and is asked for more.
    More,
    /// It could not pass, and can.
    Gained,
    /// It could pass, and is asked for less.
    Less,
}

impl PeopleTurn {
    const ALL: [PeopleTurn; 4] = [
        PeopleTurn::Lost,
        PeopleTurn::More,
        PeopleTurn::Gained,
        PeopleTurn::Less,
    ];
}

/// Sign-ins that a class can make and that get something else, as wide as can be.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleBox {
    /// What they get.
    pub turn: PeopleTurn,
    /// True when they go into an application in an ordinary way: by a browser or an application on
    /// a usual platform, without risk, without a flow.
    pub is_ordinary: bool,
    /// One of them, complete but for the person.
    pub sign_in: SignIn,
    /// The values by member of the sign-in; what is not named is free.
    pub widest: BTreeMap<String, Vec<String>>,
}

/// What becomes of a class, of one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassTurn {
    /// What they get.
    pub turn: PeopleTurn,
    /// True for their ordinary sign-ins, false for the others.
    pub is_ordinary: bool,
    /// False where it hangs on a fact that is not known.
    pub is_certain: bool,
    /// The boxes, by their numbers.
    pub boxes: Vec<usize>,
    /// True when there may be others.
    pub more: bool,
}

/// What becomes of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassAnswer {
    /// What changes. Without any it is proved that every sign-in of theirs gets what it got.
    pub turns: Vec<ClassTurn>,
    /// True for people who could get in somewhere in an ordinary way, and can nowhere any more:
    /// proved.
    pub is_shut_out: bool,
}

/// What becomes of classes of people.
#[derive(Debug, Clone, Default)]
pub struct PeopleAnswers {
    /// Every box.
    pub boxes: Vec<PeopleBox>,
    /// For each class what becomes of it.
    pub classes: Vec<ClassAnswer>,
}

/// Judges what a change does to classes of people. `settled`: what is not known of whom users mean is
/// the same before and after. `tell` hears how many are judged.
pub fn people(
    sides: [&PolicySet; 2],
    classes: &[PeopleClass],
    settled: bool,
    tell: &mut dyn FnMut(usize),
) -> PeopleAnswers {
    let [was, is] = [0, 1].map(|side| move |at| Some(name_of(side, at)));
    let all = SidesByRows::new(sides, [&was, &is]);
    let mut whole = ComparedSets::new(&all.sets, &all.compiled, 0);
    let touched = touched(&mut whole, (sides, all.places()), classes, settled);
    let ways = WaysIn::new(&mut whole, all.places());
    let [was, is] = touched.each_ref().map(|own| |at| own.get(&at).cloned());
    let some = SidesByRows::new(sides, [&was, &is]);
    let compared = ComparedSets::new(&some.sets, &some.compiled, 0);
    let mut judge = Judge::new(compared, some.places(), (whole, ways));
    let mut answers = PeopleAnswers::default();
    for (done, class) in classes.iter().enumerate() {
        tell(done);
        let answer = judge.class(class, &mut answers.boxes);
        answers.classes.push(answer);
    }
    answers
}

/// Both sides by rows.
struct SidesByRows {
    sets: Vec<PolicySet>,
    compiled: Vec<CompiledPolicies>,
    places: [Vec<usize>; 2],
}

impl SidesByRows {
    /// `names` say of a policy, by its place, which group stands for whom it means.
    fn new(sides: [&PolicySet; 2], names: [&dyn Fn(usize) -> Option<String>; 2]) -> SidesByRows {
        let (before, places) = by_rows(sides[0], names[0]);
        let (after, others) = by_rows(sides[1], names[1]);
        let sets = prepared(&[&before, &after], &[]);
        SidesByRows {
            compiled: sets.iter().map(PolicySet::compiled).collect(),
            places: [places, others],
            sets,
        }
    }

    fn places(&self) -> [&[usize]; 2] {
        self.places.each_ref().map(Vec::as_slice)
    }
}

/// One turn: what holds of the sign-ins, and what is known by now.
struct TurnQuestion {
    turn: PeopleTurn,
    is_ordinary: bool,
    /// What holds of them, ordinary or not: a box is as wide as that.
    whole: Formula,
    formula: Formula,
    /// Of these classes none has it.
    refuted: Vec<RowCube>,
    /// The number of a box, whom it is for, and its literal.
    boxes: Vec<(usize, RowCube, Lit)>,
}

struct Judge<'a> {
    /// The policies that the change has to do with.
    compared: ComparedSets<'a>,
    turns: Vec<TurnQuestion>,
    rows: Rows,
    /// All policies, and the ways in that they leave.
    whole: (ComparedSets<'a>, WaysIn),
    left: usize,
}

impl<'a> Judge<'a> {
    fn new(
        mut compared: ComparedSets<'a>,
        places: [&[usize]; 2],
        whole: (ComparedSets<'a>, WaysIn),
    ) -> Judge<'a> {
        let ordinary = compared.ordinary_way();
        let turns = PeopleTurn::ALL.map(|turn| [(turn, true), (turn, false)]);
        let turns = turns.into_iter().flatten().map(|(turn, is_ordinary)| {
            let (from, to) = match turn {
                PeopleTurn::Gained | PeopleTurn::Less => (0, 1),
                PeopleTurn::Lost | PeopleTurn::More => (1, 0),
            };
            // What passes on the side `to`, and less easily or not at all on the other.
            let [passes, shut] = [
                compared.effect(to, |effect| effect.passes),
                compared.effect(from, |effect| effect.shut),
            ];
            let physical = compared.physical(to);
            let eases = compared.eases(from, to);
            let formulas = &mut compared.question.space.formulas;
            let formula = match turn {
                PeopleTurn::Lost | PeopleTurn::Gained => formulas.all([physical, passes, shut]),
                PeopleTurn::More | PeopleTurn::Less => formulas.all([eases, !shut]),
            };
            let way = if is_ordinary { ordinary } else { !ordinary };
            TurnQuestion {
                turn,
                is_ordinary,
                whole: formula,
                formula: formulas.and(formula, way),
                refuted: Vec::new(),
                boxes: Vec::new(),
            }
        });
        let turns: Vec<TurnQuestion> = turns.collect();
        Judge {
            rows: Rows::new(&mut compared.question, places),
            turns,
            compared,
            whole,
            left: MORE,
        }
    }

    fn class(&mut self, class: &PeopleClass, boxes: &mut Vec<PeopleBox>) -> ClassAnswer {
        let row = self.rows.of(class);
        let is_whole = class.meant.iter().flatten().all(Option::is_some);
        let mut found = Vec::new();
        for number in 0..self.turns.len() {
            found.extend(self.turn(number, class, &row, is_whole, boxes));
        }
        let loses =
            |one: &ClassTurn| one.turn == PeopleTurn::Lost && one.is_ordinary && one.is_certain;
        let (whole, ways) = &mut self.whole;
        ClassAnswer {
            is_shut_out: found.iter().any(loses) && ways.are_lost(whole, class),
            turns: found,
        }
    }

    fn turn(
        &mut self,
        number: usize,
        class: &PeopleClass,
        row: &[Lit],
        is_whole: bool,
        boxes: &mut Vec<PeopleBox>,
    ) -> Option<ClassTurn> {
        let own = self.turns.get(number)?;
        if own.refuted.iter().any(|cube| cube.covers(class)) {
            return None;
        }
        let (turn, is_ordinary, formula) = (own.turn, own.is_ordinary, own.formula);
        let whole = own.whole;
        // What boxes of ordinary sign-ins hold of the others is told.
        let told: Vec<Lit> = match number.checked_sub(1).and_then(|at| self.turns.get(at)) {
            Some(ordinary) if !is_ordinary => (ordinary.boxes.iter())
                .filter(|(_, cube, _)| cube.covers(class))
                .map(|(_, _, inside)| !*inside)
                .collect(),
            _ => Vec::new(),
        };
        let known = own.boxes.iter().filter(|(_, cube, _)| cube.covers(class));
        let known: Vec<(usize, Lit)> = known.map(|(at, _, inside)| (*at, *inside)).collect();
        let mut found = ClassTurn {
            turn,
            is_ordinary,
            is_certain: is_whole,
            boxes: known.iter().map(|(at, _)| *at).take(BOXES).collect(),
            more: known.len() > BOXES,
        };
        let question = &mut self.compared.question;
        let certainly = question.literals(&[formula], Reading::Certainly);
        let outside = known.iter().map(|(_, inside)| !*inside);
        let mut assumed: Vec<Lit> = row.iter().chain(&certainly).copied().collect();
        assumed.extend(outside);
        assumed.extend(&told);
        while found.boxes.len() < BOXES {
            if !found.boxes.is_empty() {
                if self.left == 0 {
                    found.more = true;
                    break;
                }
                self.left -= 1;
            }
            let question = &mut self.compared.question;
            if !question.solver.solve(&assumed) {
                break;
            }
            let Some(one) = question.ordinary(&assumed) else {
                break;
            };
            let (words, inside) = question.widest(&one, whole, &[]);
            let at = self.keep(number, &one, words, inside, boxes);
            found.boxes.push(at);
            assumed.push(!inside);
        }
        if !found.boxes.is_empty() {
            return Some(found);
        }
        if !told.is_empty() {
            return None;
        }
        // Only what hangs on a fact that nobody knows.
        let question = &mut self.compared.question;
        let possibly = question.literals(&[formula], Reading::Possibly);
        let assumed: Vec<Lit> = row.iter().chain(&possibly).copied().collect();
        if let Some(core) = question.solver.minimal_core(&possibly, row) {
            let cube = self.rows.cube(&core);
            if let Some(own) = self.turns.get_mut(number) {
                own.refuted.push(cube);
            }
            return None;
        }
        found.is_certain = false;
        if let Some(one) = question.ordinary(&assumed) {
            boxes.push(PeopleBox {
                turn,
                is_ordinary,
                sign_in: without_person(&one),
                widest: BTreeMap::new(),
            });
            found.boxes.push(boxes.len() - 1);
        }
        Some(found)
    }

    /// Notes a box, and for whom else it is.
    fn keep(
        &mut self,
        number: usize,
        found: &Found,
        mut words: BTreeMap<String, Vec<String>>,
        inside: Lit,
        boxes: &mut Vec<PeopleBox>,
    ) -> usize {
        let mut cube = RowCube::default();
        for word in words.remove("user.memberOf").unwrap_or_default() {
            cube.put(&word);
        }
        let of = |words: &[String], one: &str| {
            let listed = words.iter().any(|word| word == one);
            let not = words
                .iter()
                .any(|word| word.strip_prefix("not ") == Some(one));
            let denies = words.iter().any(|word| word.starts_with("not "));
            listed || denies && !not
        };
        let kinds = words.remove("user.userType");
        let homes = words.remove("user.externalTenantId");
        if kinds.is_some() || homes.is_some() {
            let fits = |kind: &UserType| {
                let home = match kind.has_other_home() {
                    true => "another tenant",
                    false => "this tenant",
                };
                kinds
                    .as_ref()
                    .is_none_or(|words| of(words, &kind.to_string()))
                    && homes.as_ref().is_none_or(|words| of(words, home))
            };
            cube.kinds = Some(UserType::ALL.iter().copied().filter(fits).collect());
        }
        let at = boxes.len();
        if let Some(own) = self.turns.get_mut(number) {
            boxes.push(PeopleBox {
                turn: own.turn,
                is_ordinary: own.is_ordinary,
                sign_in: without_person(found),
                widest: words,
            });
            own.boxes.push((at, cube, inside));
        }
        at
    }
}

fn without_person(found: &Found) -> SignIn {
    SignIn {
        user: None,
        ..found.sign_in.clone()
    }
}
