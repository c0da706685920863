//! Reads through `$batch`: twenty at a time, each item with headers and a fate of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{DATE, RETRY_AFTER};
use serde_json::{Value, json};

use super::{BATCH_LIMIT, Client, TRIES};
use crate::graph::answer::{self, NEXT_LINK};
use crate::graph::error::{ApiError, GraphError};
use crate::graph::patience;
use crate::graph::reading::ReadStep;
use crate::graph::refusal::Denial;
use crate::graph::request::Request;
use crate::model::facts::Edition;
use crate::model::requests::SendWay;

impl Client {
    /// Sends GETs through `$batch`, twenty at a time, and gives each whole collection or
    /// object in the order asked. Items that were throttled or failed in passing are asked
    /// again.
    ///
    /// # Errors
    /// A failure of the batch itself; failures of single items are in the list.
    pub async fn batch_get(
        &self,
        edition: Edition,
        paths: &[String],
    ) -> Result<Vec<Result<Value, GraphError>>, GraphError> {
        let answers = self.first_pages(edition, paths).await?;
        let mut whole = Vec::with_capacity(answers.len());
        for (answer, path) in answers.into_iter().zip(paths) {
            whole.push(match answer {
                Ok(page) if page.get(NEXT_LINK).is_some() => self
                    .rest_of(edition, path, page)
                    .await
                    .map(|items| json!({ "value": items })),
                answer => answer,
            });
        }
        Ok(whole)
    }

    /// Reads collections through `$batch` and keeps nothing of them: each page is handed to
    /// `take`, with the place of its path. `refused` says what a failure of one means.
    ///
    /// # Errors
    /// A failure of the batch itself, and what `refused` does not let pass.
    pub async fn batch_each(
        &self,
        edition: Edition,
        paths: &[String],
        mut take: impl FnMut(usize, Vec<Value>),
        refused: impl Fn(usize, GraphError) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        let mut at = 0;
        for chunk in paths.chunks(BATCH_LIMIT) {
            let answers = self.first_pages(edition, chunk).await?;
            for (answer, path) in answers.into_iter().zip(chunk) {
                let whole = match answer {
                    Ok(page) => {
                        let take = |items| take(at, items);
                        self.pages(edition, path, page, None, take).await
                    }
                    Err(error) => Err(error),
                };
                if let Err(error) = whole {
                    refused(at, error)?;
                }
                at += 1;
            }
        }
        Ok(())
    }

    /// The answers to GETs, of collections the first page.
    async fn first_pages(
        &self,
        edition: Edition,
        paths: &[String],
    ) -> Result<Vec<Result<Value, GraphError>>, GraphError> {
        let mut answers: Vec<Option<Result<Value, GraphError>>> = Vec::new();
        answers.resize_with(paths.len(), || None);
        let requests: Vec<Request> = paths
            .iter()
            .map(|path| Request::get(edition, path.as_str()))
            .collect();
        for request in &requests {
            self.listed(request, SendWay::Item)?;
            self.url(request)?;
        }
        let all: Vec<usize> = (0..requests.len()).collect();
        let batches = all.chunks(BATCH_LIMIT).len();
        for (number, chunk) in all.chunks(BATCH_LIMIT).enumerate() {
            self.reads.tell(ReadStep::Batch(number + 1, batches));
            let (alone, mut open): (Vec<usize>, Vec<usize>) = chunk.iter().partition(|i| {
                requests
                    .get(**i)
                    .and_then(|request| request.cost().0)
                    .is_some_and(|limit| self.is_paced(limit))
            });
            let mut alone = alone;
            let mut wait = self.first_wait;
            let mut waited = Duration::ZERO;
            let mut renewed = false;
            let mut attempt = 1;
            while !open.is_empty() {
                let issued = self.tokens.token().await?;
                let items: Vec<(usize, &Request)> = open
                    .iter()
                    .filter_map(|i| Some((*i, requests.get(*i)?)))
                    .collect();
                let found = self.send_batch(edition, &items).await?;
                let mut again = Vec::new();
                let (mut asked, mut stale) = (None, false);
                for (i, request) in items {
                    let Some((answer, error)) = found.get(&i) else {
                        // An item without an answer is asked again, too.
                        again.push(i);
                        continue;
                    };
                    let answer = match error {
                        None => answer::check(request, answer).map(|()| answer.clone()),
                        Some(error) => {
                            let mut error = error.clone();
                            error.refusal =
                                Denial::of(error.status, &error.said(), request, &issued.token);
                            match error.status {
                                429 if request.cost().0.is_some() => {
                                    self.throttled(request);
                                    alone.push(i);
                                }
                                401 if !renewed => {
                                    stale = true;
                                    again.push(i);
                                }
                                429 | 500 | 502 | 503 | 504 => {
                                    asked = asked.max(error.retry_after);
                                    again.push(i);
                                }
                                _ => {}
                            }
                            Err(GraphError::Api(Box::new(error)))
                        }
                    };
                    if let Some(place) = answers.get_mut(i) {
                        *place = Some(answer);
                    }
                }
                open = again;
                // A token that is not taken for one item is not taken for the others either.
                if stale {
                    renewed = true;
                    if self.tokens.renewed(&issued).await?.is_some() {
                        continue;
                    }
                    open.retain(|i| !answers.get(*i).is_some_and(is_401));
                }
                if open.is_empty() || attempt == TRIES {
                    break;
                }
                attempt += 1;
                let name = format!("a batch of {} reads", open.len());
                if let Err(why) = self.pause(&name, wait, asked, &mut waited).await {
                    for i in open {
                        if let Some(Some(Err(GraphError::Api(api)))) = answers.get_mut(i) {
                            api.details.push(why.clone());
                        }
                    }
                    break;
                }
                wait = (wait * 2).min(Duration::from_secs(30));
            }
            // A batch does not lift a limit: what shares the one request a second goes alone.
            for i in alone {
                if let (Some(request), Some(place)) = (requests.get(i), answers.get_mut(i)) {
                    *place = Some(self.send(request).await);
                }
            }
        }
        let answers = answers.into_iter().zip(paths);
        let whole = answers.map(|(answer, path)| {
            answer.unwrap_or_else(|| {
                Err(GraphError::Answer {
                    request: Request::get(edition, path.as_str()).to_string(),
                    problem: "the batch did not answer it".to_owned(),
                })
            })
        });
        Ok(whole.collect())
    }

