//! The words of the sign-in log for what a sign-in is said to be elsewhere.

use crate::whatif::{ClientType, Platform};

/// Spelling that the log changes: letter case and blanks.
fn folded(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// The kind of client, by `clientAppUsed`. `None`: the log names none, or one that is not known.
pub(super) fn client(text: &str, platform: Option<Platform>) -> Option<ClientType> {
    const LEGACY: &[&str] = &[
        "authenticatedsmtp",
        "autodiscover",
        "exchangeonlinepowershell",
        "exchangewebservices",
        "imap",
        "imap4",
        "mapioverhttp",
        "offlineaddressbook",
        "other",
        "otherclients",
        "otherclientsolderofficeclients",
        "outlookanywhererpcoverhttp",
        "outlookservice",
        "pop",
        "pop3",
        "reportingwebservices",
        "smtp",
        "universaloutlook",
    ];
    Some(match folded(text).as_str() {
        "browser" => ClientType::Browser,
        "mobileappsanddesktopclients" => ClientType::MobileAppsAndDesktopClients,
        "exchangeactivesync" => match platform {
            Some(Platform::Ios | Platform::Android | Platform::Windows) => ClientType::EasSupported,
            _ => ClientType::ExchangeActiveSync,
        },
        known if LEGACY.contains(&known) => ClientType::Other,
        _ => return None,
    })
}

/// The platform, by the operating system: with its version, in several spellings.
pub(super) fn platform(text: &str) -> Platform {
    let text = folded(text);
    const PLATFORMS: &[(&str, Platform)] = &[
        ("windowsphone", Platform::WindowsPhone),
        ("windowsmobile", Platform::WindowsPhone),
        ("windows", Platform::Windows),
        ("ios", Platform::Ios),
        ("ipados", Platform::Ios),
        ("ipad", Platform::Ios),
        ("iphone", Platform::Ios),
        ("android", Platform::Android),
        ("macos", Platform::MacOs),
        ("mac", Platform::MacOs),
        ("linux", Platform::Linux),
    ];
    let found = PLATFORMS.iter().find(|(head, _)| text.starts_with(head));
    found.map_or(Platform::Unknown, |(_, platform)| *platform)
}

/// `trustType` as filters have it, by the log's words of several years.
pub(super) fn trust(text: &str) -> Option<&'static str> {
    Some(match folded(text).as_str() {
        "azureadjoined" | "azuread" | "microsoftentrajoined" | "entrajoined" | "entraid" => {
            "AzureAD"
        }
        "hybridazureadjoined" | "serverad" | "microsoftentrahybridjoined" | "hybridjoined" => {
            "ServerAD"
        }
        "azureadregistered" | "workplace" | "microsoftentraregistered" | "registered" => {
            "Workplace"
        }
        _ => return None,
    })
}

/// What a method of `authenticationDetails` says that the sign-in can meet: a method, or plain
/// `mfa` where the log does not name it.
pub(super) fn method(text: &str) -> Option<&'static str> {
    Some(match folded(text).as_str() {
        "password" | "passwordhash" | "passwordinthecloud" => "password",
        "textmessage" | "sms" | "mobilephonetextmessage" => "sms",
        "phonecall" | "voicecall" | "phonecallapproval" | "phone" => "voice",
        "mobileappnotification"
        | "microsoftauthenticatorapp"
        | "microsoftauthenticatorpush"
        | "microsoftauthenticator"
        | "notificationthroughmobileapp" => "microsoftAuthenticatorPush",
        "oathverificationcode"
        | "mobileappverificationcode"
        | "softwareoathtoken"
        | "verificationcodefrommobileapp"
        | "authenticatorapporsoftwaretoken" => "softwareOath",
        "oathhardwaretoken" | "hardwareoathtoken" => "hardwareOath",
        "fido2securitykey" | "passkey" | "passkeydevicebound" | "passkeysynced" | "fido2" => {
            "fido2"
        }
        "windowshelloforbusiness" => "windowsHelloForBusiness",
        "passwordlessphonesignin" | "microsoftauthenticatorpasswordless" => "deviceBasedPush",
        "temporaryaccesspass" => "temporaryAccessPassOneTime",
        "x509certificate" | "certificatebasedauthentication" | "x509certificatemultifactor" => {
            "x509CertificateMultiFactor"
        }
        "x509certificatesinglefactor" => "x509CertificateSingleFactor",
        "federated" | "federatedauthentication" => "federatedSingleFactor",
        _ => return None,
    })
}

/// Whether methods come to multifactor authentication.
pub(super) fn are_multifactor(methods: &[&str]) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| methods.contains(name));
    let strong = [
        "fido2",
        "windowsHelloForBusiness",
        "deviceBasedPush",
        "temporaryAccessPassOneTime",
        "x509CertificateMultiFactor",
    ];
    let second = [
        "sms",
        "voice",
        "microsoftAuthenticatorPush",
        "softwareOath",
        "hardwareOath",
    ];
    has(&strong) || has(&["password", "federatedSingleFactor"]) && has(&second)
}

/// True for a remark that multifactor authentication was passed, now or before.
pub(super) fn says_mfa(text: &str) -> bool {
    let text = text.to_lowercase();
    ["mfa requirement satisfied", "mfa completed"]
        .iter()
        .any(|known| text.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_log_are_known_in_all_their_spellings() {
        for (text, expected) in [
            ("Windows 10", Platform::Windows),
            ("Windows10", Platform::Windows),
            ("Ios 17.2", Platform::Ios),
            ("iPadOS", Platform::Ios),
            ("MacOs", Platform::MacOs),
            ("Windows Phone 8.1", Platform::WindowsPhone),
            ("ChromeOS", Platform::Unknown),
        ] {
            assert_eq!(platform(text), expected, "{text}");
        }
        for (text, expected) in [
            ("Browser", Some(ClientType::Browser)),
            (
                "Mobile Apps and Desktop clients",
                Some(ClientType::MobileAppsAndDesktopClients),
            ),
            ("IMAP4", Some(ClientType::Other)),
            (
                "Other clients; Older Office clients",
                Some(ClientType::Other),
            ),
            ("Exchange ActiveSync", Some(ClientType::ExchangeActiveSync)),
            ("Something new", None),
        ] {
            assert_eq!(client(text, None), expected, "{text}");
        }
        let eas = client("Exchange ActiveSync", Some(Platform::Ios));
        assert_eq!(eas, Some(ClientType::EasSupported));
        assert_eq!(trust("Hybrid Azure AD joined"), Some("ServerAD"));
        assert_eq!(trust("Microsoft Entra joined"), Some("AzureAD"));
        assert_eq!(
            method("Windows Hello for Business"),
            Some("windowsHelloForBusiness")
        );
        assert_eq!(method("Previously satisfied"), None);
        assert!(says_mfa("MFA requirement satisfied by claim in the token"));
        assert!(!says_mfa("MFA required in Azure AD"));
    }
}
