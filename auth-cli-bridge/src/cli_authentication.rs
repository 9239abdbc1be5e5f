//! A sign-in with the Azure CLI as an [`Authentication`].

use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use async_trait::async_trait;
use auth_core::http::HttpClient;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Clock, Cloud, Env, Error, Tenant, TokenRequest, TokenStore,
};

use crate::cli_source::AzureCliSource;
use crate::identity::{Identity, Wish};
use crate::{ConfigDir, Subscription, clouds};

/// Answers with the tokens of `az login`, or of the Azure ML Python SDK, without starting either.
///
/// A token that the CLI has cached and that is still fresh is served as it is. Otherwise its refresh token is redeemed here; what
/// comes back is kept in a store of our own, and the CLI's files are never written. Where the CLI keeps its tokens encrypted, `az`
/// itself is asked, if it is on the `PATH`, and what it answers is kept in the same way.
///
/// The account and its tenant are chosen when the first token is asked for, as `az` chooses them, and stay the same for the life
/// of this object: after `az login` as somebody else, or `az account set`, build a new one.
#[derive(Debug)]
pub struct AzureCliAuthentication {
    settings: AzureCliAuthenticationBuilder,
    cloud: OnceLock<Cloud>,
    cached: OnceLock<Cached<AzureCliSource>>,
}

impl AzureCliAuthentication {
    /// The Azure CLI's current sign-in. Nothing is read before the first token is asked for.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts one that differs from [`AzureCliAuthentication::new`].
    pub fn builder() -> AzureCliAuthenticationBuilder {
        AzureCliAuthenticationBuilder {
            env: Env::process(),
            cloud: None,
            directory: None,
            wants_python_sdk: false,
            wish: Wish::default(),
            store: None,
            http: None,
            clock: Clock::system(),
        }
    }

    /// The subscription that was chosen, as the CLI lists it, with its tenant and user.
    ///
    /// # Errors
    /// As [`Authentication::token`], as far as files go.
    pub async fn subscription(&self) -> Result<&Subscription, Error> {
        Ok(self.cached().await?.source().subscription())
    }

    /// Who signed in, and the tenant whose tokens are asked for where a request names none.
    ///
    /// # Errors
    /// As [`Authentication::token`], as far as files go.
    pub async fn account(&self) -> Result<Account, Error> {
        Ok(self.cached().await?.source().account())
    }

    async fn cached(&self) -> Result<&Cached<AzureCliSource>, Error> {
        if let Some(cached) = self.cached.get() {
            return Ok(cached);
        }
        let settings = &self.settings;
        let directory = settings.config_dir();
        let cloud = self.find_cloud(&directory)?.clone();
        let (identity, cache) =
            Identity::find(&directory, &cloud, &settings.wish, &settings.env, &settings.clock).await?;
        let http = settings.http.clone().unwrap_or_else(|| HttpClient::new(settings.env.clone()));
        let first = Mutex::new(Some(cache));
        let clock = settings.clock.clone();
        let env = settings.env.clone();
        let found = Mutex::default();
        let source = AzureCliSource { identity, cloud: cloud.clone(), directory, env, http, clock, first, found };
        let mut cached = Cached::new(source, cloud).with_clock(settings.clock.clone());
        if let Some(store) = &settings.store {
            cached = cached.with_store(store.clone());
        }
        Ok(self.cached.get_or_init(|| cached))
    }

    fn find_cloud(&self, directory: &ConfigDir) -> Result<&Cloud, Error> {
        if let Some(cloud) = self.cloud.get() {
            return Ok(cloud);
        }
        let cloud = match &self.settings.cloud {
            Some(cloud) => cloud.clone(),
            None => clouds::active(directory, &self.settings.env)?.unwrap_or_else(Cloud::public),
        };
        Ok(self.cloud.get_or_init(|| cloud))
    }
}

impl Default for AzureCliAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Authentication for AzureCliAuthentication {
    fn name(&self) -> &'static str {
        "AzureCliAuthentication"
    }

    /// The cloud that was given, else the CLI's active one, which is looked up once. While its settings cannot be read it is
    /// the public cloud, and asking for a token says why.
    fn cloud(&self) -> &Cloud {
        static PUBLIC: LazyLock<Cloud> = LazyLock::new(Cloud::public);
        self.find_cloud(&self.settings.config_dir()).unwrap_or(&PUBLIC)
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.cached().await?.token(request).await
    }
}

/// An [`AzureCliAuthentication`] in the making.
#[derive(Debug)]
pub struct AzureCliAuthenticationBuilder {
    env: Env,
    cloud: Option<Cloud>,
    directory: Option<ConfigDir>,
    wants_python_sdk: bool,
    wish: Wish,
    store: Option<Arc<dyn TokenStore>>,
    http: Option<HttpClient>,
    clock: Clock,
}

impl AzureCliAuthenticationBuilder {
    /// Takes variables from `env` instead of the process.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Signs in to this cloud instead of the CLI's active one.
    pub fn cloud(mut self, cloud: Cloud) -> Self {
        self.cloud = Some(cloud);
        self
    }

    /// Reads this directory instead of the Azure CLI's.
    pub fn directory(mut self, directory: ConfigDir) -> Self {
        self.directory = Some(directory);
        self
    }

    /// Reads the tokens of the Azure ML Python SDK instead of the Azure CLI's; see [`ConfigDir::python_sdk`].
    pub fn python_sdk(mut self) -> Self {
        self.wants_python_sdk = true;
        self
    }

    /// Asks for tokens of this tenant where a request names none, instead of the chosen subscription's.
    pub fn tenant(mut self, tenant: impl Into<Option<Tenant>>) -> Self {
        self.wish.tenant = tenant.into();
        self
    }

    /// Uses the account of this subscription, by id or name, instead of the default one's.
    pub fn subscription(mut self, id_or_name: impl Into<String>) -> Self {
        self.wish.subscription = Some(id_or_name.into());
        self
    }

    /// Keeps what is renewed in `store`, for the next process.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Asks Entra ID through `http`.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = Some(http);
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The authentication. Nothing is read yet.
    pub fn build(self) -> AzureCliAuthentication {
        AzureCliAuthentication { settings: self, cloud: OnceLock::new(), cached: OnceLock::new() }
    }

    fn config_dir(&self) -> ConfigDir {
        match &self.directory {
            Some(directory) => directory.clone(),
            None if self.wants_python_sdk => ConfigDir::python_sdk(&self.env),
            None => ConfigDir::azure_cli(&self.env),
        }
    }
}
