//! The guards: rules that can refuse a plan.

use super::row::rows;

rows! {
/// A safety rule that can refuse a plan. The text is stable: tools may match on it.
pub enum Guard {

BreakGlass = "break-glass": "a policy that can hit a break-glass account must exclude it" [Error, Warning]
    Documented "emergency access accounts"
    why "Conditional Access has no exception of its own for anybody. When the one factor that all \
        administrators use fails, or a policy is wrong, nobody is left to mend it."
    fix "Declare the accounts, and exclude them in every policy."
    more "\
Refused is a plan that creates or changes a policy, enabled or report-only, that can hit a declared emergency account and does not exclude it; one that changes who is in a group so that a policy begins to hit an account; a declared name that does not exist; and, while policies are written, an account that is disabled or fewer than two accounts that can sign in. Policies that the plan leaves alone are a warning.

- A policy can hit an account through `All`, the account itself, a group that it is in (nested groups count), guests if it is a guest, and any role: roles are given and activated where no plan sees it.
- The account is excluded by itself or by a group that it is in. An excluded role does not count: it ends with the role.
- The tenant is looked at as it will be after the plan, members of groups included. Where it cannot be told whether a policy includes an account, it does; where it cannot be told whether an exclusion holds, it does not.
- Who comes into a group by a rule that the plan makes or changes cannot be told.
- A declared group that gets another name must get it in the guards file in the same step.
- A declared group is meant for these accounts alone: one with more than 20 users is refused.
- To exclude a declared account or group is not called a weakening, unless the same plan puts somebody into the group.
- `destroy` is refused only when policies that stay would begin to hit an account.
- Nothing is read, and nothing refused, without `breakGlass`: a plan that writes policies says so in a note. Declared accounts cost three bulk requests a plan."
    example Plan
        given "\
kind: TestUser
displayName: Emergency 1
userPrincipalName: emergency1
memberOf: [CA-BreakGlass]
---
kind: TestUser
displayName: Emergency 2
userPrincipalName: emergency2
memberOf: [CA-BreakGlass]
---
kind: Group
displayName: CA-BreakGlass"
        before "\
# guards.yaml
breakGlass: { groups: [CA-BreakGlass] }
---
conditions: { users: { includeUsers: [All], excludeGroups: null } }"
        after "\
# guards.yaml
breakGlass: { groups: [CA-BreakGlass] }
---
conditions: { users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] } }"

BlockAll = "block-all": "a policy must not block everybody from everything" [Error, Warning]
    Documented "planning a Conditional Access deployment (CA-R49)"
    why "Such a policy ends every sign-in at once, that of whoever could take it back as well. Microsoft \
        support is then the only way in."
    fix "Narrow the policy to what is meant, and exclude somebody."
    more "\
Refused is a policy that blocks all users, or every Global Administrator, from all applications, the administration portals or the Azure management API, with nobody excluded. One in report-only is a warning.

- Conditions that leave nearly every sign-in covered do not count: all client types or both modern ones, the four platforms that people work on, all locations, \"everywhere but trusted places\" in a tenant without a trusted location, risk levels with `none`, a device filter that is true for every device.
- Excluded applications count only when a portal is among them, where the policy can be taken back.
- Excluded guests, and an excluded group that the manifests leave without members, exclude nobody who could help. Of a group whose members no manifest lists nothing is known: declare the `break-glass` accounts.
- A policy that the plan leaves alone is looked at, too: emptying the last group that it excludes is refused.
- Refused as well is a plan after which somebody who could get in somewhere in an ordinary way (into an application, by a browser or an application on Windows, macOS, Linux, iOS or Android, without risk and without a flow; from any place, with any device and method) can get in nowhere any more, whatever they do: by proof, for all policies together, also when two of them block half of everything each, when one asks for the device that another blocks, or when they ask for what nobody can meet. Where it depends on a fact that is not known (such as whether the compliant network counts as trusted, under a block outside of trusted places), and where the search is given up, it is a warning that says so. Whom a group or a name singles out is told as a warning: to stop them may be what is meant. Declared break-glass accounts are left out of that: to spare them alone does not help anybody else. What external users lose is shown, and refuses only where `environment.inboundTrust` says whose devices are trusted. A block of one application or of one kind of client is a policy like any other."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "\
conditions: { users: { includeUsers: [All], excludeGroups: null } }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  clientAppTypes: [exchangeActiveSync, other]
grantControls: { operator: OR, builtInControls: [block] }"

