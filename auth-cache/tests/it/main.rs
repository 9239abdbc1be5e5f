//! The store against the file system, other processes, and a real keyring.
#![cfg(unix)] // modes, pipes, links, SIGKILL
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod cached;
mod clock;
mod damage;
mod disk;
mod inspection;
mod keyring;
mod keys;
#[cfg(all(feature = "keyutils", target_os = "linux"))]
mod keyutils;
mod locks;
mod memory;
mod moves;
mod passphrase;
#[cfg(feature = "redis")]
mod redis;
mod round_trip;
mod secrecy;
mod storm;
mod support;
