//! A set of policies, compiled once and judged many times.

use std::cmp::Ordering;

use super::environment::Environment;
use super::fact::{Match, MissingFacts};
use super::fault::SignInFault;
use super::grant::{Grant, Ordinal, Requirement};
use super::index::Index;
use super::outcome::{Consequence, Ending, MergedSession, Name, Outcome, PolicyOutcome, Reason};
use super::policy::{Applies, CompiledPolicy, Mode};
use super::prepared::{Prepared, WantedResource, prepare, wanted, who};
use super::session::merged;
use super::sign_in::{Application, SignIn, User};
use super::vocabulary::UserAction;
use super::world::World;
use crate::model::Object;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;

/// A set of policies, ready to judge sign-ins. The order in which policies are given never
/// matters: they stand by display name and id.
#[derive(Debug, Clone)]
pub struct CompiledPolicies {
    pub(crate) index: Index,
    pub(crate) environment: Environment,
    pub(crate) policies: Vec<CompiledPolicy>,
    /// For each policy that was given its number.
    numbers: Vec<usize>,
    /// True when some policy is in report-only.
    reports: bool,
}

/// For each policy of a [`CompiledPolicies`] whether it applies to a sign-in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement(Vec<Applies>);

impl Judgement {
    /// Whether the policy of this number applies.
    pub fn applies(&self, policy: usize) -> Option<Applies> {
        self.0.get(policy).copied()
    }

    /// Puts an answer that is known otherwise in the place of the one for the policy of this number.
    pub fn put(&mut self, policy: usize, applies: Applies) {
        if let Some(slot) = self.0.get_mut(policy) {
            *slot = applies;
        }
    }

    /// Every answer, in the order of the policies.
    pub fn iter(&self) -> impl Iterator<Item = Applies> + '_ {
        self.0.iter().copied()
    }
}

/// A name of a sign-in that nothing knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// What it should name.
    pub kind: RefKind,
    /// The name.
    pub name: String,
    /// What it was most likely meant to be.
    pub meant: Option<String>,
}

