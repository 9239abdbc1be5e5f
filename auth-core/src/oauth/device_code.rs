//! Sign-in with a code that a person enters on another device (RFC 8628).

use std::time::Duration;

use oauth2::basic::BasicErrorResponse;
use oauth2::http::header::CONTENT_TYPE;
use oauth2::{HttpRequest, RequestTokenError};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout_at};
use url::{Url, form_urlencoded};

use super::client::{EntraClient, delegated_scopes};
use super::endpoint::endpoint;
use super::exchange::Exchange;
use super::response::{Answer, number};
use crate::{Error, ErrorKind, Grant, Secret, SignInCommand, Tenant, TokenRequest};

/// Assumed where the answer does not say how long the code lives (observed: MSAL for Python).
const DEFAULT_LIFETIME: u64 = 1800;
/// No code is waited for longer than this, whatever the answer says.
const LONGEST_LIFETIME: u64 = 24 * 3600;
/// Assumed where the answer does not say how often to ask (RFC 8628, 3.2).
const DEFAULT_INTERVAL: u64 = 5;
/// By how much the pace falls when the other side asks for it, and after a request that never arrived (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause after requests that never arrived.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest code and page that are shown; Entra ID's have 9 and about 40 characters.
const LONGEST_TEXT: usize = 200;

/// What a person enters, and where; and, hidden, what the tokens are asked for with.
#[derive(Debug)]
pub struct DeviceCode {
    user_code: String,
    page: Url,
    secret: Secret,
    interval: Duration,
    lifetime: Duration,
    end: Instant,
    tenant: Tenant,
    request: TokenRequest,
}

impl DeviceCode {
    /// The code to enter, without control characters.
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// The page to enter it on: http or https, and never with the code in it.
    pub fn page(&self) -> &Url {
        &self.page
    }

    /// How long the code was valid when it was issued.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// The answer of the device code endpoint (RFC 8628, 3.2). Numbers may come as strings.
#[derive(Deserialize)]
struct Wire {
    device_code: Secret,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    interval: Option<u64>,
}

impl EntraClient {
    /// Asks for a code that a person then enters on any device.
    ///
    /// # Errors
    /// What Entra ID refuses, and [`ErrorKind::Protocol`] for an answer that cannot be shown to a person.
    pub async fn device_code(&self, tenant: &Tenant, request: &TokenRequest) -> Result<DeviceCode, Error> {
        let way = self.exchange(tenant, request);
        let scopes = delegated_scopes(request).map(|scope| scope.to_string()).collect::<Vec<_>>().join(" ");
        let mut form = vec![("client_id", self.client_id().to_owned()), ("scope", scopes)];
        form.extend(self.claims(request)?.map(|claims| ("claims", claims)));
        let start = Instant::now();
        let answer = way.send(post(&endpoint(self.cloud(), tenant, "devicecode"), &form)?).await;
        let answer = answer.map_err(|error| way.traced(error))?;
        let host = self.cloud().authority_host();
        let refuse = |why: &str| {
            way.traced(Error::new(ErrorKind::Protocol, format!("{host} answered with a device code that {why}")))
        };
        // The body is not shown: it holds the device code.
        let wire: Wire = serde_json::from_slice(answer.body()).map_err(|_| refuse("cannot be read"))?;
        let page = Url::parse(&wire.verification_uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let page = page.filter(|url| url.has_host() && url.as_str().len() <= LONGEST_TEXT);
        let page = page.ok_or_else(|| refuse("names no web page"))?;
        let user_code: String = wire.user_code.chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect();
        if user_code.trim().is_empty() || wire.device_code.expose().is_empty() {
            return Err(refuse("is empty"));
        }
        let lifetime = wire.expires_in.unwrap_or(DEFAULT_LIFETIME).min(LONGEST_LIFETIME);
        let lifetime = Duration::from_secs(lifetime);
        // Nobody asks more often than once a second; zero would be a storm.
        let interval = Duration::from_secs(wire.interval.unwrap_or(DEFAULT_INTERVAL).clamp(1, LONGEST_LIFETIME));
        let (tenant, request) = (tenant.clone(), request.clone());
        let (secret, end) = (wire.device_code, start + lifetime);
        Ok(DeviceCode { user_code, page, secret, interval, lifetime, end, tenant, request })
    }

    /// Waits until the person has entered the code, asking as often as the other side allows. A network that is away is
    /// waited for, and dropping the future ends it.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the person declined, [`ErrorKind::Timeout`] if the code expired before it was entered, and
    /// whatever else Entra ID refuses.
    pub async fn redeem_device_code(&self, code: &DeviceCode) -> Result<Grant, Error> {
        let way = self.exchange(&code.tenant, &code.request);
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
            ("client_id", self.client_id().to_owned()),
            ("device_code", code.secret.expose().to_owned()),
            ("client_info", "1".to_owned()),
        ];
        form.extend(self.claims(&code.request)?.map(|claims| ("claims", claims)));
        let token = endpoint(self.cloud(), &code.tenant, "token");
        let ask = || self.ask(&way, &token, &form);
        poll(code.interval, code.end, ask).await.unwrap_or_else(|| Err(expired())).map_err(|error| {
            if error.kind() != ErrorKind::Timeout || error.help().is_some() {
                return error;
            }
            let again = SignInCommand::new(self.cloud()).tenant(&code.tenant).scopes(code.request.scopes());
            error.with_help(format!("for a new code: {again} --use-device-code"))
        })
    }

