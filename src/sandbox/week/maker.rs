//! One sign-in becomes the record that a log has of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::chance::Chance;
use super::walkers::{Gear, Walker, device};
use crate::model::enums::{GrantControl, PolicyState};
use crate::model::policy::ConditionalAccessPolicy;
use crate::sandbox::error::ErrorAnswer;
use crate::sandbox::signin::{self, JudgedPolicy};
use crate::sandbox::value::set;
use crate::whatif::{
    Address, Application, Applies, AuthenticationFlow, ClientApplication, ClientType,
    CompiledPolicies, Country, Device, InsiderRisk, Match, Platform, Requirement, Risk, Satisfied,
    ServicePrincipal, SignIn, TransferMethod, User, UserType,
};

/// Windows Azure Active Directory: what a request for little counts as.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const WINDOWS_SIGN_IN: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
/// The tenant that guests are at home in, and that people of this one visit.
const OTHER_TENANT: &str = "0d4e6f0b-5a7d-4a3e-8f0e-2f6f3f0b7c11";

/// Where somebody goes: resource, client and how, and the scopes at Microsoft Graph.
struct Visit {
    resource: &'static str,
    client: (&'static str, &'static str),
    kind: ClientType,
    scopes: &'static [&'static str],
    weight: u64,
    admins_alone: bool,
}

const OUTLOOK: (&str, &str) = ("27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile");
const TEAMS: (&str, &str) = ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams");
const OFFICE_CLIENT: (&str, &str) = ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office");
const POWERSHELL: (&str, &str) = (
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",
    "Microsoft Graph Command Line Tools",
);

