//! How people write which asset they mean.

use std::fmt;

use auth_core::{Error, ErrorKind};

use super::Version;

const PREFIX: &str = "azureml:";

/// Which asset is meant, as files and command lines write it (observed: azure-ai-ml 1.35).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An environment that Microsoft curates; Azure itself knows what it stands for.
    Curated(String),
    /// An id, which is kept as it is: of Azure Resource Manager, of a registry, or another `azureml://` URI.
    Id(String),
    /// One of the workspace: `azureml:name:version` or `azureml:name@label`.
    Named {
        /// The asset's name.
        name: String,
        /// Its version; none if none is said.
        version: Option<Version>,
    },
}

impl Reference {
    /// Reads a reference. The version begins at the first colon, so it may hold colons itself.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming the reference if it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.starts_with("azureml://") {
            return Ok(Self::Id(text.to_owned()));
        }
        let meant = text.strip_prefix(PREFIX).unwrap_or(text);
        if meant.starts_with('/') {
            return Ok(Self::Id(meant.to_owned()));
        }
        if meant.len() < text.len() && meant.starts_with("AzureML-") {
            return Ok(Self::Curated(text.to_owned()));
        }
        let (name, version) = match (meant.split_once(':'), meant.split_once('@')) {
            (Some((name, version)), _) => (name, Some((version, Version::Named(version.to_owned())))),
            (None, Some((name, "latest"))) => (name, Some(("latest", Version::Latest))),
            (None, Some((name, label))) => (name, Some((label, Version::Label(label.to_owned())))),
            (None, None) => (meant, None),
        };
        let is_empty = version.as_ref().is_some_and(|(written, _)| written.is_empty());
        if name.is_empty() || is_empty || meant.contains('/') {
            return Err(Error::new(ErrorKind::Configuration, format!("{text:?} does not name an asset"))
                .with_help("write azureml:NAME:VERSION, azureml:NAME@latest or the id of the asset"));
        }
        Ok(Self::Named { name: name.to_owned(), version: version.map(|(_, version)| version) })
    }
}

impl fmt::Display for Reference {
    /// As it can be parsed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curated(text) | Self::Id(text) => f.write_str(text),
            Self::Named { name, version: None } => write!(f, "{PREFIX}{name}"),
            Self::Named { name, version: Some(Version::Label(label)) } => write!(f, "{PREFIX}{name}@{label}"),
            Self::Named { name, version: Some(Version::Latest) } => write!(f, "{PREFIX}{name}@latest"),
            Self::Named { name, version: Some(Version::Named(version)) } => write!(f, "{PREFIX}{name}:{version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, version: impl Into<Option<Version>>) -> Reference {
        Reference::Named { name: name.to_owned(), version: version.into() }
    }

    #[test]
    fn a_reference_is_read_by_the_rules_of_the_python_sdk() {
        let read = |text: &str| Reference::parse(text).unwrap();
        assert_eq!(read("azureml:a:1"), named("a", Version::from("1")));
        assert_eq!(read("a:1:2"), named("a", Version::from("1:2")));
        assert_eq!(read("azureml:a@latest"), named("a", Version::Latest));
        assert_eq!(read("a@default"), named("a", Version::Label("default".into())));
        assert_eq!(read("azureml:a"), named("a", None));
        assert_eq!(read("azureml:/subscriptions/s"), Reference::Id("/subscriptions/s".into()));
        assert_eq!(read("/subscriptions/s"), Reference::Id("/subscriptions/s".into()));
        let registry = "azureml://registries/r/environments/e/labels/latest";
        assert_eq!(read(registry), Reference::Id(registry.into()));
        assert_eq!(read("azureml:AzureML-x:3"), Reference::Curated("azureml:AzureML-x:3".into()));
    }

    #[test]
    fn what_is_no_reference_is_named() {
        for text in ["", "azureml:", ":1", "a:", "a@", "@latest", "a/b:1", "./a"] {
            let error = Reference::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
            assert!(error.to_string().contains(&format!("{text:?}")), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["azureml:a:1:2", "azureml:a@latest", "azureml:a@x", "azureml:a", "azureml:AzureML-x:3", "/s"] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
    }
}
