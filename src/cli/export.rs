//! `gatewright export`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::import::kind;
use super::judged;
use super::look::KINDS;
use super::session::Stopped;
use super::view::{self, Manifests};
use super::{Common, Exit, Format};
use crate::disk::{self, Put};
use crate::export::source::{ExportSource, LeavingObject};
use crate::export::{ExportedFiles, bicep, graph, terraform, utcm};
use crate::finding::{Code, Finding, MAX_FILE_BYTES, Severity, did_you_mean, tidy};
use crate::graph::read::Reader;
use crate::manifest::project::Manifest;
use crate::model::Kind;
use crate::model::kind::same_name;
use crate::model::refs::RefKind;
use crate::plan::build::is_importable;
use crate::render;
use crate::render::json::{FORMAT_VERSION, FindingOutput};
use crate::tenant::names::read_names;
use crate::tenant::snapshot::{Live, NameIndex};
use crate::text::{counted, visible};

/// Write what the manifests hold in the form of another tool
///
/// As requests of Microsoft Graph, as Terraform for the azuread provider, as a baseline of Microsoft's
/// unified tenant configuration management, or as Bicep. Each member that the format cannot hold is a
/// warning that names the object, the member and its place; with `--strict` it is an error, and nothing
/// is written. docs/export.md says what each format holds. NAME limits the export to some objects.
#[derive(Debug, Args)]
pub struct ExportAsArgs {
    /// Names or ids of objects [default: all objects]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// The format
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: ExportForm,
    /// The folder to write to, for utcm the file [default: a name made from the format]
    #[arg(short, long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
    /// Export the tenant's objects, with their ids, not the manifests
    #[arg(long)]
    pub live: bool,
    /// With `--live`, also export these kinds: Group (those that policies refer to), TestUser
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind, requires = "live")]
    pub with: Vec<Kind>,
    /// Write policies also without the members that the format cannot hold: such a policy is another
    /// one, and may apply to more people. For terraform, where they are left out otherwise
    #[arg(long, conflicts_with = "strict")]
    pub partial: bool,
    /// Write nothing if the format cannot hold something
    #[arg(long)]
    pub strict: bool,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// A JSON body for each object, as Microsoft Graph takes it, and requests.json with their order
    Graph,
    /// HCL for hashicorp/azuread
    Terraform,
    /// A configurationMonitor of Microsoft's unified tenant configuration management
    Utcm,
    /// Bicep with the Microsoft Graph extension, which knows groups and no policies
    BicepMsgraph,
}

impl ExportForm {
    fn word(self) -> &'static str {
        match self {
            ExportForm::Graph => "graph",
            ExportForm::Terraform => "terraform",
            ExportForm::Utcm => "utcm",
            ExportForm::BicepMsgraph => "bicep-msgraph",
        }
    }

    /// Where it is written if nobody says.
    fn place(self) -> &'static str {
        match self {
            ExportForm::Utcm => utcm::MONITOR,
            other => other.word(),
        }
    }
}

/// The answer of `export --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright export")]
pub struct ExportOutput {
    /// The version of this shape.
    pub format_version: &'static str,
    /// The format: `graph`, `terraform`, `utcm` or `bicep-msgraph`.
    #[serde(rename = "as")]
    pub form: &'static str,
    /// The tenant whose objects or variables these are, by its name in gatewright.yaml.
    pub tenant: String,
    /// The folder that was written to, or the file.
    pub out: String,
    /// The files, from the folder.
    pub files: Vec<String>,
    /// The objects that are in them.
    pub objects: Vec<ExportObjectOutput>,
    /// How many objects are in none of them; the findings say which.
    pub left_out: usize,
    /// How many members of the objects that are in them the format cannot hold.
    pub lost_members: usize,
    /// What the format cannot hold, and what is left to do.
    pub findings: Vec<FindingOutput>,
}

