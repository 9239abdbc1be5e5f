//! The road of every request to Blob Storage.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::http::{HttpClient, network_error};
use auth_core::{Error, ErrorKind};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt as _;
use object_store::client::{
    HttpClient as Client, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpService,
};
use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, StatusCode};
use url::Url;

use super::access::{Access, Pass};
use super::hash::{self, Md5Digest};
use super::local_file::blocking;
use super::refusal::Refusal;

/// How long one attempt may take. It carries 4 MiB at most, so that a slow line has time enough for as many as go at once.
const ATTEMPT: Duration = Duration::from_secs(300);
/// A page of a list has 5,000 blobs at most, and names of a thousand letters.
const LARGEST_ANSWER: usize = 32 << 20;
const CONTENT_MD5: &str = "content-md5";

/// The MD5 of a whole blob, where the request that commits it should store it, or an answer tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlobMd5(pub(super) Md5Digest);

/// Sends what `object_store` asks, over the project's own client.
///
/// The library decides what is asked, and how often it is tried. Who asks is added here, so that neither its errors nor its logs
/// ever hold a SAS or a token. What is sent and received is checked by MD5, which the library leaves out.
#[derive(Clone, Debug)]
pub(super) struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    access: Access,
    http: HttpClient,
    host: String,
}

impl Service {
    pub(super) fn new(access: Access, http: HttpClient, host: String) -> Self {
        Self(Arc::new(Inner { access, http, host }))
    }
}

impl HttpConnector for Service {
    fn connect(&self, _: &object_store::ClientOptions) -> object_store::Result<Client> {
        Ok(Client::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = Request::read(request).await?;
        match self.0.answer(&request).await {
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => {
                let refusal = Refusal::read(&self.0.host, &self.0.access, answer).await;
                Err(HttpError::new(repeatable(refusal.is_transient()), refusal))
            }
            Err(error) => Err(HttpError::new(repeatable(error.is_transient()), error)),
        }
    }
}

/// Every request of ours may be sent twice: a blob that is there already is compared.
fn repeatable(is_transient: bool) -> HttpErrorKind {
    if is_transient { HttpErrorKind::Request } else { HttpErrorKind::Unknown }
}

struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: HttpRequestBody,
}

impl Request {
    async fn read(request: HttpRequest) -> Result<Self, HttpError> {
        let (parts, body) = request.into_parts();
        let (method, mut headers) = (parts.method, parts.headers);
        let url = Url::parse(&parts.uri.to_string()).map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let body = body.collect().await?.to_bytes();
        if method == Method::PUT && !body.is_empty() {
            let content = body.clone();
            let md5 = blocking(move || Ok(hash::md5_of(&content))).await;
            let md5 = md5.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
            headers.insert(CONTENT_MD5, encoded(md5));
        }
        if let Some(BlobMd5(md5)) = parts.extensions.get() {
            headers.insert("x-ms-blob-content-md5", encoded(*md5));
        }
        if headers.contains_key(RANGE) {
            headers.insert("x-ms-range-get-content-md5", HeaderValue::from_static("true"));
        }
        Ok(Self { method, url, headers, body: body.into() })
    }
}

impl Inner {
    /// The answer; a token that is refused is replaced once.
    async fn answer(&self, request: &Request) -> Result<HttpResponse, Error> {
        let pass = self.access.pass().await?;
        let answer = self.send(request, &pass).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        match self.access.instead_of(pass, answer.headers()).await? {
            Some(pass) => self.send(request, &pass).await,
            None => Ok(answer),
        }
    }

    async fn send(&self, request: &Request, pass: &Pass) -> Result<HttpResponse, Error> {
        let Request { method, url, headers, body } = request;
        let (mut sent_url, mut headers) = (url.clone(), headers.clone());
        pass.show(&mut sent_url, &mut headers)?;
        let mut sent = reqwest::Request::new(method.clone(), sent_url);
        *sent.headers_mut() = headers;
        *sent.body_mut() = body.as_bytes().map(|body| body.clone().into());
        *sent.timeout_mut() = Some(ATTEMPT);
        let mut answer = self.http.get()?.execute(sent).await.map_err(network_error)?;
        tracing::debug!(%method, path = url.path(), status = answer.status().as_u16(), "Blob Storage answered");

        let (status, headers) = (answer.status(), answer.headers().clone());
        let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut content = Vec::with_capacity(announced.min(4 << 20) * usize::from(*method != Method::HEAD));
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.broken_off(error))? {
            if content.len() + chunk.len() > LARGEST_ANSWER {
                let what = format!("{} sent more than {LARGEST_ANSWER} bytes", self.host);
                return Err(Error::new(ErrorKind::Protocol, what));
            }
            content.extend_from_slice(&chunk);
        }
        self.check(status, &headers, &content)?;
        let mut response = HttpResponse::new(content.into());
        *response.status_mut() = status;
        if let Some(md5) = blob_md5(status, &headers) {
            response.extensions_mut().insert(md5);
        }
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Whether a range arrived as it left.
    fn check(&self, status: StatusCode, headers: &HeaderMap, content: &[u8]) -> Result<(), Error> {
        let told = headers.get(CONTENT_MD5).filter(|_| status == StatusCode::PARTIAL_CONTENT);
        if told.is_none_or(|told| *told == encoded(hash::md5_of(content))) {
            return Ok(());
        }
        let what = format!("what {} sent was changed on the way: its MD5 is another", self.host);
        Err(Error::new(ErrorKind::Network, what).with_help("check the network, and HTTPS_PROXY if there is a proxy"))
    }

    fn broken_off(&self, error: reqwest::Error) -> Error {
        if error.is_timeout() {
            return network_error(error);
        }
        Error::new(ErrorKind::Network, format!("{} broke off in the middle of its answer", self.host))
            .with_help("check the network, and HTTPS_PROXY if there is a proxy")
            .with_source(error.without_url())
    }
}

fn encoded(md5: Md5Digest) -> HeaderValue {
    HeaderValue::from_str(&BASE64_STANDARD.encode(md5)).unwrap_or(HeaderValue::from_static(""))
}

fn blob_md5(status: StatusCode, headers: &HeaderMap) -> Option<BlobMd5> {
    let whole = headers.get(CONTENT_MD5).filter(|_| status == StatusCode::OK);
    let told = headers.get("x-ms-blob-content-md5").or(whole)?;
    BASE64_STANDARD.decode(told.as_bytes()).ok()?.try_into().ok().map(BlobMd5)
}
