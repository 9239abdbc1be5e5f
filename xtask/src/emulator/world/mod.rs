//! Who and what exists in the emulated Azure.

use std::collections::BTreeMap;
use std::net::SocketAddr;

pub mod defaults;

/// Everything that the emulator knows about. Start from [`World::default`] and change what the test is about.
#[derive(Clone, Debug)]
pub struct World {
    /// The directories.
    pub tenants: Vec<Tenant>,
    /// The people. The first one is who [`auto_approve`](super::Emulator::auto_approve) signs in.
    pub users: Vec<User>,
    /// The applications that sign in as themselves.
    pub service_principals: Vec<ServicePrincipal>,
    /// The managed identities of the machine that asks for tokens, whichever kind of host it is.
    pub managed_identities: Vec<ManagedIdentity>,
    /// Who is signed in on the compute instance, whose single sign-on is off without this.
    pub signed_in: Option<String>,
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
    /// After how many questions a long-running operation ends. If nobody asks, it ends ten minutes after it began.
    pub operation_questions: u32,
    /// How many jobs every workspace has from the beginning, all of which are over.
    pub jobs: usize,
    /// After how many questions a job takes the next step. Without any, it is over at once; if nobody asks, a step ends after a minute.
    pub job_questions: u32,
    /// The names of jobs that fail.
    pub failing_jobs: Vec<String>,
    /// Where the links to logs and artifacts lead instead of to the emulator, such as a container of a real Azurite.
    pub artifact_container: Option<ArtifactContainer>,
    /// A real tracking server of MLflow that answers instead of the emulator, such as `http://127.0.0.1:5000`.
    pub mlflow_url: Option<String>,
    /// The SSH server of every compute instance and job.
    pub ssh_server: Option<SshServer>,
    /// The `Retry-After` of everything that takes time, in seconds.
    pub retry_after: u32,
    /// The operations that end badly.
    pub failures: Vec<OperationFailure>,
    /// The storage account of every workspace.
    pub storage: Storage,
}

/// An operation that begins well and ends badly.
#[derive(Clone, Debug)]
pub struct OperationFailure {
    /// Requests to Resource Manager whose path contains this, in any case.
    pub path: String,
    /// The code of its error.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// A storage account, such as one of a real Azurite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// The name of the account.
    pub account: String,
    /// Its key.
    pub key: String,
    /// A shared access signature for its containers, without a question mark.
    pub sas: String,
    /// Where its containers are, such as `https://emustorage.blob.core.windows.net`.
    pub blob_url: String,
    /// The domain that datastores name, such as `core.windows.net`.
    pub endpoint: String,
    /// The protocol that datastores name.
    pub protocol: String,
    /// The container of `workspaceblobstore`.
    pub container: String,
    /// The container for pending uploads; without one, each has its own.
    pub upload_container: Option<String>,
}

/// A container of blobs, and what opens it.
#[derive(Clone, Debug)]
pub struct ArtifactContainer {
    /// The URL of the container.
    pub url: String,
    /// A shared access signature for it, without a question mark.
    pub sas: String,
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

/// An identity whose secrets Azure keeps; programs get tokens from an endpoint of the machine that they run on.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// The client id.
    pub client_id: String,
    /// Its object id, which is the principal id of role assignments.
    pub object_id: String,
    /// The resource id of the identity, or of the machine that it belongs to.
    pub resource_id: String,
    /// The tenant where it exists.
    pub tenant_id: String,
    /// Whether it lives and ends with the machine.
    pub is_system_assigned: bool,
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// An SSH server that runs on this machine.
#[derive(Clone, Debug)]
pub struct SshServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whom it lets in.
    pub user: String,
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

    /// The resource groups of the subscription.
    pub(super) fn group_names(&self, subscription: &Subscription) -> Vec<String> {
        let of_workspaces = self
            .workspaces
            .iter()
            .filter(|workspace| workspace.subscription_id.eq_ignore_ascii_case(&subscription.id))
            .map(|workspace| &workspace.resource_group);
        let mut names: Vec<String> = Vec::new();
        for name in of_workspaces.chain(&subscription.resource_groups) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.clone());
            }
        }
        names
    }

    /// How the subscription writes this resource group, if it has it.
    pub(super) fn resource_group(&self, subscription: &Subscription, group: &str) -> Option<String> {
        self.group_names(subscription).into_iter().find(|known| known.eq_ignore_ascii_case(group))
    }

    /// Makes an empty resource group.
    pub(super) fn add_resource_group(&mut self, subscription: &str, group: &str) {
        let found = self.subscriptions.iter_mut().find(|known| known.id.eq_ignore_ascii_case(subscription));
        if let Some(found) = found {
            found.resource_groups.push(group.to_owned());
        }
    }

    /// Removes a resource group with its workspaces.
    pub(super) fn remove_resource_group(&mut self, subscription: &str, group: &str) {
        let found = self.subscriptions.iter_mut().find(|known| known.id.eq_ignore_ascii_case(subscription));
        if let Some(found) = found {
            found.resource_groups.retain(|known| !known.eq_ignore_ascii_case(group));
        }
        self.workspaces.retain(|workspace| {
            let is_in = workspace.resource_group.eq_ignore_ascii_case(group);
            !(is_in && workspace.subscription_id.eq_ignore_ascii_case(subscription))
        });
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
