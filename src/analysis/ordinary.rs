//! The most ordinary sign-in that shows something, and the widest box around it.

use std::collections::{BTreeMap, HashSet};

use batsat::Lit;

use super::formula::Formula;
use super::question::{Fixed, Found, Inquiry};
use super::solver::Reading;
use super::space::{Resource, SubjectKind};
use super::witness::{self, is_rest};
use crate::model::enums::AuthenticationMethodMode;
use crate::whatif::grant;
use crate::whatif::{AgentRisk, ClientType, InsiderRisk, Platform, Risk, TransferMethod, UserType};

/// How many others are listed rather than the word for all that is not among them.
const SHORT: usize = 5;

/// Which sign-in is to be shown: what is tried first is kept where it can be.
struct Wish {
    member: &'static str,
    formula: Formula,
}

impl Inquiry<'_> {
    /// The most ordinary sign-in for which all of `assumed` hold: one for which they are known
    /// to be possible.
    pub(super) fn ordinary(&mut self, assumed: &[Lit]) -> Option<Found> {
        self.ordinary_and(assumed, Formula::TRUE)
    }

    /// The same; where it can be had, one for which `first` holds.
    pub(super) fn ordinary_and(&mut self, assumed: &[Lit], first: Formula) -> Option<Found> {
        let mut kept = assumed.to_vec();
        let mut wishes = self.wishes();
        if first != Formula::TRUE {
            let wish = Wish {
                member: "",
                formula: first,
            };
            wishes.insert(0, wish);
        }
        // Everything that is read from the solution has its literal before it is found.
        for formula in self.decided() {
            self.plain(formula);
        }
        let mut unusual: Vec<&'static str> = Vec::new();
        // What is settled is no wish.
        let settled: HashSet<Lit> = assumed.iter().flat_map(|one| [*one, !*one]).collect();
        wishes.retain(|wish| !settled.contains(&self.plain(wish.formula)));
        // First what is liked most of each member, all at once; then, one by one, what else would
        // do where that cannot be had.
        let (mut first, mut others) = (Vec::new(), Vec::new());
        let mut seen: Vec<&'static str> = Vec::new();
        for wish in wishes {
            let literal = self.plain(wish.formula);
            if is_many(wish.member) || !seen.contains(&wish.member) {
                first.push((wish.member, literal));
            } else {
                others.push((wish.member, literal));
            }
            seen.push(wish.member);
        }
        if !self.solver.solve(&kept) {
            return None;
        }
        self.grant(&first, &mut kept, &mut unusual);
        let mut settled: Vec<&'static str> = Vec::new();
        for (member, literal) in others {
            if !unusual.contains(&member) || settled.contains(&member) {
                continue;
            }
            kept.push(literal);
            match self.solver.solve(&kept) {
                true => settled.push(member),
                false => drop(kept.pop()),
            }
        }
        // The solution that was found last is one for all that is kept.
        Some(witness::read(self, unusual))
    }

    /// Of some wishes, in their order, all that can be had at once with what is kept already, of
    /// which the solution that was found last is one.
    pub(super) fn grant(
        &mut self,
        wishes: &[(&'static str, Lit)],
        kept: &mut Vec<Lit>,
        unusual: &mut Vec<&'static str>,
    ) {
        let had = kept.len();
        kept.extend(wishes.iter().map(|(_, literal)| *literal));
        let fulfilled = wishes
            .iter()
            .all(|(_, literal)| self.solver.holds(*literal));
        if fulfilled || self.solver.solve(kept) {
            return;
        }
        kept.truncate(had);
        match wishes {
            [(member, _)] => {
                if !unusual.contains(member) {
                    unusual.push(member);
                }
            }
            _ => {
                let (left, right) = wishes.split_at(wishes.len() / 2);
                self.grant(left, kept, unusual);
                self.grant(right, kept, unusual);
            }
        }
    }

    /// Whether a formula holds in the solution that was found last.
    fn is_so(&mut self, formula: Formula) -> bool {
        let literal = self.plain(formula);
        self.solver.holds(literal)
    }

    /// All that a sign-in decides.
    fn decided(&self) -> Vec<Formula> {
        let space = &self.space;
        let mut all: Vec<Formula> = Vec::new();
        for side in &self.sides {
            let groups = side.policies.index.groups.numbered();
            all.extend(groups.map(|(number, _)| side.is_member(number)));
        }
        all.extend(space.memberships().chain(space.roles.values().copied()));
        for attributes in [&space.device, &space.application, &space.principal] {
            for (_, attribute) in attributes.all.values() {
                all.extend(&attribute.held.atoms);
                all.extend(attribute.tests.values());
            }
        }
        all.extend(space.owners.values().copied());
        all.extend(&space.methods);
        all.extend(space.requirements.iter().map(|(_, atom)| *atom));
        for limited in [&space.keys, &space.issuers, &space.oids] {
            all.extend(limited.iter().map(|(_, atom)| *atom));
        }
        all
    }

    fn wishes(&mut self) -> Vec<Wish> {
        let space = &mut self.space;
        let mut wishes = Vec::new();
        let mut wish = |member: &'static str, formula: Formula| {
            if formula != Formula::TRUE && formula != Formula::FALSE {
                wishes.push(Wish { member, formula });
            }
        };
        for kind in [UserType::Member, UserType::B2bCollaborationGuest] {
            wish("user.userType", space.subject.is(&SubjectKind::User(kind)));
        }
        wish("user", space.user.is(&None));
        for atom in space.memberships() {
            wish("user.memberOf", !atom);
        }
        for atom in space.roles.values() {
            wish("user.roles", !*atom);
        }
        wish("authenticationFlow", space.flow.is(&TransferMethod::None));
        wish("signInRiskLevel", space.sign_in_risk.is(&Risk::None));
        wish("userRiskLevel", space.user_risk.is(&Risk::None));
        wish(
            "insiderRiskLevel",
            space.insider_risk.is(&InsiderRisk::None),
        );
        wish(
            "servicePrincipalRiskLevel",
            space.principal_risk.is(&Risk::None),
        );
        wish("agentIdRiskLevel", space.agent_risk.is(&AgentRisk::None));
        for client in [ClientType::Browser, ClientType::MobileAppsAndDesktopClients] {
            wish("clientAppType", space.client.is(&client));
        }
        wish("devicePlatform", space.platform.is(&Platform::Windows));
        wish("compliantNetwork", space.network.is(&false));
        wish("deviceInfo", space.registered.is(&false));
        let first = |atoms: &[Formula]| atoms.first().copied().unwrap_or(Formula::TRUE);
        // From where people are not blocked.
        wish("", self.unblocked);
        wish("ipAddress", first(&space.address.atoms));
        wish("country", first(&space.country.atoms));
        let ordinary = space
            .resource
            .iter()
            .filter(|(one, _)| matches!(one, Resource::Application { .. }));
        for (_, atom) in ordinary.take(6) {
            wish("application", atom);
        }
        wish(
            "",
            space.home.atoms.get(1).copied().unwrap_or(Formula::TRUE),
        );
        // Unmanaged, and nothing else about the device.
        for (name, member) in [
            ("isCompliant", "deviceInfo.isCompliant"),
            ("trustType", "deviceInfo.trustType"),
        ] {
            if let Some(attribute) = space.device.get(name) {
                wish(member, first(&attribute.held.atoms));
            }
        }
        for attributes in [&space.device, &space.application, &space.principal] {
            for (_, attribute) in attributes.all.values() {
                wish("", first(&attribute.held.atoms));
                for atom in attribute.tests.values() {
                    wish("", !*atom);
                }
            }
        }
        // A password, and nothing else; if it must be more, a push to the phone.
        let push = grant::method(AuthenticationMethodMode::MicrosoftAuthenticatorPush);
        let push = push.trailing_zeros() as usize;
        let mut methods: Vec<(usize, Formula)> =
            space.methods.iter().copied().enumerate().collect();
        methods.sort_by_key(|(at, _)| *at == push);
        for (at, atom) in methods {
            wish("satisfied", if at == 0 { atom } else { !atom });
        }
        for (_, atom) in &space.requirements {
            wish("satisfied", !*atom);
        }
        for limited in [&space.keys, &space.issuers, &space.oids] {
            for (_, atom) in limited.iter().skip(1) {
                wish("satisfied", !*atom);
            }
        }
        wishes
    }

    /// The widest box around a sign-in in which `formula` holds of every sign-in: which of what
    /// the sign-in decides matters, and what else it could be. With it the literal of the box.
    pub(super) fn widest(
        &mut self,
        found: &Found,
        formula: Formula,
        assumed: &[Lit],
    ) -> (BTreeMap<String, Vec<String>>, Lit) {
        let certain = self.literals(&[formula], Reading::Certainly);
        let mut base: Vec<Lit> = found.means.clone();
        base.extend(assumed);
        base.extend(certain.iter().map(|literal| !*literal));
        let all: Vec<Lit> = found.fixed.iter().map(|fixed| fixed.literal).collect();
        let Some(core) = self.solver.minimal_core(&base, &all) else {
            // It hangs on more than the sign-in says: this one alone.
            let alone = self.solver.conjunction(&all);
            return (words_of(&found.fixed), alone);
        };
        let needed: Vec<&Fixed> = (found.fixed.iter())
            .filter(|fixed| core.contains(&fixed.literal))
            .collect();
        // Each dimension of the box as a literal, widened one after the other.
        let mut sides: Vec<Lit> = needed.iter().map(|fixed| fixed.literal).collect();
        let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (at, fixed) in needed.iter().enumerate() {
            let mut inside: Vec<Formula> = Vec::new();
            let mut names = vec![fixed.word.clone()];
            if !fixed.others.is_empty() {
                let mut rest = base.clone();
                let others = sides.iter().enumerate().filter(|(other, _)| *other != at);
                rest.extend(others.map(|(_, literal)| *literal));
                let mut open: Vec<&[(String, Formula)]> = vec![fixed.others.as_slice()];
                let mut outside = Vec::new();
                while let Some(chunk) = open.pop() {
                    let any = self.space.formulas.any(chunk.iter().map(|(_, atom)| *atom));
                    let literal = self.plain(any);
                    rest.push(literal);
                    let stays = !self.solver.solve(&rest);
                    rest.pop();
                    if stays {
                        inside.extend(chunk.iter().map(|(_, atom)| *atom));
                        continue;
                    }
                    // The solution says of one of them that it is outside.
                    let shown = chunk.iter().position(|(_, atom)| self.is_so(*atom));
                    let Some(((word, _), at)) = shown.and_then(|at| Some((chunk.get(at)?, at)))
                    else {
                        outside.extend(chunk.iter().map(|(word, _)| format!("not {word}")));
                        continue;
                    };
                    outside.push(format!("not {word}"));
                    let (left, right) = chunk.split_at(at);
                    let parts = [left, right.get(1..).unwrap_or_default()];
                    open.extend(parts.into_iter().filter(|part| !part.is_empty()));
                }
                let also = |formula: &Formula| {
                    let found = fixed.others.iter().find(|(_, atom)| atom == formula);
                    found.map(|(word, _)| word.clone())
                };
                let of_all = |word: &String| word.strip_prefix("not ").is_some_and(is_rest);
                let unnamed = outside.iter().any(of_all);
                if !inside.is_empty() {
                    let any = self.space.formulas.any(inside.iter().copied());
                    let any = self.plain(any);
                    // One of them, or the one it is.
                    let either = self.solver.either(any, fixed.literal);
                    if let Some(slot) = sides.get_mut(at) {
                        *slot = either;
                    }
                }
                let few = fixed.is_rest && outside.len() <= SHORT;
                names = match !unnamed && (few || inside.len() + 1 > outside.len()) {
                    true => outside,
                    false => {
                        // What the rest of the box rules out is not in it.
                        let others = sides.iter().enumerate().filter(|(other, _)| *other != at);
                        let mut within: Vec<Lit> = others.map(|(_, literal)| *literal).collect();
                        within.extend(found.means.iter().chain(assumed));
                        let possible = inside.into_iter().filter(|atom| {
                            let literal = self.plain(*atom);
                            within.push(literal);
                            let is_possible = self.solver.solve(&within);
                            within.pop();
                            is_possible
                        });
                        let possible: Vec<Formula> = possible.collect();
                        let more = possible.iter().filter_map(also);
                        names.into_iter().chain(more).collect()
                    }
                };
            }
            names.sort();
            words.entry(fixed.member.clone()).or_default().extend(names);
        }
        (words, self.solver.conjunction(&sides))
    }
}

/// All that is fixed of a sign-in, in words.
fn words_of(fixed: &[Fixed]) -> BTreeMap<String, Vec<String>> {
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in fixed {
        let slot = words.entry(one.member.clone()).or_default();
        slot.push(one.word.clone());
    }
    words
}

/// Members that stand for several things, each with a wish of its own.
fn is_many(member: &str) -> bool {
    matches!(member, "user.memberOf" | "user.roles" | "satisfied" | "")
}
