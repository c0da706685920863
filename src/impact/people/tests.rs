//! The numbers add up: against every sign-in of every user of random tenants of 500, judged by the
//! evaluator one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::directory::{DirectoryUser, MembersRead, Memberships, PeopleDirectory};
use super::edits::PeopleEdits;
use super::judge::{PeopleInput, for_people, judge};
use super::read::numbers;
use super::{ImpactKind, PeopleImpact};
use crate::whatif::{
    CompiledPolicies, Ending, KnownGroup, KnownUser, PolicySet, SignIn, UserType, World,
};

const ADMIN: &str = "62e90394-69f5-4237-9190-012177145e10";
const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const APPS: [&str; 2] = [
    "00000002-0000-0ff1-ce00-000000000000",
    "11111111-1111-4111-8111-111111111111",
];

fn group(at: usize) -> String {
    format!("90000000-0000-4000-8000-00000000000{at}")
}

fn person(at: usize) -> String {
    format!("50000000-0000-4000-8000-{at:012}")
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len() as u64) as usize]
    }
}

/// 500 users in four groups, the last of which is in the first; two roles, one of them also by way
/// of a group.
fn tenant(dice: &mut Dice) -> PeopleDirectory {
    let kinds = [
        UserType::Member,
        UserType::Member,
        UserType::Member,
        UserType::InternalGuest,
        UserType::B2bCollaborationGuest,
    ];
    let users: Vec<DirectoryUser> = (0..500)
        .map(|at| DirectoryUser {
            id: person(at),
            name: format!("u{at}@example.com"),
            kind: *dice.one(&kinds),
            enabled: dice.roll(20) != 0,
        })
        .collect();
    let mut direct: BTreeMap<String, MembersRead> = BTreeMap::new();
    for at in 0..4 {
        let users = (0..500).filter(|_| dice.roll(5) == 0).collect();
        let groups = if at == 0 { vec![group(3)] } else { Vec::new() };
        direct.insert(group(at), MembersRead { users, groups });
    }
    let mut members = direct.clone();
    let inner = direct[&group(3)].users.clone();
    let outer = members.get_mut(&group(0)).unwrap();
    outer.users.extend(inner);
    outer.users.sort_unstable();
    outer.users.dedup();
    let mut roles = BTreeMap::new();
    for (role, groups) in [(ADMIN, vec![]), (READER, vec![group(2)])] {
        let users = (0..500).filter(|_| dice.roll(25) == 0).collect();
        roles.insert(role.to_owned(), MembersRead { users, groups });
    }
    PeopleDirectory {
        users,
        members,
        direct,
        roles: Some(roles),
        scoped_roles: 0,
    }
}

fn policy(dice: &mut Dice, at: usize) -> Value {
    let mut users = json!({});
    match dice.roll(6) {
        0 | 1 => users["includeUsers"] = json!(["All"]),
        2 => users["includeGroups"] = json!([group(dice.roll(4) as usize)]),
        3 => users["includeRoles"] = json!([*dice.one(&[ADMIN, READER])]),
        4 => users["includeUsers"] = json!(["GuestsOrExternalUsers"]),
        _ => users["includeUsers"] = json!([person(dice.roll(500) as usize)]),
    }
    match dice.roll(4) {
        0 => users["excludeGroups"] = json!([group(dice.roll(4) as usize)]),
        1 => users["excludeRoles"] = json!([ADMIN]),
        2 => users["excludeUsers"] = json!([person(dice.roll(500) as usize)]),
        _ => {}
    }
    // Some of the policies have nothing to do with each other.
    let apps = match dice.roll(4) {
        0 | 1 => json!({"includeApplications": ["All"]}),
        2 => json!({"includeApplications": [APPS[0]]}),
        _ => json!({"includeApplications": [APPS[1]]}),
    };
    let clients = [
        json!(["all"]),
        json!(["browser"]),
        json!(["exchangeActiveSync", "other"]),
    ];
    let grant = match dice.roll(5) {
        0 => json!({"operator": "OR", "builtInControls": ["block"]}),
        1 => json!({"operator": "OR", "builtInControls": ["compliantDevice"]}),
        2 => json!({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}),
        _ => json!({"operator": "OR", "builtInControls": ["mfa"]}),
    };
    let states = [
        "enabled",
        "enabled",
        "enabled",
        "enabledForReportingButNotEnforced",
        "disabled",
    ];
    json!({"id": format!("70000000-0000-4000-8000-00000000000{at}"),
        "displayName": format!("P{at}"), "state": dice.one(&states),
        "conditions": {"users": users, "applications": apps, "clientAppTypes": dice.one(&clients)},
        "grantControls": grant})
}

