//! Exports of other tools: any bytes are understood or told, and what was mended once needs no
//! mending.
//!
//! The first byte chooses where the file lies, which some tools mean something by.

use std::path::Path;

use gatewright::import::export::ExportReader;
use serde_json::json;

use crate::{manifests, sound};

const FOLDERS: &[&str] = &[
    "",
    "Groups",
    "NamedLocations",
    "ConditionalAccess",
    "AuthenticationStrengths",
    "AuthenticationContext",
    "TermsOfUse",
    "x",
];
const NAMES: &[&str] = &[
    "a.json",
    "MigrationTable.json",
    "a.csv",
    "a.ps1",
    "a.yaml",
    "a.tf",
    "a.txt",
    "settings.json",
];

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let folder = FOLDERS[usize::from(choice & 7)];
    let name = NAMES[usize::from(choice >> 3 & 7)];
    let path = Path::new(folder).join(name);
    let read = || {
        let mut reader = ExportReader::default();
        reader.add(name, &path, bytes, choice & 128 == 0);
        reader.finish()
    };
    let (export, same) = (read(), read());
    assert_eq!(
        format!("{:?}", export.findings),
        format!("{:?}", same.findings)
    );
    sound::findings(&export.findings);
    for exported in &export.objects {
        let place = exported.source.place();
        assert!(place.file.text.get(place.range.clone()).is_some());
        if !exported.companion {
            manifests::normal_form(&exported.object);
        }
        // What was mended once needs no mending.
        let mut again = ExportReader::default();
        let text = json!([exported.raw]).to_string();
        again.add(
            "b.json",
            &Path::new(folder).join("b.json"),
            text.as_bytes(),
            true,
        );
        let again = again.finish();
        let same = again.objects.iter().find(|one| one.kind == exported.kind);
        assert_eq!(
            same.map(|one| &one.raw),
            Some(&exported.raw),
            "{:?}",
            again.findings
        );
    }
}
