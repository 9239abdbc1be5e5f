//! The managed identity of a resource, in the words of `az ml`.

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::ComputeIdentityArgs;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagedIdentity {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    user_assigned_identities: Vec<AssignedIdentity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignedIdentity {
    resource_id: String,
}

impl ManagedIdentity {
    pub(crate) fn said(args: &ComputeIdentityArgs) -> Result<Option<Self>, Error> {
        let Some(kind) = args.identity_type.clone() else {
            if args.user_assigned_identities.is_empty() {
                return Ok(None);
            }
            let message = "what type of identity are --user-assigned-identities?";
            return Err(Error::new(ErrorKind::Configuration, message).with_help("add --identity-type UserAssigned"));
        };
        let assigned = args.user_assigned_identities.iter();
        let assigned = assigned.map(|id| AssignedIdentity { resource_id: id.trim().to_owned() }).collect();
        Ok(Some(Self { kind, user_assigned_identities: assigned }))
    }

    /// As the API takes it, where types are written in Pascal case.
    pub(crate) fn json(&self) -> Value {
        let kind = match self.kind.to_lowercase().replace(['_', ' '], "").as_str() {
            "systemassigned" => "SystemAssigned",
            "userassigned" => "UserAssigned",
            "systemassigned,userassigned" => "SystemAssigned,UserAssigned",
            "none" => "None",
            _ => &self.kind,
        };
        let mut identity = json!({"type": kind});
        if !self.user_assigned_identities.is_empty() {
            let assigned =
                self.user_assigned_identities.iter().map(|assigned| (assigned.resource_id.clone(), json!({})));
            identity["userAssignedIdentities"] = Value::Object(assigned.collect());
        }
        identity
    }
}
