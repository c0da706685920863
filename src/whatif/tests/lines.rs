//! The lines of `docs/whatif.md` that speak of a match, each by its number.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

/// A number, conditions, what is changed of an ordinary sign-in, and what is to be said.
type Line = (&'static str, Value, Value, &'static str);

fn users(users: Value) -> Value {
    json!({ "users": users })
}

fn apps(apps: Value) -> Value {
    json!({ "applications": apps })
}

fn include(apps: Value) -> Value {
    json!({"applications": {"includeApplications": apps}})
}

fn at(include: Value, exclude: Value) -> Value {
    json!({"locations": {"includeLocations": include, "excludeLocations": exclude}})
}

fn on(include: Value, exclude: Value) -> Value {
    json!({"platforms": {"includePlatforms": include, "excludePlatforms": exclude}})
}

fn guests(kinds: &str, tenants: Value) -> Value {
    users(json!({"includeGuestsOrExternalUsers":
        {"guestOrExternalUserTypes": kinds, "externalTenants": tenants}}))
}

fn device(mode: &str, rule: &str) -> Value {
    json!({"devices": {"deviceFilter": {"mode": mode, "rule": rule}}})
}

fn principals(clients: Value) -> Value {
    json!({"users": {"includeUsers": ["None"]}, "clientApplications": clients})
}

fn user(user: Value) -> Value {
    json!({ "user": user })
}

fn app(name: &str) -> Value {
    json!({ "application": name })
}

fn action(action: &str) -> Value {
    json!({"application": null, "applicationAttributes": null, "userAction": action})
}

fn client(client: &str) -> Value {
    json!({ "clientAppType": client })
}

fn from(address: &str) -> Value {
    json!({ "ipAddress": address })
}

fn info(info: Value) -> Value {
    json!({ "deviceInfo": info })
}

/// A sign-in of a service principal.
fn principal(principal: Value) -> Value {
    json!({"user": null, "userRiskLevel": null, "insiderRiskLevel": null,
        "servicePrincipal": principal, "servicePrincipalRiskLevel": "none"})
}

/// A sign-in of an agent as itself.
fn agent(agent: Value) -> Value {
    json!({"user": null, "userRiskLevel": null, "insiderRiskLevel": null,
        "agentIdentity": agent, "agentIdRiskLevel": "none"})
}

/// A sign-in for scopes alone.
fn scopes(mode: &str, scopes: Value, client: Value) -> Value {
    json!({"application": null, "applicationAttributes": null, "scopes": scopes,
        "client": client, "environment": {"baselineScopes": mode}})
}

const ALL: fn() -> Value = || json!({"membershipKind": "all"});

fn these(tenants: Value) -> Value {
    json!({"membershipKind": "enumerated", "members": tenants})
}

#[rustfmt::skip]
fn together() -> Vec<Line> {
    let narrow = || {
        json!({"applications": {"includeApplications": [SHAREPOINT]}, "users": {"includeUsers": [BOB]},
            "platforms": {"includePlatforms": ["macOS"]}, "locations": {"includeLocations": ["Office"]},
            "clientAppTypes": ["other"], "signInRiskLevels": ["high"], "userRiskLevels": ["high"],
            "devices": {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq True"}},
            "authenticationFlows": {"transferMethods": "deviceCodeFlow"}, "insiderRiskLevels": "elevated"})
    };
    // With each change one condition more is satisfied: the next one is the reason.
    let reasons = [
        (json!({}), "application"),
        (json!({"application": SHAREPOINT}), "users"),
        (json!({"user": {"name": BOB}}), "devicePlatform"),
        (json!({"devicePlatform": "macOS"}), "location"),
        (json!({"ipAddress": "198.51.100.1"}), "clientApps"),
        (json!({"clientAppType": "other"}), "signInRisk"),
        (json!({"signInRiskLevel": "high"}), "userRisk"),
        (json!({"userRiskLevel": "high"}), "devices"),
        (json!({"deviceInfo": {"isCompliant": true}}), "authenticationFlow"),
        (json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}}), "insiderRisk"),
        (json!({"insiderRiskLevel": "elevated"}), "yes"),
    ];
    let mut changed = json!({});
    let mut lines: Vec<Line> = Vec::new();
    for (change, reason) in reasons {
        changed = laid(changed, &change);
        lines.push(("1.7", narrow(), changed.clone(), reason));
    }
    lines.extend([
        ("1.1", json!({"signInRiskLevels": ["high"], "clientAppTypes": ["browser"]}), json!({}), "signInRisk"),
        ("1.1", json!({"signInRiskLevels": ["high", "none"], "clientAppTypes": ["other", "browser"]}), json!({}), "yes"),
        ("1.2", users(json!({"includeUsers": [ADA], "excludeUsers": [ADA]})), json!({}), "users"),
        ("1.2", apps(json!({"includeApplications": ["All"], "excludeApplications": [OWN_APP]})), json!({}), "application"),
        ("1.2", on(json!(["windows"]), json!(["windows"])), json!({}), "devicePlatform"),
        ("1.2", at(json!(["Office"]), json!(["AllTrusted"])), from("198.51.100.1"), "location"),
        // Several audiences: the policy applies when it applies to one of them.
        ("1.8", include(json!([SHAREPOINT])), json!({"application": null, "applicationAttributes": null, "applications": [OWN_APP, SHAREPOINT]}), "yes"),
        ("1.8", include(json!([PORTAL])), json!({"application": null, "applicationAttributes": null, "applications": [OWN_APP, SHAREPOINT]}), "application"),
        ("1.8", apps(json!({"includeApplications": ["All"], "excludeApplications": [SHAREPOINT]})), json!({"application": null, "applicationAttributes": null, "applications": [OWN_APP, SHAREPOINT]}), "yes"),
        // The confidential client is an audience of its own when it wants an id token.
        ("1.8", include(json!(["web"])), json!({"scopes": ["openid", "Files.Read"], "client": {"name": "web", "confidential": true}}), "yes"),
        ("1.8", include(json!(["web"])), json!({"scopes": ["Files.Read"], "client": {"name": "web", "confidential": true}}), "application"),
        ("1.8", include(json!(["web"])), json!({"scopes": ["openid", "Files.Read"], "client": {"name": "web", "confidential": false}}), "application"),
        ("1.8", include(json!(["web"])), json!({"scopes": ["openid", "Files.Read"], "client": "web"}), "unknown: client.confidential"),
    ]);
    lines
}

