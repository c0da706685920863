//! Hostile days: the program itself against a tenant over HTTP, through a gate that loses,
//! holds, cuts and refuses answers and kills or signals the program at a chosen request, while
//! reads lag. Everything is drawn from a seed. Afterwards plain applies must converge or refuse,
//! and what the program said is held against the tenant's own state.
//!
//! The tests run a slice; `cargo bench --bench faults` runs as many as it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gatewright::manifest::guards::Guard;
use gatewright::sandbox::{self, Options, RiskySignIn, Running, Span, StoreKind, Weather};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// A process that takes longer hangs. Waits of a minute and a half are announced by the program.
const BOUND: Duration = Duration::from_secs(240);

/// How many plain runs may follow the last strike until everything is as the manifests say.
const MOST: usize = 4;

const AT_RISK: [&str; 2] = ["AdeleV@contoso.com", "AlexW@contoso.com"];

const FIRST: &str = r#"
kind: Group
displayName: T-BreakGlass
members: [breakglass1@contoso.com, breakglass2@contoso.com]
---
kind: Group
displayName: T-Pilot
---
kind: TestUser
displayName: U
userPrincipalName: u
memberOf: [T-Pilot]
---
kind: NamedLocation
displayName: T-L
ipRanges: [192.0.2.0/24]
isTrusted: true
---
kind: AuthenticationStrength
displayName: T-S
allowedCombinations: [fido2, "password,sms"]
---
kind: AuthenticationContext
id: c3
displayName: Step up
---
kind: ConditionalAccessPolicy
displayName: P1
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [T-BreakGlass], excludeUsers: [u] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [T-L] }
grantControls: { operator: OR, authenticationStrength: T-S }
---
kind: ConditionalAccessPolicy
displayName: P2
state: enabledForReportingButNotEnforced
conditions:
  users: { includeGroups: [T-Pilot], excludeGroups: [T-BreakGlass] }
  applications: { includeAuthenticationContextClassReferences: [c3] }
grantControls: { operator: OR, builtInControls: [mfa] }
"#;

/// What the manifests say in each state that a day goes to.
fn manifests(state: &str) -> String {
    match state {
        "first" => FIRST.to_owned(),
        "updated" => FIRST
            .replace("192.0.2.0/24", "198.51.100.0/24")
            .replace("[fido2, \"password,sms\"]", "[fido2]")
            .replace("Step up", "Step higher")
            .replace("enabledForReportingButNotEnforced", "enabled"),
        "renamed" => FIRST
            .replace("displayName: P1", "displayName: P3")
            .replace("T-L", "T-M"),
        "fewer" => {
            let kept = FIRST.split("---").filter(|document| {
                !["displayName: P2", "displayName: U", "displayName: T-Pilot"]
                    .iter()
                    .any(|name| document.contains(name))
            });
            let text: Vec<&str> = kept.collect();
            text.join("---").replace(", excludeUsers: [u]", "")
        }
        "moved" => FIRST
            .replace("breakglass2@", "adelev@")
            .replace("memberOf: [T-Pilot]", "memberOf: [T-BreakGlass]"),
        other => panic!("no state {other}"),
    }
}

/// What a day does: from where, to where, and by which command.
struct Scenario {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    command: &'static str,
}

const SCENARIOS: [Scenario; 9] = [
    scenario("create", "nothing", "first", "apply"),
    scenario("update", "first", "updated", "apply"),
    scenario("rename", "first", "renamed", "apply"),
    scenario("delete", "first", "fewer", "apply"),
    scenario("restore", "fewer", "first", "apply"),
    scenario("memberships", "first", "moved", "apply"),
    scenario("roll back an update", "updated", "first", "rollback"),
    scenario("roll back a delete", "fewer", "first", "rollback"),
    scenario("risk decision", "first", "first", "risk"),
];

const fn scenario(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    command: &'static str,
) -> Scenario {
    Scenario {
        name,
        from,
        to,
        command,
    }
}

/// What the chances of a seed begin with, and the scenario that is drawn first.
fn drawn(seed: u64) -> (Chance, &'static Scenario) {
    let mut chance = Chance(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let drawn = chance.below(SCENARIOS.len() as u64);
    (chance, &SCENARIOS[drawn as usize])
}

/// What the day of a seed does.
pub fn scenario_of(seed: u64) -> &'static str {
    drawn(seed).1.name
}

