//! What `auth whoami` shows.

use serde_json::{Value, json};

use super::fake::{Fake, application, token};
use super::{TENANT, project, shown, silent};
use crate::common::Project;

fn with_token(fake: &Fake, token: &str) -> Project {
    project(
        fake,
        "    auth: { method: accessToken, env: GRAPH_TOKEN }\n",
    )
    .env("GRAPH_TOKEN", token)
}

fn whoami(project: &Project, rest: &[&str]) -> String {
    let ran = project.run(&[&["auth", "whoami", "-t", "prod"], rest].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    silent(&ran);
    ran.snapshot()
}

#[test]
fn an_application() {
    let fake = Fake::new();
    let project = with_token(&fake, &token(application()));
    shown!("whoami-application", whoami(&project, &[]));
    shown!(
        "whoami-application-json",
        whoami(&project, &["--format", "json"])
    );
}

#[test]
fn everything_is_there() {
    let mut claims = application();
    claims["roles"] = json!([
        "Policy.Read.All",
        "Directory.Read.All",
        "Agreement.Read.All",
        "Policy.ReadWrite.ConditionalAccess",
        "Group.ReadWrite.All",
        "User.ReadWrite.All",
    ]);
    shown!(
        "whoami-everything",
        whoami(&with_token(&Fake::new(), &token(claims)), &[])
    );
}

#[test]
fn narrow_permissions_suffice() {
    let mut claims = application();
    claims["roles"] = json!([
        "Policy.Read.All",
        "Organization.Read.All",
        "GroupMember.Read.All",
        "User.Read.All",
        "Application.Read.All",
        "RoleManagement.Read.Directory",
        "Agreement.Read.All",
    ]);
    shown!(
        "whoami-narrow",
        whoami(&with_token(&Fake::new(), &token(claims)), &[])
    );
}

#[test]
fn an_account_by_way_of_an_application() {
    let claims = json!({
        "tid": TENANT, "exp": 2_000_000_000, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "app_displayname": "Microsoft Azure CLI", "upn": "admin@contoso.com\u{1b}[31m",
        "scp": "Directory.AccessAsUser.All User.Read.All",
    });
    shown!(
        "whoami-account",
        whoami(&with_token(&Fake::new(), &token(claims)), &[])
    );
}

#[test]
fn an_opaque_token() {
    let project = with_token(&Fake::new(), "opaque-never-to-be-seen");
    shown!("whoami-opaque", whoami(&project, &[]));
    let text = whoami(&project, &["--format", "json"]);
    let json = text
        .split_once("--- stdout\n")
        .unwrap()
        .1
        .split_once("--- exit")
        .unwrap()
        .0;
    let json: Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["token"], "opaque");
    assert!(json["missing"].is_null());
}

#[test]
fn the_embedded_tenant() {
    let project = Project::new();
    let ran = project.run(&["auth", "whoami"]);
    assert_eq!(ran.code, Some(0));
    shown!("whoami-sandbox", ran.snapshot());
    assert!(!project.path(".gatewright").exists());
}
