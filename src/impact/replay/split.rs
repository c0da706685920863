//! The records of a log, one after the other: nothing but the one that is asked for is held, so a
//! log may be of any length.

use std::io::{self, BufRead, Read as _};

use memchr::memchr2;

/// The largest record that is taken.
const LARGEST: usize = 16 << 20;

/// A place in a log, in the text that it is when it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPosition {
    /// How many records stand before it.
    pub records: u64,
    /// The line, from 1.
    pub line: u64,
    /// How many bytes stand before it.
    pub offset: u64,
}

/// Why a log cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The system says no.
    #[error("{0}")]
    Io(io::Error),
    /// It ends in the middle of a record or a list.
    #[error("it ends in the middle, after {} and {} bytes", records(.0), .0.offset)]
    Truncated(LogPosition),
    /// What it is packed in is damaged, or something else stands behind it.
    #[error("the gzip data is damaged, or something else follows it, after {}", records(.0))]
    Packed(LogPosition),
    /// It is no JSON from here on.
    #[error("line {} is no JSON from byte {} on, after {}", .0.line, .0.offset, records(.0))]
    NoJson(LogPosition),
    /// It is a table.
    #[error("it is a table (CSV), not JSON")]
    Table,
    /// One record is larger than any sign-in.
    #[error("the record at line {} is larger than {} MiB", .0.line, LARGEST >> 20)]
    TooLarge(LogPosition),
}

impl LogFault {
    /// Where the log was given up, when some of it was read before.
    pub fn position(&self) -> Option<LogPosition> {
        match self {
            LogFault::Truncated(at)
            | LogFault::Packed(at)
            | LogFault::NoJson(at)
            | LogFault::TooLarge(at) => Some(*at),
            LogFault::Io(_) | LogFault::Table => None,
        }
    }
}

fn records(at: &LogPosition) -> String {
    match at.records {
        1 => "1 record".to_owned(),
        count => format!("{count} records"),
    }
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// In the outermost list.
    List,
    /// In the `value` of a page.
    Page,
}

/// What an object turned out to be.
enum Scanned {
    Record,
    Page,
}

/// The records of a log: of a JSON array, of a page of Graph (`value`), of several such, or one
/// after another, such as one a line.
#[derive(Debug)]
pub struct LogRecords<R> {
    from: R,
    levels: Vec<Level>,
    at: LogPosition,
    next_page: bool,
}

impl<R: BufRead> LogRecords<R> {
    /// Reads the records of a text.
    pub fn new(from: R) -> LogRecords<R> {
        let at = LogPosition {
            line: 1,
            ..LogPosition::default()
        };
        LogRecords {
            from,
            levels: Vec::new(),
            at,
            next_page: false,
        }
    }

    /// Where the reader is.
    pub fn position(&self) -> LogPosition {
        self.at
    }

    /// True when the last page that was read names a further one.
    pub fn has_next_page(&self) -> bool {
        self.next_page
    }

    /// Puts the JSON of the next record into `record`; false at the end.
    ///
    /// # Errors
    /// See [`LogFault`]; the reader is of no use afterwards.
    pub fn read(&mut self, record: &mut Vec<u8>) -> Result<bool, LogFault> {
        loop {
            record.clear();
            let Some(byte) = self.next_sign()? else {
                return match self.levels.is_empty() {
                    true => Ok(false),
                    false => Err(LogFault::Truncated(self.at)),
                };
            };
            match (byte, self.levels.last().copied()) {
                (b'[', None) => {
                    self.consume(1);
                    self.levels.push(Level::List);
                }
                (b']', Some(level)) => {
                    let page = level == Level::Page;
                    self.consume(1);
                    self.levels.pop();
                    // What stands behind the list: a link to the next page.
                    if page && matches!(self.scan(record, 1, true)?, Scanned::Page) {
                        self.levels.push(Level::Page);
                    }
                }
                (b'{', level) => {
                    let pages = level != Some(Level::Page);
                    match self.scan(record, 0, pages)? {
                        Scanned::Page => self.levels.push(Level::Page),
                        Scanned::Record => {
                            self.at.records += 1;
                            return Ok(true);
                        }
                    }
                }
                _ if self.at.records == 0 && self.levels.is_empty() && self.is_table()? => {
                    return Err(LogFault::Table);
                }
                _ => return Err(LogFault::NoJson(self.at)),
            }
        }
    }

    /// The next byte that is neither blank nor a comma between two records.
    fn next_sign(&mut self) -> Result<Option<u8>, LogFault> {
        loop {
            let ready = self.from.fill_buf().map_err(|e| ended(e, self.at))?;
            let between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
            let skipped = ready.iter().take_while(|byte| between(byte)).count();
            let next = ready.get(skipped).copied();
            let is_end = ready.is_empty();
            self.consume(skipped);
            if next.is_some() || is_end {
                return Ok(next);
            }
        }
    }

