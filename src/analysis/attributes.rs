//! Attributes of a device, an application or a service principal, as far as rules ask for them.

use std::collections::{BTreeMap, BTreeSet};

use super::domain::Domain;
use super::formula::{Formula, Formulas};
use crate::model::filter::{AttributeKind, attribute};
use crate::whatif::parts::{CompiledRule, How, Test};

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    Null,
    Bool(bool),
    /// One of the texts that rules compare with.
    Text(String),
    /// Any other text.
    Other,
    /// Some texts, at least one (of an attribute that holds several).
    Several,
}

/// One attribute, and each comparison that a rule makes with it.
#[derive(Debug)]
pub(super) struct Attribute {
    pub held: Domain<Held>,
    /// Whether a text is at the start, at the end, or inside (or one of several).
    pub tests: BTreeMap<(u8, String), Formula>,
}

/// The attributes of one object, by lower-case name: the name as it is written, and what it
/// holds.
#[derive(Debug, Default)]
pub(super) struct AttributeSpace {
    pub all: BTreeMap<String, (String, Attribute)>,
}

pub(super) const EQUAL: u8 = 0;
pub(super) const STARTS: u8 = 1;
pub(super) const ENDS: u8 = 2;
pub(super) const CONTAINS: u8 = 3;

fn code(how: How) -> u8 {
    match how {
        How::Equal => EQUAL,
        How::Starts => STARTS,
        How::Ends => ENDS,
        How::Contains => CONTAINS,
    }
}

fn tests<'a>(rule: &'a CompiledRule, found: &mut Vec<&'a Test>) {
    match rule {
        CompiledRule::All(parts) | CompiledRule::Any(parts) => {
            parts.iter().for_each(|part| tests(part, found));
        }
        CompiledRule::Not(inner) => tests(inner, found),
        CompiledRule::Test(test) => found.push(test),
        CompiledRule::Unreadable(..) => {}
    }
}

