//! The ids of the identities and resources in [`World::default`]. All of them are invented.

use std::collections::BTreeMap;

use super::super::secrets::{STORAGE_KEY, STORAGE_SAS};
use super::{ManagedIdentity, Membership, ServicePrincipal, Storage, Subscription, Tenant, User, Workspace, World};

/// The Azure CLI's public client, which Azure Machine Learning's own SDK uses too.
pub const AZURE_CLI_CLIENT_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// A public client that belongs to nobody else.
pub const APPLICATION_ID: &str = "7b1e52c0-3d94-4a86-8f0e-0000000000a1";

/// Ada's home tenant, "Contoso".
pub const CONTOSO: &str = "3f2a9c1e-5b7d-4e60-9a11-0000000c0501";
/// The verified domain of [`CONTOSO`].
pub const CONTOSO_DOMAIN: &str = "contoso.example";
/// The tenant where Ada is a guest, "Fabrikam".
pub const FABRIKAM: &str = "8c4d7b20-61fe-4f3a-b522-0000000fab02";
/// The verified domain of [`FABRIKAM`].
pub const FABRIKAM_DOMAIN: &str = "fabrikam.example";

/// The default user.
pub const ADA: &str = "ada@contoso.example";
/// Ada's object id at home.
pub const ADA_OBJECT_ID: &str = "5e0f1a2b-77c3-4d18-8e90-0000000ada01";
/// Ada's object id as a guest of [`FABRIKAM`].
pub const ADA_GUEST_OBJECT_ID: &str = "5e0f1a2b-77c3-4d18-8e90-0000000ada02";
/// A second user, at home in [`FABRIKAM`] only.
pub const GRACE: &str = "grace@fabrikam.example";
/// Grace's object id.
pub const GRACE_OBJECT_ID: &str = "d90b6e47-2a15-4c7e-9b03-0000006ace01";

/// A service principal of [`CONTOSO`].
pub const SERVICE_PRINCIPAL_ID: &str = "a6c2f8d1-40b9-4b57-93de-0000000005b1";
/// Its secret.
pub const SERVICE_PRINCIPAL_SECRET: &str = "emu8Q~an-invented-client-secret";

/// The client id of the machine's own managed identity, in [`CONTOSO`].
pub const SYSTEM_ASSIGNED_CLIENT_ID: &str = "4b8e3a70-1c5d-4f29-8a60-0000000005a1";
/// Its object id.
pub const SYSTEM_ASSIGNED_OBJECT_ID: &str = "4b8e3a70-1c5d-4f29-8a60-0000000005a2";
/// The machine.
pub const MACHINE_RESOURCE_ID: &str = "/subscriptions/e1a7c0de-0001-4000-8000-000000005b01/resourceGroups/rg-ml/providers/Microsoft.Compute/virtualMachines/trainer";
/// The client id of a managed identity of [`CONTOSO`] that the machine was given.
pub const USER_ASSIGNED_CLIENT_ID: &str = "9d27c5f4-6b10-4e83-b7d2-00000000a5a1";
/// Its object id.
pub const USER_ASSIGNED_OBJECT_ID: &str = "9d27c5f4-6b10-4e83-b7d2-00000000a5a2";
/// Its resource id.
pub const USER_ASSIGNED_RESOURCE_ID: &str = "/subscriptions/e1a7c0de-0001-4000-8000-000000005b01/resourceGroups/rg-ml/providers/Microsoft.ManagedIdentity/userAssignedIdentities/training";
/// The client id of a managed identity of [`FABRIKAM`] that the machine was given.
pub const FABRIKAM_IDENTITY_CLIENT_ID: &str = "c16f0e92-3a84-4d57-9e0b-0000000fa5a1";
/// Its object id.
pub const FABRIKAM_IDENTITY_OBJECT_ID: &str = "c16f0e92-3a84-4d57-9e0b-0000000fa5a2";
/// Its resource id.
pub const FABRIKAM_IDENTITY_RESOURCE_ID: &str = "/subscriptions/e1a7c0de-0003-4000-8000-000000005b03/resourceGroups/rg-shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/research";