    /// Sends a batch of reads, and gives the answer of each item by its number. A batch of reads
    /// changes nothing: it may be sent again like any read.
    async fn send_batch(
        &self,
        edition: Edition,
        items: &[(usize, &Request)],
    ) -> Result<BTreeMap<usize, (Value, Option<ApiError>)>, GraphError> {
        let list: Vec<Value> = items
            .iter()
            .map(|(i, request)| {
                json!({
                    "id": i.to_string(),
                    "method": request.method.as_str(),
                    "url": format!("/{}", request.path.trim_start_matches('/')),
                    "headers": request.headers().into_iter().collect::<BTreeMap<_, _>>(),
                })
            })
            .collect();
        let batch = Request::post(edition, "/$batch", json!({ "requests": list }));
        let mut wait = self.first_wait;
        let mut attempt = 1;
        let mut answer = loop {
            let result = self.send(&batch).await;
            let passing = match &result {
                Err(GraphError::Network { .. }) => true,
                Err(GraphError::Api(error)) => matches!(error.status, 500 | 502 | 503 | 504),
                _ => false,
            };
            if !passing || attempt >= TRIES {
                break result?;
            }
            attempt += 1;
            let mut waited = Duration::ZERO;
            if self
                .pause("a batch of reads", wait, None, &mut waited)
                .await
                .is_err()
            {
                break result?;
            }
            wait = (wait * 2).min(Duration::from_secs(30));
        };
        let wrong = |problem: &str| Err(answer::of(&batch, problem));
        let mut found = BTreeMap::new();
        let Some(Value::Array(responses)) = answer.get_mut("responses") else {
            return wrong("it holds no list of answers");
        };
        for item in responses {
            let id = item
                .get("id")
                .and_then(|id| id.as_str()?.parse::<usize>().ok());
            let Some((i, request)) = items.iter().find(|(i, _)| Some(*i) == id) else {
                return wrong("it answers what was not asked");
            };
            let body = item.get_mut("body").map(Value::take).unwrap_or_default();
            let status = item.get("status").and_then(Value::as_u64);
            let status = status.and_then(|status| u16::try_from(status).ok());
            let Some(status) = status.filter(|status| (200..600).contains(status)) else {
                return wrong("it answers with what is no status");
            };
            let answered = match status {
                200..300 => (body, None),
                _ => (Value::Null, Some(refused(request, status, &body, item))),
            };
            if found.insert(*i, answered).is_some() {
                return wrong("it answers one request twice");
            }
        }
        Ok(found)
    }
}

/// The error of a batch's item.
fn refused(request: &Request, status: u16, body: &Value, item: &Value) -> ApiError {
    let mut error = ApiError::from_body(request.to_string(), status, body.to_string().as_bytes());
    let header = |name: &str| item_header(item, name);
    error.retry_after = header(RETRY_AFTER.as_str()).and_then(|value| match value {
        Value::String(text) => {
            patience::retry_after(text, header(DATE.as_str()).and_then(Value::as_str))
        }
        value => value.as_u64(),
    });
    let request_id = header("request-id").and_then(Value::as_str);
    error.request_id = error.request_id.or(request_id.map(str::to_owned));
    error
}

/// A header of an item's answer. Names of headers have no case (RFC 9110).
fn item_header<'a>(item: &'a Value, name: &str) -> Option<&'a Value> {
    let headers = item.get("headers")?.as_object()?;
    let found = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

fn is_401(answer: &Option<Result<Value, GraphError>>) -> bool {
    matches!(answer, Some(Err(GraphError::Api(error))) if error.status == 401)
}