/// Chance from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Where in a request the signal comes.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Unsent,
    InFlight,
    Answered,
}

#[derive(Debug, Clone, Copy)]
struct Strike {
    signal: &'static str,
    /// A second one follows while the answer is held back.
    twice: bool,
    write: u64,
    moment: Moment,
}

/// What the gate does and has seen.
struct State {
    chance: Chance,
    /// How many of a thousand requests meet a fault.
    rate: u64,
    strike: Option<Strike>,
    child: Option<u32>,
    writes: u64,
    requests: u64,
    faults: BTreeMap<&'static str, u64>,
    kills: BTreeMap<String, u64>,
}

/// A proxy before the tenant, one connection a request.
struct Gate {
    address: SocketAddr,
    tenant: SocketAddr,
    state: Mutex<State>,
    /// Requests that are under way here, whether or not their sender still lives.
    open: AtomicUsize,
}

impl Gate {
    fn open(tenant: SocketAddr, chance: Chance) -> Arc<Gate> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Arc::new(Gate {
            address: listener.local_addr().unwrap(),
            tenant,
            state: Mutex::new(State {
                chance,
                rate: 0,
                strike: None,
                child: None,
                writes: 0,
                requests: 0,
                faults: BTreeMap::new(),
                kills: BTreeMap::new(),
            }),
            open: AtomicUsize::new(0),
        });
        let weak = Arc::downgrade(&gate);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Some(gate), Ok(stream)) = (weak.upgrade(), stream) else {
                    break;
                };
                gate.open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    gate.pass(stream);
                    gate.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        gate
    }

    /// Waits until nothing is on its way to the tenant any more: what a process sent is its own
    /// doing, and not the next one's.
    fn settle(&self) {
        // Connections are taken in their order: once this one is closed, earlier ones count.
        if let Ok(mut probe) = TcpStream::connect(self.address) {
            let _ = probe.shutdown(Shutdown::Write);
            let _ = probe.read(&mut [0]);
        }
        while self.open.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal to the program, if it still runs.
    fn signal(&self, name: &str) {
        // Under the lock, so that the id is not another process's by now.
        let mut state = self.state.lock().unwrap();
        if let Some(child) = state.child {
            kill(name, child);
            *state.kills.entry(format!("SIG{name}")).or_default() += 1;
        }
    }

    /// One request and its answer. What breaks is the program's matter.
    fn pass(&self, mut client: TcpStream) -> Option<()> {
        let request = read_request(&mut client)?;
        let line = request.split(|byte| *byte == b'\r').next()?;
        let line = String::from_utf8_lossy(line).into_owned();
        let reads = ["GET ", "HEAD "].iter().any(|m| line.starts_with(m))
            || line.contains("/$batch")
            || line.contains("/getByIds");
        let (strike, fault) = {
            let mut state = self.state.lock().unwrap();
            state.requests += 1;
            state.writes += u64::from(!reads);
            let now = state.writes;
            let strike = state.strike.take_if(|s| !reads && s.write == now);
            let met = strike.is_none() && state.chance.below(1000) < state.rate;
            let fault = met.then(|| {
                let kinds: &[&str] = match reads {
                    true => &["429", "5xx", "lost", "truncated"],
                    false => &[
                        "429",
                        "5xx",
                        "lost",
                        "lost",
                        "done and 5xx",
                        "truncated",
                        "held",
                    ],
                };
                state.chance.pick(kinds)
            });
            if let Some(kind) = fault {
                *state.faults.entry(kind).or_default() += 1;
            }
            (strike, fault)
        };
        match (strike, fault) {
            (Some(strike), _) => self.struck(strike, client, &request),
            (None, Some(kind)) => self.faulty(kind, client, &request),
            (None, None) => client.write_all(&self.forward(&request)?).ok(),
        }
    }

    fn struck(&self, strike: Strike, mut client: TcpStream, request: &[u8]) -> Option<()> {
        let killed = strike.signal == "KILL";
        if matches!(strike.moment, Moment::Unsent) {
            self.signal(strike.signal);
            if killed {
                return None;
            }
        }
        let answer = self.forward(request)?;
        if matches!(strike.moment, Moment::InFlight) {
            self.signal(strike.signal);
            thread::sleep(Duration::from_millis(300));
            if killed {
                return None;
            }
        }
        if strike.twice {
            self.signal(strike.signal);
            thread::sleep(Duration::from_secs(5));
            return None;
        }
        client.write_all(&answer).ok()?;
        if matches!(strike.moment, Moment::Answered) {
            self.signal(strike.signal);
        }
        Some(())
    }

    fn faulty(&self, kind: &str, mut client: TcpStream, request: &[u8]) -> Option<()> {
        let answer = match kind {
            "429" | "5xx" => Vec::new(),
            _ => self.forward(request)?,
        };
        let (status, wait) = {
            let chance = &mut self.state.lock().unwrap().chance;
            (
                chance.pick(&["500", "502", "503", "504"]),
                chance.pick(&["", "Retry-After: 1\r\n"]),
            )
        };
        match kind {
            "lost" => return None,
            "held" => thread::sleep(Duration::from_secs(3)),
            "truncated" => {
                client
                    .write_all(&answer[..answer.len().saturating_sub(5)])
                    .ok()?;
                return client.shutdown(Shutdown::Both).ok();
            }
            _ => {
                let status = if kind == "429" { "429" } else { status };
                let body = r#"{"error":{"code":"bad","message":"A bad day."}}"#;
                let head = format!(
                    "HTTP/1.1 {status} Bad\r\nContent-Type: application/json\r\n{wait}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                return client.write_all(head.as_bytes()).ok();
            }
        }
        client.write_all(&answer).ok()
    }

    fn forward(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut tenant = TcpStream::connect(self.tenant).ok()?;
        let end = request.windows(2).position(|two| two == b"\r\n")? + 2;
        tenant.write_all(&request[..end]).ok()?;
        tenant.write_all(b"Connection: close\r\n").ok()?;
        tenant.write_all(&request[end..]).ok()?;
        let mut answer = Vec::new();
        tenant.read_to_end(&mut answer).ok()?;
        Some(answer)
    }
}

fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 8192];
    loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |length| length.trim().parse().unwrap());
            if request.len() >= end + 4 + length {
                return Some(request);
            }
        }
        match client.read(&mut part).ok()? {
            0 => return None,
            read => request.extend_from_slice(&part[..read]),
        }
    }
}

