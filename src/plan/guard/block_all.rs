//! `block-all`: a policy that blocks everybody, or every administrator, from everything
//! (CA-R49), whatever trivial condition stands beside it.

use super::directory::{id_of, same};
use super::{After, Hit, Inputs, after};
use crate::lint::filters_nothing;
use crate::model::enums::PolicyState;
use crate::model::location::NamedLocation;
use crate::model::policy::{Applications, ConditionalAccessPolicy, Conditions, Users};
use crate::model::{Kind, Object};
use crate::plan::sign_ins::SignInEffect;
use crate::plan::{Plan, Verb};
use crate::tenant::snapshot::Snapshot;
use crate::text::few_names;
use crate::whatif::{
    Application, Applies, AuthenticationFlow, ClientType, CompiledPolicies, Fact, InsiderRisk,
    Platform, Risk, SignIn, TransferMethod, User, UserType, World,
};

/// The tenant before or after the plan.
struct Side<'a> {
    /// The plan; `None` before it.
    plan: Option<&'a Plan>,
    snapshot: &'a Snapshot,
    /// What policies refer to: the named locations.
    world: World,
}

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let snapshot = inputs.snapshot;
    let now = Side::new(Some(plan), snapshot);
    let then = Side::new(None, snapshot);
    for found in after(plan, snapshot).iter().filter(|found| found.is_on()) {
        let Some(words) = now.shuts_out(found.policy) else {
            continue;
        };
        match found.action {
            Some(action) => hits.push(
                hit(found, format!("`{}` {words} and excludes nobody", found.name))
                    .help("exclude the break-glass group in `conditions.users.excludeGroups`, and narrow the policy to the intended sign-ins")
                    .on(action),
            ),
            // The policy stays as it is, and what it rests on changes.
            None if then.shuts_out(found.policy).is_none() => hits.push(
                hit(
                    found,
                    format!(
                        "`{}` {words} and would no longer exclude anybody: this plan changes the groups or locations that it excludes",
                        found.name
                    ),
                )
                .help("leave somebody in the groups that it excludes, and a trusted location if it excludes those"),
            ),
            None => {}
        }
    }
    // Whatever the single policies look like: by proof, for the plan as a whole.
    if let Some(effect) = &plan.sign_ins
        && !hits.iter().any(Hit::is_error)
    {
        hits.extend(lockouts(effect));
    }
    hits
}

/// Whom a plan leaves no way in, or perhaps none.
fn lockouts(effect: &SignInEffect) -> impl Iterator<Item = Hit> {
    let certain = effect.shut_out.as_ref().map(|change| {
        let message = format!(
            "after this plan {} can no longer get in anywhere, whatever they do",
            whom(&change.sign_in)
        );
        // Whom a policy singles out it may be meant to stop.
        let hit = match effect.singled_out {
            true => Hit::warning(message),
            false => Hit::error(message),
        };
        hit.help(
            "leave them a way in, or, if it is intended, let it through with `--allow block-all`",
        )
    });
    let open = effect.may_be_shut_out.as_ref().map(|one| {
        let whom = whom(&one.change.sign_in);
        match one.because.as_slice() {
            [] => Hit::warning(format!(
                "it is not known whether {whom} can still get in somewhere after this plan: the search for a way in was given up"
            ))
            .help("make the change in smaller plans"),
            facts => {
                let told: Vec<String> = (facts.iter())
                    .map(|fact| Fact::of_member(fact).map_or(fact.clone(), |one| one.to_string()))
                    .collect();
                let hit = Hit::warning(format!(
                    "after this plan {whom} may no longer get in anywhere: it depends on {}",
                    told.join(", ")
                ));
                match facts.iter().any(|fact| fact.starts_with("environment.")) {
                    true => hit.help("leave them a way in that does not depend on it, or state the facts under `environment` in gatewright.yaml"),
                    false => hit.help("leave them a way in that does not depend on it"),
                }
            }
        }
    });
    certain.into_iter().chain(open)
}

