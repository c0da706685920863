//! The door out: what each format holds is what the manifests say, and what it does not hold is said.

mod files;
mod losses;
mod terraform;
mod utcm;

use std::collections::BTreeMap;
use std::path::Path;

use gatewright::export::source::{ExportSource, LeavingObject};
use gatewright::export::{ExportedFiles, graph};
use gatewright::finding::{Code, Finding};
use gatewright::graph::Request;
use gatewright::import::export::ExportReader;
use gatewright::manifest::project::Desired;
use gatewright::model::facts::Edition;
use gatewright::model::refs::RefKind;
use gatewright::model::{Kind, Object};
use gatewright::tenant::snapshot::NameIndex;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::laws;
use crate::world::{World, desired, outline, run};

/// One of everything that every format holds, and some of what one of them does not.
const ALL: &str = r##"
kind: Group
displayName: CA-BreakGlass
description: "Nobody's $${group}"
---
kind: Group
displayName: CA-Pilot
members: [CA-BreakGlass, adelev@contoso.com]
---
kind: Group
displayName: Everybody in Germany
groupTypes: [DynamicMembership]
membershipRule: user.country -eq "DE"
---
kind: TestUser
displayName: Test One
userPrincipalName: test-one
department: Tests
memberOf: [CA-Pilot, CA-BreakGlass]
---
kind: NamedLocation
displayName: HQ
ipRanges: [203.0.113.0/24, "2001:db8::/32"]
isTrusted: true
---
kind: NamedLocation
displayName: Home countries
countriesAndRegions: [DE, AT]
---
kind: AuthenticationStrength
displayName: Keys
allowedCombinations: [fido2, "password,sms"]
---
kind: AuthenticationContext
id: c7
displayName: Sensitive data
isAvailable: true
---
kind: ConditionalAccessPolicy
displayName: CA001 - Keys from outside
state: enabled
conditions:
  clientAppTypes: [browser, mobileAppsAndDesktopClients]
  applications:
    includeApplications: [Office 365 Exchange Online, Payroll]
    excludeApplications: [Office365]
  users:
    includeGroups: [CA-Pilot, Contractors]
    includeRoles: [Global Administrator]
    includeUsers: [test-one]
    excludeUsers: [adelev@contoso.com]
    excludeGroups: [CA-BreakGlass]
    excludeGuestsOrExternalUsers:
      guestOrExternalUserTypes: [b2bCollaborationGuest, serviceProvider]
      externalTenants: { membershipKind: enumerated, members: [11111111-2222-3333-4444-555555555555] }
  locations: { includeLocations: [All], excludeLocations: [AllTrusted, Home countries, Branch] }
  platforms: { includePlatforms: [all], excludePlatforms: [iOS, linux] }
  devices: { deviceFilter: { mode: exclude, rule: device.isCompliant -eq True } }
  signInRiskLevels: [high, medium]
  insiderRiskLevels: [elevated]
grantControls: { operator: AND, builtInControls: [compliantDevice], authenticationStrength: Keys, termsOfUse: [Terms] }
sessionControls:
  signInFrequency: { value: 4, type: hours }
  cloudAppSecurity: { cloudAppSecurityType: monitorOnly }
---
kind: ConditionalAccessPolicy
displayName: CA002 - Robots
state: disabled
conditions:
  applications: { includeApplications: [All] }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant], excludeServicePrincipals: [Backup robot] }
  servicePrincipalRiskLevels: [high]
