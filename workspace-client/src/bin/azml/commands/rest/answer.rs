//! What is made of an answer.

use std::io::Write as _;
use std::path::Path;

use auth_core::http::{body, network_error};
use auth_core::{Error, ErrorKind};
use reqwest::Response;
use reqwest::header::LOCATION;
use serde_json::Value;
use tempfile::NamedTempFile;
use url::Url;

use super::request::Request;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::terminal::warn;

/// More of a message is not told.
const LONGEST_MESSAGE: usize = 1000;

pub(super) async fn read(response: Response) -> Result<Option<Outcome>, Error> {
    let body = body(response).await.map_err(|error| match error.help() {
        None => error.with_help("write the answer to a file: --output-file FILE"),
        Some(_) => error,
    })?;
    if body.is_empty() {
        return Ok(None);
    }
    if let Ok(value) = serde_json::from_slice::<Value>(&body) {
        return Ok(Some(Outcome::new(value)));
    }
    let text = String::from_utf8(body).map_err(|_| {
        Error::new(ErrorKind::Protocol, "the answer is no text").with_help("write it to a file: --output-file FILE")
    })?;
    warn("the answer is not JSON, so it is printed as it is");
    Ok(Some(Outcome::new(text.clone().into()).or_as_text(text)))
}

/// Writes the answer to a file, which is whole or not there.
pub(super) async fn save(mut response: Response, file: &Path, progress: &Progress) -> Result<(), Error> {
    let refuse = |error: std::io::Error| {
        Error::new(ErrorKind::Configuration, format!("{} cannot be written: {error}", file.display()))
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut saved = NamedTempFile::new_in(folder).map_err(refuse)?;
    progress.bytes(format!("writing {}", file.display()), response.content_length());
    while let Some(chunk) = response.chunk().await.map_err(network_error)? {
        saved.write_all(&chunk).map_err(refuse)?;
        progress.moved(chunk.len());
    }
    saved.persist(file).map_err(|error| refuse(error.error))?;
    Ok(())
}

/// Why the host did not do it, as far as it says.
pub(super) async fn refusal(request: &Request, response: Response) -> Error {
    let (status, headers) = (response.status(), response.headers().clone());
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut message = format!("{} answered {status} to {}", request.host(), request.method);
    if status.is_redirection() {
        let place = header(LOCATION.as_str()).and_then(|place| request.url.join(&place).ok());
        let host = place.as_ref().and_then(Url::host_str).unwrap_or("another place");
        message.extend([" and refers to ", host, ", which is not followed"]);
    }
    let said: Value = body(response).await.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
    let text = |pointers: [&str; 3]| pointers.iter().find_map(|pointer| said.pointer(pointer)?.as_str());
    for part in [
        text(["/error/code", "/code", "/odata.error/code"]),
        text(["/error/message", "/message", "/odata.error/message/value"]),
    ] {
        message.extend(part.map(|part| format!(": {}", one_line(part))));
    }
    let kind = match status.as_u16() {
        429 => ErrorKind::Throttled,
        400..500 => ErrorKind::Rejected,
        500.. => ErrorKind::Network,
        _ => ErrorKind::Protocol,
    };
    let error = Error::new(kind, message.trim_end_matches('.')).with_status(status.as_u16());
    match header("x-ms-correlation-request-id").or_else(|| header("x-ms-request-id")) {
        Some(id) => error.with_correlation_id(one_line(&id)),
        None => error,
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_MESSAGE).collect()
}
