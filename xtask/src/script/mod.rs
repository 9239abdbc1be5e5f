//! A loopback server that plays one recorded conversation, for tests whose cases are folders.
//!
//! ```
//! use xtask::script::Script;
//!
//! let exchanges = r#"[{
//!     "request": {"method": "GET", "path": "/token", "query": {"resource": "https://ml.azure.com"}, "headers": {"secret": "sec-1"}},
//!     "response": {"status": 200, "body": {"access_token": "at-1", "expires_on": 1893456000}}
//! }]"#;
//! let script = Script::start(exchanges, "files".as_ref());
//! assert!(script.fill("{http}/token").starts_with("http://127.0.0.1:"));
//! assert_eq!(script.problems(), ["nobody asked: GET /token?resource=https://ml.azure.com"]);
//! ```
//!
//! An exchange has a `request`, a `response`, and `times` if it happens more than once.
//!
//! * `request`: `method` and `path`; `query` and `form`, which must be equal to the last parameter; `headers`, of which there may
//!   be more; `absent`, the names of headers that must not be there; `tls`, whether it comes over https.
//! * `response`: `status`, 200 without it; `headers`, each a text or a list of texts; `body`, a text or JSON, or `body_base64`;
//!   `repeat_body`, how many times the body follows itself; `content_type`; `hang`, whether no answer ever comes.

mod exchange;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use self::exchange::{Answer, Exchange};
use crate::emulator::LoggedRequest;
use crate::emulator::log::BODY_LIMIT;
use crate::emulator::tls::authority;
use crate::loopback::{Connection, Loopback};

/// A running conversation, on its own thread and ports. Dropping it stops it.
#[derive(Debug)]
pub struct Script {
    server: Loopback,
    root: PathBuf,
    play: Arc<Mutex<Play>>,
}

/// How far the conversation is.
#[derive(Debug)]
struct Play {
    /// What is still to come.
    exchanges: Vec<Exchange>,
    lenient: bool,
    /// The answer of the exchange that was the last so far.
    last: Option<Answer>,
    requests: Vec<LoggedRequest>,
    misfits: Vec<Misfit>,
}

/// A request that was not expected.
#[derive(Clone, Debug)]
struct Misfit {
    number: usize,
    /// Method and URL.
    request: String,
    /// Nothing if the script was over.
    differences: Vec<String>,
}

impl Script {
    /// Plays the exchanges in their order; a request that does not fit is answered with 418. `root` is the folder that stands for
    /// the machine's file system.
    ///
    /// # Panics
    ///
    /// If the text is not a list of exchanges, or the machine has no free loopback port.
    pub fn start(http_json: &str, root: &Path) -> Self {
        Self::play(http_json, root, false)
    }

    /// The same, but a request is answered whether it fits or not, and with the last answer again when the script is over.
    ///
    /// # Panics
    ///
    /// As [`Script::start`].
    pub fn lenient(http_json: &str, root: &Path) -> Self {
        Self::play(http_json, root, true)
    }

    fn play(http_json: &str, root: &Path, lenient: bool) -> Self {
        let play = Play { exchanges: Vec::new(), lenient, last: None, requests: Vec::new(), misfits: Vec::new() };
        let play = Arc::new(Mutex::new(play));
        let mut tls = (*authority().server).clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let router = Router::new().fallback(answer).with_state(play.clone());
        let script = Self { server: Loopback::start("script", router, Arc::new(tls)), root: root.to_owned(), play };
        let mut written: Value = serde_json::from_str(http_json).expect("the script is JSON");
        script.fill_all(&mut written);
        let exchanges = serde_json::from_value(written).expect("the script is a list of exchanges");
        lock(&script.play).exchanges = exchanges;
        script
    }

    /// Replaces `{http}` and `{https}` by the server's addresses, `{thumbprint}` by the SHA-1 of its certificate, and `{root}` by
    /// the folder. The script's own texts are filled already.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{http}", &self.server.http_url())
            .replace("{https}", &self.server.https_url())
            .replace("{thumbprint}", &authority().thumbprint)
            .replace("{root}", &self.root.display().to_string())
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.play).requests.clone()
    }

    /// The certificate of the authority that the server's own is of, as PEM.
    pub fn ca_pem(&self) -> &str {
        &authority().ca_pem
    }

    /// What was asked and did not fit, and then what nobody asked.
    pub fn problems(&self) -> Vec<String> {
        let play = lock(&self.play);
        let misfits = play.misfits.iter().map(|misfit| {
            let what = match misfit.differences.as_slice() {
                [] => "the script is over".to_owned(),
                differences => differences.join("; "),
            };
            format!("request {}, {}: {what}", misfit.number, misfit.request)
        });
        let left = play.exchanges.iter().map(|exchange| {
            let times = if exchange.times > 1 { format!(" ({} times)", exchange.times) } else { String::new() };
            format!("nobody asked: {}{times}", exchange.request.shown())
        });
        misfits.chain(left).collect()
    }

    /// The number of each request that came while another one was expected, and how they differ.
    pub fn differences(&self) -> Vec<(usize, Vec<String>)> {
        let play = lock(&self.play);
        let compared = play.misfits.iter().filter(|misfit| !misfit.differences.is_empty());
        compared.map(|misfit| (misfit.number, misfit.differences.clone())).collect()
    }

    fn fill_all(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_all(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill_all(member)),
            Value::String(text) => *text = self.fill(text),
            _ => {}
        }
    }
}

impl Play {
    /// The answer of the exchange that is due, which is then over.
    fn next(&mut self, differences: impl Fn(&Exchange) -> Vec<String>, request: String) -> Option<Answer> {
        let number = self.requests.len() + 1;
        let Some(due) = self.exchanges.first_mut() else {
            self.misfits.push(Misfit { number, request, differences: Vec::new() });
            return self.last.clone().filter(|_| self.lenient);
        };
        let differences = differences(due);
        if !differences.is_empty() {
            self.misfits.push(Misfit { number, request, differences });
            if !self.lenient {
                return None;
            }
        }
        let answer = due.response.clone();
        due.times = due.times.saturating_sub(1);
        if due.times == 0 {
            self.exchanges.remove(0);
        }
        self.last = Some(answer.clone());
        Some(answer)
    }
}

async fn answer(
    State(play): State<Arc<Mutex<Play>>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut logged = LoggedRequest::new(&parts, &body);
    let answer = {
        let mut play = lock(&play);
        let differences = |due: &Exchange| due.request.differences(&logged, &parts, connection.scheme);
        let answer = play.next(differences, format!("{} {}", parts.method, parts.uri));
        logged.status = match &answer {
            None => StatusCode::IM_A_TEAPOT.as_u16(),
            Some(answer) if answer.hang => 0,
            Some(answer) => answer.status,
        };
        play.requests.push(logged);
        answer
    };
    match answer {
        None => (StatusCode::IM_A_TEAPOT, "The script does not expect this request.").into_response(),
        Some(answer) if answer.hang => std::future::pending().await,
        Some(answer) => answer.response(),
    }
}

/// A handler that panicked does not take the others down with it.
fn lock(play: &Mutex<Play>) -> MutexGuard<'_, Play> {
    play.lock().unwrap_or_else(PoisonError::into_inner)
}
