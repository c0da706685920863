//! The codes of findings: what kind of finding it is, stable for programs.

use super::row::rows;

rows! {
/// What kind of finding it is. The text is stable: tools may match on it.
pub enum Code {

// Files.

UnreadableFile = "unreadable-file": "a file or folder cannot be read" [Error]
    Ours "the operating system's own answer"
    why "What cannot be read may be what keeps people out or lets them in: nothing is decided without it."
    fix "Check that it exists, that it is a file, and that you may read it."
    example Nothing
        before "a link in `policies/` to a file that was deleted"
        after "the file, or no link"

FileTooLarge = "file-too-large": "a file is larger than any manifest" [Error]
    Ours "8 MiB for a manifest, 64 MiB for an export"
    why "A bound on what one file can cost. The largest tenant needs a tenth of it."
    fix "Split it, or remove it from `manifests:`."
    example Nothing before "a log of 2 GB named `policies.yaml`" after "the log in another folder"

Encoding = "encoding": "a file is not text in UTF-8 or UTF-16" [Error]
    Documented "YAML 1.2, chapter 5"
    why "In another encoding, a name would be read as a different name."
    fix "Save it as UTF-8."
    example Nothing before "`Büro` saved as Latin-1" after "`Büro` saved as UTF-8"

YamlSyntax = "yaml-syntax": "a file is not well-formed YAML" [Error]
    Documented "YAML 1.2"
    why "It is not clear what it means."
    fix "Correct it at the place shown; the help says what is likely."
    example Validate
        before "\
kind: Group
displayName: \"Pilot"
        after "\
kind: Group
displayName: \"Pilot\""

YamlLimit = "yaml-limit": "a file nests or repeats more than any manifest does" [Error]
    Ours "a bound on what one file can cost"
    why "A few lines of aliases of aliases stand for gigabytes."
    fix "Nest less deeply, or write the lists out."
    example Nothing before "a list of nine aliases of a list of nine aliases, nine times" after "the list itself"

DuplicateKey = "duplicate-key": "a mapping has the same key twice" [Error]
    Documented "YAML 1.2: keys are unique"
    why "Readers disagree on which one counts, and a reviewer sees the first."
    fix "Keep one."
    example Validate
        before "\
kind: Group
displayName: Pilot
displayName: Pilots"
        after "\
kind: Group
displayName: Pilot"

NotAManifest = "not-a-manifest": "a YAML document is not a mapping with a `kind`" [Error]
    Ours "docs/manifests.md"
    why "Without `kind` it is not known what it describes."
    fix "Add the kind, or move the file out of the folders in `manifests:`."
    example Nothing
        before "only `displayName: Pilot` in a file of `policies/`"
        after "`kind: Group` above it"

UnknownKind = "unknown-kind": "a document's `kind` is not one of gatewright's" [Error]
    Ours "docs/manifests.md"
    why "It is not known what it describes."
    fix "Correct the kind; the finding suggests similar ones."
    example Validate
        before "\
kind: Groups
displayName: Pilot"
        after "\
kind: Group
displayName: Pilot"

PatchTarget = "patch-target": "what a patch is for is not there, or not one manifest" [Error]
    Ours "docs/overlays.md"
    why "If a patch were skipped whose manifest was renamed or removed, the tenant would get what the patch was \
        to change."
    fix "Write into `target` what the manifest has; or remove the patch."
    example Validate
        before "\
kind: Group
displayName: CA-Pilot
---
kind: Patch
target: { kind: Group, displayName: CA-Pilots }
merge: { description: The first to get a policy }"
        after "\
kind: Group
displayName: CA-Pilot
---
kind: Patch
target: { kind: Group, displayName: CA-Pilot }
merge: { description: The first to get a policy }"

Patch = "patch": "a patch changes nothing, or contradicts itself or another one" [Error]
    Ours "docs/overlays.md"
    why "A patch that does nothing stays behind when its manifest moves on; of two that contradict each other, \
        the order of the files would decide."
    fix "Remove what is so already; of two changes keep the intended one."
    example Validate
        before "\
kind: Group
displayName: CA-Pilot
members: [ada@contoso.com]
---
kind: Patch
target: { kind: Group, displayName: CA-Pilot }
add: { members: [ada@contoso.com] }"
        after "\
kind: Group
displayName: CA-Pilot
members: [ada@contoso.com]
---
kind: Patch
target: { kind: Group, displayName: CA-Pilot }
add: { members: [grace@contoso.com] }"

SignInLog = "sign-in-log": "a log of sign-ins cannot be judged, or not to its end" [Error]
    Documented "Microsoft Graph: signIn resource type"
    why "Half a log would look like a quiet week, and the log of another tenant like a week in which nothing \
        agrees."
    fix "Name a log of this tenant in JSON: as `/auditLogs/signIns` answers it, or as the portal downloads it."
    example Nothing
        before "`gatewright impact --logs signins.csv`"
        after "`gatewright impact --logs signins.json`"

SignInCase = "sign-in-case": "a sign-in, or what is expected of it, contradicts itself or names something that does not exist" [Error, Warning]
    Ours "docs/whatif.md, docs/tests.md"
    why "What a sign-in does not say is never guessed, and a misspelt name would be somebody about whom \
        nothing is known. A name without a similar one is a warning: it is assumed to be an application, a \
        group or a location of the tenant's own."
    fix "Correct the word or name, or describe it, such as `user: { memberOf: [CA-Pilot] }`."
    example Validate
        before "\
kind: Group
displayName: CA-Pilot
---
kind: Scenario
displayName: Legacy clients are blocked
signIn: { ipAddress: 203.0.113.777 }
expect: { outcome: granted }"
        after "\
kind: Group
displayName: CA-Pilot
---
kind: Scenario
displayName: Legacy clients are blocked
signIn: { ipAddress: 203.0.113.77 }
expect: { outcome: granted }"

ScenarioFailed = "scenario-failed": "a scenario gets something other than it expects" [Error]
    Ours "docs/tests.md"
    why "A policy does to somebody what the project says must not happen."
    fix "Fix the policy; or, if the change is intended, the scenario, so that reviewers see it."
    more "`gatewright whatif --scenario NAME` shows which policies apply to its sign-in, and why the others do not."
    example Nothing
        before "a scenario that expects `mfa` for guests, and a policy that no longer includes them"
        after "the policy that includes the guests"

ScenarioOpen = "scenario-open": "whether a scenario holds depends on facts that a sign-in cannot give" [Warning]
    Ours "docs/tests.md"
    why "Some answers depend on what is not documented, or not known to this version."
    fix "Expect something that does not depend on it, or accept it as it is (`test --open-ok`)."
    example Nothing
        before "a scenario on joining a device where policies on all resources may count"
        after "an expectation only of the policies on that action"

ClaimCase = "claim-case": "a claim about every sign-in contradicts itself, or names something that does not exist" [Error, Warning]
    Ours "docs/tests.md"
    why "A claim about a misspelt group holds, and says nothing. Offline, a name without a similar one is a \
        warning: it is assumed to be the tenant's own."
    fix "Correct the name, or write an id; claim one thing, with `require` or `forbid`."
    example Validate
        before "\
kind: Group
displayName: CA-Pilot
---
kind: Invariant
displayName: Everybody needs MFA
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }
require: { grantControls: { operator: OR, builtInControls: [mfa] } }
forbid: anything"
        after "\
kind: Group
displayName: CA-Pilot
---
kind: Invariant
displayName: Everybody needs MFA
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }
require: { grantControls: { operator: OR, builtInControls: [mfa] } }"

