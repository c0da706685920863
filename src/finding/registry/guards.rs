//! The guards: rules that can refuse a plan.

use super::row::rows;

rows! {
/// A safety rule that can refuse a plan. The text is stable: tools may match on it.
pub enum Guard {

BreakGlass = "break-glass": "a policy that can hit a break-glass account must exclude it" [Error, Warning]
    Documented "emergency access accounts"
    why "Conditional Access has no built-in exception for anybody. If the one factor that all administrators \
        use fails, or a policy is wrong, nobody is left to fix it."
    fix "Declare the accounts, and exclude them in every policy."
    more "\
A plan is refused if it creates or changes a policy, enabled or report-only, that can hit a declared break-glass account and does not exclude it; if it changes who is in a group so that a policy starts to hit an account; if a declared name does not exist; and, when policies are written, if an account is disabled or fewer than two accounts can sign in. Policies that the plan does not change are a warning.

- A policy can hit an account through `All`, the account itself, a group that it is in (nested groups count), guests if it is a guest, and any role: roles are assigned and activated where no plan sees it.
- The account is excluded by itself or by a group that it is in. An excluded role does not count: it ends with the role assignment.
- The tenant is judged as it will be after the plan, including members of groups. If it is not known whether a policy includes an account, it counts as included; if it is not known whether an exclusion holds, it does not count.
- It is not known who joins a group by a rule that the plan creates or changes.
- A declared group that is renamed must be renamed in the guards file in the same step.
- A declared group is for these accounts only: one with more than 20 users is refused.
- Excluding a declared account or group is not a weakening, unless the same plan adds somebody to the group.
- `destroy` is refused only if policies that stay would start to hit an account.
- Without `breakGlass`, nothing is read and nothing refused: a plan that writes policies says so in a note. Declared accounts cost three bulk requests per plan."
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
    why "Such a policy ends every sign-in at once, including those of the people who could undo it. Microsoft \
        support is then the only way in."
    fix "Narrow the policy to what is intended, and exclude somebody."
    more "\
A policy is refused if it blocks all users, or every Global Administrator, from all applications, the administration portals or the Azure management API, with nobody excluded. In report-only it is a warning.

- Conditions that leave nearly every sign-in covered do not count: all client types or both modern ones, the four platforms that people work on, all locations, \"everywhere but trusted places\" in a tenant without a trusted location (a warning while it is not known whether the compliant network counts as trusted), risk levels with `none`, a device filter that is true for every device.
- Excluded applications count only if one of them is a portal where the policy can be undone.
- Excluded guests, and an excluded group that has no members by the manifests, exclude nobody who could help. Nothing is known about a group whose members no manifest lists: declare the `break-glass` accounts.
- A policy that the plan does not change is checked too: emptying the last group that it excludes is refused.
- A plan is also refused if afterwards somebody who could get in somewhere in an ordinary way (into an application, by a browser or an application on Windows, macOS, Linux, iOS or Android, without risk and without a flow; from any place, with any device and method) can get in nowhere any more, whatever they do: by proof, for all policies together, also when two of them each block half of everything, when one requires the device that another blocks, or when they require what nobody can satisfy. If it depends on a fact that is not known (such as whether the compliant network counts as trusted, under a block outside trusted locations), or if the search is given up, it is a warning that says so. People whom a group or a name singles out are a warning: stopping them may be intended. Declared break-glass accounts are left out of this: sparing only them does not help anybody else. What external users lose is shown, and refuses only if `environment.inboundTrust` says whose devices are trusted. A block of one application or of one type of client is a policy like any other."
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
    why "A wrong glob, a lost folder or a bad merge looks to a tool like the wish to delete many policies."
    fix "Apply in smaller steps, raise the budget where reviewers see it, or let it through for one run."
    more "\
Unless the guards file says otherwise, the budget is 3 deletes, 3 policies disabled (from enabled to disabled or report-only), 5 objects weakened in other ways, and 30% of what the project manages.

- The share is that of the managed objects that exist: of all kinds for deletes and weakens, of policies for disables. A single object is always within it.
- Where it is proved that no sign-in passes more easily, nothing counts as weakened. What is deleted or disabled counts in any case: a lost folder must not depend on a proof.
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
    Ours "a common effect of a wrong path"
    why "`manifests: [polices]` finds nothing, and with `scope: { ConditionalAccessPolicy: all }` that \
        would delete them all."
    fix "Correct `manifests:` in gatewright.yaml. To delete the policies on purpose, keep their manifests and \
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
    why "A manifest of kind TestUser with a colleague's name must not change that colleague's account, and \
        `destroy` must not delete it."
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
    why "The service refuses the first policy over the limit, halfway through a run."
    fix "Delete or merge policies. If Microsoft has raised the limit for the tenant, raise it in the guards file."
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
    why "Report-only shows what a policy would do. What changes in the step that enables it was never \
        observed."
    fix "Apply the other changes first, while the policy is report-only, and check the sign-in logs; then \
        change only `state`."
    more "\
- Changes of a strength or location that the policy uses count as well; its name does not.
- The same goes for a policy that changes from `disabled` to `enabled`.
- `rollback` is exempt: it goes back to what was enforced before."
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
    why "Some policies protect the whole tenant, and some belong to others."
    fix "Remove the change, or the entry of `protect`."
    more "\
- An entry is a name or an id of any kind, or `kind` and `name`.
- The members of a protected group are protected, too, also where a test user's `memberOf` would change them.
- An entry that matches nothing that the run has read is reported."
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
    why "Microsoft adds policies to tenants, changes them, and lets administrators change only some settings; \
        they cannot be deleted."
    fix "Remove the manifest, and create a policy of your own, with a name of your own. To turn one of \
        Microsoft's on or off, use the portal."
    more "\
- Graph has no member that identifies these policies. They are recognised by their names, which begin with `Microsoft-managed:` and cannot be changed by administrators.
- Scopes and `destroy` always leave such policies alone."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "displayName: 'Microsoft-managed: MFA for everybody'"
        after "displayName: MFA for everybody"

RawGuid = "raw-guid": "a reference is a name that a reviewer can read, not an id" [Warning]
    Ours "what reviewers can see"
    why "Nobody who reviews `excludeGroups: [4fb085c3-...]` can see that this is the group of all employees."
    fix "Write the name."
    more "\
- The name is suggested if it is known. Set the guard to `error` to make it a rule.
- For a saved plan, the findings at the time it was made count: the file has only ids."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "conditions: { users: { includeUsers: [], includeRoles: [62e90394-69f5-4237-9190-012177145e10] } }"
        after "conditions: { users: { includeUsers: [], includeRoles: [Global Administrator] } }"

Weakening = "weakening": "a change that weakens protection, or may, must be accepted" [Error]
    Ours "a comparison of what is enforced before and after"
    why "A pull request that adds one exclusion looks as harmless as one that adds a control."
    fix "Accept it for one run with `--allow-weakening`, or where reviewers see it, with an entry of `allowWeakening`."
    more "\
The plan is judged as a whole, by proof: it is weaker exactly if some sign-in, with some set of satisfied requirements, passes after it and did not before, or passes with a less strict session. If none does, no consent is needed: one policy split into two, three merged, one deleted that another covers. If one does, the plan shows it, and if that cannot be decided, it counts as weaker. docs/proofs.md says what a proof covers.

Every action is also classified, with reasons in words, and consent is about those that weaken something:

| class | meaning |
| --- | --- |
| stronger | it adds protection and removes none |
| weaker | it removes some, whatever else it adds |
| neutral | nothing that is enforced changes |
| unknown | it cannot be decided; treated like weaker |

- Only what is enforced counts. A new enabled policy is stronger; deleting an enabled one, or switching it to disabled or report-only, is weaker; what happens to disabled and report-only policies is neutral.
- Weaker means: fewer users, groups, roles or applications, more exclusions, one more condition (it narrows the policy), one value less in a condition, one control less with AND or more with OR, a weaker strength, one session control less, sign-in required less often.
- Session controls that loosen (`persistentBrowser: always`, continuous access evaluation `disabled`) are weaker when added, and never stronger when extended.
- Changes of locations, strengths, contexts and members of groups are classified by the policies that are enabled before and after and use them. Nested groups are known as far as the manifests list members. Trusting a location is weaker whatever is proved: risk is rated lower there.
- Excluding a declared break-glass account is neutral: it is what a policy has to do.
- `destroy` asks for consent itself. `rollback` needs the flag if going back is weaker."
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
