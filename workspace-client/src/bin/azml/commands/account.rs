//! `azml account show`, `azml account list` and `azml account set`.

use auth_cli_bridge::Subscription;
use auth_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;
use workspace_client::Profile;

use super::azure_cli;
use crate::accounts::Accounts;
use crate::context::{Context, block_on};
use crate::output::{Column, Outcome};
use crate::terminal::say;

/// The columns of the Azure CLI.
const COLUMNS: [Column; 6] = [
    ("Name", "name"),
    ("CloudName", "cloudName"),
    ("SubscriptionId", "id"),
    ("TenantId", "tenantId"),
    ("State", "state"),
    ("IsDefault", "isDefault"),
];

pub(crate) fn show(subscription: Option<&str>, context: &Context) -> Result<Outcome, Error> {
    let accounts = accounts(context)?;
    Ok(Outcome::new(json(accounts.find(subscription)?)?))
}

pub(crate) fn list(all: bool, context: &Context) -> Result<Outcome, Error> {
    let accounts = accounts(context)?;
    if !all {
        accounts.require()?;
    }
    outcome(accounts.list(all))
}

/// Makes a subscription the default one, and its user the current account, for Rust programs that use this login too.
pub(crate) fn set(subscription: &str, update_azure_cli: bool, context: &Context) -> Result<(), Error> {
    let cloud = context.cloud()?;
    let accounts = Accounts::load(&context.env, &cloud)?;
    let id = accounts.find(Some(subscription))?.id.clone();
    // First what may have to wait for another process, so that a failure leaves both as they were.
    if let Some(user) = accounts.user(Some(&id)) {
        match block_on(async { context.auth(Some(user))?.make_current().await }) {
            // The Azure CLI, or the Python SDK, answers for this user.
            Err(error) if error.kind() == ErrorKind::Unavailable => {}
            done => done?,
        }
    }
    if update_azure_cli {
        azure_cli::select(&cloud, &id, context)?;
    }
    block_on(Profile::update(&context.env, |profile| {
        let mut profile = profile?;
        profile.select(&cloud, &id);
        Ok(profile)
    }))?;
    if accounts.are_of_cli() && !update_azure_cli {
        say("note: azml goes by this choice, az does not: its files are left alone without --update-azure-cli");
    }
    Ok(())
}

/// A list of subscriptions, as the Azure CLI prints it after a login.
pub(super) fn outcome<'a>(subscriptions: impl Iterator<Item = &'a Subscription>) -> Result<Outcome, Error> {
    let listed = subscriptions.map(|subscription| json(&subscription.listed()));
    Ok(Outcome::with_columns(listed.collect::<Result<Value, Error>>()?, &COLUMNS))
}

fn accounts(context: &Context) -> Result<Accounts, Error> {
    Accounts::load(&context.env, &context.cloud()?)
}

fn json(subscription: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(subscription)
        .map_err(|error| Error::new(ErrorKind::Store, "the profile cannot be shown").with_source(error))
}
