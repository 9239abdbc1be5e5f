//! The resources that lie in workspaces, and operations that take time.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{Effect, Fault, OperationFailure, World};

use crate::caller::Caller;

fn instance() -> Value {
    json!({"location": "westeurope", "properties": {"computeType": "ComputeInstance", "properties": {"vmSize": "S"}}})
}

fn cluster() -> Value {
    let scale = json!({"minNodeCount": 2, "maxNodeCount": 4});
    let settings = json!({"vmSize": "S", "scaleSettings": scale});
    json!({"location": "westeurope", "properties": {"computeType": "AmlCompute", "properties": settings}})
}

#[tokio::test]
async fn a_resource_is_there_at_once_and_ready_when_its_operation_has_ended() {
    let arm = Caller::new();
    let begun = arm.ask(Method::PUT, "computes/CI", Some(instance())).await;
    assert_eq!(
        (begun.status, &begun.body["properties"]["provisioningState"]),
        (StatusCode::CREATED, &json!("Creating"))
    );
    let again = arm.ask(Method::PUT, "computes/ci", Some(instance())).await;
    assert_eq!(again.code(), (409, "Conflict"));
    let link = begun.headers["azure-asyncoperation"].to_str().unwrap();
    assert_eq!(arm.get(link).await.body["status"], "InProgress");
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Creating");
    let ended = arm.get(link).await;
    assert_eq!((&ended.body["status"], &ended.body["percentComplete"]), (&json!("Succeeded"), &json!(100.0)));
    let compute = arm.get("COMPUTES/ci").await.body;
    assert_eq!(
        (&compute["name"], &compute["type"]),
        (&json!("CI"), &json!("Microsoft.MachineLearningServices/workspaces/computes"))
    );
    assert_eq!(compute["properties"]["provisioningState"], "Succeeded");
    assert_eq!(compute["properties"]["properties"]["state"], "Running");
}

