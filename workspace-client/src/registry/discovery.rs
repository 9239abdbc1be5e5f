//! Where a registry is that is known by its name.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::{Group, Registry};
use crate::arm::{ArmClient, Service, check_name, unreadable};

/// The version of the API at which the services of a region know the assets of registries (observed: azure-ai-ml 1.35).
pub(super) const FRONT_END_VERSION: &str = "2021-10-01-dataplanepreview";
const FRONT_END: &str = "mferp/managementfrontend";

/// The discovery document, as far as it is used (observed: azure-ai-ml 1.35).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    primary_region_resource_provider_uri: Url,
    resource_group: String,
    subscription_id: String,
}

/// What Azure says of a name.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) group: Group,
    /// Answers as Azure Resource Manager does, for assets alone.
    pub(super) front_end: Service,
}

impl Registry {
    /// Asked once.
    pub(super) async fn found(&self, client: &ArmClient) -> Result<&Found, Error> {
        self.found.get_or_try_init(|| self.discover(client)).await
    }

    /// Every service here takes tokens for Azure Resource Manager (observed: azure-ai-ml 1.35).
    async fn discover(&self, client: &ArmClient) -> Result<Found, Error> {
        check_name("registry name", &self.name)?;
        let cloud = client.cloud();
        let url = cloud.ml_registry_discovery().ok_or_else(|| {
            let message = format!("cloud {} does not say where registries are found by their names", cloud.name());
            Error::new(ErrorKind::Configuration, message).with_help("azml cloud register --help tells how that is said")
        })?;
        let scopes = Some(cloud.arm_scope());
        let discovery = Service::named("the discovery of registries", url.clone(), scopes.clone())?;
        let path = format!("registrymanagement/v1.0/registries/{}/discovery", self.name);
        let request = discovery.request(Method::GET, &path).query("api-version", "v1.0");
        let found: Document = client.fetch(&request).await.map_err(|error| self.not_found(error))?;
        let mut base = found.primary_region_resource_provider_uri;
        base.path_segments_mut()
            .map_err(|()| unreadable("the address of the registry's region"))?
            .pop_if_empty()
            .extend(FRONT_END.split('/'));
        let group = Group { subscription: found.subscription_id, name: found.resource_group };
        Ok(Found { group, front_end: Service::named("Azure ML", base, scopes)? })
    }

    fn not_found(&self, error: Error) -> Error {
        if error.status() != Some(404) {
            return error;
        }
        Error::new(ErrorKind::Rejected, format!("there is no registry {}", self.name))
            .with_help("azml registry list shows those of a subscription")
            .with_status(404)
            .with_source(error)
    }
}
