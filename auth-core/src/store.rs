//! The port behind which tokens are kept between processes.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::request::Key;
use crate::{AccessToken, Account, Credential, Error, ErrorKind, Grant, Scopes, Secret, Tenant, TokenRequest};

/// Where records are kept. Reading needs no lock and always sees a whole record; writing needs [`TokenStore::lock`], whose
/// answer is the only thing that can write.
#[async_trait]
pub trait TokenStore: Debug + Send + Sync {
    /// The record of a partition, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it is there but cannot be read.
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error>;

    /// Takes the partition's lock against every other process and task, waiting at most `wait`. It is released on drop, and
    /// by the death of its holder.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if somebody else still holds it, [`ErrorKind::Store`] if it cannot be taken at all.
    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error>;

    /// The partitions that have a record, in no particular order. None is opened.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if they cannot be listed.
    async fn partitions(&self) -> Result<Vec<Partition>, Error>;
}

/// A partition under its lock: the only way to write.
#[async_trait]
pub trait LockedPartition: Debug + Send + Sync {
    /// The record as it is now.
    ///
    /// # Errors
    /// As [`TokenStore::load`].
    async fn load(&self) -> Result<Option<Record>, Error>;

    /// Replaces the record as a whole.
    ///
    /// # Errors
    /// [`ErrorKind::Store`]; the earlier record is then still in place.
    async fn save(&mut self, record: &Record) -> Result<(), Error>;

    /// Removes the record and says whether there was one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`].
    async fn remove(&mut self) -> Result<bool, Error>;
}

/// Whose tokens a record holds: picks the record and its lock.
///
/// Its text is the way of signing in, the cloud, and whatever tells two identities of that kind apart, joined by `/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(Arc<str>);

impl Partition {
    /// A partition for identities that sign in by `kind`, told apart by `parts`. Slashes within a part are escaped.
    pub fn new<'a>(kind: &str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let escape = |part: &str| part.replace('%', "%25").replace('/', "%2F").to_lowercase();
        let mut text = escape(kind);
        for part in parts {
            text.push('/');
            text.push_str(&escape(part));
        }
        Self(text.into())
    }

    /// The partition whose text this is; see [`Partition::as_str`].
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether this partition begins with all of another one.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The partition's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

/// Everything that is kept of one identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Who signed in.
    pub account: Option<Account>,
    /// Redeems further access tokens, for every tenant and resource of the account.
    pub refresh_token: Option<Secret>,
    /// How an application signs in; a person has a refresh token instead.
    pub credential: Option<Credential>,
    /// The access tokens, one for each pair of scopes and tenant.
    pub tokens: Vec<StoredToken>,
    /// Tokens that a service refused and that are not of this record, but may still be found elsewhere, such as in another
    /// program's cache.
    pub refused: Vec<AccessToken>,
}

/// An access token with what was asked to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The scopes that were asked for.
    pub scopes: Scopes,
    /// The tenant that was asked for; none means the identity's own.
    pub tenant: Option<Tenant>,
    /// The token.
    pub token: AccessToken,
}

impl Record {
    /// The token that was saved for this request, usable or not.
    pub fn token(&self, request: &TokenRequest) -> Option<&AccessToken> {
        self.tokens.iter().find(|stored| stored.is_for(&request.key)).map(|stored| &stored.token)
    }

    /// Drops a token that a service refused. One that is not here is remembered until it expires; a record may well be made for
    /// that alone.
    pub fn refuse(&mut self, rejected: &AccessToken, now: SystemTime) {
        let before = self.tokens.len();
        self.tokens.retain(|stored| stored.token.secret() != rejected.secret());
        self.refused.retain(|earlier| earlier.is_usable(now));
        if self.tokens.len() == before && !self.has_refused(rejected) && rejected.is_usable(now) {
            self.refused.push(AccessToken::new(rejected.secret().clone(), rejected.expires_on()));
        }
    }

    /// Whether a service refused this token.
    pub fn has_refused(&self, token: &AccessToken) -> bool {
        self.refused.iter().any(|refused| refused.secret() == token.secret())
    }