impl CompiledPolicies {
    /// Compiles policies. Names and ids may be mixed, as far as the world knows both.
    pub fn new<'a>(
        policies: impl IntoIterator<Item = &'a ConditionalAccessPolicy>,
        world: &World,
    ) -> CompiledPolicies {
        let mut sorted: Vec<(usize, &ConditionalAccessPolicy)> =
            policies.into_iter().enumerate().collect();
        sorted.sort_by(|(_, a), (_, b)| order(a, b));
        let mut index = Index::new(world);
        let policies: Vec<CompiledPolicy> = sorted
            .iter()
            .map(|(_, policy)| CompiledPolicy::compile(policy, &mut index))
            .collect();
        let mut numbers = vec![0; sorted.len()];
        for (number, (given, _)) in sorted.into_iter().enumerate() {
            if let Some(slot) = numbers.get_mut(given) {
                *slot = number;
            }
        }
        index.requirements.settle();
        CompiledPolicies {
            reports: policies
                .iter()
                .any(|p| p.mode != Mode::Enforced && p.mode != Mode::Off),
            index,
            environment: world.environment.clone(),
            policies,
            numbers,
        }
    }

    /// The display name and id of every policy, by number.
    pub fn titles(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let policies = self.policies.iter();
        policies.map(|policy| (&*policy.name, policy.id.as_deref()))
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The number of the policy that was given at this place.
    pub fn number_of(&self, given: usize) -> Option<usize> {
        self.numbers.get(given).copied()
    }

    /// Puts a sign-in into the numbers of these policies.
    ///
    /// # Errors
    /// Everything that contradicts itself in the sign-in.
    pub fn prepare(&self, sign_in: &SignIn) -> Result<Prepared, Vec<SignInFault>> {
        sound(prepare(&self.index, &self.environment, sign_in, None))
    }

    /// What a sign-in asks for, in the numbers of these policies, and nothing else of it.
    pub(crate) fn wanted(&self, sign_in: &SignIn) -> WantedResource {
        wanted(&self.index, &self.environment, sign_in)
    }

    /// The same for a service that takes what it is told of a device and its platform as it is told.
    ///
    /// # Errors
    /// Everything else that contradicts itself in the sign-in.
    pub fn prepare_as_told(&self, sign_in: &SignIn) -> Result<Prepared, Vec<SignInFault>> {
        let (prepared, mut faults) = prepare(&self.index, &self.environment, sign_in, None);
        let taken = sign_in.contradictions();
        faults.retain(|fault| !taken.contains(fault));
        sound((prepared, faults))
    }

    /// The same for a user of whom somebody else knows the memberships: `member` answers for
    /// each group that a policy names, by its id or name.
    ///
    /// # Errors
    /// Everything that contradicts itself in the sign-in.
    pub fn prepare_with(
        &self,
        sign_in: &SignIn,
        member: &dyn Fn(&str) -> Match,
    ) -> Result<Prepared, Vec<SignInFault>> {
        let member = Some(member);
        sound(prepare(&self.index, &self.environment, sign_in, member))
    }

    /// Judges a sign-in that was prepared for these policies.
    pub fn judge(&self, sign_in: &Prepared) -> Judgement {
        let mut judgement = Judgement::default();
        self.judge_into(sign_in, &mut judgement);
        judgement
    }

    /// The same, without making room anew.
    pub fn judge_into(&self, sign_in: &Prepared, judgement: &mut Judgement) {
        judgement.0.clear();
        let policies = self.policies.iter();
        judgement
            .0
            .extend(policies.map(|policy| policy.applies(sign_in)));
    }

    /// What becomes of a sign-in.
    ///
    /// # Errors
    /// Everything that contradicts itself in the sign-in.
    pub fn outcome(&self, sign_in: &SignIn) -> Result<Outcome, Vec<SignInFault>> {
        let prepared = self.prepare(sign_in)?;
        Ok(self.explain(&prepared, &self.judge(&prepared)))
    }

    /// A judgement as people and programs get it.
    pub fn explain(&self, sign_in: &Prepared, judgement: &Judgement) -> Outcome {
        let report_only = self.reports
            && self.pairs(judgement).any(|(policy, applies)| {
                policy.mode == Mode::ReportOnly && !matches!(applies, Applies::No(_))
            });
        Outcome {
            enforced: self.consequence(sign_in, judgement, false),
            policies: self
                .pairs(judgement)
                .map(|(p, a)| self.policy_outcome(p, a, sign_in))
                .collect(),
            report_only: report_only.then(|| self.consequence(sign_in, judgement, true)),
            assumptions: sign_in.assumptions.clone(),
        }
    }

    fn policy_outcome(
        &self,
        policy: &CompiledPolicy,
        applies: Applies,
        sign_in: &Prepared,
    ) -> PolicyOutcome {
        let (yes, reason, missing) = match applies {
            Applies::Yes => (Some(true), None, Vec::new()),
            Applies::No(reason) => (Some(false), Some(reason), Vec::new()),
            Applies::Unknown(facts) => (None, None, facts.members()),
        };
        let excluded = reason.and_then(|reason| policy.excludes(reason, sign_in));
        let by_user = excluded == Some(true) && reason == Some(Reason::Users);
        let by = by_user.then(|| policy.excluded_by(sign_in));
        let by = by.into_iter().flatten();
        let mut excluded_by: Vec<String> = by
            .filter_map(|(kind, number)| self.index.called(kind, number))
            .collect();
        excluded_by.sort();
        PolicyOutcome {
            display_name: policy.name.clone(),
            id: policy.id.clone(),
            state: policy.state.clone(),
            applies: yes,
            reason,
            excluded,
            excluded_by,
            missing,
            not_evaluated: policy.is_never_reported() && yes != Some(false),
        }
    }

    fn pairs<'a>(
        &'a self,
        judgement: &'a Judgement,
    ) -> impl Iterator<Item = (&'a CompiledPolicy, Applies)> + Clone + 'a {
        self.policies.iter().zip(judgement.0.iter().copied())
    }

    /// What the enforced policies do to a sign-in; with `report_only` those in report-only as
    /// well, as if they were enabled.
    pub fn consequence(
        &self,
        sign_in: &Prepared,
        judgement: &Judgement,
        report_only: bool,
    ) -> Consequence {
        let counts = move |(policy, _): &(&CompiledPolicy, Applies)| match policy.mode {
            Mode::Enforced | Mode::Unclear => true,
            Mode::ReportOnly => report_only,
            Mode::Off => false,
        };
        let pairs = self.pairs(judgement).filter(counts);
        let certain = pairs
            .clone()
            .filter(|(_, applies)| *applies == Applies::Yes);
        let open = pairs.clone().filter_map(|(policy, applies)| match applies {
            Applies::Unknown(missing) => Some((policy, missing)),
            _ => None,
        });
        if certain
            .clone()
            .any(|(policy, _)| policy.grant == Grant::Block)
        {
            return Consequence {
                outcome: Ending::Blocked,
                hidden_block: false,
                requires: Vec::new(),
                session_controls: MergedSession::default(),
                missing: Vec::new(),
            };
        }
        let wins = self.strength_on_action(sign_in, pairs.clone());
        let (mut asked, mut may_ask) = (Vec::new(), Vec::new());
        for (policy, applies) in pairs {
            let applies = Match::from(applies);
            for clause in policy.clauses() {
                let gives_way = !policy.is_on_action() && self.is_strength(clause);
                let wanted = match gives_way {
                    true => applies.but_not(wins),
                    false => applies,
                };
                match wanted {
                    Match::Yes => asked.push(clause),
                    Match::No => {}
                    Match::Unknown(facts) => may_ask.push((clause, facts)),
                }
            }
        }
        let clauses = self.index.requirements.minimal(asked);
        let sessions = certain.filter_map(|(policy, _)| policy.controls());
        let session_controls = merged(sessions.clone());
        let mut missing = MissingFacts::NONE;
        let mut may_block = MissingFacts::NONE;
        for (policy, facts) in open {
            if policy.grant == Grant::Block {
                may_block = may_block.and(facts);
            }
            let adds = policy.controls().is_some_and(|controls| {
                merged(sessions.clone().chain([controls])) != session_controls
            });
            if adds {
                missing = missing.and(facts);
            }
        }
        missing = missing.and(may_block);
        for (weak, facts) in &may_ask {
            let mut strong = clauses.iter();
            if !strong.any(|strong| self.index.requirements.clause_implies(*strong, *weak)) {
                missing = missing.and(*facts);
            }
        }
        let hidden_block = clauses.iter().any(|clause| {
            let mut members = self.members(*clause);
            members.all(|one| sign_in.possible.get(one) == Some(&Match::No))
        });
        let outcome = match &sign_in.met {
            None if may_block.is_empty() => Ending::Granted,
            None => Ending::Unknown,
            Some(met) => {
                let open = may_ask.into_iter();
                let (ending, facts) = self.ending(sign_in, met, &clauses, open, may_block);
                missing = missing.and(facts);
                ending
            }
        };
        let names = clauses
            .iter()
            .map(|clause| self.index.requirements.names(*clause));
        Consequence {
            outcome,
            hidden_block,
            requires: names.collect(),
            session_controls,
            missing: missing.members(),
        }
    }

    /// When security information is registered, strengths that policies on that action ask for
    /// win over those of policies on all resources.
    fn strength_on_action<'a>(
        &self,
        sign_in: &Prepared,
        policies: impl Iterator<Item = (&'a CompiledPolicy, Applies)>,
    ) -> Match {
        let registers = matches!(
            sign_in.wanted,
            WantedResource::Action {
                action: UserAction::RegisterSecurityInformation,
                ..
            }
        );
        if !registers {
            return Match::No;
        }
        let mut wins = Match::No;
        for (policy, applies) in policies {
            if policy.is_on_action() && policy.clauses().any(|clause| self.is_strength(clause)) {
                wins = wins.or(applies.into());
            }
        }
        wins
    }

    /// True for a list that strengths alone can meet.
    pub(crate) fn is_strength(&self, clause: Ordinal) -> bool {
        let mut members = self.members(clause);
        members.all(|one| {
            let known = self.index.requirements.known.get(one);
            known.is_some_and(|known| matches!(known.requirement, Requirement::Strength(_)))
        })
    }

    fn members(&self, clause: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let members = self.index.requirements.clauses.get(clause);
        members.into_iter().flatten().copied()
    }

    /// How a sign-in ends that says what it can meet; and the facts on which that hangs.
    fn ending(
        &self,
        sign_in: &Prepared,
        met: &[Match],
        certain: &[Ordinal],
        open: impl Iterator<Item = (Ordinal, MissingFacts)>,
        may_block: MissingFacts,
    ) -> (Ending, MissingFacts) {
        let is_met = |clause: Ordinal| {
            let members = self.members(clause);
            Match::any(members.map(|one| met.get(one).copied().unwrap_or(Match::No)))
        };
        // Whether something of it can still be asked for.
        let can_be_asked = |clause: Ordinal| {
            let members = self.members(clause).filter(|one| {
                let known = self.index.requirements.known.get(*one);
                known.is_some_and(|known| known.requirement.is_interactive())
            });
            Match::any(members.map(|one| sign_in.possible.get(one).copied().unwrap_or(Match::No)))
        };
        let mut stopped = Match::No;
        let mut interrupted = Match::No;
        let maybe = |facts: MissingFacts| match facts.is_empty() {
            true => Match::No,
            false => Match::Unknown(facts),
        };
        stopped = stopped.or(maybe(may_block));
        let certain = certain.iter().map(|clause| (*clause, Match::Yes));
        let open = open.map(|(clause, facts)| (clause, maybe(facts)));
        for (clause, applies) in certain.chain(open) {
            let unmet = applies.but_not(is_met(clause));
            let asked = can_be_asked(clause);
            stopped = stopped.or(unmet.but_not(asked));
            interrupted = interrupted.or(unmet.and(asked));
        }
        match (stopped, interrupted) {
            (Match::Yes, _) => (Ending::Blocked, MissingFacts::NONE),
            (Match::No, Match::Yes) => (Ending::Interrupted, MissingFacts::NONE),
            (Match::No, Match::No) => (Ending::Granted, MissingFacts::NONE),
            (Match::Unknown(a), Match::Unknown(b)) => (Ending::Unknown, a.and(b)),
            (Match::Unknown(a), _) | (_, Match::Unknown(a)) => (Ending::Unknown, a),
        }
    }
}

