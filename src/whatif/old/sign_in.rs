//! What is known of a sign-in. `None` is not known, which is not the same as none.

use std::collections::BTreeSet;

use crate::model::enums::{
    ClientApp, DevicePlatform, GuestOrExternalUserType, InsiderRiskLevel, RiskLevel, TransferMethod,
};

/// A sign-in of a user, after the first factor.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// Who.
    pub user: User,
    /// What for.
    pub resource: Resource,
    /// The risk of this sign-in.
    pub sign_in_risk: Option<RiskLevel>,
    /// The risk of the user.
    pub user_risk: Option<RiskLevel>,
    /// The insider risk of the user; `Some(None)` is none.
    pub insider_risk: Option<Option<InsiderRiskLevel>>,
    /// The kind of client; never `all`.
    pub client_app: Option<ClientApp>,
    /// The platform, as the client states it.
    pub platform: Option<Platform>,
    /// Where from.
    pub places: Option<Places>,
    /// How the session began; `Some(None)` is neither flow.
    pub transfer: Option<Option<TransferMethod>>,
}

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The object id.
    pub id: String,
    /// The ids of the groups that the user is in, through others too.
    pub groups: Option<BTreeSet<String>>,
    /// The template ids of the directory roles that the user holds now, for the whole tenant.
    pub roles: Option<BTreeSet<String>>,
    /// Member or guest.
    pub kind: Option<UserKind>,
}

/// Member or guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKind {
    /// A member of the tenant.
    Member,
    /// A guest or external user.
    External {
        /// Of this kind.
        kind: GuestOrExternalUserType,
        /// The id of the home tenant.
        tenant: Option<String>,
    },
}

/// What a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// An application, by app id (client id).
    Application(String),
    /// A user action, such as `urn:user:registersecurityinfo`.
    UserAction(String),
    /// An authentication context, such as `c1`. The application behind it is another
    /// sign-in to be judged.
    AuthenticationContext(String),
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Platform {
    /// One that policies can name.
    Known(DevicePlatform),
    /// Any other: only `all` means it.
    Other,
}

/// Where a sign-in comes from, in the words of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// The ids of the named locations that the address or country lies in.
    pub named: BTreeSet<String>,
    /// Whether one of them is trusted.
    pub trusted: bool,
}

impl UserKind {
    /// What a directory object shows: whether its `userType` is Guest, and whether its
    /// account is of another tenant (the mapping to kinds is not documented).
    pub fn of_account(guest: bool, external: bool, tenant: Option<String>) -> UserKind {
        let kind = match (external, guest) {
            (false, false) => return UserKind::Member,
            (false, true) => GuestOrExternalUserType::InternalGuest,
            (true, true) => GuestOrExternalUserType::B2bCollaborationGuest,
            (true, false) => GuestOrExternalUserType::B2bCollaborationMember,
        };
        UserKind::External { kind, tenant }
    }
}

impl SignIn {
    /// A sign-in of which nothing but who and what for is known.
    pub fn new(user_id: &str, resource: Resource) -> SignIn {
        SignIn {
            user: User {
                id: user_id.to_owned(),
                groups: None,
                roles: None,
                kind: None,
            },
            resource,
            sign_in_risk: None,
            user_risk: None,
            insider_risk: None,
            client_app: None,
            platform: None,
            places: None,
            transfer: None,
        }
    }
}
