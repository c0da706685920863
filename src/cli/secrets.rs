//! Where new passwords go: into the file of `--secrets-out`, or once to the terminal; never to a
//! log.

use std::fs::File;
use std::io::{self, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::ExposeSecret;

use super::console::Console;
use super::progress;
use crate::apply::Secret;
use crate::disk;
use crate::render;
use crate::text::visible;

/// The file of `--secrets-out`. Each password stands in it before it is sent, so that a run that
/// is killed loses none.
pub struct SecretsFile {
    file: File,
    path: PathBuf,
    kept: serde_json::Map<String, serde_json::Value>,
}

impl SecretsFile {
    /// Makes the file, before the first write: a password must not be made and then have no place.
    ///
    /// # Errors
    /// When it cannot be made, or holds something.
    pub fn open(path: &Path) -> anyhow::Result<SecretsFile> {
        let file = disk::create_or_empty(path).with_context(|| {
            format!(
                "cannot create `{}` for the passwords (a file that is not empty is never overwritten); nothing was written",
                path.display()
            )
        })?;
        Ok(SecretsFile {
            file,
            path: path.to_owned(),
            kept: serde_json::Map::new(),
        })
    }

    /// Adds a password that is about to be sent.
    ///
    /// # Errors
    /// When it is not on the disk.
    pub fn keep(&mut self, secret: &Secret) -> io::Result<()> {
        let password = secret.password.expose_secret().into();
        self.kept.insert(secret.user.clone(), password);
        // The text only grows: what stood there before stays readable whatever happens.
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        let text = render::json::text(&self.kept);
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_all()
    }

    /// Leaves the passwords that are, or may be, a user's.
    fn end(&mut self, secrets: &[Secret]) -> io::Result<()> {
        self.kept.clear();
        for secret in secrets {
            let password = secret.password.expose_secret().into();
            self.kept.insert(secret.user.clone(), password);
        }
        match secrets {
            [] => {
                let _ = std::fs::remove_file(&self.path);
                Ok(())
            }
            _ => self.write(),
        }
    }
}

/// Hands out the passwords of a run, once.
///
/// # Errors
/// When they cannot be written.
pub fn hand_out(
    secrets: &[Secret],
    file: Option<&mut SecretsFile>,
    console: &Console,
) -> anyhow::Result<()> {
    if let Some(file) = file {
        return file.end(secrets).context("cannot write the passwords");
    }
    if secrets.is_empty() {
        return Ok(());
    }
    let mut err = std::io::stderr();
    if err.is_terminal() {
        // Nothing is drawn over them.
        progress::aside(|| {
            for secret in secrets {
                let user = visible(&secret.user, false);
                let of = console.tenant_of_many().map_or_else(String::new, |tenant| {
                    format!(" in `{}`", visible(tenant, false))
                });
                let _ = writeln!(
                    err,
                    "Password of {user}{of}, shown only this once:\n{}",
                    secret.password.expose_secret()
                );
            }
        });
    } else {
        let users: Vec<String> = secrets.iter().map(|s| visible(&s.user, false)).collect();
        console.warn(&format!(
            "The password of {} was not shown: there is no terminal. `--secrets-out FILE` keeps it; without it, `gatewright user reset-password` sets another.",
            users.join(", ")
        ));
    }
    Ok(())
}
