use std::collections::BTreeMap;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::apply::{ActionStatus, RunReport};
use crate::finding::{Code, Finding};
use crate::model::Kind;
use crate::plan::weakening::Class;
use crate::render::drift::{DriftReport, Stray};
use crate::render::fixtures::action;
use crate::render::review::ReviewFinding;
use crate::tenant::audit::LastChange;

/// Drift, and what has no manifest.
fn drift(plan: &Plan) -> String {
    let stray = |kind: &Kind, name: &String| Stray {
        kind: *kind,
        id: "11111111-2222-3333-4444-555555555555".to_owned(),
        name: name.clone(),
        state: Some("enabled".to_owned()),
        change: Some(LastChange {
            at: "2026-01-31T08:00:00Z".to_owned(),
            by: Some(name.clone()),
            activity: Some(name.clone()),
        }),
        listed: true,
        told: false,
    };
    let strays: Vec<Stray> = (plan.unmanaged.iter())
        .flat_map(|(kind, names)| names.iter().map(move |name| stray(kind, name)))
        .collect();
    super::drift(&DriftReport {
        plan,
        strays: &strays,
        changes: &BTreeMap::new(),
        names: &[],
        asks: false,
    })
}

fn policy(name: &str, state: &str) -> Value {
    json!({"displayName": name, "state": state, "conditions": {"users": {"includeUsers": ["All"]}}})
}

fn sample(name: &str) -> (Plan, Review) {
    let mut plan = Plan {
        tenant: "prod".to_owned(),
        actions: vec![
            action(Verb::Create, "New", Value::Null, policy("New", "enabled")),
            action(
                Verb::Update,
                name,
                policy(name, "enabled"),
                policy(name, "disabled"),
            ),
            action(Verb::Delete, "Old", policy("Old", "disabled"), Value::Null),
        ],
        notices: vec![Finding::hint(
            Code::IgnoredPath,
            format!("`{name}` has no property `x`"),
        )],
        unmanaged: [(Kind::NamedLocation, vec![name.to_owned()])].into(),
        ..Plan::default()
    };
    let effect = |class, why: &str| Effect {
        class,
        reasons: vec![why.to_owned()],
    };
    let review = Review {
        verdicts: vec![
            ReviewFinding {
                guard: "break-glass".to_owned(),
                finding: Finding::error(Code::Failed, format!("`{name}` hits everyone"))
                    .help("exclude the break-glass group"),
                allowed: None,
            },
            ReviewFinding {
                guard: "budget".to_owned(),
                finding: Finding::error(Code::Failed, "1 policy is deleted"),
                allowed: Some("--allow budget".to_owned()),
            },
        ],
    };
    let effects = [
        effect(Class::Stronger, "is enabled"),
        effect(Class::Weaker, &format!("{name} is no longer enabled")),
        effect(Class::Neutral, "was not enabled"),
    ];
    for (action, effect) in plan.actions.iter_mut().zip(effects) {
        action.effect = Some(effect);
    }
    (plan, review)
}

#[test]
fn what_refuses_and_weakens_comes_first() {
    let (plan, review) = sample("CA001: Require MFA | all users");
    insta::assert_snapshot!("plan", super::plan(&plan, &review));
}

/// One exclusion in thirty policies is one thing to read.
#[test]
fn what_is_refused_alike_is_said_once() {
    let names: Vec<String> = (0..30).map(|at| format!("CA{at:03}")).collect();
    let mut plan = Plan {
        tenant: "prod".to_owned(),
        ..Plan::default()
    };
    let mut review = Review::default();
    for name in &names {
        let mut changed = action(
            Verb::Update,
            name,
            policy(name, "enabled"),
            policy(name, "disabled"),
        );
        changed.effect = Some(Effect {
            class: Class::Weaker,
            reasons: vec!["excludes 1 more group: `Partners`".to_owned()],
        });
        plan.actions.push(changed);
        let said = format!("the policy `{name}` becomes weaker: excludes 1 more group: `Partners`");
        review.verdicts.push(ReviewFinding {
            guard: "weakening".to_owned(),
            finding: Finding::error(Code::Guard, said).help("allow it"),
            allowed: None,
        });
    }
    let text = super::plan(&plan, &review);
    let before_table = text.split("### Changes").next().unwrap();
    assert_eq!(
        before_table.matches("excludes 1 more group").count(),
        2,
        "{before_table}"
    );
    assert_eq!(before_table.matches("allow it").count(), 1);
    assert!(
        before_table.contains("the same for `CA001`, `CA002`"),
        "{before_table}"
    );
    assert!(before_table.len() < 2_000, "{before_table}");
    // And on a terminal.
    let findings: Vec<_> = (review.verdicts.iter())
        .map(|verdict| crate::plan::guard::GuardFinding {
            guard: crate::finding::Guard::Weakening,
            finding: verdict.finding.clone(),
            allowed: None,
            object: None,
        })
        .collect();
    let text = crate::render::guards::guards(&findings);
    assert_eq!(text.matches("becomes weaker").count(), 1, "{text}");
    assert!(
        text.contains("the same for `CA001`, ") && text.contains("19 more"),
        "{text}"
    );
}