/// One object of an export.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportObjectOutput {
    /// The kind.
    pub kind: &'static str,
    /// The name that people use.
    pub name: String,
    /// The file, or the address or type of the resource.
    pub at: String,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ExportAsArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let target = ExportTarget::of(args)?;
    let (tenant, source) = match args.live {
        true => live(args, common, console).await?,
        false => of_manifests(args, common, console)?,
    };
    let mut exported = match args.form {
        ExportForm::Graph => graph::graph(&source),
        ExportForm::Terraform => terraform::terraform(&source, args.partial),
        ExportForm::Utcm => utcm::utcm(&source),
        ExportForm::BicepMsgraph => bicep::bicep(&source),
    };
    tidy(&mut exported.findings);
    check(args, &mut exported)?;
    if let (
        [(_, _)],
        ExportTarget {
            file: Some(name), ..
        },
    ) = (&exported.files[..], &target)
    {
        let text = exported
            .files
            .pop()
            .map(|(_, text)| text)
            .unwrap_or_default();
        exported.files.push((name.clone(), text));
    }
    target.write(&exported.files, args.force)?;
    let output = ExportOutput {
        format_version: FORMAT_VERSION,
        form: args.form.word(),
        tenant,
        out: target.shown.clone(),
        files: exported
            .files
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        objects: (exported.objects.iter())
            .map(|held| ExportObjectOutput {
                kind: held.kind.as_str(),
                name: held.name.clone(),
                at: held.at.clone(),
            })
            .collect(),
        left_out: exported.left_out,
        lost_members: exported.lost,
        findings: exported
            .findings
            .iter()
            .map(render::json::finding)
            .collect(),
    };
    match console.format {
        Format::Json => console.result(&render::json::text(&output)),
        _ => console.findings_and(&exported.findings, &summary(&output)),
    }
    Ok(Exit::Done)
}

/// Where it is, and what is not in it.
fn summary(output: &ExportOutput) -> String {
    let mut text = format!(
        "{}: {} in {}",
        output.out,
        counted(output.objects.len(), "object"),
        counted(output.files.len(), "file"),
    );
    if output.left_out > 0 {
        text.push_str(&format!(
            "; {} left out",
            counted(output.left_out, "object")
        ));
    }
    if output.lost_members > 0 {
        text.push_str(&format!(
            "; {} not held",
            counted(output.lost_members, "member")
        ));
    }
    text.push('\n');
    text
}

/// Stops what is not to be written: something is lost and may not be, or there is nothing.
fn check(args: &ExportAsArgs, exported: &mut ExportedFiles) -> Result<(), Stopped> {
    let is_loss = |found: &Finding| found.code == Code::ExportLoss;
    let mut stops = args.strict && exported.findings.iter().any(is_loss);
    if exported.files.is_empty() {
        stops = true;
        if !exported.findings.iter().any(is_loss) {
            let message = "there is nothing to export".to_owned();
            exported.findings.push(
                Finding::error(Code::ExportLoss, message)
                    .help("export without NAME, or with `--with` the kinds that are meant"),
            );
        }
    }
    if !stops {
        return Ok(());
    }
    for found in exported.findings.iter_mut().filter(|found| is_loss(found)) {
        found.severity = Severity::Error;
        if let (Some(help), true) = (&mut found.help, args.strict) {
            help.insert_str(0, "without `--strict`, ");
        }
    }
    Err(Stopped::Findings(std::mem::take(&mut exported.findings)))
}

/// The manifests for the tenant that is meant, without asking it anything.
fn of_manifests(
    args: &ExportAsArgs,
    common: &Common,
    console: &Console,
) -> Result<(String, ExportSource), Stopped> {
    let loaded = judged::load(common, console, false)?;
    let all: Vec<LeavingObject> = loaded.desired.manifests.iter().map(leaving).collect();
    let chosen = chosen(all, &args.names, "project")?;
    Ok((loaded.name, ExportSource::new(chosen, NameIndex::default())))
}

fn leaving(manifest: &Manifest) -> LeavingObject {
    LeavingObject {
        object: manifest.object.clone(),
        id: manifest.pin().map(str::to_owned),
        document: Some(manifest.document.clone()),
        ignored: manifest.ignore_changes.clone(),
        unknown: Vec::new(),
    }
}

