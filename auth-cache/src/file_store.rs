//! The store: one sealed file per partition.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Clock, Error, ErrorKind, LockedPartition, Partition, Record, Secret, TokenStore};
use zeroize::Zeroizing;

use crate::directory;
use crate::format::SavedRecord;
use crate::key::{KeyId, KeyOrigin, Keys, Protection, Reach, Source, key_file};
use crate::lock::{self, Sharing, Wait};
use crate::locked_file::LockedFile;
use crate::memory::Memory;
use crate::records;
use crate::seal::{Envelope, EnvelopeError};

const SIGN_IN: &str = "sign in again: azml login";
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a record may be replaced while it is being read before that is called an error.
const READS: usize = 16;

/// Keeps records as encrypted files in a directory of its own. Clones share the key.
///
/// Making one touches nothing: the directory is created by the first lock, the key by the first save, and a partition without
/// a file is answered without asking for a key.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: Arc<Path>,
    keys: Arc<Keys>,
    passphrase: Option<Source>,
    clock: Clock,
    lock_timeout: Duration,
    memory: Memory,
}

impl FileStore {
    /// A store in `directory`, which should hold nothing else.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory: Arc<Path> = directory.into().into();
        let keys = Arc::new(Keys::new(&directory, Protection::default(), None, LOCK_TIMEOUT));
        let (clock, memory) = (Clock::system(), Memory::default());
        Self { directory, keys, passphrase: None, clock, lock_timeout: LOCK_TIMEOUT, memory }
    }

    /// Says where the key may be kept.
    pub fn with_protection(mut self, protection: Protection) -> Self {
        self.keys = Arc::new(Keys::new(&self.directory, protection, self.passphrase.clone(), self.lock_timeout));
        self
    }

    /// Says where the passphrase comes from, for [`Protection::passphrase`] and for records that were sealed with it.
    ///
    /// `source` is called on a thread of its own when the first such record is sealed or opened, and should answer within two
    /// seconds. No passphrase, or an empty one, means that this step cannot be taken.
    pub fn with_passphrase(mut self, source: impl Fn() -> Option<Secret> + Send + Sync + 'static) -> Self {
        self.passphrase = Some(Source::new(source));
        let protection = self.keys.protection().clone();
        self.with_protection(protection)
    }

    /// Takes the time from `clock`; it names the records that are set aside.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Bounds how long a record's lock and the keys' are waited for, whatever the caller's patience; 30 seconds unless said otherwise. `azml`
    /// takes it from the variable `AZML_LOCK_TIMEOUT`, which the error names.
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        let protection = self.keys.protection().clone();
        self.with_protection(protection)
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the key is that will seal the next record; none if it has yet to be made.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the key of a record cannot be reached, or the key file cannot be read.
    pub async fn protection_in_use(&self) -> Result<Option<KeyOrigin>, Error> {
        Ok(self.keys.current().await?.map(|key| key.id().origin))
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The record that this process alone has, unless another process has saved one since that can be opened.
    pub(crate) async fn in_memory(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        let Some(record) = self.memory.load(partition).await? else { return Ok(None) };
        let file = directory::read(&self.path(partition)).ok().flatten();
        let is_later = !self.keys.protection().is_memory() && !self.memory.is_instead_of(partition, file.as_deref());
        if is_later && self.open(partition).await.is_ok_and(|saved| saved.is_some()) {
            self.memory.forget(partition).await?;
            return Ok(None);
        }
        Ok(Some(record))
    }

    pub(crate) fn path(&self, partition: &Partition) -> PathBuf {
        directory::record_path(&self.directory, partition)
    }

    /// The partition whose record lies in this file, as far as its header can be believed; none if the file is gone.
    pub(crate) fn partition_in(&self, path: &Path) -> Result<Option<Partition>, Unreadable> {
        let Some(bytes) = read(path)? else { return Ok(None) };
        let partition = Partition::from_text(parse(path, &bytes)?.partition);
        if self.path(&partition) == *path {
            return Ok(Some(partition));
        }
        Err(Unreadable::for_good(path, &format!("it is the record of {:?}", partition.as_str())))
    }

    pub(crate) async fn lock_file(&self, partition: &Partition, wait: Duration) -> Result<LockedFile, Error> {
        directory::prepare(&self.directory)?;
        key_file::close_to_others(&self.directory)?;
        let path = self.path(partition);
        let wait = Wait::of(wait).at_most(self.lock_timeout);
        let lock = lock::acquire(&directory::beside(&path, ".lock"), Sharing::Exclusive, wait).await?;
        Ok(LockedFile::new(self.clone(), partition.clone(), path, lock))
    }

    pub(crate) fn lock_timeout(&self) -> Duration {
        self.lock_timeout
    }

    pub(crate) async fn open(&self, partition: &Partition) -> Result<Option<SavedRecord>, Unreadable> {
        let Some(opened) = self.decrypt(partition, Reach::Protection).await? else { return Ok(None) };
        let saved = SavedRecord::from_json(&opened.plaintext);
        saved.map(Some).ok_or_else(|| Unreadable::for_good(&self.path(partition), "it is damaged"))
    }

    /// The plaintext of a record. Without its lock, the record and its key may be replaced between the look at the one and the
    /// look at the other; then it is read again.
    pub(crate) async fn decrypt(&self, partition: &Partition, reach: Reach) -> Result<Option<Opened>, Unreadable> {
        let path = self.path(partition);
        let mut bytes = read(&path)?;
        for _ in 1..READS {
            let opened = self.decrypt_bytes(partition, &path, bytes.as_deref(), reach).await;
            if !matches!(opened, Err(Unreadable::ForGood(_))) {
                return opened;
            }
            let again = read(&path)?;
            if again == bytes {
                return opened;
            }
            bytes = again;
        }
        self.decrypt_bytes(partition, &path, bytes.as_deref(), reach).await
    }

    async fn decrypt_bytes(
        &self,
        partition: &Partition,
        path: &Path,
        bytes: Option<&[u8]>,
        reach: Reach,
    ) -> Result<Option<Opened>, Unreadable> {
        let Some(bytes) = bytes else { return Ok(None) };
        let envelope = parse(path, bytes)?;
        if envelope.partition != partition.as_str() {
            return Err(Unreadable::for_good(path, &format!("it is the record of {:?}", envelope.partition)));
        }
        let key = self.keys.find(envelope.key, reach).await.map_err(|error| {
            let help = error.help().unwrap_or(SIGN_IN).to_owned();
            let message = format!("{} cannot be opened now: {error}", path.display());
            Unreadable::ForNow(Error::new(ErrorKind::Store, message).with_help(help).with_source(error))
        })?;
        let key = key.ok_or_else(|| Unreadable::for_good(path, &lost(envelope.key.origin)))?;
        let plaintext = envelope.open(&key).map_err(|_| Unreadable::for_good(path, "it is damaged"))?;
        Ok(Some(Opened { key: envelope.key, plaintext }))
    }
}

