//! `gatewright gaps`

use clap::{Args, ValueEnum};

use super::console::Console;
use super::judged::{self, AskedOf, From};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::analysis;
use crate::claims::names::check_assumed_empty;
use crate::finding::Place;
use crate::manifest::guards::{BreakGlass, GuardsFile};
use crate::manifest::project::Desired;
use crate::model::Object;
use crate::model::policy::{Applications, Conditions, Users};
use crate::model::refs::RefKind;
use crate::plan::file::read as plan_file;
use crate::render;
use crate::render::gaps::GapsRun;
use crate::whatif::PolicySet;
use std::collections::BTreeMap;

/// Show sign-ins that the policies do not cover
///
/// Checks every sign-in that can exist: either all of them get at least the floor, which is proved,
/// or those that do not are shown: first for people in no group that a policy excludes, then what
/// membership of each such group opens. Also lists policies that change nothing, policies that
/// apply to nobody, and sign-ins that nobody can pass although no policy blocks them.
/// docs/proofs.md says what a proof covers.
#[derive(Debug, Args)]
pub struct GapsArgs {
    /// The least that a sign-in must get
    #[arg(long, value_enum, value_name = "FLOOR", default_value_t = FloorArg::Mfa)]
    pub floor: FloorArg,
    /// Exit with 2 if there is a gap, or may be one
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Which policies to judge by
    #[command(flatten)]
    pub from: From,
}

/// The least that a sign-in must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FloorArg {
    /// Nobody gets in without multifactor authentication
    Mfa,
    /// An enforced policy applies
    Any,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &GapsArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let flags = args.from.flags(common);
    let mut common = common.clone();
    if let (Some(path), None) = (&args.from.plan, &common.tenant) {
        // The tenant that a saved plan is for is the one whose guards count.
        let loaded = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
        common.tenant = Some(loaded.saved.tenant.name.clone());
    }
    let loaded = judged::load(&common, console, args.from.of_tenant())?;
    let guards = GuardsFile::load(&loaded.file, &loaded.name, loaded.tenant()?)
        .map_err(Stopped::Findings)?;
    let accounts = guards.guards.break_glass.as_ref();
    let named = names_of(accounts);
    let judged = judged::open(&args.from, &common, console, AskedOf::Every(&named)).await?;
    // With two states it is the later one that counts.
    let Some(state) = judged.states.last() else {
        return Ok(Exit::Error);
    };
    let except: Vec<Conditions> = accounts.into_iter().flat_map(sign_ins_of).collect();
    let floor = match args.floor {
        FloorArg::Mfa => analysis::Floor::Mfa,
        FloorArg::Any => analysis::Floor::Any,
    };
    let policies = state.set.compiled();
    let empty = loaded.file.assumed_empty(&loaded.name);
    let notices = check_assumed_empty(&policies, &empty, judged.known);
    if !notices.is_empty() && console.format == Format::Human {
        console.note(&render::findings::findings(&notices));
    }
    let run = GapsRun {
        floor,
        found: analysis::gaps(&state.set, floor, &except),
        policies: &policies,
        spares_break_glass: !except.is_empty(),
        break_glass_groups: groups_of(accounts, &state.set),
        command: format!("gatewright whatif{flags}"),
        places: places(&judged.desired),
    };
    match console.format {
        Format::Human | Format::Csv | Format::Html | Format::Dot | Format::Mermaid => {
            console.result(&render::gaps::human(&run))
        }
        Format::Json => console.result(&render::json::text(&render::gaps::json(&run))),
        Format::Markdown => console.result(&render::gaps::markdown(&run, &console.about())),
        Format::Sarif | Format::Github | Format::Junit => {
            console.remarks("Gaps", &render::review::remarks(&run.findings()));
        }
    }
    Ok(match args.detailed_exitcode && !run.found.gaps.is_empty() {
        true => Exit::Pending,
        false => Exit::Done,
    })
}

/// Where the manifest of each policy stands, by its name.
pub(super) fn places(desired: &Desired) -> BTreeMap<String, Place> {
    let manifests = desired.manifests.iter();
    manifests
        .filter(|one| matches!(one.object, Object::ConditionalAccessPolicy(_)))
        .map(|one| (one.name().to_owned(), one.place()))
        .collect()
}

/// What the guards file names of emergency accounts.
pub(super) fn names_of(accounts: Option<&BreakGlass>) -> Vec<(RefKind, String)> {
    let all = accounts.into_iter().flat_map(|accounts| {
        let users = accounts.users.iter().map(|name| (RefKind::User, name));
        let groups = accounts.groups.iter().map(|name| (RefKind::Group, name));
        users.chain(groups).map(|(kind, name)| (kind, name.clone()))
    });
    all.collect()
}

/// The groups of emergency accounts, as the policies call them.
pub(super) fn groups_of(accounts: Option<&BreakGlass>, set: &PolicySet) -> Vec<String> {
    let groups = accounts.into_iter().flat_map(|accounts| &accounts.groups);
    let known = &set.world.groups;
    let called = groups.map(|name| {
        let by_id = known.iter().find(|one| one.id.as_ref() == Some(name));
        by_id.map_or_else(|| name.clone(), |one| one.display_name.clone())
    });
    called.collect()
}

/// The sign-ins of the emergency accounts, as conditions mean them.
pub(super) fn sign_ins_of(accounts: &BreakGlass) -> [Conditions; 2] {
    let users = Users {
        include_users: accounts.users.clone().into(),
        include_groups: accounts.groups.clone().into(),
        ..Users::default()
    };
    let of = |applications: Applications| Conditions {
        users: Some(users.clone()),
        applications: Some(applications),
        ..Conditions::default()
    };
    [
        of(Applications {
            include_applications: vec!["All".to_owned()].into(),
            ..Applications::default()
        }),
        of(Applications {
            include_user_actions: vec!["urn:user:registersecurityinfo".to_owned()].into(),
            ..Applications::default()
        }),
    ]
}
