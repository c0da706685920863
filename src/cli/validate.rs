//! `gatewright validate`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::files;
use super::many::FleetArgs;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::claims::AskedClaim;
use crate::claims::invariant::past_exceptions;
use crate::claims::names::{self, break_glass_names};
use crate::claims::packs::PacksFor;
use crate::finding::{self, Finding};
use crate::fleet::result::Tally;
use crate::fleet::select::select;
use crate::import::folder::FileDraft;
use crate::lint::{self, Advice};
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::guards::GuardsFile;
use crate::manifest::invariant::INVARIANT;
use crate::manifest::scenario::SCENARIO;
use crate::manifest::{fix, project, references};
use crate::model::Kind;
use crate::render;
use crate::text::{counted, visible};
use crate::whatif::PolicySet;

/// Check the manifests without a tenant
///
/// Checks YAML, names, values and the rules of Microsoft Graph that need no tenant, and gives
/// advice (docs/lint.md), for the tenant given with `-t`, or for every tenant of the project.
#[derive(Debug, Clone, Args)]
pub struct ValidateArgs {
    /// Show only the findings in these files; the whole project is still read
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Also fail on warnings, for pipelines
    #[arg(long)]
    pub strict: bool,
    /// Fix misspelt names of properties and values, and say what was changed
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`: also apply likely fixes, such as names of objects and words of the
    /// portal; check the result
    #[arg(long = "unsafe", requires = "fix")]
    pub with_unsafe: bool,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// How often files are mended: what was misspelt may hide what is misspelt below it.
const ROUNDS: usize = 5;

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &ValidateArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let common = &files::common(common, &args.files);
    let file = config(common, console)?;
    let names = files::names(&file, &args.files)?;
    let mut checked = check(&file, common, &names)?;
    for _ in 0..ROUNDS {
        if !args.fix || !mend(&file, &checked.advice.findings, args.with_unsafe, console)? {
            break;
        }
        checked = check(&config(common, console)?, common, &names)?;
    }
    let Advice { findings, allowed } = &checked.advice;
    let warned = (findings.iter()).any(|f| f.severity == finding::Severity::Warning);
    let errors = finding::has_errors(findings);
    let valid = !(errors || args.strict && warned);
    let said = render::findings::count(findings);
    let why = match errors {
        true => format!("Not valid: {said}"),
        false => format!("Not valid: {said}; `--strict` fails on warnings"),
    };
    console.tells(|| {
        let mut tally = Tally::default();
        tally.summary.objects = Some(checked.total() as u64);
        tally.adds(findings);
        tally
    });
    match (console.format, valid) {
        (Format::Human, true) => console.findings_and(findings, &checked.summary()),
        (Format::Human, false) => console.findings_and(findings, &format!("\n{why}\n")),
        (Format::Json, _) => console.result(&render::json::text(&render::json::checked(
            findings, allowed,
        ))),
        _ => console.findings(findings),
    }
    if console.format != Format::Human && !valid && args.strict && !errors {
        console.warn(&why);
    }
    if console.format == Format::Human {
        if let Some(more) = checked.elsewhere() {
            console.note(&more);
        }
        if let Some(way) = way_to_mend(findings, args) {
            console.note(&format!("\n{way}"));
        }
    }
    Ok(match valid {
        true => Exit::Done,
        false => Exit::Error,
    })
}

/// What a check gave.
struct Checked {
    advice: Advice,
    /// How many findings stand in files that were not asked for.
    elsewhere: usize,
    /// How many manifests of each kind there are, scenarios and invariants last.
    counts: Vec<(String, usize)>,
    /// How many files were asked for; none: all.
    files: usize,
}

impl Checked {
    /// How many manifests there are.
    fn total(&self) -> usize {
        self.counts.iter().map(|(_, n)| n).sum()
    }

    fn summary(&self) -> String {
        let said = render::findings::count(&self.advice.findings);
        let extra = match (said.as_str(), self.advice.allowed.len()) {
            ("", 0) => String::new(),
            (said, 0) => format!("; {said}"),
            ("", n) => format!("; {n} allowed by comments"),
            (said, n) => format!("; {said}; {n} allowed by comments"),
        };
        match self.files {
            0 => {}
            n => return format!("Valid: {}{extra}\n", counted(n, "file")),
        }
        let total = self.total();
        let kinds: Vec<String> = (self.counts.iter())
            .map(|(k, n)| format!("{n} {k}"))
            .collect();
        let total = counted(total, "manifest");
        format!("Valid: {total} ({}){extra}\n", kinds.join(", "))
    }

    fn elsewhere(&self) -> Option<String> {
        match self.elsewhere {
            0 => None,
            1 => Some("1 finding in another file of the project is not shown".to_owned()),
            n => Some(format!(
                "{n} findings in other files of the project are not shown"
            )),
        }
    }
}

/// How findings can be mended that still are there.
fn way_to_mend(findings: &[Finding], args: &ValidateArgs) -> Option<String> {
    let (safe, unsafe_) = fix::count(findings);
    let command = |flags: &str| format!("`gatewright validate {flags}`");
    Some(match (safe, unsafe_) {
        _ if args.with_unsafe => {
            return match fix::stuck(findings) {
                0 => None,
                n => Some(format!(
                    "{n} of them cannot be fixed in place: the value comes from a variable, or goes over several lines"
                )),
            };
        }
        (0, 0) => return None,
        (0, n) => format!(
            "{} fixes {n} of them; check the result",
            command("--fix --unsafe")
        ),
        (n, 0) => format!("{} fixes {n} of them", command("--fix")),
        (n, more) => format!(
            "{} fixes {n} of them, and with `--unsafe` {more} more; check the result",
            command("--fix")
        ),
    })
}

/// Mends what can be mended, and says what; whether there was anything.
fn mend(
    file: &ConfigFile,
    findings: &[Finding],
    with_unsafe: bool,
    console: &Console,
) -> Result<bool, Stopped> {
    let mended = fix::mended(findings, with_unsafe);
    let drafts: Vec<FileDraft> = (mended.iter())
        .map(|one| FileDraft::Changed {
            file: one.file.clone(),
            text: one.text.clone(),
        })
        .collect();
    let (folder, proposals) = files::propose(&file.root, &drafts)?;
    folder.write(&proposals).map_err(anyhow::Error::from)?;
    for (place, fix) in mended.iter().flat_map(|one| &one.replaced) {
        let written = place.file.text.get(place.range.clone());
        let was = match (fix.was == fix.text, written) {
            // The quotes went.
            (true, Some(written)) => written,
            _ => fix.was.as_str(),
        };
        let line = format!("Fixed {place}: `{was}` is now `{}`", fix.text);
        console.note(&visible(&line, false));
    }
    Ok(!mended.is_empty())
}

/// Checks the project; of the findings those in the files of `only`, or all.
fn check(file: &ConfigFile, common: &Common, only: &BTreeSet<String>) -> Result<Checked, Stopped> {
    let named = match (&common.tenant, common.tenants.as_slice()) {
        (Some(name), _) => Some(vec![name.clone()]),
        (None, []) => None,
        (None, several) => Some(several.to_vec()),
    };
    let chosen =
        (named.map(|names| select(file, &names)).transpose()).map_err(Stopped::Findings)?;
    let is_meant = |name: &String| chosen.as_ref().is_none_or(|chosen| chosen.contains(name));
    let tenants: Vec<(&str, &TenantEntry)> = (file.config.tenants.iter())
        .filter(|(name, _)| is_meant(name))
        .map(|(name, tenant)| (name.as_str(), tenant))
        .collect();
    let broken = file.broken.iter().filter(|(name, _)| is_meant(name));
    let broken: Vec<Finding> = broken
        .flat_map(|(_, found)| found.iter().cloned())
        .collect();
    let mut loads = Vec::new();
    let mut counts = Vec::new();
    let now = jiff::Timestamp::now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    for (name, tenant) in &tenants {
        let (desired, mut found) = project::load(file, name, tenant);
        let guards = match GuardsFile::load(file, name, tenant) {
            Ok(guards) => guards,
            Err(more) => {
                found.extend(more);
                GuardsFile::default()
            }
        };
        let packs = PacksFor {
            file,
            tenant,
            break_glass: guards.guards.break_glass.as_ref(),
        };
        let chosen = packs.chosen();
        found.extend(chosen.findings);
        let notices = desired.invariants.iter().map(|one| &one.notices);
        found.extend(notices.flatten().cloned());
        let own = desired.invariants.iter().map(AskedClaim::own);
        let asked: Vec<AskedClaim> = own.chain(chosen.claims).collect();
        let nothing = desired.scenarios.is_empty() && asked.is_empty();
        if !finding::has_errors(&found) && !nothing {
            let objects = desired.manifests.iter().map(|manifest| &manifest.object);
            let set = PolicySet::of(objects, file.config.environment(tenant));
            let policies = set.compiled();
            for scenario in &desired.scenarios {
                found.extend(names::check(
                    &policies,
                    scenario,
                    names::NamesKnown::InManifests,
                ));
            }
            let accounts = break_glass_names(&guards);
            for one in &asked {
                found.extend(names::check_invariant(
                    &set,
                    &policies,
                    one,
                    &accounts,
                    names::NamesKnown::InManifests,
                ));
                found.extend(past_exceptions(one, today));
            }
        }
        references::check(&desired, &mut found);
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for manifest in &desired.manifests {
            *kinds.entry(manifest.kind()).or_default() += 1;
        }
        let claims = [
            (SCENARIO, desired.scenarios.len()),
            (INVARIANT, desired.invariants.len()),
        ];
        counts = (kinds.into_iter())
            .map(|(kind, n)| (kind.to_string(), n))
            .chain(claims.map(|(kind, n)| (kind.to_owned(), n)))
            .filter(|(_, n)| *n > 0)
            .collect();
        loads.push((desired, found));
    }
    let whole = tenants.len() == file.config.tenants.len() && !file.is_part;
    let mut advice = lint::check(file, loads, now, whole);
    advice.findings.extend(broken);
    finding::tidy(&mut advice.findings);
    let before = advice.findings.len();
    if !only.is_empty() {
        let is_asked = |found: &Finding| {
            let place = found.place.as_deref();
            place.is_none_or(|place| {
                let beside = place.beside.iter().flat_map(|others| others.iter());
                let mut places = beside.map(|(other, _)| other).chain([place]);
                places.any(|place| only.contains(&place.file.name))
            })
        };
        advice.findings.retain(is_asked);
        advice.allowed.retain(|allowed| is_asked(&allowed.finding));
    }
    Ok(Checked {
        elsewhere: before - advice.findings.len(),
        advice,
        counts,
        files: only.len(),
    })
}
