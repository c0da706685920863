//! The registry: every code of findings, rule of Graph, rule of advice and guard, with what is
//! said about it, in one place. Findings are made with these ids alone, and `docs/rules/`,
//! `gatewright explain` and SARIF are made from it.

pub mod advice;
pub mod codes;
pub mod graph;
pub mod guards;
pub mod row;

#[cfg(test)]
mod tests;

use std::fmt;

use advice::LintRule;
use codes::Code;
use graph::Graph;
use guards::Guard;
use row::Entry;

/// The rule that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// A rule of Microsoft Graph.
    Graph(Graph),
    /// A rule of advice.
    Lint(LintRule),
    /// A guard.
    Guard(Guard),
}

impl RuleId {
    /// What is said about it.
    pub fn row(self) -> &'static Entry {
        match self {
            RuleId::Graph(rule) => rule.row(),
            RuleId::Lint(rule) => rule.row(),
            RuleId::Guard(guard) => guard.row(),
        }
    }

    /// The table that it stands in.
    pub fn table(self) -> Table {
        match self {
            RuleId::Graph(_) => Table::Graph,
            RuleId::Lint(_) => Table::Advice,
            RuleId::Guard(_) => Table::Guards,
        }
    }

    /// The id.
    pub fn as_str(self) -> &'static str {
        self.row().id
    }

    /// The rule of an id.
    pub fn parse(text: &str) -> Option<RuleId> {
        (Graph::parse(text).map(RuleId::Graph))
            .or_else(|| LintRule::parse(text).map(RuleId::Lint))
            .or_else(|| Guard::parse(text).map(RuleId::Guard))
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Graph> for RuleId {
    fn from(rule: Graph) -> RuleId {
        RuleId::Graph(rule)
    }
}

impl From<LintRule> for RuleId {
    fn from(rule: LintRule) -> RuleId {
        RuleId::Lint(rule)
    }
}

impl From<Guard> for RuleId {
    fn from(guard: Guard) -> RuleId {
        RuleId::Guard(guard)
    }
}

/// A table of the registry. Each is a page of `docs/rules/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// The rules of Microsoft Graph.
    Graph,
    /// The rules of advice.
    Advice,
    /// The guards.
    Guards,
    /// The codes of findings.
    Codes,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 4] = [Table::Graph, Table::Advice, Table::Guards, Table::Codes];

    /// The name of its page, without the ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Table::Graph => "graph",
            Table::Advice => "advice",
            Table::Guards => "guards",
            Table::Codes => "codes",
        }
    }

    /// What stands in it, in order.
    pub fn rows(self) -> Vec<&'static Entry> {
        match self {
            Table::Graph => Graph::ALL.iter().map(|one| one.row()).collect(),
            Table::Advice => LintRule::ALL.iter().map(|one| one.row()).collect(),
            Table::Guards => Guard::ALL.iter().map(|one| one.row()).collect(),
            Table::Codes => Code::ALL.iter().map(|one| one.row()).collect(),
        }
    }
}

/// What stands in the registry under an id, in any letter case. A code before it is taken as
/// well, as findings show it (`bad-value/CA-R05`); `guard/` tells a guard from a code.
pub fn find(text: &str) -> Vec<(Table, &'static Entry)> {
    let (before, id) = match text.rsplit_once(['/', ':']) {
        Some((before, id)) => (Some(before.trim()), id.trim()),
        None => (None, text.trim()),
    };
    let only_guards = before.is_some_and(|before| before.eq_ignore_ascii_case("guard"));
    (Table::ALL.into_iter())
        .filter(|table| !only_guards || *table == Table::Guards)
        .flat_map(|table| table.rows().into_iter().map(move |row| (table, row)))
        .filter(|(_, row)| row.id.eq_ignore_ascii_case(id))
        .collect()
}

/// Every id.
pub fn ids() -> impl Iterator<Item = &'static str> {
    Table::ALL
        .into_iter()
        .flat_map(|table| table.rows().into_iter().map(|row| row.id))
}
