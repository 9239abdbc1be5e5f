//! A workspace in the words of the Python SDK of before.

use serde_json::{Map, Value};

use super::WorkspaceDetails;

/// The name of a member, and where it is.
type Member = (&'static str, &'static str);

/// The members of what `Workspace.get_details()` returns, and where they are (observed: azureml-core 1.61).
const MEMBERS: [Member; 27] = [
    ("adbWorkspace", "/properties/adbWorkspace"),
    ("allowPublicAccessWhenBehindVnet", "/properties/allowPublicAccessWhenBehindVnet"),
    ("applicationInsights", "/properties/applicationInsights"),
    ("containerRegistry", "/properties/containerRegistry"),
    ("creationTime", "/properties/creationTime"),
    ("description", "/properties/description"),
    ("discoveryUrl", "/properties/discoveryUrl"),
    ("friendlyName", "/properties/friendlyName"),
    ("hbiWorkspace", "/properties/hbiWorkspace"),
    ("id", "/id"),
    ("imageBuildCompute", "/properties/imageBuildCompute"),
    ("keyVault", "/properties/keyVault"),
    ("location", "/location"),
    ("name", "/name"),
    ("primaryUserAssignedIdentity", "/properties/primaryUserAssignedIdentity"),
    ("privateEndpointConnections", "/properties/privateEndpointConnections"),
    ("provisioningState", "/properties/provisioningState"),
    ("sdkTelemetryAppInsightsKey", "/properties/sdkTelemetryAppInsightsKey"),
    ("serviceManagedResourcesSettings", "/properties/serviceManagedResourcesSettings"),
    ("serviceProvisionedResourceGroup", "/properties/serviceProvisionedResourceGroup"),
    ("sku", "/sku/tier"),
    ("storageAccount", "/properties/storageAccount"),
    ("systemDatastoresAuthMode", "/properties/systemDatastoresAuthMode"),
    ("tags", "/tags"),
    ("type", "/type"),
    ("v1LegacyMode", "/properties/v1LegacyMode"),
    ("workspaceid", "/properties/workspaceId"),
];
/// The name of a member, where it is, and what lies in it.
type Inner = (&'static str, &'static str, &'static [Member]);

/// The names within these members are not those of the API.
const INNER: [Inner; 2] = [
    (
        "identity",
        "/identity",
        &[
            ("principal_id", "/principalId"),
            ("tenant_id", "/tenantId"),
            ("type", "/type"),
            ("user_assigned_identities", "/userAssignedIdentities"),
        ],
    ),
    ("notebookInfo", "/properties/notebookInfo", &[("fqdn", "/fqdn"), ("resource_id", "/resourceId")]),
];

impl WorkspaceDetails {
    /// The workspace as `get_details()` of the Python SDK v1 describes it, for programs that come from there: the same names, at
    /// one level; what is not set is left out.
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = taken(self.raw(), &MEMBERS);
        for (name, place, members) in INNER {
            if let Some(found) = self.raw().pointer(place).filter(|found| found.is_object()) {
                map.insert(name.to_owned(), taken(found, members).into());
            }
        }
        map
    }
}

fn taken(from: &Value, members: &[Member]) -> Map<String, Value> {
    let found = members.iter().filter_map(|(name, place)| Some(((*name).to_owned(), from.pointer(place)?.clone())));
    found.filter(|(_, value)| !value.is_null()).collect()
}
