//! The pipelines that `gatewright init --ci` writes.

use clap::ValueEnum;

/// A service that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// GitHub Actions
    #[value(name = "github")]
    GitHub,
    /// Azure Pipelines
    Azure,
    /// GitLab CI/CD
    #[value(name = "gitlab")]
    GitLab,
}

/// The composite action: the one that others use from this repository, and a project's copy.
const ACTION: &str = include_str!("../../action.yml");
const GITHUB_PLAN: &str = include_str!("templates/ci/github/plan.yml");
const GITHUB_APPLY: &str = include_str!("templates/ci/github/apply.yml");
const GITHUB_DRIFT: &str = include_str!("templates/ci/github/drift.yml");
const CODEOWNERS: &str = include_str!("templates/ci/github/CODEOWNERS");
const AZURE: &str = include_str!("templates/ci/azure/azure-pipelines.yml");
const AZURE_INSTALL: &str = include_str!("templates/ci/azure/azure-pipelines-gatewright.yml");
const GITLAB: &str = include_str!("templates/ci/gitlab/gitlab-ci.yml");

impl Ci {
    /// The files of the pipeline, by their paths from the root of the repository.
    pub fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Ci::GitHub => &[
                (".github/actions/gatewright/action.yml", ACTION),
                (".github/workflows/plan.yml", GITHUB_PLAN),
                (".github/workflows/apply.yml", GITHUB_APPLY),
                (".github/workflows/drift.yml", GITHUB_DRIFT),
                (".github/CODEOWNERS", CODEOWNERS),
            ],
            Ci::Azure => &[
                ("azure-pipelines.yml", AZURE),
                ("azure-pipelines-gatewright.yml", AZURE_INSTALL),
            ],
            Ci::GitLab => &[(".gitlab-ci.yml", GITLAB)],
        }
    }

    /// What has to be filled in before the pipeline runs.
    pub fn to_fill_in(self) -> &'static str {
        match self {
            Ci::GitHub => {
                "the tenant `prod` in gatewright.yaml, `version` and `sha256`, or `git` and `rev`, in .github/actions/gatewright/action.yml, the teams in .github/CODEOWNERS"
            }
            Ci::Azure => {
                "the tenant `prod` in gatewright.yaml, `version` and `sha256`, or `git` and `rev`, in azure-pipelines-gatewright.yml"
            }
            Ci::GitLab => {
                "the tenant `prod` in gatewright.yaml, where gatewright comes from in .gitlab-ci.yml"
            }
        }
    }
}
