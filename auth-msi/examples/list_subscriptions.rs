//! Lists the subscriptions that the identity of this machine may see, with reqwest alone.
#![allow(clippy::print_stdout, reason = "an example shows what it got")]

use auth_core::{Authentication as _, AuthenticationHeader, Cloud};
use auth_msi::MsiAuthentication;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = MsiAuthentication::new(Cloud::public());
    let url = auth.cloud().resource_manager().join("subscriptions?api-version=2022-12-01")?;
    let header = auth.authentication_header().await?;
    let request = reqwest::Client::new().get(url).header(AuthenticationHeader::NAME, header.expose());
    let subscriptions = request.send().await?.error_for_status()?.text().await?;
    println!("{subscriptions}");
    Ok(())
}
