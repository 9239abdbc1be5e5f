//! Which clouds there are, and which one is meant.
//!
//! A cloud's name is looked up in this order: the known clouds (or, with `ARM_CLOUD_METADATA_URL`, those of the table at that URL,
//! which takes their place); azml's own, in `clouds.json` in azml's folder; those that `az cloud register` wrote; what other SDKs
//! call a known cloud. The cloud that is meant is the argument, else `AZUREML_CURRENT_CLOUD`, else the one that `azml cloud set`
//! chose, else the one that the Azure CLI is set to, else `AzureCloud`.
//!
//! [`read`] takes a cloud from a file. Nothing here asks a host but [`refresh`], which keeps a copy of the table for those who must not.

mod description;
mod file;
mod metadata;

use std::collections::BTreeMap;

#[cfg(feature = "cli-bridge")]
use auth_cli_bridge::{CliConfig, ConfigDir};
use auth_core::{Clock, Cloud, CloudSettings, Env, Error, ErrorKind};

use self::file::OwnClouds;

pub use self::description::read;
pub use self::metadata::refresh;

/// Where the description of a cloud comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudOrigin {
    /// It was registered with `az cloud register`.
    AzureCli,
    /// It was registered with azml.
    Azml,
    /// It is one of the known clouds.
    BuiltIn,
    /// It is in the table at `ARM_CLOUD_METADATA_URL`.
    Metadata,
}

/// Who chose a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The caller.
    Argument,
    /// `az cloud set`.
    AzureCli,
    /// `azml cloud set`.
    Azml,
    /// Nobody.
    Default,
    /// `AZUREML_CURRENT_CLOUD`.
    Environment,
}

impl ChosenBy {
    /// The error of a cloud that cannot be used, with who chose it and how to choose another one.
    fn blamed(self, error: &Error) -> Error {
        let (who, how) = match self {
            Self::Argument | Self::Default => return error.clone(),
            Self::AzureCli => ("the Azure CLI is set to it", "az cloud set, or azml cloud set, chooses another one"),
            Self::Azml => ("azml cloud set chose it", "azml cloud set --name AzureCloud chooses another one"),
            Self::Environment => ("AZUREML_CURRENT_CLOUD names it", "correct AZUREML_CURRENT_CLOUD, or unset it"),
        };
        let help = error.help().map(|help| format!("{help}; ")).unwrap_or_default();
        Error::new(error.kind(), format!("{error} ({who})")).with_help(format!("{help}{how}"))
    }
}

/// A cloud, and how it came to be meant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChosenCloud {
    /// The cloud.
    pub cloud: Cloud,
    /// Where its description comes from.
    pub origin: CloudOrigin,
    /// Who chose it.
    pub by: ChosenBy,
}

/// The clouds that can be named here.
#[derive(Debug)]
pub struct Clouds {
    env: Env,
    /// In the place of the known ones.
    table: Option<Vec<(String, CloudSettings)>>,
    own: OwnClouds,
    #[cfg(feature = "cli-bridge")]
    cli: auth_cli_bridge::Clouds,
}

impl Clouds {
    /// Reads what is on disk. No host is asked.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming a file that cannot be used; [`ErrorKind::Configuration`] if `ARM_CLOUD_METADATA_URL` is set,
    /// and [`refresh`] has not been here in the last 30 days.
    pub fn load(env: &Env, clock: &Clock) -> Result<Self, Error> {
        Ok(Self {
            env: env.clone(),
            table: metadata::cached(env, clock)?,
            own: OwnClouds::load(env)?,
            #[cfg(feature = "cli-bridge")]
            cli: auth_cli_bridge::Clouds::load(&ConfigDir::azure_cli(env))?,
        })
    }

