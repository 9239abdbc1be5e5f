//! `azml login`.

use std::sync::Arc;
use std::time::Duration;

use auth_cli_bridge::{Subscription, User};
use auth_core::claims::Claims;
use auth_core::interactive::Browser;
use auth_core::{AccessToken, Account, Authentication as _, Cloud, Error, ErrorKind, Tenant, TokenRequest};
use auth_msi::{Identity, Principal};
use workspace_client::Profile;
use workspace_client::arm::ArmClient;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::subscriptions::{self, Found};

use super::login_service_principal::Application;
use super::token::scopes;
use super::{account, azure_cli, name};
use crate::accounts::Accounts;
use crate::args::LoginArgs;
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::sign_in_prompt::SignInPrompt;
use crate::terminal::{say, warn};

pub(crate) fn run(args: &LoginArgs, context: &Context) -> Result<Outcome, Error> {
    let progress = Arc::new(Progress::new());
    let prompt = SignInPrompt::new(progress.clone(), &context.env);
    let mut login = context
        .login()
        // Claims are demanded of a person: what a refresh token can answer was answered before.
        .force(args.force || args.claims_challenge.is_some())
        .browser(if args.no_browser { Browser::None } else { Browser::System })
        .use_device_code(args.use_device_code)
        .prompt(Arc::new(prompt));
    if let Some(seconds) = args.timeout {
        login = login.login_timeout(Duration::from_secs(seconds));
    }
    if let Some(tenant) = &args.tenant {
        login = login.tenant_id(tenant);
    }
    if let Some(user) = &args.username {
        login = login.login_hint(user);
    }
    let auth = login.build()?;
    let tenant = args.tenant.as_deref();
    let way = match (
        args.machine.selected(),
        Application::named(&args.application, args.username.as_deref(), tenant, &context.env)?,
    ) {
        (Some(identity), _) => Way::ManagedIdentity(identity),
        (None, Some(application)) => Way::Application(application),
        (None, None) => Way::Person,
    };
    if args.update_azure_cli {
        azure_cli::check(auth.cloud(), context)?;
    }
    Profile::prepare(&context.env)?;
    if context.env.var("AZML_PROTECTION").is_some_and(|places| places.trim() == "memory") {
        warn("AZML_PROTECTION is memory, so the next command must sign in again");
    }
    let request = request(args, auth.cloud())?;
    let signed_in = block_on(sign_in(&auth, &request, way, args.tenant.is_some(), &progress, context));
    progress.done();
    if let Some(error) = auth.save_problem() {
        let message = format!("you are signed in, but the login could not be saved: {error}");
        let unsaved = Error::new(ErrorKind::Store, message);
        return Err(match error.help() {
            Some(help) => unsaved.with_help(help),
            None => unsaved,
        });
    }
    let SignedIn { found, user, tenant, account } = signed_in?;
    mend_profile(context)?;
    // A person may have picked another account than the one that was asked for.
    let other = account.as_ref().zip(args.username.as_deref()).and_then(|(account, wanted)| other(account, wanted));
    let is_ours = account.is_some();
    let is_told = found.is_some();
    let Found { mut subscriptions, refused } = found.unwrap_or_default();
    for (tenant, error) in &refused {
        warn(&format!("the subscriptions of tenant {tenant} are not listed: {error}"));
        if let Some(help) = error.help() {
            say(&format!("next: {help}"));
        }
    }
    if subscriptions.is_empty() {
        let accounts = Accounts::load(&context.env, auth.cloud())?;
        let is_known = accounts.are_of_cli()
            || accounts.of_cloud().any(|it| it.user.name.to_lowercase() == user.name.to_lowercase());
        let has_answer = is_told && refused.is_empty();
        say(match (has_answer, is_known) {
            (true, _) => "warning: no subscription was found; the login itself is in order",
            (false, true) => "the login itself is in order, and the list of subscriptions is as it was",
            (false, false) => "the login itself is in order; azml login looks for subscriptions again",
        });
        if let Some(tenant) = tenant.as_ref().filter(|_| has_answer || !is_known) {
            subscriptions.push(subscriptions::tenant_level(tenant, &user, auth.cloud())?);
        }
    }
    // The list of the Azure CLI's login is kept by the Azure CLI.
    if is_ours || !Accounts::load(&context.env, auth.cloud())?.are_of_cli() {
        let tenant = tenant.as_ref().filter(|_| args.tenant.is_some());
        let refused: Vec<_> = refused.into_iter().map(|(tenant, _)| tenant).collect();
        block_on(Profile::update(&context.env, |profile| {
            let mut profile = profile?;
            let is_of_cloud = |it: &&Subscription| it.environment_name == auth.cloud().name();
            let earlier = profile.subscriptions().iter().filter(is_of_cloud).cloned().collect::<Vec<_>>();
            if other.is_some() {
                // What somebody else sees stays theirs, and so does the choice.
                subscriptions.retain(|new| {
                    !earlier.iter().any(|old| old.id.eq_ignore_ascii_case(&new.id) && old.user.name != new.user.name)
                });
            }
            profile.replace(auth.cloud(), tenant, &refused, subscriptions);
            if let Some(default) = earlier.iter().find(|it| it.is_default && other.is_some()) {
                profile.select(auth.cloud(), &default.id);
            }
            Ok(profile)
        }))?;
    }
    if let Some(other) = other {
        return Err(other);
    }
    conclude(&auth, &user, is_ours, args, context)
}

