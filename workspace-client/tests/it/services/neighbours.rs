//! What is special about datastores, connections, networks, schedules and quotas.

use auth_core::Secret;
use serde_json::json;
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};
use workspace_client::resources::compute::{NewQuota, QuotaStatus};
use workspace_client::resources::connection::{ConnectionFilter, NewConnection};
use workspace_client::resources::datastore::{NewDatastore, SecretExpiry, Validation};
use workspace_client::resources::endpoint::online::{Invocation, OnlineEndpointFilter};
use workspace_client::resources::network::ConnectionStatus;
use workspace_client::resources::schedule::ScheduleListView;

use super::{CANARY, Rig, SUBSCRIPTION, json_of, ok, resource};

#[tokio::test]
async fn the_default_datastore_is_the_workspace_s_own() {
    let rig = Rig::start().await;
    let own =
        resource("datastores/mine", &json!({"isDefault": true, "datastoreType": "AzureBlob", "containerName": "c"}));
    Mock::given(query_param("isDefault", "true")).respond_with(ok(&json!({"value": [own]}))).mount(&rig.arm).await;
    let own = rig.ws.datastores().default().await.unwrap();
    assert_eq!((own.name(), own.is_default(), own.container()), ("mine", true, Some("c")));
    rig.arm.reset().await;
    rig.on("GET", "datastores", ok(&json!({"value": []}))).await;
    let error = rig.ws.datastores().default().await.unwrap_err();
    assert_eq!(error.to_string(), "workspace ws of resource group rg has no default datastore");
}

#[tokio::test]
async fn secrets_are_told_by_their_own_verbs_and_by_nothing_else() {
    let rig = Rig::start().await;
    let sas = json!({"secretsType": "Sas", "sasToken": CANARY});
    rig.on("POST", "datastores/d/listSecrets", ok(&sas)).await;
    let keys = json!({"authType": "CustomKeys", "credentials": {"keys": {"mine": CANARY, "odd": 7}}});
    rig.on("POST", "connections/c/listsecrets", ok(&resource("connections/c", &keys))).await;
    let secrets = rig.ws.datastores().secrets("d", Some(SecretExpiry::hours(2))).await.unwrap();
    assert_eq!(secrets.sas_token.as_ref().unwrap().expose(), CANARY);
    assert_eq!(json_of(&rig.asked().await[0]), json!({"expirableSecret": true, "expireAfterHours": 2}));
    let credentials = rig.ws.connections().secrets("c").await.unwrap();
    assert_eq!((credentials.get("mine").unwrap().expose(), credentials.iter().count()), (CANARY, 1));
    let canary = Secret::new(CANARY);
    let shown = format!(
        "{secrets:?} {credentials:?} {:?} {:?} {:?}",
        NewDatastore::blob("a", "c").account_key(&canary),
        NewConnection::new("Git", "t").personal_access_token(&canary),
        Invocation::new(CANARY, "text/plain"),
    );
    assert!(!shown.contains(CANARY), "{shown}");
}

#[tokio::test]
async fn lists_are_asked_for_what_is_wanted() {
    let rig = Rig::start().await;
    Mock::given(method("GET")).respond_with(ok(&json!({"value": []}))).mount(&rig.arm).await;
    let connections = ConnectionFilter::default().category("Git").target("t").include_all();
    let endpoints = OnlineEndpointFilter::default().name("ep").tag("a=b").tag("c").compute_type("Managed");
    rig.ws.connections().list_with(&connections).try_collect().await.unwrap();
    rig.ws.online_endpoints().list_with(&endpoints).page_size(7).try_collect().await.unwrap();
    rig.ws.schedules().list_with(ScheduleListView::Disabled).try_collect().await.unwrap();
    rig.ws.features().try_collect().await.unwrap();
    rig.ws.private_link_resources().try_collect().await.unwrap();
    let asked = rig.asked().await;
    let asked: Vec<_> =
        asked.iter().map(|request| (request.url.path().rsplit('/').next(), request.url.query())).collect();
    insta::assert_debug_snapshot!(asked);
}

