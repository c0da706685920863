//! What came of several tenants, as each format has it.

use std::collections::BTreeMap;

use super::each::TenantEnd;
use crate::cli::Format;
use crate::cli::console::Console;
use crate::fleet::result::TenantResult;
use crate::render;

/// One tenant as a line of JSON.
pub(super) fn line(result: &TenantResult) -> String {
    let line = serde_json::to_string(result).unwrap_or_default();
    format!("{line}\n")
}

/// All of them. As JSON each was shown as it came.
pub(super) fn all(ends: &BTreeMap<String, TenantEnd>, console: &Console) {
    match console.format {
        Format::Json => {}
        Format::Human => console.paged(&human(ends, console)),
        _ => table(&results(ends), console),
    }
}

/// The results alone.
fn results(ends: &BTreeMap<String, TenantEnd>) -> Vec<TenantResult> {
    ends.values().map(|end| end.result.clone()).collect()
}

/// For people: what each tenant has to tell, and the table.
pub(super) fn human(ends: &BTreeMap<String, TenantEnd>, console: &Console) -> String {
    let told = ends
        .iter()
        .filter(|(_, end)| render::fleet::is_worth_a_look(&end.result))
        .map(|(name, end)| (name.as_str(), end.text.as_str()));
    let details = render::fleet::details(told);
    format!(
        "{details}{}",
        render::fleet::human(&results(ends), console.width())
    )
}

/// The table as Markdown or as a page.
pub(super) fn table(results: &[TenantResult], console: &Console) {
    let text = match console.format {
        Format::Html => render::fleet::html(results).unwrap_or_else(|error| error.to_string()),
        _ => render::fleet::markdown(results),
    };
    console.result(&text);
}
