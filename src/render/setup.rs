//! The commands that register the applications of a pipeline, for a person to read and run: with
//! the Azure CLI in a POSIX shell, or with Microsoft Graph PowerShell.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::json::FORMAT_VERSION;
use crate::graph::auth::registration::{AppRole, CiProject, Registration};
use crate::model::cloud::Cloud;
use crate::text::{posix_word, powershell_word};

/// The application of Microsoft Graph, the same in every tenant.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// A function that grants application permissions of Microsoft Graph.
const GRANT: &str = r#"graph=$(az ad sp show --id GRAPH_APP --query id -o tsv)
grant() { # the application's principal, and the names of permissions
  principal=$1
  shift
  for permission in "$@"; do
    role=$(az ad sp show --id GRAPH_APP -o tsv \
      --query "appRoles[?value=='$permission' && contains(allowedMemberTypes, 'Application')].id | [0]")
    [ -n "$role" ]
    az rest --method POST --output none \
      --url "GRAPH_HOST/v1.0/servicePrincipals/$principal/appRoleAssignments" \
      --headers Content-Type=application/json \
      --body "{\"principalId\": \"$principal\", \"resourceId\": \"$graph\", \"appRoleId\": \"$role\"}"
  done
}
"#;

/// What is to be set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The project.
    pub project: CiProject,
    /// The tenant's id, where it is known.
    pub tenant_id: Option<String>,
    /// The cloud.
    pub cloud: Cloud,
    /// The applications.
    pub registrations: [Registration; 2],
}

/// The answer of `auth setup --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The applications.
    pub applications: Vec<SetupApplication>,
    /// The commands.
    pub commands: SetupCommands,
    /// What goes into the pipeline.
    pub pipeline: String,
}

/// An application to be registered.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupApplication {
    /// `plan` or `apply`.
    pub role: &'static str,
    /// Its display name.
    pub name: String,
    /// Its application permissions.
    pub permissions: Vec<&'static str>,
    /// The issuer of the job's token.
    pub issuer: String,
    /// The subject of the job's token.
    pub subject: String,
    /// The audience.
    pub audience: &'static str,
}

/// Commands, by the program that runs them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub struct SetupCommands {
    /// The Azure CLI, in a POSIX shell.
    pub bash: String,
    /// Microsoft Graph PowerShell.
    pub powershell: String,
}

/// For programs.
pub fn output(setup: &Setup) -> SetupOutput {
    let applications = setup.registrations.iter().map(|one| SetupApplication {
        role: one.role.as_str(),
        name: one.name.clone(),
        permissions: one.permissions.clone(),
        issuer: one.issuer.clone(),
        subject: one.subject.clone(),
        audience: one.audience,
    });
    SetupOutput {
        format_version: FORMAT_VERSION,
        applications: applications.collect(),
        commands: SetupCommands {
            bash: bash(setup),
            powershell: powershell(setup),
        },
        pipeline: pipeline(setup),
    }
}

/// The head of both scripts, behind a mark of comments.
fn head(with: &str) -> String {
    format!(
        "# Registers two applications for a pipeline, with {with}. Read them, then run them as an\n\
         # administrator who may register applications and grant them permissions (Privileged Role\n\
         # Administrator). They sign in by federation: there is nothing to keep. Run it once: a second time makes two more.\n"
    )
}

/// For a POSIX shell.
pub fn bash(setup: &Setup) -> String {
    let graph = setup.cloud.graph_endpoint();
    let mut out = head("the Azure CLI");
    out.push_str("set -eu\n\n");
    if let Some(tenant) = &setup.tenant_id {
        let tenant = posix_word(tenant);
        let _ = write!(
            out,
            "if [ \"$(az account show --query tenantId -o tsv)\" != {tenant} ]; then\n  \
               echo \"az is signed in to another tenant: az login --allow-no-subscriptions --tenant \"{tenant} >&2\n  \
               exit 1\nfi\n\n"
        );
    }
    out.push_str(
        &GRANT
            .replace("GRAPH_APP", GRAPH)
            .replace("GRAPH_HOST", graph),
    );
    for one in &setup.registrations {
        let role = one.role.as_str();
        let parameters = json!({
            "name": one.credential,
            "issuer": one.issuer,
            "subject": one.subject,
            "audiences": [one.audience],
        });
        let parameters = parameters.to_string();
        let _ = write!(
            out,
            "\n{}\n\
             {role}=$(az ad app create --display-name {} --sign-in-audience AzureADMyOrg --query appId -o tsv)\n\
             principal=$(az ad sp create --id \"${role}\" --query id -o tsv)\n\
             az ad app federated-credential create --id \"${role}\" --output none --parameters {}\n\
             grant \"$principal\" {}\n",
            what(one.role),
            posix_word(&one.name),
            posix_word(&parameters),
            one.permissions.join(" "),
        );
    }
    out.push('\n');
    for role in [AppRole::Plan, AppRole::Apply] {
        let name = role.as_str();
        let _ = writeln!(out, "echo \"{}\"", id_line(role, &format!("${name}")));
    }
    for line in pipeline(setup).lines() {
        let _ = writeln!(out, "echo {}", posix_word(line));
    }
    out
}

