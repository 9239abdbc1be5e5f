//! Assembling [`InteractiveLoginAuthentication`].

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use auth_core::http::HttpClient;
use auth_core::interactive::{Browser, InteractiveLogin, Prompt};
use auth_core::oauth::{AZURE_CLI_CLIENT_ID, EntraClient};
use auth_core::{Chain, Clock, Cloud, Env, Error, MemoryStore, Tenant, TokenStore};

use super::ambient::Ambient;
#[cfg(any(feature = "cli-bridge", feature = "msi"))]
use super::existing::Existing;
use super::interactive_login::{Inner, InteractiveLoginAuthentication};
use super::login_hint::LoginHint;
use super::managed_identity::OwnMachine;
use super::saved_logins::SavedLogins;
use crate::clouds::{self, Clouds};

/// An [`InteractiveLoginAuthentication`] in the making.
#[derive(Clone, Debug, Default)]
pub struct InteractiveLoginBuilder {
    force: bool,
    tenant_id: Option<String>,
    login_hint: Option<String>,
    cloud: Option<String>,
    custom_cloud: Option<Cloud>,
    env: Env,
    clock: Clock,
    http: Option<HttpClient>,
    store: Option<Arc<dyn TokenStore>>,
    browser: Browser,
    prompt: Option<Arc<dyn Prompt>>,
    login_timeout: Option<Duration>,
    use_device_code: bool,
}

impl InteractiveLoginBuilder {
    /// Signs in anew even if the old login is still valid.
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Accepts only tokens of this tenant: an id, or one of the tenant's domains.
    pub fn tenant_id(mut self, tenant: impl Into<String>) -> Self {
        self.tenant_id = Some(tenant.into());
        self
    }

    /// Signs in as this user only: a user principal name, or a home account id (`<object id>.<home tenant id>`), in any case.
    /// The saved login of that account is used if there is one; any other identity only if its tokens are that user's. A person
    /// who signs in is led to that account, but may choose another one: [`InteractiveLoginAuthentication::account`] tells.
    /// The default is the account that signed in last, or that was made the current one.
    pub fn login_hint(mut self, user: impl Into<String>) -> Self {
        self.login_hint = Some(user.into());
        self
    }

    /// Chooses the cloud by name. The default is `AZUREML_CURRENT_CLOUD`, else the one that `azml cloud set` chose, else the one
    /// that the Azure CLI is set to, else `AzureCloud`: see [`crate::clouds`].
    pub fn cloud(mut self, name: impl Into<String>) -> Self {
        self.cloud = Some(name.into());
        self
    }

    /// Takes this cloud, whatever is registered and set.
    pub fn custom_cloud(mut self, cloud: Cloud) -> Self {
        self.custom_cloud = Some(cloud);
        self
    }

