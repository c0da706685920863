//! A solution of the solver as a sign-in that anybody can replay.

use std::rc::Rc;

use super::attributes::{self, Attribute, AttributeSpace, Held};
use super::domain::Domain;
use super::formula::Formula;
use super::places;
use super::question::{Fixed, Found, Inquiry};
use super::space::{Home, Limited, Resource, SubjectKind, Workload, described};
use super::spelling::{Spelling, spelled};
use crate::model::enums::AuthenticationMethodMode;
use crate::model::refs::RefKind;
use crate::model::values::GraphEnum;
use crate::whatif::{
    AgentIdentity, AttributeValue, Attributes, AuthenticationFlow, Device, DeviceInfo, OwnedBy,
    Requirement, Satisfied, ServicePrincipal, SignIn, User, UserType,
};

/// A home tenant that no policy names.
const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";
/// Models and issuers that no strength names.
const OTHER_KEY: &str = "99999999-9999-4999-8999-999999999999";
const OTHER_ISSUER: &str = "9999999999999999999999999999999999999999";

/// Reads the solution that was found last.
pub(super) fn read(question: &mut Inquiry<'_>, unusual: Vec<&'static str>) -> Found {
    let names = Rc::clone(&question.spelling);
    let reader = Reader { question, names };
    reader.found(unusual)
}

/// What an attribute may hold, and its comparisons.
type Parts = (Vec<(Held, Formula)>, Vec<((u8, String), Formula)>);

struct Reader<'a, 'b> {
    question: &'a mut Inquiry<'b>,
    names: Rc<Spelling>,
}

impl Reader<'_, '_> {
    fn found(mut self, unusual: Vec<&'static str>) -> Found {
        // The solution goes with the next question: all literals first.
        let mut fixed = Vec::new();
        let sign_in = self.sign_in(&mut fixed);
        let space = &self.question.space;
        let own: Vec<Formula> = (space.methods.iter().copied())
            .chain(space.requirements.iter().map(|(_, atom)| *atom))
            .chain(
                [&space.keys, &space.issuers, &space.oids]
                    .into_iter()
                    .flatten()
                    .map(|(_, a)| *a),
            )
            .collect();
        let means = own
            .into_iter()
            .map(|atom| self.literal_as_it_is(atom))
            .collect();
        let groups = self.groups_by_side();
        Found {
            fixed,
            means,
            groups,
            unusual,
            sign_in,
        }
    }

    fn holds(&mut self, formula: Formula) -> bool {
        let question = &mut *self.question;
        let literal = question.solver.literal(&question.space.formulas, formula);
        question.solver.holds(literal)
    }

    fn literal_as_it_is(&mut self, formula: Formula) -> batsat::Lit {
        let question = &mut *self.question;
        let literal = question.solver.literal(&question.space.formulas, formula);
        match question.solver.holds(literal) {
            true => literal,
            false => !literal,
        }
    }

    /// The value of a dimension, and the dimension as one side of a box.
    fn value<T: Clone>(
        &mut self,
        read: impl Fn(&super::space::Space) -> &Domain<T>,
        word: impl Fn(&T) -> String,
        fixed: &mut Vec<Fixed>,
    ) -> Option<T> {
        self.numbered(read, |_, value| word(value), fixed)
    }

    fn numbered<T: Clone>(
        &mut self,
        read: impl Fn(&super::space::Space) -> &Domain<T>,
        word: impl Fn(usize, &T) -> String,
        fixed: &mut Vec<Fixed>,
    ) -> Option<T> {
        let domain = read(&self.question.space);
        let name = domain.name;
        let all: Vec<(T, Formula)> = domain.iter().map(|(v, atom)| (v.clone(), atom)).collect();
        let at = all.iter().position(|(_, atom)| self.holds(*atom))?;
        let (value, atom) = all.get(at)?.clone();
        if atom != Formula::TRUE {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            fixed.push(Fixed {
                member: name.to_owned(),
                literal: self.literal_as_it_is(atom),
                others: others
                    .map(|(other, (value, atom))| (word(other, value), *atom))
                    .collect(),
                is_rest: is_rest(&word(at, &value)),
                word: word(at, &value),
            });
        }
        Some(value)
    }

