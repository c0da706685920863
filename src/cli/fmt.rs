//! `gatewright fmt`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::console::Console;
use super::files;
use super::session::{Stopped, config};
use super::{Common, Exit};
use crate::disk;
use crate::finding::source::{SourceFile, decode};
use crate::finding::{self, Code, Finding, MAX_FILE_BYTES};
use crate::import::folder::{Change, FileDraft, Proposal};
use crate::manifest::config::find_root;
use crate::manifest::edit::formatted;
use crate::manifest::{project, yaml};
use crate::render;
use crate::text::{counted, visible};

/// Format manifests
///
/// Puts the keys of every mapping into the order of the schema, `kind` first, and removes blanks at
/// the ends of lines and repeated empty lines. Comments stay with their lines, no value changes,
/// and a file whose meaning would change is left as it is.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Files, or `-` for stdin [default: every manifest of the project]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    pub check: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &FmtArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let [only] = args.files.as_slice()
        && only == Path::new("-")
    {
        return stdin(args, console);
    }
    if args.files.iter().any(|file| file == Path::new("-")) {
        let message = "`-` is stdin, and cannot be combined with files";
        return Err(Stopped::Findings(vec![
            Finding::error(Code::UnreadableFile, message)
                .help("format the files and stdin in two runs"),
        ]));
    }
    let mut findings = Vec::new();
    let mut roots: Vec<(PathBuf, Vec<Arc<SourceFile>>)> = Vec::new();
    for (root, path) in paths(args, common, console, &mut findings)? {
        let name = (path.strip_prefix(&root).unwrap_or(&path)).to_string_lossy();
        match SourceFile::read(&root, &name.replace('\\', "/"), &path) {
            Ok(file) => match roots.iter_mut().find(|(known, _)| *known == root) {
                Some((_, files)) => files.push(file),
                None => roots.push((root, vec![file])),
            },
            Err(finding) => findings.push(*finding),
        }
    }
    let mut changed = 0;
    let mut read = 0;
    for (root, sources) in &roots {
        read += sources.len();
        let mut drafts = Vec::new();
        for file in sources {
            if let Some(text) = new_text(file, &mut findings) {
                drafts.push(FileDraft::Changed {
                    file: Arc::clone(file),
                    text,
                });
            }
        }
        let (folder, proposals) = files::propose(root, &drafts)?;
        changed += proposals.len();
        show(&proposals, args.check, console);
        if !args.check {
            folder.write(&proposals).map_err(anyhow::Error::from)?;
        }
    }
    finding::tidy(&mut findings);
    console.findings(&findings);
    let files = |n: usize| counted(n, "file");
    let line = match (changed, args.check) {
        (0, _) => format!("{} checked, none to format", files(read)),
        (n, true) => format!(
            "{} of {} to format; `gatewright fmt` formats them",
            n,
            files(read)
        ),
        (n, false) => format!("{} of {} formatted", n, files(read)),
    };
    console.note(&line);
    Ok(
        match finding::has_errors(&findings) || args.check && changed > 0 {
            true => Exit::Error,
            false => Exit::Done,
        },
    )
}

/// The files that are asked for, each with the folder that it must lie in.
fn paths(
    args: &FmtArgs,
    common: &Common,
    console: &Console,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(PathBuf, PathBuf)>, Stopped> {
    if args.files.is_empty() {
        let file = config(common, console)?;
        let paths = project::files(&file, findings);
        return Ok(paths
            .into_iter()
            .map(|path| (file.root.clone(), path))
            .collect());
    }
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let paths = args.files.iter().map(absolute).map(|path| {
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        (find_root(&folder).unwrap_or(folder), path)
    });
    Ok(paths.collect())
}

/// The text in its usual form, when that is another one.
fn new_text(file: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Option<String> {
    let text = formatted(file);
    if text.is_none() {
        yaml::parse(file, findings);
    }
    text.filter(|text| *text != file.text)
}

fn show(proposals: &[Proposal], check: bool, console: &Console) {
    let mut list = String::new();
    for proposal in proposals {
        list.push_str(&visible(&proposal.path, false));
        list.push('\n');
    }
    console.result(&list);
    if check {
        console.result(&render::files::proposals(proposals));
    }
}

/// Formats what comes on stdin to stdout.
fn stdin(args: &FmtArgs, console: &Console) -> Result<Exit, Stopped> {
    let wrong = |problem: String| {
        let finding = Finding::error(
            Code::UnreadableFile,
            format!("cannot read stdin: {problem}"),
        );
        Stopped::Findings(vec![finding.help("pipe a manifest to the command")])
    };
    let bytes = disk::bounded(std::io::stdin().lock(), MAX_FILE_BYTES);
    let bytes = bytes.map_err(|error| wrong(error.to_string()))?;
    let file = SourceFile::new("stdin", "stdin", decode(&bytes).map_err(wrong)?);
    let mut findings = Vec::new();
    let new = new_text(&file, &mut findings);
    console.findings(&findings);
    if finding::has_errors(&findings) {
        return Ok(Exit::Error);
    }
    if args.check {
        let changes = new.into_iter().map(|after| Proposal {
            path: file.name.clone(),
            change: Change::Changed {
                before: file.text.clone(),
                after,
                encoding: file.encoding,
            },
        });
        let changes: Vec<Proposal> = changes.collect();
        console.result(&render::files::proposals(&changes));
        return Ok(match changes.is_empty() {
            true => Exit::Done,
            false => Exit::Error,
        });
    }
    let text = new.unwrap_or_else(|| file.text.clone());
    match std::io::stdout().is_terminal() {
        true => console.result(&visible(&text, true)),
        // The very text: an editor takes it back.
        false => console.verbatim(&text),
    }
    Ok(Exit::Done)
}
