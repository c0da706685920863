//! Anything at all as a manifest or as the project file: findings or success, never a
//! panic, and every finding's place lies inside its file.

use std::path::Path;

use gatewright::finding::{Finding, has_errors};
use gatewright::manifest::config::ConfigFile;
use gatewright::manifest::project;
use gatewright::render;
use proptest::prelude::*;

use crate::common::CONFIG;

/// Every place lies in its file, on a line and column that it has; and all can be shown.
fn sound(findings: &[Finding]) {
    for finding in findings {
        let places = finding.place.iter().map(|place| &**place);
        for place in places.chain(finding.related.iter().map(|(place, _)| place)) {
            let text = &place.file.text;
            assert!(place.range.start <= place.range.end, "{finding:?}");
            assert!(place.range.end <= text.len(), "{finding:?}");
            assert!(text.is_char_boundary(place.range.start), "{finding:?}");
            assert!(text.is_char_boundary(place.range.end), "{finding:?}");
            let line = place.file.line(place.line);
            assert!(place.column <= line.chars().count() + 2, "{finding:?}");
        }
        assert!(!finding.message.is_empty());
        assert!(finding.help.is_some(), "no way out: {finding:?}");
    }
    let text = render::findings::findings(findings);
    assert_eq!(text.is_empty(), findings.is_empty());
    render::json::text(&render::json::findings(findings));
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn load_manifest(content: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "gatewright.yaml", CONFIG.as_bytes());
    write(folder.path(), "policies/a.yaml", content);
    let file = ConfigFile::load(folder.path()).unwrap();
    let (name, tenant) = file.tenant(None).unwrap();
    let (desired, findings) = project::load(&file, name, tenant);
    sound(&findings);
    assert!(has_errors(&findings) || !desired.manifests.is_empty());
}

fn load_config(content: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "gatewright.yaml", content);
    write(
        folder.path(),
        "policies/a.yaml",
        b"kind: Group\ndisplayName: Pilot\n",
    );
    match ConfigFile::load(folder.path()) {
        Ok(file) => match file.tenant(None) {
            Ok((name, tenant)) => sound(&project::load(&file, name, tenant).1),
            Err(finding) => sound(&[*finding]),
        },
        Err(findings) => {
            assert!(has_errors(&findings));
            sound(&findings);
        }
    }
}

/// Pieces of YAML and of manifests, in any order: much of it parses.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "kind: Group\n",
        "kind: ConditionalAccessPolicy\n",
        "kind: NamedLocation\n",
        "kind: TestUser\n",
        "kind: AuthenticationStrength\n",
        "kind: AuthenticationContext\n",
        "kind:",
        "displayName: ä\n",
        "displayName:",
        "userPrincipalName: ${domain}\n",
        "state: enabled\n",
        "conditions:\n",
        "  users:\n",
        "    includeUsers: [All]\n",
        "  users: {includeUsers: [All]}\n",
        "  applications: {includeApplications: [All]}\n",
        "  platforms: {}\n",
        "  locations: null\n",
        "grantControls: {operator: OR, builtInControls: [mfa, block]}\n",
        "sessionControls: {signInFrequency: {value: 1}}\n",
        "ipRanges: [10.0.0.0/8, '::/0']\n",
        "  - cidrAddress: ",
        "countriesAndRegions: [DE]\n",
        "allowedCombinations: [fido2, 'password,sms']\n",
        "renamedFrom: [ä]\n",
        "ignoreChanges: [conditions.users]\n",
        "id: c1\n",
        "id: 11111111-2222-3333-4444-555555555555\n",
        "version: 1\n",
        "manifests: [policies]\n",
        "manifests: ['**/*.yaml', '[']\n",
        "tenants:\n",
        "  sandbox: {sandbox: a.json}\n",
        "scope: {Group: all}\n",
        "---\n",
        "...\n",
        "- ",
        "? ",
        ": ",
        ": &a ",
        "*a",
        "<<: *a\n",
        "<<: ",
        "!!str ",
        "!x ",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ",",
        "|\n",
        ">-\n",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "# c\n",
        "%YAML 1.2\n",
        "${",
        "${x}",
        "$${",
        "}",
        "~",
        "null",
        "true",
        ".inf",
        "0x1f",
        "1e999",
        "2024-01-31",
        "\u{feff}",
        "\u{202e}",
        "\u{85}",
        "\u{2028}",
        "\0",
        "👩‍💻",
        "/~0~1",
        "\"/\": ",
        "\"\": ",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A right manifest with one stretch of it replaced.
fn damaged() -> impl Strategy<Value = String> {
    const RIGHT: &str = include_str!("../../samples/valid/policy.yaml");
    (0..RIGHT.len(), 0..RIGHT.len(), soup()).prop_map(|(one, other, middle)| {
        let (start, end) = (one.min(other), one.max(other));
        format!("{}{middle}{}", &RIGHT[..start], &RIGHT[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes_as_a_manifest(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        load_manifest(&bytes);
    }

    #[test]
    fn any_text_as_a_manifest(text in "(?s).{0,200}") {
        load_manifest(text.as_bytes());
    }

    #[test]
    fn any_text_in_utf_16_as_a_manifest(text in "(?s).{1,200}", little in any::<bool>()) {
        let unit = |u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() };
        let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect();
        load_manifest(&bytes);
    }

    #[test]
    fn any_pieces_of_yaml_as_a_manifest(text in soup()) {
        load_manifest(text.as_bytes());
    }

    #[test]
    fn a_damaged_manifest(text in damaged()) {
        load_manifest(text.as_bytes());
    }

    #[test]
    fn any_bytes_as_the_project_file(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        load_config(&bytes);
    }

    #[test]
    fn any_text_as_the_project_file(text in "(?s).{0,200}") {
        load_config(text.as_bytes());
    }

    #[test]
    fn any_pieces_of_yaml_as_the_project_file(text in soup()) {
        load_config(text.as_bytes());
        load_config(format!("{CONFIG}{text}").as_bytes());
    }
}