#[test]
fn a_plan_that_nobody_judged_says_nothing_of_protection() {
    let (mut plan, _) = sample("CA001");
    for action in &mut plan.actions {
        action.effect = None;
    }
    let text = super::plan(&plan, &Review::default());
    for word in ["Guards", "Weakens", "Protection"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn nothing_to_do_is_said_in_a_line() {
    let plan = Plan {
        tenant: "prod".to_owned(),
        ..Plan::default()
    };
    assert_eq!(
        super::plan(&plan, &Review::default()),
        "<!-- gatewright:plan tenant=prod -->\n## Plan for `prod`\n\n**No changes.** 0 unchanged, 0 unmanaged.\n"
    );
}

/// What a reader of GitHub's Markdown makes of a text: nothing but what we write ourselves.
fn only_our_own(text: &str, columns: &[usize]) {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.render.r#unsafe = true;
    // The marker is one comment, of a shape that no reader can take for anything else.
    let (first, rest) = text.split_once('\n').unwrap();
    let text = match first.strip_prefix("<!-- gatewright:") {
        None => text,
        Some(marker) => {
            let what = marker.strip_suffix(" -->").unwrap();
            let (what, name) = what.split_once(" tenant=").unwrap_or((what, "none"));
            assert!(
                what.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{first}"
            );
            assert!(!name.is_empty(), "{first}");
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
            assert!(name.chars().all(plain) && !name.contains("--"), "{first}");
            rest
        }
    };
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut blocks = 0;
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Link(_)
            | NodeValue::Image(_)
            | NodeValue::Emph
            | NodeValue::Strikethrough
            | NodeValue::TaskItem(_)
            | NodeValue::FootnoteReference(_)
            | NodeValue::FootnoteDefinition(_)
            | NodeValue::Alert(_)
            | NodeValue::BlockQuote
            | NodeValue::ThematicBreak
            | NodeValue::Math(_) => panic!("{:?}\n{text}", node.data.borrow().value),
            NodeValue::HtmlInline(tag) => {
                assert!(
                    ["<code>", "</code>", "<br>"].contains(&tag.as_str()),
                    "{tag}\n{text}"
                );
            }
            NodeValue::HtmlBlock(block) => {
                let bare = [
                    "<details>",
                    "</details>",
                    "<summary>",
                    "</summary>",
                    "<code>",
                    "</code>",
                ]
                .iter()
                .fold(block.literal.clone(), |text, tag| text.replacen(tag, "", 1));
                assert!(!bare.contains(['<', '>']), "{bare}\n{text}");
            }
            NodeValue::CodeBlock(block) => {
                assert_eq!(block.info, "diff");
                blocks += 1;
            }
            NodeValue::Heading(heading) => assert!(heading.level < 4),
            NodeValue::TableRow(_) => assert!(columns.contains(&node.children().count()), "{text}"),
            NodeValue::Text(words) => {
                let marks: Vec<char> = words.chars().collect();
                for pair in marks.windows(2) {
                    // Mentions and references, which a forge finds in the finished page.
                    let [sign, next] = [pair[0], pair[1]];
                    assert!(
                        !(matches!(sign, '@' | '#' | '!' | '~' | '$') && next.is_alphanumeric()),
                        "{words}\n{text}"
                    );
                }
            }
            _ => {}
        }
    }
    assert_eq!(blocks, 3, "{text}");
}

