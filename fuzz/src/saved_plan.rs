//! Saved plans: any bytes are a plan or an error; a plan that is written and read again is the same.
//!
//! JSON is given the digest that it would have, so that more is tried than the digest.

use std::path::Path;

use gatewright::apply::steps::steps;
use gatewright::plan::file::digest_of;
use gatewright::plan::file::read::{Loaded, text};
use gatewright::render;
use serde_json::Value;

use crate::sound;

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    load(data);
    if let Ok(value) = serde_json::from_slice::<Value>(data)
        && let Some(loaded) = load(resigned(value).to_string().as_bytes())
    {
        sound(&loaded);
    }
}

fn load(data: &[u8]) -> Option<Loaded> {
    match text("plan.json", Path::new("plan.json"), data) {
        Ok(loaded) => Some(loaded),
        Err(finding) => {
            sound::findings(&[*finding]);
            None
        }
    }
}

/// With the digest that somebody would give it who knows how.
fn resigned(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.shift_remove("digest");
        let digest = digest_of(&Value::Object(map.clone()));
        map.insert("digest".to_owned(), digest.into());
    }
    value
}

fn sound(loaded: &Loaded) {
    sound::shown(&render::saved::human(loaded, Default::default()));
    sound::shown(&render::saved::markdown(loaded));
    sound::shown_json(&render::json::text(&render::saved::json(loaded)));
    for action in &loaded.plan.actions {
        for step in steps(action) {
            let path = &step.request.path;
            assert!(
                !path.contains("..") && path.is_ascii(),
                "{:?}",
                step.request
            );
        }
    }
    // Members that this version does not know are in no plan of this version, nor in its digest.
    let value = serde_json::to_value(&loaded.saved).unwrap();
    let written = serde_json::from_value(resigned(value));
    let written: gatewright::plan::file::SavedPlan = written.unwrap();
    let text = written.text();
    sound::shown_json(&text);
    let Some(again) = load(text.as_bytes()) else {
        panic!("written, and not read: {text}");
    };
    assert_eq!(again.saved, written);
    let told = |loaded: &Loaded| render::saved::human(loaded, Default::default());
    assert_eq!(
        told(&again).replace(&again.saved.digest, ""),
        told(loaded).replace(&loaded.saved.digest, "")
    );
}
