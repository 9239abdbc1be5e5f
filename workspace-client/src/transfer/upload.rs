//! From files to blobs.

use std::future::IntoFuture;
use std::pin::Pin;

use auth_core::{Error, ErrorKind};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Extensions, GetOptions, MultipartUpload as _, ObjectStore as _, PutMode,
    PutMultipartOptions, PutOptions,
};

use super::container::Container;
use super::hash::{self, Md5Digest};
use super::lanes::{Lanes, PIECE};
use super::local_file::blocking;
use super::piece;
use super::progress::{Observer, Progress, Tally};
use super::refusal::Refusal;
use super::service::BlobMd5;
use super::snapshot::Snapshot;
use super::walk::LocalFile;

/// A blob has so many blocks at most (Microsoft, "Scalability targets for Blob storage").
const MOST_BLOCKS: u64 = 50_000;

/// An upload that is to be awaited; see [`Container::upload`].
///
/// Files go in parallel, twice as many as there are cores, those above 4 MiB in blocks. A blob that is there already, with the length
/// and MD5 of the file, is left as it is, so that an upload that was broken off goes on where it ended. Dropping it ends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is uploaded until it is awaited"]
pub struct Upload {
    container: Container,
    snapshot: Snapshot,
    prefix: String,
    asset: Option<(String, String)>,
    observer: Observer,
}

/// What an upload came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The name of the blob, or what the names of the blobs begin with.
    pub path: String,
    /// The name and version of the asset for which all this was uploaded before; then nothing was done.
    pub earlier: Option<(String, String)>,
    /// How many files were sent. Those of them that were there already are not counted.
    pub sent_files: u64,
}

impl Upload {
    pub(super) fn new(container: Container, snapshot: Snapshot, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/').to_owned();
        Self { container, snapshot, prefix, asset: None, observer: Observer::default() }
    }

    /// Uploads for this version of an asset, and only if that was not done before.
    ///
    /// The first file goes last, and says in its metadata that all are there, and for whom: `upload_status`, `name`, `version`. Whoever
    /// uploads the same to the same place finds that, as the Python client does, and leaves the same (observed: azure-ai-ml 1.35).
    pub fn for_asset(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.asset = Some((name.into(), version.into()));
        self
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

    async fn run(self) -> Result<Uploaded, Error> {
        if let Some((name, version)) = &self.asset {
            check_metadata(name)?;
            check_metadata(version)?;
        }
        let name = self.snapshot.name();
        let path = if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) };
        let mut files = Vec::new();
        for file in self.snapshot.in_order_of_upload() {
            let blob =
                if self.snapshot.is_folder() { format!("{path}/{}", file.relative_path()) } else { path.clone() };
            files.push((blob_path(&blob, &file)?, file));
        }
        let sending = Sending {
            store: self.container.store()?,
            container: self.container,
            lanes: Lanes::new(),
            tally: Tally::new(self.observer, files.len(), self.snapshot.size()),
        };
        let Some((name, version)) = self.asset else {
            let sent_files = sending.all(files).await?;
            return Ok(Uploaded { path, earlier: None, sent_files });
        };
        let (first_blob, first) = files.remove(0);
        if let Some(earlier) = sending.marked(&first_blob).await? {
            for (_, file) in files.iter().chain([&(first_blob, first)]) {
                sending.tally.bytes(file.size());
                sending.tally.file();
            }
            return Ok(Uploaded { path, earlier: Some(earlier), sent_files: 0 });
        }
        let sent_files = sending.all(files).await?;
        // Blobs must not be taken for complete before they are; and metadata alone cannot be changed with this library.
        let mark = [("upload_status", "completed".to_owned()), ("name", name), ("version", version)];
        let mark = mark.into_iter().map(|(key, value)| (Attribute::Metadata(key.into()), value));
        sending.file(first_blob, first, mark.collect()).await?;
        Ok(Uploaded { path, earlier: None, sent_files: sent_files + 1 })
    }
}

impl IntoFuture for Upload {
    type Output = Result<Uploaded, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

struct Sending {
    container: Container,
    store: MicrosoftAzure,
    lanes: Lanes,
    tally: Tally,
}

impl Sending {
    /// Sends these files, and counts those that were not there.
    async fn all(&self, files: Vec<(Path, LocalFile)>) -> Result<u64, Error> {
        let sent = files.into_iter().map(|(blob, file)| self.file(blob, file, Attributes::new()));
        let mut sent = stream::iter(sent).buffer_unordered(self.lanes.count());
        let mut count = 0;
        while let Some(is_sent) = sent.try_next().await? {
            count += u64::from(is_sent);
        }
        Ok(count)
    }

    /// Sends a file unless it is there; one with attributes always.
    async fn file(&self, blob: Path, file: LocalFile, attributes: Attributes) -> Result<bool, Error> {
        let is_sent = if file.size() > PIECE {
            self.blocks(&blob, &file, attributes).await
        } else {
            self.whole(&blob, &file, attributes).await
        };
        self.tally.file();
        is_sent
    }

