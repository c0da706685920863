//! Which permissions of Microsoft Graph the commands use, by the requests that they send: the
//! names come from the table of requests. `docs/sign-in.md` shows the same list.

use crate::model::requests::{self, AnyOf, Beside, Identity};

/// Something to be done, and the requests that it takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// The rows of the table of requests.
    pub rows: &'static [&'static str],
    /// What the rows need besides for some objects; then that alone is meant.
    pub beside: Option<Beside>,
    /// What it is for.
    pub purpose: &'static str,
    /// When it is needed; always without.
    pub when: Option<&'static str>,
}

/// Permissions of which any one suffices, for something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPermission {
    /// The permissions, the narrowest first. Empty: no page names one for this identity.
    pub any_of: Vec<&'static str>,
    /// What it is for.
    pub purpose: &'static str,
    /// When it is needed; always without.
    pub when: Option<&'static str>,
}

const fn need(
    rows: &'static [&'static str],
    purpose: &'static str,
    when: Option<&'static str>,
) -> Need {
    Need {
        rows,
        beside: None,
        purpose,
        when,
    }
}

/// What plan reads, and so `drift`, `import` and whatever plans before it writes.
pub const PLAN: &[Need] = &[
    need(
        &[
            "list policies",
            "list named locations",
            "list authentication strengths",
            "list combination configurations",
        ],
        "read policies, named locations and authentication strengths",
        None,
    ),
    need(
        &["list authentication contexts"],
        "read authentication contexts",
        Some("a manifest or a policy names an authentication context"),
    ),
    need(
        &["read the tenant"],
        "read the tenant's name and domains",
        None,
    ),
    need(
        &["find groups by name", "list members"],
        "find groups by name and read their members",
        None,
    ),
    need(
        // Without it Graph tells the members of a group by their ids alone.
        &[
            "find users by principal name",
            "list deleted users",
            "read a user",
        ],
        "find users by name, and see whether break-glass accounts are enabled",
        None,
    ),
    need(
        &["find service principals by name"],
        "find applications by name",
        None,
    ),
    need(
        &["find a role by name", "read a role"],
        "find roles by name",
        Some("a policy names a role that is not built in"),
    ),
    need(
        &["list terms of use"],
        "find terms of use by name",
        Some("a policy that is planned, imported or adopted names terms of use"),
    ),
    need(
        &["read objects by id"],
        "show and write the names of ids (import, drift, and changes of what exists)",
        Some("what the tenant has is about groups, users or roles of others"),
    ),
    need(
        &[
            "list the groups of a user",
            "list the groups of a user, nested ones included",
        ],
        "see in which groups break-glass accounts are",
        Some("the guards file declares `breakGlass`"),
    ),
    need(
        &["list members, nested ones included"],
        "see who is in break-glass groups, nested ones included",
        Some("the guards file declares `breakGlass` groups"),
    ),
    need(
        &["list users"],
        "count the people whom a plan affects",
        Some("`impact --people` or `plan --people` is used"),
    ),
    need(
        &["list members, nested ones included"],
        "see whom policies mean by groups",
        Some("`impact --people` or `plan --people` is used"),
    ),
    need(
        &["list who is assigned a role"],
        "see whom policies mean by roles",
        Some("`impact --people` or `plan --people` is used"),
    ),
    need(
        &[
            "list changes of policies in the audit log",
            "list changes of one object in the audit log",
        ],
        "tell who changed an object",
        Some("`drift` is used"),
    ),
];

/// What apply writes, besides what plan reads.
pub const APPLY: &[Need] = &[
    need(
        &[
            "create a policy",
            "create a named location",
            "create an authentication strength",
            "create or change an authentication context",
        ],
        "write policies, named locations, authentication strengths and contexts",
        None,
    ),
    need(
        &["delete an authentication context"],
        "delete authentication contexts",
        Some("an authentication context is deleted"),
    ),
    need(
        &["create a group", "change a group", "delete a group"],
        "write groups",
        Some("a manifest is a Group"),
    ),
    need(
        &["add a member", "add several members", "take a member out"],
        "write the members of groups",
        Some("a manifest lists `members` or `memberOf`"),
    ),
    Need {
        rows: &["add a member"],
        beside: Some(Beside::MemberIsServicePrincipal),
        purpose: "put service principals into groups",
        when: Some("a member is a service principal"),
    },
    Need {
        rows: &["create a group", "change a group", "add a member"],
        beside: Some(Beside::RoleAssignableGroup),
        purpose: "write groups that can be assigned to roles",
        when: Some("a group is `isAssignableToRole`"),
    },
    need(
        &[
            "create a user",
            "change a user",
            "delete a user",
            "restore a user or a group",
        ],
        "create, change, delete and restore test users",
        Some("a manifest is a TestUser"),
    ),
    need(
        &["enable or disable a user"],
        "enable and disable test users",
        Some("`accountEnabled` of a TestUser changes"),
    ),
    need(
        &["give a user a new password"],
        "give test users new passwords, which also takes the role User Administrator",
        Some("`user reset-password` is used"),
    ),
];

