//! `azml compute`.

mod description;
mod shown;

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::Workspace;
use workspace_client::resources::compute::{Compute, Scale, UnderlyingResource, VmSize};

use super::resource::{all, finish, some, workspace_of};
use crate::args::{
    AttachComputeArgs, AttachedType, ComputeArgs, ComputeCommand, CreateComputeArgs, LimitArgs, RegionArgs,
    RemoveComputeArgs, UpdateComputeArgs, WaitingComputeArgs, WorkspaceArgs,
};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::confirm;

pub(crate) fn run(command: ComputeCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ComputeCommand::Create(args) => create(*args, context),
        ComputeCommand::Attach(args) => attach(args, context),
        ComputeCommand::List { kind, limit, workspace } => list(kind.as_deref(), limit, workspace, context),
        ComputeCommand::Show(args) => show(args, context),
        ComputeCommand::Update(args) => update(args, context),
        ComputeCommand::Start(args) => act(args, Action::Start, context),
        ComputeCommand::Stop(args) => act(args, Action::Stop, context),
        ComputeCommand::Restart(args) => act(args, Action::Restart, context),
        ComputeCommand::Delete(args) => remove(args, UnderlyingResource::Delete, context),
        ComputeCommand::Detach(args) => remove(args, UnderlyingResource::Detach, context),
        ComputeCommand::ListNodes(args) => list_nodes(args, context),
        ComputeCommand::ListSizes { kind, region } => list_sizes(kind.as_deref(), region, context),
        ComputeCommand::ListUsage(region) => list_usage(region, context),
    }
}

#[derive(Clone, Copy)]
enum Action {
    Restart,
    Start,
    Stop,
}

fn create(args: CreateComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (no_wait, described) = (args.no_wait, description::read(&args)?);
    let ws = workspace_of(args.workspace, context)?;
    let (name, body) = described.build(&ws)?;
    let computes = ws.computes();
    let created = block_on(async {
        finish(computes.create_or_update(&name, &body).await?, no_wait, "creating the compute").await
    })?;
    Ok(created.map(|compute| one(&compute)))
}

fn attach(args: AttachComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (kind, settings) = match args.kind {
        AttachedType::Kubernetes => ("Kubernetes", json!({"namespace": args.namespace})),
        AttachedType::SynapseSpark => ("SynapseSpark", json!({})),
    };
    let properties = json!({"computeType": kind, "resourceId": args.resource_id, "properties": settings});
    let mut body = json!({"properties": properties});
    if let Some(identity) = description::identity(&args.identity)? {
        body["identity"] = identity;
    }
    let computes = workspace_of(args.workspace, context)?.computes();
    let attached = block_on(async {
        finish(computes.create_or_update(&args.name, &body).await?, args.no_wait, "attaching the compute").await
    })?;
    Ok(attached.map(|compute| one(&compute)))
}

fn list(
    kind: Option<&str>,
    limit: LimitArgs,
    workspace: WorkspaceArgs,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let computes = workspace_of(workspace, context)?.computes();
    let is_wanted = |compute: &Compute| {
        kind.is_none_or(|kind| compute.compute_type().is_some_and(|own| own.as_str().eq_ignore_ascii_case(kind)))
    };
    let found = some(computes.list(), limit, is_wanted, shown::compute)?;
    Ok(Some(Outcome::with_columns(found, &shown::COLUMNS)))
}

fn show(args: ComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let computes = workspace_of(args.workspace, context)?.computes();
    Ok(Some(one(&block_on(computes.get(&args.name))?)))
}

fn update(args: UpdateComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitingComputeArgs { compute: ComputeArgs { name, workspace }, no_wait } = args.waiting;
    let computes = workspace_of(workspace, context)?.computes();
    let updated = block_on(async {
        // What is not said stays: the API wants both limits.
        let scale = computes.get(&name).await?.scale().ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{name} is no cluster, and the API changes nothing else"))
                .with_help("azml compute list --type amlcompute")
        })?;
        let scale = Scale {
            min_nodes: args.min_instances.unwrap_or(scale.min_nodes),
            max_nodes: args.max_instances.unwrap_or(scale.max_nodes),
            idle_time: args.idle_time_before_scale_down.map(Duration::from_secs).or(scale.idle_time),
        };
        finish(computes.update(&name, &scale).await?, no_wait, "changing the compute").await
    })?;
    Ok(updated.map(|compute| one(&compute)))
}

fn act(args: WaitingComputeArgs, action: Action, context: &Context) -> Result<Option<Outcome>, Error> {
    let computes = workspace_of(args.compute.workspace, context)?.computes();
    let name = args.compute.name;
    block_on(async {
        let (poller, what) = match action {
            Action::Restart => (computes.restart(&name).await?, "restarting the compute instance"),
            Action::Start => (computes.start(&name).await?, "starting the compute instance"),
            Action::Stop => (computes.stop(&name).await?, "stopping the compute instance"),
        };
        finish(poller, args.no_wait, what).await
    })?;
    Ok(None)
}

fn remove(
    args: RemoveComputeArgs,
    underlying: UnderlyingResource,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let WaitingComputeArgs { compute: ComputeArgs { name, workspace }, no_wait } = args.waiting;
    let (verb, what) = match underlying {
        UnderlyingResource::Delete => ("delete", "deleting the compute"),
        UnderlyingResource::Detach => ("detach", "detaching the compute"),
    };
    confirm(&format!("{verb} the compute {name}"), args.yes)?;
    let computes = workspace_of(workspace, context)?.computes();
    block_on(async { finish(computes.delete(&name, underlying).await?, no_wait, what).await })?;
    Ok(None)
}

fn list_nodes(args: ComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let nodes = all(workspace_of(args.workspace, context)?.computes().nodes(&args.name), shown::node)?;
    Ok(Some(Outcome::with_columns(nodes, &shown::NODE_COLUMNS)))
}

fn list_sizes(kind: Option<&str>, region: RegionArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (ws, location) = locate(region, context)?;
    let sizes = block_on(ws.computes().sizes(&location).try_collect())?;
    let fits =
        |size: &&VmSize| kind.is_none_or(|kind| size.compute_types().any(|known| known.eq_ignore_ascii_case(kind)));
    let sizes: Vec<_> = sizes.iter().filter(fits).map(shown::size).collect();
    Ok(Some(Outcome::with_columns(sizes.into(), &shown::SIZE_COLUMNS)))
}

fn list_usage(region: RegionArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (ws, location) = locate(region, context)?;
    let usages = all(ws.computes().usages(&location), shown::usage)?;
    Ok(Some(Outcome::with_columns(usages, &shown::USAGE_COLUMNS)))
}

/// The workspace, and the region that is meant.
fn locate(region: RegionArgs, context: &Context) -> Result<(Workspace, String), Error> {
    let ws = workspace_of(region.workspace, context)?;
    let location = match region.location {
        Some(location) => location,
        None => block_on(ws.get())?.location().to_owned(),
    };
    Ok((ws, location))
}

fn one(compute: &Compute) -> Outcome {
    Outcome::with_columns(shown::compute(compute), &shown::COLUMNS)
}
