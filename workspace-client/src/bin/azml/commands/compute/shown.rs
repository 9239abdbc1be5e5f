//! How computes are shown (observed: azure-ai-ml 1.35).

use serde_json::Value;
use workspace_client::arm::ResourceId;
use workspace_client::resources::compute::{Compute, ComputeNode, ComputeType, Usage, VmSize};

use crate::entity::{self, Member, put, snake_case};
use crate::output::Column;

pub(super) const COLUMNS: [Column; 6] = [
    ("Name", "name"),
    ("Type", "type"),
    ("Size", "size"),
    ("State", "state"),
    ("ProvisioningState", "provisioning_state"),
    ("Location", "location"),
];
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

const EVERY: [Member; 8] = [
    ("/created_on", "/properties/createdOn"),
    ("/description", "/properties/description"),
    ("/id", "/id"),
    ("/location", "/location"),
    ("/name", "/name"),
    ("/provisioning_errors", "/properties/provisioningErrors/0/error/code"),
    ("/provisioning_state", "/properties/provisioningState"),
    ("/resource_id", "/properties/resourceId"),
];
const CLUSTER: [Member; 8] = [
    ("/enable_node_public_ip", "/properties/properties/enableNodePublicIp"),
    ("/location", "/properties/computeLocation"),
    ("/max_instances", "/properties/properties/scaleSettings/maxNodeCount"),
    ("/min_instances", "/properties/properties/scaleSettings/minNodeCount"),
    ("/network_settings/subnet", "/properties/properties/subnet/id"),
    ("/size", "/properties/properties/vmSize"),
    ("/ssh_settings/admin_username", "/properties/properties/userAccountCredentials/adminUserName"),
    ("/ssh_settings/ssh_key_value", "/properties/properties/userAccountCredentials/adminUserSshPublicKey"),
];
const INSTANCE: [Member; 20] = [
    (
        "/create_on_behalf_of/user_object_id",
        "/properties/properties/personalComputeInstanceSettings/assignedUser/objectId",
    ),
    (
        "/create_on_behalf_of/user_tenant_id",
        "/properties/properties/personalComputeInstanceSettings/assignedUser/tenantId",
    ),
    ("/enable_node_public_ip", "/properties/properties/enableNodePublicIp"),
    ("/enable_os_patching", "/properties/properties/enableOSPatching"),
    ("/enable_root_access", "/properties/properties/enableRootAccess"),
    ("/enable_sso", "/properties/properties/enableSSO"),
    ("/idle_time_before_shutdown", "/properties/properties/idleTimeBeforeShutdown"),
    ("/last_operation", "/properties/properties/lastOperation"),
    ("/network_settings/private_ip_address", "/properties/properties/connectivityEndpoints/privateIpAddress"),
    ("/network_settings/public_ip_address", "/properties/properties/connectivityEndpoints/publicIpAddress"),
    ("/network_settings/subnet", "/properties/properties/subnet/id"),
    ("/os_image_metadata/current_image_version", "/properties/properties/osImageMetadata/currentImageVersion"),
    ("/os_image_metadata/is_latest_os_image_version", "/properties/properties/osImageMetadata/isLatestOsImageVersion"),
    ("/os_image_metadata/latest_image_version", "/properties/properties/osImageMetadata/latestImageVersion"),
    ("/services", "/properties/properties/applications"),
    ("/size", "/properties/properties/vmSize"),
    ("/ssh_settings/admin_username", "/properties/properties/sshSettings/adminUserName"),
    ("/ssh_settings/ssh_key_value", "/properties/properties/sshSettings/adminPublicKey"),
    ("/ssh_settings/ssh_port", "/properties/properties/sshSettings/sshPort"),
    ("/state", "/properties/properties/state"),
];
const KUBERNETES: [Member; 2] =
    [("/namespace", "/properties/properties/namespace"), ("/properties", "/properties/properties")];
