//! The rules of advice (`src/lint/`): what Graph takes and people came to regret.

use super::row::rows;

rows! {
/// A rule of advice.
pub enum LintRule {

DeviceFilter = "device-filter": "a device filter is true for every device, or for none" [Warning; High]
    Documented "Conditional Access: filter for devices (how missing attributes compare)"
    why "Then it filters nothing, or the policy never applies. The filter is tried on every kind of \
        device that its comparisons can distinguish, including one that is not registered."
    fix "Of two `-ne` comparisons joined by `-or`, one is always true: join them by `-and`."
    example Validate
        before "\
conditions:
  devices:
    deviceFilter:
      mode: exclude
      rule: device.trustType -ne \"AzureAD\" -or device.trustType -ne \"ServerAD\"
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  devices:
    deviceFilter:
      mode: exclude
      rule: device.trustType -eq \"AzureAD\" -or device.trustType -eq \"ServerAD\"
grantControls: { operator: OR, builtInControls: [block] }"

DuplicatePolicy = "duplicate-policy": "two policies that are not disabled have the same conditions and controls" [Warning; High]
    Ours "experience with grown tenants"
    why "One of them is left over, and will be forgotten when the other changes."
    fix "Remove one of them."
    example Validate
        before "\
displayName: MFA for administrators
conditions: { users: { includeUsers: [], includeRoles: [Global Administrator, User Administrator] } }
---
displayName: Administrators
conditions: { users: { includeUsers: [], includeRoles: [User Administrator, Global Administrator] } }
grantControls: { operator: AND, builtInControls: [mfa] }"
        after "\
displayName: MFA for administrators
conditions: { users: { includeUsers: [], includeRoles: [Global Administrator, User Administrator] } }"

EveryTimeSignIn = "every-time-sign-in": "a sign-in every time is required for all resources, without any risk" [Warning; Medium]
    Documented "Conditional Access: session lifetime (CA-R104)"
    why "Microsoft documents it for risk, enrolment and a few sensitive resources. People who are prompted all day \
        approve anything."
    fix "Require it only at risk or for single resources; otherwise use hours."
    example Validate
        before "sessionControls: { signInFrequency: { frequencyInterval: everyTime } }"
        after "\
conditions: { signInRiskLevels: [high, medium] }
sessionControls: { signInFrequency: { frequencyInterval: everyTime } }"

GpsLocation = "gps-location": "a policy in report-only uses a GPS location, and still prompts people" [Warning; High]
    Documented "Conditional Access: network (CA-R69)"
    why "The Authenticator app asks people for their location every hour, whatever the state of the policy."
    fix "Try the policy on a small group, or determine the location by IP address."
    example Validate
        before "\
kind: NamedLocation
displayName: Where we work
countriesAndRegions: [DE, FR]
countryLookupMethod: authenticatorAppGps
---
state: enabledForReportingButNotEnforced
conditions: { locations: { includeLocations: [All], excludeLocations: [Where we work] } }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
kind: NamedLocation
displayName: Where we work
countriesAndRegions: [DE, FR]
countryLookupMethod: clientIpAddress
---
state: enabledForReportingButNotEnforced
conditions: { locations: { includeLocations: [All], excludeLocations: [Where we work] } }
grantControls: { operator: OR, builtInControls: [block] }"

GuestsCannotRegister = "guests-cannot-register": "registering security information requires MFA of guests" [Warning; Medium]
    Documented "Conditional Access: user actions (CA-R45)"
    why "Guests of other providers are blocked; those with a Microsoft account must register in this \
        tenant."
    fix "Exclude guests from the policy."
    example Validate
        before "conditions: { applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] } }"
        after "\
conditions:
  applications: { includeApplications: null, includeUserActions: ['urn:user:registersecurityinfo'] }
  users: { excludeUsers: [GuestsOrExternalUsers] }"

IncludedAndExcluded = "included-and-excluded": "a policy includes something by name and excludes the same" [Warning; High]
    Documented "Conditional Access: exclusions win"
    why "The exclusion wins, so the user, group, role, application, location or platform is \
        not covered. Names and ids of the same object are recognised where the manifests or gatewright's \
        tables show it."
    fix "Remove it from one of the two lists."
    example Validate
        before "conditions: { users: { includeUsers: [], includeGroups: [Finance, Sales], excludeGroups: [Finance, CA-BreakGlass] } }"
        after "conditions: { users: { includeUsers: [], includeGroups: [Finance, Sales], excludeGroups: [CA-BreakGlass] } }"

LegacyAuthentication = "legacy-authentication": "no enabled policy blocks legacy protocols" [Warning, Hint; Medium]
    Documented "block legacy authentication"
    why "POP, IMAP, SMTP and Exchange ActiveSync with a password have no second factor: a stolen \
        password is enough."
    fix "Block `exchangeActiveSync` and `other` for all users."
    more "A policy for all users, Office 365 or all resources and all client types that requires what \
        such a client cannot do also blocks them. If a policy that would do it is in report-only, the finding \
        is reported there, with confidence high. A project whose `scope` does not cover the tenant's \
        policies gets a hint, and only if it has a policy for all users and all resources, and none in \
        report-only that would do it."
    example Validate
        before "conditions: { clientAppTypes: [browser] }"
        after "\
conditions: { clientAppTypes: [browser] }
---
displayName: Old protocols
conditions: { clientAppTypes: [exchangeActiveSync, other] }
grantControls: { operator: OR, builtInControls: [block] }"

MatchesNobody = "matches-nobody": "a policy that is not disabled applies to no sign-in at all" [Warning; High]
    Documented "Conditional Access: exclusions win, `None` adds nobody"
    why "It includes `None` (except for strict location enforcement, which is set up that way), or everything \
        that it includes is also excluded, or all its groups are empty by their manifests: the last with \
        confidence medium."
    fix "Include somebody, or disable the policy."
    example Validate
        before "conditions: { users: { includeUsers: [], includeGroups: [Pilot], excludeGroups: [Pilot, CA-BreakGlass] } }"
        after "conditions: { users: { includeUsers: [], includeGroups: [Pilot] } }"

Naming = "naming": "a display name does not match the pattern that the project sets for its kind" [Warning; High]
    Ours "the project's own pattern; without one the rule reports nothing"
    why "People search by name, and scopes match the start of names."
    fix "Give it another name, and add the old one to `renamedFrom`."
    more "The patterns are [regular expressions](https://docs.rs/regex/latest/regex/#syntax); begin them with \
        `^` and end them with `$` to match whole names."
    example Validate
        before "\
# gatewright.yaml
lint:
  naming: { ConditionalAccessPolicy: '^CA[0-9]{3} - ' }
---
displayName: MFA for the pilot"
        after "\
# gatewright.yaml
lint:
  naming: { ConditionalAccessPolicy: '^CA[0-9]{3} - ' }
---
displayName: CA201 - MFA for the pilot
renamedFrom: [MFA for the pilot]"

NoExclusions = "no-exclusions": "a policy for all users requires something and excludes nobody" [Warning; High]
    Documented "emergency access accounts"
    why "It also applies to the break-glass accounts. When what it requires fails, nobody can sign in to \
        fix it."
    fix "Exclude a group of break-glass accounts."
    more "Policies on legacy protocols, sign-in flows, user actions and authentication contexts are not \
        checked, nor are those whose `ignoreChanges` leaves the exclusions to another writer. CA-R49 covers \
        an enabled block of everything."
    example Validate
        before "conditions: { users: { excludeGroups: null } }"
        after "conditions: { users: { excludeGroups: [CA-BreakGlass] } }"

ReportOnlyForLong = "report-only-for-long": "a policy has been in report-only, unchanged, for a long time" [Warning; High]
    Ours "the project's own `reportOnlyDays`: 30 unless it says otherwise"
    why "It protects nobody."
    fix "Enable it, or remove it."
    more "`plan` takes the date from the tenant; `validate` sees it only in a manifest with \
        `modifiedDateTime` or `createdDateTime`, such as a pasted one."
    example Validate
        before "\
state: enabledForReportingButNotEnforced
createdDateTime: 2025-03-01T08:00:00Z"
        after "\
state: enabled
createdDateTime: 2025-03-01T08:00:00Z"

RiskLevelsGap = "risk-levels-gap": "a risk condition lists a level, and no policy lists a higher one" [Warning; Medium]
    Documented "Conditional Access: conditions on risk match exact levels"
    why "`medium` does not include `high`, so those most at risk pass."
    fix "List the higher levels, here or in another policy."
    example Validate
        before "conditions: { signInRiskLevels: [medium] }"
        after "conditions: { signInRiskLevels: [medium, high] }"

ShadowedPolicy = "shadowed-policy": "a policy changes nothing: an enabled one applies wherever it does and requires at least as much" [Hint; Medium]
    Ours "a comparison of the two policies"
    why "Often that is intended, as a second line of defence; then allow it with the reason. The comparison is \
        conservative: what is not clearly covered is not reported."
    fix "Require more, or remove the policy."
    example Validate
        before "\
displayName: MFA for everybody
---
displayName: MFA for finance
conditions:
  applications: { includeApplications: [Office365] }
  users: { includeUsers: [], includeGroups: [Finance] }"
        after "\
displayName: MFA for everybody
---
displayName: Strong MFA for finance
conditions:
  applications: { includeApplications: [Office365] }
  users: { includeUsers: [], includeGroups: [Finance] }
grantControls: { builtInControls: [], authenticationStrength: Phishing-resistant MFA }"

UnknownPlatforms = "unknown-platforms": "a policy requires something on listed platforms, and nothing covers the others" [Warning; Medium]
    Documented "Conditional Access: device platforms"
    why "The platform is what the client claims, and an unknown one is matched only by `all`, not \
        by a list."
    fix "Block unknown platforms with a separate policy."
    example Validate
        before "\
conditions:
  applications: { includeApplications: [Office365] }
  platforms: { includePlatforms: [iOS, android] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"
        after "\
conditions:
  applications: { includeApplications: [Office365] }
  platforms: { includePlatforms: [iOS, android] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }
---
displayName: Unknown platforms
conditions:
  applications: { includeApplications: [Office365] }
  platforms: { includePlatforms: [all], excludePlatforms: [android, iOS, windows, macOS, linux] }
grantControls: { operator: OR, builtInControls: [block] }"

UnusedObject = "unused-object": "no policy of the project names a location, strength or context of the project" [Hint; Medium]
    Ours "the references of the project's policies"
    why "A trusted location is also named by `AllTrusted`. A project without policies is not checked."
    fix "Use it, or remove its manifest."
    example Validate
        before "\
kind: NamedLocation
displayName: Headquarters
ipRanges: [203.0.113.0/24]
---
displayName: MFA for everybody"
        after "\
kind: NamedLocation
displayName: Headquarters
ipRanges: [203.0.113.0/24]
---
displayName: MFA outside
conditions: { locations: { includeLocations: [All], excludeLocations: [Headquarters] } }"

WideTrustedLocation = "wide-trusted-location": "a trusted location has more addresses than one organisation is likely to own" [Warning; Medium]
    Ours "wider than /16 for IPv4, than /32 for IPv6"
    why "Trusted locations often need no second factor, and lower the risk that the service sees."
    fix "List only your own ranges."
    example Validate
        before "\
kind: NamedLocation
displayName: Our networks
isTrusted: true
ipRanges: [20.0.0.0/11]"
        after "\
kind: NamedLocation
displayName: Our networks
isTrusted: true
ipRanges: [203.0.113.0/24]"

}
}
