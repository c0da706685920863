//! The rules of Microsoft Graph, of the directory behind it and of a tenant: what the service
//! refuses, ignores or does otherwise than one expects.

use super::row::rows;

rows! {
/// A rule of Microsoft Graph.
pub enum Graph {

// Policies: what each consists of.

CaR01 = "CA-R01": "a policy has a display name, a state and conditions" [Error]
    Documented "create conditionalAccessPolicy; answer 400, 1007"
    why "The service accepts no policy without them, and gatewright assumes none: nobody wants \
        a policy that is enabled because a line was forgotten."
    fix "Add what is missing. `state` is `enabled`, `disabled` or `enabledForReportingButNotEnforced`."
    example Validate before "state: null" after "state: enabledForReportingButNotEnforced"

CaR02 = "CA-R02": "a policy says which resources it applies to" [Error]
    Documented "conditionalAccessApplications; answer 400, 1011 (CIPP, issue 5200)"
    why "There must be an included application, a user action or an authentication context. `None` counts, \
        and so does an application filter with mode `include`."
    fix "Include something: `[All]`, applications, `includeUserActions`, or \
        `includeAuthenticationContextClassReferences`."
    example Validate
        before "conditions: { applications: { includeApplications: [] } }"
        after "conditions: { applications: { includeApplications: [Office365] } }"

CaR03 = "CA-R03": "a policy says whom it applies to" [Error]
    Documented "conditionalAccessUsers; answer 400"
    why "A policy needs users, groups, roles or guests that it includes (`None` counts), or workload \
        identities. Exclusions by themselves include nobody."
    fix "Add `includeUsers`, `includeGroups`, `includeRoles` or `includeGuestsOrExternalUsers`."
    example Validate
        before "conditions: { users: { includeUsers: [] } }"
        after "conditions: { users: { includeGroups: [Finance] } }"

CaR04 = "CA-R04": "a policy requires something, or has a session control that is enabled" [Error, Warning]
    Documented "conditionalAccessPolicy; answer 400. That disabled controls are not stored: code of the azuread provider"
    why "A policy without any effect is refused. A session control with `isEnabled: false` does \
        not count, and the service drops the rest of it: that is a warning if there \
        is another control."
    fix "Say what the policy does, or remove it."
    example Validate
        before "grantControls: { operator: OR, builtInControls: [] }"
        after "grantControls: { operator: OR, builtInControls: [compliantDevice] }"

CaR05 = "CA-R05": "members and values are those of the schema, in its letter case" [Error]
    Documented "schema of Graph; answer 400, 1007 (terraform-provider-msgraph 63, azuread 730)"
    why "One unknown member makes the service refuse the whole policy. `unknownFutureValue` stands \
        for a value that is too new for the caller, and cannot be sent."
    fix "Correct the spelling; the finding suggests similar ones."
    example Validate before "state: report-only" after "state: enabledForReportingButNotEnforced"

CaR06 = "CA-R06": "`clientAppTypes` is not an empty list" [Error]
    Reported "issues of providers; answer 400, 1064"
    why "If it is absent, every type of client is meant. An empty list is refused."
    fix "Remove the line, or write `[all]`."
    example Validate
        before "conditions: { clientAppTypes: [] }"
        after "conditions: { clientAppTypes: [all] }"

CaR07 = "CA-R07": "`all` is the only entry of `clientAppTypes`" [Warning]
    Unverified "it is not known whether the service refuses it"
    why "Next to `all` the other types mean nothing, so one of the two is not intended."
    fix "Keep `all`, or the intended types."
    example Validate
        before "conditions: { clientAppTypes: [all, browser] }"
        after "conditions: { clientAppTypes: [browser] }"

CaR08 = "CA-R08": "`All` and `None` are the only entry of their list" [Warning]
    Seen "tenants have policies with `All` together with groups and roles; a Microsoft template has `None` together with roles; a provider refuses the rest itself"
    why "`All` covers the other entries, and `None` adds nobody to them: whoever wrote both meant one of \
        them. The service accepts both. In a list of exclusions, `All` leaves nothing to apply to."
    fix "Keep only the special value, or only the others."
    example Validate
        before "conditions: { users: { includeUsers: [All, anna@contoso.com] } }"
        after "conditions: { users: { includeUsers: [anna@contoso.com] } }"

CaR09 = "CA-R09": "`All` is not a group or a role" [Error]
    Seen "answer 400, 1102 with the value named (graph-docs 20750, azuread 686)"
    why "The documentation lists `All` for roles, and the service refuses it."
    fix "Name the groups or roles, or write `includeUsers: [All]`."
    example Validate
        before "conditions: { users: { includeUsers: [], includeRoles: [All] } }"
        after "conditions: { users: { includeUsers: [], includeRoles: [Global Administrator] } }"

CaR10 = "CA-R10": "the operator of the grant controls is `AND` or `OR`" [Error]
    Reported "code of providers; exported policies"
    why "It says whether all requirements are needed, or one of them. The service stores a single requirement as `OR`, \
        which gatewright does not treat as a difference."
    fix "Write `AND` or `OR`."
    example Validate
        before "grantControls: { operator: null, builtInControls: [mfa, compliantDevice] }"
        after "grantControls: { operator: OR, builtInControls: [mfa, compliantDevice] }"

CaR11 = "CA-R11": "a display name has at most 256 characters, as the directory counts them" [Warning]
    Unverified "the limit is that of other objects of the directory"
    why "The directory counts UTF-16 code units: an emoji is two."
    fix "Shorten the name."
    example Nothing
        before "a name of 200 emojis: 200 characters, 400 units of UTF-16"
        after "a name of at most 256 UTF-16 code units"

CaR12 = "CA-R12": "display names of policies need not be unique" []
    Reported "code of providers and tools, which find several policies of one name"
    why "The service accepts a second policy with the same name. gatewright identifies objects by name, and does \
        not guess: pin two policies of the same name by `id`."
    fix "Give each policy a name of its own."
    example Nothing before "two policies of one name in a tenant" after "the same, each with `id` in its manifest"

// Users and workload identities.

CaR20 = "CA-R20": "a policy is for users or for workload identities" [Error]
    Documented "Conditional Access for workload identities; exported policies"
    why "With `clientApplications`, the users are `[None]`, and conditions that only apply to \
        people (user and sign-in risk, authentication flows, insider risk) are not allowed."
    fix "Write `includeUsers: [None]` and nothing else in `users`, or remove `clientApplications`."
    example Validate
        before "\
conditions:
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
grantControls: { operator: OR, builtInControls: [block] }"

CaR21 = "CA-R21": "workload identities are the tenant's own service principals" [Error]
    Documented "Conditional Access for workload identities"
    why "Other organisations' applications and managed identities are out of its reach, so there is no `All`."
    fix "Write `ServicePrincipalsInMyTenant`, or name service principals."
    example Validate
        before "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeServicePrincipals: [All] }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
grantControls: { operator: OR, builtInControls: [block] }"

CaR22 = "CA-R22": "a policy on workload identities blocks, by location or by risk" [Error]
    Documented "Conditional Access for workload identities"
    why "A program cannot fulfil a requirement, and has no device, client or user action. Service principal \
        risk is a condition only for service principals."
    fix "Write `builtInControls: [block]`, with `locations` or `servicePrincipalRiskLevels`."
    example Validate
        before "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
grantControls: { operator: OR, builtInControls: [mfa] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
  servicePrincipalRiskLevels: [high]
grantControls: { operator: OR, builtInControls: [block] }"

CaR24 = "CA-R24": "excluded service principals need included ones" [Warning]
    Reported "documentation and code of the azuread provider"
    why "A policy with only exclusions applies to nobody. It is not known whether the service refuses it."
    fix "Add `includeServicePrincipals`, for example `[ServicePrincipalsInMyTenant]`."
    example Validate
        before "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { excludeServicePrincipals: [Backup] }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications:
    includeServicePrincipals: [ServicePrincipalsInMyTenant]
    excludeServicePrincipals: [Backup]
grantControls: { operator: OR, builtInControls: [block] }"

CaR25 = "CA-R25": "excluded workload identities are named one by one" [Error]
    Documented "conditionalAccessClientApplications: object ids of service principals"
    why "An exclusion is a service principal: neither a special value nor an application id."
    fix "Name the service principals."
    example Validate
        before "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications:
    includeServicePrincipals: [ServicePrincipalsInMyTenant]
    excludeServicePrincipals: [ServicePrincipalsInMyTenant]
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications:
    includeServicePrincipals: [ServicePrincipalsInMyTenant]
    excludeServicePrincipals: [Backup]
grantControls: { operator: OR, builtInControls: [block] }"

CaR26 = "CA-R26": "roles are built-in roles" [Error]
    Documented "Conditional Access: users and groups"
    why "A policy has no effect on custom roles, or on roles assigned for an administrative \
        unit or a single object."
    fix "Name a built-in role, or a group of the users with the custom role."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "conditions: { users: { includeUsers: [], includeRoles: [0b3f6c1e-58a5-4b8f-9d3c-6a2f0d7f9e11] } }"
        after "conditions: { users: { includeUsers: [], includeRoles: [Global Reader] } }"

CaR27 = "CA-R27": "guests are named by kind, and their tenants by id" [Warning, Error]
    Reported "code of providers; a Microsoft template has `externalTenants: null`, and public files have no members"
    why "`members` belongs to `membershipKind: enumerated`; with the other type it is refused. \
        Without `externalTenants`, all tenants are meant. An empty `members`, no type, or `none` \
        among the types matches nobody."
    fix "Name the types of guests; with `enumerated`, list tenant ids in `members`."
    example Validate
        before "\
conditions:
  users:
    includeUsers: []
    includeGuestsOrExternalUsers:
      guestOrExternalUserTypes: [b2bCollaborationGuest]
      externalTenants: { membershipKind: enumerated }"
        after "\
conditions:
  users:
    includeUsers: []
    includeGuestsOrExternalUsers:
      guestOrExternalUserTypes: [b2bCollaborationGuest]
      externalTenants: { membershipKind: all }"

CaR28 = "CA-R28": "guests are named in the old form or in the new one" [Error]
    Seen "answer 400 to an update, naming both forms (azuread 1196)"
    why "`GuestsOrExternalUsers` among the users is the old form of `includeGuestsOrExternalUsers`. \
        Both in one policy are refused. A plan treats the two forms as the \
        same value."
    fix "Keep the new form."
    example Validate
        before "\
conditions:
  users:
    includeUsers: [GuestsOrExternalUsers]
    includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [internalGuest], externalTenants: { membershipKind: all } }"
        after "\
conditions:
  users:
    includeUsers: []
    includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [internalGuest], externalTenants: { membershipKind: all } }"

CaR29 = "CA-R29": "an authentication context is for users or for workload identities" [Error]
    Documented "Conditional Access for workload identities"
    why "One policy with both is refused as in CA-R20; the message mentions the context."
    fix "Write two policies."
    example Validate
        before "\
conditions:
  applications: { includeApplications: null, includeAuthenticationContextClassReferences: [c1] }
  clientApplications: { includeServicePrincipals: [ServicePrincipalsInMyTenant] }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  applications: { includeApplications: null, includeAuthenticationContextClassReferences: [c1] }
grantControls: { operator: OR, builtInControls: [block] }"

CaR30 = "CA-R30": "agents are blocked, or targeted as a whole" [Warning]
    Documented "Conditional Access for agent identities (beta); policies in tenants of 2026"
    why "Agent identities cannot fulfil a requirement. Agent users have one scope, `All`, in a \
        policy without other users. Agent risk is a condition only for agents."
    fix "Write `block` for agent identities, and `includeUsers: [None]`."
    example Validate
        before "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeAgentIdServicePrincipals: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }"
        after "\
conditions:
  users: { includeUsers: [None], excludeGroups: null }
  clientApplications: { includeAgentIdServicePrincipals: [All] }
grantControls: { operator: OR, builtInControls: [block] }"

// Resources.

CaR40 = "CA-R40": "applications, user actions and authentication contexts cannot be combined" [Error, Warning]
    Seen "answer 400, 1012 (ModernWorkplaceConcierge 50, azuread 774)"
    why "A policy is about one of the three. Excluded applications have no effect in a policy on actions or \
        contexts: that is a warning."
    fix "Write one policy for each."
    example Validate
        before "conditions: { applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }"
        after "conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] } }"

CaR41 = "CA-R41": "an application has a service principal in the tenant" [Error]
    Reported "issues of providers; answer 400, 1034"
    why "A policy names an application by its app id (client id), and the service looks for the \
        service principal. An object id is not found either."
    fix "Add the application to the tenant first (`az ad sp create --id APP_ID`), or correct the id."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "conditions: { applications: { includeApplications: [2f1a7a54-0d3c-4f0e-9a43-2f7e6a1f3c55] } }"
        after "conditions: { applications: { includeApplications: [Office365] } }"

CaR42 = "CA-R42": "policies do not target client applications" []
    Documented "Conditional Access: target resources"
    why "A policy is about the resource that is accessed, not the client: public and native clients cannot be named, and \
        some of Microsoft's own applications are only covered by `All`."
    fix "Name the application that is accessed, or write `All`."
    example Nothing before "a policy for a mobile app" after "a policy for the service that the app accesses"

CaR43 = "CA-R43": "Microsoft Graph cannot be targeted on its own" [Warning]
    Documented "Conditional Access: target resources"
    why "It is accessed through other applications, whose policies decide."
    fix "Name the applications that call it, or write `All`."
    example Validate
        before "conditions: { applications: { includeApplications: [Microsoft Graph] } }"
        after "conditions: { applications: { includeApplications: [All] } }"

CaR44 = "CA-R44": "registering a device supports `mfa` or a strength, and few conditions" [Warning]
    Documented "Conditional Access: user actions; no refusal was seen"
    why "While a device is being registered, there is no device and no client to check, so other controls \
        cannot be fulfilled. It is not known whether the service refuses them. The tenant's own setting for MFA on joining must be off."
    fix "Require `mfa` or an authentication strength; remove client types and device conditions."
    example Validate
        before "\
conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registerdevice'] } }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"
        after "\
conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registerdevice'] } }
grantControls: { operator: OR, builtInControls: [mfa] }"

CaR45 = "CA-R45": "guests register security information at home" []
    Documented "Conditional Access: user actions"
    why "If it needs MFA, guests with a Microsoft account must register in this tenant, and guests \
        of other providers are blocked. See the advice `guests-cannot-register`."
    fix "Exclude guests from such a policy."
    example Nothing
        before "conditions: { applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }, for all users"
        after "the same, with `excludeUsers: [GuestsOrExternalUsers]`"

CaR46 = "CA-R46": "policies on user actions report nothing in report-only mode" [Warning]
    Documented "report-only mode; azure-docs 77464"
    why "The service stores such a policy and does not evaluate it: results \
        never appear."
    fix "Try it on a small group with `state: enabled`."
    example Validate
        before "\
state: enabledForReportingButNotEnforced
conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] } }"
        after "\
conditions:
  applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] }
  users: { includeUsers: [], includeGroups: [Pilot] }"