    fn consume(&mut self, bytes: usize) {
        if let Ok(ready) = self.from.fill_buf() {
            let passed = ready.iter().take(bytes);
            self.at.line += passed.filter(|byte| **byte == b'\n').count() as u64;
        }
        self.at.offset += bytes as u64;
        self.from.consume(bytes);
    }

    /// Whether the text begins as a table does: a line with many separators and no brace, or two
    /// with as many.
    fn is_table(&mut self) -> Result<bool, LogFault> {
        let mut separators = |most: u64| -> Result<Option<usize>, LogFault> {
            let mut line = Vec::new();
            let mut first = self.from.by_ref().take(most);
            first.read_until(b'\n', &mut line).map_err(LogFault::Io)?;
            let is_separator = |byte: &&u8| b",;\t".contains(byte);
            let count = line.iter().filter(is_separator).count();
            Ok((!line.contains(&b'{')).then_some(count))
        };
        Ok(match separators(1 << 12)? {
            Some(3..) => true,
            Some(few @ 1..) => separators(1 << 12)? == Some(few),
            _ => false,
        })
    }

    /// Takes an object up to its end, from the inside when `depth` is 1. With `pages` the list
    /// `value` in it is looked into.
    fn scan(
        &mut self,
        record: &mut Vec<u8>,
        mut depth: usize,
        pages: bool,
    ) -> Result<Scanned, LogFault> {
        let begun = self.at;
        let (mut quoted, mut escaped) = (false, false);
        // Names of members of the object itself: where the next one begins, and the last one.
        let (mut expects, mut name_from) = (depth == 1, None);
        let mut is_value = false;
        loop {
            let ready = self.from.fill_buf().map_err(|e| ended(e, self.at))?;
            if ready.is_empty() {
                return Err(LogFault::Truncated(LogPosition {
                    offset: self.at.offset,
                    ..begun
                }));
            }
            let (mut at, mut copied) = (0, 0);
            let mut end = None;
            while let Some(byte) = ready.get(at) {
                if escaped {
                    escaped = false;
                    at += 1;
                } else if quoted {
                    let rest = ready.get(at..).unwrap_or_default();
                    let Some(found) = memchr2(b'"', b'\\', rest) else {
                        at = ready.len();
                        break;
                    };
                    at += found + 1;
                    if rest.get(found) == Some(&b'\\') {
                        escaped = true;
                        continue;
                    }
                    quoted = false;
                    if let Some(from) = name_from.take() {
                        record.extend_from_slice(ready.get(copied..at).unwrap_or_default());
                        copied = at;
                        let name = record.get(from..).unwrap_or_default();
                        is_value = name == b"value\"";
                        if name == b"@odata.nextLink\"" {
                            self.next_page = true;
                        }
                    }
                } else {
                    at += 1;
                    match byte {
                        b'"' => {
                            quoted = true;
                            if pages && depth == 1 && expects {
                                name_from = Some(record.len() + at - copied);
                                expects = false;
                            }
                        }
                        b'[' if depth == 1 && is_value => {
                            end = Some(Scanned::Page);
                            break;
                        }
                        b'{' | b'[' => {
                            depth += 1;
                            expects = depth == 1;
                        }
                        b'}' | b']' => {
                            depth = depth.saturating_sub(1);
                            if depth == 0 {
                                end = Some(Scanned::Record);
                                break;
                            }
                        }
                        b',' if depth == 1 => (expects, is_value) = (true, false),
                        _ => {}
                    }
                }
            }
            record.extend_from_slice(ready.get(copied..at).unwrap_or_default());
            self.consume(at);
            if record.len() > LARGEST {
                return Err(LogFault::TooLarge(begun));
            }
            match end {
                Some(Scanned::Page) => {
                    // Those of the page before have been read.
                    let more = String::from_utf8_lossy(record).contains("@odata.nextLink");
                    self.next_page = more;
                    return Ok(Scanned::Page);
                }
                Some(Scanned::Record) => return Ok(Scanned::Record),
                None => {}
            }
        }
    }
}

