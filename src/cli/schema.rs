//! `gatewright schema`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use schemars::schema_for;
use serde_json::Value;

use super::Exit;
use super::console::Console;
use super::export::ExportOutput;
use super::report::ReportOutput;
use super::session::Stopped;
use super::tenants::TenantsOutput;
use crate::disk;
use crate::fleet::result::TenantResult;
use crate::manifest::config::{config_schema, tenant_schema};
use crate::manifest::guards::guards_schema;
use crate::manifest::schema::{
    CONFIG_SCHEMA_FILE, GUARDS_SCHEMA_FILE, MANIFEST_SCHEMA_FILE, TENANT_SCHEMA_FILE,
    manifest_schema, sign_in_schema,
};
use crate::plan::file::SavedPlan;
use crate::render::claims::TestOutput;
use crate::render::compare::CompareOutput;
use crate::render::doctor::DoctorOutput;
use crate::render::drift::DriftOutput;
use crate::render::gaps::GapsOutput;
use crate::render::impact::ImpactOutput;
use crate::render::import::{AdoptOutput, ImportOutput};
use crate::render::json::{self, ApplyOutput, FindingsOutput, PlanOutput, RunsOutput};
use crate::render::look::ObjectsOutput;
use crate::render::risk::decision::RiskDecisionOutput;
use crate::render::risk::json::{
    RiskDetectionsOutput, RiskHistoryOutput, RiskWaitOutput, RiskyUsersOutput,
};
use crate::render::rules::ExplainOutput;
use crate::render::saved::ShowOutput;
use crate::render::setup::SetupOutput;
use crate::render::tenant_manifests::RenderOutput;
use crate::render::uses::UsesOutput;
use crate::render::whatif::json::WhatifOutput;
use crate::render::whoami::WhoamiOutput;

/// Print the JSON Schemas
///
/// With the schema of manifests, an editor completes and checks them: name it in the first
/// line of a file, `# yaml-language-server: $schema=PATH`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which schema to print
    #[arg(value_enum, default_value_t = Which::Manifest)]
    pub which: Which,
    /// Write all schemas to DIR instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// A schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Manifests
    Manifest,
    /// gatewright.yaml
    Config,
    /// A file of `tenantFiles`
    Tenant,
    /// The guards file
    Guards,
    /// The result of `plan --format json`
    Plan,
    /// The result of `apply --format json`
    Apply,
    /// The result of `drift --format json`
    Drift,
    /// The result of `drift --adopt --format json`
    Adopt,
    /// The result of `import --format json`
    Import,
    /// The result of `validate --format json`
    Findings,
    /// A sign-in in a file, for `whatif --case`
    SignIn,
    /// The result of `whatif --format json`
    Whatif,
    /// The result of `test --format json`
    Test,
    /// The result of `gaps --format json`
    Gaps,
    /// The result of `compare --format json`
    Compare,
    /// The result of `impact --format json`
    Impact,
    /// The result of `report --format json`
    Report,
    /// The result of `export --format json`
    Export,
    /// The result of `explain --format json`
    Explain,
    /// The result of `render --format json`
    Render,
    /// The result of `get --format json` and `list --format json`
    Objects,
    /// The result of `uses --format json`
    Uses,
    /// One line of the result of a command for several tenants (`-t all --format json`)
    Fleet,
    /// The result of `tenants --format json`
    Tenants,
    /// The result of `runs --format json`
    Runs,
    /// The result of `auth whoami --format json`
    Whoami,
    /// The result of `doctor --format json`, and its report
    Doctor,
    /// The result of `auth setup --format json`
    Setup,
    /// The result of `show --format json`
    Show,
    /// The file that `plan --out` writes
    PlanFile,
    /// The result of `risk detections --format json`
    RiskDetections,
    /// The result of `risk users --format json`
    RiskUsers,
    /// The result of `risk history --format json`
    RiskHistory,
    /// The result of `risk dismiss|confirm-compromised|confirm-safe --format json`
    RiskDecision,
    /// The result of `risk wait --format json`
    RiskWait,
}