/// What one policy did to a sign-in, by the words of the sign-in log
/// (appliedConditionalAccessPolicyResult).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyResult {
    /// It applied and was met.
    Success,
    /// It applied and blocked, or was not met.
    Failure,
    /// It did not apply.
    NotApplied,
    /// It is off.
    NotEnabled,
    /// It depends on facts that are not given.
    Unknown,
    /// It is only reported on, and would have been met.
    ReportOnlySuccess,
    /// It is only reported on, and would have blocked, or asked for what nobody can give while
    /// signing in.
    ReportOnlyFailure,
    /// It is only reported on, and would have asked the user for something.
    ReportOnlyInterrupted,
    /// It is only reported on, and did not apply.
    ReportOnlyNotApplied,
}

impl PolicyResult {
    /// The word of the sign-in log.
    pub fn as_str(self) -> &'static str {
        match self {
            PolicyResult::Success => "success",
            PolicyResult::Failure => "failure",
            PolicyResult::NotApplied => "notApplied",
            PolicyResult::NotEnabled => "notEnabled",
            PolicyResult::Unknown => "unknown",
            PolicyResult::ReportOnlySuccess => "reportOnlySuccess",
            PolicyResult::ReportOnlyFailure => "reportOnlyFailure",
            PolicyResult::ReportOnlyInterrupted => "reportOnlyInterrupted",
            PolicyResult::ReportOnlyNotApplied => "reportOnlyNotApplied",
        }
    }
}

