//! The house stands as ARCHITECTURE.md draws it: rooms in one order, no circle inside a room,
//! every file compiled in, one meaning for each name.
//!
//! Paths are read from the text of the files: `use` items and paths in the code, with names
//! that are handed on (`pub use`) followed to the file that defines them. In every folder its
//! files and folders are the units, a folder with all that is in it; a path counts where it
//! leads from one unit to another. A folder's own file (`mod.rs`, or `x.rs` beside `x/`) is
//! its door and holds what its units share: it is part of the folder, and a path between it
//! and what is in the folder does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top to the ground. A room uses those below it. ARCHITECTURE.md shows
/// the same list.
const ROOMS: &[&str] = &[
    "cli", "render", "report", "doctor", "fleet", "export", "apply", "import", "impact", "plan",
    "risk", "uses", "tenant", "claims", "lint", "manifest", "graph", "sandbox", "analysis",
    "whatif", "model", "finding", "disk", "text",
];

/// Names that still stand for several public types.
const TWICE: &[&str] = &["Decision", "Outcome"];

type Name = Vec<String>;

/// One file of the library, as far as the order of the house is about it.
struct Module {
    file: PathBuf,
    /// What its names stand for: imports, and those that it hands on.
    names: BTreeMap<String, Name>,
    /// The paths in it, whole, with their lines.
    paths: Vec<(Name, usize)>,
}

struct House(BTreeMap<Name, Module>);

/// A path that leads from one unit of a folder to another.
struct Step {
    folder: Name,
    from: String,
    to: String,
    said: String,
}

impl House {
    fn read() -> House {
        let src = root().join("src");
        let files: BTreeMap<Name, PathBuf> = files(&src)
            .into_iter()
            .filter(|file| *file != src.join("main.rs") && *file != src.join("lib.rs"))
            .map(|file| (module_of(&src, &file), file))
            .collect();
        let modules = files
            .iter()
            .map(|(name, file)| (name.clone(), Module::read(name, file, &files)))
            .collect();
        House(modules)
    }

    /// The module whose file defines what a path names.
    fn home(&self, path: &[String]) -> Option<Name> {
        let mut path = path.to_vec();
        // Whoever hands a name on stands once in such a chain.
        for _ in 0..self.0.len() {
            let (at, module) = (1..=path.len())
                .rev()
                .find_map(|at| Some((at, self.0.get(&path[..at])?)))?;
            match path.get(at).and_then(|name| module.names.get(name)) {
                Some(target) if target[..] != path[..=at] => {
                    path = [target, &path[at + 1..]].concat();
                }
                _ => return Some(path[..at].to_vec()),
            }
        }
        None
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, module) in &self.0 {
            for (path, line) in &module.paths {
                let said = format!("{}:{line} uses {}", shown(&module.file), path.join("::"));
                // A room that hands a name on is used, wherever the name comes from.
                if let (Some(from), Some(to)) = (name.first(), path.first())
                    && from != to
                {
                    steps.push(Step {
                        folder: Name::new(),
                        from: from.clone(),
                        to: to.clone(),
                        said: said.clone(),
                    });
                }
                let Some(home) = self.home(path) else {
                    continue;
                };
                let common = name.iter().zip(&home).take_while(|(a, b)| a == b).count();
                if let (Some(from), Some(to)) = (name.get(common), home.get(common)) {
                    steps.push(Step {
                        folder: name[..common].to_vec(),
                        from: from.clone(),
                        to: to.clone(),
                        said,
                    });
                }
            }
        }
        steps
    }
}