/// For PowerShell.
pub fn powershell(setup: &Setup) -> String {
    let mut out = head("Microsoft Graph PowerShell");
    out.push_str(
        "# Install-Module Microsoft.Graph.Authentication, Microsoft.Graph.Applications -Scope CurrentUser\n\
         $ErrorActionPreference = 'Stop'\n\n",
    );
    let mut connect =
        "Connect-MgGraph -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'".to_owned();
    if let Some(tenant) = &setup.tenant_id {
        let _ = write!(connect, " -TenantId {}", powershell_word(tenant));
    }
    let environment = match setup.cloud {
        Cloud::Global => None,
        Cloud::UsGov => Some("USGov"),
        Cloud::UsGovDod => Some("USGovDoD"),
        Cloud::China => Some("China"),
    };
    if let Some(environment) = environment {
        let _ = write!(connect, " -Environment {environment}");
    }
    let _ = write!(
        out,
        r#"{connect}
$graph = Get-MgServicePrincipal -Filter "appId eq '{GRAPH}'"
function Grant-Permission {{
  param($Principal, [string[]] $Names)
  foreach ($name in $Names) {{
    $role = $graph.AppRoles | Where-Object {{ $_.Value -eq $name -and $_.AllowedMemberTypes -contains 'Application' }}
    if (-not $role) {{ throw "Microsoft Graph has no permission $name" }}
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $Principal.Id -PrincipalId $Principal.Id -ResourceId $graph.Id -AppRoleId $role.Id | Out-Null
  }}
}}
"#
    );
    for one in &setup.registrations {
        let role = one.role.as_str();
        let names: Vec<String> = (one.permissions.iter())
            .map(|name| powershell_word(name))
            .collect();
        let _ = write!(
            out,
            "\n{}\n\
             ${role} = New-MgApplication -DisplayName {} -SignInAudience 'AzureADMyOrg'\n\
             $principal = New-MgServicePrincipal -AppId ${role}.AppId\n\
             New-MgApplicationFederatedIdentityCredential -ApplicationId ${role}.Id -BodyParameter @{{\n  \
               Name = {}\n  Issuer = {}\n  Subject = {}\n  Audiences = @({})\n}} | Out-Null\n\
             Grant-Permission $principal @({})\n",
            what(one.role),
            powershell_word(&one.name),
            powershell_word(one.credential),
            powershell_word(&one.issuer),
            powershell_word(&one.subject),
            powershell_word(one.audience),
            names.join(", "),
        );
    }
    out.push('\n');
    for role in [AppRole::Plan, AppRole::Apply] {
        let name = role.as_str();
        let _ = writeln!(out, "\"{}\"", id_line(role, &format!("$(${name}.AppId)")));
    }
    for line in pipeline(setup).lines() {
        let _ = writeln!(out, "{}", powershell_word(line));
    }
    out
}

fn what(role: AppRole) -> &'static str {
    match role {
        AppRole::Plan => "# For pull requests: it reads, and nothing else.",
        AppRole::Apply => "# For the main branch, after the approval: it writes.",
    }
}

fn id_line(role: AppRole, id: &str) -> String {
    format!("Client id of the application for {}: {id}", role.as_str())
}

/// What goes into the pipeline that `init --ci` writes.
pub fn pipeline(setup: &Setup) -> String {
    match &setup.project {
        CiProject::GitHub { .. } => format!(
            "In {}, under Settings > Environments:\n\
             - plan: the variable AZURE_CLIENT_ID with the client id for plan\n\
             - production: the variable AZURE_CLIENT_ID with the client id for apply; deployment branch main; required reviewers\n\
             gatewright init --ci github writes the workflows; docs/ci.md says the rest.\n",
            setup.project.name()
        ),
        CiProject::AzureDevOps { .. } => format!(
            "In {}, two service connections of type Azure Resource Manager with workload identity federation (manual):\n\
             - gatewright-plan with the client id for plan\n\
             - gatewright-apply with the client id for apply, and the check Branch control for refs/heads/main\n\
             Where a connection shows another issuer or subject than these, its own count: --issuer, --plan-subject and --apply-subject take them.\n\
             gatewright init --ci azure writes the pipelines; docs/ci.md says the rest.\n",
            setup.project.name()
        ),
        CiProject::GitLab { branch, .. } => format!(
            "In {}, under Settings > CI/CD > Variables, AZURE_CLIENT_ID twice:\n\
             - environment plan: the client id for plan\n\
             - environment production: the client id for apply; protect the environment\n\
             Both trust only the branch {branch}; docs/ci.md says how merge requests get a plan.\n\
             gatewright init --ci gitlab writes the pipeline.\n",
            setup.project.name()
        ),
    }
}
