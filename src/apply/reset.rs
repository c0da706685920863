//! Gives a test user a new password.

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use super::executor::Executor;
use super::journal::{ActionKind, Head, Header, Journal};
use super::password;
use super::progress::Progress;
use super::report::{RunReport, Secret};
use super::run::{Ready, Sending, SoFar, Work, run};
use super::settle::Sight;
use super::step::{Purpose, Step};
use crate::graph::request::item;
use crate::graph::{GraphError, Request};
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::plan::Phase;

/// Gives a user a new password, which the report holds. It must be changed at the next
/// sign-in. `user` and `tenant` are a name and an id each.
///
/// # Errors
/// When the journal cannot be begun: then nothing was written.
pub async fn reset_password(
    executor: &Executor<'_>,
    user: (&str, &str),
    tenant: (&str, &str),
    journal: &mut dyn Journal,
    progress: &mut dyn Progress,
) -> io::Result<RunReport> {
    run(executor, &Reset { user, tenant }, journal, progress).await
}

struct Reset<'p> {
    user: (&'p str, &'p str),
    tenant: (&'p str, &'p str),
}

impl Work for Reset<'_> {
    fn header(&self) -> Header {
        Header {
            command: "user reset-password".to_owned(),
            tenant: self.tenant.0.to_owned(),
            tenant_id: self.tenant.1.to_owned(),
            plan: None,
            allowed: Vec::new(),
            names: BTreeMap::new(),
            actions: vec![Head {
                verb: "reset-password".to_owned(),
                kind: ActionKind::Object(Kind::TestUser),
                name: self.user.0.to_owned(),
                id: Some(self.user.1.to_owned()),
                before: None, // there is no way back
                sides: None,
                links: None,
                changes: Vec::new(),
            }],
        }
    }

    fn steps(&self) -> Vec<(Vec<usize>, Step)> {
        let path = item("/users", self.user.1);
        let step = Step {
            phase: Phase::Change,
            request: Request::patch(Edition::V1, path, json!({})),
            purpose: Purpose::ResetPassword,
        };
        vec![(vec![0], step)]
    }

    async fn ready(
        &self,
        _: &[usize],
        step: &Step,
        _: &SoFar,
        _: &Executor<'_>,
    ) -> Result<Ready, GraphError> {
        let mut request = step.request.clone();
        let secret = Secret {
            user: self.user.0.to_owned(),
            password: password::into_body(&mut request)?,
        };
        Ok(Ready::Send(Box::new(Sending {
            request,
            fresh: false,
            secret: Some(secret),
        })))
    }

    async fn look(
        &self,
        _: &Executor<'_>,
        _: &[usize],
        _: &Step,
        _: &Request,
        _: &SoFar,
    ) -> Result<Sight, GraphError> {
        Ok(Sight::Blind) // a password cannot be read
    }

    async fn verify(
        &self,
        _: &Executor<'_>,
        _: &mut SoFar,
        _: &mut dyn Progress,
    ) -> Result<(), GraphError> {
        Ok(()) // a password cannot be read
    }
}
