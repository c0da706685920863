use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::manifest::write::tests::{any_object, any_text, any_value, pointers};
use crate::manifest::write::{flow, property_lines, quoted};
use crate::text::pointer::{below, names};

fn file(text: &str) -> Arc<SourceFile> {
    SourceFile::new("t.yaml", "t.yaml", text.to_owned())
}

fn edited(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    apply_all(&file(text), &[(0, edits)])
}

fn set(pointer: &str, value: Value) -> Edit {
    Edit::Set {
        pointer: pointer.to_owned(),
        value,
    }
}

fn gone(pointer: &str) -> Edit {
    Edit::Remove {
        pointer: pointer.to_owned(),
    }
}

fn items_gone(pointer: &str, indices: &[usize]) -> Edit {
    Edit::RemoveItems {
        pointer: pointer.to_owned(),
        indices: indices.to_vec(),
    }
}

fn append(pointer: &str, items: Value) -> Edit {
    Edit::Append {
        pointer: pointer.to_owned(),
        items: items.as_array().cloned().unwrap_or_default(),
    }
}

#[track_caller]
fn check(before: &str, edits: &[Edit], after: &str) {
    assert_eq!(edited(before, edits).as_deref(), Ok(after));
    // The same with the line ends of Windows.
    let (before, after) = (before.replace('\n', "\r\n"), after.replace('\n', "\r\n"));
    assert_eq!(edited(&before, edits).as_deref(), Ok(after.as_str()));
}

#[test]
fn a_scalar_changes_and_its_comment_stays() {
    check(
        "# top\nstate: enabled  # why\n# next\ndisplayName: 'A'\n",
        &[set("/state", "disabled".into())],
        "# top\nstate: disabled  # why\n# next\ndisplayName: 'A'\n",
    );
    check("a: \"x\" # c", &[set("/a", "yes".into())], "a: 'yes' # c");
    check(
        "a: 1\nb:\n  x",
        &[set("/b", json!(true))],
        "a: 1\nb:\n  true",
    );
    check("a: # c\nb: 1\n", &[set("/a", json!(2))], "a: 2 # c\nb: 1\n");
    check(
        "a: multi\n  line # c\nb: 1\n",
        &[set("/a", "x".into())],
        "a: x # c\nb: 1\n",
    );
}

#[test]
fn a_text_of_lines_is_replaced_whole() {
    check(
        "a: | # c\n  x\n  y\n\n# d\nb: 1\n",
        &[set("/a", "z".into())],
        "a: z\n\n# d\nb: 1\n",
    );
    check(
        "a: >-\n  x\nb: |+\n  y\n\n",
        &[gone("/a"), set("/c", json!(1))],
        "b: |+\n  y\n\nc: 1\n",
    );
}

#[test]
fn a_dollar_brace_stays_a_literal() {
    check(
        "a: ${x}\nb: [c]\n",
        &[set("/c", "${y}".into()), append("/b", json!(["${z}"]))],
        "a: ${x}\nb: [c, '$${z}']\nc: $${y}\n",
    );
}

#[test]
fn a_property_is_added_with_its_parents() {
    check(
        "a: 1\nconditions:\n    users: {x: 1} # c\n# end\n",
        &[set("/conditions/apps/include", json!(["All"]))],
        "a: 1\nconditions:\n    users: {x: 1} # c\n    apps:\n        include: [All]\n# end\n",
    );
    check(
        "k: 0\na: 1 # last",
        &[set("/b/c", json!({"d": [{"e": 1, "f": 2}]}))],
        "k: 0\na: 1 # last\nb:\n  c:\n    d:\n      - e: 1\n        f: 2",
    );
    check("a:\nb: 1\n", &[set("/a/x", json!(1))], "a:\n  x: 1\nb: 1\n");
    check("a: {} # c\n", &[set("/a/x", json!(1))], "a: # c\n  x: 1\n");
    check(
        "a: { b: 1 } # c\n",
        &[set("/a/x", "u, v".into())],
        "a: { b: 1, x: 'u, v' } # c\n",
    );
    check(
        "{ kind: Group }\n",
        &[set("/a", json!([1]))],
        "{ kind: Group, a: [1] }\n",
    );
}

