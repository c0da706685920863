//! Exports of other tools: any bytes are understood or told, and what was mended once needs no
//! mending.
//!
//! The first byte chooses where the file lies, which some tools mean something by, and whether the rest is
//! the file or chooses a value of names that mean something.

use std::path::Path;

use gatewright::import::export::ExportReader;
use serde_json::{Map, Value, json};

use crate::choices::Choices;
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

const MEMBERS: &[&str] = &[
    "displayName",
    "DisplayName",
    "id",
    "Id",
    "state",
    "conditions",
    "Conditions",
    "users",
    "includeUsers",
    "applications",
    "includeApplications",
    "grantControls",
    "builtInControls",
    "operator",
    "sessionControls",
    "authenticationStrength",
    "AdditionalProperties",
    "@odata.type",
    "OdataType",
    "ipRanges",
    "cidrAddress",
    "value",
    "Objects",
    "Type",
    "details",
    "name",
    "allowedCombinations",
    "members",
    "JSON",
    "combinationConfigurations",
    "externalTenants",
    "membershipKind",
    "LocationInfo",
    "includeGuestsOrExternalUsers",
    "signInFrequency",
    "isTrusted",
    "securityEnabled",
    "userPrincipalName",
    "countriesAndRegions",
    "includeUnknownCountriesAndRegions",
    "isAvailable",
    "devices",
    "deviceFilter",
    "rule",
    "mode",
    "locations",
    "includeLocations",
    "clientAppTypes",
    "appId",
    "deletedDateTime",
    "templateId",
    "groupTypes",
    "termsOfUse",
    "policyType",
    "/",
    "~",
    "",
];
const WORDS: &[&str] = &[
    "",
    "All",
    "enabled",
    "11111111-2222-3333-4444-555555555555",
    "System.Object[]",
    "@{a=b}",
    "<X>",
    "mfa,block",
    "mfa",
    "c1",
    "#microsoft.graph.ipNamedLocation",
    "#microsoft.graph.countryNamedLocation",
    "#microsoft.graph.group",
    "#microsoft.graph.conditionalAccessPolicy",
    "{[",
    "{\"id\": \"c1\"}",
    "203.0.113.0/24",
    "NL",
    "fido2",
    "OR",
    "a@b.c",
    "True",
    "2026-01-01T00:00:00Z",
    " ",
];

fn chosen(choices: &mut Choices<'_>, depth: usize) -> Value {
    match choices.below(if depth == 0 { 5 } else { 10 }) {
        0 | 1 => (*choices.pick(WORDS)).into(),
        2 => choices.once_in(2).into(),
        3 => (choices.below(20) as i64 - 4).into(),
        4 => Value::Null,
        5 | 6 => (0..choices.below(4))
            .map(|_| chosen(choices, depth - 1))
            .collect(),
        _ => {
            let members = (0..choices.below(6)).map(|_| {
                (
                    (*choices.pick(MEMBERS)).to_owned(),
                    chosen(choices, depth - 1),
                )
            });
            members.collect::<Map<_, _>>().into()
        }
    }
}

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let text = chosen(&mut Choices::new(bytes), 6).to_string();
    let bytes = match choice & 64 {
        0 => bytes,
        _ => text.as_bytes(),
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
