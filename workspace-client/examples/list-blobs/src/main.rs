//! Lists the blobs of a storage account: `list-blobs https://account.blob.core.windows.net/`.
//!
//! Signs in as `azml` does: with what already exists, or else through a browser. The storage client belongs to the Azure SDK for
//! Rust; it gets our sign-in as its credential, and our HTTP client, so that one client, its proxies and its roots serve both.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use auth_core::Env;
use auth_core::azure_core::Credential;
use auth_core::http::HttpClient;
use azure_core::http::{Transport, Url};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use futures_util::TryStreamExt as _;
use workspace_client::auth::InteractiveLoginAuthentication;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(account) = env::args().nth(1) else {
        eprintln!("usage: list-blobs https://ACCOUNT.blob.core.windows.net/");
        return ExitCode::from(2);
    };
    match list(&account).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn list(account: &str) -> Result<(), Box<dyn std::error::Error>> {
    let http = HttpClient::new(Env::process());
    let auth = InteractiveLoginAuthentication::builder().http(http.clone()).login().await?;
    let mut options = BlobServiceClientOptions::default();
    options.client_options.transport = Some(Transport::new(Arc::new(http.get()?.clone())));
    let service = BlobServiceClient::new(Url::parse(account)?, Some(Credential::new(Arc::new(auth))), Some(options))?;

    let mut containers = service.list_containers(None)?;
    while let Some(container) = containers.try_next().await? {
        let Some(container) = container.name else { continue };
        let mut blobs = service.blob_container_client(&container).list_blobs(None)?;
        while let Some(blob) = blobs.try_next().await? {
            println!("{container}/{}", blob.name.unwrap_or_default());
        }
    }
    Ok(())
}