/// Somebody, in words.
fn whom(sign_in: &SignIn) -> String {
    let Some(user) = &sign_in.user else {
        return "somebody".to_owned();
    };
    if let Some(name) = &user.name {
        return format!("`{name}`");
    }
    let kind = match user.user_type {
        None | Some(UserType::Member) => "members".to_owned(),
        Some(kind) => format!("external users (`{kind}`)"),
    };
    let lists = [("group", &user.member_of), ("role", &user.roles)];
    let mut held = Vec::new();
    for (what, list) in lists {
        let names: Vec<String> = list.iter().flatten().cloned().collect();
        if !names.is_empty() {
            held.push(format!("{what} {}", few_names(&names, 3)));
        }
    }
    match held.is_empty() {
        true => format!("{kind} without any group or role that a policy names"),
        false => format!("{kind} with the {}", held.join(" and ")),
    }
}

fn hit(found: &After<'_>, message: String) -> Hit {
    if found.is_enabled() {
        Hit::error(message)
    } else {
        Hit::warning(format!("{message}; it is report-only so far"))
    }
}

impl<'a> Side<'a> {
    fn new(plan: Option<&'a Plan>, snapshot: &'a Snapshot) -> Side<'a> {
        let actions = plan.map_or(&[][..], |plan| &plan.actions);
        let acted = |id: &str| {
            let mut mine = actions.iter().filter(|a| a.kind == Kind::NamedLocation);
            mine.any(|a| a.id.as_deref() == Some(id))
        };
        let named = |id: &str, object: &Object| match object {
            Object::NamedLocation(location) => Some(NamedLocation {
                id: Some(id.to_owned()),
                ..location.clone()
            }),
            _ => None,
        };
        let left = snapshot.of(Kind::NamedLocation).iter();
        let left = left.filter(|live| !acted(&live.id));
        let written = actions.iter().filter_map(|action| {
            let object = action.desired.as_ref()?;
            named(&id_of(action), object)
        });
        let world = World {
            locations: left
                .filter_map(|live| named(&live.id, &live.object))
                .chain(written)
                .collect(),
            ..World::default()
        };
        Side {
            plan,
            snapshot,
            world,
        }
    }

    /// Whom a policy blocks from what, with nobody left out: the evaluator must be sure of it
    /// for every place and device, and for each of the usual clients and platforms, without
    /// risk and without a flow.
    fn shuts_out(&self, policy: &ConditionalAccessPolicy) -> Option<String> {
        let users = policy.conditions.users.as_ref()?;
        let apps = policy.conditions.applications.as_ref()?;
        if self.leaves_somebody_out(users) {
            return None;
        }
        let mut policy = policy.clone();
        policy.state = Some(PolicyState::Enabled);
        if is_for_every_device(&policy.conditions) {
            (policy.conditions.devices, policy.conditions.device_states) = (None, None);
        }
        let compiled = CompiledPolicies::new([&policy], &self.world);
        let sure = |roles: &[&str]| {
            compiled.blocks(0)
                && ordinary(roles).all(|sign_in| {
                    let prepared = compiled.prepare(&sign_in);
                    prepared.is_ok_and(|one| compiled.judge(&one).applies(0) == Some(Applies::Yes))
                })
        };
        let whom = match (sure(&["Global Administrator"]), sure(&[])) {
            (false, _) => return None,
            (true, true) => "all users",
            (true, false) => "every Global Administrator",
        };
        Some(format!("blocks {whom} from {}", what(apps)))
    }

    /// True when a user, or a group that may hold one, is left out by name. Guests are nobody
    /// who could help.
    fn leaves_somebody_out(&self, users: &Users) -> bool {
        let person = |user: &String| {
            !["GuestsOrExternalUsers", "None"]
                .iter()
                .any(|special| user.eq_ignore_ascii_case(special))
        };
        let mut groups = users.exclude_groups.iter();
        users.exclude_users.iter().any(person) || groups.any(|group| !self.is_empty(group, 8))
    }

    /// True for a group that is known to hold nobody: to exclude it excludes nobody. Of a group
    /// whose members no manifest lists that is not known.
    fn is_empty(&self, id: &str, depth: usize) -> bool {
        let action = self
            .plan
            .into_iter()
            .flat_map(|plan| &plan.actions)
            .find(|a| a.kind == Kind::Group && same(&id_of(a), id));
        let members = match action {
            Some(action) => match &action.desired {
                None => return true,
                Some(Object::Group(group)) if group.is_dynamic() => return false,
                Some(Object::Group(group)) => match (&group.members, action.verb) {
                    (Some(members), _) => members.iter().cloned().collect(),
                    (None, Verb::Create) => Vec::new(),
                    (None, _) => return false,
                },
                Some(_) => return false,
            },
            None => {
                let live = self
                    .snapshot
                    .of(Kind::Group)
                    .iter()
                    .find(|l| same(&l.id, id));
                match live.map(|live| &live.object) {
                    Some(Object::Group(group)) if !group.is_dynamic() => match &group.members {
                        Some(members) => members.iter().cloned().collect::<Vec<_>>(),
                        None => return false,
                    },
                    _ => return false,
                }
            }
        };
        depth > 0
            && !self.is_joined(id)
            && members
                .iter()
                .all(|member| self.is_empty(member, depth - 1))
    }

    /// True when a test user of the plan joins the group.
    fn is_joined(&self, group: &str) -> bool {
        let actions = self.plan.into_iter().flat_map(|plan| &plan.actions);
        actions.into_iter().any(|action| match &action.desired {
            Some(Object::TestUser(user)) => user
                .member_of
                .as_ref()
                .is_some_and(|groups| groups.iter().any(|g| same(g, group))),
            _ => false,
        })
    }
}

