//! A command for several tenants: which they are, one after another in several threads, and one
//! table of what came of all.

mod apply;
mod each;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use self::each::{TenantEnd, each, in_order};
use super::console::Console;
use super::plan::PlanArgs;
use super::plan_folder::{folder_digest, plans_in};
use super::report::{self, ReportArgs};
use super::session::{Stopped, config};
use super::{Cli, Command, Common, Exit, Format, dispatch, plan, saved};
use crate::disk;
use crate::fleet::name::file_stem;
use crate::fleet::result::{TenantResult, gravest};
use crate::fleet::select::{is_pattern, select};
use crate::manifest::config::ConfigFile;
use crate::render;
use crate::text::{counted, few_names, shell_word, visible};

/// What a command line is about.
pub enum MeantTenants {
    /// One tenant at most.
    One(Common),
    /// Several, in one run.
    Many(Fleet),
}

/// Several tenants.
pub struct Fleet {
    common: Common,
    /// The project with all of its tenants.
    file: Arc<ConfigFile>,
    /// Those that are meant, by name.
    names: BTreeSet<String>,
    jobs: usize,
    /// What results call the command.
    command: &'static str,
    /// Whether tenants are written to: what was begun in one of them is then finished.
    writes: bool,
}

/// Finds out which tenants a command line means.
///
/// # Errors
/// When it means none, or several where the command takes one.
pub fn meant(cli: &Cli, console: &Console) -> Result<MeantTenants, Stopped> {
    let one = |tenant: Option<String>| {
        Ok(MeantTenants::One(Common {
            tenant,
            ..cli.common.clone()
        }))
    };
    let selectors = cli.common.tenants.as_slice();
    let args = cli.command.fleet();
    let is_many = cli.common.format == Format::Html
        || args.is_some_and(|args| args.shard.is_some())
        || apply::folder(&cli.command).is_some()
        || matches!(&cli.command, Command::Plan(args) if args.out_dir.is_some());
    // It takes any number, and gives one answer.
    let is_list = matches!(
        &cli.command,
        Command::Tenants(_) | Command::Merge(_) | Command::Render(_)
    );
    // Of these forms there is one document, with the findings of all tenants.
    let is_merged = matches!(&cli.command, Command::Validate(_))
        && matches!(
            cli.common.format,
            Format::Sarif | Format::Github | Format::Junit
        );
    match selectors {
        _ if is_list => return one(None),
        [] if !is_many => return one(None),
        // A misspelt name is answered where it is looked up.
        [name] if !is_many && !is_pattern(name) => return one(Some(name.clone())),
        _ if is_merged && args.is_none_or(|args| args.shard.is_none()) => return one(None),
        _ => {}
    }
    let file = config(&cli.common, console)?;
    let chosen = match selectors {
        [] if args.is_some_and(|args| args.shard.is_some())
            || apply::folder(&cli.command).is_some()
            || matches!(cli.command, Command::Validate(_)) =>
        {
            let all = file.config.tenants.keys().chain(file.broken.keys());
            all.cloned().collect()
        }
        [] => {
            let (name, _) = file.tenant(None).map_err(|f| Stopped::Findings(vec![*f]))?;
            BTreeSet::from([name.to_owned()])
        }
        _ => select(&file, selectors).map_err(Stopped::Findings)?,
    };
    let Some(args) = args else {
        return match chosen.len() {
            1 => one(chosen.into_iter().next()),
            count => Err(Stopped::Usage(format!(
                "this command takes one tenant, and `-t` names {count}: {}",
                few_names(&chosen, 5)
            ))),
        };
    };
    if let Some(why) = refused(&cli.command, cli.common.format) {
        return Err(Stopped::Usage(why));
    }
    let shared = file.shared_sandboxes(chosen.iter());
    if !shared.is_empty() {
        return Err(Stopped::Findings(shared));
    }
    let is_in = |name: &String| args.shard.is_none_or(|shard| shard.holds(name));
    Ok(MeantTenants::Many(Fleet {
        common: cli.common.clone(),
        file: Arc::new(file),
        names: chosen.into_iter().filter(is_in).collect(),
        jobs: args.jobs.get(),
        command: cli.command.name(),
        writes: matches!(cli.command, Command::Apply(_)),
    }))
}

