//! The data key: where it is kept, and which one a record needs.

mod key_file;
mod keyring;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use self::key_file::KeyFile;
use self::keyring::Keyring;
use crate::seal::Envelope;
use crate::{directory, lock};

/// How long another process may take to make the key.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the key that encrypts the records may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// In a file beside the records, with mode 0600; the keyring is never asked. Whoever can read the person's files can read
    /// the records.
    File,
    /// In the operating system's keyring; without one nothing is saved. A key file opens the records that it sealed before.
    Keyring,
    /// In the keyring if there is one, else in a key file, with a warning in the log when it is made.
    #[default]
    KeyringOrFile,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// In a file of mode 0600 beside the records.
    KeyFile,
    /// In the operating system's keyring.
    Keyring,
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "a key file",
            Self::Keyring => "the operating system's keyring",
        })
    }
}

/// Which key sealed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyId {
    pub(crate) origin: KeyOrigin,
    pub(crate) fingerprint: [u8; 8],
}

/// A key, wiped when dropped.
#[derive(Clone)]
pub(crate) struct Key {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    pub(crate) fn random(origin: KeyOrigin) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes).expect("the operating system gives random bytes");
        Self::new(origin, bytes)
    }

    fn new(origin: KeyOrigin, bytes: Zeroizing<[u8; 32]>) -> Self {
        let input = Zeroizing::new([&b"azml key id\0"[..], &*bytes].concat());
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&digest(&SHA256, &input).as_ref()[..8]);
        Self { id: KeyId { origin, fingerprint }, bytes }
    }

    /// Reads what [`Key::to_text`] wrote.
    fn from_text(origin: KeyOrigin, text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        // The decoder asks for more room than it fills.
        let mut decoded = Zeroizing::new([0; 36]);
        let length = STANDARD.decode_slice(text.trim(), &mut *decoded).ok()?;
        bytes.copy_from_slice(decoded.get(..length).filter(|decoded| decoded.len() == 32)?);
        Some(Self::new(origin, bytes))
    }

    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.bytes))
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself. Every call is a place to review.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The keys of one directory. Nothing is asked or read before a record is sealed or opened.
#[derive(Debug)]
pub(crate) struct Keys {
    directory: PathBuf,
    protection: Protection,
    keyring: Keyring,
    file: KeyFile,
}

impl Keys {
    pub(crate) fn new(directory: &Path, protection: Protection) -> Self {
        Self {
            directory: directory.to_owned(),
            protection,
            keyring: Keyring::new(directory),
            file: KeyFile::new(directory),
        }
    }

    /// The key of this id; none if it is gone for good, an error if it cannot be had just now.
    pub(crate) async fn find(&self, id: KeyId) -> Result<Option<Key>, Error> {
        let key = match (id.origin, self.protection) {
            (KeyOrigin::KeyFile, _) => self.file.read()?,
            (KeyOrigin::Keyring, Protection::File) => {
                return Err(Error::new(ErrorKind::Store, "its key is in the keyring, which is not to be asked"));
            }
            (KeyOrigin::Keyring, Protection::Keyring | Protection::KeyringOrFile) => self.keyring.find(id).await?,
        };
        Ok(key.filter(|key| key.id == id))
    }

    /// The key for new records, if it was made already.
    pub(crate) async fn current(&self) -> Result<Option<Key>, Error> {
        match self.protection {
            Protection::File => self.file.read(),
            Protection::Keyring => self.keyring.current().await,
            Protection::KeyringOrFile => match self.file.read()? {
                Some(key) => Ok(Some(key)),
                None => self.keyring.current().await.or_else(|error| self.without_keyring(error).map(|_| None)),
            },
        }
    }

    /// The key for new records, made now if need be.
    pub(crate) async fn current_or_new(&self) -> Result<Key, Error> {
        if let Some(key) = self.current().await? {
            return Ok(key);
        }
        let _lock = lock::acquire(&self.directory.join("key.lock"), PATIENCE).await?;
        if let Some(key) = self.current().await? {
            return Ok(key);
        }
        match self.protection {
            Protection::File => self.file.create(),
            Protection::Keyring => self.keyring.create().await,
            Protection::KeyringOrFile => match self.keyring.create().await {
                Ok(key) => Ok(key),
                Err(error) => {
                    let reason = self.without_keyring(error)?;
                    let key = self.file.create()?;
                    tracing::warn!(
                        key_file = %self.file.path().display(),
                        "{reason}; tokens are encrypted with a key in a file, so whoever can read your files can read them"
                    );
                    Ok(key)
                }
            },
        }
    }

    /// Whether a directory can do without the keyring, which cannot be reached: not if that would leave a record behind.
    fn without_keyring(&self, error: Error) -> Result<Error, Error> {
        let needs_keyring = |path: &PathBuf| {
            let bytes = directory::read(path).ok().flatten().unwrap_or_default();
            Envelope::parse(&bytes).is_ok_and(|envelope| envelope.key.origin == KeyOrigin::Keyring)
        };
        if directory::record_paths(&self.directory).iter().any(needs_keyring) { Err(error) } else { Ok(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_and_shows_nothing_of_it() {
        let key = Key::random(KeyOrigin::KeyFile);
        let again = Key::from_text(KeyOrigin::KeyFile, &format!("{}\n", *key.to_text())).unwrap();
        assert_eq!(*key.expose(), *again.expose());
        assert_eq!(key.id(), again.id());
        assert!(!format!("{key:?}").contains(key.to_text().as_str()));
    }

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        let long = STANDARD.encode([1; 33]);
        let short = STANDARD.encode([1; 31]);
        for text in ["", "canary", &long, &short, &"A".repeat(5000)] {
            assert!(Key::from_text(KeyOrigin::KeyFile, text).is_none(), "{text:?}");
        }
    }
}