fn kill(signal: &str, process: u32) {
    let arguments = [format!("-{signal}"), process.to_string()];
    let _ = Command::new("kill").args(arguments).status();
}

/// What one process gave.
#[derive(Debug)]
struct Ran {
    /// None: a signal ended it.
    code: Option<i32>,
    told: String,
    hung: bool,
    /// How many writes were carried out meanwhile.
    done: usize,
}

/// A tenant and a project after a state was reached without any fault.
struct Reached {
    tenant: Option<Value>,
    journals: Option<TempDir>,
    truth: Value,
    writes: u64,
}

/// A tenant, the gate before it, and a project for it.
struct Place {
    tenant: Running,
    gate: Arc<Gate>,
    project: TempDir,
    _file: TempDir,
}

impl Place {
    /// `shows`: what the project says of how soon the tenant shows a write, in seconds.
    fn new(handle: &Handle, from: Option<&Reached>, chance: Chance, shows: Option<u64>) -> Place {
        let file = tempfile::tempdir().unwrap();
        let store = file.path().join("tenant.json");
        let project = tempfile::tempdir().unwrap();
        if let Some(from) = from {
            if let Some(tenant) = &from.tenant {
                fs::write(&store, tenant.to_string()).unwrap();
            }
            if let Some(journals) = &from.journals {
                copy(journals.path(), &project.path().join(".gatewright"));
            }
        }
        let options = Options {
            store: StoreKind::File(store),
            ..Options::default()
        };
        let tenant = handle.block_on(sandbox::start(options)).unwrap();
        let gate = Gate::open(tenant.address(), chance);
        let config = format!(
            "version: 1\nmanifests: [policies]\nscope:\n  ConditionalAccessPolicy: all\n  TestUser: all\n  Group: {{ namePrefix: T- }}\n  NamedLocation: {{ namePrefix: T- }}\ntenants:\n  prod:\n    default: true\n    tenantId: {}\n    graphEndpoint: http://{}\n    auth: {{ method: accessToken, env: GRAPH_TOKEN }}\n",
            tenant.tenant()["tenantId"].as_str().unwrap(),
            gate.address,
        );
        let shows = shows.map(|seconds| format!("    replication: {seconds}s\n"));
        let config = config + &shows.unwrap_or_default();
        fs::write(project.path().join("gatewright.yaml"), config).unwrap();
        fs::create_dir(project.path().join("policies")).unwrap();
        Place {
            tenant,
            gate,
            project,
            _file: file,
        }
    }

