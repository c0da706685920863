//! Two applications for a pipeline, one that reads and one that writes: what each may do, and whose
//! word it takes for a job (a federated credential). Nothing here is sent: `auth setup` prints it.

use super::permissions::{APPLY, Need, PLAN, missing};
use crate::model::cloud::Cloud;
use crate::model::requests::Identity;
use crate::text::{is_guid, is_unseen};

/// The service that runs the pipeline, and the project there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CiProject {
    /// `ORG/REPO`, with the numbers of both where the repository's tokens have them.
    GitHub {
        /// The owner and the repository.
        repository: (String, String),
        /// Their numbers.
        numbers: Option<(u64, u64)>,
    },
    /// `ORG/PROJECT`, with the id of the organisation.
    AzureDevOps {
        /// The organisation and the project.
        project: (String, String),
        /// The id of the organisation.
        organization_id: String,
    },
    /// `GROUP/PROJECT`, and the address of the GitLab.
    GitLab {
        /// The path of the project.
        path: String,
        /// The address.
        url: String,
        /// The branch that applies.
        branch: String,
    },
}

/// What an application is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppRole {
    /// It reads.
    Plan,
    /// It writes.
    Apply,
}

/// One application to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// What it is for.
    pub role: AppRole,
    /// Its display name.
    pub name: String,
    /// The name of its federated credential.
    pub credential: &'static str,
    /// The issuer of the job's token.
    pub issuer: String,
    /// The subject of the job's token.
    pub subject: String,
    /// The audience of the token.
    pub audience: &'static str,
    /// The application permissions.
    pub permissions: Vec<&'static str>,
}

/// What manifests are about besides policies, locations, strengths and contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Managed {
    /// Groups, and who is in them.
    pub groups: bool,
    /// Test users.
    pub test_users: bool,
    /// Authentication contexts, and that they are deleted.
    pub contexts: bool,
}

/// A name that a service does not have.
///
/// # Errors
/// In words.
fn check(
    what: &str,
    text: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
    says: &str,
) -> Result<(), String> {
    let fits = !text.is_empty()
        && text.chars().count() <= longest
        && text.chars().all(|c| allowed(c) && !is_unseen(c))
        && !text.starts_with('-')
        && ![".", ".."].contains(&text)
        && text.trim() == text;
    match fits {
        true => Ok(()),
        false => Err(format!("`{text}` is not a valid {what}: {says}")),
    }
}

/// The two parts of `A/B`.
fn pair<'t>(text: &'t str, form: &str) -> Result<(&'t str, &'t str), String> {
    match text.split_once('/') {
        Some((first, second)) if !second.contains('/') => Ok((first, second)),
        _ => Err(format!("`{text}` is not of the form `{form}`")),
    }
}

impl CiProject {
    /// A repository on GitHub.
    ///
    /// # Errors
    /// In words, when no repository is called so.
    pub fn github(text: &str, numbers: Option<(u64, u64)>) -> Result<CiProject, String> {
        let (owner, repository) = pair(text, "ORG/REPO")?;
        let says = "at most 39 letters, digits and hyphens";
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        // Accounts that a company manages have an underscore in their names.
        check("GitHub owner", owner, 39, |c| plain(c) || c == '_', says)?;
        let more = |c: char| plain(c) || c == '_' || c == '.';
        let says = "at most 100 letters, digits, hyphens, dots and underscores";
        check("GitHub repository", repository, 100, more, says)?;
        Ok(CiProject::GitHub {
            repository: (owner.to_owned(), repository.to_owned()),
            numbers,
        })
    }

    /// A project of Azure DevOps.
    ///
    /// # Errors
    /// In words, when no project is called so.
    pub fn azure_devops(text: &str, organization_id: &str) -> Result<CiProject, String> {
        let (organization, project) = pair(text, "ORG/PROJECT")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let says = "at most 50 letters, digits and hyphens";
        check("Azure DevOps organisation", organization, 50, plain, says)?;
        // Restricted characters of project names (Naming restrictions in Azure DevOps).
        let free = |c: char| !r#"\/:*?"'<>|;#$*{},+=[]%~&@`^!()‘’‚‛“”„"#.contains(c);
        let says = "at most 64 letters, digits, spaces, hyphens, dots and underscores";
        check(
            "Azure DevOps project",
            project,
            64,
            |c| free(c) || c == ' ',
            says,
        )?;
        if !is_guid(organization_id) {
            return Err(format!(
                "`{organization_id}` is not an organisation id: `https://dev.azure.com/{organization}/_apis/connectionData` shows it as `instanceId`"
            ));
        }
        Ok(CiProject::AzureDevOps {
            project: (organization.to_owned(), project.to_owned()),
            organization_id: organization_id.to_lowercase(),
        })
    }