    /// The value of a dimension whose values are called as `words` says, in their order.
    fn placed<T: Clone>(
        &mut self,
        read: impl Fn(&super::space::Space) -> &Domain<T>,
        words: impl for<'b> Fn(&'b Inquiry<'_>) -> &'b [String],
        fixed: &mut Vec<Fixed>,
    ) -> Option<T> {
        let called: Vec<String> = words(self.question).to_vec();
        let word = |at: usize, _: &T| called.get(at).cloned().unwrap_or_default();
        self.numbered(read, word, fixed)
    }

    fn single(&mut self, member: &str, word: &str, atom: Formula, fixed: &mut Vec<Fixed>) {
        if atom == Formula::TRUE || atom == Formula::FALSE {
            return;
        }
        let word = match self.holds(atom) {
            true => word.to_owned(),
            false => format!("not {word}"),
        };
        fixed.push(Fixed {
            member: member.to_owned(),
            literal: self.literal_as_it_is(atom),
            word,
            others: Vec::new(),
            is_rest: false,
        });
    }

    fn sign_in(&mut self, fixed: &mut Vec<Fixed>) -> SignIn {
        let mut sign_in = SignIn::default();
        let subject = self.value(|s| &s.subject, subject_word, fixed);
        let is_person = matches!(subject, Some(SubjectKind::User(_) | SubjectKind::AgentUser));
        match subject {
            Some(SubjectKind::User(kind)) => sign_in.user = Some(self.user(kind, fixed)),
            Some(SubjectKind::AgentUser) => {
                let mut user = self.user(UserType::Member, fixed);
                user.agent_user = true;
                user.member_of = None;
                user.roles = None;
                sign_in.user = Some(user);
            }
            Some(SubjectKind::ServicePrincipal) => {
                let workload = self.value(|s| &s.workload, workload_word, fixed);
                let owner = match &workload {
                    Some(Workload::Named(name)) => self.question.space.owners.get(name).copied(),
                    _ => None,
                };
                let is_own = owner.map(|owner| {
                    self.single("servicePrincipal.ownedBy", "tenant", owner, fixed);
                    self.holds(owner)
                });
                let attributes =
                    self.attributes("servicePrincipal.attributes", |s| &s.principal, fixed);
                sign_in.service_principal = Some(self.principal(workload, is_own, attributes));
            }
            Some(SubjectKind::Agent) => {
                let workload = self.value(|s| &s.workload, workload_word, fixed);
                let attributes =
                    self.attributes("agentIdentity.attributes", |s| &s.principal, fixed);
                let (name, blueprint) = match workload {
                    Some(Workload::Named(name)) => (Some(name), None),
                    Some(Workload::OfBlueprint(name)) => (None, Some(name)),
                    _ => (None, None),
                };
                sign_in.agent_identity = Some(AgentIdentity {
                    name,
                    // One that no policy names.
                    blueprint: blueprint.or_else(|| Some(ELSEWHERE.to_owned())),
                    attributes: Some(attributes.unwrap_or_default()),
                });
            }
            None => {}
        }
        let names = Rc::clone(&self.names);
        let resource = self.value(|s| &s.resource, |one| names.resource(one), fixed);
        match resource {
            Some(Resource::Application {
                mut application,
                scopes,
            }) => {
                let attributes =
                    self.attributes("applicationAttributes", |s| &s.application, fixed);
                application.name = application.name.map(|name| names.application(&name));
                application.attributes = attributes;
                sign_in.application = Some(application);
                sign_in.scopes = scopes;
            }
            Some(Resource::Action(action)) => sign_in.user_action = Some(action),
            Some(Resource::Context(context)) => sign_in.authentication_context = Some(context),
            None => {}
        }
        sign_in.client_app_type = self.value(|s| &s.client, ToString::to_string, fixed);
        sign_in.device_platform = self.value(|s| &s.platform, ToString::to_string, fixed);
        sign_in.ip_address = self.placed(|s| &s.address, |q| &q.addresses, fixed);
        sign_in.country = self.placed(|s| &s.country, |q| &q.countries, fixed);
        sign_in.compliant_network = self.value(|s| &s.network, ToString::to_string, fixed);
        sign_in.sign_in_risk_level = self.value(|s| &s.sign_in_risk, ToString::to_string, fixed);
        if is_person {
            sign_in.user_risk_level = self.value(|s| &s.user_risk, ToString::to_string, fixed);
            sign_in.insider_risk_level =
                self.value(|s| &s.insider_risk, ToString::to_string, fixed);
            let flow = self.value(|s| &s.flow, ToString::to_string, fixed);
            sign_in.authentication_flow = flow.map(|flow| AuthenticationFlow {
                transfer_method: Some(flow),
                original_transfer_method: None,
            });
        }
        if subject == Some(SubjectKind::ServicePrincipal) {
            sign_in.service_principal_risk_level =
                self.value(|s| &s.principal_risk, ToString::to_string, fixed);
        }
        if matches!(subject, Some(SubjectKind::Agent | SubjectKind::AgentUser)) {
            sign_in.agent_id_risk_level = self.value(|s| &s.agent_risk, ToString::to_string, fixed);
        }
        sign_in.device_info = Some(self.device(fixed));
        sign_in.satisfied = Some(self.satisfied());
        sign_in
    }

