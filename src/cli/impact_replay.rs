//! `gatewright impact --logs` and `--last`: recorded sign-ins, judged again.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use super::compare::sides::SideSource;
use super::console::Console;
use super::files::unreadable;
use super::judged::{self, AskedOf, From, project_flags};
use super::people::{self, Counting, ReadPeople};
use super::session::Stopped;
use super::view::View;
use super::{Common, Exit, Format};
use crate::disk;
use crate::finding::{Code, Finding};
use crate::graph::read::Reader;
use crate::impact::people::directory::{Memberships, PeopleWanted};
use crate::impact::people::judge::for_people;
use crate::impact::people::mask::{NameMask, without_paths};
use crate::impact::people::{PeopleImpact, read};
use crate::impact::replay::{
    DifferenceCause, LogDirectory, LogFault, LogPerson, LogPosition, LogReadError, LogRisk, Replay,
    ReplayFault, ReplayRefusal, ReplayTally, log_windows, read_window, sweep_log, text_of,
};
use crate::render;
use crate::risk::{RiskyUser, span};
use crate::text::visible;
use crate::whatif::{PolicySet, Risk};

/// How far back Microsoft Entra ID keeps sign-ins.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Recorded sign-ins
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recorded sign-ins")]
pub struct ReplayArgs {
    /// Judge the sign-ins of a log again: a JSON array, a page of Graph, or one record a line,
    /// also packed by gzip; `-` is stdin; repeatable
    #[arg(long, value_name = "FILE")]
    pub logs: Vec<PathBuf>,
    /// Judge the tenant's own sign-ins of the last days or hours again, such as `7d`
    #[arg(long, value_name = "TIME", conflicts_with = "logs")]
    pub last: Option<String>,
    /// The policies that were in force: a folder, `git:REVISION`, `plan:FILE` or `live:TENANT`,
    /// instead of the tenant's
    #[arg(long, value_name = "SIDE", requires_all = ["after", "logs"], conflicts_with_all = ["last", "people"])]
    before: Option<SideSource>,
    /// The policies after the change, in the same way, instead of those after the plan
    #[arg(long, value_name = "SIDE", requires = "before")]
    after: Option<SideSource>,
}

impl ReplayArgs {
    /// True when recorded sign-ins are asked about.
    pub fn is_asked(&self) -> bool {
        !self.logs.is_empty() || self.last.is_some()
    }
}

/// Two sets of policies, and what is known of people.
struct ReplaySides {
    before: PolicySet,
    after: PolicySet,
    directory: LogDirectory,
    tenant_id: Option<String>,
    /// What could not be read.
    notes: Vec<String>,
    /// The tenant itself, where it was asked.
    own: Option<View>,
    /// The people whom the plan affects, where these are counted.
    people: Option<PeopleImpact>,
}

/// What is wanted of recorded sign-ins.
#[derive(Debug, Clone)]
pub struct ReplayWish<'a> {
    /// Which.
    pub replay: &'a ReplayArgs,
    /// The saved plan that is meant, where it is one.
    pub plan: Option<PathBuf>,
    /// People are counted as well.
    pub people: bool,
    /// Their principal names are listed.
    pub names: bool,
    /// No name of the tenant is shown.
    pub mask: bool,
    /// Where what was read of people is kept.
    pub cache: Option<PathBuf>,
}