#[test]
fn lists_grow_as_they_are_written() {
    check(
        "m: # c\n- a # one\n# two\n- b\nn: 1\n",
        &[append("/m", json!(["c"]))],
        "m: # c\n- a # one\n# two\n- b\n- c\nn: 1\n",
    );
    check(
        "m:\n    - a\n    # - off\nn: 1\n",
        &[append("/m", json!([{"x": 1, "z": 2}]))],
        "m:\n    - a\n    - x: 1\n      z: 2\n    # - off\nn: 1\n",
    );
    check(
        "m: [a, b] # c\n",
        &[append("/m", json!(["on"]))],
        "m: [a, b, 'on'] # c\n",
    );
    check(
        "m: [a, b,]\n",
        &[append("/m", json!(["c"]))],
        "m: [a, b, c,]\n",
    );
    check("m: [] # c\n", &[append("/m", json!(["c"]))], "m: [c] # c\n");
    check("a: 1\n", &[append("/m", json!(["c"]))], "a: 1\nm: [c]\n");
    check(
        "m: [\n    a, # one\n    b # two\n  ] # end\n",
        &[append("/m", json!(["c", "d"]))],
        "m: [\n    a, # one\n    b, # two\n    c,\n    d\n  ] # end\n",
    );
    check(
        "m: [\n    a,\n    b, # two\n  ]\n",
        &[append("/m", json!(["c"]))],
        "m: [\n    a,\n    b, # two\n    c,\n  ]\n",
    );
}

#[test]
fn items_go_and_the_others_keep_their_comments() {
    check(
        "m:\n  # first\n  - a # one\n  # second\n  - b # two\n  - c # three\n",
        &[items_gone("/m", &[1, 1])],
        "m:\n  # first\n  - a # one\n  # second\n  - c # three\n",
    );
    check(
        "m: # c\n  - a\n  - b\nn: 1\n",
        &[items_gone("/m", &[0, 1])],
        "m: [] # c\nn: 1\n",
    );
    check(
        "m: [a, b, c] # c\n",
        &[items_gone("/m", &[0, 2])],
        "m: [b] # c\n",
    );
    check("m: [a] # c\n", &[items_gone("/m", &[0])], "m: [] # c\n");
    check(
        "m: [\n  a, # one\n  b, # two\n  c # three\n]\n",
        &[items_gone("/m", &[0, 2])],
        "m: [\n  b, # two\n]\n",
    );
    check(
        "m:\n- - a\n  # c\n  - b\n",
        &[items_gone("/m/0", &[0])],
        "m:\n  # c\n- - b\n",
    );
    check(
        "m:\n  - a\n  -\n  - b\n",
        &[gone("/m/1")],
        "m:\n  - a\n  - b\n",
    );
}

#[test]
fn a_property_goes_and_what_it_leaves_empty() {
    check(
        "a: 1\n# about b\nb: # x\n  c: 1\n  d: 2\n# about e\ne: 3\n",
        &[gone("/b")],
        "a: 1\n# about b\n# about e\ne: 3\n",
    );
    check(
        "a: 1\nb:\n  c:\n    d: 1\n# about e\ne: 3\n",
        &[gone("/b/c/d"), gone("/nothing/here")],
        "a: 1\n# about e\ne: 3\n",
    );
    check(
        "a: {b: 1, c: 2}\nd: {e: 1}\n",
        &[gone("/a/b"), gone("/d/e")],
        "a: {c: 2}\n",
    );
    check(
        "m:\n  - a: 1 # one\n    # about b\n    b: 2 # two\n  - c: 3\n",
        &[gone("/m/0/a"), gone("/m/1/c")],
        "m:\n    # about b\n  - b: 2 # two\n  - {}\n",
    );
}

#[test]
fn a_whole_value_keeps_the_lines_that_stay() {
    check(
        "a:\n  # first\n  x: 1 # one\n  y: [p, q] # two\n  z: 3 # three\n",
        &[set("/a", json!({"y": ["p", "r"], "x": 1, "w": "new"}))],
        "a:\n  # first\n  x: 1 # one\n  y: [p, r] # two\n  w: new\n",
    );
    check(
        "a:\n  - x # one\n  - y # two\n  - z # three\nb: [1, 2]\n",
        &[
            set("/a", json!(["x", "z", "w"])),
            set("/b", json!({"c": {}})),
        ],
        "a:\n  - x # one\n  - z # three\n  - w\nb:\n  c: {}\n",
    );
    check(
        "a: # c\n  x: 1\n  y: 2\nb: 1 # d\n",
        &[
            set("/a", json!([1])),
            set("/b", json!({"x": 1, "u": {"z": 2}})),
        ],
        "a: [1] # c\nb: # d\n  x: 1\n  u:\n    z: 2\n",
    );
    check(
        "a:\n  - x: 1\n    y: 2 # c\n  - 5 # d\n",
        &[set("/a/0", json!(3)), set("/a/1", json!({"u": 1, "v": 2}))],
        "a:\n  - 3\n  - u: 1\n    v: 2 # d\n",
    );
}

