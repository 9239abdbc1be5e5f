//! The network around a workspace, schedules and quotas.

use auth_core::Error;
use workspace_client::Workspace;
use workspace_client::resources::compute::Quota;
use workspace_client::resources::network::{
    OutboundRule, PrivateEndpointConnection, PrivateLinkResource, WorkspaceFeature,
};
use workspace_client::resources::schedule::Schedule;

use super::operations::{Case, check, read};

const GROUPS: &[&str] = &[
    "ManagedNetworkSettingsRule",
    "PrivateEndpointConnections",
    "PrivateLinkResources",
    "Quotas",
    "Schedules",
    "WorkspaceFeatures",
];

#[tokio::test]
async fn every_example_of_networks_schedules_and_quotas_is_asked_as_it_is_recorded() {
    check(&[GROUPS, &["ManagedNetworkProvisions"]].concat(), ask).await;
}

async fn ask(case: &Case, ws: Workspace) -> Result<(), Error> {
    let version = case.text("api-version");
    let rules = ws.outbound_rules().api_version(version);
    let private = ws.private_endpoint_connections().api_version(version);
    let schedules = ws.schedules().api_version(version);
    match case.operation.as_str() {
        "ManagedNetworkProvisions_ProvisionManagedNetwork" => {
            let with_spark = case.body()["includeSpark"].as_bool().unwrap();
            ws.api_version(version).provision_network(with_spark).await.map(drop)
        }
        "ManagedNetworkSettingsRule_Delete" => rules.delete(case.text("ruleName")).await.map(drop),
        "ManagedNetworkSettingsRule_List" => rules.list().try_next().await.map(drop),
        "PrivateEndpointConnections_Delete" => private.delete(case.text("privateEndpointConnectionName")).await,
        "PrivateEndpointConnections_Get" => private.get(case.text("privateEndpointConnectionName")).await.map(drop),
        "PrivateEndpointConnections_List" => private.list().try_next().await.map(drop),
        "PrivateLinkResources_List" => ws.api_version(version).private_link_resources().try_next().await.map(drop),
        "Quotas_List" => ws.computes().api_version(version).quotas(case.text("location")).try_next().await.map(drop),
        "Schedules_CreateOrUpdate" => schedules.create_or_update(case.text("name"), case.body()).await.map(drop),
        "Schedules_Delete" => schedules.delete(case.text("name")).await.map(drop),
        "Schedules_List" => schedules.list().try_next().await.map(drop),
        "WorkspaceFeatures_List" => ws.api_version(version).features().try_next().await.map(drop),
        other => panic!("nobody asks {other}"),
    }
}

#[test]
fn every_answer_about_networks_schedules_and_quotas_is_read_and_written_without_loss() {
    read(GROUPS, |case| match case.operation.split('_').next().unwrap() {
        "ManagedNetworkSettingsRule" => case.read::<OutboundRule>(),
        "PrivateEndpointConnections" => case.read::<PrivateEndpointConnection>(),
        "PrivateLinkResources" => case.read::<PrivateLinkResource>(),
        "Quotas" => case.read::<Quota>(),
        "Schedules" => case.read::<Schedule>(),
        _ => case.read::<WorkspaceFeature>(),
    });
}
