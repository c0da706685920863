//! What is new in a list that is read again and again.

use std::collections::HashMap;

use super::object::Detection;

/// What was seen of a list of detections.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<String, [String; 4]>,
}

impl Watch {
    /// The places in `items`, the newest first, of those that were not seen yet or have
    /// changed since; the oldest first.
    pub fn news(&mut self, items: &[Detection]) -> Vec<usize> {
        let mut news = Vec::new();
        for (i, item) in items.iter().enumerate().rev() {
            let now = [
                item.risk_level.clone(),
                item.risk_state.clone(),
                item.risk_detail.clone(),
                item.risk_event_type.clone(),
            ];
            if self.seen.get(&item.id) != Some(&now) {
                self.seen.insert(item.id.clone(), now);
                news.push(i);
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_or_changed_is_told_once_the_oldest_first() {
        let item = |id: &str, state: &str| Detection {
            id: id.to_owned(),
            risk_state: state.to_owned(),
            ..Detection::default()
        };
        let mut watch = Watch::default();
        let (a, b) = (item("a", "atRisk"), item("b", "atRisk"));
        assert_eq!(watch.news(&[b.clone(), a.clone()]), [1, 0]);
        assert_eq!(watch.news(&[b.clone(), a]), [0; 0]);
        let (done, c) = (item("a", "remediated"), item("c", "atRisk"));
        assert_eq!(watch.news(&[c, b, done]), [2, 0]);
    }
}
