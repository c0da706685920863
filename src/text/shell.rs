//! A text as one word of a command line that a person copies.

use std::borrow::Cow;

/// `text` as a POSIX shell reads it as one word: in single quotes where it needs them.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(shell_word("out/plan.json"), "out/plan.json");
        assert_eq!(shell_word("my plan.json"), "'my plan.json'");
        assert_eq!(shell_word("it's $(x).json"), r"'it'\''s $(x).json'");
        assert_eq!(shell_word(""), "''");
    }
}
