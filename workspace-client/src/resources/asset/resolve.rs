//! From a reference to an id.

use auth_core::{Error, ErrorKind};

use super::{AssetKind, Assets, Reference, Version};

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
}
