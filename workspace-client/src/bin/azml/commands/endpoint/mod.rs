//! `azml online-endpoint` and its siblings: what they do beside what every kind does.

mod batch_job;

use std::io::{Read as _, Write as _};
use std::path::Path;

use auth_core::{Error, ErrorKind, Secret};
use serde_json::{Value, json};
use workspace_client::resources::endpoint::batch::BatchJob;
use workspace_client::resources::endpoint::online::{ContainerType, Invocation, OnlineEndpointKind};
use workspace_client::resources::endpoint::{EndpointAuthMode, EndpointKeys, KeyType, ServerlessEndpointKind};

use super::resource::{self, Operation, Parent as _, Resolver, finish, some, workspace_of};
use crate::args::{
    BatchDeploymentCommand, BatchEndpointCommand, InvokeBatchArgs, InvokeOnlineArgs, LogArgs, LogContainer,
    MarketplaceSubscriptionCommand, NameArgs, OnlineDeploymentCommand, OnlineEndpointCommand, RegenerateArgs,
    ServerlessEndpointCommand, WaitArgs, WhichKey,
};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is, written};
use crate::output::{Column, Outcome};

/// Larger requests belong into a batch endpoint.
const LARGEST: u64 = 64 << 20;

const JOB: &[Member] =
    &[is("/id", "/id"), is("/name", "/name"), written("/status", "/properties/status", str::to_owned)];
const JOB_COLUMNS: [Column; 2] = [("Name", "name"), ("Status", "status")];

pub(crate) fn online(command: OnlineEndpointCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        OnlineEndpointCommand::Table(command) => resource::run(command, context),
        OnlineEndpointCommand::GetCredentials(args) => credentials(args, context).map(Some),
        OnlineEndpointCommand::RegenerateKeys(args) => regenerate_online(args, context),
        OnlineEndpointCommand::Invoke(args) => invoke_online(args, context).map(|()| None),
    }
}

pub(crate) fn online_deployments(
    command: OnlineDeploymentCommand,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    match command {
        OnlineDeploymentCommand::Table(command) => resource::run(command, context),
        OnlineDeploymentCommand::GetLogs(args) => logs(args, context).map(|()| None),
    }
}

pub(crate) fn batch(command: BatchEndpointCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        BatchEndpointCommand::Table(command) => resource::run(command, context),
        BatchEndpointCommand::Invoke(args) => invoke_batch(args, context).map(Some),
        BatchEndpointCommand::ListJobs { name, limit } => {
            let endpoints = workspace_of(name.workspace, context)?.batch_endpoints();
            let jobs = some(endpoints.jobs(&name.name), limit, |_| true, shown)?;
            Ok(Some(Outcome::with_columns(jobs, &JOB_COLUMNS)))
        }
    }
}

pub(crate) fn batch_deployments(command: BatchDeploymentCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        BatchDeploymentCommand::Table(command) => resource::run(command, context),
        BatchDeploymentCommand::ListJobs { name: NameArgs { name, parent, workspace }, limit } => {
            parent.check()?;
            let deployments = workspace_of(workspace, context)?.batch_endpoints().deployments(parent.name());
            Ok(Some(Outcome::with_columns(some(deployments.jobs(&name), limit, |_| true, shown)?, &JOB_COLUMNS)))
        }
    }
}

pub(crate) fn serverless(command: ServerlessEndpointCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ServerlessEndpointCommand::Table(command) => resource::run(command, context),
        ServerlessEndpointCommand::GetCredentials(args) => {
            let endpoints = workspace_of(args.workspace, context)?.serverless_endpoints();
            Ok(Some(keys(&block_on(endpoints.keys(&args.name))?)))
        }
        ServerlessEndpointCommand::RegenerateKeys(args) => regenerate_serverless(args, context),
    }
}

pub(crate) fn marketplace(
    command: MarketplaceSubscriptionCommand,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    match command {
        MarketplaceSubscriptionCommand::Fixed(command) => resource::run_fixed(command, context),
        MarketplaceSubscriptionCommand::List(args) => resource::list_chosen(args, context),
    }
}

/// Keys, or a token where the endpoint wants one (observed: azure-ai-ml 1.35).
fn credentials(args: NameArgs<OnlineEndpointKind>, context: &Context) -> Result<Outcome, Error> {
    let endpoints = workspace_of(args.workspace, context)?.online_endpoints();
    block_on(async {
        let endpoint = endpoints.get(&args.name).await?;
        if endpoint.auth_mode() == Some(EndpointAuthMode::AadToken) {
            let message = format!("the endpoint {} has no credentials: it wants a token of Entra ID", args.name);
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("azml account get-access-token --resource https://ml.azure.com"));
        }
        if endpoint.auth_mode() != Some(EndpointAuthMode::AmlToken) {
            return Ok(keys(&endpoints.keys(&args.name).await?));
        }
        let token = endpoints.token(&args.name).await?;
        Ok(Outcome::new(json!({
            "accessToken": token.access_token.expose(),
            "expiryTimeUtc": token.expiry_time_utc,
            "refreshAfterTimeUtc": token.refresh_after_time_utc,
            "tokenType": token.token_type,
        })))
    })
}

