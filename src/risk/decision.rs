//! What an administrator decides about users at risk: planned as data, guarded, and shown
//! before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::object::{Detection, RiskyUser};
use crate::finding::{Code, Finding};
use crate::graph::Request;
use crate::model::facts::Edition;
use crate::text::{counted, few};

/// How many users one request takes (riskyUser: dismiss).
pub const BATCH: usize = 60;
/// How many users a decision may be about unless more are allowed.
pub const MOST: usize = 20;

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// There is no risk: the level becomes `none` (riskyUser: dismiss).
    Dismiss,
    /// Somebody else has the account: the level becomes `high` (confirmCompromised).
    ConfirmCompromised,
    /// It was the user: the level becomes `none` (confirmSafe).
    ConfirmSafe,
}

impl Decision {
    /// The command's name.
    pub fn command(self) -> &'static str {
        match self {
            Decision::Dismiss => "dismiss",
            Decision::ConfirmCompromised => "confirm-compromised",
            Decision::ConfirmSafe => "confirm-safe",
        }
    }

    /// The action's name in Graph.
    fn action(self) -> &'static str {
        match self {
            Decision::Dismiss => "dismiss",
            Decision::ConfirmCompromised => "confirmCompromised",
            Decision::ConfirmSafe => "confirmSafe",
        }
    }

    /// The state that follows (riskState).
    pub fn state(self) -> &'static str {
        match self {
            Decision::Dismiss => "dismissed",
            Decision::ConfirmCompromised => "confirmedCompromised",
            Decision::ConfirmSafe => "confirmedSafe",
        }
    }

    /// What is done to some users, as a sentence begins.
    pub fn sentence(self, users: usize) -> String {
        let users = counted(users, "user");
        match self {
            Decision::Dismiss => format!("dismiss the risk of {users}"),
            Decision::ConfirmCompromised => format!("confirm {users} as compromised (level high)"),
            Decision::ConfirmSafe => format!("confirm {users} as safe"),
        }
    }

    /// Whether there is something to decide about a user in this state. Any user can be
    /// compromised; only a user at risk can be dismissed or safe.
    fn concerns(self, user: &RiskyUser) -> bool {
        // The service keeps deleted users, and takes no decision about them.
        if user.is_deleted {
            return false;
        }
        match self {
            Decision::ConfirmCompromised => user.risk_state != self.state(),
            Decision::Dismiss | Decision::ConfirmSafe => {
                matches!(user.risk_state.as_str(), "atRisk" | "confirmedCompromised")
            }
        }
    }
}

/// One user whom a decision is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The user before.
    pub user: RiskyUser,
    /// What was noticed and is not settled, with how often, the most frequent first.
    pub why: Vec<(String, usize)>,
    /// Whether it is a break-glass account.
    pub break_glass: bool,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionPlan {
    /// The decision.
    pub decision: Decision,
    /// The users whom it is about.
    pub items: Vec<Item>,
    /// Users who were meant, and about whom there is nothing to decide.
    pub left: Vec<RiskyUser>,
}

/// Plans a decision about users. `break_glass` holds the ids of break-glass accounts.
pub fn plan(
    decision: Decision,
    users: Vec<RiskyUser>,
    detections: &[Detection],
    break_glass: &BTreeSet<String>,
) -> DecisionPlan {
    let mut seen = BTreeSet::new();
    let (mut items, mut left) = (Vec::new(), Vec::new());
    for user in users {
        let id = user.id.to_lowercase();
        if !seen.insert(id.clone()) {
            continue;
        }
        if !decision.concerns(&user) {
            left.push(user);
            continue;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for found in detections {
            let open = matches!(found.risk_state.as_str(), "atRisk" | "confirmedCompromised");
            if open && found.user_id.eq_ignore_ascii_case(&id) {
                *counts.entry(&found.risk_event_type).or_default() += 1;
            }
        }
        let mut why: Vec<(String, usize)> = counts
            .into_iter()
            .map(|(kind, count)| (kind.to_owned(), count))
            .collect();
        why.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        items.push(Item {
            break_glass: break_glass.iter().any(|b| b.eq_ignore_ascii_case(&id)),
            user,
            why,
        });
    }
    DecisionPlan {
        decision,
        items,
        left,
    }
}

/// What may be decided without more words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionLimits {
    /// How many users at most.
    pub most: usize,
    /// Whether break-glass accounts may be among them.
    pub break_glass: bool,
}

impl DecisionPlan {
    /// The reason why nothing is to be done, when nobody is left to decide about.
    pub fn nobody(&self) -> Option<Finding> {
        if !self.items.is_empty() {
            return None;
        }
        let named = self.left.iter().map(|user| match user.risk_state.as_str() {
            _ if user.is_deleted => format!("`{}` was deleted", user.name()),
            "none" => format!("`{}` is not at risk", user.name()),
            state => format!("`{}` is `{state}`", user.name()),
        });
        let message = match self.left.is_empty() {
            true => "no user at risk matches".to_owned(),
            false => format!("there is nothing to decide: {}", few(named, 10)),
        };
        Some(
            Finding::error(Code::NobodyAtRisk, message)
                .help("`gatewright risk users` shows who is at risk"),
        )
    }

