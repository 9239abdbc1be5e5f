//! The token with which the code of an Azure ML run reaches the workspace.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_core::claims::Claims;
use auth_core::clock::{from_unix, to_unix};
use auth_core::http::{self, HttpClient, may_carry_tokens};
use auth_core::{
    AccessToken, Authentication, Cached, Clock, Cloud, Env, Error, ErrorKind, Grant, MemoryStore, Partition, Record,
    Secret, Tenant, TokenRequest, TokenSource, TokenStore,
};
use reqwest::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

const TOKEN: &str = "AZUREML_RUN_TOKEN";
const EXPIRY: &str = "AZUREML_RUN_TOKEN_EXPIRY";
const ENDPOINT: &str = "AZUREML_SERVICE_ENDPOINT";
/// The place of the run, in the order of the service's path.
const PLACE: [&str; 5] = [
    "AZUREML_ARM_SUBSCRIPTION",
    "AZUREML_ARM_RESOURCEGROUP",
    "AZUREML_ARM_WORKSPACE_NAME",
    "AZUREML_ARM_PROJECT_NAME",
    "AZUREML_RUN_ID",
];
/// How long before its expiry a token is renewed (observed: azureml-core 1.61, three retries of 30 s and a little more).
const MARGIN: Duration = Duration::from_secs(95);

/// The token of an Azure ML run: the `AzureMLTokenAuthentication` of the Python SDK. Azure ML hands it to the code of a job in
/// `AZUREML_RUN_TOKEN`; the run's own service renews it, for as long as the run lasts.
///
/// It serves Azure ML's data plane ([`Cloud::ml_scope`]), and nothing else: a request for Azure Resource Manager is an error.
#[derive(Debug)]
pub struct RunTokenAuthentication {
    cached: Cached<RunTokenSource>,
}

/// A [`RunTokenAuthentication`] in the making.
#[derive(Clone, Debug)]
pub struct RunTokenBuilder {
    source: RunTokenSource,
    store: Option<Arc<dyn TokenStore>>,
    cloud: Cloud,
}

#[derive(Clone, Debug)]
struct RunTokenSource {
    initial: AccessToken,
    endpoint: Url,
    run: Vec<String>,
    http: HttpClient,
    clock: Clock,
}

impl RunTokenAuthentication {
    /// Whether the environment asks for the run token to be used unasked (observed: azureml-core 1.61).
    pub fn is_ambient(env: &Env) -> bool {
        env.var("AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Starts with the run that the environment describes. Nothing is asked.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] naming the variable that is missing, [`ErrorKind::Configuration`] naming the one whose value
    /// cannot be.
    pub fn from_env(env: &Env, cloud: Cloud) -> Result<RunTokenBuilder, Error> {
        let value = |name: &str| {
            env.var(name)
                .ok_or_else(|| Error::new(ErrorKind::Unavailable, format!("{name} is not set: this is no run")))
        };
        let (token, endpoint) = (Secret::new(value(TOKEN)?.trim()), value(ENDPOINT)?);
        let [subscription, group, workspace, experiment, run] = PLACE.map(value);
        let experiment = match env.var("AZUREML_EXPERIMENT_ID") {
            Some(id) => ["experimentids".to_owned(), id],
            None => ["experiments".to_owned(), experiment?],
        };
        let [by, experiment] = experiment;
        let run = vec![subscription?, group?, workspace?, by, experiment, run?];
        let refuse = |why: &str| {
            Error::new(ErrorKind::Configuration, format!("{ENDPOINT} {why}"))
                .with_help("Azure ML sets it for each run; leave it as it is")
        };
        let endpoint = Url::parse(endpoint.trim()).map_err(|error| refuse(&format!("is not a URL: {error}")))?;
        if !may_carry_tokens(&endpoint) {
            return Err(refuse("is neither https nor on this machine"));
        }
        let stated = env.var(EXPIRY).and_then(|text| time_of(&text));
        let expires_on = stated.or_else(|| own_expiry(&token)).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{TOKEN} does not say when it expires, and {EXPIRY} neither"))
        })?;
        let (http, clock) = (HttpClient::new(env.clone()), Clock::system());
        let source = RunTokenSource { initial: until(token, expires_on), endpoint, run, http, clock };
        Ok(RunTokenBuilder { source, store: None, cloud })
    }
}

