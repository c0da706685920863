//! `test-mark`: of users, only those that bear gatewright's mark are changed and deleted. The
//! manifests are checked for it when they are matched with the tenant; this is the last look
//! at whatever a plan was made from.

use super::Hit;
use crate::model::user::TEST_USER_MARK;
use crate::model::{Kind, Object};
use crate::plan::Plan;

pub(super) fn check(plan: &Plan) -> Vec<Hit> {
    plan.actions
        .iter()
        .filter(|action| action.kind == Kind::TestUser)
        .filter(|action| match action.live.as_ref().map(|l| &l.object) {
            Some(Object::TestUser(user)) => !user.is_marked(),
            _ => false,
        })
        .map(|action| {
            Hit::error(format!(
                "the user `{}` was not created by gatewright and would be {}d",
                action.name,
                action.verb.as_str()
            ))
            .help(format!(
                "gatewright changes and deletes only users with `employeeType: {TEST_USER_MARK}`, which it creates"
            ))
            .on(action)
        })
        .collect()
}