InvariantRefuted = "invariant-refuted": "a sign-in breaks an invariant" [Error]
    Ours "docs/tests.md"
    why "What the project claims of every sign-in of a kind does not hold for the one that is shown."
    fix "Fix the policy; or, if it is intended, accept the exception with its reason, so that reviewers see it."
    more "The finding shows the command that judges the sign-in again: `gatewright whatif --sign-in JSON`."
    example Nothing
        before "a claim that everybody needs `mfa`, and a group that every policy excludes"
        after "a policy for that group"

InvariantOpen = "invariant-open": "whether an invariant holds depends on unknown facts" [Warning]
    Ours "docs/tests.md"
    why "No sign-in certainly breaks it, but one may, depending on a fact that is not documented, or not known about the tenant."
    fix "State the fact under `environment:`, claim less, or accept it as it is (`test --open-ok`)."
    example Nothing
        before "a claim about joining devices that a policy on all resources may fulfil"
        after "a policy on that action"

InvariantVacuous = "invariant-vacuous": "an invariant is about no sign-in at all" [Error]
    Ours "docs/tests.md"
    why "A claim about nothing always holds, and protects nobody."
    fix "Correct its conditions or its exceptions, so that it covers some sign-in."
    example Nothing
        before "a claim about the members of an empty group"
        after "a claim about a group with members"

AcceptedClaim = "accepted-exception": "an accepted exception of an invariant has expired, or excepts nothing" [Warning]
    Ours "docs/tests.md"
    why "An expired exception no longer counts; one that nothing needs may later hide a gap."
    fix "Remove it, or set a new date until which it is accepted."
    example Nothing
        before "`until: 2026-01-31` in February"
        after "no exception, or `until: 2026-06-30`"

PackOfClaims = "pack-of-claims": "a pack of claims, or a setting of it, is unknown or cannot be used here" [Error, Hint]
    Ours "docs/packs.md"
    why "A misspelt pack would claim nothing. What a project does not set (a parameter, the break-glass accounts) \
        cannot be claimed, which is reported."
    fix "Correct the name, set the parameter under `with:`, or leave out the claim, with the reason, under `without:`."
    example Nothing
        before "`claims: { packs: [scubba] }`"
        after "`claims: { packs: [scuba] }`"

// What holds for every sign-in.

CompareSide = "compare-side": "a side of a comparison cannot be read" [Error]
    Ours "docs/proofs.md"
    why "Whatever is missing on one side would look like a change."
    fix "Name a folder with a project, a revision that this checkout has, a saved plan, or a tenant of `gatewright.yaml`."
    more "A shallow checkout has only the latest commits: use `fetch-depth: 0`."
    example Nothing
        before "`compare git:main .` in a checkout of one commit"
        after "the same with `fetch-depth: 0`"

