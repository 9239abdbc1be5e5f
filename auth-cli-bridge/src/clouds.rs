//! The clouds that the Azure CLI knows.

use auth_core::{Cloud, Env, Error, ErrorKind};

use crate::ini::Ini;
use crate::locate::CLOUDS_HELP;
use crate::{CliConfig, ConfigDir};

/// The Azure CLI's active cloud; none if it has not been set.
///
/// # Errors
/// [`ErrorKind::Store`] if a file is there but cannot be used, [`ErrorKind::Configuration`] if there is no such cloud.
pub fn configured_cloud(env: &Env) -> Result<Option<Cloud>, Error> {
    active(&ConfigDir::azure_cli(env), env)
}

/// The cloud of this name, known or registered with `az cloud register`, without regard to case.
///
/// # Errors
/// As [`Clouds::named`].
pub fn cloud_named(env: &Env, name: &str) -> Result<Cloud, Error> {
    Clouds::load(&ConfigDir::azure_cli(env))?.named(name)
}

/// The active cloud of a directory.
pub(crate) fn active(directory: &ConfigDir, env: &Env) -> Result<Option<Cloud>, Error> {
    // The SDK has a variable of its own, which beats the CLI's setting (observed: azureml-core 1.61).
    let own = env.var("AZUREML_CURRENT_CLOUD").filter(|_| directory.is_python_sdk());
    let name = match own {
        Some(name) => Some(name),
        None => CliConfig::load_from(directory, env)?.cloud_name()?,
    };
    name.map(|name| Clouds::load(directory)?.named(&name)).transpose()
}

/// What `clouds.config` says: clouds of one's own, changes to known ones, and each cloud's last subscription.
#[derive(Debug)]
pub struct Clouds(Option<Ini>);

impl Clouds {
    /// Reads the clouds of this directory.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the file is there but cannot be used.
    pub fn load(directory: &ConfigDir) -> Result<Self, Error> {
        let file = directory.clouds()?;
        let ini = file.map(|(path, file)| Ini::parse(file.text.expose(), &path, CLOUDS_HELP)).transpose()?;
        Ok(Self(ini))
    }

    /// The names of the clouds that are not built in.
    pub fn custom_names(&self) -> impl Iterator<Item = &str> {
        let sections = self.0.as_ref().map(Ini::sections).unwrap_or_default();
        sections.into_iter().filter(|name| Cloud::named(name).is_err())
    }

    /// The cloud of this name, known or custom, without regard to case.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is none, listing the right names, or if its endpoints are incomplete or unusable.
    pub fn named(&self, name: &str) -> Result<Cloud, Error> {
        if let Ok(known) = Cloud::named(name) {
            return self.changed(&known);
        }
        let exact = self.custom_names().find(|custom| *custom == name);
        match exact.or_else(|| self.custom_names().find(|custom| custom.eq_ignore_ascii_case(name))) {
            Some(custom) => self.custom(custom),
            None => Err(Cloud::unknown(name, self.custom_names())),
        }
    }

    /// The subscription that was last used in this cloud.
    ///
    /// # Errors
    /// As [`CliConfig::get`].
    pub fn last_subscription(&self, cloud: &Cloud) -> Result<Option<String>, Error> {
        self.get(cloud.name(), "subscription")
    }

    fn custom(&self, name: &str) -> Result<Cloud, Error> {
        let needed = |endpoint: &str| {
            let option = format!("endpoint_{endpoint}");
            self.get(name, &option)?.ok_or_else(|| {
                let path = self.0.as_ref().map(|ini| ini.path().display().to_string()).unwrap_or_default();
                let argument = endpoint.replace('_', "-");
                Error::new(ErrorKind::Configuration, format!("{path} says no {option} for cloud {name:?}"))
                    .with_help(format!("az cloud update --name {name:?} --endpoint-{argument} <URL>"))
            })
        };
        let (authority, manager) = (needed("active_directory")?, needed("resource_manager")?);
        let audience = needed("active_directory_resource_id")?;
        self.changed(&Cloud::custom(name, &authority, &manager, &audience)?.build())
    }

    /// The cloud with what its section says put over it.
    fn changed(&self, cloud: &Cloud) -> Result<Cloud, Error> {
        let name = cloud.name();
        let get = |option: &str| self.get(name, option);
        let mut builder = cloud.to_builder();
        if let Some(url) = get("endpoint_active_directory")? {
            builder = builder.authority(&url)?;
        }
        if let Some(url) = get("endpoint_resource_manager")? {
            builder = builder.resource_manager(&url)?;
        }
        if let Some(audience) = get("endpoint_active_directory_resource_id")? {
            builder = builder.arm_audience(&audience)?;
        }
        if let Some(url) = get("endpoint_portal")? {
            // The data plane has no endpoint of its own in the table: it is named like the portal (azureml-core 1.61).
            if let Some((_, suffix)) = url.trim_end_matches('/').split_once("://portal.azure.") {
                builder = builder.ml_audience(&format!("https://ml.azure.{suffix}"))?;
            }
            builder = builder.portal(&url)?;
        }
        if let Some(suffix) = get("suffix_storage_endpoint")? {
            builder = builder.storage_suffix(&suffix);
        }
        if let Some(suffix) = get("suffix_keyvault_dns")? {
            builder = builder.key_vault_suffix(&suffix);
        }
        Ok(builder.build())
    }

    fn get(&self, section: &str, option: &str) -> Result<Option<String>, Error> {
        match &self.0 {
            Some(ini) => Ok(ini.get(section, option)?.filter(|value| !value.trim().is_empty())),
            None => Ok(None),
        }
    }
}
