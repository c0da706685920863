//! One record after the other, judged by the policies that are and by those that are to be.

use std::collections::{BTreeSet, HashMap};

use super::calibration::LogExample;
use super::directory::LogDirectory;
use super::policies::{LogPolicy, SameWorlds, known_policy};
use super::reading::{self, NotJudged, ReadSignIn};
use super::record::{self, AppliedPolicy, LogRecord};
use super::repeats;
use super::split::LogPosition;
use super::tally::ReplayTally;
use crate::analysis;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::whatif::{
    Applies, CompiledPolicies, Judgement, PolicySet, Prepared, SignIn, User, UserType,
};

/// Why a log cannot be judged at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayRefusal {
    /// It is of another tenant.
    #[error("record {} is of the tenant `{tenant}`", at.records)]
    OtherTenant {
        /// Where.
        at: LogPosition,
        /// Which.
        tenant: String,
    },
    /// It was exported by Azure Monitor or Log Analytics.
    #[error("record {} is an export of Azure Monitor or Log Analytics", at.records)]
    OtherShape {
        /// Where.
        at: LogPosition,
    },
}

/// The policies that are and those that are to be, ready for the records of a log.
pub struct Replay {
    pub(super) before: CompiledPolicies,
    pub(super) after: CompiledPolicies,
    pub(super) policies: Vec<LogPolicy>,
    pub(super) by_id: HashMap<String, usize>,
    pub(super) by_name: HashMap<String, usize>,
    /// For each policy that is to be the one that it was.
    pub(super) was: Vec<Option<usize>>,
    /// For each policy that is to be whether it is the same, with all that it refers to.
    pub(super) same: Vec<bool>,
    /// The same, whatever its state is.
    pub(super) alike: Vec<bool>,
    /// The same of what it asks for alone, whomever and whatever it is about.
    pub(super) asks_alike: Vec<bool>,
    /// The policies that are, and are not among those to be as they are.
    pub(super) gone: Vec<usize>,
    /// For each policy that is the one that it is to be.
    pub(super) becomes: HashMap<usize, usize>,
    pub(super) directory: LogDirectory,
    pub(super) tenant_id: Option<String>,
}

/// A sign-in in the numbers of a set, and what the set says.
pub(super) struct Sided {
    pub(super) prepared: Prepared,
    pub(super) judgement: Judgement,
    /// Policies that the log says were met while they were in report-only: they change nothing.
    pub(super) met: Vec<usize>,
    /// Policies that the log says would have stopped it.
    pub(super) stopped: Vec<usize>,
}

/// A record that is judged.
pub(super) struct JudgedRecord<'a, 'r> {
    pub(super) record: &'a LogRecord<'r>,
    pub(super) read: &'a ReadSignIn,
    pub(super) shown: SignIn,
    /// True of somebody of whom the directory, as it was read, has no account.
    pub(super) is_gone: bool,
    pub(super) index: u64,
}

impl JudgedRecord<'_, '_> {
    pub(super) fn example(&self) -> LogExample {
        LogExample {
            index: self.index,
            id: self.record.id.said().unwrap_or_default().to_owned(),
            at: self
                .record
                .created_date_time
                .said()
                .unwrap_or_default()
                .to_owned(),
            sign_in: self.shown.clone(),
        }
    }
}

