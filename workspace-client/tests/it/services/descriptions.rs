//! What people create, as it is sent.

use auth_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};
use workspace_client::resources::connection::NewConnection;
use workspace_client::resources::datastore::NewDatastore;
use workspace_client::resources::endpoint::batch::{NewBatchDeployment, NewBatchEndpoint};
use workspace_client::resources::endpoint::online::NewOnlineDeployment;
use workspace_client::resources::endpoint::{NewServerlessEndpoint, ServerlessAuthMode};
use workspace_client::resources::network::NewOutboundRule;
use workspace_client::resources::schedule::{NewSchedule, RecurrenceFrequency, Trigger, WeekDay};

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
