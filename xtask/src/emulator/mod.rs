//! A loopback Azure: Entra ID, Azure Resource Manager, the data plane of Azure Machine Learning and the endpoints of managed
//! identities in one process.
//!
//! It answers over https with a certificate of its own authority, over plain http, and through a forward proxy that lands Azure's
//! public host names on it. So a program whose endpoints are built in runs against it unchanged, given [`Emulator::env`].
//!
//! ```
//! use xtask::emulator::{Emulator, defaults};
//!
//! let azure = Emulator::start();
//! let token = azure.issue_refresh_token(defaults::ADA);
//! assert!(azure.secrets().contains(&token));
//! assert!(azure.https_url().starts_with("https://localhost:"));
//! ```

mod approve;
mod arm;
mod certificate;
mod data_plane;
mod entra;
mod fault;
pub(crate) mod log;
mod managed_identity;
mod oidc;
mod proxy;
mod server;
mod state;
pub(crate) mod tls;
mod tokens;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

pub use self::approve::{Landing, Visitor};
pub use self::arm::secrets;
pub use self::certificate::ClientCertificate;
pub use self::data_plane::runs::OUTCOME_TAG;
pub use self::data_plane::secrets::BLOB_SIGNATURE;
pub use self::fault::{Effect, Fault};
pub use self::log::LoggedRequest;
pub use self::managed_identity::IdentityHost;
pub use self::tls::{AZURE_DOMAINS, AZURE_HOSTS};
pub use self::world::{
    ArtifactContainer, AuthenticationContext, FederatedCredential, ManagedIdentity, Membership, OperationFailure,
    RegisteredCertificate, ServicePrincipal, SshServer, Storage, Subscription, Tenant, User, Workspace, World,
    defaults,
};

use self::managed_identity::Machine;
use self::server::Server;
use self::state::{RefreshGrant, Shared};
use self::tokens::Subject;

/// A running loopback Azure, on its own thread and ports. Dropping it stops it.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    server: Server,
    http_url: String,
    https_url: String,
    proxy_url: String,
    ca_file: PathBuf,
    visitor: Visitor,
    folder: TempDir,
}

impl Emulator {
    /// Starts with [`World::default`].
    pub fn start() -> Self {
        Self::start_with(World::default())
    }

    /// Starts with these identities and resources.
    ///
    /// # Panics
    ///
    /// If the machine has no free loopback port or no temporary folder.
    pub fn start_with(world: World) -> Self {
        let authority = tls::authority();
        let folder = TempDir::with_prefix("azure-emulator-").expect("a temporary folder can be made");
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, &authority.ca_pem).expect("the temporary folder is writable");

