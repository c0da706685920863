//! What is being read, told to whoever shows it.

use std::fmt;
use std::sync::Arc;

/// A step of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStep<'a> {
    /// A page of a collection, from 1, is asked for: by what the table of requests calls it.
    Page(&'a str, usize),
    /// A batch of single reads, by its number from 1, and how many there are.
    Batch(usize, usize),
}

impl fmt::Display for ReadStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadStep::Page(name, page) => {
                let what = name.strip_prefix("list ").unwrap_or(name);
                let what = what.split(',').next().unwrap_or(what);
                write!(f, "{what}")?;
                match page {
                    1 => Ok(()),
                    page => write!(f, ", page {page}"),
                }
            }
            ReadStep::Batch(_, 1) => f.write_str("names and members"),
            ReadStep::Batch(number, of) => write!(f, "names and members, batch {number} of {of}"),
        }
    }
}

type Hears = Arc<dyn Fn(ReadStep<'_>) + Send + Sync>;

/// Who hears of it: nobody, unless somebody asks.
#[derive(Clone, Default)]
pub(super) struct ReadListener(Option<Hears>);

impl fmt::Debug for ReadListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadListener")
    }
}

impl ReadListener {
    pub(super) fn new(hears: impl Fn(ReadStep<'_>) + Send + Sync + 'static) -> ReadListener {
        ReadListener(Some(Arc::new(hears)))
    }

    pub(super) fn tell(&self, step: ReadStep<'_>) {
        if let Some(hears) = &self.0 {
            hears(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_the_words_of_the_table() {
        for (step, said) in [
            (ReadStep::Page("list policies", 1), "policies"),
            (
                ReadStep::Page("list named locations, pages as the service likes", 3),
                "named locations, page 3",
            ),
            (ReadStep::Batch(2, 17), "names and members, batch 2 of 17"),
        ] {
            assert_eq!(step.to_string(), said);
        }
    }
}
