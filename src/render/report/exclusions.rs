//! What policies leave open, and what membership of each exclusion group opens.

use super::ReportRun;
use crate::analysis::Gap;
use crate::text::visible;

/// What is left open.
pub(super) struct GapsView {
    pub said: String,
    pub is_proved: bool,
    pub gaps: Vec<BoxView>,
    pub more: bool,
    pub exclusions: Vec<ExclusionView>,
    pub hidden_blocks: Vec<BoxView>,
}

/// Sign-ins that are alike.
pub(super) struct BoxView {
    pub wide: String,
    pub example: String,
    pub replay: Option<String>,
}

/// A group or role that policies leave out.
pub(super) struct ExclusionView {
    pub name: String,
    pub is_role: bool,
    pub policies: Vec<String>,
    pub opens: Vec<BoxView>,
    pub more: bool,
}

pub(super) fn view(run: &ReportRun<'_>) -> GapsView {
    let gaps = &run.gaps;
    let boxes = |list: &[Gap]| -> Vec<BoxView> {
        let each = list.iter().map(|gap| {
            let (wide, example, replay) = gaps.lines(gap);
            BoxView {
                wide,
                // An example has values of the tenant.
                example: match run.is_masked {
                    true => visible(&crate::render::boxes::got(&gap.got), false),
                    false => example,
                },
                replay: replay.filter(|_| !run.is_masked),
            }
        });
        each.collect()
    };
    let exclusions = gaps.exclusions().map(|one| ExclusionView {
        name: visible(&one.group, false),
        is_role: one.is_role,
        policies: (one.policies.iter())
            .map(|name| visible(name, false))
            .collect(),
        opens: boxes(&one.opens),
        more: one.more,
    });
    GapsView {
        said: gaps.said(),
        is_proved: gaps.found.gaps.is_empty(),
        gaps: boxes(&gaps.found.gaps),
        more: gaps.found.more,
        exclusions: exclusions.collect(),
        hidden_blocks: boxes(&gaps.found.hidden_blocks),
    }
}