/// Everything that is made of a plan, with a name that stands wherever names stand.
fn nothing_but_our_own(name: &str) {
    let (mut plan, review) = sample(name);
    plan.tenant = name.to_owned();
    only_our_own(&super::plan(&plan, &review), &[6]);
    only_our_own(&drift(&plan), &[6, 5]);
    only_our_own(&super::run(&plan, &report(name)), &[5]);
}

/// A run of the sample: one of each sort.
fn report(why: &str) -> RunReport {
    RunReport {
        outcomes: vec![
            (ActionStatus::Done, Some("an id".to_owned())),
            (ActionStatus::Failed(why.to_owned()), None),
            (ActionStatus::Skipped(format!("`{why}` failed")), None),
        ],
        wrote: true,
        journal_error: Some(why.to_owned()),
        ..RunReport::default()
    }
}

#[test]
fn drift_is_told_from_the_side_of_the_tenant() {
    let (plan, _) = sample("CA001: Require MFA | all users");
    insta::assert_snapshot!("drift", drift(&plan));
}

/// A comment has no room for the same diff forty times.
#[test]
fn equal_changes_are_one_diff_that_names_the_others() {
    let excluded = |name: &str, groups: &[&str]| json!({"displayName": name, "state": "enabled", "conditions": {"users": {"excludeGroups": groups}}});
    let plan = Plan {
        actions: (0..40)
            .map(|n| {
                let name = format!("CA{n:03}");
                let (before, after) = (excluded(&name, &["A"]), excluded(&name, &["A", "B"]));
                action(Verb::Update, &name, before, after)
            })
            .collect(),
        ..Plan::default()
    };
    for text in [super::plan(&plan, &Review::default()), drift(&plan)] {
        assert_eq!(text.matches("<details>").count(), 1, "{text}");
        assert!(
            text.contains("<code>CA000</code> and 39 more</summary>"),
            "{text}"
        );
        let others = "The same change to 39 more: `CA001`, `CA002`, ";
        assert!(
            text.contains(others) && text.contains("| `CA039` |"),
            "{text}"
        );
    }
}

#[test]
fn a_run_says_first_what_it_did_not_do() {
    let (plan, _) = sample("CA001: Require MFA | all users");
    insta::assert_snapshot!("run", super::run(&plan, &report("Graph said no")));
    let whole = RunReport {
        outcomes: vec![(ActionStatus::Done, None); 3],
        wrote: true,
        ..RunReport::default()
    };
    let text = super::run(&plan, &whole);
    assert!(
        text.starts_with(
            "## Applied to `prod`\n\n**1 created, 1 changed, 1 deleted.**\n\n### Changes"
        ),
        "{text}"
    );
}

#[test]
fn the_marker_holds_the_name_of_the_tenant_and_nothing_else() {
    for (tenant, wanted) in [
        ("prod", "prod"),
        ("contoso-eu_2.lab~", "contoso-eu_2.lab~"),
        ("my tenant/x", "my%20tenant%2Fx"),
        ("--><h1>x</h1>", "-%2D%3E%3Ch1%3Ex%3C%2Fh1%3E"),
        ("--!>", "-%2D%21%3E"),
        ("-", "-"),
        ("---", "-%2D-"),
        ("a\n-->b", "a%0A-%2D%3Eb"),
        ("Müller", "M%C3%BCller"),
    ] {
        assert_eq!(
            marker("plan", tenant),
            format!("<!-- gatewright:plan tenant={wanted} -->\n")
        );
    }
    // Of findings that stopped a plan, too: the pipeline renews the same comment.
    let about = About {
        command: "plan",
        tenant: Some("prod".to_owned()),
        ..About::default()
    };
    let text = remarks("Stopped", &[], &about);
    assert!(
        text.starts_with("<!-- gatewright:plan tenant=prod -->\n## Stopped"),
        "{text}"
    );
}

