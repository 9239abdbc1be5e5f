//! Asks the Azure CLI as a program with the Azure SDK for Rust does, and says what it got.
#![allow(clippy::print_stdout, reason = "whoever starts it reads that")]

use azure_core::credentials::TokenCredential as _;
use azure_identity::AzureCliCredential;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scope = std::env::args().nth(1).ok_or("the scope is missing")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let credential = AzureCliCredential::new(None)?;
    let answer = match runtime.block_on(credential.get_token(&[&scope], None)) {
        Ok(token) => json!({"token": token.token.secret()}),
        Err(error) => json!({"kind": format!("{:?}", error.kind()), "error": error.to_string()}),
    };
    println!("{answer}");
    Ok(())
}
