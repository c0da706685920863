//! Objects of Conditional Access in the form of another tool, which says other things by other
//! names: they are known, so that they can be told, and not read.

use serde_json::{Map, Value};

use super::sort::{member, text};
use crate::model::Kind;

/// True for what describes the form of objects and holds none: a JSON Schema, or an OpenAPI document.
pub(crate) fn describes(map: &Map<String, Value>) -> bool {
    let is_text = |name: &str| map.get(name).is_some_and(Value::is_string);
    text(map, "$schema").contains("json-schema.org/")
        || (is_text("openapi") || is_text("swagger")) && map.contains_key("paths")
}

/// Whose form the object has, and what it would be.
pub(crate) fn form(map: &Map<String, Value>) -> Option<(&'static str, Kind)> {
    let holds = |names: &[&str]| names.iter().any(|name| member(map, name).is_some());
    let (whose, name) = if let Some(name) = text(map, "ResourceName").strip_prefix("AAD") {
        ("a resource of Microsoft365DSC", name)
    } else if let Some(name) = strip(text(map, "resourceType"), "microsoft.entra.") {
        ("a resource of Graph's configuration snapshots", name)
    } else if holds(&["targetResources"]) {
        // What was before a change, or is no more.
        let name = text(map, "activityDisplayName").split_once(' ');
        (
            "a record of the audit log",
            name.map_or("", |(_, name)| name),
        )
    } else if holds(&["instances", "values", "change"]) {
        let name = ["azuread_", "msgraph_"]
            .iter()
            .find_map(|provider| text(map, "type").strip_prefix(provider));
        ("a resource of Terraform", name?)
    } else {
        return None;
    };
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let kind = [
        ("conditionalaccess", Kind::ConditionalAccessPolicy),
        ("namedlocation", Kind::NamedLocation),
        ("authenticationstrength", Kind::AuthenticationStrength),
        ("authenticationcontext", Kind::AuthenticationContext),
    ]
    .into_iter()
    .find(|(start, _)| folded.starts_with(start));
    kind.map(|(_, kind)| (whose, kind))
}

fn strip<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let begins = text.get(..start.len())?;
    begins
        .eq_ignore_ascii_case(start)
        .then(|| text.get(start.len()..))
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_forms_of_other_tools_are_known() {
        for (value, expected) in [
            (
                json!({"ResourceName": "AADConditionalAccessPolicy", "DisplayName": "P"}),
                Some(Kind::ConditionalAccessPolicy),
            ),
            (
                json!({"ResourceName": "AADNamedLocationPolicy", "IpRanges": []}),
                Some(Kind::NamedLocation),
            ),
            (
                json!({"ResourceName": "AADGroup", "DisplayName": "G"}),
                None,
            ),
            (
                json!({"resourceType": "microsoft.entra.conditionalaccesspolicy", "properties": {}}),
                Some(Kind::ConditionalAccessPolicy),
            ),
            (
                json!({"type": "azuread_authentication_strength_policy", "instances": []}),
                Some(Kind::AuthenticationStrength),
            ),
            (json!({"type": "azuread_conditional_access_policy"}), None),
            (json!({"displayName": "P", "conditions": {}}), None),
        ] {
            let found = form(value.as_object().unwrap()).map(|(_, kind)| kind);
            assert_eq!(found, expected, "{value}");
        }
    }
}
