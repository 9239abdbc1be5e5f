//! `azml compute`.

mod attach;
mod description;
mod shown;
mod update;

use auth_core::Error;
use workspace_client::Workspace;
use workspace_client::resources::compute::{Compute, ComputeKind, UnderlyingResource, VmSize};

use self::update::Changed;
use super::resource::{Operation, all, finish, list, one, show, workspace_of};
use super::ssh;
use crate::args::{
    AttachComputeArgs, ComputeCommand, CreateComputeArgs, NameArgs, NoParent, RegionArgs, RemoveArgs,
    UpdateComputeArgs, WaitArgs,
};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::confirm;

pub(crate) fn run(command: ComputeCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ComputeCommand::Create(args) => create(*args, context),
        ComputeCommand::Attach(args) => attach(args, context),
        ComputeCommand::List { kind, limit, workspace } => {
            let is_wanted = |compute: &Compute| match (&kind, compute.compute_type()) {
                (Some(kind), own) => own.is_some_and(|own| own.as_str().eq_ignore_ascii_case(kind)),
                (None, _) => true,
            };
            list(limit, &NoParent {}, workspace, is_wanted, context)
        }
        ComputeCommand::Show(args) => show(args, context),
        ComputeCommand::Update(args) => change(args, context),
        ComputeCommand::Start(args) => act(args, Action::Start, context),
        ComputeCommand::Stop(args) => act(args, Action::Stop, context),
        ComputeCommand::Restart(args) => act(args, Action::Restart, context),
        ComputeCommand::Delete(args) => remove(args, UnderlyingResource::Delete, context),
        ComputeCommand::Detach(args) => remove(args, UnderlyingResource::Detach, context),
        ComputeCommand::EnableSso { name: NameArgs { name, workspace, .. }, disable } => {
            let computes = workspace_of(workspace, context)?.computes();
            block_on(computes.enable_sso(&name, !disable)).map(|()| None)
        }
        ComputeCommand::ConnectSsh { name, session } => ssh::to_compute(name, &session, context),
        ComputeCommand::SshProxy(name) => ssh::carry_to_compute(name, context).map(|()| None),
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
    let operation = Operation::of::<ComputeKind>("creating", &name, &ws);
    let created =
        block_on(async { finish(ws.computes().create_or_update(&name, &body).await?, no_wait, &operation).await })?;
    Ok(created.map(|compute| one(&compute)))
}

fn attach(args: AttachComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (name, body) = attach::described(&args)?;
    let ws = workspace_of(args.workspace, context)?;
    let operation = Operation::of::<ComputeKind>("attaching", &name, &ws);
    let attached = block_on(async {
        finish(ws.computes().create_or_update(&name, &body).await?, args.no_wait, &operation).await
    })?;
    Ok(attached.map(|compute| one(&compute)))
}

fn change(args: UpdateComputeArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let UpdateComputeArgs { waiting: WaitArgs { name: NameArgs { name, workspace, .. }, no_wait }, changes } = args;
    let ws = workspace_of(workspace, context)?;
    let (computes, operation) = (ws.computes(), Operation::of::<ComputeKind>("changing", &name, &ws));
    let updated = block_on(async {
        let compute = computes.get(&name).await?;
        let poller = match update::changed(&compute, &changes)? {
            Changed::Scale(scale) => computes.update(&name, &scale).await?,
            Changed::Whole(compute) => computes.create_or_update(&name, &*compute).await?,
        };
        finish(poller, no_wait, &operation).await
    })?;
    Ok(updated.map(|compute| one(&compute)))
}

fn act(args: WaitArgs<ComputeKind>, action: Action, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitArgs { name: NameArgs { name, workspace, .. }, no_wait } = args;
    let ws = workspace_of(workspace, context)?;
    let computes = ws.computes();
    block_on(async {
        let (poller, doing) = match action {
            Action::Restart => (computes.restart(&name).await?, "restarting"),
            Action::Start => (computes.start(&name).await?, "starting"),
            Action::Stop => (computes.stop(&name).await?, "stopping"),
        };
        finish(poller, no_wait, &Operation::of::<ComputeKind>(doing, &name, &ws)).await
    })?;
    Ok(None)
}

fn remove(
    args: RemoveArgs<ComputeKind>,
    underlying: UnderlyingResource,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let RemoveArgs { waiting: WaitArgs { name: NameArgs { name, workspace, .. }, no_wait }, yes } = args;
    let (verb, doing) = match underlying {
        UnderlyingResource::Delete => ("delete", "deleting"),
        UnderlyingResource::Detach => ("detach", "detaching"),
    };
    confirm(&format!("{verb} the compute {name}"), yes)?;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<ComputeKind>(doing, &name, &ws);
    block_on(async { finish(ws.computes().delete(&name, underlying).await?, no_wait, &operation).await })?;
    Ok(None)
}

fn list_nodes(args: NameArgs<ComputeKind>, context: &Context) -> Result<Option<Outcome>, Error> {
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
pub(crate) fn locate(region: RegionArgs, context: &Context) -> Result<(Workspace, String), Error> {
    let ws = workspace_of(region.workspace, context)?;
    let location = match region.location {
        Some(location) => location,
        None => block_on(ws.get())?.location().to_owned(),
    };
    Ok((ws, location))
}