Budget = "budget": "one plan must not delete, disable or weaken more than the budget" [Error]
    Ours "the budget of the guards file"
    why "A wrong glob, a lost folder or a bad merge looks to a tool like the wish to end many policies."
    fix "Apply in smaller steps, raise the budget where reviewers see it, or let one run through."
    more "\
The budget is 3 deletes, 3 policies disabled (from enabled to disabled or report-only), 5 objects weakened in other ways, and 30% of what the project manages, unless the guards file says otherwise.

- The share is counted of the managed objects that exist: of all kinds for deletes and weakens, of policies for disables. A single object is always within it.
- `destroy` and `rollback` have no budget."
    example Plan
        given "\
displayName: One
---
displayName: Two
---
kind: Group
displayName: CA-BreakGlass"
        before "\
# guards.yaml
budget: { disables: 1 }
---
displayName: One
state: disabled
---
displayName: Two
state: disabled"
        after "\
# guards.yaml
budget: { disables: 1 }
---
displayName: One
state: disabled
---
displayName: Two"

EmptySet = "empty-set": "a project without policies must not delete every policy in its scope" [Error]
    Ours "what a wrong path looks like"
    why "`manifests: [polices]` finds nothing, and with `scope: { ConditionalAccessPolicy: all }` nothing \
        means: delete them all."
    fix "Correct `manifests:` in gatewright.yaml. To end the policies on purpose, keep their manifests and \
        run `gatewright destroy`."
    more "A project without any manifest is an error before the tenant is read."
    example Plan
        given "\
# gatewright.yaml
scope: { ConditionalAccessPolicy: all }
---
displayName: One
---
kind: Group
displayName: CA-BreakGlass"
        before "\
# gatewright.yaml
scope: { ConditionalAccessPolicy: all }
---
kind: Group
displayName: CA-BreakGlass"
        after "\
# gatewright.yaml
scope: { ConditionalAccessPolicy: all }
---
displayName: One
---
kind: Group
displayName: CA-BreakGlass"

TestMark = "test-mark": "a user that gatewright did not create is never changed or deleted" [Error]
    Ours "the mark is `employeeType: GatewrightTestUser`"
    why "A manifest of kind TestUser with the name of a colleague must not change that colleague's account, \
        and `destroy` must not delete it."
    fix "Give the test user another name, and refer to real users by name in policies."
    more "gatewright marks the users that it creates. Nothing lets this guard through, and it cannot be tuned."
    example Plan
        before "\
kind: TestUser
displayName: Adele
userPrincipalName: AdeleV"
        after "\
kind: TestUser
displayName: Adele
userPrincipalName: adele.test"

PolicyLimit = "policy-limit": "a tenant must not get more policies than it can hold" [Error, Warning]
    Reported "240 (T-R01)"
    why "The service refuses the policy that is one too many, half-way through a run."
    fix "Delete or join policies. Where Microsoft has raised the limit for the tenant, raise it in the guards file."
    more "\
- Every state counts. Policies that Microsoft manages do not.
- From 90% of the limit on it is a warning."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "\
# guards.yaml
policyLimit: 1
---
displayName: One
---
displayName: Two"
        after "\
# guards.yaml
policyLimit: 240
---
displayName: One
---
displayName: Two"

Promotion = "promotion": "a policy for all users is enabled in a change of its own" [Error]
    Ours "what report-only is for"
    why "Report-only shows what a policy would do. What is changed in the step that enables it was never \
        observed."
    fix "Apply the other changes first, while the policy is report-only, and look at the sign-in logs; then \
        change `state` alone."
    more "\
- Changes of a strength or location that the policy rests on count as well; its name does not.
- A policy that goes from `disabled` to `enabled` is looked at likewise.
- `rollback` is not: it goes back to what was enforced before."
    example Plan
        given "\
state: enabledForReportingButNotEnforced
---
kind: Group
displayName: CA-BreakGlass"
        before "\
state: enabled
grantControls: { operator: OR, builtInControls: [mfa, compliantDevice] }"
        after "state: enabled"