    /// What the guards refuse.
    pub fn refused(&self, guards: DecisionLimits) -> Vec<Finding> {
        let mut found = Vec::new();
        let count = self.items.len();
        if count > guards.most {
            found.push(
                Finding::error(
                    Code::RiskGuard,
                    format!("{count} users match, but at most {} are allowed", guards.most),
                )
                .help(format!(
                    "narrow it with `--level`, `--state` or `--since`, or allow it with `--max {count}`"
                )),
            );
        }
        let precious: Vec<String> = self
            .items
            .iter()
            .filter(|item| item.break_glass)
            .map(|item| format!("`{}`", item.user.name()))
            .collect();
        if !precious.is_empty() && !guards.break_glass {
            found.push(
                Finding::error(
                    Code::RiskGuard,
                    format!(
                        "the users include break-glass accounts: {}",
                        precious.join(", ")
                    ),
                )
                .help("look into it by hand first; `--include-break-glass` continues anyway"),
            );
        }
        found
    }

    /// The requests, each with the users that it is about, by their place in the plan.
    pub fn requests(&self) -> Vec<(Vec<usize>, Request)> {
        let all: Vec<usize> = (0..self.items.len()).collect();
        all.chunks(BATCH)
            .map(|chunk| (chunk.to_vec(), self.request(chunk)))
            .collect()
    }

    /// The request about some of the users.
    pub fn request(&self, users: &[usize]) -> Request {
        let ids: Vec<&str> = users
            .iter()
            .filter_map(|i| Some(self.items.get(*i)?.user.id.as_str()))
            .collect();
        let path = format!("/identityProtection/riskyUsers/{}", self.decision.action());
        Request::post(Edition::V1, path, json!({ "userIds": ids }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, state: &str) -> RiskyUser {
        RiskyUser {
            id: id.to_owned(),
            user_principal_name: format!("{id}@contoso.com"),
            risk_state: state.to_owned(),
            ..RiskyUser::default()
        }
    }

    fn of(decision: Decision, users: Vec<RiskyUser>) -> DecisionPlan {
        plan(decision, users, &[], &BTreeSet::new())
    }

    #[test]
    fn requests_hold_at_most_sixty_users_and_all_of_them_once() {
        for count in [1, 59, 60, 61, 120, 121] {
            let users = (0..count).map(|n| user(&format!("u{n}"), "atRisk"));
            let plan = of(Decision::Dismiss, users.collect());
            let requests = plan.requests();
            assert_eq!(requests.len(), usize::div_ceil(count, 60));
            let sent: Vec<String> = requests
                .iter()
                .flat_map(|(_, request)| {
                    let ids = request.body.as_ref().unwrap()["userIds"]
                        .as_array()
                        .unwrap();
                    assert!((1..=60).contains(&ids.len()));
                    ids.iter().map(|id| id.as_str().unwrap().to_owned())
                })
                .collect();
            assert_eq!(
                sent,
                (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>()
            );
        }
        let twice = vec![user("a", "atRisk"), user("A", "atRisk")];
        assert_eq!(of(Decision::Dismiss, twice).items.len(), 1);
    }

    #[test]
    fn only_who_is_at_risk_is_dismissed_and_anybody_can_be_compromised() {
        let states = [
            "atRisk",
            "confirmedCompromised",
            "dismissed",
            "remediated",
            "none",
        ];
        let count = |decision| {
            let plan = of(decision, states.iter().map(|s| user(s, s)).collect());
            (plan.items.len(), plan.left.len())
        };
        assert_eq!(count(Decision::Dismiss), (2, 3));
        assert_eq!(count(Decision::ConfirmSafe), (2, 3));
        assert_eq!(count(Decision::ConfirmCompromised), (4, 1));
        assert!(
            of(Decision::Dismiss, vec![user("a", "none")])
                .nobody()
                .is_some()
        );
        assert!(of(Decision::Dismiss, Vec::new()).nobody().is_some());
    }

    #[test]
    fn too_many_users_and_break_glass_accounts_are_refused_by_name() {
        let users = vec![user("a", "atRisk"), user("b", "atRisk")];
        let precious = BTreeSet::from(["B".to_owned()]);
        let plan = plan(Decision::ConfirmCompromised, users, &[], &precious);
        let refused = |most, break_glass| plan.refused(DecisionLimits { most, break_glass });
        assert_eq!(refused(2, true), []);
        assert_eq!(refused(1, true).len(), 1);
        let named = refused(2, false);
        assert!(named[0].message.contains("b@contoso.com"), "{named:?}");
        assert!(!named[0].message.contains("a@contoso.com"));
        assert_eq!(refused(1, false).len(), 2);
    }

    #[test]
    fn the_reasons_are_what_is_not_settled() {
        let found = |kind: &str, state: &str| Detection {
            risk_event_type: kind.to_owned(),
            risk_state: state.to_owned(),
            user_id: "A".to_owned(),
            ..Detection::default()
        };
        let detections = [
            found("unlikelyTravel", "atRisk"),
            found("anonymizedIPAddress", "atRisk"),
            found("anonymizedIPAddress", "atRisk"),
            found("leakedCredentials", "remediated"),
        ];
        let users = vec![user("a", "atRisk")];
        let plan = plan(Decision::Dismiss, users, &detections, &BTreeSet::new());
        let expected = [("anonymizedIPAddress", 2), ("unlikelyTravel", 1)];
        assert_eq!(plan.items[0].why, expected.map(|(k, n)| (k.to_owned(), n)));
    }
}
