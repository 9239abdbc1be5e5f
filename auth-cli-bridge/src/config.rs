//! The Azure CLI's settings.

use auth_core::{Env, Error};

use crate::ConfigDir;
use crate::ini::Ini;
use crate::locate::CONFIG_HELP;

/// The Azure CLI's settings: the file `config`, and the variables `AZURE_<SECTION>_<OPTION>`, which beat it
/// (observed: az 2.91).
#[derive(Debug)]
pub struct CliConfig {
    env: Env,
    file: Option<Ini>,
}

impl CliConfig {
    /// Reads the settings of the Azure CLI's directory.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Store`] if the file is there but cannot be used.
    pub fn load(env: &Env) -> Result<Self, Error> {
        Self::load_from(&ConfigDir::azure_cli(env), env)
    }

    /// Reads the settings of this directory.
    ///
    /// # Errors
    /// As [`CliConfig::load`].
    pub fn load_from(directory: &ConfigDir, env: &Env) -> Result<Self, Error> {
        let file = directory.config()?;
        let file = file.map(|(path, file)| Ini::parse(file.text.expose(), &path, CONFIG_HELP)).transpose()?;
        Ok(Self { env: env.clone(), file })
    }

    /// The value of an option, such as `instance_discovery` of `core`.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Store`] if its references (`%(name)s`) cannot be resolved.
    pub fn get(&self, section: &str, option: &str) -> Result<Option<String>, Error> {
        let variable = format!("AZURE_{}_{}", section.to_uppercase(), option.to_uppercase());
        match (self.env.var(&variable), &self.file) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(file)) => Ok(file.get(section, option)?.filter(|value| !value.trim().is_empty())),
            (None, None) => Ok(None),
        }
    }

    /// Whether the CLI encrypts its tokens, which it does on Windows by default (observed: az 2.91). Words are those of Python's
    /// configparser, and az does not start with others.
    pub(crate) fn encrypts_tokens(&self) -> Result<bool, Error> {
        let value = self.get("core", "encrypt_token_cache")?.map(|value| value.trim().to_lowercase());
        Ok(value.map_or(cfg!(windows), |value| matches!(value.as_str(), "1" | "on" | "true" | "yes")))
    }

    /// The name of the active cloud.
    ///
    /// # Errors
    /// As [`CliConfig::get`].
    pub fn cloud_name(&self) -> Result<Option<String>, Error> {
        self.get("cloud", "name")
    }

    /// What `az configure --defaults` set, such as `group` or `workspace`.
    ///
    /// # Errors
    /// As [`CliConfig::get`].
    pub fn default(&self, name: &str) -> Result<Option<String>, Error> {
        self.get("defaults", name)
    }
}
