//! The parser of device filter rules.

use proptest::prelude::*;

use super::{
    ATTRIBUTES, Comparison, Expr, FilterObject, Literal, Operator, Position, parse,
    parse_attributes,
};

#[track_caller]
fn reads(rule: &str, again: &str) {
    let expr = parse(rule).unwrap_or_else(|e| panic!("{rule}: {e:?}"));
    assert_eq!(expr.to_string(), again);
    assert_eq!(parse(again).as_ref(), Ok(&expr));
}

#[test]
fn rules_that_tenants_use() {
    for rule in [
        r#"device.isCompliant -eq True -or device.trustType -eq "ServerAD""#,
        r#"device.isCompliant -eq True -and device.deviceOwnership -eq "Company""#,
        r#"device.extensionAttribute1 -eq "SAW""#,
        r#"device.systemLabels -contains "M365Managed""#,
        r#"device.model -notIn ["Surface Pro", "Surface Hub"]"#,
        r#"-not (device.isCompliant -eq True -and device.profileType -ne "Shared")"#,
        r#"(device.model -startsWith "a" -or device.model -endsWith "b") -and device.isCompliant -ne False"#,
        "device.mdmAppId -ne null",
        "device.deviceId -in []",
    ] {
        reads(rule, rule);
    }
}

#[test]
fn case_hyphens_blanks_and_quotes_are_free() {
    reads(
        "(DEVICE.iscompliant  EQ true) AND NOT device.TrustType -ne 'Server\"AD'",
        "device.isCompliant -eq True -and -not device.trustType -ne \"Server`\"AD\"",
    );
    reads("device.model -eq \"a`b\"", "device.model -eq \"a``b\"");
    reads(
        "device.model -in['a','b']",
        "device.model -in [\"a\", \"b\"]",
    );
}

#[test]
fn and_binds_closer_than_or() {
    let rule = r#"device.model -eq "a" -or device.model -eq "b" -and device.model -eq "c""#;
    let Ok(Expr::Or(parts)) = parse(rule) else {
        panic!("{rule}");
    };
    assert!(
        matches!(parts.as_slice(), [Expr::Comparison(_), Expr::And(inner)] if inner.len() == 2)
    );
}

#[test]
fn errors_say_where_and_how() {
    for (rule, at, help) in [
        ("", 1, "device.isCompliant -eq True"),
        ("device.isCompliant", 19, "-notContains"),
        ("device.isCompliant -equals True", 20, "`-eq`"),
        ("device.model -like \"x\"", 14, "-notContains"),
        ("device.isCompliant = True", 20, "`-eq`"),
        ("device.model -startWith \"a\"", 14, "`-startsWith`"),
        ("device.isCompliant -eq", 23, "quotes"),
        ("device.trustType -eq ServerAD", 22, "\"ServerAD\""),
        ("isCompliant -eq True", 1, "`device.isCompliant`"),
        ("user.department -eq \"x\"", 1, "start with `device.`"),
        ("(device.isCompliant -eq True", 1, "add the `)`"),
        ("device.isCompliant -eq True)", 28, "add the `(`"),
        (
            "device.isCompliant -eq True device.model -eq \"a\"",
            29,
            "-and",
        ),
        ("device.isCompliant -eq True -or", 32, "device.isCompliant"),
        ("device.model -eq \"abc", 18, "closing"),
        ("device.model -eq \u{201c}abc\u{201d}", 18, "straight"),
        ("device.model \u{2013}eq \"abc\"", 14, "hyphen"),
        ("device.model -in [\"a\" \"b\"]", 23, "[\"a\", \"b\"]"),
        ("device.model -in [\"a\",]", 23, "[\"a\", \"b\"]"),
        ("device.model -in [\"a\"", 18, "add the `]`"),
        ("device.model -eq \"a\"; x", 21, "comparisons"),
    ] {
        let error = parse(rule).expect_err(rule);
        assert_eq!(error.at, at, "{rule}: {error:?}");
        assert!(error.help.contains(help), "{rule}: {error:?}");
    }
}

#[test]
fn depth_is_bounded() {
    for open in ["(", "-not "] {
        let rule = open.repeat(100_000);
        assert!(parse(&rule).expect_err("too deep").message.contains("deep"));
    }
    let chain = vec!["device.isCompliant -eq True"; 5_000].join(" -or ");
    assert!(parse(&chain).is_ok());
}

fn value() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::Text),
        any::<bool>().prop_map(Literal::Bool),
        Just(Literal::Null),
        prop::collection::vec(any::<String>(), 0..4).prop_map(Literal::List),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let name = prop_oneof![
        prop::sample::select(ATTRIBUTES).prop_map(|(name, _)| name.to_owned()),
        "[a-z][a-z0-9_]{0,8}x",
    ];
    let leaf = (name, prop::sample::select(&Operator::ALL[..]), value()).prop_map(
        |(attribute, operator, value)| {
            Expr::Comparison(Comparison {
                object: FilterObject::Device,
                attribute,
                operator,
                value,
                at: Position::default(),
            })
        },
    );
    leaf.prop_recursive(6, 40, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(Expr::And),
            several.prop_map(Expr::Or),
            inner.prop_map(|e| Expr::Not(Box::new(e))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_gives_an_answer(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn words_of_the_language_in_any_order(
        words in prop::collection::vec(prop::sample::select(&[
            "device.isCompliant", "-eq", "-in", "True", "\"a\"", "[", "]", ",", "(", ")",
            "-and", "-or", "-not", "device.model -eq \"b\"", "'", "`", "null",
        ][..]), 0..20),
    ) {
        let text = words.join(" ");
        match parse(&text) {
            Ok(expr) => prop_assert_eq!(parse(&expr.to_string()), Ok(expr)),
            Err(error) => {
                prop_assert!(error.at >= 1 && error.at <= text.chars().count() + 1);
                prop_assert!(!error.message.is_empty() && !error.help.is_empty());
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(expr in expr()) {
        let text = expr.to_string();
        prop_assert_eq!(parse(&text), Ok(expr));
    }
}

#[test]
fn custom_security_attributes_have_their_own_object() {
    let rule = r#"CustomSecurityAttribute.Set_Level -contains "high""#;
    let expr = parse_attributes(rule).unwrap();
    assert_eq!(expr.to_string(), rule);
    let Expr::Comparison(comparison) = expr else {
        panic!("one comparison");
    };
    assert_eq!(comparison.object, FilterObject::CustomSecurityAttribute);
    assert_eq!(comparison.attribute, "Set_Level");
    // The one kind of rule is none of the other.
    assert!(parse(rule).is_err());
    assert!(parse_attributes("device.isCompliant -eq True").is_err());
}