impl RunTokenBuilder {
    /// Shares an HTTP client.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.source.http = http;
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.source.clock = clock;
        self
    }

    /// Keeps renewed tokens in `store`, for the other processes of this node.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Keeps renewed tokens where the environment wants them, or else in `store`, and assembles it.
    pub(super) fn sharing(self, env: &Env, store: &Arc<dyn TokenStore>) -> RunTokenAuthentication {
        let store = match env.var("AZUREML_DISABLE_REFRESHED_TOKEN_SHARING") {
            Some(_) => Arc::new(MemoryStore::new()),
            None => of_node(env).unwrap_or_else(|| store.clone()),
        };
        self.store(store).build()
    }

    /// Assembles it.
    pub fn build(self) -> RunTokenAuthentication {
        let clock = self.source.clock.clone();
        let mut cached = Cached::new(self.source, self.cloud).with_clock(clock);
        if let Some(store) = self.store {
            cached = cached.with_store(store);
        }
        RunTokenAuthentication { cached }
    }
}

#[async_trait]
impl Authentication for RunTokenAuthentication {
    fn name(&self) -> &'static str {
        "RunTokenAuthentication"
    }

    fn cloud(&self) -> &Cloud {
        self.cached.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        if self.cloud().ml_scope().as_ref() != Some(request.scopes()) {
            let message = format!("the token of a run serves Azure ML's data plane, not {}", request.scopes());
            return Err(Error::new(ErrorKind::Configuration, message).with_help(
                "give the job a managed identity, or unset AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH to sign in otherwise",
            ));
        }
        let token = self.cached.token(request).await?;
        let tenant = Claims::peek(token.secret().expose()).ok().and_then(|claims| claims.tid);
        let tenant = tenant.and_then(|tenant| Tenant::parse(&tenant).ok());
        match (request.requested_tenant(), tenant) {
            (Some(wanted), Some(own)) if wanted.is_id() && *wanted != own => {
                let message = format!("the token of this run is of tenant {own}, not of {wanted}");
                Err(Error::new(ErrorKind::Unavailable, message))
            }
            _ => Ok(token),
        }
    }
}

#[async_trait]
impl TokenSource for RunTokenSource {
    fn name(&self) -> &'static str {
        "RunTokenAuthentication"
    }

    fn partition(&self) -> Partition {
        Partition::new("run", [self.endpoint.as_str()].into_iter().chain(self.run.iter().map(String::as_str)))
    }

    async fn find(&self, request: &TokenRequest) -> Option<AccessToken> {
        request.accepts(&self.initial).then(|| self.initial.clone())
    }

    /// A token renews itself, as long as it has not expired (observed: azureml-core 1.61).
    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        let saved = previous.and_then(|record| record.token(request));
        let now = self.clock.now();
        let newest = [Some(&self.initial), saved].into_iter().flatten().max_by_key(|token| token.expires_on());
        let current = newest.filter(|token| token.is_usable(now)).ok_or_else(|| {
            Error::new(ErrorKind::Rejected, "the token of this run has expired, so it can no longer be renewed")
                .with_help("start the job again")
        })?;
        let client = self.http.get()?;
        let request = client.get(self.url()).bearer_auth(current.secret().expose());
        let response = request.header("Accept", "application/json").send().await.map_err(http::network_error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::body(response).await?;
        if status != StatusCode::OK {
            return Err(self.refused(status).with_retry_after(http::retry_after(&headers, now)));
        }
        let renewed: Option<TokenResult> = serde_json::from_slice(&body).ok();
        let renewed = renewed.and_then(|it| {
            let stated = it.expiry_time_utc.as_deref().and_then(time_of);
            let expires_on = stated.or_else(|| own_expiry(&it.token))?;
            Some(until(it.token, expires_on))
        });
        let token = renewed.ok_or_else(|| {
            Error::new(
                ErrorKind::Protocol,
                format!("{} answered with something that is not a run's token", self.host()),
            )
        })?;
        tracing::debug!(host = self.host(), expires_on = to_unix(token.expires_on()), "the run's token was renewed");
        Ok(token.with_obtained_on(Some(now)).into())
    }
}