grantControls: { operator: OR, builtInControls: [block] }
ignoreChanges: [conditions.clientApplications.excludeServicePrincipals]
---
kind: ConditionalAccessPolicy
displayName: CA003 - Sensitive data
state: enabledForReportingButNotEnforced
conditions:
  applications: { includeAuthenticationContextClassReferences: [Sensitive data] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
grantControls: { operator: OR, authenticationStrength: Phishing-resistant MFA }
sessionControls:
  signInFrequency: { frequencyInterval: everyTime }
---
kind: ConditionalAccessPolicy
displayName: CA005 - Browsers
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
sessionControls:
  persistentBrowser: { mode: never }
  signInFrequency: { value: 1, type: days }
---
kind: ConditionalAccessPolicy
displayName: CA006 - Registration
state: enabled
conditions:
  applications: { includeUserActions: ["urn:user:registersecurityinfo"] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA004 - Tokens
state: enabled
conditions:
  applications: { includeApplications: [Office365] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
sessionControls:
  secureSignInSession: { isEnabled: true }
"##;

fn source(desired: &Desired) -> ExportSource {
    let objects = desired.manifests.iter().map(|manifest| LeavingObject {
        object: manifest.object.clone(),
        id: manifest.pin().map(str::to_owned),
        document: Some(manifest.document.clone()),
        ignored: manifest.ignore_changes.clone(),
        unknown: Vec::new(),
    });
    ExportSource::new(objects.collect(), NameIndex::default())
}

fn file<'a>(files: &'a ExportedFiles, name: &str) -> &'a str {
    let found = files.files.iter().find(|(own, _)| own == name);
    found.map_or("", |(_, text)| text.as_str())
}

/// What is said to be lost of an object.
fn lost<'a>(files: &'a ExportedFiles, name: &str) -> Vec<&'a str> {
    let quoted = format!(" `{name}`");
    let lost = files
        .findings
        .iter()
        .filter(|found| found.code == Code::ExportLoss);
    lost.map(|found| found.message.as_str())
        .filter(|text| text.contains(&quoted))
        .collect()
}

/// An object in one form, whatever its references are: names of what every tenant has are ids.
fn told(object: &Object) -> Value {
    let mut object = object.clone();
    for reference in object.references_mut() {
        let known = reference.kind.well_known(reference.target);
        if let Some((id, _)) = known {
            *reference.target = id.to_owned();
        }
        if reference.kind == RefKind::Context && *reference.target == "Sensitive data" {
            *reference.target = "c7".to_owned();
        }
        if reference.kind == RefKind::Context && reference.target.starts_with("Context ") {
            *reference.target = if reference.target == "Context 0" {
                "c1"
            } else {
                "c42"
            }
            .to_owned();
        }
    }
    match &mut object {
        // Who creates a group without a nickname makes one up.
        Object::Group(group) => group.mail_nickname = None,
        Object::TestUser(user) => user.mail_nickname = None,
        _ => {}
    }
    object.normal_form()
}

fn by_name(desired: &Desired) -> BTreeMap<(Kind, String), Value> {
    let all = desired.manifests.iter();
    all.map(|one| {
        (
            (one.kind(), one.object.display_name().to_owned()),
            told(&one.object),
        )
    })
    .collect()
}

/// What gatewright's own import reads in the bodies.
fn read_back(files: &ExportedFiles) -> BTreeMap<(Kind, String), Value> {
    let mut reader = ExportReader::default();
    for (name, text) in &files.files {
        reader.add(name, Path::new(name), text.as_bytes(), false);
    }
    let export = reader.finish();
    let errors: Vec<&Finding> = export
        .findings
        .iter()
        .filter(|found| found.is_error())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let objects = export.objects.iter();
    objects
        .map(|one| {
            (
                (one.kind, one.object.display_name().to_owned()),
                told(&one.object),
            )
        })
        .collect()
}

/// Graph's import law: what was written as bodies is read as the same objects. Who is in a group is said
/// by requests of their own, and users are not imported from files.
fn bodies_hold(desired: &Desired) {
    let files = graph::graph(&source(desired));
    let read = read_back(&files);
    for ((kind, name), mut own) in by_name(desired) {
        if kind == Kind::TestUser {
            continue;
        }
        if let Some(map) = own.as_object_mut() {
            map.shift_remove("members");
        }
        let key = (kind, name);
        assert_eq!(read.get(&key), Some(&own), "{key:?}");
    }
}

