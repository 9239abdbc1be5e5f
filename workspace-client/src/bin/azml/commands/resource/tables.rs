//! The kinds that are no more than a table of members (observed: azure-ai-ml 1.35).

use workspace_client::Workspace;
use workspace_client::resources::connection::{ConnectionKind, Connections};
use workspace_client::resources::datastore::{DatastoreKind, Datastores};
use workspace_client::resources::endpoint::batch::{BatchEndpointKind, BatchEndpoints};
use workspace_client::resources::endpoint::online::{OnlineEndpointKind, OnlineEndpoints};
use workspace_client::resources::endpoint::{ServerlessEndpointKind, ServerlessEndpoints};
use workspace_client::resources::schedule::{ScheduleKind, Schedules};

use super::Listed;
use crate::entity::{Member, inner, is, snake_case, written};
use crate::output::Column;

impl Listed for BatchEndpointKind {
    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/defaults/deployment_name", "/properties/defaults/deploymentName"),
        is("/location", "/location"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        is("/scoring_uri", "/properties/scoringUri"),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("State", "provisioning_state"),
        ("AuthMode", "auth_mode"),
        ("DefaultDeployment", "/defaults/deployment_name"),
    ];

    fn of(workspace: &Workspace) -> BatchEndpoints {
        workspace.batch_endpoints()
    }
}

impl Listed for ConnectionKind {
    const MEMBERS: &'static [Member] = &[
        snake_case("/credentials/type", "/properties/authType"),
        is("/is_shared", "/properties/isSharedToAll"),
        is("/metadata", "/properties/metadata"),
        is("/target", "/properties/target"),
        snake_case("/type", "/properties/category"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("Type", "type"), ("Credentials", "/credentials/type"), ("Target", "target")];

    fn of(workspace: &Workspace) -> Connections {
        workspace.connections()
    }
}

impl Listed for DatastoreKind {
    const MEMBERS: &'static [Member] = &[
        is("/account_name", "/properties/accountName"),
        is("/container_name", "/properties/containerName"),
        snake_case("/credentials/type", "/properties/credentials/credentialsType"),
        is("/endpoint", "/properties/endpoint"),
        is("/file_share_name", "/properties/fileShareName"),
        is("/filesystem", "/properties/filesystem"),
        is("/is_default", "/properties/isDefault"),
        is("/protocol", "/properties/protocol"),
        is("/store_name", "/properties/storeName"),
        snake_case("/type", "/properties/datastoreType"),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("Type", "type"),
        ("Account", "account_name"),
        ("Container", "container_name"),
        ("FileShare", "file_share_name"),
        ("IsDefault", "is_default"),
    ];

    fn of(workspace: &Workspace) -> Datastores {
        workspace.datastores()
    }
}

impl Listed for OnlineEndpointKind {
    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/compute", "/properties/compute"),
        is("/kind", "/kind"),
        is("/location", "/location"),
        is("/mirror_traffic", "/properties/mirrorTraffic"),
        is("/openapi_uri", "/properties/swaggerUri"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        written("/public_network_access", "/properties/publicNetworkAccess", str::to_lowercase),
        is("/scoring_uri", "/properties/scoringUri"),
        is("/traffic", "/properties/traffic"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("State", "provisioning_state"), ("AuthMode", "auth_mode"), ("ScoringUri", "scoring_uri")];

    fn of(workspace: &Workspace) -> OnlineEndpoints {
        workspace.online_endpoints()
    }
}

impl Listed for ScheduleKind {
    const MEMBERS: &'static [Member] = &[
        is("/display_name", "/properties/displayName"),
        is("/is_enabled", "/properties/isEnabled"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        inner("/trigger", "/properties/trigger", TRIGGER),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("Trigger", "/trigger/type"), ("IsEnabled", "is_enabled"), ("State", "provisioning_state")];

    fn of(workspace: &Workspace) -> Schedules {
        workspace.schedules()
    }
}

const TRIGGER: &[Member] = &[
    is("/end_time", "/endTime"),
    is("/expression", "/expression"),
    snake_case("/frequency", "/frequency"),
    is("/interval", "/interval"),
    is("/schedule/hours", "/schedule/hours"),
    is("/schedule/minutes", "/schedule/minutes"),
    is("/schedule/month_days", "/schedule/monthDays"),
    is("/schedule/week_days", "/schedule/weekDays"),
    is("/start_time", "/startTime"),
    is("/time_zone", "/timeZone"),
    snake_case("/type", "/triggerType"),
];

impl Listed for ServerlessEndpointKind {
    const MEMBERS: &'static [Member] = &[
        snake_case("/auth_mode", "/properties/authMode"),
        is("/location", "/location"),
        is("/model_id", "/properties/modelSettings/modelId"),
        is("/provisioning_state", "/properties/provisioningState"),
        is("/scoring_uri", "/properties/inferenceEndpoint/uri"),
        is("/state", "/properties/endpointState"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("State", "state"), ("Model", "model_id"), ("ScoringUri", "scoring_uri")];

    fn of(workspace: &Workspace) -> ServerlessEndpoints {
        workspace.serverless_endpoints()
    }
}
