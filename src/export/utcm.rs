//! As a monitor of Microsoft's unified tenant configuration management: a baseline with a resource for
//! each object, in the flat form that comes from Microsoft365DSC.
//!
//! Names of resource types and properties, their types and which are needed are those of the schema
//! that Microsoft publishes for `configurationMonitor`, read in August 2026. What stands in them
//! (names of groups, ids of applications) is what Microsoft365DSC writes: whether the service compares
//! it so is not verified.

use serde_json::{Map, Value, json};

use super::graph::pretty;
use super::members::Members;
use super::source::{ExportSource, LeavingObject, LostMembers, Meant, Saying, unknown};
use super::{ExportedFiles, HeldObject};
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

/// The file.
pub const MONITOR: &str = "utcm-monitor.json";

/// One member, and its property.
struct Row(&'static str, &'static str, Shape);

#[derive(Clone, Copy)]
enum Shape {
    /// As it is.
    Same,
    /// Truth values, false where nothing is said.
    Flag,
    /// A word with a capital letter.
    Word,
    /// A list, empty where nothing is said: what is added to it is drift.
    List,
    /// A list that is only written where there is one.
    ListOrNone,
    /// A list of names.
    Names(RefKind),
    /// A list of ids.
    Ids(RefKind),
    /// One name.
    Name(RefKind),
    /// Nothing, where it is what the service sets anyway.
    Unsaid(&'static str),
}

use Shape::{Flag, Ids, List, ListOrNone, Name, Names, Same, Unsaid, Word};

const POLICY: &[Row] = &[
    Row("/displayName", "DisplayName", Same),
    Row("/state", "State", Same),
    Row(
        "/conditions/applications/includeApplications",
        "IncludeApplications",
        Ids(RefKind::Application),
    ),
    Row(
        "/conditions/applications/excludeApplications",
        "ExcludeApplications",
        Ids(RefKind::Application),
    ),
    Row(
        "/conditions/applications/applicationFilter/rule",
        "ApplicationsFilter",
        Same,
    ),
    Row(
        "/conditions/applications/applicationFilter/mode",
        "ApplicationsFilterMode",
        Same,
    ),
    Row(
        "/conditions/applications/includeUserActions",
        "IncludeUserActions",
        List,
    ),
    Row(
        "/conditions/applications/includeAuthenticationContextClassReferences",
        "AuthenticationContexts",
        Names(RefKind::Context),
    ),
    Row(
        "/conditions/users/includeUsers",
        "IncludeUsers",
        Names(RefKind::User),
    ),
    Row(
        "/conditions/users/excludeUsers",
        "ExcludeUsers",
        Names(RefKind::User),
    ),
    Row(
        "/conditions/users/includeGroups",
        "IncludeGroups",
        Names(RefKind::Group),
    ),
    Row(
        "/conditions/users/excludeGroups",
        "ExcludeGroups",
        Names(RefKind::Group),
    ),
    Row(
        "/conditions/users/includeRoles",
        "IncludeRoles",
        Names(RefKind::Role),
    ),
    Row(
        "/conditions/users/excludeRoles",
        "ExcludeRoles",
        Names(RefKind::Role),
    ),
    Row(
        "/conditions/users/includeGuestsOrExternalUsers/guestOrExternalUserTypes",
        "IncludeGuestOrExternalUserTypes",
        List,
    ),
    Row(
        "/conditions/users/includeGuestsOrExternalUsers/externalTenants/membershipKind",
        "IncludeExternalTenantsMembershipKind",
        Same,
    ),
    Row(
        "/conditions/users/includeGuestsOrExternalUsers/externalTenants/members",
        "IncludeExternalTenantsMembers",
        List,
    ),
    Row(
        "/conditions/users/excludeGuestsOrExternalUsers/guestOrExternalUserTypes",
        "ExcludeGuestOrExternalUserTypes",
        List,
    ),
    Row(
        "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/membershipKind",
        "ExcludeExternalTenantsMembershipKind",
        Same,
    ),
    Row(
        "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/members",
        "ExcludeExternalTenantsMembers",
        List,
    ),
    Row(
        "/conditions/platforms/includePlatforms",
        "IncludePlatforms",
        List,
    ),
    Row(
        "/conditions/platforms/excludePlatforms",
        "ExcludePlatforms",
        List,
    ),
    Row(
        "/conditions/locations/includeLocations",
        "IncludeLocations",
        Names(RefKind::Location),
    ),
    Row(
        "/conditions/locations/excludeLocations",
        "ExcludeLocations",
        Names(RefKind::Location),
    ),
    Row(
        "/conditions/devices/deviceFilter/mode",
        "DeviceFilterMode",
        Same,
    ),
    Row(
        "/conditions/devices/deviceFilter/rule",
        "DeviceFilterRule",
        Same,
    ),
    Row("/conditions/userRiskLevels", "UserRiskLevels", List),
    Row("/conditions/signInRiskLevels", "SignInRiskLevels", List),
    Row("/conditions/clientAppTypes", "ClientAppTypes", List),
    Row(
        "/conditions/authenticationFlows/transferMethods",
        "TransferMethods",
        Same,
    ),
    Row("/grantControls/operator", "GrantControlOperator", Same),
    Row("/grantControls/builtInControls", "BuiltInControls", List),
    Row(
        "/grantControls/customAuthenticationFactors",
        "CustomAuthenticationFactors",
        List,
    ),
    Row(
        "/grantControls/termsOfUse",
        "TermsOfUse",
        Name(RefKind::Agreement),
    ),
    Row(
        "/grantControls/authenticationStrength/id",
        "AuthenticationStrength",
        Name(RefKind::Strength),
    ),
    Row(
        "/sessionControls/applicationEnforcedRestrictions/isEnabled",
        "ApplicationEnforcedRestrictionsIsEnabled",
        Flag,
    ),
    Row(
        "/sessionControls/cloudAppSecurity/isEnabled",
        "CloudAppSecurityIsEnabled",
        Flag,
    ),
    Row(
        "/sessionControls/cloudAppSecurity/cloudAppSecurityType",
        "CloudAppSecurityType",
        Same,
    ),
    Row(
        "/sessionControls/signInFrequency/isEnabled",
        "SignInFrequencyIsEnabled",
        Flag,
    ),
    Row(
        "/sessionControls/signInFrequency/value",
        "SignInFrequencyValue",
        Same,
    ),
    Row(
        "/sessionControls/signInFrequency/type",
        "SignInFrequencyType",
        Word,
    ),
    Row(
        "/sessionControls/signInFrequency/frequencyInterval",
        "SignInFrequencyInterval",
        Same,
    ),
    Row(
        "/sessionControls/signInFrequency/authenticationType",
        "",
        Unsaid("primaryAndSecondaryAuthentication"),
    ),
    Row(
        "/sessionControls/persistentBrowser/isEnabled",
        "PersistentBrowserIsEnabled",
        Flag,
    ),
    Row(
        "/sessionControls/persistentBrowser/mode",
        "PersistentBrowserMode",
        Word,
    ),
];

const LOCATION: &[Row] = &[
    Row("/displayName", "DisplayName", Same),
    Row("/@odata.type", "OdataType", Same),
    Row("/isTrusted", "IsTrusted", Same),
    Row("/countriesAndRegions", "CountriesAndRegions", ListOrNone),
    Row("/countryLookupMethod", "CountryLookupMethod", Same),
    Row(
        "/includeUnknownCountriesAndRegions",
        "IncludeUnknownCountriesAndRegions",
        Same,
    ),
];

const STRENGTH: &[Row] = &[
    Row("/displayName", "DisplayName", Same),
    Row("/description", "Description", Same),
    Row("/allowedCombinations", "AllowedCombinations", List),
];

const CONTEXT: &[Row] = &[
    Row("/displayName", "DisplayName", Same),
    Row("/description", "Description", Same),
    Row("/isAvailable", "IsAvailable", Flag),
];

const GROUP: &[Row] = &[
    Row("/displayName", "DisplayName", Same),
    Row("/mailNickname", "MailNickname", Same),
    Row("/description", "Description", Same),
    Row("/groupTypes", "GroupTypes", ListOrNone),
    Row("/membershipRule", "MembershipRule", Same),
    Row(
        "/membershipRuleProcessingState",
        "MembershipRuleProcessingState",
        Same,
    ),
    Row("/securityEnabled", "SecurityEnabled", Flag),
    Row("/mailEnabled", "MailEnabled", Flag),
    Row("/isAssignableToRole", "IsAssignableToRole", Flag),
];

const USER: &[Row] = &[
    Row("/userPrincipalName", "UserPrincipalName", Same),
    Row("/displayName", "DisplayName", Same),
    Row("/givenName", "FirstName", Same),
    Row("/surname", "LastName", Same),
    Row("/usageLocation", "UsageLocation", Same),
    Row("/city", "City", Same),
    Row("/country", "Country", Same),
    Row("/department", "Department", Same),
    Row("/jobTitle", "Title", Same),
    Row("/mobilePhone", "MobilePhone", Same),
    Row("/officeLocation", "Office", Same),
    Row("/preferredLanguage", "PreferredLanguage", Same),
    Row("/accountEnabled", "", Unsaid("true")),
    Row(
        "/employeeType",
        "",
        Unsaid(crate::model::user::TEST_USER_MARK),
    ),
];

/// Everything as a monitor.
pub fn utcm(source: &ExportSource) -> ExportedFiles {
    let saying = Saying {
        format: "a UTCM baseline",
        in_part: true,
    };
    let mut out = ExportedFiles::default();
    let mut resources = Vec::new();
    for (at, one) in source.objects().iter().enumerate() {
        if let Some(why) = no_place(one) {
            saying.no_place(one, why, &mut out);
            continue;
        }
        let (properties, mut lost) = properties(source, at, one);
        lost.extend(unknown(one));
        saying.losses(one, &lost, &mut out);
        saying.ignored(one, &mut out);
        let kind = resource_type(one.object.kind());
        out.objects.push(HeldObject {
            kind: one.object.kind(),
            name: one.object.name().to_owned(),
            at: kind.to_owned(),
        });
        resources.push(json!({
            "displayName": one.object.name(),
            "resourceType": kind,
            "properties": properties,
        }));
    }
    if !resources.is_empty() {
        let monitor = json!({
            "displayName": "Conditional Access baseline",
            "description": "Conditional Access as gatewright holds it",
            "baseline": {
                "displayName": "Conditional Access baseline",
                "description": "Conditional Access as gatewright holds it",
                "resources": resources,
            },
        });
        out.files.push((MONITOR.to_owned(), pretty(&monitor)));
    }
    out
}

fn resource_type(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => "microsoft.entra.conditionalaccesspolicy",
        Kind::NamedLocation => "microsoft.entra.namedlocationpolicy",
        Kind::AuthenticationStrength => "microsoft.entra.authenticationstrengthpolicy",
        Kind::AuthenticationContext => "microsoft.entra.authenticationcontextclassreference",
        Kind::Group => "microsoft.entra.group",
        Kind::TestUser => "microsoft.entra.user",
    }
}

