//! What is to be sent.

use std::io::Read as _;

use auth_core::{Cloud, Error, ErrorKind, Secret};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;
use workspace_client::arm::Method;

use crate::args::{RestArgs, method};

/// What stands for the subscription, as in the pages about the API.
const SUBSCRIPTION: &str = "{subscriptionId}";

pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn read(
        args: &RestArgs,
        cloud: &Cloud,
        subscription: impl FnOnce() -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let (method, url) = match &args.words[..] {
            [url] => (Method::GET, url.clone()),
            [verb, url] => {
                (method(verb).map_err(|why| wrong(&format!("the first word is no method: {why}")))?, url.clone())
            }
            _ => (args.method.clone().unwrap_or(Method::GET), args.url.clone().unwrap_or_default()),
        };
        let url = if url.contains(SUBSCRIPTION) { url.replace(SUBSCRIPTION, &subscription()?) } else { url };
        let url = if url.contains("://") {
            url
        } else {
            format!("{}/{}", cloud.resource_manager().as_str().trim_end_matches('/'), url.trim_start_matches('/'))
        };
        // What follows the path may be a signature, and is not told.
        let mut url = Url::parse(&url).map_err(|error| wrong("this is no URL").with_source(error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("this is no URL of a web service"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a URL with a user in front of its host may lead anybody astray")
                .with_help("leave out what stands before @"));
        }
        for (name, value) in pairs("--uri-parameters", &args.uri_parameters)? {
            url.query_pairs_mut().append_pair(&name, &value);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in pairs("--headers", &args.headers)? {
            let refuse = || wrong(&format!("--headers: the header {name:?} cannot be sent"));
            let mut value = HeaderValue::from_str(&value).map_err(|_| refuse())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, value);
        }
        let body = args.body.as_ref().map(|body| bytes("--body", body.expose())).transpose()?;
        let is_json = body.as_ref().is_some_and(|body| serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok());
        if is_json && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert("x-ms-client-request-id", request_id()?);
        Ok(Self { method, url, headers, body })
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

fn request_id() -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).map_err(|_| wrong("no id can be made for the request"))
}

/// `NAME=VALUE`, or the members of JSON objects.
fn pairs(option: &str, said: &[Secret]) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    for (index, said) in said.iter().enumerate() {
        let refuse = || {
            // It may be a secret, so that only its place is told.
            wrong(&format!("{option}: number {} is neither NAME=VALUE nor a JSON object", index + 1))
        };
        let text = String::from_utf8(bytes(option, said.expose())?).map_err(|_| refuse())?;
        if let Ok(Value::Object(members)) = serde_json::from_str(&text) {
            pairs.extend(members.into_iter().map(|(name, value)| match value {
                Value::String(text) => (name, text),
                other => (name, other.to_string()),
            }));
        } else {
            let (name, value) = text.split_once('=').ok_or_else(refuse)?;
            pairs.push((name.trim().to_owned(), value.trim_end_matches(['\r', '\n']).to_owned()));
        }
    }
    Ok(pairs)
}

/// What was said, or what is in the file that it names.
fn bytes(option: &str, said: &str) -> Result<Vec<u8>, Error> {
    let Some(file) = said.strip_prefix('@') else { return Ok(said.as_bytes().to_vec()) };
    let refuse = |error: std::io::Error| wrong(&format!("{option}: {file} cannot be read: {error}"));
    if file != "-" {
        return std::fs::read(file).map_err(refuse);
    }
    let mut read = Vec::new();
    std::io::stdin().lock().read_to_end(&mut read).map_err(refuse)?;
    Ok(read)
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Configuration, why)
}
