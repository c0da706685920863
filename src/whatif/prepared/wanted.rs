//! What is asked for.

use super::{Audience, Preparing, WantedResource};
use crate::model::refs::RefKind;
use crate::model::tables::suites;
use crate::text::is_guid;
use crate::whatif::environment::UserActionExclusion;
use crate::whatif::fact::{Fact, Match};
use crate::whatif::index::Number;
use crate::whatif::sign_in::Application;
use crate::whatif::vocabulary::{ExclusionState, OwnedBy, UserAction};

/// Microsoft Graph, through which scopes of low privilege are asked for.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// Windows Azure Active Directory, what such a request counts as.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
/// Applications for which no policy is evaluated: Windows Sign In; the exchange of agents.
const NEVER: [&str; 2] = [
    "38aa3b87-a06d-4817-b275-7a316988d93b",
    "fb60f99c-7a34-4190-8149-302f77469936",
];
const OPEN_ID: [&str; 4] = ["email", "offline_access", "openid", "profile"];
const LOW_PRIVILEGE: [&str; 7] = [
    "User.Read",
    "User.Read.All",
    "User.ReadBasic.All",
    "People.Read",
    "People.Read.All",
    "GroupMember.Read.All",
    "Member.Read.Hidden",
];

impl Preparing<'_> {
    pub(super) fn wanted(&mut self) -> WantedResource {
        let (index, sign_in) = (self.index, self.sign_in);
        if let Some(action) = sign_in.user_action {
            return WantedResource::Action {
                action,
                all_resources: self.all_resources(action),
            };
        }
        if let Some(context) = &sign_in.authentication_context {
            let context = index.names.canonical(RefKind::Context, context);
            return WantedResource::Context(index.contexts.get(&context));
        }
        let asked = sign_in.application.iter().chain(&sign_in.applications);
        let through_graph = asked.clone().all(|app| self.is_graph(app));
        let mut audiences: Vec<Audience> = asked.map(|app| self.audience(app)).collect();
        let Some(scopes) = &sign_in.scopes else {
            return match audiences.is_empty() {
                true => WantedResource::Unknown,
                // What is asked of Microsoft Graph may be of low privilege alone.
                false if through_graph => WantedResource::Applications {
                    instead: Some((vec![self.baseline()], Fact::SCOPES)),
                    audiences,
                },
                false => WantedResource::applications(audiences),
            };
        };
        let open_id = |scope: &String| is_among(&OPEN_ID, scope);
        let low = |scope: &String| open_id(scope) || is_among(&LOW_PRIVILEGE, scope);
        let is_baseline = through_graph && !scopes.is_empty() && scopes.iter().all(low);
        if is_baseline {
            audiences = vec![self.baseline()];
            if self.environment.baseline_scopes.is_none() {
                self.assume("requests for only low-privilege scopes count as access to Windows Azure Active Directory");
            }
        }
        if audiences.is_empty() {
            return WantedResource::Unknown;
        }
        // A confidential client that wants an id token is an audience, too; and the only one
        // when it asks for nothing else.
        let alone = is_baseline && scopes.iter().all(open_id);
        let wants_id_token = scopes.iter().any(|scope| is_among(&["openid"], scope));
        let Some(client) = sign_in.client.as_ref().filter(|_| alone || wants_id_token) else {
            return WantedResource::applications(audiences);
        };
        let own = self.audience(&Application {
            name: client.name.clone(),
            ..Application::default()
        });
        let with_client = match alone {
            true => vec![own],
            false => audiences.iter().cloned().chain([own]).collect(),
        };
        match client.confidential {
            Some(true) => WantedResource::applications(with_client),
            Some(false) => WantedResource::applications(audiences),
            None => WantedResource::Applications {
                audiences,
                instead: Some((with_client, Fact::CLIENT)),
            },
        }
    }

    /// Whether policies on all resources count for a user action: documented for one of them.
    fn all_resources(&mut self, action: UserAction) -> Match {
        let lifted = |exclusions: &Vec<UserActionExclusion>| {
            exclusions.iter().any(|exclusion| {
                exclusion.user_action == action && exclusion.state == ExclusionState::Enabled
            })
        };
        match &self.environment.user_action_exclusions {
            Some(exclusions) if lifted(exclusions) => return Match::No,
            None if self.index.has_all_resources => {
                self.assume("no user action is exempt from policies on all resources");
            }
            _ => {}
        }
        match action {
            UserAction::RegisterSecurityInformation => Match::Yes,
            UserAction::RegisterOrJoinDevices | UserAction::AccountRecovery => {
                Match::unknown(Fact::ALL_RESOURCES)
            }
        }
    }

    fn application_id(&self, app: &Application) -> Option<String> {
        let name = app.name.as_deref()?;
        Some(self.index.names.canonical(RefKind::Application, name))
    }

    fn is_graph(&self, app: &Application) -> bool {
        let id = self.application_id(app);
        id.is_some_and(|id| [GRAPH, DIRECTORY].contains(&id.as_str()))
    }

    /// What a request for scopes of low privilege alone counts as.
    fn baseline(&mut self) -> Audience {
        let counts_as = match self.environment.baseline_scopes.as_deref() {
            Some("legacy") => {
                return Audience {
                    numbers: Vec::new(),
                    office: Match::No,
                    portal: Match::No,
                    agent: Match::No,
                    rules: vec![Match::No; self.index.attribute_rules.len()],
                    never: false,
                    legacy: true,
                };
            }
            None | Some("directory") => DIRECTORY.to_owned(),
            Some(placeholder) => placeholder.to_owned(),
        };
        self.audience(&Application::named(counts_as))
    }

    fn audience(&mut self, app: &Application) -> Audience {
        let index = self.index;
        let id = self.application_id(app);
        let mut numbers: Vec<Number> = Vec::new();
        if let Some(id) = &id {
            numbers.extend(index.applications.get(id));
            if suites::is_service_management(id) {
                let covering = suites::service_management();
                numbers.extend(covering.filter_map(|id| index.applications.get(id)));
            }
        }
        let environment = &self.environment;
        let listed = |list: &[String]| {
            let mut list = list.iter();
            id.as_deref().is_some_and(|id| {
                list.any(|app| index.names.canonical(RefKind::Application, app) == id)
            })
        };
        let (office, portal) = (
            listed(&environment.office_applications),
            listed(&environment.admin_portals),
        );
        // An application of the tenant's own, or of another publisher, is outside all of these.
        let known = id.as_deref().and_then(|id| index.owners.get(id));
        let owner = app.owned_by.or(known.and_then(|app| app.owned_by));
        let foreign = match owner {
            Some(OwnedBy::Tenant | OwnedBy::Other) => true,
            Some(OwnedBy::Microsoft) => false,
            None => id.as_deref().is_some_and(|id| !is_guid(id)),
        };
        let by_table = |listed: bool, table: fn(&str) -> Option<bool>, fact: Fact| match (
            listed,
            id.as_deref().and_then(table),
        ) {
            (true, _) => Match::Yes,
            (_, Some(is_in)) => is_in.into(),
            (_, None) if foreign => Match::No,
            _ => Match::unknown(fact),
        };
        let agent = match id.as_deref().and_then(suites::is_office_365) {
            // Of a well-known application of Microsoft it is known that it is no agent.
            Some(_) => Match::No,
            None => Match::unknown(Fact::AGENT_RESOURCE),
        };
        let audience = Audience {
            office: by_table(office, suites::is_office_365, Fact::OFFICE365),
            portal: by_table(portal, suites::is_admin_portal, Fact::ADMIN_PORTALS),
            agent,
            never: id.as_deref().is_some_and(|id| NEVER.contains(&id)),
            legacy: false,
            rules: self.rules(
                app.attributes
                    .as_ref()
                    .or(self.sign_in.application_attributes.as_ref()),
                Fact::APPLICATION_ATTRIBUTES,
            ),
            numbers,
        };
        if owner.is_none()
            && foreign
            && let Some(name) = &app.name
        {
            self.assume(format!("`{name}` is an application of the tenant's own"));
        }
        audience
    }
}

/// A scope may be written with its resource before it.
fn is_among(list: &[&str], scope: &str) -> bool {
    let scope = scope.rsplit('/').next().unwrap_or(scope);
    list.iter().any(|known| known.eq_ignore_ascii_case(scope))
}

impl WantedResource {
    fn applications(audiences: Vec<Audience>) -> WantedResource {
        WantedResource::Applications {
            audiences,
            instead: None,
        }
    }
}