/// Why a command line cannot be about several tenants.
fn refused(command: &Command, format: Format) -> Option<String> {
    let flag = match command {
        Command::Plan(args) if args.out.is_some() => {
            return Some("`--out` takes the plan of one tenant: use `--out-dir DIR`".to_owned());
        }
        Command::Plan(args) if args.fix_renames => "--fix-renames",
        Command::Validate(args) if args.fix => {
            return Some("`validate --fix` is about files, not tenants: leave out `-t`".to_owned());
        }
        Command::Drift(args) if args.adopt => "--adopt",
        Command::Drift(args) if args.interactive => "--interactive",
        Command::Test(args) if args.from.plan.is_some() => "--plan",
        Command::Report(args) if args.plan.is_some() => "--plan",
        Command::Risk(args) if args.watches() => "--watch",
        _ => match format {
            Format::Human | Format::Json | Format::Markdown | Format::Html => return None,
            other => {
                return Some(format!(
                    "several tenants have no format `{}`: they have human, json, markdown and html",
                    other.as_str()
                ));
            }
        },
    };
    Some(format!(
        "`{flag}` is for one tenant: name it with `-t NAME`"
    ))
}

/// Runs a command for several tenants.
///
/// # Errors
/// When nothing was done for any.
pub fn run(fleet: &Fleet, cli: &Cli, console: &Console) -> Result<Exit, Stopped> {
    // A pager is shown from this thread, and signals are for it.
    let runtime = dispatch::runtime()?;
    let _entered = runtime.enter();
    if fleet.names.is_empty() {
        console.note("No tenant is in this part.");
    }
    match &cli.command {
        Command::Apply(args) => apply::run(fleet, args, cli, console),
        Command::Plan(args) if args.out_dir.is_some() => plans(fleet, args, cli, console),
        Command::Report(args) => reports(fleet, args, cli, console),
        command => {
            let ends = fleet.each(cli, console, &fleet.names, &async |common, console| {
                dispatch::run(command, common, console).await
            });
            Ok(fleet.show(ends, console))
        }
    }
}

impl Fleet {
    /// The same tenants, or some of them, for another purpose.
    fn to(&self, names: BTreeSet<String>, command: &'static str, writes: bool) -> Fleet {
        Fleet {
            common: self.common.clone(),
            file: Arc::clone(&self.file),
            names,
            jobs: self.jobs,
            command,
            writes,
        }
    }

    /// Does something for each of these tenants; shows results of a stream as they come.
    fn each(
        &self,
        cli: &Cli,
        console: &Console,
        names: &BTreeSet<String>,
        work: &(impl AsyncFn(&Common, &Console) -> Result<Exit, Stopped> + Sync),
    ) -> BTreeMap<String, TenantEnd> {
        let mut ends = BTreeMap::new();
        in_order(
            |tell| each(self, cli, console, names, work, tell),
            |name, mut end: TenantEnd| {
                if console.format == Format::Json {
                    console.result(&shown::line(&end.result));
                }
                // What was shown, or is not shown, need not be kept.
                if console.format == Format::Json || self.common.format != Format::Json {
                    end.result.result = None;
                }
                ends.insert(name, end);
            },
        );
        ends
    }

    /// Shows what came of all, and gives the gravest of their exit codes.
    fn show(&self, ends: BTreeMap<String, TenantEnd>, console: &Console) -> Exit {
        shown::all(&ends, console);
        exit_of(&ends)
    }
}

/// The gravest of the exit codes.
fn exit_of(ends: &BTreeMap<String, TenantEnd>) -> Exit {
    let codes = ends.values().map(|end| end.result.exit_code);
    Exit::of_code(gravest(codes))
}

/// The file of a tenant's plan in a folder.
fn plan_path(folder: &Path, tenant: &str) -> PathBuf {
    folder.join(format!("{}.json", file_stem(tenant)))
}

/// Plans of several tenants, each in a file.
fn plans(fleet: &Fleet, args: &PlanArgs, cli: &Cli, console: &Console) -> Result<Exit, Stopped> {
    let Some(folder) = &args.out_dir else {
        return Ok(Exit::Error);
    };
    let ends = saved_plans(fleet, args, folder, cli, console)?;
    let exit = fleet.show(ends, console);
    tell_plans(fleet, folder, console)?;
    Ok(exit)
}

