//! Where the files of a mount come from.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use auth_core::{Error, ErrorKind};
use tokio::sync::Mutex;
use workspace_client::Workspace;
use workspace_client::resources::datastore::DatastorePath;
use workspace_client::transfer::{Blob, Container, Entry};

/// What a datastore is reached with lasts an hour.
const RENEWAL: Duration = Duration::from_secs(40 * 60);

/// A place in a datastore, which is asked again for what it is reached with.
pub(super) struct Source {
    ws: Workspace,
    place: DatastorePath,
    container: Mutex<(Container, Instant)>,
    /// The blob itself, where the place is one.
    alone: Option<(String, Blob)>,
}

impl Source {
    pub(super) async fn open(ws: Workspace, place: DatastorePath) -> Result<Self, Error> {
        let container = ws.datastores().container(place.datastore()).await?;
        let path = place.path().trim_matches('/');
        let mut alone = None;
        if container.folder(path).await?.is_empty() && !path.is_empty() {
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            let blob = container.blob(path).await?.ok_or_else(|| {
                Error::new(ErrorKind::Rejected, format!("there is nothing at {place}"))
                    .with_help("check the path; upper and lower case differ")
            })?;
            alone = Some((name, blob));
        }
        Ok(Self { place, container: Mutex::new((container, Instant::now())), alone, ws })
    }

    /// What lies in a folder of the mount, whose own path is empty.
    pub(super) async fn folder(&self, path: &str) -> Result<BTreeMap<String, Entry>, Error> {
        if let Some((name, blob)) = &self.alone {
            return Ok(BTreeMap::from([(name.clone(), Entry::Blob(blob.clone()))]));
        }
        let whole = format!("{}/{path}", self.place.path().trim_matches('/'));
        self.container().await?.folder(whole.trim_matches('/')).await
    }

    pub(super) async fn read(&self, blob: &Blob, from: u64, count: u64) -> Result<Vec<u8>, Error> {
        self.container().await?.read(blob, from, count).await
    }

    async fn container(&self) -> Result<Container, Error> {
        let mut known = self.container.lock().await;
        if known.1.elapsed() > RENEWAL {
            *known = (self.ws.datastores().container(self.place.datastore()).await?, Instant::now());
        }
        Ok(known.0.clone())
    }
}