fn set(policies: &[Value], users: &[DirectoryUser]) -> PolicySet {
    let groups = (0..4).map(|at| KnownGroup {
        id: Some(group(at)),
        display_name: format!("G{at}"),
        ..KnownGroup::default()
    });
    let users = users.iter().map(|user| KnownUser {
        id: Some(user.id.clone()),
        user_principal_name: user.name.clone(),
        ..KnownUser::default()
    });
    let policies = policies.iter();
    PolicySet {
        policies: policies
            .map(|one| serde_json::from_value(one.clone()).unwrap())
            .collect(),
        world: World {
            groups: groups.collect(),
            users: users.collect(),
            ..World::default()
        },
    }
}

/// Some users join a group, some leave another, one is deleted, one is made, one is disabled.
fn edits(dice: &mut Dice, directory: &PeopleDirectory) -> PeopleEdits {
    let mut edits = PeopleEdits::default();
    if dice.roll(2) == 0 {
        return edits;
    }
    let [one, other] = [dice.roll(4) as usize, dice.roll(4) as usize];
    let outside: Vec<u32> = (0..500)
        .filter(|at| !directory.direct[&group(one)].users.contains(at))
        .collect();
    let joins = edits.joins.entry(group(one)).or_default();
    joins.extend(outside.iter().take(7).map(|at| person(*at as usize)));
    if other != one {
        let inside = &directory.direct[&group(other)].users;
        let leaves = edits.leaves.entry(group(other)).or_default();
        leaves.extend(inside.iter().take(5).map(|at| person(*at as usize)));
    }
    edits.deleted.insert(person(3));
    edits.enabled.insert(person(4), false);
    edits
        .made
        .insert("new".to_owned(), ("new@example.com".to_owned(), true));
    edits
}

/// Every sign-in that can differ in this world.
fn sign_ins() -> Vec<(bool, Vec<SignIn>)> {
    let mut all = Vec::new();
    // The last stands for all that no policy names.
    for app in APPS
        .into_iter()
        .chain(["22222222-2222-4222-8222-222222222222"])
    {
        for client in [
            "browser",
            "mobileAppsAndDesktopClients",
            "exchangeActiveSync",
            "other",
        ] {
            for flow in ["none", "deviceCodeFlow"] {
                // Whoever signs in can take another device, and do more.
                let mut each = Vec::new();
                for device in [
                    json!("unregistered"),
                    json!({"isCompliant": true, "trustType": "AzureAD"}),
                ] {
                    for satisfied in [json!([]), json!(["mfa"])] {
                        let one = json!({"application": app, "clientAppType": client,
                            "authenticationFlow": {"transferMethod": flow}, "devicePlatform": "windows",
                            "deviceInfo": device, "ipAddress": "203.0.113.1", "country": "NL",
                            "compliantNetwork": false, "signInRiskLevel": "none",
                            "userRiskLevel": "none", "insiderRiskLevel": "none",
                            "satisfied": satisfied});
                        each.push(serde_json::from_value(one).unwrap());
                    }
                }
                let modern = ["browser", "mobileAppsAndDesktopClients"].contains(&client);
                all.push((modern && flow == "none", each));
            }
        }
    }
    all
}

fn passes(policies: &CompiledPolicies, sign_in: &SignIn) -> Option<bool> {
    let outcome = policies.outcome(sign_in).ok()?.enforced;
    assert_ne!(outcome.outcome, Ending::Unknown, "{sign_in:?}");
    Some(outcome.outcome == Ending::Granted)
}

