//! The lock of a partition in Redis: a lease, and a fence for those who outlive it.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Error, ErrorKind, LockedPartition, Partition, Record};
use aws_lc_rs::rand;
use redis::Cmd;
use tokio::time::{Instant, sleep};

use super::{DAY, Names, RedisStore, Unreadable, millis};
use crate::directory::hex;
use crate::format::SavedRecord;

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// What is left of the lease after a save. The release comes next, and a process that ends at once may not get to send it.
const LEASE_AFTER_SAVE: Duration = Duration::from_secs(1);

// The scripts. Each runs as a whole, or not at all. KEYS are the lock, the fence and the record, ARGV[1] is who asks.

/// Takes the lock and answers with its number, counted upwards; or what is left of somebody else's lease, as a number below one.
/// Asking twice is asking once.
const TAKE: &str = "
    local free = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
    if not free and redis.call('GET', KEYS[1]) ~= ARGV[1] then
        return -redis.call('PTTL', KEYS[1])
    end
    if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then
        redis.call('HINCRBY', KEYS[2], 'number', 1)
        redis.call('HSET', KEYS[2], 'holder', ARGV[1])
    end
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
    return tonumber(redis.call('HGET', KEYS[2], 'number'))";

/// Writes, unless somebody else has taken the lock since.
const SAVE: &str = "
    if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
    if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
    return 1";

/// Removes, unless somebody else has taken the lock since.
const REMOVE: &str = "
    if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then return -1 end
    return redis.call('DEL', KEYS[3])";

const RELEASE: &str = "
    if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
    return 0";

/// A partition under its lock, or on the way to it: its drop gives back whatever it may hold.
#[derive(Debug)]
pub(super) struct LockedRedis {
    store: RedisStore,
    partition: Partition,
    names: Names,
    /// Random, so that no two holders are alike, even after Redis has forgotten all numbers.
    holder: String,
    number: i64,
}

impl LockedRedis {
    pub(super) async fn take(store: &RedisStore, partition: &Partition, wait: Duration) -> Result<Self, Error> {
        let mut random = [0; 16];
        rand::fill(&mut random).expect("the operating system gives random bytes");
        let names = store.names(partition);
        let mut locked =
            Self { store: store.clone(), partition: partition.clone(), names, holder: hex(&random), number: 0 };
        let mut take = locked.script(TAKE);
        // A fence that expires before the save would refuse it.
        take.arg(millis(store.lease)).arg(millis(store.lifetime.max(DAY)));

        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let answer: i64 = store.ask(&take).await?;
            if answer > 0 {
                locked.number = answer;
                return Ok(locked);
            }
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(locked.still_held(wait, Duration::from_millis(answer.unsigned_abs())));
            }
            sleep(jittered(pause).min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A script, with all its keys and the name of this holder.
    fn script(&self, text: &str) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(text).arg(3).arg(&self.names.lock).arg(&self.names.fence).arg(&self.names.record);
        command.arg(&self.holder);
        command
    }

    fn still_held(&self, wait: Duration, lease: Duration) -> Error {
        let (partition, address) = (&self.partition, self.store.server.address());
        let message =
            format!("the lock of {partition} in Redis at {address} is still held by somebody else after {wait:?}");
        Error::new(ErrorKind::Timeout, message)
            .with_help(format!("try again; a holder that has died frees the lock within {lease:.1?}"))
    }

    fn overtaken(&self) -> Error {
        let Self { partition, number, .. } = self;
        let (address, lease) = (self.store.server.address(), self.store.lease);
        let message = format!(
            "lock {number} of {partition} in Redis at {address} was lost: it was held for longer than its lease of {lease:?}, \
             or Redis has forgotten it, so nothing was written"
        );
        Error::new(ErrorKind::Store, message).with_help("if this happens often, choose a longer lease")
    }
}

#[async_trait]
impl LockedPartition for LockedRedis {
    async fn load(&self) -> Result<Option<Record>, Error> {
        match self.store.open(&self.partition).await {
            Ok(saved) => Ok(saved.map(|saved| saved.record())),
            // The next save takes its place.
            Err(Unreadable::Damaged(error)) => {
                tracing::warn!(help = error.help(), "{error}");
                Ok(None)
            }
            Err(Unreadable::NotOurs(error)) => Err(error),
        }
    }

    async fn save(&mut self, record: &Record) -> Result<(), Error> {
        let previous = match self.store.open(&self.partition).await {
            Ok(previous) => previous,
            Err(Unreadable::Damaged(_)) => None,
            Err(Unreadable::NotOurs(error)) => return Err(error),
        };
        let sealed = self.store.seal(&self.partition, &SavedRecord::new(record, previous))?;
        let mut save = self.script(SAVE);
        save.arg(sealed).arg(millis(self.store.lifetime)).arg(millis(LEASE_AFTER_SAVE));
        match self.store.ask(&save).await? {
            1 => Ok(()),
            _ => Err(self.overtaken()),
        }
    }

    async fn remove(&mut self) -> Result<bool, Error> {
        match self.store.ask::<i64>(&self.script(REMOVE)).await? {
            -1 => Err(self.overtaken()),
            removed => Ok(removed > 0),
        }
    }
}

impl Drop for LockedRedis {
    fn drop(&mut self) {
        self.store.server.send_now(self.script(RELEASE));
    }
}

/// Between a half and the whole of `pause`, so that waiters do not stay in step.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0];
    // In step is no harm.
    let _ = rand::fill(&mut random);
    pause.mul_f64(0.5 + f64::from(random[0]) / 512.0)
}