ReportFile = "report-file": "the report cannot be written where it should be" [Error]
    Ours "docs/report.md"
    why "A file that exists may be somebody's: it is replaced only when that is asked for, and never through a link."
    fix "Name another file with `-o`, or replace the file with `--force`."
    example Nothing
        before "`report -o out/`"
        after "`report -o out/report.html`"

RenderedFile = "rendered-file": "a rendered manifest cannot be written where it should be" [Error]
    Ours "docs/overlays.md"
    why "A file that exists may be somebody's: it is replaced only when that is asked for, and never through a link."
    fix "Name another folder with `-o`, or replace the files with `--force`."
    example Nothing
        before "`render -t contoso -o out`, a second time"
        after "`render -t contoso -o out --force`"
ExportLoss = "export-loss": "the format of an export cannot hold a member, or an object" [Warning, Error]
    Ours "docs/export.md, which has a table of what each format holds"
    why "A policy without one of its conditions is another policy: what stays behind is said, object by object. With `--strict` it is an error, and nothing is written."
    fix "Keep the object in gatewright, or choose another format; `--partial` writes a policy without the member."
    example Nothing
        before "`export --as terraform` of a policy with `secureSignInSession`"
        after "`export --as graph`, which holds it"

ExportNote = "export-note": "an exported object needs something of you before it is used" [Hint]
    Ours "docs/export.md"
    why "Manifests have names where other tools want ids, and no passwords."
    fix "Do what the finding says, or export the tenant's objects with `--live`, which knows ids."
    example Nothing
        before "a user to be created, without a password"
        after "the same with a `passwordProfile`"

ExportFile = "export-file": "an export cannot be written where it should be" [Error]
    Ours "docs/export.md"
    why "A file that exists may be somebody's: it is replaced only when that is asked for, and never through a link."
    fix "Name another folder with `-o`, or replace the files with `--force`."
    example Nothing
        before "`export --as terraform -o infra` where `infra/policies.tf` exists"
        after "`export --as terraform -o infra/conditional-access`"

Gap = "gap": "somebody in no exclusion group gets in with less than the floor" [Warning, Hint]
    Ours "docs/proofs.md"
    why "The policies leave a way in that nobody chose. It is a hint where it depends on unknown facts."
    fix "Close it with a policy, or state that it is intended with an invariant that has an accepted exception."
    example Nothing
        before "`mfa` only for browsers"
        after "`mfa` for all clients"

ExclusionOpens = "exclusion-opens": "membership of an exclusion group opens a way in" [Hint]
    Ours "docs/proofs.md"
    why "Exclusions grow, and members of such a group pass what others cannot."
    fix "Cover the group with a policy of its own, or keep the group small and monitored."
    example Nothing
        before "a group that every policy on `mfa` excludes"
        after "a policy that asks its members for a compliant device"

IdlePolicy = "idle-policy": "without the policy, every sign-in would get the same" [Hint]
    Ours "docs/proofs.md"
    why "Readers believe that it does something."
    fix "Remove it; or keep it as a second line of defence, and say so in its description."
    example Nothing
        before "`mfa` for administrators beside `mfa` for everybody"
        after "`mfa` for everybody"

NeverApplies = "never-applies": "a policy applies to no sign-in at all" [Warning]
    Ours "docs/proofs.md"
    why "Its conditions contradict each other, or match nobody: it protects nothing."
    fix "Fix its conditions, or remove it."
    example Nothing
        before "a policy on a group that lists no members"
        after "a policy on a group with members"

HiddenBlock = "hidden-block": "nobody can pass, although no policy blocks" [Warning]
    Ours "docs/whatif.md"
    why "What is required cannot be satisfied in such a sign-in; people are kept out by accident."
    fix "Block it if that is intended; otherwise require something that can be satisfied."
    example Nothing
        before "a compliant device required of legacy clients"
        after "legacy clients blocked"

PassesMoreEasily = "passes-more-easily": "a sign-in passes more easily than before" [Warning]
    Ours "docs/proofs.md"
    why "A change opens a way in; the finding shows a sign-in, and how wide the opening is."
    fix "Fix the change, or let reviewers see that it is intended."
    example Nothing
        before "a group excluded from `mfa` along the way"
        after "the same without the exclusion"

PassesLessEasily = "passes-less-easily": "a sign-in is asked for more than before" [Hint]
    Ours "docs/proofs.md"
    why "People are asked for something new."
    fix "Tell them beforehand."
    example Nothing
        before "a new policy that is enabled at once"
        after "the policy, first in report-only"

LockedOut = "locked-out": "somebody could get into an application and cannot any more, whatever they do" [Warning]
    Ours "docs/proofs.md"
    why "They are locked out on the day of the change."
    fix "Exclude them, or make sure that they can meet what is asked for."
    example Nothing
        before "a block of all countries, including one's own"
        after "a block of the other countries"

// What a manifest says.

UnknownProperty = "unknown-property": "a property does not exist on the object" [Error]
    Documented "schema of Graph"
    why "Graph would refuse it, and a misspelt property is a missing one."
    fix "Correct the spelling; the finding suggests similar ones."
    example Validate
        before "conditions: { users: { includeUser: [All] } }"
        after "conditions: { users: { includeUsers: [All] } }"

