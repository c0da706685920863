//! `gatewright init`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::ci::Ci;
use super::console::Console;
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::disk;
use crate::manifest::config::CONFIG_FILE;
use crate::manifest::config::config_schema;
use crate::manifest::guards::guards_schema;
use crate::manifest::schema::{
    CONFIG_SCHEMA_FILE, GUARDS_SCHEMA_FILE, MANIFEST_SCHEMA_FILE, manifest_schema,
};
use crate::render::json;
use crate::text::{shell_word, visible};

/// Write a commented project to a folder
///
/// Existing files are left as they are, and no examples are written to a project that is in use.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder [default: the one given with -C]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Also write pipelines: plan for every pull request, apply after the merge, drift at night
    #[arg(long, value_enum, value_name = "SERVICE")]
    pub ci: Option<Ci>,
    /// Write no example manifests, for `gatewright import` to fill the project from a tenant
    #[arg(long)]
    pub bare: bool,
}

const CONFIG: &str = include_str!("templates/gatewright.yaml");
/// Where in it the exceptions of its packs begin.
const EXCEPTIONS: &str = "      without:";
const GUARDS: &str = include_str!("templates/guards.yaml");
const BREAK_GLASS: &str = include_str!("templates/break-glass.yaml");
const PILOT: &str = include_str!("templates/pilot.yaml");
const LOCATIONS: &str = include_str!("templates/locations.yaml");
const SCENARIOS: &str = include_str!("templates/scenarios.yaml");
const POLICIES: &str = include_str!("templates/policies.yaml");
/// Every document of a file is checked by a setting; a modeline is for its document alone.
const EDITOR: &str = r#"{
  "yaml.schemas": {
    "./schema/gatewright.schema.json": "policies/**/*.{yaml,yml}",
    "./schema/config.schema.json": "gatewright.yaml",
    "./schema/guards.schema.json": "guards.yaml"
  }
}
"#;
const GITIGNORE: &str = "\
# state of the embedded tenant and of runs
.gatewright/
# saved plans
plan.json
plans/
# reports
report.html
reports/
";

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &InitArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let folder = match &args.dir {
        Some(dir) => common.chdir.join(dir),
        None => common.chdir.clone(),
    };
    let schema = json::text(&manifest_schema());
    let schema_file = format!("schema/{MANIFEST_SCHEMA_FILE}");
    let config_schema = json::text(&config_schema());
    let config_schema_file = format!("schema/{CONFIG_SCHEMA_FILE}");
    let guards_schema = json::text(&guards_schema());
    let guards_schema_file = format!("schema/{GUARDS_SCHEMA_FILE}");
    // The exceptions are for the examples, which are in report-only.
    let config = match (args.bare, CONFIG.split_once(EXCEPTIONS)) {
        (true, Some((before, _))) => before,
        _ => CONFIG,
    };
    let files: [(&str, &str); 12] = [
        ("gatewright.yaml", config),
        ("guards.yaml", GUARDS),
        ("policies/break-glass.yaml", BREAK_GLASS),
        ("policies/pilot.yaml", PILOT),
        ("policies/locations.yaml", LOCATIONS),
        ("policies/policies.yaml", POLICIES),
        ("policies/scenarios.yaml", SCENARIOS),
        (&schema_file, &schema),
        (&config_schema_file, &config_schema),
        (&guards_schema_file, &guards_schema),
        (".vscode/settings.json", EDITOR),
        (".gitignore", GITIGNORE),
    ];
    let pipelines = args.ci.map(Ci::files).unwrap_or_default();
    // In a project that is in use the examples would come back, and be applied.
    let in_use = folder.join(CONFIG_FILE).exists();
    let (mut wrote, mut existed) = (Vec::new(), Vec::new());
    for &(name, text) in files.iter().chain(pipelines) {
        if (in_use || args.bare) && name.starts_with("policies/") {
            continue;
        }
        if write_new(&folder, name, text)? {
            wrote.push(name);
            console.note(&format!("Wrote {name}"));
        } else {
            existed.push(name);
            console.note(&format!("Kept  {name} (it exists)"));
        }
    }
    let at = match folder.as_os_str().is_empty() || folder == Path::new(".") {
        true => String::new(),
        false => {
            let folder = visible(&folder.display().to_string(), false);
            format!(" -C {}", shell_word(&folder))
        }
    };
    if in_use {
        console.note("The folder has a project: no examples were written to policies/.");
    }
    if console.format == Format::Json {
        console.result(&json::text(&serde_json::json!({
            "formatVersion": json::FORMAT_VERSION,
            "folder": folder,
            "wrote": wrote,
            "kept": existed,
        })));
    }
    if let Some(ci) = args.ci {
        console.note(&format!(
            "\nThe pipelines need {}. docs/ci.md in gatewright's repository explains the rest.",
            ci.to_fill_in()
        ));
    }
    if in_use && args.ci.is_some() {
        return Ok(Exit::Done);
    }
    let next = match args.bare && !in_use {
        true => format!(
            "add your tenant to gatewright.yaml, then run `gatewright{at} import -t NAME`, which reads the tenant and changes nothing there."
        ),
        false => format!(
            "run `gatewright{at} validate`, then `gatewright{at} plan`: the tenant `sandbox` is embedded, and nothing real is touched."
        ),
    };
    console.note(&format!("\nNext: {next}"));
    Ok(Exit::Done)
}

/// Writes a file into the folder unless it exists; answers whether it was written.
fn write_new(folder: &Path, name: &str, text: &str) -> anyhow::Result<bool> {
    let below = Path::new(name).parent().unwrap_or(Path::new(""));
    let told = || format!("cannot write `{}`", folder.join(name).display());
    disk::folder(folder)
        .and_then(|()| disk::folders(folder, below))
        .with_context(told)?;
    match disk::put(&folder.join(name), text.as_bytes(), disk::Put::New) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(told),
    }
}
