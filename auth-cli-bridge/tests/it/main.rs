//! The files that the real clients wrote, broken ones, and the way to a new token.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests write the files that they break, and a failed unwrap is a failed test"
)]

mod broken;
mod cases;
#[cfg(unix)]
mod child_az;
mod hostile;
mod renewal;
mod settings;
mod support;
mod write_back;
