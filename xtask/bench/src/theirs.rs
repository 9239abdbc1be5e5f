//! The way of `azure_identity`.

use std::path::Path;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use xtask::emulator::defaults;

use crate::Failure;

/// The emulator's service principal with this client secret. Everything but the authority and the transport is left as it is.
pub fn credential(
    authority: &str,
    secret: &str,
    transport: Option<Transport>,
) -> Result<Arc<dyn TokenCredential>, Failure> {
    let mut cloud = CustomConfiguration::default();
    authority.clone_into(&mut cloud.authority_host);
    let cloud = Some(Arc::new(CloudConfiguration::Custom(cloud)));
    let client_options = ClientOptions { cloud, transport, ..ClientOptions::default() };
    let (tenant, client_id) = (defaults::CONTOSO, defaults::SERVICE_PRINCIPAL_ID.to_owned());
    let options = ClientSecretCredentialOptions { client_options };
    Ok(ClientSecretCredential::new(tenant, client_id, secret.to_owned().into(), Some(options))?)
}

/// A transport that trusts the certificates in this file, where the environment of the process cannot say so.
pub fn reqwest_transport(ca_file: &Path) -> Result<Transport, Failure> {
    let certificates = reqwest::Certificate::from_pem_bundle(&std::fs::read(ca_file)?)?;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only(certificates).build()?;
    Ok(Transport::new(Arc::new(client)))
}
