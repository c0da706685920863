//! `gatewright report`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::gaps::{groups_of, names_of, places, sign_ins_of};
use super::judged::{self, AskedOf, From, LoadedProject, States};
use super::many::FleetArgs;
use super::people::{self, Counting};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::analysis::{self, Floor};
use crate::claims::packs::PacksFor;
use crate::claims::{self, AskedClaim, Coverage};
use crate::disk;
use crate::finding::{self, Code, Finding};
use crate::fleet::result::Tally;
use crate::graph::read::Reader;
use crate::impact::people::PeopleImpact;
use crate::impact::people::mask::NameMask;
use crate::manifest::config::CONFIG_FILE;
use crate::manifest::guards::{BreakGlass, GuardsFile};
use crate::model::policy::Conditions;
use crate::model::{Kind, Object};
use crate::plan::file::{digest_of_text, read as plan_file};
use crate::plan::{Plan, Verb};
use crate::render;
use crate::render::claims::TestRun;
use crate::render::gaps::GapsRun;
use crate::render::json::FORMAT_VERSION;
use crate::render::report::{ReportChange, ReportObject, ReportRun};
use crate::report::mask::ReportMask;
use crate::report::matrix;
use crate::report::sets::JudgedSets;
use crate::tenant::snapshot::Snapshot;
use crate::text::{counted as number_of, visible};
use crate::whatif::PolicySet;

/// Write a page that shows the policies, what they do and for whom
///
/// One file of HTML that loads nothing: who gets what in which situation, claims and whether they
/// hold, what exclusions open, and every policy with all of its members. With `--plan` it is the
/// report of a change: before and after, who gains and who loses. docs/report.md shows it.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// Of the tenant's policies, not of the manifests
    #[arg(long, conflicts_with = "plan")]
    pub live: bool,
    /// Of the change that a saved plan makes
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Count the people whom the change affects
    #[arg(long, requires = "plan")]
    pub people: bool,
    /// Show no name of the tenant: groups, users, policies and the like are numbered
    #[arg(long)]
    pub mask: bool,
    /// Text to put below the title, such as a date or the address of a run
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// The answer of `report --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright report")]
pub struct ReportOutput {
    /// The version of this shape.
    pub format_version: &'static str,
    /// The file that was written.
    pub file: String,
    /// Its size in bytes.
    pub bytes: usize,
    /// How many policies it shows.
    pub policies: usize,
    /// How many claims do not hold; null without claims.
    pub broken_claims: Option<usize>,
    /// How many gaps it shows.
    pub gaps: usize,
}

/// What a report of a tenant does not read.
const MEMBERSHIPS: &str = "Of groups that are members of other groups only those are known that manifests describe: a row of a group stands for somebody who is in no other group. Users whom policies name stand with all their groups and roles.";

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ReportArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match (args.mask, report(args, common, console).await) {
        (true, Err(stopped)) => Err(stopped.masked()),
        (_, result) => result,
    }
}

