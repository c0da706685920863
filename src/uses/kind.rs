//! What an object of the graph is.

use crate::model::Kind;
use crate::model::refs::RefKind;

/// What an object of the graph is. The order is that in which objects are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsedKind {
    /// A Conditional Access policy.
    Policy,
    /// A named location, or a special value in its place.
    Location,
    /// An authentication strength.
    Strength,
    /// An authentication context.
    Context,
    /// A group.
    Group,
    /// A user, or a special value such as `All` in the place of one.
    User,
    /// A built-in directory role.
    Role,
    /// An application, or a special value such as `Office365`.
    Application,
    /// A service principal.
    ServicePrincipal,
    /// A terms-of-use agreement.
    Agreement,
    /// A custom control, by its id.
    CustomControl,
    /// A user action, such as `urn:user:registersecurityinfo`.
    UserAction,
    /// A security profile of Global Secure Access, by its id.
    FilteringProfile,
    /// Another tenant, by its id.
    ExternalTenant,
    /// An invariant, of the project or of a pack.
    Invariant,
    /// A scenario.
    Scenario,
    /// The guards file.
    Guards,
    /// The project file.
    Project,
}

impl UsedKind {
    /// Every kind, in the order in which objects are shown.
    pub const ALL: [UsedKind; 18] = [
        UsedKind::Policy,
        UsedKind::Location,
        UsedKind::Strength,
        UsedKind::Context,
        UsedKind::Group,
        UsedKind::User,
        UsedKind::Role,
        UsedKind::Application,
        UsedKind::ServicePrincipal,
        UsedKind::Agreement,
        UsedKind::CustomControl,
        UsedKind::UserAction,
        UsedKind::FilteringProfile,
        UsedKind::ExternalTenant,
        UsedKind::Invariant,
        UsedKind::Scenario,
        UsedKind::Guards,
        UsedKind::Project,
    ];

    /// The kind for programs: as manifests have it, where they do.
    pub fn as_str(self) -> &'static str {
        match self {
            UsedKind::Policy => Kind::ConditionalAccessPolicy.as_str(),
            UsedKind::Location => Kind::NamedLocation.as_str(),
            UsedKind::Strength => Kind::AuthenticationStrength.as_str(),
            UsedKind::Context => Kind::AuthenticationContext.as_str(),
            UsedKind::Group => Kind::Group.as_str(),
            UsedKind::User => "User",
            UsedKind::Role => "DirectoryRole",
            UsedKind::Application => "Application",
            UsedKind::ServicePrincipal => "ServicePrincipal",
            UsedKind::Agreement => "TermsOfUse",
            UsedKind::CustomControl => "CustomControl",
            UsedKind::UserAction => "UserAction",
            UsedKind::FilteringProfile => "FilteringProfile",
            UsedKind::ExternalTenant => "ExternalTenant",
            UsedKind::Invariant => "Invariant",
            UsedKind::Scenario => "Scenario",
            UsedKind::Guards => "GuardsFile",
            UsedKind::Project => "ProjectFile",
        }
    }

    /// A word for people.
    pub fn word(self) -> &'static str {
        match self {
            UsedKind::Policy => "policy",
            UsedKind::Location => "location",
            UsedKind::Strength => "strength",
            UsedKind::Context => "context",
            UsedKind::Group => "group",
            UsedKind::User => "user",
            UsedKind::Role => "role",
            UsedKind::Application => "application",
            UsedKind::ServicePrincipal => "service principal",
            UsedKind::Agreement => "terms of use",
            UsedKind::CustomControl => "custom control",
            UsedKind::UserAction => "user action",
            UsedKind::FilteringProfile => "filtering profile",
            UsedKind::ExternalTenant => "external tenant",
            UsedKind::Invariant => "invariant",
            UsedKind::Scenario => "scenario",
            UsedKind::Guards => "guards file",
            UsedKind::Project => "project file",
        }
    }

    /// The kind that a text on the command line names: a word for people, with `-` for blanks, or
    /// the kind for programs, in any letter case, one or several.
    pub fn parse(text: &str) -> Option<UsedKind> {
        let folded = |text: &str| -> String {
            let letters = text.chars().filter(|c| c.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect()
        };
        let text = match folded(text).as_str() {
            "app" | "apps" => "application".to_owned(),
            "testuser" | "testusers" => "user".to_owned(),
            other => other.to_owned(),
        };
        UsedKind::ALL.into_iter().find(|kind| {
            [kind.word(), kind.as_str()].iter().any(|name| {
                let name = folded(name);
                let stem = name.strip_suffix('y');
                text == name
                    || text == format!("{name}s")
                    || stem.is_some_and(|stem| text == format!("{stem}ies"))
            })
        })
    }

    /// Whether a manifest can describe it.
    pub fn is_manifested(self) -> bool {
        Kind::ALL.iter().any(|kind| UsedKind::from(*kind) == self)
    }

    /// What a reference of this kind points to; nothing where it may be several things.
    pub(super) fn of(kind: RefKind) -> Option<UsedKind> {
        Some(match kind {
            RefKind::User => UsedKind::User,
            RefKind::Group => UsedKind::Group,
            RefKind::Member => return None,
            RefKind::Role => UsedKind::Role,
            RefKind::Application => UsedKind::Application,
            RefKind::ServicePrincipal => UsedKind::ServicePrincipal,
            RefKind::Location => UsedKind::Location,
            RefKind::Strength => UsedKind::Strength,
            RefKind::Context => UsedKind::Context,
            RefKind::Agreement => UsedKind::Agreement,
        })
    }

    /// The kind of reference that points to it, if one does.
    pub(super) fn reference(self) -> Option<RefKind> {
        Some(match self {
            UsedKind::User => RefKind::User,
            UsedKind::Group => RefKind::Group,
            UsedKind::Role => RefKind::Role,
            UsedKind::Application => RefKind::Application,
            UsedKind::ServicePrincipal => RefKind::ServicePrincipal,
            UsedKind::Location => RefKind::Location,
            UsedKind::Strength => RefKind::Strength,
            UsedKind::Context => RefKind::Context,
            UsedKind::Agreement => RefKind::Agreement,
            _ => return None,
        })
    }
}

impl From<Kind> for UsedKind {
    fn from(kind: Kind) -> UsedKind {
        match kind {
            Kind::Group => UsedKind::Group,
            Kind::TestUser => UsedKind::User,
            Kind::NamedLocation => UsedKind::Location,
            Kind::AuthenticationStrength => UsedKind::Strength,
            Kind::AuthenticationContext => UsedKind::Context,
            Kind::ConditionalAccessPolicy => UsedKind::Policy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_by_any_of_its_names() {
        for kind in UsedKind::ALL {
            for name in [kind.word(), kind.as_str()] {
                assert_eq!(UsedKind::parse(name), Some(kind), "{name}");
                assert_eq!(UsedKind::parse(&name.replace(' ', "-")), Some(kind));
                assert_eq!(UsedKind::parse(&name.to_uppercase()), Some(kind));
            }
            if let Some(reference) = kind.reference() {
                assert_eq!(UsedKind::of(reference), Some(kind));
            }
        }
        for (text, kind) in [
            ("policies", Some(UsedKind::Policy)),
            ("apps", Some(UsedKind::Application)),
            ("TestUser", Some(UsedKind::User)),
            ("service-principals", Some(UsedKind::ServicePrincipal)),
            ("device", None),
            ("", None),
        ] {
            assert_eq!(UsedKind::parse(text), kind, "{text}");
        }
        assert!(UsedKind::ALL.is_sorted());
    }
}
