//! `gatewright sandbox`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::console::{Console, interrupted};
use super::session::{Stopped, config};
use super::whatif::flags::device;
use super::{Common, Exit, Format};
use crate::disk;
use crate::finding::{Code, Finding};
use crate::model::cloud::Cloud;
use crate::model::learnt::Learnt;
use crate::render;
use crate::sandbox::{self, Licence, Rate, RiskySignIn, SandboxError, SignInWeek, Span, Weather};
use crate::tenant::connect::learnt;
use crate::tenant::embedded;
use crate::tenant::sandbox_admin as tenant;
use crate::text::counted;
use crate::whatif::{ClientType, Platform, Satisfied, TransferMethod};

/// Serve, seed, export or reset the embedded tenant
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// What to do with it
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// What to do with the embedded tenant
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Answer any Graph client on a loopback port, until stopped
    Serve(Box<ServeArgs>),
    /// Make a sign-in, risky or not: a risk detection, a risky user, a record in the log
    ///
    /// With a browser on Windows, on a device that the tenant does not know, unless flags say
    /// otherwise. The tenant's policies are
    /// evaluated: if one on the risk asks for multifactor authentication and gets it, the risk is
    /// remediated; if one blocks, the sign-in is refused and the risk stays.
    SignIn(Box<SignInArgs>),
    /// Load a tenant, or objects as Graph returns or exports them
    Seed(SeedArgs),
    /// Print the tenant
    Export(ExportArgs),
    /// Reset the tenant
    Reset(SandboxResetArgs),
}

/// The tenant's file
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The tenant's file, instead of that of a tenant in gatewright.yaml
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Answer any Graph client on a loopback port, until stopped
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The tenant's file
    #[command(flatten)]
    pub file: FileArgs,
    /// Accept this host name as the sandbox's own, such as host.docker.internal; repeatable
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Allow requests from web pages of this origin, such as http://localhost:3000; repeatable
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
    /// Serve over TLS; the path of the certificate to trust is printed
    #[arg(long)]
    pub tls: bool,
    /// Issue tokens to this application only
    #[arg(long, value_name = "ID", requires = "client_secret")]
    pub client_id: Option<String>,
    /// The secret of `--client-id`
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    pub client_secret: Option<String>,
    /// Grant only this permission, such as Policy.Read.All; repeatable
    #[arg(long, value_name = "PERMISSION")]
    pub grant: Vec<String>,
    /// Put the text of numbered errors in innerError.message, as in 2020
    #[arg(long)]
    pub inner_errors: bool,
    /// Also refuse what Graph may refuse but was never seen to refuse: rules marked unverified
    #[arg(long)]
    pub refuse_unsure: bool,
    /// Let a PATCH replace nested objects instead of merging them
    #[arg(long)]
    pub replace_nested: bool,
    /// How many policies the tenant can hold
    #[arg(long, value_name = "N", default_value_t = 240)]
    pub policy_limit: usize,
    /// The tenant's cloud: what its schema lacks does not exist
    #[arg(long, value_name = "CLOUD", default_value = "global", value_parser = ["global", "usgov", "usgovdod", "china"])]
    pub cloud: String,
    /// The tenant's licence: none, Microsoft Entra ID P1, or P2
    #[arg(long, value_name = "LICENCE", default_value = "p2", value_parser = ["free", "p1", "p2"])]
    pub licence: String,
    /// Behave as a report of `doctor --report` says of a tenant. It overrides the switches;
    /// without it, the `facts` of the tenant's entry are used
    #[arg(long, value_name = "FILE")]
    pub facts: Option<PathBuf>,
    /// Accept what the service refuses careless clients, and show what it hides from them
    #[arg(long)]
    pub lenient: bool,
    /// The weather
    #[command(flatten)]
    pub weather: WeatherArgs,
}

