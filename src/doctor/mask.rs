//! Reports go to others: ids and names of people stand in them as numbers.

use crate::text::is_guid;

/// Hides ids and the names of accounts; the same one has the same number in all of a report.
#[derive(Debug, Default)]
pub struct Mask {
    ids: Vec<String>,
    accounts: Vec<String>,
}

impl Mask {
    /// The text without ids and accounts.
    pub fn hide(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut word = String::new();
        let part_of_word = |c: char| c.is_alphanumeric() || "-_.@+#".contains(c);
        for c in text.chars().map(Some).chain([None]) {
            match c {
                Some(c) if part_of_word(c) => word.push(c),
                other => {
                    out.push_str(&self.word(&word));
                    word.clear();
                    out.extend(other);
                }
            }
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches('.');
        let dots = word.strip_prefix(bare).unwrap_or_default();
        // An address of an object may end in its id: `policies_0000...`.
        let hyphens = bare.bytes().filter(|b| *b == b'-').count();
        if is_guid(bare) {
            return format!("<id {}>{dots}", number(&mut self.ids, bare));
        }
        if hyphens >= 4
            && let Some((head, tail)) = bare
                .len()
                .checked_sub(36)
                .and_then(|at| bare.split_at_checked(at))
            && is_guid(tail)
        {
            return format!("{head}<id {}>{dots}", number(&mut self.ids, tail));
        }
        match bare.split_once('@') {
            Some((name, domain))
                if !name.is_empty() && domain.contains('.') && !domain.starts_with("odata.") =>
            {
                format!("<account {}>{dots}", number(&mut self.accounts, bare))
            }
            _ => word.to_owned(),
        }
    }
}

/// The number of a text among those that were met.
fn number(met: &mut Vec<String>, text: &str) -> usize {
    let at = met.iter().position(|old| old.eq_ignore_ascii_case(text));
    1 + at.unwrap_or_else(|| {
        met.push(text.to_owned());
        met.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_accounts_are_hidden_and_the_same_one_stays_the_same() {
        let mut mask = Mask::default();
        let one = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
        let two = "00000000-0000-0000-0000-000000000002";
        assert_eq!(
            mask.hide(&format!("GET /policies/{one}: '{two}', ada.b@contoso.com.")),
            "GET /policies/<id 1>: '<id 2>', <account 1>."
        );
        assert_eq!(mask.hide(&format!("u_{}", one.to_uppercase())), "u_<id 1>");
        let plain = "400 BadRequest 1007: `a-b-c-d-e` members@odata.bind ünï-cödé-ist-auch-da-und-lang-genug-für-36";
        assert_eq!(mask.hide(plain), plain);
    }
}
