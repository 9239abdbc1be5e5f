//! What `azml workspace create` and `update` are told: a YAML file, changes and options, in the words of `az ml` (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use workspace_client::NewWorkspace;
use workspace_client::resources::network::NewOutboundRule;

use crate::args::{
    CreateWorkspaceArgs, IsolationMode, NewWorkspaceKind, PlaceArgs, UpdateWorkspaceArgs, WorkspaceSettingArgs,
};
use crate::commands::resource::ManagedIdentity;
use crate::description::{Description, members};

/// What Azure alone sets.
const READ_ONLY: [&str; 6] = [
    "associated_workspaces",
    "creation_context",
    "discovery_url",
    "id",
    "mlflow_tracking_uri",
    "notebook_access_token",
];

/// A workspace as a file describes it. What nobody knows is refused, so that nothing is passed over in silence.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Described {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    allow_roleassignment_on_rg: Option<bool>,
    application_insights: Option<String>,
    container_registry: Option<String>,
    customer_managed_key: Option<Key>,
    default_resource_group: Option<String>,
    description: Option<String>,
    display_name: Option<String>,
    enable_data_isolation: bool,
    hbi_workspace: bool,
    #[serde(alias = "workspace_hub")]
    hub_id: Option<String>,
    identity: Option<ManagedIdentity>,
    image_build_compute: Option<String>,
    key_vault: Option<String>,
    kind: NewWorkspaceKind,
    location: Option<String>,
    managed_network: Option<Network>,
    name: Option<String>,
    network_acls: Option<NetworkAcls>,
    primary_user_assigned_identity: Option<String>,
    provision_network_now: bool,
    public_network_access: Option<String>,
    resource_group: Option<String>,
    serverless_compute: Option<ServerlessCompute>,
    storage_account: Option<String>,
    system_datastores_auth_mode: Option<String>,
    tags: BTreeMap<String, Option<String>>,
}

/// The key that encrypts the data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key_uri: String,
    key_vault: String,
}

/// From where it can be reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkAcls {
    default_action: String,
    #[serde(default)]
    ip_rules: Vec<IpRule>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct IpRule {
    value: String,
}

/// Where jobs run that name no compute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerlessCompute {
    custom_subnet: Option<String>,
    #[serde(default)]
    no_public_ip: bool,
}

/// The network that Azure manages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    isolation_mode: IsolationMode,
    #[serde(default)]
    outbound_rules: Vec<Rule>,
}

/// Where traffic is let out to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    destination: Value,
    #[serde(default)]
    fqdns: Vec<String>,
    name: String,
    #[serde(rename = "type")]
    kind: RuleKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleKind {
    Fqdn,
    PrivateEndpoint,
    ServiceTag,
}

/// The name, where it is to be, and what the API takes: from the file, then from `--set`, then from the options.
pub(super) fn new(args: &CreateWorkspaceArgs) -> Result<(String, PlaceArgs, NewWorkspace), Error> {
    let mut said = Description::said(&args.described)?.without(&READ_ONLY);
    put_options(&mut said, args);
    let described: Described = said.parse("a workspace")?;
    let name = args.name.clone().or_else(|| described.name.clone()).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "the workspace has no name").with_help("add --name, or name to the file")
    })?;
    let mut place = args.place.clone();
    place.resource_group = place.resource_group.or_else(|| described.resource_group.clone());
    Ok((name, place, described.build()?))
}

