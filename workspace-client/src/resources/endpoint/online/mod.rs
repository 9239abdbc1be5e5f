//! Online endpoints: models that answer while somebody waits.

mod deployment;
mod filter;
mod invocation;
mod new_deployment;
mod new_endpoint;

use auth_core::{Error, Secret};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName};
use serde_json::{Map, Value};

use super::keys::regenerate;
use super::{DEPLOYMENT_HEADER, EndpointAuthMode, EndpointKeys, EndpointToken, KeyType, Scoring, scoring_service};
use crate::Workspace;
use crate::arm::{Method, Pager, Poller};
use crate::resources::{Collection, Kind as _, LongRunning, Patched, Resource, Verb, kind};

pub use deployment::{ContainerType, DeploymentSku, OnlineDeployment, OnlineDeploymentKind, OnlineDeployments};
pub use filter::OnlineEndpointFilter;
pub use invocation::Invocation;
pub use new_deployment::NewOnlineDeployment;
pub use new_endpoint::NewOnlineEndpoint;

kind! {
    /// The kind of [`OnlineEndpoint`].
    pub tracked OnlineEndpointKind: "online endpoint" in "onlineEndpoints" at "2025-12-01" by "count"
}

impl LongRunning for OnlineEndpointKind {}
impl Patched for OnlineEndpointKind {}
impl Scoring for OnlineEndpointKind {}

/// An online endpoint. What answers is its [`OnlineDeployment`]s.
pub type OnlineEndpoint = Resource<OnlineEndpointKind>;
/// The online endpoints of a workspace.
pub type OnlineEndpoints = Collection<OnlineEndpointKind>;

impl Workspace {
    /// The online endpoints of the workspace.
    pub fn online_endpoints(&self) -> OnlineEndpoints {
        OnlineEndpoints::of(self)
    }
}

impl OnlineEndpoint {
    /// The Kubernetes cluster that it is on; none of a managed one.
    pub fn compute(&self) -> Option<&str> {
        self.json().text("/properties/compute")
    }

    /// How many of a hundred requests each deployment answers.
    pub fn traffic(&self) -> impl Iterator<Item = (&str, u64)> {
        self.percentages("/properties/traffic")
    }

    /// How many of a hundred requests each deployment is sent as well, without being listened to.
    pub fn mirror_traffic(&self) -> impl Iterator<Item = (&str, u64)> {
        self.percentages("/properties/mirrorTraffic")
    }

    /// Whether it answers in the internet, `Enabled` or `Disabled`.
    pub fn public_network_access(&self) -> Option<&str> {
        self.json().text("/properties/publicNetworkAccess")
    }

    fn percentages(&self, path: &str) -> impl Iterator<Item = (&str, u64)> {
        let members = self.raw().pointer(path).and_then(Value::as_object).into_iter().flatten();
        members.filter_map(|(name, percent)| Some((name.as_str(), percent.as_u64()?)))
    }
}

impl OnlineEndpoints {
    /// The deployments of an endpoint.
    pub fn deployments(&self, endpoint: &str) -> OnlineDeployments {
        OnlineDeployments::at(self.place().below::<OnlineDeploymentKind>(endpoint))
    }

    /// Those that are wanted.
    pub fn list_with(&self, filter: &OnlineEndpointFilter) -> Pager<OnlineEndpoint> {
        self.place().pager(filter.add_to(Verb::get(&[]).page_size(OnlineEndpointKind::PAGE_SIZE)))
    }

    /// The keys of an endpoint.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn keys(&self, name: &str) -> Result<EndpointKeys, Error> {
        self.place().fetch(Verb::ask(&[name, "listKeys"])).await
    }

    /// A token for an endpoint whose mode is [`EndpointAuthMode::AmlToken`].
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn token(&self, name: &str) -> Result<EndpointToken, Error> {
        self.place().fetch(Verb::ask(&[name, "token"])).await
    }

    /// Replaces a key, by one of Azure's making unless one is given.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn regenerate_keys(&self, name: &str, key: KeyType, value: Option<&Secret>) -> Result<Poller<()>, Error> {
        self.place().begin(regenerate(name, key, value)?.without_result()).await
    }

    /// Shares the requests out among the deployments, anew: so many of a hundred to each.
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn set_traffic(&self, name: &str, traffic: &[(&str, u64)]) -> Result<Poller<OnlineEndpoint>, Error> {
        self.set_percentages(name, "/properties/traffic", traffic).await
    }

    /// Lets deployments see so many of a hundred requests, without being listened to.
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn set_mirror_traffic(
        &self,
        name: &str,
        traffic: &[(&str, u64)],
    ) -> Result<Poller<OnlineEndpoint>, Error> {
        self.set_percentages(name, "/properties/mirrorTraffic", traffic).await
    }

    /// Asks an endpoint, and returns what it answers as it is. The key, the endpoint's token or a token of Entra ID, whichever the
    /// endpoint wants, goes to the host that the endpoint itself names. It is asked again only where it has not begun to answer.
    ///
    /// # Errors
    /// As [`Collection::get`], [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) with [`ArmError`](crate::arm::ArmError) as the
    /// source where the endpoint refuses, [`ErrorKind::Timeout`](auth_core::ErrorKind::Timeout) at the deadline, and
    /// [`ErrorKind::Protocol`](auth_core::ErrorKind::Protocol) if the answer is larger than the limit.
    pub async fn invoke(&self, name: &str, invocation: &Invocation) -> Result<Vec<u8>, Error> {
        let endpoint = self.get(name).await?;
        let client = self.place().root().reach().await?.client;
        let mode = endpoint.auth_mode().unwrap_or(EndpointAuthMode::Key);
        let scopes = (mode == EndpointAuthMode::AadToken).then(|| client.ml_scopes()).transpose()?;
        let service = scoring_service(&endpoint, scopes)?;
        let key = match mode {
            EndpointAuthMode::AadToken => None,
            EndpointAuthMode::AmlToken => Some(self.token(name).await?.access_token),
            _ => self.keys(name).await?.primary_key,
        };
        let request = service
            .request(Method::POST, "")
            .bytes(&invocation.body, &invocation.content_type)?
            .header(ACCEPT, "*/*")?
            .deadline(invocation.deadline)
            .limit(invocation.limit);
        let request = match &key {
            Some(key) => request.header(AUTHORIZATION, &format!("Bearer {}", key.expose()))?,
            None => request,
        };
        let request = match &invocation.deployment {
            Some(deployment) => request.header(HeaderName::from_static(DEPLOYMENT_HEADER), deployment)?,
            None => request,
        };
        client.fetch_bytes(&request).await
    }

    /// The API has no verb for this: an endpoint is sent back whole (Microsoft, Azure ML REST API, Online Endpoints - Update).
    async fn set_percentages(
        &self,
        name: &str,
        member: &str,
        traffic: &[(&str, u64)],
    ) -> Result<Poller<OnlineEndpoint>, Error> {
        let traffic: Map<_, _> =
            traffic.iter().map(|(name, percent)| ((*name).to_owned(), (*percent).into())).collect();
        let endpoint = self.get(name).await?.with(member, traffic);
        self.create_or_update(name, &endpoint).await
    }
}
