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
//! | `<partition>-<hash>.azml.lock` | the lock of that partition, and the process id of its holder; never deleted |
//! | `<partition>-<hash>.azml.corrupt-<unix time>` | a record that could not be opened any more; the newest three are kept |
//! | `.<partition>-<hash>.azml.<random>.tmp` | a write in progress; left by a dead process, the next save removes it |
//! | `key` | the key file, if the key is kept there |
//! | `key.passphrase` | the salt and the costs with which a passphrase becomes a key, and the key's fingerprint; no secret |
//! | `key.current` | which key seals new records, and which other places may still hold one; no secret |
//! | `key.lock` | shared while a record is sealed and put in its place, exclusive while a key is made or removed |
//!
//! # A sealed record, byte by byte
//!
//! | offset | bytes | meaning |
//! |---|---|---|
//! | 0 | 4 | `AZML` |
//! | 4 | 1 | the version of this layout, 1; a record with a higher one is left alone |
//! | 5 | 1 | where the key is: 1 the operating system's keyring, 2 the key file, 3 the kernel's keyring, 4 a passphrase, 5 with services that share a store; a record with another is left alone |
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
//! 32 bytes, made when the first record is saved. [`Protection`] lists the places where it may be kept, in order:
//!
//! | place | made of | stays |
//! |---|---|---|
//! | the operating system's keyring | random bytes | as long as the keyring |
//! | the Linux kernel's keyring (feature `keyutils`) | random bytes | until reboot at the latest; it may end with the logout |
//! | a passphrase | Argon2id, 19 MiB, 2 passes, 1 lane, 16 bytes of salt | nowhere; the salt as long as its file |
//! | a key file | random bytes | as long as the file |
//! | memory | no key: records stay in this process | as long as the process |
//!
//! Each place is given two seconds, and one that did not answer is not asked again before it has. Each record says which key
//! sealed it, so that records under different keys live side by side. A key is never replaced while it can be had:
//!
//! * The place that has the current key stays in use, even if one that the protection prefers appears later. Under the default
//!   it does so although the protection does not list it ([`Protection::or_where_it_is`]), and so does a place that has a
//!   record's key. [`FileStore::reprotect`] moves to the preferred place on purpose; a save does so only under a protection
//!   that was chosen and does not list the place, and warns in the log.
//! * A place that cannot be reached just now does not lead to the next one as long as a record is sealed with its key. Nothing is
//!   saved then, and the error says so; the record is read again once the place is back. A wrong passphrase is such a case.
//!   Under no protection is a record replaced that cannot be opened just now.
//! * A key that is gone for good (a keyring that was reset, a logout, a key file or salt that was deleted, a directory that was
//!   moved) makes its records unreadable. They are set aside, a new key is made, and the person signs in again.
//! * With the last record of the directory its keys are removed. What was set aside does not count.
//!
//! # Moves and rotations
//!
//! [`FileStore::reprotect`] and [`FileStore::rotate_key`] take three steps, each of which leaves every record readable:
//!
//! 1. Under the exclusive `key.lock`: make the new key if need be, before the old ones, and name it in `key.current`. A place holds
//!    one key a line.
//! 2. Under the lock of each record in turn: seal it anew.
//! 3. Under the exclusive `key.lock`: remove the keys that no record names.
//!
//! Whoever seals holds `key.lock` shared from the look at `key.current` until the record is in its place, so nobody seals with a
//! key that is about to go, and a remembered key that is no longer current is noticed. `key.lock` is taken after a record's lock,
//! never before it. A reader takes no lock; if the key is gone, it reads the record again.

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
