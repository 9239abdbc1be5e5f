//! The emulator and the browser, from outside.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests use the real environment, clock and disk")]

mod arm;
mod assets;
mod browser;
mod caller;
mod client;
mod commands;
mod data_plane;
mod endpoints;
mod entra;
mod faults;
mod managed_identity;
mod proxy;
mod replay;
mod script;
mod store;
mod workspaces;
