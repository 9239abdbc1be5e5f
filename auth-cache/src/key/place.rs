//! What the places where keys are kept have in common.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::Error;

use super::{Key, KeyId, KeyOrigin};
use crate::lock::FileLock;

/// A place where the keys of one directory are kept. All but [`Place::key`] look at what is there now, whatever was found before.
#[async_trait]
pub(super) trait Place: Debug + Send + Sync {
    fn origin(&self) -> KeyOrigin;

    /// What is missing for a key to be made or used here, as far as can be known without asking.
    fn lacks(&self) -> Option<Error> {
        None
    }

    /// The keys that are there; the first is the one for new records.
    async fn ids(&self) -> Result<Vec<KeyId>, Error>;

    /// The key of this id, perhaps from memory; none if it is gone for good, an error if it cannot be had just now.
    async fn key(&self, id: KeyId) -> Result<Option<Key>, Error>;

    /// Makes a key and puts it before the others. The directory's key lock is held until that is done or has failed, even if
    /// the caller is gone by then: what a slow place writes late must not take another process's key away.
    async fn add(&self, lock: &Arc<FileLock>) -> Result<Key, Error>;

    /// Removes all keys but these, and the place itself with the last of them, under the lock as [`Place::add`].
    async fn retain(&self, kept: &[KeyId], lock: &Arc<FileLock>) -> Result<(), Error>;
}
