//! How computes are shown (observed: azure-ai-ml 1.35).

use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::Kind as _;
use workspace_client::resources::compute::{Compute, ComputeKind, ComputeNode, ComputeType, Computes, Usage, VmSize};

use crate::args::NoParent;
use crate::commands::Listed;
use crate::entity::{self, Member, equals, is, minutes, put, seconds, snake_case, written};
use crate::output::Column;

pub(super) const NODE_COLUMNS: [Column; 4] = [
    ("NodeId", "node_id"),
    ("State", "node_state"),
    ("Job", "current_job_name"),
    ("PrivateIpAddress", "private_ip_address"),
];
pub(super) const SIZE_COLUMNS: [Column; 5] =
    [("Name", "name"), ("Family", "family"), ("Cpus", "v_cp_us"), ("Gpus", "gpus"), ("MemoryGb", "memory_gb")];
pub(super) const USAGE_COLUMNS: [Column; 3] =
    [("Name", "/name/localized_value"), ("Current", "current_value"), ("Limit", "limit")];

const EVERY: &[Member] = &[
    is("/created_on", "/properties/createdOn"),
    is("/location", "/location"),
    is("/provisioning_errors", "/properties/provisioningErrors/0/error/code"),
    is("/provisioning_state", "/properties/provisioningState"),
    is("/resource_id", "/properties/resourceId"),
    written("/type", "/properties/computeType", str::to_lowercase),
];
const CLUSTER: &[Member] = &[
    is("/enable_node_public_ip", "/properties/properties/enableNodePublicIp"),
    seconds("/idle_time_before_scale_down", "/properties/properties/scaleSettings/nodeIdleTimeBeforeScaleDown"),
    is("/location", "/properties/computeLocation"),
    is("/max_instances", "/properties/properties/scaleSettings/maxNodeCount"),
    is("/min_instances", "/properties/properties/scaleSettings/minNodeCount"),
    is("/network_settings/subnet", "/properties/properties/subnet/id"),
    is("/size", "/properties/properties/vmSize"),
    equals("/ssh_public_access_enabled", "/properties/properties/remoteLoginPortPublicAccess", "Enabled"),
    is("/ssh_settings/admin_username", "/properties/properties/userAccountCredentials/adminUserName"),
    is("/ssh_settings/ssh_key_value", "/properties/properties/userAccountCredentials/adminUserSshPublicKey"),
    snake_case("/tier", "/properties/properties/vmPriority"),
];
const INSTANCE: &[Member] = &[
    is(
        "/create_on_behalf_of/user_object_id",
        "/properties/properties/personalComputeInstanceSettings/assignedUser/objectId",
    ),
    is(
        "/create_on_behalf_of/user_tenant_id",
        "/properties/properties/personalComputeInstanceSettings/assignedUser/tenantId",
    ),
    is("/enable_node_public_ip", "/properties/properties/enableNodePublicIp"),
    is("/enable_os_patching", "/properties/properties/enableOSPatching"),
    is("/enable_root_access", "/properties/properties/enableRootAccess"),
    is("/enable_sso", "/properties/properties/enableSSO"),
    is("/idle_time_before_shutdown", "/properties/properties/idleTimeBeforeShutdown"),
    minutes("/idle_time_before_shutdown_minutes", "/properties/properties/idleTimeBeforeShutdown"),
    is("/last_operation", "/properties/properties/lastOperation"),
    is("/network_settings/private_ip_address", "/properties/properties/connectivityEndpoints/privateIpAddress"),
    is("/network_settings/public_ip_address", "/properties/properties/connectivityEndpoints/publicIpAddress"),
    is("/network_settings/subnet", "/properties/properties/subnet/id"),
    is("/os_image_metadata/current_image_version", "/properties/properties/osImageMetadata/currentImageVersion"),
    is(
        "/os_image_metadata/is_latest_os_image_version",
        "/properties/properties/osImageMetadata/isLatestOsImageVersion",
    ),
    is("/os_image_metadata/latest_image_version", "/properties/properties/osImageMetadata/latestImageVersion"),
    is("/services", "/properties/properties/applications"),
    is("/size", "/properties/properties/vmSize"),
    equals("/ssh_public_access_enabled", "/properties/properties/sshSettings/sshPublicAccess", "Enabled"),
    is("/ssh_settings/admin_username", "/properties/properties/sshSettings/adminUserName"),
    is("/ssh_settings/ssh_key_value", "/properties/properties/sshSettings/adminPublicKey"),
    is("/ssh_settings/ssh_port", "/properties/properties/sshSettings/sshPort"),
    is("/state", "/properties/properties/state"),
];
const KUBERNETES: &[Member] =
    &[is("/namespace", "/properties/properties/namespace"), is("/properties", "/properties/properties")];
