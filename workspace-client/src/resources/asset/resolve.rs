//! From a reference to an id.

use auth_core::{Error, ErrorKind};

use super::{AssetKind, Assets, Reference, Version};
use crate::resources::Resource;

impl<K: AssetKind> Assets<K> {
    /// The id of the version that a reference means. Azure is asked for what only it knows, which is the newest version
    /// (observed: azure-ai-ml 1.35).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it does not say which version, and as [`Assets::get`].
    pub async fn resolve(&self, reference: &Reference) -> Result<String, Error> {
        let (name, version) = match reference {
            Reference::Curated(text) | Reference::Id(text) => return Ok(text.clone()),
            Reference::Named { name, version } => (name, version.as_ref()),
        };
        let default = K::DEFAULT_LABEL.map(|label| Version::Label(label.to_owned()));
        match version.or(default.as_ref()) {
            Some(Version::Named(version)) => self.place.id(&[name, "versions", version]),
            Some(Version::Label(label)) if Some(label.as_str()) == K::DEFAULT_LABEL => {
                self.place.id(&[name, "labels", label])
            }
            Some(version) => Ok(self.get(name, version.clone()).await?.id().to_owned()),
            None => {
                let message = format!("{reference} does not say which version of the {} it means", K::NAME);
                Err(Error::new(ErrorKind::Configuration, message)
                    .with_help(format!("write {reference}:VERSION, or {reference}@latest")))
            }
        }
    }

    /// The version that a reference means; an id must be one of here.
    ///
    /// # Errors
    /// As [`Assets::resolve`], and [`ErrorKind::Configuration`] for any other id.
    pub async fn find(&self, reference: &Reference) -> Result<Resource<K>, Error> {
        if let Reference::Named { name, version: Some(version) } = reference {
            return self.get(name, version.clone()).await;
        }
        let id = self.resolve(reference).await?;
        let (name, version) = self.version_of(&id)?.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{id} is no version of a {} here", K::NAME))
                .with_help("write azureml:NAME:VERSION")
        })?;
        self.get(&name, version).await
    }

    /// The name and the version that an id stands for; none if it is not one of here.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where these assets lie at no place that has an id.
    pub fn version_of(&self, id: &str) -> Result<Option<(String, String)>, Error> {
        let here = self.place.id(&[])?;
        let below = id.get(..here.len()).filter(|start| start.eq_ignore_ascii_case(&here)).map(|_| &id[here.len()..]);
        let version = below.and_then(|below| below.strip_prefix('/')?.split_once("/versions/"));
        Ok(version.map(|(name, version)| (name.to_owned(), version.to_owned())))
    }
}
