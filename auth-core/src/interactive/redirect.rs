//! Reading the redirect: one HTTP request, which may come from anybody on this machine.

use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::Secret;

const LARGEST_HEAD: usize = 16 << 10;
const LARGEST_BODY: usize = 64 << 10;
const MOST_HEADERS: usize = 64;

/// What the authority sent back through the browser.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The code to redeem.
    Code(Secret),
    /// The sign-in ended with an error: the OAuth error and its description.
    Error(String, String),
}

/// Why a request is not the redirect. It is answered, and the waiting goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    BadRequest,
    BadState,
    Doubled,
    NoState,
    WrongHost,
    WrongPath,
}

/// How the redirect came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

/// Reads one request and checks that it is the redirect of this sign-in: the method, the path, the host that the browser
/// believes to talk to (against DNS rebinding), the sizes, and the state.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    port: u16,
    state: &Secret,
) -> Result<(Method, Redirect), Stray> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(4096));
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&buffer) {
            Err(_) => return Err(Stray::BadRequest),
            Ok(httparse::Status::Partial) if buffer.len() >= LARGEST_HEAD => return Err(Stray::BadRequest),
            Ok(httparse::Status::Partial) => read_more(stream, &mut buffer).await?,
            Ok(httparse::Status::Complete(head)) => {
                let (method, query, length) = checked_head(&request, port)?;
                let body = head..head + length;
                while buffer.len() < body.end {
                    read_more(stream, &mut buffer).await?;
                }
                let parameters = match &query {
                    Some(query) => query.as_bytes(),
                    None => &buffer[body],
                };
                return Ok((method, checked_parameters(parameters, state)?));
            }
        }
    }
}

async fn read_more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<(), Stray> {
    match stream.read_buf(buffer).await {
        Ok(read) if read > 0 => Ok(()),
        _ => Err(Stray::BadRequest),
    }
}

/// The method, the query of a GET, and the length of the body of a POST.
fn checked_head(
    request: &httparse::Request<'_, '_>,
    port: u16,
) -> Result<(Method, Option<Zeroizing<String>>, usize), Stray> {
    let (path, query) = match request.path.unwrap_or_default().split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.path.unwrap_or_default(), None),
    };
    if !one_header(request, "host").is_some_and(|host| is_own_host(host, port)) {
        return Err(Stray::WrongHost);
    }
    if path != "/" {
        return Err(Stray::WrongPath);
    }
    match (request.method, query) {
        (Some("GET"), Some(query)) => Ok((Method::Get, Some(Zeroizing::new(query.to_owned())), 0)),
        (Some("POST"), None) => {
            let kind = one_header(request, "content-type").unwrap_or_default().to_ascii_lowercase();
            let length = one_header(request, "content-length").and_then(|length| length.parse().ok());
            match length {
                Some(length) if length <= LARGEST_BODY && kind.starts_with("application/x-www-form-urlencoded") => {
                    Ok((Method::Post, None, length))
                }
                _ => Err(Stray::BadRequest),
            }
        }
        _ => Err(Stray::BadRequest),
    }
}

/// The value of a header that occurs exactly once.
fn one_header<'a>(request: &'a httparse::Request<'_, '_>, name: &str) -> Option<&'a str> {
    let mut found = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some(header), None) => std::str::from_utf8(header.value).ok().map(str::trim),
        _ => None,
    }
}

fn is_own_host(host: &str, port: u16) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| host.eq_ignore_ascii_case(&format!("{own}:{port}")))
}

/// The code or the error, if the state is ours. A parameter that occurs twice, or a request without a state, is nobody's.
pub(super) fn checked_parameters(parameters: &[u8], state: &Secret) -> Result<Redirect, Stray> {
    let one = |name: &str| {
        let mut found = form_urlencoded::parse(parameters).filter(|(key, _)| key == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Ok(Some(Secret::new(value.into_owned()))),
            (Some(_), Some(_)) => Err(Stray::Doubled),
        }
    };
    let (code, error, description, found) = (one("code")?, one("error")?, one("error_description")?, one("state")?);
    let found = found.ok_or(Stray::NoState)?;
    if !bool::from(found.expose().as_bytes().ct_eq(state.expose().as_bytes())) {
        return Err(Stray::BadState);
    }
    match (error, code) {
        (Some(error), _) => {
            let visible =
                |text: &str, longest: usize| text.chars().filter(|c| !c.is_control()).take(longest).collect::<String>();
            let description = description.map(|text| visible(text.expose(), 600)).unwrap_or_default();
            Ok(Redirect::Error(visible(error.expose(), 100), description))
        }
        (None, Some(code)) if !code.expose().is_empty() => Ok(Redirect::Code(code)),
        _ => Err(Stray::BadRequest),
    }
}