/// The ordinary sign-ins of a member to the Azure portal, from wherever and on whatever device.
fn ordinary(roles: &[&str]) -> impl Iterator<Item = SignIn> {
    let clients = [ClientType::Browser, ClientType::MobileAppsAndDesktopClients];
    // Other platforms say nothing of who could help.
    let platforms = [
        Platform::Windows,
        Platform::MacOs,
        Platform::Ios,
        Platform::Android,
    ];
    let member = User {
        member_of: Some(Vec::new()),
        roles: Some(roles.iter().map(|role| (*role).to_owned()).collect()),
        user_type: Some(UserType::Member),
        ..User::default()
    };
    clients.into_iter().flat_map(move |client| {
        let member = member.clone();
        platforms.into_iter().map(move |platform| SignIn {
            user: Some(member.clone()),
            application: Some(Application::named("Azure Portal")),
            client_app_type: Some(client),
            device_platform: Some(platform),
            sign_in_risk_level: Some(Risk::None),
            user_risk_level: Some(Risk::None),
            insider_risk_level: Some(InsiderRisk::None),
            authentication_flow: Some(AuthenticationFlow {
                transfer_method: Some(TransferMethod::None),
                ..AuthenticationFlow::default()
            }),
            ..SignIn::default()
        })
    })
}

/// True when what a policy says of devices narrows nothing.
fn is_for_every_device(conditions: &Conditions) -> bool {
    let mut rows = conditions.stated();
    rows.all(|row| match row.name {
        "devices" if row.exclude.is_empty() => {
            let devices = conditions.devices.as_ref();
            let filter = devices.and_then(|devices| devices.device_filter.as_ref());
            filter.is_none_or(filters_nothing)
        }
        "devices" | "deviceStates" => {
            let limit = (row.read)(conditions);
            let (included, excluded) = limit.sides();
            row.is_all(included) && excluded.is_empty()
        }
        _ => true,
    })
}

/// What a policy that covers the Azure portal blocks altogether.
fn what(apps: &Applications) -> &'static str {
    let has = |text: &str| apps.include_applications.iter().any(|app| same(app, text));
    if has("All") && !apps.exclude_applications.is_empty() {
        // Whoever gets into another application cannot take the policy back there.
        "nearly all applications, including the administration portals,"
    } else if has("All") {
        "all applications"
    } else if has("MicrosoftAdminPortals") {
        "the administration portals"
    } else {
        "the Azure portal and the Entra admin center"
    }
}