/// How badly the sandbox behaves
#[derive(Debug, Args)]
#[command(next_help_heading = "Weather")]
pub struct WeatherArgs {
    /// Throttle as Graph documents it
    #[arg(long)]
    pub throttle: bool,
    /// Delay every answer by this much, such as 50ms
    #[arg(long, value_name = "TIME")]
    pub latency: Option<Span>,
    /// Let reads see a write only after this time, such as 5s
    #[arg(long, value_name = "TIME")]
    pub lag: Option<Span>,
    /// Let every read within the lag ask another replica
    #[arg(long, requires = "lag")]
    pub flap: bool,
    /// Drop the connection after this share of writes, such as 10%
    #[arg(long, value_name = "SHARE")]
    pub lose: Option<Rate>,
    /// Hold back the answers to this share of writes, such as 10%
    #[arg(long, value_name = "SHARE")]
    pub hold: Option<Rate>,
    /// Lose, hold or fail only the write with this number, from 1
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub on_write: u64,
    /// Fail this share of requests with 429 or 5xx, such as 10%
    #[arg(long, value_name = "SHARE")]
    pub fail: Option<Rate>,
    /// The random seed: the same seed and requests meet the same weather
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl WeatherArgs {
    /// The flags over what gatewright.yaml says.
    fn over(&self, mut weather: Weather) -> Weather {
        weather.throttle |= self.throttle;
        weather.latency = self.latency.unwrap_or(weather.latency);
        weather.lag = self.lag.unwrap_or(weather.lag);
        weather.flap |= self.flap;
        weather.lose = self.lose.unwrap_or(weather.lose);
        weather.hold = self.hold.unwrap_or(weather.hold);
        weather.fail = self.fail.unwrap_or(weather.fail);
        if self.on_write != 0 {
            weather.on_write = self.on_write;
        }
        if self.seed != 0 {
            weather.seed = self.seed;
        }
        weather
    }
}

/// Make a sign-in, risky or not
#[derive(Debug, Args)]
pub struct SignInArgs {
    /// The tenant's file
    #[command(flatten)]
    pub file: FileArgs,
    /// The user, by id or user principal name
    #[arg(long, value_name = "USER", required_unless_present = "count")]
    pub user: Option<String>,
    /// How risky the sign-in is
    #[arg(long, value_name = "LEVEL", required_unless_present = "count", value_parser = ["none", "low", "medium", "high"])]
    pub risk: Option<String>,
    /// Make so many sign-ins instead, as a week of the tenant would hold them, all into the log:
    /// places, devices, clients, guests, applications, legacy protocols, some risk
    #[arg(long, value_name = "N", conflicts_with_all = ["user", "risk", "record"])]
    pub count: Option<usize>,
    /// What chance is drawn from: the same seed makes the same week of the same tenant
    #[arg(long, value_name = "N", requires = "count", default_value_t = 0)]
    pub seed: u64,
    /// Write the records into FILE as well, as the portal downloads them
    #[arg(long, value_name = "FILE", requires = "count")]
    pub out: Option<PathBuf>,
    /// Where the user signs in from
    #[arg(long, value_name = "ADDRESS", default_value = "178.17.170.23")]
    pub ip: IpAddr,
    /// What is detected, as riskEventType names it
    #[arg(long, value_name = "TYPE", default_value = "anonymizedIPAddress")]
    pub event: String,
    /// The country of the sign-in, as two letters
    #[arg(long, value_name = "CODE")]
    pub country: Option<String>,
    /// The city of the sign-in
    #[arg(long, value_name = "NAME")]
    pub city: Option<String>,
    /// What the user signs in to, by app id or display name
    #[arg(long, value_name = "APP", default_value = "Azure Portal")]
    pub app: String,
    /// The user passes multifactor authentication if a policy asks for it
    #[arg(long)]
    pub passed_mfa: bool,
    /// The user sets a new password if a policy asks for it
    #[arg(long)]
    pub changed_password: bool,
    /// The kind of client: browser, mobileAppsAndDesktopClients, exchangeActiveSync, other
    #[arg(long, value_name = "KIND")]
    pub client: Option<ClientType>,
    /// The platform: android, iOS, windows, windowsPhone, macOS, linux, unknown
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<Platform>,
    /// `unregistered`, or an attribute of the device, such as isCompliant=true; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub device: Vec<String>,
    /// How the session began: none, deviceCodeFlow, authenticationTransfer
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<TransferMethod>,
    /// What else the sign-in can satisfy: a control, a strength, methods; repeatable
    #[arg(long, value_name = "WHAT")]
    pub satisfied: Vec<String>,
    /// Write a record to the sign-in log (/auditLogs/signIns)
    #[arg(long)]
    pub record: bool,
}

/// Load a tenant, or objects as Graph returns or exports them
#[derive(Debug, Args)]
pub struct SeedArgs {
    /// Files of JSON: a tenant from `sandbox export`, an object, or a list of objects
    #[arg(value_name = "FILES", required = true)]
    pub seeds: Vec<PathBuf>,
    /// The tenant's file
    #[command(flatten)]
    pub file: FileArgs,
}

/// Print the tenant
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The tenant's file
    #[command(flatten)]
    pub file: FileArgs,
}

