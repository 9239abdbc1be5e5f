//! The component that a step runs.

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::asset::component::NewComponent;

use crate::commands::asset::component_spec;
use crate::commands::resource::Resolver;
use crate::description::Description;

/// Where a component was described: in the file of the job itself.
pub(super) const INLINE: &str = "YAML.JOB";
const FILE: &str = "YAML.COMPONENT";
const REGISTERED: &str = "REMOTE.WORKSPACE.COMPONENT";

/// The component that a step runs.
pub(super) struct Component {
    pub(super) id: String,
    /// Where it was described.
    pub(super) source: &'static str,
    /// What is in it; nothing of one that Azure has already.
    pub(super) spec: Value,
}

impl Component {
    /// One that is named, one that a file describes, or one that is described in place.
    pub(super) async fn find(said: &Description, resolver: &Resolver) -> Result<Self, Error> {
        let Some(name) = said.members().as_str() else {
            // The steps of a pipeline may be pipelines.
            return Self::create(Box::pin(component_spec(said, resolver)).await?, INLINE, resolver).await;
        };
        let path = resolver.folder.join(name.strip_prefix("file:").unwrap_or(name));
        let is_file = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if name.starts_with("azureml:") || !is_file {
            let id = resolver.asset(&resolver.ws()?.components(), name).await?;
            return Ok(Self { id, source: REGISTERED, spec: Value::Null });
        }
        let file = Description::read(Some(&path))?;
        let inner = resolver.below(file.folder());
        let spec = Box::pin(component_spec(&file, &inner)).await?;
        Self::create(spec, FILE, resolver).await
    }

    /// One without a name of its own.
    pub(super) async fn create(mut spec: Value, source: &'static str, resolver: &Resolver) -> Result<Self, Error> {
        spec["_source"] = source.into();
        spec["name"] = "azureml_anonymous".into();
        spec["version"] = "1".into();
        if resolver.is_dry() {
            return Ok(Self { id: "azureml_anonymous".to_owned(), source, spec });
        }
        let created = resolver.ws()?.components().create_anonymous(&NewComponent::new(spec.clone())).await?;
        Ok(Self { id: created.id().to_owned(), source, spec })
    }
}
