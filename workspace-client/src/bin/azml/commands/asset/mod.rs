//! `azml model` and the other assets, which have a name and versions.

mod component;
mod description;
mod environment;
mod mltable;
pub(crate) mod package;
mod shown;
mod update;

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::Resource;
use workspace_client::resources::asset::component::{ComponentKind, Components};
use workspace_client::resources::asset::data::{DataAssets, DataKind};
use workspace_client::resources::asset::environment::{EnvironmentKind, Environments};
use workspace_client::resources::asset::model::{ModelKind, Models};
use workspace_client::resources::asset::{
    AssetKind, Assets, Container, Destination, Publishable, Version, VersionFilter,
};
use workspace_client::{Registry, Workspace};

use super::registry;
use super::resource::{Operation, Resolver, finish, some, workspace_of};
use crate::args::{
    AssetCommand, CreateAssetArgs, ListAssetArgs, OneAssetArgs, RegistryArgs, ShareAssetArgs, SomeAssetArgs,
    UpdateAssetArgs, WorkspaceArgs,
};
use crate::context::{Context, block_on};
use crate::entity::Member;
use crate::output::{Column, Outcome};
use description::Said;

pub(crate) use component::component_spec;
pub(crate) use environment::Environment;

/// A kind of asset, as azml shows and creates it.
pub(crate) trait Cataloged: AssetKind + Publishable + Sized {
    /// How a version is shown.
    const MEMBERS: &'static [Member];
    const COLUMNS: &'static [Column];

    fn of(workspace: &Workspace) -> Assets<Self>;

    fn shared(registry: &Registry) -> Assets<Self>;

    /// What the API takes for what was said.
    async fn describe(said: &Said, resolver: &Resolver) -> Result<Value, Error>;
}

impl Cataloged for ComponentKind {
    const MEMBERS: &'static [Member] = &shown::COMPONENT;
    const COLUMNS: &'static [Column] = &shown::COMPONENT_COLUMNS;

    fn of(workspace: &Workspace) -> Components {
        workspace.components()
    }

    fn shared(registry: &Registry) -> Components {
        registry.components()
    }

    async fn describe(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
        description::component(said, resolver).await
    }
}

impl Cataloged for DataKind {
    const MEMBERS: &'static [Member] = &shown::DATA;
    const COLUMNS: &'static [Column] = &shown::TYPED_COLUMNS;

    fn of(workspace: &Workspace) -> DataAssets {
        workspace.data()
    }

    fn shared(registry: &Registry) -> DataAssets {
        registry.data()
    }

    async fn describe(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
        description::data(said, resolver).await
    }
}

impl Cataloged for EnvironmentKind {
    const MEMBERS: &'static [Member] = &shown::ENVIRONMENT;
    const COLUMNS: &'static [Column] = &shown::ENVIRONMENT_COLUMNS;

    fn of(workspace: &Workspace) -> Environments {
        workspace.environments()
    }

    fn shared(registry: &Registry) -> Environments {
        registry.environments()
    }

    async fn describe(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
        description::environment(said, resolver).await
    }
}

impl Cataloged for ModelKind {
    const MEMBERS: &'static [Member] = &shown::MODEL;
    const COLUMNS: &'static [Column] = &shown::TYPED_COLUMNS;

    fn of(workspace: &Workspace) -> Models {
        workspace.models()
    }

    fn shared(registry: &Registry) -> Models {
        registry.models()
    }

    async fn describe(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
        description::model(said, resolver).await
    }
}

pub(crate) fn run<K: Cataloged>(command: AssetCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        AssetCommand::Create(args) => create::<K>(*args, context).map(Some),
        AssetCommand::List(args) => list::<K>(args, context).map(Some),
        AssetCommand::Show(args) => show::<K>(args, context).map(Some),
        AssetCommand::Update(args) => change::<K>(args, context).map(Some),
        AssetCommand::Share(args) => share::<K>(args, context),
        AssetCommand::Archive(args) => set_archived::<K>(args, true, context).map(|()| None),
        AssetCommand::Restore(args) => set_archived::<K>(args, false, context).map(|()| None),
    }
}

fn create<K: Cataloged>(args: CreateAssetArgs, context: &Context) -> Result<Outcome, Error> {
    let said = description::read(&args, K::NAME)?;
    let (name, version) = (said.name()?, said.version());
    if let Some(registry) = args.registry.registry_name {
        let registry = registry::find(registry, args.workspace.place, context)?;
        return Ok(one(&block_on(create_shared::<K>(&said, name, registry))?));
    }
    let ws = workspace_of(args.workspace, context)?;
    let (assets, resolver) = (K::of(&ws), Resolver::new(ws, said.folder()));
    let created = block_on(async {
        let body = K::describe(&said, &resolver).await?;
        match version {
            Some(version) => assets.create_or_update(name, version, &body).await,
            None => assets.create(name, &body).await,
        }
    })?;
    Ok(one(&created))
}

