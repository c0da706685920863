//! Which permissions of Microsoft Graph plan and apply use. `docs/sign-in.md` shows the
//! same list.

/// Something to be done, and the permissions of which any one suffices.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// The permissions, the narrowest first.
    pub any_of: &'static [&'static str],
    /// What it is for.
    pub purpose: &'static str,
    /// When it is needed; always without.
    pub when: Option<&'static str>,
}

/// What plan reads.
pub const PLAN: &[Need] = &[
    Need {
        any_of: &["Policy.Read.All"],
        purpose: "read policies, named locations, authentication strengths and contexts",
        when: None,
    },
    Need {
        any_of: &[
            "Organization.Read.All",
            "Directory.Read.All",
            "Organization.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "read the tenant's name and domains",
        when: None,
    },
    Need {
        any_of: &[
            "GroupMember.Read.All",
            "Group.Read.All",
            "Directory.Read.All",
            "GroupMember.ReadWrite.All",
            "Group.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "find groups by name and read their members",
        when: None,
    },
    Need {
        any_of: &[
            "User.Read.All",
            "Directory.Read.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "find users by name",
        when: None,
    },
    Need {
        any_of: &[
            "Application.Read.All",
            "Directory.Read.All",
            "Application.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "find applications by name",
        when: None,
    },
    Need {
        any_of: &[
            "RoleManagement.Read.Directory",
            "Directory.Read.All",
            "RoleManagement.Read.All",
            "RoleManagement.ReadWrite.Directory",
            "Directory.ReadWrite.All",
        ],
        purpose: "find roles that are not built in",
        when: Some("a policy names such a role"),
    },
    Need {
        any_of: &["Agreement.Read.All", "Agreement.ReadWrite.All"],
        purpose: "find terms of use by name",
        when: Some("a policy names terms of use"),
    },
];

/// What apply writes, besides what plan reads.
pub const APPLY: &[Need] = &[
    Need {
        any_of: &["Policy.ReadWrite.ConditionalAccess"],
        purpose: "write policies, named locations, authentication strengths and contexts",
        when: None,
    },
    Need {
        any_of: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
        purpose: "write groups and their members",
        when: Some("a manifest is a Group, or a TestUser with `memberOf`"),
    },
    Need {
        any_of: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
        purpose: "create, change and delete test users",
        when: Some("a manifest is a TestUser"),
    },
    Need {
        any_of: &[
            "User.EnableDisableAccount.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "enable and disable test users",
        when: Some("`accountEnabled` of a TestUser changes"),
    },
];

/// The needs that none of `held` meets.
pub fn missing(needs: &'static [Need], held: &[String]) -> Vec<&'static Need> {
    let holds = |name: &str| held.iter().any(|h| h.eq_ignore_ascii_case(name));
    let met = |need: &Need| {
        need.any_of.iter().any(|name| holds(name))
            // Whatever the account may do in the directory: the scope of the Azure CLI.
            || need.any_of.contains(&"Directory.ReadWrite.All") && holds("Directory.AccessAsUser.All")
    };
    needs.iter().filter(|need| !met(need)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_permission_of_several_suffices() {
        let held = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let left = missing(PLAN, &held(&["Policy.Read.All", "Directory.Read.All"]));
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].any_of[0], "Agreement.Read.All");
        assert_eq!(missing(APPLY, &held(&[])).len(), APPLY.len());
    }
}
