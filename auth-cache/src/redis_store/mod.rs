//! The store of services on many machines: a Redis that they share.

mod lock;
mod server;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Error, ErrorKind, LockedPartition, Partition, Record, Secret, TokenStore};
use aws_lc_rs::digest::{SHA256, digest};
use redis::{Cmd, FromRedisValue};
use tokio::time::timeout;
use zeroize::Zeroizing;

use self::lock::LockedRedis;
use self::server::Server;
use crate::directory::hex;
use crate::format::SavedRecord;
use crate::key::SharedKey;
use crate::seal::{Envelope, EnvelopeError, TAG_LENGTH, seal};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// No value of ours is larger.
const LARGEST_VALUE: usize = 1 << 20;
/// How long a list of partitions may take: Redis goes through all its keys for it.
const LISTING_LIMIT: Duration = Duration::from_secs(10);

/// Keeps records in a Redis, sealed, so that the replicas of a service sign in once between them. Clones share a connection.
///
/// ```no_run
/// use std::sync::Arc;
/// use auth_cache::{RedisStore, SharedKey};
/// use auth_core::{Cached, Cloud, Error, Secret, TokenSource};
///
/// async fn shared<S: TokenSource>(source: S, redis_url: Secret) -> Result<Cached<S>, Error> {
///     let key = SharedKey::from_keyring("orders").await?; // or SharedKey::from_text, from a secret manager
///     let store = RedisStore::new(&redis_url, key)?.with_namespace("orders")?;
///     Ok(Cached::new(source, Cloud::public()).with_store(Arc::new(store)))
/// }
/// ```
///
/// # Installing the key
///
/// Every replica needs the same [`SharedKey`]. Make it once (`head -c 32 /dev/urandom | base64`, or [`SharedKey::generate`]) and
/// give it to the replicas through a secret manager, or put it into the keyring of each machine with
/// [`SharedKey::put_into_keyring`]. Redis itself never has it.
///
/// To replace a key: first give every replica the new one by [`RedisStore::with_other_key`], then let the new one seal and the
/// old one open, and drop the old one once every record has been saved again or has expired.
///
/// # What Redis sees
///
/// Values are sealed by AES-256-GCM before they leave the process. The layout is that of the crate's documentation, with 5 as
/// the place of the key and with a hash instead of the partition's text. The plaintext is the JSON of the record, a line break,
/// and the partition's text. A value opens only under its own name, so swapping two values gains nothing.
///
/// | key | value | expires |
/// |---|---|---|
/// | `<namespace>:{<hash>}:record` | the sealed record | 90 days after the last save |
/// | `<namespace>:{<hash>}:lock` | a random name of the holder | with its lease, after 30 seconds |
/// | `<namespace>:{<hash>}:fence` | `number`, how often the lock was taken, and `holder`, the last one | 90 days after the last lock, never before a day |
///
/// The hash is the start of SHA-256 over `azml partition`, the namespace and the partition's text, with zero bytes between
/// them. It stays the same when the key is replaced. Whoever reads Redis learns how many identities there are, how large their
/// records are, when they are renewed, and which key sealed them; and can check a guess of a whole partition, but read none.
/// Whoever writes to Redis can remove records, put back an older one, or take a lock, which costs further sign-ins.
///
/// # The lock
///
/// One script takes the lock by `SET NX PX` and a fencing number by `HINCRBY`. Waiting is asking again, after pauses that grow
/// from 10 to 250 milliseconds. Dropping the lock sends a script that deletes it only if it is still the same holder's.
///
/// The lease is not renewed while it is held, as there is nothing that could do so without a task of its own, and it may be
/// short because it does not have to outlast the slowest acquisition: a save is refused exactly if somebody else has taken the
/// lock since, or if Redis has forgotten all about it. So a holder that was too slow may cost a second refresh, but never
/// overwrites a newer record, and a holder that died holds the others up for 30 seconds at most, which is less than they wait.
/// A save leaves one second of the lease, as a process that ends at once may not get to send the release.
///
/// # Failures
///
/// Nothing waits for Redis longer than the time limit, 2 seconds. A connection is made at the first use. If it is lost, the
/// same call makes another; if that fails, Redis is left alone for five seconds, in which every call fails at once. A server
/// that cannot be asked is [`ErrorKind::Store`], so [`auth_core::Cached`] gets its token all the same, keeps it in memory and
/// says so once; only a lock that somebody holds is [`ErrorKind::Timeout`]. The password of the URL is in no error and no log.
#[derive(Clone, Debug)]
pub struct RedisStore {
    server: Arc<Server>,
    /// The first seals, all open.
    keys: Vec<SharedKey>,
    namespace: Arc<str>,
    lifetime: Duration,
    lease: Duration,
    time_limit: Duration,
}

