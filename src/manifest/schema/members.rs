//! What the members of enums mean, as an editor shows them. A test finds those without words.

/// The members of an enum, or of several that share them, with their meanings.
type Members = &'static [(&'static str, &'static str)];

/// An enum has the words of the first of these that holds all of its members.
const MEMBERS: &[Members] = &[
    &[
        ("enabled", "The policy is enforced."),
        ("disabled", "The policy is off."),
        (
            "enabledForReportingButNotEnforced",
            "Report-only: the sign-in logs show what the policy would do.",
        ),
        (
            "report-only",
            "Report-only: the sign-in logs show what the policy would do.",
        ),
    ],
    &[
        ("none", "No risk."),
        (
            "low",
            "Low risk. Lists match exact levels: it does not include `medium`.",
        ),
        (
            "medium",
            "Medium risk. Lists match exact levels: it does not include `high`.",
        ),
        ("high", "High risk."),
        ("hidden", "A level that the tenant's licence does not show."),
    ],
    &[
        ("none", "No insider risk."),
        ("minor", "Minor insider risk."),
        ("moderate", "Moderate insider risk."),
        ("elevated", "Elevated insider risk."),
    ],
    &[
        ("all", "Every kind of client."),
        ("browser", "A browser."),
        (
            "mobileAppsAndDesktopClients",
            "Mobile apps and desktop clients that use modern authentication.",
        ),
        (
            "exchangeActiveSync",
            "Exchange ActiveSync, which has no second factor.",
        ),
        (
            "easSupported",
            "Exchange ActiveSync on platforms that support it. Retired.",
        ),
        (
            "other",
            "Clients with older protocols, such as POP, IMAP and SMTP, which have no second factor.",
        ),
    ],
    &[
        ("android", "Android."),
        ("iOS", "iOS and iPadOS."),
        ("windows", "Windows."),
        ("windowsPhone", "Windows Phone."),
        ("macOS", "macOS."),
        ("linux", "Linux."),
        (
            "all",
            "Every platform, including those that Entra does not know.",
        ),
        ("unknown", "A platform that the client does not state."),
    ],
    &[
        ("include", "What the rule matches is included."),
        ("exclude", "What the rule matches is excluded."),
    ],
    &[
        ("none", "No guest."),
        ("member", "A member of the tenant."),
        (
            "internalGuest",
            "A local guest: an account of the tenant that is marked as guest.",
        ),
        (
            "b2bCollaborationGuest",
            "A B2B collaboration guest: the usual invited guest.",
        ),
        (
            "b2bCollaborationMember",
            "A B2B collaboration user with member access.",
        ),
        (
            "b2bDirectConnectUser",
            "A B2B direct connect user, as in Teams shared channels.",
        ),
        ("otherExternalUser", "Any other external user."),
        ("serviceProvider", "A user of a cloud solution provider."),
    ],
    &[
        ("all", "Every external tenant."),
        ("enumerated", "The tenants in `members`."),
    ],
    &[
        ("none", "No such flow."),
        (
            "deviceCodeFlow",
            "Sign-in by a code that is typed on another device.",
        ),
        (
            "authenticationTransfer",
            "A session transferred from one device to another, as by a QR code.",
        ),
    ],
    &[
        (
            "block",
            "Block access. Cannot be combined with other controls.",
        ),
        (
            "mfa",
            "Require multifactor authentication, with any methods.",
        ),
        (
            "compliantDevice",
            "Require a device that Intune marks as compliant.",
        ),
        (
            "domainJoinedDevice",
            "Require a device that is Microsoft Entra hybrid joined.",
        ),
        (
            "approvedApplication",
            "Require an approved client app. Microsoft is retiring it; use `compliantApplication` instead.",
        ),
        ("compliantApplication", "Require an app protection policy."),
        (
            "passwordChange",
            "Require a password change, for users at risk, with `mfa` and `AND`.",
        ),
        ("riskRemediation", "Require that the risk is remediated."),
        ("verifiedID", "Require a Verified ID."),
    ],
    &[
        ("AND", "All of the controls are required."),
        ("OR", "One of the controls is enough."),
    ],
    &[
        (
            "mcasConfigured",
            "As the policies in Defender for Cloud Apps say.",
        ),
        ("monitorOnly", "Monitor only."),
        ("blockDownloads", "Block downloads."),
    ],
    &[
        ("always", "The browser stays signed in after it is closed."),
        (
            "never",
            "The browser asks for a new sign-in after it is closed.",
        ),
    ],
    &[("days", "Days."), ("hours", "Hours.")],
    &[
        (
            "primaryAndSecondaryAuthentication",
            "All factors are asked for again.",
        ),
        (
            "secondaryAuthentication",
            "Only the second factor is asked for again.",
        ),
    ],
    &[
        ("timeBased", "Again after the time in `value` and `type`."),
        ("everyTime", "At every sign-in."),
    ],
    &[
        ("strictEnforcement", "Strict enforcement."),
        (
            "strictLocation",
            "Strictly enforce location: tokens from elsewhere are refused at once.",
        ),
        ("disabled", "Continuous access evaluation is off."),
    ],
    &[
        ("clientIpAddress", "By the IP address, IPv4 and IPv6."),
        (
            "authenticatorAppGps",
            "By the GPS coordinates of the Authenticator app, which asks every hour.",
        ),
    ],
    &[(
        "allTenantCompliantNetworks",
        "Every compliant network of the tenant.",
    )],
    &[
        ("builtIn", "Created by Microsoft in every tenant."),
        ("custom", "Created by the tenant."),
    ],
    &[("none", "Nothing."), ("mfa", "Multifactor authentication.")],
    &[
        ("password", "A password."),
        ("voice", "A phone call."),
        ("hardwareOath", "A code of a hardware token."),
        ("softwareOath", "A code of an authenticator app."),
        ("sms", "A code by text message."),
        ("fido2", "A passkey (FIDO2)."),
        (
            "windowsHelloForBusiness",
            "Windows Hello for Business, or a platform credential.",
        ),
        (
            "microsoftAuthenticatorPush",
            "A notification of the Authenticator app.",
        ),
        (
            "deviceBasedPush",
            "Phone sign-in with the Authenticator app.",
        ),
        (
            "temporaryAccessPassOneTime",
            "A temporary access pass for one use.",
        ),
        (
            "temporaryAccessPassMultiUse",
            "A temporary access pass for several uses.",
        ),
        (
            "email",
            "A code by email. For password reset; no combination has it.",
        ),
        (
            "x509CertificateSingleFactor",
            "A certificate that counts as one factor.",
        ),
        (
            "x509CertificateMultiFactor",
            "A certificate that counts as several factors.",
        ),
        (
            "federatedSingleFactor",
            "One factor at a federated identity provider.",
        ),
        (
            "federatedMultiFactor",
            "Several factors at a federated identity provider.",
        ),
        ("qrCodePin", "A QR code and a PIN."),
    ],
    &[
        ("DynamicMembership", "The members follow `membershipRule`."),
        ("Unified", "A Microsoft 365 group."),
    ],
    &[
        ("On", "The rule is processed."),
        ("Paused", "The rule is not processed."),
    ],
    &[
        (
            "registerSecurityInformation",
            "Registering security information.",
        ),
        ("registerOrJoinDevices", "Registering or joining a device."),
        ("accountRecovery", "Recovering an account."),
    ],
    &[
        ("tenant", "The tenant's own."),
        ("microsoft", "Microsoft's own."),
        ("other", "Of another tenant."),
    ],
    &[("unregistered", "A device that the tenant does not know.")],
];

/// The words of an enum's members, in their order; nothing where one has none.
pub(super) fn words(members: &[&str]) -> Option<Vec<&'static str>> {
    let of = |table: &Members, member: &str| {
        let mut rows = table.iter();
        rows.find_map(|(known, words)| (*known == member).then_some(*words))
    };
    (MEMBERS.iter()).find_map(|table| members.iter().map(|member| of(table, member)).collect())
}