/// A packed text that ends too early is half a file as any other.
fn ended(error: io::Error, at: LogPosition) -> LogFault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => LogFault::Truncated(at),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => LogFault::Packed(at),
        _ => LogFault::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{BufReader, Read};
    use std::rc::Rc;

    use super::*;

    /// What is read, in chunks of a few bytes, and how it ends.
    fn read(text: &str, chunk: usize) -> (Vec<String>, Option<LogFault>, bool) {
        let mut from = LogRecords::new(BufReader::with_capacity(chunk, text.as_bytes()));
        let (mut found, mut record) = (Vec::new(), Vec::new());
        let fault = loop {
            match from.read(&mut record) {
                Ok(true) => found.push(String::from_utf8(record.clone()).unwrap()),
                Ok(false) => break None,
                Err(fault) => break Some(fault),
            }
        };
        (found, fault, from.has_next_page())
    }

    #[test]
    fn every_shape_of_a_log_holds_the_same_records() {
        let (a, b) = (
            r#"{"id":"1","t":"] } \" [ {","l":[{"value":[1]}]}"#,
            r#"{"id":"2","value":"x"}"#,
        );
        for text in [
            format!("[{a},{b}]"),
            format!("{a}\n{b}\n"),
            format!("{a}\r\n\r\n{b}"),
            format!(r#"{{"@odata.context":"c","value":[{a}, {b}]}}"#),
            format!(r#"{{"value" : [ {a} ]}}{{"value":[{b}]}}"#),
            format!(r#"[{{"value":[{a}],"@odata.nextLink":"n"}},{{"value":[{b}]}}]"#),
            format!("[\n  {a},\n  {b}\n]\n"),
        ] {
            for chunk in [1, 7, 4096] {
                let (found, fault, more) = read(&text, chunk);
                assert!(fault.is_none() && !more, "{text}: {fault:?}");
                assert_eq!(found, [a, b], "{text}");
            }
        }
        for text in ["", "  \n", "[]", r#"{"value":[]}"#] {
            assert_eq!(read(text, 3).0.len(), 0, "{text}");
        }
    }

    #[test]
    fn a_further_page_is_noticed_on_either_side_of_the_list() {
        for text in [
            r#"{"@odata.nextLink":"n","value":[{"id":"1"}]}"#,
            r#"{"value":[{"id":"1"}],"@odata.nextLink":"n"}"#,
        ] {
            let (found, fault, more) = read(text, 5);
            assert!(more && fault.is_none() && found.len() == 1, "{text}");
        }
    }

    #[test]
    fn half_a_log_says_where_it_ends_and_what_was_read_stays() {
        let whole = r#"[{"id":"1"},{"id":"2","t":"abc"},{"id":"3"}]"#;
        for end in 1..whole.len() {
            let (found, fault, _) = read(whole.get(..end).unwrap(), 4);
            let Some(LogFault::Truncated(at)) = fault else {
                panic!("{end}: {fault:?}");
            };
            assert_eq!(at.records, found.len() as u64);
            assert_eq!(at.offset, end as u64);
        }
        let (found, fault, _) = read("{\"id\":\"1\"}\n{\"id\":\"2\"}\nnonsense", 16);
        let said = fault.unwrap().to_string();
        assert_eq!(found.len(), 2);
        assert_eq!(said, "line 3 is no JSON from byte 22 on, after 2 records");
    }

    #[test]
    fn a_table_is_told_from_json() {
        let table = "Date (UTC),Request ID,User,Username\n2026-01-01,1,Ada,ada@contoso.com\n";
        assert!(matches!(read(table, 4096).1, Some(LogFault::Table)));
        let narrow = "Date (UTC),User\n2026-01-01,ada@contoso.com\n";
        assert!(matches!(read(narrow, 4096).1, Some(LogFault::Table)));
        let prose = "hello, world\nand nothing else\n";
        assert!(matches!(read(prose, 4096).1, Some(LogFault::NoJson(_))));
        assert!(matches!(read("hello", 4096).1, Some(LogFault::NoJson(_))));
    }

    /// A log that has no end, and counts how much of it was asked for.
    struct Endless(Rc<Cell<u64>>);

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let record = br#"{"id":"0123456789","t":"0123456789"},"#;
            let start = self.0.get();
            let opens = u64::from(start == 0);
            if let (Some(first), 1) = (into.first_mut(), opens) {
                *first = b'[';
                self.0.set(1);
                return Ok(1);
            }
            for (slot, at) in into.iter_mut().zip(start - 1..) {
                *slot = record[at as usize % record.len()];
            }
            self.0.set(start + into.len() as u64);
            Ok(into.len())
        }
    }

    #[test]
    fn a_record_is_given_before_the_end_is_read_and_none_is_kept() {
        let given = Rc::new(Cell::new(0));
        let from = BufReader::with_capacity(1 << 12, Endless(Rc::clone(&given)));
        let (mut records, mut record) = (LogRecords::new(from), Vec::new());
        assert!(records.read(&mut record).unwrap());
        assert!(given.get() <= 2 << 12);
        for _ in 0..50_000 {
            assert!(records.read(&mut record).unwrap());
        }
        // What is held is one record, however many there were.
        assert!(record.capacity() < 1 << 13, "{}", record.capacity());
        assert!(given.get() > 1 << 20);
    }
}
