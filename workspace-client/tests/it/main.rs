//! Everything that needs a peer, a process or a file.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests write files, spawn callers, and may panic")]

#[cfg(feature = "cli")]
mod account_races;
#[cfg(feature = "cli")]
mod accounts;
mod arm;
#[cfg(feature = "cli")]
mod asset_commands;
mod assets;
#[cfg(feature = "cli")]
mod az_ml_commands;
mod az_shim;
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
#[cfg(feature = "cli")]
mod endpoint_commands;
#[cfg(all(feature = "cli", unix))]
mod headless;
#[cfg(all(feature = "cli", unix))]
mod identity_serve;
#[cfg(feature = "cli")]
mod job_commands;
#[cfg(feature = "cli")]
mod job_files;
mod jobs;
#[cfg(feature = "cli")]
mod key;
#[cfg(feature = "cli")]
mod managed_identity;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod mount;
mod operation;
#[cfg(feature = "cli")]
mod preview_commands;
#[cfg(feature = "cli")]
mod reach;
mod registration;
mod registries;
#[cfg(feature = "cli")]
mod registry_commands;
#[cfg(feature = "cli")]
mod resource_files;
#[cfg(feature = "cli")]
mod rest_commands;
mod rig;
#[cfg(feature = "cli")]
mod secrecy;
mod services;
#[cfg(feature = "cli")]
mod sign_in;
mod specs;
#[cfg(all(feature = "cli", unix))]
mod ssh;
#[cfg(feature = "cli")]
mod storm;
#[cfg(all(feature = "cli", unix))]
mod story;
#[cfg(feature = "cli")]
mod support;
#[cfg(feature = "cli")]
mod table_commands;
mod tracking;
#[cfg(feature = "transfer")]
mod transfer;
#[cfg(feature = "tunnel")]
mod tunnel;
#[cfg(feature = "cli")]
mod update_azure_cli;
#[cfg(feature = "cli")]
mod workloads;
mod workspace;
#[cfg(feature = "cli")]
mod workspace_commands;
mod workspace_management;
