//! The examples of the documents are true: the files that they show are written, the commands
//! that they show are run, and what comes out is what stands below them.
//!
//! A block of YAML whose first line is `# path/file.yaml` is a file; a block of `diff` with such a
//! line changes one; a block of `console` holds commands after `$ `, each with its output (stdout,
//! then stderr) below. A line that ends in `...` was shortened, and the output of a command that
//! ends in `>/dev/null` is not shown.
//!
//! The guides are followed: their commands are run in their order, on an embedded tenant in the
//! place of the real one.

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
        if language == "diff" {
            edit(&project, &body);
        }
        if language != "console" {
            continue;
        }
        for command in body.split("$ gatewright ").skip(1) {
            let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
            let (shown, hidden) = match line.strip_suffix(" >/dev/null") {
                Some(line) => (line, true),
                None => (line, false),
            };
            let arguments = words(shown);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let out = project.run(&arguments);
            let came = format!("{}{}", out.stdout, out.stderr);
            ran += 1;
            if hidden {
                assert_eq!(out.code, Some(0), "{name}: {line}: {}", out.snapshot());
            } else if !same(&came, expected) {
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

/// Whether the output is the expected one, of which lines may have been shortened.
fn same(came: &str, expected: &str) -> bool {
    let (came, expected) = (came.trim().lines(), expected.trim().lines());
    came.clone().count() == expected.clone().count()
        && came.zip(expected).all(|(came, expected)| {
            came.trim_end() == expected.trim_end()
                || expected
                    .strip_suffix("...")
                    .is_some_and(|begin| came.starts_with(begin))
        })
}

/// Puts the lines after `+` into a file, in the place of those after `-`.
fn edit(project: &Project, diff: &str) {
    let (name, lines) = diff.split_once('\n').unwrap();
    let path = project.path(name.strip_prefix("# ").unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    let side = |sign: char| -> String {
        let lines = lines.lines().filter_map(|line| line.strip_prefix(sign));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let (old, new) = (side('-'), side('+'));
    assert_eq!(text.matches(&old).count(), 1, "{old}\nin\n{text}");
    std::fs::write(path, text.replace(&old, &new)).unwrap();
}

fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// In zsh a `#` on the command line is no comment, and PowerShell has neither `export` nor `$( )`
/// for this: what is not the same in all three stands there twice.
#[test]
fn of_the_guides_are_for_every_shell() {
    let of_posix = ["export ", "$(", "\\\n", "&&", "() {", "grant ", " >"];
    for name in [
        "README.md",
        "docs/getting-started.md",
        "docs/first-contact.md",
        "docs/sign-in.md",
    ] {
        let text = page(name);
        let blocks = blocks(&text);
        for (at, (language, body)) in blocks.iter().enumerate() {
            if !matches!(language.as_str(), "sh" | "bash") {
                continue;
            }
            let comment = body
                .lines()
                .find(|line| line.starts_with('#') || line.contains(" #"));
            assert_eq!(comment, None, "{name}: zsh would pass it on");
            let posix = of_posix.iter().find(|word| body.contains(**word));
            let next = blocks.get(at + 1).map(|(language, _)| language.as_str());
            assert!(
                posix.is_none() || next == Some("powershell"),
                "{name}: no PowerShell for\n{body}"
            );
        }
    }
}

/// The tenant of the guide is the one that its first step made, so that there is something to
/// take over; signing in and registering applications are left to the person.
#[test]
fn of_getting_started_can_be_followed() {
    let text = page("docs/getting-started.md");
    let project = Project::empty();
    let (mut folder, mut ran) = (String::new(), Vec::new());
    for (language, body) in blocks(&text) {
        if language == "yaml" {
            put(&project, &folder, &body);
        }
        if language != "sh" {
            continue;
        }
        for line in body.lines() {
            if let Some(into) = line.strip_prefix("cd ") {
                folder = into.to_owned();
                let made = project.path("try-it/.gatewright/sandbox.json");
                let state = project.path(&folder).join(".gatewright");
                std::fs::create_dir_all(&state).unwrap();
                std::fs::copy(made, state.join("prod.json")).unwrap();
            }
            let Some(line) = line.strip_prefix("gatewright ") else {
                continue;
            };
            if line.starts_with("auth ") {
                continue;
            }
            let mut arguments = words(line);
            if !folder.is_empty() {
                arguments.splice(0..0, ["-C".to_owned(), folder.clone()]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let out = project.run(&arguments);
            assert_eq!(out.code, Some(0), "{line}\n{}", out.snapshot());
            if line == "plan -t prod" {
                assert!(out.stdout.starts_with("No changes"), "{}", out.snapshot());
            }
            ran.push(line.split(' ').next().unwrap().to_owned());
        }
    }
    let last = &ran[ran.len() - 8..];
    assert_eq!(
        last,
        [
            "init", "import", "validate", "plan", "plan", "show", "apply", "init"
        ]
    );
}

/// What the guide has put into a file of the project: the tenants in the place of those that are
/// there, anything else behind it.
fn put(project: &Project, folder: &str, body: &str) {
    let name = if body.starts_with("breakGlass:") {
        "guards.yaml"
    } else {
        "gatewright.yaml"
    };
    let path = project.path(folder).join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = if body.starts_with("tenants:") {
        let begin = text.find("\ntenants:\n").unwrap() + 1;
        let rest = &text[begin + "tenants:\n".len()..];
        let after = rest.lines().skip_while(|line| line.starts_with(' '));
        let after: Vec<&str> = after.collect();
        let at = body.find("  prod:").unwrap();
        let prod = "  prod: { sandbox: .gatewright/prod.json }";
        format!(
            "{}{}{prod}\n{}\n",
            &text[..begin],
            &body[..at],
            after.join("\n")
        )
    } else {
        format!("{text}\n{body}\n")
    };
    std::fs::write(path, text).unwrap();
}

/// Each project that examples/ shows is one that a newcomer can begin with: no error, no warning.
#[test]
fn of_many_machines_are_valid() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for name in ["azure-matrix", "github-matrix", "kubernetes"] {
        let folder = root.join(name);
        let folder = folder.to_str().unwrap();
        let out = Project::empty().run(&["-C", folder, "validate", "--strict"]);
        assert_eq!(out.code, Some(0), "{name}: {}", out.snapshot());
        let out = Project::empty().run(&["-C", folder, "tenants", "-t", "label:gold"]);
        assert_eq!(out.code, Some(0), "{name}: {}", out.snapshot());
    }
}

#[test]
fn of_the_readme() {
    holds("README.md");
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
fn of_the_document_on_overlays() {
    holds("docs/overlays.md");
}

#[test]
fn of_the_document_on_references() {
    holds("docs/uses.md");
}

#[test]
fn of_the_document_on_exports() {
    holds("docs/export.md");
}

/// The resource that the page shows is the one that is written.
#[test]
fn of_the_document_on_exports_as_terraform() {
    let text = page("docs/export.md");
    let mut project = Project::new().file("gatewright.yaml", CONFIG);
    let shown = blocks(&text);
    for (language, body) in &shown {
        if language == "yaml" {
            project = project.file("policies/all.yaml", body);
        }
    }
    project.run(&["export", "--as", "terraform"]);
    let written = std::fs::read_to_string(project.path("terraform/policies.tf")).unwrap();
    let (_, shown) = shown
        .iter()
        .find(|(language, _)| language == "terraform")
        .unwrap();
    assert_eq!(written.trim(), shown.trim());
}

#[test]
fn of_the_document_on_proofs() {
    holds("docs/proofs.md");
}
