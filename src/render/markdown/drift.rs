//! Drift as the body of a pull request or a comment: what the tenant has that the manifests do
//! not say, from the tenant's side.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Fold, VERDICTS, WEAKENED, code, left_alone, line, list, manifest, marker, notes, rows,
    sentence, weakening, weakens, with_diffs,
};
use crate::plan::{Action, Plan};
use crate::render::drift::{Drift, gravest_first};
use crate::render::human;
use crate::render::review::Review;
use crate::text::few;

/// The most properties that a row names.
const MOST: usize = 6;

/// The drift that `plan` would undo.
pub fn drift(plan: &Plan) -> String {
    let mut head = format!(
        "{}## Drift in {}\n\n",
        marker("drift", &plan.tenant),
        code(&human::tenant(plan))
    );
    let all = gravest_first(plan);
    match all.is_empty() {
        true if plan.unmanaged.is_empty() => head.push_str("**No drift.**"),
        true => head.push_str("**No drift in what the project manages.**"),
        false => {
            let _ = write!(head, "**{}.**", count(&all));
        }
    }
    let _ = writeln!(head, " {} as their manifests say.", plan.unchanged.len());
    let review = Review::of(plan);
    let mut body = list(
        "### Guards",
        review.remarks(&[]).iter().map(line).collect(),
        VERDICTS,
    );
    let weakened = all
        .iter()
        .filter_map(|action| Some(weakening(action, word(action), weakens(action)?)))
        .collect();
    body.push_str(&list("### Took protection", weakened, WEAKENED));
    body.push_str(&table(&all));
    let mut tail = notes(plan);
    tail.push_str(&left_alone(plan));
    let fold = |action: &&Action| {
        let (tenant, manifest) = plan.shown(action);
        Fold::of(action, word(action), why(action), (&manifest, &tenant))
    };
    let whole = "The whole drift is what `gatewright drift` prints.";
    with_diffs([head, body, tail], &all, fold, whole)
}

fn count(actions: &[&Action]) -> String {
    let count = |wanted| actions.iter().filter(|a| Drift::of(a) == wanted).count();
    format!(
        "{} changed, {} missing, {} without a manifest",
        count(Drift::Changed),
        count(Drift::Missing),
        count(Drift::Unmanaged)
    )
}

fn word(action: &Action) -> &'static str {
    match Drift::of(action) {
        Drift::Changed => "changed",
        Drift::Missing => "missing",
        Drift::Unmanaged => "unmanaged",
    }
}

fn why(action: &Action) -> &'static str {
    match Drift::of(action) {
        Drift::Changed => "it is not as its manifest says",
        Drift::Missing => "its manifest is there, and it is not in the tenant",
        Drift::Unmanaged => "it is in the project's scope and has no manifest",
    }
}

fn table(actions: &[&Action]) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let head = "| Drift | Kind | Name | What | Manifest |\n| --- | --- | --- | --- | --- |\n";
    let row = |action: &&Action| {
        format!(
            "| {} | {} | {} | {} | {} |\n",
            word(action),
            action.kind,
            code(&action.name),
            what(action),
            manifest(action)
        )
    };
    let (mut out, shown) = rows("### Differences", head, actions, row);
    let rest = actions.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let _ = writeln!(
            out,
            "\n**And {} more, left out here: {}.**",
            rest.len(),
            count(rest)
        );
    }
    out
}

/// What differs. Whether a policy is enforced is what is looked for first, so its state stands
/// here by its value.
fn what(action: &Action) -> String {
    let state = |side: &Value| side.get("state").and_then(Value::as_str).map(code);
    let (tenant, manifest) = (state(&action.before), state(&action.after));
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