#[rustfmt::skip]
fn who() -> Vec<Line> {
    let guest = |kind: &str| user(json!({"userType": kind, "externalTenantId": HOME}));
    vec![
        ("2.1", users(json!({"includeUsers": ["All"]})), json!({}), "yes"),
        ("2.1", users(json!({"includeUsers": [ADA.to_uppercase()]})), json!({}), "yes"),
        ("2.1", users(json!({"includeUsers": [BOB]})), json!({}), "users"),
        ("2.1", users(json!({"includeUsers": ["eve@contoso.com"]})), user(json!({"name": "EVE@contoso.com"})), "yes"),
        ("2.2", users(json!({"includeGroups": [PILOT]})), json!({}), "yes"),
        ("2.2", users(json!({"includeGroups": ["CA-Inner"]})), json!({}), "users"),
        ("2.2", users(json!({"includeGroups": ["CA-Outer"]})), user(json!({"memberOf": ["CA-Inner"]})), "yes"),
        ("2.2", users(json!({"includeGroups": ["CA-Outer"]})), user(json!({"name": "eve@contoso.com", "memberOf": null})), "yes"),
        ("2.2", users(json!({"includeGroups": ["CA-Outer"]})), user(json!({"memberOf": null})), "users"),
        ("2.2", users(json!({"includeGroups": [PILOT]})), user(json!({"memberOf": null})), "unknown: user.memberOf"),
        ("2.3", users(json!({"includeRoles": [ROLE]})), user(json!({"roles": ["Global Administrator"]})), "yes"),
        ("2.3", users(json!({"includeRoles": ["Global Administrator"]})), user(json!({"roles": [ROLE]})), "yes"),
        ("2.3", users(json!({"includeRoles": [ROLE]})), json!({}), "users"),
        ("2.3", users(json!({"includeRoles": [ROLE]})), user(json!({"roles": null})), "unknown: user.roles"),
        ("2.4", guests("b2bCollaborationGuest", ALL()), json!({}), "users"),
        ("2.4", guests("b2bCollaborationGuest", ALL()), guest("b2bCollaborationGuest"), "yes"),
        ("2.4", guests("b2bCollaborationGuest", Value::Null), guest("b2bCollaborationGuest"), "yes"),
        ("2.4", guests("b2bCollaborationGuest", these(json!([HOME]))), guest("b2bCollaborationGuest"), "yes"),
        ("2.4", guests("b2bCollaborationGuest", these(json!([HOME.to_uppercase()]))), guest("b2bCollaborationGuest"), "yes"),
        ("2.4", guests("b2bCollaborationGuest", these(json!([BOB]))), guest("b2bCollaborationGuest"), "users"),
        ("2.4", guests("b2bCollaborationGuest", these(json!([]))), guest("b2bCollaborationGuest"), "users"),
        ("2.4", guests("b2bCollaborationGuest", these(json!([HOME]))), user(json!({"userType": "b2bCollaborationGuest"})), "unknown: user.externalTenantId"),
        ("2.4", guests("b2bCollaborationGuest", ALL()), user(json!({"userType": null})), "unknown: user.userType"),
        ("2.5", users(json!({"includeUsers": ["GuestsOrExternalUsers"]})), json!({}), "users"),
        ("2.5", users(json!({"includeUsers": ["GuestsOrExternalUsers"]})), user(json!({"userType": "internalGuest"})), "yes"),
        ("2.5", users(json!({"includeUsers": ["GuestsOrExternalUsers"]})), guest("b2bCollaborationMember"), "yes"),
        ("2.5", users(json!({"includeUsers": ["GuestsOrExternalUsers"]})), guest("serviceProvider"), "yes"),
        ("2.5", users(json!({"includeUsers": ["GuestsOrExternalUsers"]})), user(json!({"userType": null})), "unknown: user.userType"),
        ("2.6", users(json!({"includeUsers": ["All"]})), guest("b2bCollaborationGuest"), "yes"),
        ("2.6", users(json!({"includeUsers": ["All"], "includeGroups": [BOB], "includeRoles": [ROLE]})), json!({}), "yes"),
        ("2.7", users(json!({"includeUsers": ["None"]})), json!({}), "users"),
        ("2.7", users(json!({})), json!({}), "users"),
        ("2.7", users(json!({"includeUsers": ["None"], "includeRoles": [ROLE]})), user(json!({"roles": [ROLE]})), "yes"),
        ("2.8", users(json!({"includeUsers": ["All"], "excludeUsers": [ADA]})), json!({}), "users"),
        ("2.8", users(json!({"includeUsers": [ADA], "excludeGroups": [PILOT]})), json!({}), "users"),
        ("2.8", users(json!({"includeUsers": [ADA], "excludeRoles": [ROLE]})), user(json!({"roles": [ROLE]})), "users"),
        ("2.8", users(json!({"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]})), guest("b2bCollaborationGuest"), "users"),
        ("2.8", users(json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "serviceProvider", "externalTenants": ALL()}})), guest("serviceProvider"), "users"),
        ("2.8", users(json!({"includeUsers": ["All"], "excludeGroups": [BOB], "excludeRoles": [ROLE]})), json!({}), "yes"),
        ("2.8", users(json!({"includeUsers": [BOB], "excludeGroups": [BOB]})), user(json!({"memberOf": null})), "users"),
        ("2.8", users(json!({"includeUsers": ["All"], "excludeGroups": [BOB]})), user(json!({"memberOf": null})), "unknown: user.memberOf"),
        ("2.9", guests("internalGuest", ALL()), user(json!({"userType": "internalGuest"})), "yes"),
        ("2.9", guests("internalGuest", ALL()), guest("b2bCollaborationGuest"), "users"),
        // Their home is the tenant itself, whatever tenants are listed.
        ("2.9", guests("internalGuest,b2bCollaborationGuest", json!({"membershipKind": "enumerated", "members": ["11111111-1111-4111-8111-111111111111"]})), user(json!({"userType": "internalGuest"})), "users"),
        ("2.9", guests("b2bCollaborationMember", ALL()), guest("b2bCollaborationMember"), "yes"),
        ("2.9", guests("b2bCollaborationMember", ALL()), guest("b2bCollaborationGuest"), "users"),
        ("2.9", guests("otherExternalUser,serviceProvider", ALL()), guest("serviceProvider"), "yes"),
        ("2.9", guests("otherExternalUser,serviceProvider", ALL()), guest("otherExternalUser"), "yes"),
        ("2.9", guests("b2bDirectConnectUser", ALL()), user(json!({"userType": "b2bDirectConnectUser", "memberOf": null, "roles": null})), "yes"),
        ("2.9", users(json!({"includeGroups": [PILOT], "includeRoles": [ROLE]})), user(json!({"userType": "b2bDirectConnectUser", "memberOf": null, "roles": null})), "users"),
        ("2.10", guests("b2bDirectConnectUser", ALL()), guest("b2bCollaborationGuest"), "unknown: directConnect"),
        ("2.10", guests("b2bCollaborationMember", ALL()), user(json!({"userType": "b2bDirectConnectUser", "memberOf": null})), "unknown: directConnect"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"]})), principal(json!("job")), "yes"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"]})), principal(json!("other")), "workloadIdentities"),
        ("2.11", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})), principal(json!({"name": "job", "ownedBy": "tenant"})), "yes"),
        ("2.11", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})), principal(json!({"name": "job", "ownedBy": "other"})), "workloadIdentities"),
        ("2.11", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})), principal(json!("job")), "unknown: servicePrincipal.ownedBy"),
        ("2.11", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": ["job"]})), principal(json!({"name": "job", "ownedBy": "tenant"})), "workloadIdentities"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"], "servicePrincipalFilter": {"mode": "include", "rule": "CustomSecurityAttribute.Set_Tier -eq \"0\""}})), principal(json!({"name": "job", "attributes": {"Set_Tier": "0"}})), "yes"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"], "servicePrincipalFilter": {"mode": "include", "rule": "CustomSecurityAttribute.Set_Tier -eq \"0\""}})), principal(json!({"name": "job", "attributes": {}})), "workloadIdentities"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"], "servicePrincipalFilter": {"mode": "exclude", "rule": "CustomSecurityAttribute.Set_Tier -eq \"0\""}})), principal(json!({"name": "job", "attributes": {"Set_Tier": "0"}})), "workloadIdentities"),
        ("2.11", principals(json!({"includeServicePrincipals": ["job"], "servicePrincipalFilter": {"mode": "include", "rule": "CustomSecurityAttribute.Set_Tier -eq \"0\""}})), principal(json!("job")), "unknown: servicePrincipal.attributes"),
        ("2.11", laid(principals(json!({"includeServicePrincipals": ["job"]})), &json!({"servicePrincipalRiskLevels": ["high"]})), principal(json!("job")), "workloadIdentities"),
        ("2.12", users(json!({"includeUsers": ["All"]})), principal(json!("job")), "users"),
        ("2.12", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})), json!({}), "users"),
        ("2.12", json!({"users": null, "clientApplications": {"includeServicePrincipals": ["job"]}}), json!({}), "users"),
        ("2.12", json!({"clientApplications": {"includeServicePrincipals": ["job"]}}), json!({}), "workloadIdentities"),
        ("2.13", principals(json!({"includeServicePrincipals": ["job", "ServicePrincipalsInMyTenant"]})), principal(json!({"name": "job", "ownedBy": "tenant", "managedIdentity": true})), "workloadIdentities"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["All"]})), agent(json!("scout")), "yes"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["scout"]})), agent(json!("scout")), "yes"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["scouts"]})), agent(json!({"name": "scout", "blueprint": "scouts"})), "yes"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["scouts"]})), agent(json!("scout")), "unknown: agentIdentity.blueprint"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["All"], "excludeAgentIdServicePrincipals": ["scout"]})), agent(json!({"name": "scout", "blueprint": "scouts"})), "agentIdentities"),
        ("2.14", principals(json!({"includeAgentIdServicePrincipals": ["All"], "agentIdServicePrincipalFilter": {"mode": "exclude", "rule": "CustomSecurityAttribute.Set_Safe -eq \"yes\""}})), agent(json!({"name": "scout", "attributes": {"Set_Safe": "yes"}})), "agentIdentities"),
        ("2.14", principals(json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]})), agent(json!("scout")), "agentIdentities"),
        ("2.14", users(json!({"includeUsers": ["All"]})), agent(json!("scout")), "users"),
        ("2.14", laid(principals(json!({"includeAgentIdServicePrincipals": ["All"]})), &json!({"agentIdRiskLevels": "high"})), agent(json!("scout")), "agentIdRisk"),
        ("2.14", laid(principals(json!({"includeAgentIdServicePrincipals": ["All"]})), &json!({"agentIdRiskLevels": "medium,high"})), laid(agent(json!("scout")), &json!({"agentIdRiskLevel": "high"})), "yes"),
        ("2.14", json!({"agentIdRiskLevels": "high"}), json!({}), "agentIdRisk"),
        ("2.15", users(json!({"includeUsers": ["AllAgentIdUsers"]})), user(json!({"agentUser": true})), "yes"),
        ("2.15", users(json!({"includeUsers": ["AllAgentIdUsers"]})), json!({}), "users"),
        ("2.15", json!({"users": {"includeUsers": ["None"]}, "agents": {"includeAgentUsers": ["All"]}}), user(json!({"agentUser": true})), "yes"),
        ("2.15", json!({"agents": {"includeAgentUsers": ["All"]}}), json!({}), "agentIdentities"),
        ("2.15", users(json!({"includeGroups": [PILOT]})), user(json!({"agentUser": true})), "users"),
        ("2.16", users(json!({"includeUsers": ["All"]})), user(json!({"agentUser": true})), "unknown: allUsers"),
        ("2.17", principals(json!({"includeAgentIdServicePrincipals": ["All"]})), laid(agent(json!("scout")), &json!({"environment": {"securityDefaults": true}})), "agentIdentities"),
        ("2.17", principals(json!({"includeAgentIdServicePrincipals": ["All"]})), laid(agent(json!("scout")), &app("fb60f99c-7a34-4190-8149-302f77469936")), "application"),
        ("2.18", json!({"users": {"includeUsers": ["AllAgentIdUsers"]}, "agentContext": {"includeAgentContexts": ["agentUserSessionsInitiatedFromEndpoints"]}}), user(json!({"agentUser": true})), "unknown: conditions.agentContext"),
        ("2.18", json!({"agentContext": {"includeAgentContexts": ["agentUserSessionsInitiatedFromEndpoints"]}}), json!({}), "agentIdentities"),
    ]
}