CaR47 = "CA-R47": "an authentication context that a policy names is published" [Warning]
    Documented "authenticationContextClassReference; that a context was deleted while policies named it is reported (maester 997)"
    why "A policy can name a context that is not published yet, or was deleted: it then does nothing. \
        The service accepts and keeps such a policy."
    fix "Write `isAvailable: true` in the context's manifest, or remove the context from the policy."
    example Plan
        given "\
kind: AuthenticationContext
id: c7
displayName: Sensitive data
---
kind: Group
displayName: CA-BreakGlass"
        before "\
conditions: { applications: { includeApplications: null, includeAuthenticationContextClassReferences: [c7] } }"
        after "\
conditions: { applications: { includeApplications: [All] } }"

CaR48 = "CA-R48": "an application filter selects applications by custom security attributes" [Warning, Error]
    Seen "the service accepts a filter together with `All` and ignores it (azuread 1882); what the portal offers; documentation"
    why "With an including filter and `All`, the policy applies to every application, whatever \
        the filter says: with a block, everything is blocked. The portal does offer a filter that \
        excludes applications from `All`. The rule is about attributes of type string; a blank rule is an error."
    fix "Remove the special value or the filter. Write rules like \
        `CustomSecurityAttribute.Set_Name -contains \"value\"`."
    example Validate
        before "\
conditions:
  applications:
    includeApplications: [All]
    applicationFilter: { mode: include, rule: 'CustomSecurityAttribute.App_Tier -eq \"0\"' }"
        after "\
conditions:
  applications:
    includeApplications: []
    applicationFilter: { mode: include, rule: 'CustomSecurityAttribute.App_Tier -eq \"0\"' }"

