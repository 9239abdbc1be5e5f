//! Counts the allocations of one call for a warm token, in a process of its own: counting slows every allocation down.
#![allow(clippy::print_stdout, reason = "the counts are its answer")]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use auth_core::{Authentication, Env, Scope, TokenHandle, TokenRequest};
use cache_bench::{ARM, Failure, credential, reqwest_transport, service_principal};
use xtask::emulator::{Emulator, defaults};

const CALLS: u64 = 1000;

fn main() -> Result<(), Failure> {
    let azure = Emulator::start();
    let (authority, ca_file) = (azure.https_url(), azure.ca_file());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let secret = defaults::SERVICE_PRINCIPAL_SECRET;

    let env = Env::fake([("SSL_CERT_FILE", ca_file.display().to_string())]);
    let ours: Arc<dyn Authentication> = Arc::new(service_principal(authority, secret, env)?);
    let request = TokenRequest::new(Scope::parse(ARM)?);
    let handle = TokenHandle::new(ours.clone(), request.clone());
    let theirs = credential(authority, secret, Some(reqwest_transport(ca_file)?))?;
    runtime.block_on(ours.token(&request))?;
    runtime.block_on(ours.authentication_header())?;
    runtime.block_on(handle.token())?;
    runtime.block_on(theirs.get_token(&[ARM], None))?;

    println!("token {}", per_call(|| ready(ours.token(&request)))?);
    println!("header {}", per_call(|| ready(ours.authentication_header()))?);
    println!("handle-token {}", per_call(|| ready(handle.token()))?);
    println!("handle-header {}", per_call(|| ready(handle.header()))?);
    println!("azure_identity {}", per_call(|| ready(theirs.get_token(&[ARM], None)))?);
    Ok(())
}

/// The allocations of one call, if it answers without waiting.
fn per_call(call: impl Fn() -> bool) -> Result<u64, Failure> {
    let mut all_were_ready = call();
    let counted = allocation_counter::measure(|| {
        for _ in 0..CALLS {
            all_were_ready &= call();
        }
    });
    if all_were_ready {
        Ok(counted.count_total.div_ceil(CALLS))
    } else {
        Err("a warm token was not answered at once".into())
    }
}

fn ready<T, E>(future: impl Future<Output = Result<T, E>>) -> bool {
    matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(_)))
}