impl Module {
    fn read(name: &Name, file: &Path, files: &BTreeMap<Name, PathBuf>) -> Module {
        let tokens = tokens(&fs::read_to_string(file).unwrap());
        let mut module = Module {
            file: file.to_owned(),
            names: BTreeMap::new(),
            paths: Vec::new(),
        };
        let mut found: Vec<(Name, Name, usize)> = Vec::new();
        // Where the modules that are written in this file end.
        let mut inner: Vec<(String, usize)> = Vec::new();
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some((token, line)) = tokens.get(at) {
            let here = || -> Name {
                let inner = inner.iter().map(|(name, _)| name.clone());
                name.iter().cloned().chain(inner).collect()
            };
            let next = |n: usize| tokens.get(at + n).map(|(t, _)| t.as_str());
            match token.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inner.pop_if(|(_, end)| *end == depth);
                }
                "mod" if next(2) == Some("{") => {
                    inner.push((next(1).unwrap().to_owned(), depth));
                    at += 1;
                }
                // Not the captures of a type (`use<'a>`).
                "use" if next(1) != Some("<") => {
                    let end = tokens[at..].iter().position(|(t, _)| t == ";").unwrap() + at;
                    let here = here();
                    for (path, alias) in tree(&tokens[at + 1..end]) {
                        let path = absolute(&path, &here, &BTreeMap::new(), files);
                        if let Some(path) = path {
                            if inner.is_empty() {
                                module.names.insert(alias, path.clone());
                            }
                            module.paths.push((path, *line));
                        }
                    }
                    at = end;
                }
                word if is_word(word) && next(1) == Some("::") => {
                    let mut path = vec![word.to_owned()];
                    while tokens.get(at + 1).is_some_and(|(t, _)| t == "::")
                        && tokens.get(at + 2).is_some_and(|(t, _)| is_word(t))
                    {
                        path.push(tokens[at + 2].0.clone());
                        at += 2;
                    }
                    found.push((path, here(), *line));
                }
                _ => {}
            }
            at += 1;
        }
        for (path, here, line) in found {
            if let Some(path) = absolute(&path, &here, &module.names, files) {
                module.paths.push((path, line));
            }
        }
        module
    }
}

/// A path from the root of the library, if it names something of the library.
fn absolute(
    path: &[String],
    here: &[String],
    names: &BTreeMap<String, Name>,
    files: &BTreeMap<Name, PathBuf>,
) -> Option<Name> {
    let (first, rest) = path.split_first()?;
    let ups = path.iter().take_while(|word| *word == "super").count();
    let child = [here, std::slice::from_ref(first)].concat();
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([here, rest].concat()),
        "super" => Some([&here[..here.len() - ups], &path[ups..]].concat()),
        _ => match names.get(first) {
            Some(target) => Some([target, rest].concat()),
            None => files.contains_key(&child).then(|| [&child, rest].concat()),
        },
    }
}

/// The paths of a `use` item, each with the name that it gets.
fn tree(tokens: &[(String, usize)]) -> Vec<(Name, String)> {
    let mut out = Vec::new();
    let mut before: Vec<Name> = Vec::new();
    let mut path: Name = Vec::new();
    let mut alias = None;
    let mut words = tokens.iter().map(|(token, _)| token.as_str());
    let mut leaf = |path: &mut Name, alias: &mut Option<String>| {
        if path.last().is_some_and(|word| word == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(last) = path.last() {
            let name = alias.take().unwrap_or_else(|| last.clone());
            out.push((path.clone(), name));
        }
        path.clear();
    };
    while let Some(word) = words.next() {
        match word {
            "{" => before.push(path.clone()),
            "," | "}" => {
                if path.len() > before.last().map_or(0, Vec::len) {
                    leaf(&mut path, &mut alias);
                }
                if word == "}" {
                    before.pop();
                    path.clear();
                } else {
                    path = before.last().cloned().unwrap_or_default();
                }
            }
            "as" => alias = words.next().map(str::to_owned),
            "::" => {}
            word => path.push(word.to_owned()),
        }
    }
    leaf(&mut path, &mut alias);
    out
}

/// The words and signs of a Rust text with their lines; without comments, and with nothing in
/// the place of texts, characters and lifetimes.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest) {
            length
        } else if in_word(first) {
            let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            out.push((rest[..length].to_owned(), line));
            length
        } else if rest.starts_with("::") {
            out.push(("::".to_owned(), line));
            2
        } else {
            if !first.is_whitespace() {
                out.push((first.to_string(), line));
            }
            first.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    out
}

/// How long the text, character or lifetime is that stands first.
fn literal(text: &str) -> Option<usize> {
    let unmarked = text.strip_prefix('b').unwrap_or(text);
    let mark = text.len() - unmarked.len();
    if let Some(raw) = unmarked.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = mark + 1 + hashes + 1;
            return Some(begin + text[begin..].find(&end)? + end.len());
        }
    }
    let quote = unmarked
        .chars()
        .next()
        .filter(|c| ['"', '\''].contains(c))?;
    let inside = &unmarked[1..];
    let is_lifetime =
        quote == '\'' && !inside.starts_with('\\') && inside.chars().nth(1) != Some('\'');
    if is_lifetime {
        return Some(mark + 1);
    }
    let mut escaped = false;
    let end = inside.char_indices().find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map(|(at, _)| mark + 1 + at + 1)
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_word(token: &str) -> bool {
    token.starts_with(in_word)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    let inside = file.strip_prefix(root()).unwrap();
    inside.to_string_lossy().replace('\\', "/")
}

