//! `gatewright render`

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::console::Console;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::disk::{self, Put};
use crate::finding::{self, Code, Finding};
use crate::fleet::select::select;
use crate::import::names;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::project::{self, Desired};
use crate::render::json;
use crate::render::tenant_manifests::{self, TenantManifests};
use crate::text::{counted, is_portable_name, visible};

/// Print the manifests as a tenant gets them
///
/// Variables are replaced, patches are applied, and what patches leave out is left out
/// (docs/overlays.md). Each manifest has a comment with the file it comes from and the patches of
/// it. No tenant is read.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Write the files into this folder, below a folder of the tenant's name
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// With `-o`: replace files that exist
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &RenderArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let mut loaded: Vec<(&str, Desired)> = Vec::new();
    let mut findings = Vec::new();
    for (name, tenant) in chosen(&file, common)? {
        let (desired, found) = project::load(&file, name, tenant);
        findings.extend(found.into_iter().filter(Finding::is_error));
        loaded.push((name, desired));
    }
    if !findings.is_empty() {
        finding::tidy(&mut findings);
        return Err(Stopped::Findings(findings));
    }
    let all: Vec<TenantManifests<'_>> = loaded
        .iter()
        .map(|(tenant, desired)| TenantManifests { tenant, desired })
        .collect();
    match (&args.output, console.format) {
        (Some(folder), _) => {
            outside(&file, folder, &all)?;
            write(&all, folder, args.force, console)?;
        }
        (None, Format::Human) => {
            console.paged(&visible(&tenant_manifests::yaml(&all), true));
        }
        (None, _) => {}
    }
    if console.format == Format::Json {
        console.json(&json::text(&tenant_manifests::json(&all)));
    }
    for one in &all {
        let left_out = one.desired.absent.len();
        if left_out > 0 && console.format == Format::Human {
            console.note(&format!(
                "Patches leave {} out for `{}`",
                counted(left_out, "manifest"),
                visible(one.tenant, false)
            ));
        }
    }
    Ok(Exit::Done)
}

/// The tenants that are meant.
fn chosen<'a>(
    file: &'a ConfigFile,
    common: &Common,
) -> Result<Vec<(&'a str, &'a TenantEntry)>, Stopped> {
    let one = |name: Option<&str>| {
        let found = file.tenant(name);
        found.map_err(|finding| Stopped::Findings(vec![*finding]))
    };
    match common.tenants.as_slice() {
        [] => Ok(vec![one(None)?]),
        several => {
            let names = select(file, several).map_err(Stopped::Findings)?;
            names
                .into_iter()
                .map(|name| match file.config.tenants.get_key_value(&name) {
                    Some((name, entry)) => Ok((name.as_str(), entry)),
                    // What is wrong with its file.
                    None => one(Some(&name)),
                })
                .collect()
        }
    }
}

/// Refuses a folder from which manifests are read: each would be there twice.
fn outside(file: &ConfigFile, folder: &Path, all: &[TenantManifests<'_>]) -> Result<(), Stopped> {
    let within = std::path::absolute(folder).ok();
    let within = within.and_then(|folder| Some(folder.strip_prefix(&file.root).ok()?.to_owned()));
    let Some(within) = within else { return Ok(()) };
    let is_read = |one: &TenantManifests<'_>| {
        let path = within.join(one.tenant).join("x.yaml");
        project::covers(file, &path.to_string_lossy().replace('\\', "/"))
    };
    match all.iter().any(is_read) {
        true => Err(Stopped::Findings(vec![
            Finding::error(
                Code::RenderedFile,
                format!("manifests are read from `{}`", folder.display()),
            )
            .help("name another folder with `-o`: every object would have two manifests"),
        ])),
        false => Ok(()),
    }
}

/// Writes the files of each tenant: none when one of them is in the way.
fn write(
    all: &[TenantManifests<'_>],
    folder: &Path,
    force: bool,
    console: &Console,
) -> Result<(), Stopped> {
    let mut wrong = Vec::new();
    let mut folders: HashMap<String, &str> = HashMap::new();
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for one in all {
        let shared = folders.insert(names::key(one.tenant), one.tenant);
        let told = match shared {
            _ if !is_portable_name(one.tenant) => Some(format!(
                "the tenant `{}` has a name that no folder can have on every system",
                one.tenant
            )),
            Some(other) => Some(format!(
                "the tenants `{other}` and `{}` would share a folder on systems that ignore case",
                one.tenant
            )),
            None => None,
        };
        if let Some(message) = told {
            wrong.push(Finding::error(Code::RenderedFile, message).help("render it without `-o`"));
            continue;
        }
        for (name, text) in tenant_manifests::files(one) {
            texts.push((Path::new(one.tenant).join(name), text));
        }
    }
    if !force {
        for (path, _) in &texts {
            if folder.join(path).symlink_metadata().is_ok() {
                let message = format!("`{}` exists", folder.join(path).display());
                wrong.push(
                    Finding::error(Code::RenderedFile, message)
                        .help("name another folder with `-o`, or replace it with `--force`"),
                );
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Stopped::Findings(wrong));
    }
    let put = if force { Put::Over } else { Put::New };
    for (path, text) in &texts {
        let shown = || visible(&folder.join(path).display().to_string(), false);
        let below = path.parent().unwrap_or(Path::new(""));
        disk::folder(folder)
            .and_then(|()| disk::folders(folder, below))
            .and_then(|_| disk::put(&folder.join(path), text.as_bytes(), put))
            .with_context(|| format!("cannot write `{}`", shown()))?;
    }
    if console.format == Format::Human {
        console.result(&format!(
            "Wrote {} to `{}`\n",
            counted(texts.len(), "file"),
            visible(&folder.display().to_string(), false)
        ));
    }
    Ok(())
}
