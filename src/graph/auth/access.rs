//! What a command will do, and which permissions a person is asked to consent to for it.

/// What a command will do in a tenant. Only a sign-in as a person asks for it: an application
/// has what an administrator granted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Read what plan reads.
    #[default]
    Read,
    /// Read, and write what apply writes.
    Write,
    /// Read, and give test users new passwords.
    Passwords,
    /// Read risk.
    ReadRisk,
    /// Read risk, and dismiss and confirm it.
    WriteRisk,
}

const READ: &[&str] = &[
    "Policy.Read.All",
    "Directory.Read.All",
    "AuthenticationContext.Read.All",
    "Agreement.Read.All",
];
const WRITE: &[&str] = &[
    "Policy.ReadWrite.ConditionalAccess",
    "AuthenticationContext.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.ReadWrite.All",
];
const PASSWORDS: &[&str] = &["User-PasswordProfile.ReadWrite.All"];
const READ_RISK: &[&str] = &[
    "IdentityRiskEvent.Read.All",
    "IdentityRiskyUser.Read.All",
    "User.Read.All",
];
const WRITE_RISK: &[&str] = &["IdentityRiskyUser.ReadWrite.All"];

impl Access {
    /// The delegated permissions to ask for: few, and enough for all but what
    /// [`permissions`](super::permissions) ties to rare objects (groups that can be assigned to
    /// roles, service principals as members).
    pub fn scopes(self) -> Vec<&'static str> {
        match self {
            Access::Read => READ.to_vec(),
            Access::Write => [READ, WRITE].concat(),
            Access::Passwords => [READ, PASSWORDS].concat(),
            Access::ReadRisk => READ_RISK.to_vec(),
            Access::WriteRisk => [READ_RISK, WRITE_RISK].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::permissions::{APPLY, PLAN, RISK, missing};
    use super::*;
    use crate::model::requests::Identity;

    fn left(
        access: Access,
        needs: &'static [super::super::permissions::Need],
    ) -> Vec<&'static str> {
        let held: Vec<String> = access.scopes().into_iter().map(str::to_owned).collect();
        missing(needs, &[], &held, Identity::Delegated)
            .into_iter()
            .map(|wanted| wanted.any_of.first().copied().unwrap_or("-"))
            .collect()
    }

    #[test]
    fn each_access_holds_what_its_commands_need() {
        assert!(left(Access::Read, PLAN).is_empty());
        assert!(left(Access::Write, PLAN).is_empty());
        assert_eq!(
            left(Access::Write, APPLY),
            [
                "Application.ReadWrite.All",
                "RoleManagement.ReadWrite.Directory",
                "User-PasswordProfile.ReadWrite.All",
            ]
        );
        assert!(left(Access::WriteRisk, RISK).is_empty());
        assert_eq!(
            left(Access::ReadRisk, RISK),
            ["IdentityRiskyUser.ReadWrite.All"]
        );
    }

    #[test]
    fn what_only_reads_asks_for_nothing_that_writes() {
        for access in [Access::Read, Access::ReadRisk] {
            for scope in access.scopes() {
                assert!(!scope.contains("Write"), "{scope}");
            }
        }
    }
}
