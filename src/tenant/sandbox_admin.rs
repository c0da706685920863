//! The embedded tenant from outside Graph: in its file, or in the process that has the
//! file and serves it.

use std::path::Path;

use reqwest::{Certificate, Method};
use serde_json::Value;

use crate::disk;
use crate::graph::trust::Authorities;
use crate::sandbox::{self, Offline, RiskySignIn, SandboxError, SignInWeek, Weather};

/// What kept a request from the embedded tenant.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The tenant said no, or cannot be had.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The process that serves it cannot be reached.
    #[error("the process that serves the sandbox cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    /// The authority of the serving process' certificate cannot be read.
    #[error("the certificate of the served sandbox cannot be read")]
    Certificate(#[from] std::io::Error),
}

/// The embedded tenant.
#[derive(Debug)]
pub enum Admin {
    /// In its file, which this process has now.
    File(Box<Offline>),
    /// In another process.
    Served {
        /// The client for it.
        client: reqwest::Client,
        /// Its address.
        url: String,
    },
}

/// Opens the tenant in `file`, or reaches the process that has it.
///
/// # Errors
/// See [`AdminError`]; a process that has the file and serves nothing is one too.
pub fn open(file: &Path) -> Result<Admin, AdminError> {
    match Offline::open(file) {
        Ok(offline) => Ok(Admin::File(Box::new(offline))),
        Err(error) => reached(error),
    }
}

/// A tenant that another process serves.
#[derive(Debug)]
pub struct ServedTenant {
    /// Its address.
    pub url: String,
    /// Its weather.
    pub weather: Weather,
    /// Who may sign its certificate.
    pub authorities: Authorities,
}

/// The tenant that the process serves which is told of as having the file; nothing when it serves
/// nothing, or cannot be reached any more.
pub async fn served(error: &SandboxError) -> Option<ServedTenant> {
    let SandboxError::InUse {
        url: Some(url),
        certificate,
        ..
    } = error
    else {
        return None;
    };
    let pem = match certificate {
        Some(path) => Some(disk::read(path, 1 << 20).ok()?),
        None => None,
    };
    let authorities = match &pem {
        Some(pem) => Authorities::read(pem).ok()?,
        None => Authorities::default(),
    };
    let mut builder = reqwest::Client::builder().no_proxy();
    if let Some(pem) = &pem {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).ok()?);
    }
    let (client, url) = (builder.build().ok()?, url.clone());
    let admin = Admin::Served {
        client,
        url: url.clone(),
    };
    let weather = admin.ask(Method::GET, "weather", None).await.ok()?;
    Some(ServedTenant {
        url,
        weather: serde_json::from_value(weather).ok()?,
        authorities,
    })
}

fn reached(error: SandboxError) -> Result<Admin, AdminError> {
    match error {
        SandboxError::InUse {
            url: Some(url),
            certificate,
            ..
        } => {
            let mut builder = reqwest::Client::builder().no_proxy();
            if let Some(path) = certificate {
                let pem = disk::read(&path, 1 << 20).map_err(std::io::Error::from)?;
                builder = builder.add_root_certificate(Certificate::from_pem(&pem)?);
            }
            let client = builder.build()?;
            Ok(Admin::Served { client, url })
        }
        other => Err(other.into()),
    }
}

/// Puts the tenant in `file` back to how it starts, whatever the file holds.
///
/// # Errors
/// See [`AdminError`].
pub async fn reset(file: &Path) -> Result<(), AdminError> {
    match sandbox::reset(file) {
        Ok(()) => Ok(()),
        Err(error) => reached(error)?
            .ask(Method::POST, "reset", None)
            .await
            .map(|_| ()),
    }
}

impl Admin {
    /// Makes a risky sign-in.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn sign_in(&self, asked: &RiskySignIn) -> Result<Value, AdminError> {
        match self {
            Admin::File(offline) => Ok(offline.sign_in(asked)?),
            Admin::Served { .. } => {
                let body = serde_json::to_value(asked).unwrap_or_default();
                self.ask(Method::POST, "sign-in", Some(&body)).await
            }
        }
    }

    /// Makes a week of sign-ins.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn sign_ins(&self, asked: SignInWeek) -> Result<Value, AdminError> {
        match self {
            Admin::File(offline) => Ok(offline.sign_ins(asked)?),
            Admin::Served { .. } => {
                let body = serde_json::to_value(asked).unwrap_or_default();
                self.ask(Method::POST, "sign-ins", Some(&body)).await
            }
        }
    }

    /// Loads a tenant or objects, and says how many of which kind.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn seed(&self, value: &Value) -> Result<Value, AdminError> {
        match self {
            Admin::File(offline) => Ok(offline.load(value)?),
            Admin::Served { .. } => self.ask(Method::POST, "seed", Some(value)).await,
        }
    }

    /// The whole tenant.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn export(&self) -> Result<Value, AdminError> {
        match self {
            Admin::File(offline) => Ok(offline.tenant()),
            Admin::Served { .. } => self.ask(Method::GET, "state", None).await,
        }
    }

    async fn ask(
        &self,
        method: Method,
        what: &str,
        body: Option<&Value>,
    ) -> Result<Value, AdminError> {
        let Admin::Served { client, url } = self else {
            return Ok(Value::Null);
        };
        let mut request = client.request(method, format!("{url}/_sandbox/{what}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let failed = !answer.status().is_success();
        let text = answer.text().await?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        if failed {
            let message = value
                .pointer("/error/message")
                .and_then(Value::as_str)
                .unwrap_or(&text)
                .to_owned();
            return Err(SandboxError::Refused(message).into());
        }
        Ok(value)
    }
}
