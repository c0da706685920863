//! For a comment on a pull request.

use std::fmt::Write as _;

use serde_json::Value;

use super::TestRun;
use crate::finding::Code;
use crate::render::escape::{markdown_block, markdown_code, markdown_sentence};
use crate::render::markdown::marker;
use crate::render::review::About;

/// For a comment on a pull request.
pub fn markdown(run: &TestRun<'_>, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let title = match run.invariants.is_empty() {
        true => "Scenarios",
        false => "Claims",
    };
    let mut out = format!(
        "{}## {title}\n\n**{}.** {}.\n",
        marker("test", tenant),
        run.said(),
        markdown_sentence(&run.covered())
    );
    let views = run.views();
    for one in views.iter().filter(|one| !one.verdict.holds()) {
        let _ = write!(
            out,
            "\n### {}: {}\n\n",
            one.verdict.as_str(),
            markdown_sentence(&one.title)
        );
        for (place, line) in &one.told {
            let line = markdown_sentence(line);
            let _ = match place {
                Some(place) => {
                    let at = format!("{}:{}", about.path(&place.file.name), place.line);
                    writeln!(out, "- {}: {line}", markdown_code(&at))
                }
                None => writeln!(out, "- {line}"),
            };
        }
        if let Some(sign_in) = one.sign_in {
            let sign_in = serde_json::to_value(sign_in);
            let sign_in = sign_in
                .as_ref()
                .map_or_else(|_| String::new(), Value::to_string);
            let _ = write!(out, "\nSign-in: {}\n", markdown_code(&sign_in));
        }
        if one.code != Code::ScenarioFailed
            && one.code != Code::ScenarioOpen
            && let Some(replay) = &one.replay
        {
            let _ = write!(out, "\n{}", markdown_block("sh", replay));
        }
    }
    let remarks = run.remarks();
    if !remarks.is_empty() {
        out.push('\n');
    }
    for remark in &remarks {
        let at = remark.place.as_ref().map_or_else(String::new, |place| {
            let at = format!("{}:{}", about.path(&place.file.name), place.line);
            format!("{}: ", markdown_code(&at))
        });
        let _ = writeln!(out, "- {at}{}", markdown_sentence(&remark.message));
    }
    let held: Vec<String> = (views.iter())
        .filter(|one| one.verdict.holds())
        .map(|one| {
            let told = one.told.iter().map(|(_, line)| markdown_sentence(line));
            let told: Vec<String> = told.collect();
            match told.is_empty() {
                true => format!("- {}\n", markdown_sentence(&one.title)),
                false => format!("- {}: {}\n", markdown_sentence(&one.title), told.join("; ")),
            }
        })
        .collect();
    let word = match run.invariants.is_empty() {
        true => "passed",
        false => "hold",
    };
    if !held.is_empty() {
        let _ = write!(
            out,
            "\n<details><summary>{} {word}</summary>\n\n{}\n</details>\n",
            held.len(),
            held.concat()
        );
    }
    let assumed = run.assumed();
    if !assumed.is_empty() {
        let lines: Vec<String> = assumed
            .iter()
            .map(|line| format!("- {}\n", markdown_sentence(line)))
            .collect();
        let _ = write!(
            out,
            "\n<details><summary>Assumed</summary>\n\n{}\n</details>\n",
            lines.concat()
        );
    }
    out
}
