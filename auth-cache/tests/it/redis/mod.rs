//! The shared store against a real Redis.

mod failures;
mod locks;
mod machines;
mod records;
mod secrecy;
mod server;
mod tls;
