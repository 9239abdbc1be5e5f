//! A fresh process that asks for one token: ours.

use auth_core::{Authentication as _, Env, Scope, TokenRequest};
use cache_bench::{ARM, Failure, service_principal};
use xtask::emulator::defaults;

fn main() -> Result<(), Failure> {
    let authority = std::env::args().nth(1).ok_or("the authority is missing")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let auth = service_principal(&authority, defaults::SERVICE_PRINCIPAL_SECRET, Env::process())?;
    runtime.block_on(auth.token(&TokenRequest::new(Scope::parse(ARM)?)))?;
    Ok(())
}