/// Runs the command for recorded sign-ins.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(
    args: &ReplayWish<'_>,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let asked = args.replay;
    if !matches!(
        console.format,
        Format::Human | Format::Json | Format::Markdown | Format::Csv
    ) {
        let form = console.format.as_str();
        let message = format!("recorded sign-ins have no result of the form `{form}`");
        return Err(refuse(message, "take `human`, `json`, `markdown` or `csv`"));
    }
    if console.rows && args.people {
        return Err(refuse(
            "people have no result of the form `csv`".to_owned(),
            "take `human`, `json` or `markdown`, or leave out `--people`",
        ));
    }
    let pipes = asked.logs.iter().filter(|path| path.as_os_str() == "-");
    if pipes.count() > 1 {
        return Err(refuse(
            "`--logs -` is given more than once, and stdin can be read once".to_owned(),
            "put the logs one after the other into one `--logs -`, or name files",
        ));
    }
    // What is not there is told before a tenant is asked.
    let logs = asked
        .logs
        .iter()
        .map(|path| open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let last = match &asked.last {
        Some(text) => Some(
            span::duration(text)
                .and_then(|last| match last > LONGEST {
                    true => Err(format!("`{text}` is longer than the log is kept")),
                    false => Ok(last),
                })
                .map_err(|message| {
                    refuse(
                        format!("`--last`: {message}"),
                        "the log reaches 30 days back at most: take `30d` or less, or `--logs` with files that were kept",
                    )
                })?,
        ),
        None => None,
    };
    if let Some(folder) = &args.cache {
        disk::folder(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        sweep_log(folder);
    }
    let mut numbers = NameMask::default();
    let sides = match (&asked.before, &asked.after) {
        (Some(before), Some(after)) => offline(before, after, common, console).await?,
        _ => live(args, common, &mut numbers, console).await?,
    };
    let replay = Replay::new(
        &sides.before,
        &sides.after,
        sides.directory,
        sides.tenant_id.clone(),
    );
    let mut tally = ReplayTally::default();
    let (mut incomplete, mut further) = (None, None);
    for (at, (path, log)) in asked.logs.iter().zip(logs).enumerate() {
        tally.next_log(at + 1 == asked.logs.len());
        // Where a file lies can say whose it is.
        let name = match args.mask {
            true => "the log".to_owned(),
            false => format!("`{}`", visible(&path.display().to_string(), false)),
        };
        let read = tally.records();
        let end = replay.log(log, &mut tally, &mut |records| {
            console.progress(&format!("Replaying sign-ins: {}", read + records));
        });
        console.progress("");
        if let Some(fault) = end.fault {
            incomplete = Some(given_up(&name, fault, args.mask)?);
            break;
        }
        if end.has_next_page {
            further = Some(name);
        }
    }
    if let (Some(last), Some(own)) = (last, &sides.own) {
        incomplete = own_log(
            own,
            last,
            args.cache.as_deref(),
            &replay,
            &mut tally,
            (args.mask, console),
        )
        .await?;
    }
    let mut report = replay.report(&tally);
    if let Some(name) = further {
        console.note(&format!(
            "The last page in {name} names a further one, which is not in the file: read the log to its end, or take `--last`."
        ));
    }
    for note in &sides.notes {
        console.note(note);
    }
    if report.records == 0 && incomplete.is_none() && last.is_some() {
        return Err(refuse(
            "the log holds no sign-in of that time".to_owned(),
            "name a longer time with `--last`",
        ));
    }
    if report.records == 0 && incomplete.is_none() {
        return Err(refuse(
            "the log holds no sign-in".to_owned(),
            "name a file of records, as `/auditLogs/signIns` answers them or the portal downloads them as JSON",
        ));
    }
    if let Some((count, at, why)) = &report.unreadable
        && *count == report.records
    {
        let line = at.line;
        // What is wrong may hold a value.
        let why = if args.mask { "" } else { &format!(": {why}") };
        return Err(refuse(
            format!("no record of the log can be read; the first is at line {line}{why}"),
            "name a file of records, as `/auditLogs/signIns` answers them or the portal downloads them as JSON",
        ));
    }
    // Where no record says of which tenant it is, the policies that it names tell it.
    let calibration = &report.calibration;
    let mut strange =
        (calibration.differences.iter()).filter(|one| one.cause == DifferenceCause::PolicyDeleted);
    let of_others = calibration.named == 0 && report.own == 0 && strange.next().is_some();
    if of_others && last.is_none() && sides.tenant_id.is_some() {
        return Err(refuse(
            "the log is of another tenant: it names none of the policies of this one".to_owned(),
            "name a log of this tenant, or another tenant with `-t`",
        ));
    }
    if let Some(finding) = incomplete.as_mut().filter(|_| args.mask) {
        finding.message = without_paths(&finding.message);
        finding.help = finding.help.as_deref().map(without_paths);
    }
    report.incomplete = incomplete.as_ref().map(|finding| finding.message.clone());
    if args.mask {
        report = report.masked(&mut numbers);
    }
    let counted = sides.people.as_ref();
    if console.rows {
        console.result(&render::impact::replay::rows(&report));
    } else {
        match console.format {
            Format::Json => {
                let output = render::impact::replayed(counted, &report);
                console.result(&render::json::text(&output));
            }
            Format::Markdown => {
                let mut about = console.about();
                if args.mask {
                    about.tenant = None;
                }
                let text = match counted {
                    Some(people) => render::markdown::people_and_replay(people, &report, &about),
                    None => render::markdown::replay(&report, &about),
                };
                console.result(&text);
            }
            _ => {
                let command = match (&asked.before, &asked.after) {
                    _ if args.mask => String::new(),
                    (Some(before), Some(after)) => format!(
                        "gatewright compare{} {} {}",
                        project_flags(common),
                        crate::text::shell_word(&before.name()),
                        crate::text::shell_word(&after.name())
                    ),
                    _ => format!("gatewright whatif --before-after{}", project_flags(common)),
                };
                let replay = render::impact::replay::human(&report, &command);
                console.paged(&match counted {
                    Some(people) => {
                        format!(
                            "{}\n{replay}",
                            render::impact::people::human(people, &command)
                        )
                    }
                    None => replay,
                });
            }
        }
    }
    let Some(finding) = incomplete else {
        return Ok(Exit::Done);
    };
    // What was read is the result; that it is not all is an error beside it.
    console.warn(&render::findings::findings(&[finding]));
    Ok(Exit::Error)
}

fn open(path: &Path) -> Result<Box<dyn io::BufRead + Send>, Stopped> {
    let name = path.display().to_string();
    let text = match name.as_str() {
        "-" => text_of(io::stdin()),
        _ => disk::open_given(path)
            .map_err(io::Error::from)
            .and_then(text_of),
    };
    text.map_err(|error| unreadable(&name, error))
}

/// Why a log was given up, as a finding beside what was read of it.
///
/// # Errors
/// Where nothing of it can be used.
fn given_up(name: &str, fault: ReplayFault, mask: bool) -> Result<Finding, Stopped> {
    let message = format!("{name}: {fault}");
    let finding = |message: String, help: &str| Finding::error(Code::SignInLog, message).help(help);
    match fault {
        ReplayFault::Log(LogFault::Table) => Err(refuse(
            message,
            "download the log as JSON: the CSV leaves out the results of policies in report-only, the conditions, and which columns it has differs from one download to the next",
        )),
        ReplayFault::Log(LogFault::Truncated(at) | LogFault::Packed(at)) if at.records > 0 => {
            Ok(finding(
                message,
                "get the whole file again; what was read of it is shown apart",
            ))
        }
        ReplayFault::Log(fault) if fault.position().is_some_and(|at| at.records > 0) => {
            Ok(finding(
                message,
                "correct the file from there on; what was read of it is shown apart",
            ))
        }
        ReplayFault::Log(_) => Err(refuse(
            message,
            "name a file of records, as `/auditLogs/signIns` answers them or the portal downloads them as JSON",
        )),
        ReplayFault::Refused(ReplayRefusal::OtherTenant { .. }) if mask => Err(refuse(
            format!("{name}: a record is of another tenant"),
            "name a log of this tenant, or another tenant with `-t`",
        )),
        ReplayFault::Refused(ReplayRefusal::OtherTenant { .. }) => Err(refuse(
            message,
            "name a log of this tenant, or another tenant with `-t`",
        )),
        ReplayFault::Refused(ReplayRefusal::OtherShape { .. }) => Err(refuse(
            message,
            "its members have other names, and numbers for conditions: download the log as JSON from the portal, or read it from Microsoft Graph",
        )),
    }
}

fn refuse(message: String, help: &str) -> Stopped {
    Stopped::Findings(vec![Finding::error(Code::SignInLog, message).help(help)])
}

/// Two sets of policies that no tenant is asked for, unless a side names it.
async fn offline(
    before: &SideSource,
    after: &SideSource,
    common: &Common,
    console: &Console,
) -> Result<ReplaySides, Stopped> {
    let named = match &common.tenant {
        Some(tenant) => Some(tenant.clone()),
        None => match before.tenant()? {
            Some(name) => Some(name),
            None => after.tenant()?,
        },
    };
    Ok(ReplaySides {
        before: before.open(named.as_deref(), common, console).await?,
        after: after.open(named.as_deref(), common, console).await?,
        directory: LogDirectory::default(),
        tenant_id: None,
        notes: Vec::new(),
        own: None,
        people: None,
    })
}

/// Reads the tenant's own log and judges it. What was read before a fault is judged, and the fault
/// is told beside it.
async fn own_log(
    own: &View,
    last: Duration,
    cache: Option<&Path>,
    replay: &Replay,
    tally: &mut ReplayTally,
    (mask, console): (bool, &Console),
) -> Result<Option<Finding>, Stopped> {
    let reader = Reader::new(&own.connection.client);
    let tenant_id = own.snapshot.organization.id.as_str();
    let mut refused = None;
    for window in log_windows(last, Timestamp::now()) {
        let mut take = |json: &[u8]| {
            let at = LogPosition {
                records: tally.records() + 1,
                ..LogPosition::default()
            };
            if refused.is_none() && !tally.is_again(json) {
                refused = replay.judge(json, at, tally).err();
            }
            if at.records.is_multiple_of(500) {
                console.progress(&format!("Replaying sign-ins: {}", at.records));
            }
        };
        let cache = cache.map(|folder| (folder, tenant_id));
        let read = read_window(&reader, &window, cache, &mut take).await;
        if let Some(refusal) = refused {
            return Err(
                given_up("the log", ReplayFault::Refused(refusal), mask).map_or_else(
                    |stopped| stopped,
                    |finding| Stopped::Findings(vec![finding]),
                ),
            );
        }
        match read {
            Ok(()) => {}
            Err(LogReadError::Graph(error)) if tally.records() == 0 => {
                return Err(people::with_way(error.into(), "", WITHOUT_LOG));
            }
            Err(LogReadError::Graph(error)) => {
                console.progress("");
                let message = format!("the log could not be read to its end: {error}");
                let help =
                    "try again; with `--cache DIR` what was read of whole days is not read again";
                let finding = Finding::error(Code::SignInLog, message);
                return Ok(Some(finding.help(help)));
            }
            Err(error) => return Err(anyhow::Error::from(error).into()),
        }
    }
    console.progress("");
    Ok(None)
}

/// What works without the permission to read the log.
const WITHOUT_LOG: &str = "without it, `--logs FILE` judges a log that was downloaded from the portal, and `--people` counts people";
/// What works without the permissions to read policies and what they name.
const WITHOUT_TENANT: &str = "without it, `--logs FILE --before git:REVISION --after .` judges a log by the policies of manifests and asks no tenant";

/// The policies of the tenant, before and after the plan, and who is in which group.
async fn live(
    args: &ReplayWish<'_>,
    common: &Common,
    numbers: &mut NameMask,
    console: &Console,
) -> Result<ReplaySides, Stopped> {
    let from = From {
        plan: args.plan.clone(),
        before_after: true,
        ..From::default()
    };
    let lacks = |stopped: Stopped| people::with_way(stopped, "", WITHOUT_TENANT);
    let opened = judged::open(&from, common, console, AskedOf::Lines).await;
    let mut judged = opened.map_err(lacks)?;
    let (Some(view), Some(plan)) = (&mut judged.view, &judged.plan) else {
        return Err(refuse(
            "the policies of the tenant cannot be compared".to_owned(),
            "name both sides with `--before` and `--after`",
        ));
    };
    let environment = view.file.config.environment(view.tenant()?);
    let reader = Reader::new(&view.connection.client);
    let sides = people::sides(&reader, plan, &mut view.snapshot, &environment).await;
    let sides = sides.map_err(|error| lacks(error.into()))?;
    let tenant_id = view.snapshot.organization.id.clone();
    let how = Counting {
        names: args.names,
        mask: args.mask,
        cache: args.cache.as_deref(),
        root: Some(&view.file.root),
    };
    let compared = [&sides.before, &sides.after];
    let compiled = compared.map(PolicySet::compiled);
    let read = people::read_people(
        &reader,
        plan,
        compiled.each_ref(),
        &tenant_id,
        &how,
        console,
    );
    let read = match read.await {
        Ok(people) => {
            people.keep()?;
            Ok(people)
        }
        Err(error) if args.people => return Err(people::without(error)),
        // Without it the log can be judged as well; more of it hangs on who is in which group.
        Err(error) => match error.refused() {
            Some(finding) => Err(finding.message),
            None => return Err(error.into()),
        },
    };
    let mut mask = args.mask.then_some(&mut *numbers);
    let (directory, notes) = directory(&reader, compared, read.as_ref(), &mut mask).await?;
    let counted = read.ok().filter(|_| args.people).map(|people| {
        let own = compared.map(for_people);
        people::count_read(people, own, &how, numbers, console)
    });
    Ok(ReplaySides {
        people: counted,
        before: sides.before,
        after: sides.after,
        directory,
        tenant_id: Some(tenant_id).filter(|id| !id.is_empty()),
        notes,
        own: judged.view,
    })
}

/// Who is in which of the groups that policies name, and who holds which role, before and after.
async fn directory(
    reader: &Reader<'_>,
    sides: [&PolicySet; 2],
    read: Result<&ReadPeople, &String>,
    mask: &mut Option<&mut NameMask>,
) -> Result<(LogDirectory, Vec<String>), Stopped> {
    let is_masked = mask.is_some();
    let told = |why: &str| match is_masked {
        true => without_paths(why),
        false => why.to_owned(),
    };
    let people = match read {
        Ok(people) => people,
        Err(why) => {
            let note = format!(
                "Who is in which group could not be read ({}): answers that hang on it are told with MAYBE_.",
                told(why)
            );
            return Ok((LogDirectory::default(), vec![note]));
        }
    };
    let (found, edits) = (&people.directory, &people.edits);
    let mut shown = edits.clone();
    if let Some(mask) = mask {
        mask.edits(&mut shown);
    }
    let mut notes: Vec<String> = (people.age.iter().cloned())
        .chain(shown.open_groups())
        .map(|note| format!("{}.", sentence(&note)))
        .collect();
    notes.extend(people.refused.as_ref().map(|why| {
        format!("Who holds which directory role could not be read ({}): the log says it of beta's records alone.", told(why))
    }));
    let compiled = sides.map(PolicySet::compiled);
    let wanted = PeopleWanted::of(compiled.each_ref());
    let numbers = read::numbers(&found.users);
    let mut people: HashMap<String, LogPerson> = HashMap::new();
    let users = &found.users;
    for user in users {
        let person = LogPerson {
            user_type: Some(user.kind),
            roles: found.roles.is_some().then(Vec::new),
            ..LogPerson::default()
        };
        people.insert(user.id.clone(), person);
    }
    let id = |number: u32| users.get(number as usize).map(|user| user.id.as_str());
    for (at, edits) in [None, Some(edits)].into_iter().enumerate() {
        let mut members = Memberships::new(found, &numbers, edits);
        for group in &wanted.groups {
            for number in members.of_group(group) {
                if let Some(person) = id(number).and_then(|id| people.get_mut(id)) {
                    let groups = if at == 0 {
                        &mut person.before
                    } else {
                        &mut person.after
                    };
                    groups.push(group.clone());
                }
            }
        }
        if at > 0 {
            continue;
        }
        for role in &wanted.roles {
            for number in members.of_role(role) {
                let person = id(number).and_then(|id| people.get_mut(id));
                if let Some(roles) = person.and_then(|person| person.roles.as_mut()) {
                    roles.push(role.clone());
                }
            }
        }
    }
    let risky = |set: &&PolicySet| {
        let mut policies = set.policies.iter();
        policies.any(|policy| !policy.conditions.user_risk_levels.is_empty())
    };
    let risks = match sides.iter().any(risky) {
        true => risks(reader, &told, &mut notes).await?,
        false => None,
    };
    let directory = LogDirectory {
        people,
        groups_are_complete: true,
        roles_are_complete: found.roles.is_some(),
        risks,
    };
    Ok((directory, notes))
}

/// The text with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Which users are at risk, and since when: the log does not say it.
async fn risks(
    reader: &Reader<'_>,
    told: &dyn Fn(&str) -> String,
    notes: &mut Vec<String>,
) -> Result<Option<HashMap<String, LogRisk>>, Stopped> {
    let users = match reader.risk("riskyUsers", "").await {
        Ok((users, _)) => users,
        Err(error) => match error.refused() {
            Some(finding) => {
                notes.push(format!(
                    "Which users are at risk could not be read ({}): answers that hang on it are told with MAYBE_, unless the log tells what the policy did.",
                    told(&finding.message)
                ));
                return Ok(None);
            }
            None => return Err(error.into()),
        },
    };
    let risks = users.iter().map(|value| {
        let user = RiskyUser::read(value);
        let at_risk = ["atRisk", "confirmedCompromised"].contains(&user.risk_state.as_str());
        let level = match at_risk {
            true => user
                .risk_level
                .parse()
                .ok()
                .filter(|level| *level != Risk::Hidden),
            false => Some(Risk::None),
        };
        let since = user.risk_last_updated_date_time;
        (user.id.to_lowercase(), LogRisk { level, since })
    });
    Ok(Some(risks.collect()))
}