    async fn whole(&self, blob: &Path, file: &LocalFile, attributes: Attributes) -> Result<bool, Error> {
        let _lane = self.lanes.enter().await?;
        let content = piece::read(file, 0, file.size()).await?;
        let mode = if attributes.is_empty() { PutMode::Create } else { PutMode::Overwrite };
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let put = self.store.put_opts(blob, content.clone(), options).await;
        let is_sent = match put {
            Err(error) if Refusal::of(&error).is_some_and(Refusal::is_existing_blob) => {
                let md5 = hash::md5_of(content.as_ref().first().map_or(&[][..], AsRef::as_ref));
                let is_there = self.is_there(blob, file, md5).await?;
                if !is_there {
                    let put = self.store.put_opts(blob, content, PutOptions::default()).await;
                    put.map_err(|error| self.container.explained(&error, blob.as_ref()))?;
                }
                !is_there
            }
            put => put.map(|_| true).map_err(|error| self.container.explained(&error, blob.as_ref()))?,
        };
        self.tally.bytes(file.size());
        Ok(is_sent)
    }

    async fn blocks(&self, blob: &Path, file: &LocalFile, attributes: Attributes) -> Result<bool, Error> {
        let hashed = file.clone();
        let md5 = blocking(move || hash::md5_of_file(&hashed)).await?;
        // The library cannot commit blocks only where there is no blob.
        if attributes.is_empty() && self.is_there(blob, file, md5).await? {
            self.tally.bytes(file.size());
            return Ok(false);
        }
        let explained = |error| self.container.explained(&error, blob.as_ref());
        let mut extensions = Extensions::new();
        extensions.insert(BlobMd5(md5));
        let options = PutMultipartOptions { attributes, extensions, ..PutMultipartOptions::default() };
        let mut upload = self.store.put_multipart_opts(blob, options).await.map_err(explained)?;
        // The library numbers blocks as they are handed over, and sends them in any order.
        let blocks = stream::iter(piece::of(file.size(), block_size(file.size()))).then(|(start, length)| {
            let (lane, content) = (self.lanes.enter(), piece::read(file, start, length));
            async move { Ok((lane.await?, content.await?)) }
        });
        let sent = blocks.map_ok(|(lane, content)| {
            let length = content.content_length() as u64;
            let part = upload.put_part(content);
            async move {
                part.await.map_err(explained)?;
                self.tally.bytes(length);
                drop(lane);
                Ok::<_, Error>(())
            }
        });
        sent.try_buffer_unordered(self.lanes.count()).try_collect::<()>().await?;
        upload.complete().await.map_err(explained)?;
        Ok(true)
    }

    /// Whether the blob is there, with this content.
    async fn is_there(&self, blob: &Path, file: &LocalFile, md5: Md5Digest) -> Result<bool, Error> {
        let Some(found) = self.head(blob).await? else { return Ok(false) };
        Ok(found.meta.size == file.size() && found.extensions.get() == Some(&BlobMd5(md5)))
    }

    /// For whom all was uploaded before, if it was.
    async fn marked(&self, blob: &Path) -> Result<Option<(String, String)>, Error> {
        let Some(found) = self.head(blob).await? else { return Ok(None) };
        let told = |key: &'static str| {
            found.attributes.get(&Attribute::Metadata(key.into())).map(|value| value.as_ref().to_owned())
        };
        if told("upload_status").as_deref() != Some("completed") {
            return Ok(None);
        }
        Ok(Some((told("name").unwrap_or_default(), told("version").unwrap_or_default())))
    }

    async fn head(&self, blob: &Path) -> Result<Option<object_store::GetResult>, Error> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        match self.store.get_opts(blob, options).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if Refusal::of(&error).is_some_and(Refusal::is_missing_blob) => Ok(None),
            Err(error) => Err(self.container.explained(&error, blob.as_ref())),
        }
    }
}

/// Metadata travels in headers.
fn check_metadata(value: &str) -> Result<(), Error> {
    if !value.is_empty() && value.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let what = format!("{value:?} is no name or version of an asset");
    Err(Error::new(ErrorKind::Configuration, what).with_help("use letters, digits, and - _ ."))
}

fn block_size(size: u64) -> u64 {
    size.div_ceil(MOST_BLOCKS).max(PIECE)
}

fn blob_path(name: &str, file: &LocalFile) -> Result<Path, Error> {
    Path::parse(name).map_err(|_| {
        let what = format!("{} cannot be uploaded as {name:?}, which is no name of a blob", file.source().display());
        Error::new(ErrorKind::Configuration, what).with_help(
            "rename it, or leave it out with a line in .amlignore: no control characters, no `.` or `..` in a prefix",
        )
    })
}
