//! What is asked of Azure Resource Manager.

use std::fmt;

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::Serialize;
use url::Url;
use uuid::Uuid;

/// One call. All of its attempts carry the same id (observed: azure-core), so that Azure can tell a repetition from a second call.
#[derive(Clone)]
pub(crate) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Vec<u8>>,
    pub(super) id: Uuid,
    pub(super) has_result: bool,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, body: None, id: Uuid::new_v4(), has_result: true }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Adds a parameter to the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Null is none.
    pub(crate) fn body(self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::Configuration, "the body of the request cannot be written as JSON").with_source(error)
        })?;
        Ok(Self { body: Some(body).filter(|body| body != b"null"), ..self })
    }

    /// Nothing is expected at the end of the operation that this starts, whatever Azure may answer.
    pub(crate) fn without_result(self) -> Self {
        Self { has_result: false, ..self }
    }
}

impl fmt::Debug for Request {
    /// Without the body, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("path", &self.url.path()).finish_non_exhaustive()
    }
}
