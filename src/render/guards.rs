//! What the guards found, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::review::SaidAlike;
use crate::finding::{Place, Severity};
use crate::plan::guard::{AllowedBy, GuardFinding};
use crate::plan::weakening::{Class, Effect};
use crate::text::visible;

pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// How a verdict ends, in a word.
pub fn outcome(verdict: &GuardFinding) -> &'static str {
    match (verdict.allowed, verdict.finding.severity) {
        (Some(_), _) => "allowed",
        (None, Severity::Error) => "refused",
        (None, _) => "warning",
    }
}

/// One line on what an action does to protection.
pub fn effect(effect: &Effect) -> String {
    let style = match effect.class {
        Class::Weaker => RED,
        Class::Unknown => YELLOW,
        Class::Stronger => GREEN,
        Class::Neutral => DIM,
    };
    let reasons = visible(&effect.reasons.join("; "), false);
    format!("    # {}: {reasons}\n", paint(style, effect.class.as_str()))
}

/// What the guards found, what refuses first; empty where they found nothing.
pub fn guards(verdicts: &[GuardFinding]) -> String {
    let mut out = String::new();
    let mut sorted: Vec<&GuardFinding> = verdicts.iter().collect();
    sorted.sort_by_key(|v| match outcome(v) {
        "refused" => 0,
        "warning" => 1,
        _ => 2,
    });
    let alike = SaidAlike::of(
        sorted,
        |verdict| &verdict.finding,
        |verdict| (verdict.guard, outcome(verdict), verdict.allowed),
    );
    let helps: Vec<Option<&String>> = alike
        .iter()
        .map(|v| {
            let help = v.first.finding.help.as_ref();
            help.filter(|_| v.first.allowed.is_none())
        })
        .collect();
    for (index, said) in alike.iter().enumerate() {
        let verdict = said.first;
        let word = outcome(verdict);
        let style = match word {
            "refused" => RED.bold(),
            "warning" => YELLOW,
            _ => DIM,
        };
        let how = match verdict.allowed {
            Some(AllowedBy::Flag) => " (by --allow)",
            Some(AllowedBy::File) => " (by the guards file)",
            None => "",
        };
        let place = verdict
            .finding
            .place
            .as_ref()
            .map_or_else(String::new, |p| visible(&format!("  {p}"), false));
        let _ = writeln!(
            out,
            "{} {}{how}{}",
            paint(style, &format!("Guard {word}:")),
            paint(BOLD, verdict.guard.as_str()),
            paint(DIM, &place)
        );
        let _ = writeln!(out, "    {}", visible(&verdict.finding.message, false));
        let named = |name: &str| format!("`{}`", visible(name, false));
        let at = |place: &Place| visible(&place.to_string(), false);
        if let Some(also) = said.also(named, at) {
            let _ = writeln!(out, "    {also}");
        }
        // The same advice stands once, below the last of those that it is for.
        if let Some(help) = helps
            .get(index)
            .copied()
            .flatten()
            .filter(|help| helps.get(index + 1) != Some(&Some(help)))
        {
            let _ = writeln!(
                out,
                "    {}",
                paint(DIM, &format!("help: {}", visible(help, false)))
            );
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}