    fn user(&mut self, kind: UserType, fixed: &mut Vec<Fixed>) -> User {
        let names = Rc::clone(&self.names);
        let name = self.value(
            |s| &s.user,
            |one| match one {
                Some(one) => names.user(one).to_owned(),
                None => ANYBODY.to_owned(),
            },
            fixed,
        );
        let home = self.value(|s| &s.home, home_word, fixed);
        let mut user = described(kind);
        user.external_tenant_id = match home {
            Some(Home::Named(tenant)) => Some(tenant),
            Some(Home::Other) => Some(ELSEWHERE.to_owned()),
            Some(Home::Here) | None => None,
        };
        let mut held = Vec::new();
        for group in &names.groups {
            if self.holds(group.member) && group.is_told {
                held.push(group.name.clone());
            }
            self.single("user.memberOf", &group.word, group.member, fixed);
        }
        let mut active = Vec::new();
        for (role, atom) in &names.roles {
            if self.holds(*atom) {
                active.push(role.clone());
            }
            self.single("user.roles", role, *atom, fixed);
        }
        user.name = name.flatten().map(|name| names.user(&name).to_owned());
        user.member_of = Some(held);
        user.roles = Some(active);
        user
    }

    fn groups_by_side(&mut self) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for side in &self.question.sides {
            let groups = side.policies.index.groups.numbered();
            let groups = groups.map(|(number, group)| (group.to_owned(), side.is_member(number)));
            all.push(groups.collect::<Vec<_>>());
        }
        let mut held = |groups: Vec<(String, Formula)>| -> Vec<String> {
            let those = groups
                .into_iter()
                .filter(|(_, formula)| self.holds(*formula));
            those.map(|(group, _)| group).collect()
        };
        all.into_iter().map(&mut held).collect()
    }

    fn principal(
        &self,
        workload: Option<Workload>,
        is_own: Option<bool>,
        attributes: Option<Attributes>,
    ) -> ServicePrincipal {
        let (name, owner) = match workload {
            Some(Workload::Named(name)) => {
                let known = self.question.sides.iter().find_map(|side| {
                    side.policies
                        .index
                        .owners
                        .get(&name)
                        .and_then(|app| app.owned_by)
                });
                let shown = match is_own {
                    Some(false) => OwnedBy::Other,
                    _ => OwnedBy::Tenant,
                };
                (Some(name), known.unwrap_or(shown))
            }
            Some(Workload::Other(owner)) => (None, owner),
            Some(Workload::OfBlueprint(_)) | None => (None, OwnedBy::Other),
        };
        ServicePrincipal {
            name,
            owned_by: Some(owner),
            attributes: Some(attributes.unwrap_or_default()),
            ..ServicePrincipal::default()
        }
    }

    /// What an attribute holds, and each of its comparisons as sides of a box.
    fn attribute(
        &mut self,
        member: &str,
        name: &str,
        read: fn(&super::space::Space) -> &AttributeSpace,
        fixed: &mut Vec<Fixed>,
    ) -> Option<(Held, Vec<(u8, String)>)> {
        let find = |s: &super::space::Space| -> Option<Parts> {
            let attribute: &Attribute = read(s).get(name)?;
            Some((
                attribute
                    .held
                    .iter()
                    .map(|(held, atom)| (held.clone(), atom))
                    .collect(),
                attribute
                    .tests
                    .iter()
                    .map(|(test, atom)| (test.clone(), *atom))
                    .collect(),
            ))
        };
        let (values, tests) = find(&self.question.space)?;
        let at = values.iter().position(|(_, atom)| self.holds(*atom))?;
        let (value, atom) = values.get(at)?.clone();
        let others = values.iter().enumerate().filter(|(other, _)| *other != at);
        fixed.push(Fixed {
            member: format!("{member}.{name}"),
            literal: self.literal_as_it_is(atom),
            word: held_word(&value),
            others: others
                .map(|(_, (held, atom))| (held_word(held), *atom))
                .collect(),
            is_rest: false,
        });
        let mut true_ones = Vec::new();
        for ((how, text), formula) in tests {
            if self.holds(formula) {
                true_ones.push((how, text.clone()));
            }
            if matches!(value, Held::Other | Held::Several) {
                let word = match how {
                    attributes::EQUAL => text,
                    attributes::STARTS => format!("{text}*"),
                    attributes::ENDS => format!("*{text}"),
                    _ => format!("*{text}*"),
                };
                self.single(&format!("{member}.{name}"), &word, formula, fixed);
            }
        }
        Some((value, true_ones))
    }

    fn attributes(
        &mut self,
        member: &str,
        read: fn(&super::space::Space) -> &AttributeSpace,
        fixed: &mut Vec<Fixed>,
    ) -> Option<Attributes> {
        let names: Vec<String> = read(&self.question.space)
            .all
            .values()
            .map(|(name, _)| name.clone())
            .collect();
        if names.is_empty() {
            return None;
        }
        let mut all = Attributes::default();
        for name in names {
            let Some((held, tests)) = self.attribute(member, &name, read, fixed) else {
                continue;
            };
            if held == Held::Several {
                let whole = |how: u8| -> Vec<String> {
                    let those = tests.iter().filter(|(own, _)| *own == how);
                    those.map(|(_, text)| text.clone()).collect()
                };
                let equal = whole(attributes::EQUAL);
                let value = match equal.as_slice() {
                    [] => AttributeValue::Text(composed(&tests)),
                    [one] => AttributeValue::Text(one.clone()),
                    _ => AttributeValue::Texts(equal),
                };
                all.0.insert(name, value);
            }
        }
        Some(all)
    }

    fn device(&mut self, fixed: &mut Vec<Fixed>) -> Device {
        let registered = self.value(
            |s| &s.registered,
            |one| if *one { "registered" } else { "unregistered" }.to_owned(),
            fixed,
        );
        let names: Vec<String> = self
            .question
            .space
            .device
            .all
            .values()
            .map(|(name, _)| name.clone())
            .collect();
        let mut info = DeviceInfo::default();
        for name in names {
            let found = self.attribute("deviceInfo", &name, |s| &s.device, fixed);
            let Some((held, tests)) = found else { continue };
            let value = match held {
                Held::Null => serde_json::Value::Null,
                Held::Bool(flag) => flag.into(),
                Held::Text(text) => text.into(),
                Held::Other => composed(&tests).into(),
                Held::Several => {
                    let texts: Vec<String> = tests.into_iter().map(|(_, text)| text).collect();
                    match texts.is_empty() {
                        true => vec!["other".to_owned()].into(),
                        false => texts.into(),
                    }
                }
            };
            // What no rule takes apart can be left out when it cannot be said.
            let _ = info.set(&name, &value);
        }
        match registered {
            Some(true) => Device::Registered(info),
            _ => Device::Unregistered,
        }
    }

    fn satisfied(&mut self) -> Vec<Satisfied> {
        let space = &self.question.space;
        let (methods, requirements) = (space.methods.clone(), space.requirements.clone());
        let limits = [
            space.keys.clone(),
            space.issuers.clone(),
            space.oids.clone(),
        ];
        let [keys, issuers, oids] = limits.map(|limited| self.limited(&limited));
        let mut list = Vec::new();
        for (name, atom) in AuthenticationMethodMode::MEMBERS.iter().zip(methods) {
            if !self.holds(atom) {
                continue;
            }
            let plain = Satisfied::named(*name);
            match *name {
                "fido2" => list.extend(keys.iter().map(|key| Satisfied {
                    aaguid: Some(key.clone().unwrap_or_else(|| OTHER_KEY.to_owned())),
                    ..plain.clone()
                })),
                "x509CertificateSingleFactor" | "x509CertificateMultiFactor" => {
                    list.extend(issuers.iter().map(|issuer| Satisfied {
                        issuer_ski: Some(issuer.clone().unwrap_or_else(|| OTHER_ISSUER.to_owned())),
                        policy_oids: Some(oids.iter().flatten().cloned().collect()),
                        ..plain.clone()
                    }));
                }
                _ => list.push(plain),
            }
        }
        for (requirement, atom) in requirements {
            if self.holds(atom) {
                list.extend(self.name(&requirement).map(Satisfied::named));
            }
        }
        list
    }

    fn limited(&mut self, limited: &Limited) -> Vec<Option<String>> {
        let held = limited.iter().filter(|(_, atom)| self.holds(*atom));
        held.map(|(one, _)| one.clone()).collect()
    }

    fn name(&self, requirement: &Requirement) -> Option<String> {
        match requirement {
            Requirement::Control(control) => Some(control.as_str().to_owned()),
            Requirement::TermsOfUse(one) => {
                let side = self.question.sides.first()?;
                Some(spelled(side, RefKind::Agreement, one))
            }
            Requirement::Custom(one) => Some(one.clone()),
            Requirement::Strength(_) => None,
        }
    }
}

