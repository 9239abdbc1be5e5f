//! From blobs to files.

use std::future::IntoFuture;
use std::path::PathBuf;
use std::pin::Pin;

use auth_core::{Error, ErrorKind};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};

use super::container::Container;
use super::lanes::{Lanes, PIECE};
use super::local_file::blocking;
use super::local_name::local_name;
use super::partial_file::{self, PartialFile};
use super::piece;
use super::progress::{Observer, Progress, Tally};
use super::refusal::Refusal;

/// A download that is to be awaited; see [`Container::download`].
///
/// Blobs come in parallel, in ranges of 4 MiB whose MD5 is checked, twice as many as there are cores. A file appears when it is complete,
/// with the time of its blob; until then it lies beside that place with the ending `.part`, from which the next download goes on. A file
/// with the length and the time of its blob is left as it is. Dropping it ends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is downloaded until it is awaited"]
pub struct Download {
    container: Container,
    prefix: String,
    to: PathBuf,
    observer: Observer,
}

/// What a download came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// The files, whether they came now or were there.
    pub files: Vec<PathBuf>,
    /// How many of them came now.
    pub received_files: u64,
}

impl Download {
    pub(super) fn new(container: Container, prefix: &str, to: PathBuf) -> Self {
        Self { container, prefix: prefix.trim_matches('/').to_owned(), to, observer: Observer::default() }
    }

    /// Tells how far it is, from the task that awaits it. It should return at once.
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(tell);
        self
    }

    /// The same, for one who is told already.
    pub fn observed_by(mut self, observer: &Observer) -> Self {
        self.observer = observer.clone();
        self
    }

    async fn run(self) -> Result<Downloaded, Error> {
        let store = self.container.store()?;
        let prefix = Path::parse(&self.prefix).map_err(|_| {
            Error::new(
                ErrorKind::Configuration,
                format!("{:?} is no name of a blob, nor of a folder of them", self.prefix),
            )
        })?;
        let mut wanted = Vec::new();
        for blob in self.list(&store, &prefix).await? {
            wanted.push((self.target(&blob)?, blob));
        }
        let receiving = Receiving {
            store,
            lanes: Lanes::new(),
            tally: Tally::new(self.observer, wanted.len(), wanted.iter().map(|(_, blob)| blob.size).sum()),
            container: self.container,
        };
        let files = wanted.iter().map(|(target, _)| target.clone()).collect();
        let received = wanted.into_iter().map(|(target, blob)| receiving.file(target, blob));
        let mut received = stream::iter(received).buffer_unordered(receiving.lanes.count());
        let mut received_files = 0;
        while let Some(is_new) = received.try_next().await? {
            received_files += u64::from(is_new);
        }
        Ok(Downloaded { files, received_files })
    }

    /// The blobs below the prefix, or the one of that name.
    async fn list(&self, store: &MicrosoftAzure, prefix: &Path) -> Result<Vec<ObjectMeta>, Error> {
        let shown = if self.prefix.is_empty() { "the container" } else { &self.prefix };
        let explained = |error| self.container.explained(&error, shown);
        let blobs: Vec<_> = store.list(Some(prefix)).try_collect().await.map_err(explained)?;
        if !blobs.is_empty() {
            return Ok(blobs);
        }
        let missing = || {
            let what = format!("{} has nothing at {shown}", self.container.url());
            Error::new(ErrorKind::Rejected, what)
                .with_help("check the name; upper and lower case differ")
                .with_status(404)
        };
        if self.prefix.is_empty() {
            return Err(missing());
        }
        match store.head(prefix).await {
            Ok(blob) => Ok(vec![blob]),
            Err(error) if Refusal::of(&error).is_some_and(Refusal::is_missing_blob) => Err(missing()),
            Err(error) => Err(explained(error)),
        }
    }

    /// Where a blob goes. One bad name spoils it all, before anything is written.
    fn target(&self, blob: &ObjectMeta) -> Result<PathBuf, Error> {
        let name = blob.location.as_ref();
        let below = match name.strip_prefix(&self.prefix) {
            Some("") => self.prefix.rsplit('/').next(),
            Some(rest) if self.prefix.is_empty() => Some(rest),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        let below = below.and_then(local_name).ok_or_else(|| {
            let what = format!("{} has a blob {name:?}, whose name cannot be one of a file", self.container.url());
            Error::new(ErrorKind::Protocol, what).with_help("name a folder or a blob that has none such in it")
        })?;
        Ok(self.to.join(below))
    }
}

impl IntoFuture for Download {
    type Output = Result<Downloaded, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

struct Receiving {
    container: Container,
    store: MicrosoftAzure,
    lanes: Lanes,
    tally: Tally,
}

impl Receiving {
    /// Receives a blob unless it is there.
    async fn file(&self, target: PathBuf, blob: ObjectMeta) -> Result<bool, Error> {
        let modified = blob.last_modified.into();
        let (looked_at, size) = (target.clone(), blob.size);
        let is_there = blocking(move || Ok(partial_file::is_there(&looked_at, size, modified))).await?;
        if is_there {
            self.tally.bytes(size);
        } else {
            let mut file = PartialFile::open(target.clone(), blob.e_tag.as_deref().unwrap_or_default(), size).await?;
            self.tally.bytes(file.size());
            self.receive(&mut file, &blob).await?;
            file.finish(modified).await?;
        }
        self.tally.file();
        Ok(!is_there)
    }

    /// Ranges come in parallel and are written in order, so that what has arrived has no holes. A lane is taken in that order, too, and
    /// is free when its range is written: whoever waits for an earlier range waits for one that has a lane.
    async fn receive(&self, file: &mut PartialFile, blob: &ObjectMeta) -> Result<(), Error> {
        let start = file.size();
        let ranges =
            piece::of(blob.size - start, PIECE).map(|(offset, length)| start + offset..start + offset + length);
        let ranges = stream::iter(ranges).then(|range| {
            let lane = self.lanes.enter();
            async move { Ok::<_, Error>((lane.await?, range)) }
        });
        let mut ranges = std::pin::pin!(
            ranges
                .map_ok(|(lane, range)| async move {
                    let options = GetOptions {
                        range: Some(GetRange::Bounded(range)),
                        if_match: blob.e_tag.clone(),
                        ..GetOptions::default()
                    };
                    let explained = |error| self.container.explained(&error, blob.location.as_ref());
                    let range = self.store.get_opts(&blob.location, options).await.map_err(explained)?;
                    Ok((lane, range.bytes().await.map_err(explained)?))
                })
                .try_buffered(self.lanes.count())
        );
        while let Some((lane, content)) = ranges.try_next().await? {
            let length = content.len() as u64;
            file.append(content).await?;
            self.tally.bytes(length);
            drop(lane);
        }
        Ok(())
    }
}
