//! What is asked of a service.

use std::fmt;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use super::Service;

/// One call. All of its attempts carry the same id (observed: azure-core), so that Azure can tell a repetition from a second call.
#[derive(Clone)]
pub(crate) struct Request {
    pub(super) service: Service,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    pub(super) id: Uuid,
    pub(super) has_result: bool,
    /// Whether it may be done twice.
    pub(super) is_repeatable: bool,
    /// How long it may take, where that is not what a question to Azure may take.
    pub(super) deadline: Option<Duration>,
    /// How many bytes the answer may have, where that is not what Azure's own may have.
    pub(super) limit: Option<usize>,
}

impl Request {
    pub(super) fn new(service: Service, method: Method, url: Url) -> Self {
        Self {
            service,
            is_repeatable: method.is_idempotent(),
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            id: Uuid::new_v4(),
            has_result: true,
            deadline: None,
            limit: None,
        }
    }

    /// What lies at a URL that the service itself has named.
    pub(super) fn follow(&self, url: Url) -> Self {
        Self::new(self.service.clone(), Method::GET, url)
    }

    /// The same as a second call, for what Azure would answer as it answered the first (observed: azure-mgmt-core).
    pub(super) fn another(&self) -> Self {
        Self { id: Uuid::new_v4(), ..self.clone() }
    }

    /// Adds a parameter to the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a header, which no log shows.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Error::new(ErrorKind::Configuration, format!("the header {name} cannot hold its value")))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Null is none.
    pub(crate) fn body(self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::Configuration, "the body of the request cannot be written as JSON").with_source(error)
        })?;
        Ok(Self { body: Some(body).filter(|body| body != b"null"), ..self })
    }

    /// A body as it is.
    pub(crate) fn bytes(self, body: &[u8], content_type: &str) -> Result<Self, Error> {
        let request = self.header(CONTENT_TYPE, content_type)?;
        Ok(Self { body: Some(body.to_vec()), ..request })
    }

    /// All of its attempts together may take this long.
    pub(crate) fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The answer may have this many bytes.
    pub(crate) fn limit(self, bytes: usize) -> Self {
        Self { limit: Some(bytes), ..self }
    }

    /// Nothing is expected in the end, whatever Azure may answer.
    pub(crate) fn without_result(self) -> Self {
        Self { has_result: false, ..self }
    }

    /// It only asks, though its method is that of a change.
    pub(crate) fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }
}

impl fmt::Debug for Request {
    /// Without the query and the body, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("path", &self.url.path()).finish_non_exhaustive()
    }
}
