//! The endpoints that give tokens of managed identities to the programs of a machine, one file a kind of host.

mod app_service;
mod arc;
mod azure_ml;
mod cloud_shell;
mod imds;
mod legacy_app_service;
mod service_fabric;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use clap::ValueEnum;

use super::state::{Shared, State as Memory};
use super::tokens::{self, Subject};
use super::world::{ManagedIdentity, World, defaults};

/// The kind of machine that a program runs on, as far as its managed identities go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IdentityHost {
    /// App Service, Functions and Container Apps.
    AppService,
    /// A machine elsewhere that is connected to Azure.
    Arc,
    /// A compute instance or cluster of Azure Machine Learning.
    AzureMl,
    /// The shell of the Azure portal, whose token is a person's.
    CloudShell,
    /// A virtual machine. A real one sets no variable; this one's says where its endpoint is.
    Imds,
    /// App Service as it was in 2017.
    LegacyAppService,
    /// A service in a Service Fabric cluster.
    ServiceFabric,
}

/// What the machine keeps for its endpoints.
#[derive(Debug)]
pub(super) struct Machine {
    /// What a program must show to most of them.
    pub(super) secret: String,
    /// Where the agent of Azure Arc leaves its key files.
    pub(super) arc_tokens: PathBuf,
    /// The keys that nobody has used yet, and their files.
    arc_keys: BTreeMap<String, PathBuf>,
}

/// What a host's variables are made of.
struct Place<'a> {
    world: &'a World,
    secret: &'a str,
    http: &'a str,
    https: &'a str,
}

type Parameters = BTreeMap<String, String>;

impl IdentityHost {
    pub(super) fn env(self, memory: &Memory, http: &str, https: &str) -> Vec<(String, String)> {
        let place = Place { world: &memory.world, secret: &memory.machine.secret, http, https };
        let variables = match self {
            Self::AppService => app_service::env(&place),
            Self::Arc => arc::env(&place),
            Self::AzureMl => azure_ml::env(&place),
            Self::CloudShell => cloud_shell::env(&place),
            Self::Imds => imds::env(&place),
            Self::LegacyAppService => legacy_app_service::env(&place),
            Self::ServiceFabric => service_fabric::env(&place),
        };
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Machine {
    pub(super) fn new(arc_tokens: PathBuf) -> Self {
        Self { secret: tokens::opaque(""), arc_tokens, arc_keys: BTreeMap::new() }
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(app_service::routes())
        .merge(arc::routes())
        .merge(azure_ml::routes())
        .merge(cloud_shell::routes())
        .merge(imds::routes())
        .merge(legacy_app_service::routes())
        .merge(service_fabric::routes())
}

/// The id that a parameter chooses an identity by.
type Selector = fn(&ManagedIdentity) -> &String;

/// Why no identity is chosen.
#[derive(Clone, Copy)]
enum Refusal {
    NotFound,
    SeveralIdentities,
    SeveralSelectors,
}

impl Refusal {
    fn message(self) -> &'static str {
        match self {
            Self::NotFound => "Identity not found",
            Self::SeveralIdentities => {
                "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"
            }
            Self::SeveralSelectors => "Only one of the parameters that choose an identity can be specified",
        }
    }
}

/// The identity that the parameters name. Without any it is the machine's own, or the only one there is.
fn select(world: &World, query: &Parameters, known: &[(&str, Selector)]) -> Result<ManagedIdentity, Refusal> {
    let given: Vec<_> = known.iter().filter_map(|(name, selector)| Some((*selector, query.get(*name)?))).collect();
    let identities = &world.managed_identities;
    let found = match given.as_slice() {
        [] => match identities.iter().find(|identity| identity.is_system_assigned) {
            None if identities.len() > 1 => return Err(Refusal::SeveralIdentities),
            own => own.or(identities.first()),
        },
        [(selector, value)] => identities.iter().find(|identity| selector(identity).eq_ignore_ascii_case(value)),
        _ => return Err(Refusal::SeveralSelectors),
    };
    found.cloned().ok_or(Refusal::NotFound)
}

/// A token, and between which seconds since the epoch it counts.
struct Issued {
    access_token: String,
    begins: i64,
    expires: i64,
}

fn issue(memory: &mut Memory, subject: &Subject, resource: &str, continuous_access: bool) -> Issued {
    // A day, where a sign-in's lasts about an hour.
    let lifetime = if memory.access_token_lifetime.is_some() { memory.next_lifetime() } else { 86_400 };
    let begins = memory.now();
    let access_token = memory.access_token(subject, resource, lifetime, continuous_access);
    Issued { access_token, begins, expires: begins + lifetime }
}

/// The person in front of the machine, who signed in with the client of the Azure CLI.
fn person(memory: &Memory, username: &str) -> Subject {
    let user = memory.expect_user(username);
    let home = user.home().clone();
    Subject::person(&user, &home, defaults::AZURE_CLI_CLIENT_ID, false)
}

fn shows_secret(memory: &Memory, headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes() == memory.machine.secret.as_bytes())
}

/// The header that a redirected or forwarded request does not have, to the letter.
fn has_metadata(headers: &HeaderMap) -> bool {
    headers.get("metadata").is_some_and(|value| value == "true")
}
