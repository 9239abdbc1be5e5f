//! What `azml compute update` is told.

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;
use workspace_client::resources::compute::Scale;

use crate::args::ComputeChanges;
use crate::description::Description;

/// What an update changes; the API changes nothing else.
#[derive(Debug, Deserialize)]
struct Changeable {
    #[serde(default)]
    idle_time_before_scale_down: Option<u64>,
    max_instances: u64,
    min_instances: u64,
}

/// Between how many nodes a cluster has, which is shown like this, after the changes.
pub(super) fn changed(shown: &Value, args: &ComputeChanges) -> Result<Scale, Error> {
    let mut described = Description::of(shown.clone());
    described.edit(&args.edit.edits, args.edit.force_string)?;
    let changeable = ["idle_time_before_scale_down", "max_instances", "min_instances"];
    if let Some(name) = described.changed_beside(shown, &changeable) {
        return Err(Error::new(ErrorKind::Configuration, format!("{name} of a compute cannot be changed"))
            .with_help(format!("change one of {}, or create the compute anew", changeable.join(", "))));
    }
    let scale: Changeable = described.parse("a cluster")?;
    let idle_time = args.idle_time_before_scale_down.or(scale.idle_time_before_scale_down);
    Ok(Scale {
        min_nodes: args.min_instances.unwrap_or(scale.min_instances),
        max_nodes: args.max_instances.unwrap_or(scale.max_instances),
        idle_time: idle_time.map(Duration::from_secs),
    })
}
