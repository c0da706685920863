//! People into classes, classes into changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;

use super::directory::{DirectoryUser, Memberships, PeopleDirectory};
use super::edits::PeopleEdits;
use super::persona::{AlikePeople, Describer, Feature};
use super::read::numbers;
use super::{GroupDoubt, ImpactKind, PeopleChange, PeopleEffect, PeopleImpact};
use crate::analysis::{self, ClassTurn, PeopleBox, PeopleClass, PeopleTurn, counts_for_people};
use crate::model::policy::Users;
use crate::whatif::{
    CompiledPolicies, Consequence, Ending, Fact, Match, PolicySet, SignIn, User, UserType,
};

/// What is judged.
pub struct PeopleInput<'a> {
    /// The policies before and after.
    pub sides: [&'a PolicySet; 2],
    /// The people, as they were read.
    pub directory: &'a PeopleDirectory,
    /// What the plan does to them.
    pub edits: &'a PeopleEdits,
    /// Whether principal names are listed.
    pub names: bool,
}

/// The same set with those policies alone that do something to people's sign-ins.
pub fn for_people(set: &PolicySet) -> PolicySet {
    let mut set = set.clone();
    set.policies.retain(counts_for_people);
    set
}

/// A person, as policies can mean one on one side; `None` where there is no account that can sign
/// in.
type Held = Option<(Vec<u32>, Vec<u32>)>;

/// What is the same of people whom no policy tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Traits {
    kind: UserType,
    /// The number of a user whom a policy names.
    named: Option<u32>,
    held: [Held; 2],
    /// Whether there is an account before and after.
    there: [bool; 2],
}

/// Judges who is affected. `sides` are as [`for_people`] gives them. `tell` hears how many classes
/// of how many are judged.
pub fn judge(input: &PeopleInput<'_>, tell: &mut dyn FnMut(usize, usize)) -> PeopleImpact {
    let compiled = input.sides.map(PolicySet::compiled);
    let crowd = Crowd::new(input, &compiled);
    let mut known = KnownBoxes::new(input);
    let mut rows: Vec<Option<usize>> = Vec::new();
    let mut classes: IndexMap<PeopleClass, Vec<usize>> = IndexMap::new();
    for (at, traits) in crowd.traits.keys().enumerate() {
        if traits.held.iter().any(Option::is_none) {
            rows.push(None);
            continue;
        }
        let class = crowd.class(traits, input, &compiled);
        let entry = classes.entry(class);
        rows.push(Some(entry.index()));
        entry.or_default().push(at);
    }
    let all: Vec<PeopleClass> = classes.keys().cloned().collect();
    let many = all.len();
    let settled = crowd.open.is_empty();
    let answers = analysis::people(input.sides, &all, settled, &mut |done| {
        tell(done, many);
    });
    let mut impact = PeopleImpact {
        all: crowd.traits.values().map(Vec::len).sum(),
        classes: many,
        ..PeopleImpact::default()
    };
    // People to whom the same happens, by that.
    let mut alike: BTreeMap<String, Affected> = BTreeMap::new();
    let mut put =
        |(kind, is_shut_out), effects: Vec<PeopleEffect>, more, those: &[usize], shown| {
            let said = format!("{is_shut_out}{}", signature(kind, &effects));
            let slot = alike.entry(said).or_insert_with(|| Affected {
                kind,
                is_shut_out,
                effects: Vec::new(),
                more: false,
                weight: 0,
                shown: None,
                people: Vec::new(),
            });
            let weight = those.iter().map(|at| crowd.count(*at)).sum();
            if weight > slot.weight {
                (slot.effects, slot.weight, slot.shown) = (effects, weight, shown);
            }
            slot.more |= more;
            slot.people.extend(those);
        };
    for ((class, those), answer) in classes.iter().zip(&answers.classes) {
        let turns = &answer.turns;
        let boxes = &answers.boxes;
        let effects = crowd.effects(&mut known, &compiled, (class, those), turns, boxes);
        let Some((most, effects)) = effects else {
            impact.unchanged += those.iter().map(|at| crowd.count(*at)).sum::<usize>();
            continue;
        };
        let kind = effects.first().map(|effect| effect.kind);
        let more = turns.iter().any(|turn| turn.more);
        let kind = kind.unwrap_or(ImpactKind::Less);
        put((kind, answer.is_shut_out), effects, more, those, Some(most));
    }
    for (at, traits) in crowd.traits.keys().enumerate() {
        let kind = match traits.held.each_ref().map(Option::is_some) {
            [true, true] => continue,
            // Nobody signs in to it, before or after.
            [false, false] => {
                impact.unchanged += crowd.count(at);
                impact.disabled += crowd.count(at);
                continue;
            }
            [true, false] => ImpactKind::Lost,
            [false, true] => ImpactKind::Gained,
        };
        let effect = crowd.arrival(input, &compiled, at, kind);
        put(
            (kind, kind == ImpactKind::Lost),
            vec![effect],
            false,
            &[at],
            None,
        );
    }
    let describer = crowd.describer(input);
    for mut affected in alike.into_values() {
        if let Some(shown) = affected.shown {
            crowd.show(input, &compiled, shown, &mut affected.effects);
        }
        impact
            .changes
            .push(crowd.change(input, &describer, affected));
    }
    let weight = |one: &PeopleChange| (one.kind, !one.is_shut_out, std::cmp::Reverse(one.count));
    impact.changes.sort_by_key(weight);
    impact.notes = crowd.notes(input);
    impact
}