    /// Takes variables from `env` instead of the process.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Shares an HTTP client.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = Some(http);
        self
    }

    /// Keeps logins in `store` instead of the encrypted files in azml's own folder.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Chooses the browser.
    pub fn browser(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// Tells the person where to sign in.
    pub fn prompt(mut self, prompt: Arc<dyn Prompt>) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Sets how long the person has; by default 5 minutes, or as long as the device code is valid.
    pub fn login_timeout(mut self, timeout: Duration) -> Self {
        self.login_timeout = Some(timeout);
        self
    }

    /// Signs in with a code that the person enters on any device. It needs a [`InteractiveLoginBuilder::prompt`] that shows the
    /// code. Some tenants refuse this way by policy; a browser, and pasting where it ends, passes there.
    pub fn use_device_code(mut self, use_device_code: bool) -> Self {
        self.use_device_code = use_device_code;
        self
    }

    /// Assembles it. Nothing is asked, neither a person nor the network.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Configuration`] for a cloud or a tenant that cannot be, and where `ARM_CLOUD_METADATA_URL` is set
    /// but [`crate::clouds::refresh`] was never called; [`auth_core::ErrorKind::Store`] if the list of azml's own clouds or the
    /// Azure CLI's configuration cannot be read.
    pub fn build(self) -> Result<InteractiveLoginAuthentication, Error> {
        let tenant = self.tenant_id.as_deref().map(Tenant::parse).transpose()?;
        let cloud = self.resolve_cloud()?;
        let http = self.http.clone().unwrap_or_else(|| HttpClient::new(self.env.clone()));
        let store = self.store.clone().map_or_else(|| default_store(&self.env), Ok)?;
        let client = EntraClient::new(cloud.clone(), AZURE_CLI_CLIENT_ID, http.clone()).with_clock(self.clock.clone());
        let wanted = self.login_hint.as_deref().and_then(LoginHint::new);
        let machine =
            OwnMachine { cloud: cloud.clone(), env: self.env.clone(), clock: self.clock.clone(), http: http.clone() };
        let saved = SavedLogins::new(client.clone(), store.clone(), machine, wanted.clone());
        let saved = Arc::new(saved);
        let mut login =
            InteractiveLogin::new(client, self.env.clone()).browser(self.browser).prompt(self.prompt.clone());
        login = login.use_device_code(self.use_device_code);
        if let Some(timeout) = self.login_timeout {
            login = login.timeout(timeout);
        }

        let mut existing = Chain::new(cloud.clone());
        #[cfg(feature = "msi")]
        {
            // Without a variable or a marker file this is no Azure ML host: nothing is guessed, as that takes time.
            let machine = auth_msi::MsiAuthentication::builder(cloud.clone())
                .machine(super::machine(&self.env))
                .guess(None)
                .in_chain(true)
                .clock(self.clock.clone())
                .build();
            existing =
                existing.with(Arc::new(Existing::new("managed identity", machine, tenant.clone(), wanted.clone())));
        }
        let ambient = Ambient {
            cloud: &cloud,
            env: &self.env,
            http: &http,
            clock: &self.clock,
            store: &store,
            tenant: tenant.as_ref(),
            wanted: wanted.as_ref(),
        };
        existing = existing.with(ambient.service_principal()).with(ambient.run_token()).with(saved.clone());
        #[cfg(feature = "cli-bridge")]
        for (name, directory) in [
            ("login of the Python SDK", auth_cli_bridge::ConfigDir::python_sdk(&self.env)),
            ("login of the Azure CLI", auth_cli_bridge::ConfigDir::azure_cli(&self.env)),
        ] {
            let mut cli = auth_cli_bridge::AzureCliAuthentication::builder();
            if let Some(subscription) = wanted.as_ref().and_then(|wanted| subscription_of(wanted, &directory, &cloud)) {
                cli = cli.subscription(subscription);
            }
            let cli = cli
                .cloud(cloud.clone())
                .directory(directory)
                .env(self.env.clone())
                .http(http.clone())
                .store(store.clone())
                .clock(self.clock.clone())
                .build();
            // It asks in the tenant that is wanted, so there is nothing to compare a domain with.
            let tenant = tenant.clone().filter(Tenant::is_id);
            existing = existing.with(Arc::new(Existing::new(name, cli, tenant, wanted.clone())));
        }

        Ok(InteractiveLoginAuthentication::new(Inner {
            cloud,
            tenant,
            tenant_id: OnceLock::new(),
            wanted,
            force: self.force,
            existing,
            store,
            saved,
            login,
            sign_in: tokio::sync::Mutex::default(),
            sign_ins: AtomicU64::new(0),
            unsaved: Mutex::default(),
            signed_in: AtomicBool::new(false),
        }))
    }

    /// Assembles it and signs in: with what already exists, or else with a person's help.
    ///
    /// # Errors
    /// As [`crate::clouds::refresh`], [`InteractiveLoginBuilder::build`] and [`InteractiveLoginAuthentication::sign_in`].
    pub async fn login(mut self) -> Result<InteractiveLoginAuthentication, Error> {
        let http = self.http.get_or_insert_with(|| HttpClient::new(self.env.clone()));
        if self.custom_cloud.is_none() {
            clouds::refresh(&self.env, http, &self.clock).await?;
        }
        let auth = self.build()?;
        auth.sign_in().await?;
        Ok(auth)
    }

    fn resolve_cloud(&self) -> Result<Cloud, Error> {
        match &self.custom_cloud {
            Some(cloud) => Ok(cloud.clone()),
            None => Ok(Clouds::load(&self.env, &self.clock)?.choose(self.cloud.as_deref())?.cloud),
        }
    }
}

/// A subscription that this user sees, by which the Azure CLI's login knows several users apart. A list that cannot be read is
/// told when it is needed.
#[cfg(feature = "cli-bridge")]
fn subscription_of(user: &LoginHint, directory: &auth_cli_bridge::ConfigDir, cloud: &Cloud) -> Option<String> {
    let profile = auth_cli_bridge::Profile::load(directory).ok()?;
    let mut own: Vec<_> = profile.subscriptions_of(cloud).filter(|it| user.is(&it.user.name)).collect();
    own.sort_by_key(|subscription| !subscription.is_default);
    own.first().map(|subscription| subscription.id.clone())
}

#[cfg(feature = "cache")]
fn default_store(env: &Env) -> Result<Arc<dyn TokenStore>, Error> {
    Ok(match crate::storage::file_store(env)? {
        Some(store) => Arc::new(store),
        None => Arc::new(MemoryStore::new()),
    })
}

#[cfg(not(feature = "cache"))]
#[expect(clippy::unnecessary_wraps, reason = "the store on disk has settings that may be wrong")]
fn default_store(_env: &Env) -> Result<Arc<dyn TokenStore>, Error> {
    Ok(Arc::new(MemoryStore::new()))
}
