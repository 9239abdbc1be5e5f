//! `azml model` and the other assets, which have a name and versions.

mod description;
mod shown;

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::Resource;
use workspace_client::resources::asset::{AssetKind, Assets, Container, Version};
use workspace_client::{Registry, Workspace};

use super::registry;
use super::resource::{some, workspace_of};
use crate::args::{
    AssetCommand, CreateAssetArgs, ListAssetArgs, OneAssetArgs, RegistryArgs, SomeAssetArgs, WorkspaceArgs,
};
use crate::context::{Context, block_on};
use crate::entity::Member;
use crate::output::{Column, Outcome};

/// What azml knows of a kind.
struct Layout<K> {
    assets: fn(&Workspace) -> Assets<K>,
    shared: fn(&Registry) -> Assets<K>,
    /// How it is shown.
    members: &'static [Member],
    columns: &'static [Column],
    /// What its file may say, and what the API takes for that.
    describe: fn(&description::Said) -> Result<Value, Error>,
}

pub(crate) fn models(command: AssetCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    let layout = Layout {
        assets: Workspace::models,
        shared: Registry::models,
        members: &shown::MODEL,
        columns: &shown::TYPED_COLUMNS,
        describe: description::model,
    };
    layout.run(command, context)
}

pub(crate) fn data(command: AssetCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    let layout = Layout {
        assets: Workspace::data,
        shared: Registry::data,
        members: &shown::DATA,
        columns: &shown::TYPED_COLUMNS,
        describe: description::data,
    };
    layout.run(command, context)
}

pub(crate) fn environments(command: AssetCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    let layout = Layout {
        assets: Workspace::environments,
        shared: Registry::environments,
        members: &shown::ENVIRONMENT,
        columns: &shown::ENVIRONMENT_COLUMNS,
        describe: description::environment,
    };
    layout.run(command, context)
}

impl<K: AssetKind> Layout<K> {
    fn run(&self, command: AssetCommand, context: &Context) -> Result<Option<Outcome>, Error> {
        match command {
            AssetCommand::Create(args) => self.create(*args, context).map(Some),
            AssetCommand::List(args) => self.list(args, context).map(Some),
            AssetCommand::Show(args) => self.show(args, context).map(Some),
            AssetCommand::Archive(args) => self.set_archived(args, true, context).map(|()| None),
            AssetCommand::Restore(args) => self.set_archived(args, false, context).map(|()| None),
        }
    }

    fn create(&self, args: CreateAssetArgs, context: &Context) -> Result<Outcome, Error> {
        let said = description::read(&args, K::NAME)?;
        let (name, version) = (said.name()?, said.version());
        let body = (self.describe)(&said)?;
        let assets = self.assets(args.workspace, args.registry, context)?;
        let created = block_on(async {
            match version {
                Some(version) => assets.create_or_update(name, version, &body).await,
                None => assets.create(name, &body).await,
            }
        })?;
        Ok(self.one(&created))
    }

    fn list(&self, args: ListAssetArgs, context: &Context) -> Result<Outcome, Error> {
        let view = args.view.view();
        let assets = self.assets(args.workspace, args.registry, context)?;
        if let Some(name) = args.name {
            let shown = |asset: &Resource<K>| shown::version(asset.raw(), self.members);
            let versions = some(assets.versions(&name, view), args.limit, |_| true, shown)?;
            return Ok(Outcome::with_columns(versions, self.columns));
        }
        let shown = |container: &Container<K>| shown::container(container.raw());
        let containers = some(assets.list(view), args.limit, |_| true, shown)?;
        Ok(Outcome::with_columns(containers, &shown::CONTAINER_COLUMNS))
    }

    fn show(&self, args: OneAssetArgs, context: &Context) -> Result<Outcome, Error> {
        let version = match (args.version, args.label) {
            (Some(version), _) => Version::Named(version),
            (None, Some(label)) if label != "latest" => Version::Label(label),
            _ => Version::Latest,
        };
        let assets = self.assets(args.workspace, args.registry, context)?;
        Ok(self.one(&block_on(assets.get(&args.name, version))?))
    }

    fn set_archived(&self, args: SomeAssetArgs, archived: bool, context: &Context) -> Result<(), Error> {
        let assets = self.assets(args.workspace, args.registry, context)?;
        let version = args.version.as_deref();
        block_on(async {
            if archived { assets.archive(&args.name, version).await } else { assets.restore(&args.name, version).await }
        })
    }

    fn assets(&self, args: WorkspaceArgs, registry: RegistryArgs, context: &Context) -> Result<Assets<K>, Error> {
        Ok(match registry.registry_name {
            Some(name) => (self.shared)(&registry::find(name, args.place, context)?),
            None => (self.assets)(&workspace_of(args, context)?),
        })
    }

    fn one(&self, asset: &Resource<K>) -> Outcome {
        Outcome::with_columns(shown::version(asset.raw(), self.members), self.columns)
    }
}
