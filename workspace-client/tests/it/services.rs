//! What is special about datastores, endpoints, connections, networks, schedules and quotas.

use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::{Clock, ErrorKind, Secret};
use serde::Serialize;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::arm::ArmError;
use workspace_client::resources::compute::{NewQuota, QuotaStatus};
use workspace_client::resources::connection::{ConnectionFilter, NewConnection};
use workspace_client::resources::datastore::{NewDatastore, SecretExpiry, Validation};
use workspace_client::resources::endpoint::batch::{NewBatchDeployment, NewBatchEndpoint};
use workspace_client::resources::endpoint::online::{Invocation, NewOnlineDeployment, OnlineEndpointFilter};
use workspace_client::resources::endpoint::{NewServerlessEndpoint, ServerlessAuthMode};
use workspace_client::resources::network::{ConnectionStatus, NewOutboundRule};
use workspace_client::resources::schedule::{NewSchedule, RecurrenceFrequency, ScheduleListView, Trigger, WeekDay};

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "canary-of-a-key";

/// A workspace at an imitation of Azure Resource Manager, and the tokens that it was given.
struct Rig {
    arm: MockServer,
    tokens: Tokens,
    ws: Workspace,
}

impl Rig {
    async fn start() -> Self {
        let arm = MockServer::start().await;
        let tokens = Tokens::for_arm(&arm.uri());
        let client = tokens.client().clock(Clock::fixed(from_unix(1_700_000_000)));
        Self { ws: Workspace::new(SUBSCRIPTION, "rg", "ws").client(client), tokens, arm }
    }

    async fn on(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        let at = if at.starts_with('/') { at.to_owned() } else { inside(at) };
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.arm).await;
    }

    /// An online endpoint `ep` that answers at this URL, with its key.
    async fn endpoint(&self, mode: &str, scoring_uri: &str) {
        let properties = json!({"authMode": mode, "scoringUri": scoring_uri});
        self.on("GET", "onlineEndpoints/ep", ok(&resource("onlineEndpoints/ep", &properties))).await;
        let keys = json!({"primaryKey": CANARY, "secondaryKey": "other"});
        self.on("POST", "onlineEndpoints/ep/listKeys", ok(&keys)).await;
    }

    async fn asked(&self) -> Vec<Request> {
        self.arm.received_requests().await.unwrap()
    }
}

fn inside(at: &str) -> String {
    let provider = "providers/Microsoft.MachineLearningServices";
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/{provider}/workspaces/ws/{at}")
}

fn resource(at: &str, properties: &Value) -> Value {
    json!({"id": inside(at), "name": at.rsplit('/').next(), "location": "westeurope", "properties": properties})
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn json_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn bearer(request: &Request) -> &str {
    request.headers["authorization"].to_str().unwrap()
}

#[tokio::test]
async fn an_endpoint_is_asked_on_its_own_host_with_its_own_key() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("Key", &format!("{}/score", model.uri())).await;
    Mock::given(header("azureml-model-deployment", "blue"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes([0, 159, 146, 150]))
        .mount(&model)
        .await;
    let image = Invocation::new([255, 216], "image/jpeg").deployment("blue");
    assert_eq!(rig.ws.online_endpoints().invoke("ep", &image).await.unwrap(), [0, 159, 146, 150]);
    let asked = model.received_requests().await.unwrap();
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].url.path()), (1, "POST", "/score"));
    assert_eq!((asked[0].body.as_slice(), bearer(&asked[0])), (&[255, 216][..], "Bearer canary-of-a-key"));
    assert_eq!(asked[0].headers["content-type"], "image/jpeg");
    assert!(rig.asked().await.iter().all(|request| bearer(request).starts_with("Bearer token-")));
}

#[tokio::test]
async fn an_endpoint_with_entra_id_gets_a_token_for_azure_ml_and_a_batch_endpoint_too() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("aadtoken", &format!("{}/score", model.uri())).await;
    let batch = json!({"authMode": "AADToken", "scoringUri": format!("{}/jobs", model.uri())});
    rig.on("GET", "batchEndpoints/be", ok(&resource("batchEndpoints/be", &batch))).await;
    let job = json!({"id": "i", "name": "batchjob-1", "properties": {"status": "NotStarted"}});
    Mock::given(path("/score")).respond_with(ok(&json!(42))).mount(&model).await;
    Mock::given(path("/jobs")).respond_with(ok(&job)).mount(&model).await;
    let asked = Invocation::json(&json!({"data": []})).unwrap();
    assert_eq!(rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap(), b"42");
    let wanted = json!({"properties": {"InputData": {}}});
    let job = rig.ws.batch_endpoints().invoke("be", Some("red"), &wanted).await.unwrap();
    assert_eq!((job.name(), job.status()), (Some("batchjob-1"), Some("NotStarted")));
    let scopes: Vec<_> = rig.tokens.requests().iter().map(|request| request.scopes().to_string()).collect();
    let (arm, ml) = ("https://arm.rig.example//.default", "https://ml.rig.example/.default");
    assert_eq!(scopes, [arm, ml, arm, ml]);
    let asked = model.received_requests().await.unwrap();
    assert_eq!((json_of(&asked[1]), &asked[1].headers["azureml-model-deployment"]), (wanted, &"red".parse().unwrap()));
    assert!(rig.asked().await.iter().all(|request| request.method.as_str() == "GET"), "no key was asked for");
}