    async fn ask(&self, way: &Exchange, token: &Url, form: &[(&str, String)]) -> Result<Grant, Error> {
        let answer = match way.send(post(token, form)?).await {
            Ok(answer) => serde_json::from_slice::<Answer>(answer.body())
                .map_err(|_| RequestTokenError::<_, BasicErrorResponse>::Other(String::new())),
            Err(error) => Err(RequestTokenError::Request(error)),
        };
        self.grant(answer, way, None)
    }
}

fn expired() -> Error {
    Error::new(ErrorKind::Timeout, "the code expired before anybody entered it")
}

fn post(url: &Url, form: &[(&str, String)]) -> Result<HttpRequest, Error> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    oauth2::http::Request::post(url.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .map_err(|error| Error::new(ErrorKind::Configuration, format!("{url} is not a URL")).with_source(error))
}

/// Asks every `interval` until there is an answer, or nothing at `end`.
async fn poll<T, F: Future<Output = Result<T, Error>>>(
    mut interval: Duration,
    end: Instant,
    mut ask: impl FnMut() -> F,
) -> Option<Result<T, Error>> {
    let mut pause = interval;
    loop {
        let next = Instant::now() + pause;
        if next >= end {
            sleep_until(end).await;
            return None;
        }
        sleep_until(next).await;
        let error = match timeout_at(end, ask()).await.ok()? {
            Err(error) => error,
            answer => return Some(answer),
        };
        pause = match error.entra().map(|entra| entra.error.as_str()) {
            Some("authorization_pending") => interval,
            Some("slow_down") => {
                interval += SLOWER;
                interval
            }
            Some("expired_token" | "code_expired") => return Some(Err(expired())),
            _ if error.is_transient() => {
                tracing::debug!(%error, "the sign-in is asked for again");
                (pause * 2).min(LONGEST_PAUSE).max(interval).max(error.retry_after().unwrap_or_default())
            }
            _ => return Some(Err(error)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntraError;

    fn refused(error: &str, kind: ErrorKind) -> Error {
        let entra = EntraError { error: error.to_owned(), ..EntraError::default() };
        Error::new(kind, "refused").with_entra(entra)
    }

    /// The seconds at which each answer was asked for, and how it ended.
    async fn asked(lifetime: u64, answers: Vec<Result<u8, Error>>) -> (Vec<u64>, Option<Result<u8, Error>>) {
        let (start, mut times, mut answers) = (Instant::now(), Vec::new(), answers.into_iter());
        let ask = || {
            times.push(start.elapsed().as_secs());
            std::future::ready(answers.next().unwrap_or_else(pending))
        };
        let end = poll(Duration::from_secs(5), start + Duration::from_secs(lifetime), ask).await;
        (times, end)
    }

    fn pending() -> Result<u8, Error> {
        Err(refused("authorization_pending", ErrorKind::Rejected))
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_is_kept_until_the_person_is_done() {
        let (times, end) = asked(900, vec![pending(), pending(), Ok(7)]).await;
        assert_eq!(times, [5, 10, 15]);
        assert_eq!(end.unwrap().unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn each_slow_down_costs_five_seconds_for_good() {
        let slow_down = || Err(refused("slow_down", ErrorKind::Rejected));
        let (times, _) = asked(900, vec![slow_down(), slow_down(), pending(), Ok(7)]).await;
        assert_eq!(times, [5, 15, 30, 45]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_network_is_waited_for_longer_each_time_and_then_asked_at_the_old_pace() {
        let away = || Err(Error::new(ErrorKind::Network, "away"));
        let (times, end) = asked(900, vec![away(), away(), away(), away(), away(), pending(), Ok(7)]).await;
        assert_eq!(times, [5, 15, 35, 75, 135, 195, 200]);
        assert!(end.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_for_patience_gets_it() {
        let throttled = Error::new(ErrorKind::Throttled, "busy").with_retry_after(Some(Duration::from_secs(100)));
        let (times, _) = asked(900, vec![Err(throttled), Ok(7)]).await;
        assert_eq!(times, [5, 105]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_once_the_code_has_expired() {
        let start = Instant::now();
        let (times, end) = asked(12, Vec::new()).await;
        assert_eq!((times, end.is_none(), start.elapsed().as_secs()), (vec![5, 10], true, 12));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_ends_it_at_once() {
        for (error, kind) in [
            ("access_denied", ErrorKind::Cancelled),
            ("authorization_declined", ErrorKind::Cancelled),
            ("bad_verification_code", ErrorKind::Rejected),
            ("code_expired", ErrorKind::Timeout),
            ("expired_token", ErrorKind::Timeout),
            ("invalid_grant", ErrorKind::Interaction),
        ] {
            let (times, end) = asked(900, vec![pending(), Err(refused(error, kind))]).await;
            assert_eq!((times, end.unwrap().unwrap_err().kind()), (vec![5, 10], kind), "{error}");
        }
    }
}
