//! Azure Machine Learning's data plane: discovery, run history, logs and artifacts, metrics, MLflow, scoring, and the storage
//! account.
//!
//! Every job of Resource Manager is a run here, and every run of MLflow is one, too; [`runs`] keeps them all.

mod blobs;
mod discovery;
mod error;
mod history;
mod hosts;
mod metrics;
mod mlflow;
mod request;
mod resolve;
pub(super) mod runs;
mod scoring;
pub(super) mod secrets;
mod tunnel;

use std::sync::Arc;

use axum::Router;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::state::Shared;

pub(super) use self::blobs::{Blobs, serve as serve_blobs};
pub(super) use self::history::issue_run_token;
pub(super) use self::hosts::told_here;
pub(super) use self::request::bearer_claims;
pub(super) use self::runs::Plane;

/// The audience of everything that is not Resource Manager's.
pub(super) const AUDIENCE: &str = "https://ml.azure.com";

/// Every path of the data plane, but for those of blobs.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(discovery::routes())
        .merge(history::routes())
        .merge(metrics::routes())
        .merge(mlflow::routes())
        .merge(resolve::routes())
        .merge(scoring::routes())
        .merge(tunnel::routes())
}

/// A time of the emulator's clock, as the services write it.
fn timestamp(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).expect("a timestamp can be formatted")
}