    /// A project on a GitLab.
    ///
    /// # Errors
    /// In words, when no project or branch is called so, or the address is none.
    pub fn gitlab(text: &str, url: &str, branch: &str) -> Result<CiProject, String> {
        let says = "at most 255 letters, digits, hyphens, dots and underscores";
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.split('/').count() < 2 {
            return Err(format!("`{text}` is not of the form `GROUP/PROJECT`"));
        }
        for part in text.split('/') {
            check("GitLab project path", part, 255, plain, says)?;
        }
        let says = "letters, digits, hyphens, dots, underscores and slashes";
        check("branch", branch, 255, |c| plain(c) || c == '/', says)?;
        let parsed = reqwest::Url::parse(url).ok();
        let host = parsed
            .filter(|url| url.scheme() == "https" && url.username().is_empty())
            .filter(|url| url.query().is_none() && url.fragment().is_none());
        let Some(address) = host else {
            return Err(format!(
                "`{url}` is not the URL of a GitLab instance: write `https://HOST`"
            ));
        };
        Ok(CiProject::GitLab {
            path: text.to_owned(),
            url: address.as_str().trim_end_matches('/').to_owned(),
            branch: branch.to_owned(),
        })
    }

    /// The project's own name.
    pub fn name(&self) -> String {
        match self {
            CiProject::GitHub {
                repository: (a, b), ..
            }
            | CiProject::AzureDevOps {
                project: (a, b), ..
            } => format!("{a}/{b}"),
            CiProject::GitLab { path, .. } => path.clone(),
        }
    }

    /// Who vouches for its jobs.
    pub fn issuer(&self) -> String {
        match self {
            CiProject::GitHub { .. } => "https://token.actions.githubusercontent.com".to_owned(),
            CiProject::AzureDevOps {
                organization_id, ..
            } => {
                format!("https://vstoken.dev.azure.com/{organization_id}")
            }
            CiProject::GitLab { url, .. } => url.clone(),
        }
    }

    /// What the token of the job says of itself, as the pipelines of `init --ci` have it.
    pub fn subject(&self, role: AppRole) -> String {
        let environment = match role {
            AppRole::Plan => "plan",
            AppRole::Apply => "production",
        };
        match self {
            CiProject::GitHub {
                repository: (owner, name),
                numbers,
            } => match numbers {
                None => format!("repo:{owner}/{name}:environment:{environment}"),
                Some((of_owner, of_name)) => {
                    format!("repo:{owner}@{of_owner}/{name}@{of_name}:environment:{environment}")
                }
            },
            CiProject::AzureDevOps {
                project: (organization, project),
                ..
            } => {
                let connection = role.connection();
                format!("sc://{organization}/{project}/{connection}")
            }
            CiProject::GitLab { path, branch, .. } => {
                format!("project_path:{path}:ref_type:branch:ref:{branch}")
            }
        }
    }
}

impl AppRole {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            AppRole::Plan => "plan",
            AppRole::Apply => "apply",
        }
    }

    /// The service connection of Azure Pipelines.
    pub fn connection(self) -> &'static str {
        match self {
            AppRole::Plan => "gatewright-plan",
            AppRole::Apply => "gatewright-apply",
        }
    }
}

/// The two applications of a project.
pub fn registrations(project: &CiProject, cloud: Cloud, managed: Managed) -> [Registration; 2] {
    let reads = least(PLAN, &|_| true, &[]);
    let writes = least(APPLY, &|need| managed.asks_for(need), &reads);
    let both: Vec<&'static str> = reads.iter().chain(&writes).copied().collect();
    [(AppRole::Plan, reads), (AppRole::Apply, both)].map(|(role, permissions)| Registration {
        role,
        name: format!("gatewright {} {}", role.as_str(), project.name()),
        credential: role.connection(),
        issuer: project.issuer(),
        subject: project.subject(role),
        audience: cloud.token_exchange(),
        permissions,
    })
}

impl Managed {
    /// Whether what manifests are about takes this.
    fn asks_for(self, need: &Need) -> bool {
        let about = |row: &str| need.rows.contains(&row);
        match need.when {
            None => true,
            Some(_) if need.beside.is_some() => false,
            Some(_) if about("create a group") || about("add a member") => self.groups,
            Some(_) if about("create a user") => self.test_users,
            Some(_) if about("delete an authentication context") => self.contexts,
            Some(_) => false,
        }
    }
}