CaR49 = "CA-R49": "a block of all users on all resources excludes somebody" [Warning]
    Documented "planning a Conditional Access deployment"
    why "The service accepts a policy that locks everybody out, its author included. The guard \
        `block-all` checks more and refuses."
    fix "Exclude break-glass accounts, narrow the policy, or start in report-only."
    example Validate
        before "\
conditions: { users: { excludeGroups: null } }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions: { clientAppTypes: [exchangeActiveSync, other] }
grantControls: { operator: OR, builtInControls: [block] }"

CaR50 = "CA-R50": "user actions are those that are documented" [Warning]
    Documented "conditionalAccessApplications; `urn:user:accountrecovery` is in a Microsoft template and in beta settings"
    why "The list may grow, so the service decides. Account recovery is in preview: beta knows it, v1.0 \
        may."
    fix "Correct the spelling; the finding suggests similar ones."
    example Validate
        before "conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurity'] } }"
        after "conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] } }"

// Conditions.

CaR60 = "CA-R60": "levels of risk are those that a sign-in can have" [Warning]
    Documented "riskLevel; that `hidden` never matches is unverified"
    why "`hidden` is shown to tenants without the licence (risk needs Entra ID P2). A condition with \
        every level leaves nothing out."
    fix "Name the intended levels."
    example Validate
        before "conditions: { signInRiskLevels: [high, hidden] }"
        after "conditions: { signInRiskLevels: [high, medium] }"

