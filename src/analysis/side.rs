//! One set of policies as formulas over a space: when each condition matches, as the evaluator
//! matches it.

use std::collections::BTreeSet;

use super::formula::Formula;
use super::space::{Home, Resource, Space, SubjectKind, Workload};
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::whatif::parts::{
    Audience, CompiledPolicy, External, Filtered, Location, Places, Resources, Subjects, Suites,
    Tenants, WantedResource, Whence, Workloads,
};
use crate::whatif::{
    AgentRisk, ClientType, CompiledPolicies, InsiderRisk, Match, MissingFacts, OwnedBy, Platform,
    Risk, SignIn, TransferMethod, UserAction, UserType,
};

/// How what nobody knows of the place of a sign-in begins: it is one thing here and another there,
/// and no fact of the tenant.
pub(super) const PLACED: &str = "at ";

/// One set of policies and its world.
pub(super) struct Side<'a> {
    pub policies: &'a CompiledPolicies,
    /// For each policy when it applies.
    pub applies: Vec<Formula>,
    /// And when its users mean who signs in.
    pub subjects: Vec<Formula>,
    /// For each named location of the index when a sign-in comes from there.
    places: Vec<Formula>,
    trusted: Formula,
    mfa_ips: Formula,
    /// For each resource of the space what it is here.
    wanted: Vec<WantedResource>,
    /// For each group of the index when a subject is a member.
    groups: Vec<Formula>,
    roles: Vec<Formula>,
    /// For each user of the index that it is the one.
    users: Vec<Formula>,
    device_rules: Vec<Formula>,
    application_rules: Vec<Formula>,
    principal_rules: Vec<Formula>,
}