#[rustfmt::skip]
fn what_for() -> Vec<Line> {
    let filter = |mode: &str, include: Value| {
        apps(
            json!({"includeApplications": include, "applicationFilter": {"mode": mode,
            "rule": "CustomSecurityAttribute.Set_Level -contains \"high\""}}),
        )
    };
    let high = || json!({"applicationAttributes": {"Set_Level": ["high"]}});
    let unknown = || json!({"applicationAttributes": null});
    let excluding = || {
        apps(json!({"includeApplications": ["All"], "excludeApplications": ["web", SHAREPOINT]}))
    };
    let web = |confidential: Value| json!({"name": "web", "confidential": confidential});
    vec![
        ("3.1", include(json!(["All"])), json!({}), "yes"),
        ("3.1", include(json!(["All"])), app(DIRECTORY), "yes"),
        ("3.1", include(json!(["None"])), json!({}), "application"),
        ("3.2", include(json!([OWN_APP.to_uppercase()])), json!({}), "yes"),
        ("3.2", include(json!([SHAREPOINT])), json!({}), "application"),
        ("3.2", include(json!([SHAREPOINT])), app("SharePoint Online"), "yes"),
        ("3.2", include(json!(["Payroll"])), app("Payroll"), "yes"),
        ("3.3", include(json!(["Office365"])), app(SHAREPOINT), "yes"),
        ("3.3", include(json!(["Office365"])), app("Microsoft Teams"), "yes"),
        ("3.3", include(json!(["Office365"])), app(PORTAL), "application"),
        ("3.3", include(json!(["Office365"])), app("Payroll"), "application"),
        ("3.3", include(json!(["Office365"])), json!({}), "unknown: environment.officeApplications"),
        ("3.3", include(json!(["Office365"])), json!({"application": {"name": OWN_APP, "ownedBy": "tenant"}}), "application"),
        ("3.3", include(json!(["Office365"])), json!({"environment": {"officeApplications": [OWN_APP]}}), "yes"),
        ("3.3", include(json!([OWN_APP, "Office365"])), json!({}), "yes"),
        ("3.4", include(json!(["MicrosoftAdminPortals"])), app(PORTAL), "yes"),
        ("3.4", include(json!(["MicrosoftAdminPortals"])), app("Exchange Admin Center"), "yes"),
        ("3.4", include(json!(["MicrosoftAdminPortals"])), app(SHAREPOINT), "application"),
        ("3.4", include(json!(["MicrosoftAdminPortals"])), json!({}), "unknown: environment.adminPortals"),
        ("3.4", include(json!(["AllAgentIdResources"])), json!({}), "unknown: agentResource"),
        ("3.4", include(json!(["AllAgentIdResources"])), app(SHAREPOINT), "application"),
        ("3.5", apps(json!({"includeApplications": ["All"], "excludeApplications": ["Office365"]})), app(SHAREPOINT), "application"),
        ("3.5", apps(json!({"includeApplications": ["All"], "excludeApplications": ["MicrosoftAdminPortals"]})), app(SHAREPOINT), "yes"),
        ("3.5", apps(json!({"includeApplications": ["All"], "excludeApplications": ["Office365"]})), json!({}), "unknown: environment.officeApplications"),
        ("3.6", filter("include", json!([])), high(), "yes"),
        ("3.6", filter("include", json!([])), json!({}), "application"),
        ("3.6", filter("include", json!([])), unknown(), "unknown: applicationAttributes"),
        ("3.6", filter("include", json!([OWN_APP])), json!({}), "yes"),
        ("3.6", filter("include", json!(["All"])), json!({}), "yes"),
        ("3.6", filter("exclude", json!(["All"])), high(), "application"),
        ("3.6", filter("exclude", json!(["All"])), json!({}), "yes"),
        ("3.6", filter("exclude", json!(["All"])), unknown(), "unknown: applicationAttributes"),
        ("3.6", filter("exclude", json!([SHAREPOINT])), unknown(), "application"),
        ("3.6", apps(json!({"applicationFilter": {"mode": "include", "rule": "no rule"}})), high(), "unknown: attributeFilter"),
        ("3.7", include(json!([MANAGEMENT])), app(MANAGEMENT), "yes"),
        ("3.7", include(json!([MANAGEMENT])), app(PORTAL), "yes"),
        ("3.7", include(json!([MANAGEMENT])), app("Log Analytics API"), "yes"),
        ("3.7", include(json!([MANAGEMENT])), app(DEVOPS), "application"),
        ("3.7", include(json!([PORTAL])), app(MANAGEMENT), "application"),
        ("3.7", apps(json!({"includeApplications": ["All"], "excludeApplications": [MANAGEMENT]})), app(PORTAL), "application"),
        // Scopes of low privilege: in the old way outside policies with exclusions.
        ("3.8", excluding(), scopes("legacy", json!(["openid", "User.Read"]), Value::Null), "application"),
        ("3.8", include(json!(["All"])), scopes("legacy", json!(["openid", "User.Read"]), Value::Null), "yes"),
        ("3.8", include(json!([SHAREPOINT])), scopes("legacy", json!(["User.Read"]), Value::Null), "application"),
        ("3.8", excluding(), scopes("directory", json!(["openid", "User.Read"]), Value::Null), "yes"),
        ("3.8", excluding(), scopes("directory", json!(["openid"]), web(json!(false))), "yes"),
        ("3.8", excluding(), scopes("directory", json!(["openid"]), web(json!(true))), "application"),
        ("3.8", excluding(), scopes("legacy", json!(["openid"]), web(json!(true))), "application"),
        ("3.8", excluding(), scopes("directory", json!(["openid"]), json!("web")), "unknown: client.confidential"),
        ("3.8", excluding(), scopes("directory", json!(["User.Read"]), web(json!(true))), "yes"),
        ("3.8", excluding(), scopes("legacy", json!(["User.Read"]), web(json!(true))), "application"),
        // The tenant's own placeholder.
        ("3.8", excluding(), scopes("placeholder", json!(["User.Read"]), Value::Null), "yes"),
        ("3.8", apps(json!({"includeApplications": ["All"], "excludeApplications": ["placeholder"]})), scopes("placeholder", json!(["User.Read"]), Value::Null), "application"),
        // Any other scope: as ever.
        ("3.8", excluding(), json!({"scopes": ["openid", "Mail.Read"], "environment": {"baselineScopes": "legacy"}}), "yes"),
        ("3.8", excluding(), json!({"application": SHAREPOINT, "scopes": ["Files.Read"]}), "application"),
        ("3.8", excluding(), json!({"application": "Microsoft Graph", "environment": {"baselineScopes": "legacy"}}), "unknown: scopes"),
        ("3.8", include(json!(["All"])), app("Microsoft Graph"), "yes"),
        ("3.9", apps(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})), action("registerSecurityInformation"), "yes"),
        ("3.9", apps(json!({"includeUserActions": ["urn:user:registerdevice"]})), action("registerSecurityInformation"), "userActions"),
        ("3.9", apps(json!({"includeUserActions": ["urn:user:accountrecovery"]})), action("accountRecovery"), "yes"),
        ("3.9", apps(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})), json!({}), "userActions"),
        ("3.9", include(json!([OWN_APP])), action("registerSecurityInformation"), "userActions"),
        ("3.10", include(json!(["All"])), action("registerSecurityInformation"), "yes"),
        ("3.10", include(json!(["All"])), action("registerOrJoinDevices"), "unknown: allResources"),
        ("3.10", include(json!(["All"])), action("accountRecovery"), "unknown: allResources"),
        ("3.11", include(json!(["All"])), laid(action("registerSecurityInformation"), &json!({"environment": {"userActionExclusions": ["registerSecurityInformation"]}})), "userActions"),
        ("3.11", include(json!(["All"])), laid(action("registerOrJoinDevices"), &json!({"environment": {"userActionExclusions": ["registerOrJoinDevices"]}})), "userActions"),
        ("3.11", include(json!(["All"])), laid(action("registerSecurityInformation"), &json!({"environment": {"userActionExclusions": [{"userAction": "registerSecurityInformation", "state": "report-only"}]}})), "yes"),
        ("3.11", include(json!(["All"])), laid(action("registerSecurityInformation"), &json!({"environment": {"userActionExclusions": [{"userAction": "registerSecurityInformation", "state": "disabled"}]}})), "yes"),
        ("3.12", apps(json!({"includeAuthenticationContextClassReferences": ["c1"]})), json!({"application": null, "applicationAttributes": null, "authenticationContext": "C1"}), "yes"),
        ("3.12", apps(json!({"includeAuthenticationContextClassReferences": ["Sensitive"]})), json!({"application": null, "applicationAttributes": null, "authenticationContext": "c1"}), "yes"),
        ("3.12", apps(json!({"includeAuthenticationContextClassReferences": ["c2"]})), json!({"application": null, "applicationAttributes": null, "authenticationContext": "c1"}), "authenticationContext"),
        ("3.12", apps(json!({"includeAuthenticationContextClassReferences": ["c1"]})), json!({}), "authenticationContext"),
        ("3.12", include(json!(["All"])), json!({"application": null, "applicationAttributes": null, "authenticationContext": "c1"}), "unknown: allResources"),
        ("3.12", include(json!([OWN_APP])), json!({"application": null, "applicationAttributes": null, "authenticationContext": "c1"}), "authenticationContext"),
        ("3.13", include(json!(["All"])), app("Windows Sign In"), "application"),
    ]
}

