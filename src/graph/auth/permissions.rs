//! Which permissions of Microsoft Graph the commands use. `docs/sign-in.md` shows the same
//! list. The permissions are those of Graph's reference pages, the least privileged first.

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

/// What plan reads, and so `drift`, `import` and whatever plans before it writes.
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
        purpose: "find roles by name",
        when: Some("a policy names a role that is not built in"),
    },
    Need {
        any_of: &["Agreement.Read.All", "Agreement.ReadWrite.All"],
        purpose: "find terms of use by name",
        when: Some("a policy that is planned, imported or adopted names terms of use"),
    },
    // directoryObject: getByIds has no narrower one. With others Graph gives ids without names.
    Need {
        any_of: &["Directory.Read.All", "Directory.ReadWrite.All"],
        purpose: "show and write the names of ids (import, drift, and changes of what exists)",
        when: Some("what the tenant has is about groups, users or roles of others"),
    },
    // Without reading users Graph tells the members of a group by their ids alone.
    Need {
        any_of: &[
            "User.Read.All",
            "Directory.Read.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "see whether break-glass accounts are enabled, and in which groups they are",
        when: Some("the guards file declares `breakGlass`"),
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
        purpose: "see who is in break-glass groups, nested ones included",
        when: Some("the guards file declares `breakGlass` groups"),
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

/// What the `risk` commands read and write.
pub const RISK: &[Need] = &[
    Need {
        any_of: &[
            "IdentityRiskEvent.Read.All",
            "IdentityRiskEvent.ReadWrite.All",
        ],
        purpose: "read risk detections",
        when: Some("`risk detections` is used, or a decision shows its reasons"),
    },
    Need {
        any_of: &[
            "IdentityRiskyUser.Read.All",
            "IdentityRiskyUser.ReadWrite.All",
        ],
        purpose: "read risky users and their history",
        when: Some("`risk users`, `risk history` or `risk wait` is used"),
    },
    Need {
        any_of: &["IdentityRiskyUser.ReadWrite.All"],
        purpose: "dismiss risk, and confirm users as compromised or safe",
        when: Some("`risk dismiss` or `risk confirm-...` is used"),
    },
    Need {
        any_of: &[
            "User.Read.All",
            "Directory.Read.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        purpose: "find users by name",
        when: Some("a `risk` command names a user who was never at risk, or by a display name"),
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
        let reads = &[
            "IdentityRiskEvent.Read.All",
            "IdentityRiskyUser.Read.All",
            "User.Read.All",
        ];
        let left = missing(RISK, &held(reads));
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].any_of, ["IdentityRiskyUser.ReadWrite.All"]);
    }

    /// The page that users read has every row, and no other.
    #[test]
    fn the_page_says_the_same() {
        let page = include_str!("../../../docs/sign-in.md");
        let rows: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| {
                ["| plan |", "| apply |", "| risk |"]
                    .iter()
                    .any(|start| line.starts_with(start))
            })
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let needs: Vec<(&str, &Need)> = [("plan", PLAN), ("apply", APPLY), ("risk", RISK)]
            .iter()
            .flat_map(|(name, needs)| needs.iter().map(|need| (*name, need)))
            .collect();
        assert_eq!(rows.len(), needs.len());
        for ((name, need), row) in needs.iter().zip(&rows) {
            assert_eq!(row[1], *name, "{row:?}");
            assert_eq!(row[2], format!("`{}`", need.any_of[0]), "{row:?}");
            for other in row[3].split(", ").filter(|o| !o.is_empty()) {
                let other = other.trim_matches('`');
                assert!(need.any_of.contains(&other), "{row:?}");
            }
            assert_eq!(row[4], need.when.unwrap_or("always"), "{row:?}");
        }
    }
}