impl<'a> Side<'a> {
    /// Works out when each of the policies applies. `given` are the same policies as they were
    /// compiled, for what cannot be judged of them.
    pub(super) fn new(
        policies: &'a CompiledPolicies,
        given: &[ConditionalAccessPolicy],
        space: &mut Space,
    ) -> Side<'a> {
        let mut side = Side {
            policies,
            applies: Vec::new(),
            subjects: Vec::new(),
            places: Vec::new(),
            trusted: Formula::FALSE,
            mfa_ips: Formula::FALSE,
            wanted: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            users: Vec::new(),
            device_rules: Vec::new(),
            application_rules: Vec::new(),
            principal_rules: Vec::new(),
        };
        side.find_places(space);
        side.find_resources(space);
        side.find_people(space);
        let index = &policies.index;
        let f = &mut space.formulas;
        for rule in &index.device_rules {
            side.device_rules.push(space.device.rule(rule, f));
        }
        for rule in &index.attribute_rules {
            side.application_rules.push(space.application.rule(rule, f));
            side.principal_rules.push(space.principal.rule(rule, f));
        }
        let mut sources = vec![None; policies.policies.len()];
        for (at, policy) in given.iter().enumerate() {
            if let Some(slot) = policies.number_of(at).and_then(|n| sources.get_mut(n)) {
                *slot = Some(policy);
            }
        }
        for (policy, source) in policies.policies.iter().zip(sources) {
            let said = said(source);
            let subject = side.subject(policy, &said, space);
            let applies = side.policy(policy, subject, &said, space);
            side.applies.push(applies);
            side.subjects.push(subject);
        }
        side
    }

    fn find_places(&mut self, space: &mut Space) {
        let index = &self.policies.index;
        let through = space.network.is(&true);
        for (number, place) in index.places.iter().enumerate() {
            let from = |whence: Whence| place.holds(&whence) == Match::Yes;
            let here = match place {
                Location::Ip(_) => space.address.of(&mut space.formulas, |address| {
                    from(Whence {
                        address: Some(*address),
                        ..Whence::default()
                    })
                }),
                Location::Country { gps: false, .. } => {
                    space.country.of(&mut space.formulas, |country| {
                        from(Whence {
                            country: Some(*country),
                            ..Whence::default()
                        })
                    })
                }
                // What only a phone knows, country by country: two locations may share them out.
                Location::Country { codes, unknown, .. } => {
                    let codes = codes.iter().map(|code| String::from_utf8_lossy(code));
                    let rest = unknown.then_some("unknown".into());
                    let each = codes.chain(rest);
                    let each = each.map(|code| space.formulas.open(format!("{PLACED}gps {code}")));
                    let each: Vec<Formula> = each.collect();
                    space.formulas.any(each)
                }
                Location::CompliantNetwork => through,
                Location::Unknown => {
                    let mut names = index.locations.numbered();
                    let name = names.find(|(n, _)| *n as usize == number);
                    let name = name.map_or("", |(_, name)| name);
                    space.formulas.open(format!("location {name}"))
                }
            };
            self.places.push(here);
        }
        let environment = &self.policies.environment;
        self.mfa_ips = match &environment.mfa_trusted_ips {
            Some(ranges) => {
                let nets = ranges.iter().map(|range| range.0);
                let ranges = crate::whatif::parts::Ranges::new(nets);
                space.address.of(&mut space.formulas, |address| {
                    address.0.is_ipv4() && ranges.holds(Some(*address)) == Match::Yes
                })
            }
            None if index.names_mfa_ips => {
                let four = space.address.of(&mut space.formulas, |a| a.0.is_ipv4());
                let open = space.formulas.open("mfaTrustedIps");
                space.formulas.and(four, open)
            }
            None => Formula::FALSE,
        };
        let listed = space.address.of(&mut space.formulas, |address| {
            index.trusted.holds(Some(*address)) == Match::Yes
        });
        let network = match index.trusted_network {
            true => {
                let open = space.formulas.open("trusted compliant network");
                space.formulas.and(through, open)
            }
            false => Formula::FALSE,
        };
        self.trusted = space.formulas.any([listed, self.mfa_ips, network]);
    }

    fn find_resources(&mut self, space: &Space) {
        for resource in &space.resource.values {
            let mut sign_in = SignIn::default();
            match resource {
                Resource::Application {
                    application,
                    scopes,
                } => {
                    sign_in.application = Some(application.clone());
                    sign_in.scopes = scopes.clone();
                }
                Resource::Action(action) => sign_in.user_action = Some(*action),
                Resource::Context(context) => {
                    sign_in.authentication_context = Some(context.clone());
                }
            }
            self.wanted.push(self.policies.wanted(&sign_in));
        }
    }

    fn find_people(&mut self, space: &mut Space) {
        let index = &self.policies.index;
        for (_, group) in index.groups.numbered() {
            let member = self.member(group, space);
            self.groups
                .push(match space.apart && member != Formula::FALSE {
                    true => space.same_as(member),
                    false => member,
                });
        }
        for (_, role) in index.roles.numbered() {
            let atom = space.roles.get(role).copied();
            self.roles.push(atom.unwrap_or(Formula::FALSE));
        }
        for (_, user) in index.users.numbered() {
            self.users.push(space.user.is(&Some(user.to_owned())));
        }
    }

    /// When a subject is in a group: as far as this side's world tells, and else as the group's
    /// atom says. Whoever is in a group that is in it is in it, too.
    pub(super) fn member(&self, group: &str, space: &mut Space) -> Formula {
        let people = &self.policies.index.people;
        let object = space.subject.of(
            &mut space.formulas,
            |one| matches!(one, SubjectKind::User(kind) if *kind != UserType::B2bDirectConnectUser),
        );
        let (mut ways, mut seen) = (Vec::new(), BTreeSet::new());
        let mut open = vec![group.to_owned()];
        while let Some(group) = open.pop() {
            if !seen.insert(group.clone()) {
                continue;
            }
            open.extend(people.groups_in(&group).iter().cloned());
            // What one side knows and this one does not may be so here, or not.
            let atom = match space.contested.contains(&group) && people.rule_of(&group).is_none() {
                true => Some(space.formulas.open(format!("members of {group}"))),
                false => space.membership(&group, people.rule_of(&group)),
            };
            for (name, is) in space.user.iter() {
                // Everybody whom a list names has a name here: the others are in no list.
                let is_in = match name {
                    // Groups in it have their turn.
                    Some(name) => people.is_direct_member(name, &group),
                    None => people.is_open(&group),
                };
                let way = match (is_in, atom) {
                    (Match::Yes, _) => is,
                    (Match::Unknown(_), Some(atom)) => space.formulas.and(is, atom),
                    (Match::Unknown(_), None) | (Match::No, _) => continue,
                };
                ways.push(way);
            }
        }
        let any = space.formulas.any(ways);
        space.formulas.and(object, any)
    }

    fn policy(
        &self,
        policy: &CompiledPolicy,
        subject: Formula,
        said: &str,
        space: &mut Space,
    ) -> Formula {
        let parts = [
            self.resource(policy, space),
            subject,
            platform(policy, space),
            self.place(
                policy.locations.as_ref().map(|l| (&l.include, &l.exclude)),
                space,
            ),
            client(policy, space),
            self.rest(policy, said, space),
            match policy.unclear.is_empty() {
                true => Formula::TRUE,
                false => unclear(policy.unclear, said, space),
            },
        ];
        space.formulas.all(parts)
    }

    fn resource(&self, policy: &CompiledPolicy, space: &mut Space) -> Formula {
        let Some(own) = &policy.resources else {
            return Formula::FALSE;
        };
        let mut ways = Vec::new();
        for at in 0..space.resource.values.len() {
            let Some(wanted) = self.wanted.get(at) else {
                continue;
            };
            let matched = match wanted {
                WantedResource::Unknown => continue,
                WantedResource::Applications { .. } if own.has_actions || own.has_contexts => {
                    continue;
                }
                // The scopes are given, so nothing stands for it instead.
                WantedResource::Applications { audiences, .. } => {
                    let each: Vec<Formula> = audiences
                        .iter()
                        .map(|audience| self.audience(own, audience, at, space))
                        .collect();
                    space.formulas.any(each)
                }
                WantedResource::Action { action, .. } if own.has_actions => {
                    (own.actions >> (*action as u32) & 1 == 1).into()
                }
                WantedResource::Action {
                    action,
                    all_resources,
                } => match (own.applications.include.all, all_resources) {
                    (false, _) | (true, Match::No) => Formula::FALSE,
                    (true, Match::Yes) => Formula::TRUE,
                    (true, Match::Unknown(_)) => {
                        let action: &UserAction = action;
                        space.formulas.open(format!("allResources {action}"))
                    }
                },
                WantedResource::Context(context) if own.has_contexts => context
                    .is_some_and(|one| own.contexts.contains(&one))
                    .into(),
                WantedResource::Context(_) => match own.applications.include.all {
                    true => space.formulas.open("allResources context"),
                    false => Formula::FALSE,
                },
            };
            let atom = space.resource.atoms.get(at).copied();
            if let Some(atom) = atom
                && matched != Formula::FALSE
            {
                ways.push(space.formulas.and(atom, matched));
            }
        }
        // Everything there is.
        match ways == space.resource.atoms {
            true => Formula::TRUE,
            false => space.formulas.any(ways),
        }
    }

    fn audience(
        &self,
        own: &Resources,
        audience: &Audience,
        at: usize,
        space: &mut Space,
    ) -> Formula {
        if audience.never {
            return Formula::FALSE;
        }
        if audience.legacy {
            return (own.applications.include.all && !own.has_exclusions).into();
        }
        let mut by_filter = |mode: bool| match own.filter {
            None => Formula::FALSE,
            Some(filter) if filter.mode.is_none() => {
                // It takes away, or it adds: which of the two is one more thing nobody knows.
                self.mode_unknown(filter, mode, space)
            }
            Some(filter) if filter.mode == Some(mode) => rule(&self.application_rules, filter),
            Some(_) => Formula::FALSE,
        };
        let (included, left_out) = (by_filter(true), by_filter(false));
        let listed = suites(&own.applications.include, audience, at, space);
        let included = space.formulas.or(listed, included);
        let listed = suites(&own.applications.exclude, audience, at, space);
        let left_out = space.formulas.or(listed, left_out);
        space.formulas.but_not(included, left_out)
    }

    fn mode_unknown(&self, filter: Filtered, adds: bool, space: &mut Space) -> Formula {
        let rules = &self.policies.index.attribute_rules;
        let rule = rules.get(filter.rule);
        space.formulas.open(format!("filterMode {adds} {rule:?}"))
    }

    /// When a policy's users, principals or agents mean who signs in. `said` is all that it says.
    fn subject(&self, policy: &CompiledPolicy, said: &str, space: &mut Space) -> Formula {
        let mut ways = Vec::new();
        let person = space.person();
        if let Some(users) = &policy.users
            && policy.workloads.is_none()
            && policy.agents.is_none()
        {
            let included = self.people(&users.include, said, space);
            let left_out = self.people(&users.exclude, said, space);
            let is = space.formulas.all([person, included, !left_out]);
            ways.push(is);
        }
        let defaults = self.policies.environment.security_defaults == Some(true);
        let agent_user = space.subject.is(&SubjectKind::AgentUser);
        if agent_user != Formula::FALSE && !defaults && policy.workloads.is_none() {
            let is = match (&policy.agents, &policy.users) {
                (Some(agents), _) => {
                    let mut named = |all: bool, list: &[u32]| match all {
                        true => Formula::TRUE,
                        false => {
                            let named = list.iter().map(|one| self.user(*one));
                            space.formulas.any(named.collect::<Vec<_>>())
                        }
                    };
                    let included = named(agents.all.include, &agents.users.include);
                    let left_out = named(agents.all.exclude, &agents.users.exclude);
                    let matched = space.formulas.but_not(included, left_out);
                    match agents.has_filter {
                        false => matched,
                        true => {
                            let open = space.formulas.open(format!("agent filter {said}"));
                            space.formulas.and(matched, open)
                        }
                    }
                }
                (None, Some(users)) => {
                    let mut side = |subjects: &Subjects| match (subjects.agents, subjects.all) {
                        (true, _) => Formula::TRUE,
                        (false, true) => space.formulas.open("allUsers"),
                        (false, false) => Formula::FALSE,
                    };
                    let (included, left_out) = (side(&users.include), side(&users.exclude));
                    space.formulas.but_not(included, left_out)
                }
                (None, None) => Formula::FALSE,
            };
            ways.push(space.formulas.and(agent_user, is));
        }
        if let Some(own) = &policy.workloads {
            let principal = space.subject.is(&SubjectKind::ServicePrincipal);
            if own.is_for.0 && principal != Formula::FALSE {
                let is = self.principal(own, space);
                ways.push(space.formulas.and(principal, is));
            }
            let agent = space.subject.is(&SubjectKind::Agent);
            if own.is_for.1 && agent != Formula::FALSE && !defaults {
                let is = self.agent(own, space);
                ways.push(space.formulas.and(agent, is));
            }
        }
        space.formulas.any(ways)
    }

    fn user(&self, number: u32) -> Formula {
        let found = self.users.get(number as usize).copied();
        found.unwrap_or(Formula::FALSE)
    }

    /// When a side of a policy's users means a person.
    fn people(&self, subjects: &Subjects, said: &str, space: &mut Space) -> Formula {
        if subjects.all {
            return Formula::TRUE;
        }
        let mut ways: Vec<Formula> = subjects.users.iter().map(|one| self.user(*one)).collect();
        if subjects.guests {
            ways.push(space.subject.of(
                &mut space.formulas,
                |one| matches!(one, SubjectKind::User(kind) if *kind != UserType::Member),
            ));
        }
        if let Some(external) = &subjects.external {
            ways.push(self.external(external, said, space));
        }
        let held = |list: &[Formula], one: &u32| list.get(*one as usize).copied();
        ways.extend(
            subjects
                .groups
                .iter()
                .filter_map(|one| held(&self.groups, one)),
        );
        ways.extend(
            subjects
                .roles
                .iter()
                .filter_map(|one| held(&self.roles, one)),
        );
        if subjects.odd {
            ways.push(space.formulas.open(format!("users {subjects:?} {said}")));
        }
        space.formulas.any(ways)
    }

    fn external(&self, external: &External, said: &str, space: &mut Space) -> Formula {
        let index = &self.policies.index;
        let has = |kind: UserType| external.kinds >> (kind as u32) & 1 == 1;
        // By name: numbers are each side's own.
        let listed: Vec<&str> = match &external.tenants {
            Tenants::These(list) => {
                let all = index.tenants.numbered();
                let those = all.filter(|(number, _)| list.contains(number));
                those.map(|(_, tenant)| tenant).collect()
            }
            Tenants::All | Tenants::Unclear => Vec::new(),
        };
        let tenants = match &external.tenants {
            Tenants::All => Formula::TRUE,
            Tenants::Unclear => space.formulas.open(format!("tenants {said}")),
            Tenants::These(_) => space.home.of(
                &mut space.formulas,
                |home| matches!(home, Home::Named(one) if listed.contains(&one.as_str())),
            ),
        };
        // As the evaluator has it: of a member only by its home; some kinds count for each other
        // in some services.
        let mut ways = Vec::new();
        let collaborates = [
            UserType::B2bCollaborationGuest,
            UserType::B2bCollaborationMember,
        ];
        for kind in UserType::ALL
            .iter()
            .copied()
            .filter(|k| *k != UserType::Member)
        {
            let is = space.subject.is(&SubjectKind::User(kind));
            // Each kind that counts for another does so by itself: two policies may share them out.
            let crossing: Vec<UserType> = match kind {
                _ if has(kind) => Vec::new(),
                UserType::B2bDirectConnectUser => {
                    collaborates.into_iter().filter(|one| has(*one)).collect()
                }
                kind if collaborates.contains(&kind) && has(UserType::B2bDirectConnectUser) => {
                    vec![UserType::B2bDirectConnectUser]
                }
                _ => Vec::new(),
            };
            if has(kind) {
                ways.push(space.formulas.and(is, tenants));
            }
            for other in crossing {
                let counts = space.formulas.open(format!("directConnect {other}"));
                ways.push(space.formulas.all([is, tenants, counts]));
            }
        }
        space.formulas.any(ways)
    }

    fn principal(&self, own: &Workloads, space: &mut Space) -> Formula {
        let index = &self.policies.index;
        let mut ways = Vec::new();
        let has_list = own.own || !own.principals.include.is_empty();
        for (workload, atom) in space.workloads() {
            let (number, is_own) = match &workload {
                Workload::Other(owner) => (None, (*owner == OwnedBy::Tenant).into()),
                Workload::OfBlueprint(_) => continue,
                Workload::Named(name) => {
                    let owner = index.owners.get(name).and_then(|app| app.owned_by);
                    let is_own = match owner {
                        Some(owner) => (owner == OwnedBy::Tenant).into(),
                        None => space.owned(name),
                    };
                    (index.principals.get(name), is_own)
                }
            };
            let is = |list: &[u32]| number.is_some_and(|one| list.contains(&one));
            let all = if own.own { is_own } else { Formula::FALSE };
            let listed = space.formulas.or(is(&own.principals.include).into(), all);
            let matched = match is(&own.principals.exclude) {
                true => Formula::FALSE,
                false => listed,
            };
            let matched = self.filtered(matched, own.filter, has_list, space);
            ways.push(space.formulas.and(atom, matched));
        }
        space.formulas.any(ways)
    }

    fn agent(&self, own: &Workloads, space: &mut Space) -> Formula {
        let index = &self.policies.index;
        let mut ways = Vec::new();
        let has_list = own.all_agents || !own.agents.include.is_empty();
        for (workload, atom) in space.workloads() {
            let number = match &workload {
                Workload::Other(_) => None,
                Workload::Named(name) | Workload::OfBlueprint(name) => index.principals.get(name),
            };
            let is = |list: &[u32]| number.is_some_and(|one| list.contains(&one));
            let listed = own.all_agents || is(&own.agents.include);
            let matched = (listed && !is(&own.agents.exclude)).into();
            let matched = self.filtered(matched, own.agent_filter, has_list, space);
            ways.push(space.formulas.and(atom, matched));
        }
        space.formulas.any(ways)
    }

    fn filtered(
        &self,
        matched: Formula,
        filter: Option<Filtered>,
        has_list: bool,
        space: &mut Space,
    ) -> Formula {
        let Some(filter) = filter else {
            return matched;
        };
        let says = rule(&self.principal_rules, filter);
        match (filter.mode, has_list) {
            (Some(true), true) => space.formulas.and(matched, says),
            (Some(true), false) => says,
            (Some(false), _) => space.formulas.but_not(matched, says),
            (None, has_list) => {
                let open = self.mode_unknown(filter, true, space);
                match has_list {
                    true => space.formulas.and(matched, open),
                    false => open,
                }
            }
        }
    }

    fn place(&self, sides: Option<(&Places, &Places)>, space: &mut Space) -> Formula {
        let Some((include, exclude)) = sides else {
            return Formula::TRUE;
        };
        let mut holds = |places: &Places| {
            if places.all {
                return Formula::TRUE;
            }
            let mut ways: Vec<Formula> = places
                .locations
                .iter()
                .filter_map(|one| self.places.get(*one as usize).copied())
                .collect();
            ways.extend(places.trusted.then_some(self.trusted));
            ways.extend(places.mfa_ips.then_some(self.mfa_ips));
            space.formulas.any(ways)
        };
        let (include, exclude) = (holds(include), holds(exclude));
        space.formulas.but_not(include, exclude)
    }

    /// Risks, flow, device and agents.
    fn rest(&self, policy: &CompiledPolicy, said: &str, space: &mut Space) -> Formula {
        let user = space.subject.of(&mut space.formulas, |one| {
            matches!(one, SubjectKind::User(_) | SubjectKind::AgentUser)
        });
        let principal = space.subject.is(&SubjectKind::ServicePrincipal);
        let agents = space.subject.of(&mut space.formulas, |one| {
            matches!(one, SubjectKind::AgentUser | SubjectKind::Agent)
        });
        let f = &mut space.formulas;
        let mut parts = Vec::new();
        let bit = |list: u16, at: u32| list >> at & 1 == 1;
        if let Some(list) = policy.sign_in_risk {
            let level = space
                .sign_in_risk
                .of(f, |one: &Risk| bit(list, *one as u32));
            parts.extend([user, level]);
        }
        if let Some(list) = policy.user_risk {
            let level = space.user_risk.of(f, |one: &Risk| bit(list, *one as u32));
            parts.extend([user, level]);
        }
        if let Some(list) = policy.insider_risk {
            let level = space
                .insider_risk
                .of(f, |one: &InsiderRisk| bit(list, *one as u32));
            parts.extend([user, level]);
        }
        if let Some(list) = policy.flows {
            let flow = space
                .flow
                .of(f, |one: &TransferMethod| bit(list, *one as u32));
            parts.extend([user, flow]);
        }
        if let Some(list) = policy.principal_risk {
            let level = space
                .principal_risk
                .of(f, |one: &Risk| bit(list, *one as u32));
            parts.extend([principal, level]);
        }
        if let Some(list) = policy.agent_risk {
            let level = space
                .agent_risk
                .of(f, |one: &AgentRisk| bit(list, *one as u32));
            parts.extend([agents, level]);
        }
        if policy.has_agent_context {
            parts.extend([agents, f.open(format!("agentContext {said}"))]);
        }
        if let Some(filter) = policy.device {
            let says = rule(&self.device_rules, filter);
            parts.push(match filter.mode {
                Some(true) => says,
                Some(false) => !says,
                None => {
                    let rules = &self.policies.index.device_rules;
                    f.open(format!("filterMode {:?}", rules.get(filter.rule)))
                }
            });
        }
        f.all(parts)
    }

    /// When a subject is a member of the group of this number.
    pub(super) fn is_member(&self, number: u32) -> Formula {
        let found = self.groups.get(number as usize).copied();
        found.unwrap_or(Formula::FALSE)
    }

    /// What a name of the space is called.
    pub(super) fn shown<'b>(&'b self, kind: RefKind, one: &'b str) -> &'b str {
        self.policies.index.names.shown(kind, one)
    }
}

