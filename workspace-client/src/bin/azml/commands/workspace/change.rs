//! What changes a workspace: `azml workspace create` and its siblings.

use auth_core::{Error, Secret};
use serde_json::{Value, json};
use workspace_client::workspace::{Deletion, Diagnosis, WorkspaceKeys};
use workspace_client::{Workspace, WorkspaceDetails};

use super::{COLUMNS, Shown, description, find, json};
use crate::args::{
    CreateWorkspaceArgs, DeleteWorkspaceArgs, OneWorkspaceArgs, ProvisionNetworkArgs, UpdateWorkspaceArgs,
    WaitingWorkspaceArgs,
};
use crate::commands::resource::{Operation, finish};
use crate::context::{Context, block_on};
use crate::entity::to_snake_case;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::terminal::confirm;

pub(crate) fn create(args: &CreateWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (name, place, new) = description::new(args)?;
    let ws = find(Some(name), "--name", place, context)?;
    block_on(async {
        let mut creation = ws.create(&new).await?;
        if args.no_wait {
            return Ok(None);
        }
        let progress = Progress::new();
        progress.on("creating the workspace");
        let made = creation.wait().await;
        progress.done();
        shown(&made?).map(Some)
    })
}

pub(crate) fn update(args: &UpdateWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let ws = one(args.waiting.workspace.clone(), context)?;
    let details = block_on(ws.get())?;
    let change = description::change(&json(&Shown::of(&details))?, args)?;
    let is_said = |member: &str| change["properties"].get(member).is_some();
    if is_said("containerRegistry") || is_said("applicationInsights") {
        let what = format!("let the workspace {} use other resources than before", ws.name());
        // az ml has another option for this yes.
        confirm(&what, args.settings.update_dependent_resources).map_err(|error| match error.help() {
            Some(_) => error.with_help("add --update-dependent-resources if you do"),
            None => error,
        })?;
    }
    let operation = Operation::on_workspace("changing", &ws);
    let changed = block_on(async { finish(ws.update(&change).await?, args.waiting.no_wait, &operation).await })?;
    changed.map(|details| shown(&details)).transpose()
}

pub(crate) fn delete(args: DeleteWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitingWorkspaceArgs { workspace, no_wait } = args.waiting;
    let with = if args.all_resources { " and everything that it depends on" } else { "" };
    confirm(&format!("delete the workspace {}{with}", workspace.name), args.yes)?;
    let deletion = if args.permanently_delete { Deletion::Permanent } else { Deletion::Recoverable };
    let ws = one(workspace, context)?;
    block_on(async {
        if args.all_resources {
            let progress = Progress::new();
            progress.on("deleting what the workspace depends on");
            let deleted = async { ws.get().await?.delete_dependencies().await }.await;
            progress.done();
            deleted?;
        }
        finish(ws.delete(deletion).await?, no_wait, &Operation::on_workspace("deleting", &ws)).await
    })?;
    Ok(None)
}

pub(crate) fn list_keys(args: OneWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let ws = one(args, context)?;
    Ok(Some(Outcome::new(keys(&block_on(ws.keys())?))))
}

pub(crate) fn sync_keys(args: WaitingWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let ws = one(args.workspace, context)?;
    block_on(async {
        finish(ws.resync_keys().await?, args.no_wait, &Operation::on_workspace("reading the keys again of", &ws)).await
    })?;
    Ok(None)
}

pub(crate) fn diagnose(args: WaitingWorkspaceArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let ws = one(args.workspace, context)?;
    let found = block_on(async {
        finish(ws.diagnose().await?, args.no_wait, &Operation::on_workspace("looking at", &ws)).await
    })?;
    Ok(found.map(|found| Outcome::new(diagnosis(&found))))
}

pub(crate) fn provision_network(args: ProvisionNetworkArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let ws = one(args.waiting.workspace, context)?;
    let network = block_on(async {
        finish(
            ws.provision_network(args.include_spark).await?,
            args.waiting.no_wait,
            &Operation::on_workspace("making the network of", &ws),
        )
        .await
    })?;
    Ok(network.map(|network| Outcome::new(json!({"status": network.status, "spark_ready": network.spark_ready}))))
}

fn one(args: OneWorkspaceArgs, context: &Context) -> Result<Workspace, Error> {
    find(Some(args.name), "--name", args.place, context)
}

fn shown(details: &WorkspaceDetails) -> Result<Outcome, Error> {
    Ok(Outcome::with_columns(json(&Shown::of(details))?, &COLUMNS))
}

/// The keys, which were asked for; with the names that `az ml workspace list-keys` gives them.
fn keys(keys: &WorkspaceKeys) -> Value {
    let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let registry = keys.container_registry_credentials.as_ref().map(|registry| {
        let passwords = registry.passwords.iter();
        let passwords: Vec<_> = passwords.map(|one| json!({"name": one.name, "value": text(&one.value)})).collect();
        json!({"location": registry.location, "username": registry.username, "passwords": passwords})
    });
    let notebook = keys.notebook_access_keys.as_ref().map(|keys| {
        let (first, second) = (text(&keys.primary_access_key), text(&keys.secondary_access_key));
        json!({"primary_access_key": first, "secondary_access_key": second})
    });
    json!({
        "app_insights_instrumentation_key": text(&keys.app_insights_instrumentation_key),
        "container_registry_credentials": registry,
        "notebook_access_keys": notebook,
        "user_storage_key": text(&keys.user_storage_key),
        "user_storage_resource_id": keys.user_storage_id(),
    })
}

fn diagnosis(found: &Diagnosis) -> Value {
    let places = found.raw()["value"].as_object().into_iter().flatten();
    places.map(|(place, found)| (to_snake_case(place), found.clone())).collect()
}
