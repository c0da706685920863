//! Writes down what is to be done, probe by probe.

use serde_json::{Value, json};

use super::{TrialGround, name};
use crate::apply::step::Purpose;
use crate::apply::trial::{TrialObject, TrialStep, Trials, Until};
use crate::doctor::leftovers::path_of;
use crate::graph::Request;
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::plan::Verb;

/// What is to be done.
#[derive(Debug)]
pub struct Script {
    pub(super) trials: Trials,
    pub(super) ground: TrialGround,
    token: String,
    probe: &'static str,
}

/// An object of the script, by its number.
pub(super) type Made = usize;

impl Script {
    pub(super) fn new(ground: &TrialGround, token: &str) -> Script {
        Script {
            trials: Trials::default(),
            ground: ground.clone(),
            token: token.to_owned(),
            probe: "",
        }
    }

    /// Begins a probe; answers where its steps begin.
    pub(super) fn begin(&mut self, probe: &'static str) -> usize {
        self.probe = probe;
        self.trials.steps.len()
    }

    /// An object that is made by the request, which may be refused.
    fn object(&mut self, kind: Kind, name: String) -> Made {
        self.trials.objects.push(TrialObject {
            verb: Verb::Create,
            kind,
            name,
            id: None,
            before: None,
        });
        self.trials.objects.len() - 1
    }

    fn push(&mut self, object: Made, step: TrialStep) {
        self.trials.steps.push((object, step));
    }

    /// The name of the probe's own object.
    pub fn name(&self) -> String {
        name(&self.token, self.probe)
    }

    /// Makes an object from a body, which gets its name unless it has one.
    pub fn create(&mut self, kind: Kind, mut body: Value) -> Made {
        let given = body.get("displayName").and_then(Value::as_str);
        let name = given.map_or_else(|| self.name(), str::to_owned);
        if let Some(body) = body.as_object_mut() {
            body.insert("displayName".to_owned(), json!(name));
        }
        let object = self.object(kind, name);
        let request = Request::post(Edition::V1, path_of(kind), body);
        self.send(object, request, Purpose::Create, true);
        object
    }

    /// Makes an object whose refusal is expected: what it names does not exist, and it is not
    /// waited for that it does.
    pub fn create_now(&mut self, kind: Kind, body: Value) -> Made {
        let made = self.create(kind, body);
        if let Some((_, step)) = self.trials.steps.last_mut() {
            step.fresh = false;
        }
        made
    }

    /// A plain policy with other members laid over it, first level by first level.
    pub fn policy(&mut self, over: Value) -> Made {
        self.create(Kind::ConditionalAccessPolicy, plain(over))
    }

    /// A plain policy with other members laid over it, which may be refused for them.
    pub fn policy_now(&mut self, over: Value) -> Made {
        self.create_now(Kind::ConditionalAccessPolicy, plain(over))
    }

    /// Sends a request about an object.
    pub fn send(&mut self, object: Made, request: Request, purpose: Purpose, fresh: bool) {
        self.push(
            object,
            TrialStep {
                request,
                purpose,
                fresh,
                until: Until::Now,
            },
        );
    }

    /// The path of an object.
    pub fn path(&self, object: Made) -> String {
        let kind = self.trials.objects.get(object).map(|o| o.kind);
        let collection = kind.map_or("", path_of);
        format!("{collection}/{{{object}}}")
    }

    /// Changes an object and gives it another name, by which it is told when the change shows.
    pub fn change(&mut self, object: Made, mut body: Value) {
        let name = format!("{} 2", self.name());
        if let Some(body) = body.as_object_mut() {
            body.insert("displayName".to_owned(), json!(name));
        }
        self.change_only(object, body, true);
        self.look(object, Until::Called(name));
    }

    /// Changes an object.
    pub fn change_only(&mut self, object: Made, body: Value, fresh: bool) {
        let request = Request::patch(Edition::V1, self.path(object), body);
        self.send(object, request, Purpose::Try, fresh);
    }

    /// Reads an object until it is as it should be.
    pub fn look(&mut self, object: Made, until: Until) {
        let path = self.path(object);
        self.look_at(object, path, until);
    }

    /// Reads something.
    pub fn look_at(&mut self, object: Made, path: String, until: Until) {
        self.look_by(object, Request::get(Edition::V1, path), until);
    }

    /// Reads something.
    pub fn look_by(&mut self, object: Made, request: Request, until: Until) {
        self.push(
            object,
            TrialStep {
                request,
                purpose: Purpose::Try,
                fresh: false,
                until,
            },
        );
    }

    /// Deletes an object, and sees whether the tenant does it.
    pub fn delete(&mut self, object: Made) {
        let request = Request::delete(Edition::V1, self.path(object));
        self.send(object, request, Purpose::Try, false);
    }
}

/// A policy that is disabled and about nobody and nothing, with other members laid over it.
pub(super) fn plain(over: Value) -> Value {
    let mut body = json!({
        "state": "disabled",
        "conditions": {
            "users": { "includeUsers": ["None"] },
            "applications": { "includeApplications": ["None"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
    });
    lay(&mut body, over);
    body
}

/// Lays members over others; `conditions` member by member.
fn lay(under: &mut Value, over: Value) {
    let (Some(under), Value::Object(over)) = (under.as_object_mut(), over) else {
        return;
    };
    for (name, value) in over {
        match under.get_mut(&name) {
            Some(old) if name == "conditions" => lay(old, value),
            _ => {
                under.insert(name, value);
            }
        }
    }
}
