//! A sign-in that contradicts itself is refused, whatever the policies ask for.

use serde_json::{Value, json};

use super::*;

/// A sign-in of which nothing is known but this.
fn faults(said: &Value) -> Vec<SignInFault> {
    let sign_in: SignIn = serde_json::from_value(said.clone()).unwrap();
    // No policy asks for anything.
    let compiled = CompiledPolicies::new(&[], &contoso());
    compiled.prepare(&sign_in).err().unwrap_or_default()
}

/// What is satisfied, in a sign-in with this besides.
fn with(satisfied: &str, said: &Value) -> Value {
    laid(said.clone(), &json!({ "satisfied": [satisfied] }))
}

const CODE: fn() -> Value = || json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}});

#[test]
fn what_is_satisfied_fits_what_is_known_of_the_device() {
    let device = |info: Value| json!({ "deviceInfo": info });
    for (satisfied, said, told) in [
        (
            "compliantDevice",
            json!("unregistered"),
            Some("the device is `unregistered`"),
        ),
        (
            "compliantDevice",
            json!({"isCompliant": false}),
            Some("`isCompliant` of the device is `false`"),
        ),
        (
            "compliantDevice",
            json!({"isCompliant": null}),
            Some("`isCompliant` of the device is `null`"),
        ),
        ("compliantDevice", json!({"isCompliant": true}), None),
        ("compliantDevice", json!({"trustType": "AzureAD"}), None),
        (
            "domainJoinedDevice",
            json!("unregistered"),
            Some("the device is `unregistered`"),
        ),
        (
            "domainJoinedDevice",
            json!({"trustType": "AzureAD"}),
            Some("`trustType` of the device is `AzureAD`"),
        ),
        (
            "domainJoinedDevice",
            json!({"trustType": "EntraID"}),
            Some("`trustType` of the device is `AzureAD`"),
        ),
        (
            "domainJoinedDevice",
            json!({"trustType": "Workplace"}),
            Some("`trustType` of the device is `Workplace`"),
        ),
        (
            "domainJoinedDevice",
            json!({"trustType": null}),
            Some("`trustType` of the device is `null`"),
        ),
        ("domainJoinedDevice", json!({"trustType": "serverad"}), None),
        ("domainJoinedDevice", json!({"isCompliant": false}), None),
        (
            "secureSignInSession",
            json!("unregistered"),
            Some("the device is `unregistered`"),
        ),
        ("secureSignInSession", json!({"isCompliant": false}), None),
        (
            "windowsHelloForBusiness",
            json!("unregistered"),
            Some("the device is `unregistered`"),
        ),
        (
            "windowsHelloForBusiness",
            json!({"trustType": "AzureAD"}),
            None,
        ),
        ("fido2", json!("unregistered"), None),
        ("mfa", json!("unregistered"), None),
    ] {
        let found = faults(&with(satisfied, &device(said.clone())));
        let Some(told) = told else {
            assert_eq!(found, [], "{satisfied} {said}");
            continue;
        };
        assert_eq!(found.len(), 1, "{satisfied} {said}: {found:?}");
        assert_eq!(found[0].pointer, "/satisfied/0");
        assert_eq!(
            found[0].message,
            format!("`{satisfied}` is satisfied, and {told}")
        );
        assert!(found[0].help.contains("`deviceInfo`"), "{found:?}");
    }
}

