//! Web sockets (RFC 6455) to hosts that Azure has named.

use std::time::Duration;

use auth_core::http::{self, HttpClient};
use auth_core::{AccessToken, Error, ErrorKind, TokenRequest};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use reqwest_websocket::{Upgrade as _, UpgradeResponse, WebSocket};
use tokio::time::timeout;

use super::exchange::Answer;
use super::{ArmClient, Request, Service, error};

/// A container that has just begun to run answers late (observed: azure-dev).
const PATIENCE: Duration = Duration::from_secs(60);

impl ArmClient {
    /// Opens a web socket below the base of a service, with a token of the subscription's tenant. One that is refused is replaced once.
    pub(crate) async fn socket(&self, service: &Service, path: &str, subscription: &str) -> Result<WebSocket, Error> {
        let request = service.request(Method::GET, path);
        service.check(&request.url)?;
        let tenant = self.tenant.clone().or_else(|| {
            let place =
                Service::resource_manager(self.cloud()).request(Method::GET, &format!("subscriptions/{subscription}"));
            self.tenants.of(&place.url)
        });
        let mut asked = TokenRequest::new(self.cloud().arm_scope()).tenant(tenant).interaction(self.interaction);
        let sockets = self.http.sockets();
        let mut token = self.auth.token(&asked).await?;
        let mut response = upgrade(&sockets, &request, &token).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            asked = asked.instead_of(&token);
            token = self.auth.token(&asked).await?;
            response = upgrade(&sockets, &request, &token).await?;
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return response.into_websocket().await.map_err(|error| broken(&request, error));
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = timeout(PATIENCE, http::body(response.into_inner())).await.map_err(|_| late(&request))??;
        let answer = Answer { service: service.name, status, retry_after: None, headers, body };
        Err(error::refusal(&request.url, &answer, Some((&asked, &token)), self.cloud()))
    }
}

async fn upgrade(sockets: &HttpClient, request: &Request, token: &AccessToken) -> Result<UpgradeResponse, Error> {
    let mut value = HeaderValue::from_str(token.header().expose())
        .map_err(|_| Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry"))?;
    value.set_sensitive(true);
    let sent = sockets.get()?.get(request.url.clone()).header(AUTHORIZATION, value).upgrade().send();
    match timeout(PATIENCE, sent).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(broken(request, error)),
        Err(_) => Err(late(request)),
    }
}

fn late(request: &Request) -> Error {
    let host = request.url.host_str().unwrap_or_default();
    Error::new(ErrorKind::Timeout, format!("{host} did not answer within {} s", PATIENCE.as_secs()))
        .with_help("check the network, and HTTPS_PROXY if there is a proxy")
}

fn broken(request: &Request, error: reqwest_websocket::Error) -> Error {
    match error {
        reqwest_websocket::Error::Reqwest(error) => http::network_error(error),
        other => {
            let host = request.url.host_str().unwrap_or_default();
            Error::new(ErrorKind::Protocol, format!("{host} speaks no WebSocket")).with_source(other)
        }
    }
}
