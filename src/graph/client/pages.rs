//! Collections, page after page.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;
use tokio::time::Instant;

use super::Client;
use crate::graph::answer::{self, NEXT_LINK};
use crate::graph::error::GraphError;
use crate::graph::patience;
use crate::graph::reading::ReadStep;
use crate::graph::request::Request;
use crate::model::facts::Edition;

/// How many empty pages may follow each other. A page may be empty and not the last one ("Paging
/// Microsoft Graph data in your app").
const EMPTY_PAGES: usize = 10;

impl Client {
    /// Reads a whole collection, page after page.
    ///
    /// # Errors
    /// See [`GraphError`]; also when a next page lies on another host.
    pub async fn list(&self, edition: Edition, path: &str) -> Result<Vec<Value>, GraphError> {
        let request = Request::get(edition, path);
        self.reads_page(&request, 1);
        let first = self.send(&request).await?;
        self.rest_of(edition, path, first).await
    }

    /// Reads a whole collection of identity protection in pages of `size`, and says whether
    /// its last page was refused: after a full page that was the last one, the service
    /// gives a next page that it answers with 400 and no message (issue 2329 of Microsoft's
    /// documentation of Graph). Any other refusal is an error.
    ///
    /// # Errors
    /// See [`Client::list`].
    pub async fn list_to_fault(
        &self,
        edition: Edition,
        path: &str,
        size: usize,
    ) -> Result<(Vec<Value>, bool), GraphError> {
        let request = Request::get(edition, path);
        self.reads_page(&request, 1);
        let first = self.send(&request).await?;
        let mut items = Vec::new();
        let take = |mut more: Vec<Value>| items.append(&mut more);
        let refused = self.pages(edition, path, first, Some(size), take).await?;
        Ok((items, refused))
    }

    /// Reads a collection page after page and keeps none of them: each is handed to `take`.
    ///
    /// # Errors
    /// See [`Client::list`]. What was handed over before it is a part of the whole.
    pub async fn each_page(
        &self,
        edition: Edition,
        path: &str,
        take: impl FnMut(Vec<Value>),
    ) -> Result<(), GraphError> {
        let request = Request::get(edition, path);
        self.reads_page(&request, 1);
        let first = self.send(&request).await?;
        self.pages(edition, path, first, None, take).await?;
        Ok(())
    }

    fn reads_page(&self, request: &Request, page: usize) {
        if let Some(shape) = request.shape() {
            self.reads.tell(ReadStep::Page(&shape.name, page));
        }
    }

    /// Follows the pages behind `page`, which answered a GET on `path`.
    pub(super) async fn rest_of(
        &self,
        edition: Edition,
        path: &str,
        page: Value,
    ) -> Result<Vec<Value>, GraphError> {
        let mut items = Vec::new();
        let take = |mut more: Vec<Value>| items.append(&mut more);
        self.pages(edition, path, page, None, take).await?;
        Ok(items)
    }

    /// Hands `page` and the pages behind it to `take`. With a page size, the known refusal of
    /// the page behind a full one is the end, and is said to be.
    pub(super) async fn pages(
        &self,
        edition: Edition,
        path: &str,
        mut page: Value,
        size: Option<usize>,
        mut take: impl FnMut(Vec<Value>),
    ) -> Result<bool, GraphError> {
        let mut read = 0;
        let request = Request::get(edition, path);
        let name = request.to_string();
        let wrong = |problem: String| Err(answer::of(&request, problem));
        let started = Instant::now();
        let mut seen = HashSet::from([self.url(&request)?.to_string()]);
        let mut empty = 0;
        loop {
            answer::check(&request, &page)?;
            let next = page
                .get(NEXT_LINK)
                .and_then(Value::as_str)
                .map(str::to_owned);
            let Some(Value::Array(more)) = page.get_mut("value").map(Value::take) else {
                return wrong("it has no list".to_owned());
            };
            let Some(next) = next else {
                take(more);
                return Ok(false);
            };
            let full = Some(more.len()) == size;
            // What is read in part must not look like the whole.
            empty = if more.is_empty() { empty + 1 } else { 0 };
            if empty > EMPTY_PAGES {
                return wrong(format!(
                    "{empty} pages in a row are empty, and each names a next one"
                ));
            }
            read += more.len();
            take(more);
            if started.elapsed() > patience::PAGES {
                return wrong(format!(
                    "its pages have not ended within {}, after {read} objects",
                    patience::words(patience::PAGES)
                ));
            }
            let url = match Url::parse(&next) {
                Ok(url) => url,
                Err(e) => return wrong(format!("its next page is not a URL: {e}")),
            };
            if url.origin() != self.root.origin() {
                return wrong(
                    "its next page is on another host; the token is not sent there".to_owned(),
                );
            }
            if !seen.insert(url.to_string()) {
                return wrong("its pages form a loop: the next one was already read".to_owned());
            }
            self.reads_page(&request, seen.len());
            page = match self.send_to(&request, url, &name).await {
                Err(GraphError::Api(error)) if full && error.is_mute_refusal() => {
                    tracing::debug!(request = name, %error, "the page behind a full one was refused");
                    return Ok(true);
                }
                other => other?,
            };
        }
    }
}