/// A text in which comparisons hold.
fn composed(tests: &[(u8, String)]) -> String {
    let longest = |how: u8| {
        let those = tests.iter().filter(|(own, _)| *own == how);
        those
            .map(|(_, text)| text.as_str())
            .max_by_key(|text| text.len())
            .unwrap_or_default()
    };
    let (start, end) = (longest(attributes::STARTS), longest(attributes::ENDS));
    let mut text = start.to_owned();
    for (how, part) in tests {
        if *how == attributes::CONTAINS
            && !text.contains(part.as_str())
            && !end.contains(part.as_str())
        {
            text.push('~');
            text.push_str(part);
        }
    }
    text.push('~');
    text.push_str(end);
    match text.as_str() {
        "~" => "other".to_owned(),
        _ => text,
    }
}

fn subject_word(subject: &SubjectKind) -> String {
    match subject {
        SubjectKind::User(kind) => kind.to_string(),
        SubjectKind::AgentUser => "agentUser".to_owned(),
        SubjectKind::ServicePrincipal => "servicePrincipal".to_owned(),
        SubjectKind::Agent => "agentIdentity".to_owned(),
    }
}

/// Whoever is not named.
const ANYBODY: &str = "a user that no policy names";

/// Whether a word stands for all that is not named: nobody says "any but that".
pub(super) fn is_rest(word: &str) -> bool {
    const OTHERS: [&str; 5] = [
        ANYBODY,
        "another Microsoft application",
        "another application",
        "another tenant",
        "another value",
    ];
    OTHERS.contains(&word) || word.starts_with(places::NOWHERE)
}

fn home_word(home: &Home) -> String {
    match home {
        Home::Here => "this tenant".to_owned(),
        Home::Other => "another tenant".to_owned(),
        Home::Named(tenant) => tenant.clone(),
    }
}

fn workload_word(workload: &Workload) -> String {
    match workload {
        Workload::Other(OwnedBy::Tenant) => "another of the tenant's own".to_owned(),
        Workload::Other(_) => "one with another owner".to_owned(),
        Workload::OfBlueprint(name) => format!("created from {name}"),
        Workload::Named(name) => name.clone(),
    }
}

fn held_word(held: &Held) -> String {
    match held {
        Held::Null => "null".to_owned(),
        Held::Bool(flag) => flag.to_string(),
        Held::Text(text) => text.clone(),
        Held::Other => "another value".to_owned(),
        Held::Several => "some value".to_owned(),
    }
}
