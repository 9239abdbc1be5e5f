//! `azml rest`: any request to Azure, with the right token (observed: az 2.91, `az rest`).

mod answer;
mod request;

use std::time::Duration;

use auth_core::claims::Challenge;
use auth_core::http::{may_carry_tokens, network_error};
use auth_core::{AccessToken, Authentication as _, Cloud, Error, ErrorKind, Scope, Scopes, TokenRequest};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use url::Url;
use workspace_client::auth::InteractiveLoginAuthentication;

use super::token::Identity;
use crate::accounts::Accounts;
use crate::args::{IdentityArgs, RestArgs};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::progress::Progress;

use request::Request;

/// How long a file may take.
const LONGEST_DOWNLOAD: Duration = Duration::from_secs(3600);

pub(crate) fn run(args: &RestArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let cloud = context.cloud()?;
    let subscription = || Ok(Accounts::load(&context.env, &cloud)?.find(args.subscription.as_deref())?.id.clone());
    let request = Request::read(args, &cloud, subscription)?;
    let token = match scopes(args, &request, &cloud)? {
        Some(scopes) => Some(Token::of(scopes, args, &request.url, context)?),
        None => None,
    };
    block_on(async {
        let progress = Progress::new();
        progress.on(format!("asking {}", request.host()));
        let response = exchange(&request, token.as_ref(), args.output_file.is_some(), context).await?;
        if !response.status().is_success() {
            return Err(answer::refusal(&request, response).await);
        }
        let outcome = match &args.output_file {
            Some(file) => answer::save(response, file, &progress).await.map(|()| None),
            None => answer::read(response).await,
        };
        progress.done();
        outcome
    })
}

/// For what the token must be; none where none is sent. A host that neither the cloud nor the person has named gets none.
fn scopes(args: &RestArgs, request: &Request, cloud: &Cloud) -> Result<Option<Scopes>, Error> {
    let url = &request.url;
    if args.skip_authorization_header || request.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let host = request.host();
    if !may_carry_tokens(url) {
        let message = format!("no token is sent to {host} without TLS");
        return Err(Error::new(ErrorKind::Configuration, message)
            .with_help("write the URL with https, or add --skip-authorization-header"));
    }
    if let Some(resource) = &args.resource {
        return Scope::default_of(resource).map(Scopes::from).map(Some);
    }
    let is_at = |base: Option<&Url>| base.is_some_and(|base| base.origin() == url.origin());
    let is_ml = cloud.ml_api_suffix().is_some_and(|suffix| {
        let suffix = suffix.trim_start_matches('.');
        host.strip_suffix(suffix).is_some_and(|region| region.ends_with('.'))
    });
    let scopes = match () {
        () if is_at(Some(cloud.resource_manager())) => Some(cloud.arm_scope()),
        () if is_at(cloud.graph()) => cloud.graph_scope(),
        () if is_ml => cloud.ml_scope(),
        () => None,
    };
    scopes.map(Some).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("which token does {host} want? it is no host of {}", cloud.name()))
            .with_help("name the resource with --resource, or send none with --skip-authorization-header")
    })
}

/// Where the tokens of a request come from.
struct Token {
    auth: InteractiveLoginAuthentication,
    request: TokenRequest,
}

impl Token {
    /// As the user and of the tenant of the subscription that is meant.
    fn of(scopes: Scopes, args: &RestArgs, url: &Url, context: &Context) -> Result<Self, Error> {
        let named = |subscription: Option<String>| IdentityArgs { tenant: None, subscription };
        let in_url = subscription(url);
        let (auth, identity) = match (&args.subscription, in_url) {
            (Some(said), _) => Identity::choose(&named(Some(said.clone())), context)?,
            // One that no login has seen is asked for as the user of the default one.
            (None, Some(id)) => {
                Identity::choose(&named(Some(id)), context).or_else(|_| Identity::choose(&named(None), context))?
            }
            (None, None) => Identity::choose(&named(None), context)?,
        };
        Ok(Self { request: identity.request(scopes), auth })
    }
}

/// The subscription of what lies at `/subscriptions/{id}`.
fn subscription(url: &Url) -> Option<String> {
    let mut segments = url.path_segments()?;
    segments.next().filter(|first| first.eq_ignore_ascii_case("subscriptions"))?;
    segments.next().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Sends the request, and once more with another token if the first one is refused.
async fn exchange(
    request: &Request,
    token: Option<&Token>,
    is_download: bool,
    context: &Context,
) -> Result<reqwest::Response, Error> {
    let Some(Token { auth, request: asked }) = token else { return send(request, None, is_download, context).await };
    let token = auth.token(asked).await?;
    let response = send(request, Some(&token), is_download, context).await?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    let mut asked = asked.clone().instead_of(&token);
    if let Some(claims) = Challenge::from_headers(response.headers()).claims() {
        asked = asked.claims(claims);
    }
    let token = auth.token(&asked).await?;
    send(request, Some(&token), is_download, context).await
}

async fn send(
    request: &Request,
    token: Option<&AccessToken>,
    is_download: bool,
    context: &Context,
) -> Result<reqwest::Response, Error> {
    let mut sent = context.http.get()?.request(request.method.clone(), request.url.clone());
    sent = sent.headers(request.headers.clone());
    if let Some(token) = token {
        let mut authorization = HeaderValue::from_str(token.header().expose())
            .map_err(|_| Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry"))?;
        authorization.set_sensitive(true);
        sent = sent.header(AUTHORIZATION, authorization);
    }
    if let Some(body) = &request.body {
        sent = sent.body(body.clone());
    }
    if is_download {
        sent = sent.timeout(LONGEST_DOWNLOAD);
    }
    sent.send().await.map_err(network_error)
}