WrongType = "wrong-type": "a value has the wrong type" [Error]
    Documented "schema of Graph"
    why "Graph would refuse it. An object of an export with such a value is not \
        used."
    fix "Write a value of the type that the finding names."
    example Validate
        before "displayName: 7"
        after "displayName: '7'"

BadValue = "bad-value": "a value is not one of those allowed" [Error, Warning]
    Documented "schema of Graph"
    why "Graph would refuse it. In an export, an invalid `state` is a warning and read as report-only; a \
        value that the service does not disclose (`unknownFutureValue`) cannot be written at all."
    fix "Choose one that the finding lists."
    example Validate
        before "conditions: { clientAppTypes: [browsers] }"
        after "conditions: { clientAppTypes: [browser] }"

MissingProperty = "missing-property": "a required property is missing" [Error, Warning]
    Documented "schema of Graph"
    why "Graph would refuse the object. In an export, a policy without `state` is read as report-only, one without \
        a name gets the name of its file, and one without `conditions` is not used."
    fix "Add it."
    example Validate
        before "state: null"
        after "state: enabled"

ReadOnlyProperty = "read-only-property": "a property is set by the service and has no effect in a manifest" [Hint, Warning]
    Documented "Graph marks it as read-only"
    why "It is accepted, so that an object can be pasted as Graph shows it."
    fix "Remove it, or leave it."
    example Validate
        before "modifiedDateTime: '2026-03-01T08:00:00Z'"
        after "displayName: Example"

UndefinedVariable = "undefined-variable": "a variable is not defined for the tenant" [Error]
    Ours "docs/manifests.md"
    why "With an empty string in its place it would be a different policy."
    fix "Define it under `vars` of the tenant, or write `$${` for a literal `${`."
    example Validate
        before "displayName: Pilot of ${company}"
        after "\
# gatewright.yaml
tenants: { sandbox: { vars: { company: Contoso } } }
---
displayName: Pilot of ${company}"

DuplicateName = "duplicate-name": "two manifests describe the same object" [Error, Warning]
    Ours "the identity of a manifest: docs/manifests.md"
    why "Whichever is written last would win."
    fix "Remove one, or give it another name."
    example Validate
        before "\
kind: Group
displayName: Pilot
---
kind: Group
displayName: Pilot"
        after "\
kind: Group
displayName: Pilot
---
kind: Group
displayName: Pilot 2"

IgnoredPath = "ignored-path": "an entry of `ignoreChanges` names no property" [Error]
    Ours "docs/manifests.md"
    why "The intended property would still be written."
    fix "Write a dotted path, such as `conditions.users.excludeUsers`."
    example Validate
        before "ignoreChanges: [conditions.users.excludeUser]"
        after "ignoreChanges: [conditions.users.excludeUsers]"

GraphRule = "graph-rule": "Microsoft Graph would refuse the object, or read it differently" [Error, Warning]
    Documented "docs/rules/graph.md: each rule has its own source"
    why "The finding names the rule. An error is what Graph refuses; a warning is what it may refuse, or \
        what does not do what it seems to."
    fix "See the rule."
    example Validate
        before "grantControls: { operator: OR, builtInControls: [mfa, block] }"
        after "grantControls: { operator: OR, builtInControls: [mfa] }"

Lint = "lint": "advice: allowed, but it has gone wrong elsewhere" [Warning, Hint, Error]
    Ours "docs/rules/advice.md: each rule has its own source"
    why "The finding names the rule. The project can tune it, and a comment can allow it in one place."
    fix "See the rule."
    example Validate
        before "conditions: { users: { excludeGroups: null } }"
        after "\
conditions: { clientAppTypes: [exchangeActiveSync, other] }
grantControls: { operator: OR, builtInControls: [block] }"

AllowComment = "allow-comment": "a comment that allows a finding is wrong, or allows nothing" [Warning]
    Ours "docs/lint.md"
    why "It looks as if something had been accepted."
    fix "Write `# gatewright: allow RULE reason`, or remove the comment."
    example Validate
        before "\
# gatewright: allow no-exclusions
kind: Group
displayName: Pilot"
        after "\
kind: Group
displayName: Pilot"

// The project.

Config = "config": "gatewright.yaml or the guards file is wrong" [Error, Warning, Hint]
    Ours "docs/manifests.md, docs/guards.md; the JSON Schemas of both files"
    why "A misspelt entry there would be a missing tenant, scope or guard."
    fix "Correct it at the place shown."
    example Validate
        before "\
# gatewright.yaml
lint: { rules: { namng: { severity: off, reason: other teams name } } }
---
displayName: Example"
        after "\
# gatewright.yaml
lint: { naming: { ConditionalAccessPolicy: '^Ex' } }
---
displayName: Example"

MissingFolder = "missing-folder": "a folder or file that the project names does not exist" [Error]
    Ours "docs/manifests.md"
    why "The objects of its manifests would look as if they were to be deleted."
    fix "Correct `manifests:` in gatewright.yaml."
    example Validate
        before "\
# gatewright.yaml
manifests: [polices]
---
displayName: Example"
        after "\
# gatewright.yaml
manifests: [policies]
---
displayName: Example"

