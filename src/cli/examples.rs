//! Examples for `--help`. A test in `command` parses each of them, and finds commands
//! without one.

use std::fmt::Write as _;

use super::EXIT_CODES;

/// The path of a command, and its examples: what is done, and how.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

/// All of them.
pub(super) const EXAMPLES: &[Examples] = &[
    (
        "",
        &[
            (
                "Begin a project, and try it on the embedded tenant",
                "gatewright init && gatewright apply -t sandbox",
            ),
            (
                "See what would change, save it, and carry out what was reviewed",
                "gatewright plan -t prod --out plan.json && gatewright apply plan.json",
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
                "What is found in one file",
                "gatewright validate policies/mfa.yaml",
            ),
            (
                "Mend misspelt names of properties and values",
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
        "whatif",
        &[
            (
                "What becomes of a sign-in by the manifests",
                "gatewright whatif --user adele@contoso.com --app 'Office 365 Exchange Online' --platform iOS",
            ),
            (
                "By the policies that the tenant has now",
                "gatewright whatif -t prod --live --member-of Sales --app 'SharePoint Online'",
            ),
        ],
    ),
    (
        "test",
        &[
            ("Judge every claim of the project", "gatewright test"),
            (
                "Judge the claims as they would be after a saved plan",
                "gatewright test --plan plan.json",
            ),
            ("Judge the claims of a pack", "gatewright test --pack scuba"),
        ],
    ),
    (
        "gaps",
        &[
            (
                "Sign-ins without multifactor authentication",
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
                "What the working tree does that the branch main does not",
                "gatewright compare git:main .",
            ),
            (
                "What a saved plan does to the tenant",
                "gatewright compare live:prod plan:plan.json --detailed-exitcode",
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
            ("What would change", "gatewright plan -t prod"),
            (
                "Save it for a review, and for apply",
                "gatewright plan -t prod --out plan.json",
            ),
            (
                "In a pipeline: a comment for the pull request",
                "gatewright plan -t prod --format markdown",
            ),
        ],
    ),
    (
        "apply",
        &[
            ("Plan, ask, and carry it out", "gatewright apply -t prod"),
            (
                "Carry out a plan as it was reviewed",
                "gatewright apply plan.json",
            ),
        ],
    ),
    (
        "show",
        &[("What a saved plan holds", "gatewright show plan.json")],
    ),
    (
        "destroy",
        &[(
            "Delete from the embedded tenant what the manifests name",
            "gatewright destroy -t sandbox",
        )],
    ),
    (
        "get",
        &[
            ("What there is, by kind and name", "gatewright get"),
            (
                "A live policy as its manifest",
                "gatewright get policy 'CA100 MFA' -o yaml",
            ),
        ],
    ),
    (
        "list",
        &[
            ("The policies, and what each does", "gatewright list"),
            ("Named locations", "gatewright list location"),
        ],
    ),
    (
        "import",
        &[
            (
                "Write manifests for what a tenant holds",
                "gatewright import -t prod",
            ),
            (
                "See first what would be written",
                "gatewright import -t prod --dry-run",
            ),
            (
                "Read a folder of exported JSON",
                "gatewright import --from ./baseline --to policies",
            ),
        ],
    ),
    (
        "drift",
        &[
            ("What was changed in the portal", "gatewright drift -t prod"),
            (
                "Take it over into the manifests",
                "gatewright drift -t prod --adopt",
            ),
        ],
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
        &[("What the last run did", "gatewright runs show latest")],
    ),
    (
        "rollback",
        &[(
            "Put things back to how they were before the last run",
            "gatewright rollback latest",
        )],
    ),
    (
        "risk",
        &[(
            "Who is at risk",
            "gatewright risk users -t prod --state atRisk",
        )],
    ),
    (
        "risk detections",
        &[
            (
                "What was noticed in the last day",
                "gatewright risk detections -t prod --since 24h",
            ),
            (
                "Go on looking",
                "gatewright risk detections -t prod --watch",
            ),
        ],
    ),
    (
        "risk users",
        &[(
            "Users at high risk, as rows for a spreadsheet",
            "gatewright risk users -t prod --level high --format csv",
        )],
    ),
    (
        "risk history",
        &[(
            "How the risk of a user changed",
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
            "Say that somebody else has the account",
            "gatewright risk confirm-compromised -t prod adele@contoso.com",
        )],
    ),
    (
        "risk confirm-safe",
        &[(
            "Say that it was the user",
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
            "As whom, and with which permissions",
            "gatewright auth whoami -t prod",
        )],
    ),
    (
        "auth whoami",
        &[(
            "As whom, and with which permissions",
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
        &[("Forget the sign-in", "gatewright auth logout -t prod")],
    ),
    (
        "auth setup",
        &[(
            "The commands that register the applications of a pipeline",
            "gatewright auth setup -t prod --github contoso/entra --groups",
        )],
    ),
    (
        "sandbox",
        &[(
            "Put the embedded tenant back to how it starts",
            "gatewright sandbox reset",
        )],
    ),
    (
        "sandbox serve",
        &[(
            "A tenant for other tools, with its own file",
            "gatewright sandbox serve --file tenant.json --port 8080",
        )],
    ),
    (
        "sandbox sign-in",
        &[(
            "A risky sign-in",
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
        &[("Keep the tenant", "gatewright sandbox export > tenant.json")],
    ),
    (
        "sandbox reset",
        &[("Begin anew", "gatewright sandbox reset")],
    ),
    (
        "doctor",
        &[
            ("Ask, and write nothing", "gatewright doctor -t test"),
            (
                "Try by writing, in a test tenant",
                "gatewright doctor -t test --write --report facts.json",
            ),
        ],
    ),
    (
        "explain",
        &[
            (
                "What a finding means, and what to do",
                "gatewright explain CA-R80",
            ),
            ("Every rule, guard and code", "gatewright explain"),
        ],
    ),
    (
        "schema",
        &[(
            "Write the schemas into a folder, for an editor",
            "gatewright schema --out schema",
        )],
    ),
    (
        "completions",
        &[
            ("For this shell", "source <(gatewright completions bash)"),
            (
                "With the names, tenants and runs of the project",
                "source <(gatewright completions zsh --dynamic)",
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
        let _ = write!(text, "\n\n{EXIT_CODES}");
    }
    Some(text)
}