/// Sends the requests of an export, as they say themselves. Who is in a group is in it before a policy is
/// there.
async fn replay(world: &World, files: &ExportedFiles) {
    let requests: Value = serde_json::from_str(file(files, graph::REQUESTS)).unwrap();
    let mut answers: Vec<Value> = Vec::new();
    let mut policies = false;
    for request in requests["requests"].as_array().unwrap() {
        let mut body = match request["file"].as_str() {
            Some(name) => serde_json::from_str(file(files, name)).unwrap(),
            None => request["body"].clone(),
        };
        let mut url = request["url"].as_str().unwrap().to_owned();
        for name in request["names"].as_array().into_iter().flatten() {
            let id = match name["answeredBy"].as_u64() {
                Some(at) => answers[at as usize]["id"].as_str().unwrap().to_owned(),
                None => looked_up(world, &name["of"], name["named"].as_str().unwrap()).await,
            };
            match name["at"].as_str().unwrap() {
                "url" => url = url.replace("{id}", &id),
                "/@odata.id" => {
                    let text = body["@odata.id"].as_str().unwrap().replace("{id}", &id);
                    body["@odata.id"] = text.into();
                }
                at => {
                    let slot = body.pointer_mut(at).unwrap();
                    assert_eq!(slot, &name["named"], "{request}");
                    *slot = id.into();
                }
            }
        }
        for missing in request["missing"].as_array().into_iter().flatten() {
            match missing.as_str().unwrap() {
                "/passwordProfile" => {
                    assert!(body.get("passwordProfile").is_none());
                    body["passwordProfile"] = json!({"password": "Xk3-hq8.Mz1+pq7", "forceChangePasswordNextSignIn": false});
                }
                "/userPrincipalName" => {
                    let name = body["userPrincipalName"].as_str().unwrap();
                    body["userPrincipalName"] = format!("{name}@contoso.com").into();
                }
                other => panic!("{other}"),
            }
        }
        assert!(
            !(policies && url.contains("/members/")),
            "a policy comes first"
        );
        policies |= url.ends_with("/policies");
        let (edition, path) = match url.strip_prefix("/beta") {
            Some(path) => (Edition::Beta, path),
            None => (Edition::V1, url.strip_prefix("/v1.0").unwrap()),
        };
        let sent = Request::post(edition, path, body.clone());
        let answer = world.hand.send(&sent).await;
        answers.push(answer.unwrap_or_else(|error| panic!("{url} {body}: {error:?}")));
    }
}

async fn looked_up(world: &World, of: &Value, name: &str) -> String {
    if of == "terms of use" {
        let all = world
            .live("/identityGovernance/termsOfUse/agreements")
            .await;
        let mut all = all["value"].as_array().unwrap().iter();
        let found = all.find(|one| one["displayName"] == name).unwrap();
        return found["id"].as_str().unwrap().to_owned();
    }
    let (path, property) = match of.as_str().unwrap() {
        "group" => ("/groups?$filter=displayName", "id"),
        "user" => ("/users?$filter=userPrincipalName", "id"),
        "application" => ("/servicePrincipals?$filter=displayName", "appId"),
        "service principal" => ("/servicePrincipals?$filter=displayName", "id"),
        other => panic!("{other} {name}"),
    };
    let found = world
        .live(&format!("{path} eq '{}'", name.replace('\'', "''")))
        .await;
    found["value"][0][property]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: {found}"))
        .to_owned()
}

#[test]
fn bodies_are_read_back_as_what_they_came_from() {
    bodies_hold(&desired(ALL));
}

#[test]
fn whatever_the_project_its_bodies_are_read_back() {
    let mut runner = TestRunner::new(Config::with_cases(64));
    let law = |project: Vec<Value>| {
        bodies_hold(&desired(&laws::text(&project)));
        Ok(())
    };
    runner.run(&laws::project(), law).unwrap();
}

#[test]
fn requests_that_are_sent_make_the_tenant_of_the_manifests() {
    let mut runner = TestRunner::new(Config::with_cases(6));
    let law = |project: Vec<Value>| {
        run(async {
            let world = World::new().await;
            let wanted = desired(&laws::text(&project));
            let files = graph::graph(&source(&wanted));
            replay(&world, &files).await;
            let plan = world.plan(&wanted).await;
            assert!(
                plan.is_empty(),
                "{:#?}\n{}",
                outline(&plan),
                laws::text(&project)
            );
        });
        Ok(())
    };
    runner.run(&laws::project(), law).unwrap();
}
