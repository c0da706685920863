//! A token whenever one is needed: kept while it is good, renewed before it ends, and
//! renewed once more when the service does not take it.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::method::{Way, choose};
use super::person::{self, keyring};
use super::token::Token;
use super::transport::Transport;
use super::{
    AuthMethod, Claims, EnvironmentVariables, KeyringError, SignInError, SignInSettings,
    credential, failure,
};

/// How long before its end a token is renewed. A token of a shorter life is renewed at
/// its half.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Where the tokens of a client come from.
#[derive(Debug)]
pub struct Provider {
    source: TokenSource,
    state: Mutex<ProviderState>,
}

#[derive(Debug)]
enum TokenSource {
    /// A token that nobody renews.
    Fixed(Token),
    Way {
        way: Box<Way>,
        sign_in: Box<SignInSettings>,
        transport: Arc<Transport>,
    },
}

#[derive(Debug, Default)]
struct ProviderState {
    credential: Option<Arc<dyn TokenCredential>>,
    /// What gets a person's next token without the person.
    refresh: Option<SecretString>,
    issued: Option<Issued>,
    count: u64,
}

/// Why a sign-in is not kept, or not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The method signs in no person.
    #[error("the method does not sign in a person")]
    NoPerson(Option<AuthMethod>),
    /// There is no keyring, or it is locked.
    #[error("the system's keyring cannot be used: {0}")]
    Keyring(KeyringError),
    /// The sign-in itself.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

/// A token that was given out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// When it ends, as far as that is known.
    pub expires: Option<Timestamp>,
    renew_at: Option<Timestamp>,
    /// Which token of its provider it is, from 1.
    pub number: u64,
}

impl From<&Token> for Provider {
    fn from(token: &Token) -> Provider {
        Provider {
            source: TokenSource::Fixed(token.clone()),
            state: Mutex::default(),
        }
    }
}

impl Provider {
    /// The provider that the entry asks for, or the first that the environment offers.
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// When the environment lacks what the method needs.
    pub fn new(
        sign_in: SignInSettings,
        environment: &EnvironmentVariables,
    ) -> Result<Provider, SignInError> {
        let way = choose(&sign_in, environment)?;
        Ok(Provider {
            source: TokenSource::Way {
                transport: Arc::new(Transport::new(
                    sign_in.login.clone(),
                    sign_in.authorities.clone(),
                )),
                way: Box::new(way),
                sign_in: Box::new(sign_in),
            },
            state: Mutex::default(),
        })
    }

    /// The method; nothing for a token of the sandbox.
    pub fn method(&self) -> Option<AuthMethod> {
        self.way().map(Way::method)
    }

    /// The application that signs in, as far as that is known beforehand.
    pub fn client_id(&self) -> Option<&str> {
        self.way().and_then(Way::client_id)
    }

    /// Where the proof comes from, for people.
    pub fn source(&self) -> String {
        self.way().map(Way::source).unwrap_or_default()
    }

    fn way(&self) -> Option<&Way> {
        match &self.source {
            TokenSource::Fixed(_) => None,
            TokenSource::Way { way, .. } => Some(way),
        }
    }

    /// A token that is good for some minutes at least.
    ///
    /// # Errors
    /// When there is none, in our words.
    pub async fn token(&self) -> Result<Issued, SignInError> {
        let mut state = self.state.lock().await;
        if let Some(issued) = &state.issued
            && issued.renew_at.is_none_or(|at| Timestamp::now() < at)
        {
            return Ok(issued.clone());
        }
        match self.issue(&mut state, false).await {
            Ok(issued) => Ok(issued),
            // What is still good serves until the sign-in host is well again.
            Err(error) => match &state.issued {
                Some(old) if old.expires.is_some_and(|at| Timestamp::now() < at) => {
                    tracing::warn!(%error, "the token could not be renewed early");
                    Ok(old.clone())
                }
                _ => Err(error),
            },
        }
    }

    /// Another token than `refused`, which the service did not take. Nothing when there is
    /// no other.
    ///
    /// # Errors
    /// When the sign-in fails.
    pub async fn renewed(&self, refused: &Issued) -> Result<Option<Issued>, SignInError> {
        if matches!(&self.source, TokenSource::Fixed(_))
            || self.method() == Some(AuthMethod::AccessToken)
        {
            return Ok(None);
        }
        let mut state = self.state.lock().await;
        if let Some(issued) = &state.issued
            && issued.number != refused.number
        {
            return Ok(Some(issued.clone())); // another request was faster
        }
        tracing::debug!("the token was not accepted; signing in again");
        self.issue(&mut state, true).await.map(Some)
    }

