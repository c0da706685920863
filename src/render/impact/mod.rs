//! Who is affected by a plan, for people and for programs.

pub mod people;
pub mod replay;

use schemars::JsonSchema;
use serde::Serialize;

use super::affected::{self, PeopleOutput};
use super::json::FORMAT_VERSION;
use crate::impact::people::PeopleImpact;
use crate::impact::replay::ReplayReport;
use replay::ReplayOutput;

/// The answer of `impact --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImpactOutput<'a> {
    /// The version of this shape.
    pub format_version: &'static str,
    /// The people who are affected; null where they were not counted.
    pub people: Option<PeopleOutput<'a>>,
    /// The recorded sign-ins, where a log was judged.
    #[serde(flatten)]
    pub replay: Option<ReplayOutput<'a>>,
}

/// The answer for people alone.
pub fn json(people: Option<&PeopleImpact>) -> ImpactOutput<'_> {
    ImpactOutput {
        format_version: FORMAT_VERSION,
        people: people.map(affected::json),
        replay: None,
    }
}

/// The answer for recorded sign-ins, and for people where they were counted.
pub fn replayed<'a>(
    people: Option<&'a PeopleImpact>,
    report: &'a ReplayReport,
) -> ImpactOutput<'a> {
    ImpactOutput {
        replay: Some(replay::json(report)),
        ..json(people)
    }
}