/// Reset the tenant
#[derive(Debug, Args)]
pub struct SandboxResetArgs {
    /// The tenant's file
    #[command(flatten)]
    pub file: FileArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &SandboxArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match &args.command {
        SandboxCommand::Serve(serve) => serve_tenant(serve, common, console).await,
        SandboxCommand::SignIn(given) => {
            let (file, ..) = file_of(&given.file, common, console)?;
            if let Some(count) = given.count {
                return week(given, count, &file, console).await;
            }
            let asked = RiskySignIn {
                user: given.user.clone().unwrap_or_default(),
                risk: given.risk.clone().unwrap_or_default(),
                event: given.event.clone(),
                ip: given.ip.to_string(),
                country: given.country.clone(),
                city: given.city.clone(),
                app: given.app.clone(),
                passed_mfa: given.passed_mfa,
                changed_password: given.changed_password,
                client: given.client,
                platform: given.platform,
                device: match given.device.as_slice() {
                    [] => None,
                    list => Some(device(list).map_err(|f| Stopped::Findings(vec![f]))?),
                },
                flow: given.flow,
                satisfied: given.satisfied.iter().map(Satisfied::named).collect(),
                record: given.record,
            };
            let made = tenant::open(&file)?.sign_in(&asked).await?;
            console.result(&match console.format {
                Format::Json => text(&made),
                _ => render::risk::sign_in::sign_in(&made),
            });
            Ok(Exit::Done)
        }
        SandboxCommand::Seed(given) => {
            let (file, ..) = file_of(&given.file, common, console)?;
            let seeds: Vec<(&PathBuf, Value)> = given
                .seeds
                .iter()
                .map(|path| Ok((path, sandbox::read_seed(path)?)))
                .collect::<Result<_, SandboxError>>()?;
            let tenant = tenant::open(&file)?;
            for (path, seed) in seeds {
                let loaded = tenant
                    .seed(&seed)
                    .await
                    .map_err(|reason| SandboxError::Seed {
                        path: path.clone(),
                        reason: format!("{:#}", anyhow::Error::from(reason)),
                    })?;
                let said: Vec<String> = loaded
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(kind, count)| format!("{count} {kind}"))
                    .collect();
                console.note(&format!("Loaded {}: {}", path.display(), said.join(", ")));
            }
            Ok(Exit::Done)
        }
        SandboxCommand::Export(given) => {
            let (file, ..) = file_of(&given.file, common, console)?;
            console.json(&text(&tenant::open(&file)?.export().await?));
            Ok(Exit::Done)
        }
        SandboxCommand::Reset(reset) => {
            let (file, ..) = file_of(&reset.file, common, console)?;
            tenant::reset(&file).await?;
            console.note(&format!("Reset {}", file.display()));
            if console.format == Format::Json {
                console.result(&render::json::text(&serde_json::json!({
                    "formatVersion": render::json::FORMAT_VERSION,
                    "reset": file,
                })));
            }
            Ok(Exit::Done)
        }
    }
}

