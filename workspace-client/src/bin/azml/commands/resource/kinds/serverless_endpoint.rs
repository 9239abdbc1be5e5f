//! Serverless endpoints.

use auth_core::Error;
use serde::Deserialize;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::endpoint::{
    NewServerlessEndpoint, ServerlessAuthMode, ServerlessEndpointKind, ServerlessEndpoints,
};

use crate::args::{NoOptions, NoParent};
use crate::commands::resource::{Described, Listed, Put, Resolver, to_json};
use crate::description::{Description, Texts};
use crate::entity::{Member, is, snake_case};
use crate::output::Column;

impl Listed for ServerlessEndpointKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/location", "/location"),
        is("/model_id", "/properties/modelSettings/modelId"),
        is("/provisioning_state", "/properties/provisioningState"),
        is("/scoring_uri", "/properties/inferenceEndpoint/uri"),
        is("/state", "/properties/endpointState"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("State", "state"), ("Model", "model_id"), ("ScoringUri", "scoring_uri")];

    fn of(workspace: &Workspace, _: &NoParent) -> ServerlessEndpoints {
        workspace.serverless_endpoints()
    }
}

/// What a file says of a serverless endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerlessEndpoint {
    #[serde(rename = "auth_mode")]
    _auth_mode: Option<AuthMode>,
    #[serde(default)]
    location: Option<String>,
    model_id: String,
    #[serde(default)]
    tags: Texts,
}

/// `az ml` takes no other.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AuthMode {
    Key,
}

impl Described for ServerlessEndpointKind {
    type CreateOptions = NoOptions;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &["scoring_uri", "state"];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: ServerlessEndpoint = said.parse("a serverless endpoint")?;
        let mut new = NewServerlessEndpoint::new(said.model_id).auth_mode(&ServerlessAuthMode::Key);
        for (name, value) in &said.tags {
            new = new.tag(name, value.as_deref().unwrap_or_default());
        }
        let mut body = to_json(&new)?;
        if let Some(location) = said.location {
            body["location"] = location.into();
        }
        Ok(body)
    }

    async fn put(endpoints: &ServerlessEndpoints, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(endpoints.create_or_update(name, body).await?)))
    }
}
