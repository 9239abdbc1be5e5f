//! Who is signed in, according to the CLI's files.

use std::path::Path;

use auth_core::{Clock, Cloud, Env, Error, ErrorKind, Tenant, TokenRequest};

use crate::msal_cache::MsalCache;
use crate::{ConfigDir, Profile, Subscription};

/// What a caller may say about whom to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) subscription: Option<String>,
}

/// Who is signed in.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) subscription: Subscription,
    /// The tenant whose tokens are asked for where a request names none.
    pub(crate) tenant: Tenant,
    pub(crate) principal: Principal,
    /// The domains of tenants that the CLI knows: its cache files tokens by tenant id alone.
    domains: Vec<(String, Tenant)>,
}

#[derive(Debug)]
pub(crate) enum Principal {
    Application {
        client_id: String,
    },
    /// Whoever it is, only the CLI can read the tokens.
    Sealed,
    User {
        home_account_id: String,
    },
}

impl Identity {
    /// Finds out who is signed in to this cloud. The token cache that had to be read for that is handed on.
    pub(crate) async fn find(
        directory: &ConfigDir,
        cloud: &Cloud,
        wish: &Wish,
        env: &Env,
        clock: &Clock,
    ) -> Result<(Self, MsalCache), Error> {
        let profile = Profile::load(directory)?;
        let subscription = profile.select(cloud, wish.subscription.as_deref())?.clone();
        refuse_what_others_serve(&subscription)?;
        let domains: Vec<_> = profile.subscriptions_of(cloud).filter_map(domain).collect();
        let tenant = match (&wish.tenant, &subscription.tenant_id) {
            (Some(tenant), _) => resolve(&domains, tenant),
            (None, Some(id)) => Tenant::parse(id)?,
            (None, None) => Tenant::organizations(),
        };
        let sealed = directory.encrypted_token_cache(env)?;
        let cache = if sealed.is_some() { MsalCache::default() } else { MsalCache::load(directory, clock).await? };
        let name = &subscription.user.name;
        let principal = match sealed {
            Some(path) if directory.is_python_sdk() => return Err(unreadable(&path)),
            Some(_) => Principal::Sealed,
            None if subscription.user.kind == "servicePrincipal" => Principal::Application { client_id: name.clone() },
            None => match cache.account(cloud, name)? {
                Some(home_account_id) => Principal::User { home_account_id },
                None => return Err(signed_out(name, directory)),
            },
        };
        Ok((Self { subscription, tenant, principal, domains }, cache))
    }

    /// The tenant that a request is about.
    pub(crate) fn tenant_of(&self, request: &TokenRequest) -> Tenant {
        request.requested_tenant().map_or_else(|| self.tenant.clone(), |tenant| resolve(&self.domains, tenant))
    }

    /// The error for an account that has left the token cache.
    pub(crate) fn signed_out(&self, directory: &ConfigDir) -> Error {
        signed_out(&self.subscription.user.name, directory)
    }
}

/// There is no command of the SDK that could be asked.
fn unreadable(path: &Path) -> Error {
    Error::new(ErrorKind::Unavailable, format!("{} is encrypted, which is not supported", path.display()))
        .with_help("sign in here: azml login")
}

fn signed_out(name: &str, directory: &ConfigDir) -> Error {
    let cache = directory.token_cache_path();
    Error::new(ErrorKind::Unavailable, format!("{} holds no sign-in of {name}", cache.display()))
        .with_help(format!("sign in: {}", directory.login()))
}

fn domain(subscription: &Subscription) -> Option<(String, Tenant)> {
    let tenant = Tenant::parse(subscription.tenant_id.as_deref()?).ok()?;
    Some((subscription.tenant_default_domain.clone()?, tenant))
}

/// The id of a tenant that is named by a domain, if the CLI knows it.
fn resolve(domains: &[(String, Tenant)], tenant: &Tenant) -> Tenant {
    let known = domains.iter().find(|(domain, _)| domain.eq_ignore_ascii_case(tenant.as_str()));
    known.map_or(tenant, |(_, id)| id).clone()
}

/// The CLI keeps no tokens of managed identities and of Cloud Shell: it asks the machine each time (observed: az 2.91).
fn refuse_what_others_serve(subscription: &Subscription) -> Result<(), Error> {
    let user = &subscription.user;
    let identity = user.assigned_identity_info.as_deref().map(|info| match info.split_once('-') {
        Some(("MSIClient", id)) => format!("with client id {id}"),
        Some(("MSIObject", id)) => format!("with object id {id}"),
        Some(("MSIResource", id)) => format!("with resource id {id}"),
        _ => "of this machine".to_owned(),
    });
    let who = match identity {
        Some(identity) => format!("the managed identity {identity}"),
        None if user.cloud_shell_id == Some(true) => format!("{} in Azure Cloud Shell", user.name),
        None => return Ok(()),
    };
    let message = format!("the Azure CLI is signed in as {who}, of which it keeps no token");
    Err(Error::new(ErrorKind::Unavailable, message)
        .with_help("ask the machine itself: that is what MsiAuthentication does"))
}