NoManifests = "no-manifests": "no manifest was found where the project says" [Error, Warning]
    Ours "docs/manifests.md"
    why "An empty set of manifests would mean that everything is to be deleted."
    fix "Correct `manifests:` in gatewright.yaml, or write a manifest there."
    example Validate
        before "\
# gatewright.yaml
manifests: [policies, 'more/*.yaml']
---
displayName: Example"
        after "\
# gatewright.yaml
manifests: [policies]
---
displayName: Example"

NoSuchManifest = "no-such-manifest": "a command names an object that has no manifest" [Error]
    Ours "docs/manifests.md"
    why "A plan for no objects would always be empty."
    fix "Correct the name, or name another kind."
    example Nothing
        before "`gatewright plan CA01`"
        after "`gatewright plan CA001`"

EmptyProject = "empty-project": "a project without manifests would delete everything in its scope" [Error]
    Ours "the guard `empty-set`"
    why "An empty folder hardly means that."
    fix "Write manifests. `gatewright destroy` deletes what a project's manifests name."
    example Nothing
        before "`gatewright plan` in a project whose only manifest was deleted"
        after "`gatewright destroy`, with the manifest"

// What manifests refer to.

UnresolvedReference = "unresolved-reference": "a name does not exist" [Error, Warning, Hint]
    Ours "docs/manifests.md; tools that left such a name out have locked tenants out"
    why "It is never left out: a policy without one of its exclusions is a different policy."
    fix "Correct the name, or write a manifest for the object."
    more "`validate` knows no tenant: it warns about a name that is similar to that of an object of
        the project, a built-in role or strength, a well-known application or a special value. If the
        tenant has an object with exactly that name, the comment `# gatewright: allow unresolved-reference
        REASON` says so. `plan` asks the tenant, and there it is an error."
    example Plan
        before "conditions: { users: { excludeGroups: [CA-BreakGlas] } }"
        after "\
conditions: { users: { excludeGroups: [CA-BreakGlass] } }
---
kind: Group
displayName: CA-BreakGlass"

DanglingReference = "dangling-reference": "an id no longer exists, and the live object still has it" [Warning]
    Reported "policies keep the ids of deleted groups, users and contexts (Microsoft365DSC 2151, 4342, maester 997)"
    why "It is not a change, and not a reason to refuse a plan."
    fix "Remove the id from the manifest; the next apply removes it from the tenant."
    example Nothing
        before "`excludeGroups` with the id of a group that was deleted"
        after "`excludeGroups` without it"

AmbiguousReference = "ambiguous-reference": "several objects have a name" [Error]
    Ours "names need not be unique in a tenant"
    why "A guess could exclude the wrong people."
    fix "Write the id of the intended one."
    example Nothing
        before "`excludeGroups: [Pilot]` in a tenant with two groups `Pilot`"
        after "`excludeGroups: [4fb085c3-ecb5-4ea2-9497-7c4d95e4dba6]`"

WrongReferenceKind = "wrong-reference-kind": "a name or id belongs to an object of another kind" [Error, Warning]
    Ours "docs/manifests.md"
    why "A user is not a group, even if the name matches."
    fix "Use the list for that kind, or correct the name."
    example Plan
        before "\
conditions: { users: { excludeGroups: [Anna] } }
---
kind: TestUser
displayName: Anna
userPrincipalName: Anna"
        after "\
conditions: { users: { excludeGroups: null, excludeUsers: [Anna] } }
---
kind: TestUser
displayName: Anna
userPrincipalName: Anna"

AmbiguousObject = "ambiguous-object": "several live objects have the manifest's name" [Error]
    Documented "display names of policies, locations and groups need not be unique"
    why "It is never guessed which of them the manifest describes."
    fix "Pin the intended one: `id: ...` in the manifest."
    example Nothing
        before "a manifest named `MFA`, and two live policies of that name"
        after "the same, with the `id` of one of them"

MissingObject = "missing-object": "the live object that is named does not exist" [Error]
    Ours "a pin by `id`, or the user that a command names"
    why "A pinned object that was deleted is not recreated automatically: its id would be different."
    fix "Correct the id, or remove it to create the object again."
    example Plan
        before "\
kind: Group
id: 11111111-2222-3333-4444-555555555555
displayName: Pilot"
        after "\
kind: Group
displayName: Pilot"

UnmarkedUser = "unmarked-user": "a user that gatewright did not create would be changed" [Error]
    Ours "the guard `test-mark`"
    why "Colleagues are not test users."
    fix "Choose another name, and refer to real users by name in policies."
    example Plan
        before "\
kind: TestUser
displayName: Adele
userPrincipalName: AdeleV"
        after "\
kind: TestUser
displayName: Adele
userPrincipalName: adele.test"

Immutable = "immutable": "a property cannot be changed once the object exists" [Error]
    Documented "the documentation of each object; see the rule if one is named"
    why "The service refuses it, in the middle of a run."
    fix "Create a new object with another name, and delete the old one."
    example Plan
        given "\
kind: Group
displayName: Pilot"
        before "\
kind: Group
displayName: Pilot
isAssignableToRole: true"
        after "\
kind: Group
displayName: Administrators
isAssignableToRole: true"

