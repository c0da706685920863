//! Bytes as choices: structured inputs that a mutation of a few bytes changes a little.

use arbitrary::Unstructured;
use serde_json::{Map, Value};

/// Texts that mean something to YAML, JSON, shells, filters or terminals.
const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "null",
    "true",
    "~",
    "1",
    "-1",
    "1e3",
    "0x1F",
    "1_000",
    "2024-01-01",
    "x y",
    " a",
    "a ",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "[a]",
    "{a: 1}",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "<<",
    "---",
    "...",
    "'",
    "''",
    "\"",
    "\\",
    "`",
    "a,b",
    "a'b",
    "O'Brien",
    "${x}",
    "$${x}",
    "$(x)",
    "%41",
    "a/b",
    "a~b",
    "~1",
    "..",
    "é",
    "ß",
    "日本",
    "🔥",
    "\u{1b}[31m",
    "\u{202e}x",
    "\u{feff}",
    "\u{200b}",
    "\u{85}",
    "\u{2028}",
    "\n",
    "a\nb",
    "\r\n",
    "\t",
    "\0",
    "All",
    "None",
    "GuestsOrExternalUsers",
    "enabled",
    "disabled",
    "mfa",
    "block",
    "11111111-2222-3333-4444-555555555555",
    "203.0.113.0/24",
    "2001:db8::/32",
    "::ffff:1.2.3.4",
    "pending:Group:G",
    "@odata.type",
    "#microsoft.graph.group",
    "displayName",
    "kind",
    "id",
];

/// Choices that bytes make. Where the bytes are used up every choice is the first.
pub struct Choices<'a>(Unstructured<'a>);

impl<'a> Choices<'a> {
    /// Choices of these bytes.
    pub fn new(bytes: &'a [u8]) -> Choices<'a> {
        Choices(Unstructured::new(bytes))
    }

    /// True when no byte is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.int_in_range(0..=end.max(1) - 1).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// Some of these, in their order.
    pub fn some_of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> Vec<&'t T> {
        let bits = self.below(1 << all.len().min(16));
        let chosen = all.iter().enumerate();
        let chosen = chosen.filter(|(at, _)| bits >> at & 1 == 1);
        chosen.map(|(_, one)| *one).collect()
    }

    /// Any text, with a leaning to what is dangerous somewhere.
    pub fn text(&mut self) -> String {
        match self.below(8) {
            0..=3 => (*self.pick(TEXTS)).to_owned(),
            4 => format!("{}{}", self.pick(TEXTS), self.pick(TEXTS)),
            5 => (*self.pick(TEXTS)).repeat(1 + self.below(40)),
            _ => {
                let length = self.below(24);
                let bytes = self.0.bytes(length.min(self.0.len())).unwrap_or_default();
                String::from_utf8_lossy(bytes).into_owned()
            }
        }
    }

    /// Any JSON value.
    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0..=2 => self.text().into(),
            3 => self.once_in(2).into(),
            4 => match self.below(4) {
                0 => (self.below(64) as i64 - 32).into(),
                1 => self.0.arbitrary::<i64>().unwrap_or(0).into(),
                2 => self.0.arbitrary::<u64>().unwrap_or(0).into(),
                _ => self.0.arbitrary::<f64>().unwrap_or(0.5).into(),
            },
            5 => Value::Null,
            6 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.below(4))
                .map(|_| (self.text(), self.value(depth - 1)))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}
