//! What the objects of a tenant are called: the name for each id that policies hold.

use std::collections::HashMap;

use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_id;
use crate::model::tables::{APPS, ROLES, special};
use crate::whatif::World;

/// The names behind ids.
#[derive(Debug, Clone, Default)]
pub struct CalledNames {
    known: HashMap<(RefKind, String), String>,
}

impl CalledNames {
    /// Those that some worlds know; the last one counts.
    pub fn new<'a>(worlds: impl IntoIterator<Item = &'a World>) -> CalledNames {
        let mut names = CalledNames::default();
        for world in worlds {
            for one in &world.names {
                names.add(one.kind, Some(&one.id), &one.name);
            }
            for one in &world.locations {
                names.add(RefKind::Location, one.id.as_ref(), &one.display_name);
            }
            for one in &world.strengths {
                names.add(RefKind::Strength, one.id.as_ref(), &one.display_name);
            }
            for one in &world.contexts {
                names.add(RefKind::Context, one.id.as_ref(), &one.display_name);
            }
            for one in &world.groups {
                names.add(RefKind::Group, one.id.as_ref(), &one.display_name);
            }
            for one in &world.users {
                names.add(RefKind::User, one.id.as_ref(), &one.user_principal_name);
            }
            for one in &world.applications {
                names.add(RefKind::Application, one.app_id.as_ref(), &one.display_name);
                names.add(
                    RefKind::ServicePrincipal,
                    one.id.as_ref(),
                    &one.display_name,
                );
            }
        }
        names
    }

    fn add(&mut self, kind: RefKind, id: Option<&String>, name: &str) {
        if let Some(id) = id
            && !name.is_empty()
        {
            let key = (kind, id.to_ascii_lowercase());
            self.known.insert(key, name.to_owned());
        }
    }

    /// The name of what a reference points to; the reference itself where it is a name, or nothing
    /// is known of it.
    pub fn of(&self, kind: RefKind, text: &str) -> String {
        if let Some(special) = special::canonical(kind.special_values(), text) {
            return special.to_owned();
        }
        let id = text.to_ascii_lowercase();
        let kinds: &[RefKind] = match kind {
            RefKind::Member => &[RefKind::Group, RefKind::User],
            _ => &[kind],
        };
        let mut known = kinds.iter();
        if let Some(name) = known.find_map(|kind| self.known.get(&(*kind, id.clone()))) {
            return name.clone();
        }
        let of_microsoft = match kind {
            RefKind::Role => ROLES.by_id(text).map(|role| role.name.to_owned()),
            RefKind::Application => APPS.by_id(text).map(|app| app.name.to_owned()),
            RefKind::Strength => built_in_by_id(text).map(|one| one.display_name.to_owned()),
            _ => None,
        };
        of_microsoft.unwrap_or_else(|| text.to_owned())
    }
}
