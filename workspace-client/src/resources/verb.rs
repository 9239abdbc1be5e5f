//! What can be asked of a collection, or of a resource in it.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

/// A request, before it is known where its collection lies.
pub(super) struct Verb<'a> {
    pub(super) method: Method,
    /// The resource, unless all of them are meant.
    pub(super) name: Option<&'a str>,
    /// What comes behind its name, such as `start`.
    pub(super) action: &'a str,
    pub(super) query: Vec<(&'a str, &'a str)>,
    pub(super) body: Value,
    pub(super) has_result: bool,
}

impl<'a> Verb<'a> {
    pub(super) fn list() -> Self {
        Self { method: Method::GET, name: None, action: "", query: Vec::new(), body: Value::Null, has_result: true }
    }

    pub(super) fn get(name: &'a str) -> Self {
        Self { name: Some(name), ..Self::list() }
    }

    pub(super) fn put(name: &'a str, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { method: Method::PUT, body: to_json(body)?, ..Self::get(name) })
    }

    pub(super) fn patch(name: &'a str, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { method: Method::PATCH, body: to_json(body)?, ..Self::get(name) })
    }

    /// Nothing is left of what is deleted.
    pub(super) fn delete(name: &'a str) -> Self {
        Self { method: Method::DELETE, has_result: false, ..Self::get(name) }
    }

    /// `POST .../{name}/{action}`.
    pub(super) fn action(name: &'a str, action: &'a str) -> Self {
        Self { method: Method::POST, action, ..Self::get(name) }
    }

    /// It yields nothing, whatever Azure may answer.
    pub(super) fn without_result(self) -> Self {
        Self { has_result: false, ..self }
    }

    pub(super) fn query(mut self, name: &'a str, value: &'a str) -> Self {
        self.query.push((name, value));
        self
    }
}

pub(super) fn to_json(body: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(body).map_err(|error| {
        Error::new(ErrorKind::Configuration, "the description of the resource cannot be written as JSON")
            .with_source(error)
    })
}
