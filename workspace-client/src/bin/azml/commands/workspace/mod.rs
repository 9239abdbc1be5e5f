//! `azml workspace`.

mod change;
mod description;
mod outbound_rule;

use std::collections::BTreeMap;
use std::sync::Arc;

use auth_core::{Error, ErrorKind, Tenant};
use serde::Serialize;
use serde_json::Value;
use workspace_client::arm::ArmClient;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::{Workspace, WorkspaceDetails};

use crate::accounts::Accounts;
use crate::args::{PlaceArgs, WorkspaceCommand};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is};
use crate::output::{Column, Outcome};
use crate::settings;

const COLUMNS: [Column; 5] = [
    ("Name", "name"),
    ("Location", "location"),
    ("ResourceGroup", "resource_group"),
    ("Kind", "kind"),
    ("State", "provisioning_state"),
];

const NETWORK_ACLS: &[Member] = &[is("/default_action", "/defaultAction"), is("/ip_rules", "/ipRules")];

pub(crate) fn run(command: WorkspaceCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        WorkspaceCommand::Create(args) => change::create(&args, context),
        WorkspaceCommand::Delete(args) => change::delete(args, context),
        WorkspaceCommand::Diagnose(args) => change::diagnose(args, context),
        WorkspaceCommand::List { place, max_results, filtered_kinds } => {
            list(place, max_results.unwrap_or(usize::MAX), &filtered_kinds, context).map(Some)
        }
        WorkspaceCommand::ListKeys(args) => change::list_keys(args, context),
        WorkspaceCommand::OutboundRule(command) => outbound_rule::run(command, context),
        WorkspaceCommand::ProvisionNetwork(args) => change::provision_network(args, context),
        WorkspaceCommand::Show { name, place } => show(name, place, context).map(Some),
        WorkspaceCommand::SyncKeys(args) => change::sync_keys(args, context),
        WorkspaceCommand::Update(args) => change::update(&args, context),
    }
}

fn show(name: Option<String>, place: PlaceArgs, context: &Context) -> Result<Outcome, Error> {
    let details = block_on(find(name, "--name", place, context)?.get())?;
    Ok(Outcome::with_columns(json(&Shown::of(&details))?, &COLUMNS))
}

/// The workspace that is meant: what is not named is taken from its `config.json`, then from the defaults of the Azure CLI.
pub(crate) fn find(
    name: Option<String>,
    name_option: &str,
    place: PlaceArgs,
    context: &Context,
) -> Result<Workspace, Error> {
    let config =
        if name.is_some() && place.resource_group.is_some() && place.subscription.is_some() { None } else { here()? };
    let config = config.as_ref();
    let needed = |value: Option<String>, what: &str, option: &str| {
        value.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("which {what}?")).with_help(format!(
                "name it with {option}, or put the workspace's config.json into .azureml, here or in a folder above"
            ))
        })
    };
    let name = name.or_else(|| Some(config?.name().to_owned())).or_else(|| settings::workspace(&context.env));
    let name = needed(name, "workspace", name_option)?;
    let group = place.resource_group.or_else(|| Some(config?.resource_group().to_owned()));
    let group = needed(group.or_else(|| settings::group(&context.env)), "resource group", "--resource-group")?;
    let (subscription, client) = reach(place.subscription.as_deref(), config, context)?;
    Ok(Workspace::new(subscription, group, name).client(client))
}

/// The subscription that is meant, its id and a client of it, and the resource group where one is said or configured.
pub(crate) fn subscription_of(
    place: PlaceArgs,
    context: &Context,
) -> Result<(String, ArmClient, Option<String>), Error> {
    let config = if place.subscription.is_some() { None } else { here()? };
    let (subscription, client) = reach(place.subscription.as_deref(), config.as_ref(), context)?;
    Ok((subscription, client, place.resource_group.or_else(|| settings::group(&context.env))))
}

fn list(place: PlaceArgs, most: usize, kinds: &[String], context: &Context) -> Result<Outcome, Error> {
    let (subscription, client, group) = subscription_of(place, context)?;
    let mut list = Workspace::list(subscription).client(client);
    if let Some(group) = group {
        list = list.resource_group(group);
    }
    let is_wanted = |details: &WorkspaceDetails| {
        let kind = details.kind().unwrap_or("default");
        kinds.is_empty() || kinds.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind))
    };
    let mut pages = list.pager();
    let found = block_on(async {
        let mut found = Vec::new();
        while found.len() < most {
            let Some(details) = pages.try_next().await? else { break };
            found.extend(Some(details).filter(is_wanted));
        }
        Ok::<_, Error>(found)
    })?;
    let shown: Vec<_> = found.iter().map(Shown::of).collect();
    Ok(Outcome::with_columns(json(&shown)?, &COLUMNS))
}

