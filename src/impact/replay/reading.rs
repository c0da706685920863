//! A record as a sign-in. What the record does not say is unknown; nothing is guessed.

use super::record::LogRecord;
use super::words;
use crate::model::refs::RefKind;
use crate::whatif::{
    Application, AuthenticationFlow, CompiledPolicies, Country, Device, DeviceInfo, OwnedBy,
    Satisfied, ServicePrincipal, SignIn, TransferMethod, User, UserType,
};

/// The tenants that own Microsoft's applications.
const MICROSOFT: &[&str] = &[
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
];
/// Windows Sign In: no policy is ever evaluated for it.
const WINDOWS_SIGN_IN: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";

/// Why a record is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotJudged {
    /// A user of the tenant signed in to another one, whose policies decided.
    OtherTenantDecided,
    /// The first factor failed: no policy was evaluated.
    FirstFactor,
    /// The service never evaluates policies for it.
    NeverEvaluated,
    /// It names nobody who signs in.
    Nobody,
    /// What it says contradicts itself.
    Contradiction,
}

impl NotJudged {
    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            NotJudged::OtherTenantDecided => "otherTenantDecided",
            NotJudged::FirstFactor => "firstFactorFailed",
            NotJudged::NeverEvaluated => "neverEvaluated",
            NotJudged::Nobody => "nobody",
            NotJudged::Contradiction => "contradiction",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            NotJudged::OtherTenantDecided => "sign-ins to another tenant, whose policies decided",
            NotJudged::FirstFactor => "the first factor failed, so no policy was evaluated",
            NotJudged::NeverEvaluated => "sign-ins for which the service never evaluates policies",
            NotJudged::Nobody => "the record does not say who signs in",
            NotJudged::Contradiction => "the record contradicts itself",
        }
    }
}

/// How the key of a service principal begins, which is no person.
pub(super) const PRINCIPAL: &str = "servicePrincipal:";

/// A record that can be judged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadSignIn {
    pub(super) sign_in: SignIn,
    /// The authentication contexts that were asked for besides.
    pub(super) contexts: Vec<String>,
    /// The id of who signs in, and what people call them.
    pub(super) who: (String, String),
    /// The same of what is opened.
    pub(super) what: (String, String),
}

/// Reads a record. `policies` know some names and ids; the record has both.
pub(super) fn read(
    record: &LogRecord<'_>,
    tenant_id: Option<&str>,
    policies: &CompiledPolicies,
) -> Result<ReadSignIn, NotJudged> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let home = record.home_tenant_id.said();
    let resource_tenant = record.resource_tenant_id.said();
    if let (Some(own), Some(there)) = (tenant_id, resource_tenant)
        && !same(own, there)
    {
        return Err(NotJudged::OtherTenantDecided);
    }
    let resource = record.resource_id.said();
    let asked = [resource, record.app_id.said()];
    if asked
        .into_iter()
        .flatten()
        .any(|id| same(id, WINDOWS_SIGN_IN))
    {
        return Err(NotJudged::NeverEvaluated);
    }
    let nothing_applied = record.applied_conditional_access_policies.is_empty();
    let not_applied = record.conditional_access_status.said() == Some("notApplied");
    if record.status.error_code != 0 && nothing_applied && not_applied {
        return Err(NotJudged::FirstFactor);
    }
    let mut sign_in = SignIn::default();
    let who = subject(record, home, resource_tenant, policies, &mut sign_in)?;
    let what = resources(record, policies, &mut sign_in);
    circumstances(record, &mut sign_in);
    sign_in.satisfied = Some(satisfied(record));
    let contexts = record.authentication_context_class_references.iter();
    let contexts = contexts.filter_map(|one| {
        let asks = one.detail.said() != Some("previouslySatisfied");
        one.id.said().filter(|_| asks).map(str::to_owned)
    });
    Ok(ReadSignIn {
        sign_in,
        contexts: contexts.collect(),
        who,
        what,
    })
}

/// Of a name and an id the one that the policies know.
fn known<'a>(
    policies: &CompiledPolicies,
    kind: RefKind,
    id: Option<&'a str>,
    name: Option<&'a str>,
) -> Option<&'a str> {
    let knows = |text: &&str| policies.knows(kind, text);
    id.filter(knows).or(name.filter(knows)).or(id).or(name)
}

