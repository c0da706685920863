//! What a project claims, as a table.

use crate::claims::ClaimVerdict;
use crate::render::claims::TestRun;
use crate::text::visible;

/// The claims.
pub(super) struct ClaimsView {
    pub said: String,
    pub rows: Vec<ClaimRow>,
    pub failed: usize,
    pub assumptions: Vec<String>,
}

/// One claim.
pub(super) struct ClaimRow {
    pub title: String,
    pub verdict: &'static str,
    pub class: &'static str,
    pub told: Vec<String>,
    pub replay: Option<String>,
}

/// The claims of a run; where names are hidden, the project's own have none, and nothing is told of
/// what became of them but the verdict.
pub(super) fn view(run: &TestRun<'_>, is_masked: bool) -> ClaimsView {
    let mut number = 0;
    let rows = run.views().into_iter().map(|one| {
        number += 1;
        let title = match is_masked && !one.is_of_pack {
            true => format!("claim-{number}"),
            false => one.title.clone(),
        };
        let told = one.told.iter().map(|(_, line)| visible(line, false));
        ClaimRow {
            title: visible(&title, false),
            verdict: one.verdict.as_str(),
            class: class(one.verdict),
            told: match is_masked {
                true => Vec::new(),
                false => told.collect(),
            },
            replay: one.replay.filter(|_| !is_masked),
        }
    });
    ClaimsView {
        rows: rows.collect(),
        said: run.said(),
        failed: run.verdicts().filter(|verdict| verdict.fails()).count(),
        assumptions: match is_masked {
            true => Vec::new(),
            false => run.assumed(),
        },
    }
}

fn class(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Passed | ClaimVerdict::Proved => "good",
        ClaimVerdict::Open => "open",
        _ => "bad",
    }
}
