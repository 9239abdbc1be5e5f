//! `azml compute attach`: what exists already becomes a compute of the workspace (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;
use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::AttachComputeArgs;
use crate::commands::resource::ManagedIdentity;
use crate::description::{Description, members};

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
    tags: BTreeMap<String, Option<String>>,
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Kind {
    #[serde(rename = "kubernetes", alias = "Kubernetes")]
    Kubernetes,
    #[serde(rename = "synapsespark", alias = "SynapseSpark", alias = "synapse_spark")]
    SynapseSpark,
    #[serde(rename = "virtualmachine", alias = "VirtualMachine", alias = "virtual_machine")]
    VirtualMachine,
}

/// How a virtual machine is reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ssh {
    admin_password: Option<String>,
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
        (&["type"], "--type", args.kind.map(|kind| kind.as_str().into())),
        (&["resource_id"], "--resource-id", args.resource_id.clone().map(Value::from)),
        (&["namespace"], "--namespace", args.namespace.clone().map(Value::from)),
        (&["ssh_settings", "admin_username"], "--admin-username", args.admin_username.clone().map(Value::from)),
        (&["ssh_settings", "ssh_port"], "--ssh-port", args.ssh_port.map(Value::from)),
    ] {
        if let Some(value) = value {
            said.put(path, option, value);
        }
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
        ("computeType", Some(described.kind.as_str().into())),
        ("description", described.description.clone().map(Value::from)),
        ("resourceId", Some(described.resource_id.as_str().into())),
    ]);
    properties["properties"] = described.settings(&said.folder())?;
    let tags = (!described.tags.is_empty()).then(|| json!(described.tags));
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
            (Kind::Kubernetes, None) => Ok(json!({"namespace": self.namespace.as_deref().unwrap_or("default")})),
            (Kind::SynapseSpark, None) => Ok(json!({})),
            (Kind::VirtualMachine, Some(ssh)) => ssh.build(folder),
            (Kind::VirtualMachine, None) => {
                let message = "a virtual machine needs ssh_settings";
                Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("add --admin-username and --ssh-private-key-file, or ssh_settings to the file"))
            }
            (_, Some(_)) => Err(Error::new(ErrorKind::Configuration, "only a virtual machine has ssh_settings")
                .with_help("leave them out, or choose --type virtualmachine")),
        }
    }
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::SynapseSpark => "SynapseSpark",
            Self::VirtualMachine => "VirtualMachine",
        }
    }
}

impl Ssh {
    fn build(&self, folder: &Path) -> Result<Value, Error> {
        let key = match &self.private_key_file {
            Some(file) => {
                let path = folder.join(file);
                let key = std::fs::read_to_string(&path).map_err(|error| {
                    Error::new(ErrorKind::Configuration, format!("{} cannot be read: {error}", path.display()))
                })?;
                Some(key.into())
            }
            None => None,
        };
        let account = members([
            ("password", self.admin_password.clone().map(Value::from)),
            ("privateKeyData", key),
            ("username", self.admin_username.clone().map(Value::from)),
        ]);
        Ok(json!({"administratorAccount": account, "sshPort": self.port}))
    }
}
