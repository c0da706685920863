//! From a file back to the plan. Any bytes are taken: what is no whole, unaltered plan of
//! this version is refused with the reason and a way out.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Value;

use super::canonical::digest_of_file;
use super::fingerprint::Extent;
use super::format::{
    FORMAT_VERSION, KIND, MAX_FILE_BYTES, SavedAction, SavedEdition, SavedEffect, SavedNotice,
    SavedPlace, SavedPlan,
};
use super::stand_in::{from_file, named, respell, respell_object};
use crate::disk;
use crate::finding::source::{SourceFile, decode};
use crate::finding::{Code, Finding, Place, RuleId};
use crate::manifest::references::is_context_id;
use crate::model::facts::Edition;
use crate::model::kind::{folded_name, same_name};
use crate::model::tables::special;
use crate::model::{Kind, Object};
use crate::plan::build::is_deletable;
use crate::plan::weakening::{Class, Effect};
use crate::plan::{Action, Plan, Unchanged, Verb, diff};
use crate::tenant::snapshot::{Organization, Snapshot};
use crate::text::is_guid;

/// A saved plan that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The file.
    pub saved: SavedPlan,
    /// The plan. Its actions have no live objects yet: see [`bind`].
    pub plan: Plan,
    /// The text, for places.
    pub file: Arc<SourceFile>,
}

const AGAIN: &str = "make a new plan with `gatewright plan --out FILE`";

impl Loaded {
    /// What has moved in the tenant since the plan was made; empty: it can be carried out.
    pub fn moved(&self, snapshot: &Snapshot) -> Vec<Finding> {
        let mut moved = self.saved.ground.moved(&self.plan.actions, snapshot);
        let (old, new) = (
            &self.saved.tenant.default_domain,
            &snapshot.organization.default_domain,
        );
        if old != new {
            let message = format!("the tenant's default domain was `{old}` and is `{new}` now");
            moved.push(Finding::error(Code::StalePlan, message).help(AGAIN));
        }
        moved
    }

    /// A finding about a member of the file.
    pub fn finding(&self, member: &str, message: impl Into<String>) -> Finding {
        about(&self.file, member, message)
    }
}

/// A finding about the first-level member of a file, or about its beginning.
fn about(file: &Arc<SourceFile>, member: &str, message: impl Into<String>) -> Finding {
    let key = format!("\"{member}\"");
    let range = match file.text.find(&key) {
        Some(start) if !member.is_empty() => start..start + key.len(),
        _ => 0..file.text.chars().next().map_or(0, char::len_utf8),
    };
    Finding::error(Code::PlanFile, message)
        .at(Place::new(file, range))
        .help(AGAIN)
}

/// Reads the file at `path`.
///
/// # Errors
/// A finding when it cannot be read, or is no saved plan that this version can use.
pub fn file(path: &Path) -> Result<Loaded, Box<Finding>> {
    let name = path.display().to_string();
    let bytes = disk::read(path, MAX_FILE_BYTES).map_err(|problem| {
        let empty = SourceFile::new(name.as_str(), path, String::new());
        Box::new(
            Finding::error(
                Code::UnreadableFile,
                format!("cannot read `{name}`: {problem}"),
            )
            .at(Place::new(&empty, 0..0))
            .help("name the file that `gatewright plan --out FILE` wrote"),
        )
    })?;
    text(&name, path, &bytes)
}

/// True when a file may be written over: it does not exist, is empty, or is a saved plan,
/// perhaps of another version.
pub fn may_be_replaced(path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        Ok(metadata) if metadata.is_symlink() => false,
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => true,
        Ok(_) => disk::read(path, MAX_FILE_BYTES)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .is_some_and(|value| value.get("kind").is_some_and(|kind| kind == KIND)),
    }
}

