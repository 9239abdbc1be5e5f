//! The kinds of resources that lie in workspaces and registries: a line of the table each.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::kind::{Action, Kind, PLAIN, SLOW};
use super::operation::Pace;
use super::store::{merge, underlay};
use super::{assets, computes, connections, datastores, endpoints, registries, workspaces};

/// Containers of workspaces, and of registries, where changes take time.
const CONTAINER: Kind = Kind {
    is_provisioned: true,
    read_only: assets::COUNTED,
    begun: assets::container_begun,
    read: assets::container_read,
    shows: assets::shows,
    ..PLAIN
};
const VERSION: Kind = Kind {
    is_provisioned: true,
    takes_top: true,
    begun: assets::version_begun,
    shows: assets::shows,
    actions: &[assets::PUBLISH],
    ..PLAIN
};
const SLOW_CONTAINER: Kind = Kind { put: SLOW.put, delete: SLOW.delete, ..CONTAINER };
const SLOW_VERSION: Kind = Kind { put: SLOW.put, delete: SLOW.delete, actions: &[], ..VERSION };

const DATA: &[&str] = &["/properties/dataType", "/properties/dataUri"];
const CODE: &[&str] = &["/properties/codeUri"];
const MODEL: &[&str] = &["/properties/modelUri", "/properties/modelType"];
const COMPONENT: &[&str] = &["/properties/componentSpec"];
const ENVIRONMENT: &[&str] =
    &["/properties/image", "/properties/condaFile", "/properties/build", "/properties/inferenceConfig"];
const KEYS: &[&str] = &["/properties/keys"];
const UPLOADED: &[(&str, Action)] = &[assets::PENDING_UPLOAD];
const ENDPOINT: &[&str] = &["/location", "/properties/authMode"];
const ENDPOINT_KEPT: &[&str] = &["/identity", "/properties/keys"];

const ONLINE_ENDPOINT: Kind = Kind {
    path: "workspaces/onlineEndpoints",
    patch: Some(Pace::Location),
    required: ENDPOINT,
    read_only: endpoints::READ_ONLY,
    kept: ENDPOINT_KEPT,
    immutable: &["/properties/authMode"],
    hidden: KEYS,
    check: endpoints::check_traffic,
    begun: endpoints::online_begun,
    actions: endpoints::ONLINE_ACTIONS,
    ..SLOW
};
const DEPLOYMENT: Kind = Kind { patch: Some(Pace::Location), takes_top: true, ..SLOW };

