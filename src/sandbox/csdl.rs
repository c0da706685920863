//! `/$metadata`: the schema of what is served, written from the facts table as CSDL.

use std::fmt::Write;

use crate::model::facts::{Edition, Facts, Property, TypeKind};

/// Where each served collection hangs: container type, member, item type.
const PLACES: &[(&str, &str, &str)] = &[
    (
        "conditionalAccessRoot",
        "policies",
        "conditionalAccessPolicy",
    ),
    ("conditionalAccessRoot", "namedLocations", "namedLocation"),
    (
        "conditionalAccessRoot",
        "templates",
        "conditionalAccessTemplate",
    ),
    (
        "conditionalAccessRoot",
        "authenticationContextClassReferences",
        "authenticationContextClassReference",
    ),
    (
        "policyRoot",
        "conditionalAccessPolicies",
        "conditionalAccessPolicy",
    ),
    (
        "policyRoot",
        "authenticationStrengthPolicies",
        "authenticationStrengthPolicy",
    ),
    ("identityProtectionRoot", "riskDetections", "riskDetection"),
    ("identityProtectionRoot", "riskyUsers", "riskyUser"),
    (
        "rbacApplication",
        "roleDefinitions",
        "unifiedRoleDefinition",
    ),
    ("termsOfUseContainer", "agreements", "agreement"),
    ("directory", "deletedItems", "directoryObject"),
];

/// Single members of containers: container type, member, target type.
const SINGLES: &[(&str, &str, &str)] = &[
    (
        "identityContainer",
        "conditionalAccess",
        "conditionalAccessRoot",
    ),
    (
        "conditionalAccessRoot",
        "authenticationStrength",
        "authenticationStrengthRoot",
    ),
    ("roleManagement", "directory", "rbacApplication"),
    ("identityGovernance", "termsOfUse", "termsOfUseContainer"),
];

const SETS: &[(&str, &str)] = &[
    ("users", "user"),
    ("groups", "group"),
    ("servicePrincipals", "servicePrincipal"),
    ("directoryObjects", "directoryObject"),
    ("directoryRoles", "directoryRole"),
    ("directoryRoleTemplates", "directoryRoleTemplate"),
];

const SINGLETONS: &[(&str, &str)] = &[
    ("identity", "identityContainer"),
    ("policies", "policyRoot"),
    ("identityProtection", "identityProtectionRoot"),
    ("roleManagement", "roleManagement"),
    ("identityGovernance", "identityGovernance"),
    ("directory", "directory"),
];

type BoundAction = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// Bound actions: name, what they are bound to, parameters, result.
const ACTIONS: &[BoundAction] = &[
    (
        "restore",
        "graph.conditionalAccessPolicy",
        &[],
        "graph.conditionalAccessPolicy",
    ),
    ("restore", "graph.namedLocation", &[], "graph.namedLocation"),
    (
        "updateAllowedCombinations",
        "graph.authenticationStrengthPolicy",
        &[(
            "allowedCombinations",
            "Collection(graph.authenticationMethodModes)",
        )],
        "graph.updateAllowedCombinationsResult",
    ),
    ("dismiss", "Collection(graph.riskyUser)", USER_IDS, ""),
    (
        "confirmCompromised",
        "Collection(graph.riskyUser)",
        USER_IDS,
        "",
    ),
    ("confirmSafe", "Collection(graph.riskyUser)", USER_IDS, ""),
];
const USER_IDS: &[(&str, &str)] = &[("userIds", "Collection(Edm.String)")];

