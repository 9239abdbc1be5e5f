//! The client.

use std::fmt;
use std::sync::Arc;

use auth_core::http::HttpClient;
use auth_core::{
    AccessToken, Authentication, Clock, Cloud, Env, Error, ErrorKind, Interaction, Scopes, Tenant, TokenRequest,
};
use reqwest::header::{HeaderMap, RANGE};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::tenants::Tenants;
use super::{ArmError, Page, Pager, Poller, Request, Service, Turn, item};
use crate::auth::{Absent, InteractiveLoginAuthentication};

/// A client of Azure Resource Manager.
///
/// Its tokens travel to the cloud's Resource Manager and nowhere else. A token that is refused is replaced once, with the claims
/// that were demanded; where a subscription trusts another tenant than the token's, a token of that tenant is asked for once. A
/// request that fails in a way that may pass is sent up to three times within a minute; one that could do twice what was asked
/// for once (POST, PATCH) only where Azure has not begun it. A provider that a subscription does not know yet is registered there,
/// once a request. Clones share connections.
#[derive(Clone, Debug)]
pub struct ArmClient {
    pub(super) auth: Arc<dyn Authentication>,
    pub(super) http: HttpClient,
    pub(super) tenant: Option<Tenant>,
    pub(super) tenants: Tenants,
    pub(super) interaction: Interaction,
    pub(super) clock: Clock,
}

/// An answer of Azure Resource Manager; see [`ArmClient::request`].
#[derive(Clone)]
#[non_exhaustive]
pub struct ArmResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where there is none.
    pub body: Value,
}

impl ArmClient {
    /// A client that never asks a person to sign in.
    pub fn new(auth: Arc<dyn Authentication>) -> Self {
        let http = HttpClient::new(Env::process());
        Self {
            auth,
            http,
            tenant: None,
            tenants: Tenants::default(),
            interaction: Interaction::Forbid,
            clock: Clock::system(),
        }
    }

    /// A client with the default way in, which asks a person to sign in where nothing else is there.
    ///
    /// # Errors
    /// As [`crate::auth::InteractiveLoginBuilder::build`]; nobody is asked yet.
    pub fn interactive() -> Result<Self, Error> {
        let http = HttpClient::new(Env::process());
        let auth = InteractiveLoginAuthentication::builder().http(http.clone()).build()?;
        Ok(Self::new(Arc::new(auth)).http(http).interaction(Interaction::Allow))
    }

    /// A client for services that want no token.
    pub(crate) fn without_sign_in() -> Self {
        let why = Error::new(ErrorKind::Unavailable, "nobody signs in here");
        Self::new(Arc::new(Absent { name: "no sign-in", cloud: Cloud::public(), why }))
    }

    /// Who signs in here.
    #[cfg(feature = "transfer")]
    pub(crate) fn auth(&self) -> Arc<dyn Authentication> {
        self.auth.clone()
    }

    /// What carries files here.
    #[cfg(feature = "transfer")]
    pub(crate) fn file_http(&self) -> HttpClient {
        self.http.files()
    }

    /// What tells the time here, and waits.
    pub(crate) fn time(&self) -> Clock {
        self.clock.clone()
    }