/// People to whom the same happens.
struct Affected {
    kind: ImpactKind,
    is_shut_out: bool,
    effects: Vec<PeopleEffect>,
    more: bool,
    /// How many people the effects were worked out for.
    weight: usize,
    /// The traits for which they were; nothing where they are shown already.
    shown: Option<usize>,
    /// The numbers of their traits.
    people: Vec<usize>,
}

/// What becomes of the sign-in of a box, by what of a class tells: many classes are told apart by
/// policies that have nothing to do with it.
struct KnownBoxes {
    /// The policies of each side, for everybody.
    open: [CompiledPolicies; 2],
    /// Those that apply to the sign-in of a box, by their places, for each kind of user.
    concerned: HashMap<(usize, UserType), [Vec<usize>; 2]>,
    judged: HashMap<(usize, UserType, bool, RowsThatTell), JudgedBox>,
}

/// Of a class whether the policies mean them that apply to the sign-in of a box, before and after.
type RowsThatTell = [Vec<Option<bool>>; 2];

/// What the sign-in of a box gets before and after.
#[derive(Debug, Clone)]
struct JudgedBox {
    both: [Option<Consequence>; 2],
    /// Whether it says what is met: without that there is no difference.
    says_what_is_met: bool,
    /// The open group by which there is a difference, by its place among all.
    hangs_on: Option<(usize, bool)>,
}

impl KnownBoxes {
    fn new(input: &PeopleInput<'_>) -> KnownBoxes {
        let open = input.sides.map(|set| {
            let mut set = set.clone();
            for policy in &mut set.policies {
                policy.conditions.users = Some(Users {
                    include_users: vec!["All".to_owned()].into(),
                    ..Users::default()
                });
            }
            set.compiled()
        });
        KnownBoxes {
            open,
            concerned: HashMap::new(),
            judged: HashMap::new(),
        }
    }