impl Replay {
    /// Compiles both sets. `directory` says what the log does not; `tenant_id` is known where the
    /// policies are a tenant's.
    pub fn new(
        before: &PolicySet,
        after: &PolicySet,
        directory: LogDirectory,
        tenant_id: Option<String>,
    ) -> Replay {
        let sets = analysis::unified(&[before, after]);
        let (before, after) = match sets.as_slice() {
            [one, other] => (one, other),
            _ => (before, after),
        };
        // A list of members says who is in a group now, and the directory says it of everybody whom
        // it has. Of others it is not known in which groups they were.
        let open = |set: &PolicySet| {
            let mut set = set.clone();
            for group in &mut set.world.groups {
                group.members = group.members.take().filter(|_| tenant_id.is_none());
            }
            set.compiled()
        };
        let compiled = (open(before), open(after));
        let given = before.policies.iter().enumerate();
        let mut numbered: Vec<(usize, &ConditionalAccessPolicy)> = given
            .filter_map(|(at, policy)| Some((compiled.0.number_of(at)?, policy)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        let id = |policy: &ConditionalAccessPolicy| policy.id.as_ref().map(|id| id.to_lowercase());
        let by_id: HashMap<String, usize> = (numbered.iter())
            .filter_map(|(number, policy)| Some((id(policy)?, *number)))
            .collect();
        let by_name: HashMap<String, usize> = (numbered.iter())
            .map(|(number, policy)| (policy.display_name.clone(), *number))
            .collect();
        let mut was = vec![None; compiled.1.len()];
        let mut same = vec![false; compiled.1.len()];
        let (mut alike, mut asks_alike) = (same.clone(), same.clone());
        let worlds = SameWorlds::of(&before.world, &after.world);
        for (at, policy) in after.policies.iter().enumerate() {
            let Some(number) = compiled.1.number_of(at) else {
                continue;
            };
            let known = id(policy).and_then(|id| by_id.get(&id).copied());
            let known = known.or_else(|| by_name.get(&policy.display_name).copied());
            let old = known.and_then(|known| numbered.get(known));
            if let (Some(was), Some(same), Some(alike), Some((known, old))) = (
                was.get_mut(number),
                same.get_mut(number),
                alike.get_mut(number),
                old,
            ) {
                *was = Some(*known);
                *same = worlds.are_same(old, policy);
                let mut other = policy.clone();
                other.state.clone_from(&old.state);
                *alike = *same || worlds.are_same(old, &other);
                if let Some(asks) = asks_alike.get_mut(number) {
                    *asks = worlds.ask_alike(old, policy);
                }
            }
        }
        let kept: BTreeSet<usize> = (was.iter().zip(&same))
            .filter_map(|(was, same)| was.filter(|_| *same))
            .collect();
        let gone = (0..compiled.0.len()).filter(|number| !kept.contains(number));
        let becomes = was.iter().enumerate();
        Replay {
            gone: gone.collect(),
            becomes: becomes
                .filter_map(|(number, was)| Some(((*was)?, number)))
                .collect(),
            policies: numbered
                .iter()
                .map(|(_, policy)| known_policy(policy))
                .collect(),
            before: compiled.0,
            after: compiled.1,
            by_id,
            by_name,
            was,
            same,
            alike,
            asks_alike,
            directory,
            tenant_id,
        }
    }

    /// The name of a policy that is, by number.
    pub(super) fn name(&self, policy: usize) -> &str {
        self.policies.get(policy).map_or("", |policy| &policy.name)
    }

    /// The names of the policies that are to be other than they are, or are not there on one side.
    pub fn changed(&self) -> Vec<String> {
        let new = self.after.titles().zip(&self.same);
        let new = new
            .filter(|(_, same)| !**same)
            .map(|((name, _), _)| name.to_owned());
        let gone = self.gone.iter().map(|number| self.name(*number).to_owned());
        let all: BTreeSet<String> = new.chain(gone).collect();
        all.into_iter().collect()
    }

    /// Judges a record, given as JSON.
    ///
    /// # Errors
    /// When the log as a whole is not one that these policies can be tried on.
    pub fn judge(
        &self,
        json: &[u8],
        at: LogPosition,
        tally: &mut ReplayTally,
    ) -> Result<(), ReplayRefusal> {
        tally.records += 1;
        let record: LogRecord<'_> = match serde_json::from_slice(json) {
            Ok(record) => record,
            Err(error) => {
                tally.note_unreadable(at, record::fault_of(&error));
                return Ok(());
            }
        };
        if let Some(id) = record.id.said() {
            let id = repeats::fingerprint(id, record.created_date_time.said());
            if tally.earlier.contains(&id) {
                tally.repeated += 1;
                return Ok(());
            }
            if tally.keeps_ids {
                tally.seen.insert(id);
            }
        }
        let nobody = record.user_id.said().is_none() && record.created_date_time.said().is_none();
        if record.properties.is_some() || record.time_generated.is_some() {
            return Err(ReplayRefusal::OtherShape { at });
        }
        if nobody {
            let pascal = record.pascal.is_some();
            let why = match pascal {
                true => {
                    "its members begin with a capital letter, as `ConvertTo-Json` writes objects of the PowerShell SDK: get the log with `Invoke-MgGraphRequest`"
                }
                false => "it is no record of a sign-in",
            };
            tally.note_unreadable(at, why.to_owned());
            return Ok(());
        }
        if let (Some(own), Some(there)) = (&self.tenant_id, record.resource_tenant_id.said()) {
            let is_own = |tenant: &str| tenant.eq_ignore_ascii_case(own);
            if !is_own(there) && !record.home_tenant_id.said().is_some_and(is_own) {
                let tenant = there.to_owned();
                return Err(ReplayRefusal::OtherTenant { at, tenant });
            }
            tally.own += 1;
        }
        if let Some(moment) = record.created_date_time.said() {
            tally.note_time(moment);
        }
        match reading::read(&record, self.tenant_id.as_deref(), &self.before) {
            Ok(_) if self.is_elsewhere(&record) => {
                *tally
                    .not_judged
                    .entry(NotJudged::OtherTenantDecided)
                    .or_default() += 1;
            }
            Ok(read) => {
                if self.judge_read(&record, read, at, tally).is_none() {
                    *tally
                        .not_judged
                        .entry(NotJudged::Contradiction)
                        .or_default() += 1;
                }
            }
            Err(why) => *tally.not_judged.entry(why).or_default() += 1,
        }
        Ok(())
    }

    /// Whether another tenant's policies decided, as far as a record tells it where nobody says whose
    /// log it is: somebody with another home, and no policy of these among those that are listed.
    fn is_elsewhere(&self, record: &LogRecord<'_>) -> bool {
        let (home, there) = (&record.home_tenant_id, &record.resource_tenant_id);
        let tenants = home.said().zip(there.said());
        let mut listed = record.applied_conditional_access_policies.iter();
        self.tenant_id.is_none()
            && tenants.is_some_and(|(home, there)| !home.eq_ignore_ascii_case(there))
            && !listed.any(|entry| self.number(entry).is_some())
    }

    /// `None`: the record contradicts itself.
    fn judge_read(
        &self,
        record: &LogRecord<'_>,
        mut read: ReadSignIn,
        at: LogPosition,
        tally: &mut ReplayTally,
    ) -> Option<()> {
        let applied: Vec<(Option<usize>, &AppliedPolicy<'_>)> =
            (record.applied_conditional_access_policies.iter())
                .map(|entry| (self.number(entry), entry))
                .collect();
        self.prove(&applied, &mut read.sign_in);
        let moment = record.created_date_time.said().unwrap_or_default();
        let [mut one, mut other] = self.with_directory(&read, moment);
        let mut before = sided(&self.before, &mut one, &read.contexts)?;
        let mut after = sided(&self.after, &mut other, &read.contexts)?;
        let mut shown = one.clone();
        let is_gone = self.is_gone(&read);
        if is_gone {
            *tally.gone.entry(read.who.0.clone()).or_default() += 1;
        }
        if let (Some(user), Some(own)) = (&mut shown.user, &other.user)
            && user.member_of != own.member_of
        {
            // The plan changes it: whoever judges this sign-in again looks the groups up.
            user.member_of = None;
        }
        // People are known by their principal names.
        let name = record.user_principal_name.said();
        let knows_id = |id: &str| {
            let both = [&self.before, &self.after];
            both.iter()
                .any(|policies| policies.knows(RefKind::User, id))
        };
        match (&mut shown.user, name) {
            // Nobody can look up who is not there, and whoever has a name is in no group that does not
            // list it: such a sign-in describes its user.
            (Some(user), _) if is_gone => user.name = None,
            (Some(user), Some(name))
                if knows_id(name) || !user.name.as_deref().is_some_and(knows_id) =>
            {
                user.name = Some(name.to_owned());
            }
            _ => {}
        }
        let judged = JudgedRecord {
            record,
            read: &read,
            shown,
            is_gone,
            index: at.records,
        };
        tally.judged += 1;
        self.calibrate(&judged, &applied, &before, tally);
        self.pin(&judged, &applied, &mut before, &mut after);
        self.compare(&judged, &before, &after, tally);
        Some(())
    }

    fn number(&self, entry: &AppliedPolicy<'_>) -> Option<usize> {
        let id = entry.id.said()?;
        let known = self.by_id.get(id).copied();
        let known = known.or_else(|| self.by_id.get(&id.to_lowercase()).copied());
        // Policies of manifests have no ids.
        known.or_else(|| match self.by_id.is_empty() {
            true => self.by_name.get(entry.display_name.said()?).copied(),
            false => None,
        })
    }

    /// What the log says was met, where nothing else tells it.
    fn prove(&self, applied: &[(Option<usize>, &AppliedPolicy<'_>)], sign_in: &mut SignIn) {
        let satisfied = sign_in.satisfied.get_or_insert_default();
        for (number, entry) in applied {
            let met = matches!(entry.result.said(), Some("success" | "reportOnlySuccess"));
            let Some(policy) = number.filter(|_| met).and_then(|n| self.policies.get(n)) else {
                continue;
            };
            for proved in &policy.proves {
                let known = satisfied.contains(proved)
                    || proved.name == "mfa" && {
                        let names: Vec<&str> = satisfied.iter().map(|one| &*one.name).collect();
                        super::words::are_multifactor(&names)
                    };
                if !known {
                    satisfied.push(proved.clone());
                }
            }
        }
    }

    /// The sign-in before and after, with what the directory says of who signs in.
    fn with_directory(&self, read: &ReadSignIn, moment: &str) -> [SignIn; 2] {
        let mut both = [read.sign_in.clone(), read.sign_in.clone()];
        let person = self.directory.people.get(&read.who.0);
        let is_gone = self.is_gone(read);
        for (at, sign_in) in both.iter_mut().enumerate() {
            let Some(user) = &mut sign_in.user else {
                continue;
            };
            let risk = sign_in.user_risk_level;
            sign_in.user_risk_level = risk.or_else(|| match is_gone {
                true => self.directory.known_risk_at(&read.who.0, moment),
                false => self.directory.risk_at(&read.who.0, moment),
            });
            user.user_type = user.user_type.or(person.and_then(|one| one.user_type));
            match person {
                Some(person) => {
                    let groups = if at == 0 {
                        &person.before
                    } else {
                        &person.after
                    };
                    user.member_of = Some(groups.clone());
                    user.roles = user.roles.take().or_else(|| person.roles.clone());
                }
                // Whoever has no account here is in no group.
                None if self.directory.groups_are_complete && has_no_account(user) => {
                    user.member_of = Some(Vec::new());
                }
                None => {}
            }
            if self.directory.roles_are_complete && (person.is_some() || has_no_account(user)) {
                user.roles.get_or_insert_default();
            }
        }
        both
    }
}

impl Replay {
    /// Whether it is somebody of whom the directory has no account, although they need one: it was
    /// deleted since, or made since the directory was read. Their groups are not known.
    fn is_gone(&self, read: &ReadSignIn) -> bool {
        let user = read.sign_in.user.as_ref();
        self.directory.groups_are_complete
            && user.is_some_and(|user| !has_no_account(user))
            && !self.directory.people.contains_key(&read.who.0)
    }
}

/// Whether somebody signs in without an account in the tenant.
fn has_no_account(user: &User) -> bool {
    matches!(
        user.user_type,
        Some(
            UserType::B2bDirectConnectUser
                | UserType::ServiceProvider
                | UserType::OtherExternalUser
        )
    )
}

/// Prepares and judges a sign-in; what it says was met is taken back where it contradicts the rest.
fn sided(policies: &CompiledPolicies, sign_in: &mut SignIn, contexts: &[String]) -> Option<Sided> {
    let prepared = prepared(policies, sign_in)?;
    let mut judgement = policies.judge(&prepared);
    for context in contexts {
        let asked = SignIn {
            application: None,
            applications: Vec::new(),
            scopes: None,
            authentication_context: Some(context.clone()),
            ..sign_in.clone()
        };
        let Ok(prepared) = policies.prepare_as_told(&asked) else {
            continue;
        };
        // A policy is about applications or about contexts, never both.
        let other = policies.judge(&prepared);
        for (number, applies) in other.iter().enumerate() {
            let stands = matches!(applies, Applies::Yes)
                || matches!(
                    (applies, judgement.applies(number)),
                    (Applies::Unknown(_), Some(Applies::No(_)))
                );
            if stands {
                judgement.put(number, applies);
            }
        }
    }
    Some(Sided {
        prepared,
        judgement,
        met: Vec::new(),
        stopped: Vec::new(),
    })
}

pub(super) fn prepared(policies: &CompiledPolicies, sign_in: &mut SignIn) -> Option<Prepared> {
    for _ in 0..3 {
        let faults = match policies.prepare_as_told(sign_in) {
            Ok(prepared) => return Some(prepared),
            Err(faults) => faults,
        };
        let satisfied = sign_in.satisfied.as_mut()?;
        let mut wrong: Vec<usize> = (faults.iter())
            .filter_map(|fault| fault.pointer.strip_prefix("/satisfied/")?.parse().ok())
            .collect();
        wrong.sort_unstable();
        match wrong.is_empty() {
            true if faults.iter().all(|fault| fault.pointer == "/satisfied") => satisfied.clear(),
            true => return None,
            false => {
                for at in wrong
                    .into_iter()
                    .rev()
                    .filter(|at| *at < satisfied.len())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .rev()
                {
                    satisfied.remove(at);
                }
            }
        }
    }
    None
}