#[test]
fn what_nobody_can_meet_in_such_a_sign_in_is_not_satisfied_in_it() {
    // By the lines of 1.17: what is said, what cannot be satisfied then, and what can.
    let client = |name: &str| json!({ "clientAppType": name });
    let platform = |name: &str| json!({ "devicePlatform": name });
    let guest = |trust: Value| json!({"user": {"userType": "b2bCollaborationGuest"}, "environment": {"inboundTrust": trust}});
    let asked = [
        "mfa",
        "passwordChange",
        "riskRemediation",
        "fido2",
        "password,sms",
        "softwareOath",
        "Phishing-resistant MFA",
        "Multifactor authentication",
    ];
    let apps = ["approvedApplication", "compliantApplication"];
    let device = ["compliantDevice", "domainJoinedDevice"];
    let sent = [
        "password",
        "federatedSingleFactor",
        "x509CertificateSingleFactor",
    ];
    let all = [&asked[..], &apps, &device, &sent, &["secureSignInSession"]].concat();
    let none: &[&str] = &[];
    let join = [&asked[..], &apps, &device].concat();
    for (said, fact, not, fine) in [
        (
            client("other"),
            "`clientAppType` is `other`",
            [&asked[..], &apps, &device, &["secureSignInSession"]].concat(),
            sent.to_vec(),
        ),
        (
            client("exchangeActiveSync"),
            "`clientAppType` is `exchangeActiveSync`",
            asked.to_vec(),
            [&apps[..], &device, &sent].concat(),
        ),
        (
            client("easSupported"),
            "`clientAppType` is `easSupported`",
            asked.to_vec(),
            [&apps[..], &device, &sent].concat(),
        ),
        (client("browser"), "", none.to_vec(), all.clone()),
        (
            CODE(),
            "`authenticationFlow` is `deviceCodeFlow`",
            [&device[..], &["secureSignInSession"]].concat(),
            [&asked[..], &apps, &sent].concat(),
        ),
        (
            json!({"authenticationFlow": {"originalTransferMethod": "deviceCodeFlow", "transferMethod": "none"}}),
            "`authenticationFlow` is `deviceCodeFlow`",
            device.to_vec(),
            asked.to_vec(),
        ),
        (
            json!({"authenticationFlow": {"transferMethod": "authenticationTransfer"}}),
            "",
            none.to_vec(),
            all.clone(),
        ),
        (
            platform("windows"),
            "`devicePlatform` is `windows`",
            vec!["approvedApplication"],
            vec![
                "compliantApplication",
                "compliantDevice",
                "domainJoinedDevice",
                "mfa",
            ],
        ),
        (
            platform("iOS"),
            "`devicePlatform` is `iOS`",
            vec!["domainJoinedDevice"],
            vec![
                "approvedApplication",
                "compliantApplication",
                "compliantDevice",
            ],
        ),
        (
            platform("android"),
            "`devicePlatform` is `android`",
            vec!["domainJoinedDevice"],
            vec![
                "approvedApplication",
                "compliantApplication",
                "compliantDevice",
            ],
        ),
        (
            platform("macOS"),
            "`devicePlatform` is `macOS`",
            [&apps[..], &["domainJoinedDevice"]].concat(),
            vec!["compliantDevice", "mfa"],
        ),
        (
            platform("linux"),
            "`devicePlatform` is `linux`",
            [&apps[..], &["domainJoinedDevice"]].concat(),
            vec!["compliantDevice", "mfa"],
        ),
        (
            platform("unknown"),
            "`devicePlatform` is `unknown`",
            vec!["domainJoinedDevice", "approvedApplication"],
            vec!["compliantDevice"],
        ),
        (
            guest(json!({"mfa": true})),
            "`userType` is `b2bCollaborationGuest`",
            device.to_vec(),
            [&asked[..], &apps].concat(),
        ),
        (
            guest(json!({"compliantDevice": true})),
            "`userType` is `b2bCollaborationGuest`",
            vec!["domainJoinedDevice"],
            vec!["compliantDevice"],
        ),
        (
            guest(json!({"hybrid": true})),
            "`userType` is `b2bCollaborationGuest`",
            vec!["compliantDevice"],
            vec!["domainJoinedDevice"],
        ),
        (
            json!({"servicePrincipal": "robot"}),
            "`servicePrincipal` signs in",
            all.clone(),
            none.to_vec(),
        ),
        (
            json!({"agentIdentity": "robot"}),
            "`agentIdentity` signs in",
            all.clone(),
            none.to_vec(),
        ),
        (
            json!({"userAction": "registerOrJoinDevices"}),
            "`userAction` is `registerOrJoinDevices`",
            vec!["windowsHelloForBusiness"],
            join,
        ),
        (json!({}), "", none.to_vec(), all.clone()),
    ] {
        for satisfied in not {
            let found = faults(&with(satisfied, &said));
            assert_eq!(found.len(), 1, "{satisfied} {said}: {found:?}");
            let message = format!("nobody can satisfy `{satisfied}` if {fact}: ");
            assert!(found[0].message.starts_with(&message), "{said}: {found:?}");
            assert_eq!(found[0].pointer, "/satisfied/0");
            let way = format!("remove `{satisfied}` from `satisfied`, or ");
            assert!(found[0].help.starts_with(&way), "{found:?}");
        }
        for satisfied in fine {
            assert_eq!(faults(&with(satisfied, &said)), [], "{satisfied} {said}");
        }
    }
}