    /// Of a class what tells for the sign-in of a box.
    fn row(&mut self, number: usize, found: &PeopleBox, class: &PeopleClass) -> RowsThatTell {
        let open = &self.open;
        let concerned = self.concerned.entry((number, class.kind));
        let concerned = concerned.or_insert_with(|| {
            let sign_in = SignIn {
                user: Some(User {
                    member_of: Some(Vec::new()),
                    roles: Some(Vec::new()),
                    user_type: Some(class.kind),
                    ..User::default()
                }),
                ..found.sign_in.clone()
            };
            [(&open[0], &class.meant[0]), (&open[1], &class.meant[1])].map(|(policies, row)| {
                let outcome = policies.outcome(&sign_in).ok();
                let applies = |at: &usize| {
                    let own = outcome.as_ref().zip(policies.number_of(*at));
                    let own = own.and_then(|(outcome, number)| outcome.policies.get(number));
                    own.is_none_or(|policy| policy.applies != Some(false))
                };
                (0..row.len()).filter(applies).collect()
            })
        });
        let [before, after] = concerned;
        [(before, &class.meant[0]), (after, &class.meant[1])].map(|(those, row)| {
            let of = |at: &usize| row.get(*at).copied().flatten();
            those.iter().map(of).collect()
        })
    }
}

/// Everybody.
struct Crowd<'a> {
    users: Vec<DirectoryUser>,
    /// The groups and roles that matter, by id, and what they are called.
    groups: Vec<(String, String)>,
    roles: Vec<(String, String)>,
    /// Those who are alike, and who they are.
    traits: IndexMap<Traits, Vec<u32>>,
    directory: &'a PeopleDirectory,
    /// The groups of which nobody knows who is in them after the plan.
    open: BTreeSet<String>,
}

