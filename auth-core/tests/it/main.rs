//! The tests of auth-core, as one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests spawn the callers that race each other, and a failed unwrap is a failed test"
)]

#[cfg(feature = "azure-core")]
mod azure_sdk;
mod cached;
mod cached_races;
mod cancellation;
mod chain;
mod device_code;
mod http;
mod interactive;
mod oauth;
mod service_principal;
mod single_flight_model;
mod support;
mod token_authentication;
mod token_endpoint;
mod token_handle;
