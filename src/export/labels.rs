//! Words that name a resource in the code of another tool: made from names, stable, and each once.

use std::collections::{HashMap, HashSet};

use crate::import::names::hash;

/// The longest word, without what tells it from its like.
const LONGEST: usize = 120;

/// A word for each name, with what tells it from another of the same name. They do not depend on the
/// order: where several names would be one word, each has a suffix. `lost` stands for a name of which
/// nothing can be part of a word.
pub(super) fn labels(names: &[(&str, &str)], lost: &str) -> Vec<String> {
    let mut shares: HashMap<String, usize> = HashMap::new();
    for (name, _) in names {
        *shares.entry(word(name, lost)).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let all = names.iter();
    all.map(|(name, unique)| {
        let plain = word(name, lost);
        let mut label = plain.clone();
        if shares.get(&plain).is_some_and(|n| *n > 1) {
            label = format!("{plain}_{}", hash(&format!("{name}\n{unique}")));
        }
        let mut again = String::new();
        while !taken.insert(label.clone()) {
            again.push('+');
            label = format!("{plain}_{}", hash(&format!("{name}\n{unique}{again}")));
        }
        label
    })
    .collect()
}

/// Small letters, digits and single `_`; never a digit first, never empty.
fn word(name: &str, lost: &str) -> String {
    let mut word = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !word.ends_with('_') {
            word.push('_');
        }
    }
    let mut word = word.trim_matches('_').to_owned();
    if word.is_empty() {
        return format!("{lost}_{}", hash(name));
    }
    if word.len() > LONGEST {
        word.truncate(LONGEST);
        word = format!("{}_{}", word.trim_end_matches('_'), hash(name));
    }
    match word.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{lost}_{word}"),
        false => word,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::names::tests::any_name;

    #[test]
    fn words_stay_readable() {
        let one = |name: &str| labels(&[(name, "")], "policy").remove(0);
        assert_eq!(
            one("CA100 - Admins: require MFA"),
            "ca100_admins_require_mfa"
        );
        assert_eq!(one("101 Block"), "policy_101_block");
        assert_eq!(one("Gäste"), "g_ste");
        assert!(one("🔥").starts_with("policy_"));
        assert_ne!(one("🔥"), one("💧"));
    }

    proptest! {
        #[test]
        fn every_name_has_a_word_of_its_own(
            all in proptest::collection::vec(any_name(), 1..8)
        ) {
            let ids: Vec<String> = (0..all.len()).map(|at| at.to_string()).collect();
            let names: Vec<(&str, &str)> =
                all.iter().zip(&ids).map(|(name, id)| (&**name, &**id)).collect();
            let words = labels(&names, "policy");
            for word in &words {
                prop_assert!(word.starts_with(|c: char| c.is_ascii_lowercase()), "{word}");
                prop_assert!(
                    word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                    "{word}"
                );
            }
            let own: HashSet<&String> = words.iter().collect();
            prop_assert_eq!(own.len(), words.len());
            // Whatever the order.
            let back: Vec<(&str, &str)> = names.iter().rev().copied().collect();
            let mut turned = labels(&back, "policy");
            turned.reverse();
            let distinct: HashSet<&(&str, &str)> = names.iter().collect();
            if distinct.len() == names.len() {
                prop_assert_eq!(turned, words);
            }
        }
    }
}