async fn report(args: &ReportArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    check_target(&args.out, args.force)?;
    let mut common = common.clone();
    if let (Some(path), None) = (&args.plan, &common.tenant) {
        let loaded = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
        common.tenant = Some(loaded.saved.tenant.name.clone());
    }
    let from = From {
        live: args.live,
        plan: args.plan.clone(),
        before_after: args.plan.is_some(),
    };
    let loaded = judged::load(&common, console, from.of_tenant())?;
    if let Some(path) = &args.plan {
        check_project(path, &loaded)?;
    }
    let tenant = loaded.tenant()?;
    let guards = GuardsFile::load(&loaded.file, &loaded.name, tenant).map_err(Stopped::Findings)?;
    let accounts = guards.guards.break_glass.as_ref();
    let packs = PacksFor {
        file: &loaded.file,
        tenant,
        break_glass: accounts,
    };
    let chosen = packs.chosen();
    if finding::has_errors(&chosen.findings) {
        return Err(Stopped::Findings(chosen.findings));
    }
    let own = loaded.desired.invariants.iter().map(AskedClaim::own);
    let asked: Vec<AskedClaim> = own.chain(chosen.claims).collect();
    let named = names_of(accounts);
    let asked_of = AskedOf::ClaimsAndEvery(&asked, &named);
    let mut judged = judged::open(&from, &common, console, asked_of).await?;
    let mut numbers = NameMask::default();
    let except: Vec<Conditions> = accounts.into_iter().flat_map(sign_ins_of).collect();
    let mut shown = Shown {
        sets: judged
            .states
            .iter()
            .map(|state| state.set.clone())
            .collect(),
        objects: objects(&judged),
        except,
        break_glass: Vec::new(),
    };
    if let Some(last) = shown.sets.last() {
        shown.break_glass = groups_of(accounts, last);
    }
    let flags = match &args.plan {
        // What is judged again is the tenant after the plan.
        Some(_) => from.flags(&common).replace(" --before-after", ""),
        None => from.flags(&common),
    };
    if args.mask {
        shown.hide(&mut numbers);
    }
    let people = match args.people {
        true => Some(counted(&mut judged, args.mask, &mut numbers, console).await?),
        false => None,
    };
    let sets = JudgedSets::new(shown.sets.iter().collect());
    let (Some(last), Some(policies)) = (shown.sets.last(), sets.compiled.last()) else {
        return Ok(Exit::Error);
    };
    console.progress("Judging sign-ins");
    let Some(state) = judged.states.last() else {
        return Ok(Exit::Error);
    };
    // Three questions that have nothing to do with each other.
    let ((mut found, mut stoppers), claims, mut matrix) = std::thread::scope(|scope| {
        let claims = scope.spawn(|| claims_of(&loaded, asked, accounts, &state.set, &flags));
        let matrix = scope.spawn(|| matrix(&sets));
        let gaps = analysis::gaps_and_stoppers(last, Floor::Mfa, &shown.except);
        (gaps, joined(claims), joined(matrix))
    });
    if from.of_tenant() {
        matrix.notes.push(MEMBERSHIPS.to_owned());
    }
    let mut masked = match (args.mask, shown.sets.as_slice()) {
        (true, [before, after]) => Some(analysis::compare(before, after, &[])),
        _ => None,
    };
    if args.mask {
        let gaps = found.gaps.iter_mut().chain(&mut found.hidden_blocks);
        let gaps = gaps.chain(found.exclusions.iter_mut().flat_map(|one| &mut one.opens));
        let gaps = gaps.chain(stoppers.iter_mut().map(|one| &mut one.gap));
        gaps.for_each(|gap| numbers.widest(&mut gap.widest));
        let turns = masked.iter_mut().flat_map(|one| {
            let all = one.looser.iter_mut().chain(&mut one.stricter);
            all.chain(&mut one.locked_out)
        });
        turns.for_each(|turn| numbers.widest(&mut turn.widest));
    }
    let gaps = GapsRun {
        floor: Floor::Mfa,
        found,
        policies,
        spares_break_glass: !shown.except.is_empty(),
        break_glass_groups: shown.break_glass,
        command: format!("gatewright whatif{flags}"),
        places: places(&judged.desired),
    };
    let change = judged.plan.as_ref().map(|plan| ReportChange {
        plan,
        people: people.as_ref(),
        masked: masked.take(),
    });
    let run = ReportRun {
        tenant: match args.mask {
            true => "a tenant".to_owned(),
            false => tenant_words(&judged, &loaded),
        },
        source: source(args, &loaded),
        note: args.note.as_deref(),
        objects: shown.objects,
        names: &sets.names,
        matrix,
        gaps,
        stoppers,
        claims,
        change,
        is_masked: args.mask,
    };
    console.progress("");
    let text = render::report::html(&run).context("cannot put the report on a page")?;
    let put = match args.force {
        true => disk::Put::Over,
        false => disk::Put::New,
    };
    disk::put(&args.out, text.as_bytes(), put)
        .with_context(|| format!("cannot write the report to `{}`", args.out.display()))?;
    let policies = run.objects.iter();
    let policies = policies.filter(|one| one.kind == Kind::ConditionalAccessPolicy);
    let claims = run.claims.as_ref();
    let output = ReportOutput {
        format_version: FORMAT_VERSION,
        file: args.out.display().to_string(),
        bytes: text.len(),
        policies: policies.count(),
        broken_claims: claims.map(|tests| tests.verdicts().filter(|one| one.fails()).count()),
        gaps: run.gaps.found.gaps.len(),
    };
    console.tells(|| {
        let mut tally = Tally::default();
        tally.summary.objects = Some(output.policies as u64);
        tally.summary.file = Some(output.file.clone());
        tally
    });
    match console.format {
        Format::Json => console.result(&render::json::text(&output)),
        _ => console.result(&format!(
            "{}: {}, {} KB\n",
            visible(&output.file, false),
            number_of(output.policies, "policy"),
            text.len().div_ceil(1024)
        )),
    }
    Ok(Exit::Done)
}

