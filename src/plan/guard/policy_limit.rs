//! `policy-limit`: how many policies a tenant can hold (T-R01). Microsoft's own are said not
//! to count.

use super::{Hit, Inputs, after, is_microsoft_managed};
use crate::manifest::guards::POLICY_LIMIT;
use crate::model::Kind;
use crate::plan::{Plan, Verb};

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let limit = inputs.guards.guards.policy_limit.unwrap_or(POLICY_LIMIT) as usize;
    let made = plan
        .actions
        .iter()
        .filter(|a| a.kind == Kind::ConditionalAccessPolicy && a.verb == Verb::Create)
        .count();
    if made == 0 {
        return Vec::new();
    }
    let count = after(plan, inputs.snapshot)
        .iter()
        .filter(|a| !is_microsoft_managed(a.name))
        .count();
    let message = format!("the tenant would have {count} policies, but can only have {limit}");
    let help = "delete policies that are no longer needed, or raise `policyLimit` in the guards file if Microsoft has raised it for the tenant";
    if count > limit {
        vec![Hit::error(message).help(help)]
    } else if count * 10 >= limit * 9 {
        vec![Hit::warning(message).help(help)]
    } else {
        Vec::new()
    }
}
