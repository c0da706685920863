//! `gatewright import`

mod files;
pub mod live;
pub mod result;
pub mod target;
mod unnamed;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::session::Stopped;
use super::{Common, Exit};
use crate::finding::did_you_mean;
use crate::model::enums::StrengthPolicyType;
use crate::model::location::LocationType;
use crate::model::normal::is_known_member;
use crate::model::tables::combinations::built_in_by_id;
use crate::model::{Kind, Object};
use crate::plan::guard::is_microsoft_managed;
use crate::text::counted;
use crate::text::pointer::dotted;

/// Write manifests for what a tenant or an export has
///
/// Reads the tenant and writes one file for each object: names instead of ids, defaults left
/// out, comments where a person has to decide. The next plan is empty. With `--from`,
/// the objects come from exported files instead, and no tenant is read.
///
/// Existing manifests are left as they are unless `--force` is given.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Read exported files and folders instead of the tenant: JSON of Microsoft Graph, of
    /// PowerShell, of Intune management tools, or Microsoft's templates
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// Folder for new files, relative to the project's folder [default: the first of `manifests:`]
    #[arg(long, value_name = "DIR")]
    pub to: Option<String>,
    /// Import only these kinds
    #[arg(long, alias = "kind", value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub only: Vec<Kind>,
    /// Also import these kinds: Group (those that policies refer to), TestUser
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind, conflicts_with = "only")]
    pub with: Vec<Kind>,
    /// Import only objects whose display names begin with this text
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Import only the object with this display name; repeatable
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// Leave out members with these names or paths, which gatewright does not know, wherever an
    /// exported object has them
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = unknown_member, requires = "from")]
    pub ignore_member: Vec<String>,
    /// Change existing manifests to what was read; their comments are kept
    #[arg(long)]
    pub force: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A kind, by its name or the last word of it, of one or of several.
///
/// # Errors
/// In words, when none is called so.
pub fn kind(text: &str) -> Result<Kind, String> {
    let folded = text.trim().to_ascii_lowercase();
    let found = Kind::ALL.into_iter().find(|kind| {
        let name = kind.as_str().to_ascii_lowercase();
        let short = kind.words().rsplit(' ').next().unwrap_or_default();
        let singular = folded.strip_suffix('s').unwrap_or(&folded);
        let called = |text: &str| text == name || text == short;
        called(&folded)
            || called(singular)
            || singular
                .strip_suffix("ie")
                .is_some_and(|stem| called(&format!("{stem}y")))
    });
    found.ok_or_else(|| {
        let kinds = Kind::ALL.iter();
        let names: Vec<&str> = kinds.clone().map(|kind| kind.as_str()).collect();
        let plurals: Vec<String> = kinds
            .clone()
            .map(|kind| counted(2_usize, kind.short()))
            .collect();
        let plurals = plurals.iter().filter_map(|text| text.strip_prefix("2 "));
        let all = kinds
            .map(|kind| kind.short())
            .chain(plurals)
            .chain(names.iter().copied());
        match did_you_mean(&folded, all) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("it is one of {}", names.join(", ")),
        }
    })
}

/// A member that may be left out: one that gatewright knows is part of what an object says.
fn unknown_member(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("name the member, such as `moonPhases` or `conditions.moonPhases`".to_owned());
    }
    if is_known_member(name) {
        return Err(format!(
            "gatewright knows the member `{name}`, and never leaves it out; for another member with that name, give its full path, such as `conditions.NAME`"
        ));
    }
    Ok(name.to_owned())
}

/// Whether `name` of `--ignore-member` means the member at `pointer`: by its name or its path.
fn ignores(name: &str, pointer: &str) -> bool {
    let path = dotted(pointer);
    let last = path.rsplit('.').next().unwrap_or_default();
    name.eq_ignore_ascii_case(last) || name.eq_ignore_ascii_case(&path)
}

impl ImportArgs {
    fn kinds(&self) -> BTreeSet<Kind> {
        if !self.only.is_empty() {
            return self.only.iter().copied().collect();
        }
        let mut kinds = BTreeSet::from([
            Kind::ConditionalAccessPolicy,
            Kind::NamedLocation,
            Kind::AuthenticationStrength,
            Kind::AuthenticationContext,
        ]);
        kinds.extend(&self.with);
        kinds
    }

    /// Whether an object that Microsoft makes is asked for: by its very name.
    fn wants_of_microsoft(&self, name: &str) -> bool {
        self.name.iter().any(|wanted| wanted == name)
    }

    /// Whether a member that gatewright does not know may be left out.
    fn ignores(&self, pointer: &str) -> bool {
        self.ignore_member.iter().any(|name| ignores(name, pointer))
    }

    /// Whether authentication contexts are asked for by name.
    fn names_contexts(&self) -> bool {
        let mut named = self.only.iter().chain(&self.with);
        named.any(|kind| *kind == Kind::AuthenticationContext)
    }

    /// Whether an object is asked for, by its name.
    fn wants(&self, name: &str) -> bool {
        self.prefix
            .as_ref()
            .is_none_or(|prefix| name.starts_with(prefix.as_str()))
            && (self.name.is_empty() || self.name.iter().any(|wanted| wanted == name))
    }
}

/// What Microsoft makes in tenants, told by id or type: another tenant has it too, or gets it.
fn is_of_microsoft(object: &Object) -> bool {
    match object {
        Object::AuthenticationStrength(strength) => {
            strength.policy_type == Some(StrengthPolicyType::BuiltIn)
                || strength
                    .id
                    .as_deref()
                    .is_some_and(|id| built_in_by_id(id).is_some())
        }
        Object::NamedLocation(location) => {
            location.location_type() == LocationType::CompliantNetwork
        }
        // Graph has no member that tells these.
        Object::ConditionalAccessPolicy(policy) => is_microsoft_managed(&policy.display_name),
        _ => false,
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ImportArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match args.from.is_empty() {
        true => live::run(args, common, console).await,
        false => files::run(args, common, console),
    }
}