/// Reads the bytes of a file.
///
/// # Errors
/// See [`file()`].
pub fn text(name: &str, path: &Path, bytes: &[u8]) -> Result<Loaded, Box<Finding>> {
    let text = decode(bytes).map_err(|problem| {
        let empty = SourceFile::new(name, path, String::new());
        Box::new(about(&empty, "", format!("`{name}` {problem}")))
    })?;
    let file = SourceFile::new(name, path, text);
    let value: Value = serde_json::from_str(&file.text).map_err(|error| {
        let at = file.offset(error.line(), error.column());
        let what = match error.is_eof() {
            true => "the file ends in the middle: it was cut off",
            false => "the file is not well-formed JSON",
        };
        Box::new(
            Finding::error(Code::PlanFile, format!("{what} ({error})"))
                .at(Place::new(&file, at..at))
                .help(AGAIN),
        )
    })?;
    if value.get("kind").is_none_or(|kind| kind != KIND) {
        let help = match value.get("actions").is_some() && value.get("summary").is_some() {
            true => {
                "this looks like the result of `plan --format json`, which is for programs; `gatewright plan --out FILE` writes a plan that can be applied"
            }
            false => "name the file that `gatewright plan --out FILE` wrote",
        };
        let finding = about(&file, "kind", format!("`{name}` is not a saved plan"));
        return Err(Box::new(finding.help(help)));
    }
    check_version(&file, &value)?;
    let stated = value.get("digest").and_then(Value::as_str).unwrap_or("");
    if digest_of_file(&value) != stated {
        return Err(Box::new(about(
            &file,
            "digest",
            "the content does not match the digest in the file: it was changed after it was saved",
        )));
    }
    let saved = SavedPlan::deserialize(&value).map_err(|e| {
        Box::new(about(
            &file,
            "",
            format!("the file is not a complete plan: {e}"),
        ))
    })?;
    match plan(&saved) {
        Ok(plan) => Ok(Loaded { saved, plan, file }),
        Err(problem) => Err(Box::new(about(
            &file,
            "actions",
            format!("the file contradicts itself: {problem}"),
        ))),
    }
}

/// Another form, or another gatewright: what it means there may not be what it means here.
/// Below 1.0 the second number counts as the first does from there on.
fn check_version(file: &Arc<SourceFile>, value: &Value) -> Result<(), Box<Finding>> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let first = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    let line = |version: &str| -> String {
        let mut parts = version.split('.');
        match (parts.next(), parts.next()) {
            (Some("0"), Some(minor)) => format!("0.{minor}"),
            (Some(major), _) => major.to_owned(),
            _ => String::new(),
        }
    };
    let form = text("formatVersion");
    if first(form) != first(FORMAT_VERSION) {
        let message = format!(
            "the plan has the format `{form}`, but this gatewright reads `{FORMAT_VERSION}`"
        );
        return Err(Box::new(about(file, "formatVersion", message)));
    }
    let (made, own) = (text("gatewrightVersion"), env!("CARGO_PKG_VERSION"));
    if line(made) != line(own) {
        let message = format!("the plan was made by gatewright `{made}`, but this is `{own}`");
        let finding = about(file, "gatewrightVersion", message);
        return Err(Box::new(finding.help(
            "use one version for plan and apply, or make a new plan with this one",
        )));
    }
    Ok(())
}

/// The plan, with stand-ins of this run.
fn plan(saved: &SavedPlan) -> Result<Plan, String> {
    let created: BTreeSet<(Kind, String)> = saved
        .actions
        .iter()
        .filter(|a| a.action == Verb::Create && a.id.is_none())
        .map(|a| (a.kind, folded_name(a.kind, &a.name)))
        .collect();
    let mut actions = Vec::new();
    let mut acted_on = BTreeSet::new();
    for action in &saved.actions {
        let read = self::action(action).and_then(|read| {
            check(saved, &created, action, &read)?;
            // A create that stands there twice would make two objects.
            let name =
                (action.action == Verb::Create).then(|| folded_name(action.kind, &action.name));
            let id = action.id.as_ref().map(|id| id.to_lowercase());
            for object in [
                name.map(|name| (action.kind, "named", name)),
                id.map(|id| (action.kind, "id", id)),
            ] {
                if object.is_some_and(|object| !acted_on.insert(object)) {
                    return Err("two actions are about it".to_owned());
                }
            }
            Ok(read)
        });
        actions.push(
            read.map_err(|problem| {
                format!("{} `{}`: {problem}", action.kind.words(), action.name)
            })?,
        );
    }
    Ok(Plan {
        tenant: saved.tenant.name.clone(),
        organization: Organization {
            id: saved.tenant.id.clone(),
            display_name: saved.tenant.display_name.clone(),
            default_domain: saved.tenant.default_domain.clone(),
            domains: Vec::new(),
        },
        read_at: None,
        actions,
        unchanged: saved
            .unchanged
            .iter()
            .map(|object| Unchanged {
                kind: object.kind,
                name: object.name.clone(),
                id: object.id.clone(),
            })
            .collect(),
        unmanaged: saved.unmanaged.clone(),
        renames: Vec::new(),
        limit: saved.limit.clone(),
        destroys: false,
        notices: saved.notices.iter().map(notice).collect::<Result<_, _>>()?,
        names: saved.names.clone(),
        saved: Some(saved.digest.clone()),
        guards: Vec::new(),
        sign_ins: saved.effect.clone(),
    })
}

