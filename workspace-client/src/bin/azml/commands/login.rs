//! `azml login`.

use std::sync::Arc;
use std::time::Duration;

use auth_cli_bridge::{Subscription, User};
use auth_core::claims::Claims;
use auth_core::interactive::Browser;
use auth_core::{AccessToken, Account, Authentication as _, Error, ErrorKind, Tenant};
use workspace_client::Profile;
use workspace_client::arm::ArmClient;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::subscriptions::{self, Found};

use super::account;
use crate::accounts::Accounts;
use crate::args::LoginArgs;
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::{Progress, SignInPrompt, say};

pub(crate) fn run(args: &LoginArgs, context: &Context) -> Result<Outcome, Error> {
    let progress = Arc::new(Progress::new());
    let prompt = SignInPrompt { progress: progress.clone(), opens_browser: !args.no_browser };
    let mut login = context
        .login()
        .force(args.force)
        .browser(if args.no_browser { Browser::None } else { Browser::System })
        .prompt(Arc::new(prompt))
        .login_timeout(Duration::from_secs(args.timeout));
    if let Some(tenant) = &args.tenant {
        login = login.tenant_id(tenant);
    }
    if let Some(user) = &args.username {
        login = login.login_hint(user);
    }
    let auth = login.build()?;
    Profile::prepare(&context.env)?;
    let signed_in = block_on(sign_in(&auth, args.tenant.is_some(), &progress, context));
    progress.done();
    if let Some(error) = auth.save_problem() {
        let message = format!("you are signed in, but the login could not be saved: {error}");
        let unsaved = Error::new(ErrorKind::Store, message);
        return Err(match error.help() {
            Some(help) => unsaved.with_help(help),
            None => unsaved,
        });
    }
    let SignedIn { mut found, user, tenant, is_ours } = signed_in?;
    for (tenant, error) in &found.refused {
        say(&format!("warning: the subscriptions of tenant {tenant} are not listed: {error}"));
        if let Some(help) = error.help() {
            say(&format!("next: {help}"));
        }
    }
    if found.subscriptions.is_empty() {
        say("warning: no subscription was found; the login itself is in order");
        if let Some(tenant) = &tenant {
            found.subscriptions.push(subscriptions::tenant_level(tenant, &user, auth.cloud())?);
        }
    }
    // The list of the Azure CLI's login is kept by the Azure CLI.
    if is_ours || !Accounts::load(&context.env, auth.cloud())?.are_of_cli() {
        let tenant = tenant.as_ref().filter(|_| args.tenant.is_some());
        block_on(Profile::update(&context.env, |profile| {
            let mut profile = profile.unwrap_or_default();
            profile.replace(auth.cloud(), tenant, found.subscriptions);
            Ok(profile)
        }))?;
    }
    // Who answers without a name from now on is who has just logged in.
    if is_ours && args.username.is_some() {
        block_on(auth.make_current())?;
    }
    let accounts = Accounts::load(&context.env, auth.cloud())?;
    let is_own = |it: &&Subscription| accounts.are_of_cli() || it.user.name.eq_ignore_ascii_case(&user.name);
    account::outcome(accounts.list(false).filter(is_own))
}

struct SignedIn {
    found: Found,
    user: User,
    tenant: Option<Tenant>,
    /// Whether azml itself keeps the login.
    is_ours: bool,
}

/// Signs in and lists the subscriptions. A login that cannot list any is a login all the same.
async fn sign_in(
    auth: &InteractiveLoginAuthentication,
    only_this_tenant: bool,
    progress: &Progress,
    context: &Context,
) -> Result<SignedIn, Error> {
    progress.on("signing in");
    let token = auth.sign_in().await?;
    let account = auth.account().await.unwrap_or_else(|error| {
        progress.say(&format!("warning: the saved login cannot be read: {error}"));
        None
    });
    let (user, tenant) = (user(&token, account.as_ref()), token.tenant().cloned());
    progress.on("listing subscriptions");
    let client = ArmClient::new(Arc::new(auth.clone())).http(context.http.clone());
    let wanted = tenant.as_ref().filter(|_| only_this_tenant);
    let found = subscriptions::find(&client, &user, wanted).await.unwrap_or_else(|error| {
        progress.say(&format!("warning: the tenants cannot be listed: {error}"));
        Found::default()
    });
    Ok(SignedIn { found, user, tenant, is_ours: account.is_some() })
}

/// Whose token it is: a person, or an application such as a managed identity.
fn user(token: &AccessToken, account: Option<&Account>) -> User {
    let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
    let person = claims.username().or_else(|| account?.username.as_deref());
    let mut user = User::default();
    (user.name, user.kind) = match (person, &claims.appid) {
        (None, Some(application)) => (application.clone(), "servicePrincipal".to_owned()),
        (person, _) => (person.unwrap_or_default().to_owned(), "user".to_owned()),
    };
    user
}
