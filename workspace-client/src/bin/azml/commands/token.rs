//! `azml account get-access-token` and `azml account get-authentication-header`.

use auth_core::clock::{from_unix, to_unix};
use auth_core::{AccessToken, Authentication as _, Cloud, Error, ErrorKind, Scope, Scopes, Tenant, TokenRequest};
use serde_json::{Map, Value, json};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use workspace_client::auth::InteractiveLoginAuthentication;

use crate::accounts::Accounts;
use crate::args::{IdentityArgs, ResourceType, TokenArgs};
use crate::context::{Context, block_on};
use crate::output::Outcome;

/// The same members as `az account get-access-token`.
pub(crate) fn access_token(args: &TokenArgs, context: &Context) -> Result<Outcome, Error> {
    let (auth, identity) = Identity::choose(&args.identity, context)?;
    let token = identity.token(&auth, wanted(args, auth.cloud())?)?;
    let tenant = token.tenant().or(identity.tenant.as_ref()).map(Tenant::as_str);
    let mut members = Map::from_iter([
        ("accessToken".to_owned(), json!(token.secret().expose())),
        ("expires_on".to_owned(), json!(to_unix(token.expires_on()))),
        ("expiresOn".to_owned(), json!(local_time(&token)?)),
        ("tenant".to_owned(), json!(tenant)),
        ("tokenType".to_owned(), json!("Bearer")),
    ]);
    if let Some(subscription) = identity.subscription {
        members.insert("subscription".to_owned(), json!(subscription));
    }
    Ok(Outcome::new(Value::Object(members)))
}

pub(crate) fn header(args: &IdentityArgs, context: &Context) -> Result<Outcome, Error> {
    let (auth, identity) = Identity::choose(args, context)?;
    let token = identity.token(&auth, auth.cloud().arm_scope())?;
    Ok(Outcome::new(json!({"Authorization": token.header().expose()})))
}

/// Which tenant's token is wanted, and for which subscription.
pub(super) struct Identity {
    subscription: Option<String>,
    tenant: Option<Tenant>,
}

impl Identity {
    /// The tenant that is named, or that of the subscription that is named, or that of the default one; and the way in as the
    /// user of that subscription. A managed identity has no list of subscriptions, and then the token is of its own tenant.
    pub(super) fn choose(
        args: &IdentityArgs,
        context: &Context,
    ) -> Result<(InteractiveLoginAuthentication, Self), Error> {
        let accounts = Accounts::load(&context.env, &context.cloud()?);
        let user = accounts.as_ref().ok().and_then(|accounts| accounts.user(args.subscription.as_deref()));
        Ok((context.auth(user)?, Self::of(args, &accounts)?))
    }

    fn of(args: &IdentityArgs, accounts: &Result<Accounts, Error>) -> Result<Self, Error> {
        if let Some(tenant) = &args.tenant {
            return Ok(Self { subscription: None, tenant: Some(Tenant::parse(tenant)?) });
        }
        match accounts.as_ref().map_err(Clone::clone).and_then(|accounts| accounts.find(args.subscription.as_deref())) {
            Ok(found) => {
                let tenant = found.tenant_id.as_deref().map(Tenant::parse).transpose()?;
                Ok(Self { subscription: Some(found.id.clone()), tenant })
            }
            Err(_) if args.subscription.is_none() => Ok(Self { subscription: None, tenant: None }),
            Err(error) => Err(error),
        }
    }

    pub(super) fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    pub(super) fn request(&self, scopes: Scopes) -> TokenRequest {
        TokenRequest::new(scopes).tenant(self.tenant.clone())
    }

    fn token(&self, auth: &InteractiveLoginAuthentication, scopes: Scopes) -> Result<AccessToken, Error> {
        block_on(auth.token(&self.request(scopes)))
    }
}

/// Scopes, given one by one or in one word with spaces.
pub(super) fn scopes(texts: &[String]) -> Result<Scopes, Error> {
    let scopes = texts.iter().flat_map(|scopes| scopes.split_whitespace()).map(Scope::parse);
    Scopes::new(scopes.collect::<Result<Vec<_>, _>>()?)
}

fn wanted(args: &TokenArgs, cloud: &Cloud) -> Result<Scopes, Error> {
    if !args.scope.is_empty() {
        return scopes(&args.scope);
    }
    if let Some(resource) = &args.resource {
        return Scope::default_of(resource).map(Scopes::from);
    }
    let Some(kind) = args.resource_type else { return Ok(cloud.arm_scope()) };
    let scopes = match kind {
        ResourceType::Arm => Some(cloud.arm_scope()),
        ResourceType::Ml => cloud.ml_scope(),
        _ => well_known(kind, cloud.name()).map(Scope::default_of).transpose()?.map(Scopes::from),
    };
    scopes.ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("this resource of the cloud {} is not known here", cloud.name()))
            .with_help("name it with --resource")
    })
}

/// The resources of the known clouds (observed: az 2.91).
fn well_known(kind: ResourceType, cloud: &str) -> Option<&'static str> {
    let (public, china, government) = match kind {
        ResourceType::AadGraph => {
            ("https://graph.windows.net/", "https://graph.chinacloudapi.cn/", "https://graph.microsoftazure.us/")
        }
        ResourceType::Batch => (
            "https://batch.core.windows.net/",
            "https://batch.chinacloudapi.cn/",
            "https://batch.core.usgovcloudapi.net/",
        ),
        ResourceType::DataLake => ("https://datalake.azure.net/", "", ""),
        ResourceType::Media => (
            "https://rest.media.azure.net",
            "https://rest.media.chinacloudapi.cn",
            "https://rest.media.usgovcloudapi.net",
        ),
        ResourceType::MsGraph => {
            ("https://graph.microsoft.com/", "https://microsoftgraph.chinacloudapi.cn", "https://graph.microsoft.us/")
        }
        ResourceType::OssRdbms => (
            "https://ossrdbms-aad.database.windows.net",
            "https://ossrdbms-aad.database.chinacloudapi.cn",
            "https://ossrdbms-aad.database.usgovcloudapi.net",
        ),
        ResourceType::Arm | ResourceType::Ml => return None,
    };
    let resource = match cloud {
        "AzureCloud" => public,
        "AzureChinaCloud" => china,
        "AzureUSGovernment" => government,
        _ => "",
    };
    Some(resource).filter(|resource| !resource.is_empty())
}

/// When the token expires, on the person's clock, as the Azure CLI writes it.
fn local_time(token: &AccessToken) -> Result<String, Error> {
    // In whole seconds, like `expires_on` beside it.
    let time = OffsetDateTime::from(from_unix(to_unix(token.expires_on())));
    let offset = UtcOffset::local_offset_at(time).unwrap_or(UtcOffset::UTC);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]");
    time.to_offset(offset)
        .format(format)
        .map_err(|error| Error::new(ErrorKind::Protocol, "the token's expiry cannot be written").with_source(error))
}