#[test]
fn a_mapping_in_a_list_changes_part_by_part() {
    let keys = |ids: &[&str]| json!({"of": ["fido2"], "ids": ids});
    check(
        "a:\n  # these keys\n  - of: [fido2] # of two makes\n    ids:\n      - p # five\n      - q # six\n  - x: 1 # gone\nb: 1\n",
        &[set("/a", json!([keys(&["p", "r"]), {"w": [1]}]))],
        "a:\n  # these keys\n  - of: [fido2] # of two makes\n    ids:\n      - p # five\n      - r\n  - w: [1]\nb: 1\n",
    );
    check(
        "a: [{of: [fido2], ids: [p]}, {of: [x]}] # c\n",
        &[set("/a", json!([keys(&["p", "q"]), {"of": ["x"]}]))],
        "a: [{of: [fido2], ids: [p, q]}, {of: [x]}] # c\n",
    );
}

#[test]
fn comments_at_the_end_of_a_list_stay_with_it() {
    check(
        "conditions:\n  users:\n    groups:\n      - G1\n      # - Contractors\n\n    # guests: see P2\n  # end\nb: 1\n",
        &[
            set("/conditions/locations", json!({"in": ["All"]})),
            set("/c", json!(1)),
        ],
        "conditions:\n  users:\n    groups:\n      - G1\n      # - Contractors\n\n    # guests: see P2\n  locations:\n    in: [All]\n  # end\nb: 1\nc: 1\n",
    );
    check(
        "m:\n  - x: 1\n    # y: 2\n  # - off\n",
        &[append("/m", json!([{"z": 3}]))],
        "m:\n  - x: 1\n    # y: 2\n  - z: 3\n  # - off\n",
    );
    check(
        "a:\n  x: 1\n  # y: 2",
        &[set("/b", json!(1))],
        "a:\n  x: 1\n  # y: 2\nb: 1",
    );
}

#[test]
fn keys_in_quotes_and_pointers_with_escapes_are_found() {
    check(
        "\"@odata.type\": 'x'\n'a/b~' : 1 # c\n",
        &[set("/@odata.type", "#y".into()), set("/a~1b~0", json!(2))],
        "\"@odata.type\": '#y'\n'a/b~' : 2 # c\n",
    );
}

#[test]
fn other_documents_stay_as_they_are() {
    let before = "# head\n---\n# one\nkind: A # a\n--- # two\nkind:   'B'\nl: [ x ]\n---\n---\nkind: C\n...\n";
    let parsed = yaml::parse(&file(before), &mut Vec::new());
    assert_eq!(
        parsed.iter().map(|d| d.index).collect::<Vec<_>>(),
        [0, 1, 3]
    );
    let first = [set("/x", json!(1))];
    let third = [set("/kind", "D".into()), set("/y", json!(2))];
    assert_eq!(
        apply_all(
            &file(before),
            &[(3, &third), (0, &first), (3, &[gone("/y")])]
        )
        .as_deref(),
        Ok(
            "# head\n---\n# one\nkind: A # a\nx: 1\n--- # two\nkind:   'B'\nl: [ x ]\n---\n---\nkind: D\n...\n"
        )
    );
    assert_eq!(
        apply(&parsed[1], &[append("/l", json!(["z"]))]).as_deref(),
        Ok(
            "# head\n---\n# one\nkind: A # a\n--- # two\nkind:   'B'\nl: [ x, z ]\n---\n---\nkind: C\n...\n"
        )
    );
    assert_eq!(
        apply_all(&file(before), &[(2, &first)]),
        Err(EditError::NoDocument(2))
    );
    assert_eq!(
        apply_all(&file(before), &[(9, &first)]),
        Err(EditError::NoDocument(9))
    );
}

