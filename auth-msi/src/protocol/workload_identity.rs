//! AKS workload identity (Microsoft, workload identity for Azure Kubernetes Service; observed: azure-identity 1.27): no endpoint
//! of the machine, but a file whose token the cloud's own authority takes.

use std::path::Path;

use auth_core::http::HttpClient;
use auth_core::oauth::EntraClient;
use auth_core::service_principal::{check_authority, sign_in};
use auth_core::{Clock, Cloud, Credential, Env, Error, ErrorKind, Grant, Tenant, TokenRequest};

use super::{Clue, Protocol};
use crate::{HostKind, Identity};

const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    let Some(token_file) = env.path(FILE) else { return Ok(Clue::Absent) };
    let Some(tenant) = env.var(TENANT) else { return Ok(Clue::Partial(format!("{FILE} is set, but {TENANT} is not"))) };
    let tenant =
        Tenant::parse(tenant.trim()).map_err(|error| error.with_help(format!("set {TENANT} to the tenant's id")))?;
    let client_id = env.var(CLIENT).map(|id| id.trim().to_owned());
    Ok(Clue::Found(Protocol::WorkloadIdentity { tenant, client_id, token_file }))
}

/// How the authority is reached, which is not on this machine.
#[derive(Debug)]
pub(crate) struct Authority<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) env: &'a Env,
    pub(crate) http: &'a HttpClient,
    pub(crate) clock: &'a Clock,
}

/// Signs in with the token that the file holds now: the cluster exchanges it long before it expires.
pub(crate) async fn acquire(
    authority: &Authority<'_>,
    tenant: &Tenant,
    client_id: Option<&str>,
    token_file: &Path,
    identity: &Identity,
    request: &TokenRequest,
) -> Result<Grant, Error> {
    check_authority(authority.env, authority.cloud)?;
    let client_id = match identity {
        Identity::ClientId(id) => Some(id.as_str()),
        Identity::SystemAssigned => client_id,
        other => return Err(other.unsupported(HostKind::WorkloadIdentity, "the identity's client id")),
    };
    let client_id = client_id.ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("{FILE} is set, but {CLIENT} is not"))
            .with_help(format!("set {CLIENT}, or name the identity by its client id"))
    })?;
    let client = EntraClient::new(authority.cloud.clone(), client_id, authority.http.clone());
    let client = client.with_clock(authority.clock.clone());
    let tenant = request.requested_tenant().unwrap_or(tenant);
    sign_in(&client, tenant, request, &Credential::AssertionFile(token_file.to_owned())).await
}