#[test]
fn names_that_mean_harm_mean_nothing() {
    for name in [
        "@contoso/everyone",
        "<img src=x onerror=alert(1)>",
        "</code></summary></details><h1>Approved</h1>",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "https://evil.example www.evil.example a@evil.example",
        "` <script> `",
        "```\n\n# Approved\n\n```diff",
        "a | b | c | d | e | f",
        r"a \| b \\| `|`",
        "**bold** _em_ ~~no~~ $x$ :smile: #1 GH-1 !1 ~label",
        "<!-- -->",
        "&lt;b&gt; &#60;b&#62;",
        "\u{202e}drowssap\u{200b}",
        "\u{1b}[2J\r\n::error::x",
        "$$\nx\n$$",
        "[^1]",
        "> [!WARNING]",
        "- [ ] x",
        " ",
        "",
    ] {
        nothing_but_our_own(name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_means_anything(name in r"([`|\\<>\[\]()!*_~$&#@:;./ \n\t-]|[a-z0-9]|www\.|https://|\PC){0,40}") {
        nothing_but_our_own(&name);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_comment_is_never_too_long(
        count in 0usize..400,
        name in r"(@|\||`|<|a|é){0,300}",
        lines in 0usize..300,
        judged: bool,
    ) {
        let users: Vec<String> = (0..lines).map(|i| format!("{name}{i}")).collect();
        let value = json!({"displayName": name, "state": "enabled", "conditions": {"users": {"includeUsers": users}}});
        let mut plan = Plan { tenant: name.clone(), ..Plan::default() };
        let mut review = Review::default();
        for index in 0..count {
            let name = format!("{index} {name}");
            plan.actions.push(Action {
                effect: judged.then(|| Effect { class: Class::Weaker, reasons: vec![name.clone(); 9] }),
                ..action(Verb::Create, &name, Value::Null, if index < 3 { value.clone() } else { policy(&name, "enabled") })
            });
            plan.notices.push(Finding::hint(Code::IgnoredPath, name.repeat(5)));
            plan.unmanaged.entry(Kind::Group).or_default().push(name.clone());
            if judged {
                review.verdicts.push(ReviewFinding { guard: "g".to_owned(), finding: Finding::error(Code::Failed, name.repeat(4)).help(name.repeat(3)), allowed: None });
            }
        }
        let text = super::plan(&plan, &review);
        prop_assert!(text.len() <= LIMIT, "{}", text.len());
        if judged {
            prop_assert!(drift(&plan).len() <= LIMIT);
        } else {
            let outcomes = vec![(ActionStatus::Failed(name.repeat(9)), None); count];
            let failed = RunReport { outcomes, verification_error: Some(name.repeat(9)), ..RunReport::default() };
            prop_assert!(super::run(&plan, &failed).len() <= LIMIT);
        }
        // What is left out is said at the top, and every change is a row or counted.
        let shown = text.matches("<details>").count();
        let header: String = text.chars().take(4_000).collect();
        prop_assert_eq!(shown < count, header.contains("diffs are left out") && !header.contains("**Not everything fits here:** 0 of"));
        if judged && count > 0 {
            prop_assert!(text.contains("- **error**"), "the first refusal is shown");
            prop_assert!(text.contains("- **weaker**"), "the first weakening is shown");
        }
        let findings = remarks("Not valid", &review.remarks(&plan.notices), &About::default());
        prop_assert!(findings.len() <= LIMIT, "{}", findings.len());
    }
}

#[test]
fn what_weakens_is_shown_even_where_little_fits() {
    let mut plan = Plan::default();
    for index in 0..400 {
        let name = format!("policy {index}");
        let class = match index {
            399 => Class::Unknown,
            _ => Class::Stronger,
        };
        plan.actions.push(Action {
            effect: Some(Effect {
                class,
                reasons: vec!["because".to_owned()],
            }),
            ..action(Verb::Create, &name, Value::Null, policy(&name, "enabled"))
        });
    }
    let text = super::plan(&plan, &Review::default());
    let first = text.find("<details>").unwrap();
    assert!(
        text.get(first..)
            .unwrap()
            .starts_with("<details><summary>create ConditionalAccessPolicy <code>policy 399<")
    );
    assert!(text.contains("- **unknown** create ConditionalAccessPolicy `policy 399`: because"));
    assert!(text.contains("**Not everything fits here:**"));
}
