//! The store against the file system, other processes, and a real keyring.
#![cfg(unix)] // modes, pipes, links, SIGKILL
#![expect(
    clippy::unwrap_used,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "helpers of tests are tests, and the names our own"
)]

mod cached;
mod clock;
mod damage;
mod disk;
mod inspection;
mod keyring;
mod keys;
mod locks;
mod moves;
mod passphrase;
#[cfg(feature = "redis")]
mod redis;
mod round_trip;
mod secrecy;
mod storm;
mod support;
