//! Every record under another key: moves and rotations.

use auth_core::Error;

use crate::file_store::{FileStore, Unreadable};
use crate::key::{KeyOrigin, Reach};
use crate::{directory, records};

/// What a move or a rotation has done.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resealed {
    /// Where the key is that seals the records now; none if there was nothing to seal.
    pub origin: Option<KeyOrigin>,
    /// How many records were sealed anew.
    pub records: usize,
    /// Why some records were left as they are: nothing will open them, or a later version wrote them. Their keys are kept, if
    /// there are any.
    pub left: Vec<Error>,
    /// Why places that the protection prefers were passed over.
    pub passed_over: Vec<Error>,
}

impl FileStore {
    /// Seals every record with the key of the first place in the [`Protection`](crate::Protection) that can be reached, from
    /// wherever its own key is, and then removes the keys that nothing needs any more.
    ///
    /// It may be interrupted at any moment: each record opens with the old key or the new one, both of which are there until the
    /// last record is sealed anew, and the next call goes on. Other processes may read and save meanwhile.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Store`] if a record cannot be opened now, in which case nothing was changed, or if no place can be
    /// reached; [`auth_core::ErrorKind::Timeout`] if somebody holds the lock of a record.
    pub async fn reprotect(&self) -> Result<Resealed, Error> {
        if self.check_that_all_can_be_opened().await? == 0 {
            return Ok(Resealed::default());
        }
        let (current, passed_over) = self.keys().prefer().await?;
        self.reseal_all(
            Resealed { origin: Some(current.origin), passed_over, ..Resealed::default() },
            Reach::Everywhere,
        )
        .await
    }

    /// Seals every record with a new key in the place of the current one, and then removes the old one.
    ///
    /// As safe against interruptions and other processes as [`FileStore::reprotect`].
    ///
    /// # Errors
    /// As [`FileStore::reprotect`].
    pub async fn rotate_key(&self) -> Result<Resealed, Error> {
        if self.check_that_all_can_be_opened().await? == 0 {
            return Ok(Resealed::default());
        }
        let Some(current) = self.keys().renew().await? else { return Ok(Resealed::default()) };
        self.reseal_all(Resealed { origin: Some(current.origin), ..Resealed::default() }, Reach::Protection).await
    }

    /// How many records there are, if none of them is out of reach just now.
    async fn check_that_all_can_be_opened(&self) -> Result<usize, Error> {
        let paths = records::paths(self.directory())?;
        for path in &paths {
            let opened = match self.partition_in(path) {
                Ok(Some(partition)) => self.decrypt(&partition, Reach::Everywhere).await.map(drop),
                Ok(None) => Ok(()),
                Err(unreadable) => Err(unreadable),
            };
            if let Err(Unreadable::ForNow(error)) = opened {
                return Err(error);
            }
        }
        if !paths.is_empty() {
            directory::prepare(self.directory())?;
        }
        Ok(paths.len())
    }

    async fn reseal_all(&self, mut done: Resealed, reach: Reach) -> Result<Resealed, Error> {
        let mut seen = Vec::new();
        for path in records::paths(self.directory())? {
            let resealed = match self.partition_in(&path) {
                Ok(Some(partition)) => self.lock_file(&partition, self.lock_timeout()).await?.reseal().await,
                Ok(None) => Ok(None),
                Err(unreadable) => Err(unreadable),
            };
            match resealed {
                Ok(Some(origin)) => {
                    done.records += 1;
                    seen.push(origin);
                }
                Ok(None) => {}
                Err(Unreadable::ForNow(error)) => return Err(error),
                Err(unreadable) => done.left.push(unreadable.into_error()),
            }
        }
        self.keys().remove_unneeded(&seen, reach).await?;
        Ok(done)
    }
}