    fn say(&self, state: &str) {
        fs::write(
            self.project.path().join("policies/all.yaml"),
            manifests(state),
        )
        .unwrap();
    }

    /// How many writes the tenant carried out so far.
    fn done(&self) -> usize {
        let requests = self.tenant.requests();
        requests
            .iter()
            .filter(|r| r.method != "GET" && (200..300).contains(&r.status))
            .filter(|r| !r.target.contains("/$batch") && !r.target.contains("/getByIds"))
            .count()
    }

    fn run(&self, command: &str) -> Ran {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if matches!(arguments[0], "apply" | "rollback") {
            for guard in Guard::ALL.iter().filter(|guard| !guard.is_absolute()) {
                arguments.extend(["--allow", guard.as_str()]);
            }
        }
        let before = self.done();
        let log = self.project.path().join("told.txt");
        let file = fs::File::create(&log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
            .current_dir(self.project.path())
            .env_clear()
            .env("NO_COLOR", "1")
            .env("GRAPH_TOKEN", "opaque")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        self.gate.state.lock().unwrap().child = Some(child.id());
        let began = Instant::now();
        let mut hung = false;
        let status = loop {
            let ended = {
                let mut state = self.gate.state.lock().unwrap();
                let ended = child.try_wait().unwrap();
                if ended.is_some() {
                    state.child = None;
                }
                ended
            };
            if let Some(status) = ended {
                break status;
            }
            if began.elapsed() > BOUND {
                hung = true;
                kill("KILL", child.id());
            }
            thread::sleep(Duration::from_millis(20));
        };
        self.gate.settle();
        Ran {
            code: status.code(),
            told: fs::read_to_string(log).unwrap(),
            hung,
            done: self.done() - before,
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

const PARTS: [&str; 7] = [
    "policies",
    "namedLocations",
    "authenticationStrengths",
    "groups",
    "users",
    "members",
    "authenticationContexts",
];

/// The ids by kind and name.
fn names(tenant: &Value) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in &PARTS[..5] {
        for (id, object) in tenant[part].as_object().into_iter().flatten() {
            let name = object["userPrincipalName"].as_str();
            let name = name.or(object["displayName"].as_str()).unwrap_or_default();
            names
                .entry(format!("{part} {name}"))
                .or_default()
                .push(id.clone());
        }
    }
    names
}

/// What the tenant holds, with names in the place of ids and without what the service chooses.
fn truth(tenant: &Value) -> Value {
    let ids = names(tenant)
        .into_iter()
        .flat_map(|(name, ids)| ids.into_iter().map(move |id| (id, name.clone())))
        .collect();
    let mut tenant = tenant.clone();
    // A group in the recycle bin keeps its members.
    let gone = tenant["deletedObjects"].clone();
    if let Some(members) = tenant["members"].as_object_mut() {
        members.retain(|id, _| gone.get(id).is_none());
    }
    let parts = PARTS
        .iter()
        .map(|part| ((*part).to_owned(), named(&tenant[part], &ids)));
    Value::Object(parts.collect())
}

fn named(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    let name = |text: &String| ids.get(text).unwrap_or(text).clone();
    match value {
        Value::String(text) => Value::String(name(text)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| named(item, ids)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut kept: Vec<(String, Value)> = members
                .iter()
                .filter(|(key, value)| {
                    let chosen = key.as_str() == "id"
                        || key.ends_with("DateTime")
                        || key.starts_with("password")
                        || key.as_str() == "securityIdentifier"
                        || key.as_str() == "mailNickname";
                    // A group that lost its members and one that never had any.
                    !chosen && value.as_array().is_none_or(|items| !items.is_empty())
                })
                .map(|(key, value)| (name(key), named(value, ids)))
                .collect();
            kept.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(Map::from_iter(kept))
        }
        other => other.clone(),
    }
}

/// The first place where two truths differ.
fn differs(one: &Value, other: &Value, at: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => a
            .keys()
            .chain(b.keys())
            .find_map(|key| differs(&one[key], &other[key], &format!("{at}/{key}"))),
        _ => (one != other).then(|| format!("{at}: {one} and not {other}")),
    }
}

/// What came of all runs.
#[derive(Debug, Default)]
pub struct Figures {
    runs: u64,
    /// Those with a kill or signal at least.
    struck: u64,
    processes: u64,
    requests: u64,
    kills: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
    scenarios: BTreeMap<&'static str, u64>,
    converged: u64,
    /// By what the last process said.
    refused: BTreeMap<String, u64>,
    reported: u64,
    duplicates: u64,
    lost: u64,
    false_reports: u64,
    hangs: u64,
    /// What went wrong, with the seed.
    pub notes: Vec<String>,
}

impl Figures {
    /// Whether there was nothing that must not be.
    pub fn is_clean(&self) -> bool {
        self.notes.is_empty()
    }

    fn wrong(&mut self, count: fn(&mut Figures) -> &mut u64, note: String) {
        *count(self) += 1;
        self.notes.push(note);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(
            f,
            "runs {}, {} of them struck, processes {}, requests {}\nscenarios {:?}\nkills {:?}\nfaults {:?}",
            self.runs,
            self.struck,
            self.processes,
            self.requests,
            self.scenarios,
            self.kills,
            self.faults
        )?;
        write!(
            f,
            "converged {}, refused with a way out {:?}, duplicates reported {}\nduplicates not reported {}, lost {}, false reports {}, hangs {}",
            self.converged,
            &self.refused,
            self.reported,
            self.duplicates,
            self.lost,
            self.false_reports,
            self.hangs
        )
    }
}

/// Runs the seeds, several at a time: most of a run is waiting. Reads lag up to `lag`.
pub fn campaign(seeds: &[u64], jobs: usize, lag: Duration) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        let _ = runtime.block_on(ended);
    });
    let reached = reach(&handle);
    let figures = Mutex::new(Figures::default());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    day(&handle, &reached, *seed, lag, &figures);
                }
            });
        }
    });
    let _ = end.send(());
    server.join().unwrap();
    figures.into_inner().unwrap()
}

