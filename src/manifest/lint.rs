//! `lint:` in `gatewright.yaml`: what advice is to know about the project, and how grave
//! each rule is here. The rules themselves are in [`crate::lint`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::Severity;
use crate::model::Kind;
use crate::model::kind::ByKind;
use crate::text::pointer::below;

/// How many days a policy stays in report-only before it is spoken of.
pub const REPORT_ONLY_DAYS: u32 = 30;

/// Advice: naming patterns, limits, and the severity of each rule.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lint {
    /// Patterns for the display names of objects, by kind: regular expressions. They match
    /// anywhere in the name, unless they begin with `^` and end with `$`.
    pub naming: Naming,
    /// After how many days without a change a report-only policy is reported. Default: 30.
    #[schemars(range(min = 1))]
    pub report_only_days: Option<u32>,
    /// Other severities for single rules, each with a reason.
    pub rules: BTreeMap<String, LintTuning>,
}

/// Patterns for names, by kind.
pub type Naming = ByKind<String>;

impl Naming {
    /// The pattern as a regular expression; nothing where there is none, or it is wrong.
    pub fn regex(&self, kind: Kind) -> Option<regex::Regex> {
        compile(self.of(kind)?).ok()
    }
}

/// Compiles a pattern within bounds of memory; matching takes linear time.
fn compile(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
}

/// The severity of a rule in this project.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintTuning {
    /// The severity, or `off`.
    pub severity: LintSeverity,
    /// Why, for the next reader.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// A severity, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LintSeverity {
    /// `validate` fails.
    Error,
    /// Shown.
    Warning,
    /// Shown as worth knowing.
    Hint,
    /// Not looked at.
    Off,
}

impl LintSeverity {
    /// The severity; nothing for `off`.
    pub fn severity(self) -> Option<Severity> {
        match self {
            LintSeverity::Error => Some(Severity::Error),
            LintSeverity::Warning => Some(Severity::Warning),
            LintSeverity::Hint => Some(Severity::Hint),
            LintSeverity::Off => None,
        }
    }
}

impl Lint {
    /// After how many days a policy in report-only is spoken of.
    pub fn report_only_days(&self) -> u32 {
        self.report_only_days.unwrap_or(REPORT_ONLY_DAYS)
    }

    /// What the JSON Schema cannot say: the place below `/lint`, what is wrong, the way out.
    pub(super) fn faults(&self) -> Vec<(String, String, &'static str)> {
        let mut faults = Vec::new();
        for kind in Kind::ALL {
            if let Some(pattern) = self.naming.of(kind)
                && let Err(error) = compile(pattern)
            {
                // The last line says what is wrong; those before it draw the pattern.
                let text = error.to_string();
                let why = text.lines().last().unwrap_or_default().trim();
                let why = why.strip_prefix("error: ").unwrap_or(why);
                faults.push((
                    format!("/naming/{kind}"),
                    format!("`{pattern}` is not a regular expression: {why}"),
                    "write one like `^CA[0-9]{3} `; put it in single quotes if it has a `\\`",
                ));
            }
        }
        for (rule, tuning) in &self.rules {
            if tuning.reason.trim().is_empty() {
                faults.push((
                    format!("{}/reason", below("/rules", rule)),
                    format!("the reason for tuning `{rule}` is blank"),
                    "say why, for the next reader",
                ));
            }
        }
        faults
    }
}
