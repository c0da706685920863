//! Claims and whether they hold: for people, programs, pull requests and test reports.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::escape::{Notation, markdown_code, markdown_sentence, without_commands, xml};
use super::human::{BOLD, GREEN, RED, YELLOW, paint};
use super::json::FORMAT_VERSION;
use super::review::About;
use crate::claims::{Coverage, Judged, Verdict};
use crate::finding::Finding;
use crate::text::{few_names, shell_word, visible};
use crate::whatif::{Outcome, SignIn};

/// How many policies without a claim are named.
const MOST: usize = 10;

/// The answer of `test --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestOutput<'a> {
    /// The version of this shape.
    pub format_version: &'static str,
    /// The claims, in the order of their files.
    pub claims: Vec<ClaimOutput<'a>>,
    /// The counts.
    pub summary: ClaimsSummary,
    /// Which policies the claims rest on.
    pub coverage: CoverageOutput,
}

/// One claim.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimOutput<'a> {
    /// `Scenario`.
    pub kind: &'static str,
    /// The name.
    pub display_name: &'a str,
    /// The pack that brought it; null for the project's own.
    pub pack: Option<String>,
    /// `passed`, `failed` or `open`.
    pub verdict: &'static str,
    /// The policies that apply to its sign-in.
    pub carried_by: Vec<String>,
    /// The facts on which it hangs.
    pub open_because: Vec<String>,
    /// What is not as expected, in words.
    pub misses: Vec<String>,
    /// The sign-in.
    pub sign_in: &'a SignIn,
    /// What it gets; null for a sign-in that contradicts itself.
    pub got: Option<&'a Outcome>,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// How many claims there are of each verdict.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ClaimsSummary {
    /// Proved.
    pub proved: usize,
    /// Refuted.
    pub refuted: usize,
    /// Depending on what no sign-in can say.
    pub open: usize,
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
}

/// Which policies the claims rest on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageOutput {
    /// Policies that some claim rests on.
    pub covered: Vec<String>,
    /// Policies that no claim rests on.
    pub uncovered: Vec<String>,
}

/// All that is shown of a run.
#[derive(Debug)]
pub struct TestRun<'a> {
    /// The claims.
    pub claims: Vec<Judged<'a>>,
    /// Which policies they rest on.
    pub coverage: Coverage,
    /// What is worth knowing and fails nothing.
    pub notices: Vec<Finding>,
    /// The flags with which `whatif` judges by the same policies, with a blank before each.
    pub flags: String,
}

impl TestRun<'_> {
    /// How many claims have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let claims = self.claims.iter();
        claims.filter(|one| one.verdict == verdict).count()
    }

    /// What fails, and what is worth knowing.
    pub fn findings(&self) -> Vec<Finding> {
        let claims = self.claims.iter().flat_map(Judged::findings);
        claims.chain(self.notices.iter().cloned()).collect()
    }

    fn said(&self) -> String {
        let number = self.claims.len();
        let word = if number == 1 { "scenario" } else { "scenarios" };
        let mut parts = vec![format!("{} passed", self.count(Verdict::Passed))];
        for (verdict, word) in [(Verdict::Failed, "failed"), (Verdict::Open, "open")] {
            let count = self.count(verdict);
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        format!("{number} {word}: {}", parts.join(", "))
    }

    fn covered(&self) -> String {
        let Coverage { covered, uncovered } = &self.coverage;
        let all = covered.len() + uncovered.len();
        match uncovered.is_empty() {
            true => format!("Coverage: a scenario rests on each of {all} policies"),
            false => format!(
                "Coverage: {} of {all} policies; no scenario rests on {}",
                covered.len(),
                few_names(uncovered.iter().map(|name| visible(name, false)), MOST)
            ),
        }
    }

    /// The command that asks the same again; `None` where it would not be the same: a shell cannot
    /// be given what is not seen, and what a pipeline would obey is broken up in the output.
    fn replay(&self, name: &str) -> Option<String> {
        let line = format!(
            "gatewright whatif{} --scenario{}{}",
            self.flags,
            // A word that begins like a flag is taken for one.
            if name.starts_with('-') { "=" } else { " " },
            shell_word(name)
        );
        let same =
            visible(&line, false) == line && without_commands(&line, Notation::Text, false) == line;
        same.then_some(line)
    }
}

/// For people: every claim, and of those that fail why.
pub fn human(run: &TestRun<'_>) -> String {
    let mut out = String::new();
    for one in &run.claims {
        let (style, word) = match one.verdict {
            Verdict::Passed => (GREEN, "ok"),
            Verdict::Failed => (RED, "FAIL"),
            Verdict::Open => (YELLOW, "open"),
        };
        let name = visible(one.scenario.name(), false);
        let _ = writeln!(out, "{} {name}", paint(style.bold(), &format!("{word:<5}")));
        for miss in &one.misses {
            let place = one.scenario.document.place(&miss.pointer);
            let at = format!("{}:{}", place.file.name, place.line);
            let _ = writeln!(
                out,
                "      {}: {}",
                visible(&at, false),
                visible(&miss.message, false)
            );
        }
        if !one.misses.is_empty()
            && let Some(line) = run.replay(one.scenario.name())
        {
            let _ = writeln!(out, "      {line}");
        }
    }
    if !run.claims.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}\n{}", paint(BOLD, &run.said()), run.covered());
    out
}

