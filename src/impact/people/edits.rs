//! What a plan does to people themselves: who is made, deleted, enabled and disabled, and who joins
//! and leaves which group.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Kind, Object};
use crate::plan::after::id_of;
use crate::plan::{Plan, Verb};

/// What a plan does to people. Ids are lower-case, or stand in for objects to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleEdits {
    /// Users to be made: id, principal name, and whether they can sign in.
    pub made: BTreeMap<String, (String, bool)>,
    /// Users to be deleted.
    pub deleted: BTreeSet<String>,
    /// Users who can sign in from now on, or cannot any more.
    pub enabled: BTreeMap<String, bool>,
    /// Groups to be made.
    pub groups_made: BTreeSet<String>,
    /// Groups to be deleted.
    pub groups_deleted: BTreeSet<String>,
    /// Groups whose members the service works out by a rule that the plan sets: by id, with the name.
    pub by_rule: BTreeMap<String, String>,
    /// Who becomes a member, by group.
    pub joins: BTreeMap<String, BTreeSet<String>>,
    /// Who is a member no longer.
    pub leaves: BTreeMap<String, BTreeSet<String>>,
}

impl PeopleEdits {
    /// What a plan does.
    pub fn of(plan: &Plan) -> PeopleEdits {
        let mut edits = PeopleEdits::default();
        for action in &plan.actions {
            let id = id_of(action).to_lowercase();
            let sides = |member: &str| [&action.before, &action.after].map(|one| list(one, member));
            match action.kind {
                Kind::TestUser => {
                    if let Some(Object::TestUser(user)) = &action.desired {
                        let enabled = user.account_enabled.unwrap_or(true);
                        match action.verb {
                            Verb::Create => {
                                let name = user.user_principal_name.clone();
                                edits.made.insert(id.clone(), (name, enabled));
                            }
                            _ => {
                                edits.enabled.insert(id.clone(), enabled);
                            }
                        }
                        let [before, after] = sides("memberOf");
                        if user.member_of.is_some() {
                            for group in after.difference(&before) {
                                edits.join(group, &id);
                            }
                            for group in before.difference(&after) {
                                edits.leave(group, &id);
                            }
                        }
                    } else {
                        edits.deleted.insert(id);
                    }
                }
                Kind::Group => match (&action.desired, action.verb) {
                    (None, _) | (_, Verb::Delete) => {
                        edits.groups_deleted.insert(id);
                    }
                    (Some(Object::Group(group)), verb) => {
                        if verb == Verb::Create {
                            edits.groups_made.insert(id.clone());
                        }
                        let is_new = |member: &str| {
                            let [was, is] =
                                [&action.before, &action.after].map(|one| one.get(member));
                            is.is_some_and(|is| was != Some(is))
                        };
                        let rule = [
                            "membershipRule",
                            "membershipRuleProcessingState",
                            "groupTypes",
                        ];
                        if group.is_dynamic() && rule.into_iter().any(is_new) {
                            edits.by_rule.insert(id.clone(), group.display_name.clone());
                        }
                        let [before, after] = sides("members");
                        if group.members.is_some() {
                            for member in after.difference(&before) {
                                edits.join(&id, member);
                            }
                            for member in before.difference(&after) {
                                edits.leave(&id, member);
                            }
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        edits
    }

    /// What nobody knows of these groups, as notes.
    pub fn open_groups(&self) -> impl Iterator<Item = String> + '_ {
        self.by_rule.values().map(|name| {
            format!(
                "the plan sets the membership rule of the group `{name}`, and the service works out who is in it after the plan: that is not known"
            )
        })
    }

    fn join(&mut self, group: &str, member: &str) {
        let slot = self.joins.entry(group.to_owned()).or_default();
        slot.insert(member.to_owned());
    }

    fn leave(&mut self, group: &str, member: &str) {
        let slot = self.leaves.entry(group.to_owned()).or_default();
        slot.insert(member.to_owned());
    }

    /// Whether who is in a group by itself is changed.
    pub fn touches(&self, group: &str) -> bool {
        self.groups_made.contains(group)
            || self.groups_deleted.contains(group)
            || self.joins.contains_key(group)
            || self.leaves.contains_key(group)
    }
}

fn list(side: &Value, member: &str) -> BTreeSet<String> {
    let list = side.get(member).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_lowercase).collect()
}
