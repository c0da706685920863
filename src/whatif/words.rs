//! The words of a sign-in that are one of a few. Strict: unlike the enums of Graph's objects,
//! which keep what they do not know, a word that is none of them is an error.

use std::fmt;

use crate::finding::did_you_mean;

/// A text that is none of the words that may stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NoSuchWord {
    /// The text.
    pub text: String,
    /// What it should be, with its article.
    pub what: &'static str,
    /// The words that may stand there.
    pub words: Vec<&'static str>,
}

impl fmt::Display for NoSuchWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}: ", self.text.escape_debug(), self.what)?;
        if let Some(meant) = did_you_mean(&self.text, self.words.iter().copied()) {
            return write!(f, "did you mean `{meant}`?");
        }
        let words: Vec<String> = self.words.iter().map(|word| format!("`{word}`")).collect();
        write!(f, "write {}", words.join(", "))
    }
}

/// Declares a strict enum: its words, read in any letter case, and other spellings of them.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal {
        $($(#[$vmeta:meta])* $variant:ident = $text:literal $(| $alias:literal)*),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::whatif::words::NoSuchWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is = |word: &str| text.eq_ignore_ascii_case(word);
                $(if is($text) $(|| is($alias))* { return Ok($name::$variant); })+
                Err($crate::whatif::words::NoSuchWord {
                    text: text.to_owned(),
                    what: $what,
                    words: vec![$($text),+],
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($text),+] })
            }
        }
    };
}
pub(super) use words;