/// What the `risk` commands read and write.
pub const RISK: &[Need] = &[
    need(
        &["list risk detections"],
        "read risk detections",
        Some("`risk detections` is used, or a decision shows its reasons"),
    ),
    need(
        &[
            "list risky users",
            "read a risky user",
            "list the risk history of a user",
        ],
        "read risky users and their history",
        Some("`risk users`, `risk history` or `risk wait` is used"),
    ),
    need(
        &[
            "dismiss the risk of users",
            "confirm users as compromised",
            "confirm users as safe",
        ],
        "dismiss risk, and confirm users as compromised or safe",
        Some("`risk dismiss` or `risk confirm-...` is used"),
    ),
    need(
        &["find users with a similar name"],
        "find users by name",
        Some("a `risk` command names a user who was never at risk, or by a display name"),
    ),
];

/// Whether `held` meets a need. The scope of the Azure CLI stands for whatever the account may
/// do in the directory.
pub fn holds(need: &AnyOf, held: &[String]) -> bool {
    let directory = need
        .any
        .iter()
        .any(|name| name.starts_with("Directory.Read"));
    need.is_met(held)
        || directory
            && held
                .iter()
                .any(|h| h.eq_ignore_ascii_case("Directory.AccessAsUser.All"))
}

impl Need {
    /// The permissions that `who` needs for it: one of each. Requests that one permission
    /// serves share it.
    pub fn wanted(&self, who: Identity) -> Vec<WantedPermission> {
        self.groups(who)
            .into_iter()
            .map(|(any_of, _)| self.with(any_of))
            .collect()
    }

    fn with(&self, any_of: Vec<&'static str>) -> WantedPermission {
        WantedPermission {
            any_of,
            purpose: self.purpose,
            when: self.when,
        }
    }

    /// Each permission that serves as many of the rows as can be, with what those rows take.
    fn groups(&self, who: Identity) -> Vec<(Vec<&'static str>, Vec<AnyOf>)> {
        let mut groups: Vec<(Vec<&'static str>, Vec<AnyOf>)> = Vec::new();
        for shape in self
            .rows
            .iter()
            .filter_map(|name| requests::all().iter().find(|shape| shape.name == *name))
        {
            let Some(page) = shape.page() else { continue };
            let besides;
            let needs: &[AnyOf] = match self.beside {
                Some(beside) => {
                    let any = page.beside.get(&beside).cloned().unwrap_or_default();
                    besides = [AnyOf {
                        any,
                        also: Vec::new(),
                    }];
                    &besides
                }
                None => match page.needs(who) {
                    Some(needs) => needs,
                    None => {
                        groups.push((Vec::new(), Vec::new()));
                        continue;
                    }
                },
            };
            // One row's needs are each its own; those of several rows may be served by one.
            let before = groups.len();
            for need in needs {
                let names = || page_names(page, self.beside, who, need);
                let shared = groups.iter_mut().take(before).find_map(|group| {
                    let both: Vec<&'static str> = group
                        .0
                        .iter()
                        .copied()
                        .filter(|name| need.any.iter().any(|n| n == name))
                        .collect();
                    (!both.is_empty()).then_some((group, both))
                });
                match shared {
                    Some((group, both)) => {
                        group.0 = both;
                        group.1.push(need.clone());
                    }
                    None => groups.push((names(), vec![need.clone()])),
                }
            }
        }
        groups
    }
}

/// The names of a need, as they stand in the table.
fn page_names(
    page: &'static requests::Page,
    beside: Option<Beside>,
    who: Identity,
    need: &AnyOf,
) -> Vec<&'static str> {
    let of_beside = beside.and_then(|beside| page.beside.get(&beside));
    let list = match of_beside {
        Some(names) => Some(names),
        None => page
            .needs(who)
            .into_iter()
            .flatten()
            .find(|n| *n == need)
            .map(|n| &n.any),
    };
    list.into_iter().flatten().map(String::as_str).collect()
}

