//! Findings mended in their files: what stands at the place of each is replaced, and nothing else.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::edit::{self, Edit};
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{Finding, Fix, Place};
use crate::text::pointer::above;

/// A file as it would be mended.
#[derive(Debug, Clone)]
pub struct Mended {
    /// The file as it was read.
    pub file: Arc<SourceFile>,
    /// Its new text.
    pub text: String,
    /// What was replaced, in the order of the file.
    pub replaced: Vec<(Place, Fix)>,
}

/// The files that hold what can be mended: what is beyond doubt, and, with `with_unsafe`, what was
/// likely meant. Left out is what the file does not say itself, such as the value of a variable.
pub fn mended<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    with_unsafe: bool,
) -> Vec<Mended> {
    let mut files: BTreeMap<&str, Vec<(&Place, &Fix)>> = BTreeMap::new();
    for finding in findings {
        if let (Some(place), Some(fix)) = (finding.place.as_deref(), finding.fix.as_deref())
            && (fix.is_safe || with_unsafe)
            && says(place, &fix.was)
        {
            let name = place.file.name.as_str();
            files.entry(name).or_default().push((place, fix));
        }
    }
    files.into_values().filter_map(file).collect()
}

/// How many findings could be mended without, and with `--unsafe`.
pub fn count(findings: &[Finding]) -> (usize, usize) {
    let number = |with_unsafe| -> usize {
        let files = mended(findings, with_unsafe);
        files.iter().map(|file| file.replaced.len()).sum()
    };
    let safe = number(false);
    (safe, number(true).saturating_sub(safe))
}

/// How many findings have a fix that the file does not let be made: what stands there comes from a
/// variable, or goes over several lines.
pub fn stuck(findings: &[Finding]) -> usize {
    let is_stuck = |finding: &&Finding| match (&finding.place, &finding.fix) {
        (Some(place), Some(fix)) => !says(place, &fix.was),
        _ => false,
    };
    findings.iter().filter(is_stuck).count()
}

fn file(mut parts: Vec<(&Place, &Fix)>) -> Option<Mended> {
    parts.sort_by_key(|(place, _)| place.range.start);
    let (first, _) = parts.first()?;
    let file = Arc::clone(&first.file);
    let mut text = String::new();
    let mut at = 0;
    let mut replaced = Vec::new();
    let mut written = Vec::new();
    for (place, fix) in parts {
        // Two findings about one place: the first says it.
        if place.range.start < at || replaced.last().is_some_and(|(last, _)| last == place) {
            continue;
        }
        text.push_str(file.text.get(at..place.range.start)?);
        let start = text.len();
        text.push_str(&fix.text);
        written.push(start..text.len());
        at = place.range.end;
        replaced.push((place.clone(), fix.clone()));
    }
    text.push_str(file.text.get(at..)?);
    let mut problems = Vec::new();
    let new = SourceFile::new(&file.name, &file.path, text.clone());
    let documents = yaml::parse(&new, &mut problems);
    problems.is_empty().then(|| Mended {
        file,
        text: without_doubles(&new, &documents, &written).unwrap_or(text),
        replaced,
    })
}

/// The text without the items that stand in their lists already, now that they are `written` right.
/// `None` where there are none, or they cannot be taken out.
fn without_doubles(
    file: &SourceFile,
    documents: &[Document],
    written: &[Range<usize>],
) -> Option<String> {
    let mut all: Vec<(usize, Vec<Edit>)> = Vec::new();
    for document in documents {
        let items = written
            .iter()
            .filter_map(|range| document.spans.pointer_of(range));
        let mut lists: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for item in items {
            let list = above(item);
            let place = item.get(list.len() + 1..).map(str::parse);
            if let Some(Ok(index)) = place {
                lists.entry(list).or_default().push(index);
            }
        }
        let edits = lists.into_iter().filter_map(|(pointer, own)| {
            let list = document.value.pointer(pointer)?.as_array()?;
            let is_double = |at: &usize| {
                let mut others = list.iter().enumerate();
                others.any(|(other, value)| {
                    Some(value) == list.get(*at)
                        && (other < *at || other > *at && !own.contains(&other))
                })
            };
            let indices: Vec<usize> = own.iter().copied().filter(is_double).collect();
            let pointer = pointer.to_owned();
            (!indices.is_empty()).then_some(Edit::RemoveItems { pointer, indices })
        });
        let edits: Vec<Edit> = edits.collect();
        if !edits.is_empty() {
            all.push((document.index, edits));
        }
    }
    let edits: Vec<(usize, &[Edit])> = all.iter().map(|(at, own)| (*at, &own[..])).collect();
    match edits.is_empty() {
        true => None,
        false => edit::apply_all(file, &edits).ok(),
    }
}

/// Whether the file itself says `text` at the place, on one line.
fn says(place: &Place, text: &str) -> bool {
    let written = place.file.text.get(place.range.clone());
    written.is_some_and(|written| {
        !written.contains('\n')
            && serde_yaml::from_str::<serde_yaml::Value>(written)
                .is_ok_and(|value| value.as_str() == Some(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;

    #[test]
    fn a_place_is_replaced_and_nothing_else() {
        let text = "a: 'x'  # x\nb: [x, '${x}']\nc: |\n  x\n";
        let file = SourceFile::new("a.yaml", "a.yaml", text.to_owned());
        let fix = |part: &str, is_safe| {
            let start = text.find(part).unwrap();
            Finding::error(Code::BadValue, "x")
                .at(Place::new(&file, start..start + part.len()))
                .fix("x", "y", is_safe)
        };
        let item = Place::new(&file, 16..17);
        let all = [
            fix("'x'", true),
            fix("'x'", true),
            Finding::error(Code::BadValue, "x")
                .at(item)
                .fix("x", "y", false),
            fix("'${x}'", true),
        ];
        let texts = |with_unsafe| -> Vec<String> {
            mended(&all, with_unsafe)
                .into_iter()
                .map(|m| m.text)
                .collect()
        };
        assert_eq!(texts(false), ["a: y  # x\nb: [x, '${x}']\nc: |\n  x\n"]);
        assert_eq!(texts(true), ["a: y  # x\nb: [y, '${x}']\nc: |\n  x\n"]);
        assert_eq!(count(&all), (1, 1));
    }
}