/// A requirement of a policy, and how a sign-in stands to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Required<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// What it is called in answers.
    pub name: &'a Name,
    /// Whether the sign-in meets it; `None` when it does not say what it can meet.
    pub met: Option<Match>,
    /// Whether anybody could meet it in such a sign-in.
    pub possible: Match,
}

impl CompiledPolicies {
    /// What a policy asks for, in the order in which it is asked for; nothing of one that blocks.
    pub fn requirements<'a>(&'a self, policy: usize, sign_in: &Prepared) -> Vec<Required<'a>> {
        let Some(Grant::Asks { requirements, .. }) = self.policies.get(policy).map(|p| &p.grant)
        else {
            return Vec::new();
        };
        let found = requirements.iter().filter_map(|one| {
            let known = self.index.requirements.known.get(*one)?;
            Some(Required {
                requirement: &known.requirement,
                name: &known.name,
                met: sign_in
                    .met
                    .as_ref()
                    .map(|met| met.get(*one).copied().unwrap_or(Match::No)),
                possible: sign_in.possible.get(*one).copied().unwrap_or(Match::No),
            })
        });
        found.collect()
    }

    /// True for a policy whose controls are enforced.
    pub fn is_enforced(&self, policy: usize) -> bool {
        let mode = self.policies.get(policy).map(|policy| policy.mode);
        matches!(mode, Some(Mode::Enforced | Mode::Unclear))
    }

    /// True for a policy that blocks.
    pub fn blocks(&self, policy: usize) -> bool {
        self.policies
            .get(policy)
            .is_some_and(|p| p.grant == Grant::Block)
    }

    /// Whether the users of a policy include who signs in, and leave them out: the two sides
    /// apart, and nothing of the other conditions.
    pub fn users(&self, policy: usize, sign_in: &Prepared) -> (Match, Match) {
        let policy = self.policies.get(policy);
        policy.map_or((Match::No, Match::No), |policy| policy.sides(sign_in))
    }

    /// Whether a policy is about what is asked for, and nothing of the other conditions.
    pub fn resources(&self, policy: usize, sign_in: &Prepared) -> Match {
        let policy = self.policies.get(policy);
        policy.map_or(Match::No, |policy| policy.is_for_resource(sign_in))
    }

    /// Whether a policy is for a user, by whom it includes and leaves out and nothing else. Of
    /// groups only those are looked at that the policy names.
    pub fn is_for_user(&self, policy: usize, user: User) -> Match {
        let Some(policy) = self.policies.get(policy) else {
            return Match::No;
        };
        let sign_in = SignIn {
            user: Some(user),
            ..SignIn::default()
        };
        let who = who(&self.index, &self.environment, &sign_in, policy.groups());
        let (included, left_out) = policy.sides_of(&who);
        included.but_not(left_out)
    }

    /// For each policy, by number, whether its users mean somebody: those that it includes and does
    /// not leave out.
    pub fn means(&self, user: User) -> Vec<Match> {
        let sign_in = SignIn {
            user: Some(user),
            ..SignIn::default()
        };
        let all = self.index.groups.numbered().map(|(number, _)| number);
        let who = who(&self.index, &self.environment, &sign_in, all.collect());
        let policies = self.policies.iter();
        policies
            .map(|policy| {
                let (included, left_out) = policy.sides_of(&who);
                included.but_not(left_out)
            })
            .collect()
    }

    /// The users that policies name, by their one spelling.
    pub fn named_users(&self) -> impl Iterator<Item = &str> {
        self.index.users.numbered().map(|(_, user)| user)
    }

    /// The groups that policies name, by their one spelling.
    pub fn named_groups(&self) -> impl Iterator<Item = &str> {
        self.index.groups.numbered().map(|(_, group)| group)
    }

    /// The directory roles that policies name, by their one spelling.
    pub fn named_roles(&self) -> impl Iterator<Item = &str> {
        self.index.roles.numbered().map(|(_, role)| role)
    }

    /// Whether a policy is for an application, and nothing of the other conditions.
    pub fn is_for_application(&self, policy: usize, application: Application) -> Match {
        let sign_in = SignIn {
            application: Some(application),
            ..SignIn::default()
        };
        let wanted = self.wanted(&sign_in);
        let policy = self.policies.get(policy);
        policy.map_or(Match::No, |policy| policy.is_for(&wanted))
    }

    /// True for a policy that names no resource at all, and so never applies.
    pub fn reaches_nothing(&self, policy: usize) -> bool {
        self.policies
            .get(policy)
            .is_some_and(CompiledPolicy::reaches_nothing)
    }

    /// What a policy requires, as a text: the same for those of which
    /// [`CompiledPolicies::is_as_strict`] says the same.
    pub fn demand(&self, policy: usize) -> String {
        let policy = self.policies.get(policy);
        policy.map_or_else(String::new, |one| {
            format!("{:?} {:?}", one.grant, one.session)
        })
    }

    /// True when whoever meets the one policy meets the other as well, session controls
    /// included: where both apply, the other one adds nothing.
    pub fn is_as_strict(&self, strong: usize, weak: usize) -> bool {
        let (Some(strong), Some(weak)) = (self.policies.get(strong), self.policies.get(weak))
        else {
            return false;
        };
        if strong.grant == Grant::Block || weak.grant == Grant::Block {
            return strong.grant == Grant::Block;
        }
        let grants = weak.clauses().all(|weak| {
            let implies = |strong| self.index.requirements.clause_implies(strong, weak);
            strong.clauses().any(implies)
        });
        let alone = merged(strong.controls().into_iter());
        let both = merged(strong.controls().into_iter().chain(weak.controls()));
        let same = MergedSession {
            from: alone.from.clone(),
            ..both
        } == alone;
        grants && same
    }

    /// What a policy did to a sign-in, as the sign-in log would say it.
    pub fn result(&self, policy: usize, sign_in: &Prepared, applies: Applies) -> PolicyResult {
        let Some(found) = self.policies.get(policy) else {
            return PolicyResult::Unknown;
        };
        let reported = found.mode == Mode::ReportOnly;
        match applies {
            Applies::No(_) if found.mode == Mode::Off => return PolicyResult::NotEnabled,
            _ if found.is_never_reported() => return PolicyResult::ReportOnlyNotApplied,
            Applies::No(_) if reported => return PolicyResult::ReportOnlyNotApplied,
            Applies::No(_) => return PolicyResult::NotApplied,
            Applies::Unknown(_) => return PolicyResult::Unknown,
            Applies::Yes => {}
        }
        let required = self.requirements(policy, sign_in);
        let all = |test: &dyn Fn(&Required<'_>) -> Match, any: bool| match any {
            true => Match::any(required.iter().map(test)),
            false => Match::all(required.iter().map(test)),
        };
        let unknown = Match::Unknown(MissingFacts::NONE);
        let met = |one: &Required<'_>| one.met.unwrap_or(unknown);
        let (granted, interactive) = match &found.grant {
            Grant::Nothing => (Match::Yes, Match::No),
            Grant::Block => (Match::No, Match::No),
            Grant::Asks { any, .. } => {
                let asked = |one: &Required<'_>| {
                    let interactive = Match::from(one.requirement.is_interactive());
                    match any {
                        true => interactive,
                        false => met(one).or(interactive),
                    }
                };
                (all(&met, *any), all(&asked, *any))
            }
        };
        let token_protection = found
            .session
            .as_ref()
            .is_some_and(|session| session.secure_sign_in_session.is_some());
        match (granted, reported) {
            (Match::Unknown(_), _) => PolicyResult::Unknown,
            (Match::Yes, false) => PolicyResult::Success,
            (Match::No, false) => PolicyResult::Failure,
            // A session control that fails is reported, too: token protection.
            (Match::Yes, true) if token_protection => match sign_in.bound {
                None => PolicyResult::Unknown,
                Some(true) => PolicyResult::ReportOnlySuccess,
                Some(false) => PolicyResult::ReportOnlyFailure,
            },
            (Match::Yes, true) => PolicyResult::ReportOnlySuccess,
            (Match::No, true) if interactive == Match::Yes => PolicyResult::ReportOnlyInterrupted,
            (Match::No, true) => PolicyResult::ReportOnlyFailure,
        }
    }

    /// True when it is known of a group who its members are.
    pub fn lists_members(&self, group: &str) -> bool {
        let one = self.index.names.canonical(RefKind::Group, group);
        self.index.people.is_open(&one) == Match::No
    }

    /// The names of a sign-in that neither the world nor a policy nor a table knows. Such an
    /// application, group or role is taken to be one of the tenant's own that no policy names.
    pub fn unknown_names(&self, sign_in: &SignIn) -> Vec<UnknownName> {
        let mut found = Vec::new();
        let mut look = |pointer: String, kind: RefKind, name: &str| {
            if !self.index.names.knows(kind, name) {
                found.push(UnknownName {
                    pointer,
                    kind,
                    name: name.to_owned(),
                    meant: self.index.names.proposal(kind, name),
                });
            }
        };
        if let Some(user) = &sign_in.user {
            if let Some(name) = &user.name {
                look("/user".to_owned(), RefKind::User, name);
            }
            for (at, group) in user.member_of.iter().flatten().enumerate() {
                look(format!("/user/memberOf/{at}"), RefKind::Group, group);
            }
            for (at, role) in user.roles.iter().flatten().enumerate() {
                look(format!("/user/roles/{at}"), RefKind::Role, role);
            }
        }
        let principal = sign_in.service_principal.as_ref();
        if let Some(name) = principal.and_then(|one| one.name.as_ref()) {
            look(
                "/servicePrincipal".to_owned(),
                RefKind::ServicePrincipal,
                name,
            );
        }
        let agent = sign_in.agent_identity.as_ref();
        if let Some(name) = agent.and_then(|one| one.name.as_ref()) {
            look("/agentIdentity".to_owned(), RefKind::ServicePrincipal, name);
        }
        if let Some(name) = agent.and_then(|one| one.blueprint.as_ref()) {
            let pointer = "/agentIdentity/blueprint".to_owned();
            look(pointer, RefKind::ServicePrincipal, name);
        }
        let client = sign_in.client.as_ref();
        if let Some(name) = client.and_then(|one| one.name.as_ref()) {
            look("/client".to_owned(), RefKind::Application, name);
        }
        let environment = sign_in.environment.as_ref();
        let empty = environment.into_iter().flat_map(|one| &one.assume_empty);
        for (at, group) in empty.enumerate() {
            let pointer = format!("/environment/assumeEmpty/{at}");
            look(pointer, RefKind::Group, group);
        }
        let one = sign_in
            .application
            .iter()
            .map(|app| ("/application".to_owned(), app));
        let several = sign_in.applications.iter().enumerate();
        let several = several.map(|(at, app)| (format!("/applications/{at}"), app));
        for (pointer, app) in one.chain(several) {
            if let Some(name) = &app.name {
                look(pointer, RefKind::Application, name);
            }
        }
        if let Some(context) = &sign_in.authentication_context {
            look(
                "/authenticationContext".to_owned(),
                RefKind::Context,
                context,
            );
        }
        found
    }

    /// The ordinary for all that a sign-in leaves out: a member without groups and roles, a browser
    /// on an unregistered Windows device, no risk, no flow, an address and a country in no named
    /// location. What is known of the user counts before it.
    #[must_use]
    pub fn complete(&self, mut sign_in: SignIn) -> SignIn {
        if let Some(user) = &mut sign_in.user
            && let Some(name) = &user.name
        {
            let people = &self.index.people;
            let one = self.index.names.canonical(RefKind::User, name);
            if let Some(known) = people.user(&one) {
                user.roles = user.roles.take().or_else(|| known.roles.clone());
                user.user_type = user.user_type.or(known.user_type);
                let tenant = &mut user.external_tenant_id;
                *tenant = tenant.take().or_else(|| known.external_tenant_id.clone());
            }
            user.member_of
                .get_or_insert_with(|| people.known_groups(&one));
        }
        if sign_in.device_info.is_none() && self.says_hello(&sign_in) {
            sign_in.device_info = Some(sign_in.known_device());
        }
        let mut complete = sign_in.with_defaults();
        let (address, country) = self.index.elsewhere();
        complete.ip_address.get_or_insert(address);
        complete.country.get_or_insert(country);
        complete
    }
}

