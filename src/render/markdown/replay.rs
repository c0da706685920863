//! What recorded sign-ins would get, as a comment on a pull request.

use std::fmt::Write as _;

use super::impact::impact_within;
use super::marker;
use crate::impact::people::PeopleImpact;
use crate::impact::replay::{ReplayReport, ReplayVerdict};
use crate::render::boxes;
use crate::render::escape::{markdown_code, markdown_sentence, shortened};
use crate::render::impact::replay::{
    behind, blocked, notes, requirements, sign_ins, told, told_counts, trust,
};
use crate::render::review::About;
use crate::text::counted;
use crate::whatif::Consequence;

/// The most bytes of a comment.
const COMMENT: usize = 60_000;

/// For a comment on a pull request.
pub fn replay(report: &ReplayReport, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    within(report, marker("replay", tenant), COMMENT)
}

/// The people whom a plan affects and what recorded sign-ins would get, for one comment.
pub fn people_and_replay(people: &PeopleImpact, report: &ReplayReport, about: &About) -> String {
    let mut out = impact_within(people, about, COMMENT / 2);
    out.push('\n');
    let most = COMMENT.saturating_sub(out.len());
    out.push_str(&within(report, String::new(), most));
    out
}

fn within(report: &ReplayReport, mut out: String, most: usize) -> String {
    let _ = writeln!(out, "## Recorded sign-ins\n");
    let time = match &report.times {
        Some((from, to)) => format!(", {from} to {to}"),
        None => String::new(),
    };
    let line = format!("{}{time}.", sign_ins(report.judged));
    let _ = writeln!(out, "{}\n", markdown_sentence(&line));
    let _ = writeln!(out, "| What | Sign-ins | People |\n| --- | ---: | ---: |");
    for verdict in ReplayVerdict::ALL {
        let (count, who) = (report.sign_ins.of(verdict), report.people.of(verdict));
        if count > 0 {
            let _ = writeln!(out, "| {} | {count} | {who} |", verdict.as_str());
        }
    }
    out.push('\n');
    if let Some(line) = blocked(report) {
        let _ = writeln!(out, "{line}\n");
    }
    for line in requirements(report) {
        let _ = writeln!(out, "- {}", markdown_sentence(&line));
    }
    let _ = writeln!(
        out,
        "\n**Calibration:** {}",
        markdown_sentence(&trust(report))
    );
    for note in notes(report) {
        let _ = writeln!(out, "- {}", markdown_sentence(&note));
    }
    let differences = report.calibration.differences.iter();
    for difference in differences.filter(|one| !one.cause.is_known()).take(5) {
        let told = format!("{} ({})", told(difference), difference.cause.words());
        let _ = writeln!(out, "- {}", markdown_sentence(&shortened(&told, 400)));
    }
    if report.calibration.of_gone > 0 {
        let _ = writeln!(
            out,
            "- {} not compared: the person is no longer in the directory, so their groups are not known",
            counted(report.calibration.of_gone as usize, "result")
        );
    }
    // Of the known causes, how often each is one.
    let mut causes: Vec<(&str, u64)> = Vec::new();
    let known = report.calibration.differences.iter();
    for difference in known.filter(|one| one.cause.is_known()) {
        let words = difference.cause.words();
        match causes.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += difference.count,
            None => causes.push((words, difference.count)),
        }
    }
    for (words, count) in causes {
        let line = format!("{}: {words}", counted(count, "difference"));
        let _ = writeln!(out, "- {}", markdown_sentence(&line));
    }
    if !report.changes.is_empty() {
        let _ = writeln!(
            out,
            "\n| What | People | Sign-ins | Behind it | Before | After |\n| --- | ---: | ---: | --- | --- | --- |"
        );
    }
    let mut left = 0;
    for change in &report.changes {
        let got = |one: &Option<Consequence>| {
            let got = one.as_ref().map(boxes::got).unwrap_or_default();
            markdown_sentence(&shortened(&got, 200)).replace('|', "\\|")
        };
        let row = format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            change.verdict.as_str(),
            change.people,
            change.sign_ins,
            markdown_sentence(&shortened(&behind(change), 300)).replace('|', "\\|"),
            got(&change.before),
            got(&change.after)
        );
        match left > 0 || out.len() + row.len() > most.saturating_sub(4_000) {
            true => left += 1,
            false => out.push_str(&row),
        }
    }
    if left > 0 {
        let _ = writeln!(
            out,
            "\n**And {left} more changes are left out here.** `gatewright impact --format json` has them all."
        );
    }
    if !report.by_application.is_empty() {
        let rows = report.by_application.iter().take(5);
        let rows: Vec<String> = rows
            .map(|row| {
                format!(
                    "{}: {}",
                    markdown_code(&shortened(&row.name, 100)),
                    told_counts(&row.counts)
                )
            })
            .collect();
        let _ = writeln!(out, "\nApplications: {}", rows.join("; "));
    }
    out
}