const SPARK: [Member; 9] = [
    ("/auto_pause_settings/auto_pause_enabled", "/properties/properties/autoPauseProperties/enabled"),
    ("/auto_pause_settings/delay_in_minutes", "/properties/properties/autoPauseProperties/delayInMinutes"),
    ("/node_count", "/properties/properties/nodeCount"),
    ("/node_family", "/properties/properties/nodeSizeFamily"),
    ("/node_size", "/properties/properties/nodeSize"),
    ("/scale_settings/auto_scale_enabled", "/properties/properties/autoScaleProperties/enabled"),
    ("/scale_settings/max_node_count", "/properties/properties/autoScaleProperties/maxNodeCount"),
    ("/scale_settings/min_node_count", "/properties/properties/autoScaleProperties/minNodeCount"),
    ("/spark_version", "/properties/properties/sparkVersion"),
];
const MACHINE: [Member; 2] = [
    ("/compute_location", "/properties/computeLocation"),
    ("/ssh_settings/ssh_port", "/properties/properties/sshPort"),
];
const NODE: [Member; 6] = [
    ("/current_job_name", "/runId"),
    ("/node_id", "/nodeId"),
    ("/node_state", "/nodeState"),
    ("/port", "/port"),
    ("/private_ip_address", "/privateIpAddress"),
    ("/public_ip_address", "/publicIpAddress"),
];
const SIZE: [Member; 9] = [
    ("/family", "/family"),
    ("/gpus", "/gpus"),
    ("/low_priority_capable", "/lowPriorityCapable"),
    ("/max_resource_volume_mb", "/maxResourceVolumeMB"),
    ("/memory_gb", "/memoryGB"),
    ("/name", "/name"),
    ("/os_vhd_size_mb", "/osVhdSizeMB"),
    ("/premium_io", "/premiumIO"),
    ("/v_cp_us", "/vCPUs"),
];
const USAGE: [Member; 8] = [
    ("/aml_workspace_location", "/amlWorkspaceLocation"),
    ("/current_value", "/currentValue"),
    ("/id", "/id"),
    ("/limit", "/limit"),
    ("/name/localized_value", "/name/localizedValue"),
    ("/name/value", "/name/value"),
    ("/type", "/type"),
    ("/unit", "/unit"),
];

pub(super) fn compute(compute: &Compute) -> Value {
    let raw = compute.raw();
    let kind = compute.compute_type();
    let own: &[Member] = match kind {
        Some(ComputeType::AmlCompute) => &CLUSTER,
        Some(ComputeType::ComputeInstance) => &INSTANCE,
        Some(ComputeType::Kubernetes) => &KUBERNETES,
        Some(ComputeType::SynapseSpark) => &SPARK,
        Some(ComputeType::VirtualMachine) => &MACHINE,
        _ => &[],
    };
    let mut shown = entity::of(raw, &[&EVERY, own].concat());
    let kind = kind.map(|kind| kind.as_str().to_lowercase()).unwrap_or_default();
    put(&mut shown, "/type", kind);
    if let Ok(id) = compute.id().parse::<ResourceId>() {
        put(&mut shown, "/resourceGroup", id.resource_group());
    }
    if compute.tags().next().is_some() {
        put(&mut shown, "/tags", raw["tags"].clone());
    }
    if let Some(identity) = entity::identity(raw) {
        put(&mut shown, "/identity", identity);
    }
    match compute.compute_type() {
        Some(ComputeType::AmlCompute) => cluster(compute, &mut shown),
        Some(ComputeType::ComputeInstance) => instance(compute, &mut shown),
        _ => {}
    }
    shown
}

pub(super) fn node(node: &ComputeNode) -> Value {
    entity::of(node.raw(), &NODE)
}

pub(super) fn size(size: &VmSize) -> Value {
    let mut shown = entity::of(size.raw(), &SIZE);
    put(&mut shown, "/supported_compute_types", size.compute_types().collect::<Vec<_>>());
    shown
}

pub(super) fn usage(usage: &Usage) -> Value {
    entity::of(usage.raw(), &USAGE)
}

fn cluster(compute: &Compute, shown: &mut Value) {
    if let Some(priority) = compute.vm_priority() {
        put(shown, "/tier", snake_case(priority));
    }
    if let Some(idle_time) = compute.scale().and_then(|scale| scale.idle_time) {
        put(shown, "/idle_time_before_scale_down", idle_time.as_secs());
    }
    let access = &compute.raw()["properties"]["properties"]["remoteLoginPortPublicAccess"];
    put(shown, "/ssh_public_access_enabled", access == "Enabled");
}

fn instance(compute: &Compute, shown: &mut Value) {
    let raw = compute.raw();
    let access = raw.pointer("/properties/properties/sshSettings/sshPublicAccess").and_then(Value::as_str);
    if let Some(access) = access {
        put(shown, "/ssh_public_access_enabled", access.eq_ignore_ascii_case("Enabled"));
    }
    let minutes = compute.idle_time_before_shutdown().map(|idle| idle.as_secs() / 60);
    if let Some(minutes) = minutes {
        put(shown, "/idle_time_before_shutdown_minutes", minutes);
    }
}
