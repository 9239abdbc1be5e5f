//! What `azml compute update` is told.

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;
use workspace_client::resources::compute::{Compute, ComputeKind, Scale};
use workspace_client::resources::duration;

use crate::args::ComputeChanges;
use crate::commands::resource::{Listed as _, ManagedIdentity};
use crate::description::{Description, Texts, texts};

/// What can be changed of a cluster, and of any other compute only the last; the identity has options of its own.
const CHANGEABLE: [&str; 4] = ["idle_time_before_scale_down", "max_instances", "min_instances", "tags"];

/// What is to be sent.
pub(super) enum Changed {
    /// Between how many nodes a cluster has, which the API changes alone.
    Scale(Scale),
    /// The compute: the rest of it is changed with all that it has (observed: azure-ai-ml 1.35).
    Whole(Box<Compute>),
}

#[derive(Debug, Deserialize)]
struct Limits {
    #[serde(default)]
    idle_time_before_scale_down: Option<u64>,
    max_instances: u64,
    min_instances: u64,
}

#[derive(Debug, Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Texts,
}

/// What the changes make of a compute.
pub(super) fn changed(compute: &Compute, args: &ComputeChanges) -> Result<Changed, Error> {
    let before = ComputeKind::shown(compute);
    let after = described(&before, args)?;
    let is_cluster = compute.scale().is_some();
    let changeable = if is_cluster { &CHANGEABLE[..] } else { &CHANGEABLE[3..] };
    if let Some(name) = after.changed_beside(&before, changeable) {
        let message = format!("{name} of this compute cannot be changed");
        return Err(Error::new(ErrorKind::Configuration, message)
            .with_help(format!("change one of {}, or create the compute anew", changeable.join(", "))));
    }
    let identity = ManagedIdentity::said(&args.identity)?;
    let tags: Tags = after.parse("a compute")?;
    let has_tags = before["tags"] != after.members()["tags"];
    let scale = if is_cluster { Some(after.parse::<Limits>("a cluster")?.scale()) } else { None };
    if let (Some(scale), None, false) = (scale, &identity, has_tags) {
        return Ok(Changed::Scale(scale));
    }
    let mut whole = compute.clone();
    if let Some(scale) = scale {
        whole = scaled(whole, scale);
    }
    if has_tags {
        whole = whole.with("/tags", texts(&tags.tags));
    }
    let whole = identity.into_iter().fold(whole, |whole, identity| whole.with("/identity", identity.json()));
    Ok(Changed::Whole(Box::new(whole)))
}

/// The compute as it is to be: what is not said stays.
fn described(before: &Value, args: &ComputeChanges) -> Result<Description, Error> {
    let mut after = Description::of(before.clone());
    after.edit(&args.edit.edits, args.edit.force_string)?;
    for (member, option, value) in [
        ("idle_time_before_scale_down", "--idle-time-before-scale-down", args.idle_time_before_scale_down),
        ("max_instances", "--max-instances", args.max_instances),
        ("min_instances", "--min-instances", args.min_instances),
    ] {
        if let Some(value) = value {
            after.put(&[member], option, value.into());
        }
    }
    after.put_tags(&args.tags);
    Ok(after)
}

fn scaled(cluster: Compute, scale: Scale) -> Compute {
    let settings = "/properties/properties/scaleSettings";
    let cluster = cluster
        .with(&format!("{settings}/minNodeCount"), scale.min_nodes)
        .with(&format!("{settings}/maxNodeCount"), scale.max_nodes);
    let idle_time = scale.idle_time.map(duration::write).into_iter();
    idle_time.fold(cluster, |cluster, time| cluster.with(&format!("{settings}/nodeIdleTimeBeforeScaleDown"), time))
}

impl Limits {
    fn scale(&self) -> Scale {
        Scale {
            min_nodes: self.min_instances,
            max_nodes: self.max_instances,
            idle_time: self.idle_time_before_scale_down.map(Duration::from_secs),
        }
    }
}
