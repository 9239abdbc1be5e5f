//! A model that is served, and asked, from the datastore to the schedule, against the emulator.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_core::http::HttpClient;
use auth_core::{AccessToken, Authentication, Clock, Cloud, Env, Error, Secret, TokenRequest};
use serde_json::{Value, json};
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use workspace_client::resources::Resource;
use workspace_client::resources::compute::NewQuota;
use workspace_client::resources::connection::NewConnection;
use workspace_client::resources::datastore::{NewDatastore, SecretExpiry, Validation};
use workspace_client::resources::endpoint::batch::{NewBatchDeployment, NewBatchEndpoint};
use workspace_client::resources::endpoint::online::{Invocation, NewOnlineDeployment, NewOnlineEndpoint};
use workspace_client::resources::endpoint::{
    EndpointAuthMode, KeyType, NewMarketplaceSubscription, NewServerlessEndpoint, ServerlessState, SubscriptionStatus,
};
use workspace_client::resources::network::NewOutboundRule;
use workspace_client::resources::schedule::{NewSchedule, Trigger};
use xtask::emulator::{Emulator, defaults};

/// Ada, with a token for each audience.
#[derive(Debug)]
struct Ada {
    cloud: Cloud,
    arm: String,
    ml: String,
    until: SystemTime,
}

#[async_trait]
impl Authentication for Ada {
    fn name(&self) -> &'static str {
        "Ada"
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let is_ml = Some(request.scopes()) == self.cloud.ml_scope().as_ref();
        Ok(AccessToken::new(if is_ml { self.ml.as_str() } else { &self.arm }, self.until))
    }
}

/// Azure, and a workspace there.
pub(crate) fn azure() -> (Emulator, Workspace) {
    let (azure, client) = azure_and_client();
    let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE).client(client);
    (azure, ws)
}

/// Azure, and a client of it. What waits there, waits by a clock that nobody waits for.
pub(crate) fn azure_and_client() -> (Emulator, ArmClient) {
    let azure = Emulator::start();
    let token = |audience: &str| {
        azure.issue_access_token(defaults::ADA, defaults::CONTOSO, audience, Duration::from_secs(36_000))
    };
    let now = Clock::system().now();
    let ada = Ada {
        cloud: Cloud::public(),
        arm: token("https://management.core.windows.net/"),
        ml: token("https://ml.azure.com"),
        until: now + Duration::from_secs(36_000),
    };
    let client = ArmClient::new(Arc::new(ada)).http(HttpClient::new(Env::fake(azure.env()))).clock(Clock::fixed(now));
    (azure, client)
}

fn echo(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).unwrap()
}

