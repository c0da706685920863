//! The report: one page of HTML that needs nothing else, for whoever decides, audits or administers.
//!
//! The template engine escapes every text, and what cannot be seen is written out. The page forbids
//! itself to load anything: its own style and script are named by their digests.

mod cards;
mod change;
mod claims;
mod exclusions;
mod grid;
mod page;
#[cfg(test)]
mod tests;

use askama::Template as _;

use self::page::ReportPage;
pub(super) use self::page::digest_of;
use super::claims::TestRun;
use super::gaps::GapsRun;
use crate::analysis::{SetComparison, Stopper};
use crate::impact::people::PeopleImpact;
use crate::model::Kind;
use crate::model::normal::FoundMember;
use crate::plan::{Plan, Verb};
use crate::report::matrix::SignInMatrix;
use crate::report::names::CalledNames;
use serde_json::Value;

/// All that a report shows.
#[derive(Debug)]
pub struct ReportRun<'a> {
    /// The tenant, in words.
    pub tenant: String,
    /// Where the policies come from, in words.
    pub source: String,
    /// What else is to stand on the cover.
    pub note: Option<&'a str>,
    /// Policies and what they refer to.
    pub objects: Vec<ReportObject>,
    /// The names behind ids.
    pub names: &'a CalledNames,
    /// Who gets what.
    pub matrix: SignInMatrix,
    /// What is left open.
    pub gaps: GapsRun<'a>,
    /// For each policy a sign-in that it alone stops.
    pub stoppers: Vec<Stopper>,
    /// What the project claims, and whether it holds.
    pub claims: Option<TestRun<'a>>,
    /// The change that is reported, where it is one.
    pub change: Option<ReportChange<'a>>,
    /// True when no name of the tenant may be shown.
    pub is_masked: bool,
}

/// A change of a tenant.
#[derive(Debug)]
pub struct ReportChange<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Who is affected, where people were counted.
    pub people: Option<&'a PeopleImpact>,
    /// Where names are hidden: what the change does to sign-ins, by the renamed policies.
    pub masked: Option<SetComparison>,
}

/// An object that a report shows.
#[derive(Debug, Clone)]
pub struct ReportObject {
    /// The kind.
    pub kind: Kind,
    /// The name that people use.
    pub name: String,
    /// As it is; of what a plan creates nothing.
    pub before: Option<Value>,
    /// As it is to be; of what a plan deletes nothing. Without a plan the same as before.
    pub after: Option<Value>,
    /// Members that this version does not know.
    pub unknown: Vec<FoundMember>,
    /// What a plan does to it.
    pub verb: Option<Verb>,
    /// The file and line of its manifest.
    pub place: Option<String>,
}

/// The page. Two runs over the same give the same bytes.
///
/// # Errors
/// None that depends on what is shown: the templates are compiled in.
pub fn html(run: &ReportRun<'_>) -> Result<String, askama::Error> {
    ReportPage::of(run).render()
}
