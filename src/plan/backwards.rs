//! A plan read the other way round: what was done to the tenant since it was as the manifests
//! say. Drift is judged by it as a plan is: what the tenant has now is what comes after.

use super::Plan;
use super::guard::{self, Inputs};
pub use super::turned::backwards;

/// Judges what was done to the tenant: `plan`, which would undo it, gets its effects, what the
/// guards find in it, and their notices.
pub fn judge(plan: &mut Plan, inputs: Inputs<'_>) {
    let mut done = backwards(plan);
    guard::check(&mut done, inputs);
    for (action, judged) in plan.actions.iter_mut().zip(done.actions) {
        action.effect = judged.effect;
    }
    plan.guards = done.guards;
    plan.sign_ins = done.sign_ins;
    plan.notices = done.notices;
}
