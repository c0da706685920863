//! The examples of the documents are true: the files that they show are written, the commands
//! that they show are run, and what comes out is what stands below them.
//!
//! A block of YAML whose first line is `# path/file.yaml` is a file; a block of `console` holds
//! commands after `$ `, each with its output (stdout, then stderr) below.

use crate::common::{CONFIG, Project};

/// The blocks of a document: language and text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```")
            && !language.is_empty()
        {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((language.to_owned(), body.join("\n")));
        }
    }
    found
}

/// The words of a command line, of which some stand between quotes.
fn words(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut quote, mut inside) = (None, false);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => found.last_mut().unwrap().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                if !inside {
                    found.push(String::new());
                }
                inside = true;
            }
            None if c == ' ' => inside = false,
            None => {
                if !inside {
                    found.push(String::new());
                }
                inside = true;
                found.last_mut().unwrap().push(c);
            }
        }
    }
    found
}

fn holds(name: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut project = Project::new().file("gatewright.yaml", CONFIG);
    let mut ran = 0;
    let mut wrong = String::new();
    for (language, body) in blocks(&text) {
        if matches!(language.as_str(), "yaml" | "json")
            && let Some(path) = body.lines().next().and_then(|line| line.strip_prefix("# "))
            && path.contains('.')
            && !path.contains(' ')
        {
            project = project.file(path, &body);
        }
        if language != "console" {
            continue;
        }
        for command in body.split("$ gatewright ").skip(1) {
            let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
            let arguments = words(line);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let out = project.run(&arguments);
            let came = format!("{}{}", out.stdout, out.stderr);
            ran += 1;
            if came.trim() != expected.trim() {
                wrong.push_str(&format!("$ gatewright {line}\n{came}\n"));
            }
        }
    }
    assert!(ran > 0, "{name} shows no command");
    assert!(
        wrong.is_empty(),
        "{name}: this came out instead:\n\n{wrong}"
    );
}

#[test]
fn of_the_document_on_sign_ins() {
    holds("docs/whatif.md");
}

#[test]
fn of_the_document_on_tests() {
    holds("docs/tests.md");
}

#[test]
fn of_the_document_on_proofs() {
    holds("docs/proofs.md");
}
