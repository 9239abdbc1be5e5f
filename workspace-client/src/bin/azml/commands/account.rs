//! `azml account show` and `azml account list`.

use auth_cli_bridge::Subscription;
use auth_core::{Authentication as _, Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;

use crate::accounts::Accounts;
use crate::context::Context;
use crate::output::{Column, Outcome};

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

/// A list of subscriptions, as the Azure CLI prints it after a login.
pub(super) fn outcome<'a>(subscriptions: impl Iterator<Item = &'a Subscription>) -> Result<Outcome, Error> {
    let listed = subscriptions.map(|subscription| json(&subscription.listed()));
    Ok(Outcome::with_columns(listed.collect::<Result<Value, Error>>()?, &COLUMNS))
}

fn accounts(context: &Context) -> Result<Accounts, Error> {
    Accounts::load(&context.env, context.auth()?.cloud())
}

fn json(subscription: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(subscription)
        .map_err(|error| Error::new(ErrorKind::Store, "the profile cannot be shown").with_source(error))
}
