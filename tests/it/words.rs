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

fn pages() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["", "docs", "docs/rules"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let is_page = path.extension().is_some_and(|ending| ending == "md");
            // The list itself, what was written before it, and the words of others.
            let is_other = [
                "docs/style.md",
                "docs/packs.md",
                "CHANGELOG.md",
                "ARCHITECTURE.md",
            ];
            if is_page && !is_other.contains(&name.as_str()) {
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
