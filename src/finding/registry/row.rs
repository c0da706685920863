//! What is known of one id, and the macro by which the tables are written.

use crate::finding::severity::{Confidence, Severity};

/// Everything that is said about one id: a code of findings, a rule of Graph, a rule of advice
/// or a guard. The texts are Markdown.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id. Stable: tools, comments and the project file name it.
    pub id: &'static str,
    /// What holds, or what is found, in one sentence without a full stop.
    pub summary: &'static str,
    /// How grave its findings are, the usual first. Empty: it is kept to without a finding.
    pub severities: &'static [Severity],
    /// How sure its findings are, where they say so.
    pub confidence: Option<Confidence>,
    /// How sure it is that it holds.
    pub mark: Mark,
    /// Where it comes from.
    pub source: &'static str,
    /// Why it matters, or what happens otherwise.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// The rest, for who wants to know; often empty.
    pub more: &'static str,
    /// It, broken and mended.
    pub example: Example,
}

/// How sure it is that a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Microsoft says so, or its schema does.
    Documented,
    /// The service was seen to do so: an answer, or a policy that a tenant holds.
    Seen,
    /// Others say so: issues, articles, code of other tools.
    Reported,
    /// It is believed; no source was seen.
    Unverified,
    /// gatewright itself decides it.
    Ours,
}

impl Mark {
    /// Every mark, the surest first.
    pub const ALL: [Mark; 5] = [
        Mark::Documented,
        Mark::Seen,
        Mark::Reported,
        Mark::Unverified,
        Mark::Ours,
    ];

    /// The mark in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Mark::Documented => "documented",
            Mark::Seen => "seen",
            Mark::Reported => "reported",
            Mark::Unverified => "unverified",
            Mark::Ours => "ours",
        }
    }

    /// What the word means.
    pub fn meaning(self) -> &'static str {
        match self {
            Mark::Documented => "Microsoft's documentation or schema says so",
            Mark::Seen => "the service was seen to do so, or a tenant has it",
            Mark::Reported => "issues, articles or other tools say so",
            Mark::Unverified => "assumed; no source was found",
            Mark::Ours => "gatewright's own decision",
        }
    }
}

/// A thing done wrong, and right. A text without `kind` is a part of [`POLICY`]; a text that
/// begins with `# gatewright.yaml` or `# guards.yaml` adds to that file, up to a line `---`.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// What shows that it is true.
    pub shown_by: ShownBy,
    /// What the tenant holds before: manifests that were applied. Often empty.
    pub given: &'static str,
    /// What gives a finding of the id.
    pub before: &'static str,
    /// The same, mended: it gives none.
    pub after: &'static str,
}

/// What shows that an example is true. Tests do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// `gatewright validate`.
    Validate,
    /// `gatewright plan` on a new sandbox.
    Plan,
    /// `gatewright import --from`.
    Import,
    /// Nothing short enough: it is a description, or needs another tenant.
    Nothing,
}

/// The policy that examples without `kind` are a part of: what they say takes the place of
/// what stands here, as a JSON merge patch (RFC 7396).
pub const POLICY: &str = "\
kind: ConditionalAccessPolicy
displayName: Example
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

/// Writes a table of rows: an enum of the ids, and what is said about each.
macro_rules! rows {
    ($(#[$meta:meta])* pub enum $name:ident { $(
        $variant:ident = $id:literal: $summary:literal
            [$($severity:ident),* $(; $confidence:ident)?]
            $mark:ident $source:literal
            why $why:literal
            fix $fix:literal
            $(more $more:literal)?
            example $shown_by:ident $(given $given:literal)? before $before:literal after $after:literal
    )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $summary] $variant,)+ }

        impl $name {
            /// Every one, in the order of the table.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// What is said about it.
            pub fn row(self) -> &'static $crate::finding::registry::row::Entry {
                use $crate::finding::registry::row::{Example, Mark, Entry, ShownBy};
                #[allow(unused_imports, reason = "not every table says how sure a finding is")]
                use $crate::finding::severity::{Confidence, Severity};
                match self { $($name::$variant => {
                    const ROW: &Entry = &Entry {
                        id: $id,
                        summary: $summary,
                        severities: &[$(Severity::$severity),*],
                        confidence: rows!(@option $(Confidence::$confidence)?),
                        mark: Mark::$mark,
                        source: $source,
                        why: $why,
                        fix: $fix,
                        more: concat!($($more)?),
                        example: Example {
                            shown_by: ShownBy::$shown_by,
                            given: concat!($($given)?),
                            before: $before,
                            after: $after,
                        },
                    };
                    ROW
                })+ }
            }

            /// The id.
            pub fn as_str(self) -> &'static str { self.row().id }

            /// The one of an id.
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
}

pub(super) use rows;
