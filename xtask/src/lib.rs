//! Developer tooling: the loopback Azure [`emulator`], a [`script`] to play one
//! conversation, a [`browser`] for end-to-end tests, a [`log`] to look into, and the commands of `cargo xtask`.
//!
//! It imports no other crate of the workspace, so every one of them may use it in its tests.
#![allow(clippy::disallowed_methods, reason = "tooling reads the real environment, clock and disk")]

pub mod browser;
pub mod emulator;
pub mod log;
mod loopback;
pub mod script;
pub mod specs;
