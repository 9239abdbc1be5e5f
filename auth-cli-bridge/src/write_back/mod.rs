//! Logins that the Azure CLI goes on with: what `az login`, `az account set` and `az logout` would write.

mod change;
mod cli_login;
mod json;
mod lock;
mod profile;
mod replace;
mod service_principals;
mod settings;
mod token_cache;

use std::path::PathBuf;
use std::time::Duration;

use auth_core::clock::to_unix;
use auth_core::{Clock, Cloud, Env, Error, ErrorKind};

pub use self::cli_login::CliLogin;

use self::change::{Change, Files};
use self::cli_login::Principal;
use self::lock::CacheLock;
use crate::{CliConfig, Clouds, ConfigDir};

/// As long as the Azure CLI waits itself (observed: msal-extensions 1.3, twice 5 s).
const PATIENCE: Duration = Duration::from_secs(10);
/// How often everything is done again because others took the lock away.
const MOST_ATTEMPTS: usize = 3;
/// The cloud that the CLI is at where nobody has said otherwise (observed: az 2.91).
const DEFAULT_CLOUD: &str = "AzureCloud";
/// What the CLI's settings call "no" (observed: az 2.91).
const NO: [&str; 4] = ["0", "no", "false", "off"];

/// Writes into the files of the Azure CLI, so that `az`, and what reads its files, needs no login of its own.
///
/// This happens only where somebody asked for it. Refresh tokens and client secrets lie in these files as plain text, for
/// their owner to read, because the Azure CLI keeps them so. Everything is written under the lock that the CLI takes for its
/// token cache, each file in one step, and what is not known here is kept. A file that cannot be read is never replaced, nor are
/// encrypted ones; then nothing is written at all.
///
/// ```
/// use auth_cli_bridge::{ConfigDir, Profile, write_back::{CliLogin, WriteBack}};
/// use auth_core::{Account, Cloud, Env, Secret};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let tenant = "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01";
/// let account = Account {
///     home_account_id: Some(format!("b5a0c9de-4f11-4a5e-8c3d-1e2f3a4b5c11.{tenant}")),
///     username: Some("ada@contoso.example".to_owned()),
///     tenant: None,
/// };
/// let login = CliLogin::user(Cloud::public(), &account, Secret::new("refresh token"))?;
/// # let subscription = serde_json::from_value(serde_json::json!({"id": "s", "name": "Dev", "state": "Enabled",
/// #     "environmentName": "AzureCloud", "tenantId": tenant, "user": {}}))?;
/// let write_back = WriteBack::new(&Env::process()).directory(folder.path());
/// write_back.sign_in(&login.subscriptions([subscription])).await?;
/// assert_eq!(Profile::load(&ConfigDir::at(folder.path()))?.select(&Cloud::public(), None)?.name, "Dev");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct WriteBack {
    env: Env,
    directory: ConfigDir,
    clock: Clock,
    patience: Duration,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The cloud that the Azure CLI was at before, if it was another one than it is at now.
    pub switched_from: Option<String>,
    /// The files that were changed.
    pub files: Vec<PathBuf>,
}

impl WriteBack {
    /// Writes into the Azure CLI's directory of this environment.
    pub fn new(env: &Env) -> Self {
        let directory = ConfigDir::azure_cli(env);
        Self { env: env.clone(), directory, clock: Clock::system(), patience: PATIENCE }
    }

    /// Writes into this directory instead.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = ConfigDir::at(path);
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Waits this long for the Azure CLI's lock instead of 10 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether anything could be written: an error says why not. For whoever wants to know before a person signs in.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the CLI encrypts its tokens, or does not know this cloud; [`ErrorKind::Store`] if a file
    /// cannot be used.
    pub fn check(&self, cloud: &Cloud) -> Result<(), Error> {
        self.refuse_encrypted()?;
        self.switched_from(cloud).map(drop)
    }

    /// Signs the Azure CLI in with this login, as `az login` would, and puts it at the cloud of the login.
    ///
    /// # Errors
    /// As [`WriteBack::check`], and [`ErrorKind::Timeout`] if another process holds the CLI's lock.
    pub async fn sign_in(&self, login: &CliLogin) -> Result<Written, Error> {
        let now = to_unix(self.clock.now());
        let is_application = matches!(login.principal, Principal::Application { .. });
        self.write(&login.cloud, is_application, async |files| {
            let mut changes = vec![files.token_cache(|cache| token_cache::sign_in(cache, login, now)).await?];
            if is_application {
                changes.push(files.service_principals(|entries| service_principals::sign_in(entries, login)).await?);
            }
            if !login.subscriptions.is_empty() {
                let mut default = None;
                let added = files.profile(|profile| profile::sign_in(profile, login).map(|id| default = id));
                let added = added.await?;
                changes.push(self.remembered(files, &login.cloud, default.as_deref())?);
                changes.push(added);
            }
            Ok(changes)
        })
        .await
    }

