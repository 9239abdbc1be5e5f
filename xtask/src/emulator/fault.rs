//! Things that go wrong on purpose.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::Value;

/// What goes wrong, where, and how often.
///
/// ```
/// use xtask::emulator::{Effect, Fault};
///
/// // The second and third refresh are throttled.
/// let fault = Fault::new("/oauth2/v2.0/token", Effect::throttled(7)).with_body("grant_type=refresh_token").after(1).times(2);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    path: String,
    body: Option<String>,
    skip: u32,
    times: Option<u32>,
    effect: Effect,
}

/// What a request meets instead of its answer.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The connection is closed without an answer, and with it every other request on it.
    CloseConnection,
    /// The real answer comes this much later.
    Delay(Duration),
    /// `200 OK` with bytes that claim to be JSON and are not.
    Garbage,
    /// No answer ever comes, and the connection stays open.
    Hang,
    /// `502 Bad Gateway` with a page of HTML, as a gateway in front of the service sends it.
    Html,
    /// The answer of the token endpoint when it refuses.
    OauthError {
        /// The HTTP status.
        status: u16,
        /// The whole body.
        json: Value,
    },
    /// Any answer.
    Status {
        /// The HTTP status.
        status: u16,
        /// The headers, such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
        /// The body's type.
        content_type: String,
    },
}

impl Fault {
    /// A fault of every request whose path contains `path`, until [`clear_faults`](super::Emulator::clear_faults).
    pub fn new(path: impl Into<String>, effect: Effect) -> Self {
        Self { path: path.into(), body: None, skip: 0, times: None, effect }
    }

    /// Like [`Fault::new`], but only the first such request meets it.
    pub fn once(path: impl Into<String>, effect: Effect) -> Self {
        Self::new(path, effect).times(1)
    }

    /// Only this many requests meet it.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The first `skip` requests are answered normally.
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Only requests whose body contains this text meet it.
    pub fn with_body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into());
        self
    }

    fn matches(&self, path: &str, body: &str) -> bool {
        self.times != Some(0) && path.contains(&self.path) && self.body.as_ref().is_none_or(|text| body.contains(text))
    }
}

impl Effect {
    /// An answer with this status and JSON body.
    pub fn json(status: u16, json: &Value) -> Self {
        Self::Status { status, headers: Vec::new(), body: json.to_string(), content_type: "application/json".into() }
    }

    /// An empty answer with this status.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new(), body: String::new(), content_type: "text/plain".into() }
    }

    /// `429 Too Many Requests` with this `Retry-After`.
    pub fn throttled(seconds: u64) -> Self {
        Self::Status {
            status: 429,
            headers: vec![("Retry-After".into(), seconds.to_string())],
            body: r#"{"error":{"code":"TooManyRequests","message":"The request is being throttled."}}"#.into(),
            content_type: "application/json".into(),
        }
    }

    /// The answer that takes the real one's place, if there is one.
    pub(super) fn response(&self) -> Option<Response> {
        let (status, headers, body, content_type): (u16, &[(String, String)], String, &str) = match self {
            Self::CloseConnection | Self::Delay(_) | Self::Hang => return None,
            Self::Garbage => (200, &[], "{\"access_token\": \u{0}\u{1} <<<".into(), "application/json"),
            Self::Html => {
                let page =
                    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
                (502, &[], page.into(), "text/html")
            }
            Self::OauthError { status, json } => (*status, &[], json.to_string(), "application/json; charset=utf-8"),
            Self::Status { status, headers, body, content_type } => (*status, headers, body.clone(), content_type),
        };
        let mut response = Response::builder()
            .status(StatusCode::from_u16(status).expect("a fault's status is an HTTP status"))
            .header(header::CONTENT_TYPE, content_type);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Some(response.body(Body::from(body)).expect("a fault's headers are HTTP headers"))
    }
}

/// The effect that this request meets; counts it.
pub(super) fn take(faults: &mut [Fault], path: &str, body: &str) -> Option<Effect> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(path, body)) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else {
            fault.times = fault.times.map(|times| times - 1);
            return Some(fault.effect.clone());
        }
    }
    None
}
