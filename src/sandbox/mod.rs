//! The sandbox: a Microsoft Graph tenant inside the program.
//!
//! One router behind real HTTP on a loopback address answers `/v1.0` and `/beta` as Graph
//! does, refuses what Graph refuses with Graph's error bodies, and keeps its tenant in one
//! JSON file. It shares nothing with the client but the facts about Graph's schema and the
//! tables of well-known ids, so that it is a second opinion on what the client sends.

mod admin;
mod applications;
mod audit;
mod auth;
mod batch;
mod call;
mod changes;
mod check;
mod clouds;
mod contexts;
mod controls;
mod csdl;
mod directory;
mod endpoints;
mod error;
mod evaluate;
mod filter;
mod filter_text;
mod front;
mod groups;
mod licence;
mod load;
mod locations;
mod lock;
mod members;
mod metadata;
mod newer;
mod normalise;
mod objects;
mod odata;
mod permissions;
mod person;
mod policies;
mod references;
mod render;
mod risk;
mod roles;
mod router;
mod rules;
mod seed;
mod server;
mod service;
mod settings;
mod sign_in_log;
mod signin;
mod sky;
mod store;
mod stranger;
mod strengths;
mod templates;
mod tenant;
mod tls;
mod token;
mod users;
mod value;
mod week;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use service::Service;
use store::Store;

use crate::disk;
use crate::finding::source::decode;
use crate::model::cloud::Cloud;
use crate::model::learnt::Learnt;
pub use crate::model::weather::{Rate, Span, Weather};
pub use auth::App;
pub use error::{ErrorForm, SandboxError};
pub use filter_text::filter_takes;
pub use licence::Licence;
pub use signin::RiskySignIn;
pub use store::{StoreKind, reset};
pub use week::SignInWeek;

/// What an object inside a PATCH body does to members that it leaves out. Graph's
/// documentation does not say; a careful client sends whole objects and means the same
/// under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NestedPatch {
    /// They keep their value.
    #[default]
    Merge,
    /// They fall back to their default.
    Replace,
}

/// What becomes of what the service may refuse and was never seen to: rules that are believed,
/// and marked so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unsure {
    /// It is taken.
    #[default]
    Take,
    /// It is refused.
    Refuse,
}

/// How a sandbox runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Where the tenant lives.
    pub store: StoreKind,
    /// The bearer token to accept, beside those of its own token endpoint; `None` accepts
    /// any that is not empty.
    pub token: Option<String>,
    /// What a token may do that does not say so itself, and what the token endpoint puts
    /// into its tokens; `None` is everything.
    pub granted: Option<Vec<String>>,
    /// The application that may sign in; `None` is any with a GUID and a secret.
    pub app: Option<App>,
    /// What PATCH does inside nested objects.
    pub nested_patch: NestedPatch,
    /// Where numbered errors have their text.
    pub error_form: ErrorForm,
    /// What becomes of what nobody has seen refused.
    pub unsure: Unsure,
    /// How many policies the tenant can hold.
    pub policy_limit: usize,
    /// The cloud that it is in: what that does not have is not there.
    pub cloud: Cloud,
    /// Which licence the tenant has.
    pub licence: Licence,
    /// Whether it takes what the service was seen to refuse of careless clients, and shows
    /// what it hides from them.
    pub lenient: bool,
    /// What doctor found of a tenant: it counts over the switches.
    pub learnt: Learnt,
    /// How well it behaves.
    pub weather: Weather,
    /// Names of hosts that are taken for this one, besides those of this machine.
    pub hosts: Vec<String>,
    /// Origins of web pages that are answered, besides the sandbox's own.
    pub origins: Vec<String>,
    /// Serve over TLS, and write the authority of the certificate to this file.
    pub tls: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store: StoreKind::Memory,
            token: None,
            granted: None,
            app: None,
            nested_patch: NestedPatch::default(),
            error_form: ErrorForm::default(),
            unsure: Unsure::default(),
            policy_limit: 240,
            cloud: Cloud::Global,
            licence: Licence::default(),
            lenient: false,
            learnt: Learnt::default(),
            weather: Weather::default(),
            hosts: Vec::new(),
            origins: Vec::new(),
            tls: None,
        }
    }
}

impl Options {
    /// What a PATCH does inside nested objects.
    fn nested_patch(&self) -> NestedPatch {
        match self.learnt.is("nested-patch", "merges") {
            Some(true) => NestedPatch::Merge,
            Some(false) => NestedPatch::Replace,
            None => self.nested_patch,
        }
    }

    /// Where numbered errors have their text.
    fn error_form(&self) -> ErrorForm {
        match self.learnt.is("error-text", "message") {
            Some(true) => ErrorForm::Message,
            Some(false) => ErrorForm::Inner,
            None => self.error_form,
        }
    }

    /// What becomes of what one probe of doctor asks about, where nobody has seen it refused.
    fn unsure(&self, probe: &str) -> Unsure {
        match self.learnt.is(probe, "refused") {
            Some(true) => Unsure::Refuse,
            Some(false) => Unsure::Take,
            None => self.unsure,
        }
    }

    /// Which licence the tenant has.
    fn licence(&self) -> Licence {
        let learnt = self.learnt.word("licence").and_then(Licence::named);
        learnt.unwrap_or(self.licence)
    }

    /// How careless a client may be in what one probe of doctor asks about.
    fn lets_through(&self, probe: &str) -> bool {
        let refused = ["refused", "cut", "hidden"];
        match self.learnt.word(probe) {
            Some(word) => !refused.contains(&word),
            None => self.lenient,
        }
    }

