//! Drift as the body of a pull request or a comment: what the tenant has that the manifests do
//! not say, from the tenant's side.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Fold, VERDICTS, WEAKENED, class, code, lines, list, manifest, marker, notes, protection, rows,
    sentence, weakenings, with_diffs,
};
use crate::plan::Action;
use crate::render::drift::{
    Drift, DriftReport, Stray, changed, counts, gravest_first, renamed, shown,
};
use crate::render::human;
use crate::render::plan::{Depth, Same, groups};
use crate::render::review::Review;
use crate::render::times::moment;
use crate::text::few;

/// The most properties that a row names.
const MOST: usize = 6;

/// Drift, and what is told of it.
pub fn drift(report: &DriftReport<'_>) -> String {
    let plan = report.plan;
    let mut head = format!(
        "{}## Drift in {}\n\n",
        marker("drift", &plan.tenant),
        code(&human::tenant(plan))
    );
    let all = gravest_first(plan);
    match all.is_empty() {
        true if report.strays.is_empty() => head.push_str("**No drift.**"),
        true => head.push_str("**No drift in what the project manages.**"),
        false => {
            let _ = write!(head, "**{}.**", counts(&all, report.strays.len()));
        }
    }
    let _ = writeln!(head, " {} unchanged.", plan.unchanged.len());
    let review = Review::of(plan);
    let mut body = list("### Guards", lines(&review.remarks(&[])), VERDICTS);
    let weakened = weakenings(&all, word);
    body.push_str(&list("### Took protection", weakened, WEAKENED));
    body.push_str(&table(report, &all));
    body.push_str(&unmanaged(report));
    let tail = notes(plan);
    let shown = shown(report);
    let fold = |(first, others): &Same<'_, '_>| {
        Fold::of(first, others, word(first.action), why(first.action))
    };
    let whole = "`gatewright drift` prints the whole drift.";
    with_diffs(
        [head, body, tail],
        &groups(&shown, Depth::Usual),
        fold,
        whole,
    )
}

/// What has no manifest and lies outside of the scope.
fn unmanaged(report: &DriftReport<'_>) -> String {
    /// The most rows.
    const MOST: usize = 40;
    let all = report.untold().count();
    let strays: Vec<_> = report.untold().take(MOST).collect();
    if strays.is_empty() {
        return String::new();
    }
    let head = "| Kind | Name | State | Last change | By |\n| --- | --- | --- | --- | --- |\n";
    let cell = |text: Option<&String>| text.map_or_else(String::new, |text| code(text));
    let row = |stray: &&Stray| {
        let change = stray.change.as_ref();
        format!(
            "| {} | {} | {} | {} | {} |\n",
            stray.kind,
            code(&stray.name),
            cell(stray.state.as_ref()),
            change.map_or_else(String::new, |change| code(&moment(&change.at))),
            cell(change.and_then(|change| change.by.as_ref()))
        )
    };
    let (mut out, shown) = rows("### Unmanaged, outside of the scope", head, &strays, row);
    let rest = all.saturating_sub(shown);
    if rest > 0 {
        let _ = writeln!(out, "\n**And {rest} more, left out here.**");
    }
    out
}

fn word(action: &Action) -> &'static str {
    match Drift::of(action) {
        Drift::Changed => "changed",
        Drift::Renamed => "renamed",
        Drift::Missing => "missing",
        Drift::Unmanaged => "unmanaged",
    }
}

fn why(action: &Action) -> &'static str {
    match Drift::of(action) {
        Drift::Changed => "it differs from its manifest",
        Drift::Renamed => "it has another name in the tenant",
        Drift::Missing => "it has a manifest and is missing in the tenant",
        Drift::Unmanaged => "it has no manifest",
    }
}

fn table(report: &DriftReport<'_>, actions: &[&Action]) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let protection = protection(actions);
    let head = format!(
        "| Drift | Kind | Name |{} What | Manifest |\n| --- | --- | --- |{} --- | --- |\n",
        protection("Protection"),
        protection("---")
    );
    let row = |action: &&Action| {
        let mut what = what(action);
        if let Some(change) = report.change(action) {
            let _ = write!(what, "; {}", code(&changed(change)));
        }
        format!(
            "| {} | {} | {} |{} {} | {} |\n",
            word(action),
            action.kind,
            code(&action.name),
            protection(class(action)),
            what,
            manifest(action)
        )
    };
    let (mut out, shown) = rows("### Differences", &head, actions, row);
    let rest = actions.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let _ = writeln!(
            out,
            "\n**And {} more, left out here: {}.**",
            rest.len(),
            counts(rest, 0)
        );
    }
    out
}

/// What differs. Whether a policy is enforced is what is looked for first, so its state stands
/// here by its value.
fn what(action: &Action) -> String {
    let state = |side: &Value| side.get("state").and_then(Value::as_str).map(code);
    let (tenant, manifest) = (state(&action.before), state(&action.after));
    if let Some(live) = renamed(action) {
        return format!("called {} in the tenant", code(live));
    }
    if Drift::of(action) != Drift::Changed {
        let why = sentence(why(action));
        return match tenant.or(manifest) {
            Some(state) => format!("{state}; {why}"),
            None => why,
        };
    }
    let changes = (action.changes.iter()).map(|path| match (path.as_str(), &manifest, &tenant) {
        ("state", Some(manifest), Some(tenant)) => {
            format!("`state`: {tenant}, the manifest says {manifest}")
        }
        _ => code(path),
    });
    few(changes, MOST)
}
