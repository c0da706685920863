//! What doctor made and did not take away: found by the name that everything of doctor's bears,
//! and by the journals of its runs.

use serde_json::{Value, json};

use super::{CLEAN_UP, PREFIX, ProbeQuestion, ProbeVerdict, ask};
use crate::apply::step::Purpose;
use crate::apply::trial::{TrialObject, TrialStep, Trials, Until};
use crate::graph::read::{Reader, groups_with_prefix};
use crate::graph::request::{encode, item, literal};
use crate::graph::{GraphError, Request};
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::plan::Verb;
use crate::tenant::read::{LOCATIONS, POLICIES, STRENGTHS, items, text};

/// The question whether there is anything.
pub const QUESTION: ProbeQuestion = ask(
    "leftovers",
    "did an earlier doctor leave anything behind?",
    "nothing that doctor created is in the tenant (state)",
);

/// Where the deleted policies lie.
const BIN: &str = "/identity/conditionalAccess/deletedItems";
/// Where the deleted groups lie.
const GROUP_BIN: &str = "/directory/deletedItems/microsoft.graph.group";

/// What is there of doctor's.
#[derive(Debug, Clone, Default)]
pub struct Leftovers {
    /// Objects that live.
    pub live: Vec<Leftover>,
    /// Objects that lie in a recycle bin.
    pub binned: Vec<Leftover>,
    /// Objects that bear doctor's name and are none that it makes: they are left alone.
    pub foreign: Vec<String>,
    /// What could not be read.
    pub unread: Vec<String>,
}

/// One object.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The object as it was read.
    pub raw: Value,
}

impl Leftovers {
    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.binned.is_empty()
    }

    /// Whether an object of the id, or without one of the name, lives.
    pub fn shows(&self, id: Option<&str>, name: &str) -> bool {
        self.live.iter().any(|one| match id {
            Some(id) => one.id.eq_ignore_ascii_case(id),
            None => one.name == name,
        })
    }

    /// The verdict on the question.
    pub fn verdict(&self) -> ProbeVerdict {
        let mut verdict = ProbeVerdict::of(
            self.live.len(),
            match self.live.is_empty() {
                true => format!("nothing is named `{PREFIX} ...`"),
                false => "`gatewright doctor --clean-up` deletes them".to_owned(),
            },
        );
        for one in &self.live {
            verdict = verdict.and(format!("{} `{}`", one.kind.words(), one.name));
        }
        if !self.binned.is_empty() {
            verdict = verdict.and(format!("{} in the recycle bin", self.binned.len()));
        }
        for name in &self.foreign {
            verdict = verdict.and(format!(
                "`{name}` was not created by doctor: it is left alone"
            ));
        }
        match self.unread.is_empty() {
            true => verdict,
            false => ProbeVerdict {
                answer: Value::Null,
                ..verdict.and(format!(
                    "not everything could be read: {}",
                    self.unread.join("; ")
                ))
            },
        }
    }

    /// What takes away all that lives: policies first, then what they may refer to. `made` are
    /// ids of a run's own; those that are gone already are deleted once more, so that the journal
    /// tells their end.
    pub fn removal(&self, made: &[(Kind, String, String)], of: Run<'_>) -> Trials {
        let mut trials = of.trials();
        let mut live: Vec<Leftover> = self.live.clone();
        for (kind, name, id) in made {
            if !self.shows(Some(id), name) {
                live.push(Leftover {
                    kind: *kind,
                    id: id.clone(),
                    name: name.clone(),
                    raw: Value::Null,
                });
            }
        }
        live.sort_by_key(|one| one.kind != Kind::ConditionalAccessPolicy);
        for one in &live {
            let object = add(&mut trials, one);
            let path = item(path_of(one.kind), &one.id);
            if one.raw.get("isTrusted") == Some(&Value::Bool(true)) {
                let tag = one.raw.get("@odata.type");
                let body = json!({"@odata.type": tag, "isTrusted": false});
                let request = Request::patch(Edition::V1, path.clone(), body);
                push(&mut trials, object, request, Purpose::Prepare);
            }
            let request = Request::delete(Edition::V1, path);
            push(&mut trials, object, request, Purpose::Delete);
        }
        trials
    }

    /// What takes all out of the recycle bins.
    pub fn purge(&self, of: Run<'_>) -> Trials {
        let mut trials = of.trials();
        for one in &self.binned {
            let Some(bin) = bin_of(one.kind) else {
                continue;
            };
            let object = add(&mut trials, one);
            let request = Request::delete(Edition::V1, item(bin, &one.id));
            push(&mut trials, object, request, Purpose::Try);
        }
        trials
    }
}