/// What was said of an action when the plan was made; asked anew before it is carried out.
fn effect(saved: &SavedEffect) -> Effect {
    Effect {
        class: Class::parse(&saved.class).unwrap_or(Class::Unknown),
        reasons: saved.reasons.clone(),
    }
}

fn action(saved: &SavedAction) -> Result<Action, String> {
    let side = |normal: &Value| respell(saved.kind, normal, from_file);
    let desired = match &saved.desired {
        Value::Null => None,
        value => {
            let object = Object::from_value(saved.kind, value).map_err(|e| e.to_string())?;
            Some(respell_object(&object, from_file))
        }
    };
    Ok(Action {
        verb: saved.action,
        kind: saved.kind,
        name: saved.name.clone(),
        id: saved.id.clone(),
        place: saved.place.as_ref().map(place),
        phase: saved.phase,
        reason: saved.reason.clone(),
        before: side(&saved.before),
        after: side(&saved.after),
        changes: saved.changes.clone(),
        desired,
        live: None,
        links: saved
            .links
            .iter()
            .map(|(group, phases)| (from_file(group), (phases.add, phases.remove)))
            .collect(),
        ignored: saved.ignored.clone(),
        restore: saved.restore,
        purge: saved.purge.clone(),
        edition: match saved.edition {
            SavedEdition::V1 => Edition::V1,
            SavedEdition::Beta => Edition::Beta,
        },
        effect: saved.effect.as_ref().map(effect),
    })
}

/// What an action says must fit together: what is shown is what is done, to an object that
/// was looked at, by ids that can be nothing else.
fn check(
    saved: &SavedPlan,
    created: &BTreeSet<(Kind, String)>,
    file: &SavedAction,
    action: &Action,
) -> Result<(), String> {
    let stands = |present: bool, what: &str, wanted: bool| match present == wanted {
        true => Ok(()),
        false if wanted => Err(format!("it has no `{what}`")),
        false => Err(format!("it has a `{what}`, which does not belong there")),
    };
    let update = action.verb == Verb::Update;
    stands(
        !file.before.is_null(),
        "before",
        action.verb != Verb::Create,
    )?;
    stands(!file.after.is_null(), "after", action.verb != Verb::Delete)?;
    stands(
        action.desired.is_some(),
        "desired",
        action.verb != Verb::Delete,
    )?;
    stands(
        action.id.is_some(),
        "id",
        action.verb != Verb::Create || action.restore,
    )?;
    let creates = action.verb == Verb::Create;
    if !creates && action.restore {
        return Err("only a missing object can be restored from the recycle bin".to_owned());
    }
    if action.purge.is_some() && !(creates && action.kind == Kind::TestUser) {
        return Err("only a test user is purged from the recycle bin".to_owned());
    }
    for id in action.id.iter().chain(&action.purge) {
        if !is_id(action.kind, id) {
            return Err(format!("`{id}` is not an id"));
        }
    }
    if let Some(id) = action.id.as_deref().filter(|_| action.verb != Verb::Create)
        && saved
            .ground
            .object(action.kind, id)
            .is_none_or(|object| object.extent != Extent::Whole)
    {
        return Err(format!("the fingerprint of `{id}` is incomplete"));
    }
    if update && action.changes != diff::changes(&action.before, &action.after) {
        return Err("`changes` is not what differs between `before` and `after`".to_owned());
    }
    let Some(desired) = &action.desired else {
        return Ok(());
    };
    if desired.normal_form() != action.after {
        return Err("`after` is not what `desired` says".to_owned());
    }
    if !same_name(action.kind, desired.name(), &action.name) {
        return Err("`desired` has another name".to_owned());
    }
    let Ok(spelled) = Object::from_value(file.kind, &file.desired) else {
        return Err("`desired` cannot be read".to_owned());
    };
    let groups = file.links.keys().cloned();
    let targets = spelled
        .references()
        .into_iter()
        .filter_map(|(kind, _, target)| {
            let special = special::canonical(kind.special_values(), &target).is_some();
            (!special).then_some(target)
        });
    for target in targets.chain(groups) {
        match named(&target) {
            Some((kind, name)) if created.contains(&(kind, folded_name(kind, &name))) => {}
            Some(_) => {
                return Err(format!("`{target}` is not created by the plan"));
            }
            None if is_guid(&target) || is_context_id(&target) => {}
            None => return Err(format!("`{target}` is not an id")),
        }
    }
    Ok(())
}