CaR61 = "CA-R61": "Exchange ActiveSync supports little: users, groups, platforms, Exchange Online" [Warning]
    Documented "Conditional Access: conditions; many policies in tenants ignore this"
    why "The service accepts more, but with other effects: with roles, guests or all users, everyone becomes \
        subject to the policy, and MFA and terms of use mean `block`. A policy that blocks does what it says."
    fix "Block it, or name users or groups, Exchange Online, and require a compliant device."
    example Validate
        before "conditions: { clientAppTypes: [exchangeActiveSync], applications: { includeApplications: [Office365] } }"
        after "\
conditions:
  clientAppTypes: [exchangeActiveSync]
  applications: { includeApplications: [Office 365 Exchange Online] }
  users: { includeUsers: [], includeGroups: [Mobile users] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"

CaR62 = "CA-R62": "`platforms` includes at least one" [Warning]
    Reported "code of providers; Graph itself answers null for an empty condition; documentation of `all`"
    why "Without an included platform there is no condition: a block then applies to every platform. `all` \
        together with others means the same as `all`, and if all of them are excluded, nothing is left."
    fix "Add `includePlatforms`, or remove `platforms`. To target unknown platforms, include `all` and \
        exclude the known ones."
    example Validate
        before "conditions: { platforms: { excludePlatforms: [windows] } }"
        after "conditions: { platforms: { includePlatforms: [all], excludePlatforms: [windows] } }"

CaR63 = "CA-R63": "`locations` includes at least one, and never excludes all" [Warning]
    Reported "code of providers; Graph itself answers null for an empty condition"
    why "Without an included location there is no condition, and a block by country blocks everywhere. \
        Excluding `All` leaves nothing."
    fix "Add `includeLocations`, for example `[All]`; exclude `AllTrusted` or locations by name."
    example Validate
        before "conditions: { locations: { excludeLocations: [AllTrusted] } }"
        after "conditions: { locations: { includeLocations: [All], excludeLocations: [AllTrusted] } }"

CaR64 = "CA-R64": "a named location that a policy names exists" []
    Reported "code of providers; answer 400, 1040"
    why "A location that was just created may not be visible yet; gatewright waits for it. One that does not exist \
        is an error of the plan (`unresolved-reference`), unless the live policy already has its id."
    fix "Correct the name, or write a manifest for the location."
    example Nothing before "`excludeLocations: [Offices]`, and no such location" after "the same, with a manifest for `Offices`"

CaR64b = "CA-R64b": "a group that a policy names exists" []
    Seen "answer 400, 1054 with the id (CIPP, issue 3614)"
    why "As for locations (CA-R64)."
    fix "Correct the name, or write a manifest for the group."
    example Nothing before "`excludeGroups: [Pilot]`, and no such group" after "the same, with a manifest for `Pilot`"

CaR65 = "CA-R65": "a device filter is a rule of documented attributes, at most 3072 characters long" [Error, Warning, Hint]
    Documented "Conditional Access: filter for devices"
    why "What cannot be parsed is refused, and so is a filter together with the old device states. \
        Attributes, operators and values that are not documented are warnings, because the list grows. \
        `device.systemLabels -eq \"CloudPC\"` is a hint: it is not in the table, but in an example."
    fix "Correct the rule at the place that the finding names."
    more "\
| attribute | operators |
| --- | --- |
| `deviceId`, `mdmAppId` | `-eq` `-ne` `-in` `-notIn` |
| `displayName`, `enrollmentProfileName`, `manufacturer`, `model`, `operatingSystem`, `operatingSystemVersion`, `extensionAttribute1` to `extensionAttribute15` | all |
| `deviceOwnership`, `isCompliant`, `profileType`, `trustType` | `-eq` `-ne` |
| `physicalIds`, `systemLabels` | `-contains` `-notContains` |

A device that is not registered has none of them: positive operators are false for it, negative ones true."
    example Validate
        before "conditions: { devices: { deviceFilter: { mode: exclude, rule: device.trustType -eq ServerAD } } }"
        after "conditions: { devices: { deviceFilter: { mode: exclude, rule: 'device.trustType -eq \"ServerAD\"' } } }"

CaR66 = "CA-R66": "controls on client apps need a platform that supports them" [Warning]
    Documented "Conditional Access: grant controls"
    why "macOS and Linux support neither `compliantApplication` nor `approvedApplication`; the latter \
        is only for iOS and Android. On other platforms the control means `block`."
    fix "Remove the platform, or offer another control with `operator: OR`."
    example Validate
        before "\
conditions: { platforms: { includePlatforms: [iOS, macOS] } }
grantControls: { operator: OR, builtInControls: [compliantApplication] }"
        after "\
conditions: { platforms: { includePlatforms: [iOS, macOS] } }
grantControls: { operator: OR, builtInControls: [compliantApplication, compliantDevice] }"

CaR67 = "CA-R67": "insider risk names a level" [Warning]
    Documented "schema of Graph; an empty list is sent as no condition"
    why "The levels are `minor`, `moderate` and `elevated`. They come from Adaptive Protection of \
        Microsoft Purview."
    fix "Name levels, or remove `insiderRiskLevels`."
    example Validate
        before "conditions: { insiderRiskLevels: [] }"
        after "conditions: { insiderRiskLevels: [elevated] }"

CaR68 = "CA-R68": "authentication flows are named, and nothing is required that they cannot show" [Warning]
    Documented "Conditional Access: authentication flows"
    why "With device code flow, the device that signs in is not the one that is checked, so its \
        state cannot be shown: such a control means `block`. \
        Without a flow there is no condition."
    fix "Name `deviceCodeFlow` or `authenticationTransfer`; block, or require `mfa`."
    example Validate
        before "\
conditions: { authenticationFlows: { transferMethods: [deviceCodeFlow] } }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"
        after "\
conditions: { authenticationFlows: { transferMethods: [deviceCodeFlow] } }
grantControls: { operator: OR, builtInControls: [block] }"

CaR69 = "CA-R69": "GPS locations prompt people, also in report-only" []
    Documented "Conditional Access: network"
    why "The Authenticator app asks for the location every hour, and passwordless sign-ins \
        cannot provide it. See the advice `gps-location`."
    fix "Try such a policy on a small group."
    example Nothing
        before "a policy in report-only, with a location of `countryLookupMethod: authenticatorAppGps`"
        after "the same for a pilot group, or with `clientIpAddress`"

CaR70 = "CA-R70": "the risk of the user and of the sign-in must both match" [Warning]
    Documented "Conditional Access: conditions on risk"
    why "Conditions are joined by AND. Such a policy does not apply to a high-risk sign-in of a user \
        without risk."
    fix "Write two policies, one for each kind of risk."
    example Validate
        before "conditions: { userRiskLevels: [high], signInRiskLevels: [high] }"
        after "conditions: { signInRiskLevels: [high] }"

CaCloud = "CA-CLOUD": "a policy uses only what its cloud has" [Error, Warning]
    Documented "Microsoft's v1.0 schemas of each cloud; no refusal was seen"
    why "The China cloud has no identity protection and no authentication strengths in policies; the US \
        Government clouds lack single values. It is checked if the tenant's entry names the cloud."
    fix "Leave it out, or keep the policy in a project for tenants in other clouds."
    example Validate
        before "\
# gatewright.yaml
tenants:
  cn: { tenantId: 11111111-2222-3333-4444-555555555555, cloud: china }
---
conditions: { signInRiskLevels: [high] }"
        after "\
# gatewright.yaml
tenants:
  cn: { tenantId: 11111111-2222-3333-4444-555555555555, cloud: china }
---
conditions: { clientAppTypes: [browser] }"

// Grant controls.

CaR80 = "CA-R80": "`block` is the only control" [Error]
    Documented "the portal offers nothing else with it; answer 400, 1032 is expected"
    why "A blocked user cannot fulfil anything."
    fix "Keep `block`, or the other controls."
    example Validate
        before "grantControls: { operator: OR, builtInControls: [mfa, block] }"
        after "grantControls: { operator: OR, builtInControls: [block] }"

CaR81 = "CA-R81": "an authentication strength replaces `mfa`" [Error]
    Documented "answer 400, 1108 (Microsoft365DSC 6218)"
    why "A strength says which methods count as MFA; both together are refused."
    fix "Keep one. The strength `Multifactor authentication` means what `mfa` means."
    example Validate
        before "grantControls: { operator: AND, builtInControls: [mfa], authenticationStrength: Phishing-resistant MFA }"
        after "grantControls: { operator: OR, builtInControls: [], authenticationStrength: Phishing-resistant MFA }"

CaR82 = "CA-R82": "`passwordChange` is combined with `mfa` or a strength by `AND`, and with nothing else" [Error]
    Documented "Conditional Access: grant controls; answer 400, 1032"
    why "A new password only helps if it is set by someone who passed a second factor."
    fix "Write `operator: AND` and `builtInControls: [mfa, passwordChange]`."
    example Validate
        before "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: OR, builtInControls: [mfa, passwordChange] }"
        after "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }"

CaR83 = "CA-R83": "`passwordChange` is for user risk, on all resources, without other conditions" [Error]
    Documented "Conditional Access: grant controls; answer 400, 1032"
    why "It is the remedy for a user at risk, and the service accepts it for nothing else. Client types \
        other than `all` count as a condition."
    fix "Set `userRiskLevels` and `includeApplications: [All]`, and remove the rest."
    example Validate
        before "\
conditions: { userRiskLevels: [high], clientAppTypes: [browser] }
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }"
        after "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }"

CaR84 = "CA-R84": "`passwordChange` brings its own sign-in frequency" [Error]
    Reported "azuread 1225, msgraph-metadata 647; policies in tenants"
    why "It is `everyTime`. Any other is refused, and so is a persistent browser session. Policies from 2021 \
        and 2022 have none at all."
    fix "Remove `signInFrequency`, or write `frequencyInterval: everyTime`."
    example Validate
        before "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }
sessionControls: { signInFrequency: { value: 4, type: hours } }"
        after "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }
sessionControls: { signInFrequency: { frequencyInterval: everyTime } }"

CaR85 = "CA-R85": "`riskRemediation` is for user risk, with a strength and `AND`" [Warning]
    Documented "Conditional Access: grant controls; policies in tenants of 2026"
    why "Without `userRiskLevels` there is nothing to remediate. The service itself adds an authentication \
        strength and a sign-in every time, so anything else differs from what is stored."
    fix "Add `userRiskLevels`, for example `[high]`, and write `operator: AND` without another control."
    example Validate
        before "grantControls: { operator: AND, builtInControls: [riskRemediation], authenticationStrength: Multifactor authentication }"
        after "\
conditions: { userRiskLevels: [high] }
grantControls: { operator: AND, builtInControls: [riskRemediation], authenticationStrength: Multifactor authentication }"

CaR86 = "CA-R86": "`approvedApplication` has retired" [Warning]
    Documented "Conditional Access: grant controls"
    why "Since March 2026 no policy should depend on it. It is not known what the service does with one \
        that does."
    fix "Offer `compliantApplication` as an alternative with `OR`, or require only that."
    example Validate
        before "grantControls: { operator: OR, builtInControls: [approvedApplication] }"
        after "grantControls: { operator: OR, builtInControls: [approvedApplication, compliantApplication] }"

CaR87 = "CA-R87": "only Windows devices are joined to a domain" [Warning]
    Documented "Conditional Access: grant controls"
    why "On other platforms `domainJoinedDevice` means `block`."
    fix "Use `compliantDevice`, or include `windows`."
    example Validate
        before "\
conditions: { platforms: { includePlatforms: [macOS] } }
grantControls: { operator: OR, builtInControls: [domainJoinedDevice] }"
        after "\
conditions: { platforms: { includePlatforms: [macOS] } }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"

CaR88 = "CA-R88": "terms of use are agreements of the tenant" []
    Documented "agreement; 40 agreements a tenant; answer 400 is expected"
    why "An agreement is created in the portal and named here. One that does not exist is an error of the plan \
        (`unresolved-reference`)."
    fix "Correct the name, or create the agreement first."
    example Nothing before "`termsOfUse: [Guests]`, and no such agreement" after "the same, where the agreement exists"

CaR89 = "CA-R89": "the built-in strengths have well-known ids" [Warning]
    Documented "built-in authentication strengths; their names differ by tenant and time"
    why "They are identified by their ids, and every spelling of their names is accepted (`Multi-factor \
        authentication`, `Phishing resistant MFA`). Ids that begin with zeros are Microsoft's; an unknown \
        one is likely a mistake."
    fix "Name the strength."
    example Validate
        before "grantControls: { builtInControls: [], authenticationStrength: 00000000-0000-0000-0000-000000000009 }"
        after "grantControls: { builtInControls: [], authenticationStrength: Phishing-resistant MFA }"

CaR90 = "CA-R90": "custom controls are a retiring preview" [Warning]
    Documented "Conditional Access: custom controls"
    why "One day, what the policy requires can no longer be fulfilled."
    fix "Move to an external authentication method, which counts as `mfa`."
    example Validate
        before "grantControls: { builtInControls: [], customAuthenticationFactors: [DuoMfa] }"
        after "grantControls: { builtInControls: [mfa] }"

CaR91 = "CA-R91": "a strength can be combined with `passwordChange`" []
    Seen "a policy in a tenant, of 2024: AND, the built-in strength for MFA, a sign-in every time"
    why "It replaces `mfa` there (CA-R82)."
    fix "Nothing needs to be done."
    example Nothing
        before "`builtInControls: [mfa, passwordChange]`"
        after "`builtInControls: [passwordChange]` with `authenticationStrength: Multifactor authentication`"

CaR92 = "CA-R92": "`verifiedID` is a control in preview" [Warning]
    Documented "a Microsoft template, and the code of one provider; no published schema has it"
    why "gatewright writes it on the beta edition and keeps it where it exists. It is unverified whether v1.0 accepts \
        it."
    fix "Try it in a test tenant first."
    example Validate
        before "grantControls: { operator: OR, builtInControls: [verifiedID] }"
        after "grantControls: { operator: OR, builtInControls: [mfa] }"

// Session controls.

CaR100 = "CA-R100": "only Office 365, Exchange Online and SharePoint Online enforce app restrictions" [Warning]
    Documented "applicationEnforcedRestrictions; a policy for all resources in a tenant of 2026"
    why "The service accepts it for other applications, where it has no effect."
    fix "Write `includeApplications: [Office365]`."
    example Validate
        before "sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } }"
        after "\
conditions: { applications: { includeApplications: [Office365] } }
sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } }"

CaR101 = "CA-R101": "a persistent browser session has a mode, and is for all resources" [Error]
    Documented "Conditional Access: session controls; answer 400 is expected"
    why "Applications share the browser session, so it cannot differ between them."
    fix "Write `mode: always` or `never`, and `includeApplications: [All]`."
    example Validate
        before "\
conditions: { applications: { includeApplications: [Office365] } }
sessionControls: { persistentBrowser: { mode: never } }"
        after "sessionControls: { persistentBrowser: { mode: never } }"

CaR102 = "CA-R102": "a sign-in frequency has a value and a unit" [Error, Warning]
    Reported "code of providers; the maximum values (23 hours, 365 days) are the portal's and unverified"
    why "One without the other means nothing. Values beyond the portal's are a warning."
    fix "Write `value` with `type: hours` or `days`, or `frequencyInterval: everyTime`."
    example Validate
        before "sessionControls: { signInFrequency: { value: 4 } }"
        after "sessionControls: { signInFrequency: { value: 4, type: hours } }"

CaR103 = "CA-R103": "a sign-in every time has no value, and cannot be combined with every control" [Error]
    Reported "code of the azuread provider"
    why "`value` and `type` contradict `everyTime`; app enforced restrictions and disabled resilience \
        defaults are refused with it."
    fix "Remove `value` and `type`; put the other control in another policy."
    example Validate
        before "sessionControls: { signInFrequency: { frequencyInterval: everyTime, value: 1, type: hours } }"
        after "sessionControls: { signInFrequency: { frequencyInterval: everyTime } }"

CaR104 = "CA-R104": "a sign-in every time is meant for risk, enrolment and sensitive resources" []
    Documented "Conditional Access: session lifetime; tenants use it for more"
    why "The service accepts it everywhere. See the advice `every-time-sign-in`."
    fix "Use it only where Microsoft documents it."
    example Nothing
        before "`frequencyInterval: everyTime` on all resources, without risk"
        after "the same, with `signInRiskLevels: [high, medium]`"

CaR106 = "CA-R106": "continuous access evaluation is switched off for everything or not at all" [Error]
    Documented "continuous access evaluation (beta); answer 400 is expected"
    why "`disabled` is only accepted for all resources and without conditions."
    fix "Write `includeApplications: [All]`, and remove the conditions."
    example Validate
        before "\
conditions: { applications: { includeApplications: [Office365] } }
sessionControls: { continuousAccessEvaluation: { mode: disabled } }"
        after "sessionControls: { continuousAccessEvaluation: { mode: disabled } }"