/// Why there is no resource for an object.
fn no_place(one: &LeavingObject) -> Option<&'static str> {
    match &one.object {
        Object::AuthenticationContext(context) => {
            let number = context
                .id
                .as_deref()
                .and_then(|id| id.get(1..)?.parse::<u8>().ok());
            let is_known = number.is_some_and(|number| (1..=25).contains(&number));
            (!is_known).then_some("its schema has the ids `c1` to `c25`")
        }
        Object::TestUser(user) if !user.user_principal_name.contains('@') => {
            Some("its principal name has no domain; write it with one")
        }
        _ => None,
    }
}

fn properties(
    source: &ExportSource,
    at: usize,
    one: &LeavingObject,
) -> (Map<String, Value>, LostMembers) {
    let mut members = one.members();
    let mut properties = Map::new();
    let mut lost = LostMembers::new();
    match &one.object {
        Object::ConditionalAccessPolicy(policy) => {
            if policy
                .grant_controls
                .as_ref()
                .is_some_and(|grant| grant.requirements() == 1)
            {
                // As the service stores it.
                members.keep("/grantControls/operator", json!("OR"));
            }
            if policy.conditions.client_app_types.is_none() {
                members.keep("/conditions/clientAppTypes", json!(["all"]));
            }
        }
        Object::TestUser(user) if user.mail_nickname.is_none() => {
            members.take("/mailNickname");
        }
        _ => {}
    }
    let rows = match one.object.kind() {
        Kind::ConditionalAccessPolicy => POLICY,
        Kind::NamedLocation => LOCATION,
        Kind::AuthenticationStrength => STRENGTH,
        Kind::AuthenticationContext => CONTEXT,
        Kind::Group => GROUP,
        Kind::TestUser => USER,
    };
    if let Object::AuthenticationContext(context) = &one.object {
        properties.insert("Id".to_owned(), json!(context.id));
    } else if let Some(id) = &one.id {
        properties.insert("Id".to_owned(), json!(id));
    }
    for row in rows {
        let value = value(source, row, &mut members, &mut lost);
        if let Some(value) = value {
            properties.insert(row.1.to_owned(), value);
        }
    }
    match &one.object {
        Object::NamedLocation(location) if !location.ip_ranges.is_empty() => {
            let ranges = location
                .ip_ranges
                .iter()
                .map(|range| range.cidr_address.clone());
            members.take("/ipRanges");
            properties.insert("IpRanges".to_owned(), ranges.collect());
        }
        Object::Group(group) => {
            if let Some(listed) = &group.members {
                linked(source, at, listed, &mut properties, &mut lost);
            }
        }
        Object::TestUser(user) => {
            if let Some(groups) = &user.member_of {
                let names = names(source, RefKind::Group, groups, "/memberOf", &mut lost);
                properties.extend(names.map(|names| ("MemberOf".to_owned(), json!(names))));
            }
        }
        _ => {}
    }
    properties.insert("Ensure".to_owned(), json!("Present"));
    lost.extend(members.left().into_iter().map(|pointer| (pointer, None)));
    (properties, lost)
}