/// The tenant's objects.
async fn live(
    args: &ExportAsArgs,
    common: &Common,
    console: &Console,
) -> Result<(String, ExportSource), Stopped> {
    let mut kinds: BTreeSet<Kind> = KINDS.into_iter().chain(args.with.iter().copied()).collect();
    if args.form == ExportForm::BicepMsgraph {
        kinds.insert(Kind::Group);
    }
    let mut view = view::open(common, console, Manifests::Looked, |wanted| {
        wanted.strengths = true;
        wanted.contexts_if_allowed = !wanted.contexts;
        wanted.contexts = true;
        wanted.marked_users |= kinds.contains(&Kind::TestUser);
    })
    .await?;
    let listed = |kind: &Kind| *kind != Kind::Group && kinds.contains(kind);
    let objects = Kind::ALL
        .into_iter()
        .filter(listed)
        .flat_map(|kind| view.snapshot.of(kind));
    let (objects, of_microsoft): (Vec<&Live>, Vec<&Live>) =
        objects.partition(|live| is_importable(live));
    let left = of_microsoft
        .iter()
        .filter(|live| live.kind == Kind::ConditionalAccessPolicy)
        .count();
    let mut all: Vec<LeavingObject> = objects.into_iter().map(leaving_live).collect();
    if left > 0 {
        let policies = counted(left, "policy");
        console.note(&format!(
            "{policies} of Microsoft's own left out: only Microsoft creates them."
        ));
    }
    let named: Vec<_> = all.iter().map(|one| one.object.clone()).collect();
    let reader = Reader::new(&view.connection.client);
    for (kind, why) in read_names(&reader, &mut view.snapshot, &named).await? {
        console.note(&format!(
            "The names of {} cannot be read, and stay ids: {why}",
            kind.words()
        ));
    }
    if kinds.contains(&Kind::Group) {
        let references = named.iter().flat_map(|object| object.references());
        let groups: BTreeSet<String> = references
            .filter(|(kind, ..)| *kind == RefKind::Group)
            .map(|(.., id)| id.to_lowercase())
            .collect();
        let live = view.snapshot.of(Kind::Group).iter();
        let live =
            live.filter(|live| groups.contains(&live.id.to_lowercase()) && is_importable(live));
        all.extend(live.map(leaving_live));
    }
    let chosen = chosen(all, &args.names, "tenant")?;
    let index = std::mem::take(&mut view.snapshot.index);
    Ok((view.name, ExportSource::new(chosen, index)))
}

fn leaving_live(live: &Live) -> LeavingObject {
    LeavingObject {
        object: live.object.clone(),
        id: Some(live.id.clone()),
        document: None,
        ignored: Vec::new(),
        unknown: live
            .unknown
            .iter()
            .map(|member| member.pointer.clone())
            .collect(),
    }
}

/// The objects of these names or ids; all where none is given.
fn chosen(
    all: Vec<LeavingObject>,
    names: &[String],
    place: &str,
) -> Result<Vec<LeavingObject>, Stopped> {
    if names.is_empty() {
        return Ok(all);
    }
    let means = |one: &LeavingObject, wanted: &str| {
        same_name(one.object.kind(), one.object.name(), wanted)
            || one.object.display_name() == wanted
            || one
                .id
                .as_ref()
                .is_some_and(|id| id.eq_ignore_ascii_case(wanted))
    };
    let mut missing = Vec::new();
    for wanted in names {
        if all.iter().any(|one| means(one, wanted)) {
            continue;
        }
        let candidates = all.iter().map(|one| one.object.display_name());
        let help = match did_you_mean(wanted, candidates) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if place == "tenant" => {
                "`gatewright list` shows what there is; groups and test users are exported by `--with`".to_owned()
            }
            None => "`gatewright uses` lists what there is".to_owned(),
        };
        let message = format!("the {place} has no object `{wanted}` to export");
        missing.push(Finding::error(Code::MissingObject, message).help(help));
    }
    if !missing.is_empty() {
        return Err(Stopped::Findings(missing));
    }
    let is_meant = |one: &LeavingObject| names.iter().any(|wanted| means(one, wanted));
    Ok(all.into_iter().filter(is_meant).collect())
}

/// Where an export goes.
struct ExportTarget {
    /// The folder that exists: as a person named it, empty for the current one.
    above: PathBuf,
    /// The folder in it that the files are in, which is made where it does not exist.
    folder: PathBuf,
    /// The name of the file, where there is one.
    file: Option<String>,
    /// As a person wrote it.
    shown: String,
}

