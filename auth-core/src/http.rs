//! The shared HTTP client.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, NoProxy, Proxy, redirect};
use url::Url;

use crate::{ClockSkew, Env, Error, ErrorKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Retry-After is honoured up to this much (observed: MSAL).
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
const LARGEST_BODY: usize = 4 << 20;
const USER_AGENT: &str = concat!("azml/", env!("CARGO_PKG_VERSION"));

/// The one HTTP client of this workspace: built when it is first needed, shared by its clones.
///
/// TLS is rustls with the system's roots, or those of `SSL_CERT_FILE`; `REQUESTS_CA_BUNDLE`, which Azure CLI users set behind
/// inspecting proxies, is added to them. `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured, but nothing on
/// the loopback interface or at a link-local address ever goes through a proxy. Redirects are not followed: a bearer token
/// must not travel to a host that nobody named. Connecting takes at most 10 s, an exchange 30 s.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    env: Env,
    traffic: Traffic,
    built: OnceLock<Result<reqwest::Client, Error>>,
    skew_was_told: AtomicBool,
}

/// What a client is for.
#[derive(Clone, Copy)]
enum Traffic {
    /// Answers are decompressed.
    Calls,
    /// Answers stay as they are stored.
    Files,
    /// Connections become something else, such as a web socket, which HTTP/1.1 alone can do here, and stay open.
    Sockets,
}

impl HttpClient {
    /// A client that takes its proxies and roots from `env`. Nothing is built or read yet.
    pub fn new(env: Env) -> Self {
        Self::of(env, Traffic::Calls)
    }

    /// As [`HttpClient::new`], for files: an answer arrives as it is stored, also if that is compressed, so that its length and its
    /// hash are those of the file.
    pub fn for_files(env: Env) -> Self {
        Self::of(env, Traffic::Files)
    }

    /// The same proxies and roots, for files; see [`HttpClient::for_files`].
    pub fn files(&self) -> Self {
        Self::for_files(self.0.env.clone())
    }

    /// The same proxies and roots, for connections that are upgraded to web sockets (RFC 6455): over HTTP/1.1, and without an end.
    pub fn sockets(&self) -> Self {
        Self::of(self.0.env.clone(), Traffic::Sockets)
    }

    fn of(env: Env, traffic: Traffic) -> Self {
        Self(Arc::new(Inner { env, traffic, built: OnceLock::new(), skew_was_told: AtomicBool::new(false) }))
    }

    /// The client itself, built now if this is the first use.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming the variable whose file or proxy is unusable.
    pub fn get(&self) -> Result<&reqwest::Client, Error> {
        self.0.built.get_or_init(|| build(&self.0.env, self.0.traffic)).as_ref().map_err(Clone::clone)
    }

    /// Whether tokens may be asked for that a service can refuse with a claims challenge before they expire. They live for up
    /// to 28 hours (Microsoft identity platform, continuous access evaluation). `AZURE_IDENTITY_DISABLE_CP1` forbids it
    /// (observed: az 2.91).
    #[cfg(feature = "oauth")]
    pub fn answers_challenges(&self) -> bool {
        self.0.env.var("AZURE_IDENTITY_DISABLE_CP1").is_none()
    }

    /// Says once, as a warning in the log, if an answer of `host` shows that this machine's clock is wrong.
    pub fn check_clock(&self, host: &str, headers: &HeaderMap, now: SystemTime) {
        if let Some(skew) = ClockSkew::seen_in(headers, now)
            && !self.0.skew_was_told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("the clock of this machine is {skew} that of {host}; set it, or services refuse its tokens");
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("built", &self.0.built.get().is_some()).finish()
    }
}

/// Whether a bearer token may be sent to `url`: to https, or to this machine.
pub fn may_carry_tokens(url: &Url) -> bool {
    crate::cloud::is_trustworthy(url)
}

/// How long an answer asks us to wait (RFC 9110, 10.2.3): seconds or a date, at most an hour.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// The whole body of an answer, at most 4 MiB of it after decompression.
///
/// # Errors
/// [`ErrorKind::Protocol`] if it is larger or not compressed as it says, [`ErrorKind::Network`] if it breaks off, and
/// [`ErrorKind::Timeout`].
pub async fn body(response: reqwest::Response) -> Result<Vec<u8>, Error> {
    body_up_to(response, LARGEST_BODY).await
}

