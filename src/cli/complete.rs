//! Completions that know the project: its tenants, names and runs, and the ids of the registry.
//! They read files of the project alone, for a moment, and neither a secret nor a tenant.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Id;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use serde_json::Value;

use super::command::command;
use super::import::kind;
use super::session::runs_folder;
use super::uses;
use crate::disk;
use crate::finding::registry;
use crate::finding::source::SourceFile;
use crate::manifest::config::{ALL_TENANTS, ConfigFile, LABEL, find_root};
use crate::manifest::invariant::INVARIANT;
use crate::manifest::scenario::SCENARIO;
use crate::manifest::{project, yaml};
use crate::model::{Kind, Object};
use crate::text::is_unseen;

/// The environment variable by which a shell asks.
pub const VARIABLE: &str = "GATEWRIGHT_COMPLETE";

/// How long manifests are read for one answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Answers a shell that asks for completions; false where none does.
///
/// # Errors
/// When the shell is not known, or does not take the answer.
pub fn answered() -> clap::error::Result<bool> {
    let shell = std::env::var_os(VARIABLE).unwrap_or_default();
    if shell.is_empty() {
        return Ok(false);
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let shell = shell.to_string_lossy();
    let source = Source {
        folder: folder(&arguments),
        kind: looked_kind(&arguments),
        // These put in quotes what needs it; bash takes a text as if it was typed.
        quotes: ["zsh", "fish", "elvish"]
            .iter()
            .any(|name| shell.ends_with(name)),
    };
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| completing(command(), &source))
        .var(VARIABLE)
        .try_complete(arguments, here.as_deref())
}

/// The script that makes a shell ask.
///
/// # Errors
/// When the shell is not known.
pub fn registration(shell: &str) -> std::io::Result<String> {
    let shells = Shells::builtins();
    let known = shells.completer(shell);
    let known = known.ok_or_else(|| std::io::Error::other(format!("unknown shell `{shell}`")))?;
    let mut script = Vec::new();
    known.write_registration(
        VARIABLE,
        "gatewright",
        "gatewright",
        "gatewright",
        &mut script,
    )?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// The folder that the line so far names.
fn folder(arguments: &[OsString]) -> PathBuf {
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let mut folder = PathBuf::from(".");
    while let Some(word) = words.next() {
        if word == "-C" || word == "--chdir" {
            folder = words.next().map_or(folder, |next| PathBuf::from(&*next));
        } else if let Some(name) = word.strip_prefix("--chdir=") {
            folder = PathBuf::from(name);
        }
    }
    folder
}

/// The kind that the line so far asks `get` for.
fn looked_kind(arguments: &[OsString]) -> Option<Kind> {
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    words.find(|word| word == "get")?;
    // The last word is the one that is being written.
    let what = words.next().filter(|_| words.next().is_some())?;
    kind(&what).ok()
}

/// What may stand in the place of an argument.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Tenants,
    Runs,
    /// Names of manifests: of objects, or of what `test` judges.
    Objects,
    Claims,
    Scenarios,
    Kinds,
    /// A kind by its short word, or the name of an object.
    Looked,
    /// Names of objects, and what they refer to.
    Used,
    UsedKinds,
    Codes,
}

impl Wanted {
    fn of(command: &str, id: &str) -> Option<Wanted> {
        Some(match (command, id) {
            (_, "tenant") => Wanted::Tenants,
            (_, "run") => Wanted::Runs,
            ("test", "names") => Wanted::Claims,
            (_, "scenario") => Wanted::Scenarios,
            ("uses", "name") => Wanted::Used,
            ("uses", "kind") => Wanted::UsedKinds,
            (_, "names" | "name") => Wanted::Objects,
            (_, "kind" | "kinds" | "only" | "with") => Wanted::Kinds,
            ("get", "what") => Wanted::Looked,
            ("apply", "what") => Wanted::Objects,
            ("explain", "code") => Wanted::Codes,
            _ => return None,
        })
    }
}

fn completing(mut command: clap::Command, source: &Source) -> clap::Command {
    let names = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned());
    for name in names.collect::<Vec<_>>() {
        command = command.mut_subcommand(name, |sub| completing(sub, source));
    }
    let ids: Vec<Id> = command
        .get_arguments()
        .map(|arg| arg.get_id().clone())
        .collect();
    for id in ids {
        if let Some(wanted) = Wanted::of(command.get_name(), id.as_str()) {
            let source = source.clone();
            let candidates = ArgValueCandidates::new(move || source.candidates(wanted));
            command = command.mut_arg(id, |arg| arg.add(candidates));
        }
    }
    command
}