fn rule(rules: &[Formula], filter: Filtered) -> Formula {
    rules.get(filter.rule).copied().unwrap_or(Formula::FALSE)
}

/// All that a policy says of when it applies, as a text.
fn said(source: Option<&ConditionalAccessPolicy>) -> String {
    let said = source.map(|policy| (&policy.state, &policy.conditions));
    serde_json::to_string(&said).unwrap_or_default()
}

/// What cannot be judged of a policy: one open thing for all that say the same.
fn unclear(facts: MissingFacts, said: &str, space: &mut Space) -> Formula {
    space.formulas.open(format!("unclear {facts:?} {said}"))
}

fn suites(suites: &Suites, audience: &Audience, at: usize, space: &mut Space) -> Formula {
    if suites.all
        || audience
            .numbers
            .iter()
            .any(|one| suites.applications.contains(one))
    {
        return Formula::TRUE;
    }
    let mut ways = Vec::new();
    for (has, member, what) in [
        (suites.office, audience.office, "office"),
        (suites.portals, audience.portal, "portal"),
        (suites.agents, audience.agent, "agent"),
    ] {
        ways.push(match (has, member) {
            (false, _) | (true, Match::No) => Formula::FALSE,
            (true, Match::Yes) => Formula::TRUE,
            (true, Match::Unknown(_)) => space.formulas.open(format!("{what} {at}")),
        });
    }
    space.formulas.any(ways)
}