/// What changes of a workspace that is shown like this, as the API takes it: from the file, then from the options, and from the edits. What
/// cannot change, such as the region, is passed over, as `az ml` does it, so that the file of which it was created can be changed.
pub(super) fn change(shown: &Value, args: &UpdateWorkspaceArgs) -> Result<Value, Error> {
    let mut said = Description::read(args.file.as_deref())?.without(&READ_ONLY);
    put_settings(&mut said, &args.settings);
    if let Some(rules) = network_rules(&args.network_acls) {
        said.put(&["network_acls"], "--network-acls", rules);
    }
    // Azure takes them for all that there are, and az ml sends the others along (observed: azure-ai-ml 1.35).
    said.complete("tags", &shown["tags"]);
    let named: Vec<_> = said.members().as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let mut after = said.over(&Description::of(shown.clone()));
    after.edit(&args.edit.edits, args.edit.force_string)?;
    let members = after.members().as_object().into_iter().flatten();
    let kept: Vec<_> = members
        .filter(|(name, value)| named.contains(name) || shown.get(name.as_str()) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(gone) = shown.as_object().into_iter().flatten().find(|(name, _)| after.members().get(*name).is_none()) {
        let message = format!("{} of a workspace cannot be removed", gone.0);
        return Err(Error::new(ErrorKind::Configuration, message).with_help("set it to something else"));
    }
    let described: Described = after.only(&kept).parse("a workspace")?;
    let has_tags = kept.iter().any(|name| name == "tags");
    let mut change = json!({"properties": described.properties()});
    if let Some(network) = described.managed_network {
        change["properties"]["managedNetwork"] = network.build()?;
    }
    if let Some(identity) = &described.identity {
        change["identity"] = identity.json();
    }
    if has_tags {
        change["tags"] = json!(described.tags);
    }
    Ok(change)
}

/// `none` takes the rules away; with some, nobody else comes in (Microsoft: `az ml workspace update`).
fn network_rules(said: &[String]) -> Option<Value> {
    match said {
        [] => None,
        [none] if none.eq_ignore_ascii_case("none") => Some(json!({"default_action": "Allow", "ip_rules": []})),
        addresses => {
            let rules: Vec<_> = addresses.iter().map(|address| json!({"value": address.trim()})).collect();
            Some(json!({"default_action": "Deny", "ip_rules": rules}))
        }
    }
}

/// What was said with options, in the place of what the file says.
fn put_options(said: &mut Description, args: &CreateWorkspaceArgs) {
    put_settings(said, &args.settings);
    if let Some(kind) = args.kind {
        said.put(&["kind"], "--kind", json!(kind));
    }
    for (member, option, value) in [
        ("default_resource_group", "--default-resource-group", &args.default_resource_group),
        ("hub_id", "--hub-id", &args.hub_id),
        ("key_vault", "--key-vault", &args.key_vault),
        ("location", "--location", &args.location),
        ("storage_account", "--storage-account", &args.storage_account),
    ] {
        if let Some(value) = value {
            said.put(&[member], option, value.as_str().into());
        }
    }
    if args.enable_data_isolation {
        said.put(&["enable_data_isolation"], "--enable-data-isolation", true.into());
    }
    if args.provision_network_now {
        said.put(&["provision_network_now"], "--provision-network-now", true.into());
    }
    said.put_tags(&args.tags);
}

fn put_settings(said: &mut Description, settings: &WorkspaceSettingArgs) {
    for (member, option, value) in [
        ("application_insights", "--application-insights", &settings.application_insights),
        ("container_registry", "--container-registry", &settings.container_registry),
        ("description", "--description", &settings.description),
        ("display_name", "--display-name", &settings.display_name),
        ("image_build_compute", "--image-build-compute", &settings.image_build_compute),
        (
            "primary_user_assigned_identity",
            "--primary-user-assigned-identity",
            &settings.primary_user_assigned_identity,
        ),
        ("public_network_access", "--public-network-access", &settings.public_network_access),
        ("system_datastores_auth_mode", "--system-datastores-auth-mode", &settings.system_datastores_auth_mode),
    ] {
        if let Some(value) = value {
            said.put(&[member], option, value.as_str().into());
        }
    }
    if let Some(is_allowed) = settings.allow_roleassignment_on_rg {
        said.put(&["allow_roleassignment_on_rg"], "--allow-roleassignment-on-rg", is_allowed.into());
    }
    if let Some(mode) = settings.managed_network {
        said.put(&["managed_network", "isolation_mode"], "--managed-network", json!(mode));
    }
}

impl Described {
    fn build(self) -> Result<NewWorkspace, Error> {
        let mut new = match self.kind {
            NewWorkspaceKind::Default => NewWorkspace::new(),
            NewWorkspaceKind::FeatureStore => NewWorkspace::feature_store(),
            NewWorkspaceKind::Hub => NewWorkspace::hub(),
            NewWorkspaceKind::Project => NewWorkspace::project(self.hub_id.clone().ok_or_else(|| {
                Error::new(ErrorKind::Configuration, "a project needs a hub")
                    .with_help("add --hub-id, or hub_id to the file")
            })?),
        };
        new = self.location.iter().fold(new, NewWorkspace::location);
        if let Some(identity) = &self.identity {
            new = new.with("/identity", identity.json());
        } else if let Some(id) = &self.primary_user_assigned_identity {
            new = new.user_assigned_identities([id]);
        }
        for (member, value) in self.properties() {
            new = new.with(&format!("/properties/{member}"), value);
        }
        if let Some(key) = self.customer_managed_key {
            new = new.customer_managed_key(key.key_vault, key.key_uri);
        }
        if let Some(network) = self.managed_network {
            new = new.with("/properties/managedNetwork", network.build()?);
        }
        let tags = self.tags.into_iter();
        Ok(tags.fold(new, |new, (name, value)| new.tag(&name, value.unwrap_or_default())))
    }
}

impl Described {
    /// What is text or a switch, as the API names it.
    fn properties(&self) -> Map<String, Value> {
        let texts = [
            ("applicationInsights", &self.application_insights),
            ("containerRegistry", &self.container_registry),
            ("description", &self.description),
            ("friendlyName", &self.display_name),
            ("imageBuildCompute", &self.image_build_compute),
            ("keyVault", &self.key_vault),
            ("primaryUserAssignedIdentity", &self.primary_user_assigned_identity),
            ("publicNetworkAccess", &self.public_network_access),
            ("storageAccount", &self.storage_account),
            ("systemDatastoresAuthMode", &self.system_datastores_auth_mode),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?.into())));
        let switches = [
            ("enableDataIsolation", self.enable_data_isolation),
            ("hbiWorkspace", self.hbi_workspace),
            ("provisionNetworkNow", self.provision_network_now),
        ];
        let switches = switches.into_iter().filter(|(_, is_on)| *is_on);
        let switches = switches.map(|(name, is_on)| (name.to_owned(), Value::from(is_on)));
        let others = [
            ("allowRoleAssignmentOnRG", self.allow_roleassignment_on_rg.map(Value::from)),
            ("networkAcls", self.network_acls.as_ref().map(NetworkAcls::json)),
            ("serverlessComputeSettings", self.serverless_compute.as_ref().map(ServerlessCompute::json)),
            (
                "workspaceHubConfig",
                self.default_resource_group.as_ref().map(|group| json!({"defaultWorkspaceResourceGroup": group})),
            ),
        ];
        let others = others.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        texts.chain(switches).chain(others).collect()
    }
}