/// What a record says, and which key said it.
pub(crate) struct Opened {
    pub(crate) key: KeyId,
    pub(crate) plaintext: Zeroizing<Vec<u8>>,
}

/// Why there is a record but not its content.
pub(crate) enum Unreadable {
    /// Nothing will ever open it.
    ForGood(Error),
    /// Something is missing just now, such as the keyring.
    ForNow(Error),
    /// It must not be touched.
    Newer(Error),
}

impl Unreadable {
    fn for_good(path: &Path, why: &str) -> Self {
        let message = format!("{} cannot be opened: {why}", path.display());
        Self::ForGood(Error::new(ErrorKind::Store, message).with_help(SIGN_IN))
    }

    pub(crate) fn newer(path: &Path) -> Self {
        let error = Error::new(ErrorKind::Store, format!("{} was written by a later version", path.display()));
        Self::Newer(error.with_help("update azml; the record is left as it is"))
    }

    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::ForGood(error) | Self::ForNow(error) | Self::Newer(error) => error,
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Unreadable> {
    directory::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Unreadable::for_good(path, &error.to_string()),
        _ => Unreadable::ForNow(directory::failed(path, "read", error)),
    })
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<Envelope<'a>, Unreadable> {
    Envelope::parse(bytes).map_err(|error| match error {
        EnvelopeError::Damaged => Unreadable::for_good(path, "it is damaged, or not a record at all"),
        EnvelopeError::Newer => Unreadable::newer(path),
    })
}

fn lost(origin: KeyOrigin) -> String {
    match origin {
        KeyOrigin::Keyutils => {
            "the kernel's keyring has forgotten the key that it was sealed with, as it does at logout or reboot"
                .to_owned()
        }
        KeyOrigin::Passphrase => "the salt of the passphrase that it was sealed with is gone".to_owned(),
        KeyOrigin::KeyFile | KeyOrigin::Keyring | KeyOrigin::Shared => {
            format!("the key that it was sealed with is no longer in {origin}")
        }
    }
}

#[async_trait]
impl TokenStore for FileStore {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        if let Some(record) = self.in_memory(partition).await? {
            return Ok(Some(record));
        }
        if self.keys.protection().is_memory() {
            return Ok(None);
        }
        let saved = self.open(partition).await.map_err(Unreadable::into_error)?;
        key_file::close_to_others(&self.directory)?;
        Ok(saved.map(|saved| saved.record()))
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        if self.keys.protection().is_memory() {
            return self.memory.lock(partition, wait, None).await;
        }
        match self.lock_file(partition, wait).await {
            Ok(locked) => Ok(Box::new(locked)),
            Err(error) if error.kind() == ErrorKind::Store && self.keys.protection().allows_memory() => {
                self.memory.lock(partition, wait, Some(&error)).await
            }
            Err(error) => Err(error),
        }
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        let mut partitions = self.memory.partitions().await?;
        if !self.keys.protection().is_memory() {
            let paths = records::paths(&self.directory)?;
            partitions.extend(paths.iter().filter_map(|path| self.partition_in(path).ok().flatten()));
            partitions.sort_unstable();
            partitions.dedup();
        }
        Ok(partitions)
    }
}