CaR107 = "CA-R107": "strict location belongs in a policy that blocks by location" [Warning]
    Documented "continuous access evaluation (beta); policies in tenants ignore this"
    why "It cuts off sessions from addresses that the policy blocks, so it needs a policy that blocks, and a \
        named location with every egress address of your network."
    fix "Add it to the policy that blocks by location."
    example Validate
        before "sessionControls: { continuousAccessEvaluation: { mode: strictLocation } }"
        after "\
conditions: { locations: { includeLocations: [All], excludeLocations: [AllTrusted] } }
grantControls: { operator: OR, builtInControls: [block] }
sessionControls: { continuousAccessEvaluation: { mode: strictLocation } }"

CaR108 = "CA-R108": "token protection works for few applications, clients and platforms" [Warning]
    Documented "Conditional Access: token protection; tenants of 2024 and 2026"
    why "Sign-ins that cannot bind their token fail: browsers, other platforms, other applications. \
        The service still accepts such a policy."
    fix "Name Exchange Online, SharePoint Online, Teams, Azure Virtual Desktop or Windows 365, Windows (Apple \
        in preview), and `clientAppTypes: [mobileAppsAndDesktopClients]`."
    example Validate
        before "sessionControls: { secureSignInSession: { isEnabled: true } }"
        after "\
conditions:
  applications: { includeApplications: [Office 365 Exchange Online] }
  clientAppTypes: [mobileAppsAndDesktopClients]
  platforms: { includePlatforms: [windows] }
sessionControls: { secureSignInSession: { isEnabled: true } }"

CaR109 = "CA-R109": "`cloudAppSecurity` says what it does" [Warning]
    Documented "schema of Graph; it needs Microsoft Defender for Cloud Apps"
    why "An enabled control without a type has no meaning."
    fix "Add `cloudAppSecurityType`."
    example Validate
        before "sessionControls: { cloudAppSecurity: { isEnabled: true } }"
        after "sessionControls: { cloudAppSecurity: { cloudAppSecurityType: monitorOnly } }"

CaR110 = "CA-R110": "disabled resilience defaults are a session control by themselves" []
    Documented "conditionalAccessSessionControls"
    why "`disableResilienceDefaults: true` is enough for a policy to have an effect (CA-R04)."
    fix "Nothing needs to be done."
    example Nothing before "a policy that requires nothing" after "one with `disableResilienceDefaults: true`"

CaR111 = "CA-R111": "a blocked user has no session" [Warning]
    Unverified "it is not known whether the service refuses it"
    why "Session controls together with `block`, or for workload identities, do nothing. Continuous access \
        evaluation is the exception: it is documented together with a block."
    fix "Remove `sessionControls`, or put them in another policy."
    example Validate
        before "\
conditions: { clientAppTypes: [browser] }
grantControls: { operator: OR, builtInControls: [block] }
sessionControls: { persistentBrowser: { mode: never } }"
        after "sessionControls: { persistentBrowser: { mode: never } }"

CaR112 = "CA-R112": "a security profile is for traffic to the internet" [Warning]
    Documented "Global Secure Access (beta); that others are refused is unverified"
    why "The profile filters only what goes through Global Secure Access. An enabled control without \
        a profile filters nothing."
    fix "Write `includeApplications: [All internet resources with Global Secure Access]`, and `profileId`."
    example Validate
        before "sessionControls: { globalSecureAccessFilteringProfile: { profileId: 8d9f1c5e-6a77-4f0b-a9c5-3f5b7b1d2e60 } }"
        after "\
conditions: { applications: { includeApplications: [All internet resources with Global Secure Access] } }
sessionControls: { globalSecureAccessFilteringProfile: { profileId: 8d9f1c5e-6a77-4f0b-a9c5-3f5b7b1d2e60 } }"

// Named locations.

NlR01 = "NL-R01": "a tenant can have 195 IP-based named locations" [Error]
    Documented "ipNamedLocation; answer 400 is expected"
    why "Countries and the compliant network do not count."
    fix "Merge locations."
    example Nothing before "a plan that makes the 196th of them" after "one that merges two first"

NlR02 = "NL-R02": "a location has at most 2000 IP ranges, each once" [Error, Warning]
    Documented "ipNamedLocation; answer 400"
    why "Each range counts, so a duplicate is a warning."
    fix "Merge neighbouring ranges, or use several locations."
    example Validate
        before "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24, 203.0.113.7/24]"
        after "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]"

NlR03 = "NL-R03": "an IP range is in CIDR notation, and smaller than a /8" [Error]
    Documented "ipNamedLocation; answer 400"
    why "The service accepts masks longer than /8, and no address without a mask."
    fix "Write `203.0.113.7/32` for one address; split a range that is too large."
    example Validate
        before "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.7]"
        after "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.7/32]"

NlR04 = "NL-R04": "an IP range is of public addresses" [Warning]
    Documented "Conditional Access: network; samples of providers have private ranges"
    why "No sign-in reaches the service from a private address."
    fix "Use the public addresses by which the network reaches the internet."
    example Validate
        before "\
kind: NamedLocation
displayName: Office
ipRanges: [192.168.0.0/16]"
        after "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]"

NlR05 = "NL-R05": "a location has a name, and IP ranges or countries" [Error]
    Documented "ipNamedLocation, countryNamedLocation; answer 400"
    why "It is one of the two, and has only the members of its own type. The compliant network has \
        neither."
    fix "Add `ipRanges` or `countriesAndRegions`, and remove what belongs to the other."
    example Validate
        before "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]
countriesAndRegions: [DE]"
        after "\
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]"

NlR06 = "NL-R06": "countries are ISO 3166-1 codes, and `XK`" [Warning]
    Seen "`AN`, withdrawn in 2010, in exports of one tenant from 2021 to 2024; documentation of the form"
    why "A code that is not in use is likely a mistake, or it was withdrawn; the service was not seen \
        to refuse one. A duplicate country is also reported."
    fix "Write the country's two capital letters."
    example Validate
        before "\
kind: NamedLocation
displayName: Home
countriesAndRegions: [UK]"
        after "\
kind: NamedLocation
displayName: Home
countriesAndRegions: [GB]"

NlR07 = "NL-R07": "a trusted location is marked as untrusted before it is deleted" []
    Documented "delete namedLocation; the number of the answer is unverified"
    why "The service refuses to delete it while it is trusted. gatewright writes `isTrusted: \
        false` first, as a separate step."
    fix "Nothing needs to be done."
    example Nothing before "a DELETE of a trusted location" after "a PATCH with `isTrusted: false`, then the DELETE"

NlR08 = "NL-R08": "a location that a policy names is not deleted" []
    Reported "code of providers; answer 400 is unverified"
    why "gatewright refuses to plan it (`in-use`)."
    fix "Remove the location from the policies first."
    example Nothing before "a location without a manifest, in a policy" after "the same, once no policy names it"