BetaOnly = "beta-only": "a property exists only in the beta edition of Graph" [Error, Warning]
    Documented "schemas of both editions; v1.0 refuses such a policy with 1037 and 1038"
    why "The tenant's entry says `apiVersion: v1.0`."
    fix "Set `apiVersion: auto`, or remove the property."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "\
# gatewright.yaml
tenants: { sandbox: { apiVersion: v1.0 } }
---
sessionControls: { continuousAccessEvaluation: { mode: disabled } }"
        after "\
# gatewright.yaml
tenants: { sandbox: { apiVersion: auto } }
---
sessionControls: { continuousAccessEvaluation: { mode: disabled } }"

UnmodelledMember = "unmodelled-member": "a live object has a member that gatewright does not know" [Warning, Error]
    Ours "Graph gets new members"
    why "It is kept, and never cleared. An object of an export with such a member is not imported, \
        because the member would be lost."
    fix "For a live object, nothing needs to be done; manage a policy that relies on the member in the portal."
    example Import
        before "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": {
    \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] },
    \"moonPhases\": [\"full\"] },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": {
    \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

UnreadableObject = "unreadable-object": "a live object cannot be understood" [Warning, Error]
    Ours "what the service answers"
    why "The other objects are still read; nothing is decided about this one."
    fix "Report it, with the finding's text."
    example Nothing
        before "a policy whose `conditions` is a number"
        after "a policy that matches Graph's schema"

InUse = "in-use": "an object that would be deleted is still referenced" [Error]
    Documented "delete namedLocation, authenticationStrengthPolicy: refused while in use"
    why "A deleted group would leave an exclusion of nobody."
    fix "Remove the references first, or write a manifest for it so that it stays."
    example Plan
        given "\
# gatewright.yaml
scope: { NamedLocation: all }
---
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]
---
conditions: { locations: { includeLocations: [All], excludeLocations: [Office] } }
---
kind: Group
displayName: CA-BreakGlass"
        before "\
# gatewright.yaml
scope: { NamedLocation: all }
---
kind: Group
displayName: CA-BreakGlass"
        after "\
# gatewright.yaml
scope: { NamedLocation: all }
---
kind: Group
displayName: CA-BreakGlass
---
kind: NamedLocation
displayName: Office
ipRanges: [203.0.113.0/24]"

// Runs.

SignIn = "sign-in": "sign-in to the tenant failed" [Error]
    Documented "errors of Microsoft Entra (AADSTS); docs/sign-in.md"
    why "Nothing was read from the tenant, and nothing written."
    fix "The help says what the method needs; `gatewright auth whoami` shows who signs in."
    example Nothing
        before "a client secret that has expired (AADSTS7000222)"
        after "a new one, or sign-in without a secret"

NotConfirmed = "not-confirmed": "nobody confirmed what would be written" [Error]
    Ours "`apply` asks on a terminal"
    why "In a pipeline there is nobody to ask."
    fix "Check the plan, then add `--yes`, or apply a saved plan."
    example Nothing before "`gatewright apply` without a terminal" after "`gatewright apply plan.json --yes`"

NoRun = "no-run": "a run does not exist, or is from another tenant" [Error]
    Ours "the journals in `.gatewright/runs/`"
    why "A rollback must not bring one tenant to the state of another."
    fix "`gatewright runs` lists them."
    example Nothing before "`gatewright rollback 20260101-000000-aaaa`" after "`gatewright rollback` with a run of the list"

FleetResult = "fleet-result": "a line of results of several tenants that cannot be merged" [Error]
    Ours "docs/fleet.md"
    why "A table that leaves out a tenant, or counts one twice, says that all is well where nobody looked."
    fix "Merge the files of one run of one command, each once; run the part again that was stopped."
    example Nothing before "`gatewright merge results/*.jsonl` with the results of two runs" after "only the files of one run"

Locked = "locked": "another run is in progress for the same project and tenant" [Error]
    Ours "a lock file in `.gatewright/`"
    why "Two concurrent runs would undo each other's changes."
    fix "Wait for the other one."
    example Nothing before "two `gatewright apply` at the same time" after "one after the other"

Unmanaged = "unmanaged": "an object that the project managed no longer has a manifest, and no scope covers it" [Warning]
    Ours "docs/import.md"
    why "Its manifest was removed, but the object still exists: a policy that everybody believes deleted still decides about \
        sign-ins."
    fix "Put the manifest back (`gatewright drift --adopt NAME` writes one), delete the object in the portal, or \
        name its kind in `scope` of gatewright.yaml, so that what has no manifest is deleted."
    more "The journals in `.gatewright/runs` record what the project managed; without them this is \
        not found."
    example Nothing
        before "`policies/ca001.yaml` removed, and no `scope` in gatewright.yaml"
        after "the same, with `scope: { ConditionalAccessPolicy: { namePrefix: CA } }`"

AuditLog = "audit-log": "it is not known who changed what, because the audit log cannot be read" [Hint]
    Documented "List directoryAudits"
    why "Drift still shows what changed; who changed it, and when, is in the directory's audit log."
    fix "Grant `AuditLog.Read.All` to the identity that runs `drift`; a person also needs the role Reports Reader."
    example Nothing
        before "`gatewright drift` without `AuditLog.Read.All`"
        after "the same, with the permission granted"

Unsettled = "unsettled": "an earlier run created an object, or may have, that the tenant does not show" [Error, Warning]
    Ours "docs/apply.md: a write may be shown late, and names need not be unique"
    why "The tenant may show it late, or the run was killed, or its answer was lost. Creating the object again could create a second one."
    fix "Wait until the time that the finding names, or check the portal and use `--assume-not-made`."
    example Nothing
        before "`gatewright apply` right after one that was killed"
        after "`gatewright apply` some minutes later"

