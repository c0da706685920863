//! Who signs in.

use super::{Agent, HomeTenant, Person, Preparing, Principal, Who};
use crate::model::refs::RefKind;
use crate::whatif::fact::{Fact, Match};
use crate::whatif::index::Bits;
use crate::whatif::sign_in::{AgentIdentity, ServicePrincipal, User};
use crate::whatif::vocabulary::{OwnedBy, UserType};

impl Preparing<'_> {
    pub(super) fn who(&mut self) -> Who {
        let sign_in = self.sign_in;
        if let Some(user) = &sign_in.user {
            return Who::User(self.person(user));
        }
        if let Some(principal) = &sign_in.service_principal {
            return Who::ServicePrincipal(self.principal(principal));
        }
        if let Some(agent) = &sign_in.agent_identity {
            return Who::Agent(self.agent(agent));
        }
        Who::Unknown
    }

    fn person(&mut self, user: &User) -> Person {
        let index = self.index;
        let name = user.name.as_deref();
        let name = name.map(|name| index.names.canonical(RefKind::User, name));
        let known = name.as_deref().and_then(|name| index.people.user(name));
        let kind = user.user_type.or(known.and_then(|user| user.user_type));
        let tenant = user
            .external_tenant_id
            .as_deref()
            .or(known.and_then(|user| user.external_tenant_id.as_deref()));
        // Without an object in the tenant there are neither groups nor roles.
        let objectless = kind == Some(UserType::B2bDirectConnectUser);
        let mut groups = Bits::default();
        let mut groups_unknown = Bits::default();
        if let Some(member) = self.member {
            for (number, group) in index.groups.numbered() {
                match member(group) {
                    Match::Yes => groups.put(number),
                    Match::No => {}
                    Match::Unknown(_) => groups_unknown.put(number),
                }
            }
        } else if let Some(listed) = &user.member_of {
            let listed = listed
                .iter()
                .map(|group| index.names.canonical(RefKind::Group, group));
            let held = index.people.held(listed);
            groups = held
                .iter()
                .filter_map(|group| index.groups.get(group))
                .collect();
        } else if !objectless && !user.agent_user {
            let empty: Vec<String> = self
                .environment
                .assume_empty
                .iter()
                .map(|group| index.names.canonical(RefKind::Group, group))
                .collect();
            let asked = self.groups.clone().into_iter().flatten();
            let asked = asked.filter_map(|number| Some((number, index.groups.text(number)?)));
            let all = self.groups.is_none().then(|| index.groups.numbered());
            for (number, group) in asked.chain(all.into_iter().flatten()) {
                match index.people.is_member(name.as_deref(), group) {
                    Match::Yes => groups.put(number),
                    Match::No => {}
                    Match::Unknown(_) if empty.iter().any(|one| one == group) => {
                        let group = index.names.shown(RefKind::Group, group);
                        self.assume(format!("nobody is in the group `{group}`"));
                    }
                    Match::Unknown(_) => groups_unknown.put(number),
                }
            }
        }
        let roles = match (&user.roles, known.and_then(|user| user.roles.as_ref())) {
            (Some(roles), _) | (None, Some(roles)) => Some(
                roles
                    .iter()
                    .map(|role| index.names.canonical(RefKind::Role, role))
                    .filter_map(|role| index.roles.get(&role))
                    .collect(),
            ),
            (None, None) if objectless || user.agent_user => Some(Bits::default()),
            (None, None) => None,
        };
        Person {
            number: name.as_deref().and_then(|name| index.users.get(name)),
            groups,
            groups_unknown,
            roles,
            kind,
            tenant: match tenant.map(|tenant| index.tenants.get(&tenant.to_ascii_lowercase())) {
                // Their home is the tenant itself.
                None if matches!(kind, Some(UserType::Member | UserType::InternalGuest)) => {
                    HomeTenant::Other
                }
                None => HomeTenant::Unknown,
                Some(None) => HomeTenant::Other,
                Some(Some(number)) => HomeTenant::Named(number),
            },
            is_agent: user.agent_user,
        }
    }

    fn principal(&mut self, principal: &ServicePrincipal) -> Principal {
        let index = self.index;
        let name = principal.name.as_deref();
        let name = name.map(|name| index.names.canonical(RefKind::ServicePrincipal, name));
        let known = name.as_deref().and_then(|name| index.owners.get(name));
        let owner = principal.owned_by.or(known.and_then(|app| app.owned_by));
        Principal {
            number: name.as_deref().and_then(|name| index.principals.get(name)),
            is_own: match owner {
                None => Match::unknown(Fact::SERVICE_PRINCIPAL_OWNER),
                Some(owner) => (owner == OwnedBy::Tenant).into(),
            },
            is_managed_identity: principal.managed_identity,
            rules: self.rules(
                principal.attributes.as_ref(),
                Fact::SERVICE_PRINCIPAL_ATTRIBUTES,
            ),
        }
    }

    fn agent(&mut self, agent: &AgentIdentity) -> Agent {
        let index = self.index;
        let number = |name: &str| {
            let name = index.names.canonical(RefKind::ServicePrincipal, name);
            index.principals.get(&name)
        };
        Agent {
            number: agent.name.as_deref().and_then(number),
            blueprint: agent.blueprint.as_deref().map(number),
            rules: self.rules(agent.attributes.as_ref(), Fact::AGENT_ATTRIBUTES),
        }
    }
}
