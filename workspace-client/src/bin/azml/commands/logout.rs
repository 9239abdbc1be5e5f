//! `azml logout`.

use auth_core::{Account, Authentication as _, Cloud, Error, ErrorKind};
use serde_json::{Value, json};
use workspace_client::{Profile, config_dir};

use super::azure_cli;
use super::login::mend_profile;
use crate::args::LogoutArgs;
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::remains::Remains;
use crate::terminal::say;

/// Signs out, says on stderr what was removed and what still signs in, and yields the same as data.
pub(crate) fn run(args: &LogoutArgs, context: &Context) -> Result<Outcome, Error> {
    let auth = context.auth(args.username.as_deref())?;
    let cloud = auth.cloud();
    let ambiguous = |error: Error| match error.kind() {
        ErrorKind::Interaction => error.with_help("azml logout --username <user>, or azml logout --all"),
        _ => error,
    };
    let mut removed = Vec::new();
    if args.update_azure_cli {
        // First, while azml still knows who they are.
        let users = azure_cli::sign_out(&auth, args.username.as_deref(), args.all, context).map_err(ambiguous)?;
        removed.extend(users.iter().map(|user| json!({"kind": "azureCli", "user": user, "cloud": cloud.name()})));
    }
    let done = block_on(async { if args.all { auth.sign_out_all().await } else { auth.sign_out().await } });
    let done = done.map_err(ambiguous)?;
    let place = config_dir(&context.env).map(|folder| folder.join("tokens").display().to_string());
    for account in &done.removed {
        let subscriptions = forget(account.username.as_deref().filter(|_| !done.remaining.is_empty()), cloud, context)?;
        let (cloud, name) = (cloud.name(), name(account));
        say(&format!("signed out of {cloud}: {name}"));
        say(&format!(
            "removed the login in {}, and {subscriptions} subscriptions from the list",
            place.as_deref().unwrap_or("memory")
        ));
        removed.push(
            json!({"kind": "login", "user": name, "cloud": cloud, "place": place, "subscriptions": subscriptions}),
        );
    }
    if done.removed.is_empty() {
        let subscriptions = if args.username.is_none() && done.remaining.is_empty() {
            forget(None, cloud, context)?
        } else {
            forget(args.username.as_deref(), cloud, context)?
        };
        let whose = args.username.as_ref().map_or_else(|| "of its own".to_owned(), |user| format!("of {user}"));
        say(&format!("azml had no login {whose} for {}", cloud.name()));
        if subscriptions > 0 {
            removed.push(json!({"kind": "list", "subscriptions": subscriptions}));
        }
    }
    if done.renewed > 0 {
        say("removed what azml had renewed from the login of the Azure CLI or of the Python SDK");
        removed.push(json!({"kind": "renewed", "records": done.renewed, "place": place}));
    }
    let remains = Remains::find(&done, cloud, &context.env);
    remains.lines().for_each(say);
    Ok(Outcome::new(json!({"removed": removed, "remains": remains.to_json()})))
}

/// Removes subscriptions from the list, of one user or of all, and says how many.
fn forget(user: Option<&str>, cloud: &Cloud, context: &Context) -> Result<usize, Error> {
    if Profile::load(&context.env).is_ok_and(|profile| profile == Profile::default()) {
        return Ok(0);
    }
    mend_profile(context)?;
    let mut removed = 0;
    block_on(Profile::update(&context.env, |profile| {
        let mut profile = profile?;
        removed = profile.forget(cloud, user);
        Ok(profile)
    }))?;
    Ok(removed)
}

pub(crate) fn name(account: &Account) -> &str {
    account.username.as_deref().or(account.home_account_id.as_deref()).unwrap_or("an account that cannot be read")
}

/// For those who read data.
pub(crate) fn entry(kind: &str, name: &str, ends_with: Option<&str>) -> Value {
    json!({"kind": kind, "name": name, "endsWith": ends_with})
}
