//! A file as text, decoded from UTF-8 or UTF-16, with line numbers; and places in it.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// One file and its text.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as a person reads it: relative to the project, with forward slashes.
    pub name: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// The decoded text, without a byte order mark.
    pub text: String,
    /// How the text is written in the file.
    pub encoding: Encoding,
    /// Byte offsets of the starts of lines.
    lines: Vec<usize>,
}

impl SourceFile {
    /// A file of the given name and text.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>, text: String) -> Arc<SourceFile> {
        SourceFile::encoded(name, path, text, Encoding::default())
    }

    pub(super) fn encoded(
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        text: String,
        encoding: Encoding,
    ) -> Arc<SourceFile> {
        let mut lines = vec![0];
        lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        Arc::new(SourceFile {
            name: name.into(),
            path: path.into(),
            text,
            encoding,
            lines,
        })
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The range inside the text, widened to whole characters.
    pub fn whole(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        start..self.text.ceil_char_boundary(range.end.max(start))
    }

    /// The byte offset of a line and column, both from 1.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied();
        let Some((start, rest)) = start.and_then(|at| Some((at, self.text.get(at..)?))) else {
            return self.text.len();
        };
        rest.char_indices()
            .nth(column.saturating_sub(1))
            .map_or(self.text.len(), |(at, _)| start + at)
    }

    /// The bytes of the lines from `first` to `last`, both from 1, without the last line break.
    pub fn lines(&self, first: usize, last: usize) -> Range<usize> {
        let begin = |line: usize| self.lines.get(line).copied().unwrap_or(self.text.len());
        let start = begin(first.saturating_sub(1));
        let end = begin(last).max(start);
        let text = self.text.get(start..end).unwrap_or_default();
        start..start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// The text of a line, from 1, without its line break.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = self.lines.get(line.saturating_sub(1)) else {
            return "";
        };
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        let line = self.text.get(*start..end).unwrap_or_default();
        line.trim_end_matches(['\n', '\r'])
    }
}

/// A place in a file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes of the file's text.
    pub range: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// Other places that a finding at this one names too, each with a word on why: a manifest
    /// and its patches. They are no part of what the place is.
    pub beside: Option<Arc<[(Place, &'static str)]>>,
}

impl Place {
    /// The place of `range` in `file`, widened to whole characters of the text.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Place {
        let range = file.whole(range);
        let (line, column) = file.line_column(range.start);
        Place {
            file: Arc::clone(file),
            range,
            line,
            column,
            beside: None,
        }
    }

    /// The same place, and others that a finding at it names too.
    #[must_use]
    pub fn beside(mut self, others: &Arc<[(Place, &'static str)]>) -> Place {
        self.beside = Some(Arc::clone(others));
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.name, self.line, self.column)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.file.name == other.file.name && self.range == other.range
    }
}

/// How a text is written as bytes, so that an edited file stays what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Encoding {
    pub(super) form: UnicodeForm,
    /// The file begins with a byte order mark.
    pub(super) mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum UnicodeForm {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// How `bytes` are written. Of use only for bytes that [`decode`] takes.
    pub fn of(bytes: &[u8]) -> Encoding {
        let (form, mark) = match bytes {
            [0xFF, 0xFE, ..] => (UnicodeForm::Utf16Le, true),
            [0xFE, 0xFF, ..] => (UnicodeForm::Utf16Be, true),
            [0xEF, 0xBB, 0xBF, ..] => (UnicodeForm::Utf8, true),
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => (UnicodeForm::Utf16Le, false),
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => (UnicodeForm::Utf16Be, false),
            _ => (UnicodeForm::Utf8, false),
        };
        Encoding { form, mark }
    }

    /// The bytes of a file with this text.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let marked = self.mark.then_some('\u{FEFF}').into_iter();
        let text = marked.chain(text.chars()).collect::<String>();
        match self.form {
            UnicodeForm::Utf8 => text.into_bytes(),
            UnicodeForm::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            UnicodeForm::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// Text from bytes: UTF-8 with or without a byte order mark, or UTF-16 of either order
/// (with a mark, or told by the zero bytes of its first characters).
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        if !bytes.len().is_multiple_of(2) {
            return Err("is UTF-16 with half a character at the end".to_owned());
        }
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).map_err(|_| "is not well-formed UTF-16".to_owned())
    };
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Err("is UTF-32".to_owned()),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => utf16(bytes, u16::from_le_bytes),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => utf16(bytes, u16::from_be_bytes),
        _ => {
            if bytes.contains(&0) && std::str::from_utf8(bytes).is_err() {
                return Err("is not a text file".to_owned());
            }
            match std::str::from_utf8(without_mark(bytes)) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err("is not UTF-8: a byte that stands for no character".to_owned()),
            }
        }
    }
}

pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes)
}

/// Where the first byte stands that is no UTF-8, in a file that is text otherwise.
pub(super) fn stray_byte(bytes: &[u8]) -> Option<usize> {
    let other = bytes.contains(&0) || matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    let error = std::str::from_utf8(without_mark(bytes)).err()?;
    (!other).then_some(error.valid_up_to())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_encoding_gives_the_same_text() {
        let text = "kind: Group\r\ndisplayName: Überprüfung\r\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let bom = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            bom(&[0xEF, 0xBB, 0xBF], text.as_bytes()),
            bom(&[0xFF, 0xFE], &le),
            bom(&[0xFE, 0xFF], &be),
            le.clone(),
            be.clone(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
            assert_eq!(Encoding::of(&bytes).encode(text), bytes);
        }
        assert!(decode(b"kind: \xff").is_err());
        assert_eq!(stray_byte(b"kind: \xff"), Some(6));
    }

    #[test]
    fn columns_count_characters() {
        let file = SourceFile::new("a", "a", "ä: b\nxyz\n".to_owned());
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(2), (1, 2));
        assert_eq!(file.line_column(6), (2, 1));
        assert_eq!(file.offset(2, 1), 6);
        assert_eq!(file.line(2), "xyz");
    }
}