    /// Takes in a grant: its access token replaces the one of the same request, its refresh token the earlier one. Tokens
    /// that have expired by `now` are dropped, and so is everything else if the grant belongs to another account.
    pub fn merge(&mut self, request: &TokenRequest, grant: &Grant, now: SystemTime) {
        let id = |account: &Option<Account>| account.as_ref().and_then(|account| account.home_account_id.clone());
        if grant.account.is_some() && self.account.is_some() && id(&grant.account) != id(&self.account) {
            *self = Self::default();
        }
        self.tokens.retain(|stored| stored.token.is_usable(now) && !stored.is_for(&request.key));
        let Key { scopes, tenant, .. } = request.key.clone();
        // What is withdrawn from this process's memory may still be in order here.
        self.tokens.push(StoredToken { scopes, tenant, token: grant.access_token.detached() });
        // Whoever signs in in another way than before is not to be renewed in the earlier one.
        if let Some(refresh_token) = &grant.refresh_token {
            self.refresh_token = Some(refresh_token.clone());
            self.credential = None;
        }
        if let Some(credential) = &grant.credential {
            self.credential = Some(credential.clone());
            self.refresh_token = None;
        }
        if let Some(account) = &grant.account {
            self.account = Some(account.clone());
        }
    }
}

impl StoredToken {
    fn detached(&self) -> Self {
        Self { token: self.token.detached(), ..self.clone() }
    }

    fn is_for(&self, key: &Key) -> bool {
        self.scopes == key.scopes && self.tenant == key.tenant
    }
}

/// A store that lives as long as the process. Clones share their records.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<HashMap<Partition, Slot>>>);

type Slot = (Option<Record>, Arc<tokio::sync::Mutex<()>>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn with_slot<T>(&self, partition: &Partition, f: impl FnOnce(&mut Slot) -> T) -> T {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(slots.entry(partition.clone()).or_default())
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        let record = self.with_slot(partition, |slot| slot.0.clone());
        Ok(record.map(|record| Record { tokens: record.tokens.iter().map(StoredToken::detached).collect(), ..record }))
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        let mutex = self.with_slot(partition, |slot| slot.1.clone());
        let held = tokio::time::timeout(wait, mutex.lock_owned()).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, format!("another task has held the lock of {partition} for {wait:?}"))
        })?;
        Ok(Box::new(LockedMemory { store: self.clone(), partition: partition.clone(), _held: held }))
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(slots.iter().filter(|(_, slot)| slot.0.is_some()).map(|(partition, _)| partition.clone()).collect())
    }
}

#[derive(Debug)]
struct LockedMemory {
    store: MemoryStore,
    partition: Partition,
    _held: tokio::sync::OwnedMutexGuard<()>,
}

#[async_trait]
impl LockedPartition for LockedMemory {
    async fn load(&self) -> Result<Option<Record>, Error> {
        self.store.load(&self.partition).await
    }

    async fn save(&mut self, record: &Record) -> Result<(), Error> {
        self.store.with_slot(&self.partition, |slot| slot.0 = Some(record.clone()));
        Ok(())
    }

    async fn remove(&mut self) -> Result<bool, Error> {
        Ok(self.store.with_slot(&self.partition, |slot| slot.0.take().is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_partitions_never_share_a_text() {
        assert_ne!(Partition::new("login", ["a/b"]), Partition::new("login", ["a", "b"]));
        let cloud = Partition::new("login", ["AzureCloud"]);
        assert_eq!(cloud.as_str(), "login/azurecloud");
        assert!(Partition::new("login", ["AzureCloud", "x"]).is_within(&cloud) && cloud.is_within(&cloud));
        assert!(!Partition::new("login", ["AzureCloudy"]).is_within(&cloud));
    }

    #[test]
    fn whoever_signs_in_in_another_way_is_renewed_in_that_way() {
        let cloud = crate::Cloud::public();
        let (request, now) = (TokenRequest::arm(&cloud), SystemTime::UNIX_EPOCH);
        let token = AccessToken::new("t", now + Duration::from_secs(60));
        let by_person = Grant { refresh_token: Some("r".into()), ..token.clone().into() };
        let by_machine = Grant { credential: Some(Credential::ManagedIdentity("MSI".into())), ..token.clone().into() };
        let mut record = Record::default();
        record.merge(&request, &by_machine, now);
        record.merge(&request, &by_person, now);
        assert!(record.refresh_token.is_some() && record.credential.is_none());
        record.merge(&request, &by_machine, now);
        assert!(record.refresh_token.is_none() && record.credential.is_some());
        record.merge(&request, &token.into(), now);
        assert!(record.credential.is_some(), "a renewal brings neither");
    }
}