        let machine = Machine::new(folder.path().join("var/opt/azcmagent/tokens"));
        let shared = Arc::new(Shared::new(world, machine));
        let server = Server::start(&shared);
        let proxy_url = format!("http://{}", server.proxy);
        Self {
            http_url: server.azure.http_url(),
            https_url: server.azure.https_url(),
            visitor: Visitor::through(&proxy_url, &authority.ca_pem),
            proxy_url,
            ca_file,
            shared,
            server,
            folder,
        }
    }

    /// `https://localhost:PORT`.
    pub fn https_url(&self) -> &str {
        &self.https_url
    }

    /// `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> &str {
        &self.http_url
    }

    /// `http://127.0.0.1:PORT` of the forward proxy, which only knows [`AZURE_HOSTS`] and the hosts of [`AZURE_DOMAINS`], on port 443.
    pub fn proxy_url(&self) -> &str {
        &self.proxy_url
    }

    /// The certificate of the emulator's authority, as PEM.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// A certificate of the emulator's authority for this machine, and its key, as PEM: for other servers beside the emulator.
    ///
    /// # Panics
    ///
    /// If the temporary folder is gone.
    pub fn certificate_files(&self) -> (PathBuf, PathBuf) {
        let authority = tls::authority();
        let files = [("server.pem", &authority.leaf_pem), ("server-key.pem", &authority.key_pem)];
        let [certificate, key] = files.map(|(name, pem)| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, pem).expect("the temporary folder is writable");
            path
        });
        (certificate, key)
    }

    /// The environment with which a child process reaches the emulator under Azure's public names.
    ///
    /// # Panics
    ///
    /// If the temporary folder's name is not UTF-8.
    pub fn env(&self) -> Vec<(String, String)> {
        let ca_file = self.ca_file.to_str().expect("temporary folders have readable names");
        [
            ("HTTPS_PROXY", self.proxy_url.as_str()),
            ("https_proxy", self.proxy_url.as_str()),
            // The emulator's own addresses are reached without it, as a cloud of one's own is (`az cloud register`).
            ("NO_PROXY", "localhost,127.0.0.1"),
            ("no_proxy", "localhost,127.0.0.1"),
            ("SSL_CERT_FILE", ca_file),
            ("REQUESTS_CA_BUNDLE", ca_file),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// The variables that a machine of this kind sets, so that programs find the managed identities of the world.
    pub fn managed_identity_env(&self, host: IdentityHost) -> Vec<(String, String)> {
        host.env(&self.shared.lock(), &self.http_url, &self.https_url)
    }

    /// Where the agent of Azure Arc leaves its key files.
    pub fn arc_tokens_folder(&self) -> PathBuf {
        self.shared.lock().machine.arc_tokens.clone()
    }

    /// Lets the agent of Azure Arc leave its key files elsewhere from now on.
    pub fn set_arc_tokens_folder(&self, folder: &Path) {
        folder.clone_into(&mut self.shared.lock().machine.arc_tokens);
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.lock().log.requests()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.lock().log.clear();
    }

    /// What the proxy was asked for and refused, such as `example.com:443`.
    pub fn refused_hosts(&self) -> Vec<String> {
        self.shared.lock().refused_hosts.clone()
    }

    /// Lets something go wrong from now on. The first fault that matches a request is the one that it meets.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// How long access tokens live from now on. Without this it is a random time between 60 and 90 minutes, as with Entra ID.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.shared.lock().access_token_lifetime = Some(lifetime);
    }

    /// Whether answers of the token endpoint carry `refresh_in`.
    pub fn set_refresh_in(&self, refresh_in: Option<Duration>) {
        self.shared.lock().refresh_in = refresh_in;
    }

    /// How often a device code may be asked for from now on, in whole seconds; 5 without this.
    pub fn set_device_code_interval(&self, interval: Duration) {
        self.shared.lock().device_code_interval = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
    }

    /// Moves the emulator's own clock ahead.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.lock().advance_clock(by);
    }

    /// Changes the identities and resources while it runs.
    pub fn change_world(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.shared.lock().world);
    }

    /// A refresh token that the token endpoint accepts from any client, as if the user had signed in at home.
    pub fn issue_refresh_token(&self, user: &str) -> String {
        let mut state = self.shared.lock();
        let user = state.expect_user(user);
        let tenant_id = user.home().tenant_id.clone();
        state.refresh_token(RefreshGrant {
            username: user.username,
            client_id: None,
            tenant_id,
            contexts: Vec::new(),
            revoked: false,
        })
    }

    /// An access token of the user for `audience`, issued to the Azure CLI's client. `tenant` is a GUID or a domain.
    ///
    /// # Panics
    ///
    /// If there is no such user in such a tenant.
    pub fn issue_access_token(&self, user: &str, tenant: &str, audience: &str, lifetime: Duration) -> String {
        let mut state = self.shared.lock();
        let user = state.expect_user(user);
        let tenant = state.world.tenant(tenant).unwrap_or_else(|| panic!("the world has no tenant {tenant}"));
        let membership =
            user.membership(&tenant.id).unwrap_or_else(|| panic!("{} is not in {}", user.username, tenant.name));
        let subject = Subject::person(&user, membership, defaults::AZURE_CLI_CLIENT_ID, false);
        let lifetime = i64::try_from(lifetime.as_secs()).expect("a lifetime fits");
        state.access_token(&subject, audience, lifetime, false)
    }

    /// A token of another issuer, such as a Kubernetes cluster, for `api://AzureADTokenExchange`. Whoever registered it may sign
    /// in with it.
    ///
    /// # Panics
    ///
    /// If the lifetime does not fit.
    pub fn issue_federated_token(&self, issuer: &str, subject: &str, lifetime: Duration) -> String {
        let lifetime = i64::try_from(lifetime.as_secs()).expect("a lifetime fits");
        oidc::issue(&mut self.shared.lock(), issuer, subject, defaults::FEDERATION_AUDIENCE, lifetime)
    }

    /// The token with which a run begins, and which its service renews.
    ///
    /// # Panics
    ///
    /// If the lifetime does not fit.
    pub fn issue_run_token(&self, run_id: &str, lifetime: Duration) -> String {
        let lifetime = i64::try_from(lifetime.as_secs()).expect("a lifetime fits");
        data_plane::issue_run_token(&mut self.shared.lock(), run_id, lifetime).0
    }

    /// Ends everything that was issued to the user so far: refresh tokens answer AADSTS50173, access tokens get 401.
    pub fn revoke(&self, user: &str) {
        let mut state = self.shared.lock();
        let user = state.expect_user(user);
        state.revoke(&user.username);
    }

    /// Ends the access tokens that were issued to the user so far, as an administrator does after an incident; the refresh tokens
    /// stay good.
    pub fn revoke_access_tokens(&self, user: &str) {
        let mut state = self.shared.lock();
        let user = state.expect_user(user);
        state.revoke_access_tokens(&user.username);
    }

    /// Every authorization code, device code, refresh token, access token, id token and key that was ever issued, and what the
    /// endpoints of managed identities ask for.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.lock().secrets.clone()
    }

    /// Who does in a browser what a person would, for [`Visitor::approve`] and its siblings.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Does what the person's browser would: opens the URL, signs in as the first user, and delivers the answer to the loopback
    /// listener. Blocks, so an async test on one thread wants [`Emulator::approve`].
    ///
    /// # Panics
    ///
    /// If the pages or the loopback listener cannot be reached.
    #[track_caller]
    pub fn auto_approve(&self, url: &str) -> Landing {
        let (visitor, url) = (self.visitor.clone(), url.to_owned());
        let (send, receive) = std::sync::mpsc::channel();
        self.server.azure.runtime.spawn(async move {
            // Nobody is waiting any more if the receiver is gone.
            let _ = send.send(visitor.approve(&url).await);
        });
        match receive.recv().expect("the emulator is running") {
            Ok(landing) => landing,
            Err(problem) => panic!("{problem}"),
        }
    }

    /// The same as [`Emulator::auto_approve`] without blocking.
    ///
    /// # Panics
    ///
    /// If the pages or the loopback listener cannot be reached.
    pub async fn approve(&self, url: &str) -> Landing {
        self.visitor.approve(url).await.unwrap_or_else(|problem| panic!("{problem}"))
    }
}