/// Few permissions that serve all of these needs: those that nothing else serves, and for what is
/// then open the narrowest.
fn least(
    needs: &'static [Need],
    counts: &dyn Fn(&Need) -> bool,
    before: &[&'static str],
) -> Vec<&'static str> {
    let mut chosen: Vec<&'static str> = Vec::new();
    let mut held: Vec<String> = before.iter().map(|name| (*name).to_owned()).collect();
    let asked: Vec<&'static Need> = needs.iter().filter(|need| counts(need)).collect();
    for only in [true, false] {
        for need in &asked {
            let needs = std::slice::from_ref(*need);
            for wanted in missing(needs, &[], &held, Identity::Application) {
                // No page names one for applications.
                let Some(first) = wanted.any_of.first() else {
                    continue;
                };
                if (!only || wanted.any_of.len() == 1) && !chosen.contains(first) {
                    chosen.push(*first);
                    held.push((*first).to_owned());
                }
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(managed: Managed) -> [Vec<&'static str>; 2] {
        let project = CiProject::github("contoso/policies", None).unwrap();
        registrations(&project, Cloud::Global, managed).map(|one| one.permissions)
    }

    #[test]
    fn each_application_has_the_least_that_its_commands_need() {
        let reads = [
            "Policy.Read.All",
            "Directory.Read.All",
            "AuthenticationContext.Read.All",
        ];
        let [plan, apply] = permissions(Managed::default());
        assert_eq!(plan, reads);
        let all = [&reads[..], &["Policy.ReadWrite.ConditionalAccess"]].concat();
        assert_eq!(apply, all);
        let [plan, apply] = permissions(Managed {
            groups: true,
            test_users: true,
            contexts: true,
        });
        assert_eq!(plan, reads);
        let more = [
            "Policy.ReadWrite.ConditionalAccess",
            "AuthenticationContext.ReadWrite.All",
            "Group.ReadWrite.All",
            "User.ReadWrite.All",
        ];
        assert_eq!(apply, [&reads[..], &more].concat());
        // Nothing of it writes for who only plans.
        assert!(plan.iter().all(|name| !name.contains("Write")));
    }

    #[test]
    fn subjects_are_those_of_the_pipelines() {
        let subjects =
            |project: &CiProject| [AppRole::Plan, AppRole::Apply].map(|role| project.subject(role));
        let github = CiProject::github("contoso/policies", None).unwrap();
        assert_eq!(
            subjects(&github),
            [
                "repo:contoso/policies:environment:plan",
                "repo:contoso/policies:environment:production"
            ]
        );
        let numbers = CiProject::github("contoso/policies", Some((123_456, 456_789))).unwrap();
        assert_eq!(
            subjects(&numbers)[0],
            "repo:contoso@123456/policies@456789:environment:plan"
        );
        let id = "11111111-2222-3333-4444-555555555555";
        let azure = CiProject::azure_devops("contoso/My Policies", id).unwrap();
        assert_eq!(
            subjects(&azure)[1],
            "sc://contoso/My Policies/gatewright-apply"
        );
        let gitlab =
            CiProject::gitlab("contoso/it/policies", "https://gitlab.com", "main").unwrap();
        assert_eq!(
            subjects(&gitlab)[1],
            "project_path:contoso/it/policies:ref_type:branch:ref:main"
        );
        assert_eq!(gitlab.issuer(), "https://gitlab.com");
    }

    #[test]
    fn names_that_no_service_has_are_refused() {
        for name in [
            "",
            "a",
            "a/b/c",
            "a/",
            "/b",
            "a/$(x)",
            "a/b;c",
            "a/b c",
            "a/b'c",
            "a/`x`",
            "a/b\nc",
            "-a/b",
            "a/-b",
            "a/..",
            "a/.",
            "a\u{202e}/b",
            "é/b",
            "a/b\"",
        ] {
            assert!(CiProject::github(name, None).is_err(), "{name}");
        }
        let id = "11111111-2222-3333-4444-555555555555";
        for name in [
            "a/b'c", "a/b\"c", "a/$b", "a/b`c", "a/b’c", "a b/c", "a/ b", "a/b;c", "a/b\nc",
        ] {
            assert!(CiProject::azure_devops(name, id).is_err(), "{name}");
        }
        assert!(CiProject::azure_devops("a/b", "x").is_err());
        for (path, url, branch) in [
            ("a", "https://gitlab.com", "main"),
            ("a/$(b)", "https://gitlab.com", "main"),
            ("a/b", "http://gitlab.com", "main"),
            ("a/b", "https://u:p@gitlab.com", "main"),
            ("a/b", "https://gitlab.com/?x", "main"),
            ("a/b", "https://gitlab.com", "main;x"),
            ("a/b", "https://gitlab.com", "*"),
        ] {
            assert!(
                CiProject::gitlab(path, url, branch).is_err(),
                "{path} {url} {branch}"
            );
        }
    }
}
