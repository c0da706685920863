//! The ids that stay ids, told together: a tenant may have hundreds whose objects are gone.

use indexmap::IndexMap;

use crate::finding::{Code, Finding, Place};

/// Up to this many ids of one reason are told one by one.
const ONE_BY_ONE: usize = 5;

/// What it means that an id has no name, and what a person may do about it.
#[derive(Debug, Clone, Copy)]
pub struct Nameless {
    /// The reason, as it stands in the manifest's comment.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// The ids that have no name of their own, by reason.
#[derive(Debug, Clone)]
pub(crate) struct Unnamed {
    nameless: Nameless,
    reasons: IndexMap<String, IndexMap<String, Occurrences>>,
}

/// Where an id stands.
#[derive(Debug, Clone)]
struct Occurrences {
    first: Place,
    places: usize,
}

impl Unnamed {
    /// None yet.
    pub(crate) fn new(nameless: Nameless) -> Unnamed {
        Unnamed {
            nameless,
            reasons: IndexMap::new(),
        }
    }

    /// Notes that `id` stays an id at `place`.
    pub(crate) fn note(&mut self, id: &str, why: &str, place: Place) {
        let ids = self.reasons.entry(why.to_owned()).or_default();
        ids.entry(id.to_owned())
            .and_modify(|found| found.places += 1)
            .or_insert(Occurrences {
                first: place,
                places: 1,
            });
    }

    /// How many different ids there are.
    pub(crate) fn count(&self) -> usize {
        self.reasons.values().map(IndexMap::len).sum()
    }

    /// One finding for each id, at its first place; with `together`, one for all ids of a
    /// reason where they are many.
    pub(crate) fn findings(&self, together: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (why, ids) in &self.reasons {
            let mut tell = |message: String, at: &Place| {
                let finding = Finding::hint(Code::Import, message).at(at.clone());
                findings.push(match why == self.nameless.why {
                    true => finding.help(self.nameless.help),
                    false => finding,
                });
            };
            if together
                && ids.len() > ONE_BY_ONE
                && let Some(Occurrences { first, .. }) = ids.values().next()
            {
                let some: Vec<&str> = ids.keys().take(3).map(String::as_str).collect();
                let (count, some) = (ids.len(), some.join("`, `"));
                tell(
                    format!("{count} ids stay ids, such as `{some}`: {why}"),
                    first,
                );
                continue;
            }
            for (id, Occurrences { first, places }) in ids {
                let places = match places {
                    1 => String::new(),
                    several => format!(" in {several} places"),
                };
                tell(format!("`{id}` stays an id{places}: {why}"), first);
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::source::SourceFile;

    const NAMELESS: Nameless = Nameless {
        why: "gone",
        help: "look",
    };

    fn told(ids: &[(&str, &str)], together: bool) -> Vec<String> {
        let file = SourceFile::new("a.yaml", "a.yaml", "x".to_owned());
        let mut unnamed = Unnamed::new(NAMELESS);
        for (id, why) in ids {
            unnamed.note(id, why, Place::new(&file, 0..1));
        }
        unnamed
            .findings(together)
            .into_iter()
            .map(|found| format!("{} ({})", found.message, found.help.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_id_is_told_once_however_often_it_stands() {
        assert_eq!(
            told(&[("1", "gone"), ("2", "twin"), ("1", "gone")], true),
            [
                "`1` stays an id in 2 places: gone (look)",
                "`2` stays an id: twin ()"
            ]
        );
    }

    #[test]
    fn many_ids_of_one_reason_are_told_together_unless_each_is_wanted() {
        let ids: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let mut ids: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "gone")).collect();
        ids.push(("x", "twin"));
        assert_eq!(
            told(&ids, true),
            [
                "300 ids stay ids, such as `0`, `1`, `2`: gone (look)",
                "`x` stays an id: twin ()"
            ]
        );
        assert_eq!(told(&ids, false).len(), 301);
    }
}