fn subject(
    record: &LogRecord<'_>,
    home: Option<&str>,
    resource_tenant: Option<&str>,
    policies: &CompiledPolicies,
    sign_in: &mut SignIn,
) -> Result<(String, String), NotJudged> {
    let kinds = &record.sign_in_event_types;
    let is_kind = |name: &str| kinds.iter().any(|kind| kind.said() == Some(name));
    let managed = is_kind("managedIdentity");
    if managed || is_kind("servicePrincipal") {
        let id = record.service_principal_id.said();
        let name = record.service_principal_name.said();
        let best = known(policies, RefKind::ServicePrincipal, id, name).ok_or(NotJudged::Nobody)?;
        sign_in.service_principal = Some(ServicePrincipal {
            managed_identity: managed,
            owned_by: owner(record, record.app_owner_tenant_id.said()),
            ..ServicePrincipal::named(best)
        });
        let key = format!("{PRINCIPAL}{}", id.unwrap_or(best).to_lowercase());
        return Ok((key, name.unwrap_or(best).to_owned()));
    }
    let (id, name) = (record.user_id.said(), record.user_principal_name.said());
    let best = known(policies, RefKind::User, id, name).ok_or(NotJudged::Nobody)?;
    let user_type = user_type(record, home, resource_tenant);
    let details = record.authentication_processing_details.iter();
    let mut details = details.filter(|one| one.key.said() == Some("wids"));
    let roles = details.find_map(|one| one.value.said()).map(|value| {
        let ids = value.split([',', ' ', '[', ']', '"']);
        ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
    });
    sign_in.user = Some(User {
        user_type,
        roles,
        external_tenant_id: match user_type {
            Some(kind) if kind.has_other_home() => home.map(str::to_owned),
            _ => None,
        },
        ..User::named(best)
    });
    let label = name.or(record.user_display_name.said()).unwrap_or(best);
    Ok((id.unwrap_or(best).to_lowercase(), label.to_owned()))
}

/// Which kind of user, as far as the record says: beta does.
fn user_type(
    record: &LogRecord<'_>,
    home: Option<&str>,
    resource_tenant: Option<&str>,
) -> Option<UserType> {
    let guest = record
        .user_type
        .said()
        .map(|kind| kind.eq_ignore_ascii_case("guest"));
    match record.cross_tenant_access_type.said() {
        Some("b2bDirectConnect") => Some(UserType::B2bDirectConnectUser),
        Some("serviceProvider") => Some(UserType::ServiceProvider),
        Some("microsoftSupport") => Some(UserType::OtherExternalUser),
        Some("b2bCollaboration") => Some(UserType::of_account(guest?, true)),
        Some("none") => Some(UserType::of_account(guest?, false)),
        // v1.0 and older records: where they are at home tells it.
        _ => {
            let external = !home?.eq_ignore_ascii_case(resource_tenant?);
            Some(UserType::of_account(guest?, external))
        }
    }
}

/// Whose an application is, by the tenant that owns it.
fn owner(record: &LogRecord<'_>, owner: Option<&str>) -> Option<OwnedBy> {
    let owner = owner?;
    let is = |other: &str| other.eq_ignore_ascii_case(owner);
    Some(match record.resource_tenant_id.said()? {
        _ if MICROSOFT.iter().any(|known| is(known)) => OwnedBy::Microsoft,
        own if is(own) => OwnedBy::Tenant,
        _ => OwnedBy::Other,
    })
}