/// The same as [`body`], with another limit.
///
/// # Errors
/// As [`body`].
pub async fn body_up_to(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, Error> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken_body(&host, error))? {
        if body.len() + chunk.len() > limit {
            return Err(Error::new(ErrorKind::Protocol, format!("{host} sent more than {limit} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken_body(host: &str, error: reqwest::Error) -> Error {
    if error.is_timeout() {
        return network_error(error);
    }
    let causes = causes(&error.without_url());
    let (kind, what) = if causes.contains("gzip") {
        (ErrorKind::Protocol, "sent an answer that is not compressed as it says")
    } else {
        (ErrorKind::Network, "broke off in the middle of its answer")
    };
    Error::new(kind, format!("{host} {what}{causes}"))
        .with_help("check the network, and HTTPS_PROXY if there is a proxy")
}

/// Says what went wrong on the way to a host, with the whole chain of causes and without the URL's query.
pub fn network_error(error: reqwest::Error) -> Error {
    let host = error.url().and_then(Url::host_str).unwrap_or("the host").to_owned();
    let error = error.without_url();
    let causes = causes(&error);
    if error.is_timeout() {
        return Error::new(ErrorKind::Timeout, format!("{host} did not answer in time{causes}"))
            .with_help("check the network, and HTTPS_PROXY if there is a proxy");
    }
    if causes.contains("tunnel") {
        return Error::new(ErrorKind::Network, format!("{host} could not be reached through the proxy{causes}"))
            .with_help(format!(
                "check HTTPS_PROXY: whether the proxy is there, and lets {host} through; NO_PROXY goes around it"
            ));
    }
    let help = if causes.contains("UnknownIssuer") {
        "its certificate is signed by an unknown authority: behind an inspecting proxy, name its CA file in SSL_CERT_FILE"
    } else {
        "check the network, the name of the cloud, and HTTPS_PROXY if there is a proxy"
    };
    Error::new(ErrorKind::Network, format!("{host} could not be reached{causes}")).with_help(help)
}

/// The chain of causes, each after a colon.
fn causes(error: &reqwest::Error) -> String {
    let mut causes = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let text = next.to_string();
        if !causes.ends_with(&text) {
            causes.push_str(": ");
            causes.push_str(&text);
        }
        cause = next.source();
    }
    causes
}

fn build(env: &Env, traffic: Traffic) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .no_proxy();
    builder = match traffic {
        Traffic::Calls => builder.timeout(TOTAL_TIMEOUT),
        Traffic::Files => builder.timeout(TOTAL_TIMEOUT).no_gzip(),
        Traffic::Sockets => builder.http1_only(),
    };
    for proxy in proxies(env)? {
        builder = builder.proxy(proxy);
    }
    let bundles = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].map(|name| (name, env.path(name)));
    if let (_, Some(path)) = &bundles[0] {
        builder = builder.tls_certs_only(certificates(bundles[0].0, path)?);
    }
    if let (name, Some(path)) = &bundles[1] {
        builder = builder.tls_certs_merge(certificates(name, path)?);
    }
    builder
        .build()
        .map_err(|error| Error::new(ErrorKind::Configuration, "the HTTP client cannot be built").with_source(error))
}

fn certificates(variable: &str, path: &PathBuf) -> Result<Vec<Certificate>, Error> {
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("{variable} names {}, {why}", path.display()))
            .with_help(format!("point {variable} at a file of PEM certificates, or unset it"))
    };
    // Asked first, because reading a pipe would never end.
    let is_file = path.metadata().map(|metadata| metadata.is_file());
    let read = is_file.and_then(|is_file| if is_file { std::fs::read(path) } else { Ok(Vec::new()) });
    let pem = read.map_err(|error| refuse(format!("which cannot be read: {error}")))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|_| refuse("which is not a bundle of PEM certificates".into()))?;
    if certificates.is_empty() {
        return Err(refuse("which holds no certificate".into()));
    }
    Ok(certificates)
}

fn proxies(env: &Env) -> Result<Vec<Proxy>, Error> {
    let either =
        |name: &str| env.var(&name.to_lowercase()).or_else(|| env.var(name)).map(|value| (name.to_owned(), value));
    let all = either("ALL_PROXY");
    // Under CGI the variable HTTP_PROXY is a request's header (CVE-2016-5385).
    let http = if env.var("REQUEST_METHOD").is_some() { None } else { either("HTTP_PROXY") };
    let exceptions = either("NO_PROXY").map(|(_, value)| format!("{value},")).unwrap_or_default();
    let exceptions = NoProxy::from_string(&format!("{exceptions}localhost,127.0.0.0/8,::1,169.254.0.0/16"));
    let usable = |(name, value): (String, String)| {
        let text = if value.contains("://") { value } else { format!("http://{value}") };
        // The value may hold a password, so it is not shown.
        Url::parse(&text).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("{name} is not a URL: {error}"))
                .with_help(format!("set {name} to a URL such as http://proxy.example:8080, or unset it"))
        })
    };
    let mut proxies = Vec::new();
    for (scheme, value) in [("http", http.or_else(|| all.clone())), ("https", either("HTTPS_PROXY").or(all))] {
        if let Some(value) = value {
            let name = value.0.clone();
            let url = usable(value)?;
            let proxy = if scheme == "http" { Proxy::http(url) } else { Proxy::https(url) };
            let proxy = proxy.map_err(|error| {
                Error::new(ErrorKind::Configuration, format!("{name} is not a usable proxy"))
                    .with_source(error.without_url())
            })?;
            proxies.push(proxy.no_proxy(exceptions.clone()));
        }
    }
    Ok(proxies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_unix;

    fn wait(value: &str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, from_unix(784_111_777)).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_more_than_an_hour() {
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("0"), Some(0));
        assert_eq!(wait("1000000000"), Some(3600));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!((wait("-1"), wait("abc"), wait("")), (None, None, None));
    }

    #[test]
    fn a_bundle_that_cannot_be_used_is_named_with_its_variable() {
        let error = HttpClient::new(Env::fake([("SSL_CERT_FILE", "/nowhere/ca.pem")])).get().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().starts_with("SSL_CERT_FILE names /nowhere/ca.pem, which cannot be read"), "{error}");
        let error = HttpClient::new(Env::fake([("REQUESTS_CA_BUNDLE", "Cargo.toml")])).get().unwrap_err();
        assert_eq!(error.to_string(), "REQUESTS_CA_BUNDLE names Cargo.toml, which holds no certificate");
    }

    #[test]
    fn a_proxy_that_is_no_url_is_named_without_its_value() {
        let error = HttpClient::new(Env::fake([("HTTPS_PROXY", "http://user:canary@[")])).get().unwrap_err();
        assert!(error.to_string().starts_with("HTTPS_PROXY is not a URL"), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
