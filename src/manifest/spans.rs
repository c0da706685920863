//! Where the keys and values of one YAML document stand in its text, by JSON pointer.

use std::collections::HashMap;
use std::ops::Range;

use crate::finding::Place;
use crate::finding::source::SourceFile;

/// Where the parts of one document stand.
#[derive(Debug, Default, Clone)]
pub struct SpanIndex {
    pub(super) spans: HashMap<String, Spans>,
    /// The last alias.
    pub(super) alias: Option<Range<usize>>,
    /// The whole document.
    pub(super) whole: Range<usize>,
}

/// Where a key and its value stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    pub(super) key: Option<Range<usize>>,
    pub(super) value: Range<usize>,
}

impl Spans {
    /// Where the part begins: with its key, if it has one.
    fn start(&self) -> usize {
        self.key
            .as_ref()
            .map_or(self.value.start, |key| key.start.min(self.value.start))
    }
}

impl SpanIndex {
    /// The value at a JSON pointer; where it has no place of its own (it came by an alias,
    /// or the model added it), the nearest one above it.
    pub fn value(&self, pointer: &str) -> Range<usize> {
        let found = self.nearest(pointer);
        match found {
            Some((true, spans)) if !spans.value.is_empty() => spans.value.clone(),
            Some((_, spans)) => spans.key.clone().unwrap_or_else(|| spans.value.clone()),
            None => self.whole.start..self.whole.start,
        }
    }

    /// The key at a JSON pointer, or what [`SpanIndex::value`] says where there is none.
    pub fn key(&self, pointer: &str) -> Range<usize> {
        match self.nearest(pointer) {
            Some((_, spans)) => spans.key.clone().unwrap_or_else(|| spans.value.clone()),
            None => self.whole.start..self.whole.start,
        }
    }

    /// The pointer of the value that stands at `range`; the outermost, when a list or mapping
    /// is all that its parent holds.
    pub fn pointer_of(&self, range: &Range<usize>) -> Option<&str> {
        self.spans
            .iter()
            .filter(|(_, spans)| spans.value == *range)
            .map(|(pointer, _)| pointer.as_str())
            .min_by_key(|pointer| pointer.len())
    }

    /// Every part that stands in the text, as its JSON pointer (`""` is the document), and
    /// where it begins.
    pub fn parts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.spans
            .iter()
            .map(|(pointer, spans)| (pointer.as_str(), spans.start()))
    }

    /// From where a part begins to where the last of what is in it ends.
    pub fn extent(&self, pointer: &str) -> Range<usize> {
        let inside = |other: &str| {
            other
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (mut start, mut end) = (usize::MAX, 0);
        for (other, spans) in self.spans.iter().filter(|(other, _)| inside(other)) {
            if other.len() == pointer.len() {
                start = spans.start();
            }
            let key = spans.key.as_ref().map_or(0, |key| key.end);
            // A part without any text (an empty value) still has a place.
            end = end.max(spans.value.end).max(key).max(spans.start() + 1);
        }
        start.min(end)..end
    }

    /// Whether a place of `file` lies in the document.
    pub(super) fn holds(&self, file: &SourceFile, place: &Place) -> bool {
        file.name == place.file.name && {
            let range = self.extent("");
            (range.start..=range.end).contains(&place.range.start)
        }
    }

    /// The same places where the key at `from` is called by another name, with all below it.
    #[must_use]
    pub(super) fn renamed(&self, from: &str, to: &str) -> SpanIndex {
        let moved = |pointer: &str| match pointer.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => pointer.to_owned(),
        };
        let spans = self.spans.iter();
        SpanIndex {
            spans: spans
                .map(|(at, spans)| (moved(at), spans.clone()))
                .collect(),
            ..self.clone()
        }
    }

    /// The first merge key (`<<`).
    pub(super) fn merge_key(&self) -> Option<Range<usize>> {
        self.spans
            .iter()
            .filter(|(pointer, _)| pointer.ends_with("/<<"))
            .filter_map(|(_, spans)| spans.key.clone())
            .min_by_key(|range| range.start)
    }

    fn nearest(&self, pointer: &str) -> Option<(bool, &Spans)> {
        let mut at = pointer;
        loop {
            if let Some(spans) = self.spans.get(at) {
                return Some((at.len() == pointer.len(), spans));
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}
