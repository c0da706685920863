//! The environment: the one place where it is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// The variables of the process, or given ones.
#[derive(Clone, Default)]
pub struct EnvironmentVariables(Option<BTreeMap<String, SecretString>>);

impl std::fmt::Debug for EnvironmentVariables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            None => f.write_str("EnvironmentVariables(process)"),
            Some(given) => f.debug_set().entries(given.keys()).finish(),
        }
    }
}

impl EnvironmentVariables {
    /// The variables of this process.
    pub fn process() -> EnvironmentVariables {
        EnvironmentVariables(None)
    }

    /// These variables and no others.
    pub fn of<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> EnvironmentVariables {
        let given = given.into_iter();
        EnvironmentVariables(Some(
            given
                .map(|(name, value)| (name.to_owned(), SecretString::from(value)))
                .collect(),
        ))
    }

    /// The value of a variable, without blanks around it. An empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            None => std::env::var(name).ok()?,
            Some(given) => given.get(name)?.expose_secret().to_owned(),
        };
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The value of a variable that is a secret.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.get(name).map(SecretString::from)
    }

    /// True when a variable has a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Where a program lies, by `PATH`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.get("PATH")?;
        let endings: &[&str] = if cfg!(windows) {
            &[".cmd", ".exe", ".bat"]
        } else {
            &[""]
        };
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| {
                endings
                    .iter()
                    .map(move |e| folder.join(format!("{name}{e}")))
            })
            .find(|file| runs(file))
    }
}

#[cfg(unix)]
fn runs(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn runs(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set_and_none_is_shown() {
        let given = EnvironmentVariables::of([("SECRET", " value "), ("EMPTY", "  ")]);
        assert_eq!(given.get("SECRET").as_deref(), Some("value"));
        assert!(!given.has("EMPTY") && !given.has("OTHER"));
        assert!(!format!("{given:?}").contains("value"));
    }
}