WeakerBetween = "weaker-between": "every order of the steps has a weaker moment" [Warning]
    Ours "docs/apply.md: the order of steps"
    why "A policy stops using an object that changes, and another starts using it: whichever comes first, somebody is less protected for a moment than before and after."
    fix "First apply the policy that stops using it, then the rest in a second apply; or create a new object for the other policy."
    example Plan
        given "\
kind: NamedLocation
displayName: HQ
ipRanges: [192.0.2.0/24]
---
kind: ConditionalAccessPolicy
displayName: MFA
state: enabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [HQ] }
grantControls: { operator: OR, builtInControls: [mfa] }"
        before "\
kind: NamedLocation
displayName: HQ
ipRanges: [198.51.100.0/24]
---
kind: ConditionalAccessPolicy
displayName: MFA
state: enabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: Device
state: enabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [HQ] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }"
        after "\
kind: NamedLocation
displayName: HQ
ipRanges: [192.0.2.0/24]
---
kind: ConditionalAccessPolicy
displayName: MFA
state: enabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }"

Guard = "guard": "a guard refuses the plan, or warns about it" [Error, Warning, Hint]
    Ours "docs/rules/guards.md: each guard has its own source"
    why "The finding names the guard."
    fix "See the guard. `--allow GUARD_ID` lets one through for one run."
    example Plan
        given "\
kind: Group
displayName: CA-BreakGlass"
        before "\
conditions: { users: { excludeGroups: null } }
grantControls: { operator: OR, builtInControls: [block] }"
        after "\
kind: Group
displayName: CA-BreakGlass"

MissingPermission = "missing-permission": "the identity may not do what was requested" [Error]
    Documented "permissions of Microsoft Graph; docs/sign-in.md"
    why "The service answered 403, or the token lacks the permission."
    fix "Grant the permission that the finding names; `gatewright auth whoami` lists what is missing."
    example Nothing
        before "`gatewright risk users` without `IdentityRiskyUser.Read.All`"
        after "the same, with the permission granted"

MissingLicence = "missing-licence": "the tenant has no licence for what was requested" [Error, Warning]
    Documented "identity protection needs Microsoft Entra ID P2"
    why "The service returns nothing, or refuses."
    fix "Assign the licence, or do without the `risk` commands."
    example Nothing
        before "`gatewright risk users` in a tenant with P1"
        after "the same, in a tenant with P2"

NobodyAtRisk = "nobody-at-risk": "a decision about risk would be about nobody" [Error]
    Ours "docs/risk.md"
    why "The command was meant for somebody."
    fix "Check `gatewright risk users`, and correct the filter or the name."
    example Nothing before "`gatewright risk dismiss anna` for a user without risk" after "the name of a user at risk"

RiskGuard = "risk-guard": "a decision about risk would be about too many users, or a break-glass account" [Error]
    Ours "docs/risk.md"
    why "A dismissal ends a warning, and a confirmation can lock an account out."
    fix "Name the users, raise the limit for this run, or leave out the account."
    example Nothing before "`gatewright risk confirm-compromised` for a break-glass account" after "the same for another one"

Failed = "failed": "the command could not be carried out" [Error]
    Ours "what went wrong is in the message"
    why "There is no more specific finding."
    fix "The message says what happened; `-v` shows the requests."
    example Nothing before "no network" after "a network"

PlanFile = "plan-file": "a saved plan cannot be used" [Error]
    Ours "docs/plan-file.md"
    why "It is from another version or for another tenant, or it was changed by hand."
    fix "Make a new one with `gatewright plan --out FILE`."
    example Nothing before "`gatewright apply notes.txt`" after "`gatewright apply plan.json`"

StalePlan = "stale-plan": "the tenant has changed since a plan was saved" [Error]
    Ours "docs/plan-file.md"
    why "What was reviewed is no longer what would happen."
    fix "Plan again, and have it reviewed."
    example Nothing before "a policy that was changed in the portal after the review" after "a new plan"

// Import.

Import = "import": "a note about a manifest that was written" [Hint, Warning, Error]
    Ours "docs/import.md"
    why "Something stays an id, is in the way, or could not be changed in place."
    fix "The message says what."
    example Nothing before "an id for which the tenant has no name" after "the id, with the hint"

JsonSyntax = "json-syntax": "a file is not well-formed JSON, or nests deeper than any export" [Error, Warning]
    Documented "RFC 8259; comments and trailing commas are accepted"
    why "It is not known what it contained."
    fix "Export it again."
    example Import
        before "{ \"displayName\": \"MFA\", \"state\" \"disabled\", \"conditions\": {}, \"grantControls\": null }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

LostData = "lost-data": "an export has lost part of an object" [Error]
    Seen "`ConvertTo-Json` stops at its `-Depth`; typed members are copied without `AdditionalProperties`"
    why "The object is not used: a policy without one of its exclusions is a different policy."
    fix "Export again with `-Depth 10`, or as Graph's own JSON."
    example Import
        before "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": \"Microsoft.Graph.PowerShell.Models.MicrosoftGraphConditionalAccessUsers\", \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