impl NetworkAcls {
    fn json(&self) -> Value {
        json!({"defaultAction": self.default_action, "ipRules": self.ip_rules})
    }
}

impl ServerlessCompute {
    fn json(&self) -> Value {
        members([
            ("serverlessComputeCustomSubnet", self.custom_subnet.clone().map(Value::from)),
            ("serverlessComputeNoPublicIP", Some(self.no_public_ip.into())),
        ])
    }
}

impl Network {
    fn build(self) -> Result<Value, Error> {
        let mut network = json!({"isolationMode": self.isolation_mode});
        let rules = self.outbound_rules.into_iter().map(Rule::build).collect::<Result<Map<_, _>, _>>()?;
        if !rules.is_empty() {
            network["outboundRules"] = rules.into();
        }
        Ok(network)
    }
}

impl Rule {
    fn build(self) -> Result<(String, Value), Error> {
        let refuse = || {
            let message = format!("the destination of the rule {} is not as its type wants it", self.name);
            Error::new(ErrorKind::Configuration, message).with_help(
                "an fqdn has text, a private_endpoint service_resource_id and subresource_target, a service_tag service_tag, protocol and port_ranges",
            )
        };
        let text = |member: &str| self.destination[member].as_str().map(str::to_owned).ok_or_else(refuse);
        let rule = match self.kind {
            RuleKind::Fqdn => NewOutboundRule::fqdn(self.destination.as_str().ok_or_else(refuse)?),
            RuleKind::PrivateEndpoint => {
                let is_for_spark = self.destination["spark_enabled"].as_bool().unwrap_or_default();
                NewOutboundRule::private_endpoint(
                    text("service_resource_id")?,
                    text("subresource_target")?,
                    is_for_spark,
                )
                .fqdns(self.fqdns.clone())
            }
            RuleKind::ServiceTag => {
                let addresses = self.destination["address_prefixes"].as_array().into_iter().flatten();
                let addresses: Vec<_> = addresses.filter_map(|address| address.as_str().map(str::to_owned)).collect();
                NewOutboundRule::service_tag(text("service_tag")?, text("protocol")?, text("port_ranges")?)
                    .address_prefixes(addresses)
            }
        };
        Ok((self.name.clone(), json!(rule)["properties"].take()))
    }
}
