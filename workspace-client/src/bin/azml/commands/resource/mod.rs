//! What the commands for resources share. A kind that is a table of members needs [`Listed`] and an enum of its commands.

mod identity;
mod kinds;
mod list;
mod options;
mod parent;
mod put;
mod resolver;
mod wait;

use auth_core::{Error, ErrorKind};
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::{Collection, Kind, LongRunning, Resource};

use super::workspace;
use crate::args::{
    CreateArgs, FixedCommand, LimitArgs, ListArgs, NameArgs, RemoveArgs, ShowArgs, TableCommand, UpdateArgs, WaitArgs,
    WorkspaceArgs,
};
use crate::context::{Context, block_on};
use crate::description::Description;
use crate::entity::{self, Member};
use crate::output::{Column, Outcome};
use crate::terminal::confirm;

pub(crate) use identity::ManagedIdentity;
pub(crate) use list::{all, some};
pub(crate) use options::{CreateOptions, ListOptions, ShowOptions, UpdateOptions};
pub(crate) use parent::Parent;
pub(crate) use put::{Put, overlaid, to_json};
pub(crate) use resolver::{Resolver, is_reference, is_url, name_of};
pub(crate) use wait::{Operation, finish};

/// What Azure alone sets of everything, so that what `show` printed can be sent back.
const READ_ONLY: [&str; 6] = ["$schema", "creation_context", "id", "name", "provisioning_state", "resourceGroup"];

/// A kind of resource, as azml lists and shows it.
pub(crate) trait Listed: Kind + Sized {
    /// What it lies in beside the workspace.
    type Parent: Parent;

    /// What is shown of it beside what every resource has: the member as `az ml` names it, and where Azure says it.
    const MEMBERS: &'static [Member];
    /// The columns of a table.
    const COLUMNS: &'static [Column];

    fn of(workspace: &Workspace, parent: &Self::Parent) -> Collection<Self>;

    fn shown(resource: &Resource<Self>) -> Value {
        entity::resource(resource.raw(), Self::TAGS, Self::MEMBERS)
    }
}

/// A kind of resource that a file describes.
pub(crate) trait Described: Listed {
    type CreateOptions: CreateOptions<Self>;
    type ListOptions: ListOptions<Self>;
    type ShowOptions: ShowOptions<Self>;
    type UpdateOptions: UpdateOptions;

    /// What Azure alone sets of it beside what it sets of everything.
    const READ_ONLY: &'static [&'static str];

    /// What the API takes for what was said.
    async fn describe(said: &Description, resolver: &Resolver) -> Result<Value, Error>;

    async fn put(resources: &Collection<Self>, name: &str, body: &Value) -> Result<Put<Self>, Error>;

    /// Adds what Azure tells only whom it is asked for: a resource without it cannot be sent back.
    async fn add_secrets(_shown: &mut Value, _resources: &Collection<Self>, _name: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// The commands of a kind that Azure takes its time to delete.
pub(crate) fn run<K: Described + LongRunning>(
    command: TableCommand<K>,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    match command {
        TableCommand::Create(args) => create(args, context),
        TableCommand::Delete(args) => delete(args, context),
        TableCommand::List(args) => list_chosen(args, context),
        TableCommand::Show(args) => show_chosen(args, context),
        TableCommand::Update(args) => change(args, context),
    }
}

/// The commands of a kind that is deleted at once.
pub(crate) fn run_at_once<K: Described>(
    command: TableCommand<K>,
    context: &Context,
    delete: impl AsyncFnOnce(&Collection<K>, &str) -> Result<(), Error>,
) -> Result<Option<Outcome>, Error> {
    match command {
        TableCommand::Create(args) => create(args, context),
        TableCommand::Delete(args) => delete_at_once(args, context, delete),
        TableCommand::List(args) => list_chosen(args, context),
        TableCommand::Show(args) => show_chosen(args, context),
        TableCommand::Update(args) => change(args, context),
    }
}

/// The commands of a kind that is never changed.
pub(crate) fn run_fixed<K: Described + LongRunning>(
    command: FixedCommand<K>,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    match command {
        FixedCommand::Create(args) => create(args, context),
        FixedCommand::Delete(args) => delete(args, context),
        FixedCommand::Show(args) => show_chosen(args, context),
    }
}

fn create<K: Described>(args: CreateArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let mut said = Description::said(&args.described)?;
    let name = name_said::<K>(args.name, &said)?;
    let parent = args.parent.or_said(&mut said);
    parent.check()?;
    args.options.add_to(&mut said);
    let said = said.without(&[&READ_ONLY[..], K::READ_ONLY].concat());
    let ws = workspace_of(args.workspace, context)?;
    let resolver = Resolver::new(ws.clone(), said.folder());
    let operation = Operation::of::<K>("creating", &name, &ws).in_parent(&parent);
    let created = block_on(async {
        let mut body = K::describe(&said, &resolver).await?;
        args.options.prepare(&mut body, &ws).await?;
        let created = K::put(&K::of(&ws, &parent), &name, &body).await?.finish(args.no_wait, &operation).await?;
        args.options.follow(&name, &parent, &ws).await?;
        shown_with(created, &args.showing, &name, &parent, &ws, context).await
    })?;
    Ok(created)
}

/// What is changed is described before and after; where the two differ, what Azure has is changed.
fn change<K: Described>(args: UpdateArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let mut said = Description::read(args.file.as_deref())?;
    let name = name_said::<K>(args.name, &said)?;
    let parent = args.parent.or_said(&mut said);
    parent.check()?;
    let read_only = [&READ_ONLY[..], K::READ_ONLY].concat();
    let mut said = said.without(&read_only);
    args.options.add_to(&mut said)?;
    if args.changes.edits.is_empty() && said.is_empty() {
        return Err(Error::new(ErrorKind::Configuration, "what is to be changed?").with_help(
            "say it with --set, --add or --remove, such as --set tags.team=x, or in the file that --file names",
        ));
    }
    let ws = workspace_of(args.workspace, context)?;
    let operation = Operation::of::<K>("changing", &name, &ws).in_parent(&parent);
    let updated = block_on(async {
        let resources = K::of(&ws, &parent);
        let resource = resources.get(&name).await?;
        let mut shown = K::shown(&resource);
        K::add_secrets(&mut shown, &resources, &name).await?;
        let before = Description::of(shown).without(&read_only);
        let mut after = said.over(&before);
        after.edit(&args.changes.edits, args.changes.force_string)?;
        let resolver = Resolver::new(ws.clone(), after.folder());
        let (before, after) = (K::describe(&before, &resolver).await?, K::describe(&after, &resolver).await?);
        let body = overlaid(resource.raw().clone(), &before, &after);
        let updated = K::put(&resources, &name, &body).await?.finish(args.no_wait, &operation).await?;
        shown_with(updated, &args.showing, &name, &parent, &ws, context).await
    })?;
    Ok(updated)
}

/// A resource, if there is one already, with what the options want beside it.
async fn shown_with<K: Described>(
    resource: Option<Resource<K>>,
    options: &K::ShowOptions,
    name: &str,
    parent: &K::Parent,
    ws: &Workspace,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let Some(resource) = resource else { return Ok(None) };
    let mut shown = K::shown(&resource);
    options.complete(&mut shown, name, parent, ws, context).await?;
    Ok(Some(Outcome::with_columns(shown, K::COLUMNS)))
}

fn name_said<K: Described>(option: Option<String>, said: &Description) -> Result<String, Error> {
    option.or_else(|| said.members()["name"].as_str().map(str::to_owned)).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("what is the name of the {}?", K::NAME))
            .with_help("name it with --name, or in the file that --file names")
    })
}