/// Makes the login the one that others go by, and lists what it sees.
fn conclude(
    auth: &InteractiveLoginAuthentication,
    user: &User,
    is_ours: bool,
    args: &LoginArgs,
    context: &Context,
) -> Result<Outcome, Error> {
    // Who answers without a name from now on is who has just logged in.
    if is_ours && args.username.is_some() {
        block_on(auth.make_current())?;
    }
    if args.update_azure_cli {
        azure_cli::sign_in(auth, user, args.use_device_code, context)?;
    }
    let accounts = Accounts::load(&context.env, auth.cloud())?;
    let is_own = |it: &&Subscription| accounts.are_of_cli() || it.user.name.eq_ignore_ascii_case(&user.name);
    account::outcome(accounts.list(false).filter(is_own))
}

/// Puts a profile out of the way that cannot be read, and says so.
pub(super) fn mend_profile(context: &Context) -> Result<(), Error> {
    if let Some((aside, problem)) = block_on(Profile::set_aside_if_damaged(&context.env))? {
        warn(&format!("{problem}; it is {} now, and a new one is made", aside.display()));
    }
    Ok(())
}

/// The error if this account is not the one that was asked for.
fn other(account: &Account, wanted: &str) -> Option<Error> {
    let wanted = wanted.trim();
    let names = [&account.username, &account.home_account_id];
    if names.into_iter().flatten().any(|name| name.to_lowercase() == wanted.to_lowercase()) {
        return None;
    }
    let name = name(account);
    let message = format!("the sign-in was made as {name}, not as {wanted}; that login is saved beside the others");
    let help = format!("azml login --username {name} makes it the current account");
    Some(Error::new(ErrorKind::Configuration, message).with_help(help))
}

/// What the sign-in is for.
fn request(args: &LoginArgs, cloud: &Cloud) -> Result<TokenRequest, Error> {
    let scopes = if args.scope.is_empty() { cloud.arm_scope() } else { scopes(&args.scope)? };
    let request = TokenRequest::new(scopes);
    Ok(match &args.claims_challenge {
        Some(claims) => request.claims(claims),
        None => request,
    })
}

/// Who signs in.
enum Way {
    Application(Application),
    ManagedIdentity(Identity),
    /// Or whatever signs in already.
    Person,
}

struct SignedIn {
    /// None if the tenants could not be listed.
    found: Option<Found>,
    user: User,
    tenant: Option<Tenant>,
    /// Whose login azml itself keeps, if it does.
    account: Option<Account>,
}

/// Signs in and lists the subscriptions. A login that cannot list any is a login all the same.
async fn sign_in(
    auth: &InteractiveLoginAuthentication,
    request: &TokenRequest,
    way: Way,
    only_this_tenant: bool,
    progress: &Progress,
    context: &Context,
) -> Result<SignedIn, Error> {
    progress.on("signing in");
    let token = match way {
        Way::Application(it) => auth.sign_in_application(&it.client_id, &it.tenant, it.credential).await?,
        Way::ManagedIdentity(identity) => {
            let token = auth.sign_in_managed_identity(&identity).await?;
            if let Some(principal) = Principal::of(&token).ok().filter(Principal::is_user) {
                progress.say(&format!(
                    "warning: this machine answers with the token of {principal}, who is signed in on it"
                ));
            }
            token
        }
        Way::Person => auth.sign_in_for(request).await?,
    };
    let account = auth.account().await.unwrap_or_else(|error| {
        progress.warn(&format!("the saved login cannot be read: {error}"));
        None
    });
    let (user, tenant) = (user(&token, account.as_ref()), token.tenant().cloned());
    progress.on("listing subscriptions");
    let client = ArmClient::new(Arc::new(auth.clone())).http(context.http.clone());
    let wanted = tenant.as_ref().filter(|_| only_this_tenant);
    let found = subscriptions::find(&client, &user, wanted).await;
    let found = found.inspect_err(|error| progress.warn(&format!("the tenants cannot be listed: {error}")));
    Ok(SignedIn { found: found.ok(), user, tenant, account })
}

/// Whose token it is: a person, or an application such as a managed identity.
fn user(token: &AccessToken, account: Option<&Account>) -> User {
    let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
    let named = account.and_then(|account| account.username.as_deref());
    // An application is named by its client id, which a person's token holds, too.
    let person = claims.username().or(named.filter(|name| claims.appid.as_deref() != Some(name)));
    let mut user = User::default();
    (user.name, user.kind) = match (person, &claims.appid) {
        (None, Some(application)) => (application.clone(), "servicePrincipal".to_owned()),
        (person, _) => (person.unwrap_or_default().to_owned(), "user".to_owned()),
    };
    user
}