    /// The names of all clouds, each once, and where they come from.
    pub fn names(&self) -> Vec<(String, CloudOrigin)> {
        let base = self.base().into_iter().map(|name| (name, self.base_origin()));
        let own = self.own.clouds.keys().map(|name| (name.as_str(), CloudOrigin::Azml));
        let all = base.chain(own);
        #[cfg(feature = "cli-bridge")]
        let all = all.chain(self.cli.custom_names().map(|name| (name, CloudOrigin::AzureCli)));
        let mut names: Vec<(String, CloudOrigin)> = Vec::new();
        for (name, origin) in all {
            if !names.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                names.push((name.to_owned(), origin));
            }
        }
        names
    }

    /// The cloud of this name, without regard to case.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is none, listing the right names, or if its endpoints are incomplete or unusable.
    pub fn named(&self, name: &str) -> Result<(Cloud, CloudOrigin), Error> {
        let name = name.trim();
        if let Some(known) = find(self.base(), name) {
            return Ok((self.of_base(known)?, self.base_origin()));
        }
        if let Some(own) = find(names(&self.own.clouds), name) {
            return Ok((self.own.clouds[own].build(own)?, CloudOrigin::Azml));
        }
        #[cfg(feature = "cli-bridge")]
        if let Some(custom) = self.cli.custom_named(name) {
            return Ok((self.cli.custom(custom)?, CloudOrigin::AzureCli));
        }
        if let Some(known) = Cloud::canonical_name(name).and_then(|known| find(self.base(), known)) {
            return Ok((self.of_base(known)?, self.base_origin()));
        }
        let names = self.names();
        Err(Cloud::unknown(name, &names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()))
    }

    /// The cloud that is meant.
    ///
    /// # Errors
    /// As [`Clouds::named`], and [`ErrorKind::Store`] if the Azure CLI's configuration cannot be read.
    pub fn choose(&self, argument: Option<&str>) -> Result<ChosenCloud, Error> {
        let choices = [
            (argument.map(str::to_owned), ChosenBy::Argument),
            (self.env.var("AZUREML_CURRENT_CLOUD"), ChosenBy::Environment),
            (self.own.active.clone(), ChosenBy::Azml),
        ];
        let chosen = choices.into_iter().find_map(|(name, by)| Some((name?, by)));
        #[cfg(feature = "cli-bridge")]
        let chosen = match chosen {
            None => CliConfig::load(&self.env)?.cloud_name()?.map(|name| (name, ChosenBy::AzureCli)),
            chosen => chosen,
        };
        let (name, by) = chosen.unwrap_or_else(|| (self.default_name().to_owned(), ChosenBy::Default));
        let (cloud, origin) = self.named(&name).map_err(|error| by.blamed(&error))?;
        Ok(ChosenCloud { cloud, origin, by })
    }

    /// Adds a cloud to azml's own.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is one of this name, or if it cannot be used; [`ErrorKind::Store`] and
    /// [`ErrorKind::Timeout`] if that cannot be written down.
    pub async fn register(&self, name: &str, settings: CloudSettings) -> Result<Cloud, Error> {
        let name = name.trim();
        let cloud = settings.build(name)?;
        if let Some(known) = find(self.base(), name).or(Cloud::canonical_name(name)) {
            return Err(Error::new(ErrorKind::Configuration, format!("{name:?} is a name of the known cloud {known}"))
                .with_help("choose another name"));
        }
        OwnClouds::update(&self.env, |own| {
            if let Some(old) = find(names(&own.clouds), name) {
                let message = format!("there is a cloud named {old:?} already");
                return Err(Error::new(ErrorKind::Configuration, message)
                    .with_help(format!("to replace it, first azml cloud unregister --name {old:?}")));
            }
            own.clouds.insert(name.to_owned(), settings);
            Ok(())
        })
        .await?;
        Ok(cloud)
    }

    /// Removes a cloud from azml's own. Logins to it stay where they are.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is not one of azml's own, or the one that `azml cloud set` chose; otherwise as
    /// [`Clouds::register`].
    pub async fn unregister(&self, name: &str) -> Result<(), Error> {
        let name = name.trim();
        OwnClouds::update(&self.env, |own| {
            let Some(own_name) = find(names(&own.clouds), name).map(str::to_owned) else {
                return Err(self.not_ours(name));
            };
            if own.active.as_ref().is_some_and(|active| active.eq_ignore_ascii_case(&own_name)) {
                let message = format!("cloud {own_name:?} is the one that is used now");
                return Err(Error::new(ErrorKind::Configuration, message)
                    .with_help(format!("choose another one first: azml cloud set --name {}", self.default_name())));
            }
            own.clouds.remove(&own_name);
            Ok(())
        })
        .await
    }

    /// Makes a cloud the one that is meant from now on where nobody names one. Logins to other clouds stay.
    ///
    /// # Errors
    /// As [`Clouds::named`], and [`ErrorKind::Store`] and [`ErrorKind::Timeout`] if that cannot be written down.
    pub async fn set(&self, name: &str) -> Result<Cloud, Error> {
        let (cloud, origin) = self.named(name)?;
        OwnClouds::update(&self.env, |own| {
            // Another process may have removed it since.
            if origin == CloudOrigin::Azml && !own.clouds.contains_key(cloud.name()) {
                return Err(Cloud::unknown(cloud.name(), &self.base()));
            }
            own.active = Some(cloud.name().to_owned());
            Ok(())
        })
        .await?;
        Ok(cloud)
    }

    /// The names of the known clouds, or of those in their place.
    fn base(&self) -> Vec<&str> {
        match &self.table {
            Some(table) => table.iter().map(|(name, _)| name.as_str()).collect(),
            None => Cloud::known_names().collect(),
        }
    }

    fn base_origin(&self) -> CloudOrigin {
        if self.table.is_some() { CloudOrigin::Metadata } else { CloudOrigin::BuiltIn }
    }

    fn of_base(&self, name: &str) -> Result<Cloud, Error> {
        let of_table = self.table.as_ref().and_then(|table| table.iter().find(|(known, _)| known == name));
        let cloud = match of_table {
            Some((name, settings)) => settings.build(name)?,
            None => Cloud::named(name)?,
        };
        #[cfg(feature = "cli-bridge")]
        let cloud = self.cli.changed(&cloud)?;
        Ok(cloud)
    }

    /// `AzureCloud`, or else the first one (observed: az 2.91).
    fn default_name(&self) -> &str {
        let public = "AzureCloud";
        find(self.base(), public).or_else(|| self.base().first().copied()).unwrap_or(public)
    }

    fn not_ours(&self, name: &str) -> Error {
        let (cloud, origin) = match self.named(name) {
            Ok(found) => found,
            Err(error) => return error,
        };
        let (name, refuse) = (cloud.name(), |message| Error::new(ErrorKind::Configuration, message));
        match origin {
            CloudOrigin::AzureCli => refuse(format!("cloud {name:?} was registered with the Azure CLI"))
                .with_help(format!("az cloud unregister --name {name:?}")),
            _ => refuse(format!("cloud {name:?} is none that was registered, but a known one"))
                .with_help("azml cloud list shows where each cloud comes from"),
        }
    }
}

/// The name that is exactly this one, or else this one in another case.
fn find<'a>(names: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let alike: Vec<&str> = names.into_iter().filter(|known| known.eq_ignore_ascii_case(name)).collect();
    alike.iter().find(|known| **known == name).or(alike.first()).copied()
}

fn names(clouds: &BTreeMap<String, CloudSettings>) -> impl Iterator<Item = &str> {
    clouds.keys().map(String::as_str)
}
