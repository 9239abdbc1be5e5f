//! Batch endpoints.

use auth_core::Error;
use serde::Deserialize;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::endpoint::batch::{BatchEndpointKind, BatchEndpoints, NewBatchEndpoint};

use crate::args::{DefaultsArgs, NoOptions, NoParent};
use crate::commands::resource::{Described, Listed, Put, Resolver, to_json};
use crate::description::{Description, Texts, texts};
use crate::entity::{Member, is, snake_case};
use crate::output::Column;

impl Listed for BatchEndpointKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/defaults/deployment_name", "/properties/defaults/deploymentName"),
        is("/location", "/location"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        is("/scoring_uri", "/properties/scoringUri"),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("State", "provisioning_state"),
        ("AuthMode", "auth_mode"),
        ("DefaultDeployment", "/defaults/deployment_name"),
    ];

    fn of(workspace: &Workspace, _: &NoParent) -> BatchEndpoints {
        workspace.batch_endpoints()
    }
}

/// What a file says of a batch endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchEndpoint {
    #[serde(rename = "auth_mode")]
    _auth_mode: Option<AuthMode>,
    #[serde(default)]
    defaults: Defaults,
    description: Option<String>,
    location: Option<String>,
    #[serde(default)]
    properties: Texts,
    #[serde(default)]
    tags: Texts,
}

/// The API takes no other.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthMode {
    AadToken,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Defaults {
    deployment_name: Option<String>,
}

impl Described for BatchEndpointKind {
    type CreateOptions = NoOptions;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = DefaultsArgs;

    const READ_ONLY: &'static [&'static str] = &["scoring_uri"];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: BatchEndpoint = said.parse("a batch endpoint")?;
        let mut new = NewBatchEndpoint::default();
        new = said.defaults.deployment_name.into_iter().fold(new, NewBatchEndpoint::default_deployment);
        new = said.description.into_iter().fold(new, NewBatchEndpoint::description);
        new = said.location.into_iter().fold(new, NewBatchEndpoint::location);
        for (name, value) in &said.tags {
            new = new.tag(name, value.as_deref().unwrap_or_default());
        }
        let mut body = to_json(&new)?;
        body["properties"]["properties"] = texts(&said.properties);
        Ok(body)
    }

    async fn put(endpoints: &BatchEndpoints, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(endpoints.create_or_update(name, body).await?)))
    }
}
