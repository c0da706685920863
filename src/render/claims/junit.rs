//! For the test report of a CI: every claim is a case.

use std::fmt::Write as _;

use super::TestRun;
use crate::claims::ClaimVerdict;
use crate::render::escape::xml;
use crate::render::review::About;

/// For the test report of a CI: every claim is a case.
pub fn junit(run: &TestRun<'_>, about: &About) -> String {
    let failed = run.verdicts().filter(|verdict| verdict.fails()).count();
    let open = run.count(ClaimVerdict::Open);
    let views = run.views();
    let tests = views.len().max(1);
    let suite = match &about.tenant {
        Some(tenant) => format!("gatewright test {tenant}"),
        None => "gatewright test".to_owned(),
    };
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{open}\"");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gatewright\" {counts} time=\"0\">\n  <testsuite name=\"{}\" {counts} time=\"0\">\n",
        xml(&suite, false)
    );
    if views.is_empty() {
        // CIs take an empty report for a broken one.
        out.push_str("    <testcase name=\"no scenarios\" classname=\"gatewright\" time=\"0\"/>\n");
    }
    for one in &views {
        let path = about.path(&one.place.file.name);
        let _ = write!(
            out,
            "    <testcase name=\"{}\" classname=\"{path}\" time=\"0\" file=\"{path}\" line=\"{}\"",
            xml(&one.title, false),
            one.place.line,
            path = xml(&path, false),
        );
        let told: Vec<&str> = one.told.iter().map(|(_, line)| line.as_str()).collect();
        let first = xml(told.first().copied().unwrap_or_default(), false);
        let told = told.join("\n");
        let _ = match one.verdict {
            ClaimVerdict::Open => writeln!(
                out,
                ">\n      <skipped message=\"{first}\"/>\n    </testcase>"
            ),
            verdict if verdict.fails() => writeln!(
                out,
                ">\n      <failure type=\"{}\" message=\"{first}\">{}{}</failure>\n    </testcase>",
                one.code,
                xml(&told, true),
                one.replay
                    .as_ref()
                    .map_or_else(String::new, |replay| format!("\n{}", xml(replay, true))),
            ),
            _ => writeln!(out, "/>"),
        };
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}