/// Refuses what must not be overwritten, before anything is asked.
///
/// # Errors
/// A finding that names the file.
pub fn check_target(path: &Path, force: bool) -> Result<(), Stopped> {
    let name = visible(&path.display().to_string(), false);
    let refuse = |message: String, help: &str| {
        let finding = Finding::error(Code::ReportFile, message);
        Err(Stopped::Findings(vec![finding.help(help)]))
    };
    if path == Path::new("-") {
        return refuse(
            "a report is written to a file, not to the standard output".to_owned(),
            "name a file, such as `-o report.html`",
        );
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let folder = visible(&folder.display().to_string(), false);
        return refuse(
            format!("there is no folder `{folder}` to write `{name}` into"),
            "create the folder first, or name another file",
        );
    }
    let Ok(there) = path.symlink_metadata() else {
        return Ok(());
    };
    match there.file_type() {
        kind if kind.is_dir() => refuse(
            format!("`{name}` is a folder"),
            "name a file in it, such as `-o report.html`",
        ),
        kind if !kind.is_file() => refuse(
            format!("`{name}` is a link or no ordinary file"),
            "name a file that gatewright may write",
        ),
        _ if !force => refuse(
            format!("`{name}` exists"),
            "name another file, or replace this one with `--force`",
        ),
        _ => Ok(()),
    }
}

/// Refuses a plan of another project: one that was made from no manifest of this one.
fn check_project(path: &Path, loaded: &LoadedProject) -> Result<(), Stopped> {
    let plan = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
    let own: BTreeMap<&str, String> = (loaded.desired.files())
        .map(|file| (file.name.as_str(), digest_of_text(&file.text)))
        .collect();
    let guards = plan.saved.sources.guards.as_ref();
    let mut files = (plan.saved.sources.files.iter())
        .filter(|(name, _)| *name != CONFIG_FILE && Some(*name) != guards)
        .peekable();
    if files.peek().is_none() || files.any(|(name, hash)| own.get(name.as_str()) == Some(hash)) {
        return Ok(());
    }
    let message = format!(
        "`{}` is a plan of another project: no manifest that it was made from is here as it was",
        visible(&path.display().to_string(), false)
    );
    let finding = plan.finding("sources", message);
    let help = "run in the folder of its project (`-C`), or make a plan of this one";
    Err(Stopped::Findings(vec![finding.help(help)]))
}

async fn counted(
    judged: &mut States,
    mask: bool,
    numbers: &mut NameMask,
    console: &Console,
) -> Result<PeopleImpact, Stopped> {
    let (Some(view), Some(plan)) = (&mut judged.view, &judged.plan) else {
        return Ok(PeopleImpact::default());
    };
    let environment = view.file.config.environment(view.tenant()?);
    let reader = Reader::new(&view.connection.client);
    let sides = people::sides(&reader, plan, &mut view.snapshot, &environment).await?;
    let how = Counting {
        mask,
        ..Counting::default()
    };
    people::count(
        &reader,
        plan,
        &sides,
        &plan.organization.id,
        &how,
        numbers,
        console,
    )
    .await
}

/// What a report shows of a tenant, by its names or by what stands for them.
struct Shown {
    sets: Vec<PolicySet>,
    objects: Vec<ReportObject>,
    /// The sign-ins of break-glass accounts, and their groups.
    except: Vec<Conditions>,
    break_glass: Vec<String>,
}

impl Shown {
    /// Renames all of it.
    fn hide(&mut self, numbers: &mut NameMask) {
        let worlds: Vec<_> = self.sets.iter().map(|set| set.world.clone()).collect();
        let mut mask = ReportMask::new(numbers, &worlds);
        for object in &mut self.objects {
            let side = object.after.as_ref().or(object.before.as_ref());
            let id = side.and_then(|side| side.get("id")?.as_str());
            let name = mask.name(object.kind, id, &object.name);
            for side in [&mut object.before, &mut object.after] {
                let hidden = side
                    .as_ref()
                    .map(|side| mask.object(object.kind, side, &name));
                *side = hidden;
            }
            for one in &mut object.unknown {
                one.value = "hidden".into();
            }
            object.name = name;
            object.place = None;
        }
        // The order of the names would tell something of them.
        sort(&mut self.objects);
        self.sets = self.sets.iter().map(|set| mask.set(set)).collect();
        self.except = self.except.iter().map(|one| mask.conditions(one)).collect();
        self.break_glass = (self.except.iter())
            .filter_map(|one| one.users.as_ref())
            .flat_map(|users| users.include_groups.iter().cloned())
            .collect();
    }
}

