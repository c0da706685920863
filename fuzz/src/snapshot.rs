//! Answers of Graph: any collection is taken into a snapshot or told; what is taken is as it came, has
//! one normal form, and hides no member that nobody knows.
//!
//! The first byte chooses the collection, the rest is the body of a page.

use gatewright::model::facts::{Edition, Facts};
use gatewright::model::normal::{
    ANSWER_ONLY, READ_ONLY, holds_something, is_annotation, without_nulls,
};
use gatewright::model::{Kind, Object};
use gatewright::tenant::audit::LastChange;
use gatewright::tenant::read::items;
use gatewright::tenant::snapshot::{Organization, Snapshot};
use serde_json::Value;

use crate::{manifests, sound};

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let choice = usize::from(*choice);
    let Some(kind) = Kind::ALL.get(choice % 8) else {
        let organization = Organization::read(&body);
        let all = &organization.domains;
        assert!(
            organization.default_domain.is_empty() || all.contains(&organization.default_domain)
        );
        for item in items(body) {
            LastChange::of(&item);
        }
        return;
    };
    let answers = items(body);
    let mut snapshot = Snapshot::default();
    snapshot.add(*kind, answers.clone());
    sound::findings(&snapshot.findings);
    let mut ids: Vec<String> = Vec::new();
    let mut refused = snapshot.findings.len();
    for raw in &answers {
        let id = raw.get("id").and_then(Value::as_str).unwrap_or_default();
        let folded = id.to_ascii_lowercase();
        match snapshot.by_id(*kind, id) {
            // The first of an id is the one that is kept.
            Some(live) if !ids.contains(&folded) && live.raw == *raw => {
                ids.push(folded);
                taken(*kind, raw, &live.object);
                let named = snapshot.live.named(*kind, live.name());
                assert!(named.iter().any(|one| one.id == live.id));
                if !matches!(kind, Kind::Group | Kind::TestUser) {
                    let unknown: Vec<&str> = live
                        .unknown
                        .iter()
                        .map(|one| one.pointer.as_str())
                        .collect();
                    let known = facts(kind.graph_type());
                    for (name, value) in raw.as_object().into_iter().flatten() {
                        let hidden = !known.contains(&name.as_str())
                            && !is_annotation(name)
                            && holds_something(value);
                        let pointer = gatewright::text::pointer::below("", name);
                        assert!(
                            !hidden || unknown.contains(&pointer.as_str()),
                            "{name} is hidden: {raw}"
                        );
                    }
                }
            }
            Some(_) if ids.contains(&folded) => {}
            _ => {
                assert!(refused > 0, "dropped in silence: {raw}");
                refused -= 1;
            }
        }
    }
    assert_eq!(snapshot.of(*kind).len(), ids.len());
}

fn taken(kind: Kind, raw: &Value, object: &Object) {
    let read = Object::from_value(kind, &without_nulls(raw)).unwrap();
    assert_eq!(read.id(), object.id());
    manifests::normal_form(object);
}

/// The members that Graph documents for a type: of all types of the kind, as a list holds several.
fn facts(type_name: &str) -> Vec<&'static str> {
    let facts = Facts::get();
    let derived = facts
        .types
        .iter()
        .filter(|(name, one)| *name == type_name || one.base.as_deref() == Some(type_name));
    // What the service sets, and what real answers hold that no schema names.
    let mut known = [READ_ONLY, ANSWER_ONLY].concat();
    for (name, _) in derived {
        for edition in [Edition::V1, Edition::Beta] {
            known.extend(facts.properties(name, edition).keys());
            known.extend(facts.navigation(name).keys());
        }
    }
    known
}