    /// The weather, with the lag that was measured.
    fn weather(&self) -> Weather {
        let mut weather = self.weather.clone();
        if let Some(lag) = self.learnt.lag()
            && weather.lag.0.is_zero()
        {
            weather.lag = Span(lag);
        }
        weather
    }
}

/// One request that the sandbox answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The HTTP method.
    pub method: String,
    /// Path and query as received, with the version root.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
    /// True for an item of a `$batch`; the batch has a record of its own, after its items.
    pub in_batch: bool,
}

/// A sandbox that is listening. Dropping it stops it too.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    secure: bool,
    service: Arc<Service>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address without a version root: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        server::url(self.address, self.secure)
    }

    /// Every request so far, in the order of their answers; the newest 100,000.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.records()
    }

    /// The whole tenant as it stands now, in the form of the tenant file.
    pub fn tenant(&self) -> Value {
        self.service.tenant()
    }

    /// The weather as it is.
    pub fn weather(&self) -> Weather {
        self.service.weather()
    }

    /// Changes the weather; what it counted and drew begins anew.
    pub fn set_weather(&self, weather: Weather) {
        self.service.set_weather(weather);
    }

    /// Makes a risky sign-in: a risk detection and a risky user, which are answered.
    ///
    /// # Errors
    /// [`SandboxError::Refused`]: no such user, no such risk, or the tenant is not saved.
    pub fn sign_in(&self, asked: &RiskySignIn) -> Result<Value, SandboxError> {
        self.service
            .change(|tenant| signin::sign_in(tenant, asked))
            .map_err(|e| service::told(&e))
    }

    /// Makes a week of sign-ins, and answers how many, with their records.
    ///
    /// # Errors
    /// As [`Running::sign_in`].
    pub fn sign_ins(&self, asked: SignInWeek) -> Result<Value, SandboxError> {
        self.service
            .change(|tenant| week::week(tenant, asked))
            .map_err(|e| service::told(&e))
    }

    /// Closes the port and waits for the server's end; requests under way are finished.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        // Whoever still holds a connection open mid-request is not waited for.
        let ended = tokio::time::timeout(std::time::Duration::from_secs(2), &mut self.task).await;
        if ended.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The file is free at once, although connections end a moment later.
        self.service.close();
        let _ = self.stop.send(true);
    }
}

/// Starts a sandbox on the current tokio runtime, which needs I/O and time enabled.
///
/// # Errors
/// The tenant file is broken, newer, unreadable or in use, the address cannot be had, or
/// the certificate cannot be written.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    let store = Store::open(options.store.clone())?;
    let told = |source| SandboxError::Bind {
        address: options.bind,
        source,
    };
    let listener = TcpListener::bind(options.bind).await.map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    let certificate = options.tls.clone();
    let tls = certificate
        .as_deref()
        .map(|path| tls::acceptor(path, &options.hosts))
        .transpose()?;
    let secure = tls.is_some();
    let service = Arc::new(Service::new(options, store));
    service.announce(&server::url(address, secure), certificate.as_deref());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(server::serve(listener, Arc::clone(&service), tls, stopped));
    Ok(Running {
        address,
        secure,
        service,
        stop,
        task,
    })
}

/// A tenant in its file, opened without a port.
#[derive(Debug)]
pub struct Offline(Service);

impl Offline {
    /// Opens the tenant in `file`; a missing file is the starting tenant.
    ///
    /// # Errors
    /// The file is broken, newer, unreadable or in use.
    pub fn open(file: &Path) -> Result<Offline, SandboxError> {
        let store = StoreKind::File(file.to_owned());
        let opened = Store::open(store.clone())?;
        let options = Options {
            store,
            ..Options::default()
        };
        Ok(Offline(Service::new(options, opened)))
    }

    /// The tenant, in the form of its file.
    pub fn tenant(&self) -> Value {
        self.0.tenant()
    }

    /// As [`Running::sign_in`].
    ///
    /// # Errors
    /// See there.
    pub fn sign_in(&self, asked: &RiskySignIn) -> Result<Value, SandboxError> {
        self.0
            .change(|tenant| signin::sign_in(tenant, asked))
            .map_err(|e| service::told(&e))
    }

    /// Makes a week of sign-ins, and answers how many, with their records.
    ///
    /// # Errors
    /// As [`Running::sign_in`].
    pub fn sign_ins(&self, asked: SignInWeek) -> Result<Value, SandboxError> {
        self.0
            .change(|tenant| week::week(tenant, asked))
            .map_err(|e| service::told(&e))
    }

    /// Loads a tenant, or objects as Graph answers them; says how many of which kind.
    ///
    /// # Errors
    /// [`SandboxError::Refused`], with the reason; nothing is loaded then.
    pub fn load(&self, value: &Value) -> Result<Value, SandboxError> {
        self.0
            .change(|tenant| {
                let loaded = load::load(tenant, value).map_err(error::ErrorAnswer::bad)?;
                Ok(serde_json::json!(loaded))
            })
            .map_err(|e| service::told(&e))
    }
}

/// The largest file that is loaded, in bytes.
const MAX_SEED_BYTES: u64 = 1 << 30;

/// Reads a file that [`Offline::load`] takes: JSON in UTF-8 or UTF-16.
///
/// # Errors
/// [`SandboxError::Seed`].
pub fn read_seed(path: &Path) -> Result<Value, SandboxError> {
    let seed = |reason: String| SandboxError::Seed {
        path: path.to_owned(),
        reason,
    };
    let bytes = disk::read(path, MAX_SEED_BYTES).map_err(|e| seed(e.to_string()))?;
    let text = decode(&bytes).map_err(|why| seed(format!("the file {why}")))?;
    serde_json::from_str(&text).map_err(|e| seed(e.to_string()))
}
