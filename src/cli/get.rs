//! `gatewright get`

use clap::{Args, ValueEnum};

use super::console::Console;
use super::import::kind;
use super::look::{KINDS, looked};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::model::Kind;
use crate::render;

/// Show live objects as manifests
///
/// Reads the tenant and changes nothing, neither there nor in the project. KIND is policy,
/// location, strength, context, group or user, or the full name of a kind; without it, policies,
/// locations, strengths and contexts are shown. With a NAME, the manifest of that object is shown;
/// without one, a table. The manifest of a group lists its members, and that of a user the groups
/// that the user is in.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The kind; or a name, for objects of any kind
    #[arg(value_name = "KIND")]
    pub what: Option<String>,
    /// Names or ids of objects
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// The format [default: yaml with a NAME, else table]
    #[arg(short, long, value_enum, value_name = "FORM")]
    pub output: Option<GetForm>,
}

/// The format in which objects are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GetForm {
    /// Manifests
    Yaml,
    /// One JSON document, as `--format json`
    Json,
    /// A row for each
    Table,
    /// Their names, one a line
    Names,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &GetArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let mut names = args.names.clone();
    let kinds: Vec<Kind> = match args.what.as_deref().map(|what| (what, kind(what))) {
        None => KINDS.to_vec(),
        Some((_, Ok(kind))) => vec![kind],
        Some((what, Err(_))) => {
            names.insert(0, what.to_owned());
            KINDS.to_vec()
        }
    };
    let form = match (args.output, names.is_empty()) {
        _ if console.format == Format::Json => GetForm::Json,
        (Some(form), _) => form,
        (None, true) => GetForm::Table,
        (None, false) => GetForm::Yaml,
    };
    // A manifest says who is in a group.
    let links = matches!(form, GetForm::Yaml | GetForm::Json);
    let tenant = looked(&kinds, &names, links, common, console).await?;
    match form {
        GetForm::Yaml => console.paged(&render::look::yaml(&tenant)),
        GetForm::Json => console.json(&render::json::text(&render::look::json(&tenant))),
        GetForm::Names => console.paged(&render::look::names(&tenant)),
        GetForm::Table => console.paged(&render::look::table(&tenant, console.width())),
    }
    Ok(Exit::Done)
}