#[tokio::test]
async fn no_key_goes_to_a_host_without_tls_or_where_an_endpoint_sends_it_on() {
    let rig = Rig::start().await;
    rig.endpoint("Key", "http://198.51.100.7/score").await;
    let asked = Invocation::json(&json!({})).unwrap();
    let error = rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"the endpoint is said to be at 198.51.100.7 without TLS, where no token must go");
    assert_eq!(rig.asked().await.len(), 1, "the key was not even asked for");

    let (rig, model, other) = (Rig::start().await, MockServer::start().await, MockServer::start().await);
    rig.endpoint("Key", &model.uri()).await;
    let away = ResponseTemplate::new(307).insert_header("location", other.uri());
    Mock::given(method("POST")).respond_with(away).mount(&model).await;
    let error = rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_yet_says_so() {
    let rig = Rig::start().await;
    let made = resource("onlineEndpoints/ep", &json!({"authMode": "Key", "provisioningState": "Creating"}));
    rig.on("GET", "onlineEndpoints/ep", ok(&made)).await;
    let error = rig.ws.online_endpoints().invoke("ep", &Invocation::new("", "text/plain")).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"endpoint ep does not say yet where it answers");
    assert_eq!(error.help(), Some("wait until its creation has ended"));
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_told_and_an_answer_has_its_limits() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("Key", &format!("{}/score", model.uri())).await;
    let endpoints = rig.ws.online_endpoints();
    let invoke = async |status: u16, invocation: Invocation| {
        model.reset().await;
        let answer = ResponseTemplate::new(status).set_body_string("not\nso");
        Mock::given(method("POST")).respond_with(answer).mount(&model).await;
        endpoints.invoke("ep", &invocation).await.unwrap_err()
    };
    let refused = invoke(401, Invocation::new("", "text/plain")).await;
    assert_eq!(refused.to_string(), "127.0.0.1 refused: it does not let anybody in without the right key");
    assert_eq!(
        (refused.help(), ArmError::of(&refused).unwrap().to_string()),
        (None, "the endpoint answered 401: not so".into())
    );
    assert!(!format!("{refused:?}").contains(CANARY));
    let failed = invoke(500, Invocation::new("", "text/plain")).await;
    assert_eq!((failed.kind(), model.received_requests().await.unwrap().len()), (ErrorKind::Network, 1), "asked once");
    let large = invoke(200, Invocation::new("", "text/plain").limit(5)).await;
    assert_eq!((large.kind(), large.to_string()), (ErrorKind::Protocol, "127.0.0.1 sent more than 5 bytes".into()));

    model.reset().await;
    let slow = ok(&json!({})).set_delay(Duration::from_secs(60));
    Mock::given(method("POST")).respond_with(slow).mount(&model).await;
    let hurried = Invocation::new("", "text/plain").deadline(Duration::from_millis(50));
    assert_eq!(endpoints.invoke("ep", &hurried).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn traffic_is_changed_by_sending_the_endpoint_back_whole() {
    let rig = Rig::start().await;
    let endpoint = |traffic: Value| {
        let properties = json!({"authMode": "Key", "traffic": traffic, "mirrorTraffic": {}, "future": [1]});
        resource("onlineEndpoints/ep", &properties)
    };
    rig.on("GET", "onlineEndpoints/ep", ok(&endpoint(json!({"blue": 100})))).await;
    rig.on("PUT", "onlineEndpoints/ep", ok(&endpoint(json!({"blue": 10, "green": 90})))).await;
    let endpoints = rig.ws.online_endpoints();
    let changed = endpoints.set_traffic("ep", &[("blue", 10), ("green", 90)]).await.unwrap().wait().await.unwrap();
    assert_eq!(changed.traffic().collect::<Vec<_>>(), [("blue", 10), ("green", 90)]);
    assert_eq!(json_of(&rig.asked().await[1]), endpoint(json!({"blue": 10, "green": 90})));
    endpoints.set_mirror_traffic("ep", &[("green", 5)]).await.unwrap();
    let mut expected = endpoint(json!({"blue": 100}));
    expected["properties"]["mirrorTraffic"] = json!({"green": 5});
    assert_eq!(json_of(&rig.asked().await[3]), expected);
}

#[tokio::test]
async fn deployments_lie_in_their_endpoint() {
    let rig = Rig::start().await;
    let blue = "onlineEndpoints/ep/deployments/blue";
    rig.on("PATCH", blue, ok(&resource(blue, &json!({})))).await;
    rig.on("POST", &format!("{blue}/getLogs"), ok(&json!({"content": "ready"}))).await;
    let missing = json!({"error": {"code": "UserError", "message": "none"}});
    rig.on("GET", "onlineEndpoints/ep/deployments/red", ResponseTemplate::new(404).set_body_json(missing)).await;
    let deployments = rig.ws.online_endpoints().api_version("2026-09-01").deployments("ep");
    deployments.scale("blue", 3).await.unwrap().wait().await.unwrap();
    assert_eq!(deployments.logs("blue", &"InferenceServer".into(), 10).await.unwrap(), "ready");
    let error = deployments.get("red").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no online deployment red in ep of workspace ws of resource group rg");
    assert!(error.help().unwrap().starts_with("azml online-deployment list --endpoint-name ep --workspace-name ws"));
    let asked = rig.asked().await;
    assert_eq!(json_of(&asked[0]), json!({"sku": {"capacity": 3}}));
    assert!(asked.iter().all(|request| request.url.query() == Some("api-version=2026-09-01")));
}

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

fn value(new: &impl Serialize) -> Value {
    serde_json::to_value(new).unwrap()
}

#[test]
fn the_descriptions_say_what_was_chosen() {
    let secret = Secret::new("s");
    let datastores = [
        value(&NewDatastore::blob("a", "c").account_key(&secret).description("d").tag("a/b", "c")),
        value(&NewDatastore::file_share("a", "s").sas(&secret).endpoint("core.example")),
        value(&NewDatastore::data_lake_gen2("a", "f").service_principal("t", "c", &secret)),
        value(&NewDatastore::data_lake_gen1("s").certificate("t", "c", "p", &secret)),
        value(&NewDatastore::one_lake("w", "l")),
    ];
    let connections = [
        value(&NewConnection::new("Git", "t").personal_access_token(&secret).private().metadata("a", "b")),
        value(&NewConnection::new("S3", "t").access_key("id", &secret)),
        value(&NewConnection::new("AzureBlob", "t").account_key(&secret)),
        value(&NewConnection::new("AzureOpenAI", "t").api_key(&secret)),
        value(&NewConnection::new("CustomKeys", "t").custom_key("one", &secret).custom_key("two", &secret)),
        value(&NewConnection::new("ContainerRegistry", "t").managed_identity("c", "r")),
        value(&NewConnection::new("AzureBlob", "t").sas(&secret)),
        value(&NewConnection::new("AzureSqlDb", "t").service_principal("t", "c", &secret)),
        value(&NewConnection::new("Snowflake", "t").username_password("u", &secret)),
        value(&NewConnection::new("AIServices", "t").aad()),
    ];
    let endpoints = [
        value(&NewBatchEndpoint::default().default_deployment("red").tag("a", "b")),
        value(
            &NewBatchDeployment::model("m", "cpu").instances(2).mini_batch_size(5).environment("e").code("c", "s.py"),
        ),
        value(&NewBatchDeployment::pipeline("p").default_compute("cpu")),
        value(&NewOnlineDeployment::kubernetes("gpu").instances(3).environment_variable("A", "b").app_insights()),
        value(&NewServerlessEndpoint::new("m").auth_mode(&ServerlessAuthMode::Key).content_safety(true)),
    ];
    let daily = Trigger::every(1, &RecurrenceFrequency::Week).at(&[3], &[0, 30]).on(&[WeekDay::Monday]);
    let others = [
        value(&NewOutboundRule::fqdn("*.pypi.org")),
        value(&NewOutboundRule::private_endpoint("/r", "blob", true)),
        value(&NewOutboundRule::service_tag("AzureMonitor", "TCP", "80, 443")),
        value(&NewSchedule::job(&daily.time_zone("UTC").start("2026-01-01T00:00:00"), &json!({})).disabled()),
        value(&NewSchedule::batch_endpoint(&Trigger::cron("0 3 * * *"), &json!({})).display_name("n")),
    ];
    insta::assert_json_snapshot!([datastores.to_vec(), connections.to_vec(), endpoints.to_vec(), others.to_vec()]);
}