const SPARK: &[Member] = &[
    is("/auto_pause_settings/auto_pause_enabled", "/properties/properties/autoPauseProperties/enabled"),
    is("/auto_pause_settings/delay_in_minutes", "/properties/properties/autoPauseProperties/delayInMinutes"),
    is("/node_count", "/properties/properties/nodeCount"),
    is("/node_family", "/properties/properties/nodeSizeFamily"),
    is("/node_size", "/properties/properties/nodeSize"),
    is("/scale_settings/auto_scale_enabled", "/properties/properties/autoScaleProperties/enabled"),
    is("/scale_settings/max_node_count", "/properties/properties/autoScaleProperties/maxNodeCount"),
    is("/scale_settings/min_node_count", "/properties/properties/autoScaleProperties/minNodeCount"),
    is("/spark_version", "/properties/properties/sparkVersion"),
];
const MACHINE: &[Member] = &[
    is("/compute_location", "/properties/computeLocation"),
    is("/ssh_settings/ssh_port", "/properties/properties/sshPort"),
];
const NODE: &[Member] = &[
    is("/current_job_name", "/runId"),
    is("/node_id", "/nodeId"),
    is("/node_state", "/nodeState"),
    is("/port", "/port"),
    is("/private_ip_address", "/privateIpAddress"),
    is("/public_ip_address", "/publicIpAddress"),
];
const SIZE: &[Member] = &[
    is("/family", "/family"),
    is("/gpus", "/gpus"),
    is("/low_priority_capable", "/lowPriorityCapable"),
    is("/max_resource_volume_mb", "/maxResourceVolumeMB"),
    is("/memory_gb", "/memoryGB"),
    is("/name", "/name"),
    is("/os_vhd_size_mb", "/osVhdSizeMB"),
    is("/premium_io", "/premiumIO"),
    is("/v_cp_us", "/vCPUs"),
];
const USAGE: &[Member] = &[
    is("/aml_workspace_location", "/amlWorkspaceLocation"),
    is("/current_value", "/currentValue"),
    is("/id", "/id"),
    is("/limit", "/limit"),
    is("/name/localized_value", "/name/localizedValue"),
    is("/name/value", "/name/value"),
    is("/type", "/type"),
    is("/unit", "/unit"),
];

impl Listed for ComputeKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = EVERY;
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("Type", "type"),
        ("Size", "size"),
        ("State", "state"),
        ("ProvisioningState", "provisioning_state"),
        ("Location", "location"),
    ];

    fn of(workspace: &Workspace, _: &NoParent) -> Computes {
        workspace.computes()
    }

    /// A compute has other members for each type, and says when it was created in a way of its own.
    fn shown(compute: &Compute) -> Value {
        let own = match compute.compute_type() {
            Some(ComputeType::AmlCompute) => CLUSTER,
            Some(ComputeType::ComputeInstance) => INSTANCE,
            Some(ComputeType::Kubernetes) => KUBERNETES,
            Some(ComputeType::SynapseSpark) => SPARK,
            Some(ComputeType::VirtualMachine) => MACHINE,
            _ => &[],
        };
        let mut shown = entity::resource(compute.raw(), Self::TAGS, &[Self::MEMBERS, own].concat());
        if let Some(members) = shown.as_object_mut() {
            members.remove("creation_context");
        }
        shown
    }
}

pub(super) fn node(node: &ComputeNode) -> Value {
    entity::of(node.raw(), NODE)
}

pub(super) fn size(size: &VmSize) -> Value {
    let mut shown = entity::of(size.raw(), SIZE);
    put(&mut shown, "/supported_compute_types", size.compute_types().collect::<Vec<_>>());
    shown
}

pub(super) fn usage(usage: &Usage) -> Value {
    entity::of(usage.raw(), USAGE)
}