/// All Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// The module whose text a file is.
fn module_of(top: &Path, file: &Path) -> Name {
    let inside = file.strip_prefix(top).unwrap().with_extension("");
    let mut name: Name = inside
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    name.pop_if(|last| last == "mod");
    name
}

#[test]
fn a_room_uses_those_below_it_alone() {
    let level = |room: &str| ROOMS.iter().position(|one| *one == room);
    let upwards: Vec<String> = House::read()
        .steps()
        .into_iter()
        .filter(|step| step.folder.is_empty() && level(&step.to) < level(&step.from))
        .map(|step| step.said)
        .collect();
    assert!(upwards.is_empty(), "upwards:\n{}", upwards.join("\n"));
}

#[test]
fn there_is_no_circle_inside_a_room() {
    let steps: Vec<Step> = House::read()
        .steps()
        .into_iter()
        .filter(|step| !step.folder.is_empty())
        .collect();
    let mut ways: BTreeMap<&[String], BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for step in &steps {
        let units = ways.entry(&step.folder).or_default();
        units.entry(&step.from).or_default().insert(&step.to);
    }
    let leads = |step: &Step| {
        let units = &ways[&step.folder[..]];
        let mut seen = BTreeSet::from([step.to.as_str()]);
        let mut open = vec![step.to.as_str()];
        while let Some(unit) = open.pop() {
            let next = units.get(unit).into_iter().flatten();
            open.extend(next.filter(|unit| seen.insert(unit)));
        }
        seen.contains(step.from.as_str())
    };
    let circles: BTreeMap<_, &str> = steps
        .iter()
        .filter(|step| leads(step))
        .map(|step| ((&step.folder, &step.from, &step.to), step.said.as_str()))
        .collect();
    let said: Vec<&str> = circles.into_values().collect();
    assert!(said.is_empty(), "in a circle:\n{}", said.join("\n"));
}

#[test]
fn architecture_shows_the_rooms_in_their_order() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let shown: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("src/")?.split_once('/'))
        .filter(|(_, rest)| rest.starts_with(' '))
        .map(|(room, _)| room)
        .collect();
    assert_eq!(shown, ROOMS);
    let rooms = fs::read_dir(root().join("src")).unwrap();
    let mut there: Vec<String> = rooms
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut known: Vec<&str> = [ROOMS, &["lib.rs", "main.rs"]].concat();
    there.sort();
    known.sort_unstable();
    assert_eq!(there, known, "a room without a place in the order");
}

/// A file that no `mod` names is not compiled, and its tests never run.
#[test]
fn every_file_is_compiled_in() {
    for top in ["src", "tests/it"] {
        let top = root().join(top);
        let files = files(&top);
        let declared: BTreeSet<Name> = files
            .iter()
            .flat_map(|file| {
                let parent = match module_of(&top, file) {
                    door if [["main"], ["lib"]].iter().any(|one| door == one[..]) => Vec::new(),
                    other => other,
                };
                let tokens = tokens(&fs::read_to_string(file).unwrap());
                // A macro that writes `mod $module;` gets its names from the same file.
                let by_macro = tokens
                    .windows(2)
                    .any(|two| two[0].0 == "mod" && two[1].0 == "$");
                let children: Vec<Name> = tokens
                    .windows(3)
                    .filter(|three| by_macro || three[0].0 == "mod" && three[2].0 == ";")
                    .map(|three| [&parent[..], &[three[1].0.clone()]].concat())
                    .collect();
                children
            })
            .collect();
        for file in &files {
            let module = module_of(&top, file);
            assert!(
                module == ["main"] || module == ["lib"] || declared.contains(&module),
                "no `mod` names {}",
                shown(file)
            );
        }
    }
}

/// One word for one thing: a reader who meets a name need not ask which of them it is.
#[test]
fn a_public_type_has_its_name_for_itself() {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(&root().join("src")) {
        let tokens = tokens(&fs::read_to_string(&file).unwrap());
        let mut depth = 0_usize;
        for (at, (token, line)) in tokens.iter().enumerate() {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "struct" | "enum" | "trait" | "type" if depth == 0 => {
                    let before = at.checked_sub(1).map(|at| tokens[at].0.as_str());
                    // `pub`, or the end of `pub(super)`.
                    if matches!(before, Some("pub" | ")")) {
                        let place = format!("{}:{line}", shown(&file));
                        types
                            .entry(tokens[at + 1].0.clone())
                            .or_default()
                            .push(place);
                    }
                }
                _ => {}
            }
        }
    }
    types.retain(|name, places| places.len() > 1 && !TWICE.contains(&name.as_str()));
    assert!(types.is_empty(), "{types:#?}");
}