    /// Makes a subscription the Azure CLI's default one, as `az account set` would, and puts it at the subscription's cloud.
    ///
    /// # Errors
    /// As [`WriteBack::sign_in`], and [`ErrorKind::Configuration`] if the CLI does not list this subscription.
    pub async fn select(&self, cloud: &Cloud, id: &str) -> Result<Written, Error> {
        self.write(cloud, false, async |files| {
            let mut is_there = false;
            let selected =
                files.profile(|profile| profile::select(profile, cloud, id).map(|found| is_there = found)).await?;
            if !is_there {
                let message = format!("the Azure CLI does not list subscription {id} in {}", cloud.name());
                return Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("sign it in first: azml login --update-azure-cli"));
            }
            Ok(vec![self.remembered(files, cloud, Some(id))?, selected])
        })
        .await
    }

    /// Signs a user, or an application by its client id, out of the Azure CLI, as `az logout` would.
    ///
    /// # Errors
    /// As [`WriteBack::sign_in`].
    pub async fn sign_out(&self, cloud: &Cloud, user: &str) -> Result<Written, Error> {
        self.refuse_encrypted()?;
        let files = Files::of(&self.directory)?;
        if !files.folder().is_dir() {
            return Ok(Written::default());
        }
        self.under_lock(&files, true, async || {
            // The tokens first, so that the CLI still knows the user if they cannot be removed.
            Ok(vec![
                files.token_cache(|cache| token_cache::sign_out(cache, cloud, user)).await?,
                files.service_principals(|entries| service_principals::sign_out(entries, user)).await?,
                files.profile(|profile| profile::sign_out(profile, user)).await?,
            ])
        })
        .await
    }

    async fn write(
        &self,
        cloud: &Cloud,
        has_credential: bool,
        mut changes: impl AsyncFnMut(&Files) -> Result<Vec<Option<Change>>, Error>,
    ) -> Result<Written, Error> {
        self.check(cloud)?;
        let files = Files::of(&self.directory)?;
        files.prepare()?;
        let mut switched_from = None;
        let written = self.under_lock(&files, has_credential, async || {
            let mut changes = changes(&files).await?;
            switched_from = self.switched_from(cloud)?;
            if switched_from.is_some() {
                changes.push(files.config("cloud", "name", cloud.name())?);
            }
            Ok(changes)
        });
        let written = written.await?;
        Ok(Written { switched_from, ..written })
    }

    /// Finds out what is to be changed, and changes it. If the lock is lost meanwhile, which those may take who have waited
    /// too long, everything is done again.
    async fn under_lock(
        &self,
        files: &Files,
        has_credential: bool,
        mut changes: impl AsyncFnMut() -> Result<Vec<Option<Change>>, Error>,
    ) -> Result<Written, Error> {
        for _ in 0..MOST_ATTEMPTS {
            let lock = CacheLock::take(&files.path_of_token_cache(), self.patience).await?;
            let second = if has_credential {
                Some(CacheLock::take(&files.path_of_service_principals(), self.patience).await?)
            } else {
                None
            };
            let changes: Vec<Change> = changes().await?.into_iter().flatten().collect();
            if !lock.is_held() || second.as_ref().is_some_and(|second| !second.is_held()) {
                continue;
            }
            changes.iter().try_for_each(Change::check)?;
            let files = changes.into_iter().map(Change::apply).collect::<Result<_, _>>()?;
            return Ok(Written { files, ..Written::default() });
        }
        let message =
            format!("{} is locked by other processes at the same time", files.path_of_token_cache().display());
        Err(Error::new(ErrorKind::Timeout, message).with_help("run the command again"))
    }

    /// The subscription to which the CLI returns with `az cloud set`.
    fn remembered(&self, files: &Files, cloud: &Cloud, id: Option<&str>) -> Result<Option<Change>, Error> {
        let earlier = Clouds::load(&self.directory)?.last_subscription(cloud)?;
        match id {
            Some(id) if earlier.as_deref() != Some(id) => files.clouds(cloud.name(), "subscription", id),
            _ => Ok(None),
        }
    }

    /// The cloud that the CLI is at, if it is another one than this, which it must know.
    fn switched_from(&self, cloud: &Cloud) -> Result<Option<String>, Error> {
        let name = cloud.name();
        let clouds = Clouds::load(&self.directory)?;
        if clouds.custom_named(name).is_none() && Cloud::canonical_name(name).is_none() {
            let message = format!("the Azure CLI does not know cloud {name:?}");
            let help =
                format!("az cloud register --name {name:?} --endpoint-resource-manager {}", cloud.resource_manager());
            return Err(Error::new(ErrorKind::Configuration, message).with_help(help));
        }
        let known = clouds.named(name)?;
        if known.name() != name || known.authority() != cloud.authority() {
            let (theirs, ours) = (known.authority_host(), cloud.authority_host());
            let message =
                format!("the Azure CLI knows {} at {theirs}, and this login to {name} is at {ours}", known.name());
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("give both the same endpoints: az cloud update, or azml cloud update"));
        }
        let active = CliConfig::load_from(&self.directory, &self.env)?.cloud_name()?;
        let active = active.unwrap_or_else(|| DEFAULT_CLOUD.to_owned());
        if active == name {
            return Ok(None);
        }
        if self.env.var("AZURE_CLOUD_NAME").is_some() {
            let message = format!("AZURE_CLOUD_NAME puts the Azure CLI at {active}, and this login is to {name}");
            return Err(Error::new(ErrorKind::Configuration, message).with_help("unset AZURE_CLOUD_NAME"));
        }
        Ok(Some(active))
    }

    /// Refuses where the CLI keeps its tokens encrypted, or has done so: what is written beside them it would not read.
    fn refuse_encrypted(&self) -> Result<(), Error> {
        let setting = CliConfig::load_from(&self.directory, &self.env)?.get("core", "encrypt_token_cache")?;
        let reason = match setting {
            Some(value) if NO.contains(&value.trim().to_lowercase().as_str()) => None,
            Some(_) => Some("its setting core.encrypt_token_cache says so".to_owned()),
            None if cfg!(windows) => Some("it does so on Windows".to_owned()),
            None => self.directory.signal_of_encryption().map(|path| format!("{} is there", path.display())),
        };
        match reason {
            None => Ok(()),
            Some(reason) => {
                let message = format!("the Azure CLI keeps its tokens encrypted, which azml cannot write: {reason}");
                Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("az config set core.encrypt_token_cache=false, then run the command again"))
            }
        }
    }
}
