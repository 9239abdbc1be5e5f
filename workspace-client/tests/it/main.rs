//! Everything that needs a peer, a process or a file.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests write files, spawn callers, and may panic")]

#[cfg(feature = "cli")]
mod account_races;
#[cfg(feature = "cli")]
mod accounts;
mod arm;
mod assets;
#[cfg(feature = "cli")]
mod azml;
#[cfg(feature = "cli")]
mod browser;
#[cfg(feature = "cli")]
mod clouds;
#[cfg(feature = "cli")]
mod compute_commands;
mod computes;
#[cfg(feature = "cli")]
mod conditional_access;
#[cfg(feature = "cli")]
mod disconnected;
#[cfg(feature = "cli")]
mod doctor;
mod emulator;
#[cfg(all(feature = "cli", unix))]
mod headless;
#[cfg(all(feature = "cli", unix))]
mod identity_serve;
#[cfg(all(feature = "cli", unix))]
mod key;
#[cfg(feature = "cli")]
mod managed_identity;
mod operation;
#[cfg(feature = "cli")]
mod reach;
mod rig;
#[cfg(feature = "cli")]
mod secrecy;
#[cfg(feature = "cli")]
mod sign_in;
mod specs;
#[cfg(feature = "cli")]
mod storm;
#[cfg(feature = "cli")]
mod support;
#[cfg(feature = "cli")]
mod workloads;
mod workspace;
