//! Results of several machines as one: any bytes are results or told, and nothing that a line says
//! makes the failure of another tenant a success.

use gatewright::cli::Exit;
use gatewright::finding::has_errors;
use gatewright::fleet::merge::merge;
use gatewright::fleet::result::{TenantResult, gravest};
use gatewright::render;
use serde_json::json;

use crate::sound;

/// Holds the laws for one file.
pub fn check(data: &[u8]) {
    let Some(file) = sound::source("a.jsonl", data) else {
        return;
    };
    let mut findings = Vec::new();
    let results = merge(std::slice::from_ref(&file), &mut findings);
    sound::findings(&findings);
    let lines = file
        .text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    assert!(results.len() <= lines);
    // Each line is a result or told; only behind one that is no JSON the rest of a file is left.
    assert!(
        results.len() == lines || has_errors(&findings),
        "{lines} lines, {} results",
        results.len()
    );
    shown(&results);
    // A failure beside it stays one.
    let command = results.first().map_or("plan", |one| one.command.as_str());
    for code in [1_u8, 3, 5, 77] {
        let failed = json!({"formatVersion": "1.0", "command": command, "tenant": "failed", "exitCode": code, "summary": {"errors": 1}});
        let other = sound::source("b.jsonl", failed.to_string().as_bytes()).unwrap();
        for files in [[file.clone(), other.clone()], [other, file.clone()]] {
            let mut findings = Vec::new();
            let results = merge(&files, &mut findings);
            let exit = Exit::of_code(gravest(results.iter().map(|one| one.exit_code)));
            let is_seen = results
                .iter()
                .any(|one| one.tenant == "failed" && one.exit_code == code);
            assert!(
                has_errors(&findings) || is_seen && exit as u8 != 0,
                "green: {:?}",
                file.text
            );
        }
    }
    // Written again it is the same.
    if findings.is_empty() {
        let lines: Vec<String> = results
            .iter()
            .map(|one| serde_json::to_string(one).unwrap())
            .collect();
        let again = sound::source("a.jsonl", lines.join("\n").as_bytes()).unwrap();
        assert_eq!(merge(&[again], &mut findings), results);
        assert!(findings.is_empty(), "{findings:?}");
    }
}

fn shown(results: &[TenantResult]) {
    sound::shown(&render::fleet::human(results, None));
    sound::shown(&render::fleet::human(results, Some(40)));
    sound::shown(&render::fleet::markdown(results));
    if let Ok(page) = render::fleet::html(results) {
        sound::shown(&page);
    }
    let told: Vec<String> = results.iter().map(render::fleet::lines).collect();
    let told: Vec<(&str, &str)> = results
        .iter()
        .zip(&told)
        .map(|(one, text)| (one.tenant.as_str(), text.as_str()))
        .collect();
    sound::shown(&render::fleet::details(told.into_iter()));
}
