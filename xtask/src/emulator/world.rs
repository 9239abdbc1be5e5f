//! Who and what exists in the emulated Azure.

use std::collections::BTreeMap;

/// The ids of the identities and resources in [`World::default`]. All of them are invented.
pub mod defaults {
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
}

/// Everything that the emulator knows about. Start from [`World::default`] and change what the test is about.
#[derive(Clone, Debug)]
pub struct World {
    /// The directories.
    pub tenants: Vec<Tenant>,
    /// The people. The first one is who [`auto_approve`](super::Emulator::auto_approve) signs in.
    pub users: Vec<User>,
    /// The applications that sign in as themselves.
    pub service_principals: Vec<ServicePrincipal>,
    /// The client ids that people may sign in to.
    pub public_clients: Vec<String>,
    /// What a token can be asked for, compared without a trailing slash.
    pub resources: Vec<String>,
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// The Azure Machine Learning workspaces.
    pub workspaces: Vec<Workspace>,
    /// What a sign-in must have been made for before some resources can be reached.
    pub authentication_contexts: Vec<AuthenticationContext>,
    /// How many items one page of a list holds.
    pub page_size: usize,
}

/// A directory of Entra ID.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant's GUID.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// Its verified domain, which may stand for the GUID in every URL.
    pub domain: String,
    /// Whether a refresh token from another tenant's sign-in is refused here with AADSTS50076. A sign-in at this tenant satisfies it.
    pub requires_mfa: bool,
}

/// A policy of a tenant: some resources demand a sign-in for this authentication context, such as one with a security key.
#[derive(Clone, Debug)]
pub struct AuthenticationContext {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// Requests to Resource Manager whose path contains this.
    pub path: String,
    /// The value of the claim `acrs`, such as `c1`.
    pub value: String,
}

/// A person.
#[derive(Clone, Debug)]
pub struct User {
    /// The user principal name.
    pub username: String,
    /// The name that people see.
    pub name: String,
    /// Where the account exists: at home first, then as a guest.
    pub memberships: Vec<Membership>,
}

/// A user's object in one tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// The user's object id there.
    pub object_id: String,
}

/// An application that signs in as itself.
#[derive(Clone, Debug)]
pub struct ServicePrincipal {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub secret: String,
    /// Whether the secret is refused with AADSTS7000222.
    pub secret_has_expired: bool,
    /// The certificates that are registered with it.
    pub certificates: Vec<RegisteredCertificate>,
    /// The other issuers' tokens that it signs in with.
    pub federated_credentials: Vec<FederatedCredential>,
    /// The tenant where it exists.
    pub tenant_id: String,
    /// Its object id there.
    pub object_id: String,
}

/// What is known of an application's certificate.
#[derive(Clone, Debug)]
pub struct RegisteredCertificate {
    /// SHA-1 of its DER encoding, which older clients send (observed: azure-identity 1.27).
    pub sha1: [u8; 20],
    /// SHA-256 of its DER encoding.
    pub sha256: [u8; 32],
    /// Its public key, as PEM.
    pub public_key_pem: String,
}

/// Whose tokens an application signs in with (workload identity federation).
#[derive(Clone, Debug)]
pub struct FederatedCredential {
    /// The token's `iss`, to the letter.
    pub issuer: String,
    /// The token's `sub`, to the letter.
    pub subject: String,
    /// The token's `aud`.
    pub audience: String,
}

/// An Azure subscription. Every user and service principal of its tenant sees it.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The subscription's GUID.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// The tenant that it trusts.
    pub tenant_id: String,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    pub state: String,
    /// Resource groups that exist besides those of the workspaces.
    pub resource_groups: Vec<String>,
}

/// An Azure Machine Learning workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The subscription's GUID.
    pub subscription_id: String,
    /// The resource group.
    pub resource_group: String,
    /// The workspace's name.
    pub name: String,
    /// The region.
    pub location: String,
    /// `Default`, `Hub`, `Project` or `FeatureStore`.
    pub kind: String,
    /// The immutable GUID of the workspace.
    pub workspace_id: String,
    /// The tags.
    pub tags: BTreeMap<String, String>,
}

impl World {
    /// The tenant with this GUID or verified domain, in any case.
    pub(super) fn tenant(&self, id_or_domain: &str) -> Option<&Tenant> {
        self.tenants
            .iter()
            .find(|t| t.id.eq_ignore_ascii_case(id_or_domain) || t.domain.eq_ignore_ascii_case(id_or_domain))
    }

    /// The user with this user principal name, in any case.
    pub(super) fn user(&self, username: &str) -> Option<&User> {
        self.users.iter().find(|u| u.username.eq_ignore_ascii_case(username))
    }

    /// The subscription with this GUID, in any case.
    pub(super) fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|s| s.id.eq_ignore_ascii_case(id))
    }

    /// Whether tokens are issued for this resource.
    pub(super) fn knows_resource(&self, resource: &str) -> bool {
        let wanted = resource.trim_end_matches('/');
        self.resources.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(wanted))
    }

    /// Whether the subscription holds this resource group.
    pub(super) fn has_resource_group(&self, subscription: &Subscription, group: &str) -> bool {
        let of_workspaces = self
            .workspaces
            .iter()
            .filter(|workspace| workspace.subscription_id.eq_ignore_ascii_case(&subscription.id))
            .map(|workspace| &workspace.resource_group);
        of_workspaces.chain(&subscription.resource_groups).any(|known| known.eq_ignore_ascii_case(group))
    }
}

impl User {
    /// The account in its home tenant.
    pub(super) fn home(&self) -> &Membership {
        self.memberships.first().expect("a user of the emulator's world has a home tenant")
    }

    /// The account in this tenant, if there is one.
    pub(super) fn membership(&self, tenant_id: &str) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.tenant_id.eq_ignore_ascii_case(tenant_id))
    }

    /// What stands before the `@`: how the sign-in page's button is called.
    pub(super) fn short_name(&self) -> &str {
        self.username.split('@').next().unwrap_or(&self.username)
    }
}

impl Membership {
    fn new(tenant_id: &str, object_id: &str) -> Self {
        Self { tenant_id: tenant_id.into(), object_id: object_id.into() }
    }
}

impl Default for World {
    fn default() -> Self {
        use defaults::{
            ADA, ADA_GUEST_OBJECT_ID, ADA_OBJECT_ID, APPLICATION_ID, AZURE_CLI_CLIENT_ID, CONTOSO, CONTOSO_DOMAIN,
            EMPTY_RESOURCE_GROUP, FABRIKAM, FABRIKAM_DOMAIN, FABRIKAM_SUBSCRIPTION, GRACE, GRACE_OBJECT_ID, LOCATION,
            PRODUCTION_SUBSCRIPTION, RESOURCE_GROUP, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET, SUBSCRIPTION,
            WORKSPACE,
        };
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
        }
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