/// Ids stand in paths of requests: nothing else may.
fn is_id(kind: Kind, id: &str) -> bool {
    match kind {
        Kind::AuthenticationContext => is_context_id(id),
        _ => is_guid(id),
    }
}

fn place(saved: &SavedPlace) -> Place {
    Place {
        file: SourceFile::new(saved.file.as_str(), saved.file.as_str(), String::new()),
        range: 0..0,
        line: saved.line,
        column: saved.column,
        beside: None,
    }
}

fn notice(saved: &SavedNotice) -> Result<Finding, String> {
    let Some(code) = Code::parse(&saved.code) else {
        return Err(format!("`{}` is not the code of a notice", saved.code));
    };
    Ok(Finding {
        code,
        severity: saved.severity,
        // A saved plan does not say; its notices are shown, not weighed.
        confidence: None,
        rule: saved.rule.as_deref().and_then(RuleId::parse),
        message: saved.message.clone(),
        place: saved.place.as_ref().map(|p| Box::new(place(p))),
        related: Vec::new(),
        fix: None,
        help: saved.help.clone(),
    })
}

/// Gives the actions the live objects that they are about, from a snapshot on which the plan
/// was found not to be stale. What holds for every plan is looked at once more, since a file
/// can be written by hand: users without gatewright's mark are never touched. What is restored,
/// and is no test user, was looked at in the recycle bin before.
///
/// # Errors
/// When an object is none that may be changed, deleted, restored or purged.
pub fn bind(plan: &mut Plan, snapshot: &Snapshot) -> Result<(), Box<Finding>> {
    plan.organization = snapshot.organization.clone();
    plan.read_at = snapshot.read_at;
    for action in &mut plan.actions {
        let allowed = match action.verb {
            // The caller has seen it in the recycle bin.
            Verb::Create if action.restore && action.kind != Kind::TestUser => true,
            Verb::Create => {
                // Marked users alone are in this list.
                let deleted = snapshot.deleted_user(&action.name);
                let mut ids = action.id.iter().chain(&action.purge);
                ids.all(|id| deleted.is_some_and(|live| live.id.eq_ignore_ascii_case(id)))
            }
            Verb::Update | Verb::Delete => {
                let id = action.id.as_deref().unwrap_or_default();
                action.live = snapshot.by_id(action.kind, id).cloned();
                match action.live.as_ref().map(|live| &live.object) {
                    Some(Object::TestUser(user)) => user.is_marked(),
                    Some(_) => action.verb == Verb::Update || is_deletable_live(action),
                    None => false,
                }
            }
        };
        if !allowed {
            let what = format!("{} `{}`", action.kind.words(), action.name);
            return Err(Box::new(
                Finding::error(
                    Code::PlanFile,
                    format!("the plan may not {} the {what}", action.verb.as_str()),
                )
                .help("no plan of gatewright does this: the file was changed by hand; make a new one with `gatewright plan --out FILE`"),
            ));
        }
    }
    Ok(())
}

fn is_deletable_live(action: &Action) -> bool {
    action.live.as_ref().is_some_and(is_deletable)
}