    /// Shares an HTTP client.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = http;
        self
    }

    /// Takes the time from `clock`, and waits by it.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Asks for tokens of this tenant instead of the identity's own, for subscriptions of a tenant where it is a guest.
    pub fn tenant(mut self, tenant: impl Into<Option<Tenant>>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Expects this subscription to trust this tenant, so that its first request comes with the right token. Where it turns out to
    /// trust another one, a token of that is asked for.
    pub fn expecting(self, subscription: &str, tenant: &Tenant) -> Self {
        self.tenants.expect(subscription, tenant);
        self
    }

    /// Says whether a person may be asked to sign in.
    pub fn interaction(mut self, interaction: Interaction) -> Self {
        self.interaction = interaction;
        self
    }

    /// The cloud whose Resource Manager this is.
    pub fn cloud(&self) -> &Cloud {
        self.auth.cloud()
    }

    /// What lies at this path, such as a resource id.
    ///
    /// # Errors
    /// Whatever the sign-in says, and [`crate::arm::ArmError`] as the source where Resource Manager refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, api_version: &str) -> Result<T, Error> {
        self.fetch(&self.request_for(Method::GET, path, api_version)).await
    }

    /// The items of the list at this path.
    pub fn list<T: DeserializeOwned + Send + 'static>(&self, path: &str, api_version: &str) -> Pager<T> {
        self.pages(self.request_for(Method::GET, path, api_version))
    }

    /// The list that a request asks for, and all pages after it.
    pub(crate) fn pages<T: DeserializeOwned + Send + 'static>(&self, first: Request) -> Pager<T> {
        let client = self.clone();
        Pager::new(move |turn| {
            let (client, first) = (client.clone(), first.clone());
            let request = match turn {
                Turn::First(Some(size)) => first.query("$top", &size.to_string()),
                Turn::First(None) => first,
                Turn::Next(request) => *request,
            };
            async move { client.page(&request, "value").await?.map(item) }
        })
    }

    /// Creates or replaces what lies at this path.
    ///
    /// # Errors
    /// As [`ArmClient::get`].
    pub async fn put<T: DeserializeOwned + 'static>(
        &self,
        path: &str,
        api_version: &str,
        body: &impl Serialize,
    ) -> Result<Poller<T>, Error> {
        self.begin(self.request_for(Method::PUT, path, api_version).body(body)?).await
    }

    /// Changes what lies at this path.
    ///
    /// # Errors
    /// As [`ArmClient::get`].
    pub async fn patch<T: DeserializeOwned + 'static>(
        &self,
        path: &str,
        api_version: &str,
        body: &impl Serialize,
    ) -> Result<Poller<T>, Error> {
        self.begin(self.request_for(Method::PATCH, path, api_version).body(body)?).await
    }

    /// Lets something happen, such as `.../start`. A body of `()` is none.
    ///
    /// # Errors
    /// As [`ArmClient::get`].
    pub async fn post<T: DeserializeOwned + 'static>(
        &self,
        path: &str,
        api_version: &str,
        body: &impl Serialize,
    ) -> Result<Poller<T>, Error> {
        self.begin(self.request_for(Method::POST, path, api_version).body(body)?).await
    }

    /// Deletes what lies at this path. That nothing lies there is no error.
    ///
    /// # Errors
    /// As [`ArmClient::get`].
    pub async fn delete(&self, path: &str, api_version: &str) -> Result<Poller<()>, Error> {
        self.begin(self.request_for(Method::DELETE, path, api_version).without_result()).await
    }

    /// Any request, to a path with its query, or to a URL of Resource Manager's own host. It is answered as it is: an operation
    /// that goes on is not waited for.
    ///
    /// # Errors
    /// As [`ArmClient::get`], and [`ErrorKind::Configuration`] if that is neither a path nor a URL.
    pub async fn request(&self, method: Method, path_or_url: &str, body: Option<&Value>) -> Result<ArmResponse, Error> {
        let own = self.cloud().resource_manager().as_str().trim_end_matches('/');
        let url = if path_or_url.starts_with('/') { format!("{own}{path_or_url}") } else { path_or_url.to_owned() };
        let url = Url::parse(&url).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("{path_or_url:?} is neither a path nor a URL"))
                .with_source(error)
        })?;
        let request = Request::new(Service::resource_manager(self.cloud()), method, url);
        let request = match body {
            Some(body) => request.body(body)?,
            None => request,
        };
        let answer = self.exchange(&request).await?;
        let body = answer.json()?;
        Ok(ArmResponse { status: answer.status.as_u16(), headers: answer.headers, body })
    }

    fn request_for(&self, method: Method, path: &str, api_version: &str) -> Request {
        Service::resource_manager(self.cloud()).request(method, path).query("api-version", api_version)
    }

    /// What a request that takes no time is answered with. An answer without a body is null.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        let answer = self.exchange(request).await?;
        let is_nothing = answer.body.is_empty() || !request.has_result;
        answer.read_as(if is_nothing { b"null" } else { &answer.body })
    }

    /// What a request is answered with, as it is.
    pub(crate) async fn fetch_bytes(&self, request: &Request) -> Result<Vec<u8>, Error> {
        Ok(self.exchange(request).await?.body)
    }

    /// At most so many bytes from there on; none where there are no more, or not yet any.
    pub(crate) async fn fetch_range(&self, request: Request, from: u64, count: u64) -> Result<Option<Vec<u8>>, Error> {
        let range = format!("bytes={from}-{}", from + count - 1);
        match self.exchange(&request.header(RANGE, &range)?).await {
            // Whoever knows no ranges answers with all of it.
            Ok(answer) if answer.status == StatusCode::OK => {
                let skipped = usize::try_from(from).unwrap_or(usize::MAX);
                Ok(answer.body.get(skipped..).filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec))
            }
            Ok(answer) => Ok(Some(answer.body).filter(|body| !body.is_empty())),
            Err(error) if ArmError::of(&error).is_some_and(|arm| [404, 416].contains(&arm.status())) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The permission that Azure ML's own services ask for.
    pub(crate) fn ml_scopes(&self) -> Result<Scopes, Error> {
        let cloud = self.cloud();
        cloud.ml_scope().ok_or_else(|| {
            let message = format!("cloud {} does not say what tokens for Azure ML are for", cloud.name());
            Error::new(ErrorKind::Configuration, message).with_help("azml cloud register --help tells how that is said")
        })
    }

    /// A token of this permission, for a service that is handed one.
    pub(crate) async fn token(&self, scopes: Scopes) -> Result<AccessToken, Error> {
        let request = TokenRequest::new(scopes).tenant(self.tenant.clone()).interaction(self.interaction);
        self.auth.token(&request).await
    }

    /// A page of a list, whose items are in the member of this name.
    pub(crate) async fn page(&self, request: &Request, items: &str) -> Result<Page<Value>, Error> {
        Page::read(request, &self.exchange(request).await?, items)
    }

    /// Starts what may take longer.
    pub(crate) async fn begin<T: DeserializeOwned + 'static>(&self, request: Request) -> Result<Poller<T>, Error> {
        let answer = self.exchange(&request).await?;
        Poller::begun(self.clone(), &request, &answer)
    }
}

impl fmt::Debug for ArmResponse {
    /// Without the headers and the body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmResponse").field("status", &self.status).finish_non_exhaustive()
    }
}