#[tokio::test]
async fn a_model_is_served_asked_and_taken_away() {
    let (_azure, ws) = azure();
    let endpoints = ws.online_endpoints();
    let endpoint = NewOnlineEndpoint::new(&EndpointAuthMode::Key);
    let endpoint = endpoints.create_or_update("ep", &endpoint).await.unwrap().wait().await.unwrap();
    assert_eq!((endpoint.location(), endpoint.auth_mode()), (Some(defaults::LOCATION), Some(EndpointAuthMode::Key)));
    let deployments = endpoints.deployments("ep");
    for name in ["blue", "green"] {
        let deployment = NewOnlineDeployment::managed("Standard_DS3_v2").model("m");
        deployments.create_or_update(name, &deployment).await.unwrap().wait().await.unwrap();
    }
    endpoints.set_traffic("ep", &[("blue", 90), ("green", 10)]).await.unwrap().wait().await.unwrap();
    let asked = Invocation::json(&json!({"data": [1, 2]})).unwrap();
    let answer = echo(&endpoints.invoke("ep", &asked).await.unwrap());
    assert_eq!(answer, json!({"endpoint": "ep", "deployment": "blue", "echo": {"data": [1, 2]}}));
    let green = echo(&endpoints.invoke("ep", &asked.clone().deployment("green")).await.unwrap());
    assert_eq!(green["deployment"], "green");

    let own = Secret::new("a-key-of-our-own");
    endpoints.regenerate_keys("ep", KeyType::Primary, Some(&own)).await.unwrap().wait().await.unwrap();
    assert_eq!(endpoints.keys("ep").await.unwrap().primary_key, Some(own));
    assert_eq!(echo(&endpoints.invoke("ep", &asked).await.unwrap())["deployment"], "blue");

    let scaled = deployments.scale("green", 3).await.unwrap().wait().await.unwrap();
    assert_eq!((scaled.instance_count(), scaled.instance_type()), (Some(3), Some("Standard_DS3_v2")));
    assert!(deployments.logs("green", &"InferenceServer".into(), 1).await.unwrap().ends_with("ready"));
    assert_eq!(deployments.skus("green").try_next().await.unwrap().unwrap().maximum(), Some(20));
    endpoints.set_traffic("ep", &[("blue", 100)]).await.unwrap().wait().await.unwrap();
    deployments.delete("green").await.unwrap().wait().await.unwrap();
    let left = deployments.list().try_collect().await.unwrap();
    assert_eq!(left.iter().map(Resource::name).collect::<Vec<_>>(), ["blue"]);
    endpoints.delete("ep").await.unwrap().wait().await.unwrap();
    assert_eq!(endpoints.get("ep").await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn each_mode_of_an_endpoint_has_its_own_key() {
    let (_azure, ws) = azure();
    let (endpoints, asked) = (ws.online_endpoints(), Invocation::json(&json!(1)).unwrap().deployment("blue"));
    for (name, mode) in [("tokens", EndpointAuthMode::AmlToken), ("entra", EndpointAuthMode::AadToken)] {
        endpoints.create_or_update(name, &NewOnlineEndpoint::new(&mode)).await.unwrap().wait().await.unwrap();
        let deployment = NewOnlineDeployment::managed("Standard_DS3_v2").model("m");
        let blue = endpoints.deployments(name).create_or_update("blue", &deployment).await;
        blue.unwrap().wait().await.unwrap();
        assert_eq!(echo(&endpoints.invoke(name, &asked).await.unwrap())["endpoint"], name);
    }
}

#[tokio::test]
async fn a_batch_endpoint_answers_with_a_job() {
    let (_azure, ws) = azure();
    let endpoints = ws.batch_endpoints();
    let endpoint = NewBatchEndpoint::default().default_deployment("red");
    endpoints.create_or_update("be", &endpoint).await.unwrap().wait().await.unwrap();
    let red = endpoints.deployments("be").create_or_update("red", &NewBatchDeployment::model("m", "cpu")).await;
    assert_eq!(red.unwrap().wait().await.unwrap().model(), Some("m"));
    let job = endpoints.invoke("be", None, &json!({"properties": {"InputData": {}}})).await.unwrap();
    assert!(job.name().unwrap().starts_with("batchjob-"), "{job:?}");
}

#[tokio::test]
async fn what_a_model_needs_is_made_beside_it() {
    let (_azure, ws) = azure();
    let datastores = ws.datastores();
    let key = Secret::new("key-of-an-account");
    let new = NewDatastore::blob("account", "images").account_key(&key);
    let made = datastores.create_or_update("images", &new, Validation::Skip).await.unwrap();
    assert_eq!((made.account_name(), made.container()), (Some("account"), Some("images")));
    assert_eq!(datastores.secrets("images", None).await.unwrap().key, Some(key));
    let signature = datastores.secrets("images", Some(SecretExpiry::by_azure())).await.unwrap();
    assert!(signature.key.is_none() && signature.sas_token.is_some());
    assert_eq!(datastores.default().await.unwrap().name(), "workspaceblobstore");
    datastores.delete("images").await.unwrap();

    let connections = ws.connections();
    let token = Secret::new("a-token");
    connections.create_or_update("git", &NewConnection::new("Git", "t").personal_access_token(&token)).await.unwrap();
    assert_eq!(connections.secrets("git").await.unwrap().get("pat"), Some(&token));
    assert!(!connections.get("git").await.unwrap().raw().to_string().contains(token.expose()));

    let rules = ws.outbound_rules();
    let rule = NewOutboundRule::fqdn("*.pypi.org");
    let rule = rules.create_or_update("pypi", &rule).await.unwrap().wait().await.unwrap();
    assert_eq!(rule.destination(), Some("*.pypi.org"));

    let host = json!({"properties": {"capabilityHostKind": "Agents", "storageConnections": ["git"]}});
    let host = ws.capability_hosts().create_or_update("agents", &host).await.unwrap().wait().await.unwrap();
    assert_eq!((host.hosts(), host.storage_connections().collect::<Vec<_>>()), (Some("Agents"), vec!["git"]));

    let schedules = ws.schedules();
    let nightly = NewSchedule::job(&Trigger::cron("0 3 * * *"), &json!({"jobType": "Command", "command": "true"}));
    schedules.create_or_update("nightly", &nightly).await.unwrap().wait().await.unwrap();
    let disabled = schedules.disable("nightly").await.unwrap().wait().await.unwrap();
    assert_eq!((disabled.is_enabled(), disabled.cron_expression()), (Some(false), Some("0 3 * * *")));
    assert!(schedules.trigger("nightly").await.unwrap().job_name().unwrap().starts_with("nightly-"));

    let quota = NewQuota::new("/subscriptions/s/quotas/Standard_D", 48);
    let outcomes = ws.computes().update_quotas("westeurope", &[quota]).await.unwrap();
    assert_eq!(outcomes[0].limit(), Some(48));
    assert_eq!(ws.computes().quotas("westeurope").try_next().await.unwrap().unwrap().name(), Some("Standard_D"));
}

#[tokio::test]
async fn a_model_of_the_marketplace_is_subscribed_to_and_served() {
    let (_azure, ws) = azure();
    let new = NewMarketplaceSubscription::new("azureml://registries/r/models/llm");
    let subscription = ws.marketplace_subscriptions().create_or_update("llm", &new).await;
    assert_eq!(subscription.unwrap().wait().await.unwrap().status(), Some(SubscriptionStatus::Subscribed));
    let endpoints = ws.serverless_endpoints();
    let new = NewServerlessEndpoint::new("azureml://registries/r/models/llm");
    let endpoint = endpoints.create_or_update("llm", &new);
    assert_eq!(endpoint.await.unwrap().wait().await.unwrap().state(), Some(ServerlessState::Online));
    let before = endpoints.keys("llm").await.unwrap();
    let after = endpoints.regenerate_keys("llm", KeyType::Secondary, None).await.unwrap().wait().await.unwrap();
    assert_eq!(before.primary_key, after.primary_key);
    assert_ne!(before.secondary_key, after.secondary_key);
}