/// Creates a version in a registry, where files are uploaded for one version alone.
async fn create_shared<K: Cataloged>(said: &Said, name: &str, registry: Registry) -> Result<Resource<K>, Error> {
    let assets = K::shared(&registry);
    let version = match said.version() {
        Some(version) => version.to_owned(),
        None => assets.next_version(name).await?,
    };
    let resolver = Resolver::in_registry::<K>(registry, name, &version, said.folder());
    assets.create_or_update(name, &version, &K::describe(said, &resolver).await?).await
}

fn list<K: Cataloged>(args: ListAssetArgs, context: &Context) -> Result<Outcome, Error> {
    let view = args.view.view();
    let assets = assets::<K>(args.workspace, args.registry, context)?;
    if let Some(name) = args.name {
        let shown = |asset: &Resource<K>| shown::version(asset.raw(), K::MEMBERS);
        let filter = args.stage.into_iter().fold(VersionFilter::default().view(view), VersionFilter::stage);
        let versions = some(assets.versions_with(&name, &filter), args.limit, |_| true, shown)?;
        return Ok(Outcome::with_columns(versions, K::COLUMNS));
    }
    let shown = |container: &Container<K>| shown::container(container.raw());
    let containers = some(assets.list(view), args.limit, |_| true, shown)?;
    Ok(Outcome::with_columns(containers, &shown::CONTAINER_COLUMNS))
}

fn show<K: Cataloged>(args: OneAssetArgs, context: &Context) -> Result<Outcome, Error> {
    let version = args.version();
    let assets = assets::<K>(args.workspace, args.registry, context)?;
    Ok(one(&block_on(assets.get(&args.name, version))?))
}

fn change<K: Cataloged>(args: UpdateAssetArgs, context: &Context) -> Result<Outcome, Error> {
    let version = args.asset.version();
    let OneAssetArgs { name, registry, workspace, .. } = args.asset;
    let assets = assets::<K>(workspace, registry, context)?;
    let updated = block_on(async {
        let asset = assets.get(&name, version).await?;
        let changed = update::changed(asset.raw(), K::MEMBERS, args.stage.as_deref(), &args.changes)?;
        assets.create_or_update(&name, asset.name(), &changed).await
    })?;
    Ok(one(&updated))
}

fn share<K: Cataloged>(args: ShareAssetArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let to = Destination::new(
        args.registry_name,
        args.share_with_name.as_ref().unwrap_or(&args.name),
        args.share_with_version.as_ref().unwrap_or(&args.version),
    );
    let ws = workspace_of(args.workspace, context)?;
    let operation = Operation::of::<K>("sharing", &args.name, &ws);
    block_on(async { finish(K::of(&ws).publish(&args.name, &args.version, &to).await?, false, &operation).await })?;
    Ok(None)
}

fn set_archived<K: Cataloged>(args: SomeAssetArgs, archived: bool, context: &Context) -> Result<(), Error> {
    let assets = assets::<K>(args.workspace, args.registry, context)?;
    block_on(async {
        let version = match args.label {
            Some(label) => Some(assets.get(&args.name, labelled(label)).await?.name().to_owned()),
            None => args.version,
        };
        let version = version.as_deref();
        if archived { assets.archive(&args.name, version).await } else { assets.restore(&args.name, version).await }
    })
}

/// The assets of the registry, if one is said, or else of the workspace.
fn assets<K: Cataloged>(args: WorkspaceArgs, registry: RegistryArgs, context: &Context) -> Result<Assets<K>, Error> {
    Ok(match registry.registry_name {
        Some(name) => K::shared(&registry::find(name, args.place, context)?),
        None => K::of(&workspace_of(args, context)?),
    })
}

pub(crate) fn one<K: Cataloged>(asset: &Resource<K>) -> Outcome {
    Outcome::with_columns(shown::version(asset.raw(), K::MEMBERS), K::COLUMNS)
}

/// Which version is meant.
impl OneAssetArgs {
    fn version(&self) -> Version {
        match (&self.version, &self.label) {
            (Some(version), _) => Version::Named(version.clone()),
            (None, Some(label)) => labelled(label.clone()),
            (None, None) => Version::Latest,
        }
    }
}

fn labelled(label: String) -> Version {
    if label == "latest" { Version::Latest } else { Version::Label(label) }
}