impl RedisStore {
    /// A store in the Redis of this URL: `redis://user:password@host:port/number`, `rediss://` for TLS, or
    /// `unix:///path?pass=password`. Nothing is contacted yet.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the URL is not one.
    pub fn new(url: &Secret, key: SharedKey) -> Result<Self, Error> {
        Ok(Self {
            server: Arc::new(Server::new(url)?),
            keys: vec![key],
            namespace: "azml".into(),
            lifetime: 90 * DAY,
            lease: Duration::from_secs(30),
            time_limit: Duration::from_secs(2),
        })
    }

    /// Opens what was sealed with this key too, while a key is being replaced. The key that the store was made with seals.
    pub fn with_other_key(mut self, key: SharedKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Keeps apart from other applications in the same Redis: begins every name with `namespace`, which is `azml` unless said
    /// otherwise.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is empty or holds anything but ASCII letters, digits, `-`, `_`, `.` and `:`.
    pub fn with_namespace(mut self, namespace: &str) -> Result<Self, Error> {
        let is_known = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if namespace.is_empty() || !namespace.chars().all(is_known) {
            let message = format!("{namespace:?} cannot be a namespace in Redis");
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("use letters, digits, and - _ . : between them"));
        }
        self.namespace = namespace.into();
        Ok(self)
    }

    /// Forgets a record that was not saved for this long; 90 days, the life of a refresh token, unless said otherwise.
    pub fn with_record_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Lets another process take the lock when its holder has had it for this long; 30 seconds unless said otherwise.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Waits for each answer of Redis, and for a connection to it, for this long at most; 2 seconds unless said otherwise, and
    /// never more than a day.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit.min(DAY);
        self
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        self.server.ask(command, self.time_limit).await
    }

    fn names(&self, partition: &Partition) -> Names {
        let input = ["azml partition", &self.namespace, partition.as_str()].join("\0");
        let id = hex(&digest(&SHA256, input.as_bytes()).as_ref()[..16]);
        let name = |what| self.name(&id, what);
        Names { record: name("record"), lock: name("lock"), fence: name("fence"), id: Partition::from_text(&id) }
    }

    /// The braces keep the three keys of a partition on one node of a cluster.
    fn name(&self, id: &str, what: &str) -> String {
        format!("{}:{{{id}}}:{what}", self.namespace)
    }

    /// The sealed value. Its header names the partition as Redis does; the partition's text is within.
    fn seal(&self, partition: &Partition, record: &SavedRecord) -> Result<Vec<u8>, Error> {
        let failed =
            |why: &str| Error::new(ErrorKind::Store, format!("the record of {partition} cannot be sealed: {why}"));
        let json = record.to_json(0).map_err(|error| failed(&error.to_string()))?;
        let text = partition.as_str();
        let mut plaintext = Zeroizing::new(Vec::with_capacity(json.len() + 1 + text.len() + TAG_LENGTH));
        plaintext.extend_from_slice(&json);
        plaintext.push(b'\n');
        plaintext.extend_from_slice(text.as_bytes());
        let sealed = seal(self.keys[0].key(), &self.names(partition).id, plaintext);
        let sealed = sealed.map_err(|_| failed("the cipher refused it"))?;
        if sealed.len() > LARGEST_VALUE {
            return Err(failed("it is larger than a record can be"));
        }
        Ok(sealed)
    }

    async fn open(&self, partition: &Partition) -> Result<Option<SavedRecord>, Unreadable> {
        let name = self.names(partition).record;
        let Some(sealed) = self.value(&name).await.map_err(Unreadable::NotOurs)? else { return Ok(None) };
        let (found, record) = self.opened(&name, &sealed)?;
        if found == *partition { Ok(Some(record)) } else { Err(self.damaged(&name)) }
    }

    async fn value(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        // One byte more than a value may have shows that it is too long.
        let value: Vec<u8> = self.ask(redis::cmd("GETRANGE").arg(name).arg(0).arg(LARGEST_VALUE)).await?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// What is in the value of this name, and whose it is.
    fn opened(&self, name: &str, sealed: &[u8]) -> Result<(Partition, SavedRecord), Unreadable> {
        let address = self.server.address();
        let not_ours = |why: &str, help: &str| {
            let message = format!("{name} in Redis at {address} {why}");
            Unreadable::NotOurs(Error::new(ErrorKind::Store, message).with_help(help))
        };
        let envelope = Envelope::parse(sealed).map_err(|error| match error {
            EnvelopeError::Damaged => self.damaged(name),
            EnvelopeError::Newer => {
                not_ours("was written by a later version", "update this program; the record is left as it is")
            }
        })?;
        if self.name(envelope.partition, "record") != name {
            return Err(self.damaged(name));
        }
        let key = self.keys.iter().map(SharedKey::key).find(|key| key.id() == envelope.key).ok_or_else(|| {
            not_ours("was sealed with another key", "give all replicas the same shared key, or another namespace")
        })?;
        let plaintext = envelope.open(key).map_err(|_| self.damaged(name))?;
        let parts = || {
            // JSON as it is written here holds no line break.
            let line = plaintext.iter().position(|byte| *byte == b'\n')?;
            let partition = std::str::from_utf8(&plaintext[line + 1..]).ok()?;
            Some((Partition::from_text(partition), SavedRecord::from_json(&plaintext[..line])?))
        };
        parts().ok_or_else(|| self.damaged(name))
    }

    fn damaged(&self, name: &str) -> Unreadable {
        let message =
            format!("{name} in Redis at {} cannot be opened: it is damaged, or was moved", self.server.address());
        Unreadable::Damaged(Error::new(ErrorKind::Store, message).with_help("sign in again: azml login"))
    }
}