impl Which {
    fn file(self) -> &'static str {
        match self {
            Which::Manifest => MANIFEST_SCHEMA_FILE,
            Which::Config => CONFIG_SCHEMA_FILE,
            Which::Tenant => TENANT_SCHEMA_FILE,
            Which::Guards => GUARDS_SCHEMA_FILE,
            Which::Plan => "plan.schema.json",
            Which::Apply => "apply.schema.json",
            Which::Drift => "drift.schema.json",
            Which::Adopt => "adopt.schema.json",
            Which::Import => "import.schema.json",
            Which::Findings => "findings.schema.json",
            Which::SignIn => "sign-in.schema.json",
            Which::Whatif => "whatif.schema.json",
            Which::Test => "test.schema.json",
            Which::Gaps => "gaps.schema.json",
            Which::Compare => "compare.schema.json",
            Which::Impact => "impact.schema.json",
            Which::Report => "report.schema.json",
            Which::Export => "export.schema.json",
            Which::Explain => "explain.schema.json",
            Which::Render => "render.schema.json",
            Which::Objects => "objects.schema.json",
            Which::Uses => "uses.schema.json",
            Which::Fleet => "fleet.schema.json",
            Which::Tenants => "tenants.schema.json",
            Which::Runs => "runs.schema.json",
            Which::Whoami => "whoami.schema.json",
            Which::Doctor => "doctor.schema.json",
            Which::Setup => "setup.schema.json",
            Which::Show => "show.schema.json",
            Which::PlanFile => "plan-file.schema.json",
            Which::RiskDetections => "risk-detections.schema.json",
            Which::RiskUsers => "risk-users.schema.json",
            Which::RiskHistory => "risk-history.schema.json",
            Which::RiskDecision => "risk-decision.schema.json",
            Which::RiskWait => "risk-wait.schema.json",
        }
    }

    fn schema(self) -> Value {
        let mut schema = self.whole();
        publish(&mut schema);
        schema
    }

    fn whole(self) -> Value {
        match self {
            Which::Manifest => manifest_schema(),
            Which::Config => config_schema(),
            Which::Tenant => tenant_schema(),
            Which::Guards => guards_schema(),
            Which::Plan => schema_for!(PlanOutput).to_value(),
            Which::Apply => schema_for!(ApplyOutput).to_value(),
            Which::Drift => schema_for!(DriftOutput).to_value(),
            Which::Adopt => schema_for!(AdoptOutput).to_value(),
            Which::Import => schema_for!(ImportOutput).to_value(),
            Which::Findings => schema_for!(FindingsOutput).to_value(),
            Which::SignIn => sign_in_schema(),
            Which::Whatif => schema_for!(WhatifOutput<'_>).to_value(),
            Which::Test => schema_for!(TestOutput<'_>).to_value(),
            Which::Gaps => schema_for!(GapsOutput<'_>).to_value(),
            Which::Compare => schema_for!(CompareOutput<'_>).to_value(),
            Which::Impact => schema_for!(ImpactOutput<'_>).to_value(),
            Which::Report => schema_for!(ReportOutput).to_value(),
            Which::Export => schema_for!(ExportOutput).to_value(),
            Which::Explain => schema_for!(ExplainOutput).to_value(),
            Which::Render => schema_for!(RenderOutput).to_value(),
            Which::Objects => schema_for!(ObjectsOutput).to_value(),
            Which::Uses => schema_for!(UsesOutput<'_>).to_value(),
            Which::Fleet => schema_for!(TenantResult).to_value(),
            Which::Tenants => schema_for!(TenantsOutput).to_value(),
            Which::Runs => schema_for!(RunsOutput).to_value(),
            Which::Whoami => schema_for!(WhoamiOutput).to_value(),
            Which::Doctor => schema_for!(DoctorOutput).to_value(),
            Which::Setup => schema_for!(SetupOutput).to_value(),
            Which::Show => schema_for!(ShowOutput).to_value(),
            Which::PlanFile => schema_for!(SavedPlan).to_value(),
            Which::RiskDetections => schema_for!(RiskDetectionsOutput).to_value(),
            Which::RiskUsers => schema_for!(RiskyUsersOutput).to_value(),
            Which::RiskHistory => schema_for!(RiskHistoryOutput).to_value(),
            Which::RiskDecision => schema_for!(RiskDecisionOutput).to_value(),
            Which::RiskWait => schema_for!(RiskWaitOutput).to_value(),
        }
    }
}

/// Takes out what other readers of JSON Schema do not know: what tests compare with Graph's own
/// schema, and the sizes of numbers in Rust.
fn publish(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|name, value| {
                let size = name == "format"
                    && value
                        .as_str()
                        .is_some_and(|f| f.contains("int") || f == "double");
                !size && !name.starts_with("x-graph-")
            });
            map.values_mut().for_each(publish);
        }
        Value::Array(items) => items.iter_mut().for_each(publish),
        _ => {}
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &SchemaArgs, console: &Console) -> Result<Exit, Stopped> {
    let Some(folder) = &args.out else {
        console.json(&json::text(&args.which.schema()));
        return Ok(Exit::Done);
    };
    disk::folder(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for which in Which::value_variants() {
        let path = folder.join(which.file());
        let text = json::text(&which.schema());
        disk::put(&path, text.as_bytes(), disk::Put::Over)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        console.note(&format!("Wrote {}", path.display()));
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enums<'a>(schema: &'a Value, at: &str, visit: &mut dyn FnMut(&str, &'a Value, &'a Value)) {
        match schema {
            Value::Object(map) => {
                if let Some(members @ Value::Array(_)) = map.get("enum") {
                    visit(
                        at,
                        members,
                        map.get("markdownEnumDescriptions").unwrap_or(&Value::Null),
                    );
                }
                for (name, child) in map {
                    enums(child, &format!("{at}/{name}"), visit);
                }
            }
            Value::Array(items) => {
                for (index, child) in items.iter().enumerate() {
                    enums(child, &format!("{at}/{index}"), visit);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_member_of_an_enum_has_a_text() {
        for schema in [
            manifest_schema(),
            config_schema(),
            tenant_schema(),
            guards_schema(),
            sign_in_schema(),
        ] {
            let mut missing = Vec::new();
            enums(&schema, "", &mut |at, members, texts| {
                let count = |value: &Value| value.as_array().map_or(0, Vec::len);
                if count(members) != count(texts) {
                    missing.push(format!("{at}: {members}"));
                }
            });
            assert!(missing.is_empty(), "{missing:#?}");
        }
    }
}
