//! Encodings, sizes, folders, and faults in several files.

use super::shown;
use crate::common::Project;

const WRONG: &str = "kind: Group\ndisplayName: Überprüfung\ncolour: blue\n";
const RIGHT: &str = "kind: Group\ndisplayName: Überprüfung\ndescription: \"日本語 👩‍💻\"\n";

fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let crlf = text.replace('\n', "\r\n");
    let marked = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
    vec![
        ("UTF-8", text.as_bytes().to_vec()),
        (
            "UTF-8 with a mark",
            marked(&[0xEF, 0xBB, 0xBF], text.as_bytes()),
        ),
        ("UTF-16 LE", le.clone()),
        ("UTF-16 LE with a mark", marked(&[0xFF, 0xFE], &le)),
        ("UTF-16 BE", be.clone()),
        ("UTF-16 BE with a mark", marked(&[0xFE, 0xFF], &be)),
        ("CRLF", crlf.as_bytes().to_vec()),
        (
            "UTF-16 LE with a mark and CRLF",
            marked(
                &[0xFF, 0xFE],
                &crlf
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>(),
            ),
        ),
    ]
}

#[test]
fn every_usual_encoding_is_read_and_its_places_are_right() {
    let expected = Project::of("pilot.yaml", WRONG).refuse(&["validate"]);
    shown!("encoding", expected.snapshot());
    let plan = Project::of("pilot.yaml", RIGHT).run(&["plan", "--full"]);
    assert!(plan.stdout.contains("日本語"), "{}", plan.snapshot());
    for (name, bytes) in encodings(WRONG) {
        let ran = Project::of("pilot.yaml", bytes).refuse(&["validate"]);
        assert_eq!(ran.snapshot(), expected.snapshot(), "{name}");
    }
    for (name, bytes) in encodings(RIGHT) {
        let ran = Project::of("pilot.yaml", bytes).run(&["plan", "--full"]);
        assert_eq!(ran.snapshot(), plan.snapshot(), "{name}");
    }
}

#[test]
fn what_is_no_text_is_refused() {
    let files: [(&str, &[u8]); 6] = [
        ("latin-1", b"kind: Group\ndisplayName: \xdcberpr\xfcfung\n"),
        ("utf-16-odd", b"\xff\xfek\0i\0n"),
        ("utf-16-half-pair", b"\xff\xfe\x3d\xd8k\0"),
        ("utf-32", b"\xff\xfe\0\0k\0\0\0"),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("zeros", &[0; 64]),
    ];
    for (name, bytes) in files {
        let ran = Project::of("pilot.yaml", bytes).refuse(&["validate"]);
        shown!(format!("bytes/{name}"), ran.snapshot());
    }
}

#[test]
fn a_file_of_50_megabytes_is_refused() {
    let line = b"# a comment, and another one, and one more after that\n";
    let ran = Project::of("large.yaml", line.repeat((50 << 20) / line.len())).refuse(&["validate"]);
    shown!("file-of-50-megabytes", ran.snapshot());
}

#[test]
fn thousands_of_open_brackets_are_refused() {
    for open in ["[", "{a: ", "- ", "? ", "!!map {", "&a [", "\"a\": {"] {
        let text = format!("kind: Group\nmembers: {}", open.repeat(100_000));
        let ran = Project::of("deep.yaml", text).run(&["validate"]);
        ran.refused();
    }
    let mut text = "kind: Group\n".to_owned();
    for depth in 0..3000 {
        text.push_str(&" ".repeat(depth));
        text.push_str("a:\n");
    }
    Project::of("deep.yaml", text).refuse(&["validate"]);
}

#[test]
fn all_faults_of_all_files_are_shown_at_once() {
    let project = Project::new()
        .file(
            "policies/a.yaml",
            "kind: Group\ndisplayName: Pilot\nmembers: All\n---\nkind: Grp\n",
        )
        .file("policies/b/b.yml", "kind: Group\ndisplayName: [Second\n")
        .file(
            "policies/c.yaml",
            "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: ${name}\n",
        )
        .file("policies/d.yaml", "kind: Group\ndisplayName: Right\n")
        .file("policies/e.yaml", b"kind: Group\ndisplayName: \xff\n")
        .file("policies/readme.md", "not YAML: [");
    shown!(
        "faults-in-several-files",
        project.refuse(&["validate"]).snapshot()
    );
}

