//! The exchanges of a script: how they are written, and which request fits.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::emulator::LoggedRequest;

/// One request and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) request: Expected,
    pub(super) response: Answer,
    /// How often it happens in a row.
    #[serde(default = "once")]
    pub(super) times: u32,
}

/// What a request must look like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    method: String,
    path: String,
    /// Every parameter of the query; not looked at without this.
    query: Option<BTreeMap<String, String>>,
    /// Every parameter of the form in the body; not looked at without this.
    form: Option<BTreeMap<String, String>>,
    /// Headers that must have these values.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    absent: Vec<String>,
    /// Whether it must come over https; over http otherwise.
    #[serde(default)]
    tls: bool,
}

/// What a request is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    headers: BTreeMap<String, OneOrMany>,
    /// A text is sent as it is, everything else as JSON.
    body: Option<Value>,
    body_base64: Option<String>,
    /// How many times the body follows itself.
    #[serde(default = "one")]
    repeat_body: usize,
    content_type: Option<String>,
    /// Whether no answer ever comes.
    #[serde(default)]
    pub(super) hang: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

impl Expected {
    /// What is wrong with a request, nothing if it fits.
    pub(super) fn differences(&self, request: &LoggedRequest, parts: &Parts, scheme: &str) -> Vec<String> {
        let mut found = Vec::new();
        let scheme_expected = if self.tls { "https" } else { "http" };
        if scheme != scheme_expected {
            found.push(format!("it came over {scheme}, not over {scheme_expected}"));
        }
        if (&request.method, &request.path) != (&self.method, &self.path) {
            found.push(format!("{} {} was expected", self.method, self.path));
        }
        let query = pairs(parts.uri.query().unwrap_or_default());
        let form = if request.form.is_empty() { Vec::new() } else { pairs(&request.body) };
        for (what, expected, sent) in [("query", &self.query, query), ("form", &self.form, form)] {
            let Some(expected) = expected else { continue };
            let expected: Vec<_> = expected.clone().into_iter().map(normal).collect();
            found.extend(without(&sent, &expected).map(|more| format!("its {what} has {more}")));
            found.extend(without(&expected, &sent).map(|less| format!("its {what} lacks {less}")));
        }
        for (name, value) in &self.headers {
            match request.headers.get(&name.to_ascii_lowercase()) {
                None => found.push(format!("its header {name} is missing")),
                Some(sent) if sent != value => found.push(format!("its header {name} is {sent:?}, not {value:?}")),
                Some(_) => {}
            }
        }
        let unwanted = self.absent.iter().filter(|name| request.headers.contains_key(&name.to_ascii_lowercase()));
        found.extend(unwanted.map(|name| format!("its header {name} should not be there")));
        found
    }

    /// Method, path and query, for a person.
    pub(super) fn shown(&self) -> String {
        let query: Vec<_> = self.query.clone().unwrap_or_default().into_iter().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, shown(&query))
    }
}

impl Answer {
    pub(super) fn response(&self) -> Response {
        let (body, content_type): (Vec<u8>, _) = match (&self.body, &self.body_base64) {
            (None, None) => (Vec::new(), "text/plain"),
            (None, Some(text)) => (STANDARD.decode(text).expect("body_base64 is base64"), "application/octet-stream"),
            (Some(Value::String(text)), None) => (text.clone().into_bytes(), "text/plain"),
            (Some(json), None) => (json.to_string().into_bytes(), "application/json"),
            (Some(_), Some(_)) => panic!("an answer has a body or a body_base64"),
        };
        let mut response =
            Response::builder().status(StatusCode::from_u16(self.status).expect("the status is an HTTP status"));
        response = response.header(header::CONTENT_TYPE, self.content_type.as_deref().unwrap_or(content_type));
        for (name, values) in &self.headers {
            let values = match values {
                OneOrMany::Many(values) => values.as_slice(),
                OneOrMany::One(value) => std::slice::from_ref(value),
            };
            for value in values {
                response = response.header(name, value);
            }
        }
        response.body(repeated(&body, self.repeat_body)).expect("the headers are HTTP headers")
    }
}

/// The body so many times, never all of it in memory.
fn repeated(body: &[u8], times: usize) -> Body {
    if times == 1 || body.is_empty() {
        return Body::from(body.to_vec());
    }
    let at_once = (64 * 1024 / body.len()).clamp(1, times);
    let (piece, rest) = (Bytes::from(body.repeat(at_once)), Bytes::from(body.repeat(times % at_once)));
    let pieces = std::iter::repeat_n(piece, times / at_once).chain([rest]);
    Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
}

/// Every parameter, in order of the names, so that a repeated one counts.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().map(normal).collect();
    pairs.sort();
    pairs
}

/// A parameter that holds JSON, such as `claims`, may have spaces in it.
fn normal((name, value): (String, String)) -> (String, String) {
    let object: Option<serde_json::Map<String, Value>> = serde_json::from_str(&value).ok();
    (name, object.map_or(value, |object| Value::from(object).to_string()))
}

/// The parameters that only the first has, if there are any.
fn without(pairs: &[(String, String)], others: &[(String, String)]) -> Option<String> {
    let mut others = others.to_vec();
    let mut left = pairs.to_vec();
    left.retain(|pair| match others.iter().position(|other| other == pair) {
        Some(position) => {
            others.remove(position);
            false
        }
        None => true,
    });
    (!left.is_empty()).then(|| shown(&left))
}

fn shown(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", value.escape_debug())).collect::<Vec<_>>().join("&")
}

fn once() -> u32 {
    1
}

fn one() -> usize {
    1
}

fn ok() -> u16 {
    200
}
