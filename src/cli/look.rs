//! Live objects as `get` and `list` show them.

use std::collections::HashMap;

use super::Common;
use super::console::Console;
use super::import::live::{NAMELESS, is_twin};
use super::session::{Stopped, runs_folder};
use super::view::{self, Manifests, View};
use crate::apply::journal::managed;
use crate::finding::{Code, Finding, did_you_mean};
use crate::graph::read::Reader;
use crate::import::naming::Namer;
use crate::manifest::write;
use crate::model::kind::same_name;
use crate::model::{Kind, Object};
use crate::plan::Plan;
use crate::plan::build::is_importable;
use crate::render::look::{LookedObject, LookedTenant};
use crate::tenant::audit::LastChange;
use crate::tenant::names::read_names;
use crate::tenant::read::{list_edition, with_domain};
use crate::tenant::resolve::resolve;
use crate::tenant::snapshot::Live;
use crate::text::is_guid;

/// The kinds that are shown where none is asked for.
pub const KINDS: [Kind; 4] = [
    Kind::ConditionalAccessPolicy,
    Kind::NamedLocation,
    Kind::AuthenticationStrength,
    Kind::AuthenticationContext,
];

/// Reads the objects of these kinds; with `names` those of these names or ids alone. With `links` the
/// members of groups, and the groups of users, are read as well: that takes a request for each.
///
/// # Errors
/// See [`Stopped`]; a name that nothing bears is one.
pub async fn looked(
    kinds: &[Kind],
    names: &[String],
    links: bool,
    common: &Common,
    console: &Console,
) -> Result<LookedTenant, Stopped> {
    let mut view = view::open(common, console, Manifests::Looked, |wanted| {
        for kind in kinds {
            match kind {
                Kind::ConditionalAccessPolicy | Kind::NamedLocation => {}
                Kind::AuthenticationStrength => wanted.strengths = true,
                Kind::AuthenticationContext => {
                    wanted.contexts_if_allowed = !wanted.contexts && kinds.len() > 1;
                    wanted.contexts = true;
                }
                Kind::Group if names.is_empty() => wanted.group_prefix = Some(String::new()),
                Kind::Group => wanted.groups.extend(names.iter().cloned()),
                Kind::TestUser if names.is_empty() => wanted.marked_users = true,
                Kind::TestUser => wanted.users.extend(names.iter().cloned()),
            }
        }
    })
    .await?;
    let reader = Reader::new(&view.connection.client);
    let mut found = meant(&view, kinds, names)?;
    let own: Vec<(Kind, String)> = found
        .iter()
        .filter(|live| links && is_linked(&live.object))
        .map(|live| (live.kind, live.id.clone()))
        .collect();
    if !own.is_empty() {
        let edition = list_edition(view.connection.version);
        view.snapshot.read_links_of(&reader, edition, own).await?;
        found = meant(&view, kinds, names)?;
    }
    let objects: Vec<Object> = found.iter().map(|live| live.object.clone()).collect();
    // Terms of use may be unreadable: their ids stay ids.
    let _ = read_names(&reader, &mut view.snapshot, &objects).await?;
    let objects = found.iter().map(|live| told(&view, live));
    let mut objects: Vec<LookedObject> = objects.collect();
    manifests(&view, &mut objects);
    Ok(LookedTenant {
        tenant: Plan {
            tenant: view.name.clone(),
            organization: view.snapshot.organization.clone(),
            ..Plan::default()
        },
        objects,
    })
}

/// Whether a manifest can say which links an object has to others: not where a rule does.
fn is_linked(object: &Object) -> bool {
    match object {
        Object::Group(group) => !group.is_dynamic(),
        Object::TestUser(_) => true,
        _ => false,
    }
}

