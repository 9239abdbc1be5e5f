//! One file a command.

mod account;
mod asset;
mod az_shim;
mod azure_cli;
mod cloud;
mod completions;
mod component;
mod compute;
mod data;
mod doctor;
mod endpoint;
mod identity;
mod job;
mod key;
mod login;
mod login_service_principal;
mod logout;
mod model;
#[cfg(target_os = "linux")]
mod mount;
mod quota;
mod registry;
mod resource;
mod rest;
mod schedule;
mod secret_option;
mod ssh;
mod tenant;
mod token;
mod workspace;

pub(crate) use identity::Bind;
pub(crate) use logout::{entry, name};
pub(crate) use resource::{Described, Listed, Parent, workspace_of};

use auth_core::Error;
use workspace_client::resources::asset::environment::EnvironmentKind;
use workspace_client::resources::connection::Connections;
use workspace_client::resources::datastore::Datastores;

use crate::args::{
    AccountCommand, AzShimCommand, CloudCommand, Command, DatastoreCommand, Global, IdentityCommand, KeyCommand, Later,
    TenantCommand,
};
use crate::context::Context;
use crate::output::{Outcome, Printer};

/// Runs a command, and says what it yields, if anything.
pub(crate) fn run(command: Command, global: &Global) -> Result<Option<Outcome>, Error> {
    let context = Context::new(global);
    if asks_hosts(&command) {
        context.refresh_clouds()?;
    }
    let if_asked_for = |outcome: Outcome| global.output.is_some().then_some(outcome);
    match command {
        Command::Login(args) => login::run(&args, &context).map(Some),
        Command::Logout(args) => {
            // Like az, it prints nothing unless a format is asked for.
            logout::run(&args, &context).map(if_asked_for)
        }
        Command::Account(Later(AccountCommand::Show { subscription })) => {
            account::show(subscription.as_deref(), &context).map(Some)
        }
        Command::Account(Later(AccountCommand::List { all })) => account::list(all, &context).map(Some),
        Command::Account(Later(AccountCommand::Set { subscription, update_azure_cli })) => {
            account::set(&subscription, update_azure_cli, &context).map(|()| None)
        }
        Command::Account(Later(AccountCommand::Tenant(TenantCommand::List))) => tenant::list(&context).map(Some),
        Command::Account(Later(AccountCommand::GetAccessToken(args))) => token::access_token(&args, &context).map(Some),
        Command::Account(Later(AccountCommand::GetAuthenticationHeader(args))) => {
            token::header(&args, &context).map(Some)
        }
        Command::Cloud(Later(CloudCommand::List)) => cloud::list(&context).map(Some),
        Command::Cloud(Later(CloudCommand::Show { name })) => cloud::show(name.as_deref(), &context).map(Some),
        Command::Cloud(Later(CloudCommand::Set { name })) => cloud::set(&name, &context).map(|()| None),
        Command::Cloud(Later(CloudCommand::Register(args))) => cloud::register(&args, &context).map(|()| None),
        Command::Cloud(Later(CloudCommand::Unregister { name })) => cloud::unregister(&name, &context).map(|()| None),
        Command::Workspace(Later(command)) => workspace::run(command, &context),
        Command::Compute(Later(command)) => compute::run(command, &context),
        Command::Datastore(Later(DatastoreCommand::Table(command))) => {
            resource::run_at_once(command, &context, async |all: &Datastores, name: &str| all.delete(name).await)
        }
        #[cfg(target_os = "linux")]
        Command::Datastore(Later(DatastoreCommand::Mount(args))) => mount::datastore(args, &context).map(|()| None),
        Command::Connection(Later(command)) => {
            resource::run_at_once(command, &context, async |all: &Connections, name: &str| all.delete(name).await)
        }
        Command::Schedule(Later(command)) => schedule::run(command, &context),
        Command::OnlineEndpoint(Later(command)) => endpoint::online(command, &context),
        Command::OnlineDeployment(Later(command)) => endpoint::online_deployments(command, &context),
        Command::BatchEndpoint(Later(command)) => endpoint::batch(command, &context),
        Command::BatchDeployment(Later(command)) => endpoint::batch_deployments(command, &context),
        Command::ServerlessEndpoint(Later(command)) => endpoint::serverless(command, &context),
        Command::MarketplaceSubscription(Later(command)) => endpoint::marketplace(command, &context),
        Command::CapabilityHost(Later(command)) => resource::run_fixed(command, &context),
        Command::Quota(Later(command)) => quota::run(command, &context),
        Command::Data(Later(command)) => data::run(command, &context),
        Command::Environment(Later(command)) => asset::run::<EnvironmentKind>(command, &context),
        Command::Job(Later(command)) => job::run(command, &context),
        Command::Model(Later(command)) => model::run(command, &context),
        Command::Registry(Later(command)) => registry::run(command, &context),
        Command::Component(Later(command)) => component::run(command, &context),
        Command::Rest(args) => rest::run(&args, &context),
        Command::Doctor(args) => doctor::run(&args, &context).map(Some),
        Command::Identity(Later(IdentityCommand::Serve(args))) => {
            identity::serve(&args, &context, &Printer::new(global)).map(Some)
        }
        Command::AzShim(Later(AzShimCommand::Install { dir })) => az_shim::install(&dir, &context.env).map(|()| None),
        Command::AzShim(Later(AzShimCommand::Uninstall { dir })) => az_shim::uninstall(&dir).map(|()| None),
        Command::Key(Later(KeyCommand::Show)) => doctor::protection(&context).map(Some),
        Command::Key(Later(KeyCommand::Move { to })) => key::move_to(to, &context).map(if_asked_for),
        Command::Key(Later(KeyCommand::Rotate)) => key::rotate(&context).map(if_asked_for),
        Command::Completions { shell, dynamic } => completions::run(shell, dynamic).map(|()| None),
    }
}

/// Whether a command may ask a host about the clouds before it does anything else.
fn asks_hosts(command: &Command) -> bool {
    match command {
        Command::AzShim(_) | Command::Completions { .. } | Command::Key(_) => false,
        Command::Doctor(args) => args.online,
        _ => true,
    }
}