#[test]
fn what_would_change_other_places_is_refused() {
    let text = "a: &x { p: 1 }\nb: *x\nc:\n  <<: *x\n  q: 2\nd: [&y z, *y]\ne: &unused\n  f: 1\n";
    let refused = |edit: Edit| edited(text, &[edit]).unwrap_err();
    let at = |pointer: &str| pointer.to_owned();
    for edit in [
        set("/a/p", json!(2)),
        set("/a", json!(2)),
        gone("/a"),
        set("/a/n", json!(2)),
    ] {
        assert_eq!(refused(edit), EditError::Anchor { pointer: at("/a") });
    }
    assert_eq!(
        refused(set("/b/p", json!(2))),
        EditError::Alias { pointer: at("/b") }
    );
    for edit in [
        set("/c/n", json!(2)),
        gone("/c/q"),
        set("/c/p", json!(2)),
        gone("/c/p"),
    ] {
        assert_eq!(refused(edit), EditError::MergeKey { pointer: at("/c") });
    }
    assert_eq!(
        refused(items_gone("/d", &[0])),
        EditError::Anchor {
            pointer: at("/d/0")
        }
    );
    assert_eq!(
        refused(items_gone("/d", &[2])),
        EditError::NoSuchItem {
            pointer: at("/d"),
            index: 2
        }
    );
    assert_eq!(
        refused(append("/e", json!([1]))),
        EditError::OtherForm {
            pointer: at("/e"),
            wanted: "list"
        }
    );
    assert_eq!(
        refused(set("/e/f/g", json!([1]))),
        EditError::OtherForm {
            pointer: at("/e/f"),
            wanted: "mapping"
        }
    );
    assert_eq!(
        edited("a: b: c\n", &[gone("/a")]),
        Err(EditError::Unreadable)
    );
    assert_eq!(
        edited("a: 1\na: 2\n", &[gone("/a")]),
        Err(EditError::Unreadable)
    );
    // What stands alone may change: the alias itself, an own key, an unused anchor.
    let after = text
        .replace("b: *x", "b: 5")
        .replace("q: 2", "q: 3")
        .replace("f: 1", "f: 4")
        .replace(", *y]", "]");
    let edits = [
        set("/b", json!(5)),
        set("/c/q", json!(3)),
        set("/e/f", json!(4)),
        items_gone("/d", &[1]),
    ];
    check(text, &edits, &after);
}

#[test]
fn a_text_that_would_take_a_comment_in_is_not_changed_wrongly() {
    // Without `b` the comment would become a line of `a`.
    let text = "a: |\n  x\nb: 1\n  # c\nd: 2\n";
    assert_eq!(edited(text, &[gone("/b")]), Err(EditError::Unsure));
}

#[test]
fn a_mark_inside_the_stream_and_an_explicit_key_are_kept_or_refused() {
    check(
        "? a\n: 1\nb: 2\n",
        &[set("/b", json!(3))],
        "? a\n: 1\nb: 3\n",
    );
    assert!(edited("? a\n: 1\nb: 2\n", &[set("/a", json!(3))]).is_err());
    check(
        "a: !!str 1 # c\nb: 2\n",
        &[set("/b", json!(3))],
        "a: !!str 1 # c\nb: 3\n",
    );
}

/// A manifest in mixed hands, and comments `#0#`, `#1#`, ... on and between its lines.
fn any_text_of_a_file() -> impl Strategy<Value = (Value, String)> {
    let hand = (prop_oneof![Just(2_usize), Just(4)], 0..3_usize);
    (
        any_object(),
        hand,
        proptest::collection::vec(0..3_u8, 7),
        proptest::collection::vec(0..6_u8, 64),
    )
        .prop_map(|(mut value, (step, dash), styles, places)| {
            value["kind"] = "Group".into();
            let hand = Hand { step, dash };
            let mut lines = Vec::new();
            for ((name, property), style) in value.as_object().into_iter().flatten().zip(styles) {
                if style == 0 && name.chars().count() < 500 {
                    lines.push(format!("{}: {}", quoted(name, false), flow(property)));
                    continue;
                }
                for line in property_lines(name, property, 0, &hand) {
                    let mut text = String::new();
                    line.push_to(&mut text);
                    lines.push(text);
                }
            }
            let mut text = String::new();
            for (number, (line, place)) in lines.iter().zip(places.iter().cycle()).enumerate() {
                if *place == 0 {
                    text.push_str(&format!("  #{number}a#\n"));
                }
                text.push_str(line);
                if *place == 1 {
                    text.push_str(&format!("  #{number}b#"));
                }
                text.push('\n');
            }
            text.push_str("#end#\n");
            (value, text)
        })
}

