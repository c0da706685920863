//! The facts table: what Microsoft Graph's schema says about the types that gatewright
//! models and the sandbox serves.
//!
//! `facts_data/v1.0.json` is made by `tools/facts.py` from a CSDL file of the v1.0
//! schema; `facts_data/beta.json` adds, by hand, the beta-only members that real
//! answers and the beta documentation show. The model is compared with this table by a
//! test, and the sandbox checks every request body against it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::Deserialize;

/// Which edition of the Graph API a fact belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// The `/v1.0` root: production, stable.
    V1,
    /// The `/beta` root: v1.0 and preview members.
    Beta,
}

impl Edition {
    /// The first path segment of the edition's root.
    pub fn segment(self) -> &'static str {
        match self {
            Edition::V1 => "v1.0",
            Edition::Beta => "beta",
        }
    }
}

/// Whether a type stands alone (has an id) or only inside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TypeKind {
    /// An OData entity type.
    Entity,
    /// An OData complex type.
    Complex,
}

/// One property of a type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Property {
    /// `Edm.String`, ..., or the short name of a type or enum of this table.
    #[serde(rename = "type")]
    pub type_name: String,
    /// True when the JSON value is an array of `type_name`.
    #[serde(default)]
    pub collection: bool,
    /// False only when the schema says `Nullable="false"`. For a collection it means
    /// that the array is never null and holds no null.
    #[serde(default = "yes")]
    pub nullable: bool,
    /// For navigation properties: the target is contained (a sub-resource).
    #[serde(default)]
    pub contains: bool,
    /// True when only beta has the member. Set while the two tables are merged.
    #[serde(skip)]
    pub beta: bool,
}

fn yes() -> bool {
    true
}

/// One entity or complex type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TypeFacts {
    /// Entity or complex.
    pub kind: TypeKind,
    /// The type it derives from.
    #[serde(default)]
    pub base: Option<String>,
    /// True when only derived types occur; then `@odata.type` is part of the JSON.
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// True when the type takes members that the schema does not name.
    #[serde(default)]
    pub open: bool,
    /// Own properties, without those of the base type.
    #[serde(default)]
    pub properties: IndexMap<String, Property>,
    /// Own navigation properties.
    #[serde(default)]
    pub navigation: IndexMap<String, Property>,
    /// True when only beta has the type.
    #[serde(skip)]
    pub beta: bool,
}

/// One enum.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnumFacts {
    /// True when the JSON value is one string of members joined by commas.
    pub flags: bool,
    /// Members and their numeric values, in the schema's order.
    pub members: IndexMap<String, i64>,
    /// True when only beta has the enum.
    #[serde(skip)]
    pub beta: bool,
    /// The members that beta alone takes; no published schema has them.
    #[serde(skip)]
    pub preview: BTreeSet<String>,
}

/// The whole table.
#[derive(Debug, Clone, Deserialize)]
pub struct Facts {
    /// Types by short name (no namespace).
    pub types: IndexMap<String, TypeFacts>,
    /// Enums by short name.
    pub enums: IndexMap<String, EnumFacts>,
}

