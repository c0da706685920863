//! Rules on named locations, authentication strengths and authentication contexts.

use super::{findings, refused, silent, warned};

fn location(text: &str) -> String {
    format!("kind: NamedLocation\ndisplayName: L\n{text}\n")
}

#[test]
fn a_location_has_ranges_or_countries() {
    refused(
        "NL-R05",
        "§kind: NamedLocation\ndisplayName: L\nisTrusted: true\n",
    );
    refused("NL-R05", &location("ipRanges: §[]"));
    refused(
        "NL-R05",
        &location("'@odata.type': '#microsoft.graph.ipNamedLocation'\nipRanges: §[]"),
    );
    refused(
        "NL-R05",
        &location(
            "'@odata.type': '#microsoft.graph.countryNamedLocation'\ncountriesAndRegions: §[]",
        ),
    );
    refused(
        "NL-R05",
        &location("ipRanges: [203.0.113.0/24]\ncountriesAndRegions: §[DE]"),
    );
    refused(
        "NL-R05",
        &location(
            "'@odata.type': §'#microsoft.graph.countryNamedLocation'\nipRanges: [203.0.113.0/24]",
        ),
    );
    refused(
        "NL-R05",
        &location("'@odata.type': §'#microsoft.graph.gpsNamedLocation'"),
    );
    refused(
        "NL-R05",
        "kind: NamedLocation\ndisplayName: §' '\ncountriesAndRegions: [DE]\n",
    );
    refused(
        "NL-R05",
        &location("ipRanges: [203.0.113.0/24]\ncountryLookupMethod: §authenticatorAppGps"),
    );
    refused(
        "NL-R05",
        &location("ipRanges: [203.0.113.0/24]\nincludeUnknownCountriesAndRegions: §true"),
    );
    silent(&location(
        "ipRanges: [203.0.113.0/24]\nincludeUnknownCountriesAndRegions: false",
    ));
}

#[test]
fn ranges_are_counted_and_unique() {
    let many: Vec<String> = (0..2001)
        .map(|n| format!("203.{}.{}.0/24", n / 250, n % 250))
        .collect();
    refused(
        "NL-R02",
        &location(&format!("ipRanges: §[{}]", many.join(", "))),
    );
    silent(&location(&format!(
        "ipRanges: [{}]",
        many[..2000].join(", ")
    )));
    warned(
        "NL-R02",
        &location("ipRanges: [203.0.113.5/24, '2001:db8::/32', §203.0.113.0/24]"),
    );
}

#[test]
fn ranges_are_in_cidr_notation() {
    for (text, help) in [
        ("203.0.113.7", "203.0.113.7/32"),
        ("'2001:db8::1'", "2001:db8::1/128"),
        ("203.0.113.0/33", "9 to 32"),
        ("203.0.113.0/255.255.255.0", "number of bits"),
        ("203.0.113.1-203.0.113.9", "it consists of"),
        ("203.0.113/24", "203.0.113.0/24"),
        ("office", "203.0.113.0/24"),
        ("203.0.0.0/8", "/9"),
        ("0.0.0.0/0", "/9"),
        ("'2000::/3'", "/9"),
    ] {
        let text = location(&format!("ipRanges: [§{text}]"));
        refused("NL-R03", &text);
        let found = findings(&text.replace('§', ""));
        assert!(found[0].help.as_ref().unwrap().contains(help), "{found:#?}");
    }
    silent(&location(
        "ipRanges: [203.0.113.9/9, '2001:db8::1/9', {cidrAddress: 12.34.221.11/22}]",
    ));
}

#[test]
fn ranges_are_public() {
    for text in [
        "10.1.0.0/16",
        "192.168.0.0/24",
        "172.16.0.0/12",
        "127.0.0.1/32",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "'fd00::/16'",
        "'fe80::/10'",
        "'::1/128'",
    ] {
        warned("NL-R04", &location(&format!("ipRanges: [§{text}]")));
    }
}

#[test]
fn countries_are_codes() {
    for (text, help) in [
        ("de", "`DE`"),
        ("Germany", "`DE` (Germany)"),
        ("UK", "`GB`"),
        ("EU", "ISO 3166-1"),
        ("Switzerlnd", "`CH`"),
    ] {
        let text = location(&format!("countriesAndRegions: [XK, §{text}]"));
        warned("NL-R06", &text);
        let found = findings(&text.replace('§', ""));
        assert!(found[0].help.as_ref().unwrap().contains(help), "{found:#?}");
    }
    warned("NL-R06", &location("countriesAndRegions: [NL, §NL]"));
}

#[test]
fn countries_cannot_be_trusted() {
    refused(
        "NL-R09",
        &location("countriesAndRegions: [NL]\nisTrusted: §true"),
    );
    silent(&location("countriesAndRegions: [NL]\nisTrusted: false"));
}