/// Every state, reached in fair weather: where days begin, and what they are held against.
fn reach(handle: &Handle) -> BTreeMap<&'static str, Reached> {
    let to = |state: &'static str, from: Option<&Reached>| {
        let place = Place::new(handle, from, Chance(0), None);
        place.say(state);
        let ran = place.run("apply --yes");
        assert_eq!(ran.code, Some(0), "{state}: {}", ran.told);
        let journals = tempfile::tempdir().unwrap();
        copy(&place.project.path().join(".gatewright"), journals.path());
        let tenant = place.tenant.tenant();
        let writes = place.gate.state.lock().unwrap().writes;
        Reached {
            truth: truth(&tenant),
            tenant: Some(tenant),
            journals: Some(journals),
            writes,
        }
    };
    let first = to("first", None);
    let mut all: BTreeMap<&'static str, Reached> = thread::scope(|scope| {
        let states = ["updated", "renamed", "fewer", "moved"];
        let threads = states.map(|state| (state, scope.spawn(|| to(state, Some(&first)))));
        let ended = threads.map(|(state, thread)| (state, thread.join().unwrap()));
        ended.into_iter().collect()
    });
    let nothing = Reached {
        tenant: None,
        journals: None,
        truth: Value::Null,
        writes: 0,
    };
    all.insert("nothing", nothing);
    all.insert("first", first);
    all
}

