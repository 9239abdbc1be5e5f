//! The emulator and the browser, from outside.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests use the real environment, clock and disk")]

mod arm;
mod browser;
mod client;
mod commands;
mod data_plane;
mod entra;
mod faults;
mod managed_identity;
mod proxy;
mod script;
mod store;
