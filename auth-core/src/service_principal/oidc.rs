//! The platforms that issue assertions to the jobs they run.

use async_trait::async_trait;
use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::assertion::AssertionSource;
use crate::http::{self, HttpClient, may_carry_tokens};
use crate::{Clock, Error, ErrorKind, Secret};

/// The audience that Entra ID expects of federated tokens (Microsoft Entra, workload identity federation).
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The version that the Azure SDKs ask for (observed: azure-identity 1.27).
const PIPELINES_API_VERSION: &str = "7.1";

/// The platform that runs this job.
#[derive(Clone, Debug)]
pub(super) enum Platform {
    /// Azure Pipelines, through a service connection (Azure DevOps, `System.OidcRequestUri`).
    AzurePipelines {
        /// `SYSTEM_OIDCREQUESTURI`.
        url: Url,
        /// `SYSTEM_ACCESSTOKEN`.
        token: Secret,
        /// `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`.
        connection: String,
    },
    /// GitHub Actions, with the permission `id-token: write` (GitHub, OpenID Connect reference).
    GitHubActions {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: Url,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: Secret,
    },
}

/// Asks the platform for assertions.
#[derive(Clone, Debug)]
pub(super) struct Oidc {
    pub(super) platform: Platform,
    pub(super) http: HttpClient,
    pub(super) clock: Clock,
}

/// A URL of a variable, to which that platform's token may be sent.
pub(super) fn endpoint(variable: &str, text: &str) -> Result<Url, Error> {
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("{variable} {why}"))
            .with_help(format!("the platform that runs this job sets {variable}; leave it as it is, or unset it"))
    };
    let url = Url::parse(text.trim()).map_err(|error| refuse(format!("is not a URL: {error}")))?;
    if may_carry_tokens(&url) { Ok(url) } else { Err(refuse("is neither https nor on this machine".to_owned())) }
}

#[async_trait]
impl AssertionSource for Oidc {
    fn name(&self) -> &'static str {
        match self.platform {
            Platform::AzurePipelines { .. } => "Azure Pipelines",
            Platform::GitHubActions { .. } => "GitHub Actions",
        }
    }

    async fn assertion(&self) -> Result<Secret, Error> {
        let client = self.http.get()?;
        let request = match &self.platform {
            Platform::AzurePipelines { url, token, connection } => {
                let query = [("api-version", PIPELINES_API_VERSION), ("serviceConnectionId", connection)];
                // Otherwise a wrong token is answered with a page to sign in at.
                let post = client.post(url.clone()).query(&query).header("X-TFS-FedAuthRedirect", "Suppress");
                post.header("Content-Length", "0").bearer_auth(token.expose())
            }
            Platform::GitHubActions { url, token } => {
                client.get(url.clone()).query(&[("audience", AUDIENCE)]).bearer_auth(token.expose())
            }
        };
        let response = request.header("Accept", "application/json").send().await.map_err(http::network_error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let host = response.url().host_str().unwrap_or_default().to_owned();
        let body = http::body(response).await?;
        tracing::debug!(%host, status = status.as_u16(), "the platform answered");
        if status != StatusCode::OK {
            return Err(self.refused(&host, status).with_retry_after(http::retry_after(&headers, self.clock.now())));
        }
        let answer: Option<Answer> = serde_json::from_slice(&body).ok();
        answer.and_then(|answer| answer.oidc_token.or(answer.value)).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, format!("{host} answered with something that is not a federated token"))
        })
    }
}

impl Oidc {
    /// Bodies are not shown: they may repeat what was sent.
    fn refused(&self, host: &str, status: StatusCode) -> Error {
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
            status if status.is_server_error() => ErrorKind::Network,
            _ => ErrorKind::Rejected,
        };
        let message = format!("{host} gave {} no federated token: status {}", self.name(), status.as_u16());
        Error::new(kind, message).with_help(match self.platform {
            Platform::AzurePipelines { .. } => {
                "check the service connection, and pass $(System.AccessToken) to the step as SYSTEM_ACCESSTOKEN"
            }
            Platform::GitHubActions { .. } => "the job needs the permission id-token: write",
        })
    }
}

/// GitHub says `value`, Azure Pipelines `oidcToken`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    oidc_token: Option<Secret>,
    value: Option<Secret>,
}