/// One run: a command on a hostile day, then plain ones until everything is as it must be.
fn day(
    handle: &Handle,
    reached: &BTreeMap<&'static str, Reached>,
    seed: u64,
    lag: Duration,
    figures: &Mutex<Figures>,
) {
    let (mut chance, scenario) = drawn(seed);
    let goal = &reached[scenario.to];
    // As many writes as the way has without faults; the way back is as long.
    let writes = match scenario.command {
        "risk" => 1,
        "rollback" => reached[scenario.from].writes,
        _ if scenario.from == "fewer" => reached["fewer"].writes,
        _ => goal.writes,
    };
    let signal = chance.pick(&["KILL", "KILL", "TERM", "INT", "HUP"]);
    let strike = Strike {
        signal,
        twice: signal != "KILL" && chance.below(3) == 0,
        write: 1 + chance.below(writes),
        moment: chance.pick(&[
            Moment::Unsent,
            Moment::InFlight,
            Moment::InFlight,
            Moment::Answered,
        ]),
    };
    // Of every third day the next process is struck, too.
    let mut more = Chance(!seed);
    let second = (more.below(3) == 0).then(|| Strike {
        signal: more.pick(&["KILL", "KILL", "TERM", "INT", "HUP"]),
        twice: false,
        write: 1 + more.below(4),
        moment: more.pick(&[Moment::Unsent, Moment::InFlight, Moment::Answered]),
    });
    let rate = chance.pick(&[0, 30, 80, 150]);
    // Short lags are as frequent as long ones: most of the order of requests is in them.
    let lag = lag.mul_f64((chance.below(1001) as f64 / 1000.0).powi(3));
    let flap = chance.below(2) == 0;
    // Most projects say it, and need not wait for a minute and a half.
    let shows = (more.below(4) > 0).then(|| lag.mul_f64(1.25).as_secs() + 2);
    let about = format!(
        "seed {seed} ({}, {strike:?}, then {second:?}, faults {rate}/1000, lag {} ms, flap {flap}, shows {shows:?})",
        scenario.name,
        lag.as_millis()
    );

    let place = Place::new(handle, Some(&reached[scenario.from]), chance, shows);
    let (hostile, plain) = match scenario.command {
        "apply" => ("apply --yes".to_owned(), "apply --yes".to_owned()),
        "rollback" => ("rollback latest --yes".to_owned(), "apply --yes".to_owned()),
        _ => {
            for user in AT_RISK {
                place
                    .tenant
                    .sign_in(&RiskySignIn::new(user, "high"))
                    .unwrap();
            }
            let command = format!("risk dismiss {} --yes", AT_RISK.join(" "));
            (command.clone(), command)
        }
    };
    place.say(scenario.to);
    place.tenant.set_weather(Weather {
        lag: Span(lag),
        flap,
        seed,
        ..Weather::default()
    });
    let wrong = || -> Option<String> {
        let tenant = place.tenant.tenant();
        if let Some((name, _)) = names(&tenant).iter().find(|(_, ids)| ids.len() > 1) {
            return Some(format!("{name} is there twice"));
        }
        if scenario.command != "risk" {
            return differs(&truth(&tenant), &goal.truth, "");
        }
        let risky = tenant["riskyUsers"].as_object()?;
        let open = risky.values().find(|user| user["riskState"] != "dismissed");
        open.map(|user| user.to_string())
    };

    {
        let mut state = place.gate.state.lock().unwrap();
        (state.rate, state.strike) = (rate, Some(strike));
    }
    let mut processes = Vec::new();
    let mut says_more = Vec::new();
    let mut left = MOST;
    let strikes = || -> u64 { place.gate.state.lock().unwrap().kills.values().sum() };
    for round in 0.. {
        let before = strikes();
        let ran = place.run(if round == 0 { &hostile } else { &plain });
        {
            let mut state = place.gate.state.lock().unwrap();
            state.rate = 0;
            // A strike that did not come yet comes in one of the next.
            if let (None, Some(strike), 0) = (&state.strike, second, round) {
                let write = state.writes + strike.write;
                state.strike = Some(Strike { write, ..strike });
            }
        }
        match ran.code {
            Some(0) => {
                says_more.extend(wrong().map(|what| format!("exit 0, but {what}\n{}", ran.told)))
            }
            Some(1..=4) if ran.done > 0 => {
                says_more.push(format!(
                    "{:?}, but {} writes\n{}",
                    ran.code, ran.done, ran.told
                ));
            }
            _ => {}
        }
        let done = round > 0 && ran.code == Some(0);
        processes.push(ran);
        left = match round == 0 || strikes() > before {
            true => MOST,
            false => left - 1,
        };
        if done || left == 0 {
            break;
        }
    }
    let last = processes.last().unwrap();
    place.tenant.set_weather(Weather::default());
    if last.code == Some(0) && scenario.command != "risk" && says_more.is_empty() {
        let plan = place.run("plan --detailed-exitcode");
        if plan.code != Some(0) {
            says_more.push(format!("applied, but a plan is not empty\n{}", plan.told));
        }
    }

    let mut figures = figures.lock().unwrap();
    let figures = &mut *figures;
    let state = place.gate.state.lock().unwrap();
    figures.runs += 1;
    figures.struck += u64::from(!state.kills.is_empty());
    *figures.scenarios.entry(scenario.name).or_default() += 1;
    figures.processes += processes.len() as u64;
    figures.requests += state.requests;
    for (kind, count) in &state.kills {
        *figures.kills.entry(kind.clone()).or_default() += count;
    }
    for (kind, count) in &state.faults {
        *figures.faults.entry((*kind).to_owned()).or_default() += count;
    }
    if lag > Duration::ZERO {
        *figures.faults.entry("lagging runs".to_owned()).or_default() += 1;
    }
    for what in says_more {
        figures.wrong(|f| &mut f.false_reports, format!("{about}: {what}"));
    }
    for ran in processes.iter().filter(|ran| ran.hung) {
        figures.wrong(|f| &mut f.hangs, format!("{about}: hung\n{}", ran.told));
    }
    let now = names(&place.tenant.tenant());
    let mut doubled = false;
    for (name, ids) in now.iter().filter(|(_, ids)| ids.len() > 1) {
        doubled = true;
        let told = |ran: &&Ran| ran.code == Some(5) && ids.iter().all(|id| ran.told.contains(id));
        match processes.iter().any(|ran| told(&ran)) {
            true => figures.reported += 1,
            false => figures.wrong(
                |f| &mut f.duplicates,
                format!("{about}: twice {name}: {ids:?}\n{}", last.told),
            ),
        }
    }
    if scenario.command != "risk" {
        let asked = goal.tenant.as_ref().map(names).unwrap_or_default();
        let before = &reached[scenario.from].tenant;
        let before = before.as_ref().map(names).unwrap_or_default();
        // What was never made for a reason that is told is not lost.
        let meant = |name: &&String| last.code == Some(0) || before.contains_key(*name);
        for name in asked
            .keys()
            .filter(meant)
            .filter(|name| !now.contains_key(*name))
        {
            figures.wrong(
                |f| &mut f.lost,
                format!("{about}: lost {name}\n{}", last.told),
            );
        }
    }
    match last.code {
        Some(0) => figures.converged += 1,
        // Nobody is at risk any more: the first run had done it.
        Some(1) if scenario.command == "risk" && wrong().is_none() => figures.converged += 1,
        _ if doubled => {}
        Some(_) if last.done == 0 && last.told.contains("help: ") => {
            let mut lines = last.told.lines();
            let why = lines
                .find(|line| line.starts_with("error"))
                .unwrap_or_default();
            let sort: Vec<&str> = why.split('`').step_by(2).collect();
            *figures.refused.entry(sort.join("…")).or_default() += 1;
        }
        _ => figures.wrong(
            |f| &mut f.lost,
            format!("{about}: not converged\n{}", last.told),
        ),
    }
}

#[test]
fn a_slice_of_hostile_days_doubles_and_loses_nothing_and_is_told_as_it_was() {
    // One of each sort, in the order of the scenarios.
    let seeds = [46, 6, 3, 8, 40, 13, 28, 10, 20];
    assert_eq!(seeds.map(scenario_of), SCENARIOS.map(|s| s.name));
    let figures = campaign(&seeds, seeds.len(), Duration::from_secs(2));
    assert!(figures.is_clean(), "{figures}");
}
