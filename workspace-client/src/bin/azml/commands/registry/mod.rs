//! `azml registry`, and which registry other commands mean.

mod description;
mod shown;

use auth_core::{Error, ErrorKind};
use workspace_client::{Registry, RegistryDetails, RegistryList};

use super::resource::{Operation, finish, some};
use super::workspace::{client_of, subscription_of};
use crate::args::{
    CreateRegistryArgs, DeleteRegistryArgs, ListRegistryArgs, OneRegistryArgs, PlaceArgs, RegistryCommand,
    UpdateRegistryArgs,
};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::confirm;

pub(crate) fn run(command: RegistryCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        RegistryCommand::Create(args) => create(*args, context),
        RegistryCommand::Delete(args) => delete(args, context),
        RegistryCommand::List(args) => list(args, context).map(Some),
        RegistryCommand::Show(OneRegistryArgs { name, place }) => {
            Ok(Some(one(&block_on(find(name, place, context)?.get())?)))
        }
        RegistryCommand::Update(args) => update(&args, context),
    }
}

fn create(args: CreateRegistryArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (name, new) = description::new(&args)?;
    let (subscription, client, group) = subscription_of(args.place, context)?;
    let group = group.ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "which resource group?").with_help("name it with --resource-group")
    })?;
    let registry = Registry::new(subscription, group, &name).client(client);
    let operation = Operation::on_registry("creating", &name);
    let made = block_on(async { finish(registry.create_or_update(&new).await?, args.no_wait, &operation).await })?;
    Ok(made.map(|registry| one(&registry)))
}

fn list(args: ListRegistryArgs, context: &Context) -> Result<Outcome, Error> {
    let (subscription, client, group) = subscription_of(args.place, context)?;
    let list = Registry::list(subscription).client(client);
    let list = group.into_iter().fold(list, RegistryList::resource_group);
    Ok(Outcome::with_columns(some(list.pager(), args.limit, |_| true, shown::registry)?, &shown::COLUMNS))
}

fn update(args: &UpdateRegistryArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let said = description::file_of(args)?;
    let name = description::name(args.name.clone(), said.as_ref())?;
    let operation = Operation::on_registry("changing", &name);
    let registry = find(name, args.place.clone(), context)?;
    let changed = block_on(async {
        let body = description::changed(&registry.get().await?, said, args)?;
        finish(registry.create_or_update(&body).await?, args.no_wait, &operation).await
    })?;
    Ok(changed.map(|registry| one(&registry)))
}

fn delete(args: DeleteRegistryArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let OneRegistryArgs { name, place } = args.registry;
    confirm(&format!("delete the registry {name} and everything in it"), args.yes)?;
    let operation = Operation::on_registry("deleting", &name);
    let registry = find(name, place, context)?;
    block_on(async { finish(registry.delete().await?, false, &operation).await })?;
    Ok(None)
}

/// The registry that is meant: in the resource group that is said, or found by its name.
pub(crate) fn find(name: String, place: PlaceArgs, context: &Context) -> Result<Registry, Error> {
    match place.resource_group.clone() {
        Some(group) => {
            let (subscription, client, _) = subscription_of(place, context)?;
            Ok(Registry::new(subscription, group, name).client(client))
        }
        None => Ok(Registry::named(name).client(client_of(place.subscription.as_deref(), context)?)),
    }
}

fn one(registry: &RegistryDetails) -> Outcome {
    Outcome::with_columns(shown::registry(registry), &shown::COLUMNS)
}