/// What of `needs` the permissions `held` by `who` do not meet. What `before` names already is
/// left out: it is told there.
pub fn missing(
    needs: &'static [Need],
    before: &'static [Need],
    held: &[String],
    who: Identity,
) -> Vec<WantedPermission> {
    let told: Vec<Vec<&str>> = before
        .iter()
        .filter(|need| need.when.is_none())
        .flat_map(|need| need.wanted(who))
        .map(|wanted| wanted.any_of)
        .collect();
    let mut found = Vec::new();
    for need in needs {
        for (any_of, all) in need.groups(who) {
            let met = !all.is_empty() && all.iter().all(|any| holds(any, held));
            if !met && !told.contains(&any_of) {
                found.push(need.with(any_of));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    fn firsts(wanted: &[WantedPermission]) -> Vec<&str> {
        wanted
            .iter()
            .map(|w| w.any_of.first().copied().unwrap_or("-"))
            .collect()
    }

    #[test]
    fn every_row_is_in_the_table() {
        for need in [PLAN, APPLY, RISK].into_iter().flatten() {
            for row in need.rows {
                assert!(requests::all().iter().any(|s| s.name == *row), "{row}");
            }
            for who in [Identity::Application, Identity::Delegated] {
                let wanted = need.wanted(who);
                assert!(!wanted.is_empty(), "{need:?}");
            }
        }
    }

    #[test]
    fn one_permission_of_several_suffices() {
        let app = Identity::Application;
        let left = missing(
            PLAN,
            &[],
            &held(&["Policy.Read.All", "Directory.Read.All"]),
            app,
        );
        // Contexts are not covered by Policy.Read.All, and terms of use have no permission of
        // an application.
        assert_eq!(firsts(&left), ["AuthenticationContext.Read.All", "-"]);
        let left = missing(PLAN, &[], &held(&["Directory.Read.All"]), app);
        assert_eq!(firsts(&left)[0], "Policy.Read.All");
        let reads = &[
            "IdentityRiskEvent.Read.All",
            "IdentityRiskyUser.Read.All",
            "User.Read.All",
        ];
        let left = missing(RISK, &[], &held(reads), app);
        assert_eq!(firsts(&left), ["IdentityRiskyUser.ReadWrite.All"]);
    }

    #[test]
    fn writing_takes_what_the_data_says() {
        let app = Identity::Application;
        let left = firsts(&missing(APPLY, PLAN, &[], app))
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        assert_eq!(
            left,
            [
                "Policy.ReadWrite.ConditionalAccess",
                "AuthenticationContext.ReadWrite.All",
                "Group.ReadWrite.All",
                "GroupMember.ReadWrite.All",
                "Application.ReadWrite.All",
                "RoleManagement.ReadWrite.Directory",
                "User.ReadWrite.All",
                "User.EnableDisableAccount.All",
                "User-PasswordProfile.ReadWrite.All",
            ]
        );
        // Directory.ReadWrite.All deletes neither users nor groups.
        let all = held(&[
            "Policy.Read.All",
            "Policy.ReadWrite.ConditionalAccess",
            "Directory.ReadWrite.All",
        ]);
        let left = missing(APPLY, PLAN, &all, app);
        let left = firsts(&left);
        assert!(
            left.contains(&"Group.ReadWrite.All") && left.contains(&"User.ReadWrite.All"),
            "{left:?}"
        );
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
        let mut expected = Vec::new();
        for (name, needs, before) in [
            ("plan", PLAN, &[][..]),
            ("apply", APPLY, PLAN),
            ("risk", RISK, &[]),
        ] {
            for wanted in missing(needs, before, &[], Identity::Application) {
                let code = |names: &[&str]| {
                    names
                        .iter()
                        .map(|n| format!("`{n}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                let (first, others) = match wanted.any_of.split_first() {
                    Some((first, others)) => (format!("`{first}`"), code(others)),
                    None => ("(none for applications)".to_owned(), String::new()),
                };
                expected.push(vec![
                    String::new(),
                    name.to_owned(),
                    first,
                    others,
                    wanted.when.unwrap_or("always").to_owned(),
                    String::new(),
                ]);
            }
        }
        assert_eq!(rows, expected);
    }
}
