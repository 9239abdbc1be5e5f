//! Data, models, environments, codes and components of a workspace and of a registry, and the datastores below them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{World, defaults, secrets};

use crate::caller::Caller;

fn registry(path: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/registries/shared{path}",
        defaults::SUBSCRIPTION,
        defaults::RESOURCE_GROUP
    )
}

fn file(uri: &str) -> Value {
    json!({"properties": {"dataType": "uri_file", "dataUri": uri, "description": "first"}})
}

fn code(hash: &str) -> Value {
    json!({"properties": {"codeUri": "https://a/b", "properties": {"hash_sha256": hash, "hash_version": 202_208}}})
}

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_version_makes_its_container_which_counts_them() {
    let arm = Caller::new();
    let made = arm.put("data/d/versions/1", file("azureml://one")).await;
    assert_eq!(made.status, StatusCode::CREATED);
    arm.put("data/d/versions/9", file("azureml://nine")).await;
    arm.put("data/d/versions/10", file("azureml://ten")).await;
    let container = arm.get("data/d").await.body;
    let of = |member: &str| container["properties"][member].clone();
    assert_eq!([of("latestVersion"), of("nextVersion"), of("dataType")], ["10", "11", "uri_file"]);
    assert_eq!(names(&arm.get("data").await.body), ["d"]);
    assert_eq!(arm.get("data/d/labels/latest").await.body["name"], "10");
    assert_eq!(arm.get("data/e/labels/latest").await.code(), (404, "ResourceNotFound"));
    assert_eq!(arm.delete("data/d").await.status, StatusCode::OK);
    assert_eq!(arm.get("data/d/versions/9").await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn the_newest_version_comes_first_where_that_is_asked_for() {
    let arm = Caller::new();
    for version in ["b", "a", "c"] {
        arm.put(&format!("models/m/versions/{version}"), json!({"properties": {"modelUri": version}})).await;
    }
    let newest = arm.get("models/m/versions?$orderBy=createdtime%20desc&$top=1").await.body;
    assert_eq!((names(&newest), newest.get("nextLink")), (vec!["c"], None));
    let first = arm.get("models/m/versions?$orderBy=createdtime%20desc").await.body;
    let second = arm.get(first["nextLink"].as_str().unwrap()).await.body;
    assert_eq!([names(&first), names(&second)].concat(), ["c", "a", "b"]);
    let ignored = arm.get("models?$top=1").await.body;
    assert_eq!(names(&ignored), ["m"]);
}

#[tokio::test]
async fn what_a_version_consists_of_cannot_be_changed_and_the_rest_can() {
    let arm = Caller::new();
    arm.put("data/d/versions/1", file("azureml://one")).await;
    let refused = arm.ask(Method::PUT, "data/d/versions/1", Some(file("azureml://two"))).await;
    assert_eq!(refused.code(), (400, "UserError"));
    assert_eq!(refused.body["error"]["message"], "Asset paths cannot be updated.");
    let archived = json!({"properties": {"isArchived": true, "tags": {"a": "b"}}});
    assert_eq!(arm.put("data/d/versions/1", archived).await.status, StatusCode::OK);
    let properties = arm.get("data/d/versions/1").await.body["properties"].clone();
    assert_eq!((&properties["dataUri"], &properties["isArchived"]), (&json!("azureml://one"), &json!(true)));
    assert_eq!(properties.get("description"), None);

    arm.put("environments/e/versions/1", json!({"properties": {"image": "one"}})).await;
    let other = arm.ask(Method::PUT, "environments/e/versions/1", Some(json!({"properties": {"image": "two"}}))).await;
    assert_eq!(other.code(), (409, "Conflict"));
}

#[tokio::test]
async fn what_is_archived_is_listed_where_that_is_asked_for() {
    let arm = Caller::new();
    arm.put("models/old/versions/1", json!({"properties": {}})).await;
    arm.put("models/new/versions/1", json!({"properties": {}})).await;
    arm.put("models/old", json!({"properties": {"isArchived": true}})).await;
    for (view, expected) in [("", vec!["new"]), ("ArchivedOnly", vec!["old"]), ("All", vec!["new", "old"])] {
        assert_eq!(names(&arm.get(&format!("models?listViewType={view}")).await.body), expected);
    }
}

#[tokio::test]
async fn codes_are_found_by_their_content_whatever_their_name() {
    let arm = Caller::new();
    arm.put("codes/first/versions/1", code("abc")).await;
    arm.put("codes/second/versions/1", code("def")).await;
    let found = arm.get("codes/anything/versions?hash=def&hashVersion=202208").await.body;
    let id = found["value"][0]["id"].as_str().unwrap();
    assert!(names(&found).len() == 1 && id.ends_with("/codes/second/versions/1"), "{found}");
    let other = arm.get("codes/anything/versions?hash=def&hashVersion=1").await.body;
    assert_eq!(names(&other), Vec::<&str>::new());
}

#[tokio::test]
async fn an_upload_gets_a_container_of_its_own_and_a_signature_for_it() {
    let mut world = World::default();
    world.storage.blob_url = "https://localhost:10000/devstoreaccount1".into();
    let arm = Caller::with(world);
    let wanted = json!({"pendingUploadType": "TemporaryBlobReference"});
    let answer = arm.post("codes/new/versions/1/startPendingUpload", wanted.clone()).await.body;
    let reference = &answer["blobReferenceForConsumption"];
    let uri = reference["blobUri"].as_str().unwrap();
    assert!(uri.starts_with("https://localhost:10000/devstoreaccount1/upload-"), "{uri}");
    assert_eq!(reference["credential"]["sasUri"], format!("{uri}?{}", secrets::STORAGE_SAS));
    let other = arm.post("codes/new/versions/1/startPendingUpload", wanted).await.body;
    assert_ne!(other["blobReferenceForConsumption"]["blobUri"], uri);
}

#[tokio::test]
async fn a_version_is_published_to_a_registry_where_changes_take_time() {
    let arm = Caller::new();
    arm.put(&registry(""), json!({"location": "westeurope", "properties": {}})).await;
    arm.put("components/c/versions/1", json!({"properties": {"componentSpec": {"name": "c"}}})).await;
    let wanted = json!({"registryName": "shared", "destinationName": "d", "destinationVersion": "2"});
    let begun = arm.post("components/c/versions/1/publish", wanted).await;
    assert_eq!(arm.finish(&begun, "location").await.status, StatusCode::NO_CONTENT);
    let copy = arm.get(&registry("/components/d/versions/2")).await.body;
    assert_eq!(copy["properties"]["componentSpec"]["name"], "c");
    let nowhere = arm.post("components/c/versions/1/publish", json!({"registryName": "other"})).await;
    assert_eq!(nowhere.code(), (400, "BadRequest"));

    let begun = arm.ask(Method::PUT, &registry("/models/m/versions/1"), Some(json!({"properties": {}}))).await;
    assert_eq!(
        (begun.status, &begun.body["properties"]["provisioningState"]),
        (StatusCode::CREATED, &json!("Creating"))
    );
    arm.finish(&begun, "azure-asyncoperation").await;
    assert_eq!(arm.get(&registry("/models/m")).await.body["properties"]["latestVersion"], "1");
    let gone = arm.delete(&registry("/models/m/versions/1")).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED);
    arm.finish(&gone, "location").await;
    assert_eq!(arm.get(&registry("/models/m/versions/1")).await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn a_workspace_comes_with_datastores_whose_secrets_are_told_apart() {
    let arm = Caller::new();
    let default = arm.get("datastores?isDefault=true").await.body;
    assert_eq!(names(&default), ["workspaceblobstore"]);
    for name in ["workspaceartifactstore", "workspacefilestore", "workspaceworkingdirectory"] {
        assert_eq!(arm.get(&format!("datastores/{name}")).await.body["properties"]["accountName"], "emustorage");
    }
    let told = arm.get("datastores/workspaceblobstore").await.body;
    assert!(!told.to_string().contains(secrets::STORAGE_KEY), "{told}");
    let key = arm.ask(Method::POST, "datastores/workspaceblobstore/listSecrets", None).await.body;
    assert_eq!(key, json!({"secretsType": "AccountKey", "key": secrets::STORAGE_KEY}));
    let wanted = json!({"expirableSecret": true, "expireAfterHours": 1});
    let signature = arm.post("datastores/workspaceblobstore/listSecrets", wanted).await.body;
    assert_eq!(signature, json!({"secretsType": "Sas", "sasToken": secrets::STORAGE_SAS}));
}

#[tokio::test]
async fn the_datastores_follow_the_storage_of_the_world() {
    let arm = Caller::new();
    arm.get("datastores/workspaceblobstore").await;
    arm.azure.change_world(|world| world.storage.account = "devstoreaccount1".into());
    let told = arm.get("datastores/workspaceblobstore").await.body;
    assert_eq!(told["properties"]["accountName"], "devstoreaccount1");
}

#[tokio::test]
async fn feature_sets_take_time_and_are_filled_again() {
    let arm = Caller::new();
    let set = json!({"properties": {"entities": ["azureml:account:1"], "specification": {"path": "azureml://spec"}}});
    arm.put("featuresets/transactions/versions/1", set).await;
    let features = arm.get("featuresets/transactions/versions/1/features").await.body;
    assert_eq!(names(&features), ["transaction_amount"]);
    let begun = arm.post("featuresets/transactions/versions/1/backfill", json!({})).await;
    let ended = arm.finish(&begun, "location").await;
    assert_eq!((ended.status, ended.body["jobIds"].as_array().unwrap().len()), (StatusCode::OK, 1));
    arm.put("featurestoreEntities/account/versions/1", json!({"properties": {"indexColumns": []}})).await;
    assert_eq!(arm.get("featurestoreEntities/account").await.body["properties"]["latestVersion"], "1");
}
