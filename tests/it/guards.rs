pub fn refused(plan: &gatewright::plan::Plan) -> Vec<&'static str> {
    let mut ids: Vec<&str> = plan
        .guards
        .iter()
        .filter(|v| v.refuses())
        .map(|v| v.guard.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
