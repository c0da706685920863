use super::*;

#[test]
fn nothing_is_hidden() {
    assert_eq!(visible("a\u{200b}b\u{2028}", true), "a\\u{200b}b\\u{2028}");
    assert_eq!(visible("Zoë 猫 🐈", false), "Zoë 猫 🐈");
    assert_eq!(visible("a\nb", true), "a\nb");
    assert_eq!(visible("a\nb", false), "a\\u{a}b");
}

#[test]
fn names_in_markdown_stay_names() {
    for (name, code) in [
        ("CA001: Require MFA", "`CA001: Require MFA`"),
        ("@contoso/everyone", "`@contoso/everyone`"),
        ("a`b", "``a`b``"),
        ("``", "``` `` ```"),
        ("a|b", "<code>a&#124;b</code>"),
        (r"a\|<img>", "<code>a&#92;&#124;&#60;img&#62;</code>"),
        ("", "<code></code>"),
    ] {
        assert_eq!(markdown_code(name), code, "{name}");
    }
}

#[test]
fn sentences_in_markdown_ping_nobody() {
    assert_eq!(
        markdown_sentence("no group is named `@a/b`"),
        "no group is named `@a/b`"
    );
    // A name with a backtick turns text and code round.
    assert_eq!(
        markdown_sentence("`x` @team `y`"),
        "`x` &#64;&#8203;team `y`"
    );
    assert_eq!(
        markdown_text("see #1, GH-2 and www.x.example"),
        "see &#35;&#8203;1, GH&#8203;-2 and www&#46;&#8203;x.example"
    );
    assert_eq!(
        markdown_text("[a](http://b)"),
        "&#91;a&#93;(http&#58;&#8203;//b)"
    );
    assert_eq!(markdown_text("<!-- x"), "&#60;&#33;&#8203;-- x");
}

#[test]
fn a_block_is_closed_by_its_own_fence_alone() {
    assert_eq!(markdown_block("diff", "+ a\n"), "```diff\n+ a\n```\n");
    assert_eq!(markdown_block("", "  ````"), "`````\n  ````\n`````\n");
}

#[test]
fn commands_of_pipelines_are_broken_and_nothing_else() {
    let text = |text: &str| without_commands(text, Notation::Text, false);
    for (given, told) in [
        (
            "a ##vso[task.setvariable variable=x]y",
            r"a #\u{23}vso[task.setvariable variable=x]y",
        ),
        ("##VSO[x]", r"#\u{23}VSO[x]"),
        ("\"##[add-mask]x\"", r##""#\u{23}[add-mask]x""##),
        ("###[x]", r"##\u{23}[x]"),
        ("##teamcity[x]", r"#\u{23}teamcity[x]"),
        (
            "#\u{1b}[1m#\u{1b}[0mvso[x]",
            "#\u{1b}[1m\\u{23}\u{1b}[0mvso[x]",
        ),
        ("#\u{200d}#vso[x]", "#\u{200d}\\u{23}vso[x]"),
        ("  ::set-env::x\na ::b", "  \\u{3a}:set-env::x\na ::b"),
        ("\u{1b}[31m::error::x", "\u{1b}[31m\\u{3a}:error::x"),
        // A sequence that takes the command in, for whoever reads sequences.
        ("\u{1b}[##[x]", "\u{1b}[#\\u{23}[x]"),
        ("\u{b}::error::x", "\u{b}\\u{3a}:error::x"),
        ("  ::: policies/a.yaml:2:14", "  ::: policies/a.yaml:2:14"),
        ("## Plan [x]\n# a ##b c [", "## Plan [x]\n# a ##b c ["),
    ] {
        assert_eq!(text(given), told, "{given:?}");
        assert_eq!(text(told), told, "once is enough");
    }
    assert_eq!(
        without_commands("::error::a", Notation::Text, true),
        "::error::a"
    );
    assert_eq!(
        without_commands("\"##[x\"", Notation::Json, false),
        r##""#\u0023[x""##
    );
    assert_eq!(
        without_commands("<a>##[x", Notation::Xml, false),
        "<a>#&#35;[x"
    );
}

#[test]
fn paths_are_references() {
    assert_eq!(
        uri_path("policies/a b#1%.yaml"),
        "policies/a%20b%231%25.yaml"
    );
    assert_eq!(uri_path("é"), "%C3%A9");
}

#[test]
fn long_names_are_cut_at_a_character() {
    assert_eq!(shortened("äöü", 3), "äöü");
    assert_eq!(shortened("äöüß", 3), "äö…");
}
