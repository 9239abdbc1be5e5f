//! What can be asked about resources.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use reqwest::header::HeaderName;
use serde::Serialize;
use serde_json::Value;

/// A request, before it is known where its resources lie.
#[derive(Clone)]
pub(crate) struct Verb {
    pub(super) method: Method,
    pub(super) within: Within,
    /// What comes behind: the name of a resource, and perhaps an action, or the type and name of what lies in it.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Value,
    pub(super) has_result: bool,
    pub(super) is_repeatable: bool,
    /// The member with the items of a page.
    pub(super) items: &'static str,
    /// The parameter that says how many of them; empty, if there is none.
    page_size: &'static str,
}

/// What a path begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// The resources that the verb is called on.
    Place,
    /// Azure ML in the subscription that they lie in.
    Subscription,
}

impl Verb {
    /// What lies there: all of them, or the one that the path names.
    pub(crate) fn get(path: &[&str]) -> Self {
        Self {
            method: Method::GET,
            within: Within::Place,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Value::Null,
            has_result: true,
            is_repeatable: false,
            items: "value",
            page_size: "",
        }
    }

    pub(crate) fn put(path: &[&str], body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { method: Method::PUT, body: to_json(body)?, ..Self::get(path) })
    }

    pub(crate) fn patch(path: &[&str], body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { method: Method::PATCH, body: to_json(body)?, ..Self::get(path) })
    }

    /// Nothing is left of what is deleted.
    pub(crate) fn delete(path: &[&str]) -> Self {
        Self { method: Method::DELETE, has_result: false, ..Self::get(path) }
    }

    /// `POST .../{name}/{action}`: lets something happen.
    pub(crate) fn post(path: &[&str]) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    /// `POST .../{name}/{action}`: a question that changes nothing, so that it may be asked again.
    pub(crate) fn ask(path: &[&str]) -> Self {
        Self { is_repeatable: true, ..Self::post(path) }
    }

    /// The path is one of Azure ML in the subscription.
    pub(crate) fn in_subscription(self) -> Self {
        Self { within: Within::Subscription, ..self }
    }

    pub(crate) fn body(self, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { body: to_json(body)?, ..self })
    }

    /// It yields nothing, whatever Azure may answer.
    pub(crate) fn without_result(self) -> Self {
        Self { has_result: false, ..self }
    }

    /// A parameter of the query, where there is one.
    pub(crate) fn query<'a>(mut self, name: &'static str, value: impl Into<Option<&'a str>>) -> Self {
        self.query.extend(value.into().map(|value| (name, value.to_owned())));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The items of its pages are in a member of this name.
    pub(crate) fn items(self, member: &'static str) -> Self {
        Self { items: member, ..self }
    }

    /// The parameter of the query that says how many items a page has; empty, if there is none.
    pub(crate) fn page_size(self, parameter: &'static str) -> Self {
        Self { page_size: parameter, ..self }
    }

    /// Wants pages of this size, where that can be said.
    pub(super) fn of_size(self, size: Option<u32>) -> Self {
        match (self.page_size, size) {
            ("", _) | (_, None) => self,
            (parameter, Some(size)) => self.query(parameter, size.to_string().as_str()),
        }
    }

    /// What a person calls the resource that is meant, such as `x` or `x:3`; none, if all are.
    pub(super) fn subject(&self) -> Option<String> {
        match &self.path[..] {
            _ if self.within == Within::Subscription => None,
            [] => None,
            [name, versions, version, ..] if versions == "versions" => Some(format!("{name}:{version}")),
            [name, ..] => Some(name.clone()),
        }
    }
}

pub(crate) fn to_json(body: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(body).map_err(|error| {
        Error::new(ErrorKind::Configuration, "the description of the resource cannot be written as JSON")
            .with_source(error)
    })
}
