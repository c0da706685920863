//! Examples for `--help`. A test in `command` parses each of them, and finds commands
//! without one.

use std::fmt::Write as _;

use super::exit_codes;

/// The path of a command, and its examples: what is done, and how.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

/// All of them.
pub(super) const EXAMPLES: &[Examples] = &[
    (
        "",
        &[
            (
                "Start a project, and try it on the embedded tenant",
                "gatewright init && gatewright apply -t sandbox",
            ),
            (
                "See what would change, save it, and carry out what was reviewed",
                "gatewright plan -t prod --out plan.json && gatewright apply plan.json",
            ),
            (
                "The same for every tenant with a label",
                "gatewright plan -t label:gold --out-dir plans && gatewright apply plans",
            ),
        ],
    ),
    (
        "init",
        &[
            (
                "A commented project in a new folder",
                "gatewright init entra",
            ),
            (
                "For a tenant that has policies, with pipelines for GitHub",
                "gatewright init --bare --ci github && gatewright import -t prod",
            ),
        ],
    ),
    (
        "validate",
        &[
            ("Check the project", "gatewright validate"),
            (
                "In a pipeline: warnings fail, and a scanner reads the findings",
                "gatewright validate --strict --format sarif",
            ),
            (
                "Show the findings in one file",
                "gatewright validate policies/mfa.yaml",
            ),
            (
                "Fix misspelt names of properties and values",
                "gatewright validate --fix",
            ),
        ],
    ),
    (
        "fmt",
        &[
            ("Format every manifest of the project", "gatewright fmt"),
            (
                "In a pipeline: fail where a file is not formatted",
                "gatewright fmt --check",
            ),
            ("From an editor", "gatewright fmt - < policies/mfa.yaml"),
        ],
    ),
    (
        "render",
        &[
            (
                "The manifests with the variables and patches of a tenant",
                "gatewright render -t contoso",
            ),
            (
                "As files, to compare those of two tenants",
                "gatewright render -t contoso -o out && gatewright render -t fabrikam -o out",
            ),
        ],
    ),
    (
        "whatif",
        &[
            (
                "What the policies do with a sign-in",
                "gatewright whatif --user adele@contoso.com --app 'Office 365 Exchange Online' --platform iOS",
            ),
            (
                "Judge it by the policies that the tenant has now",
                "gatewright whatif -t prod --live --member-of Sales --app 'SharePoint Online'",
            ),
        ],
    ),
    (
        "test",
        &[
            ("Check every claim of the project", "gatewright test"),
            (
                "Check the claims against the tenant as it would be after a saved plan",
                "gatewright test --plan plan.json",
            ),
            ("Check the claims of a pack", "gatewright test --pack scuba"),
        ],
    ),
    (
        "gaps",
        &[
            (
                "Find sign-ins without multifactor authentication",
                "gatewright gaps",
            ),
            (
                "In a pipeline, after a saved plan",
                "gatewright gaps --plan plan.json --detailed-exitcode",
            ),
        ],
    ),
    (
        "compare",
        &[
            (
                "Compare the working tree with the branch main",
                "gatewright compare git:main .",
            ),
            (
                "Compare the tenant with what a saved plan makes of it",
                "gatewright compare live:prod plan:plan.json --detailed-exitcode",
            ),
        ],
    ),
    (
        "report",
        &[
            (
                "The policies of the manifests on one page",
                "gatewright report",
            ),
            (
                "The tenant as it is, for somebody outside: without names",
                "gatewright report -t prod --live --mask -o tenant.html",
            ),
            (
                "What a saved plan changes, and for how many people",
                "gatewright report --plan plan.json --people -o change.html",
            ),
        ],
    ),
    (
        "impact",
        &[
            (
                "How many people the plan of the manifests affects, and who",
                "gatewright impact -t prod --people",
            ),
            (
                "The same for a saved plan, as a comment on a pull request",
                "gatewright impact --people --plan plan.json --format markdown",
            ),
            (
                "What the sign-ins of the last week would get",
                "gatewright impact -t prod --last 7d",
            ),
            (
                "What those of a downloaded log get by two sets of manifests, without a tenant",
                "gatewright impact --logs signins.json --before git:main --after .",
            ),
        ],
    ),
    (
        "plan",
        &[
            ("Show what would change", "gatewright plan -t prod"),
            (
                "Save the plan for review and for apply",
                "gatewright plan -t prod --out plan.json",
            ),
            (
                "In a pipeline: write a comment for the pull request",
                "gatewright plan -t prod --format markdown",
            ),
        ],
    ),
    (
        "apply",
        &[
            ("Plan, ask, and apply", "gatewright apply -t prod"),
            (
                "Apply a plan as it was reviewed",
                "gatewright apply plan.json",
            ),
        ],
    ),
    (
        "show",
        &[("Show what a saved plan holds", "gatewright show plan.json")],
    ),
    (
        "destroy",
        &[(
            "Delete the objects of the manifests from the embedded tenant",
            "gatewright destroy -t sandbox",
        )],
    ),
    (
        "get",
        &[
            (
                "List what the tenant has, by kind and name",
                "gatewright get",
            ),
            (
                "Show a live policy as a manifest",
                "gatewright get policy 'CA100 MFA' -o yaml",
            ),
        ],
    ),
    (
        "list",
        &[
            ("List the policies, and what each does", "gatewright list"),
            ("List the named locations", "gatewright list location"),
        ],
    ),
    (
        "uses",
        &[
            (
                "Show which policies use a group, and through which groups",
                "gatewright uses CA-Pilot",
            ),
            (
                "Show what a policy of the tenant refers to",
                "gatewright uses 'CA100 MFA' --live -t prod",
            ),
            (
                "Draw the whole graph",
                "gatewright uses --format dot > references.dot",
            ),
        ],
    ),
    (
        "import",
        &[
            (
                "Write manifests for what a tenant has",
                "gatewright import -t prod",
            ),
            (
                "Show what would be written",
                "gatewright import -t prod --dry-run",
            ),
            (
                "Read a folder of exported JSON",
                "gatewright import --from ./baseline --to policies",
            ),
        ],
    ),
    (
        "export",
        &[
            (
                "Write Terraform for the azuread provider",
                "gatewright export --as terraform -o infra",
            ),
            (
                "The same for the tenant's objects, with the blocks by which Terraform takes them over",
                "gatewright export --as terraform --live --with Group -t prod",
            ),
            (
                "Fail if a baseline for Microsoft's monitoring cannot hold all of two policies",
                "gatewright export --as utcm --strict 'CA100 MFA' 'CA200 Block robots'",
            ),
        ],
    ),
    (
        "drift",
        &[
            (
                "Show what was changed in the portal",
                "gatewright drift -t prod",
            ),
            (
                "Take the changes over into the manifests",
                "gatewright drift -t prod --adopt",
            ),
        ],
    ),
    (
        "tenants",
        &[
            ("List the tenants of the project", "gatewright tenants"),
            (
                "The jobs of a matrix that plans those with a label",
                "gatewright tenants -t label:gold --matrix 8 --format json",
            ),
        ],
    ),
    (
        "merge",
        &[(
            "One table of what several machines wrote, and a page",
            "gatewright merge results --html fleet.html",
        )],
    ),
    ("runs", &[("List the runs", "gatewright runs")]),
    (
        "runs list",
        &[(
            "List the runs of one tenant",
            "gatewright runs list -t prod",
        )],
    ),
    (
        "runs show",
        &[("Show what the last run did", "gatewright runs show latest")],
    ),
    (
        "rollback",
        &[("Undo the last run", "gatewright rollback latest")],
    ),
    (
        "risk",
        &[(
            "List the users at risk",
            "gatewright risk users -t prod --state atRisk",
        )],
    ),
    (
        "risk detections",
        &[
            (
                "List the detections of the last day",
                "gatewright risk detections -t prod --since 24h",
            ),
            (
                "Watch for new ones",
                "gatewright risk detections -t prod --watch",
            ),
        ],
    ),
    (
        "risk users",
        &[(
            "List the users at high risk as CSV",
            "gatewright risk users -t prod --level high --format csv",
        )],
    ),
    (
        "risk history",
        &[(
            "Show how the risk of a user changed",
            "gatewright risk history -t prod adele@contoso.com",
        )],
    ),
    (
        "risk wait",
        &[(
            "Wait until a test user is at risk",
            "gatewright risk wait -t test --user adele@contoso.com --timeout 30m",
        )],
    ),
    (
        "risk dismiss",
        &[(
            "Dismiss the risk of a user",
            "gatewright risk dismiss -t prod adele@contoso.com",
        )],
    ),
    (
        "risk confirm-compromised",
        &[(
            "Confirm that somebody else has the account",
            "gatewright risk confirm-compromised -t prod adele@contoso.com",
        )],
    ),
    (
        "risk confirm-safe",
        &[(
            "Confirm that it was the user",
            "gatewright risk confirm-safe -t prod adele@contoso.com",
        )],
    ),
    (
        "user",
        &[(
            "Give a test user a new password",
            "gatewright user reset-password -t test alex",
        )],
    ),
    (
        "user reset-password",
        &[(
            "Write the new password into a file",
            "gatewright user reset-password -t test alex --secrets-out alex.json",
        )],
    ),
    (
        "auth",
        &[(
            "Show the identity and its permissions",
            "gatewright auth whoami -t prod",
        )],
    ),
    (
        "auth whoami",
        &[(
            "Show the identity and its permissions",
            "gatewright auth whoami -t prod",
        )],
    ),
    (
        "auth login",
        &[(
            "Sign in for plan and apply",
            "gatewright auth login -t prod --write",
        )],
    ),
    (
        "auth logout",
        &[("Remove the sign-in", "gatewright auth logout -t prod")],
    ),
    (
        "auth setup",
        &[(
            "Print the commands that register a pipeline's applications",
            "gatewright auth setup -t prod --github contoso/entra --groups",
        )],
    ),
    (
        "sandbox",
        &[("Reset the embedded tenant", "gatewright sandbox reset")],
    ),
    (
        "sandbox serve",
        &[(
            "Serve a tenant with its own file to other tools",
            "gatewright sandbox serve --file tenant.json --port 8080",
        )],
    ),
    (
        "sandbox sign-in",
        &[(
            "Make a risky sign-in",
            "gatewright sandbox sign-in --user adele@contoso.com --risk high",
        )],
    ),
    (
        "sandbox seed",
        &[(
            "Load exported objects",
            "gatewright sandbox seed policies.json",
        )],
    ),
    (
        "sandbox export",
        &[("Save the tenant", "gatewright sandbox export > tenant.json")],
    ),
    (
        "sandbox reset",
        &[("Start over", "gatewright sandbox reset")],
    ),
    (
        "doctor",
        &[
            ("Only read", "gatewright doctor -t test"),
            (
                "Also write, in a test tenant",
                "gatewright doctor -t test --write --report facts.json",
            ),
        ],
    ),
    (
        "explain",
        &[
            (
                "Explain a finding, and what to do",
                "gatewright explain CA-R80",
            ),
            ("List every rule, guard and code", "gatewright explain"),
        ],
    ),
    (
        "schema",
        &[(
            "Write the schemas to a folder, for an editor",
            "gatewright schema --out schema",
        )],
    ),
    (
        "completions",
        &[
            ("For this shell", "source <(gatewright completions bash)"),
            (
                "Also complete the names, tenants and runs of the project",
                "source <(gatewright completions zsh --dynamic)",
            ),
        ],
    ),
    (
        "man",
        &[
            ("Read a page", "gatewright man plan | man -l -"),
            (
                "Install all pages for yourself",
                "gatewright man --out ~/.local/share/man/man1",
            ),
        ],
    ),
];

/// The text of the examples of a command.
pub(super) fn of(path: &[String]) -> Option<String> {
    let path = path.join(" ");
    let (_, examples) = EXAMPLES.iter().find(|(of, _)| *of == path)?;
    let mut text = String::from("Examples:");
    for (what, command) in *examples {
        let _ = write!(text, "\n  # {what}\n  {command}");
    }
    if path.is_empty() {
        let _ = write!(text, "\n\n{}", exit_codes());
    }
    Some(text)
}
