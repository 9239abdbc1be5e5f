//! Registries, and the assets in them.

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::Resource;
use workspace_client::resources::asset::code::CodeKind;
use workspace_client::resources::asset::component::ComponentKind;
use workspace_client::resources::asset::data::DataKind;
use workspace_client::resources::asset::environment::EnvironmentKind;
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::asset::{AssetKind, Assets, Container, ListView, UploadTarget};
use workspace_client::{Registry, RegistryDetails};

use super::operations::{Case, cases, read};
use super::{Tokens, told};

const GROUPS: &[&str] = &[
    "RegistryCodeContainers",
    "RegistryCodeVersions",
    "RegistryComponentContainers",
    "RegistryComponentVersions",
    "RegistryDataContainers",
    "RegistryDataVersions",
    "RegistryEnvironmentContainers",
    "RegistryEnvironmentVersions",
    "RegistryModelContainers",
    "RegistryModelVersions",
];

fn registry(case: &Case, tokens: Tokens) -> Registry {
    let [subscription, group, name] =
        ["subscriptionId", "resourceGroupName", "registryName"].map(|name| case.text(name));
    Registry::new(subscription, group, name).auth(tokens).api_version(case.text("api-version"))
}

#[tokio::test]
async fn every_example_of_registries_is_asked_as_it_is_recorded() {
    let Some(cases) = cases(&["Registries"]) else { return };
    for case in &cases {
        case.check_as(async |case, tokens| {
            if case.operation == "Registries_List" {
                let list = Registry::list(case.text("subscriptionId")).resource_group(case.text("resourceGroupName"));
                let list = list.auth(tokens).api_version(case.text("api-version"));
                return list.pager().try_next().await.map(drop);
            }
            let registry = registry(case, tokens);
            match case.operation.as_str() {
                "Registries_CreateOrUpdate" => registry.create_or_update(case.body()).await.map(drop),
                "Registries_Delete" => registry.delete().await.map(drop),
                "Registries_Get" => registry.get().await.map(drop),
                "Registries_Update" => registry.update(case.body()).await.map(drop),
                other => panic!("nobody asks {other}"),
            }
        })
        .await;
    }
    told(&format!("{} calls of registries", cases.len()));
}

#[tokio::test]
async fn every_example_of_assets_in_registries_is_asked_as_it_is_recorded() {
    let Some(mut cases) = cases(GROUPS) else { return };
    for case in cases.iter_mut().filter(|case| case.body()["pendingUploadType"] == "None") {
        // Whoever wants no place does not ask for one.
        case.example.parameters["body"]["pendingUploadType"] = "TemporaryBlobReference".into();
    }
    // This one does not say which models it wants to see, as the library does.
    let (asked, left): (Vec<_>, Vec<_>) =
        cases.iter().partition(|case| case.operation != "RegistryModelContainers_List");
    assert_eq!(left.len(), 1);
    for case in &asked {
        case.check_as(async |case, tokens| {
            let (registry, version) = (registry(case, tokens), case.text("api-version"));
            let uploads = case.operation.ends_with("_CreateOrGetStartPendingUpload");
            match kind(case) {
                "Code" if uploads => begins(case, "codeName", &registry.codes().api_version(version)).await,
                "Code" => lives(case, "codeName", &registry.codes().api_version(version)).await,
                "Component" => lives(case, "componentName", &registry.components().api_version(version)).await,
                "Data" if uploads => begins(case, "name", &registry.data().api_version(version)).await,
                "Data" => lives(case, "name", &registry.data().api_version(version)).await,
                "Environment" => lives(case, "environmentName", &registry.environments().api_version(version)).await,
                _ if uploads => begins(case, "modelName", &registry.models().api_version(version)).await,
                _ => lives(case, "modelName", &registry.models().api_version(version)).await,
            }
        })
        .await;
    }
    assert!(asked.len() > 20, "{}", asked.len());
    told(&format!("{} calls of assets in registries", asked.len()));
}