NlR09 = "NL-R09": "only IP ranges can be trusted" [Error]
    Documented "countryNamedLocation has no `isTrusted`"
    why "A country is never part of `AllTrusted`."
    fix "Remove `isTrusted`, and name the location in the policy."
    example Validate
        before "\
kind: NamedLocation
displayName: Home
countriesAndRegions: [DE]
isTrusted: true"
        after "\
kind: NamedLocation
displayName: Home
countriesAndRegions: [DE]"

NlR10 = "NL-R10": "the US Government clouds cannot find countries by GPS" []
    Documented "Conditional Access: network"
    why "`countryLookupMethod: authenticatorAppGps` does not exist there. See CA-CLOUD."
    fix "Write `countryLookupMethod: clientIpAddress`."
    example Nothing before "`countryLookupMethod: authenticatorAppGps` in such a cloud" after "`countryLookupMethod: clientIpAddress`"

NlR11 = "NL-R11": "the compliant network is created by the service" [Error]
    Documented "compliantNetworkNamedLocation (beta)"
    why "It exists once Global Secure Access signalling for Conditional Access is on. Its name is fixed. A \
        manifest refers to the one that the tenant has."
    fix "Turn on signalling in the tenant, or remove the manifest and the references to it."
    example Nothing
        before "a manifest for it, in a tenant that has none"
        after "the same, where the signalling is on"

NlR12 = "NL-R12": "display names of locations need not be unique" []
    Seen "two locations of one name in a tenant (CIPP, issue 2769)"
    why "As for policies (CA-R12)."
    fix "Give each location a name of its own."
    example Nothing before "two locations of one name in a tenant" after "the same, each with `id` in its manifest"

NlR13 = "NL-R13": "a location does not change between IP ranges and countries" [Warning]
    Unverified "assumed from how derived types work"
    why "The two are objects of different types. It is not known whether the service lets one become \
        the other: the plan says so, and apply asks. Deleting and recreating it would be refused while \
        policies name it, so gatewright does not do that automatically."
    fix "Give the new location another name, and delete the old one."
    example Plan
        given "\
kind: NamedLocation
displayName: Home
ipRanges: [203.0.113.0/24]"
        before "\
kind: NamedLocation
displayName: Home
countriesAndRegions: [DE]"
        after "\
kind: NamedLocation
displayName: Home country
countriesAndRegions: [DE]"

NlR14 = "NL-R14": "a location made of countries has a lookup method, and cannot be trusted" []
    Seen "an empty `countryLookupMethod` fails the request (Microsoft365DSC 3656)"
    why "An empty method is not a value of the schema (CA-R05), and `isTrusted` is not a member of such a \
        location (NL-R09). Exports contain both; an import drops them."
    fix "Remove the line: `clientIpAddress` is the default."
    example Nothing
        before "`countriesAndRegions: [DE]` with `countryLookupMethod: ''`"
        after "the same without the line"

// Authentication strengths.

AsR01 = "AS-R01": "a tenant can have 15 strengths of its own" [Warning]
    Unverified "reported in an article; the page was not seen"
    why "Built-in ones do not count. The service may refuse the 16th."
    fix "Merge strengths, or delete some."
    example Nothing before "a plan that makes the 16th of them" after "one that deletes two first"

AsR02 = "AS-R02": "Microsoft's own strengths cannot be changed" [Error]
    Documented "authenticationStrengthPolicy"
    why "There are three in every tenant. Policies name them; a manifest for one could not change anything."
    fix "Remove the manifest, or give your own strength another name."
    example Validate
        before "\
kind: AuthenticationStrength
displayName: Phishing-resistant MFA
allowedCombinations: [fido2]"
        after "\
kind: AuthenticationStrength
displayName: Security keys
allowedCombinations: [fido2]"

AsR03 = "AS-R03": "the combinations of a strength are changed by a separate call" []
    Documented "updateAllowedCombinations"
    why "A PATCH does not change them. gatewright calls the action."
    fix "Nothing needs to be done."
    example Nothing
        before "a PATCH of a strength with `allowedCombinations`"
        after "a POST to `updateAllowedCombinations`"

AsR04 = "AS-R04": "a strength allows combinations that the service knows, each once" [Error, Warning]
    Documented "authenticationMethodModes, and the list of combinations"
    why "Not every set of methods is a combination, and `email` is in none. A duplicate is a \
        warning."
    fix "Write each combination as a separate entry; the finding suggests similar ones."
    example Validate
        before "\
kind: AuthenticationStrength
displayName: Keys
allowedCombinations: [fido2, email]"
        after "\
kind: AuthenticationStrength
displayName: Keys
allowedCombinations: [fido2]"

AsR06 = "AS-R06": "a configuration limits security keys or certificates" [Error, Warning]
    Documented "authenticationCombinationConfiguration"
    why "AAGUIDs belong to `fido2`; issuers and policies to certificates. The two lists are joined by \
        AND, the entries of one list by OR. A limit on what the strength does not allow has no effect, and \
        is a warning, as are strings that do not look like a key identifier or an OID."
    fix "Write a configuration for each of the two, and apply it to a combination that is allowed."
    example Validate
        before "\
kind: AuthenticationStrength
displayName: Our keys
allowedCombinations: [fido2]
combinationConfigurations:
  - { appliesToCombinations: [fido2], allowedAAGUIDs: [YubiKey 5] }"
        after "\
kind: AuthenticationStrength
displayName: Our keys
allowedCombinations: [fido2]
combinationConfigurations:
  - { appliesToCombinations: [fido2], allowedAAGUIDs: [cb69481e-8ff7-4039-93ec-0a2729a154a8] }"

AsR07 = "AS-R07": "the name of a strength has at most 30 characters" [Warning]
    Unverified "the portal's limit; that of Graph is not known"
    why "A longer name may be refused or cut off."
    fix "Shorten the name."
    example Validate
        before "\
kind: AuthenticationStrength
displayName: Security keys for administrators of everything
allowedCombinations: [fido2]"
        after "\
kind: AuthenticationStrength
displayName: Keys for administrators
allowedCombinations: [fido2]"

AsR08 = "AS-R08": "a strength that a policy names is not deleted" []
    Unverified "assumed; the answer was not seen"
    why "gatewright refuses to plan it (`in-use`)."
    fix "Remove the strength from the policies first."
    example Nothing before "a strength without a manifest, in a policy" after "the same, once no policy names it"

AsR09 = "AS-R09": "what a strength satisfies is derived from its combinations" []
    Documented "authenticationStrengthRequirements; the algorithm is unverified"
    why "`requirementsSatisfied` is `mfa` when every combination is multifactor, else `none`. It is \
        read-only."
    fix "Nothing needs to be done."
    example Nothing before "`allowedCombinations: [fido2, password]`: `none`" after "`allowedCombinations: [fido2]`: `mfa`"

// Authentication contexts.