#[rustfmt::skip]
const VISITS: &[Visit] = &[
    Visit { resource: EXCHANGE, client: OFFICE_CLIENT, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 25, admins_alone: false },
    Visit { resource: EXCHANGE, client: OUTLOOK, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 15, admins_alone: false },
    Visit { resource: "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", client: TEAMS, kind: ClientType::MobileAppsAndDesktopClients, scopes: &[], weight: 20, admins_alone: false },
    Visit { resource: "00000003-0000-0ff1-ce00-000000000000", client: ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"), kind: ClientType::Browser, scopes: &[], weight: 20, admins_alone: false },
    Visit { resource: "00000006-0000-0ff1-ce00-000000000000", client: ("00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal"), kind: ClientType::Browser, scopes: &[], weight: 8, admins_alone: false },
    Visit { resource: "095a7e38-5c47-42ce-aa0c-63b5bf45790b", client: ("095a7e38-5c47-42ce-aa0c-63b5bf45790b", "Contoso Expenses"), kind: ClientType::Browser, scopes: &[], weight: 6, admins_alone: false },
    Visit { resource: "eeddb843-17df-49e6-8efa-5947182af2ea", client: ("eeddb843-17df-49e6-8efa-5947182af2ea", "Contoso HR Portal"), kind: ClientType::Browser, scopes: &[], weight: 4, admins_alone: false },
    Visit { resource: "2793995e-0a7d-40d7-bd35-6968ba142197", client: ("2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps"), kind: ClientType::Browser, scopes: &[], weight: 3, admins_alone: false },
    Visit { resource: GRAPH, client: POWERSHELL, kind: ClientType::MobileAppsAndDesktopClients, scopes: &["openid", "profile", "User.Read"], weight: 3, admins_alone: false },
    Visit { resource: GRAPH, client: POWERSHELL, kind: ClientType::MobileAppsAndDesktopClients, scopes: &["openid", "Directory.AccessAsUser.All"], weight: 12, admins_alone: true },
    Visit { resource: "797f4846-ba00-4fd7-ba43-dac1f8f63013", client: ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"), kind: ClientType::Browser, scopes: &[], weight: 25, admins_alone: true },
];

/// Countries that people travel to.
const ABROAD: &[&str] = &["FR", "ES", "IT", "GB", "JP", "BR", "IN"];

/// What makes records.
pub(super) struct Maker<'a> {
    pub(super) policies: &'a [ConditionalAccessPolicy],
    pub(super) compiled: &'a CompiledPolicies,
    pub(super) walkers: Vec<Walker>,
    pub(super) services: Vec<[String; 3]>,
    pub(super) office: String,
    pub(super) tenant_id: String,
    pub(super) names: HashMap<String, String>,
    pub(super) owners: HashMap<String, String>,
}

/// One sign-in on its way to a record.
struct Made {
    facts: SignIn,
    /// The methods that were used, in the log's words, with what is said of each.
    steps: Vec<(&'static str, &'static str)>,
    interactive: bool,
    /// What the log says of the client.
    client_words: &'static str,
    gear: Option<Gear>,
    city: Option<&'static str>,
}

impl Maker<'_> {
    pub(super) fn record(&self, chance: &mut Chance) -> Result<Value, ErrorAnswer> {
        if chance.is(40) && !self.services.is_empty() {
            return self.service(chance);
        }
        let Some(walker) = chance.one(&self.walkers, |walker| walker.weight) else {
            return Ok(Value::Null);
        };
        match chance.below(1_000) {
            0..=9 => Ok(self.bare(chance, walker, (50126, "Invalid username or password."))),
            10..=19 => {
                let mut record = self.bare(chance, walker, (0, "Other."));
                for (name, value) in [
                    ("appId", WINDOWS_SIGN_IN),
                    ("appDisplayName", "Windows Sign In"),
                    ("resourceId", DIRECTORY),
                    ("resourceDisplayName", "Windows Azure Active Directory"),
                ] {
                    set(&mut record, name, value);
                }
                Ok(record)
            }
            20..=24 if walker.who.user_type == Some(UserType::Member) => {
                // A visit to another tenant: its policies decide, and stand there.
                let mut record = self.bare(chance, walker, (0, "Other."));
                set(&mut record, "resourceTenantId", OTHER_TENANT);
                set(&mut record, "crossTenantAccessType", "b2bCollaboration");
                Ok(record)
            }
            _ => self.visit(chance, walker),
        }
    }

    /// A sign-in of a person.
    fn visit(&self, chance: &mut Chance, walker: &Walker) -> Result<Value, ErrorAnswer> {
        let is_there = |visit: &Visit| self.names.contains_key(visit.resource);
        let visit = chance.one(VISITS, |visit| match is_there(visit) {
            true if visit.admins_alone && !walker.admin => 0,
            true => visit.weight,
            false => 0,
        });
        let Some(visit) = visit else {
            return Ok(self.bare(chance, walker, (0, "Other.")));
        };
        let mut gear = chance.one(&walker.gear, |gear| gear.weight).cloned();
        let external = walker.who.user_type.is_some_and(UserType::has_other_home);
        let (mut kind, mut words) = match visit.kind {
            ClientType::Browser => (ClientType::Browser, "Browser"),
            other => (other, "Mobile Apps and Desktop clients"),
        };
        let (mut client, mut resource) = (visit.client, visit.resource);
        // What is left of the old protocols.
        if visit.resource == EXCHANGE && chance.is(60) {
            let old = [
                ("Authenticated SMTP", 4),
                ("IMAP4", 3),
                ("Exchange ActiveSync", 3),
            ];
            let old = chance
                .one(&old, |(_, weight)| *weight)
                .map_or("IMAP4", |(word, _)| *word);
            words = match old {
                "Authenticated SMTP" => "Authenticated SMTP",
                "IMAP4" => "IMAP4",
                _ => "Exchange ActiveSync",
            };
            gear = gear.map(|one| Gear {
                trust: None,
                compliant: false,
                id: String::new(),
                ..one
            });
            kind = match words {
                "Exchange ActiveSync" => match gear.as_ref().map(|gear| gear.platform) {
                    Some(Platform::Ios | Platform::Android | Platform::Windows) => {
                        ClientType::EasSupported
                    }
                    _ => ClientType::ExchangeActiveSync,
                },
                _ => ClientType::Other,
            };
            (client, resource) = ((EXCHANGE, "Office 365 Exchange Online"), EXCHANGE);
        }
        let silent = matches!(
            kind,
            ClientType::Other | ClientType::EasSupported | ClientType::ExchangeActiveSync
        );
        let flow = match client == POWERSHELL && chance.is(150) {
            true => TransferMethod::DeviceCodeFlow,
            false => TransferMethod::None,
        };
        if flow == TransferMethod::DeviceCodeFlow {
            // The other device is not seen.
            gear = gear.map(|one| Gear {
                trust: None,
                compliant: false,
                id: String::new(),
                ..one
            });
        }
        let interactive = chance.is(if silent { 0 } else { 350 });
        let (address, country, city) = match chance.below(100) {
            0..=54 if !external => (
                self.office.clone(),
                walker.country.clone(),
                Some("Headquarters"),
            ),
            0..=93 => (walker.home.clone(), walker.country.clone(), None),
            94..=97 => {
                let abroad = chance.one(ABROAD, |_| 1).map_or("FR", |code| *code);
                (
                    format!("192.0.2.{}", 1 + chance.below(250)),
                    abroad.to_owned(),
                    None,
                )
            }
            _ => (
                format!("2001:db8::{:x}", 1 + chance.below(0xffff)),
                walker.country.clone(),
                None,
            ),
        };
        let risk = match chance.below(1_000) {
            0..=5 => Risk::Low,
            6..=9 => Risk::Medium,
            10..=11 => Risk::High,
            _ => Risk::None,
        };
        let platform = gear
            .as_ref()
            .map_or(Platform::Unknown, |gear| gear.platform);
        let platform = match words {
            "IMAP4" | "Authenticated SMTP" => Platform::Unknown,
            _ if gear.is_none() => Platform::Windows,
            _ => platform,
        };
        let baseline = visit.scopes.iter().all(|scope| {
            ["openid", "profile", "email", "offline_access", "User.Read"].contains(scope)
        });
        let mut facts = SignIn {
            user: Some(User {
                external_tenant_id: external.then(|| OTHER_TENANT.to_owned()),
                ..walker.who.clone()
            }),
            application: Some(Application::named(resource)),
            scopes: (!visit.scopes.is_empty()).then(|| {
                visit
                    .scopes
                    .iter()
                    .map(|scope| (*scope).to_owned())
                    .collect()
            }),
            client: (!visit.scopes.is_empty()).then(|| ClientApplication {
                confidential: Some(false),
                ..ClientApplication::named(client.0)
            }),
            client_app_type: Some(kind),
            device_platform: Some(platform),
            ip_address: address.parse::<Address>().ok(),
            country: Some(country.parse().unwrap_or(Country::Unknown)),
            compliant_network: Some(false),
            sign_in_risk_level: Some(risk),
            user_risk_level: Some(Risk::None),
            insider_risk_level: Some(InsiderRisk::None),
            device_info: Some(gear.as_ref().map_or(Device::Unregistered, device)),
            authentication_flow: Some(AuthenticationFlow {
                transfer_method: Some(flow),
                original_transfer_method: Some(flow),
            }),
            ..SignIn::default()
        };
        let hello = walker.hello
            && gear
                .as_ref()
                .is_some_and(|gear| gear.trust.is_some() && gear.platform == Platform::Windows)
            && flow == TransferMethod::None
            && !silent;
        let first = match hello {
            true => ("Windows Hello for Business", "windowsHelloForBusiness"),
            false => ("Password", "password"),
        };
        let mut steps = vec![(first.0, "")];
        let mut held = vec![Satisfied::named(first.1)];
        facts.satisfied = Some(held.clone());
        let asked = self.asked(&facts)?;
        if asked.mfa && !hello && !silent {
            match interactive {
                true if !chance.is(30) => {
                    steps.push((walker.second.0, "MFA completed in Azure AD"));
                    held.push(Satisfied::named(walker.second.1));
                }
                false if !chance.is(20) => {
                    steps.push((
                        "Previously satisfied",
                        "MFA requirement satisfied by claim in the token",
                    ));
                    held.push(Satisfied::named("mfa"));
                }
                _ => {}
            }
        }
        for terms in asked.terms {
            if !chance.is(50) && !silent {
                held.push(Satisfied::named(terms));
            }
        }
        if client == OUTLOOK
            && matches!(platform, Platform::Ios | Platform::Android)
            && !silent
            && chance.is(800)
        {
            held.push(Satisfied::named("compliantApplication"));
        }
        facts.satisfied = Some(held);
        let made = Made {
            facts,
            steps,
            interactive,
            client_words: words,
            gear,
            city,
        };
        let mut record = self.finished(chance, &made, &walker.account, client)?;
        let audience = match resource == GRAPH && baseline {
            true => DIRECTORY,
            false => resource,
        };
        let kind = if interactive {
            "interactiveUser"
        } else {
            "nonInteractiveUser"
        };
        let scopes = visit.scopes.join(" ");
        let details = match visit.scopes.is_empty() {
            true => json!([]),
            false => json!([{"key": "Oauth Scope Info", "value": scopes}]),
        };
        let wids = walker.who.roles.clone().unwrap_or_default();
        for (name, value) in [
            (
                "conditionalAccessAudiences",
                json!([{"applicationId": audience, "audienceReasons": "none"}]),
            ),
            ("signInEventTypes", json!([kind])),
            ("authenticationProcessingDetails", details),
            ("userType", json!(if external { "guest" } else { "member" })),
            (
                "crossTenantAccessType",
                json!(if external { "b2bCollaboration" } else { "none" }),
            ),
            (
                "homeTenantId",
                json!(if external {
                    OTHER_TENANT
                } else {
                    &self.tenant_id
                }),
            ),
            ("originalTransferMethod", json!(flow)),
            (
                "authenticationProtocol",
                json!(if flow == TransferMethod::DeviceCodeFlow {
                    "deviceCode"
                } else {
                    "none"
                }),
            ),
        ] {
            set(&mut record, name, value);
        }
        if let Some(details) = record
            .get_mut("authenticationProcessingDetails")
            .and_then(Value::as_array_mut)
        {
            details.push(json!({"key": "wids", "value": wids.join(",")}));
        }
        Ok(record)
    }

    /// What enforced policies ask of a sign-in that it has not met.
    fn asked(&self, facts: &SignIn) -> Result<Asked, ErrorAnswer> {
        let judged = signin::judged(self.compiled, self.policies, facts)?;
        let mut asked = Asked::default();
        for one in judged.iter().filter(|one| one.applies == Applies::Yes) {
            let enforced = one.policy.state == Some(PolicyState::Enabled);
            for required in &one.required {
                match required.requirement {
                    Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_) => {
                        asked.mfa |= enforced && required.met != Some(Match::Yes);
                    }
                    Requirement::TermsOfUse(id) if enforced => asked.terms.push(id.clone()),
                    _ => {}
                }
            }
        }
        asked.terms.dedup();
        Ok(asked)
    }

    /// The record of a sign-in that policies have judged.
    fn finished(
        &self,
        chance: &mut Chance,
        made: &Made,
        account: &Value,
        client: (&str, &str),
    ) -> Result<Value, ErrorAnswer> {
        let judged = signin::judged(self.compiled, self.policies, &made.facts)?;
        let mut record = self.bare_of(chance, account);
        let (code, why) = signin::status(&judged);
        let mut entries = signin::entries(&judged);
        let pending = code == 50076;
        if pending {
            terms_fail(&judged, &mut entries);
        }
        if chance.is(3) {
            entries.push(
                json!({"id": "SecurityDefaults", "displayName": "Security Defaults",
                "result": "notApplied", "enforcedGrantControls": [], "enforcedSessionControls": [],
                "conditionsSatisfied": "none", "conditionsNotSatisfied": "none",
                "sessionControlsNotSatisfied": []}),
            );
        }
        let asks_mfa = judged.iter().any(|one| {
            let asks = |one: &crate::whatif::Required<'_>| {
                matches!(
                    one.requirement,
                    Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
                )
            };
            one.applies == Applies::Yes
                && one.policy.state == Some(PolicyState::Enabled)
                && one.required.iter().any(asks)
        });
        let remark = match (
            pending,
            made.steps.iter().find(|(_, said)| !said.is_empty()),
        ) {
            (true, _) => Some("MFA required in Azure AD"),
            (false, Some((_, said))) => Some(*said),
            (false, None) => None,
        };
        let facts = &made.facts;
        let resource = facts
            .application
            .as_ref()
            .and_then(|app| app.name.clone())
            .unwrap_or_default();
        let steps: Vec<Value> = (made.steps.iter())
            .map(|(method, said)| {
                json!({"authenticationMethod": method, "authenticationMethodDetail": null,
                    "succeeded": true, "authenticationStepResultDetail": said,
                    "authenticationStepRequirement": null})
            })
            .collect();
        let country = match facts.country {
            Some(Country::Code(_)) => json!(facts.country),
            _ => Value::Null,
        };
        let system = match facts.device_platform {
            Some(Platform::Unknown) if made.client_words != "Browser" => String::new(),
            _ => made
                .gear
                .as_ref()
                .map_or("Windows10", |gear| gear.system)
                .to_owned(),
        };
        let device = match &made.gear {
            Some(gear) => {
                json!({"deviceId": gear.id, "displayName": (!gear.id.is_empty()).then_some(&gear.name),
                "operatingSystem": system, "browser": null, "isCompliant": gear.compliant,
                "isManaged": gear.compliant, "trustType": gear.trust.map(|(_, words)| words)})
            }
            None => json!({"deviceId": "", "displayName": null, "operatingSystem": system,
                "browser": null, "isCompliant": false, "isManaged": false, "trustType": null}),
        };
        let let_in = code == 0;
        for (name, value) in [
            ("appId", json!(client.0)),
            ("appDisplayName", json!(client.1)),
            ("resourceDisplayName", json!(self.names.get(&resource))),
            ("resourceOwnerTenantId", json!(self.owners.get(&resource))),
            ("appOwnerTenantId", json!(self.owners.get(client.0))),
            ("resourceId", json!(resource)),
            ("ipAddress", json!(facts.ip_address)),
            ("clientAppUsed", json!(made.client_words)),
            ("isInteractive", json!(made.interactive)),
            (
                "location",
                json!({"city": made.city, "state": null, "countryOrRegion": country, "geoCoordinates": null}),
            ),
            ("riskLevelDuringSignIn", json!(facts.sign_in_risk_level)),
            ("riskLevelAggregated", json!(facts.sign_in_risk_level)),
            ("deviceDetail", device),
            ("authenticationDetails", json!(steps)),
            (
                "authenticationRequirement",
                json!(match asks_mfa {
                    true => "multiFactorAuthentication",
                    false => "singleFactorAuthentication",
                }),
            ),
            (
                "conditionalAccessStatus",
                json!(signin::summary(&judged, let_in)),
            ),
            (
                "status",
                json!({"errorCode": code, "failureReason": why, "additionalDetails": remark}),
            ),
            ("appliedConditionalAccessPolicies", json!(entries)),
        ] {
            set(&mut record, name, value);
        }
        Ok(record)
    }

    /// A sign-in of an application as itself.
    fn service(&self, chance: &mut Chance) -> Result<Value, ErrorAnswer> {
        let Some([id, app_id, name]) = chance.one(&self.services, |_| 1) else {
            return Ok(Value::Null);
        };
        let managed = chance.is(200);
        let made = Made {
            facts: SignIn {
                service_principal: Some(ServicePrincipal {
                    managed_identity: managed,
                    ..ServicePrincipal::named(id)
                }),
                application: Some(Application::named(GRAPH)),
                scopes: Some(vec![".default".to_owned()]),
                ip_address: format!("203.0.113.{}", 200 + chance.below(20)).parse().ok(),
                country: Some(Country::Unknown),
                service_principal_risk_level: Some(Risk::None),
                satisfied: Some(Vec::new()),
                ..SignIn::default()
            },
            steps: Vec::new(),
            interactive: false,
            client_words: "",
            gear: None,
            city: None,
        };
        let mut record = self.finished(chance, &made, &Value::Null, (app_id, name))?;
        let kind = if managed {
            "managedIdentity"
        } else {
            "servicePrincipal"
        };
        for (member, value) in [
            ("servicePrincipalId", json!(id)),
            ("servicePrincipalName", json!(name)),
            ("signInEventTypes", json!([kind])),
            (
                "conditionalAccessAudiences",
                json!([{"applicationId": GRAPH, "audienceReasons": "none"}]),
            ),
            ("originalTransferMethod", json!("none")),
            ("userType", Value::Null),
            (
                "deviceDetail",
                json!({"deviceId": "", "displayName": null, "operatingSystem": "",
                "browser": null, "isCompliant": false, "isManaged": false, "trustType": null}),
            ),
        ] {
            set(&mut record, member, value);
        }
        Ok(record)
    }

    /// The record of a sign-in for which no policy was evaluated.
    fn bare(&self, chance: &mut Chance, walker: &Walker, (code, why): (u32, &str)) -> Value {
        let mut record = self.bare_of(chance, &walker.account);
        for (name, value) in [
            ("appId", json!(OFFICE_CLIENT.0)),
            ("appDisplayName", json!(OFFICE_CLIENT.1)),
            ("resourceId", json!(EXCHANGE)),
            ("resourceDisplayName", json!("Office 365 Exchange Online")),
            ("ipAddress", json!(walker.home)),
            ("clientAppUsed", json!("Browser")),
            ("isInteractive", json!(true)),
            (
                "location",
                json!({"city": null, "state": null, "countryOrRegion": walker.country, "geoCoordinates": null}),
            ),
            ("signInEventTypes", json!(["interactiveUser"])),
            ("userType", json!("member")),
            ("crossTenantAccessType", json!("none")),
            ("conditionalAccessStatus", json!("notApplied")),
            (
                "status",
                json!({"errorCode": code, "failureReason": why, "additionalDetails": null}),
            ),
        ] {
            set(&mut record, name, value);
        }
        record
    }

    /// Every member of a record, with what is the same of all.
    fn bare_of(&self, chance: &mut Chance, account: &Value) -> Value {
        let of = |name: &str| account.get(name).cloned().unwrap_or_default();
        json!({"id": chance.guid(), "createdDateTime": null, "userDisplayName": of("displayName"),
            "userPrincipalName": of("userPrincipalName"), "userId": of("id"), "appId": null,
            "appDisplayName": null, "ipAddress": null, "clientAppUsed": null,
            "correlationId": chance.guid(), "conditionalAccessStatus": null, "isInteractive": null,
            "riskDetail": "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none",
            "riskState": "none", "riskEventTypes_v2": [], "resourceDisplayName": null,
            "resourceId": null, "resourceTenantId": self.tenant_id, "homeTenantId": self.tenant_id,
            "crossTenantAccessType": "none", "status": null, "location": null,
            "deviceDetail": {"deviceId": "", "displayName": null, "operatingSystem": "", "browser": null,
                "isCompliant": false, "isManaged": false, "trustType": null},
            "userType": null, "userAgent": null, "signInEventTypes": [],
            "conditionalAccessAudiences": [], "authenticationProtocol": "none",
            "originalTransferMethod": "none", "isThroughGlobalSecureAccess": false,
            "authenticationRequirement": "singleFactorAuthentication", "authenticationDetails": [],
            "authenticationProcessingDetails": [], "authenticationContextClassReferences": [],
            "servicePrincipalId": "", "sessionControlsNotSatisfied": [],
            "appliedConditionalAccessPolicies": []})
    }
}

#[derive(Default)]
struct Asked {
    mfa: bool,
    terms: Vec<String>,
}

/// While multifactor authentication is pending the service marks terms of use of other policies as
/// failed.
fn terms_fail(judged: &[JudgedPolicy<'_>], entries: &mut [Value]) {
    for (one, entry) in judged.iter().zip(entries) {
        let terms = |one: &crate::whatif::Required<'_>| {
            matches!(one.requirement, Requirement::TermsOfUse(_))
        };
        if one.applies == Applies::Yes
            && one.policy.state == Some(PolicyState::Enabled)
            && one.required.iter().any(terms)
        {
            set(entry, "result", "failure");
        }
    }
}