#[test]
fn the_compliant_network_has_nothing_but_its_kind() {
    silent(&location(
        "compliantNetworkType: allTenantCompliantNetworks",
    ));
    silent(&location(
        "'@odata.type': '#microsoft.graph.compliantNetworkNamedLocation'",
    ));
    let pinned = "id: 3d46dbda-8382-466a-856d-eb00cbc6b910\ncompliantNetworkType: allTenantCompliantNetworks\nisTrusted: true";
    silent(&location(pinned));
    refused(
        "NL-R05",
        &location(&format!("{pinned}\nipRanges: §[203.0.113.0/24]")),
    );
}

fn strength(text: &str) -> String {
    format!("kind: AuthenticationStrength\ndisplayName: S\n{text}\n")
}

#[test]
fn built_in_strengths_stay() {
    refused(
        "AS-R02",
        "kind: AuthenticationStrength\ndisplayName: §Passwordless mfa\nallowedCombinations: [fido2]\n",
    );
    refused(
        "AS-R02",
        "kind: AuthenticationStrength\nid: §00000000-0000-0000-0000-000000000002\ndisplayName: Ours\nallowedCombinations: [fido2]\n",
    );
}

#[test]
fn combinations_are_legal() {
    refused("AS-R04", &strength("allowedCombinations: §[]"));
    refused("AS-R04", &strength("allowedCombinations: [fido2, §email]"));
    refused(
        "AS-R04",
        &strength("allowedCombinations: [§'fido2,windowsHelloForBusiness']"),
    );
    refused("AS-R04", &strength("allowedCombinations: [§[sms, voice]]"));
    refused(
        "AS-R04",
        &strength("allowedCombinations: [§deviceBasedPush,sms]")
            .replace("§deviceBasedPush,sms", "§'deviceBasedPush,sms'"),
    );
    warned(
        "AS-R04",
        &strength("allowedCombinations: ['password,sms', §'sms, password']"),
    );
    silent(&strength(
        "allowedCombinations: [fido2, 'password, sms', [password, softwareOath], qrCodePin]",
    ));
}

#[test]
fn names_of_strengths_are_short() {
    warned(
        "AS-R07",
        "kind: AuthenticationStrength\ndisplayName: §A name that is far longer than thirty characters\nallowedCombinations: [fido2]\n",
    );
}

#[test]
fn configurations_limit_keys_or_certificates() {
    let policy = |text: &str| {
        strength(&format!(
            "allowedCombinations: [fido2, x509CertificateMultiFactor]\ncombinationConfigurations:\n- {text}"
        ))
    };
    let guid = "de1e552d-db1d-4423-a619-566b625cdc84";
    let oid = "1.3.6.1.4.1";
    let certificate = "x509CertificateMultiFactor";
    silent(&policy(&format!(
        "{{appliesToCombinations: [fido2], allowedAAGUIDs: [{guid}]}}"
    )));
    silent(&policy(&format!(
        "{{appliesToCombinations: [{certificate}], allowedPolicyOIDs: [{oid}], allowedIssuerSkis: [9A4248C6AC8C2931AB2A86537818E92E7B6C97B6]}}"
    )));
    for wrong in [
        "§{appliesToCombinations: [fido2]}".to_owned(),
        format!(
            "{{appliesToCombinations: [fido2], allowedAAGUIDs: §[{guid}], allowedPolicyOIDs: [{oid}]}}"
        ),
        format!("{{appliesToCombinations: §[], allowedAAGUIDs: [{guid}]}}"),
        format!("{{appliesToCombinations: [§{certificate}], allowedAAGUIDs: [{guid}]}}"),
        format!("{{appliesToCombinations: [§fido2], allowedPolicyOIDs: [{oid}]}}"),
        "{appliesToCombinations: [fido2], allowedAAGUIDs: [§YubiKey]}".to_owned(),
        format!(
            "{{'@odata.type': §'#microsoft.graph.fido2CombinationConfiguration', appliesToCombinations: [{certificate}], allowedPolicyOIDs: [{oid}]}}"
        ),
    ] {
        refused("AS-R06", &policy(&wrong));
    }
    for odd in [
        format!(
            "{{appliesToCombinations: [§x509CertificateSingleFactor], allowedPolicyOIDs: [{oid}]}}"
        ),
        format!("{{appliesToCombinations: [{certificate}], allowedPolicyOIDs: [§low]}}"),
        format!("{{appliesToCombinations: [{certificate}], allowedIssuerSkis: [§'9A:42']}}"),
    ] {
        warned("AS-R06", &policy(&odd));
    }
}

#[test]
fn contexts_have_ids_from_c1_to_c99() {
    for id in ["c0", "c100", "c01", "C5", "context"] {
        refused(
            "AC-R01",
            &format!("kind: AuthenticationContext\nid: §{id}\ndisplayName: X\n"),
        );
    }
    silent("kind: AuthenticationContext\nid: c99\ndisplayName: X\n");
}