/// The document. Writing to a string cannot fail.
pub(super) fn document(edition: Edition) -> String {
    let facts = Facts::get();
    let beta = edition == Edition::Beta;
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<edmx:Edmx Version=\"4.0\" \
         xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n<edmx:DataServices>\n<Schema \
         Namespace=\"microsoft.graph\" Alias=\"graph\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n",
    );
    for (name, known) in facts.enums.iter().filter(|(_, e)| beta || !e.beta) {
        let flags = if known.flags { " IsFlags=\"true\"" } else { "" };
        let _ = writeln!(out, "<EnumType Name=\"{name}\"{flags}>");
        let published = |(name, _): &(&String, _)| !known.preview.contains(*name);
        for (member, value) in known.members.iter().filter(published) {
            let _ = writeln!(out, "<Member Name=\"{member}\" Value=\"{value}\"/>");
        }
        out.push_str("</EnumType>\n");
    }
    for (name, known) in facts.types.iter().filter(|(_, t)| beta || !t.beta) {
        let element = match known.kind {
            TypeKind::Entity => "EntityType",
            TypeKind::Complex => "ComplexType",
        };
        let _ = write!(out, "<{element} Name=\"{name}\"");
        if let Some(base) = &known.base {
            let _ = write!(out, " BaseType=\"graph.{base}\"");
        }
        if known.is_abstract || name == "entity" {
            out.push_str(" Abstract=\"true\"");
        }
        if known.open {
            out.push_str(" OpenType=\"true\"");
        }
        out.push_str(">\n");
        if known.kind == TypeKind::Entity && known.properties.contains_key("id") {
            out.push_str("<Key><PropertyRef Name=\"id\"/></Key>\n");
        }
        for (member, property) in &known.properties {
            if (beta || !property.beta) && served(&property.type_name) {
                let null = if property.nullable {
                    ""
                } else {
                    " Nullable=\"false\""
                };
                let type_name = spelled(property);
                let _ = writeln!(
                    out,
                    "<Property Name=\"{member}\" Type=\"{type_name}\"{null}/>"
                );
            }
        }
        for (member, property) in &known.navigation {
            if facts.types.contains_key(&property.type_name) {
                let inside = if property.contains {
                    " ContainsTarget=\"true\""
                } else {
                    ""
                };
                let type_name = spelled(property);
                let _ = writeln!(
                    out,
                    "<NavigationProperty Name=\"{member}\" Type=\"{type_name}\"{inside}/>"
                );
            }
        }
        let _ = writeln!(out, "</{element}>");
    }
    containers(&mut out);
    out.push_str("</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n");
    out
}

fn containers(out: &mut String) {
    let mut names: Vec<&str> = Vec::new();
    for (holder, _, _) in PLACES.iter().chain(SINGLES) {
        if !names.contains(holder) {
            names.push(holder);
        }
    }
    for name in names {
        let _ = writeln!(out, "<EntityType Name=\"{name}\">");
        let place = |out: &mut String, member: &str, type_name: String| {
            let _ = writeln!(
                out,
                "<NavigationProperty Name=\"{member}\" Type=\"{type_name}\" ContainsTarget=\"true\"/>"
            );
        };
        for (_, member, item) in PLACES.iter().filter(|(holder, _, _)| *holder == name) {
            place(out, member, format!("Collection(graph.{item})"));
        }
        for (_, member, target) in SINGLES.iter().filter(|(holder, _, _)| *holder == name) {
            place(out, member, format!("graph.{target}"));
        }
        out.push_str("</EntityType>\n");
    }
    for (name, bound, parameters, result) in ACTIONS {
        let _ = writeln!(out, "<Action Name=\"{name}\" IsBound=\"true\">");
        let _ = writeln!(
            out,
            "<Parameter Name=\"bindingParameter\" Type=\"{bound}\"/>"
        );
        for (parameter, type_name) in *parameters {
            let _ = writeln!(
                out,
                "<Parameter Name=\"{parameter}\" Type=\"{type_name}\"/>"
            );
        }
        if !result.is_empty() {
            let _ = writeln!(out, "<ReturnType Type=\"{result}\"/>");
        }
        out.push_str("</Action>\n");
    }
    out.push_str(
        "<Function Name=\"usage\" IsBound=\"true\">\n<Parameter Name=\"bindingParameter\" \
         Type=\"graph.authenticationStrengthPolicy\"/>\n<ReturnType \
         Type=\"graph.authenticationStrengthUsage\"/>\n</Function>\n<EntityContainer Name=\"GraphService\">\n",
    );
    for (name, type_name) in SETS {
        let _ = writeln!(
            out,
            "<EntitySet Name=\"{name}\" EntityType=\"microsoft.graph.{type_name}\"/>"
        );
    }
    for (name, type_name) in SINGLETONS {
        let _ = writeln!(
            out,
            "<Singleton Name=\"{name}\" Type=\"microsoft.graph.{type_name}\"/>"
        );
    }
    out.push_str("</EntityContainer>\n");
}

/// Types that the table leaves out on purpose are not served either.
fn served(type_name: &str) -> bool {
    let facts = Facts::get();
    type_name.starts_with("Edm.")
        || facts.types.contains_key(type_name)
        || facts.enums.contains_key(type_name)
}

fn spelled(property: &Property) -> String {
    let name = if property.type_name.starts_with("Edm.") {
        property.type_name.clone()
    } else {
        format!("graph.{}", property.type_name)
    };
    if property.collection {
        format!("Collection({name})")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_defined() {
        for edition in [Edition::V1, Edition::Beta] {
            let text = document(edition);
            for part in text.split("graph.").skip(1) {
                let mut words = part.split(|c: char| !c.is_ascii_alphanumeric());
                let name = words.next().unwrap();
                let defined = text.contains(&format!("Type Name=\"{name}\""));
                assert!(defined || name.is_empty(), "{name}");
            }
        }
        let v1 = document(Edition::V1);
        assert!(
            !v1.contains("agentIdRiskLevels")
                && document(Edition::Beta).contains("agentIdRiskLevels")
        );
    }
}
