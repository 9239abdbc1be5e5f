//! Tokens kept between processes, encrypted: [`FileStore`] is the [`auth_core::TokenStore`] of a machine.
//!
//! With the feature `redis`, `RedisStore` is the store of a service that runs on many machines.
//!
//! ```
//! use std::time::Duration;
//! use auth_cache::{FileStore, Protection};
//! use auth_core::{Partition, Record, Secret, TokenStore};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let directory = folder.path().join("tokens");
//! let store = FileStore::new(directory).with_protection(Protection::file());
//! let ann = Partition::new("login", ["azurecloud", "ann@contoso.com"]);
//!
//! let mut record = Record::default();
//! record.refresh_token = Some(Secret::new("0.AXoA..."));
//! let mut locked = store.lock(&ann, Duration::from_secs(10)).await?; // against every process and task
//! locked.save(&record).await?;
//! drop(locked);
//!
//! assert_eq!(store.load(&ann).await?, Some(record)); // reading needs no lock
//! # Ok(()) }
//! ```
//!
//! # What lies in the directory
//!
//! The directory belongs to the store alone and has mode 0700; every file in it has mode 0600.
//!
//! | file | content |
//! |---|---|
//! | `<partition>-<hash>.azml` | the record of one partition, sealed |
//! | `<partition>-<hash>.azml.lock` | the lock of that partition, and the process id of its last holder; never deleted |
//! | `<partition>-<hash>.azml.corrupt-<unix time>` | a record that could not be opened any more; the newest three are kept |
//! | `.<partition>-<hash>.azml.<random>.tmp` | a write in progress; left by a dead process, the next save removes it |
//! | `key`, `key.lock` | the key file, where the keyring is not used |
//!
//! # A sealed record, byte by byte
//!
//! | offset | bytes | meaning |
//! |---|---|---|
//! | 0 | 4 | `AZML` |
//! | 4 | 1 | the version of this layout, 1; a record with a higher one is left alone |
//! | 5 | 1 | where the key is: 1 in the operating system's keyring, 2 in the key file, 5 with services that share a store; a record with another is left alone |
//! | 6 | 8 | which key: the first bytes of SHA-256 over `azml key id`, a zero byte, and the key |
//! | 14 | 2 | n, the length of the partition's text, big-endian |
//! | 16 | n | the partition's text, UTF-8 |
//! | 16 + n | 12 | the nonce, random |
//! | 28 + n | | AES-256-GCM: the ciphertext and its tag of 16 bytes |
//!
//! Everything before the nonce is associated data, so a record opens only as what it was sealed as: two files that were
//! swapped, or a header that was changed, do not open. The plaintext is JSON; fields that this version does not know are kept.
//!
//! # The key
//!
//! 32 random bytes, made when the first record is saved. [`Protection`] says where it may be kept, and each record says which
//! key sealed it, so that records under different keys live side by side. A key is never replaced while it can be had:
//!
//! * A key file that exists is used for good ([`Protection::KeyringOrFile`]), even if a keyring appears later.
//! * A keyring that cannot be reached just now does not lead to a key file as long as a record is sealed with the keyring's key.
//!   Nothing is saved then, and the error says so; the record is read again once the keyring is back.
//! * A key that is gone for good (a keyring that was reset, a key file that was deleted, a directory that was moved) makes its
//!   records unreadable. They are set aside, a new key is made, and the person signs in again.

mod atomic;
mod directory;
mod file_store;
mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod inspection;
mod key;
mod lock;
mod locked_file;
mod memory;
mod quarantine;
mod records;
#[cfg(feature = "redis")]
mod redis_store;
mod reseal;
mod seal;

pub use file_store::FileStore;
pub use inspection::{Inspection, RecordInspection, StepInspection, StepState};
#[cfg(feature = "redis")]
pub use key::SharedKey;
pub use key::{KeyOrigin, Protection};
pub use lock::HeldLock;
#[cfg(feature = "redis")]
pub use redis_store::RedisStore;
pub use reseal::Resealed;
