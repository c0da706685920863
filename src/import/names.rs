//! File names from display names: readable, and the same plain name on Windows, macOS and
//! Linux.
//!
//! Letters and digits of every script stay, in their case and in normal form C (macOS
//! takes both forms for one name, so two names are compared in one form); so do `_ . + @`.
//! Everything else, emoji, blanks and separators included, becomes one `-`. A name that is
//! cut or lost has a short hash of the whole name instead.

use icu_normalizer::ComposingNormalizerBorrowed;
use uuid::Uuid;

use crate::model::kind::Kind;
use crate::text::is_device_name;

/// The ending of every file.
const ENDING: &str = ".yaml";
/// The longest name without its ending, in bytes. File systems take 255.
const LONGEST: usize = 100;

/// The file name for an object of this display name, with `.yaml`.
pub fn file_name(kind: Kind, display_name: &str) -> String {
    format!("{}{ENDING}", stem(kind, display_name))
}

/// The file name where another object has the one of [`file_name`]: with a suffix made from
/// what makes the object unique, such as its id.
pub fn file_name_beside(kind: Kind, display_name: &str, unique: &str) -> String {
    let short = hash(unique);
    let stem = stem(kind, display_name);
    format!("{}-{short}{ENDING}", cut(&stem, LONGEST - 1 - short.len()))
}

/// The folder for objects of a kind, below the folder of all manifests.
pub fn folder_of(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => "",
        Kind::NamedLocation => "named-locations",
        Kind::AuthenticationStrength => "authentication-strengths",
        Kind::AuthenticationContext => "authentication-contexts",
        Kind::Group => "groups",
        Kind::TestUser => "test-users",
    }
}

/// Two names with the same key are one file to some file system.
pub fn key(name: &str) -> String {
    // Upper first: what has no simple lower case of its own, such as `ſ`, meets its like.
    compose(&compose(name).to_uppercase().to_lowercase())
}

fn compose(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .into_owned()
}

fn stem(kind: Kind, display_name: &str) -> String {
    let mut name = String::new();
    for c in compose(display_name).chars() {
        if c.is_alphanumeric() || "_.+@".contains(c) {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = compose(name.trim_matches(['-', '.']));
    if name.is_empty() {
        return format!("{kind}-{}", hash(display_name));
    }
    let name = match is_device_name(&name) {
        true => format!("_{name}"),
        false => name,
    };
    if name.len() <= LONGEST {
        return name;
    }
    let short = hash(display_name);
    format!("{}-{short}", cut(&name, LONGEST - 1 - short.len()))
}

/// At most `bytes` of the text, whole characters, without separators at the end.
fn cut(text: &str, bytes: usize) -> &str {
    let kept = text.get(..text.floor_char_boundary(bytes)).unwrap_or(text);
    kept.trim_end_matches(['-', '.'])
}

/// Eight hexadecimal digits that stand for the text, the same everywhere and always.
pub fn hash(text: &str) -> String {
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes());
    let mut digits = digest.simple().to_string();
    digits.truncate(8);
    digits
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::is_portable_name;

    fn name(text: &str) -> String {
        file_name(Kind::ConditionalAccessPolicy, text)
    }

    #[test]
    fn names_stay_readable() {
        for (display, file) in [
            ("CA100 - Admins: require MFA", "CA100-Admins-require-MFA"),
            ("Überprüfung für Gäste", "Überprüfung-für-Gäste"),
            ("U\u{308}berpru\u{308}fung", "Überprüfung"),
            ("日本語 ポリシー", "日本語-ポリシー"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\Windows", "C-Windows"),
            (".hidden. ", "hidden"),
            ("-rf", "rf"),
            ("a\u{202e}b\u{200f}c\u{0}\n", "a-b-c"),
            ("🔥 fire 🔥", "fire"),
            ("user@contoso.com", "user@contoso.com"),
            ("CON", "_CON"),
            ("aux.x", "_aux.x"),
            ("com1", "_com1"),
            ("LPT².txt", "_LPT².txt"),
            ("conference", "conference"),
        ] {
            assert_eq!(name(display), format!("{file}.yaml"));
        }
    }

    #[test]
    fn long_and_lost_names_differ_by_their_hash() {
        let long = |end: &str| name(&format!("{}{end}", "ä".repeat(300)));
        assert!(long("x").len() <= LONGEST + ENDING.len());
        assert_ne!(long("x"), long("y"));
        assert_ne!(name("🔥"), name("💧"));
        assert!(name("🔥").starts_with("ConditionalAccessPolicy-"));
        assert_ne!(
            file_name_beside(Kind::Group, "a", "1"),
            file_name_beside(Kind::Group, "a", "2")
        );
    }

    #[test]
    fn names_that_a_file_system_takes_for_one_have_one_key() {
        assert_eq!(key("A"), key("a"));
        assert_eq!(key("U\u{308}"), key("ü"));
        assert_ne!(key("a"), key("b"));
    }

    /// Any name, with a leaning to what file systems refuse.
    pub(crate) fn any_name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,20}",
            "[./\\\\:*?\"<>| a\u{0}\u{7f}\u{202e}\u{200f}\u{fe0f}]{0,8}",
            proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
            proptest::sample::select(vec!["CON", "aux.x", "COM1", "nul", "..", "lpt9.", "🔥"])
                .prop_map(str::to_owned),
            "\\PC{300}",
            "[aAäÄ\u{308}]{1,3}",
        ]
    }

    proptest! {
        #[test]
        fn every_name_is_a_plain_file_name_everywhere(display in any_name(), unique in any_name()) {
            for file in [name(&display), file_name_beside(Kind::Group, &display, &unique)] {
                let stem = file.strip_suffix(ENDING).unwrap();
                prop_assert!(!stem.is_empty() && stem.len() <= LONGEST, "{file}");
                prop_assert!(!stem.starts_with(['.', '-', ' ']) && !stem.ends_with(['.', ' ']));
                prop_assert!(is_portable_name(&file) && !file.contains(' '), "{file}");
                prop_assert_eq!(compose(&file), file.clone());
                prop_assert_eq!(std::path::Path::new(&file).components().count(), 1);
            }
            prop_assert_eq!(name(&display), name(&display));
        }
    }
}
