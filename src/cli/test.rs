//! `gatewright test`

use clap::Args;

use super::console::Console;
use super::judged::{self, AskedOf, From};
use super::many::FleetArgs;
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::claims::packs::PacksFor;
use crate::claims::{self, AskedClaim, ClaimVerdict, Coverage};
use crate::finding::{self, Code, Finding, did_you_mean};
use crate::fleet::result::Tally;
use crate::lint;
use crate::manifest::case::ScenarioManifest;
use crate::manifest::guards::GuardsFile;
use crate::plan::file::read as plan_file;
use crate::render;
use crate::render::claims::TestRun;

/// Test what the project claims: scenarios, and invariants over every sign-in
///
/// Tests them by the manifests, without any tenant; by the tenant's policies (`--live`), or by
/// those after a plan (`--plan`). Exit codes: 0 all hold, 1 one fails, 2 none fails and one is
/// open. docs/tests.md says how to write scenarios and invariants, docs/packs.md lists the packs.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Test only these, by name; a claim of a pack also by its id, such as scuba/legacy-blocked
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Test only the claims of this pack, whether the project uses it or not; repeatable
    #[arg(long, value_name = "PACK")]
    pub pack: Vec<String>,
    /// Do not fail because of open claims
    #[arg(long)]
    pub open_ok: bool,
    /// Which policies to judge by
    #[command(flatten)]
    pub from: From,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &TestArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let flags = args.from.flags(common);
    let common = &of_plan(args, common)?;
    // By the policies of a tenant, a project need not hold any.
    let loaded = judged::load(common, console, args.from.of_tenant())?;
    let tenant = loaded.tenant()?;
    let guards = GuardsFile::load(&loaded.file, &loaded.name, tenant).map_err(Stopped::Findings)?;
    let break_glass = guards.guards.break_glass.as_ref();
    let packs = PacksFor {
        file: &loaded.file,
        tenant,
        break_glass,
    };
    let (chosen, own) = match args.pack.is_empty() {
        true => (packs.chosen(), loaded.desired.invariants.as_slice()),
        false => (packs.tried(&args.pack), &[][..]),
    };
    if finding::has_errors(&chosen.findings) {
        return Err(Stopped::Findings(chosen.findings));
    }
    let is_wanted = |one: &AskedClaim| {
        args.names.is_empty() || args.names.iter().any(|name| one.is_called(name))
    };
    let own = own.iter().map(AskedClaim::own);
    let all: Vec<AskedClaim> = own.chain(chosen.claims).collect();
    let scenarios: Vec<_> = match args.pack.is_empty() {
        true => loaded.desired.scenarios.iter().collect(),
        false => Vec::new(),
    };
    let missing: Vec<Finding> = (args.names.iter())
        .filter(|name| {
            let is_scenario = scenarios.iter().any(|one| one.name() == *name);
            !is_scenario && !all.iter().any(|one| one.is_called(name))
        })
        .map(|name| no_claim(name, &scenarios, &all))
        .collect();
    if !missing.is_empty() {
        return Err(Stopped::Findings(missing));
    }
    let asked: Vec<AskedClaim> = all.into_iter().filter(is_wanted).collect();
    let judged = judged::open(&args.from, common, console, AskedOf::Claims(&asked)).await?;
    // With two states it is the later one that must hold.
    let Some(state) = judged.states.last() else {
        return Ok(Exit::Error);
    };
    let policies = state.set.compiled();
    let wanted: Vec<_> = scenarios
        .into_iter()
        .filter(|one| args.names.is_empty() || args.names.iter().any(|name| name == one.name()))
        .collect();
    let mut notices: Vec<Finding> = (wanted.iter())
        .flat_map(|one| claims::names::check(&policies, one, judged.known))
        .collect();
    let accounts = claims::names::break_glass_names(&guards);
    notices.extend(asked.iter().flat_map(|one| {
        claims::names::check_invariant(&state.set, &policies, one, &accounts, judged.known)
    }));
    let empty = loaded.file.assumed_empty(&loaded.name);
    notices.extend(claims::names::check_assumed_empty(
        &policies,
        &empty,
        judged.known,
    ));
    let own = asked.iter().filter(|one| one.pack.is_none());
    notices.extend(own.flat_map(|one| one.manifest.notices.iter().cloned()));
    if args.names.is_empty() {
        notices.extend(chosen.findings);
    }
    finding::tidy(&mut notices);
    if finding::has_errors(&notices) {
        return Err(Stopped::Findings(notices));
    }
    let notices = lint::without_allowed(&loaded.desired, notices);
    let claims: Vec<_> = (wanted.into_iter())
        .map(|one| claims::judge(&policies, one))
        .collect();
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let invariants = claims::invariant::judge(&state.set, &policies, asked, break_glass, today);
    let coverage = Coverage::of(&state.set.policies, &claims, &invariants);
    let run = TestRun {
        claims,
        invariants,
        coverage,
        notices,
        flags,
    };
    console.tells(|| {
        let mut tally = Tally::default();
        let holds = run.count(ClaimVerdict::Passed) + run.count(ClaimVerdict::Proved);
        tally.summary.passed = Some(holds as u64);
        tally.summary.failed = Some(run.verdicts().filter(|one| one.fails()).count() as u64);
        tally.summary.open = Some(run.count(ClaimVerdict::Open) as u64);
        tally.adds(&run.findings());
        tally
    });
    if console.format == Format::Human {
        let remarks = run.remarks();
        if !remarks.is_empty() {
            console.note(&render::findings::findings(&remarks));
        }
    }
    match console.format {
        Format::Human | Format::Csv | Format::Html | Format::Dot | Format::Mermaid => {
            console.result(&render::claims::human(&run))
        }
        Format::Json => console.result(&render::json::text(&render::claims::json(&run))),
        Format::Markdown => {
            console.result(&render::claims::markdown(&run, &console.about()));
        }
        Format::Junit => console.result(&render::claims::junit(&run, &console.about())),
        Format::Sarif | Format::Github => {
            let findings = run.findings();
            let title = match run.invariants.is_empty() {
                true => "Scenarios",
                false => "Claims",
            };
            console.remarks(title, &render::review::remarks(&findings));
        }
    }
    let failed = run.verdicts().any(ClaimVerdict::fails);
    Ok(match (failed, run.count(ClaimVerdict::Open)) {
        (true, _) => Exit::Error,
        (false, 0) => Exit::Done,
        (false, _) if args.open_ok => Exit::Done,
        (false, _) => Exit::Pending,
    })
}