/// The objects that are meant, policies first.
fn meant(view: &View, kinds: &[Kind], names: &[String]) -> Result<Vec<Live>, Stopped> {
    let domain = &view.snapshot.organization.default_domain;
    let means = |live: &Live, wanted: &str| {
        let full = match live.kind {
            Kind::TestUser => with_domain(wanted, domain),
            _ => wanted.to_owned(),
        };
        same_name(live.kind, live.name(), &full)
            || live.object.display_name() == wanted
            || live.id.eq_ignore_ascii_case(wanted)
    };
    let all: Vec<&Live> = kinds
        .iter()
        .flat_map(|kind| view.snapshot.of(*kind))
        .collect();
    let mut found: Vec<Live> = Vec::new();
    if names.is_empty() {
        // What Microsoft makes and a manifest cannot describe says nothing of the tenant, but for
        // its policies.
        let shown =
            |live: &&&Live| live.kind == Kind::ConditionalAccessPolicy || is_importable(live);
        found.extend(all.iter().filter(shown).map(|live| (*live).clone()));
    }
    for wanted in names {
        let before = found.len();
        found.extend(
            all.iter()
                .filter(|live| means(live, wanted))
                .map(|live| (*live).clone()),
        );
        if found.len() == before {
            let candidates = all.iter().map(|live| live.object.display_name());
            let help = match did_you_mean(wanted, candidates) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if is_guid(wanted) => "groups and users are found only by name".to_owned(),
                None => "`gatewright get KIND` lists what there is".to_owned(),
            };
            let what = match kinds {
                [kind] => kind.words(),
                _ => "object",
            };
            let message = format!("the tenant has no {what} `{wanted}`");
            return Err(Stopped::Findings(vec![
                Finding::error(Code::MissingObject, message).help(help),
            ]));
        }
    }
    found.sort_by(|a, b| (b.kind, a.name(), &a.id).cmp(&(a.kind, b.name(), &b.id)));
    found.dedup_by(|a, b| a.kind == b.kind && a.id == b.id);
    Ok(found)
}

/// One object, as a manifest would describe it.
fn told(view: &View, live: &Live) -> LookedObject {
    let namer = Namer {
        index: &view.snapshot.index,
        nameless: NAMELESS.why,
    };
    let twin = is_twin(&view.snapshot, live);
    let draft = namer.draft(&live.object, &live.raw, &live.unknown, twin);
    LookedObject {
        kind: live.kind,
        id: live.id.clone(),
        name: live.name().to_owned(),
        managed: None,
        file: None,
        run: None,
        change: LastChange::of(&live.raw),
        yaml: format!(
            "{}{}",
            unfit(&live.object),
            write::document(draft.kind, &draft.value, &draft.notes)
        ),
        manifest: draft.value,
        normal: draft.normal,
    }
}

/// What stands above a manifest that `validate` refuses: the object is not of a sort that gatewright
/// manages.
fn unfit(object: &Object) -> &'static str {
    match object {
        Object::Group(group) if group.is_security() => "",
        Object::Group(_) => {
            "# Only for reading: gatewright manages security groups without a mailbox only (GR-R01).\n# Refer to this group by its name, and write no manifest for it.\n"
        }
        _ => "",
    }
}

/// Adds which manifest describes an object, or which run of the project wrote it once.
fn manifests(view: &View, objects: &mut [LookedObject]) {
    if !view.manifests_read {
        return;
    }
    let (resolved, _) = resolve(&view.desired, &view.snapshot);
    let own: HashMap<(Kind, String), String> = resolved
        .iter()
        .filter_map(|item| {
            let live = item.live?;
            let file = item.manifest.document.file.name.clone();
            Some(((live.kind, live.id.clone()), file))
        })
        .collect();
    let organization = &view.snapshot.organization.id;
    let runs = managed(&runs_folder(&view.file.root), (&view.name, organization));
    for object in objects {
        object.file = own.get(&(object.kind, object.id.clone())).cloned();
        object.managed = Some(object.file.is_some());
        let known = runs.get(&(object.kind, object.id.to_lowercase()));
        object.run = known.map(|known| known.run.clone());
    }
}
