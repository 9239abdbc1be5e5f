//! `azml compute`.

mod description;
mod shown;

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use workspace_client::Workspace;
use workspace_client::arm::{Pager, Poller};
use workspace_client::resources::compute::{Compute, Scale, UnderlyingResource, VmSize};

use crate::args::{
    AttachComputeArgs, AttachedType, ComputeArgs, ComputeCommand, CreateComputeArgs, RegionArgs, RemoveComputeArgs,
    UpdateComputeArgs, WaitingComputeArgs, WorkspaceArgs,
};
use crate::commands::workspace;
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::{Progress, confirm, say};

pub(crate) fn run(command: ComputeCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ComputeCommand::Create(args) => create(*args, context),
        ComputeCommand::Attach(args) => attach(args, context),
        ComputeCommand::List { kind, max_results, workspace } => list(kind.as_deref(), max_results, workspace, context),
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
    let ws = find(args.workspace, context)?;
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
    let computes = find(args.workspace, context)?.computes();
    let attached = block_on(async {
        finish(computes.create_or_update(&args.name, &body).await?, args.no_wait, "attaching the compute").await
    })?;
    Ok(attached.map(|compute| one(&compute)))
}

fn list(
    kind: Option<&str>,
    max_results: u32,
    workspace: WorkspaceArgs,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let computes = find(workspace, context)?.computes();
    let is_wanted = |compute: &Compute| {
        kind.is_none_or(|kind| compute.compute_type().is_some_and(|own| own.as_str().eq_ignore_ascii_case(kind)))
    };
    let limit = max_results as usize;
    let found = block_on(async {
        let mut found = Vec::new();
        let mut pager = computes.list();
        while let Some(compute) = pager.try_next().await? {
            if is_wanted(&compute) && found.len() == limit {
                say(&format!("warning: there are more than {limit} computes; --max-results shows more of them"));
                break;
            }
            if is_wanted(&compute) {
                found.push(shown::compute(&compute));
            }
        }
        Ok(found)
    })?;
    Ok(Some(Outcome::with_columns(found.into(), &shown::COLUMNS)))
}

fn show(args: ComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let computes = find(args.workspace, context)?.computes();
    Ok(Some(one(&block_on(computes.get(&args.name))?)))
}

fn update(args: UpdateComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitingComputeArgs { compute: ComputeArgs { name, workspace }, no_wait } = args.waiting;
    let computes = find(workspace, context)?.computes();
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
    let computes = find(args.compute.workspace, context)?.computes();
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
    let computes = find(workspace, context)?.computes();
    block_on(async { finish(computes.delete(&name, underlying).await?, no_wait, what).await })?;
    Ok(None)
}

fn list_nodes(args: ComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let nodes = all(find(args.workspace, context)?.computes().nodes(&args.name), shown::node)?;
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

fn find(args: WorkspaceArgs, context: &Context) -> Result<Workspace, Error> {
    workspace::find(args.workspace_name, "--workspace-name", args.place, context)
}

/// The workspace, and the region that is meant.
fn locate(region: RegionArgs, context: &Context) -> Result<(Workspace, String), Error> {
    let ws = find(region.workspace, context)?;
    let location = match region.location {
        Some(location) => location,
        None => block_on(ws.get())?.location().to_owned(),
    };
    Ok((ws, location))
}

/// Waits for the end, unless that is not wanted.
async fn finish<T: DeserializeOwned>(
    mut poller: Poller<T>,
    no_wait: bool,
    what: &'static str,
) -> Result<Option<T>, Error> {
    if no_wait && !poller.is_done() {
        return Ok(None);
    }
    let progress = Progress::new();
    progress.on(what);
    let outcome = poller.wait().await;
    progress.done();
    outcome.map(Some)
}

fn all<T: Send + 'static>(pager: Pager<T>, show: fn(&T) -> Value) -> Result<Value, Error> {
    let items: Vec<T> = block_on(pager.try_collect())?;
    Ok(items.iter().map(show).collect::<Vec<_>>().into())
}

fn one(compute: &Compute) -> Outcome {
    Outcome::with_columns(shown::compute(compute), &shown::COLUMNS)
}
