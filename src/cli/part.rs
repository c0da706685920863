//! The part of a project that a command is limited to.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::finding::Finding;
use crate::manifest::project::Desired;
use crate::model::Kind;
use crate::plan::limit::PlanLimit;

/// The kind that a command is limited to
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct KindArgs {
    /// Limit the plan to objects of this kind, and what they refer to
    #[arg(long, value_name = "KIND", value_parser = kinds(), ignore_case = true)]
    pub kind: Option<Kind>,
}

/// Reads a kind: its short word, or the text of `kind:` in a manifest.
pub fn kinds() -> impl TypedValueParser<Value = Kind> {
    let values = Kind::ALL.map(|kind| PossibleValue::new(kind.short()).alias(kind.as_str()));
    PossibleValuesParser::new(values).try_map(|text| {
        let is = |kind: &Kind| {
            text.eq_ignore_ascii_case(kind.short()) || text.eq_ignore_ascii_case(kind.as_str())
        };
        // The parser above takes no other text.
        Kind::ALL
            .into_iter()
            .find(is)
            .ok_or("not a kind of manifest")
    })
}

/// To what a plan is limited: these names, of this kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlanPart<'a> {
    /// The names; none: all of the kind.
    pub names: &'a [String],
    /// The kind; `None`: any.
    pub kind: Option<Kind>,
}

impl PlanPart<'_> {
    /// The manifests that are meant and what they need, and how that is told; `None`: all.
    ///
    /// # Errors
    /// A finding for each name that no manifest has.
    pub fn of(self, desired: &Desired) -> Result<Option<(Desired, PlanLimit)>, Vec<Finding>> {
        if self.names.is_empty() && self.kind.is_none() {
            return Ok(None);
        }
        let part = desired.narrowed(self.names, self.kind)?;
        let limit = PlanLimit {
            names: self.names.to_vec(),
            kind: self.kind,
            manifests: part.manifests.len(),
            all: desired.manifests.len(),
        };
        Ok(Some((part, limit)))
    }
}

/// Takes away what is said about files of `all` that hold nothing of `part`.
pub fn only_about(part: &Desired, all: &Desired, findings: &mut Vec<Finding>) {
    let files = |desired: &Desired| -> std::collections::BTreeSet<String> {
        let files = desired.manifests.iter().flat_map(|m| m.document.files());
        files.map(|file| file.name.clone()).collect()
    };
    let (mine, all) = (files(part), files(all));
    findings.retain(|finding| {
        let file = finding.place.as_ref().map(|place| &place.file.name);
        file.is_none_or(|file| mine.contains(file) || !all.contains(file))
    });
}
