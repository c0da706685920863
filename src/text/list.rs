//! Lists in a sentence, which must stay readable whatever their length.

use std::fmt::Display;

/// `a, b and 3 more`: the first `most` items, and how many there are beyond them.
pub fn few(items: impl IntoIterator<Item = String>, most: usize) -> String {
    let mut items = items.into_iter();
    let shown: Vec<String> = items.by_ref().take(most).collect();
    match items.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// As [`few`], each name between backticks.
pub fn few_names<T: AsRef<str>>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let quoted = names.into_iter().map(|name| format!("`{}`", name.as_ref()));
    few(quoted, most)
}

/// The word with its article.
pub fn with_article(word: &str) -> String {
    let article = match word.starts_with(['a', 'e', 'i', 'o']) {
        true => "an",
        false => "a",
    };
    format!("{article} {word}")
}

/// `1 object`, `2 objects`: a number with its word, which is given for one.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, word: &str) -> String {
    match word.strip_suffix('y') {
        _ if number == N::from(1) => format!("1 {word}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ if word.ends_with(['s', 'x']) => format!("{number} {word}es"),
        _ => format!("{number} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_plural() {
        assert_eq!(counted(0_usize, "object"), "0 objects");
        assert_eq!(counted(1_usize, "policy"), "1 policy");
        assert_eq!(counted(2_usize, "policy"), "2 policies");
        assert_eq!(counted(2_u64, "day"), "2 days");
        assert_eq!(counted(3_usize, "box"), "3 boxes");
    }

    #[test]
    fn what_is_beyond_the_most_is_counted() {
        assert_eq!(few_names(["a"; 0], 2), "");
        assert_eq!(few_names(["a"], 2), "`a`");
        assert_eq!(few_names(["a", "b"], 2), "`a`, `b`");
        assert_eq!(few_names(["a", "b", "c"], 2), "`a`, `b` and 1 more");
    }
}
