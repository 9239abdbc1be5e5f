//! What the commands for resources share. A kind that is a table of members needs [`Listed`] and an enum of its commands.

mod list;
mod resolver;
mod tables;
mod wait;

use auth_core::Error;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::{Collection, Kind, LongRunning, Resource};

use super::workspace;
use crate::args::{LimitArgs, ListArgs, NameArgs, RemoveArgs, TableCommand, WaitArgs, WorkspaceArgs};
use crate::context::{Context, block_on};
use crate::entity::{self, Member};
use crate::output::{Column, Outcome};
use crate::terminal::confirm;

pub(crate) use list::{all, some};
pub(crate) use resolver::{Resolver, is_url};
pub(crate) use wait::{Operation, finish};

/// A kind of resource, as azml lists and shows it.
pub(crate) trait Listed: Kind + Sized {
    /// What is shown of it beside what every resource has: the member as `az ml` names it, and where Azure says it.
    const MEMBERS: &'static [Member];
    /// The columns of a table.
    const COLUMNS: &'static [Column];

    fn of(workspace: &Workspace) -> Collection<Self>;

    fn shown(resource: &Resource<Self>) -> Value {
        entity::resource(resource.raw(), Self::TAGS, Self::MEMBERS)
    }
}

/// The commands of a kind that Azure takes its time to delete.
pub(crate) fn run<K: Listed + LongRunning>(
    command: TableCommand<K>,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    match command {
        TableCommand::Delete(args) => delete(args, context),
        TableCommand::List(ListArgs { limit, workspace }) => list::<K>(limit, workspace, |_| true, context),
        TableCommand::Show(args) => show(args, context),
    }
}

/// The commands of a kind that is deleted at once.
pub(crate) fn run_at_once<K: Listed>(
    command: TableCommand<K>,
    context: &Context,
    delete: impl AsyncFnOnce(&Collection<K>, &str) -> Result<(), Error>,
) -> Result<Option<Outcome>, Error> {
    match command {
        TableCommand::Delete(args) => delete_at_once(args, context, delete),
        TableCommand::List(ListArgs { limit, workspace }) => list::<K>(limit, workspace, |_| true, context),
        TableCommand::Show(args) => show(args, context),
    }
}

pub(crate) fn list<K: Listed>(
    limit: LimitArgs,
    workspace: WorkspaceArgs,
    is_wanted: impl Fn(&Resource<K>) -> bool,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let resources = K::of(&workspace_of(workspace, context)?);
    Ok(Some(Outcome::with_columns(some(resources.list(), limit, is_wanted, K::shown)?, K::COLUMNS)))
}

pub(crate) fn show<K: Listed>(args: NameArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let resources = K::of(&workspace_of(args.workspace, context)?);
    Ok(Some(one(&block_on(resources.get(&args.name))?)))
}

pub(crate) fn one<K: Listed>(resource: &Resource<K>) -> Outcome {
    Outcome::with_columns(K::shown(resource), K::COLUMNS)
}

fn delete<K: Listed + LongRunning>(args: RemoveArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let RemoveArgs { waiting: WaitArgs { name: NameArgs { name, workspace, .. }, no_wait }, yes } = args;
    confirm(&format!("delete the {} {name}", K::NAME), yes)?;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<K>("deleting", &name, &ws);
    block_on(async { finish(K::of(&ws).delete(&name).await?, no_wait, &operation).await })?;
    Ok(None)
}

fn delete_at_once<K: Listed>(
    args: RemoveArgs<K>,
    context: &Context,
    delete: impl AsyncFnOnce(&Collection<K>, &str) -> Result<(), Error>,
) -> Result<Option<Outcome>, Error> {
    let NameArgs { name, workspace, .. } = args.waiting.name;
    confirm(&format!("delete the {} {name}", K::NAME), args.yes)?;
    let resources = K::of(&workspace_of(workspace, context)?);
    block_on(delete(&resources, &name))?;
    Ok(None)
}

/// The workspace whose resources are meant.
pub(crate) fn workspace_of(args: WorkspaceArgs, context: &Context) -> Result<Workspace, Error> {
    workspace::find(args.workspace_name, "--workspace-name", args.place, context)
}
