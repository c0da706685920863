//! A text as one word of a command line that a person copies.

use std::borrow::Cow;

/// `text` as a POSIX shell reads it as one word: in single quotes where it needs them.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    // zsh takes what follows a `=` at the beginning for the name of a program.
    match !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

/// `names` as the last arguments of a command, behind `--` where one could be taken for a flag.
pub fn shell_arguments<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let words = names.iter().map(|name| shell_word(name).into_owned());
    let dashes = names.iter().any(|name| name.starts_with('-'));
    let words: Vec<String> = dashes
        .then(|| "--".to_owned())
        .into_iter()
        .chain(words)
        .collect();
    words.join(" ")
}

/// `text` as PowerShell reads it as one word: in single quotes. PowerShell takes the typographic
/// ones for the same.
pub fn powershell_word(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201B}') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_powershell_stays_one_word() {
        assert_eq!(powershell_word("a b"), "'a b'");
        assert_eq!(powershell_word("it's $(x)"), "'it''s $(x)'");
        assert_eq!(powershell_word("a\u{2019}b"), "'a\u{2019}\u{2019}b'");
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(shell_word("out/plan.json"), "out/plan.json");
        assert_eq!(shell_word("my plan.json"), "'my plan.json'");
        assert_eq!(shell_word("it's $(x).json"), r"'it'\''s $(x).json'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("=ls"), "'=ls'");
        assert_eq!(shell_word("a=b"), "a=b");
        assert_eq!(shell_arguments(["a b", "c"]), "'a b' c");
        assert_eq!(shell_arguments(["a", "-c"]), "-- a -c");
    }
}