/// Makes a week of sign-ins.
async fn week(
    given: &SignInArgs,
    count: usize,
    file: &Path,
    console: &Console,
) -> Result<Exit, Stopped> {
    let asked = SignInWeek {
        count,
        seed: given.seed,
    };
    let made = tenant::open(file)?.sign_ins(asked).await?;
    let records = made.get("records").cloned().unwrap_or_default();
    if let Some(out) = &given.out {
        disk::put(out, text(&records).as_bytes(), disk::Put::Over)
            .with_context(|| format!("cannot write `{}`", out.display()))?;
    }
    let made = serde_json::json!({ "made": made.get("made"), "seed": given.seed });
    console.result(&match console.format {
        Format::Json => text(&made),
        _ => format!(
            "Made {} of the last seven days\n",
            counted(count, "sign-in")
        ),
    });
    Ok(Exit::Done)
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

async fn serve_tenant(
    serve: &ServeArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let (file, weather, learnt) = file_of(&serve.file, common, console)?;
    let learnt = match &serve.facts {
        Some(path) => facts(path)?,
        None => learnt,
    };
    let certificate = serve.tls.then(|| file.with_extension("ca.pem"));
    let app = serve.client_id.as_ref().zip(serve.client_secret.as_ref());
    let running = sandbox::start(sandbox::Options {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, serve.port)),
        store: sandbox::StoreKind::File(file.clone()),
        granted: (!serve.grant.is_empty()).then(|| serve.grant.clone()),
        app: app.map(|(id, secret)| sandbox::App {
            id: id.clone(),
            secret: secret.clone(),
        }),
        error_form: if serve.inner_errors {
            sandbox::ErrorForm::Inner
        } else {
            sandbox::ErrorForm::Message
        },
        nested_patch: if serve.replace_nested {
            sandbox::NestedPatch::Replace
        } else {
            sandbox::NestedPatch::Merge
        },
        unsure: match serve.refuse_unsure {
            true => sandbox::Unsure::Refuse,
            false => sandbox::Unsure::Take,
        },
        policy_limit: serve.policy_limit,
        cloud: Cloud::named(&serve.cloud).unwrap_or(Cloud::Global),
        licence: Licence::named(&serve.licence).unwrap_or_default(),
        lenient: serve.lenient,
        learnt,
        weather: serve.weather.over(weather),
        hosts: serve.allow_host.clone(),
        origins: serve.allow_origin.clone(),
        tls: certificate.clone(),
        ..sandbox::Options::default()
    })
    .await?;
    console.result(&format!("{}\n", running.url()));
    if let Some(certificate) = &certificate {
        let full = std::path::absolute(certificate).unwrap_or_else(|_| certificate.clone());
        console.result(&format!("{}\n", full.display()));
    }
    console.note(&format!(
        "The tenant in {} answers /v1.0 and /beta there; any bearer token will do. Ctrl-C ends it.",
        file.display()
    ));
    interrupted().await;
    running.stop().await;
    Ok(Exit::Done)
}

/// Reads a report of doctor that a person named.
fn facts(path: &Path) -> Result<Learnt, Stopped> {
    const MOST: u64 = 4 * 1024 * 1024;
    let fault = |why: String| {
        let message = format!("cannot use the facts in `{}`: {why}", path.display());
        let finding = Finding::error(Code::Facts, message);
        Stopped::Findings(vec![
            finding.help("`gatewright doctor -t TENANT --report FILE` writes such a file"),
        ])
    };
    let bytes = disk::read(path, MOST).map_err(|error| fault(error.to_string()))?;
    let report = serde_json::from_slice(&bytes).map_err(|error| fault(error.to_string()))?;
    Learnt::read(&report).map_err(fault)
}

/// The file that was named, or that of the tenant given with `-t`, or of the only sandbox, or
/// of the one that is the default; with the weather that gatewright.yaml gives it.
fn file_of(
    named: &FileArgs,
    common: &Common,
    console: &Console,
) -> Result<(PathBuf, Weather, Learnt), Stopped> {
    if let Some(file) = &named.file {
        return Ok((file.clone(), Weather::default(), Learnt::default()));
    }
    let config = config(common, console)?;
    if let Some(name) = common.tenant.as_deref() {
        // A misspelt name is answered with the right one.
        config
            .tenant(Some(name))
            .map_err(|f| Stopped::Findings(vec![*f]))?;
    }
    let mut sandboxes: Vec<_> = config
        .config
        .tenants
        .iter()
        .filter(|(name, tenant)| match &common.tenant {
            Some(wanted) => *name == wanted,
            None => tenant.sandbox.is_some(),
        })
        .collect();
    if sandboxes.len() > 1 && sandboxes.iter().any(|(_, tenant)| tenant.default) {
        sandboxes.retain(|(_, tenant)| tenant.default);
    }
    let finding = |message: String, help: &str| {
        Stopped::Findings(vec![
            Finding::error(Code::Config, message)
                .at(config.document.key_place("/tenants"))
                .help(help),
        ])
    };
    match sandboxes.as_slice() {
        [(name, tenant)] => match embedded::file(&config.root, tenant)? {
            Some(file) => Ok((
                file,
                tenant.weather.clone().unwrap_or_default(),
                learnt(&config.root, tenant)?,
            )),
            None => Err(finding(
                format!("the tenant `{name}` is a real one, not a sandbox"),
                "name a tenant whose entry has `sandbox:`",
            )),
        },
        [] => Err(finding(
            "the project has no sandbox".to_owned(),
            "add `sandbox: { sandbox: .gatewright/sandbox.json }`, or name a file with `--file`",
        )),
        _ => Err(finding(
            "the project has several sandboxes".to_owned(),
            "name one with `-t`",
        )),
    }
}
