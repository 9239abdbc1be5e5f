//! Online endpoints.

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use workspace_client::Workspace;
use workspace_client::resources::endpoint::EndpointAuthMode;
use workspace_client::resources::endpoint::online::{NewOnlineEndpoint, OnlineEndpointKind, OnlineEndpoints};

use crate::args::{AuthModeArgs, EndpointPageArgs, NoOptions, NoParent, TrafficArgs};
use crate::commands::resource::{Described, Listed, ManagedIdentity, Put, Resolver, to_json};
use crate::description::{Description, Texts, texts};
use crate::entity::{Member, is, snake_case, written};
use crate::output::Column;

impl Listed for OnlineEndpointKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/compute", "/properties/compute"),
        is("/kind", "/kind"),
        is("/location", "/location"),
        is("/mirror_traffic", "/properties/mirrorTraffic"),
        is("/openapi_uri", "/properties/swaggerUri"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        written("/public_network_access", "/properties/publicNetworkAccess", str::to_lowercase),
        is("/scoring_uri", "/properties/scoringUri"),
        is("/traffic", "/properties/traffic"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("State", "provisioning_state"), ("AuthMode", "auth_mode"), ("ScoringUri", "scoring_uri")];

    fn of(workspace: &Workspace, _: &NoParent) -> OnlineEndpoints {
        workspace.online_endpoints()
    }
}

/// What a file says of an online endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlineEndpoint {
    #[serde(default)]
    auth_mode: AuthMode,
    compute: Option<String>,
    description: Option<String>,
    identity: Option<ManagedIdentity>,
    location: Option<String>,
    mirror_traffic: Option<BTreeMap<String, u64>>,
    #[serde(default)]
    properties: Texts,
    public_network_access: Option<Access>,
    #[serde(default)]
    tags: Texts,
    traffic: Option<BTreeMap<String, u64>>,
}

/// What an endpoint wants of whoever asks it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthMode {
    AadToken,
    AmlToken,
    #[default]
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Access {
    #[serde(alias = "Disabled")]
    Disabled,
    #[serde(alias = "Enabled")]
    Enabled,
}

impl Described for OnlineEndpointKind {
    type CreateOptions = AuthModeArgs;
    type ListOptions = NoOptions;
    type ShowOptions = EndpointPageArgs;
    type UpdateOptions = TrafficArgs;

    const READ_ONLY: &'static [&'static str] = &["kind", "openapi_uri", "scoring_uri"];

    async fn describe(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
        let said: OnlineEndpoint = said.parse("an online endpoint")?;
        let mut new = NewOnlineEndpoint::new(&match said.auth_mode {
            AuthMode::AadToken => EndpointAuthMode::AadToken,
            AuthMode::AmlToken => EndpointAuthMode::AmlToken,
            AuthMode::Key => EndpointAuthMode::Key,
        });
        if let Some(compute) = &said.compute
            && let Some(id) = resolver.compute(compute)?
        {
            new = new.compute(id);
        }
        new = said.description.into_iter().fold(new, NewOnlineEndpoint::description);
        new = said.identity.iter().fold(new, |new, identity| new.identity(identity.json()));
        new = said.location.into_iter().fold(new, NewOnlineEndpoint::location);
        if let Some(access) = said.public_network_access {
            new = new.public_network_access(access == Access::Enabled);
        }
        for (name, value) in &said.tags {
            new = new.tag(name, value.as_deref().unwrap_or_default());
        }
        let mut body = to_json(&new)?;
        body["properties"]["properties"] = texts(&said.properties);
        for (member, shares) in [("traffic", said.traffic), ("mirrorTraffic", said.mirror_traffic)] {
            if let Some(shares) = shares {
                body["properties"][member] = json!(shares);
            }
        }
        Ok(body)
    }

    async fn put(endpoints: &OnlineEndpoints, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(endpoints.create_or_update(name, body).await?)))
    }
}