Protected = "protected": "a protected object is never changed or deleted" [Error]
    Ours "`protect` of the guards file"
    why "Some policies carry the whole tenant, and some belong to others."
    fix "Take the change out, or the entry of `protect`."
    more "\
- An entry is a name or an id of any kind, or `kind` and `name`.
- The members of a protected group are protected, too, also where a test user's `memberOf` would change them.
- An entry that stands for nothing that the run has read is reported."
    example Plan
        given "\
displayName: MFA for everybody
---
kind: Group
displayName: CA-BreakGlass"
        before "\
# guards.yaml
protect: [MFA for everybody]
---
displayName: MFA for everybody
grantControls: { operator: AND, builtInControls: [mfa, compliantDevice] }"
        after "\
# guards.yaml
protect: [MFA for everybody]
---
displayName: MFA for everybody"

MicrosoftManaged = "microsoft-managed": "a policy that Microsoft manages is left alone" [Error]
    Seen "nearly every tenant has some (T-R03)"
    why "Microsoft puts policies into tenants, changes them, and allows administrators some settings only; \
        they cannot be deleted."
    fix "Take the manifest out, and make a policy of your own, with a name of your own. To switch one of \
        Microsoft's on or off, use the portal."
    more "\
- Graph has no member that tells these policies. They are known by their names, which begin with `Microsoft-managed:` and cannot be changed by administrators.
- Scopes and `destroy` leave such policies alone by themselves."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "displayName: 'Microsoft-managed: MFA for everybody'"
        after "displayName: MFA for everybody"

RawGuid = "raw-guid": "a reference is a name that a reviewer can read, not an id" [Warning]
    Ours "what a review can see"
    why "Nobody who reviews `excludeGroups: [4fb085c3-...]` sees that it is everybody who works here."
    fix "Write the name."
    more "\
- The name is proposed where it is known. Set the guard to `error` to make it a rule.
- Of a saved plan, what was found when it was made counts: the file holds ids alone."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "conditions: { users: { includeUsers: [], includeRoles: [62e90394-69f5-4237-9190-012177145e10] } }"
        after "conditions: { users: { includeUsers: [], includeRoles: [Global Administrator] } }"

Weakening = "weakening": "a change that takes protection, or may, must be agreed to" [Error]
    Ours "a comparison of what is enforced before and after"
    why "A pull request that adds one exclusion looks as harmless as one that adds a control."
    fix "Agree for one run with `--allow-weakening`, or where reviewers see it, by an entry of `allowWeakening`."
    more "\
The plan is judged as a whole, by proof: it is weaker exactly if some sign-in, with some set of satisfied requirements, passes after it and did not before, or passes with a session that is less strict. Where none does, nothing is asked: one policy split into two, three merged, one deleted that another carries. Where one does, the plan shows it, and where that cannot be told it counts as weaker. docs/proofs.md says what a proof covers.

Every action is classed as well, with reasons in words, and those that take something are what is agreed to:

| class | meaning |
| --- | --- |
| stronger | it adds protection and takes none |
| weaker | it takes some, whatever else it adds |
| neutral | nothing that is enforced changes |
| unknown | it cannot be told; treated like weaker |

- Only what is enforced counts. A new policy that is enabled is stronger; to delete an enabled one, to switch it off or to report-only is weaker; what happens to disabled and report-only policies is neutral.
- Weaker is: fewer users, groups, roles or applications, more exclusions, a condition more (it narrows the policy), a value of a condition less, a control less with AND or more with OR, a weaker strength, a session control less, sign-in asked for less often.
- Session controls that loosen (`persistentBrowser: always`, continuous access evaluation `disabled`) are weaker to add, and never stronger to spread.
- Changes of locations, strengths, contexts and members of groups are classed by the policies that are enabled before and after and rest on them. Groups in groups are known as far as the manifests list members. To trust a location is weaker whatever is proved: risk is rated lower there.
- To exclude a declared break-glass account is neutral: it is what a policy has to do.
- `destroy` asks for consent by itself. `rollback` needs the flag when the way back is weaker."
    example Plan
        given "\
displayName: Pilot
---
kind: Group
displayName: CA-BreakGlass"
        before "\
displayName: Pilot
state: disabled"
        after "\
# guards.yaml
allowWeakening:
  - { name: Pilot, reason: \"the pilot has ended, ticket 4711\" }
---
displayName: Pilot
state: disabled"

}
}