async fn lives<K: AssetKind>(case: &Case, name: &str, assets: &Assets<K>) -> Result<(), Error> {
    let (of, verb) = case.operation.split_once('_').unwrap();
    let (name, version) = (case.text(name), || case.text("version"));
    match (of.ends_with("Containers"), verb) {
        (true, "CreateOrUpdate") => assets.create_or_update_container(name, case.body()).await.map(drop),
        (true, "Delete") => assets.delete_container(name).await,
        (true, "Get") => assets.container(name).await.map(drop),
        (true, "List") => assets.list(ListView::All).try_next().await.map(drop),
        (false, "CreateOrUpdate") => assets.create_or_update(name, version(), case.body()).await.map(drop),
        (false, "Delete") => assets.delete(name, version()).await,
        (false, "Get") => assets.get(name, version()).await.map(drop),
        (_, other) => panic!("nobody asks {other}"),
    }
}

async fn begins<K: UploadTarget>(case: &Case, name: &str, assets: &Assets<K>) -> Result<(), Error> {
    let id = case.body()["pendingUploadId"].as_str();
    let upload = assets.start_pending_upload(case.text(name), case.text("version"), id).await?;
    assert!(upload.blob_reference_for_consumption.unwrap().credential.unwrap().sas_uri.is_some());
    Ok(())
}

#[tokio::test]
async fn the_files_of_a_model_are_asked_for_as_it_is_recorded() {
    let Some(mut cases) = cases(&["RegistryDataReferences"]) else { return };
    for case in &mut cases {
        // The example says nothing of how an id is written.
        case.example.parameters["body"]["assetId"] =
            format!("azureml://registries/{}/models/string/versions/string", case.text("registryName")).into();
        case.check_as(async |case, tokens| {
            let models = registry(case, tokens).models().api_version(case.text("api-version"));
            let uri = case.body()["blobUri"].as_str().unwrap();
            let found = models.blob_reference(case.text("name"), case.text("version"), uri).await?;
            assert_eq!(found.blob_uri.as_deref(), Some(uri));
            Ok(())
        })
        .await;
    }
    told(&format!("{} calls of data references", cases.len()));
}

#[test]
fn every_registry_and_asset_of_it_in_the_examples_is_read_and_written_without_loss() {
    read(&["Registries"], |case| {
        for (_, body) in &case.example.responses {
            let body = body["value"].as_array().map_or(body, |items| &items[0]);
            let Ok(registry) = serde_json::from_value::<RegistryDetails>(body.clone()) else { continue };
            let properties = &body["properties"];
            let text = |name: &str| properties[name].as_str();
            assert_eq!(registry.regions().collect::<Vec<_>>(), ["string"]);
            assert_eq!((registry.mlflow_uri(), registry.publisher()), (text("mlFlowRegistryUri"), Some("string")));
            assert_eq!(registry.managed_resource_group(), properties["managedResourceGroup"]["resourceId"].as_str());
            assert_eq!(registry.discovery_url(), text("discoveryUrl"));
        }
        case.read::<RegistryDetails>()
    });
    read(GROUPS, |case| {
        let is_upload = case.example.responses.iter().any(|(_, body)| body["pendingUploadId"] != Value::Null);
        let is_container = case.operation.contains("Containers_");
        match kind(case) {
            _ if is_upload => 0,
            "Code" => read_as::<CodeKind>(case, is_container),
            "Component" => read_as::<ComponentKind>(case, is_container),
            "Data" => read_as::<DataKind>(case, is_container),
            "Environment" => read_as::<EnvironmentKind>(case, is_container),
            _ => read_as::<ModelKind>(case, is_container),
        }
    });
}

fn read_as<K: AssetKind>(case: &Case, is_container: bool) -> usize {
    if is_container { case.read::<Container<K>>() } else { case.read::<Resource<K>>() }
}

fn kind(case: &Case) -> &str {
    let group = case.operation.split('_').next().unwrap();
    group.trim_start_matches("Registry").trim_end_matches("Containers").trim_end_matches("Versions")
}
