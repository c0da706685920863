//! A text as one word of a command line that a person copies.

use std::borrow::Cow;

/// `text` as one word for the shells of this system: a POSIX shell, or on Windows PowerShell and,
/// as far as it can be, the command prompt.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    match cfg!(windows) {
        true => windows_word(text),
        false => posix_word(text),
    }
}

/// `text` as a POSIX shell reads it as one word: in single quotes where it needs them.
pub fn posix_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    // zsh takes what follows a `=` at the beginning for the name of a program.
    match !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

/// `text` as one word on Windows: in double quotes, which PowerShell and the command prompt read
/// alike, and for PowerShell alone in single ones where something in it would mean more.
fn windows_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./\\:+=".contains(c);
    let means = |c: char| "\"$`%!^".contains(c) || matches!(c, '\u{201C}'..='\u{201E}');
    match text {
        _ if !text.is_empty() && text.chars().all(plain) => Cow::Borrowed(text),
        // A backslash before the last quote would take it in.
        _ if text.contains(means) || text.ends_with('\\') => Cow::Owned(powershell_word(text)),
        _ => Cow::Owned(format!("\"{text}\"")),
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
    fn a_word_stays_one_word_on_windows() {
        assert_eq!(windows_word(r"C:\out\plan.json"), r"C:\out\plan.json");
        assert_eq!(windows_word(r"my plans\a.json"), r#""my plans\a.json""#);
        assert_eq!(windows_word("it's"), r#""it's""#);
        assert_eq!(windows_word("a,b @c"), r#""a,b @c""#);
        assert_eq!(windows_word("it's $(x)"), "'it''s $(x)'");
        assert_eq!(windows_word(r#"{"user": 1}"#), r#"'{"user": 1}'"#);
        assert_eq!(windows_word(r"my plans\"), r"'my plans\'");
        assert_eq!(windows_word(""), r#""""#);
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(posix_word("out/plan.json"), "out/plan.json");
        assert_eq!(posix_word("my plan.json"), "'my plan.json'");
        assert_eq!(posix_word("it's $(x).json"), r"'it'\''s $(x).json'");
        assert_eq!(posix_word(""), "''");
        assert_eq!(posix_word("=ls"), "'=ls'");
        assert_eq!(posix_word("a=b"), "a=b");
        assert_eq!(
            shell_arguments(["a b", "c"]),
            format!("{} c", shell_word("a b"))
        );
        assert_eq!(shell_arguments(["a", "-c"]), "-- a -c");
    }
}
