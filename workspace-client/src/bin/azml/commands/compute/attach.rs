//! `azml compute attach`: what exists already becomes a compute of the workspace (observed: azure-ai-ml 1.35).

use std::path::Path;

use auth_core::{Error, ErrorKind, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{AttachComputeArgs, AttachedType};
use crate::commands::resource::ManagedIdentity;
use crate::commands::secret_option::{self, given};
use crate::description::{Description, Texts, members, texts};

/// Larger ones are no keys; in KiB.
const LARGEST_KEY: u64 = 64;

/// What is to be attached. What nobody knows is refused, so that nothing is passed over in silence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    description: Option<String>,
    identity: Option<ManagedIdentity>,
    location: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    resource_id: String,
    ssh_settings: Option<Ssh>,
    #[serde(default)]
    tags: Texts,
    #[serde(rename = "type")]
    kind: AttachedType,
}

/// How a virtual machine is reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ssh {
    admin_password: Option<Secret>,
    admin_username: Option<String>,
    #[serde(default = "usual_port", rename = "ssh_port")]
    port: u16,
    #[serde(rename = "ssh_private_key_file")]
    private_key_file: Option<String>,
}

fn usual_port() -> u16 {
    22
}

/// The name, and what the API takes: from the file, then from the options.
pub(super) fn described(args: &AttachComputeArgs) -> Result<(String, Value), Error> {
    let mut said = Description::read(args.file.as_deref())?;
    for (path, option, value) in [
        (&["name"][..], "--name", args.name.clone().map(Value::from)),
        (&["type"], "--type", args.kind.map(|kind| json!(kind))),
        (&["resource_id"], "--resource-id", args.resource_id.clone().map(Value::from)),
        (&["namespace"], "--namespace", args.namespace.clone().map(Value::from)),
        (&["ssh_settings", "admin_username"], "--admin-username", args.admin_username.clone().map(Value::from)),
        (&["ssh_settings", "ssh_port"], "--ssh-port", args.ssh_port.map(Value::from)),
    ] {
        if let Some(value) = value {
            said.put(path, option, value);
        }
    }
    let password = args.admin_password.as_ref().map(|password| given("--admin-password", password)).transpose()?;
    if let Some(password) = &password {
        said.put(&["ssh_settings", "admin_password"], "--admin-password", password.expose().into());
    }
    if let Some(file) = &args.ssh_private_key_file {
        // An option names a file from here, and not from beside the description.
        let here = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let member = ["ssh_settings", "ssh_private_key_file"];
        said.put(&member, "--ssh-private-key-file", here.display().to_string().into());
    }
    let described: Described = said.parse("a compute")?;
    let name = described.name.clone().ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "the compute has no name").with_help("add --name, or name to the file")
    })?;
    let option = ManagedIdentity::said(&args.identity)?;
    let identity = option.as_ref().or(described.identity.as_ref()).map(ManagedIdentity::json);
    let mut properties = members([
        ("computeType", Some(json!(described.kind))),
        ("description", described.description.clone().map(Value::from)),
        ("resourceId", Some(described.resource_id.as_str().into())),
    ]);
    properties["properties"] = described.settings(&said.folder())?;
    let tags = (!described.tags.is_empty()).then(|| texts(&described.tags));
    let body = members([
        ("identity", identity),
        ("location", described.location.clone().map(Value::from)),
        ("properties", Some(properties)),
        ("tags", tags),
    ]);
    Ok((name, body))
}

impl Described {
    fn settings(&self, folder: &Path) -> Result<Value, Error> {
        match (self.kind, &self.ssh_settings) {
            (AttachedType::Kubernetes, None) => {
                Ok(json!({"namespace": self.namespace.as_deref().unwrap_or("default")}))
            }
            (AttachedType::SynapseSpark, None) => Ok(json!({})),
            (AttachedType::VirtualMachine, Some(ssh)) => ssh.build(folder),
            (AttachedType::VirtualMachine, None) => {
                let message = "a virtual machine needs ssh_settings";
                Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("add --admin-username and --ssh-private-key-file, or ssh_settings to the file"))
            }
            (_, Some(_)) => Err(Error::new(ErrorKind::Configuration, "only a virtual machine has ssh_settings")
                .with_help("leave them out, or choose --type virtualmachine")),
        }
    }
}

impl Ssh {
    fn build(&self, folder: &Path) -> Result<Value, Error> {
        let key = self.private_key_file.as_ref().map(|file| read(&folder.join(file))).transpose()?;
        let said = |secret: &Secret| secret.expose().into();
        let account = members([
            ("password", self.admin_password.as_ref().map(said)),
            ("privateKeyData", key.as_ref().map(said)),
            ("username", self.admin_username.clone().map(Value::from)),
        ]);
        Ok(json!({"administratorAccount": account, "sshPort": self.port}))
    }
}

fn read(key: &Path) -> Result<Secret, Error> {
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("the private key {} {why}", key.display()))
            .with_help("name another file with --ssh-private-key-file, or in the ssh_settings of the file")
    };
    secret_option::read(key, LARGEST_KEY).map_err(refuse)
}