/// Whose tenant a run is about: its name in gatewright.yaml, and its id.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The name.
    pub tenant: &'a str,
    /// The id.
    pub tenant_id: &'a str,
}

impl Run<'_> {
    fn trials(self) -> Trials {
        Trials {
            command: CLEAN_UP,
            tenant: self.tenant.to_owned(),
            tenant_id: self.tenant_id.to_owned(),
            ..Trials::default()
        }
    }
}

fn add(trials: &mut Trials, one: &Leftover) -> usize {
    trials.objects.push(TrialObject {
        verb: Verb::Delete,
        kind: one.kind,
        name: one.name.clone(),
        id: Some(one.id.clone()),
        before: Some(one.raw.clone()).filter(|raw| !raw.is_null()),
    });
    trials.objects.len() - 1
}

fn push(trials: &mut Trials, object: usize, request: Request, purpose: Purpose) {
    trials.steps.push((
        object,
        TrialStep {
            request,
            purpose,
            // What was just untrusted, or is no longer in use, is refused for a while.
            fresh: purpose == Purpose::Delete,
            until: Until::Now,
        },
    ));
}

/// Where objects of a kind live.
pub fn path_of(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => POLICIES,
        Kind::NamedLocation => LOCATIONS,
        Kind::AuthenticationStrength => STRENGTHS,
        Kind::AuthenticationContext => crate::tenant::read::CONTEXTS,
        Kind::Group => "/groups",
        Kind::TestUser => "/users",
    }
}

fn bin_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::ConditionalAccessPolicy => Some("/identity/conditionalAccess/deletedItems/policies"),
        Kind::NamedLocation => Some("/identity/conditionalAccess/deletedItems/namedLocations"),
        Kind::Group => Some("/directory/deletedItems"),
        _ => None,
    }
}

/// Looks for what is there.
///
/// # Errors
/// When the policies cannot be read; what else cannot be is told.
pub async fn find(reader: &Reader<'_>) -> Result<Leftovers, GraphError> {
    let mut found = Leftovers::default();
    let policies = reader.policies(Edition::Beta).await?;
    found.take(Kind::ConditionalAccessPolicy, policies);
    let lists = [
        (Kind::NamedLocation, reader.locations(Edition::Beta).await),
        (
            Kind::AuthenticationStrength,
            reader.ask(Edition::V1, STRENGTHS).await.map(items),
        ),
        (
            Kind::Group,
            reader
                .ask(Edition::V1, &groups_with_prefix(PREFIX))
                .await
                .map(items),
        ),
    ];
    for (kind, list) in lists {
        match list {
            Ok(list) => found.take(kind, list),
            Err(error) => found.unread.push(super::told::error(&error)),
        }
    }
    let filter = encode(&format!("startswith(displayName,{})", literal(PREFIX)));
    let bins = [
        (Kind::ConditionalAccessPolicy, format!("{BIN}/policies")),
        (Kind::NamedLocation, format!("{BIN}/namedLocations")),
        (
            Kind::Group,
            format!("{GROUP_BIN}?$filter={filter}&$select=id,displayName"),
        ),
    ];
    for (kind, path) in bins {
        // Where the bin cannot be read, what lies in it goes by itself after 30 days.
        for raw in reader
            .ask(Edition::V1, &path)
            .await
            .map(items)
            .unwrap_or_default()
        {
            if let Some(one) = leftover(kind, raw) {
                found.binned.push(one);
            }
        }
    }
    Ok(found)
}