pub(crate) fn list_chosen<K: Described>(args: ListArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    args.parent.check()?;
    let resources = K::of(&workspace_of(args.workspace, context)?, &args.parent);
    let mut listed = some(args.options.list(&resources), args.limit, |_| true, K::shown)?;
    if args.options.want_secrets() {
        block_on(async {
            for shown in listed.as_array_mut().into_iter().flatten() {
                let name = shown["name"].as_str().unwrap_or_default().to_owned();
                K::add_secrets(shown, &resources, &name).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
    Ok(Some(Outcome::with_columns(listed, K::COLUMNS)))
}

fn show_chosen<K: Described>(args: ShowArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let NameArgs { name, parent, workspace } = args.name;
    parent.check()?;
    let ws = workspace_of(workspace, context)?;
    block_on(async {
        let resource = K::of(&ws, &parent).get(&name).await?;
        shown_with(Some(resource), &args.showing, &name, &parent, &ws, context).await
    })
}

pub(crate) fn list<K: Listed>(
    limit: LimitArgs,
    parent: &K::Parent,
    workspace: WorkspaceArgs,
    is_wanted: impl Fn(&Resource<K>) -> bool,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    parent.check()?;
    let resources = K::of(&workspace_of(workspace, context)?, parent);
    Ok(Some(Outcome::with_columns(some(resources.list(), limit, is_wanted, K::shown)?, K::COLUMNS)))
}

pub(crate) fn show<K: Listed>(args: NameArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    args.parent.check()?;
    let resources = K::of(&workspace_of(args.workspace, context)?, &args.parent);
    Ok(Some(one(&block_on(resources.get(&args.name))?)))
}

pub(crate) fn one<K: Listed>(resource: &Resource<K>) -> Outcome {
    Outcome::with_columns(K::shown(resource), K::COLUMNS)
}

fn delete<K: Listed + LongRunning>(args: RemoveArgs<K>, context: &Context) -> Result<Option<Outcome>, Error> {
    let RemoveArgs { waiting: WaitArgs { name: NameArgs { name, parent, workspace }, no_wait }, yes } = args;
    parent.check()?;
    confirm(&format!("delete the {} {name}", K::NAME), yes)?;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<K>("deleting", &name, &ws).in_parent(&parent);
    block_on(async { finish(K::of(&ws, &parent).delete(&name).await?, no_wait, &operation).await })?;
    Ok(None)
}

fn delete_at_once<K: Listed>(
    args: RemoveArgs<K>,
    context: &Context,
    delete: impl AsyncFnOnce(&Collection<K>, &str) -> Result<(), Error>,
) -> Result<Option<Outcome>, Error> {
    let NameArgs { name, parent, workspace } = args.waiting.name;
    parent.check()?;
    confirm(&format!("delete the {} {name}", K::NAME), args.yes)?;
    let resources = K::of(&workspace_of(workspace, context)?, &parent);
    block_on(delete(&resources, &name))?;
    Ok(None)
}

/// The workspace whose resources are meant.
pub(crate) fn workspace_of(args: WorkspaceArgs, context: &Context) -> Result<Workspace, Error> {
    workspace::find(args.workspace_name, "--workspace-name", args.place, context)
}
