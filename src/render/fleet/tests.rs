use super::*;
use crate::fleet::result::FLEET_FORMAT;
use crate::render::markdown::LIMIT;

fn result(tenant: &str, exit_code: u8) -> TenantResult {
    TenantResult {
        format_version: FLEET_FORMAT.to_owned(),
        command: "plan".to_owned(),
        tenant: tenant.to_owned(),
        labels: vec!["gold".to_owned()],
        exit_code,
        summary: FleetSummary {
            create: Some(1),
            change: Some(0),
            delete: Some(0),
            effect: Some("stricter".to_owned()),
            guards: Some(0),
            ..FleetSummary::default()
        },
        changes: vec![FleetChange {
            action: "create".to_owned(),
            kind: "ConditionalAccessPolicy".to_owned(),
            name: "CA001".to_owned(),
            changes: Vec::new(),
            effect: Some("stronger".to_owned()),
            outcome: None,
            message: None,
        }],
        findings: Vec::new(),
        result: None,
    }
}

#[test]
fn the_table_has_a_row_for_each_tenant_and_says_what_it_comes_to() {
    let mut calm = result("fabrikam", 0);
    calm.changes.clear();
    calm.summary.create = Some(0);
    calm.summary.effect = None;
    let text = human(&[result("contoso", 0), calm, result("tailspin", 3)], None);
    let text = anstream::adapter::strip_str(&text).to_string();
    insta::assert_snapshot!(text, @r"
    TENANT    RESULT      CREATE  CHANGE  DELETE  EFFECT    GUARDS  ERRORS  LABELS
    contoso   changes     1       0       0       stricter  0       0       gold
    fabrikam  no changes  0       0       0       -         0       0       gold
    tailspin  refused     1       0       0       stricter  0       0       gold

    3 tenants: 1 refused, 1 with changes, 1 without changes
    ");
}

#[test]
fn texts_of_tenants_are_no_markup() {
    let hostile = "</td><script>alert(1)</script> | `x` \u{202e}![a](http://b)";
    let mut bad = result(hostile, 1);
    bad.labels = vec![hostile.to_owned()];
    bad.summary.effect = Some(hostile.to_owned());
    bad.summary.file = Some("javascript:alert(1)".to_owned());
    bad.command = "report".to_owned();
    for change in &mut bad.changes {
        change.name = hostile.to_owned();
        change.action = hostile.to_owned();
        change.message = Some(hostile.to_owned());
        change.outcome = Some(hostile.to_owned());
    }
    bad.findings = vec![FleetFinding {
        severity: hostile.to_owned(),
        code: hostile.to_owned(),
        message: hostile.to_owned(),
        place: Some(hostile.to_owned()),
        help: Some(hostile.to_owned()),
    }];
    let page = html(std::slice::from_ref(&bad)).unwrap();
    assert!(
        !page.contains("<script") && !page.contains("href=\"javascript"),
        "{page}"
    );
    let text = markdown(&[bad]);
    let read = comrak::markdown_to_html(
        &text,
        &comrak::Options {
            extension: comrak::options::Extension {
                table: true,
                ..Default::default()
            },
            render: comrak::options::Render {
                r#unsafe: true,
                ..Default::default()
            },
            ..Default::default()
        },
    );
    assert!(
        !read.contains("<script") && !read.contains("<img"),
        "{read}"
    );
    assert_eq!(read.matches("<tr>").count(), 2, "{read}");
}

#[test]
fn a_comment_has_room_for_any_number_of_tenants() {
    let mut many: Vec<TenantResult> = (0..3_000)
        .map(|n| result(&format!("tenant-{n:04}-{}", "x".repeat(90)), 0))
        .collect();
    many.push(result("zz-failed", 1));
    let text = markdown(&many);
    assert!(text.len() <= LIMIT, "{}", text.len());
    assert!(text.contains("| zz-failed | error |") && text.contains("which do not fit here"));
}

#[test]
fn what_several_tell_word_for_word_is_told_once() {
    let text = details([("a", "same\n"), ("b", "other\n"), ("c", "same\n")].into_iter());
    let text = anstream::adapter::strip_str(&text).to_string();
    assert_eq!(text, "== a, c ==\n\nsame\n\n== b ==\n\nother\n\n");
}