impl<'a> Crowd<'a> {
    fn new(input: &PeopleInput<'a>, compiled: &[CompiledPolicies; 2]) -> Crowd<'a> {
        let edits = input.edits;
        let mut users = input.directory.users.clone();
        let was_read = users.len();
        users.extend(
            edits
                .made
                .iter()
                .map(|(id, (name, enabled))| DirectoryUser {
                    id: id.clone(),
                    name: name.clone(),
                    kind: UserType::Member,
                    enabled: *enabled,
                }),
        );
        let numbers = numbers(&users);
        let texts = |read: &dyn Fn(&CompiledPolicies) -> Vec<String>| -> BTreeSet<String> {
            compiled.iter().flat_map(read).collect()
        };
        let groups = texts(&|side| side.named_groups().map(str::to_lowercase).collect());
        let roles = texts(&|side| side.named_roles().map(str::to_owned).collect());
        let named = texts(&|side| side.named_users().map(str::to_lowercase).collect());
        let worlds = input.sides.map(|side| &side.world);
        let called = |id: &String| {
            let mut known = worlds.iter().rev().flat_map(|world| &world.groups);
            let name = known.find(|group| {
                let own = group.id.as_deref().unwrap_or(&group.display_name);
                own.eq_ignore_ascii_case(id)
            });
            name.map_or(id.clone(), |group| group.display_name.clone())
        };
        let role = |id: &String| {
            let known = crate::model::tables::ROLES.by_id(id);
            known.map_or(id.clone(), |role| role.name.to_owned())
        };
        // By name: what stands in for an id is another text in each run.
        let pair = |ids: BTreeSet<String>, name: &dyn Fn(&String) -> String| {
            let pairs = ids.into_iter().map(|id| {
                let name = name(&id);
                (id, name)
            });
            let mut pairs: Vec<(String, String)> = pairs.collect();
            pairs.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
            pairs
        };
        let (groups, roles) = (pair(groups, &called), pair(roles, &role));
        let mut sides = [None, Some(edits)].map(|edits| {
            let mut held = vec![(Vec::new(), Vec::new()); users.len()];
            let mut who = Memberships::new(input.directory, &numbers, edits);
            for (at, (group, _)) in (0u32..).zip(&groups) {
                for user in who.of_group(group) {
                    if let Some((groups, _)) = held.get_mut(user as usize) {
                        groups.push(at);
                    }
                }
            }
            for (at, (role, _)) in (0u32..).zip(&roles) {
                for user in who.of_role(&role.to_lowercase()) {
                    if let Some((_, roles)) = held.get_mut(user as usize) {
                        roles.push(at);
                    }
                }
            }
            held
        });
        let mut traits: IndexMap<Traits, Vec<u32>> = IndexMap::new();
        for (at, user) in users.iter().enumerate() {
            let number = at as u32;
            let is_named = named.contains(&user.id) || named.contains(&user.name.to_lowercase());
            let there = [at < was_read, !edits.deleted.contains(&user.id)];
            let enabled = edits.enabled.get(&user.id).copied();
            let can = [user.enabled, enabled.unwrap_or(user.enabled)];
            let mut held = sides
                .each_mut()
                .map(|side| side.get_mut(at).map(std::mem::take));
            for ((slot, there), can) in held.iter_mut().zip(there).zip(can) {
                if !there || !can {
                    *slot = None;
                }
            }
            let own = Traits {
                kind: user.kind,
                named: is_named.then_some(number),
                held,
                there,
            };
            traits.entry(own).or_default().push(number);
        }
        let by_rule = |group: &String| {
            let inner = input.directory.members.get(group).into_iter();
            let inner = inner.flat_map(|members| &members.groups);
            let mut all = inner.chain([group]);
            all.any(|group| edits.by_rule.contains_key(group))
        };
        let ids = groups.iter().map(|(id, _)| id);
        Crowd {
            open: ids.filter(|id| by_rule(id)).cloned().collect(),
            groups,
            roles,
            users,
            traits,
            directory: input.directory,
        }
    }

    fn count(&self, at: usize) -> usize {
        self.traits.get_index(at).map_or(0, |(_, who)| who.len())
    }

    /// Somebody with these traits, as policies of a side are asked about one.
    fn user(&self, traits: &Traits, side: usize) -> User {
        let (groups, roles) = traits.held.get(side).cloned().flatten().unwrap_or_default();
        let ids = |numbers: Vec<u32>, list: &[(String, String)]| -> Vec<String> {
            let found = numbers.iter().filter_map(|at| list.get(*at as usize));
            found.map(|(id, _)| id.clone()).collect()
        };
        let named = traits.named.and_then(|at| self.users.get(at as usize));
        User {
            name: named.map(|user| user.id.clone()),
            member_of: Some(ids(groups, &self.groups)),
            roles: self
                .directory
                .roles
                .is_some()
                .then(|| ids(roles, &self.roles)),
            user_type: Some(traits.kind),
            ..User::default()
        }
    }

    fn class(
        &self,
        traits: &Traits,
        input: &PeopleInput<'_>,
        compiled: &[CompiledPolicies; 2],
    ) -> PeopleClass {
        let mut meant = [Vec::new(), Vec::new()];
        for (side, ((row, policies), set)) in
            (meant.iter_mut().zip(compiled).zip(input.sides)).enumerate()
        {
            let means = self.means(policies, traits, side);
            row.extend((0..set.policies.len()).map(|at| {
                let found = policies.number_of(at).and_then(|number| means.get(number));
                match found {
                    Some(Match::Yes) => Some(true),
                    Some(Match::No) => Some(false),
                    Some(Match::Unknown(_)) | None => None,
                }
            }));
        }
        PeopleClass {
            kind: traits.kind,
            meant,
        }
    }

    /// Whether the users of each policy mean somebody. A policy includes whoever is in one of its
    /// groups, and leaves out whoever is in one: each open group by itself tells what may be.
    fn means(&self, policies: &CompiledPolicies, traits: &Traits, side: usize) -> Vec<Match> {
        let mut user = self.user(traits, side);
        if side == 0 || self.open.is_empty() {
            return policies.means(user);
        }
        let mut groups = user.member_of.take().unwrap_or_default();
        groups.retain(|group| !self.open.contains(group));
        let in_one = |more: Option<&String>| {
            let groups = groups.iter().chain(more).cloned();
            policies.means(User {
                member_of: Some(groups.collect()),
                ..user.clone()
            })
        };
        let mut found = in_one(None);
        for group in &self.open {
            for (own, other) in found.iter_mut().zip(in_one(Some(group))) {
                if *own != other {
                    *own = Match::unknown(Fact::GROUPS);
                }
            }
        }
        found
    }

    /// What happens to a class, and the traits for which it was worked out; nothing where nothing
    /// does.
    fn effects(
        &self,
        known: &mut KnownBoxes,
        compiled: &[CompiledPolicies; 2],
        (class, those): (&PeopleClass, &[usize]),
        turns: &[ClassTurn],
        boxes: &[PeopleBox],
    ) -> Option<(usize, Vec<PeopleEffect>)> {
        let most = those
            .iter()
            .max_by_key(|at| (self.count(**at), std::cmp::Reverse(**at)))?;
        let (traits, _) = self.traits.get_index(*most)?;
        let mut effects: Vec<PeopleEffect> = Vec::new();
        for turn in turns {
            for number in &turn.boxes {
                let Some(found) = boxes.get(*number) else {
                    continue;
                };
                let kind = kind_of(turn.turn, turn.is_certain);
                let row = known.row(*number, found, class);
                let key = (*number, class.kind, turn.is_certain, row);
                let judged = known.judged.entry(key);
                let judged =
                    judged.or_insert_with(|| self.judged(compiled, traits, found, turn.is_certain));
                let mut effect = PeopleEffect {
                    kind,
                    is_ordinary: found.is_ordinary,
                    before: judged.both[0].clone(),
                    after: judged.both[1].clone(),
                    widest: found.widest.clone(),
                    sign_in: found.sign_in.clone(),
                    replays: false,
                    hangs_on: judged.hangs_on.and_then(|(at, is_in)| {
                        let (_, group) = self.groups.get(at)?;
                        let group = group.clone();
                        Some(GroupDoubt { group, is_in })
                    }),
                };
                if !judged.says_what_is_met {
                    effect.sign_in.satisfied = None;
                }
                // The evaluator shows no difference: whether there is one is not certain.
                if effect.before == effect.after {
                    effect.kind = kind_of(turn.turn, false);
                }
                // Of more and less in the same sign-in one counts.
                let other = effects.iter_mut().find(|known| {
                    known.is_ordinary == effect.is_ordinary
                        && known.before == effect.before
                        && known.after == effect.after
                        && is_more_and_less(known.kind, effect.kind)
                });
                match other {
                    Some(known) if weight(compiled, &effect) < weight(compiled, known) => {
                        *known = effect;
                    }
                    Some(_) => {}
                    None => effects.push(effect),
                }
            }
        }
        effects.sort_by_key(|effect| (!effect.is_ordinary, weight(compiled, effect)));
        (!effects.is_empty()).then_some((*most, effects))
    }

    /// What the sign-in of a box gets when somebody with these traits makes it.
    fn judged(
        &self,
        compiled: &[CompiledPolicies; 2],
        traits: &Traits,
        found: &PeopleBox,
        is_certain: bool,
    ) -> JudgedBox {
        let got = |side: usize, user: User, satisfied: bool| {
            let policies = compiled.get(side)?;
            let mut sign_in = found.sign_in.clone();
            sign_in.user = Some(user);
            if !satisfied {
                sign_in.satisfied = None;
            }
            let prepared = policies.prepare(&sign_in).ok()?;
            Some(policies.consequence(&prepared, &policies.judge(&prepared), false))
        };
        let judged =
            |satisfied: bool| [0, 1].map(|side| got(side, self.user(traits, side), satisfied));
        // What is asked for, of whoever it is.
        let [before, after] = judged(false);
        // It may hang on who is in a group of which nobody knows the members yet.
        let differs = before != after;
        let stops = |one: &Option<Consequence>| {
            one.as_ref()
                .is_some_and(|one| one.outcome == Ending::Blocked)
        };
        let mut other: Option<(usize, bool, Option<Consequence>)> = None;
        let open = self.groups.iter().enumerate();
        let hangs = |id: &String| !is_certain && self.open.contains(id);
        for (at, (id, _)) in open.filter(|(_, (id, _))| hangs(id)) {
            let (user, is_in) = with_other(self.user(traits, 1), id);
            let then = got(1, user, false);
            let known = other.as_ref();
            let graver = known.is_none_or(|(.., known)| !stops(known) && stops(&then));
            if then != after && graver {
                other = Some((at, is_in, then));
            }
        }
        match other {
            // What is shown is what there is to fear.
            Some((at, is_in, _)) if differs => JudgedBox {
                both: [before, after],
                says_what_is_met: false,
                hangs_on: Some((at, !is_in)),
            },
            Some((at, is_in, then)) => JudgedBox {
                both: [before, then],
                says_what_is_met: false,
                hangs_on: Some((at, is_in)),
            },
            None if differs => JudgedBox {
                both: [before, after],
                says_what_is_met: false,
                hangs_on: None,
            },
            // Where that is the same, of who meets just this.
            None => JudgedBox {
                both: judged(true),
                says_what_is_met: true,
                hangs_on: None,
            },
        }
    }

    /// Says in sign-ins who makes them, and whether they can be judged again.
    fn show(
        &self,
        input: &PeopleInput<'_>,
        compiled: &[CompiledPolicies; 2],
        at: usize,
        effects: &mut [PeopleEffect],
    ) {
        let Some((traits, _)) = self.traits.get_index(at) else {
            return;
        };
        for effect in effects {
            let mut user = self.shown(traits, input);
            if let Some(doubt) = &effect.hangs_on {
                let groups = user.member_of.get_or_insert_default();
                groups.retain(|name| *name != doubt.group);
                if doubt.is_in {
                    groups.push(doubt.group.clone());
                }
            }
            effect.sign_in.user = Some(user);
            let again = compiled.each_ref().map(|policies| {
                let outcome = policies.outcome(&effect.sign_in).ok();
                outcome.map(|outcome| outcome.enforced)
            });
            effect.replays = again[0] == effect.before && again[1] == effect.after;
        }
    }

    /// Somebody with these traits, as a sign-in describes one that anybody can judge again: by name
    /// where policies name the user, and nobody else.
    fn shown(&self, traits: &Traits, input: &PeopleInput<'_>) -> User {
        let side = usize::from(traits.held[1].is_some());
        let mut user = self.user(traits, side);
        let alone = |list: &[(String, String)], id: &String| {
            let name = list.iter().find(|(own, _)| own == id).map(|(_, name)| name);
            let shared = list.iter().filter(|(_, other)| Some(other) == name).count() > 1;
            match name {
                Some(name) if !shared => name.clone(),
                _ => id.clone(),
            }
        };
        for (list, names) in [
            (&mut user.member_of, &self.groups),
            (&mut user.roles, &self.roles),
        ] {
            for id in list.iter_mut().flatten() {
                *id = alone(names, id);
            }
        }
        let policies = input.sides.map(|side| &side.world.users);
        if let Some(id) = &user.name {
            let known = policies.into_iter().flatten().find(|known| {
                known
                    .id
                    .as_ref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(id))
            });
            user.name = known.map(|known| known.user_principal_name.clone());
        }
        user
    }