impl AttributeSpace {
    /// The attributes that rules ask for, and `always` (of a device).
    pub(super) fn new<'a>(
        rules: impl Iterator<Item = &'a CompiledRule>,
        always: &[&str],
        formulas: &mut Formulas,
        hard: &mut Vec<Formula>,
    ) -> AttributeSpace {
        let mut found = Vec::new();
        rules.for_each(|rule| tests(rule, &mut found));
        let mut asked: BTreeMap<String, (String, BTreeSet<(u8, String)>)> = BTreeMap::new();
        for name in always {
            asked
                .entry(name.to_lowercase())
                .or_insert_with(|| ((*name).to_owned(), BTreeSet::new()));
        }
        for test in found {
            let (_, texts) = asked
                .entry(test.attribute.to_lowercase())
                .or_insert_with(|| (test.attribute.clone(), BTreeSet::new()));
            texts.extend(test.texts.iter().map(|text| (code(test.how), text.clone())));
        }
        let all = asked.into_iter().map(|(key, (name, texts))| {
            let attribute = Attribute::new(&name, &texts, formulas, hard);
            (key, (name, attribute))
        });
        AttributeSpace { all: all.collect() }
    }

    /// That a rule holds.
    pub(super) fn rule(&self, rule: &CompiledRule, formulas: &mut Formulas) -> Formula {
        match rule {
            CompiledRule::All(parts) => {
                let parts: Vec<Formula> = parts.iter().map(|p| self.rule(p, formulas)).collect();
                formulas.all(parts)
            }
            CompiledRule::Any(parts) => {
                let parts: Vec<Formula> = parts.iter().map(|p| self.rule(p, formulas)).collect();
                formulas.any(parts)
            }
            CompiledRule::Not(inner) => !self.rule(inner, formulas),
            CompiledRule::Test(test) => self.test(test, formulas),
            CompiledRule::Unreadable(_, text) => formulas.open(format!("rule {text}")),
        }
    }

    fn test(&self, test: &Test, formulas: &mut Formulas) -> Formula {
        let Some((_, attribute)) = self.all.get(&test.attribute.to_lowercase()) else {
            return formulas.open(format!("attribute {}", test.attribute));
        };
        let null = match test.null {
            true => attribute.held.is(&Held::Null),
            false => Formula::FALSE,
        };
        let mut ways = vec![null];
        for text in &test.texts {
            ways.push(attribute.compares(code(test.how), text));
        }
        let positive = formulas.any(ways);
        match test.negative {
            true => !positive,
            false => positive,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Attribute> {
        self.all
            .get(&name.to_lowercase())
            .map(|(_, attribute)| attribute)
    }
}

impl Attribute {
    fn new(
        name: &str,
        texts: &BTreeSet<(u8, String)>,
        formulas: &mut Formulas,
        hard: &mut Vec<Formula>,
    ) -> Attribute {
        let kind = attribute(name).map(|(_, kind)| kind);
        let equal: BTreeSet<&String> = texts
            .iter()
            .filter(|(how, _)| *how == EQUAL)
            .map(|(_, text)| text)
            .collect();
        let values: Vec<Held> = match kind {
            Some(AttributeKind::Bool) => {
                vec![Held::Null, Held::Bool(false), Held::Bool(true)]
            }
            // The tenant's own may hold several texts, as documented for some of a device's.
            None | Some(AttributeKind::Texts) => vec![Held::Null, Held::Several],
            Some(AttributeKind::OneOf(words)) => {
                let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                for text in equal {
                    if !all.iter().any(|known| known.eq_ignore_ascii_case(text)) {
                        all.push(text.clone());
                    }
                }
                // Devices report other words, too; how a device is joined is one of three.
                let other = (!name.eq_ignore_ascii_case("trustType")).then_some(Held::Other);
                [Held::Null]
                    .into_iter()
                    .chain(all.into_iter().map(Held::Text))
                    .chain(other)
                    .collect()
            }
            Some(AttributeKind::Id | AttributeKind::Text) => [Held::Null, Held::Other]
                .into_iter()
                .chain(equal.into_iter().map(|text| Held::Text(text.clone())))
                .collect(),
        };
        let held = Domain::new("", values, formulas, hard);
        let free = [Held::Other, Held::Several].map(|value| held.is(&value));
        let mut tests = BTreeMap::new();
        for (how, text) in texts {
            // What a known text says, and what any other may say.
            let mut ways = Vec::new();
            for (value, atom) in held.iter() {
                let said = match value {
                    Held::Null | Held::Other | Held::Several => false,
                    Held::Bool(flag) => holds(&flag.to_string(), *how, text),
                    Held::Text(known) => holds(&known.to_lowercase(), *how, text),
                };
                if said {
                    ways.push(atom);
                }
            }
            let other = match (*how, free) {
                (EQUAL, [_, Formula::FALSE]) | (_, [Formula::FALSE, Formula::FALSE]) => {
                    Formula::FALSE
                }
                (_, [one, several]) => {
                    let may = formulas.or(one, several);
                    let atom = formulas.atom();
                    formulas.and(may, atom)
                }
            };
            ways.push(other);
            tests.insert((*how, text.clone()), formulas.any(ways));
        }
        let attribute = Attribute { held, tests };
        attribute.keep_sense(formulas, hard);
        attribute
    }

    /// A text that has one thing in it has what is in that thing.
    fn keep_sense(&self, formulas: &mut Formulas, hard: &mut Vec<Formula>) {
        let other = self.held.is(&Held::Other);
        for ((how, text), one) in &self.tests {
            for ((weaker, part), implied) in &self.tests {
                let implies = (how, text) != (weaker, part)
                    && match (*how, *weaker) {
                        (STARTS, STARTS) => text.starts_with(part.as_str()),
                        (ENDS, ENDS) => text.ends_with(part.as_str()),
                        // Of several texts one whole text is contained.
                        (EQUAL, CONTAINS) => text == part,
                        (EQUAL, how) => holds(text, how, part),
                        (_, CONTAINS) if other != Formula::FALSE => text.contains(part.as_str()),
                        _ => false,
                    };
                if implies {
                    let rule = formulas.or(!*one, *implied);
                    hard.push(rule);
                }
                // Two different beginnings (or ends) of one text.
                let apart = other != Formula::FALSE
                    && how == weaker
                    && text < part
                    && match *how {
                        STARTS => {
                            !part.starts_with(text.as_str()) && !text.starts_with(part.as_str())
                        }
                        ENDS => !part.ends_with(text.as_str()) && !text.ends_with(part.as_str()),
                        _ => false,
                    };
                if apart {
                    let both = formulas.and(*one, *implied);
                    hard.push(!both);
                }
            }
        }
    }

    fn compares(&self, how: u8, text: &str) -> Formula {
        self.tests
            .get(&(how, text.to_owned()))
            .copied()
            .unwrap_or(Formula::FALSE)
    }
}

fn holds(text: &str, how: u8, part: &str) -> bool {
    match how {
        EQUAL => text == part,
        STARTS => text.starts_with(part),
        ENDS => text.ends_with(part),
        _ => text.contains(part),
    }
}
