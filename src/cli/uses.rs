//! `gatewright uses`

use clap::Args;

use super::console::Console;
use super::judged;
use super::session::Stopped;
use super::view::{self, Manifests};
use super::{Common, Exit, Format};
use crate::claims::AskedClaim;
use crate::claims::packs::PacksFor;
use crate::finding::{self, Code, Finding};
use crate::graph::read::Reader;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::guards::GuardsFile;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::render;
use crate::render::uses::UsesRun;
use crate::tenant::memberships::read_memberships;
use crate::tenant::names::read_names;
use crate::tenant::wanted::Wanted;
use crate::text::is_guid;
use crate::uses::{self, ReferenceGraph, UseSources, UsedKind};

/// Show which policies use a group, a location, an application, and what depends on it
///
/// NAME is the name or the id of a policy, named location, authentication strength or context, group,
/// user, role, application, service principal, terms of use or custom control, or a special value
/// such as All or Office365. Shows what names it, directly and through groups, and what it names
/// itself, each with the member, such as conditions.users.excludeGroups. Claims, guards.yaml and
/// gatewright.yaml count as well. Without NAME, every object is listed, or the whole graph drawn.
#[derive(Debug, Args)]
pub struct UsesArgs {
    /// The name or id of an object [default: all objects]
    pub name: Option<String>,
    /// Its kind, where objects of several kinds have the name: policy, location, strength, context,
    /// group, user, role, application, service-principal, terms-of-use or custom-control
    #[arg(long, value_name = "KIND", value_parser = kind, requires = "name")]
    pub kind: Option<UsedKind>,
    /// Look at the tenant's objects, not at the manifests
    #[arg(long)]
    pub live: bool,
}

impl UsesArgs {
    fn asked(&self) -> Option<(&str, Option<UsedKind>)> {
        Some((self.name.as_deref()?, self.kind))
    }
}

fn kind(text: &str) -> Result<UsedKind, String> {
    UsedKind::parse(text).ok_or_else(|| format!("it is one of {}", kinds().join(", ")))
}

