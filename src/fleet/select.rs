//! Which tenants `-t` means: names, patterns, labels, all.

use std::collections::BTreeSet;

use globset::GlobBuilder;

use crate::finding::{Code, Finding, did_you_mean};
use crate::manifest::config::{ALL_TENANTS, ConfigFile, LABEL};
use crate::text::few_names;

/// Whether a text may mean several tenants: a pattern, a label, or all.
pub fn is_pattern(selector: &str) -> bool {
    selector == ALL_TENANTS
        || selector.starts_with(LABEL)
        || selector.contains(['*', '?', '[', '{'])
}

/// The tenants that the selectors mean together, by name. Those whose file is broken are among
/// them where a name or a pattern means them, and where any label could.
///
/// # Errors
/// A finding for each selector that means no tenant.
pub fn select(file: &ConfigFile, selectors: &[String]) -> Result<BTreeSet<String>, Vec<Finding>> {
    let mut chosen = BTreeSet::new();
    let mut findings = Vec::new();
    for selector in selectors {
        match one(file, selector) {
            Ok(names) => chosen.extend(names),
            Err(finding) => findings.push(*finding),
        }
    }
    match findings.is_empty() {
        true => Ok(chosen),
        false => Err(findings),
    }
}

fn one(file: &ConfigFile, selector: &str) -> Result<Vec<String>, Box<Finding>> {
    let tenants = &file.config.tenants;
    let names = || tenants.keys().chain(file.broken.keys());
    let finding = |message: String, help: String| {
        let mut listed = ["/tenantFiles", "/tenants"].into_iter();
        let listed = listed.find(|at| file.document.value.pointer(at).is_some());
        let at = file.document.key_place(listed.unwrap_or_default());
        Box::new(Finding::error(Code::Config, message).at(at).help(help))
    };
    if selector == ALL_TENANTS {
        return Ok(names().cloned().collect());
    }
    let (text, is_label) = match selector.strip_prefix(LABEL) {
        Some(label) => (label, true),
        None => (selector, false),
    };
    let glob = GlobBuilder::new(text).literal_separator(false).build();
    let glob = match glob {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            return Err(finding(
                format!("`{selector}` is not a valid pattern: {}", error.kind()),
                "`*` stands for any characters, `?` for one, `{a,b}` for either".to_owned(),
            ));
        }
    };
    let found: Vec<String> = match is_label {
        true => (tenants.iter())
            .filter(|(_, entry)| entry.labels.iter().any(|label| glob.is_match(label)))
            .map(|(name, _)| name.clone())
            .collect(),
        false => names()
            .filter(|name| glob.is_match(name) || name == &text)
            .cloned()
            .collect(),
    };
    if !found.is_empty() {
        // A broken file does not say which labels it has: it is told rather than left out.
        let broken = file.broken.keys().filter(|_| is_label).cloned();
        return Ok(found.into_iter().chain(broken).collect());
    }
    let labels: BTreeSet<&str> = (tenants.values())
        .flat_map(|entry| entry.labels.iter().map(String::as_str))
        .collect();
    let (message, meant, known) = match is_label {
        true => (
            format!("no tenant has the label `{text}`"),
            did_you_mean(text, labels.iter().copied()),
            match labels.is_empty() {
                true => "no tenant has a label: add `labels: [NAME]` to its entry".to_owned(),
                false => format!("there are the labels {}", few_names(&labels, 12)),
            },
        ),
        false => (
            match is_pattern(selector) {
                true => format!("no tenant's name matches `{selector}`"),
                false => format!("there is no tenant `{selector}`"),
            },
            did_you_mean(text, names().map(String::as_str)),
            format!("the project has {}", few_names(names(), 12)),
        ),
    };
    let help = match meant {
        Some(meant) if is_label => format!("did you mean `{LABEL}{meant}`?"),
        Some(meant) => format!("did you mean `{meant}`?"),
        None => known,
    };
    Err(finding(message, help))
}
