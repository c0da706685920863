//! The enums of the modelled types. A test compares them with the facts table.

use super::values::graph_enum;

graph_enum! {
    /// Whether a policy is enforced, off, or only reported on.
    PolicyState = "conditionalAccessPolicyState" {
        Enabled = "enabled",
        Disabled = "disabled",
        ReportOnly = "enabledForReportingButNotEnforced",
    }
}

graph_enum! {
    /// A level of risk. The order of the schema is not the order of severity.
    RiskLevel = "riskLevel" {
        Low = "low",
        Medium = "medium",
        High = "high",
        Hidden = "hidden",
        None = "none",
    }
}

graph_enum! {
    /// The kind of client a sign-in comes from.
    ClientApp = "conditionalAccessClientApp" {
        All = "all",
        Browser = "browser",
        MobileAppsAndDesktopClients = "mobileAppsAndDesktopClients",
        ExchangeActiveSync = "exchangeActiveSync",
        EasSupported = "easSupported",
        Legacy = "other",
    }
}

graph_enum! {
    /// A device platform, as the user agent states it.
    DevicePlatform = "conditionalAccessDevicePlatform" {
        Android = "android",
        Ios = "iOS",
        Windows = "windows",
        WindowsPhone = "windowsPhone",
        MacOs = "macOS",
        All = "all",
        Linux = "linux",
    }
}

graph_enum! {
    /// Whether the objects that a filter rule matches are included or excluded.
    FilterMode = "filterMode" {
        Include = "include",
        Exclude = "exclude",
    }
}

graph_enum! {
    /// A kind of guest or external user (flags).
    GuestOrExternalUserType = "conditionalAccessGuestOrExternalUserTypes" {
        None = "none",
        InternalGuest = "internalGuest",
        B2bCollaborationGuest = "b2bCollaborationGuest",
        B2bCollaborationMember = "b2bCollaborationMember",
        B2bDirectConnectUser = "b2bDirectConnectUser",
        OtherExternalUser = "otherExternalUser",
        ServiceProvider = "serviceProvider",
    }
}

graph_enum! {
    /// Whether all external tenants are meant, or those listed.
    MembershipKind = "conditionalAccessExternalTenantsMembershipKind" {
        All = "all",
        Enumerated = "enumerated",
    }
}

graph_enum! {
    /// A level of insider risk (flags).
    InsiderRiskLevel = "conditionalAccessInsiderRiskLevels" {
        Minor = "minor",
        Moderate = "moderate",
        Elevated = "elevated",
    }
}

graph_enum! {
    /// A level of risk of an agent identity (flags; beta).
    AgentIdRiskLevel = "conditionalAccessAgentIdRiskLevels" {
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

graph_enum! {
    /// A way in which an authentication is carried from one device to another (flags).
    TransferMethod = "conditionalAccessTransferMethods" {
        None = "none",
        DeviceCodeFlow = "deviceCodeFlow",
        AuthenticationTransfer = "authenticationTransfer",
    }
}

graph_enum! {
    /// A built-in requirement for access.
    GrantControl = "conditionalAccessGrantControl" {
        Block = "block",
        Mfa = "mfa",
        CompliantDevice = "compliantDevice",
        DomainJoinedDevice = "domainJoinedDevice",
        ApprovedApplication = "approvedApplication",
        CompliantApplication = "compliantApplication",
        PasswordChange = "passwordChange",
        RiskRemediation = "riskRemediation",
        VerifiedId = "verifiedID",
    }
}

graph_enum! {
    /// What Defender for Cloud Apps does with the session.
    CloudAppSecurityType = "cloudAppSecuritySessionControlType" {
        McasConfigured = "mcasConfigured",
        MonitorOnly = "monitorOnly",
        BlockDownloads = "blockDownloads",
    }
}

graph_enum! {
    /// Whether the browser session always or never stays signed in.
    PersistentBrowserMode = "persistentBrowserSessionMode" {
        Always = "always",
        Never = "never",
    }
}

graph_enum! {
    /// The unit of a sign-in frequency.
    SignInFrequencyType = "signinFrequencyType" {
        Days = "days",
        Hours = "hours",
    }
}

graph_enum! {
    /// Which factors a sign-in frequency asks for again.
    SignInFrequencyAuthenticationType = "signInFrequencyAuthenticationType" {
        PrimaryAndSecondary = "primaryAndSecondaryAuthentication",
        Secondary = "secondaryAuthentication",
    }
}

graph_enum! {
    /// Whether the user signs in again after a time, or every time.
    SignInFrequencyInterval = "signInFrequencyInterval" {
        TimeBased = "timeBased",
        EveryTime = "everyTime",
    }
}

graph_enum! {
    /// How continuous access evaluation is enforced (beta).
    ContinuousAccessEvaluationMode = "continuousAccessEvaluationMode" {
        StrictEnforcement = "strictEnforcement",
        Disabled = "disabled",
        StrictLocation = "strictLocation",
    }
}

graph_enum! {
    /// How a country is found.
    CountryLookupMethod = "countryLookupMethodType" {
        ClientIpAddress = "clientIpAddress",
        AuthenticatorAppGps = "authenticatorAppGps",
    }
}

graph_enum! {
    /// The kind of compliant network (beta).
    CompliantNetworkType = "compliantNetworkType" {
        AllTenantCompliantNetworks = "allTenantCompliantNetworks",
    }
}

graph_enum! {
    /// Whether a strength is Microsoft's own or the tenant's.
    StrengthPolicyType = "authenticationStrengthPolicyType" {
        BuiltIn = "builtIn",
        Custom = "custom",
    }
}

graph_enum! {
    /// What a strength satisfies (flags).
    StrengthRequirement = "authenticationStrengthRequirements" {
        None = "none",
        Mfa = "mfa",
    }
}

graph_enum! {
    /// An authentication method (flags: a combination is several, all needed).
    AuthenticationMethodMode = "authenticationMethodModes" {
        Password = "password",
        Voice = "voice",
        HardwareOath = "hardwareOath",
        SoftwareOath = "softwareOath",
        Sms = "sms",
        Fido2 = "fido2",
        WindowsHelloForBusiness = "windowsHelloForBusiness",
        MicrosoftAuthenticatorPush = "microsoftAuthenticatorPush",
        DeviceBasedPush = "deviceBasedPush",
        TemporaryAccessPassOneTime = "temporaryAccessPassOneTime",
        TemporaryAccessPassMultiUse = "temporaryAccessPassMultiUse",
        Email = "email",
        X509CertificateSingleFactor = "x509CertificateSingleFactor",
        X509CertificateMultiFactor = "x509CertificateMultiFactor",
        FederatedSingleFactor = "federatedSingleFactor",
        FederatedMultiFactor = "federatedMultiFactor",
        QrCodePin = "qrCodePin",
    }
}