AcR01 = "AC-R01": "the id of an authentication context is one of `c1` to `c99`" [Error]
    Documented "authenticationContextClassReference"
    why "Applications name a context by its id."
    fix "Choose a free one. In a policy, the display name works as well."
    example Validate
        before "\
kind: AuthenticationContext
id: c100
displayName: Sensitive data"
        after "\
kind: AuthenticationContext
id: c7
displayName: Sensitive data"

AcR02 = "AC-R02": "an authentication context is unpublished before it is deleted" []
    Documented "delete authenticationContextClassReference"
    why "The service does not delete one that is published or that a policy names. \
        gatewright writes `isAvailable: false` first, as a separate step."
    fix "Nothing needs to be done."
    example Nothing before "a DELETE of a published context" after "a PATCH with `isAvailable: false`, then the DELETE"

AcR03 = "AC-R03": "a context is created by changing a free one" []
    Documented "update authenticationContextClassReference"
    why "A PATCH on a free id creates the context; gatewright does this."
    fix "Nothing needs to be done."
    example Nothing before "a manifest with `id: c7`, where `c7` is free" after "a PATCH of `c7`"

// Groups and test users.

GrR01 = "GR-R01": "gatewright creates security groups" [Error]
    Documented "create group: Graph cannot create other kinds of mail-enabled groups"
    why "Policies need no mailbox, and groups with a mailbox have other owners."
    fix "Remove the line, or create the group with another tool and refer to it by name."
    example Validate
        before "\
kind: Group
displayName: Pilot
groupTypes: [Unified]"
        after "\
kind: Group
displayName: Pilot"

GrR02 = "GR-R02": "a dynamic group has a rule, and no list of members" [Error, Warning]
    Documented "dynamic membership"
    why "Only the service decides who is in it. A processing state in a group without a rule is a warning."
    fix "Write `groupTypes: [DynamicMembership]` and `membershipRule`, or `members`."
    example Validate
        before "\
kind: Group
displayName: Sales
membershipRule: user.department -eq \"Sales\""
        after "\
kind: Group
displayName: Sales
groupTypes: [DynamicMembership]
membershipRule: user.department -eq \"Sales\""

GrR03 = "GR-R03": "the mail nickname of a group has at most 64 ASCII characters" [Error]
    Documented "group: mailNickname"
    why "Blanks and `@()\\[]\";:<>,` are refused."
    fix "Use letters, digits, `.`, `-` and `_`, or remove the line: a nickname is derived from the name."
    example Validate
        before "\
kind: Group
displayName: Pilot
mailNickname: CA Pilot"
        after "\
kind: Group
displayName: Pilot
mailNickname: CA-Pilot"

GrR04 = "GR-R04": "a group that can be assigned to a role is not dynamic" [Error]
    Documented "groups that can be assigned to roles"
    why "Otherwise a user attribute would decide who is an administrator."
    fix "Remove `isAssignableToRole`, or list the members."
    example Validate
        before "\
kind: Group
displayName: Sales
groupTypes: [DynamicMembership]
membershipRule: user.department -eq \"Sales\"
isAssignableToRole: true"
        after "\
kind: Group
displayName: Sales
isAssignableToRole: true"

UsR01 = "US-R01": "a user principal name has the form that the directory accepts" [Error]
    Documented "user: userPrincipalName"
    why "Before the `@` there are at most 64 letters, digits and `'.-_!#^~`, after it one of the tenant's domains \
        of at most 48 characters. Without `@` the tenant's default domain is added."
    fix "Correct the name."
    example Validate
        before "\
kind: TestUser
displayName: Anna
userPrincipalName: anna test"
        after "\
kind: TestUser
displayName: Anna
userPrincipalName: anna.test"

UsR02 = "US-R02": "the mail nickname of a user has at most 64 ASCII characters" [Error]
    Documented "user: mailNickname"
    why "As for groups (GR-R03)."
    fix "Use letters, digits, `.`, `-` and `_`, or remove the line: a nickname is derived from the name."
    example Validate
        before "\
kind: TestUser
displayName: Anna
userPrincipalName: anna
mailNickname: a@b"
        after "\
kind: TestUser
displayName: Anna
userPrincipalName: anna
mailNickname: anna"

UsR03 = "US-R03": "a usage location is a country code" [Error]
    Documented "user: usageLocation"
    why "Licence assignment depends on it."
    fix "Write the country's two capital letters."
    example Validate
        before "\
kind: TestUser
displayName: Anna
userPrincipalName: anna
usageLocation: UK"
        after "\
kind: TestUser
displayName: Anna
userPrincipalName: anna
usageLocation: GB"

// The tenant.

TR01 = "T-R01": "a tenant can have 240 policies" []
    Reported "195 was documented until 2026, then 240; a tenant with 244 was reported"
    why "Every state counts; Microsoft-managed policies reportedly do not. The guard `policy-limit` \
        enforces it."
    fix "Delete or merge policies, or set `policyLimit` in the guards file."
    example Nothing before "a plan that makes the 241st policy" after "one that merges two of them first"

TR02 = "T-R02": "security defaults and Conditional Access cannot be used together" []
    Documented "security defaults; it is unverified whether enabled policies are refused while they are on"
    why "Policies prevent security defaults from being turned on. A tenant has to turn them \
        off before its first policy is enabled."
    fix "Turn off security defaults in the tenant."
    example Nothing before "a first enabled policy while security defaults are on" after "the same, without them"

TR03 = "T-R03": "policies that Microsoft manages are left alone" []
    Seen "nearly every tenant has some; that they cannot be deleted is reported"
    why "They can be turned on or off, and little else. The guard `microsoft-managed` protects them, and `import` \
        leaves them out."
    fix "Create a policy of your own."
    example Nothing before "a manifest named `Microsoft-managed: ...`" after "one with a name of your own"

TR04 = "T-R04": "protected actions may ask for a stronger sign-in" []
    Documented "protected actions; seen as 403 `Operation requires conditional access` (msgraph-sdk-powershell 2448)"
    why "A tenant can require an authentication context for changes of policies. Applications are not affected."
    fix "Sign in with the required context, or use an application identity."
    example Nothing before "a person who changes policies, with a token without the context" after "an application with Policy.ReadWrite.ConditionalAccess"

TR05 = "T-R05": "policies can name deleted objects" [Warning]
    Seen "exports of tenants with ids of deleted groups, users and contexts (Microsoft365DSC 2151, 4975; maester 997)"
    why "The service keeps the id. An id that the live policy already has is no reason to refuse a plan; \
        it is reported, imported, and never dropped silently: a shorter list of exclusions can lock people out."
    fix "Remove the id from the manifest, and the next apply removes it from the tenant."
    example Nothing
        before "an id of a deleted group in `excludeGroups`, in the tenant and in the manifest"
        after "the same without the id"

TR06 = "T-R06": "v1.0 does not show what is in preview" []
    Seen "answers 1037 to a read and 1038 to a write; lists of v1.0 leave the policy out (azuread 589, EntraExporter 35)"
    why "So that nothing is missed, gatewright lists on beta, and writes preview members there."
    fix "Write `apiVersion: auto`."
    example Nothing before "`apiVersion: v1.0`, with policies in preview in the tenant" after "`apiVersion: auto`"

}
}