fn any_edit(value: &Value) -> impl Strategy<Value = Edit> + use<> {
    let mut places = Vec::new();
    pointers(value, "", &mut places);
    let value = value.clone();
    (
        proptest::sample::select(places),
        any_text().prop_filter("a merge key", |name| name != "<<"),
        any_value(),
        any::<u8>(),
    )
        .prop_map(move |(pointer, name, new, choice)| {
            match (value.pointer(&pointer), choice % 4) {
                (Some(Value::Object(_)), _) if pointer.is_empty() || choice % 4 < 2 => {
                    set(&below(&pointer, &name), new)
                }
                (Some(Value::Array(_)), 0 | 1) => append(&pointer, json!([new])),
                (Some(Value::Array(items)), 2) if !items.is_empty() => {
                    items_gone(&pointer, &[choice as usize % items.len()])
                }
                (_, 3) => gone(&pointer),
                _ => set(&pointer, new),
            }
        })
}

/// The comments of the lines that `edit` does not take out or replace.
fn staying<'a>(text: &'a str, value: &Value, edit: &Edit) -> Vec<&'a str> {
    let (mut at, whole) = match edit {
        Edit::Set {
            pointer,
            value: new,
        } => match value.pointer(pointer) {
            // Part by part: which lines go is not asked here.
            Some(Value::Object(_)) if new.is_object() => return Vec::new(),
            Some(Value::Array(_)) if new.is_array() => return Vec::new(),
            Some(_) => (pointer.as_str(), true),
            None => ("", false),
        },
        Edit::Remove { pointer } => (pointer.as_str(), true),
        Edit::RemoveItems { pointer, indices } => {
            return staying(text, value, &gone(&format!("{pointer}/{}", indices[0])));
        }
        Edit::Append { .. } => ("", false),
    };
    let mut lost = 0..0;
    if whole {
        // What is emptied by it goes, too, or is replaced.
        while let (true, Some((above, _))) =
            (!matches!(edit, Edit::Set { .. }), at.rsplit_once('/'))
        {
            let one = match value.pointer(above) {
                Some(Value::Object(map)) => map.len() == 1,
                Some(Value::Array(items)) => items.len() == 1,
                _ => false,
            };
            if !one {
                break;
            }
            at = above;
        }
        let root = layout::document(text).unwrap();
        let mut node = &root;
        let mut start = 0;
        for name in names(at) {
            let children = node.children();
            let child = children
                .iter()
                .position(|child| child.key.as_ref() == Some(&name))
                .unwrap_or_else(|| name.parse().unwrap());
            start = children[child].start;
            node = &children[child].value;
        }
        lost = start..node.range.end;
    }
    let mut at = 0;
    let mut comments = Vec::new();
    for line in text.split_inclusive('\n') {
        let outside = at >= lost.end || at + line.len() <= lost.start;
        if let Some(begin) = line
            .rfind("  #") // one before it may stand in a text
            .filter(|_| outside && line.trim().ends_with('#'))
        {
            comments.push(line.get(begin..).unwrap().trim());
        }
        at += line.len();
    }
    comments
}

/// True when a key is longer than one may be before its `:` (see `write`).
fn has_long_key(value: &Value) -> bool {
    match value {
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.len() >= 1000 || has_long_key(value)),
        Value::Array(items) => items.iter().any(has_long_key),
        _ => false,
    }
}

proptest! {
    #[test]
    fn edits_mean_what_they_say_and_keep_comments(
        ((value, text), edits) in any_text_of_a_file().prop_flat_map(|(value, text)| {
            let edit = any_edit(&value);
            (Just((value, text)), proptest::collection::vec(edit, 1))
        })
    ) {
        let mut wanted = value.clone();
        let edit = &edits[0];
        model(&mut wanted, &literal(edit)).unwrap();
        // The last property of a manifest is never taken out: `kind` stays.
        prop_assume!(wanted.as_object().is_some_and(|map| !map.is_empty()));
        // Long keys stand behind `?`, which is refused where it matters.
        let long = match edit {
            Edit::Set { pointer, value } => pointer.len() > 1000 || has_long_key(value),
            Edit::Append { items, .. } => items.iter().any(has_long_key),
            _ => false,
        };
        let explicit = long || text.contains("? kkk");
        match edited(&text, &edits) {
            Ok(after) => {
                let after_value = parsed(&file(&after), after.clone()).unwrap().remove(0).1;
                prop_assert_eq!(after_value, wanted);
                let kept = staying(&text, &value, edit);
                for comment in kept {
                    prop_assert!(after.contains(comment), "{comment} of\n{text}\nis not in\n{after}\n{edit:?}");
                }
            }
            Err(error) => prop_assert!(explicit, "{error}\n{text}\n{edit:?}"),
        }
    }
}