impl Leftovers {
    fn take(&mut self, kind: Kind, list: Vec<Value>) {
        for one in list.into_iter().filter_map(|raw| leftover(kind, raw)) {
            // Nothing that doctor makes is in force: what is, is somebody's.
            let in_force =
                kind == Kind::ConditionalAccessPolicy && text(&one.raw, "state") == "enabled";
            match in_force {
                true => self.foreign.push(one.name),
                false => self.live.push(one),
            }
        }
    }
}

fn leftover(kind: Kind, raw: Value) -> Option<Leftover> {
    let name = text(&raw, "displayName").to_owned();
    let id = raw.get("id")?.as_str()?.to_owned();
    let rest = name.strip_prefix(PREFIX)?.strip_prefix(' ')?;
    let token = rest.split(' ').next().unwrap_or_default();
    let is_token = token.len() == 8 && token.bytes().all(|b| b.is_ascii_hexdigit());
    is_token.then_some(Leftover {
        kind,
        id,
        name,
        raw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Run<'static> = Run {
        tenant: "t",
        tenant_id: "id",
    };

    fn policy(name: &str, state: &str) -> Value {
        json!({"id": "1", "displayName": name, "state": state})
    }

    #[test]
    fn only_what_bears_the_whole_name_and_is_not_in_force_is_taken_away() {
        let mut found = Leftovers::default();
        found.take(
            Kind::ConditionalAccessPolicy,
            vec![
                policy("GATEWRIGHT-DOCTOR 0a1b2c3d lag", "disabled"),
                policy(
                    "GATEWRIGHT-DOCTOR 0a1b2c3d lag",
                    "enabledForReportingButNotEnforced",
                ),
                policy("GATEWRIGHT-DOCTOR 0a1b2c3d lag", "enabled"),
                policy("GATEWRIGHT-DOCTORS", "disabled"),
                policy("GATEWRIGHT-DOCTOR notes", "disabled"),
                policy("gatewright-doctor 0a1b2c3d", "disabled"),
                policy("MFA", "disabled"),
            ],
        );
        assert_eq!((found.live.len(), found.foreign.len()), (2, 1));
        let trials = found.removal(&[], RUN);
        assert_eq!((trials.objects.len(), trials.steps.len()), (2, 2));
        // What a run made and nobody sees any more is told to be gone.
        let made = [(
            Kind::Group,
            "GATEWRIGHT-DOCTOR 0a1b2c3d g".to_owned(),
            "g".to_owned(),
        )];
        assert_eq!(found.removal(&made, RUN).objects.len(), 3);
    }

    #[test]
    fn policies_go_before_what_they_refer_to_and_trust_before_a_location() {
        let mut found = Leftovers::default();
        let location = json!({"id": "l", "displayName": "GATEWRIGHT-DOCTOR 0a1b2c3d l",
            "@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": true});
        found.take(Kind::NamedLocation, vec![location]);
        found.take(
            Kind::ConditionalAccessPolicy,
            vec![policy("GATEWRIGHT-DOCTOR 0a1b2c3d p", "disabled")],
        );
        let steps = found.removal(&[], RUN).steps;
        let said: Vec<String> = steps.iter().map(|(_, s)| s.request.to_string()).collect();
        assert_eq!(
            said,
            [
                "DELETE /v1.0/identity/conditionalAccess/policies/1",
                "PATCH /v1.0/identity/conditionalAccess/namedLocations/l",
                "DELETE /v1.0/identity/conditionalAccess/namedLocations/l",
            ]
        );
    }
}