impl ExportTarget {
    fn of(args: &ExportAsArgs) -> Result<ExportTarget, Stopped> {
        let out = args
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from(args.form.place()));
        let shown = said(&out);
        let is_file = args.form == ExportForm::Utcm;
        let above = match out.parent() {
            Some(above) if above != Path::new("") => above.to_owned(),
            _ => PathBuf::new(),
        };
        let example = format!("-o {}", args.form.place());
        // `.` and `..` have no name: they are there, or not.
        let (above, name) = match out.file_name() {
            Some(name) if out != Path::new("-") => (above, PathBuf::from(name)),
            None if !is_file && out.is_dir() => (out.clone(), PathBuf::new()),
            _ => {
                let message = format!("an export cannot be written to `{shown}`");
                return Err(refused(
                    message,
                    &format!("name a place, such as `{example}`"),
                ));
            }
        };
        if above != Path::new("") && !above.is_dir() {
            let message = format!("there is no folder `{}` to write into", said(&above));
            return Err(refused(
                message,
                "create the folder first, or name another place",
            ));
        }
        if is_file && out.is_dir() {
            let message = format!("`{shown}` is a folder");
            return Err(refused(
                message,
                &format!("name a file in it, such as `{example}`"),
            ));
        }
        Ok(match is_file {
            true => ExportTarget {
                above,
                folder: PathBuf::new(),
                file: Some(name.display().to_string()),
                shown,
            },
            false => ExportTarget {
                above,
                folder: name,
                file: None,
                shown,
            },
        })
    }

    /// Writes the files. Every place is looked at before the first file is written.
    fn write(&self, files: &[(String, String)], force: bool) -> Result<(), Stopped> {
        let root = self.above.join(&self.folder);
        let mut in_the_way = Vec::new();
        let mut changed = Vec::new();
        for (name, text) in files {
            let path = root.join(name);
            let below = self.folder.join(name);
            let mut folders = below.ancestors().skip(1).map(|part| self.above.join(part));
            let is_link = |path: &PathBuf| {
                path.symlink_metadata()
                    .is_ok_and(|there| there.is_symlink())
            };
            if let Some(link) = folders.find(|part| *part != self.above && is_link(part)) {
                let message = format!("`{}` is a link", said(&link));
                return Err(refused(
                    message,
                    "delete it, or name another place with `-o`",
                ));
            }
            match path.symlink_metadata() {
                Err(_) => changed.push((name, text)),
                Ok(there) if !there.is_file() => {
                    let message = format!("`{}` is a link or no ordinary file", said(&path));
                    return Err(refused(
                        message,
                        "delete it, or name another place with `-o`",
                    ));
                }
                Ok(_) => {
                    let same =
                        disk::read(&path, MAX_FILE_BYTES).is_ok_and(|now| now == text.as_bytes());
                    if !same {
                        in_the_way.push(path);
                        changed.push((name, text));
                    }
                }
            }
        }
        if let (Some(first), false) = (in_the_way.first(), force) {
            let others = match in_the_way.len() {
                1 => String::new(),
                more => format!(", and {} more", more - 1),
            };
            let message = format!(
                "`{}` exists already{others}; nothing was written",
                said(first)
            );
            return Err(refused(
                message,
                "replace with `--force`, or name another place with `-o`",
            ));
        }
        for (name, text) in changed {
            let below = self.folder.join(name);
            let folder = below.parent().unwrap_or(Path::new(""));
            let write = || {
                let folder = disk::folders(&self.above, folder)?;
                let put = if force { Put::Over } else { Put::New };
                disk::put(
                    &folder.join(below.file_name().unwrap_or_default()),
                    text.as_bytes(),
                    put,
                )
            };
            write()
                .with_context(|| format!("cannot write `{}`", self.above.join(&below).display()))?;
        }
        Ok(())
    }
}

/// A path, for people.
fn said(path: &Path) -> String {
    visible(&path.display().to_string(), false)
}

fn refused(message: String, help: &str) -> Stopped {
    Stopped::Findings(vec![Finding::error(Code::ExportFile, message).help(help)])
}
