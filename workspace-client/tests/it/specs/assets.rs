//! Models, data, environments, components and code.

use auth_core::Error;
use workspace_client::resources::Resource;
use workspace_client::resources::asset::code::CodeKind;
use workspace_client::resources::asset::component::ComponentKind;
use workspace_client::resources::asset::data::DataKind;
use workspace_client::resources::asset::environment::EnvironmentKind;
use workspace_client::resources::asset::feature::{FeatureSetKind, FeatureStoreEntityKind};
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::asset::{
    AssetKind, Assets, Container, Destination, ListView, Publishable, VersionFilter,
};

use super::operations::{Case, cases, read};
use super::told;

const GROUPS: &[&str] = &[
    "CodeContainers",
    "CodeVersions",
    "ComponentContainers",
    "ComponentVersions",
    "DataContainers",
    "DataVersions",
    "EnvironmentContainers",
    "EnvironmentVersions",
    "ModelContainers",
    "ModelVersions",
];

const FEATURES: &[&str] =
    &["FeaturesetContainers", "FeaturesetVersions", "FeaturestoreEntityContainers", "FeaturestoreEntityVersions"];

#[tokio::test]
async fn every_example_of_assets_is_asked_as_it_is_recorded() {
    let Some(mut cases) = cases(GROUPS) else { return };
    cases.iter_mut().for_each(settle);
    for case in &cases {
        case.check(async |case, ws| {
            let version = case.text("api-version");
            match kind(case) {
                "Code" => lives(case, &ws.codes().api_version(version)).await,
                "Component" => lives(case, &ws.components().api_version(version)).await,
                "Data" => lives(case, &ws.data().api_version(version)).await,
                "Environment" => lives(case, &ws.environments().api_version(version)).await,
                _ => lives(case, &ws.models().api_version(version)).await,
            }
        })
        .await;
    }
    assert!(cases.len() > 25, "{}", cases.len());
    told(&format!("{} calls of assets", cases.len()));
}

/// Nobody waits for what is not there. Lists say which view they want, and leave to Azure where they go on.
fn settle(case: &mut Case) {
    for (_, body) in &mut case.example.responses {
        if let Some(state) = body.pointer_mut("/properties/provisioningState") {
            *state = "Succeeded".into();
        }
    }
    let (of_containers, has_views) = (case.operation.contains("Containers_"), case.has_parameter("listViewType"));
    if let Some(parameters) = case.example.parameters.as_object_mut().filter(|_| case.operation.ends_with("_List")) {
        let left = |name: &str| ["$skipToken", "offset", "version"].contains(&name) || of_containers && name == "tags";
        parameters.retain(|name, _| !left(name));
        if has_views && !parameters.contains_key("listViewType") {
            parameters.insert("listViewType".to_owned(), "ActiveOnly".into());
        }
    }
}

async fn lists<K: AssetKind>(case: &Case, assets: &Assets<K>) -> Result<(), Error> {
    let said = |name: &str| case.example.parameters[name].as_str();
    let view = if said("listViewType") == Some("All") { ListView::All } else { ListView::Active };
    if case.operation.contains("Containers_") {
        return assets.list(view).try_next().await.map(drop);
    }
    let mut filter = VersionFilter::default().view(view);
    for (value, apply) in [
        (said("$orderBy"), VersionFilter::order_by as fn(VersionFilter, &'static str) -> VersionFilter),
        (said("description"), VersionFilter::description),
        (said("properties"), VersionFilter::properties),
        (said("tags"), VersionFilter::tags),
    ] {
        // Each of them is a placeholder.
        filter = if value == Some("string") { apply(filter, "string") } else { filter };
    }
    let versions = assets.versions_with(case.text("name"), &filter);
    let size = case.example.parameters["$top"].as_u64().and_then(|size| size.try_into().ok());
    let mut versions = if let Some(size) = size { versions.page_size(size) } else { versions };
    versions.try_next().await.map(drop)
}

async fn lives<K: Publishable>(case: &Case, assets: &Assets<K>) -> Result<(), Error> {
    if !case.operation.ends_with("_Publish") {
        return changes(case, assets).await;
    }
    let text = |name: &str| case.body()[name].as_str().unwrap();
    let destination = Destination::new(text("registryName"), text("destinationName"), text("destinationVersion"));
    assets.publish(case.text("name"), case.text("version"), &destination).await.map(drop)
}

async fn changes<K: AssetKind>(case: &Case, assets: &Assets<K>) -> Result<(), Error> {
    let (of, verb) = case.operation.split_once('_').unwrap();
    if verb == "List" {
        return lists(case, assets).await;
    }
    let name = case.text("name");
    let version = || case.text("version");
    match (of.ends_with("Containers"), verb) {
        (true, "CreateOrUpdate") => assets.create_or_update_container(name, case.body()).await.map(drop),
        (true, "Delete") => assets.delete_container(name).await,
        (true, "Get" | "GetEntity") => assets.container(name).await.map(drop),
        (false, "CreateOrUpdate") => assets.create_or_update(name, version(), case.body()).await.map(drop),
        (false, "Delete") => assets.delete(name, version()).await,
        (false, "Get") => assets.get(name, version()).await.map(drop),
        (_, other) => panic!("nobody asks {other}"),
    }
}

#[tokio::test]
async fn every_example_of_feature_sets_and_entities_is_asked_as_it_is_recorded() {
    let Some(mut cases) = cases(FEATURES) else { return };
    cases.iter_mut().for_each(settle);
    for case in &cases {
        case.check(async |case, ws| {
            let version = case.text("api-version");
            match kind(case) {
                "Featureset" if case.operation.ends_with("_Backfill") => {
                    let sets = ws.feature_sets().api_version(version);
                    sets.backfill(case.text("name"), case.text("version"), case.body()).await.map(drop)
                }
                "Featureset" => changes(case, &ws.feature_sets().api_version(version)).await,
                _ => changes(case, &ws.feature_store_entities().api_version(version)).await,
            }
        })
        .await;
    }
    assert!(cases.len() >= 10, "{}", cases.len());
    told(&format!("{} calls of feature sets and entities", cases.len()));
}

#[test]
fn every_feature_set_and_entity_in_the_examples_is_read_and_written_without_loss() {
    read(FEATURES, |case| {
        let is_container = case.operation.contains("Containers_");
        match kind(case) {
            _ if case.operation.ends_with("_Backfill") => 0,
            "Featureset" => read_as::<FeatureSetKind>(case, is_container),
            _ => read_as::<FeatureStoreEntityKind>(case, is_container),
        }
    });
}

#[test]
fn every_asset_in_the_examples_is_read_and_written_without_loss() {
    read(GROUPS, |case| {
        let is_container = case.operation.contains("Containers_");
        match kind(case) {
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
    group.trim_end_matches("Containers").trim_end_matches("Versions")
}