    /// What it is that an account is made or deleted, enabled or disabled.
    fn arrival(
        &self,
        input: &PeopleInput<'_>,
        compiled: &[CompiledPolicies; 2],
        at: usize,
        kind: ImpactKind,
    ) -> PeopleEffect {
        let mut sign_in = SignIn::default();
        let mut both = [None, None];
        if let Some((traits, _)) = self.traits.get_index(at) {
            let side = usize::from(kind == ImpactKind::Gained);
            if let Some(policies) = compiled.get(side) {
                let app = crate::whatif::Application::named("Office 365 Exchange Online");
                sign_in.application = Some(app);
                sign_in.user = Some(self.user(traits, side));
                sign_in = policies.complete(sign_in);
                sign_in.satisfied = None;
                let outcome = policies.outcome(&sign_in).ok();
                if let Some(slot) = both.get_mut(side) {
                    *slot = outcome.map(|outcome| outcome.enforced);
                }
            }
            sign_in.user = Some(self.shown(traits, input));
        }
        let [before, after] = both;
        PeopleEffect {
            kind,
            is_ordinary: true,
            before,
            after,
            widest: BTreeMap::new(),
            sign_in,
            replays: false,
            hangs_on: None,
        }
    }

    /// Everybody who can sign in, before or after, ready to be described.
    fn describer(&self, input: &PeopleInput<'_>) -> Describer {
        let mut features: IndexMap<Feature, ()> = IndexMap::new();
        let mut alike = Vec::new();
        for (traits, who) in &self.traits {
            let mut own = BTreeSet::new();
            if traits.held.iter().any(Option::is_some) {
                let mut put = |feature| {
                    own.insert(features.insert_full(feature, ()).0);
                };
                put(Feature::Kind(traits.kind));
                self.features_of(traits, input, &mut put);
            }
            let is_able = traits.held.iter().any(Option::is_some);
            alike.push(AlikePeople {
                features: own,
                count: if is_able { who.len() } else { 0 },
            });
        }
        let able = self
            .traits
            .keys()
            .map(|one| one.held.iter().any(Option::is_some));
        Describer::new(features.into_keys().collect(), alike, able.collect())
    }

