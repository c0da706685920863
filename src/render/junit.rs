//! Findings as a JUnit report, which every CI shows: an error is a failed case, what is let
//! through a skipped one, all else a passed one with the message as its output.

use std::fmt::Write as _;

use super::escape::xml;
use super::review::{About, Remark};

/// The report. It always has a case: CIs take an empty report for a broken one.
pub fn remarks(list: &[Remark<'_>], about: &About) -> String {
    let failed = list.iter().filter(|remark| remark.stops()).count();
    let skipped = list
        .iter()
        .filter(|remark| remark.allowed.is_some())
        .count();
    let tests = list.len().max(1);
    let suite = match &about.tenant {
        Some(tenant) => format!("gatewright {} {tenant}", about.command),
        None => format!("gatewright {}", about.command),
    };
    let suite = xml(suite.trim_end(), false);
    let counts =
        format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"gatewright\" {counts} time=\"0\">\n  <testsuite name=\"{suite}\" {counts} time=\"0\">"
    );
    if list.is_empty() {
        out.push_str("    <testcase name=\"no findings\" classname=\"gatewright\" time=\"0\"/>\n");
    }
    for remark in list {
        case(&mut out, remark, about);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, remark: &Remark<'_>, about: &About) {
    let finding = remark.finding;
    let path = finding
        .place
        .as_ref()
        .map(|place| about.path(&place.file.name));
    let class = path.as_deref().unwrap_or("gatewright");
    let mut head = format!(
        "    <testcase name=\"{}: {}\" classname=\"{}\" time=\"0\"",
        xml(&remark.id(), false),
        xml(&finding.message, false),
        xml(class, false)
    );
    let mut at = String::new();
    if let (Some(path), Some(place)) = (&path, &finding.place) {
        let _ = write!(
            head,
            " file=\"{}\" line=\"{}\"",
            xml(path, false),
            place.line
        );
        at = format!("{path}:{}:{}: ", place.line, place.column);
    }
    let text = xml(
        &format!("{at}{}: {}", finding.severity, remark.text()),
        true,
    );
    let body = match remark.allowed {
        Some(why) => format!("<skipped message=\"{}\"/>", xml(why, false)),
        None if remark.stops() => format!(
            "<failure type=\"{}\" message=\"{}\">{text}</failure>",
            xml(&remark.id(), false),
            xml(&finding.message, false)
        ),
        None => format!("<system-out>{text}</system-out>"),
    };
    let _ = writeln!(out, "{head}>\n      {body}\n    </testcase>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::source::SourceFile;
    use crate::finding::{Code, Finding, Place};
    use crate::render::review;

    #[test]
    fn errors_fail_and_the_rest_passes() {
        let file = SourceFile::new("a&b.yaml", "a", "state: on\n".to_owned());
        let list = [
            Finding::warning(Code::UnmodelledMember, "]]> <x/> \u{1}"),
            Finding::error(Code::BadValue, "`on` is no \"state\"")
                .at(Place::new(&file, 7..9))
                .help("write\n`enabled`"),
        ];
        let about = About {
            command: "plan",
            tenant: Some("prod".to_owned()),
            folder: String::new(),
        };
        insta::assert_snapshot!(remarks(&review::remarks(&list), &about), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="gatewright" tests="2" failures="1" errors="0" skipped="0" time="0">
          <testsuite name="gatewright plan prod" tests="2" failures="1" errors="0" skipped="0" time="0">
            <testcase name="bad-value: `on` is no &quot;state&quot;" classname="a&amp;b.yaml" time="0" file="a&amp;b.yaml" line="1">
              <failure type="bad-value" message="`on` is no &quot;state&quot;">a&amp;b.yaml:1:8: error: `on` is no &quot;state&quot;
        help: write
        `enabled`</failure>
            </testcase>
            <testcase name="unmodelled-member: ]]&gt; &lt;x/&gt; \u{1}" classname="gatewright" time="0">
              <system-out>warning: ]]&gt; &lt;x/&gt; \u{1}</system-out>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_well_formed_and_says_the_same(message: String, help: String) {
            let list = [Finding::error(Code::BadValue, message.clone()).help(help)];
            let text = remarks(&review::remarks(&list), &About::default());
            let document = roxmltree::Document::parse(&text).unwrap();
            let failure = document.descendants().find(|n| n.has_tag_name("failure")).unwrap();
            let told = crate::text::visible(&message, false);
            proptest::prop_assert_eq!(failure.attribute("message").unwrap(), told);
        }
    }
}
