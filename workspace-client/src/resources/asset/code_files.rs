//! Code, from a folder of this machine.

use auth_core::Error;
use uuid::Uuid;

use super::code::{Codes, NewCode};
use super::shared_files;
use crate::transfer::{Observer, Snapshot};

/// Code is known by its hash, and has one version.
const VERSION: &str = "1";

impl Codes {
    /// The id of the code with these files. They are uploaded unless the workspace has them, whichever client has sent them;
    /// registries do not tell what they have (observed: azure-ai-ml 1.35).
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
        let name = Uuid::new_v4().to_string();
        let uri = if self.place.root().registry().is_some() {
            self.upload_for(&name, VERSION, files, observer).await?
        } else {
            if let Some(code) = self.find_by_hash(&hash).await? {
                return Ok(code.id().to_owned());
            }
            let place = self.start_pending_upload(&name, VERSION, None).await?.blob_reference_for_consumption;
            let client = self.place.reached_client().await?;
            shared_files::upload(place.as_ref(), &client, files, (&name, VERSION), observer).await?
        };
        let code = NewCode::new(uri).hash(hash);
        Ok(self.create_or_update(&name, VERSION, &code).await?.id().to_owned())
    }
}
