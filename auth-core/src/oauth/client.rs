//! An application that signs in at Entra ID.

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    TokenUrl,
};
use url::Url;
use uuid::Uuid;

use super::endpoint::endpoint;
use super::exchange::Exchange;
use super::response::{Answer, Expected};
use crate::claims::with_capabilities;
use crate::http::HttpClient;
use crate::service_principal::ClientCertificate;
use crate::{Clock, Cloud, Error, ErrorKind, Grant, Secret, Tenant, TokenRequest};

type OAuthClient = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// An application, known to Entra ID by its client id, that obtains tokens from one cloud.
#[derive(Clone, Debug)]
pub struct EntraClient {
    cloud: Cloud,
    client_id: String,
    http: HttpClient,
    clock: Clock,
}

/// How an application proves its own identity.
#[derive(Clone, Debug)]
pub enum ClientCredential {
    /// A signed assertion, such as a federated token (RFC 7523).
    Assertion(Secret),
    /// A certificate, with which an assertion is signed for each request.
    Certificate(ClientCertificate),
    /// A client secret.
    Secret(Secret),
}

/// How the browser brings the authority's answer to the redirect URI (OAuth 2.0 Multiple Response Types, 2.1, and its Form Post
/// Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the body of a POST: the code is in no address bar and no history.
    FormPost,
    /// In the address, from where a person can copy it to another machine.
    Query,
}

impl ResponseMode {
    fn as_str(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Query => "query",
        }
    }
}

/// A sign-in that was started: the URL for the browser, and what proves that the answer belongs to it.
#[derive(Debug)]
pub struct AuthorizationRequest {
    url: Url,
    state: Secret,
    nonce: Secret,
    verifier: PkceCodeVerifier,
    redirect_uri: String,
    tenant: Tenant,
    request: TokenRequest,
}

impl AuthorizationRequest {
    /// Where the person signs in. It holds the state and the nonce, and no other secret.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same sign-in, whose answer is brought in another way.
    #[cfg(feature = "interactive")]
    pub(crate) fn url_with(&self, mode: ResponseMode) -> Url {
        let others = self.url.query_pairs().filter(|(name, _)| name != "response_mode");
        let mut url = self.url.clone();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("response_mode", mode.as_str());
        url
    }

    /// What the redirect must bring back.
    pub fn state(&self) -> &Secret {
        &self.state
    }
}