#[test]
fn a_device_fits_its_platform_and_a_client_too() {
    let joined = |platform: &str| json!({"deviceInfo": {"trustType": "ServerAD"}, "devicePlatform": platform});
    let eas = |platform: &str| json!({"clientAppType": "easSupported", "devicePlatform": platform});
    for (platform, is_joined, is_eas) in [
        ("windows", true, true),
        ("iOS", false, true),
        ("android", false, true),
        ("macOS", false, false),
        ("linux", false, false),
        ("windowsPhone", false, false),
        ("unknown", false, false),
    ] {
        for (said, fits, pointer) in [
            (joined(platform), is_joined, "/deviceInfo/trustType"),
            (eas(platform), is_eas, "/clientAppType"),
        ] {
            let found = faults(&said);
            assert_eq!(found.is_empty(), fits, "{said}: {found:?}");
            for fault in found {
                assert_eq!(fault.pointer, pointer);
                assert!(
                    fault
                        .message
                        .contains(&format!("`devicePlatform` is `{platform}`")),
                    "{fault:?}"
                );
            }
        }
    }
    // Another trust is of any platform.
    assert_eq!(
        faults(&json!({"deviceInfo": {"trustType": "Workplace"}, "devicePlatform": "iOS"})),
        []
    );
    let direct = json!({"user": {"userType": "b2bDirectConnectUser", "roles": [ROLE]}});
    assert_eq!(faults(&direct)[0].pointer, "/user/roles");
}

#[test]
fn the_ordinary_does_not_contradict_what_is_said() {
    let compiled = CompiledPolicies::new(&[], &contoso());
    let all = [
        "mfa",
        "compliantDevice",
        "domainJoinedDevice",
        "approvedApplication",
        "compliantApplication",
        "secureSignInSession",
        "windowsHelloForBusiness",
        "passwordChange",
    ];
    for one in all {
        let said: SignIn = serde_json::from_value(json!({ "satisfied": [one] })).unwrap();
        let complete = compiled.complete(said);
        assert_eq!(compiled.prepare(&complete).err(), None, "{one}");
        // Nothing is left open.
        assert!(complete.device_info.is_some(), "{one}");
        assert!(complete.device_platform.is_some(), "{one}");
    }
    for (said, platform, device) in [
        (
            json!({"satisfied": ["compliantDevice"], "devicePlatform": "iOS"}),
            "iOS",
            json!({"isCompliant": true, "trustType": "Workplace"}),
        ),
        (
            json!({"satisfied": ["domainJoinedDevice"]}),
            "windows",
            json!({"isCompliant": false, "trustType": "ServerAD"}),
        ),
        (
            json!({"satisfied": ["approvedApplication"]}),
            "iOS",
            json!("unregistered"),
        ),
        (
            json!({"satisfied": ["mfa"]}),
            "windows",
            json!("unregistered"),
        ),
    ] {
        let said: SignIn = serde_json::from_value(said).unwrap();
        let complete = serde_json::to_value(compiled.complete(said)).unwrap();
        assert_eq!(
            (&complete["devicePlatform"], &complete["deviceInfo"]),
            (&json!(platform), &device)
        );
    }
    // Whoever has another home is no member.
    let tenant = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
    let said = json!({"user": {"externalTenantId": tenant}});
    let complete = compiled.complete(serde_json::from_value(said).unwrap());
    let user = complete.user.unwrap();
    assert_eq!(user.user_type, Some(UserType::B2bCollaborationGuest));
    assert_eq!(user.external_tenant_id.as_deref(), Some(tenant));
}