/// What a job of GitHub Actions asks for its token with.
pub const GITHUB_REQUEST_TOKEN: &str = "an-invented-actions-id-token-request-token";
/// Who issues the tokens of GitHub Actions.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The job that [`GITHUB_REQUEST_TOKEN`] belongs to.
pub const GITHUB_SUBJECT: &str = "repo:contoso/models:ref:refs/heads/main";
/// What a job of Azure Pipelines asks for its token with.
pub const PIPELINES_ACCESS_TOKEN: &str = "an-invented-system-access-token";
/// Who issues the tokens of Azure Pipelines.
pub const PIPELINES_ISSUER: &str = "https://vstoken.dev.azure.com/0c4f1d2e-0000-4000-8000-0000000de405";
/// The service connection of that job.
pub const SERVICE_CONNECTION: &str = "5c0a7e11-0000-4000-8000-0000000c0a01";
/// How [`PIPELINES_ISSUER`] calls [`SERVICE_CONNECTION`].
pub const PIPELINES_SUBJECT: &str = "sc://contoso/models/azure";
/// The audience of federated tokens.
pub const FEDERATION_AUDIENCE: &str = "api://AzureADTokenExchange";

/// The subscription of [`WORKSPACE`], in [`CONTOSO`].
pub const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
/// A second subscription of [`CONTOSO`].
pub const PRODUCTION_SUBSCRIPTION: &str = "e1a7c0de-0002-4000-8000-000000005b02";
/// A subscription of [`FABRIKAM`].
pub const FABRIKAM_SUBSCRIPTION: &str = "e1a7c0de-0003-4000-8000-000000005b03";

/// The resource group of [`WORKSPACE`].
pub const RESOURCE_GROUP: &str = "rg-ml";
/// A resource group of [`SUBSCRIPTION`] without any workspace.
pub const EMPTY_RESOURCE_GROUP: &str = "rg-empty";
/// The default workspace.
pub const WORKSPACE: &str = "ml-dev";
/// The region of [`WORKSPACE`].
pub const LOCATION: &str = "westeurope";

