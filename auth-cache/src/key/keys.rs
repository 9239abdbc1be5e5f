//! The keys of one directory: which one seals, which one a record needs, and when one may go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Error, ErrorKind};

use super::key_file::KeyFile;
use super::marker::{Marked, Marker};
use super::passphrase::{Passphrase, Source};
use super::place::Place;
use super::vault::Vault;
use super::{Key, KeyId, KeyOrigin, Protection};
use crate::lock::{self, FileLock, Sharing, Wait};
use crate::records;

pub(super) const ANOTHER_PLACE: &str = "name another place in AZML_PROTECTION, such as key-file";

/// Nothing is asked or read before a record is sealed or opened.
#[derive(Debug)]
pub(crate) struct Keys {
    directory: PathBuf,
    protection: Protection,
    places: Vec<Box<dyn Place>>,
    marker: Marker,
    /// How long another process may take to make or remove a key.
    lock_timeout: Duration,
}

/// A key to seal with. Whoever drops it only after the record is in place cannot have the key removed in between.
#[derive(Debug)]
pub(crate) struct Sealing {
    pub(crate) key: Key,
    _lock: Arc<FileLock>,
}

/// Where a key may be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Wherever the record says, because a person has asked for it.
    Everywhere,
    /// As the protection says.
    Protection,
}

impl Keys {
    pub(crate) fn new(
        directory: &Path,
        protection: Protection,
        passphrase: Option<Source>,
        lock_timeout: Duration,
    ) -> Self {
        let places: Vec<Box<dyn Place>> = vec![
            Box::new(KeyFile::new(directory)),
            Box::new(Vault::keyring(directory)),
            Box::new(Passphrase::new(directory, passphrase)),
            #[cfg(all(feature = "keyutils", target_os = "linux"))]
            Box::new(Vault::keyutils(directory)),
        ];
        Self { directory: directory.to_owned(), protection, places, marker: Marker::new(directory), lock_timeout }
    }

    pub(crate) fn protection(&self) -> &Protection {
        &self.protection
    }