fn platform(policy: &CompiledPolicy, space: &mut Space) -> Formula {
    let Some(own) = &policy.platforms else {
        return Formula::TRUE;
    };
    let mut listed = |list: u16| match list {
        u16::MAX => Formula::TRUE,
        list => space.platform.of(&mut space.formulas, |one| {
            *one != Platform::Unknown && list >> (*one as u32) & 1 == 1
        }),
    };
    let (include, exclude) = (listed(own.include), listed(own.exclude));
    space.formulas.but_not(include, exclude)
}

fn client(policy: &CompiledPolicy, space: &mut Space) -> Formula {
    let Some(list) = policy.clients else {
        return Formula::TRUE;
    };
    let has = |client: ClientType| list >> (client as u32) & 1 == 1;
    let listed = space.client.of(&mut space.formulas, |one| {
        has(*one) || *one == ClientType::EasSupported && has(ClientType::ExchangeActiveSync)
    });
    if !has(ClientType::EasSupported) || has(ClientType::ExchangeActiveSync) {
        return listed;
    }
    // Exchange ActiveSync, on the platforms that support the management of devices.
    let mail = space.client.is(&ClientType::ExchangeActiveSync);
    let supported = space.platform.of(&mut space.formulas, |one| {
        matches!(one, Platform::Ios | Platform::Android | Platform::Windows)
    });
    let on_those = space.formulas.and(mail, supported);
    space.formulas.or(listed, on_those)
}