impl EntraClient {
    /// An application of this cloud.
    pub fn new(cloud: Cloud, client_id: impl Into<String>, http: HttpClient) -> Self {
        Self { cloud, client_id: client_id.into(), http, clock: Clock::system() }
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Another application of the same cloud.
    pub fn as_client(&self, client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), ..self.clone() }
    }

    /// The cloud that is asked.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The application's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Starts a sign-in with authorization code and PKCE S256 (RFC 7636). The answer is to come to `redirect_uri`, which
    /// is used to the letter (observed: az 2.91 sends `http://localhost:<port>` without a slash). `login_hint` is the user
    /// principal name of whoever is to sign in; without it the person is asked to choose an account.
    pub fn authorize(
        &self,
        tenant: &Tenant,
        request: &TokenRequest,
        redirect_uri: &str,
        mode: ResponseMode,
        login_hint: Option<&str>,
    ) -> Result<AuthorizationRequest, Error> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random().into_secret();
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("{redirect_uri:?} is not a redirect URI")).with_source(error)
        })?;
        let client = self.client(tenant).set_redirect_uri(redirect);
        let mut authorize = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(delegated_scopes(request))
            .add_extra_param("response_mode", mode.as_str())
            .add_extra_param("nonce", nonce.clone())
            .add_extra_param("client_info", "1")
            .set_pkce_challenge(challenge);
        authorize = match login_hint {
            Some(hint) => authorize.add_extra_param("login_hint", hint),
            None => authorize.add_extra_param("prompt", "select_account"),
        };
        if let Some(claims) = self.claims(request)? {
            authorize = authorize.add_extra_param("claims", claims);
        }
        let (url, state) = authorize.url();
        Ok(AuthorizationRequest {
            url,
            state: Secret::new(state.into_secret()),
            nonce: Secret::new(nonce),
            verifier,
            redirect_uri: redirect_uri.to_owned(),
            tenant: tenant.clone(),
            request: request.clone(),
        })
    }

    /// Redeems the code that the redirect brought back (RFC 6749, 4.1.3).
    ///
    /// # Errors
    /// What Entra ID refuses, and [`ErrorKind::Protocol`] if the answer does not belong to this sign-in.
    pub async fn redeem(&self, authorization: AuthorizationRequest, code: &Secret) -> Result<Grant, Error> {
        let AuthorizationRequest { nonce, verifier, redirect_uri, tenant, request, .. } = authorization;
        let redirect = RedirectUrl::new(redirect_uri).map_err(|error| {
            Error::new(ErrorKind::Configuration, "the redirect URI is not a URL").with_source(error)
        })?;
        let client = self.client(&tenant).set_redirect_uri(redirect);
        let mut exchange = client
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(verifier)
            .add_extra_param("client_info", "1")
            .add_extra_param(
                "scope",
                delegated_scopes(&request).map(|scope| scope.to_string()).collect::<Vec<_>>().join(" "),
            );
        if let Some(claims) = self.claims(&request)? {
            exchange = exchange.add_extra_param("claims", claims);
        }
        let way = self.exchange(&tenant, &request);
        self.grant(exchange.request_async(&way).await, &way, Some(&nonce))
    }

    /// Redeems a refresh token (RFC 6749, 6), which serves every tenant and every resource of its account.
    ///
    /// # Errors
    /// [`ErrorKind::Interaction`] where a person must sign in, and whatever else Entra ID refuses.
    pub async fn refresh(
        &self,
        tenant: &Tenant,
        request: &TokenRequest,
        refresh_token: &Secret,
    ) -> Result<Grant, Error> {
        let client = self.client(tenant);
        let refresh_token = RefreshToken::new(refresh_token.expose().to_owned());
        let mut exchange = client
            .exchange_refresh_token(&refresh_token)
            .add_scopes(delegated_scopes(request))
            .add_extra_param("client_info", "1");
        if let Some(claims) = self.claims(request)? {
            exchange = exchange.add_extra_param("claims", claims);
        }
        let way = self.exchange(tenant, request);
        // A renewal, perhaps in a tenant where the account is a guest, does not change who signed in.
        self.grant(exchange.request_async(&way).await, &way, None).map(|grant| Grant { account: None, ..grant })
    }

    /// Signs the application itself in (RFC 6749, 4.4).
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if the credential is wrong, and whatever else Entra ID refuses.
    pub async fn client_credentials(
        &self,
        tenant: &Tenant,
        request: &TokenRequest,
        credential: &ClientCredential,
    ) -> Result<Grant, Error> {
        let client = match credential {
            ClientCredential::Secret(secret) => {
                self.client(tenant).set_client_secret(ClientSecret::new(secret.expose().to_owned()))
            }
            ClientCredential::Assertion(_) | ClientCredential::Certificate(_) => self.client(tenant),
        };
        let assertion = match credential {
            ClientCredential::Assertion(assertion) => Some(assertion.clone()),
            ClientCredential::Certificate(certificate) => {
                let audience = endpoint(&self.cloud, tenant, "token");
                Some(certificate.assertion(&self.client_id, audience.as_str(), self.clock.now())?)
            }
            ClientCredential::Secret(_) => None,
        };
        let scopes = request.scopes().iter().map(|scope| Scope::new(scope.to_owned()));
        let mut exchange = client.exchange_client_credentials().add_scopes(scopes);
        if let Some(assertion) = &assertion {
            exchange = exchange
                .add_extra_param("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                .add_extra_param("client_assertion", assertion.expose());
        }
        if let Some(claims) = self.claims(request)? {
            exchange = exchange.add_extra_param("claims", claims);
        }
        let way = self.exchange(tenant, request);
        self.grant(exchange.request_async(&way).await, &way, None)
    }

    /// The `claims` parameter of this request.
    pub(super) fn claims(&self, request: &TokenRequest) -> Result<Option<String>, Error> {
        with_capabilities(request.requested_claims(), self.http.answers_challenges())
    }

    fn client(&self, tenant: &Tenant) -> OAuthClient {
        oauth2::Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(endpoint(&self.cloud, tenant, "authorize")))
            .set_token_uri(TokenUrl::from_url(endpoint(&self.cloud, tenant, "token")))
    }

    pub(super) fn exchange(&self, tenant: &Tenant, request: &TokenRequest) -> Exchange {
        Exchange {
            client: self.http.clone(),
            clock: self.clock.clone(),
            cloud: self.cloud.clone(),
            tenant: tenant.clone(),
            request: request.clone(),
            id: Uuid::new_v4(),
        }
    }

    pub(super) fn grant(
        &self,
        answer: Result<Answer, RequestTokenError<Error, BasicErrorResponse>>,
        way: &Exchange,
        nonce: Option<&Secret>,
    ) -> Result<Grant, Error> {
        let (tenant, now) = (&way.tenant, self.clock.now());
        let expected = Expected { cloud: &self.cloud, client_id: &self.client_id, tenant, nonce, now };
        let host = self.cloud.authority_host();
        let no_token = |place: String| {
            Error::new(ErrorKind::Protocol, format!("{host} answered with something that is not a token{place}"))
                .with_status(200)
                .with_help("a proxy may have changed the answer: check the network, HTTPS_PROXY and the cloud")
        };
        let grant = match answer {
            Ok(answer) => answer.into_grant(&expected),
            Err(RequestTokenError::Request(error)) => Err(error),
            // The body is in this error, and may be tokens: only the place of the mistake is told.
            Err(RequestTokenError::Parse(error, _)) => Err(no_token(format!(" (at {})", error.path()))),
            Err(_) => Err(no_token(String::new())),
        };
        grant.map_err(|error| way.traced(error))
    }
}

/// The scopes of a sign-in by a person: what was asked for, an id token, and a refresh token.
pub(super) fn delegated_scopes(request: &TokenRequest) -> impl Iterator<Item = Scope> {
    let own = ["openid", "profile", "offline_access"];
    request.scopes().iter().chain(own).map(|scope| Scope::new(scope.to_owned()))
}
