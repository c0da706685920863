//! The command lines in pipelines and documents are ones that the program understands.

use std::path::{Path, PathBuf};

use clap::Parser;
use gatewright::cli::Cli;
use gatewright::cli::ci::Ci;

/// What other parts bring. A line that begins so need not be understood yet; once it is, it has
/// to go from this list.
const TO_COME: &[&str] = &[];

/// The words of a command line. What stands in double quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (number, part) in line.split('"').enumerate() {
        let quoted = number % 2 == 1;
        for (number, word) in part
            .split(|c: char| !quoted && c.is_whitespace())
            .enumerate()
        {
            if number > 0 {
                words.push(String::new());
            }
            words.last_mut().unwrap().push_str(word);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The command lines of gatewright in a text of shell, with the variables filled in.
fn invocations(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line
            .trim_start()
            .trim_start_matches("- ")
            .trim_start_matches("run: ")
            .trim_start_matches("if ");
        let line = line.trim_start_matches("$ ");
        let Some(rest) = line.strip_prefix("gatewright ") else {
            continue;
        };
        // What follows is for the shell.
        let end = [" >", " 2>", " |", " ||", " &&", " #", ";"]
            .iter()
            .filter_map(|stop| rest.find(stop))
            .min()
            .unwrap_or(rest.len());
        let rest = rest[..end]
            .replace("$TENANT", "prod")
            .replace("$DIGEST", &"0".repeat(64))
            .replace("$PLAN_DIGEST", &"0".repeat(64))
            .replace("$(Pipeline.Workspace)/plan/", "")
            .replace("$out/", "")
            .replace("out/", "");
        // The action runs what its user says.
        if !rest.contains("${arguments") {
            found.push(format!("gatewright {}", rest.trim()));
        }
    }
    found
}

/// The shell in a Markdown text.
fn shell(markdown: &str) -> String {
    let mut inside = false;
    let mut found = String::new();
    for line in markdown.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(language) => {
                inside = !inside && ["sh", "bash", "powershell"].contains(&language.trim())
            }
            None if inside => {
                found.push_str(line);
                found.push('\n');
            }
            None => {}
        }
    }
    found
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("README.md")];
    for entry in std::fs::read_dir(root.join("examples")).unwrap() {
        found.push(entry.unwrap().path().join("README.md"));
    }
    found.retain(|page| page.exists());
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found
}

#[test]
fn command_lines_are_understood() {
    let mut lines: Vec<(String, String)> = Vec::new();
    for ci in [Ci::GitHub, Ci::Azure, Ci::GitLab] {
        for (name, text) in ci.files() {
            lines.extend(
                invocations(text)
                    .into_iter()
                    .map(|l| ((*name).to_owned(), l)),
            );
        }
    }
    assert!(lines.len() >= 10, "{lines:?}");
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        lines.extend(
            invocations(&shell(&text))
                .into_iter()
                .map(|l| (name.clone(), l)),
        );
    }
    let mut wrong = Vec::new();
    for (file, line) in &lines {
        let parsed = Cli::try_parse_from(words(line));
        let to_come = TO_COME.iter().any(|begin| line.starts_with(begin));
        match (parsed, to_come) {
            (Ok(_), true) => wrong.push(format!("{file}: take `{line}` off the list")),
            (Err(error), false) if error.use_stderr() => {
                let why = error.to_string();
                let why = why.lines().next().unwrap_or_default().to_owned();
                wrong.push(format!("{file}: `{line}`: {why}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages that other parts bring.
const PAGES_TO_COME: &[&str] = &[];

#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let (page, part) = link.split_once('#').unwrap_or((link, ""));
            if page.contains("://") {
                continue;
            }
            let target = match page {
                "" => path.clone(),
                page => path.parent().unwrap().join(page),
            };
            let to_come = PAGES_TO_COME.contains(&page);
            if target.exists() == to_come {
                wrong.push(format!("{}: {link}", path.display()));
            }
            // A heading becomes its words in lower case, with hyphens between.
            let heads = std::fs::read_to_string(&target).unwrap_or_default();
            let mut heads = heads.lines().filter(|l| l.starts_with('#')).map(|l| {
                let words = l
                    .trim_start_matches('#')
                    .trim()
                    .to_lowercase()
                    .replace(' ', "-");
                words.replace(|c: char| !c.is_alphanumeric() && c != '-', "")
            });
            if !part.is_empty() && !heads.any(|head| head == part) {
                wrong.push(format!("{}: no heading {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn properties_in_the_tables_exist() {
    let schema = gatewright::manifest::schema::manifest_schema().to_string();
    let mut seen = 0;
    for path in documents() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("coming-from-") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let first = quoted.split([':', ' ', ',']).next().unwrap_or_default();
            let root = first.split('.').next().unwrap_or_default();
            if !["conditions", "grantControls", "sessionControls"].contains(&root) {
                continue;
            }
            // The provider's own names have underscores and stand in the first column.
            for part in first.split('.').filter(|_| !first.contains('_')) {
                seen += 1;
                let known = schema.contains(&format!("\"{part}\":"));
                let theirs = ["filter", "included", "devices"].contains(&part);
                assert!(known || theirs, "{name}: `{part}` in `{quoted}`");
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn every_pipeline_reports_the_main_branch_and_each_change() {
    for ci in [Ci::GitHub, Ci::Azure, Ci::GitLab] {
        let files = ci.files().iter().flat_map(|(_, text)| invocations(text));
        let reports: Vec<String> = files
            .filter(|line| line.starts_with("gatewright report "))
            .collect();
        let of_change = reports.iter().filter(|line| line.contains(" --plan "));
        assert_eq!((reports.len(), of_change.count()), (2, 1), "{reports:?}");
        // An agent may have the page of the run before.
        assert!(
            reports.iter().all(|line| line.contains(" --force ")),
            "{reports:?}"
        );
    }
}

#[test]
fn the_comment_that_a_pipeline_looks_for_is_the_one_that_it_writes() {
    let (_, plan) = Ci::GitHub
        .files()
        .iter()
        .find(|(name, _)| name.ends_with("plan.yml"))
        .unwrap();
    let marker = "<!-- gatewright:plan tenant=$TENANT -->";
    assert_eq!(
        plan.matches(marker).count(),
        2,
        "once to write, once to find"
    );
}
