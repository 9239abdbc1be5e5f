//! Registries, against an imitation of Azure Resource Manager and against the emulator.

use auth_core::{Authentication as _, ErrorKind};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::registry::RegistryRegion;
use workspace_client::resources::Resource;
use workspace_client::resources::asset::environment::NewEnvironment;
use workspace_client::resources::asset::model::{ModelType, NewModel};
use workspace_client::resources::asset::{Destination, ListView, Version};
use workspace_client::{NewRegistry, PublicNetworkAccess, Registry, Workspace};
use xtask::emulator::defaults;

use crate::rig::Tokens;
use crate::services::story::azure_and_client;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "https://blobs/c?sig=canary-of-a-signature";

fn at(below: &str) -> String {
    let provider = "providers/Microsoft.MachineLearningServices";
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/{provider}/registries/reg{below}")
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A cloud of which Resource Manager is at `arm`, and where the registry's region is found by its name at `discovery`.
fn tokens(arm: &MockServer, discovery: &MockServer) -> Tokens {
    let cloud = Tokens::for_arm(&arm.uri()).cloud().to_builder();
    Tokens::of(cloud.ml_registry_discovery(&discovery.uri()).unwrap().build())
}

#[tokio::test]
async fn a_registry_that_is_known_by_its_name_is_asked_in_its_region() {
    let (arm, region) = (MockServer::start().await, MockServer::start().await);
    let document = json!({
        "primaryRegionResourceProviderUri": format!("{}/", region.uri()),
        "subscriptionId": SUBSCRIPTION,
        "resourceGroup": "rg",
    });
    let discovery = Mock::given(path("/registrymanagement/v1.0/registries/reg/discovery"));
    discovery.respond_with(ok(&document)).expect(1).mount(&region).await;
    let model = json!({"id": "/i", "name": "1", "properties": {}});
    let front_end = format!("/mferp/managementfrontend{}", at("/models/m/versions/1"));
    Mock::given(path(&front_end)).respond_with(ok(&model)).expect(1).mount(&region).await;
    Mock::given(path(at(""))).respond_with(ok(&model)).expect(1).mount(&arm).await;

    let registry = Registry::named("reg").auth(tokens(&arm, &region));
    registry.models().get("m", "1").await.unwrap();
    registry.get().await.unwrap();
    assert_eq!(registry.resource_id().await.unwrap().as_str(), at(""));
    let asked = region.received_requests().await.unwrap();
    let queries: Vec<_> = asked.iter().map(|request| request.url.query()).collect();
    assert_eq!(queries, [Some("api-version=v1.0"), Some("api-version=2021-10-01-dataplanepreview")]);
    assert!(asked.iter().all(|request| request.headers.contains_key("authorization")));
}

#[tokio::test]
async fn a_name_that_nobody_has_and_a_host_without_tls_are_told() {
    let (arm, discovery) = (MockServer::start().await, MockServer::start().await);
    let registry = || Registry::named("reg").auth(tokens(&arm, &discovery));
    let error = registry().models().get("m", "1").await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.kind()), ("there is no registry reg", ErrorKind::Rejected));
    let elsewhere = json!({
        "primaryRegionResourceProviderUri": "http://elsewhere.example/",
        "subscriptionId": SUBSCRIPTION,
        "resourceGroup": "rg",
    });
    Mock::given(method("GET")).respond_with(ok(&elsewhere)).mount(&discovery).await;
    let error = registry().codes().container("c").await.unwrap_err();
    insta::assert_snapshot!(error, @"Azure ML is said to be at elsewhere.example without TLS, where no token must go");
    let error = Registry::named("../reg").auth(tokens(&arm, &discovery)).get().await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        ("\"../reg\" is not a registry name", ErrorKind::Configuration)
    );
    let error = Registry::named("reg").auth(Tokens::for_arm(&arm.uri())).get().await.unwrap_err();
    insta::assert_snapshot!(error, @"cloud Rig does not say where registries are found by their names");
    assert!(arm.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_missing_is_told_with_the_registry() {
    let arm = MockServer::start().await;
    let registry = Registry::new(SUBSCRIPTION, "rg", "reg").auth(Tokens::for_arm(&arm.uri()));
    let error = registry.get().await.unwrap_err();
    insta::assert_snapshot!(error, @"Registry not found: reg in resource group rg of subscription e1a7c0de-0001-4000-8000-000000005b01");
    let error = registry.models().get("m", "1").await.unwrap_err();
    assert_eq!(error.help(), Some("azml model list --registry-name reg"));
    insta::assert_snapshot!(error, @"there is no model m:1 in registry reg");
}

#[tokio::test]
async fn places_for_files_are_given_by_a_registry_and_told_to_nobody_but_the_caller() {
    let arm = MockServer::start().await;
    let credential = json!({"credentialType": "SAS", "sasUri": CANARY});
    let answer = json!({"blobReferenceForConsumption": {"blobUri": "https://blobs/c", "credential": credential}});
    Mock::given(method("POST"))
        .and(path(at("/data/d/versions/1/startPendingUpload")))
        .and(body_json(json!({"pendingUploadType": "TemporaryBlobReference"})))
        .respond_with(ok(&answer))
        .expect(1)
        .mount(&arm)
        .await;
    let asset = "azureml://registries/reg/models/m/versions/1";
    Mock::given(method("POST"))
        .and(path(at("/datareferences/m/versions/1")))
        .and(body_json(json!({"assetId": asset, "blobUri": "https://blobs/c/m"})))
        .respond_with(ok(&answer))
        .expect(1)
        .mount(&arm)
        .await;
    let registry = Registry::new(SUBSCRIPTION, "rg", "reg").auth(Tokens::for_arm(&arm.uri()));
    let upload = registry.data().start_pending_upload("d", "1", None).await.unwrap();
    let files = registry.models().blob_reference("m", "1", "https://blobs/c/m").await.unwrap();
    assert!(!format!("{upload:?} {files:?}").contains("canary"));
    assert_eq!(files.credential.unwrap().sas_uri.unwrap().expose(), CANARY);

    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(Tokens::for_arm(&arm.uri()));
    let error = ws.models().start_pending_upload("m", "1", None).await.unwrap_err();
    insta::assert_snapshot!(error, @"places for the files of a model are given by registries, not by workspace ws of resource group rg");
    assert_eq!(ws.codes().blob_reference("c", "1", "u").await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn lists_of_components_know_no_views_in_a_registry() {
    let arm = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ok(&json!({"value": []}))).mount(&arm).await;
    let registry = Registry::new(SUBSCRIPTION, "rg", "reg").auth(Tokens::for_arm(&arm.uri()));
    registry.components().list(ListView::All).try_collect().await.unwrap();
    registry.components().versions("c", ListView::All).try_collect().await.unwrap();
    registry.models().list(ListView::All).try_collect().await.unwrap();
    let asked = arm.received_requests().await.unwrap();
    let queries: Vec<_> = asked.iter().map(|request| request.url.query().unwrap()).collect();
    let version = "api-version=2025-12-01";
    assert_eq!(queries, [version, version, &format!("{version}&listViewType=All")]);
}

#[test]
fn a_registry_is_described_as_the_python_sdk_describes_it() {
    let region = RegistryRegion::new("northeurope").storage("premium_zrs", true, 2);
    let new = NewRegistry::new("westeurope")
        .region(region)
        .tag("team", "x")
        .public_network_access(&PublicNetworkAccess::Disabled);
    insta::assert_json_snapshot!(new);
    let given = RegistryRegion::new("westeurope").storage_accounts(["/storage"]);
    let new = NewRegistry::new("westeurope").region(given).container_registry("/acr").publisher("Contoso");
    insta::assert_json_snapshot!(new);
}

#[tokio::test]
async fn a_registry_lives_from_its_creation_to_its_end() {
    let (_azure, client) = azure_and_client();
    let registry = Registry::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, "reg").client(client.clone());
    let new = NewRegistry::new("westeurope").region(RegistryRegion::new("northeurope")).tag("team", "x");
    let made = registry.create_or_update(&new).await.unwrap().wait().await.unwrap();
    assert_eq!((made.name(), made.regions().collect::<Vec<_>>()), ("reg", vec!["westeurope", "northeurope"]));
    let found = Registry::list(defaults::SUBSCRIPTION).client(client.clone()).pager().try_collect().await.unwrap();
    assert_eq!(found.iter().map(Resource::name).collect::<Vec<_>>(), ["reg"]);
    let changed = registry.update(&json!({"tags": {"team": "y"}})).await.unwrap();
    assert_eq!(changed.tags().collect::<Vec<_>>(), [("team", "y")]);
    let error = registry.remove_regions(&["eastus"]).await.unwrap_err();
    assert_eq!(error.help(), Some("it is in westeurope, northeurope"));
    let smaller = registry.remove_regions(&["northeurope"]).await.unwrap().wait().await.unwrap();
    assert_eq!(smaller.regions().collect::<Vec<_>>(), ["westeurope"]);
    registry.delete().await.unwrap().wait().await.unwrap();
    assert_eq!(registry.get().await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_model_is_shared_and_found_by_whoever_knows_the_name_of_the_registry() {
    let (_azure, client) = azure_and_client();
    let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
    let ws = ws.client(client.clone());
    let own = Registry::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, "shared").client(client.clone());
    own.create_or_update(&NewRegistry::new(defaults::LOCATION)).await.unwrap().wait().await.unwrap();
    let new = NewModel::new(&ModelType::Custom, "azureml://datastores/workspaceblobstore/paths/credit");
    ws.models().create("credit", &new).await.unwrap();
    let there = Destination::new(own.name(), "credit", "7");
    ws.models().publish("credit", "1", &there).await.unwrap().wait().await.unwrap();

    let registry = Registry::named("shared").client(client);
    let model = registry.models().get("credit", Version::Latest).await.unwrap();
    assert_eq!((model.name(), model.uri()), ("7", new_uri(&new).as_deref()));
    let next = registry.models().create("credit", &new).await.unwrap();
    assert_eq!(next.name(), "8");
    registry.models().archive("credit", Some("8")).await.unwrap();
    let names = async |view| -> Vec<String> {
        let versions = registry.models().versions("credit", view).try_collect().await.unwrap();
        versions.iter().map(|model| model.name().to_owned()).collect()
    };
    assert_eq!(
        (names(ListView::Active).await, names(ListView::Archived).await),
        (vec!["7".into()], vec!["8".to_owned()])
    );
    registry.models().restore("credit", Some("8")).await.unwrap();

    let upload = registry.models().start_pending_upload("credit", "9", None).await.unwrap();
    assert!(upload.blob_reference_for_consumption.unwrap().credential.unwrap().sas_uri.is_some());
    let files = registry.models().blob_reference("credit", "7", "https://storage.example/c/credit").await.unwrap();
    assert_eq!(files.blob_uri.as_deref(), Some("https://storage.example/c/credit"));

    let environment = NewEnvironment::image("mcr.example/base:1");
    registry.environments().create_or_update("training", "1", &environment).await.unwrap();
    registry.environments().delete("training", "1").await.unwrap();
    assert_eq!(registry.environments().get("training", "1").await.unwrap_err().status(), Some(404));
    registry.models().delete_container("credit").await.unwrap();
    assert!(registry.models().list(ListView::All).try_collect().await.unwrap().is_empty());
}

fn new_uri(new: &NewModel) -> Option<String> {
    serde_json::to_value(new).unwrap()["properties"]["modelUri"].as_str().map(str::to_owned)
}