    fn features_of(&self, traits: &Traits, input: &PeopleInput<'_>, put: &mut dyn FnMut(Feature)) {
        let name = |list: &[(String, String)], at: u32| {
            let found = list.get(at as usize);
            found.map(|(_, name)| name.clone()).unwrap_or_default()
        };
        let empty = (Vec::new(), Vec::new());
        let [before, after] = traits.held.each_ref().map(|held| held.as_ref());
        let (was, is) = match (before, after) {
            (Some(was), Some(is)) => (was, is),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => (&empty, &empty),
        };
        for group in &is.0 {
            put(Feature::In(name(&self.groups, *group)));
            if !was.0.contains(group) {
                put(Feature::Joins(name(&self.groups, *group)));
            }
        }
        for group in was.0.iter().filter(|group| !is.0.contains(group)) {
            put(Feature::Leaves(name(&self.groups, *group)));
        }
        for role in &is.1 {
            put(Feature::Role(name(&self.roles, *role)));
        }
        if let Some(user) = self.shown(traits, input).name {
            put(Feature::Is(user));
        }
        match (before.is_some(), after.is_some(), traits.there) {
            (false, true, [false, _]) => put(Feature::Made),
            (false, true, _) => put(Feature::Enabled),
            (true, false, [_, false]) => put(Feature::Deleted),
            (true, false, _) => put(Feature::Disabled),
            _ => {}
        }
    }