#[async_trait]
impl TokenStore for RedisStore {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        let saved =
            self.open(partition).await.map_err(|(Unreadable::Damaged(error) | Unreadable::NotOurs(error))| error)?;
        Ok(saved.map(|saved| saved.record()))
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        Ok(Box::new(LockedRedis::take(self, partition, wait).await?))
    }

    /// The partitions whose records open. Redis goes through all its keys for the answer; more than ten seconds are an error.
    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        let listing = async {
            let mut found = BTreeSet::new();
            let mut cursor = 0_u64;
            loop {
                let mut scan = redis::cmd("SCAN");
                scan.arg(cursor).arg("MATCH").arg(self.name("*", "record")).arg("COUNT").arg(1000);
                let (next, names): (u64, Vec<String>) = self.ask(&scan).await?;
                for name in names {
                    let value = self.value(&name).await?;
                    let opened = value.and_then(|sealed| self.opened(&name, &sealed).ok());
                    found.extend(opened.map(|(partition, _)| partition));
                }
                cursor = next;
                if cursor == 0 {
                    return Ok(found.into_iter().collect());
                }
            }
        };
        timeout(LISTING_LIMIT, listing).await.unwrap_or_else(|_| {
            let message =
                format!("the records in Redis at {} were not listed in {LISTING_LIMIT:?}", self.server.address());
            Err(Error::new(ErrorKind::Store, message).with_help("use a Redis, or a database of it, with fewer keys"))
        })
    }
}

/// What a partition is called in Redis.
#[derive(Debug)]
struct Names {
    id: Partition,
    record: String,
    lock: String,
    fence: String,
}

/// Why there is a record but not its content.
enum Unreadable {
    /// Nothing will ever open it.
    Damaged(Error),
    /// It must not be touched: somebody else can read it, or Redis cannot be asked just now.
    NotOurs(Error),
}

/// As Redis takes it: at least one, and not more than it can add to the time of day.
fn millis(duration: Duration) -> u64 {
    let most = (36_525 * DAY).as_millis();
    u64::try_from(duration.as_millis().clamp(1, most)).unwrap_or(u64::MAX)
}