    fn place(&self, origin: KeyOrigin) -> Result<&dyn Place, Error> {
        let place = self.places.iter().find(|place| place.origin() == origin).map(|place| &**place);
        place.ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("this program was built without {origin}")).with_help(
                "with a program that has it: azml key move --to key-file; or azml logout --all, then azml login",
            )
        })
    }

    /// The key of this id; none if it is gone for good, an error if it cannot be had just now.
    pub(crate) async fn find(&self, id: KeyId, reach: Reach) -> Result<Option<Key>, Error> {
        if id.origin == KeyOrigin::Keyring && reach == Reach::Protection && !self.protection.allows(id.origin) {
            return Err(Error::new(ErrorKind::Store, "its key is in the keyring, which is not to be asked").with_help(
                "azml key move brings it to where AZML_PROTECTION says; or let AZML_PROTECTION name keyring",
            ));
        }
        self.key(id).await
    }

    /// How many keys are at a place, the first of which can be had.
    pub(crate) async fn look_at(&self, origin: KeyOrigin) -> Result<usize, Error> {
        let place = self.place(origin)?;
        place.lacks().map_or(Ok(()), Err)?;
        let ids = place.ids().await?;
        if let Some(id) = ids.first() {
            place.key(*id).await?;
        }
        Ok(ids.len())
    }

    /// The key for new records, if it was made already.
    pub(crate) async fn current(&self) -> Result<Option<Key>, Error> {
        if let Some(id) = self.marked()? {
            match self.key(id).await {
                Ok(Some(key)) => return Ok(Some(key)),
                Ok(None) => {}
                Err(error) => self.do_without(id.origin, error).map(drop)?,
            }
        }
        for origin in self.search_order()? {
            match self.first(origin).await {
                Ok(Some(key)) => return Ok(Some(key)),
                Ok(None) => {}
                Err(error) => self.do_without(origin, error).map(drop)?,
            }
        }
        Ok(None)
    }

    /// The key for new records, by the marker, unless a chosen protection does not want it.
    fn marked(&self) -> Result<Option<KeyId>, Error> {
        let marked = self.marker.read()?.map(|marked| marked.current);
        Ok(marked.filter(|id| self.protection.allows(id.origin)))
    }

    /// Where to look for a key without a marker. A key file that is there is used without asking the places before it.
    fn search_order(&self) -> Result<Vec<KeyOrigin>, Error> {
        let steps = self.protection.steps();
        let mut order: Vec<KeyOrigin> = steps.iter().copied().filter(|step| *step == KeyOrigin::KeyFile).collect();
        if self.protection.stays() {
            let needed = records::keys_needed(&self.directory)?.known.into_iter().map(|id| id.origin);
            order.extend(needed.filter(|origin| *origin != KeyOrigin::Shared));
        }
        order.extend(steps);
        Ok(without_repetition(order))
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, Error> {
        self.place(id.origin)?.key(id).await
    }

    async fn first(&self, origin: KeyOrigin) -> Result<Option<Key>, Error> {
        let place = self.place(origin)?;
        match place.ids().await?.first() {
            Some(id) => place.key(*id).await,
            None => Ok(None),
        }
    }

    /// The key for new records, made now if need be.
    pub(crate) async fn for_sealing(&self) -> Result<Sealing, Error> {
        let lock = self.lock(Sharing::Shared).await?;
        if let Some(id) = self.marked()?
            && let Ok(Some(key)) = self.key(id).await
        {
            return Ok(Sealing { key, _lock: lock });
        }
        drop(lock);
        let lock = self.lock(Sharing::Exclusive).await?;
        let key = match self.current().await? {
            Some(key) => key,
            None => self.new_key(&lock).await?,
        };
        if let Some(before) = self.marker.read()?.map(|marked| marked.current.origin)
            && before != key.id().origin
        {
            let (directory, now) = (self.directory.display(), key.id().origin);
            tracing::warn!(%directory, "what is saved from now on is sealed with a key in {now}, no longer in {before}");
        }
        self.marker.set(key.id())?;
        Ok(Sealing { key, _lock: lock })
    }

    async fn new_key(&self, lock: &Arc<FileLock>) -> Result<Key, Error> {
        let before = self.marked()?.filter(|_| self.protection.stays()).map(|id| id.origin);
        let steps = before.into_iter().chain(self.protection.steps().iter().copied()).collect();
        let mut reasons = Vec::new();
        for origin in without_repetition(steps) {
            let added = match self.place(origin) {
                Ok(place) => place.add(lock).await,
                Err(error) => Err(error),
            };
            match added {
                Ok(key) => {
                    warn_of(origin, &self.directory, &reasons);
                    return Ok(key);
                }
                Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
                Err(error) => reasons.push(self.do_without(origin, error)?),
            }
        }
        Err(self.none_of(&reasons))
    }

    /// Whether a directory can do without a place that cannot be reached: not if that would leave a record behind.
    fn do_without(&self, origin: KeyOrigin, error: Error) -> Result<Error, Error> {
        let needed = records::keys_needed(&self.directory)?;
        if needed.known.iter().any(|id| id.origin == origin) { Err(error) } else { Ok(error) }
    }

    /// From now on new records are sealed with a key of the first place that can be reached. Says which, and what was passed over.
    pub(crate) async fn prefer(&self) -> Result<(KeyId, Vec<Error>), Error> {
        let lock = self.lock(Sharing::Exclusive).await?;
        let mut passed_over = Vec::new();
        for origin in self.protection.steps() {
            match self.first_or_new(*origin, &lock).await {
                Ok(key) => {
                    warn_of(*origin, &self.directory, &passed_over);
                    self.marker.set(key.id())?;
                    return Ok((key.id(), passed_over));
                }
                Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
                Err(error) => passed_over.push(error),
            }
        }
        Err(self.none_of(&passed_over))
    }

    async fn first_or_new(&self, origin: KeyOrigin, lock: &Arc<FileLock>) -> Result<Key, Error> {
        match self.first(origin).await? {
            Some(key) => Ok(key),
            None => self.place(origin)?.add(lock).await,
        }
    }

    /// From now on new records are sealed with a new key, in the place of the old one; none if there is no old one.
    pub(crate) async fn renew(&self) -> Result<Option<KeyId>, Error> {
        let lock = self.lock(Sharing::Exclusive).await?;
        let Some(current) = self.current().await? else { return Ok(None) };
        let place = self.place(current.id().origin)?;
        // What a rotation that was killed left behind must not pile up.
        let mut needed = records::keys_needed(&self.directory)?;
        if !needed.others {
            needed.known.push(current.id());
            place.retain(&needed.known, &lock).await?;
        }
        let key = place.add(&lock).await?;
        self.marker.set(key.id())?;
        Ok(Some(key.id()))
    }

    /// Removes the keys that no record needs, but for the current one, from wherever this directory has had a key: where its
    /// marker says, and where its records' keys were.
    pub(crate) async fn remove_unneeded(&self, seen: &[KeyOrigin], reach: Reach) -> Result<(), Error> {
        let lock = self.lock(Sharing::Exclusive).await?;
        let mut needed = records::keys_needed(&self.directory)?;
        let Some(marked) = self.marker.read()?.filter(|_| !needed.others) else { return Ok(()) };
        needed.known.push(marked.current);
        let mut all_asked = true;
        for place in &self.places {
            let origin = place.origin();
            if marked.places().any(|place| place == origin) || seen.contains(&origin) {
                if reach == Reach::Everywhere || self.protection.allows(origin) {
                    place.retain(&needed.known, &lock).await?;
                } else {
                    all_asked = false;
                }
            }
        }
        if all_asked { self.marker.forget_earlier() } else { Ok(()) }
    }

    /// Removes every key if no record is left; `last` is where the key of the last one was. The keyring is asked only where it
    /// may be, and where a key of this directory has been there.
    pub(crate) async fn remove_with_the_last_record(&self, last: Option<KeyOrigin>) -> Result<(), Error> {
        if !records::paths(&self.directory)?.is_empty() {
            return Ok(());
        }
        let lock = self.lock(Sharing::Exclusive).await?;
        if !records::paths(&self.directory)?.is_empty() {
            return Ok(());
        }
        let marked = self.marker.read()?;
        let used: Vec<KeyOrigin> = marked.iter().flat_map(Marked::places).chain(last).collect();
        for place in &self.places {
            let is_a_file = matches!(place.origin(), KeyOrigin::KeyFile | KeyOrigin::Passphrase);
            if is_a_file || used.contains(&place.origin()) && self.protection.allows(place.origin()) {
                place.retain(&[], &lock).await?;
            }
        }
        self.marker.remove()
    }

    /// Why no place could be used, and what can be done about each.
    pub(crate) fn none_of(&self, reasons: &[Error]) -> Error {
        match reasons {
            [] => return Error::new(ErrorKind::Store, "the key may be kept nowhere").with_help(ANOTHER_PLACE),
            [only] => return only.clone(),
            _ => {}
        }
        let texts: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        // A help begins with what would make the place usable.
        let helps = reasons.iter().filter_map(|reason| reason.help()?.split(';').next());
        let mut helps: Vec<&str> = helps.map(|help| help.trim_end_matches(" and try again")).collect();
        if !self.protection.steps().contains(&KeyOrigin::KeyFile) {
            helps.push(ANOTHER_PLACE);
        }
        helps.dedup();
        Error::new(ErrorKind::Store, format!("the key can be kept nowhere: {}", texts.join("; ")))
            .with_help(helps.join(", or "))
    }

    async fn lock(&self, sharing: Sharing) -> Result<Arc<FileLock>, Error> {
        let wait = Wait::of(Duration::MAX).at_most(self.lock_timeout);
        lock::acquire(&self.directory.join("key.lock"), sharing, wait).await.map(Arc::new)
    }
}

fn without_repetition(origins: Vec<KeyOrigin>) -> Vec<KeyOrigin> {
    let mut once = Vec::new();
    for origin in origins {
        if !once.contains(&origin) {
            once.push(origin);
        }
    }
    once
}

/// A place that is not the first choice, and what that means.
fn warn_of(origin: KeyOrigin, directory: &Path, passed_over: &[Error]) {
    let Some(reason) = passed_over.first() else { return };
    let directory = directory.display();
    if origin == KeyOrigin::KeyFile {
        tracing::warn!(
            %directory,
            "{reason}; tokens are encrypted with a key in a file, so whoever can read your files can read them"
        );
    } else {
        tracing::info!(%directory, "{reason}; tokens are encrypted with a key in {origin}");
    }
}