/// The tenant that a saved plan is for is the one whose guards and variables count.
fn of_plan(args: &TestArgs, common: &Common) -> Result<Common, Stopped> {
    let mut common = common.clone();
    if let (Some(path), None) = (&args.from.plan, &common.tenant) {
        let loaded = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
        common.tenant = Some(loaded.saved.tenant.name.clone());
    }
    Ok(common)
}

/// There is no claim of a name.
fn no_claim(name: &str, scenarios: &[&ScenarioManifest], asked: &[AskedClaim]) -> Finding {
    let mut names: Vec<String> = scenarios.iter().map(|one| one.name().to_owned()).collect();
    for one in asked {
        names.push(one.name().to_owned());
        if let Some(from) = &one.pack {
            names.push(format!("{}/{}", from.pack, from.claim));
            names.push(from.claim.clone());
        }
    }
    // Of the packs that the project has not chosen.
    let others = claims::packs::packs().iter();
    let others: Vec<(String, &str)> = others
        .flat_map(|pack| {
            let ids = pack.claims.iter().map(|claim| &claim.id);
            ids.map(|id| (format!("{}/{id}", pack.name), pack.name.as_str()))
        })
        .collect();
    let meant = did_you_mean(name, names.iter().map(String::as_str));
    let elsewhere = did_you_mean(name, others.iter().map(|(id, _)| id.as_str()));
    let pack = others.iter().find(|(id, _)| Some(id.as_str()) == elsewhere);
    let help = match (meant, elsewhere, pack) {
        (Some(meant), ..) => format!("did you mean `{meant}`?"),
        (None, Some(id), Some((_, pack))) if id == name => {
            format!("the project has not chosen its pack: add `--pack {pack}`")
        }
        (None, Some(id), Some((_, pack))) => {
            format!("did you mean `{id}`? It takes `--pack {pack}`")
        }
        _ => "`gatewright test` lists them".to_owned(),
    };
    let message = format!(
        "there is no scenario or invariant `{}`",
        name.escape_debug()
    );
    Finding::error(Code::ClaimCase, message).help(help)
}