fn keys(keys: &EndpointKeys) -> Outcome {
    Outcome::new(json!({
        "primaryKey": keys.primary_key.as_ref().map(Secret::expose),
        "secondaryKey": keys.secondary_key.as_ref().map(Secret::expose),
    }))
}

fn regenerate_online(args: RegenerateArgs<OnlineEndpointKind>, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitArgs { name: NameArgs { name, workspace, .. }, no_wait } = args.waiting;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<OnlineEndpointKind>("replacing a key of", &name, &ws);
    block_on(async {
        let poller = ws.online_endpoints().regenerate_keys(&name, args.key_type.into(), None).await?;
        finish(poller, no_wait, &operation).await
    })?;
    Ok(None)
}

fn regenerate_serverless(
    args: RegenerateArgs<ServerlessEndpointKind>,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let WaitArgs { name: NameArgs { name, workspace, .. }, no_wait } = args.waiting;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<ServerlessEndpointKind>("replacing a key of", &name, &ws);
    let new = block_on(async {
        let poller = ws.serverless_endpoints().regenerate_keys(&name, args.key_type.into(), None).await?;
        finish(poller, no_wait, &operation).await
    })?;
    Ok(new.map(|new| keys(&new)))
}

fn invoke_online(args: InvokeOnlineArgs, context: &Context) -> Result<(), Error> {
    let request = read(&args.request_file)?;
    let endpoints = workspace_of(args.name.workspace, context)?.online_endpoints();
    let invocation = Invocation::new(request, "application/json");
    let invocation = args.deployment_name.into_iter().fold(invocation, Invocation::deployment);
    let answer = block_on(endpoints.invoke(&args.name.name, &invocation))?;
    let mut stdout = std::io::stdout().lock();
    // Whoever reads it has seen enough.
    let _ = stdout.write_all(&answer).and_then(|()| stdout.write_all(b"\n"));
    Ok(())
}

fn invoke_batch(args: InvokeBatchArgs, context: &Context) -> Result<Outcome, Error> {
    let (job, folder) = batch_job::read(&args)?;
    let resolver = Resolver::new(workspace_of(args.name.workspace, context)?, folder);
    let endpoints = resolver.ws()?.batch_endpoints();
    let job = block_on(async {
        let properties = job.build(&resolver).await?;
        endpoints.invoke(&args.name.name, args.deployment_name.as_deref(), &json!({"properties": properties})).await
    })?;
    Ok(Outcome::with_columns(shown(&job), &JOB_COLUMNS))
}

fn shown(job: &BatchJob) -> Value {
    entity::of(job.raw(), JOB)
}

fn logs(args: LogArgs, context: &Context) -> Result<(), Error> {
    let LogArgs { name: NameArgs { name, parent, workspace }, lines, container } = args;
    parent.check()?;
    let container = match container {
        LogContainer::InferenceServer => ContainerType::InferenceServer,
        LogContainer::StorageInitializer => ContainerType::StorageInitializer,
    };
    let deployments = workspace_of(workspace, context)?.online_endpoints().deployments(parent.name());
    let text = block_on(deployments.logs(&name, &container, lines))?;
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(b"\n"));
    Ok(())
}

/// What a file holds, or the standard input.
fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("{} cannot be read: {why}", file.display()))
            .with_help("name the file with --request-file, or - for the standard input")
    };
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut content)
    } else {
        // Asked first, because reading a pipe would never end.
        match file.metadata() {
            Ok(metadata) if !metadata.is_file() => return Err(refuse("it is no plain file".to_owned())),
            _ => std::fs::File::open(file).and_then(|opened| opened.take(LARGEST + 1).read_to_end(&mut content)),
        }
    };
    read.map_err(|error| refuse(error.to_string()))?;
    if content.len() as u64 > LARGEST {
        return Err(refuse("it is larger than 64 MiB".to_owned()));
    }
    Ok(content)
}

impl From<WhichKey> for KeyType {
    fn from(key: WhichKey) -> Self {
        match key {
            WhichKey::Primary => Self::Primary,
            WhichKey::Secondary => Self::Secondary,
        }
    }
}