/// For programs.
pub fn json<'a>(run: &'a TestRun<'a>) -> TestOutput<'a> {
    let claims = run.claims.iter().map(|one| {
        let place = one.scenario.place();
        let applied = one.got.iter().flat_map(|got| &got.policies);
        let applied = applied.filter(|policy| policy.applies == Some(true));
        let mut open: Vec<String> = (one.misses.iter())
            .flat_map(|miss| miss.open_because.iter().map(|fact| fact.to_string()))
            .collect();
        open.sort();
        open.dedup();
        ClaimOutput {
            kind: "Scenario",
            display_name: one.scenario.name(),
            pack: None,
            verdict: one.verdict.as_str(),
            carried_by: applied
                .map(|policy| policy.display_name.to_string())
                .collect(),
            open_because: open,
            misses: one.misses.iter().map(|miss| miss.message.clone()).collect(),
            sign_in: &one.scenario.scenario.sign_in,
            got: one.got.as_ref(),
            file: place.file.name.clone(),
            line: place.line,
        }
    });
    TestOutput {
        format_version: FORMAT_VERSION,
        claims: claims.collect(),
        summary: ClaimsSummary {
            open: run.count(Verdict::Open),
            passed: run.count(Verdict::Passed),
            failed: run.count(Verdict::Failed),
            ..ClaimsSummary::default()
        },
        coverage: CoverageOutput {
            covered: run.coverage.covered.clone(),
            uncovered: run.coverage.uncovered.clone(),
        },
    }
}

/// For a comment on a pull request.
pub fn markdown(run: &TestRun<'_>, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let mut out = format!(
        "{}## Scenarios\n\n**{}.** {}.\n",
        super::markdown::marker("test", tenant),
        run.said(),
        markdown_sentence(&run.covered())
    );
    let failing = run.claims.iter().filter(|one| !one.misses.is_empty());
    for one in failing {
        let _ = write!(
            out,
            "\n### {}: {}\n\n",
            one.verdict.as_str(),
            markdown_sentence(one.scenario.name())
        );
        for miss in &one.misses {
            let place = one.scenario.document.place(&miss.pointer);
            let at = format!("{}:{}", about.path(&place.file.name), place.line);
            let _ = writeln!(
                out,
                "- {}: {}",
                markdown_code(&at),
                markdown_sentence(&miss.message)
            );
        }
        let sign_in = serde_json::to_value(&one.scenario.scenario.sign_in);
        let sign_in = sign_in
            .as_ref()
            .map_or_else(|_| String::new(), Value::to_string);
        let _ = write!(out, "\nSign-in: {}\n", markdown_code(&sign_in));
    }
    let passed = run
        .claims
        .iter()
        .filter(|one| one.verdict == Verdict::Passed);
    let passed: Vec<String> = passed
        .map(|one| format!("- {}\n", markdown_sentence(one.scenario.name())))
        .collect();
    if !passed.is_empty() {
        let _ = write!(
            out,
            "\n<details><summary>{} passed</summary>\n\n{}\n</details>\n",
            passed.len(),
            passed.concat()
        );
    }
    out
}

/// For the test report of a CI: every claim is a case.
pub fn junit(run: &TestRun<'_>, about: &About) -> String {
    let failed = run.count(Verdict::Failed);
    let open = run.count(Verdict::Open);
    let tests = run.claims.len().max(1);
    let suite = match &about.tenant {
        Some(tenant) => format!("gatewright test {tenant}"),
        None => "gatewright test".to_owned(),
    };
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{open}\"");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gatewright\" {counts} time=\"0\">\n  <testsuite name=\"{}\" {counts} time=\"0\">\n",
        xml(&suite, false)
    );
    if run.claims.is_empty() {
        // CIs take an empty report for a broken one.
        out.push_str("    <testcase name=\"no scenarios\" classname=\"gatewright\" time=\"0\"/>\n");
    }
    for one in &run.claims {
        let place = one.scenario.place();
        let path = about.path(&place.file.name);
        let _ = write!(
            out,
            "    <testcase name=\"{}\" classname=\"{path}\" time=\"0\" file=\"{path}\" line=\"{}\"",
            xml(one.scenario.name(), false),
            place.line,
            path = xml(&path, false),
        );
        let misses: Vec<&str> = one
            .misses
            .iter()
            .map(|miss| miss.message.as_str())
            .collect();
        let mut told = misses.join("\n");
        if let Some(line) = run.replay(one.scenario.name()) {
            told = format!("{told}\n{line}");
        }
        let first = xml(misses.first().copied().unwrap_or_default(), false);
        let _ = match one.verdict {
            Verdict::Passed => writeln!(out, "/>"),
            Verdict::Open => writeln!(
                out,
                ">\n      <skipped message=\"{first}\"/>\n    </testcase>"
            ),
            Verdict::Failed => writeln!(
                out,
                ">\n      <failure type=\"scenario-failed\" message=\"{first}\">{}</failure>\n    </testcase>",
                xml(&told, true)
            ),
        };
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}