/// What becomes of each user, by every sign-in: the gravest, and whether nothing is left.
fn by_hand(input: &PeopleInput<'_>) -> Vec<(Option<ImpactKind>, bool)> {
    let compiled = input.sides.map(PolicySet::compiled);
    let mut users = input.directory.users.clone();
    for (id, (name, enabled)) in &input.edits.made {
        users.push(DirectoryUser {
            id: id.clone(),
            name: name.clone(),
            kind: UserType::Member,
            enabled: *enabled,
        });
    }
    let numbers = numbers(&users);
    let mut held: [Vec<(BTreeSet<String>, BTreeSet<String>)>; 2] = [
        vec![Default::default(); users.len()],
        vec![Default::default(); users.len()],
    ];
    for (side, edits) in [None, Some(input.edits)].into_iter().enumerate() {
        let mut who = Memberships::new(input.directory, &numbers, edits);
        for at in 0..4 {
            for user in who.of_group(&group(at)) {
                held[side][user as usize].0.insert(group(at));
            }
        }
        for role in [ADMIN, READER] {
            for user in who.of_role(role) {
                held[side][user as usize].1.insert(role.to_owned());
            }
        }
    }
    let sign_ins = sign_ins();
    let mut known: HashMap<String, (Option<ImpactKind>, bool)> = HashMap::new();
    let mut found = Vec::new();
    for (at, user) in users.iter().enumerate() {
        let can_before = user.enabled && at < input.directory.users.len();
        let enabled = input.edits.enabled.get(&user.id);
        let can_after =
            enabled.copied().unwrap_or(user.enabled) && !input.edits.deleted.contains(&user.id);
        match (can_before, can_after) {
            (true, true) => {}
            (false, false) => {
                found.push((None, false));
                continue;
            }
            (true, false) => {
                found.push((Some(ImpactKind::Lost), true));
                continue;
            }
            (false, true) => {
                found.push((Some(ImpactKind::Gained), false));
                continue;
            }
        }
        let as_user = |side: usize| {
            let (groups, roles) = &held[side][at];
            json!({"name": user.id, "memberOf": groups, "roles": roles, "userType": user.kind})
        };
        let is_named = serde_json::to_string(&input.sides.map(|side| {
            let conditions = side.policies.iter().map(|one| &one.conditions);
            conditions.collect::<Vec<_>>()
        }))
        .unwrap()
        .contains(&user.id);
        let key = format!(
            "{:?} {:?} {:?} {:?}",
            held[0][at],
            held[1][at],
            user.kind,
            is_named.then_some(at)
        );
        if let Some(known) = known.get(&key) {
            found.push(*known);
            continue;
        }
        // Of the ordinary sign-ins, and of the others.
        let mut worst: [Option<ImpactKind>; 2] = [None, None];
        let mut ordinary = [false, false];
        for (is_ordinary, situation) in &sign_ins {
            let of = |side: usize| -> Vec<bool> {
                let judged = situation.iter().map(|sign_in| {
                    let mut own = sign_in.clone();
                    own.user = Some(serde_json::from_value(as_user(side)).unwrap());
                    // What contradicts itself is no sign-in.
                    passes(&compiled[side], &own) == Some(true)
                });
                judged.collect()
            };
            let (was, is) = (of(0), of(1));
            let (could, can) = (was.contains(&true), is.contains(&true));
            ordinary[0] |= *is_ordinary && could;
            ordinary[1] |= *is_ordinary && can;
            let loses = was.iter().zip(&is).any(|(was, is)| *was && !is);
            let gains = was.iter().zip(&is).any(|(was, is)| !was && *is);
            let kind = match (could, can) {
                (true, false) => Some(ImpactKind::Lost),
                (false, true) => Some(ImpactKind::Gained),
                _ if loses => Some(ImpactKind::More),
                _ if gains => Some(ImpactKind::Less),
                _ => None,
            };
            let slot = &mut worst[usize::from(!is_ordinary)];
            *slot = match (*slot, kind) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        let worst = (worst[0].or(worst[1]), ordinary == [true, false]);
        known.insert(key, worst);
        found.push(worst);
    }
    found
}

fn counted(impact: &PeopleImpact) -> BTreeMap<ImpactKind, usize> {
    let mut found = BTreeMap::new();
    for change in &impact.changes {
        *found.entry(change.kind).or_default() += change.count;
    }
    found
}

fn holds(seed: u64) {
    let mut dice = Dice(seed.max(1));
    let directory = tenant(&mut dice);
    let before: Vec<Value> = (0..4).map(|at| policy(&mut dice, at)).collect();
    let mut after = before.clone();
    for _ in 0..=dice.roll(2) {
        let at = dice.roll(4) as usize;
        after[at] = policy(&mut dice, at);
    }
    let edits = edits(&mut dice, &directory);
    let sides = [&before, &after].map(|policies| for_people(&set(policies, &directory.users)));
    let input = PeopleInput {
        sides: sides.each_ref(),
        directory: &directory,
        edits: &edits,
        names: true,
    };
    let impact = judge(&input, &mut |_, _| {});
    let said = || format!("seed {seed}\n{before:#?}\n{after:#?}\n{edits:?}\n{impact:#?}");
    assert_eq!(impact.all, 500 + edits.made.len());
    assert_eq!(
        impact.changed() + impact.unchanged,
        impact.all,
        "{}",
        said()
    );
    let by_hand = by_hand(&input);
    let mut kinds: BTreeMap<ImpactKind, usize> = BTreeMap::new();
    for kind in by_hand.iter().filter_map(|(kind, _)| *kind) {
        *kinds.entry(kind).or_default() += 1;
    }
    assert_eq!(counted(&impact), kinds, "{}", said());
    let shut_out = by_hand.iter().filter(|(_, shut_out)| *shut_out).count();
    assert_eq!(impact.shut_out(), shut_out, "{}", said());
    // Nobody is told twice, and who is told is who is meant.
    let mut told: BTreeMap<String, ImpactKind> = BTreeMap::new();
    for change in &impact.changes {
        let personas = &change.personas;
        assert_eq!(
            personas.iter().map(|one| one.count).sum::<usize>(),
            change.count
        );
        for name in personas.iter().flat_map(|one| &one.names) {
            assert_eq!(told.insert(name.clone(), change.kind), None, "{name}");
        }
        assert!(!change.effects.is_empty());
    }
    let names = directory.users.iter().map(|user| user.name.clone());
    let names = names.chain(edits.made.values().map(|(name, _)| name.clone()));
    for (name, (kind, _)) in names.zip(&by_hand) {
        assert_eq!(told.get(&name).copied(), *kind, "{name}\n{}", said());
    }
    // The same again.
    assert_eq!(impact, judge(&input, &mut |_, _| {}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_numbers_are_those_of_every_user_and_every_sign_in(seed in 1u64..1_000_000) {
        holds(seed);
    }
}

#[test]
fn a_person_is_told_in_the_fewest_words_that_fit_nobody_else() {
    let mut dice = Dice(7);
    let directory = tenant(&mut dice);
    let mfa = |without: Value| {
        json!({"displayName": "P", "state": "enabled", "conditions": {
            "users": {"includeUsers": ["All"], "excludeGroups": without},
            "applications": {"includeApplications": ["All"]}},
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
    };
    let judged = |before: Value, after: Value| {
        let sides = [before, after].map(|one| set(&[one], &directory.users));
        let edits = PeopleEdits::default();
        let input = PeopleInput {
            sides: sides.each_ref(),
            directory: &directory,
            edits: &edits,
            names: false,
        };
        judge(&input, &mut |_, _| {})
    };
    let able = directory.users.iter().filter(|user| user.enabled).count();
    let impact = judged(mfa(json!([group(1)])), mfa(json!([])));
    let words: Vec<&str> = impact.changes[0]
        .personas
        .iter()
        .map(|one| one.words.as_str())
        .collect();
    assert_eq!(words, ["users in `G1`"]);
    let impact = judged(mfa(json!([group(1)])), mfa(json!([group(2)])));
    let words: Vec<(ImpactKind, &str)> = (impact.changes.iter())
        .map(|one| (one.kind, one.personas[0].words.as_str()))
        .collect();
    assert_eq!(
        words,
        [
            (ImpactKind::More, "users in `G1`, not in `G2`"),
            (ImpactKind::Less, "users in `G2`, not in `G1`")
        ]
    );
    let impact = judged(mfa(json!([])), mfa(json!([])));
    assert_eq!((impact.changed(), impact.unchanged), (0, 500));
    assert_eq!(impact.disabled, 500 - able);
}
