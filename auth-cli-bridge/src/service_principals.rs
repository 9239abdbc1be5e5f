//! The credentials of service principals that signed in with the Azure CLI: `service_principal_entries.json`.

use std::path::{Path, PathBuf};

use auth_core::{Credential, Error, ErrorKind, Secret, Tenant};
use serde::Deserialize;
use serde_json::Value;

use crate::ConfigDir;
use crate::file::{json_problem, unusable};
use crate::lenient::{Objects, secret, text};
use crate::locate::SERVICE_PRINCIPALS_HELP;

/// The credential of a service principal for this tenant, else for another one (observed: az 2.91). A certificate's path may begin
/// with the person's `home`, as `~`.
pub(crate) fn credential(
    directory: &ConfigDir,
    client_id: &str,
    tenant: &Tenant,
    home: Option<&Path>,
) -> Result<Credential, Error> {
    let missing = |why: &str| {
        Error::new(ErrorKind::Unavailable, format!("{} {why} service principal {client_id}", directory.owner()))
            .with_help(format!("az login --service-principal --username {client_id} --tenant {tenant}"))
    };
    let Some((path, file)) = directory.service_principals()? else {
        return Err(missing("holds no credential of"));
    };
    let Some(entry) = entry(file.text.expose(), &path, client_id, tenant)? else {
        return Err(missing("holds no credential of"));
    };
    entry.credential(home).ok_or_else(|| missing("holds no usable credential of"))
}

/// The entry of a service principal for this tenant, else for another one.
pub(crate) fn entry(text: &str, path: &Path, client_id: &str, tenant: &Tenant) -> Result<Option<Wire>, Error> {
    let Objects(entries): Objects<Wire> =
        serde_json::from_str(text).map_err(|error| unusable(path, &json_problem(&error), SERVICE_PRINCIPALS_HELP))?;
    let is_for = |entry: &Wire, text: &str| entry.tenant.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(text));
    let mut own: Vec<Wire> =
        entries.into_iter().filter(|entry| entry.client_id.as_deref() == Some(client_id)).collect();
    let index = own.iter().position(|entry| is_for(entry, tenant.as_str())).unwrap_or_else(|| {
        if !own.is_empty() {
            tracing::warn!(%client_id, %tenant, "the service principal signed in to another tenant; trying its credential");
        }
        0
    });
    Ok((index < own.len()).then(|| own.swap_remove(index)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "text")]
    client_id: Option<String>,
    #[serde(deserialize_with = "text")]
    tenant: Option<String>,
    #[serde(deserialize_with = "secret")]
    client_secret: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    client_assertion: Option<Secret>,
    #[serde(deserialize_with = "text")]
    certificate: Option<String>,
    use_cert_sn_issuer: Value,
}

impl Wire {
    fn credential(self, home: Option<&Path>) -> Option<Credential> {
        match self {
            Self { client_secret: Some(secret), .. } => Some(Credential::Secret(secret)),
            Self { client_assertion: Some(assertion), .. } => Some(Credential::Assertion(assertion)),
            Self { certificate: Some(path), use_cert_sn_issuer, .. } => {
                let sends_chain = use_cert_sn_issuer == true || use_cert_sn_issuer == "true";
                Some(Credential::Certificate { path: expanded(&path, home), sends_chain })
            }
            _ => None,
        }
    }
}

fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}
