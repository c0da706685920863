//! What somebody expects a sign-in to be asked for, held against what it is asked for.

use super::compiled::CompiledPolicies;
use super::fault::SignInFault;
use super::grant::{KnownRequirement, Requirement};
use super::outcome::Name;
use crate::finding::did_you_mean;
use crate::model::enums::GrantControl;
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;

impl CompiledPolicies {
    /// The requirement that a word or name stands for.
    fn meant(&self, text: &str) -> Option<KnownRequirement> {
        let (requirements, names) = (&self.index.requirements, &self.index.names);
        let text = text.trim();
        let is = |word: &&str| word.eq_ignore_ascii_case(text) && *word != "block";
        if let Some(word) = GrantControl::MEMBERS.iter().copied().find(is) {
            let control = Requirement::Control(GrantControl::parse(word));
            return Some(requirements.describe(control, names));
        }
        if let Some(known) = requirements.known.iter().find(|known| known.name == *text) {
            return Some(known.clone());
        }
        let bare = |prefix: &str| text.strip_prefix(prefix);
        let strength = bare("authenticationStrength ").unwrap_or(text);
        let strength = names.canonical(RefKind::Strength, strength);
        let terms = bare("termsOfUse ").unwrap_or(text);
        let found = if requirements.strength(&strength).is_some() {
            Requirement::Strength(strength)
        } else if let Some(custom) = bare("customAuthenticationFactor ") {
            Requirement::Custom(custom.to_owned())
        } else if names.knows(RefKind::Agreement, terms) {
            Requirement::TermsOfUse(names.canonical(RefKind::Agreement, terms))
        } else {
            return None;
        };
        Some(requirements.describe(found, names))
    }

    /// The one spelling of what a name or id stands for: the id, where it is known.
    pub fn id_of(&self, kind: RefKind, name: &str) -> String {
        self.index.names.canonical(kind, name)
    }

    /// Whether a name or id stands for something that is known of these policies.
    pub fn knows(&self, kind: RefKind, name: &str) -> bool {
        self.index.names.knows(kind, name)
    }

    /// The numbers of the policies of a display name or id.
    pub fn named(&self, text: &str) -> impl Iterator<Item = usize> {
        let text = text.trim().to_owned();
        self.titles()
            .enumerate()
            .filter_map(move |(number, (name, id))| {
                let is = name == text || id.is_some_and(|id| id.eq_ignore_ascii_case(&text));
                is.then_some(number)
            })
    }

    /// The display name that a text was most likely meant to be.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        did_you_mean(text, self.titles().map(|(name, _)| name))
    }

    /// What is wrong with a text that should name a requirement: nothing is called so.
    pub fn requirement_fault(&self, text: &str) -> Option<SignInFault> {
        if self.meant(text).is_some() {
            return None;
        }
        let words = GrantControl::MEMBERS.iter().copied();
        let known = self.index.requirements.known.iter();
        let words = words.chain(known.map(|known| &*known.name));
        let meant = did_you_mean(text, words.filter(|word| *word != "block"))
            .map(str::to_owned)
            .or_else(|| self.index.names.proposal(RefKind::Strength, text));
        Some(SignInFault {
            pointer: String::new(),
            message: format!("`{}` cannot be asked for", text.escape_debug()),
            help: match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write a control such as `mfa`, the name of a strength, or `termsOfUse` and the name of terms of use".to_owned(),
            },
        })
    }

    /// True when whoever meets all of `requires` has met one of `wanted`.
    pub fn asks_for(&self, requires: &[Vec<Name>], wanted: &[String]) -> bool {
        let wanted = self.all_meant(wanted);
        requires
            .iter()
            .any(|list| implies(&self.known_list(list), &wanted))
    }

    /// True when a list of `requires` is met by just what meets one of `wanted`.
    pub fn asks_exactly(&self, requires: &[Vec<Name>], wanted: &[String]) -> bool {
        let wanted = self.all_meant(wanted);
        requires.iter().any(|list| {
            let list = self.known_list(list);
            implies(&list, &wanted) && implies(&wanted, &list)
        })
    }

    fn all_meant(&self, wanted: &[String]) -> Vec<KnownRequirement> {
        wanted.iter().filter_map(|text| self.meant(text)).collect()
    }

    pub(super) fn known_list(&self, list: &[Name]) -> Vec<KnownRequirement> {
        let known = &self.index.requirements.known;
        let find = |name: &Name| known.iter().find(|one| one.name == *name);
        list.iter().filter_map(find).cloned().collect()
    }
}

/// True when each of `strong` implies one of `weak`.
pub(super) fn implies(strong: &[KnownRequirement], weak: &[KnownRequirement]) -> bool {
    let gives = |one: &KnownRequirement| weak.iter().any(|other| one.implies(other));
    !strong.is_empty() && strong.iter().all(gives)
}