impl Facts {
    /// The table of the binary: v1.0, with the beta members merged in and marked.
    pub fn get() -> &'static Facts {
        static FACTS: OnceLock<Facts> = OnceLock::new();
        FACTS.get_or_init(|| {
            // Both files are part of the binary and a unit test parses them.
            let mut facts: Facts = serde_json::from_str(include_str!("facts_data/v1.0.json"))
                .unwrap_or_else(|_| Facts::empty());
            let beta: Facts = serde_json::from_str(include_str!("facts_data/beta.json"))
                .unwrap_or_else(|_| Facts::empty());
            for (name, mut add) in beta.types {
                for property in add.properties.values_mut() {
                    property.beta = true;
                }
                match facts.types.get_mut(&name) {
                    Some(known) => known.properties.extend(add.properties),
                    None => {
                        add.beta = true;
                        facts.types.insert(name, add);
                    }
                }
            }
            for (name, mut add) in beta.enums {
                match facts.enums.get_mut(&name) {
                    Some(known) => {
                        known.preview.extend(add.members.keys().cloned());
                        known.members.extend(add.members);
                    }
                    None => {
                        add.beta = true;
                        facts.enums.insert(name, add);
                    }
                }
            }
            facts
        })
    }

    fn empty() -> Facts {
        Facts {
            types: IndexMap::new(),
            enums: IndexMap::new(),
        }
    }

    /// All properties of `type_name` in `edition`: those of its base types first.
    /// An unknown type has none.
    pub fn properties(&self, type_name: &str, edition: Edition) -> IndexMap<&str, &Property> {
        let mut found = match self.types.get(type_name).and_then(|t| t.base.as_deref()) {
            Some(base) => self.properties(base, edition),
            None => IndexMap::new(),
        };
        if let Some(known) = self.types.get(type_name) {
            for (name, property) in &known.properties {
                if edition == Edition::Beta || !property.beta {
                    found.insert(name, property);
                }
            }
        }
        found
    }

    /// The navigation properties of `type_name`, those of its base types first.
    pub fn navigation(&self, type_name: &str) -> IndexMap<&str, &Property> {
        let mut found = match self.types.get(type_name).and_then(|t| t.base.as_deref()) {
            Some(base) => self.navigation(base),
            None => IndexMap::new(),
        };
        if let Some(known) = self.types.get(type_name) {
            found.extend(known.navigation.iter().map(|(n, p)| (n.as_str(), p)));
        }
        found
    }

    /// True when `type_name` or one of its base types is `base`.
    pub fn derives_from(&self, type_name: &str, base: &str) -> bool {
        let mut at = Some(type_name);
        while let Some(name) = at {
            if name == base {
                return true;
            }
            at = self.types.get(name).and_then(|t| t.base.as_deref());
        }
        false
    }

    /// True when `type_name` or a base of it is an OData open type.
    pub fn is_open(&self, type_name: &str) -> bool {
        let mut at = self.types.get(type_name);
        while let Some(known) = at {
            if known.open {
                return true;
            }
            at = known.base.as_deref().and_then(|b| self.types.get(b));
        }
        false
    }

    /// Every type that derives from `base` and is not abstract, `base` itself included.
    pub fn concrete(&self, base: &str) -> BTreeSet<&str> {
        self.types
            .iter()
            .filter(|(name, t)| !t.is_abstract && self.derives_from(name, base))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

impl EnumFacts {
    /// The member that `text` names, whatever its case, in the schema's spelling.
    /// Graph takes `MFA` and answers `mfa`.
    pub fn canonical(&self, text: &str) -> Option<&str> {
        self.members
            .keys()
            .find(|m| m.eq_ignore_ascii_case(text))
            .map(String::as_str)
    }

    /// A flags value (members joined by commas, with or without spaces) in Graph's
    /// spelling and numeric order, each member once. `Err` names the first text that is
    /// no member.
    pub fn canonical_flags(&self, text: &str) -> Result<String, String> {
        let mut found: Vec<(i64, &str)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = self
                .members
                .iter()
                .find(|(m, _)| m.eq_ignore_ascii_case(part))
                .ok_or_else(|| part.to_owned())?;
            if !found.iter().any(|(v, _)| v == value) {
                found.push((*value, name));
            }
        }
        found.sort_unstable();
        Ok(found.iter().map(|(_, n)| *n).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_parse_and_every_type_they_refer_to_is_known_or_outside_on_purpose() {
        let v1: Facts = serde_json::from_str(include_str!("facts_data/v1.0.json")).unwrap();
        let _: Facts = serde_json::from_str(include_str!("facts_data/beta.json")).unwrap();
        assert!(v1.types.len() >= 70 && v1.enums.len() >= 29);
        let facts = Facts::get();
        for (name, t) in &facts.types {
            if name == "user" || name == "group" || name == "servicePrincipal" {
                continue; // they refer to much that gatewright never touches
            }
            for (property, fact) in &t.properties {
                let known = fact.type_name.starts_with("Edm.")
                    || facts.types.contains_key(&fact.type_name)
                    || facts.enums.contains_key(&fact.type_name);
                assert!(known, "{name}.{property}: {}", fact.type_name);
            }
        }
    }

    #[test]
    fn beta_members_are_seen_in_beta_alone() {
        let facts = Facts::get();
        let has = |edition| {
            facts
                .properties("conditionalAccessConditionSet", edition)
                .contains_key("agentIdRiskLevels")
        };
        assert!(has(Edition::Beta));
        assert!(!has(Edition::V1));
    }

    #[test]
    fn flags_come_in_numeric_order_and_graph_spelling() {
        let flags = &Facts::get().enums["conditionalAccessTransferMethods"];
        assert_eq!(
            flags.canonical_flags("AuthenticationTransfer, deviceCodeFlow"),
            Ok("deviceCodeFlow,authenticationTransfer".to_owned())
        );
        assert_eq!(
            flags.canonical_flags("teleport"),
            Err("teleport".to_owned())
        );
    }
}
