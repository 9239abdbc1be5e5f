//! The store against the file system, other processes, and a real keyring.
#![cfg(unix)] // modes, pipes, links, SIGKILL
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod cached;
mod damage;
mod disk;
mod inspection;
mod keyring;
mod keys;
mod locks;
mod moves;
mod passphrase;
mod round_trip;
mod secrecy;
mod storm;
mod support;
