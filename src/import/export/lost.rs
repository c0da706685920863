//! Texts that are no data: what a tool wrote where a value did not fit, and what a person is
//! to fill in.

/// True for what PowerShell's `ConvertTo-Json` writes in the place of a value that lies
/// deeper than its `-Depth`: the name of its type, or its members as text.
pub(crate) fn is_cut_off(text: &str) -> bool {
    let text = text.trim();
    [
        "System.Object",
        "System.String[]",
        "System.Collections.",
        "System.Management.Automation.",
        "Microsoft.Graph.PowerShell.Models.",
        "Microsoft.Graph.Beta.PowerShell.Models.",
        "Microsoft.Open.MSGraph.Model.",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        || (text.starts_with("@{") && text.ends_with('}') && !is_expression(text))
}

/// True for an expression of a template that is filled in when it runs: of a Logic App or Data
/// Factory (`@{parameters('x')}`, `@variables('x')`), or of Azure Resource Manager
/// (`[parameters('x')]`).
pub(crate) fn is_expression(text: &str) -> bool {
    let text = text.trim();
    let inner = text
        .strip_prefix("@{")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix('@'))
        .or_else(|| {
            text.strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
        });
    let Some((word, rest)) = inner.and_then(|inner| inner.split_once('(')) else {
        return false;
    };
    let word = word.trim();
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()) && rest.contains(')')
}

/// True when the whole text stands for a value that a person or script is to fill in.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let inside = |start: &str, end: &str| {
        text.len() > start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
    };
    if [
        ("<", ">"),
        ("{{", "}}"),
        ("${", "}"),
        ("$(", ")"),
        ("%", "%"),
        ("##", "##"),
        ("#{", "}#"),
        ("__", "__"),
        ("[[", "]]"),
        ("--", "--"),
    ]
    .iter()
    .any(|(start, end)| inside(start, end))
    {
        return true;
    }
    if is_expression(text) {
        return true;
    }
    let upper = text.to_uppercase();
    [
        "REPLACE WITH",
        "REPLACE_",
        "REPLACE-",
        "INSERT ",
        "INSERT_",
        "YOUR_",
        "YOUR-",
        "ENTRAGROUP_",
        "ENTRAUSER_",
        "ENTRAAPP_",
        "AADGROUP_",
        // What Microsoft's templates say where the portal puts the id of who uses them.
        "CURRENT ADMINISTRATOR ",
    ]
    .iter()
    .any(|start| upper.starts_with(start))
        || is_masked_id(text)
}

/// An id whose digits were taken out: `xxxxxxxx-xxxx-...`.
fn is_masked_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'x' | b'X' | b'*'),
        })
}

/// The placeholder inside a text, such as `<RING>` in a display name.
pub(crate) fn placeholder_in(text: &str) -> Option<&str> {
    for (start, end) in [("<", ">"), ("{{", "}}"), ("%", "%"), ("##", "##")] {
        let Some((_, rest)) = text.split_once(start) else {
            continue;
        };
        let Some((word, _)) = rest.split_once(end) else {
            continue;
        };
        let is_word = !word.is_empty()
            && word.starts_with(|c: char| c.is_alphabetic())
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if is_word {
            let from = text.len() - rest.len() - start.len();
            return text.get(from..text.len() - rest.len() + word.len() + end.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_powershell_cut_off_is_known() {
        for text in [
            "System.Object[]",
            "System.Collections.Hashtable",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphConditionalAccessUsers",
            "Microsoft.Open.MSGraph.Model.ConditionalAccessConditionSet",
            "@{includeUsers=System.Object[]; excludeUsers=}",
        ] {
            assert!(is_cut_off(text), "{text}");
        }
        for text in [
            "All",
            "",
            "System administrators",
            "device.model -eq \"@{\"",
            "@{parameters('BreakGlass')}",
        ] {
            assert!(!is_cut_off(text), "{text}");
        }
    }

    #[test]
    fn expressions_of_templates_are_known() {
        for text in [
            "@{parameters('BreakGlass')}",
            "@parameters('x')",
            "@{body('Get')?['id']}",
            "[parameters('x')]",
            "[variables('a')]",
        ] {
            assert!(is_expression(text) && is_placeholder(text), "{text}");
        }
        for text in [
            "@{includeUsers=System.Object[]; excludeUsers=}",
            "anna@contoso.com",
            "[All]",
            "Sales (North)",
            "",
        ] {
            assert!(!is_expression(text), "{text}");
        }
    }

    #[test]
    fn placeholders_are_told_from_names_and_ids() {
        for text in [
            "<ExclusionGroup>",
            "{{GroupId_Production}}",
            "%OrganizationId%",
            "##BREAKGLASS##",
            "ENTRAGROUP_admins",
            "-- INSERT NAMED LOCATION ID --",
            "REPLACE WITH EXCLUDE GROUP ID",
            "YOUR_GROUP_ID",
            "${var.group}",
            "Current administrator will be excluded",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "All",
            "CA-BreakGlass",
            "11111111-2222-3333-4444-555555555555",
            "{11111111-2222-3333-4444-555555555555}",
            "Sales <North>",
            "100%",
            "urn:user:registerdevice",
            "",
            "%",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_placeholder_inside_a_name_is_found() {
        assert_eq!(placeholder_in("103 - <RING> - Admins"), Some("<RING>"));
        assert_eq!(placeholder_in("CA {{ring}} x"), Some("{{ring}}"));
        assert_eq!(placeholder_in("risk < 5 and > 3"), None);
        assert_eq!(placeholder_in("Block 50% of <"), None);
    }
}