    /// Lets a person sign in and keeps it in the keyring of the system.
    ///
    /// # Errors
    /// When the method is no person's, they do not sign in, or there is no keyring.
    pub async fn log_in(&self) -> Result<Issued, LogInError> {
        let (sign_in, client_id) = self.person()?;
        let home = &sign_in.at_home();
        let mut state = self.state.lock().await;
        state.refresh = None;
        keyring::forget(home, client_id).map_err(LogInError::Keyring)?;
        let issued = match &self.source {
            TokenSource::Way { way, transport, .. } if home.tenant_id != sign_in.tenant_id => {
                let Way::Person { flow, .. } = way.as_ref() else {
                    return Err(LogInError::NoPerson(self.method()));
                };
                let tokens = person::ask(*flow, way, home, transport).await?;
                state.refresh = tokens.refresh;
                // It is of the other tenant, and so none for what comes next.
                Issued {
                    token: tokens.access,
                    expires: tokens.expires,
                    renew_at: None,
                    number: 0,
                }
            }
            _ => self.issue(&mut state, true).await?,
        };
        let refresh = state.refresh.as_ref().ok_or_else(|| {
            SignInError::new(
                "the sign-in host returned nothing that could be kept",
                "the application must be allowed `offline_access`",
            )
        })?;
        keyring::keep(home, client_id, refresh).map_err(LogInError::Keyring)?;
        Ok(issued)
    }

    /// Takes what is kept out of the keyring; false when there was nothing.
    ///
    /// # Errors
    /// When the method is no person's, or there is no keyring.
    pub fn log_out(&self) -> Result<bool, LogInError> {
        let (sign_in, client_id) = self.person()?;
        keyring::forget(&sign_in.at_home(), client_id).map_err(LogInError::Keyring)
    }

    fn person(&self) -> Result<(&SignInSettings, &str), LogInError> {
        match &self.source {
            TokenSource::Way { way, sign_in, .. } => match way.as_ref() {
                Way::Person { client_id, .. } => Ok((sign_in, client_id)),
                other => Err(LogInError::NoPerson(Some(other.method()))),
            },
            TokenSource::Fixed(_) => Err(LogInError::NoPerson(None)),
        }
    }

    async fn issue(&self, state: &mut ProviderState, anew: bool) -> Result<Issued, SignInError> {
        let (token, expires) = match &self.source {
            TokenSource::Fixed(token) => (token.clone(), None),
            TokenSource::Way {
                way,
                sign_in,
                transport,
            } => match way.as_ref() {
                Way::AccessToken { token, variable } => {
                    let expires = Claims::of(token).and_then(|claims| claims.expires);
                    if let Some(at) = expires.filter(|at| *at <= Timestamp::now()) {
                        return Err(SignInError::new(
                            format!("the token in `{variable}` expired at {}", at),
                            "get a new one",
                        ));
                    }
                    (token.clone(), expires)
                }
                Way::Person {
                    flow, client_id, ..
                } => {
                    let home = sign_in.at_home();
                    let kept = keyring::find(&home, client_id);
                    let held = state.refresh.take().or_else(|| kept.clone());
                    let again = match &held {
                        Some(refresh) => person::again(refresh, way, sign_in, transport).await?,
                        None => None,
                    };
                    let tokens = match again {
                        Some(tokens) => tokens,
                        None => person::ask(*flow, way, sign_in, transport).await?,
                    };
                    // What another tenant gave is not kept: what was kept at home serves all.
                    if let (Some(_), Some(refresh)) = (kept, &tokens.refresh)
                        && home.tenant_id == sign_in.tenant_id
                        && let Err(error) = keyring::keep(sign_in, client_id, refresh)
                    {
                        tracing::debug!(%error, "the keyring did not keep the sign-in");
                    }
                    state.refresh = tokens.refresh;
                    (tokens.access, tokens.expires)
                }
                _ => {
                    // The credentials keep their tokens, too: a new one asks anew.
                    if anew {
                        state.credential = None;
                    }
                    ask(way, sign_in, transport, &mut state.credential).await?
                }
            },
        };
        state.count += 1;
        let fixed = matches!(self.method(), None | Some(AuthMethod::AccessToken));
        let issued = Issued {
            token,
            expires,
            renew_at: expires.filter(|_| !fixed).map(|at| {
                let life = at.duration_since(Timestamp::now());
                at.checked_sub(EARLY.min(life / 2)).unwrap_or(at)
            }),
            number: state.count,
        };
        state.issued = Some(issued.clone());
        Ok(issued)
    }
}

async fn ask(
    way: &Way,
    sign_in: &SignInSettings,
    transport: &Arc<Transport>,
    kept: &mut Option<Arc<dyn TokenCredential>>,
) -> Result<(Token, Option<Timestamp>), SignInError> {
    let explained = |error: azure_core::Error| failure::explain(way, transport.refusal(), &error);
    let credential = match kept {
        Some(credential) => Arc::clone(credential),
        None => match credential::credential(way, sign_in, transport).map_err(explained)? {
            Some(made) => Arc::clone(kept.insert(made)),
            None => return Err(SignInError::from("the method has no credential".to_owned())),
        },
    };
    let token = credential
        .get_token(&[&sign_in.scope], None)
        .await
        .map_err(explained)?;
    let text = token.token.secret().trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(SignInError::new(
            format!("{}: the answer has no access token", way.method().as_str()),
            "check that `loginEndpoint` is a sign-in host, and that no proxy answers in its place",
        ));
    }
    let expires = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
    Ok((Token::new(text), expires))
}