#[rustfmt::skip]
fn circumstances() -> Vec<Line> {
    let clients = |list: Value| json!({ "clientAppTypes": list });
    let known = || {
        json!([
            "android",
            "iOS",
            "windows",
            "windowsPhone",
            "macOS",
            "linux"
        ])
    };
    let flow = |flow: &str| json!({"authenticationFlow": {"transferMethod": flow}});
    let flows = |list: &str| json!({"authenticationFlows": {"transferMethods": list}});
    vec![
        ("4.1", json!({}), json!({}), "yes"),
        ("4.1", json!({"clientAppTypes": [], "platforms": {}, "locations": {}, "signInRiskLevels": [], "devices": {}, "authenticationFlows": {}}), json!({}), "yes"),
        ("4.2", clients(json!(["all"])), client("other"), "yes"),
        ("4.2", clients(json!(["browser", "mobileAppsAndDesktopClients"])), client("mobileAppsAndDesktopClients"), "yes"),
        ("4.2", clients(json!(["mobileAppsAndDesktopClients", "other"])), json!({}), "clientApps"),
        ("4.2", clients(json!(["other"])), client("other"), "yes"),
        ("4.2", clients(json!(["other"])), client("exchangeActiveSync"), "clientApps"),
        ("4.2", clients(json!(["exchangeActiveSync"])), client("exchangeActiveSync"), "yes"),
        ("4.2", clients(json!(["exchangeActiveSync"])), client("easSupported"), "yes"),
        ("4.2", clients(json!(["easSupported"])), laid(client("exchangeActiveSync"), &json!({"devicePlatform": "iOS"})), "yes"),
        ("4.2", clients(json!(["easSupported"])), laid(client("exchangeActiveSync"), &json!({"devicePlatform": "linux"})), "clientApps"),
        ("4.2", clients(json!(["easSupported"])), json!({"clientAppType": "exchangeActiveSync", "devicePlatform": null}), "unknown: devicePlatform"),
        ("4.2", clients(json!(["browser"])), json!({"clientAppType": null}), "unknown: clientAppType"),
        ("4.3", on(json!(["all"]), json!([])), json!({}), "yes"),
        ("4.3", on(json!(["android", "windows"]), json!([])), json!({}), "yes"),
        ("4.3", on(json!(["iOS"]), json!([])), json!({}), "devicePlatform"),
        ("4.3", on(json!(["all"]), json!(["windows"])), json!({}), "devicePlatform"),
        ("4.3", on(json!(["all"]), known()), json!({"devicePlatform": "unknown"}), "yes"),
        ("4.3", on(known(), json!([])), json!({"devicePlatform": "unknown"}), "devicePlatform"),
        ("4.3", on(json!(["all"]), json!(["iOS"])), json!({"devicePlatform": null}), "unknown: devicePlatform"),
        ("4.3", on(json!(["all"]), json!([])), json!({"devicePlatform": null}), "yes"),
        ("4.3", on(json!([]), json!(["iOS"])), json!({}), "unknown: conditions.platforms"),
        ("4.4", at(json!(["All"]), json!([])), json!({"ipAddress": null}), "yes"),
        ("4.4", at(json!(["All"]), json!(["AllTrusted"])), from("198.51.100.9"), "location"),
        ("4.4", at(json!(["All"]), json!(["AllTrusted"])), json!({}), "yes"),
        ("4.4", at(json!(["All"]), json!(["AllTrusted"])), json!({"ipAddress": null}), "unknown: ipAddress"),
        ("4.4", at(json!([]), json!(["AllTrusted"])), json!({}), "unknown: conditions.locations"),
        ("4.5", at(json!([OFFICE]), json!([])), from("198.51.100.0"), "yes"),
        ("4.5", at(json!(["Office"]), json!([])), from("198.51.100.255"), "yes"),
        ("4.5", at(json!(["Office"]), json!([])), from("198.51.101.0"), "location"),
        ("4.5", at(json!(["Office"]), json!([])), from("2001:db8:1:ffff::1"), "yes"),
        ("4.5", at(json!(["Office"]), json!([])), from("2001:db8:2::1"), "location"),
        ("4.5", at(json!(["Office"]), json!([])), from("::ffff:198.51.100.7"), "yes"),
        ("4.5", at(json!(["Branch"]), json!([])), from("192.0.2.127"), "location"),
        ("4.5", at(json!(["Branch"]), json!([])), from("192.0.2.128"), "yes"),
        ("4.5", at(json!(["Depot"]), json!([])), json!({}), "unknown: namedLocation"),
        ("4.6", at(json!(["Benelux"]), json!([])), json!({}), "yes"),
        ("4.6", at(json!(["Benelux"]), json!([])), json!({"country": "DE"}), "location"),
        ("4.6", at(json!(["Benelux"]), json!([])), json!({"country": "unknown"}), "location"),
        ("4.6", at(json!(["Nowhere"]), json!([])), json!({"country": "unknown"}), "yes"),
        ("4.6", at(json!(["Benelux"]), json!([])), json!({"country": null}), "unknown: country"),
        ("4.6", at(json!(["By phone"]), json!([])), json!({}), "unknown: gps"),
        ("4.7", at(json!(["All"]), json!(["Benelux"])), json!({}), "location"),
        ("4.7", at(json!(["Benelux"]), json!(["Office"])), from("198.51.100.1"), "location"),
        // Countries are never trusted, and untrusted ranges are not.
        ("4.7", at(json!(["AllTrusted"]), json!([])), from("192.0.2.200"), "location"),
        ("4.7", at(json!(["AllTrusted"]), json!([])), from("198.51.100.1"), "yes"),
        ("4.8", at(json!(["Global Secure Access"]), json!([])), json!({"compliantNetwork": true}), "yes"),
        ("4.8", at(json!(["All"]), json!(["Global Secure Access"])), json!({}), "yes"),
        ("4.8", at(json!(["All"]), json!(["Global Secure Access"])), json!({"compliantNetwork": null}), "unknown: compliantNetwork"),
        ("4.9", at(json!(["AllTrusted"]), json!([])), json!({"environment": {"mfaTrustedIps": ["203.0.113.0/24"]}}), "yes"),
        ("4.9", at(json!(["00000000-0000-0000-0000-000000000000"]), json!([])), json!({"environment": {"mfaTrustedIps": ["203.0.113.0/24"]}}), "yes"),
        ("4.9", at(json!(["00000000-0000-0000-0000-000000000000"]), json!([])), json!({"environment": {"mfaTrustedIps": []}}), "location"),
        ("4.9", at(json!(["00000000-0000-0000-0000-000000000000"]), json!([])), json!({}), "unknown: environment.mfaTrustedIps"),
        ("4.9", at(json!(["00000000-0000-0000-0000-000000000000"]), json!([])), from("2001:db8:9::1"), "location"),
        ("4.10", json!({"signInRiskLevels": ["high"]}), json!({"signInRiskLevel": "medium"}), "signInRisk"),
        ("4.10", json!({"signInRiskLevels": ["high", "medium"]}), json!({"signInRiskLevel": "medium"}), "yes"),
        ("4.10", json!({"signInRiskLevels": ["high"]}), json!({"signInRiskLevel": null}), "unknown: signInRiskLevel"),
        ("4.10", json!({"userRiskLevels": ["high"]}), json!({"userRiskLevel": "high"}), "yes"),
        ("4.10", json!({"userRiskLevels": ["low"]}), json!({"userRiskLevel": "high"}), "userRisk"),
        ("4.10", json!({"userRiskLevels": ["low"]}), json!({"userRiskLevel": null}), "unknown: userRiskLevel"),
        ("4.10", json!({"signInRiskLevels": ["none", "low", "medium", "high"]}), json!({"signInRiskLevel": null}), "yes"),
        ("4.11", json!({"signInRiskLevels": ["none"]}), json!({}), "yes"),
        ("4.11", json!({"signInRiskLevels": ["hidden"]}), json!({}), "signInRisk"),
        ("4.11", json!({"signInRiskLevels": ["low"]}), json!({"signInRiskLevel": "hidden"}), "unknown: signInRiskLevel"),
        ("4.12", laid(principals(json!({"includeServicePrincipals": ["job"]})), &json!({"servicePrincipalRiskLevels": ["medium", "high"]})), laid(principal(json!("job")), &json!({"servicePrincipalRiskLevel": "medium"})), "yes"),
        ("4.12", laid(principals(json!({"includeServicePrincipals": ["job"]})), &json!({"servicePrincipalRiskLevels": ["high"]})), laid(principal(json!("job")), &json!({"servicePrincipalRiskLevel": null})), "unknown: servicePrincipalRiskLevel"),
        ("4.12", json!({"servicePrincipalRiskLevels": ["none"]}), json!({}), "workloadIdentities"),
        ("4.13", json!({"insiderRiskLevels": "moderate,elevated"}), json!({"insiderRiskLevel": "elevated"}), "yes"),
        ("4.13", json!({"insiderRiskLevels": "moderate,elevated"}), json!({"insiderRiskLevel": "minor"}), "insiderRisk"),
        ("4.13", json!({"insiderRiskLevels": "minor"}), json!({}), "insiderRisk"),
        ("4.13", json!({"insiderRiskLevels": "minor"}), json!({"insiderRiskLevel": null}), "unknown: insiderRiskLevel"),
        ("4.14", flows("deviceCodeFlow"), flow("deviceCodeFlow"), "yes"),
        ("4.14", flows("deviceCodeFlow"), flow("authenticationTransfer"), "authenticationFlow"),
        ("4.14", flows("deviceCodeFlow,authenticationTransfer"), flow("authenticationTransfer"), "yes"),
        ("4.14", flows("deviceCodeFlow"), json!({}), "authenticationFlow"),
        ("4.14", flows("deviceCodeFlow"), json!({"authenticationFlow": null}), "unknown: authenticationFlow"),
        // The mark of the flow stays with the session.
        ("4.14", flows("deviceCodeFlow"), json!({"authenticationFlow": {"transferMethod": "none", "originalTransferMethod": "deviceCodeFlow"}}), "yes"),
        ("4.15", json!({"deviceStates": {"includeStates": ["All"]}}), json!({}), "unknown: conditions.deviceStates"),
        ("4.15", json!({"devices": {"includeDevices": ["All"]}}), json!({}), "unknown: conditions.devices"),
    ]
}

