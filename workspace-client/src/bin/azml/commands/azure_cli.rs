//! What `--update-azure-cli` does.

use std::collections::BTreeMap;

use auth_cli_bridge::write_back::{WriteBack, Written};
use auth_cli_bridge::{ConfigDir, Profile, Subscription, User};
use auth_core::{Authentication as _, Cloud, Error, ErrorKind};
use workspace_client::auth::InteractiveLoginAuthentication;

use crate::accounts::Accounts;
use crate::context::{Context, block_on};
use crate::terminal::say;

/// Refuses where the Azure CLI could not be signed in, before a person takes the trouble.
pub(super) fn check(cloud: &Cloud, context: &Context) -> Result<(), Error> {
    WriteBack::new(&context.env).check(cloud)
}

/// Signs the Azure CLI in with the login that was just made.
pub(super) fn sign_in(
    auth: &InteractiveLoginAuthentication,
    user: &User,
    with_device_code: bool,
    context: &Context,
) -> Result<(), Error> {
    let accounts = Accounts::load(&context.env, auth.cloud())?;
    let name = &user.name;
    let is_users = |name: &str| name.to_lowercase() == user.name.to_lowercase();
    let account = block_on(auth.account())?;
    if !account.and_then(|account| account.username).is_some_and(|own| is_users(&own)) {
        if accounts.are_of_cli() {
            say(&format!("the Azure CLI is signed in as {name} already, and its login is the one that is used"));
            return Ok(());
        }
        let message = format!("the login of {name} is not azml's own, so that it cannot be given to the Azure CLI");
        return Err(Error::new(ErrorKind::Configuration, message).with_help("azml login --force --update-azure-cli"));
    }
    let subscriptions: Vec<Subscription> = accounts.of_cloud().filter(|it| is_users(&it.user.name)).cloned().collect();
    let written = block_on(async {
        let login = auth.cli_login().await?.device_code(with_device_code).subscriptions(subscriptions);
        WriteBack::new(&context.env).sign_in(&login).await
    });
    let written = written.map_err(|error| {
        let told = Error::new(error.kind(), format!("you are signed in with azml, but the Azure CLI is not: {error}"));
        match error.help() {
            Some(help) => told.with_help(help),
            None => told,
        }
    })?;
    let place = ConfigDir::azure_cli(&context.env).tokens().map(|folder| folder.display().to_string());
    say(&format!(
        "the Azure CLI is signed in as {name}, too; {} holds the login unencrypted, as az keeps it",
        place.unwrap_or_default()
    ));
    tell_switch(&written, auth.cloud());
    Ok(())
}

/// Makes a subscription the Azure CLI's default one.
pub(super) fn select(cloud: &Cloud, id: &str, context: &Context) -> Result<(), Error> {
    let written = block_on(WriteBack::new(&context.env).select(cloud, id))?;
    tell_switch(&written, cloud);
    Ok(())
}

/// Signs users out of the Azure CLI: those that azml is about to sign out, or else the CLI's own, and says who they were.
pub(super) fn sign_out(
    auth: &InteractiveLoginAuthentication,
    named: Option<&str>,
    all: bool,
    context: &Context,
) -> Result<Vec<String>, Error> {
    let cloud = auth.cloud();
    let of_cli = Profile::load(&ConfigDir::azure_cli(&context.env))?;
    let accounts = block_on(async {
        if all { auth.accounts().await } else { auth.account().await.map(|account| account.into_iter().collect()) }
    })?;
    // By its name in small letters each is signed out once.
    let mut users: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |user: String| drop(users.insert(user.to_lowercase(), user));
    accounts.into_iter().filter_map(|account| account.username).for_each(&mut add);
    if all {
        of_cli.subscriptions_of(cloud).for_each(|it| add(it.user.name.clone()));
    } else if let Some(named) = named {
        add(named.to_owned());
    }
    if users.is_empty()
        && let Some(current) = of_cli.subscriptions_of(cloud).find(|it| it.is_default)
    {
        users.insert(String::new(), current.user.name.clone());
    }
    let mut signed_out = Vec::new();
    for user in users.into_values() {
        if !block_on(WriteBack::new(&context.env).sign_out(cloud, &user))?.files.is_empty() {
            say(&format!("signed out of the Azure CLI: {user}"));
            signed_out.push(user);
        }
    }
    Ok(signed_out)
}

fn tell_switch(written: &Written, cloud: &Cloud) {
    if let Some(before) = &written.switched_from {
        say(&format!("the Azure CLI was at {before}, and is at {} now", cloud.name()));
    }
}
