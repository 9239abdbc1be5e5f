//! `azml account tenant list`.

use std::sync::Arc;

use auth_core::Error;
use serde_json::Value;
use workspace_client::arm::ArmClient;

use crate::accounts::Accounts;
use crate::context::{Context, block_on};
use crate::output::{Column, Outcome};

const API_VERSION: &str = "2022-12-01";
const COLUMNS: [Column; 4] = [
    ("TenantId", "tenantId"),
    ("DisplayName", "displayName"),
    ("DefaultDomain", "defaultDomain"),
    ("Category", "tenantCategory"),
];

/// What Azure says, as the `account` extension of the Azure CLI prints it.
pub(crate) fn list(context: &Context) -> Result<Outcome, Error> {
    let accounts = Accounts::load(&context.env, &context.cloud()?)?;
    let client = ArmClient::new(Arc::new(context.auth(accounts.user(None))?)).http(context.http.clone());
    let tenants: Vec<Value> = block_on(client.list("/tenants", API_VERSION).try_collect())?;
    Ok(Outcome::with_columns(tenants.into(), &COLUMNS))
}
