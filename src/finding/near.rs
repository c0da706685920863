//! What a misspelt name was meant to be.

use std::collections::HashMap;

/// The candidate that `text` was most likely meant to be: of those that are close in spelling the
/// one with the fewest letters that differ; letter case does not count.
pub fn did_you_mean<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = text.to_lowercase();
    let mut best: Option<(usize, f64, &str)> = None;
    for candidate in candidates {
        let other = candidate.to_lowercase();
        // A name that begins alike is close, too, however it goes on.
        let score = strsim::jaro_winkler(&lower, &other)
            .max(strsim::normalized_damerau_levenshtein(&lower, &other));
        if score <= 0.82 {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&lower, &other);
        let closer = |(least, most, _): (usize, f64, &str)| {
            distance < least || distance == least && score > most
        };
        if best.is_none_or(closer) {
            best = Some((distance, score, candidate));
        }
    }
    best.map(|(.., text)| text)
}

/// Names, found by others that differ from them in letter case, in blanks and signs, or in one
/// letter. Names that differ in digits alone are often those of different things.
///
/// In time and room linear in the names: each stands under its letters, and under its letters
/// without each one of them.
#[derive(Debug, Default)]
pub struct NearNames {
    names: Vec<(String, Vec<char>)>,
    without: HashMap<Vec<char>, Vec<usize>>,
}

/// From how many letters on one of them may differ.
const LONG: usize = 5;

impl NearNames {
    /// Adds a name.
    pub fn add(&mut self, name: &str) {
        let letters = letters(name);
        for key in keys(&letters) {
            self.without.entry(key).or_default().push(self.names.len());
        }
        self.names.push((name.to_owned(), letters));
    }

    /// The one that is nearest; of several the first by the alphabet.
    pub fn nearest(&self, target: &str) -> Option<&str> {
        let wanted = letters(target);
        if wanted.is_empty() {
            return None;
        }
        let found = keys(&wanted)
            .into_iter()
            .filter_map(|key| self.without.get(&key));
        let near = found.flatten().filter_map(|at| self.names.get(*at));
        let near =
            near.filter(|(_, letters)| *letters == wanted || differ_in_a_letter(letters, &wanted));
        near.map(|(name, letters)| (*letters != wanted, name.as_str()))
            .min()
            .map(|(_, name)| name)
    }
}

/// Whether one text is the other but for a slip of the pen: letter case, blanks and signs, or, where
/// there are enough of them, one letter.
pub fn is_slip(text: &str, other: &str) -> bool {
    let (one, other) = (letters(text), letters(other));
    one == other || one.len() >= LONG && differ_in_a_letter(&one, &other)
}

fn letters(text: &str) -> Vec<char> {
    let signs = text.chars().filter(|c| c.is_alphanumeric());
    signs.flat_map(char::to_lowercase).collect()
}

/// The letters, and those without each one of them.
fn keys(letters: &[char]) -> Vec<Vec<char>> {
    let mut keys = vec![letters.to_vec()];
    if letters.len() >= LONG {
        keys.extend((0..letters.len()).map(|at| {
            let mut key = letters.to_vec();
            key.remove(at);
            key
        }));
    }
    keys
}

/// Whether one letter was changed, left out, added or has changed places with the next, and it is
/// not a digit.
fn differ_in_a_letter(one: &[char], other: &[char]) -> bool {
    let texts = |letters: &[char]| letters.iter().collect::<String>();
    let digits =
        |letters: &[char]| -> String { letters.iter().filter(|c| c.is_numeric()).collect() };
    digits(one) == digits(other) && strsim::osa_distance(&texts(one), &texts(other)) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_what_a_slip_makes_of_a_name() {
        let mut near = NearNames::default();
        for name in ["CA-BreakGlass", "CA-Exclude-01", "Office365", "GB"] {
            near.add(name);
        }
        for (text, meant) in [
            ("CA-BreakGlas", Some("CA-BreakGlass")),
            ("ca breakglass", Some("CA-BreakGlass")),
            ("CA-BreakGalss", Some("CA-BreakGlass")),
            ("CA-BreakGlasss", Some("CA-BreakGlass")),
            ("CA-BreakGless", Some("CA-BreakGlass")),
            ("Office 365", Some("Office365")),
            // Others of a family, and short names.
            ("CA-Exclude-02", None),
            ("CA-Exclude-1", None),
            ("CA-Break", None),
            ("DB", None),
            ("", None),
        ] {
            assert_eq!(near.nearest(text), meant, "{text}");
        }
    }

    #[test]
    fn did_you_mean_finds_typing_errors_and_wrong_case_and_nothing_far_off() {
        let names = ["displayName", "conditions", "grantControls"];
        assert_eq!(did_you_mean("dispayName", names), Some("displayName"));
        assert_eq!(did_you_mean("GrantControls", names), Some("grantControls"));
        assert_eq!(did_you_mean("colour", names), None);
        // The whole name that is nearest, not the one that begins alike.
        let names = [
            "SharePoint Online Client Extensibility",
            "SharePoint Online",
            "SharePoint Online Web Client Extensibility Isolated",
        ];
        for text in ["SharePont Online", "sharepoint onlin", "SharePointOnline"] {
            assert_eq!(did_you_mean(text, names), Some("SharePoint Online"));
        }
        assert_eq!(
            did_you_mean("SharePoint Online Client Extensibilty", names),
            Some("SharePoint Online Client Extensibility")
        );
    }
}