impl RunTokenSource {
    fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// `run.get_token` and `run.get_token_by_exp_id` (observed: azureml-core 1.61).
    fn url(&self) -> Url {
        let mut url = self.endpoint.clone();
        let [subscription, group, workspace, by, experiment, run] = &self.run[..] else { return url };
        // Only a URL without a host has no path segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["history", "v1.0", "subscriptions", subscription, "resourceGroups", group]);
            path.extend(["providers", "Microsoft.MachineLearningServices", "workspaces", workspace]);
            path.extend([by, experiment, "runs", run, "token"]);
        }
        url
    }

    /// The body is not shown, as it may repeat what was sent.
    fn refused(&self, status: StatusCode) -> Error {
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
            status if status.is_server_error() => ErrorKind::Network,
            _ => ErrorKind::Rejected,
        };
        let message = format!("{} did not renew the token of this run: status {}", self.host(), status.as_u16());
        Error::new(kind, message)
            .with_status(status.as_u16())
            .with_help("a run's token ends with the run: see whether it still lasts")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenResult {
    token: Secret,
    expiry_time_utc: Option<String>,
}

#[cfg(feature = "cache")]
fn of_node(env: &Env) -> Option<Arc<dyn TokenStore>> {
    crate::storage::of_node(env).map(|store| Arc::new(store) as _)
}

#[cfg(not(feature = "cache"))]
fn of_node(_env: &Env) -> Option<Arc<dyn TokenStore>> {
    None
}

fn until(token: Secret, expires_on: SystemTime) -> AccessToken {
    let refresh_on = expires_on.checked_sub(MARGIN).unwrap_or(expires_on);
    AccessToken::new(token, expires_on).with_refresh_on(refresh_on)
}

fn own_expiry(token: &Secret) -> Option<SystemTime> {
    Claims::peek(token.expose()).ok()?.exp.map(from_unix)
}

/// Seconds since the epoch, or a date of RFC 3339.
fn time_of(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp().try_into().ok()?,
    };
    Some(from_unix(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_seconds_or_a_date() {
        assert_eq!(time_of("1800000000"), Some(from_unix(1_800_000_000)));
        assert_eq!(time_of("2027-01-15T08:00:00+00:00"), Some(from_unix(1_800_000_000)));
        assert_eq!(time_of("2027-01-15T08:00:00.5Z"), Some(from_unix(1_800_000_000)));
        assert_eq!((time_of("-1"), time_of("soon"), time_of("1969-01-01T00:00:00Z")), (None, None, None));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = RunTokenAuthentication::from_env(&Env::fake([(TOKEN, "canary")]), Cloud::public()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.to_string(), "AZUREML_SERVICE_ENDPOINT is not set: this is no run");
        let mut all: Vec<_> = PLACE.map(|name| (name, "x")).into();
        all.extend([(TOKEN, "canary"), (ENDPOINT, "http://ml.example"), (EXPIRY, "1800000000")]);
        let error = RunTokenAuthentication::from_env(&Env::fake(all.clone()), Cloud::public()).unwrap_err();
        assert_eq!(error.to_string(), "AZUREML_SERVICE_ENDPOINT is neither https nor on this machine");
        all[6].1 = "https://ml.example";
        all[7].1 = "soon";
        let error = RunTokenAuthentication::from_env(&Env::fake(all), Cloud::public()).unwrap_err();
        assert!(error.to_string().starts_with("AZUREML_RUN_TOKEN does not say when it expires"), "{error}");
    }
}
