//! Whatever the bytes: no panic, and what was mended once needs no mending.

use proptest::prelude::*;

use super::*;

/// Values of any shape under names that mean something.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "All",
            "enabled",
            ID,
            "System.Object[]",
            "@{a=b}",
            "<X>",
            "mfa,block",
            "c1",
            "#microsoft.graph.ipNamedLocation",
            "#microsoft.graph.group",
            "{[",
            "ÄÖ",
        ])
        .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "displayName",
        "DisplayName",
        "id",
        "state",
        "conditions",
        "Conditions",
        "users",
        "includeUsers",
        "applications",
        "grantControls",
        "authenticationStrength",
        "AdditionalProperties",
        "@odata.type",
        "OdataType",
        "ipRanges",
        "cidrAddress",
        "value",
        "Objects",
        "Type",
        "Id",
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
        "sessionControls",
        "isTrusted",
        "securityEnabled",
        "userPrincipalName",
        "/",
        "~",
    ]);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(n, v)| (n.to_owned(), v))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_understood_or_told(bytes in prop::collection::vec(any::<u8>(), 0..200), named: bool) {
        let mut reader = ExportReader::default();
        reader.add("a.json", Path::new("Groups/a.json"), &bytes, named);
        reader.finish();
    }

    #[test]
    fn any_value_is_understood_or_told(value in any_value(), folder in prop::sample::select(vec!["", "Groups", "NamedLocations", "ConditionalAccess"])) {
        let mut reader = ExportReader::default();
        let path = Path::new(folder).join("a.json");
        reader.add("a.json", &path, value.to_string().as_bytes(), true);
        let export = reader.finish();
        for exported in &export.objects {
            // What was mended once needs no mending.
            let mut again = ExportReader::default();
            again.add("b.json", &path, json!([exported.raw]).to_string().as_bytes(), true);
            let again = again.finish();
            let same = again.objects.iter().find(|o| o.kind == exported.kind);
            prop_assert_eq!(
                same.map(|o| &o.raw),
                Some(&exported.raw),
                "{:?}",
                told(&again)
            );
        }
    }
}