impl Default for World {
    fn default() -> Self {
        let tenant = |id: &str, name: &str, domain: &str| Tenant {
            id: id.into(),
            name: name.into(),
            domain: domain.into(),
            requires_mfa: false,
        };
        let subscription = |id: &str, name: &str, tenant_id: &str, groups: &[&str]| Subscription {
            id: id.into(),
            name: name.into(),
            tenant_id: tenant_id.into(),
            state: "Enabled".into(),
            resource_groups: groups.iter().map(ToString::to_string).collect(),
        };
        let workspace =
            |number: u8, subscription: &str, group: &str, name: &str, location: &str, stage: &str| Workspace {
                subscription_id: subscription.into(),
                resource_group: group.into(),
                name: name.into(),
                location: location.into(),
                kind: "Default".into(),
                workspace_id: format!("b7d40f96-5c2e-4e0b-8a71-0000000000{number:02x}"),
                tags: BTreeMap::from([("stage".into(), stage.into()), ("team".into(), "forecasting".into())]),
            };
        let identity = |client_id: &str, object_id: &str, resource_id: &str, tenant_id: &str| ManagedIdentity {
            client_id: client_id.into(),
            object_id: object_id.into(),
            resource_id: resource_id.into(),
            tenant_id: tenant_id.into(),
            is_system_assigned: resource_id == MACHINE_RESOURCE_ID,
        };
        Self {
            tenants: vec![tenant(CONTOSO, "Contoso", CONTOSO_DOMAIN), tenant(FABRIKAM, "Fabrikam", FABRIKAM_DOMAIN)],
            users: vec![
                User {
                    username: ADA.into(),
                    name: "Ada Lovelace".into(),
                    memberships: vec![
                        Membership::new(CONTOSO, ADA_OBJECT_ID),
                        Membership::new(FABRIKAM, ADA_GUEST_OBJECT_ID),
                    ],
                },
                User {
                    username: GRACE.into(),
                    name: "Grace Hopper".into(),
                    memberships: vec![Membership::new(FABRIKAM, GRACE_OBJECT_ID)],
                },
            ],
            service_principals: vec![ServicePrincipal {
                client_id: SERVICE_PRINCIPAL_ID.into(),
                secret: SERVICE_PRINCIPAL_SECRET.into(),
                secret_has_expired: false,
                certificates: Vec::new(),
                federated_credentials: Vec::new(),
                tenant_id: CONTOSO.into(),
                object_id: "a6c2f8d1-40b9-4b57-93de-0000000005b2".into(),
            }],
            managed_identities: vec![
                identity(SYSTEM_ASSIGNED_CLIENT_ID, SYSTEM_ASSIGNED_OBJECT_ID, MACHINE_RESOURCE_ID, CONTOSO),
                identity(USER_ASSIGNED_CLIENT_ID, USER_ASSIGNED_OBJECT_ID, USER_ASSIGNED_RESOURCE_ID, CONTOSO),
                identity(
                    FABRIKAM_IDENTITY_CLIENT_ID,
                    FABRIKAM_IDENTITY_OBJECT_ID,
                    FABRIKAM_IDENTITY_RESOURCE_ID,
                    FABRIKAM,
                ),
            ],
            signed_in: Some(ADA.into()),
            public_clients: vec![AZURE_CLI_CLIENT_ID.into(), APPLICATION_ID.into()],
            resources: RESOURCES.iter().map(ToString::to_string).collect(),
            subscriptions: vec![
                subscription(SUBSCRIPTION, "ML Development", CONTOSO, &[EMPTY_RESOURCE_GROUP]),
                subscription(PRODUCTION_SUBSCRIPTION, "ML Production", CONTOSO, &[]),
                subscription(FABRIKAM_SUBSCRIPTION, "Shared Research", FABRIKAM, &[]),
            ],
            workspaces: vec![
                workspace(1, SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE, LOCATION, "dev"),
                workspace(2, SUBSCRIPTION, RESOURCE_GROUP, "ml-staging", LOCATION, "staging"),
                workspace(3, SUBSCRIPTION, RESOURCE_GROUP, "ml-test", "northeurope", "test"),
                workspace(4, PRODUCTION_SUBSCRIPTION, "rg-ml-prod", "ml-prod", "northeurope", "prod"),
                workspace(5, FABRIKAM_SUBSCRIPTION, "rg-shared", "ml-shared", "eastus", "research"),
            ],
            authentication_contexts: Vec::new(),
            page_size: 2,
            operation_questions: 2,
            jobs: 0,
            job_questions: 1,
            failing_jobs: Vec::new(),
            artifact_container: None,
            mlflow_url: None,
            ssh_server: None,
            retry_after: 0,
            failures: Vec::new(),
            storage: storage(),
        }
    }
}

fn storage() -> Storage {
    Storage {
        account: "emustorage".into(),
        key: STORAGE_KEY.into(),
        sas: STORAGE_SAS.into(),
        blob_url: "https://emustorage.blob.core.windows.net".into(),
        endpoint: "core.windows.net".into(),
        protocol: "https".into(),
        container: "azureml-blobstore".into(),
        upload_container: None,
    }
}

const RESOURCES: &[&str] = &[
    "https://management.core.windows.net",
    "https://management.azure.com",
    "https://management.core.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
    "https://management.core.usgovcloudapi.net",
    "https://management.usgovcloudapi.net",
    "https://graph.microsoft.com",
    "https://graph.windows.net",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://graph.microsoft.us",
    "https://ml.azure.com",
    "https://ml.azure.cn",
    "https://ml.azure.us",
    "https://storage.azure.com",
    "https://vault.azure.net",
];
