//! The words of docs/style.md, as far as a list can hold them.

/// What no page says, nor what pages are made from: word lists of docs/style.md.
const NEVER: [&str; 12] = [
    " anew",
    " mend ",
    " mends ",
    " mended",
    "in the place of",
    "in silence",
    "stands together",
    "stand together",
    "stands twice",
    "come in time",
    "stands for nothing",
    "emergency access",
];

/// The list itself, and what was written before it.
const OTHERS: [&str; 2] = ["docs/style.md", "CHANGELOG.md"];

fn pages() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let examples = [
        "examples/azure-matrix",
        "examples/github-matrix",
        "examples/kubernetes",
    ];
    for folder in ["", "docs", "docs/rules"].into_iter().chain(examples) {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.extension().is_some_and(|ending| ending == "md") {
                found.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn pages_keep_to_the_list() {
    let mut wrong = Vec::new();
    for (name, text) in pages() {
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        for line in text.lines() {
            // What Microsoft's page is called.
            let line = line.replace("ocumented: emergency access accounts", "");
            for words in NEVER.iter().filter(|words| line.contains(**words)) {
                wrong.push(format!("{name}: `{words}` in: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/style.md:\n{}", wrong.join("\n"));
}

/// A block whose fence is not at the beginning of a line, and a row of a table that goes on in the
/// next line, are shown as running text.
#[test]
fn blocks_and_tables_are_shown_as_such() {
    let mut wrong = Vec::new();
    for (name, text) in pages() {
        let (mut fence, mut columns) = (0, None);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let rest = line.trim_start_matches('`');
            let ticks = line.len() - rest.len();
            if fence > 0 {
                if ticks >= fence && rest.is_empty() {
                    fence = 0;
                }
                continue;
            }
            if ticks >= 3 && !rest.contains('`') {
                fence = ticks;
            } else if line.contains("```") {
                wrong.push(format!("{name}:{}: a fence within a line", at + 1));
            }
            let row = line.starts_with('|');
            let cells = line.replace("\\|", "").matches('|').count();
            if row && (!line.ends_with('|') || columns.is_some_and(|many| many != cells)) {
                wrong.push(format!("{name}:{}: not a row of its table", at + 1));
            }
            columns = row.then(|| columns.unwrap_or(cells));
        }
        if fence > 0 {
            wrong.push(format!("{name}: a block without an end"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_has_every_page() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = std::fs::read_to_string(root.join("README.md")).unwrap();
    for entry in std::fs::read_dir(&root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name
            .strip_suffix(".md")
            .is_some_and(|stem| stem != "README");
        assert!(
            !is_page || index.contains(&format!("]({name}")),
            "docs/README.md does not name {name}"
        );
    }
}
