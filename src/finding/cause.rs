//! Findings with one cause: a misspelt group in forty policies is one thing to mend.

use std::collections::HashMap;

use super::{Finding, Place};

/// How many of the other places are listed.
pub const OTHER_PLACES: usize = 5;

/// Findings that say the same, to be told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause<'a> {
    /// The first of them.
    pub first: &'a Finding,
    /// Where else the same is found.
    pub others: Vec<&'a Place>,
}

impl Cause<'_> {
    /// The first few of the other places, and how many there are beyond them.
    pub fn other_places(&self) -> (Vec<&Place>, usize) {
        let shown: Vec<&Place> = self.others.iter().copied().take(OTHER_PLACES).collect();
        let more = self.others.len() - shown.len();
        (shown, more)
    }
}

/// The findings by cause, in their order: those that differ in nothing but their place are one, what they
/// relate to included.
pub fn causes<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Cause<'a>> {
    let mut causes: Vec<Cause<'a>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        if let Some(place) = &finding.place {
            let related = finding.related.iter();
            let related: Vec<_> = related
                .map(|(place, why)| (place.file.name.as_str(), place.range.start, why.as_str()))
                .collect();
            let key = (
                (finding.severity, finding.code, finding.rule),
                finding.message.as_str(),
                finding.help.as_deref(),
                related,
            );
            let at = *known.entry(key).or_insert(causes.len());
            if let Some(cause) = causes.get_mut(at) {
                cause.others.push(place);
                continue;
            }
        }
        causes.push(Cause {
            first: finding,
            others: Vec::new(),
        });
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::super::source::SourceFile;
    use super::super::{Code, Finding, Place};
    use super::*;

    #[test]
    fn what_differs_in_its_place_alone_is_one_cause() {
        let file = SourceFile::new("a.yaml", "a.yaml", "x\n".repeat(50));
        let at = |n: usize| Place::new(&file, n..n + 1);
        let unknown = |name: &str, n| {
            Finding::error(Code::UnresolvedReference, format!("no group `{name}`")).at(at(n))
        };
        let mut all: Vec<Finding> = (0..40).map(|n| unknown("A", n)).collect();
        all.insert(1, unknown("B", 1));
        all.push(unknown("A", 3).related(at(4), "the other one"));
        all.push(unknown("A", 5).related(at(4), "the other one"));
        all.push(unknown("A", 3).help("write it right"));
        let found = causes(&all);
        let sizes: Vec<usize> = found.iter().map(|cause| cause.others.len()).collect();
        assert_eq!(sizes, [39, 0, 1, 0]);
        let (shown, more) = found[0].other_places();
        assert_eq!((shown.len(), more), (5, 34));
        assert_eq!(shown[0], &at(1));
    }
}