/// Where candidates come from.
#[derive(Debug, Clone)]
struct Source {
    folder: PathBuf,
    /// The kind whose objects are meant.
    kind: Option<Kind>,
    quotes: bool,
}

impl Source {
    fn candidates(&self, wanted: Wanted) -> Vec<CompletionCandidate> {
        let mut names: Vec<String> = match wanted {
            Wanted::Codes => registry::ids().map(str::to_owned).collect(),
            Wanted::Kinds => Kind::ALL
                .iter()
                .map(|kind| kind.as_str().to_owned())
                .collect(),
            Wanted::Tenants => self.tenants(),
            Wanted::Runs => self.runs(),
            Wanted::Objects => self.objects(),
            Wanted::Looked => {
                let kinds = Kind::ALL.iter().map(|kind| kind.short().to_owned());
                kinds.chain(self.objects()).collect()
            }
            Wanted::Used => self.used(),
            Wanted::UsedKinds => uses::kinds(),
            Wanted::Claims => self.names(|kind| [SCENARIO, INVARIANT].contains(&kind)),
            Wanted::Scenarios => self.names(|kind| kind == SCENARIO),
        };
        // A name is a stranger's text, and the shell acts on what stands in its line.
        names.retain(|name| match self.quotes {
            true => !name.starts_with('-') && !name.chars().any(|c| c.is_control() || is_unseen(c)),
            false => is_word(name),
        });
        names.dedup();
        names.into_iter().map(CompletionCandidate::new).collect()
    }

    fn project(&self) -> Option<ConfigFile> {
        ConfigFile::load(&find_root(&self.folder)?).ok()
    }

    fn tenants(&self) -> Vec<String> {
        let file = self.project();
        let Some(file) = file else { return Vec::new() };
        let entries = file.config.tenants.values();
        let labels: BTreeSet<String> = entries
            .flat_map(|entry| entry.labels.iter().map(|label| format!("{LABEL}{label}")))
            .collect();
        let all = (file.config.tenants.len() > 1).then(|| ALL_TENANTS.to_owned());
        let names = file.config.tenants.into_keys();
        names.chain(labels).chain(all).collect()
    }

    /// The latest first.
    fn runs(&self) -> Vec<String> {
        let Some(root) = find_root(&self.folder) else {
            return Vec::new();
        };
        let files = disk::entries(&runs_folder(&root)).unwrap_or_default();
        let stems = files.iter().rev().filter_map(|(path, _)| path.file_stem());
        let names = stems.map(|stem| stem.to_string_lossy().into_owned());
        std::iter::once("latest".to_owned()).chain(names).collect()
    }

    fn objects(&self) -> Vec<String> {
        self.names(|name| {
            let kind = Kind::parse(name);
            kind.is_some() && (self.kind.is_none() || kind == self.kind)
        })
    }

    fn names(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.read(|kind, document| {
            let text = |name: &str| document.get(name).and_then(Value::as_str);
            let name = text("userPrincipalName").or_else(|| text("displayName"));
            let names = name.filter(|_| is_wanted(kind)).into_iter();
            names.map(str::to_owned).collect()
        })
    }

    fn used(&self) -> Vec<String> {
        self.read(|kind, document| {
            let object = Kind::parse(kind).and_then(|kind| Object::from_value(kind, document).ok());
            let Some(object) = object else {
                return Vec::new();
            };
            let used = object.references().into_iter().map(|(_, _, name)| name);
            used.chain([object.name().to_owned()]).collect()
        })
    }

    /// What `find` finds in each document of the manifests, given its kind and value.
    fn read(&self, find: impl Fn(&str, &Value) -> Vec<String>) -> Vec<String> {
        let Some(file) = self.project() else {
            return Vec::new();
        };
        let started = Instant::now();
        let mut findings = Vec::new();
        let mut names = Vec::new();
        for path in project::files(&file, &mut findings) {
            if started.elapsed() > PATIENCE {
                break;
            }
            let Ok(source) = SourceFile::read(&file.root, "", &path) else {
                continue;
            };
            for document in yaml::parse(&source, &mut findings) {
                if let Some(kind) = document.value.get("kind").and_then(Value::as_str) {
                    names.extend(find(kind, &document.value));
                }
            }
        }
        names.sort();
        names
    }
}

/// Whether a shell takes the text for one word, and for nothing else.
fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "._@/:+,=-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain)
}