#[tokio::test]
async fn an_operation_that_nobody_asks_about_ends_with_the_clock() {
    let arm = Caller::new();
    arm.ask(Method::PUT, "computes/ci", Some(instance())).await;
    arm.azure.advance_clock(Duration::from_secs(600));
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn an_instance_is_stopped_and_started() {
    let arm = Caller::new();
    arm.create("ci", instance()).await;
    for (action, during, after) in
        [("stop", "Stopping", "Stopped"), ("start", "Starting", "Running"), ("restart", "Restarting", "Running")]
    {
        let begun = arm.ask(Method::POST, &format!("computes/ci/{action}"), None).await;
        assert_eq!((begun.status, begun.headers.contains_key("azure-asyncoperation")), (StatusCode::ACCEPTED, false));
        assert_eq!(arm.get("computes/ci").await.body["properties"]["properties"]["state"], during);
        assert_eq!(arm.finish(&begun, "location").await.status, StatusCode::NO_CONTENT);
        assert_eq!(arm.get("computes/ci").await.body["properties"]["properties"]["state"], after);
    }
    arm.create("cpu", cluster()).await;
    assert_eq!(arm.ask(Method::POST, "computes/cpu/start", None).await.code(), (400, "BadRequest"));
}

#[tokio::test]
async fn a_cluster_is_scaled_and_tells_its_nodes() {
    let arm = Caller::new();
    arm.create("cpu", cluster()).await;
    let scale = json!({"properties": {"properties": {"scaleSettings": {"minNodeCount": 3}}}});
    let begun = arm.ask(Method::PATCH, "computes/cpu", Some(scale)).await;
    assert_eq!((begun.status, &begun.body["properties"]["provisioningState"]), (StatusCode::OK, &json!("Updating")));
    arm.finish(&begun, "azure-asyncoperation").await;
    let settings = &arm.get("computes/cpu").await.body["properties"]["properties"];
    assert_eq!(settings["scaleSettings"], json!({"minNodeCount": 3, "maxNodeCount": 4}));
    assert_eq!(settings["currentNodeCount"], 3);
    let first = arm.ask(Method::POST, "computes/cpu/listNodes", None).await.body;
    let second = arm.get(first["nextLink"].as_str().unwrap()).await.body;
    let counts = [first, second].map(|page| page["nodes"].as_array().unwrap().len());
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn a_deletion_takes_its_time_and_needs_its_parameter() {
    let arm = Caller::new();
    arm.create("ci", instance()).await;
    let refused = arm.ask(Method::DELETE, "computes/ci", None).await;
    assert_eq!(
        (refused.code(), &refused.body["error"]["details"][0]["target"]),
        ((400, "BadRequest"), &json!("underlyingResourceAction"))
    );
    let begun = arm.ask(Method::DELETE, "computes/ci?underlyingResourceAction=Delete", None).await;
    assert_eq!((begun.status, begun.headers.contains_key("location")), (StatusCode::ACCEPTED, true));
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Deleting");
    arm.finish(&begun, "azure-asyncoperation").await;
    assert_eq!(arm.get("computes/ci").await.code(), (404, "ResourceNotFound"));
    let again = arm.ask(Method::DELETE, "computes/ci?underlyingResourceAction=Delete", None).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_refused_with_each_mistake() {
    let arm = Caller::new();
    let refused = arm.ask(Method::PUT, "computes/x", Some(json!({"properties": {}}))).await;
    let targets: Vec<_> = refused.body["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["target"].as_str().unwrap())
        .collect();
    assert_eq!((refused.code(), targets), ((400, "BadRequest"), vec!["location", "properties/computeType"]));
    assert_eq!(arm.ask(Method::PUT, "computes/x", Some(json!("text"))).await.code(), (400, "BadRequest"));
    assert_eq!(arm.ask(Method::PUT, "computes/x", None).await.code(), (400, "InvalidRequestContent"));
    assert_eq!(arm.ask(Method::POST, "computes/x/start", None).await.code(), (404, "ResourceNotFound"));
    assert_eq!(arm.get("thingies/x").await.code(), (404, "InvalidResourceType"));
    assert_eq!(arm.ask(Method::PUT, "computes", None).await.code(), (405, "HttpMethodNotSupported"));
}

#[tokio::test]
async fn lists_come_in_pages_and_faults_meet_all_of_it() {
    let arm = Caller::new();
    for name in ["a", "b", "c"] {
        arm.create(name, cluster()).await;
    }
    let names =
        |page: &Value| page["value"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
    let first = arm.get("computes").await.body;
    let second = arm.get(first["nextLink"].as_str().unwrap()).await.body;
    assert_eq!((names(&first), names(&second)), (vec![json!("a"), json!("b")], vec![json!("c")]));
    arm.azure.add_fault(Fault::once("/computes/a/stop", Effect::throttled(3)));
    assert_eq!(arm.ask(Method::POST, "computes/a/stop", None).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_description_replaces_the_one_before_and_leaves_what_the_service_says() {
    let arm = Caller::new();
    let mut described = cluster();
    described["tags"] = json!({"a": "b"});
    arm.create("cpu", described).await;
    let before = arm.get("computes/cpu").await.body;
    let mut described = cluster();
    described["properties"]["properties"]["currentNodeCount"] = json!(7);
    arm.put("computes/cpu", described).await;
    let after = arm.get("computes/cpu").await.body;
    assert_eq!((after.get("tags"), &after["properties"]["properties"]["currentNodeCount"]), (None, &json!(2)));
    for pointer in ["/properties/createdOn", "/systemData/createdAt"] {
        assert_eq!(after.pointer(pointer), before.pointer(pointer));
    }
    let refused = arm.ask(Method::PUT, "computes/cpu", Some(instance())).await;
    assert_eq!(refused.code(), (409, "Conflict"));
}

#[tokio::test]
async fn an_update_and_a_deletion_of_a_compute_lead_both_ways() {
    let arm = Caller::new();
    arm.create("cpu", cluster()).await;
    let update = arm.ask(Method::PATCH, "computes/cpu", Some(json!({"tags": {}}))).await;
    arm.finish(&update, "location").await;
    let deletion = arm.delete("computes/cpu?underlyingResourceAction=Delete").await;
    for begun in [update, deletion] {
        assert!(["azure-asyncoperation", "location"].iter().all(|header| begun.headers.contains_key(*header)));
    }
}

#[tokio::test]
async fn an_operation_that_fails_says_why_and_so_does_the_compute() {
    let failure = OperationFailure {
        path: "/computes/broken".into(),
        code: "ClusterCoreQuotaReached".into(),
        message: "There are no cores left.".into(),
    };
    let arm = Caller::with(World { failures: vec![failure], retry_after: 7, ..World::default() });
    let begun = arm.ask(Method::PUT, "computes/broken", Some(instance())).await;
    assert_eq!((begun.status, begun.headers["retry-after"].to_str().unwrap()), (StatusCode::CREATED, "7"));
    let status = arm.finish(&begun, "azure-asyncoperation").await;
    assert_eq!((&status.body["status"], status.headers["retry-after"].to_str().unwrap()), (&json!("Failed"), "7"));
    assert_eq!(status.body["error"]["code"], "ClusterCoreQuotaReached");
    let properties = arm.get("computes/broken").await.body["properties"].clone();
    assert_eq!(
        (&properties["provisioningState"], &properties["properties"]["state"]),
        (&json!("Failed"), &json!("CreateFailed"))
    );
    assert_eq!(properties["provisioningErrors"][0]["error"]["message"], "There are no cores left.");

    let begun = arm.ask(Method::POST, "computes/broken/start", None).await;
    assert_eq!(arm.finish(&begun, "location").await.code(), (400, "ClusterCoreQuotaReached"));
    assert_eq!(arm.get("computes/broken").await.body["properties"]["properties"]["state"], "Stopped");
}

#[tokio::test]
async fn an_encoded_slash_stays_in_its_name() {
    let arm = Caller::new();
    arm.put("environments/a%2Fb/versions/1", json!({"properties": {"image": "i"}})).await;
    assert_eq!(arm.get("environments/a%2Fb/versions/1").await.status, StatusCode::OK);
    assert_eq!(arm.get("environments/a/b").await.code(), (404, "InvalidResourceType"));
}