/// The words for kinds, as they are typed.
pub fn kinds() -> Vec<String> {
    let words = UsedKind::ALL.iter().map(|kind| kind.word());
    words.map(|word| word.replace(' ', "-")).collect()
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`]; a name that nothing bears is one.
pub async fn run(args: &UsesArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let (tenant, graph) = match args.live {
        true => live(args, common, console).await?,
        false => of_manifests(args, common, console)?,
    };
    let asked = match &args.name {
        None => Vec::new(),
        Some(name) => {
            let found = graph.find(name, args.kind);
            if found.is_empty() {
                let missing = missing(name, args, &graph);
                return Err(Stopped::Findings(vec![missing]));
            }
            found
        }
    };
    let run = UsesRun {
        graph,
        asked,
        tenant,
        is_live: args.live,
    };
    match common.format {
        Format::Json => console.result(&render::json::text(&render::uses::json(&run))),
        Format::Dot => console.result(&render::diagram::dot(&run)),
        Format::Mermaid => console.result(&render::diagram::mermaid(&run)),
        _ if run.asked.is_empty() => {
            console.paged(&render::uses::table(&run, console.width()));
        }
        _ => console.paged(&render::uses::human(&run)),
    }
    Ok(Exit::Done)
}

/// The graph of the manifests, and the name of the tenant that they are read for.
fn of_manifests(
    args: &UsesArgs,
    common: &Common,
    console: &Console,
) -> Result<(String, ReferenceGraph), Stopped> {
    let loaded = judged::load(common, console, false)?;
    let (guards, packs) = claims(&loaded.file, &loaded.name, loaded.tenant()?)?;
    let graph = uses::graph(&UseSources {
        packs: &packs,
        guards: Some(&guards),
        project: Some((&loaded.file, &loaded.name)),
        asked: args.asked(),
        ..UseSources::of_manifests(&loaded.desired)
    });
    Ok((loaded.name, graph))
}

/// What the project says besides its manifests: guards, and the claims of packs.
fn claims(
    file: &ConfigFile,
    name: &str,
    tenant: &TenantEntry,
) -> Result<(GuardsFile, Vec<AskedClaim>), Stopped> {
    let guards = GuardsFile::load(file, name, tenant).map_err(Stopped::Findings)?;
    let packs = PacksFor {
        file,
        tenant,
        break_glass: guards.guards.break_glass.as_ref(),
    };
    let chosen = packs.chosen();
    match finding::has_errors(&chosen.findings) {
        true => Err(Stopped::Findings(chosen.findings)),
        false => Ok((guards, chosen.claims)),
    }
}

/// The graph of the tenant as it is.
async fn live(
    args: &UsesArgs,
    common: &Common,
    console: &Console,
) -> Result<(String, ReferenceGraph), Stopped> {
    let mut view = view::open(common, console, Manifests::Looked, |wanted| {
        wanted.contexts_if_allowed = !wanted.contexts;
        (wanted.strengths, wanted.contexts) = (true, true);
        if let Some(name) = &args.name {
            want(wanted, name, args.kind);
        }
    })
    .await?;
    let (guards, packs) = claims(&view.file, &view.name, view.tenant()?)?;
    let reader = Reader::new(&view.connection.client);
    let named = [Kind::ConditionalAccessPolicy, Kind::Group].into_iter();
    let named = named.flat_map(|kind| view.snapshot.of(kind));
    let objects: Vec<Object> = named.map(|live| live.object.clone()).collect();
    // Terms of use may be unreadable: their ids stay ids.
    let _ = read_names(&reader, &mut view.snapshot, &objects).await?;
    let mut memberships = Vec::new();
    loop {
        let sources = UseSources {
            memberships: memberships.clone(),
            desired: Some(&view.desired),
            packs: &packs,
            guards: Some(&guards),
            project: Some((&view.file, &view.name)),
            asked: args.asked(),
            ..UseSources::of_snapshot(&view.snapshot)
        };
        let graph = uses::graph(&sources);
        if !memberships.is_empty() {
            return Ok((view.name, graph));
        }
        // Of whom or what is asked about, or else of all that policies name, it is read in which
        // groups it is: that depends on it as well.
        let meant = match &args.name {
            Some(name) => graph.find(name, args.kind),
            None => (0..graph.objects.len()).collect(),
        };
        let meant = meant.into_iter().filter_map(|at| graph.objects.get(at));
        let of = meant.filter_map(|object| {
            let kind = match object.kind {
                UsedKind::Group => RefKind::Group,
                UsedKind::User => RefKind::User,
                _ => return None,
            };
            Some((kind, object.id.clone().filter(|id| is_guid(id))?))
        });
        let of = of.collect();
        let (found, refused) = read_memberships(&reader, &mut view.snapshot, of).await?;
        if let Some(refused) = refused {
            console.note(&format!(
                "It is not known which groups contain others, because not all memberships can be read: {refused}"
            ));
        }
        if found.is_empty() {
            return Ok((view.name, graph));
        }
        memberships = found;
    }
}

/// Asks for what the name may stand for.
fn want(wanted: &mut Wanted, name: &str, kind: Option<UsedKind>) {
    for (used, reference) in [
        (UsedKind::User, RefKind::User),
        (UsedKind::Group, RefKind::Group),
        (UsedKind::Application, RefKind::Application),
        (UsedKind::ServicePrincipal, RefKind::ServicePrincipal),
    ] {
        if kind.is_none_or(|kind| kind == used) {
            wanted.reference(reference, name);
        }
    }
}

/// Nothing has the name.
fn missing(name: &str, args: &UsesArgs, graph: &ReferenceGraph) -> Finding {
    let what = args.kind.map_or("object", UsedKind::word);
    let place = match args.live {
        true => "tenant",
        false => "project",
    };
    let help = match graph.nearest(name, args.kind) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "`gatewright uses{}` lists what there is",
            if args.live { " --live" } else { "" }
        ),
    };
    let message = format!("the {place} has no {what} `{name}`, and nothing in it refers to one");
    Finding::error(Code::MissingObject, message).help(help)
}