/// What the project claims, judged by what is to be; nothing where it claims nothing.
fn claims_of<'a>(
    loaded: &'a LoadedProject,
    asked: Vec<AskedClaim>,
    accounts: Option<&BreakGlass>,
    set: &PolicySet,
    flags: &str,
) -> Option<TestRun<'a>> {
    let policies = set.compiled();
    let scenarios = loaded.desired.scenarios.iter();
    let told: Vec<_> = scenarios.map(|one| claims::judge(&policies, one)).collect();
    if told.is_empty() && asked.is_empty() {
        return None;
    }
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let invariants = claims::invariant::judge(set, &policies, asked, accounts, today.date());
    let coverage = Coverage::of(&set.policies, &told, &invariants);
    Some(TestRun {
        claims: told,
        invariants,
        coverage,
        notices: Vec::new(),
        flags: flags.to_owned(),
    })
}

/// What a thread found.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(found) => found,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn tenant_words(judged: &States, loaded: &LoadedProject) -> String {
    match &judged.view {
        Some(view) => {
            let organization = &view.snapshot.organization;
            format!(
                "{} ({}, {})",
                loaded.name, organization.display_name, organization.default_domain
            )
        }
        None => loaded.name.clone(),
    }
}

/// Where the policies come from, in a sentence.
fn source(args: &ReportArgs, loaded: &LoadedProject) -> String {
    let commit = || disk::head_commit(&loaded.file.root);
    let of = match (&args.plan, args.live) {
        (Some(_), _) => "The tenant, and what a saved plan makes of it".to_owned(),
        (None, true) => "The tenant as it is".to_owned(),
        (None, false) => "The manifests of the project".to_owned(),
    };
    match commit() {
        Some(commit) if !args.live && !args.mask => format!("{of}, at commit {commit}."),
        _ => format!("{of}."),
    }
}

/// The objects that are shown, policies first, by name.
fn objects(judged: &States) -> Vec<ReportObject> {
    let mut all = match &judged.view {
        Some(view) => of_tenant(&view.snapshot, judged.plan.as_ref()),
        None => Vec::new(),
    };
    let manifests = judged.desired.manifests.iter();
    for manifest in manifests {
        let object = &manifest.object;
        let kind = object.kind();
        let place = manifest.place().to_string();
        let own = all
            .iter_mut()
            .find(|one| one.kind == kind && one.name == object.name());
        match own {
            Some(one) => one.place = Some(place),
            None if judged.view.is_none() => {
                let value = object.to_value();
                all.push(ReportObject {
                    kind,
                    name: object.name().to_owned(),
                    before: Some(value.clone()),
                    after: Some(value),
                    unknown: Vec::new(),
                    verb: None,
                    place: Some(place),
                });
            }
            None => {}
        }
    }
    sort(&mut all);
    all
}

/// Policies first, then by name.
fn sort(objects: &mut [ReportObject]) {
    let rank = |kind: Kind| kind != Kind::ConditionalAccessPolicy;
    objects.sort_by(|a, b| (rank(a.kind), a.kind, &a.name).cmp(&(rank(b.kind), b.kind, &b.name)));
}

fn of_tenant(snapshot: &Snapshot, plan: Option<&Plan>) -> Vec<ReportObject> {
    let mut all = Vec::new();
    for live in Kind::ALL.into_iter().flat_map(|kind| snapshot.of(kind)) {
        // Much of a group or user is nothing that gatewright reads or writes.
        let value = match live.kind {
            Kind::Group | Kind::TestUser => live.object.to_value(),
            _ => live.raw.clone(),
        };
        all.push(ReportObject {
            kind: live.kind,
            name: live.name().to_owned(),
            before: Some(value.clone()),
            after: Some(value),
            unknown: live.unknown.clone(),
            verb: None,
            place: None,
        });
    }
    for action in plan.into_iter().flat_map(|plan| &plan.actions) {
        let live = action.live.as_ref();
        let desired = action.desired.as_ref().map(Object::normal_form);
        let before = live.map(|live| live.object.normal_form());
        // What the service sets stays as it is.
        let keep = |mut value: serde_json::Value| {
            if let (Some(map), Some(live)) = (value.as_object_mut(), live) {
                for name in crate::model::normal::READ_ONLY
                    .iter()
                    .chain(&["description"])
                {
                    if let Some(held) = live.raw.get(*name) {
                        map.entry((*name).to_owned())
                            .or_insert_with(|| held.clone());
                    }
                }
            }
            value
        };
        let shown = ReportObject {
            kind: action.kind,
            name: action.name.clone(),
            before: before.map(keep),
            after: desired.map(keep),
            unknown: live.map(|live| live.unknown.clone()).unwrap_or_default(),
            verb: Some(action.verb),
            place: None,
        };
        let own = live.and_then(|live| {
            all.iter()
                .position(|one| one.kind == live.kind && one.name == live.name())
        });
        match (own.and_then(|at| all.get_mut(at)), action.verb) {
            (Some(one), Verb::Update | Verb::Delete) => *one = shown,
            _ => all.push(shown),
        }
    }
    all
}
