//! A request to the account, taken apart.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::super::super::log::parameters;
use super::super::request::decoded;

/// What is asked, and of which blob; without the name of one, of its container.
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) container: String,
    pub(super) blob: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Bytes,
}

impl<'a> Call<'a> {
    /// The path is the one inside the account.
    pub(super) fn read(path: &str, parts: &'a Parts, body: Bytes) -> Self {
        let (container, blob) = path.split_once('/').unwrap_or((path, ""));
        Self {
            method: &parts.method,
            headers: &parts.headers,
            container: decoded(container),
            blob: decoded(blob),
            query: parameters(parts.uri.query().unwrap_or_default()),
            body,
        }
    }

    /// A parameter of the query; without it, nothing.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What the caller wants to be remembered with a blob.
    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        let own = self.headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-ms-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        own.collect()
    }
}