#[rustfmt::skip]
fn devices() -> Vec<Line> {
    let rule = |rule: &str| device("include", rule);
    let laptop = || {
        info(
            json!({"displayName": "LT-042", "isCompliant": false, "model": "Surface Pro",
        "trustType": "AzureAD", "physicalIds": ["[ZTDId]:1"], "systemLabels": [], "deviceOwnership": "Company",
        "extensionAttribute1": "SAW", "mdmAppId": null}),
        )
    };
    let not = "unregistered";
    let cases = [
        ("5.2", r#"device.displayName -eq "lt-042""#, "yes"),
        ("5.2", r#"device.displayName -ne "LT-042""#, "devices"),
        ("5.2", r#"device.displayName -startsWith "LT""#, "yes"),
        ("5.2", r#"device.displayName -notStartsWith "LT""#, "devices"),
        ("5.2", r#"device.displayName -endsWith "042""#, "yes"),
        ("5.2", r#"device.displayName -notEndsWith "042""#, "devices"),
        ("5.2", r#"device.model -contains "face""#, "yes"),
        ("5.2", r#"device.model -notContains "face""#, "devices"),
        ("5.2", r#"device.model -in ["Surface Pro", "Surface Go"]"#, "yes"),
        ("5.2", r#"device.model -notIn ["Surface Pro", "Surface Go"]"#, "devices"),
        ("5.2", r#"device.trustType -eq "AzureAD""#, "yes"),
        ("5.2", r#"device.trustType -eq "ServerAD""#, "devices"),
        ("5.2", r#"device.deviceOwnership -eq "Company""#, "yes"),
        ("5.2", "device.isCompliant -eq True", "devices"),
        ("5.2", "device.isCompliant -ne True", "yes"),
        ("5.2", "device.isCompliant -eq False", "yes"),
        ("5.3", r#"device.model -eq "x" -or device.trustType -eq "AzureAD" -and device.isCompliant -eq False"#, "yes"),
        ("5.3", r#"-not (device.model -startsWith "Surface")"#, "devices"),
        ("5.4", r#"device.physicalIds -contains "[ZTDId]:1""#, "yes"),
        ("5.4", r#"device.physicalIds -contains "[ZTDId]""#, "devices"),
        ("5.4", r#"device.systemLabels -contains "CloudPC""#, "devices"),
        ("5.4", r#"device.systemLabels -notContains "CloudPC""#, "yes"),
        ("5.6", "device.mdmAppId -eq null", "yes"),
        ("5.6", "device.mdmAppId -ne null", "devices"),
        ("5.6", "device.model -ne null", "yes"),
        ("5.7", r#"device.operatingSystem -eq "Windows""#, "unknown: deviceInfo.operatingSystem"),
        ("5.7", r#"device.operatingSystem -eq "Windows" -or device.isCompliant -eq False"#, "yes"),
        ("5.7", r#"device.operatingSystem -eq "Windows" -and device.isCompliant -eq True"#, "devices"),
        ("5.7", r#"device.colour -eq "red""#, "unknown: conditions.devices"),
        ("5.7", "device.isCompliant equals true", "unknown: conditions.devices"),
        // Of a device that is neither managed nor compliant nor hybrid joined.
        ("5.8", r#"device.extensionAttribute2 -eq "x""#, "devices"),
        ("5.8", r#"device.extensionAttribute1 -eq "SAW""#, "yes"),
    ];
    let mut lines: Vec<Line> = Vec::new();
    for (number, text, told) in cases {
        lines.push((number, rule(text), laptop(), told));
    }
    // A device that the tenant does not know: nothing positive holds of it, all that is negative.
    let nothing = [
        r#"device.model -eq "x""#,
        r#"device.model -startsWith "x""#,
        r#"device.model -endsWith "x""#,
        r#"device.model -contains "x""#,
        r#"device.model -in ["x"]"#,
        "device.isCompliant -eq True",
        r#"device.physicalIds -contains "x""#,
    ];
    let all = [
        r#"device.model -ne "x""#,
        r#"device.model -notStartsWith "x""#,
        r#"device.model -notEndsWith "x""#,
        r#"device.model -notContains "x""#,
        r#"device.model -notIn ["x"]"#,
        "device.isCompliant -ne True",
        r#"device.physicalIds -notContains "x""#,
    ];
    for text in nothing {
        lines.push(("5.5", rule(text), info(json!(not)), "devices"));
        lines.push(("5.5", device("exclude", text), info(json!(not)), "yes"));
    }
    for text in all {
        lines.push(("5.5", rule(text), info(json!(not)), "yes"));
        lines.push(("5.5", device("exclude", text), info(json!(not)), "devices"));
    }
    let managed = r#"device.isCompliant -eq True -or device.trustType -eq "ServerAD""#;
    lines.extend([
        ("5.1", rule(managed), info(json!({"isCompliant": true})), "yes"),
        ("5.1", device("exclude", managed), info(json!({"isCompliant": true})), "devices"),
        ("5.1", device("exclude", managed), info(json!({"isCompliant": false, "trustType": "ServerAD"})), "devices"),
        ("5.1", device("exclude", managed), info(json!({"isCompliant": false, "trustType": "AzureAD"})), "yes"),
        ("5.1", device("exclude", managed), info(json!({"isCompliant": false})), "unknown: deviceInfo.trustType"),
        ("5.1", rule(managed), json!({"deviceInfo": null}), "unknown: deviceInfo.isCompliant, deviceInfo.trustType"),
    ]);
    lines
}

#[rustfmt::skip]
fn not_given() -> Vec<Line> {
    let nothing = || {
        json!({"user": null, "application": null, "applicationAttributes": null, "userRiskLevel": null,
            "insiderRiskLevel": null})
    };
    vec![
        // What is not stated is unknown, where the what-if API takes it for what does not match.
        ("6.1", json!({"signInRiskLevels": ["high"], "locations": {"includeLocations": ["Office"]}}), json!({"signInRiskLevel": null, "ipAddress": null}), "unknown: ipAddress, signInRiskLevel"),
        ("6.1", json!({"signInRiskLevels": ["high"], "clientAppTypes": ["other"]}), json!({"signInRiskLevel": null}), "clientApps"),
        ("6.1", json!({}), nothing(), "unknown: user, application"),
        ("6.1", users(json!({"includeUsers": ["None"]})), nothing(), "users"),
        ("6.1", include(json!(["None"])), nothing(), "application"),
        ("6.2", json!({}), json!({}), "yes"),
    ]
}

#[test]
fn each_line_says_what_it_says() {
    let world = contoso();
    let lines = [
        together(),
        who(),
        what_for(),
        circumstances(),
        devices(),
        not_given(),
    ];
    let mut wrong = Vec::new();
    for (number, conditions, changes, told) in lines.iter().flatten() {
        let found = says(&world, conditions, &sign_in(changes));
        if found != *told {
            wrong.push(format!(
                "{number}: {conditions} {changes}: {found}, not {told}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every line of the page that speaks of a match has a test here, and the other way round.
#[test]
fn the_page_and_the_tests_have_the_same_lines() {
    let page = include_str!("../../../docs/whatif.md");
    let is_number = |text: &&str| {
        text.split_once('.')
            .is_some_and(|(a, b)| [a, b].iter().all(|part| part.parse::<u8>().is_ok()))
    };
    let told: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(is_number)
        .collect();
    let lines = [
        together(),
        who(),
        what_for(),
        circumstances(),
        devices(),
        not_given(),
    ];
    let matches = lines.iter().flatten().map(|(number, ..)| *number);
    let tested: BTreeSet<&str> = matches.chain(answers::NUMBERS.iter().copied()).collect();
    assert_eq!(told, tested);
}