fn resources(
    record: &LogRecord<'_>,
    policies: &CompiledPolicies,
    sign_in: &mut SignIn,
) -> (String, String) {
    let resource = record.resource_id.said();
    let name = record.resource_display_name.said();
    let owned_by = owner(record, record.resource_owner_tenant_id.said());
    let application = |id: &str| {
        let own = resource.is_some_and(|resource| resource.eq_ignore_ascii_case(id));
        let name = name.filter(|_| own);
        Application {
            owned_by: owned_by.filter(|_| own),
            ..Application::named(
                known(policies, RefKind::Application, Some(id), name).unwrap_or(id),
            )
        }
    };
    let audiences = record.conditional_access_audiences.iter();
    let audiences: Vec<Application> = audiences
        .filter_map(|one| one.0.said())
        .map(application)
        .collect();
    match audiences.is_empty() {
        false => {
            sign_in.applications = audiences;
            // These are what was evaluated, whatever was asked for.
            sign_in.scopes = Some(vec![".default".to_owned()]);
        }
        true => {
            sign_in.application = resource.map(application);
            let details = record.authentication_processing_details.iter();
            let mut details = details.filter(|one| {
                one.key
                    .said()
                    .is_some_and(|key| key.eq_ignore_ascii_case("Oauth Scope Info"))
            });
            let scopes = details.find_map(|one| one.value.said()).map(|value| {
                let scopes = value.split([',', ' ', '[', ']', '"']);
                scopes
                    .filter(|scope| !scope.is_empty())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            });
            if sign_in.application.is_some() {
                sign_in.scopes = scopes.filter(|scopes| !scopes.is_empty());
            }
        }
    }
    let id = resource.or(record.app_id.said()).unwrap_or_default();
    let label = name.or(record.app_display_name.said()).unwrap_or(id);
    (id.to_lowercase(), label.to_owned())
}

fn circumstances(record: &LogRecord<'_>, sign_in: &mut SignIn) {
    let device = &record.device_detail;
    sign_in.device_platform = device.operating_system.said().map(words::platform);
    let client = record.client_app_used.said();
    sign_in.client_app_type = client.and_then(|text| words::client(text, sign_in.device_platform));
    sign_in.ip_address = record.ip_address.said().and_then(|text| text.parse().ok());
    let location = record.location.as_ref();
    let country = location.and_then(|location| location.country_or_region.as_ref());
    sign_in.country = country.and_then(|country| match country.said() {
        // What is no code of a country says nothing.
        Some(code) => code.parse().ok(),
        None => Some(Country::Unknown),
    });
    sign_in.compliant_network = record.is_through_global_secure_access;
    let risk = record
        .risk_level_during_sign_in
        .said()
        .and_then(|text| text.parse().ok());
    if sign_in.user.is_none() {
        return;
    }
    sign_in.sign_in_risk_level = risk;
    sign_in.authentication_flow = record.original_transfer_method.said().map(|text| {
        let method = text.parse::<TransferMethod>().ok();
        AuthenticationFlow {
            transfer_method: method,
            original_transfer_method: method,
        }
    });
    sign_in.device_info = Some(match device.device_id.said() {
        None => Device::Unregistered,
        Some(id) => {
            let mut info = DeviceInfo::default();
            let mut put = |name: &str, value: serde_json::Value| {
                // What it cannot be stays unknown.
                let _ = info.set(name, &value);
            };
            put("deviceId", id.into());
            if let Some(name) = device.display_name.said() {
                put("displayName", name.into());
            }
            if let Some(system) = device.operating_system.said() {
                put("operatingSystem", system.into());
            }
            if let Some(compliant) = device.is_compliant {
                put("isCompliant", compliant.into());
            }
            if let Some(trust) = device.trust_type.said().and_then(words::trust) {
                put("trustType", trust.into());
            }
            Device::Registered(info)
        }
    });
}

/// What the record shows that the sign-in met, by its methods and remarks.
fn satisfied(record: &LogRecord<'_>) -> Vec<Satisfied> {
    let mut found: Vec<&'static str> = Vec::new();
    let mut put = |name| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    let steps = record.authentication_details.iter();
    for step in steps.filter(|step| step.succeeded) {
        if let Some(method) = step.authentication_method.said().and_then(words::method) {
            put(method);
        }
        let detail = step.authentication_step_result_detail.said();
        if detail.is_some_and(words::says_mfa) {
            put("mfa");
        }
    }
    let asked = record.authentication_requirement.said() == Some("multiFactorAuthentication");
    let remark = record.status.additional_details.said();
    // Whoever was asked for it and got in has passed it.
    if asked && record.status.error_code == 0 || remark.is_some_and(words::says_mfa) {
        put("mfa");
    }
    // Methods that come to it say more than the word.
    if words::are_multifactor(&found) {
        found.retain(|name| *name != "mfa");
    }
    found.into_iter().map(Satisfied::named).collect()
}