    fn change(
        &self,
        input: &PeopleInput<'_>,
        describer: &Describer,
        affected: Affected,
    ) -> PeopleChange {
        let personas = describer.describe(&affected.people).into_iter();
        let personas = personas.map(|(mut persona, those)| {
            if input.names {
                let traits = those.iter().filter_map(|at| self.traits.get_index(*at));
                let who = traits.flat_map(|(_, who)| who);
                let names = who.filter_map(|at| self.users.get(*at as usize));
                persona.names = names.map(|user| user.name.clone()).collect();
                persona.names.sort();
            }
            persona
        });
        PeopleChange {
            kind: affected.kind,
            is_shut_out: affected.is_shut_out,
            count: affected.people.iter().map(|at| self.count(*at)).sum(),
            personas: personas.collect(),
            effects: affected.effects,
            more: affected.more,
        }
    }

    fn notes(&self, input: &PeopleInput<'_>) -> Vec<String> {
        let mut notes: Vec<String> = input.edits.open_groups().collect();
        if self.directory.scoped_roles > 0 {
            notes.push(format!(
                "roles that are assigned for a part of the tenant alone do not count ({})",
                self.directory.scoped_roles
            ));
        }
        let policies = input.sides.into_iter().flat_map(|side| &side.policies);
        let externals = policies.into_iter().any(|policy| {
            let users = policy.conditions.users.as_ref();
            let guests = users.into_iter().flat_map(|users| {
                [
                    &users.include_guests_or_external_users,
                    &users.exclude_guests_or_external_users,
                ]
            });
            guests.flatten().next().is_some()
        });
        if externals {
            notes.push(
                "users of shared channels and of service providers have no account in the tenant and are not counted"
                    .to_owned(),
            );
        }
        notes
    }
}

