//! A fresh process that asks for one token: `azure_identity`, with its own HTTP client.

use cache_bench::{ARM, Failure, credential};
use xtask::emulator::defaults;

fn main() -> Result<(), Failure> {
    let authority = std::env::args().nth(1).ok_or("the authority is missing")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let credential = credential(&authority, defaults::SERVICE_PRINCIPAL_SECRET, None)?;
    runtime.block_on(credential.get_token(&[ARM], None))?;
    Ok(())
}