#[tokio::test]
async fn a_schedule_is_enabled_disabled_and_triggered() {
    let rig = Rig::start().await;
    let schedule = |enabled: bool| resource("schedules/s", &json!({"isEnabled": enabled, "trigger": {"future": 1}}));
    rig.on("GET", "schedules/s", ok(&schedule(false))).await;
    rig.on("PUT", "schedules/s", ok(&schedule(true))).await;
    let told = json!({"jobName": "s-1", "scheduleActionType": "CreateJob"});
    rig.on("POST", "schedules/s/trigger", ok(&told)).await;
    let schedules = rig.ws.schedules();
    assert_eq!(schedules.enable("s").await.unwrap().wait().await.unwrap().is_enabled(), Some(true));
    schedules.disable("s").await.unwrap();
    assert_eq!(schedules.trigger("s").await.unwrap().job_name(), Some("s-1"));
    let asked = rig.asked().await;
    assert_eq!((json_of(&asked[1]), json_of(&asked[3])), (schedule(true), schedule(false)));
    assert_eq!(asked[4].url.query(), Some("api-version=2024-01-01-preview"));
    assert_eq!(json_of(&asked[4]), json!({"scheduleTime": "2023-11-14T22:13:20Z"}));
}

#[tokio::test]
async fn an_instance_is_resized_and_cores_are_shared_out() {
    let rig = Rig::start().await;
    rig.on("POST", "computes/ci/resize", ResponseTemplate::new(200)).await;
    rig.ws.computes().resize("ci", "Standard_DS4_v2").await.unwrap().wait().await.unwrap();
    let asked = &rig.asked().await[0];
    assert_eq!(
        (json_of(asked), asked.url.query()),
        (json!({"targetVMSize": "Standard_DS4_v2"}), Some("api-version=2026-03-15-preview"))
    );

    let at = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/locations/eastus/updateQuotas"
    );
    let outcome = json!({"id": "q", "limit": 48, "status": "InvalidQuotaBelowClusterMinimum"});
    Mock::given(path(at))
        .and(body_json(json!({"value": [{"id": "q", "type": "t", "limit": 4, "unit": "Count"}]})))
        .respond_with(ok(&json!({"value": [outcome]})))
        .mount(&rig.arm)
        .await;
    let outcomes =
        rig.ws.computes().update_quotas("eastus", &[NewQuota::new("q", 4).resource_type("t")]).await.unwrap();
    assert_eq!(
        (outcomes[0].limit(), outcomes[0].status()),
        (Some(48), Some(QuotaStatus::InvalidQuotaBelowClusterMinimum))
    );
}

#[tokio::test]
async fn a_private_endpoint_is_answered_and_a_connection_changed() {
    let rig = Rig::start().await;
    let at = "privateEndpointConnections/pe";
    let pending =
        resource(at, &json!({"privateLinkServiceConnectionState": {"status": "Pending", "actionsRequired": "None"}}));
    rig.on("GET", at, ok(&pending)).await;
    rig.on("PUT", at, ok(&pending)).await;
    rig.on("PATCH", "connections/c", ok(&resource("connections/c", &json!({})))).await;
    let connections = rig.ws.private_endpoint_connections();
    let pending = connections.get("pe").await.unwrap();
    assert_eq!(pending.status(), Some(ConnectionStatus::Pending));
    let approved = pending.with_status(&ConnectionStatus::Approved, "known");
    connections.create_or_update("pe", &approved).await.unwrap();
    let change = json!({"properties": {"authType": "None", "target": "t"}});
    rig.ws.connections().update("c", &change).await.unwrap();
    let asked = rig.asked().await;
    let state = json!({"status": "Approved", "description": "known", "actionsRequired": "None"});
    assert_eq!(json_of(&asked[1])["properties"]["privateLinkServiceConnectionState"], state);
    assert_eq!(json_of(&asked[2]), change);
}

#[tokio::test]
async fn a_datastore_s_credentials_are_tried_only_where_that_is_wanted() {
    let rig = Rig::start().await;
    rig.on("PUT", "datastores/d", ok(&resource("datastores/d", &json!({})))).await;
    for validation in [Validation::Check, Validation::Skip] {
        rig.ws.datastores().create_or_update("d", &NewDatastore::blob("a", "c"), validation).await.unwrap();
    }
    let asked = rig.asked().await;
    let queries: Vec<_> = asked.iter().map(|request| request.url.query().unwrap().rsplit('&').next()).collect();
    assert_eq!(queries, [Some("skipValidation=false"), Some("skipValidation=true")]);
}
