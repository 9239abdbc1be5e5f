//! Code, from a folder of this machine.

use auth_core::{Error, ErrorKind};
use uuid::Uuid;

use super::code::{Codes, NewCode};
use crate::transfer::{Container, Observer, Snapshot};

/// Code is known by its hash, and has one version.
const VERSION: &str = "1";

impl Codes {
    /// The id of the code with these files. They are uploaded unless Azure has them, whichever client has sent them
    /// (observed: azure-ai-ml 1.35).
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), workspace_client::Error> {
    /// # let ws = workspace_client::Workspace::from_config()?;
    /// use workspace_client::transfer::{Observer, Snapshot};
    /// let code = ws.codes().upload(&Snapshot::of("src").await?, &Observer::default()).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Codes::find_by_hash`], as [`Snapshot::content_hash`] if a file cannot be read, and what Blob Storage says.
    pub async fn upload(&self, files: &Snapshot, observer: &Observer) -> Result<String, Error> {
        let hash = files.content_hash().await?;
        if let Some(code) = self.find_by_hash(&hash).await? {
            return Ok(code.id().to_owned());
        }
        let name = Uuid::new_v4().to_string();
        let pending = self.start_pending_upload(&name, VERSION, None).await?;
        let place = pending.blob_reference_for_consumption;
        let uri = place.as_ref().and_then(|place| place.blob_uri.as_deref());
        let sas = place.as_ref().and_then(|place| place.credential.as_ref()?.sas_uri.as_ref());
        let (Some(uri), Some(sas)) = (uri, sas) else {
            return Err(Error::new(ErrorKind::Protocol, "Azure ML does not say where code is uploaded to"));
        };
        let container = Container::from_sas_uri(sas)?.http(self.place.reached_client().await?.file_http());
        let uploaded = container.upload(files, "").for_asset(&name, VERSION).observed_by(observer).await?;
        let code = NewCode::new(format!("{}/{}", uri.trim_end_matches('/'), uploaded.path)).hash(hash);
        Ok(self.create_or_update(&name, VERSION, &code).await?.id().to_owned())
    }
}
