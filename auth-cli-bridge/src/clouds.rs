//! The clouds that the Azure CLI knows.

use auth_core::{Cloud, CloudSettings, Env, Error, ErrorKind};

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
        sections.into_iter().filter(|name| !is_known(name))
    }

    /// The cloud of this name, known or custom, without regard to case. An alias of a known cloud comes last.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is none, listing the right names, or if its endpoints are incomplete or unusable.
    pub fn named(&self, name: &str) -> Result<Cloud, Error> {
        if let Some(custom) = self.custom_named(name) {
            return self.custom(custom);
        }
        if let Ok(known) = Cloud::named(name) {
            return self.changed(&known);
        }
        let mut right: Vec<&str> = Cloud::known_names().collect();
        right.extend(self.custom_names());
        Err(Cloud::unknown(name, &right))
    }

    /// The name of the custom cloud that this one stands for, without regard to case.
    pub fn custom_named(&self, name: &str) -> Option<&str> {
        let exact = self.custom_names().find(|custom| *custom == name);
        exact.or_else(|| self.custom_names().find(|custom| custom.eq_ignore_ascii_case(name)))
    }

    /// The custom cloud of exactly this name.
    ///
    /// # Errors
    /// As [`Clouds::named`].
    pub fn custom(&self, name: &str) -> Result<Cloud, Error> {
        let settings = self.settings(name)?;
        if let Some(option) = settings.missing().next() {
            let path = self.0.as_ref().map(|ini| ini.path().display().to_string()).unwrap_or_default();
            let message = format!("{path} says no {option} for cloud {name:?}");
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help(format!("az cloud update --name {name:?} --{} <URL>", option.replace('_', "-"))));
        }
        settings.build(name)
    }

    /// The cloud with what its section says put over it: the Azure CLI lets even a known cloud be changed (observed: az 2.91).
    ///
    /// # Errors
    /// As [`Clouds::named`].
    pub fn changed(&self, cloud: &Cloud) -> Result<Cloud, Error> {
        match self.settings(cloud.name())? {
            none if none == CloudSettings::default() => Ok(cloud.clone()),
            settings => settings.or(CloudSettings::of(cloud)).build(cloud.name()),
        }
    }

    /// The subscription that was last used in this cloud.
    ///
    /// # Errors
    /// As [`CliConfig::get`].
    pub fn last_subscription(&self, cloud: &Cloud) -> Result<Option<String>, Error> {
        self.get(cloud.name(), "subscription")
    }

    fn settings(&self, name: &str) -> Result<CloudSettings, Error> {
        CloudSettings::names().try_fold(CloudSettings::default(), |settings, option| {
            Ok(settings.with(option, &self.get(name, option)?.unwrap_or_default()))
        })
    }

    fn get(&self, section: &str, option: &str) -> Result<Option<String>, Error> {
        match &self.0 {
            Some(ini) => Ok(ini.get(section, option)?.filter(|value| !value.trim().is_empty())),
            None => Ok(None),
        }
    }
}

fn is_known(name: &str) -> bool {
    Cloud::known_names().any(|known| known.eq_ignore_ascii_case(name))
}