/// Members: users by principal name, groups by display name.
fn linked(
    source: &ExportSource,
    at: usize,
    listed: &[String],
    properties: &mut Map<String, Value>,
    lost: &mut LostMembers,
) {
    let Some(mut all) = names(source, RefKind::Member, listed, "/members", lost) else {
        return;
    };
    let users = source.users_in(at).into_iter();
    let users = users.filter_map(|user| source.objects().get(user));
    all.extend(users.map(|user| user.object.name().to_owned()));
    let (mut users, groups): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|name| name.contains('@'));
    users.sort();
    users.dedup();
    properties.insert("Members".to_owned(), json!(users));
    properties.insert("GroupAsMembers".to_owned(), json!(groups));
}

fn value(
    source: &ExportSource,
    Row(from, _, shape): &Row,
    members: &mut Members,
    lost: &mut LostMembers,
) -> Option<Value> {
    match shape {
        Same => Some(members.take(from)).filter(|value| !value.is_null()),
        Flag => Some(members.take(from).as_bool().unwrap_or(false).into()),
        Word => members.text(from).map(|text| {
            let mut letters = text.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>().into()
        }),
        List => Some(json!(members.texts(from))),
        ListOrNone => Some(members.texts(from))
            .filter(|list| !list.is_empty())
            .map(Value::from),
        Names(kind) => {
            let listed = members.texts(from);
            names(source, *kind, &listed, from, lost).map(Value::from)
        }
        Ids(kind) => {
            let mut ids = Vec::new();
            for text in members.texts(from) {
                match source.meant(*kind, &text) {
                    Meant::Known(id, _) | Meant::Other { id: Some(id), .. } => ids.push(id),
                    _ => {
                        let why = format!("the id of `{text}` is not known; `--live` knows it");
                        lost.push(((*from).to_owned(), Some(why)));
                        return None;
                    }
                }
            }
            Some(json!(ids))
        }
        Name(kind) => {
            let listed = match members.take(from) {
                Value::Array(items) => items,
                Value::Null => return None,
                one => vec![one],
            };
            let texts = listed
                .iter()
                .filter_map(|one| one.as_str().map(str::to_owned));
            let texts: Vec<String> = texts.collect();
            let names = names(source, *kind, &texts, from, lost)?;
            match <[String; 1]>::try_from(names) {
                Ok([one]) => Some(one.into()),
                Err(names) => {
                    if !names.is_empty() {
                        let why = "it holds one name".to_owned();
                        lost.push(((*from).to_owned(), Some(why)));
                    }
                    None
                }
            }
        }
        Unsaid(usual) => {
            let value = members.take(from);
            let is_usual = match &value {
                Value::String(text) => text == usual,
                Value::Null => true,
                Value::Bool(true) => *usual == "true",
                _ => false,
            };
            if !is_usual {
                members.keep(from, value);
            }
            None
        }
    }
}

/// The names of a list; nothing where one of them is not known, since a list without it would never
/// be that of the tenant.
fn names(
    source: &ExportSource,
    kind: RefKind,
    listed: &[String],
    pointer: &str,
    lost: &mut LostMembers,
) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for text in listed {
        let why = match source.name(kind, text) {
            Ok(name)
                if kind == RefKind::User
                    && !name.contains('@')
                    && !matches!(source.meant(kind, text), Meant::Known(..)) =>
            {
                format!("`{name}` has no domain; write it with one")
            }
            Ok(name) => {
                names.push(name);
                continue;
            }
            Err(id) => format!("the name of `{id}` is not known"),
        };
        lost.push((pointer.to_owned(), Some(why)));
        return None;
    }
    Some(names)
}