PartialList = "partial-list": "an export holds only part of a list" [Warning]
    Documented "paging in Microsoft Graph"
    why "A page names a next page that is not part of the export, or a file holds an error that Graph \
        returned."
    fix "Also export the following pages, and name them all."
    example Import
        before "\
{ \"@odata.nextLink\": \"https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies?$skiptoken=x\",
  \"value\": [{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }] }"
        after "\
{ \"value\": [{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }] }"

Repaired = "repaired": "a value of an export was converted to Graph's form" [Hint]
    Seen "exports of other tools: docs/exports.md"
    why "Tools write single values for lists, several ids in one string, `\"true\"` for `true`, or a state in \
        other words."
    fix "Check that it is what was meant."
    example Import
        before "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": \"All\" }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

Placeholder = "placeholder": "a placeholder stands where a name or id belongs" [Warning, Hint]
    Seen "templates: `<RING>`, `{{group}}`, `%id%`, `ENTRAGROUP_x`, `Current administrator will be excluded`"
    why "It is kept, and refers to nobody. If a group, strength or location of the export has it \
        as its own `id`, that object's name is put there, which is a hint. Each is reported once."
    fix "Write the name of the object there."
    example Import
        before "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"], \"excludeGroups\": [\"<GROUP>\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"], \"excludeGroups\": [\"CA-BreakGlass\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

DuplicateObject = "duplicate-object": "an export holds an object twice" [Error, Warning, Hint]
    Seen "exports of several runs in one folder"
    why "Of two objects with the same id, the one that was changed last is used, else the first; the other is \
        an error unless it says the same. Of two objects with one \
        name, the first is imported, and the second is an error. An id with two names, from \
        tables of two tenants, is reported."
    fix "Keep the right one in the export."
    example Nothing
        before "the exports of Monday and Tuesday in one folder"
        after "only that of Tuesday"

MicrosoftManaged = "microsoft-managed": "an object is created and maintained by Microsoft" [Hint]
    Seen "nearly every tenant has some (T-R03)"
    why "An import leaves it out and counts it: other tenants have it too, or get it, and a plan to change it \
        would be refused. The same goes for templates next to policies, the built-in strengths (known by their ids) and \
        the compliant network (known by its type)."
    fix "Create a policy of your own, or use `--name` to copy one."
    example Import
        before "\
{ \"displayName\": \"Microsoft-managed: MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

Facts = "facts": "a report of doctor cannot be used" [Error]
    Ours "docs/doctor.md"
    why "What was found in one tenant decides how the client and the sandbox behave: a report that is incomplete, or \
        from another tenant, would decide something else."
    fix "Write it again with `gatewright doctor -t TENANT --report FILE`, or remove `facts` from the tenant's entry."
    example Nothing
        before "`facts: facts.json` in the entry of `test`, and the report is about `prod`"
        after "a report that `doctor -t test` wrote"

NotATestTenant = "not-a-test-tenant": "doctor was asked to write to a tenant that is not marked as a test tenant" [Error]
    Ours "docs/doctor.md"
    why "Finding out what a tenant does with a write takes a write. Everything that doctor creates is disabled or report-only, \
        and deleted again; a tenant that people work in is still not the place for it."
    fix "Leave out `--write`: most is found out by reading. Or mark a tenant that is meant for tests with \
        `test: true`."
    example Nothing
        before "`doctor -t prod --write`"
        after "`doctor -t test --write`, with `test: true` in the entry of `test`"

LeftBehind = "left-behind": "something that doctor created is in the tenant" [Error, Warning]
    Ours "docs/doctor.md"
    why "A run that was killed could not delete what it had created. It is disabled or report-only, and bears \
        doctor's name."
    fix "`gatewright doctor -t TENANT --clean-up` deletes it, and so does the next `--write`."
    example Nothing
        before "a policy `GATEWRIGHT-DOCTOR 1f2e3d4c nested-patch` that is disabled"
        after "none"

NotShown = "not-shown": "there are more findings than are shown" [Error, Warning, Hint]
    Ours "at most 200 per file"
    why "The first ones show what kind of fault it is."
    fix "Fix what is shown, and check again."
    example Nothing before "an export with 3,000 faults" after "one with none"

PassedOver = "passed-over": "something in an export is not for gatewright" [Hint, Warning]
    Ours "docs/exports.md"
    why "Other files of a folder are named in one hint. An object among policies or locations that is not \
        understood is a warning."
    fix "Check whether one of them should have been read; if so, export it again."
    example Nothing before "a folder with `README.json` beside the policies" after "only the policies"

NothingToImport = "nothing-to-import": "a file or folder has nothing for gatewright" [Error]
    Ours "docs/exports.md"
    why "Another one was probably meant."
    fix "Name the file or folder of the export."
    example Import
        before "{ \"name\": \"package\", \"version\": \"1.0.0\" }"
        after "\
{ \"displayName\": \"MFA\", \"state\": \"disabled\",
  \"conditions\": { \"users\": { \"includeUsers\": [\"All\"] }, \"applications\": { \"includeApplications\": [\"All\"] } },
  \"grantControls\": { \"operator\": \"OR\", \"builtInControls\": [\"mfa\"] } }"

}
}