fn kind_of(turn: PeopleTurn, is_certain: bool) -> ImpactKind {
    match (turn, is_certain) {
        (PeopleTurn::Lost, true) => ImpactKind::Lost,
        (PeopleTurn::More, true) => ImpactKind::More,
        (PeopleTurn::Gained, true) => ImpactKind::Gained,
        (PeopleTurn::Less, true) => ImpactKind::Less,
        (PeopleTurn::Lost, false) => ImpactKind::MaybeLost,
        (PeopleTurn::More, false) => ImpactKind::MaybeMore,
        (PeopleTurn::Gained, false) => ImpactKind::MaybeGained,
        (PeopleTurn::Less, false) => ImpactKind::MaybeLess,
    }
}

/// The same user, but in a group or not.
fn with_other(mut user: User, group: &String) -> (User, bool) {
    let groups = user.member_of.get_or_insert_default();
    let is_in = !groups.contains(group);
    match is_in {
        true => groups.push(group.clone()),
        false => groups.retain(|own| own != group),
    }
    (user, is_in)
}

fn is_more_and_less(one: ImpactKind, other: ImpactKind) -> bool {
    use ImpactKind::{Less, MaybeLess, MaybeMore, More};
    let [is_more, is_less] = [[More, MaybeMore], [Less, MaybeLess]].map(|kinds| {
        let has = |kind| kinds.contains(&kind);
        [has(one), has(other)]
    });
    is_more != is_less
        && is_more
            .iter()
            .zip(is_less)
            .all(|(more, less)| *more != less)
}

/// How grave something is: who gets in counts before what holds once they are in. A requirement more
/// is graver than one less, and one less than a stricter session.
fn weight(compiled: &[CompiledPolicies; 2], effect: &PeopleEffect) -> (bool, u8) {
    let asks = match (&effect.before, &effect.after) {
        (Some(before), Some(after)) => {
            let [one, other] = compiled;
            [
                !other.asks_beyond(after, one, before).is_empty(),
                !one.asks_beyond(before, other, after).is_empty(),
            ]
        }
        _ => [true, true],
    };
    let of = match effect.kind {
        ImpactKind::Lost | ImpactKind::MaybeLost => 0,
        ImpactKind::More | ImpactKind::MaybeMore if asks[0] => 1,
        ImpactKind::Gained | ImpactKind::MaybeGained => 2,
        ImpactKind::Less | ImpactKind::MaybeLess if asks[1] => 3,
        ImpactKind::More | ImpactKind::MaybeMore => 4,
        ImpactKind::Less | ImpactKind::MaybeLess => 5,
    };
    (effect.kind >= ImpactKind::MaybeLost, of)
}

/// What happens, as a text: the same for those to whom the same happens.
fn signature(kind: ImpactKind, effects: &[PeopleEffect]) -> String {
    let each = effects.iter().map(|effect| {
        serde_json::json!([
            effect.kind.as_str(),
            effect.is_ordinary,
            effect.widest,
            effect.before,
            effect.after,
            effect
                .hangs_on
                .as_ref()
                .map(|doubt| (&doubt.group, doubt.is_in))
        ])
    });
    let each: Vec<serde_json::Value> = each.collect();
    format!("{}{}", kind.as_str(), serde_json::Value::Array(each))
}
