//! What `azml compute create` is told: a YAML file, `--set` and options, in the words of `az ml`.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::{Error, ErrorKind, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::compute::{AmlCompute, ComputeInstance};

use crate::args::CreateComputeArgs;
use crate::commands::resource::ManagedIdentity;
use crate::commands::secret_option::given;
use crate::description::Description;

/// The size of machine that is taken unless another one is named (observed: azure-ai-ml 1.35).
const SIZE: &str = "STANDARD_DS3_V2";

/// What Azure alone sets.
const READ_ONLY: [&str; 9] = [
    "created_on",
    "id",
    "last_operation",
    "provisioning_errors",
    "provisioning_state",
    "resourceGroup",
    "resource_id",
    "services",
    "state",
];

/// A compute that is to be created. What nobody knows is refused, so that nothing is passed over in silence; what Azure alone sets is
/// read and left, so that what `show` printed can be sent back.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewCompute {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    create_on_behalf_of: Option<Owner>,
    description: Option<String>,
    enable_node_public_ip: Option<bool>,
    enable_sso: Option<bool>,
    identity: Option<ManagedIdentity>,
    idle_time_before_scale_down: Option<u64>,
    idle_time_before_shutdown_minutes: Option<u64>,
    location: Option<String>,
    max_instances: Option<u64>,
    min_instances: Option<u64>,
    name: Option<String>,
    network_settings: Network,
    size: Option<String>,
    ssh_public_access_enabled: Option<bool>,
    ssh_settings: Ssh,
    tags: BTreeMap<String, Option<String>>,
    tier: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    user_object_id: String,
    user_tenant_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Network {
    #[serde(rename = "private_ip_address")]
    _private_address: Value,
    #[serde(rename = "public_ip_address")]
    _public_address: Value,
    subnet: Option<String>,
    vnet_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ssh {
    admin_password: Option<Secret>,
    admin_username: Option<String>,
    #[serde(rename = "ssh_key_value")]
    key: Option<String>,
    #[serde(rename = "ssh_port")]
    _port: Value,
}

/// The file, then `--set`, then the options.
pub(super) fn read(args: &CreateComputeArgs) -> Result<NewCompute, Error> {
    let said = Description::said(&args.described)?;
    let mut described: NewCompute = said.without(&READ_ONLY).parse("a compute")?;
    set(&mut described.name, args.name.clone());
    set(&mut described.kind, args.kind.clone());
    set(&mut described.size, args.size.clone());
    set(&mut described.description, args.description.clone());
    set(&mut described.location, args.location.clone());
    set(&mut described.tier, args.tier.clone());
    set(&mut described.min_instances, args.min_instances);
    set(&mut described.max_instances, args.max_instances);
    set(&mut described.idle_time_before_scale_down, args.idle_time_before_scale_down);
    set(&mut described.enable_node_public_ip, args.enable_node_public_ip);
    set(&mut described.ssh_public_access_enabled, args.ssh_public_access_enabled);
    set(&mut described.ssh_settings.admin_username, args.admin_username.clone());
    let password = args.admin_password.as_ref().map(|password| given("--admin-password", password)).transpose()?;
    set(&mut described.ssh_settings.admin_password, password);
    set(&mut described.ssh_settings.key, args.ssh_key_value.clone());
    set(&mut described.network_settings.subnet, args.subnet.clone());
    set(&mut described.network_settings.vnet_name, args.vnet_name.clone());
    let owner = args.user_object_id.clone().zip(args.user_tenant_id.clone());
    set(
        &mut described.create_on_behalf_of,
        owner.map(|(user_object_id, user_tenant_id)| Owner { user_object_id, user_tenant_id }),
    );
    set(&mut described.identity, ManagedIdentity::said(&args.identity)?);
    for tag in &args.tags {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        described.tags.insert(name.to_owned(), Some(value.to_owned()));
    }
    Ok(described)
}

impl NewCompute {
    /// Its name, and what the API takes.
    pub(super) fn build(self, ws: &Workspace) -> Result<(String, Value), Error> {
        let needed = |value: Option<String>, question: &str, option: &str| {
            value.ok_or_else(|| {
                Error::new(ErrorKind::Configuration, question)
                    .with_help(format!("name it with {option}, or in the file that --file names"))
            })
        };
        let name = needed(self.name.clone(), "what is the name of the compute?", "--name")?;
        let kind = needed(self.kind.clone(), "which type of compute?", "--type amlcompute or --type computeinstance")?;
        let body = match kind.to_lowercase().as_str() {
            "amlcompute" => to_json(&self.cluster(ws)?),
            "computeinstance" => to_json(&self.instance(ws)?),
            _ => Err(Error::new(ErrorKind::Configuration, "there is no such type of compute to create").with_help(
                "it is amlcompute or computeinstance; what exists already is attached: azml compute attach",
            )),
        }?;
        Ok((name, body))
    }

    fn cluster(self, ws: &Workspace) -> Result<AmlCompute, Error> {
        self.refuse(&[
            ("create_on_behalf_of", self.create_on_behalf_of.is_some()),
            ("enable_sso", self.enable_sso.is_some()),
            ("idle_time_before_shutdown_minutes", self.idle_time_before_shutdown_minutes.is_some()),
        ])?;
        let subnet = self.subnet(ws)?;
        let mut cluster = AmlCompute::new(self.size.unwrap_or_else(|| SIZE.to_owned()))
            .nodes(self.min_instances.unwrap_or(0), self.max_instances.unwrap_or(4));
        cluster = match self.tier.as_deref().map(str::to_lowercase).as_deref() {
            None => cluster,
            Some("dedicated") => cluster.dedicated(),
            Some("low_priority" | "lowpriority") => cluster.low_priority(),
            Some(_) => {
                return Err(Error::new(ErrorKind::Configuration, "there is no such tier")
                    .with_help("it is dedicated or low_priority"));
            }
        };
        let Ssh { admin_password: password, admin_username: user, key, .. } = self.ssh_settings;
        if user.is_some() != (key.is_some() || password.is_some()) {
            let message = "who signs in with SSH needs a name, and a public key or a password";
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("give both: --admin-username USER --ssh-key-value KEY"));
        }
        cluster = self.description.into_iter().fold(cluster, AmlCompute::description);
        cluster = self.location.into_iter().fold(cluster, AmlCompute::location);
        cluster = self
            .tags
            .iter()
            .fold(cluster, |cluster, (name, value)| cluster.tag(name, value.as_deref().unwrap_or_default()));
        cluster = self.identity.iter().fold(cluster, |cluster, identity| cluster.identity(identity.json()));
        cluster =
            self.idle_time_before_scale_down.map(Duration::from_secs).into_iter().fold(cluster, AmlCompute::idle_time);
        cluster = subnet.into_iter().fold(cluster, AmlCompute::subnet);
        cluster = self.ssh_public_access_enabled.into_iter().fold(cluster, AmlCompute::public_ssh);
        if let Some(user) = user {
            cluster = match key {
                Some(key) => cluster.ssh_account(&user, key),
                None => cluster,
            };
            cluster = password.iter().fold(cluster, |cluster, password| cluster.ssh_password(&user, password));
        }
        Ok(if self.enable_node_public_ip == Some(false) { cluster.no_public_ip() } else { cluster })
    }

    fn instance(self, ws: &Workspace) -> Result<ComputeInstance, Error> {
        self.refuse(&[
            ("idle_time_before_scale_down", self.idle_time_before_scale_down.is_some()),
            ("max_instances", self.max_instances.is_some()),
            ("min_instances", self.min_instances.is_some()),
            ("tier", self.tier.is_some()),
            ("ssh_settings.admin_password", self.ssh_settings.admin_password.is_some()),
        ])?;
        let subnet = self.subnet(ws)?;
        let mut instance = ComputeInstance::new(self.size.unwrap_or_else(|| SIZE.to_owned()));
        let idle_time =
            self.idle_time_before_shutdown_minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
        instance = self.description.into_iter().fold(instance, ComputeInstance::description);
        instance = self.location.into_iter().fold(instance, ComputeInstance::location);
        instance = self
            .tags
            .iter()
            .fold(instance, |instance, (name, value)| instance.tag(name, value.as_deref().unwrap_or_default()));
        instance = self.identity.iter().fold(instance, |instance, identity| instance.identity(identity.json()));
        instance = idle_time.into_iter().fold(instance, ComputeInstance::idle_time);
        instance = subnet.into_iter().fold(instance, ComputeInstance::subnet);
        instance = self.ssh_settings.key.into_iter().fold(instance, ComputeInstance::ssh_key);
        instance = self.ssh_public_access_enabled.into_iter().fold(instance, ComputeInstance::public_ssh);
        let owner = self.create_on_behalf_of.into_iter();
        instance =
            owner.fold(instance, |instance, owner| instance.assigned_user(owner.user_object_id, owner.user_tenant_id));
        instance = if self.enable_sso == Some(false) { instance.no_sso() } else { instance };
        Ok(if self.enable_node_public_ip == Some(false) { instance.no_public_ip() } else { instance })
    }

    fn refuse(&self, members: &[(&str, bool)]) -> Result<(), Error> {
        let kind = self.kind.as_deref().unwrap_or_default();
        match members.iter().find(|(_, is_said)| *is_said) {
            Some((member, _)) => {
                Err(Error::new(ErrorKind::Configuration, format!("a compute of type {kind} has no {member}")))
            }
            None => Ok(()),
        }
    }

    /// The id of the subnet; a name is completed with the resource group of the workspace.
    fn subnet(&self, ws: &Workspace) -> Result<Option<String>, Error> {
        let Network { subnet, vnet_name, .. } = &self.network_settings;
        Ok(match (subnet, vnet_name) {
            (Some(id), _) if id.starts_with('/') => Some(id.clone()),
            (Some(name), Some(network)) => Some(format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{name}",
                ws.subscription(),
                ws.resource_group()
            )),
            (Some(_), None) => {
                return Err(Error::new(ErrorKind::Configuration, "in which virtual network is the subnet?")
                    .with_help("give the subnet's resource id, or --vnet-name with it"));
            }
            (None, Some(_)) => {
                return Err(Error::new(ErrorKind::Configuration, "which subnet of the virtual network?")
                    .with_help("name it with --subnet"));
            }
            (None, None) => None,
        })
    }
}

fn set<T>(member: &mut Option<T>, said: Option<T>) {
    if said.is_some() {
        *member = said;
    }
}

fn to_json(compute: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(compute)
        .map_err(|error| Error::new(ErrorKind::Protocol, "the compute cannot be described").with_source(error))
}
