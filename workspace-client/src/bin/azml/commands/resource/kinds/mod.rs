//! One file a kind: how it is shown, and what a file says of it (observed: azure-ai-ml 1.35).

mod batch_deployment;
mod batch_endpoint;
mod capability_host;
mod connection;
mod datastore;
mod deployment;
mod marketplace_subscription;
mod online_deployment;
mod online_endpoint;
mod schedule;
mod serverless_endpoint;

pub(super) use connection::category;