#[test]
fn two_manifests_of_one_name_in_two_files() {
    let project = Project::new()
        .file("policies/a.yaml", "kind: Group\ndisplayName: Pilot\n")
        .file(
            "policies/z/b.yaml",
            "# the same group again\nkind: Group\ndisplayName: Pilot\n",
        );
    shown!(
        "two-of-one-name-in-two-files",
        project.refuse(&["validate"]).snapshot()
    );
}

#[test]
fn one_name_of_two_kinds_or_two_spellings_is_no_clash() {
    let project = Project::of(
        "a.yaml",
        "kind: Group\ndisplayName: Pilot\n---\nkind: Group\ndisplayName: pilot\n---\nkind: NamedLocation\ndisplayName: Pilot\nipRanges: [203.0.113.0/24]\n",
    );
    assert_eq!(project.run(&["validate"]).code, Some(0));
}

#[test]
fn a_project_without_manifests_is_refused_and_deletes_nothing() {
    let scoped = "version: 1\nmanifests: [policies]\ntenants:\n  sandbox: { sandbox: .gatewright/sandbox.json }\nscope: { Group: all }\n";
    let empty = Project::empty().file("gatewright.yaml", scoped);
    std::fs::create_dir(empty.path("policies")).unwrap();
    shown!("folder-empty", empty.refuse(&["apply", "--yes"]).snapshot());
    let other = Project::new().file("policies/readme.md", "# Nothing here\n");
    shown!(
        "folder-without-yaml",
        other.refuse(&["validate"]).snapshot()
    );
    let blank = Project::of("a.yaml", "").file("policies/b.yaml", "# a comment\n---\n---\n");
    shown!(
        "files-without-documents",
        blank.refuse(&["plan"]).snapshot()
    );
    assert!(!empty.path(".gatewright").exists());
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let right = "kind: Group\ndisplayName: Pilot\n";

    let dangling = Project::of("a.yaml", right);
    symlink("nowhere.yaml", dangling.path("policies/b.yaml")).unwrap();
    shown!(
        "file-is-a-dangling-link",
        dangling.refuse(&["validate"]).snapshot()
    );

    let pipe = Project::of("a.yaml", right);
    symlink("/dev/null", pipe.path("policies/b.yaml")).unwrap();
    shown!("file-is-a-device", pipe.refuse(&["validate"]).snapshot());

    let folder = Project::of("a.yaml", right);
    std::fs::create_dir(folder.path("policies/b.yaml")).unwrap();
    let ran = folder.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "a folder may have any name: {ran:?}");

    let locked = Project::of("a.yaml", right).file("policies/b.yaml", right);
    let path = locked.path("policies/b.yaml");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    // Root reads everything.
    if std::fs::read(&path).is_err() {
        shown!("file-is-locked", locked.refuse(&["validate"]).snapshot());
    }
}

#[cfg(unix)]
#[test]
fn folders_that_are_links_are_told_and_the_named_one_is_read() {
    let project = Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n");
    std::os::unix::fs::symlink(".", project.path("policies/again")).unwrap();
    shown!("folder-is-a-link", project.refuse(&["validate"]).snapshot());
    // Where the glob cannot match, nothing is looked at.
    let glob = crate::common::CONFIG.replace("[policies]", "['other/*.yaml', 'policies/*.yaml']");
    let glob = project
        .file("gatewright.yaml", glob)
        .file("other/b.yaml", "kind: Group\ndisplayName: Other\n");
    let ran = glob.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("2 manifests "), "{ran:?}");
    let named = Project::new().file("real/a.yaml", "kind: Group\ndisplayName: Pilot\n");
    std::os::unix::fs::symlink("real", named.path("policies")).unwrap();
    let ran = named.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("1 manifest "), "{ran:?}");
}

#[test]
fn a_terminal_is_not_led_by_what_a_file_says() {
    let project = Project::of(
        "a.yaml",
        "kind: Group\ndisplayName: Pilot\n\"\\e[2J\\u202eevil\": \"x\"\n",
    );
    let ran = project.refuse(&["validate"]);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
    let raw = Project::of("a.yaml", "kind: Group\n# \u{202e}evil\ncolour\u{202e}: x\n");
    let ran = raw.refuse(&["validate"]);
    assert!(!ran.stderr.contains('\u{202e}'), "{}", ran.snapshot());
}