/// Makes the plans of several tenants and saves each to a file in a folder.
fn saved_plans(
    fleet: &Fleet,
    args: &PlanArgs,
    folder: &Path,
    cli: &Cli,
    console: &Console,
) -> Result<BTreeMap<String, TenantEnd>, Stopped> {
    disk::folder(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for name in &fleet.names {
        let path = plan_path(folder, name);
        saved::check_target(&path)?;
        // An earlier plan must not be taken for one of this run that failed.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(anyhow::Error::from(error)
                    .context(format!("cannot replace `{}`", path.display()))
                    .into());
            }
            _ => {}
        }
    }
    Ok(
        fleet.each(cli, console, &fleet.names, &async |common, console| {
            let name = common.tenant.as_deref().unwrap_or_default();
            let args = PlanArgs {
                out: Some(plan_path(folder, name)),
                out_dir: None,
                ..args.clone()
            };
            plan::run(&args, common, console).await
        }),
    )
}

/// Tells what lies in a folder of plans, and how it is applied.
fn tell_plans(fleet: &Fleet, folder: &Path, console: &Console) -> Result<(), Stopped> {
    if disk::entries(folder).is_ok_and(|entries| entries.is_empty()) {
        return Ok(());
    }
    let plans = plans_in(folder)?;
    let others: Vec<&str> = (plans.iter())
        .map(|plan| plan.tenant())
        .filter(|tenant| !fleet.names.contains(*tenant))
        .collect();
    let digest = folder_digest(&plans);
    let shown = visible(&folder.display().to_string(), false);
    let project = match fleet.common.chdir == Path::new(".") {
        true => String::new(),
        false => {
            let chdir = visible(&fleet.common.chdir.display().to_string(), false);
            format!(" -C {}", shell_word(&chdir))
        }
    };
    console.note(&format!(
        "Saved {} to {shown}, digest {digest}\nTo apply them: gatewright{project} apply {} --digest {digest}",
        counted(plans.len(), "plan"),
        shell_word(&shown),
    ));
    if !others.is_empty() {
        console.note(&format!(
            "Note: the folder also has earlier plans, of {}; `apply` takes them too, or name tenants with `-t`",
            few_names(others, 5)
        ));
    }
    Ok(())
}

/// Reports of several tenants, and one page that leads to them.
fn reports(
    fleet: &Fleet,
    args: &ReportArgs,
    cli: &Cli,
    console: &Console,
) -> Result<Exit, Stopped> {
    // The name that one report has stands for none.
    let folder = match args.out == Path::new("report.html") {
        true => PathBuf::from("reports"),
        false => args.out.clone(),
    };
    let index = folder.join("index.html");
    disk::folder(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    report::check_target(&index, args.force)?;
    let ends = fleet.each(cli, console, &fleet.names, &async |common, console| {
        let name = common.tenant.as_deref().unwrap_or_default();
        let args = ReportArgs {
            out: folder.join(page_name(name)),
            ..args.clone()
        };
        report::run(&args, common, console).await
    });
    let results: Vec<TenantResult> = ends.values().map(|end| linked(&end.result)).collect();
    let page = render::fleet::html(&results).context("cannot put the table on a page")?;
    let put = match args.force {
        true => disk::Put::Over,
        false => disk::Put::New,
    };
    disk::put(&index, page.as_bytes(), put)
        .with_context(|| format!("cannot write `{}`", index.display()))?;
    let exit = fleet.show(ends, console);
    let shown = visible(&index.display().to_string(), false);
    console.note(&format!("The table with links to them: {shown}"));
    Ok(exit)
}

/// The page of a tenant: one that is called like the table beside it has another name, which no
/// other tenant can have.
fn page_name(tenant: &str) -> String {
    match file_stem(tenant).as_str() {
        "index" => "index_.html".to_owned(),
        stem => format!("{stem}.html"),
    }
}

/// The same, with the file as it is called from the table beside it.
fn linked(result: &TenantResult) -> TenantResult {
    let mut result = result.clone();
    let name = result
        .summary
        .file
        .as_deref()
        .and_then(|file| Path::new(file).file_name());
    result.summary.file = name.map(|name| name.to_string_lossy().into_owned());
    result
}