impl CompiledPolicies {
    /// True when it says that it meets a strength that Windows Hello alone meets.
    fn says_hello(&self, sign_in: &SignIn) -> bool {
        let mut held = sign_in.satisfied.iter().flatten();
        held.any(|held| {
            let one = held.name.trim();
            let one = self.index.names.canonical(RefKind::Strength, one);
            let known = self.index.requirements.strength(&one);
            known.is_some_and(|(_, allowed)| allowed.is_hello_alone())
        })
    }
}

impl CompiledPolicy {
    pub(crate) fn clauses(&self) -> impl Iterator<Item = Ordinal> + '_ {
        let clauses: &[Ordinal] = match &self.grant {
            Grant::Asks { clauses, .. } => clauses,
            Grant::Nothing | Grant::Block => &[],
        };
        clauses.iter().copied()
    }

    fn controls(&self) -> Option<(&Name, &SessionControls)> {
        Some((&self.name, self.session.as_deref()?))
    }
}

fn sound(prepared: (Prepared, Vec<SignInFault>)) -> Result<Prepared, Vec<SignInFault>> {
    match prepared {
        (prepared, faults) if faults.is_empty() => Ok(prepared),
        (_, faults) => Err(faults),
    }
}

/// By display name and id; those that have both in common by what they say.
fn order(a: &ConditionalAccessPolicy, b: &ConditionalAccessPolicy) -> Ordering {
    let id = |policy: &ConditionalAccessPolicy| policy.id.as_ref().map(|id| id.to_lowercase());
    // The normal form, in which the order of lists is no difference.
    let whole = |policy: &ConditionalAccessPolicy| {
        let object = Object::ConditionalAccessPolicy(Box::new(policy.clone()));
        object.normal_form().to_string()
    };
    (a.display_name.cmp(&b.display_name))
        .then_with(|| id(a).cmp(&id(b)))
        .then_with(|| whole(a).cmp(&whole(b)))
}
