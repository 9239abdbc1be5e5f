//! Where the files are.

use std::path::{Path, PathBuf};

use auth_core::{Env, Error};

use crate::CliConfig;
use crate::file::{self, Text};

const TOKEN_CACHE: &str = "msal_token_cache.json";
const LARGEST_TOKEN_CACHE: u64 = 16 << 20;
const LARGEST_SETTINGS: u64 = 1 << 20;
const LARGEST_OTHER: u64 = 4 << 20;

/// Where the Azure CLI, or the Azure ML Python SDK, keeps what it knows. Nothing in it is written but by [`crate::write_back`].
///
/// The SDK has a token cache of its own, but no accounts: it reads the list of subscriptions and the settings from the Azure
/// CLI's directory (observed: azureml-core 1.61).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigDir {
    owner: Owner,
    accounts: Option<PathBuf>,
    tokens: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    AzureCli,
    PythonSdk,
}

impl ConfigDir {
    /// The Azure CLI's directory: `AZURE_CONFIG_DIR`, else `~/.azure` (observed: az 2.91).
    pub fn azure_cli(env: &Env) -> Self {
        let path = env.path("AZURE_CONFIG_DIR").or_else(|| Some(env.home()?.join(".azure")));
        Self { owner: Owner::AzureCli, accounts: path.clone(), tokens: path }
    }

    /// A directory of the Azure CLI, wherever it is.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = Some(path.into());
        Self { owner: Owner::AzureCli, accounts: path.clone(), tokens: path }
    }

    /// The Python SDK's directory: tokens from `AZUREML_AUTH_CONFIG_DIR`, else `~/.azureml/auth`; accounts and settings from
    /// the Azure CLI's directory (observed: azureml-core 1.61).
    pub fn python_sdk(env: &Env) -> Self {
        let tokens = env.path("AZUREML_AUTH_CONFIG_DIR").or_else(|| Some(env.home()?.join(".azureml").join("auth")));
        Self { owner: Owner::PythonSdk, tokens, ..Self::azure_cli(env) }
    }

    /// Where the list of subscriptions and the settings are. None if there is not even a home directory.
    pub fn accounts(&self) -> Option<&Path> {
        self.accounts.as_deref()
    }

    /// Where the tokens are. None if there is not even a home directory.
    pub fn tokens(&self) -> Option<&Path> {
        self.tokens.as_deref()
    }

    pub(crate) fn is_python_sdk(&self) -> bool {
        self.owner == Owner::PythonSdk
    }

    /// Whose directory this is, for messages.
    pub(crate) fn owner(&self) -> &'static str {
        match self.owner {
            Owner::AzureCli => "the Azure CLI",
            Owner::PythonSdk => "the Azure ML Python SDK",
        }
    }

    /// How the owner signs in, for messages.
    pub(crate) fn login(&self) -> &'static str {
        match self.owner {
            Owner::AzureCli => "az login",
            Owner::PythonSdk => "azml login",
        }
    }

    pub(crate) fn config(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        read(self.accounts(), "config", LARGEST_SETTINGS, CONFIG_HELP)
    }

    pub(crate) fn clouds(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        read(self.accounts(), "clouds.config", LARGEST_SETTINGS, CLOUDS_HELP)
    }

    pub(crate) fn profile(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        read(self.accounts(), "azureProfile.json", LARGEST_OTHER, PROFILE_HELP)
    }

    /// The SDK's copy of the profile, which counts only where the CLI's holds nothing.
    pub(crate) fn second_profile(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        let path = self.tokens().filter(|_| self.tokens != self.accounts);
        read(path, "azureProfile.json", LARGEST_OTHER, PROFILE_HELP)
    }

    pub(crate) fn token_cache(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        read(self.tokens(), TOKEN_CACHE, LARGEST_TOKEN_CACHE, &self.token_cache_help())
    }

    pub(crate) fn token_cache_path(&self) -> PathBuf {
        self.tokens().unwrap_or(Path::new("")).join(TOKEN_CACHE)
    }

    pub(crate) fn token_cache_help(&self) -> String {
        format!("remove that file, then run `{}` again", self.login())
    }

    pub(crate) fn service_principals(&self) -> Result<Option<(PathBuf, Text)>, Error> {
        read(self.tokens(), "service_principal_entries.json", LARGEST_OTHER, SERVICE_PRINCIPALS_HELP)
    }

    /// The encrypted token cache, which the CLI alone can read, if that is the one that counts. Where the tokens are in a keyring,
    /// it is an empty file (observed: az 2.91 on Windows, or with `core.encrypt_token_cache`).
    ///
    /// # Errors
    ///
    /// [`auth_core::ErrorKind::Store`] if the CLI's `config` cannot be read or makes no sense.
    pub fn encrypted_token_cache(&self, env: &Env) -> Result<Option<PathBuf>, Error> {
        let Some(path) = self.tokens().map(|tokens| tokens.join(TOKEN_CACHE).with_extension("bin")) else {
            return Ok(None);
        };
        let counts = path.is_file()
            && (!path.with_extension("json").exists()
                || !self.is_python_sdk() && CliConfig::load_from(self, env)?.encrypts_tokens()?);
        Ok(counts.then_some(path))
    }

    /// A file that is there only if tokens are, or were, kept encrypted: by the operating system, or in its keyring.
    pub(crate) fn signal_of_encryption(&self) -> Option<PathBuf> {
        let folder = self.tokens()?;
        let names = ["msal_token_cache", "service_principal_entries"];
        let mut paths = names.iter().flat_map(|name| ["bin", "sig"].map(|end| folder.join(name).with_extension(end)));
        paths.find(|path| path.exists())
    }
}

pub(crate) const CONFIG_HELP: &str = "correct that file, or remove it and set what you need with `az config set`";
pub(crate) const CLOUDS_HELP: &str =
    "correct that file, or remove it and register your clouds again: az cloud register";
pub(crate) const PROFILE_HELP: &str = "remove that file, then run `az login` again";
pub(crate) const SERVICE_PRINCIPALS_HELP: &str = "remove that file, then run `az login --service-principal` again";

fn read(directory: Option<&Path>, name: &str, limit: u64, help: &str) -> Result<Option<(PathBuf, Text)>, Error> {
    let Some(path) = directory.map(|directory| directory.join(name)) else { return Ok(None) };
    Ok(file::read(&path, limit, help)?.map(|text| (path, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_beat_the_home_directory_and_blank_ones_do_not_count() {
        let home = Env::fake([("HOME", "/h"), ("USERPROFILE", "/h"), ("AZURE_CONFIG_DIR", "")]);
        assert_eq!(ConfigDir::azure_cli(&home).tokens(), Some(Path::new("/h/.azure")));
        assert_eq!(ConfigDir::python_sdk(&home).tokens(), Some(Path::new("/h/.azureml/auth")));
        assert_eq!(ConfigDir::python_sdk(&home).accounts(), Some(Path::new("/h/.azure")));
        let set = Env::fake([("AZURE_CONFIG_DIR", "/a"), ("AZUREML_AUTH_CONFIG_DIR", "/m")]);
        assert_eq!(ConfigDir::azure_cli(&set), ConfigDir::at("/a"));
        assert_eq!(ConfigDir::python_sdk(&set).tokens(), Some(Path::new("/m")));
    }

    #[test]
    fn without_a_home_directory_there_is_nothing_to_read() {
        let nowhere = ConfigDir::azure_cli(&Env::fake::<&str, &str>([]));
        assert!(nowhere.accounts().is_none() && nowhere.token_cache().unwrap().is_none());
    }
}