pub(super) const KINDS: &[Kind] = &[
    Kind {
        path: "workspaces",
        put: Some(Pace::Location),
        patch: Some(Pace::Location),
        delete: Some(Pace::Location),
        required: &["/location"],
        read_only: workspaces::READ_ONLY,
        kept: workspaces::KEPT,
        begun: workspaces::begun,
        shows: workspaces::shows,
        actions: workspaces::ACTIONS,
        ..PLAIN
    },
    Kind {
        path: "workspaces/batchEndpoints",
        patch: Some(Pace::Location),
        required: ENDPOINT,
        read_only: endpoints::READ_ONLY,
        kept: ENDPOINT_KEPT,
        hidden: KEYS,
        begun: endpoints::batch_begun,
        actions: endpoints::BATCH_ACTIONS,
        ..SLOW
    },
    Kind {
        path: "workspaces/batchEndpoints/deployments",
        required: &["/location"],
        begun: endpoints::batch_deployment_begun,
        ..DEPLOYMENT
    },
    Kind { path: "workspaces/capabilityHosts", ..SLOW },
    Kind { path: "workspaces/codes", ..CONTAINER },
    Kind {
        path: "workspaces/codes/versions",
        immutable: CODE,
        list: assets::codes,
        actions: &[assets::PUBLISH, assets::PENDING_UPLOAD],
        ..VERSION
    },
    Kind { path: "workspaces/components", ..CONTAINER },
    Kind { path: "workspaces/components/versions", immutable: COMPONENT, ..VERSION },
    Kind {
        path: "workspaces/computes",
        put: Some(Pace::AsyncOperation),
        patch: Some(Pace::Both),
        delete: Some(Pace::Both),
        required: &["/location", "/properties/computeType"],
        read_only: computes::READ_ONLY,
        immutable: &["/properties/computeType", "/properties/resourceId"],
        hidden: computes::HIDDEN,
        delete_parameter: Some("underlyingResourceAction"),
        begun: computes::begun,
        settled: computes::settled,
        failed: computes::failed,
        actions: computes::ACTIONS,
        ..PLAIN
    },
    Kind {
        path: "workspaces/connections",
        patch: Some(Pace::AtOnce),
        created: StatusCode::OK,
        required: &["/properties/authType"],
        read_only: connections::READ_ONLY,
        hidden: connections::HIDDEN,
        begun: connections::begun,
        shows: connections::shows,
        actions: connections::ACTIONS,
        ..PLAIN
    },
    Kind { path: "workspaces/data", immutable: &["/properties/dataType"], is_provisioned: false, ..CONTAINER },
    Kind { path: "workspaces/data/versions", required: DATA, immutable: DATA, is_provisioned: false, ..VERSION },
    Kind {
        path: "workspaces/datastores",
        required: &["/properties/datastoreType", "/properties/credentials/credentialsType"],
        read_only: &["/properties/isDefault"],
        immutable: datastores::IMMUTABLE,
        hidden: &["/properties/credentials/secrets"],
        begun: datastores::begun,
        shows: datastores::shows,
        actions: datastores::ACTIONS,
        ..PLAIN
    },
    Kind { path: "workspaces/environments", ..CONTAINER },
    Kind {
        path: "workspaces/environments/versions",
        immutable: ENVIRONMENT,
        read_only: &["/properties/environmentType"],
        begun: assets::environment_begun,
        ..VERSION
    },
    Kind { path: "workspaces/featuresets", ..SLOW_CONTAINER },
    Kind {
        path: "workspaces/featuresets/versions",
        begun: assets::feature_set_begun,
        takes_top: false,
        actions: &[assets::BACKFILL],
        ..SLOW_VERSION
    },
    Kind { path: "workspaces/featuresets/versions/features", put: None, delete: None, shows: assets::shows, ..PLAIN },
    Kind { path: "workspaces/featurestoreEntities", ..SLOW_CONTAINER },
    Kind { path: "workspaces/featurestoreEntities/versions", takes_top: false, ..SLOW_VERSION },
    Kind {
        path: "workspaces/marketplaceSubscriptions",
        required: &["/properties/modelId"],
        settled: subscribed,
        ..SLOW
    },
    Kind { path: "workspaces/models", ..CONTAINER },
    Kind {
        path: "workspaces/models/versions",
        immutable: MODEL,
        begun: assets::model_begun,
        actions: &[assets::PUBLISH, assets::PACKAGE],
        ..VERSION
    },
    ONLINE_ENDPOINT,
    Kind {
        path: "workspaces/onlineEndpoints/deployments",
        required: &["/location", "/properties/endpointComputeType"],
        immutable: &["/properties/endpointComputeType"],
        check_delete: endpoints::check_deployment_delete,
        begun: endpoints::deployment_begun,
        actions: endpoints::DEPLOYMENT_ACTIONS,
        ..DEPLOYMENT
    },
    Kind {
        path: "workspaces/outboundRules",
        put: Some(Pace::Location),
        delete: Some(Pace::Location),
        required: &["/properties/type"],
        begun: |_, rule| underlay(rule, json!({"properties": {"category": "UserDefined", "status": "Inactive"}})),
        settled: |rule| rule["properties"]["status"] = "Active".into(),
        ..PLAIN
    },
    Kind { path: "workspaces/privateEndpointConnections", created: StatusCode::OK, is_provisioned: true, ..PLAIN },
    Kind {
        path: "workspaces/schedules",
        required: &["/properties/action", "/properties/trigger"],
        begun: |_, schedule| underlay(schedule, json!({"properties": {"isEnabled": true}})),
        shows: |schedule, request| match request.parameter("listViewType").unwrap_or("EnabledOnly") {
            "All" => true,
            "DisabledOnly" => schedule["properties"]["isEnabled"] == false,
            _ => schedule["properties"]["isEnabled"] != false,
        },
        actions: &[("trigger", Action::Answer(|call, schedule| Ok(trigger(call, schedule))))],
        ..SLOW
    },
    Kind {
        path: "workspaces/serverlessEndpoints",
        patch: Some(Pace::Location),
        required: &["/location"],
        read_only: endpoints::SERVERLESS_READ_ONLY,
        kept: ENDPOINT_KEPT,
        hidden: KEYS,
        begun: endpoints::serverless_begun,
        settled: endpoints::serverless_settled,
        actions: endpoints::SERVERLESS_ACTIONS,
        ..SLOW
    },
    Kind {
        path: "registries",
        patch: Some(Pace::AtOnce),
        required: &["/location"],
        begun: registries::begun,
        actions: registries::ACTIONS,
        ..SLOW
    },
    Kind { path: "registries/codes", ..SLOW_CONTAINER },
    Kind { path: "registries/codes/versions", immutable: CODE, actions: UPLOADED, ..SLOW_VERSION },
    Kind { path: "registries/components", ..SLOW_CONTAINER },
    Kind { path: "registries/components/versions", immutable: COMPONENT, ..SLOW_VERSION },
    Kind { path: "registries/data", immutable: &["/properties/dataType"], ..SLOW_CONTAINER },
    Kind { path: "registries/data/versions", required: DATA, immutable: DATA, actions: UPLOADED, ..SLOW_VERSION },
    Kind {
        path: "registries/datareferences/versions",
        put: None,
        delete: None,
        actions: &[assets::REFERENCE],
        ..PLAIN
    },
    Kind { path: "registries/environments", ..SLOW_CONTAINER },
    Kind {
        path: "registries/environments/versions",
        immutable: ENVIRONMENT,
        begun: assets::environment_begun,
        ..SLOW_VERSION
    },
    Kind { path: "registries/models", ..SLOW_CONTAINER },
    Kind {
        path: "registries/models/versions",
        immutable: MODEL,
        begun: assets::model_begun,
        actions: &[assets::PENDING_UPLOAD, assets::PACKAGE],
        ..SLOW_VERSION
    },
    Kind {
        path: "registries/tempdatarefs/versions",
        delete: None,
        required: &["/assetId", "/temporaryDataReferenceType"],
        begun: assets::temporary_begun,
        ..PLAIN
    },
];

fn subscribed(subscription: &mut Value) {
    subscription["properties"]["marketplaceSubscriptionStatus"] = "Subscribed".into();
    subscription["properties"]["marketplacePlan"] =
        json!({"offerId": "a-model", "planId": "a-model-plan", "publisherId": "a-publisher"});
}

/// Makes a job of what the schedule describes.
fn trigger(call: &mut Call<'_>, schedule: &Value) -> Value {
    let name = format!("{}-{}", call.place.name, Uuid::new_v4().simple());
    let mut job = json!({"jobType": "Command"});
    merge(&mut job, schedule["properties"]["action"]["jobDefinition"].clone());
    call.memory.begin_run(&call.place.root(), &name, "", job);
    json!({"jobName": name, "scheduleActionType": schedule["properties"]["action"]["actionType"]})
}