/// The workspace that the current folder belongs to. That there is none is no error; one that cannot be read is.
fn here() -> Result<Option<Workspace>, Error> {
    match Workspace::from_config() {
        Ok(workspace) => Ok(Some(workspace)),
        Err(error) if error.kind() == ErrorKind::Unavailable => Ok(None),
        Err(error) => Err(error),
    }
}

/// The subscription's id, and a client with tokens of its tenant.
fn reach(wanted: Option<&str>, config: Option<&Workspace>, context: &Context) -> Result<(String, ArmClient), Error> {
    let accounts = Accounts::load(&context.env, &context.cloud()?)?;
    let wanted = wanted.or_else(|| config.map(Workspace::subscription));
    let (id, tenant) = match (accounts.find(wanted), wanted) {
        (Ok(found), _) => (found.id.clone(), found.tenant_id.as_deref().map(Tenant::parse).transpose()?),
        // An id may be of a subscription that no login has seen yet.
        (Err(_), Some(id)) if is_id(id) => (id.to_owned(), None),
        (Err(error), _) => return Err(error),
    };
    // A subscription that is not listed is looked for as the user of the default one.
    let user = accounts.user(Some(&id)).or_else(|| accounts.user(None));
    let client = client(context.auth(user)?, context);
    // What the list says may have changed since.
    let client = tenant.iter().fold(client, |client, tenant| client.expecting(&id, tenant));
    Ok((id, client))
}

fn client(auth: InteractiveLoginAuthentication, context: &Context) -> ArmClient {
    ArmClient::new(Arc::new(auth)).http(context.http.clone())
}

/// A client for what lies in no subscription that the caller knows: as the user of this one, or else of the default one.
pub(crate) fn client_of(subscription: Option<&str>, context: &Context) -> Result<ArmClient, Error> {
    if subscription.is_some() {
        return Ok(reach(subscription, None, context)?.1);
    }
    let accounts = Accounts::load(&context.env, &context.cloud()?)?;
    Ok(client(context.auth(accounts.user(None))?, context))
}

fn is_id(text: &str) -> bool {
    Tenant::parse(text).is_ok_and(|guid| guid.is_id())
}

/// A workspace with the names that `az ml workspace show` gives its members; what is not set is left out.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    location: &'a str,
    resource_group: &'a str,
    #[serde(rename = "resourceGroup")]
    resource_group_too: &'a str,
    #[serde(flatten)]
    set: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hbi_workspace: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_acls: Option<Value>,
    tags: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<ShownIdentity<'a>>,
}

#[derive(Serialize)]
struct ShownIdentity<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(details: &'a WorkspaceDetails) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let set = [
            ("application_insights", text(details.application_insights())),
            ("container_registry", text(details.container_registry())),
            ("description", text(details.description())),
            ("discovery_url", text(details.discovery_url())),
            ("display_name", text(details.friendly_name())),
            ("hub_id", text(details.hub_id())),
            ("image_build_compute", text(details.image_build_compute())),
            ("key_vault", text(details.key_vault())),
            ("kind", text(details.kind())),
            ("mlflow_tracking_uri", text(details.mlflow_tracking_uri())),
            ("provisioning_state", details.provisioning_state().map(|state| state.to_string())),
            ("public_network_access", details.public_network_access().map(|access| access.to_string())),
            ("sku", text(details.sku())),
            ("storage_account", text(details.storage_account())),
            ("tenant_id", text(details.tenant_id())),
            ("workspace_id", text(details.workspace_id())),
        ];
        Self {
            id: details.id(),
            name: details.name(),
            location: details.location(),
            resource_group: details.resource_group(),
            resource_group_too: details.resource_group(),
            set: set.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            hbi_workspace: details.hbi_workspace(),
            network_acls: details.raw().pointer("/properties/networkAcls").map(|acls| entity::of(acls, NETWORK_ACLS)),
            tags: details.tags().collect(),
            identity: details.identity_type().map(|kind| ShownIdentity { kind, principal_id: details.principal_id() }),
        }
    }
}

fn json(shown: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(shown)
        .map_err(|error| Error::new(ErrorKind::Protocol, "the workspace cannot be shown").with_source(error))
}
